"""Fuller texts: what a source's document only announces is fetched from elsewhere, for entries that
are new or changed, between parsing and cleaning.

To add a way: a function that gives a Fuller for the sources that have it, and a line in WAYS.

How far an entry has come stands in its digest: that of what the source said, once the text is
there; until then with one more byte, which counts the tries. So nothing is fetched twice, and
nothing that is missing is forgotten. Where texts are on pages, a digest of the words alone stands
between the two: a new count of comments is no reason to read the page again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from hashlib import blake2b
from urllib.parse import urlsplit

from aggregator import links, polling
from aggregator.aside import aside
from aggregator.discretion import told
from aggregator.errors import Disallowed, FetchError, HostRests, ParseError, SourceError
from aggregator.formats import declared, fulltext, guarded, jsonapi
from aggregator.link_origin import origin
from aggregator.model import (
    KNOWN,
    Declared,
    Entry,
    JsonFields,
    Link,
    LinkRules,
    Request,
    Response,
    Slowdown,
    Source,
)
from aggregator.room import Room
from aggregator.text import plain

Fetch = Callable[[Request], Awaitable[Response]]
InThread = Callable[[Callable[[], str]], Awaitable[str]]
# The entry with its text; SourceError when that is not to be had now. It asks by the Fetch that
# it was made with, whose guard and limits hold.
Fuller = Callable[[Entry], Awaitable[Entry]]
Way = Callable[["Means", Source], Fuller | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Means:
    """How texts are fetched, and how they are read: in the parser's thread, or aside; there must
    be `room` for those that wait."""

    fetch: Fetch
    in_thread: InThread
    room: Room
    rules: LinkRules = KNOWN  # of links
    # By link, what the page behind it says is better, or None: for whoever keeps that.
    origins: dict[str, str | None] = field(default_factory=dict)


def _of_api(means: Means, source: Source) -> Fuller | None:
    """The second address of a JSON API."""
    how = source.how
    if not isinstance(how, JsonFields) or how.text is None:
        return None
    # What the API itself names is another's word, and not the config's.
    public = source.public or not jsonapi.is_template(how.text.url)
    page = how.text.element is not None
    headers = FOR_PAGES if page else {"accept": polling.accept(source)}

    async def full(entry: Entry) -> Entry:
        address = jsonapi.text_address(entry)
        if address is None:
            return entry
        answer = await means.fetch(Request(url=address, headers=headers, public=public, page=page))
        read = partial(guarded, partial(jsonapi.text, answer, how))
        return replace(entry, content=await means.in_thread(read))

    return full


def _of_page(means: Means, source: Source) -> Fuller | None:
    """The page of each entry, of which the source tells only the beginning."""
    if not source.full_text:
        return None
    one = asyncio.Lock()  # at a time: others wait to be read as well, and pages keep a distance

    async def full(entry: Entry) -> Entry:
        address = links.choose(entry, rules=means.rules)
        if address is None or _is_home(address):
            return entry
        async with one:
            answer = await means.fetch(
                Request(
                    url=address, headers=FOR_PAGES, public=is_public(source, address), page=True
                )
            )
            if _is_home(answer.url):
                raise ParseError("its page leads to the home page now")
            read = partial(guarded, partial(_told, answer, entry.title, entry.html))
            with means.room.taken(len(answer.body)):
                text, said = await aside(read)
            means.origins[address] = origin(address, said, means.rules)
        return entry if text is None else _completed(entry, text, address)

    return full


def _told(answer: Response, title: str, announced: str) -> tuple[str | None, Declared]:
    """The text of a page, and what it says of its address."""
    return fulltext.text(answer, title, announced), declared.declared(answer)


def is_public(source: Source, address: str) -> bool:
    """Whether the page must be on the web: what a feed names is another's word, but for its own
    host."""
    return source.public or urlsplit(address).netloc != urlsplit(source.url).netloc


def words_of(entry: Entry) -> bytes:
    """A digest of what a page is read again for, should it change."""
    words = "\n".join((entry.link or "", plain(entry.title), plain(entry.html)))
    return blake2b(words.encode("utf-8", "surrogatepass"), digest_size=_WORDS).digest()


FOR_PAGES = {"accept": "text/html, application/xhtml+xml;q=0.9, */*;q=0.1"}


def _is_home(address: str) -> bool:
    parts = urlsplit(address)
    return parts.path in ("", "/") and not parts.query


def _completed(entry: Entry, text: str, address: str) -> Entry:
    """With its text; what announced it is its summary: copies are known by that as well."""
    there = Link(href=address, rel="text")
    return replace(entry, content=text, summary=entry.html or None, links=(*entry.links, there))


WAYS: tuple[Way, ...] = (_of_api, _of_page)

_SIZE = 16  # bytes of a digest
_WORDS = 8  # bytes of one of the words alone
_AT_ONCE = 4
_MOST_IN_A_POLL = 50  # the others wait for the next one
_MOST_SECONDS = 60  # in which they are all fetched; likewise
_MOST_TRIES = 6  # of one entry, in as many polls
_MOST_IN_A_ROW = 3  # failures; then the server is left alone until the next poll


def fuller(means: Means, source: Source) -> Fuller | None:
    """How the entries of `source` come by their texts; None if they have them."""
    return next((found for way in WAYS if (found := way(means, source))), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A document's entries before their texts are fetched, with what each `said` (a digest, with
    one of its words where texts are on pages) and what is `known` of it (another); `kept` are the
    texts that entries have by now, by place."""

    entries: Sequence[Entry]
    said: Sequence[bytes]
    known: Sequence[bytes | None]
    kept: Mapping[int, str]
    rules: LinkRules = KNOWN


