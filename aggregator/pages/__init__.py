"""Pages to read: a Feed to HTML, and the front page, the status, the search, the page for what is
not there. Pure: the same values give the same bytes, and nothing comes from the clock.

To add a page: a template in `templates/`, a function here that gives it its values, a row in
docs/pages.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, Literal

from aggregator.formats import Format
from aggregator.layout import FEED_STYLE, FRONT, PAGE_STYLE
from aggregator.model import Feed
from aggregator.moments import moment as read_moment
from aggregator.pages import icon, views
from aggregator.pages.addresses import relative
from aggregator.pages.content import Images as Images
from aggregator.pages.dates import Moment
from aggregator.pages.languages import spoken
from aggregator.pages.theme import Theme as Theme
from aggregator.pages.theme import faults as faults
from aggregator.pages.theme import filled, stylesheet
from aggregator.pages.views import Reference as Reference
from aggregator.pages.views import anchor as anchor
from aggregator.pages.words import words_of

MEDIA_TYPE = "text/html"
ICON = icon.SVG


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """An output, as the front page lists it; without a title that of all stories. Addresses are
    absolute; `page` is None where no page is written."""

    title: str | None
    feeds: tuple[Reference, ...]
    page: str | None = None


Pieces = Iterable[tuple[str, bool]]  # of a text, each with whether it was looked for


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """A story that was found, and where in it."""

    title: Pieces
    href: str | None = None
    source: str = ""
    published: datetime | None = None
    snippet: Pieces = ()
    language: str | None = None


# ── what is written ──────────────────────────────────────────────────────────


def page(feed: Feed, *, theme: Theme) -> bytes:
    """The page of an output, or of an archive of it. `feed.links` say where things are, absolute:
    `self` this page, `alternate` its documents, `prev-archive`, `next-archive` and `current` other
    pages of it, `archives` all those, `up` the front page, `search` what tells a browser that it
    can search here."""
    at = views.address(feed)
    values = {
        "title": _own_title(feed, theme),
        "feed": {
            "title": feed.title,
            "archive": feed.archive,
            "span": _span(feed, theme),
            "updated": theme.voice.moment(feed.updated) if feed.updated else None,
            "rights": feed.rights,
        },
        "stories": views.stories(feed, theme.voice),
        "older": views.reference(feed, "prev-archive", at),
        "newer": views.reference(feed, "next-archive", at),
        "current": views.reference(feed, "current", at),
        "archives": views.references(feed, "archives", at),
    }
    return filled("page.html", theme, _shared(feed, at, theme) | values)


def form(theme: Theme) -> Format:
    """Pages as a format beside the others."""
    return Format(suffix="html", media_type=MEDIA_TYPE, render=partial(page, theme=theme))


def index(feed: Feed, outputs: Sequence[Listed], *, theme: Theme, opml: str | None = None) -> bytes:
    """The front page: the newest stories of all, and every output. Of `feed.links`, `self` is this
    page and `alternate` the documents with everything; `opml` is where the sources are listed."""
    at = views.address(feed)
    values = {
        "title": theme.title,
        "stories": views.stories(feed, theme.voice),
        "outputs": [_listed(x, at, theme) for x in outputs],
        "opml": relative(opml, at) if opml else None,
        "archives": views.references(feed, "archives", at),
    }
    return filled("index.html", theme, _shared(feed, at, theme) | values)


def styles(theme: Theme) -> dict[str, bytes]:
    """The stylesheets, by the names that pages and documents know them under."""
    return {name: stylesheet(name, theme) for name in (PAGE_STYLE, FEED_STYLE)}


# ── what is answered ─────────────────────────────────────────────────────────


def search(
    query: str,
    hits: Iterable[Hit],
    *,
    theme: Theme,
    at: str,
    told: Literal["not_found", "too_many", "busy"] | None = None,
    within: str | None = None,
    newer: str | None = None,
    older: str | None = None,
    description: str | None = None,
) -> bytes:
    """What was found; `at` is the path of this page on the server. `told` says why it is nothing,
    `within` is the output that is searched, `newer` and `older` lead to other pages of hits,
    `description` to what tells a browser that it can search here."""
    values = {
        "title": query or words_of(theme.language)["search"],
        "query": query,
        "hits": [_hit(x, theme) for x in hits],
        "told": words_of(theme.language)[told] if told else None,
        "within": within,
        "newer": newer,
        "older": older,
        "description": description,
    }
    return filled("search.html", theme, _answered(theme, at) | values)


def status(
    rows: Sequence[Mapping[str, Any]], *, theme: Theme, at: str, hubs: Sequence[str] = ()
) -> bytes:
    """How every source is, from the rows of `status.sources`, and what is to be said of hubs."""
    words = words_of(theme.language)
    values = {
        "title": words["sources"],
        "rows": [_row(x, theme) for x in rows],
        "hubs": hubs,
        "well": sum(x["health"] == "ok" for x in rows),
    }
    return filled("status.html", theme, _answered(theme, at) | values)


def missing(*, theme: Theme, at: str) -> bytes:
    """There is nothing at the path `at`."""
    values = {"title": words_of(theme.language)["missing"]}
    return filled("missing.html", theme, _answered(theme, at) | values)


# ── the values of a template ─────────────────────────────────────────────────


def _shared(feed: Feed, at: str, theme: Theme) -> dict[str, Any]:
    front = next((x.href for x in feed.links if x.rel == "up"), theme.url + FRONT)
    root = relative(theme.url, at)
    described = views.reference(feed, "search", at)
    return _common(theme) | {
        "canonical": at,
        "root": root,
        "front": relative(front, at),
        "feeds": views.references(feed, "alternate", at),
        "search": {"href": f"{root}search", "description": described.href} if described else None,
    }


def _answered(theme: Theme, at: str) -> dict[str, Any]:
    """Of a page that no folder holds: it may stand at any depth."""
    root = relative("/", at)
    return _common(theme) | {
        "canonical": None,
        "root": root,
        "front": root,
        "feeds": views.references(
            Feed(title=theme.title, links=theme.feeds), "alternate", theme.url + at.lstrip("/")
        ),
        "search": None,
    }


def _common(theme: Theme) -> dict[str, Any]:
    return {
        "site": {"title": theme.title, "language": theme.voice.language, "zone": theme.timezone},
        "words": theme.voice.words,
        "policy": theme.policy,
        "icon": icon.ADDRESS,
        "style": PAGE_STYLE,
    }


def _own_title(feed: Feed, theme: Theme) -> str:
    """Without the site's, which stands above it anyway."""
    if feed.title == theme.title:
        return theme.voice.words["everything"]
    return feed.title.removeprefix(f"{theme.title} · ")


