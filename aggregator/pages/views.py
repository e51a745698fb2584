"""What a template sees: a feed and its entries as plain values, with texts in the reader's words.

Every text is escaped by the template; what is of the type Markup came through `content`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from hashlib import blake2b
from posixpath import basename
from urllib.parse import unquote, urlsplit

from markupsafe import Markup

from aggregator.excerpts import excerpt
from aggregator.model import Enclosure, Entry, Feed, Link
from aggregator.pages import content
from aggregator.pages.addresses import relative
from aggregator.pages.dates import Moment, moment
from aggregator.pages.languages import by_script, spoken
from aggregator.text import plain

_FORMATS = {
    "application/atom+xml": "Atom",
    "application/rss+xml": "RSS",
    "application/feed+json": "JSON",
    "text/x-opml": "OPML",
}
# Between two paragraphs that stand on one line now; Chinese and Japanese need none.
_WIDE = "\u3000-\u30ff\u3400-\u9fff\uff01-\uff5e"
_JOINT = re.compile(f"(?<=[{_WIDE}”’]) (?=[{_WIDE}“‘])")
_GIST = 160  # characters
_LATER = timedelta(minutes=10)  # an update before that is the writing of it


@dataclass(frozen=True, slots=True, kw_only=True)
class Voice:
    """In which words and in whose time a page tells."""

    words: Mapping[str, str]
    zone: tzinfo
    images: content.Images
    language: str | None  # of the site

    def moment(self, when: datetime) -> Moment:
        return moment(when, zone=self.zone, language=self.words["lang"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """A link: `name` is what it is called, `type` its media type."""

    href: str
    name: str
    type: str | None = None
    title: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """An enclosure. `kind` is `audio`, `video`, `image` or `file`; `size` is for people."""

    href: str
    name: str
    kind: str
    type: str | None
    size: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """An entry. `lang` is None where it is the page's, "" where it is unknown."""

    anchor: str
    title: str
    href: str | None
    lang: str | None
    published: Moment | None
    updated: Moment | None
    source: Reference | None
    authors: tuple[str, ...]
    text: Markup
    gist: str
    also: tuple[Reference, ...]
    replies: tuple[Reference, ...]
    related: tuple[Reference, ...]
    licences: tuple[Reference, ...]
    files: tuple[File, ...]
    tags: tuple[str, ...]
    rights: str | None


def stories(feed: Feed, voice: Voice) -> tuple[Story, ...]:
    return tuple(_story(entry, voice) for entry in feed.entries)


def _story(entry: Entry, voice: Voice) -> Story:
    origin = entry.origin
    name = (origin.title or origin.url or "") if origin else ""
    links: dict[str, tuple[Reference, ...]] = {
        rel: tuple(_named(entry.links, rel)) for rel in ("via", "replies", "related")
    }
    return Story(
        anchor=anchor(entry.id),
        title=entry.title.strip() or _host(entry.link) or voice.words["untitled"],
        href=entry.link,
        lang=_language(entry, voice),
        published=voice.moment(entry.published) if entry.published else None,
        updated=_update(entry, voice),
        source=Reference(href=(origin and origin.url) or "", name=name) if name else None,
        authors=tuple(p.name for p in entry.authors if p.name and p.name != name),
        text=content.shown(entry.html, words=voice.words, images=voice.images),
        gist=_JOINT.sub("", excerpt(entry.summary or entry.html, _GIST)),
        also=links["via"],
        replies=links["replies"],
        related=links["related"],
        licences=tuple(_licences(entry)),
        files=tuple(_file(x) for x in entry.enclosures),
        tags=tuple(c.label or c.term for c in entry.categories),
        rights=entry.rights or (origin.rights if origin else None),
    )


def _licences(entry: Entry) -> Iterable[Reference]:
    """Its own, else those of the feed that it is from."""
    of_source = entry.origin.links if entry.origin else ()
    return tuple(_named(entry.links, "license")) or _named(of_source, "license")


def anchor(id: str) -> str:
    """The name of an entry's place in a page: it follows from its id alone."""
    return f"e{blake2b(id.encode(), digest_size=6).hexdigest()}"


def _language(entry: Entry, voice: Voice) -> str | None:
    """What it says, else what its script says."""
    found = spoken(entry.language)
    if found is None:
        found = by_script(f"{entry.title} {plain(entry.html[:2000])}", voice.language)
    return None if found == voice.words["lang"] else found


def _update(entry: Entry, voice: Voice) -> Moment | None:
    if not entry.updated or not entry.published or entry.updated - entry.published < _LATER:
        return None
    return voice.moment(entry.updated)


def _named(links: Iterable[Link], rel: str) -> Iterator[Reference]:
    for x in links:
        if x.rel == rel:
            yield Reference(href=x.href, name=x.title or _host(x.href) or x.href, type=x.type)


def _host(href: str | None) -> str:
    return (urlsplit(href or "").hostname or "").removeprefix("www.")


def _file(x: Enclosure) -> File:
    media = (x.type or "").partition("/")[0]
    return File(
        href=x.url,
        name=unquote(basename(urlsplit(x.url).path)) or x.url,
        kind=media if media in ("audio", "video", "image") else "file",
        type=x.type,
        size=_size(x.length) if x.length else None,
    )


def _size(count: int) -> str:
    """In decimal units, as shops and browsers count."""
    size = float(count)
    for unit in ("B", "kB", "MB"):
        if size < 1000:
            return f"{size:.0f} {unit}" if unit == "B" else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:.1f} GB"


# ── where a page stands ──────────────────────────────────────────────────────


def references(feed: Feed, rel: str, at: str) -> tuple[Reference, ...]:
    """The links of a feed that have this relation, as the page at `at` refers to them."""
    return tuple(
        Reference(
            href=relative(x.href, at),
            name=named(x.type) or x.title or x.href,
            type=x.type,
            title=x.title or feed.title,
        )
        for x in feed.links
        if x.rel == rel
    )


def named(media_type: str | None) -> str | None:
    """What people call a format."""
    return _FORMATS.get(media_type or "")


def reference(feed: Feed, rel: str, at: str) -> Reference | None:
    return next(iter(references(feed, rel, at)), None)


def address(feed: Feed) -> str:
    """Its own, absolute."""
    return next((x.href for x in feed.links if x.rel == "self"), "")
