"""Which outputs an entry stands in, and by which rule: its source's categories, its own sections,
and those of its tags, or of its text, that the config speaks of. A category may refuse some.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from aggregator.model import Entry, Source
from aggregator.rules.expressions import Test, compile_expression
from aggregator.text import fold


@dataclass(frozen=True, slots=True, kw_only=True)
class CategoryRule:
    """One entry of the config's `categories`; what is asked there is an expression."""

    name: str
    aliases: tuple[str, ...] = ()
    match: str | None = None
    keep: str | None = None
    drop: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Filing:
    """Where an entry stands, and which outputs refuse it; each with the rule that says so."""

    outputs: Mapping[str, str] = field(default_factory=dict)
    refused: Mapping[str, str] = field(default_factory=dict)


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
        self._matching = tuple(self._asked(rules, "match"))
        self._keeping = tuple(self._asked(rules, "keep"))
        self._dropping = tuple(self._asked(rules, "drop"))

    def _asked(self, rules: Iterable[CategoryRule], key: str) -> Iterator[tuple[str, Test, str]]:
        """Those that have such an expression: the name, the test, and what it is called."""
        for rule in rules:
            if text := getattr(rule, key):
                told = f"categories.{rule.name}.{key}: {text}"
                yield self.name(rule.name), compile_expression(text), told

    def filing(self, entry: Entry, source: Source) -> Filing:
        found: dict[str, str] = {}
        for name, rule in self._filed(entry, source):
            found.setdefault(name, rule)
        refused = {
            name: rule
            for asked, wanted in ((self._keeping, True), (self._dropping, False))
            for name, test, rule in asked
            if name in found and test(entry, source) is not wanted
        }
        outputs = {name: rule for name, rule in found.items() if name not in refused}
        return Filing(outputs=outputs, refused=refused)

    def _filed(self, entry: Entry, source: Source) -> Iterator[tuple[str, str]]:
        for category in source.categories:
            yield self.name(category), f"{place_of(source)}.categories"
        for category in entry.sections:
            yield self.name(category), "its own category"
        mapped = {_spelled(tag): category for tag, category in source.map}
        for word in (x for c in entry.categories for x in (c.term, c.label) if x):
            spelled = _spelled(word)
            if spelled in mapped:
                yield self.name(mapped[spelled]), f"{place_of(source)}.map: {word}"
            elif name := self._ruled.get(spelled):
                yield name, f"its tag {word}"
        for name, test, rule in self._matching:
            if test(entry, source):
                yield name, rule

    def name(self, category: str) -> str:
        """The one name of a category, on one line."""
        key = _spelled(category)
        return self._ruled.get(key) or self._first.setdefault(key, " ".join(category.split()))


def place_of(source: Source) -> str:
    """Where the config speaks of it; of one that a list names, where it speaks of the list."""
    section = "posts" if source.kind == "posts" else "sources"
    return f"{section}.{source.list or source.id}"


@lru_cache(maxsize=4096)  # the same few tags come again with every entry
def _spelled(name: str) -> str:
    """Alike whatever its case, width and spacing."""
    return " ".join(fold(name).split())
