"""What it costs to be found: the size of the index of words, how fast it takes stories in, how long
a search takes, and what noting that stories changed adds to their saving.

    python benchmarks/search.py                     # 100,000 stories, about five minutes
    python benchmarks/search.py --stories 10k --postgres
"""

from __future__ import annotations

import argparse
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from stories import Story, story

from aggregator import indexing, stores
from aggregator.model import Arrival, Entry, Keys, Source, StoredEntry
from aggregator.searching import query_of
from aggregator.stores import Store
from aggregator.stores.sql import SqlStore

NOW = datetime(2026, 1, 1, tzinfo=UTC)
TOGETHER = 1_000  # stories in a transaction
RARE = 300  # stories that tell of 智能手机
# Words of many stories, of few, of none; a letter alone; a beginning; what is everywhere.
ASKED = ("智能", "智能 手机", "科技", "智能手机 -广告", "harbour", "harbour market", '"the market"',
         "mark*", "市", "的", "the", "zyzzyva", "軟體")  # fmt: skip


def told(number: int) -> Story:
    return story(number // 50, 2 * (number % 50), feeds=10_000, entries=100)


def entry(number: int) -> Entry:
    one = told(number)
    more = "<p>新的智能手机和软件。</p>" if number % (100_000 // RARE) == 0 else ""
    return Entry(id=one.id, title=one.title, content=one.html + more, published=one.date)


def save(store: Store, numbers: range) -> list[tuple[StoredEntry, Arrival]]:
    saved = []
    with store.transaction():
        for number in numbers:
            new = entry(number)
            arrival = Arrival(entry=new, keys=_keys(number), outputs=("x",))
            sighting = StoredEntry(
                key=0, source="a", cluster=0, keys=arrival.keys, title=new.title,
                first_seen=NOW, published=new.published or NOW, stated=True, updated=NOW,
                feed_updated=NOW, outputs=("x",), entry=new,
            )  # fmt: skip
            saved.append((store.add(sighting, arrival, surfaced=NOW), arrival))
        for sighting, _ in saved:
            store.pin(
                sighting.cluster, id=f"urn:{sighting.key}", leader=sighting.key, published=NOW
            )
    return saved


def _keys(number: int) -> Keys:
    name = f"{number}"
    return Keys(source_entry_id=name, global_id=None, url_key=f"x.example/{name}",
                title_key=None, digest=name.encode())  # fmt: skip


def in_steps(count: int) -> Iterator[range]:
    for first in range(0, count, TOGETHER):
        yield range(first, min(count, first + TOGETHER))


def filled(store: Store) -> int:
    count = 0
    while done := indexing.index(store):
        count += done
    return count


def saving(store: Store, saved: list[tuple[StoredEntry, Arrival]]) -> float:
    """Seconds to save the changes of stories that are published."""
    began = time.perf_counter()
    with store.transaction():
        for sighting, arrival in saved:
            store.change(sighting, arrival, surfaced=None)
        store.settle((sighting.cluster for sighting, _ in saved), NOW)
    return time.perf_counter() - began


class Unnoted(SqlStore):
    """A store that notes nothing for the index."""

    def _flush(self) -> None:
        self._touched = set()
        super()._flush()


def megabytes(store: Store) -> str:
    """The index, what is kept beside it, and all."""
    try:
        row = store._db.rows(  # type: ignore[attr-defined]
            "SELECT sum(CASE WHEN name LIKE 'search_index%' THEN pgsize END) AS words,"
            " sum(CASE WHEN name = 'search_words' THEN pgsize END) AS kept,"
            " sum(pgsize) AS everything FROM dbstat"
        )[0]
    except Exception:  # PostgreSQL
        row = store._db.rows(  # type: ignore[attr-defined]
            "SELECT pg_indexes_size('search_words') AS words,"
            " pg_table_size('search_words') AS kept,"
            " pg_database_size(current_database()) AS everything"
        )[0]
    words, kept, everything = ((row[x] or 0) / 1e6 for x in ("words", "kept", "everything"))
    return f"{words:.0f} MB of index, {kept:.0f} MB beside it, {everything:.0f} MB in all"


def searched(store: Store, times: int) -> None:
    for asked in ASKED:
        spent = []
        for _ in range(times):
            began = time.perf_counter()
            found = store.search(query_of(asked), limit=20, seconds=30)
            spent.append((time.perf_counter() - began) * 1000)
        print(f"{asked:24} {statistics.median(spent):8.1f} ms   {len(found)} of a page", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--stories", default="100k")
    parser.add_argument("--times", type=int, default=7)
    parser.add_argument("--postgres", action="store_true", help="a server of our own")
    given = parser.parse_args()
    count = int(given.stories.replace("k", "000"))
    with tempfile.TemporaryDirectory() as folder, closing(place(Path(folder), given.postgres)) as s:
        s.enrol([Source(id="a", url="https://a.example/")], NOW)
        began = time.perf_counter()
        saved = [x for numbers in in_steps(count) for x in save(s, numbers)][-2000:]
        print(f"saved {count} stories in {time.perf_counter() - began:.0f} s", flush=True)
        began = time.perf_counter()
        done = filled(s)
        spent = time.perf_counter() - began
        print(f"took in {done} in {spent:.0f} s: {done / spent:.0f} a second", flush=True)
        print(megabytes(s), flush=True)
        searched(s, given.times)
        noted(s, random.Random(1).sample(saved, min(len(saved), 1000)), given.times)


def noted(store: Store, saved: list[tuple[StoredEntry, Arrival]], times: int) -> None:
    bare = Unnoted(store._db)  # type: ignore[attr-defined]
    with_note, without = [], []
    for _ in range(times):
        without.append(saving(bare, saved))
        with_note.append(saving(store, saved))
        filled(store)
    one, other = (statistics.median(x) * 1e6 / len(saved) for x in (with_note, without))
    print(f"saving a change: {one:.0f} µs with its note, {other:.0f} µs without")


def place(folder: Path, postgres: bool) -> Store:
    if not postgres:
        return stores.connect(f"sqlite:///{folder / 'store.db'}", exclusive=True)
    sys.path.append(str(Path(__file__).parent.parent / "tests"))
    from places import PostgresPlace  # only where it is asked for

    return stores.connect(PostgresPlace(folder).url, exclusive=True)


if __name__ == "__main__":
    main()
