"""JSON Feed 1 and 1.1 (jsonfeed.org/version/1.1), read as it comes: types are never trusted.

What `jsonfeed_written` says in an object of our own is read, whoever writes it.
"""

from __future__ import annotations

import html
import json
import math
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import UTC, datetime, tzinfo
from typing import Any
from urllib.parse import unquote, urljoin

from aggregator.errors import ParseError
from aggregator.formats import bounds, charsets, extensions, mapping
from aggregator.formats.remarks import unread_dates
from aggregator.formats.repairs import is_absolute
from aggregator.links import with_permalink
from aggregator.model import (
    Category,
    Enclosure,
    Entry,
    Extension,
    Feed,
    Hints,
    Link,
    Origin,
    Person,
    Response,
)
from aggregator.moments import credible, moment

OWN = "_aggregator"
_DEEPEST_SIGNAL = 8
_DEEPEST = 100  # of what is nested: in an item there are lists of objects, and extensions


def parse(response: Response, *, zone: tzinfo = UTC) -> Feed:
    """The feed in `response`; a date without an offset is read in `zone`. Pages that its
    `next_url` leads to are not asked for: they hold what we had before."""
    kind = mapping.headers(response)["content-type"]
    found = charsets.decode(response.body, "utf-8", charsets.stated(kind))  # RFC 8259 §8.1, first
    data, problems = _loaded(charsets.whole_escapes(found.text))
    if not isinstance(data, dict) or not isinstance(_items(data), list):
        raise ParseError("JSON, but no JSON Feed: it has no list 'items'")
    reader = _Reader(zone=zone, base=_base(data, response))
    authors, language = reader.people(data), _text(data, "language")
    listed = _items(data)[: bounds.MOST_ENTRIES]
    items = [x for x in listed if isinstance(x, dict)]
    entries = tuple(reader.entry(x, authors, language or None) for x in items)
    return Feed(
        id=_text(data, "feed_url") or None,
        title=html.escape(_text(data, "title"), quote=False),
        subtitle=html.escape(_text(data, "description"), quote=False) or None,
        language=language or None,
        links=reader.feed_links(data),
        authors=authors,
        image=reader.url(data, "icon") or reader.url(data, "favicon"),
        hints=Hints(complete=data.get("expired") is True),
        entries=entries,
        problems=(*found.problems, *problems, *_odd(data, items), *unread_dates(reader.unread)),
    )


def _items(data: dict[str, Any]) -> Any:
    """What says that it is a JSON Feed and has no items is one without any."""
    named = "jsonfeed.org/version/" in _text(data, "version")
    return [] if named and data.get("items") is None else data.get("items")


def _base(data: dict[str, Any], response: Response) -> str:
    """What is relative in a file is relative to its site."""
    names = ("home_page_url",) if response.discreet else ("home_page_url", "feed_url")
    stated = (_text(data, name).strip() for name in names)
    url = response.url
    return url if url.startswith("http") else next(filter(None, stated), url)


def _odd(data: dict[str, Any], items: list[dict[str, Any]]) -> Iterator[str]:
    """What is not as the specification has it. An item without an id should not be shown, but it
    has been written: it is recognised by its link or its text."""
    version, there = _text(data, "version"), len(_items(data))
    if "jsonfeed.org/version/" not in version:
        yield f"unknown version {version!r}"
    if there > bounds.MOST_ENTRIES:
        yield bounds.MANY_ENTRIES
    if lost := min(there, bounds.MOST_ENTRIES) - len(items):
        yield f"{lost} of its items are no objects and were left out"
    if nameless := sum(not _text(x, "id") for x in items):
        yield f"{nameless} of its items have no id; told apart by link or text"


# ── broken documents ─────────────────────────────────────────────────────────

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*+"?|[\[\]{}]', re.DOTALL)  # a string may break off, too
_COMMA = re.compile(r'("(?:[^"\\]|\\.)*+"?)|,(?=\s*[\]}])', re.DOTALL)  # before what ends


def _loaded(text: str) -> tuple[Any, tuple[str, ...]]:
    """The value that `text` is, with or without needless commas; where it breaks off, that of its
    whole items."""
    bounds.refuse_many_parts(text)
    try:
        return json.loads(text, strict=False), ()
    except (ValueError, RecursionError) as error:
        broken = f"broken JSON: {error}"
    text = _COMMA.sub(_kept, text)
    begun = text[: _last_item(text)] + "]}"
    for read, told in ((text, broken), (begun, f"{broken}; read up to there")):
        with suppress(ValueError, RecursionError):
            return json.loads(read, strict=False), (told,)
    raise ParseError(broken)


