"""Under which name and at which address a source of the config is known."""

from __future__ import annotations

import itertools
import os.path
import re
import unicodedata
from collections.abc import Collection, Sequence
from pathlib import Path, PurePosixPath
from urllib.parse import urlsplit

from aggregator.places import file_url


def post_names(posts: Sequence[tuple[str, str | None]]) -> list[str]:
    """Given names as they are; `_posts` gives `posts`, and the second of it `posts-2`."""
    taken = {folded(name) for _, name in posts if name}
    names = []
    for path, given in posts:
        last = PurePosixPath(os.path.normpath(path)).name.lstrip("_.")
        names.append(given or unused(last or "posts", taken))
        taken.add(folded(names[-1]))
    return names


def unused(name: str, taken: Collection[str]) -> str:
    """The name itself, else the name with a number; `taken` holds folded names."""
    candidates = itertools.chain((name,), (f"{name}-{x}" for x in itertools.count(2)))
    return next(x for x in candidates if folded(x) not in taken)


def folded(name: str) -> str:
    """What the spellings of one name have in common."""
    return unicodedata.normalize("NFKC", name).casefold().strip()


def address(url: str, folder: Path) -> str:
    """Of a feed, which may be given as a path from `folder`."""
    return file_url(url, folder) if is_path(url) else url


def comparable(url: str) -> str:
    """What two spellings of one address have in common."""
    parts = urlsplit(url)
    port = {"http": ":80", "https": ":443"}.get(parts.scheme, ":")
    place = parts.netloc.lower().removesuffix(port)
    return parts._replace(netloc=place, path=parts.path or "/", fragment="").geturl()


def is_path(url: str) -> bool:
    return not re.match(r"(?i)(https?|file):", url)
