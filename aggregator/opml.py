"""Subscription lists: OPML 2.0 (opml.org/spec2.opml) to sources."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from lxml import etree

from aggregator.errors import ParseError


@dataclass(frozen=True, slots=True, kw_only=True)
class Outline:
    """A feed in a subscription list; its categories are the folders that it is in."""

    title: str
    url: str
    categories: tuple[str, ...] = ()


def parse(body: bytes) -> tuple[Outline, ...]:
    """The feeds in a list, each address once. ParseError when it is no OPML."""
    parser = etree.XMLParser(recover=True, resolve_entities=False, no_network=True, huge_tree=False)
    root = etree.fromstring(body, parser) if body.strip() else None
    if root is None or root.tag != "opml":
        raise ParseError("no OPML: it has no <opml> element")
    found: dict[str, Outline] = {}
    for outline in _outlines(root.iterfind("body/outline"), ()):
        found.setdefault(outline.url, outline)
    return tuple(found.values())


def _outlines(nodes: Iterator[etree._Element], folders: tuple[str, ...]) -> Iterator[Outline]:
    for node in nodes:
        title = node.get("title") or node.get("text") or ""
        url = (node.get("xmlUrl") or node.get("xmlurl") or "").strip()
        if url:
            named = [c.strip().strip("/") for c in (node.get("category") or "").split(",")]
            categories = dict.fromkeys((*folders, *(c for c in named if c)))
            yield Outline(title=title or url, url=url, categories=tuple(categories))
        else:
            yield from _outlines(node.iterfind("outline"), (*folders, title) if title else folders)
