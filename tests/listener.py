"""Subscribers of a hub, as a process: each is an address, and its query says how it behaves.

with running() as listener:
    listener.callback("a", status=500)      # an address that answers so to what is pushed
    listener.subscribe(hub, topic, "a")     # the status with which the hub answered
    listener.pushed("a")                    # what came, with its time, headers and body
    listener.asked("a")                     # what it was asked, as a GET

As a program (`python listener.py`) it prints its port and serves until it is ended.
"""

from __future__ import annotations

import base64
import contextlib
import http.client
import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

# ── the test's side ──────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Push:
    """`at` is by the clock that all processes of a machine share."""

    at: float
    headers: dict[str, str]
    body: bytes


class Listener:
    def __init__(self, port: int) -> None:
        self.port = port

    def callback(self, name: str, host: str = "127.0.0.1", **behaviour: object) -> str:
        query = f"?{urlencode(behaviour)}" if behaviour else ""
        return f"http://{host}:{self.port}/{name}{query}"

    def subscribe(
        self, hub: str, topic: str, name: str, mode: str = "subscribe", **more: object
    ) -> int:
        """Keywords: what is to stand in the form, as `secret`; a name may be an address."""
        callback = name if "://" in name else self.callback(name)
        return post(hub, {"mode": mode, "topic": topic, "callback": callback, **more})

    def pushed(self, name: str) -> list[Push]:
        return [
            Push(x["at"], x["headers"], base64.b64decode(x["body"]))
            for x in self._seen()
            if x["name"] == name and x["method"] == "POST"
        ]

    def asked(self, name: str) -> list[dict[str, str]]:
        return [x["query"] for x in self._seen() if x["name"] == name and x["method"] == "GET"]

    def _seen(self) -> list[dict[str, Any]]:
        with contextlib.closing(http.client.HTTPConnection("127.0.0.1", self.port)) as connection:
            connection.request("GET", "/-seen")
            seen: list[dict[str, Any]] = json.loads(connection.getresponse().read())
            return seen

    def behave(self, name: str, **behaviour: object) -> None:
        """From now on, whatever the address says."""
        with contextlib.closing(http.client.HTTPConnection("127.0.0.1", self.port)) as connection:
            connection.request("GET", f"/-behave?{urlencode({'name': name, **behaviour})}")
            connection.getresponse().read()


def post(hub: str, form: dict[str, object]) -> int:
    parts = urlsplit(hub)
    body = urlencode({f"hub.{name}": str(value) for name, value in form.items()})
    with contextlib.closing(http.client.HTTPConnection(parts.netloc, timeout=60)) as connection:
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        connection.request("POST", parts.path, body, headers)
        return connection.getresponse().status


@contextlib.contextmanager
def running() -> Iterator[Listener]:
    process = subprocess.Popen([sys.executable, __file__], stdout=subprocess.PIPE)
    try:
        assert process.stdout
        yield Listener(int(process.stdout.readline()))
    finally:
        process.kill()
        process.communicate()


# ── the process ──────────────────────────────────────────────────────────────

_lock = threading.Lock()
_seen: list[dict[str, Any]] = []
_behaviour: dict[str, dict[str, str]] = {}


class _Handler(BaseHTTPRequestHandler):
    """Keywords. What is asked: `verify` a status, or `wrong`. What is pushed: `status`, `to` an
    address with a redirect, `hang` for seconds, `huge` without end."""

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        query = dict(parse_qsl(parts.query))
        name = parts.path.strip("/")
        if name == "-seen":
            with _lock:
                text = json.dumps(_seen)
            self._say(200, text)
        elif name == "-behave":
            _behaviour[query.pop("name")] = query
            self._say(200, "")
        else:
            self._note(name, query, b"")
            how = query | _behaviour.get(name, {})
            status = int(how["verify"]) if how.get("verify", "").isdigit() else 200
            right = how.get("verify") != "wrong"
            self._say(status, query.get("hub.challenge", "") if right else "something else")

    def do_POST(self) -> None:
        parts = urlsplit(self.path)
        query, name = dict(parse_qsl(parts.query)), parts.path.strip("/")
        self._note(name, query, self.rfile.read(int(self.headers["Content-Length"])))
        how = query | _behaviour.get(name, {})
        time.sleep(float(how.get("hang", 0)))
        if "huge" in how:
            self.send_response(200)
            self.end_headers()
            with contextlib.suppress(OSError):
                while True:
                    self.wfile.write(b"x" * 65536)
        else:
            self._say(int(how.get("status", 202)), "", how.get("to"))

    def _note(self, name: str, query: dict[str, str], body: bytes) -> None:
        seen = {
            "name": name,
            "method": self.command,
            "at": time.clock_gettime(time.CLOCK_MONOTONIC),
            "query": query,
            "headers": {k.lower(): v for k, v in self.headers.items()},
            "body": base64.b64encode(body).decode(),
        }
        with _lock:
            _seen.append(seen)

    def _say(self, status: int, text: str, where: str | None = None) -> None:
        with contextlib.suppress(OSError):
            self.send_response(status)
            if where:
                self.send_header("Location", where)
            self.send_header("Content-Length", str(len(text.encode())))
            self.end_headers()
            self.wfile.write(text.encode())

    def log_message(self, *_: object) -> None:
        """Quiet."""


class _Threads(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128


if __name__ == "__main__":
    server = _Threads(("127.0.0.1", 0), _Handler)
    other = _Threads(("127.0.0.2", server.server_address[1]), _Handler)  # another host
    threading.Thread(target=other.serve_forever, daemon=True).start()
    print(server.server_address[1], flush=True)
    server.serve_forever()
