"""Moments as readers of a page see them: in the site's zone and in its script."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, tzinfo

from aggregator.moments import iso
from aggregator.pages.words import ENGLISH

_MONTHS = (
    "January February March April May June July August September October November December".split()  # noqa: SIM905
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """`text` for people, `iso` for programs, in UTC."""

    text: str
    iso: str


def moment(when: datetime, *, zone: tzinfo, language: str) -> Moment:
    there = when.astimezone(zone)
    day = (
        f"{there.day} {_MONTHS[there.month - 1]} {there.year}"
        if language == ENGLISH
        else f"{there.year}年{there.month}月{there.day}日"
    )
    return Moment(text=f"{day} {there:%H:%M}", iso=iso(when))
