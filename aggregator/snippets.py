"""The part of a text in which a search hit, and where in it. Pure; nothing here is markup."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import regex

from aggregator import tokens
from aggregator.searching import Phrase, Query, Term, folded, unspaced

LENGTH = 200  # characters of Latin; those of scripts without spaces are twice as wide
_LOOKED_AT = 6_000  # characters of a text
_MOST_HITS = 100
_CLUSTER = regex.compile(r"\X")  # UAX #29
_PILE = 200  # code points, further than a row of flags goes

Span = tuple[int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Marked:
    """Plain text, and where in it the words stand that were searched: in order, none overlaps."""

    text: str
    hits: tuple[Span, ...] = ()

    @property
    def pieces(self) -> Iterator[tuple[str, bool]]:
        """All of it, piece by piece, and whether that is a hit."""
        done = 0
        for first, end in self.hits:
            if first > done:
                yield self.text[done:first], False
            yield self.text[first:end], True
            done = end
        if done < len(self.text):
            yield self.text[done:], False


def marked(text: str, query: Query) -> Marked:
    """All of a text, with its hits."""
    return Marked(text=text, hits=_merged([_whole(text, span) for span, _ in _hits(text, query)]))


def snippet(text: str, query: Query) -> Marked:
    """Where most of what is wanted stands together, else where the text begins."""
    text = text[:_LOOKED_AT]
    hits = _hits(text, query)
    size = LENGTH // (1 + (len(text) > 0 and _share(text) > 0.3))
    first = _start(text, max(0, _densest(hits, size) - size // 4)) if hits else 0
    end = _end(text, first, first + size)
    before, after = "…" if first else "", "…" if end < len(text) else ""
    shift = len(before) - first
    shown = text[first:end].rstrip()
    spans = (_whole(text, span) for span, _ in hits if span[0] >= first and span[1] <= end)
    inside = [(a + shift, b + shift) for a, b in spans if b <= first + len(shown)]
    return Marked(text=f"{before}{shown}{after}", hits=_merged(inside))


def _hits(text: str, query: Query) -> list[tuple[Span, int]]:
    """In order, with the number of the term."""
    if not query.wanted:
        return []
    told, places = _told(text)
    found = [
        ((places[match.start()], places[match.end() - 1] + 1), number)
        for number, term in enumerate(query.wanted)
        for match, _ in zip(_looks(term).finditer(told), range(_MOST_HITS), strict=False)
    ]
    return sorted(found)


def _told(text: str) -> tuple[str, list[int]]:
    """The text as it is searched, and for each letter of that its place in the text."""
    told = [_letter(letter) for letter in text]
    places = [place for place, letters in enumerate(told) for _ in letters]
    return "".join(told), places


@lru_cache(maxsize=8192)
def _letter(letter: str) -> str:
    return folded(letter)


@lru_cache(maxsize=256)
def _looks(term: Term) -> re.Pattern[str]:
    return re.compile("|".join(_look(phrase) for phrase in term))


def _look(phrase: Phrase) -> str:
    alone, joined = tokens.classes()
    *before, last = phrase.runs
    runs = [_run(run) for run in before]
    runs.append(_run(last, goes_on=phrase.prefix))
    return f"[^{alone}{joined}]*".join(runs)


def _run(run: str, *, goes_on: bool = False) -> str:
    joined = tokens.classes()[1]
    if unspaced(run):
        return r"\s*".join(map(re.escape, run))
    behind = "" if goes_on else f"(?![{joined}])"
    return f"(?<![{joined}]){re.escape(run)}{behind}"


def _densest(hits: list[tuple[Span, int]], size: int) -> int:
    """Where a window begins that holds most of the terms; the first of several."""
    best, most = hits[0][0][0], 0
    for place, ((first, _), _) in enumerate(hits):
        near = {number for (_, end), number in hits[place:] if end <= first + size}
        if len(near) > most:
            best, most = first, len(near)
    return best


def _start(text: str, near: int) -> int:
    """Behind a space, if there is one close by, and never inside a character cluster."""
    space = text.find(" ", near, near + 20)
    if near and space >= 0 and _share(text[near : near + 20]) < 0.3:
        return space + 1
    return _edges(text, near)[0]


def _end(text: str, first: int, near: int) -> int:
    if near >= len(text):
        return len(text)
    space = text.rfind(" ", max(first, near - 20), near)
    if space > first and _share(text[space:near]) < 0.3:
        return space
    return _edges(text, near)[0]


def _whole(text: str, span: Span) -> Span:
    """With all of the clusters that it touches."""
    first, end = span
    return _edges(text, first)[0], _edges(text, end)[1]


def _edges(text: str, place: int) -> Span:
    """Where the cluster that goes on there begins and ends; the place itself, where none does."""
    begin = place
    while begin > max(0, place - _PILE) and not _alone(text[begin - 1]):
        begin -= 1
    first = max(0, begin - 1)
    edges = [first, *(x.end() for x in _CLUSTER.finditer(text, first, place + _PILE))]
    return max(x for x in edges if x <= place), min((x for x in edges if x >= place), default=place)


def _alone(letter: str) -> bool:
    """Whether a cluster begins with it, whatever stands before."""
    return letter.isascii() or "\u3400" <= letter <= "\u9fff"


def _share(text: str) -> float:
    """How much of it is of scripts without spaces."""
    return sum(map(unspaced, text)) / len(text) if text else 0.0


def _merged(spans: list[Span]) -> tuple[Span, ...]:
    found: list[Span] = []
    for first, end in sorted(spans):
        if found and first < found[-1][1]:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        else:
            found.append((first, end))
    return tuple(found)
