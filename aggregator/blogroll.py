"""Our sources as subscription lists: that of all, and one an output. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from aggregator.discretion import gives_away, public
from aggregator.model import Feed, Source
from aggregator.opml import Outline, render
from aggregator.text import plain

ALL = "sources.opml"  # the list of all sources that everybody may know of


def listed(
    sources: Iterable[Source],
    feeds: Mapping[str, Feed],
    *,
    title: str,
    owner: str | None,
    folders: bool,
) -> bytes | None:
    """An OPML document of `sources`, in folders by category if asked for. None where there is none
    that may be told of: a list has an entry."""
    found = outlines(sources, feeds)
    return render(found, title=title, owner=owner, folders=folders) if found else None


def outlines(sources: Iterable[Source], feeds: Mapping[str, Feed]) -> tuple[Outline, ...]:
    """Those of `sources` that are feeds others can read as well, as `opml.render` takes them. One
    whose address nobody is shown is not told of at all; of one that is a file here, where it says
    itself that it is on the web."""
    found = (_outline(source, feeds.get(source.id, Feed())) for source in sources)
    return tuple(x for x in found if x)


def _outline(source: Source, feed: Feed) -> Outline | None:
    address = public(source) or _said(source, feed)
    if source.kind != "feed" or not address:
        return None
    return Outline(
        title=source.title or feed.title or source.id,
        url=address,
        categories=source.categories,
        site=None if gives_away(source, feed.link) else feed.link,
        description=plain(feed.subtitle or "") or None,
        language=feed.language,
    )


def _said(source: Source, feed: Feed) -> str | None:
    if source.secret or not source.local:
        return None
    own = (x.href for x in feed.links if x.rel == "self" and not gives_away(source, x.href))
    return next((href for href in own if href.startswith(("http:", "https:"))), None)
