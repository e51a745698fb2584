"""Where the parts are joined: Config → Aggregator. The only module that knows every part."""

from __future__ import annotations

import asyncio
import hashlib
import json
import tempfile
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import AsyncExitStack, suppress
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self
from zoneinfo import ZoneInfo

from aggregator import (
    __version__,
    compose,
    config,
    files,
    following,
    links,
    look,
    packing,
    pages,
    stores,
)
from aggregator.config_values import Secret
from aggregator.details import Fetch
from aggregator.errors import ConfigError, StoreEmpty, StoreError
from aggregator.fetch import Fetcher, FetchOptions
from aggregator.formats import FORMATS
from aggregator.indexing import index
from aggregator.layout import PAGE, Layout
from aggregator.model import Outcome, Person, RobotsFile, Source, Story, Updated
from aggregator.pages import Theme
from aggregator.pipeline import Pipeline
from aggregator.posting import Hand, Posts
from aggregator.publish import Publication, Published, publish, slug_notes
from aggregator.reading import Subscription
from aggregator.room import Room
from aggregator.rules import Categories, CategoryRule, Ruler, Wanted
from aggregator.topics import Topics
from aggregator.topics import link_header as link_headers

if TYPE_CHECKING:
    from aggregator import overrides
    from aggregator.announcer import Announcer
    from aggregator.distributor import Distributor
    from aggregator.metrics import Metrics

_SITE_ID = "site id"
_WRITING = Hand(write=files.write, remove=files.remove)
_LOOKING = Hand(write=files.differs, remove=Path.is_file)
_UNREAD = 16_000_000  # bytes that may wait to be read before fetching pauses
_ANSWERED = timedelta(seconds=10)  # by hubs and subscribers that are told something
_ANSWER = 64 * 1024  # bytes of it
_TOLD_AT_ONCE = 128


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """A config, where it stands, and what follows from it."""

    config: config.Config
    folder: Path
    sources: Mapping[str, Source]

    @property
    def feeds(self) -> Path:
        return self.folder / self.config.output.dir

    @property
    def private(self) -> Path:
        """Where the documents are that not everyone may read: no web server is told to look."""
        return self.feeds.with_name(f"{self.feeds.name}-private")

    @property
    def press(self) -> packing.Press:
        return packing.Press(codings=self.config.output.compress)

    @property
    def store(self) -> str:
        """Its address; as every path in the config, that of a file starts where the config is."""
        path = self.config.store.removeprefix("sqlite:///")
        return self.config.store if path == self.config.store else f"sqlite:///{self.folder / path}"


