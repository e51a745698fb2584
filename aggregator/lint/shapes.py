"""What values look like: dates, addresses, media types. A shape says what is wrong with a text as
the rule that it breaks and in words, or None.

To add a shape: a function, and a line in `SHAPES`, by whose name grammars ask for it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from functools import lru_cache
from urllib.parse import urlsplit

Wrong = tuple[str, str] | None
Shape = Callable[[str], Wrong]

_RFC3339 = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.\d+)?(?:Z|[+-](\d\d):(\d\d))", re.ASCII
)
_W3CDTF = re.compile(
    r"\d{4}(?:-\d\d(?:-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d))?)?)?", re.ASCII
)
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_RFC822 = re.compile(
    r"(?:(?P<name>[A-Za-z]{3}),\s*)?(?P<day>\d{1,2})\s+(?P<month>[A-Za-z]{3})\s+(?P<year>\d\d(?:\d\d)?)"
    r"\s+(?P<hour>\d\d):(?P<minute>\d\d)(?::(?P<second>\d\d))?\s+(?P<zone>[+-]\d{4}|[A-Za-z]{1,3})",
    re.ASCII,
)
_COMMENT = re.compile(r"\([^()]*\)")
_ZONES = {"GMT", "UT", "UTC", "EST", "EDT", "CST", "CDT", "MST", "MDT", "PST", "PDT"}
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*")
_NOT_IN_IRI = re.compile(r"[\x00-\x20<>\"{}|\\^`\x7f-\xa0]|%(?![0-9A-Fa-f]{2})")
_MEDIA = re.compile(
    r"[\w!#$&^.+-]+/[\w!#$&^.+-]+(?:\s*;\s*[\w!#$&^.+-]+=(?:[^\s\";]+|\"[^\"]*\"))*\s*;?", re.ASCII
)
_LANGUAGE = re.compile(
    r"(?:i-[a-z0-9]{1,8}|x|(?P<main>[a-z]{2,3}))(?:-[a-z0-9]{1,8})*", re.ASCII | re.IGNORECASE
)
_EMAIL = re.compile(r"(?:[\w!#$%&'*+/=?^`{|}~.-]+|\"[^\"\n]*\")@[\w-]+(?:\.[\w-]+)*")
_TAG = re.compile(
    r"tag:(?:[\w.+-]+@)?[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?,(?P<date>\d{4}(?:-\d\d(?:-\d\d)?)?)"
    r":[\w.~%:@!$&'()*+,;=/?-]*(?:#[\w.~%:@!$&'()*+,;=/?-]*)?"
)
_URN = re.compile(r"urn:[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?:\S+", re.ASCII | re.IGNORECASE)
_UUID = re.compile(r"urn:uuid:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_DURATION = re.compile(r"\d+|(?:\d+:)?[0-5]?\d:[0-5]\d", re.ASCII)


def shortened(text: str) -> str:
    """As it is quoted in a fault."""
    text = text if len(text) <= 60 else text[:57] + "…"
    return repr(text)


# ── dates ────────────────────────────────────────────────────────────────────


def rfc3339(text: str) -> Wrong:
    if text != text.strip():
        return "space-around-value", f"white space around {shortened(text.strip())}"
    return _moment(text)


@lru_cache(maxsize=4096)
def _moment(text: str) -> Wrong:
    found = _RFC3339.fullmatch(text)
    if not found or not _on_the_clock(*found.groups()):
        return "invalid-date", f"{shortened(text)} is no date"
    return _plausible(int(found[1]), text)


def _on_the_clock(*parts: str | None) -> bool:
    year, month, day, hour, minute, second, off, off_minute = (int(x or 0) for x in parts)
    try:
        date(year, month, day)
    except ValueError:
        return False
    return hour < 24 and minute < 60 and second <= 60 and off < 24 and off_minute < 60


def _plausible(year: int, text: str) -> Wrong:
    """Without a clock: before there were feeds, or a lifetime away."""
    if 1980 <= year <= 2100:
        return None
    return "implausible-date", f"{shortened(text)} is far from any feed's time"


def w3cdtf(text: str) -> Wrong:
    """ISO 8601 as the W3C's note has it: a year is enough."""
    text = text.strip()
    if not _W3CDTF.fullmatch(text):
        return "invalid-date", f"{shortened(text)} is no date"
    padded = text + "0001-01-01T00:00:00Z"[len(text) :] if len(text) < 11 else text
    if len(text) > 16 and text[16:17] != ":":
        padded = text[:16] + ":00" + text[16:]
    found = _RFC3339.fullmatch(padded)
    if not found or not _on_the_clock(*found.groups()):
        return "invalid-date", f"{shortened(text)} is no date"
    return None


