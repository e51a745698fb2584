"""Which outputs an entry stands in: its source's categories, its own sections, and those of its
tags, or of its text, that the config's `categories` speak of.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from aggregator.model import Entry
from aggregator.text import fold


@dataclass(frozen=True, slots=True, kw_only=True)
class CategoryRule:
    """One entry of the config's `categories`."""

    name: str
    aliases: tuple[str, ...] = ()
    match: Callable[[Entry], bool] | None = None


class Categories:
    """Names as people write them to the one name of each category.

    Spellings that differ in case, width or spacing only are one name: the first that is met,
    those in `known` before all others.
    """

    def __init__(self, rules: Sequence[CategoryRule], *, known: Iterable[str] = ()) -> None:
        self._first: dict[str, str] = {}
        for name in (*known, *(r.name for r in rules)):
            self._first.setdefault(_spelled(name), " ".join(name.split()))
        self._ruled = {
            _spelled(x): self._first[_spelled(r.name)] for r in rules for x in (r.name, *r.aliases)
        }
        self._matching = tuple((self.name(r.name), r.match) for r in rules if r.match)

    def outputs(self, entry: Entry, source_categories: Iterable[str]) -> tuple[str, ...]:
        """The names of the categories that `entry` is published in, each once."""
        filed = (self.name(c) for c in (*source_categories, *entry.sections))
        tagged = (
            self._ruled.get(_spelled(word))
            for c in entry.categories
            for word in (c.term, c.label)
            if word
        )
        matched = (name for name, match in self._matching if match(entry))
        return tuple(dict.fromkeys(n for n in (*filed, *tagged, *matched) if n))

    def name(self, category: str) -> str:
        """The one name of a category, on one line."""
        key = _spelled(category)
        return self._ruled.get(key) or self._first.setdefault(key, " ".join(category.split()))


@lru_cache(maxsize=4096)  # the same few tags come again with every entry
def _spelled(name: str) -> str:
    """Alike whatever its case, width and spacing."""
    return " ".join(fold(name).split())
