"""feedparser's dictionaries to a Feed: what `lenient` and `strict` read is told in one way."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, tzinfo
from itertools import islice
from time import struct_time
from typing import Any
from urllib.parse import urljoin, urlsplit

from feedparser.datetimes.greek import _parse_date_greek
from feedparser.datetimes.hungarian import _parse_date_hungarian
from feedparser.datetimes.korean import _parse_date_nate, _parse_date_onblog

from aggregator.formats import extensions
from aggregator.formats.bounds import MOST_OF_A_KIND
from aggregator.formats.hints import hints
from aggregator.formats.keeping import EXTENSIONS
from aggregator.formats.remarks import BLOCKED, unread_dates
from aggregator.formats.repairs import LANGUAGE, OWN, is_absolute
from aggregator.links import with_permalink
from aggregator.model import (
    Category,
    Enclosure,
    Entry,
    Extension,
    Feed,
    Link,
    Origin,
    Person,
    Response,
)
from aggregator.moments import credible, moment, utc

_HTML_TYPES = {"text/html", "application/xhtml+xml", "html", "xhtml", "text/xhtml"}
_IMAGE = re.compile(rb"<((?:\w{1,40}:)?image)\b[^<>]{0,1000}>")
_IMAGE_URL = re.compile(rb"<((?:\w{1,40}:)?url)>([^<]{1,2000})</\1>")
_VOID_END = re.compile(r"</(?:area|br|col|hr|img|source|track|wbr)\s*>")
_REGISTERED = re.compile(r"https?://www\.iana\.org/assignments/relation/(?=\S)", re.IGNORECASE)
# What feedparser could not decode to a text: a file, and not one of four letters.
_BASE64 = re.compile(r"(?:[A-Za-z0-9+/=]{4}\s*)*+|[A-Za-z0-9+/=\s]{64,}")
_PAGE_TYPES = {"text/html", "application/xhtml+xml", "text/plain"}
_SUBTITLES = ("subtitle", "itunes_subtitle", "summary", "itunes_summary", "dc_description")
_FOREIGN_DATES = (_parse_date_onblog, _parse_date_nate, _parse_date_greek, _parse_date_hungarian)
# What feeds enclose. mimetypes knows half of it, and that by the machine that it runs on.
_MEDIA_TYPES = {
    **{"mp3": "audio/mpeg", "m4a": "audio/mp4", "m4b": "audio/mp4", "aac": "audio/aac"},
    **{"ogg": "audio/ogg", "oga": "audio/ogg", "opus": "audio/opus", "flac": "audio/flac"},
    **{"wav": "audio/x-wav", "mp4": "video/mp4", "m4v": "video/x-m4v", "webm": "video/webm"},
    **{"mov": "video/quicktime", "ogv": "video/ogg", "mkv": "video/x-matroska"},
    **{"jpg": "image/jpeg", "jpeg": "image/jpeg", "png": "image/png", "gif": "image/gif"},
    **{"webp": "image/webp", "avif": "image/avif", "svg": "image/svg+xml"},
    **{"pdf": "application/pdf", "epub": "application/epub+zip", "zip": "application/zip"},
    **{"torrent": "application/x-bittorrent"},
}


def feed(
    found: Any,
    entries: Sequence[Any],
    *,
    version: str,
    response: Response,
    zone: tzinfo,
    problems: tuple[str, ...] = (),
) -> Feed:
    """The Feed that feedparser's `feed` and `entries` tell; `version` is feedparser's."""
    kept = _extensions(found)
    blocked = extensions.blocked(kept)
    reader = _Reader(
        zone=zone,
        authors=_people(found),
        language=found.get("language") or None,
        url=response.url if response.url.startswith("http") else None,
        site=_text(found, "link") or None,
        atom=version.startswith("atom"),
        blocked=f"{blocked} of its feed" if blocked else None,
    )
    read = tuple(reader.entry(e) for e in entries)
    return Feed(
        id=_text(found, "id") or None,
        title=_first(found, "title", "dc_title"),
        subtitle=_first(found, *_SUBTITLES) or None,
        language=reader.language,
        updated=_when(found, "updated", zone),
        published=_when(found, "published", zone),
        links=(*_links(found, atom=reader.atom), *extensions.licences(kept)),
        authors=_people(found),
        rights=_markup(found, "rights") or _rights(kept),
        image=_image(found) or _rdf_image(version, response.body) or extensions.picture(kept),
        base=(found.get("subtitle_detail") or {}).get("base") or response.url or None,
        generator=_text(found, "generator") or _agent(found),
        categories=_categories(found),
        hints=hints(found, kept),
        entries=read,
        problems=(
            *problems,
            *unread_dates(_unread(entries, read)),
            *((BLOCKED.format(blocked),) if blocked else ()),
        ),
        extensions=kept,
        blocked=reader.blocked,
    )


def _unread(said: Sequence[Any], read: Sequence[Entry]) -> list[str]:
    return [
        text
        for node, entry in zip(said, read, strict=True)
        for name, when in (("published", entry.published), ("updated", entry.updated))
        if when is None and (text := _text(node, name))
    ]


def headers(response: Response) -> dict[str, str]:
    """The headers as feedparser is to see them."""
    given = {k.lower(): v for k, v in response.headers.items()}
    given["content-location"] = _place(response.url, given.get("content-location", ""))
    given.pop("content-encoding", None)  # it has been decoded already
    kind = given.get("content-type", "")
    if not kind or (kind.lower().startswith("text/") and "charset" not in kind.lower()):
        # No charset there, no word on it: the XML declaration decides (RFC 7303 §3), where
        # feedparser would take text/xml for ASCII.
        given["content-type"] = "application/xml"
    return given


def _place(url: str, stated: str) -> str:
    """What feedparser takes for the base URI; Content-Location may be relative (RFC 9110 §8.7).
    A local feed has none: what is relative in it is relative to its site."""
    if not url.startswith("http"):
        return ""
    try:
        place = urljoin(url, stated)
    except ValueError:
        return url
    return place if place.startswith("http") else url


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reader:
    """What an entry takes over from its document."""

    zone: tzinfo
    authors: tuple[Person, ...]
    language: str | None
    url: str | None  # of the document, on the web
    site: str | None
    atom: bool
    blocked: str | None

    def entry(self, e: Any) -> Entry:
        origin = _origin(e, self.zone, atom=self.atom)
        kept = _extensions(e)
        summary, content = _bodies(e, kept)
        licences = extensions.licences(kept)
        links = with_permalink((*_links(e, atom=self.atom), *licences), _permalink(e) or "")
        link = next((x.href for x in links if x.rel == "alternate"), None)
        return Entry(
            id=_text(e, "id"),
            title=_first(e, "title", "dc_title")
            or html.escape(extensions.title(kept), quote=False),
            links=links,
            published=_when(e, "published", self.zone) or _when(e, "created", self.zone),
            updated=_when(e, "updated", self.zone),
            authors=_people(e) or self.inherited(origin),
            summary=summary,
            content=content,
            base=self.base(e, next((x.href for x in links if x.rel == "canonical"), link)),
            categories=_categories(e),
            enclosures=_enclosures(e, self.url) or _recordings(kept),
            language=_language(e) or self.language,
            rights=_markup(e, "rights") or _rights(kept),
            comments=_page_of_comments(e) or _discussed(links),
            origin=origin,
            source_link=link,
            extensions=kept,
            blocked=extensions.blocked(kept) or self.blocked or _blocked_at_home(origin),
        )

    def inherited(self, origin: Origin | None) -> tuple[Person, ...]:
        """The authors of an entry that names none: its source's, else its feed's (RFC 4287
        §4.2.1). What RSS took from another feed nobody of this one has written."""
        if origin and (origin.authors or not self.atom):
            return origin.authors
        return self.authors

    def base(self, e: Any, link: str | None) -> str | None:
        """xml:base where there is one; else Atom means the document (RFC 3986 §5.1.3), and RSS,
        which says nothing, most often the page that the content was taken from."""
        details = [*_contents(e), e.get("summary_detail") or {}]
        stated = [d["base"] for d in details if d.get("base") and d.get("value")]
        own = [base for base in stated[:1] if base != self.url]
        places = [self.url, link] if self.atom else [link, self.url]
        absolute = (x for x in (*own, *places, self.site) if x and x.startswith("http"))
        return next(absolute, None)


def _blocked_at_home(origin: Origin | None) -> str | None:
    """What its own feed asks for, as a planet passes it on."""
    found = extensions.blocked(origin.extensions) if origin else None
    return f"{found} of its source" if found else None


def _text(node: Any, name: str) -> str:
    value = dict.get(node, name)  # FeedParserDict.get would substitute other keys
    return value if isinstance(value, str) else ""


def _markup(node: Any, name: str) -> str:
    """A text construct (RFC 4287 §3.1) as HTML."""
    value = _text(node, name)
    kind = (node.get(f"{name}_detail") or {}).get("type", "text/plain")
    return value if kind in _HTML_TYPES else html.escape(value, quote=False)


def _first(node: Any, *names: str) -> str:
    return next(filter(None, (_markup(node, name) for name in names)), "")


def _bodies(e: Any, kept: Iterable[Extension]) -> tuple[str | None, str | None]:
    """Summary and content as HTML; a lone description of RSS is its summary."""
    bodies = [_body(c) for c in _contents(e)]
    content = max(bodies, key=len, default="")
    detail = e.get("summary_detail")
    # Without a detail it is feedparser's copy of the content, and of any type.
    summary = _body(detail) if detail else ("" if bodies else _text(e, "summary"))
    for name in ("dc_description", "itunes_summary"):
        summary = summary or _body(e.get(f"{name}_detail") or {})
    summary = summary or html.escape(extensions.description(kept), quote=False)
    if content and summary == content:
        summary = ""
    if not summary and not content:  # all that some episodes and videos have
        names = ("itunes_subtitle", "subtitle", "media_description")
        details = (e.get(f"{name}_detail") or {} for name in names)
        summary = next(filter(None, map(_body, details)), "")
    return summary or None, content or None


def _body(detail: Any) -> str:
    value = detail.get("value") or ""
    kind = (detail.get("type") or "text/html").partition(";")[0].lower()
    binary = kind.startswith(("image/", "audio/", "video/"))
    if binary and _BASE64.fullmatch(value):
        return ""
    if binary or kind in ("text/plain", "text"):
        return html.escape(value, quote=False)
    # feedparser writes XHTML's <br/> as <br></br>, and HTML takes </br> for another <br>.
    return _VOID_END.sub("", value) if "xhtml" in kind else str(value)


def _language(e: Any) -> str | None:
    details = [*_contents(e), *(e.get(f"{n}_detail") for n in ("title", "summary"))]
    stated = (d["language"] for d in details if d and d.get("language"))
    return _text(e, "language") or next(stated, None) or _text(e, LANGUAGE) or None


def _when(node: Any, name: str, zone: tzinfo) -> datetime | None:
    text = _text(node, name)
    return credible(moment(text, zone) or _foreign(text)) if text else None


def _foreign(text: str) -> datetime | None:
    """Korean, Greek and Hungarian dates, which feedparser reads; what else it reads it guesses."""
    for parse in _FOREIGN_DATES:
        try:
            found: struct_time | None = parse(text)
            if found:
                return utc(datetime(*found[:5], min(found[5], 59), tzinfo=UTC))
        except (LookupError, ValueError, OverflowError):
            continue
    return None


def _linked(node: Any) -> list[dict[str, Any]]:
    """The links that a node states, and content that lies elsewhere (RFC 4287 §4.1.3.2): a page
    is the entry, if it has no other; anything else is a file that belongs to it."""
    stated = (node.get("links") or ())[:MOST_OF_A_KIND]
    links = [dict(x) | {"rel": _relation(x)} for x in stated if x.get("href")]
    for detail in _contents(node):
        if detail.get("src"):
            href = _joined(detail.get("base") or "", detail["src"])
            kind = detail.get("type") or "text/plain"
            page = kind in _PAGE_TYPES and not type_by_name(href)
            if not page or all(x["rel"] != "alternate" for x in links):
                rel = "alternate" if page else "enclosure"
                links.append({"href": href, "rel": rel, "type": None if page else kind})
    return links


def _contents(node: Any) -> Sequence[Any]:
    """An entry's; a feed has none, whatever an extension calls so."""
    found = node.get("content")
    return found[:MOST_OF_A_KIND] if isinstance(found, list) else ()


