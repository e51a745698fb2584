"""YAML 1.2 as people write it, to plain values, and where each of them stands in the text.

Every scalar stays the text that was written (`no`, `012`, `1:30`), null apart: what a text means
is decided by the key that it is for. Nothing is raised; what is wrong comes back as faults.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import yaml

Path = tuple[str | int, ...]

_DEPTH = 50  # of nesting; a config needs six
_EXPANSION = 50_000  # nodes that aliases may add: enough for anyone, and no bomb
_BREAK = re.compile("\r\n|[\n\r\x85\u2028\u2029]")  # what begins a line to YAML
_NULLS = frozenset(("", "~", "null", "Null", "NULL"))
_TAGS = re.compile(r"!|tag:yaml\.org,2002:(str|map|seq|null|bool|int|float)")


class At(NamedTuple):
    """Where something stands; both count from 1, columns in characters."""

    line: int = 1
    column: int = 1


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    at: At
    path: Path
    message: str


@dataclass(frozen=True, slots=True)
class Scalar:
    at: At
    text: str
    style: str = ""  # "" plain, or the quote or block sign that opens it
    raw: str = ""  # as written, from `at` on
    null: bool = False

    def inside(self, offset: int) -> At:
        """Where a character of its text stands; the start of it all where escapes hide that.

        Folding moves white space alone, so the other characters are counted."""
        if self.style == '"' and "\\" in self.raw:
            return self.at
        before = sum(not c.isspace() for c in self.text[:offset])
        line, column = self.at
        found = self.at
        for c, counts in self._written():
            if counts and not c.isspace():
                if not before:
                    return At(line, column)
                before -= 1
                found = At(line, column + 1)
            line, column = (line + 1, 1) if c == "\n" else (line, column + 1)
        return found

    def _written(self) -> Iterator[tuple[str, bool]]:
        """Each character as written, and whether it is one of the text."""
        begin = self.raw.find("\n") + 1 if self.style in ("|", ">") else len(self.style)
        doubled = False
        for place, c in enumerate(self.raw):
            quotes = self.style == "'" == c == self.raw[place - 1]
            doubled = quotes and place > begin and not doubled
            yield c, place >= begin and not doubled


@dataclass(frozen=True, slots=True)
class Items:
    at: At
    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Keys:
    at: At
    pairs: dict[str, tuple[At, Node]]  # with where the key stands


Node = Scalar | Items | Keys


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    value: Any = None  # dict, list, str or None
    root: Node | None = None  # None if the text is no YAML, or empty
    faults: tuple[Fault, ...] = ()

    def find(self, path: Path) -> tuple[At, Node | None]:
        """Where the key of `path` stands, and its value; as far down as there is something."""
        at, node = At(), self.root
        for part in path:
            if isinstance(node, Keys) and part in node.pairs:
                at, node = node.pairs[str(part)]
            elif isinstance(node, Items) and isinstance(part, int) and part < len(node.items):
                node = node.items[part]
                at = node.at
            else:
                break
        return at, node

    def place(self, path: Path) -> At:
        """Where the value stands."""
        at, node = self.find(path)
        return node.at if node else at


def read(text: str) -> Document:
    text = text.removeprefix("\ufeff")
    try:
        builder = _Builder(_events(text), _BREAK.split(text))
        root = builder.document()
        spent = itertools.count()
        value = None if root is None else _plain(root, spent, len(text) + _EXPANSION)
    except _RefusedError as refusal:
        return Document(faults=(refusal.fault,))
    except yaml.YAMLError as error:
        return Document(faults=(_in_words(error, text),))
    return Document(value=value, root=root, faults=tuple(builder.faults))


class _RefusedError(Exception):
    """Reading stops here."""

    def __init__(self, at: At, message: str) -> None:
        self.fault = Fault(at, (), message)


def _events(text: str) -> Sequence[Any]:
    """libyaml is ten times as fast, PyYAML's own parser explains faults better."""
    try:
        return list(_shallow(text, getattr(yaml, "CSafeLoader", yaml.SafeLoader)))
    except (yaml.YAMLError, UnicodeEncodeError):
        return list(_shallow(text, yaml.SafeLoader))


