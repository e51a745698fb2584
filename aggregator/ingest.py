"""Polls into the store: recognise, cluster, save. One transaction for many polls, and inside it
one for each, so that a poll that cannot be kept takes no other with it.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cached_property
from hashlib import blake2b
from itertools import islice
from typing import TYPE_CHECKING

from aggregator import cluster, links
from aggregator.cluster import Match
from aggregator.errors import StoreError
from aggregator.model import (
    Advertised,
    Arrival,
    Changes,
    Entry,
    Feed,
    FileStamp,
    Keys,
    LinkRules,
    PollState,
    Slowdown,
    StoredEntry,
)
from aggregator.opml import Outline
from aggregator.rules import Backlog, Ruler, Ruling, wish
from aggregator.stores import Store
from aggregator.text import letters, plain

if TYPE_CHECKING:
    from aggregator.near import Like, Near

_FLOOD = 5  # entries
_POLL = timedelta(seconds=1)  # more than one takes, in microseconds an entry
_TOGETHER = 200  # entries for which likes are looked up at once; all of a feed may fill the memory
_WITHDRAWN = "its front matter: it says that it is not published"


@dataclass(frozen=True, slots=True, kw_only=True)
class Poll:
    """What one poll brought, or one push, on its way to the store."""

    source: str
    state: PollState | None  # None: a push, which says nothing of what it does not hold
    feed: Feed | None = None  # None: nothing new is known of the feed itself
    arrivals: tuple[Arrival, ...] = ()  # in document order
    present: frozenset[str] = frozenset()  # source_entry_ids that are still in use
    withdrawn: tuple[str, ...] = ()  # ids of posts that now say `published: false`
    stamps: tuple[FileStamp, ...] = ()
    outlines: tuple[Outline, ...] | None = None  # all that a subscription list names
    gone: tuple[str, ...] = ()  # files that are no longer there: what they said stays
    problems: tuple[str, ...] = ()
    slowdown: Slowdown | None = None  # its host had enough of us
    first: bool = False  # nothing was known of this source: all of it is backfill
    backlog: Backlog | None = None  # how much of that is published; None: all
    points: bool = False  # its entries only point at what others tell
    # By link, what its page says is better; None: asked in vain.
    origins: Mapping[str, str | None] = field(default_factory=dict)
    advertised: Advertised | None = None  # None: nothing new is known of its hubs


def ingest(
    store: Store, polls: Sequence[Poll], *, now: datetime, window: timedelta
) -> list[Changes | Exception]:
    """What came of each poll, in order."""
    outcomes: list[Changes | Exception] = []
    with store.transaction():
        for poll in polls:
            try:
                with store.transaction():
                    outcomes.append(_Ingest(store, poll, now, window).save())
            except StoreError:  # the disk's trouble is everyone's
                raise
            except Exception as error:  # our bug, or this poll's oddity: the others are kept
                outcomes.append(error)
    return outcomes


class _Ingest:
    """One poll being saved: what it knows of the source's entries, and what it touched."""

    def __init__(self, store: Store, poll: Poll, now: datetime, window: timedelta) -> None:
        self.store = store
        self.poll = poll
        self.now = now
        self.window = window
        self.count: Counter[str] = Counter()
        self.touched: set[int] = set()
        # What the document says where, and which stories are its own.
        self.links = {a.keys.source_entry_id: a.keys.url_key for a in poll.arrivals}
        self.own_links = {link for link in self.links.values() if link}
        self.shared: set[str] = set()  # keys that some entry has: most have none in common
        self.by_id: dict[str, list[StoredEntry]] = defaultdict(list)
        self.by_link: dict[str, list[StoredEntry]] = defaultdict(list)
        self.went: dict[int, int] = {}  # clusters that were merged, and into which
        self.again: dict[str, StoredEntry] = {}  # by the new id, what came under another before
        self.left: tuple[str, ...] = ()  # what is to be told of a backlog

    @cached_property
    def near(self) -> Near:
        from aggregator.near import Near  # noqa: PLC0415  # numpy, for what is new only

        return Near(self.store, window=self.window, points=self.poll.points)

    def save(self) -> Changes:
        keys = [a.keys for a in self.poll.arrivals]
        if keys:
            self.shared = self.store.shared(keys)
            links = {k.url_key for k in keys if k.url_key}
            ids = {k.source_entry_id for k in keys}
            ids |= {cluster.stand_in(a.entry) for a in self.poll.arrivals}
            for old in self.store.recognised(self.poll.source, ids, links):
                self._know(old)
            self.again = self._returned()
        coming = self._without_backlog(self._oldest_first())
        for number, (arrival, published) in enumerate(coming):
            if number % _TOGETHER == 0:
                batch = coming[number : number + _TOGETHER]
                self.near.prepare((a.entry, when) for a, when in batch)
            self._take(arrival, published, self.now + timedelta(microseconds=number))
        if coming:
            self.near.write()
        self._withdraw()
        self._heed()
        self.store.settle(self.touched, self.now)
        if self.poll.outlines is not None:
            self.store.keep_outlines(self.poll.source, self.poll.outlines)
        self.store.keep_origins(self.poll.origins, self.now)
        self.store.stamp(self.poll.source, self.poll.stamps)
        self.store.forget(self.poll.source, self.poll.gone)
        flood, feed = self._flood(), self.poll.feed
        if feed and flood:
            feed = replace(feed, problems=feed.problems + flood)
        if self.poll.state:
            self.store.finish(self.poll.state, feed)
        if self.poll.advertised:
            self.store.advertise(self.poll.source, self.poll.advertised)
        if self.poll.slowdown:
            self.store.slow(self.poll.slowdown)
        return Changes(
            new=self.count["new"],
            changed=self.count["changed"],
            merged=self.count["merged"],
            dropped=self.count["dropped"],
            problems=self.poll.problems + flood + self.left,
        )

    def _returned(self) -> dict[str, StoredEntry]:
        """When a feed takes to new ids and links for all that it has, what its entries were before.
        One or two alone could be columns that come again; many at once are a flood, which would
        publish all of them anew."""
        strange = [a for a in self.poll.arrivals if not self._is_known(a.keys)]
        if len(strange) < _FLOOD or self.poll.first or self.poll.state is None:
            return {}
        titles = Counter(a.keys.title_key for a in strange)
        single = [a for a in strange if a.keys.title_key and titles[a.keys.title_key] == 1]
        known: dict[str | None, list[StoredEntry]] = defaultdict(list)
        for old in self.store.titled(
            self.poll.source, {a.keys.title_key for a in single if a.keys.title_key}
        ):
            known[old.keys.title_key].append(old)
        found = {}
        for a in single:
            before = cluster.returned(a.entry, known[a.keys.title_key], gone=self._gone)
            if before:
                found[a.keys.source_entry_id] = before
        return found if len(found) >= max(_FLOOD, len(strange) / 2) else {}

    def _is_known(self, keys: Keys) -> bool:
        return keys.source_entry_id in self.by_id or (keys.url_key or "") in self.by_link

    def _flood(self) -> tuple[str, ...]:
        if not self.again:
            return ()
        return (
            f"{len(self.again)} entries came again under other ids and links:"
            " taken for the old ones, and not published anew",
        )

    def _know(self, entry: StoredEntry) -> None:
        self.by_id[entry.keys.source_entry_id].append(entry)
        if entry.keys.url_key:
            self.by_link[entry.keys.url_key].append(entry)

    def _oldest_first(self) -> list[tuple[Arrival, datetime]]:
        """The arrivals with their dates. Undated ones are of now, a second apart, the first in
        the document being the newest."""
        dated = []
        moment = self.now.replace(microsecond=0)
        for arrival in self.poll.arrivals:
            stated = arrival.entry.published or arrival.entry.updated
            dated.append((arrival, stated or moment))
            if not stated:
                moment -= timedelta(seconds=1)
        dated.reverse()
        return sorted(dated, key=lambda pair: pair[1])

    def _without_backlog(
        self, coming: list[tuple[Arrival, datetime]]
    ) -> list[tuple[Arrival, datetime]]:
        """Of a source that is new to us, more than it is to begin with is kept, and dropped."""
        backlog = self.poll.backlog
        if backlog is None or not self.poll.first:
            return coming
        old = [a for a, _ in coming if a.dropped is None][: -backlog.most]
        if not old:
            return coming
        self.left = (f"{len(old)} older entries are not published, by {backlog.rule}",)
        named = {id(a) for a in old}
        return [
            (replace(a, dropped=backlog.rule) if id(a) in named else a, when) for a, when in coming
        ]

    def _take(self, arrival: Arrival, published: datetime, seen: datetime) -> None:
        keys = arrival.keys
        own = (keys.source_entry_id, cluster.stand_in(arrival.entry))
        known = [old for name in own for old in self.by_id[name] if not self._moved(old)]
        known += self.by_link.get(keys.url_key or "", ())
        old = cluster.recognise(arrival.entry, keys, known, gone=self._gone)
        if old is not None and self._rolled(old, arrival):
            old = None
        owner = next(iter(self.by_id[keys.source_entry_id]), None)
        if owner is not None and owner is not old:
            # Its id is another story's: the feed recycles ids.
            arrival = replace(arrival, keys=_own_keys(arrival))
        if old is None and keys.source_entry_id in self.again:
            before = self.again[keys.source_entry_id]
            self._change(replace(before, cluster=self._now(before.cluster)), arrival)
        elif old is None:
            self._add(arrival, published, seen)
        elif old.keys.digest != keys.digest:
            self._change(replace(old, cluster=self._now(old.cluster)), arrival)

    def _rolled(self, old: StoredEntry, arrival: Arrival) -> bool:
        """Whether a page that others tell the story of, too, shows another one now: theirs is not
        taken away with it."""
        if old.entry is None or cluster.alike(arrival.entry, old.entry):
            return False
        members = self.store.members(self._now(old.cluster))
        return any(x.source != self.poll.source for x in members)

    def _now(self, known: int) -> int:
        """The cluster that this one went into since this poll began."""
        while known in self.went:
            known = self.went[known]
        return known

    def _add(self, arrival: Arrival, published: datetime, seen: datetime) -> None:
        entry = arrival.entry
        new = StoredEntry(
            key=0,
            source=self.poll.source,
            cluster=0,
            keys=arrival.keys,
            title=entry.title,
            first_seen=seen,
            published=published,
            stated=bool(entry.published or entry.updated),
            updated=_past(max(entry.updated or published, published), max(seen, published)),
            feed_updated=self._feed_updated(entry, published),
            outputs=arrival.outputs,
            entry=entry,
        )
        candidates = self._candidates(new)
        likes = self.near.like(new)
        before = cluster.edited(new, candidates, gone=self._gone)
        if before is not None:
            self._change(before, arrival)
            return
        found = self._matches(new, candidates, likes)
        if found:
            new = replace(new, cluster=self._joined(found), reason=found[0].reason)
        when = _surfaced(new) if self.poll.first else max(published, seen)
        new = self.store.add(new, arrival, surfaced=when)
        self.near.keep(new)
        self.count["new"] += 1
        self.count["merged"] += bool(found)
        self.count["dropped"] += bool(arrival.dropped)
        if found:
            self.touched.add(new.cluster)
            self._note_match(new, found[0])
        self._know(new)
        self.shared |= {
            k for k in (new.keys.url_key, new.keys.global_id, new.keys.title_key) if k is not None
        }

    def _change(self, old: StoredEntry, arrival: Arrival) -> None:
        backlog = self.poll.backlog
        if backlog and old.dropped == backlog.rule and arrival.dropped is None:
            arrival = replace(arrival, dropped=old.dropped)
        told = _words(arrival.entry) != _words(old.entry)
        stated = arrival.entry.updated
        updated = old.updated
        if told:
            updated = stated if stated and old.updated < stated <= self.now else self.now
        new = replace(
            old,
            keys=arrival.keys,
            published=self._corrected(old, arrival),
            stated=bool(arrival.entry.published or arrival.entry.updated),
            title=arrival.entry.title,
            updated=updated,
            feed_updated=self._feed_updated(arrival.entry, updated) if told else old.feed_updated,
            dropped=arrival.dropped,
            outputs=arrival.outputs,
            entry=arrival.entry,
        )
        # What a text alone shows, only an entry is joined for that nobody else was one with.
        free = told and not self.store.others_in(old.cluster, than=old.key)
        textual = free or _is_complete_now(old.entry, arrival.entry)
        found = [
            m
            for m in self._matches(new, self._candidates(new), self.near.like(new) if free else ())
            if m.cluster != old.cluster and (textual or m.reason != cluster.SAME_TEXT)
        ]
        if found:
            new = replace(new, cluster=self._joined(found, old.cluster))
            self._note_match(new, found[0])
            self.count["merged"] += 1
        self.store.change(new, arrival, surfaced=self.now if told else None)
        self.near.forget()
        if told:
            self.near.keep(new, before=old.entry)
        if found or _public(new) != _public(old):
            self.touched |= {old.cluster, new.cluster}
            self.count["changed"] += 1
        if told:
            self.store.note(old.key, self.now, "changed", f"title or text; was {old.title!r}")
        if old.keys.source_entry_id != arrival.keys.source_entry_id:
            self.store.note(
                old.key, self.now, "new id", f"was {old.keys.source_entry_id!r}, its link stayed"
            )

    def _corrected(self, old: StoredEntry, arrival: Arrival) -> datetime:
        """A date never moves once it was published; one that is still to come was not."""
        stated = arrival.entry.published or arrival.entry.updated
        return old.published if old.published <= self.now else stated or self.now

    def _withdraw(self) -> None:
        """Not to be published any more; known all the same, should it come back."""
        for old in self.store.recognised(self.poll.source, self.poll.withdrawn, ()):
            if old.dropped is None and old.entry is not None:
                keys = replace(old.keys, digest=b"")
                gone = Arrival(entry=old.entry, keys=keys, outputs=old.outputs, dropped=_WITHDRAWN)
                self.store.change(old, gone, surfaced=None)
                self.store.note(old.key, self.now, "withdrawn", _WITHDRAWN)
                self.touched.add(old.cluster)
                self.count["changed"] += 1

    def _heed(self) -> None:
        """What a feed now wishes for all its entries also goes for those that it holds no more."""
        feed = self.poll.feed
        before = self.store.feed(self.poll.source)
        if feed is None or before.blocked == feed.blocked:
            return
        known = self.store.entries(source=self.poll.source, output=None)
        ids = {old.keys.source_entry_id for old in known}
        for old in self.store.recognised(self.poll.source, ids, ()):
            if old.entry is None or old.entry.blocked != before.blocked:
                continue  # it came with this poll, or has a wish of its own
            entry = replace(old.entry, blocked=feed.blocked)
            granted = wish(before.blocked) if before.blocked else None
            dropped = None if old.dropped == granted else old.dropped
            if feed.blocked and not dropped:
                dropped = wish(feed.blocked)
            keys = replace(old.keys, digest=b"")
            arrival = Arrival(entry=entry, keys=keys, outputs=old.outputs, dropped=dropped)
            self.store.change(old, arrival, surfaced=None)
            self.store.note(old.key, self.now, "ruled", dropped or ", ".join(old.outputs))
            self.touched.add(old.cluster)
            self.count["changed"] += dropped != old.dropped

    def _gone(self, old: StoredEntry) -> bool:
        """Whether the document has that entry no more, or gave its id to another link."""
        name = old.keys.source_entry_id
        return (name not in self.poll.present and self.poll.state is not None) or self.links.get(
            name, old.keys.url_key
        ) != old.keys.url_key

    def _moved(self, old: StoredEntry) -> bool:
        """Whether its link stands in the document under another id now: ids that only number the
        places of a document."""
        link = old.keys.url_key
        return link in self.own_links and self._gone(old)

    def _candidates(self, new: StoredEntry) -> list[StoredEntry]:
        keys = new.keys
        if self.shared.isdisjoint((keys.url_key, keys.global_id, keys.title_key)):
            return []
        found = self.store.candidates(keys, near=new.published, within=self.window)
        return [c for c in found if c.key != new.key]

    def _matches(
        self,
        new: StoredEntry,
        candidates: Sequence[StoredEntry],
        likes: Sequence[Like],
    ) -> list[Match]:
        """What an id or a link shows, all of it; of what only texts show, the best, and those as
        well that are as good as proof. No two clusters in which one source speaks are joined for a
        text: then a paper's daily column is not all of its columns."""
        found = cluster.matches(new, candidates, window=self.window, gone=self._gone)
        strong = [m for m in found if m.reason != cluster.SAME_TEXT]
        one = [like for like in likes if like.verdict.one]
        weak = [*found[len(strong) :], *(_match(like) for like in one)]
        proof = {m.key for m in found} | {like.old.key for like in one if self._sure(like)}
        apart = self._parted(new, (*strong, *weak))
        if apart:
            same = {c.key: cluster.sameness(new.keys, c.keys) for c in candidates}
            strong.sort(key=lambda m: -same[m.key])
        joined: list[Match] = []
        for m in strong:
            if not _clashes(apart, new, m, joined):
                joined.append(m)
        for m in weak:
            if m.cluster in {x.cluster for x in joined} or _clashes(apart, new, m, joined):
                continue
            if (not joined or m.key in proof) and not self._spoken_for(new, m, joined):
                joined.append(m)
        return joined

    def _sure(self, like: Like) -> bool:
        """What only points at a story, and found none so far, goes wherever it is told."""
        old = like.old
        return like.verdict.strong or (
            old.points and not self.store.others_in(old.cluster, than=old.key)
        )

    def _parted(self, new: StoredEntry, found: Iterable[Match]) -> set[frozenset[int]]:
        """Which two of the clusters that may be joined now an operator told apart."""
        clusters = {new.cluster, *(m.cluster for m in found)} - {0}
        return self.store.parted(clusters) if len(clusters) > 1 else set()

    def _spoken_for(self, new: StoredEntry, old: Match, joined: Iterable[Match]) -> bool:
        """Whether another entry of the source of `new`, or of those that it joins, is or is about
        to be the story that `old` tells."""
        if any(self.store.one_source_in(m.cluster, old.cluster) for m in joined):
            return True
        if old.source == new.source:
            return False
        if old.url_key and old.url_key in self.own_links:
            return True
        return self.store.others_in(old.cluster, than=new.key, source=new.source)

    def _joined(self, found: Sequence[Match], *own: int) -> int:
        clusters = {*(m.cluster for m in found), *own}
        if len(clusters) == 1:
            return clusters.pop()
        self.touched |= clusters
        self.near.forget()
        why = {m.cluster: m.reason for m in reversed(found)}
        first = {c: [e.key for e in self.store.members(c) if not e.reason] for c in clusters}
        kept = self.store.merge(clusters)
        self.went |= dict.fromkeys(clusters - {kept}, kept)
        for gone in clusters - {kept}:  # what was alone in it is so no more
            self.store.set_reason(first[gone], why.get(gone, found[0].reason))
        return kept

    def _note_match(self, new: StoredEntry, match: Match) -> None:
        told = f"{match.reason} as {match.title!r} of {match.source}"
        self.store.note(
            new.key, self.now, "merged", f"{told}: {match.detail}" if match.detail else told
        )

    def _feed_updated(self, entry: Entry, at_least: datetime) -> datetime:
        own = self.poll.feed.updated if self.poll.feed else None
        stated = max(own or at_least, entry.updated or at_least, at_least)
        return _past(stated, max(self.now, at_least))


