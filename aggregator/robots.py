"""Whether a page may be asked for by a robot, and when (RFC 9309); feeds and what else is made for
programs are never held to it (docs/decisions/0012-robots-for-pages.md).
"""

from __future__ import annotations

import asyncio
import re
from collections import OrderedDict, defaultdict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from protego import Protego

from aggregator.errors import Disallowed, FetchError
from aggregator.model import Request, Response

Fetch = Callable[[Request], Awaitable[Response]]
_Place = tuple[str, bool]  # an origin, and whether only public addresses are asked

_DAY = 86_400.0  # seconds; RFC 9309 §2.4
_AGAIN = 600.0  # after which one that could not be had is asked for again
_LARGEST = 512_000  # bytes that are read of it (§2.5)
_GAP = 1.0  # seconds between two pages of a host, at least
_LONGEST_GAP = 60.0  # of what a Crawl-delay may ask for
_MOST_HOSTS = 2000  # known at a time
_AGENT = re.compile(r"(\s*user[- ]?agent\s*:?\s*)([^#]*)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Rules:
    """What a host allows. Without a file all is allowed; without an answer nothing, and `trouble`
    says why (§2.3.1)."""

    until: float
    file: Protego | None = None
    trouble: str | None = None


class Robots:
    """Asks by `fetch` for the robots.txt of each host, once a day, where it `asks` at all. Rules
    know us by the name `product`."""

    def __init__(self, fetch: Fetch, *, product: str, asks: bool = True) -> None:
        self._fetch = fetch
        self._product = product
        self._asks = asks
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
            now = asyncio.get_running_loop().time()
            known = self._known.get(place)
            if known is None or known.until <= now:
                request = Request(url=f"{origin}/robots.txt", public=public)
                known = await self._asked(request, known, now)
                self._known[place] = known
                self._forget()
            self._known.move_to_end(place)
            return known

    async def _asked(self, request: Request, before: _Rules | None, now: float) -> _Rules:
        try:
            answer = await self._fetch(request)
        except FetchError as error:
            if error.status and 400 <= error.status < 500 and error.status != 429:
                return _Rules(now + _DAY)
            if before and before.file:  # what it said last still holds
                return _Rules(now + _AGAIN, before.file)
            return _Rules(now + _AGAIN, trouble=str(error))
        return _Rules(now + _DAY, await asyncio.to_thread(self._read, answer.body))

    def _read(self, body: bytes) -> Protego:
        text = body[:_LARGEST].decode("utf-8-sig", "replace")
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
