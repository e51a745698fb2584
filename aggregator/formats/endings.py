"""Whether an XML document stops in the middle of its last entry, as one does that was cut off."""

from __future__ import annotations

import re

_MARK = re.compile(
    rb"<!\[CDATA\[.*?(?:\]\]>|\Z) | <!--.*?(?:-->|\Z)"
    rb"| <(?P<end>/?)(?:[\w.-]+:)?(?:item|entry)(?:\s[^<>]*?)?(?P<empty>/?)>",
    re.DOTALL | re.IGNORECASE | re.VERBOSE,
)
_ROOT_ENDS = re.compile(rb"</(?:[\w.-]+:)?(?:rss|rdf|feed|channel)\s*>", re.IGNORECASE)


def unfinished(body: bytes) -> bool:
    """Whether the last entry is open where the document, in UTF-8, ends.

    An entry that is left open while the feed is closed is sloppy, no more, and so is a feed that
    closes none of several: what it has is all there.
    """
    begun, ended, last = 0, 0, None
    for mark in _MARK.finditer(body):
        if mark["end"] is None or mark["empty"]:
            continue
        if mark["end"]:
            ended, last = ended + 1, None
        else:
            begun, last = begun + 1, mark
    if last is None or (begun > 1 and not ended):
        return False
    return not _ROOT_ENDS.search(body, last.end())
