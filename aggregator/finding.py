"""What a search answers: published stories as their documents tell them, with what was found in
them. Of a source that we publish as excerpts or links no more is shown than that, though all of
its text is searched.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from aggregator import access, compose
from aggregator.model import EVERYTHING, Feed, Source, Story
from aggregator.searching import LONGEST_QUERY, Query, query_of
from aggregator.snippets import Marked, marked, snippet
from aggregator.stores import Store
from aggregator.text import plain

PAGE = 20  # stories
LAST_PAGE = 25  # a search ranks as many as these hold


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """A story that was found; `url` is None where it has no page of its own."""

    id: str
    url: str | None
    title: Marked
    snippet: Marked
    published: datetime | None
    updated: datetime | None
    language: str | None
    source: str
    source_url: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Results:
    """A page of what was found. `asked` is as much of the question as was taken."""

    asked: str
    page: int
    results: tuple[Result, ...] = ()
    more: bool = False


def find(
    store: Store,
    asked: str,
    *,
    site: compose.Site,
    sources: Mapping[str, Source],
    output: str = EVERYTHING,
    page: int = 1,
) -> Results:
    """The stories of an output that fit what was asked. TookTooLong when that fits too many."""
    asked = " ".join(asked.split())[:LONGEST_QUERY]
    query = query_of(asked)
    first = (page - 1) * PAGE
    stories = store.search(query, output=output, limit=PAGE + 1, offset=first)
    feeds = store.feeds() if stories else {}
    public = (access.without(x, store.private) for x in stories[:PAGE])
    told = (_result(x, query, site, sources, feeds) for x in public if x)
    return Results(
        asked=asked,
        page=page,
        results=tuple(x for x in told if x),
        more=len(stories) > PAGE and page < LAST_PAGE,
    )


def _result(
    story: Story,
    query: Query,
    site: compose.Site,
    sources: Mapping[str, Source],
    feeds: Mapping[str, Feed],
) -> Result | None:
    try:
        entry = compose.entry(story, site=site, sources=sources, feeds=feeds)
    except Exception:  # it is left out of the documents, too, which is told there
        return None
    source = entry.origin
    return Result(
        id=entry.id,
        url=_of_the_web(entry.link),
        title=marked(entry.title, query),
        snippet=snippet(plain(entry.html), query),
        published=entry.published,
        updated=entry.updated,
        language=entry.language,
        source=(source.title if source else None) or "",
        source_url=_of_the_web(source.url if source else None),
    )


def _of_the_web(url: str | None) -> str | None:
    return url if url and urlsplit(url).scheme in ("http", "https") else None
