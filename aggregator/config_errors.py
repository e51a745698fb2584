"""What one value of the config may be, and the words for every way in which it is not.

A check takes what was written (text, a list, keys), or the value itself, and gives the value or
raises MisreadError. `faults` says where each fault stands, `report` makes the lines for people.
"""

from __future__ import annotations

import collections.abc
import dataclasses
import difflib
import ipaddress
import os
import re
import unicodedata
import zoneinfo
from collections.abc import Iterable, Iterator
from datetime import timedelta
from pathlib import Path as Folder
from typing import Any, get_args, get_origin, get_type_hints
from urllib.parse import SplitResult, urlsplit

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from aggregator.errors import ConfigError
from aggregator.yamltext import Document, Fault, Path, Scalar

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_DURATION = re.compile(
    "".join(rf"(?:(?P<{x}>[0-9]{{1,6}}){x[0]} ?)?" for x in ("weeks", "days", "hours"))
    + r"(?:(?P<minutes>[0-9]{1,6})m ?)?(?:(?P<seconds>[0-9]{1,6})s)?"
)
_UNITS = {"B": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9, "KIB": 2**10, "MIB": 2**20, "GIB": 2**30}
_TEN_YEARS = timedelta(days=3660)
_RESERVED = frozenset(("all", "index", "archive", "sources"))
_LATER_FORMATS = frozenset(("rss", "json", "html", "opml"))


class MisreadError(ValueError):
    """A ValueError because that is what pydantic takes from a check; `offset` counts characters
    into the text, where the fault has a place in it."""

    def __init__(self, message: str, *, offset: int | None = None) -> None:
        super().__init__(message)
        self.offset = offset


# ── texts ────────────────────────────────────────────────────────────────────


def text(value: object) -> str:
    if not isinstance(value, str):
        raise MisreadError(f"text is wanted here, not {_noun(value)}")
    value = value.strip()
    if not value:
        raise MisreadError("this text is empty")
    if any(unicodedata.category(x) in ("Cc", "Cs") for x in value):
        raise MisreadError("this is to be one line, without control characters")
    return value


def name(value: object) -> str:
    """Of a source: it becomes part of addresses and log lines."""
    value = text(value)
    if "/" in value:
        raise MisreadError("a name cannot hold '/'")
    return value


