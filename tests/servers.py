"""A real HTTP server on loopback, for tests: a function answers, every request is remembered.

with serving(lambda asked: Answer(body=b"<rss/>")) as server:
    ...  # server.url, server.asked, server.most_at_once
"""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass(frozen=True)
class Asked:
    """A request: `path` with its query, headers by lower-case name."""

    path: str
    headers: Mapping[str, str]
    method: str = "GET"
    body: bytes = b""


@dataclass(frozen=True)
class Answer:
    """Chunks of a body are sent as they come, so a body that sleeps between them drips."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | Iterable[bytes] = b""


@dataclass(frozen=True)
class Raw:
    """Bytes as they are, status line and all; then the end, or a reset."""

    chunks: Iterable[bytes] = ()
    reset: bool = False


Handler = Callable[[Asked], "Answer | Raw"]


class Server:
    """`handler` may be replaced while it runs."""

    def __init__(self, handler: Handler) -> None:
        self.handler = handler
        self.asked: list[Asked] = []
        self.most_at_once = 0
        self.closing = threading.Event()
        self.at_once = 0
        self._lock = threading.Lock()

    @property
    def paths(self) -> list[str]:
        return [a.path for a in self.asked]

    def hang(self, seconds: float = 60) -> None:
        """Sit there, at most until the server is closed."""
        self.closing.wait(seconds)

    @contextlib.contextmanager
    def remembered(self, asked: Asked) -> Iterator[None]:
        with self._lock:
            self.asked.append(asked)
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            yield
        finally:
            with self._lock:
                self.at_once -= 1


@contextlib.contextmanager
def serving(handler: Handler, *, host: str = "127.0.0.1") -> Iterator[Server]:
    server = Server(handler)

    class Connection(_Connection):
        world = server

    with _Threads((host, 0), Connection) as threads:
        server.netloc = f"{host}:{threads.server_address[1]}"
        server.url = f"http://{server.netloc}"
        loop = threading.Thread(target=threads.serve_forever, kwargs={"poll_interval": 0.02})
        loop.start()
        try:
            yield server
        finally:
            server.closing.set()
            threads.shutdown()
            loop.join()


class _Threads(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that hangs up is part of the world."""


class _Connection(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # head and body are two packets: it would wait between them
    world: Server

    def do_GET(self, body: bytes = b"") -> None:
        headers = {k.lower(): v for k, v in self.headers.items()}
        asked = Asked(self.path, headers, self.command, body)
        with self.world.remembered(asked):
            answer = self.world.handler(asked)
            if isinstance(answer, Raw):
                self._send_raw(answer)
            else:
                self._send(answer)

    def do_POST(self) -> None:
        self.do_GET(self.rfile.read(int(self.headers.get("Content-Length", 0))))

    def _send(self, answer: Answer) -> None:
        whole = isinstance(answer.body, bytes)
        own_date = "Date" in answer.headers  # by a clock of the test's
        (self.send_response_only if own_date else self.send_response)(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        if whole and "Content-Length" not in answer.headers and answer.status != 304:
            self.send_header("Content-Length", str(len(answer.body)))
        if not whole or "Content-Length" in answer.headers:
            self.send_header("Connection", "close")
        self.end_headers()
        for chunk in [answer.body] if whole else answer.body:
            self.wfile.write(chunk)

    def _send_raw(self, answer: Raw) -> None:
        for chunk in answer.chunks:
            self.wfile.write(chunk)
        self.close_connection = True
        if answer.reset:
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()

    def log_message(self, *_: object) -> None:
        """Quiet."""


def free_port() -> int:
    """A port of loopback on which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as place:
        return int(place.getsockname()[1])


def until(true: Callable[[], object], *, seconds: float = 120, what: str = "") -> object:
    """Wait for a condition, and give what it said; fails after a generous deadline."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if said := true():
            return said
        time.sleep(0.05)
    raise AssertionError(f"waited {seconds:g} s for {what or 'a condition'} in vain")
