"""The whole job beside reader's: a first poll, one where all is unchanged, one with some new.

    python benchmarks/first_poll.py
    python benchmarks/first_poll.py --only ours --feeds 100
    python benchmarks/first_poll.py --json > result.json

Makes a site of feeds, serves it on loopback, lets each contender poll it three times, each poll
a process of its own, and prints what that took. A contender that did not ask for every feed or
does not hold every entry makes the benchmark fail (exit status 1).
"""

import argparse
import json
import os
import platform
import shutil
import sys
import tempfile
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import contenders
import corpus
from contenders import Contender
from measure import Measurement, measured
from server import Server, serving

PHASES = ("first, all new", "second, all 304", "third, some new")


@dataclass(frozen=True)
class Site:
    root: Path
    feeds: int
    entries: int
    megabytes: float

    @property
    def growing(self) -> tuple[int, ...]:
        return corpus.growing(self.feeds)


@dataclass(frozen=True)
class Poll:
    """One phase of one contender."""

    phase: str
    by: str
    wall: float
    cpu: float
    peak: float
    answers: dict[int, int]
    summary: Any
    faults: tuple[str, ...]


def main() -> None:
    asked = arguments()
    with ExitStack() as stack:
        if asked.keep:
            work = Path(asked.keep).resolve()
        else:
            work = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="first-poll-")))
        say(f"making {asked.feeds} feeds of {asked.entries} entries")
        size = corpus.write(work / "site", feeds=asked.feeds, entries=asked.entries)
        site = Site(work / "site", asked.feeds, asked.entries, size / 1e6)
        server = stack.enter_context(serving(site.root, work / "server", hosts=asked.hosts))
        found = dict(results(asked, work, site, server))
    print(as_json(site, server, found) if asked.json else as_markdown(site, server, found))
    faults = [
        f"{p.by}, {p.phase}: {f}" for polls in found.values() for p in polls for f in p.faults
    ]
    if faults:
        raise SystemExit("\n".join(faults))


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--feeds", type=int, default=1000)
    parser.add_argument("--entries", type=int, default=50, help="entries of each feed")
    parser.add_argument("--hosts", type=int, default=1, help="spread over 127.0.0.1 to 127.0.0.N")
    parser.add_argument("--only", choices=("ours", "reader"))
    parser.add_argument(
        "--workers",
        default="1,4",
        help="threads reader fetches with, all tried, its best shown (default: %(default)s)",
    )
    parser.add_argument("--keep", metavar="DIR", help="work in DIR and leave it there")
    parser.add_argument("--json", action="store_true", help="JSON rather than Markdown")
    asked = parser.parse_args()
    if asked.feeds < 1 or asked.entries < 1 or not 1 <= asked.hosts <= 254:
        parser.error("--feeds and --entries begin at 1; --hosts is 1 to 254")
    return asked


def say(message: str) -> None:
    print(message, file=sys.stderr, flush=True)


# ── running ──────────────────────────────────────────────────────────────────


def results(
    asked: argparse.Namespace, work: Path, site: Site, server: Server
) -> Iterable[tuple[str, list[Poll]]]:
    urls = [server.url(number, corpus.name_of(number)) for number in range(site.feeds)]
    if asked.only != "reader":
        yield "ours", polls_of(contenders.ours(fresh(work / "ours"), urls), site, server)
    if asked.only != "ours":
        tried = []
        for workers in map(int, asked.workers.split(",")):
            folder = fresh(work / f"reader-{workers}")
            tried.append(polls_of(contenders.reader(folder, urls, workers), site, server))
        yield f"reader {contenders.reader_version()}", best(tried)


def fresh(folder: Path) -> Path:
    """Not there any more: who runs in it makes it."""
    if folder.exists():
        shutil.rmtree(folder)
    return folder


def best(tried: Sequence[list[Poll]]) -> list[Poll]:
    """Phase by phase the fastest, with the faults of all."""
    fastest = []
    for polls in zip(*tried, strict=True):
        faults = tuple(dict.fromkeys(fault for poll in polls for fault in poll.faults))
        fastest.append(replace(min(polls, key=lambda poll: poll.wall), faults=faults))
    return fastest


