"""Fuller texts: what a source's document only announces is fetched from elsewhere, for entries that
are new or changed, between parsing and cleaning.

To add a way: a function that gives a Fuller for the sources that have it, and a line in WAYS.

How far an entry has come stands in its digest: that of what the source said, once the text is
there; until then with one more byte, which counts the tries. So nothing is fetched twice, and
nothing that is missing is forgotten.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial

from aggregator import polling
from aggregator.discretion import told
from aggregator.errors import Disallowed, SourceError
from aggregator.formats import guarded, jsonapi
from aggregator.model import Entry, JsonFields, Request, Response, Source

Fetch = Callable[[Request], Awaitable[Response]]
InThread = Callable[[Callable[[], str]], Awaitable[str]]
# The entry with its text; SourceError when that is not to be had now. It asks by the Fetch that
# it was made with, whose guard and limits hold, and reads in the parser's thread.
Fuller = Callable[[Entry], Awaitable[Entry]]
Way = Callable[[Source, Fetch, InThread], Fuller | None]


def _of_api(source: Source, fetch: Fetch, in_thread: InThread) -> Fuller | None:
    """The second address of a JSON API."""
    how = source.how
    if not isinstance(how, JsonFields) or how.text is None:
        return None
    # What the API itself names is another's word, and not the config's.
    public = source.public or not jsonapi.is_template(how.text.url)
    headers = {"accept": polling.accept(source)}

    async def full(entry: Entry) -> Entry:
        address = jsonapi.text_address(entry)
        if address is None:
            return entry
        answer = await fetch(Request(url=address, headers=headers, public=public))
        read = partial(guarded, partial(jsonapi.text, answer, how))
        return replace(entry, content=await in_thread(read))

    return full


WAYS: tuple[Way, ...] = (_of_api,)

_SIZE = 16  # bytes of a digest
_AT_ONCE = 4
_MOST_IN_A_POLL = 50  # the others wait for the next one
_MOST_SECONDS = 60  # in which they are all fetched; likewise
_MOST_TRIES = 6  # of one entry, in as many polls
_MOST_IN_A_ROW = 3  # failures; then the server is left alone until the next poll


def fuller(source: Source, fetch: Fetch, in_thread: InThread) -> Fuller | None:
    """How the entries of `source` come by their texts; None if they have them."""
    return next((found for way in WAYS if (found := way(source, fetch, in_thread))), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A document's entries before their texts are fetched, with what each `said` (a digest) and
    what is `known` of it (another); `kept` are the texts that entries have by now, by place."""

    entries: Sequence[Entry]
    said: Sequence[bytes]
    known: Sequence[bytes | None]
    kept: Mapping[int, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Detailed:
    """The entries, in the same order, and the digests to keep. Where a text is `waiting`, the next
    poll is to read the document whether or not it changed."""

    entries: tuple[Entry, ...]
    digests: tuple[bytes, ...]
    waiting: bool
    problems: tuple[str, ...]


async def detailed(source: Source, listed: Listed, full: Fuller) -> Detailed:
    """The entries with their texts. What has none, and gets none now, stays as it was announced;
    or keeps the text of its last version."""
    tries = [_tries(*pair) for pair in zip(listed.said, listed.known, strict=True)]
    wanted = [place for place, count in enumerate(tries) if count < _MOST_TRIES]
    wanted.sort(key=tries.__getitem__)  # what always fails must not stand in the way of others
    work = _Work(listed.entries, full)
    await work.through(wanted[:_MOST_IN_A_POLL])
    entries, digests = list(listed.entries), list(map(_settled, listed.said, listed.known))
    for place in wanted:
        if place in work.found:
            entries[place], digests[place] = work.found[place], listed.said[place]
        else:
            entries[place] = _with_text(entries[place], listed.kept.get(place))
            count = tries[place] + (place in work.failed)
            final = isinstance(work.failed.get(place), Disallowed)
            digests[place] = _marked(listed.said[place], _MOST_TRIES if final else count)
    lacking = [place for place in wanted if place not in work.found]
    given_up = [place for place in lacking if digests[place][-1] >= _MOST_TRIES]
    return Detailed(
        entries=tuple(entries),
        digests=tuple(digests),
        waiting=len(lacking) > len(given_up),
        problems=tuple(_problems(source, work.failed, len(lacking), len(given_up))),
    )


# ── how far an entry has come ────────────────────────────────────────────────


def _tries(said: bytes, known: bytes | None) -> int:
    """How often its text was asked for in vain; enough, once it came."""
    if known is None or known[:_SIZE] != said:
        return 0
    return _MOST_TRIES if len(known) == _SIZE else known[-1]


def _marked(said: bytes, tries: int) -> bytes:
    return said + bytes([tries])


def _settled(said: bytes, known: bytes | None) -> bytes:
    """Of one that is not asked for: as it is known."""
    return said if known is None else known


def _with_text(entry: Entry, text: str | None) -> Entry:
    """With what is kept of it, if that is more than what announces it now."""
    return replace(entry, content=text) if text and len(text) > len(entry.html) else entry


# ── fetching ─────────────────────────────────────────────────────────────────


class _Work:
    """Some texts on their way: what was found, and what failed, by place."""

    def __init__(self, entries: Sequence[Entry], full: Fuller) -> None:
        self.found: dict[int, Entry] = {}
        self.failed: dict[int, SourceError] = {}
        self._entries = entries
        self._full = full
        self._in_a_row = 0

    async def through(self, places: Sequence[int]) -> None:
        left = iter(places)  # shared by all who work
        with suppress(TimeoutError):
            async with asyncio.timeout(_MOST_SECONDS):
                await asyncio.gather(*(self._some(left) for _ in range(_AT_ONCE)))

    async def _some(self, left: Iterator[int]) -> None:
        while self._in_a_row < _MOST_IN_A_ROW and (place := next(left, None)) is not None:
            try:
                self.found[place] = await self._full(self._entries[place])
            except Disallowed as error:  # of that page only, and for ever
                self.failed[place] = error
            except SourceError as error:
                self.failed[place] = error
                self._in_a_row += 1
            else:
                self._in_a_row = 0


def _problems(
    source: Source, failed: Mapping[int, SourceError], lacking: int, given_up: int
) -> Iterator[str]:
    reason = next(iter(failed.values()), None)
    again = lacking - given_up
    if reason is not None:
        why = told(reason, source)
        yield f"no text for {len(failed)} of its entries, only what announces them: {why}"
    if again:
        yield f"{again} texts are still to be fetched; the next polls try"
    if given_up:
        yield f"{given_up} texts are given up"
