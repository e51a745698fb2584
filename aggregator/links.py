"""The canonical link of an entry, and the key that links are compared by.

`canonicalize` is careful, for what it gives is published; `url_key` is bold, for what it gives
is only ever compared. What is known of single sites stands in `link_rules`.

    link_parts      an address taken apart
    link_targets    the address that it carries, where it carries one
    link_discussed  the page that it discusses, as the text of its entry says
    link_clean      else itself, without what tracks its reader
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import asdict
from functools import cache, lru_cache
from hashlib import blake2b
from urllib.parse import unquote

from publicsuffixlist import PublicSuffixList

from aggregator import link_rules as known
from aggregator.link_clean import cleaned, escaped
from aggregator.link_discussed import is_discussion, target_in
from aggregator.link_parts import LONGEST, absolute, parts_of
from aggregator.link_sites import Site, site_of
from aggregator.link_targets import target_of
from aggregator.model import KNOWN, Entry, Feed, Link, LinkRules

# A chain of wrappers longer than this was made to be followed for ever.
_MOST_ROUNDS = 8

# An address that no rule can have anything to say about.
_PLAIN = re.compile(
    r"https?://((?:[a-z0-9-]+\.)+[a-z]+)(?::(?!80/|443/)[1-9]\d{0,3})?"
    r"/(?:[\w~@,+:=!*'$-]+(?:\.(?!amp\b)[\w~@,+:=!*'$-]+)*(?:/(?!amp/?\Z)|\Z))*\Z",
    re.ASCII,
)


_REMEMBERED = 500  # characters; few are longer, and thousands of those would be a hundred megabytes


def canonicalize(url: str, *, base: str | None = None, rules: LinkRules = KNOWN) -> str | None:
    """An address fit to publish, or None when it is no http(s) address.

    What is good stays as it is, byte for byte; giving the result in again changes nothing.
    """
    plain = _PLAIN.match(url) if len(url) <= LONGEST else None
    if plain and not site_of(plain[1], rules).in_path:
        return url
    find = _canonical if len(url) <= _REMEMBERED else _canonical.__wrapped__
    return find(url, base or None, rules)


def url_key(url: str, rules: LinkRules = KNOWN) -> str:
    """What the addresses of one page have in common; never an address to show.

    A place in it is no page, but where a script makes pages of places, or on a home page.
    """
    key, place, is_page = _parted(url, rules)
    return key + place if is_page else key


def entry_key(url: str, rules: LinkRules = KNOWN) -> str:
    """Likewise for the link of an entry, which may be a place in a page of several."""
    key, place, _ = _parted(url, rules)
    return key + place


def _parted(url: str, rules: LinkRules) -> tuple[str, str, bool]:
    find = _key_and_place if len(url) <= _REMEMBERED else _key_and_place.__wrapped__
    return find(url, rules)


@lru_cache(maxsize=16384)
def _key_and_place(url: str, rules: LinkRules) -> tuple[str, str, bool]:
    """The key, the place in the page, and whether that is a page of its own."""
    parts = parts_of(canonicalize(url, rules=rules))
    if parts is None:
        return url.strip(), "", False
    site = site_of(parts.host, rules)
    host = _bare_host(site.mirrored or parts.host)
    query = _sorted_query(parts.query)
    page = f"{host}{parts.path}?{query}" if query else host + parts.path
    for pattern, name in () if parts.port else site.ids:
        if found := pattern.match(page):
            groups = [group for group in found.groups() if group]
            return _id_key(name, groups), parts.fragment, False
    path = _bare_path(parts.path, site)
    port = f":{parts.port}" if parts.port else ""
    mark = f"?{query}" if query else ""
    is_page = parts.fragment[1:2] in ("!", "/") or not (path or mark)
    return f"{host}{port}{path}{mark}", parts.fragment, is_page


def choose(
    entry: Entry, *, feed_urls: Collection[str] = (), rules: LinkRules = KNOWN
) -> str | None:
    """The canonical link of an entry; None rather than one of `feed_urls`, its feed or site.

    What a discussion is about comes before it. An address that hides its target (a shortener) is
    better than nothing, but no better; then it is what the feed calls the source.
    """
    href = _choice(_candidates(entry), entry, feed_urls, rules)
    link = canonicalize(href, base=entry.base, rules=rules) if href else None
    return link and (_subject(entry, link, rules) or link)


def stated(entry: Entry, *, feed_urls: Collection[str] = ()) -> str | None:
    """What `choose` takes as the feed has it, absolute and no more; else its home, if it has that
    for a link. Neither what it discusses nor what it calls its source."""
    found = [(rel, href) for rel, href in _candidates(entry) if rel != "source"]
    chosen = _choice(found, entry, feed_urls, KNOWN)
    hrefs = [chosen] if chosen else [href for _, href in found]
    return next(filter(None, (absolute(href, entry.base) for href in hrefs)), None)


def _choice(
    candidates: Iterable[tuple[str, str]],
    entry: Entry,
    feed_urls: Collection[str],
    rules: LinkRules,
) -> str | None:
    home = {entry_key(url, rules) for url in feed_urls}
    hidden = None
    for rel, href in candidates:
        link = canonicalize(href, base=entry.base, rules=rules)
        if link is None or entry_key(link, rules) in home or (rel == "source" and not hidden):
            continue
        if not opaque(link, rules):
            return href
        hidden = hidden or href
    return hidden


def discussion(entry: Entry, link: str | None, rules: LinkRules = KNOWN) -> str | None:
    """The page that an entry links to, where its canonical `link` is what that page discusses."""
    for rel, href in _candidates(entry):
        if rel != "alternate":
            continue
        page = parts_of(canonicalize(href, base=entry.base, rules=rules))
        if page and is_discussion(page) and str(page) != link:
            return str(page)
    return None


def _subject(entry: Entry, link: str, rules: LinkRules) -> str | None:
    parts = parts_of(link)
    target = target_in(entry.html, parts) if parts else None
    return canonicalize(target, rules=rules) if target else None


def at_home(feed: Feed, *addresses: str) -> tuple[str, ...]:
    """What is the link of no entry of `feed`, which came from `addresses`: feed and site."""
    return (*addresses, *(x.href for x in feed.links))


def with_permalink(links: Iterable[Link], id: str) -> tuple[Link, ...]:
    """`links`, and that of the entry with this id, if it is an address too."""
    found = tuple(links)
    if not re.match(r"https?://[^/\s]", id, re.IGNORECASE) or any(x.href == id for x in found):
        return found
    return (*found, Link(href=id, rel="permalink"))


def key_of(entry: Entry, link: str | None, rules: LinkRules = KNOWN) -> str | None:
    """The key of the link, else of an address that is good for comparing only."""
    if link:
        return entry_key(link, rules)
    return next((entry_key(x.href, rules) for x in entry.links if x.rel == "key" and x.href), None)


FOR_CHOICE = ("origin", "canonical", "alternate", "permalink", "source")


def edition(rules: LinkRules) -> str:
    """Another one whenever the tables or the rules are: keys made by one are no good to another."""
    tables = {name: table for name, table in vars(known).items() if name.isupper()}
    said = json.dumps([tables, asdict(rules)], default=sorted)
    return blake2b(said.encode(), digest_size=12).hexdigest()


def _candidates(entry: Entry) -> Iterator[tuple[str, str]]:
    """The surest first, with their relations. Never the feed that an entry came from
    (atom:source), where it is discussed, what it was found through (via), nor any link in its
    text."""
    for rel in FOR_CHOICE:
        links = [x for x in entry.links if x.rel == rel]
        yield from ((rel, x.href) for x in sorted(links, key=_is_no_page))


def _is_no_page(link: Link) -> bool:
    return link.type is not None and "html" not in link.type.lower()


_OPAQUE_PATH = re.compile("|".join(known.OPAQUE_PATHS))


def opaque(link: str, rules: LinkRules = KNOWN) -> bool:
    """Whether it hides its target: only a request would tell."""
    parts = parts_of(link)
    return parts is not None and (
        site_of(parts.host, rules).opaque or _OPAQUE_PATH.match(parts.host + parts.path) is not None
    )


def may_be_asked(link: str, rules: LinkRules) -> bool:
    """Whether a request may tell what it hides."""
    parts = parts_of(link)
    return parts is not None and site_of(parts.host, rules).asked


@lru_cache(maxsize=16384)
def _canonical(url: str, base: str | None, rules: LinkRules) -> str | None:
    text = absolute(url, base)
    for _ in range(_MOST_ROUNDS):
        parts = parts_of(text)
        if parts is None:
            return None
        after = target_of(parts, rules) or str(cleaned(parts, rules))
        if after == text:
            return after
        text = absolute(after, None)
    return None


# ── the key ──────────────────────────────────────────────────────────────────

_WIKI_MOBILE = re.compile(r"\.(?:m|zero)(?=\.(?:wik\w+|mediawiki)\.org\Z)")
_BLOGSPOT = re.compile(r"\.blogspot\.(?:com?\.)?[a-z]{2,3}\Z")  # led by country until 2015
_PUBLIC_SUFFIX = re.compile(r"(?:com?|net|org|gov|edu|ac|or|ne|go)\.[a-z]{2}")


@lru_cache(maxsize=4096)
def _bare_host(host: str) -> str:
    """Without the label that only names a device, if what is left is a site of its own."""
    host = _BLOGSPOT.sub(".blogspot.com", _WIKI_MOBILE.sub("", host))
    while True:
        label, _, rest = host.partition(".")
        if label not in known.DEVICE_LABELS or "." not in rest or _PUBLIC_SUFFIX.fullmatch(rest):
            break
        if label != "www" and rest in known.TENANT_HOSTS:
            break
        host = rest
    return known.HOST_ALIASES.get(host, host)


def domain(key: str) -> str:
    """Of a key, the name that somebody registered or rented: what the hosts of one owner have in
    common."""
    host = key[: key.find("]") + 1] or re.split(r"[/?:#]", key, maxsplit=1)[0]
    return _registered(host)


@lru_cache(maxsize=4096)
def _registered(host: str) -> str:
    labels = host.split(".")
    if labels[-1].isdigit() or host[:1] == "[":  # an address in numbers
        return host
    if ".".join(labels[-2:]) in known.TENANT_HOSTS:
        return ".".join(labels[-3:])
    return _suffixes().privatesuffix(host) or host


@cache
def _suffixes() -> PublicSuffixList:
    return PublicSuffixList()  # which reads its list: that takes a while


_SLASHES = re.compile(r"/{2,}")
_INDEX = re.compile(
    r"/(?:index|default)\.(?:html?|xhtml|shtml|php\d?|aspx?|jspx?|cfm)\Z", re.IGNORECASE
)
# Escapes that mean the character itself there; never / ? # % +, for they would mean another.
_SAME_IN_PATH = re.compile(r"%(?:2[146789AC]|3[ABD]|40|5[BD]|7C)")
_SAME_IN_QUERY = re.compile(r"%(?:2[14789ACF]|3[ABF]|40|5[BD]|7C)")


def _bare_path(path: str, site: Site) -> str:
    for pattern, instead in site.amp_prefixes:
        path = pattern.sub(instead, path)
    path = _INDEX.sub("/", _SLASHES.sub("/", path)).rstrip("/")
    return _SAME_IN_PATH.sub(_unescape, path) if "%" in path else path


def _sorted_query(query: str | None) -> str:
    """By name; values of one name keep their order, and `a` is `a=`."""
    if not query:
        return ""
    query = escaped(query.replace("+", "%20"))
    if "%" in query:
        query = _SAME_IN_QUERY.sub(_unescape, query)
    pieces = [piece.removesuffix("=") for piece in query.split("&") if piece]
    return "&".join(sorted(pieces, key=lambda piece: piece.partition("=")[0]))


def _unescape(found: re.Match[str]) -> str:
    return chr(int(found[0][1:], 16))


def _id_key(name: str, groups: list[str]) -> str:
    value = "/".join(groups)
    name, _, prefix = name.partition(":")
    if name == "doi":  # no case (DOI Handbook §2.4)
        value = prefix + unquote(value).lower().rstrip("/")
    if name == "github":  # neither have the names of owners and projects
        value = value.lower()
    if name == "weibo" and len(value) == 9:
        value = str(_weibo_number(value))
    if name == "bilibili" and value.startswith("BV"):
        value = _bilibili_number(value[:12]) + value[12:]
    return f"{name}:{value}"


_BASE58 = "FcwAPNKTMug3GV5Lj7EJnHpWsx4tb8haYeviqBz6rkCy12mUSDQX9RdoZf"
_BILIBILI_MASK = 23_442_827_791_579


def _bilibili_number(name: str) -> str:
    """Bilibili's newer names are its older numbers in base 58, shuffled and masked."""
    letters = list(name[3:])
    letters[0], letters[6] = letters[6], letters[0]
    letters[1], letters[4] = letters[4], letters[1]
    number = 0
    for letter in letters:
        if letter not in _BASE58:
            return name
        number = number * 58 + _BASE58.index(letter)
    return f"av{number % 2**51 ^ _BILIBILI_MASK}"


_BASE62 = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"


def _weibo_number(name: str) -> int:
    """Weibo writes a post's number in base 62, four letters for seven digits."""
    number = 0
    for group in (name[:1], name[1:5], name[5:]):
        part = 0
        for letter in group:
            part = part * 62 + _BASE62.index(letter)
        number = number * 10_000_000 + part
    return number
