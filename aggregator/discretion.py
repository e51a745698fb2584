"""What an address may tell of itself: its credentials never, and nothing at all where it came from
the environment or from a file. Pure.

`told` is for messages, `shown` for answers about our own sources; `public`, `base` and `withheld`
keep what is published, ids included, free of it.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import lru_cache
from hashlib import blake2b
from urllib.parse import urlsplit

from aggregator.errors import SourceError
from aggregator.model import Enclosure, Entry, Extension, Feed, Link, Origin, Person, Source
from aggregator.places import like_an_address, path_of

_UNNAMED = "its address"
# Of a parameter: `token`, `feed_token`, `api-key`, `sig` …
_CREDENTIAL = re.compile(
    r"(?i)(?:.*[_.-])?(?:api|access|auth|private|rss|feed|user)?"
    r"(?:token|key|secret|auth|pass|passw(?:or)?d|pwd|sig|signature|session|sid|credentials?)"
)
_LEAST = 6  # letters: of a shorter value nobody can say where it comes from
_URL = re.compile(r"https?://[^\s\"'<>]+")
_TOKEN = re.compile(r"(?=\D*\d)(?=[^A-Za-z]*[A-Za-z])[A-Za-z0-9_]{16,}")  # as part of a path


# ── for us ───────────────────────────────────────────────────────────────────


def shown(source: Source) -> str | None:
    """Its address without credentials, and without a query that may hold a token."""
    return None if source.secret else without_secrets(source.url)


def without_secrets(url: str) -> str:
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    return parts._replace(netloc=host, query="…" if parts.query else "").geturl()


def told(error: SourceError, source: Source) -> str:
    """The message: a path as the config has it, nothing of an address that is secret."""
    text = str(error)
    if source.local:
        name, colon, rest = text.partition(": ")
        if colon and name == path_of(source.url).name:
            text = f"{source.written or _UNNAMED}: {rest}"
        if isinstance(error.__cause__, FileNotFoundError | NotADirectoryError):
            text += way_out(source)
    if not source.secret:
        return text
    for part in _spoken(source.url):
        text = re.sub(rf"(?<!\w){re.escape(part)}(?!\w)", _UNNAMED, text)
    return text


def way_out(source: Source) -> str:
    """What to do when there is nothing at a path."""
    hint = "; write https:// before it, if it is an address"
    return hint if like_an_address(source.written) else ""


def _spoken(url: str) -> list[str]:
    """What a message may say of an address, the longest first."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    try:
        ascii_host = host.encode("idna").decode("ascii")
    except UnicodeError:
        ascii_host = host
    said = {url, parts.netloc, parts.netloc.rpartition("@")[2], host, ascii_host, parts.query}
    if parts.port:
        said.add(f"{ascii_host}:{parts.port}")
    if parts.scheme == "file":
        said.add(str(path_of(url)))
    return sorted((x for x in said if x), key=len, reverse=True)


# ── for everybody ────────────────────────────────────────────────────────────


def public(source: Source) -> str | None:
    """The address of a feed as it may be published; None where it may not."""
    if source.local or source.secret or _credentials(source.url):
        return None
    parts = urlsplit(source.url)
    return source.url.replace(parts.netloc, parts.netloc.rpartition("@")[2], 1)


def base(source: Source, url: str) -> str:
    """What relative references in a document from `url` resolve against: one that is secret has
    no place, as a file has none."""
    if source.secret:
        return ""
    return urlsplit(url)._replace(query="").geturl() if _credentials(url) else url


def gives_away(source: Source | None, url: str | None) -> bool:
    """Whether an address or an id tells what is secret of that of `source`."""
    return bool(source and url and _secrets(source).are_in(url))


def named_by_others(source: Source, url: str) -> bool:
    """Whether an address that stands in a document of `source` is to be public: what the config
    allows a source is no other host's, whoever writes its documents."""
    try:
        return source.public or urlsplit(url).hostname != urlsplit(source.url).hostname
    except ValueError:
        return True


def withheld(feed: Feed, source: Source) -> Feed:
    """`feed` without whatever repeats what is secret of its address: publishers put a private
    address with its token into rel=self, into ids and into links of their own."""
    secrets = _secrets(source)
    return secrets.out_of_feed(feed) if secrets else feed


def _credentials(url: str) -> list[str]:
    """Those parameters of an address that say that they are some."""
    return [
        f"{name}={value}"
        for name, value in _parameters(url)
        if len(value) >= _LEAST and _CREDENTIAL.fullmatch(name)
    ]


def _parameters(url: str) -> list[tuple[str, str]]:
    return [(n, v) for n, _, v in (x.partition("=") for x in urlsplit(url).query.split("&"))]


