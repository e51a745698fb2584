"""Our sources as a subscription list that everybody may see. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from aggregator.discretion import gives_away, public
from aggregator.model import Feed, Source
from aggregator.opml import Outline
from aggregator.text import plain


def outlines(sources: Iterable[Source], feeds: Mapping[str, Feed]) -> tuple[Outline, ...]:
    """Those of `sources` that are feeds others can read as well, as `opml.render` takes them. One
    that is a file, or whose address nobody is shown, is not told of at all."""
    found = (_outline(source, feeds.get(source.id, Feed())) for source in sources)
    return tuple(x for x in found if x)


def _outline(source: Source, feed: Feed) -> Outline | None:
    address = public(source)
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