def _relation(link: Any) -> str:
    """A registered name is the same as its address at IANA (RFC 4287 §4.2.7.2)."""
    return _REGISTERED.sub("", link.get("rel") or "alternate")


def _joined(base: str, reference: str) -> str:
    try:
        return urljoin(base, reference)
    except ValueError:
        return reference


def _links(node: Any, *, atom: bool) -> tuple[Link, ...]:
    links = [
        Link(
            href=x["href"],
            rel=x["rel"],
            type=x.get("type"),
            hreflang=x.get("hreflang"),
            title=x.get("title"),
            count=_length(x.get("thr:count")),
            updated=credible(moment(x.get("thr:updated") or "")),
        )
        for x in _linked(node)
        if x["rel"] != "enclosure"
    ]
    own = [x["href"] for x in _linked(node) if x.get(OWN)]
    main = (own[-1] if own else _text(node, "link")) or _permalink(node)
    alternates = [x for x in links if x.rel == "alternate"]
    if chosen := _page(alternates, main, atom=atom):
        links = [chosen, *(x for x in links if x is not chosen)]
    elif main and not alternates:
        links.insert(0, Link(href=main))
    for name in ("feedburner_origlink", "pheedo_origlink"):
        if original := _text(node, name):
            links.append(Link(href=original, rel="canonical"))
    if source := _text(node, "dc_source"):
        links.append(Link(href=source, rel="source"))
    return tuple(links)


