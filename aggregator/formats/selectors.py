"""CSS selectors over a tree of `htmltree`, in time that grows with the page and not with its
square.

cssselect reads a selector, and XPath finds what each compound in it (`h2.title`) matches. What a
combinator joins is found here: asked for `div p`, libxml2 meets each p once for each div around it.
"""

from __future__ import annotations

from collections.abc import Set
from functools import lru_cache
from typing import Any

import cssselect
from cssselect.parser import CombinedSelector, Negation, Pseudo, Tree
from lxml import etree, html

from aggregator.formats.htmltree import Element

_MOST_SIBLINGS = 1000  # a place among them (:nth-child) is found by counting


class SelectorError(ValueError):
    """What is wrong with a selector."""


def checked(selector: str) -> None:
    """SelectorError when it is none that can be matched."""
    try:
        Page(html.fromstring("<p>x</p>")).matching(selector)
    except (cssselect.SelectorError, etree.XPathError) as error:
        raise SelectorError(str(error).partition(", got <")[0].lower()) from error


class Page:
    """A tree to be asked more than once; `scope` is what `:scope` means."""

    def __init__(self, root: Element) -> None:
        self.root = root
        self.cut = _cut(root)
        self.elements = list(root.iter())  # in the order of the document, and kept alive
        self.scope: Set[Element] = {root}

    def matching(self, selector: str) -> list[Element]:
        """What a valid selector matches, in the order of the document."""
        found: set[Element] = set()
        for tree in _parsed(selector):
            found |= self._matching(tree)
        return [x for x in self.elements if x in found]

    def _matching(self, tree: Tree) -> Set[Element]:
        if isinstance(tree, CombinedSelector):
            left, right = self._matching(tree.selector), self._matching(tree.subselector)
            return self._joined(left, tree.combinator, right)
        if isinstance(tree, Negation):
            return self._matching(tree.selector) - self._matching(tree.subselector)
        if isinstance(tree, Pseudo) and tree.ident == "scope":
            return self._matching(tree.selector) & self.scope
        matched: Any = _xpath(tree)(self.root)
        return set(matched)

    def _joined(self, left: Set[Element], by: str, right: Set[Element]) -> Set[Element]:
        if by == ">":
            return {x for x in right if x.getparent() in left}
        if by == "+":
            return {x for x in right if x.getprevious() in left}
        below: set[Element] = set()  # or, for ~, behind
        for x in self.elements:
            before = x.getparent() if by == " " else x.getprevious()
            if before is not None and (before in left or before in below):
                below.add(x)
        return right & below


def _cut(root: Element) -> int:
    """How many elements stood beside too many others, and were left out."""
    count = 0
    for parent in list(root.iter()):
        for child in parent[_MOST_SIBLINGS:]:
            parent.remove(child)
            count += 1
    return count


@lru_cache(maxsize=1024)
def _parsed(selector: str) -> tuple[Tree, ...]:
    found = cssselect.parse(selector)
    if any(x.pseudo_element for x in found):
        raise cssselect.ExpressionError("no ::pseudo-element is in a page's source")
    return tuple(x.parsed_tree for x in found)


@lru_cache(maxsize=1024)
def _xpath(compound: Tree) -> etree.XPath:
    return etree.XPath(f"descendant-or-self::{cssselect.HTMLTranslator().xpath(compound)}")
