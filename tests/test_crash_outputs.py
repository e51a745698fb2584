"""kill -9 with everything that goes out: archive pages, pages to read, packed forms, posts, an output
for some only, a hub. Then nothing is lost or doubled, and nothing of it lies about."""

import gzip
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import brotli
import pytest
from servers import Answer, Server, serving
from world import Item, rss

from aggregator import formats, packing
from aggregator.model import Response

COMMAND = (sys.executable, "-m", "aggregator", "run", "--force", "-q")
FOLDERS = ("feeds", "feeds-private", "site")
SOURCES, ENTRIES, NEWS = 3, 15, 5
PRIVATE = SOURCES - 1
CONFIG = """
site: {{title: Planet, url: 'https://planet.example/', id: 'tag:planet.example,2026:p'}}
fetch: {{allow_private: [127.0.0.0/8]}}
output:
  formats: [atom, rss, json, html]
  archive: monthly
  entries: 5
  posts: {{dir: site/_posts}}
  hub: '{hub}'
categories: {{c{private}: {{token: {{file: token}}}}}}
sources:
"""


@pytest.fixture(scope="module")
def hub() -> Iterator[Server]:
    with serving(lambda asked: Answer(status=204)) as server:
        yield server


def site(folder: Path, hub: Server) -> None:
    """Stories of four months from each source; one source is in the private category."""
    (folder / "token").write_text("correct-horse-battery\n")
    told = CONFIG.format(hub=f"{hub.url}/hub", private=PRIVATE)
    for n in range(SOURCES):
        told += f"  f{n}: {{url: f{n}.xml, categories: [c{n}], content: full}}\n"
        feed(folder, n, ENTRIES)
    (folder / "config.yaml").write_text(told, encoding="utf-8")


def feed(folder: Path, n: int, entries: int) -> None:
    items = [
        Item(id=f"urn:f{n}:{i}", link=f"https://f{n}.example/{i}", title=f"Story {n} of {i}",
             text=f"<p>Feed {n} tells story {i}, 也有中文。 {'And more of it. ' * (i % 9)}</p>",
             date=f"{1 + i // 6:02d} {['Jan', 'Feb', 'Mar', 'Apr'][i % 4]} 2026 {n:02d}:{i:02d}:00 GMT")
        for i in range(entries)
    ]  # fmt: skip
    (folder / f"f{n}.xml").write_bytes(rss(*items, title=f"F{n}", link=f"https://f{n}.example/"))


