"""Near-duplicates: the entries of one poll, held against those in the store that may tell the same
story.

    print → sketch → postings in the store → prints of those that share most → evidence → verdict

Postings lie in weeks, by when entries were published: what a store holds beside the window is not
touched, neither to look something up nor to write it down.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from aggregator import prints
from aggregator.cluster import outlet_of, points
from aggregator.evidence import Evidence, Seen, Verdict, measure, verdict
from aggregator.model import Entry, Imprint, Kept, StoredEntry
from aggregator.prints import Print, print_of, prints_of
from aggregator.stores import Store

_MOST = 40  # entries that one is held against
_LEAST = 2  # hashes that two share: one alone is chance, or what many have
_CROWD = 64  # entries of a week that share a hash; one that more share finds nobody
_WEEK = timedelta(days=7)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Like:
    """A stored entry that another was held against, and what came of it."""

    old: Imprint
    evidence: Evidence
    verdict: Verdict


class Near:
    """What the store has that is like the entries of one poll, which come in batches. What is
    looked up, and what is to be written, is so for a batch at once."""

    def __init__(self, store: Store, *, window: timedelta, points: bool = False) -> None:
        self._store = store
        self._window = window
        self._points = points  # whether all of the source only points at what others tell
        self._prints: dict[int, tuple[Entry, Print]] = {}  # by what an entry is, not what it says
        self._asked: dict[int, set[int]] = {}  # hashes, by week
        self._postings: dict[int, dict[int, list[int]]] = {}  # entries, by week and hash
        self._olds: dict[int, tuple[Imprint, Print]] = {}
        self._kept: dict[int, Kept] = {}  # and not written yet

    def prepare(self, coming: Iterable[tuple[Entry, datetime]]) -> None:
        """Look up at once where the sketches of a batch lead."""
        self.write()
        for known in (self._prints, self._asked, self._postings, self._olds):
            known.clear()
        batch = list(coming)
        printed = prints_of([entry for entry, _ in batch])
        wanted: dict[int, set[int]] = defaultdict(set)
        for (entry, when), one in zip(batch, printed, strict=True):
            self._prints[id(entry)] = entry, one
            for week in self._weeks(when):
                wanted[week].update(one.sketch)
        self._look(wanted)

    def like(self, new: StoredEntry) -> list[Like]:
        """What it was held against, the likeliest first."""
        assert new.entry is not None
        printed = self._print(new.entry)
        weeks = self._weeks(new.published)
        self._look(dict.fromkeys(weeks, printed.sketch))
        shared: Counter[int] = Counter()
        for week in weeks:
            postings = self._postings[week]
            for mark in printed.sketch if postings else ():
                shared.update(postings.get(mark, ()))
        del shared[new.key]
        keys = _likely(shared)
        olds = [
            old
            for old in self._known(keys)
            if abs(old[0].published - new.published) <= self._window
        ]
        return judged(self._seen(new, printed), olds) if olds else []

    def keep(self, new: StoredEntry, *, before: Entry | None = None) -> None:
        """From now on others are held against it, as it is now and not as it was `before`."""
        assert new.entry is not None
        printed, week = self._print(new.entry), _week(new.published)
        self._look({week: printed.sketch})
        gone = set(self._print(before).sketch).difference(printed.sketch) if before else ()
        here = []
        for mark in printed.sketch:
            known = self._postings[week].setdefault(mark, [])
            if len(known) < _CROWD and new.key not in known:
                known.append(new.key)
                here.append((week, mark))
        if new.key in self._kept:
            self.write()
        self._kept[new.key] = Kept(
            entry=new.key,
            tokens=prints.to_bytes(printed),
            points=self._points or points(new.entry),
            here=tuple(here),
            gone=tuple((week, mark) for mark in gone),
        )

    def write(self) -> None:
        """What is to be kept is in the store from now on."""
        if self._kept:
            self._store.keep_prints(self._kept.values())
            self._kept.clear()

    def forget(self) -> None:
        """What the store says of entries that it had before may be other than it was."""
        self._olds.clear()

    def _seen(self, new: StoredEntry, printed: Print) -> Seen:
        assert new.entry is not None
        return Seen(
            print=printed,
            source=new.source,
            outlet=outlet_of(new.keys.url_key),
            published=new.published,
            points=self._points or points(new.entry),
        )

    def _print(self, entry: Entry) -> Print:
        if id(entry) not in self._prints:
            self._prints[id(entry)] = entry, print_of(entry)
        return self._prints[id(entry)][1]

    def _weeks(self, published: datetime) -> range:
        return _weeks(published, self._window)

    def _look(self, wanted: Mapping[int, Iterable[int]]) -> None:
        unknown = []
        for week, marks in wanted.items():
            asked = self._asked.setdefault(week, set())
            self._postings.setdefault(week, {})
            new = set(marks).difference(asked)
            asked |= new
            unknown += [(week, mark) for mark in new]
        if unknown:
            for (week, mark), keys in self._store.postings(unknown).items():
                self._postings[week][mark] = keys

    def _known(self, keys: Sequence[int]) -> Iterator[tuple[Imprint, Print]]:
        unknown = [key for key in keys if key not in self._olds]
        if unknown:
            if not self._kept.keys().isdisjoint(unknown):
                self.write()
            olds = self._store.imprints(unknown)
            self._olds |= {old.key: (old, p) for old, p in _printed(olds)}
        return (self._olds[key] for key in keys if key in self._olds)


def met(store: Store, entry: int, *, window: timedelta, others: Collection[int] = ()) -> list[Like]:
    """What a stored entry is held against as the store is now, and these `others` as well."""
    own = next(iter(store.imprints([entry])), None)
    if own is None:
        return []
    ((_, printed),) = _printed([own])
    weeks = _weeks(own.published, window)
    found = store.postings([(week, mark) for week in weeks for mark in printed.sketch])
    shared = Counter(key for keys in found.values() for key in keys)
    del shared[entry]
    likely = store.imprints(_likely(shared))
    near = {old.key for old in likely if abs(old.published - own.published) <= window}
    olds = store.imprints((near | set(others)) - {entry})
    return judged(_seen_of(own, printed), _printed(olds)) if olds else []


def _printed(olds: Sequence[Imprint]) -> list[tuple[Imprint, Print]]:
    known = prints.from_stored([(old.tokens, old.title) for old in olds])
    return list(zip(olds, known, strict=True))


def judged(new: Seen, olds: Sequence[tuple[Imprint, Print]]) -> list[Like]:
    """All that there is something to say about, one story first, the nearest before others."""
    found = measure(new.print, [p for _, p in olds], [old.cluster for old, _ in olds])
    likes = [
        Like(old=old, evidence=e, verdict=verdict(new, _seen_of(old, p), e))
        for (old, p), e in zip(olds, found, strict=True)
        if e is not None
    ]
    likes.sort(
        key=lambda like: (
            not like.verdict.one,
            not like.verdict.strong,
            -like.evidence.weight,
            abs(like.old.published - new.published),
            like.old.key,
        )
    )
    return likes


def _seen_of(old: Imprint, printed: Print) -> Seen:
    return Seen(
        print=printed,
        source=old.source,
        outlet=outlet_of(old.url_key),
        published=old.published,
        points=old.points,
    )


def _weeks(published: datetime, window: timedelta) -> range:
    return range(_week(published - window), _week(published + window) + 1)


def _likely(shared: Counter[int]) -> list[int]:
    return [key for key, count in shared.most_common(_MOST) if count >= _LEAST]


def _week(when: datetime) -> int:
    return (when - _EPOCH) // _WEEK
