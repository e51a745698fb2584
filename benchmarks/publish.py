"""What it costs to publish one new entry, by how much is stored: it must not grow with it.

    python benchmarks/publish.py [--categories 200] [--entries 500 5000] [--formats atom rss json]

For each size a store is filled and filed, all that is current is published, and then one entry
comes in: `publish` is timed again, in a process of its own. The archive pages are as many files as
they are, but only stubs: nobody reads them then, and a million entries take an hour to render.
"""

import argparse
import json
import os
import resource
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from aggregator import app, files, stores
from aggregator.model import (
    EVERYTHING,
    Arrival,
    Document,
    Entry,
    Keys,
    Link,
    Page,
    Person,
    StoredEntry,
)
from aggregator.packing import Press
from aggregator.posting import Hand
from aggregator.publish import _SETTINGS, Published, _Publishing, _remember_archive, publish

NEWEST = datetime(2026, 7, 1, 12, tzinfo=UTC)
TEXT = (
    "<p>" + "A sentence of some words that stands for what is told here, 也有中文。 " * 8 + "</p>"
)


def config(folder: Path, categories: int, formats: list[str]) -> None:
    sources = "".join(
        f"  s{n}: {{url: 'https://s{n}.example/feed', categories: [c{n}], content: full}}\n"
        for n in range(categories)
    )
    (folder / "config.yaml").write_text(
        "site: {title: Planet, url: 'https://planet.example/', id: 'tag:planet.example,2026:p'}\n"
        f"output: {{archive: monthly, formats: [{', '.join(formats)}]}}\nsources:\n{sources}",
        encoding="utf-8",
    )


def sightings(
    source: int, entries: int, *, first: int = 0
) -> Iterator[tuple[StoredEntry, Arrival]]:
    """One every two hours, the newest last."""
    for n in range(first, first + entries):
        when = NEWEST - timedelta(hours=2) * (entries - n) + timedelta(seconds=source)
        link = f"https://s{source}.example/{n}"
        entry = Entry(
            id=link,
            title=f"Title {n} of {source}",
            links=(Link(href=link),),
            published=when,
            authors=(Person(name="An Author"),),
            content=TEXT,
        )
        keys = Keys(source_entry_id=link, global_id=link, url_key=link, title_key=None, digest=b"-")
        stored = StoredEntry(
            key=0, source=f"s{source}", cluster=0, keys=keys, title=entry.title, first_seen=when,
            published=when, stated=True, updated=when, feed_updated=when, entry=entry,
        )  # fmt: skip
        yield stored, Arrival(entry=entry, keys=keys, outputs=(f"c{source}",))


def fill(store: stores.Store, categories: int, entries: int) -> None:
    for source in range(categories):
        with store.transaction():
            for stored, arrival in sightings(source, entries):
                store.add(stored, arrival, surfaced=stored.published)


def pin(path: Path) -> None:
    """As if each story had been published: it has its id."""
    with sqlite3.connect(path, isolation_level=None) as db:
        db.execute(
            "UPDATE cluster SET id = 'tag:planet.example,2026:p/' || key,"
            " leader = (SELECT key FROM entry WHERE entry.cluster = cluster.key)"
        )
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def file_all(given: app.Settings, store: stores.Store) -> None:
    """As if all of it had been published before, its archive pages stubs."""
    wanted, press = app.publication(given, store), given.press
    work = _Publishing(store, wanted, Hand(write=files.write, remove=files.remove), press)
    os.fsync = lambda file: None
    for name in (EVERYTHING, *wanted.titles):
        slug = work._named(name).slug
        for page in work._file_overflow(name, ()):
            paths = [wanted.layout.path(slug, form, page.name) for form in wanted.layout.formats]
            with store.transaction():
                store.keep_documents(stub(wanted.folder, path, page, press) for path in paths)
                store.written(page)
    store.set_meta({_SETTINGS: wanted.settings})
    _remember_archive(store, wanted)


def stub(folder: Path, path: str, page: Page, press: Press) -> Document:
    press.write(folder / path, path.encode() * 20)
    stamp = press.stamp(folder / path)
    return Document(path=path, output=page.output, page=page.number, stamp=stamp)


def published(given: app.Settings, store: stores.Store) -> tuple[Published, float, float]:
    wanted = app.publication(given, store)
    hand = Hand(write=files.write, remove=files.remove)
    wall, cpu = time.perf_counter(), time.process_time()
    done = publish(store, wanted, NEWEST, hand=hand, press=given.press)
    return done, time.perf_counter() - wall, time.process_time() - cpu


def measure(folder: Path, step: str, categories: int, entries: int) -> dict[str, object]:
    given = app.settings(folder / "config.yaml")
    store = app.open_store(given, exclusive=True)
    if step == "fill":
        store.enrol(list(given.sources.values()), NEWEST)
        fill(store, categories, entries)
        store.close()
        pin(given.folder / "aggregator.db")
        store = app.open_store(given, exclusive=True)
        file_all(given, store)
    elif step == "one":
        with store.transaction():
            for stored, arrival in sightings(7 % categories, 1, first=entries):
                store.add(stored, arrival, surfaced=stored.published)
    done, wall, cpu = published(given, store)
    store.close()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {
        "written": len(done.written), "which": done.written[:12], "failed": done.failed[:3],
        "wall": wall, "cpu": cpu, "peak": peak,
    }  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--categories", type=int, default=200)
    parser.add_argument("--entries", type=int, nargs="+", default=[500, 5000])
    parser.add_argument("--formats", nargs="+", default=["atom"])
    parser.add_argument("--step", help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.step:
        found = measure(asked.folder, asked.step, asked.categories, asked.entries[0])
        print(json.dumps(found))
        return
    for entries in asked.entries:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            config(folder, asked.categories, asked.formats)
            for step in ("fill", "nothing", "one"):
                command = [
                    sys.executable, __file__, "--step", step, "--folder", name,
                    "--categories", str(asked.categories), "--entries", str(entries),
                ]  # fmt: skip
                run = subprocess.run(command, capture_output=True, text=True, check=True)
                found = json.loads(run.stdout)
                which = " ".join(found["which"]) if step == "one" else ""
                print(
                    f"{asked.categories} × {entries:>5}  {step:<8} {found['written']:>6} written"
                    f"  {found['wall']:8.3f} s  {found['cpu']:8.3f} s CPU  {found['peak']:6.0f} MB"
                    f"  {which} {found['failed'] or ''}",
                    flush=True,
                )


if __name__ == "__main__":
    main()
