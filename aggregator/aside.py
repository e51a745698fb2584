"""Work that may never come to an end, in another process: it is stopped when it takes too long, and
may not take much memory. A thread could not be stopped, and would stop all others.

The other process is kept for whoever comes next, and leaves when no one does.
"""

from __future__ import annotations

import asyncio
import resource
import signal
from collections.abc import Callable
from typing import TypeVar

from anyio import BrokenWorkerProcess, CapacityLimiter, to_process
from anyio.lowlevel import RunVar

from aggregator.errors import SourceError

T = TypeVar("T")

_WORKING = 5.0  # seconds of the processor's time, for one piece of work
_LONGEST = 30.0  # seconds, however busy the machine is
_WAITING = 60.0  # seconds without work
_MEMORY = 320 * 1024 * 1024  # bytes of addresses; a third of them is there from the start

_place: RunVar[CapacityLimiter] = RunVar("_place")  # one: memory counts, and no one is in a hurry


async def aside(work: Callable[[], T]) -> T:
    """What `work` gives or raises; both can be pickled, and so can it. SourceError when it had to
    be stopped."""
    place = _place.get(None)
    if place is None:
        place = CapacityLimiter(1)
        _place.set(place)
    async with place:
        try:
            async with asyncio.timeout(_LONGEST):
                return await to_process.run_sync(_bounded, work, _WORKING, cancellable=True)
        except (BrokenWorkerProcess, TimeoutError) as error:
            raise SourceError(f"given up: it could not be read within {_WORKING:g} s") from error
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            raise SourceError(f"no process could be started to read it: {reason}") from error


def _bounded(work: Callable[[], T], seconds: float) -> T:
    """In the other process, which ends by the signals of these clocks."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # who began it decides
    _, most = resource.getrlimit(resource.RLIMIT_AS)
    if most == resource.RLIM_INFINITY or most > _MEMORY:
        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        return work()
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.setitimer(signal.ITIMER_REAL, _WAITING)
