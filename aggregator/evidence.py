"""What speaks for two entries being one story, as figures, and the rule that decides.

Pure. `measure` holds a print against many others at once; `verdict` has the rules, of which the
first that applies decides. docs/duplicates.md tells them in words. Shares are from 0 to 1, lengths
in tokens.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from aggregator.prints import LEAST, Print, Terms, among
from aggregator.titles import Likeness, Title, likeness, longest_run

_TELLING = 0.1  # what differs by less is not worth a word
_USUAL = 3  # stories; what so many have in common tells little of any
_NONE = np.zeros(1, np.intp)
_WORTH = (
    0.25  # of the shorter text, or of both titles: with less in common there is nothing to judge
)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Seen:
    """An entry as it is compared."""

    print: Print
    source: str
    outlet: str | None  # the host that its link leads to
    published: datetime
    points: bool = False  # it only points at a story that others tell

    @property
    def bare(self) -> bool:
        """Whether its text says nothing that could be compared: it has none, or only the words
        of its title where it points at a story."""
        return len(self.print) < LEAST or (self.points and self.print.own < LEAST)


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    held: float  # how much of the shorter text is in the longer
    alike: float  # of both texts together, how much is in both (Jaccard's coefficient)
    rare: float  # as `held`, without what several other stories have, too
    opening: float  # how much of one's opening is in the other, the better of both
    openings: float  # the worse
    shift: float  # how far apart the common parts stand, as a share of the longer text
    place: float  # where in the longer the shorter begins
    agree: int  # figures that are equal in equal surroundings
    differ: int  # figures that differ in equal surroundings
    strange: int  # words of one's title that only its own text has, of the one with fewer
    strangeness: float  # what share of its title they are
    told: float  # how much of the shorter's title the longer tells in its text or title
    told_back: float  # and of the longer's title the shorter
    shorter: int
    longer: int
    title: Likeness

    @property
    def ratio(self) -> float:
        return self.longer / max(1, self.shorter)

    @property
    def weight(self) -> float:
        """What the nearest of several is found by."""
        return self.held + self.alike + self.title.alike

    def in_words(self) -> Iterator[str]:
        """What people are told of it: the figures that most rules ask for."""
        if self.shorter:
            lengths = f"({self.shorter} and {self.longer} words)"
            yield f"{self.held:.0%} of the shorter text in the longer {lengths}"
            if self.held - self.rare >= _TELLING:
                yield f"{self.rare:.0%} without what other stories say"
        yield "same title" if self.title.same else f"titles {self.title.alike:.0%} alike"
        if self.agree or self.differ:
            yield f"figures: {self.agree} equal, {self.differ} other"

    def __str__(self) -> str:
        """For the ledger; docs/duplicates.md says what the figures mean."""
        told = (
            f"text {self.held:.2f} held, {self.alike:.2f} alike, {self.rare:.2f} rare",
            f"openings {self.opening:.2f} and {self.openings:.2f}, shift {self.shift:.2f}",
            f"title {self.title.alike:.2f} alike" + ", the same" * self.title.same,
            f"told {self.told:.2f} and {self.told_back:.2f}, {self.strange} strange",
            f"figures {self.agree} equal, {self.differ} other",
            f"{self.shorter} and {self.longer} tokens",
        )
        return "; ".join(told)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """One story or not, by which rule; only what is `strong` may join two clusters."""

    one: bool
    rule: str
    strong: bool = False


# ── figures ──────────────────────────────────────────────────────────────────


def measure(
    new: Print, olds: Sequence[Print], clusters: Sequence[int]
) -> Iterator[Evidence | None]:
    """The evidence of each of `olds`, which stand in these clusters; None where there is none."""
    held = new.shingles
    sizes = [len(old.shingles) for old in olds]
    together = np.concatenate([held[:0], *(old.shingles for old in olds)])
    at = np.searchsorted(held, together)
    at[at == len(held)] = 0
    hits = held[at] == together if len(held) else np.zeros(len(together), bool)
    ends = np.cumsum([0, *sizes])
    counts = np.diff(np.concatenate((_NONE, np.cumsum(hits)))[ends]).tolist()
    usual: NDArray[np.bool_] | None = None
    for old, count, (start, end) in zip(olds, counts, pairwise(ends.tolist()), strict=True):
        least = min(len(held), end - start)
        if not (count >= _WORTH * least > 0 or _titles_alike(new.title, old.title)):
            yield None
            continue
        if usual is None:  # for most entries nobody asks
            usual = _usual(at, hits, sizes, clusters, len(held))
        hit = hits[start:end]
        yield _evidence(new, old, hit, at[start:end][hit], usual)


def _titles_alike(one: Title, two: Title) -> bool:
    shared = len(one.pairs & two.pairs)
    return shared > 0 and 2 * shared >= _WORTH * (len(one.pairs) + len(two.pairs))


def _usual(
    at: NDArray[np.intp],
    hits: NDArray[np.bool_],
    sizes: Sequence[int],
    clusters: Sequence[int],
    size: int,
) -> NDArray[np.bool_]:
    """Which shingles of the new print several of these stories have."""
    if len(set(clusters)) < _USUAL or not size:
        return np.zeros(size, bool)
    numbers = {cluster: number for number, cluster in enumerate(dict.fromkeys(clusters))}
    owners = np.repeat([numbers[c] for c in clusters], sizes)
    once = np.unique(owners[hits] * size + at[hits])
    return np.bincount(once % size, minlength=size) >= _USUAL


def _evidence(
    new: Print,
    old: Print,
    hit: NDArray[np.bool_],
    shared: NDArray[np.intp],
    usual: NDArray[np.bool_],
) -> Evidence:
    """`hit` says which shingles of `old` are in `new`, `shared` which of `new` those are."""
    mine, theirs = len(new.shingles), len(old.shingles)
    least, both = min(mine, theirs), len(shared)
    often = int(np.count_nonzero(usual[shared]))
    of_least = least - (int(np.count_nonzero(usual)) if mine <= theirs else often)
    offsets = old.places[hit] - new.places[shared]
    middle = float(np.median(offsets)) if both else 0.0
    longest = max(1, len(new), len(old))
    opened = sorted((_within(new.opening, old.shingles), _within(old.opening, new.shingles)))
    agree, differ = _figures(new, old)
    strange = (_strange(new, old), _strange(old, new))
    short, long = (new, old) if mine <= theirs else (old, new)
    return Evidence(
        held=both / least if least else 0.0,
        alike=both / max(1, mine + theirs - both),
        rare=(both - often) / of_least if of_least else 0.0,
        opening=opened[1],
        openings=opened[0],
        shift=abs(middle) / longest,
        place=max(0.0, middle if mine <= theirs else -middle) / longest,
        agree=agree,
        differ=differ,
        strange=min(strange),
        strangeness=min(
            count / max(1, len(p.headed)) for count, p in zip(strange, (new, old), strict=True)
        ),
        told=_told(short, long),
        told_back=_told(long, short),
        shorter=min(len(new), len(old)),
        longer=max(len(new), len(old)),
        title=likeness(new.title, old.title),
    )


def _strange(one: Print, other: Print) -> int:
    """How many terms of one's title only its own text has."""
    heads = one.headed
    return int(np.count_nonzero(among(heads, one.terms) & ~_known(heads, other)))


