"""Subscription lists that are followed: a list in the config is a source of sources. Pure.

    a list's document → `listing` → what it names, kept → `sources`, of the config and of its lists

A list may name other lists (`type="include"`), which are sources as well, two deep.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from hashlib import blake2b
from itertools import islice
from urllib.parse import urljoin, urlsplit

from aggregator import opml
from aggregator.config_names import comparable
from aggregator.errors import ParseError
from aggregator.model import ListOptions, Response, Source
from aggregator.opml import Outline

_DEEPEST = 2  # lists within lists
_MOST_LISTS = 20  # in one list


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    outlines: tuple[Outline, ...]
    problems: tuple[str, ...]


def listing(response: Response, how: ListOptions, *, known: int) -> Listing:
    """What a list names. ParseError when it is none, names nothing or is broken, but for a broken
    one of which nothing is `known` (so many feeds) yet: a list that was cut short must not end
    subscriptions."""
    found = opml.read(response.body)
    kept = f"; the {known} feeds known are kept" if known else ""
    if found.broken and known:
        raise ParseError(f"broken OPML: {found.broken}{kept}")
    placed = [x for outline in found.outlines if (x := _placed(outline, response.url))]
    feeds = [x for x in placed if not x.includes]
    lists = [x for x in placed if x.includes]
    if not placed:
        raise ParseError(f"an OPML that names no feed{kept}")
    problems = [f"broken OPML, read as far as it goes: {found.broken}"] if found.broken else []
    problems += _left_out(
        (len(found.outlines) - len(placed), "its addresses are none on the web"),
        (len(feeds) - how.most, f"its feeds are beyond the {how.most} of opml.most"),
        (len(lists) - _MOST_LISTS, f"its lists are beyond {_MOST_LISTS}"),
    )
    chosen = {*feeds[: how.most], *lists[:_MOST_LISTS]}
    return Listing(outlines=tuple(x for x in placed if x in chosen), problems=tuple(problems))


def _placed(outline: Outline, base: str) -> Outline | None:
    """With an absolute address on the web, or not at all: no list names a file of ours."""
    try:
        url = urljoin(base, outline.url) if base.startswith("http") else outline.url
        parts = urlsplit(url)
        sound = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        return None
    return replace(outline, url=url) if sound and not re.search(r"[\s\x00-\x1f]", url) else None


def _left_out(*counts: tuple[int, str]) -> list[str]:
    return [f"{count} of {why}, and were left out" for count, why in counts if count > 0]


def sources(given: Iterable[Source], named: Mapping[str, Iterable[Outline]]) -> tuple[Source, ...]:
    """The sources of the config, and those that its lists name (by the list's id).

    What the config has itself is not taken from a list; what two lists have is the first one's,
    with the categories of both.
    """
    given = tuple(given)
    own = {comparable(s.url) for s in given}
    found: dict[str, Source] = {}
    for root in (s for s in given if s.kind == "opml"):
        for source in islice(_walked(root, named), _most(root)):
            place = comparable(source.url)
            if place in own:
                continue
            first = found.setdefault(place, source)
            both = dict.fromkeys((*first.categories, *source.categories))
            found[place] = replace(first, categories=tuple(both))
    return (*given, *found.values())


def _most(root: Source) -> int:
    """Feeds and lists, of one list and of all that are in it."""
    return root.how.most if isinstance(root.how, ListOptions) else 0


def beyond(source: Source, named: Mapping[str, Iterable[Outline]]) -> tuple[str, ...]:
    """What is to be told of a list that, with those that belong to it, names too many."""
    root = replace(source, id=source.list or source.id, url="")
    count, most = sum(1 for _ in _walked(root, named)), _most(root)
    if count <= most:
        return ()
    return (f"with the lists in it, {root.id} names {count}; the first {most} are followed",)


def _walked(root: Source, named: Mapping[str, Iterable[Outline]]) -> Iterator[Source]:
    """What a list names, and then what the lists in it do; each list once."""
    seen = {comparable(root.url)}
    level = [root]
    for depth in range(_DEEPEST + 1):
        inner: list[Source] = []
        for parent in level:
            for outline in named.get(parent.id, ()):
                place = comparable(outline.url)
                if outline.includes and (depth == _DEEPEST or place in seen):
                    continue
                source = _source(root, parent, outline)
                if outline.includes:
                    seen.add(place)
                    inner.append(source)
                yield source
        level = inner


def _source(root: Source, parent: Source, outline: Outline) -> Source:
    """With the settings of its list; its id hangs on the list's name and its address alone."""
    how = root.how
    assert isinstance(how, ListOptions)
    folders = outline.categories if how.folders else ()
    place = comparable(outline.url)
    digest = blake2b(place.partition("://")[2].encode(), digest_size=4).hexdigest()
    return replace(
        root,
        id=f"{root.id}/{urlsplit(outline.url).hostname}-{digest}",
        url=outline.url,
        kind="opml" if outline.includes else "feed",
        how=how if outline.includes else None,
        title=None,
        categories=tuple(dict.fromkeys((*parent.categories, *folders))),
        secret=False,
        written=None,
        list=root.id,
        public=not how.private,
    )