@lru_cache(maxsize=4096)
def rfc822(text: str) -> Wrong:
    text = text.strip()
    found = _RFC822.fullmatch(_COMMENT.sub(" ", text).strip() if "(" in text else text)
    when = _day(found) if found else None
    if not found or when is None:
        return "invalid-rss-date", f"{shortened(text)} is no date"
    name, zone = found["name"], found["zone"].upper()
    if name and _DAYS[when.weekday()] != name.lower():
        return "invalid-rss-date", f"{shortened(text)} was another day of the week"
    if zone[0] not in "+-" and zone not in _ZONES and len(zone) > 1:
        return "invalid-rss-date", f"{shortened(text)} is in no zone that the RFC knows"
    odd = (
        (len(found["year"]) == 2 and "a year of two digits")
        or (len(zone) == 1 and zone != "Z" and "a military zone")
        or (
            zone[0] in "+-"
            and zone[3:] not in ("00", "15", "30", "45")
            and "a zone that no clock has"
        )
        or (name and text[4:5].isdigit() and "no space behind its comma")
        or ("(" in text and "a comment")
        or (re.search(r"\s\s|[\t\n]", text) and "more than single spaces")
    )
    if odd:
        return "questionable-date", f"{shortened(text)} has {odd}"
    return _plausible(when.year, text)


def _day(found: re.Match[str]) -> date | None:
    year = int(found["year"])
    if len(found["year"]) == 2:
        year += 2000 if year < 50 else 1900
    clock = int(found["hour"]) < 24 and int(found["minute"]) < 60
    zone = found["zone"]
    if zone[0] in "+-":
        clock = clock and int(zone[1:3]) < 24 and int(zone[3:]) < 60
    if not clock or int(found["second"] or 0) > 60:
        return None
    try:
        return datetime(year, _MONTHS.index(found["month"].lower()) + 1, int(found["day"])).date()  # noqa: DTZ001
    except ValueError:
        return None


# ── addresses and ids ────────────────────────────────────────────────────────


def reference(text: str) -> Wrong:
    """An IRI or a relative reference (RFC 3987 §2.2)."""
    if not text or text == "#":
        return None
    bad = _NOT_IN_IRI.search(text)
    if bad:
        return "invalid-address", f"{shortened(text)} has {bad[0]!r} in it"
    scheme, colon, _ = text.partition(":")
    if colon and not set(scheme) & set("/?#") and not _SCHEME.fullmatch(scheme):
        return "invalid-address", f"{shortened(text)} begins with no scheme"
    return _located(text, scheme.lower() if colon else "")


def _located(text: str, scheme: str) -> Wrong:
    broken = "invalid-address", f"{shortened(text)} is no address"
    if text.count("#") > 1:
        return broken
    if scheme not in ("http", "https", "ftp", "feed", ""):
        return None
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return broken
    return broken if scheme in ("http", "https") and not host else None


def absolute(text: str) -> Wrong:
    """An IRI with its scheme."""
    wrong = reference(text)
    if wrong:
        return wrong
    scheme, colon, rest = text.partition(":")
    if not colon or not rest or not _SCHEME.fullmatch(scheme):
        return "relative-address", f"{shortened(text)} is no whole address"
    return None


def identity(text: str) -> Wrong:
    """An atom:id: an absolute IRI, as its scheme has it."""
    if text != text.strip():
        return "space-around-value", f"white space around {shortened(text.strip())}"
    scheme = text.partition(":")[0].lower()
    if scheme == "tag":
        return _tag(text)
    if scheme == "urn":
        return _urn(text)
    return absolute(text) or _canonical(text, scheme)


def _tag(text: str) -> Wrong:
    """RFC 4151."""
    found = _TAG.fullmatch(text)
    right = bool(found)
    if found:
        year, month, day = (*map(int, found["date"].split("-")), 1, 1)[:3]
        try:
            date(year, month, day)
        except ValueError:
            right = False
    return None if right else ("invalid-id", f"{shortened(text)} is no tag: of RFC 4151")


def _urn(text: str) -> Wrong:
    if not _URN.fullmatch(text) or _NOT_IN_IRI.search(text):
        return "invalid-id", f"{shortened(text)} is no urn: of RFC 8141"
    if text.lower().startswith("urn:uuid:") and not _UUID.fullmatch(text):
        return "invalid-id", f"{shortened(text)} is no UUID"
    return None


