"""What one feed looks like after parsing and normalising, as plain values for JSON."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, datetime, tzinfo
from typing import Any

from aggregator import formats, links, syntax
from aggregator.model import Category, Entry, Person, Response
from aggregator.moments import iso
from aggregator.rules.clean import clean, clean_feed


def inspect(
    body: bytes, *, url: str | None, headers: Mapping[str, str], zone: tzinfo = UTC
) -> dict[str, Any]:
    """The object that `aggregator inspect --json` prints; ParseError when `body` is no feed.

    `url` is where it came from: what its relative references resolve against. A date without an
    offset is read in `zone`.
    """
    parsed = formats.parse(Response(url=url or "", headers=headers, body=body), zone=zone)
    own = links.at_home(parsed, url or "")
    feed = clean_feed(parsed, keep_relative=True)
    return {
        "feed": {
            "id": feed.id,
            "url": feed.link,
            "title": feed.title,
            "subtitle": feed.subtitle,
            "language": feed.language,
            "updated": _when(feed.updated),
            "published": _when(feed.published),
            "rights": feed.rights,
            "image": feed.image,
            "generator": feed.generator,
            "authors": _people(feed.authors),
            "categories": _categories(feed.categories),
        },
        "entries": [_entry(e, own) for e in feed.entries],
        "problems": list(feed.problems),
    }


def _entry(said: Entry, own: Collection[str]) -> dict[str, Any]:
    """The link is the one that a run takes, before it is cleaned: what the feed says is asked."""
    e = clean(said, feed_urls=own, keep_relative=True)
    link = links.stated(said, feed_urls=own)
    origin = e.origin and {"id": e.origin.id, "title": e.origin.title, "url": e.origin.url}
    return {
        "id": e.id or None,
        "url": syntax.iri(link) if link else None,
        "title": e.title,
        "published": _when(e.published),
        "updated": _when(e.updated),
        "summary": e.summary,
        "content": e.content,
        "language": e.language,
        "comments": e.comments,
        "rights": e.rights,
        "authors": _people(e.authors),
        "categories": _categories(e.categories),
        "enclosures": [{"url": x.url, "type": x.type, "length": x.length} for x in e.enclosures],
        "source": origin,
    }


def _when(when: datetime | None) -> str | None:
    return iso(when) if when else None


def _people(people: Iterable[Person]) -> list[dict[str, str | None]]:
    return [{"name": p.name or None, "email": p.email, "url": p.url} for p in people]


def _categories(categories: Iterable[Category]) -> list[dict[str, str | None]]:
    return [{"term": c.term, "scheme": c.scheme, "label": c.label} for c in categories]
