"""The disk: the post folder in, the documents of feeds/ out.

A document is replaced in one step, and only when its bytes differ.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from aggregator.errors import OutputError

_TEMPORARY = ".tmp"
# What Jekyll keeps beside the posts and never publishes.
_NOT_POSTS = {"_drafts", "_site", "_layouts", "_includes", "_data", "_sass", "node_modules"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A file of a post folder: its path relative to that, and what it is like now."""

    path: str
    file: Path
    stamp: str


def scan(folder: Path) -> Iterator[Found]:
    """Every file below `folder`, sorted by path; hidden ones and Jekyll's own folders left out.

    OSError when the folder itself cannot be read.
    """
    os.scandir(folder).close()
    visited: set[tuple[int, int]] = set()
    for root, folders, names in os.walk(folder, followlinks=True):
        here = Path(root)
        status = here.stat()
        if (status.st_dev, status.st_ino) in visited:  # a link that leads back up
            folders.clear()
            continue
        visited.add((status.st_dev, status.st_ino))
        folders[:] = sorted(n for n in folders if not n.startswith(".") and n not in _NOT_POSTS)
        for name in sorted(names):
            found = _found(folder, here / name)
            if found and not name.startswith("."):
                yield found


def _found(folder: Path, file: Path) -> Found | None:
    try:
        status = file.stat()
    except OSError:  # a link to nowhere, or gone since the folder was listed
        return None
    if not file.is_file():
        return None
    stamp = f"{status.st_mtime_ns}-{status.st_size}-{status.st_ino}"
    return Found(path=file.relative_to(folder).as_posix(), file=file, stamp=stamp)


def write(path: Path, body: bytes) -> bool:
    """Whether `path` had to be written: it holds `body` afterwards in any case.

    OutputError when it cannot be; what stood there stays.
    """
    temporary = path.with_name(f".{path.name}{_TEMPORARY}")
    try:
        if not differs(path, body):
            return False
        path.parent.mkdir(parents=True, exist_ok=True)
        with temporary.open("wb") as file:
            file.write(body)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
        return True
    except OSError as error:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise OutputError(f"{path}: {(error.strerror or str(error)).lower()}") from error


def differs(path: Path, body: bytes) -> bool:
    """Whether `write` would write."""
    try:
        return not path.is_file() or path.read_bytes() != body
    except OSError as error:
        raise OutputError(f"{path}: {(error.strerror or str(error)).lower()}") from error


def sweep(folder: Path) -> None:
    """Remove what a process that was killed while writing left behind."""
    for leftover in folder.glob(f".*{_TEMPORARY}"):
        leftover.unlink(missing_ok=True)
