"""Every value that flows from the wire to feeds/: frozen, in Atom's words.

Times are aware and in UTC, sequences are tuples, absent is None (or "" for text that always
exists, such as a title).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Literal

Kind = Literal["feed", "posts", "json", "opml", "page", "sitemap"]
Role = Literal["original", "aggregator"]
ContentPolicy = Literal["full", "excerpt", "link"]
Reads = Literal["loose", "jekyll"]
Arrangement = Literal["plain", "jekyll"]
PostLinks = Literal["target", "own"]


# ── what a feed says ─────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """atom:author and its kin (RFC 4287 §3.2)."""

    name: str = ""
    email: str | None = None
    url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Category:
    """atom:category (RFC 4287 §4.2.2)."""

    term: str
    scheme: str | None = None
    label: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """atom:link (RFC 4287 §4.2.7). Seven relations are our own and never published:
    `canonical`, an address that the publisher itself calls the true one (rel=canonical,
    feedburner:origLink); `permalink`, an id that is also an address; `source`, what dc:source calls
    so; `key`, an address that is good for comparing but not for showing (made from an id in a file
    name); `text`, where the text is that its source only announces; `origin`, the address that
    its page declares; `id`, what a post is called in the feed of its own site."""

    href: str
    rel: str = "alternate"
    type: str | None = None
    hreflang: str | None = None
    title: str | None = None
    count: int | None = None  # of replies behind it (RFC 4685 §4)
    updated: datetime | None = None  # the last of them


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LinkRules:
    """What a config adds to the tables of `link_rules`. One is itself and no other: caches go by
    it."""

    drop: frozenset[str] = frozenset()  # parameters, in lower case; `x_*` is all that begin so
    keep: frozenset[str] = frozenset()  # likewise; stronger than all that is known
    redirectors: tuple[tuple[str, tuple[str, ...]], ...] = ()  # host, parameters with the target
    opaque: frozenset[str] = frozenset()  # hosts that hide the target
    mirrors: tuple[tuple[str, str], ...] = ()  # host, host that has the same pages
    resolve: frozenset[str] = frozenset()  # hosts that may be asked for the target


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """What a page says of its own address, and where it was found."""

    url: str  # after redirects
    canonical: tuple[str, ...] = ()
    og_url: tuple[str, ...] = ()
    main_entity: tuple[str, ...] = ()  # of JSON-LD
    language: str | None = None
    languages: tuple[tuple[str, str], ...] = ()  # and where they are
    amp: bool = False


KNOWN = LinkRules()  # the tables alone


@dataclass(frozen=True, slots=True, kw_only=True)
class Extension:
    """An extension element (RFC 4287 §6.4) as its feed had it: `podcast:transcript`, by the usual
    prefix. One with children has no text."""

    name: str
    text: str = ""
    attributes: tuple[tuple[str, str], ...] = ()
    children: tuple[Extension, ...] = ()

    def get(self, name: str) -> str:
        """The attribute of this name, or ""."""
        return next((value for key, value in self.attributes if key == name), "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Enclosure:
    """A file that belongs to an entry; `length` in bytes."""

    url: str
    type: str | None = None
    length: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """atom:source: the feed that an entry comes from (RFC 4287 §4.2.11)."""

    id: str | None = None
    title: str = ""
    updated: datetime | None = None
    links: tuple[Link, ...] = ()
    authors: tuple[Person, ...] = ()
    rights: str | None = None
    subtitle: str | None = None
    image: str | None = None
    generator: str | None = None
    categories: tuple[Category, ...] = ()
    language: str | None = None
    extensions: tuple[Extension, ...] = ()

    @property
    def url(self) -> str | None:
        """Its site, else the feed itself."""
        return next(
            (x.href for rel in ("alternate", "self") for x in self.links if x.rel == rel), None
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One entry of a source, as parsed; after `rules.clean`, safe and absolute.

    `summary` and `content` are HTML; their relative references resolve against `base` until
    `rules.clean` has made them absolute. `title` may hold markup until then.
    """

    id: str = ""  # as the source gave it, byte for byte; "" when it gave none
    title: str = ""
    links: tuple[Link, ...] = ()
    published: datetime | None = None
    updated: datetime | None = None
    authors: tuple[Person, ...] = ()
    summary: str | None = None
    content: str | None = None
    base: str | None = None
    categories: tuple[Category, ...] = ()
    sections: tuple[str, ...] = ()  # categories that are outputs by themselves (of a post)
    enclosures: tuple[Enclosure, ...] = ()
    language: str | None = None
    rights: str | None = None
    comments: str | None = None  # the page where it is discussed
    origin: Origin | None = None
    source_link: str | None = None  # the link before it was made canonical
    path: str | None = None  # the file, for a post; relative to its folder
    extensions: tuple[Extension, ...] = ()
    blocked: str | None = None  # the element by which its publisher wants it listed nowhere

    @property
    def link(self) -> str | None:
        """The first rel=alternate."""
        return next((x.href for x in self.links if x.rel == "alternate"), None)

    @property
    def html(self) -> str:
        """The fullest text it has."""
        return self.content or self.summary or ""

    @property
    def announced(self) -> str | None:
        """What its source said of it, where its text was fetched from elsewhere."""
        fetched = self.content and any(x.rel == "text" for x in self.links)
        return self.summary if fetched else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Hints:
    """What a document says of when to ask for it again. Hours and days are GMT's."""

    ttl: timedelta | None = None
    period: timedelta | None = None  # sy:updatePeriod / sy:updateFrequency
    base: datetime | None = None  # sy:updateBase: periods are counted from it
    skip_hours: tuple[int, ...] = ()
    skip_days: tuple[int, ...] = ()  # 0 is Monday
    complete: bool = False  # nothing more is to come


