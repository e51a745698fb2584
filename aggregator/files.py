"""The disk: the post folder in, the documents of feeds/ out.

A document is replaced in one step, and only when its bytes differ.
"""

from __future__ import annotations

import errno
import os
import re
import stat
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain
from pathlib import Path, PurePosixPath

from aggregator.errors import OutputError

_TEMPORARY = ".tmp"
# What Jekyll keeps beside the posts and never publishes.
_NOT_POSTS = {"_drafts", "_site", "_layouts", "_includes", "_data", "_sass", "node_modules"}
# In a Jekyll site anything else may count: what its config includes, or looks for.
_NOT_SITE = {"_site", ".git", ".jekyll-cache", ".sass-cache", "node_modules"}
_POSTS = "_posts"

# ── in ───────────────────────────────────────────────────────────────────────

_OUTSIDE = (
    "a link that leads out of the folder, and is not followed; copy what it names to its place"
)
_OUTSIDE_FOLDER = (
    "a link that leads out of the folder, and is not followed; name that folder under posts: too"
)
_RENAMED = "the file's name is not UTF-8; this is what it is taken for"
_NOWHERE = "a link that leads nowhere; mend or remove it"
_NOT_UTF8 = re.compile("[\udc80-\udcff]")  # what os.fsdecode makes of a byte that is no text


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A file of a post folder: its name relative to that, always fit to be shown, and what it is
    like now."""

    path: str
    file: Path
    stamp: str
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Scan:
    """What is in a folder; by path, why a file, or all that is below a folder, is not."""

    found: tuple[Found, ...]
    troubles: Mapping[str, str]
    paths: frozenset[str]  # of what is found; in a site, of the files that nobody wants as well


def scan(
    folder: Path, *, wanted: Callable[[str], bool] = lambda path: True, site: bool = False
) -> Scan:
    """Every file below `folder` with a `wanted` path; hidden ones, Jekyll's own folders and what
    is not in the folder but only linked there left out. In a `site`, as Jekyll walks through it:
    hidden ones too, and a folder that is linked there is at both its places.

    One look at each file, folder by folder in the order of names. OSError when the folder itself
    cannot be read.
    """
    os.scandir(folder).close()
    walk = _SiteWalk(folder, wanted) if site else _Walk(folder, wanted)
    walk.below("")
    while walk.linked:  # afterwards: what has a place of its own is found there
        walk.through(walk.linked.pop(0))
    names = _names([*(path for path, _ in walk.files), *walk.troubles])
    found = (
        Found(
            path=names[path],
            file=folder / path,
            stamp=stamp,
            problems=() if names[path] == path else (f"{names[path]}: {_RENAMED}",),
        )
        for path, stamp in walk.files
        if stamp is not None
    )
    troubles = {names[path]: reason for path, reason in walk.troubles.items()}
    paths = frozenset(names[path] for path, _ in walk.files)
    return Scan(found=tuple(found), troubles=troubles, paths=paths)


class _Walk:
    """A walk through a folder: paths are relative to it, and as the system gives them."""

    def __init__(self, folder: Path, wanted: Callable[[str], bool]) -> None:
        self.folder = folder
        self.wanted = wanted
        self.root = os.path.realpath(folder)
        self.visited: set[tuple[int, int]] = set()
        self.files: list[tuple[str, str | None]] = []  # with their stamps; None if not wanted
        self.linked: list[str] = []  # folders that are still to be walked through
        self.troubles: dict[str, str] = {}

    def below(self, path: str) -> None:
        waiting = [path]
        while waiting:
            here = waiting.pop()
            try:
                waiting += reversed(self._look_into(here))
            except FileNotFoundError:  # gone since its own folder was listed
                continue
            except OSError as error:
                self.troubles[here] = _reason(error)

    def through(self, link: str) -> None:
        self.below(link)

    def _left_out(self, name: str) -> bool:
        return name.startswith(".")

    def _left_out_folder(self, name: str) -> bool:
        return name in _NOT_POSTS

    def _unwanted(self, path: str) -> None:
        pass

    def _look_into(self, here: str) -> list[str]:
        """Takes the files of one folder; gives its folders."""
        place = self.folder / here
        status = place.stat()
        if (status.st_dev, status.st_ino) in self.visited:  # a link that leads back up
            return []
        self.visited.add((status.st_dev, status.st_ino))
        with os.scandir(place) as listed:
            entries = sorted(listed, key=lambda entry: entry.name)
        folders = []
        for entry in entries:
            path = f"{here}/{entry.name}" if here else entry.name
            if self._left_out(entry.name):
                continue
            if entry.is_symlink():
                self._follow(path, entry)
            elif entry.is_dir():
                folders += [] if self._left_out_folder(entry.name) else [path]
            elif entry.is_file() and self.wanted(path):
                with suppress(FileNotFoundError):
                    self.files.append((path, _stamp(entry.stat())))
            elif entry.is_file():
                self._unwanted(path)
        return folders

    def _follow(self, path: str, link: os.DirEntry[str]) -> None:
        wanted = self.wanted(path)
        try:
            status = link.stat()
        except OSError as error:
            if wanted or not PurePosixPath(link.name).suffix:  # it may have been a folder
                gone = isinstance(error, FileNotFoundError)
                self.troubles[path] = _NOWHERE if gone else _reason(error)
            return
        target = os.path.realpath(link.path)
        inside = os.path.commonpath([self.root, target]) == self.root
        if stat.S_ISDIR(status.st_mode):
            self._follow_folder(path, link.name, inside=inside)
        elif stat.S_ISREG(status.st_mode) and wanted:
            if inside:
                self.files.append((path, _stamp(status)))
            else:
                self.troubles[path] = _OUTSIDE
        elif stat.S_ISREG(status.st_mode):
            self._unwanted(path)

    def _follow_folder(self, path: str, name: str, *, inside: bool) -> None:
        if self._left_out_folder(name):
            return
        if inside:
            self.linked.append(path)
        else:
            self.troubles[path] = _OUTSIDE_FOLDER


class _SiteWalk(_Walk):
    """Links to folders are followed as Jekyll does: anywhere, but never from within `_posts`."""

    def through(self, link: str) -> None:
        # Each link sees every folder at most once, so a tangle of them ends.
        others, self.linked = self.linked, [link]
        self.visited = set(self._above(link))
        while self.linked:
            self.below(self.linked.pop(0))
        self.linked = others

    def _above(self, path: str) -> Iterator[tuple[int, int]]:
        for folder in (self.folder / path).parents:
            status = folder.stat()
            yield status.st_dev, status.st_ino
            if folder == self.folder:
                return

    def _left_out(self, name: str) -> bool:
        return False

    def _left_out_folder(self, name: str) -> bool:
        return name in _NOT_SITE

    def _unwanted(self, path: str) -> None:
        self.files.append((path, None))

    def _follow_folder(self, path: str, name: str, *, inside: bool) -> None:
        if _POSTS not in path.split("/")[:-1]:
            super()._follow_folder(path, name, inside=inside)


def read_first(folder: Path, names: Sequence[str]) -> tuple[str, bytes] | None:
    """The first of `names` that is there, and what it holds; OSError when it cannot be read."""
    for name in names:
        path = folder / name
        if not os.path.lexists(path):
            continue
        if not path.resolve().is_relative_to(folder.resolve()):
            raise OSError(errno.EXDEV, _OUTSIDE, str(path))
        return name, path.read_bytes()
    return None


def read_within(folder: Path, path: str, *, most: int) -> bytes | None:
    """A file that is in `folder`; None when it is not, cannot be read or has over `most` bytes."""
    try:
        place = (folder / path).resolve()
        if not place.is_relative_to(folder.resolve()) or not place.is_file():
            return None
        return place.read_bytes() if place.stat().st_size <= most else None
    except (OSError, ValueError):
        return None


def _stamp(status: os.stat_result) -> str:
    # An edit can leave size, inode and mtime as they were; nothing sets ctime back.
    return f"{status.st_mtime_ns}-{status.st_ctime_ns}-{status.st_size}-{status.st_ino}"


def _reason(error: OSError) -> str:
    return (error.strerror or str(error)).lower()


def _names(paths: Sequence[str]) -> dict[str, str]:
    """Paths as text, no two the same. Those that are not UTF-8 give way to those that are: what
    is converted later keeps its name."""
    names = {path: path for path in paths if not _NOT_UTF8.search(path)}
    taken = set(names)
    for path in paths:
        if path not in names:
            name = _guessed(path)
            name = _escaped(path) if name in taken else name
            while name in taken:
                name = f"%{name}"
            names[path] = name
            taken.add(name)
    return names


def _guessed(path: str) -> str:
    """What is not UTF-8 as GB 18030, which old Chinese archives are in; else escaped."""
    return "/".join(map(_guessed_name, path.split("/")))


def _guessed_name(name: str) -> str:
    if not _NOT_UTF8.search(name):
        return name
    with suppress(UnicodeDecodeError):
        text = os.fsencode(name).decode("gb18030")
        if text.isprintable():
            return text
    return _escaped(name)


def _escaped(path: str) -> str:
    return _NOT_UTF8.sub(lambda byte: f"%{ord(byte[0]) - 0xDC00:02X}", path)


# ── out ──────────────────────────────────────────────────────────────────────


def write(path: Path, body: bytes) -> bool:
    """Whether `path` had to be written: it holds `body` afterwards in any case.

    OutputError when it cannot be; what stood there stays.
    """
    if not differs(path, body):
        return False
    put(stage(path, body), path)
    return True


def stage(path: Path, body: bytes) -> Path:
    """A hidden file beside `path` that holds `body`, on the disk, ready to be `put` there.

    OutputError when there can be none.
    """
    temporary = path.with_name(f".{path.name}{_TEMPORARY}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with temporary.open("wb") as file:
            file.write(body)
            file.flush()
            _age(file.fileno(), path)
            os.fsync(file.fileno())
        return temporary
    except OSError as error:
        raise _unwritten(temporary, path, error) from error


def put(staged: Path, path: Path) -> None:
    """In one step: whoever reads sees what stood there, or what stands there now."""
    try:
        staged.replace(path)
    except OSError as error:
        raise _unwritten(staged, path, error) from error


def _unwritten(temporary: Path, path: Path, error: OSError) -> OutputError:
    with suppress(OSError):
        temporary.unlink(missing_ok=True)
    return OutputError(f"{error.filename or path}: {_reason(error)}")


def _age(new: int, path: Path) -> None:
    """Make what takes the place of `path` a second younger than it at least: by seconds HTTP tells
    two versions apart, and some web servers by nothing else when both have one size."""
    with suppress(FileNotFoundError):
        before = path.stat().st_mtime_ns // 10**9
        if os.fstat(new).st_mtime_ns // 10**9 <= before:
            os.utime(new, (before + 1, before + 1))


def held(path: Path) -> bytes | None:
    """What the file at `path` holds; None when there is none. OutputError when that is unknown."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise OutputError(f"{path}: {_reason(error)}") from error


