"""Times as Ruby's `Time.parse` makes them, which is how Jekyll reads every date.

Jekyll writes each date as text and reads it again, so what is less than a second is lost.
"""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import UTC, datetime, timedelta, timezone, tzinfo

from aggregator.formats.jekyll.rubydate import found

_Moment = tuple[int, int, int, int, int, int]  # from the year to the second

_LONGEST = 128  # Ruby's own limit
_OFFSET = re.compile(r"([+-])([0-9]{2})(?:(:?)([0-9]{2})(?:\3([0-9]{2}))?)?")
_NAMED = {"UTC": 0, "Z": 0, "UT": 0, "GMT": 0}
_NAMED |= {"EST": -5, "EDT": -4, "CST": -6, "CDT": -5, "MST": -7, "MDT": -6, "PST": -8, "PDT": -7}
_NAMED |= {name: hours for hours, name in enumerate("ABCDEFGHIKLM", 1)}
_NAMED |= {name: -hours for hours, name in enumerate("NOPQRSTUVWXY", 1)}


def parse(text: str, zone: tzinfo, now: datetime) -> datetime:
    """`Time.parse(text).localtime`: what is missing above is taken from `now`, below is zero.

    ValueError where Ruby finds no date, or none that exists.
    """
    if len(text.encode()) > _LONGEST:
        raise ValueError("too long for a date")
    parts, name = found(text)
    if not parts:
        raise ValueError("no time information")
    year = parts.get("year", now.astimezone(zone).year)
    ahead = _offset(name.upper(), year, zone) if name else None
    moment = _filled(parts, now.astimezone(zone if ahead is None else timezone(ahead)))
    if ahead is None:
        return local(moment, zone)
    return local(_earlier(moment, int(ahead.total_seconds())), UTC).astimezone(zone)


def local(moment: _Moment, zone: tzinfo) -> datetime:
    """Ruby's `Time.local`: 31 April is 1 May, 24:00 the next day; ValueError for what is odder."""
    year, month, day, hour, minute, second = moment
    if not (1 <= day <= 31 and 0 <= minute < 60 and 0 <= second <= 60):
        raise ValueError("argument out of range")
    if not (0 <= hour < 24 or (hour, minute, second) == (24, 0, 0)):
        raise ValueError("argument out of range")
    rest = timedelta(days=day - 1, hours=hour, minutes=minute, seconds=second)
    try:
        wall = datetime(year, month, 1, tzinfo=zone) + rest
        # Of an hour that is there twice the second, and one that is not is an hour later: the
        # smaller offset gives both.
        there = min((wall.replace(fold=fold) for fold in (0, 1)), key=_ahead)
        return there.astimezone(UTC).astimezone(zone)
    except OverflowError as error:
        raise ValueError("argument out of range") from error


def _ahead(moment: datetime) -> timedelta:
    return moment.utcoffset() or timedelta()


def written(moment: datetime) -> str:
    """`Time#to_s`."""
    offset = "UTC" if moment.tzinfo is UTC else f"{moment:%z}"[:5]
    return f"{moment.year:04}-{moment:%m-%d %H:%M:%S} {offset}"


def is_plain(moment: datetime) -> bool:
    """Written and read again, it is the same: no offset of local mean time, with its seconds."""
    return _ahead(moment).seconds % 60 == 0


def _offset(name: str, year: int, zone: tzinfo) -> timedelta | None:
    """What Ruby knows of zones; an unknown name is passed over, and the time taken as local."""
    if match := _OFFSET.fullmatch(name):
        sign, hours, _, minutes, seconds = match.groups(default="0")
        ahead = timedelta(hours=int(hours), minutes=int(minutes), seconds=int(seconds))
        return -ahead if sign == "-" else ahead
    if name in _NAMED:
        return timedelta(hours=_NAMED[name])
    for month in (1, 7):
        there = datetime(year, month, 1, tzinfo=zone)
        if (there.tzname() or "").upper() == name:
            return there.utcoffset()
    return None


def _filled(parts: dict[str, int], now: datetime) -> _Moment:
    """What is missing above the first part that is there is today's; below it, the lowest."""
    if "yday" in parts:
        day = datetime(parts.get("year", now.year), 1, 1, tzinfo=UTC)
        day += timedelta(days=parts["yday"] - 1)
        if day.year != parts.get("year", now.year):
            raise ValueError("yday out of range")
        parts = parts | {"year": day.year, "mon": day.month, "mday": day.day}
    names = ("year", "mon", "mday", "hour", "min", "sec")
    first = next((i for i, name in enumerate(names) if name in parts), len(names))
    today = now.timetuple()[:first] + (1970, 1, 1, 0, 0, 0)[first:]
    year, month, day_of_month, hour, minute, second = map(parts.get, names, today)
    return year, month, day_of_month, hour, minute, second


def _earlier(moment: _Moment, seconds: int) -> _Moment:
    """By the seconds of an offset, part by part as Ruby does it: 25:00 +08:00 is 17:00 UTC."""
    year, month, day, *clock = moment
    sign = -1 if seconds < 0 else 1
    rest = abs(seconds)
    for i, size in ((2, 60), (1, 60), (0, 24)):
        rest, part = divmod(rest, size)
        if part:
            carry, clock[i] = divmod(clock[i] - sign * part, size)
            rest -= sign * carry
    day -= sign * rest
    hour, minute, second = clock
    if sign * rest > 0 and day < 1:
        year, month = (year, month - 1) if month > 1 else (year - 1, 12)
        day = monthrange(year, month)[1]
    elif sign * rest < 0 and 1 <= month <= 12 and day > monthrange(year, month)[1]:
        year, month, day = (year, month + 1, 1) if month < 12 else (year + 1, 1, 1)
    return year, month, day, hour, minute, second
