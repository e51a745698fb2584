"""The index of words in SQLite: FTS5 without its content, which is what we have already.

An index without content forgets a row only if it is told what it had of it: that is kept beside
it, deflated. (`contentless_delete` needs SQLite 3.43, and systems in use have 3.40.)
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from typing import TYPE_CHECKING

from aggregator.model import Words
from aggregator.searching import Phrase, Query, Term, grams, grams_of
from aggregator.stores.database import SearchHit

if TYPE_CHECKING:
    from aggregator.stores.sqlite import SqliteDatabase

_BEST = """
    SELECT i.cluster, i.score, c.published FROM (
        SELECT rowid AS cluster, -rank AS score FROM search_index
        WHERE search_index MATCH :asked AND EXISTS (
            SELECT 1 FROM listing l JOIN cluster c ON c.key = l.cluster
            WHERE l.output = :output AND l.cluster = search_index.rowid
                AND c.release IS NULL AND c.merged IS NULL)
        ORDER BY rank LIMIT :most
    ) i JOIN cluster c ON c.key = i.cluster
"""
_FORGET = """
    INSERT INTO search_index (search_index, rowid, title, text)
    VALUES ('delete', :cluster, :title, :text)
"""
_TAKE_IN = "INSERT INTO search_index (rowid, title, text) VALUES (:cluster, :title, :text)"


class SqliteSearch:
    def __init__(self, db: SqliteDatabase) -> None:
        self._db = db

    def put(self, words: Sequence[Words]) -> None:
        """In the order of their clusters: FTS5 writes a piece of index whenever it goes back."""
        clusters = [x.cluster for x in words]
        rows = self._db.rows(
            "SELECT cluster, words FROM search_words WHERE cluster IN :clusters", clusters=clusters
        )
        before = {row["cluster"]: _inflated(row["cluster"], row["words"]) for row in rows}
        gone = [x for x in before.values() if x not in words]
        here = [x for x in words if (x.title or x.text) and before.get(x.cluster) != x]
        self._db.execute_each(_FORGET, map(_row, gone))
        self._db.execute(
            "DELETE FROM search_words WHERE cluster IN :clusters",
            clusters=[x.cluster for x in gone],
        )
        self._db.execute_each(_TAKE_IN, map(_row, here))
        self._db.execute_each(
            "INSERT INTO search_words (cluster, words) VALUES (:cluster, :words)",
            [{"cluster": x.cluster, "words": _deflated(x)} for x in here],
        )

    def best(self, query: Query, *, output: str, most: int, seconds: float) -> list[SearchHit]:
        with self._db.reader.no_longer_than(seconds) as reader:
            rows = reader.rows(_BEST, asked=_asked(query), output=output, most=most)
        return [SearchHit(row["cluster"], row["score"], row["published"]) for row in rows]


def _row(words: Words) -> dict[str, object]:
    return {
        "cluster": words.cluster,
        "title": " ".join(grams(words.title)),
        "text": " ".join(grams(words.text)),
    }


def _deflated(words: Words) -> bytes:
    return zlib.compress(f"{words.title}\n{words.text}".encode())


def _inflated(cluster: int, kept: bytes) -> Words:
    title, _, text = zlib.decompress(kept).decode().partition("\n")
    return Words(cluster=cluster, title=title, text=text)


# ── what FTS5 is asked ───────────────────────────────────────────────────────


def _asked(query: Query) -> str:
    """Everything that was typed is in quotes: none of it can be an operator."""
    wanted = " AND ".join(map(_either, query.wanted))
    unwanted = " OR ".join(map(_either, query.unwanted))
    return f"({wanted}) NOT ({unwanted})" if unwanted else wanted


def _either(term: Term) -> str:
    return f"({' OR '.join(map(_row_of, term))})"


def _row_of(phrase: Phrase) -> str:
    row, begins = grams_of(phrase)
    quoted = " ".join(row).replace('"', '""')
    return f'"{quoted}"{" *" if begins else ""}'
