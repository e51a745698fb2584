"""A SQLite store of any size in minutes: one block of entries comes in as any others do, and its
rows are then written again and again, as those of other entries of other days.

The rows are as many and as long as if all had come in that way. Of a sketch, hashes that many
share are kept, as phrases that everyone writes are in every text; all others become others of
about the same size, so that no block is like another.
"""

import sqlite3
from collections.abc import Mapping
from datetime import timedelta

_WEEK = 7 * 86_400 * 1_000_000  # microseconds, as the store counts
_COMMON = 5  # entries; what so many of the first block share is nobody's own
_CROWD = 64  # entries of a week that the store keeps for one hash
_SALTED = "(hash & 0xFF000000) | ((hash + i * 0x9E3779B1) & 0x00FFFFFF)"


def multiply(db: sqlite3.Connection, times: int, *, apart: timedelta) -> None:
    """The rows of `db`, `times` as many; each block is so much older than the one before."""
    back = apart // timedelta(microseconds=1)
    for pragma in ("synchronous = OFF", "cache_size = -200000", "temp_store = FILE"):
        db.execute(f"PRAGMA {pragma}")
    entries, clusters = (
        db.execute(f"SELECT max(key) FROM {table}").fetchone()[0] for table in ("entry", "cluster")
    )
    entry, cluster = f"+ :i * {entries}", f"+ :i * {clusters}"
    ages = ("published", "surfaced", "updated", "feed_updated", "first_seen")
    older = {name: f"{name} - :i * {back}" for name in ages}
    named = {name: f"{name} || '~' || :i" for name in ("url_key", "title_key", "global_id")}
    moved = {
        "key": f"key {entry}",
        "cluster": f"cluster {cluster}",
        "source": "source || '~' || :i",
    }
    with db:
        db.execute("BEGIN")
        _sketches(db, times, entries, back)
        for block in range(1, times):
            _again(db, block, "print", {"entry": f"entry {entry}"}, f"entry <= {entries}")
            _again(db, block, "listing", older | moved, f"cluster <= {clusters}")
            _again(db, block, "cluster", older | {"key": f"key {cluster}"}, f"key <= {clusters}")
            _again(db, block, "entry", older | named | moved, f"key <= {entries}")
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _again(
    db: sqlite3.Connection, block: int, table: str, other: Mapping[str, str], first: str
) -> None:
    names = [row[1] for row in db.execute(f"PRAGMA table_info({table})")]
    told = ", ".join(other.get(name, name) for name in names)
    db.execute(
        f"INSERT INTO {table} ({', '.join(names)}) SELECT {told} FROM {table} WHERE {first}",
        {"i": block},
    )


def _sketches(db: sqlite3.Connection, times: int, entries: int, back: int) -> None:
    """In the order of the table, which fills its pages; a hash that a crowd shares is full."""
    db.execute(
        "CREATE TEMP TABLE mark AS SELECT hash, entry, published, shared FROM sketch"
        " JOIN entry ON key = entry JOIN"
        " (SELECT hash AS same, count(*) AS shared FROM sketch GROUP BY hash) ON same = hash"
    )
    db.execute(
        "INSERT OR IGNORE INTO sketch (week, hash, entry) SELECT week, hash, entry FROM"
        " (SELECT *, row_number() OVER (PARTITION BY week, hash ORDER BY entry) AS place FROM"
        f" (SELECT (published - i * {back}) / {_WEEK} AS week, entry + i * {entries} AS entry,"
        f" CASE WHEN shared < {_COMMON} THEN {_SALTED} ELSE hash END AS hash"
        f" FROM mark CROSS JOIN (WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n"
        f" WHERE i + 1 < {times}) SELECT i FROM n)))"
        f" WHERE place <= {_CROWD}"
    )
    db.execute("DROP TABLE temp.mark")
