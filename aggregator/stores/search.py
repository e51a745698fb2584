"""Which stories the index of words is to take in, and those that it found. The index itself is the
database's own: `sqlite_search`, `postgres_search`.

Saving only notes which published stories changed; a backlog, and what was published before there
was an index, is worked off in steps.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from aggregator.model import EVERYTHING, Story, Words
from aggregator.searching import Query
from aggregator.stores import listings
from aggregator.stores.database import Database, Reading, SearchHit

_STEP = 1_000  # clusters that are looked at for the index to be filled
_BEST = 500  # stories that a search ranks, and so the most that it finds


def note(db: Database, clusters: Collection[int]) -> None:
    """These have other words now, if they are published."""
    db.execute_each(
        "INSERT INTO search_due (cluster) SELECT key FROM cluster WHERE key = :cluster"
        " AND id IS NOT NULL ON CONFLICT (cluster) DO NOTHING",
        [{"cluster": cluster} for cluster in sorted(clusters)],
    )


def due(db: Database, limit: int) -> list[tuple[int, Story | None]]:
    """The newest clusters that are to be taken in; without a story, to be left out."""
    wanted = _due(db, limit)
    while not wanted and _fill(db):
        wanted = _due(db, limit)
    stories = {story.cluster: story for story in published(db, wanted)}
    return [(cluster, stories.get(cluster)) for cluster in wanted]


def _due(db: Database, limit: int) -> list[int]:
    rows = db.rows("SELECT cluster FROM search_due ORDER BY cluster DESC LIMIT :most", most=limit)
    return [int(row["cluster"]) for row in rows]


def _fill(db: Database) -> bool:
    """Note the next of those that never were in the index, the newest first; False: none is
    left."""
    row = db.row("SELECT below FROM search_fill")
    if row is None or row["below"] <= 1:
        return False
    span = {"first": max(1, row["below"] - _STEP), "below": row["below"]}
    db.execute(
        "INSERT INTO search_due (cluster) SELECT key FROM cluster WHERE key >= :first"
        " AND key < :below AND id IS NOT NULL AND merged IS NULL ON CONFLICT (cluster) DO NOTHING",
        **span,
    )
    db.execute("UPDATE search_fill SET below = :first", first=span["first"])
    return True


def keep(db: Database, words: Iterable[Words]) -> None:
    """Take these in, in place of what the index had of them."""
    each = sorted(words, key=lambda x: x.cluster)
    db.search.put(each)
    db.execute(
        "DELETE FROM search_due WHERE cluster IN :clusters", clusters=[x.cluster for x in each]
    )


def found(
    db: Database, query: Query, *, output: str, limit: int, offset: int, seconds: float
) -> list[Story]:
    """The best first; of those as good as each other, the newest."""
    if not query.wanted:
        return []
    hits = db.search.best(query, output=output, most=_BEST, seconds=seconds)
    page = [hit.cluster for hit in _ranked(hits)[offset : offset + limit]]
    stories = {story.cluster: story for story in published(db.reader, page)}
    return [stories[cluster] for cluster in page if cluster in stories]


def _ranked(hits: Iterable[SearchHit]) -> Sequence[SearchHit]:
    return sorted(hits, key=lambda x: (-round(x.score, 1), -x.published, -x.cluster))


def published(db: Reading, clusters: Collection[int]) -> list[Story]:
    """Those of these clusters that are published, and neither held nor taken back."""
    rows = db.rows(
        "SELECT c.* FROM cluster c JOIN listing l ON l.cluster = c.key AND l.output = :all"
        " WHERE c.key IN :clusters AND c.id IS NOT NULL AND c.release IS NULL"
        " AND c.merged IS NULL",
        clusters=list(clusters),
        all=EVERYTHING,
    )
    return listings.told(db, rows)
