"""Other people's programs, and what each made of a document of ours.

To add one: `debian(program)` or a virtual environment of its own, then a function that takes the
document's address or bytes and gives back its rows as plain values.
"""

import email
import json
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterable, Sequence
from contextlib import closing
from email import policy
from email.message import EmailMessage
from html import escape
from pathlib import Path
from typing import Any

import pytest

Row = dict[str, Any]

READER = ("reader>=3,<4", "sgmllib3k")  # reader's feedparser finds more with sgmllib
FEED2EXEC = ("feed2exec>=0.23,<1",)
_NODE = ("rss-parser@3", "feedsmith@3")
_HERE = Path(__file__).parent
_DIRECT = os.environ | {"no_proxy": "127.0.0.1"}


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


def environment(folder: Path, packages: Iterable[str], works: str) -> Path:
    """A Python that has these packages and nothing of ours, where `works` can be imported; `folder`
    keeps it from one run to the next."""
    python = folder / "bin" / "python"
    if not python.exists() or subprocess.call([python, "-c", f"import {works}"]):
        _quietly(sys.executable, "-m", "venv", "--clear", folder)
        _quietly(python, "-m", "pip", "install", "--quiet", *packages)
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


def node_modules(folder: Path) -> Path:
    """A folder in which Node finds rss-parser and feedsmith."""
    for package in _NODE:
        from_npm(folder, package, "package.json")
    return folder


def _quietly(*command: str | Path) -> None:
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        line = " ".join(str(word) for word in command)
        pytest.fail(f"cannot set up what the test needs: {line}\n{done.stderr[-1000:]}")


# ── asking them ──────────────────────────────────────────────────────────────


def in_reader(python: Path, addresses: Iterable[str], *, times: int = 1) -> dict[str, Row]:
    """By address: the feed's own fields, and its `entries`, as it has them after that many
    updates."""
    command = [python, _HERE / "in_reader.py", str(times), *addresses]
    listing: dict[str, Row] = json.loads(subprocess.check_output(command, env=_DIRECT))
    return listing


def in_node(modules: Path, addresses: Iterable[str]) -> dict[str, dict[str, list[Row]]]:
    """By address, the entries that feedsmith finds, and rss-parser where it is no JSON."""
    command = ["node", _HERE / "in_node.mjs", modules, *addresses]
    found: dict[str, dict[str, list[Row]]] = json.loads(
        subprocess.check_output(command, env=_DIRECT)
    )
    return found


def in_feed2exec(python: Path, home: Path, address: str, *, times: int = 1) -> list[Row]:
    """What it hands to a plugin, each entry once."""
    home.mkdir()
    files = ["--config", home / "config.ini", "--database", home / "feed2exec.db"]
    command = [python, "-m", "feed2exec", "--quiet", *files]
    told = ["--output", "feed2exec.plugins.json"]
    own = _DIRECT | {"HOME": str(home), "XDG_CACHE_HOME": str(home)}
    subprocess.run([*command, "add", "ours", address, *told], env=own, check=True)
    lines = b"".join(subprocess.check_output([*command, "fetch"], env=own) for _ in range(times))
    return [json.loads(line) for line in lines.splitlines()]


def in_rss2email(r2e: str, home: Path, address: str, *, times: int = 1) -> list[EmailMessage]:
    """The mails that it sends."""
    (home / "mail").mkdir(parents=True)
    (home / "config").write_text(_R2E.format(home=home, address=address), encoding="utf-8")
    command = [r2e, "-c", home / "config", "-d", home / "seen.json", "run"]
    for _ in range(times):
        subprocess.run(command, env=_DIRECT, check=True, capture_output=True)
    paths = sorted((home / "mail").rglob("new/*"))
    return [email.message_from_bytes(x.read_bytes(), policy=policy.default) for x in paths]


_R2E = """\
[DEFAULT]
to = somebody@reader.example
from = feeds@reader.example
email-protocol = maildir
maildir-path = {home}/mail
maildir-mailbox = inbox
html-mail = True
date-header = True
use-8bit = True
name-format = {{author}}
trust-link = False
[feed.ours]
url = {address}
"""


def in_liferea(home: Path, addresses: Sequence[str], *, times: int = 1) -> dict[str, list[Row]]:
    """By address, the entries that it has after that many updates; a Row has its columns and, as
    lists, what it calls metadata. It is a program with windows: on a screen that nobody sees."""
    outlines = "".join(
        f'<outline text="{n}" title="{n}" type="rss" id="node{n:03}" xmlUrl="{escape(address)}"/>'
        for n, address in enumerate(addresses)
    )
    (home / "run").mkdir(parents=True, mode=0o700)
    for name, text in (
        ("liferea/feedlist.opml", f'<opml version="1.0"><head/><body>{outlines}</body></opml>'),
        ("glib-2.0/settings/keyfile", _LIFEREA),
    ):
        (home / ".config" / name).parent.mkdir(parents=True)
        (home / ".config" / name).write_text(text, encoding="utf-8")
    own = {"HOME": str(home), "PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8",
           "XDG_RUNTIME_DIR": str(home / "run"), "GSETTINGS_BACKEND": "keyfile",
           "GIO_USE_NETWORK_MONITOR": "base"}  # fmt: skip
    session = ["dbus-run-session", "--", "xvfb-run", "-a", "sh", _HERE / "in_liferea.sh"]
    with (home / "log").open("wb") as log:
        subprocess.run(
            [*session, str(times), str(len(addresses))], env=own, check=True, stdout=log,
            stderr=log, timeout=500,
        )  # fmt: skip
    return _of_liferea(home / ".local/share/liferea/liferea.db", addresses)


_LIFEREA = """\
[net/sf/liferea]
proxy-detect-mode=1
startup-feed-action=1
enable-plugins=false
maxitemcount=5000
"""


def _of_liferea(database: Path, addresses: Sequence[str]) -> dict[str, list[Row]]:
    with closing(sqlite3.connect(database)) as cache:
        cache.row_factory = sqlite3.Row
        found: dict[str, list[Row]] = {address: [] for address in addresses}
        for row in cache.execute("SELECT * FROM items").fetchall():
            more: dict[str, list[str]] = {}
            for key, value in cache.execute(
                "SELECT key, value FROM metadata WHERE item_id = ? ORDER BY nr", (row["item_id"],)
            ):
                more.setdefault(key, []).append(value)
            found[addresses[int(row["node_id"][4:])]].append(dict(row) | more)
    return found


def in_newsboat(
    newsboat: str, home: Path, addresses: Iterable[str], *, times: int = 1
) -> tuple[list[Row], list[Row]]:
    """The feeds and the entries that reloads put into its cache."""
    home.mkdir()
    (home / "config").touch()
    (home / "urls").write_text("".join(f"{x}\n" for x in addresses), encoding="utf-8")
    files = ["-C", home / "config", "-u", home / "urls", "-c", home / "cache.db"]
    for _ in range(times):
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
