"""The store in one SQLite file: WAL, one writing process, readers beside it.

`connect` opens it; the methods are the Store contract, and the tables are in `schema`.
"""

from __future__ import annotations

import fcntl
import json
import sqlite3
import threading
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import IO, Any

from aggregator.errors import StoreError, StoreLocked
from aggregator.model import (
    Arrival,
    Feed,
    FileStamp,
    Keys,
    PollState,
    Source,
    StoredEntry,
    Story,
)
from aggregator.stores import codec
from aggregator.stores.codec import from_moment, maybe_from, maybe_to, to_moment
from aggregator.stores.schema import MIGRATIONS

EVERYTHING = "all"  # the output that every story stands in

_ENTRY = """
    key, source, cluster, source_entry_id, global_id, url_key, title_key, digest, title,
    first_seen, published, stated, updated, feed_updated, reason, dropped, outputs, document
"""


def connect(url: str, *, exclusive: bool) -> SqliteStore:
    """The store in the file that a `sqlite:///path` names, made if it is not there."""
    path = Path(url.removeprefix("sqlite:///")).expanduser().resolve()
    try:
        if exclusive:
            path.parent.mkdir(parents=True, exist_ok=True)
        elif not path.exists():
            raise StoreError(f"store {path.name}: nothing there yet; `aggregator run` makes it")
        return SqliteStore(path, lock=_locked(path) if exclusive else None)
    except (OSError, sqlite3.Error) as error:
        raise StoreError(f"store {path.name}: {error}") from error


def _locked(path: Path) -> IO[bytes]:
    """The kernel drops this lock with the process, however it ends."""
    lock = path.with_name(path.name + ".lock").open("ab")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        lock.close()
        raise StoreLocked(
            f"store {path.name}: another aggregator works on it; stop it, or ask it instead"
        ) from error
    return lock


