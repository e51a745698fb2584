"""The index of words in PostgreSQL: vectors that we make ourselves, so that no parser or
dictionary of the server has a say in what a word is.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from aggregator.model import Words
from aggregator.searching import Phrase, Query, Term, grams, grams_of
from aggregator.stores.database import SearchHit

if TYPE_CHECKING:
    from aggregator.stores.postgres import PostgresDatabase

_LAST = 16_383  # the last place that a vector knows
_MOST = 255  # places of one word in it
_GAP = 10  # between title and text: no phrase goes across
# Ranking reads every vector that it ranks: of words that are everywhere, the newest.
_RANKED = 2_000
# What fits is found first, by its index: else the newest are looked at one by one until enough fit.
_BEST = """
    WITH fits AS MATERIALIZED (
        SELECT cluster FROM search_words WHERE words @@ CAST(:asked AS tsquery)
    ), newest AS MATERIALIZED (
        SELECT f.cluster, c.published
        FROM fits f JOIN cluster c ON c.key = f.cluster
            JOIN listing l ON l.cluster = f.cluster AND l.output = :output
        WHERE c.release IS NULL AND c.merged IS NULL
        ORDER BY f.cluster DESC LIMIT :ranked
    )
    SELECT n.cluster, n.published,
        ts_rank_cd(w.words, CAST(:asked AS tsquery), 1) * 20 AS score
    FROM newest n JOIN search_words w ON w.cluster = n.cluster
    ORDER BY score DESC, n.cluster DESC LIMIT :most
"""


class PostgresSearch:
    def __init__(self, db: PostgresDatabase) -> None:
        self._db = db

    def put(self, words: Sequence[Words]) -> None:
        self._db.execute(
            "DELETE FROM search_words WHERE cluster IN :clusters",
            clusters=[x.cluster for x in words if not (x.title or x.text)],
        )
        self._db.execute_each(
            "INSERT INTO search_words (cluster, words)"
            " VALUES (:cluster, CAST(:words AS tsvector))"
            " ON CONFLICT (cluster) DO UPDATE SET words = excluded.words",
            [{"cluster": x.cluster, "words": _vector(x)} for x in words if x.title or x.text],
        )

    def best(self, query: Query, *, output: str, most: int, seconds: float) -> list[SearchHit]:
        with self._db.reader.no_longer_than(seconds) as reader:
            rows = reader.rows(_BEST, asked=_asked(query), output=output, most=most, ranked=_RANKED)
        return [SearchHit(row["cluster"], row["score"], row["published"]) for row in rows]


def _vector(words: Words) -> str:
    """Each word with its places; what stands in a title weighs more."""
    places: dict[str, list[str]] = {}
    title = grams(words.title)
    text = enumerate(grams(words.text), len(title) + _GAP)
    numbered = [*((word, f"{n}A") for n, word in enumerate(title, 1)),
                *((word, f"{n}") for n, word in text if n <= _LAST)]  # fmt: skip
    for word, place in numbered:
        there = places.setdefault(word, [])
        if len(there) < _MOST:
            there.append(place)
    return " ".join(f"{_quoted(word)}:{','.join(there)}" for word, there in places.items())


# ── what the server is asked ─────────────────────────────────────────────────


def _asked(query: Query) -> str:
    """Everything that was typed is in quotes: none of it can be an operator."""
    terms = [*map(_either, query.wanted), *(f"!{_either(term)}" for term in query.unwanted)]
    return " & ".join(terms)


def _either(term: Term) -> str:
    return f"({' | '.join(map(_row_of, term))})"


def _row_of(phrase: Phrase) -> str:
    row, begins = grams_of(phrase)
    return f"({' <-> '.join(map(_quoted, row))}{':*' if begins else ''})"


def _quoted(word: str) -> str:
    doubled = word.replace("\\", "\\\\").replace("'", "''")
    return f"'{doubled}'"
