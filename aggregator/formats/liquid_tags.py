"""Jekyll's own tags: include, link, post_url, highlight, gist.

What one of them cannot find is told, and nothing stands in its place.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import partial
from html import escape
from typing import TextIO

from liquid.ast import BlockNode, Node
from liquid.builtin.expressions import FilteredExpression, tokenize
from liquid.context import RenderContext
from liquid.exceptions import LiquidSyntaxError, ResourceLimitError
from liquid.parser import get_parser
from liquid.stream import TokenStream
from liquid.stringify import to_liquid_string
from liquid.tag import Tag
from liquid.template import BoundTemplate
from liquid.token import TOKEN_EXPRESSION, TOKEN_TAG, Token

from aggregator.formats.liquid_marks import NOWHERE, code_block

_MOST_INCLUDES = 100
_DEEPEST = 10
_FILE = re.compile(r"(?:\{\{.*?\}\}|[^\s{}|])+")
_OUTPUT = re.compile(r"\{\{(.*?)\}\}")
_SET = re.compile(r"""([\w-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'|([\w.-]+))""")
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_GIST = re.compile(r"[\w./-]+")


@dataclass
class Run:
    """One post whose Liquid is run."""

    included: Callable[[str, str], BoundTemplate | None]  # by tag and name; None: no such file
    address: Callable[[str, str], str | None]  # likewise
    problems: list[tuple[int, str]] = field(default_factory=list)  # at a place of the text
    includes: int = 0
    depth: int = 0
    place: int = 0  # of the tag of the post itself that is being run

    def tell(self, token: Token, what: str) -> None:
        self.problems.append((self.place if self.depth else token.start_index, what))


RUN: ContextVar[Run | None] = ContextVar("RUN", default=None)


def _running() -> Run:
    run = RUN.get()
    assert run
    return run


class _Words(Node):
    """A tag with words behind its name."""

    __slots__ = ("words",)

    def __init__(self, token: Token, words: str) -> None:
        super().__init__(token)
        self.words = words
        self.blank = False


class _WordsTag(Tag):
    block = False
    node: Callable[[Token, str], Node]

    def parse(self, stream: TokenStream) -> Node:
        return type(self).node(*_head(stream))


def _head(stream: TokenStream) -> tuple[Token, str]:
    """The tag and what stands behind its name; the stream is at the last token of both."""
    token = stream.expect(TOKEN_TAG)
    if stream.peek.kind != TOKEN_EXPRESSION:
        return token, ""
    next(stream)
    return token, stream.current.value


# ── include ──────────────────────────────────────────────────────────────────


class _Include(_Words):
    def render_to_output(self, context: RenderContext, buffer: TextIO) -> int:
        run = _running()
        run.includes += 1
        if run.includes > _MOST_INCLUDES or run.depth == _DEEPEST:
            raise ResourceLimitError("too many includes", token=self.token)
        match = _FILE.match(self.words)
        name = _OUTPUT.sub(partial(self._evaluated, context), match[0]) if match else ""
        template = run.included(self.token.value, name) if name else None
        if template is None or not match:
            run.tell(self.token, f"{{% {self.token.value} {self.words[:60]} %}}: no such file")
            return 0
        given = {"include": dict(_given(self.words[match.end() :], context))}
        if not run.depth:
            run.place = self.token.start_index
        run.depth += 1
        try:
            with context.extend(given, template=template):
                template.render_with_context(context, buffer, partial=True)
        finally:
            run.depth -= 1
        return 1

    def _evaluated(self, context: RenderContext, output: re.Match[str]) -> str:
        tokens = TokenStream(tokenize(output[1].strip(), self.token))
        return to_liquid_string(
            FilteredExpression.parse(context.env, tokens).evaluate(context), False
        )


def _given(words: str, context: RenderContext) -> Iterable[tuple[str, object]]:
    for name, double, single, word in _SET.findall(words):
        if word:
            yield name, _value(word, context)
        else:
            yield name, _ESCAPED.sub(r"\1", double or single)


def _value(word: str, context: RenderContext) -> object:
    constants = {"true": True, "false": False, "nil": None}
    if word in constants:
        return constants[word]
    if re.fullmatch(r"-?\d{1,18}", word):
        return int(word)
    path: list[object] = [*word.split(".")]
    return context.get(path, token=None)


class IncludeTag(_WordsTag):
    name = "include"
    node = _Include


class IncludeCachedTag(IncludeTag):
    name = "include_cached"


class IncludeRelativeTag(IncludeTag):
    name = "include_relative"


# ── link, post_url ───────────────────────────────────────────────────────────


class _Address(_Words):
    def render_to_output(self, context: RenderContext, buffer: TextIO) -> int:
        run = _running()
        address = run.address(self.token.value, self.words)
        if address is None:
            run.tell(self.token, f"{{% {self.token.value} {self.words[:60]} %}}: not found")
        return buffer.write(address or NOWHERE)


class LinkTag(_WordsTag):
    name = "link"
    node = _Address


class PostUrlTag(LinkTag):
    name = "post_url"


# ── what is shown ────────────────────────────────────────────────────────────


class _Gist(_Words):
    def render_to_output(self, context: RenderContext, buffer: TextIO) -> int:
        match = _GIST.match(self.words.strip("\"'"))
        address = f"https://gist.github.com/{match[0] if match else ''}"
        return buffer.write(f'<a href="{escape(address)}">{escape(address)}</a>')


class GistTag(_WordsTag):
    name = "gist"
    node = _Gist


class _Highlight(Node):
    __slots__ = ("block", "language")

    def __init__(self, token: Token, language: str, block: BlockNode) -> None:
        super().__init__(token)
        self.language = language
        self.block = block
        self.blank = False

    def render_to_output(self, context: RenderContext, buffer: TextIO) -> int:
        inside = context.get_buffer(buffer)
        self.block.render(context, inside)
        return buffer.write(code_block(self.language, inside.getvalue()))


class HighlightTag(Tag):
    name = "highlight"
    end = "endhighlight"

    def parse(self, stream: TokenStream) -> Node:
        token, words = _head(stream)
        next(stream)
        block = get_parser(self.env).parse_block(stream, (self.end,))
        stream.expect(TOKEN_TAG, value=self.end)
        if not words:
            raise LiquidSyntaxError("highlight without a language", token=token)
        return _Highlight(token, words.split()[0], block)


TAGS: tuple[type[Tag], ...] = (
    IncludeTag,
    IncludeCachedTag,
    IncludeRelativeTag,
    LinkTag,
    PostUrlTag,
    GistTag,
    HighlightTag,
)
