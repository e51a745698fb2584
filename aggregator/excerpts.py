"""The beginning of a text, cut where a reader would: behind a sentence, else behind a word, never
inside what is seen as one character. Pure.

Lengths count what is seen: a Chinese character is two, an emoji of seven code points is two.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from html import escape

import regex

from aggregator.text import paragraphs, plain

_CLUSTER = regex.compile(r"\X")  # UAX #29: flags, families, jamo, conjuncts, what marks stand on
_PILE = 16  # code points: a longer cluster is no writing, and counts them all

_CLOSING = r"[”’»」』】）》〉〕\"')\]]*"
_END = re.compile(
    rf"""(?P<wide>[。！？；｡]+ | ……)…*[！？]*{_CLOSING}      # whatever follows
    | (?:[!?؟۔।॥።]+ | …)[!?]*{_CLOSING}(?=\s|$)              # followed by space
    | (?P<dots>\.+){_CLOSING}(?=\s|$)""",
    re.VERBOSE,
)
_WORD = re.compile(r"[^\s(\[{«“‘\"'—–-]*$")
# What ends in a dot and no sentence, in small letters.
_SHORT = """
    al approx apt ave blvd bzw ca capt cf co corp dept dr ed eds esp est etc evtl gen gov hon inc
    incl jr lt ltd messrs mme mr mrs ms mt prof rep rev rs sen sgt spp sr sra st tel univ usw vgl
    vs z.b d.h e.g i.e a.m p.m ph.d u.a
"""
# Likewise, where a number follows.
_NUMBERED = """
    art ch eq fig figs no nos nr op p pp sec vol
    jan feb mar apr jun jul aug sep sept oct nov dec
"""
_LEAST = 3  # a first sentence that takes less than a third of the room says too little


def excerpt(markup: str, most: int) -> str:
    """The beginning of its text, on one line."""
    return _cut(plain(markup), most, least=most // _LEAST) or ""


def passage(markup: str, most: int) -> str | None:
    """The beginning of its text in paragraphs of HTML; None where there is no text."""
    taken: list[str] = []
    room = most
    for text in paragraphs(markup):
        size = _size(text, room)
        if size > room:
            least = 0 if taken else room // _LEAST
            taken.append(_cut(text, room, least=least, mid=not taken or room > most // 2))
            break
        taken.append(text)
        room -= size
    return "".join(f"<p>{escape(x, quote=False)}</p>" for x in taken if x) or None


def _cut(text: str, most: int, *, least: int, mid: bool = True) -> str:
    """`text`, if it fits; else as much of it as does: up to the last sentence that ends behind
    `least`, or else, where it may end in the `mid`dle of one, up to a word and an ellipsis."""
    places = _places(text, most)
    if places[-1] == len(text):
        return text
    first = places[min(least, len(places) - 1)]
    fits = set(places)
    ends = [x for x in _ends(text, places[-1]) if first < x and x in fits]
    if ends:
        return text[: ends[-1]].rstrip()
    return _words(text, places[:-1] or places, first) if mid else ""


def _words(text: str, places: list[int], first: int) -> str:
    """Up to the last place where a word ends, or a script without spaces may be cut."""
    inside = [x for x in places if x > first] or places
    best = next((x for x in reversed(inside) if _may_break(text, x)), inside[-1])
    return text[:best].rstrip(" ,;:、，：-–—") + "…"


def _may_break(text: str, place: int) -> bool:
    before, after = text[place - 1 : place], text[place : place + 1]
    return before.isspace() or after.isspace() or _wide(before) or _wide(after)


def _ends(text: str, last: int) -> Iterator[int]:
    """Where sentences end, up to `last`."""
    for found in _END.finditer(text, 0, min(len(text), last + 1)):
        if found.end() <= last and (found["wide"] or _ends_one(text, found)):
            yield found.end()


def _ends_one(text: str, found: re.Match[str]) -> bool:
    after = text[found.end() :].lstrip()[:1] if found.end() < len(text) else ""
    if after.islower():
        return False
    if found["dots"] != ".":
        return True
    word = _WORD.search(text, max(0, found.start() - 40), found.start())
    before = word[0].lower() if word else ""
    return not (
        before in _SHORT.split()
        or (before in _NUMBERED.split() and after.isdigit())
        or re.fullmatch(r"(?:[^\W\d_]\.)*[^\W\d_]", before)  # J. Smith, the U.S.
        or (re.fullmatch(r"\d{1,2}", before) and not after.isdigit())  # 1. First, 3. Oktober
    )


# ── what is seen ─────────────────────────────────────────────────────────────


def _places(text: str, most: int) -> list[int]:
    """The place behind each cluster, by its size: as many as fit into `most`."""
    head = text[: most + 1]
    if head.isascii() and "\r" not in head:  # each stands alone: a fiftieth of the time
        return list(range(min(most, len(text)) + 1))
    places = [0]
    for found in _CLUSTER.finditer(text):
        size = _seen(found[0])
        if len(places) - 1 + size > most:
            break
        places += [places[-1]] * (size - 1) + [found.end()]
    return places


def _size(text: str, most: int) -> int:
    """How much of a room it takes; `most` and one, when it does not fit."""
    places = _places(text, most)
    return len(places) - 1 if places[-1] == len(text) else most + 1


@lru_cache(4096)
def _seen(cluster: str) -> int:
    if len(cluster) > _PILE:
        return len(cluster)
    return 2 if any(map(_wide, cluster)) else 1


def _wide(character: str) -> bool:
    return bool(character) and unicodedata.east_asian_width(character) in ("W", "F")