@dataclass(frozen=True, slots=True, kw_only=True)
class Deleted:
    """at:deleted-entry (RFC 6721): the entry with this id was withdrawn."""

    ref: str
    when: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """What parsing gives and rendering takes."""

    id: str | None = None
    title: str = ""
    subtitle: str | None = None
    language: str | None = None
    updated: datetime | None = None
    published: datetime | None = None
    links: tuple[Link, ...] = ()
    authors: tuple[Person, ...] = ()
    rights: str | None = None
    image: str | None = None
    base: str | None = None  # what relative references in its own texts resolve against
    generator: str | None = None
    categories: tuple[Category, ...] = ()
    hints: Hints = Hints()
    entries: tuple[Entry, ...] = ()
    problems: tuple[str, ...] = ()  # what was wrong, and how it was read all the same
    extensions: tuple[Extension, ...] = ()
    blocked: str | None = None  # as an entry's, for all of them
    archive: bool = False  # of older entries, and they will not be others (RFC 5005 §4)
    deleted: tuple[Deleted, ...] = ()  # the newest first

    @property
    def link(self) -> str | None:
        """The first rel=alternate: the site."""
        return next((x.href for x in self.links if x.rel == "alternate"), None)


# ── where it comes from ──────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True, kw_only=True)
class PostOptions:
    """How a folder of posts is read."""

    reads: Reads = "loose"  # or as Jekyll decides: the folder is a site's then
    timezone: str = "UTC"  # IANA name, for dates that give no offset
    language: str | None = None
    site_hosts: tuple[str, ...] = ()  # own hosts: a link to them is never a source link
    site: str | None = None  # where the output is served: own, too
    link_keys: tuple[str, ...] = (
        "canonical_url",
        "source_url",
        "original_url",
        "link",
        "external-url",
        "canonicalURL",
    )
    links: PostLinks = "target"  # what the link of a post is: the source link, or its own page
    named: bool = False  # whether it is to have the id that jekyll-feed gives it


@dataclass(frozen=True, slots=True, kw_only=True)
class JsonText:
    """Where the text of an item of a JSON API is."""

    url: str  # a path to an address, or a template
    content: str = "@"  # the path to the text, in what that address answers
    element: str | None = None  # a CSS selector, where it answers a page


