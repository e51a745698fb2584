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
from aggregator.formats import elements
from aggregator.formats.elements import child, sound
from aggregator.model import Category, Entry, Feed, Link, Origin, Person
from aggregator.moments import iso
from aggregator.text import line, plain, untagged

MEDIA_TYPE = "application/atom+xml"
_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
_OF_SOURCE = frozenset({"alternate", "self", "license"})


def render(feed: Feed) -> bytes:
    """`feed` as an Atom document; the same feed gives the same bytes.

    It needs an id and an `updated`; every entry an id, a date and an author. A link of it that is a
    style sheet becomes the instruction by which browsers find one.
    """
    generator = FeedGenerator()
    generator.register_extension("beside", lambda: _Beside(feed))
    generator.id(sound(feed.id))
    generator.title(line(feed.title) or sound(feed.id))
    generator.updated(_Zulu.of(feed.updated))
    generator.generator("aggregator")
    generator.language(syntax.language(feed.language))
    generator.rights(sound(feed.rights))
    generator.logo(syntax.iri(feed.image))
    for person in _persons(feed.authors):
        generator.author(person)
    for category in _categories(feed.categories):
        generator.category(category)
    for link in elements.links(feed.links, elements.OF_FEED):
        said = {name: getattr(link, name) for name in ("href", "rel", "type", "hreflang", "title")}
        generator.link({name: text for name, text in said.items() if text})
    for entry in feed.entries:
        generator.add_entry(_Later(entry, feed), order="append")
    return elements.styled(bytes(generator.atom_str(pretty=True)), feed)


class _Beside:
    """What feedgen knows nothing of, as an extension of its own kind."""

    def __init__(self, feed: Feed) -> None:
        self._feed = feed

    def extend_ns(self) -> dict[str, str]:
        return elements.namespaces(self._feed)

    def extend_atom(self, node: Any) -> None:
        _subtitle(node, self._feed.subtitle)
        node.extend(elements.extensions(self._feed.extensions))
        node.extend(elements.history(self._feed))


class _Later:
    """One entry, as long as nobody writes it: feedgen's takes 4 kB."""

    def __init__(self, entry: Entry, feed: Feed) -> None:
        self._entry = entry
        self._feed = feed

    def register_extension(self, *_: Any) -> None:
        """Asked of every entry; what `_Beside` writes is the feed's."""

    def atom_entry(self, extensions: bool = True) -> Any:
        return _Entry(self._entry, self._feed).atom_entry(extensions)


class _Entry(FeedEntry):  # type: ignore[misc]  # feedgen has no types
    """One entry, with everything that feedgen would have lost put back."""

    def __init__(self, entry: Entry, feed: Feed) -> None:
        super().__init__()
        self._entry = entry
        self._links = elements.links(entry.links, elements.OF_ENTRY)
        self._title = line(entry.title) or plain(entry.html)[:80] or line(entry.id)
        self.id(sound(entry.id))
        self.title(self._title)
        self.updated(_Zulu.of(entry.updated or entry.published or feed.updated))
        self.published(_Zulu.of(entry.published))
        # Not to be seen: without one feedgen refuses an entry that has no content.
        self.link(href="about:blank")
        for person in _persons(entry.authors):
            self.author(person)
        for category in _categories(entry.categories):
            self.category(category)
        if entry.rights:
            self.rights(sound(entry.rights))
        if entry.summary:
            self.summary(sound(entry.summary), type="html")
        if content := entry.content or self._instead():
            self.content(sound(content), type="html")

    def _instead(self) -> str | None:
        """RFC 4287 §4.1.2: an entry without a link needs content."""
        linked = any(x.rel == "alternate" for x in self._links)
        return None if linked else escape(self._title, quote=False)

    def atom_entry(self, extensions: bool = True) -> Any:
        node = super().atom_entry(extensions=extensions)
        for maimed in node.findall("link"):
            node.remove(maimed)
        if language := syntax.language(self._entry.language):
            node.set(_LANG, language)
        place = 1 + next(i for i, child in enumerate(node) if child.tag == "updated")
        node[place:place] = [*(elements.link(x) for x in self._links), *_enclosures(self._entry)]
        node.extend(elements.extensions(self._entry.extensions))
        if self._entry.origin:
            node.append(_source(self._entry.origin, self._entry.language))
        return node


class _Zulu(datetime):
    """A moment that feedgen writes in Z and without fractions, as readers know it best."""

    @classmethod
    def of(cls, when: datetime | None) -> _Zulu | None:
        return None if when is None else cls(*when.timetuple()[:6], tzinfo=when.tzinfo)

    def isoformat(self, *_: Any, **__: Any) -> str:
        return iso(self)


def _persons(people: Iterable[Person]) -> Iterator[dict[str, str]]:
    """RFC 4287 §3.2: none without a name."""
    for person in people:
        name = line(person.name)
        given = {"email": syntax.email(person.email), "uri": syntax.iri(person.url)}
        if name:
            yield {"name": name} | {key: value for key, value in given.items() if value}


def _categories(found: Iterable[Category]) -> Iterator[dict[str, str]]:
    """RFC 4287 §4.2.2: none without a term."""
    for c in found:
        said = {"term": line(c.term), "scheme": syntax.iri(c.scheme), "label": line(c.label or "")}
        if said["term"]:
            yield {name: text for name, text in said.items() if text}


def _enclosures(entry: Entry) -> Iterator[Any]:
    for e in elements.enclosures(entry):
        node = elements.link(Link(href=e.url, rel="enclosure", type=e.type))
        if e.length is not None:
            node.set("length", str(e.length))
        yield node


def _source(origin: Origin, language: str | None) -> Any:
    """RFC 4287 §4.2.11, whole: a story keeps what its own feed says of whose it is and how it may
    be used. Readers want it last."""
    source = etree.Element("source")
    stated = syntax.language(origin.language)
    if stated and stated != syntax.language(language):
        source.set(_LANG, stated)
    child(source, "id", syntax.iri(origin.id))
    child(source, "title", line(origin.title))
    child(source, "updated", iso(origin.updated) if origin.updated else None)
    source.extend(elements.link(x) for x in elements.links(origin.links, _OF_SOURCE))
    for person in _persons(origin.authors):
        author = etree.SubElement(source, "author")
        for name, text in person.items():
            child(author, name, text)
    for category in _categories(origin.categories):
        etree.SubElement(source, "category", category)
    child(source, "generator", line(origin.generator or ""))
    child(source, "logo", syntax.iri(origin.image))
    child(source, "rights", origin.rights)
    _subtitle(source, origin.subtitle)
    source.extend(elements.extensions(origin.extensions))
    return source


def _subtitle(node: Any, markup: str | None) -> None:
    """Plain, where there is no markup in it: not every reader looks at the type."""
    if "<" in (markup or ""):
        child(node, "subtitle", markup, type="html")
    else:
        child(node, "subtitle", untagged(markup or ""))
