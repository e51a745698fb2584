"""Clusters, and the listings that say in which outputs they stand.

Whatever changes a listing gives back the outputs that it touched: the caller keeps what is dirty.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

from aggregator.model import EVERYTHING, Arrival, Standing, StoredEntry, Story
from aggregator.stores import codec, filing
from aggregator.stores.codec import from_moment, to_moment
from aggregator.stores.database import Database, Reading, Row
from aggregator.stores.rows import ENTRY, to_entry, to_story

_AT_ONCE = 500  # stories whose entries are read: as rows they are in memory a second time


_LISTED = (
    "SELECT c.* FROM listing l JOIN cluster c ON c.key = l.cluster"
    " WHERE l.output = :output AND c.release IS NULL AND c.merged IS NULL"
)


def newest(db: Database, output: str, limit: int, *, unfiled: bool) -> list[Story]:
    """Those of an output that surfaced last, newest first; held ones left out. `unfiled`: of those
    that are on no archive page."""
    only = " AND l.page IS NULL" if unfiled else ""
    rows = db.rows(
        f"{_LISTED}{only} ORDER BY l.surfaced DESC, l.cluster LIMIT :most",
        output=output,
        most=limit,
    )
    return told(db, rows)


def standing(db: Database, output: str, limit: int | None, *, unfiled: bool) -> list[Standing]:
    """The stories that `newest` would give, without what is told of them."""
    only = " AND l.page IS NULL" if unfiled else ""
    most = "" if limit is None else " LIMIT :most"
    rows = db.rows(
        "SELECT l.cluster, l.surfaced, l.page, coalesce((SELECT source FROM entry"
        " WHERE key = c.leader), (SELECT CASE WHEN min(source) = max(source) THEN min(source) END"
        " FROM entry WHERE cluster = c.key AND dropped IS NULL)) AS source"
        " FROM listing l JOIN cluster c ON c.key = l.cluster"
        f" WHERE l.output = :output AND c.release IS NULL AND c.merged IS NULL{only}"
        f" ORDER BY l.surfaced DESC, l.cluster{most}",
        output=output,
        **({} if limit is None else {"most": limit}),
    )
    return [
        Standing(
            cluster=row["cluster"],
            surfaced=to_moment(row["surfaced"]),
            source=row["source"],
            page=row["page"],
        )
        for row in rows
    ]


def filed(db: Database, output: str, page: int) -> list[Story]:
    """Those on an archive page of an output."""
    rows = db.rows(
        f"{_LISTED} AND l.page = :page ORDER BY l.surfaced DESC, l.cluster",
        output=output,
        page=page,
    )
    return told(db, rows)


def shown(db: Database, clusters: Collection[int], output: str) -> list[Story]:
    """Those of these clusters that are published in an output; held ones left out."""
    rows = db.rows(
        f"{_LISTED} AND c.key IN :clusters ORDER BY c.key",
        output=output,
        clusters=list(clusters),
    )
    return told(db, rows)


def told(db: Reading, clusters: Sequence[Row]) -> list[Story]:
    """These with what is published of them; not those of which nothing is."""
    sightings: dict[int, list[StoredEntry]] = {row["key"]: [] for row in clusters}
    keys = list(sightings)
    for first in range(0, len(keys), _AT_ONCE):
        rows = db.rows(
            f"SELECT {ENTRY} FROM entry WHERE cluster IN :clusters"
            " AND dropped IS NULL AND document IS NOT NULL ORDER BY key",
            clusters=keys[first : first + _AT_ONCE],
        )
        for row in rows:
            sightings[row["cluster"]].append(to_entry(row))
    return [to_story(row, sightings[row["key"]]) for row in clusters if sightings[row["key"]]]


def open_cluster(
    db: Database,
    entry: StoredEntry,
    arrival: Arrival,
    *,
    surfaced: datetime,
    private: Collection[str],
) -> tuple[int, set[str]]:
    """A new cluster of one. Most are: what `settle` would find out is written at once."""
    moment = from_moment(surfaced)
    held = None if entry.published <= entry.first_seen else from_moment(entry.published)
    (row,) = db.rows(
        "INSERT INTO cluster (published, surfaced, release)"
        " VALUES (:published, :surfaced, :release) RETURNING key",
        published=from_moment(entry.published),
        surfaced=moment,
        release=held,
    )
    cluster: int = row["key"]
    names = set() if arrival.dropped else _named(arrival.outputs, private)
    _enter(db, cluster, names, moment)
    return cluster, names


def merge(db: Database, clusters: Collection[int]) -> int:
    """The one published first, else the oldest, takes in the others."""
    rows = db.rows(
        "SELECT key FROM cluster WHERE key IN :clusters ORDER BY id IS NULL, key",
        clusters=list(clusters),
    )
    survivor, *others = [int(row["key"]) for row in rows]
    for other in others:
        pair = {"survivor": survivor, "other": other}
        db.execute("UPDATE entry SET cluster = :survivor WHERE cluster = :other", **pair)
        # Those as well that were merged into the other before: they lead on to where it went.
        db.execute(
            "UPDATE cluster SET merged = :survivor WHERE key = :other OR merged = :other", **pair
        )
    return survivor


def part(db: Database, entries: Collection[int]) -> int:
    """Give these entries a cluster of their own, and keep that they are told apart from the others
    of the one that they leave."""
    parted = sorted(entries)
    (row,) = db.rows("SELECT cluster FROM entry WHERE key = :key", key=parted[0])
    left = int(row["cluster"])
    members = db.rows("SELECT key FROM entry WHERE cluster = :cluster", cluster=left)
    others = {int(row["key"]) for row in members}.difference(parted)
    own = _led_before(db, left, parted) or _opened(db, parted)
    db.execute("UPDATE entry SET cluster = :own WHERE key IN :parted", own=own, parted=parted)
    # The ids under which the others of these were known once lead to them still.
    db.execute(
        "UPDATE cluster SET merged = :own WHERE merged = :left AND leader IN :parted",
        own=own,
        left=left,
        parted=parted,
    )
    pairs = [(one, other) for one in parted for other in sorted(others)]
    db.execute_each(
        "INSERT INTO parted (one, other) VALUES (:one, :other) ON CONFLICT (one, other) DO NOTHING",
        [{"one": min(pair), "other": max(pair)} for pair in pairs],
    )
    return own


def _led_before(db: Database, left: int, entries: Collection[int]) -> int | None:
    """The cluster that one of these led, back from where it was merged into: readers know them by
    its id."""
    rows = db.rows(
        "UPDATE cluster SET merged = NULL WHERE key = (SELECT min(key) FROM cluster"
        " WHERE merged = :left AND id IS NOT NULL AND leader IN :entries) RETURNING key",
        left=left,
        entries=list(entries),
    )
    return int(rows[0]["key"]) if rows else None


def _opened(db: Database, entries: Collection[int]) -> int:
    (row,) = db.rows(
        "INSERT INTO cluster (published, surfaced) SELECT min(published), min(surfaced)"
        " FROM entry WHERE key IN :entries RETURNING key",
        entries=list(entries),
    )
    return int(row["key"])


def unpart(db: Database, clusters: Collection[int]) -> None:
    """Forget what was told apart within these clusters."""
    keys = "(SELECT key FROM entry WHERE cluster IN :clusters)"
    db.execute(
        f"DELETE FROM parted WHERE one IN {keys} AND other IN {keys}", clusters=list(clusters)
    )


def parted(db: Database, clusters: Collection[int]) -> set[frozenset[int]]:
    """Which two of these hold entries that were told apart."""
    rows = db.rows(
        "SELECT DISTINCT a.cluster AS one, b.cluster AS other FROM entry a"
        " JOIN parted ON parted.one = a.key JOIN entry b ON b.key = parted.other"
        " WHERE a.cluster IN :clusters AND b.cluster IN :clusters",
        clusters=list(clusters),
    )
    return {frozenset((int(row["one"]), int(row["other"]))) for row in rows}


def settle(db: Database, cluster: int, now: datetime, *, private: Collection[str]) -> set[str]:
    """List a cluster in the outputs that its sightings name."""
    (known,) = db.rows("SELECT id, surfaced FROM cluster WHERE key = :cluster", cluster=cluster)
    live = db.rows(
        "SELECT outputs, published, surfaced FROM entry"
        " WHERE cluster = :cluster AND dropped IS NULL",
        cluster=cluster,
    )
    surfaced = known["surfaced"]
    if known["id"] is None and live:
        # Before its first publication nothing about a story may hang on which of its
        # sightings came in first: earliest dates, whatever the order.
        first = min(x["published"] for x in live)
        surfaced = min(x["surfaced"] for x in live)
        db.execute(
            "UPDATE cluster SET published = :published, surfaced = :surfaced, release = :release"
            " WHERE key = :cluster",
            published=first,
            surfaced=surfaced,
            release=first if first > from_moment(now) else None,
            cluster=cluster,
        )
    wanted = {name for x in live for name in _named(codec.to_names(x["outputs"]), private)}
    rows = db.rows("SELECT output FROM listing WHERE cluster = :cluster", cluster=cluster)
    listed = {row["output"] for row in rows}
    filing.unlist(db, cluster, listed - wanted)
    told: set[str] = set()
    if known["id"] and EVERYTHING in listed - wanted:
        told = (listed | _once(db, cluster)) - wanted
        filing.withdraw(db, known["id"], told, now)
    elif known["id"]:
        filing.back(db, known["id"], wanted - listed)
    _enter(db, cluster, wanted, surfaced)
    return wanted | listed | told


def _once(db: Database, cluster: int) -> set[str]:
    """The outputs in which a story stood by a copy that left before the last one did."""
    rows = db.rows("SELECT outputs FROM entry WHERE cluster = :cluster", cluster=cluster)
    return {name for row in rows for name in codec.to_names(row["outputs"])}


def _named(outputs: Iterable[str], private: Collection[str]) -> set[str]:
    """The outputs of a sighting. Of everything too, unless it is in private ones only."""
    names = set(outputs)
    return names if names and names.issubset(private) else {*names, EVERYTHING}


def within(db: Database, outputs: Collection[str]) -> list[int]:
    """The clusters that stand in one of these."""
    rows = db.rows(
        "SELECT DISTINCT cluster FROM listing WHERE output IN :outputs ORDER BY cluster",
        outputs=list(outputs),
    )
    return [int(row["cluster"]) for row in rows]


def _enter(db: Database, cluster: int, names: set[str], surfaced: int) -> None:
    db.execute_each(
        "INSERT INTO listing (output, cluster, surfaced) VALUES (:output, :cluster, :surfaced)"
        " ON CONFLICT (output, cluster) DO UPDATE SET surfaced = excluded.surfaced, page ="
        " CASE WHEN listing.surfaced = excluded.surfaced THEN listing.page END",
        [{"output": name, "cluster": cluster, "surfaced": surfaced} for name in names],
    )


def release(db: Database, now: datetime) -> tuple[set[int], set[str]]:
    """Let go of the stories that were held until `now`: these, and the outputs they stand in."""
    moment = from_moment(now)
    rows = db.rows(
        "SELECT l.cluster, l.output FROM listing l JOIN cluster c ON l.cluster = c.key"
        " WHERE c.release <= :moment",
        moment=moment,
    )
    db.execute("UPDATE cluster SET release = NULL WHERE release <= :moment", moment=moment)
    return {row["cluster"] for row in rows}, {row["output"] for row in rows}


def outputs_of(db: Database, source: str) -> set[str]:
    """Every output in which a sighting of this source stands."""
    rows = db.rows(
        "SELECT DISTINCT output FROM listing WHERE cluster IN"
        " (SELECT cluster FROM entry WHERE source = :source)",
        source=source,
    )
    return {row["output"] for row in rows}
