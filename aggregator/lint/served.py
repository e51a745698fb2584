"""What an HTTP answer says of a document, held against the document."""

from __future__ import annotations

from collections.abc import Mapping

from aggregator.lint.fault import Faults, Place
from aggregator.lint.reading import declared

_TYPES: Mapping[str, tuple[str, ...]] = {
    "atom": ("application/atom+xml", "application/xml", "text/xml"),
    "rss": ("application/rss+xml", "application/xml", "text/xml", "application/rdf+xml"),
    "json": ("application/feed+json", "application/json"),
    "opml": ("text/x-opml", "application/xml", "text/xml", "text/x-opml+xml"),
    "html": ("text/html", "application/xhtml+xml"),
}


def check(kind: str, content_type: str | None, body: bytes, faults: Faults) -> None:
    if content_type is None or kind not in _TYPES:
        return
    media, _, rest = content_type.partition(";")
    media = media.strip().lower()
    if media not in _TYPES[kind]:
        what = f"{media or 'no media type'} for {kind}; {_TYPES[kind][0]} is the one"
        faults.add("wrong-content-type", what, Place())
    charset = next(
        (x.partition("=")[2].strip(" \"'") for x in rest.split(";") if "charset=" in x.lower()), ""
    ).lower()
    own = declared(body).lower()
    if charset and own and charset.replace("-", "") != own.replace("-", ""):
        faults.add("charset-conflict", f"the header says {charset}, the document {own}", Place())
