import os
import time
from pathlib import Path

import pytest

from aggregator import files
from aggregator.errors import OutputError


def names(folder: Path) -> list[str]:
    return sorted(p.name for p in folder.iterdir())


def test_a_document_is_written_only_when_its_bytes_differ(tmp_path: Path) -> None:
    path = tmp_path / "feeds" / "财经.atom"

    assert files.write(path, b"one")
    first = path.stat()
    assert not files.write(path, b"one")
    assert path.stat().st_mtime_ns == first.st_mtime_ns
    assert files.write(path, b"two")
    assert path.read_bytes() == b"two"
    assert names(path.parent) == ["财经.atom"]


def test_a_document_is_another_file_and_never_half_written(tmp_path: Path) -> None:
    path = tmp_path / "a.atom"
    files.write(path, b"one")
    with path.open("rb") as reader:
        files.write(path, b"two")
        assert reader.read() == b"one"  # whoever reads the old one reads it to its end


def test_what_cannot_be_written_is_told_and_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "a.atom").mkdir()
    (tmp_path / "a.atom" / "x").touch()

    with pytest.raises(OutputError, match=r"a\.atom"):
        files.write(tmp_path / "a.atom", b"x")

    assert names(tmp_path) == ["a.atom"]


def test_leftovers_of_a_killed_process_are_swept_and_nothing_else(tmp_path: Path) -> None:
    for name in (".a.atom.tmp", "a.atom", ".hidden"):
        (tmp_path / name).touch()
    files.sweep(tmp_path)
    files.sweep(tmp_path / "not there")
    assert names(tmp_path) == [".hidden", "a.atom"]


def test_a_folder_in_the_way_of_a_document_is_left_and_told(tmp_path: Path) -> None:
    (tmp_path / ".a.atom.tmp").mkdir()

    files.sweep(tmp_path)

    with pytest.raises(OutputError, match=r"\.a\.atom\.tmp: is a directory"):
        files.write(tmp_path / "a.atom", b"x")
    assert names(tmp_path) == [".a.atom.tmp"]


def found(folder: Path) -> list[str]:
    return [f.path for f in files.scan(folder).found]


def troubles(folder: Path) -> dict[str, str]:
    return dict(files.scan(folder, wanted=lambda name: name.endswith(".md")).troubles)


def test_a_folder_is_read_as_a_tree_in_order_without_what_is_hidden(tmp_path: Path) -> None:
    for name in (
        "b.md",
        "a.md",
        "sub/c.md",
        "子/文.md",
        ".git/x.md",
        "_drafts/d.md",
        ".e.md",
        "_posts/p.md",
    ):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    assert found(tmp_path) == ["a.md", "b.md", "_posts/p.md", "sub/c.md", "子/文.md"]


def test_links_that_lead_in_circles_are_no_trouble(tmp_path: Path) -> None:
    (tmp_path / "a.md").touch()
    (tmp_path / "up").symlink_to(tmp_path)
    os.mkfifo(tmp_path / "pipe.md")
    assert found(tmp_path) == ["a.md"]
    assert troubles(tmp_path) == {}


def test_a_link_that_leads_nowhere_is_told(tmp_path: Path) -> None:
    for name in ("gone.md", "folder", "gone.css", ".#lock.md"):
        (tmp_path / name).symlink_to(tmp_path / "nothing")
    (tmp_path / "round.md").symlink_to("round.md")

    assert found(tmp_path) == []
    told = troubles(tmp_path)
    assert sorted(told) == ["folder", "gone.md", "round.md"]
    assert "leads nowhere" in told["gone.md"]
    assert "symbolic links" in told["round.md"]


def test_what_a_link_fetches_from_outside_is_told_and_not_read(tmp_path: Path) -> None:
    outside, folder = tmp_path / "posts-not", tmp_path / "posts"
    (outside / "sub").mkdir(parents=True)
    folder.mkdir()
    (outside / "secret.md").touch()
    (folder / "direct.md").symlink_to(outside / "secret.md")
    (folder / "dots.md").symlink_to("../posts-not/secret.md")
    (folder / "style.css").symlink_to(outside / "secret.md")
    (folder / "all").symlink_to(outside)
    (folder / "hop").symlink_to("all/sub")

    assert found(folder) == []
    assert sorted(troubles(folder)) == ["all", "direct.md", "dots.md", "hop"]


