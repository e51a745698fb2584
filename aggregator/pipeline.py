"""The first of the two straight lines: fetch → parse → rules → cluster → save → store.

Parsing and the store have a thread each beside the event loop; one transaction takes in what
many polls brought. The second line is `publish`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TypeVar
from urllib.parse import unquote, urlsplit
from zoneinfo import ZoneInfo

from aggregator import cluster, files, formats, polling
from aggregator.errors import FetchError, ParseError, SourceError
from aggregator.formats import posts
from aggregator.ingest import Poll, ingest, rule_anew
from aggregator.model import (
    Arrival,
    Changes,
    Entry,
    Failed,
    Feed,
    FileStamp,
    Outcome,
    PollState,
    Request,
    Response,
    Source,
    Unchanged,
    Updated,
)
from aggregator.rules import Ruler
from aggregator.rules.clean import clean, clean_feed
from aggregator.stores import Store

Fetch = Callable[[Request], Awaitable[Response]]
Clock = Callable[[], datetime]
T = TypeVar("T")

_TOGETHER = 20  # polls in one transaction
_POSTS_TOGETHER = 200  # post files read and saved at a time


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """A source, its rules, and a digest that is equal as long as the rules are."""

    source: Source
    ruler: Ruler
    rules_digest: str
    zone: str = "UTC"  # for dates that give no offset


class Pipeline:
    """Polls subscriptions into a store. Use it as a context: it has threads and a saver."""

    def __init__(
        self,
        store: Store,
        fetch: Fetch,
        *,
        subscriptions: Mapping[str, Subscription],
        clock: Clock,
        window: timedelta,
        store_thread: Executor,
    ) -> None:
        self.store = store
        self.fetch = fetch
        self.subscriptions = subscriptions
        self.clock = clock
        self.window = window
        self._store_thread = store_thread
        self._parse_thread = ThreadPoolExecutor(2, thread_name_prefix="parse")
        # Bounded: whoever fetches faster than we save waits, instead of filling the memory.
        self._queue: asyncio.Queue[tuple[Poll, asyncio.Future[Changes]]] = asyncio.Queue(64)

    async def __aenter__(self) -> Pipeline:
        await self.in_store(self._enrol)
        self._saver = asyncio.create_task(self._save_all())
        return self

    async def __aexit__(self, *_: object) -> None:
        self._saver.cancel()
        await asyncio.gather(self._saver, return_exceptions=True)
        self._parse_thread.shutdown()

    def _enrol(self) -> None:
        now = self.clock()
        subscriptions = self.subscriptions.values()
        self.store.enrol([s.source for s in subscriptions], now)
        for s in subscriptions:
            with self.store.transaction():
                if self.store.rules(s.source.id, s.rules_digest):
                    rule_anew(self.store, s.source.id, s.ruler, now)

    async def poll_due(
        self,
        *,
        names: Iterable[str] | None = None,
        force: Collection[str] = (),
        told: Callable[[Outcome], None] = lambda outcome: None,
    ) -> list[Outcome]:
        """Poll what is due among `names` (all by default), and what is in `force` as well.

        `told` hears of each outcome as it comes. One source's trouble is its own outcome.
        """
        wanted = set(self.subscriptions if names is None else names)
        states = await self.in_store(
            lambda: self.store.claim(self.clock(), names=wanted, force=force)
        )

        async def one(state: PollState) -> Outcome:
            outcome = await self._poll(self.subscriptions[state.source], state)
            told(outcome)
            return outcome

        return list(await asyncio.gather(*(one(state) for state in states)))

    async def _poll(self, subscription: Subscription, state: PollState) -> Outcome:
        source = subscription.source
        poll = self._poll_posts if source.kind == "posts" else self._poll_feed
        try:
            return await poll(subscription, state)
        except SourceError as error:
            await self._keep_failure(source, state, error)
            return Failed(source=source.id, error=str(error))
        except Exception as error:  # our own bug: it must not stop the others
            trouble = SourceError(f"internal error, please report it: {error!r}")
            await self._keep_failure(source, state, trouble)
            return Failed(source=source.id, error=str(trouble))

    async def _keep_failure(self, source: Source, state: PollState, error: SourceError) -> None:
        failed = polling.after_failure(source, state, error, self.clock())
        await self._save(Poll(source=source.id, state=failed))

    async def _poll_feed(self, subscription: Subscription, state: PollState) -> Outcome:
        source = subscription.source
        response = await self.fetch(polling.request_for(source, state))
        kept = polling.after_success(source, state, response, self.clock())
        if polling.unchanged(response, state):
            await self._save(Poll(source=source.id, state=kept))
            return Unchanged(source=source.id)
        poll = await self._in_parser(lambda: self._read_feed(subscription, state, kept, response))
        return Updated(source=source.id, changes=await self._save(poll))

    def _read_feed(
        self, subscription: Subscription, state: PollState, kept: PollState, response: Response
    ) -> Poll:
        feed = formats.parse(response, zone=ZoneInfo(subscription.zone))
        own = (subscription.source.url, response.url, *(x.href for x in feed.links))
        ids = cluster.ids_of(feed.entries)
        return Poll(
            source=kept.source,
            state=kept,
            feed=clean_feed(replace(feed, entries=())),
            arrivals=self._arrivals(subscription, feed, ids, feed_urls=own),
            present=frozenset(ids),
            problems=feed.problems,
            first=state.succeeded is None,
        )

    def _arrivals(
        self,
        subscription: Subscription,
        feed: Feed,
        ids: Sequence[str],
        *,
        feed_urls: Sequence[str] = (),
    ) -> tuple[Arrival, ...]:
        """Those entries that are new, or other than we know them; each id once."""
        known = self.store.digests(subscription.source.id, ids)
        found: dict[str, Arrival] = {}
        for entry, name in zip(feed.entries, ids, strict=True):
            digest = cluster.digest_of(entry)
            if known.get(name) == digest:
                continue
            cleaned = clean(entry, feed_urls=feed_urls)
            ruling = subscription.ruler(cleaned)
            arrival = Arrival(
                entry=cleaned,
                keys=cluster.keys_of(cleaned, source_entry_id=name, digest=digest),
                outputs=ruling.outputs,
                dropped=ruling.dropped,
            )
            if name not in found or _later(cleaned, found[name].entry):
                found[name] = arrival
        return tuple(found.values())

    # ── posts ────────────────────────────────────────────────────────────────

    async def _poll_posts(self, subscription: Subscription, state: PollState) -> Outcome:
        source = subscription.source
        folder = Path(unquote(urlsplit(source.url).path))
        changed = await self._in_parser(lambda: self._changed_files(source, folder))
        totals: list[Changes] = []
        while batch := list(islice(changed, _POSTS_TOGETHER)):
            poll = await self._in_parser(partial(self._read_posts, subscription, state, batch))
            totals.append(await self._save(poll))
        kept = polling.after_success(source, state, Response(url=source.url), self.clock())
        await self._save(Poll(source=source.id, state=kept))
        if not totals:
            return Unchanged(source=source.id)
        return Updated(source=source.id, changes=_sum(totals))

    def _changed_files(self, source: Source, folder: Path) -> Iterator[files.Found]:
        try:
            stamps = self.store.stamps(source.id)
            found = [f for f in files.scan(folder) if posts.publishable_name(f.path)]
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            raise FetchError(
                f"{folder.name}: {reason}; the folder of posts is read there"
            ) from error
        return iter([f for f in found if stamps.get(f.path) != f.stamp])

    def _read_posts(
        self, subscription: Subscription, state: PollState, batch: Sequence[files.Found]
    ) -> Poll:
        entries: list[Entry] = []
        stamps: list[FileStamp] = []
        problems: list[str] = []
        for found in batch:
            try:
                feed = posts.parse(
                    found.file.read_bytes(), path=found.path, options=subscription.source.posts
                )
            except OSError as error:  # no stamp: it is tried again next time
                problems.append(f"{found.path}: {(error.strerror or str(error)).lower()}")
                continue
            except ParseError as error:
                feed = Feed(problems=(str(error),))
            entries += feed.entries
            problems += feed.problems
            stamps.append(FileStamp(path=found.path, stamp=found.stamp, problems=feed.problems))
        ids = cluster.ids_of(entries)
        read = Feed(entries=tuple(entries))
        return Poll(
            source=subscription.source.id,
            state=state,
            arrivals=self._arrivals(subscription, read, ids),
            present=frozenset(ids),
            stamps=tuple(stamps),
            problems=tuple(problems),
            first=state.succeeded is None,
        )

    # ── threads ──────────────────────────────────────────────────────────────

    async def in_store(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._store_thread, work)

    async def _in_parser(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._parse_thread, work)

    async def _save(self, poll: Poll) -> Changes:
        saved: asyncio.Future[Changes] = asyncio.get_running_loop().create_future()
        await self._queue.put((poll, saved))
        return await saved

    async def _save_all(self) -> None:
        while True:
            waiting = [await self._queue.get()]
            while len(waiting) < _TOGETHER and not self._queue.empty():
                waiting.append(self._queue.get_nowait())
            polls = [poll for poll, _ in waiting]
            try:
                outcomes: Sequence[Changes | Exception] = await self.in_store(
                    partial(ingest, self.store, polls, now=self.clock(), window=self.window)
                )
            except Exception as error:  # the store itself: everyone hears of it
                outcomes = [error] * len(waiting)
            for (_, saved), outcome in zip(waiting, outcomes, strict=True):
                if saved.done():
                    continue
                if isinstance(outcome, Exception):
                    saved.set_exception(outcome)
                else:
                    saved.set_result(outcome)


def _later(a: Entry, b: Entry) -> bool:
    """Of two versions of one entry in one document, the one updated last counts."""
    return bool(a.updated and (not b.updated or a.updated > b.updated))


def _sum(changes: Sequence[Changes]) -> Changes:
    return Changes(
        new=sum(c.new for c in changes),
        changed=sum(c.changed for c in changes),
        merged=sum(c.merged for c in changes),
        dropped=sum(c.dropped for c in changes),
        problems=tuple(p for c in changes for p in c.problems),
    )
