"""OPML 1.0 and 2.0: subscription lists."""

from __future__ import annotations

import re

from aggregator.lint.fault import Faults
from aggregator.lint.grammar import Grammar, conform, element, told
from aggregator.lint.shapes import SHAPES, shortened
from aggregator.lint.tree import Node

_O = "OPML 2.0"
_HEAD = (
    "title? dateCreated? dateModified? ownerName? ownerEmail? ownerId? docs? expansionState?"
    " vertScrollState? windowTop? windowLeft? windowBottom? windowRight?"
)
_COUNTS = re.compile(r"\s*(?:\d+(?:\s*,\s*\d+)*)?\s*", re.ASCII)
GRAMMAR: Grammar = {
    "opml": element("head! body!", attributes="version!", reference=_O),
    "head": element(_HEAD, reference=_O),
    "body": element("outline+", reference=_O),
    "title": element(value="text", reference=_O),
    "dateCreated": element(value="rss-date", reference=_O),
    "dateModified": element(value="rss-date", reference=_O),
    "ownerName": element(value="text", reference=_O),
    "ownerEmail": element(value="text", reference=_O),
    "ownerId": element(value="address", reference=_O),
    "docs": element(value="address", reference=_O),
    "expansionState": element(value="text", reference=_O),
    **{
        name: element(value="integer", reference=_O)
        for name in ("vertScrollState", "windowTop", "windowLeft", "windowBottom", "windowRight")
    },
}


def check(root: Node, faults: Faults) -> None:
    conform(root, GRAMMAR, faults)
    version = root.attributes.get("version", "2.0")
    if version not in ("1.0", "1.1", "2.0"):
        faults.add("invalid-opml-version", f"version is {shortened(version)}", root)
    for node in root.below():
        if node.name == "expansionState" and not _COUNTS.fullmatch(node.text):
            what = f"expansionState: {shortened(node.text)} is no list of numbers"
            faults.add("invalid-value", what, node, _O)
    seen: dict[str, set[str]] = {}
    for body in root.all("body"):
        for node in body.below():
            if node.name == "outline":
                _outline(node, seen, faults)


def _outline(node: Node, seen: dict[str, set[str]], faults: Faults) -> None:
    for child in node.children:
        if child.name != "outline" and ":" not in child.name and child.name[0] != "{":
            faults.add("unknown-element", f"{child.shown} has no place in outline", child, _O)
    if not node.get("text").strip():
        faults.add("missing-outline-text", "an outline has no text", node)
    kind = node.get("type").lower()
    if kind in ("rss", "atom") and not node.get("xmlUrl"):
        faults.add("missing-feed-address", "a subscription has no xmlUrl", node)
    if kind in ("link", "include") and not node.get("url"):
        faults.add("missing-include-address", f"an outline of type {kind} has no url", node)
    for name, shape in _ATTRIBUTES.items():
        if node.get(name):
            told(SHAPES[shape](node.get(name)), name, node, faults, _O)
    address, folder = node.get("xmlUrl"), node.parent.get("text") if node.parent else ""
    if address and folder in seen.setdefault(address, set()):
        faults.add("duplicate-subscription", f"{shortened(address)} is there twice", node)
    seen.setdefault(address, set()).add(folder)


_ATTRIBUTES = {
    "xmlUrl": "address",
    "htmlUrl": "address",
    "url": "address",
    "created": "rss-date",
    "isComment": "boolean",
    "isBreakpoint": "boolean",
    "language": "rss-language",
}
