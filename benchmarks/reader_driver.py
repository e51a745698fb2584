"""What a user of `reader` would write: add feeds, update them all, count what is there.

Runs in an environment of its own, where reader is installed:

    reader_driver.py DATABASE add < URLS
    reader_driver.py DATABASE update [WORKERS]
    reader_driver.py DATABASE count
"""

import json
import sys
from collections import Counter

from reader import Reader, ReaderError, make_reader


def add(reader: Reader) -> dict[str, int]:
    urls = sys.stdin.read().split()
    for url in urls:
        reader.add_feed(url)
    return {"feeds": len(urls)}


def update(reader: Reader, workers: int) -> dict[str, int]:
    """Also the feeds polled a moment ago (`scheduled=False`), which reader skips by default."""
    seen: Counter[str] = Counter()
    for result in reader.update_feeds_iter(scheduled=False, workers=workers):
        if isinstance(result.value, ReaderError):
            seen["failed"] += 1
        elif result.value is None:
            seen["unchanged"] += 1
        else:
            seen["updated"] += 1
            seen["new"] += result.value.new
            seen["modified"] += result.value.modified
    return dict(seen)


def count(reader: Reader) -> dict[str, int]:
    return {
        "entries": reader.get_entry_counts().total or 0,
        "feeds": reader.get_feed_counts().total or 0,
    }


def main() -> None:
    database, command, *rest = sys.argv[1:]
    with make_reader(database) as reader:
        if command == "add":
            answer = add(reader)
        elif command == "update":
            answer = update(reader, int(rest[0]) if rest else 1)
        else:
            answer = count(reader)
    print(json.dumps(answer))


if __name__ == "__main__":
    main()
