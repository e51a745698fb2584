"""RSS 2.0 with the RSS Board's Best Practices Profile, and its elders 0.9x and 1.0."""

from __future__ import annotations

import re
from dataclasses import replace

from aggregator.lint import atom, history, markup, modules
from aggregator.lint.fault import Faults
from aggregator.lint.grammar import Grammar, conform, element, told
from aggregator.lint.shapes import SHAPES, shortened
from aggregator.lint.tree import Node

_VERSIONS = ("0.90", "0.91", "0.92", "0.93", "0.94", "2.0", "2.0.1", "2.0.10", "2.0.11")
_R = "RSS 2.0"
_PERSON = re.compile(
    r"(?:mailto:(?:[^\s<>]*%3C)?)?[^\s@()<>,;:]+@[\w-]+(?:\.[\w-]+)*(?:\?[^\s]*)?(?:\s+\((?P<name>[^()]+)\))?\s*",
    re.ASCII,
)
_WEB = re.compile(r"(?:https?|ftp|feed)://[^\s]+\Z", re.IGNORECASE)
_ATOM = {
    name: known
    for name, known in atom.GRAMMAR.items()
    if name.startswith("atom:") and name not in ("atom:feed", "atom:entry", "atom:source")
}
_CHANNEL = (
    "title! link! description! language? copyright? managingEditor? webMaster? pubDate?"
    " lastBuildDate? category* generator? docs? cloud? ttl? image? rating? textInput? skipHours?"
    " skipDays? item*"
)
_ITEM = "title? link? description? author? category* comments? enclosure* guid? pubDate? source?"
# Atom's elements stand in RSS as extensions.
_SHARED: Grammar = {
    **modules.MODULES,
    **{
        name: replace(known, within=frozenset(("channel", "item")))
        if name not in ("atom:name", "atom:uri", "atom:email")
        else known
        for name, known in _ATOM.items()
    },
}
GRAMMAR: Grammar = {
    **_SHARED,
    "rss": element("channel!", attributes="version", reference=_R),
    "channel": element(_CHANNEL, reference=_R),
    "item": element(_ITEM, reference=_R),
    "title": element(value="text", reference=_R),
    "link": element(value="text", reference=_R),
    "description": element(value="text", reference=_R),
    "language": element(value="rss-language", reference=_R),
    "copyright": element(value="text", reference=_R),
    "managingEditor": element(value="text", reference=_R),
    "webMaster": element(value="text", reference=_R),
    "author": element(value="text", reference=_R),
    "pubDate": element(value="rss-date", reference=_R),
    "lastBuildDate": element(value="rss-date", reference=_R),
    "category": element(attributes="domain", value="filled", reference=_R),
    "generator": element(value="filled", reference=_R),
    "docs": element(value="address", reference=_R),
    "cloud": element(
        attributes="domain! port!:positive path! registerProcedure! protocol!", reference=_R
    ),
    "ttl": element(value="positive", reference=_R),
    "image": element("url! title! link! width? height? description?", reference=_R),
    "url": element(value="address", reference=_R),
    "width": element(value="positive", reference=_R),
    "height": element(value="positive", reference=_R),
    "rating": element(value="filled", reference=_R),
    "textInput": element("title! description! name! link!", reference=_R),
    "name": element(value="filled", reference=_R),
    "skipHours": element("hour+", reference=_R),
    "hour": element(value="hour", reference=_R),
    "skipDays": element("day+", reference=_R),
    "day": element(value="day", reference=_R),
    "comments": element(value="address", reference=_R),
    "enclosure": element(
        attributes="url!:address length!:number type!:media", reference=_R
    ),
    "guid": element(attributes="isPermaLink:boolean", value="filled", reference=_R),
    "source": element(attributes="url!:address", value="text", reference=_R),
}  # fmt: skip
_RDF = "RSS 1.0"
_RSS_1 = "http://purl.org/rss/1.0/"
GRAMMAR_1: Grammar = {
    **_SHARED,
    "rdf:RDF": element("channel! image? item* textinput?", reference=_RDF),
    "channel": element(
        "title! link! description! items! image? textinput?",
        attributes="rdf:about!:address", reference=_RDF,
    ),
    "items": element(free=True, reference=_RDF),
    "item": element("title! link! description?", attributes="rdf:about!:address", reference=_RDF),
    "image": element(
        "title? url? link? description?", attributes="rdf:about rdf:resource", reference=_RDF
    ),
    "textinput": element(
        "title? description? name? link?", attributes="rdf:about rdf:resource", reference=_RDF
    ),
    "title": element(value="text", reference=_RDF),
    "link": element(value="text", reference=_RDF),
    "description": element(value="text", reference=_RDF),
    "url": element(value="address", reference=_RDF),
    "name": element(value="filled", reference=_RDF),
}  # fmt: skip
GRAMMAR_090: Grammar = {
    **GRAMMAR_1,
    "channel": element("title! link! description!", reference="RSS 0.90"),
    "item": element("title! link!", reference="RSS 0.90"),
}
_SAME = {  # core element → extensions that say the same
    "pubDate": ("dc:date", "atom:published", "dcterms:issued", "dcterms:created"),
    "lastBuildDate": ("atom:updated", "dcterms:modified"),
    "managingEditor": ("dc:creator", "atom:author"),
    "author": ("dc:creator", "atom:author"),
    "webMaster": ("dc:publisher",),
    "copyright": ("dc:rights", "atom:rights"),
    "language": ("dc:language",),
    "category": ("dc:subject",),
    "source": ("dc:source", "atom:source"),
    "title": ("dc:title", "atom:title"),
    "description": ("atom:subtitle", "atom:content", "dc:description", "xhtml:body"),
    "guid": ("atom:id",),
    "creativeCommons:license": ("cc:license",),
    "generator": ("atom:generator",),
}


