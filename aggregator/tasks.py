"""Work beside all else: its trouble is told, and harms nothing else."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from datetime import datetime, timedelta
from typing import Any

from aggregator import report
from aggregator.errors import AggregatorError


def begin(trouble: str, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
    """A task that never fails: it is `trouble` in the log."""

    async def guarded() -> None:
        try:
            await work
        except AggregatorError as error:
            report.log_trouble(trouble, error=str(error))
        except Exception as error:  # our own bug: it must not stop the others
            report.log_trouble(f"{trouble}, please report it", error=repr(error))

    return asyncio.create_task(guarded())


async def end(tasks: Iterable[asyncio.Task[None]], *, within: float) -> None:
    """They get so many seconds; then they are stopped where they stand."""
    tasks = list(tasks)
    if tasks:
        await asyncio.wait(tasks, timeout=within)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


class Rounds:
    """A `look` at what is to be done, never two at a time: `soon`, or when a `tick` finds that it
    is time. It says when it wants to be taken next, at the latest after `every`."""

    def __init__(
        self,
        trouble: str,
        look: Callable[[], Awaitable[datetime | None]],
        *,
        every: timedelta,
        clock: Callable[[], datetime],
    ) -> None:
        self._trouble = trouble
        self._look = look
        self._every = every
        self._clock = clock
        self._looked: datetime | None = None
        self._next: datetime | None = None
        self._asked = False
        self._over = False
        self._task: asyncio.Task[None] | None = None

    def soon(self) -> None:
        self._asked = True
        if not self._task:
            self._task = begin(self._trouble, self._go_on())
            self._task.add_done_callback(self._done)

    def tick(self) -> None:
        now, last = self._clock(), self._looked
        late = last is None or not timedelta() <= now - last < self._every
        if late or (self._next and self._next <= now):
            self.soon()

    async def end(self, *, within: float = 0) -> None:
        """One that was asked for gets so many seconds."""
        self._over = True
        await end([self._task] if self._task else [], within=within)

    async def _go_on(self) -> None:
        while self._asked:
            self._asked = False
            self._looked, self._next = self._clock(), None
            self._next = await self._look()

    def _done(self, _: object) -> None:
        self._task = None
        if self._asked and not self._over:  # while the last round ended
            self.soon()
