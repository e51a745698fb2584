"""The quick way to read an ordinary RSS, RDF or Atom feed: one pass of expat, no guessing.

What it returns is what `lenient` would; None for anything out of the ordinary.
"""

from __future__ import annotations

import re
from datetime import UTC, tzinfo
from functools import lru_cache
from xml.parsers import expat
from xml.sax.saxutils import escape

from feedparser.api import StrictFeedParser
from feedparser.encodings import RE_XML_PI_ENCODING, parse_content_type
from feedparser.mixin import _FeedParserMixin
from feedparser.util import FeedParserDict

from aggregator.formats import bounds, extensions, mapping
from aggregator.formats.keeping import BOUNDS, MARKUP, keep
from aggregator.formats.repairs import MOST_NAMESPACES, short_base
from aggregator.formats.strict_rules import (
    ASIDE,
    IGNORED,
    KEPT,
    ROOTS,
    Attrs,
    Enough,
    Reading,
    Refused,
    Rule,
    kind_of,
)
from aggregator.model import Feed, Response

_UTF_8 = {"", "utf-8", "utf8"}
_ASCII = {"us-ascii", "ascii"}
_XML = {"application/xml", "application/xml-dtd", "application/xml-external-parsed-entity"}
_FOREIGN = (b"\0", b"<!DOCTYPE", b"<!ENTITY")
_C1 = (  # feedparser takes these for cp1252; two patterns, since one alone has a prefix to look for
    re.compile(rb"\xc2[\x80-\x9f]"),
    re.compile(rb"&#(?:0*1(?:2[89]|[345]\d)|[xX]0*[89][0-9a-fA-F]);"),
)
_INHERITED = frozenset({"xml:lang", "lang", "xml:base", "base"})
_MOST_BASES = 1_000
_DEEPEST = 64  # feedparser takes seconds over a few thousand
_QUOTE = {'"': "&quot;"}

_NAMESPACES: dict[str, str] = {
    uri.lower(): name.lower()
    for uri, name in extensions.namespaces(_FeedParserMixin.namespaces).items()
}
_NAMES = frozenset(_NAMESPACES.values()) - {""}
# Whatever else an element is called, feedparser files it under its name and nobody looks there.
_READ = frozenset(FeedParserDict.keymap) | {
    *("author", "authors", "comments", "content", "contributors", "created", "enclosures"),
    *("entries", "expired", "feed", "generator", "href", "icon", "id"),
    *("feedburner_origenclosurelink", "feedburner_origlink", "pheedo_origlink"),
    "dc_source",
    *("image", "language", "license", "link", "links", "logo", "published", "publisher"),
    *("publishers", "rights", "source", "subtitle", "summary", "tags", "textinput", "title"),
    *("updated", "where", "category", "guidislink"),
}
_MEANINGFUL = frozenset(  # as attributes; feedparser reads them whatever their namespace
    {
        *("base", "domain", "href", "hreflang", "ispermalink", "label", "lang", "lastmod"),
        *("length", "mode", "rel", "scheme", "src", "term", "text", "title", "type", "uri"),
        *("url", "version"),
    }
)


def parse(response: Response, *, zone: tzinfo = UTC) -> Feed | None:
    """The feed in `response` exactly as `lenient.parse` would read it, or None when anything in it
    is out of the ordinary and feedparser must judge."""
    try:
        headers = mapping.headers(response)
        if not _plainly_encoded(response.body, headers):
            return None
        at, problems = _read(response.body, headers)
        return mapping.feed(
            at.feed,
            at.entries,
            version=at.version,
            response=response,
            zone=zone,
            problems=problems,
        )
    except (Refused, expat.ExpatError, ValueError):
        return None


def _plainly_encoded(body: bytes, headers: dict[str, str]) -> bool:
    """Whether it is UTF-8 and no header, declaration or character makes feedparser doubt it."""
    kind, charset = parse_content_type(headers["content-type"])
    found = RE_XML_PI_ENCODING.match(body[:1024].removeprefix(b"\xef\xbb\xbf"))
    declared = found[1].decode("ascii", "replace").lower() if found else ""
    if kind.startswith("text/"):  # RFC 3023, which feedparser follows
        charset = charset.lower() or "us-ascii"
    elif kind in _XML or (kind.startswith("application/") and kind.endswith("+xml")):
        charset = charset.lower() or declared
    else:
        charset = declared
    if declared not in _UTF_8 | _ASCII or charset not in _UTF_8 | _ASCII:
        return False
    if charset in _ASCII and not body.isascii():
        return False
    if (
        body.count(b"base=") > _MOST_BASES
        or any(mark in body for mark in _FOREIGN)
        or any(shape.search(body) for shape in _C1)
    ):
        return False
    body.decode("utf-8")
    return True


def _read(body: bytes, headers: dict[str, str]) -> tuple[Reading, tuple[str, ...]]:
    language = headers.get("content-language")
    at = Reading(base=headers["content-location"], lang=language)
    if language:
        at.feed["language"] = language.replace("_", "-")
    machine = _Machine(at)
    try:
        machine.expat.Parse(body, True)
    except Enough:
        return at, (bounds.MANY_ENTRIES,)
    finally:
        machine.let_go()
    return at, ()


