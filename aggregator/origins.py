"""The true addresses of entries, which only their pages tell: what a page that is read for its text
says, and where a short link leads, if the config lets its host be asked.

What came of an address is kept in the store, and none is asked twice; also not in vain.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from weakref import WeakValueDictionary

from aggregator import links
from aggregator.aside import aside
from aggregator.details import FOR_PAGES, Means, is_public
from aggregator.errors import HostRests, ParseError, SourceError
from aggregator.formats import declared, guarded
from aggregator.link_origin import origin
from aggregator.model import Declared, Entry, Link, LinkRules, Request, Source

Origins = Mapping[str, str | None]  # by link, what is better; None: it is as good as any

_MOST_IN_A_POLL = 50  # short links that are asked; the others stay as they are
_MOST_SECONDS = 60  # in which they are all asked
_MOST_KEPT = 4096  # answers


def addresses(entries: Iterable[Entry], rules: LinkRules) -> tuple[str, ...]:
    """The links of the entries, as pages are asked for by them."""
    return tuple(dict.fromkeys(x for e in entries if (x := links.choose(e, rules=rules))))


def to_ask(entries: Iterable[Entry], rules: LinkRules) -> tuple[str, ...]:
    """Those that may be asked for where they lead."""
    if not rules.resolve:
        return ()
    return tuple(x for x in addresses(entries, rules) if links.may_be_asked(x, rules))


def with_origins(entries: Sequence[Entry], found: Origins, rules: LinkRules) -> tuple[Entry, ...]:
    return tuple(_with_origin(e, found, rules) for e in entries) if found else tuple(entries)


def _with_origin(entry: Entry, found: Origins, rules: LinkRules) -> Entry:
    better = found.get(links.choose(entry, rules=rules) or "")
    if better is None:
        return entry
    return replace(entry, links=(Link(href=better, rel="origin"), *entry.links))


class Asker:
    """Asks where short links lead. Two sources may have one link at once, before the store knows
    what came of it."""

    def __init__(self) -> None:
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._led: dict[str, str | None] = {}  # lately

    async def resolve(self, means: Means, source: Source, asked: Sequence[str]) -> None:
        """One after another, and put it into `means.origins`."""
        with suppress(TimeoutError, HostRests):
            async with asyncio.timeout(_MOST_SECONDS):
                for address in asked[:_MOST_IN_A_POLL]:
                    means.origins[address] = await self._once(means, source, address)

    async def _once(self, means: Means, source: Source, address: str) -> str | None:
        lock = self._locks.setdefault(address, asyncio.Lock())
        async with lock:
            if address not in self._led:
                self._led[address] = await _led(means, source, address)
            if len(self._led) > _MOST_KEPT:
                del self._led[next(iter(self._led))]
            return self._led[address]


async def _led(means: Means, source: Source, address: str) -> str | None:
    request = Request(url=address, headers=FOR_PAGES, public=is_public(source, address), page=True)
    try:
        answer = await means.fetch(request)
    except HostRests:
        raise
    except SourceError:
        return None
    try:
        with means.room.taken(len(answer.body)):
            page = await aside(partial(guarded, partial(declared.declared, answer)))
    except ParseError:  # a picture, say
        page = Declared(url=answer.url)
    except SourceError:
        return None
    return origin(address, page, means.rules)
