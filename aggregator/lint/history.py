"""What documents say of each other and of what was: RFC 5005, and the tombstones of RFC 6721."""

from __future__ import annotations

from aggregator.lint.fault import Faults
from aggregator.lint.tree import Node

_PAGES = {"first", "last", "next", "previous", "prev", "prev-archive", "next-archive"}
_HISTORY = _PAGES | {"current"}


def check(feed: Node, entries: list[Node], faults: Faults) -> None:
    """Of an atom:feed, or of an RSS channel with atom:link in it."""
    links = {x.get("rel", "alternate").rpartition("/")[2]: x for x in feed.all("atom:link")}
    complete, archive = feed.has("fh:complete"), feed.has("fh:archive")
    if complete:
        for relation in sorted(_PAGES & set(links)):
            what = f"a complete feed has a link rel={relation}"
            faults.add("complete-with-pages", what, links[relation])
        current, own = links.get("current"), links.get("self")
        if current and own and current.get("href") != own.get("href"):
            what = "the current document of a complete feed is another"
            faults.add("complete-with-pages", what, current)
    if archive and "current" not in links:
        faults.add("archive-without-current", "an archive has no link rel=current", feed)
    if "next-archive" in links and not archive:
        what = "a link rel=next-archive in what is no archive"
        faults.add("archive-incomplete", what, links["next-archive"])
    for entry in entries:
        for link in entry.all("atom:link"):
            if link.get("rel") in _HISTORY:
                faults.add("history-in-entry", f"an entry has a link rel={link.get('rel')}", link)
    _withdrawn(feed, entries, faults)


def _withdrawn(feed: Node, entries: list[Node], faults: Faults) -> None:
    gone = {x.get("ref"): x for x in feed.all("at:deleted-entry")}
    if not gone:
        return
    for entry in entries:
        own = entry.first("atom:id")
        stone = gone.get(own.text.strip()) if own is not None else None
        updated = entry.first("atom:updated")
        if stone is not None and (updated is None or updated.text <= stone.get("when")):
            faults.add("deleted-entry-shown", "an entry that was withdrawn is here", entry)
