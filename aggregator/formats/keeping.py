"""Extension elements in feedparser, which reads some of them and of several keeps one; and markup
that stands where a text should.

`apply` changes feedparser itself; `strict` does the same things in its own functions.
"""

from __future__ import annotations

import html
from collections.abc import Callable
from typing import Any

from feedparser.mixin import _FeedParserMixin

from aggregator.formats import extensions
from aggregator.formats.bounds import MOST_OF_A_KIND
from aggregator.model import Extension

Method = Callable[..., None]

EXTENSIONS = ":extensions"  # a key under which no element of a feed is ever filed
# What begins or ends with one of these ends all that a broken feed left open.
BOUNDS = {"item", "entry", "channel", "feed", "rss", "rdf:rdf"}
_TEXTS = {"author", "category", "comments", "generator", "id", "language", "name", "publisher"}
# What describes a picture, or an episode or a podcast in a few words, or says again in Dublin Core
# what the feed has said in its own; and what their texts are, unless they say so.
BESIDE = {"media_description": "text/html", "itunes_summary": "text/plain"}
BESIDE |= {"dc_title": "text/plain", "dc_description": "text/html", "itunes_subtitle": "text/plain"}
MARKUP = set("a b br code div em font i p small span strong sub sup tt u".split())  # noqa: SIM905
# Under which feedparser files lists and dictionaries of its own.
_TAKEN = {"authors", "contributors", "enclosures", "entries", "guidislink", "href", "links"}
_TAKEN |= {"publishers", "skipped_days", "skipped_hours"}


def apply() -> None:
    """feedparser reads some extension elements, and of several keeps one; here all are kept, and
    what is in those about something else (a live show, a licence) is not taken for the feed's."""
    parser: Any = _FeedParserMixin
    made, data = parser.__init__, parser.handle_data
    begun, ended = parser.unknown_starttag, parser.unknown_endtag

    def __init__(self: Any) -> None:  # noqa: N807
        self.keeper = extensions.Keeper()
        self.pieces = []  # of text, for each that is open
        made(self)

    def unknown_starttag(self: Any, tag: str, attrs: Any) -> None:
        tag = _free(tag)
        if tag in BOUNDS:
            _close(self, 0)
        if not self.incontent:
            prefix, local = _parted(self, tag)
            if self.keeper.aside or extensions.kept(prefix):
                self.keeper.begin(prefix, local, _attributes(self, attrs))
                self.pieces.append([])
            else:
                self.keeper.inside()
            if self.keeper.aside:
                return
            if _is_markup(self, tag):
                data(self, f"<{tag}{self.strattrs(attrs)}>", escape=0)
                return
        begun(self, tag, attrs)

    def unknown_endtag(self: Any, tag: str) -> None:
        tag = _free(tag)
        aside = self.keeper.aside
        if tag in BOUNDS:
            _close(self, 0)
        elif self.keeper.open:
            _close(self, self.keeper.place(*_parted(self, tag)))
            if aside:
                return
        if not self.incontent and _is_markup(self, tag):
            data(self, f"</{tag}>", escape=0)
            return
        ended(self, tag)

    def handle_data(self: Any, text: str, escape: int = 1) -> None:
        if self.pieces:
            markup = escape and self.contentparams.get("type") == "application/xhtml+xml"
            self.pieces[-1].append(html.escape(text, quote=False) if markup else text)
        if not self.keeper.aside:
            data(self, text, escape)

    parser.__init__, parser.handle_data = __init__, handle_data
    parser.unknown_starttag, parser.unknown_endtag = unknown_starttag, unknown_endtag
    for name, kind in BESIDE.items():
        starts, ends = _beside(name, kind)
        setattr(parser, f"_start_{name}", starts)
        setattr(parser, f"_end_{name}", ends)
    parser.handle_charref = _reference(parser.handle_charref, "&#{};")
    parser.handle_entityref = _reference(parser.handle_entityref, "&{};")


def _free(tag: str) -> str:
    """A name for an element that is called as one of feedparser's own lists, `<authors>`: it would
    be filed in place of that, and the feed be lost."""
    return f"{tag}-" if tag in _TAKEN or tag.endswith(("_detail", "_parsed")) else tag


def _beside(name: str, kind: str) -> tuple[Method, Method]:
    """A text for lack of a better one, under a name of its own: feedparser would take a picture's
    caption for the content of an entry that has a description."""

    def starts(self: Any, attrs: Any) -> None:
        self.push_content(name, attrs, kind, 1)

    def ends(self: Any) -> None:
        self.pop_content(name)

    return starts, ends


def _reference(before: Method, written: str) -> Method:
    def handle_reference(self: Any, ref: str) -> None:
        if self.pieces:
            self.pieces[-1].append(written.format(ref))
        if not self.keeper.aside:
            try:
                before(self, ref)
            except (ValueError, OverflowError):  # of no character
                before(self, "65533")

    return handle_reference


def _close(self: Any, place: int) -> None:
    """End those that are open, down to the one at `place`."""
    while len(self.keeper.open) > place:
        text = "".join(self.pieces.pop())
        found = self.keeper.end(html.unescape(text) if _is_loose(self) else text)
        if found:
            keep(self._get_context(), found)


def keep(node: Any, found: Extension) -> None:
    """Among what an entry or a feed, as feedparser has it, says besides."""
    kept = node.setdefault(EXTENSIONS, [])
    if len(kept) < MOST_OF_A_KIND:
        kept.append(found)


def _parted(self: Any, tag: str) -> tuple[str, str]:
    prefix, colon, local = tag.rpartition(":")
    return (self.namespacemap.get(prefix, prefix), local) if colon else ("", tag)


def _attributes(self: Any, attrs: Any) -> dict[str, str]:
    found = dict(self._normalize_attributes(pair) for pair in attrs)
    return {k: html.unescape(v) for k, v in found.items()} if _is_loose(self) else found


def _is_loose(self: Any) -> bool:
    """Whether it is feedparser's reader of what is broken, which leaves references as they are."""
    return hasattr(self, "rawdata")


def _is_markup(self: Any, tag: str) -> bool:
    """Of HTML that was not escaped, in an element that has a text and no more."""
    return tag in MARKUP and bool(self.elementstack) and self.elementstack[-1][0] in _TEXTS
