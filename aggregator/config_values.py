"""What one value of the config may be.

A check takes what was written (text, a list, keys), or the value itself, and gives the value or
raises MisreadError. The types at the end are what config.py writes beside its fields: a check, and
what an editor is told of it.
"""

from __future__ import annotations

import importlib.util
import ipaddress
import os
import re
import unicodedata
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Annotated
from urllib.parse import SplitResult, urlsplit

from pydantic import PlainValidator, ValidationInfo, WithJsonSchema

from aggregator import config_shapes as shapes
from aggregator import config_zones
from aggregator.config_errors import MisreadError, noun, shown, suggestion

IPNetwork = ipaddress.IPv4Network | ipaddress.IPv6Network

_DURATION = re.compile(
    "".join(rf"(?:(?P<{x}>[0-9]{{1,6}}){x[0]} ?)?" for x in ("weeks", "days", "hours"))
    + r"(?:(?P<minutes>[0-9]{1,6})m ?)?(?:(?P<seconds>[0-9]{1,6})s)?"
)
_UNITS = {"B": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9, "KIB": 2**10, "MIB": 2**20, "GIB": 2**30}
_TEN_YEARS = timedelta(days=3660)
BUILT_IN = "built-in"
_RESERVED = frozenset(("all", "index", "archive", "sources"))


# ── texts ────────────────────────────────────────────────────────────────────


def text(value: object) -> str:
    if not isinstance(value, str):
        raise MisreadError(f"text is wanted here, not {noun(value)}")
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
    if not config_zones.known(value):
        zones = config_zones.meant(value)
        hint = f"use an area name such as {zones}" if zones else "write one such as Asia/Shanghai"
        raise MisreadError(f"unknown time zone {shown(value)}, {hint}")
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
        raise MisreadError(f"an expression is wanted here, not {noun(value)}")
    # Of YAML's making: "\b" in double quotes is a backspace, and no pattern means that.
    for place, x in enumerate(value):
        if unicodedata.category(x) == "Cc" and x not in "\n\r\t":
            what = f"the control character U+{ord(x):04X} is in it"
            raise MisreadError(
                f"{what}: put the expression in single quotes, then \\ stays \\", offset=place
            )
    try:
        compile_expression(value)
    except ExpressionError as error:
        raise MisreadError(error.message, offset=error.offset) from None
    return value


# Of a name that JMESPath wants in quotes: 标题, pub-date, dc:title, @id.
_PLAIN_PATH = re.compile(
    r"(?:@?[\w$-]+(?::[\w$-]+)?|\[-?\d+\]|\[\*?\])(?:\.@?[\w$-]+(?::[\w$-]+)?|\[-?\d+\]|\[\*?\])*"
)
_NAME_IN_PATH = re.compile(r"(?:^|(?<=\.))@?[\w$-]+(?::[\w$-]+)?")


def json_path(value: object) -> str:
    """A JMESPath expression; a plain path may hold names of every script without quotes."""
    value = text(value)
    if _PLAIN_PATH.fullmatch(value):
        value = _NAME_IN_PATH.sub(lambda name: _json_name(name[0]), value)
    import jmespath  # noqa: PLC0415  # only for those who have such a source
    from jmespath.exceptions import ArityError, JMESPathError, UnknownFunctionError  # noqa: PLC0415

    try:
        compiled = jmespath.compile(value)
    except JMESPathError as error:
        what = " ".join(str(error).split()).partition(":")[2].strip() or "it ends too soon"
        raise MisreadError(f"{shown(value)} is no JMESPath expression: {what}") from None
    try:
        compiled.search({})
    except (UnknownFunctionError, ArityError) as error:
        raise MisreadError(f"{shown(value)}: {str(error).lower()}") from None
    except (JMESPathError, TypeError, ValueError, AttributeError):
        pass  # nothing is there yet
    return value


def _json_name(name: str) -> str:
    return name if re.fullmatch("[A-Za-z_][A-Za-z0-9_]*", name) else f'"{name}"'