def _page(alternates: Sequence[Link], main: str | None, *, atom: bool) -> Link | None:
    """Which of several is the page. Those of Atom are one page in other languages and formats (RFC
    4287 §4.2.7), the first before the others. Of RSS it is the last of its own; else the last
    atom:link, but one that has a title is second to the others."""
    if atom:
        return min(alternates, key=lambda x: x.type not in (*_PAGE_TYPES, None), default=None)
    chosen = [x for x in alternates if x.href == main] + [x for x in alternates if not x.title]
    return min(chosen, key=lambda x: x.title is not None, default=None)


def _page_of_comments(e: Any) -> str | None:
    """Of RSS. Some have a text there, which feedparser takes for an address as well."""
    said = _text(e, "comments")
    return said if len(said.split()) == 1 else None


def _discussed(links: Iterable[Link]) -> str | None:
    """The page of the replies (RFC 4685 §4), which RSS calls comments."""
    return next((x.href for x in links if x.rel == "replies" and x.type in _PAGE_TYPES), None)


def _permalink(node: Any) -> str | None:
    """The id, where it is an address as well and the feed does not say that it is none."""
    name = _text(node, "id")
    return name if dict.get(node, "guidislink", True) and is_absolute(name) else None


def _people(node: Any) -> tuple[Person, ...]:
    people = (
        Person(name=x.get("name") or "", email=x.get("email") or None, url=x.get("href") or None)
        for x in (node.get("authors") or ())[:MOST_OF_A_KIND]
    )
    return tuple(x for x in dict.fromkeys(people) if x != Person())


