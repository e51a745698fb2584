"""What goes wrong with PostgreSQL, told as a StoreError: in words of our own, for those of the
server and of its driver name hosts, users and databases, which may be secret. What is wrong with a
row is no such thing: it stays what it is, and is its bearer's trouble alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from aggregator.errors import StoreError, StoreLocked, TookTooLong

# By SQLSTATE, or by the class that its first two letters are.
_TROUBLE = {
    "08": "the connection is lost; it is made anew when it is next needed",
    "25006": "it is read-only, a standby perhaps; name the server that can be written",
    "28": "the server does not let us in; check user and password, and its pg_hba.conf",
    "3D000": "there is no such database; make it with createdb",
    "3F": "the schema to work in is not there; make it, or correct search_path",
    "42501": "the user may not do that; grant it, or let the user own the database",
    "42P01": "its tables are not there or are others; put a backup in its place",
    "42703": "its tables are not there or are others; put a backup in its place",
    "42P07": "there are tables of others in it; give the store a database of its own",
    "53100": "the server's disk is full; make room there, and the next run goes on from here",
    "53200": "the server has no memory left; give it some",
    "53300": "the server has no connection left; raise its max_connections, or close some",
    "53": "the server has run out of something; see its log",
    "55P03": "another aggregator works on it; stop it, or ask it instead",
    "57014": "the server cancelled that; see its statement_timeout",
    "57P": "the server stops or starts; it is asked again when it is next needed",
    "58": "the server has trouble with its files; see its log",
    "XX001": "its data is damaged; put a backup in its place",
    "XX002": "an index of it is damaged; REINDEX it, or put a backup in its place",
}
# Where no connection is made there is no SQLSTATE: by what is said, in English.
_NO_CONNECTION = (
    (r"does not exist", "there is no such database or user; make it with createdb or createuser"),
    (r"password|authentication|pg_hba", _TROUBLE["28"]),
    (r"resolve|translate host", "there is no such host; correct the address"),
    (r"refused|No such file", "nobody answers there; start the server, or correct the address"),
    (r"timeout|timed out|unreachable", "the server does not answer; see that it can be reached"),
    (r"too many|slots", _TROUBLE["53300"]),
    (r"starting up|shutting down|recovery", _TROUBLE["57P"]),
    (r"(?i)ssl|certificate", "no encrypted connection can be made; see sslmode in its address"),
)
_KINDS: dict[str, type[StoreError]] = {"55P03": StoreLocked, "57014": TookTooLong}
# What is said of a row, not of the store.
_OF_A_ROW = (psycopg.DataError, psycopg.IntegrityError, psycopg.errors.ProgramLimitExceeded)


@contextmanager
def told(name: str) -> Iterator[None]:
    """A lost connection, a full disk, a wrong database: as a StoreError that says what to do."""
    try:
        yield
    except _OF_A_ROW:
        raise
    except psycopg.Error as error:
        if isinstance(error, psycopg.ProgrammingError) and error.sqlstate is None:
            raise  # a value that no column can hold
        kind = _KINDS.get(error.sqlstate or "", StoreError)
        # Not `from error`: what it says may be secret, and a log may show it.
        raise kind(f"{name}: {_words(error)}") from None


def unconnected(name: str, error: psycopg.Error) -> StoreError:
    """What to tell where no connection is made."""
    said = str(error)
    known = (words for looks, words in _NO_CONNECTION if re.search(looks, said))
    other = "no connection can be made; see that the server runs and that its address is right"
    return StoreError(f"{name}: {next(known, other)}")


def _words(error: psycopg.Error) -> str:
    state = error.sqlstate or "08"
    known = (_TROUBLE[state[:n]] for n in (5, 3, 2) if state[:n] in _TROUBLE)
    unknown = f"the server refuses that ({type(error).__name__}, {state}); see its log"
    return next(known, unknown)