def polls_of(contender: Contender, site: Site, server: Server) -> list[Poll]:
    """All three phases; the site is as it was at the end."""
    changed = site.growing
    stored = site.feeds * site.entries
    size = {"feeds": site.feeds, "entries": site.entries}
    polls = [poll(contender, PHASES[0], server, {200: site.feeds}, stored)]
    polls.append(poll(contender, PHASES[1], server, {304: site.feeds}, stored))
    corpus.grow(site.root, changed, **size)
    expected = {200: len(changed), 304: site.feeds - len(changed)}
    polls.append(poll(contender, PHASES[2], server, expected, stored + len(changed)))
    corpus.shrink(site.root, changed, **size)
    return polls


def poll(
    contender: Contender, phase: str, server: Server, expected: dict[int, int], stored: int
) -> Poll:
    server.answers()
    took = measured(contender.command, cwd=contender.folder, env=contender.env)
    answers = dict(server.answers())
    say(f"{contender.name}, {phase}: {took.wall:.2f} s")
    if took.status != 0:
        raise SystemExit(f"{contender.name} left with status {took.status}:\n{took.stderr[-2000:]}")
    return Poll(
        phase=phase,
        by=contender.name,
        wall=took.wall,
        cpu=took.cpu,
        peak=took.peak,
        answers=answers,
        summary=summary_in(took),
        faults=tuple(faults_of(contender, answers, expected, stored)),
    )


def summary_in(took: Measurement) -> Any:
    try:
        return json.loads(took.stdout)
    except ValueError:
        return took.stdout[-2000:]


def faults_of(
    contender: Contender, answers: dict[int, int], expected: dict[int, int], stored: int
) -> Iterable[str]:
    for status in (200, 304):
        got, wanted = answers.get(status, 0), expected.get(status, 0)
        if got != wanted:
            yield f"{got} answers of status {status}, expected {wanted}"
    counted = contender.entries()
    if counted != stored:
        yield f"{counted} entries stored, expected {stored}"
    for name in contender.missing():
        yield f"{name} was not written"


# ── telling ──────────────────────────────────────────────────────────────────


def as_markdown(site: Site, server: Server, found: dict[str, list[Poll]]) -> str:
    both = len(found) == 2
    heads = ["phase", *(f"{name}: wall s / CPU s / peak MB" for name in found)]
    heads += ["ratio: wall / CPU / peak"] if both else []
    rows = [
        [phase, *map(figures, polls), *([ratio_text(*polls)] if both else [])]
        for phase, *polls in zip(PHASES, *found.values(), strict=True)
    ]
    lines = [f"| {' | '.join(row)} |" for row in (heads, ["---"] * len(heads), *rows)]
    used = [poll.by.partition("workers=")[2] for poll in found.get(reader_in(found), [])]
    return "\n".join(
        [
            f"{site.feeds} feeds, {site.entries} entries each, {site.megabytes:.0f} MB, "
            f"from {server.name} on {server.hosts} loopback address(es); "
            f"Python {platform.python_version()}, {os.cpu_count()} cores",
            "",
            *lines,
            *(
                ["", f"reader's workers, the fastest of each phase: {', '.join(used)}"]
                if used
                else []
            ),
        ]
    )


def reader_in(found: dict[str, list[Poll]]) -> str:
    return next((name for name in found if name.startswith("reader")), "")


def figures(poll: Poll) -> str:
    return f"{poll.wall:.2f} / {poll.cpu:.2f} / {poll.peak:.0f}"


def ratios(ours: Poll, theirs: Poll) -> dict[str, float]:
    """Above 1: ours took less."""
    return {
        "wall": theirs.wall / ours.wall,
        "cpu": theirs.cpu / ours.cpu,
        "peak": theirs.peak / max(ours.peak, 1),
    }


def ratio_text(ours: Poll, theirs: Poll) -> str:
    return " / ".join(f"{ratio:.1f}×" for ratio in ratios(ours, theirs).values())


def as_json(site: Site, server: Server, found: dict[str, list[Poll]]) -> str:
    told: dict[str, Any] = {
        "feeds": site.feeds,
        "entries": site.entries,
        "megabytes": round(site.megabytes, 1),
        "server": server.name,
        "hosts": server.hosts,
        "python": platform.python_version(),
        "cores": os.cpu_count(),
        "polls": {name: [asdict(poll) for poll in polls] for name, polls in found.items()},
    }
    if len(found) == 2:
        pairs = zip(PHASES, *found.values(), strict=True)
        told["ratios"] = {phase: ratios(mine, theirs) for phase, mine, theirs in pairs}
    return json.dumps(told, ensure_ascii=False, indent=2)


if __name__ == "__main__":
    main()
