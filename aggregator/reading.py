"""What a source sent to a Poll: parse → rules → keys, for those entries alone that are new or other
than we know them. Runs in a parser's thread, and only looks things up in the store.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import unquote, urlsplit
from zoneinfo import ZoneInfo

from aggregator import cluster, files, formats
from aggregator.errors import FetchError, ParseError
from aggregator.formats import posts
from aggregator.ingest import Poll
from aggregator.model import (
    Arrival,
    Entry,
    Feed,
    FileStamp,
    PollState,
    PostOptions,
    Response,
    Source,
)
from aggregator.rules import Ruler
from aggregator.rules.clean import clean, clean_feed
from aggregator.stores import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """A source, its rules, and a digest that is equal as long as the rules are."""

    source: Source
    ruler: Ruler
    rules_digest: str
    zone: str = "UTC"  # for dates that give no offset


def read_feed(
    store: Store, subscription: Subscription, *, before: PollState, after: PollState, sent: Response
) -> Poll:
    """The poll that `sent` makes of `before`; ParseError when it is no feed."""
    feed = formats.parse(sent, zone=ZoneInfo(subscription.zone))
    own = (subscription.source.url, sent.url, *(x.href for x in feed.links))
    ids = cluster.ids_of(feed.entries)
    known = store.digests(subscription.source.id, ids)
    return Poll(
        source=subscription.source.id,
        state=after,
        feed=clean_feed(replace(feed, entries=())),
        arrivals=_arrivals(subscription, feed.entries, ids, known, feed_urls=own),
        present=frozenset(ids),
        problems=feed.problems,
        first=before.succeeded is None,
    )


def _arrivals(
    subscription: Subscription,
    entries: Sequence[Entry],
    ids: Sequence[str],
    known: Mapping[str, bytes],
    *,
    feed_urls: Sequence[str] = (),
) -> tuple[Arrival, ...]:
    """Those entries that are new, or other than we know them; each id once."""
    found: dict[str, Arrival] = {}
    for entry, name in zip(entries, ids, strict=True):
        digest = cluster.digest_of(entry)
        if known.get(name) == digest:
            continue
        cleaned = clean(entry, feed_urls=feed_urls)
        ruling = subscription.ruler(cleaned)
        arrival = Arrival(
            entry=cleaned,
            keys=cluster.keys_of(cleaned, source_entry_id=name, digest=digest),
            outputs=ruling.outputs,
            dropped=ruling.dropped,
        )
        if name not in found or _later(cleaned, found[name].entry):
            found[name] = arrival
    return tuple(found.values())


def _later(a: Entry, b: Entry) -> bool:
    """Of two versions of one entry in one document, the one updated last counts."""
    return bool(a.updated and (not b.updated or a.updated > b.updated))


# ── posts ────────────────────────────────────────────────────────────────────


def changed_files(store: Store, source: Source) -> list[files.Found]:
    """The post files that are new, or other than when we last read them: a look at each, no
    more. FetchError when the folder cannot be read."""
    folder = Path(unquote(urlsplit(source.url).path))
    try:
        stamps = store.stamps(source.id)
        found = [f for f in files.scan(folder) if posts.publishable_name(f.path)]
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise FetchError(f"{folder.name}: {reason}; the folder of posts is read there") from error
    return [f for f in found if stamps.get(f.path) != f.stamp]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Read:
    """What came of one post file. No stamp: it is tried again next time."""

    feed: Feed
    stamp: FileStamp | None = None
    withdrawn: bool = False


def read_posts(
    store: Store, subscription: Subscription, *, before: PollState, batch: Sequence[files.Found]
) -> Poll:
    """The poll that some post files make; one that cannot be read is a problem that names it."""
    options = subscription.source.posts
    read = {found.path: _read(found, options) for found in batch}
    entries = tuple(entry for r in read.values() for entry in r.feed.entries)
    ids = cluster.ids_of(entries)
    known = store.digests(subscription.source.id, ids)
    return Poll(
        source=subscription.source.id,
        state=before,
        arrivals=_arrivals(subscription, entries, ids, known),
        present=frozenset(ids),
        withdrawn=tuple(path for path, r in read.items() if r.withdrawn),
        stamps=tuple(r.stamp for r in read.values() if r.stamp),
        problems=tuple(problem for r in read.values() for problem in r.feed.problems),
        first=before.succeeded is None,
    )


def _read(found: files.Found, options: PostOptions) -> _Read:
    try:
        feed = posts.parse(found.file.read_bytes(), path=found.path, options=options)
        withdrawn = not feed.entries
    except OSError as error:
        problem = f"{found.path}: {(error.strerror or str(error)).lower()}"
        return _Read(feed=Feed(problems=(problem,)))
    except ParseError as error:  # what it said when it could be read stays
        feed, withdrawn = Feed(problems=(str(error),)), False
    stamp = FileStamp(path=found.path, stamp=found.stamp, problems=feed.problems)
    return _Read(feed=feed, stamp=stamp, withdrawn=withdrawn)
