"""What servers and documents ask of us, as spans and moments. Pure; `polling` decides.

Whatever they say only lengthens a wait, and by no more than `A_DAY` where nothing else is told.
"""

from __future__ import annotations

import email.utils
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from statistics import median

from aggregator.model import Hints, Slowdown

AN_HOUR, A_DAY = timedelta(hours=1), timedelta(days=1)
A_WEEK = 7 * A_DAY

_NONE = timedelta()
_DIRECTIVE = re.compile(r"""(?:^|[,;])\s*([\w-]+)(?:\s*=\s*(?:"([^"]*)"|([^\s,;]*)))?""", re.ASCII)
_LATE = timedelta(minutes=3)  # a poll may be, and none should slip into what is skipped
_NEWEST = 20  # entries that tell of a rhythm
_SLOWEST = timedelta(minutes=1)  # between two requests to a host that had enough of us


# ── what a server asks ───────────────────────────────────────────────────────


def lifetime(headers: Mapping[str, str], now: datetime) -> timedelta | None:
    """For how long the answer is fresh (RFC 9111 §4.2.1), up to a day; None if it does not say."""
    said = headers.get("cache-control", "")
    directives: dict[str, str] = {}
    for name, quoted, bare in _DIRECTIVE.findall(said):
        directives.setdefault(name.lower(), quoted or bare)
    if not directives.keys().isdisjoint(("no-store", "no-cache")):
        return _NONE
    if "max-age" in directives:
        return min(_seconds(directives["max-age"]) or _NONE, A_DAY)
    if "expires" in headers:
        when = _date(headers["expires"])
        return _within_a_day(when - _clock(headers, now)) if when else _NONE
    return None


def age(headers: Mapping[str, str]) -> timedelta:
    """How old the answer was when it left the last cache on its way (RFC 9111 §5.1)."""
    return _seconds(headers.get("age", "").partition(",")[0]) or _NONE


def retry_after(headers: Mapping[str, str], now: datetime) -> timedelta | None:
    """How long the server asks us to wait (RFC 9110 §10.2.3), up to a day: seconds, or a date by
    its own clock."""
    value = headers.get("retry-after", "").strip()
    seconds = _seconds(value.partition(",")[0])
    if seconds is not None:
        return min(seconds, A_DAY)
    when = _date(value)
    return _within_a_day(when - _clock(headers, now)) if when else None


def _clock(headers: Mapping[str, str], now: datetime) -> datetime:
    """The server's, by which its dates are meant; ours may be wrong, or its own."""
    return _date(headers.get("date", "")) or now


def _seconds(text: str) -> timedelta | None:
    text = text.strip()
    if not (text.isascii() and text.isdigit()):
        return None
    return timedelta(seconds=int(text) if len(text) < 9 else 10**9)


def _date(text: str) -> datetime | None:
    try:
        when = email.utils.parsedate_to_datetime(text.strip())
        aware = when if when.tzinfo else when.replace(tzinfo=UTC)  # -0000 says no more than that
        return aware.astimezone(UTC)
    except (TypeError, ValueError, OverflowError, IndexError):
        return None


def _within_a_day(span: timedelta) -> timedelta:
    return max(_NONE, min(span, A_DAY))


# ── what a document asks ─────────────────────────────────────────────────────


def stated(hints: Hints) -> timedelta:
    """The wait that a document asks for, up to a day; a week, if nothing more is to come."""
    if hints.complete:
        return A_WEEK
    period = hints.period if hints.period and not hints.base else None
    return min(max(hints.ttl or _NONE, period or _NONE), A_DAY)


def next_issue(hints: Hints, now: datetime) -> datetime:
    """When sy:updateBase and its periods bring the next issue, at most a day away; `now` if they
    do not say."""
    if not hints.base or not hints.period:
        return now
    periods = (now - hints.base) // hints.period + 1
    return min(hints.base + periods * hints.period, now + A_DAY)


def open_at(hints: Hints, when: datetime) -> datetime:
    """`when`, or as many hours later as it takes to leave what skipHours and skipDays name."""
    for hours in range(8 * 24):
        later = when + hours * AN_HOUR
        if not (_skipped(hints, later) or _skipped(hints, later + _LATE)):
            return later
    return when


def _skipped(hints: Hints, when: datetime) -> bool:
    return when.hour in hints.skip_hours or when.weekday() in hints.skip_days


def rhythm(moments: Iterable[datetime], now: datetime) -> timedelta | None:
    """What usually lies between two entries, by the newest of them; None if too few are dated."""
    newest = sorted({m for m in moments if m <= now}, reverse=True)[:_NEWEST]
    gaps = [(later - earlier).total_seconds() for later, earlier in pairwise(newest)]
    return timedelta(seconds=median(gaps)) if gaps else None


# ── what a host asks ─────────────────────────────────────────────────────────


def slowed(before: Slowdown | None, host: str, asked: timedelta | None, now: datetime) -> Slowdown:
    """After a 429. Answers to what was asked before we knew are the same one. A host rests an hour
    at the most: Retry-After speaks of one address (RFC 9110 §10.2.3)."""
    same = before is not None and before.until > now
    strikes = before.strikes if before and remembered(before, now) else 0
    strikes += 0 if same else 1
    rest = min(timedelta(minutes=2 ** min(strikes, 6)) if asked is None else asked, AN_HOUR)
    until = max(now + rest, before.until) if before and same else now + rest
    return Slowdown(host=host, until=until, strikes=strikes)


def remembered(slowdown: Slowdown, now: datetime) -> bool:
    return slowdown.until - AN_HOUR <= now < slowdown.until + A_DAY


def gap(slowdown: Slowdown) -> timedelta:
    """Between two requests to a host that had enough of us."""
    return min(timedelta(seconds=2 ** min(slowdown.strikes - 1, 10)), _SLOWEST)
