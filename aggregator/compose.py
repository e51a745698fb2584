"""Stored entries to the feed documents that we publish. Pure.

An output's document holds the stories that surfaced last, newest first; nothing in it comes from
the clock, so the same store gives the same bytes.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime
from hashlib import blake2b
from urllib.parse import quote, urlsplit

from aggregator import content, licences, syntax
from aggregator.discretion import gives_away, public
from aggregator.errors import OutputError
from aggregator.excerpts import excerpt
from aggregator.formats.extensions import signals
from aggregator.model import (
    EVERYTHING,
    Category,
    ContentPolicy,
    Deleted,
    Entry,
    Feed,
    Link,
    Origin,
    Output,
    Person,
    Source,
    StoredEntry,
    Story,
)
from aggregator.text import plain

ALL = "all"  # the slug of EVERYTHING
RESERVED = frozenset({ALL, "index", "archive", "sources"})
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """Who publishes. `id` is permanent; `url` ends in a slash."""

    id: str
    url: str
    title: str
    author: Person
    language: str | None = None
    feed: str | None = None  # the id of the feed of everything, if it is not made of the site's


# ── documents ────────────────────────────────────────────────────────────────


def document(
    output: Output,
    entries: Iterable[Entry],
    *,
    site: Site,
    updated: datetime | None = None,
    deleted: Iterable[Deleted] = (),
) -> Feed:
    """A document of `output`, without links: `layout` knows those. `updated` is what the document
    before it said: no document is older than that, though it lost entries."""
    entries = sorted(entries, key=lambda e: (e.published or _EPOCH, e.id), reverse=True)
    moments = (updated, *(e.updated for e in entries))
    return Feed(
        id=feed_id(site.id, output.slug),
        title=site.title if output.name == EVERYTHING else f"{site.title} · {output.title}",
        language=site.language,
        updated=max((m for m in moments if m), default=_EPOCH),
        authors=(site.author,),
        entries=tuple(entries),
        deleted=tuple(deleted),
    )


def feed_id(site_id: str, slug: str) -> str:
    """The permanent atom:id of an output: below the site's own."""
    joint = "" if site_id.endswith(("/", ":")) else "/" if "://" in site_id else ":"
    return f"{site_id}{joint}{quote(slug)}"


def entry(
    story: Story,
    *,
    site: Site,
    sources: Mapping[str, Source],
    feeds: Mapping[str, Feed],
    most: ContentPolicy = "full",
) -> Entry:
    """What is published of a story, which has its leader and its id already; at `most` so much of
    its text."""
    lead = next(s for s in story.sightings if s.key == story.leader)
    voice = _voice(story, lead)
    if lead.entry is None or voice.entry is None:
        raise OutputError("the store holds nothing of it that can be read")
    source, feed = sources.get(lead.source), feeds.get(lead.source, Feed())
    policy = content.narrower(most, content.policy_of(voice.entry, source, feed))
    told = replace(voice.entry, links=lead.entry.links, comments=lead.entry.comments)
    origin = _origin(lead, site, source, feed)
    title = told.title or excerpt(told.html, 80) or lead.source
    return replace(
        content.shown(told, policy),
        id=story.id or "",
        title=title,
        links=_spelled(
            *(x for x in told.links if x.rel in _passed_on(told)),
            *(x for x in voice.entry.links if x.rel == "license"),
            *_replies(told),
            *_via(story, lead, sources=sources, feeds=feeds),
        ),
        comments=syntax.uri(told.comments),
        enclosures=tuple(replace(x, url=syntax.uri(x.url) or x.url) for x in told.enclosures),
        published=story.published,
        updated=max(lead.updated, voice.updated, story.published),
        authors=_authors(told, origin),
        categories=_categories(story, lead),
        origin=origin,
    )


def _spelled(*links: Link) -> tuple[Link, ...]:
    """As validators want them."""
    return tuple(replace(x, href=syntax.uri(x.href) or x.href) for x in links)


def _passed_on(entry: Entry) -> tuple[str, ...]:
    """The relations of its own links that are published; a post's own `via` was published once."""
    passed = ("alternate", "related")
    return (*passed, "via") if entry.path else passed


def _voice(story: Story, lead: StoredEntry) -> StoredEntry:
    """Whose words are told: the leader's, or those of the newest revision that its source put
    under an address of its own (an update, a correction). A digest of it is none."""
    least = 0.8 * len(plain(lead.entry.html if lead.entry else ""))
    revisions = (
        s
        for s in story.sightings
        if s.source == lead.source and s.stated and s.title and s.entry
        if len(plain(s.entry.html)) >= least
    )
    return max((lead, *revisions), key=lambda s: (s.updated, s is lead, s.key))


def _authors(entry: Entry, origin: Origin) -> tuple[Person, ...]:
    """Readers want a name in every entry: its author's, else its source's."""
    named = tuple(
        replace(p, name=p.name or p.email or p.url or "", url=syntax.uri(p.url))
        for p in entry.authors or origin.authors
    )
    return named or (Person(name=origin.title),)


def _categories(story: Story, lead: StoredEntry) -> tuple[Category, ...]:
    """Those of all sightings: the outputs that it stands in, then the leader's own words, then
    the others'; each term once."""
    names = sorted({name for s in story.sightings for name in s.outputs})
    own = (c for s in (lead, *_others(story, lead)) if s.entry for c in s.entry.categories)
    found: dict[str, Category] = {name: Category(term=name) for name in names}
    for c in own:
        found.setdefault(c.term, c)
    return tuple(found.values())


