"""One look at a source, without a store: for `check --online` and `inspect`."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC
from typing import Any

from aggregator import __version__, app, following, parts, polling, reading
from aggregator.discretion import told, way_out
from aggregator.errors import SourceError
from aggregator.fetch import Fetcher, FetchOptions
from aggregator.model import ListOptions, PollState, Request, Response, Source
from aggregator.places import path_of
from aggregator.polling import ACCEPT


async def ask(given: app.Settings, told: Callable[[dict[str, Any]], None]) -> list[dict[str, Any]]:
    """What every source of the config answers now; `told` hears of each as it comes."""
    async with Fetcher(app.fetch_options(given.config)) as fetch:

        async def one(source: Source) -> dict[str, Any]:
            answer = await _answer(fetch, source)
            told(answer)
            return answer

        return list(await asyncio.gather(*(one(s) for s in given.sources.values())))


def absent(given: app.Settings) -> list[str]:
    """A note for each path in the config at which there is nothing yet."""
    missing = [s for s in given.sources.values() if s.local and not path_of(s.url).exists()]
    return [
        f"{s.id}: there is nothing at {'its path' if s.secret else path_of(s.url)}{way_out(s)}"
        for s in missing
    ]


async def _answer(fetch: Fetcher, source: Source) -> dict[str, Any]:
    try:
        if source.kind == "posts":
            there = await asyncio.to_thread(path_of(source.url).is_dir)
            return _said(
                source, ok=there, answer="a folder of posts" if there else "no such folder"
            )
        asked = polling.request_for(source, PollState(source=source.id, due=app.now()))
        if isinstance(source.how, ListOptions):
            outlines = following.listing(await fetch(asked), source.how, known=0).outlines
            return _said(source, ok=True, answer=f"a list that names {len(outlines)}")
        first = await fetch(asked)
        answer = await parts.whole(source, first, fetch, asyncio.to_thread, zone=UTC)
        feed = reading.parsed(answer, source, UTC)
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
