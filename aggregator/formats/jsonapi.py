"""Answers of JSON APIs, as a source's `json:` maps them: where the items are, and which of their
fields means what. Paths are JMESPath (jmespath.org/specification.html).

    body → unwrapped → JSON → items → entries

What an item lacks is told, and the entry is kept.
"""

from __future__ import annotations

import html
import json
import re
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, tzinfo
from typing import Any
from urllib.parse import quote, urljoin, urlsplit
from zoneinfo import ZoneInfo

import jmespath
from jmespath.exceptions import JMESPathError

from aggregator.errors import ParseError
from aggregator.formats import bounds, charsets, pages
from aggregator.formats.remarks import unread_dates
from aggregator.links import with_permalink
from aggregator.model import Category, Entry, Feed, JsonFields, JsonText, Link, Person, Response
from aggregator.moments import credible, moment

TEXT = "text"  # the relation of a link to where the text of an entry is

# JSONP, an assignment, and what keeps other sites from running the answer as a script.
_WRAPPED = re.compile(
    r"""\s*(?:/\*.*?\*/\s*)?
    (?: \)\]\}'?,? | while\s*\(1\)\s*; | for\s*\(;;\)\s*;
      | (?:try\s*\{\s*)? (?:(?:var|let|const)\s+)? [\w$.\[\]'"]{1,200} \s* [(=]\s*\(?
      | \( )\s*""",
    re.VERBOSE | re.DOTALL,
)
_AFTER = re.compile(r"[\s);]*(?:\}\s*catch\b.*)?", re.DOTALL)
_FIELD = re.compile(r"\{([^{}]+)\}")
_TEMPLATE = re.compile(r"https?://|/", re.IGNORECASE)
_TAG = re.compile(r"</?[A-Za-z][^<>]*>|<!--|&(?:#\d+|#[xX][0-9A-Fa-f]+|[A-Za-z][A-Za-z0-9]*);")
_DOT_NET = re.compile(r"/Date\((-?\d+)(?:[+-]\d{4})?\)/")
_HALF = re.compile("[\ud800-\udfff]")  # of a pair: JSON can escape what no text can hold
_FINE = re.compile(r"\d{16}|\d{19}")  # micro- and nanoseconds since 1970
_EARLY = re.compile(r"\d{9}(?:\.\d+)?")  # seconds, before September 2001
_SEPARATORS = re.compile(r"[,，;；、|]")
_NAMES = ("name", "nickname", "title", "label", "term")
# Told where any item lacks it; others where all do.
_NEEDED = ("id", "title", "link", "published", "text")


def parse(response: Response, how: JsonFields, *, zone: tzinfo = UTC) -> Feed:
    """The entries in `response`; a date without an offset is read in the zone of `how`, else in
    `zone`. ParseError when there is no list of items where one should be."""
    data, problems = _loaded(response)
    listed = _items(data, how.items)
    items = listed[: bounds.MOST_ENTRIES]
    if len(listed) > len(items):
        problems += (bounds.MANY_ENTRIES,)
    reader = _Reader(how, zone=ZoneInfo(how.timezone) if how.timezone else zone, url=response.url)
    read = [reader.entry(key, item) for key, item in items]
    entries = tuple(e for e in read if e.id or e.title or e.links or e.html)
    if empty := len(read) - len(entries):
        problems += (f"{empty} of its items have none of the fields and were left out",)
    if read and not entries:
        raise ParseError(
            f"nothing of what json: names is in the {len(read)} items; {_has(items[0][1])}"
        )
    return Feed(
        base=response.url or None,
        entries=entries,
        problems=(*problems, *reader.lacking(len(read)), *unread_dates(reader.unread)),
    )


def text_address(entry: Entry) -> str | None:
    """Where the text of an entry that `parse` gave is."""
    return next((x.href for x in entry.links if x.rel == TEXT), None)


