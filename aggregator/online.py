"""One look at a source, without a store: for `check --online` and `inspect`."""

from __future__ import annotations

import asyncio
from typing import Any

from aggregator import __version__, app, formats
from aggregator.discretion import told
from aggregator.errors import SourceError
from aggregator.fetch import Fetcher, FetchOptions
from aggregator.model import Request, Response, Source
from aggregator.places import path_of
from aggregator.polling import ACCEPT


async def ask(given: app.Settings) -> list[dict[str, Any]]:
    """What every source of the config answers now."""
    async with Fetcher(app.fetch_options(given.config)) as fetch:
        return list(await asyncio.gather(*(_answer(fetch, s) for s in given.sources.values())))


async def _answer(fetch: Fetcher, source: Source) -> dict[str, Any]:
    try:
        if source.kind == "posts":
            there = await asyncio.to_thread(path_of(source.url).is_dir)
            return _said(
                source, ok=there, answer="a folder of posts" if there else "no such folder"
            )
        feed = formats.parse(await fetch(Request(url=source.url, headers={"accept": ACCEPT})))
        return _said(
            source, ok=True, answer=f"{feed.title or 'untitled'}, {len(feed.entries)} entries"
        )
    except SourceError as error:
        return _said(source, ok=False, answer=told(error, source))


def _said(source: Source, *, ok: bool, answer: str) -> dict[str, Any]:
    return {"source": source.id, "ok": ok, "answer": answer if ok else f"failed: {answer}"}


async def read(url: str, given: app.Settings | None) -> Response:
    """What an http(s) address answers."""
    plain = FetchOptions(user_agent=f"aggregator/{__version__}")
    async with Fetcher(app.fetch_options(given.config) if given else plain) as fetch:
        return await fetch(Request(url=url, headers={"accept": ACCEPT}))
