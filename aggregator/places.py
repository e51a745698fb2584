"""Paths and the file: addresses that stand for them, in UTF-8 whatever the locale is."""

from __future__ import annotations

import os
import re
from pathlib import Path
from urllib.parse import quote, unquote_to_bytes, urlsplit

_FEEDS = frozenset(("atom", "json", "opml", "rdf", "rss", "txt", "xml", "htm", "html"))


def file_url(path: str, folder: Path) -> str:
    # Not resolve(): where `current` links to the latest release, the address must not change.
    whole = os.path.normpath((folder / path).absolute())
    # Not as_uri(): under LC_ALL=C it refuses 新闻.xml.
    return "file://" + quote(whole.encode("utf-8", "surrogateescape"))


def path_of(url: str) -> Path:
    """The path that a file: address stands for."""
    return Path(os.fsdecode(unquote_to_bytes(urlsplit(url).path)))


def like_an_address(path: str | None) -> bool:
    """Whether a path looks like an address that has lost its https://."""
    host, _, rest = (path or "").partition("/")
    if not re.fullmatch(r"(?:\w(?:[\w-]*\w)?\.)+[^\W\d_]{2,}(?::\d+)?", host):
        return False
    return bool(rest) or host.rpartition(".")[2].lower() not in _FEEDS
