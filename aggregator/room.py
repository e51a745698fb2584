"""Back-pressure: whoever fetches waits while too much that was fetched is still to be read.

Without it a thousand quick answers lie in memory while one thread parses them.
"""

from __future__ import annotations

import asyncio
from types import TracebackType


class Room:
    """`async with` it around what takes room; `wait` until there is some. A few who waited
    together may come in together: it bounds memory, it does not count heads."""

    def __init__(self, places: int) -> None:
        self._places = places
        self._taken = 0
        self._free = asyncio.Event()
        self._free.set()

    async def wait(self) -> None:
        await self._free.wait()

    async def __aenter__(self) -> None:
        self._taken += 1
        if self._taken >= self._places:
            self._free.clear()

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._taken -= 1
        if self._taken < self._places:
            self._free.set()
