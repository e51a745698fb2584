"""What the Atom and the RSS that we write have in common, as lxml's elements: links, withdrawn
entries, and the extension elements that are passed on.

Nothing gets into one that XML cannot hold, and no address that is run instead of opened. To pass
on another namespace: a line in NAMESPACES, under the prefix by which `extensions` keeps it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from html import escape
from itertools import count
from typing import Any

from lxml import etree

from aggregator import syntax
from aggregator.formats import vocabulary
from aggregator.model import Enclosure, Entry, Extension, Feed, Link
from aggregator.moments import iso
from aggregator.text import legal, line, plain, untagged

ATOM = "http://www.w3.org/2005/Atom"
NAMESPACES = {
    "cc": "http://creativecommons.org/ns#",
    "googleplay": "http://www.google.com/schemas/play-podcasts/1.0",
    "itunes": "http://www.itunes.com/dtds/podcast-1.0.dtd",
    "media": "http://search.yahoo.com/mrss/",
    "podcast": "https://podcastindex.org/namespace/1.0",
    "rsl": "https://rslstandard.org/rsl",
    "thr": "http://purl.org/syndication/thread/1.0",
}
_OWN = {
    "at": "http://purl.org/atompub/tombstones/1.0",  # RFC 6721
    "fh": "http://purl.org/syndication/history/1.0",  # RFC 5005
}
# The relations that the links of a feed and of an entry may have in what we publish; any other is
# of no use to a reader, or ours alone.
OF_FEED = frozenset(
    {
        *("self", "alternate", "hub", "current", "prev-archive", "next-archive", "license"),
        *("first", "last", "next", "previous", "related", "via"),
    }
)
OF_ENTRY = frozenset({"alternate", "related", "via", "replies", "license"})
STYLE = "stylesheet"  # the relation of the style sheet that a browser shows a document with

# Whom to write to, where a feed goes, which of its episodes run now: of its publisher and not of a
# story. What asks directories for something is passed on.
_KEPT_BACK = {
    *("googleplay:email", "googleplay:owner", "itunes:complete", "itunes:new-feed-url"),
    *("itunes:owner", "podcast:liveItem", "podcast:podping", "podcast:updateFrequency"),
}
# What feedparser, and with it many readers, shows in place of an entry's own text and author; both
# have been read from here where there was nothing better.
_KEPT_BACK |= {"itunes:author", "itunes:summary", "media:description"}
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")
_ADDRESSES = {"url", "href", "src", "img", "uri"}
_SCRIPT = re.compile(r"\s*(?:javascript|vbscript|data):", re.IGNORECASE)
_DEEPEST = 8
MOST = 1_000  # elements passed on of an entry or a feed


def sound(text: str | None) -> str | None:
    """Without characters that XML cannot hold."""
    return legal(text) if text else text


def child(parent: Any, name: str, text: str | None, **attributes: str) -> None:
    """An element with that text, where there is any."""
    if text := sound(text):
        etree.SubElement(parent, name, attributes).text = text


def styled(document: bytes, feed: Feed) -> bytes:
    """With the instruction for browsers (www.w3.org/TR/xml-stylesheet), behind the declaration,
    where a link of `feed` is a style sheet."""
    href = next((x.href for x in feed.links if x.rel == STYLE), None)
    if not href:
        return document
    declaration, newline, rest = document.partition(b"\n")
    told = escape(line(href)).encode()
    style = b'<?xml-stylesheet type="text/css" href="%s"?>' % told
    return declaration + newline + style + newline + rest


# ── namespaces ───────────────────────────────────────────────────────────────


def namespaces(feed: Feed) -> dict[str, str]:
    """Those of the elements that a document of `feed` passes on, by their usual prefixes."""
    used = {x.name.partition(":")[0] for x in _passed(feed)}
    if any(x.count is not None or x.updated for e in feed.entries for x in e.links):
        used.add("thr")
    own = {"at": feed.deleted, "fh": feed.archive}
    return {
        **{prefix: uri for prefix, uri in NAMESPACES.items() if prefix in used},
        **{prefix: uri for prefix, uri in _OWN.items() if own[prefix]},
    }


def _passed(feed: Feed) -> Iterator[Extension]:
    yield from feed.extensions
    for entry in feed.entries:
        yield from entry.extensions
        yield from entry.origin.extensions if entry.origin else ()


# ── links ────────────────────────────────────────────────────────────────────


def links(found: Iterable[Link], relations: frozenset[str]) -> list[Link]:
    """As they may be written: one alternate for each type and hreflang (RFC 4287 §4.1.1)."""
    written: dict[object, Link] = {}
    for x in found:
        href = syntax.iri(x.href) if x.rel in relations else None
        if href:
            link = Link(
                href=href,
                rel=x.rel,
                type=syntax.media_type(x.type),
                hreflang=syntax.language(x.hreflang),
                title=line(x.title or "") or None,
                count=x.count,
                updated=x.updated,
            )
            kind = (link.type, link.hreflang) if link.rel == "alternate" else link
            written.setdefault(kind, link)
    return list(written.values())


def link(x: Link, name: str = "link") -> Any:
    """An atom:link, with what is known of the replies behind it (RFC 4685 §4)."""
    node = etree.Element(name, rel=x.rel, href=x.href)
    for key in ("type", "hreflang", "title"):
        if value := getattr(x, key):
            node.set(key, value)
    if x.rel == "replies":
        said = {"count": x.count, "updated": x.updated and iso(x.updated)}
        for key, told in said.items():
            if told is not None:
                node.set(f"{{{NAMESPACES['thr']}}}{key}", str(told))
    return node


def enclosures(entry: Entry) -> list[Enclosure]:
    """Its files, each once, as far as their addresses are any."""
    found: dict[str, Enclosure] = {}
    for e in entry.enclosures:
        if url := syntax.iri(e.url):
            length = e.length if e.length is not None and e.length >= 0 else None
            kind = syntax.media_type(e.type)
            found.setdefault(url, Enclosure(url=url, type=kind, length=length))
    return list(found.values())


# ── extension elements ───────────────────────────────────────────────────────


def history(feed: Feed) -> Iterator[Any]:
    """That it is an archive (RFC 5005), and what was withdrawn (RFC 6721): before the entries."""
    if feed.archive:
        yield _element("fh", "archive", _OWN["fh"])
    for gone in feed.deleted:
        if ref := line(gone.ref):
            node = _element("at", "deleted-entry", _OWN["at"])
            node.set("ref", ref)
            node.set("when", iso(gone.when))
            yield node


def extensions(found: Iterable[Extension]) -> list[Any]:
    """Those that are passed on."""
    room = count()
    made = (_extension(x, room, 1) for x in vocabulary.sound(found))
    return [node for node in made if node is not None]


def _extension(x: Extension, room: Iterator[int], depth: int) -> Any:
    """None where nothing of it may be written, or there is too much of it."""
    prefix, _, local = x.name.partition(":")
    if prefix not in NAMESPACES or not _NAME.fullmatch(local) or x.name in _KEPT_BACK:
        return None
    if depth > _DEEPEST or next(room) >= MOST:
        return None
    node = _element(prefix, local, NAMESPACES[prefix])
    for name, said in x.attributes:
        value = _value(name, said)
        if value and _NAME.fullmatch(name) and not name.lower().startswith("xml"):
            node.set(name, value)
    inner = (_extension(y, room, depth + 1) for y in x.children)
    node.extend(y for y in inner if y is not None)
    if not len(node):
        _worded(node, x)
    return node if len(node) or node.text or node.attrib else None


def _element(prefix: str, local: str, uri: str) -> Any:
    return etree.Element(f"{{{uri}}}{local}", nsmap={prefix: uri})


def _value(name: str, said: str) -> str | None:
    """Of an attribute; None where it is not what it has to be."""
    said = line(said)
    if _SCRIPT.match(said):
        return None
    if name in _ADDRESSES:
        return syntax.iri(said)
    return syntax.language(said) if name == "lang" else said


def _worded(node: Any, x: Extension) -> None:
    """Its text. Those that may be HTML are kept as such (`rules.clean`), and say so if they are;
    the others are plain, and so they are written."""
    text = sound(x.text) or ""
    if x.name == "media:text":
        node.attrib.pop("type", None)
        if "<" in text:
            node.set("type", "html")
        else:
            text = untagged(text)
    elif x.name == "media:title":
        node.attrib.pop("type", None)
        text = plain(text)
    elif _SCRIPT.match(text):
        text = ""
    node.text = sound(text) or None
