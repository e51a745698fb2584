"""Tells other people's hubs which of our documents changed: beside all else, each hub by itself,
until it took the news.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial

from aggregator import announcements, files, report, tasks
from aggregator.details import Fetch
from aggregator.errors import FetchError, HostRests
from aggregator.metrics import Metrics
from aggregator.model import Announcement
from aggregator.pipeline import Pipeline
from aggregator.topics import Topics

_EVERY = timedelta(seconds=10)


class Announcer:
    """Use it as a context; `topics` is called in the store's thread."""

    def __init__(
        self,
        pipeline: Pipeline,
        fetch: Fetch,
        *,
        topics: Callable[[], Topics],
        metrics: Metrics | None = None,
    ) -> None:
        self._store = pipeline.store
        self._in_thread = pipeline.in_thread
        self._clock = pipeline.clock
        self._fetch = fetch
        self._topics = topics
        self._metrics = metrics
        self._known: dict[tuple[str, str], Announcement] = {}
        self._telling: dict[str, asyncio.Task[None]] = {}  # by hub
        self._rounds = tasks.Rounds("hubs not told", self._look, every=_EVERY, clock=self._clock)

    async def __aenter__(self) -> Announcer:
        known = await self._in_thread(self._store.announcements)
        self._known = {(x.hub, x.topic): x for x in known}
        return self

    async def __aexit__(self, *_: object) -> None:
        """Who was not told yet is told when we are back."""
        await self._rounds.end()
        await tasks.end(self._telling.values(), within=0)

    def look_soon(self) -> None:
        """A document may have changed."""
        self._rounds.soon()

    def tick(self) -> None:
        self._rounds.tick()

    async def once(self, within: timedelta) -> list[str]:
        """Tell what is to be told now, and then how that went where it did not go well."""
        await self._look()
        await tasks.end(self._telling.values(), within=within.total_seconds())
        return announcements.notes(self._known.values())

    async def _look(self) -> datetime | None:
        """When there is something to be told next."""
        topics, stamps = await self._in_thread(self._stamped)
        wanted = {(hub, topic) for hub in topics.others for topic in stamps}
        await self._keep(forgotten=[x for x in self._known if x not in wanted])
        now = self._clock()
        for hub in topics.others:
            pending = announcements.pending(hub, stamps, self._known, now)
            if pending and hub not in self._telling:
                task = tasks.begin("hub not told", self._tell(pending, stamps))
                self._telling[hub] = task
                task.add_done_callback(partial(self._told, hub))
        return min((x.due for x in self._known.values() if x.due), default=None)

    def _stamped(self) -> tuple[Topics, dict[str, str]]:
        """By topic, what the files are like, of those that are there."""
        topics = self._topics()
        found = {x: files.stamp(topics.folder / x) for x in topics.types} if topics.others else {}
        return topics, {topics.address(path): stamp for path, stamp in found.items() if stamp}

    def _told(self, hub: str, task: asyncio.Task[None]) -> None:
        del self._telling[hub]
        if not task.cancelled():
            self.look_soon()  # a document may have changed meanwhile

    async def _tell(self, pending: Sequence[Announcement], stamps: Mapping[str, str]) -> None:
        left = list(pending)
        for batch in announcements.batches(pending):
            error = await self._ask(batch)
            if error is None:
                await self._keep(*(announcements.told(x, stamps[x.topic]) for x in batch))
                self._tell_of("told", batch)
                left = [x for x in left if x not in batch]
                continue
            concerned = left if announcements.of_the_hub(error) else batch
            now = self._clock()
            failed = [announcements.failed(x, stamps[x.topic], error, now) for x in concerned]
            await self._keep(*failed)
            self._tell_of("given_up" if announcements.given_up(failed[0]) else "failed", failed)
            if concerned is left:
                return
            left = [x for x in left if x not in batch]

    async def _ask(self, batch: Sequence[Announcement]) -> FetchError | HostRests | None:
        try:
            await self._fetch(announcements.request_for(batch))
        except (FetchError, HostRests) as error:
            return error
        return None

    def _tell_of(self, outcome: str, some: Sequence[Announcement]) -> None:
        first = some[0]
        if self._metrics is None:
            return
        self._metrics.announced(outcome, len(some))
        hub = announcements.name(first.hub)
        if outcome == "told":
            report.log_event("hub told", hub=hub, documents=len(some))
        else:
            report.log_trouble("hub not told", hub=hub, documents=len(some), error=first.error)

    async def _keep(self, *kept: Announcement, forgotten: Sequence[tuple[str, str]] = ()) -> None:
        for x in kept:
            self._known[x.hub, x.topic] = x
        for key in forgotten:
            del self._known[key]
        if kept or forgotten:
            keep = partial(self._store.keep_announcements, kept, forgotten=forgotten)
            await self._in_thread(keep)