def settings(path: Path) -> Settings:
    """The settings in the file at `path`. ConfigError when it is missing or wrong."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError as error:
        raise ConfigError(
            f"{path}: no such file; `aggregator init` writes one, -c FILE names another"
        ) from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: not UTF-8 (byte {error.start}); save it as UTF-8") from error
    except OSError as error:
        raise ConfigError(f"{path}: {(error.strerror or str(error)).lower()}") from error
    folder = path.absolute().parent
    loaded = config.load(text, filename=path.name, folder=folder)
    sources = loaded.source_values(folder)
    return Settings(config=loaded, folder=folder, sources={s.id: s for s in sources})


def rule_lines(path: Path, given: Settings) -> Callable[[str], str | None]:
    """By a rule as `Ruler` calls it, where it stands in the config at `path`: config.yaml:6:5."""
    lines = config.rule_lines(path.read_text("utf-8-sig"), given.config)

    def line(rule: str) -> str | None:
        called = (x for x in lines if rule == x or rule.startswith(f"{x}: "))
        found = max(called, key=len, default=None)
        at = lines[found] if found else None
        return f"{path.name}:{at.line}:{at.column}" if at else None

    return line


def followed(given: Settings, store: stores.Store) -> Settings:
    """With the sources that subscription lists name, as we know them."""
    own = [s for s in given.sources.values() if s.list is None]
    if not any(s.kind == "opml" for s in own):
        return given
    found = following.sources(own, store.outlines())
    return replace(given, sources={s.id: s for s in found})


def names(given: Settings) -> tuple[str, ...]:
    """Of all sources, those of lists as well."""
    try:
        store = open_store(given, exclusive=False)
    except StoreError:  # not there yet, or the trouble of those who need it
        return tuple(given.sources)
    try:
        return tuple(followed(given, store).sources)
    finally:
        store.close()


def open_store(given: Settings, *, exclusive: bool) -> stores.Store:
    return stores.connect(given.store, exclusive=exclusive, name=_store_name(given))


def _store_name(given: Settings) -> str | None:
    """What messages call it, if they may not name its file or its database."""
    return "store" if isinstance(given.config.store, Secret) else None


def notes(given: Settings) -> tuple[str, ...]:
    """What of the config is not acted on, by this version or because of what is published."""
    found = (
        *config.warnings(given.config),
        *pages.faults(look.theme_of(given.config, given.folder)),
    )
    try:
        store = open_store(given, exclusive=False)
    except StoreError:  # not there yet, or the trouble of those who need it
        return found
    try:
        return (*found, *slug_notes(publication(given, store).wanted_slugs, store.slugs()))
    finally:
        store.close()


def fetch_options(given: config.Config) -> FetchOptions:
    contact = f" (+{given.fetch.contact})" if given.fetch.contact else ""
    return FetchOptions(
        user_agent=f"aggregator/{__version__}{contact}",
        timeout=given.fetch.timeout,
        max_size=given.fetch.max_size,
        concurrency=given.fetch.concurrency,
        per_host=given.fetch.per_host,
        allow_private=given.fetch.allow_private,
        robots=given.fetch.robots == "pages",
    )


def outward_options(given: config.Config) -> FetchOptions:
    """For telling hubs and subscribers: what they answer is short, and they are to be quick."""
    return replace(
        fetch_options(given),
        timeout=min(given.fetch.timeout, _ANSWERED),
        max_size=_ANSWER,
        concurrency=_TOLD_AT_ONCE,
        per_host=8,
        gap=timedelta(),
    )


def now() -> datetime:
    return datetime.now(UTC)


class _Shelf:
    """What hosts tell robots, in the store."""

    def __init__(self, store: stores.Store, thread: Executor) -> None:
        self._store = store
        self._thread = thread

    async def recall(self, origin: str, *, public: bool) -> RobotsFile | None:
        found = partial(self._store.robots, origin, public=public)
        return await asyncio.get_running_loop().run_in_executor(self._thread, found)

    async def keep(self, file: RobotsFile) -> None:
        kept = partial(self._store.keep_robots, file)
        await asyncio.get_running_loop().run_in_executor(self._thread, kept)


class Aggregator:
    """Everything that one configuration needs, open. Use it as a context.

    `dry` works on a copy of the store, and tells which documents it would have written.
    `fetch` replaces the web, for tests.
    """

    def __init__(
        self,
        given: Settings,
        *,
        dry: bool = False,
        fetch: Fetch | None = None,
        clock: Callable[[], datetime] = now,
    ) -> None:
        self.settings = given
        self._dry = dry
        self._fetch = fetch
        self._clock = clock
        self._parts = AsyncExitStack()

    async def __aenter__(self) -> Self:
        async with AsyncExitStack() as opening:
            self._room = Room(_UNREAD)
            thread = ThreadPoolExecutor(1, thread_name_prefix="work")
            opening.callback(thread.shutdown)
            self.store = (
                self._copied(opening) if self._dry else open_store(self.settings, exclusive=True)
            )
            opening.callback(self.store.close)
            fetch = self._fetch
            if fetch is None:
                web = Fetcher(
                    fetch_options(self.settings.config),
                    self._room,
                    clock=self._clock,
                    slowdowns=self.store.slowdowns(self._clock()),
                    shelf=_Shelf(self.store, thread),
                )
                fetch = await opening.enter_async_context(web)
            self._outward = fetch
            told = self.settings.config.hubs or self.store.listeners()
            if told and self._fetch is None:
                outward = Fetcher(outward_options(self.settings.config), clock=self._clock)
                self._outward = await opening.enter_async_context(outward)
            self._thread = thread
            self.settings = followed(self.settings, self.store)
            with self.store.transaction():
                self.store.keep_private(tokens(self.settings, self.store), self._clock())
            self.pipeline = await opening.enter_async_context(self._pipeline(fetch))
            if not self._dry:
                files.sweep(self.settings.feeds)
                if posts := self.settings.config.output.posts:
                    files.sweep(self.settings.folder / posts.dir)
                files.sweep(self.settings.private)
            self._parts = opening.pop_all()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._parts.aclose()

    def _copied(self, opening: AsyncExitStack) -> stores.Store:
        folder = opening.enter_context(tempfile.TemporaryDirectory(prefix="aggregator-"))
        return _copied(self.settings, Path(folder))

    def _pipeline(self, fetch: Fetch) -> Pipeline:
        given = self.settings.config
        return Pipeline(
            self.store,
            fetch,
            subscriptions=subscriptions(self.settings, categories(self.settings, self.store)),
            clock=self._clock,
            window=given.dedupe.window,
            thread=self._thread,
            room=self._room,
        )

    async def poll(
        self,
        *,
        names: Iterable[str] | None = None,
        force: bool = False,
        accept: Collection[str] = (),
        told: Callable[[Outcome], None] = lambda outcome: None,
        begun: Callable[[int], None] = lambda count: None,
    ) -> list[Outcome]:
        """Poll what is due, or all of it by `force`, and what is in `accept`, of which all is taken
        whatever it sends; then what subscription lists brought. `begun` hears how many that are.

        A look at a local file costs nothing, and whoever has just saved one expects it to be seen.
        """
        eager = [s.id for s in self.settings.sources.values() if force or s.local or s.id in accept]
        poll = partial(self.pipeline.poll_due, told=told)
        found = await poll(names=names, force=eager, accept=accept, begun=begun)
        outcomes = list(found)
        while added := await self._follow(found):
            begun(len(outcomes) + len(added))
            found = await poll(names=added)
            outcomes += found
        return outcomes

    async def poll_one(self, name: str, *, force: bool, told: Callable[[Outcome], None]) -> None:
        """Poll a source, if it is due still or by `force`. What a list brings is due at once, by
        its name."""
        source = self.settings.sources.get(name)
        eager = [name] if force or (source and source.local) else []
        found = await self.pipeline.poll_due(names=[name], force=eager, told=told)
        await self._follow(found)

    async def _follow(self, outcomes: Iterable[Outcome]) -> tuple[str, ...]:
        """Take in what subscription lists name now; the names of the sources that are new."""
        sources = self.settings.sources
        changed = (o.source for o in outcomes if isinstance(o, Updated))
        if not any(name in sources and sources[name].kind == "opml" for name in changed):
            return ()
        return await self.pipeline.in_thread(self._take_up)

    def _take_up(self) -> tuple[str, ...]:
        before = self.settings.sources
        after = followed(self.settings, self.store)
        if after.sources == before:
            return ()
        self.pipeline.enrol(subscriptions(after, categories(after, self.store)))
        self.settings = after
        return tuple(name for name in after.sources if name not in before)

    async def due(self, *, unless_pushed_since: datetime | None = None) -> list[str]:
        """The names of the sources that are due; not of those that a hub pushes, if they were
        polled `unless_pushed_since`."""
        states = await self.pipeline.in_thread(
            lambda: self.store.claim(
                self._clock(),
                names=self.settings.sources,
                unless_pushed_since=unless_pushed_since,
            )
        )
        return [state.source for state in states]

    async def clock_set(self, by: timedelta) -> None:
        """The clock was set by so much: sources are due as long from now as they were before."""
        await self.pipeline.in_thread(lambda: self.store.clock_set(by))

    async def index(self) -> int:
        """Let the next stories that were published be found; how many they were."""
        return await self.pipeline.in_thread(lambda: index(self.store))

    async def publish(self) -> Published:
        """Bring the documents up to date, in the store's thread."""
        return await self.pipeline.in_thread(self._publish)

    async def announce(self, within: timedelta) -> list[str]:
        """Tell hubs which documents changed; what they did not take, in plain words."""
        async with self.announcer() as announcer:
            return await announcer.once(within)

    def announcer(self, metrics: Metrics | None = None) -> Announcer:
        from aggregator.announcer import Announcer  # noqa: PLC0415  # only where there are hubs

        return Announcer(
            self.pipeline,
            self._outward,
            topics=lambda: topics(self.settings, self.store),
            metrics=metrics,
        )

    def distributor(self, metrics: Metrics) -> Distributor:
        from aggregator.distributor import Distributor  # noqa: PLC0415  # likewise

        return Distributor(
            self.pipeline,
            self._outward,
            topics=lambda: topics(self.settings, self.store),
            metrics=metrics,
            networks=self.settings.config.fetch.allow_private,
        )

    def _publish(self) -> Published:
        hand = _LOOKING if self._dry else _WRITING
        press = self.settings.press
        press = press.looking() if self._dry else press
        return _published(self.settings, self.store, self._clock(), hand=hand, press=press)


