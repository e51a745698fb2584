"""Atom 1.0: the grammar of RFC 4287, Appendix B, and what its text demands beyond it."""

from __future__ import annotations

import base64
import binascii
import re
from collections import Counter
from urllib.parse import urljoin

from aggregator.lint import history, markup, modules
from aggregator.lint.fault import Faults
from aggregator.lint.grammar import Element, Grammar, conform, element, told
from aggregator.lint.shapes import SHAPES, shortened
from aggregator.lint.tree import Node

RELATIONS = frozenset(
    """about alternate amphtml appendix archives author blocked-by bookmark canonical chapter
    cite-as collection contents convertedfrom copyright create-form current describedby describes
    disclosure dns-prefetch duplicate edit edit-form edit-media enclosure first glossary help
    hosts hub icon index intervalafter intervalbefore item last latest-version license me
    memento monitor next next-archive nofollow noreferrer original payment predecessor-version
    prefetch preload prev preview previous prev-archive privacy-policy profile related replies
    search section self service shortlink start stylesheet subsection successor-version tag
    terms-of-service timegate timemap type up version-history via webmention working-copy
    http://purl.org/syndication/history/1.0""".split()  # noqa: SIM905
)
_REGISTRY = "http://www.iana.org/assignments/relation/"
_ABOUT = "id{} title{} updated{} author* category* contributor* link* rights?"
_OF_FEED = _ABOUT + " generator? icon? logo? subtitle?"


def _atom(children: str = "", *, once: str = "!", **rest: str | bool) -> Element:
    """An element whose children are Atom's own."""
    named = " ".join(f"atom:{word}" for word in children.format(*[once] * 3).split())
    return element(named, **rest)  # type: ignore[arg-type]


_PERSON = _atom("name! uri? email?", reference="RFC 4287 §3.2")
_TEXT = _atom(attributes="type", free=True, reference="RFC 4287 §3.1")
GRAMMAR: Grammar = {
    **modules.MODULES,
    "atom:feed": _atom(_OF_FEED + " entry*", reference="RFC 4287 §4.1.1"),
    "atom:entry": _atom(
        _ABOUT + " content? published? source? summary?", reference="RFC 4287 §4.1.2"
    ),
    "atom:source": _atom(_OF_FEED, once="?", reference="RFC 4287 §4.2.11"),
    "atom:author": _PERSON,
    "atom:contributor": _PERSON,
    "atom:name": _atom(value="text", reference="RFC 4287 §3.2.1"),
    "atom:uri": _atom(value="reference", reference="RFC 4287 §3.2.2"),
    "atom:email": _atom(value="email", reference="RFC 4287 §3.2.3"),
    "atom:title": _TEXT,
    "atom:subtitle": _TEXT,
    "atom:summary": _TEXT,
    "atom:rights": _TEXT,
    "atom:content": _atom(attributes="type src", free=True, reference="RFC 4287 §4.1.3"),
    "atom:id": _atom(value="id", reference="RFC 4287 §4.2.6"),
    "atom:icon": _atom(value="reference", reference="RFC 4287 §4.2.5"),
    "atom:logo": _atom(value="reference", reference="RFC 4287 §4.2.8"),
    "atom:updated": _atom(value="date", reference="RFC 4287 §4.2.15"),
    "atom:published": _atom(value="date", reference="RFC 4287 §4.2.9"),
    "atom:generator": _atom(
        attributes="uri:reference version", value="text", reference="RFC 4287 §4.2.4"
    ),
    "atom:category": _atom(
        attributes="term! scheme:iri label", free=True, reference="RFC 4287 §4.2.2"
    ),
    "atom:link": _atom(
        attributes="href!:reference rel type:media hreflang:language title length"
        " thr:count:number thr:updated:date",
        free=True,
        reference="RFC 4287 §4.2.7",
    ),
}
_ENCODED = re.compile(r"[\s=]+")
_ADDRESS_ENDS = (
    "application/atom+xml",
    "application/rss+xml",
    "application/xml",
    "text/xml",
    "application/rdf+xml",
)


