"""Back-pressure: whoever fetches waits while too much that was fetched is still to be read.

Without it a thousand quick answers lie in memory while one thread parses them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager


class Room:
    """`taken` by so many bytes; `wait` until there is some. Those who waited together come in
    together: it bounds memory, but not to the byte."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._taken = 0
        self._free = asyncio.Event()
        self._free.set()

    @property
    def full(self) -> bool:
        return not self._free.is_set()

    async def wait(self) -> None:
        await self._free.wait()

    @contextmanager
    def taken(self, size: int) -> Iterator[None]:
        self._change(size)
        try:
            yield
        finally:
            self._change(-size)

    def _change(self, by: int) -> None:
        self._taken += by
        if self._taken < self._size:
            self._free.set()
        else:
            self._free.clear()
