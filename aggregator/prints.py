"""The print of an entry: what is kept of its text to hold others against it, and its sketch, the
few hashes by which the store finds those that are worth it.

A sketch holds the smallest shingles of the text, of its opening, and of the title's pairs: of two
texts that share a part p, each of the smallest is shared with a chance of p (Broder, "On the
resemblance and containment of documents", 1997).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import pairwise
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from aggregator.model import Entry
from aggregator.prose import prose_of
from aggregator.titles import Title, heading_of, sketch_of, titled
from aggregator.tokens import (
    SHINGLE,
    Shingles,
    Tokens,
    is_number,
    run_of,
    shingles_of,
    tokens_of,
    tokens_of_all,
    unspaced_share,
)

_LONGEST = 4_000  # tokens that are kept of a text
_LETTERS = 40_000  # characters that are read of it
_OPENING = 80  # tokens
_MARGIN = 40  # tokens
_SMALLEST = 24
_SMALLEST_OF_OPENING = 16
_A_NUMBER, _NOTHING = np.uint32(2), np.uint32(1)  # instead of tokens
U = TypeVar("U", np.uint32, np.uint64)
LEAST = 8  # tokens; a text with fewer has nothing to be compared by


Terms = NDArray[np.uint64]


def terms_of(words: Tokens, *, unspaced: bool) -> Terms:
    """What names something, sorted, each once: a word, or two letters in a row where words are not
    set apart."""
    wide = words.astype(np.uint64)
    if unspaced and len(words) > 1:
        wide = (wide[:-1] << np.uint64(32)) | wide[1:]
    return once(wide)


def among(some: NDArray[U], others: NDArray[U]) -> NDArray[np.bool_]:
    """Which of some are in others, which are sorted. np.isin for short rows, in a fifth of its
    time."""
    if not len(others):
        return np.zeros(len(some), bool)
    at = np.searchsorted(others, some)
    at[at == len(others)] = 0
    found: NDArray[np.bool_] = others[at] == some
    return found


@dataclass(frozen=True, eq=False)
class Print:
    """What an entry is compared by. All that is derived is derived once."""

    title: Title
    tokens: Tokens

    def __len__(self) -> int:
        return len(self.tokens)

    @cached_property
    def _row(self) -> Shingles:
        """Its shingles in their order."""
        return shingles_of(self.tokens)

    @cached_property
    def shingles(self) -> Shingles:
        """Sorted, each once."""
        return once(self._row)

    @cached_property
    def places(self) -> NDArray[np.intp]:
        """Of each of these, the first token of its first run."""
        found: NDArray[np.intp] = np.unique(self._row, return_index=True)[1]
        return found

    @cached_property
    def opening(self) -> Shingles:
        """Those of its first tokens."""
        return once(self._row[: _OPENING - SHINGLE + 1])

    @cached_property
    def unspaced(self) -> bool:
        """Whether its script puts no spaces between words."""
        return unspaced_share(np.concatenate((self.title.words, self.tokens))) > 0.5

    @cached_property
    def corrects(self) -> bool:
        """Whether it says that it corrects an earlier version."""
        if self.title.corrects:
            return True
        ends = np.concatenate((self.tokens[:_MARGIN], self.tokens[-_MARGIN:])).tolist()
        words, pairs = _corrections()
        return not (words.isdisjoint(ends) and pairs.isdisjoint(pairwise(ends)))

    @cached_property
    def own(self) -> int:
        """How many tokens its text has that its title has not."""
        return int(np.count_nonzero(~np.isin(self.tokens, self.title.words)))

    @cached_property
    def terms(self) -> Terms:
        """Its words; of a script without spaces, neighbours."""
        return terms_of(self.tokens, unspaced=self.unspaced)

    @cached_property
    def headed(self) -> Terms:
        """Those of the title."""
        return terms_of(self.title.words, unspaced=self.unspaced)

    @cached_property
    def numbers(self) -> frozenset[int]:
        return frozenset(self.tokens[is_number(self.tokens)].tolist())

    @cached_property
    def figures(self) -> dict[int, set[int]]:
        """Numbers by a hash of what stands around them: two tokens before and one after."""
        tokens = self.tokens
        here = is_number(tokens)
        at = np.flatnonzero(here)
        if not len(at):
            return {}
        padded = np.pad(np.where(here, _A_NUMBER, tokens), (2, 1), constant_values=_NOTHING)
        around = np.stack((padded[at], padded[at + 1], padded[at + 3]), axis=1)
        found: dict[int, set[int]] = {}
        for key, value in zip(
            run_of(around.reshape(-1), 3)[::3].tolist(), tokens[at].tolist(), strict=True
        ):
            found.setdefault(key, set()).add(value)
        return found

    @cached_property
    def sketch(self) -> tuple[int, ...]:
        """What the store finds it by, 32 bits each."""
        found = set(sketch_of(self.title))
        if len(self.tokens) >= LEAST:
            found.update(self.shingles[:_SMALLEST].tolist())
            found.update(self.opening[:_SMALLEST_OF_OPENING].tolist())
        return tuple(found)


def once(row: NDArray[U]) -> NDArray[U]:
    """np.unique for short rows, in a third of its time."""
    row = np.sort(row)
    kept = np.ones(len(row), bool)
    np.not_equal(row[1:], row[:-1], out=kept[1:])
    return row[kept]


@cache
def _corrections() -> tuple[frozenset[int], frozenset[tuple[int, int]]]:
    """Words, and neighbours, with which texts say it in their first or last lines."""
    words = tokens_of("corrects corrected correction clarification").tolist()
    zh = [tokens_of(word).tolist() for word in ("更正", "订正", "勘误")]
    return frozenset(words), frozenset((first, second) for first, second in zh)


def print_of(entry: Entry) -> Print:
    """The print of a clean entry."""
    return prints_of([entry])[0]


def prints_of(entries: Sequence[Entry]) -> list[Print]:
    """Those of several, in less time than one by one."""
    headings = [heading_of(entry.title) for entry in entries]
    told = [prose_of(entry.html[: 4 * _LETTERS])[:_LETTERS] for entry in entries]
    found = tokens_of_all([*(heading.text for heading in headings), *told])
    titles = map(titled, headings, found)
    return _printed(titles, [tokens[:_LONGEST] for tokens in found[len(entries) :]])


def from_stored(stored: Sequence[tuple[bytes, str]]) -> list[Print]:
    """The prints of which these are what `to_bytes` gave, and the titles."""
    headings = [heading_of(title) for _, title in stored]
    words = tokens_of_all([heading.text for heading in headings])
    texts = [np.frombuffer(tokens, "<u4") for tokens, _ in stored]
    return _printed(map(titled, headings, words), texts)


def _printed(titles: Iterable[Title], texts: Sequence[Tokens]) -> list[Print]:
    """Their shingles are those of one long text, but for where two meet."""
    found = [Print(title=t, tokens=text) for t, text in zip(titles, texts, strict=True)]
    row = run_of(np.concatenate([*texts, np.empty(0, np.uint32)]), SHINGLE)
    start = 0
    for one in found:
        if len(one) >= SHINGLE:
            vars(one)["_row"] = row[start : start + len(one) - SHINGLE + 1]
        start += len(one)
    return found


def to_bytes(kept: Print) -> bytes:
    """What is stored of it, beside the title."""
    return kept.tokens.astype("<u4").tobytes()
