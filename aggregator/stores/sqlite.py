"""The store in one SQLite file: WAL, one writing process, readers beside it.

`connect` opens it; the methods are the Store contract, and the tables are in `schema`,
values to and from their rows in `rows`, clusters and the outputs they stand in in `listings`,
what can go wrong with the file in `trouble`.
"""

from __future__ import annotations

import fcntl
import json
import os
import sqlite3
import threading
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import groupby
from pathlib import Path
from typing import IO, Any
from urllib.parse import quote

from aggregator.errors import StoreError, StoreLocked
from aggregator.model import (
    Advertised,
    Arrival,
    Edition,
    Feed,
    FileStamp,
    Imprint,
    Kept,
    Keys,
    Lease,
    Place,
    PollState,
    RobotsFile,
    Slowdown,
    Source,
    StoredEntry,
    Story,
)
from aggregator.opml import Outline
from aggregator.pace import remembered
from aggregator.polling import moved, open_at, settled
from aggregator.stores import codec, leases, listings, schema
from aggregator.stores.codec import from_moment, maybe_from, maybe_to, to_moment
from aggregator.stores.rows import (
    ENTRY,
    from_entry,
    from_state,
    to_entry,
    to_imprint,
    to_outline,
    to_state,
    to_story,
)
from aggregator.stores.trouble import telling, told

_ADD = """
    INSERT INTO entry (source, cluster, source_entry_id, global_id, url_key, title_key, digest,
        title, first_seen, published, stated, updated, surfaced, feed_updated, reason, dropped,
        outputs, document)
    VALUES (:source, :cluster, :source_entry_id, :global_id, :url_key, :title_key, :digest,
        :title, :first_seen, :published, :stated, :updated, :surfaced, :feed_updated, :reason,
        :dropped, :outputs, :document)
"""
_CHANGE = """
    UPDATE entry SET source_entry_id = :source_entry_id, global_id = :global_id,
        url_key = :url_key, title_key = :title_key, digest = :digest, title = :title,
        published = :published, stated = :stated, updated = :updated,
        feed_updated = :feed_updated, dropped = :dropped, outputs = :outputs,
        document = :document, surfaced = coalesce(:surfaced, surfaced)
    WHERE key = :key
"""

_KEEP = """
    UPDATE source SET due = :due, etag = :etag, last_modified = :last_modified, digest = :digest,
        failures = :failures, error = :error, polled = :polled, succeeded = :succeeded,
        failing = :failing, hints = :hints, lifetime = :lifetime, asked = :asked,
        rhythm = :rhythm, shown = :shown, news = :news,
        gone = :gone, held = :held, move = :move, copy_of = :copy_of
    WHERE id = :source
"""
_OF_AN_ADDRESS = (
    *("etag", "last_modified", "copy_of", "digest", "failing"),
    *("hints", "lifetime", "asked", "rhythm", "shown", "news", "gone", "move", "topic"),
)


def connect(url: str, *, exclusive: bool, name: str | None = None) -> SqliteStore:
    """The store in the file that a `sqlite:///path` names, made if it is not there."""
    path = Path(url.removeprefix("sqlite:///")).expanduser().resolve()
    name = name or f"store {path.name}"
    try:
        if exclusive:
            path.parent.mkdir(parents=True, exist_ok=True)
        elif not path.exists():
            raise StoreError(f"{name}: nothing there yet; `aggregator run` makes it")
        with told(name):
            return SqliteStore(path, lock=_locked(path, name) if exclusive else None, called=name)
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