def text(response: Response, how: JsonFields) -> str:
    """The text that a second address answered; ParseError when there is none in it."""
    at = how.text or JsonText(url="")
    if at.element:
        found = pages.text(response, at.element)
    elif response.body.lstrip().startswith(b"<"):
        raise ParseError(
            "no JSON but a page; json.text.element says which of its elements is meant"
        )
    else:
        found = _markup(_string(_search(at.content, _loaded(response)[0])))
    if not found:
        where = f"{(at.element or at.content)!r} of what {urlsplit(response.url).netloc} answered"
        raise ParseError(f"no text at {where}")
    return found


# ── the document ─────────────────────────────────────────────────────────────


def _loaded(response: Response) -> tuple[Any, tuple[str, ...]]:
    said, problems = _decoded(response)
    if not said:
        raise ParseError("no JSON: it is empty")
    if said.startswith("<"):
        raise ParseError("no JSON: it is a page, or XML")
    bounds.refuse_many_parts(said)
    said = charsets.whole_escapes(said)
    wrapped = None if said[0] in '[{"' else _WRAPPED.match(said)
    try:
        data, end = _DECODER.raw_decode(said, wrapped.end() if wrapped else 0)
    except (ValueError, RecursionError) as error:
        raise ParseError(f"broken JSON: {error}") from error
    if not _AFTER.fullmatch(said, end):
        raise ParseError("broken JSON: there is something behind it")
    return data, problems


def _decoded(response: Response) -> tuple[str, tuple[str, ...]]:
    """UTF-8 wherever it can be (RFC 8259 §8.1), else as the server says."""
    stated = charsets.stated(response.headers.get("content-type", ""))
    try:
        response.body.decode()
        found = charsets.decode(response.body)
    except UnicodeDecodeError:
        found = charsets.decode(response.body, stated, "utf-8")
    return found.text.strip(), found.problems


_DECODER = json.JSONDecoder(strict=False)


def _items(data: Any, path: str) -> list[tuple[str, Any]]:
    """Each item, with the key under which it stands; a list has none."""
    found = _search(path, data)
    if isinstance(found, list):
        return [("", x) for x in found]
    if isinstance(found, dict):
        keyed = found and all(isinstance(x, dict) for x in found.values())
        return list(found.items()) if keyed else [("", found)] if found else []
    there = "null" if found is None else "no list"
    raise ParseError(f"JSON, but there is {there} at {path!r}, where json.items is; {_has(data)}")


def _has(data: Any) -> str:
    """What a mapping could have named instead."""
    sample = data[0] if isinstance(data, list) and data else data
    if not isinstance(sample, dict):
        return "it has no keys"
    names = ", ".join(repr(str(key)[:40]) for key in list(sample)[:12])
    return f"its keys are {names}" if names else "it is empty"


def _search(path: str, data: Any) -> Any:
    try:
        return jmespath.search(path, data)
    except (JMESPathError, TypeError, ValueError, AttributeError, RecursionError):
        return None  # a function that does not fit what is there; jmespath does not check all


# ── an item ──────────────────────────────────────────────────────────────────


