"""What a source sent to a Poll: parse → rules → keys, for those entries alone that are new or other
than we know them. Runs in a parser's thread, and only looks things up in the store.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo
from functools import partial
from hashlib import blake2b
from pathlib import Path
from zoneinfo import ZoneInfo

from aggregator import cluster, discretion, files, following, formats, links, moves, polling, websub
from aggregator.details import Detailed, Listed, is_settled, words_of
from aggregator.errors import FetchError, ParseError
from aggregator.formats import jsonapi, pages, posts, site_posts, sitemaps
from aggregator.formats.jekyll import CONFIGS, Site
from aggregator.ingest import Poll
from aggregator.model import (
    KNOWN,
    Advertised,
    Arrival,
    Entry,
    Feed,
    FileStamp,
    LinkRules,
    ListOptions,
    PollState,
    PostOptions,
    Response,
    Source,
    StoredEntry,
)
from aggregator.origins import Origins, addresses, to_ask, with_origins
from aggregator.places import path_of
from aggregator.rules import Ruler
from aggregator.rules.clean import clean, clean_feed
from aggregator.stores import Store

_MOST_COMPARED = 100  # entries of a source, for where its links lead


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """A source, its rules, and a digest that is equal as long as the rules are."""

    source: Source
    ruler: Ruler
    rules_digest: str
    zone: str = "UTC"  # for dates that give no offset
    links: LinkRules = KNOWN


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """A document as parsed; `feed` without anything secret, `raw` its entries with all of it."""

    feed: Feed
    raw: tuple[Entry, ...]
    own: tuple[str, ...]  # the addresses of feed and site
    ids: tuple[str, ...]
    said: tuple[bytes, ...]  # digests of the entries
    known: Mapping[str, bytes]
    url: str  # where it was found
    advertised: Advertised


def read(store: Store, subscription: Subscription, sent: Response) -> Read:
    """What `sent` says; ParseError when it is no feed."""
    source = subscription.source
    placed = replace(sent, url=discretion.base(source, sent.url), discreet=source.secret)
    whole = parsed(placed, source, ZoneInfo(subscription.zone))
    feed = _discreet(whole, source, sent.url)
    own = links.at_home(feed, source.url, sent.url)
    ids = cluster.ids_of(feed.entries, home=own)
    return Read(
        feed=feed,
        raw=whole.entries,
        own=own,
        ids=tuple(ids),
        said=tuple(map(cluster.digest_of, feed.entries)),
        known=store.digests(source.id, ids),
        url=sent.url,
        advertised=websub.advertised(source, whole, url=sent.url, headers=sent.headers),
    )


# By kind of source: how a document is read that is no feed.
_READERS: Mapping[str, Callable[..., Feed]] = {
    "json": jsonapi.parse,
    "page": pages.parse,
    "sitemap": sitemaps.parse,
}


def parsed(response: Response, source: Source, zone: tzinfo) -> Feed:
    """The feed in `response`, read as the source's kind is; ParseError when it is none."""
    read = _READERS.get(source.kind)
    if read is None:
        return formats.parse(response, zone=zone)
    return formats.guarded(lambda: read(response, source.how, zone=zone))


def listed(store: Store, subscription: Subscription, given: Read) -> Listed:
    """Its entries, as their texts are to be fetched, with the texts that they have by now: those
    stay, should no new ones come."""
    source = subscription.source
    said = given.said
    if source.full_text:
        said = tuple(x + words_of(e) for x, e in zip(said, given.raw, strict=True))
    earlier = {
        name: place
        for place, (name, says) in enumerate(zip(given.ids, said, strict=True))
        if name in given.known and not is_settled(says, given.known[name])
    }
    old = store.recognised(source.id, earlier, ()) if earlier else ()
    return Listed(
        entries=given.raw,
        rules=subscription.links,
        said=said,
        known=tuple(map(given.known.get, given.ids)),
        kept={
            earlier[x.keys.source_entry_id]: x.entry.content
            for x in old
            if x.entry
            and x.entry.content
            and (x.entry.announced is not None or not source.full_text)
            and x.keys.source_entry_id in earlier
        },
    )


def hidden(store: Store, subscription: Subscription, given: Read) -> tuple[str, ...]:
    """The short links of what is new or changed, that are to be asked where they lead."""
    rules = subscription.links
    if not rules.resolve:
        return ()
    news = (
        entry
        for entry, name, says in zip(given.raw, given.ids, given.said, strict=True)
        if (given.known.get(name) or b"")[: len(says)] != says
    )
    asked = to_ask(news, rules)
    known = store.origins(asked) if asked else {}
    return tuple(x for x in asked if x not in known)


