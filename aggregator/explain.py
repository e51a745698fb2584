"""The whole story of an entry: where from, dated how, which copies it met, what spoke for and
against them, which rule decided, who leads, and how to override all that.

The evidence is taken anew, from the store as it is, by the code that decides when entries come in.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from aggregator import caps, cluster, compose, discretion, near, overrides
from aggregator.evidence import Evidence
from aggregator.model import EVERYTHING, KNOWN, LinkRules, PollState, StoredEntry, Story
from aggregator.moments import iso
from aggregator.near import Like
from aggregator.overrides import MERGED, SPLIT, entry_name, story_name
from aggregator.publish import Publication, looked_at
from aggregator.rules import Ruler, Ruling
from aggregator.status import entry as told_entry
from aggregator.status import told, when
from aggregator.stores import Store

_NONE: Mapping[str, Ruler] = {}
_UNLIKE = "too little in common to be judged"
_KEYS = {"id": "global_id", "link": "url_key", "title": "title_key"}


def explain(
    store: Store,
    wanted: Publication,
    text: str,
    *,
    window: timedelta,
    rules: LinkRules = KNOWN,
    rulers: Mapping[str, Ruler] = _NONE,
    lines: Callable[[str], str | None] = lambda rule: None,
) -> list[dict[str, Any]]:
    """One object for each copy of the stories that `text` names. `rulers` know, by source, the
    rules as they are now; `lines`, where the config has them."""
    found = overrides.found(store, text, rules)
    stories = {e.cluster: told(store.story(e.cluster), wanted) for e in found}
    states = store.states()
    told_rules = {e.key: _ruled(e, rulers.get(e.source), lines) for e in found}
    capped = {c: dict(_capped(store, wanted, story, lines)) for c, story in stories.items()}
    return [
        _explained(store, wanted, e, stories[e.cluster], states, window)
        | told_rules[e.key]
        | {"capped": capped[e.cluster]}
        for e in found
    ]


def _ruled(
    e: StoredEntry, ruler: Ruler | None, lines: Callable[[str], str | None]
) -> dict[str, Any]:
    """By which rule it stands in each of its outputs, which outputs refuse it, and where in the
    config each of these rules is. What dropped it was told when it was."""
    ruling = ruler(e.entry) if ruler and e.entry else Ruling(outputs=())

    def placed(rule: str) -> dict[str, Any]:
        return {"rule": rule, "line": lines(rule)}

    return {
        "dropped": placed(e.dropped) if e.dropped else None,
        "filed": {name: placed(rule) for name, rule in ruling.why.items()},
        "refused": {name: placed(rule) for name, rule in ruling.refused.items()},
    }


def _capped(
    store: Store, wanted: Publication, story: Story, lines: Callable[[str], str | None]
) -> Iterator[tuple[str, dict[str, Any]]]:
    """The outputs in whose current document it has no place, since there are newer ones of its
    source: by which cap, and whether it is on an archive page for that."""
    for output in sorted({EVERYTHING, *(name for s in story.sightings for name in s.outputs)}):
        cap, size = wanted.most_of_one(output), wanted.size(output)
        if cap is None:
            continue
        standing = store.standing(output, looked_at(size))
        shown = set(caps.within(standing, size=size, cap=cap))
        last = max((n for n, x in enumerate(standing) if x.cluster in shown), default=0)
        end = last + 1 if len(shown) == size else len(standing)
        for n, x in enumerate(standing):
            early = x.page is not None and n < size
            if x.cluster == story.cluster and (early or (n < end and x.cluster not in shown)):
                own = output in wanted.caps
                key = f"categories.{output}.per_source" if own else "output.per_source"
                rule = f"{key}: {cap}"
                yield (
                    output or compose.ALL,
                    {"rule": rule, "line": lines(rule), "archived": x.page is not None},
                )


def _explained(
    store: Store,
    wanted: Publication,
    e: StoredEntry,
    story: Story,
    states: Mapping[str, PollState],
    window: timedelta,
) -> dict[str, Any]:
    source = wanted.sources.get(e.source)
    copies = _copies(store, e, window)
    return {
        **told_entry(e, story),
        "entry": entry_name(e.key),
        "dated": "by its source" if e.stated else "by when it was first seen",
        "fetched_from": discretion.shown(source) if source else None,
        "last_polled": when(states[e.source].polled) if e.source in states else None,
        "reason": e.reason,  # also of one that was split off and is alone
        "leads": _leads(story, wanted),
        "copies": copies,
        "override": _commands(e, copies),
        "ledger": [
            {"at": iso(at), "event": event, "detail": detail}
            for at, event, detail in store.ledger(e.key)
        ],
    }


def _leads(story: Story, wanted: Publication) -> dict[str, Any] | None:
    """Who leads its story, and why; None as long as nobody does."""
    leader = next((s for s in story.sightings if s.key == story.leader), None)
    if leader is None:
        return None
    why = cluster.why_leads(story, prefer=wanted.prefer, sources=wanted.sources)
    return {
        "entry": entry_name(leader.key),
        "source": leader.source,
        "title": leader.title,
        "why": why,
    }


def _commands(e: StoredEntry, copies: Sequence[Mapping[str, Any]]) -> list[str]:
    """What an operator who knows better would say."""
    split = [f"aggregator split {entry_name(e.key)}"] if any(c["joined"] for c in copies) else []
    apart = [c["entry"] for c in copies if not c["joined"]]
    return split + [f"aggregator merge {entry_name(e.key)} {other}" for other in apart]


# ── copies ───────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True, kw_only=True)
class _Met:
    """Another entry that one was held against, and all that there is to say of the two."""

    one: StoredEntry
    other: StoredEntry
    like: Like | None  # what their texts show; None: too little to be judged
    match: str | None  # by which key they are one
    parted: bool  # an operator told their stories apart
    rivals: bool  # one source speaks in both of their stories

    @property
    def joined(self) -> bool:
        return self.one.cluster == self.other.cluster

    @property
    def same(self) -> list[str]:
        """The keys that both have."""
        ours, theirs = self.one.keys, self.other.keys
        pairs = {k: (getattr(ours, name), getattr(theirs, name)) for k, name in _KEYS.items()}
        return [k for k, (a, b) in pairs.items() if a is not None and a == b]


def _copies(store: Store, e: StoredEntry, window: timedelta) -> list[dict[str, Any]]:
    """Those that it met: of its own story first, then the likeliest."""
    shared = store.candidates(e.keys, near=e.published, within=window)
    members = store.members(e.cluster)
    keys = {x.key for x in (*members, *shared)} - {e.key}
    likes = {x.old.key: x for x in near.met(store, e.key, window=window, others=keys)}
    others = store.known(keys | likes.keys())
    parted = store.parted({e.cluster, *(x.cluster for x in others)})
    matches = _matched(e, others, window)
    met = [
        _Met(
            one=e,
            other=other,
            like=likes.get(other.key),
            match=matches.get(other.key),
            parted=frozenset((e.cluster, other.cluster)) in parted,
            rivals=e.cluster != other.cluster and store.one_source_in(e.cluster, other.cluster),
        )
        for other in others
    ]
    met.sort(key=_nearness)
    return [_told(x) for x in met]


def _matched(e: StoredEntry, others: Collection[StoredEntry], window: timedelta) -> dict[int, str]:
    """By key, those that an id, a link, or title and text show to be one with it."""
    if e.entry is None:
        return {}
    found: dict[int, str] = {}
    for other in others:  # one by one: of one story only the surest would be told
        for m in cluster.matches(e, [other], window=window, gone=lambda _: False):
            found[m.key] = m.reason
    return found


def _nearness(x: _Met) -> tuple[Any, ...]:
    weight = x.like.evidence.weight if x.like else 0.0
    one = bool(x.like and x.like.verdict.one)
    return (not x.joined, not x.parted, x.match is None, not one, -weight, x.other.key)


def _told(x: _Met) -> dict[str, Any]:
    other, kept = x.other, x.other.entry
    return {
        "entry": entry_name(other.key),
        "cluster": story_name(other.cluster),
        "source": other.source,
        "title": other.title,
        "url": kept.link if kept else None,
        "published": iso(other.published),
        "joined": x.joined,
        "why": _why_joined(x) if x.joined else _why_apart(x),
        "same": x.same,
        "weight": round(x.like.evidence.weight, 3) if x.like else 0.0,
        "rule": x.like.verdict.rule if x.like else None,
        "alike": x.like.verdict.one if x.like else None,
        "strong": x.like.verdict.strong if x.like else None,
        "evidence": _words(x),
        "figures": _figures(x.like.evidence) if x.like else None,
    }


def _why_joined(x: _Met) -> str:
    if x.match:
        return x.match
    if x.like and x.like.verdict.one:
        return x.like.verdict.rule
    if MERGED in (x.one.reason, x.other.reason):
        return MERGED
    return "each is one story with another copy"


def _why_apart(x: _Met) -> str:
    if x.parted:
        return SPLIT
    if x.match in (cluster.SAME_ID, cluster.SAME_LINK):
        return f"{x.match}, but each had its story when they came to share it"
    if x.match or (x.like and x.like.verdict.one):
        rule = x.match or (x.like and x.like.verdict.rule)
        if x.rivals:
            return f"{rule}, but one source tells both stories"
        return f"{rule}, but texts join what is new to a story, and no two stories"
    if x.like is None:
        return _UNLIKE
    return x.like.verdict.rule


def _words(x: _Met) -> list[str]:
    return [*(f"same {key}" for key in x.same if key != "title"), *_text_words(x.like)]


def _text_words(like: Like | None) -> list[str]:
    return list(like.evidence.in_words()) if like else [_UNLIKE]


def _figures(e: Evidence) -> dict[str, Any]:
    """All of them; docs/duplicates.md says what they mean."""

    def rounded(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        return {k: round(v, 3) if isinstance(v, float) else v for k, v in pairs}

    return dataclasses.asdict(e, dict_factory=rounded)
