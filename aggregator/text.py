"""Text: what HTML says, and what of it counts when two texts are held against each other.

Everything here takes time in line with its input, whatever that is.
"""

from __future__ import annotations

import html
import re
import unicodedata

import re2

# XML 1.0 §2.2 allows no other control characters, nor surrogates and non-characters, and advises
# against C1.
ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]")

# Not an HTML parser: a hundred thousand tags left open cost lexbor many seconds. What is never
# closed runs on to the end, as in HTML, so that no alternative is tried twice over.
_MARKUP = re.compile(
    r"""<!--.*?(?:-->|\Z) | <(script|style)\b.*?(?:</\1\s*>|\Z) | <[!?][^>]*>?
    | </?(?:(?:a|abbr|b|big|cite|code|del|dfn|em|font|i|ins|kbd|mark|q|s|samp|small|span|strike
        |strong|sub|sup|time|tt|u|var|wbr)(?![\w:-]) | (?P<block>[a-z][\w:-]*))
      (?:=\s*"[^"]*"|=\s*'[^']*'|[^>])*+>?""",
    re.DOTALL | re.IGNORECASE | re.VERBOSE,
)
# html.unescape raises ValueError on a reference of thousands of digits.
_ENDLESS_REFERENCE = re.compile(r"&#[0-9]{20,};?")
# NFKC sorts combining marks, in quadratic time; no language piles up thirty (UAX #15, Stream-Safe
# Text Format). The two code points are no marks until NFKC makes them some.
_PILE = re2.compile(rb"([\pM\x{FF9E}\x{FF9F}]{30})[\pM\x{FF9E}\x{FF9F}]+")
_NOT_A_WORD = re.compile(r"[\W_]+")


def plain(markup: str) -> str:
    """The text of HTML on one line, without characters that XML cannot hold. Paragraphs stay
    apart; `大<b>模型</b>` stays one word."""
    return line(untagged(markup))


def paragraphs(markup: str) -> list[str]:
    """The text of HTML, a line for each block that has any."""
    if "<" in markup:
        markup = _MARKUP.sub(lambda tag: "\0" if tag["block"] else "", markup.replace("\0", ""))
    found = (line(_unescaped(part)) for part in markup.split("\0"))
    return [part for part in found if part]


def untagged(markup: str) -> str:
    """The text of HTML, with its line breaks and whatever XML cannot hold."""
    if "<" in markup:
        markup = _MARKUP.sub(lambda tag: " " if tag["block"] else "", markup)
    return _unescaped(markup)


def _unescaped(text: str) -> str:
    return html.unescape(_ENDLESS_REFERENCE.sub("\ufffd", text)) if "&" in text else text


def legal(text: str) -> str:
    """Without characters that XML cannot hold."""
    # None of them is printable, and to ask that is fifty times as fast.
    return text if text.replace("\n", "").isprintable() else ILLEGAL.sub("", text)


def line(text: str) -> str:
    """Plain text on one line, without characters that XML cannot hold."""
    return " ".join(legal(text).split())


def fold(text: str) -> str:
    """Alike whatever its case and width."""
    if text.isascii():
        return text.lower()
    tame = text
    if len(text) > 30:
        encoded = text.encode("utf-8", "surrogatepass")
        tame = _PILE.sub(rb"\1", encoded).decode("utf-8", "surrogatepass")
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", tame).casefold())


def letters(text: str) -> str:
    """Folded letters and digits only: what is left when neither layout nor dots count."""
    return _NOT_A_WORD.sub("", fold(text))
