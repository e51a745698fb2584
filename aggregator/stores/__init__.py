"""What we know, kept: the Store contract, and the stores that fulfil it.

`sql` fulfils it for every database with SQL. To add a store: a file with `connect(url)`, a line in
STORES and one in tests/places.py, for tests/test_store.py is its suite.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol

from aggregator.errors import StoreError
from aggregator.model import (
    EVERYTHING,
    Advertised,
    Announcement,
    Arrival,
    Deleted,
    Document,
    Feed,
    FileStamp,
    Imprint,
    Intent,
    Kept,
    Keys,
    Lease,
    Listener,
    Page,
    Place,
    PollState,
    Posting,
    RobotsFile,
    Slowdown,
    Source,
    Standing,
    StoredEntry,
    Story,
    Words,
)
from aggregator.opml import Outline
from aggregator.searching import Query


class Store(Protocol):
    """Synchronous, and used by one writing thread; `digests`, `stamps` and `search` by any."""

    def transaction(self) -> AbstractContextManager[None]:
        """All that is written inside is kept together, or not at all. They nest."""

    def copy_to(self, path: Path) -> None:
        """A consistent copy, whoever writes meanwhile: an SQLite file."""

    def close(self) -> None: ...

    # ── sources ──
    def enrol(self, sources: Sequence[Source], now: datetime) -> None:
        """Take in what the config names: new sources are due now, others keep their due time, if
        it is one that they can have by this clock and config; those no longer named are retired,
        their entries stay."""

    def claim(
        self,
        now: datetime,
        *,
        names: Collection[str],
        force: Collection[str] = (),
        unless_pushed_since: datetime | None = None,
    ) -> list[PollState]:
        """The sources among `names` that are due, and those that are in `force` as well. One that
        is gone is never due, nor is any in an hour that its document wants to be skipped. What a
        hub pushes now is not, if it was polled `unless_pushed_since`."""

    def finish(self, state: PollState, feed: Feed | None) -> None:
        """Keep what a poll taught about its source; a None feed leaves its metadata and its
        problems."""

    def clock_set(self, by: timedelta) -> None:
        """The clock was set by so much: what we know of sources is as old as it was before."""

    def slowdowns(self, now: datetime) -> list[Slowdown]:
        """The hosts that had enough of us, as far as that still counts."""

    def slow(self, slowdown: Slowdown) -> None: ...

    def robots(self, origin: str, *, public: bool) -> RobotsFile | None:
        """What an origin told robots when it was last asked, whether or not that still holds."""

    def keep_robots(self, file: RobotsFile) -> None:
        """In place of what it told before; what ended a week before this does is forgotten."""

    def rules(self, source: str, digest: str) -> bool:
        """Whether `digest` is new: then what the source's entries were ruled to be is stale."""

    def states(self) -> dict[str, PollState]: ...

    def feeds(self) -> dict[str, Feed]:
        """The metadata of every source that ever answered."""

    def feed(self, source: str) -> Feed:
        """The metadata of one source; an empty Feed if it never answered."""

    # ── hubs ──
    def advertise(self, source: str, found: Advertised) -> None:
        """What the feed of a source says of its hubs."""

    def advertised(self) -> dict[str, Advertised]:
        """Of the sources that are not retired and name a hub."""

    def leases(self) -> list[Lease]:
        """All of them, the oldest first."""

    def keep_leases(self, kept: Iterable[Lease], *, forgotten: Iterable[str] = ()) -> None:
        """Those that are new or have changed, and the tokens of those that are over."""

    def announcements(self) -> list[Announcement]:
        """What other people's hubs know of our documents."""

    def keep_announcements(
        self, kept: Iterable[Announcement], *, forgotten: Iterable[tuple[str, str]] = ()
    ) -> None:
        """Those that are new or have changed; hub and topic of those that are no more."""

    def intents(self) -> list[Intent]:
        """What our own hub was asked for, and has to ask about; what is due first comes first."""

    def keep_intents(
        self, kept: Iterable[Intent], *, forgotten: Iterable[tuple[str, str]] = ()
    ) -> None:
        """Likewise, by callback and topic: the last that was asked for counts."""

    def listeners(self) -> list[Listener]:
        """Whom our own hub sends news to."""

    def keep_listeners(
        self, kept: Iterable[Listener], *, forgotten: Iterable[tuple[str, str]] = ()
    ) -> None:
        """Likewise, by callback and topic."""

    # ── lists ──
    def outlines(self) -> dict[str, tuple[Outline, ...]]:
        """By source, what the subscription lists name."""

    def keep_outlines(self, source: str, outlines: Iterable[Outline]) -> None:
        """What a list names now, and nothing else."""

    # ── entries ──
    def link_keys(self, source: str, most: int) -> list[str | None]:
        """Of the source's newest entries, what their links are compared by."""

    def knows(self, source: str, keys: Collection[Keys]) -> bool:
        """Whether some entry of the source has an id, a link or a title of these."""

    def digests(self, source: str, ids: Iterable[str]) -> dict[str, bytes]:
        """By source_entry_id, the digests of those entries that we have."""

    def recognised(
        self, source: str, ids: Iterable[str], url_keys: Iterable[str]
    ) -> list[StoredEntry]:
        """The source's entries that have one of these ids or keys."""

    def titled(self, source: str, title_keys: Collection[str]) -> list[StoredEntry]:
        """The source's entries that have one of these titles, whenever they were published."""

    def shared(self, keys: Iterable[Keys]) -> set[str]:
        """Those of the values in `keys` that any entry has for a key, too."""

    def candidates(self, keys: Keys, *, near: datetime, within: timedelta) -> list[StoredEntry]:
        """Entries of any source that share a key, at most a hundred or so; those that share
        their title alone are not further from `near` than `within`."""

    def postings(self, places: Collection[Place]) -> dict[Place, list[int]]:
        """By place in the index of sketches, the keys of the entries that are there."""

    def imprints(self, entries: Collection[int]) -> list[Imprint]:
        """What those of these entries are compared by that have a print."""

    def keep_prints(self, kept: Collection[Kept]) -> None:
        """The prints of entries, and the places where their sketches are found, and are no more.
        No entry is among them twice."""

    def members(self, cluster: int) -> list[StoredEntry]:
        """The sightings of a cluster."""

    def others_in(self, cluster: int, *, than: int, source: str | None = None) -> bool:
        """Whether a cluster has other entries than this one, from a source or at all."""

    def one_source_in(self, one: int, other: int) -> bool:
        """Whether some source has sightings in both clusters."""

    def add(self, entry: StoredEntry, arrival: Arrival, *, surfaced: datetime) -> StoredEntry:
        """A new sighting. A `cluster` of 0 opens a new cluster, and lists it."""

    def change(self, entry: StoredEntry, arrival: Arrival, *, surfaced: datetime | None) -> None:
        """A sighting that we have now says `arrival`; `surfaced` brings its story up again."""

    def merge(self, clusters: Collection[int]) -> int:
        """Strong evidence says that these are one story: the one published first, else the
        oldest, takes in the others."""

    def part(self, entries: Collection[int]) -> int:
        """An operator told these entries of one cluster apart from its others, for good. They get
        a cluster of their own, which this is: that which one of them led before it was merged into
        the one that they leave, if there is such a one."""

    def unpart(self, clusters: Collection[int]) -> None:
        """Forget what was told apart within these clusters."""

    def parted(self, clusters: Collection[int]) -> set[frozenset[int]]:
        """Which two of these clusters hold entries that were told apart."""

    def set_reason(self, entries: Collection[int], reason: str | None) -> None:
        """Why these entries are in their cluster."""

    def settle(self, clusters: Iterable[int], now: datetime) -> None:
        """After changes: list these clusters in the outputs their sightings name."""

    @property
    def private(self) -> frozenset[str]:
        """The outputs that not everyone may read."""

    def keep_private(self, outputs: Collection[str], now: datetime) -> None:
        """From now on a story that stands in these outputs only is not in EVERYTHING."""

    def note(self, entry: int, now: datetime, event: str, detail: str) -> None:
        """A line in the ledger of an entry."""

    def entries(self, *, source: str | None, output: str | None) -> Iterable[StoredEntry]:
        """All that we have, cluster by cluster."""

    def found(
        self, text: str, url_key: str | None, cluster: int | None = None
    ) -> list[StoredEntry]:
        """The entries of the clusters that somebody means by an id, by an address with this key,
        or by what a cluster is or was called before it was merged."""

    def known(self, entries: Collection[int]) -> list[StoredEntry]:
        """Those that have these keys."""

    def counts(self) -> dict[str, int]:
        """By source, how many entries we have."""

    def story(self, cluster: int) -> Story:
        """A cluster with all of its sightings."""

    def ledger(self, entry: int) -> list[tuple[datetime, str, str]]: ...

    def origins(self, addresses: Iterable[str]) -> dict[str, str | None]:
        """Of addresses that were asked before: the better one, or None."""

    def keep_origins(self, found: Mapping[str, str | None], now: datetime) -> None: ...

    # ── files ──
    def stamps(self, source: str) -> dict[str, str]:
        """By path, the stamps of the post files read so far."""

    def stamp(self, source: str, files: Iterable[FileStamp]) -> None: ...

    def forget(self, source: str, paths: Iterable[str]) -> None:
        """Drop the stamps of files that are no longer there."""

    def problems(self, source: str) -> list[str]:
        """What is wrong with the source's feed or post files, as last read."""

    # ── outputs ──
    def due_releases(self, now: datetime) -> None:
        """Let go of the stories that were held until `now`."""

    def dirty(self) -> list[str]:
        """The outputs whose stories changed since they were last clean."""

    def mark(self, outputs: Iterable[str], *, dirty: bool) -> None: ...

    def issue(self, output: str, updated: datetime | None) -> None:
        """Its documents stand: the output is clean. `updated` is what they say of their date."""

    def editions(self) -> dict[str, datetime | None]:
        """By output, what its documents said of their date; None until it had an entry."""

    def slugs(self) -> dict[str, str]: ...

    def name(self, output: str, slug: str) -> None:
        """The slug of an output, for good."""

    def stories(self, output: str, limit: int, *, unfiled: bool = False) -> list[Story]:
        """Those of an output that surfaced last, newest first; held ones left out. `unfiled`: of
        those that are on no archive page."""

    def standing(self, output: str, limit: int | None, *, unfiled: bool = False) -> list[Standing]:
        """Likewise, with whose they are and no more; None: all of them."""

    def listed(self) -> Iterable[tuple[str, int]]:
        """All outputs, each with all clusters that are published in it, or will be."""

    def filed(self, page: Page) -> list[Story]:
        """Those on an archive page."""

    def overflow(self, output: str, *, most: int, keep: int) -> list[tuple[int, datetime]]:
        """If more than `most` stories of an output are on no page: those but the newest `keep`,
        with the moments at which they surfaced, the oldest first."""

    def file(self, page: Page, clusters: Collection[int]) -> None:
        """These stories are on a new page. It is stale, and the one before it, which has a
        successor now."""

    def pages(self, output: str, most: int) -> list[Page]:
        """The last ones of an output, the newest first."""

    def pages_of_month(self, output: str, month: str) -> int: ...

    def around(self, page: Page) -> tuple[Page | None, Page | None]:
        """The page before and the one after it."""

    def stale_pages(self) -> list[Page]:
        """Those whose documents are to be written: new ones, and those that lost a story."""

    def age(self, documents: Iterable[str] | None) -> None:
        """The pages of these documents are stale; None: all pages are."""

    def written(self, page: Page) -> None:
        """Its documents stand."""

    def documents(self, *, archived: bool) -> list[Document]:
        """The current ones as we left them, or those of the archive."""

    def documents_of(self, output: str) -> list[Document]:
        """All of an output, those of the archive too."""

    def keep_documents(self, kept: Iterable[Document]) -> None: ...

    def forget_documents(self, paths: Iterable[str]) -> None: ...

    def withdrawn(self, output: str, most: int) -> list[Deleted]:
        """Those of an output that were published and are in none any more, the newest first."""

    def pin(self, cluster: int, *, id: str, leader: int, published: datetime) -> None:
        """The cluster's public identity, from its first publication on."""

    def taken(self, id: str) -> bool:
        """Whether a published story has this atom:id."""

    # ── posts ──
    def want_posts(self, settings: str | None) -> None:
        """Keep track of which stories change, from now on: other settings than before make all of
        them due. None: nobody wants posts."""

    def due_posts(self, *, after: int, most: int) -> list[Posting]:
        """The stories that changed since they were last posted, or that are none any more, in the
        order of their clusters."""

    def shown(self, clusters: Collection[int], *, output: str = EVERYTHING) -> list[Story]:
        """Those of these stories that are published in an output; held ones left out."""

    def name_post(self, posting: Posting) -> None:
        """The name of the file, for good."""

    def post_named(self, name: str) -> bool:
        """Whether some story has it."""

    def posted(self, clusters: Collection[int]) -> None:
        """Their files are as they should be."""

    # ── search ──
    def unsearched(self, limit: int) -> list[tuple[int, Story | None]]:
        """The clusters whose words are to be kept next, with what is published of them, if
        anything is. What was published before there was an index comes by and by."""

    def keep_words(self, words: Iterable[Words]) -> None:
        """What these are searched by from now on."""

    def search(
        self,
        query: Query,
        *,
        output: str = EVERYTHING,
        limit: int,
        offset: int = 0,
        seconds: float = 1.0,
    ) -> list[Story]:
        """The published stories of an output that fit, the best first, the newest of those that
        fit as well, and of a few hundred at most. Asked by any thread; TookTooLong after
        `seconds`."""

    # ── our own ──
    def meta(self, name: str) -> str | None: ...

    def set_meta(self, values: Mapping[str, str]) -> None: ...


