"""The store in a PostgreSQL database: one writing process, which holds a lock of the server as long
as it is connected, readers beside it.

`connect` opens it; the tables are in `postgres_schema`, what can go wrong in `postgres_trouble`,
what its driver makes of our values in `postgres_values`.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeAlias

import psycopg
from psycopg import conninfo
from psycopg.pq import ConnStatus
from psycopg.rows import DictRow, dict_row

from aggregator.errors import StoreEmpty, StoreError
from aggregator.stores import postgres_schema as schema
from aggregator.stores.copying import copy_rows
from aggregator.stores.database import Row, together, translated
from aggregator.stores.postgres_search import PostgresSearch
from aggregator.stores.postgres_trouble import told, unconnected
from aggregator.stores.postgres_values import adapt
from aggregator.stores.sql import SqlStore

_Connection: TypeAlias = psycopg.Connection[DictRow]

_LOCK = 0x6167_6772  # above the number of the schema: each may hold a store
# Where the address says nothing of it: who waits for a server that is gone waits a minute or two.
_PATIENCE = {
    "connect_timeout": "10",
    "keepalives_idle": "60",
    "keepalives_interval": "10",
    "keepalives_count": "3",
    "tcp_user_timeout": "60000",
}
# And the server, which holds the lock of a machine that is gone, as long.
_SERVERS_PATIENCE = (
    "SET tcp_keepalives_idle = 60",
    "SET tcp_keepalives_interval = 10",
    "SET tcp_keepalives_count = 3",
)


def connect(url: str, *, exclusive: bool, name: str | None = None) -> SqlStore:
    """The store in the database that a `postgresql://` address names; its tables are made if they
    are not there."""
    logging.getLogger("psycopg").disabled = True  # its lines tell of hosts and users
    try:
        address = conninfo.conninfo_to_dict(url)
    except psycopg.Error:  # whose words repeat parts of it, even of a password
        raise StoreError(
            f"{name or 'store'}: this is no address of a database,"
            " write postgresql://user:password@host/database"
        ) from None
    return SqlStore(PostgresDatabase(address, exclusive=exclusive, called=name or _name(address)))


def _name(address: Mapping[str, Any]) -> str:
    host = address.get("host")
    return f"store {address.get('dbname')}{f' at {host}' if host else ''}"


@lru_cache(maxsize=512)
def _sql(sql: str) -> str:
    return translated(sql.replace("%", "%%"), one="%({})s", some="= ANY(%({})s)")[0]


def _rows(db: _Connection, sql: str, values: Mapping[str, object]) -> list[Row]:
    done = db.execute(_sql(sql), values)
    return list(done) if done.description else []


def _alive(db: _Connection) -> bool:
    """Whether the server has not hung up meanwhile, as far as can be known without asking it."""
    if db.closed:
        return False
    try:
        for _ in range(2):  # its last words, and then the end
            db.pgconn.consume_input()
    except psycopg.OperationalError:
        return False
    return db.pgconn.status == ConnStatus.OK


class _Limited:
    """A reader whose queries may take only so long."""

    def __init__(self, db: _Connection) -> None:
        self._db = db

    def rows(self, sql: str, /, **values: object) -> list[Row]:
        return _rows(self._db, sql, values)


class _Readers:
    """As many connections as threads read at the same time."""

    def __init__(self, connected: Callable[[], _Connection], called: str) -> None:
        self._connected = connected
        self._called = called
        self._idle: deque[_Connection] = deque()

    @contextmanager
    def one(self) -> Iterator[_Connection]:
        try:
            db = self._idle.pop()
        except IndexError:
            db = self._connected()
        if not _alive(db):
            db = self._connected()
        try:
            yield db
        finally:
            self._idle.append(db)

    def rows(self, sql: str, /, **values: object) -> list[Row]:
        with told(self._called), self.one() as db:
            return _rows(db, sql, values)

    def row(self, sql: str, /, **values: object) -> Row | None:
        return next(iter(self.rows(sql, **values)), None)

    @contextmanager
    def no_longer_than(self, seconds: float) -> Iterator[_Limited]:
        """What it is asked inside ends after `seconds`, with TookTooLong."""
        with told(self._called), self.one() as db, db.transaction():
            db.execute(f"SET LOCAL statement_timeout = {max(1, round(seconds * 1000))}")
            yield _Limited(db)

    def stream(self, sql: str, /, **values: object) -> Iterator[Row]:
        with told(self._called), self.one() as db, db.cursor() as cursor:
            yield from cursor.stream(_sql(sql), values)


class PostgresDatabase:
    def __init__(self, address: Mapping[str, Any], *, exclusive: bool, called: str) -> None:
        self._address = {**_PATIENCE, "fallback_application_name": "aggregator", **address}
        self._exclusive = exclusive
        self._called = called
        self._depth = 0  # of transactions
        self._opened: list[_Connection] = []
        self.reader = _Readers(self._connected, called)
        self.search = PostgresSearch(self)
        try:
            self._db = self._opening()
        except BaseException:
            self.close()
            raise

    def _connected(self) -> _Connection:
        try:
            db = psycopg.connect(**self._address, autocommit=True, row_factory=dict_row)
        except psycopg.Error as error:
            raise unconnected(self._called, error) from None
        self._opened = [x for x in self._opened if not x.closed]
        self._opened.append(db)
        with told(self._called):
            for statement in _SERVERS_PATIENCE:
                db.execute(statement)
        if (found := db.info.parameter_status("server_encoding")) != "UTF8":
            raise StoreError(
                f"{self._called}: it is in {found}; make one with createdb --encoding=UTF8"
                " --template=template0"
            )
        adapt(db.adapters)
        return db

    def _opening(self) -> _Connection:
        """The connection that writes: whoever loses it loses the lock with it."""
        db = self._connected()
        with told(self._called):
            if self._exclusive:
                self._lock(db)
            found = schema.version(db)
            if found > len(schema.MIGRATIONS):
                raise StoreError(f"{self._called}: made by a newer aggregator; update this one")
            if self._exclusive:
                schema.migrate(db)
            elif not found:
                raise StoreEmpty(f"{self._called}: nothing in it yet; `aggregator run` fills it")
            elif found < len(schema.MIGRATIONS):
                self._lock(db)
                schema.migrate(db)
                db.execute("SELECT pg_advisory_unlock_all()")
        return db

    def _lock(self, db: _Connection) -> None:
        """The server drops it with the connection; of a process that was killed, in a moment."""
        db.execute("SET lock_timeout = 500")
        locked = db.execute(
            "SELECT pg_advisory_lock((%s::bigint << 32) | oid::bigint) FROM pg_namespace"
            " WHERE nspname = current_schema()",
            (_LOCK,),
        )
        if not locked.rowcount:
            raise StoreError(f"{self._called}: it has no schema to work in; correct search_path")
        db.execute("RESET lock_timeout")

    def _usable(self) -> _Connection:
        if not self._depth and not _alive(self._db):
            self._db = self._opening()
        return self._db

    def rows(self, sql: str, /, **values: object) -> list[Row]:
        with told(self._called):
            return _rows(self._usable(), sql, values)

    def row(self, sql: str, /, **values: object) -> Row | None:
        return next(iter(self.rows(sql, **values)), None)

    def execute(self, sql: str, /, **values: object) -> None:
        self.rows(sql, **values)

    def execute_each(self, sql: str, values: Iterable[Mapping[str, object]], /) -> None:
        if each := list(values):
            with told(self._called), self._usable().cursor() as cursor:
                cursor.executemany(_sql(sql), each)

    @contextmanager
    def transaction(self) -> Iterator[bool]:
        nested = self._depth > 0
        with told(self._called):
            db = self._usable()
            self._depth += 1
            try:
                with together("BEGIN", db.execute, nested=nested, undo=self._undo):
                    yield not nested
            finally:
                self._depth -= 1

    def _undo(self, sql: str) -> None:
        with suppress(psycopg.Error):
            self._db.execute(sql)

    def copy_to(self, path: Path) -> None:
        with told(self._called), self.reader.one() as db, db.transaction():
            db.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            with db.cursor() as cursor:
                copy_rows(cursor.stream, path, self._called)

    def close(self) -> None:
        for db in self._opened:
            db.close()
