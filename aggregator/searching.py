"""What is searched by: words of a text as the index has them, and what somebody looks for.

    台灣 Café, 5G手机   →  台湾 cafe 5g 手机      `words_of`: runs of one script, folded
    手机                →  手机 机                `grams`: what stands in the index, in order

Of a script without spaces each letter is found with the one behind it: any part of a run is a row
of these. Case, width, accents, and traditional or simplified letters do not count.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from aggregator.text import fold

LONGEST_QUERY = 200  # characters
_MOST_TERMS = 16
_LONGEST_WORD = 64  # characters that tell it from others
_MOST_GRAMS = 16_000  # of a text; PostgreSQL counts no further
_SHORTEST_PREFIX = 2  # letters: one alone begins half of all words

_OPEN, _CLOSE = '"“”„«「『', '"“”»」』'
_ASKED = re.compile(
    f"(?P<minus>-)?(?:[{_OPEN}](?P<phrase>[^{_OPEN}{_CLOSE}]*)[{_CLOSE}]?"
    rf"|(?P<word>[^\s{_OPEN}{_CLOSE}]+))"
)
# Where a mark only says how a letter is pronounced: Latin, Greek, Hebrew, Arabic.
_ACCENTED = ((0xC0, 0x250), (0x370, 0x400), (0x1E00, 0x2000))
_MARKS = (
    *range(0x300, 0x370), *range(0x591, 0x5BE), 0x5BF, 0x5C1, 0x5C2, 0x5C4, 0x5C5, 0x5C7,
    0x640, *range(0x64B, 0x660), 0x670, *range(0xFE00, 0xFE10),
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Phrase:
    """Runs that follow each other; with `prefix` the last one may go on."""

    runs: tuple[str, ...]
    prefix: bool = False


Term = tuple[Phrase, ...]  # any of these: as one side of the strait spells it, or the other


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """All of `wanted` and none of `unwanted`; what wants nothing finds nothing."""

    wanted: tuple[Term, ...] = ()
    unwanted: tuple[Term, ...] = ()


# ── texts ────────────────────────────────────────────────────────────────────


def words_of(text: str) -> str:
    """The runs of plain text with spaces between, as far as they are searched."""
    found, left = [], _MOST_GRAMS
    for run in _runs(folded(text)):
        found.append(run[:left])
        left -= len(run) if unspaced(run) else 1
        if left <= 0:
            break
    return " ".join(found)


def grams(words: str) -> list[str]:
    """What of `words_of` a text is found by, each in its place."""
    return [gram for run in words.split() for gram in _grams(run)]


def folded(text: str) -> str:
    """Alike whatever its case, width, accents, and form of letters."""
    text = fold(text)
    if text.isascii():
        return text
    from aggregator.tokens import simplified  # noqa: PLC0415  # numpy, which many a run needs not

    return simplified(text.translate(_plain_letters()))


def unspaced(run: str) -> bool:
    """Whether a run is of a script without spaces."""
    return _unspaced().match(run) is not None


def _runs(text: str) -> Iterable[str]:
    """A space between letters that need none is layout."""
    for found in _run().finditer(_layout().sub("", text)):
        yield found[0] if found[1] else found[0][:_LONGEST_WORD]


def _grams(run: str) -> list[str]:
    return [run[i : i + 2] for i in range(len(run))] if unspaced(run) else [run]


# ── queries ──────────────────────────────────────────────────────────────────


def query_of(asked: str) -> Query:
    """What somebody typed: words, all of which are wanted, "phrases", -unwanted, begin*."""
    wanted: list[Term] = []
    unwanted: list[Term] = []
    for found in _ASKED.finditer(fold(asked[:LONGEST_QUERY])):
        term = _term(found["word"]) if found["word"] else _literal(found["phrase"])
        side = unwanted if found["minus"] else wanted
        if term and term not in side and len(wanted) + len(unwanted) < _MOST_TERMS:
            side.append(term)
    return Query(wanted=tuple(wanted), unwanted=tuple(unwanted))


def grams_of(phrase: Phrase) -> tuple[list[str], bool]:
    """The row in which it stands in the index, and whether the last of it is a beginning only."""
    *before, last = phrase.runs
    row = [gram for run in before for gram in _grams(run)]
    if not unspaced(last):
        return [*row, last], phrase.prefix
    # More letters may follow: what the last one stands with is not known.
    return [*row, *(_grams(last)[:-1] or [last])], len(last) == 1


def _term(text: str) -> Term:
    from aggregator.tokens import spellings  # noqa: PLC0415  # as above

    ways = dict.fromkeys(tuple(_runs(folded(way))) for way in spellings(text))
    begins = text.endswith("*")
    return tuple(
        Phrase(runs=runs, prefix=begins and len(runs[-1]) >= _SHORTEST_PREFIX)
        for runs in ways
        if runs
    )


def _literal(text: str) -> Term:
    """As it stands, whoever says it so."""
    runs = tuple(_runs(folded(text)))
    return (Phrase(runs=runs),) if runs else ()


# ── tables ───────────────────────────────────────────────────────────────────


@cache
def _classes() -> tuple[str, str]:
    from aggregator.tokens import classes  # noqa: PLC0415  # as above

    return classes()


@cache
def _run() -> re.Pattern[str]:
    alone, joined = _classes()
    return re.compile(f"([{alone}]+)|[{joined}]+")


@cache
def _unspaced() -> re.Pattern[str]:
    return re.compile(f"[{_classes()[0]}]")


@cache
def _layout() -> re.Pattern[str]:
    alone = f"[{_classes()[0]}]"
    return re.compile(rf"(?<={alone})\s+(?={alone})")


@cache
def _plain_letters() -> dict[int, str | None]:
    table: dict[int, str | None] = dict.fromkeys(_MARKS)
    for first, end in _ACCENTED:
        for point in range(first, end):
            base = unicodedata.normalize("NFD", chr(point))[0]
            if base != chr(point):
                table[point] = base
    return table