def language(value: object) -> str:
    """A language tag (BCP 47), by its shape alone."""
    value = text(value)
    if re.fullmatch(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*", value):
        return value
    hint = f", did you mean '{value.replace('_', '-')}'?" if "_" in value else ", as en or zh-Hans"
    raise MisreadError(f"{shown(value)} is no language tag{hint}")


def timezone(value: object) -> str:
    value = text(value)
    try:
        zoneinfo.ZoneInfo(value)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        # Etc/GMT+8 lies eight hours *west*: the last thing that whoever wrote UTC+8 wants.
        zones = (x for x in zoneinfo.available_timezones() if "GMT" not in x)
        hint = suggestion(value, zones) or ", write one such as Asia/Shanghai or UTC"
        raise MisreadError(f"unknown time zone {shown(value)}{hint}") from None
    return value


def slug(value: object) -> str:
    value = unicodedata.normalize("NFC", text(value))
    parts = value.split("-")
    letters = all(unicodedata.category(x)[0] in "LMN" for part in parts for x in part)
    if not letters or not all(parts) or len(value.encode()) > 200:
        raise MisreadError(f"{shown(value)} is no slug: letters and digits, with '-' between them")
    if value != value.lower():
        raise MisreadError(f"a slug is lower case, write {shown(value.lower())}")
    if value in _RESERVED:
        raise MisreadError(f"the slug {shown(value)} is taken by the program's own files")
    return value


def expression(value: object) -> str:
    from aggregator.rules.expressions import ExpressionError, compile_expression  # noqa: PLC0415

    if not isinstance(value, str):
        raise MisreadError(f"an expression is wanted here, not {_noun(value)}")
    try:
        compile_expression(value)
    except ExpressionError as error:
        raise MisreadError(error.message, offset=error.offset) from None
    return value


# ── numbers and switches ─────────────────────────────────────────────────────


def duration(value: object) -> timedelta:
    if isinstance(value, timedelta):
        return value
    value = text(value)
    if value.isdigit():
        raise MisreadError(f"{shown(value)} of what? write 30s or 30m")
    found = _DURATION.fullmatch(value)
    if found is None:
        raise MisreadError(f"{shown(value)} is no length of time, write 30s, 30m, 1h, 7d or 1h30m")
    span = timedelta(**{unit: int(count) for unit, count in found.groupdict("0").items()})
    if not timedelta() < span <= _TEN_YEARS:
        raise MisreadError("this must be more than nothing and at most ten years")
    return span


def size(value: object) -> int:
    if isinstance(value, int):
        return value
    value = text(value)
    if value.isdigit():
        raise MisreadError(f"{shown(value)} of what? write 512KB or 10MB")
    found = re.fullmatch(r"([0-9]{1,12}) ?([KMG]?i?B)", value, re.IGNORECASE)
    unit = _UNITS.get(found[2].upper()) if found else None
    if found is None or unit is None:
        raise MisreadError(f"{shown(value)} is no size, write 512KB, 10MB or 1MiB")
    count = int(found[1]) * unit
    if not 1 <= count <= 10**9:
        raise MisreadError("this must be between 1B and 1GB")
    return count


def switch(value: object) -> bool:
    if isinstance(value, bool):
        return value
    found = {"true": True, "false": False}.get(value.lower()) if isinstance(value, str) else None
    if found is None:
        raise MisreadError(f"write true or false, not {_noun(value)}")
    return found


# ── places ───────────────────────────────────────────────────────────────────


def network(value: object) -> Network:
    if isinstance(value, ipaddress.IPv4Network | ipaddress.IPv6Network):
        return value
    value = text(value)
    try:
        return ipaddress.ip_network(value)
    except ValueError:
        pass
    try:
        wider = ipaddress.ip_network(value, strict=False)
    except ValueError:
        raise MisreadError(f"{shown(value)} is no network, write one such as 10.0.0.0/8") from None
    raise MisreadError(f"{shown(value)} is an address inside a network, did you mean '{wider}'?")


def host(value: object) -> str:
    value = text(value).lower().rstrip(".")
    if not re.fullmatch(r"[\w.-]+|[0-9a-f:]+", value):
        raise MisreadError(
            f"{shown(value)} is no host, write its name alone, such as blog.example.org"
        )
    return value


def listen(value: object) -> str:
    value = text(value)
    found = re.fullmatch(r"([\w.-]+|\[[0-9A-Fa-f:.]+\]):([0-9]{1,5})", value)
    if found is None or not 0 < int(found[2]) < 65536:
        raise MisreadError(f"{shown(value)} is no host:port, write one such as 127.0.0.1:8080")
    return value


def site_url(value: object) -> str:
    """Always a folder: documents are named below it."""
    parts = _web(text(value), "this")
    if parts.query or parts.fragment or "@" in parts.netloc:
        raise MisreadError("the site's address cannot hold '?', '#' or a password")
    url = parts.geturl()
    return url if url.endswith("/") else url + "/"


def web_url(value: object) -> str:
    return _web(text(value), "this").geturl()


def permanent_id(value: object) -> str:
    value = text(value)
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9+.-]*:\S+", value):
        raise MisreadError("an id is an IRI, such as tag:example.org,2026:planet")
    return value


def contact(value: object) -> str:
    """It goes into a header, so it is held to what a header can carry."""
    value = text(value)
    address = re.fullmatch(r"[^\s@:/]+@[^\s@:/]+", value)
    if not value.isascii() or re.search(r"[\s()<>]", value):
        raise MisreadError("write an address in plain ASCII, such as https://example.org/bot")
    return value if address else web_url(value)


def store(value: object, folder: Folder) -> str:
    value, what = _revealed(value, folder)
    if value.startswith(("postgres:", "postgresql:")):
        raise MisreadError("postgresql is not in this version, write sqlite:///aggregator.db")
    if not re.fullmatch(r"sqlite:///[^?#]*[^/?#]", value):
        raise MisreadError(f"{what} is no store, write sqlite:///aggregator.db")
    return value


