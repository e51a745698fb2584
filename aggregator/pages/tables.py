"""What a table in a text is made of, and whether its cells fit together."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

Element = Any  # lxml's


def of_table(element: Element, table: Element) -> bool:
    """Whether it is a part of this table, and not of one in it."""
    return next(element.iterancestors("table"), None) is table


def row_groups(table: Element) -> Iterator[tuple[str, list[Element]]]:
    """Its head, bodies and foot, with their rows; no empty one."""
    for part in table:
        if part.tag in ("thead", "tbody", "tfoot"):
            rows = [x for x in part if x.tag == "tr" and cells(x)]
            if rows:
                yield part.tag, rows
        elif part.tag == "tr" and cells(part):
            yield "tbody", [part]


def cells(row: Element) -> list[Element]:
    return [x for x in row if x.tag in ("td", "th")]


def sound_spans(rows: list[Element]) -> bool:
    """Whether every cell has a place that no other has, in columns that each begin somewhere
    (HTML, "forming a table")."""
    taken: set[tuple[int, int]] = set()
    begun: set[int] = set()
    for y, row in enumerate(rows):
        x = 0
        for cell in cells(row):
            while (x, y) in taken:
                x += 1
            wide, high = (_span(cell, key) for key in ("colspan", "rowspan"))
            places = {(x + i, y + j) for i in range(wide) for j in range(high)}
            if places & taken or y + high > len(rows):
                return False
            taken |= places
            begun.add(x)
            x += wide
    return begun == {x for x, _ in taken}


def _span(cell: Element, key: str) -> int:
    given = cell.get(key) or "1"
    return int(given) if re.fullmatch(r"[1-9]\d?", given) else 1
