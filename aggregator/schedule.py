"""The daemon's clockwork: one tick under APScheduler claims what is due, polls, publishes.

Due times are in the store, so a restart polls nothing that is not due.
"""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

from apscheduler.schedulers.asyncio import AsyncIOScheduler

from aggregator import app, report
from aggregator.errors import AggregatorError
from aggregator.model import Outcome

_TICK = 1  # seconds
_PATIENCE = timedelta(seconds=10)  # how long news waits for polls that are still under way
_LEAVE = 10  # seconds for what is running when we are told to stop


class Daemon:
    """Polls and publishes until it is stopped; takes in a changed config as it goes."""

    def __init__(self, config: Path, given: app.Settings) -> None:
        self._config = config
        self.settings = given
        self.aggregator = app.Aggregator(given)
        self.published_once = False
        self.ticked: datetime | None = None
        self._stamp = _stamp(config)
        self._polls: dict[str, asyncio.Task[None]] = {}
        self._last_publish = app.now() - _PATIENCE
        self._news = True
        self._reload = False

    async def __aenter__(self) -> Daemon:
        await self.aggregator.__aenter__()
        self._scheduler = AsyncIOScheduler(timezone="UTC")
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
        return self

    async def __aexit__(self, *_: object) -> None:
        """Let what is running end, publish what it brought, and leave."""
        self._scheduler.shutdown(wait=False)
        if self._polls:
            ended = await asyncio.wait(self._polls.values(), timeout=_LEAVE)
            for task in ended[1]:
                task.cancel()
        await self._publish()
        await self.aggregator.__aexit__(None, None, None)

    def reload(self) -> None:
        """Take in the config anew at the next tick."""
        self._reload = True

    async def tick(self) -> None:
        """Claim what is due, and publish when nothing is under way or news has waited enough."""
        try:
            await self._take_in_config()
            await self._start_polls()
            waited = app.now() - self._last_publish >= _PATIENCE
            if waited or (self._news and not self._polls):
                await self._publish()
            self.ticked = app.now()
        except AggregatorError as error:
            report.log_trouble("tick failed", error=str(error))
        except Exception as error:  # our own bug: the next tick tries again
            report.log_trouble("tick failed, please report it", error=repr(error))

    async def _start_polls(self) -> None:
        due = await self.aggregator.due()
        for name in due:
            if name not in self._polls:
                task = asyncio.create_task(self._poll(name))
                self._polls[name] = task
                task.add_done_callback(partial(self._ended, name))

    def _ended(self, name: str, _: asyncio.Task[None]) -> None:
        self._polls.pop(name, None)

    async def _poll(self, name: str) -> None:
        await self.aggregator.poll(names=[name], told=self._tell)

    def _tell(self, outcome: Outcome) -> None:
        report.log(outcome)
        self._news = True

    async def _publish(self) -> None:
        self._news = False
        self._last_publish = app.now()
        published = await self.aggregator.publish()
        report.log_published(published)
        self.published_once = self.published_once or not self._polls

    async def _take_in_config(self) -> None:
        stamp = _stamp(self._config)
        if not self._reload and stamp == self._stamp:
            return
        self._reload, self._stamp = False, stamp
        try:
            given = app.settings(self._config)
        except AggregatorError as error:
            report.log_trouble("config kept as it was", error=str(error))
            return
        if self._polls:
            await asyncio.wait(self._polls.values(), timeout=_LEAVE)
        await self.aggregator.__aexit__(None, None, None)
        self.settings = given
        self.aggregator = app.Aggregator(given)
        await self.aggregator.__aenter__()
        self._news = True
        report.log_event("config taken in", sources=len(given.sources))


def _stamp(config: Path) -> tuple[int, int]:
    try:
        status = config.stat()
    except OSError:
        return (0, 0)
    return (status.st_mtime_ns, status.st_size)
