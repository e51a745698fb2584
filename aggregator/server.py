"""feeds/ over HTTP: documents with their media types and validators, a page that lists them, the
status of the sources, /healthz, /readyz and /metrics: read only. Hubs call at `callbacks`.
"""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import signal
from collections.abc import Callable, Iterable
from datetime import timedelta
from functools import partial
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import quote

from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Mount, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from aggregator import access, app, compose, listening, report, status
from aggregator.callbacks import Callbacks
from aggregator.documents import Documents
from aggregator.errors import StoreError
from aggregator.heads import Header, Serving
from aggregator.hub_door import HubDoor
from aggregator.model import EVERYTHING, Source
from aggregator.schedule import Daemon
from aggregator.searches import Searches
from aggregator.searches import head as search_head

_SAFE = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'",
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
    pages = _Pages(daemon)
    return _Front(
        daemon,
        lambda documents: Starlette(
            routes=[
                Route("/", pages.index),
                Route("/status", pages.status),
                Route("/status.json", pages.status_json),
                Route("/healthz", pages.healthz),
                Route("/readyz", pages.readyz),
                Route("/metrics", pages.metrics),
                Callbacks(daemon).route,
                HubDoor(daemon).route,
                *Searches(daemon, _page, _SAFE).routes,
                Mount("/", app=documents),
            ],
            exception_handlers={StoreError: _unreadable},
        ),
    )


async def _unreadable(_: Request, error: Exception) -> Response:
    """The store is damaged; what it says is for whoever runs this, in the log."""
    report.log_trouble("page failed", error=str(error))
    return PlainTextResponse("the store cannot be read; see the log\n", status_code=503)


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

    async def _others(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._documents(scope, receive, send)


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


class _Pages:
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
        return HTMLResponse(await self._daemon.ask(self._listed), headers=_SAFE)

    async def status(self, _: Request) -> Response:
        if not self._private():
            return _private_answer()
        rows, hubs = await self._daemon.ask(lambda: (self._rows(), self._hubs()))
        return HTMLResponse(_status_page(rows, hubs), headers=_SAFE)

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

    def _listed(self) -> str:
        daemon = self._daemon
        wanted = app.publication(daemon.settings, daemon.aggregator.store)
        slugs = daemon.aggregator.store.slugs()
        slugs = {name: slug for name, slug in slugs.items() if name not in wanted.private}
        shown = sorted(slugs, key=lambda name: (name != EVERYTHING, slugs[name]))
        titles = {EVERYTHING: wanted.site.title} | dict(wanted.titles)
        search = search_head(wanted.site.title) if daemon.settings.config.serve.search else ""
        layout, name = wanted.layout, next(iter(wanted.layout.formats))
        feeds = [(layout.path(slugs[n], name), titles.get(n, n)) for n in shown]
        return _index_page(wanted.site, feeds, layout.formats[name].media_type, search)


def _private_answer() -> Response:
    return PlainTextResponse("the status is shown on loopback only\n", status_code=403)


# ── pages ────────────────────────────────────────────────────────────────────

_STYLE = """
:root { color-scheme: light dark; font: 16px/1.6 system-ui, "PingFang SC", "Hiragino Sans GB",
  "Microsoft YaHei", "Noto Sans CJK SC", sans-serif; }
body { max-width: 60rem; margin: 2rem auto; padding: 0 1rem; overflow-wrap: anywhere; }
h1 { font-size: 1.5rem; line-height: 1.3; }
li { margin: .25rem 0; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; overflow-wrap: normal; }
th, td { text-align: start; padding: .35rem .75rem .35rem 0; vertical-align: top;
  border-bottom: 1px solid color-mix(in srgb, currentColor 20%, transparent); }
td.n { text-align: end; font-variant-numeric: tabular-nums; }
time, td.t { white-space: nowrap; }
.bad { font-weight: 600; }
"""


def _page(title: str, language: str | None, head: str, body: str) -> str:
    return (
        f'<!doctype html>\n<html lang="{escape(language or "en")}">\n<head>\n'
        '<meta charset="utf-8">\n<meta name="viewport" content="width=device-width">\n'
        f"<title>{escape(title)}</title>\n{head}<style>{_STYLE}</style>\n</head>\n"
        f"<body>\n<main>\n<h1>{escape(title)}</h1>\n{body}</main>\n</body>\n</html>\n"
    )


def _index_page(
    site: compose.Site, feeds: list[tuple[str, str]], media_type: str, search: str
) -> str:
    head = search + "".join(
        f'<link rel="alternate" type="{media_type}" title="{escape(title)}" href="{quote(path)}">\n'
        for path, title in feeds
    )
    items = "".join(
        f'<li><a href="{quote(path)}">{escape(title)}</a></li>\n' for path, title in feeds
    )
    body = f"<ul>\n{items}</ul>\n" if feeds else "<p>No feed has been written yet.</p>\n"
    return _page(site.title, site.language, head, body)


def _status_page(rows: list[dict[str, Any]], hubs: list[str]) -> str:
    names = ("source", "health", "entries", "last", "next")
    head = "".join(f'<th scope="col">{name}</th>' for name in (*names, "what is to be said"))
    body = "".join(_status_row(row) for row in rows)
    table = f"<thead><tr>{head}</tr></thead>\n<tbody>\n{body}</tbody>\n"
    said = "".join(f"<p>{escape(x)}</p>\n" for x in hubs)
    return _page("Sources", None, "", f'<div class="scroll"><table>\n{table}</table></div>\n{said}')


def _status_row(row: dict[str, Any]) -> str:
    bad = ' class="bad"' if row["error"] else ""
    wrong = [row["error"]] if row["error"] else []
    wrong += [*row["notes"], *row["problems"], *([row["push"]] if row["push"] else [])]
    return (
        f'<tr><th scope="row">{escape(row["source"])}</th><td{bad}>{escape(row["health"])}</td>'
        f'<td class="n">{row["entries"]}</td><td class="t">{row["last"] or "never"}</td>'
        f'<td class="t">{row["next"] or "never"}</td>'
        f"<td>{'<br>'.join(map(escape, wrong))}</td></tr>\n"
    )
