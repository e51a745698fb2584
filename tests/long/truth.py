"""What a document of ours says, by a parse that shares nothing with the code under test."""

import xml.etree.ElementTree as ET
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from xml.etree.ElementTree import Element

NS = "{http://www.w3.org/2005/Atom}"
LANG = "{http://www.w3.org/XML/1998/namespace}lang"


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    name: str
    email: str | None
    uri: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """An entry, or (`Document.feed`) a feed. `published` and `updated` are Unix times."""

    id: str
    title: str
    link: str | None
    published: int | None
    updated: int
    authors: tuple[Person, ...]
    categories: tuple[str, ...]
    enclosures: tuple[str, ...]
    summary: str | None
    content: str | None
    rights: str | None
    language: str | None
    source: "Told | None"


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """One file of a feeds/ folder, and where it is served."""

    name: str
    path: Path
    address: str
    feed: Told
    entries: tuple[Told, ...]

    def written_as(self, suffix: str) -> "Document":
        """The same in another format."""
        return replace(
            self,
            name=f"{self.name.removesuffix('atom')}{suffix}",
            path=self.path.with_suffix(f".{suffix}"),
            address=f"{self.address.removesuffix('atom')}{suffix}",
        )


def document(path: Path, *, name: str, address: str) -> Document:
    root = ET.fromstring(path.read_bytes())
    return Document(
        name=name,
        path=path,
        address=address,
        feed=_told(root),
        entries=tuple(_told(node) for node in root.iterfind(NS + "entry")),
    )


def _told(node: Element) -> Told:
    links = [(x.get("rel", "alternate"), x.attrib["href"]) for x in node.iterfind(NS + "link")]
    source = node.find(NS + "source")
    return Told(
        id=node.findtext(NS + "id", ""),
        title=node.findtext(NS + "title", ""),
        link=next((href for rel, href in links if rel == "alternate"), None),
        published=_time(node.findtext(NS + "published")),
        updated=_time(node.findtext(NS + "updated")) or 0,
        authors=tuple(_person(x) for x in node.iterfind(NS + "author")),
        categories=tuple(x.attrib["term"] for x in node.iterfind(NS + "category")),
        enclosures=tuple(href for rel, href in links if rel == "enclosure"),
        summary=node.findtext(NS + "summary"),
        content=node.findtext(NS + "content"),
        rights=node.findtext(NS + "rights"),
        language=node.get(LANG),
        source=None if source is None else _told(source),
    )


def _person(node: Element) -> Person:
    return Person(
        name=node.findtext(NS + "name", ""),
        email=node.findtext(NS + "email"),
        uri=node.findtext(NS + "uri"),
    )


def _time(text: str | None) -> int | None:
    return None if text is None else int(datetime.fromisoformat(text).timestamp())
