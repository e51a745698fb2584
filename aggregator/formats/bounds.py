"""How much of a document is read: time and memory go with its markup more than with its bytes, and
ten million of those hold a hundred times the markup of any honest feed.
"""

from __future__ import annotations

import re
from typing import Any
from xml.parsers import expat

from aggregator.errors import ParseError

MOST_ENTRIES = 25_000
MOST_OF_A_KIND = 1_000  # categories, links, files, people of one entry or feed
MANY_ENTRIES = f"more than {MOST_ENTRIES:,} entries; those behind them are left out"

# feedparser reads a document that is not well-formed twice, and takes 20 µs and 25 µs for a tag, a
# tenth for a reference.
_MOST_TAGS = 100_000
_MOST_TAGS_IF_SOUND = 200_000
_REFERENCES = 10  # that cost as much as a tag
_TOKEN = re.compile(rb"<!\[CDATA\[.*?(?:\]\]>|\Z)|<!--.*?(?:-->|\Z)|(<)|(&)", re.DOTALL)
# The pattern by which feedparser looks for the end of a tag takes 140 bytes for each byte of it
# that is not quoted.
_LONG_TAG = re.compile(rb"<(?=[A-Za-z/!?])[^<>]{65536,}")
_QUOTED = re.compile(rb"\"[^\"]*\"|'[^']*'")
_SECTION = b"<![CDATA["
# feedparser's pattern for it takes the square of a long line.
_DECLARATION = b"<?xml version='1.0' encoding='utf-8'?>\n"
_DECLARED = re.compile(rb"\A<\?xml[^<>]{0,1000}(?:>\r?\n?|(?=<))")
# Before the first tag; what has no end there goes on to that of the document.
_PROLOG = re.compile(
    rb"""<!--.*?(?:-->|\Z) | <\?.*?(?:\?>|\Z) | (?P<tag><\w) | (?P<text>[^<\s][^<]*+)
    | <!DOCTYPE(?P<name>[^\[<>]*+)(?:\[(?P<inside>.*?)(?:\]\s*|\Z))?(?:>|\Z)""",
    re.DOTALL | re.IGNORECASE | re.VERBOSE,
)
_TAG = re.compile(rb"<\w")
# A name for a few characters: what a hundred thousand references to it make stays small.
_ENTITY = re.compile(
    rb"<!ENTITY\s+[\w.-]{1,40}\s+(?:\"[^\"<&%]{0,40}\"|'[^'<&%]{0,40}'|\"&#\w{1,8};\")\s*>"
)
_REFERENCE = re.compile(rb"&#(?:[0-9]+|[xX][0-9a-fA-F]+);?")
_MOST_PARTS = 1_000_000  # of JSON, lists and objects: each takes up to 200 bytes


def some(values: Any) -> list[Any]:
    """As many of a list as an entry may have; of what is none, nothing."""
    return values[:MOST_OF_A_KIND] if isinstance(values, list) else []


def refuse_many_parts(text: str) -> None:
    """ParseError where `text`, read as JSON, would take more memory than there may be."""
    if text.count("{") + text.count("[") > _MOST_PARTS:
        raise ParseError("JSON of more parts than any feed has")


def readable(body: bytes) -> tuple[bytes, tuple[str, ...]]:
    """As much of `body`, in UTF-8, as feedparser reads within seconds; and what was left out."""
    body = _LONG_TAG.sub(_text, _without_prolog(_DECLARED.sub(b"", body)))
    body = _DECLARATION + _REFERENCE.sub(_character, body)
    if _weight(body.count(b"<"), body.count(b"&")) <= _MOST_TAGS:
        return body, ()
    if _end(body, _MOST_TAGS_IF_SOUND if _sound(body) else _MOST_TAGS) == len(body):
        return body, ()
    end = _end(body, _MOST_TAGS)
    return body[:end], (f"more markup than any feed has; read up to byte {end:,} of {len(body):,}",)


def _without_prolog(body: bytes) -> bytes:
    """Of all before the first tag no more than the names that a document type gives to characters:
    attributes by default, files and what grows by being read stay away. Text that stands there
    stays the fault that it is."""
    text = doctype = b""
    for found in _PROLOG.finditer(body):
        if found["tag"]:
            return text + doctype + body[found.start() :]
        text = text or (found["text"] and b"x\n") or b""
        doctype = doctype or (found["name"] and _harmless(found)) or b""
    tag = _TAG.search(body)
    return body[tag.start() :] if tag else b""


def _harmless(doctype: re.Match[bytes]) -> bytes:
    """On lines of their own, where feedparser looks for it and them."""
    entities = b"\n".join(_ENTITY.findall(doctype["inside"] or b""))
    inside = b"[\n" + entities + b"\n]" if entities else b""
    return b"<!DOCTYPE" + doctype["name"] + inside + b">\n"


def _character(reference: re.Match[bytes]) -> bytes:
    """One that Unicode has; feedparser falls over the others, and the feed with it."""
    digits = reference[0].strip(b"&#;").lower()
    if len(digits) < 12:
        number = int(digits[1:], 16) if digits[:1] == b"x" else int(digits)
        if number < 0xD800 or 0xDFFF < number < 0x110000:
            return reference[0]
    return b"&#xFFFD;"


def _text(tag: re.Match[bytes]) -> bytes:
    """A bracket that opens no tag that ends is a character."""
    found = tag[0]
    quoted = sum(end.end() - end.start() for end in _QUOTED.finditer(found))
    if found.startswith(_SECTION) or len(found) - quoted < 65_536:
        return found
    return b"&lt;" + found[1:]


def _weight(tags: int, references: int) -> int:
    return tags + references // _REFERENCES


def _end(body: bytes, most: int) -> int:
    """Where the markup that is as much as `most` tags ends."""
    tags = references = 0
    for found in _TOKEN.finditer(body):
        tags += found.lastindex == 1
        references += found.lastindex == 2
        if _weight(tags, references) > most:
            return found.start()
    return len(body)


def _sound(body: bytes) -> bool:
    try:
        expat.ParserCreate("utf-8").Parse(body, True)
    except expat.ExpatError:
        return False
    return True
