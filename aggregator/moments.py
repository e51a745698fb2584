"""Moments: every date that comes in becomes an aware datetime in UTC, or None.

One bad date must not lose an entry, one naive date must not reach the store, and none is made up.
What dates look like is told in `moment_shapes`, and their words in `moment_words`.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from email.utils import format_datetime
from functools import lru_cache

from dateutil import parser as dateutil_parser

from aggregator import moment_shapes as shapes
from aggregator.moment_words import in_english

_LONGEST = 100
_EPOCH = re.compile(r"(\d{10})(\d{3})?(?:\.\d+)?", re.ASCII)
_COMPACT = re.compile(r"(\d{8})T?(\d{4}(?:\d\d)?)(?=\D|\Z)", re.ASCII)
# dateutil takes GMT+8 for POSIX's, which is west of Greenwich; nobody who writes it does.
_GREENWICH = re.compile(r"\b(?:GMT|UTC?)\s*(?=[+-]\d)", re.IGNORECASE)


def moment(text: str, zone: tzinfo = UTC) -> datetime | None:
    """The instant that `text` tells, in UTC; without an offset it is read in `zone`.

    Reads ISO 8601 and RFC 822 with what people make of them, 2026年1月2日 下午3:04, seconds and
    milliseconds since 1970, and last what dateutil reads without making up a year or a month.
    """
    text = text.strip()
    if len(text) > _LONGEST:
        return None
    if text[4:5] == "-" == text[7:8] and text[10:11] in ("", "T", " "):
        found = _iso_8601(text)
        if found:
            return utc(found, zone)
    text = " ".join((text if text.isascii() else unicodedata.normalize("NFKC", text)).split())
    if since := _EPOCH.fullmatch(text):
        return datetime.fromtimestamp(int(since[1]) + int(since[2] or 0) / 1000, UTC)
    if _COMPACT.match(text):
        return utc(_iso_8601(_COMPACT.sub(r"\1T\2", text).replace(" ", "")), zone)
    found = _by_shape(text, zone)
    if not found and not shapes.year_like(text):
        found = _by_dateutil(text, zone)
    return utc(found or _by_shape(in_english(text), zone), zone)


def credible(when: datetime | None) -> datetime | None:
    """`when`; None where it is what programs write that know no date, the first or the last day
    of a calendar or a clock: 0001, 1900, 1970-01-01, 9999."""
    if when is None or not 1900 < when.year < 2200:
        return None
    return when if abs(when.timestamp()) > timedelta(days=1).total_seconds() else None


def utc(found: datetime | None, zone: tzinfo = UTC) -> datetime | None:
    """`found` in UTC; a naive one is read in `zone`. None when no calendar holds it."""
    if found is None:
        return None
    try:
        aware = found if found.tzinfo else found.replace(tzinfo=zone)
        return aware.astimezone(UTC)
    except (OverflowError, ValueError):
        return None


def iso(when: datetime) -> str:
    """RFC 3339, in Z, without fractions: what every reader in the field understands."""
    when = when.astimezone(UTC)
    return f"{when.year:04}-{when:%m-%dT%H:%M:%S}Z"  # %Y does not pad the year 103


def rfc_822(when: datetime) -> str:
    """For RSS and OPML: in GMT, with a year of four digits, and never in the words of a locale."""
    return format_datetime(when.astimezone(UTC), usegmt=True)


def clamp(when: timedelta, least: timedelta, most: timedelta) -> timedelta:
    return max(least, min(when, most))


def _iso_8601(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None  # 9:05, 24:00, a leap second, z


def _by_shape(text: str, zone: tzinfo) -> datetime | None:
    local = _names(zone)
    return shapes.month_named(text, local) or shapes.year_first(text, local)


def _by_dateutil(text: str, zone: tzinfo) -> datetime | None:
    """What dateutil reads, if it does not lean on a default for the year or the month."""

    def named(name: str | None, seconds: int | None) -> tzinfo | None:
        if seconds is not None:
            return timezone(timedelta(seconds=seconds))
        return shapes.named((name or "").upper(), _names(zone))

    text = _GREENWICH.sub("", text)
    try:
        one, other = (
            dateutil_parser.parse(text, default=datetime(year, month, 1), tzinfos=named)  # noqa: DTZ001
            for year, month in ((2000, 1), (2001, 2))
        )
    except (ValueError, OverflowError, TypeError, AttributeError, RecursionError):
        return None
    return one if one == other else None


@lru_cache(maxsize=16)
def _names(zone: tzinfo) -> frozenset[str]:
    """What a zone calls itself, in winter and in summer."""
    if zone is UTC:
        return frozenset()
    moments = (datetime(2026, month, 1, tzinfo=zone) for month in (1, 7))
    return frozenset(name for name in (m.tzname() for m in moments) if name)
