"""The link of a post: the page that it is about, from its front matter or a line of its own."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import PurePosixPath
from urllib.parse import urljoin

from aggregator.formats import post_files
from aggregator.formats.frontmatter import Document
from aggregator.formats.post_footers import trimmed
from aggregator.formats.post_hosts import Site, site_of
from aggregator.formats.post_text import without_quotes
from aggregator.model import Link, PostOptions

Links = tuple[tuple[Link, ...], tuple[str, ...]]

_NO_ADDRESS = (
    "links: own, but where this post is published is not known, so it links to its source;"
    " set site_hosts and give the post a permalink, or read the folder with reads: jekyll"
)
_ROOTED = re.compile(r"/(?!/)\S*")
_PLACEHOLDER = re.compile(r"/:[a-z_]")  # Jekyll's, which only the site's config could fill
_ARTICLE = re.compile(r"(?:^|-)(?:NW)?(\d{18})$", re.ASCII)
_HTTP = re.compile(r"https?://[^<>\s]+", re.IGNORECASE)
_AUTOLINK = re.compile(r"^[^\S\n]*<(https?://[^<>\s]+)>[^\S\n]*$", re.IGNORECASE | re.MULTILINE)


def own_address(document: Document, options: PostOptions) -> str | None:
    """Where a post says that it is published: on one of `site_hosts`, for `site.url` is only
    where the output is served."""
    if not options.site_hosts:
        return None
    stated = document.text("permalink", "url") or ""
    site = site_of(options)
    if _HTTP.fullmatch(stated):
        return None if site.foreign(stated) else stated
    if not _ROOTED.fullmatch(stated) or _PLACEHOLDER.search(stated):
        return None
    return urljoin(site.base or "", stated)


def links_of(target: str | None, own: str | None, path: str, options: PostOptions) -> Links:
    """The links of a post, and what is wrong with them."""
    if target and options.links == "own":
        related = Link(href=target, rel="related")
        if own:
            return (Link(href=own), related), ()
        return (Link(href=target),), (f"{path}:1: {_NO_ADDRESS}",)
    return _alternates(target or own, path), ()


def _alternates(link: str | None, path: str) -> tuple[Link, ...]:
    if link:
        return (Link(href=link),)
    article = _ARTICLE.search(PurePosixPath(path).stem)
    if not article:
        return ()
    return (Link(rel="key", href=f"https://finance.eastmoney.com/a/{article[1]}.html"),)


def link_and_text(document: Document, options: PostOptions) -> tuple[str | None, str]:
    """The source link, and the body without the navigation below, and without the line of the
    link if that is what the post links to."""
    if post_files.is_one(document):
        return post_files.stated_link(document), document.body.strip("\n")
    site = site_of(options)
    stated = _stated_link(document, options, site)
    text = trimmed(document.body, site)
    for link, start, end in _lone_links(text, document.path):
        if site.foreign(link) and stated in {None, link}:
            if options.links == "own":
                return link, text
            rest, below = text[:start], text[end:]
            return link, trimmed(rest + below, site, cut=not below.strip())
    return stated, text


def _stated_link(document: Document, options: PostOptions, site: Site) -> str | None:
    for key in options.link_keys:
        link = (document.text(key.lower()) or "").removeprefix("<").removesuffix(">")
        if _HTTP.fullmatch(link) and site.foreign(link):
            return link
    return None


def _lone_links(text: str, path: str) -> Iterator[tuple[str, int, int]]:
    """The links that have a line to themselves, and where that is: those in <…> first, from the
    last to the first, then one that stands bare at the end."""
    visible = without_quotes(text, path)
    for found in reversed(list(_AUTOLINK.finditer(visible))):
        yield found[1], found.start(), found.end()
    start = visible.rfind("\n") + 1
    last = visible[start:].strip()
    if _HTTP.fullmatch(last):
        yield last, start, len(text)