def _told(one: Print, other: Print) -> float:
    return int(np.count_nonzero(_known(one.headed, other))) / max(1, len(one.headed))


def _known(terms: Terms, other: Print) -> NDArray[np.bool_]:
    return among(terms, other.terms) | among(terms, other.headed)


def _within(part: NDArray[np.uint32], whole: NDArray[np.uint32]) -> float:
    if not len(part):
        return 0.0
    return float(np.count_nonzero(among(part, whole))) / len(part)


def _figures(one: Print, two: Print) -> tuple[int, int]:
    """How many figures are equal in equal surroundings, and how many differ. One that the other
    text has elsewhere only moved."""
    agree = differ = 0
    here, there = one.figures, two.figures
    for around in here.keys() & there.keys():
        ours, theirs = here[around], there[around]
        if not ours.isdisjoint(theirs):
            agree += 1
        elif ours.isdisjoint(two.numbers) or theirs.isdisjoint(one.numbers):
            differ += 1
    return agree, differ


# ── the rules ────────────────────────────────────────────────────────────────

_SOON = timedelta(days=3)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Pair:
    """Two entries and their evidence, as the rules ask about them."""

    new: Seen
    old: Seen
    e: Evidence

    @property
    def one_outlet(self) -> bool:
        same = self.new.outlet is not None and self.new.outlet == self.old.outlet
        return same or self.new.source == self.old.source

    @property
    def corrects(self) -> bool:
        """Whether one corrects the other: not just anything that it is held against, nor a table
        of another day, which has nearly all figures other."""
        near = max(self.e.alike, self.e.title.alike) >= 0.6
        few = self.e.differ <= max(2, self.e.agree)
        return near and few and (self.new.print.corrects or self.old.print.corrects)

    @property
    def soon(self) -> bool:
        return abs(self.new.published - self.old.published) <= _SOON

    @property
    def telling(self) -> bool:
        """Whether the titles say so much that no two stories have the same."""
        least = 10 if self.new.print.title.unspaced else 6
        return min(len(self.new.print.title), len(self.old.print.title)) >= least


