"""The posts of a Jekyll site's folder as JSON, to be compared with what Jekyll itself says.

    python benchmarks/jekyll_posts.py [--zone NAME] SITE

--zone NAME overrules the `timezone` of the site's config. UTC, the default, is what Jekyll makes
of any name on a machine without a zone database, as bare containers are; `site` is what the config
says, as Jekyll has it elsewhere.
"""

import argparse
import json
import os
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from aggregator.errors import ParseError
from aggregator.formats.jekyll import CONFIGS, Post, Site
from aggregator.formats.jekyll.settings import zone_named

_AS_WRITTEN = argparse.RawDescriptionHelpFormatter


def files(root: Path) -> Iterator[str]:
    """Every file, links followed as Jekyll does: anywhere, but never from within `_posts`."""
    seen: set[str] = set()
    for folder, folders, names in os.walk(root, followlinks=True):
        below = Path(folder).relative_to(root)
        if os.path.realpath(folder) in seen:
            folders.clear()
            continue
        seen.add(os.path.realpath(folder))
        if "_posts" in below.parts:
            folders[:] = [x for x in folders if not (Path(folder) / x).is_symlink()]
        yield from ((below / name).as_posix() for name in names)


def row(post: Post, now: datetime) -> dict[str, Any]:
    date = (post.date or now).astimezone(UTC)
    return {
        "path": post.path,
        "url": post.url,
        "date": date.isoformat(timespec="seconds").replace("+00:00", "Z"),
        "title": post.title,
        "categories": post.categories,
        "tags": post.tags,
    }


def posts(root: Path, zone: str, now: datetime) -> list[Post]:
    name = next((x for x in CONFIGS if (root / x).exists()), CONFIGS[0])
    config = (root / name).read_bytes() if (root / name).exists() else None
    there = None if zone == "site" else zone_named(zone)
    site = Site(files(root), config, name=name, zone=there)
    found = []
    for path in site.paths():
        try:
            found.append(site.post((root / path).read_bytes(), path=path, now=now))
        except ParseError as error:
            print(error, file=sys.stderr)
    return site.newest((post for post in found if post), now)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=_AS_WRITTEN)
    parser.add_argument("site", type=Path)
    parser.add_argument("--zone", default="UTC")
    asked = parser.parse_args()
    now = datetime.now(UTC)
    rows = [row(post, now) for post in posts(asked.site, asked.zone, now)]
    print(json.dumps(rows, ensure_ascii=False))


if __name__ == "__main__":
    main()
