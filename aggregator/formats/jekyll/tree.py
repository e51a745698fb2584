"""Which of a site's files Jekyll reads as posts, told by their paths alone."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache
from posixpath import basename, dirname

from aggregator.formats.jekyll import globs

# Ruby's own expression: `2026-1-8-name.md`, a year of two digits, an extension of any kind.
DATED = re.compile(r"(?>.+/)*?(\d{2,4}-\d{1,2}-\d{1,2})-([^/]*)(\.[^.]+)", re.ASCII)
UNDATED = re.compile(r"(?:.+/)?(.*)(\.[^.]+)")
FOLDER = "_posts"
_YAML = (".yml", ".yaml")  # Jekyll reads data from these, and no content


class Tree:
    """All files of a site and the folders they are in, as paths from the site's own."""

    def __init__(self, files: Iterable[str]) -> None:
        self.files = frozenset(files)
        folders = set(map(dirname, self.files))
        for folder in list(folders):
            while folder := dirname(folder):
                folders.add(folder)
        self.folders = frozenset(folders - {""})
        self._matching: dict[str, tuple[str, ...]] = {}

    def matching(self, pattern: str) -> tuple[str, ...]:
        """The files and folders that `Dir.glob` finds."""
        if pattern not in self._matching:
            wanted = globs.strict(pattern.removeprefix("./").removesuffix("/"))
            among = self.folders if pattern.endswith("/") else self.files | self.folders
            found = (x for x in among if wanted.fullmatch(x))
            self._matching[pattern] = tuple(found)
        return self._matching[pattern]


class Choice:
    """`include`, `exclude` and Jekyll's own mind about names that begin with `.` or `_`."""

    def __init__(self, tree: Tree, include: Iterable[str], exclude: Iterable[str]) -> None:
        self._tree = tree
        self._include = tuple(include)
        self._exclude = tuple(x for x in exclude if x not in self._include)
        self._walked = cache(self._walks_into)

    def posts(self, collections_dir: str = "") -> Iterator[str]:
        """In the order of their paths; drafts are none."""
        return (path for path in sorted(self._tree.files) if self.takes(path, collections_dir))

    def takes(self, path: str, collections_dir: str = "") -> bool:
        parts = path.split("/")
        places = (i for i, part in enumerate(parts[:-1]) if part == FOLDER)
        return any(self._is_post(parts, place, collections_dir) for place in places)

    def _is_post(self, parts: list[str], place: int, collections_dir: str) -> bool:
        above, entry = "/".join(parts[:place]), "/".join(parts[place + 1 :])
        return (
            bool(DATED.fullmatch(entry))
            and not entry.endswith(_YAML)
            and not any(part.startswith(".") for part in parts[place + 1 :])
            and (not collections_dir or f"/{above}".startswith(f"/{collections_dir}"))
            and self._walked(above)
            and self._passes(entry, "/".join(parts[: place + 1]))
        )

    def _walks_into(self, folder: str) -> bool:
        if not folder:
            return True
        return self._walked(dirname(folder)) and self._passes(basename(folder), dirname(folder))

    def _passes(self, entry: str, base: str) -> bool:
        """A folder's file or a path below it; what is included is never special."""
        name = basename(entry)
        if entry.endswith("."):
            return False
        if self._matches(self._include, entry) or self._matches(self._include, name):
            return True
        if self._matches(self._exclude, f"{base}/{entry}"):
            return False
        return not (entry[0] in "._#~" or name[0] in "._#~" or entry.endswith("~"))

    def _matches(self, patterns: tuple[str, ...], entry: str) -> bool:
        path = f"/{entry.lstrip('/')}"
        for pattern in patterns:
            full = f"/{pattern.lstrip('/')}"
            if path.startswith(full) or globs.loose(full).fullmatch(path):
                return True
            if full == f"{path}/" and path[1:] in self._tree.folders:
                return True
        return False