def _span(feed: Feed, theme: Theme) -> tuple[Moment, Moment] | None:
    """From when to when the stories of an archive are."""
    dates = [x.published for x in feed.entries if x.published]
    if not feed.archive or not dates:
        return None
    return theme.voice.moment(min(dates)), theme.voice.moment(max(dates))


def _listed(x: Listed, at: str, theme: Theme) -> dict[str, Any]:
    return {
        "title": x.title or theme.voice.words["everything"],
        "page": relative(x.page, at) if x.page else None,
        "feeds": [
            {"href": relative(f.href, at), "name": views.named(f.type) or f.name, "type": f.type}
            for f in x.feeds
        ],
    }


def _hit(x: Hit, theme: Theme) -> dict[str, Any]:
    return {
        "title": list(x.title),
        "href": x.href,
        "source": x.source,
        "published": theme.voice.moment(x.published) if x.published else None,
        "lang": spoken(x.language),
        "snippet": list(x.snippet),
    }


def _row(x: Mapping[str, Any], theme: Theme) -> dict[str, Any]:
    wrong = [x["error"]] if x["error"] else []
    return {
        "source": x["source"],
        "health": theme.voice.words.get(x["health"], x["health"]),
        "well": x["health"] == "ok",
        "entries": x["entries"],
        "last": _told(x["last"], theme),
        "next": _told(x["next"], theme),
        "notes": [*wrong, *x["notes"], *x["problems"], *([x["push"]] if x["push"] else [])],
    }


def _told(when: str | None, theme: Theme) -> Moment | None:
    found = read_moment(when) if when else None
    return theme.voice.moment(found) if found else None