@lru_cache(maxsize=4096)
def _secrets(source: Source) -> _Secrets:
    parts = urlsplit(source.url)
    found = _credentials(source.url)
    user, at, _ = parts.netloc.rpartition("@")
    if at and not source.secret:
        found.append(f"{user}@")
    if source.secret:
        found += [f"{user}@"] if at else []
        found += [parts.query] if "=" in parts.query else []
        found += [f"{n}={v}" for n, v in _parameters(source.url) if len(v) >= _LEAST]
        found += [x for x in parts.path.split("/") if _TOKEN.fullmatch(x)]
        found += [str(path_of(source.url)), source.url] if source.local else []
    whole = {_comparable(source.url)} if source.secret else set()
    if whole and parts.path.strip("/"):  # without its query it is the home page of many a site
        whole.add(_comparable(parts._replace(query="").geturl()))
    words = {x for one in found for x in (one, html.escape(one))}
    return _Secrets(whole=frozenset(whole), words=tuple(sorted(words, key=len, reverse=True)))


def _comparable(url: str) -> str:
    """An address whatever its scheme, its credentials and its last slash."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return url
    query = f"?{parts.query}" if parts.query else ""
    return parts.netloc.rpartition("@")[2].lower() + parts.path.rstrip("/") + query


@dataclass(frozen=True, slots=True, kw_only=True)
class _Secrets:
    """`whole`: the address, if all of it is secret; `words`: what else must not be repeated."""

    whole: frozenset[str]
    words: tuple[str, ...]

    def __bool__(self) -> bool:
        return bool(self.whole or self.words)

    def are_in(self, url: str) -> bool:
        return _comparable(url) in self.whole or any(word in url for word in self.words)

    def out_of_feed(self, feed: Feed) -> Feed:
        return replace(
            feed,
            id=self.address(feed.id),
            title=self.text(feed.title),
            subtitle=self.optional(feed.subtitle),
            links=self.links(feed.links),
            authors=self.people(feed.authors),
            rights=self.optional(feed.rights),
            image=self.address(feed.image),
            base=self.address(feed.base),
            generator=self.optional(feed.generator),
            extensions=self.extensions(feed.extensions),
            entries=tuple(self.out_of_entry(e) for e in feed.entries),
        )

    def out_of_entry(self, entry: Entry) -> Entry:
        return replace(
            entry,
            # Another for each, and always the same: what it is recognised by.
            id=blake2b(entry.id.encode("utf-8", "replace"), digest_size=12).hexdigest()
            if self.are_in(entry.id)
            else entry.id,
            title=self.text(entry.title),
            links=self.links(entry.links),
            authors=self.people(entry.authors),
            summary=self.optional(entry.summary),
            content=self.optional(entry.content),
            base=self.address(entry.base),
            enclosures=tuple(self.enclosures(entry.enclosures)),
            rights=self.optional(entry.rights),
            comments=self.address(entry.comments),
            origin=self.origin(entry.origin),
            source_link=self.address(entry.source_link),
            extensions=self.extensions(entry.extensions),
        )

    def origin(self, origin: Origin | None) -> Origin | None:
        return origin and replace(
            origin,
            id=self.address(origin.id),
            title=self.text(origin.title),
            links=self.links(origin.links),
            authors=self.people(origin.authors),
            rights=self.optional(origin.rights),
            subtitle=self.optional(origin.subtitle),
            image=self.address(origin.image),
            extensions=self.extensions(origin.extensions),
        )

    def extensions(self, found: Iterable[Extension]) -> tuple[Extension, ...]:
        return tuple(
            replace(
                x,
                text=self.text(x.text),
                attributes=tuple((k, v) for k, v in x.attributes if not self.are_in(v)),
                children=self.extensions(x.children),
            )
            for x in found
        )

    def links(self, links: Iterable[Link]) -> tuple[Link, ...]:
        return tuple(x for x in links if not self.are_in(x.href))

    def enclosures(self, enclosures: Iterable[Enclosure]) -> Iterable[Enclosure]:
        return (x for x in enclosures if not self.are_in(x.url))

    def people(self, people: Iterable[Person]) -> tuple[Person, ...]:
        return tuple(replace(p, url=self.address(p.url)) for p in people)

    def address(self, url: str | None) -> str | None:
        return None if url and self.are_in(url) else url

    def optional(self, text: str | None) -> str | None:
        return text and self.text(text)

    def text(self, text: str) -> str:
        text = _URL.sub(lambda x: "" if self.are_in(html.unescape(x[0])) else x[0], text)
        for word in self.words:
            text = text.replace(word, "")
        return text