def _copied(given: Settings, folder: Path) -> stores.Store:
    """A copy of the store in `folder`, open; whoever works on the store goes on."""
    copy = folder / "copy.db"
    with suppress(StoreEmpty):
        source = open_store(given, exclusive=False)
        try:
            source.copy_to(copy)
        finally:
            source.close()
    return stores.connect(f"sqlite:///{copy}", exclusive=True, name="store")


def planned(given: Settings, lines: Callable[[str], str | None], *, most: int) -> dict[str, Any]:
    """What the config would change of what is published; `most` entries of each change."""
    from aggregator import plan  # noqa: PLC0415  # which nobody else needs

    with tempfile.TemporaryDirectory(prefix="aggregator-") as folder:
        store = _copied(given, Path(folder))
        try:
            shared = categories(given, store)
            found = subscriptions(followed(given, store), shared)
            wanted = publication(given, store)
            return plan.plan(store, wanted, found, now(), press=given.press, lines=lines, most=most)
        finally:
            store.close()


def _published(
    given: Settings,
    store: stores.Store,
    moment: datetime,
    *,
    hand: Hand,
    press: packing.Press,
) -> Published:
    wanted = publication(given, store)
    store.set_meta({_SITE_ID: wanted.site.id})
    return publish(store, wanted, moment, hand=hand, press=press)


