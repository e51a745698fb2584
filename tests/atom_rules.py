"""RFC 4287 as a list of faults, for documents of ours: written for the tests, apart from the code.

A rule is a generator that yields what is wrong; add it to one of the tuples of rules below. Where
the RFC leaves a choice, our documents made it: dates in Z without fractions, IRIs absolute.
"""

import re
import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from xml.etree.ElementTree import Element

Faults = Iterator[str]

NS = "{http://www.w3.org/2005/Atom}"
LANG = "{http://www.w3.org/XML/1998/namespace}lang"
XHTML_DIV = "{http://www.w3.org/1999/xhtml}div"

_ONCE = ("id", "title", "updated")
_TEXTS = ("title", "subtitle", "summary", "rights")
_ABOUT = {"author", "category", "contributor", "id", "link", "rights", "title", "updated"}
_OF_FEED = _ABOUT | {"generator", "icon", "logo", "subtitle"}
_CHILDREN = {
    "feed": _OF_FEED | {"entry"},
    "source": _OF_FEED,
    "entry": _ABOUT | {"content", "published", "source", "summary"},
    "author": {"name", "uri", "email"},
    "contributor": {"name", "uri", "email"},
}
_REPEATABLE = {"author", "category", "contributor", "entry", "link"}
# RFC 4287 §4.2.7.2, 4685, 4946, 5005, and the hub of WebSub; any other is an IRI.
_RELS = {"alternate", "enclosure", "related", "self", "via", "replies", "license", "hub"} | {
    *("current", "first", "last", "next", "previous", "next-archive", "prev-archive"),
}

_IRI = re.compile(
    r"(?!https?:(?!//[^/?#]))[A-Za-z][A-Za-z0-9+.-]*:(?:[^\s<>\"{}|\\^`%]|%[\dA-Fa-f]{2})+"
)
_DATE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", re.ASCII)
_LANGUAGE = re.compile(r"[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8})*")
_MEDIA_TYPE = re.compile(r"[\w!#$&^.+-]+/[\w!#$&^.+-]+(\s*;.+)?", re.ASCII)
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffe\uffff]")
_BREAK = re.compile(r"[\t\r\n]")


def faults(document: bytes) -> list[str]:
    """What is wrong with an Atom feed document; nothing, when it is as RFC 4287 has it."""
    try:
        feed = ET.fromstring(document)
    except ET.ParseError as error:
        return [f"not well-formed: {error}"]
    if feed.tag != NS + "feed":
        return [f"{feed.tag} is not atom:feed"]
    found = list(_of_feed(feed))
    for number, entry in enumerate(feed.iterfind(NS + "entry"), 1):
        found += [f"entry {number}: {fault}" for fault in _of_entry(entry, feed)]
    return found


def _of_feed(feed: Element) -> Faults:
    yield from _unique_ids(feed)
    for rule in _EVERYWHERE:
        yield from rule(feed)
        for child in feed:
            if child.tag != NS + "entry":
                yield from (fault for node in child.iter() for fault in rule(node))


def _of_entry(entry: Element, feed: Element) -> Faults:
    yield from _author(entry, feed)
    for rule in _OF_AN_ENTRY:
        yield from rule(entry)
    for rule in _EVERYWHERE:
        yield from (fault for node in entry.iter() for fault in rule(node))


# ── of a feed ────────────────────────────────────────────────────────────────


def _unique_ids(feed: Element) -> Faults:
    ids = Counter(entry.findtext(NS + "id") for entry in feed.iterfind(NS + "entry"))
    yield from (f"id {id!r} is in {n} entries" for id, n in ids.items() if id and n > 1)


# ── of an entry ──────────────────────────────────────────────────────────────


def _author(entry: Element, feed: Element) -> Faults:
    """§4.1.2: its own, or its source's, or the feed's."""
    source = entry.find(NS + "source")
    if not any(x is not None and x.find(NS + "author") is not None for x in (entry, source, feed)):
        yield "no author, and none to inherit"


def _link_or_content(entry: Element) -> Faults:
    alternates = [x for x in entry.iterfind(NS + "link") if _rel(x) == "alternate"]
    if not alternates and entry.find(NS + "content") is None:
        yield "neither an alternate link nor content"


def _summary_of_the_unreadable(entry: Element) -> Faults:
    content = entry.find(NS + "content")
    if content is None or entry.find(NS + "summary") is not None:
        return
    kind = content.get("type", "text")
    encoded = "/" in kind and not re.search(r"^text/|[/+]xml$", kind, re.IGNORECASE)
    if "src" in content.attrib or encoded:
        yield "content that is elsewhere or encoded needs a summary"


def _source_last(entry: Element) -> Faults:
    source = entry.find(NS + "source")
    if source is not None and source is not entry[-1]:
        yield "source is not last"


# ── of any element ───────────────────────────────────────────────────────────


def _known(node: Element) -> Faults:
    allowed = _CHILDREN.get(_name(node))
    for child in node if allowed is not None else ():
        if not child.tag.startswith("{"):
            yield f"{child.tag} is in no namespace"
        elif child.tag.startswith(NS) and _name(child) not in allowed:
            yield f"{_name(child)} has no place in {_name(node)}"


