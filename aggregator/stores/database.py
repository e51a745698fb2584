"""What a store asks of its database, so that its SQL stands once for all of them (in `sql`).

That SQL is what SQLite and PostgreSQL have in common. In it `:name` is a value, and `IN :name`
means one of a list of values; a row is asked for its columns by their names.

To add a database: a file with a class that is a Database, and a `connect` that gives a SqlStore.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from aggregator.model import Words
from aggregator.searching import Query

_VALUE = re.compile(r"\bIN :(?P<list>\w+)|:(?P<one>\w+)")


class Row(Protocol):
    def __getitem__(self, name: str, /) -> Any: ...


class Reading(Protocol):
    def rows(self, sql: str, /, **values: object) -> list[Row]: ...

    def row(self, sql: str, /, **values: object) -> Row | None:
        """The first row, if there is one."""


class Reader(Reading, Protocol):
    """Sees what was committed, from any thread, whoever writes meanwhile."""

    def stream(self, sql: str, /, **values: object) -> Iterator[Row]:
        """One row after the other, however many there are."""


class SearchHit(NamedTuple):
    """A published story that a search found: the better it fits, the higher its score."""

    cluster: int
    score: float
    published: int


class SearchIndex(Protocol):
    """What stories are searched by, as the database can best do it."""

    def put(self, words: Sequence[Words]) -> None:
        """In place of what it had of these; in the transaction that is open."""

    def best(self, query: Query, *, output: str, most: int, seconds: float) -> list[SearchHit]:
        """Those of an output that fit best. TookTooLong when that takes longer."""


class Database(Reading, Protocol):
    """What writes, in one thread at a time; every trouble with it is a StoreError. What is wrong
    with a row is no such thing: it stays what it is, and is its bearer's trouble alone."""

    @property
    def reader(self) -> Reader: ...

    @property
    def search(self) -> SearchIndex: ...

    def execute(self, sql: str, /, **values: object) -> None: ...

    def execute_each(self, sql: str, values: Iterable[Mapping[str, object]], /) -> None: ...

    def transaction(self) -> AbstractContextManager[bool]:
        """All that is written inside is kept together, or not at all. They nest: gives whether
        this is the outermost."""

    def copy_to(self, path: Path) -> None:
        """A consistent copy, an SQLite file."""

    def close(self) -> None: ...


def translated(sql: str, *, one: str, some: str) -> tuple[str, tuple[str, ...]]:
    """`sql` with a database's own words for values, `{}` in them for the name; and the names of
    those that are lists."""
    lists: list[str] = []

    def word(found: re.Match[str]) -> str:
        if name := found["list"]:
            lists.append(name)
            return some.format(name)
        return one.format(found["one"])

    return _VALUE.sub(word, sql), tuple(dict.fromkeys(lists))


@contextmanager
def together(
    begin: str, execute: Callable[[str], object], *, nested: bool, undo: Callable[[str], object]
) -> Iterator[None]:
    """A transaction that `begin` begins, or inside one a savepoint. `undo` executes, too, but
    nothing that goes wrong there matters: a full disk or a lost connection has undone all."""
    try:
        execute("SAVEPOINT inner_one" if nested else begin)
        yield
        execute("RELEASE SAVEPOINT inner_one" if nested else "COMMIT")
    except BaseException:
        if nested:
            undo("ROLLBACK TO SAVEPOINT inner_one")
            undo("RELEASE SAVEPOINT inner_one")
        else:
            undo("ROLLBACK")
        raise
