"""The Store contract in SQL, for every database that is one of `database`.

Values to and from rows are in `rows`, clusters and the outputs they stand in in `listings`, what
hubs were asked in `leases`, what they know of us in `hubs`, the tables where the database is.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cached_property
from itertools import groupby
from pathlib import Path
from typing import Any

from aggregator.model import (
    EVERYTHING,
    Advertised,
    Announcement,
    Arrival,
    Deleted,
    Document,
    Feed,
    FileStamp,
    Imprint,
    Intent,
    Kept,
    Keys,
    Lease,
    Listener,
    Page,
    Place,
    PollState,
    Posting,
    RobotsFile,
    Slowdown,
    Source,
    Standing,
    StoredEntry,
    Story,
    Words,
)
from aggregator.opml import Outline
from aggregator.pace import remembered
from aggregator.polling import moved, open_at, settled
from aggregator.searching import Query
from aggregator.stores import codec, filing, hubs, leases, listings, postings, search
from aggregator.stores.codec import from_moment, maybe_from, maybe_to, to_moment
from aggregator.stores.database import Database, Row
from aggregator.stores.rows import (
    ENTRY,
    from_entry,
    from_outline,
    from_state,
    to_entry,
    to_imprint,
    to_outline,
    to_state,
    to_story,
)

_ADD = """
    INSERT INTO entry (source, cluster, source_entry_id, global_id, url_key, title_key, digest,
        title, first_seen, published, stated, updated, surfaced, feed_updated, reason, dropped,
        outputs, document)
    VALUES (:source, :cluster, :source_entry_id, :global_id, :url_key, :title_key, :digest,
        :title, :first_seen, :published, :stated, :updated, :surfaced, :feed_updated, :reason,
        :dropped, :outputs, :document)
    RETURNING key
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
_POSTS = "posts"  # what they are to be like; empty when nobody wants them
_PRIVATE = "private outputs"


