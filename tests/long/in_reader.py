"""Run by reader's own Python: subscribe to the addresses given, update that many times, and print
what reader has of them.

    in_reader.py TIMES ADDRESS…
"""

import json
import sys
from datetime import datetime

from reader import Entry, Reader, make_reader


def seen(reader: Reader, address: str) -> dict[str, object]:
    feed = reader.get_feed(address)
    return {
        "title": feed.title,
        "link": feed.link,
        "updated": moment(feed.updated),
        "authors": [a.name for a in feed.authors],
        "version": feed.version,
        "entries": [entry_seen(e) for e in reader.get_entries(feed=address)],
    }


def entry_seen(entry: Entry) -> dict[str, object]:
    return {
        "id": entry.id,
        "title": entry.title,
        "link": entry.link,
        "published": moment(entry.published),
        "updated": moment(entry.updated),
        "authors": [{"name": a.name, "email": a.email, "uri": a.href} for a in entry.authors],
        "enclosures": [e.href for e in entry.enclosures],
        "content": [{"value": c.value, "language": c.language} for c in entry.content],
        "summary": entry.summary,
        "source": entry.source
        and {
            "title": entry.source.title,
            "link": entry.source.link,
            "updated": moment(entry.source.updated),
        },
    }


def moment(when: datetime | None) -> float | None:
    return when and when.timestamp()


def main(times: str, *addresses: str) -> None:
    reader = make_reader(":memory:")
    for address in addresses:
        reader.add_feed(address)
    for _ in range(int(times)):
        for address in addresses:
            reader.update_feed(address)
    json.dump({address: seen(reader, address) for address in addresses}, sys.stdout)


main(*sys.argv[1:])
