"""The address that another one carries: redirectors, caches, mail filters, archives.

Which hosts do so stands in `link_rules`. To add an encoding: a function here, a line in
_ENCODINGS, and its name as a group of a pattern there.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Iterator
from urllib.parse import unquote

from aggregator.link_parts import Parts, absolute, parts_of
from aggregator.link_sites import site_of
from aggregator.model import LinkRules


def target_of(parts: Parts, rules: LinkRules) -> str | None:
    """The address that this one carries, if it is one of those that do."""
    targets = (absolute(target, None) for target in _targets(parts, rules))
    return next((target for target in targets if parts_of(target)), None)


def _targets(parts: Parts, rules: LinkRules) -> Iterator[str]:
    site = site_of(parts.host, rules)
    page = parts.path if parts.query is None else f"{parts.path}?{parts.query}"
    for pattern in site.in_path:
        if found := pattern.fullmatch(page):
            yield _target(found.groupdict())
    if not parts.query:
        return
    for pattern, names in site.in_query:
        if pattern.fullmatch(parts.path):
            values = _values(parts.query)
            yield from (_decoded(values[name]) for name in names if name in values)


def _target(groups: dict[str, str | None]) -> str:
    if rest := groups.get("rest"):
        scheme = "http" if groups.get("tls", "s") is None else "https"
        return f"{scheme}://{rest}{groups.get('more') or ''}"
    name, value = next((name, value) for name, value in groups.items() if value)
    return _ENCODINGS[name](value)


def _values(query: str) -> dict[str, str]:
    pairs = (piece.partition("=") for piece in query.split("&"))
    return {name.lower(): value for name, _, value in pairs}


_ESCAPED_QUERY = re.compile(r"[^?]+%3F[^?=&]+%3D[^?]*", re.IGNORECASE)
_ASCII_ESCAPE = re.compile(r"%[0-7][0-9A-Fa-f]")


def _decoded(value: str) -> str:
    """Until it is an address: some are escaped twice, of some only the query is (Google Alerts).
    Bytes that are no UTF-8 stay escaped."""
    for _ in range(2):
        if re.match("(?i)https?:/", value) and not _ESCAPED_QUERY.fullmatch(value):
            break
        try:
            value = unquote(value, errors="strict")
        except UnicodeDecodeError:
            value = _ASCII_ESCAPE.sub(lambda found: chr(int(found[0][1:], 16)), value)
    return value if value[:4].lower() == "http" else ""


def _from_base64(value: str) -> str:
    try:
        return _bytes(value).decode()
    except ValueError:
        return ""


def _from_json(value: str) -> str:
    """As Substack has it: the address is what stands first."""
    try:
        said = json.loads(_bytes(value))
    except ValueError:
        return ""
    target = said.get("e") if isinstance(said, dict) else None
    return target if isinstance(target, str) else ""


def _from_google_news(value: str) -> str:
    """Field 4 of a protobuf. Since July 2024 it holds a token (AU_yqL…) that only Google can
    read; then the address stays as it is."""
    try:
        message = _bytes(value)
        start = 5 if message[3] & 0x80 else 4  # the length is a varint: one byte, or two
        length = message[3] & 0x7F | (message[4] << 7 if start == 5 else 0)
        return message[start : start + length].decode()
    except (ValueError, IndexError):
        return ""


def _bytes(value: str) -> bytes:
    """From base64 whose padding was left off, as it is in addresses."""
    return base64.urlsafe_b64decode(value + "=" * (-len(value) % 4))


def _from_proofpoint(value: str) -> str:
    return _decoded(value.replace("-", "%").replace("_", "/"))


_ENCODINGS: dict[str, Callable[[str], str]] = {
    "url": _decoded,
    "base64": _from_base64,
    "json": _from_json,
    "gnews": _from_google_news,
    "proofpoint": _from_proofpoint,
}
