"""What texts are compared by: a token is a letter of a script that is written without spaces
(Han, kana, hangul, Thai), a word of any other, or a number. Each is a 32-bit hash whose last two
bits say which; four in a row are a shingle.

Case, width, and traditional or simplified letters do not count. Everything is done to whole
arrays: a page of text takes a tenth of a millisecond.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from functools import cache
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

Tokens = NDArray[np.uint32]
Shingles = NDArray[np.uint32]  # sorted, each once

LETTER, WORD, NUMBER = 0, 1, 2  # the last two bits of a token
SHINGLE = 4  # tokens

_NONE, _SPLIT, _JOINED, _DIGIT = 0, 1, 2, 3  # what a character is
_BMP = 0x10000
_ASTRAL = 0x32400  # the Han of the supplementary planes end before it
_POINTS = frozenset(map(ord, ".:"))  # within a number
_COMMAS = frozenset(map(ord, ",'’"))  # between its thousands
_TRADITIONAL = 0.06  # of a text's characters; one that only quotes some has fewer
_TOGETHER = 100_000  # characters that are looked at as one array, at least
_LONGEST = 64  # characters of a word that tell it from others

# Scripts without spaces between words, beside Han: kana, bopomofo, hangul, Thai, Lao, Tibetan,
# Myanmar, Khmer.
_UNSPACED = (
    (0x0E00, 0x0EFF), (0x0F00, 0x0FFF), (0x1000, 0x109F), (0x1100, 0x11FF), (0x1780, 0x17FF),
    (0x2E80, 0x2FDF), (0x3005, 0x3007), (0x3021, 0x3029), (0x3040, 0x318F), (0x31A0, 0x31BF),
    (0x31F0, 0x31FF), (0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xAC00, 0xD7AF), (0xF900, 0xFAFF),
    (0x20000, 0x323AF),
)  # fmt: skip


def tokens_of(text: str) -> Tokens:
    """The tokens of plain text, in order."""
    return tokens_of_all([text])[0]


def tokens_of_all(texts: Sequence[str]) -> list[Tokens]:
    """Those of each text. An array takes its time for being called, not for being long: many
    short texts at once take a third of what they take one by one."""
    found: list[Tokens] = []
    batch: list[str] = []
    size = 0
    for text in texts:
        batch.append(text)
        size += len(text)
        if size > _TOGETHER:
            found += _tokens_of_batch(batch)
            batch, size = [], 0
    return found + _tokens_of_batch(batch)


def _tokens_of_batch(texts: Sequence[str]) -> list[Tokens]:
    told = [_as_compared(text) for text in texts]
    points = _folding()[np.minimum(_points("\n".join(told)), _ASTRAL - 1)]
    points, kinds, dropped = _numbers_whole(points, _kinds()[points])
    tokens, places = _hashed(points, kinds)
    ends = np.cumsum([len(text) + 1 for text in told])
    ends -= np.searchsorted(dropped, ends)
    cuts = np.searchsorted(places, ends).tolist()
    return [tokens[start:end] for start, end in pairwise([0, *cuts])]


def _as_compared(text: str) -> str:
    """Composed, and in the words of the mainland."""
    if text.isascii():
        return text
    if not unicodedata.is_normalized("NFC", text):
        text = unicodedata.normalize("NFC", text)
    return _of_the_mainland(text) if _is_traditional(_points(text)) else text


def _hashed(
    points: NDArray[np.uint32], kinds: NDArray[np.uint8]
) -> tuple[Tokens, NDArray[np.intp]]:
    """The tokens, and where each begins."""
    starts = kinds != _NONE
    starts[1:] &= (kinds[1:] != kinds[:-1]) | (kinds[1:] == _SPLIT)
    kept = np.flatnonzero(kinds)
    if not len(kept):
        return np.empty(0, np.uint32), kept
    begun = starts[kept]
    first = np.flatnonzero(begun)
    place = np.arange(len(kept))
    within = place - np.maximum.accumulate(np.where(begun, place, 0))
    powers = _powers()[np.minimum(within, _LONGEST - 1)]
    sums = np.add.reduceat((points[kept] + np.uint64(1)) * powers, first)
    marks = (kinds[kept[first]] - np.uint8(1)).astype(np.uint32)
    return (_mixed(sums) & np.uint32(0xFFFFFFFC)) | marks, kept[first]


def shingles_of(tokens: Tokens) -> Shingles:
    """Every four tokens in a row, in order; shorter texts are one shingle, or none."""
    if len(tokens) < SHINGLE:
        return run_of(tokens, max(1, len(tokens)))
    return run_of(tokens, SHINGLE)


def run_of(tokens: Tokens, size: int) -> Shingles:
    """A hash of every `size` tokens in a row, in order."""
    count = len(tokens) - size + 1
    if count < 1:
        return np.empty(0, np.uint32)
    wide = tokens.astype(np.uint64)
    sums = wide[:count] * _powers()[0]
    for i in range(1, size):
        sums = sums + wide[i : i + count] * _powers()[i]
    return _mixed(sums)


def simplified(text: str) -> str:
    """With each traditional letter in its simplified form, one for one."""
    return text if text.isascii() else text.translate(_simple_letters())


def spellings(text: str) -> tuple[str, ...]:
    """Simplified, as it stands and as the mainland and Taiwan say it: 軟體 is 软体 and 软件."""
    if not any(map(_is_han, text)):
        return (text,)
    ways = (text, _of_the_mainland(text), str(_converter("s2twp").convert(text)))
    return tuple(dict.fromkeys(map(simplified, ways)))


@cache
def classes() -> tuple[str, str]:
    """Of a regular expression: the letters of scripts without spaces, and those that words of the
    others consist of, with their marks and digits."""
    kinds = _kinds()
    return _class(kinds == _SPLIT), _class((kinds == _JOINED) | (kinds == _DIGIT))


def _class(members: NDArray[np.bool_]) -> str:
    edges = np.flatnonzero(np.diff(members, prepend=False, append=False)).tolist()
    ends = zip(edges[::2], edges[1::2], strict=True)
    return "".join(f"\\U{first:08x}-\\U{last - 1:08x}" for first, last in ends)


def is_number(tokens: Tokens) -> NDArray[np.bool_]:
    found: NDArray[np.bool_] = (tokens & np.uint32(3)) == NUMBER
    return found


def unspaced_share(tokens: Tokens) -> float:
    """How much of it is written without spaces, from 0 to 1."""
    return float(np.mean((tokens & np.uint32(3)) == LETTER)) if len(tokens) else 0.0


def _points(text: str) -> NDArray[np.uint32]:
    return np.frombuffer(text.encode("utf-32-le", "replace"), np.uint32)


def _is_traditional(points: NDArray[np.uint32]) -> bool:
    """Whether so much of it is that its words may be those of Taiwan or Hong Kong, too."""
    traditional = np.count_nonzero(_traditional()[np.minimum(points, _ASTRAL - 1)])
    return int(traditional) > _TRADITIONAL * len(points)


# ── tables ───────────────────────────────────────────────────────────────────


def _numbers_whole(
    points: NDArray[np.uint32], kinds: NDArray[np.uint8]
) -> tuple[NDArray[np.uint32], NDArray[np.uint8], NDArray[np.intp]]:
    """3,012.5 is one number, and 3012.5 the same one. Third, where something was dropped."""
    marks = np.flatnonzero(_marks()[points[1:-1]]) + 1
    marks = marks[(kinds[marks - 1] == _DIGIT) & (kinds[marks + 1] == _DIGIT)]
    dropped = marks[_marks()[points[marks]] == 2]
    if not len(marks):
        return points, kinds, dropped
    kinds[marks] = _DIGIT
    kept = np.ones(len(points), bool)
    kept[dropped] = False
    return points[kept], kinds[kept], dropped


@cache
def _folding() -> NDArray[np.uint32]:
    """By code point, what it is compared as: simplified, narrow, of small case."""
    table = np.arange(_ASTRAL, dtype=np.uint32)
    for point in range(0x80, _BMP):
        if not 0xD800 <= point < 0xE000:
            table[point] = ord(unicodedata.normalize("NFKC", chr(point)).casefold()[:1] or "\0")
    for point in range(0x41, 0x5B):
        table[point] = point + 32
    traditional = [*range(0x3400, 0xA000), *range(0x20000, 0x323B0)]
    simplified = _simplified("\n".join(map(chr, traditional))).split("\n")
    table[traditional] = [ord(letter[:1] or "\0") for letter in simplified]
    # What NFKC makes of a compatibility form may be traditional as well.
    return np.where(table < _ASTRAL, table[np.minimum(table, _ASTRAL - 1)], table)


def _simplified(text: str) -> str:
    return str(_converter("t2s").convert(text))


def _is_han(letter: str) -> bool:
    return "\u3400" <= letter <= "\u9fff" or letter >= "\U00020000"


@cache
def _simple_letters() -> dict[int, str]:
    han = [*range(0x3400, 0xA000), *range(0x20000, 0x323B0)]
    folded = _folding()[han].tolist()
    return {old: chr(new) for old, new in zip(han, folded, strict=True) if new != old and new}


def _of_the_mainland(text: str) -> str:
    """軟體 is 软件 there, not 软体."""
    return str(_converter("tw2sp").convert(text))


@cache
def _converter(name: str) -> Any:
    from opencc import OpenCC  # noqa: PLC0415  # once, when the first text is compared

    return OpenCC(name)


@cache
def _traditional() -> NDArray[np.bool_]:
    """By code point, whether it is a Han letter that has a simplified form."""
    table = np.zeros(_ASTRAL, bool)
    han = np.arange(0x3400, 0xA000)
    table[han] = _folding()[han] != han
    return table


@cache
def _kinds() -> NDArray[np.uint8]:
    """By code point, whether it stands alone, in a word, in a number, or counts for nothing."""
    table = np.zeros(_ASTRAL, np.uint8)
    for point in range(_ASTRAL):
        category = unicodedata.category(chr(point))
        if category == "Nd":
            table[point] = _DIGIT
        elif category[0] in "LM" or category == "Nl":
            table[point] = _JOINED
    for first, last in _UNSPACED:
        span = table[first : last + 1]
        span[span == _JOINED] = _SPLIT
    return table


@cache
def _marks() -> NDArray[np.uint8]:
    table = np.zeros(_ASTRAL, np.uint8)
    table[list(_POINTS)] = 1
    table[list(_COMMAS)] = 2
    return table


@cache
def _powers() -> NDArray[np.uint64]:
    """Odd numbers without a pattern: a hash of a row is the sum of its members times these."""
    seed, found = 0x9E3779B97F4A7C15, []
    state = seed
    for _ in range(_LONGEST):
        state = (state + seed) % 2**64
        value = (state ^ (state >> 30)) * 0xBF58476D1CE4E5B9 % 2**64
        value = (value ^ (value >> 27)) * 0x94D049BB133111EB % 2**64
        found.append((value ^ (value >> 31)) | 1)
    return np.array(found, np.uint64)


def _mixed(sums: NDArray[np.uint64]) -> Shingles:
    """The 64 bits stirred (the finaliser of MurmurHash3, in the public domain), and half kept."""
    sums = (sums ^ (sums >> np.uint64(33))) * np.uint64(0xFF51AFD7ED558CCD)
    sums = (sums ^ (sums >> np.uint64(33))) * np.uint64(0xC4CEB9FE1A85EC53)
    return (sums >> np.uint64(32)).astype(np.uint32)
