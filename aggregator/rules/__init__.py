"""What is done to an entry between parsing and the store, in this order:

    clean        safe, absolute, its canonical link first
    empty        dropped if it says nothing, whatever its source wants
    keep, drop   by the expressions of all sources, then by the source's own
    blocked      dropped if its publisher wants it listed nowhere
    categories   the outputs that it stands in

To add a rule: a file here with a function of Entry, and its place in `Ruler`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from aggregator.model import Entry, Source
from aggregator.rules.categories import Categories, CategoryRule, place_of
from aggregator.rules.expressions import Test, compile_expression
from aggregator.text import plain

__all__ = [
    "Backlog", "Categories", "CategoryRule", "Ruler", "Ruling", "Wanted", "compile_expression",
    "place_of", "wish",
]  # fmt: skip

_SHOWN = re.compile("<(?:img|picture|audio|video|svg|math)\\b")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is kept and dropped of all sources."""

    keep: str | None = None
    drop: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Backlog:
    """How many of the entries that a source had when it was first polled are published."""

    most: int
    rule: str  # by which the others are dropped


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruling:
    """Where an entry is published, or by which rule it is not."""

    outputs: tuple[str, ...]
    dropped: str | None = None
    why: Mapping[str, str] = field(default_factory=dict)  # by output, the rule that put it there
    refused: Mapping[str, str] = field(default_factory=dict)  # by output that will not have it


class Ruler:
    """The rules of one source, compiled once."""

    def __init__(
        self, source: Source, categories: Categories, everywhere: Wanted | None = None
    ) -> None:
        self._source = source
        self._categories = categories
        wanted = everywhere or Wanted()
        self._asked = (
            *_asked("rules", wanted.keep, wanted.drop),
            *_asked(place_of(source), source.keep, source.drop),
        )

    @property
    def backlog(self) -> Backlog | None:
        most = self._source.first
        rule = f"{place_of(self._source)}.first: {most}"
        return Backlog(most=most, rule=rule) if most else None

    def __call__(self, entry: Entry) -> Ruling:
        """The ruling on a clean entry."""
        filing = self._categories.filing(entry, self._source)
        return Ruling(
            outputs=tuple(filing.outputs),
            dropped=self._dropped(entry),
            why=filing.outputs,
            refused=filing.refused,
        )

    def _dropped(self, entry: Entry) -> str | None:
        if not _says_something(entry):
            return "its emptiness: no title, text, link, enclosure or id"
        for test, wanted, rule in self._asked:
            if test(entry, self._source) is not wanted:
                return rule
        return wish(entry.blocked) if entry.blocked else None


def wish(blocked: str) -> str:
    """Why an entry that is `blocked` is dropped, though no rule of ours says so."""
    return f"{blocked}: its publisher asks to be listed nowhere"


def _says_something(entry: Entry) -> bool:
    """Else nobody could read, find or recognise it."""
    return bool(
        entry.title
        or entry.links
        or entry.enclosures
        or entry.id.strip()
        or plain(entry.html)
        or _SHOWN.search(entry.html)
    )


def _asked(place: str, keep: str | None, drop: str | None) -> Iterator[tuple[Test, bool, str]]:
    """What is asked of an entry, what has to be the answer, and the rule that says so."""
    if keep:
        yield compile_expression(keep), True, f"{place}.keep: {keep}"
    if drop:
        yield compile_expression(drop), False, f"{place}.drop: {drop}"
