"""A WebSub hub of our own, as a process: the other end of every promise, and one that breaks it.

with running() as hub:
    hub.address(lease=300)      # what a feed is to name; a keyword is how it behaves
    hub.publish(topic, body)    # the statuses with which subscribers answered
    hub.asked()                 # every request that subscribers made, as they made it

As a program (`python hub.py`) it prints its port and serves until it is ended.
"""

from __future__ import annotations

import contextlib
import hmac
import http.client
import json
import secrets
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

# ── the test's side ──────────────────────────────────────────────────────────


class Hub:
    def __init__(self, port: int) -> None:
        self.port = port

    def address(self, host: str = "127.0.0.1", **behaviour: object) -> str:
        query = f"?{urlencode(behaviour)}" if behaviour else ""
        return f"http://{host}:{self.port}/hub{query}"

    def asked(self) -> list[dict[str, str]]:
        """Every form that was posted, with what came of its verification as `verified`."""
        found: list[dict[str, str]] = self._call("GET", "/asked")
        return found

    def publish(self, topic: str, body: bytes, **how: object) -> list[int]:
        query = urlencode({"topic": topic} | how)
        statuses: list[int] = self._call("POST", f"/publish?{query}", body)
        return statuses

    def behave(self, **behaviour: object) -> None:
        """From now on, whatever its address says."""
        self._call("POST", f"/behave?{urlencode(behaviour)}", b"")

    def _call(self, method: str, path: str, body: bytes | None = None) -> Any:
        with contextlib.closing(http.client.HTTPConnection("127.0.0.1", self.port)) as connection:
            connection.request(method, path, body)
            return json.loads(connection.getresponse().read())


@contextlib.contextmanager
def running() -> Iterator[Hub]:
    process = subprocess.Popen([sys.executable, __file__], stdout=subprocess.PIPE)
    try:
        assert process.stdout
        yield Hub(int(process.stdout.readline()))
    finally:
        process.kill()
        process.communicate()


# ── the hub ──────────────────────────────────────────────────────────────────

_lock = threading.Lock()
_asked: list[dict[str, str]] = []
_active: dict[tuple[str, str], dict[str, str]] = {}  # by callback and topic
_behaviour: dict[str, str] = {}


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        with _lock:
            self._say(200, json.dumps(_asked))

    def do_POST(self) -> None:
        parts = urlsplit(self.path)
        query = dict(parse_qsl(parts.query))
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if parts.path == "/publish":
            self._say(200, json.dumps(_publish(query, body)))
        elif parts.path == "/behave":
            _behaviour.update(query)
            self._say(200, "{}")
        else:
            self._subscribe(query | _behaviour, body)

    def _subscribe(self, how: dict[str, str], body: bytes) -> None:
        """Keywords: `status` instead of 202, `redirect` first, `verify` sync or never, `lease`,
        `deny` with a reason; `lie` about the topic, the mode or the challenge's place."""
        form = dict(parse_qsl(body.decode(), strict_parsing=True))
        form["content-type"] = self.headers["Content-Type"]
        with _lock:
            _asked.append(form)
        if "redirect" in how:
            rest = {k: v for k, v in how.items() if k != "redirect"}
            self.send_response(int(how["redirect"]))
            self.send_header("Location", f"/elsewhere?{urlencode(rest)}")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        if "status" in how:
            self._say(int(how["status"]), "")
            return
        work = threading.Thread(target=_verify, args=(form, how), daemon=True)
        work.start()
        if how.get("verify") == "sync":
            work.join()
        self._say(202, "")

    def _say(self, status: int, text: str) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(text.encode())))
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *_: object) -> None:
        """Quiet."""


def _verify(form: dict[str, str], how: dict[str, str]) -> None:
    if how.get("verify") == "never":
        return
    challenge = secrets.token_urlsafe(12)
    query = {"hub.mode": form["hub.mode"], "hub.topic": form["hub.topic"]}
    if "deny" in how:
        query |= {"hub.mode": "denied", "hub.reason": how["deny"]}
    else:
        query |= {"hub.challenge": challenge, "hub.lease_seconds": how.get("lease", "864000")}
    lie = how.get("lie")
    query |= {"hub.topic": "https://other.example/"} if lie == "topic" else {}
    query |= {"hub.mode": "unsubscribe"} if lie == "mode" else {}
    callback = form["hub.callback"] + ("x" if lie == "callback" else "")
    status, text = _get(callback, query)
    with _lock:
        form["verified"] = str(status)
        form["echoed"] = str(text == challenge)
        key = (form["hub.callback"], form["hub.topic"])
        if 200 <= status < 300 and text == challenge:
            if form["hub.mode"] == "subscribe":
                _active[key] = form
            else:
                _active.pop(key, None)


def _get(url: str, query: dict[str, str]) -> tuple[int, str]:
    parts = urlsplit(url)
    with contextlib.closing(http.client.HTTPConnection(parts.netloc, timeout=60)) as connection:
        connection.request("GET", f"{parts.path}?{urlencode(query)}")
        answer = connection.getresponse()
        return answer.status, answer.read().decode()


def _publish(query: dict[str, str], body: bytes) -> list[int]:
    """To all that are subscribed. Keywords: `method` of the signature, `key` it is made with
    instead of the secret, `unsigned`, `drip` for one byte a second."""
    with _lock:
        targets = [form for (_, topic), form in _active.items() if topic == query["topic"]]
    return [_deliver(form, query, body) for form in targets]


def _deliver(form: dict[str, str], query: dict[str, str], body: bytes) -> int:
    headers = {"Content-Type": query.get("type", "application/rss+xml")}
    if "hub.secret" in form and "unsigned" not in query:
        method = query.get("method", "sha256")
        key = query.get("key", form["hub.secret"])
        headers["X-Hub-Signature"] = f"{method}={hmac.new(key.encode(), body, method).hexdigest()}"
    parts = urlsplit(form["hub.callback"])
    with contextlib.closing(http.client.HTTPConnection(parts.netloc, timeout=60)) as connection:
        with contextlib.suppress(OSError):  # who refuses a body need not read it
            sent = _dripping(body) if "drip" in query else body
            length = {"Content-Length": str(len(body))} if "drip" in query else {}
            connection.request("POST", parts.path, sent, headers | length)
        return connection.getresponse().status


def _dripping(body: bytes) -> Iterator[bytes]:
    for n in range(len(body)):
        yield body[n : n + 1]
        time.sleep(0.5)


if __name__ == "__main__":
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    print(server.server_address[1], flush=True)
    server.serve_forever()
