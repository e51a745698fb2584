"""A small world to run the real program in: a folder, a clock, and a web that is a function."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from html import escape
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from aggregator import app, report, status
from aggregator.errors import FetchError
from aggregator.model import Request, Response
from aggregator.packing import SUFFIXES

ATOM = "{http://www.w3.org/2005/Atom}"
NOW = datetime(2026, 7, 1, 12, 0, tzinfo=UTC)


@dataclass
class Item:
    """What a test says of one entry of a feed."""

    id: str | None = None
    link: str | None = None
    title: str = "A title that says something"
    text: str = "<p>A text that is long enough to be told from any other text there is.</p>"
    date: str | None = "Wed, 01 Apr 2026 10:00:00 GMT"
    extra: str = ""


def rss(*items: Item, title: str = "A feed", link: str = "https://a.example/") -> bytes:
    """An RSS 2.0 document."""
    body = "".join(_rss_item(i) for i in items)
    return (
        '<?xml version="1.0" encoding="UTF-8"?><rss version="2.0"><channel>'
        f"<title>{escape(title)}</title><link>{link}</link><description>d</description>"
        f"{body}</channel></rss>"
    ).encode()


def _rss_item(i: Item) -> str:
    parts = [
        f'<guid isPermaLink="false">{escape(i.id)}</guid>' if i.id is not None else "",
        f"<link>{escape(i.link)}</link>" if i.link else "",
        f"<title>{escape(i.title)}</title>",
        f"<description>{escape(i.text)}</description>",
        f"<pubDate>{i.date}</pubDate>" if i.date else "",
        i.extra,
    ]
    return f"<item>{''.join(parts)}</item>"


class World:
    """Sources are `name: url` pairs under https://NAME.example/feed unless a config is given."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.now = NOW
        self.web: dict[str, bytes | Response | Exception] = {}
        self.asked: list[Request] = []
        self.slow: dict[str, float] = {}  # seconds, by address

    def config(self, text: str) -> None:
        (self.folder / "config.yaml").write_text(text, encoding="utf-8")

    def sources(self, *names: str, more: str = "", content: str | None = "full") -> None:
        told = f", content: {content}" if content else ""
        lines = "".join(
            f"  {n}: {{url: 'https://{n}.example/feed', categories: [{n}]{told}}}\n" for n in names
        )
        self.config(
            "site: {title: Planet, url: 'https://planet.example/', id: 'tag:planet.example,2026:p'}\n"
            f"sources:\n{lines}{more}"
        )

    def serve(self, name: str, body: bytes | Response | Exception) -> None:
        self.web[f"https://{name}.example/feed"] = body

    async def fetch(self, request: Request) -> Response:
        self.asked.append(request)
        await asyncio.sleep(self.slow.get(request.url, 0))
        answer = self.web.get(request.url)
        if answer is None:
            raise FetchError("no such host")
        if isinstance(answer, Exception):
            raise answer
        return answer if isinstance(answer, Response) else Response(url=request.url, body=answer)

    def run(
        self, *, force: bool = True, only: Sequence[str] | None = None, online: bool = False
    ) -> report.Summary:
        """`online` asks real servers."""
        return asyncio.run(self._run(force, only, online))

    async def _run(self, force: bool, only: Sequence[str] | None, online: bool) -> report.Summary:
        given = app.settings(self.folder / "config.yaml")
        local = "file:" in str(given.sources) and not self.web
        fetch = None if local or online else self.fetch
        async with app.Aggregator(given, fetch=fetch, clock=lambda: self.now) as aggregator:
            outcomes = await aggregator.poll(names=only, force=force)
            return report.summary(outcomes, await aggregator.publish())

    def later(self, **by: float) -> None:
        self.now += timedelta(**by)

    def entries(self) -> list[dict[str, Any]]:
        given = app.settings(self.folder / "config.yaml")
        store = app.open_store(given, exclusive=False)
        try:
            wanted = app.publication(given, store)
            return list(status.entries(store, wanted, source=None, output=None))
        finally:
            store.close()

    def told(self, name: str) -> dict[str, Any]:
        """What `status` says of a source."""
        given = app.settings(self.folder / "config.yaml")
        store = app.open_store(given, exclusive=False)
        try:
            rows = status.sources(store, given.sources, self.now)
        finally:
            store.close()
        return next(row for row in rows if row["source"] == name)

    def stories(self) -> dict[str, set[str]]:
        """By cluster, the sources (with ids) that were seen to tell it."""
        found: dict[str, set[str]] = {}
        for e in self.entries():
            found.setdefault(e["cluster"], set()).add(f"{e['source']}:{e['source_entry_id']}")
        return found

    def path(self, document: str) -> Path:
        return self.folder / "feeds" / f"{document}.atom"

    def document(self, document: str = "all") -> ElementTree.Element:
        return ElementTree.parse(self.path(document)).getroot()

    def published(self, document: str = "all") -> list[ElementTree.Element]:
        return self.document(document).findall(f"{ATOM}entry")

    def titles(self, document: str = "all") -> list[str]:
        return [text(e, "title") for e in self.published(document)]

    def bytes(self) -> dict[str, bytes]:
        """Of each document, without its packed forms and what stands beside them all."""
        found = sorted((self.folder / "feeds").glob("*.*"))
        documents = (p for p in found if p.suffix not in {*SUFFIXES, ".css"})
        beside = {"index.html", "sources.opml"}
        return {p.name: p.read_bytes() for p in documents if p.name not in beside}


def text(element: ElementTree.Element, name: str) -> str:
    return element.findtext(f"{ATOM}{name}") or ""


def hrefs(entry: ElementTree.Element, rel: str) -> list[str]:
    return [x.get("href", "") for x in entry.findall(f"{ATOM}link") if x.get("rel") == rel]
