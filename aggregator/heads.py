"""What an answer says of a document, known before anybody asks: media type, validators, how long it
is good, who may read it.

To add a media type: a line in _TEXTS, or none where Python knows it.
"""

from __future__ import annotations

import mimetypes
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from email.utils import formatdate
from pathlib import Path

from aggregator import forms
from aggregator.formats import FORMATS

Header = tuple[bytes, bytes]
Headers = list[Header]

FEEDS = ("application/atom+xml", "application/rss+xml")
_TEXTS = {
    "css": "text/css",
    "html": "text/html",
    "opml": "text/x-opml",
    "txt": "text/plain",
}
_TYPES = (
    {"atom": FEEDS[0], "rss": FEEDS[1], "json": "application/feed+json", "xml": FEEDS[0]}
    | {form.suffix: form.media_type for form in FORMATS.values()}
    | {suffix: f"{kind}; charset=utf-8" for suffix, kind in _TEXTS.items()}
)
# Whoever opens a feed in a browser: only so does it read the style sheet that the feed names.
_SHOWN = b"application/xml"
_PAGE = (
    "default-src 'none'; style-src 'self' 'unsafe-inline'; img-src * data:; media-src *;"
    " font-src 'self'; form-action 'self'; base-uri 'none'"
)
_PAGES = ("text/html", "application/xml", "image/svg+xml")

SHARED: Header = (b"access-control-allow-origin", b"*")
OPEN: Headers = [
    SHARED,
    (b"access-control-expose-headers", b"ETag, Last-Modified, Link, IM, Delta-Base"),
    (b"x-content-type-options", b"nosniff"),
]
_ALSO_STALE = 7 * 86400  # seconds for which an old document is better than none
_CLOSED = 86400  # seconds in which an archive page hardly changes: something may be withdrawn
_AGAIN = 1.0  # seconds until a form that was missing is looked for again


def _nothing(_: str) -> Iterable[Header]:
    return ()


async def _none(_: str) -> str | None:
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Serving:
    """What is served, and how. `links` gives more headers for a path: as hubs are told of."""

    folder: Path
    codings: tuple[str, ...]
    max_age: int  # seconds in which no document changes
    private: Path | None = None  # the folder of those that not everyone may read
    token: Callable[[str], Awaitable[str | None]] = _none  # what tells who may, by path in there
    delta: bool = False
    links: Callable[[str], Iterable[Header]] = _nothing


@dataclass(slots=True, kw_only=True)
class Kept:
    """A document, and its answers as far as they are known beforehand."""

    document: forms.Document
    offered: tuple[str, ...]  # the packed forms
    forms: Mapping[str, forms.Form]  # all of them, by coding
    common: Headers
    whole: Mapping[tuple[str, bool], Headers]  # by coding, and whether a browser shows it
    same: Mapping[bytes, Headers]  # of 304, by entity tag
    look_again: float | None
    token: str | None = None  # that a reader has to tell
    deltas: dict[str, bytes] = field(default_factory=dict)

    def incomplete(self) -> bool:
        """Whether a form was missing, and it is time to look for it."""
        return self.look_again is not None and time.monotonic() >= self.look_again


def media_type(file: Path) -> str:
    """Of a document, by its suffix."""
    found = _TYPES.get(file.suffix[1:]) or mimetypes.guess_type(file.name)[0]
    return found or "application/octet-stream"


def ready(document: forms.Document, name: str, how: Serving, *, token: str | None = None) -> Kept:
    """`token`: whoever reads it has to tell that."""
    kind = media_type(document.file)
    feed = kind in FEEDS
    cached: Headers = [
        (b"cache-control", _lifetime(name, how, token).encode()),
        (b"vary", _vary(feed=feed, delta=feed and how.delta)),
        *(how.links(name) if token is None else ()),
    ]
    modified = formatdate(document.modified, usegmt=True).encode()
    common = [(b"last-modified", modified), *cached, *OPEN]
    pages: Headers = [
        (b"content-security-policy", _PAGE.encode()),
        (b"referrer-policy", b"no-referrer"),
    ]
    plain, shown = kind.encode(), _SHOWN if feed else kind.encode()
    page = kind.partition(";")[0] in _PAGES
    whole = {
        (form.coding, opened): _of_form(form, shown if opened else plain)
        + common
        + (pages if page or opened else [])
        for form in document.forms
        for opened in (False, True)
    }
    return Kept(
        document=document,
        offered=tuple(form.coding for form in document.forms[:-1]),
        forms={form.coding: form for form in document.forms},
        common=common,
        whole=whole,
        # No more than a cache needs to go on with what it has (§15.4.5).
        same={
            tag: [(b"etag", tag), *cached, SHARED]
            for tag in (form.etag.encode() for form in document.forms)
        },
        look_again=None if document.whole else time.monotonic() + _AGAIN,
        token=token,
    )


def _of_form(form: forms.Form, kind: bytes) -> Headers:
    told = [
        (b"content-type", kind),
        (b"content-length", b"%d" % form.size),
        (b"etag", form.etag.encode()),
        (b"accept-ranges", b"bytes"),
    ]
    packed = form.coding != "identity"
    return [*told, (b"content-encoding", form.coding.encode())] if packed else told


def _lifetime(name: str, how: Serving, token: str | None) -> str:
    if token is not None:
        return f"private, max-age={how.max_age}"
    if name.startswith("archive/"):
        return f"public, max-age={_CLOSED}, stale-if-error={_ALSO_STALE}"
    return f"public, max-age={how.max_age}, stale-if-error={_ALSO_STALE}"


def _vary(*, feed: bool, delta: bool) -> bytes:
    names = ["Accept-Encoding"]
    names += ["Sec-Fetch-Dest"] if feed else []
    names += ["A-IM"] if delta else []
    return ", ".join(names).encode()
