"""The attributes of an element that stay in a page, as far as HTML allows their values."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from html import escape
from typing import Any

from aggregator.pages.languages import spoken

Element = Any  # lxml's

_DATE = re.compile(r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d)?(?:Z|[+-]\d\d:\d\d)?)?")
_VALID: Mapping[str, Mapping[str, re.Pattern[str]]] = {
    "ol": {"start": re.compile(r"-?\d{1,9}"), "type": re.compile("[1aAiI]")},
    "li": {"value": re.compile(r"-?\d{1,9}")},
    "td": {"colspan": re.compile(r"[1-9]\d?"), "rowspan": re.compile(r"[1-9]\d?")},
    "th": {
        "colspan": re.compile(r"[1-9]\d?"),
        "rowspan": re.compile(r"[1-9]\d?"),
        "scope": re.compile("row|col"),
    },
    "a": {"href": re.compile(r"\S+")},
}


def written(element: Element, name: str, *, spans: bool = True) -> str:
    """Those of `element`, which is to be a `name`. `spans`: a cell may be more than one wide."""
    found = []
    for key, value in element.attrib.items():
        kept = _kept(key, value, name)
        if kept is not None and (spans or key not in ("colspan", "rowspan")):
            found.append(f' {key}="{escape(kept)}"')
    if name == "ol" and element.get("reversed") is not None:
        found.append(" reversed")
    return "".join(found)


def _kept(key: str, value: str, name: str) -> str | None:
    if shape := _VALID.get(name, {}).get(key):
        return value if shape.fullmatch(value) else None
    return _common(key, value, name)


def dated(value: str) -> bool:
    """Whether HTML knows it as a date, alone or with a time."""
    try:
        datetime.fromisoformat(value)
    except ValueError:
        return False
    return bool(_DATE.fullmatch(value))


def _common(key: str, value: str, name: str) -> str | None:
    """Of the attributes that all elements may have."""
    if key == "lang":
        return spoken(value)
    if key == "dir":
        return value.lower() if value.lower() in ("ltr", "rtl", "auto") else None
    if key == "datetime" and name == "time":
        return value
    if key == "title" and name in ("a", "abbr", "dfn", "span"):
        return value
    if key == "hreflang" and name == "a":
        return spoken(value)
    return None
