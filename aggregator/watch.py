"""The disk again: which folders of posts changed, as soon as they do.

A thread for each folder waits for what the system tells of it. Nothing is read here, and nothing
depends on it: a folder that cannot be watched is looked at every ten seconds all the same.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, SimpleQueue

from watchfiles import Change, watch

Begin = Callable[..., Iterable[set[tuple[Change, str]]]]

_PAUSE = 250  # milliseconds without another change: then a file is written, as far as one can tell
_LONGEST = 1_000  # but so long at most
_BREATH = 5_000  # then we see whether the folder is still the one that we watch
_AGAIN = 60.0  # seconds after a failure
_ASIDE = {".git", "_site", ".jekyll-cache", ".sass-cache", "node_modules"}


@dataclass(frozen=True, slots=True)
class Followed:
    folder: Path
    wanted: Callable[[str], bool]  # whether a file of this path in the folder counts


@dataclass(frozen=True, slots=True)
class News:
    name: str
    trouble: str | None = None  # why it is not watched; None: it changed


class Watch:
    """Of folders under names. `begin` replaces the system, for tests."""

    def __init__(self, begin: Begin = watch, *, again: float = _AGAIN) -> None:
        self._begin = begin
        self._again = again
        self._news: SimpleQueue[News] = SimpleQueue()
        self._followers: dict[str, tuple[Followed, threading.Event]] = {}

    def follow(self, folders: Mapping[str, Followed]) -> None:
        """These and no others from now on."""
        for name, (followed, stop) in list(self._followers.items()):
            if folders.get(name) != followed:
                stop.set()
                del self._followers[name]
        for name, followed in folders.items():
            if name not in self._followers:
                stop = threading.Event()
                self._followers[name] = (followed, stop)
                follower = _Follower(name, followed, stop, self._news, self._begin, self._again)
                threading.Thread(target=follower.run, name=f"watch {name}", daemon=True).start()

    def news(self) -> list[News]:
        """What came since the last time, each thing once."""
        found: dict[News, None] = {}
        with suppress(Empty):
            while True:
                found[self._news.get_nowait()] = None
        return list(found)

    def close(self) -> None:
        self.follow({})


@dataclass(frozen=True, slots=True)
class _Follower:
    name: str
    followed: Followed
    stop: threading.Event
    news: SimpleQueue[News]
    begin: Begin
    again: float

    def run(self) -> None:
        told = None
        while not self.stop.is_set():
            try:
                self._until_replaced()
                told = None
                continue
            except (OSError, RuntimeError) as error:  # not there, too many watches, no such system
                trouble = (getattr(error, "strerror", None) or str(error)).lower()
            if trouble != told:
                self.news.put(News(self.name, trouble))
                told = trouble
            self.stop.wait(self.again)

    def _until_replaced(self) -> None:
        """Until another folder stands there: what is watched is a folder, not a name."""
        folder = self.followed.folder
        watched = _identity(folder)
        changes = self.begin(
            folder,
            watch_filter=self._counts,
            step=_PAUSE,
            debounce=_LONGEST,
            rust_timeout=_BREATH,
            yield_on_timeout=True,
            raise_interrupt=False,
            stop_event=self.stop,
        )
        for changed in changes:
            if changed and not self.stop.is_set():
                self.news.put(News(self.name))
            if _identity(folder) != watched:
                self.news.put(News(self.name))
                return

    def _counts(self, change: Change, path: str) -> bool:
        """Folders, and wanted files: not what editors, git or our own store leave beside them."""
        parts = Path(os.path.relpath(path, self.followed.folder)).parts
        if not parts:  # the folder itself
            return True
        if _ASIDE.intersection(parts):
            return False
        if self.followed.wanted("/".join(parts)):
            return True
        if change is Change.deleted:  # it may have been a folder
            return "." not in parts[-1]
        return change is Change.added and Path(path).is_dir()


def _identity(folder: Path) -> tuple[int, int]:
    status = folder.stat()
    return status.st_dev, status.st_ino
