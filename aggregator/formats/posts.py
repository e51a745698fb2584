"""One post of a folder in Jekyll's dialect: bytes → a Feed of one Entry; of none, but with its id,
when it is hidden.

Read with tolerance and told in `problems`; nothing is made safe here: `rules.clean` does that last.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo
from pathlib import PurePosixPath
from zoneinfo import ZoneInfo

from aggregator.errors import ParseError
from aggregator.formats import frontmatter, post_fields, post_files
from aggregator.formats.frontmatter import Document
from aggregator.formats.post_hosts import home
from aggregator.formats.post_links import link_and_text, links_of, own_address
from aggregator.formats.post_liquid import of_its_own
from aggregator.formats.post_text import HTML_SUFFIXES, html
from aggregator.links import with_permalink
from aggregator.model import Category, Entry, Feed, Link, PostOptions

_SUFFIXES = {".md", ".markdown", ".mkd", ".mkdn", ".mkdown"} | HTML_SUFFIXES
_NO = {"false", "no", "off", "n", "0"}
_YES = {"true", "yes", "on", "y", "1"}


def parse(body: bytes, *, path: str, options: PostOptions) -> Feed:
    """`path` is relative to the folder; it is the entry's id unless the post gives one.

    ParseError when it is no post; never another exception.
    """
    with only_parse_errors(path):
        document = frontmatter.read(body, path=path)
        if _hidden(document):
            return hidden(document)
        zone = ZoneInfo(options.timezone)
        document = of_its_own(document, home(options), zone)
        published, late = post_fields.published(document, zone)
        decided = Decided(
            title=post_fields.title(document),
            published=published,
            categories=tuple(post_fields.categories(document)),
            tags=tuple(post_fields.tags(document)),
            zone=zone,
            address=own_address(document, options),
            problems=late,
        )
        return shown(document, decided, options)


@contextmanager
def only_parse_errors(path: str) -> Iterator[None]:
    """Anything may be in a file, and parsers are only people's work."""
    try:
        yield
    except ParseError:
        raise
    except Exception as error:
        raise ParseError(f"{path}: cannot be read: {type(error).__name__}: {error}") from error


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """Of a post, what Jekyll has a mind of its own about; the rest is read the same way."""

    title: str
    published: datetime | None
    categories: tuple[str, ...]
    tags: tuple[str, ...]
    zone: tzinfo  # of the other dates that give no offset
    address: str | None = None  # its own; its link, if it has no source link
    id: str | None = None  # in the feed of its own site
    problems: tuple[str, ...] = ()


def hidden(document: Document) -> Feed:
    """What a post that is not to be published gives."""
    return Feed(id=_id(document), problems=document.problems)


def shown(document: Document, decided: Decided, options: PostOptions) -> Feed:
    """The post as a feed of one entry."""
    path, name = document.path, _id(document)
    updated, unread = post_fields.stated(
        document, ("last_modified_at", "lastmod", "updated", "modified"), decided.zone
    )
    link, text = link_and_text(document, options)
    links, amiss = links_of(link, decided.address, path, options)
    sections = post_fields.unique(decided.categories)
    entry = Entry(
        id=name,
        title=decided.title,
        links=with_permalink(links, name),
        published=decided.published,
        updated=updated,
        authors=tuple(post_fields.authors(document)),
        summary=document.text("description", "summary", "excerpt"),
        content=html(text, path) or None,
        base=decided.address or home(options),
        categories=tuple(Category(term=x) for x in post_fields.unique([*sections, *decided.tags])),
        sections=sections,
        enclosures=tuple(post_fields.enclosures(document)),
        language=document.text("lang", "language") or options.language,
        rights=document.text("rights", "license", "copyright"),
        source_link=link,
        path=path,
    )
    problems = document.problems + decided.problems + unread + amiss
    if decided.id and options.named:
        entry = replace(entry, links=(*entry.links, Link(href=decided.id, rel="id")))
    if post_files.is_one(document):
        entry = _as_written(entry, document)
    return Feed(entries=(entry,), problems=problems)


def _as_written(entry: Entry, document: Document) -> Entry:
    """With what only a post that was written here says, and no link made of its name or its id."""
    own = (x for x in entry.links if x.rel not in ("key", "permalink"))
    return replace(
        entry,
        links=(*own, *post_files.links(document)),
        authors=tuple(post_files.named(entry.authors)),
        comments=post_files.comments(document),
        origin=post_files.origin(document),
        extensions=post_files.pictures(document),
    )


def _id(document: Document) -> str:
    return document.text("id", "guid") or document.path


def publishable_name(path: str) -> bool:
    """Whether a file of this name is a post; which folders hold posts is the caller's matter."""
    name = PurePosixPath(path).name
    aside = name.startswith((".", "_", "#")) or name.endswith("~")
    return not aside and PurePosixPath(name).suffix.lower() in _SUFFIXES


def _hidden(document: Document) -> bool:
    published, draft = document.text("published") or "", document.text("draft") or ""
    return published.lower() in _NO or draft.lower() in _YES
