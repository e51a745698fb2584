"""The shipped example: a run from scratch gives the bytes that are committed in feeds/."""

import shutil
import subprocess
import sys
from collections import defaultdict
from pathlib import Path
from xml.etree import ElementTree

import pytest
from world import ATOM, World

from aggregator import lint
from aggregator.packing import SUFFIXES

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def example(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the example, run once from scratch by the real program."""
    folder = tmp_path_factory.mktemp("a folder with 空格")
    shutil.copy(ROOT / "config.yaml", folder)
    shutil.copytree(ROOT / "examples", folder / "examples")
    run(folder)
    return folder


def run(folder: Path, *more: str) -> str:
    command = [sys.executable, "-m", "aggregator", "run", *more]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout


def documents(folder: Path) -> dict[str, bytes]:
    """What is in feeds/, by path; without the packed forms."""
    feeds = folder / "feeds"
    found = (p for p in sorted(feeds.rglob("*.*")) if p.suffix not in SUFFIXES)
    return {str(p.relative_to(feeds)): p.read_bytes() for p in found}


def stories(folder: Path) -> list[set[str]]:
    """The clusters with more than one sighting, as sets of `source:path or id`."""
    found = defaultdict(set)
    for e in World(folder).entries():
        found[e["cluster"]].add(f"{e['source']}:{e['path'] or e['source_entry_id']}")
    return [members for members in found.values() if len(members) > 1]


def test_a_run_from_scratch_gives_the_committed_bytes(example: Path) -> None:
    assert documents(example) == documents(ROOT)


def test_a_second_run_writes_nothing(example: Path) -> None:
    before = {p: p.stat().st_mtime_ns for p in (example / "feeds").rglob("*")}

    assert "documents  0 written" in run(example)
    assert "documents  0 written" in run(example, "--force")
    assert {p: p.stat().st_mtime_ns for p in (example / "feeds").rglob("*")} == before


def test_nothing_of_the_machine_is_in_the_documents(example: Path) -> None:
    for name, body in documents(example).items():
        assert b"file:" not in body, name
        assert str(example).encode() not in body, name


def test_each_story_that_several_tell_is_one(example: Path) -> None:
    merged = stories(example)

    assert len(merged) == 15
    for pair in (
        ("harbour-times", "open-wire", "link-digest"),
        ("jianghai-ribao", "jianghai-finance"),
        ("jianghai-ribao", "posts"),
        ("jianghai-finance", "old-paper"),
        ("field-notes", "link-digest"),
        ("open-wire", "posts"),
    ):
        assert any({m.split(":")[0] for m in members} >= set(pair) for members in merged), pair


@pytest.mark.parametrize(
    "kept_apart",
    [
        ("Weekly roundup", 3),
        ("每日行情", 4),
    ],
)
def test_titles_that_come_back_are_stories_of_their_own(
    example: Path, kept_apart: tuple[str, int]
) -> None:
    title, count = kept_apart
    found = {e["cluster"] for e in World(example).entries() if title in e["title"]}
    assert len(found) == count


def test_the_ghost_of_a_post_haunts_nobody(example: Path) -> None:
    (ghost,) = [e for e in World(example).entries() if (e["path"] or "").startswith("-2026")]
    assert (ghost["leader"], ghost["reason"]) == (False, "same link")


def test_every_category_of_the_example_has_its_document(example: Path) -> None:
    assert {
        "all.atom",
        "finance.atom",
        "tech.atom",
        "local.atom",
        "world.atom",
        "emnews.atom",
        "21shijijingjibaodao.atom",
        "anxinguojizhengquan-xianggang.atom",
    } <= set(documents(example))


def test_every_document_of_the_example_is_valid(example: Path) -> None:
    for name, body in documents(example).items():
        if not name.endswith(".css"):
            assert [x for x in lint.faults(body) if x.level == "error"] == [], name


def test_a_walk_through_the_archive_finds_every_story(example: Path) -> None:
    found: list[str] = []
    at: str | None = "all.atom"
    while at:
        feed = ElementTree.fromstring(documents(example)[at])
        found += [x.text or "" for x in feed.iterfind(f"{ATOM}entry/{ATOM}id")]
        links = {x.get("rel"): x.get("href", "") for x in feed.iterfind(f"{ATOM}link")}
        older = links.get("prev-archive")
        at = older and older.removeprefix("https://planet.example.org/")

    published = {e["id"] for e in World(example).entries() if e["leader"] and not e["held"]}
    assert sorted(found) == sorted(published)
