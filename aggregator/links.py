"""The canonical link of an entry, and the key that links are compared by.

`canonicalize` is careful, for what it gives is published; `url_key` is bold, for what it gives
is only ever compared. What is known of single sites stands in `link_rules`.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Collection, Iterator
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import unquote, urljoin

import idna

from aggregator import link_rules as known
from aggregator.model import Entry, Link

# A chain of wrappers longer than this was made to be followed for ever.
_MOST_ROUNDS = 8

# An address that no rule can have anything to say about.
_PLAIN = re.compile(
    r"https?://((?:[a-z0-9-]+\.)+[a-z]+)(?::(?!80/|443/)[1-9]\d{0,3})?"
    r"/(?:[\w~@,+:=!*'$-]+(?:\.(?!amp\b)[\w~@,+:=!*'$-]+)*(?:/(?!amp/?\Z)|\Z))*\Z",
    re.ASCII,
)


def canonicalize(url: str, *, base: str | None = None) -> str | None:
    """An address fit to publish, or None when it is no http(s) address.

    What is good stays as it is, byte for byte; giving the result in again changes nothing.
    """
    plain = _PLAIN.match(url)
    if plain and not known.site(plain[1]).in_path:
        return url
    return _canonical(url, base or None)


@lru_cache(maxsize=16384)
def url_key(url: str) -> str:
    """What the addresses of one page have in common; never an address to show."""
    parts = _parts(canonicalize(url))
    if parts is None:
        return url.strip()
    site = known.site(parts.host)
    host = _bare_host(parts.host)
    query = _sorted_query(parts.query)
    page = f"{host}{parts.path}?{query}" if query else host + parts.path
    for pattern, name in site.ids:
        if found := pattern.match(page):
            return _id_key(name, [group for group in found.groups() if group])
    path = _bare_path(parts.path, site)
    port = f":{parts.port}" if parts.port else ""
    mark = f"?{query}" if query else ""
    return f"{host}{port}{path}{mark}{parts.fragment}"


def choose(entry: Entry, *, feed_urls: Collection[str] = ()) -> str | None:
    """The canonical link of an entry; None rather than one of `feed_urls`, its feed or site.

    An address that hides its target (a shortener) is better than nothing, but no better.
    """
    home = {url_key(url) for url in feed_urls}
    hidden = None
    for href in _candidates(entry):
        link = canonicalize(href, base=entry.base)
        if link is None or url_key(link) in home:
            continue
        if not _opaque(link):
            return link
        hidden = hidden or link
    return hidden


def key_of(entry: Entry, link: str | None) -> str | None:
    """The key of the link, else of an address that is good for comparing only."""
    if link:
        return url_key(link)
    return next((url_key(x.href) for x in entry.links if x.rel == "key" and x.href), None)


def _candidates(entry: Entry) -> Iterator[str]:
    """The surest first. Never the feed that an entry came from (atom:source), where it is
    discussed, what it was found through (via), nor a link in its text."""
    for rel in ("canonical", "alternate", "permalink"):
        links = [x for x in entry.links if x.rel == rel]
        yield from (x.href for x in sorted(links, key=_is_no_page))
    if entry.id[:4].lower() == "http":
        yield entry.id


def _is_no_page(link: Link) -> bool:
    return link.type is not None and "html" not in link.type.lower()


_OPAQUE_PATH = re.compile("|".join(known.OPAQUE_PATHS))


def _opaque(link: str) -> bool:
    parts = _parts(link)
    return parts is not None and (
        known.site(parts.host).opaque or _OPAQUE_PATH.match(parts.host + parts.path) is not None
    )


# ── canonical ────────────────────────────────────────────────────────────────


class _Parts(NamedTuple):
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


@lru_cache(maxsize=16384)
def _canonical(url: str, base: str | None) -> str | None:
    text = _absolute(url, base)
    for _ in range(_MOST_ROUNDS):
        parts = _parts(text)
        if parts is None:
            return None
        after = _unwrapped(parts) or str(_clean(parts))
        if after == text:
            return after
        text = _absolute(after, None)
    return None


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


def _absolute(url: str, base: str | None) -> str | None:
    """As it was meant, with an http(s) scheme in front; None if it cannot have been one."""
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
    return _resolved(text, _absolute(base, None) if base else None)


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


def _parts(url: str | None) -> _Parts | None:
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
    return _Parts(scheme, host, port, path or "/", query, fragment or "")


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


# ── unwrapping ───────────────────────────────────────────────────────────────


def _unwrapped(parts: _Parts) -> str | None:
    """The address that this one carries, if it is one of those that do."""
    targets = (_absolute(target, None) for target in _targets(parts))
    return next((target for target in targets if _parts(target)), None)


def _targets(parts: _Parts) -> Iterator[str]:
    site = known.site(parts.host)
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


_ASCII_ESCAPE = re.compile(r"%[0-7][0-9A-Fa-f]")


def _decoded(value: str) -> str:
    """Until it is an address: some are escaped twice. Bytes that are no UTF-8 stay escaped."""
    for _ in range(2):
        if re.match("(?i)https?:/", value):
            break
        try:
            value = unquote(value, errors="strict")
        except UnicodeDecodeError:
            value = _ASCII_ESCAPE.sub(lambda found: chr(int(found[0][1:], 16)), value)
    return value if value[:4].lower() == "http" else ""


def _from_base64(value: str) -> str:
    try:
        return base64.urlsafe_b64decode(value + "=" * (-len(value) % 4)).decode()
    except ValueError:
        return ""


def _from_google_news(value: str) -> str:
    """Field 4 of a protobuf. Since July 2024 it holds a token (AU_yqL…) that only Google can
    read; then the address stays as it is."""
    try:
        message = base64.urlsafe_b64decode(value + "=" * (-len(value) % 4))
        start = 5 if message[3] & 0x80 else 4  # the length is a varint: one byte, or two
        length = message[3] & 0x7F | (message[4] << 7 if start == 5 else 0)
        return message[start : start + length].decode()
    except (ValueError, IndexError):
        return ""


def _from_proofpoint(value: str) -> str:
    return _decoded(value.replace("-", "%").replace("_", "/"))


_ENCODINGS: dict[str, Callable[[str], str]] = {
    "url": _decoded,
    "base64": _from_base64,
    "gnews": _from_google_news,
    "proofpoint": _from_proofpoint,
}


# ── cleaning ─────────────────────────────────────────────────────────────────

# A tracker glued on without its "?", or with an escaped one.
_GLUED = re.compile(r"[&;](?=utm_[a-z]+=)")
_GLUED_ESCAPED = re.compile(r"%3Futm_", re.IGNORECASE)


def _clean(parts: _Parts) -> _Parts:
    path, query = parts.path, parts.query
    if "utm_" in path:
        above, slash, last = path.rpartition("/")
        path = above + slash + _GLUED_ESCAPED.split(last, maxsplit=1)[0]
        if query is None and _GLUED.search(path):
            path, query = _GLUED.split(path, maxsplit=1)
    path = _clean_path(path)
    site = known.site(parts.host)
    if "amp" in path and not site.amp_is_a_name:
        path = _without_amp(path)
    if query:
        query = _clean_query(query, site, path)
    fragment = _clean_fragment(parts.fragment)
    return _Parts(parts.scheme, parts.host, parts.port, path, query, fragment)


# RFC 3986 §6.2.2; what else is escaped is what the URL standard's path set adds.
_ESCAPES = re.compile(r"""%[0-9A-Fa-f]{2}|%|[^!-~]|["<>^`{}]""")
_ILLEGAL = re.compile(r"""%(?![0-9A-Fa-f]{2})|[^!-~]|["<>]""")
_UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_SESSION = re.compile(r";jsessionid=[^/;]*", re.IGNORECASE)
_COOKIELESS = re.compile(r"/\((?:[A-Za-z]\([^()/]*\))+\)(?=/)")  # ASP.NET


