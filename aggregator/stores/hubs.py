"""What hubs know of our documents, and who listens to our own hub, to and from their tables."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from aggregator.model import Announcement, Intent, Listener
from aggregator.stores.codec import from_moment, maybe_from, maybe_to, to_moment
from aggregator.stores.database import Database, Reader, Row

_SECOND = timedelta(seconds=1)


def _keep(table: str, first: tuple[str, str], others: tuple[str, ...]) -> str:
    columns = (*first, *others)
    return (
        f"INSERT INTO {table} ({', '.join(columns)})"
        f" VALUES ({', '.join(f':{x}' for x in columns)}) ON CONFLICT ({', '.join(first)})"
        f" DO UPDATE SET {', '.join(f'{x} = excluded.{x}' for x in others)}"
    )


_KEEP_ANNOUNCEMENT = _keep(
    "announcement", ("hub", "topic"), ("told", "failing", "due", "attempts", "error")
)
_KEEP_INTENT = _keep(
    "intent", ("callback", "topic"), ("mode", "secret", "lease", "known", "due", "attempts")
)
_KEEP_LISTENER = _keep(
    "listener",
    ("callback", "topic"),
    ("secret", "until", "known", "failing", "due", "attempts", "error"),
)


def _forget(db: Database, table: str, first: str, keys: Iterable[tuple[str, str]]) -> None:
    db.execute_each(
        f"DELETE FROM {table} WHERE {first} = :one AND topic = :topic",
        [{"one": one, "topic": topic} for one, topic in keys],
    )


# ── other hubs ───────────────────────────────────────────────────────────────


def announcements(db: Reader) -> list[Announcement]:
    rows = db.rows("SELECT * FROM announcement ORDER BY hub, topic")
    return [
        Announcement(
            hub=row["hub"],
            topic=row["topic"],
            told=row["told"],
            failing=maybe_to(row["failing"]),
            due=maybe_to(row["due"]),
            attempts=row["attempts"],
            error=row["error"],
        )
        for row in rows
    ]


def keep_announcements(
    db: Database, kept: Iterable[Announcement], forgotten: Iterable[tuple[str, str]]
) -> None:
    _forget(db, "announcement", "hub", forgotten)
    db.execute_each(_KEEP_ANNOUNCEMENT, map(_from_announcement, kept))


def _from_announcement(x: Announcement) -> dict[str, object]:
    return {
        "hub": x.hub,
        "topic": x.topic,
        "told": x.told,
        "failing": maybe_from(x.failing),
        "due": maybe_from(x.due),
        "attempts": x.attempts,
        "error": x.error,
    }


# ── our own ──────────────────────────────────────────────────────────────────


def intents(db: Reader) -> list[Intent]:
    rows = db.rows("SELECT * FROM intent ORDER BY due, callback, topic")
    return [
        Intent(
            callback=row["callback"],
            topic=row["topic"],
            mode=row["mode"],
            secret=row["secret"],
            lease=row["lease"] * _SECOND,
            known=row["known"],
            due=to_moment(row["due"]),
            attempts=row["attempts"],
        )
        for row in rows
    ]


def keep_intents(
    db: Database, kept: Iterable[Intent], forgotten: Iterable[tuple[str, str]]
) -> None:
    _forget(db, "intent", "callback", forgotten)
    db.execute_each(_KEEP_INTENT, map(_from_intent, kept))


def _from_intent(x: Intent) -> dict[str, object]:
    return {
        "callback": x.callback,
        "topic": x.topic,
        "mode": x.mode,
        "secret": x.secret,
        "lease": x.lease // _SECOND,
        "known": x.known,
        "due": from_moment(x.due),
        "attempts": x.attempts,
    }


def listeners(db: Reader) -> list[Listener]:
    return [_to_listener(row) for row in db.rows("SELECT * FROM listener ORDER BY callback, topic")]


def keep_listeners(
    db: Database, kept: Iterable[Listener], forgotten: Iterable[tuple[str, str]]
) -> None:
    _forget(db, "listener", "callback", forgotten)
    db.execute_each(_KEEP_LISTENER, map(_from_listener, kept))


def _from_listener(x: Listener) -> dict[str, object]:
    return {
        "callback": x.callback,
        "topic": x.topic,
        "secret": x.secret,
        "until": from_moment(x.until),
        "known": x.known,
        "failing": maybe_from(x.failing),
        "due": maybe_from(x.due),
        "attempts": x.attempts,
        "error": x.error,
    }


def _to_listener(row: Row) -> Listener:
    return Listener(
        callback=row["callback"],
        topic=row["topic"],
        secret=row["secret"],
        until=to_moment(row["until"]),
        known=row["known"],
        failing=maybe_to(row["failing"]),
        due=maybe_to(row["due"]),
        attempts=row["attempts"],
        error=row["error"],
    )
