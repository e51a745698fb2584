"""The store in one SQLite file: WAL, one writing process, readers beside it.

`connect` opens it; the tables are in `schema`, what can go wrong with the file in `trouble`.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
import sqlite3
import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import lru_cache
from pathlib import Path
from typing import IO, Any
from urllib.parse import quote

from aggregator.errors import StoreEmpty, StoreError, StoreLocked
from aggregator.stores import schema
from aggregator.stores.database import Row, together, translated
from aggregator.stores.sql import SqlStore
from aggregator.stores.sqlite_search import SqliteSearch
from aggregator.stores.trouble import told

_STEPS = 5_000  # of SQLite's, between two looks at the clock
_CACHE, _OF_A_READER = 32_000, 4_000  # kB, of a connection; each thread that reads has one


def connect(url: str, *, exclusive: bool, name: str | None = None) -> SqlStore:
    """The store in the file that a `sqlite:///path` names, made if it is not there."""
    path = Path(url.removeprefix("sqlite:///")).expanduser().resolve()
    name = name or f"store {path.name}"
    try:
        if exclusive:
            path.parent.mkdir(parents=True, exist_ok=True)
        elif not path.exists():
            raise StoreEmpty(f"{name}: nothing there yet; `aggregator run` makes it")
        with told(name):
            lock = _locked(path, name) if exclusive else None
            return SqlStore(SqliteDatabase(path, lock=lock, called=name))
    except OSError as error:  # its own words name the whole path
        raise StoreError(f"{name}: {(error.strerror or 'no store').lower()}") from error


def _locked(path: Path, name: str) -> IO[bytes]:
    """The kernel drops this lock with the process, however it ends."""
    lock = path.with_name(path.name + ".lock").open("ab")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        lock.close()
        raise StoreLocked(
            f"{name}: another aggregator works on it; stop it, or ask it instead"
        ) from error
    return lock


def _writable(path: Path) -> bool:
    return all(os.access(x, os.W_OK, effective_ids=True) for x in (path, path.parent))


@lru_cache(maxsize=512)
def _sql(sql: str) -> tuple[str, tuple[str, ...]]:
    return translated(sql, one=":{}", some="IN (SELECT value FROM json_each(:{}))")


def _one_by_one(
    sql: str, values: Mapping[str, object], lists: Iterable[str]
) -> tuple[str, dict[str, object]]:
    """Each value of a list for itself: in a list of JSON a text ends where U+0000 stands."""
    given = dict(values)
    for name in lists:
        texts: Any = given.pop(name)
        each = {f"{name}_{number}": text for number, text in enumerate(texts)}
        sql = re.sub(rf"\bIN :{name}\b", f"IN ({', '.join(f':{x}' for x in each)})", sql)
        given |= each
    return sql, given


class _Connection:
    """One of SQLite's, which answers as a Reader."""

    def __init__(self, db: sqlite3.Connection, called: str) -> None:
        self.db = db
        self._called = called

    def rows(self, sql: str, /, **values: object) -> list[Row]:
        with told(self._called):
            return self._executed(sql, values).fetchall()

    def row(self, sql: str, /, **values: object) -> Row | None:
        return next(iter(self.rows(sql, **values)), None)

    def stream(self, sql: str, /, **values: object) -> Iterator[Row]:
        with told(self._called):
            for row in self._executed(sql, values):  # noqa: UP028  # the cursor outlives its file
                yield row

    @contextmanager
    def no_longer_than(self, seconds: float) -> Iterator[_Connection]:
        """What it is asked inside ends after `seconds`, with TookTooLong."""
        end = time.monotonic() + seconds
        self.db.set_progress_handler(lambda: time.monotonic() > end, _STEPS)
        try:
            yield self
        finally:
            self.db.set_progress_handler(None, 0)

    def _executed(self, sql: str, values: dict[str, object]) -> sqlite3.Cursor:
        asked, lists = _sql(sql)
        given = {**values, **{name: json.dumps(values[name]) for name in lists}}
        if any("\\u0000" in str(given[name]) for name in lists):
            asked, given = _one_by_one(sql, values, lists)
        return self.db.execute(asked, given)


class SqliteDatabase:
    def __init__(self, path: Path, *, lock: IO[bytes] | None, called: str) -> None:
        self._called = called
        self._path = path
        self._lock = lock
        self._readers = threading.local()
        self._opened: list[sqlite3.Connection] = []
        self.search = SqliteSearch(self)
        try:
            self._db = self._connection(_CACHE)
            self._writer = _Connection(self._db, called)
            if schema.too_new(self._db):
                raise StoreError(f"{called}: made by a newer aggregator; update this one")
            if lock:
                schema.migrate(self._db)
            elif schema.empty(self._db):
                raise StoreEmpty(f"{called}: nothing in it yet; `aggregator run` fills it")
            elif schema.too_old(self._db):
                with _locked(path, called):
                    schema.migrate(self._db)
        except BaseException:
            self.close()
            raise

    def _connection(self, cache: int) -> sqlite3.Connection:
        try:
            return self._connected("", cache)
        except sqlite3.OperationalError:
            if self._lock or _writable(self._path):
                raise
        log = self._path.with_name(f"{self._path.name}-wal")
        if log.exists() and log.stat().st_size:
            raise StoreError(
                f"{self._called}: its newest entries are in the -wal file beside it, which cannot"
                " be read where nothing can be written; copy both to another folder"
            )
        return self._connected("?immutable=1", cache)  # WAL would make files beside it to read

    def _connected(self, options: str, cache: int) -> sqlite3.Connection:
        address = f"file:{quote(str(self._path))}{options}"
        db = sqlite3.connect(
            address, uri=True, isolation_level=None, check_same_thread=False, timeout=30
        )
        self._opened.append(db)
        db.row_factory = sqlite3.Row
        for pragma in ("journal_mode = WAL", "synchronous = NORMAL", f"cache_size = -{cache}"):
            db.execute(f"PRAGMA {pragma}")
        return db

    @property
    def reader(self) -> _Connection:
        """A connection of the calling thread's own: WAL lets it read while another writes."""
        if not hasattr(self._readers, "db"):
            with told(self._called):
                self._readers.db = _Connection(self._connection(_OF_A_READER), self._called)
        return self._readers.db  # type: ignore[no-any-return]

    def rows(self, sql: str, /, **values: object) -> list[Row]:
        return self._writer.rows(sql, **values)

    def row(self, sql: str, /, **values: object) -> Row | None:
        return self._writer.row(sql, **values)

    def execute(self, sql: str, /, **values: object) -> None:
        self._writer.rows(sql, **values)

    def execute_each(self, sql: str, values: Iterable[Mapping[str, object]], /) -> None:
        with told(self._called):
            self._db.executemany(_sql(sql)[0], values)

    @contextmanager
    def transaction(self) -> Iterator[bool]:
        nested = self._db.in_transaction
        with (
            told(self._called),
            together("BEGIN IMMEDIATE", self._db.execute, nested=nested, undo=self._undo),
        ):
            yield not nested

    def _undo(self, sql: str) -> None:
        with suppress(sqlite3.Error):
            self._db.execute(sql)

    def copy_to(self, path: Path) -> None:
        with told(self._called), sqlite3.connect(path) as copy:
            self._db.backup(copy)
        copy.close()

    def close(self) -> None:
        for db in self._opened:
            db.close()
        if self._lock:
            self._lock.close()