@dataclass(frozen=True, slots=True, kw_only=True)
class JsonFields:
    """How the answer of a JSON API is read: paths in JMESPath, first to the items, then in each.

    `link` and the address of the text may be templates, as https://a.example/{id}, too.
    """

    items: str = "@"
    id: str | None = None
    title: str | None = None
    link: str | None = None
    summary: str | None = None
    content: str | None = None
    published: str | None = None
    updated: str | None = None
    authors: str | None = None
    categories: str | None = None
    timezone: str | None = None  # IANA name; of dates without an offset
    text: JsonText | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ListOptions:
    """How a subscription list is followed."""

    folders: bool = False  # its folders are categories of its feeds
    most: int = 500  # feeds, those of the lists in it too
    private: bool = False  # its feeds may be at private addresses, those that the config allows


@dataclass(frozen=True, slots=True, kw_only=True)
class PageOptions:
    """Where the entries stand in a page that has no feed: CSS selectors, those of fields below the
    item. `selector@attribute` means the attribute, `@attribute` alone that of the item itself."""

    items: str
    id: str | None = None
    title: str | None = None  # default: its heading, else the text of its link
    link: str | None = None  # default: the link of its heading, else its first with a text
    published: str | None = None  # default: its first <time>
    updated: str | None = None
    summary: str | None = None
    content: str | None = None
    authors: str | None = None
    categories: str | None = None
    image: str | None = None
    timezone: str | None = None  # IANA name; of dates without an offset


@dataclass(frozen=True, slots=True, kw_only=True)
class SitemapOptions:
    """Which pages of a sitemap are entries. Patterns are searched for anywhere in an address."""

    match: str | None = None  # of pages
    follow: str | None = None  # of the sitemaps that an index names
    newest: int = 200


# What a kind of source needs to be read.
How = JsonFields | ListOptions | PageOptions | SitemapOptions


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A subscription, or a folder of posts."""

    id: str  # its name in the config
    url: str  # http:, https:, or file: for a local feed or the folder
    kind: Kind = "feed"
    how: How | None = None  # of the kinds that need to be told
    title: str | None = None  # instead of the feed's own
    categories: tuple[str, ...] = ()
    interval: timedelta = timedelta(hours=1)
    role: Role = "original"
    content: ContentPolicy | None = None  # None: as its entries are licensed, else an excerpt
    keep: str | None = None  # an expression: only entries that it is true of
    drop: str | None = None  # an expression: no entry that it is true of
    map: tuple[tuple[str, str], ...] = ()  # tag, category that it means in this source
    first: int | None = None  # how many of the entries that it began with are published
    posts: PostOptions = field(default_factory=PostOptions)
    secret: bool = False  # its address came from the environment or a file: nobody is shown it
    written: str | None = None  # a path as the config has it, unless that is secret
    full_text: bool = False  # its entries' texts are fetched from their pages
    own_interval: bool = False  # its `every` was written for it, not for all
    list: str | None = None  # the subscription list that names it, if not the config
    public: bool = False  # what is private is not asked for it, whatever the config allows

    @property
    def local(self) -> bool:
        return self.url.startswith("file:")


@dataclass(frozen=True, slots=True, kw_only=True)
class Streak:
    """On how many days something was seen, without anything else in between; in UTC."""

    days: int = 0
    last: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """What permanent redirects made of a source's address."""

    address: str | None = None  # asked instead of the config's
    leads: str | None = None  # where it redirects for good now; not believed yet
    seen: Streak = Streak()  # that it does
    lost: Streak = Streak()  # that `address` did not answer well


