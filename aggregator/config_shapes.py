"""What an editor is told of a value of the config, as JSON Schema: the shape of what
`config_values` takes. Whether a file is there, a zone is known or a sum is too large, no shape
can say.

In a config every scalar is the text that was written, so a title may be 2026, and concurrency "64".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import combinations
from typing import Any

Shape = dict[str, Any]

_CONTROL = r"\x00-\x1f\x7f-\x9f"
_SCHEME = r"[A-Za-z][A-Za-z0-9+.-]*:"
_HTTP = "[Hh][Tt][Tt][Pp][Ss]?://"


def _string(pattern: str) -> Shape:
    """Space around it does not count."""
    return {"type": "string", "pattern": rf"^\s*{pattern}\s*$"}


def _line(but: str = "") -> str:
    """One line with something in it, without the characters in `but`."""
    return rf"[^\s{_CONTROL}{but}]([^{_CONTROL}{but}]*[^\s{_CONTROL}{but}])?"


def _any(*shapes: Shape) -> Shape:
    return {"anyOf": list(shapes)}


def _up_to(most: int) -> Iterator[str]:
    """Patterns that together match 1 to `most`, digit by digit."""
    digits = str(most)
    if len(digits) > 1:
        yield f"[1-9][0-9]{{0,{len(digits) - 2}}}"
    for place, digit in enumerate(digits):
        least = 1 if place == 0 else 0
        if int(digit) > least:
            rest = len(digits) - place - 1
            yield f"{digits[:place]}[{least}-{int(digit) - 1}][0-9]{{{rest}}}"
    yield digits


def whole(most: int) -> Shape:
    """A number from 1 to `most`."""
    number = f"0*({'|'.join(_up_to(most))})"
    return _any({"type": "integer", "minimum": 1, "maximum": most}, _string(number))


_PORT = f"0*({'|'.join(_up_to(65535))})"
_HOST = rf"(\[[0-9A-Fa-f:.]+\]|[^\s/?#@:\[\]]+)(:{_PORT})?"
_NUMBER: Shape = {"type": ["number", "boolean"]}  # as YAML sees what is a text to us

LINE = _string(_line())
TEXT = _any(LINE, _NUMBER)
NAME = _any(_string(_line("/")), _NUMBER)
LANGUAGE = _any(_string("[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*"), {"type": "boolean"})
# No ASCII but small letters and digits: \p{Ll} is not everywhere.
_WORD = "[^\\s\x00-/:-`{-\x9f]+".replace("\x00", r"\x00").replace("\x9f", r"\x9f")
SLUG = {
    **_any(_string(f"{_WORD}(-{_WORD})*"), {"type": "boolean"}, {"type": "integer", "minimum": 0}),
    "not": {"enum": ["all", "index", "archive", "sources"]},
}
EXPRESSION = {"type": "string", "pattern": r"\S"}
HOST = _any(_string(r"[^\s\x00-,/;-@\[-^`{-\x9f]+"), _NUMBER)
_PARAMETER = r"[^\s&=?#/*]+"
PARAMETER = _any(_string(rf"{_PARAMETER}\*?"), _NUMBER)
_WHOLE = _any(_string(_PARAMETER), _NUMBER)
PARAMETERS = _any(_WHOLE, {"type": "array", "items": _WHOLE, "minItems": 1})
LISTEN = _string(rf"([\w.-]+|\[[0-9A-Fa-f:.]+\]):{_PORT}")
SITE_URL = _string(rf"{_HTTP}{_HOST}(/[^\s?#]*)?")
WEB_URL = _string(rf"{_HTTP}([^\s/?#@]*@)?{_HOST}([/?#]\S*)?")
_HUB = _any({"const": "built-in"}, WEB_URL)
HUBS = _any(*_HUB["anyOf"], {"type": "array", "items": _HUB})
IRI = _string(rf"{_SCHEME}\S+")
CONTACT = _string(  # it goes into a header: ASCII, without what ends a comment there
    rf"(?=[!-'*-;=?-~]+\s*$)([^\s@:/]+@[^\s@:/]+|{_HTTP}([^\s/?#@]*@)?{_HOST}([/?#]\S*)?)"
)
NETWORK = _string(r"[0-9A-Fa-f:.]+(/[0-9.]+)?")
SPAN = _string(r"(?=[0-9dhms ]*w?[0-9dhms ]*$)(?=.*[1-9])" + "".join(
    f"([0-9]{{1,6}}{unit} ?)?" for unit in "wdhms"))  # fmt: skip
SIZE = _string("(?=.*[1-9])[0-9]{1,12} ?([KMGkmg][Ii]?)?[Bb]")
SWITCH = _any(
    {"type": "boolean"},
    {"type": "string", "pattern": "^([Tt][Rr][Uu][Ee]|[Ff][Aa][Ll][Ss][Ee])$"},
)
FORMATS = ["atom", "rss", "json", "html", "opml"]
FORMAT: Shape = {"enum": FORMATS}


def one_of(keys: Iterable[str]) -> Shape:
    """At least one of these is written."""
    return _any(*map(_written, keys))


def at_most_one_of(keys: Iterable[str]) -> Shape:
    return {"allOf": [{"not": {"allOf": list(map(_written, x))}} for x in combinations(keys, 2)]}


def or_switch(shape: Shape) -> None:
    """What has settings may be just on or off."""
    shape["anyOf"] = [*shape.get("anyOf", ()), *SWITCH["anyOf"]]


def _written(key: str) -> Shape:
    return {"required": [key], "properties": {key: {"not": {"type": "null"}}}}


def _secret(*shapes: Shape) -> Shape:
    """One of these, or where it is read from."""
    places = (
        {
            "type": "object",
            "properties": {kind: TEXT},
            "required": [kind],
            "additionalProperties": False,
        }
        for kind in ("env", "file")
    )
    return _any(*shapes, *places)


SQLITE = r"sqlite:///[^?#]*[^\s/?#]"
# What is special in an address must be written as %40 and the like, in a password above all: a
# driver that reads it otherwise would tell parts of it.
_SERVER = rf"(\[[0-9A-Fa-f:.]+\]|[^\s/?#@:,\[\]]*)(:{_PORT})?"
POSTGRES = (
    r"postgres(ql)?://([^\s/?#@:]*(:[^\s/?#@:]*)?@)?"
    rf"{_SERVER}(,{_SERVER})*/[^\s/?#@]+(\?[^\s?#&=]+=[^\s?#&]*(&[^\s?#&=]+=[^\s?#&]*)*)?"
)
TOKEN = _secret()
STORE = _secret(_string(SQLITE), _string(POSTGRES))
SOURCE_URL = _secret(
    _string(rf"(?!{_SCHEME})" + _line()),
    _string(rf"([Ff][Ee][Ee][Dd]:(//)?)?{_HTTP}([^\s/?#@]*@)?{_HOST}([/?#]\S*)?"),
    _string(rf"[Ff][Ee][Ee][Dd]://{_HOST}([/?#]\S*)?"),
    _string(r"[Ff][Ii][Ll][Ee]:///" + f"[^{_CONTROL}]*"),
    _NUMBER,
)