def check(root: Node, faults: Faults, *, address: str | None) -> None:
    """All of an RSS 2.0 document, or of a 0.9x one."""
    version = root.attributes.get("version")
    if version is None:
        faults.add("missing-version", "rss has no version", root)
    elif version not in _VERSIONS:
        faults.add("invalid-version", f"version is {shortened(version)}", root)
    conform(root, GRAMMAR, faults)
    modules.check(root, faults)
    for channel in root.all("channel"):
        _of_channel(channel, channel.all("item"), faults, address)


def check_1(root: Node, faults: Faults, *, address: str | None) -> None:
    """RSS 1.0: entries stand beside the channel."""
    channels = root.all("channel")
    elder = any(x.uri != _RSS_1 for x in channels)
    conform(root, GRAMMAR_090 if elder else GRAMMAR_1, faults)
    modules.check(root, faults)
    for channel in channels:
        _texts(channel, faults)
        atom.self_links(_selves(channel), channel, faults, address)
    for item in root.all("item"):
        _texts(item, faults)


def _selves(channel: Node) -> list[Node]:
    return [x for x in channel.all("atom:link") if x.get("rel") == "self"]


# ── of a channel ─────────────────────────────────────────────────────────────


def _of_channel(channel: Node, items: list[Node], faults: Faults, address: str | None) -> None:
    selves = _selves(channel)
    if not selves:
        faults.add(
            "missing-self-link",
            "the channel has no atom:link rel=self",
            channel,
            "RSS Best Practices Profile",
        )
    atom.self_links(selves, channel, faults, address)
    history.check(channel, items, faults)
    _texts(channel, faults)
    _twice_told(channel, faults)
    _skips(channel, faults)
    _image(channel, faults)
    text_input = channel.first("textInput")
    if text_input is not None:
        faults.add("text-input", "the channel has a textInput", text_input)
    behind = next(
        (
            b
            for a, b in zip(channel.children, channel.children[1:], strict=False)
            if a.name == "item" and b.name != "item"
        ),
        None,
    )
    if behind is not None:
        faults.add("entry-not-last", f"{behind.shown} stands behind an item", behind)
    _persons(channel, ("managingEditor", "webMaster"), faults)
    _podcast(channel, items, faults)
    for item in items:
        _of_item(item, faults)
    _unique(items, faults)


def _skips(channel: Node, faults: Faults) -> None:
    for name, inner in (("skipHours", "hour"), ("skipDays", "day")):
        seen: set[str] = set()
        for node in (x for box in channel.all(name) for x in box.all(inner)):
            value = node.text.strip().lstrip("0") or "0"
            value = "0" if value == "24" else value
            if value in seen:
                faults.add("duplicate-element", f"{inner} {value} is there twice", node, _R)
            seen.add(value)


def _image(channel: Node, faults: Faults) -> None:
    image = channel.first("image")
    if image is None:
        return
    for name in ("title", "link"):
        own, of_channel = image.first(name), channel.first(name)
        if (
            own is not None
            and of_channel is not None
            and own.text.strip() != of_channel.text.strip()
        ):
            faults.add("image-differs", f"{name} of the image is another", own)
    for name, most in (("width", 144), ("height", 400)):
        node = image.first(name)
        if node is not None and node.text.strip().isdigit() and int(node.text.strip()[:9]) > most:
            faults.add("invalid-value", f"{name} of the image is above {most}", node, _R)
    url = image.first("url")
    if url is not None and re.search(
        r"\.(?:ico|svg|bmp|webp|tiff?)$", url.text.strip(), re.IGNORECASE
    ):
        faults.add("image-format", f"the image is {shortened(url.text.strip())}", url)