def _kept(found: re.Match[str]) -> str:
    return found[1] or ""


def _last_item(text: str) -> int:
    """Where the last whole object ends in a list of the outermost object."""
    end, depth, begun = 0, 0, ""
    for token in _TOKEN.finditer(text):
        mark = token[0]
        if mark in "[{":
            begun = begun[:depth] + mark
            depth += 1
        elif mark in "]}":
            depth -= 1
            if depth < 2:
                break  # the list is whole, or this is none
            if depth == 2 and begun[:2] == "{[":
                end = token.end()
        if depth > _DEEPEST:
            break
    return end


class _Reader:
    """One document's zone and base, so that no helper has to be handed both; and what it lost."""

    def __init__(self, *, zone: tzinfo, base: str) -> None:
        self.zone = zone
        self.base = base
        self.unread: list[str] = []  # what should have been a date

    def entry(self, x: dict[str, Any], authors: tuple[Person, ...], language: str | None) -> Entry:
        target = self.url(x, "external_url")
        # An item of a list of links may have no page of its own.
        link = self.url(x, "url") or (None if is_absolute(_text(x, "id")) else target)
        links = [Link(href=href) for href in (link,) if href]
        links += [Link(href=href, rel="related") for href in (target,) if href]
        own = _object(x.get(OWN))
        links += self.links(own)
        plain = _text(x, "content_text")
        return Entry(
            id=_text(x, "id"),
            title=html.escape(_text(x, "title"), quote=False),
            links=with_permalink(links, _text(x, "id")),
            published=self.when(x, "date_published"),
            updated=self.when(x, "date_modified"),
            authors=self.people(x) or authors,
            summary=html.escape(_text(x, "summary"), quote=False) or None,
            content=_text(x, "content_html") or _paragraphs(plain) or None,
            base=link or self.base or None,
            categories=_categories(x, own),
            enclosures=tuple(self.enclosures(x)),
            language=_text(x, "language") or language,
            rights=_escaped(own, "rights"),
            comments=self.url(own, "comments"),
            origin=self.origin(_object(own.get("source"))),
            source_link=link,
            extensions=(*self.extensions(x), *_signals(own.get("signals"))),
        )

    def origin(self, x: dict[str, Any]) -> Origin | None:
        names = (("url", "alternate"), ("feed_url", "self"))
        found = [(self.url(x, name), rel) for name, rel in names]
        if not x:
            return None
        return Origin(
            id=_text(x, "id") or None,
            title=html.escape(_text(x, "title"), quote=False),
            updated=self.when(x, "updated"),
            links=(*(Link(href=href, rel=rel) for href, rel in found if href), *self.links(x)),
            authors=self.people(x),
            rights=_escaped(x, "rights"),
            language=_text(x, "language") or None,
            extensions=tuple(_signals(x.get("signals"))),
        )

    def links(self, x: dict[str, Any]) -> Iterator[Link]:
        for said in _objects(x.get("links")):
            if href := self.url(said, "url"):
                yield Link(
                    href=href,
                    rel=_text(said, "rel") or "related",
                    type=_text(said, "type") or None,
                    hreflang=_text(said, "hreflang") or None,
                    title=html.escape(_text(said, "title"), quote=False) or None,
                    count=_whole(_text(said, "count")),
                    updated=self.when(said, "updated"),
                )

    def extensions(self, x: dict[str, Any]) -> Iterator[Extension]:
        """What RSS and Atom say in elements of their own about images and recordings."""
        for name, kind in (("image", "thumbnail"), ("banner_image", "content")):
            if href := self.url(x, name):
                medium = () if kind == "thumbnail" else (("medium", "image"),)
                yield Extension(name=f"media:{kind}", attributes=(*medium, ("url", href)))
        lengths = (_text(a, "duration_in_seconds") for a in _objects(x.get("attachments")))
        if length := next(filter(None, lengths), None):
            yield Extension(name="itunes:duration", text=length)

    def url(self, x: dict[str, Any], name: str) -> str | None:
        value = _text(x, name)
        try:
            return urljoin(self.base, value) if value else None
        except ValueError:
            return None

    def when(self, x: dict[str, Any], name: str) -> datetime | None:
        text = _text(x, name)
        found = credible(moment(text, self.zone))
        self.unread += [text] if text and not found else []
        return found

    def people(self, x: dict[str, Any]) -> tuple[Person, ...]:
        """`authors` of 1.1, `author` of 1.0; a name alone is one as well."""
        said = x.get("authors") or x.get("author")
        people = bounds.some(said) if isinstance(said, list) else [said]
        found = (
            self.person(p) if isinstance(p, dict) else Person(name=p if isinstance(p, str) else "")
            for p in people
        )
        return tuple(p for p in dict.fromkeys(found) if p != Person())

    def person(self, x: dict[str, Any]) -> Person:
        """A mailto: for an address is one of mail (jsonfeed.org/version/1.1, authors)."""
        url = self.url(x, "url")
        mail = re.match(r"mailto:([^?\s]+)", url or "", re.IGNORECASE)
        return Person(
            name=_text(x, "name"),
            url=None if mail else url,
            email=unquote(mail[1]) if mail else _text(x, "email") or None,
        )

    def feed_links(self, data: dict[str, Any]) -> tuple[Link, ...]:
        names = (("home_page_url", "alternate"), ("feed_url", "self"))
        found = [(self.url(data, name), rel) for name, rel in names]
        found += [
            (self.url(hub, "url"), "hub")
            for hub in _objects(data.get("hubs"))
            if _text(hub, "type").lower() == "websub"
        ]
        return tuple(Link(href=href, rel=rel) for href, rel in found if href)

    def enclosures(self, x: dict[str, Any]) -> Iterator[Enclosure]:
        for a in _objects(x.get("attachments")):
            if url := self.url(a, "url"):
                yield Enclosure(
                    url=url,
                    type=_text(a, "mime_type") or mapping.type_by_name(url),
                    length=_whole(_text(a, "size_in_bytes")),
                )