class _Reader:
    """One answer's mapping, zone and address, and what its items lack."""

    def __init__(self, how: JsonFields, *, zone: tzinfo, url: str) -> None:
        self.how = how
        self.zone = zone
        self.url = url
        self.missed: Counter[str] = Counter()
        self.unread: list[str] = []  # what should have been a date

    def entry(self, key: str, item: Any) -> Entry:
        how = self.how
        id = self.string("id", how.id, item) or key
        link = self.address("link", how.link, item)
        whole = self.address("text", how.text.url, item) if how.text else None
        links = ((link, "alternate"), (whole, TEXT))
        return Entry(
            id=id,
            title=_inline(self.string("title", how.title, item)),
            links=with_permalink((Link(href=x, rel=rel) for x, rel in links if x), id),
            published=self.when("published", how.published, item),
            updated=self.when("updated", how.updated, item),
            authors=tuple(Person(name=x) for x in self.names("authors", how.authors, item)),
            summary=_markup(self.string("summary", how.summary, item)) or None,
            content=_markup(self.string("content", how.content, item)) or None,
            base=link or self.url or None,
            categories=tuple(
                Category(term=term)
                for name in self.names("categories", how.categories, item)
                for term in map(str.strip, _SEPARATORS.split(name))
                if term
            ),
            source_link=link,
        )

    def string(self, name: str, path: str | None, item: Any) -> str:
        found = _string(_search(path, item)).strip() if path else ""
        self.missed[name] += bool(path and not found)
        return found

    def names(self, name: str, path: str | None, item: Any) -> tuple[str, ...]:
        found = dict.fromkeys(_names(_search(path, item))) if path else {}
        self.missed[name] += bool(path and not found)
        return tuple(found)

    def address(self, name: str, path: str | None, item: Any) -> str | None:
        """From a field, or from a template that fields are put into."""
        if path is None:
            return None
        written = _filled(path, item) if is_template(path) else _string(_search(path, item)).strip()
        try:
            whole = urljoin(self.url, written) if written else ""
            web = urlsplit(whole).scheme in ("http", "https")
        except ValueError:
            web = False
        if not web:
            self.missed[name] += 1
        return whole if web else None

    def when(self, name: str, path: str | None, item: Any) -> datetime | None:
        said = self.string(name, path, item)
        found = credible(_moment(said, self.zone)) if said else None
        self.unread += [said] if said and not found else []
        return found

    def lacking(self, count: int) -> Iterator[str]:
        """One line for each field that items should have."""
        for name, missed in self.missed.items():
            if missed and (missed == count or name in _NEEDED):
                given = getattr(self.how, name)
                where = given if isinstance(given, str) else given.url
                yield f"{missed} of its {count} items have no {name} at {where!r}"


def is_template(path: str) -> bool:
    """Whether it is an address to put fields into, and no path to one."""
    return _TEMPLATE.match(path) is not None


def fields_in(template: str) -> list[str]:
    """The paths in braces."""
    return _FIELD.findall(template)


def _filled(template: str, item: Any) -> str:
    """With each field in its place, escaped so that it cannot lead elsewhere; "" if one lacks."""
    values = {path: _string(_search(path, item)).strip() for path in fields_in(template)}
    if not all(values.values()):
        return ""
    return _FIELD.sub(lambda found: quote(values[found[1]], safe=""), template)


def _string(value: Any) -> str:
    """A text or a number; of a list of them, all."""
    if isinstance(value, list):
        return "\n".join(x for x in map(_string, value) if x)
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    return _HALF.sub("\ufffd", str(value))


def _names(value: Any) -> Iterator[str]:
    """What people, or things, are called: texts, or objects that have a name."""
    if isinstance(value, list):
        for x in value:
            yield from _names(x)
    elif isinstance(value, dict):
        yield from _names(next((value[x] for x in _NAMES if value.get(x)), None))
    elif name := _string(value).strip():
        yield name


def _moment(said: str, zone: tzinfo) -> datetime | None:
    """Also what programs write: .NET's form, and numbers of seconds or parts of them."""
    if dot_net := _DOT_NET.fullmatch(said):
        said = dot_net[1]
    if _FINE.fullmatch(said):
        said = said[:13]
    if _EARLY.fullmatch(said):
        return datetime.fromtimestamp(float(said), UTC)
    return moment(said, zone)


def _inline(said: str) -> str:
    return said if _TAG.search(said) else html.escape(said, quote=False)


def _markup(said: str) -> str:
    """HTML as it is; of plain text each line is a paragraph."""
    said = said.strip()
    if not said or _TAG.search(said):
        return said
    lines = [html.escape(x.strip(), quote=False) for x in said.splitlines()]
    return "".join(f"<p>{x}</p>" for x in lines if x) if len(lines) > 1 else lines[0]
