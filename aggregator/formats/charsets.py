"""Bytes to text: the byte order mark, what is declared, UTF-8, and at last a guess.

Bytes that cannot be read become U+FFFD and are told; no text is given up for them.
"""

from __future__ import annotations

import codecs
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

import chardet
from feedparser.encodings import parse_content_type

_MARKS = (  # UTF-32's little-endian mark begins with UTF-16's
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_SHAPES = (  # the first characters of XML, JSON and front matter are ASCII's
    (re.compile(rb"(?:[\t\n\r -~]\0\0\0){2}"), "utf-32-le"),
    (re.compile(rb"(?:\0\0\0[\t\n\r -~]){2}"), "utf-32-be"),
    (re.compile(rb"(?:[\t\n\r -~]\0){2}"), "utf-16-le"),
    (re.compile(rb"(?:\0[\t\n\r -~]){2}"), "utf-16-be"),
)
# Who writes the one name often means the other (encoding.spec.whatwg.org, "Names and labels").
_MEANT = {
    "gb2312": ("gb18030",),
    "gbk": ("gb18030",),
    "big5": ("big5hkscs", "cp950"),
    "shift_jis": ("cp932",),
    "euc_jp": ("euc_jis_2004", "euc_jp"),
    "euc_kr": ("cp949",),
    "iso8859-1": ("cp1252", "iso8859-1"),
    "iso8859-9": ("cp1254", "iso8859-9"),
    "iso8859-11": ("cp874", "iso8859-11"),
    "tis-620": ("cp874",),
}
# Python's, but no charset of a document; and reading punycode takes the square of its length.
_NO_CHARSETS = {"idna", "punycode", "raw-unicode-escape", "unicode-escape", "utf-7"}

_MULTIBYTE = ("gb18030", "big5hkscs", "cp932", "euc_jis_2004", "cp949")
_LATIN = ("cp1252", "cp1250", "cp1254", "cp1257", "iso8859-2")
_OTHERS = (*_MULTIBYTE, "cp1251", "cp1253", "cp1255", "cp1256", "cp874", "koi8-r", "koi8-u")
_SPACED = bytes(max(byte, 0x20) for byte in range(256))  # by its controls chardet knows a picture
_UNDEFINED = b"\x81\x8d\x8f\x90\x9d"  # in cp1252
_TAG = re.compile(rb"<[^<>]*>")
_ASCII = re.compile(rb"[\0-\x7f]{200,}")
_WORD = re.compile(rb"[A-Za-z]+[\x80-\xff][A-Za-z\x80-\xff]*|[\x80-\xff][A-Za-z\x80-\xff]+")
_FOREIGN = re.compile(rb"[!-~]*[\x80-\xff][!-\xff]*")
_MOST_SAMPLED = 65_536
_PAUSE = re.compile(r"[\x00-\x7f\xa0«»“”„‘’‹›…–—№·؟،؛]+")
# The lead bytes of the characters that GB 2312 and Big5 put first, for they are frequent.
_COMMON_HANZI = {
    "gb18030": ("gb2312", range(0xB0, 0xD8)),
    "big5hkscs": ("big5", range(0xA4, 0xC7)),
}
_MARKS_OF_HANZI = range(0xA1, 0xA4)


@dataclass(frozen=True, slots=True, kw_only=True)
class Decoded:
    """`unreadable` counts the U+FFFD that stand for bytes; `problems` tells what was odd."""

    text: str
    encoding: str
    unreadable: int
    problems: tuple[str, ...]


def decode(body: bytes, *declared: str) -> Decoded:
    """All of `body`, whatever is in it; `declared` are charset labels, the weightiest first.

    Those that are empty, unknown or wrong do no harm. A mark outweighs them all.
    """
    labels = [label for label in declared if label]
    wide, start = _announced(body)
    if wide:
        return _decoded(body[start:], wide, ())
    candidates = [codec for label in labels for codec in _codecs(label)]
    if not body.isascii() and not any(x in _MULTIBYTE for x in candidates):
        # Who declares the charset of a template and sends UTF-8 is common; a text in a charset of
        # one byte a letter that could be UTF-8 as well is not.
        candidates.insert(0, "utf-8")
    expected = _codecs(labels[0]) if labels else ("utf-8",)
    encoding = _fitting(body, [*candidates, "utf-8"]) or _detected(body)
    odd = f"not {labels[0].upper() if labels else 'UTF-8'}; read as {encoding}"
    return _decoded(body, encoding, () if encoding in expected else (odd,))


def stated(content_type: str) -> str:
    """The charset that a Content-Type names, or ""."""
    return str(parse_content_type(content_type)[1])


def _decoded(body: bytes, encoding: str, problems: tuple[str, ...]) -> Decoded:
    text = body.decode(encoding, "replace")
    unreadable = text.count("\ufffd")
    if unreadable:  # but some may have been written so
        unreadable -= body.decode(encoding, "ignore").count("\ufffd")
    if unreadable:
        problems += (f"{unreadable} characters cannot be read as {encoding}; � stands for them",)
    return Decoded(
        text=text.lstrip("\ufeff"), encoding=encoding, unreadable=unreadable, problems=problems
    )


# ── what is said of it ───────────────────────────────────────────────────────


def _announced(body: bytes) -> tuple[str, int]:
    """The encoding that the first bytes give away, and the length of the mark; or "" and 0."""
    for mark, encoding in _MARKS:
        if body.startswith(mark):
            return encoding, len(mark)
    return next((encoding for shape, encoding in _SHAPES if shape.match(body)), ""), 0


def _codecs(label: str) -> tuple[str, ...]:
    """Python's names for what `label` may mean, the likeliest first."""
    plain = label.strip().lower().removeprefix("x-").replace("windows-", "cp")
    try:
        name = codecs.lookup(plain[:40]).name
        b"a".decode(name)
    except (LookupError, ValueError):
        return ()  # unknown, or no charset, such as base64; or wide, and that is seen by the shape
    return () if name in _NO_CHARSETS else _MEANT.get(name, (name,))


def _fitting(body: bytes, candidates: list[str]) -> str | None:
    """The first that reads every byte; else one that reads far more than it cannot."""
    for encoding in candidates:
        try:
            body.decode(encoding)
        except UnicodeError:
            continue
        return encoding
    # UTF-8 before the others, for none is so hard to take for another. As UTF-8, a text in an East
    # Asian encoding or Thai has up to 1.5 good characters for a broken one, Western ones have none.
    return next((x for x in ("utf-8", *candidates) if _fits(body.decode(x, "replace"), 2)), None)


def _fits(text: str, times: int) -> bool:
    broken = text.count("\ufffd")
    return len(text) - len(text.encode("ascii", "ignore")) - broken > times * broken


# ── what it looks like ───────────────────────────────────────────────────────


def _detected(body: bytes) -> str:
    sample = _TAG.sub(b" ", body.translate(_SPACED))
    sample = _ASCII.sub(b" ", sample)[:_MOST_SAMPLED]
    words = b"".join(_WORD.findall(sample))
    plain = sum(byte < 0x80 for byte in words)
    # Accents and quotes stand alone among plain letters. The words of other scripts have few or
    # none of those, and East Asian encodings have one for three other bytes.
    if not words or plain > len(words) - plain:
        return _guess(sample.translate(None, _UNDEFINED), _LATIN)
    sample = b" ".join(_FOREIGN.findall(sample))  # else some English drowns a Chinese title
    best = _guess(sample, _OTHERS + _LATIN)
    if best in _MULTIBYTE:
        return best
    if best not in _LATIN and not _worded(sample.decode(best, "replace")):
        chinese = next((x for x in _COMMON_HANZI if _of_common_hanzi(sample, x)), None)
        if chinese:
            return chinese
    # One bad byte is enough for chardet to rule an encoding out.
    return next((x for x in _OTHERS if _mended(sample, x)), best)


def _guess(sample: bytes, encodings: Iterable[str]) -> str:
    if not sample:
        return "cp1252"
    found = chardet.detect_all(
        sample, ignore_threshold=True, compat_names=False, include_encodings=encodings
    )
    likely = {x["encoding"] or "cp1252": x["confidence"] for x in found}  # None: nothing fits
    best = max(likely, key=lambda encoding: likely[encoding])
    # A few characters say little: then the most used of its kind, unless another fits half as
    # well again.
    usual = "cp1252" if best in _LATIN else "gb18030" if best in _MULTIBYTE else best
    return usual if likely.get(usual, 0) >= likely[best] * 2 / 3 else best


def _worded(text: str) -> bool:
    """Whether it looks like words of an alphabet: most have the letters of one script alone, and
    capitals in front, everywhere or nowhere. A few hanzi read as Cyrillic are `фХ╕р`."""
    words = _PAUSE.split(text)
    odd = sum(not _is_word(word) for word in words if word)
    return odd * 4 <= len([word for word in words if word])


def _is_word(word: str) -> bool:
    if any(unicodedata.category(c)[0] not in "LM" for c in word):
        return False
    scripts = {unicodedata.name(c, "?").partition(" ")[0] for c in word}
    capitals = word[1:].islower() or word.isupper() or word.lower() == word.upper()
    marked = unicodedata.category(word[0]) == "Mn"
    return len(scripts) == 1 and (capitals or len(word) == 1) and not marked


def _of_common_hanzi(sample: bytes, encoding: str) -> bool:
    """Whether every character is one of the few thousand that its standard calls frequent, or a
    punctuation mark beside them."""
    national, frequent = _COMMON_HANZI[encoding]
    try:
        found = [c.encode(national)[0] for c in sample.decode(encoding) if c > "\x7f"]
    except UnicodeError:
        return False
    hanzi = sum(lead in frequent for lead in found)
    return hanzi > 1 and all(lead in frequent or lead in _MARKS_OF_HANZI for lead in found)


def _mended(sample: bytes, encoding: str) -> bool:
    """Whether it is `encoding` but for a few bytes."""
    text = sample.decode(encoding, "replace")
    if "\ufffd" not in text or not _fits(text, 10):
        return False
    whole = text.replace("\ufffd", "").encode(encoding, "ignore")
    return _guess(whole, _OTHERS + _LATIN) == encoding


_ESCAPES = re.compile(
    r"\\u(?:(?P<pair>[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2})|(?P<half>[dD][89a-fA-F]"
    r"[0-9a-fA-F]{2}))|\\.",
    re.DOTALL,
)


def whole_escapes(text: str) -> str:
    """JSON in which no escape is half of a surrogate pair (RFC 8259 §8.2): nothing could store
    what that makes."""
    if "\\ud" not in text and "\\uD" not in text:
        return text
    return _ESCAPES.sub(lambda found: "\\ufffd" if found["half"] else found[0], text)
