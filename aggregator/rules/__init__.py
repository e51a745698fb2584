"""What is done to an entry between parsing and the store, in this order:

    clean        safe, absolute, its canonical link first
    empty        dropped if it says nothing, whatever its source wants
    keep, drop   by the source's expressions
    blocked      dropped if its publisher wants it listed nowhere
    categories   the outputs that it stands in

To add a rule: a file here with a function of Entry, and its place in `Ruler`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from aggregator.model import Entry, Source
from aggregator.rules.categories import Categories, CategoryRule
from aggregator.rules.expressions import compile_expression
from aggregator.text import plain

__all__ = ["Categories", "CategoryRule", "Ruler", "Ruling", "compile_expression", "wish"]

_SHOWN = re.compile("<(?:img|picture|audio|video|svg|math)\\b")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruling:
    """Where an entry is published, or by which rule it is not."""

    outputs: tuple[str, ...]
    dropped: str | None = None


class Ruler:
    """The rules of one source, compiled once."""

    def __init__(self, source: Source, categories: Categories) -> None:
        self._source = source
        self._categories = categories
        self._keep = _compiled(source.keep)
        self._drop = _compiled(source.drop)

    def __call__(self, entry: Entry) -> Ruling:
        """The ruling on a clean entry."""
        dropped = None
        if not _says_something(entry):
            dropped = "its emptiness: no title, text, link, enclosure or id"
        elif self._keep and not self._keep(entry):
            dropped = f"sources.{self._source.id}.keep: {self._source.keep}"
        elif self._drop and self._drop(entry):
            dropped = f"sources.{self._source.id}.drop: {self._source.drop}"
        elif entry.blocked:
            dropped = wish(entry.blocked)
        outputs = self._categories.outputs(entry, self._source.categories)
        return Ruling(outputs=outputs, dropped=dropped)


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


def _compiled(expression: str | None) -> Callable[[Entry], bool] | None:
    return compile_expression(expression) if expression else None
