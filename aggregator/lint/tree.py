"""XML as nodes that know where they stand: expat reads, and never more than honest feeds have.

lxml knows lines only, and reads on where RFC 4287 has readers stop.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from xml.parsers import expat

from aggregator.lint.fault import Faults, Place

MOST_NODES = 200_000
DEEPEST = 250
_LONGEST_ENTITY = 40  # characters: `formats` reads no longer one

# The prefixes by which everybody knows a namespace; the core of RSS has none.
NAMESPACES = {
    "http://www.w3.org/2005/Atom": "atom",
    "http://www.w3.org/1999/xhtml": "xhtml",
    "http://www.w3.org/XML/1998/namespace": "xml",
    "http://www.w3.org/1999/02/22-rdf-syntax-ns#": "rdf",
    "http://purl.org/dc/elements/1.1/": "dc",
    "http://purl.org/dc/terms/": "dcterms",
    "http://purl.org/rss/1.0/modules/content/": "content",
    "http://purl.org/rss/1.0/modules/syndication/": "sy",
    "http://purl.org/rss/1.0/modules/slash/": "slash",
    "http://wellformedweb.org/CommentAPI/": "wfw",
    "http://search.yahoo.com/mrss/": "media",
    "http://www.itunes.com/dtds/podcast-1.0.dtd": "itunes",
    "https://podcastindex.org/namespace/1.0": "podcast",
    "http://purl.org/syndication/history/1.0": "fh",
    "http://purl.org/syndication/thread/1.0": "thr",
    "http://purl.org/atompub/tombstones/1.0": "at",
    "http://backend.userland.com/creativeCommonsRssModule": "creativeCommons",
    "http://web.resource.org/cc/": "cc",
    "http://www.w3.org/2003/01/geo/wgs84_pos#": "geo",
    "http://www.georss.org/georss": "georss",
    "http://www.w3.org/2000/svg": "svg",
    "http://www.w3.org/1998/Math/MathML": "math",
    "http://www.w3.org/2007/app": "app",
    "http://purl.org/rss/1.0/": "",
    "http://my.netscape.com/rdf/simple/0.9/": "",
    "http://channel.netscape.com/rdf/simple/0.9/": "",
}
_DECLARATION = re.compile(r"\ufeff?<\?xml[^>]{0,300}\?>")
_UNDEFINED_ENTITY, _NOT_CLOSED = 11, 3
_PLAIN = {
    "not well-formed (invalid token)": "a character that must not stand here",
    "unclosed token": "a tag that does not end",
    "no element found": "no element at all, or not all are closed",
    "junk after document element": "something behind the end",
    "duplicate attribute": "an attribute that is there twice",
    "unbound prefix": "a prefix that no xmlns declares",
}


class Node:
    """An element. `name` has the usual prefix of its namespace: `atom:entry`, `item`."""

    __slots__ = (
        "_text",
        "attributes",
        "children",
        "column",
        "line",
        "mixed",
        "name",
        "parent",
        "prefix",
        "uri",
    )

    def __init__(self, name: str, uri: str, prefix: str, parent: Node | None) -> None:
        self.name, self.uri, self.prefix, self.parent = name, uri, prefix, parent
        self.attributes: dict[str, str] = {}
        self.children: list[Node] = []
        self.line = self.column = 0
        self.mixed: list[str] = []
        self._text: str | None = None

    @property
    def local(self) -> str:
        return self.name.rpartition(":")[2]

    @property
    def text(self) -> str:
        """Its own, without that of its elements."""
        if self._text is None:
            self._text = "".join(self.mixed)
        return self._text

    def get(self, name: str, default: str = "") -> str:
        return self.attributes.get(name, default)

    def all(self, name: str) -> list[Node]:
        return [x for x in self.children if x.name == name]

    def first(self, name: str) -> Node | None:
        return next((x for x in self.children if x.name == name), None)

    def has(self, name: str) -> bool:
        return any(x.name == name for x in self.children)

    def below(self) -> Iterator[Node]:
        """Itself and all that is in it, in the order of the document."""
        rest = [self]
        while rest:
            node = rest.pop()
            yield node
            rest.extend(reversed(node.children))

    def place(self) -> Place:
        steps, node = [], self
        while node.parent is not None:
            alike = [x for x in node.parent.children if x.name == node.name]
            several = len(alike) > 1 or node.name in ("atom:entry", "item", "atom:link")
            here = next(i for i, x in enumerate(alike, 1) if x is node)
            steps.append(f"{node.shown} {here}" if several else node.shown)
            node = node.parent
        return Place(
            line=self.line, column=self.column, path="/".join(reversed(steps)) or self.shown
        )

    @property
    def shown(self) -> str:
        """As people call it: Atom's own elements without their prefix."""
        return self.name.removeprefix("atom:")


class _Stop(Exception):
    pass