def _clashes(
    apart: Collection[frozenset[int]], new: StoredEntry, old: Match, joined: Iterable[Match]
) -> bool:
    """Whether what `new` is one with already was told apart from what `old` is one with."""
    return any(
        frozenset((old.cluster, one)) in apart
        for one in (new.cluster, *(m.cluster for m in joined))
    )


def _match(like: Like) -> Match:
    old = like.old
    return Match(
        key=old.key,
        source=old.source,
        cluster=old.cluster,
        title=old.title,
        url_key=old.url_key,
        reason=like.verdict.rule,
        detail=str(like.evidence),
    )


def _past(when: datetime, most: datetime) -> datetime:
    """What claims to have been updated in the future was updated when we saw it."""
    return min(when, most)


def _own_keys(arrival: Arrival) -> Keys:
    own = cluster.stand_in(arrival.entry)
    return replace(arrival.keys, source_entry_id=own, global_id=None)


def _is_complete_now(old: Entry | None, new: Entry) -> bool:
    """Whether its text came later than what announced it: then it is compared as if it were new."""
    return bool(old and old.announced is None and new.announced)


def _words(entry: Entry | None) -> tuple[str, str]:
    """What a reader would call its text: markup, white space and links do not count."""
    if entry is None:
        return "", ""
    return letters(entry.title), letters(plain(entry.html))


