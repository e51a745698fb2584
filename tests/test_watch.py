"""Folders of posts that are watched: what is told, what is not, and what happens when it fails."""

import os
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest
from servers import until
from watchfiles import Change

from aggregator import reading
from aggregator.formats import posts
from aggregator.model import PostOptions, Source
from aggregator.watch import Followed, News, Watch

QUIET = 0.6  # seconds in which what is not told would long have been
CHANGED = News("posts")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "posts"
    made.mkdir()
    return made


@pytest.fixture
def watch() -> Iterator[Watch]:
    made = Watch(again=0.1)
    yield made
    made.close()
    until(lambda: not _threads(), what="the threads to end")


def _threads() -> list[threading.Thread]:
    return [x for x in threading.enumerate() if x.name.startswith("watch ")]


def follow(
    watch: Watch, folder: Path, wanted: Callable[[str], bool] = posts.publishable_name
) -> None:
    """Returns when changes are seen."""
    watch.follow({"posts": Followed(folder, wanted)})

    def seen() -> bool:
        (folder / "first.md").write_text(str(time.monotonic()))
        (folder / "_posts").mkdir(exist_ok=True)
        (folder / "_posts" / "first.md").write_text(str(time.monotonic()))
        time.sleep(0.3)
        return CHANGED in watch.news()

    until(seen, what="the folder to be watched")
    settle(watch)


def settle(watch: Watch) -> None:
    time.sleep(QUIET)
    watch.news()


def told(watch: Watch) -> bool:
    return until(watch.news, seconds=10, what="a change to be told") == [CHANGED]


def silent(watch: Watch) -> bool:
    time.sleep(QUIET)
    return watch.news() == []


def test_a_post_that_is_saved_moved_or_removed_is_told(watch: Watch, folder: Path) -> None:
    follow(watch, folder)
    new, deep = folder / "a.md", folder / "new" / "deep"

    new.write_text("A")
    assert told(watch)
    (folder / ".b.md.tmp").write_text("B")
    (folder / ".b.md.tmp").rename(folder / "b.md")
    assert told(watch)
    deep.mkdir(parents=True)
    assert told(watch)
    settle(watch)
    (deep / "c.md").write_text("C")
    assert told(watch)
    (folder / "new").rename(folder / "newer")
    assert told(watch)
    settle(watch)
    (folder / "newer" / "deep" / "c.md").write_text("D")
    assert told(watch)
    (folder / "b.md").unlink()
    assert told(watch)


def test_what_is_in_a_linked_folder_is_told(watch: Watch, folder: Path, tmp_path: Path) -> None:
    (folder / "there").mkdir()
    (folder / "here").symlink_to(folder / "there")
    (tmp_path / "link").symlink_to(folder)
    follow(watch, tmp_path / "link")

    (folder / "there" / "a.md").write_text("A")

    assert told(watch)


def test_what_editors_git_and_our_own_store_leave_is_not_told(watch: Watch, folder: Path) -> None:
    (folder / ".git").mkdir()
    follow(watch, folder)
    settle(watch)

    for name in (".a.md.swp", "4913", "a.md~", "#a.md#", "aggregator.db-wal", ".git/x.md", "a.png"):
        (folder / name).write_text("x")
    (folder / "4913").write_text("y")

    assert silent(watch)


def test_of_a_site_what_its_posts_are_made_of_is_told(watch: Watch, folder: Path) -> None:
    source = Source(id="posts", url="file:///", kind="posts", posts=PostOptions(reads="jekyll"))
    for name in ("_posts", "_includes", "_site/_posts"):
        (folder / name).mkdir(parents=True)
    follow(watch, folder, reading.wanted(source))

    for name in ("about.md", "style.css", "_site/_posts/2026-01-02-a.md"):
        (folder / name).write_text("x")
    assert silent(watch)
    for name in ("_config.yml", "_includes/a.html", "_posts/2026-01-02-a.md"):
        (folder / name).write_text("x")
        assert told(watch)


def test_a_folder_that_is_replaced_is_watched_again(watch: Watch, folder: Path) -> None:
    follow(watch, folder)
    folder.rename(folder.with_name("old"))
    folder.mkdir()
    assert CHANGED in list(until(watch.news, seconds=20, what="the new folder to be told"))  # type: ignore[call-overload]
    until(lambda: (folder / "a.md").write_text(str(time.monotonic())) and _later(watch))

    follow(watch, folder)


def _later(watch: Watch) -> list[News]:
    time.sleep(0.3)
    return watch.news()


def test_a_folder_that_is_not_there_is_told_once_and_watched_when_it_is(
    watch: Watch, tmp_path: Path
) -> None:
    folder = tmp_path / "posts"
    watch.follow({"posts": Followed(folder, posts.publishable_name)})
    assert until(watch.news) == [News("posts", "no such file or directory")]
    assert silent(watch)

    folder.mkdir()

    follow(watch, folder)


def test_a_system_that_refuses_is_told_once_and_asked_again(folder: Path) -> None:
    asked = []

    def refuse(*folders: Path, **more: object) -> Iterable[set[tuple[Change, str]]]:
        asked.append(folders)
        if len(asked) < 3:
            raise OSError("OS file watch limit reached. about [...]")
        yield {(Change.added, os.fspath(folder / "a.md"))}
        time.sleep(0.2)

    watch = Watch(refuse, again=0.05)
    watch.follow({"posts": Followed(folder, posts.publishable_name)})

    found = [*until(watch.news)]  # type: ignore[misc]
    until(lambda: found.extend(watch.news()) or CHANGED in found)
    watch.close()

    assert [x.trouble for x in found if x.trouble] == ["os file watch limit reached. about [...]"]
    assert asked[0] == (folder,)
    until(lambda: not _threads())


def test_what_is_followed_no_more_is_told_no_more(watch: Watch, folder: Path) -> None:
    follow(watch, folder)
    settle(watch)
    watch.follow({})

    (folder / "a.md").write_text("A")

    assert silent(watch)
    until(lambda: not _threads())


def test_waiting_costs_next_to_nothing(watch: Watch, folder: Path) -> None:
    follow(watch, folder)
    before = time.process_time()

    time.sleep(2)

    assert time.process_time() - before < 0.3