def poll_of(
    store: Store,
    subscription: Subscription,
    given: Read,
    *,
    before: PollState,
    after: PollState,
    texts: Detailed | None = None,
    origins: Origins | None = None,
) -> Poll:
    """The poll that a document makes of `before`; with its `texts` and the `origins` of its
    entries, if they had to be fetched."""
    source, rules = subscription.source, subscription.links
    feed, digests = given.feed, given.said
    if texts:
        feed = replace(feed, entries=texts.entries, problems=(*feed.problems, *texts.problems))
        feed, digests = _discreet(feed, source, given.url), texts.digests
    entries = feed.entries
    if source.full_text or rules.resolve:
        kept = store.origins(addresses(entries, rules))
        entries = with_origins(entries, {**kept, **(origins or {})}, rules)
    arrivals = _arrivals(
        subscription, entries, given.ids, given.known, digests, feed_urls=given.own
    )
    about = clean_feed(replace(feed, entries=()))
    old = store.feed(source.id)
    if not given.known and before.digest is not None:  # of another address nothing is known
        _check(store, source, arrivals, old, about)
    if not feed.entries and old.title:  # it may be a page for errors: what we know is worth more
        about = replace(old, problems=about.problems)
    seen = polling.Seen(
        hints=feed.hints,
        dates=tuple(x for e in feed.entries if (x := e.published or e.updated)),
        entries=len(given.ids),
        new=len(set(given.ids) - given.known.keys()),
    )
    after = polling.learned(source, before, after, seen, after.polled or before.due)
    if texts and texts.waiting:  # a 304 would hide what is still to be fetched
        after = replace(after, etag=None, last_modified=None, digest=None)
    return Poll(
        source=source.id,
        state=after,
        feed=about,
        arrivals=arrivals,
        present=frozenset(given.ids),
        problems=feed.problems,
        slowdown=texts.slowdown if texts else None,
        first=before.succeeded is None,
        backlog=subscription.ruler.backlog,
        origins=origins or {},
        points=source.role == "aggregator",
        advertised=given.advertised,
    )


def _check(store: Store, source: Source, arrivals: Sequence[Arrival], old: Feed, new: Feed) -> None:
    """Held if that is another feed than the source was."""
    if not arrivals or not moves.renamed(old, new):
        return
    keys = [a.keys for a in arrivals]
    before = store.link_keys(source.id, _MOST_COMPARED)
    how = moves.swapped(old, new, before, [k.url_key for k in keys])
    if how and not store.knows(source.id, keys):
        raise moves.held(source, how)


def _discreet(feed: Feed, source: Source, url: str) -> Feed:
    """Where a secret address leads, `url`, is as secret as it is itself."""
    feed = discretion.withheld(feed, source)
    if url != source.url:
        feed = discretion.withheld(feed, replace(source, url=url))
    return feed


def read_push(store: Store, subscription: Subscription, sent: Response) -> tuple[Poll, bool]:
    """What a hub sent, as a poll that takes nothing back: new entries, and later versions of those
    that we have. False when it tells more than that, which only the feed itself can say: hubs make
    other formats of feeds, and send things twice; nor is anything taken of a source that is held,
    or whose texts are to be fetched, or where its links lead.

    ParseError when it is no feed.
    """
    source = subscription.source
    state = store.states().get(source.id)
    if source.kind != "feed" or source.full_text or (state and (state.held or state.gone)):
        return Poll(source=source.id, state=None), False
    given = read(store, subscription, sent)
    if hidden(store, subscription, given):
        return Poll(source=source.id, state=None), False
    arrivals = _arrivals(
        subscription, given.feed.entries, given.ids, given.known, given.said, feed_urls=given.own
    )
    taken = _news(store, source, arrivals)
    poll = Poll(
        source=source.id,
        state=None,
        arrivals=taken,
        present=frozenset(given.ids),
        points=source.role == "aggregator",
        backlog=subscription.ruler.backlog,
    )
    return poll, len(taken) == len(arrivals)


def _news(store: Store, source: Source, arrivals: Sequence[Arrival]) -> tuple[Arrival, ...]:
    """Those that add to what we know, whoever sent them and how often."""
    names = {a.keys.source_entry_id for a in arrivals}
    names |= {cluster.stand_in(a.entry) for a in arrivals}
    keys = {a.keys.url_key for a in arrivals if a.keys.url_key}
    by_name: dict[str | None, list[StoredEntry]] = defaultdict(list)
    for old in store.recognised(source.id, names, keys):
        by_name[old.keys.source_entry_id].append(old)
        by_name[old.keys.url_key].append(old)
    return tuple(
        a
        for a in arrivals
        if (a.entry.id or a.keys.url_key)  # without both it may be an old one, edited
        and all(
            _is_later(a, old)
            for key in (a.keys.source_entry_id, cluster.stand_in(a.entry), a.keys.url_key)
            if key is not None
            for old in by_name[key]
        )
    )


