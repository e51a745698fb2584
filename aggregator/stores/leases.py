"""What feeds say of their hubs, and what we asked of those, to and from their tables."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable

from aggregator.model import Advertised, Lease
from aggregator.stores import codec
from aggregator.stores.codec import from_moment, maybe_from, maybe_to, to_moment


def advertise(db: sqlite3.Connection, source: str, found: Advertised) -> None:
    db.execute(
        "UPDATE source SET topic = ?, hubs = ? WHERE id = ?",
        (found.topic, codec.from_names(found.hubs), source),
    )


def advertised(db: sqlite3.Connection) -> dict[str, Advertised]:
    rows = db.execute(
        "SELECT id, topic, hubs FROM source WHERE NOT retired AND hubs != '[]' ORDER BY position"
    )
    return {
        row["id"]: Advertised(topic=row["topic"], hubs=codec.to_names(row["hubs"])) for row in rows
    }


def known(db: sqlite3.Connection) -> list[Lease]:
    return [_to_lease(row) for row in db.execute("SELECT * FROM lease ORDER BY made, token")]


def keep(db: sqlite3.Connection, kept: Iterable[Lease], forgotten: Iterable[str]) -> None:
    db.executemany("DELETE FROM lease WHERE token = ?", [(token,) for token in forgotten])
    db.executemany(
        "INSERT OR REPLACE INTO lease (token, callback, source, hub, topic, secret, state, made,"
        " due, until, attempts, error) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [_from_lease(x) for x in kept],
    )


def _from_lease(x: Lease) -> tuple[object, ...]:
    asked = (x.token, x.callback, x.source, x.hub, x.topic, x.secret, x.state)
    moments = (from_moment(x.made), from_moment(x.due), maybe_from(x.until))
    return (*asked, *moments, x.attempts, x.error)


def _to_lease(row: sqlite3.Row) -> Lease:
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
