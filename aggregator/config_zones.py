"""Time zones by name, and which one was meant: an area name, for only those know of summer time."""

from __future__ import annotations

import difflib
import re
import zoneinfo
from collections.abc import Mapping

# Of this machine, or no zone at all: they mean something else elsewhere, or nothing.
_NOT_ZONES = re.compile(r"localtime|posixrules|Factory|(?:posix|right)/.*|leap.*|.*\.(?:tab|zi)")
# Etc/GMT+8 lies eight hours *west*: the last thing that whoever wrote UTC+8 wants.
_OFFSET = re.compile(r"(?i)(?:UTC|GMT|Z)?\s*([+-]|(?<=[CTZ]))(\d{1,2})(?::?(\d{2}))?")
_BY_HOURS: Mapping[float, str] = {
    -10: "Pacific/Honolulu", -9: "America/Anchorage", -8: "America/Los_Angeles",
    -7: "America/Denver", -6: "America/Chicago", -5: "America/New_York", -4: "America/Halifax",
    -3.5: "America/St_Johns", -3: "America/Sao_Paulo", 0: "UTC", 1: "Europe/Berlin",
    2: "Europe/Athens", 3: "Europe/Moscow", 3.5: "Asia/Tehran", 4: "Asia/Dubai",
    4.5: "Asia/Kabul", 5: "Asia/Karachi", 5.5: "Asia/Kolkata", 5.75: "Asia/Kathmandu",
    6: "Asia/Dhaka", 6.5: "Asia/Yangon", 7: "Asia/Bangkok", 8: "Asia/Shanghai", 9: "Asia/Tokyo",
    9.5: "Australia/Adelaide", 10: "Australia/Sydney", 11: "Pacific/Noumea",
    12: "Pacific/Auckland", 13: "Pacific/Tongatapu",
}  # fmt: skip
# What people call them, and no list of zones does; several where a name means several.
_BY_NAME = {
    name: zones
    for names, zones in {
        "CST": "Asia/Shanghai or America/Chicago",
        "IST": "Asia/Kolkata, Europe/Dublin or Asia/Jerusalem",
        "BST": "Europe/London or Asia/Dhaka",
        "AST": "America/Halifax or Asia/Riyadh",
        "BEIJING PEKING CHINA 北京 北京时间 中国": "Asia/Shanghai",
        "HKT": "Asia/Hong_Kong",
        "SGT": "Asia/Singapore",
        "JST 东京 東京": "Asia/Tokyo",
        "KST": "Asia/Seoul",
        "ICT": "Asia/Bangkok",
        "WIB": "Asia/Jakarta",
        "PHT": "Asia/Manila",
        "PKT": "Asia/Karachi",
        "GST": "Asia/Dubai",
        "MSK": "Europe/Moscow",
        "TRT": "Europe/Istanbul",
        "EEST": "Europe/Athens",
        "CEST MEZ MESZ": "Europe/Berlin",
        "WEST": "Europe/Lisbon",
        "SAST": "Africa/Johannesburg",
        "EAT": "Africa/Nairobi",
        "WAT": "Africa/Lagos",
        "EDT ET": "America/New_York",
        "CDT CT": "America/Chicago",
        "MDT MT": "America/Denver",
        "PST PDT PT": "America/Los_Angeles",
        "AKST AKDT": "America/Anchorage",
        "ADT": "America/Halifax",
        "BRT": "America/Sao_Paulo",
        "ART": "America/Argentina/Buenos_Aires",
        "AEST AEDT": "Australia/Sydney",
        "ACST ACDT": "Australia/Adelaide",
        "AWST": "Australia/Perth",
        "NZST NZDT": "Pacific/Auckland",
        "Z ZULU": "UTC",
    }.items()
    for name in names.split()
}


def known(name: str) -> bool:
    """Whether it is a zone, the same one on every machine."""
    if _NOT_ZONES.fullmatch(name):
        return False
    try:
        zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def meant(name: str) -> str | None:
    """The zone, or zones, that somebody may have meant who wrote `name`; None when nobody can say:
    of names that are near each other zones are hours apart."""
    if zones := _BY_NAME.get(name.rpartition("/")[2].upper()):
        return zones
    if offset := _OFFSET.fullmatch(name.strip()):
        hours = int(offset[2]) + int(offset[3] or 0) / 60
        return _BY_HOURS.get(-hours if offset[1] == "-" else hours)
    areas = {_bare(x): x for x in zoneinfo.available_timezones() if _area(x)}
    cities = {zone.rpartition("/")[2]: name for zone, name in areas.items()}
    word = _bare(name)
    choices = areas if "/" in name else cities
    near = [word] if word in choices else difflib.get_close_matches(word, choices, 1, 0.8)
    return choices[near[0]] if near and (len(word) > 4 or near == [word]) else None


def _area(zone: str) -> bool:
    return "/" in zone and not zone.startswith(("Etc/", "SystemV/", "US/", "posix/", "right/"))


def _bare(name: str) -> str:
    return re.sub(r"[\s_-]+", "_", name.strip()).casefold()
