"""Documents that are told in several: what an index of sitemaps names is fetched with it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import replace
from datetime import tzinfo
from functools import partial

from aggregator import formats
from aggregator.discretion import named_by_others, told, without_secrets
from aggregator.errors import FetchError, SourceError
from aggregator.formats import sitemaps
from aggregator.model import Request, Response, SitemapOptions, Source
from aggregator.polling import accept

Fetch = Callable[[Request], Awaitable[Response]]
InThread = Callable[[Callable[[], sitemaps.Children | None]], Awaitable[sitemaps.Children | None]]

_MOST_BYTES = 20_000_000  # of all parts together
_MOST_SECONDS = 60.0
_VALIDATORS = ("etag", "last-modified")


async def whole(
    source: Source, response: Response, fetch: Fetch, in_thread: InThread, *, zone: tzinfo
) -> Response:
    """`response` with the documents that it names. Where these may change while it does not, or
    one is missing, it has no validators: a 304 would hide them.

    FetchError when there are some, and none can be had.
    """
    how = source.how
    if not isinstance(how, SitemapOptions) or response.status == 304:
        return response
    read = partial(sitemaps.children, response, how, zone=zone)
    named = await in_thread(partial(formats.guarded, read))
    if named is None:
        return response
    parts, problems = await _fetched(source, named.urls, fetch)
    if named.urls and not parts:
        raise FetchError(f"none of its {len(named.urls)} sitemaps can be read: {problems[0]}")
    kept = named.dated and not problems
    return replace(
        response,
        parts=tuple(parts),
        problems=(*((named.problem,) if named.problem else ()), *problems),
        headers={k: v for k, v in response.headers.items() if kept or k not in _VALIDATORS},
    )


async def _fetched(
    source: Source, urls: tuple[str, ...], fetch: Fetch
) -> tuple[list[Response], list[str]]:
    """One after the other, for they are of one host."""
    parts: list[Response] = []
    problems: list[str] = []
    left = list(urls)
    with suppress(TimeoutError):
        async with asyncio.timeout(_MOST_SECONDS):
            while left and sum(len(x.body) for x in parts) < _MOST_BYTES:
                try:
                    parts.append(await fetch(_request(source, left[0])))
                except SourceError as error:
                    name = "a sitemap" if source.secret else without_secrets(left[0])
                    problems.append(f"{name}: {told(error, source)}")
                del left[0]
    if left:
        reason = "they are too large or too slow"
        problems.append(f"{len(left)} of its sitemaps were left out: {reason}")
    return parts, problems


def _request(source: Source, url: str) -> Request:
    headers = {"accept": accept(source)}
    return Request(url=url, headers=headers, public=named_by_others(source, url))