@dataclass(frozen=True, slots=True, kw_only=True)
class PollState:
    """Where we left off with a source. Validators are opaque and kept as they came; `due` follows
    from the rest of it and the source."""

    source: str
    due: datetime
    etag: str | None = None
    last_modified: str | None = None
    copy_of: str | None = None  # the address that gave them, where redirects ended
    digest: bytes | None = None  # of the last body
    failures: int = 0  # in a row
    error: str | None = None  # of the last poll
    polled: datetime | None = None  # last time, whatever came of it
    succeeded: datetime | None = None
    failing: datetime | None = None  # since when
    hints: Hints = Hints()  # of the last document: a 304 has none
    lifetime: timedelta | None = None  # for which an answer is fresh, by the last that said it
    asked: datetime | None = None  # the moment before which its server wants no poll
    rhythm: timedelta | None = None  # between two entries, as a rule
    shown: timedelta | None = None  # for how long the document shows an entry, as a rule
    news: datetime | None = None  # when its newest entry came
    gone: datetime | None = None  # it said so for good: it is asked no more
    held: bool = False  # it sends another feed than it did
    move: Move = Move()


@dataclass(frozen=True, slots=True, kw_only=True)
class Slowdown:
    """A host that had enough of us: no one asks it before `until`, and for a day all its sources
    take their turns slowly."""

    host: str
    until: datetime
    strikes: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class RobotsFile:
    """What an origin told robots, which holds `until` then; no `text` where there is no file."""

    origin: str
    public: bool  # asked as one that must have a public address
    until: datetime
    text: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None  # posted, where there is one
    confidential: bool = False  # never sent where somebody on the way could read it
    public: bool = False  # refused at private addresses: others than the config named this one
    page: bool = False  # made for people: its robots.txt is asked first
    copy_of: str | None = None  # what its conditions are about: no one else is told them


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """Polled, pushed or read from a file: all the same. Header names are lower case."""

    url: str  # after redirects
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    redirects: tuple[int, ...] = ()  # the statuses of those that led to `url`
    parts: tuple[Response, ...] = ()  # documents that it names, fetched after it
    problems: tuple[str, ...] = ()  # what was wrong on the way
    discreet: bool = False  # nothing may follow from its own address, not even if it tells it

    @property
    def bodies(self) -> tuple[bytes, ...]:
        """Its own and its parts'."""
        return (self.body, *(x.body for x in self.parts))


# ── what hubs push ───────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True, kw_only=True)
class Advertised:
    """The hubs that a feed names, the best first, and the address that they know it by."""

    topic: str
    hubs: tuple[str, ...] = ()


