"""Values of the model to and from the rows of a table; what stands in a column is in `codec`."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from aggregator.model import Arrival, Imprint, Keys, PollState, StoredEntry, Story
from aggregator.opml import Outline
from aggregator.stores import codec
from aggregator.stores.codec import from_moment, maybe_from, maybe_to, to_moment
from aggregator.stores.database import Row

ENTRY = """
    key, source, cluster, source_entry_id, global_id, url_key, title_key, digest, title,
    first_seen, published, stated, updated, feed_updated, reason, dropped, outputs, document
"""


def to_state(row: Row) -> PollState:
    return PollState(
        source=row["id"],
        due=to_moment(row["due"]),
        etag=codec.to_octets(row["etag"]),
        last_modified=codec.to_octets(row["last_modified"]),
        copy_of=row["copy_of"],
        digest=row["digest"],
        failures=row["failures"],
        error=row["error"],
        polled=maybe_to(row["polled"]),
        succeeded=maybe_to(row["succeeded"]),
        failing=maybe_to(row["failing"]),
        hints=codec.to_hints(row["hints"]),
        lifetime=codec.to_span(row["lifetime"]),
        asked=maybe_to(row["asked"]),
        rhythm=codec.to_span(row["rhythm"]),
        shown=codec.to_span(row["shown"]),
        news=maybe_to(row["news"]),
        gone=maybe_to(row["gone"]),
        held=bool(row["held"]),
        move=codec.to_move(row["move"]),
    )


def to_entry(row: Row) -> StoredEntry:
    return StoredEntry(
        key=row["key"],
        source=row["source"],
        cluster=row["cluster"],
        keys=Keys(
            source_entry_id=row["source_entry_id"],
            global_id=row["global_id"],
            url_key=row["url_key"],
            title_key=row["title_key"],
            digest=row["digest"],
        ),
        title=row["title"],
        first_seen=to_moment(row["first_seen"]),
        published=to_moment(row["published"]),
        stated=bool(row["stated"]),
        updated=to_moment(row["updated"]),
        feed_updated=to_moment(row["feed_updated"]),
        reason=row["reason"],
        dropped=row["dropped"],
        outputs=codec.to_names(row["outputs"]),
        entry=codec.readable(row["document"]),
    )


def to_imprint(row: Row) -> Imprint:
    return Imprint(
        key=row["key"],
        source=row["source"],
        cluster=row["cluster"],
        title=row["title"],
        published=to_moment(row["published"]),
        url_key=row["url_key"],
        tokens=row["tokens"],
        points=bool(row["points"]),
    )


def to_story(row: Row, sightings: Iterable[StoredEntry]) -> Story:
    return Story(
        cluster=row["key"],
        id=row["id"],
        leader=row["leader"],
        published=to_moment(row["published"]),
        release=maybe_to(row["release"]),
        sightings=tuple(sightings),
    )


def to_outline(row: Row) -> Outline:
    return Outline(
        title=row["title"],
        url=row["url"],
        categories=codec.to_names(row["categories"]),
        includes=bool(row["includes"]),
    )


def from_outline(outline: Outline) -> dict[str, Any]:
    return {
        "url": outline.url,
        "title": outline.title,
        "categories": codec.from_names(outline.categories),
        "includes": outline.includes,
    }


def from_state(state: PollState) -> dict[str, Any]:
    return {
        "source": state.source,
        "due": from_moment(state.due),
        "etag": codec.from_octets(state.etag),
        "last_modified": codec.from_octets(state.last_modified),
        "copy_of": state.copy_of,
        "digest": state.digest,
        "failures": state.failures,
        "error": state.error,
        "polled": maybe_from(state.polled),
        "succeeded": maybe_from(state.succeeded),
        "failing": maybe_from(state.failing),
        "hints": codec.from_hints(state.hints),
        "lifetime": codec.from_span(state.lifetime),
        "asked": maybe_from(state.asked),
        "rhythm": codec.from_span(state.rhythm),
        "shown": codec.from_span(state.shown),
        "news": maybe_from(state.news),
        "gone": maybe_from(state.gone),
        "held": state.held,
        "move": codec.from_move(state.move),
    }


def from_entry(
    entry: StoredEntry, arrival: Arrival, *, surfaced: datetime | None
) -> dict[str, Any]:
    """The dates and the cluster are those of `entry`; what is said is that of `arrival`."""
    keys = arrival.keys
    return {
        "key": entry.key,
        "source": entry.source,
        "cluster": entry.cluster,
        "source_entry_id": keys.source_entry_id,
        "global_id": keys.global_id,
        "url_key": keys.url_key,
        "title_key": keys.title_key,
        "digest": keys.digest,
        "title": arrival.entry.title,
        "first_seen": from_moment(entry.first_seen),
        "published": from_moment(entry.published),
        "stated": entry.stated,
        "updated": from_moment(entry.updated),
        "surfaced": maybe_from(surfaced),
        "feed_updated": from_moment(entry.feed_updated),
        "reason": entry.reason,
        "dropped": arrival.dropped,
        "outputs": codec.from_names(arrival.outputs),
        "document": codec.from_entry(arrival.entry),
    }