class SqlStore:
    def __init__(self, database: Database) -> None:
        self._db = database
        self._dirty: set[str] = set()
        self._touched: set[int] = set()  # clusters

    @contextmanager
    def transaction(self) -> Iterator[None]:
        marked, touched = set(self._dirty), set(self._touched)
        try:
            with self._db.transaction() as outermost:
                yield
                if outermost:
                    self._flush()
        except BaseException:
            self._dirty, self._touched = marked, touched
            raise

    def copy_to(self, path: Path) -> None:
        self._db.copy_to(path)

    def close(self) -> None:
        self._db.close()

    # ── sources ──────────────────────────────────────────────────────────────

    def enrol(self, sources: Sequence[Source], now: datetime) -> None:
        moment = from_moment(now)
        with self.transaction():
            self._db.execute("UPDATE source SET retired = TRUE")
            self._db.execute_each(
                "INSERT INTO source (id, kind, url, due, position)"
                " VALUES (:id, :kind, :url, :due, :position)"
                " ON CONFLICT (id) DO UPDATE SET retired = FALSE, position = excluded.position,"
                " kind = excluded.kind",
                [
                    {"id": s.id, "kind": s.kind, "url": s.url, "due": moment, "position": i}
                    for i, s in enumerate(sources)
                ],
            )
            by_name = {s.id: s for s in sources}
            self._readdress(by_name, moment)
            for row in self._db.rows("SELECT * FROM source WHERE NOT retired"):
                state = to_state(row)
                if (new := settled(by_name[state.source], state, now)) != state:
                    self._keep(new)

    def _readdress(self, sources: Mapping[str, Source], moment: int) -> None:
        """Those whose address is another than it was."""
        asked: list[Source] = []
        others: list[Source] = []
        for row in self._db.rows("SELECT id, url, move FROM source WHERE NOT retired"):
            source = sources[row["id"]]
            if source.url != row["url"]:
                same = codec.to_move(row["move"]).address == source.url
                (asked if same else others).append(source)
        # It is asked there already: all that we know holds.
        self._db.execute_each(
            "UPDATE source SET url = :url, move = NULL WHERE id = :id",
            [{"id": s.id, "url": s.url} for s in asked],
        )
        # Another address: nothing we know of the old one holds.
        self._db.execute_each(
            "UPDATE source SET url = :url, due = :due, problems = '[]', hubs = '[]', failures = 0,"
            f" held = FALSE, {', '.join(f'{name} = NULL' for name in _OF_AN_ADDRESS)}"
            " WHERE id = :id",
            [{"id": s.id, "url": s.url, "due": moment} for s in others],
        )

    def claim(
        self,
        now: datetime,
        *,
        names: Collection[str],
        force: Collection[str] = (),
        unless_pushed_since: datetime | None = None,
    ) -> list[PollState]:
        rows = self._db.rows(
            "SELECT * FROM source WHERE NOT retired AND due <= :now"
            " AND NOT coalesce(polled >= :since AND EXISTS (SELECT 1 FROM lease"
            " WHERE source = source.id AND state = 'active' AND until > :now), FALSE)"
            " UNION SELECT * FROM source WHERE NOT retired AND id IN :force"
            " ORDER BY due, position",
            now=from_moment(now),
            since=maybe_from(unless_pushed_since),
            force=list(force),
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
            for row in self._db.rows("SELECT * FROM source"):
                self._keep(moved(to_state(row), by))

    def _keep(self, state: PollState) -> None:
        self._db.execute(_KEEP, **from_state(state))

    def slowdowns(self, now: datetime) -> list[Slowdown]:
        rows = self._db.rows("SELECT name, until, strikes FROM host")
        found = [
            Slowdown(host=r["name"], until=to_moment(r["until"]), strikes=r["strikes"])
            for r in rows
        ]
        return [slowdown for slowdown in found if remembered(slowdown, now)]

    def slow(self, slowdown: Slowdown) -> None:
        self._db.execute(
            "INSERT INTO host (name, until, strikes) VALUES (:host, :until, :strikes)"
            " ON CONFLICT (name) DO UPDATE SET until = excluded.until, strikes = excluded.strikes",
            host=slowdown.host,
            until=from_moment(slowdown.until),
            strikes=slowdown.strikes,
        )

    def robots(self, origin: str, *, public: bool) -> RobotsFile | None:
        row = self._db.row(
            "SELECT until, text FROM robots WHERE origin = :origin AND public = :public",
            origin=origin,
            public=public,
        )
        if row is None:
            return None
        until = to_moment(row["until"])
        return RobotsFile(origin=origin, public=public, until=until, text=row["text"])

    def keep_robots(self, file: RobotsFile) -> None:
        with self.transaction():
            self._db.execute(
                "INSERT INTO robots (origin, public, until, text)"
                " VALUES (:origin, :public, :until, :text) ON CONFLICT (origin, public)"
                " DO UPDATE SET until = excluded.until, text = excluded.text",
                origin=file.origin,
                public=file.public,
                until=from_moment(file.until),
                text=file.text,
            )
            stale = from_moment(file.until - timedelta(days=7))
            self._db.execute("DELETE FROM robots WHERE until < :stale", stale=stale)

    def _keep_feed(self, source: str, feed: Feed) -> None:
        row = self._db.row(
            "UPDATE source SET problems = :problems WHERE id = :source RETURNING feed",
            problems=codec.from_names(feed.problems),
            source=source,
        )
        if row is None:
            return
        text = codec.from_feed(feed)
        if row["feed"] and _credit(codec.to_feed(row["feed"])) != _credit(feed):
            # Every entry of it tells of its feed in atom:source.
            self._dirty |= listings.outputs_of(self._db, source)
            if self._posts():
                postings.make_due_of(self._db, source)
        if text != row["feed"]:
            self._db.execute(
                "UPDATE source SET feed = :feed WHERE id = :source", feed=text, source=source
            )

    def rules(self, source: str, digest: str) -> bool:
        stale = self._db.row(
            "UPDATE source SET rules = :digest WHERE id = :source"
            " AND (rules IS NULL OR rules != :digest) RETURNING id",
            digest=digest,
            source=source,
        )
        return stale is not None

    def states(self) -> dict[str, PollState]:
        rows = self._db.reader.rows("SELECT * FROM source WHERE NOT retired ORDER BY position")
        return {row["id"]: to_state(row) for row in rows}

    def feeds(self) -> dict[str, Feed]:
        rows = self._db.reader.rows("SELECT id, feed FROM source WHERE feed IS NOT NULL")
        return {row["id"]: codec.to_feed(row["feed"]) for row in rows}

    def feed(self, source: str) -> Feed:
        row = self._db.row("SELECT feed FROM source WHERE id = :source", source=source)
        return codec.to_feed(row["feed"] if row else None)

    # ── hubs ─────────────────────────────────────────────────────────────────

    def advertise(self, source: str, found: Advertised) -> None:
        leases.advertise(self._db, source, found)

    def advertised(self) -> dict[str, Advertised]:
        return leases.advertised(self._db.reader)

    def leases(self) -> list[Lease]:
        return leases.known(self._db.reader)

    def keep_leases(self, kept: Iterable[Lease], *, forgotten: Iterable[str] = ()) -> None:
        with self.transaction():
            leases.keep(self._db, kept, forgotten)

    def announcements(self) -> list[Announcement]:
        return hubs.announcements(self._db.reader)

    def keep_announcements(
        self, kept: Iterable[Announcement], *, forgotten: Iterable[tuple[str, str]] = ()
    ) -> None:
        with self.transaction():
            hubs.keep_announcements(self._db, kept, forgotten)

    def intents(self) -> list[Intent]:
        return hubs.intents(self._db.reader)

    def keep_intents(
        self, kept: Iterable[Intent], *, forgotten: Iterable[tuple[str, str]] = ()
    ) -> None:
        with self.transaction():
            hubs.keep_intents(self._db, kept, forgotten)

    def listeners(self) -> list[Listener]:
        return hubs.listeners(self._db.reader)

    def keep_listeners(
        self, kept: Iterable[Listener], *, forgotten: Iterable[tuple[str, str]] = ()
    ) -> None:
        with self.transaction():
            hubs.keep_listeners(self._db, kept, forgotten)

    def outlines(self) -> dict[str, tuple[Outline, ...]]:
        rows = self._db.reader.rows("SELECT * FROM outline ORDER BY list, position")
        lists = groupby(rows, key=lambda row: str(row["list"]))
        return {name: tuple(map(to_outline, group)) for name, group in lists}

    def origins(self, addresses: Iterable[str]) -> dict[str, str | None]:
        rows = self._db.reader.rows(
            "SELECT address, better FROM origin WHERE address IN :addresses",
            addresses=list(addresses),
        )
        return {row["address"]: row["better"] for row in rows}

    def keep_origins(self, found: Mapping[str, str | None], now: datetime) -> None:
        asked = [
            {"address": address, "better": better, "asked": from_moment(now)}
            for address, better in found.items()
        ]
        with self.transaction():  # an address may be longer than a unique index has a place for
            self._db.execute_each("DELETE FROM origin WHERE address = :address", asked)
            self._db.execute_each(
                "INSERT INTO origin (address, better, asked) VALUES (:address, :better, :asked)",
                asked,
            )

    def keep_outlines(self, source: str, outlines: Iterable[Outline]) -> None:
        self._db.execute("DELETE FROM outline WHERE list = :list", list=source)
        self._db.execute_each(
            "INSERT INTO outline (list, position, url, title, categories, includes)"
            " VALUES (:list, :position, :url, :title, :categories, :includes)",
            (
                {"list": source, "position": i, **from_outline(outline)}
                for i, outline in enumerate(outlines)
            ),
        )

    # ── entries ──────────────────────────────────────────────────────────────

    def link_keys(self, source: str, most: int) -> list[str | None]:
        rows = self._db.reader.rows(
            "SELECT url_key FROM entry WHERE source = :source ORDER BY published DESC LIMIT :most",
            source=source,
            most=most,
        )
        return [row["url_key"] for row in rows]

    def knows(self, source: str, keys: Collection[Keys]) -> bool:
        columns = ("source_entry_id", "url_key", "title_key")
        asked = " UNION ALL ".join(
            f"SELECT 1 AS known FROM entry WHERE source = :source AND {column} IN :{column}"
            for column in columns
        )
        wanted = {x: [v for k in keys if (v := getattr(k, x)) is not None] for x in columns}
        return self._db.reader.row(f"{asked} LIMIT 1", source=source, **wanted) is not None

    def digests(self, source: str, ids: Iterable[str]) -> dict[str, bytes]:
        rows = self._db.reader.rows(
            "SELECT source_entry_id, digest FROM entry WHERE source = :source"
            " AND source_entry_id IN :ids",
            source=source,
            ids=list(ids),
        )
        return {row["source_entry_id"]: row["digest"] for row in rows}

    def recognised(
        self, source: str, ids: Iterable[str], url_keys: Iterable[str]
    ) -> list[StoredEntry]:
        rows = self._db.rows(
            f"SELECT {ENTRY} FROM entry WHERE source = :source AND source_entry_id IN :ids"
            f" UNION SELECT {ENTRY} FROM entry WHERE source = :source AND url_key IN :url_keys"
            " ORDER BY 1",
            source=source,
            ids=list(ids),
            url_keys=list(url_keys),
        )
        return [to_entry(row) for row in rows]

    def titled(self, source: str, title_keys: Collection[str]) -> list[StoredEntry]:
        rows = self._db.rows(
            f"SELECT {ENTRY} FROM entry WHERE source = :source AND title_key IN :title_keys"
            " ORDER BY key",
            source=source,
            title_keys=list(title_keys),
        )
        return [to_entry(row) for row in rows]

    def shared(self, keys: Iterable[Keys]) -> set[str]:
        values = [v for k in keys for v in (k.url_key, k.global_id, k.title_key) if v is not None]
        rows = self._db.rows(
            "SELECT url_key AS value FROM entry WHERE url_key IN :values"
            " UNION SELECT global_id AS value FROM entry WHERE global_id IN :values"
            " UNION SELECT title_key AS value FROM entry WHERE title_key IN :values",
            values=values,
        )
        return {row["value"] for row in rows}

    def candidates(self, keys: Keys, *, near: datetime, within: timedelta) -> list[StoredEntry]:
        rows: list[Row] = []
        for column, value in (("url_key", keys.url_key), ("global_id", keys.global_id)):
            if value is not None:
                rows += self._db.rows(
                    f"SELECT {ENTRY} FROM entry WHERE {column} = :value ORDER BY key DESC LIMIT 20",
                    value=value,
                )
        if keys.title_key is not None:
            moment, most = from_moment(near), within // timedelta(microseconds=1)
            rows += self._db.rows(
                f"SELECT {ENTRY} FROM entry WHERE title_key = :title"
                " AND published BETWEEN :first AND :last"
                " ORDER BY abs(published - :near) LIMIT 100",
                title=keys.title_key,
                first=moment - most,
                last=moment + most,
                near=moment,
            )
        return list({row["key"]: to_entry(row) for row in rows}.values())

    def postings(self, places: Collection[Place]) -> dict[Place, list[int]]:
        by_week: dict[int, list[int]] = {}
        for week, mark in places:
            by_week.setdefault(week, []).append(mark)
        found: dict[Place, list[int]] = {}
        for week, marks in by_week.items():
            if not self._db.rows("SELECT 1 FROM sketch WHERE week = :week LIMIT 1", week=week):
                continue  # as most weeks to come
            rows = self._db.rows(
                "SELECT hash, entry FROM sketch WHERE week = :week AND hash IN :marks",
                week=week,
                marks=marks,
            )
            for row in rows:
                found.setdefault((week, row["hash"]), []).append(row["entry"])
        return found

    def imprints(self, entries: Collection[int]) -> list[Imprint]:
        rows = self._db.rows(
            "SELECT e.key, e.source, e.cluster, e.title, e.published, e.url_key, p.tokens, p.points"
            " FROM print p JOIN entry e ON e.key = p.entry WHERE p.entry IN :entries",
            entries=list(entries),
        )
        return [to_imprint(row) for row in rows]

    def keep_prints(self, kept: Collection[Kept]) -> None:
        self._db.execute_each(
            "INSERT INTO print (entry, tokens, points) VALUES (:entry, :tokens, :points)"
            " ON CONFLICT (entry) DO UPDATE SET tokens = excluded.tokens, points = excluded.points",
            [{"entry": x.entry, "tokens": x.tokens, "points": x.points} for x in kept],
        )
        self._db.execute_each(
            "DELETE FROM sketch WHERE week = :week AND hash = :hash AND entry = :entry",
            [{"week": week, "hash": mark, "entry": x.entry} for x in kept for week, mark in x.gone],
        )
        # In the order of the table: each of its pages is gone to once.
        self._db.execute_each(
            "INSERT INTO sketch (week, hash, entry) VALUES (:week, :hash, :entry)"
            " ON CONFLICT DO NOTHING",
            [
                {"week": week, "hash": mark, "entry": entry}
                for week, mark, entry in sorted((*place, x.entry) for x in kept for place in x.here)
            ],
        )

    def members(self, cluster: int) -> list[StoredEntry]:
        rows = self._db.rows(
            f"SELECT {ENTRY} FROM entry WHERE cluster = :cluster ORDER BY key", cluster=cluster
        )
        return [to_entry(row) for row in rows]

    def others_in(self, cluster: int, *, than: int, source: str | None = None) -> bool:
        one = "" if source is None else " AND source = :source"
        found = self._db.row(
            f"SELECT 1 FROM entry WHERE cluster = :cluster AND key <> :than{one} LIMIT 1",
            cluster=cluster,
            than=than,
            source=source,
        )
        return found is not None

    def one_source_in(self, one: int, other: int) -> bool:
        both = self._db.row(
            "SELECT source FROM entry WHERE cluster = :one"
            " INTERSECT SELECT source FROM entry WHERE cluster = :other LIMIT 1",
            one=one,
            other=other,
        )
        return both is not None

    def add(self, entry: StoredEntry, arrival: Arrival, *, surfaced: datetime) -> StoredEntry:
        if not entry.cluster:
            cluster, touched = listings.open_cluster(
                self._db, entry, arrival, surfaced=surfaced, private=self.private
            )
            self._dirty |= touched
            self._touched.add(cluster)
            entry = replace(entry, cluster=cluster)
        (row,) = self._db.rows(_ADD, **from_entry(entry, arrival, surfaced=surfaced))
        return replace(entry, key=row["key"])

    def change(self, entry: StoredEntry, arrival: Arrival, *, surfaced: datetime | None) -> None:
        self._db.execute(_CHANGE, **from_entry(entry, arrival, surfaced=surfaced))
        if surfaced:
            self._db.execute(
                "UPDATE cluster SET surfaced = :surfaced"
                " WHERE key = :cluster AND id IS NOT NULL AND surfaced < :surfaced",
                surfaced=from_moment(surfaced),
                cluster=entry.cluster,
            )

    def merge(self, clusters: Collection[int]) -> int:
        self._touched.update(clusters)
        return listings.merge(self._db, clusters)

    def part(self, entries: Collection[int]) -> int:
        return listings.part(self._db, entries)

    def unpart(self, clusters: Collection[int]) -> None:
        listings.unpart(self._db, clusters)

    def parted(self, clusters: Collection[int]) -> set[frozenset[int]]:
        return listings.parted(self._db, clusters)

    def set_reason(self, entries: Collection[int], reason: str | None) -> None:
        self._db.execute(
            "UPDATE entry SET reason = :reason WHERE key IN :entries",
            reason=reason,
            entries=list(entries),
        )

    def settle(self, clusters: Iterable[int], now: datetime) -> None:
        for cluster in set(clusters):
            self._touched.add(cluster)
            self._dirty |= listings.settle(self._db, cluster, now, private=self.private)

    def keep_private(self, outputs: Collection[str], now: datetime) -> None:
        wanted, before = frozenset(outputs), self.private
        if wanted == before:
            return
        self.set_meta({_PRIVATE: codec.from_names(sorted(wanted))})
        self.private = wanted
        self.settle(listings.within(self._db, wanted ^ before), now)

    @cached_property
    def private(self) -> frozenset[str]:
        """The outputs that are not for everyone."""
        return frozenset(codec.to_names(self.meta(_PRIVATE) or "[]"))

    def note(self, entry: int, now: datetime, event: str, detail: str) -> None:
        self._db.execute(
            "INSERT INTO ledger (entry, at, event, detail) VALUES (:entry, :at, :event, :detail)",
            entry=entry,
            at=from_moment(now),
            event=event,
            detail=detail,
        )

    def entries(self, *, source: str | None, output: str | None) -> Iterator[StoredEntry]:
        wanted = ["TRUE"]
        if source is not None:
            wanted.append("source = :source")
        if output is not None:
            wanted.append("cluster IN (SELECT cluster FROM listing WHERE output = :output)")
        rows = self._db.reader.stream(
            f"SELECT {ENTRY} FROM entry WHERE {' AND '.join(wanted)} ORDER BY cluster, key",
            source=source,
            output=output,
        )
        return map(to_entry, rows)

    def found(
        self, text: str, url_key: str | None, cluster: int | None = None
    ) -> list[StoredEntry]:
        called = "" if cluster is None else " OR key = :cluster"
        rows = self._db.reader.rows(
            f"SELECT {ENTRY} FROM entry WHERE cluster IN"
            f" (SELECT coalesce(merged, key) FROM cluster WHERE id = :text{called}"
            "  UNION SELECT cluster FROM entry WHERE source_entry_id = :text OR global_id = :text"
            "  OR url_key = :url_key) ORDER BY cluster, key",
            text=text,
            url_key=url_key,
            cluster=cluster,
        )
        return [to_entry(row) for row in rows]

    def known(self, entries: Collection[int]) -> list[StoredEntry]:
        rows = self._db.reader.rows(
            f"SELECT {ENTRY} FROM entry WHERE key IN :entries ORDER BY key", entries=list(entries)
        )
        return [to_entry(row) for row in rows]

    def counts(self) -> dict[str, int]:
        rows = self._db.reader.rows("SELECT source, count(*) AS number FROM entry GROUP BY source")
        return {row["source"]: row["number"] for row in rows}

    def story(self, cluster: int) -> Story:
        (row,) = self._db.reader.rows("SELECT * FROM cluster WHERE key = :key", key=cluster)
        sightings = self._db.reader.rows(
            f"SELECT {ENTRY} FROM entry WHERE cluster = :cluster ORDER BY key", cluster=cluster
        )
        return to_story(row, map(to_entry, sightings))

    def ledger(self, entry: int) -> list[tuple[datetime, str, str]]:
        rows = self._db.reader.rows(
            "SELECT at, event, detail FROM ledger WHERE entry = :entry ORDER BY rowid", entry=entry
        )
        return [(to_moment(row["at"]), row["event"], row["detail"]) for row in rows]

    # ── files ────────────────────────────────────────────────────────────────

    def stamps(self, source: str) -> dict[str, str]:
        rows = self._db.reader.rows(
            "SELECT path, stamp FROM file WHERE source = :source", source=source
        )
        return {row["path"]: row["stamp"] for row in rows}

    def stamp(self, source: str, files: Iterable[FileStamp]) -> None:
        self._db.execute_each(
            "INSERT INTO file (source, path, stamp, problems)"
            " VALUES (:source, :path, :stamp, :problems) ON CONFLICT (source, path)"
            " DO UPDATE SET stamp = excluded.stamp, problems = excluded.problems",
            [
                {
                    "source": source,
                    "path": f.path,
                    "stamp": f.stamp,
                    "problems": codec.from_names(f.problems),
                }
                for f in files
            ],
        )

    def forget(self, source: str, paths: Iterable[str]) -> None:
        self._db.execute_each(
            "DELETE FROM file WHERE source = :source AND path = :path",
            [{"source": source, "path": path} for path in paths],
        )

    def problems(self, source: str) -> list[str]:
        reader = self._db.reader
        own = reader.rows("SELECT problems FROM source WHERE id = :source", source=source)
        files = reader.rows(
            "SELECT problems FROM file WHERE source = :source AND problems != '[]' ORDER BY path",
            source=source,
        )
        return [problem for row in (*own, *files) for problem in codec.to_names(row["problems"])]

    # ── outputs ──────────────────────────────────────────────────────────────

    def due_releases(self, now: datetime) -> None:
        with self.transaction():
            released, touched = listings.release(self._db, now)
            self._touched |= released
            self._dirty |= touched

    def _flush(self) -> None:
        if self._dirty:
            self.mark(self._dirty, dirty=True)
            self._dirty = set()
        if self._touched:
            search.note(self._db, self._touched)
        if self._touched and self._posts():
            postings.make_due(self._db, self._touched)
        self._touched = set()

    def dirty(self) -> list[str]:
        rows = self._db.rows("SELECT name FROM output WHERE dirty ORDER BY name")
        return [row["name"] for row in rows]

    def mark(self, outputs: Iterable[str], *, dirty: bool) -> None:
        self._db.execute_each(
            "INSERT INTO output (name, dirty) VALUES (:name, :dirty)"
            " ON CONFLICT (name) DO UPDATE SET dirty = excluded.dirty",
            [{"name": name, "dirty": dirty} for name in sorted(outputs)],
        )

    def issue(self, output: str, updated: datetime | None) -> None:
        self._db.execute(
            "UPDATE output SET dirty = FALSE, updated = :updated WHERE name = :name",
            updated=maybe_from(updated),
            name=output,
        )

    def editions(self) -> dict[str, datetime | None]:
        rows = self._db.reader.rows("SELECT name, updated FROM output")
        return {row["name"]: maybe_to(row["updated"]) for row in rows}

    def slugs(self) -> dict[str, str]:
        rows = self._db.reader.rows("SELECT name, slug FROM output WHERE slug IS NOT NULL")
        return {row["name"]: row["slug"] for row in rows}

    def name(self, output: str, slug: str) -> None:
        self._db.execute(
            "INSERT INTO output (name, slug) VALUES (:name, :slug)"
            " ON CONFLICT (name) DO UPDATE SET slug = coalesce(output.slug, excluded.slug)",
            name=output,
            slug=slug,
        )

    def stories(self, output: str, limit: int, *, unfiled: bool = False) -> list[Story]:
        return listings.newest(self._db, output, limit, unfiled=unfiled)

    def standing(self, output: str, limit: int | None, *, unfiled: bool = False) -> list[Standing]:
        return listings.standing(self._db, output, limit, unfiled=unfiled)

    def listed(self) -> Iterator[tuple[str, int]]:
        rows = self._db.reader.stream(
            "SELECT l.output, l.cluster FROM listing l JOIN cluster c ON c.key = l.cluster"
            " WHERE c.release IS NULL AND c.merged IS NULL"
        )
        return ((row["output"], row["cluster"]) for row in rows)

    def filed(self, page: Page) -> list[Story]:
        return listings.filed(self._db, page.output, page.number)

    def overflow(self, output: str, *, most: int, keep: int) -> list[tuple[int, datetime]]:
        return filing.overflow(self._db, output, most=most, keep=keep)

    def file(self, page: Page, clusters: Collection[int]) -> None:
        filing.file(self._db, page, clusters)

    def pages(self, output: str, most: int) -> list[Page]:
        return filing.pages(self._db, output, most)

    def pages_of_month(self, output: str, month: str) -> int:
        return filing.pages_of_month(self._db, output, month)

    def around(self, page: Page) -> tuple[Page | None, Page | None]:
        return filing.around(self._db, page)

    def stale_pages(self) -> list[Page]:
        return filing.stale_pages(self._db)

    def age(self, documents: Iterable[str] | None) -> None:
        filing.age(self._db, documents)

    def written(self, page: Page) -> None:
        filing.written(self._db, page)

    def documents(self, *, archived: bool) -> list[Document]:
        return filing.documents(self._db, archived=archived)

    def documents_of(self, output: str) -> list[Document]:
        return filing.documents_of(self._db, output)

    def keep_documents(self, kept: Iterable[Document]) -> None:
        filing.keep_documents(self._db, kept)

    def forget_documents(self, paths: Iterable[str]) -> None:
        filing.forget_documents(self._db, paths)

    def withdrawn(self, output: str, most: int) -> list[Deleted]:
        return filing.withdrawn(self._db, output, most)

    def pin(self, cluster: int, *, id: str, leader: int, published: datetime) -> None:
        self._db.execute(
            "UPDATE cluster SET id = :id, leader = :leader, published = :published"
            " WHERE key = :cluster",
            id=id,
            leader=leader,
            published=from_moment(published),
            cluster=cluster,
        )
        search.note(self._db, [cluster])

    def taken(self, id: str) -> bool:
        return self._db.row("SELECT key FROM cluster WHERE id = :id", id=id) is not None

    # ── posts ────────────────────────────────────────────────────────────────

    def want_posts(self, settings: str | None) -> None:
        if (settings or "") == self._posts():
            return
        with self.transaction():
            self.set_meta({_POSTS: settings or ""})
            if settings:
                postings.make_all_due(self._db)

    def _posts(self) -> str:
        row = self._db.row("SELECT value FROM meta WHERE name = :name", name=_POSTS)
        return str(row["value"]) if row else ""

    def due_posts(self, *, after: int, most: int) -> list[Posting]:
        return postings.due(self._db, after=after, most=most)

    def shown(self, clusters: Collection[int], *, output: str = EVERYTHING) -> list[Story]:
        return listings.shown(self._db, clusters, output)

    def name_post(self, posting: Posting) -> None:
        postings.name(self._db, posting)

    def post_named(self, name: str) -> bool:
        return postings.named(self._db, name)

    def posted(self, clusters: Collection[int]) -> None:
        postings.done(self._db, clusters)

    # ── search ───────────────────────────────────────────────────────────────

    def unsearched(self, limit: int) -> list[tuple[int, Story | None]]:
        with self.transaction():
            return search.due(self._db, limit)

    def keep_words(self, words: Iterable[Words]) -> None:
        with self.transaction():
            search.keep(self._db, words)

    def search(
        self,
        query: Query,
        *,
        output: str = EVERYTHING,
        limit: int,
        offset: int = 0,
        seconds: float = 1.0,
    ) -> list[Story]:
        return search.found(
            self._db, query, output=output, limit=limit, offset=offset, seconds=seconds
        )

    # ── our own ──────────────────────────────────────────────────────────────

    def meta(self, name: str) -> str | None:
        row = self._db.reader.row("SELECT value FROM meta WHERE name = :name", name=name)
        return None if row is None else str(row["value"])

    def set_meta(self, values: Mapping[str, str]) -> None:
        self._db.execute_each(
            "INSERT INTO meta (name, value) VALUES (:name, :value)"
            " ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            [{"name": name, "value": value} for name, value in values.items()],
        )


def _credit(feed: Feed) -> tuple[Any, ...]:
    """What of a feed's metadata can be seen in a document."""
    return (feed.id, feed.title, feed.links, feed.authors, feed.rights)
