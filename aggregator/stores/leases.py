"""What feeds say of their hubs, and what we asked of those, to and from their tables."""

from __future__ import annotations

from collections.abc import Iterable

from aggregator.model import Advertised, Lease
from aggregator.stores import codec
from aggregator.stores.codec import from_moment, maybe_from, maybe_to, to_moment
from aggregator.stores.database import Database, Reader, Row

_COLUMNS = (
    *("token", "callback", "source", "hub", "topic", "secret", "state"),
    *("made", "due", "until", "attempts", "error"),
)
_KEEP = f"""
    INSERT INTO lease ({", ".join(_COLUMNS)}) VALUES ({", ".join(f":{x}" for x in _COLUMNS)})
    ON CONFLICT (token) DO UPDATE SET {", ".join(f"{x} = excluded.{x}" for x in _COLUMNS[1:])}
"""


def advertise(db: Database, source: str, found: Advertised) -> None:
    db.execute(
        "UPDATE source SET topic = :topic, hubs = :hubs WHERE id = :source",
        topic=found.topic,
        hubs=codec.from_names(found.hubs),
        source=source,
    )


def advertised(db: Reader) -> dict[str, Advertised]:
    rows = db.rows(
        "SELECT id, topic, hubs FROM source WHERE NOT retired AND hubs != '[]' ORDER BY position"
    )
    return {
        row["id"]: Advertised(topic=row["topic"], hubs=codec.to_names(row["hubs"])) for row in rows
    }


def known(db: Reader) -> list[Lease]:
    return [_to_lease(row) for row in db.rows("SELECT * FROM lease ORDER BY made, token")]


def keep(db: Database, kept: Iterable[Lease], forgotten: Iterable[str]) -> None:
    db.execute_each(
        "DELETE FROM lease WHERE token = :token", [{"token": token} for token in forgotten]
    )
    db.execute_each(_KEEP, map(_from_lease, kept))


def _from_lease(x: Lease) -> dict[str, object]:
    return {
        "token": x.token,
        "callback": x.callback,
        "source": x.source,
        "hub": x.hub,
        "topic": x.topic,
        "secret": x.secret,
        "state": x.state,
        "made": from_moment(x.made),
        "due": from_moment(x.due),
        "until": maybe_from(x.until),
        "attempts": x.attempts,
        "error": x.error,
    }


def _to_lease(row: Row) -> Lease:
    return Lease(
        token=row["token"],
        callback=row["callback"],
        source=row["source"],
        hub=row["hub"],
        topic=row["topic"],
        secret=row["secret"],
        state=row["state"],
        made=to_moment(row["made"]),
        due=to_moment(row["due"]),
        until=maybe_to(row["until"]),
        attempts=row["attempts"],
        error=row["error"],
    )