def _categories(node: Any) -> tuple[Category, ...]:
    return tuple(
        dict.fromkeys(
            Category(term=x["term"] or x["label"], scheme=x.get("scheme"), label=x.get("label"))
            for x in node.get("tags") or ()
            if x.get("term") or x.get("label")
        )
    )


def _enclosures(e: Any, document: str | None) -> tuple[Enclosure, ...]:
    """Not what feedparser makes of an empty address: the base itself."""
    details = (e.get("title_detail"), e.get("summary_detail"), *_contents(e))
    bases = {document, *(x.get("base") for x in details if x)}
    found = (
        Enclosure(url=x["href"], type=_type(x), length=_length(x.get("length")))
        for x in _linked(e)
        if x["rel"] == "enclosure" and x["href"] not in bases
    )
    return _past_its_service(e, tuple(dict.fromkeys(found)))


def _past_its_service(e: Any, found: tuple[Enclosure, ...]) -> tuple[Enclosure, ...]:
    """The file itself, where FeedBurner, which counts downloads, says where it lies."""
    original = _text(e, "feedburner_origenclosurelink")
    return (replace(found[0], url=original),) if original and len(found) == 1 else found


def _recordings(kept: Iterable[Extension]) -> tuple[Enclosure, ...]:
    """Of an entry that has no enclosures, the media that are heard or watched."""
    found = (
        Enclosure(
            url=x.get("url"),
            type=x.get("type") or type_by_name(x.get("url")),
            length=_length(x.get("fileSize")),
        )
        for x in extensions.recordings(kept)
        if x.get("type") or x.get("medium") or _is_recording(x.get("url"))
    )
    return tuple(dict.fromkeys(found))