def files(folder: Path) -> dict[str, bytes]:
    """All that goes out, packed forms and what should not be there as well."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for top in FOLDERS
        for path in sorted((folder / top).rglob("*"))
        if path.is_file()
    }


def ids(folder: Path, top: str, slug: str) -> Counter[str]:
    """Of an output: in the document and on all pages."""
    found: Counter[str] = Counter()
    for path in [folder / top / f"{slug}.atom", *(folder / top / "archive").glob(f"{slug}-*.atom")]:
        answer = Response(url="https://planet.example/", headers={}, body=path.read_bytes())
        found.update(entry.id for entry in formats.parse(answer).entries)
    return found


def killed(folder: Path, seconds: float) -> bool:
    """Whether a run was still going on by then."""
    process = subprocess.Popen(COMMAND, cwd=folder, stderr=subprocess.DEVNULL)
    try:
        process.wait(timeout=seconds)
        return False
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGKILL)
        return process.wait() == -signal.SIGKILL


def run(folder: Path) -> float:
    started = time.monotonic()
    subprocess.run(COMMAND, cwd=folder, check=True)
    return time.monotonic() - started


@pytest.fixture(scope="module")
def undisturbed(
    tmp_path_factory: pytest.TempPathFactory, hub: Server
) -> tuple[dict[str, bytes], float]:
    """What a run writes that nobody killed, and the seconds that it took."""
    folder = tmp_path_factory.mktemp("undisturbed")
    site(folder, hub)
    seconds = run(folder)
    return files(folder), seconds


def news(folder: Path) -> None:
    for n in range(SOURCES):
        feed(folder, n, ENTRIES + NEWS)


@pytest.mark.parametrize(
    ("seed", "kills"), [(0, 4), *(pytest.param(n, 25, marks=pytest.mark.long) for n in range(1, 7))]
)
def test_killed_again_and_again_all_that_goes_out_is_as_if_it_never_was(
    tmp_path: Path, undisturbed: tuple[dict[str, bytes], float], hub: Server, seed: int, kills: int
) -> None:
    expected, seconds = undisturbed
    site(tmp_path, hub)
    chance = random.Random(seed)
    done = sum(killed(tmp_path, chance.uniform(0.3, 1.0) * seconds) for _ in range(kills))

    run(tmp_path)

    assert done > 0
    assert files(tmp_path) == expected


@pytest.mark.parametrize(
    ("seed", "kills"), [(0, 4), *(pytest.param(n, 25, marks=pytest.mark.long) for n in range(1, 7))]
)
def test_news_that_make_new_pages_are_there_once_whenever_it_was_killed(
    tmp_path: Path, undisturbed: tuple[dict[str, bytes], float], hub: Server, seed: int, kills: int
) -> None:
    """On which of the new pages hangs on when each was seen."""
    site(tmp_path, hub)
    run(tmp_path)
    before = files(tmp_path)
    chance = random.Random(seed)
    news(tmp_path)
    asked = len(hub.asked)
    for _ in range(kills):
        killed(tmp_path, chance.uniform(0.3, 1.0) * undisturbed[1])

    run(tmp_path)

    public = {f"urn:f{n}:{i}" for n in range(PRIVATE) for i in range(ENTRIES + NEWS)}
    hidden = {f"urn:f{PRIVATE}:{i}" for i in range(ENTRIES + NEWS)}
    assert ids(tmp_path, "feeds", "all") == Counter(public)
    assert ids(tmp_path, "feeds-private", f"c{PRIVATE}") == Counter(hidden)
    after = files(tmp_path)
    assert not [name for name in after if "/." in name]
    assert {name for name in before if name not in after} == set()
    assert posts(before).items() <= posts(after).items()
    assert len(posts(after)) == len(public | hidden) - len(hidden)
    for name, body in after.items():
        assert unpacked(name, body) == after[document(name)]
    told = [asked.body.decode() for asked in hub.asked[asked:]]
    assert any("all.atom" in body for body in told)
    assert not any(f"c{PRIVATE}" in body for body in told)


def posts(found: dict[str, bytes]) -> dict[str, bytes]:
    return {name: body for name, body in found.items() if name.startswith("site/")}


def document(name: str) -> str:
    """The one that a file is a form of, or that it is."""
    return next((name.removesuffix(x) for x in packing.SUFFIXES if name.endswith(x)), name)


def unpacked(name: str, body: bytes) -> bytes:
    read = {".gz": gzip.decompress, ".br": brotli.decompress, ".zst": packing.zstd.decompress}
    return read.get(Path(name).suffix, bytes)(body)


def test_what_is_killed_while_it_writes_lets_no_second_in_and_leaves_nothing_about(
    tmp_path: Path, undisturbed: tuple[dict[str, bytes], float], hub: Server
) -> None:
    """The first archive page is the sign: documents of all kinds are being written from there on."""
    site(tmp_path, hub)
    process = subprocess.Popen(COMMAND, cwd=tmp_path, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 60
    while not list((tmp_path / "feeds").glob("archive/*")) and time.monotonic() < deadline:
        time.sleep(0.002)
    process.send_signal(signal.SIGSTOP)
    other = subprocess.run(COMMAND, cwd=tmp_path, stderr=subprocess.DEVNULL, check=False)
    process.send_signal(signal.SIGKILL)
    process.wait()
    for place in (
        "feeds",
        "feeds/archive",
        "feeds-private",
        "feeds-private/archive",
        "site/_posts",
    ):
        (tmp_path / place).mkdir(parents=True, exist_ok=True)
        (tmp_path / place / ".all.atom.gz.tmp").write_bytes(b"\x1f\x8b")

    run(tmp_path)

    assert other.returncode == 75
    assert files(tmp_path) == undisturbed[0]


def test_after_a_kill_packed_forms_are_of_their_document(
    tmp_path: Path, undisturbed: tuple[dict[str, bytes], float], hub: Server
) -> None:
    """Even before the next run: a web server may send what lies there at any moment."""
    site(tmp_path, hub)
    chance = random.Random(7)
    seconds = undisturbed[1]

    for _ in range(5):
        killed(tmp_path, chance.uniform(0.4, 1.0) * seconds)

        for path in (tmp_path / "feeds").rglob("*"):
            packed = [x for x in packing.CODINGS.values() if path.suffix == x.suffix]
            if packed and not path.name.startswith("."):
                document = path.with_suffix("")
                assert path.stat().st_mtime_ns == document.stat().st_mtime_ns, path