def check(root: Node, faults: Faults, *, address: str | None) -> None:
    """All of a feed or of an entry that is a document."""
    conform(root, GRAMMAR, faults)
    modules.check(root, faults)
    entries = root.all("atom:entry") if root.name == "atom:feed" else [root]
    feed = root if root.name == "atom:feed" else None
    if feed is not None:
        _of_feed(feed, faults, address)
        history.check(feed, entries, faults)
        _among(entries, faults)
    for entry in entries:
        _of_entry(entry, feed, faults)
    for node in root.below():
        rule = _RULES.get(node.name)
        if rule:
            rule(node, faults)


# ── of a feed, and among its entries ─────────────────────────────────────────


def _of_feed(feed: Node, faults: Faults, address: str | None) -> None:
    selves = [x for x in feed.all("atom:link") if relation(x) == "self"]
    if not selves:
        faults.add("missing-self-link", "the feed has no link rel=self", feed)
    self_links(selves, feed, faults, address)
    _head(feed, faults)
    for child in feed.children:
        if child.name.startswith("xhtml:"):
            faults.add("misplaced-xhtml", f"{child.local} in feed", child)


def self_links(selves: list[Node], feed: Node, faults: Faults, address: str | None) -> None:
    """What is wrong with an own address, in Atom and RSS alike."""
    for link in selves:
        href = link.get("href")
        if ":" not in href.partition("/")[0] and not _based(link):
            faults.add("relative-self-link", f"rel=self leads to {shortened(href)}", link)
        elif address and href and urljoin(address, href) != address:
            what = f"rel=self leads to {shortened(href)}, and this is {shortened(address)}"
            faults.add("self-link-differs", what, link)
        kind = link.get("type")
        if kind and kind.partition(";")[0].strip().lower() not in _ADDRESS_ENDS:
            faults.add("self-link-type", f"rel=self has type {shortened(kind)}", link)


def _among(entries: list[Node], faults: Faults) -> None:
    """What only shows when entries are held against each other."""
    ids: dict[str, set[str]] = {}
    moments: Counter[str] = Counter()
    for entry in entries:
        number = _value(entry, "atom:id")
        updated = _value(entry, "atom:updated")
        moments[updated] += bool(updated)
        if number and number in ids:
            same = updated and updated in ids[number]
            rule = "duplicate-id" if same else "repeated-id"
            faults.add(rule, f"{shortened(number)} is the id of another entry, too", entry)
        ids.setdefault(number, set()).add(updated)
    several = sum(times for times in moments.values() if times > 1)
    if several:
        at = next(x for x in entries if moments[_value(x, "atom:updated")] > 1)
        faults.add("duplicate-updated", f"{several} entries share their updated with another", at)


# ── of an entry ──────────────────────────────────────────────────────────────


def _of_entry(entry: Node, feed: Node | None, faults: Faults) -> None:
    source = entry.first("atom:source")
    if not any(x is not None and x.has("atom:author") for x in (entry, source, feed)):
        faults.add("missing-author", "no author, and none to inherit", entry)
    content, summary = entry.first("atom:content"), entry.first("atom:summary")
    alternates = [x for x in entry.all("atom:link") if relation(x) == "alternate"]
    if content is None and not alternates:
        faults.add("missing-content", "neither content nor an alternate link", entry)
    if content is None and summary is None:
        faults.add("missing-text", "neither summary nor content", entry)
    if content is not None and summary is None and _elsewhere(content):
        faults.add("missing-summary", "content that is elsewhere or encoded", entry)
    _head(entry, faults)
    for child in entry.children:
        if child.name.startswith("xhtml:"):
            faults.add("misplaced-xhtml", f"{child.local} in entry", child)


