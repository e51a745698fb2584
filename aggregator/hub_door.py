"""Where subscribers and publishers reach our own hub (WebSub §5.1)."""

from __future__ import annotations

import asyncio

from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from aggregator import hub, report, topics
from aggregator.errors import StoreError
from aggregator.schedule import Daemon

_MOST_AT_ONCE = 32  # forms that are being received
_SECONDS = 10.0  # for one of them
_LATER = {"Retry-After": "60"}
_PLAIN = {"X-Content-Type-Options": "nosniff", "Cache-Control": "no-store"}
_FORM = "application/x-www-form-urlencoded"


class HubDoor:
    """The one address at which all is asked for."""

    def __init__(self, daemon: Daemon) -> None:
        self._daemon = daemon
        self._receiving = 0

    @property
    def route(self) -> Route:
        return Route(f"/{topics.HUB}", self._called, methods=["GET", "POST"])

    async def _called(self, request: Request) -> Response:
        distributor = self._daemon.distributor
        if request.method != "POST":
            return _said(405, "subscribers post here (WebSub)")
        if distributor is None:
            return _said(503, "the config is being taken in")
        if not distributor.open:
            return _said(404, "there is no hub here")
        if request.headers.get("content-type", "").partition(";")[0].strip().lower() != _FORM:
            return _said(415, f"a form is wanted here, {_FORM}")
        if self._receiving >= _MOST_AT_ONCE:
            return _said(503, "too much at once")
        self._receiving += 1
        try:
            async with asyncio.timeout(_SECONDS):
                body = await _body(request)
        except (TimeoutError, ClientDisconnect):
            return _said(408, "too slow")
        finally:
            self._receiving -= 1
        if body is None:
            return _said(413, f"larger than {hub.MOST_BYTES:,} bytes")
        try:
            refused = await distributor.ask(body)
        except StoreError as error:
            report.log_trouble("subscription not kept", error=str(error))
            return _said(503, "it cannot be kept now")
        return _said(refused.status, refused.text) if refused else _said(202, "accepted")


async def _body(request: Request) -> bytes | None:
    """None when it is larger than it may be."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > hub.MOST_BYTES:
            return None
    return bytes(body)


def _said(status: int, text: str) -> Response:
    headers = _PLAIN | (_LATER if status in (429, 503) else {})
    headers |= {"Allow": "POST"} if status == 405 else {}
    if status >= 400:
        headers |= {"Connection": "close"}  # there may be a body on its way that nobody wants
    return PlainTextResponse(f"{text}\n", status_code=status, headers=headers)
