"""YAML as Ruby's Psych reads it for Jekyll: the words of YAML 1.1, and Psych's own ways.

libyaml finds the structure for both languages; what a plain word means is decided here: `no` is
false, `010` is 8, `1,000` a thousand, `12:30` base 60, a date a date, and `:word` is refused.
Only the first document counts.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo

import yaml

from aggregator.formats.jekyll.rubytext import Value, key_of, to_s
from aggregator.formats.jekyll.rubytime import local

try:  # what Ruby uses too; PyYAML's own parser differs a little
    _Loader: type[yaml.CBaseLoader] | type[yaml.BaseLoader] = yaml.CBaseLoader
except AttributeError:
    _Loader = yaml.BaseLoader

_DEEPEST = 100
_LONGEST = 1_000_000  # with every alias written out
_DIGITS = 4_000  # longer numbers are text: Python refuses to print them

_WORDS = re.compile(r"[^0-9.:-]?(?:[^\W\d]|[\s!@#$%^&*(){}<>|/\\~;=])")
_TIME = re.compile(
    r"(-?\d{4})-(\d{1,2})-(\d{1,2})(?:[Tt]|(\s+))(\d{1,2}):(\d\d):(\d\d)(?:\.\d*)?"
    r"\s*(Z|[-+]\d{1,2}:?(?:\d\d)?)?",
    re.ASCII,
)
_DATE = re.compile(r"\d{4}-(?:1[012]|0\d|\d)-(?:[12]\d|3[01]|0\d|\d)", re.ASCII)
_BASE_60 = re.compile(r"[-+]?[0-9][0-9_]*(?::[0-5]?[0-9]){1,2}(\.[0-9_]*)?")
_FLOAT = re.compile(r"[-+]?(?:[0-9][0-9_,]*)?\.[0-9]*(?:[eE][-+][0-9]+)?")
_INTEGER = re.compile(
    r"([-+]?)(?:0b([0-1_,]+)|0([0-7_,]+)|(0|[1-9](?:[0-9]|,[0-9]|_[0-9])*)|0x([0-9a-fA-F_,]+))"
)
_CONSTANTS: dict[str, Value] = {
    **dict.fromkeys(("", "~", "null")),
    **dict.fromkeys(("yes", "true", "on"), True),
    **dict.fromkeys(("no", "false", "off"), False),
    **dict.fromkeys((".inf", "+.inf"), float("inf")),
    **{"-.inf": float("-inf"), ".nan": float("nan")},
}
_STRING_TAG = re.compile(r"!str|!ruby/string|tag:yaml\.org,2002:str")
_BINARY_TAGS = {"!binary", "tag:yaml.org,2002:binary"}
_FLOAT_TAGS = {"!float", "tag:yaml.org,2002:float"}
# Classes that Jekyll does not let Psych make.
_REFUSED_TAG = re.compile(
    r"!ruby/(?!string$|array$|hash$)|!(?:str|seq|map):|(?:!|tag:yaml\.org,2002:)(?:set|omap)$"
)
_REFUSED_WORD = re.compile(
    r"!ruby/(?:sym|range|regexp|class|module|object:(?:BigDecimal|DateTime|Complex|Rational)$)"
    r"|!(?:str|ruby/string):"
)


class Unreadable(ValueError):
    """No YAML, or what Psych refuses to make of it."""


def load(text: str, zone: tzinfo) -> Value:
    """The value of the first document; None for an empty text.

    Unreadable, too, for what no honest text holds: a bomb of aliases, a hundred levels.
    """
    builder = _Builder(zone)
    try:
        for event in _first_document(text):
            builder.take(event)
    except yaml.YAMLError as error:
        raise Unreadable(_said(error)) from error
    return builder.root


def _said(error: yaml.YAMLError) -> str:
    mark = getattr(error, "problem_mark", None)
    where = f"line {mark.line + 1}: " if mark else ""
    return where + str(getattr(error, "problem", None) or error).split("\n")[0][:100]


def _first_document(text: str) -> Iterator[yaml.Event]:
    for event in yaml.parse(text, Loader=_Loader):
        if isinstance(event, yaml.DocumentEndEvent):
            return
        yield event


# ── structure ────────────────────────────────────────────────────────────────


class _Frame:
    """A list or a mapping that is not finished."""

    def __init__(self, value: list[Value] | dict[str, Value], anchor: str | None) -> None:
        self.value = value
        self.anchor = anchor
        self.weight = 1
        self.key: str | None = None
        self.merges = False


class _Builder:
    def __init__(self, zone: tzinfo) -> None:
        self.zone = zone
        self.root: Value = None
        self.stack: list[_Frame] = []
        self.anchors: dict[str, tuple[Value, int]] = {}

    def take(self, event: yaml.Event) -> None:
        match event:
            case yaml.ScalarEvent():
                self.put(_scalar(event, self.zone), len(event.value) + 1, event)
            case yaml.SequenceStartEvent() | yaml.MappingStartEvent():
                if _REFUSED_TAG.match(event.tag or "") or len(self.stack) == _DEEPEST:
                    raise Unreadable(f"{event.tag or 'nested too deep'}: refused")
                kind = list if isinstance(event, yaml.SequenceStartEvent) else dict
                self.stack.append(_Frame(kind(), event.anchor))
            case yaml.SequenceEndEvent() | yaml.MappingEndEvent():
                frame = self.stack.pop()
                self.put(frame.value, frame.weight, event, frame.anchor)
            case yaml.AliasEvent():
                if event.anchor not in self.anchors:
                    raise Unreadable(f"unknown alias: {event.anchor}")
                self.put(*self.anchors[event.anchor], event)

    def put(self, value: Value, weight: int, event: yaml.Event, anchor: str | None = None) -> None:
        """A finished value goes where it belongs."""
        anchor = anchor or (event.anchor if isinstance(event, yaml.ScalarEvent) else None)
        if anchor:
            self.anchors[anchor] = value, weight
        if not self.stack:
            self.root = value
            return
        frame = self.stack[-1]
        frame.weight += weight
        if frame.weight > _LONGEST:
            raise Unreadable("too large")
        if isinstance(frame.value, list):
            frame.value.append(value)
        elif frame.key is None:
            frame.key = key_of(value)
            tag = getattr(event, "tag", None)
            frame.merges = value == "<<" and tag != "tag:yaml.org,2002:str"
        else:
            _set(frame.value, frame.key, value, merges=frame.merges and not _is_scalar(event))
            frame.key = None


def _is_scalar(event: yaml.Event) -> bool:
    return isinstance(event, yaml.ScalarEvent)


def _set(mapping: dict[str, Value], key: str, value: Value, *, merges: bool) -> None:
    merged = value if isinstance(value, list) else [value]
    if merges and all(isinstance(one, dict) for one in merged):
        together: dict[str, Value] = {}
        for one in reversed(merged):
            together |= one if isinstance(one, dict) else {}
        mapping |= together
    else:
        mapping[key] = value


# ── words ────────────────────────────────────────────────────────────────────


def _scalar(event: yaml.ScalarEvent, zone: tzinfo) -> Value:
    text, tag = event.value, event.tag
    if event.implicit[1]:  # quoted, and nobody said otherwise
        return text
    if tag and _STRING_TAG.fullmatch(tag):
        return text
    if tag and _REFUSED_WORD.match(tag):
        raise Unreadable(f"{tag}: refused")
    if tag in _BINARY_TAGS:
        return base64.b64decode(text + "==").decode("utf-8", "replace")
    value = _plain(text, zone)
    if tag in _FLOAT_TAGS:
        try:
            return float(to_s(value))
        except ValueError as error:
            raise Unreadable("not a float") from error
    return value


def _plain(text: str, zone: tzinfo) -> Value:
    if "\n" in text or _WORDS.match(text):
        return _CONSTANTS.get(text.lower(), text) if len(text) <= 5 else text
    if match := _TIME.fullmatch(text):
        return _time(text, match, zone)
    if _DATE.fullmatch(text):
        return _day(text)
    if text.lower() in _CONSTANTS:
        return _CONSTANTS[text.lower()]
    if re.match(":.", text):
        raise Unreadable(f"{text[:40]}: a symbol; write it in quotes")
    if len(text) > _DIGITS:
        return text
    return _number(text)


def _day(text: str) -> date | str:
    try:
        return date(*map(int, text.split("-")))
    except ValueError:
        return text


def _time(text: str, match: re.Match[str], zone: tzinfo) -> datetime | str:
    """Without a zone it is UTC: that is what YAML says, and Jekyll's users are surprised by."""
    if match[4] and not match[4].startswith(" "):
        raise Unreadable(f"{text}: a tab in a time")
    year, month, day, hour, minute, second = (int(match[i]) for i in (1, 2, 3, 5, 6, 7))
    moment = (year, month, day, hour, minute, second)
    try:
        if match[8] in {None, "Z"}:
            there = local(moment, UTC)
            return there if match[8] else there.astimezone(zone)
        return local(moment, _offset(match[8]))
    except (ValueError, OverflowError):
        return text


