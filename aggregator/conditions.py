"""What the headers of a request ask for: which coding, whether what is known is current still,
which part (RFC 9110 §8.8, §12.5, §13, §14).

Whatever a header holds, there is an answer: what cannot be read was not sent.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC
from email.utils import parsedate_to_datetime
from functools import lru_cache

_TAG = re.compile(r'(?:W/)?"[\x21\x23-\x7e\x80-\xff]*"')
_WEIGHTED = re.compile(r"([!#$%&'*+.^_`|~0-9a-z-]+)(?:\s*;[^,]*?q\s*=\s*([^,;\s]*))?[^,]*")
_WEIGHT = re.compile(r"[0-9]{1,9}(?:\.[0-9]{0,9})?")
_RANGE = re.compile(r"bytes\s*=\s*([0-9]{0,19})\s*-\s*([0-9]{0,19})\s*", re.IGNORECASE)
_LONGEST = 256  # of a header that is kept with what it meant
_EQUAL = {"x-gzip": "gzip"}  # RFC 9110 §8.4.1.3


# ── codings, manipulations ───────────────────────────────────────────────────


def coding(accepted: str | None, offered: tuple[str, ...]) -> str | None:
    """Which of `offered`, the smallest first, is liked best; "identity" for none of them, None when
    that is refused too. Without the header nothing is packed: who unpacks says so."""
    return "identity" if accepted is None else _coding(accepted[:_LONGEST], offered)


@lru_cache(1024)
def _coding(accepted: str, offered: tuple[str, ...]) -> str | None:
    weights = wanted(accepted)
    rest = weights.get("*", 0.0)
    plain = weights.get("identity", weights.get("*", 0.001))
    best, most = ("identity", plain) if plain > 0 else (None, 0.0)
    for name in reversed(offered):
        weight = weights.get(name, rest)
        if weight >= max(most, 0.001):
            best, most = name, weight
    return best


def wanted(header: str) -> dict[str, float]:
    """Each name of a weighted list with its weight; 1 where none is told."""
    found = {}
    for name, weight in _WEIGHTED.findall(header.lower()):
        found[_EQUAL.get(name, name)] = _weight(weight)
    return found


def _weight(text: str) -> float:
    if not text:
        return 1.0
    return min(float(text), 1.0) if _WEIGHT.fullmatch(text) else 0.0


# ── what is known ────────────────────────────────────────────────────────────


def tags(header: str) -> tuple[str, ...]:
    """The entity tags of a list, strong or weak, without telling which; `*` is one of its own."""
    if header.strip() == "*":
        return ("*",)
    return tuple(tag.removeprefix("W/") for tag in _TAG.findall(header))


def known(header: str, current: Iterable[str]) -> str | None:
    """Which of the `current` tags If-None-Match names, by weak comparison; the first for `*`."""
    named = tags(header)
    if named == ("*",):
        return next(iter(current), None)
    return next((tag for tag in current if tag in named), None)


def matched(header: str, current: str) -> bool:
    """Whether If-Match is true, by strong comparison."""
    return header.strip() == "*" or current in (x for x in _TAG.findall(header) if x[0] != "W")


def moment(header: str) -> int | None:
    """An HTTP date as seconds since 1970."""
    try:
        found = parsedate_to_datetime(header)
        return int((found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp())
    except (TypeError, ValueError, OverflowError):
        return None


# ── parts ────────────────────────────────────────────────────────────────────


def span(header: str, size: int) -> tuple[int, int] | None:
    """The first byte that is asked for and the one after the last; None for all of it, as well when
    more parts than one are: a server may answer so. ValueError when there is no such part."""
    found = _RANGE.fullmatch(header.strip())
    if found is None:
        return None
    first, last = found[1], found[2]
    if not first and not last:
        return None
    if not first:
        begin, end = max(size - int(last), 0), size
    else:
        begin, end = int(first), min(int(last) + 1, size) if last else size
        if last and int(last) < begin:
            return None  # not a range at all (§14.1.1)
    if begin >= end:
        raise ValueError(f"no such part of {size} bytes")
    return begin, end