def remove(path: Path) -> bool:
    """Whether there was a file at `path`: there is none afterwards. OutputError when there is."""
    try:
        path.unlink()
        return True
    except FileNotFoundError:
        return False
    except OSError as error:
        raise OutputError(f"{path}: {_reason(error)}") from error


def texts(folder: Path, suffixes: Collection[str]) -> tuple[tuple[str, str], ...]:
    """The files of a folder whose names end so, with what is in them; none below it.

    OutputError when one cannot be read, or is not in UTF-8.
    """
    try:
        found = [x for x in sorted(folder.iterdir()) if x.suffix in suffixes and x.is_file()]
    except OSError as error:
        raise OutputError(f"{folder}: {_reason(error)}") from error
    return tuple((x.name, text(x)) for x in found)


def text(path: Path) -> str:
    """What is in a file. OutputError when it cannot be read, or is not in UTF-8."""
    try:
        return path.read_text("utf-8-sig")
    except UnicodeDecodeError as error:
        raise OutputError(f"{path}: not UTF-8 (byte {error.start}); save it as UTF-8") from error
    except OSError as error:
        raise OutputError(f"{path}: {_reason(error)}") from error


def stamp(path: Path) -> str | None:
    """What the file at `path` is like now, without reading it; None when there is none."""
    try:
        return _stamp(path.stat()) if path.is_file() else None
    except OSError:
        return None


def folder_stamp(path: Path) -> str | None:
    """What changes whenever a file is put into a folder, taken away or replaced; None when there
    is no such folder."""
    try:
        return str(path.stat().st_mtime_ns) if path.is_dir() else None
    except OSError:
        return None


def differs(path: Path, body: bytes) -> bool:
    """Whether `write` would write."""
    try:
        return not path.is_file() or path.read_bytes() != body
    except OSError as error:
        raise OutputError(f"{path}: {_reason(error)}") from error


def sweep(folder: Path) -> None:
    """Remove what a process that was killed while writing left behind. What cannot be removed, a
    folder of that name, is told when a document is to be written there."""
    leftovers = (
        place.glob(f".*{_TEMPORARY}") for place in (folder, folder / "archive", folder / "feed")
    )
    for leftover in chain.from_iterable(leftovers):
        with suppress(OSError):
            leftover.unlink(missing_ok=True)