def source_url(value: object, folder: Folder) -> str:
    """An http or https address, a file: address, or a path as written."""
    value, what = _revealed(value, folder)
    # What feed readers register for: feed://host/path and feed:https://host/path.
    value = re.sub(r"(?i)^feed:(//)?(?=https?:)|^feed:(?=//)", "", value)
    value = f"http:{value}" if value.startswith("//") else value
    scheme = re.match(r"([A-Za-z][A-Za-z0-9+.-]*):", value)
    if scheme is None:
        return value
    if value.lower().startswith("file:///"):
        return value
    found = _web(value, what).scheme
    return (
        found + value[len(found) :]
    )  # the rest byte for byte: an empty '?' may matter to a server


def _web(value: str, what: str) -> SplitResult:
    """No message repeats the address: it may hold a password, or be a secret as a whole."""
    if re.search(r"\s", value):
        raise MisreadError(f"{what} is no address: there is a space in it")
    try:
        parts = urlsplit(value)
        sound = bool(parts.hostname) and parts.port != 0
    except ValueError:
        raise MisreadError(f"{what} is no address: its host or port is wrong") from None
    if parts.scheme not in ("http", "https"):
        odd = what == "this" and parts.scheme in ("ftp", "ftps", "sftp", "mailto", "file", "gopher")
        why = f" ({parts.scheme}: is not polled)" if odd else ""
        raise MisreadError(f"{what} is no address that begins with http:// or https://{why}")
    if not sound:
        raise MisreadError(f"{what} is no address: its host or port is wrong")
    return parts


def output_format(value: object) -> str:
    value = text(value)
    if value in _LATER_FORMATS:
        raise MisreadError(f"{value} is not in this version, atom is")
    if value != "atom":
        raise MisreadError(
            f"unknown value {shown(value)}{suggestion(value, ['atom']) or ', use atom'}"
        )
    return value


# ── secrets ──────────────────────────────────────────────────────────────────


def _revealed(value: object, folder: Folder) -> tuple[str, str]:
    """The text, and what to call it in a message: the text of a secret is never repeated."""
    if not isinstance(value, dict):
        return text(value), "this"
    if len(value) != 1 or not value.keys() <= {"env", "file"}:
        raise MisreadError("write text, {env: NAME} or {file: PATH}")
    ((kind, where),) = value.items()
    where = text(where)
    if kind == "env":
        what, found = f"the environment variable {shown(where)}", os.environ.get(where)
        if found is None:
            raise MisreadError(f"{what} is not set")
    else:
        what, found = f"the file {shown(where)}", _file(where, folder)
    try:
        return text(found), f"what {what} holds"
    except MisreadError:
        raise MisreadError(f"{what} must hold one line of text") from None


def _file(path: str, folder: Folder) -> str:
    try:
        return (folder / path).read_text("utf-8")
    except OSError as error:
        why = (error.strerror or "it is no file").lower()
    except ValueError:
        why = "it is no UTF-8 text"
    raise MisreadError(f"the file {shown(path)} cannot be read: {why}")


# ── words ────────────────────────────────────────────────────────────────────


def shown(value: str) -> str:
    """In quotes, short, without passwords."""
    value = _safe(value)
    return f"'{value[:60]}…'" if len(value) > 60 else f"'{value}'"


def suggestion(word: str, choices: Iterable[str]) -> str:
    """`, did you mean 'every'?`, or nothing if no choice is near."""
    known = {x.casefold(): x for x in choices}
    near = difflib.get_close_matches(word.casefold()[:64], known, n=1)
    return f", did you mean '{known[near[0]]}'?" if near else ""


def report(found: Iterable[Fault], filename: str) -> ConfigError:
    """One line a fault, in document order."""
    lines = (
        f"{filename}:{x.at.line}:{x.at.column}: {_safe(_dotted(x.path) + x.message)}"
        for x in sorted(set(found), key=lambda x: (x.at, x.message))
    )
    return ConfigError("\n".join(dict.fromkeys(lines)))


