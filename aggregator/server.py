"""feeds/ over HTTP: documents with their media types and validators, a page that lists them, the
status of the sources, /healthz, /readyz and /metrics: read only. Hubs call at `callbacks`.
"""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import mimetypes
import os
import signal
import socket
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import uvicorn
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from starlette.applications import Starlette
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import (
    FileResponse,
    HTMLResponse,
    JSONResponse,
    PlainTextResponse,
    Response,
)
from starlette.routing import Mount, Route
from starlette.staticfiles import NotModifiedResponse, StaticFiles
from starlette.types import Message, Scope

from aggregator import app, look, pages, report, status
from aggregator.callbacks import Callbacks
from aggregator.errors import AggregatorError, StoreError, TemplateError
from aggregator.formats import atom
from aggregator.hub_door import HubDoor
from aggregator.layout import FRONT, PAGE_STYLE
from aggregator.model import Feed, Output
from aggregator.pages import Theme
from aggregator.schedule import Daemon
from aggregator.searches import Searches

_SAFE = {
    # Each page says for itself what of this it needs.
    "Content-Security-Policy": "default-src 'none'; style-src 'self' 'unsafe-inline';"
    " img-src * data:; form-action 'self'; base-uri 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}
_OPEN = {"X-Content-Type-Options": "nosniff", "Access-Control-Allow-Origin": "*"}
_LEAVE = 5  # seconds for whoever is still reading when we are told to stop
_STALE = timedelta(minutes=2)  # a loop that has not ticked for so long is not well

for _suffix in (".atom", ".xml"):  # the second is what jekyll-feed calls its feeds
    mimetypes.add_type(atom.MEDIA_TYPE, _suffix)


async def serve(config: Path, given: app.Settings) -> None:
    """Poll, publish and answer until SIGTERM or SIGINT; SIGHUP takes in the config anew.

    StoreLocked when the store is another's, AggregatorError when the address cannot be listened
    on; nothing is polled before both are ours.
    """
    async with Daemon(config, given) as daemon:
        with contextlib.closing(_listening(given.config.serve.listen)) as place:
            server = _Server(
                uvicorn.Config(
                    _application(daemon),
                    log_config=None,
                    access_log=False,
                    lifespan="off",
                    timeout_graceful_shutdown=_LEAVE,
                )
            )
            loop = asyncio.get_running_loop()
            for name in (signal.SIGTERM, signal.SIGINT):
                loop.add_signal_handler(name, setattr, server, "should_exit", True)
            loop.add_signal_handler(signal.SIGHUP, daemon.reload)
            host, port = place.getsockname()[:2]
            daemon.start()
            report.log_event("serving", url=f"http://{host}:{port}/")
            await server.serve(sockets=[place])
            report.log_event("stopping")


class _Server(uvicorn.Server):
    """One that leaves the signals to us: we still have to publish when it has stopped."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def _listening(address: str) -> socket.socket:
    host, _, port = address.rpartition(":")
    host = host.strip("[]")
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        return socket.create_server((host, int(port)), family=family, backlog=512)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise AggregatorError(f"serve.listen {address}: {reason}; choose another port") from error


def _application(daemon: Daemon) -> Starlette:
    answers = _Answers(daemon)
    return Starlette(
        routes=[
            Route("/", answers.index),
            Route("/status", answers.status),
            Route("/status.json", answers.status_json),
            Route("/healthz", answers.healthz),
            Route("/readyz", answers.readyz),
            Route("/metrics", answers.metrics),
            Route(f"/{PAGE_STYLE}", answers.style),
            Route("/favicon.ico", answers.icon),
            Callbacks(daemon).route,
            HubDoor(daemon).route,
            *Searches(daemon, _SAFE).routes,
            Mount("/", app=_Documents(daemon)),
        ],
        exception_handlers={
            StoreError: _unreadable,
            TemplateError: _unfilled,
            404: answers.missing,
        },
    )


async def _unreadable(_: Request, error: Exception) -> Response:
    """The store is damaged; what it says is for whoever runs this, in the log."""
    report.log_trouble("page failed", error=str(error))
    return PlainTextResponse("the store cannot be read; see the log\n", status_code=503)


async def _unfilled(_: Request, error: Exception) -> Response:
    """A template of the site's own is wrong, and there is no last good page."""
    report.log_trouble("page failed", error=str(error))
    return PlainTextResponse("this page cannot be made; see the log\n", status_code=500)


class _Documents:
    """The folder of documents, wherever the config has it now."""

    def __init__(self, daemon: Daemon) -> None:
        self._daemon = daemon

    async def __call__(self, scope: Scope, receive: Any, send: Any) -> None:
        given = self._daemon.settings
        link = app.link_header(given, scope["path"].removeprefix("/"))

        async def linked(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] in (200, 304):
                MutableHeaders(scope=message)["link"] = link
            await send(message)

        await _Files(directory=given.feeds, check_dir=False)(scope, receive, linked)


class _Files(StaticFiles):
    """Nothing hidden: a document that is just being written is not one yet."""

    async def check_config(self) -> None:
        """A folder that is not there yet is an empty one."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        if any(part.startswith(".") and part != "." for part in Path(path).parts):
            return PlainTextResponse("not found\n", status_code=404)
        return await super().get_response(path, scope)

    def file_response(
        self, full_path: Any, stat_result: os.stat_result, scope: Scope, status_code: int = 200
    ) -> Response:
        """Read at once: a document may be replaced between two looks at it, and what Starlette
        then sends is longer or shorter than it said."""
        try:
            with Path(full_path).open("rb") as file:
                found, body = os.fstat(file.fileno()), file.read()
        except OSError:
            return PlainTextResponse("not found\n", status_code=404)
        told = FileResponse(full_path, status_code, stat_result=found).headers
        headers = {name: told[name] for name in ("content-type", "last-modified", "etag")}
        headers |= _OPEN | {"Cache-Control": "public, max-age=300"}
        response = Response(body, status_code, headers)
        if self.is_not_modified(response.headers, Headers(scope=scope)):
            return NotModifiedResponse(response.headers)
        return response


class _Answers:
    def __init__(self, daemon: Daemon) -> None:
        self._daemon = daemon

    async def healthz(self, _: Request) -> Response:
        """The loop is alive."""
        ticked = self._daemon.ticked
        alive = ticked is not None and app.now() - ticked < _STALE
        return PlainTextResponse(
            "ok\n" if alive else "no tick\n", status_code=200 if alive else 503
        )

    async def readyz(self, _: Request) -> Response:
        """The first documents stand."""
        ready = self._daemon.ready
        return PlainTextResponse(
            "ok\n" if ready else "not yet\n", status_code=200 if ready else 503
        )

    async def metrics(self, _: Request) -> Response:
        """Counters, for Prometheus: they name sources, but no addresses and no errors."""
        if not self._daemon.settings.config.serve.metrics:
            return PlainTextResponse("serve.metrics is off\n", status_code=404)
        text = await self._daemon.ask(self._metered)
        return Response(text, media_type=CONTENT_TYPE_PLAIN_0_0_4)

    async def index(self, _: Request) -> Response:
        own = self._daemon.settings.feeds / FRONT
        if own.is_file():
            return HTMLResponse(await asyncio.to_thread(own.read_bytes), headers=_SAFE)
        return self._page(await self._daemon.ask(self._front))

    async def status(self, request: Request) -> Response:
        if not self._private():
            return _private_answer()
        rows, hubs = await self._daemon.ask(lambda: (self._rows(), self._hubs()))
        return self._page(pages.status(rows, hubs=hubs, theme=self._theme, at=request.url.path))

    async def missing(self, request: Request, _: Exception) -> Response:
        """A page for people; programs want no more than a word."""
        if "text/html" not in request.headers.get("accept", ""):
            return PlainTextResponse("not found\n", status_code=404)
        return self._page(pages.missing(theme=self._theme, at=request.url.path), 404)

    async def style(self, _: Request) -> Response:
        """Of the pages that are made here, whether there are any in the folder or not."""
        return Response(pages.styles(self._theme)[PAGE_STYLE], media_type="text/css")

    async def icon(self, _: Request) -> Response:
        """Browsers ask for it wherever they are shown a feed."""
        return Response(pages.ICON, media_type="image/svg+xml")

    @property
    def _theme(self) -> Theme:
        given = self._daemon.settings
        return look.theme_of(given.config, given.folder)

    def _page(self, body: bytes, status: int = 200) -> Response:
        return HTMLResponse(body, status, headers=_SAFE)

    async def status_json(self, _: Request) -> Response:
        if not self._private():
            return _private_answer()
        return JSONResponse(await self._daemon.ask(self._rows))

    def _private(self) -> bool:
        """Errors and addresses of sources are for whoever runs this, not for its readers."""
        host = self._daemon.settings.config.serve.listen.rpartition(":")[0].strip("[]")
        with contextlib.suppress(ValueError):
            return ipaddress.ip_address(host).is_loopback
        return host == "localhost"

    def _rows(self) -> list[dict[str, Any]]:
        daemon = self._daemon
        return status.sources(
            daemon.aggregator.store, daemon.aggregator.settings.sources, app.now()
        )

    def _hubs(self) -> list[str]:
        return status.hubs(self._daemon.aggregator.store)

    def _metered(self) -> bytes:
        daemon = self._daemon
        states = daemon.aggregator.store.states()
        return daemon.metrics.text(
            s for name, s in states.items() if name in daemon.aggregator.settings.sources
        )

    def _front(self) -> bytes:
        """The list of feeds, where no front page is written."""
        daemon = self._daemon
        store = daemon.aggregator.store
        wanted = app.publication(daemon.settings, store)
        layout = replace(wanted.layout, search=daemon.settings.config.serve.search)
        outputs = [
            Output(name=name, slug=slug, title=wanted.titles.get(name, name))
            for name, slug in store.slugs().items()
        ]
        return look.front_page(layout, self._theme, Feed(title=wanted.site.title), outputs)


def _private_answer() -> Response:
    return PlainTextResponse("the status is shown on loopback only\n", status_code=403)
