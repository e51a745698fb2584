import os
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


def found(folder: Path) -> list[str]:
    return [f.path for f in files.scan(folder)]


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


def test_links_that_lead_in_circles_or_nowhere_are_no_trouble(tmp_path: Path) -> None:
    (tmp_path / "a.md").touch()
    (tmp_path / "up").symlink_to(tmp_path)
    (tmp_path / "gone.md").symlink_to(tmp_path / "nothing")
    os.mkfifo(tmp_path / "pipe.md")
    assert found(tmp_path) == ["a.md"]


def test_a_stamp_changes_with_the_file(tmp_path: Path) -> None:
    path = tmp_path / "a.md"
    path.write_text("one")
    (before,) = files.scan(tmp_path)
    path.write_text("two!")
    (after,) = files.scan(tmp_path)
    assert before.stamp != after.stamp


def test_a_folder_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(OSError):
        found(tmp_path / "nothing")
