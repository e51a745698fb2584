"""The documents that hubs know, by their addresses: which there are, whether an address is that of
one, and what is said of hubs beside it. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

_ASCII = "!#$%&'()*+,/:;=?@[]"  # what an address may hold, and so a header
HUB = "hub"  # where ours is, below our public address


@dataclass(frozen=True, slots=True, kw_only=True)
class Topics:
    """`types`: of every current document, by its path below `folder`, the media type."""

    base: str  # the address of the folder; ends in a slash
    folder: Path
    types: Mapping[str, str]
    hubs: tuple[str, ...] = ()  # all that the documents name
    others: tuple[str, ...] = ()  # those of them that are not ours, and want to be told
    own: bool = False  # whether one of them is ours
    safe: str = "/"  # what stands in an address as it is

    def address(self, path: str) -> str:
        """The one address of a document: what it says of itself as rel=self."""
        return self.base + quote(path, safe=self.safe)

    def path(self, topic: str) -> str | None:
        """Of the document that somebody means by an address: over http or https, however it is
        escaped. What has a query or credentials is no document of ours."""
        here, there = _place(self.base), _place(topic)
        if here is None or there is None or here[0] != there[0]:
            return None
        path = there[1].removeprefix(here[1]) if there[1].startswith(here[1]) else ""
        return path if path in self.types else None

    def link_header(self, path: str) -> str:
        return link_header(self.hubs, self.address(path))


def link_header(hubs: Iterable[str], address: str) -> str:
    """The Link header of a document that hubs push (WebSub §4): the hubs, then its own address."""
    links = [*((hub, "hub") for hub in hubs), (address, "self")]
    return ", ".join(f'<{quote(url, safe=_ASCII)}>; rel="{rel}"' for url, rel in links)


def _place(url: str) -> tuple[str, str] | None:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    if parts.scheme not in ("http", "https") or parts.query or parts.fragment:
        return None
    if not parts.hostname or "@" in parts.netloc:
        return None
    host = parts.hostname if port in (None, 80, 443) else f"{parts.hostname}:{port}"
    return host, unquote(parts.path)
