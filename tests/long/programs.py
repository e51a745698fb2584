"""Other people's programs, and what each made of a document of ours.

To add one: `debian(program)` or a virtual environment of its own, then a function that takes the
document's address or bytes and gives back its rows as plain values.
"""

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

Row = dict[str, Any]

_READER = ("reader>=3,<4", "sgmllib3k")  # reader's feedparser finds more with sgmllib
_HERE = Path(__file__).parent


# ── getting them ─────────────────────────────────────────────────────────────


def debian(program: str, *more: str, package: str | None = None) -> str:
    """The path of a program that Debian has, by default under its own name; root gets it
    installed, with `more` packages."""
    package = package or program
    missing = shutil.which(program) is None or any(
        subprocess.run(["dpkg", "-s", other], capture_output=True, check=False).returncode
        for other in more
    )
    if missing and os.geteuid() == 0 and shutil.which("apt-get"):
        _quietly("apt-get", "update")
        _quietly("apt-get", "install", "-y", "--no-install-recommends", package, *more)
    path = shutil.which(program)
    if path is None:
        pytest.fail(f"{program} is not installed; try: sudo apt-get install {package}")
    return path


def reader_environment(folder: Path) -> Path:
    """A Python that has reader and nothing of ours; `folder` keeps it from one run to the next."""
    python = folder / "bin" / "python"
    if not python.exists() or subprocess.call([python, "-c", "import reader, sgmllib"]):
        _quietly(sys.executable, "-m", "venv", "--clear", folder)
        _quietly(python, "-m", "pip", "install", "--quiet", *_READER)
    return python


def browser_environment(folder: Path) -> Path:
    """A Python that drives Chromium, likewise."""
    python = folder / "bin" / "python"
    if not python.exists() or subprocess.call([python, "-c", "import playwright"]):
        _quietly(sys.executable, "-m", "venv", "--clear", folder)
        _quietly(python, "-m", "pip", "install", "--quiet", "playwright>=1.60,<2")
    return python


def from_npm(folder: Path, package: str, file: str) -> Path:
    """A file of a package from npm, whose own scripts are not run."""
    path = folder / "node_modules" / package.rpartition("@")[0] / file
    if not path.exists():
        npm = debian("npm")
        _quietly(npm, "install", "--ignore-scripts", "--no-audit", "--prefix", folder, package)
    return path


def _quietly(*command: str | Path) -> None:
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        line = " ".join(str(word) for word in command)
        pytest.fail(f"cannot set up what the test needs: {line}\n{done.stderr[-1000:]}")


# ── asking them ──────────────────────────────────────────────────────────────


def in_reader(python: Path, addresses: Iterable[str]) -> dict[str, Row]:
    """By address: the feed's own fields, and its `entries`."""
    command = [python, _HERE / "in_reader.py", *addresses]
    environment = os.environ | {"no_proxy": "127.0.0.1"}
    listing: dict[str, Row] = json.loads(subprocess.check_output(command, env=environment))
    return listing


def in_newsboat(newsboat: str, home: Path, addresses: Iterable[str]) -> tuple[list[Row], list[Row]]:
    """The feeds and the entries that one reload puts into its cache."""
    home.mkdir()
    (home / "config").touch()
    (home / "urls").write_text("".join(f"{x}\n" for x in addresses), encoding="utf-8")
    files = ["-C", home / "config", "-u", home / "urls", "-c", home / "cache.db"]
    subprocess.run(
        [newsboat, "-q", *files, "-x", "reload"],
        env={"HOME": str(home), "LC_ALL": "C.UTF-8", "PATH": os.defpath},
        check=True,
    )
    with closing(sqlite3.connect(home / "cache.db")) as cache:
        cache.row_factory = sqlite3.Row
        feeds, entries = (cache.execute(f"SELECT * FROM {x}") for x in ("rss_feed", "rss_item"))
        return [dict(row) for row in feeds], [dict(row) for row in entries]


_SFEED = ("time", "title", "link", "content", "type", "id", "author", "enclosure", "categories")


def in_sfeed(sfeed: str, document: Path) -> list[Row]:
    """Its tab-separated lines, see sfeed(5)."""
    with document.open("rb") as stream:
        lines = subprocess.check_output([sfeed], stdin=stream).decode().splitlines()
    return [dict(zip(_SFEED, line.split("\t"), strict=True)) for line in lines]


def in_chromium(
    python: Path, chromium: str, axe: Path, addresses: Iterable[str], pictures: Path
) -> list[Row]:
    """What was seen at each address, at each width, in light and in dark."""
    command = [python, _HERE / "in_chromium.py", chromium, axe, pictures, *addresses]
    environment = os.environ | {"no_proxy": "127.0.0.1"}
    seen: list[Row] = json.loads(subprocess.check_output(command, env=environment))
    return seen


def in_vnu(java: str, jar: Path, files: Iterable[Path]) -> list[str]:
    """The errors that the Nu Html Checker finds."""
    command = [java, "-Xmx1g", "-jar", jar, "--errors-only", "--format", "json", *files]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    told = json.loads(done.stderr)["messages"]
    return [f"{Path(x['url']).name}:{x.get('lastLine')}: {x['message']}" for x in told]