def _safe(value: str) -> str:
    value = re.sub(r"//[^\s']*@", "//…@", value)
    return "".join(
        x if x.isprintable() else x.encode("unicode_escape").decode("ascii") for x in value
    )


def _dotted(path: Path) -> str:
    """`sources.hn: `, `posts[0]: `."""
    joined = "".join(f"[{x}]" if isinstance(x, int) else f".{x}" for x in path)
    return f"{joined.removeprefix('.')}: " if path else ""


def _noun(value: object) -> str:
    if isinstance(value, str):
        return shown(value)
    if value is None:
        return "nothing"
    return "keys" if isinstance(value, dict) else "a list"


# ── where, and what ──────────────────────────────────────────────────────────


def faults(error: ValidationError, document: Document, root: type) -> Iterator[Fault]:
    """`root` is the dataclass that was to be made: what it knows is what we suggest from."""
    for details in error.errors(include_url=False):
        # An item that failed is not counted: "at least one" would be a second complaint.
        if details["type"] != "too_short" or not details["input"]:
            yield _fault(details, document, root)


def _fault(details: ErrorDetails, document: Document, root: type) -> Fault:
    path = details["loc"]
    key_at, node = document.find(path)
    if details["type"] == "unexpected_keyword_argument":
        key = str(path[-1])
        return Fault(key_at, path[:-1], f"unknown key {shown(key)}{_known(key, path, root)}")
    if details["type"] == "missing":
        return Fault(document.find(path[:-1])[0], path[:-1], f"missing key '{path[-1]}'")
    if path[-1:] == ("[key]",):
        return Fault(document.find(path[:-1])[0], path[:-1], _words(details))
    at = document.place(path)
    offset = getattr(_cause(details), "offset", None)
    if offset is not None and isinstance(node, Scalar):
        at = node.inside(offset)
    return Fault(at, path, _words(details))


def _cause(details: ErrorDetails) -> object:
    return details.get("ctx", {}).get("error")


def _words(details: ErrorDetails) -> str:
    kind, given, context = details["type"], details["input"], details.get("ctx", {})
    if kind == "value_error":
        return str(_cause(details))
    if kind == "literal_error" and isinstance(given, str):
        choices = re.findall(r"'([^']*)'", context["expected"])
        hint = suggestion(given, choices) or f", use {context['expected']}"
        return f"unknown value {shown(given)}{hint}"
    for limit, word in (("ge", "least"), ("le", "most")):
        if limit in context:
            return f"must be at {word} {context[limit]}"
    if kind == "too_short":
        return "at least one is wanted here"
    wanted = {"int": "a whole number", "tuple": "a list", "literal": "text"}.get(
        kind.partition("_")[0], "keys"
    )
    example = {"sources": "; write url: … below it", "posts": "; write path: … below it"}
    hint = example.get(str(details["loc"][0]), "") if wanted == "keys" and details["loc"] else ""
    return f"{wanted} {'are' if wanted == 'keys' else 'is'} wanted here, not {_noun(given)}{hint}"


def _known(key: str, path: Path, root: type) -> str:
    """What the unknown key may have been meant for, here or in another section."""
    if near := suggestion(key, _names(_part_at(path[:-1], root))):
        return near
    for section, hint in get_type_hints(root).items():
        part = _part_in(hint)
        if part and part is hint and key in _names(part):
            return f", did you mean '{section}.{key}'?"
    return ""


def _names(part: Any) -> list[str]:
    return [x.name for x in dataclasses.fields(part)]


def _part_at(path: Path, root: type) -> Any:
    part: Any = root
    steps = iter(path)
    for step in steps:
        hint = get_type_hints(part)[str(step)]
        part = _part_in(hint)
        if get_origin(hint) in (tuple, collections.abc.Mapping):
            next(steps, None)  # the name or the place in between
    return part


def _part_in(hint: Any) -> Any:
    """The dataclass that a type is, holds or may be."""
    if dataclasses.is_dataclass(hint):
        return hint
    return next((x for x in map(_part_in, get_args(hint)) if x), None)
