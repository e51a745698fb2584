"""The addresses that jekyll-feed writes: those of Jekyll's filter `absolute_url`, which has Ruby's
Addressable make them alike. Readers know entries by them, so not a letter may be another."""

from __future__ import annotations

import re
import unicodedata
from contextlib import suppress
from posixpath import dirname
from urllib.parse import quote, unquote_to_bytes

import idna

_URI = re.compile(
    r"(?:([a-z][a-z0-9+.-]*):)?(?://([^/?#]*))?([^?#]*)(?:\?([^#]*))?(?:#(.*))?", re.IGNORECASE
)
_SEGMENT = "!$&'()*+,;=:@"


def absolute(path: str, *, url: str, baseurl: str) -> str:
    """`path` below the site's `url` and `baseurl`, as these stand in its config."""
    base = baseurl.removesuffix("/")
    below = _alike("".join(f"/{part.removeprefix('/')}" for part in (base, path) if part))
    return _alike(url + below)


def id_path(url: str, slug: str) -> str:
    """What the id of a post is made of: Jekyll's `Document#id`."""
    return f"{dirname(url.rstrip('/')).rstrip('/')}/{slug.removeprefix('/')}"


def _alike(address: str) -> str:
    match = _URI.fullmatch(address)
    assert match
    scheme, host, path, query, fragment = match.groups()
    made = f"{scheme.lower()}:" if scheme else ""
    made += f"//{_host(host)}" if host is not None else ""
    made += "/".join(_escaped(segment, _SEGMENT) for segment in path.strip().split("/"))
    made += f"?{_escaped(query, _SEGMENT + '/?')}" if query else ""
    return made + (f"#{_escaped(fragment, _SEGMENT + '/?')}" if fragment else "")


def _host(host: str) -> str:
    if host.isascii():
        return host.lower()
    try:
        return idna.encode(host, uts46=True).decode()
    except idna.IDNAError:
        return host


def _escaped(text: str, safe: str) -> str:
    raw = unquote_to_bytes(text)
    with suppress(UnicodeDecodeError):
        raw = unicodedata.normalize("NFC", raw.decode()).encode()
    return quote(raw, safe=safe)
