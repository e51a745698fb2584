"""Front matter in TOML between `+++` lines, or as a JSON object, as Hugo and Zola have it.

Read as a whole where it is right, else key by key, and the trouble is told.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from aggregator.formats.charsets import whole_escapes

Value = str | list["Value"] | dict[str, "Value"]

_MOST_TEXT = 64_000
_DEEP = re.compile(r"^\[*(?:[\w\"'-]+\.){32}", re.MULTILINE)  # a key of so many parts is none
_FENCE = re.compile(r"\+\+\+[ \t]*")
_ASSIGNED = re.compile(r"""["']?([A-Za-z_][\w.-]*)["']?[ \t]*=[ \t]*(.*)""", re.ASCII)
_TABLE = re.compile(r"\[{1,2}[^\[\]]+\]{1,2}[ \t]*(?:#.*)?")
_INSIDE = re.compile(r"[ \t]+\S|[\]}#]|[ \t]*$")  # a line that belongs to what is above it
_MEMBER = re.compile(r'[ \t]*"([^"]+)"[ \t]*:[ \t]*(.*?)[ \t]*,?[ \t]*')
_OBJECT = re.compile(r'\{\s*["}]')  # not the `{{` and `{%` of a template
# In TOML, their keys count as if they stood above: Hugo's fields of a site, and Zola's two tables.
_TABLES = ("params", "taxonomies", "extra")


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """Line numbers begin with 1; keys are lower case."""

    fields: Mapping[str, Value]
    lines: Mapping[str, int]
    body: str
    problems: tuple[tuple[int, str], ...] = ()


def block(lines: Sequence[str]) -> Block | None:
    """The front matter that `lines` begin with; None when they begin with none of these."""
    if lines and _FENCE.fullmatch(lines[0]):
        return _toml(lines)
    if lines and lines[0].startswith("{"):
        return _json(lines)
    return None


def raised(fields: Mapping[str, Value], tables: Sequence[str] = ("params",)) -> dict[str, Value]:
    """With the keys of the tables that hold a site's own fields; what stands above them wins."""
    found: dict[str, Value] = {}
    for name in tables:
        table = fields.get(name)
        if isinstance(table, dict):
            found |= {key.lower(): value for key, value in table.items()}
    return {**found, **fields}


# ── TOML ─────────────────────────────────────────────────────────────────────


def _toml(lines: Sequence[str]) -> Block | None:
    end = next((i for i, x in enumerate(lines) if i and _FENCE.fullmatch(x)), None)
    problems = []
    body = end + 1 if end else _stops(lines)
    if end is None:
        end = body
        if not any(map(_ASSIGNED.match, lines[1:end])):
            return None
        problems.append((1, "front matter without an end; ended where it stops"))
    head = lines[1:end]
    where = _places((number, _ASSIGNED.match(line)) for number, line in enumerate(head, 2))
    try:
        fields = _table("\n".join(head))
    except _Wrong as error:
        fields, more = _by_key(head, str(error))
        problems += more
    return Block(
        fields=raised(fields, _TABLES),
        lines=where,
        body="\n".join(lines[body:]),
        problems=tuple(problems),
    )


def _stops(lines: Sequence[str]) -> int:
    """Where front matter without an end is over: at the first line of prose."""
    shapes = (_ASSIGNED, _TABLE, _INSIDE)
    prose = (i for i, x in enumerate(lines) if i and not any(shape.match(x) for shape in shapes))
    return next(prose, len(lines))


class _Wrong(ValueError):
    pass


def _table(text: str) -> dict[str, Value]:
    if len(text) > _MOST_TEXT or _DEEP.search(text):
        raise _Wrong("too large or too deep")
    try:
        return {key.lower(): _as_text(value) for key, value in tomllib.loads(text).items()}
    except tomllib.TOMLDecodeError as error:
        raise _Wrong(_said(error)) from error
    except (ValueError, RecursionError) as error:  # a number too long, a list too deep
        raise _Wrong(type(error).__name__) from error


def _said(error: tomllib.TOMLDecodeError) -> str:
    return re.sub(r" \(at .*\)$", "", str(error)).lower()[:100]


def _by_key(head: Sequence[str], why: str) -> tuple[dict[str, Value], list[tuple[int, str]]]:
    fields: dict[str, Value] = {}
    problems: list[tuple[int, str]] = []
    table = ""
    for number, chunk in _chunks(head):
        if _TABLE.match(chunk[0]):
            table = chunk[0].strip("[] \t").lower()
            continue
        read = _chunk(chunk)
        if isinstance(read, str):
            problems.append((number, f"not valid TOML ({read}); taken as it is written"))
            read = _raw(chunk)
        twice = [key for key in read if key in fields and not table]
        problems += [(number, f"{key} is there twice; the last one counts") for key in twice]
        if not table:
            fields |= read
        elif isinstance(inner := fields.setdefault(table, {}), dict):
            inner |= read
    return fields, problems or [(1, f"{why}; front matter read key by key")]


def _chunk(lines: Sequence[str]) -> dict[str, Value] | str:
    try:
        return _table("\n".join(lines))
    except _Wrong as error:
        return str(error)


def _chunks(head: Sequence[str]) -> Iterator[tuple[int, list[str]]]:
    """The lines of each key, and of each table's name, with the number of the first."""
    chunk: list[str] = []
    start = 0
    for number, line in enumerate(head, 2):
        if _ASSIGNED.match(line) or _TABLE.fullmatch(line):
            if chunk:
                yield start, chunk
            start, chunk = number, [line]
        elif chunk:
            chunk.append(line)
    if chunk:
        yield start, chunk


def _raw(lines: Sequence[str]) -> dict[str, Value]:
    match = _ASSIGNED.match(lines[0])
    assert match
    text = " ".join([match[2], *lines[1:]]).strip()
    if text.startswith("[") and text.endswith("]"):
        return {match[1].lower(): [x for x in map(_unquoted, text[1:-1].split(",")) if x]}
    return {match[1].lower(): _unquoted(text)}


def _unquoted(text: str) -> str:
    text = text.strip()
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'" else text


# ── JSON ─────────────────────────────────────────────────────────────────────


def _json(lines: Sequence[str]) -> Block | None:
    text = "\n".join(lines)
    if not _OBJECT.match(text):
        return None
    pairs: list[tuple[str, Any]] = []

    def keep(found: list[tuple[str, Any]]) -> dict[str, Any]:
        pairs[:] = found  # the outermost comes last
        return dict(found)

    decoder = json.JSONDecoder(
        object_pairs_hook=keep, parse_int=str, parse_float=str, parse_constant=str, strict=False
    )
    try:
        fields, end = decoder.raw_decode(whole_escapes(text))
    except (ValueError, RecursionError) as error:
        return _members(lines, getattr(error, "lineno", 1))
    rest = text[end:].split("\n")
    if rest[0].strip():
        return None
    where = _places(
        (number, _MEMBER.match(line)) for number, line in enumerate(text[:end].split("\n"), 1)
    )
    keys = [key.lower() for key, _ in pairs]
    twice = dict.fromkeys(key for key in keys if keys.count(key) > 1) if len(keys) < 1000 else {}
    return Block(
        fields=raised({key.lower(): _as_text(value) for key, value in fields.items()}),
        lines=where,
        body="\n".join(rest[1:]),
        problems=tuple(
            (where.get(key, 1), f"{key} is there twice; the last one counts") for key in twice
        ),
    )


def _members(lines: Sequence[str], wrong: int) -> Block | None:
    """An object that JSON refuses in line `wrong`, line by line, down to the one that closes it."""
    end = next((i for i, line in enumerate(lines) if line.rstrip() == "}"), None)
    if end is None or end > 1000:
        return None
    fields: dict[str, Value] = {}
    matches = [(number, _MEMBER.fullmatch(line)) for number, line in enumerate(lines[:end], 1)]
    for _, match in matches:
        if match:
            fields[match[1].lower()] = _member(match[2])
    if not fields:
        return None
    return Block(
        fields=raised(fields),
        lines=_places(iter(matches)),
        body="\n".join(lines[end + 1 :]),
        problems=((wrong, "not valid JSON; front matter read line by line"),),
    )


def _member(text: str) -> Value:
    try:
        return _as_text(json.loads(text, parse_int=str, parse_float=str, parse_constant=str))
    except (ValueError, RecursionError):
        return _unquoted(text)


# ── both ─────────────────────────────────────────────────────────────────────


def _places(found: Iterator[tuple[int, re.Match[str] | None]]) -> dict[str, int]:
    """The line of each key, the last of them where it is there twice."""
    return {match[1].lower(): number for number, match in found if match}


_SHAPES: Mapping[type, Callable[[Any], Value]] = {
    bool: lambda value: "true" if value else "false",
    datetime: lambda value: value.isoformat(" "),
    date: date.isoformat,
    time: time.isoformat,
    type(None): lambda value: "",
    list: lambda value: [_as_text(x) for x in value],
    dict: lambda value: {key: _as_text(x) for key, x in value.items()},
}


def _as_text(value: Any) -> Value:
    """Every scalar as text, as front matter in YAML is read."""
    return _SHAPES.get(type(value), str)(value)
