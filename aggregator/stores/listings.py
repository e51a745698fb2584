"""Clusters, and the listings that say in which outputs they stand.

Whatever changes a listing gives back the outputs that it touched: the caller keeps what is dirty.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection
from datetime import datetime

from aggregator.model import EVERYTHING, Arrival, StoredEntry, Story
from aggregator.stores import codec
from aggregator.stores.codec import from_moment
from aggregator.stores.rows import ENTRY, to_entry, to_story


def newest(db: sqlite3.Connection, output: str, limit: int) -> list[Story]:
    """Those of an output that surfaced last, newest first; held ones left out."""
    clusters = db.execute(
        "SELECT c.* FROM listing l JOIN cluster c ON c.key = l.cluster"
        " WHERE l.output = ? AND c.release IS NULL AND c.merged IS NULL"
        " ORDER BY l.surfaced DESC, l.cluster LIMIT ?",
        (output, limit),
    ).fetchall()
    sightings: dict[int, list[StoredEntry]] = {row["key"]: [] for row in clusters}
    rows = db.execute(
        f"SELECT {ENTRY} FROM entry WHERE cluster IN (SELECT value FROM json_each(?))"
        " AND dropped IS NULL AND document IS NOT NULL ORDER BY key",
        (json.dumps(list(sightings)),),
    )
    for row in rows:
        sightings[row["cluster"]].append(to_entry(row))
    return [to_story(row, sightings[row["key"]]) for row in clusters if sightings[row["key"]]]


def open_cluster(
    db: sqlite3.Connection, entry: StoredEntry, arrival: Arrival, *, surfaced: datetime
) -> tuple[int, set[str]]:
    """A new cluster of one. Most are: what `settle` would find out is written at once."""
    moment = from_moment(surfaced)
    held = None if entry.published <= entry.first_seen else from_moment(entry.published)
    cluster = db.execute(
        "INSERT INTO cluster (published, surfaced, release) VALUES (?, ?, ?)",
        (from_moment(entry.published), moment, held),
    ).lastrowid
    names: set[str] = set() if arrival.dropped else {*arrival.outputs, EVERYTHING}
    db.executemany(
        "INSERT INTO listing (output, cluster, surfaced) VALUES (?, ?, ?)",
        [(name, cluster, moment) for name in names],
    )
    return cluster or 0, names


def merge(db: sqlite3.Connection, clusters: Collection[int]) -> int:
    """The one published first, else the oldest, takes in the others."""
    rows = db.execute(
        "SELECT key FROM cluster WHERE key IN (SELECT value FROM json_each(?))"
        " ORDER BY id IS NULL, key",
        (json.dumps(list(clusters)),),
    )
    survivor, *others = [int(row[0]) for row in rows]
    for other in others:
        db.execute("UPDATE entry SET cluster = ? WHERE cluster = ?", (survivor, other))
        db.execute("UPDATE cluster SET merged = ? WHERE key = ?", (survivor, other))
    return survivor


def settle(db: sqlite3.Connection, cluster: int, now: datetime) -> set[str]:
    """List a cluster in the outputs that its sightings name."""
    row = db.execute("SELECT * FROM cluster WHERE key = ?", (cluster,)).fetchone()
    live = db.execute(
        "SELECT outputs, published, surfaced FROM entry WHERE cluster = ? AND dropped IS NULL",
        (cluster,),
    ).fetchall()
    surfaced = row["surfaced"]
    if row["id"] is None and live:
        # Before its first publication nothing about a story may hang on which of its
        # sightings came in first: earliest dates, whatever the order.
        first = min(x["published"] for x in live)
        surfaced = min(x["surfaced"] for x in live)
        db.execute(
            "UPDATE cluster SET published = ?, surfaced = ?, release = ? WHERE key = ?",
            (first, surfaced, first if first > from_moment(now) else None, cluster),
        )
    named = {name for x in live for name in codec.to_names(x["outputs"])}
    return _list(db, cluster, named | {EVERYTHING} if live else set(), surfaced)


def _list(db: sqlite3.Connection, cluster: int, wanted: set[str], surfaced: int) -> set[str]:
    rows = db.execute("SELECT output FROM listing WHERE cluster = ?", (cluster,))
    listed = {row[0] for row in rows}
    db.executemany(
        "DELETE FROM listing WHERE output = ? AND cluster = ?",
        [(name, cluster) for name in listed - wanted],
    )
    db.executemany(
        "INSERT OR REPLACE INTO listing (output, cluster, surfaced) VALUES (?, ?, ?)",
        [(name, cluster, surfaced) for name in wanted],
    )
    return wanted | listed


def release(db: sqlite3.Connection, now: datetime) -> set[str]:
    """Let go of the stories that were held until `now`."""
    moment = (from_moment(now),)
    rows = db.execute(
        "SELECT output FROM listing JOIN cluster ON cluster = key WHERE release <= ?", moment
    )
    touched = {row[0] for row in rows}
    db.execute("UPDATE cluster SET release = NULL WHERE release <= ?", moment)
    return touched


def outputs_of(db: sqlite3.Connection, source: str) -> set[str]:
    """Every output in which a sighting of this source stands."""
    rows = db.execute(
        "SELECT DISTINCT output FROM listing WHERE cluster IN"
        " (SELECT cluster FROM entry WHERE source = ?)",
        (source,),
    )
    return {row[0] for row in rows}
