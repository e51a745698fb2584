"""Bytes of a page to a tree of elements, within bounds: for all that reads pages.

libxml2 and not an HTML5 parser: those repeat what is left open in each paragraph that follows, and
80 kB become a gigabyte.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import islice
from typing import Any
from urllib.parse import urljoin

from lxml import etree, html

from aggregator.errors import ParseError
from aggregator.formats import charsets
from aggregator.model import Response
from aggregator.text import ILLEGAL

Element = Any  # lxml's

_DEEPEST = 200  # what is deeper stands in its ancestor
_MOST_ATTRIBUTES = 100  # of one element; for each of them libxml2 looks at all before it
_MOST_ELEMENTS = 100_000
_DECLARED = (
    re.compile(rb"<\?xml[^>]{0,200}?\sencoding\s*=\s*[\"']([\w.:-]+)"),
    re.compile(rb"<meta[^>]{1,400}?charset\s*=\s*[\"']?\s*([\w.:-]+)", re.IGNORECASE),
)
_NAME = re.compile(r"""[^&<>/"'\s]+""")
_HEAD = 8192  # bytes; by the standard it stands in the first 1024


def tree(response: Response) -> tuple[Element, tuple[str, ...]]:
    """The root of the page, and what was odd about its bytes. ParseError when it is no page.

    Browsers put the rows of a table into a tbody, and selectors are made in browsers: so here.
    """
    declared = [x[1].decode() for shape in _DECLARED if (x := shape.search(response.body[:_HEAD]))]
    stated = charsets.stated(response.headers.get("content-type", ""))
    found = charsets.decode(response.body, stated, *declared)
    text = ILLEGAL.sub("", found.text)
    builder = _Builder()
    parser = html.HTMLParser(encoding="utf-8", huge_tree=True, target=builder)
    root = etree.fromstring(text.encode(), parser) if text.strip() else None
    if builder.count > _MOST_ELEMENTS:
        raise ParseError(f"more than {_MOST_ELEMENTS:,} elements: too large for a page")
    if root is None:
        raise ParseError("no page: there is nothing in it")
    for table in root.iter("table"):
        _add_bodies(table)
    return root, found.problems


def base_of(root: Element, url: str) -> str:
    """What references in the page from `url` are relative to."""
    return absolute(next(iter(root.xpath("//base/@href")), ""), url) or url


def absolute(reference: str, base: str) -> str | None:
    """The http(s) address that `reference` is in a page, or None."""
    try:
        found = urljoin(base, reference.strip())
    except ValueError:
        return None
    return found if re.match("https?://", found, re.IGNORECASE) else None


def inner(element: Element) -> str:
    """What is in it, as HTML."""
    parts = (etree.tostring(x, encoding="unicode", method="html") for x in element)
    return escaped(element.text or "") + "".join(parts)


def outer(element: Element) -> str:
    return str(etree.tostring(element, encoding="unicode", method="html", with_tail=False))


def escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _add_bodies(table: Element) -> None:
    """HTML §13.2.6.4.9: a row outside of any gets a tbody."""
    body = None
    for child in list(table):
        if child.tag != "tr":
            body = None
            continue
        if body is None:
            body = table.makeelement("tbody")
            child.addprevious(body)
        body.append(child)


class _Builder:
    """Takes what libxml2 reads; what would be without bounds is left out on the way."""

    def __init__(self) -> None:
        self._tree = etree.TreeBuilder(element_factory=_element)
        self._depth = 0
        self.count = 0

    def start(self, tag: Any, attributes: Mapping[Any, Any]) -> None:
        self._depth += 1
        self.count += 1
        if self._depth <= _DEEPEST and self.count <= _MOST_ELEMENTS:
            self._tree.start(_name(tag), _kept(attributes))

    def end(self, tag: Any) -> None:
        if self._depth <= _DEEPEST and self.count <= _MOST_ELEMENTS:
            self._tree.end(_name(tag))
        self._depth -= 1

    def data(self, data: Any) -> None:
        if self.count <= _MOST_ELEMENTS:
            self._tree.data(ILLEGAL.sub("", data))

    def comment(self, text: Any) -> None:
        """Nobody is to read it."""

    def pi(self, target: Any, data: Any = None) -> None:
        """In HTML a comment."""

    def close(self) -> Element:
        """None where there is nothing, or too much of it."""
        return self._tree.close() if 0 < self.count <= _MOST_ELEMENTS else None


def _name(tag: str) -> str:
    """`<p<span>`: all of it is a name to libxml2 and to browsers, and lxml refuses it."""
    found = _NAME.match(tag)
    return found[0] if found else "span"


def _kept(attributes: Mapping[str, str]) -> dict[Any, Any]:
    """`{{x}}`, of a template that was not run, is no name to lxml; and `&#1;` no text."""
    some = islice(attributes.items(), _MOST_ATTRIBUTES)
    return {name: ILLEGAL.sub("", value) for name, value in some if not name.startswith("{")}


def _element(tag: Any, attributes: Mapping[Any, Any]) -> Element:
    return html.html_parser.makeelement(tag, attributes)
