"""What the front matter of a post says, key by key."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, tzinfo
from pathlib import PurePosixPath

from aggregator.formats import frontmatter
from aggregator.formats.frontmatter import Document, Value
from aggregator.model import Enclosure, Person
from aggregator.moments import moment, utc

_DATED = re.compile(r"((?:\d\d){1,2}-\d{1,2}-\d{1,2})-", re.ASCII)  # Jekyll takes 26 for 2026
_OFFSET_ONLY = re.compile(r"Z|[+-]\d{1,2}:?\d{2}", re.ASCII)  # what a script leaves of no date
_SPACED_OFFSET = re.compile(r"\s+(?=[+-]\d{2}:?\d{2}$)", re.ASCII)
_LONGEST_DATE = 100
_YEAR = re.compile(r"\d{4}|\d{2}年|\d{2}-\d{1,2}-\d{1,2}")  # dateutil would make up a missing one


def title(document: Document) -> str:
    title = document.fields.get("title")
    if title is not None:
        return frontmatter.as_written(title)
    # As Jekyll makes one: 2026-01-02-hello-world.md is "Hello World".
    slug = _DATED.sub("", _name(document.path), count=1)
    return " ".join(word.capitalize() for word in slug.split("-") if word)


def _name(path: str) -> str:
    """Of a post without its suffix. Hugo has posts that are folders: `night-boats/index.md`, and
    `index.zh.md` in another language."""
    place = PurePosixPath(path)
    if place.name.startswith("index.") and place.parent.name:
        return place.parent.name
    return place.stem


def published(document: Document, zone: tzinfo) -> tuple[datetime | None, tuple[str, ...]]:
    when, problems = stated(document, ("publishdate", "date"), zone)
    if when:
        return when, problems
    name = _DATED.match(_name(document.path))
    if not name:
        return None, problems
    year, month, day = map(int, name[1].split("-"))
    try:
        midnight = datetime(year + 2000 if year < 100 else year, month, day)  # noqa: DTZ001
    except ValueError:
        return None, (*problems, f"{document.path}:1: no such day as {name[1]}; read as undated")
    return utc(midnight, zone), problems


def stated(
    document: Document, keys: tuple[str, ...], zone: tzinfo
) -> tuple[datetime | None, tuple[str, ...]]:
    """The first of `keys` that holds a date, and what is wrong with those before it."""
    problems: list[str] = []
    for key in keys:
        text = document.text(key)
        if text is None or _OFFSET_ONLY.fullmatch(text):
            continue
        if found := _moment(text, zone):
            return found, tuple(problems)
        problems.append(document.problem(key, f"{key}: {text[:40]!r} is no date; read without it"))
    return None, tuple(problems)


def _moment(text: str, zone: tzinfo) -> datetime | None:
    # Without its space, Jekyll's own `2026-01-02 10:00:00 +0800` is ISO 8601, and twenty times
    # as fast to read.
    if len(text) > _LONGEST_DATE or not _YEAR.search(text):
        return None
    return moment(_SPACED_OFFSET.sub("", text), zone)


def categories(document: Document) -> Iterator[str]:
    # Jekyll splits a string at its spaces; here it is the name of one paper, spaces and all.
    yield from document.strings("category")
    yield from document.strings("categories")


def tags(document: Document) -> Iterator[str]:
    for key in ("tag", "tags"):
        if isinstance(document.fields.get(key), list):
            yield from document.strings(key)
        else:
            yield from (x.strip() for x in re.split("[,，、]", document.text(key) or ""))


def unique(terms: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(x for x in terms if x))


def authors(document: Document) -> Iterator[Person]:
    people = map(_person, _each(document, ("author", "authors")))
    return (person for person in dict.fromkeys(people) if person != Person())


def _person(value: Value) -> Person:
    if isinstance(value, dict):
        url = _word(value, "url") or _word(value, "uri")
        return Person(name=_word(value, "name") or "", email=_word(value, "email"), url=url)
    return Person(name=frontmatter.told(value) or "")


def enclosures(document: Document) -> Iterator[Enclosure]:
    for value in _each(document, ("enclosure", "audio")):
        fields: Mapping[str, Value] = value if isinstance(value, dict) else {"url": value}
        if url := _word(fields, "url"):
            length = re.fullmatch(r"[0-9]{1,18}", _word(fields, "length") or "")
            yield Enclosure(
                url=url, type=_word(fields, "type"), length=int(length[0]) if length else None
            )


def _each(document: Document, keys: tuple[str, ...]) -> Iterator[Value]:
    for key in keys:
        value = document.fields.get(key, [])
        yield from value if isinstance(value, list) else [value]


def _word(fields: Mapping[str, Value], key: str) -> str | None:
    return frontmatter.told(fields.get(key))