def _podcast(channel: Node, items: list[Node], faults: Faults) -> None:
    """What directories ask for, where a channel speaks to them."""
    if not any(x.name.startswith("itunes:") for x in channel.children):
        return
    for name in ("itunes:image", "itunes:category", "itunes:explicit"):
        if not channel.has(name):
            faults.add("missing-itunes", f"the channel has no {name}", channel)
    owner = channel.first("itunes:owner")
    if owner is not None and not owner.has("itunes:email"):
        faults.add("missing-itunes", "itunes:owner has no itunes:email", owner)
    for item in items:
        enclosure = item.first("enclosure")
        if enclosure is not None and re.search(
            r"\.(?:wma|asf|wmv|ogg|rm)$", enclosure.get("url"), re.IGNORECASE
        ):
            faults.add(
                "missing-itunes", f"no player has {shortened(enclosure.get('url'))}", enclosure
            )


# ── of an entry ──────────────────────────────────────────────────────────────


def _of_item(item: Node, faults: Faults) -> None:
    if not item.has("title") and not item.has("description"):
        faults.add("missing-title-or-description", "an item with neither", item)
    if not item.has("guid"):
        faults.add("missing-guid", "an item has no guid", item)
    _guid(item.first("guid"), faults)
    if len(item.all("enclosure")) > 1:
        faults.add(
            "duplicate-enclosure", "an item has more than one enclosure", item.all("enclosure")[1]
        )
    names = [x.name for x in item.children]
    if "content:encoded" in names and "description" in names:
        if names.index("content:encoded") < names.index("description"):
            faults.add("description-after-content", "description behind content:encoded", item)
    elif "content:encoded" in names:
        what = "content:encoded without description"
        faults.add("description-after-content", what, item)
    _texts(item, faults)
    _twice_told(item, faults)
    _persons(item, ("author",), faults)
    for node in item.all("atom:link"):
        atom.link(node, faults)


def _guid(guid: Node | None, faults: Faults) -> None:
    if guid is None:
        return
    if guid.get("isPermaLink", "true") == "true" and not _WEB.match(guid.text.strip()):
        faults.add("guid-not-address", f"guid {shortened(guid.text.strip())} is no address", guid)


def _unique(items: list[Node], faults: Faults) -> None:
    seen: set[str] = set()
    for item in items:
        guid = item.first("guid")
        value = guid.text.strip() if guid is not None else ""
        if value and value in seen and guid is not None:
            faults.add(
                "duplicate-id", f"{shortened(value)} is the guid of another item, too", guid, _R
            )
        seen.add(value)


def _texts(node: Node, faults: Faults) -> None:
    """Titles are plain, descriptions are HTML, links are whole."""
    for child in node.children:
        if child.name in ("title", "category", "copyright", "generator"):
            _plain(child, faults)
        elif child.name in ("description", "content:encoded"):
            if node.name == "channel" and child.name == "description":
                _plain(child, faults, "markup-in-plain-text")
            else:
                _html(child, faults)
        elif child.name in ("link", "comments"):
            _address(child, faults)
        elif child.name in ("image", "textInput"):
            _boxed(child, faults)
        elif child.name == "xhtml:body":
            markup.xhtml(child, "body", faults)


def _boxed(box: Node, faults: Faults) -> None:
    for node in box.children:
        if node.name == "link":
            _address(node, faults)
        elif node.name in ("title", "description"):
            _plain(node, faults)


def _plain(node: Node, faults: Faults, rule: str = "markup-in-title") -> None:
    if not node.text.strip() and node.name in ("title", "description"):
        faults.add("blank-value", f"{node.shown}: nothing is said", node)
    found = markup.looks_like_markup(node.text)
    if found:
        faults.add(rule, f"{node.shown} says {shortened(found)}", node)


def _html(node: Node, faults: Faults) -> None:
    if not node.text.strip():
        faults.add("blank-value", f"{node.shown}: nothing is said", node)
    markup.html(node.text, node.shown, node, faults)


def _address(node: Node, faults: Faults) -> None:
    text = node.text.strip()
    if not text:
        faults.add("blank-value", f"{node.shown}: nothing is said", node)
        return
    if node.name == "comments":
        return
    told(SHAPES["address"](text), node.shown, node, faults)
    if not text.isascii():
        faults.add("address-not-ascii", f"{shortened(text)} is an IRI", node)


def _twice_told(node: Node, faults: Faults) -> None:
    names = {x.name for x in node.children}
    for core, others in _SAME.items():
        for other in others:
            if core in names and other in names:
                what = f"{other} says what {core} says"
                faults.add("duplicate-meaning", what, node.first(other) or node)


def _persons(node: Node, names: tuple[str, ...], faults: Faults) -> None:
    for child in node.children:
        if child.name not in names:
            continue
        found = _PERSON.fullmatch(child.text.strip())
        if not found:
            what = f"{child.shown}: {shortened(child.text.strip())} begins with no address"
            faults.add("invalid-person", what, child)
        elif not found["name"]:
            faults.add("person-without-name", f"{child.shown}: only an address", child)
        if found and found["name"]:
            markup.plain(found["name"], child.shown, child, faults)