def _required(node: Element) -> Faults:
    if _name(node) in ("feed", "entry", "source"):
        yield from (f"{_name(node)} has no {n}" for n in _ONCE if node.find(NS + n) is None)
    if _name(node) in ("author", "contributor") and node.find(NS + "name") is None:
        yield f"{_name(node)} has no name"


def _at_most_once(node: Element) -> Faults:
    if _name(node) in _CHILDREN:
        counted = Counter(_name(child) for child in node if child.tag.startswith(NS))
        several = (n for n, count in counted.items() if count > 1 and n not in _REPEATABLE)
        yield from (f"{_name(node)} has more than one {n}" for n in several)


def _not_empty(node: Element) -> Faults:
    if _name(node) in ("id", "title", "name") and not "".join(node.itertext()).strip():
        yield f"{_name(node)} is empty"


def _dates(node: Element) -> Faults:
    if _name(node) not in ("published", "updated"):
        return
    try:
        right = bool(_DATE.fullmatch(node.text or "") and datetime.fromisoformat(node.text or ""))
    except ValueError:
        right = False
    if not right:
        yield f"{_name(node)} {node.text!r} is no RFC 3339 date in Z without fractions"


def _iris(node: Element) -> Faults:
    """§2; absolute, since a document is read far from where it was written."""
    given = {_name(node): node.text} if _name(node) in ("id", "uri", "icon", "logo") else {}
    given |= {f"{_name(node)} {key}": node.get(key) for key in ("href", "src", "scheme")}
    for what, iri in given.items():
        if iri is not None and node.tag.startswith(NS) and not _absolute(iri):
            yield f"{what} {iri!r} is no absolute IRI"


def _links(node: Element) -> Faults:
    if _name(node) != "link":
        return
    if "href" not in node.attrib:
        yield "link has no href"
    if _rel(node) not in _RELS and not _absolute(_rel(node)):
        yield f"rel {_rel(node)!r} is neither registered nor an IRI"
    if "type" in node.attrib and not _MEDIA_TYPE.fullmatch(node.attrib["type"]):
        yield f"link type {node.attrib['type']!r} is no media type"
    if not re.fullmatch(r"[0-9]+", node.get("length", "0")):
        yield f"length {node.get('length')!r} is no number"


def _alternates(node: Element) -> Faults:
    """§4.1.1, §4.1.2: one for each type and hreflang."""
    found = (x for x in node.iterfind(NS + "link") if _rel(x) == "alternate")
    kinds = Counter((x.get("type"), x.get("hreflang")) for x in found)
    for (kind, language), count in kinds.items():
        if count > 1:
            yield f"{count} alternate links of type {kind} and hreflang {language}"


def _texts(node: Element) -> Faults:
    """§3.1 and §4.1.3: the type says what is inside."""
    name, kind = _name(node), node.get("type", "text")
    if name not in (*_TEXTS, "content"):
        return
    if kind not in ("text", "html", "xhtml") and not (
        name == "content" and _MEDIA_TYPE.fullmatch(kind)
    ):
        yield f"{name} has no such type as {kind!r}"
    if kind == "xhtml" and [child.tag for child in node] != [XHTML_DIV]:
        yield f"{name} of type xhtml is not one div"
    if kind in ("text", "html") and len(node):
        yield f"{name} of type {kind} has elements in it"
    if "src" in node.attrib and (node.text or len(node)):
        yield f"{name} is both here and elsewhere"


def _persons(node: Element) -> Faults:
    if _name(node) == "email" and not _EMAIL.fullmatch(node.text or ""):
        yield f"email {node.text!r} is no address"


def _categories(node: Element) -> Faults:
    if _name(node) == "category" and not node.get("term"):
        yield "category has no term"


def _languages(node: Element) -> Faults:
    for name, language in (("lang", node.get(LANG)), ("hreflang", node.get("hreflang"))):
        if language and not _LANGUAGE.fullmatch(language):
            yield f"{name} {language!r} is no language"


def _characters(node: Element) -> Faults:
    """None that is unseen; in what is shown on one line, no break either."""
    for text in (node.text or "", node.tail or "", *node.attrib.values()):
        yield from (f"control character {c!r} in {_name(node)}" for c in _CONTROL.findall(text))
    one_line = _name(node) in ("id", "title", "name", "uri", "email")
    if one_line and not len(node) and _BREAK.search(node.text or ""):
        yield f"line break or tab in {_name(node)}"


_OF_AN_ENTRY = (_link_or_content, _summary_of_the_unreadable, _source_last)
_EVERYWHERE = (
    *(_known, _required, _at_most_once, _not_empty, _dates, _iris, _links, _alternates),
    *(_texts, _persons, _categories, _languages, _characters),
)


def _name(node: Element) -> str:
    """Its local name where it is Atom's, else the whole."""
    return node.tag.removeprefix(NS)


def _rel(link: Element) -> str:
    return link.get("rel", "alternate")


def _absolute(iri: str) -> bool:
    return bool(_IRI.fullmatch(iri)) and iri.count("#") < 2
