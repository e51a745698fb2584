"""RSS 0.9x, 1.0, 2.0, RDF, Atom 0.3 and 1.0, CDF, however broken, through feedparser.

feedparser's own sanitising and resolving stay off: `rules.clean` does both, last and once.
"""

from __future__ import annotations

import html
import io
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from time import struct_time
from typing import Any
from urllib.parse import urljoin

import feedparser

from aggregator.errors import ParseError
from aggregator.model import Category, Enclosure, Entry, Feed, Link, Origin, Person, Response
from aggregator.moments import moment, utc, zoned

_HTML_TYPES = {"text/html", "application/xhtml+xml", "html", "xhtml", "text/xhtml"}
# feedparser finds titles and links in a web page, too; without a root that it knows as a feed's,
# and without one that a feed could have, it is none.
_ROOT = re.compile(rb"<(?:[\w-]+:)?(?:rss|rdf|feed|channel)[\s>/]", re.IGNORECASE)
_RDF_IMAGE = re.compile(rb"<image\b[^>]*>(?:(?!</image>).)*?<url>([^<]{1,2000})</url>", re.DOTALL)


def parse(response: Response, *, zone: tzinfo = UTC) -> Feed:
    """The feed in `response`; a date without an offset is read in `zone`."""
    found = feedparser.parse(
        io.BytesIO(response.body),  # never a str: feedparser would open it as a path or address
        response_headers=_headers(response),
        sanitize_html=False,
        resolve_relative_uris=False,
    )
    version = found.get("version", "")
    if not version and not _ROOT.search(response.body[:65_536]):
        raise ParseError("no feed in it")
    feed = found.feed
    reader = _Reader(
        zone=zone,
        # RFC 4287 §4.2.1: an Atom entry without an author has its feed's.
        authors=_people(feed) if version.startswith("atom") else (),
        language=feed.get("language") or None,
        url=response.url,
        relative_to_feed=version.startswith("atom"),
    )
    return Feed(
        id=_text(feed, "id") or None,
        title=_markup(feed, "title"),
        subtitle=_markup(feed, "subtitle") or _markup(feed, "summary") or None,
        language=reader.language,
        updated=_when(feed, "updated", zone),
        published=_when(feed, "published", zone),
        links=_links(feed),
        authors=_people(feed),
        rights=_markup(feed, "rights") or None,
        image=_image(feed) or _rdf_image(version, response.body),
        base=(feed.get("subtitle_detail") or {}).get("base") or response.url or None,
        generator=_text(feed, "generator") or None,
        categories=_categories(feed),
        entries=tuple(reader.entry(e) for e in found.entries),
        problems=_problems(found),
    )


def _headers(response: Response) -> dict[str, str]:
    # feedparser takes the base URI from Content-Location; RFC 9110 §8.7 lets it be relative.
    headers = {k.lower(): v for k, v in response.headers.items()}
    place = urljoin(response.url, headers.get("content-location", ""))
    headers["content-location"] = place if place.startswith("http") else response.url
    headers.pop("content-encoding", None)
    # RFC 7303 §3: then the XML declaration decides, which without any type it would not.
    headers.setdefault("content-type", "application/xml")
    return headers


def _problems(found: Any) -> tuple[str, ...]:
    problem = found.get("bozo_exception")
    if not found.bozo or problem is None or isinstance(problem, feedparser.NonXMLContentType):
        return ()
    text = " ".join(str(problem).split()) or type(problem).__name__
    return (f"not well-formed, read leniently: {text}",)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reader:
    """What an entry takes over from its document."""

    zone: tzinfo
    authors: tuple[Person, ...]
    language: str | None
    url: str
    relative_to_feed: bool

    def entry(self, e: Any) -> Entry:
        origin = _origin(e, self.zone)
        summary, content = _bodies(e)
        links = _links(e)
        link = next((x.href for x in links if x.rel == "alternate"), None)
        return Entry(
            id=_text(e, "id"),
            title=_markup(e, "title"),
            links=links,
            published=_when(e, "published", self.zone) or _when(e, "created", self.zone),
            updated=_when(e, "updated", self.zone),
            authors=_people(e) or (origin.authors if origin else ()) or self.authors,
            summary=summary,
            content=content,
            base=self.base(e, link),
            categories=_categories(e),
            enclosures=_enclosures(e),
            language=_language(e) or self.language,
            rights=_markup(e, "rights") or None,
            comments=_text(e, "comments") or None,
            origin=origin,
            source_link=link,
        )

    def base(self, e: Any, link: str | None) -> str | None:
        """xml:base where there is one; else Atom means the document (RFC 3986 §5.1.3), and RSS,
        which says nothing, most often the page that the content was taken from."""
        details = [*(e.get("content") or ()), e.get("summary_detail") or {}]
        stated = (d["base"] for d in details if d.get("base") and d.get("value"))
        own: str | None = next((base for base in stated if base != self.url), None)
        document = self.url if self.url.startswith("http") else None
        if own and own.startswith("http"):
            return own
        return (document or link) if self.relative_to_feed else (link or document)


