"""What an operator knows better: two stories that are one, a copy that is none. For good: no poll,
edit, shared link or changed config undoes it.

What is meant is named by an id of a source or of ours, by an address, or by what `explain` calls
it: e17 is an entry, c3 a story.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from aggregator import links
from aggregator.errors import AggregatorError
from aggregator.model import KNOWN, LinkRules, StoredEntry, Story
from aggregator.stores import Store

MERGED = "merged by hand"
SPLIT = "split by hand"

_ENTRY = re.compile(r"e([1-9]\d{0,17})")
_STORY = re.compile(r"c([1-9]\d{0,17})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What was done, in words, and which clusters are there now."""

    told: str
    clusters: tuple[int, ...]
    changed: bool = True


def entry_name(key: int) -> str:
    return f"e{key}"


def story_name(cluster: int) -> str:
    return f"c{cluster}"


# ── what is meant ────────────────────────────────────────────────────────────


def found(store: Store, text: str, rules: LinkRules = KNOWN) -> list[StoredEntry]:
    """Every copy of the stories that `text` names."""
    if one := _ENTRY.fullmatch(text):
        named = store.known([int(one[1])])
        if named:
            return store.members(named[0].cluster)
    story = _STORY.fullmatch(text)
    return store.found(text, _url_key(text, rules), int(story[1]) if story else None)


def _url_key(text: str, rules: LinkRules) -> str | None:
    return links.entry_key(text, rules) if urlsplit(text).scheme in ("http", "https") else None


def _found(store: Store, text: str, rules: LinkRules) -> list[StoredEntry]:
    if entries := found(store, text, rules):
        return entries
    raise AggregatorError(
        f"{text}: no entry has this id or address; `aggregator entries` lists them"
    )


def _cluster(store: Store, text: str, rules: LinkRules) -> int:
    """The one story that `text` names."""
    entries = _found(store, text, rules)
    clusters = list(dict.fromkeys(e.cluster for e in entries))
    if len(clusters) > 1:
        named = [e for e in entries if _bears(e, text, rules)] or entries
        raise AggregatorError(f"{text}: means {len(clusters)} stories; {_choice(named)}")
    return clusters[0]


def _sighting(store: Store, text: str, rules: LinkRules) -> StoredEntry:
    """The one copy that `text` names. A published id means the copy that leads; and of two that
    both bear the name, it is all the same which one goes."""
    entries = _found(store, text, rules)
    if one := _ENTRY.fullmatch(text):
        entries = [e for e in entries if e.key == int(one[1])] or entries
    named = [e for e in entries if _bears(e, text, rules)] or entries
    clusters = {e.cluster for e in entries}
    story = store.story(next(iter(clusters)))
    if len(clusters) == 1:
        leader = [e for e in entries if e.key == story.leader and text == story.id]
        if len(entries) == len(named) == 2:
            return next(e for e in reversed(entries) if e.key != story.leader)
        named = leader or named
    if len(named) > 1:
        raise AggregatorError(f"{text}: means {len(named)} copies; {_choice(named)}")
    return named[0]


def _bears(e: StoredEntry, text: str, rules: LinkRules) -> bool:
    key = _url_key(text, rules)
    own = (e.keys.source_entry_id, e.keys.global_id, e.entry.id if e.entry else None)
    return text in own or (key is not None and key == e.keys.url_key)


def _choice(entries: Sequence[StoredEntry]) -> str:
    shown = [f"{entry_name(e.key)} of {e.source} in {story_name(e.cluster)}" for e in entries[:8]]
    return f"say which: {', '.join(shown)}{', …' if len(entries) > 8 else ''}"


# ── what is done ─────────────────────────────────────────────────────────────


def merge(store: Store, names: Sequence[str], now: datetime, *, rules: LinkRules = KNOWN) -> Done:
    """Make one story of those that are named. It keeps the id of the one published first."""
    clusters = list(dict.fromkeys(_cluster(store, name, rules) for name in names))
    if len(clusters) < 2:
        told = f"they are one story already, {story_name(clusters[0])}"
        return Done(told=told, clusters=(clusters[0],), changed=False)
    before = {cluster: store.members(cluster) for cluster in clusters}
    leaders = {cluster: _speaker(store.story(cluster)) for cluster in clusters}
    with store.transaction():
        store.unpart(clusters)
        kept = store.merge(clusters)
        for cluster, entries in before.items():
            others = [leaders[c] for c in clusters if c != cluster]
            _record(store, entries, now, MERGED, f"with {_titles(others)}")
            plain = [e.key for e in entries if e.reason in (None, SPLIT)]
            store.set_reason(plain, None if cluster == kept else MERGED)
        store.settle(clusters, now)
    count = sum(map(len, before.values()))
    told = f"one story of {count} copies now, {story_name(kept)}"
    return Done(told=told, clusters=(kept,))


def split(store: Store, name: str, now: datetime, *, rules: LinkRules = KNOWN) -> Done:
    """Take a copy out of its story. The copy that leads keeps the story's id: if that is the one,
    the others go."""
    entry = _sighting(store, name, rules)
    story = store.story(entry.cluster)
    others = [e for e in story.sightings if e.key != entry.key]
    if not others:
        told = f"{_titles([entry])} is the only copy of its story: there is nothing to part it from"
        return Done(told=told, clusters=(story.cluster,), changed=False)
    leaves = others if entry.key == story.leader else [entry]
    with store.transaction():
        own = store.part([e.key for e in leaves])
        _record(store, [entry], now, SPLIT, f"from {_titles(others)}")
        _record(store, others, now, SPLIT, f"from {_titles([entry])}")
        store.set_reason([entry.key], SPLIT)
        if all(e.reason for e in others) or len(others) == 1:
            store.set_reason([others[0].key], None)
        store.settle({own, entry.cluster}, now)
    names = (story_name(entry.cluster), story_name(own))
    alone = names if entry.key == story.leader else names[::-1]
    told = f"{entry_name(entry.key)} of {entry.source} is a story of its own now, {alone[0]};"
    stay = "the other stays" if len(others) == 1 else f"the other {len(others)} stay"
    told += f" {stay} in {alone[1]}"
    return Done(told=told, clusters=(entry.cluster, own))


def _speaker(story: Story) -> StoredEntry:
    """The copy that leads, or will."""
    return next((e for e in story.sightings if e.key == story.leader), story.sightings[0])


def _record(
    store: Store, entries: Iterable[StoredEntry], now: datetime, event: str, detail: str
) -> None:
    for e in entries:
        store.note(e.key, now, event, detail)


def _titles(entries: Collection[StoredEntry]) -> str:
    return ", ".join(f"{e.title!r} of {e.source}" for e in entries)
