"""The daemon's clockwork: one tick under APScheduler claims what is due, polls, publishes.

Due times are in the store, so a restart polls nothing that is not due.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TypeVar

from apscheduler.schedulers.asyncio import AsyncIOScheduler

from aggregator import app, reading, report, tasks
from aggregator.announcer import Announcer
from aggregator.distributor import Distributor
from aggregator.errors import AggregatorError
from aggregator.metrics import Metrics
from aggregator.model import Outcome, Updated
from aggregator.places import path_of
from aggregator.subscriber import Subscriber
from aggregator.watch import Followed, Watch

T = TypeVar("T")

_TICK = 1  # seconds
_PATIENCE = timedelta(seconds=10)  # how long news waits for polls that are still under way
_SOON = 0.3  # seconds in which what is saved is published together
_SHARE = 5  # of the time, that much as publishing takes lies between
_LEAVE = 5  # seconds for what is running when we are told to stop, or to change
_RESPITE = timedelta(minutes=1)  # without polls when the store cannot keep them
_ASKERS = 4  # who are answered from the store at once
_SET = timedelta(seconds=30)  # what is less is drift


def _steady() -> float:
    """Seconds by a clock that nobody sets, and that goes on while the machine sleeps."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


class Daemon:
    """Polls and publishes from `start` on, until it is stopped; takes in a changed config as it
    goes. Use it as a context: it holds the store."""

    def __init__(
        self,
        config: Path,
        given: app.Settings,
        *,
        steady: Callable[[], float] = _steady,
        clock: Callable[[], datetime] = app.now,
    ) -> None:
        self._config = config
        self.settings = given
        self._listening = given.config.serve.listen
        self.aggregator = app.Aggregator(given, clock=clock)
        self.metrics = Metrics()
        self.subscriber: Subscriber | None = None  # none while another config is taken in
        self.announcer: Announcer | None = None
        self.distributor: Distributor | None = None
        self.ready = False  # the first documents stand
        self.ticked: datetime | None = None
        self._stamp = _stamp(config)
        self._steady = steady
        self._clock = clock
        self._clocks = (clock(), steady())
        self._scheduler = AsyncIOScheduler(timezone="UTC")
        self._polls: dict[str, asyncio.Task[None]] = {}
        self._watch = Watch()
        self._touched: set[str] = set()  # folders of posts that changed since they were read
        self._last_publish = clock() - _PATIENCE
        self._published = 0
        self._not_before = self._last_publish
        self._news = True
        self._took = 0.0  # seconds, the last publication
        self._hurry: asyncio.Task[None] | None = None
        self._reload = False
        self._ticking = asyncio.Lock()
        self._asking = asyncio.Semaphore(_ASKERS)  # the store is not closed under an answer

    async def __aenter__(self) -> Daemon:
        await self.aggregator.__aenter__()
        return self

    def start(self) -> None:
        self._scheduler.add_job(
            self.tick,
            "interval",
            seconds=_TICK,
            max_instances=1,
            coalesce=True,
            misfire_grace_time=None,
            next_run_time=app.now(),
        )
        self._scheduler.start()
        self._follow()

    async def __aexit__(self, *_: object) -> None:
        """Let what is running end, publish what it brought, and leave."""
        self._watch.close()
        if self._scheduler.running:
            async with self._ticking:  # one that is under way would be cancelled anywhere
                self._scheduler.shutdown(wait=False)
                await tasks.end([self._hurry] if self._hurry else [], within=0)
            await self._end_polls()
            await self._hear_no_hubs()
            try:
                await self._publish()
            except AggregatorError as error:
                report.log_trouble("not published", error=str(error))
        await self._leave_hubs()
        await self.aggregator.__aexit__(None, None, None)

    async def ask(self, work: Callable[[], T]) -> T:
        """What `work` finds in the store, in a thread of its own."""
        async with self._asking:
            return await asyncio.to_thread(work)

    def reload(self) -> None:
        """Take in the config anew at the next tick."""
        self._reload = True

    async def tick(self) -> None:
        """Claim what is due, and publish when nothing is under way or news has waited enough."""
        async with self._ticking:
            await self._tick()

    async def _tick(self) -> None:
        try:
            await self._take_in_config()
            hubs = self.subscriber or await self._join_hubs()
            await self._follow_the_clock()
            await self._start_polls(hubs)
            self._tick_hubs()
            waited = self._clock() - self._last_publish >= _PATIENCE
            if waited or (self._news and not self._polls):
                await self._publish()
                self._published += 1  # the first time at once, whatever is under way
                self.ready = self.ready or not self._polls or self._published > 1
            if self.settings.config.serve.search:
                await self.aggregator.index()
            self.ticked = self._clock()
        except AggregatorError as error:
            self._not_before = self._clock() + _RESPITE
            report.log_trouble("tick failed", error=str(error))
        except Exception as error:  # our own bug: the next tick tries again
            report.log_trouble("tick failed, please report it", error=repr(error))

    async def _follow_the_clock(self) -> None:
        """When it is set, every time that we know is set with it: else all sources would be due at
        once, or none for long."""
        (wall, steady), self._clocks = self._clocks, (self._clock(), self._steady())
        by = self._clocks[0] - wall - timedelta(seconds=self._clocks[1] - steady)
        if abs(by) >= _SET:
            await self.aggregator.clock_set(by)
            self._last_publish, self._not_before = self._last_publish + by, self._not_before + by
            report.log_event("the clock was set", seconds=round(by.total_seconds()))

    async def _join_hubs(self) -> Subscriber:
        self.announcer = await self.aggregator.announcer(self.metrics).__aenter__()
        self.distributor = await self.aggregator.distributor(self.metrics).__aenter__()
        self.subscriber = await Subscriber(
            self.aggregator.pipeline,
            callback=self.settings.config.serve.callback,
            metrics=self.metrics,
            news=self._note_news,
        ).__aenter__()
        return self.subscriber

    def _tick_hubs(self) -> None:
        for hubs in (self.subscriber, self.announcer, self.distributor):
            if hubs:
                hubs.tick()

    async def _leave_hubs(self) -> None:
        """None is asked, heard or told any more; what they granted stays."""
        await self._hear_no_hubs()
        left = (self.announcer, self.distributor)
        self.announcer = self.distributor = None
        for hubs in left:
            if hubs:
                await hubs.__aexit__(None, None, None)

    async def _hear_no_hubs(self) -> None:
        subscriber, self.subscriber = self.subscriber, None
        if subscriber:
            await subscriber.__aexit__(None, None, None)

    def _note_news(self) -> None:
        """Entries were saved: they are published soon, whoever is still polled, but for the first
        documents, which wait for all."""
        self._news = True
        if self.ready and not self._hurry:
            since = (self._clock() - self._last_publish).total_seconds()
            rest = self._took * _SHARE - since if since >= 0 else 0.0
            self._hurry = tasks.begin("not published", self._publish_after(max(rest, _SOON)))
            self._hurry.add_done_callback(self._hurried)

    def _hurried(self, _: object) -> None:
        self._hurry = None

    async def _publish_after(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
        async with self._ticking:
            if self._news:
                await self._publish()

    async def _start_polls(self, hubs: Subscriber) -> None:
        if self._clock() < self._not_before:
            return
        due = await self.aggregator.due(unless_pushed_since=hubs.heard_since)
        self._hear()
        for name in dict.fromkeys([*due, *sorted(self._touched)]):
            if name not in self._polls:
                self._touched.discard(name)
                self._start_poll(name, force=False)
        for name in await hubs.pinged():
            if name not in self._polls:
                hubs.polled(name)
                self._start_poll(name, force=True)

    def _start_poll(self, name: str, *, force: bool) -> None:
        task = asyncio.create_task(self._poll(name, force=force))
        self._polls[name] = task
        task.add_done_callback(partial(self._ended, name))

    def _follow(self) -> None:
        """Watch the folders of posts: whoever has just saved one expects it to be seen."""
        self._watch.follow(
            {
                source.id: Followed(path_of(source.url), reading.wanted(source))
                for source in self.settings.sources.values()
                if source.kind == "posts"
            }
        )

    def _hear(self) -> None:
        for news in self._watch.news():
            if news.name in self.settings.sources and not news.trouble:
                self._touched.add(news.name)
            elif news.trouble:
                report.log_trouble(
                    "folder not watched; looked at every ten seconds instead",
                    source=news.name,
                    error=news.trouble,
                )

    def _ended(self, name: str, task: asyncio.Task[None]) -> None:
        """One that the store could not keep is still due: not again in a second."""
        self._polls.pop(name, None)
        if not task.cancelled() and (error := task.exception()):
            self._not_before = self._clock() + _RESPITE
            report.log_trouble("poll not kept", source=name, error=str(error))

    async def _end_polls(self) -> None:
        """Wait for the polls that are under way, and end those that take long."""
        if self._polls:
            tasks = tuple(self._polls.values())
            await asyncio.wait(tasks, timeout=_LEAVE)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _poll(self, name: str, *, force: bool) -> None:
        await self.aggregator.poll_one(name, force=force, told=self._tell)

    def _tell(self, outcome: Outcome) -> None:
        report.log(outcome)
        self.metrics.polled(outcome)
        self._news = True
        if isinstance(outcome, Updated):
            self._note_news()
            if self.subscriber:
                self.subscriber.look_soon()

    async def _publish(self) -> None:
        self._news = False
        began = time.monotonic()
        try:
            published = await self.aggregator.publish()
        finally:
            self._last_publish, self._took = self._clock(), time.monotonic() - began
        report.log_published(published)
        self.metrics.published(published)
        for hubs in (self.announcer, self.distributor):
            if hubs and published.written:
                hubs.look_soon()

    async def _take_in_config(self) -> None:
        stamp = _stamp(self._config)
        if not self._reload and stamp == self._stamp:
            return
        self._reload, self._stamp = False, stamp
        try:
            given = app.settings(self._config)
            await self._change_to(given)
        except AggregatorError as error:
            report.log_trouble("config kept as it was", error=str(error))
            return
        report.log_event("config taken in", sources=len(given.sources))
        if given.config.serve.listen != self._listening:
            report.log_trouble(
                "serve.listen changed; restart to listen there",
                listening=self._listening,
                wanted=given.config.serve.listen,
            )

    async def _change_to(self, given: app.Settings) -> None:
        """Go on under other settings; under the old ones when the new do not work."""
        await self._end_polls()
        await self._leave_hubs()
        async with AsyncExitStack() as asking:
            for _ in range(_ASKERS):
                await asking.enter_async_context(self._asking)
            await self.aggregator.__aexit__(None, None, None)
            try:
                self.aggregator = await app.Aggregator(given, clock=self._clock).__aenter__()
                self.settings = given
            except AggregatorError:
                self.aggregator = await app.Aggregator(
                    self.settings, clock=self._clock
                ).__aenter__()
                raise
            finally:
                self._news = True
                self._touched.clear()
                self._follow()


def _stamp(config: Path) -> tuple[int, int]:
    try:
        status = config.stat()
    except OSError:
        return (0, 0)
    return (status.st_mtime_ns, status.st_size)
