"""MathML in pages: what stands for a formula, each part with as many parts in it as it needs."""

from __future__ import annotations

from html import escape
from typing import Any

Element = Any  # lxml's

_ROWS = {"math", "mrow", "mpadded", "mphantom", "mstyle", "msqrt", "mtd"}  # any number of parts
_WORDS = {"mi", "mn", "mo", "mtext"}
_COUNTS = {
    "mfrac": 2,
    "mover": 2,
    "mroot": 2,
    "msub": 2,
    "msubsup": 3,
    "msup": 2,
    "munder": 2,
    "munderover": 3,
}
_DEEPEST = 50


def written(element: Element) -> str:
    """`element`, a `math`, as HTML; its words where it is no formula that one can show."""
    block = ' display="block"' if element.get("display") == "block" else ""
    return f"<math{block}>{_inside(element, 0)}</math>"


def _inside(element: Element, depth: int) -> str:
    parts = [_word(element.text)]
    for child in element:
        if isinstance(child.tag, str):
            parts.append(_part(child, depth + 1))
        parts.append(_word(child.tail))
    return "".join(parts)


def _part(element: Element, depth: int) -> str:
    name = element.tag
    if name in _WORDS or depth > _DEEPEST or not _known(name):
        name = name if name in _WORDS else "mtext"
        return f"<{name}>{escape(element.text_content().strip(), quote=False)}</{name}>"
    if name == "mspace":
        return "<mspace></mspace>"
    if name == "mtable":
        return _table(element, depth)
    parts = [x for x in element if isinstance(x.tag, str)]
    if name in _COUNTS and len(parts) == _COUNTS[name]:
        return f"<{name}>{''.join(_part(x, depth + 1) for x in parts)}</{name}>"
    name = name if name in _ROWS - {"math", "mtd"} else "mrow"
    return f"<{name}>{_inside(element, depth)}</{name}>"


def _table(element: Element, depth: int) -> str:
    rows = []
    for row in element.iterchildren("mtr"):
        cells = (f"<mtd>{_inside(x, depth + 2)}</mtd>" for x in row.iterchildren("mtd"))
        rows.append(f"<mtr>{''.join(cells)}</mtr>")
    return f"<mtable>{''.join(rows)}</mtable>"


def _known(name: str) -> bool:
    return name in _ROWS or name in _COUNTS or name in ("mspace", "mtable", "mtr")


def _word(text: str | None) -> str:
    words = (text or "").strip()
    return f"<mtext>{escape(words, quote=False)}</mtext>" if words else ""
