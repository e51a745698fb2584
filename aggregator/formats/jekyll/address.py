"""The address of a post: its permalink, or its site's, with what the placeholders stand for."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from posixpath import splitext
from urllib.parse import quote

from aggregator.formats.jekyll.rubydate import DAYS, MONTHS
from aggregator.formats.jekyll.rubytext import downcase, slugified

_PRETTY = "._~!$&'()+,;=@"
_SIMPLE = re.compile(r"^[a-zA-Z0-9./-]+$", re.MULTILINE)
_URI = re.compile(r"(?:([^:/?#]+):)?(?://([^/?#]*))?([^?#]*)(?:\?([^#]*))?(?:#(.*))?")
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*", re.IGNORECASE)
_PATH = "!$&'()*+,;=:@/"


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """What a post's address is made of."""

    path: str  # from the posts' folder, without the extension
    basename: str  # the file's name, without the extension
    slug: str | None
    extension: str  # of the page that Jekyll writes
    categories: tuple[str, ...]
    date: datetime


def address(template: str, post: Named) -> str:
    """ValueError for a placeholder that Jekyll does not know, or what no address can hold."""
    url = re.sub(r":([a-z_]+)", lambda match: _filled(match[1], post), template)
    return re.sub("/+", "/", f"/{url}".replace("..", "/").replace("./", ""))


def extension(permalink: str | None, path: str, markdown: frozenset[str]) -> str:
    """What Jekyll calls output_ext."""
    if permalink and not permalink.endswith("/") and (own := splitext(permalink)[1]):
        return own
    suffix = splitext(path)[1]
    if suffix.lower() in markdown:
        return ".html"
    return ".css" if suffix.lower() in {".scss", ".sass"} else suffix


def _filled(name: str, post: Named) -> str:
    name, underscore = (name[:-1], "_") if name.endswith("_") else (name, "")
    if name not in _PLACEHOLDERS:
        raise ValueError(f"permalink: Jekyll knows no placeholder :{name}")
    return _escaped(_PLACEHOLDERS[name](post)) + underscore


def _escaped(text: str) -> str:
    """As Addressable escapes an address: the text is taken apart as if it were a whole one."""
    if not text or _SIMPLE.search(text):
        return text
    match = _URI.match(text)
    assert match
    scheme, authority, path, query, fragment = match.groups()
    if scheme is not None and not _SCHEME.fullmatch(scheme):
        raise ValueError(f"permalink: {text!r} cannot be part of an address")
    if scheme is None and re.match("[^/:]*:", path):
        raise ValueError(f"permalink: {text!r} cannot be part of an address")
    escaped = (f"{scheme}:" if scheme is not None else "") + (
        f"//{quote(authority, safe=_PATH + '[]')}" if authority is not None else ""
    )
    escaped += quote(path, safe=_PATH)
    escaped += f"?{quote(query, safe=_PATH + '?')}" if query is not None else ""
    escaped += f"#{quote(fragment, safe=_PATH + '?')}" if fragment is not None else ""
    return escaped.replace("#", "%23", 1)


def _title(post: Named) -> str:
    return slugified(post.basename if post.slug is None else post.slug, kept=_PRETTY)


def _slug(post: Named) -> str:
    return downcase(slugified(post.basename if post.slug is None else post.slug))


def _once(words: list[str]) -> str:
    return "/".join(dict.fromkeys(words))


def _dated(pattern: str) -> Callable[[Named], str]:
    return lambda post: post.date.strftime(pattern)


_PLACEHOLDERS: dict[str, Callable[[Named], str]] = {
    "path": lambda post: post.path,
    "name": lambda post: downcase(slugified(post.basename)),
    "title": _title,
    "slug": _slug,
    "collection": lambda post: "posts",
    "output_ext": lambda post: post.extension,
    "categories": lambda post: _once([downcase(x) for x in post.categories]),
    "slugified_categories": lambda post: _once([downcase(slugified(x)) for x in post.categories]),
    "year": lambda post: f"{post.date.year:04}",
    "month": _dated("%m"),
    "day": _dated("%d"),
    "hour": _dated("%H"),
    "minute": _dated("%M"),
    "second": _dated("%S"),
    "i_day": lambda post: str(post.date.day),
    "i_month": lambda post: str(post.date.month),
    "short_month": lambda post: MONTHS[post.date.month - 1][:3],
    "long_month": lambda post: MONTHS[post.date.month - 1],
    "short_year": _dated("%y"),
    "w_year": lambda post: f"{post.date.isocalendar().year:04}",
    "week": _dated("%V"),
    "w_day": _dated("%u"),
    "short_day": lambda post: DAYS[post.date.weekday()][:3],
    "long_day": lambda post: DAYS[post.date.weekday()],
    "y_day": _dated("%j"),
}
