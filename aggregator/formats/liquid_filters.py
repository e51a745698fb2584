"""Jekyll's own filters, and a measure around every filter, so that no text grows or runs on."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from datetime import UTC, datetime
from functools import wraps
from html import escape
from typing import Any
from urllib.parse import quote, quote_plus, urlsplit

from liquid.exceptions import FilterArgumentError, ResourceLimitError
from liquid.undefined import Undefined

from aggregator.formats.jekyll import rubytime
from aggregator.formats.jekyll.rubytext import downcase, inspect, slugified, titleized

Filter = Callable[..., Any]

_MOST_WORK = 20_000_000  # letters looked at or written by all filters of one post
_MOST_DIGITS = 300
_WIDE = re.compile(r"%[-0^#_+EO]*\d{3,}")
_SPACE = re.compile(r"\s+")


class Spent:
    """What the filters of one post have cost, and what they know of its site."""

    def __init__(self, site: Mapping[str, Any], now: datetime) -> None:
        self.site = site
        self.now = now
        self.work = 0

    def add(self, cost: int) -> None:
        self.work += cost
        if self.work > _MOST_WORK:
            raise ResourceLimitError("too much work for the filters", token=None)


SPENT: ContextVar[Spent] = ContextVar("SPENT")


def measured(function: Filter) -> Filter:
    """Refuses before it is done what would take too long: sizes multiply, as in `replace`."""

    @wraps(function)
    def measuring(*args: Any, **kwargs: Any) -> Any:
        cost = 1
        for arg in args:
            cost *= max(_size(arg), 1)
        SPENT.get().add(cost)
        result = function(*args, **kwargs)
        if isinstance(result, int) and abs(result) > 10**_MOST_DIGITS:
            raise FilterArgumentError("too large a number", token=None)
        return result

    return measuring


def _size(value: Any) -> int:
    match value:
        case str() | range():
            return len(value)
        case list() | tuple():
            return sum(_size(x) for x in value) + len(value)
        case Mapping() if not isinstance(value, Undefined):
            return sum(_size(x) + 1 for x in value.values())
        case _:
            return 1


def _text(value: Any) -> str:
    if value is None or isinstance(value, Undefined):
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    return value if isinstance(value, str) else str(value)


# ── addresses ────────────────────────────────────────────────────────────────


def relative_url(value: Any) -> str:
    """Below baseurl, from the root of the site."""
    text = _text(value)
    if urlsplit(text).scheme:
        return text
    base = _text(SPENT.get().site.get("baseurl")).strip("/")
    path = f"/{text.lstrip('/')}" if text else ""
    return f"/{base}{path}" if base else path or "/"


def absolute_url(value: Any) -> str:
    text = _text(value)
    if urlsplit(text).scheme:
        return text
    return _text(SPENT.get().site.get("url")).rstrip("/") + relative_url(text)


def strip_index(value: Any) -> str:
    return re.sub(r"/index\.html?$", "/", _text(value))


# ── text ─────────────────────────────────────────────────────────────────────


def _slugify(value: Any, mode: Any = None) -> str:
    text = _text(value)
    if mode == "none":
        return text
    if mode == "raw":
        return downcase("-".join(text.split()))
    kept = "._~!$&'()+,;=@" if mode == "pretty" else ""
    return downcase(slugified(text, kept=kept))


def _sentence(value: Any, connector: Any = "and") -> str:
    words = [_text(x) for x in value] if isinstance(value, list | tuple) else [_text(value)]
    if len(words) < 3:
        return f" {_text(connector)} ".join(words)
    return f"{', '.join(words[:-1])}, {_text(connector)} {words[-1]}"


def _jsonify(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=_text, separators=(",", ":"))


def _integer(value: Any) -> int:
    match = re.match(r"\s*[-+]?\d{1,18}", _text(value))
    return int(match[0]) if match else 0


def _cut(value: Any) -> Any:
    return value if isinstance(value, str) else _text(value)


# ── dates ────────────────────────────────────────────────────────────────────


def _date(value: Any, form: Any = "") -> Any:
    """As Ruby's strftime; what is no date stays as it is."""
    if not _text(form) or _WIDE.search(_text(form)) or (moment := _moment(value)) is None:
        return value
    return moment.strftime(_text(form))


def _moment(value: Any) -> datetime | None:
    now = SPENT.get().now
    if isinstance(value, int | float) and not isinstance(value, bool):
        try:
            return datetime.fromtimestamp(value, UTC)
        except (ValueError, OverflowError, OSError):
            return None
    text = _text(value).strip()
    if text.lower() in {"now", "today"}:
        return now
    zone = now.tzinfo or UTC
    try:
        return rubytime.parse(text, zone, now) if text else None
    except (ValueError, OverflowError):
        return None


def _as(form: str) -> Filter:
    return lambda value, *args: _date(value, form)


def _xmlschema(value: Any) -> Any:
    moment = _moment(value)
    return moment.isoformat(timespec="seconds") if moment else value


FILTERS: Mapping[str, Filter] = {
    "relative_url": relative_url,
    "absolute_url": absolute_url,
    "strip_index": strip_index,
    "xml_escape": lambda value: escape(_text(value)),
    "cgi_escape": lambda value: quote_plus(_text(value)),
    "uri_escape": lambda value: quote(_text(value), safe="!#$&'()*+,/:;=?@[]~%"),
    "slugify": _slugify,
    "titleize": lambda value: titleized(_text(value)),
    "array_to_sentence_string": _sentence,
    "jsonify": _jsonify,
    "inspect": lambda value: escape(inspect(value)),
    "number_of_words": lambda value, mode=None: len(_text(value).split()),
    "normalize_whitespace": lambda value: _SPACE.sub(" ", _text(value)).strip(),
    "to_integer": _integer,
    "markdownify": _cut,  # all of the post will be
    "smartify": _cut,
    "date": _date,
    "date_to_xmlschema": _xmlschema,
    "date_to_rfc822": _as("%a, %d %b %Y %H:%M:%S %z"),
    "date_to_string": _as("%d %b %Y"),
    "date_to_long_string": _as("%d %B %Y"),
}
