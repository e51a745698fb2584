"""How much of an entry is published: all of it, an excerpt, or its title and links alone. Pure.

What the config says of the source counts; where it says nothing, a licence; where there is none
that allows more, an excerpt. An output may show less than its sources allow, and never more.
"""

from __future__ import annotations

from dataclasses import replace

from aggregator import licences
from aggregator.excerpts import passage
from aggregator.formats.extensions import without_texts
from aggregator.model import ContentPolicy, Entry, Feed, Source
from aggregator.text import plain

LENGTH = 300  # of an excerpt, as `excerpts` counts: about 150 Chinese characters
_RANKS: tuple[ContentPolicy, ...] = ("link", "excerpt", "full")
_LEAST = 30  # characters: a summary that has fewer is a "Read more"


def policy_of(entry: Entry, source: Source | None, feed: Feed) -> ContentPolicy:
    """For an entry that came in `feed`; of a source that the config names no more, as if it had
    said nothing of it."""
    if source and source.content:
        return source.content
    if entry.path or (source and source.kind == "posts"):
        return "full"
    return "full" if licences.for_all(entry, feed) else "excerpt"


def narrower(*policies: ContentPolicy) -> ContentPolicy:
    return min(policies, key=_RANKS.index)


def shown(entry: Entry, policy: ContentPolicy) -> Entry:
    """`entry` with as much of its text as is published of it."""
    if policy == "full":
        if entry.content:
            return entry
        return replace(entry, summary=None, content=entry.summary)
    excerpt = _excerpt(entry) if policy == "excerpt" else None
    return replace(
        entry,
        summary=excerpt if entry.link else None,
        content=None if entry.link else excerpt,  # RFC 4287 §4.1.2: there must be one of the two
        extensions=without_texts(entry.extensions),
    )


def _excerpt(entry: Entry) -> str | None:
    """Its source's own summary where it has one, else the beginning of its text."""
    own = entry.summary if entry.content else None
    if own and _LEAST <= len(plain(own)) < len(plain(entry.content or "")):
        return passage(own, LENGTH)
    return passage(entry.html, LENGTH)
