"""A folder served on loopback with ETag, Last-Modified and 304s, by a process of its own.

nginx where it is installed; otherwise this file itself, run as a program. Both write the status
of each answer as a line of a log, which is how the benchmark knows what was asked.
"""

import asyncio
import functools
import os
import shutil
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.utils import formatdate
from pathlib import Path
from typing import BinaryIO

_TYPES = {
    "rss": "application/rss+xml",
    "atom": "application/atom+xml",
    "rdf": "application/rdf+xml",
}
_NGINX = """daemon off; master_process off; pid nginx.pid; error_log error.log;
events {{ worker_connections 4096; }}
http {{
  types {{ {types} }}
  log_format status '$status';
  access_log {log} status;
  client_body_temp_path tmp; proxy_temp_path tmp; fastcgi_temp_path tmp;
  uwsgi_temp_path tmp; scgi_temp_path tmp;
  sendfile on; tcp_nopush on; keepalive_timeout 65; keepalive_requests 100000;
  server {{ {listen} root "{root}"; }}
}}
"""


@dataclass(frozen=True)
class Server:
    name: str
    port: int
    hosts: int
    log: Path

    def url(self, number: int, path: str) -> str:
        return f"http://127.0.0.{1 + number % self.hosts}:{self.port}/{path}"

    def answers(self) -> Counter[int]:
        """How often each status was sent since the last call."""
        time.sleep(0.2)  # the last line may still be on its way
        counted = Counter(int(line) for line in self.log.read_text().split())
        os.truncate(self.log, 0)
        return counted


@contextmanager
def serving(root: Path, folder: Path, *, hosts: int = 1) -> Iterator[Server]:
    """`folder` takes the server's own files."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "tmp").mkdir(exist_ok=True)
    log = folder / "answers.log"
    log.write_bytes(b"")
    port = free_port(hosts)
    nginx = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
    if nginx:
        command = _nginx(nginx, root, folder, log, port=port, hosts=hosts)
    else:
        command = [sys.executable, __file__, str(root), str(log), str(port), str(hosts)]
    running = subprocess.Popen(command, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
    try:
        _wait_for(running, port)
        yield Server(name="nginx" if nginx else "asyncio", port=port, hosts=hosts, log=log)
    finally:
        running.terminate()
        running.wait(10)


def free_port(hosts: int) -> int:
    """Below the range that outgoing connections take theirs from, free on every host."""
    for port in range(18080, 32768, 7):
        try:
            for host in range(1, hosts + 1):
                with socket.socket() as probe:
                    probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                    probe.bind((f"127.0.0.{host}", port))
        except OSError:
            continue
        return port
    raise SystemExit("no free port between 18080 and 32768")


def _nginx(
    program: str, root: Path, folder: Path, log: Path, *, port: int, hosts: int
) -> list[str]:
    config = _NGINX.format(
        types=" ".join(f"{media} {ending};" for ending, media in _TYPES.items()),
        listen=" ".join(f"listen 127.0.0.{host}:{port};" for host in range(1, hosts + 1)),
        log=f'"{log.resolve()}"',
        root=root.resolve(),
    )
    (folder / "nginx.conf").write_text(config)
    return [program, "-p", str(folder.resolve()), "-c", "nginx.conf", "-e", "error.log"]


def _wait_for(running: subprocess.Popen[bytes], port: int) -> None:
    for _ in range(100):
        if running.poll() is not None:
            raise SystemExit(f"the server left with status {running.returncode}")
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise SystemExit("the server does not answer")


# ── the stand-in for nginx ───────────────────────────────────────────────────


class Connection(asyncio.Protocol):
    """GET, kept alive, one answer after the other."""

    def __init__(self, root: Path, log: BinaryIO) -> None:
        self.root = root
        self.log = log
        self.waiting = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        *requests, self.waiting = (self.waiting + data).split(b"\r\n\r\n")
        for request in requests:
            status, answer = answer_to(request.decode("latin-1"), self.root)
            self.log.write(b"%d\n" % status)
            self.transport.write(answer)


def answer_to(request: str, root: Path) -> tuple[int, bytes]:
    """As nginx does: If-None-Match counts before If-Modified-Since."""
    first, *lines = request.split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (x.partition(":") for x in lines)}
    path = root / Path(first.split(" ")[1].partition("?")[0]).name
    if not path.is_file():
        return 404, b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"
    facts = path.stat()
    tag = f'"{int(facts.st_mtime):x}-{facts.st_size:x}"'
    date = formatdate(facts.st_mtime, usegmt=True)
    validators = f"Last-Modified: {date}\r\nETag: {tag}\r\nDate: {formatdate(usegmt=True)}\r\n"
    if headers.get("if-none-match", headers.get("if-modified-since")) in (tag, date):
        return 304, f"HTTP/1.1 304 Not Modified\r\n{validators}\r\n".encode()
    kind = _TYPES.get(path.suffix[1:], "application/octet-stream")
    head = f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {facts.st_size}\r\n"
    return 200, f"{head}{validators}\r\n".encode() + path.read_bytes()


async def _serve(root: Path, log: BinaryIO, port: int, hosts: int) -> None:
    listening = await asyncio.get_running_loop().create_server(
        functools.partial(Connection, root, log),
        [f"127.0.0.{host}" for host in range(1, hosts + 1)],
        port,
        backlog=1024,
    )
    await listening.serve_forever()


if __name__ == "__main__":
    with Path(sys.argv[2]).open("ab", buffering=0) as answers:
        asyncio.run(_serve(Path(sys.argv[1]), answers, int(sys.argv[3]), int(sys.argv[4])))
