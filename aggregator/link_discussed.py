"""The page that a discussion is about: the target in the text of a post of Reddit and the like."""

from __future__ import annotations

import html
import re

from aggregator.link_parts import Parts, parts_of
from aggregator.link_sites import domains, site_of
from aggregator.model import KNOWN

_HREF = re.compile(r"""\bhref\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""", re.IGNORECASE)


def is_discussion(parts: Parts) -> bool:
    return any(
        page.fullmatch(_page(parts)) for page, _, _ in site_of(parts.host, KNOWN).discussions
    )


def target_in(markup: str, of: Parts) -> str | None:
    """What the discussion at `of` is about, as the text of its entry says; None if that is itself:
    a question, or a picture that the site keeps."""
    for page, target, own in site_of(of.host, KNOWN).discussions:
        found = target.search(markup) if page.fullmatch(_page(of)) else None
        href = _HREF.search(found[1]) if found else None
        if href is None:
            continue
        address = html.unescape(next(filter(None, href.groups()), "")).strip()
        parts = parts_of(address)
        if parts and own.isdisjoint(domains(parts.host)):
            return address
    return None


def _page(parts: Parts) -> str:
    return parts.path if parts.query is None else f"{parts.path}?{parts.query}"
