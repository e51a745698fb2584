"""What a date may look like, and which wall clock and offset it then tells: no library is asked.

a day   2026-01-12, 2026/1/12, 2026年1月12日, 20260112, Mon, 12 Jan 2026, January 12, 2026
a time  T10:00:00.5, 10:00, 3:04 pm, 下午3点04分
a zone  Z, +08:00, GMT+8, EST, 北京时间, Europe/Berlin
"""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

# RFC 822 §5.1, and the names that feeds in the wild use.
HOURS = {"UT": 0, "GMT": 0, "UTC": 0, "Z": 0, "WET": 0, "BST": 1, "CET": 1, "MET": 1, "WEST": 1}
HOURS |= {"CEST": 2, "MEST": 2, "EET": 2, "EEST": 3, "MSK": 3, "HKT": 8, "SGT": 8, "AWST": 8}
HOURS |= {"JST": 9, "KST": 9, "AEST": 10, "AEDT": 11, "NZST": 12, "NZDT": 13, "HST": -10}
HOURS |= {"AST": -4, "ADT": -3, "EST": -5, "EDT": -4, "CST": -6, "CDT": -5, "MST": -7, "MDT": -6}
HOURS |= {"PST": -8, "PDT": -7, "AKST": -9, "AKDT": -8, "北京时间": 8, "北京時間": 8}
HOURS |= {"ART": -3, "BRT": -3, "TRT": 3, "EAT": 3, "CAT": 2, "SAST": 2, "WAT": 1, "PKT": 5}
HOURS |= {"WIB": 7, "ICT": 7, "MYT": 8, "PHT": 8}
# Where summer is not said.
_PLACES = {"ET": "America/New_York", "CT": "America/Chicago", "MT": "America/Denver"}
_PLACES |= {"PT": "America/Los_Angeles", "AT": "America/Halifax"}

# A half of the day, and the hour that it may begin with: 晚上12点 is the midnight that ends it.
_HALVES = dict.fromkeys(("am", "上午", "午前", "早上", "早晨", "清晨", "凌晨"), 0)
_HALVES |= {"中午": 10, "pm": 12, "下午": 12, "午后": 12, "午後": 12, "傍晚": 12}
_HALVES |= dict.fromkeys(("晚上", "晚间", "晚間"), 17)

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_FLAGS = re.ASCII | re.IGNORECASE | re.VERBOSE

_WEEKDAY = r"(?:[a-z]{2,9}\.?\ ?,?\ ?)?"
_NO_MONTH = rf"(?!{'|'.join(_MONTHS)})"  # Dec 2021
_YEAR_FIRST = re.compile(
    _NO_MONTH
    + _WEEKDAY
    + r"""(?: (?P<year>\d{4}(?!\d)|\d\d(?=\ ?年))
              (?:\ ?[-/.年]\ ?(?P<month>\d{1,2})
                 (?:\ ?[-/.月]\ ?(?P<day>\d{1,2})(?:\ ?[日号號.]|(?!\d)) | \ ?月)?)?
            | (?P<year4>\d{4})(?P<month2>\d\d)(?P<day2>\d\d)(?!\d) )
          (?:[\ (,]*(?:星期|周|週|礼拜|禮拜)[一二三四五六日天]\)?)?""",
    _FLAGS,
)
_DAY_FIRST = re.compile(
    _WEEKDAY
    + rf"""(?P<day>\d{{1,2}}) (?:st|nd|rd|th)? (?:
              [-\ ./]* (?P<name>{"|".join(_MONTHS)})[a-z]* [-\ ./,]* (?P<year>\d{{4}}|\d\d)
            | \.(?P<month>\d{{1,2}})\.(?P<year4>\d{{4}}) ) (?![\d:])""",
    _FLAGS,
)
_MONTH_FIRST = re.compile(
    _WEEKDAY
    + rf"""(?P<name>{"|".join(_MONTHS)})[a-z]* [-\ .]* (?P<day>\d{{1,2}})(?:st|nd|rd|th)?
          [-\ ,]+ (?P<year>\d{{4}}) (?![\d:])""",
    _FLAGS,
)
# What begins like this is read year first or not at all: 2026-13-01 is no day.
_YEAR_LIKE = re.compile(
    r"[-+] |" + _NO_MONTH + _WEEKDAY + r"(?: \d{4,}\ ?[-/.年]\ ?\d | \d\d\ ?年 | \d+(?:\.\d+)?\Z )",
    _FLAGS,
)
_TIME = re.compile(
    rf"""(?: (?:\ ?T\ ?|\ at\ |\ -\ |[\ ,]*) (?P<before>{"|".join(_HALVES)})?\ ?(?P<hour>\d{{1,2}})
           (?:\ ?(?P<clock>[:.点點时時])\ ?(?P<minute>\d{{1,2}}|半)?\ ?
              (?:[:.分]\ ?(?:(?P<second>\d{{1,2}})(?:[.,]\d+)?\ ?秒?)?)?整?)?
           (?:\ ?(?P<after>[ap])\.?m\b\.?)? )?
         \ ?(?: (?:[a-z]{{2,4}}\ ?)?-?(?P<sign>[-+])(?P<off>\d{{1,2}}):?(?P<minutes>\d\d)?
                 (?:Z|\ [a-z]{{3,5}})?
              | (?P<place>[a-z_]+/[a-z0-9_/+-]+)
              | \(?(?P<zone>[a-z]{{1,5}}|北京时间|北京時間)\)? )?
         (?:\ ?\([^)]*\)|\[[^]]*\])?""",
    _FLAGS,
)


