"""What goes wrong with an SQLite file, told as a StoreError. What is wrong with a row is no such
thing: it stays what it is, and is its bearer's trouble alone.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from aggregator.errors import StoreError, TookTooLong

_DAMAGED = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR}
# On a full disk SQLITE_FULL says so; SQLITE_IOERR, where not even the log of the store can grow.
_NO_ROOM = {sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR}
_FILE = (sqlite3.OperationalError, sqlite3.DatabaseError)  # these, and none of their kin


@contextmanager
def told(name: str) -> Iterator[None]:
    """A full disk, a lock, damage: as a StoreError with the store's name and what to do."""
    try:
        yield
    except sqlite3.Error as error:
        if type(error) not in _FILE:
            raise
        if getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_INTERRUPT:
            raise TookTooLong(f"{name}: that takes too long") from error
        raise StoreError(f"{name}: {error}{_advice(error)}") from error


def _advice(error: sqlite3.Error) -> str:
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT) & 0xFF
    if code in _NO_ROOM:
        return "; make room on the disk, if it is full: the next run goes on where this one stopped"
    if code not in _DAMAGED:
        return ""
    return "; put a backup in its place, or move it away and `aggregator run` makes a new one"
