"""RSS 0.9x, 1.0, 2.0, RDF, Atom 0.3 and 1.0, CDF, however broken, through feedparser.

feedparser's own sanitising and resolving stay off: `rules.clean` does both, last and once. Nor does
it choose the encoding: what it gets is UTF-8.
"""

from __future__ import annotations

import io
import re
from dataclasses import replace
from datetime import UTC, tzinfo
from typing import Any
from xml.sax import ContentHandler, ErrorHandler, SAXException, SAXParseException

import feedparser
from feedparser.sanitizer import replace_doctype

from aggregator.errors import ParseError
from aggregator.formats import bounds, charsets, endings, keeping, mapping, references, repairs
from aggregator.model import Feed, Response

# feedparser finds titles and links in a web page, too; without a root that it knows as a feed's,
# and without one that a feed could have, it is none.
_ROOT = re.compile(rb"<(?:[\w-]+:)?(?:rss|rdf|feed|channel)[\s>/]", re.IGNORECASE)
_NAMESPACE = re.compile(  # by which alone feedparser knows some
    rb"http://(?:purl\.org/rss|my\.netscape\.com/rdf|www\.w3\.org/2005/atom)", re.IGNORECASE
)

_DECLARED = re.compile(r"\s*<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([^\"'>]{1,40})", re.ASCII)
_EBCDIC = "<?xm".encode("cp037")
_CUT_OFF = "ends in the middle of an entry, which is left out until it comes whole"


def parse(response: Response, *, zone: tzinfo = UTC) -> Feed:
    """The feed in `response`; a date without an offset is read in `zone`."""
    headers = mapping.headers(response)
    decoded = charsets.decode(
        response.body, charsets.stated(headers["content-type"]), _declared(response.body)
    )
    text, odd = references.mended(decoded.text)
    whole = text.encode("utf-8", "replace")
    if not (_ROOT.search(whole) or _NAMESPACE.search(whole)):
        raise ParseError("no feed in it")
    body, left_out = bounds.readable(whole.strip())
    found = feedparser.parse(
        io.BytesIO(body),  # never a str: feedparser would open it as a path or address
        response_headers=headers | {"content-type": "application/xml; charset=utf-8"},
        sanitize_html=False,
        resolve_relative_uris=False,
    )
    _let_go(found)
    version = found.get("version", "")
    if not version and not _ROOT.search(body[:65_536]):
        raise ParseError("no feed in it")
    entries = found.entries
    problems = (*decoded.problems, *odd, *(left_out or _problems(found, body, whole)))
    if entries and found.bozo and endings.unfinished(body):
        if not left_out:
            problems, entries = (*problems, _CUT_OFF), entries[:-1]
        elif len(entries) > 1:  # a lone one is too big, and its beginning is all that can be had
            entries = entries[:-1]
    if len(entries) > bounds.MOST_ENTRIES:
        problems, entries = (*problems, bounds.MANY_ENTRIES), entries[: bounds.MOST_ENTRIES]
    return mapping.feed(
        found.feed,
        entries,
        version=version,
        response=replace(response, body=body),
        zone=zone,
        problems=problems,
    )


def _let_go(found: Any) -> None:
    """The error that it keeps leads to the parsers and to all that was there when it was raised,
    and they to the error: a hundred megabytes, until Python looks for such circles."""
    error = found.get("bozo_exception")
    while error is not None:
        error.__traceback__ = error.__context__ = error.__cause__ = None
        if reader := vars(error).pop("_locator", None):  # what it said is copied
            reader.setContentHandler(ContentHandler())
            reader.setErrorHandler(ErrorHandler())
        error = error.getException() if isinstance(error, SAXException) else None


def _declared(body: bytes) -> str:
    """The encoding that the XML declaration names, or ""."""
    ebcdic = body.startswith(_EBCDIC)  # XML 1.0, appendix F
    found = _DECLARED.match(body[:1024].decode("cp037" if ebcdic else "latin-1"))
    return found[1] if found else "cp037" if ebcdic else ""


def _problems(found: Any, body: bytes, whole: bytes) -> tuple[str, ...]:
    problem = found.get("bozo_exception")
    if not found.bozo or problem is None:
        return ()
    text = " ".join(str(problem).split()) or type(problem).__name__
    if isinstance(problem, SAXParseException):
        # Counted from the end: what stands before the first tag has been written anew.
        _, read, _ = replace_doctype(body)
        added = read.count(b"\n") - whole.rstrip().count(b"\n")
        line = (problem.getLineNumber() or 1) - added
        place = f"line {line}, column {problem.getColumnNumber()}"
        text = f"{place}: {problem.getMessage()}"
    return (f"not well-formed, read leniently: {text}",)


repairs.apply()
keeping.apply()
