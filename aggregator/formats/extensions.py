"""What a feed says beside what all feeds say (RFC 4287 §6.4), of media, podcasts, threads and
licences: kept as it came, for every reader opens and closes its elements in a Keeper.

To keep another namespace: lines in NAMESPACES, its word in _ASIDE unless feedparser reads it too,
and in _SPELT what it does not write in small letters.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache

from aggregator.formats.bounds import MOST_OF_A_KIND
from aggregator.model import Extension, Link

# By their usual prefixes, under which they are kept. feedparser knows some of them already.
NAMESPACES = {
    "http://creativecommons.org/ns#": "cc",
    "http://purl.org/syndication/thread/1.0": "thr",
    "http://search.yahoo.com/mrss": "media",
    "http://search.yahoo.com/mrss/": "media",
    "http://www.google.com/schemas/play-podcasts/1.0": "googleplay",
    "http://www.google.com/schemas/play-podcasts/1.0/": "googleplay",
    "http://www.itunes.com/dtds/podcast-1.0.dtd": "itunes",
    "http://www.rssboard.org/media-rss": "media",
    "https://github.com/podcastindex-org/podcast-namespace/blob/main/docs/1.0.md": "podcast",
    "https://podcastindex.org/namespace/1.0": "podcast",
    "https://rslstandard.org/rsl": "rsl",
    "https://search.yahoo.com/mrss/": "media",
    "https://www.itunes.com/dtds/podcast-1.0.dtd": "itunes",
}
# Those of which one element is read, and none kept.
_MORE = {
    "http://purl.org/dc/elements/1.0/": "dc",
    "http://rssnamespace.org/feedburner/ext/1.0": "feedburner",
    "http://www.pheedo.com/namespace/pheedo": "pheedo",
}
_READ_AS_WELL = {"googleplay", "itunes", "media"}
# Whatever stands inside these speaks of something else than the entry or feed that they stand in.
_ASIDE = {"podcast", "rsl", "thr"}

# Feeds are read in small letters, for few keep to the standards' own.
_SPELT = {
    word.lower(): word
    for word in (
        *("alternateEnclosure", "contentLink", "liveItem", "liveValue", "remoteItem"),
        *("socialInteract", "updateFrequency", "valueRecipient", "valueTimeSplit"),
        *("accountId", "accountUrl", "customKey", "customValue", "feedGuid", "feedUrl"),
        *("itemGuid", "remotePercentage", "remoteStartTime", "startTime", "endTime"),
        *("episodeType", "fileSize", "isDefault", "peerLink", "starRating", "media:subTitle"),
        *("backLink", "backLinks", "sceneDescription", "sceneEndTime", "sceneStartTime"),
        *("sceneTitle", "contactEmail", "contactUrl", "isPermaLink", "pubDate"),
    )
}
_DEEPEST = 8
_MOST_LEFT_OPEN = 64
_SCHEME = re.compile(r"https?:")
_PAGE = re.compile(r"https?://[^/\s]", re.IGNORECASE)


def namespaces(known: Mapping[str, str]) -> dict[str, str]:
    """feedparser's, ours, and both as people write them: with https, with or without the slash."""
    found = {**known, **_MORE, **NAMESPACES}
    for uri, prefix in tuple((uri, prefix) for uri, prefix in found.items() if uri):
        for other in (uri, _otherwise(uri)):
            found.setdefault(other, prefix)
            found.setdefault(
                other.removesuffix("/") if other.endswith("/") else other + "/", prefix
            )
    return found


def _otherwise(uri: str) -> str:
    """With https for http, or the other way round."""
    return _SCHEME.sub(lambda x: "https:" if x[0] == "http:" else "http:", uri)


def kept(prefix: str) -> bool:
    return prefix in _READ_AS_WELL or prefix in _ASIDE


def aside(prefix: str) -> bool:
    """Whether nothing in such an element is the entry's or the feed's own."""
    return prefix in _ASIDE


@dataclass(slots=True)
class _Open:
    """An element that has not ended: `mark` is the reader's own."""

    prefix: str
    local: str
    attributes: Mapping[str, str]
    mark: int
    aside: bool
    leaf: bool = True
    children: list[Extension] = field(default_factory=list)


class Keeper:
    """The extension elements that are open at a place of a document, the outermost first."""

    def __init__(self) -> None:
        self.open: list[_Open] = []

    @property
    def aside(self) -> bool:
        """Whether what comes next is inside an element that is about something else."""
        return bool(self.open) and self.open[-1].aside

    def begin(self, prefix: str, local: str, attributes: Mapping[str, str], mark: int = 0) -> None:
        self.inside()
        aside = self.aside or prefix in _ASIDE
        self.open.append(_Open(prefix, local, attributes, mark, aside))

    def place(self, prefix: str, local: str) -> int:
        """How many are outside the innermost one of that name, or all: of a broken document, where
        what ends need not have begun."""
        nearest = range(len(self.open) - 1, max(len(self.open) - _MOST_LEFT_OPEN, 0) - 1, -1)
        found = (n for n in nearest if (self.open[n].prefix, self.open[n].local) == (prefix, local))
        return next(found, len(self.open))

    def inside(self) -> None:
        """Some element begins, whichever: text beside elements is layout."""
        if self.open:
            self.open[-1].leaf = False

    def end(self, text: str) -> Extension | None:
        """The last one ends. It is returned if it stands in no other and says anything."""
        last = self.open.pop()
        found = Extension(
            name=_name(last.prefix, last.local),
            text=text.strip() if last.leaf else "",
            attributes=tuple(sorted(_plain(last.attributes))) if last.attributes else (),
            children=tuple(last.children),
        )
        if not (found.text or found.attributes or found.children):
            return None
        if not self.open:
            return found
        siblings = self.open[-1].children
        if len(self.open) < _DEEPEST and len(siblings) < MOST_OF_A_KIND:
            siblings.append(found)
        return None