def json_link(value: object) -> str:
    """A path to an address, or an address with paths in braces to be filled in."""
    value = text(value)
    if not re.match(r"(?i)https?://|/", value):
        return json_path(value)
    host = re.match(r"(?i)(?:https?:)?//([^/?#]*)", value)
    if host and (not host[1] or re.search(r"[{}\s]", host[1])):
        raise MisreadError(f"{shown(value)} has no host of its own; fields come behind it")
    if re.search(r"[{}]", re.sub(r"\{[^{}]+\}", "", value)):
        raise MisreadError(f"{shown(value)}: a brace is without its other half, write {{name}}")
    if "{" not in value:
        raise MisreadError(f"{shown(value)} is the same for every entry; put a {{name}} in it")
    return re.sub(r"\{([^{}]+)\}", lambda x: "{" + json_path(x[1]) + "}", value)


def selector(value: object) -> str:
    """Of elements."""
    from aggregator.formats.selectors import SelectorError, checked  # noqa: PLC0415

    value = text(value)
    try:
        checked(value)
    except SelectorError as error:
        why = "an @attribute stands only at the end of a field" if "@" in value else error
        raise MisreadError(f"{shown(value)} is no CSS selector: {why}") from None
    return value


def field_selector(value: object) -> str:
    """Of elements, of an attribute of theirs, or of one of the item itself."""
    from aggregator.formats.pages import wanted  # noqa: PLC0415

    value = text(value)
    elements = wanted(value).elements
    if elements:
        selector(elements)
    return value


def pattern(value: object) -> str:
    """A regular expression as RE2 knows it: no text can make it slow."""
    import re2  # noqa: PLC0415

    value = text(value)
    options = re2.Options()
    options.log_errors = False  # it would write to stderr
    try:
        re2.compile(value, options)
    except re2.error as error:
        reason = error.args[0].decode() if isinstance(error.args[0], bytes) else str(error)
        raise MisreadError(f"{shown(value)} is no regular expression: {reason}") from None
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


def whole(value: object, *, most: int) -> int:
    """A number from 1 to `most`."""
    number = value
    if isinstance(value, str) and re.fullmatch("[0-9]{1,9}", value.strip()):
        number = int(value)
    if not isinstance(number, int):
        raise MisreadError(f"a whole number is wanted here, not {noun(value)}")
    if not 1 <= number <= most:
        raise MisreadError(f"must be at {f'most {most}' if number > most else 'least 1'}")
    return number


def switch(value: object) -> bool:
    if isinstance(value, bool):
        return value
    found = {"true": True, "false": False}.get(value.lower()) if isinstance(value, str) else None
    if found is None:
        raise MisreadError(f"write true or false, not {noun(value)}")
    return found


# ── places ───────────────────────────────────────────────────────────────────


def network(value: object) -> IPNetwork:
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


def parameter(value: object) -> str:
    """The name of one in an address."""
    found = text(value)
    if not re.fullmatch(r"[^\s&=?#/*]+\*?", found):
        raise MisreadError(
            f"{shown(found)} is no name of a parameter; write it as addresses do: ref, or x_*"
        )
    return found


def parameters(value: object) -> tuple[str, ...]:
    """One, or several in a list."""
    given = value if isinstance(value, list | tuple) else [value]
    found = tuple(map(parameter, given))
    if not found or any(x.endswith("*") for x in found):
        raise MisreadError("the names of one or more parameters are wanted here: url, or [url, u]")
    return found


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


def hubs(value: object) -> tuple[str, ...]:
    """Addresses, or `built-in` for the hub in `serve`: one, or several in a list."""
    given = value if isinstance(value, list | tuple) else [value]
    return tuple(dict.fromkeys(x if x == BUILT_IN else _hub(x) for x in given))


def _hub(value: object) -> str:
    if isinstance(value, str) and "://" not in value:
        hint = f"write https://… or {BUILT_IN}, for the hub in `serve`"
        raise MisreadError(f"{shown(value)} is no hub: {hint}")
    return web_url(value)


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