Rule = Callable[[_Pair], Verdict | None]


def verdict(new: Seen, old: Seen, e: Evidence) -> Verdict:
    """By the first rule that has something to say."""
    pair = _Pair(new=new, old=old, e=e)
    for rule in RULES:
        if said := rule(pair):
            return said
    return _apart("too little in common")


def _apart(rule: str) -> Verdict:
    return Verdict(one=False, rule=rule)


def _one(rule: str, *, strong: bool = False) -> Verdict:
    return Verdict(one=True, rule=rule, strong=strong)


def _kind(p: _Pair) -> Verdict | None:
    """What can be no copy, whatever the texts."""
    a, b = p.new.print, p.old.print
    if a.unspaced != b.unspaced:
        return _apart("another script")
    if a.title.serial and b.title.serial and a.title.serial != b.title.serial:
        return _apart("another part of a series")
    if a.title.comments != b.title.comments and p.e.alike < 0.6:
        return _apart("one comments on it")
    if a.title.gathers != b.title.gathers and p.e.alike < 0.6 and not p.e.title.same:
        return _apart("one is of several stories")
    if a.title.live and b.title.live and p.one_outlet and p.e.alike < 0.8:
        return _apart("another report of a live page")
    return None


def _title_figures(p: _Pair) -> Verdict | None:
    if p.e.title.numbers_differ and p.e.title.alike >= 0.3 and not p.corrects:
        return _apart("other figures in the title")
    return None


def _bare(p: _Pair) -> Verdict | None:
    """A title alone is a story only where it points at one, and soon."""
    if not (p.new.bare or p.old.bare):
        return None
    if not (p.new.points or p.old.points):
        return _apart("no text to compare")
    if not p.soon:
        return _apart("only a title, days apart")
    if p.new.outlet is not None and p.new.outlet == p.old.outlet:
        return _apart("its link leads to another page of that outlet")
    a, b, t = p.new.print.title, p.old.print.title, p.e.title
    least = 6 if a.unspaced else 4
    if (
        (t.same and len(a) >= least)
        or (t.held >= 1 and longest_run(a, b) >= least)
        or (t.held >= 0.8 and not t.both_differ)
    ):
        return _one("its title points at it")
    return _apart("only a title, and another one")


def _template(p: _Pair) -> Verdict | None:
    """One outlet writes two stories by one template, or with the same notes below both."""
    t = p.e.title
    if not t.both_differ or p.corrects:
        return None
    e = p.e
    if e.strange >= 2 and e.alike < 0.85 and (e.shorter < 60 or e.strangeness >= 0.2):
        return _apart("another subject by the same template")
    if not p.one_outlet:
        return None
    if t.alike < (0.8 if p.new.source == p.old.source else 0.6):
        return _apart("another title in the same outlet")
    if p.e.shorter < 60 and not t.same:
        return _apart("another title by the same template")
    return None


