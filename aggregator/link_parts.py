"""An address taken apart: what feeds write, to scheme, host, port, path, query and fragment."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import unquote, urljoin

import idna


class Parts(NamedTuple):
    scheme: str
    host: str
    port: str  # "" when it is the scheme's own
    path: str
    query: str | None  # None when there is no "?"
    fragment: str  # with its "#", or ""

    def __str__(self) -> str:
        port = f":{self.port}" if self.port else ""
        query = "" if self.query is None else f"?{self.query}"
        return f"{self.scheme}://{self.host}{port}{self.path}{query}{self.fragment}"


LONGEST = 8_000  # characters, which RFC 9110 §4.1 wants to be taken; what is longer is made up
_EDGES = (
    "".join(map(chr, range(0x21))) + "<>\x7f\xa0\u200b\u200c\u200d\u200e\u200f\u2060\u3000\ufeff"
)
_BREAKS = re.compile(r"[\t\n\r]+")
# Escaped once too often, in numbers by WordPress (&#038;).
_AMPERSAND = re.compile(r"&(?:(?:amp|#0*38|#x0*26);)+", re.IGNORECASE)
# Also feed: (never registered, RFC 4287's time) and http://https://, typed or glued by mistake.
_SCHEME = re.compile(r"(?:(?:https?|feed):/*)*(https?|feed):/*", re.IGNORECASE)
_OTHER_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:", re.IGNORECASE)
_BARE_WWW = re.compile(r"www\.[\w-]+\.\w", re.IGNORECASE)


def absolute(url: str, base: str | None) -> str | None:
    """As it was meant, with an http(s) scheme in front; None if it cannot have been one."""
    if len(url) > LONGEST:
        return None
    text = url.strip(_EDGES)
    if text.startswith("![CDATA["):  # its < and > went with the edges
        text = text[8:].removesuffix("]]").strip(_EDGES)
    text = _BREAKS.sub("", text)
    if "&" in text:
        text = _AMPERSAND.sub("&", text)
    if "\\" in text:
        cut = _TAIL.search(text)
        end = cut.start() if cut else len(text)
        text = text[:end].replace("\\", "/") + text[end:]
    if found := _SCHEME.match(text):
        scheme = "https" if found[1].lower() == "https" else "http"
        return f"{scheme}://{text[found.end() :]}"
    if not text or _OTHER_SCHEME.match(text):
        return None
    return _resolved(text, absolute(base, None) if base else None)


def _resolved(text: str, base: str | None) -> str | None:
    if text.startswith("//"):
        return f"{base.partition(':')[0] if base else 'https'}:{text}"
    if _BARE_WWW.match(text):
        return f"https://{text}"
    try:
        return urljoin(base, text) if base else None
    except ValueError:  # a base such as http://[x
        return None


_TAIL = re.compile(r"[?#]")
_URL = re.compile(r"(https?)://([^/?#]*)([^?#]*)(?:\?([^#]*))?(#.*)?", re.DOTALL)


def parts_of(url: str | None) -> Parts | None:
    """None when there is no host that another machine could reach."""
    found = _URL.fullmatch(url or "")
    if not found:
        return None
    scheme, authority, path, query, fragment = found.groups()
    place = _place(authority)
    if place is None:
        return None
    host, port = place
    if port == {"http": "80", "https": "443"}[scheme]:
        port = ""
    return Parts(scheme, host, port, path or "/", query, fragment or "")


_AUTHORITY = re.compile(r"(\[[0-9a-f:.]+\]|[^\[\]:\s]+)(?::0*(\d{0,5}))?")
_HOST = re.compile(r"[a-z0-9_-]+(?:\.[a-z0-9_-]+)+|localhost|\[.*\]")


@lru_cache(maxsize=4096)
def _place(authority: str) -> tuple[str, str] | None:
    """Host and port. Who logs in (user:password@) is nobody else's business."""
    found = _AUTHORITY.fullmatch(authority.rpartition("@")[2].lower())
    if not found:
        return None
    host = _ascii(unquote(found[1]).removesuffix("."))
    port = found[2] or ""
    if not host or not _HOST.fullmatch(host) or len(host) > 253 or int(port or 0) > 65535:
        return None
    return host, port


def _ascii(host: str) -> str | None:
    """UTS 46, then label by label what IDNA 2008 will not have and browsers will (☃.net)."""
    if host.isascii():
        return host.lower()
    try:
        return idna.encode(host, uts46=True).decode()
    except UnicodeError:
        pass
    try:
        return ".".join(
            label if label.isascii() else "xn--" + label.encode("punycode").decode()
            for label in host.split(".")
        ).lower()
    except UnicodeError:  # a lone surrogate
        return None
