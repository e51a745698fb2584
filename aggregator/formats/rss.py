"""RSS 2.0, written to the RSS Board's Best Practices Profile (rssboard.org/rss-profile).

Readers of RSS differ in what they make of it, and the profile tells what all of them understand.
By lxml alone: docs/decisions/0017-rss-by-lxml.md.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from lxml import etree

from aggregator import syntax
from aggregator.formats import elements
from aggregator.formats.elements import ATOM, child, sound
from aggregator.formats.extensions import signals
from aggregator.formats.mapping import type_by_name
from aggregator.model import Enclosure, Entry, Extension, Feed, Link, Origin, Person
from aggregator.moments import iso, rfc_822
from aggregator.text import line, plain

MEDIA_TYPE = "application/rss+xml"
_DC = "http://purl.org/dc/elements/1.1/"
_CONTENT = "http://purl.org/rss/1.0/modules/content/"
_SLASH = "http://purl.org/rss/1.0/modules/slash/"
_WFW = "http://wellformedweb.org/CommentAPI/"
_ALWAYS = {"atom": ATOM, "content": _CONTENT, "dc": _DC}
_ANYTHING = "application/octet-stream"
_BESIDE = elements.OF_FEED - {"alternate"}  # what RSS has a <link> for
_FEEDS = {MEDIA_TYPE, "application/atom+xml"}
# The profile: some readers decode a title twice, and take these references for what they are.
_TITLE = re.compile(rb"<title>[^<]*")
_HEX = ((b"&amp;", b"&#x26;"), (b"&lt;", b"&#x3C;"), (b"&gt;", b"&#x3E;"))


def render(feed: Feed) -> bytes:
    """`feed` as an RSS document; the same feed gives the same bytes. It needs a title, every entry
    an id."""
    root = etree.Element("rss", version="2.0", nsmap=_namespaces(feed))
    channel = etree.SubElement(root, "channel")
    _head(channel, feed)
    channel.extend(elements.extensions(feed.extensions))
    channel.extend(elements.history(feed))
    for entry in feed.entries:
        channel.append(_item(entry, feed))
    body = etree.tostring(root, pretty_print=True, encoding="UTF-8", xml_declaration=True)
    return elements.styled(_TITLE.sub(_hexed, body), feed)


def _hexed(title: re.Match[bytes]) -> bytes:
    text = title[0]
    for name, number in _HEX:
        text = text.replace(name, number)
    return text


def _namespaces(feed: Feed) -> dict[str, str]:
    replies = [x for e in feed.entries for x in _replies(e)]
    files = any(len(e.enclosures) > 1 for e in feed.entries)
    return {
        **_ALWAYS,
        **({"media": elements.NAMESPACES["media"]} if files else {}),
        **elements.namespaces(feed),
        **({"slash": _SLASH} if any(x.count is not None for x in replies) else {}),
        **({"wfw": _WFW} if any(x.type in _FEEDS for x in replies) else {}),
    }


def _head(channel: Any, feed: Feed) -> None:
    title = line(feed.title) or line(feed.id or "")
    home = syntax.iri(feed.link) or _own(feed.links) or line(feed.id or "")
    child(channel, "title", title)
    child(channel, "link", home)
    child(channel, "description", plain(feed.subtitle or "") or title)
    _links(channel, elements.links(feed.links, _BESIDE))
    child(channel, "language", syntax.language(feed.language))
    child(channel, "copyright", line(feed.rights or ""))
    for person in feed.authors:
        if mail := _mail(person):
            child(channel, "managingEditor", mail)
            break
    child(channel, "pubDate", _date(feed.published))
    child(channel, "lastBuildDate", _date(feed.updated))
    _categories(channel, feed)
    child(channel, "generator", "aggregator")
    if feed.hints.ttl:
        child(channel, "ttl", str(int(feed.hints.ttl.total_seconds()) // 60))
    if image := syntax.iri(feed.image):
        picture = etree.SubElement(channel, "image")
        for name, text in (("url", image), ("title", title), ("link", home)):
            child(picture, name, text)


# ── an item ──────────────────────────────────────────────────────────────────


def _item(entry: Entry, feed: Feed) -> Any:
    item = etree.Element("item")
    link = syntax.iri(entry.link)
    child(item, "title", line(entry.title) or plain(entry.html)[:80] or line(entry.id))
    child(item, "link", link)
    _texts(item, entry)
    _authors(item, entry.authors)
    _categories(item, entry)
    _discussion(item, entry)
    _files(item, entry)
    guid = sound(entry.id)
    child(item, "guid", guid, isPermaLink="true" if guid == link else "false")
    child(item, "pubDate", _date(entry.published or entry.updated))
    if entry.updated and entry.published and iso(entry.updated) != iso(entry.published):
        child(item, f"{{{ATOM}}}updated", iso(entry.updated))
    language = syntax.language(entry.language)
    if language and language != syntax.language(feed.language):
        child(item, f"{{{_DC}}}language", language)
    _rights(item, entry)
    item.extend(elements.extensions(_passed(entry)))
    _source(item, entry.origin)  # the last: behind it feedparser takes media:title for the title
    return item


def _texts(item: Any, entry: Entry) -> None:
    """The description first: some readers show the last of the two. One text alone is it."""
    if entry.summary and entry.content:
        child(item, "description", entry.summary)
        child(item, f"{{{_CONTENT}}}encoded", entry.content)
    else:
        child(item, "description", entry.content or entry.summary)


def _authors(item: Any, people: Iterable[Person]) -> None:
    """By Dublin Core's creator: RSS's own author is a mailbox, of which feedparser cuts off half a
    name, and which many readers show as it is."""
    for person in people:
        if name := line(person.name):
            child(item, f"{{{_DC}}}creator", name)


def _mail(person: Person) -> str | None:
    address, name = syntax.email(person.email), line(person.name)
    return f"{address} ({name})" if address and name else address


def _categories(node: Any, said: Entry | Feed) -> None:
    for c in said.categories:
        domain = syntax.iri(c.scheme)
        child(node, "category", line(c.term), **({"domain": domain} if domain else {}))


def _replies(entry: Entry) -> list[Link]:
    return elements.links(entry.links, frozenset({"replies"}))


def _discussion(item: Any, entry: Entry) -> None:
    """Where it is discussed, in how many words, and the feed of them."""
    found = _replies(entry)
    pages = [x for x in found if x.type not in _FEEDS]
    child(item, "comments", syntax.iri(entry.comments) or next((x.href for x in pages), None))
    child(item, f"{{{_WFW}}}commentRss", next((x.href for x in found if x.type in _FEEDS), None))
    counted = next((x.count for x in found if x.count is not None), None)
    child(item, f"{{{_SLASH}}}comments", None if counted is None else str(counted))


def _files(item: Any, entry: Entry) -> None:
    """One enclosure, for no reader knows what to do with two; the others are media."""
    first, *others = elements.enclosures(entry) or (None,)
    if first:
        length = str(first.length or 0)
        etree.SubElement(item, "enclosure", url=first.url, length=length, type=_type(first))
    told = {x.get("url") for x in _every(entry.extensions)}
    for e in others:
        if e and e.url not in told:
            node = etree.SubElement(item, f"{{{elements.NAMESPACES['media']}}}content", url=e.url)
            node.set("type", _type(e))
            if e.length is not None:
                node.set("fileSize", str(e.length))


def _type(e: Enclosure) -> str:
    return e.type or type_by_name(e.url) or _ANYTHING


def _every(found: Iterable[Extension], depth: int = 0) -> Iterator[Extension]:
    for x in found:
        yield x
        if depth < 8:
            yield from _every(x.children, depth + 1)


def _source(item: Any, origin: Origin | None) -> None:
    """The feed that it is from, which RSS knows by its address alone."""
    if origin is None:
        return
    url = _own(origin.links) or syntax.iri(origin.url) or syntax.iri(origin.id)
    if url:
        child(item, "source", line(origin.title) or url, url=url)


def _own(links: Iterable[Link]) -> str | None:
    return next((syntax.iri(x.href) for x in links if x.rel == "self"), None)


def _rights(item: Any, entry: Entry) -> None:
    """Its own, else its source's, which RSS has no other place for."""
    origin = entry.origin or Origin()
    child(item, f"{{{_DC}}}rights", line(entry.rights or origin.rights or ""))
    related = elements.links(entry.links, frozenset({"related", "via"}))
    licence = frozenset({"license"})
    licences = elements.links(entry.links, licence) or elements.links(origin.links, licence)
    _links(item, (*related, *licences))


def _passed(entry: Entry) -> tuple[Extension, ...]:
    """What it says besides, and of its source's signals those that it gives none of itself."""
    own = {x.name for x in entry.extensions}
    feeds = signals(entry.origin.extensions) if entry.origin else ()
    return (*entry.extensions, *(x for x in feeds if x.name not in own))


def _links(node: Any, found: Iterable[Link]) -> None:
    node.extend(elements.link(x, f"{{{ATOM}}}link") for x in found)


def _date(when: datetime | None) -> str | None:
    return rfc_822(when) if when else None