def _is_recording(href: str | None) -> bool:
    return (type_by_name(href or "") or "").startswith(("audio/", "video/"))


def _type(link: Any) -> str | None:
    """As stated; feedparser calls a link that states none, and content elsewhere, a page."""
    stated = link.get("type") or None
    return type_by_name(link["href"]) if stated in (None, *_PAGE_TYPES) else stated


def type_by_name(href: str) -> str | None:
    try:
        return _MEDIA_TYPES.get(urlsplit(href).path.rpartition(".")[2].lower())
    except ValueError:
        return None


def _length(text: str | None) -> int | None:
    text = (text or "").strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else None


def _origin(e: Any, zone: tzinfo, *, atom: bool) -> Origin | None:
    source = e.get("source")
    if not source:
        return None
    href = None if atom else source.get("href")  # of Atom it would be the address of an author
    links = _links(source, atom=atom) or ((Link(href=href, rel="self"),) if href else ())
    kept = _extensions(source)
    titled = source.get("title_detail") or {}
    return Origin(
        id=_text(source, "id") or href or None,
        title=_markup(source, "title"),
        updated=_when(source, "updated", zone),
        links=(*links, *extensions.licences(kept)),
        authors=_people(source),
        rights=_markup(source, "rights") or _rights(kept),
        subtitle=_markup(source, "subtitle") or None,
        image=_image(source),
        generator=_text(source, "generator") or None,
        categories=_categories(source),
        language=titled.get("language") or None,
        extensions=kept,
    )


def _extensions(node: Any) -> tuple[Extension, ...]:
    return tuple(dict.get(node, EXTENSIONS, ()))


def _rights(kept: Iterable[Extension]) -> str | None:
    said = extensions.rights(kept)
    return html.escape(said, quote=False) if said else None


def _agent(found: Any) -> str | None:
    """The address of the generator (web.resource.org/rss/1.0/modules/admin)."""
    said = found.get("admin_generatoragent")
    return (said.get("rdf:resource") or None) if isinstance(said, dict) else None


def _rdf_image(version: str, body: bytes) -> str | None:
    """RSS 0.90 and 1.0 put the image beside the channel, where feedparser does not look."""
    if version not in ("rss090", "rss10"):
        return None
    for begins in islice(_IMAGE.finditer(body), 9):
        ends = body.find(b"</%s>" % begins[1], begins.end())
        if found := _IMAGE_URL.search(body, begins.end(), ends if ends > 0 else len(body)):
            return html.unescape(found[2].decode("utf-8", "replace").strip())
    return None


def _image(feed: Any) -> str | None:
    shown = (feed.get("image"), *(dict.get(feed, name) for name in ("logo", "icon")))
    return next(filter(None, map(_shown, shown)), None)


def _shown(picture: Any) -> str | None:
    """The address of one; CDF's logo, and others with attributes, have it in one of them."""
    if isinstance(picture, dict):
        picture = picture.get("href") or picture.get("url")
    return picture if isinstance(picture, str) else None
