"""feeds/ over HTTP: documents with their media types and validators, a page that lists them, the
status of the sources, /healthz, /readyz and /metrics: read only. Hubs call at `callbacks`.
"""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import signal
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Mount, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from aggregator import access, app, blogroll, listening, look, pages, report, status
from aggregator.callbacks import Callbacks
from aggregator.documents import Documents
from aggregator.errors import StoreError, TemplateError
from aggregator.heads import Header, Serving
from aggregator.hub_door import HubDoor
from aggregator.layout import PAGE_STYLE
from aggregator.model import Feed, Output, Source
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
_STALE = timedelta(minutes=2)  # a loop that has not ticked for so long is not well
_EAGER = timedelta(minutes=5)  # nobody need ask again sooner, however eager a source is


async def serve(config: Path, given: app.Settings) -> None:
    """Poll, publish and answer until SIGTERM or SIGINT; SIGHUP takes in the config anew.

    StoreLocked when the store is another's, AggregatorError when the address cannot be listened
    on; nothing is polled before both are ours.
    """
    async with Daemon(config, given) as daemon:
        with contextlib.closing(listening.place(given.config.serve.listen)) as place:
            server = listening.server(_application(daemon))
            loop = asyncio.get_running_loop()
            for name in (signal.SIGTERM, signal.SIGINT):
                loop.add_signal_handler(name, setattr, server, "should_exit", True)
            loop.add_signal_handler(signal.SIGHUP, daemon.reload)
            host, port = place.getsockname()[:2]
            daemon.start()
            report.log_event("serving", url=f"http://{host}:{port}/")
            await server.serve(sockets=[place])
            report.log_event("stopping")


def _application(daemon: Daemon) -> ASGIApp:
    answers = _Answers(daemon)
    return _Front(
        daemon,
        lambda documents: Starlette(
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
                Mount("/", app=documents),
            ],
            exception_handlers={
                StoreError: _unreadable,
                TemplateError: _unfilled,
                404: answers.missing,
            },
        ),
    )


async def _unreadable(_: Request, error: Exception) -> Response:
    """The store is damaged; what it says is for whoever runs this, in the log."""
    report.log_trouble("page failed", error=str(error))
    return PlainTextResponse("the store cannot be read; see the log\n", status_code=503)


async def _unfilled(_: Request, error: Exception) -> Response:
    """A template of the site's own is wrong, and there is no last good page."""
    report.log_trouble("page failed", error=str(error))
    return PlainTextResponse("this page cannot be made; see the log\n", status_code=500)


class _Front:
    """Documents that are known are answered before anything else is looked at: that is what most
    ask for, again and again."""

    def __init__(self, daemon: Daemon, inner: Callable[[ASGIApp], ASGIApp]) -> None:
        self._daemon = daemon
        self._settings = daemon.settings
        self._documents = Documents(_serving(daemon, daemon.settings))
        self._rest = inner(self._others)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._settings is not self._daemon.settings:
            self._settings = self._daemon.settings
            self._documents = Documents(_serving(self._daemon, self._settings))
        path = scope["path"] if scope["type"] == "http" else None
        known = path == "/" or path in self._documents
        if not (known and await self._documents.answered(scope, send)):
            await self._rest(scope, receive, send)

    async def _others(self, scope: Scope, _: Receive, send: Send) -> None:
        if not await self._documents.answered(scope, send):
            raise HTTPException(404)


def _serving(daemon: Daemon, given: app.Settings) -> Serving:
    eager = min((_changes(source) for source in given.sources.values()), default=_EAGER)
    return Serving(
        folder=given.feeds,
        codings=given.config.output.compress,
        max_age=int(max(eager, _EAGER).total_seconds()),
        delta=given.config.serve.delta,
        links=partial(_links, given),
        private=given.private if any(x.token for x in given.config.categories.values()) else None,
        token=partial(_token, daemon),
    )


def _links(given: app.Settings, path: str) -> Iterable[Header]:
    return ((b"link", app.link_header(given, path).encode()),)


async def _token(daemon: Daemon, name: str) -> str | None:
    """What is to be told to read a document of the private folder."""

    def found() -> str | None:
        given, store = daemon.aggregator.settings, daemon.aggregator.store
        tokens, slugs = app.tokens(given, store), store.slugs()
        owner = access.owner(name, {slugs[x]: x for x in tokens if x in slugs})
        return None if owner is None else tokens[owner]

    with contextlib.suppress(StoreError):  # what cannot be looked up is not read
        return await daemon.ask(found)
    return None


def _changes(source: Source) -> timedelta:
    """How soon a poll may bring something after another: what is local is looked at always."""
    return _EAGER if source.local else source.interval


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
        """Where there is no index.html of another's."""
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
        return app.theme(self._daemon.settings)

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
            if name not in wanted.private
        ]
        has_list = (wanted.folder / blogroll.ALL).is_file()
        empty = Feed(title=wanted.site.title)
        return look.front_page(layout, self._theme, empty, outputs, has_list)


def _private_answer() -> Response:
    return PlainTextResponse("the status is shown on loopback only\n", status_code=403)
