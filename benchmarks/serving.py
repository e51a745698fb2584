"""How fast documents are served, beside the bare ASGI server with a constant answer of the same
size: both in one run, one after the other, again and again, each by a process of its own. Told as
answers for each second of CPU that the server took.

    python benchmarks/serving.py                     # about a minute
    python benchmarks/serving.py --seconds 5 --rounds 5
    python benchmarks/serving.py --http h11 --loop asyncio

The load comes from `wrk` (Debian has it), with as many connections as `--connections`.
"""

import argparse
import asyncio
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any
from urllib.request import Request, urlopen

import uvicorn

from aggregator import packing
from aggregator.documents import Documents
from aggregator.formats import atom
from aggregator.heads import Serving
from aggregator.model import Entry, Feed, Link

_ROOT = Path(__file__).parent.parent
_CODINGS = tuple(packing.CODINGS)


@dataclass(frozen=True)
class Kind:
    """A request, and what is to come of it."""

    name: str
    headers: tuple[str, ...]
    status: int
    size: int


def main() -> None:
    given = _arguments()
    if given.serve:
        _serve(given)
        return
    if shutil.which("wrk") is None:
        sys.exit("wrk is needed for the load; try: sudo apt-get install wrk")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        path = folder / "all.atom"
        packing.write(path, _document(given.entries), codings=_CODINGS)
        kinds = _kinds(path)
        rates = {kind.name: _compared(kind, folder, given) for kind in kinds}
    if given.json:
        print(json.dumps(rates, indent=2))
        return
    print(f"{'':14}{'bytes':>9}{'bare':>10}{'ours':>10}{'share':>8}")
    for kind in kinds:
        bare, ours = (median(rates[kind.name][x]) for x in ("bare", "ours"))
        print(f"{kind.name:14}{kind.size:9,}{bare:10,.0f}{ours:10,.0f}{ours / bare:8.0%}")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n\n")[0])
    parser.add_argument("--seconds", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--connections", type=int, default=16)
    parser.add_argument("--entries", type=int, default=50, help="of the document")
    parser.add_argument("--http", default="httptools", help="or h11")
    parser.add_argument("--loop", default="asyncio", help="or uvloop")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--serve", help=argparse.SUPPRESS)  # in a process of its own
    parser.add_argument("--size", type=int, default=0, help=argparse.SUPPRESS)
    parser.add_argument("--port", type=int, default=0, help=argparse.SUPPRESS)
    return parser.parse_args()


# ── what is served ───────────────────────────────────────────────────────────


def _document(entries: int) -> bytes:
    text = "新闻说了些什么，and then some more of it in English. "
    found = [
        Entry(
            id=f"https://a.example/{n}",
            title=f"Story {n} 的标题",
            links=(Link(href=f"https://a.example/{n}"),),
            content="".join(
                f"<p>{(n * 7919 + x * 104729) ** 3 % 10**9} {text}</p>" for x in range(20)
            ),
        )
        for n in range(entries)
    ]
    return atom.render(Feed(id="tag:a.example,2026:all", title="All", entries=tuple(found)))


def _kinds(path: Path) -> list[Kind]:
    ours = _serving("ours", path.parent, 0, http="auto", loop="auto")
    with ours as (address, _), urlopen(address) as answer:
        etag = answer.headers["ETag"]
    plain, packed = path.stat().st_size, packing.beside(path, "gzip").stat().st_size
    return [
        Kind("304", (f"If-None-Match: {etag}", "Accept-Encoding: gzip"), 304, 0),
        Kind("200 plain", (), 200, plain),
        Kind("200 gzip", ("Accept-Encoding: gzip",), 200, packed),
    ]


def _serve(given: argparse.Namespace) -> None:
    """`--serve bare` or `--serve FOLDER`."""
    bare = given.serve == "bare"
    how = Serving(folder=Path(given.serve), codings=_CODINGS, max_age=3600)
    application: Any = _constant(given.size) if bare else Documents(how)
    uvicorn.run(
        application,
        port=given.port,
        http=given.http,
        loop=given.loop,
        lifespan="off",
        log_config=None,
        access_log=False,
    )


def _constant(size: int) -> Any:
    start = {
        "type": "http.response.start",
        "status": 200 if size else 304,
        "headers": [(b"content-type", b"application/atom+xml"), (b"etag", b'"constant"')]
        + ([(b"content-length", b"%d" % size)] if size else []),
    }
    body = {"type": "http.response.body", "body": b"x" * size}

    async def application(_: Any, __: Any, send: Any) -> None:
        await send(start)
        await send(body)

    return application


@contextmanager
def _serving(
    what: str, folder: Path, size: int, *, http: str, loop: str
) -> Iterator[tuple[str, int]]:
    with socket.create_server(("127.0.0.1", 0)) as place:
        port = place.getsockname()[1]
    served = "bare" if what == "bare" else str(folder)
    command = [sys.executable, __file__, "--serve", served, "--size", str(size)]
    command += ["--port", str(port), "--http", http, "--loop", loop]
    running = subprocess.Popen(command, cwd=_ROOT, env={"PYTHONPATH": str(_ROOT)})
    address = f"http://127.0.0.1:{port}/all.atom"
    try:
        _wait(address, running)
        yield address, running.pid
    finally:
        running.terminate()
        running.wait(10)


def _wait(address: str, running: subprocess.Popen[bytes]) -> None:
    while running.poll() is None:
        try:
            urlopen(Request(address)).close()
            return
        except OSError as error:
            if getattr(error, "code", None):  # it answers
                return
            time.sleep(0.05)
    sys.exit("the server did not start")


# ── how fast ─────────────────────────────────────────────────────────────────


def _compared(kind: Kind, folder: Path, given: argparse.Namespace) -> dict[str, list[float]]:
    rates: dict[str, list[float]] = {"bare": [], "ours": []}
    for _ in range(given.rounds):
        for what, found in rates.items():
            how = {"http": given.http, "loop": given.loop}
            with _serving(what, folder, kind.size, **how) as (address, process):
                found.append(_rate(address, process, kind, given))
    return rates


def _rate(address: str, process: int, kind: Kind, given: argparse.Namespace) -> float:
    """Answers for each second of the server's CPU, once one was what it should be."""
    headers: Sequence[str] = [x for header in kind.headers for x in ("-H", header)]
    command = ["wrk", "-t1", f"-c{given.connections}", f"-d{given.seconds}s", *headers, address]
    asyncio.run(_check(address, kind))
    before = _cpu(process)
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    if "Non-2xx" in said and kind.status == 200:
        sys.exit(said)
    return int(re.findall(r"(\d+) requests in", said)[0]) / (_cpu(process) - before)


def _cpu(process: int) -> float:
    """Seconds of it: on a machine that others use too, they tell more than those of the wall."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def _check(address: str, kind: Kind) -> None:
    port = int(address.split(":")[2].partition("/")[0])
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    lines = ["GET /all.atom HTTP/1.1", "Host: a", *kind.headers, "Connection: close", "", ""]
    writer.write("\r\n".join(lines).encode())
    head, _, body = (await reader.read()).partition(b"\r\n\r\n")
    writer.close()
    status = int(head.split()[1])
    if (status, len(body)) != (kind.status, kind.size):
        sys.exit(f"{kind.name}: {status}, {len(body):,} bytes")


if __name__ == "__main__":
    main()
