"""Who runs: this project, and reader 3.x in an environment of its own.

To add one, write a function that prepares a folder and answers with a Contender.
"""

import json
import os
import subprocess
import sys
import venv
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

_HERE = Path(__file__).resolve().parent
_READER = _HERE / ".venv-reader"
_READER_WANTS = ("reader>=3.20,<4", "sgmllib3k")


@dataclass(frozen=True)
class Contender:
    name: str
    folder: Path
    command: tuple[str, ...]
    entries: Callable[[], int]  # how many are stored
    missing: Callable[[], list[str]]  # what should have been written and was not
    env: dict[str, str] = field(default_factory=lambda: dict(os.environ))


# ── ours ─────────────────────────────────────────────────────────────────────


def ours(folder: Path, urls: Sequence[str]) -> Contender:
    folder.mkdir(parents=True)
    (folder / "config.yaml").write_text(config_for(urls))
    program = (sys.executable, "-m", "aggregator", "-c", "config.yaml")
    env = os.environ | {"PYTHONPATH": str(_HERE.parent)}
    compiling = [sys.executable, "-m", "compileall", "-q", str(_HERE.parent / "aggregator")]
    subprocess.run(compiling, check=False, stdout=sys.stderr)

    def entries() -> int:
        command = [*program, "entries", "--json", "--all"]
        listing = subprocess.run(command, cwd=folder, env=env, check=True, stdout=subprocess.PIPE)
        return sum(1 for line in listing.stdout.splitlines() if line.startswith(b"{"))

    def missing() -> list[str]:
        wanted = ("all", *sorted({name for n in range(len(urls)) for name in categories_of(n)}))
        return [f"{x}.atom" for x in wanted if not (folder / "feeds" / f"{x}.atom").is_file()]

    command = (*program, "run", "--force", "--json")
    return Contender("ours", folder, command, entries, missing, env)


def categories_of(number: int) -> tuple[str, ...]:
    """One of 20; every fourth source has a second."""
    more = (f"c{(number // 4 * 3 + 1) % 20:02d}",) if number % 4 == 0 else ()
    return tuple(dict.fromkeys((f"c{number % 20:02d}", *more)))


def config_for(urls: Sequence[str]) -> str:
    sources = "".join(
        f"  s{number:05d}:\n    url: {url}\n    categories: [{', '.join(categories_of(number))}]\n"
        for number, url in enumerate(urls)
    )
    return f"""site:
  title: First poll
  url: https://planet.example.org/
  id: "tag:planet.example.org,2026:first-poll"
  author: {{name: Example Editors}}
store: sqlite:///aggregator.db
fetch:
  contact: https://example.org/bot
  concurrency: 64
  per_host: 64
  allow_private: [127.0.0.0/8]
sources:
{sources}"""


# ── reader ───────────────────────────────────────────────────────────────────


def reader(folder: Path, urls: Sequence[str], workers: int) -> Contender:
    folder.mkdir(parents=True)
    program = (str(_reader_python()), str(_HERE / "reader_driver.py"), "reader.db")
    env = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    subprocess.run(
        [*program, "add"],
        cwd=folder,
        env=env,
        input="\n".join(urls).encode(),
        check=True,
        stdout=subprocess.DEVNULL,
    )

    def entries() -> int:
        command = [*program, "count"]
        counted = subprocess.run(command, cwd=folder, env=env, check=True, stdout=subprocess.PIPE)
        return int(json.loads(counted.stdout)["entries"])

    command = (*program, "update", str(workers))
    return Contender(f"reader, workers={workers}", folder, command, entries, list, env)


def reader_version() -> str:
    asking = "from importlib.metadata import version; print(version('reader'))"
    command = [str(_reader_python()), "-c", asking]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout.decode().strip()


def _reader_python() -> Path:
    """Made on first use; a mark says that it is complete."""
    python = _READER / "bin" / "python"
    mark = _READER / "complete"
    if not mark.exists():
        print("making an environment for reader", file=sys.stderr)
        venv.create(_READER, with_pip=True, clear=True)
        install = [str(python), "-m", "pip", "install", "--quiet", *_READER_WANTS]
        subprocess.run(install, check=True, stdout=sys.stderr)
        mark.touch()
    return python