def _text(x: dict[str, Any], name: str) -> str:
    """A string; numbers are coerced, as the specification asks of ids."""
    value = x.get(name)
    if isinstance(value, float):
        whole = math.isfinite(value) and value.is_integer() and abs(value) < 1e15
        return str(int(value)) if whole else str(value) if math.isfinite(value) else ""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return ""
    return str(value)


def _whole(number: str) -> int | None:
    """As many bytes as there are: a program may have come to half of one."""
    digits = number.partition(".")[0]
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 16 else None


def _escaped(x: dict[str, Any], name: str) -> str | None:
    return html.escape(_text(x, name), quote=False) or None


def _categories(x: dict[str, Any], own: dict[str, Any]) -> tuple[Category, ...]:
    """Our own say more of the tags."""
    told = (
        Category(
            term=_text(c, "term"),
            scheme=_text(c, "scheme") or None,
            label=_text(c, "label") or None,
        )
        for c in _objects(own.get("categories"))
    )
    whole = {c.term: c for c in told if c.term}
    tags = (whole.get(t, Category(term=t)) for t in _texts(x.get("tags")))
    return tuple(dict.fromkeys((*tags, *whole.values())))


def _signals(values: Any, depth: int = 1) -> Iterator[Extension]:
    """Elements that speak of rights."""
    for x in _objects(values):
        name, said = _text(x, "name"), _object(x.get("attributes"))
        if extensions.kept(name.partition(":")[0]) and depth <= _DEEPEST_SIGNAL:
            yield Extension(
                name=name,
                text=_text(x, "text"),
                attributes=tuple(sorted((k, v) for k in said if (v := _text(said, k)))),
                children=tuple(_signals(x.get("children"), depth + 1)),
            )


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _texts(values: Any) -> Iterable[str]:
    listed = values if isinstance(values, list) else [values]
    return (str(v) for v in bounds.some(listed) if isinstance(v, str) and v)


def _objects(values: Any) -> Iterable[dict[str, Any]]:
    values = [values] if isinstance(values, dict) else values
    return (x for x in bounds.some(values) if isinstance(x, dict))


def _paragraphs(text: str) -> str:
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    parts = (html.escape(p.strip(), quote=False) for p in text.split("\n\n"))
    return "".join(f"<p>{p}</p>".replace("\n", "<br>") for p in parts if p)
