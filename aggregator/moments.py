"""Moments: every date that comes in becomes an aware datetime in UTC, or None.

One bad date must not lose an entry, and one naive date must not reach the store.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import lru_cache

from dateutil import parser as dateutil_parser

_CHINESE = re.compile(r"(\d{2,4})\s*年\s*(\d{1,2})\s*月\s*(\d{1,2})\s*日?")
_OFFSET = re.compile(r"(?:[+-]\d{1,2}:?\d{2}|(?P<name>[A-Za-z]{1,5}))\s*(?:\([^)]*\)\s*)?$")
# RFC 822 §5.1, and the names that feeds in the wild use; dateutil knows none of them by itself.
_HOURS = {"UT": 0, "GMT": 0, "UTC": 0, "Z": 0, "WET": 0, "BST": 1, "CET": 1, "WEST": 1, "CEST": 2}
_HOURS |= {"EET": 2, "EEST": 3, "MSK": 3, "HKT": 8, "SGT": 8, "JST": 9, "KST": 9}
_HOURS |= {"EST": -5, "EDT": -4, "CST": -6, "CDT": -5, "MST": -7, "MDT": -6, "PST": -8, "PDT": -7}


def moment(text: str, zone: tzinfo = UTC) -> datetime | None:
    """The instant that `text` tells, in UTC; without an offset it is read in `zone`.

    Reads ISO 8601, RFC 3339, RFC 822, `2026-01-02 10:00:00 +0800` and 2026年1月2日.
    """
    text = _CHINESE.sub(r"\1-\2-\3 ", text.strip())
    if not any(c.isdigit() for c in text) or len(text) > 100:
        return None
    try:
        return utc(datetime.fromisoformat(text), zone)
    except ValueError:
        return utc(_by_dateutil(text, zone), zone)


def utc(found: datetime | None, zone: tzinfo = UTC) -> datetime | None:
    """`found` in UTC; a naive one is read in `zone`. None when no calendar holds it."""
    if found is None:
        return None
    try:
        aware = found if found.tzinfo else found.replace(tzinfo=zone)
        return aware.astimezone(UTC)
    except (OverflowError, ValueError):
        return None


def zoned(text: str, zone: tzinfo = UTC) -> bool:
    """Whether a date's text says which offset it is in; a name that `zone` goes by says no more
    than `zone` does: CST is China's as well as Chicago's."""
    found = _OFFSET.search(text.strip())
    return found is not None and (found["name"] or "").upper() not in _names(zone)


def iso(when: datetime) -> str:
    """RFC 3339, in Z, without fractions: what every reader in the field understands."""
    when = when.astimezone(UTC)
    return f"{when.year:04}-{when:%m-%dT%H:%M:%S}Z"  # %Y does not pad the year 103


def _by_dateutil(text: str, zone: tzinfo) -> datetime | None:
    def named(name: str | None, seconds: int | None) -> tzinfo | None:
        if seconds is not None:
            return timezone(timedelta(seconds=seconds))
        if not name or name.upper() in _names(zone) or name.upper() not in _HOURS:
            return None
        return timezone(timedelta(hours=_HOURS[name.upper()]))

    try:
        # A default of 1 January keeps the run's own date out of "March 2026".
        default = datetime(2000, 1, 1)  # noqa: DTZ001
        return dateutil_parser.parse(text, default=default, tzinfos=named)
    except (ValueError, OverflowError, TypeError, AttributeError, RecursionError):
        return None


@lru_cache(maxsize=16)
def _names(zone: tzinfo) -> frozenset[str]:
    """What a zone calls itself, in winter and in summer."""
    if zone is UTC:
        return frozenset()
    moments = (datetime(2026, month, 1, tzinfo=zone) for month in (1, 7))
    return frozenset(name for name in (m.tzname() for m in moments) if name)


def clamp(when: timedelta, least: timedelta, most: timedelta) -> timedelta:
    return max(least, min(when, most))
