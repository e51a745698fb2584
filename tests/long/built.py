"""A Jekyll site built by the real program, and what jekyll-feed says in it.

python tests/long/built.py        writes tests/jekyll/feeds.json anew
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any
from urllib.parse import unquote
from xml.etree import ElementTree

FEEDS = Path(__file__).parents[1] / "jekyll" / "feeds.json"
_ATOM = "{http://www.w3.org/2005/Atom}"


def build(folder: Path, files: dict[str, str]) -> Path:
    """Where the pages of a site are."""
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(text.encode())
    built = folder / "_site"
    subprocess.run(
        ["jekyll", "build", "--quiet", "--source", folder, "--destination", built],
        env=os.environ | {"LANG": "C.UTF-8", "TZ": "UTC"},
        capture_output=True,
        check=True,
    )
    return built


def feeds(built: Path) -> dict[str, dict[str, Any]]:
    """By path, what a reader remembers of each feed and of its entries."""
    return {
        unquote(path.relative_to(built).as_posix()): feed(path.read_bytes())
        for path in sorted(built.rglob("*.xml"))
    }


def feed(body: bytes) -> dict[str, Any]:
    root = ElementTree.fromstring(body)
    entries = [
        {
            "id": x.findtext(f"{_ATOM}id"),
            "link": _link(x, "alternate"),
            "title": x.findtext(f"{_ATOM}title"),
        }
        for x in root.iter(f"{_ATOM}entry")
    ]
    return {"id": root.findtext(f"{_ATOM}id"), "self": _link(root, "self"), "entries": entries}


def _link(element: ElementTree.Element, rel: str) -> str | None:
    links = element.findall(f"{_ATOM}link")
    return next((x.get("href") for x in links if x.get("rel", "alternate") == rel), None)


def main() -> None:
    sites = json.loads(FEEDS.read_text(encoding="utf-8"))
    for site in sites:
        with tempfile.TemporaryDirectory() as folder:
            site["feeds"] = feeds(build(Path(folder), site["files"]))
    FEEDS.write_text(json.dumps(sites, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