def year_like(text: str) -> bool:
    """Whether `text`, spaces single, can be no other kind of date than one that begins with its
    year."""
    return _YEAR_LIKE.match(text) is not None


def year_first(text: str, local: Collection[str]) -> datetime | None:
    """The date that begins with its year, perhaps naive; `local` are zones that go unsaid."""
    return _read(_YEAR_FIRST.match(text), local)


def month_named(text: str, local: Collection[str]) -> datetime | None:
    """The date that names its month, or has dots and its day first, as Germans write."""
    return _read(_DAY_FIRST.match(text) or _MONTH_FIRST.match(text), local)


def _read(date: re.Match[str] | None, local: Collection[str]) -> datetime | None:
    time = _TIME.fullmatch(date.string, date.end()) if date else None
    if not date or not time:
        return None
    said = date.groupdict()
    day = said["day"] or said.get("day2")
    if not day and time[0]:
        return None  # a time of no day
    try:
        when = datetime(_year(said), _month(said), int(day or 1)) + _since_midnight(time)  # noqa: DTZ001
        return when.replace(tzinfo=_zone(time, local))
    except (ValueError, OverflowError):
        return None


def _year(said: dict[str, str | None]) -> int:
    text = said["year"] or said.get("year4") or ""
    return int(text) + (0 if len(text) == 4 else 2000 if int(text) < 50 else 1900)  # RFC 2822 §4.3


def _month(said: dict[str, str | None]) -> int:
    if name := said.get("name"):
        return _MONTHS.index(name.lower()) + 1
    return int(said.get("month") or said.get("month2") or 1)


def _since_midnight(time: re.Match[str]) -> timedelta:
    """ValueError when no clock shows it."""
    if not time["hour"]:
        return timedelta()
    half = (time["before"] or (f"{time['after']}m" if time["after"] else "")).lower()
    hour, second = int(time["hour"]), int(time["second"] or 0)
    minute = 30 if time["minute"] == "半" else int(time["minute"] or 0)
    if not (half or time["clock"]) or hour + (minute + second > 0) > 24 or minute > 59:
        raise ValueError
    if half and hour <= 12:
        begins = _HALVES[half]
        hour = begins + (hour - begins) % 12
    if second > 60:
        raise ValueError
    return timedelta(hours=hour, minutes=minute, seconds=min(second, 59))  # a leap second is none


def _zone(time: re.Match[str], local: Collection[str]) -> tzinfo | None:
    if time["sign"]:
        offset = timedelta(hours=int(time["off"]), minutes=int(time["minutes"] or 0))
        return timezone(-offset if time["sign"] == "-" else offset)
    return _at(time["place"]) if time["place"] else named((time["zone"] or "").upper(), local)


def _at(place: str) -> tzinfo | None:
    try:
        return ZoneInfo(place)
    except (ValueError, OSError, ZoneInfoNotFoundError):
        return None


def named(name: str, local: Collection[str]) -> tzinfo | None:
    """The zone of that name; None for one that is unknown or `local`: CST is China's as well as
    Chicago's."""
    if name in local:
        return None
    if place := _PLACES.get(name):
        return _at(place)
    return timezone(timedelta(hours=HOURS[name])) if name in HOURS else None
