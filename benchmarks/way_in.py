"""The way in, from a document to its clusters: entries a second with ten thousand, a hundred
thousand and a million entries stored, what the search for duplicates costs of it, and how all
that grows.

    python benchmarks/way_in.py                          # 10k and 100k stored, some minutes
    python benchmarks/way_in.py --sizes 10k,100k,1m      # about half an hour, 5 GB of disk
    python benchmarks/way_in.py --sizes 10k --profile    # where the time goes
"""

from __future__ import annotations

import argparse
import cProfile
import multiprocessing
import os
import platform
import pstats
import random
import shutil
import sqlite3
import statistics
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import wraps
from itertools import product
from pathlib import Path
from typing import Any

import copies
import corpus
from filled import multiply
from stories import NEWEST, Story, language_of, story

from aggregator import ingest, near, polling, reading, stores
from aggregator.ingest import Poll
from aggregator.model import Changes, PollState, Response, Source
from aggregator.reading import Subscription
from aggregator.rules import Categories, Ruler
from aggregator.stores import Store

BLOCK = 10_000  # entries that come in one by one; larger stores hold their rows again and again
FEED = 50  # entries of a feed
SHARE = 0.3  # of copies among what is measured
SPAN = timedelta(days=5)  # of a block: 14,000 entries a week, as a thousand feeds write
WINDOW = timedelta(days=7)
TOGETHER = 20  # polls in a transaction, as the pipeline has it
WARM = 4  # feeds before the clock runs
SHAPES = ("spread", "crowded")  # over months, or all in one window
SETS = ("copies", "none")  # with SHARE of copies among them, and with none
OWN = ("print", "sketch", "index", "evidence", "keep")  # stages that look for duplicates
STAGES = ("parse", "clean", *OWN, "save")


# ── clocks ───────────────────────────────────────────────────────────────────


class Clocks:
    """Time by stage; a stage within another stops the other's clock. It is the wall's: where the
    machine is virtual, asking for CPU time may take longer than what is measured.
    """

    def __init__(self) -> None:
        self.spent: Counter[str] = Counter()
        self._running: list[str] = []
        self._since = 0.0

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        self._lap()
        self._running.append(name)
        try:
            yield
        finally:
            self._lap()
            self._running.pop()

    def timed(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(function)
        def within(*args: Any, **named: Any) -> Any:
            with self.stage(name):
                return function(*args, **named)

        return within

    def _lap(self) -> None:
        now = time.perf_counter()
        if self._running:
            self.spent[self._running[-1]] += now - self._since
        self._since = now


class TimedStore:
    """A store, with clocks on what the search for duplicates asks of it."""

    def __init__(self, store: Store, clocks: Clocks) -> None:
        self._store = store
        self.postings = clocks.timed("index", store.postings)
        self.imprints = clocks.timed("index", store.imprints)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)


@contextmanager
def clocked(clocks: Clocks) -> Iterator[None]:
    """The stages of the search for duplicates, wherever it is called from."""
    places = (
        (near, "prints_of", "print"),
        (near.Near, "prepare", "sketch"),
        (near.Near, "like", "evidence"),
        (near.Near, "keep", "keep"),
        (near.Near, "write", "keep"),
    )
    before = [getattr(owner, name) for owner, name, _ in places]
    for owner, name, stage in places:
        setattr(owner, name, clocks.timed(stage, getattr(owner, name)))
    try:
        yield
    finally:
        for (owner, name, _), function in zip(places, before, strict=True):
            setattr(owner, name, function)


# ── documents ────────────────────────────────────────────────────────────────


def originals(feed: int, *, newest: datetime, span: timedelta) -> list[Story]:
    """Stories that nobody else tells, at any time of the span."""
    rng = random.Random(f"way in/{feed}")
    told = (story(feed, 2 * n, feeds=10_000, entries=2 * FEED) for n in range(FEED))
    return [replace(one, date=newest - rng.random() * span) for one in told]


def arriving(feed: int, *, known: int, kind: str) -> tuple[list[Story], int]:
    """What a feed brings after the store was filled, and how much of it others have told."""
    told = originals(feed, newest=NEWEST, span=timedelta(hours=12))
    if kind == "none":
        return told, 0
    rng = random.Random(f"way in/copies/{feed}")
    taken = rng.sample(range(FEED), round(FEED * SHARE))
    for place in taken:
        other = rng.randrange(known)
        while language_of(other) is not language_of(feed):
            other = rng.randrange(known)
        stored = originals(other, newest=NEWEST, span=SPAN)
        told[place] = copies.copy_of(rng.choice(stored), rng, feed=feed, number=place)
    return told, len(taken)


