"""The link of a post: the page that it is about, from its front matter or a line of its own."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from aggregator.formats.frontmatter import Document
from aggregator.formats.post_footers import trimmed
from aggregator.formats.post_hosts import Site, site_of
from aggregator.formats.post_text import is_html, without_code
from aggregator.model import Link, PostOptions

_ARTICLE = re.compile(r"(?:^|-)(?:NW)?(\d{18})$", re.ASCII)
_RAW = re.compile(r"\{%-?\s*(?:end)?raw\s*-?%\}")
_HTTP = re.compile(r"https?://[^<>\s]+", re.IGNORECASE)
_AUTOLINK = re.compile(r"^[^\S\n]*<(https?://[^<>\s]+)>[^\S\n]*$", re.IGNORECASE | re.MULTILINE)
# Where a link is quoted, or not there at all. A comment that is quoted itself opens none.
_INDENTED = re.compile(r"^(?: {4}| {0,3}\t)[ \t]*<?https?:", re.IGNORECASE | re.MULTILINE)
_QUOTES = (
    (re.compile(r"(?<!`)<!--"), re.compile(r"-->")),
    *(
        (
            re.compile(rf"(?<!`)<{tag}(?![\w-])", re.IGNORECASE),
            re.compile(rf"</{tag}(?![\w-])", re.IGNORECASE),
        )
        for tag in ("pre", "textarea", "script", "style")
    ),
    *(
        (re.compile(rf"\{{%-?\s*{tag}\b"), re.compile(rf"\{{%-?\s*end{tag}\b"))
        for tag in ("highlight", "comment")
    ),
)


def links_of(link: str | None, path: str) -> tuple[Link, ...]:
    if link:
        return (Link(href=link),)
    article = _ARTICLE.search(PurePosixPath(path).stem)
    if not article:
        return ()
    return (Link(rel="key", href=f"https://finance.eastmoney.com/a/{article[1]}.html"),)


def link_and_text(document: Document, options: PostOptions) -> tuple[str | None, str]:
    """The source link, and the body without its line and without the navigation below."""
    site = site_of(options)
    stated = _stated_link(document, options, site)
    text = trimmed(_RAW.sub("", document.body), site)
    for link, start, end in _lone_links(text, document.path):
        if site.foreign(link) and stated in {None, link}:
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
    visible = _without_quotes(text, path)
    for found in reversed(list(_AUTOLINK.finditer(visible))):
        yield found[1], found.start(), found.end()
    start = visible.rfind("\n") + 1
    last = visible[start:].strip()
    if _HTTP.fullmatch(last):
        yield last, start, len(text)


def _without_quotes(text: str, path: str) -> str:
    """`text`, as long as before, with code and comments crossed out."""
    if not is_html(path) and ("```" in text or "~~~" in text or _INDENTED.search(text)):
        text = without_code(text)
    if "<" in text or "{%" in text:
        for opening, closing in _QUOTES:
            text = _crossed_out(text, opening, closing)
    return text


def _crossed_out(text: str, opening: re.Pattern[str], closing: re.Pattern[str]) -> str:
    pieces, end = [], 0
    while (start := opening.search(text, end)) and (stop := closing.search(text, start.end())):
        pieces += [text[end : start.start()], "x" * (stop.end() - start.start())]
        end = stop.end()
    return "".join([*pieces, text[end:]])