def _public(entry: StoredEntry) -> tuple[object, ...]:
    """All of it that can be seen from outside."""
    shown = entry.entry and replace(
        entry.entry,
        id="",
        links=tuple(replace(x, count=None) for x in entry.entry.links),
        source_link=None,
        updated=None,
        extensions=(),
        blocked=None,
    )
    return (shown, entry.published, entry.updated, entry.outputs, entry.dropped)


def _surfaced(entry: StoredEntry) -> datetime:
    """What was there before us came up when it was published. The microseconds come from what
    it is, so that copies of one second have one order whoever is saved first."""
    name = f"{entry.source}\n{entry.keys.source_entry_id}".encode("utf-8", "surrogatepass")
    share = int.from_bytes(blake2b(name, digest_size=4).digest(), "big") % 1_000_000
    return entry.published.replace(microsecond=share)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruled:
    """An entry about which the rules say something else than they did."""

    cluster: int
    outputs: tuple[str, ...]  # before
    dropped: str | None  # likewise
    ruling: Ruling


def rule_anew(
    store: Store, source: str, ruler: Ruler, rules: LinkRules, now: datetime
) -> list[Ruled]:
    """After its rules changed: what is stored of `source` is listed as they say now, and its links
    are compared so. No link that was published changes, and no story becomes another."""
    backlog = _backlog(store, source, ruler)

    def ruled(old: StoredEntry, entry: Entry) -> tuple[Ruling, Keys]:
        ruling = ruler(entry)
        ruling = replace(ruling, dropped=backlog.get(old.key, ruling.dropped))
        return ruling, replace(old.keys, url_key=links.key_of(entry, entry.link, rules))

    def stale(old: StoredEntry) -> bool:
        if old.entry is None:
            return False
        ruling, keys = ruled(old, old.entry)
        return (ruling.outputs, ruling.dropped, keys) != (old.outputs, old.dropped, old.keys)

    changed: list[Ruled] = []
    # Read to the end before anything is written, and no more kept of it than that.
    asked = iter([old.key for old in store.entries(source=source, output=None) if stale(old)])
    while batch := list(islice(asked, _TOGETHER)):
        for old in store.known(batch):
            assert old.entry is not None
            ruling, keys = ruled(old, old.entry)
            arrival = Arrival(
                entry=old.entry, keys=keys, outputs=ruling.outputs, dropped=ruling.dropped
            )
            store.change(old, arrival, surfaced=None)
            if (ruling.outputs, ruling.dropped) != (old.outputs, old.dropped):
                store.note(old.key, now, "ruled", ruling.dropped or ", ".join(ruling.outputs))
                changed.append(
                    Ruled(
                        cluster=old.cluster,
                        outputs=old.outputs,
                        dropped=old.dropped,
                        ruling=ruling,
                    )
                )
    store.settle({x.cluster for x in changed}, now)
    return changed


def _backlog(store: Store, source: str, ruler: Ruler) -> dict[int, str]:
    """By key, those that a source began with and that are too many of it. A poll sees its entries
    a microsecond apart, the oldest first, and no two polls of a source are as near."""
    backlog = ruler.backlog
    if backlog is None:
        return {}
    live = [
        (old.first_seen, old.key)
        for old in store.entries(source=source, output=None)
        if old.entry and not ruler(old.entry).dropped
    ]
    live.sort()
    first = [key for seen, key in live if seen - live[0][0] < _POLL]
    return dict.fromkeys(first[: -backlog.most], backlog.rule)
