"""The second straight line: store → select → compose → render → write → feeds/.

Only outputs whose stories changed are composed again, and only documents whose bytes changed are
written. What is dirty stays so until its document stands: a kill at any moment loses nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from aggregator import cluster, compose, files
from aggregator.errors import AggregatorError
from aggregator.formats import atom
from aggregator.model import Output, Source, StoredEntry, Story
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
    """Paths are relative to the folder. `failed`: what could not be written, and why."""

    written: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()


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
    written, failed = [], []
    for name in store.dirty():
        try:
            output = _named(store, wanted, name)
            path = f"{output.slug}.atom"
            if write(wanted.folder / path, _document(store, wanted, output)):
                written.append(path)
            with store.transaction():
                store.mark([name], dirty=False)
        except (AggregatorError, OSError, ValueError) as error:
            failed.append(f"{name}: {error}")
    return Published(written=tuple(written), failed=tuple(failed))


def _mark(store: Store, wanted: Publication) -> None:
    """Dirty, whatever the stories say: outputs new in the config, documents that are gone, and
    everything once the settings are other ones."""
    slugs = store.slugs()
    known = {compose.ALL, *wanted.titles}
    gone = {n for n, slug in slugs.items() if not (wanted.folder / f"{slug}.atom").is_file()}
    dirty = (known - set(slugs)) | gone
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
        slug = compose.ALL if name == compose.ALL else compose.slug_of(asked, taken)
        with store.transaction():
            store.name(name, slug)
        slugs = {name: slug}
    return Output(name=name, slug=slugs[name], title=wanted.titles.get(name, name))


def _document(store: Store, wanted: Publication, output: Output) -> bytes:
    with store.transaction():
        stories = [
            _pinned(store, wanted, story) for story in store.stories(output.name, wanted.page_size)
        ]
    feed = compose.document(
        output, stories, site=wanted.site, sources=wanted.sources, feeds=store.feeds()
    )
    return atom.render(feed)


def _pinned(store: Store, wanted: Publication, story: Story) -> Story:
    """`story` with the identity that it keeps from its first publication on."""

    def mint(lead: StoredEntry) -> str:
        own = cluster.minted(wanted.site.id, lead)
        return cluster.fallback_id(wanted.site.id, lead) if store.taken(own) else own

    led = cluster.led(story, prefer=wanted.prefer, sources=wanted.sources, mint=mint)
    if (led.id, led.leader) != (story.id, story.leader):
        assert led.id is not None and led.leader is not None
        store.pin(led.cluster, id=led.id, leader=led.leader, published=led.published)
    return led
