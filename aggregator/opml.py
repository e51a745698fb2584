"""Subscription lists: OPML 2.0 (opml.org/spec2.opml) to sources."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from html.entities import html5

from lxml import etree

from aggregator.errors import ParseError
from aggregator.text import line


@dataclass(frozen=True, slots=True, kw_only=True)
class Outline:
    """A feed in a subscription list; its categories are the folders that it is in."""

    title: str
    url: str
    categories: tuple[str, ...] = ()
    times: int = 1  # that its address is in the list
    includes: bool = False  # what is there is another list


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscriptions:
    """What a list names, feeds and other lists; `broken` says why it may not be all."""

    outlines: tuple[Outline, ...]
    broken: str | None = None


# What hand-made lists get wrong, and recovery would drop: the bare ampersand of an address, and
# what has a name in HTML only.
_BARE = re.compile(
    rb"&(?!(?:amp|lt|gt|quot|apos|#[0-9]+|#x[0-9A-Fa-f]+);)(?:([A-Za-z][A-Za-z0-9]*);)?"
)
_FEED = re.compile(r"(?i)^feed:(?://)?(https?:)?(?://)?")  # what browsers once called a feed


def parse(body: bytes) -> tuple[Outline, ...]:
    """The feeds in a list, each address once, in all its folders; ParseError if it is no OPML."""
    return tuple(x for x in read(body).outlines if not x.includes)


def read(body: bytes) -> Subscriptions:
    """All that a list names, each address once, in all its folders; ParseError if it is no OPML."""
    root, broken = _root(body)
    if root is None or root.tag != "opml":
        raise ParseError("no OPML: it has no <opml> element")
    found: dict[str, Outline] = {}
    for outline in _outlines(root.iterfind("body/outline"), ()):
        before = found.get(outline.url, replace(outline, times=0))
        both = dict.fromkeys((*before.categories, *outline.categories))
        found[outline.url] = replace(before, categories=tuple(both), times=before.times + 1)
    return Subscriptions(outlines=tuple(found.values()), broken=broken)


def _root(body: bytes) -> tuple[etree._Element | None, str | None]:
    """Of as much as can be read, with the first fault in it."""
    if b"\0" not in body:  # not in UTF-16
        body = _BARE.sub(_meant, body.lstrip())
    parser = etree.XMLParser(recover=True, resolve_entities=False, no_network=True, huge_tree=False)
    try:
        root = etree.fromstring(body, parser)
    except etree.XMLSyntaxError:
        return None, None
    faults = [x for x in parser.error_log if x.level >= etree.ErrorLevels.ERROR]
    return root, f"line {faults[0].line}: {line(faults[0].message)}" if faults else None


def _meant(found: re.Match[bytes]) -> bytes:
    letters = html5.get(f"{found[1].decode()};") if found[1] else None
    if letters is None:
        return b"&amp;" + found[0][1:]
    return "".join(f"&#{ord(x)};" for x in letters).encode()


def _web(found: re.Match[str]) -> str:
    return f"{(found[1] or 'http:').lower()}//"


def _outlines(nodes: Iterator[etree._Element], folders: tuple[str, ...]) -> Iterator[Outline]:
    for node in nodes:
        said = {str(name).lower(): line(str(text)) for name, text in node.items()}
        title = said.get("title") or said.get("text") or ""
        if said.get("iscomment", "").lower() == "true":  # with all that is below it
            continue
        url = _FEED.sub(_web, said.get("xmlurl", ""))
        includes = not url and said.get("type", "").lower() == "include"
        url = said.get("url", "") if includes else url
        inner = (*folders, title) if title and not url else folders
        if url:
            named = [c.strip().strip("/") for c in said.get("category", "").split(",")]
            categories = dict.fromkeys((*folders, *(c for c in named if c)))
            yield Outline(
                title=title or url, url=url, categories=tuple(categories), includes=includes
            )
        yield from _outlines(node.iterfind("outline"), inner)
