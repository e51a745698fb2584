"""A site's `_config.yml`, as far as it decides about posts, with Jekyll's defaults below it."""

from __future__ import annotations

import codecs
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import tzinfo
from zoneinfo import ZoneInfo

from dateutil.tz import tzstr

from aggregator.errors import ParseError
from aggregator.formats.jekyll import psych
from aggregator.formats.jekyll.defaults import Scope, scopes
from aggregator.formats.jekyll.rubytext import Value, to_s, truthy

_UTC = ZoneInfo("UTC")
_MARK = "\ufeff"
_MARKDOWN = "markdown,mkdown,mkdn,mkd,md"
_STYLES = {
    "none": "/:categories/:title:output_ext",
    "date": "/:categories/:year/:month/:day/:title:output_ext",
    "ordinal": "/:categories/:year/:y_day/:title:output_ext",
    "pretty": "/:categories/:year/:month/:day/:title/",
    "weekdate": "/:categories/:year/W:week/:short_day/:title:output_ext",
}
_ALWAYS_EXCLUDED = (
    *(".sass-cache", ".jekyll-cache", "gemfiles", "Gemfile", "Gemfile.lock", "node_modules"),
    *("vendor/bundle/", "vendor/cache/", "vendor/gems/", "vendor/ruby/"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    permalink: str
    zone: tzinfo
    collections_dir: str
    include: tuple[str, ...]
    exclude: tuple[str, ...]
    markdown: frozenset[str]  # with their dots
    defaults: tuple[Scope, ...]
    encoding: str
    future: bool
    unpublished: bool
    limit: int  # of posts; 0 is none
    address: str  # url and baseurl
    baseurl: str  # without its slashes
    config: Mapping[str, Value]  # all of it: what posts may ask for as `site`

    def relative(self, path: str) -> str:
        """A path of the site as one of its `collections_dir`."""
        folder = self.collections_dir.rstrip("/")
        return path.removeprefix(f"{folder}/") if folder else path


def read(
    body: bytes | None,
    *,
    name: str = "_config.yml",
    zone: tzinfo | None = None,
    otherwise: tzinfo = _UTC,
) -> Settings:
    """None stands for no such file; `zone` overrules the config's, `otherwise` is for one that has
    none.

    ParseError for what Jekyll does not build a site with.
    """
    config = _parsed(body, name) if body is not None else {}
    config = {key: value for key, value in config.items() if value is not None or key in _LISTS}
    if zone is None:
        stated = to_s(config.get("timezone"))
        zone = zone_named(stated) if stated else otherwise
    include = _listed(config, "include", name)
    return Settings(
        permalink=_permalink(config, name),
        zone=zone,
        collections_dir=to_s(config.get("collections_dir")),
        include=(".htaccess",) if include is None else include,
        exclude=(*(_listed(config, "exclude", name) or ()), *_ALWAYS_EXCLUDED),
        markdown=frozenset(
            f".{x.lower()}" for x in to_s(config.get("markdown_ext", _MARKDOWN)).split(",")
        ),
        defaults=_defaults(config, name),
        encoding=_encoding(to_s(config.get("encoding", "utf-8"))),
        future=truthy(config.get("future")),
        unpublished=truthy(config.get("unpublished")),
        limit=_whole(config.get("limit_posts")),
        address=to_s(config.get("url")).rstrip("/") + to_s(config.get("baseurl")).rstrip("/"),
        baseurl=to_s(config.get("baseurl")).strip("/"),
        config=config,
    )


_LISTS = ("include", "exclude")  # where even nothing is not a list


def zone_named(name: str) -> tzinfo:
    """As the C library reads TZ: a name of the zone database, else POSIX's `CST-8`, else UTC."""
    for kind in (ZoneInfo, _posix):
        try:
            return kind(name)
        except (KeyError, ValueError, OSError):  # no such zone, or no name at all
            continue
    return ZoneInfo("UTC")


def _posix(name: str) -> tzinfo:
    return tzstr(name, posix_offset=True)


def _parsed(body: bytes, name: str) -> Mapping[str, Value]:
    try:
        text = body.decode()
        if name.endswith(".toml"):
            return tomllib.loads(text.removeprefix(_MARK))
        # To Psych a byte order mark is a column: a first key behind it is indented, and alone.
        parsed = psych.load(text.replace(_MARK, " ", 1) if text.startswith(_MARK) else text, _UTC)
    except ValueError as error:  # of every kind: decoding, TOML, YAML
        raise ParseError(f"{name}: {error}") from error
    return parsed if isinstance(parsed, dict) else {}


def _listed(config: Mapping[str, Value], key: str, name: str) -> tuple[str, ...] | None:
    if key not in config:
        return None
    value = config[key]
    if not isinstance(value, list):
        raise ParseError(f"{name}: {key}: not a list; Jekyll refuses it, write it with dashes")
    return tuple(x for x in value if isinstance(x, str))


def _defaults(config: Mapping[str, Value], name: str) -> tuple[Scope, ...]:
    try:
        return scopes(config.get("defaults"))
    except ValueError as error:
        raise ParseError(f"{name}: {error}") from error


def _permalink(config: Mapping[str, Value], name: str) -> str:
    collections = config.get("collections")
    posts = collections.get("posts") if isinstance(collections, dict) else None
    own = posts.get("permalink") if isinstance(posts, dict) else None
    style = own if truthy(own) else config.get("permalink", "date")
    if not isinstance(style, str):
        raise ParseError(f"{name}: permalink: not text; Jekyll refuses it, put it in quotes")
    return style if truthy(own) else _STYLES.get(style, style)


def _encoding(name: str) -> str:
    if name.lower() == "utf-8":
        return "utf-8-sig"
    try:
        return codecs.lookup(name).name
    except LookupError:  # Ruby says so and takes its own, too
        return "utf-8"


def _whole(value: Value) -> int:
    return value if isinstance(value, int) and value > 0 else 0