def _again(p: _Pair) -> Verdict | None:
    """A feed that says the same few words again means another: an open thread, a puzzle. So does
    an outlet with a rubric's title over another text."""
    if p.one_outlet and p.e.title.same and not p.telling and p.e.held < 0.8:
        return _apart("another text under a title that comes again")
    if p.new.source != p.old.source or p.e.shorter >= 60:
        return None
    if p.telling and p.soon and p.e.held >= 0.85:
        return None
    return _apart("the same few words again in one feed")


def _other_figures(p: _Pair) -> Verdict | None:
    differ, agree = p.e.differ, p.e.agree
    many = differ >= 2 and differ > 0.34 * (agree + differ)
    few = differ >= 1 and p.e.shorter < 63 and differ >= agree
    return _apart("other figures") if (many or few) and not p.corrects else None


def _short(p: _Pair) -> Verdict | None:
    e, t = p.e, p.e.title
    if e.held >= 0.8 and e.rare >= 0.5 and e.told >= 0.7:
        return None
    few = e.shorter < 30 and t.both_differ and t.alike < 0.35
    if few or (e.shorter < 25 and e.ratio > 3 and t.alike < 0.5):
        return _apart("too short to tell")
    return None


def _same_text(p: _Pair) -> Verdict | None:
    e = p.e
    if e.alike >= 0.6 and e.rare >= 0.5:
        return _one("the same text", strong=True)
    if e.ratio <= 2 and e.held >= 0.8 and e.rare >= 0.5:
        return _one("nearly the same text", strong=True)
    return None


def _excerpt(p: _Pair) -> Verdict | None:
    e, t = p.e, p.e.title
    begins = e.openings >= 0.3 and e.place <= 0.25
    # A list of several stories tells the titles of all, but none of them tells its title.
    told = e.rare >= 0.5 and e.told >= 0.7 and e.told_back >= 0.3
    titled = t.alike >= 0.35 or t.held >= 0.6 or told
    if e.ratio > 2 and e.held >= 0.8 and e.rare >= 0.25 and (titled or begins):
        sure = e.shorter >= 40 and e.held >= 0.9 and e.rare >= 0.9 and e.told >= 0.9
        return _one("one text holds the other", strong=t.alike >= 0.8 or sure)
    return None


def _same_title(p: _Pair) -> Verdict | None:
    e = p.e
    if not e.title.same:
        return None
    if e.held >= 0.6:
        return _one("the same title and most of the text", strong=True)
    if p.telling and e.held >= 0.25 and not e.differ and p.soon and not p.one_outlet:
        return _one("the same telling title and some of the text")
    return None


def _edited(p: _Pair) -> Verdict | None:
    e, t = p.e, p.e.title
    if t.both_differ and e.shorter < 60 and e.held < 0.6:
        return _apart("too short to tell")
    like = t.alike >= 0.45 or t.held >= 0.75
    begins = e.held >= 0.5 or (e.opening >= 0.3 and p.telling)
    if like and begins and e.held >= 0.3 and e.rare >= 0.3 and e.shift <= 0.3:
        return _one("a like title and part of the text")
    most = e.held >= 0.62 and e.rare >= 0.5 and e.told > 0.5
    if most and e.opening >= 0.5 and e.ratio <= 3 and e.shift <= 0.2:
        return _one("most of the text under another title")
    return None


def _retold(p: _Pair) -> Verdict | None:
    """Another hand's version: it begins alike, goes on in the same order, and names the same
    figures. A story that follows up another begins with what is new."""
    e = p.e
    begins = e.opening >= 0.4 and e.openings >= 0.3 and e.shift <= 0.2 and e.ratio <= 2
    facts = e.agree >= 3 and e.agree >= 4 * e.differ and e.strange < 2
    told = max(e.told, e.told_back) >= 0.5
    if begins and facts and told and e.held >= 0.45 and e.rare >= 0.45 and p.soon:
        return _one("told again by another hand")
    return None


RULES: tuple[Rule, ...] = (
    _kind, _title_figures, _bare, _template, _again, _other_figures, _short,
    _same_text, _excerpt, _same_title, _edited, _retold,
)  # fmt: skip