class Secret(str):
    """Text that came from the environment or from a file: it is never shown."""

    __slots__ = ()


def _kept(found: str, given: object) -> str:
    """`found` for what was given: a secret stays one, whatever was made of it."""
    return Secret(found) if isinstance(given, dict | Secret) else found


def store(value: object, folder: Path) -> str:
    given = value
    value, what = _revealed(value, folder)
    if value.startswith(("postgres:", "postgresql:")):
        return _kept(_postgres(value, what), given)
    if not re.fullmatch(shapes.SQLITE, value):
        raise MisreadError(f"{what} is no store, write sqlite:///aggregator.db")
    return _kept(value, given)


def token(value: object, folder: Path) -> str:
    """What is to be told to read something: never written in the config itself."""
    if not isinstance(value, dict):
        raise MisreadError("write {env: NAME} or {file: PATH}: a token is a secret")
    found, what = _revealed(value, folder)
    if not re.fullmatch(r"[A-Za-z0-9._~+/=-]{16,}", found):
        raise MisreadError(
            f"{what} is no token: 16 letters, digits and ._~+/=- at least; `openssl rand -hex 16`"
            " makes one"
        )
    return Secret(found)


def _postgres(value: str, what: str) -> str:
    if not re.fullmatch(shapes.POSTGRES, value):
        raise MisreadError(
            f"{what} is no database, write postgresql://host/database; before the host may stand"
            " user:password@, with %40 for an @ in it, %2F for a / and so on"
        )
    if not importlib.util.find_spec("psycopg"):
        raise MisreadError(
            "needs psycopg, an extra: `pip install 'aggregator[postgres]'` installs it"
        )
    return re.sub("^postgres:", "postgresql:", value)


def source_url(value: object, folder: Path) -> str:
    """An http or https address, a file: address, or a path as written."""
    given = value
    value, what = _revealed(value, folder)
    # What feed readers register for: feed://host/path and feed:https://host/path.
    value = re.sub(r"(?i)^feed:(//)?(?=https?:)|^feed:(?=//)", "", value)
    value = f"http:{value}" if value.startswith("//") else value
    scheme = re.match(r"([A-Za-z][A-Za-z0-9+.-]*):", value)
    if scheme is None or value.lower().startswith("file:///"):
        return _kept(value, given)
    found = _web(value, what).scheme
    # The rest byte for byte: an empty '?' may matter to a server.
    return _kept(found + value[len(found) :], given)


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


def full_text(value: object) -> bool:
    """A switch, and what it takes."""
    wanted = switch(value)
    if wanted and not all(map(importlib.util.find_spec, ("trafilatura", "lxml_html_clean"))):
        raise MisreadError(
            "needs trafilatura, an extra: `pip install 'aggregator[fulltext]'` installs it"
        )
    return wanted


def output_format(value: object) -> str:
    value = text(value)
    if value not in shapes.FORMATS:
        known = suggestion(value, shapes.FORMATS) or f", use {', '.join(shapes.FORMATS)}"
        raise MisreadError(f"unknown value {shown(value)}{known}")
    return value


# ── secrets ──────────────────────────────────────────────────────────────────


def _revealed(value: object, folder: Path) -> tuple[str, str]:
    """The text, and what to call it in a message: the text of a secret is never repeated."""
    if not isinstance(value, dict):
        return text(value), "this"
    if len(value) != 1 or not value.keys() <= {"env", "file"}:
        hint = suggestion(str(next(iter(value), "")), ("env", "file"))
        raise MisreadError(f"write text, {{env: NAME}} or {{file: PATH}}{hint}")
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


def _file(path: str, folder: Path) -> str:
    try:
        return (folder / path).read_text("utf-8")
    except OSError as error:
        why = (error.strerror or "it is no file").lower()
    except ValueError:
        why = "it is no UTF-8 text"
    raise MisreadError(f"the file {shown(path)} cannot be read: {why}")


# ── a check, and what an editor is told of it ────────────────────────────────