def _clean_path(path: str) -> str:
    if _ESCAPES.search(path):
        path = _ESCAPES.sub(_escape, path)
    if ";" in path:
        path = _SESSION.sub("", path)
    if "/(" in path:
        path = _COOKIELESS.sub("", path)
    if "/." in path:
        path = _without_dots(path)
    return path or "/"


def _escape(found: re.Match[str]) -> str:
    text = found[0]
    if len(text) == 3:
        plain = chr(int(text[1:], 16))
        return plain if plain in _UNRESERVED else text.upper()
    return "".join(f"%{byte:02X}" for byte in text.encode("utf-8", "surrogatepass"))


def _without_dots(path: str) -> str:
    """RFC 3986 §5.2.4; empty segments count."""
    kept: list[str] = []
    segments = path.split("/")[1:]
    for segment in segments:
        if segment == "..":
            del kept[-1:]
        elif segment != ".":
            kept.append(segment)
    if segments[-1] in {".", ".."}:
        kept.append("")
    return "/" + "/".join(kept)


_AMP_TAIL = re.compile(r"(?<=[^/])(?:(?:/amp)+(?=/?\Z)|\.amp(?=(?:\.html?)?\Z))")


def _without_amp(path: str) -> str:
    found = _AMP_TAIL.search(path)
    if not found:
        return path
    above = path[: found.start()].rpartition("/")[2]
    return path if above.lower() in known.AMP_IS_A_WORD else _AMP_TAIL.sub("", path)


def _clean_query(query: str, site: known.Site, path: str) -> str | None:
    """Without what tracks, the rest byte for byte; None when nothing is left."""
    if "?utm_" in query:
        query = query.replace("?utm_", "&utm_")
    pieces = query.split("&")
    names = [piece.partition("=")[0].lower() for piece in pieces]
    if site.keeps and set(site.keeps).issubset(names):
        kept = [piece for piece, name in zip(pieces, names, strict=True) if name in site.keeps]
    else:
        kept = [
            piece
            for piece, name in zip(pieces, names, strict=True)
            if not _tracks(name, piece, site, path)
        ]
    query = "&".join(kept)
    if not query and len(kept) < len(pieces):
        return None
    return _ILLEGAL.sub(_escape, query)


_SOCIALFLOW = re.compile(r"sf\d{6,}")


