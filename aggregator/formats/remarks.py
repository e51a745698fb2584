"""What readers of all formats say of a feed that they could not read in full."""

from __future__ import annotations

from collections.abc import Sequence

BLOCKED = "{}: its publisher asks to be listed nowhere, so nothing of it is published"


def unread_dates(texts: Sequence[str]) -> tuple[str, ...]:
    """What is wrong with dates, in one line: a feed that writes one badly writes all so."""
    if not texts:
        return ()
    others = f", nor are {len(texts) - 1} more" if len(texts) > 1 else ""
    return (f"{texts[0][:40]!r} is no date{others}; read without",)