LeaseState = Literal["wanted", "active", "refused", "ending", "ended"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """What we asked of a hub: to push the news of a source to `callback`, for a time."""

    token: str = field(repr=False)  # the end of `callback`, which nobody else can guess
    callback: str = field(repr=False)
    source: str
    hub: str
    topic: str
    secret: str | None = field(default=None, repr=False)  # what pushes are signed with
    state: LeaseState = "wanted"
    made: datetime
    due: datetime  # when something is to be done about it next
    until: datetime | None = None  # when the hub forgets it
    attempts: int = 0
    error: str | None = None


# ── hubs of our own documents ────────────────────────────────────────────────


@dataclass(frozen=True, slots=True, kw_only=True)
class Announcement:
    """What a hub knows of a document of ours, and how it goes to tell it the news."""

    hub: str
    topic: str
    told: str | None = None  # what the document's file was like when the hub last took the news
    failing: datetime | None = None  # since when it does not take them
    due: datetime | None = None  # it is not asked before
    attempts: int = 0
    error: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Intent:
    """What our hub was asked for, until whoever is at `callback` says that they want it."""

    callback: str = field(repr=False)
    topic: str
    mode: Literal["subscribe", "unsubscribe"]
    secret: str | None = field(default=None, repr=False)
    lease: timedelta
    known: str | None = None  # a digest: the document as it was when they asked
    due: datetime  # when the callback is asked
    attempts: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Listener:
    """Whom our hub sends a document to, each time that it changes, until their lease ends."""

    callback: str = field(repr=False)
    topic: str  # as they wrote it
    secret: str | None = field(default=None, repr=False)
    until: datetime
    known: str | None = None  # a digest: the document that they have
    failing: datetime | None = None  # since when they do not take it
    due: datetime | None = None  # they are not sent anything before
    attempts: int = 0
    error: str | None = None


# ── what we keep ─────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True, kw_only=True)
class Keys:
    """What an entry is recognised by. Absent keys are None and match nothing."""

    source_entry_id: str  # the source's id, else a stand-in made from link or text
    global_id: str | None  # an id that means the same thing in every feed
    url_key: str | None  # links.url_key of the canonical link
    title_key: str | None  # digest of the title; None when there is too little of it
    digest: bytes  # of everything the source said: equal means nothing to do


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """An entry on its way into the store: new, or other than when we last saw it."""

    entry: Entry  # clean
    keys: Keys
    outputs: tuple[str, ...] = ()  # names of the categories that it is published in
    dropped: str | None = None  # by which rule, if it is not to be published


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredEntry:
    """A sighting: an entry of one source, and what we know about it."""

    key: int
    source: str
    cluster: int
    keys: Keys
    title: str
    first_seen: datetime
    published: datetime  # stated, else first seen; never moves
    stated: bool  # whether the source gave that date
    updated: datetime  # moves only when title or text did
    feed_updated: datetime  # its feed's `updated` when it was last saved
    reason: str | None = None  # why it joined its cluster
    dropped: str | None = None
    outputs: tuple[str, ...] = ()
    entry: Entry | None = None  # None once pruned


Place = tuple[int, int]  # in the index of sketches: the week of an entry's date, and a hash


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What an entry is compared by from now on, and where it is found, and is no more."""

    entry: int
    tokens: bytes
    points: bool  # it only points at what others tell
    here: tuple[Place, ...]
    gone: tuple[Place, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Imprint:
    """A sighting as others are held against it (prints, near)."""

    key: int
    source: str
    cluster: int
    title: str
    published: datetime
    url_key: str | None
    tokens: bytes
    points: bool  # it only points at what others tell


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """A cluster on its way out: every sighting that a rule did not drop, oldest first."""

    cluster: int
    sightings: tuple[StoredEntry, ...]
    published: datetime
    id: str | None = None  # atom:id; None before its first publication
    leader: int | None = None  # the key of the sighting that is published; None likewise
    release: datetime | None = None  # not published before


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A story where it stands in an output: for a cap on each source. `source` is whose copy leads
    it; None where several may, and none does yet."""

    cluster: int
    surfaced: datetime
    source: str | None = None
    page: int | None = None  # the number of the archive page that it is on


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What a published story is searched by (searching.words_of); nothing of one that is not."""

    cluster: int
    title: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileStamp:
    """A post file as it was when last read; equal stamps mean equal bytes."""

    path: str
    stamp: str
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Posting:
    """A story as a post: its cluster, and the name of its file, once it has one."""

    story: int
    name: str | None = None


EVERYTHING = ""  # the name of the output of every story: no category can be called so


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """A feed that we publish: one category, or EVERYTHING."""

    name: str
    slug: str
    title: str
    content: ContentPolicy = "full"  # the most of an entry that it shows


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """An archive page of an output (RFC 5005 §4). Pages follow each other by number, from 1 on."""

    output: str
    number: int
    name: str  # the calendar month of its stories, and which page of that: 2026-03, 2026-03-2


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A file of an output as we left it."""

    path: str  # below the folder
    output: str
    page: int | None = None  # which archive page it is; None for the current document
    stamp: str | None = None


# ── what came of a poll ──────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """How many entries of one poll were what."""

    new: int = 0
    changed: int = 0
    merged: int = 0  # of the new ones: joined a story that we had
    dropped: int = 0  # by a rule
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Unchanged:
    """A 304, or a server that never sends one but sent the same bytes."""

    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Updated:
    source: str
    changes: Changes


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    source: str
    error: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Postponed:
    """Not asked: its host wants to be left alone, or answers nobody."""

    source: str
    until: datetime


Outcome = Unchanged | Updated | Failed | Postponed
