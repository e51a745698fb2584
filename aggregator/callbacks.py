"""Where hubs reach us: they ask whether we want what was asked for, and push (WebSub §5.3, §7)."""

from __future__ import annotations

import asyncio

from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from aggregator import websub
from aggregator.model import Lease
from aggregator.model import Response as Sent
from aggregator.schedule import Daemon
from aggregator.subscriber import Subscriber

_MOST_AT_ONCE = 8  # bodies that are being received: each may be as large as any may be
_LATER = {"Retry-After": "120"}
_TELLING = ("content-type", "content-language")  # what its headers may say of what is pushed
_PLAIN = {"X-Content-Type-Options": "nosniff", "Cache-Control": "no-store"}


class Callbacks:
    """The addresses that hubs were given."""

    def __init__(self, daemon: Daemon) -> None:
        self._daemon = daemon
        self._receiving = 0

    @property
    def route(self) -> Route:
        return Route(f"/{websub.PATH}{{token}}", self._called, methods=["GET", "POST"])

    async def _called(self, request: Request) -> Response:
        subscriber = self._daemon.subscriber
        if subscriber is None:
            return _said(503, "the config is being taken in")
        lease = subscriber.lease(request.path_params["token"])
        if lease is None or request.method == "HEAD":
            return _said(404, "not found")
        if request.method == "GET":
            return await self._asked(subscriber, lease, request)
        return await self._pushed(subscriber, lease, request)

    async def _asked(self, subscriber: Subscriber, lease: Lease, request: Request) -> Response:
        text = await subscriber.answer(lease, dict(request.query_params))
        if text is None:
            return _said(404, "not asked for")
        return PlainTextResponse(text, headers=_PLAIN)

    async def _pushed(self, subscriber: Subscriber, lease: Lease, request: Request) -> Response:
        """Answered before it is read: hubs wait a few seconds."""
        if lease.state in ("ending", "ended"):
            return _said(410, "this subscription has ended")
        if self._receiving >= _MOST_AT_ONCE or subscriber.overloaded():
            subscriber.counted("refused")
            return _said(503, "too much at once")
        self._receiving += 1
        try:
            return await self._received(subscriber, lease, request)
        finally:
            self._receiving -= 1

    async def _received(self, subscriber: Subscriber, lease: Lease, request: Request) -> Response:
        fetch = self._daemon.settings.config.fetch
        try:
            async with asyncio.timeout(fetch.timeout.total_seconds()):
                body = await _body(request, fetch.max_size)
        except (TimeoutError, ClientDisconnect):
            subscriber.counted("refused")
            return _said(408, "too slow")
        if body is None:
            subscriber.counted("refused")
            return _said(413, f"larger than {fetch.max_size:,} bytes")
        headers = {name: x for name in _TELLING if (x := request.headers.get(name))}
        sent = Sent(url=lease.topic, headers=headers, body=body)
        subscriber.hear(lease, sent, request.headers.getlist("x-hub-signature"))
        return _said(202, "thank you")


async def _body(request: Request, most: int) -> bytes | None:
    """The body; None when it is larger than it may be, as soon as that is known."""
    stated = request.headers.get("content-length", "")
    if stated.isdigit() and int(stated[:20]) > most:
        return None
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > most:
            return None
    return bytes(body)


def _said(status: int, text: str) -> Response:
    headers = _PLAIN | (_LATER if status == 503 else {})
    if status >= 400:
        headers |= {"Connection": "close"}  # there may be a body on its way that nobody wants
    return PlainTextResponse(f"{text}\n", status_code=status, headers=headers)
