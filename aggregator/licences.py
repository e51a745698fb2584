"""Which licence lets the whole of an entry be published again, if any does. Pure.

What an entry says itself counts before what the feed says that it comes from (RFC 4946 §2.4), and
one of several licences is enough. Whatever is not known here, or is about money, allows nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from aggregator.model import Entry, Extension, Feed, Link, Origin

# Those with NC are not among them: whether a planet is commercial nobody can tell from a config.
_CC = {"by", "by-sa", "by-nd", "sa", "nd", "zero", "mark", "publicdomain"}
_CC_ADDRESS = re.compile(r"creativecommons\.org/(?:licenses|publicdomain)/([a-z0-9+-]+)(?:/|$)")
_ADDRESSES = (
    "artlibre.org/licence/lal",
    "nationalarchives.gov.uk/doc/open-government-licence",
    "unlicense.org",
)
# As SPDX, podcast:license and people write them: CC-BY-SA-3.0-DE, cc-by-4.0, CC BY 4.0.
_CC_NAME = re.compile(
    r"cc[ -]by(?:[ -](?:sa|nd))?(?:[ -]\d\.\d)?(?:[ -][a-z]{2,3}| international| unported)?"
    r"|cc[ -]?0(?:[ -]1\.0)?(?: universal)?|(?:cc[ -])?(?:pddc|public domain(?: mark)?)(?: 1\.0)?"
)
_NAMES = {"lal-1.2", "lal-1.3", "ogl-uk-1.0", "ogl-uk-2.0", "ogl-uk-3.0", "unlicense", "wtfpl"}
_FREE = {"free", "attribution"}  # what RSL calls a payment that is none


def for_all(entry: Entry, feed: Feed) -> str | None:
    """The licence by which all of `entry`, which came in `feed`, may be published; as stated."""
    return next(filter(_allows, _stated(entry, feed)), None)


def _stated(entry: Entry, feed: Feed) -> list[str]:
    """By who is nearest to the entry and says anything at all."""
    if own := list(_said(entry.links, entry.rights, entry.extensions)):
        return own
    if origin := elsewhere(entry, feed):
        return list(_said(origin.links, origin.rights, origin.extensions))
    return list(_said(feed.links, feed.rights, feed.extensions))


def elsewhere(entry: Entry, feed: Feed) -> Origin | None:
    """The feed that it comes from, where that is not the one in which it came: what a planet says
    of itself is not about what it collects."""
    origin = entry.origin
    if origin is None or not (origin.id or origin.links or origin.title):
        return None
    own = {feed.id, *(x.href for x in feed.links if x.rel in ("alternate", "self"))}
    named = {origin.id, *(x.href for x in origin.links)}
    return None if (own & named) - {None} else origin


def _said(links: Iterable[Link], rights: str | None, kept: Iterable[Extension]) -> Iterator[str]:
    yield from (x.href for x in links if x.rel == "license")
    for x in kept:
        if x.name == "podcast:license" and x.text:
            yield x.text
        elif x.name.startswith("rsl:"):
            yield from _standards(x)
    if rights:
        yield rights


def _standards(terms: Extension) -> Iterator[str]:
    """The licences that RSL terms name for no money, where they make no exceptions."""
    names = {x.name for x in terms.children}
    if terms.name == "rsl:license" and names & {"rsl:permits", "rsl:prohibits"}:
        return
    for x in terms.children:
        if x.name == "rsl:standard" and terms.get("type") in _FREE:
            yield x.text
        else:
            yield from _standards(x)


def _allows(stated: str) -> bool:
    """An address or a name, and nothing beside it: "except the pictures" would be lost."""
    said = " ".join(stated.lower().split()).strip(" .")
    place = re.fullmatch(r"(?:https?:)?//(?:www\.)?([^\s?#]+)\S*", said)
    if place is None:
        return said in _NAMES or bool(_CC_NAME.fullmatch(said))
    if found := _CC_ADDRESS.match(place[1]):
        return found[1] in _CC
    if place[1].startswith("spdx.org/licenses/"):
        return _allows(place[1].removeprefix("spdx.org/licenses/").removesuffix(".html"))
    return place[1].startswith(_ADDRESSES)
