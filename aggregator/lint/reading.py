"""Bytes to text, and what kind of document it is: told by looking, never by its name."""

from __future__ import annotations

import codecs
import re

from aggregator.lint.fault import Faults, Place

LARGEST = 10_000_000  # bytes
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_WIDE = ((b"<\0", "utf-16-le"), (b"\0<", "utf-16-be"), (b"{\0", "utf-16-le"), (b"\0{", "utf-16-be"))
_DECLARED = re.compile(rb"""\s*<\?xml[^>]{0,200}?encoding\s*=\s*["']([^"'<>]{1,40})["']""")
_META = re.compile(rb"""<meta[^>]{0,200}?charset\s*=\s*["']?\s*([\w.:-]{1,40})""", re.IGNORECASE)
# Python's, and no charset of a document.
_NO_CHARSETS = {"idna", "punycode", "raw-unicode-escape", "unicode-escape", "utf-7"}
_CONTROLS = re.compile(
    "[\x7f-\x84\x86-\x9f]|&#(?:12[789]|1[345][0-9]|0*[xX]0*(?:7[fF]|[89][0-9a-fA-F]));"
)
_JSON = re.compile(r"\s*[\[{]")
_PAGE = re.compile(
    r"\s*(?:<\?xml[^>]*>\s*|<!--.*?-->\s*)*(?:<!doctype\s+html|<html[\s>])",
    re.IGNORECASE | re.DOTALL,
)
_XML = re.compile(r"\s*<[?!A-Za-z]")


def text_of(body: bytes, faults: Faults) -> str:
    """All of it; bytes that are none of its encoding are told, and become U+FFFD."""
    start = Place(line=1, column=1)
    marked = next(((m, e) for m, e in _MARKS if body.startswith(m)), None)
    if marked:
        body = body[len(marked[0]) :]
        if marked[1] == "utf-8":
            faults.add("byte-order-mark", "the document begins with U+FEFF", start)
    wide = marked[1] if marked else next((e for m, e in _WIDE if body.startswith(m)), None)
    label = _label(body.decode(wide, "ignore")[:2000].encode() if wide else body)
    name = _codec(label) if label else wide or "utf-8"
    if name is None:
        faults.add("unknown-encoding", f"nobody knows the encoding {label!r}", start)
        name = wide or "utf-8"
    if (wide or "utf-8")[:6] != name[:6] and (wide or name.startswith(("utf-16", "utf-32"))):
        faults.add("wrong-encoding", f"it declares {label}, and is {wide or 'none'}", start)
        name = "utf-8"
    name = wide or name
    if name not in ("utf-8", "ascii"):
        faults.add("other-encoding", f"the document is in {label or name}", start)
    return _decoded(body, name, faults)


def declared(body: bytes) -> str:
    """The encoding that a document says it is in, or ""."""
    return _label(body)


def _label(body: bytes) -> str:
    found = _DECLARED.match(body)
    if not found and re.match(rb"\s*<(?:!doctype html|html)", body, re.IGNORECASE):
        found = _META.search(body[:1024])
    return found[1].decode("ascii", "replace") if found else ""


def _codec(label: str) -> str | None:
    try:
        found = codecs.lookup(label.strip().lower().removeprefix("x-"))
        b"a".decode(found.name, "ignore")
    except (LookupError, ValueError):
        return None
    return None if found.name in _NO_CHARSETS else found.name


def _decoded(body: bytes, name: str, faults: Faults) -> str:
    try:
        text = body.decode(name)
    except UnicodeError as error:
        before = body[: getattr(error, "start", 0)]
        line = before.count(b"\n") + 1
        column = len(before[before.rfind(b"\n") + 1 :].decode(name, "replace")) + 1
        faults.add("wrong-encoding", f"bytes that are no {name}", Place(line=line, column=column))
        text = body.decode(name, "replace")
    for found in () if faults.only_errors else _CONTROLS.finditer(text):
        before_it = text[: found.start()]
        line, column = before_it.count("\n") + 1, found.start() - before_it.rfind("\n")
        faults.add(
            "control-character", f"{found[0]!a} in the text", Place(line=line, column=column)
        )
        break  # where there is one there are a thousand
    return text


def looks_like(text: str) -> str:
    """json, html, xml or "": what the first characters say."""
    if _JSON.match(text):
        return "json"
    if _PAGE.match(text[:5000]):
        return "html"
    return "xml" if _XML.match(text) else ""


def likely(text: str) -> str:
    """The kind of XML that cannot be read to its end."""
    head = re.sub(r"<\?.*?\?>|<!--.*?-->|<!DOCTYPE[^>]*>", "", text[:20_000], flags=re.DOTALL)
    found = re.match(r"\s*<(?:\w+:)?(feed|entry|rss|RDF|opml)\b", head)
    names = {"feed": "atom", "entry": "atom", "rss": "rss", "RDF": "rss", "opml": "opml"}
    return names[found[1]] if found else ""
