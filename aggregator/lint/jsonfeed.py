"""JSON Feed 1.0 and 1.1: a schema as a table, and what a schema cannot say."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from aggregator.errors import ParseError
from aggregator.formats.bounds import MOST_ENTRIES, refuse_many_parts
from aggregator.lint.fault import MOST, Faults, Place
from aggregator.lint.shapes import SHAPES, shortened

_VERSION = re.compile(r"https?://(?:www\.)?jsonfeed\.org/version/1(?:\.1)?/?")


class _Table:
    """What an object holds: for each key a shape, another table, or a list of either; `!` marks
    those that must be there."""

    def __init__(self, rows: Mapping[str, Any]) -> None:
        self.shapes = {name.rstrip("!"): shape for name, shape in rows.items()}
        self.needed = [name[:-1] for name in rows if name.endswith("!")]


_AUTHOR = _Table({"name": "filled", "url": "address", "avatar": "address"})
_HUB = _Table({"type!": "filled", "url!": "address"})
_ATTACHMENT = _Table({
    "url!": "address", "mime_type!": "media", "title": "text",
    "size_in_bytes": "amount", "duration_in_seconds": "amount",
})  # fmt: skip
_ITEM = _Table({
    "id!": "id", "url": "address", "external_url": "address", "title": "text",
    "content_html": "text", "content_text": "text", "summary": "text", "image": "address",
    "banner_image": "address", "date_published": "date", "date_modified": "date",
    "author": _AUTHOR, "authors": [_AUTHOR], "tags": ["filled"], "language": "language",
    "attachments": [_ATTACHMENT],
})  # fmt: skip
_FEED = _Table({
    "version!": "text", "title!": "text", "home_page_url": "address", "feed_url": "address",
    "description": "text", "user_comment": "text", "next_url": "address", "icon": "address",
    "favicon": "address", "author": _AUTHOR, "authors": [_AUTHOR], "language": "language",
    "expired": "flag", "hubs": [_HUB], "items!": [_ITEM],
})  # fmt: skip
Path = tuple[str | int, ...]
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\],:]|[^\s{}\[\],:"]+', re.DOTALL)


class _Report:
    """Faults by path; where that is in the text is looked for only when there are any."""

    def __init__(self) -> None:
        self.found: list[tuple[str, str, Path, str]] = []

    @property
    def full(self) -> bool:
        return len(self.found) >= MOST

    def add(self, rule: str, what: str, path: Path, reference: str = "") -> None:
        if not self.full:
            self.found.append((rule, what, path, reference))


def check(text: str, faults: Faults, *, address: str | None) -> None:
    report = _Report()
    try:
        refuse_many_parts(text)
        value = json.loads(text, object_pairs_hook=_pairs(report))
    except ParseError as error:
        faults.add("too-much-markup", str(error), Place(line=1, column=1))
        return
    except RecursionError:
        faults.add(
            "too-deep", "lists and objects in each other without end", Place(line=1, column=1)
        )
        return
    except json.JSONDecodeError as error:
        faults.add("not-json", error.msg.lower(), Place(line=error.lineno, column=error.colno))
        return
    except ValueError as error:  # a number of thousands of digits
        faults.add("not-json", str(error).partition(";")[0].lower(), Place(line=1, column=1))
        return
    if isinstance(value, dict):
        _object(value, _FEED, (), report)
        _of_feed(value, report, address)
    else:
        report.add("wrong-type", "a feed is an object", ())
    places = _places(text, {path for _, _, path, _ in report.found})
    for rule, what, path, reference in report.found:
        faults.add(rule, what, places.get(path, Place(path=shown(path))), reference)


def _pairs(report: _Report) -> Any:
    def made(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) < len(pairs):
            names = [name for name, _ in pairs]
            twice = next(x for x in names if names.count(x) > 1)
            report.add("duplicate-key", f"{shortened(twice)} is there twice", ())
        return found

    return made


# ── the table ────────────────────────────────────────────────────────────────


def _object(value: dict[str, Any], table: _Table, path: Path, report: _Report) -> None:
    for name in table.needed:
        if name not in value:
            report.add("missing-key", f"no {name}", path)
    for name, inner in value.items():
        if report.full:
            return
        if name in table.shapes:
            _value(inner, table.shapes[name], (*path, name), report)
        elif not name.startswith("_"):
            report.add("unknown-key", f"nothing is called {shortened(name)}", (*path, name))


def _value(value: Any, shape: Any, path: Path, report: _Report) -> None:
    if isinstance(shape, list):
        if not isinstance(value, list):
            report.add("wrong-type", f"{_name(path)} is no list", path)
            return
        for number, inner in enumerate(value[:MOST_ENTRIES]):
            _value(inner, shape[0], (*path, number), report)
    elif isinstance(shape, _Table):
        if not isinstance(value, dict):
            report.add("wrong-type", f"{_name(path)} is no object", path)
            return
        _object(value, shape, path, report)
    else:
        _plain(value, shape, path, report)


def _plain(value: Any, shape: str, path: Path, report: _Report) -> None:
    name = _name(path)
    if shape == "flag":
        if not isinstance(value, bool):
            report.add("wrong-type", f"{name} is neither true nor false", path)
    elif shape == "amount":
        if isinstance(value, bool) or not isinstance(value, int | float) or value < 0:
            report.add("wrong-type", f"{name} is no number", path)
    elif not isinstance(value, str):
        report.add("wrong-type", f"{name} is no text", path)
    elif shape == "id":
        if not value:
            report.add("missing-id", "an empty id", path, "JSON Feed 1.1")
    elif shape != "text":
        wrong = SHAPES[shape](value)
        if wrong:
            report.add(wrong[0], f"{name}: {wrong[1]}", path)


def _name(path: Path) -> str:
    return next((x for x in reversed(path) if isinstance(x, str)), "feed")


# ── what a schema cannot say ─────────────────────────────────────────────────


def _of_feed(feed: dict[str, Any], report: _Report, address: str | None) -> None:
    version = feed.get("version")
    if isinstance(version, str) and not _VERSION.fullmatch(version):
        report.add(
            "invalid-value", f"version is {shortened(version)}", ("version",), "JSON Feed 1.1"
        )
    modern = isinstance(version, str) and version.rstrip("/").endswith("1.1")
    own = feed.get("feed_url")
    if not own:
        report.add("missing-feed-url", "no feed_url", ())
    elif address and isinstance(own, str) and own != address:
        what = f"feed_url is {shortened(own)}, and this is {shortened(address)}"
        report.add("self-link-differs", what, ("feed_url",), "JSON Feed 1.1")
    if not feed.get("home_page_url"):
        report.add("missing-home-page", "no home_page_url", ())
    if modern and not feed.get("language"):
        report.add("missing-language", "no language", ())
    if feed.get("next_url") and feed["next_url"] in (own, address):
        report.add("endless-pages", "next_url is this page", ("next_url",))
    if modern and "author" in feed:
        report.add("deprecated-key", "author", ("author",))
    items = feed.get("items")
    _of_items(items if isinstance(items, list) else [], report, modern=modern)


def _of_items(items: list[Any], report: _Report, *, modern: bool) -> None:
    seen: set[str] = set()
    for number, item in enumerate(items[:MOST_ENTRIES]):
        if not isinstance(item, dict):
            continue
        path: Path = ("items", number)
        if "content_html" not in item and "content_text" not in item:
            report.add(
                "missing-content", "neither content_html nor content_text", path, "JSON Feed 1.1"
            )
        if modern and "author" in item:
            report.add("deprecated-key", "author", (*path, "author"))
        own = item.get("id")
        if isinstance(own, str) and own:
            if own in seen:
                what = f"{shortened(own)} is the id of another, too"
                report.add("duplicate-id", what, (*path, "id"), "JSON Feed 1.1")
            seen.add(own)


# ── where it stands ──────────────────────────────────────────────────────────


def shown(path: Path) -> str:
    """`items 3/attachments 1/url`."""
    words: list[str] = []
    for step in path:
        if isinstance(step, int) and words:
            words[-1] += f" {step + 1}"
        else:
            words.append(str(step))
    return "/".join(words)


def _places(text: str, wanted: set[Path]) -> dict[Path, Place]:
    """Where in `text`, which is JSON, the values at these paths begin."""
    if not wanted:
        return {}
    starts: dict[Path, int] = {}
    path: list[str | int] = []
    keyed = False  # the next text is a key
    for found in _TOKEN.finditer(text):
        token = found[0]
        if token in "}]":
            path.pop()
            keyed = False
        elif token == ",":
            keyed = path[-1] is None or isinstance(path[-1], str)
            if isinstance(path[-1], int):
                path[-1] += 1
        elif token == ":":
            continue
        elif keyed and token[0] == '"':
            path[-1] = json.loads(token)
            keyed = False
        else:
            if tuple(path) in wanted:
                starts.setdefault(tuple(path), found.start())
                if len(starts) == len(wanted):
                    break
            if token == "{":
                path.append("")
                keyed = True
            elif token == "[":
                path.append(0)
    return {path: _placed(text, start, path) for path, start in starts.items()}


def _placed(text: str, start: int, path: Path) -> Place:
    line = text.count("\n", 0, start) + 1
    return Place(line=line, column=start - text.rfind("\n", 0, start), path=shown(path))
