"""Atom 1.0 (RFC 4287), written through feedgen, with what feedgen leaves out put right here.

feedgen 1.0 writes entry links without rel, type and title (python-feedgen issue 135), an
atom:source without id and updated, no xml:lang on entries, and the clock's time as `updated`;
docs/decisions/0003-feedgen.md.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from feedgen.entry import FeedEntry
from feedgen.feed import FeedGenerator
from lxml import etree

from aggregator.model import Entry, Feed, Link, Origin, Person
from aggregator.moments import iso

MEDIA_TYPE = "application/atom+xml"
_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
# The relations that an entry's links may have in what we publish; any other is ours alone.
_PUBLISHED = {"alternate", "related", "via", "replies", "license"}


def render(feed: Feed) -> bytes:
    """`feed` as an Atom document; the same feed gives the same bytes.

    It needs an id, a title and an `updated`; every entry an id, `updated` and an author.
    """
    generator = FeedGenerator()
    generator.id(feed.id)
    generator.title(feed.title)
    generator.updated(_Zulu.of(feed.updated))
    generator.generator("aggregator")
    generator.subtitle(feed.subtitle)
    generator.language(feed.language)
    for person in feed.authors:
        generator.author(_person(person))
    for link in feed.links:
        generator.link(
            {"href": link.href, "rel": link.rel, **({"type": link.type} if link.type else {})}
        )
    for entry in feed.entries:
        generator.add_entry(_Entry(entry), order="append")
    return bytes(generator.atom_str(pretty=True))


class _Entry(FeedEntry):  # type: ignore[misc]  # feedgen has no types
    """One entry, with everything that feedgen would have lost put back."""

    def __init__(self, entry: Entry) -> None:
        super().__init__()
        self._entry = entry
        self.id(entry.id)
        self.title(entry.title)
        self.updated(_Zulu.of(entry.updated))
        self.published(_Zulu.of(entry.published))
        # Not to be seen: without one feedgen refuses an entry that has no content.
        self.link(href=entry.link or "about:blank")
        for person in entry.authors:
            self.author(_person(person))
        for c in entry.categories:
            self.category(term=c.term, scheme=c.scheme, label=c.label)
        if entry.rights:
            self.rights(entry.rights)
        if entry.summary:
            self.summary(entry.summary, type="html")
        if entry.content:
            self.content(entry.content, type="html")

    def atom_entry(self, extensions: bool = True) -> Any:
        node = super().atom_entry(extensions=extensions)
        for maimed in node.findall("link"):
            node.remove(maimed)
        if self._entry.language:
            node.set(_LANG, self._entry.language)
        place = 1 + next(i for i, child in enumerate(node) if child.tag == "updated")
        for link in reversed(_links(self._entry)):
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


def _person(person: Person) -> dict[str, str]:
    given = {"name": person.name, "email": person.email, "uri": person.url}
    return {key: value for key, value in given.items() if value}


def _links(entry: Entry) -> list[Any]:
    links = [_link(x) for x in entry.links if x.rel in _PUBLISHED]
    for e in entry.enclosures:
        link = _link(Link(href=e.url, rel="enclosure", type=e.type))
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
    _child(source, "title", origin.title)
    _child(source, "updated", iso(origin.updated) if origin.updated else None)
    source.extend(_link(x) for x in origin.links)
    for person in origin.authors:
        author = etree.SubElement(source, "author")
        for name, text in _person(person).items():
            _child(author, name, text)
    if origin.rights:
        _child(source, "rights", origin.rights)
    return source


def _child(parent: Any, name: str, text: str | None) -> None:
    if text is not None:
        etree.SubElement(parent, name).text = text
