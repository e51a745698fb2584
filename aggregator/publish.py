"""The second straight line: store → select → compose → render → write → feeds/.

Only outputs whose stories changed are composed again, and only documents whose bytes changed are
written. What is dirty stays so until its document stands: a kill at any moment loses nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import chain, count
from pathlib import Path

from aggregator import cluster, compose, files
from aggregator.errors import AggregatorError
from aggregator.formats import atom
from aggregator.model import EVERYTHING, Edition, Output, Source, StoredEntry, Story
from aggregator.stores import Store

_SETTINGS = "publish settings"


@dataclass(frozen=True, slots=True, kw_only=True)
class Publication:
    """What is published, where, and how."""

    site: compose.Site
    sources: Mapping[str, Source]
    titles: Mapping[str, str]  # of every output that the config knows, by name
    wanted_slugs: Mapping[str, str]  # those that the config gives
    folder: Path
    page_size: int  # entries of a document
    prefer: tuple[str, ...]  # which copy of a story leads
    settings: str  # a digest: other settings, other documents


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """Paths are relative to the folder. `failed`: what could not be written, and why: a whole
    document, or an entry that was left out of one. `notes`: what of the config is not acted on."""

    written: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def publish(
    store: Store,
    wanted: Publication,
    now: datetime,
    *,
    write: Callable[[Path, bytes], bool] = files.write,
) -> Published:
    """Bring feeds/ up to date with the store. What fails is told, and tried again next time.

    `write` puts a document in its place, and says whether its bytes were new.
    """
    store.due_releases(now)
    _mark(store, wanted)
    editions = store.editions()
    written: list[str] = []
    failed: list[str] = []
    for name in store.dirty():
        try:
            output = _named(store, wanted, name)
            path = wanted.folder / f"{output.slug}.atom"
            made = _document(store, wanted, output, editions[name].updated)
            failed += (f"{path.name}: {fault}" for fault in made.left_out)
            if made.updated is None and _filled(path):
                continue
            if write(path, made.body):
                written.append(path.name)
            with store.transaction():
                store.issue(name, Edition(updated=made.updated, stamp=files.stamp(path)))
        except (AggregatorError, OSError, ValueError) as error:
            failed.append(f"{name or compose.ALL}: {error}")
    notes = slug_notes(wanted.wanted_slugs, store.slugs())
    return Published(written=tuple(sorted(written)), failed=tuple(failed), notes=notes)


def _filled(path: Path) -> bool:
    """Whether a document with entries stands there. One that this store knows of no entry for is
    another store's: it is not emptied before this one, which is new, has read its sources."""
    return path.is_file() and b"<entry" in path.read_bytes()


def slug_notes(wanted: Mapping[str, str], published: Mapping[str, str]) -> tuple[str, ...]:
    """For each slug in the config that is not used: what is published keeps its address."""
    owners = {slug: name for name, slug in published.items()}
    notes = []
    for name, slug in wanted.items():
        if name in published and published[name] != slug:
            notes.append(
                f"categories.{name}.slug: {slug} is not used, {published[name]}.atom is published"
                f" and keeps its address; write slug: {published[name]}"
            )
        elif owners.get(slug, name) != name:
            notes.append(
                f"categories.{name}.slug: {slug}.atom is published already, for {owners[slug]};"
                " choose another"
            )
    return tuple(notes)


def _mark(store: Store, wanted: Publication) -> None:
    """Dirty, whatever the stories say: outputs new in the config, documents that are gone or not
    as we left them, and everything once the settings are other ones."""
    slugs, editions = store.slugs(), store.editions()
    known = {EVERYTHING, *wanted.titles}
    found = {name: files.stamp(wanted.folder / f"{slug}.atom") for name, slug in slugs.items()}
    other = {name for name, now in found.items() if now is None or now != editions[name].stamp}
    dirty = (known - set(slugs)) | other
    with store.transaction():
        if store.meta(_SETTINGS) != wanted.settings:
            dirty |= known | set(slugs)
            store.set_meta({_SETTINGS: wanted.settings})
        store.mark(dirty, dirty=True)


def _named(store: Store, wanted: Publication, name: str) -> Output:
    """The output of that name, its slug given once and for good."""
    slugs = store.slugs()
    if name not in slugs:
        taken = set(slugs.values()) | (
            set(wanted.wanted_slugs.values()) - {wanted.wanted_slugs.get(name)}
        )
        asked = wanted.wanted_slugs.get(name) or name
        slug = compose.ALL if name == EVERYTHING else compose.slug_of(asked, taken)
        with store.transaction():
            store.name(name, slug)
        slugs = {name: slug}
    return Output(name=name, slug=slugs[name], title=wanted.titles.get(name, name))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Made:
    """A document to be; `updated` is None as long as its output never had an entry."""

    body: bytes
    updated: datetime | None
    left_out: tuple[str, ...] = ()


def _document(store: Store, wanted: Publication, output: Output, updated: datetime | None) -> _Made:
    with store.transaction():
        stories = [
            _pinned(store, wanted, story) for story in store.stories(output.name, wanted.page_size)
        ]
    feeds = store.feeds()

    def made(shown: Sequence[Story]) -> _Made:
        feed = compose.document(
            output, shown, site=wanted.site, sources=wanted.sources, feeds=feeds, updated=updated
        )
        return _Made(body=atom.render(feed), updated=feed.updated if shown else updated)

    try:
        return made(stories)
    except Exception:  # one entry's oddity, or our bug: the others are published
        return _without_faulty(made, stories)


def _without_faulty(made: Callable[[Sequence[Story]], _Made], stories: Sequence[Story]) -> _Made:
    faults = [(story, _fault(made, story)) for story in stories]
    sound = made([story for story, fault in faults if fault is None])
    told = (
        f"left out {story.id!r}, please report it: {fault!r}" for story, fault in faults if fault
    )
    return replace(sound, left_out=tuple(told))


def _fault(made: Callable[[Sequence[Story]], _Made], story: Story) -> Exception | None:
    """Why a story cannot stand even in a document of its own."""
    try:
        made([story])
    except Exception as error:
        return error
    return None


def _pinned(store: Store, wanted: Publication, story: Story) -> Story:
    """`story` with the identity that it keeps from its first publication on."""

    def mint(lead: StoredEntry) -> str:
        # An entry whose id changed leaves the id made from it to its story: the next takes another.
        others = (cluster.fallback_id(wanted.site.id, lead, n) for n in count())
        found = chain([cluster.minted(wanted.site.id, lead)], others)
        return next(id for id in found if not store.taken(id))

    led = cluster.led(story, prefer=wanted.prefer, sources=wanted.sources, mint=mint)
    if (led.id, led.leader) != (story.id, story.leader):
        assert led.id is not None and led.leader is not None
        store.pin(led.cluster, id=led.id, leader=led.leader, published=led.published)
    return led