@dataclass(frozen=True)
class Document:
    source: Source
    body: bytes

    @classmethod
    def of(cls, feed: int, told: list[Story]) -> Document:
        told = sorted(told, key=lambda one: one.date, reverse=True)
        source = Source(
            id=f"feed-{feed}", url=f"https://feeds.example/{feed}", categories=(f"c{feed % 20}",)
        )
        return cls(source=source, body=corpus.document(feed, told))


# ── the way in ───────────────────────────────────────────────────────────────


def poll_of(store: Store, given: Document, clocks: Clocks) -> Poll:
    source = given.source
    subscription = Subscription(source=source, ruler=Ruler(source, Categories(())), rules_digest="")
    before = PollState(source=source.id, due=NEWEST)
    response = Response(url=source.url, body=given.body)
    after = polling.after_success(source, before, response, NEWEST)
    with clocks.stage("parse"):
        read = reading.read(store, subscription, response)
    with clocks.stage("clean"):
        return reading.poll_of(store, subscription, read, before=before, after=after)


def take_in(store: Store, documents: Sequence[Document], clocks: Clocks) -> list[Changes]:
    found: list[Changes] = []
    for start in range(0, len(documents), TOGETHER):
        polls = [poll_of(store, one, clocks) for one in documents[start : start + TOGETHER]]
        with clocks.stage("save"):
            saved = ingest.ingest(store, polls, now=NEWEST, window=WINDOW)
        for outcome in saved:
            if isinstance(outcome, Exception):
                raise outcome
            found.append(outcome)
    return found


