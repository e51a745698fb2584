"""The true address of an entry whose page was read: what the page declares, where it can be
believed, and where a short link led.

A page that declares its home page, another site's or another language's, or two addresses, is not
believed: templates do so by mistake.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from urllib.parse import urlsplit

from aggregator.links import canonicalize, domain, opaque, url_key
from aggregator.model import Declared, LinkRules


def origin(asked: str, page: Declared, rules: LinkRules) -> str | None:
    """What to publish instead of `asked`, a canonical link; None if there is nothing better."""
    start = asked
    if opaque(asked, rules):
        start = canonicalize(page.url, rules=rules) or asked
    free = page.amp or opaque(start, rules)
    for said in (page.canonical, page.og_url, page.main_entity):
        found = _only(said, rules)
        if found and _believed(found, start, page, rules, free=free):
            return found
    led = start != asked and not (_is_home(start) or opaque(start, rules))
    return start if led else None


def _only(said: Sequence[str], rules: LinkRules) -> str | None:
    """The one address that all of them mean, if they are absolute."""
    found = [canonicalize(x, rules=rules) for x in said if re.match("(?i)https?://", x)]
    keys = {url_key(x, rules) for x in found if x}
    return found[0] if len(keys) == 1 and len(found) == len(said) else None


def _believed(found: str, start: str, page: Declared, rules: LinkRules, *, free: bool) -> bool:
    one, other = url_key(found, rules), url_key(start, rules)
    if one == other:
        return True
    if opaque(found, rules) or (_is_home(found) and not _is_home(start)):
        return False
    if not free and domain(_host_key(found)) != domain(_host_key(start)):
        return False
    return not _other_language(found, start, page, rules)


def _host_key(link: str) -> str:
    """Without what makes one id of the addresses of several sites."""
    return urlsplit(link).netloc


def _is_home(link: str) -> bool:
    parts = urlsplit(link)
    return parts.path in ("", "/") and not parts.query


# ── languages ────────────────────────────────────────────────────────────────

_LANGUAGE = re.compile(
    r"(?:ar|bn|cs|da|de|el|en|es|fa|fi|fr|he|hi|hu|id|it|ja|jp|ko|kr|ms|nl|no|pl|pt|ro|ru|sv|th|tr"
    r"|uk|ur|vi|zh|cn|tw|hk|sc|tc|chs|cht|simp|trad)(?:[-_][a-z]{2,4})?",
    re.IGNORECASE,
)


def _other_language(found: str, start: str, page: Declared, rules: LinkRules) -> bool:
    """Whether it is a page in another language, by what the page says or by the two addresses."""
    own = (page.language or "").lower().partition("-")[0]
    key = url_key(found, rules)
    for language, href in page.languages:
        is_it = url_key(canonicalize(href, rules=rules) or href, rules) == key
        if is_it and language.lower() != "x-default":
            return bool(own) and language.lower().partition("-")[0] != own
    return _marks(found) != _marks(start)


def _marks(link: str) -> list[str]:
    """The languages that stand in an address: en.a.example/, a.example/zh-cn/n, ?lang=en."""
    parts = urlsplit(link)
    label = parts.netloc.partition(".")[0]
    segments = [label, *parts.path.split("/")[1:-1]]
    asked = re.findall(r"(?:^|&)(?:lang|language|hl|locale)=([^&]+)", parts.query)
    return sorted(x.lower() for x in (*segments, *asked) if _LANGUAGE.fullmatch(x))
