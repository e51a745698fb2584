"""The Liquid of a post, with what it may ask for: of its site, or of itself where no site's config
is known.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, tzinfo
from posixpath import basename, dirname
from typing import Any
from urllib.parse import urljoin

from aggregator.formats.frontmatter import Document
from aggregator.formats.jekyll import Post, Site
from aggregator.formats.jekyll.references import References, Source
from aggregator.formats.jekyll.rubytext import Value, to_s, truthy
from aggregator.formats.liquid_marks import has_marks
from aggregator.formats.post_text import code_in

_NO = {"false", "no", "off"}
_SOME_TIME = datetime(2000, 1, 1, tzinfo=UTC)  # a text that says what time it is never stays


def of_its_own(document: Document, home: str | None, zone: tzinfo) -> Document:
    """A post of a folder without a site: addresses begin at `home`, code is code."""
    if not has_marks(document.body) or (document.text("render_with_liquid") or "").lower() in _NO:
        return document
    from aggregator.formats import liquid  # noqa: PLC0415 - slow to load, and few posts have any

    around = liquid.Around(
        page={"path": document.path, **document.fields},
        site={"url": (home or "").rstrip("/"), "baseurl": ""},
        now=_SOME_TIME.astimezone(zone),
        code=code_in(document.body, document.path),
    )
    return told(document, *liquid.run(document.body, around))


class SiteLiquid:
    """Of the posts of one Jekyll site, which it is run as there."""

    def __init__(self, site: Site, source: Source, home: str | None, *, now: datetime) -> None:
        self._references = References(site, source, now=now)
        self._now = now.astimezone(site.settings.zone)
        config = {key: _plain(value) for key, value in site.settings.config.items()}
        base = site.settings.baseurl
        self._site = {
            **config,
            "url": _root(home or "", base),
            "baseurl": f"/{base}" if base else "",
            "time": to_s(self._now),
        }

    def run(self, document: Document, post: Post) -> Document:
        stated = post.data.get("render_with_liquid", True)
        if not has_marks(document.body) or not truthy(stated):
            return document
        from aggregator.formats import liquid  # noqa: PLC0415 - as above

        around = liquid.Around(
            page=_page(post),
            site=self._site,
            now=self._now,
            included=lambda tag, name: self._references.included(tag, name, post.path),
            address=self._references.address,
        )
        return told(document, *liquid.run(document.body, around))


def _root(home: str, base: str) -> str:
    """The site's url without baseurl."""
    home = home.rstrip("/")
    if not base:
        return home
    return home.removesuffix(f"/{base}") if home.endswith(f"/{base}") else urljoin(home, "/")[:-1]


def _page(post: Post) -> dict[str, Any]:
    slug = to_s(post.data.get("slug"))
    return {
        **{key: _plain(value) for key, value in post.data.items()},
        "title": post.title,
        "url": post.url,
        "id": f"{dirname(post.url.rstrip('/')).rstrip('/')}/{slug}",
        "path": post.path,
        "relative_path": post.path,
        "name": basename(post.path),
        "collection": "posts",
        "categories": list(post.categories),
        "tags": list(post.tags),
    }


def _plain(value: Value) -> Any:
    """Dates as the text that Ruby writes: the filters read them again."""
    match value:
        case date():
            return to_s(value)
        case list():
            return [_plain(x) for x in value]
        case dict():
            return {str(key): _plain(x) for key, x in value.items()}
        case _:
            return value


def told(document: Document, text: str, problems: tuple[tuple[int, str], ...]) -> Document:
    """With the text that Liquid gave, and what was wrong with it."""
    found = tuple(
        f"{document.path}:{document.first + line - 1}: {what}" for line, what in problems[:20]
    )
    return replace(document, body=text, problems=document.problems + found)
