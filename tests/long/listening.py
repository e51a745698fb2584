"""What is said between a program and our server: a proxy that passes all on as it is, but that no
answer is fresh for a while, for which no program would ask again."""

import http.client
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """A request and its answer: the path, the ETag that the program has and that we gave."""

    path: str
    has: str | None
    status: int
    etag: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Listened:
    """Ours at another address."""

    address: str
    heard: list[Exchange] = field(default_factory=list)

    def of(self, path: str) -> list[Exchange]:
        return [x for x in self.heard if x.path == path]


@contextmanager
def listening(address: str) -> Iterator[Listened]:
    """What goes to `address` through the address that it gives."""
    there = urlsplit(address).netloc

    class Passing(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            with closing(http.client.HTTPConnection(there, timeout=30)) as ours:
                headers = {k: v for k, v in self.headers.items() if k.lower() != "host"}
                ours.request("GET", self.path, headers=headers)
                answer = ours.getresponse()
                body = answer.read()
            listened.heard.append(
                Exchange(
                    path=self.path,
                    has=self.headers["If-None-Match"],
                    status=answer.status,
                    etag=answer.headers["ETag"],
                )
            )
            self.send_response(answer.status)
            for name, value in answer.getheaders():
                if name.lower() == "cache-control":
                    self.send_header(name, "max-age=0")
                elif name.lower() not in ("transfer-encoding", "connection", "content-length"):
                    self.send_header(name, value)
            if answer.status != 304:
                self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Passing)
    listened = Listened(address=f"http://127.0.0.1:{server.server_port}/")
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield listened
    finally:
        server.shutdown()
        server.server_close()
