"""The documents of a folder as they are sent: read once, with their packed forms, and kept in
memory for as long as the file stays the same.
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections import OrderedDict
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Generic, TypeVar

from aggregator import packing

Stamp = tuple[int, int, int, int]
T = TypeVar("T")

_LARGE = 8_000_000  # bytes: what is larger is read each time, piece by piece
_ROOM = 64_000_000  # bytes of all that is kept
_PIECE = 1 << 18
_ETAGS = {"identity": "", "gzip": "-gz", "br": "-br", "zstd": "-zstd"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """One coding of a document. `body` is None where it is too large to be kept."""

    coding: str
    etag: str
    size: int
    file: Path
    stamp: Stamp
    body: bytes | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A file as it was at one moment. `forms` are the packed ones, the smallest first, and the
    plain one; `whole` when no other is to come."""

    file: Path
    stamp: Stamp
    modified: int  # seconds since 1970
    digest: str
    forms: tuple[Form, ...]
    whole: bool

    @property
    def plain(self) -> Form:
        return self.forms[-1]

    @property
    def room(self) -> int:
        return sum(len(form.body or b"") for form in self.forms) + 4000

    def current(self) -> bool:
        """Whether the file is still what was read."""
        try:
            return _stamp(self.file.stat()) == self.stamp
        except OSError:
            return False


# ── from the disk ────────────────────────────────────────────────────────────


def find(folder: Path, path: str) -> Path | None:
    """The file in `folder` that a path of an address names. None when there is none, when it is
    hidden, a form of another or nothing that is in the folder itself."""
    parts = path.split("/")
    if any(not part or part.startswith(".") or "\0" in part for part in parts):
        return None
    file = folder.joinpath(*parts)
    with suppress(OSError, ValueError):
        if not stat.S_ISREG(file.stat().st_mode):
            return None
        if not file.resolve().is_relative_to(folder.resolve()):
            return None
        return None if file.suffix in packing.SUFFIXES else file
    return None


def read(file: Path, codings: Collection[str]) -> Document | None:
    """The document with those of its forms that are of its own time; None when it cannot be read.

    A form comes right after its document: as long as one is missing, it is worth another look.
    """
    try:
        with file.open("rb") as opened:
            status = os.fstat(opened.fileno())
            body, digest = _read(opened, status.st_size)
    except OSError:
        return None
    stamp = _stamp(status)
    packed = [
        form
        for name in packing.CODINGS
        if (form := _packed(file, name, digest, status.st_mtime_ns))
    ]
    wanted = len(codings) if status.st_size >= packing.LEAST else 0
    plain = _form("identity", digest, file, status, body)
    return Document(
        file=file,
        stamp=stamp,
        modified=status.st_mtime_ns // 10**9,
        digest=digest,
        forms=(*sorted(packed, key=lambda form: form.size), plain),
        whole=len(packed) >= wanted,
    )


def _packed(document: Path, coding: str, digest: str, time: int) -> Form | None:
    file = packing.beside(document, coding)
    try:
        with file.open("rb") as opened:
            status = os.fstat(opened.fileno())
            if status.st_mtime_ns != time or file.is_symlink():
                return None
            large = status.st_size > _LARGE
            return _form(coding, digest, file, status, None if large else opened.read())
    except OSError:
        return None


def _form(coding: str, digest: str, file: Path, status: os.stat_result, body: bytes | None) -> Form:
    return Form(
        coding=coding,
        etag=f'"{digest}{_ETAGS[coding]}"',
        size=status.st_size,
        file=file,
        stamp=_stamp(status),
        body=body,
    )


def _read(opened: BinaryIO, size: int) -> tuple[bytes | None, str]:
    """The body, if it is not too large to be kept, and its digest."""
    found = hashlib.blake2b(digest_size=12)
    if size <= _LARGE:
        body = opened.read()
        found.update(body)
        return body, found.hexdigest()
    while piece := opened.read(_PIECE):
        found.update(piece)
    return None, found.hexdigest()


@contextmanager
def opened(form: Form) -> Iterator[BinaryIO]:
    """The file of a form that is not kept; FileNotFoundError when it has been replaced since."""
    with form.file.open("rb") as file:
        if _stamp(os.fstat(file.fileno())) != form.stamp:
            raise FileNotFoundError(form.file)
        yield file


def _stamp(status: os.stat_result) -> Stamp:
    return (status.st_mtime_ns, status.st_ctime_ns, status.st_size, status.st_ino)


# ── in memory ────────────────────────────────────────────────────────────────


class Memory(Generic[T]):
    """By path, what was made of the documents that were asked for last; bounded in bytes."""

    def __init__(self, room: Callable[[T], int], *, most: int = _ROOM) -> None:
        self._room = room
        self._most = most
        self._kept: OrderedDict[str, T] = OrderedDict()
        self._filled = 0

    def __contains__(self, path: object) -> bool:
        return path in self._kept

    def get(self, path: str) -> T | None:
        found = self._kept.get(path)
        if found is not None:
            self._kept.move_to_end(path)
        return found

    def keep(self, path: str, made: T) -> None:
        self.drop(path)
        self._kept[path] = made
        self._filled += self._room(made)
        while self._filled > self._most and len(self._kept) > 1:
            self.drop(next(iter(self._kept)))

    def drop(self, path: str) -> None:
        if (found := self._kept.pop(path, None)) is not None:
            self._filled -= self._room(found)
