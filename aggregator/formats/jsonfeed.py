"""JSON Feed 1 and 1.1 (jsonfeed.org/version/1.1), read as it comes: types are never trusted."""

from __future__ import annotations

import html
import json
from collections.abc import Iterable
from datetime import UTC, datetime, tzinfo
from typing import Any
from urllib.parse import urljoin

from aggregator.errors import ParseError
from aggregator.formats import charsets, mapping
from aggregator.formats.remarks import unread_dates
from aggregator.links import with_permalink
from aggregator.model import Category, Enclosure, Entry, Feed, Hints, Link, Person, Response
from aggregator.moments import credible, moment


def parse(response: Response, *, zone: tzinfo = UTC) -> Feed:
    """The feed in `response`; a date without an offset is read in `zone`."""
    kind = mapping.headers(response)["content-type"]
    found = charsets.decode(response.body, "utf-8", charsets.stated(kind))  # RFC 8259 §8.1, first
    data = _loaded(found.text)
    if not isinstance(data, dict) or not isinstance(data.get("items"), list):
        raise ParseError("JSON, but no JSON Feed: it has no list 'items'")
    reader = _Reader(zone=zone, base=response.url)
    authors, language = reader.people(data), _text(data, "language")
    items = [x for x in data["items"] if isinstance(x, dict)]
    entries = tuple(reader.entry(x, authors, language or None) for x in items)
    version = _text(data, "version")
    problems = list(found.problems)
    if "jsonfeed.org/version/" not in version:
        problems.append(f"unknown version {version!r}")
    lost = len(data["items"]) - len(items)
    if lost:
        problems.append(f"{lost} of its items are no objects and were left out")
    problems += unread_dates(reader.unread)
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
        problems=tuple(problems),
    )


def _loaded(text: str) -> Any:
    try:
        return json.loads(text, strict=False)
    except (ValueError, RecursionError) as error:
        raise ParseError(f"broken JSON: {error}") from error


class _Reader:
    """One document's zone and base, so that no helper has to be handed both; and what it lost."""

    def __init__(self, *, zone: tzinfo, base: str) -> None:
        self.zone = zone
        self.base = base
        self.unread: list[str] = []  # what should have been a date

    def entry(self, x: dict[str, Any], authors: tuple[Person, ...], language: str | None) -> Entry:
        link = self.url(x, "url")
        target = self.url(x, "external_url")
        related = (Link(href=target, rel="related"),) if target else ()
        plain = _text(x, "content_text")
        return Entry(
            id=_text(x, "id"),
            title=html.escape(_text(x, "title"), quote=False),
            links=with_permalink(((Link(href=link),) if link else ()) + related, _text(x, "id")),
            published=self.when(x, "date_published"),
            updated=self.when(x, "date_modified"),
            authors=self.people(x) or authors,
            summary=html.escape(_text(x, "summary"), quote=False) or None,
            content=_text(x, "content_html") or _paragraphs(plain) or None,
            base=link or self.base or None,
            categories=tuple(dict.fromkeys(Category(term=t) for t in _texts(x.get("tags")))),
            enclosures=tuple(self.enclosures(x)),
            language=_text(x, "language") or language,
            source_link=link,
        )

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
        """`authors` of 1.1, `author` of 1.0."""
        listed = x.get("authors")
        people = listed if isinstance(listed, list) else [x.get("author")]
        found = (
            Person(name=_text(p, "name"), url=self.url(p, "url"))
            for p in people
            if isinstance(p, dict)
        )
        return tuple(p for p in found if p != Person())

    def feed_links(self, data: dict[str, Any]) -> tuple[Link, ...]:
        names = (("home_page_url", "alternate"), ("feed_url", "self"))
        found = ((self.url(data, name), rel) for name, rel in names)
        return tuple(Link(href=href, rel=rel) for href, rel in found if href)

    def enclosures(self, x: dict[str, Any]) -> Iterable[Enclosure]:
        attachments = x.get("attachments")
        for a in attachments if isinstance(attachments, list) else ():
            url = self.url(a, "url") if isinstance(a, dict) else None
            if url:
                size = a.get("size_in_bytes")
                yield Enclosure(
                    url=url,
                    type=_text(a, "mime_type") or None,
                    length=int(size)
                    if isinstance(size, int | float) and 0 <= size < 1e15
                    else None,
                )


def _text(x: dict[str, Any], name: str) -> str:
    """A string; numbers are coerced, as the specification asks of ids."""
    value = x.get(name)
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    return str(value)


def _texts(values: Any) -> Iterable[str]:
    return (str(v) for v in values if isinstance(v, str) and v) if isinstance(values, list) else ()


def _paragraphs(text: str) -> str:
    parts = (html.escape(p.strip(), quote=False) for p in text.split("\n\n"))
    return "".join(f"<p>{p}</p>".replace("\n", "<br>") for p in parts if p)