class SqliteStore:
    def __init__(self, path: Path, *, lock: IO[bytes] | None) -> None:
        self._path = path
        self._lock = lock
        self._readers = threading.local()
        self._opened: list[sqlite3.Connection] = []
        self._dirty: set[str] = set()
        try:
            self._db = self._connection()
            self._check_version()
            if lock:
                self._migrate()
        except BaseException:
            self.close()
            raise

    def _connection(self) -> sqlite3.Connection:
        db = sqlite3.connect(self._path, isolation_level=None, check_same_thread=False, timeout=30)
        db.row_factory = sqlite3.Row
        for pragma in ("journal_mode = WAL", "synchronous = NORMAL", "cache_size = -32000"):
            db.execute(f"PRAGMA {pragma}")
        self._opened.append(db)
        return db

    @property
    def _reader(self) -> sqlite3.Connection:
        """A connection of the calling thread's own: WAL lets it read while another writes."""
        if not hasattr(self._readers, "db"):
            self._readers.db = self._connection()
        return self._readers.db  # type: ignore[no-any-return]

    def _version(self) -> int:
        return int(self._db.execute("PRAGMA user_version").fetchone()[0])

    def _check_version(self) -> None:
        if self._version() > len(MIGRATIONS):
            raise StoreError(
                f"store {self._path.name}: made by a newer aggregator; update this one"
            )

    def _migrate(self) -> None:
        version = self._version()
        for number, script in enumerate(MIGRATIONS[version:], version + 1):
            self._db.executescript(f"BEGIN; {script}; PRAGMA user_version = {number}; COMMIT;")

    @contextmanager
    def transaction(self) -> Iterator[None]:
        nested = self._db.in_transaction
        marked = set(self._dirty)
        try:
            self._db.execute("SAVEPOINT inner_one" if nested else "BEGIN IMMEDIATE")
            yield
            if not nested:
                self._flush_dirty()
            self._db.execute("RELEASE inner_one" if nested else "COMMIT")
        except BaseException as error:
            self._dirty = marked
            self._roll_back(nested=nested)
            # Not a row's fault, but the disk's or the file's: a full disk, a lock, corruption.
            if type(error) in (sqlite3.OperationalError, sqlite3.DatabaseError):
                raise StoreError(f"store {self._path.name}: {error}") from error
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
        with self.transaction():
            self._db.execute("UPDATE source SET retired = 1")
            self._db.executemany(
                "INSERT INTO source (id, kind, url, due, position) VALUES (?, ?, ?, ?, ?)"
                # Another address: nothing we know of the old one holds.
                " ON CONFLICT (id) DO UPDATE SET retired = 0, position = excluded.position,"
                " kind = excluded.kind, due = iif(url = excluded.url, due, excluded.due),"
                " etag = iif(url = excluded.url, etag, NULL),"
                " last_modified = iif(url = excluded.url, last_modified, NULL),"
                " digest = iif(url = excluded.url, digest, NULL),"
                " failures = iif(url = excluded.url, failures, 0), url = excluded.url",
                [(s.id, s.kind, s.url, from_moment(now), i) for i, s in enumerate(sources)],
            )

    def claim(
        self, now: datetime, *, names: Collection[str], force: Collection[str] = ()
    ) -> list[PollState]:
        rows = self._db.execute(
            "SELECT * FROM source WHERE NOT retired AND due <= ?1"
            " UNION SELECT * FROM source WHERE NOT retired"
            " AND id IN (SELECT value FROM json_each(?2)) ORDER BY due, position",
            (from_moment(now), json.dumps(list(force))),
        )
        return [_state(row) for row in rows if row["id"] in names]

    def finish(self, state: PollState, feed: Feed | None) -> None:
        if feed is not None:
            self._keep_feed(state.source, feed)
        self._db.execute(
            "UPDATE source SET due = ?, etag = ?, last_modified = ?, digest = ?, failures = ?,"
            " error = ?, polled = ?, succeeded = ? WHERE id = ?",
            (
                from_moment(state.due),
                state.etag,
                state.last_modified,
                state.digest,
                state.failures,
                state.error,
                maybe_from(state.polled),
                maybe_from(state.succeeded),
                state.source,
            ),
        )

    def _keep_feed(self, source: str, feed: Feed) -> None:
        row = self._db.execute("SELECT feed FROM source WHERE id = ?", (source,)).fetchone()
        if row is None:
            return
        text = codec.from_feed(feed)
        if row["feed"] and _credit(codec.to_feed(row["feed"])) != _credit(feed):
            # Every entry of it tells of its feed in atom:source.
            outputs = self._db.execute(
                "SELECT DISTINCT output FROM listing WHERE cluster IN"
                " (SELECT cluster FROM entry WHERE source = ?)",
                (source,),
            )
            self._dirty |= {x[0] for x in outputs}
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
        return {row["id"]: _state(row) for row in rows}

    def feeds(self) -> dict[str, Feed]:
        rows = self._reader.execute("SELECT id, feed FROM source WHERE feed IS NOT NULL")
        return {row["id"]: codec.to_feed(row["feed"]) for row in rows}

    # ── entries ──────────────────────────────────────────────────────────────

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
            f"SELECT {_ENTRY} FROM entry WHERE source = ?1"
            " AND source_entry_id IN (SELECT value FROM json_each(?2))"
            f" UNION SELECT {_ENTRY} FROM entry WHERE source = ?1"
            " AND url_key IN (SELECT value FROM json_each(?3)) ORDER BY 1",
            (source, json.dumps(list(ids)), json.dumps(list(url_keys))),
        )
        return [_stored(row) for row in rows]

    def candidates(self, keys: Keys) -> list[StoredEntry]:
        named = (("url_key", keys.url_key), ("global_id", keys.global_id))
        found: dict[int, StoredEntry] = {}
        for column, value in (*named, ("title_key", keys.title_key)):
            if value is not None:
                rows = self._db.execute(
                    f"SELECT {_ENTRY} FROM entry WHERE {column} = ? ORDER BY key DESC LIMIT 20",
                    (value,),
                )
                found.update((row["key"], _stored(row)) for row in rows)
        return [found[key] for key in sorted(found)]

    def add(self, entry: StoredEntry, arrival: Arrival, *, surfaced: datetime) -> StoredEntry:
        cluster = entry.cluster or self._open(entry, arrival, from_moment(surfaced))
        key = self._db.execute(
            "INSERT INTO entry (source, cluster, source_entry_id, global_id, url_key, title_key,"
            " digest, title, first_seen, published, stated, updated, surfaced, feed_updated,"
            " reason, dropped, outputs, document)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                entry.source,
                cluster,
                *_keys(arrival.keys),
                entry.title,
                from_moment(entry.first_seen),
                from_moment(entry.published),
                entry.stated,
                from_moment(entry.updated),
                from_moment(surfaced),
                from_moment(entry.feed_updated),
                entry.reason,
                arrival.dropped,
                codec.from_names(arrival.outputs),
                codec.from_entry(arrival.entry),
            ),
        ).lastrowid
        return replace(entry, key=key or 0, cluster=cluster)

    def _open(self, entry: StoredEntry, arrival: Arrival, surfaced: int) -> int:
        """A new cluster of one. Most are: what `_settle` would find out is written at once."""
        held = None if entry.published <= entry.first_seen else from_moment(entry.published)
        cluster = self._db.execute(
            "INSERT INTO cluster (published, surfaced, release) VALUES (?, ?, ?)",
            (from_moment(entry.published), surfaced, held),
        ).lastrowid
        if not arrival.dropped:
            names = {*arrival.outputs, EVERYTHING}
            self._db.executemany(
                "INSERT INTO listing (output, cluster, surfaced) VALUES (?, ?, ?)",
                [(name, cluster, surfaced) for name in names],
            )
            self._dirty |= names
        return cluster or 0

    def change(self, entry: StoredEntry, arrival: Arrival, *, surfaced: datetime | None) -> None:
        self._db.execute(
            "UPDATE entry SET source_entry_id = ?, global_id = ?, url_key = ?, title_key = ?,"
            " digest = ?, title = ?, updated = ?, feed_updated = ?, dropped = ?, outputs = ?,"
            " document = ?, surfaced = coalesce(?, surfaced) WHERE key = ?",
            (
                *_keys(arrival.keys),
                arrival.entry.title,
                from_moment(entry.updated),
                from_moment(entry.feed_updated),
                arrival.dropped,
                codec.from_names(arrival.outputs),
                codec.from_entry(arrival.entry),
                maybe_from(surfaced),
                entry.key,
            ),
        )
        if surfaced:
            self._db.execute(
                "UPDATE cluster SET surfaced = max(surfaced, ?) WHERE key = ? AND id IS NOT NULL",
                (from_moment(surfaced), entry.cluster),
            )

    def merge(self, clusters: Collection[int]) -> int:
        rows = self._db.execute(
            "SELECT key FROM cluster WHERE key IN (SELECT value FROM json_each(?))"
            " ORDER BY id IS NULL, key",
            (json.dumps(list(clusters)),),
        )
        survivor, *others = [int(row[0]) for row in rows]
        for other in others:
            self._db.execute("UPDATE entry SET cluster = ? WHERE cluster = ?", (survivor, other))
            self._db.execute("UPDATE cluster SET merged = ? WHERE key = ?", (survivor, other))
        return survivor

    def settle(self, clusters: Iterable[int], now: datetime) -> None:
        for cluster in set(clusters):
            self._settle(cluster, now)

    def _settle(self, cluster: int, now: datetime) -> None:
        row = self._db.execute("SELECT * FROM cluster WHERE key = ?", (cluster,)).fetchone()
        live = self._db.execute(
            "SELECT outputs, published, surfaced FROM entry WHERE cluster = ? AND dropped IS NULL",
            (cluster,),
        ).fetchall()
        surfaced = row["surfaced"]
        if row["id"] is None and live:
            # Before its first publication nothing about a story may hang on which of its
            # sightings came in first: earliest dates, whatever the order.
            first = min(x["published"] for x in live)
            surfaced = min(x["surfaced"] for x in live)
            self._db.execute(
                "UPDATE cluster SET published = ?, surfaced = ?, release = ? WHERE key = ?",
                (first, surfaced, first if first > from_moment(now) else None, cluster),
            )
        named = {name for x in live for name in codec.to_names(x["outputs"])}
        self._list(cluster, named | {EVERYTHING} if live else set(), surfaced)

    def _list(self, cluster: int, wanted: set[str], surfaced: int) -> None:
        rows = self._db.execute("SELECT output FROM listing WHERE cluster = ?", (cluster,))
        listed = {row[0] for row in rows}
        self._db.executemany(
            "DELETE FROM listing WHERE output = ? AND cluster = ?",
            [(name, cluster) for name in listed - wanted],
        )
        self._db.executemany(
            "INSERT OR REPLACE INTO listing (output, cluster, surfaced) VALUES (?, ?, ?)",
            [(name, cluster, surfaced) for name in wanted],
        )
        self._dirty |= wanted | listed

    def note(self, entry: int, now: datetime, event: str, detail: str) -> None:
        self._db.execute(
            "INSERT INTO ledger (entry, at, event, detail) VALUES (?, ?, ?, ?)",
            (entry, from_moment(now), event, detail),
        )

    def entries(self, *, source: str | None, output: str | None) -> Iterator[StoredEntry]:
        rows = self._reader.execute(
            f"SELECT {_ENTRY} FROM entry WHERE (?1 IS NULL OR source = ?1)"
            " AND (?2 IS NULL OR cluster IN (SELECT cluster FROM listing WHERE output = ?2))"
            " ORDER BY cluster, key",
            (source, output),
        )
        return map(_stored, rows)

    def found(self, text: str, url_key: str | None) -> list[StoredEntry]:
        rows = self._reader.execute(
            f"SELECT {_ENTRY} FROM entry WHERE cluster IN"
            " (SELECT coalesce(merged, key) FROM cluster WHERE id = ?1"
            "  UNION SELECT cluster FROM entry WHERE source_entry_id = ?1 OR global_id = ?1"
            "  OR url_key = ?2) ORDER BY cluster, key",
            (text, url_key),
        )
        return [_stored(row) for row in rows]

    def counts(self) -> dict[str, int]:
        rows = self._reader.execute("SELECT source, count(*) FROM entry GROUP BY source")
        return {row[0]: row[1] for row in rows}

    def story(self, cluster: int) -> Story:
        row = self._reader.execute("SELECT * FROM cluster WHERE key = ?", (cluster,)).fetchone()
        sightings = self._reader.execute(
            f"SELECT {_ENTRY} FROM entry WHERE cluster = ? ORDER BY key", (cluster,)
        )
        return _story(row, map(_stored, sightings))

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

    def problems(self, source: str) -> list[str]:
        rows = self._reader.execute(
            "SELECT problems FROM file WHERE source = ? AND problems != '[]' ORDER BY path",
            (source,),
        )
        return [problem for row in rows for problem in codec.to_names(row[0])]

    # ── outputs ──────────────────────────────────────────────────────────────

    def due_releases(self, now: datetime) -> None:
        with self.transaction():
            rows = self._db.execute(
                "SELECT output FROM listing JOIN cluster ON cluster = key WHERE release <= ?",
                (from_moment(now),),
            )
            self._dirty |= {row[0] for row in rows}
            self._db.execute(
                "UPDATE cluster SET release = NULL WHERE release <= ?", (from_moment(now),)
            )

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
        clusters = self._db.execute(
            "SELECT c.* FROM listing l JOIN cluster c ON c.key = l.cluster"
            " WHERE l.output = ? AND c.release IS NULL AND c.merged IS NULL"
            " ORDER BY l.surfaced DESC, l.cluster LIMIT ?",
            (output, limit),
        ).fetchall()
        sightings: dict[int, list[StoredEntry]] = {row["key"]: [] for row in clusters}
        rows = self._db.execute(
            f"SELECT {_ENTRY} FROM entry WHERE cluster IN (SELECT value FROM json_each(?))"
            " AND dropped IS NULL AND document IS NOT NULL ORDER BY key",
            (json.dumps(list(sightings)),),
        )
        for row in rows:
            sightings[row["cluster"]].append(_stored(row))
        return [_story(row, sightings[row["key"]]) for row in clusters if sightings[row["key"]]]

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