def _elsewhere(content: Node) -> bool:
    kind = content.get("type", "text").partition(";")[0].strip().lower()
    return "src" in content.attributes or ("/" in kind and not _textual(kind))


def _textual(kind: str) -> bool:
    return kind.startswith("text/") or kind.endswith(("+xml", "/xml"))


def _head(node: Node, faults: Faults) -> None:
    """§4.1.1, §4.1.2: alternates differ in type or hreflang."""
    found: set[tuple[str, str]] = set()
    for link in node.all("atom:link"):
        if relation(link) != "alternate":
            continue
        kind = link.get("type").lower(), link.get("hreflang").lower()
        if kind in found:
            said = " and ".join(x for x in kind if x) or "no type"
            faults.add("duplicate-link", f"one more alternate link of {said}", link)
        found.add(kind)


# ── of any element ───────────────────────────────────────────────────────────


def relation(link: Node) -> str:
    """By its registered name, which has a long form (§4.2.7.2); alternate where none is given."""
    return link.get("rel", "alternate").removeprefix(_REGISTRY)


def link(node: Node, faults: Faults) -> None:
    """atom:link, in RSS as well."""
    rel = relation(node)
    if not rel.strip():
        faults.add("blank-value", "rel: nothing is said", node)
    elif rel.lower() not in RELATIONS and SHAPES["address"](rel):
        faults.add("unregistered-relation", f"rel is {shortened(rel)}", node)
    if node.children or node.text.strip():
        faults.add("link-not-empty", "link has something in it", node)
    if "title" in node.attributes:
        _attribute_text(node, "title", faults)
    if "length" in node.attributes:
        told(SHAPES["number"](node.get("length")), "length", node, faults, "RFC 4287 §4.2.7.6")
    if rel == "enclosure" and "length" not in node.attributes:
        faults.add("missing-length", "enclosure has no length", node)
    if rel == "enclosure" and "type" not in node.attributes:
        faults.add("missing-type", "enclosure has no type", node)
    if node.get("href", "x").strip() in ("", "#", ".") and rel not in ("self", "edit"):
        faults.add("same-document-reference", "href leads to this document", node)


def _attribute_text(node: Node, name: str, faults: Faults) -> None:
    value = node.get(name)
    if not value.strip():
        faults.add("blank-value", f"{name}: nothing is said", node)
    markup.plain(value, f"{name} of {node.shown}", node, faults)


def _category(node: Node, faults: Faults) -> None:
    for name in ("term", "label"):
        if name in node.attributes and not node.get(name).strip():
            faults.add("blank-value", f"{name}: nothing is said", node)
    if "label" in node.attributes:
        markup.plain(node.get("label"), "label of category", node, faults)


def _identity(node: Node, faults: Faults) -> None:
    if not node.text.strip():
        faults.add("blank-value", "id: nothing is said", node)


def _plain(node: Node, faults: Faults) -> None:
    if not node.text.strip() and not node.children:
        faults.add("blank-value", f"{node.shown}: nothing is said", node)
    markup.plain(node.text, node.shown, node, faults)


def _source(node: Node, faults: Faults) -> None:
    missing = [x for x in ("id", "title", "updated") if not node.has(f"atom:{x}")]
    if missing:
        faults.add("incomplete-source", f"source has no {' and no '.join(missing)}", node)
    _head(node, faults)


def _text_construct(node: Node, faults: Faults) -> None:
    """§3.1."""
    if node.attributes.get("type") == "":
        faults.add("blank-value", "type: nothing is said", node)
    kind = node.get("type", "text")
    if kind not in ("text", "html", "xhtml"):
        faults.add("invalid-type", f"{node.shown} has type {shortened(kind)}", node)
        if node.children:
            what = f"{node.shown} of type {shortened(kind)} has elements in it"
            faults.add("markup-not-escaped", what, node.children[0])
        return
    _typed(node, kind, faults)


