"""When to ask again, as a document says it: feedparser's dictionary to Hints.

RSS 2.0's ttl, skipHours and skipDays (also in 0.9x), the syndication module's sy: elements,
podcast:updateFrequency and itunes:complete. What cannot be meant is not said.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from aggregator.model import Extension, Hints
from aggregator.moments import credible, moment

_NUMBER = re.compile(r"\s*(\d{1,7})(?:\.\d*)?\s*", re.ASCII)
_DAY = timedelta(days=1)
_PERIODS = {
    "hourly": timedelta(hours=1),
    "daily": _DAY,
    "weekly": 7 * _DAY,
    "monthly": 30 * _DAY,
    "yearly": 365 * _DAY,
}
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_YES = {"yes", "true"}


def hints(found: Any, kept: Iterable[Extension]) -> Hints:
    """What feedparser's dictionary of a feed says, and its extension elements; `repairs` has
    gathered the hours and days."""
    period = _period(found)
    return Hints(
        ttl=_minutes(_said(found, "ttl")),
        period=period,
        base=credible(moment(_said(found, "sy_updatebase"))) if period else None,
        skip_hours=_some(_hours(found.get("skipped_hours") or ()), of=24),
        skip_days=_some(_days(found.get("skipped_days") or ()), of=7),
        complete=any(map(_complete, kept)),
    )


def _said(found: Any, name: str) -> str:
    """The text of an element; one with attributes is a dictionary of them."""
    value = dict.get(found, name)
    return value if isinstance(value, str) else ""


def _whole(text: str) -> int | None:
    number = _NUMBER.fullmatch(text)
    return int(number[1]) if number else None


def _minutes(text: str) -> timedelta | None:
    return timedelta(minutes=_whole(text) or 0) or None


def _period(found: Any) -> timedelta | None:
    """Daily is the default, and once (web.resource.org/rss/1.0/modules/syndication)."""
    name, often = _said(found, "sy_updateperiod"), _said(found, "sy_updatefrequency")
    if not name and not often:
        return None
    period = _PERIODS.get(name.strip().lower() or "daily")
    return period and period / max(_whole(often) or 1, 1)


def _hours(texts: Iterable[str]) -> Iterable[int]:
    """RSS 0.91 counts them from 1 to 24."""
    return (n % 24 for n in map(_whole, texts) if n is not None and n <= 24)


def _days(texts: Iterable[str]) -> Iterable[int]:
    names = (text.strip().lower()[:3] for text in texts)
    return (_DAYS.index(name) for name in names if name in _DAYS)


def _some(numbers: Iterable[int], *, of: int) -> tuple[int, ...]:
    """None, where all of them are skipped: nobody means never."""
    found = tuple(sorted(set(numbers)))
    return found if len(found) < of else ()


def _complete(kept: Extension) -> bool:
    said = {"podcast:updateFrequency": kept.get("complete"), "itunes:complete": kept.text}
    return said.get(kept.name, "").strip().lower() in _YES