def _is_later(a: Arrival, old: StoredEntry) -> bool:
    """Whether it is a later version of the same entry, by what the source says itself."""
    if old.entry is None or a.keys.source_entry_id != old.keys.source_entry_id:
        return False
    return old.entry.updated is not None and _later(a.entry, old.entry)


def _arrivals(
    subscription: Subscription,
    entries: Sequence[Entry],
    ids: Sequence[str],
    known: Mapping[str, bytes],
    digests: Sequence[bytes],
    *,
    feed_urls: Sequence[str] = (),
) -> tuple[Arrival, ...]:
    """Those entries that are new, or other than we know them; each id once."""
    found: dict[str, Arrival] = {}
    for entry, name, digest in zip(entries, ids, digests, strict=True):
        if known.get(name) == digest:
            continue
        cleaned = clean(entry, feed_urls=feed_urls, rules=subscription.links)
        ruling = subscription.ruler(cleaned)
        arrival = Arrival(
            entry=cleaned,
            keys=cluster.keys_of(
                cleaned, source_entry_id=name, digest=digest, rules=subscription.links
            ),
            outputs=ruling.outputs,
            dropped=ruling.dropped,
        )
        if name not in found or _later(cleaned, found[name].entry):
            found[name] = arrival
    return tuple(found.values())


def _later(a: Entry, b: Entry) -> bool:
    """Of two versions of one entry in one document, the one updated last counts."""
    return bool(a.updated and (not b.updated or a.updated > b.updated))


def read_list(
    store: Store, subscription: Subscription, *, after: PollState, sent: Response
) -> Poll:
    """The poll that a subscription list makes; ParseError when it is none, or may not be whole."""
    source = subscription.source
    assert isinstance(source.how, ListOptions)
    how, named = source.how, store.outlines()
    known = len(named.get(source.id, ()))
    found = formats.guarded(lambda: following.listing(sent, how, known=known))
    problems = found.problems + following.beyond(source, named | {source.id: found.outlines})
    return Poll(
        source=source.id,
        state=after,
        feed=Feed(problems=problems),
        outlines=found.outlines,
        problems=problems,
    )


# ── posts ────────────────────────────────────────────────────────────────────


_LARGEST = 4_000_000  # bytes of what a post includes or links to
Parse = Callable[[bytes, str], Feed]  # a post's bytes and its path


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What a look at a folder of posts found, before anything is read."""

    changed: tuple[files.Found, ...]  # new, or other than when last read, or read otherwise
    paths: frozenset[str]  # of all that are there
    troubles: tuple[FileStamp, ...]  # no stamp: they are looked at again next time
    gone: tuple[str, ...]  # what was there when last read
    parse: Parse

    @property
    def problems(self) -> tuple[str, ...]:
        return tuple(problem for trouble in self.troubles for problem in trouble.problems)

    def holds(self, path: str) -> bool:
        """Whether the post is still there, as far as can be seen."""
        return path in self.paths or any(_is_below(path, t.path) for t in self.troubles)


def look(store: Store, source: Source, *, now: datetime) -> Look:
    """A look at each file of the folder, no more; of a Jekyll site its config is read as well.

    FetchError when they cannot be read, ParseError when Jekyll refuses the config.
    """
    folder = path_of(source.url)
    try:
        as_jekyll = source.posts.reads == "jekyll"
        way = _site(folder, source.posts, now) if as_jekyll else _loose(folder, source.posts)
    except OSError as error:
        raise FetchError(
            f"{folder.name}: {_reason(error)}; the folder of posts is read there"
        ) from error
    scan = way.scan
    stamps = store.stamps(source.id)
    read_as = blake2b(
        repr((source.posts, way.config, way.included)).encode(), digest_size=6
    ).hexdigest()
    changed = tuple(
        replace(f, stamp=stamp)
        for f in scan.found
        if stamps.get(f.path) != (stamp := f"{f.stamp}-{read_as}")
    )
    paths = frozenset(f.path for f in scan.found)
    troubles = tuple(
        FileStamp(path=path, stamp="", problems=(f"{path}: {reason}",))
        for path, reason in scan.troubles.items()
    )
    found = Look(changed=changed, paths=paths, troubles=troubles, gone=(), parse=way.parse)
    return replace(found, gone=tuple(path for path in stamps if not found.holds(path)))


def wanted(source: Source) -> Callable[[str], bool]:
    """Whether a change of the file at a path may change what the folder's posts say."""
    return _of_site if source.posts.reads == "jekyll" else posts.publishable_name


