"""A copy of a store of another kind, as an SQLite file: its tables have the same columns."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

from aggregator.stores import schema
from aggregator.stores.trouble import told


def copy_rows(
    stream: Callable[[str], Iterator[Mapping[str, Any]]], path: Path, called: str
) -> None:
    """Into a new file at `path`, all that `stream` gives of each table."""
    with told(called), closing(sqlite3.connect(path)) as copy:
        schema.migrate(copy)
        tables = copy.execute("SELECT name FROM sqlite_schema WHERE type = 'table'").fetchall()
        for (table,) in tables:
            if table.startswith("search"):
                continue  # another kind of index: the copy fills its own
            names = [row[1] for row in copy.execute(f"PRAGMA table_info({table})")]
            columns = ", ".join(names)
            values = ", ".join(f":{name}" for name in names)
            order = "ORDER BY rowid" if table == "ledger" else ""  # which has no other
            rows = stream(f"SELECT {columns} FROM {table} {order}")
            with copy:
                copy.executemany(f"INSERT INTO {table} ({columns}) VALUES ({values})", rows)
        with copy:
            copy.execute(
                "UPDATE search_fill SET below = (SELECT coalesce(max(key), 0) + 1 FROM cluster)"
            )