def overridden(
    given: Settings, change: Callable[..., overrides.Done]
) -> tuple[overrides.Done, list[Story], Published]:
    """What an operator changes in a store that is there, by `overrides`: the stories that come of
    it, and the documents that show them."""
    open_store(given, exclusive=False).close()  # whoever writes would make one
    store = open_store(given, exclusive=True)
    try:
        done = change(store, now=now(), rules=given.config.link_rules)
        published = (
            _published(given, store, now(), hand=_WRITING, press=given.press)
            if done.changed
            else Published()
        )
        return done, [store.story(c) for c in done.clusters], published
    finally:
        store.close()


# ── config to plain values ───────────────────────────────────────────────────


def categories(given: Settings, store: stores.Store) -> Categories:
    """What was published under a name keeps it: the config may spell it otherwise now."""
    given = followed(given, store)
    outputs = store.editions()
    written = dict.fromkeys(_named(given.sources.values()))
    return Categories(
        [
            CategoryRule(
                name=name,
                aliases=rule.aliases,
                match=rule.match,
                keep=rule.keep,
                drop=rule.drop,
            )
            for name, rule in given.config.categories.items()
        ],
        known=(*(c for c in written if c in outputs), *sorted(outputs)),
    )


def rulers(given: Settings, store: stores.Store) -> dict[str, Ruler]:
    """By source, its rules as the config has them now."""
    given = followed(given, store)
    found = subscriptions(given, categories(given, store))
    return {name: s.ruler for name, s in found.items()}


def _named(sources: Iterable[Source]) -> Iterator[str]:
    """The categories that sources name."""
    for source in sources:
        yield from source.categories
        yield from (category for _, category in source.map)


def tokens(given: Settings, store: stores.Store) -> dict[str, str]:
    """By the names of the outputs that not everyone may read, what they have to tell who may."""
    shared = categories(given, store)
    rules = given.config.categories.items()
    return {shared.name(name): rule.token for name, rule in rules if rule.token}


def subscriptions(given: Settings, shared: Categories) -> dict[str, Subscription]:
    rules = given.config.link_rules
    edition = links.edition(rules)
    everywhere = Wanted(keep=given.config.rules.keep, drop=given.config.rules.drop)
    return {
        source.id: Subscription(
            source=source,
            ruler=Ruler(source, shared, everywhere),
            rules_digest=_digest(
                [
                    [shared.name(c) for c in source.categories],
                    source.keep,
                    source.drop,
                    [(tag, shared.name(c)) for tag, c in source.map],
                    source.first,
                    _rules(given.config),
                    edition,
                ]
            ),
            links=rules,
            zone=given.config.site.timezone,
        )
        for source in given.sources.values()
    }


def _rules(given: config.Config) -> Any:
    listed = [[name, r.aliases, r.match, r.keep, r.drop] for name, r in given.categories.items()]
    return [given.rules.keep, given.rules.drop, listed]


