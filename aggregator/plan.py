"""What the next publication would make of a config that was edited: for each output what it gains,
loses and tells otherwise, and by which rule. Played through on a copy of the store, without
polling; nothing is written.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from aggregator import compose, files, formats
from aggregator.errors import ParseError
from aggregator.ingest import Ruled
from aggregator.model import EVERYTHING, Entry, Response, StoredEntry
from aggregator.overrides import entry_name
from aggregator.packing import Press
from aggregator.pipeline import enrol
from aggregator.posting import Hand
from aggregator.publish import Publication, publish, set_anew
from aggregator.reading import Subscription
from aggregator.stores import Store

Lines = Callable[[str], str | None]
_FORMAT = "atom"  # what documents are held against each other in, entry by entry


def plan(
    store: Store,
    wanted: Publication,
    subscriptions: Mapping[str, Subscription],
    now: datetime,
    *,
    press: Press,
    lines: Lines,
    most: int,
) -> dict[str, Any]:
    """`store` is a copy, which is changed. Of each kind of change in an output `most` are told,
    and all are counted."""
    known, slugs, before = store.states(), store.slugs(), _listed(store)
    anew = set_anew(store, wanted)
    ruled: dict[int, list[Ruled]] = defaultdict(list)
    for x in enrol(store, subscriptions, now):
        ruled[x.cluster].append(x)
    documents = _Documents(wanted)
    hand = Hand(write=files.differs, remove=Path.is_file)
    published = publish(store, wanted, now, hand=hand, press=press.looking(documents.compare))
    after = _listed(store)
    teller = _Teller(store, wanted, subscriptions, ruled, lines, most)
    names = {EVERYTHING, *wanted.titles, *slugs, *before, *after}
    outputs = [
        {
            **_named(name, wanted, slugs, store.slugs()),
            "before": len(before[name]),
            "after": len(after[name]),
            "gains": teller.stories(name, after[name] - before[name], teller.gained),
            "loses": teller.stories(name, before[name] - after[name], teller.lost),
            "changes": documents.changes(store.slugs().get(name), most),
        }
        for name in sorted(names)
    ]
    return {
        "outputs": outputs,
        "sources": {
            "new": sorted(set(subscriptions) - set(known)),
            "gone": sorted(set(known) - set(subscriptions)),
        },
        "settings": anew,
        "documents": {"count": len(published.written), "paths": list(published.written[:most])},
        "failed": list(published.failed),
        "notes": list(published.notes),
    }


def _listed(store: Store) -> dict[str, set[int]]:
    found: dict[str, set[int]] = defaultdict(set)
    for output, story in store.listed():
        found[output].add(story)
    return found


def _named(
    name: str, wanted: Publication, before: Mapping[str, str], after: Mapping[str, str]
) -> dict[str, Any]:
    slug = after.get(name)
    return {
        "output": name or compose.ALL,
        "slug": slug,
        "title": wanted.titles.get(name, name) if name else wanted.site.title,
        "new": name not in before,
        "named": name in wanted.titles or name == EVERYTHING,
    }


# ── stories ──────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class _Teller:
    """Of stories that come and go, the first few in full."""

    store: Store
    wanted: Publication
    subscriptions: Mapping[str, Subscription]
    ruled: Mapping[int, list[Ruled]]
    lines: Lines
    most: int

    def stories(
        self, output: str, clusters: Collection[int], why: Callable[[str, int], str | None]
    ) -> dict[str, Any]:
        newest = sorted(clusters, reverse=True)[: self.most]
        return {"count": len(clusters), "entries": [self._told(output, c, why) for c in newest]}

    def _told(
        self, output: str, cluster: int, why: Callable[[str, int], str | None]
    ) -> dict[str, Any]:
        story = self.store.story(cluster)
        lead = next((s for s in story.sightings if s.key == story.leader), None)
        shown = lead or next(iter(story.sightings), None)
        rule = why(output, cluster)
        return {**_shown(shown), "rule": rule, "line": self.lines(rule) if rule else None}

    def gained(self, output: str, cluster: int) -> str | None:
        """The rule that dropped it and does no more, else that which puts it there."""
        ruled = [x for x in self.ruled.get(cluster, ()) if not x.ruling.dropped]
        freed = (x.dropped for x in ruled if x.dropped and output in (*x.outputs, EVERYTHING))
        puts = (rule for x in ruled if (rule := x.ruling.why.get(output)) is not None)
        return next((f"no longer dropped by {rule}" for rule in freed), None) or next(puts, None)

    def lost(self, output: str, cluster: int) -> str | None:
        """The rule that drops it, or by which the output refuses it; else none holds it there."""
        ruled = self.ruled.get(cluster, ())
        drops = (x.ruling.dropped for x in ruled if x.ruling.dropped)
        refuses = (rule for x in ruled if (rule := x.ruling.refused.get(output)) is not None)
        return next(refuses, None) or next(drops, None)


def _shown(e: StoredEntry | None) -> dict[str, Any]:
    if e is None:
        return {"entry": None, "title": "", "source": None, "url": None}
    url = e.entry.link if e.entry else None
    return {"entry": entry_name(e.key), "title": e.title, "source": e.source, "url": url}


# ── documents ────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class _Documents:
    """Those that would be written, held against those that stand."""

    wanted: Publication
    _found: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    def compare(self, file: Path, body: bytes) -> bool:
        """As `files.differs` answers, and what differs in it is kept."""
        differs = files.differs(file, body)
        if differs and file.parent == self.wanted.folder and file.suffix == f".{_FORMAT}":
            self._found[file.name] = list(_changes(_entries(file), _read(body)))
        return differs

    def changes(self, slug: str | None, most: int) -> dict[str, Any]:
        found = self._found.get(f"{slug}.{_FORMAT}", [])
        return {"count": len(found), "entries": found[:most]}


def _entries(file: Path) -> dict[str, Entry]:
    return _read(file.read_bytes()) if file.is_file() else {}


def _read(body: bytes) -> dict[str, Entry]:
    try:
        feed = formats.parse(Response(url="", body=body))
    except ParseError:  # somebody else's, where ours is to stand
        return {}
    return {e.id: e for e in feed.entries}


def _changes(before: Mapping[str, Entry], after: Mapping[str, Entry]) -> Iterator[dict[str, Any]]:
    """Of the entries that both documents have, those that are told otherwise, and how."""
    for id, new in after.items():
        old = before.get(id)
        if old is not None and old != new:
            source = new.origin.title if new.origin else None
            told = list(_differences(old, new))
            yield {"id": id, "title": new.title, "source": source, "changes": told}


def _differences(old: Entry, new: Entry) -> Iterable[str]:
    if _extent(old) != _extent(new):
        yield f"{_extent(new)} instead of {_extent(old)}"
    elif (old.summary, old.content) != (new.summary, new.content):
        yield "its text"
    names = {"title": "its title", "links": "its links", "categories": "its categories"}
    names |= {"authors": "its authors", "origin": "what is told of its source"}
    found = [words for name, words in names.items() if getattr(old, name) != getattr(new, name)]
    yield from found


def _extent(entry: Entry) -> str:
    if entry.content:
        return "all of its text"
    return "an excerpt" if entry.summary else "its title alone"
