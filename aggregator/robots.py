"""Whether a page may be asked for by a robot, and when (RFC 9309); feeds and what else is made for
programs are never held to it (docs/decisions/0012-robots-for-pages.md).

in memory → on the shelf, which outlives us → from its host
"""

from __future__ import annotations

import asyncio
import re
from collections import OrderedDict, defaultdict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol
from urllib.parse import urlsplit

from protego import Protego

from aggregator.errors import Disallowed, FetchError
from aggregator.model import Request, Response, RobotsFile

Fetch = Callable[[Request], Awaitable[Response]]
_Place = tuple[str, bool]  # an origin, and whether only public addresses are asked

_DAY = timedelta(days=1)  # RFC 9309 §2.4
_AGAIN = timedelta(minutes=10)  # after which one that could not be had is asked for again
_LARGEST = 512_000  # bytes that are read of it (§2.5)
_GAP = 1.0  # seconds between two pages of a host, at least
_LONGEST_GAP = 60.0  # of what a Crawl-delay may ask for
_MOST_HOSTS = 2000  # known at a time
_AGENT = re.compile(r"(\s*user[- ]?agent\s*:?\s*)([^#]*)", re.IGNORECASE)


class Shelf(Protocol):
    """Where what was told is kept from one start of the program to the next."""

    async def recall(self, origin: str, *, public: bool) -> RobotsFile | None: ...

    async def keep(self, file: RobotsFile) -> None: ...


@dataclass(frozen=True, slots=True)
class _Rules:
    """What a host allows. Without a file all is allowed; without an answer nothing, and `trouble`
    says why (§2.3.1)."""

    until: datetime
    file: Protego | None = None
    trouble: str | None = None

    def hold(self, now: datetime) -> bool:
        """Not what a clock said that was ahead."""
        return self.until - _DAY <= now < self.until


class Robots:
    """Asks by `fetch` for the robots.txt of each host, once a day by the `clock`, where it `asks`
    at all. Rules know us by the name `product`."""

    def __init__(
        self,
        fetch: Fetch,
        *,
        product: str,
        clock: Callable[[], datetime],
        asks: bool = True,
        shelf: Shelf | None = None,
    ) -> None:
        self._fetch = fetch
        self._product = product
        self._clock = clock
        self._asks = asks
        self._shelf = shelf
        self._known: OrderedDict[_Place, _Rules] = OrderedDict()
        self._asking: dict[_Place, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._next: dict[str, float] = {}  # when a host may be asked again

    async def admit(self, url: str, *, public: bool = False) -> None:
        """Comes back when the page may be asked for, by a Request that is as `public`.

        Disallowed when robots may not read it; FetchError when that cannot be found out now.
        """
        parts = urlsplit(url)
        host = parts.netloc.rpartition("@")[2].lower()
        delay = 0.0
        if self._asks:
            rules = await self._rules(f"{parts.scheme}://{host}", public)
            if rules.trouble:
                raise FetchError(f"{host}: its robots.txt cannot be read: {rules.trouble}")
            page = parts._replace(netloc=host, fragment="").geturl()
            if rules.file and not rules.file.can_fetch(page, self._product):
                raise Disallowed(
                    f"{host}: its robots.txt asks not to read this page;"
                    " fetch.robots: never would not ask"
                )
            delay = (rules.file and rules.file.crawl_delay(self._product)) or 0.0
        await self._turn(host, min(max(delay, _GAP), _LONGEST_GAP))

    async def _turn(self, host: str, gap: float) -> None:
        now = asyncio.get_running_loop().time()
        turn = max(now, self._next.get(host, now))
        if len(self._next) > _MOST_HOSTS:
            self._next = {k: when for k, when in self._next.items() if when > now}
        self._next[host] = turn + gap
        await asyncio.sleep(turn - now)

    async def _rules(self, origin: str, public: bool) -> _Rules:
        place = origin, public  # what is refused to one may be told to the other
        async with self._asking[place]:
            now = self._clock()
            known = self._known.get(place) or await self._recalled(place)
            if known is None or not known.hold(now):
                known = await self._asked(place, known, now)
            self._known[place] = known
            self._known.move_to_end(place)
            self._forget()
            return known

    async def _recalled(self, place: _Place) -> _Rules | None:
        origin, public = place
        file = await self._shelf.recall(origin, public=public) if self._shelf else None
        return await self._rules_of(file) if file else None

    async def _asked(self, place: _Place, before: _Rules | None, now: datetime) -> _Rules:
        origin, public = place
        text = None
        try:
            answer = await self._fetch(Request(url=f"{origin}/robots.txt", public=public))
            text = answer.body[:_LARGEST].decode("utf-8-sig", "replace").replace("\0", "")
        except FetchError as error:
            if not (error.status and 400 <= error.status < 500 and error.status != 429):
                if before and before.file:  # what it said last still holds
                    return _Rules(now + _AGAIN, before.file)
                return _Rules(now + _AGAIN, trouble=str(error))
        file = RobotsFile(origin=origin, public=public, until=now + _DAY, text=text)
        if self._shelf:
            await self._shelf.keep(file)
        return await self._rules_of(file)

    async def _rules_of(self, file: RobotsFile) -> _Rules:
        if file.text is None:
            return _Rules(file.until)
        return _Rules(file.until, await asyncio.to_thread(self._read, file.text))

    def _read(self, text: str) -> Protego:
        return Protego.parse("\n".join(map(self._ours, text.splitlines())))

    def _ours(self, line: str) -> str:
        """Rules for others are read as those of one: Protego keeps a copy of them for each, and a
        file may name twenty thousand."""
        found = _AGENT.match(line)
        if found is None or found[2].strip().lower() in ("*", self._product):
            return line
        name = found[2].partition("/")[0].strip().lower()
        return f"{found[1]}{self._product if name == self._product else '-'}"

    def _forget(self) -> None:
        while len(self._known) > _MOST_HOSTS:
            place, _ = self._known.popitem(last=False)
            if not self._asking[place].locked():
                del self._asking[place]
