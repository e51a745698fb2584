"""JSON Feed 1.1 (jsonfeed.org/version/1.1) as we write it.

What it has no word for stands in an object of our own, `_aggregator` (docs/output.md), which
`jsonfeed` reads: a story keeps its source and its licence from planet to planet.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from aggregator import syntax
from aggregator.formats import elements, extensions
from aggregator.formats.elements import sound
from aggregator.formats.jsonfeed import OWN
from aggregator.formats.mapping import type_by_name
from aggregator.model import Entry, Extension, Feed, Link, Origin, Person
from aggregator.moments import iso
from aggregator.text import legal, line, plain

MEDIA_TYPE = "application/feed+json"
VERSION = "https://jsonfeed.org/version/1.1"
_ANYTHING = "application/octet-stream"
_OF_FEED = frozenset({"current", "next-archive", "license"})  # what it has no key for
_OF_SOURCE = frozenset({"license"})
_DEEPEST = 8

Object = dict[str, Any]


def render(feed: Feed) -> bytes:
    """`feed` as a JSON Feed, in UTF-8; the same feed gives the same bytes. Every entry needs an
    id."""
    links = elements.links(feed.links, elements.OF_FEED)
    said = {
        "version": VERSION,
        "title": line(feed.title) or line(feed.id or ""),
        "home_page_url": _first(links, "alternate"),
        "feed_url": _first(links, "self"),
        "description": plain(feed.subtitle or ""),
        "next_url": _first(links, "prev-archive"),
        "icon": syntax.iri(feed.image),
        "authors": _people(feed.authors),
        "language": syntax.language(feed.language),
        "hubs": [{"type": "WebSub", "url": x.href} for x in links if x.rel == "hub"],
        OWN: _besides(feed, links),
    }
    items = ",\n".join(_written(_item(e)) for e in feed.entries)
    head = _written(_told(said)).removesuffix("}")
    return f'{head}, "items": [\n{items}\n]}}\n'.encode()


def _written(found: Object) -> str:
    """On one line: a change of one entry is one of its line, and json is quick that way."""
    return legal(json.dumps(found, ensure_ascii=False))


def _told(said: Object) -> Object:
    """Without what there is nothing to say of, and without characters that no text needs."""
    sounded = ((k, sound(v) if isinstance(v, str) else v) for k, v in said.items())
    return {name: value for name, value in sounded if value not in (None, "", [], {})}


def _first(links: Iterable[Link], rel: str) -> str | None:
    return next((x.href for x in links if x.rel == rel), None)


def _people(people: Iterable[Person]) -> list[Object]:
    """Where one is reached by mail alone, at that address."""
    found = []
    for person in people:
        mail = syntax.email(person.email)
        url = syntax.iri(person.url) or (f"mailto:{mail}" if mail else None)
        found.append(_told({"name": line(person.name), "url": url}))
    return [x for x in found if x]


def _besides(feed: Feed, links: Iterable[Link]) -> Object:
    return _told(
        {
            "id": feed.id,
            "updated": _date(feed.updated),
            "rights": line(feed.rights or ""),
            "archive": feed.archive or None,
            "links": _links(x for x in links if x.rel in _OF_FEED),
            "deleted": [{"id": x.ref, "when": iso(x.when)} for x in feed.deleted if x.ref],
        }
    )


# ── an item ──────────────────────────────────────────────────────────────────


def _item(entry: Entry) -> Object:
    """With a text even where it has none, as the specification wants."""
    links = elements.links(entry.links, elements.OF_ENTRY)
    html = sound(entry.content) or sound(entry.summary)
    image, banner = _pictures(entry.extensions)
    said = {
        "id": entry.id,
        "url": _first(links, "alternate"),
        "external_url": _first(links, "related"),
        "title": line(entry.title),
        "content_html": html,
        "summary": plain(entry.summary or "") if entry.content else None,
        "image": image,
        "banner_image": banner,
        "date_published": _date(entry.published),
        "date_modified": _date(entry.updated),
        "authors": _people(entry.authors),
        "tags": list(dict.fromkeys(line(c.term) for c in entry.categories if line(c.term))),
        "language": syntax.language(entry.language),
        "attachments": list(_attachments(entry)),
        OWN: _beside(entry, links),
    }
    return _told(said) | ({} if html else {"content_text": ""})


def _date(when: datetime | None) -> str | None:
    return iso(when) if when else None


def _pictures(found: tuple[Extension, ...]) -> tuple[str | None, str | None]:
    """Its image, and the wide one where there are two."""
    wide = (x.get("url") for x in found if x.name == "media:content" and _is_image(x))
    image, banner = syntax.iri(extensions.picture(found)), next(map(syntax.iri, wide), None)
    return image, banner if banner != image else None


def _is_image(x: Extension) -> bool:
    return x.get("medium") == "image" or x.get("type").startswith("image/")


def _attachments(entry: Entry) -> Iterator[Object]:
    lasts = {x.get("url"): x.get("duration") for x in _media(entry.extensions)}
    whole = next((x.text for x in entry.extensions if x.name == "itunes:duration"), "")
    for number, e in enumerate(elements.enclosures(entry)):
        seconds = _seconds(lasts.get(e.url) or ("" if number else whole))
        yield _told(
            {
                "url": e.url,
                "mime_type": e.type or type_by_name(e.url) or _ANYTHING,
                "size_in_bytes": e.length,
                "duration_in_seconds": seconds,
            }
        )


def _media(found: Iterable[Extension], depth: int = 1) -> Iterator[Extension]:
    for x in found:
        if x.name == "media:content":
            yield x
        elif x.name == "media:group" and depth < _DEEPEST:
            yield from _media(x.children, depth + 1)


def _seconds(said: str) -> int | None:
    """Of 83, 1:23 or 0:01:23."""
    parts = said.split(".", maxsplit=1)[0].split(":")
    if len(parts) > 3 or not all(x.isascii() and x.isdigit() and len(x) < 9 for x in parts):
        return None
    seconds = 0
    for x in parts:
        seconds = 60 * seconds + int(x)
    return seconds


def _beside(entry: Entry, links: list[Link]) -> Object:
    """What no key of an item is for: of its links the others, whose it is, and its source."""
    taken = {id(x) for rel in ("alternate", "related") for x in _one(links, rel)}
    shown = any(c.scheme or c.label for c in entry.categories)
    categories = [
        _told({"term": line(c.term), "scheme": c.scheme, "label": line(c.label or "")})
        for c in entry.categories
    ]
    return _told(
        {
            "source": _source(entry.origin),
            "links": _links(x for x in links if id(x) not in taken),
            "comments": syntax.iri(entry.comments),
            "rights": line(entry.rights or ""),
            "categories": categories if shown else None,
            "signals": _signals(entry.extensions),
        }
    )


def _one(links: Iterable[Link], rel: str) -> Iterable[Link]:
    return [x for x in links if x.rel == rel][:1]


def _links(links: Iterable[Link]) -> list[Object]:
    return [
        _told(
            {
                "rel": x.rel,
                "url": x.href,
                "type": x.type,
                "hreflang": x.hreflang,
                "title": x.title,
                "count": x.count,
                "updated": _date(x.updated),
            }
        )
        for x in links
    ]


def _source(origin: Origin | None) -> Object:
    if origin is None:
        return {}
    return _told(
        {
            "id": origin.id,
            "title": line(origin.title),
            "url": syntax.iri(_first(origin.links, "alternate")),
            "feed_url": syntax.iri(_first(origin.links, "self")),
            "updated": _date(origin.updated),
            "language": syntax.language(origin.language),
            "authors": _people(origin.authors),
            "rights": line(origin.rights or ""),
            "links": _links(elements.links(origin.links, _OF_SOURCE)),
            "signals": _signals(origin.extensions),
        }
    )


def _signals(found: Iterable[Extension], depth: int = 1) -> list[Object]:
    """Elements that speak of rights, which have no form in JSON, as they are kept."""
    chosen = extensions.signals(found) if depth == 1 else tuple(found)
    return [
        _told(
            {
                "name": x.name,
                "text": x.text,
                "attributes": _told(dict(x.attributes)),
                "children": _signals(x.children, depth + 1) if depth < _DEEPEST else None,
            }
        )
        for x in chosen[: elements.MOST]
    ]
