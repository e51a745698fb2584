"""The text of a post as HTML: Markdown, unless its name says that it is HTML."""

from __future__ import annotations

from pathlib import PurePosixPath

from markdown_it import MarkdownIt
from markdown_it.token import Token

_MARKDOWN = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
HTML_SUFFIXES = {".html", ".htm"}


def html(text: str, path: str) -> str:
    return text if is_html(path) else str(_MARKDOWN.render(text)).strip()


def is_html(path: str) -> bool:
    return PurePosixPath(path).suffix.lower() in HTML_SUFFIXES


def without_code(text: str) -> str:
    """Markdown, with the lines of its code crossed out."""
    lines = text.split("\n")
    blocks: list[Token] = []
    _MARKDOWN.block.parse(text, _MARKDOWN, {}, blocks)
    for block in blocks:
        if block.type in {"fence", "code_block"} and block.map:
            for number in range(block.map[0], min(block.map[1], len(lines))):
                lines[number] = "x" * len(lines[number])
    return "\n".join(lines)
