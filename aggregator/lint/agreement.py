"""Whether our own reader finds in a document what was to be written into it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from aggregator import formats, syntax
from aggregator.errors import ParseError
from aggregator.lint.fault import Faults, Place
from aggregator.lint.shapes import shortened
from aggregator.model import Entry, Feed, Response
from aggregator.text import ILLEGAL, line, plain

_TYPES = {
    "atom": "application/atom+xml",
    "rss": "application/rss+xml",
    "json": "application/feed+json",
}
READ_BACK = frozenset(_TYPES)
_Side = Callable[[Entry], object]


def check(body: bytes, *, format: str, feed: Feed, faults: Faults) -> None:
    """Add what differs between `feed` and what is read in `body`."""
    own = next((x.href for x in feed.links if x.rel == "self"), "")
    try:
        answer = Response(url=own, headers={"content-type": _TYPES[format]}, body=body)
        read = formats.parse(answer)
    except ParseError as error:
        faults.add("unreadable", str(error), Place())
        return
    if len(read.entries) != len(feed.entries):
        what = f"{len(feed.entries)} entries were written, {len(read.entries)} are read"
        faults.add("reads-differently", what, Place())
        return
    for number, (written, found) in enumerate(zip(feed.entries, read.entries, strict=True), 1):
        for name, side in _SIDES.items():
            if name == "updated" and format == "rss":
                continue  # RSS 2.0 has one date
            wanted, got = side(written), side(found)
            if wanted != got and not _allowed(name, wanted, got, format):
                what = f"{name} is read as {shortened(str(got))}, and was {shortened(str(wanted))}"
                faults.add("reads-differently", what, Place(path=f"entry {number}"))


def _allowed(name: str, wanted: Any, got: Any, format: str) -> bool:
    """What was not given may be filled in, files from media; a title may come back as the HTML that
    says it; an RSS item has room for one file, and 0 for a length that nobody knows."""
    if name == "title":
        return not wanted or line(plain(str(got))) == wanted
    if name == "files":
        known = {(url, length or 0) for url, length in wanted}
        return not wanted or (format == "rss" and bool(got) and known.issuperset(got))
    return name in ("link", "published", "updated") and wanted is None


def _moment(when: datetime | None) -> datetime | None:
    return when and when.replace(microsecond=0)


def _files(entry: Entry) -> list[tuple[str, int | None]]:
    files = ((syntax.iri(e.url), e.length) for e in entry.enclosures)
    return sorted({(url, length) for url, length in files if url}, key=str)


_SIDES: dict[str, _Side] = {
    "id": lambda e: ILLEGAL.sub("", e.id),
    "title": lambda e: line(e.title),
    "link": lambda e: syntax.iri(e.link),
    "published": lambda e: _moment(e.published),
    "updated": lambda e: _moment(e.updated),
    "files": _files,
}
