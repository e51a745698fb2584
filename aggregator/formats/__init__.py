"""Bytes to Feed and Feed to bytes. `parse` chooses the reader by looking at the body; FORMATS has
the writers.

To add a format: a file with `parse`, `render` or both, and a line in one of the tables below.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, tzinfo
from typing import TypeVar

from aggregator.errors import ParseError
from aggregator.formats import atom, discovery, jsonfeed, jsonfeed_written, lenient, rss, strict
from aggregator.model import Feed, Response

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """A kind of document: the end of its files' names, what a server calls it, and its writer.
    The same feed gives the same bytes."""

    suffix: str  # without the dot
    media_type: str
    render: Callable[[Feed], bytes]


# By the names that `output.formats` has for them.
FORMATS: Mapping[str, Format] = {
    "atom": Format(suffix="atom", media_type=atom.MEDIA_TYPE, render=atom.render),
    "rss": Format(suffix="rss", media_type=rss.MEDIA_TYPE, render=rss.render),
    "json": Format(
        suffix="json", media_type=jsonfeed_written.MEDIA_TYPE, render=jsonfeed_written.render
    ),
}

_JSON = re.compile(rb"(?:\xef\xbb\xbf|\xff\xfe|\xfe\xff)?[\s\0]*[\[{]")
_PAGE = "an HTML page"
_XML = "XML, but no feed that we know"
_OTHER = "neither XML nor JSON"
_KINDS = (
    (re.compile(rb"\s*$"), "empty"),
    (re.compile(rb"(?is).{0,1024}?(?:<!doctype\s+html|<html[\s>])"), _PAGE),
    (re.compile(rb"\x89PNG|GIF8|\xff\xd8\xff|RIFF"), "an image"),
    (re.compile(rb"%PDF"), "a PDF"),
    (re.compile(rb"\x1f\x8b|PK\x03\x04"), "a compressed file"),
    (re.compile(rb"(?s)(?:\xef\xbb\xbf)?\s*<(?:\?xml|[A-Za-z])"), _XML),
)


def parse(response: Response, *, zone: tzinfo = UTC) -> Feed:
    """The feed in `response`, or ParseError with what it is instead; never another exception.

    A date without an offset is read in `zone`.
    """
    read = jsonfeed.parse if _JSON.match(response.body) else _xml
    return guarded(lambda: read(response, zone=zone))


def guarded(read: Callable[[], T]) -> T:
    """What `read` gives, or ParseError; never another exception."""
    try:
        return read()
    except ParseError:
        raise
    except Exception as error:  # anything may come off the wire, and parsers are only people's work
        raise ParseError(f"cannot be read: {type(error).__name__}: {error}") from error


def _xml(response: Response, *, zone: tzinfo) -> Feed:
    """feedparser is the judge; what it would say of an ordinary feed `strict` knows sooner."""
    try:
        return strict.parse(response, zone=zone) or lenient.parse(response, zone=zone)
    except ParseError as error:
        raise ParseError(f"no feed: {_kind(response)}") from error


def _kind(response: Response) -> str:
    """What it is instead; of a page, also which feeds it names."""
    kind = next((name for shape, name in _KINDS if shape.match(response.body)), _OTHER)
    if kind not in (_PAGE, _XML, _OTHER):  # the last two may be a page in UTF-16, or half of one
        return kind
    found = discovery.told(discovery.feeds(response))
    return f"{_PAGE}{found}" if found else kind