def publication(given: Settings, store: stores.Store) -> Publication:
    given = followed(given, store)
    site = site_of(given.config, store)
    shared = categories(given, store)
    rules = {shared.name(name): (name, rule) for name, rule in given.config.categories.items()}
    titles = {name: rule.title or spelled for name, (spelled, rule) in rules.items()}
    for spelled in _named(given.sources.values()):
        titles.setdefault(shared.name(spelled), " ".join(spelled.split()))
    slugs = {name: rule.slug for name, (_, rule) in rules.items() if rule.slug}
    prefer = given.config.dedupe.prefer
    size = given.config.output.entries
    sizes = {name: rule.entries for name, (_, rule) in rules.items() if rule.entries}
    cap = given.config.output.per_source
    caps = {name: rule.per_source for name, (_, rule) in rules.items() if rule.per_source}
    content = given.config.output.content
    contents = {name: rule.content for name, (_, rule) in rules.items() if rule.content}
    theme = look.theme_of(given.config, given.folder)
    layout = _layout(given, theme)
    looks = (theme.images, theme.templates, layout.search)
    site = replace(site, feed=layout.feed_id(compose.ALL))
    archive = given.config.output.archive == "monthly"
    private = frozenset(tokens(given, store))
    members = _members(given.sources.values(), shared)
    shown = [(s.id, s.title, s.content, s.role, s.kind) for s in given.sources.values()]
    return Publication(
        site=site,
        layout=layout,
        archive=archive,
        sources=given.sources,
        titles=titles,
        wanted_slugs=slugs,
        folder=given.feeds,
        private=private,
        private_folder=given.private,
        members=members,
        lists="opml" in given.config.output.formats,
        page_size=size,
        sizes=sizes,
        cap=cap,
        caps=caps,
        content=content,
        contents=contents,
        prefer=prefer,
        settings=_digest(
            [
                *(repr(site), [*layout.formats], layout.hubs, archive, titles, prefer, shown),
                *(size, sizes, cap, caps, content, contents, looks),
                *(sorted(private), given.config.output.formats),
            ]
        ),
        front=partial(look.front_page, layout, theme),
        styles=pages.styles(theme),
        posts=_posts(given, shared, [repr(site), content, prefer, shown]),
    )


def _members(sources: Iterable[Source], shared: Categories) -> dict[str, frozenset[str]]:
    """By output, the sources that the config files there."""
    found: dict[str, set[str]] = {}
    for source in sources:
        for category in source.categories:
            found.setdefault(shared.name(category), set()).add(source.id)
    return {name: frozenset(names) for name, names in found.items()}


def _posts(given: Settings, shared: Categories, alike: Any) -> Posts | None:
    """What posts are like; other posts if what they have `alike` with documents is other."""
    wanted, zone = given.config.output.posts, given.config.site.timezone
    if wanted is None:
        return None
    chosen = frozenset(map(shared.name, wanted.categories))
    return Posts(
        folder=given.folder / wanted.dir,
        zone=ZoneInfo(zone),
        layout=wanted.layout,
        categories=chosen or None,
        own=wanted.own,
        settings=_digest([asdict(wanted), sorted(chosen), zone, alike]),
    )


def theme(given: Settings) -> Theme:
    """How pages look that are made when they are asked for: they lead to the feeds of all."""
    found = look.theme_of(given.config, given.folder)
    links = _layout(given, found).front_links(compose.ALL)
    return replace(found, feeds=tuple(x for x in links if x.rel == "alternate"))


def _layout(given: Settings, theme: Theme | None = None) -> Layout:
    """Without a theme it knows where pages lie, and is not to be asked for one."""
    theme = theme or Theme(title=given.config.site.title, url=given.config.site_url)
    known = {**FORMATS, PAGE: pages.form(theme)}
    wanted = (name for name in given.config.output.formats if name in known)
    return Layout(
        site=given.config.site_url,
        formats={name: known[name] for name in wanted},
        hubs=given.config.hubs,
        search=given.config.output.search,
        arrangement=given.config.output.layout,
    )


def link_header(given: Settings, path: str) -> str:
    """What HTTP says beside a file at a path below the folder: its address, and the hubs of what
    is a current document."""
    layout = _layout(given)
    return link_headers(layout.hubs if layout.current(path) else (), layout.address(path))


def topics(given: Settings, store: stores.Store) -> Topics:
    """The current documents, as hubs know them."""
    layout, private = _layout(given), tokens(given, store)
    return Topics(
        base=layout.address(""),
        safe=layout.safe,
        folder=given.feeds,
        types={
            layout.path(slug, name): form.media_type
            for output, slug in store.slugs().items()
            if output not in private
            for name, form in layout.formats.items()
            if name != PAGE
        },
        hubs=layout.hubs,
        others=tuple(hub for hub in layout.hubs if hub != given.config.own_hub),
        own=given.config.own_hub is not None,
    )


def site_of(given: config.Config, store: stores.Store) -> compose.Site:
    """The site's id is permanent: what it was at first, unless the config names another."""
    url = given.site_url
    permanent = given.site.id or store.meta(_SITE_ID) or url
    author = given.site.author
    person = Person(
        name=(author and author.name) or given.site.title,
        email=author.email if author else None,
        url=author.url if author else None,
    )
    return compose.Site(
        id=permanent,
        url=url,
        title=given.site.title,
        author=person,
        language=given.site.language,
    )


def _digest(values: Any) -> str:
    text = json.dumps(values, ensure_ascii=False, default=str)
    return hashlib.blake2b(text.encode(), digest_size=12).hexdigest()
