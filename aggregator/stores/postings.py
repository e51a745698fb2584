"""Which stories are posts, under which names, and which of those are to be looked at again.

Nothing is kept of them before somebody wants posts: then a row a story, whose name stays for good.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from aggregator.model import EVERYTHING, Posting
from aggregator.stores.database import Database

_DUE = (
    "INSERT INTO post (cluster, due) VALUES (:cluster, TRUE)"
    " ON CONFLICT (cluster) DO UPDATE SET due = TRUE"
)


def due(db: Database, *, after: int, most: int) -> list[Posting]:
    rows = db.rows(
        "SELECT cluster, name FROM post WHERE due AND cluster > :after"
        " ORDER BY cluster LIMIT :most",
        after=after,
        most=most,
    )
    return [Posting(story=row["cluster"], name=row["name"]) for row in rows]


def make_due(db: Database, clusters: Iterable[int]) -> None:
    db.execute_each(_DUE, [{"cluster": cluster} for cluster in sorted(clusters)])


def make_all_due(db: Database) -> None:
    db.execute("UPDATE post SET due = TRUE WHERE NOT due")
    db.execute(
        "INSERT INTO post (cluster, due) SELECT cluster, TRUE FROM listing"
        " WHERE output = :everything AND cluster NOT IN (SELECT cluster FROM post)",
        everything=EVERYTHING,
    )


def make_due_of(db: Database, source: str) -> None:
    """Those that a source tells."""
    db.execute(
        "UPDATE post SET due = TRUE WHERE cluster IN"
        " (SELECT cluster FROM entry WHERE source = :source)",
        source=source,
    )


def name(db: Database, posting: Posting) -> None:
    db.execute(
        "UPDATE post SET name = :name WHERE cluster = :cluster",
        name=posting.name,
        cluster=posting.story,
    )


def named(db: Database, name: str) -> bool:
    return db.row("SELECT cluster FROM post WHERE name = :name", name=name) is not None


def done(db: Database, clusters: Collection[int]) -> None:
    db.execute("UPDATE post SET due = FALSE WHERE cluster IN :clusters", clusters=list(clusters))