def _based(base: str, address: str) -> str:
    """What feedparser resolves against in an element with this xml:base."""
    found = str(short_base(base, address) or base)
    if found and short_base(found, found) != found:
        raise Refused  # it resolves the base against itself at every element
    return found


_State = tuple[str, Rule, Attrs, list[str], str | None, str]


class _Machine:
    """The state between two calls from expat."""

    def __init__(self, at: Reading) -> None:
        self.at = at
        self.rule = Rule(inside=ROOTS, only=True)
        self.markup_depth = 0
        self.attrs: Attrs = {}
        self.parts: list[str] = []
        self.stack: list[_State] = []
        self.keeper = extensions.Keeper()
        self.keys: dict[str, str] = {}  # expat's name of an element: feedparser's
        self.parts_of: dict[str, tuple[str, str]] = {}  # and the parts of that
        self.tags: dict[str, str] = {}  # expat's name of an element inside markup: its own
        self.uris: dict[str, str] = {}  # prefix: uri
        self.prefixes: dict[str, str] = {}  # the uri of an unknown namespace: its prefix
        self.expat = expat.ParserCreate("utf-8", " ")
        self.expat.namespace_prefixes = True
        self.expat.buffer_text = True
        self.expat.buffer_size = 1 << 16
        self.expat.StartNamespaceDeclHandler = self.namespace
        self._outside_markup()

    def let_go(self) -> None:
        """End the circle of the two: all that was read would lie there until Python finds it."""
        del self.expat

    def _outside_markup(self) -> None:
        self.expat.StartElementHandler = self.start
        self.expat.EndElementHandler = self.end
        self.expat.CharacterDataHandler = self.text

    def _inside_markup(self) -> None:
        self.expat.StartElementHandler = self.tag
        self.expat.EndElementHandler = self.end_tag
        self.expat.CharacterDataHandler = self.markup_text

    # ── elements ─────────────────────────────────────────────────────────────

    def start(self, name: str, raw: dict[str, str]) -> None:
        at, outer = self.at, self.rule
        at.depth += 1
        if at.depth > _DEEPEST or outer.inside is None:
            raise Refused
        key = self.keys.get(name) or self.key(name)
        rule = ASIDE if outer is ASIDE else outer.inside.get(key)
        if rule is None:
            if outer.only or key in MARKUP:
                raise Refused
            rule = self.ignored(key)
        self.stack.append((name, outer, self.attrs, self.parts, at.lang, at.base))
        self.rule = rule
        if rule is ASIDE:
            self.attrs = _own(raw)
        else:
            self.attrs = self.attributes(raw) if raw or at.depth == 1 else {}
        if (rule is not IGNORED and rule is not KEPT) or not self.attrs:
            self.parts = []  # else feedparser adds its text to what holds it
        elif any(element[0] == name for element in self.stack[:-1]):
            raise Refused  # and takes its end for that of the other one
        if rule.kept:
            self.keep(name, raw)
        elif self.keeper.open:
            self.keeper.inside()
        if rule.begin:
            rule.begin(at, self.attrs)
        written_out = rule.markup and "type" in self.attrs
        if written_out and kind_of(self.attrs, "text") == "application/xhtml+xml":
            self.markup_depth = at.depth
            self._inside_markup()

    def end(self, name: str) -> None:
        at = self.at
        if self.rule.end:
            self.rule.end(at, self.attrs, self.parts)
        if self.rule.kept:
            text = "".join(self.parts[self.keeper.open[-1].mark :])
            if found := self.keeper.end(text):
                keep(at.node, found)
        _, self.rule, self.attrs, self.parts, at.lang, at.base = self.stack.pop()
        at.depth -= 1

    def text(self, data: str) -> None:
        self.parts.append(data)

    def keep(self, name: str, raw: dict[str, str]) -> None:
        """An extension element begins."""
        prefix, local = self.parts_of.get(name) or self.parted(name)
        if self.at.node is self.at.nowhere or (not prefix and local in BOUNDS):
            raise Refused
        if not prefix and not self.keeper.aside:
            raise Refused  # `media_title` is no title of media
        start = len(self.parts) if self.rule is KEPT else 0
        self.keeper.begin(prefix, local, _own(raw), start)

    @staticmethod
    @lru_cache(maxsize=1024)
    def ignored(key: str) -> Rule:
        prefix = key.partition("_")[0] if "_" in key else ""
        if extensions.aside(prefix):
            return ASIDE
        known = (hasattr(StrictFeedParser, f"_{when}_{key}") for when in ("start", "end"))
        if any(known) or key in _READ or key.endswith(("_detail", "_parsed")):
            raise Refused
        return KEPT if extensions.kept(prefix) else IGNORED

    # ── inside type="xhtml" ──────────────────────────────────────────────────

    def tag(self, name: str, raw: dict[str, str]) -> None:
        at = self.at
        at.depth += 1
        if at.depth > _DEEPEST:
            raise Refused
        local = self.tags.get(name) or self.harmless(name)
        attrs = self.attributes(raw, inside_markup=True) if raw else {}
        quoted = "".join([f' {k}="{escape(v, _QUOTE)}"' for k, v in attrs.items()])
        self.parts.append(f"<{local}{quoted}>")

    def end_tag(self, name: str) -> None:
        if self.at.depth == self.markup_depth:
            self._outside_markup()
            self.end(name)
            return
        self.at.depth -= 1
        self.parts.append(f"</{self.tags[name]}>")

    def harmless(self, name: str) -> str:
        self.ignored(self.keys.get(name) or self.key(name))
        local = (name.split(" ")[1] if " " in name else name).lower()
        if local in ("svg", "math"):
            raise Refused
        self.tags[name] = local
        return local

    def markup_text(self, data: str) -> None:
        self.parts.append(escape(data))

    # ── attributes and namespaces ────────────────────────────────────────────

    def attributes(self, raw: dict[str, str], *, inside_markup: bool = False) -> Attrs:
        found: Attrs = {}
        for name, value in raw.items():
            key = self.qualified(name) if " " in name else name.lower()
            if key in found or (inside_markup and ":" in key and key[:4] != "xml:"):
                raise Refused  # of those in markup, feedparser writes the foreign ones twice
            found[key] = value.lower() if key in ("rel", "type") else value
        if self.at.depth == 1 or not found.keys().isdisjoint(_INHERITED):
            self.inherit(found, inside_markup=inside_markup)
        return found

    def inherit(self, attrs: Attrs, *, inside_markup: bool) -> None:
        at = self.at
        base = attrs.get("xml:base", attrs.get("base"))
        if base and not at.base:
            raise Refused  # feedparser would keep it when the element ends
        if inside_markup:
            return
        if base or at.depth == 1:
            at.base = _based(at.base, base or at.base)
        language = attrs.get("xml:lang", attrs.get("lang"))
        if language is not None:
            at.lang = language or None
        if at.lang and at.depth == 1 and self.rule is not ROOTS["rdf_rdf"]:
            at.feed["language"] = at.lang.replace("_", "-")

    def qualified(self, name: str) -> str:
        uri, local, *prefix = name.split(" ")
        known = _NAMESPACES.get(uri.lower())
        if known in ("xml", "rdf", "thr"):
            return f"{known}:{local.lower()}"
        if known == "" or local.lower() in _MEANINGFUL or not prefix:
            raise Refused
        return f"{prefix[0]}:{local}".lower()

    def namespace(self, prefix: str | None, uri: str | None) -> None:
        if not uri:
            return
        many = len(self.uris) == MOST_NAMESPACES
        if many or len(uri.split()) != 1 or "xlink" in uri.lower():
            raise Refused
        known = self.known(uri)
        self.version(prefix, uri.lower())
        if prefix is None:
            return
        prefix = prefix.lower()
        if self.uris.setdefault(prefix, uri) != uri or (prefix in _NAMES and prefix != known):
            raise Refused  # feedparser keeps one meaning of a prefix for the whole document
        if known is None:
            self.prefixes.setdefault(uri, prefix)

    def version(self, prefix: str | None, uri: str) -> None:
        at = self.at
        if at.version:
            return
        if (prefix, uri) == (None, "http://my.netscape.com/rdf/simple/0.9/"):
            at.version = "rss090"
        elif uri == "http://purl.org/rss/1.0/":
            at.version = "rss10"
        elif uri == "http://www.w3.org/2005/atom":
            at.version = "atom10"

    def known(self, uri: str) -> str | None:
        uri = uri.lower()
        return "" if "backend.userland.com/rss" in uri else _NAMESPACES.get(uri)

    def key(self, name: str) -> str:
        prefix, local = self.parted(name)
        key = f"{prefix}_{local}" if prefix else local
        self.keys[name] = key
        return key

    def parted(self, name: str) -> tuple[str, str]:
        """The prefix that is usual, or the document's own, and the rest; both in small letters."""
        uri, local = (name.split(" ")[:2]) if " " in name else ("", name)
        prefix = self.known(uri)
        if prefix is None:
            prefix = self.prefixes.get(uri)
        if prefix is None or ":" in local:
            raise Refused  # an unknown default namespace, which feedparser takes for none
        self.parts_of[name] = found = prefix.lower(), local.lower()
        return found


def _own(raw: dict[str, str]) -> Attrs:
    """The attributes of an extension element as they are kept."""
    found: Attrs = {}
    for name, value in raw.items():
        uri, *local = name.split(" ")
        if local and _NAMESPACES.get(uri.lower()) == "xml":
            continue
        key = name.lower()
        if local or key in found or ":" in key:
            raise Refused  # feedparser has some of them under two names
        found[key] = value.lower() if key in ("rel", "type") else value
    return found
