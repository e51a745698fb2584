"""How long a document takes to be written, in each format, beside feedgen alone.

python benchmarks/render.py [ENTRIES]
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from time import perf_counter

from feedgen.feed import FeedGenerator

from aggregator import opml
from aggregator.formats import FORMATS
from aggregator.model import (
    Category,
    Enclosure,
    Entry,
    Extension,
    Feed,
    Link,
    Origin,
    Person,
)

DAY = datetime(2026, 3, 1, 8, tzinfo=UTC)
TEXT = "<p>江海日报 A paragraph of a story, with <a href='https://a.example/'>a link</a> in it.</p>"
TIMES = 20


def feed_of(entries: int) -> Feed:
    """Entries of 4 kB, each with a source, a file, and what media say."""
    return Feed(
        id="tag:planet.example,2026:x",
        title="Planet",
        updated=DAY,
        language="zh",
        links=(Link(href="https://planet.example/x.atom", rel="self"),),
        authors=(Person(name="Editors"),),
        entries=tuple(_entry(n) for n in range(entries)),
    )


def _entry(number: int) -> Entry:
    when = DAY - timedelta(hours=number)
    return Entry(
        id=f"https://a.example/{number}",
        title=f"A story & its number {number}",
        links=(
            Link(href=f"https://a.example/{number}"),
            Link(href="https://b.example/", rel="via"),
        ),
        published=when,
        updated=when,
        authors=(Person(name="Ann"),),
        content=TEXT * (4096 // len(TEXT.encode()) + 1),
        categories=(Category(term="x"), Category(term="tech")),
        enclosures=(Enclosure(url="https://a.example/a.mp3", type="audio/mpeg", length=9),),
        language="en",
        extensions=(
            Extension(name="media:thumbnail", attributes=(("url", "https://a.example/t.png"),)),
        ),
        origin=Origin(id="urn:o", title="Paper A", updated=DAY, rights="© A"),
    )


def feedgen_alone(feed: Feed) -> bytes:
    """As much of it as feedgen can say, as its documentation shows it."""
    generator = FeedGenerator()
    generator.id(feed.id)
    generator.title(feed.title)
    generator.updated(feed.updated)
    generator.link(href="https://planet.example/x.atom", rel="self")
    for entry in feed.entries:
        made = generator.add_entry(order="append")
        made.id(entry.id)
        made.title(entry.title)
        made.updated(entry.updated)
        made.published(entry.published)
        made.link(href=entry.link)
        made.author(name="Ann")
        made.content(entry.content, type="html")
        for category in entry.categories:
            made.category(term=category.term)
    return bytes(generator.atom_str(pretty=True))


def median(write: Callable[[Feed], bytes], feed: Feed) -> tuple[float, int]:
    taken, size = [], 0
    for _ in range(TIMES):
        begun = perf_counter()
        size = len(write(feed))
        taken.append(perf_counter() - begun)
    return sorted(taken)[TIMES // 2] * 1000, size


def lists(feed: Feed) -> bytes:
    listed = (opml.Outline(title=e.title, url=e.id, categories=("x",)) for e in feed.entries)
    return opml.render(listed, title=feed.title)


def main() -> None:
    feed = feed_of(int(sys.argv[1]) if len(sys.argv) > 1 else 50)
    writers = {name: given.render for name, given in FORMATS.items()}
    writers |= {"opml": lists, "feedgen alone": feedgen_alone}
    print(f"{len(feed.entries)} entries of 4 kB, median of {TIMES}")
    for name, write in writers.items():
        taken, size = median(write, feed)
        print(f"{name:14} {taken:8.1f} ms {size / 1000:8.0f} kB")


if __name__ == "__main__":
    main()
