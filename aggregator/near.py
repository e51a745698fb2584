"""Near-duplicates: the entries of one poll, held against those in the store that may tell the same
story.

    print → sketch → postings in the store → prints of those that share most → evidence → verdict

Postings lie in weeks, by when entries were published: what a store holds beside the window is not
touched, neither to look something up nor to write it down.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from aggregator import prints
from aggregator.cluster import outlet_of, points
from aggregator.evidence import Evidence, Seen, Verdict, measure, verdict
from aggregator.model import Entry, Imprint, Place, StoredEntry
from aggregator.prints import Print, print_of
from aggregator.stores import Store

_MOST = 40  # entries that one is held against
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
    """What the store has that is like the entries of one poll."""

    def __init__(self, store: Store, *, window: timedelta, points: bool = False) -> None:
        self._store = store
        self._window = window
        self._points = points  # whether all of the source only points at what others tell
        self._postings: dict[Place, list[int]] = {}
        self._prints: dict[Entry, Print] = {}

    def prepare(self, coming: Iterable[tuple[Entry, datetime]]) -> None:
        """Look up at once where the sketches of a whole document lead."""
        self._look({x for entry, when in coming for x in self._places(self._print(entry), when)})

    def like(self, new: StoredEntry) -> list[Like]:
        """What it was held against, the likeliest first."""
        assert new.entry is not None
        printed = self._print(new.entry)
        places = self._places(printed, new.published)
        self._look(places)
        shared = Counter(key for place in places for key in self._postings[place])
        del shared[new.key]
        keys = [key for key, _ in shared.most_common(_MOST)]
        olds = [
            old
            for old in self._store.imprints(keys)
            if abs(old.published - new.published) <= self._window
        ]
        return judged(self._seen(new, printed), olds) if olds else []

    def keep(self, new: StoredEntry, *, before: Entry | None = None) -> None:
        """From now on others are held against it, as it is now and not as it was `before`."""
        assert new.entry is not None
        printed, week = self._print(new.entry), _week(new.published)
        self._look([(week, mark) for mark in printed.sketch])
        gone = set(self._print(before).sketch) - set(printed.sketch) if before else set()
        kept = []
        for mark in printed.sketch:
            known = self._postings[week, mark]
            if len(known) < _CROWD and new.key not in known:
                known.append(new.key)
                kept.append((week, mark))
        self._store.keep_print(
            new.key,
            prints.to_bytes(printed),
            points=self._points or points(new.entry),
            kept=kept,
            gone=[(week, mark) for mark in gone],
        )

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
        if entry not in self._prints:
            self._prints[entry] = print_of(entry)
        return self._prints[entry]

    def _places(self, printed: Print, published: datetime) -> list[Place]:
        weeks = range(_week(published - self._window), _week(published + self._window) + 1)
        return [(week, mark) for week in weeks for mark in printed.sketch]

    def _look(self, places: Iterable[Place]) -> None:
        unknown = {place for place in places if place not in self._postings}
        if unknown:
            found = self._store.postings(unknown)
            self._postings |= {place: found.get(place, []) for place in unknown}


def judged(new: Seen, olds: Sequence[Imprint]) -> list[Like]:
    """All that there is something to say about, one story first, the nearest before others."""
    known = [prints.from_bytes(old.tokens, old.title) for old in olds]
    found = measure(new.print, known, [old.cluster for old in olds])
    likes = [
        Like(old=old, evidence=e, verdict=verdict(new, _seen_of(old, p), e))
        for old, p, e in zip(olds, known, found, strict=True)
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


def _week(when: datetime) -> int:
    return (when - _EPOCH) // _WEEK