class _Builder:
    def __init__(self, faults: Faults) -> None:
        self.faults = faults
        self.root: Node | None = None
        self.at: Node | None = None
        self.depth = self.nodes = 0
        self.known_dtd = False  # that of RSS 0.91 has HTML's names for characters
        self.names: dict[str, tuple[str, str, str]] = {}
        self.namespaces: dict[str, str] = {}  # uri → the first prefix it had
        self.parser = parser = expat.ParserCreate(namespace_separator=" ")
        parser.namespace_prefixes = True
        parser.buffer_text = True
        parser.buffer_size = 65_536
        parser.ordered_attributes = True
        parser.StartElementHandler = self.start
        parser.EndElementHandler = self.end
        parser.CharacterDataHandler = self.data
        parser.StartNamespaceDeclHandler = self.declared
        parser.StartDoctypeDeclHandler = self.doctype
        parser.EntityDeclHandler = self.entity
        parser.SkippedEntityHandler = self.skipped

    def here(self) -> Place:
        at = self.at.place().path if self.at else ""
        return Place(
            line=self.parser.CurrentLineNumber, column=self.parser.CurrentColumnNumber + 1, path=at
        )

    def start(self, raw: str, given: list[str]) -> None:
        self.nodes += 1
        self.depth += 1
        if self.nodes > MOST_NODES:
            self.faults.add("too-much-markup", f"more than {MOST_NODES:,} elements", self.here())
            raise _Stop
        if self.depth > DEEPEST:
            self.faults.add("too-deep", f"more than {DEEPEST} elements in each other", self.here())
            raise _Stop
        name, uri, prefix = self.names.get(raw) or self.named(raw)
        node = Node(name, uri, prefix, self.at)
        parser = self.parser
        node.line, node.column = parser.CurrentLineNumber, parser.CurrentColumnNumber + 1
        for i in range(0, len(given), 2):
            key = given[i]
            node.attributes[self.named(key)[0] if " " in key else key] = given[i + 1]
        if self.at is None:
            self.root = node
        else:
            self.at.children.append(node)
        self.at = node

    def end(self, _: str) -> None:
        self.depth -= 1
        if self.at is not None and self.at.parent is not None:
            self.at = self.at.parent

    def data(self, text: str) -> None:
        if self.at is not None:
            self.at.mixed.append(text)

    def named(self, raw: str) -> tuple[str, str, str]:
        """The name by its usual prefix, or `{uri}local`; its namespace; the prefix it has here."""
        uri, _, rest = (
            raw.rpartition(" ") if raw.count(" ") == 1 else (raw.split(" ", maxsplit=1)[0], "", "")
        )
        local, prefix = rest, ""
        if raw.count(" ") == 2:
            uri, local, prefix = raw.split(" ")
        elif " " not in raw:
            uri, local = "", raw
        known = NAMESPACES.get(uri) if uri else ""
        name = local if known == "" else f"{known}:{local}" if known else f"{{{uri}}}{local}"
        found = self.names[raw] = (name, uri, prefix)
        return found

    def declared(self, prefix: str | None, uri: str | None) -> None:
        if uri:
            self.namespaces.setdefault(uri, prefix or "")

    def doctype(self, name: str, system: str | None, public: str | None, _: bool) -> None:
        self.known_dtd = "RSS 0.91" in (public or "")
        self.faults.add("document-type", "a document type", self.here())

    def entity(self, name: str, parameter: int, value: str | None, *_: object) -> None:
        """A name for a character does no harm; one for more could grow without end."""
        if value is not None and (len(value) > _LONGEST_ENTITY or "&" in value):
            self.faults.add("growing-entity", f"&{name}; stands for more than a word", self.here())
            raise _Stop

    def skipped(self, name: str, parameter: int) -> None:
        if not parameter and not self.known_dtd:
            self.faults.add("undefined-entity", f"&{name}; is defined nowhere", self.here())


def read(text: str, faults: Faults) -> tuple[Node | None, dict[str, str]]:
    """The root, None where it is not well-formed; and the namespaces by their first prefix."""
    builder = _Builder(faults)
    try:
        # As a string: in UTF-8 whatever it declares.
        builder.parser.Parse(text.encode("utf-8", "replace") if "\ud800" in text else text, True)
    except _Stop:
        return None, {}
    except expat.ExpatError as error:
        _malformed(error, builder)
        return None, {}
    return builder.root, builder.namespaces


def _malformed(error: expat.ExpatError, builder: _Builder) -> None:
    why = expat.ErrorString(error.code) or "broken"
    at = builder.at
    place = Place(
        line=error.lineno, column=error.offset + 1, path=at.place().path if at is not None else ""
    )
    if error.code == _UNDEFINED_ENTITY:
        builder.faults.add(
            "undefined-entity", "a name for a character that XML does not know", place
        )
        return
    said = _PLAIN.get(why, why)
    if why == "mismatched tag" and at is not None:
        said = f"the end of another element while <{at.shown}> of line {at.line} is open"
    if error.code == _NOT_CLOSED and at is not None:
        said = f"it ends while <{at.shown}> of line {at.line} is open"
    builder.faults.add("not-well-formed", said, place)