def _others(story: Story, lead: StoredEntry) -> list[StoredEntry]:
    """The other sightings, in an order that does not hang on when we saw them."""
    others = (s for s in story.sightings if s is not lead)
    return sorted(others, key=lambda s: (s.published, s.source, s.keys.source_entry_id))


def _replies(entry: Entry) -> Iterable[Link]:
    replies = [x for x in entry.links if x.rel == "replies"]
    if entry.comments and not replies:
        replies = [Link(href=entry.comments, rel="replies", type="text/html")]
    return replies


def _via(
    story: Story, lead: StoredEntry, *, sources: Mapping[str, Source], feeds: Mapping[str, Feed]
) -> list[Link]:
    """Where else the story was seen: an aggregator's own page about it, a paper's copy."""
    found: dict[tuple[str, str], Link] = {}
    for s in _others(story, lead):
        source = sources.get(s.source)
        # Of a source under another name now, the same source again, or a post in another folder.
        known = source is None or s.source == lead.source
        known = known or bool(s.entry and s.entry.path and lead.entry and lead.entry.path)
        if s.entry is None or (known and s.keys.url_key == lead.keys.url_key):
            continue
        discussed = s.entry.comments if source and source.role == "aggregator" else None
        href = discussed or s.entry.link or s.entry.comments
        if href:
            title = _title(s.source, source, feeds.get(s.source, Feed()))
            found.setdefault((href, title), Link(href=href, rel="via", title=title))
    return list(found.values())


def _title(name: str, source: Source | None, feed: Feed) -> str:
    return (source.title if source else None) or feed.title or name


def _origin(lead: StoredEntry, site: Site, source: Source | None, feed: Feed) -> Origin:
    """atom:source: what an upstream planet wrote stays (RFC 4287 §4.2.11); the rest is filled."""
    entry = lead.entry
    assert entry is not None
    if origin := licences.elsewhere(entry, feed):
        own = origin
    elif source and source.kind == "posts":
        own = Origin(
            id=site.feed or feed_id(site.id, ALL),
            title=source.title or site.title,
            links=(Link(href=site.url),),
            authors=(site.author,),
        )
    else:
        whole = Origin(
            id=None if gives_away(source, feed.id) else feed.id,
            title=_title(lead.source, source, feed),
            links=_source_links(source, feed),
            authors=feed.authors,
            rights=feed.rights,
            subtitle=feed.subtitle,
            image=None if gives_away(source, feed.image) else feed.image,
            generator=feed.generator,
            categories=feed.categories,
            language=feed.language,
            extensions=signals(feed.extensions),
        )
        own = _completed(entry.origin, whole) if entry.origin else whole
    place = syntax.uri(own.url)
    return replace(
        own,
        links=_spelled(*(x for x in own.links if x.rel in ("alternate", "self", "license"))),
        id=syntax.written(own.id) or place or f"urn:x-source:{quote(lead.source)}",
        title=own.title or urlsplit(place or "").netloc.rpartition("@")[2] or lead.source,
        updated=own.updated or lead.feed_updated,
        authors=tuple(replace(p, url=syntax.uri(p.url)) for p in own.authors if p.name),
        image=syntax.uri(own.image),
    )


def _completed(own: Origin, whole: Origin) -> Origin:
    """What an entry says of the very feed that it came in, with what that says besides: its rights
    above all."""
    rels = {x.rel for x in own.links}
    missing = {x.name: getattr(whole, x.name) for x in fields(Origin) if not getattr(own, x.name)}
    links = (*own.links, *(x for x in whole.links if x.rel not in rels))
    return replace(own, **missing | {"links": links})


def _source_links(source: Source | None, feed: Feed) -> tuple[Link, ...]:
    """One alternate, one self and the licences, absolute; a local file's address is nobody's
    business."""
    links = [x for x in feed.links if not gives_away(source, x.href)]
    site = next((x for x in links if x.rel == "alternate"), None)
    own = next((x for x in links if x.rel == "self"), None)
    if own is None and source and (address := public(source)):
        own = Link(href=address, rel="self")
    licences = (x for x in links if x.rel == "license")
    return tuple(x for x in (site, own, *licences) if x)


# ── slugs ────────────────────────────────────────────────────────────────────

_NOT_IN_NAME = re.compile(r"[/\\\x00-\x1f\x7f]|^\.|^\s|\s$")
_LONGEST_SLUG = 150  # bytes: with its suffix, below what any file system takes


def raw_slug(name: str, taken: Collection[str]) -> str:
    """A category's own name for a file name, as jekyll-feed has it; another where it is none, or
    is taken."""
    fits = not _NOT_IN_NAME.search(name) and len(name.encode()) <= _LONGEST_SLUG
    return name if fits and name not in {*taken, *RESERVED} else slug_of(name, taken)


def slug_of(name: str, taken: Collection[str]) -> str:
    """A file name for a category: letters and digits of every script, lower case, unlike those
    that are `taken` or reserved. It never leaves the folder: nothing else gets in."""
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).lower())
    # Letters, their marks and numbers: without marks half the world's scripts fall apart.
    kept = "".join(c if unicodedata.category(c)[0] in "LMN" else " " for c in folded)
    base = "-".join(kept.split())
    digest = blake2b(name.encode(), digest_size=4).hexdigest()
    if len(base.encode()) > _LONGEST_SLUG:
        base = (
            base.encode()[: _LONGEST_SLUG - 9].decode("utf-8", "ignore").rstrip("-") + f"-{digest}"
        )
    base = base or f"category-{digest}"
    number, slug = 1, base
    while slug in taken or slug in RESERVED:
        number += 1
        slug = f"{base}-{number}"
    return slug
