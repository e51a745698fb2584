"""An address without what tracks the reader, escaped in one way, and else byte for byte."""

from __future__ import annotations

import re
from urllib.parse import unquote

from aggregator import link_rules as known
from aggregator.link_parts import Parts
from aggregator.link_sites import Site, site_of
from aggregator.model import LinkRules

# A tracker glued on without its "?", or with an escaped one.
_GLUED = re.compile(r"[&;](?=utm_[a-z]+=)")
_GLUED_ESCAPED = re.compile(r"%3Futm_", re.IGNORECASE)


def cleaned(parts: Parts, rules: LinkRules) -> Parts:
    path, query = parts.path, parts.query
    if "utm_" in path:
        above, slash, last = path.rpartition("/")
        path = above + slash + _GLUED_ESCAPED.split(last, maxsplit=1)[0]
        if query is None and _GLUED.search(path):
            path, query = _GLUED.split(path, maxsplit=1)
    path = _clean_path(path)
    site = site_of(parts.host, rules)
    if "amp" in path and not site.amp_is_a_name:
        path = _without_amp(path)
    if query:
        query = _clean_query(query, site, path)
    fragment = _clean_fragment(parts.fragment)
    return Parts(parts.scheme, parts.host, parts.port, path, query, fragment)


# RFC 3986 §6.2.2; what else is escaped is what the URL standard's path set adds.
_ESCAPES = re.compile(r"""%[0-9A-Fa-f]{2}|%|[^!-~]|["<>^`{}]""")
_ILLEGAL = re.compile(r"""%(?![0-9A-Fa-f]{2})|[^!-~]|["<>]""")
_UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_SESSION = re.compile(r";jsessionid=[^/;]*", re.IGNORECASE)
_COOKIELESS = re.compile(r"/\((?:[A-Za-z]\([^()/]*\))+\)(?=/)")  # ASP.NET


def _clean_path(path: str) -> str:
    path = escaped(path)
    if ";" in path:
        path = _SESSION.sub("", path)
    if "/(" in path:
        path = _COOKIELESS.sub("", path)
    if "/." in path:
        path = _without_dots(path)
    return path or "/"


def escaped(text: str) -> str:
    """As few escapes as there can be, in capitals: one spelling for what means the same."""
    return _ESCAPES.sub(_escape, text)


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


def _clean_query(query: str, site: Site, path: str) -> str | None:
    """Without what tracks, the rest byte for byte; None when nothing is left."""
    if "?utm_" in query:
        query = query.replace("?utm_", "&utm_")
    pieces = query.split("&")
    names = [piece.partition("=")[0].lower() for piece in pieces]
    if site.keeps and set(site.keeps).issubset(names):
        kept = [
            piece
            for piece, name in zip(pieces, names, strict=True)
            if name in site.keeps or name in site.never
        ]
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


_BLOGGER = re.compile(r"/\d{4}/\d\d/[^/]+\.html")
_SOCIALFLOW = re.compile(r"sf\d{6,}")


def _tracks(name: str, piece: str, site: Site, path: str) -> bool:
    if name in site.never or name.startswith(site.never_prefixes):
        return False
    if name in known.TRACKERS or name in site.drops:
        return True
    if name.startswith(known.TRACKER_PREFIXES) or name.startswith(site.drop_prefixes):
        return True
    value = piece[len(name) + 1 :]
    if name in known.AMBIGUOUS:
        return _is_channel(name, value, path)
    if name in {"amp", "_amp", "noamp", "nonamp"}:
        return value.lower() in {"", "1", "true", "yes", "mobile", "available"}
    if name == "m" and value in {"0", "1"}:  # of Blogger, also on its customers' hosts
        return _BLOGGER.fullmatch(path) is not None
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


_IDLE_ANCHOR = re.compile(r":~:|more-\d+\Z|reply\d+\Z|ixzz|\.[\w-]{8,12}\Z")


def _clean_fragment(fragment: str) -> str:
    """That of a place in a page that holds several entries, as a list of changes does, and of what
    a script reads as the path (#!/a, #/a); not that of a tracker, or of what all pages have."""
    name = fragment[1:]
    is_path = name[:1] in ("!", "/") and len(name) > 1
    idle = "=" in name or name.lower() in known.IDLE_ANCHORS or _IDLE_ANCHOR.match(name)
    if not name.strip("!/#") or (idle and not is_path):
        return ""
    return "#" + _ILLEGAL.sub(_escape, name.replace("#", "%23"))
