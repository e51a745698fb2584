"""What Ruby's `Date._parse` finds in a text: year, month, day and the rest, as far as they go.

The shapes and their order are Ruby's (date/format in its library): a shape that fits is cut out
of the text before the next is tried, so `2015-01-08 9:30pm` and `Jan 8th, 2015` both make sense.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial

MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July"),
    *("August", "September", "October", "November", "December"),
)
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")

_MONTH = "|".join(name[:3] for name in MONTHS)
_ERA = r"(c(?:e|\.e\.)|b(?:ce|\.c\.e\.)|a(?:d|\.d\.)|b(?:c|\.c\.))?"
_ALPHA = r"[^\W\d_]"


def _shape(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE | re.VERBOSE)


_WIDE_DIGIT = re.compile(r"[^\D0-9]")  # a letter to Ruby, whose \d is ASCII
_NOISE = re.compile(r"(?:[^-+',./:@\[\]\w]|_)+")
_DAY = _shape(rf"\b({'|'.join(name[:3] for name in DAYS)})[^-\d\s]*")
_TIME = _shape(
    rf"""( (?: \d+\s*:\s*\d+ (?: \s*:\s*\d+(?:[,.]\d*)? )?
             | \d+\s*h (?: \s*\d+m? (?: \s*\d+s? )? )? )
           (?: \s*[ap](?:m\b|\.m\.) )?
         | \d+\s*[ap](?:m\b|\.m\.) )
         (?: \s* ( (?:gmt|utc?)?[-+]\d+(?:[,.:]\d+(?::\d+)?)?
                 | (?:{_ALPHA}|[.\s])+(?:standard|daylight)\stime\b
                 | {_ALPHA}+(?:\sdst)?\b ) )?"""
)
_CLOCK = _shape(
    r"""(\d+)h? (?: \s*:?\s*(\d+)m? (?: \s*:?\s*(\d+)(?:[,.](\d*))?s? )? )?
        (?: \s*([ap])(?:m\b|\.m\.) )?"""
)
_EU = _shape(
    rf"""('?\d+)[^-\d\s]* \s* ({_MONTH})[^-\d\s']*
         (?: \s* {_ERA} \s* ('?-?\d+(?:(?:st|nd|rd|th)\b)?) )?"""
)
_US = _shape(
    rf"""\b({_MONTH})[^-\d\s']* \s* ('?\d+)[^-\d\s']*
         (?: \s*,? \s* {_ERA} \s* ('?-?\d+) )?"""
)
_ISO = _shape(r"('?[-+]?\d+)-(\d+)-('?-?\d+)")
_JIS = _shape(r"\b([mtshr])(\d+)\.(\d+)\.(\d+)")
_VMS = _shape(rf"('?-?\d+)-({_MONTH})[^-/.]*-('?-?\d+)")
_VMS_MONTH = _shape(rf"\b({_MONTH})[^-/.]*-('?-?\d+)(?:-('?-?\d+))?")
_SLASH = _shape(r"('?-?\d+)/\s*('?\d+)(?:[^\d]\s*('?-?\d+))?")
_DOT = _shape(r"('?-?\d+)\.\s*('?\d+)\.\s*('?-?\d+)")
_WEEK = _shape(r"\b(?:\d{2}|\d{4})?-?w\d{2}(?:-?\d)?\b|-w-\d\b")
_NO_YEAR = _shape(r"--(\d{2})?-(\d{2})\b")
_NO_YEAR_BASIC = _shape(r"--(\d{2})(\d{2})?\b")
_YEAR_DAY = _shape(r"\b(\d{2}|\d{4})-(\d{3})\b")
_NOT_YEAR_DAY = _shape(r"[,.](?:\d{2}|\d{4})-\d{3}(?!\d)")
_ONLY_DAY = _shape(r"\b-(\d{3})\b")
_NOT_ONLY_DAY = _shape(r"\d-\d{3}(?!\d)")
_YEAR = _shape(r"'(\d+)\b")
_MONTH_NAME = _shape(rf"\b({_MONTH})\S*")
_DAY_OF_MONTH = _shape(r"\b(\d+)(?:st|nd|rd|th)\b")
_DIGITS = _shape(
    r"""([-+]?)(\d{2,14}) (?: \s*t?\s* (\d{2,6})? (?:[,.](\d*))? )? \s*
        ( z\b | [-+]\d{1,4}\b | \[[-+]?\d[^\]]*\] )?"""
)
_BC = _shape(r"\b(?:bc\b|bce\b|b\.c\.|b\.c\.e\.)")
_LONE = _shape(r"\s*(\d{1,2})\s*")
_ERAS = {"m": 1867, "t": 1911, "s": 1925, "h": 1988, "r": 2018}


class _Reading:
    """The text that is left, and what was found in it."""

    def __init__(self, text: str) -> None:
        self.text = _NOISE.sub(" ", _WIDE_DIGIT.sub("年", text))
        self.found: dict[str, int] = {}
        self.zone: str | None = None
        self.short_year = True  # 26 is 2026
        self.before_christ = False

    def cut(self, shape: re.Pattern[str]) -> re.Match[str] | None:
        """Take the first text of that shape out."""
        match = shape.search(self.text)
        if match:
            self.text = f"{self.text[: match.start()]} {self.text[match.end() :]}"
        return match

    def put(self, **found: str | int | None) -> None:
        self.found |= {name: int(value) for name, value in found.items() if value is not None}


def found(text: str) -> tuple[dict[str, int], str | None]:
    """The parts named year, mon, mday, yday, hour, min, sec, and the zone as it is written."""
    reading = _Reading(text)
    _read(reading)
    return reading.found, reading.zone


def _read(reading: _Reading) -> None:
    reading.cut(_DAY)
    _time(reading)
    any(shape(reading) for shape in _DATES)
    if reading.cut(_BC):
        reading.before_christ = True
    _lone(reading)
    year = reading.found.get("year")
    if year is not None and reading.before_christ:
        reading.put(year=1 - year)
    elif year is not None and reading.short_year and 0 <= year <= 99:
        reading.put(year=year + (1900 if year >= 69 else 2000))


def _time(reading: _Reading) -> None:
    if match := reading.cut(_TIME):
        reading.zone = match[2]
        clock = _CLOCK.match(match[1])
        assert clock
        hour, minute, second, _, half = clock.groups()
        reading.put(hour=hour, min=minute, sec=second)
        if half:
            reading.put(hour=int(hour) % 12 + (12 if half in "pP" else 0))


def _european(reading: _Reading) -> bool:
    if match := reading.cut(_EU):
        day, month, era, year = match.groups()
        _three(reading, year, _number(month), day, _before(era))
    return bool(match)


def _american(reading: _Reading) -> bool:
    if match := reading.cut(_US):
        month, day, era, year = match.groups()
        _three(reading, year, _number(month), day, _before(era))
    return bool(match)


def _number(month: str) -> str:
    return str(_MONTH.lower().split("|").index(month.lower()) + 1)


def _before(era: str | None) -> bool:
    return (era or "").lower().startswith("b")


def _in_order(shape: re.Pattern[str], reading: _Reading) -> bool:
    if match := reading.cut(shape):
        year, month, day = match.groups()
        _three(reading, year, month, day)
    return bool(match)


def _japanese(reading: _Reading) -> bool:
    if match := reading.cut(_JIS):
        era, year, month, day = match.groups()
        reading.put(year=int(year) + _ERAS[era.lower()], mon=month, mday=day)
    return bool(match)


def _vms(reading: _Reading) -> bool:
    if match := reading.cut(_VMS):
        day, month, year = match.groups()
    elif match := reading.cut(_VMS_MONTH):
        month, day, year = match.groups()
    else:
        return False
    _three(reading, year, _number(month), day)
    return True


def _iso_rest(reading: _Reading) -> bool:
    if reading.cut(_WEEK):
        return True  # found, and of no use to Time.parse
    if match := reading.cut(_NO_YEAR) or reading.cut(_NO_YEAR_BASIC):
        reading.put(mon=match[1], mday=match[2])
    elif not _NOT_YEAR_DAY.search(reading.text) and (match := reading.cut(_YEAR_DAY)):
        reading.put(year=match[1], yday=match[2])
    elif not _NOT_ONLY_DAY.search(reading.text) and (match := reading.cut(_ONLY_DAY)):
        reading.put(yday=match[1])
    return bool(match)


def _alone(shape: re.Pattern[str], name: str, reading: _Reading) -> bool:
    if match := reading.cut(shape):
        reading.put(**{name: match[1]})
    return bool(match)


def _month_name(reading: _Reading) -> bool:
    if match := reading.cut(_MONTH_NAME):
        reading.put(mon=_number(match[1]))
    return bool(match)


def _digits(reading: _Reading) -> bool:
    match = reading.cut(_DIGITS)
    if not match:
        return False
    sign, digits, clock, fraction, zone = match.groups()
    if clock is None and fraction is not None:
        _from_the_end(reading, sign, digits)
    else:
        _from_the_start(reading, sign, digits)
    if clock and len(clock) % 2 == 0:
        pairs = [clock[i : i + 2] for i in range(0, len(clock), 2)]
        if fraction is None:
            reading.put(**dict(zip(("hour", "min", "sec"), pairs, strict=False)))
        else:
            reading.put(**dict(zip(("sec", "min", "hour"), reversed(pairs), strict=False)))
    if zone:
        reading.zone = _bracketed(zone) if zone.startswith("[") else zone
    return True


def _from_the_start(reading: _Reading, sign: str, digits: str) -> None:
    size = len(digits)
    if size in (2, 4):
        reading.put(mon=digits[:-2] or None, mday=digits[-2:])
    elif size == 3:
        reading.put(yday=digits)
    elif size == 6:
        reading.put(year=sign + digits[:2], mon=digits[2:4], mday=digits[4:])
    elif size in (5, 7):
        reading.put(year=sign + digits[:-3], yday=digits[-3:])
    elif size % 2 == 0:
        reading.short_year = False
        reading.put(year=sign + digits[:4], mon=digits[4:6], mday=digits[6:8])
        reading.put(hour=digits[8:10] or None, min=digits[10:12] or None, sec=digits[12:] or None)


def _from_the_end(reading: _Reading, sign: str, digits: str) -> None:
    """A fraction follows: the last two digits are seconds."""
    size = len(digits)
    if size > 7 and size % 2:
        return
    names = iter(("sec", "min", "hour", "mday", "mon", "year"))
    while digits:
        name = next(names)
        width = 4 if name == "year" else 2
        reading.put(**{name: (sign if name == "year" else "") + digits[-width:]})
        digits = digits[:-width]
    if size == 14:
        reading.short_year = False


def _bracketed(zone: str) -> str:
    inside = zone[1:-1]
    offset, _, name = inside.partition(":")
    return name or (f"+{offset}" if offset[0].isdigit() else offset)


def _lone(reading: _Reading) -> None:
    """One or two digits that are left: the day of an hour, or the hour of a day."""
    if match := _LONE.fullmatch(reading.text):
        number = int(match[1])
        if "hour" in reading.found and "mday" not in reading.found and 1 <= number <= 31:
            reading.put(mday=number)
        if "mday" in reading.found and "hour" not in reading.found and number <= 24:
            reading.put(hour=number)


_DATES: tuple[Callable[[_Reading], bool], ...] = (
    _european,
    _american,
    partial(_in_order, _ISO),
    _japanese,
    _vms,
    partial(_in_order, _SLASH),
    partial(_in_order, _DOT),
    _iso_rest,
    partial(_alone, _YEAR, "year"),
    _month_name,
    partial(_alone, _DAY_OF_MONTH, "mday"),
    _digits,
)


def _three(
    reading: _Reading, y: str | None, m: str | None, d: str | None, before: bool = False
) -> None:
    """Which of three numbers is the year: the quoted one, or the one of more than two digits."""
    if y and m and not d:
        y, m, d = d, y, m
    if y is None and d and (len(d) > 2 or d.startswith("'")):
        y, d = d, None
    if y and (match := re.search(r"([0-9]+)[^0-9]", y)):
        y, d = d, match[1]
    if m and (m.startswith("'") or len(m) > 2):
        y, m, d = m, d, y
    if d and (d.startswith("'") or len(d) > 2):
        y, d = d, y
    if y and (match := re.search(r"([-+])?([0-9]+)", y)):
        if match[1] or len(match[2]) > 2:
            reading.short_year = False
        reading.before_christ |= before
        reading.put(year=match[0])
    if m and (match := re.search("[0-9]+", m)):
        reading.put(mon=match[0])
    if d and (match := re.search("[0-9]+", d)):
        reading.put(mday=match[0])