@telling
class SqliteStore:
    def __init__(self, path: Path, *, lock: IO[bytes] | None, called: str) -> None:
        self.called = called
        self._path = path
        self._lock = lock
        self._readers = threading.local()
        self._opened: list[sqlite3.Connection] = []
        self._dirty: set[str] = set()
        try:
            self._db = self._connection()
            if schema.too_new(self._db):
                raise StoreError(f"{called}: made by a newer aggregator; update this one")
            if lock:
                schema.migrate(self._db)
            elif schema.empty(self._db):
                raise StoreError(f"{called}: nothing in it yet; `aggregator run` fills it")
            elif schema.too_old(self._db):
                with _locked(path, called):
                    schema.migrate(self._db)
        except BaseException:
            self.close()
            raise

    def _connection(self) -> sqlite3.Connection:
        try:
            return self._connected("")
        except sqlite3.OperationalError:
            if self._lock or _writable(self._path):
                raise
        log = self._path.with_name(f"{self._path.name}-wal")
        if log.exists() and log.stat().st_size:
            raise StoreError(
                f"{self.called}: its newest entries are in the -wal file beside it, which cannot be"
                " read where nothing can be written; copy both to another folder"
            )
        return self._connected("?immutable=1")  # WAL would make files beside it to read

    def _connected(self, options: str) -> sqlite3.Connection:
        address = f"file:{quote(str(self._path))}{options}"
        db = sqlite3.connect(
            address, uri=True, isolation_level=None, check_same_thread=False, timeout=30
        )
        self._opened.append(db)
        db.row_factory = sqlite3.Row
        for pragma in ("journal_mode = WAL", "synchronous = NORMAL", "cache_size = -32000"):
            db.execute(f"PRAGMA {pragma}")
        return db

    @property
    def _reader(self) -> sqlite3.Connection:
        """A connection of the calling thread's own: WAL lets it read while another writes."""
        if not hasattr(self._readers, "db"):
            self._readers.db = self._connection()
        return self._readers.db  # type: ignore[no-any-return]

    @contextmanager
    def transaction(self) -> Iterator[None]:
        nested = self._db.in_transaction
        marked = set(self._dirty)
        try:
            with told(self.called):
                self._db.execute("SAVEPOINT inner_one" if nested else "BEGIN IMMEDIATE")
                yield
                if not nested:
                    self._flush_dirty()
                self._db.execute("RELEASE inner_one" if nested else "COMMIT")
        except BaseException:
            self._dirty = marked
            self._roll_back(nested=nested)
            raise

    def _roll_back(self, *, nested: bool) -> None:
        with suppress(sqlite3.Error):  # a full disk has rolled back already
            if nested:
                self._db.execute("ROLLBACK TO inner_one")
                self._db.execute("RELEASE inner_one")
            else:
                self._db.execute("ROLLBACK")

    def copy_to(self, path: Path) -> None:
        with sqlite3.connect(path) as copy:
            self._db.backup(copy)
        copy.close()

    def close(self) -> None:
        for db in self._opened:
            db.close()
        if self._lock:
            self._lock.close()

    # ── sources ──────────────────────────────────────────────────────────────

    def enrol(self, sources: Sequence[Source], now: datetime) -> None:
        moment = from_moment(now)
        with self.transaction():
            self._db.execute("UPDATE source SET retired = 1")
            self._db.executemany(
                "INSERT INTO source (id, kind, url, due, position) VALUES (?, ?, ?, ?, ?)"
                " ON CONFLICT (id) DO UPDATE SET retired = 0, position = excluded.position,"
                " kind = excluded.kind",
                [(s.id, s.kind, s.url, moment, i) for i, s in enumerate(sources)],
            )
            # It is asked there already: all that we know holds.
            self._db.executemany(
                "UPDATE source SET url = ?2, move = NULL"
                " WHERE id = ?1 AND url != ?2 AND json_extract(move, '$.address') = ?2",
                [(s.id, s.url) for s in sources],
            )
            # Another address: nothing we know of the old one holds.
            self._db.executemany(
                "UPDATE source SET url = ?2, due = ?3, problems = '[]', hubs = '[]', failures = 0,"
                " held = 0,"
                f" {', '.join(f'{name} = NULL' for name in _OF_AN_ADDRESS)}"
                " WHERE id = ?1 AND url != ?2",
                [(s.id, s.url, moment) for s in sources],
            )
            by_name = {s.id: s for s in sources}
            rows = self._db.execute("SELECT * FROM source WHERE NOT retired").fetchall()
            for state in map(to_state, rows):
                if (new := settled(by_name[state.source], state, now)) != state:
                    self._keep(new)

    def claim(
        self,
        now: datetime,
        *,
        names: Collection[str],
        force: Collection[str] = (),
        unless_pushed_since: datetime | None = None,
    ) -> list[PollState]:
        rows = self._db.execute(
            "SELECT * FROM source WHERE NOT retired AND due <= ?1"
            " AND NOT coalesce(polled >= ?3 AND EXISTS (SELECT 1 FROM lease"
            " WHERE source = source.id AND state = 'active' AND until > ?1), 0)"
            " UNION SELECT * FROM source WHERE NOT retired"
            " AND id IN (SELECT value FROM json_each(?2)) ORDER BY due, position",
            (from_moment(now), json.dumps(list(force)), maybe_from(unless_pushed_since)),
        )
        return [
            state
            for state in (to_state(row) for row in rows if row["id"] in names)
            if state.source in force or (not state.gone and open_at(state, now) == now)
        ]

    def finish(self, state: PollState, feed: Feed | None) -> None:
        if feed is not None:
            self._keep_feed(state.source, feed)
        self._keep(state)

    def clock_set(self, by: timedelta) -> None:
        with self.transaction():
            rows = self._db.execute("SELECT * FROM source").fetchall()
            for row in rows:
                self._keep(moved(to_state(row), by))

    def _keep(self, state: PollState) -> None:
        self._db.execute(_KEEP, from_state(state))

    def slowdowns(self, now: datetime) -> list[Slowdown]:
        rows = self._db.execute("SELECT name, until, strikes FROM host").fetchall()
        found = [Slowdown(host=r[0], until=to_moment(r[1]), strikes=r[2]) for r in rows]
        return [slowdown for slowdown in found if remembered(slowdown, now)]

    def slow(self, slowdown: Slowdown) -> None:
        self._db.execute(
            "INSERT OR REPLACE INTO host (name, until, strikes) VALUES (?, ?, ?)",
            (slowdown.host, from_moment(slowdown.until), slowdown.strikes),
        )

    def robots(self, origin: str, *, public: bool) -> RobotsFile | None:
        row = self._db.execute(
            "SELECT until, text FROM robots WHERE origin = ? AND public = ?", (origin, public)
        ).fetchone()
        if row is None:
            return None
        until = to_moment(row["until"])
        return RobotsFile(origin=origin, public=public, until=until, text=row["text"])

    def keep_robots(self, file: RobotsFile) -> None:
        with self.transaction():
            self._db.execute(
                "INSERT OR REPLACE INTO robots (origin, public, until, text) VALUES (?, ?, ?, ?)",
                (file.origin, file.public, from_moment(file.until), file.text),
            )
            stale = from_moment(file.until - timedelta(days=7))
            self._db.execute("DELETE FROM robots WHERE until < ?", (stale,))

    def _keep_feed(self, source: str, feed: Feed) -> None:
        row = self._db.execute(
            "UPDATE source SET problems = ? WHERE id = ? RETURNING feed",
            (codec.from_names(feed.problems), source),
        ).fetchone()
        if row is None:
            return
        text = codec.from_feed(feed)
        if row["feed"] and _credit(codec.to_feed(row["feed"])) != _credit(feed):
            # Every entry of it tells of its feed in atom:source.
            self._dirty |= listings.outputs_of(self._db, source)
        if text != row["feed"]:
            self._db.execute("UPDATE source SET feed = ? WHERE id = ?", (text, source))

    def rules(self, source: str, digest: str) -> bool:
        stale = self._db.execute(
            "UPDATE source SET rules = ? WHERE id = ? AND rules IS NOT ? RETURNING 1",
            (digest, source, digest),
        ).fetchone()
        return stale is not None

    def states(self) -> dict[str, PollState]:
        rows = self._reader.execute("SELECT * FROM source WHERE NOT retired ORDER BY position")
        return {row["id"]: to_state(row) for row in rows}

    def feeds(self) -> dict[str, Feed]:
        rows = self._reader.execute("SELECT id, feed FROM source WHERE feed IS NOT NULL")
        return {row["id"]: codec.to_feed(row["feed"]) for row in rows}

    def feed(self, source: str) -> Feed:
        row = self._db.execute("SELECT feed FROM source WHERE id = ?", (source,)).fetchone()
        return codec.to_feed(row["feed"] if row else None)

    # ── hubs ─────────────────────────────────────────────────────────────────

    def advertise(self, source: str, found: Advertised) -> None:
        leases.advertise(self._db, source, found)

    def advertised(self) -> dict[str, Advertised]:
        return leases.advertised(self._reader)

    def leases(self) -> list[Lease]:
        return leases.known(self._reader)

    def keep_leases(self, kept: Iterable[Lease], *, forgotten: Iterable[str] = ()) -> None:
        with self.transaction():
            leases.keep(self._db, kept, forgotten)

    def outlines(self) -> dict[str, tuple[Outline, ...]]:
        rows = self._reader.execute("SELECT * FROM outline ORDER BY list, position")
        lists = groupby(rows, key=lambda row: str(row["list"]))
        return {name: tuple(map(to_outline, group)) for name, group in lists}

    def origins(self, addresses: Iterable[str]) -> dict[str, str | None]:
        rows = self._reader.execute(
            "SELECT address, better FROM origin WHERE address IN (SELECT value FROM json_each(?))",
            (json.dumps(list(addresses)),),
        )
        return {row["address"]: row["better"] for row in rows}

    def keep_origins(self, found: Mapping[str, str | None], now: datetime) -> None:
        self._db.executemany(
            "INSERT INTO origin (address, better, asked) VALUES (?, ?, ?)"
            " ON CONFLICT (address) DO UPDATE SET better = excluded.better, asked = excluded.asked",
            [(address, better, from_moment(now)) for address, better in found.items()],
        )

    def keep_outlines(self, source: str, outlines: Iterable[Outline]) -> None:
        self._db.execute("DELETE FROM outline WHERE list = ?", (source,))
        self._db.executemany(
            "INSERT INTO outline (list, position, url, title, categories, includes)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            [
                (source, i, x.url, x.title, codec.from_names(x.categories), x.includes)
                for i, x in enumerate(outlines)
            ],
        )

    # ── entries ──────────────────────────────────────────────────────────────

    def link_keys(self, source: str, most: int) -> list[str | None]:
        rows = self._reader.execute(
            "SELECT url_key FROM entry WHERE source = ? ORDER BY published DESC LIMIT ?",
            (source, most),
        )
        return [row[0] for row in rows]

    def knows(self, source: str, keys: Collection[Keys]) -> bool:
        wanted = [
            json.dumps([getattr(k, name) for k in keys])
            for name in ("source_entry_id", "url_key", "title_key")
        ]
        row = self._reader.execute(
            "SELECT 1 FROM entry WHERE source = ?1"
            " AND source_entry_id IN (SELECT value FROM json_each(?2))"
            " UNION ALL SELECT 1 FROM entry WHERE source = ?1"
            " AND url_key IN (SELECT value FROM json_each(?3))"
            " UNION ALL SELECT 1 FROM entry WHERE source = ?1"
            " AND title_key IN (SELECT value FROM json_each(?4)) LIMIT 1",
            (source, *wanted),
        ).fetchone()
        return row is not None

    def digests(self, source: str, ids: Iterable[str]) -> dict[str, bytes]:
        rows = self._reader.execute(
            "SELECT source_entry_id, digest FROM entry WHERE source = ?"
            " AND source_entry_id IN (SELECT value FROM json_each(?))",
            (source, json.dumps(list(ids))),
        )
        return {row[0]: row[1] for row in rows}

    def recognised(
        self, source: str, ids: Iterable[str], url_keys: Iterable[str]
    ) -> list[StoredEntry]:
        rows = self._db.execute(
            f"SELECT {ENTRY} FROM entry WHERE source = ?1"
            " AND source_entry_id IN (SELECT value FROM json_each(?2))"
            f" UNION SELECT {ENTRY} FROM entry WHERE source = ?1"
            " AND url_key IN (SELECT value FROM json_each(?3)) ORDER BY 1",
            (source, json.dumps(list(ids)), json.dumps(list(url_keys))),
        )
        return [to_entry(row) for row in rows]

    def titled(self, source: str, title_keys: Collection[str]) -> list[StoredEntry]:
        rows = self._db.execute(
            f"SELECT {ENTRY} FROM entry WHERE source = ?"
            " AND title_key IN (SELECT value FROM json_each(?)) ORDER BY key",
            (source, json.dumps(list(title_keys))),
        )
        return [to_entry(row) for row in rows]

    def shared(self, keys: Iterable[Keys]) -> set[str]:
        values = [v for k in keys for v in (k.url_key, k.global_id, k.title_key) if v is not None]
        wanted = "(SELECT value FROM json_each(?1))"
        rows = self._db.execute(
            f"SELECT url_key FROM entry WHERE url_key IN {wanted}"
            f" UNION SELECT global_id FROM entry WHERE global_id IN {wanted}"
            f" UNION SELECT title_key FROM entry WHERE title_key IN {wanted}",
            (json.dumps(values),),
        )
        return {row[0] for row in rows}

    def candidates(self, keys: Keys, *, near: datetime, within: timedelta) -> list[StoredEntry]:
        rows: list[sqlite3.Row] = []
        for column, value in (("url_key", keys.url_key), ("global_id", keys.global_id)):
            if value is not None:
                rows += self._db.execute(
                    f"SELECT {ENTRY} FROM entry WHERE {column} = ? ORDER BY key DESC LIMIT 20",
                    (value,),
                )
        if keys.title_key is not None:
            moment, most = from_moment(near), within // timedelta(microseconds=1)
            rows += self._db.execute(
                f"SELECT {ENTRY} FROM entry WHERE title_key = ? AND published BETWEEN ? AND ?"
                " ORDER BY abs(published - ?) LIMIT 100",
                (keys.title_key, moment - most, moment + most, moment),
            )
        return list({row["key"]: to_entry(row) for row in rows}.values())

    def postings(self, places: Collection[Place]) -> dict[Place, list[int]]:
        by_week: dict[int, list[int]] = {}
        for week, mark in places:
            by_week.setdefault(week, []).append(mark)
        found: dict[Place, list[int]] = {}
        for week, marks in by_week.items():
            if not self._db.execute("SELECT 1 FROM sketch WHERE week = ?", (week,)).fetchone():
                continue  # as most weeks to come
            rows = self._db.execute(
                "SELECT hash, entry FROM sketch WHERE week = ?"
                " AND hash IN (SELECT value FROM json_each(?))",
                (week, json.dumps(marks)),
            )
            for mark, entry in rows:
                found.setdefault((week, mark), []).append(entry)
        return found

    def imprints(self, entries: Collection[int]) -> list[Imprint]:
        rows = self._db.execute(
            "SELECT key, source, cluster, title, published, url_key, tokens, points"
            " FROM print JOIN entry ON key = entry"
            " WHERE entry IN (SELECT value FROM json_each(?))",
            (json.dumps(list(entries)),),
        )
        return [to_imprint(row) for row in rows]

    def keep_prints(self, kept: Collection[Kept]) -> None:
        self._db.executemany(
            "INSERT OR REPLACE INTO print (entry, tokens, points) VALUES (?, ?, ?)",
            [(x.entry, x.tokens, x.points) for x in kept],
        )
        self._db.executemany(
            "DELETE FROM sketch WHERE week = ? AND hash = ? AND entry = ?",
            [(*place, x.entry) for x in kept for place in x.gone],
        )
        # In the order of the table: each of its pages is gone to once.
        self._db.executemany(
            "INSERT OR IGNORE INTO sketch (week, hash, entry) VALUES (?, ?, ?)",
            sorted((*place, x.entry) for x in kept for place in x.here),
        )

    def members(self, cluster: int, source: str | None = None) -> list[StoredEntry]:
        rows = self._db.execute(
            f"SELECT {ENTRY} FROM entry WHERE cluster = ?1 AND (?2 IS NULL OR source = ?2)"
            " ORDER BY key",
            (cluster, source),
        )
        return [to_entry(row) for row in rows]

    def one_source_in(self, one: int, other: int) -> bool:
        asked = "SELECT source FROM entry WHERE cluster = ?"
        both = self._db.execute(f"{asked} INTERSECT {asked} LIMIT 1", (one, other))
        return both.fetchone() is not None

    def add(self, entry: StoredEntry, arrival: Arrival, *, surfaced: datetime) -> StoredEntry:
        if not entry.cluster:
            cluster, touched = listings.open_cluster(self._db, entry, arrival, surfaced=surfaced)
            self._dirty |= touched
            entry = replace(entry, cluster=cluster)
        key = self._db.execute(_ADD, from_entry(entry, arrival, surfaced=surfaced)).lastrowid
        return replace(entry, key=key or 0)

    def change(self, entry: StoredEntry, arrival: Arrival, *, surfaced: datetime | None) -> None:
        self._db.execute(_CHANGE, from_entry(entry, arrival, surfaced=surfaced))
        if surfaced:
            self._db.execute(
                "UPDATE cluster SET surfaced = max(surfaced, ?) WHERE key = ? AND id IS NOT NULL",
                (from_moment(surfaced), entry.cluster),
            )

    def merge(self, clusters: Collection[int]) -> int:
        return listings.merge(self._db, clusters)

    def settle(self, clusters: Iterable[int], now: datetime) -> None:
        for cluster in set(clusters):
            self._dirty |= listings.settle(self._db, cluster, now)

    def note(self, entry: int, now: datetime, event: str, detail: str) -> None:
        self._db.execute(
            "INSERT INTO ledger (entry, at, event, detail) VALUES (?, ?, ?, ?)",
            (entry, from_moment(now), event, detail),
        )

    def entries(self, *, source: str | None, output: str | None) -> Iterator[StoredEntry]:
        with told(self.called):
            rows = self._reader.execute(
                f"SELECT {ENTRY} FROM entry WHERE (?1 IS NULL OR source = ?1)"
                " AND (?2 IS NULL OR cluster IN (SELECT cluster FROM listing WHERE output = ?2))"
                " ORDER BY cluster, key",
                (source, output),
            )
            yield from map(to_entry, rows)

    def found(self, text: str, url_key: str | None) -> list[StoredEntry]:
        rows = self._reader.execute(
            f"SELECT {ENTRY} FROM entry WHERE cluster IN"
            " (SELECT coalesce(merged, key) FROM cluster WHERE id = ?1"
            "  UNION SELECT cluster FROM entry WHERE source_entry_id = ?1 OR global_id = ?1"
            "  OR url_key = ?2) ORDER BY cluster, key",
            (text, url_key),
        )
        return [to_entry(row) for row in rows]

    def counts(self) -> dict[str, int]:
        rows = self._reader.execute("SELECT source, count(*) FROM entry GROUP BY source")
        return {row[0]: row[1] for row in rows}

    def story(self, cluster: int) -> Story:
        row = self._reader.execute("SELECT * FROM cluster WHERE key = ?", (cluster,)).fetchone()
        sightings = self._reader.execute(
            f"SELECT {ENTRY} FROM entry WHERE cluster = ? ORDER BY key", (cluster,)
        )
        return to_story(row, map(to_entry, sightings))

    def ledger(self, entry: int) -> list[tuple[datetime, str, str]]:
        rows = self._reader.execute(
            "SELECT at, event, detail FROM ledger WHERE entry = ? ORDER BY rowid", (entry,)
        )
        return [(to_moment(row[0]), row[1], row[2]) for row in rows]

    # ── files ────────────────────────────────────────────────────────────────

    def stamps(self, source: str) -> dict[str, str]:
        rows = self._reader.execute("SELECT path, stamp FROM file WHERE source = ?", (source,))
        return {row[0]: row[1] for row in rows}

    def stamp(self, source: str, files: Iterable[FileStamp]) -> None:
        self._db.executemany(
            "INSERT OR REPLACE INTO file (source, path, stamp, problems) VALUES (?, ?, ?, ?)",
            [(source, f.path, f.stamp, codec.from_names(f.problems)) for f in files],
        )

    def forget(self, source: str, paths: Iterable[str]) -> None:
        self._db.executemany(
            "DELETE FROM file WHERE source = ? AND path = ?", [(source, path) for path in paths]
        )

    def problems(self, source: str) -> list[str]:
        rows = self._reader.execute(
            "SELECT problems FROM source WHERE id = ?1 UNION ALL SELECT * FROM"
            " (SELECT problems FROM file WHERE source = ?1 AND problems != '[]' ORDER BY path)",
            (source,),
        )
        return [problem for row in rows for problem in codec.to_names(row[0])]

    # ── outputs ──────────────────────────────────────────────────────────────

    def due_releases(self, now: datetime) -> None:
        with self.transaction():
            self._dirty |= listings.release(self._db, now)

    def _flush_dirty(self) -> None:
        if self._dirty:
            self.mark(self._dirty, dirty=True)
            self._dirty = set()

    def dirty(self) -> list[str]:
        rows = self._db.execute("SELECT name FROM output WHERE dirty ORDER BY name")
        return [row[0] for row in rows]

    def mark(self, outputs: Iterable[str], *, dirty: bool) -> None:
        self._db.executemany(
            "INSERT INTO output (name, dirty) VALUES (?, ?)"
            " ON CONFLICT (name) DO UPDATE SET dirty = excluded.dirty",
            [(name, dirty) for name in sorted(outputs)],
        )

    def issue(self, output: str, edition: Edition) -> None:
        self._db.execute(
            "UPDATE output SET dirty = 0, updated = ?, stamp = ? WHERE name = ?",
            (maybe_from(edition.updated), edition.stamp, output),
        )

    def editions(self) -> dict[str, Edition]:
        rows = self._reader.execute("SELECT name, updated, stamp FROM output")
        return {row[0]: Edition(updated=maybe_to(row[1]), stamp=row[2]) for row in rows}

    def slugs(self) -> dict[str, str]:
        rows = self._reader.execute("SELECT name, slug FROM output WHERE slug IS NOT NULL")
        return {row[0]: row[1] for row in rows}

    def name(self, output: str, slug: str) -> None:
        self._db.execute(
            "INSERT INTO output (name, slug) VALUES (?, ?)"
            " ON CONFLICT (name) DO UPDATE SET slug = coalesce(slug, excluded.slug)",
            (output, slug),
        )

    def stories(self, output: str, limit: int) -> list[Story]:
        return listings.newest(self._db, output, limit)

    def pin(self, cluster: int, *, id: str, leader: int, published: datetime) -> None:
        self._db.execute(
            "UPDATE cluster SET id = ?, leader = ?, published = ? WHERE key = ?",
            (id, leader, from_moment(published), cluster),
        )

    def taken(self, id: str) -> bool:
        return self._db.execute("SELECT 1 FROM cluster WHERE id = ?", (id,)).fetchone() is not None

    # ── our own ──────────────────────────────────────────────────────────────

    def meta(self, name: str) -> str | None:
        row = self._reader.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()
        return row and str(row[0])

    def set_meta(self, values: Mapping[str, str]) -> None:
        self._db.executemany(
            "INSERT OR REPLACE INTO meta (name, value) VALUES (?, ?)", list(values.items())
        )


def _credit(feed: Feed) -> tuple[Any, ...]:
    """What of a feed's metadata can be seen in a document."""
    return (feed.id, feed.title, feed.links, feed.authors, feed.rights)