def _text(node: Any, name: str) -> str:
    value = dict.get(node, name)  # FeedParserDict.get would substitute other keys
    return value if isinstance(value, str) else ""


def _markup(node: Any, name: str) -> str:
    """A text construct (RFC 4287 §3.1) as HTML."""
    value = _text(node, name)
    kind = (node.get(f"{name}_detail") or {}).get("type", "text/plain")
    return value if kind in _HTML_TYPES else html.escape(value, quote=False)


def _bodies(e: Any) -> tuple[str | None, str | None]:
    """Summary and content as HTML; a lone description of RSS is its summary."""
    bodies = [_body(c) for c in e.get("content") or ()]
    content = max(bodies, key=len, default="")
    summary = _body(e.get("summary_detail") or {}) or _text(e, "summary")
    if content and summary == content:
        summary = ""
    return summary or None, content or None


def _body(detail: Any) -> str:
    value = detail.get("value") or ""
    kind = (detail.get("type") or "text/html").partition(";")[0].lower()
    if kind.startswith(("image/", "audio/", "video/")):
        return ""
    return html.escape(value, quote=False) if kind in ("text/plain", "text") else str(value)


def _language(e: Any) -> str | None:
    details = [*(e.get("content") or ()), *(e.get(f"{n}_detail") for n in ("title", "summary"))]
    found = e.get("language") or next(
        (d["language"] for d in details if d and d.get("language")), None
    )
    return found or None


def _when(node: Any, name: str, zone: tzinfo) -> datetime | None:
    text = _text(node, name)
    parsed = dict.get(node, f"{name}_parsed")
    if text and (parsed is None or not zoned(text, zone)):
        found = moment(text, zone)
        if found is not None and (parsed is None or zone is not UTC):
            return found
    return _from_struct(parsed)


def _from_struct(parsed: struct_time | None) -> datetime | None:
    if parsed is None:
        return None
    try:
        return utc(datetime(*parsed[:5], min(parsed[5], 59), tzinfo=UTC))
    except ValueError:
        return None


def _links(node: Any) -> tuple[Link, ...]:
    links = [
        Link(
            href=x["href"],
            rel=x.get("rel") or "alternate",
            type=x.get("type"),
            hreflang=x.get("hreflang"),
            title=x.get("title"),
        )
        for x in node.get("links") or ()
        if x.get("href") and x.get("rel") != "enclosure"
    ]
    main = _text(node, "link")
    alternates = [x for x in links if x.rel == "alternate"]
    # Of several, the one that feedparser took for it; but what has a title is an atom:link beside
    # RSS's own link, and second to it.
    chosen = [x for x in alternates if x.href == main] + [x for x in alternates if not x.title]
    chosen.sort(key=lambda x: x.title is not None)
    if chosen:
        links = [chosen[0], *(x for x in links if x is not chosen[0])]
    elif main and not alternates:
        links.insert(0, Link(href=main))
    original = _text(node, "feedburner_origlink")
    if original:
        links.append(Link(href=original, rel="canonical"))
    return tuple(links)


def _people(node: Any) -> tuple[Person, ...]:
    return tuple(dict.fromkeys(_each_person(node.get("authors") or ())))


def _each_person(people: Iterable[Any]) -> Iterable[Person]:
    for x in people:
        person = Person(
            name=x.get("name") or "", email=x.get("email") or None, url=x.get("href") or None
        )
        if person != Person():
            yield person


def _categories(node: Any) -> tuple[Category, ...]:
    return tuple(
        dict.fromkeys(
            Category(term=x["term"] or x["label"], scheme=x.get("scheme"), label=x.get("label"))
            for x in node.get("tags") or ()
            if x.get("term") or x.get("label")
        )
    )


def _enclosures(e: Any) -> tuple[Enclosure, ...]:
    found = (
        Enclosure(url=x["href"], type=x.get("type") or None, length=_length(x.get("length")))
        for x in e.get("enclosures") or ()
        if x.get("href")
    )
    return tuple(dict.fromkeys(found))


def _length(text: str | None) -> int | None:
    text = (text or "").strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else None


def _origin(e: Any, zone: tzinfo) -> Origin | None:
    source = e.get("source")
    if not source:
        return None
    href = source.get("href")
    links = _links(source) or ((Link(href=href, rel="self"),) if href else ())
    return Origin(
        id=_text(source, "id") or href or None,
        title=_markup(source, "title"),
        updated=_when(source, "updated", zone),
        links=links,
        authors=_people(source),
        rights=_markup(source, "rights") or None,
    )


def _rdf_image(version: str, body: bytes) -> str | None:
    """RSS 0.90 and 1.0 put the image beside the channel, where feedparser does not look."""
    found = _RDF_IMAGE.search(body) if version in ("rss090", "rss10") else None
    return html.unescape(found[1].decode("utf-8", "replace").strip()) if found else None


def _image(feed: Any) -> str | None:
    return (feed.get("image") or {}).get("href") or feed.get("logo") or feed.get("icon") or None
