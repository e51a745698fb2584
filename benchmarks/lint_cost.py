"""What it costs to check a document before it is published, beside what it costs to write it.

.venv/bin/python benchmarks/lint_cost.py [--entries 50] [--size 4000] [--times 20]
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from aggregator import formats, lint
from aggregator.formats import atom
from aggregator.model import Enclosure, Entry, Feed, Link, Origin, Person

WHEN = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
_TEXT = "<p>夜航船今晚起航，The night boat sails &amp; <a href='https://example.org/x'>returns</a>.</p>\n"


def feed(entries: int, size: int) -> Feed:
    return Feed(
        id="tag:example.org,2026:all",
        title="Harbour",
        updated=WHEN,
        links=(
            Link(href="https://example.org/all", rel="self"),
            Link(href="https://example.org/"),
        ),
        authors=(Person(name="Harbour"),),
        entries=tuple(_entry(n, size) for n in range(entries)),
    )


def _entry(n: int, size: int) -> Entry:
    when = WHEN - timedelta(hours=n)
    paper = "https://paper.example/"
    return Entry(
        id=f"https://example.org/{n}",
        title=f"Night boats, part {n}",
        updated=when,
        published=when,
        authors=(Person(name="Lin"),),
        links=(Link(href=f"https://example.org/{n}"),),
        content=_TEXT * (size // len(_TEXT.encode()) + 1),
        enclosures=(Enclosure(url=f"https://example.org/{n}.mp3", type="audio/mpeg", length=9),),
        origin=Origin(id=paper, title="Paper", updated=when, links=(Link(href=paper),)),
    )


def milliseconds(act: Callable[[], object], times: int) -> float:
    """The median, of processor time: other programs take nothing of it."""
    found = []
    for _ in range(times):
        start = time.process_time()
        act()
        found.append(time.process_time() - start)
    return sorted(found)[len(found) // 2] * 1000


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--entries", type=int, default=50)
    arguments.add_argument("--size", type=int, default=4000, help="bytes of each")
    arguments.add_argument("--times", type=int, default=20)
    given = arguments.parse_args()
    written = feed(given.entries, given.size)
    renderers = getattr(formats, "FORMATS", None) or {"atom": None}
    for name in renderers:
        render = renderers[name].render if renderers[name] else atom.render
        body = render(written)
        writes = milliseconds(lambda render=render: render(written), given.times)  # type: ignore[misc]
        checks = milliseconds(
            lambda body=body, name=name: lint.check(body, format=name, feed=written),  # type: ignore[misc]
            given.times,
        )
        wrong = lint.check(body, format=name, feed=written)
        print(
            f"{name}: {len(body):,} bytes, written in {writes:.1f} ms, checked in {checks:.1f} ms"
            + "".join(f"\n  {x.rule} {x.place}: {x.text}" for x in wrong[:5])
        )


main()