@dataclass(frozen=True, slots=True, kw_only=True)
class _Way:
    """Which files of a folder are posts, and how they are read."""

    scan: files.Scan
    parse: Parse
    config: tuple[str, bytes] | None = None  # of a Jekyll site, and its name
    included: tuple[str, ...] = ()  # what the files that its posts include are like


def _loose(folder: Path, options: PostOptions) -> _Way:
    return _Way(
        scan=files.scan(folder, wanted=posts.publishable_name),
        parse=lambda body, path: posts.parse(body, path=path, options=options),
    )


def _site(folder: Path, options: PostOptions, now: datetime) -> _Way:
    scan = files.scan(folder, wanted=_may_be_read, site=True)
    config = _config(folder)
    if not config and not scan.troubles and all(_included(f.path) for f in scan.found):
        raise FetchError(
            f"{folder.name}: neither {CONFIGS[0]} nor a post below _posts;"
            " with reads: jekyll, path is the folder of the site"
        )
    name, body = config or (CONFIGS[0], None)
    site = Site(scan.paths, body, name=name, otherwise=ZoneInfo(options.timezone))
    chosen = frozenset(site.paths())
    troubles = {path: why for path, why in scan.troubles.items() if site.may_hold(path)}
    found = tuple(f for f in scan.found if f.path in chosen)
    source = partial(files.read_within, folder, most=_LARGEST)
    return _Way(
        scan=replace(scan, found=found, troubles=troubles),
        parse=site_posts.Reader(site, options, now=now, source=source).parse,
        config=config,
        included=tuple(f"{f.path} {f.stamp}" for f in scan.found if _included(f.path)),
    )


def _of_site(path: str) -> bool:
    return path in CONFIGS or _may_be_read(path)


def _may_be_read(path: str) -> bool:
    return site_posts.publishable_path(path) or _included(path)


def _included(path: str) -> bool:
    return site_posts.includable_path(path)


def _config(folder: Path) -> tuple[str, bytes] | None:
    try:
        return files.read_first(folder, CONFIGS)
    except OSError as error:
        name = Path(error.filename or folder).name
        raise FetchError(f"{name}: {_reason(error)}; Jekyll's config is read there") from error


def _reason(error: OSError) -> str:
    return (error.strerror or str(error)).lower()


def _is_below(path: str, folder: str) -> bool:
    return path == folder or path.startswith(f"{folder}/")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Read:
    """What came of one post file."""

    feed: Feed
    stamp: FileStamp
    withdrawn: str | None = None  # its entry's id


def read_posts(
    store: Store,
    subscription: Subscription,
    *,
    before: PollState,
    batch: Sequence[files.Found],
    seen: Look,
) -> Poll:
    """The poll that some post files make; one that cannot be read is a problem that names it."""
    read = [_read(found, seen.parse) for found in batch]
    entries = tuple(entry for r in read for entry in r.feed.entries)
    ids = cluster.ids_of(entries)
    known = store.digests(subscription.source.id, ids)
    digests = tuple(map(cluster.digest_of, entries))
    arrivals = _arrivals(subscription, entries, ids, known, digests)
    told = {entry.path for entry in entries}
    return Poll(
        source=subscription.source.id,
        state=before,
        arrivals=arrivals,
        present=frozenset(ids) | _elsewhere(store, subscription.source, arrivals, told, seen),
        withdrawn=tuple(r.withdrawn for r in read if r.withdrawn),
        stamps=tuple(r.stamp for r in read),
        problems=tuple(problem for r in read for problem in r.feed.problems),
        first=before.succeeded is None,
    )


def _elsewhere(
    store: Store, source: Source, arrivals: Sequence[Arrival], told: Set[str | None], seen: Look
) -> frozenset[str]:
    """The ids of entries whose links arrive again, while their own files are still there: what
    arrives is another post about the same page, and not theirs under another name."""
    links = {a.keys.url_key for a in arrivals if a.keys.url_key}
    known = store.recognised(source.id, (), links) if links else ()
    paths = {k.keys.source_entry_id: k.entry.path if k.entry else None for k in known}
    return frozenset(
        name for name, path in paths.items() if path not in told and seen.holds(path or name)
    )


def _read(found: files.Found, parse: Parse) -> _Read:
    stamp, withdrawn = found.stamp, None
    try:
        feed = parse(found.file.read_bytes(), found.path)
        withdrawn = None if feed.entries else feed.id
    except OSError as error:  # without a stamp it is tried again next time
        feed, stamp = Feed(problems=(f"{found.path}: {_reason(error)}",)), ""
    except ParseError as error:  # what it said when it could be read stays
        feed = Feed(problems=(str(error),))
    feed = replace(feed, problems=found.problems + feed.problems)
    kept = FileStamp(path=found.path, stamp=stamp, problems=feed.problems)
    return _Read(feed=feed, stamp=kept, withdrawn=withdrawn)
