"""The HTTP server itself: where it listens, and within which limits it hears anybody."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator
from typing import Any

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from aggregator.errors import AggregatorError

_LEAVE = 5  # seconds for whoever is still reading when we are told to stop
_HEAD = 64 * 1024  # bytes of a request line with its headers


def place(address: str) -> socket.socket:
    """A socket that listens at host:port; AggregatorError when there can be none."""
    host, _, port = address.rpartition(":")
    host = host.strip("[]")
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        return socket.create_server((host, int(port)), family=family, backlog=512)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise AggregatorError(f"serve.listen {address}: {reason}; choose another port") from error


def server(application: ASGIApp) -> uvicorn.Server:
    return _Server(
        uvicorn.Config(
            application,
            http=_Protocol,
            ws="none",
            log_config=None,
            access_log=False,
            lifespan="off",
            timeout_graceful_shutdown=_LEAVE,
        )
    )


class _Server(uvicorn.Server):
    """One that leaves the signals to us: we still have to publish when it has stopped."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class _Protocol(HttpToolsProtocol):
    """A parser in C, which would read a head that never ends into memory: here it ends."""

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self._head: int | None = 0  # bytes of the head so far; None while a body comes

    def data_received(self, data: bytes) -> None:
        if self._head is not None:
            if self._head > _HEAD:
                self.send_400_response("The headers are too long.")
                return
            self._head += len(data)
        super().data_received(data)

    def on_headers_complete(self) -> None:
        self._head = None
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        self._head = 0
        super().on_message_complete()
