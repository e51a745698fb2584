"""How every source is, in plain words, and what each entry is: answers, no decisions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from itertools import groupby
from typing import Any

from aggregator import announcements, cluster, discretion, hub, moves, polling, websub
from aggregator.model import Lease, PollState, Source, StoredEntry, Story
from aggregator.moments import iso
from aggregator.publish import Publication
from aggregator.stores import Store


def sources(store: Store, known: Mapping[str, Source], now: datetime) -> list[dict[str, Any]]:
    """One object for every source of the config, in its order."""
    states, counts = store.states(), store.counts()
    leases: dict[str, list[Lease]] = defaultdict(list)
    for lease in store.leases():
        leases[lease.source].append(lease)
    return [
        _source(s, states.get(s.id), counts.get(s.id, 0), store.problems(s.id), leases[s.id], now)
        for s in known.values()
    ]


def hubs(store: Store) -> list[str]:
    """How those stand that send our own news on, in plain words: other people's hubs that did not
    take them, and our own."""
    return [*announcements.notes(store.announcements()), *hub.notes(store.listeners())]


def _source(
    source: Source,
    state: PollState | None,
    count: int,
    problems: list[str],
    leases: list[Lease],
    now: datetime,
) -> dict[str, Any]:
    return {
        "source": source.id,
        "kind": source.kind,
        "url": discretion.shown(source),
        "moved": moves.moved(source, state) if state else None,
        "health": _health(state),
        "last": when(state.polled if state else None),
        "succeeded": when(state.succeeded if state else None),
        "next": when(_next(source, state, leases, now)),
        "paced_by": _paced_by(source, state, leases, now) if state and not state.gone else None,
        "entries": count,
        "error": state.error if state else None,
        "failures": state.failures if state else 0,
        "problems": problems,
        "notes": [*moves.notes(source, state), *_notes(state, count)] if state else [],
        "push": websub.told(leases, now),
    }


def _notes(state: PollState, count: int) -> Iterator[str]:
    if state.succeeded and not (state.digest or state.error or count):
        yield "its server says that nothing changed, and never sent a document"


def _next(
    source: Source, state: PollState | None, leases: list[Lease], now: datetime
) -> datetime | None:
    if state is None or state.gone:
        return None if state else now
    return max(_due(source, state, now), _net(state, leases, now) or now)


def _due(source: Source, state: PollState, now: datetime) -> datetime:
    return polling.open_at(state, max(polling.settled(source, state, now).due, now))


def _net(state: PollState, leases: list[Lease], now: datetime) -> datetime | None:
    """When it is polled at the latest, though a hub pushes its news; None if none does."""
    pushed = state.polled and websub.pushed_until(leases, now)
    return state.polled + websub.NET if pushed and state.polled else None


def _paced_by(source: Source, state: PollState, leases: list[Lease], now: datetime) -> str:
    net = _net(state, leases, now)
    if net and net > _due(source, state, now):
        return "its hub pushes its news"
    return polling.paced_by(source, state)


def _health(state: PollState | None) -> str:
    if state is None or state.polled is None:
        return "not polled yet"
    if state.gone:
        return "gone"
    if state.held:
        return "held"
    if state.error is None:
        return "ok"
    return "failing" if state.failures > 1 or state.succeeded is None else "failed once"


# ── entries ──────────────────────────────────────────────────────────────────


def entries(
    store: Store, wanted: Publication, *, source: str | None, output: str | None
) -> Iterator[dict[str, Any]]:
    """One object for every stored entry, story by story."""
    found = store.entries(source=source, output=output)
    for _, group in groupby(found, key=lambda e: e.cluster):
        yield from _story(store, wanted, list(group))


def _story(
    store: Store, wanted: Publication, group: Iterable[StoredEntry]
) -> Iterator[dict[str, Any]]:
    group = list(group)
    story = told(store.story(group[0].cluster), wanted)
    for e in group:
        yield entry(e, story)


def told(story: Story, wanted: Publication) -> Story:
    """`story` as it is published, or as it would be."""
    live = tuple(s for s in story.sightings if s.dropped is None)
    if not live:
        return story
    return cluster.led(
        replace(story, sightings=live),
        prefer=wanted.prefer,
        sources=wanted.sources,
        mint=lambda lead: cluster.minted(wanted.site.id, lead),
    )


def entry(e: StoredEntry, story: Story) -> dict[str, Any]:
    kept = e.entry
    terms = [c.term for c in kept.categories] if kept else []
    return {
        "id": story.id,
        "url": kept.link if kept else None,
        "key": e.keys.url_key,
        "title": e.title,
        "published": iso(e.published),
        "updated": iso(e.updated),
        "first_seen": iso(e.first_seen),
        "source": e.source,
        "source_entry_id": _given_id(e),
        "source_link": kept.source_link if kept else None,
        "path": kept.path if kept else None,
        "categories": list(dict.fromkeys((*e.outputs, *terms))),
        "cluster": f"c{e.cluster}",
        "leader": e.key == story.leader,
        "reason": e.reason if len(story.sightings) > 1 else None,
        "held": held(e, story),
    }


def _given_id(e: StoredEntry) -> str | None:
    """Its id as the source gave it; what stands in for a missing one is nobody's business."""
    if e.entry:
        return e.entry.id or None
    own = e.keys.source_entry_id
    return None if own.startswith("#") else own


def held(e: StoredEntry, story: Story) -> str | None:
    """Why an entry is not published; None when it is, or when its story's leader is."""
    if e.dropped:
        return f"dropped by {e.dropped}"
    if story.release:
        return f"dated in the future: due {iso(story.release)}"
    return None


def when(when: datetime | None) -> str | None:
    return iso(when) if when else None
