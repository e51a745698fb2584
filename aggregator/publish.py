"""The second straight line: store → select → compose → render → check → write → feeds/.

Only outputs whose stories changed are composed again, and only documents whose bytes changed are
written. What is dirty stays so until its documents stand: a kill at any moment loses nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import chain, count, groupby
from pathlib import Path

from aggregator import access, blogroll, caps, cluster, compose, files
from aggregator.content import narrower
from aggregator.errors import AggregatorError, OutputError, TemplateError
from aggregator.layout import ARCHIVE, FRONT, PAGE, Around, Layout
from aggregator.model import (
    EVERYTHING,
    ContentPolicy,
    Document,
    Entry,
    Feed,
    Output,
    Page,
    Source,
    Standing,
    StoredEntry,
    Story,
)
from aggregator.packing import Press
from aggregator.posting import Hand, Poster, Posts
from aggregator.stores import Store

_SETTINGS = "publish settings"
_MOST = 1000  # stories on an archive page: all of them are in memory when it is written
_LISTED_MONTHS = 60  # that a page leads to
_LISTED_PAGES = 2000  # among which they are looked for
_AT_ONCE = 200  # new stories that are in memory while it is found out whose they are
_ARCHIVE_STAMP = "archive folder"
# What no document without entries has.
_ENTRY_MARKS = (b"<entry", b"<item", b'"date_modified"', b"<article")

_OUR_FRONT = b'<meta name="generator" content="aggregator">'

# The front page: from the newest stories, the outputs, whether the sources are listed, and archive
# pages, one a month.
Front = Callable[[Feed, Sequence[Output], bool, Sequence[str]], bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class Publication:
    """What is published, where, and how."""

    site: compose.Site
    layout: Layout
    archive: bool  # whether what has no more place in a document is filed
    sources: Mapping[str, Source]
    titles: Mapping[str, str]  # of every output that the config knows, by name
    wanted_slugs: Mapping[str, str]  # those that the config gives
    folder: Path
    private: frozenset[str] = frozenset()  # outputs that not everyone may read
    members: Mapping[str, frozenset[str]]  # by output, the sources that are filed there
    lists: bool  # whether each output has a list of them
    private_folder: Path  # where those are
    page_size: int  # entries of a document
    sizes: Mapping[str, int]  # of those outputs that have another, by name
    cap: int | None = None  # the most of them that are of one source
    caps: Mapping[str, int] = field(default_factory=dict)  # likewise, in single outputs
    content: ContentPolicy  # the most that is shown of an entry
    contents: Mapping[str, ContentPolicy]  # likewise, in single outputs
    prefer: tuple[str, ...]  # which copy of a story leads
    settings: str  # a digest: other settings, other documents
    posts: Posts | None = None  # stories as posts, if they are wanted
    front: Front
    styles: Mapping[str, bytes] = field(default_factory=dict)  # stylesheets, by path

    def size(self, output: str) -> int:
        return self.sizes.get(output, self.page_size)

    def most_of_one(self, output: str) -> int | None:
        return self.caps.get(output, self.cap)

    def shown(self, output: str) -> ContentPolicy:
        return narrower(self.content, self.contents.get(output, "full"))

    def folder_of(self, output: str) -> Path:
        return self.private_folder if output in self.private else self.folder

    def other_folder(self, output: str) -> Path:
        """Where it was before it became private, or public."""
        return self.folder if output in self.private else self.private_folder


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """Paths are relative to the folder, those of posts to the one that theirs is in. `failed`: what
    could not be written, and why: a whole document, or an entry that was left out of one. `notes`:
    what of the config is not acted on, and posts that were left alone."""

    written: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def publish(
    store: Store, wanted: Publication, now: datetime, *, hand: Hand, press: Press
) -> Published:
    """Bring feeds/ up to date with the store, by `press`, and posts by `hand`. What fails is told,
    and tried again next time."""
    store.due_releases(now)
    _mark(store, wanted, press)
    work = _Publishing(store, wanted, hand, press)
    dirty = store.dirty()
    aged = {name: list(pages) for name, pages in groupby(store.stale_pages(), lambda p: p.output)}
    for name in sorted({*dirty, *aged}):
        try:
            work.output(name, dirty=name in dirty, aged=aged.get(name, ()))
        except (AggregatorError, OSError, ValueError) as error:
            work.failed.append(f"{name or compose.ALL}: {error}")
    try:
        work.besides(changed=bool(dirty))
    except (AggregatorError, OSError, ValueError) as error:
        work.failed.append(str(error))
    _remember_archive(store, wanted)
    notes = (
        *slug_notes(wanted.wanted_slugs, store.slugs()),
        *work.notes,
        *work.posts(),
    )
    return Published(written=tuple(sorted(work.written)), failed=tuple(work.failed), notes=notes)


def looked_at(size: int) -> int:
    """How far back one looks for what may stand in a document of this size, where there is a cap
    on each source: not through all that was ever published."""
    return 20 * size


def set_anew(store: Store, wanted: Publication) -> bool:
    """Whether other settings than those that count now were published by: all documents may be
    others then."""
    return store.meta(_SETTINGS) not in (None, wanted.settings)


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


# ── what is to be done ───────────────────────────────────────────────────────


def _mark(store: Store, wanted: Publication, press: Press) -> None:
    """Dirty, whatever the stories say: outputs new in the config, documents that are gone or not
    as we left them, and everything once the settings are other ones."""
    slugs = store.slugs()
    known = {EVERYTHING, *wanted.titles}
    left = {d.path: d.stamp for d in store.documents(archived=False)}
    other = {
        name
        for name, slug in slugs.items()
        for form in wanted.layout.formats
        if _touched(
            press.stamp(wanted.folder_of(name) / (at := wanted.layout.path(slug, form))),
            left.get(at),
        )
    }
    lost = _lost_pages(store, wanted, press)
    with store.transaction():
        dirty = (known - set(slugs)) | other
        if store.meta(_SETTINGS) != wanted.settings:
            dirty |= known | set(slugs)
            lost = None
            store.set_meta({_SETTINGS: wanted.settings})
        store.mark(dirty, dirty=True)
        store.age(lost)


def _touched(found: str | None, left: str | None) -> bool:
    """Whether a document is not as it was left."""
    return found is None or found != left


def _lost_pages(store: Store, wanted: Publication, press: Press) -> list[str] | None:
    """The archive pages that are not as they were left. There are ever more of them, so they are
    looked at only when something in their folder was put, taken away or replaced."""
    if store.meta(_ARCHIVE_STAMP) == _archive_stamp(wanted):
        return []
    left = store.documents(archived=True)
    return [
        d.path for d in left if _touched(press.stamp(wanted.folder_of(d.output) / d.path), d.stamp)
    ]


def _archive_stamp(wanted: Publication) -> str:
    folders = (wanted.folder, wanted.private_folder)
    return " ".join(files.folder_stamp(folder / ARCHIVE) or "" for folder in folders)


def _remember_archive(store: Store, wanted: Publication) -> None:
    stamp = _archive_stamp(wanted)
    if store.meta(_ARCHIVE_STAMP) != stamp:
        store.set_meta({_ARCHIVE_STAMP: stamp})


# ── doing it ─────────────────────────────────────────────────────────────────


class _Publishing:
    """One round of it: what was written so far, and what could not be."""

    def __init__(self, store: Store, wanted: Publication, hand: Hand, press: Press) -> None:
        self._store = store
        self._wanted = wanted
        self._hand = hand
        self._press = press
        self._updated = store.editions()
        self._feeds: dict[str, Feed] = {}  # those that were needed so far
        self.written: list[str] = []
        self.failed: list[str] = []
        self.notes: list[str] = []

    def output(self, name: str, *, dirty: bool, aged: Sequence[Page]) -> None:
        """Bring the documents of an output up to date: pages first, since the current document
        leads to them, and no longer has what they have."""
        output = self._named(name)
        self._move(name)
        aged = self._file_overflow(name, aged) if dirty and self._wanted.archive else aged
        trouble: OutputError | TemplateError | None = None
        for page in aged:
            try:
                self._page(output, page)
            except (OutputError, TemplateError) as error:
                if not self._stands(output, page):
                    raise
                trouble = trouble or error
        if dirty:
            self._current(output)
        if trouble:
            raise trouble

    def _stands(self, output: Output, page: Page) -> bool:
        """Whether the feeds of it can be walked past it, whatever its page to read looks like."""
        layout, folder = self._wanted.layout, self._wanted.folder_of(output.name)
        feeds = (name for name in layout.formats if name != "html")
        return all((folder / layout.path(output.slug, name, page.name)).is_file() for name in feeds)

    def posts(self) -> Sequence[str]:
        """Bring the posts up to date; what was left as it is, and why."""
        posts = self._wanted.posts
        self._store.want_posts(posts.settings if posts else None)
        if posts is None:
            return ()
        poster = Poster(
            self._store,
            posts,
            self._wanted.sources,
            told=self._published,
            hand=self._hand,
            private=self._wanted.private,
        )
        try:
            poster.post()
        except (AggregatorError, OSError, ValueError) as error:
            self.failed.append(f"posts: {error}")
        self.written += poster.written
        self.failed += poster.failed
        return poster.notes

    def _published(self, story: Story) -> Entry:
        pinned = self._pin(story)
        self._know(s.source for s in pinned.sightings)
        return self._composed(pinned, self._wanted.content)

    def _composed(self, story: Story, most: ContentPolicy) -> Entry:
        wanted = self._wanted
        return compose.entry(
            story, site=wanted.site, sources=wanted.sources, feeds=self._feeds, most=most
        )

    def _named(self, name: str) -> Output:
        """The output of that name, its slug given once and for good."""
        store, wanted = self._store, self._wanted
        slugs = store.slugs()
        if name not in slugs:
            taken = set(slugs.values()) | (
                set(wanted.wanted_slugs.values()) - {wanted.wanted_slugs.get(name)}
            )
            asked = wanted.wanted_slugs.get(name) or name
            jekyll = wanted.layout.arrangement == "jekyll"
            make = compose.raw_slug if jekyll else compose.slug_of
            slug = compose.ALL if name == EVERYTHING else make(asked, taken)
            with store.transaction():
                store.name(name, slug)
            slugs = {name: slug}
        title = wanted.titles.get(name, name)
        return Output(name=name, slug=slugs[name], title=title, content=wanted.shown(name))

    # ── the archive ──

    def _file_overflow(self, name: str, aged: Sequence[Page]) -> Sequence[Page]:
        """File the stories that have no more place in the current document, on a page a month.
        All its pages whose documents are to be written, the oldest first.

        The first time just those: the document is full then. Later it may grow by half, so that
        not every new story makes a page of one.
        """
        (last,) = self._store.pages(name, 1) or (None,)
        stories = self._overflow(name, filled=last is not None)
        if not stories:
            return aged
        with self._store.transaction():
            pages = count(last.number + 1 if last else 1)
            for (month, group), number in zip(_by_page(stories), pages, strict=False):
                before = self._store.pages_of_month(name, month)
                page_name = f"{month}-{before + 1}" if before else month
                self._store.file(Page(output=name, number=number, name=page_name), group)
        return [page for page in self._store.stale_pages() if page.output == name]

    def _overflow(self, name: str, *, filled: bool) -> Sequence[tuple[int, datetime]]:
        """What has no more place, the oldest first. `filled`: the document was full before."""
        size, cap = self._wanted.size(name), self._wanted.most_of_one(name)
        most = size + size // 2 if filled else size
        if cap is None:
            return self._store.overflow(name, most=most, keep=size)
        standing = list(self._standing(name, None, unfiled=True))
        over = caps.over(standing, cap=cap, slack=filled)
        rest = [x.cluster for x in standing if x.cluster not in over]
        if len(rest) > most:
            over.update(rest[size:])
        return [(x.cluster, x.surfaced) for x in reversed(standing) if x.cluster in over]

    def _standing(self, name: str, limit: int | None, *, unfiled: bool) -> Iterator[Standing]:
        """The stories of an output, each with its source: of those that nobody leads yet, the one
        that will."""
        found = self._store.standing(name, limit, unfiled=unfiled)
        for first in range(0, len(found), _AT_ONCE):
            some = found[first : first + _AT_ONCE]
            new = [x.cluster for x in some if x.source is None]
            stories = self._store.shown(new, output=name) if new else ()
            sources = {story.cluster: self._source(story) for story in stories}
            for x in some:
                yield x if x.source else replace(x, source=sources.get(x.cluster))

    def _source(self, story: Story) -> str:
        led = self._led(access.without(story, self._wanted.private) or story)
        return next(s.source for s in led.sightings if s.key == led.leader)

    def _newest(self, name: str) -> list[Story]:
        """Those of an output that surfaced last, no more of one source than it takes."""
        size, cap = self._wanted.size(name), self._wanted.most_of_one(name)
        if cap is None:
            return self._store.stories(name, size)
        standing = self._standing(name, looked_at(size), unfiled=False)
        clusters = caps.within(standing, size=size, cap=cap)
        return self._store.shown(clusters, output=name)

    def _page(self, output: Output, page: Page) -> None:
        before, after = self._store.around(page)
        around = Around(
            page=page.name,
            before=before.name if before else None,
            after=after.name if after else None,
        )
        entries = self._entries(output, self._store.filed(page))
        feed = compose.document(output, entries, site=self._wanted.site)
        documents = list(self._put(output, feed, around, number=page.number))
        with self._store.transaction():
            self._store.keep_documents(documents)
            self._store.written(page)

    # ── the current document ──

    def _current(self, output: Output) -> None:
        store, wanted, name = self._store, self._wanted, output.name
        last = store.pages(name, 1) if wanted.archive else []
        months = self._months(name)
        around = Around(before=last[0].name if last else None, months=months)
        size = wanted.size(name)
        unfiled = store.stories(name, size * 2, unfiled=True) if wanted.archive else None
        stories = self._newest(name) if unfiled is None else unfiled
        before = self._updated.get(name)
        feed = compose.document(
            output,
            self._entries(output, stories),
            site=wanted.site,
            updated=before,
            deleted=store.withdrawn(name, size),
        )
        documents = list(self._put(output, feed, around, number=None, never=before is None))
        with store.transaction():
            store.keep_documents(documents)
            store.issue(name, feed.updated if feed.entries else before)

    def _months(self, name: str) -> tuple[str, ...]:
        """Of each month the archive page that was made last, the newest month first: older ones
        are found from there."""
        if not self._wanted.archive or PAGE not in self._wanted.layout.formats:
            return ()
        found: dict[str, str] = {}
        for page in self._store.pages(name, _LISTED_PAGES):
            found.setdefault(page.name[: len("2026-03")], page.name)
        return tuple(found[month] for month in sorted(found, reverse=True)[:_LISTED_MONTHS])

    # ── beside the documents ──

    def besides(self, *, changed: bool) -> None:
        """The stylesheets, and the front page. `changed`: so did a document."""
        wanted = self._wanted
        for at, body in wanted.styles.items():
            self._press.write(wanted.folder / at, body)
        left = {d.path: d.stamp for d in self._store.documents(archived=False)}
        if changed or (blogroll.ALL in left and not (wanted.folder / blogroll.ALL).is_file()):
            self._lists(left)
        file = wanted.folder / FRONT
        if file.is_file() and _OUR_FRONT not in file.read_bytes():
            self.notes.append(f"{FRONT} in {wanted.folder.name}/ is another's, and is left alone")
        elif changed or _touched(self._press.stamp(file), left.get(FRONT)):
            self._front(wanted.front, file)

    def _lists(self, left: Mapping[str, str | None]) -> None:
        """The sources, as others may subscribe to them; `left` are the stamps of documents."""
        wanted, feeds = self._wanted, self._store.feeds()
        private = frozenset().union(*(wanted.members.get(x, ()) for x in wanted.private))
        public = frozenset().union(
            *(x for name, x in wanted.members.items() if name not in wanted.private)
        )
        hidden = private - public
        self._list(wanted.folder / blogroll.ALL, wanted.sources.keys() - hidden, feeds, left)
        if not wanted.lists:
            return
        for name, slug in self._store.slugs().items():
            file = wanted.folder_of(name) / f"{slug}.opml"
            everything = wanted.sources.keys() - hidden
            members = everything if name == EVERYTHING else wanted.members.get(name, frozenset())
            self._list(file, members, feeds, left, title=wanted.titles.get(name))

    def _list(
        self,
        file: Path,
        names: Collection[str],
        feeds: Mapping[str, Feed],
        left: Mapping[str, str | None],
        *,
        title: str | None = None,
    ) -> None:
        site = self._wanted.site
        body = blogroll.listed(
            (self._filed(source) for name, source in self._wanted.sources.items() if name in names),
            feeds,
            title=f"{site.title} · {title}" if title else site.title,
            owner=site.author.name,
            folders=title is None,
        )
        if body is None:  # one that is not ours stays
            known = left.get(file.name)
            if known is not None and self._press.stamp(file) == known:
                self._press.remove(file)
            self._store.forget_documents([file.name])
            return
        new = self._press.write(file, body)
        if new and file.name != blogroll.ALL:
            self.written.append(file.name)
        kept = Document(path=file.name, output=EVERYTHING, stamp=self._press.stamp(file))
        self._store.keep_documents([kept])

    def _filed(self, source: Source) -> Source:
        """With the categories that it is published in, as everybody knows them."""
        wanted = self._wanted
        filed = (
            wanted.titles.get(name, name)
            for name, members in wanted.members.items()
            if source.id in members and name not in wanted.private
        )
        return replace(source, categories=tuple(filed))

    def _front(self, front: Front, file: Path) -> None:
        store, wanted = self._store, self._wanted
        slugs = store.slugs()
        outputs = [
            Output(name=name, slug=slug, title=wanted.titles.get(name, name))
            for name, slug in slugs.items()
            if name not in wanted.private
        ]
        everything = Output(name=EVERYTHING, slug=compose.ALL, title=wanted.site.title)
        stories = self._newest(EVERYTHING)
        feed = compose.document(
            everything,
            self._entries(everything, stories),
            site=wanted.site,
            updated=self._updated.get(EVERYTHING),
        )
        if not feed.entries and _filled(file):
            return
        has_list = (wanted.folder / blogroll.ALL).is_file()
        self._press.write(file, front(feed, outputs, has_list, self._months(EVERYTHING)))
        with store.transaction():
            kept = Document(path=FRONT, output=EVERYTHING, stamp=self._press.stamp(file))
            store.keep_documents([kept])

    # ── any document ──

    def _entries(self, output: Output, stories: Iterable[Story]) -> list[Entry]:
        """What is published of these. One that cannot be is left out, and told."""
        found = []
        with self._store.transaction():
            for story in stories:
                pinned = self._shown(output, self._pin(story))
                if pinned is None:  # by settings that are being taken in
                    continue
                self._know(s.source for s in pinned.sightings)
                try:
                    found.append(self._composed(pinned, output.content))
                except Exception as error:  # one entry's oddity, or our bug: the others go on
                    self._leave_out(output, pinned.id, error)
        return found

    def _know(self, sources: Iterable[str]) -> None:
        for source in sources:
            if source not in self._feeds:
                self._feeds[source] = self._store.feed(source)

    def _leave_out(self, output: Output, id: str | None, error: Exception) -> None:
        why = f": {error}" if isinstance(error, OutputError) else f", please report it: {error!r}"
        told = f"{output.slug}: left out {id!r}{why}"
        if told not in self.failed:
            self.failed.append(told)

    def _put(
        self,
        output: Output,
        feed: Feed,
        around: Around,
        *,
        number: int | None,
        never: bool = False,
    ) -> Iterator[Document]:
        """The documents of `feed`, in every format, as they stand now; written where their bytes
        are new. `never`: the output had no entry yet. What cannot be made keeps no other back."""
        layout = self._wanted.layout
        trouble: OutputError | TemplateError | None = None
        for name in layout.formats:
            at = layout.path(output.slug, name, around.page)
            file = self._wanted.folder_of(output.name) / at
            if never and not feed.entries and _filled(file):
                continue
            links = layout.links(output.slug, name, around)
            if output.name in self._wanted.private:  # hubs are for everyone
                links = tuple(link for link in links if link.rel != "hub")
            id = layout.feed_id(output.slug) or feed.id
            linked = replace(feed, id=id, links=links, archive=number is not None)
            try:
                body = self._body(output, name, linked, standing=files.held(file))
            except (OutputError, TemplateError) as error:
                trouble = trouble or error
                continue
            if self._press.write(file, body):
                self.written.append(at)
            yield Document(path=at, output=output.name, page=number, stamp=self._press.stamp(file))
        if trouble:
            raise trouble

    def _body(self, output: Output, name: str, feed: Feed, *, standing: bytes | None) -> bytes:
        """`feed` in the format of this name, without the entries that it cannot be written with.

        OutputError when it is faulty without them, too: what is `standing` stays.
        """
        form = self._wanted.layout.formats[name]
        try:
            body = form.render(feed)
            return body if body == standing else _sound(name, body, feed)
        except TemplateError:  # of all entries, and none of ours
            raise
        except Exception:  # as above
            faulty: dict[str, Exception] = {}
            for entry in feed.entries:
                alone = replace(feed, entries=(entry,), deleted=())
                try:
                    _sound(name, form.render(alone), alone)
                except Exception as error:
                    faulty[entry.id] = error
            # Where none or all are faulty, it is not for an entry's sake: nothing is emptied.
            if not faulty or (len(faulty) == len(feed.entries) and (standing or len(faulty) > 1)):
                raise
            for id, why in faulty.items():
                self._leave_out(output, id, why)
            whole = replace(feed, entries=tuple(e for e in feed.entries if e.id not in faulty))
            return _sound(name, form.render(whole), whole)

    def _pin(self, story: Story) -> Story:
        """`story` with the identity that it keeps from its first publication on: that of a copy
        that everyone may read, if there is one."""
        led = self._led(access.without(story, self._wanted.private) or story)
        if (led.id, led.leader) != (story.id, story.leader):
            assert led.id is not None and led.leader is not None
            self._store.pin(led.cluster, id=led.id, leader=led.leader, published=led.published)
        return replace(led, sightings=story.sightings)

    def _led(self, story: Story) -> Story:
        store, wanted = self._store, self._wanted

        def mint(lead: StoredEntry) -> str:
            # An entry whose id changed leaves the id made from it to its story: the next takes
            # another.
            others = (cluster.fallback_id(wanted.site.id, lead, n) for n in count())
            found = chain([cluster.minted(wanted.site.id, lead)], others)
            return next(id for id in found if not store.taken(id))

        return cluster.led(story, prefer=wanted.prefer, sources=wanted.sources, mint=mint)

    def _shown(self, output: Output, story: Story) -> Story | None:
        """A pinned story as this output may show it; None when there is nothing to show."""
        found = access.without(story, self._wanted.private - {output.name})
        return found and self._led(found)

    def _move(self, name: str) -> None:
        """Take away what an output left where it was, before it was private, or public."""
        folder = self._wanted.other_folder(name)
        if name not in self._wanted.private and not folder.is_dir():
            return
        for document in self._store.documents_of(name):
            if (folder / document.path).is_file():
                self._press.remove(folder / document.path)


def _by_page(stories: Iterable[tuple[int, datetime]]) -> Iterator[tuple[str, list[int]]]:
    """Clusters by the month in which they surfaced, at most `_MOST` together."""
    for month, group in groupby(stories, lambda story: f"{story[1]:%Y-%m}"):
        keys = [key for key, _ in group]
        for first in range(0, len(keys), _MOST):
            yield month, keys[first : first + _MOST]


def _sound(name: str, body: bytes, feed: Feed) -> bytes:
    """`body`, which is `feed` in the format of this name; OutputError when it is not valid, or
    would be read as anything else."""
    from aggregator import lint  # noqa: PLC0415  # its grammars, where a document changed

    if faults := lint.check(body, format=name, feed=feed):
        more = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
        first = faults[0]
        told = f"{first.place} {first.rule}: {first.text}"
        raise OutputError(f"not valid, the last one stays: {told}{more}")
    return body


def _filled(file: Path) -> bool:
    """Whether a document with entries stands there. One that this store knows of no entry for is
    another store's: it is not emptied before this one, which is new, has read its sources."""
    if not file.is_file():
        return False
    body = file.read_bytes()
    return any(mark in body for mark in _ENTRY_MARKS)