def _shallow(text: str, loader: Any) -> Iterator[Any]:
    """Stops at the depth that we allow: PyYAML takes quadratic time over `[[[[[…`."""
    depth = 0
    for event in yaml.parse(text, Loader=loader):
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if depth > _DEPTH:
            raise _RefusedError(_at(event.start_mark), "this is nested too deeply")
        yield event


def _at(mark: Any) -> At:
    return At(mark.line + 1, mark.column + 1)


@dataclass(slots=True)
class _Builder:
    """Nodes from events. Aliases share their node; only `_plain` expands them."""

    events: Sequence[Any]
    lines: Sequence[str]
    faults: list[Fault] = field(default_factory=list)
    anchors: dict[str, Node] = field(default_factory=dict)
    rest: Iterator[Any] = field(init=False)

    def document(self) -> Node | None:
        starts = [x for x in self.events if isinstance(x, yaml.DocumentStartEvent)]
        if len(starts) > 1:
            raise _RefusedError(
                _at(starts[1].start_mark), "a second document begins; one is enough"
            )
        if not starts:
            return None
        self.rest = itertools.islice(self.events, 2, None)
        return self.node(next(self.rest), ())

    def node(self, event: Any, path: Path) -> Node:
        at = _at(event.start_mark)
        if isinstance(event, yaml.AliasEvent):
            return self.alias(event.anchor, at, path)
        if event.tag is not None and not _TAGS.fullmatch(event.tag):
            self.fault(at, path, f"the tag '{event.tag}' means nothing here")
        node: Node
        if isinstance(event, yaml.ScalarEvent):
            node = _scalar(event, at, self.lines)
        elif isinstance(event, yaml.SequenceStartEvent):
            node = Items(at, tuple(self.items(path)))
        else:
            node = Keys(at, self.pairs(path))
        if event.anchor is not None:
            self.anchors[event.anchor] = node
        return node

    def alias(self, anchor: str | None, at: At, path: Path) -> Node:
        if anchor is None or anchor not in self.anchors:
            self.fault(at, path, f"nothing above is named '&{anchor}'")
            return Scalar(at, "", null=True)
        return self.anchors[anchor]

    def items(self, path: Path) -> Iterator[Node]:
        for place in itertools.count():
            event = next(self.rest)
            if isinstance(event, yaml.SequenceEndEvent):
                return
            yield self.node(event, (*path, place))

    def pairs(self, path: Path) -> dict[str, tuple[At, Node]]:
        pairs: dict[str, tuple[At, Node]] = {}
        merged: list[Node] = []
        while not isinstance(event := next(self.rest), yaml.MappingEndEvent):
            key = self.node(event, path)
            text = key.text if isinstance(key, Scalar) else "?"
            value = self.node(next(self.rest), (*path, text))
            at = _at(event.start_mark)
            if not isinstance(key, Scalar):
                self.fault(at, path, "a key must be text")
            elif text == "<<" and not key.style:
                merged += value.items if isinstance(value, Items) else [value]
            elif text in pairs:
                first = pairs[text][0].line
                self.fault(at, path, f"duplicate key '{text}', it is on line {first} already")
            else:
                pairs[text] = (at, value)
        return self.merge(pairs, merged, path)

    def merge(
        self, pairs: dict[str, tuple[At, Node]], merged: list[Node], path: Path
    ) -> dict[str, tuple[At, Node]]:
        """What is written here wins over what `<<` brings, and the earlier over the later."""
        for node in merged:
            if isinstance(node, Keys):
                pairs = {**node.pairs, **pairs}
            else:
                self.fault(node.at, path, "'<<' takes keys from a mapping, and this is none")
        return pairs

    def fault(self, at: At, path: Path, message: str) -> None:
        self.faults.append(Fault(at, path, message))


