"""A tiny language over entries: `tags has "python" and not title ~ "(?i)sponsored"`.

`compile_expression` gives a function of an entry, or an error that points at the character.
To add a field: one line in TEXTS, LISTS, NUMBERS or DATES, and one in docs/expressions.md.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from difflib import get_close_matches
from functools import lru_cache
from typing import Any, Protocol
from urllib.parse import urlsplit

import re2

from aggregator.errors import ConfigError
from aggregator.model import Entry, Source
from aggregator.text import fold, plain

_NO_SOURCE = Source(id="", url="")


class Test(Protocol):
    """A question about an entry, which came from a source."""

    def __call__(self, entry: Entry, source: Source = _NO_SOURCE) -> bool: ...


@dataclass(frozen=True, slots=True)
class _Asked:
    entry: Entry
    source: Source


_Test = Callable[[_Asked], bool]

MAX_LENGTH = 4000
MAX_DEPTH = 50


class ExpressionError(ConfigError):
    """The text is no expression. `offset` counts characters from 0, the printed error from 1;
    `message` leaves the place out, for a caller that knows line and column."""

    def __init__(self, what: str, *, offset: int, found: str) -> None:
        super().__init__(f"{what} at character {offset + 1}: {found}")
        self.message = f"{what}: {found}"
        self.offset = offset


def compile_expression(text: str) -> Test:
    """Whatever the text, a test that never raises, or an ExpressionError."""
    if len(text) > MAX_LENGTH:
        what = f"expected at most {MAX_LENGTH} characters"
        raise ExpressionError(what, offset=MAX_LENGTH, found=f"there are {len(text)}")
    test = _Parser(text).whole()
    return lambda entry, source=_NO_SOURCE: test(_Asked(entry, source))


# ── fields ───────────────────────────────────────────────────────────────────


@lru_cache(maxsize=4)  # every category's rule reads the same summary and content in turn
def _plain(markup: str | None) -> str:
    return plain(markup or "")


def _text(asked: _Asked) -> str:
    entry = asked.entry
    return "\n".join((entry.title, _plain(entry.summary), _plain(entry.content)))


def _authors(asked: _Asked) -> tuple[str, ...]:
    return tuple(x.name for x in asked.entry.authors if x.name)


def _tags(asked: _Asked) -> tuple[str, ...]:
    entry = asked.entry
    labels = (x.label for x in entry.categories if x.label)
    return (*(x.term for x in entry.categories), *labels, *entry.sections)


def _source(asked: _Asked) -> tuple[str, ...]:
    """Its name, and that of the list that it stands in."""
    return tuple(x for x in (asked.source.id, asked.source.list) if x)


def _host(asked: _Asked) -> tuple[str, ...]:
    """Of its link, and each domain that this is in: www.a.example is at a.example, too."""
    try:
        host = urlsplit(asked.entry.link or "").hostname or ""
    except ValueError:
        return ()
    labels = host.split(".")[:_MOST_LABELS] if host else []
    return tuple(".".join(labels[place:]) for place in range(len(labels)))


def _words(asked: _Asked) -> int:
    """Between spaces; a Chinese or Japanese character is one."""
    return len(_WORD.findall(_plain(asked.entry.html)))


def _day(moment: datetime | None) -> date | None:
    return moment.astimezone(UTC).date() if moment else None


_MOST_LABELS = 127  # of a host's name (RFC 1035)
_CJK = r"\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_WORD = re.compile(rf"[{_CJK}]|[^\W_{_CJK}](?:[^\W{_CJK}]|['’.-](?=\w))*+")


TEXTS: dict[str, Callable[[_Asked], str]] = {
    "title": lambda asked: asked.entry.title,
    "text": _text,
    "content": lambda asked: _plain(asked.entry.content),
    "summary": lambda asked: _plain(asked.entry.summary),
    "link": lambda asked: asked.entry.link or "",
    "author": lambda asked: ", ".join(_authors(asked)),
    "language": lambda asked: asked.entry.language or "",
    "id": lambda asked: asked.entry.id,
    "path": lambda asked: asked.entry.path or "",
    "rights": lambda asked: asked.entry.rights or "",
    "role": lambda asked: asked.source.role,
}
LISTS: dict[str, Callable[[_Asked], tuple[str, ...]]] = {
    "tags": _tags,
    "categories": _tags,
    "authors": _authors,
    "enclosures": lambda asked: tuple(x.url for x in asked.entry.enclosures),
    "source": _source,
    "host": _host,
}
NUMBERS: dict[str, Callable[[_Asked], int]] = {
    "length": lambda asked: len(_plain(asked.entry.html)),
    "words": _words,
}
# Only what the source says: when we saw an entry is no property of it, and no rule that hangs on
# today's date would give the same document tomorrow.
DATES: dict[str, Callable[[_Asked], date | None]] = {
    "published": lambda asked: _day(asked.entry.published),
    "updated": lambda asked: _day(asked.entry.updated or asked.entry.published),
}


# ── comparing ────────────────────────────────────────────────────────────────

TEXT_SIGNS = ("~", "!~", "=", "==", "!=", "has")
NUMBER_SIGNS: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "=": operator.eq,
    "==": operator.eq,
    "!=": operator.ne,
}
_OPTIONS = re2.Options()
_OPTIONS.log_errors = False  # re2 would write to stderr
_PLAIN_REASONS = {  # re2's own words where these have none
    "trailing \\": "nothing follows the last \\",
    "no argument for repetition operator": "nothing to repeat",
    "invalid repetition size": "repeated more than 1000 times",
    "invalid perl operator": "unknown group, and look-around could take forever",
    "invalid escape sequence": "unknown escape, and back-references could take forever",
    "pattern too large - compile failed": "too large once its repetitions are written out",
}


def _searching(pattern: str, offset: int) -> Callable[[str], bool]:
    try:
        compiled = re2.compile(_encode(pattern), _OPTIONS)
    except re2.error as error:
        reason, _, where = error.args[0].decode("utf-8", "replace").partition(": ")
        found = _PLAIN_REASONS.get(reason, reason) + (f": {_shown(where)}" if where else "")
        raise ExpressionError("wrong pattern", offset=offset, found=found) from error
    return lambda text: compiled.search(_encode(text)) is not None


def _encode(text: str) -> bytes:
    """re2 chokes on a str with half a surrogate pair, not on its bytes."""
    return text.encode("utf-8", "surrogatepass")


# ── reading ──────────────────────────────────────────────────────────────────

_TOKEN = re.compile(
    r"""\s*+(?: (?P<text>
        "(?:\\.|[^"\\])*+" | '(?:\\.|[^'\\])*+' | “(?:\\.|[^”\\])*+” | ‘(?:\\.|[^’\\])*+’)
    | (?P<date>[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?![\w-])) | (?P<number>[0-9]+)
    | (?P<word>\w+) | (?P<sign>!~|[=!<>]=|[=~<>()]) | (?P<end>\Z)
    | (?P<unclosed>["'“‘].*) | (?P<other>.) )""",
    re.DOTALL | re.VERBOSE,
)
_ESCAPE = re.compile(r"""\\([\\"'“”‘’])""")


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    source: str
    offset: int


def _wrong(what: str, token: _Token, known: Iterable[str] = ()) -> ExpressionError:
    if token.kind == "unclosed":
        what = "quote never closed"
    close = get_close_matches(token.source[:40].lower(), known, n=1)
    found = _shown(token.source) + (f" (did you mean '{close[0]}'?)" if close else "")
    return ExpressionError(what, offset=token.offset, found=found if token.source else "the end")


def _shown(source: str) -> str:
    return "'" + "".join(x if x.isprintable() else "\ufffd" for x in source[:40]) + "'"


class _Parser:
    """whole → any_of → all_of → unit → comparison: each reads its part and gives its test."""

    def __init__(self, text: str) -> None:
        matches = _TOKEN.finditer(text)
        kinds = ((x, x.lastgroup or "other") for x in matches)
        self.tokens = (_Token(kind, x[kind], x.start(kind)) for x, kind in kinds)
        self.token = next(self.tokens)

    def whole(self) -> _Test:
        test = self.any_of(0)
        if self.token.kind != "end":
            raise _wrong("expected and, or, or the end", self.token, ("and", "or"))
        return test

    def any_of(self, depth: int) -> _Test:
        tests = [self.all_of(depth)]
        while self.took("or"):
            tests.append(self.all_of(depth))
        return lambda asked: any(test(asked) for test in tests)

    def all_of(self, depth: int) -> _Test:
        tests = [self.unit(depth)]
        while self.took("and"):
            tests.append(self.unit(depth))
        return lambda asked: all(test(asked) for test in tests)

    def unit(self, depth: int) -> _Test:
        if depth > MAX_DEPTH:
            raise _wrong(f"nested deeper than {MAX_DEPTH}", self.token)
        if self.took("not"):
            denied = self.unit(depth + 1)
            return lambda asked: not denied(asked)
        if not self.took("("):
            return self.comparison()
        test = self.any_of(depth + 1)
        if not self.took(")"):
            raise _wrong("expected and, or, or )", self.token, ("and", "or"))
        return test

    def comparison(self) -> _Test:
        field = self.take()
        if field.source in NUMBERS:
            return self.measured(NUMBERS[field.source])
        if field.source in DATES:
            return self.dated(DATES[field.source])
        if field.source in LISTS:
            return self.compared(LISTS[field.source], whole=True)
        if field.source in TEXTS:
            value = TEXTS[field.source]
            return self.compared(lambda asked: (value(asked),), whole=False)
        raise _wrong("expected a field", field, ("not", *TEXTS, *LISTS, *NUMBERS, *DATES))

    def measured(self, value: Callable[[_Asked], int]) -> _Test:
        compare = self.sign()
        limit = int(self.take_a("number", "a whole number").source)
        return lambda asked: compare(value(asked), limit)

    def dated(self, value: Callable[[_Asked], date | None]) -> _Test:
        """Of an entry without a date no comparison is true."""
        if self.token.source in ("and", "or", ")", ""):
            return lambda asked: value(asked) is not None
        compare, limit = self.sign(), self.day()
        return lambda asked: (day := value(asked)) is not None and compare(day, limit)

    def sign(self) -> Callable[[Any, Any], bool]:
        if self.token.source not in NUMBER_SIGNS:
            raise _wrong(f"expected one of {' '.join(NUMBER_SIGNS)}", self.token)
        return NUMBER_SIGNS[self.take().source]

    def day(self) -> date:
        given = self.take_a("date", "a day such as 2026-03-31")
        try:
            return date(*map(int, given.source.split("-")))
        except ValueError:
            raise _wrong("no such day", given) from None

    def compared(self, values: Callable[[_Asked], tuple[str, ...]], *, whole: bool) -> _Test:
        """True when true of any of the values; with a `!`, when of none."""
        if self.token.source in ("and", "or", ")", ""):
            return lambda asked: any(values(asked))
        if self.token.source not in TEXT_SIGNS:
            known = ("and", "or", "has")
            raise _wrong(f"expected one of {' '.join(TEXT_SIGNS)}", self.token, known)
        sign = self.take().source
        wanted = self.take_a("text", "a text in quotes")
        matches, denied = _matcher(sign, wanted, whole=whole), sign.startswith("!")
        return lambda asked: any(map(matches, values(asked))) != denied

    def took(self, word: str) -> bool:
        return self.token.source == word and bool(self.take())

    def take_a(self, kind: str, name: str) -> _Token:
        if self.token.kind != kind:
            raise _wrong(f"expected {name}", self.token)
        return self.take()

    def take(self) -> _Token:
        token, self.token = self.token, next(self.tokens, self.token)
        return token


def _matcher(sign: str, wanted: _Token, *, whole: bool) -> Callable[[str], bool]:
    text = _ESCAPE.sub(r"\1", wanted.source[1:-1])
    if sign.endswith("~"):
        return _searching(text, wanted.offset)
    folded = fold(text)
    if sign == "has" and not whole:
        return lambda value: folded in fold(value)
    return lambda value: fold(value) == folded
