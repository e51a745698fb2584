"""Atom 1.0 (RFC 4287), written through feedgen, with what feedgen leaves out put right here.

feedgen 1.0 writes entry links without rel, type and title (python-feedgen issue 135), an
atom:source without id and updated, no xml:lang on entries, and the clock's time as `updated`;
docs/decisions/0003-feedgen.md. What RFC 4287 does not allow is not written, whoever let it in: a
reader refuses the whole document for one character.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from html import escape
from typing import Any

from feedgen.entry import FeedEntry
from feedgen.feed import FeedGenerator
from lxml import etree

from aggregator import syntax
from aggregator.model import Entry, Feed, Link, Origin, Person
from aggregator.moments import iso
from aggregator.text import ILLEGAL, line

MEDIA_TYPE = "application/atom+xml"
_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
# The relations that an entry's links may have in what we publish; any other is ours alone.
_PUBLISHED = {"alternate", "related", "via", "replies", "license"}


def render(feed: Feed) -> bytes:
    """`feed` as an Atom document; the same feed gives the same bytes.

    It needs an id, a title and an `updated`; every entry an id, `updated` and an author.
    """
    generator = FeedGenerator()
    generator.id(_sound(feed.id))
    generator.title(line(feed.title))
    generator.updated(_Zulu.of(feed.updated))
    generator.generator("aggregator")
    generator.subtitle(_sound(feed.subtitle))
    generator.language(syntax.language(feed.language))
    for person in _persons(feed.authors):
        generator.author(person)
    for link in _sound_links(feed.links):
        generator.link(
            {"href": link.href, "rel": link.rel, **({"type": link.type} if link.type else {})}
        )
    for entry in feed.entries:
        generator.add_entry(_Later(entry), order="append")
    return bytes(generator.atom_str(pretty=True))


class _Later:
    """One entry, as long as nobody writes it: feedgen's takes 4 kB."""

    def __init__(self, entry: Entry) -> None:
        self._entry = entry

    def atom_entry(self, extensions: bool = True) -> Any:
        return _Entry(self._entry).atom_entry(extensions)


class _Entry(FeedEntry):  # type: ignore[misc]  # feedgen has no types
    """One entry, with everything that feedgen would have lost put back."""

    def __init__(self, entry: Entry) -> None:
        super().__init__()
        self._entry = entry
        self._links = _links(entry)
        self.id(_sound(entry.id))
        self.title(line(entry.title))
        self.updated(_Zulu.of(entry.updated))
        self.published(_Zulu.of(entry.published))
        # Not to be seen: without one feedgen refuses an entry that has no content.
        self.link(href="about:blank")
        for person in _persons(entry.authors):
            self.author(person)
        for c in entry.categories:
            if term := line(c.term):
                self.category(term=term, scheme=syntax.iri(c.scheme), label=line(c.label or ""))
        if entry.rights:
            self.rights(_sound(entry.rights))
        if entry.summary:
            self.summary(_sound(entry.summary), type="html")
        if content := entry.content or self._instead():
            self.content(_sound(content), type="html")

    def _instead(self) -> str | None:
        """RFC 4287 §4.1.2: an entry without a link needs content."""
        linked = any(x.get("rel") == "alternate" for x in self._links)
        return None if linked else escape(self._entry.title, quote=False)

    def atom_entry(self, extensions: bool = True) -> Any:
        node = super().atom_entry(extensions=extensions)
        for maimed in node.findall("link"):
            node.remove(maimed)
        if language := syntax.language(self._entry.language):
            node.set(_LANG, language)
        place = 1 + next(i for i, child in enumerate(node) if child.tag == "updated")
        for link in reversed(self._links):
            node.insert(place, link)
        if self._entry.origin:
            node.append(_source(self._entry.origin))
        return node


class _Zulu(datetime):
    """A moment that feedgen writes in Z and without fractions, as readers know it best."""

    @classmethod
    def of(cls, when: datetime | None) -> _Zulu | None:
        return None if when is None else cls.fromtimestamp(when.timestamp(), when.tzinfo)

    def isoformat(self, *_: Any, **__: Any) -> str:
        return iso(self)


def _sound(text: str | None) -> str | None:
    """Without characters that XML cannot hold."""
    return ILLEGAL.sub("", text) if text else text


def _persons(people: Iterable[Person]) -> Iterator[dict[str, str]]:
    """RFC 4287 §3.2: none without a name."""
    for person in people:
        name = line(person.name)
        given = {"email": syntax.email(person.email), "uri": syntax.iri(person.url)}
        if name:
            yield {"name": name} | {key: value for key, value in given.items() if value}


def _sound_links(links: Iterable[Link]) -> list[Link]:
    """One alternate for each type and hreflang (RFC 4287 §4.1.1)."""
    found: dict[object, Link] = {}
    for x in links:
        link = Link(
            href=syntax.iri(x.href) or "",
            rel=x.rel,
            type=syntax.media_type(x.type),
            hreflang=syntax.language(x.hreflang),
            title=line(x.title or "") or None,
        )
        kind = (link.type, link.hreflang) if link.rel == "alternate" else link
        if link.href:
            found.setdefault(kind, link)
    return list(found.values())


def _links(entry: Entry) -> list[Any]:
    links = [_link(x) for x in _sound_links(x for x in entry.links if x.rel in _PUBLISHED)]
    for e in entry.enclosures:
        for x in _sound_links([Link(href=e.url, rel="enclosure", type=e.type)]):
            link = _link(x)
            if e.length is not None:
                link.set("length", str(e.length))
            links.append(link)
    return links


def _link(x: Link) -> Any:
    link = etree.Element("link", rel=x.rel, href=x.href)
    for name in ("type", "hreflang", "title"):
        value = getattr(x, name)
        if value:
            link.set(name, value)
    return link


def _source(origin: Origin) -> Any:
    """RFC 4287 §4.2.11: at least id, title and updated; readers want it last."""
    source = etree.Element("source")
    _child(source, "id", origin.id)
    _child(source, "title", line(origin.title))
    _child(source, "updated", iso(origin.updated) if origin.updated else None)
    source.extend(_link(x) for x in _sound_links(origin.links))
    for person in _persons(origin.authors):
        author = etree.SubElement(source, "author")
        for name, text in person.items():
            _child(author, name, text)
    if origin.rights:
        _child(source, "rights", origin.rights)
    return source


def _child(parent: Any, name: str, text: str | None) -> None:
    if text is not None:
        etree.SubElement(parent, name).text = _sound(text)