def _scalar(event: Any, at: At, lines: Sequence[str]) -> Scalar:
    begin, end = event.start_mark, event.end_mark
    style = event.style or ""
    written = list(lines[begin.line : end.line + 1]) or [""]
    written[-1] = written[-1][: end.column]
    written[0] = written[0][begin.column :]
    return Scalar(
        at,
        event.value,
        style=style,
        raw="\n".join(written),
        null=not style and event.tag is None and event.value in _NULLS,
    )


def _plain(node: Node, spent: Iterator[int], limit: int, depth: int = 0) -> Any:
    """A text has fewer nodes than characters; what is above that, aliases have multiplied."""
    if next(spent) > limit or depth > _DEPTH:
        raise _RefusedError(node.at, "aliases make this too large")
    if isinstance(node, Scalar):
        return None if node.null else node.text
    if isinstance(node, Items):
        return [_plain(x, spent, limit, depth + 1) for x in node.items]
    return {key: _plain(x, spent, limit, depth + 1) for key, (_, x) in node.pairs.items()}


# ── what the parser says, in plain words ─────────────────────────────────────

# What its message begins with; whether the place of what was open is the better one; our words.
_WORDS = (
    (
        "mapping values are not",
        False,
        "one ':' too many: quote text that holds ': ', or has the line above lost its ':'?",
    ),
    ("sequence entries are not", False, "a list item cannot stand here, begin a line with '- '"),
    ("could not find expected ':'", True, "there is no ':' after this key"),
    (
        "expected <block end>",
        False,
        "this does not line up with what is above: look at indentation and at quotes in quotes",
    ),
    ("expected ',' or ']'", True, "this '[' is not closed, or a ',' is missing in it"),
    ("expected ',' or '}'", True, "this '{' is not closed, or a ',' is missing in it"),
    ("found unexpected end of stream", True, "this quote is not closed"),
    ("found unexpected document separator", True, "this quote is not closed"),
    ("found unknown escape character", False, 'no such escape in ", use single quotes'),
    ("expected escape sequence", False, 'no such escape in ", use single quotes'),
    ("expected alphabetic or numeric", True, "text that begins with '*' or '&' needs quotes"),
    ("expected the node content", False, "a value was expected here"),
    ("expected '<document start>'", False, "this does not belong to what is above"),
)


_QUOTE = (
    "the text ends at this quote, and more comes behind it: is a ',' missing, or is it part of the"
    " text? then put the text in the other kind of quotes"
)


def _in_words(error: yaml.YAMLError, text: str) -> Fault:
    if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark is not None:
        return _syntax(error, text)
    where = getattr(error, "position", 0)
    lines = text[:where].split("\n")
    code = ord(text[where]) if where < len(text) else 0
    return Fault(At(len(lines), len(lines[-1]) + 1), (), f"the character U+{code:04X} is no text")


def _syntax(error: yaml.MarkedYAMLError, text: str) -> Fault:
    at = _at(error.problem_mark)
    problem = error.problem or "this is no YAML"
    lines = text.splitlines()
    line = lines[at.line - 1] if at.line <= len(lines) else ""
    indent = line[: len(line) - len(line.lstrip())]
    if "\t" in indent:
        column = indent.index("\t") + 1
        return Fault(At(at.line, column), (), "a tab indents this line; indent with spaces")
    if odd := re.fullmatch(r"found character '(.+)' that cannot start any token", problem):
        return Fault(at, (), f"text that begins with '{odd[1]}' needs quotes")
    behind = line[: at.column - 1].rstrip()
    if problem.startswith("expected") and "<scalar>" in problem and behind.endswith(("'", '"')):
        return Fault(At(at.line, len(behind)), (), _QUOTE)
    for begin, open_place, words in _WORDS:
        if problem.startswith(begin):
            better = error.context_mark if open_place else None
            return Fault(_at(better) if better else at, (), words)
    return Fault(at, (), problem[:1].lower() + problem[1:])