# ── rows ─────────────────────────────────────────────────────────────────────


def _credit(feed: Feed) -> tuple[Any, ...]:
    """What of a feed's metadata can be seen in a document."""
    return (feed.id, feed.title, feed.links, feed.authors, feed.rights)


def _keys(keys: Keys) -> tuple[Any, ...]:
    return (keys.source_entry_id, keys.global_id, keys.url_key, keys.title_key, keys.digest)


def _state(row: sqlite3.Row) -> PollState:
    return PollState(
        source=row["id"],
        due=to_moment(row["due"]),
        etag=row["etag"],
        last_modified=row["last_modified"],
        digest=row["digest"],
        failures=row["failures"],
        error=row["error"],
        polled=maybe_to(row["polled"]),
        succeeded=maybe_to(row["succeeded"]),
    )


def _stored(row: sqlite3.Row) -> StoredEntry:
    return StoredEntry(
        key=row["key"],
        source=row["source"],
        cluster=row["cluster"],
        keys=Keys(
            source_entry_id=row["source_entry_id"],
            global_id=row["global_id"],
            url_key=row["url_key"],
            title_key=row["title_key"],
            digest=row["digest"],
        ),
        title=row["title"],
        first_seen=to_moment(row["first_seen"]),
        published=to_moment(row["published"]),
        stated=bool(row["stated"]),
        updated=to_moment(row["updated"]),
        feed_updated=to_moment(row["feed_updated"]),
        reason=row["reason"],
        dropped=row["dropped"],
        outputs=codec.to_names(row["outputs"]),
        entry=codec.to_entry(row["document"]) if row["document"] else None,
    )


def _story(row: sqlite3.Row, sightings: Iterable[StoredEntry]) -> Story:
    return Story(
        cluster=row["key"],
        id=row["id"],
        leader=row["leader"],
        published=to_moment(row["published"]),
        release=maybe_to(row["release"]),
        sightings=tuple(sightings),
    )