@lru_cache(maxsize=1024)
def _name(prefix: str, local: str) -> str:
    spelt = _SPELT.get(local, local)
    return _SPELT.get(f"{prefix}:{local}", f"{prefix}:{spelt}") if prefix else spelt


def _plain(attributes: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Those of the element's own; that of a namespace says how to read it."""
    for name, value in attributes.items():
        if ":" not in name and name != "xmlns" and value.strip():
            yield _SPELT.get(name, name), value.strip()


# ── what is read from them ───────────────────────────────────────────────────

_SERVICE = "aggregator"  # our name, in the list of those that may be blocked one by one


def blocked(found: Iterable[Extension]) -> str | None:
    """The element by which a publisher asks that this be listed nowhere, if one does.

    podcast:block may name a service, which then need not look at the others.
    """
    said: dict[tuple[str, str], str] = {}
    for x in found:
        if x.name.endswith(":block"):
            said.setdefault((x.name, x.get("id") or ""), x.text.lower())
    ours = said.get(("podcast:block", _SERVICE)) or said.get(("podcast:block", ""))
    if ours == "yes":
        return "podcast:block"
    names = ("itunes:block", "googleplay:block")
    return next((name for name in names if said.get((name, "")) == "yes"), None)


def licences(found: Iterable[Extension]) -> Iterator[Link]:
    """The licences that are addresses, as links (RFC 4946)."""
    for x in found:
        if x.name in ("podcast:license", "media:license"):
            href = x.get("url") or x.get("href") or x.text
            title = x.text if x.text != href else None
            if _PAGE.match(href):
                yield Link(href=href, rel="license", title=title or None)
        elif x.name in ("media:group", "media:content"):
            yield from licences(x.children)


def rights(found: Iterable[Extension]) -> str | None:
    """Whose it is; else what is said of a licence that no address is given for."""
    said = {x.name: x for x in found if x.text}
    owner, licence = said.get("media:copyright"), said.get("podcast:license")
    return owner.text if owner else licence.text if licence and not licence.get("url") else None


_SIGNALS = {"cc:license", "cc:License", "media:copyright", "media:license", "media:restriction"}
_SIGNALS |= {"media:rights", "podcast:block", "podcast:license", "podcast:locked"}
_TEXTS = {"googleplay:description", "itunes:subtitle", "itunes:summary"}
_TEXTS |= {"media:description", "media:text"}


def signals(found: Iterable[Extension]) -> tuple[Extension, ...]:
    """Those that say whose it is, who may list it, and how it may be used: what a feed says so
    goes with each of its entries."""
    return tuple(x for x in found if x.name in _SIGNALS or x.name.startswith("rsl:"))


def without_texts(found: Iterable[Extension]) -> tuple[Extension, ...]:
    """Without those that tell again what the entry itself tells."""
    return tuple(
        replace(x, children=without_texts(x.children)) for x in found if x.name not in _TEXTS
    )


def title(found: Iterable[Extension]) -> str:
    """An episode's, without the number that its other title may have."""
    return next((x.text for x in found if x.name == "itunes:title"), "")


def description(found: Iterable[Extension]) -> str:
    """An episode's, which Google Podcasts showed before what iTunes did."""
    return next((x.text for x in found if x.name == "googleplay:description"), "")


def picture(found: Iterable[Extension]) -> str | None:
    """The address of the first image."""
    for x in found:
        image = x.get("medium") == "image" or (x.get("type") or "").startswith("image/")
        if x.name == "media:thumbnail" or (x.name == "media:content" and image):
            if href := x.get("url"):
                return href
        elif x.name in ("itunes:image", "googleplay:image"):
            if href := x.get("href") or x.get("url") or x.text:
                return href
        elif x.name in ("media:group", "media:content") and (inner := picture(x.children)):
            return inner
    return None


def recordings(found: Iterable[Extension]) -> Iterator[Extension]:
    """Media that are heard or watched, or may be: of a group, one in several forms, the first."""
    for x in found:
        if x.name == "media:group":
            versions = list(recordings(x.children))
            chosen = [v for v in versions if v.get("isDefault") == "true"] or versions
            yield from chosen[:1]
        elif x.name == "media:content" and x.get("url"):
            kind = x.get("type") or x.get("medium") or "audio or video, by its name"
            if kind.startswith(("audio", "video")):
                yield x
