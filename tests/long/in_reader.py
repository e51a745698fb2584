"""Run by reader's own Python: subscribe to the addresses given, print what reader has of them."""

import json
import sys

from reader import Entry, Reader, UpdateError, make_reader


def seen(reader: Reader, address: str) -> dict[str, object]:
    feed = reader.get_feed(address)
    return {
        "title": feed.title,
        "link": feed.link,
        "updated": feed.updated.timestamp(),
        "authors": [a.name for a in feed.authors],
        "version": feed.version,
        "entries": [entry_seen(e) for e in reader.get_entries(feed=address)],
    }


def entry_seen(entry: Entry) -> dict[str, object]:
    return {
        "id": entry.id,
        "title": entry.title,
        "link": entry.link,
        "published": entry.published.timestamp(),
        "updated": entry.updated.timestamp(),
        "authors": [{"name": a.name, "email": a.email, "uri": a.href} for a in entry.authors],
        "enclosures": [e.href for e in entry.enclosures],
        "content": [{"value": c.value, "language": c.language} for c in entry.content],
        "source": {
            "title": entry.source.title,
            "link": entry.source.link,
            "updated": entry.source.updated.timestamp(),
        },
    }


def main(addresses: list[str]) -> None:
    reader = make_reader(":memory:")
    for address in addresses:
        reader.add_feed(address)
    for result in reader.update_feeds_iter():
        if isinstance(result.value, UpdateError):
            raise result.value
    json.dump({address: seen(reader, address) for address in addresses}, sys.stdout)


main(sys.argv[1:])