def _canonical(text: str, scheme: str) -> Wrong:
    """RFC 4287 §4.2.6.1."""
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        return None
    odd = (
        (text[: len(scheme)] != scheme and "capitals in its scheme")
        or (parts.netloc != parts.netloc.lower() and "capitals in its host")
        or (
            port == {"http": 80, "https": 443}.get(scheme)
            and port
            and "the port that goes without saying"
        )
        or (re.search(r":(?=/|$|@)|^@", parts.netloc.lower() + "/") and "an empty port or user")
        or (scheme in ("http", "https") and not parts.path and "no path")
        or (re.search(r"/\.\.?(?:/|$)", parts.path) and "dots for folders")
        or (re.search(r"%[0-9A-Fa-f]?[a-f]|%[a-f]", text) and "escapes in small letters")
        or (
            re.search(r"%(?:4[1-9A-F]|5[0-9AF]|6[1-9A-F]|7[0-9AE]|3[0-9]|2[DE])", text)
            and "escapes that nothing needs"
        )
    )
    return ("uncanonical-id", f"{shortened(text)} has {odd}") if odd else None


# ── the rest ─────────────────────────────────────────────────────────────────


def media_type(text: str) -> Wrong:
    return (
        None
        if _MEDIA.fullmatch(text)
        else ("invalid-media-type", f"{shortened(text)} is no media type")
    )


def language(text: str) -> Wrong:
    found = _LANGUAGE.fullmatch(text)
    right = found and text.lower() != "x"
    return None if right else ("invalid-language", f"{shortened(text)} is no language tag")


def xml_language(text: str) -> Wrong:
    """xml:lang may be empty: then no language is known."""
    return language(text) if text else None


def email(text: str) -> Wrong:
    if _EMAIL.fullmatch(text):
        return None
    return "invalid-email", f"{shortened(text)} is no e-mail address"


def number(text: str) -> Wrong:
    """Whole, and not below nothing."""
    if re.fullmatch(r"[0-9]{1,30}", text):
        return None
    return "invalid-number", f"{shortened(text)} is no whole number"


def positive(text: str) -> Wrong:
    return number(text) or (None if int(text) else ("invalid-number", "0 is too little"))


def integer(text: str) -> Wrong:
    return number(text.strip().removeprefix("-").removeprefix("+"))


def decimal(text: str) -> Wrong:
    if re.fullmatch(r"[+-]?\d+(?:\.\d*)?|[+-]?\.\d+", text, re.ASCII):
        return None
    return "invalid-number", f"{shortened(text)} is no number"


def duration(text: str) -> Wrong:
    if _DURATION.fullmatch(text):
        return None
    return "invalid-value", f"{shortened(text)} is neither seconds nor hh:mm:ss"


def one_of(*values: str) -> Shape:
    def shape(text: str) -> Wrong:
        if text in values:
            return None
        return "invalid-value", f"{shortened(text)} is none of {', '.join(values)}"

    return shape


def _filled(text: str) -> Wrong:
    return None if text.strip() else ("blank-value", "nothing is said")


def _whole_within(least: int, most: int) -> Shape:
    def shape(text: str) -> Wrong:
        if re.fullmatch(r"[0-9]{1,4}", text) and least <= int(text) <= most:
            return None
        return "invalid-value", f"{shortened(text)} is no number from {least} to {most}"

    return shape


def _trimmed(shape: Shape) -> Shape:
    """RSS does not mind the white space of pretty printing."""
    return lambda text: shape(text.strip())


SHAPES: Mapping[str, Shape] = {
    "date": rfc3339,
    "w3cdtf": w3cdtf,
    "rss-date": rfc822,
    "reference": reference,
    "address": _trimmed(absolute),
    "iri": absolute,
    "id": identity,
    "media": media_type,
    "language": language,
    "xml-language": xml_language,
    "rss-language": _trimmed(language),
    "email": email,
    "number": _trimmed(number),
    "positive": _trimmed(positive),
    "integer": integer,
    "decimal": _trimmed(decimal),
    "duration": _trimmed(duration),
    "filled": _filled,
    "boolean": one_of("true", "false"),
    "yes-no": one_of("yes", "no", "true", "false", "clean", "explicit", "Yes", "No", "Clean", ""),
    "block": one_of("yes", "no", "Yes", "No"),
    "allow-deny": one_of("allow", "deny"),
    "country-or-uri": one_of("country", "uri", "sharing"),
    "hash": one_of("md5", "sha-1"),
    "hour": _trimmed(_whole_within(0, 24)),
    "day": _trimmed(
        one_of("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
    ),
    "period": _trimmed(one_of("hourly", "daily", "weekly", "monthly", "yearly")),
    "medium": one_of("image", "audio", "video", "document", "executable"),
    "expression": one_of("sample", "full", "nonstop"),
    "plain-or-html": one_of("plain", "html"),
    "episode-type": _trimmed(one_of("full", "trailer", "bonus")),
    "show-type": _trimmed(one_of("episodic", "serial")),
}
