"""What is so of a store in an SQLite file alone: damage, and where nothing may be written."""

import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from test_store import NOW, arrival, poll, save, source

from aggregator import stores
from aggregator.errors import StoreError
from aggregator.model import EVERYTHING
from aggregator.stores import Store


def url(folder: Path) -> str:
    return f"sqlite:///{folder / 'store.db'}"


def test_a_file_that_is_no_database_is_told(tmp_path: Path) -> None:
    text = b"this is no database, but a text of some length" * 50
    (tmp_path / "store.db").write_bytes(text)

    with pytest.raises(StoreError, match="not a database"):
        stores.connect(url(tmp_path), exclusive=True)


READING = {
    "states": lambda s: s.states(),
    "feeds": lambda s: s.feeds(),
    "counts": lambda s: s.counts(),
    "entries": lambda s: list(s.entries(source=None, output=None)),
    "found": lambda s: s.found("1", "x"),
    "story": lambda s: s.story(1),
    "ledger": lambda s: s.ledger(1),
    "digests": lambda s: s.digests("a", ["1"]),
    "stories": lambda s: s.stories(EVERYTHING, 9),
    "slugs": lambda s: s.slugs(),
    "meta": lambda s: s.meta("x"),
}


@pytest.mark.parametrize("read", READING.values(), ids=READING.keys())
def test_damage_is_told_with_what_to_do_whatever_is_read(
    tmp_path: Path, read: Callable[[Store], object]
) -> None:
    opened = stores.connect(url(tmp_path), exclusive=True)
    opened.enrol([source("a")], NOW)
    save(opened, poll("a", *(arrival(str(n), f"x{n}") for n in range(50))))
    opened.close()
    path = tmp_path / "store.db"
    whole = path.read_bytes()
    reader = stores.connect(url(tmp_path), exclusive=False)
    path.write_bytes(whole[:4096] + b"\xff" * (len(whole) - 4096))

    with pytest.raises(
        StoreError, match=r"store store\.db: .*malformed; put a backup in its place"
    ):
        read(reader)
    reader.close()


def test_reading_a_store_that_is_not_there_makes_none(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="nothing there yet"):
        stores.connect(url(tmp_path), exclusive=False)
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def read_only() -> Iterator[Path]:
    """A store in a folder where nobody may write, not even root: it goes by another's name."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        opened = stores.connect(url(folder), exclusive=True)
        opened.enrol([source("a")], NOW)
        save(opened, poll("a", arrival("1", "x")))
        opened.close()
        root = os.geteuid() == 0
        folder.chmod(0o555)
        if root:
            os.seteuid(65534)
        try:
            yield folder
        finally:
            if root:
                os.seteuid(0)
            folder.chmod(0o755)


def test_a_store_is_read_where_nothing_can_be_written(read_only: Path) -> None:
    reader = stores.connect(url(read_only), exclusive=False)

    assert reader.counts() == {"a": 1}
    assert [e.title for e in reader.entries(source=None, output=None)] == ["Title 1"]
    reader.close()
    assert {p.name for p in read_only.iterdir()} == {"store.db", "store.db.lock"}


def test_a_store_that_was_not_closed_is_not_read_there_by_half(read_only: Path) -> None:
    root = os.getuid() == 0
    os.seteuid(os.getuid())
    read_only.chmod(0o755)
    (read_only / "store.db-wal").write_bytes(b"what a killed process left")
    read_only.chmod(0o555)
    if root:
        os.seteuid(65534)

    with pytest.raises(StoreError, match="copy both to another folder"):
        stores.connect(url(read_only), exclusive=False)
