"""One post of a Jekyll site: bytes → a Feed of one Entry; of none, but with its id, when Jekyll
does not publish it.

What Jekyll decides is what `jekyll` says; the rest is read, and the text rendered, as in `posts`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import PurePosixPath
from urllib.parse import urljoin

from aggregator.errors import ParseError
from aggregator.formats import frontmatter, post_hosts, posts
from aggregator.formats.frontmatter import Document
from aggregator.formats.jekyll import Post, Site
from aggregator.formats.jekyll.absolute import absolute, id_path
from aggregator.formats.jekyll.references import INCLUDES, Source
from aggregator.formats.jekyll.rubytext import Value, to_s
from aggregator.formats.jekyll.tree import FOLDER
from aggregator.formats.post_liquid import SiteLiquid
from aggregator.model import Feed, PostOptions
from aggregator.moments import utc

_WEB = re.compile(r"https?://[^/\s]", re.IGNORECASE)
_OWN = {"id", "guid"}  # of one post, whatever the site's config gives to all


def publishable_path(path: str) -> bool:
    """Whether Jekyll may take a file for a post, whatever the site's config says."""
    return FOLDER in path.split("/")[:-1]


def includable_path(path: str) -> bool:
    """Whether posts may include it."""
    return path.startswith(f"{INCLUDES}/")


class Reader:
    """Reads the posts of one site, at one time."""

    def __init__(
        self,
        site: Site,
        options: PostOptions,
        *,
        now: datetime,
        source: Source = lambda path: None,
    ) -> None:
        """`source` gives the files of the site that posts include or link to."""
        self._site = site
        self._now = now
        address = site.settings.address
        self._home = address if _WEB.match(address) else None
        if self._home:  # the posts' own site, before any that the options name
            hosts = (post_hosts.host_of(self._home), *options.site_hosts)
            options = replace(options, site_hosts=hosts)
        self._options = options
        home = self._home or post_hosts.home(options)
        self._liquid = SiteLiquid(site, source, home, now=now)

    def parse(self, body: bytes, path: str) -> Feed:
        """`path` is relative to the site's folder; it is the entry's id unless the post gives one.

        ParseError, which names the path, where Jekyll would stop; never another exception.
        """
        with posts.only_parse_errors(path):
            text = self._site.text(body)
            if text is None:
                raise ParseError(
                    f"{path}: not UTF-8, and left out by Jekyll; save it as UTF-8 or move it"
                )
            post = self._site.post(body, path=path, now=self._now)
            document = _document(text, path)
            if post is None or self._left_out(post):
                return posts.hidden(document)
            decided = posts.Decided(
                title=post.title,
                published=utc(post.date),
                categories=post.categories,
                tags=post.tags,
                zone=self._site.settings.zone,
                address=self._address(post),
                id=self._id(post),
            )
            document = self._liquid.run(_completed(document, post, text), post)
            return posts.shown(document, decided, self._options)

    def _left_out(self, post: Post) -> bool:
        """Jekyll makes a page of a draft like this one, which jekyll-feed does not tell of."""
        return self._options.named and post.data.get("draft") is True

    def _id(self, post: Post) -> str | None:
        """What jekyll-feed calls it; None where the address is of the day of the build."""
        config = self._site.settings.config
        url = to_s(config.get("url")) if self._home else post_hosts.home(self._options)
        if post.date is None or not url:
            return None
        path = id_path(post.url, to_s(post.data.get("slug")) or PurePosixPath(post.path).stem)
        return absolute(path, url=url, baseurl=to_s(config.get("baseurl")))

    def _address(self, post: Post) -> str | None:
        """None without a site to begin it, or a date: Jekyll puts the day of the build there."""
        if post.date is None:
            return None
        if self._home:
            return self._site.link(post)
        home, base = post_hosts.home(self._options), self._site.settings.baseurl
        if not home:
            return None
        return urljoin(home, f"/{base}{post.url}") if base else home.rstrip("/") + post.url


def _document(text: str, path: str) -> Document:
    """The front matter, every value as it is written."""
    if text.strip():
        return frontmatter.read(text.encode("utf-8", "replace"), path=path, yaml_only=True)
    return Document(path=path, body="", fields={}, lines={})


def _completed(document: Document, post: Post, text: str) -> Document:
    """With the text, the defaults and the problems that Jekyll has."""
    fields = {key.lower(): _as_text(value) for key, value in post.data.items()}
    fields = {key: value for key, value in fields.items() if key not in _OWN}
    if post.body != text:  # there is front matter
        fields |= {key: _merged(fields.get(key), x) for key, x in document.fields.items()}
    return replace(
        document,
        body=frontmatter.plain(post.body)[0],
        first=text.count("\n") - post.body.count("\n") + 1,
        fields=fields,
        problems=post.problems or document.problems,
    )


def _merged(data: frontmatter.Value | None, own: frontmatter.Value) -> frontmatter.Value:
    """What the post says as it is written, and below it what only the defaults say."""
    if isinstance(data, dict) and isinstance(own, dict):
        return {**data, **own}
    return data if data and isinstance(own, str) and not frontmatter.told(own) else own


def _as_text(value: Value) -> frontmatter.Value:
    match value:
        case list():
            return [_as_text(x) for x in value]
        case Mapping():
            return {str(key): _as_text(x) for key, x in value.items()}
        case _:
            return to_s(value)
