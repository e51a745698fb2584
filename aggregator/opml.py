"""Subscription lists: OPML 2.0 (opml.org/spec2.opml) to outlines, and back."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from html.entities import html5

from lxml import etree

from aggregator import syntax
from aggregator.errors import ParseError
from aggregator.moments import rfc_822
from aggregator.text import line

MEDIA_TYPE = "text/x-opml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outline:
    """A feed in a subscription list; its categories are the folders that it is in."""

    title: str
    url: str
    categories: tuple[str, ...] = ()
    times: int = 1  # that its address is in the list
    includes: bool = False  # what is there is another list
    # Written, and not read:
    site: str | None = None
    description: str | None = None
    language: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscriptions:
    """What a list names, feeds and other lists; `broken` says why it may not be all."""

    outlines: tuple[Outline, ...]
    broken: str | None = None


# ── written ──────────────────────────────────────────────────────────────────


def render(
    outlines: Iterable[Outline],
    *,
    title: str,
    owner: str | None = None,
    updated: datetime | None = None,
    folders: bool = False,
) -> bytes:
    """A list of feeds, in the order given; with `folders`, each in one a category. `updated` is
    when the list last changed: nothing in it comes from the clock."""
    root = etree.Element("opml", version="2.0")
    head, body = etree.SubElement(root, "head"), etree.SubElement(root, "body")
    said = {"title": title, "dateModified": updated and rfc_822(updated), "ownerName": owner}
    for name, text in said.items():
        if text := line(text or ""):
            etree.SubElement(head, name).text = text
    found: dict[str, etree._Element] = {}
    for outline in outlines:
        names = [line(name) for name in outline.categories if line(name)] if folders else []
        for name in dict.fromkeys(names) or ("",):
            if name and name not in found:
                found[name] = etree.SubElement(body, "outline", text=name, title=name)
            _write(found.get(name, body), outline)
    return etree.tostring(root, pretty_print=True, encoding="UTF-8", xml_declaration=True)


def _write(parent: etree._Element, outline: Outline) -> None:
    """Nothing, where it has no address; of its categories, those that a list of them can hold."""
    address = syntax.iri(outline.url)
    if not address:
        return
    title = line(outline.title) or address
    names = (line(name) for name in outline.categories)
    said = {
        "type": "include" if outline.includes else "rss",
        "text": title,
        "title": title,
        "url" if outline.includes else "xmlUrl": address,
        "htmlUrl": syntax.iri(outline.site),
        "description": line(outline.description or ""),
        "language": syntax.language(outline.language),
        "category": ",".join(f"/{name}" for name in names if name and "," not in name),
    }
    etree.SubElement(parent, "outline", {name: text for name, text in said.items() if text})


# ── read ─────────────────────────────────────────────────────────────────────

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
