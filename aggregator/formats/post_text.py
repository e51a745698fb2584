"""The text of a post as HTML: Markdown, unless its name says that it is HTML."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from pathlib import PurePosixPath

from markdown_it import MarkdownIt
from markdown_it.token import Token

_MARKDOWN = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
HTML_SUFFIXES = {".html", ".htm"}

Quote = tuple[re.Pattern[str], re.Pattern[str]]


def _tag(name: str) -> Quote:
    return (
        re.compile(rf"(?<!`)<{name}(?![\w-])", re.IGNORECASE),
        re.compile(rf"</{name}(?![\w-])", re.IGNORECASE),
    )


# Where a link is quoted, or not there at all. A comment that is quoted itself opens none.
_INDENTED = re.compile(r"^(?: {4}| {0,3}\t)[ \t]*<?https?:", re.IGNORECASE | re.MULTILINE)
_QUOTES = (
    (re.compile(r"(?<!`)<!--"), re.compile(r"-->")),
    *map(_tag, ("pre", "textarea", "script", "style")),
)
_SPAN = re.compile(r"(?<!`)(`+)(?!`)(?:[^`\n]|(?!\1(?!`))`+)+\1(?!`)")


def html(text: str, path: str) -> str:
    return text if is_html(path) else str(_MARKDOWN.render(text)).strip()


def is_html(path: str) -> bool:
    return PurePosixPath(path).suffix.lower() in HTML_SUFFIXES


def without_quotes(text: str, path: str) -> str:
    """`text`, as long as before, with what is code or a comment crossed out, as far as links can
    stand there."""
    if not is_html(path) and ("```" in text or "~~~" in text or _INDENTED.search(text)):
        text = _without_code(text)
    return _without(text, _QUOTES)


def code_in(text: str, path: str) -> Callable[[int], bool]:
    """Whether a place in the text is code, or a comment."""
    crossed = text if is_html(path) else _without_code(text)
    crossed = _without(crossed, (*_QUOTES, _tag("code")))
    if not is_html(path):
        crossed = _SPAN.sub(lambda span: "x" * len(span[0]), crossed)
    return lambda place: crossed[place] != text[place]


def _without(text: str, quotes: Iterable[Quote]) -> str:
    for opening, closing in quotes if "<" in text else ():
        text = _crossed_out(text, opening, closing)
    return text


def _crossed_out(text: str, opening: re.Pattern[str], closing: re.Pattern[str]) -> str:
    pieces, end = [], 0
    while (start := opening.search(text, end)) and (stop := closing.search(text, start.end())):
        pieces += [text[end : start.start()], "x" * (stop.end() - start.start())]
        end = stop.end()
    return "".join([*pieces, text[end:]])


def _without_code(text: str) -> str:
    """Markdown, with the lines of its code crossed out."""
    lines = text.split("\n")
    blocks: list[Token] = []
    _MARKDOWN.block.parse(text, _MARKDOWN, {}, blocks)
    for block in blocks:
        if block.type in {"fence", "code_block"} and block.map:
            for number in range(block.map[0], min(block.map[1], len(lines))):
                lines[number] = "x" * len(lines[number])
    return "\n".join(lines)
