"""Sitemaps (sitemaps.org/protocol) to a Feed: XML, text or packed, with what news sitemaps add.

Of an index `children` names the sitemaps to be fetched; they come back as parts of its Response.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import Any, TypeVar
from urllib.parse import unquote, urlsplit

import re2
from lxml import etree

from aggregator.errors import ParseError
from aggregator.formats import charsets
from aggregator.formats.htmltree import absolute, escaped
from aggregator.formats.remarks import unread_dates
from aggregator.model import Category, Entry, Feed, Link, Response, SitemapOptions
from aggregator.moments import credible, moment
from aggregator.text import ILLEGAL, line

_LARGEST = 50 * 1024 * 1024  # unpacked, as the protocol allows
_MOST = 50_000  # addresses in one sitemap; likewise
_MOST_CHILDREN = 10
_CHUNK = 65_536
_DECLARED = re.compile(rb"<\?xml[^>]{0,200}?\sencoding\s*=\s*[\"']([\w.:-]+)")
_SUFFIX = re.compile(r"\.(?:x?html?|php\d?|aspx?|jspx?|shtml|md)\Z", re.IGNORECASE)
_BETWEEN = re.compile(r"[-_+.\s=&]+")
_COMMAS = re.compile("[,，、;；]")
_LETTERS = re.compile(r"[^\W\d_]{2}")
# An ampersand of an address that nobody escaped: recovery would drop it, and what stands behind.
_BARE = re.compile(
    r"<!\[CDATA\[.*?(?:\]\]>|\Z)|&(?!(?:amp|lt|gt|quot|apos|#[0-9]+|#x[0-9A-Fa-f]+);)", re.DOTALL
)
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Url:
    """What a sitemap says of an address."""

    loc: str
    when: datetime | None  # the later of its dates
    modified: datetime | None = None
    published: datetime | None = None
    title: str = ""
    keywords: str = ""
    language: str | None = None
    publication: str = ""


@dataclass(frozen=True, slots=True)
class Listing:
    """A document as read: of an index, the addresses are those of sitemaps."""

    urls: Sequence[Url]
    index: bool = False
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Children:
    """The sitemaps of an index that are to be read. Where all are `dated`, an index that has not
    changed says that they have not; the problem tells what is not read."""

    urls: tuple[str, ...]
    dated: bool
    problem: str | None = None


def parse(response: Response, how: SitemapOptions, *, zone: tzinfo = UTC) -> Feed:
    """The newest pages of a sitemap, or of those parts of an index that were fetched."""
    own = listing(response, zone)
    listings = [own] if not own.index else [listing(x, zone) for x in response.parts]
    every = {x.loc: x for found in listings if not found.index for x in found.urls}
    pages = [x for x in every.values() if _is_page(x.loc)]
    wanted = [x for x in pages if not how.match or re2.search(how.match, x.loc)]
    if pages and not wanted:
        raise ParseError(f"sitemap.match: {how.match!r} fits none of its {len(pages):,} addresses")
    chosen, unsure = newest(wanted, how.newest, lambda x: x.when)
    problems = [*response.problems, *own.problems, *(p for x in listings for p in x.problems)]
    if own.index and (nested := sum(x.index for x in listings)):
        problems.append(f"{nested} of its sitemaps are indexes again, and not followed")
    if unsure:
        problems.append(
            f"{unsure:,} addresses without a date of their own were left out; sitemap.match chooses"
        )
    host = urlsplit(response.url)
    home = f"{host.scheme}://{host.netloc}/" if host.scheme in ("http", "https") else None
    names = (x.publication for x in chosen if x.publication)
    return Feed(
        title=escaped(next(names, host.hostname or "")),
        links=(Link(href=home),) if home else (),
        entries=tuple(map(_entry, chosen)),
        problems=tuple(dict.fromkeys(problems)),
    )


def children(response: Response, how: SitemapOptions, *, zone: tzinfo = UTC) -> Children | None:
    """The newest sitemaps of an index; None when it is a sitemap itself."""
    found = listing(response, zone)
    if not found.index:
        return None
    every = list({x.loc: x for x in found.urls}.values())
    wanted = [x for x in every if not how.follow or re2.search(how.follow, x.loc)]
    if every and not wanted:
        raise ParseError(f"sitemap.follow: {how.follow!r} fits none of its {len(every)} sitemaps")
    chosen, unsure = newest(wanted, _MOST_CHILDREN, lambda x: x.when)
    problem = f"{unsure} of its {len(wanted)} sitemaps were left out; sitemap.follow chooses"
    return Children(
        urls=tuple(x.loc for x in chosen),
        dated=all(x.when for x in wanted),
        problem=problem if unsure else None,
    )


def newest(
    found: Sequence[T], most: int, when: Callable[[T], datetime | None]
) -> tuple[list[T], int]:
    """The newest ones, and how many were left out of which nobody can say whether they are older.

    Of those, which have one date or none, the first and the last are taken: news is added at
    either end.
    """
    past = datetime.min.replace(tzinfo=UTC)
    ranked = sorted(found, key=lambda x: when(x) or past, reverse=True)
    if len(ranked) <= most:
        return ranked, 0
    edge = when(ranked[most - 1])
    sure = [x for x in ranked[:most] if when(x) != edge]
    tied = [x for x in ranked if when(x) == edge]
    front = (most - len(sure) + 1) // 2
    back = len(tied) - (most - len(sure) - front)
    return [*sure, *tied[:front], *tied[back:]], back - front


def stand_in(url: str) -> str:
    """A title for a page of which only the address is known: its last words."""
    parts = urlsplit(url)
    names = [_SUFFIX.sub("", x) for x in unquote(parts.path).split("/") if x]
    worded = next((n for n in reversed(range(len(names))) if _LETTERS.search(names[n])), 0)
    said = " ".join([*names[worded:], unquote(parts.query)])
    words = line(_BETWEEN.sub(" ", said))
    return words[:1].upper() + words[1:] or url


# ── entries ──────────────────────────────────────────────────────────────────


def _entry(url: Url) -> Entry:
    words = (line(x) for x in _COMMAS.split(url.keywords))
    return Entry(
        title=escaped(url.title or stand_in(url.loc)),
        links=(Link(href=url.loc),),
        published=url.published,
        updated=url.modified,
        categories=tuple(Category(term=escaped(x)) for x in dict.fromkeys(words) if x),
        language=url.language,
        source_link=url.loc,
    )


def _is_page(url: str) -> bool:
    """Not the home page, which is in many a sitemap and no entry."""
    parts = urlsplit(url)
    return parts.path not in ("", "/") or bool(parts.query)


# ── documents ────────────────────────────────────────────────────────────────


def listing(response: Response, zone: tzinfo = UTC) -> Listing:
    """All that stands in one document; ParseError when it is no sitemap."""
    body, problems = _unpacked(response.body)
    declared = [x[1].decode() for x in [_DECLARED.search(body[:200])] if x]
    stated = charsets.stated(response.headers.get("content-type", ""))
    found = charsets.decode(body, stated, *declared)
    text = ILLEGAL.sub("", found.text).lstrip()
    reader = _Reader(response.url, zone)
    if text.startswith("<"):
        reader.read(text)
    else:
        reader.lines(text)
    return Listing(
        urls=reader.urls,
        index=reader.index,
        problems=(*problems, *found.problems, *reader.problems, *unread_dates(reader.unread)),
    )


def _unpacked(body: bytes) -> tuple[bytes, tuple[str, ...]]:
    if not body.startswith(b"\x1f\x8b"):
        return body, ()
    unpack = zlib.decompressobj(47)
    try:
        found = unpack.decompress(body, _LARGEST)
    except zlib.error as error:
        raise ParseError("no sitemap: the compressed body is damaged") from error
    if unpack.unconsumed_tail:
        raise ParseError(f"no sitemap: unpacked, it is larger than {_LARGEST // 1024**2} MB")
    return found, () if unpack.eof else ("the compressed body is cut short",)


class _Reader:
    """One document being read: its addresses, and what was wrong with it."""

    def __init__(self, base: str, zone: tzinfo) -> None:
        self.base = base
        self.zone = zone
        self.urls: list[Url] = []
        self.index = False
        self.problems: list[str] = []
        self.unread: list[str] = []
        self._addressless = 0

    def lines(self, text: str) -> None:
        """A list of addresses, one a line."""
        found = [x.strip() for x in text.splitlines()[: 2 * _MOST] if x.strip()]
        web = [x for x in found if re.match(r"https?://\S+\Z", x, re.IGNORECASE)]
        if not web:
            raise ParseError("no sitemap: neither XML nor a list of addresses")
        if len(web) < len(found):
            self.problems.append(f"{len(found) - len(web)} lines are no addresses")
        self.urls = [Url(x, None) for x in web[:_MOST]]

    def read(self, text: str) -> None:
        """Piece by piece, for it may be large; broken XML is read as far as it can be."""
        parser: Any = etree.XMLPullParser(
            events=("start", "end"),
            encoding="utf-8",
            recover=True,
            resolve_entities=False,
            no_network=True,
            remove_comments=True,
            remove_pis=True,
        )
        text = _BARE.sub(lambda found: "&amp;" if found[0] == "&" else found[0], text)
        for start in range(0, len(text), _CHUNK):
            parser.feed(text[start : start + _CHUNK].encode())
            self._take(parser.read_events())
        with suppress(etree.XMLSyntaxError):  # it is in the log
            parser.close()
        self._take(parser.read_events())
        if not self._root:
            html = re.match(r"<!doctype\s+html", text, re.IGNORECASE)
            raise ParseError(f"no sitemap: {'an HTML page' if html else 'broken XML'}")
        faults = (x for x in parser.feed_error_log if x.level == etree.ErrorLevels.FATAL)
        if fault := next(faults, None):
            where = f"line {fault.line}: {line(fault.message)}"
            self.problems.append(f"broken XML, read as far as it goes: {where}")
        if self._addressless:
            self.problems.append(f"{self._addressless} of its addresses are none")

    _root = ""

    def _take(self, events: Iterable[tuple[str, Any]]) -> None:
        for event, element in events:
            if event == "start" and not self._root:
                self._root = _local(element)
                self._begin(self._root)
            elif event == "end" and _local(element) in ("url", "sitemap"):
                parent = element.getparent()
                if parent is None or parent.getparent() is not None:
                    continue
                self._add(element)
                element.clear()
                while element.getprevious() is not None:
                    del parent[0]

    def _begin(self, root: str) -> None:
        if root.lower() in ("rss", "feed", "rdf"):
            raise ParseError("no sitemap but a feed, and read as one without sitemap:")
        if root.lower() == "html":
            raise ParseError("no sitemap: an HTML page")
        if root not in ("urlset", "sitemapindex"):
            raise ParseError(f"no sitemap: XML, but its root is {root[:40]!r}")
        self.index = root == "sitemapindex"

    def _add(self, element: Any) -> None:
        said = {_local(x): x for x in element}
        news = {_local(x): x for x in said.get("news", ())}
        loc = absolute(_text(said.get("loc")), self.base) if _text(said.get("loc")) else None
        if loc is None:
            self._addressless += 1
        elif len(self.urls) < _MOST:
            modified, published = (
                self._when(x) for x in (said.get("lastmod"), news.get("publication_date"))
            )
            dates = [x for x in (modified, published) if x]
            publication = {_local(x): _text(x) for x in news.get("publication", ())}
            self.urls.append(
                Url(
                    loc,
                    max(dates, default=None),
                    modified,
                    published,
                    title=_text(news.get("title")),
                    keywords=_text(news.get("keywords")),
                    language=publication.get("language") or None,
                    publication=publication.get("name", ""),
                )
            )

    def _when(self, element: Any) -> datetime | None:
        text = _text(element)
        found = credible(moment(text, self.zone)) if text else None
        self.unread += [text] if text and not found else []
        return found


def _local(element: Any) -> str:
    """Its name, whatever its namespace is called or whether it was declared."""
    tag = element.tag if isinstance(element.tag, str) else ""
    return tag.rpartition("}")[2].rpartition(":")[2]


def _text(element: Any) -> str:
    return "" if element is None else line("".join(_words(element)))


def _words(element: Any) -> Iterator[str]:
    return (x for x in element.itertext() if isinstance(x, str))
