"""Search over HTTP: a page and JSON that answer `q`, and the description by which a browser learns
to ask us. Few ask at a time, each for a second at most: nobody slows the feeds down by searching.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Any, Literal, TypeAlias
from urllib.parse import urlencode
from xml.sax.saxutils import escape as in_xml

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from aggregator import app, compose, finding, pages
from aggregator.errors import TookTooLong
from aggregator.finding import Result, Results
from aggregator.layout import SEARCH as DESCRIPTION
from aggregator.model import EVERYTHING
from aggregator.schedule import Daemon
from aggregator.stores import Store

DESCRIPTION_TYPE = "application/opensearchdescription+xml"

_AT_ONCE = 2  # searches
_WAITING = 20  # beside those; whoever comes then is told to come later
_LATER = {"Retry-After": "5"}
_SHORT, _LONG = 16, 48  # characters of a name in the description
_SAID: Mapping[str, str] = {
    "not_found": "Nothing was found.",
    "too_many": "That is in too many stories: add a word that is in fewer.",
    "busy": "Too many are searching now: try again in a few seconds.",
}
Said = Literal["not_found", "too_many", "busy"]

_Answer: TypeAlias = Callable[[Request], Awaitable[Response]]


class Searches:
    def __init__(self, daemon: Daemon, headers: dict[str, str]) -> None:
        self._daemon = daemon
        self._headers = headers | {
            "Cache-Control": "public, max-age=60",
            "X-Robots-Tag": "noindex",
            "Vary": "Accept",
        }
        self._free = asyncio.Semaphore(_AT_ONCE)
        self._here = 0

    @property
    def routes(self) -> list[Route]:
        ways = (
            ("/search", self._search),
            ("/search.json", self._search_json),
            (f"/{DESCRIPTION}", self._description),
        )
        return [Route(path, self._if_on(answer)) for path, answer in ways]

    def _if_on(self, answer: _Answer) -> _Answer:
        async def answered(request: Request) -> Response:
            if not self._daemon.settings.config.serve.search:
                return PlainTextResponse("serve.search is off\n", status_code=404)
            return await answer(request)

        return answered

    async def _search(self, request: Request) -> Response:
        if _wants_json(request):
            return await self._search_json(request)
        status, found, said = await self._answer(request)
        asked = Results(asked=request.query_params.get("q", ""), page=1) if found is None else found
        body = pages.search(
            asked.asked,
            map(_hit, asked.results),
            theme=app.theme(self._daemon.settings),
            at=request.url.path,
            told=said,
            within=request.query_params.get("in"),
            newer=_address(request, asked.page - 1, "search") if asked.page > 1 else None,
            older=_address(request, asked.page + 1, "search") if asked.more else None,
            description=DESCRIPTION,
        )
        return HTMLResponse(body, status, headers=self._headers | (_LATER if status == 503 else {}))

    async def _search_json(self, request: Request) -> Response:
        status, found, said = await self._answer(request)
        headers = self._headers | {"Access-Control-Allow-Origin": "*"}
        if found is None:
            error = _SAID[said or "busy"]
            return JSONResponse({"error": error}, status, headers=headers | _LATER)
        following = _address(request, found.page + 1, "search.json") if found.more else None
        return JSONResponse(
            {
                "query": found.asked,
                "page": found.page,
                "results": [_plain(x) for x in found.results],
                "next": following,
            },
            headers=headers,
        )

    async def _description(self, _: Request) -> Response:
        given = self._daemon.settings.config
        text = _DESCRIPTION.format(
            name=in_xml(given.site.title[:_SHORT]),
            long=in_xml(given.site.title[:_LONG]),
            url=in_xml(given.site_url, {'"': "&quot;"}),
            language=in_xml(given.site.language or "*"),
        )
        return Response(text, media_type=DESCRIPTION_TYPE)

    async def _answer(self, request: Request) -> tuple[int, Results | None, Said | None]:
        """The status, what was found, and which of our words say why it is nothing."""
        if self._here >= _AT_ONCE + _WAITING:
            return 503, None, "busy"
        self._here += 1
        try:
            async with self._free:
                found = await self._daemon.ask(lambda: self._found(request))
        except TookTooLong:
            return 503, None, "too_many"
        finally:
            self._here -= 1
        nothing = bool(found.asked) and not found.results
        return 200, found, "not_found" if nothing else None

    def _found(self, request: Request) -> Results:
        aggregator = self._daemon.aggregator
        asked = request.query_params
        output = _output(asked.get("in"), aggregator.store)
        page = _number(asked.get("page"))
        if output is None or page > finding.LAST_PAGE:
            return Results(asked=asked.get("q", "")[:200], page=page)
        return finding.find(
            aggregator.store,
            asked.get("q", ""),
            site=app.site_of(aggregator.settings.config, aggregator.store),
            sources=aggregator.settings.sources,
            output=output,
            page=page,
        )


def _wants_json(request: Request) -> bool:
    accepted = request.headers.get("accept", "")
    return "application/json" in accepted and "text/html" not in accepted


def _output(slug: str | None, store: Store) -> str | None:
    """The name of the output that is called so, if everyone may read it."""
    if not slug or slug == compose.ALL:
        return EVERYTHING
    names = (name for name, taken in store.slugs().items() if taken == slug)
    return next((name for name in names if name not in store.private), None)


def _number(page: str | None) -> int:
    return max(1, int(page)) if page and page.isascii() and page.isdigit() and len(page) < 5 else 1


def _address(request: Request, page: int, path: str) -> str:
    asked = {"q": request.query_params.get("q", ""), "in": request.query_params.get("in", "")}
    return f"{path}?{urlencode({k: v for k, v in asked.items() if v} | {'page': page})}"


def _plain(x: Result) -> dict[str, Any]:
    return {
        "id": x.id,
        "url": x.url,
        "title": x.title.text,
        "title_hits": x.title.hits,
        "snippet": x.snippet.text,
        "snippet_hits": x.snippet.hits,
        "published": _stamp(x.published),
        "updated": _stamp(x.updated),
        "language": x.language,
        "source": {"title": x.source, "url": x.source_url},
    }


def _stamp(moment: datetime | None) -> str | None:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}" if moment else None


def _hit(x: Result) -> pages.Hit:
    return pages.Hit(
        title=x.title.pieces,
        href=x.url,
        source=x.source,
        published=x.published,
        snippet=x.snippet.pieces,
        language=x.language,
    )


_DESCRIPTION = """\
<?xml version="1.0" encoding="UTF-8"?>
<OpenSearchDescription xmlns="http://a9.com/-/spec/opensearch/1.1/">
<ShortName>{name}</ShortName>
<Description>{long}</Description>
<Language>{language}</Language>
<InputEncoding>UTF-8</InputEncoding>
<OutputEncoding>UTF-8</OutputEncoding>
<Url type="text/html" template="{url}search?q={{searchTerms}}&amp;page={{startPage?}}"/>
<Url type="application/json" template="{url}search.json?q={{searchTerms}}&amp;page={{startPage?}}"/>
</OpenSearchDescription>
"""
