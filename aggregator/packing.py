"""Documents, and beside each its packed forms: all.atom.gz, all.atom.br, all.atom.zst. Nothing is
packed when it is asked for, and a web server that knows of such files sends them as they are.

A form never stands beside another document than its own, not even after a kill: it goes before the
document is replaced, and comes after it, with its time.

To add a coding: a line in CODINGS, with the name that HTTP has for it.
"""

from __future__ import annotations

import gzip
import os
import sys
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import brotli

from aggregator import files
from aggregator.errors import OutputError

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

LEAST = 256  # bytes: a document below that fits into one packet with its headers, packed or not


@dataclass(frozen=True, slots=True, kw_only=True)
class Coding:
    suffix: str
    pack: Callable[[bytes], bytes]


# As small as a few milliseconds make a feed of 200 KB; a tenth smaller costs thirty times.
CODINGS: Mapping[str, Coding] = {
    "gzip": Coding(suffix=".gz", pack=partial(gzip.compress, compresslevel=9, mtime=0)),
    "br": Coding(suffix=".br", pack=partial(brotli.compress, quality=5)),
    "zstd": Coding(suffix=".zst", pack=partial(zstd.compress, level=9)),
}
SUFFIXES = tuple(coding.suffix for coding in CODINGS.values())


Differs = Callable[[Path, bytes], bool]  # whether a document is not these bytes yet


@dataclass(frozen=True, slots=True, kw_only=True)
class Press:
    """What is done with documents, and with their forms in these codings."""

    codings: tuple[str, ...]
    dry: bool = False
    differs: Differs = files.differs

    def looking(self, differs: Differs = files.differs) -> Press:
        """One that says what it would do, as `differs` answers, and does nothing."""
        return replace(self, dry=True, differs=differs)

    def write(self, path: Path, body: bytes) -> bool:
        """Whether the document has to be written; it is, with its forms."""
        return self.differs(path, body) if self.dry else write(path, body, codings=self.codings)

    def stamp(self, path: Path) -> str | None:
        return stamp(path, codings=self.codings)

    def remove(self, path: Path) -> None:
        if not self.dry:
            remove(path)


def write(path: Path, body: bytes, *, codings: Collection[str]) -> bool:
    """Whether the document had to be written: it and its forms are as they should be in any case.

    OutputError when they cannot be; the document that stood there stays.
    """
    new = files.differs(path, body)
    if not new and whole(path, codings):
        return False
    document = files.stage(path, body) if new else path
    time = document.stat().st_mtime_ns
    staged: dict[Path, Path] = {path: document} if new else {}
    try:
        for name in codings if len(body) >= LEAST else ():
            form = beside(path, name)
            staged[form] = files.stage(form, CODINGS[name].pack(body))
            os.utime(staged[form], ns=(time, time))
        _clear(path)
        for place, ready in staged.items():  # the document first
            files.put(ready, place)
    finally:
        for ready in staged.values():
            ready.unlink(missing_ok=True)
    return new


def stamp(path: Path, *, codings: Collection[str]) -> str | None:
    """What the document is like now, without reading it; None when it is not whole."""
    return files.stamp(path) if whole(path, codings) else None


def whole(path: Path, codings: Collection[str]) -> bool:
    """Whether the document stands with these forms beside it, of its own time, and no other."""
    try:
        status = path.stat()
        wanted = codings if status.st_size >= LEAST else ()
        return dict.fromkeys(wanted, status.st_mtime_ns) == _times(path)
    except OSError:
        return False


def remove(path: Path) -> None:
    """The document and its forms."""
    _clear(path)
    with suppress(FileNotFoundError):
        path.unlink()


def beside(path: Path, coding: str) -> Path:
    return path.with_name(path.name + CODINGS[coding].suffix)


def _times(path: Path) -> dict[str, int]:
    found = {}
    for name in CODINGS:
        with suppress(FileNotFoundError):
            found[name] = beside(path, name).stat().st_mtime_ns
    return found


def _clear(path: Path) -> None:
    for name in CODINGS:
        try:
            beside(path, name).unlink(missing_ok=True)
        except OSError as error:
            raise OutputError(f"{error.filename or path}: {error.strerror}") from error
