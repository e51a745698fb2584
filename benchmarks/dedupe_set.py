"""A labelled set of feeds and posts through the real program: what it takes for one story, and
which link it gives each entry, as lists that a scorer reads.

    python benchmarks/dedupe_set.py SET OUT

SET holds sources.json: {"feeds": [{"file"}], "posts": folder, "site_hosts": [host]}, the paths
from SET on; "posts" may be left out. OUT is made anew: config.yaml, the store and feeds/ of one
`run`, entries.jsonl of `entries --json`, and of those

    clusters.json   [[entry, …], …]
    links.json      {entry: canonical link or null}

where an entry of a feed is called <file>#<its id as the feed gave it>, and one of the posts by its
path from SET on.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any

_ROOT = Path(__file__).resolve().parent.parent


def config_for(folder: Path, sources: dict[str, Any]) -> dict[str, Any]:
    """A config, with the sources called by number: names of files are any text."""
    feeds = {
        f"f{number}": {"url": str(folder / feed["file"])}
        for number, feed in enumerate(sources["feeds"])
    }
    posts = (
        [{"path": str(folder / sources["posts"]), "site_hosts": sources.get("site_hosts", [])}]
        if sources.get("posts")
        else []
    )
    return {"sources": feeds, "posts": posts}


def program(folder: Path, *arguments: str) -> str:
    """What the command prints."""
    command = [sys.executable, "-m", "aggregator", *arguments, "-c", str(folder / "config.yaml")]
    env = os.environ | {"PYTHONPATH": str(_ROOT)}
    done = subprocess.run(command, env=env, check=True, stdout=subprocess.PIPE, text=True)
    return done.stdout


def entry_of(row: dict[str, Any], sources: dict[str, Any]) -> str:
    if row["path"]:
        return (Path(sources["posts"]) / row["path"]).as_posix()
    file = sources["feeds"][int(row["source"][1:])]["file"]
    return f"{file}#{row['source_entry_id']}"


def clusters(rows: Iterable[dict[str, Any]]) -> list[list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for row in rows:
        found[row["cluster"]].append(row["entry"])
    return list(found.values())


def put(path: Path, value: Any) -> None:
    path.write_text(json.dumps(value, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def main() -> None:
    words = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    words.add_argument("set", type=Path)
    words.add_argument("out", type=Path)
    given = words.parse_args()
    folder, out = given.set.resolve(), given.out.resolve()
    sources = json.loads((folder / "sources.json").read_text(encoding="utf-8"))
    if out.exists() and not (out / "config.yaml").exists():
        sys.exit(f"{out}: there, and not of this program; name a folder that is to be made")
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    put(out / "config.yaml", config_for(folder, sources))  # JSON is YAML

    start = time.monotonic()
    summary = program(out, "run", "--json", "-q")
    took = time.monotonic() - start
    listing = program(out, "entries", "--json")
    (out / "entries.jsonl").write_text(listing, encoding="utf-8")
    rows = [json.loads(line) for line in listing.splitlines()]
    rows = [row | {"entry": entry_of(row, sources)} for row in rows]
    put(out / "clusters.json", clusters(rows))
    put(out / "links.json", {row["entry"]: row["url"] for row in rows})
    print(summary.strip())
    print(f"{len(rows)} entries in {took:.1f} s -> {out}")


if __name__ == "__main__":
    main()