def _sqlite(url: str, *, exclusive: bool, name: str | None) -> Store:
    from aggregator.stores.sqlite import connect  # noqa: PLC0415  # only the store that is used

    return connect(url, exclusive=exclusive, name=name)


def _postgres(url: str, *, exclusive: bool, name: str | None) -> Store:
    try:
        from aggregator.stores.postgres import connect  # noqa: PLC0415  # its driver is an extra
    except ImportError as error:
        raise StoreError(
            f"{name or 'store'}: needs psycopg, an extra:"
            " `pip install 'aggregator[postgres]'` installs it"
        ) from error
    return connect(url, exclusive=exclusive, name=name)


STORES: dict[str, Callable[..., Store]] = {"sqlite": _sqlite, "postgresql": _postgres}


def connect(url: str, *, exclusive: bool, name: str | None = None) -> Store:
    """The store at `url`; `exclusive` for whoever writes. Messages call it `name`, else by its
    file: where it lies may be a secret.

    StoreLocked when another process writes, StoreError when it cannot be opened.
    """
    scheme = url.partition(":")[0]
    if scheme not in STORES:
        raise StoreError(f"store: unknown kind {scheme!r}; known are {', '.join(STORES)}")
    return STORES[scheme](url, exclusive=exclusive, name=name)
