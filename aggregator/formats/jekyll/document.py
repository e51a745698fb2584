"""One post as Jekyll reads it: its bytes, its path and the site's defaults → `Post`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from posixpath import basename, splitext

from aggregator.errors import ParseError
from aggregator.formats.jekyll import psych, rubytime
from aggregator.formats.jekyll.address import Named, address, extension
from aggregator.formats.jekyll.defaults import Data, deep_merged
from aggregator.formats.jekyll.rubytext import (
    Value,
    flat,
    split,
    titleized,
    to_s,
    truthy,
    union,
)
from aggregator.formats.jekyll.settings import Settings
from aggregator.formats.jekyll.tree import DATED, FOLDER, UNDATED

# Jekyll's one expression for both takes hours for a ruler above a million blank lines.
_OPENED = re.compile(r"---\s*\n", re.ASCII)
_CLOSED = re.compile(r"^(?:---|\.\.\.)\s*$\n?", re.ASCII | re.MULTILINE)
_LONGEST = 256_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    path: str  # from the site's folder
    url: str  # from the site's root: no host, no baseurl
    date: datetime | None  # None: the time of the build, whenever it is
    title: str
    categories: tuple[str, ...]
    tags: tuple[str, ...]
    data: Mapping[str, Value]  # defaults and front matter, merged
    body: str
    problems: tuple[str, ...] = ()


def read(
    body: bytes, *, path: str, defaults: Data, settings: Settings, now: datetime
) -> Post | None:
    """None for a post that is not published, or that Jekyll leaves out.

    ParseError for one that keeps Jekyll from building the site at all. Front matter that Jekyll
    cannot read is told in `problems`: it publishes the post without title and date then.
    """
    text = decoded(body, settings.encoding)
    if text is None:
        return None
    try:
        reading = _Reading(path, settings, now, defaults)
        rest, problem = reading.front_matter(text)
        if problem is None:
            reading.complete()
        if not (truthy(reading.data.get("published", True)) or settings.unpublished):
            return None
        return _post(reading, rest, (f"{path}:1: {problem}",) if problem else ())
    except ValueError as error:
        raise ParseError(f"{path}: {error}") from error


def decoded(body: bytes, encoding: str) -> str | None:
    """None for what Jekyll cannot read, and leaves out."""
    for name in (encoding, "utf-8"):  # what cannot be turned into UTF-8, Ruby takes for UTF-8
        try:
            return body.decode(name)
        except UnicodeError:
            continue
    return None


def parts(text: str) -> tuple[str | None, str]:
    """Front matter, if there is any, and body."""
    opened = _OPENED.match(text)
    closed = _CLOSED.search(text, opened.end()) if opened else None
    return (text[: closed.start()], text[closed.end() :]) if closed else (None, text)


class _Reading:
    """The data of a post, as it fills up."""

    def __init__(self, path: str, settings: Settings, now: datetime, defaults: Data) -> None:
        self.path = path
        self.relative = settings.relative(path)
        self.settings = settings
        self.now = now
        self.data: Data = {"categories": list(self._folders())}
        if defaults:
            self._merge(defaults)

    def front_matter(self, text: str) -> tuple[str, str | None]:
        """The body; and what was wrong with the front matter, if it was."""
        head, rest = parts(text)
        if head is None:
            return text, None
        try:
            if len(head) > _LONGEST:
                raise psych.Unreadable("too long")
            data = psych.load(head, self.settings.zone)
            if truthy(data):
                self._merge(_mapping(data))
        except psych.Unreadable as error:
            return rest, f"front matter: {error}; Jekyll publishes it without title and date"
        return rest, None

    def complete(self) -> None:
        """What no one said comes from the file's name, and the lists get their final form."""
        date, slug = self._named()
        if date and not truthy(self.data.get("date")):
            self._merge({"date": date})
        for key, value in (("title", titleized(slug)), ("slug", slug)):
            if not truthy(self.data.get(key)):
                self.data[key] = value
        own = _listed(self.data["categories"])
        categories = [to_s(x) for x in own + self._plural("category", "categories")]
        self._merge({"categories": list(dict.fromkeys(categories))})
        self._merge({"tags": self._plural("tag", "tags")})

    def _named(self) -> tuple[str | None, str]:
        """The date and the slug of the file's name."""
        if match := DATED.fullmatch(self.relative):
            return match[1], match[2].rstrip(".")
        match = UNDATED.fullmatch(self.relative)
        return None, match[1].rstrip(".") if match else self.basename

    @property
    def basename(self) -> str:
        return splitext(basename(self.path))[0]

    def _folders(self) -> list[str]:
        """The folders above `_posts` are categories; those below are not."""
        if self.relative.startswith(FOLDER):
            return []
        above = self.relative.partition(FOLDER)[0]
        return [x for x in above.split("/") if x and x != basename(self.path)]

    def _plural(self, one: str, many: str) -> list[Value]:
        if truthy(self.data.get(one)):
            return [x for x in flat([self.data[one]]) if x is not None]
        value = self.data.get(many)
        words: list[Value] = [*split(value)] if isinstance(value, str) else _listed(value)
        return [x for x in flat(words) if x is not None]

    def _merge(self, other: Data) -> None:
        categories = other.get("categories")
        if categories is not None:
            words = split(categories) if isinstance(categories, str) else categories
            if not isinstance(words, list):
                raise psych.Unreadable("categories: neither text nor a list")
            other = other | {"categories": union(_listed(self.data["categories"]), [*words])}
        self.data = deep_merged(self.data, other)
        if "date" in self.data:
            self.data["date"] = self._date(self.data["date"])

    def _date(self, value: Value) -> datetime:
        text = to_s(value)
        try:
            if isinstance(value, datetime) and rubytime.is_plain(value):
                return value.astimezone(self.settings.zone)
            return rubytime.parse(text, self.settings.zone, self.now)
        except (ValueError, OverflowError) as error:
            raise ValueError(f"date: {text[:40]!r} is none; Jekyll stops at it, mend it") from error


def _mapping(value: Value) -> Data:
    if not isinstance(value, dict):
        raise psych.Unreadable("no `key: value`")
    return value


def _listed(value: Value) -> list[Value]:
    return value if isinstance(value, list) else []


def _array(value: Value) -> list[Value]:
    """Ruby's `Array()`: where front matter cannot be read, the defaults' one tag is still text."""
    return [value] if isinstance(value, str) else _listed(value)


# ── the result ───────────────────────────────────────────────────────────────


def _post(reading: _Reading, body: str, problems: tuple[str, ...]) -> Post:
    data = reading.data
    date = data.get("date")
    categories = tuple(map(to_s, _listed(data["categories"])))
    return Post(
        path=reading.path,
        url=_url(reading, categories),
        date=date if isinstance(date, datetime) else None,
        title=to_s(data.get("title")),
        categories=categories,
        tags=tuple(map(to_s, _array(data.get("tags")))),
        data=data,
        body=body,
        problems=problems,
    )


def _url(reading: _Reading, categories: tuple[str, ...]) -> str:
    data, settings, path = reading.data, reading.settings, reading.relative
    permalink = to_s(data["permalink"]) if truthy(data.get("permalink")) else None
    date, slug = data.get("date"), data.get("slug")
    named = Named(
        path=splitext(path)[0].replace(FOLDER, "", 1).rstrip("."),
        basename=reading.basename,
        slug=to_s(slug) if truthy(slug) else None,
        extension=extension(permalink, path, settings.markdown),
        categories=categories,
        date=date if isinstance(date, datetime) else reading.now.astimezone(settings.zone),
    )
    return address(settings.permalink if permalink is None else permalink, named)
