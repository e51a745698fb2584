"""Every fault that we know, in one run beside healthy feeds, with the real program."""

import json
import os
import re
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from faults import FAULTS, handler, healthy
from html_rules import active
from servers import Answer, Asked, Server, serving

pytestmark = [pytest.mark.long, pytest.mark.timeout(900)]

ATOM = "{http://www.w3.org/2005/Atom}"
HEALTHY = 20
TIMEOUT = 5  # seconds, of one poll
MOST_MEMORY = 400_000  # kB, of the whole process
SECRET = re.compile(r"root:x:0|hunter2")
NOT_PLAIN = re.compile(r"[A-Z]\w+(Error|Exception)\b|Traceback|\berrno\b|object at 0x|\bNone\b|b'")
KNOWN_HEADERS = {"host", "user-agent", "accept", "accept-encoding", "connection", "a-im"} | {
    *("if-none-match", "if-modified-since", "authorization", "from"),
}


def high_water(process: int) -> int:
    """kB of a process and its children. Not ru_maxrss: that begins with what the parent had when
    it forked."""
    most = 0
    with suppress(OSError):
        for line in Path(f"/proc/{process}/status").read_text("utf-8").splitlines():
            if line.startswith("VmHWM:"):
                most = int(line.split()[1])
        for children in Path(f"/proc/{process}/task").glob("*/children"):
            most += sum(map(high_water, map(int, children.read_text("utf-8").split())))
    return most


def addresses(bad: Sequence[Server]) -> Iterator[str]:
    """Of all faults: the first server has most of them."""
    alone = iter(bad[1:])
    for fault in FAULTS:
        yield f"{(next(alone) if fault.slows else bad[0]).url}/{fault.name}"


def logged_in(url: str) -> str:
    return url.replace("://", "://me:hunter2@")


class Planet:
    """The program in a folder, with a source for each fault and twenty that are well."""

    def __init__(self, folder: Path, bad: Sequence[Server], good: Server) -> None:
        self.folder = folder
        self.memory = 0  # kB, the most that it ever took
        names = {f"f{n}": logged_in(url) for n, url in enumerate(addresses(bad))}
        names |= {f"h{n}": f"{good.url}/{n}" for n in range(HEALTHY)}
        lines = "".join(
            f"  {name}: {{url: '{url}', categories: [{name[0]}]}}\n" for name, url in names.items()
        )
        (folder / "config.yaml").write_text(
            "site: {title: Planet, url: 'https://p.example/'}\n"
            f"fetch: {{timeout: {TIMEOUT}s, per_host: 64,"
            " allow_private: [127.0.0.0/8, '::1/128']}\n"
            f"output: {{entries: 10000}}\nsources:\n{lines}",
            "utf-8",
        )

    def call(self, *words: str) -> str:
        with (self.folder / "out").open("w+") as out, (self.folder / "err").open("w+") as err:
            process = subprocess.Popen(
                [sys.executable, "-m", "aggregator", *words],
                cwd=self.folder,
                env=dict(os.environ) | {"PYTHONPATH": str(Path(__file__).parents[2])},
                stdout=out,
                stderr=err,
            )
            while process.poll() is None:
                self.memory = max(self.memory, high_water(process.pid))
                time.sleep(0.05)
            for file in (out, err):
                file.seek(0)
            assert process.returncode == 0, err.read()[-2000:]
            return out.read()

    def status(self) -> dict[str, dict[str, Any]]:
        return {row["source"]: row for row in json.loads(self.call("status", "--json"))}

    def entries(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.call("entries", "--json").splitlines()]


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Two runs over everything; what was known after each."""
    asked: Counter[str] = Counter()

    def well(request: Asked) -> Answer:
        asked[request.path] += 1
        n = int(request.path[1:])
        return Answer(body=healthy(n, 5 * asked[request.path]))

    with ExitStack() as stack:
        good = stack.enter_context(serving(well))
        answer = handler(lambda: bad[0])
        servers = 1 + sum(fault.slows for fault in FAULTS)
        bad = [stack.enter_context(serving(answer)) for _ in range(servers)]
        planet = Planet(tmp_path_factory.mktemp("planet"), bad, good)
        took = []
        for _ in range(2):
            started = time.monotonic()
            planet.call("run", "--force")
            took.append(time.monotonic() - started)
        memory = planet.memory
        yield planet, planet.status(), planet.entries(), (took, memory), bad


def test_the_healthy_are_up_to_date(runs: Any) -> None:
    _, status, entries, *_ = runs
    told = Counter(e["source"] for e in entries)
    for n in range(HEALTHY):
        assert (status[f"h{n}"]["health"], told[f"h{n}"]) == ("ok", 10)


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_each_fault_is_told_or_read(runs: Any, fault: Any) -> None:
    _, status, entries, *_ = runs
    name = f"f{FAULTS.index(fault)}"
    error = status[name]["error"]
    mine = [e for e in entries if e["source"] == name]
    if fault.error is None:
        assert error is None
    else:
        assert re.search(fault.error, error or ""), error
        assert not NOT_PLAIN.search(error), error
    if fault.titles is not None:
        assert set(fault.titles) <= {e["title"] for e in mine}
    assert not set(fault.never) & {e["title"] for e in entries}
    if fault.entries is not None:
        assert len(mine) == fault.entries


def test_what_was_written_is_safe_and_whole(runs: Any) -> None:
    planet, *_ = runs
    documents = list((planet.folder / "feeds").iterdir())
    assert {d.name for d in documents} >= {"all.atom", "f.atom", "h.atom"}
    for document in documents:
        root = ElementTree.fromstring(document.read_bytes())
        for entry in root.iter(f"{ATOM}entry"):
            title = entry.findtext(f"{ATOM}title")
            for x in entry.iter():
                assert not SECRET.search(f"{x.text} {x.attrib}"), title
                assert x.tag != f"{ATOM}link" or x.get("href", "").startswith(("http", "mailto:"))
                if x.get("type") == "html":
                    assert active(x.text or "") == [], title


def test_nobody_is_told_what_is_not_theirs(runs: Any) -> None:
    *_, bad = runs
    for asked in (asked for server in bad for asked in server.asked):
        assert set(asked.headers) <= KNOWN_HEADERS, asked
        elsewhere = not asked.headers["host"].startswith("127.0.0.1")
        assert not (elsewhere and "authorization" in asked.headers), asked


def test_nobody_is_asked_more_than_they_must_be(runs: Any) -> None:
    *_, bad = runs
    times = Counter(asked.path for server in bad for asked in server.asked)
    most = {f"/{fault.name}": 2 * (6 if "loop" in fault.name else 2) for fault in FAULTS}
    for path, n in times.items():
        assert n <= most.get(path, 2), path  # in two runs: once each, and once more when it moved


def test_it_ends_in_time_and_within_its_memory(runs: Any) -> None:
    *_, (took, memory), _ = runs
    print(f"{len(FAULTS)} faults: {took[0]:.0f} s and {took[1]:.0f} s, {memory // 1000} MB")
    # Each poll may take its whole time, and each goes on beside the others; the rest is work.
    assert max(took) < 60 * TIMEOUT  # a minute where nothing else goes on
    assert memory < MOST_MEMORY
