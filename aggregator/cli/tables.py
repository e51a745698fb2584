"""Rows and columns: whole and in one line each where a program reads them, as wide as the terminal
where people do. What does not fit is folded, and no column is ever left out."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator, Sequence

import click

_GAP = 2
_ENDLESS = 1_000_000_000  # cells: where a program reads
_LEAST = 16  # cells: a column that would be narrower is not worth reading


def show(names: Sequence[str], rows: Sequence[Sequence[str]], *, wide: Sequence[str]) -> None:
    """Print `rows` under `names`; the columns in `wide` may be folded."""
    most = width()
    if most is not None:
        rows = [[_short(cell) for cell in row] for row in rows]
    for line in lines(names, rows, wide=wide, width=most):
        click.echo(line)


def lines(
    names: Sequence[str], rows: Sequence[Sequence[str]], *, wide: Sequence[str], width: int | None
) -> Iterator[str]:
    """The table in lines of at most `width` cells; None means as many as it takes."""
    table = [list(names), *([_clean(cell) for cell in row] for row in rows)]
    widths = [max(map(cells, column)) for column in zip(*table, strict=True)]
    if width is not None and _total(widths) > width:
        folded = _narrowed(widths, [name in wide for name in names], width)
        if folded is None:
            yield from _records(table, width)
            return
        widths = folded
    for row in table:
        yield from _row(row, widths)


def beside(columns: Sequence[str], widths: Sequence[int], width: int | None) -> Iterator[str]:
    """Texts of these widths side by side, and one more in as many lines of what is left as it
    takes. An address is left to the terminal, which knows it as one."""
    if columns[-1].isascii() and " " not in columns[-1]:
        width = None
    left = max((width or _ENDLESS) - sum(widths) - _GAP * len(widths), _LEAST)
    yield from _row([_indent(text) + _clean(text) for text in columns], [*widths, left])


def folded(text: str, width: int | None) -> Iterator[str]:
    """A text in as many lines as it takes, and nothing in it that a terminal would obey."""
    yield from fold(_clean(text), width or _ENDLESS)


def width() -> int | None:
    """Of the terminal; None where a program reads."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else None


def _total(widths: Sequence[int]) -> int:
    return sum(widths) + _GAP * (len(widths) - 1)


def _narrowed(widths: Sequence[int], wide: Sequence[bool], width: int) -> list[int] | None:
    """The widest of the wide columns give up what is missing; None where that is not enough."""
    narrow = list(widths)
    while _total(narrow) > width:
        most = max((w for w, may in zip(narrow, wide, strict=True) if may), default=0)
        if most <= _LEAST:
            return None
        narrow[next(i for i, w in enumerate(narrow) if wide[i] and w == most)] -= 1
    return narrow


def _row(row: Sequence[str], widths: Sequence[int]) -> Iterator[str]:
    columns = [list(fold(cell, width)) for cell, width in zip(row, widths, strict=True)]
    for number in range(max(map(len, columns))):
        parts = [column[number] if number < len(column) else "" for column in columns]
        padded = (x + " " * (w - cells(x)) for x, w in zip(parts[:-1], widths, strict=False))
        yield (" " * _GAP).join([*padded, parts[-1]]).rstrip()


def _records(table: Sequence[Sequence[str]], width: int) -> Iterator[str]:
    """One below the other, where there is no room for columns."""
    names, *rows = table
    first = max(map(cells, names)) + _GAP
    for number, row in enumerate(rows):
        if number:
            yield ""
        for name, cell in zip(names, row, strict=True):
            yield from _row([name, cell], [first - _GAP, max(width - first, 2)])


# ── cells ────────────────────────────────────────────────────────────────────


def cells(text: str) -> int:
    """How wide a terminal shows it: 中 takes two."""
    from rich.cells import cell_len

    return len(text) if text.isascii() else cell_len(text)


def fold(text: str, width: int) -> Iterator[str]:
    """`text` in lines of at most `width` cells, two at least, cut at spaces where there are any."""
    while cells(text) > width:
        end, used = 0, 0
        while used + cells(text[end]) <= width or end == 0:
            used += cells(text[end])
            end += 1
        space = text.rfind(" ", 0, end + 1)
        cut = space if space > end // 2 else end
        yield text[:cut].rstrip()
        text = text[cut:].lstrip()
    yield text


def _clean(text: str) -> str:
    """On one line, and nothing that a terminal would obey."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def _indent(text: str) -> str:
    return text[: len(text) - len(text.lstrip(" "))]


def _short(text: str) -> str:
    """A moment as people read it: 2026-11-23 10:00."""
    if len(text) == 20 and text[10] + text[19] == "TZ" and text[:4].isdigit():
        return f"{text[:10]} {text[11:16]}"
    return text