def _offset(text: str) -> timezone:
    match = re.fullmatch(r"([-+]?\d{1,2}):?(\d{2})?", text)
    assert match
    hours, minutes = int(match[1]), int(match[2] or 0)
    # Psych looks at the number to see the sign: -00:30 is half an hour ahead.
    return timezone(timedelta(hours=hours, minutes=-minutes if hours < 0 else minutes))


def _number(text: str) -> Value:
    if match := _BASE_60.fullmatch(text):
        parts = [float(x.replace("_", "")) for x in text.split(":")]
        total = sum(part * 60 ** abs(i - 2) for i, part in enumerate(parts))
        return total if match[1] else int(total)
    if _FLOAT.fullmatch(text) and not re.fullmatch(r"[-+]?\.", text):
        return _float(text)
    if match := _INTEGER.fullmatch(text):
        sign, *digits = match.groups()
        base, written = next((b, d) for b, d in zip((2, 8, 10, 16), digits, strict=True) if d)
        written = re.sub("[,_]", "", written)
        if not written and base != 8:
            raise Unreadable(f"{text}: not a number")
        return int(sign + (written or "0"), base)
    return text


def _float(text: str) -> float:
    try:
        return float(re.sub(r"\.(?=[Ee]|$)", "", re.sub("[,_]", "", text)))
    except ValueError as error:
        raise Unreadable(f"{text}: not a number") from error