def test_links_within_the_folder_are_followed_and_change_no_other_name(tmp_path: Path) -> None:
    for name in ("z/a.md", ".kept/b.md"):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).touch()
    (tmp_path / "latest.md").symlink_to("z/a.md")
    (tmp_path / "aa").symlink_to("z")
    (tmp_path / "kept").symlink_to(".kept")

    assert found(tmp_path) == ["latest.md", "z/a.md", "kept/b.md"]
    linked = tmp_path.parent / f"{tmp_path.name}-link"
    linked.symlink_to(tmp_path)
    assert found(linked) == found(tmp_path)


def test_a_site_is_read_with_all_its_paths_and_linked_folders_at_both_places(
    tmp_path: Path,
) -> None:
    for name in ("_posts/a.md", "all/b.md", "all/.c/d.css", "_site/e.md", ".git/f.md"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "blog").symlink_to("all")
    (tmp_path / "all/up").symlink_to("..")
    (tmp_path / "g.css").symlink_to("all/.c/d.css")
    (tmp_path / "h.css").symlink_to(tmp_path.parent / "outside.css")
    (tmp_path.parent / "outside.css").touch()

    scanned = files.scan(tmp_path, wanted=lambda path: path.endswith(".md"), site=True)

    assert [f.path for f in scanned.found] == ["_posts/a.md", "all/b.md", "blog/b.md"]
    assert scanned.paths == {
        *("_posts/a.md", "all/b.md", "all/.c/d.css", "blog/b.md", "blog/.c/d.css"),
        *("g.css", "h.css"),
    }
    assert scanned.troubles == {}


def test_a_folder_that_cannot_be_listed_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.md").touch()
    here = os.open(tmp_path, os.O_RDONLY)
    for _ in range(20):  # until no system call takes its path any more
        os.mkdir("d" * 250, dir_fd=here)
        below = os.open("d" * 250, os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = below
    os.close(here)

    assert found(tmp_path) == ["a.md"]
    ((path, why),) = troubles(tmp_path).items()
    assert path.startswith("ddd") and why == "file name too long"


def test_names_that_are_not_utf8_are_read_as_what_they_may_be(tmp_path: Path) -> None:
    marks = {
        "标题.md": "gbk",
        "新闻/要闻.md": "gbk",
        "café.md": "latin-1",
        "caf%E9.md": "utf-8",
        "重名.md": "utf-8",
        "重名.md ": "gbk",
    }
    for name, encoding in marks.items():
        path = tmp_path / os.fsdecode(name.strip().encode(encoding))
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"{name.strip()} {encoding}")

    scanned = files.scan(tmp_path).found

    assert {f.path: f.file.read_text() for f in scanned} == {
        "标题.md": "标题.md gbk",
        "新闻/要闻.md": "新闻/要闻.md gbk",
        "caf%E9.md": "caf%E9.md utf-8",
        "%caf%E9.md": "café.md latin-1",
        "重名.md": "重名.md utf-8",
        "%D6%D8%C3%FB.md": "重名.md gbk",
    }
    assert [f.path for f in scanned if not f.problems] == ["caf%E9.md", "重名.md"]


def stamp(folder: Path) -> str:
    (one,) = files.scan(folder).found
    return one.stamp


def test_a_stamp_changes_with_the_file(tmp_path: Path) -> None:
    path = tmp_path / "a.md"
    path.write_text("one")
    before = stamp(tmp_path)
    assert stamp(tmp_path) == before
    path.write_text("two!")
    assert stamp(tmp_path) != before


def test_a_stamp_changes_though_size_and_time_are_put_back(tmp_path: Path) -> None:
    path = tmp_path / "a.md"
    path.write_text("one")
    before, status = stamp(tmp_path), path.stat()
    time.sleep(0.02)  # the clock of a file system ticks in some milliseconds
    path.write_text("two")
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))

    assert path.stat().st_mtime_ns == status.st_mtime_ns
    assert stamp(tmp_path) != before


def test_a_folder_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(OSError):
        found(tmp_path / "nothing")
