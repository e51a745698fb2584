"""Archive pages and what stands on them, documents as they were left, and what was withdrawn.

A story of an output is on no page as long as it is in the current document; what has no more place
there is filed, for good: a page is never added to. One that surfaces again is on none again.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime

from aggregator.model import EVERYTHING, Deleted, Document, Page
from aggregator.stores.codec import from_moment, to_moment
from aggregator.stores.database import Database, Reading, Row

_UNFILED = (
    " FROM listing l JOIN cluster c ON c.key = l.cluster WHERE l.output = :output"
    " AND l.page IS NULL AND c.release IS NULL AND c.merged IS NULL"
    " ORDER BY l.surfaced DESC, l.cluster"
)


def overflow(db: Database, output: str, *, most: int, keep: int) -> list[tuple[int, datetime]]:
    """If more than `most` stories of an output are on no page: those but the newest `keep`, with
    the moments at which they surfaced, the oldest first."""
    if len(db.rows(f"SELECT l.cluster{_UNFILED} LIMIT :few", output=output, few=most + 1)) <= most:
        return []
    rows = db.rows(f"SELECT l.cluster, l.surfaced{_UNFILED}", output=output)
    return [(row["cluster"], to_moment(row["surfaced"])) for row in reversed(rows[keep:])]


def file(db: Database, page: Page, clusters: Collection[int]) -> None:
    """These stories are on a new page, whose documents are to be written: those of the one before
    it as well, which has a successor now."""
    db.execute(
        "INSERT INTO page (output, number, name, stale) VALUES (:output, :number, :name, TRUE)",
        output=page.output,
        number=page.number,
        name=page.name,
    )
    db.execute_each(
        "UPDATE listing SET page = :page WHERE output = :output AND cluster = :cluster",
        [{"page": page.number, "output": page.output, "cluster": c} for c in clusters],
    )
    _stale(db, page.output, [page.number - 1])


def around(db: Reading, page: Page) -> tuple[Page | None, Page | None]:
    """The page before and the one after it."""
    rows = db.rows(
        "SELECT output, number, name FROM page WHERE output = :output"
        " AND number BETWEEN :first AND :last",
        output=page.output,
        first=page.number - 1,
        last=page.number + 1,
    )
    found = {row["number"]: _to_page(row) for row in rows}
    return found.get(page.number - 1), found.get(page.number + 1)


def pages(db: Reading, output: str, most: int) -> list[Page]:
    """The last ones of an output, the newest first."""
    rows = db.rows(
        "SELECT output, number, name FROM page WHERE output = :output"
        " ORDER BY number DESC LIMIT :most",
        output=output,
        most=most,
    )
    return [_to_page(row) for row in rows]


def pages_of_month(db: Reading, output: str, month: str) -> int:
    row = db.row(
        "SELECT count(*) AS number FROM page WHERE output = :output"
        " AND (name = :month OR name LIKE :others)",
        output=output,
        month=month,
        others=f"{month}-%",
    )
    return int(row["number"]) if row else 0


def stale_pages(db: Database) -> list[Page]:
    rows = db.rows("SELECT output, number, name FROM page WHERE stale ORDER BY output, number")
    return [_to_page(row) for row in rows]


def age(db: Database, documents: Iterable[str] | None) -> None:
    """The pages of these documents are to be written again; None: all there are."""
    if documents is None:
        db.execute("UPDATE page SET stale = TRUE")
        return
    db.execute_each(
        "UPDATE page SET stale = TRUE WHERE (output, number) IN"
        " (SELECT output, page FROM document WHERE path = :path)",
        [{"path": path} for path in documents],
    )


def _stale(db: Database, output: str, numbers: Iterable[int]) -> None:
    db.execute_each(
        "UPDATE page SET stale = TRUE WHERE output = :output AND number = :number",
        [{"output": output, "number": number} for number in numbers],
    )


def written(db: Database, page: Page) -> None:
    db.execute(
        "UPDATE page SET stale = FALSE WHERE output = :output AND number = :number",
        output=page.output,
        number=page.number,
    )


def _to_page(row: Row) -> Page:
    return Page(output=row["output"], number=row["number"], name=row["name"])


# ── documents ────────────────────────────────────────────────────────────────


def documents(db: Reading, *, archived: bool) -> list[Document]:
    """The current ones, or those of the archive."""
    wanted = "page IS NOT NULL" if archived else "page IS NULL"
    return list(map(_to_document, db.rows(f"SELECT * FROM document WHERE {wanted} ORDER BY path")))


def documents_of(db: Reading, output: str) -> list[Document]:
    rows = db.rows("SELECT * FROM document WHERE output = :output ORDER BY path", output=output)
    return list(map(_to_document, rows))


def keep_documents(db: Database, kept: Iterable[Document]) -> None:
    db.execute_each(
        "INSERT INTO document (path, output, page, stamp) VALUES (:path, :output, :page, :stamp)"
        " ON CONFLICT (path) DO UPDATE SET output = excluded.output, page = excluded.page,"
        " stamp = excluded.stamp",
        [{"path": d.path, "output": d.output, "page": d.page, "stamp": d.stamp} for d in kept],
    )


def forget_documents(db: Database, paths: Iterable[str]) -> None:
    db.execute_each("DELETE FROM document WHERE path = :path", [{"path": p} for p in paths])


def _to_document(row: Row) -> Document:
    return Document(path=row["path"], output=row["output"], page=row["page"], stamp=row["stamp"])


# ── what was withdrawn ───────────────────────────────────────────────────────


def unlist(db: Database, cluster: int, outputs: Collection[str]) -> None:
    """A cluster leaves these outputs, and the pages that it is on there."""
    if not outputs:
        return
    rows = db.rows(
        "SELECT output, page FROM listing WHERE cluster = :cluster AND page IS NOT NULL"
        " AND output IN :outputs",
        cluster=cluster,
        outputs=list(outputs),
    )
    for row in rows:
        _stale(db, row["output"], [row["page"]])
    db.execute_each(
        "DELETE FROM listing WHERE output = :output AND cluster = :cluster",
        [{"output": name, "cluster": cluster} for name in outputs],
    )


def withdraw(db: Database, id: str, outputs: Collection[str], now: datetime) -> None:
    """What has this id is in none of these any more, nor anywhere else that everybody sees."""
    back(db, id, {EVERYTHING})
    db.execute_each(
        "INSERT INTO withdrawn (id, output, at) VALUES (:id, :output, :at)",
        [{"id": id, "output": name, "at": from_moment(now)} for name in sorted(outputs)],
    )


def back(db: Database, id: str, outputs: Collection[str]) -> None:
    """What was withdrawn is published again, in these outputs. If it is so for everyone, then it
    is withdrawn nowhere."""
    if EVERYTHING in outputs:
        db.execute("DELETE FROM withdrawn WHERE id = :id", id=id)
    elif outputs:
        db.execute(
            "DELETE FROM withdrawn WHERE id = :id AND output IN :outputs",
            id=id,
            outputs=list(outputs),
        )


def withdrawn(db: Database, output: str, most: int) -> list[Deleted]:
    rows = db.rows(
        "SELECT id, at FROM withdrawn WHERE output = :output ORDER BY at DESC, id LIMIT :most",
        output=output,
        most=most,
    )
    return [Deleted(ref=row["id"], when=to_moment(row["at"])) for row in rows]
