"""The feeds that a web page names: autodiscovery, from its text and from its Link headers.

What is found is for people to read: a page at a feed's address is never followed by itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urljoin, urlsplit

from lxml import etree

from aggregator import syntax
from aggregator.formats import charsets
from aggregator.model import Link, Response
from aggregator.text import fold, line

_FEEDS = {"application/atom+xml", "application/rss+xml", "application/feed+json"}
_MOST_READ = 1_000_000  # bytes: what names a feed stands in the head
_MOST_TOLD = 3
_LONGEST = 2_000  # letters of an address

_READERS = re.compile(r"feed:(?=https?:|//)", re.IGNORECASE)

_CHARSET = re.compile(rb"<meta\s[^>]{0,200}?charset\s*=\s*[\"']?\s*([\w.:-]{1,40})", re.IGNORECASE)
# RFC 8288 §3: <target>; name=value; name="value", …
_HEADER = re.compile(
    r'<([^<>]*)>((?:\s*;\s*[^\s=;,"<>]+(?:\s*=\s*(?:"(?:[^"\\]|\\.)*"|[^\s;,"]*))?)*)'
)
_PARAMETER = re.compile(r';\s*([^\s=;,"<>]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s;,"]*))')
_COMMENTS = re.compile(
    r"comment|komment|coment|reacties|коммент|评论|評論|留言|回应|コメント|댓글", re.IGNORECASE
)


def feeds(response: Response) -> tuple[Link, ...]:
    """Each feed once, its address absolute if that of the page is known. The first is the one
    that the page wants to be followed (HTML, "Link type alternate"); those of comments are last.
    """
    found: dict[str, Link] = {}
    for link in (*_in_headers(response), *_in_page(response)):
        if link.href != response.url:
            found.setdefault(link.href, link)
    return tuple(sorted(found.values(), key=_of_comments))


def told(found: tuple[Link, ...]) -> str:
    """The words for a message that says that it is a page."""
    if not found:
        return ""
    first, *others = (x.href for x in found)
    more = f" (or {', '.join(others[: _MOST_TOLD - 1])})" if others else ""
    return f"; its feed is {first}{more}: put that address into the config"


def _of_comments(link: Link) -> bool:
    return bool(_COMMENTS.search(fold(f"{link.title} {urlsplit(link.href).path}")))


def _in_headers(response: Response) -> Iterator[Link]:
    for target, rest in _HEADER.findall(response.headers.get("link", "")):
        given: dict[str, str] = {}
        for name, quoted, bare in _PARAMETER.findall(rest):
            given.setdefault(name.lower(), re.sub(r"\\(.)", r"\1", quoted) or bare)
        yield from _feed(response.url, given | {"href": target})


def _in_page(response: Response) -> Iterator[Link]:
    root = _page(response)
    if root is None:
        return
    given = (str(x.get("href")) for x in root.iter("base") if x.get("href"))
    base = _joined(response.url, next(given, "")) or response.url
    for element in root.iter("link", "a"):
        yield from _feed(base, {str(k): str(v) for k, v in element.attrib.items()})


def _page(response: Response) -> etree._Element | None:
    body = response.body[:_MOST_READ]
    declared = _CHARSET.search(body[:4096])
    labels = (
        charsets.stated(response.headers.get("content-type", "")),
        declared[1].decode("ascii", "ignore") if declared else "",
    )
    text = charsets.decode(body, *labels).text.replace("\0", "")
    parser = etree.HTMLParser(encoding="utf-8", remove_comments=True)
    try:
        return etree.fromstring(text.encode("utf-8", "replace"), parser)
    except etree.LxmlError:  # nothing in it at all
        return None


def _feed(base: str, given: dict[str, str]) -> Iterator[Link]:
    """The link, if it is one to a feed."""
    relations = given.get("rel", "").lower().split()
    type = syntax.media_type(given.get("type"))
    wanted = "alternate" in relations and type in _FEEDS and "stylesheet" not in relations
    href = _joined(base, given.get("href", "")) if wanted or "feed" in relations else None
    if href:
        yield Link(href=href, type=type, title=line(given.get("title", "")) or None)


def _joined(base: str, href: str) -> str | None:
    """An address that can be asked, or one that only lacks the place of the page."""
    href = line(href)
    if not href or len(href) > _LONGEST:
        return None
    # It was to open a reader: feed://example.org/x, feed:https://example.org/x.
    href = _READERS.sub("", href)
    try:
        address = urljoin(base, f"https:{href}" if href.startswith("//") and not base else href)
        parts = urlsplit(address)
    except ValueError:  # brackets that are no address
        return None
    if parts.scheme in ("http", "https"):
        return syntax.iri(address) if parts.hostname else None
    return address if not parts.scheme and not urlsplit(base).scheme else None