def _typed(node: Node, kind: str, faults: Faults) -> None:
    if kind == "xhtml":
        _xhtml(node, faults)
        return
    if node.children:
        what = f"{node.shown} of type {kind} has elements in it"
        faults.add("markup-not-escaped", what, node.children[0])
        return
    if not node.text.strip():
        faults.add("blank-value", f"{node.shown}: nothing is said", node)
    elif kind == "text":
        markup.plain(node.text, node.shown, node, faults)
    else:
        markup.html(node.text, node.shown, node, faults, based=_based(node))


def _xhtml(node: Node, faults: Faults) -> None:
    """§3.1.1.3: one div, which holds all of it."""
    divs = [x for x in node.children if x.name == "xhtml:div"]
    if "&lt;" in node.text or "<" in node.text:
        faults.add("escaped-xhtml", f"{node.shown} of type xhtml is escaped", node)
    if len(divs) != 1 or len(node.children) != 1 or node.text.strip():
        faults.add("missing-div", f"{node.shown} of type xhtml is not one div", node)
    for div in node.children:
        markup.xhtml(div, node.shown, faults, based=_based(node))


def _based(node: Node | None) -> bool:
    """Whether an xml:base says what relative references mean."""
    while node is not None:
        if "xml:base" in node.attributes:
            return True
        node = node.parent
    return False


def _content(node: Node, faults: Faults) -> None:
    """§4.1.3."""
    if node.attributes.get("type") == "":
        faults.add("blank-value", "type: nothing is said", node)
    kind = node.get("type", "text")
    if "src" in node.attributes:
        _content_elsewhere(node, faults)
    elif kind in ("text", "html", "xhtml"):
        _typed(node, kind, faults)
    elif told_media(node, kind, faults):
        _of_media_type(node, kind.partition(";")[0].strip().lower(), faults)


def told_media(node: Node, kind: str, faults: Faults) -> bool:
    """Whether content has a type that may be: no composite one (§4.1.3.1)."""
    wrong = SHAPES["media"](kind)
    if not wrong and kind.lower().startswith(("multipart/", "message/")):
        wrong = "invalid-media-type", f"{shortened(kind)} is a composite type"
    told(wrong, "type of content", node, faults)
    return not wrong


def _content_elsewhere(node: Node, faults: Faults) -> None:
    told(SHAPES["reference"](node.get("src")), "src", node, faults)
    if node.children or node.text.strip():
        faults.add("content-twice", "content with src has something in it", node)
    if "type" not in node.attributes:
        faults.add("missing-type", "content with src has no type", node)
    else:
        told_media(node, node.get("type"), faults)


def _of_media_type(node: Node, kind: str, faults: Faults) -> None:
    if kind.endswith(("+xml", "/xml")):
        if node.children and node.text.strip():
            faults.add("unexpected-text", f"text beside the element of {kind}", node)
        if not node.children and node.text.strip():
            faults.add("escaped-xhtml", f"content of {kind} is escaped", node)
    elif node.children:
        faults.add("markup-not-escaped", f"content of {kind} has elements in it", node.children[0])
    elif kind == "text/html":
        markup.html(node.text, "content", node, faults, based=_based(node))
    elif not kind.startswith("text/"):
        _base64(node, faults)


def _base64(node: Node, faults: Faults) -> None:
    try:
        base64.b64decode("".join(node.text.split()), validate=True)
    except (binascii.Error, ValueError):
        faults.add("invalid-base64", f"content of {node.get('type')}", node)


_RULES = {
    "atom:id": _identity,
    "atom:link": link,
    "atom:category": _category,
    "atom:name": _plain,
    "atom:generator": _plain,
    "atom:source": _source,
    "atom:title": _text_construct,
    "atom:subtitle": _text_construct,
    "atom:summary": _text_construct,
    "atom:rights": _text_construct,
    "atom:content": _content,
}


def _value(node: Node, name: str) -> str:
    child = node.first(name)
    return child.text.strip() if child is not None else ""
