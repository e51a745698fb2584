"""The text of config.yaml to a frozen Config, or an error that says where each fault stands.

To add a key: a field here, a line in starter.yaml, a row in docs/configuration.md. What its value
may be is a check in `config_values`; what two keys may not be at once, in `config_clashes`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, fields
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, ConfigDict, Field, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass

from aggregator import config_shapes as shapes
from aggregator import topics, yamltext
from aggregator.config_clashes import SAYING, WAYS, clashes
from aggregator.config_errors import faults, report
from aggregator.config_names import address, is_path, post_names
from aggregator.config_values import (
    BUILT_IN,
    Contact,
    Duration,
    Expression,
    FieldSelector,
    Format,
    FullText,
    Host,
    Hubs,
    JsonLink,
    JsonPath,
    Language,
    Listen,
    Name,
    Network,
    Parameter,
    Parameters,
    Pattern,
    PermanentId,
    Secret,
    Selector,
    SiteUrl,
    Size,
    Slug,
    SourceUrl,
    Store,
    Switch,
    Text,
    Timezone,
    Token,
    UpTo64,
    UpTo1024,
    UpTo10000,
    WebUrl,
    switch,
)
from aggregator.link_parts import parts_of
from aggregator.model import (
    KNOWN,
    Arrangement,
    ContentPolicy,
    How,
    JsonFields,
    JsonText,
    Kind,
    LinkRules,
    ListOptions,
    PageOptions,
    PostLinks,
    PostOptions,
    Reads,
    Role,
    SitemapOptions,
    Source,
)
from aggregator.places import file_url
from aggregator.yamltext import At, Fault

_STRICT = ConfigDict(extra="forbid")


# ── the parts, in the order of the file ──────────────────────────────────────


@dataclass(frozen=True, slots=True, kw_only=True, config=_STRICT)
class Author:
    name: Text | None = Field(default=None, description="A person or a team.")
    email: Text | None = Field(default=None, description="Published as it is.")
    url: WebUrl | None = Field(default=None, description="Their page.")


@dataclass(frozen=True, slots=True, kw_only=True, config=_STRICT)
class Site:
    title: Text = Field(default="Planet", description="The name of what you publish.")
    url: SiteUrl | None = Field(
        default=None, description="Where the output will be served; default: http://<listen>/."
    )
    id: PermanentId | None = Field(
        default=None, description="Permanent id of your feeds, an IRI; default: derived from url."
    )
    author: Author | None = Field(default=None, description="Who publishes.")
    language: Language | None = Field(
        default=None, description="Main language of the feeds, as en or zh-Hans."
    )
    timezone: Timezone = Field(
        default="UTC", description="For dates without a zone, as Asia/Shanghai."
    )


@dataclass(frozen=True, slots=True, kw_only=True, config=_STRICT)
class Fetch:
    contact: Contact | None = Field(
        default=None, description="A page or an e-mail address, told to every server."
    )
    every: Duration = Field(
        default=timedelta(hours=1),
        description="The shortest time between two polls of a source.",
        json_schema_extra={"default": "1h"},
    )
    concurrency: UpTo1024 = Field(default=64, description="Polls at the same time.")
    per_host: UpTo64 = Field(default=2, description="Polls of one host at the same time.")
    max_size: Size = Field(
        default=10_000_000,
        description="A larger answer is refused.",
        json_schema_extra={"default": "10MB"},
    )
    timeout: Duration = Field(
        default=timedelta(seconds=30),
        description="A slower answer is given up.",
        json_schema_extra={"default": "30s"},
    )
    allow_private: tuple[Network, ...] = Field(
        default=(), description="Networks that may be polled although they are private."
    )
    robots: Literal["pages", "never"] = Field(
        default="pages", description="Of what robots.txt is asked first: pages, never feeds."
    )


@dataclass(frozen=True, slots=True, kw_only=True, config=_STRICT)
class ApiText:
    url: JsonLink = Field(description="Its address: a path to it, or https://a.example/{id}.")
    content: JsonPath = Field(default="@", description="The path to the text in the answer.")
    element: Selector | None = Field(
        default=None, description="Where the answer is a page: what matches its text, as #article."
    )


@dataclass(
    frozen=True,
    slots=True,
    kw_only=True,
    config=_STRICT | ConfigDict(json_schema_extra=shapes.one_of(SAYING)),
)
class Api:
    items: JsonPath = Field(default="@", description="The path to the items, in JMESPath.")
    id: JsonPath | None = Field(default=None, description="In an item: what tells it apart.")
    title: JsonPath | None = Field(default=None, description="In an item: its title.")
    link: JsonLink | None = Field(
        default=None, description="In an item: its page; or https://a.example/{id}."
    )
    summary: JsonPath | None = Field(default=None, description="In an item: what it is about.")
    content: JsonPath | None = Field(default=None, description="In an item: its text.")
    published: JsonPath | None = Field(default=None, description="In an item: its date.")
    updated: JsonPath | None = Field(default=None, description="In an item: when it changed.")
    authors: JsonPath | None = Field(default=None, description="In an item: who wrote it.")
    categories: JsonPath | None = Field(default=None, description="In an item: its tags.")
    timezone: Timezone | None = Field(default=None, description="Default: site.timezone.")
    text: ApiText | None = Field(
        default=None, description="Where the text of an item is, if it has an address of its own."
    )


@dataclass(frozen=True, slots=True, kw_only=True, config=_STRICT)
class Page:
    items: Selector = Field(description="What matches each entry, as article.news.")
    id: FieldSelector | None = Field(default=None, description="Default: the link.")
    title: FieldSelector | None = Field(
        default=None, description="Default: its heading, else the text of its link."
    )
    link: FieldSelector | None = Field(
        default=None, description="Default: the link of its title, else its first."
    )
    published: FieldSelector | None = Field(default=None, description="Default: its first time.")
    updated: FieldSelector | None = Field(default=None, description="When it was changed.")
    summary: FieldSelector | None = Field(default=None, description="A short text.")
    content: FieldSelector | None = Field(default=None, description="The full text.")
    authors: FieldSelector | None = Field(default=None, description="Who wrote it.")
    categories: FieldSelector | None = Field(default=None, description="Its tags.")
    image: FieldSelector | None = Field(default=None, description="A picture of it.")
    timezone: Timezone | None = Field(default=None, description="Default: site.timezone.")


@dataclass(frozen=True, slots=True, kw_only=True, config=_STRICT)
class Sitemap:
    match: Pattern | None = Field(default=None, description="Only addresses that this fits.")
    follow: Pattern | None = Field(default=None, description="Only sitemaps of an index likewise.")
    newest: UpTo10000 = Field(default=200, description="How many pages are read at most.")


@dataclass(frozen=True, slots=True, kw_only=True, config=_STRICT)
class Listing:
    folders: Switch = Field(
        default=False, description="Whether its folders are categories of its feeds."
    )
    most: UpTo10000 = Field(default=500, description="Feeds of it that are followed.")
    private: Switch = Field(
        default=False, description="Whether its feeds may be where fetch.allow_private says."
    )


def _on(value: object) -> object:
    """`true` is a part without settings, `false` is none."""
    if isinstance(value, str | bool):
        return {} if switch(value) else None
    return value


@dataclass(
    frozen=True,
    slots=True,
    kw_only=True,
    config=_STRICT | ConfigDict(json_schema_extra=shapes.at_most_one_of(WAYS)),
)
class Subscription:
    url: SourceUrl = Field(
        description="http, https or feed address, a path, {env: NAME} or {file: PATH}.", repr=False
    )
    title: Text | None = Field(default=None, description="Instead of the feed's own title.")
    categories: tuple[Text, ...] = Field(default=(), description="Outputs that it goes into.")
    content: ContentPolicy | None = Field(
        default=None,
        description="How much of an entry is shown; default: all if it is yours or its licence"
        " allows it, else an excerpt.",
    )
    role: Role = Field(
        default="original", description="An aggregator never leads a cluster of duplicates."
    )
    keep: Expression | None = Field(default=None, description="Keep only what this is true of.")
    drop: Expression | None = Field(default=None, description="Drop what this is true of.")
    map: Mapping[Text, Text] = Field(
        default_factory=dict, description="Its tags, each with the category that it means here."
    )
    first: UpTo10000 | None = Field(
        default=None,
        description="How many of the entries that it has when it is new are published.",
    )
    every: Duration | None = Field(default=None, description="Instead of fetch.every.")
    full_text: FullText = Field(
        default=False, description="Whether the pages of its entries are read for their texts."
    )
    json: Api | None = Field(default=None, description="How the answer of a JSON API is read.")
    opml: Annotated[Listing | None, BeforeValidator(_on)] = Field(
        default=None,
        description="It is a list of feeds, which are followed: true, or how.",
        json_schema_extra=shapes.or_switch,
    )
    page: Page | None = Field(
        default=None, description="Where the entries stand in a page that has no feed."
    )
    sitemap: Annotated[Sitemap | None, BeforeValidator(_on)] = Field(
        default=None,
        description="It is a sitemap: true, or which of its pages are read.",
        json_schema_extra=shapes.or_switch,
    )


@dataclass(frozen=True, slots=True, kw_only=True, config=_STRICT)
class PostFolder:
    path: Text = Field(description="A folder of posts with front matter.")
    reads: Reads = Field(
        default="loose",
        description="jekyll: as Jekyll decides; path is the site's, with its _config.yml.",
    )
    name: Name | None = Field(default=None, description="Default: the folder's name.")
    site_hosts: tuple[Host, ...] = Field(
        default=(), description="Your own hosts: a link to them is never a source link."
    )
    link_keys: tuple[Text, ...] = Field(
        default=PostOptions().link_keys,
        description="Front matter keys that hold the source link, the best first.",
    )
    links: PostLinks = Field(
        default="target",
        description="own: a post links to its own page, and its source link is only related.",
    )
    categories: tuple[Text, ...] = Field(
        default=(), description="Outputs that every post goes into, besides its own."
    )
    content: ContentPolicy = Field(default="full", description="How much of a post is shown.")
    keep: Expression | None = Field(default=None, description="Keep only what this is true of.")
    drop: Expression | None = Field(default=None, description="Drop what this is true of.")
    timezone: Timezone | None = Field(default=None, description="Default: site.timezone.")
    language: Language | None = Field(default=None, description="Default: site.language.")


@dataclass(frozen=True, slots=True, kw_only=True, config=_STRICT)
class Rules:
    keep: Expression | None = Field(default=None, description="Keep only what this is true of.")
    drop: Expression | None = Field(default=None, description="Drop what this is true of.")


@dataclass(frozen=True, slots=True, kw_only=True, config=_STRICT)
class CategoryRule:
    slug: Slug | None = Field(
        default=None, description="Its file name without suffix; default: from the name."
    )
    title: Text | None = Field(default=None, description="Default: the name.")
    aliases: tuple[Text, ...] = Field(default=(), description="Tags that mean this category.")
    match: Expression | None = Field(default=None, description="Entries that belong here too.")
    keep: Expression | None = Field(
        default=None, description="Of what belongs here, only what this is true of."
    )
    drop: Expression | None = Field(
        default=None, description="Of what belongs here, nothing that this is true of."
    )
    content: ContentPolicy | None = Field(
        default=None, description="The most that is shown of an entry in this feed."
    )
    entries: UpTo10000 | None = Field(default=None, description="Instead of output.entries.")
    per_source: UpTo10000 | None = Field(default=None, description="Instead of output.per_source.")
    token: Token | None = Field(
        default=None,
        description="Whoever reads it has to tell this; {env: NAME} or {file: PATH}.",
        repr=False,
    )


@dataclass(frozen=True, slots=True, kw_only=True, config=_STRICT)
class Dedupe:
    window: Duration = Field(
        default=timedelta(days=7),
        description="How far apart two copies of one story may be.",
        json_schema_extra={"default": "7d"},
    )
    prefer: tuple[Literal["posts", "original", "earliest"], ...] = Field(
        default=("posts", "original", "earliest"),
        description="Which copy is published, the strongest reason first.",
    )


@dataclass(frozen=True, slots=True, kw_only=True, config=_STRICT)
class Links:
    drop: tuple[Parameter, ...] = Field(
        default=(), description="Parameters that only say how a reader came; x_* is all of a kind."
    )
    keep: tuple[Parameter, ...] = Field(
        default=(), description="Parameters that stay, whatever is known of them; likewise."
    )
    redirectors: Mapping[Host, Parameters] = Field(
        default_factory=dict, description="Hosts, each with the parameter that holds the target."
    )
    opaque: tuple[Host, ...] = Field(
        default=(), description="Hosts of short links, which hide their target."
    )
    mirrors: Mapping[Host, Host] = Field(
        default_factory=dict,
        description="Hosts, each with the one that has the same pages; for comparing only.",
    )
    resolve: tuple[Host, ...] = Field(
        default=(), description="Hosts of short links that are asked, once, where they lead."
    )


@dataclass(frozen=True, slots=True, kw_only=True, config=_STRICT)
class PostsOut:
    dir: Text = Field(description="The folder to write, as site/_posts.")
    categories: tuple[Text, ...] = Field(
        default=(), description="Only stories that are published in one of these."
    )
    own: Switch = Field(
        default=True, description="Whether stories that your own posts tell are posts once more."
    )
    layout: Text = Field(default="post", description="The layout of the theme.")


@dataclass(frozen=True, slots=True, kw_only=True, config=_STRICT)
class Output:
    dir: Text = Field(default="feeds", description="The folder to write.")
    formats: tuple[Format, ...] = Field(
        default=("atom",), min_length=1, description="What each feed is written as."
    )
    layout: Arrangement = Field(
        default="plain", description="Names of files and ids; jekyll: those of jekyll-feed."
    )
    entries: UpTo10000 = Field(default=50, description="Entries in a feed.")
    per_source: UpTo10000 | None = Field(
        default=None, description="The most entries of one source in a feed; default: no limit."
    )
    content: ContentPolicy = Field(
        default="full", description="The most that is shown of an entry in any feed."
    )
    archive: Literal["monthly", "none"] = Field(
        default="none", description="Documents of older entries (RFC 5005)."
    )
    compress: tuple[Literal["gzip", "br", "zstd"], ...] = Field(
        default=("gzip", "br", "zstd"),
        description="The packed forms that stand beside each document; [] for none.",
    )
    hub: Hubs = Field(
        default=(),
        description="WebSub hubs that send news on: addresses, or built-in for the one in serve.",
    )
    posts: PostsOut | None = Field(
        default=None, description="Every story as a post of a Jekyll site, too."
    )
    images: Literal["link", "show"] = Field(
        default="link", description="What stands for a picture in a page: a link, or itself."
    )
    search: Switch = Field(
        default=False, description="Whether pages ask the search of `serve`, at the same address."
    )
    templates: Text | None = Field(
        default=None, description="A folder of templates of your own, in the place of ours."
    )
    css: Text | None = Field(
        default=None, description="A stylesheet of your own, behind that of the pages."
    )


@dataclass(frozen=True, slots=True, kw_only=True, config=_STRICT)
class Serve:
    listen: Listen = Field(default="127.0.0.1:8080", description="host:port of `serve`.")
    metrics: Switch = Field(default=True, description="Whether /metrics is served.")
    search: Switch = Field(default=True, description="Whether stories can be searched.")
    delta: Switch = Field(
        default=False,
        description="Whether a reader that asks for it gets only what is new (RFC 3229).",
    )
    callback: SiteUrl | None = Field(
        default=None,
        description="Where hubs reach this server from outside; without it none is asked to push.",
    )


@dataclass(frozen=True, slots=True, kw_only=True, config=_STRICT)
class Config:
    site: Site = Field(default_factory=Site, description="What you publish, and who you are.")
    store: Store = Field(
        default="sqlite:///aggregator.db",
        description="Where entries are kept; {env: NAME} and {file: PATH} are allowed.",
        repr=False,
    )
    fetch: Fetch = Field(default_factory=Fetch, description="How sources are polled.")
    sources: Mapping[Name, Subscription] = Field(
        default_factory=dict, description="Feeds to read, each under a name of your choice."
    )
    posts: tuple[PostFolder, ...] = Field(default=(), description="Folders of posts to read.")
    rules: Rules = Field(default_factory=Rules, description="What is kept of all sources.")
    categories: Mapping[Text, CategoryRule] = Field(
        default_factory=dict, description="Titles, file names, aliases and rules of categories."
    )
    links: Links = Field(
        default_factory=Links, description="What is known of links, besides our own tables."
    )
    dedupe: Dedupe = Field(default_factory=Dedupe, description="How duplicates are found.")
    output: Output = Field(default_factory=Output, description="What is written, and where.")
    serve: Serve = Field(default_factory=Serve, description="The built-in web server.")

    @property
    def site_url(self) -> str:
        """Where the output will be served; ends with '/'."""
        return self.site.url or f"http://{self.serve.listen}/"

    @property
    def own_hub(self) -> str | None:
        """The address of the hub in `serve`, if it is wanted."""
        if BUILT_IN not in self.output.hub:
            return None
        return (self.serve.callback or self.site_url) + topics.HUB

    @property
    def hubs(self) -> tuple[str, ...]:
        """The addresses of the hubs that documents name."""
        own = self.own_hub
        return tuple(own if x == BUILT_IN and own else x for x in self.output.hub)

    @property
    def link_rules(self) -> LinkRules:
        """What is known of links."""
        given = self.links
        if given == Links():
            return KNOWN
        return LinkRules(
            drop=_lower(given.drop),
            keep=_lower(given.keep),
            redirectors=tuple(
                (_ascii(host), tuple(map(str.lower, names)))
                for host, names in given.redirectors.items()
            ),
            opaque=frozenset(map(_ascii, given.opaque)),
            resolve=frozenset(map(_ascii, given.resolve)),
            mirrors=tuple((_ascii(one), _ascii(other)) for one, other in given.mirrors.items()),
        )

    def source_values(self, folder: Path) -> tuple[Source, ...]:
        """The feeds, then the post folders; paths start at `folder`, where the config is."""
        feeds = (self._feed(name, x, folder) for name, x in self.sources.items())
        names = post_names([(x.path, x.name) for x in self.posts])
        folders = (self._posts(name, x, folder) for name, x in zip(names, self.posts, strict=True))
        return (*feeds, *folders)

    def _feed(self, name: str, given: Subscription, folder: Path) -> Source:
        secret = isinstance(given.url, Secret)
        kind, how = _way(given)
        return Source(
            id=name,
            url=address(given.url, folder),
            title=given.title,
            categories=tuple(dict.fromkeys(given.categories)),
            interval=given.every or self.fetch.every,
            own_interval=given.every is not None,
            role=given.role,
            content=given.content or self._own_content(kind, given.url),
            full_text=given.full_text,
            keep=given.keep,
            drop=given.drop,
            map=tuple(given.map.items()),
            first=given.first,
            kind=kind,
            how=how,
            secret=secret,
            written=given.url if is_path(given.url) and not secret else None,
        )

    def _own_content(self, kind: Kind, url: str) -> ContentPolicy | None:
        """All of what one's own site says; but a list there names other people's feeds."""
        own = {
            _ascii(host.lower())
            for host in (_host(self.site.url), *(h for x in self.posts for h in x.site_hosts))
            if host
        }
        return "full" if kind != "opml" and _host(url) in own else None

    def _posts(self, name: str, given: PostFolder, folder: Path) -> Source:
        return Source(
            id=name,
            url=file_url(given.path, folder),
            kind="posts",
            written=given.path,
            content=given.content,
            keep=given.keep,
            drop=given.drop,
            categories=tuple(dict.fromkeys(given.categories)),
            interval=self.fetch.every,
            posts=PostOptions(
                reads=given.reads,
                timezone=given.timezone or self.site.timezone,
                language=given.language or self.site.language,
                site_hosts=given.site_hosts,
                site=self.site.url,
                link_keys=given.link_keys,
                links=given.links,
                named=given.reads == "jekyll" and self.output.layout == "jekyll",
            ),
        )


def _host(url: str | None) -> str | None:
    parts = parts_of(url) if url else None
    return parts.host if parts else None


def _ascii(host: str) -> str:
    """As it stands in an address that was made fit to publish."""
    parts = parts_of(f"http://{host}/")
    return parts.host if parts else host


def _lower(names: Iterable[str]) -> frozenset[str]:
    return frozenset(x.lower() for x in names)


def _way(given: Subscription) -> tuple[Kind, How | None]:
    """The kind of a source, and how it is read."""
    if given.json:
        return "json", _fields(given.json)
    if given.opml:
        options = {x.name: getattr(given.opml, x.name) for x in fields(Listing)}
        return "opml", ListOptions(**options)
    if given.page:
        return "page", PageOptions(**asdict(given.page))
    if given.sitemap:
        return "sitemap", SitemapOptions(**asdict(given.sitemap))
    return "feed", None


def _fields(api: Api) -> JsonFields:
    named = {x.name: getattr(api, x.name) for x in fields(api)}
    text = JsonText(**asdict(api.text)) if api.text else None
    return JsonFields(**named | {"text": text})


_CONFIG = TypeAdapter(Config)
_PARTS = (
    Config,
    Site,
    Author,
    Fetch,
    ApiText,
    Api,
    Listing,
    Page,
    Sitemap,
    Subscription,
    PostFolder,
    Rules,
    CategoryRule,
    Links,
    Dedupe,
    PostsOut,
    Output,
    Serve,
)
_KEYS = {field.name for part in _PARTS for field in fields(part)}


# ── text to Config ───────────────────────────────────────────────────────────


def load(text: str, *, filename: str = "config.yaml", folder: Path) -> Config:
    """Secrets are read here, from the environment and from files below `folder`; nothing else is.

    Raises ConfigError with a line for each fault, in document order.
    """
    config, found = read(text, folder=folder)
    if config is None or found:
        raise report(found, filename)
    return config


def read(text: str, *, folder: Path) -> tuple[Config | None, list[Fault]]:
    """What `load` gives, and all that is wrong with it."""
    document = yamltext.read(text)
    if document.value is None:
        empty = Fault(At(), (), "the file is empty; `aggregator init` writes one to start with")
        return None, list(document.faults or [empty])
    given = _written(document.value)
    found = [*document.faults, *clashes(given, document, folder)]
    config = None
    try:
        config = _CONFIG.validate_python(given, context={"folder": folder})
    except ValidationError as error:
        found += faults(error, document, Config)
    return config, found


def warnings(config: Config) -> tuple[str, ...]:
    """What is understood, and will not do what is meant."""
    if config.own_hub and not (config.serve.callback or config.site.url):
        said = f"nobody else reaches {config.own_hub}; set site.url to where the output is served"
        return (f"output.hub: {said}",)
    return ()


def _written(value: Any) -> Any:
    """A key without a value is as good as not written, as when all below it is commented out."""
    if not isinstance(value, dict):
        return value
    names = ("sources", "categories")
    return {
        key: {name: {} if x is None else _without_nulls(x) for name, x in part.items()}
        if key in names and isinstance(part, dict)
        else _without_nulls(part)
        for key, part in value.items()
        if not _off(key, part)
    }


def _without_nulls(value: Any) -> Any:
    if isinstance(value, list):
        return [_without_nulls(x) for x in value]
    if isinstance(value, dict):
        return {key: _without_nulls(x) for key, x in value.items() if not _off(key, x)}
    return value


def _off(key: str, value: Any) -> bool:
    """Not so an unknown key: it may be what is left of a misspelt one."""
    return value is None and key in _KEYS


def rule_lines(text: str, config: Config) -> dict[str, At]:
    """Where the rules of `config` stand in its text, by what they are called."""
    document = yamltext.read(text)
    names = post_names([(x.path, x.name) for x in config.posts])
    parts: dict[str, yamltext.Path] = {"rules": ("rules",), "output": ("output",)}
    parts |= {f"sources.{name}": ("sources", name) for name in config.sources}
    parts |= {f"posts.{name}": ("posts", place) for place, name in enumerate(names)}
    parts |= {f"categories.{name}": ("categories", name) for name in config.categories}
    found = {}
    for called, path in parts.items():
        _, node = document.find(path)
        for key in node.pairs if isinstance(node, yamltext.Keys) else ():
            found[f"{called}.{key}"] = document.place((*path, key))
    return found


# ── for editors ──────────────────────────────────────────────────────────────


def schema() -> dict[str, Any]:
    """JSON Schema of the config, in what draft 7 knows: that is where editors stand."""
    made = _CONFIG.json_schema(ref_template="#/definitions/{model}")
    definitions = made.pop("$defs")
    for part in (made, *definitions.values()):
        required = part.get("required", ())
        part["properties"] = {
            key: _property(x, nullable=key not in required) for key, x in part["properties"].items()
        }
    for section, names in (("sources", shapes.NAME), ("categories", shapes.LINE)):
        made["properties"][section]["anyOf"][0]["propertyNames"] = names
    rule = made["properties"]["categories"]["anyOf"][0]
    rule["additionalProperties"] = {"anyOf": [rule["additionalProperties"], {"type": "null"}]}
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        **made,
        "title": "config.yaml of aggregator",
        "anyOf": [
            {
                "required": ["sources"],
                "properties": {"sources": {"type": "object", "minProperties": 1}},
            },
            {"required": ["posts"], "properties": {"posts": {"type": "array", "minItems": 1}}},
        ],
        "definitions": definitions,
    }


def _property(made: Mapping[str, Any], *, nullable: bool) -> dict[str, Any]:
    """In draft 7 nothing counts beside a $ref, so the description stands outside of it."""
    about = {key: made[key] for key in ("description", "default") if key in made}
    rest = {key: x for key, x in made.items() if key not in (*about, "title")}
    if not nullable or {"type": "null"} in rest.get("anyOf", ()):
        return {**about, **rest}
    return {**about, "anyOf": [rest, {"type": "null"}]}
