"""kill -9 at any moment, any number of times: after the next run it is as if nothing had been."""

import json
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from places import PLACES
from world import Item, World, rss

ROOT = Path(__file__).parent.parent
COMMAND = (sys.executable, "-m", "aggregator", "run", "--force", "-q")


def site(folder: Path, store: str = "sqlite:///aggregator.db") -> None:
    """The example, and enough feeds beside it that a run takes its time."""
    shutil.copytree(ROOT / "examples", folder / "examples")
    config = (ROOT / "config.yaml").read_text(encoding="utf-8")
    more = []
    for n in range(20):
        items = [
            Item(id=f"{n}-{i}", link=f"https://f{n}.example/{i}", title=f"Story {n} of {i}",
                 text=f"<p>Feed {n} tells story {i}. {words(n, i)}</p>",
                 date=f"Wed, {1 + i % 28:02d} Apr 2026 {i % 24:02d}:{n % 60:02d}:00 GMT")
            for i in range(30)
        ]  # fmt: skip
        (folder / f"f{n}.xml").write_bytes(
            rss(*items, title=f"F{n}", link=f"https://f{n}.example/")
        )
        more.append(f"  f{n}: {{url: f{n}.xml, categories: [c{n % 7}]}}\n")
    head, rest = re.split(r"(?m)^sources:.*\n", config)
    text = f"store: '{store}'\n{head}sources:\n{''.join(more)}{rest}"
    (folder / "config.yaml").write_text(text, encoding="utf-8")


def words(feed: int, story: int) -> str:
    """A text that is like no other: the time is for storing, not for comparing."""
    chance = random.Random(100 * feed + story)
    return " ".join(f"{chance.randrange(1 << 30):x}" for _ in range(5 * (1 + story)))


def told(folder: Path) -> list[str]:
    """What is known of every entry, but for what hangs on when it was seen."""
    rows = World(folder).entries()
    for row in rows:
        del row["first_seen"], row["cluster"], row["reason"]
        if row["path"] == "-202605262391921712.md":  # the one entry that has no date of its own
            del row["published"], row["updated"]
    return sorted(json.dumps(row, sort_keys=True) for row in rows)


def documents(folder: Path) -> dict[str, bytes]:
    feeds = folder / "feeds"
    return {
        p.relative_to(feeds).as_posix(): p.read_bytes()
        for p in sorted(feeds.rglob("*"))
        if p.is_file()
    }


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, float]:
    """A folder after a run that nobody killed, and the seconds that it took."""
    folder = tmp_path_factory.mktemp("undisturbed")
    site(folder)
    started = time.monotonic()
    subprocess.run(COMMAND, cwd=folder, check=True)
    return folder, time.monotonic() - started


@pytest.mark.parametrize(("seed", "kind"), [(0, "sqlite"), (0, "postgres")])
def test_killed_again_and_again_it_ends_as_if_it_never_was(
    tmp_path: Path, undisturbed: tuple[Path, float], seed: int, kind: str
) -> None:
    expected, seconds = undisturbed
    site(tmp_path, store=PLACES[kind](tmp_path).url)
    chance = random.Random(seed)
    killed = 0
    for _ in range(6):
        started = time.monotonic()
        process = subprocess.Popen(COMMAND, cwd=tmp_path, stderr=subprocess.DEVNULL)
        try:
            process.wait(timeout=chance.uniform(0.15, 0.9) * seconds)
            seconds = time.monotonic() - started  # what is stored already takes no time
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            killed += process.wait() == -signal.SIGKILL

    subprocess.run(COMMAND, cwd=tmp_path, check=True)

    assert killed > 0
    assert told(tmp_path) == told(expected)
    assert documents(tmp_path) == documents(expected)


def test_killed_while_publishing_documents_are_whole_and_ids_stay(
    tmp_path: Path, undisturbed: tuple[Path, float]
) -> None:
    """The first document to appear is the sign that publishing has begun."""
    site(tmp_path)
    process = subprocess.Popen(COMMAND, cwd=tmp_path, stderr=subprocess.DEVNULL)
    while not list((tmp_path / "feeds").glob("*.atom")) and process.poll() is None:
        time.sleep(0.002)
    process.send_signal(signal.SIGKILL)
    process.wait()
    torn = tmp_path / "feeds" / ".all.atom.tmp"
    torn.write_bytes(b"<feed")

    subprocess.run(COMMAND, cwd=tmp_path, check=True)

    assert documents(tmp_path) == documents(undisturbed[0])


def test_a_full_disk_harms_no_document_and_is_mended(tmp_path: Path) -> None:
    """Where the whole output folder cannot be written, the last good documents stay."""
    site(tmp_path)
    subprocess.run(COMMAND, cwd=tmp_path, check=True)
    before = documents(tmp_path)
    feed = tmp_path / "f0.xml"
    feed.write_bytes(feed.read_bytes().replace(b"Story 0 of 29", b"A new title"))
    limit = "import os, resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096));"
    limited = (sys.executable, "-c", f"{limit} os.execv({sys.executable!r}, {list(COMMAND)!r})")

    broken = subprocess.run(limited, cwd=tmp_path, capture_output=True, text=True, check=False)

    assert broken.returncode != 0
    assert "Traceback" not in broken.stderr
    assert documents(tmp_path) == before
    subprocess.run(COMMAND, cwd=tmp_path, check=True)
    assert documents(tmp_path)["c0.atom"] != before["c0.atom"]