def fill(path: Path, block: int) -> None:
    """A store of entries that all came in by themselves."""
    store = stores.connect(f"sqlite:///{path}", exclusive=True)
    store.enrol([_source(feed) for feed in range(block // FEED)], NEWEST)
    for feed in range(0, block // FEED, TOGETHER):
        feeds = range(feed, min(feed + TOGETHER, block // FEED))
        told = [Document.of(f, originals(f, newest=NEWEST, span=SPAN)) for f in feeds]
        take_in(store, told, Clocks())
    store.close()


def multiplied(path: Path, first: Path, times: int, shape: str) -> None:
    shutil.copyfile(first, path)
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        multiply(db, times, apart=SPAN if shape == "spread" else timedelta())


def _source(feed: int) -> Source:
    return Document.of(feed, originals(feed, newest=NEWEST, span=SPAN)).source


# ── measuring ────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Result:
    size: int
    shape: str
    kind: str
    entries: int
    copies: int
    merged: int
    wall: float  # seconds of all entries
    cpu: float
    stages: dict[str, float]  # shares of that
    query: list[float] = field(repr=False)  # seconds, entry by entry
    bytes_each: float
    peak: float  # megabytes

    @property
    def share(self) -> float:
        return sum(self.stages[name] for name in OWN)

    @property
    def each(self) -> float:
        """Milliseconds of CPU an entry."""
        return self.cpu / self.entries * 1e3


def measure(
    path: Path, size: int, shape: str, kind: str, entries: int, known: int, profile: bool
) -> Result:
    first = 5_000 if kind == "copies" else 6_000
    feeds = range(first, first + WARM + entries // FEED)
    told = [arriving(feed, known=known, kind=kind) for feed in feeds]
    documents = [Document.of(feed, one) for feed, (one, _) in zip(feeds, told, strict=True)]
    clocks, store = Clocks(), stores.connect(f"sqlite:///{path}", exclusive=True)
    take_in(store, documents[:WARM], Clocks())
    bytes_each = path.stat().st_size / sum(store.counts().values())
    profiler = cProfile.Profile()
    with clocked(clocks):
        if profile:
            profiler.enable()
        wall, cpu = time.perf_counter(), time.process_time()
        changes = take_in(TimedStore(store, clocks), documents[WARM:], clocks)  # type: ignore[arg-type]
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        profiler.disable()
    if profile:
        pstats.Stats(profiler).sort_stats("tottime").print_stats(40)
    query = list(queries(store, documents[-10:]))
    store.close()
    return Result(
        size=size,
        shape=shape,
        kind=kind,
        entries=entries,
        copies=sum(count for _, count in told[WARM:]),
        merged=sum(c.merged for c in changes),
        wall=wall,
        cpu=cpu,
        stages={name: clocks.spent[name] / clocks.spent.total() for name in STAGES},
        query=query,
        bytes_each=bytes_each,
        peak=_peak(),
    )


def queries(store: Store, documents: Sequence[Document]) -> Iterator[float]:
    """What it takes to find an entry's candidates in the store, each asked for on its own."""
    for document in documents:
        for stored in store.entries(source=document.source.id, output=None):
            clocks = Clocks()
            timed: Any = TimedStore(store, clocks)
            near.Near(timed, window=WINDOW).like(stored)
            yield clocks.spent["index"]


def _peak() -> float:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM"))


def in_a_process(function: Callable[..., Any], *args: Any) -> Any:
    """Its peak of memory is its own."""
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=spawn) as pool:
        return pool.submit(function, *args).result()


# ── what is printed ──────────────────────────────────────────────────────────


def table(results: Sequence[Result]) -> str:
    heads = (
        *("stored", "dates", "copies", "entries/s CPU / wall", "share of duplicates"),
        *("query, median / 95 %", "merged", "KB each", "peak MB"),
    )
    lines = [f"| {' | '.join(heads)} |", f"|{'---|' * len(heads)}"]
    for r in results:
        median, high = statistics.median(r.query) * 1e3, statistics.quantiles(r.query, n=20)[-1]
        lines.append(
            f"| {r.size:,} | {r.shape} | {r.copies / r.entries:.0%}"
            f" | {r.entries / r.cpu:.0f} / {r.entries / r.wall:.0f} | {r.share:.0%}"
            f" | {median:.2f} / {high * 1e3:.2f} ms | {r.merged} of {r.copies}"
            f" | {r.bytes_each / 1e3:.1f} | {r.peak:.0f} |"
        )
    return "\n".join(lines)


def stages(results: Sequence[Result]) -> str:
    """Milliseconds of CPU an entry."""
    lines = [
        f"| stored | dates | copies | {' | '.join(STAGES)} | all |",
        f"|{'---|' * (len(STAGES) + 4)}",
    ]
    for r in results:
        each = (f"{r.stages[name] * r.each:.3f}" for name in STAGES)
        lines.append(
            f"| {r.size:,} | {r.shape} | {r.copies / r.entries:.0%} | {' | '.join(each)}"
            f" | {r.each:.2f} |"
        )
    return "\n".join(lines)


def growth(results: Sequence[Result]) -> str:
    """Each size against the smallest of its kind."""
    lines = []
    for shape in SHAPES:
        for kind in SETS:
            row = [r for r in results if (r.shape, r.kind) == (shape, kind)]
            if len(row) > 1:
                told = (
                    f"{r.size:,}: {r.cpu / row[0].cpu:.2f}× CPU,"
                    f" {statistics.median(r.query) / statistics.median(row[0].query):.2f}× query"
                    for r in row[1:]
                )
                lines.append(f"{shape}, {kind}: against {row[0].size:,} stored, {'; '.join(told)}")
    return "\n".join(lines)


def main() -> None:
    given = arguments()
    print(
        f"Python {platform.python_version()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}"
    )
    results = []
    with tempfile.TemporaryDirectory(dir=given.dir) as folder:
        first, block = Path(folder) / "block.db", min(*given.sizes, BLOCK)
        in_a_process(fill, first, block)
        for shape, size in product(given.shapes, given.sizes):
            began, path = time.perf_counter(), Path(folder) / f"{shape}-{size}.db"
            in_a_process(multiplied, path, first, size // block, shape)
            print(f"{size:,}, {shape}: {time.perf_counter() - began:.0f} s", flush=True)
            for kind in SETS:
                args = (path, size, shape, kind, given.entries, block // FEED, given.profile)
                results.append(in_a_process(measure, *args))
                print(table(results[-1:]).splitlines()[-1], flush=True)
            path.unlink()
    print(f"\n{table(results)}\n\nms of CPU an entry:\n\n{stages(results)}\n\n{growth(results)}")
    print(f"load at the end {os.getloadavg()[0]:.1f}")


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n\n")[0] if __doc__ else None)
    parser.add_argument("--sizes", type=_sizes, default="10k,100k", help="entries stored")
    parser.add_argument("--shapes", type=lambda text: text.split(","), default=SHAPES)
    parser.add_argument("--entries", type=int, default=2_000, help="that are measured")
    parser.add_argument("--profile", action="store_true", help="print where the time goes")
    parser.add_argument("--dir", help="for the stores; else where temporary files go")
    return parser.parse_args()


def _sizes(text: str) -> list[int]:
    sizes = [int(one.lower().replace("k", "000").replace("m", "000000")) for one in text.split(",")]
    for size in sizes:
        if size % min(*sizes, BLOCK) or size % FEED:
            raise argparse.ArgumentTypeError(f"{size} is no multiple of the least, or of {BLOCK}")
    return sizes


if __name__ == "__main__":
    main()
