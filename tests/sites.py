"""A folder of documents, served on loopback as `serve` serves them, by a real server in a thread."""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aggregator import listening, packing
from aggregator.documents import Documents
from aggregator.heads import Serving

CODINGS = tuple(packing.CODINGS)


@dataclass(frozen=True)
class Got:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def etag(self) -> str:
        return self.headers["etag"]


class Site:
    def __init__(self, folder: Path, port: int) -> None:
        self.folder = folder
        self.port = port

    def write(self, name: str, body: bytes, codings: tuple[str, ...] = CODINGS) -> Path:
        packing.write(self.folder / name, body, codings=codings)
        return self.folder / name

    def get(self, path: str, method: str = "GET", **headers: str) -> Got:
        with contextlib.closing(self.connect()) as connection:
            return ask(connection, path, method, **headers)

    def connect(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)


def ask(
    connection: http.client.HTTPConnection, path: str, method: str = "GET", **headers: str
) -> Got:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    connection.putrequest(method, path, skip_accept_encoding=True)
    for name, value in named.items():
        connection.putheader(name, value)
    connection.endheaders()
    response = connection.getresponse()
    found = {name.lower(): value for name, value in response.getheaders()}
    return Got(response.status, found, response.read())


@contextlib.contextmanager
def served(folder: Path, **how: Any) -> Iterator[Site]:
    folder.mkdir(exist_ok=True)
    told = {"codings": CODINGS, "max_age": 3600} | how
    application = Documents(Serving(folder=folder, **told))
    server = listening.server(application)
    with contextlib.closing(listening.place("127.0.0.1:0")) as place:
        thread = threading.Thread(target=asyncio.run, args=(server.serve([place]),))
        thread.start()
        try:
            yield Site(folder, place.getsockname()[1])
        finally:
            server.should_exit = True
            thread.join()