@dataclass(frozen=True, slots=True, kw_only=True)
class Detailed:
    """The entries, in the same order, and the digests to keep. Where a text is `waiting`, the next
    poll is to read the document whether or not it changed."""

    entries: tuple[Entry, ...]
    digests: tuple[bytes, ...]
    waiting: bool
    problems: tuple[str, ...]
    slowdown: Slowdown | None = None


async def detailed(source: Source, listed: Listed, full: Fuller, *, now: bool = True) -> Detailed:
    """The entries with their texts. What has none, and gets none now, stays as it was announced;
    or keeps the text of its last version. Not `now`: all is left to the next polls."""
    tries = [_tries(*pair) for pair in zip(listed.said, listed.known, strict=True)]
    wanted = [place for place, count in enumerate(tries) if count < _MOST_TRIES]
    wanted.sort(key=tries.__getitem__)  # what always fails must not stand in the way of others
    work = _Work(source, listed.entries, full)
    await work.through(wanted[: _MOST_IN_A_POLL if now else 0])
    entries, digests = list(listed.entries), list(map(_settled, listed.said, listed.known))
    for place in wanted:
        digests[place] = listed.said[place]
        if place not in work.found:
            error = work.failed.get(place)
            final = error is not None and _is_final(error, source)
            count = tries[place] + (error is not None)
            digests[place] = _marked(listed.said[place], _MOST_TRIES if final else count)
    for place, text in listed.kept.items():
        entries[place] = _with_text(entries[place], text, source, listed.rules)
    for place, entry in work.found.items():
        entries[place] = entry
    lacking = [place for place in wanted if place not in work.found]
    given_up = [place for place in lacking if digests[place][-1] >= _MOST_TRIES]
    errors = work.failed.values()
    return Detailed(
        entries=tuple(entries),
        digests=tuple(digests),
        waiting=len(lacking) > len(given_up),
        problems=tuple(_problems(source, work.failed, len(lacking), len(given_up))),
        slowdown=next((x.slowdown for x in errors if isinstance(x, FetchError)), None),
    )


# ── how far an entry has come ────────────────────────────────────────────────


def is_settled(said: bytes, known: bytes | None) -> bool:
    """Whether it is known, just as it is now, with its text."""
    return known is not None and known[:_SIZE] == said[:_SIZE] and not _is_marked(known)


def _tries(said: bytes, known: bytes | None) -> int:
    """How often its text was asked for in vain; enough, once it came."""
    if known is None or not (known[:_SIZE] == said[:_SIZE] or _has_same_words(said, known)):
        return 0
    return known[-1] if _is_marked(known) else _MOST_TRIES


def _has_same_words(said: bytes, known: bytes) -> bool:
    words = said[_SIZE:]
    return bool(words) and words == known[_SIZE : _SIZE + _WORDS]


def _is_marked(known: bytes) -> bool:
    return len(known) % _WORDS == 1


def _marked(said: bytes, tries: int) -> bytes:
    return said + bytes([tries])


def _settled(said: bytes, known: bytes | None) -> bytes:
    """Of one that is not asked for: as it is known; or as it is now, where only its words are
    the same."""
    if known is None:
        return said
    if known[:_SIZE] == said[:_SIZE]:
        return known
    return _marked(said, known[-1]) if _is_marked(known) else said


def _with_text(entry: Entry, text: str, source: Source, rules: LinkRules) -> Entry:
    """With what is kept of it, if that is more than what announces it now."""
    if len(text) <= len(entry.html):
        return entry
    address = links.choose(entry, rules=rules) if source.full_text else None
    return _completed(entry, text, address) if address else replace(entry, content=text)


def _is_final(error: SourceError, source: Source) -> bool:
    """Whether it is of that page alone, and to ask again is no use."""
    return isinstance(error, Disallowed) or (source.full_text and isinstance(error, ParseError))


# ── fetching ─────────────────────────────────────────────────────────────────


class _Work:
    """Some texts on their way: what was found, and what failed, by place."""

    def __init__(self, source: Source, entries: Sequence[Entry], full: Fuller) -> None:
        self.found: dict[int, Entry] = {}
        self.failed: dict[int, SourceError] = {}
        self._source = source
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
            except HostRests:  # no failure: its turn comes
                self._in_a_row = _MOST_IN_A_ROW
            except SourceError as error:
                self.failed[place] = error
                self._in_a_row += not _is_final(error, self._source)
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
