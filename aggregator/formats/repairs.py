"""Where feedparser loses what nobody could find again in what it returns, mended at its source.

`apply` changes feedparser itself; `strict_rules` does the same things in its own functions.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from functools import lru_cache
from time import struct_time
from typing import Any

from feedparser import datetimes, mixin
from feedparser.api import StrictFeedParser
from feedparser.mixin import _FeedParserMixin
from feedparser.urls import make_safe_absolute_uri
from feedparser.util import FeedParserDict

from aggregator.formats import extensions
from aggregator.formats.bounds import MOST_OF_A_KIND

_LONGEST_PERSON = 1_000
MOST_NAMESPACES = 100
_LONGEST_BASE = 4_000  # each element inside another may add to it
_EMAIL = re.compile(
    r"(?:mailto:)?(?P<email>[a-zA-Z0-9_][a-zA-Z0-9_.+'&=~-]*@(?:"
    r"\[\d{1,3}(?:\.\d{1,3}){3}\]"
    r"|(?:[a-zA-Z0-9-]+\.)+(?:[a-zA-Z][a-zA-Z0-9-]*[a-zA-Z0-9]|\d{1,3}))(?:\?subject=\S+)?)"
)
_ABSOLUTE = re.compile(r"https?://[^/\s]", re.IGNORECASE)
_EMPTY = re.compile(r"\(\s*\)|<\s*>|\[\s*\]|（\s*）|＜\s*＞|&lt;\s*&gt;")  # where the address was
_DASH = re.compile(r"\A[-–—|:]\s|\s[-–—|]\Z|:\Z")  # between it and the name
_BRACKETS = ("()", "<>", "[]", "（）", "＜＞")
_QUOTED = re.compile(r"[\"“]([^\"“”]+)[\"”]")  # as RFC 5322 §3.4 has a display-name
_OF_ATOM = {"rel", "type", "hreflang", "title"}
_NO_PAGE = re.compile(r"(?!https?:)[a-z][a-z0-9+.-]*:", re.IGNORECASE)
# Keys under which no element of a feed is ever filed.
LANGUAGE = ":language"
OWN = ":own"  # of a link that is RSS's, and no atom:link beside it
# dcterms has the words of dc as well (DCMI Metadata Terms, §3). Those for texts and dates are left:
# beside the feed's own, which they would replace, they say something narrower.
ALIASES = {
    f"dcterms_{word}": f"dc_{word}"
    for word in ("creator", "contributor", "language", "publisher", "rights", "subject")
} | {"googleplay_author": "itunes_author"}
LICENCES = ("cc_license", "creativecommons_license", "dcterms_license")


def apply() -> None:
    datetimes._date_handlers[:] = [_dated(handler) for handler in datetimes._date_handlers]
    parser: Any = _FeedParserMixin
    parser.namespaces = extensions.namespaces(parser.namespaces)
    parser._start_id, parser._start_guid = _start_id, _start_guid
    parser._end_id = parser._end_guid = _end_id
    parser._start_author = parser._start_managingeditor = _start_author
    parser._sync_author_detail = _sync_author_detail
    parser._save_author = _save_author
    parser._add_tag = _add_tag
    parser.track_namespace = _track_namespace
    mixin.make_safe_absolute_uri = short_base
    StrictFeedParser.startElementNS = _start_element
    parser._end_hour, parser._end_day = _gathered("hour"), _gathered("day")
    for alias, name in ALIASES.items():
        for when in ("start", "end"):
            setattr(parser, f"_{when}_{alias}", getattr(parser, f"_{when}_{name}"))
    for name in LICENCES:
        setattr(parser, f"_start_{name}", _start_licence)
        setattr(parser, f"_end_{name}", _end_licence)
    parser._start_creativeCommons_license = _start_licence
    parser._end_creativeCommons_license = _end_licence
    parser._start_link = _link_begins(parser._start_link)
    parser._end_link = _link_ends(parser._end_link)
    parser._start_itunes_image = _after_its_own(parser._start_itunes_image)
    parser._start_channel = _channel_begins(parser._start_channel)
    parser._start_item = parser._start_entry = _entry_begins(parser._start_item)
    for name in dir(parser):
        if name.startswith(("_start_", "_end_")):
            setattr(parser, name, _careful(getattr(parser, name)))


def _careful(handler: Callable[..., None]) -> Callable[..., None]:
    """A handler of elements that loses one element at the most: of one that ends and never began
    (`</textinput>`), or has not what it must have, feedparser raises, and the feed is lost."""

    def handled(self: Any, *attrs: Any) -> None:
        try:
            handler(self, *attrs)
        except (ArithmeticError, LookupError, TypeError, ValueError):
            return

    return handled


def _dated(handler: Callable[[str], struct_time | None]) -> Callable[[str], struct_time | None]:
    """A date handler that loses a date at the most: one of them raises IndexError at
    `Fri, 2024/13/01 10:00:00 EST`, which feedparser does not catch, and the feed is lost. What
    they find is not looked at: they make dates of what is none."""

    def parsed(text: str) -> struct_time | None:
        try:
            return handler(text)
        except IndexError:
            return None

    return parsed


def is_absolute(address: str) -> bool:
    return _ABSOLUTE.match(address.strip()) is not None


@lru_cache(maxsize=1024)
def person(text: str) -> tuple[tuple[str, str], ...]:
    """The `name` and the `email` in `desk@news.online (The Desk)` and its kin, where it has them.
    feedparser would cut the address behind the fourth letter of its top-level domain."""
    found = _EMAIL.search(text) if "@" in text and len(text) <= _LONGEST_PERSON else None
    if found is None:
        return (("name", text),)
    email = found["email"]
    name = _EMPTY.sub("", text.replace(found[0], "").replace(email, ""))
    name = _DASH.sub("", name.strip(" \t\r\n,;"))
    if name[:1] + name[-1:] in _BRACKETS:
        name = name[1:-1].strip()
    if quoted := _QUOTED.fullmatch(name):
        name = quoted[1].strip()
    return (("name", name), ("email", email)) if name else (("email", email),)


def _start_id(self: Any, attrs: Any) -> None:
    self.guidislink = True  # which to feedparser means that it may be relative
    self.permalink = True
    self.push("id", 1)


def _start_guid(self: Any, attrs: Any) -> None:
    self.guidislink = False  # an id stays as it is, byte for byte
    self.permalink = attrs.get("ispermalink", "").strip().lower() != "false"
    self.push("id", 1)


def _end_id(self: Any) -> None:
    """What is not absolute as it stands was made to tell entries apart, not to be visited."""
    name, _, pieces = self.elementstack[-1] if self.elementstack else ("", 0, ())
    text = "".join(x.decode() if isinstance(x, bytes) else x for x in pieces)
    absolute = name == "id" and is_absolute(text)
    self.pop("id")
    self._get_context()["guidislink"] = self.permalink and absolute


def _start_author(self: Any, attrs: Any) -> None:
    """Every author is a person of their own: feedparser would give one without a name or an
    address those of the one before."""
    context = self._get_context()
    context.pop("author", None)
    context.pop("author_detail", None)
    self.inauthor = 1
    self.push("author", 1)
    context.setdefault("authors", []).append(FeedParserDict())


def _save_author(self: Any, key: str, value: str, prefix: str = "author") -> None:
    """Whom Apple may write to about a podcast (`itunes:owner`) is not who made it: feedparser
    would give the author that name and address."""
    if prefix == "author":
        self._get_context().setdefault("authors", [FeedParserDict()])[-1][key] = value


def _sync_author_detail(self: Any, key: str = "author") -> None:
    context = self._get_context()
    people = context.get(f"{key}s")
    if people and not people[-1] and dict.get(context, key):
        people[-1].update(person(context[key]))


def _gathered(element: str) -> Callable[[Any], None]:
    """Every hour and day that a feed wants to be skipped; feedparser would keep the last."""

    def end(self: Any) -> None:
        text = self.pop(element)
        if text:
            self._get_context().setdefault(f"skipped_{element}s", []).append(text)

    return end


Method = Callable[..., None]


def is_own(link: Any) -> bool:
    """Whether what is written like Atom's link may be RSS's: it says nothing more of itself."""
    return bool(link.get("href")) and link.keys().isdisjoint(_OF_ATOM)


def _link_begins(before: Method) -> Method:
    """An address that no browser opens (`at://…`) is beside the one that a link has for a text."""

    def _start_link(self: Any, attrs: Any) -> None:
        for name in ("uri", "url"):
            if "href" not in attrs and _NO_PAGE.match(attrs.get(name, "")):
                del attrs[name]
        own = is_own(attrs)
        before(self, attrs)
        links = self._get_context().get("links")
        if own and links:
            links[-1][OWN] = True

    return _start_link


def _link_ends(before: Callable[[Any], None]) -> Callable[[Any], None]:
    def _end_link(self: Any) -> None:
        name, _, pieces = self.elementstack[-1] if self.elementstack else ("", 0, ())
        before(self)
        links = self._get_context().get("links")
        if name == "link" and links and any(x.strip() for x in pieces):
            links[-1][OWN] = True

    return _end_link


def _after_its_own(before: Method) -> Method:
    """Of a feed's images, RSS's own outdoes the others, wherever it stands."""

    def _start_itunes_image(self: Any, attrs: Any) -> None:
        shown = (self._get_context().get("image") or {}).get("href")
        before(self, {} if shown else attrs)

    return _start_itunes_image


# ── languages and licences ───────────────────────────────────────────────────


def _channel_begins(before: Method) -> Method:
    def _start_channel(self: Any, attrs: Any) -> None:
        self.title_depth = -1  # RSS 1.0 may have its items first, and their titles are not its own
        before(self, attrs)
        if attrs.get("xml:lang"):
            self.feeddata["language"] = attrs["xml:lang"].replace("_", "-")

    return _start_channel


def _entry_begins(before: Method) -> Method:
    """The language of an entry is also that of one without a text (XML 1.0 §2.12)."""

    def _start_item(self: Any, attrs: Any) -> None:
        before(self, attrs)
        if self.lang:
            self.entries[-1][LANGUAGE] = self.lang.replace("_", "-")

    return _start_item


def license_node(node: Any, attrs: Any, text: str) -> None:
    """A licence is a link (RFC 4946) where it is an address; else it is a word about rights."""
    stated = attrs.get("rdf:resource") or attrs.get("resource") or text
    if is_absolute(stated):
        node.setdefault("links", []).append(FeedParserDict(rel="license", href=stated.strip()))
    elif stated:
        node.setdefault("rights", stated)


def _start_licence(self: Any, attrs: Any) -> None:
    self.licence = attrs
    self.push("licence", 0)


def _end_licence(self: Any) -> None:
    text = self.pop("licence") or ""
    # feedparser's reader of what is broken leaves references as they are.
    license_node(
        self._get_context(), self.licence, html.unescape(text) if hasattr(self, "rawdata") else text
    )


# ── what would take the square of its number ─────────────────────────────────


def _add_tag(self: Any, term: str | None, scheme: str | None, label: str | None) -> None:
    """feedparser looks through all the tags that there are for each one more."""
    tags = self._get_context().setdefault("tags", [])
    tag = FeedParserDict(term=term, scheme=scheme, label=label)
    if (term or scheme or label) and len(tags) < MOST_OF_A_KIND and tag not in tags:
        tags.append(tag)


def _track_namespace(self: Any, prefix: str | None, uri: str) -> None:
    """feedparser looks through all the namespaces that there are at each element."""
    if len(self.namespaces_in_use) < MOST_NAMESPACES:
        _tracked(self, prefix, uri)


@lru_cache(maxsize=64)  # feedparser asks at each element, and most have the same
def short_base(base: str, rel: str | None = None) -> str:
    if len(base) > _LONGEST_BASE or len(rel or "") > _LONGEST_BASE:
        return base
    return str(make_safe_absolute_uri(base, rel))


class _Attributes:
    """xml.sax looks through all the attributes of an element for the value of each."""

    def __init__(self, attributes: Any) -> None:
        self.items = attributes.items
        self._values = {attributes.getQNameByName(name): value for name, value in self.items()}

    def getQNames(self) -> list[str]:  # noqa: N802
        return list(self._values)

    def getValueByQName(self, name: str) -> str:  # noqa: N802
        return str(self._values[name])


def _start_element(self: Any, name: Any, qname: Any, attributes: Any) -> None:
    _started(self, name, qname, _Attributes(attributes))


_started = StrictFeedParser.startElementNS
_tracked = _FeedParserMixin.track_namespace
