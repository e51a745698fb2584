"""The words for all that may be wrong in a config.

A check raises MisreadError; `faults` says where each fault stands, `report` makes the lines for
people.
"""

from __future__ import annotations

import collections.abc
import dataclasses
import difflib
import re
from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Any, get_args, get_origin, get_type_hints

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from aggregator.errors import ConfigError
from aggregator.yamltext import Document, Fault, Path, Scalar


class MisreadError(ValueError):
    """A ValueError because that is what pydantic takes from a check; `offset` counts characters
    into the text, where the fault has a place in it."""

    def __init__(self, message: str, *, offset: int | None = None) -> None:
        super().__init__(message)
        self.offset = offset


# ── words ────────────────────────────────────────────────────────────────────


def shown(value: str) -> str:
    """In quotes, short, without passwords."""
    value = _safe(value)
    return f"'{value[:60]}…'" if len(value) > 60 else f"'{value}'"


def suggestion(
    word: str, choices: Iterable[str], called: Mapping[str, str] = MappingProxyType({})
) -> str:
    """`, did you mean 'every'?`, or nothing if no choice is near; some are `called` otherwise."""
    known = {x.casefold(): called.get(x, x) for x in choices}
    near = difflib.get_close_matches(word.casefold()[:64], known, n=1)
    return f", did you mean '{known[near[0]]}'?" if near else ""


def report(found: Iterable[Fault], filename: str) -> ConfigError:
    """One line a fault, in document order."""
    lines = (
        f"{filename}:{x.at.line}:{x.at.column}: {_safe(_dotted(x.path) + x.message)}"
        for x in sorted(set(found), key=lambda x: (x.at, x.message))
    )
    return ConfigError("\n".join(dict.fromkeys(lines)))


def _safe(value: str) -> str:
    value = re.sub(r"//[^\s']*@", "//…@", value)
    return "".join(
        x if x.isprintable() else x.encode("unicode_escape").decode("ascii") for x in value
    )


def _dotted(path: Path) -> str:
    """`sources.hn: `, `posts[0]: `."""
    joined = "".join(f"[{x}]" if isinstance(x, int) else f".{x}" for x in path)
    return f"{joined.removeprefix('.')}: " if path else ""


def noun(value: object) -> str:
    if isinstance(value, str):
        return shown(value)
    if value is None:
        return "nothing"
    return "keys" if isinstance(value, dict) else "a list"


# ── where, and what ──────────────────────────────────────────────────────────


def faults(error: ValidationError, document: Document, root: type) -> Iterator[Fault]:
    """`root` is the dataclass that was to be made: what it knows is what we suggest from."""
    for details in error.errors(include_url=False):
        # An item that failed is not counted: "at least one" would be a second complaint.
        if details["type"] != "too_short" or not details["input"]:
            yield _fault(details, document, root)


def _fault(details: ErrorDetails, document: Document, root: type) -> Fault:
    path = details["loc"]
    key_at, node = document.find(path)
    if details["type"] == "unexpected_keyword_argument":
        key = str(path[-1])
        return Fault(key_at, path[:-1], f"unknown key {shown(key)}{_known(key, path, root)}")
    if details["type"] == "missing":
        return Fault(document.find(path[:-1])[0], path[:-1], f"missing key '{path[-1]}'")
    if path[-1:] == ("[key]",):
        return Fault(document.find(path[:-1])[0], path[:-1], _words(details))
    at = document.place(path)
    offset = getattr(_cause(details), "offset", None)
    if offset is not None and isinstance(node, Scalar):
        at = node.inside(offset)
    return Fault(at, path, _words(details))


def _cause(details: ErrorDetails) -> object:
    return details.get("ctx", {}).get("error")


def _words(details: ErrorDetails) -> str:
    kind, given = details["type"], details["input"]
    if kind == "value_error":
        return str(_cause(details))
    if kind == "literal_error" and isinstance(given, str):
        expected = details["ctx"]["expected"]
        hint = suggestion(given, re.findall(r"'([^']*)'", expected)) or f", use {expected}"
        return f"unknown value {shown(given)}{hint}"
    if kind == "too_short":
        return "at least one is wanted here"
    wanted = {"tuple": "a list", "literal": "text"}.get(kind.partition("_")[0], "keys")
    example = {"sources": "; write url: … below it", "posts": "; write path: … below it"}
    hint = (
        example.get(str(details["loc"][0]), "")
        if wanted == "keys" and len(details["loc"]) in (1, 2)
        else ""
    )
    return f"{wanted} {'are' if wanted == 'keys' else 'is'} wanted here, not {noun(given)}{hint}"


# What other programs call it.
_ELSEWHERE = {
    "interval": "every", "refresh": "every", "period": "every", "poll": "every", "cache": "every",
    "feed": "url", "href": "url", "link": "url", "xmlurl": "url", "uri": "url",
    "tags": "categories", "tag": "categories", "category": "categories", "folder": "path",
    "directory": "dir", "filter": "keep", "include": "keep", "exclude": "drop", "ignore": "drop",
    "lang": "language", "tz": "timezone", "limit": "entries", "max_entries": "entries",
    "feeds": "sources", "subscriptions": "sources", "database": "store", "db": "store",
    "port": "listen", "host": "listen", "bind": "listen", "user_agent": "contact",
}  # fmt: skip


def _known(key: str, path: Path, root: type) -> str:
    """What the unknown key may have been meant for, here or in another section."""
    names = {name: name for name in _names(_part_at(path[:-1], root))}
    for section, hint in get_type_hints(root).items():
        part = _part_in(hint)
        if part and part is hint:
            for name in _names(part):
                names.setdefault(name, f"{section}.{name}")
    word = _ELSEWHERE.get(key.casefold(), key)
    exact = names.get(word)
    if exact is None:
        return suggestion(key, names, names)
    return f", did you mean '{exact}'?"


def _names(part: Any) -> list[str]:
    return [x.name for x in dataclasses.fields(part)]


def _part_at(path: Path, root: type) -> Any:
    part: Any = root
    steps = iter(path)
    for step in steps:
        hint = get_type_hints(part)[str(step)]
        part = _part_in(hint)
        if get_origin(hint) in (tuple, collections.abc.Mapping):
            next(steps, None)  # the name or the place in between
    return part


def _part_in(hint: Any) -> Any:
    """The dataclass that a type is, holds or may be."""
    if dataclasses.is_dataclass(hint):
        return hint
    return next((x for x in map(_part_in, get_args(hint)) if x), None)
