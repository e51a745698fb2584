"""Whose turn it is: who asks a host waits until it may, and holds up nobody who asks another.

a place at the host → the gap to the one before → one of all places → room for the answer
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from math import inf
from typing import Any

from aggregator import pace
from aggregator.errors import FetchError, HostRests
from aggregator.model import Slowdown
from aggregator.room import Room

GAP = timedelta(seconds=0.25)  # between two requests to a host that is not ours
_SILENCE = 4  # polls in a row that end without an answer; those who wait have little time then
_LITTLE = 3.0  # seconds
_DEAD = _SILENCE + 16  # without an answer all the same; then those who wait come later
_LATER = timedelta(minutes=10)
_MOST_KNOWN = 20_000  # hosts; whoever subscribes to our hub names others without end
_PATIENCE = 30.0  # seconds in the queue of a host that had enough of us; then another time


class Hosts:
    """The queues of all hosts, and what we know of those that had enough of us.

    A host is called by its name and its port.
    """

    def __init__(
        self,
        *,
        concurrency: int,
        per_host: int,
        room: Room,
        clock: Callable[[], datetime],
        gap: timedelta = GAP,
        slowdowns: Iterable[Slowdown] = (),
    ) -> None:
        self._room = room
        self._clock = clock
        self._gap = gap
        self._slowdowns = {s.host: s for s in slowdowns}
        self._all = asyncio.Semaphore(concurrency)
        self._places: dict[str, asyncio.Semaphore] = defaultdict(
            lambda: asyncio.Semaphore(per_host)
        )
        self._turns: dict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._last: dict[str, tuple[float, datetime]] = {}  # when each was asked, by both clocks
        self._silent: dict[str, tuple[int, float]] = {}  # how often in a row, and when at last
        self._answered: dict[str, float] = {}  # when each did at last
        self._later: dict[str, datetime] = {}  # when the turn is of the last who was sent away

    @asynccontextmanager
    async def place(self, host: str, *, own: bool) -> AsyncIterator[float]:
        """Wait for a turn and hold it, at most for the seconds that are given. A host that is our
        `own` needs no gap, until it asks for it. HostRests when it is to be left alone, or answers
        nobody."""
        clock = asyncio.get_running_loop().time
        came = clock()
        if len(self._last) > _MOST_KNOWN:
            self._forget_half()
        async with self._places[host]:
            async with self._turns[host]:
                await self._gap_to_the_last(host, came, own=own)
                patience = self._patience(host, came)
                await self._all.acquire()
            try:
                await self._room.wait()
                began = clock()
                yield patience
                self._answers(host)
            except TimeoutError as error:
                if self._answered.get(host, -inf) < began:
                    times, _ = self._silent.get(host, (0, 0.0))
                    self._silent[host] = times + 1, clock()
                if patience == _LITTLE:  # too little to be called a failure
                    raise self._comes_later(host) from error
                raise
            except FetchError:  # an answer, if not a good one
                self._answers(host)
                raise
            finally:
                self._all.release()

    def _answers(self, host: str) -> None:
        """What hangs beside this is no sign that the host does."""
        self._silent.pop(host, None)
        self._answered[host] = asyncio.get_running_loop().time()

    def _forget_half(self) -> None:
        """Those that were asked longest ago, and where nobody waits."""
        known: list[dict[str, Any]] = [self._places, self._turns, self._last]
        known += [self._silent, self._answered]
        free = (x for x in self._last if not (self._places[x].locked() or self._turns[x].locked()))
        for host in sorted(free, key=lambda x: self._last[x])[: _MOST_KNOWN // 2]:
            for some in known:
                some.pop(host, None)
            if self._slowdown(host) is None:
                self._slowdowns.pop(host, None)
                self._later.pop(host, None)

    def slow(self, host: str, asked: timedelta | None) -> Slowdown:
        """It had enough of us; `asked` is how long it wants to be left alone, if it says."""
        slowdown = pace.slowed(self._slowdowns.get(host), host, asked, self._clock())
        self._slowdowns[host] = slowdown
        return slowdown

    async def _gap_to_the_last(self, host: str, came: float, *, own: bool) -> None:
        loop = asyncio.get_running_loop()
        while True:
            slowdown = self._slowdown(host)
            gap = pace.gap(slowdown) if slowdown else timedelta() if own else self._gap
            wait = (gap - self._since_the_last(host)).total_seconds()
            if slowdown and (
                slowdown.until > self._clock() or loop.time() + wait > came + _PATIENCE
            ):
                raise HostRests(host.removesuffix(":web"), self._turn_of_the_next(slowdown))
            if wait <= 0:
                break
            await asyncio.sleep(wait)
        self._last[host] = (loop.time(), self._clock())

    def _patience(self, host: str, came: float) -> float:
        """Whoever was in the queue when a host fell silent may wait for nothing, and a run for all
        of them; or only some of what the host has hangs, and that is soon seen. Who comes later
        tries again."""
        times, at = self._silent.get(host, (0, 0.0))
        if times < _SILENCE or came >= at:
            return inf
        if times >= _DEAD:
            raise self._comes_later(host)
        return _LITTLE

    def _comes_later(self, host: str) -> HostRests:
        return HostRests(host.removesuffix(":web"), self._clock() + _LATER)

    def _since_the_last(self, host: str) -> timedelta:
        """By whichever clock says more: the loop's stands still while the machine sleeps."""
        if host not in self._last:
            return pace.A_DAY
        steady, wall = self._last[host]
        elapsed = timedelta(seconds=asyncio.get_running_loop().time() - steady)
        return max(elapsed, self._clock() - wall)

    def _slowdown(self, host: str) -> Slowdown | None:
        slowdown = self._slowdowns.get(host)
        return slowdown if slowdown and pace.remembered(slowdown, self._clock()) else None

    def _turn_of_the_next(self, slowdown: Slowdown) -> datetime:
        """One after the other, not all at once when it has rested."""
        earliest = max(self._clock(), slowdown.until)
        last = self._later.get(slowdown.host, earliest)
        turn = earliest if not earliest <= last < earliest + pace.A_DAY else last
        turn += pace.gap(slowdown)
        self._later[slowdown.host] = turn
        return turn
