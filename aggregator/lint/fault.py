"""A fault, and the list that the checks fill."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from aggregator.lint.rules import RULES, Level

MOST = 500  # faults: nobody reads more
_MOST_OF_A_RULE = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where in a document: `12:5 entry 3/link 2`; line and column count from 1."""

    line: int = 0
    column: int = 0
    path: str = ""

    def __str__(self) -> str:
        where = f"{self.line}:{self.column}" if self.line else ""
        return f"{where} {self.path}".strip()


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One breach of a rule: what, where, and what to do."""

    level: Level
    rule: str
    place: Place
    text: str
    reference: str

    @property
    def grave(self) -> bool:
        return self.level == "error"


class Placed(Protocol):
    def place(self) -> Place: ...


class Faults:
    """What the checks of one document have found; with `only_errors` they are asked for no more."""

    def __init__(self, *, only_errors: bool = False) -> None:
        self.only_errors = only_errors
        self._found: list[Fault] = []
        self._times: dict[str, int] = {}

    def add(self, rule: str, what: str, at: Placed | Place, reference: str = "") -> None:
        known = RULES[rule]
        if self.only_errors and known.level != "error":
            return
        times = self._times[rule] = self._times.get(rule, 0) + 1
        if times > _MOST_OF_A_RULE or len(self._found) >= MOST:
            return
        self._found.append(
            Fault(
                level=known.level,
                rule=rule,
                place=at if isinstance(at, Place) else at.place(),
                text=f"{what}: {known.advice}",
                reference=reference or known.reference,
            )
        )

    @property
    def broken(self) -> bool:
        return any(x.grave for x in self._found)

    def told(self) -> tuple[Fault, ...]:
        """In the order of the document, with a word about those that were left out."""
        found = sorted(self._found, key=lambda x: (x.place.line, x.place.column))
        for rule, times in self._times.items():
            kept = sum(x.rule == rule for x in found)
            if times > kept:
                more = RULES["more-faults"]
                text = f"{times - kept} more of {rule}: {more.advice}"
                found.append(
                    Fault(
                        level=more.level, rule="more-faults", place=Place(), text=text, reference=""
                    )
                )
        return tuple(found)