def _folder(info: ValidationInfo) -> Path:
    folder: Path = (info.context or {}).get("folder", Path())
    return folder


def _store(value: object, info: ValidationInfo) -> str:
    return store(value, _folder(info))


def _token(value: object, info: ValidationInfo) -> str:
    return token(value, _folder(info))


def _source_url(value: object, info: ValidationInfo) -> str:
    return source_url(value, _folder(info))


Text = Annotated[str, PlainValidator(text), WithJsonSchema(shapes.TEXT)]
Name = Annotated[str, PlainValidator(name), WithJsonSchema(shapes.NAME)]
Language = Annotated[str, PlainValidator(language), WithJsonSchema(shapes.LANGUAGE)]
Timezone = Annotated[str, PlainValidator(timezone), WithJsonSchema(shapes.LINE)]
Slug = Annotated[str, PlainValidator(slug), WithJsonSchema(shapes.SLUG)]
Expression = Annotated[str, PlainValidator(expression), WithJsonSchema(shapes.EXPRESSION)]
JsonPath = Annotated[str, PlainValidator(json_path), WithJsonSchema(shapes.TEXT)]
JsonLink = Annotated[str, PlainValidator(json_link), WithJsonSchema(shapes.TEXT)]
Selector = Annotated[str, PlainValidator(selector), WithJsonSchema(shapes.TEXT)]
FieldSelector = Annotated[str, PlainValidator(field_selector), WithJsonSchema(shapes.TEXT)]
Host = Annotated[str, PlainValidator(host), WithJsonSchema(shapes.HOST)]
Parameter = Annotated[str, PlainValidator(parameter), WithJsonSchema(shapes.PARAMETER)]
Parameters = Annotated[
    tuple[str, ...], PlainValidator(parameters), WithJsonSchema(shapes.PARAMETERS)
]
Listen = Annotated[str, PlainValidator(listen), WithJsonSchema(shapes.LISTEN)]
SiteUrl = Annotated[str, PlainValidator(site_url), WithJsonSchema(shapes.SITE_URL)]
WebUrl = Annotated[str, PlainValidator(web_url), WithJsonSchema(shapes.WEB_URL)]
Hubs = Annotated[tuple[str, ...], PlainValidator(hubs), WithJsonSchema(shapes.HUBS)]
PermanentId = Annotated[str, PlainValidator(permanent_id), WithJsonSchema(shapes.IRI)]
Contact = Annotated[str, PlainValidator(contact), WithJsonSchema(shapes.CONTACT)]
Pattern = Annotated[str, PlainValidator(pattern), WithJsonSchema(shapes.TEXT)]
Network = Annotated[IPNetwork, PlainValidator(network), WithJsonSchema(shapes.NETWORK)]
Store = Annotated[str, PlainValidator(_store), WithJsonSchema(shapes.STORE)]
Token = Annotated[str, PlainValidator(_token), WithJsonSchema(shapes.TOKEN)]
SourceUrl = Annotated[str, PlainValidator(_source_url), WithJsonSchema(shapes.SOURCE_URL)]
Duration = Annotated[timedelta, PlainValidator(duration), WithJsonSchema(shapes.SPAN)]
Size = Annotated[int, PlainValidator(size), WithJsonSchema(shapes.SIZE)]
Switch = Annotated[bool, PlainValidator(switch), WithJsonSchema(shapes.SWITCH)]
FullText = Annotated[bool, PlainValidator(full_text), WithJsonSchema(shapes.SWITCH)]
Format = Annotated[str, PlainValidator(output_format), WithJsonSchema(shapes.FORMAT)]
UpTo64 = Annotated[int, PlainValidator(partial(whole, most=64)), WithJsonSchema(shapes.whole(64))]
UpTo1024 = Annotated[
    int, PlainValidator(partial(whole, most=1024)), WithJsonSchema(shapes.whole(1024))
]
UpTo10000 = Annotated[
    int, PlainValidator(partial(whole, most=10_000)), WithJsonSchema(shapes.whole(10_000))
]
