"""Text as Ruby makes it of values and of other text: what Jekyll's titles and slugs come from."""

from __future__ import annotations

import math
import re
import unicodedata
from datetime import date, datetime
from decimal import Decimal

from aggregator.formats.jekyll.rubytime import written

Value = None | bool | int | float | str | date | list["Value"] | dict[str, "Value"]

_ESCAPES = {
    **{'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r", "\f": "\\f"},
    **{"\v": "\\v", "\b": "\\b", "\a": "\\a", "\x1b": "\\e"},
}
_SPACE = re.compile(r"[ \t\n\v\f\r]+")
_INTERPOLATED = re.compile(r"#(?=[{$@])")
_JULIAN = 1_721_425  # the Julian day of the day before 0001-01-01


class Key(str):
    """A mapping's key that is no text in YAML: `shown` is how Ruby would write it."""

    shown: str

    __slots__ = ("shown",)


def key_of(value: Value) -> str:
    if isinstance(value, str):
        return value
    key = Key(to_s(value))
    key.shown = inspect(value)
    return key


def to_s(value: Value) -> str:
    """`to_s`: nothing is empty, a list is as one would write it in Ruby."""
    match value:
        case None:
            return ""
        case str():
            return value
        case float():
            return _float(value)
        case datetime():
            return written(value)
        case date():
            return value.isoformat()
        case _:
            return inspect(value)


def inspect(value: Value) -> str:
    match value:
        case None:
            return "nil"
        case bool():
            return str(value).lower()
        case str():
            return _quoted(value)
        case list():
            return f"[{', '.join(map(inspect, value))}]"
        case dict():
            return f"{{{', '.join(f'{_shown(k)}=>{inspect(v)}' for k, v in value.items())}}}"
        case int():
            return str(value)
        case datetime() | float():
            return to_s(value)
        case date():
            day = value.toordinal() + _JULIAN
            return f"#<Date: {value} (({day}j,0s,0n),+0s,2299161j)>"


def truthy(value: Value) -> bool:
    """Only nil and false are not: 0 and "" are."""
    return value is not None and value is not False


def split(text: str) -> list[str]:
    """At ASCII space; the wide space of Chinese type is a letter here."""
    return [word for word in _SPACE.split(text) if word]


def union(*lists: list[Value]) -> list[Value]:
    """Each value once; 1 and 1.0 and "1" are three."""
    found: dict[str, Value] = {}
    for one in (one for many in lists for one in many):
        found.setdefault(inspect(one), one)
    return list(found.values())


def flat(values: list[Value]) -> list[Value]:
    found: list[Value] = []
    for value in values:
        found += flat(value) if isinstance(value, list) else [value]
    return found


def downcase(text: str) -> str:
    return "".join(map(str.lower, text))  # letter by letter: Ruby has no final sigma


def titleized(slug: str) -> str:
    words = slug.rstrip("-").split("-")
    return " ".join(word[:1].title() + downcase(word[1:]) for word in words)


def slugified(text: str, *, kept: str = "") -> str:
    """Letters, marks, digits of every script and what is `kept`; hyphens for all between."""
    slug = "".join(x if x in kept or _is_word(x) else "-" for x in text)
    return re.sub("-+", "-", slug).removeprefix("-").removesuffix("-")


def _is_word(character: str) -> bool:
    category = unicodedata.category(character)
    return category[0] in "LM" or category == "Nd"


def _float(value: float) -> str:
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    if value == 0 or 1e-4 <= abs(value) < 1e15:
        return repr(value)
    digits, exponent = Decimal(repr(value)).normalize().as_tuple()[1:]
    first, *rest = map(str, digits)
    power = len(digits) - 1 + int(exponent)
    return f"{'-' if value < 0 else ''}{first}.{''.join(rest) or '0'}e{power:+03}"


def _shown(key: str) -> str:
    return key.shown if isinstance(key, Key) else _quoted(key)


def _quoted(text: str) -> str:
    if text.isalnum():
        return f'"{text}"'
    text = "".join(_ESCAPES.get(x) or (_escaped(x) if _is_strange(x) else x) for x in text)
    text = _INTERPOLATED.sub(r"\\#", text)
    return f'"{text}"'


def _is_strange(character: str) -> bool:
    return unicodedata.category(character) in {"Cc", "Cn", "Cs", "Zl", "Zp"}


def _escaped(character: str) -> str:
    code = ord(character)
    return f"\\u{code:04X}" if code <= 0xFFFF else f"\\u{{{code:X}}}"
