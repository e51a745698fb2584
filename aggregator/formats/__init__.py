"""Bytes to Feed and Feed to bytes. `parse` chooses the reader by looking at the body.

To add a format: a file with `parse`, `render` or both, and a line in one of the tables below.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, tzinfo

from aggregator.errors import ParseError
from aggregator.formats import jsonfeed, lenient, strict
from aggregator.model import Feed, Response

_JSON = re.compile(rb"(?:\xef\xbb\xbf|\xff\xfe|\xfe\xff)?[\s\0]*[\[{]")
_KINDS = (
    (re.compile(rb"\s*$"), "empty"),
    (re.compile(rb"(?is).{0,1024}?(?:<!doctype\s+html|<html[\s>])"), "an HTML page"),
    (re.compile(rb"\x89PNG|GIF8|\xff\xd8\xff|RIFF"), "an image"),
    (re.compile(rb"%PDF"), "a PDF"),
    (re.compile(rb"\x1f\x8b|PK\x03\x04"), "a compressed file"),
    (re.compile(rb"(?s)(?:\xef\xbb\xbf)?\s*<(?:\?xml|[A-Za-z])"), "XML, but no feed that we know"),
)


def parse(response: Response, *, zone: tzinfo = UTC) -> Feed:
    """The feed in `response`, or ParseError with what it is instead; never another exception.

    A date without an offset is read in `zone`.
    """
    read: Callable[..., Feed] = jsonfeed.parse if _JSON.match(response.body) else _xml
    try:
        return read(response, zone=zone)
    except ParseError as error:
        if read is jsonfeed.parse:
            raise
        raise ParseError(f"no feed: {_kind(response.body)}") from error
    except Exception as error:  # anything may come off the wire, and parsers are only people's work
        raise ParseError(f"cannot be read as a feed: {type(error).__name__}: {error}") from error


def _xml(response: Response, *, zone: tzinfo) -> Feed:
    """feedparser is the judge; what it would say of an ordinary feed `strict` knows sooner."""
    return strict.parse(response, zone=zone) or lenient.parse(response, zone=zone)


def _kind(body: bytes) -> str:
    return next((name for shape, name in _KINDS if shape.match(body)), "neither XML nor JSON")
