"""The packed forms beside the documents: always those of the document, whatever happens."""

import gzip
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import get_args, get_type_hints

import brotli
import pytest
from world import Item, World, rss

from aggregator import config, packing
from aggregator.errors import OutputError

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

CODINGS = tuple(packing.CODINGS)
UNPACK: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.decompress,
    "br": brotli.decompress,
    "zstd": zstd.decompress,
}
BODY = b"A line that comes again and again.\n" * 100


def names(folder: Path) -> list[str]:
    return sorted(p.name for p in folder.iterdir())


def test_each_form_stands_beside_its_document_with_its_time(tmp_path: Path) -> None:
    path = tmp_path / "feeds" / "财经.atom"

    assert packing.write(path, BODY, codings=CODINGS)

    assert names(path.parent) == ["财经.atom", "财经.atom.br", "财经.atom.gz", "财经.atom.zst"]
    for name in CODINGS:
        form = packing.beside(path, name)
        assert UNPACK[name](form.read_bytes()) == path.read_bytes() == BODY
        assert form.stat().st_mtime_ns == path.stat().st_mtime_ns
    assert packing.whole(path, CODINGS)


def test_the_same_bytes_have_the_same_forms(tmp_path: Path) -> None:
    for name in ("one.atom", "two.atom"):
        packing.write(tmp_path / name, BODY, codings=CODINGS)

    for suffix in packing.SUFFIXES:
        one, two = (tmp_path / f"{name}.atom{suffix}" for name in ("one", "two"))
        assert one.read_bytes() == two.read_bytes()


def test_what_is_small_or_unwanted_has_no_forms(tmp_path: Path) -> None:
    path = tmp_path / "a.atom"
    packing.write(path, BODY, codings=CODINGS)

    assert not packing.write(path, BODY, codings=("gzip",))
    assert names(tmp_path) == ["a.atom", "a.atom.gz"]
    packing.write(path, b"<feed/>", codings=CODINGS)
    assert names(tmp_path) == ["a.atom"]
    assert packing.stamp(path, codings=CODINGS)


@pytest.mark.parametrize("harm", ["gone", "older", "unwanted"])
def test_a_form_that_is_not_as_it_was_left_is_mended(tmp_path: Path, harm: str) -> None:
    path = tmp_path / "a.atom"
    packing.write(path, BODY, codings=("gzip", "br"))
    before = path.stat()
    form = packing.beside(path, "zstd" if harm == "unwanted" else "br")
    if harm == "gone":
        form.unlink()
    else:
        form.write_bytes(b"other")
        os.utime(form, (1, 1))
    assert packing.stamp(path, codings=("gzip", "br")) is None

    assert not packing.write(path, BODY, codings=("gzip", "br"))

    assert packing.whole(path, ("gzip", "br"))
    assert brotli.decompress(packing.beside(path, "br").read_bytes()) == BODY
    assert path.stat().st_mtime_ns == before.st_mtime_ns


def test_what_cannot_be_written_leaves_document_and_forms_as_they_were(tmp_path: Path) -> None:
    path = tmp_path / "a.atom"
    packing.write(path, BODY, codings=CODINGS)
    (tmp_path / ".a.atom.br.tmp").mkdir()
    before = {name: (tmp_path / name).stat() for name in names(tmp_path)}

    with pytest.raises(OutputError, match=r"a\.atom\.br"):
        packing.write(path, BODY * 2, codings=CODINGS)

    assert {name: (tmp_path / name).stat() for name in names(tmp_path)} == before


_WRITER = """
import sys; from pathlib import Path; from aggregator import packing
for n in range(10**6):
    packing.write(Path(sys.argv[1]), b"version %d " % n * 3000, codings=tuple(packing.CODINGS))
"""


def test_killed_at_any_moment_no_form_is_of_another_document(tmp_path: Path) -> None:
    path = tmp_path / "a.atom"
    chance = random.Random(7)
    missing = 0
    for _ in range(12):
        process = subprocess.Popen(
            [sys.executable, "-c", _WRITER, path], cwd=Path(__file__).parents[1]
        )
        stamp = path.stat().st_ino if path.exists() else None
        while not path.exists() or path.stat().st_ino == stamp:
            assert process.poll() is None
        time.sleep(chance.uniform(0, 0.05))
        process.send_signal(signal.SIGKILL)
        process.wait()

        body = path.read_bytes()
        for name in CODINGS:
            form = packing.beside(path, name)
            if form.exists():
                assert UNPACK[name](form.read_bytes()) == body
        missing += not packing.whole(path, CODINGS)
        packing.write(path, body, codings=CODINGS)
        assert packing.whole(path, CODINGS)

    assert missing, "it was never killed where it matters"


def test_publishing_mends_what_is_missing_and_follows_the_config(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.sources("a", more="output: {compress: [br]}\n")
    world.serve("a", rss(Item(id="1", link="https://a.example/1")))
    world.run()
    path = tmp_path / "feeds" / "a.atom"
    assert {p.name for p in path.parent.glob("a.*")} == {"a.atom", "a.atom.br"}

    packing.beside(path, "br").unlink()
    before = path.stat()
    world.run()
    assert packing.whole(path, ("br",))

    world.sources("a", more="output: {compress: []}\n")
    world.run()
    assert {p.name for p in path.parent.glob("*.atom*")} == {"a.atom", "all.atom"}
    assert path.stat().st_mtime_ns == before.st_mtime_ns


def test_the_config_knows_every_coding() -> None:
    (inner, _) = get_args(get_type_hints(config.Output)["compress"])

    assert set(get_args(inner)) == set(packing.CODINGS)