def _tracks(name: str, piece: str, site: known.Site, path: str) -> bool:
    if name in known.TRACKERS or name in site.drops or name.startswith(known.TRACKER_PREFIXES):
        return True
    value = piece[len(name) + 1 :]
    if name in known.AMBIGUOUS:
        return _is_channel(name, value, path)
    if name in {"amp", "_amp"}:
        return value.lower() in {"", "1", "true", "yes"}
    if name == "outputtype":
        return value.lower() == "amp"
    return name.startswith("sf") and _SOCIALFLOW.fullmatch(name) is not None


_HOST_NAME = re.compile(r"(?:https?://)?(?:[a-z0-9-]+\.)+[a-z]{2,}/?")
_SEPARATORS = re.compile(r"[^a-z0-9]+")
_SESSION_ID = re.compile(r"[0-9a-f]{32}")


def _is_channel(name: str, value: str, path: str) -> bool:
    """Whether the value says how somebody came; on the home page s, f and feed ask instead."""
    value = unquote(value).lower()
    if name in {"s", "sid"} and path.endswith(("/viewtopic.php", "/showthread.php")):
        return _SESSION_ID.fullmatch(value) is not None
    if path == "/" and name in {"s", "f", "feed"}:
        return False
    if name in known.NAMES_A_HOST and _HOST_NAME.fullmatch(value):
        return True
    if "---" in value:  # Medium: rss----5f2…---4, collection_home---4------0---
        return True
    words = [word for word in _SEPARATORS.split(value) if word]
    return bool(words) and (words[0].startswith("rss") or known.CHANNELS.issuperset(words))


def _clean_fragment(fragment: str) -> str:
    """None, but for those that a script reads as the path (#!/a, #/a)."""
    is_path = fragment.startswith(("#!", "#/")) and len(fragment) > 2
    return _ILLEGAL.sub(_escape, fragment) if is_path else ""


# ── the key ──────────────────────────────────────────────────────────────────

_WIKI_MOBILE = re.compile(r"\.(?:m|zero)(?=\.(?:wik\w+|mediawiki)\.org\Z)")
_BLOGSPOT = re.compile(r"\.blogspot\.(?:com?\.)?[a-z]{2,3}\Z")  # led by country until 2015
_PUBLIC_SUFFIX = re.compile(r"(?:com?|net|org|gov|edu|ac|or|ne|go)\.[a-z]{2}")


@lru_cache(maxsize=4096)
def _bare_host(host: str) -> str:
    """Without the label that only names a device, if what is left is a site of its own."""
    host = _BLOGSPOT.sub(".blogspot.com", _WIKI_MOBILE.sub("", host))
    while True:
        label, _, rest = host.partition(".")
        if label not in known.DEVICE_LABELS or "." not in rest or _PUBLIC_SUFFIX.fullmatch(rest):
            break
        if label != "www" and rest in known.TENANT_HOSTS:
            break
        host = rest
    return known.HOST_ALIASES.get(host, host)


_SLASHES = re.compile(r"/{2,}")
_INDEX = re.compile(
    r"/(?:index|default)\.(?:html?|xhtml|shtml|php\d?|aspx?|jspx?|cfm)\Z", re.IGNORECASE
)
# Escapes that mean the character itself there; never / ? # % +, for they would mean another.
_SAME_IN_PATH = re.compile(r"%(?:2[146789AC]|3[ABD]|40|5[BD]|7C)")
_SAME_IN_QUERY = re.compile(r"%(?:2[14789ACF]|3[ABF]|40|5[BD]|7C)")


def _bare_path(path: str, site: known.Site) -> str:
    for pattern, instead in site.amp_prefixes:
        path = pattern.sub(instead, path)
    path = _INDEX.sub("/", _SLASHES.sub("/", path)).rstrip("/")
    return _SAME_IN_PATH.sub(_unescape, path) if "%" in path else path


def _sorted_query(query: str | None) -> str:
    """By name; values of one name keep their order, and `a` is `a=`."""
    if not query:
        return ""
    query = _ESCAPES.sub(_escape, query.replace("+", "%20"))
    if "%" in query:
        query = _SAME_IN_QUERY.sub(_unescape, query)
    pieces = [piece.removesuffix("=") for piece in query.split("&") if piece]
    return "&".join(sorted(pieces, key=lambda piece: piece.partition("=")[0]))


def _unescape(found: re.Match[str]) -> str:
    return chr(int(found[0][1:], 16))


def _id_key(name: str, groups: list[str]) -> str:
    value = "/".join(groups)
    if name == "doi":  # no case (DOI Handbook §2.4)
        value = unquote(value).lower().rstrip("/")
    if name == "weibo" and len(value) == 9:
        value = str(_weibo_number(value))
    return f"{name}:{value}"


_BASE62 = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"


def _weibo_number(name: str) -> int:
    """Weibo writes a post's number in base 62, four letters for seven digits."""
    number = 0
    for group in (name[:1], name[1:5], name[5:]):
        part = 0
        for letter in group:
            part = part * 62 + _BASE62.index(letter)
        number = number * 10_000_000 + part
    return number
