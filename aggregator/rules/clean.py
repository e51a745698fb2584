"""Normalise an entry: plain one-line titles, safe absolute HTML, its canonical link.

nh3 has the last word on every text that came from outside.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from html import escape
from urllib.parse import urljoin, urlsplit

import nh3

from aggregator import links, syntax
from aggregator.link_parts import LONGEST
from aggregator.model import (
    KNOWN,
    Category,
    Enclosure,
    Entry,
    Extension,
    Feed,
    Link,
    LinkRules,
    Origin,
    Person,
)
from aggregator.rules.tangle import tamed
from aggregator.text import ILLEGAL, line, plain

# ── HTML ─────────────────────────────────────────────────────────────────────

# MathML's presentation and SVG's shapes are as still as any text; SVG's `desc`, `title` and
# `foreignObject` hold HTML again, and are where sanitisers have been got round.
_TAGS = set(
    """a abbr acronym address area article aside audio b bdi bdo big blockquote br caption center
    cite code col colgroup dd del details dfn dir div dl dt em figcaption figure font footer h1 h2
    h3 h4 h5 h6 header hr i img ins kbd li main map mark nav ol p picture pre q rb rp rt rtc ruby
    s samp section small source span strike strong sub summary sup table tbody td tfoot th thead
    time tr track tt u ul var video wbr
    math mfrac mi mn mo mover mpadded mphantom mroot mrow mspace msqrt mstyle msub msubsup msup
    mtable mtd mtext mtr munder munderover
    circle ellipse g line path polygon polyline rect svg""".split()  # noqa: SIM905
)
RELATIVE = "relative:"  # instead of a base
_SHAPE = {"fill", "stroke", "stroke-width", "transform"}
# No `cite`: nh3 does not look at its address, and nobody shows it.
_ATTRIBUTES = {
    "math": {"display"},
    "mrow": {"href"},
    "mo": {"fence", "stretchy", "separator"},
    "mfrac": {"linethickness"},
    "mtd": {"columnspan", "rowspan"},
    "svg": {"viewBox", "width", "height"},
    "circle": _SHAPE | {"cx", "cy", "r"},
    "ellipse": _SHAPE | {"cx", "cy", "rx", "ry"},
    "g": _SHAPE,
    "line": _SHAPE | {"x1", "x2", "y1", "y2"},
    "path": _SHAPE | {"d"},
    "polygon": _SHAPE | {"points"},
    "polyline": _SHAPE | {"points"},
    "rect": _SHAPE | {"x", "y", "width", "height", "rx", "ry"},
    "*": {"title", "lang", "dir"},
    "a": {"href", "hreflang", "rel"},
    "area": {"href", "alt", "coords", "shape"},
    "audio": {"src", "controls", "loop", "muted", "preload"},
    "col": {"span"},
    "colgroup": {"span"},
    "del": {"datetime"},
    "details": {"open"},
    "img": {"src", "alt", "width", "height", "loading", "style"},  # the last goes with _image
    "ins": {"datetime"},
    "li": {"value"},
    "ol": {"start", "reversed", "type"},
    "source": {"src", "type"},
    "td": {"colspan", "rowspan", "align"},
    "th": {"colspan", "rowspan", "align", "scope"},
    "time": {"datetime"},
    "track": {"src", "kind", "srclang", "label"},
    "video": {"src", "controls", "width", "height", "poster", "loop", "muted", "preload"},
}
# As nh3 writes them: one space, double quotes, no quote and no bracket in a value.
_IMAGE = re.compile(r'<img((?: [\w-]+="[^"]*")*)>')
_ATTRIBUTE = re.compile(r' ([\w-]+)="([^"]*)"')
# An empty reference leads nowhere; on a span it was never one. Without a host it leads to another
# place on each page.
_IDLE = {"span": {name: {""} for name in ("href", "src", "dynsrc", "lowsrc")}}
_TAG = re.compile(r'<(?!span )\w+(?: [\w:-]+="[^"]*")+')
_NOWHERE = re.compile(
    r' (?:xlink:)?(?:href|src|poster)="(?:|https?:(?!//[^/])[^"]*)"', re.IGNORECASE
)
_NO_HOST = re.compile(r'="https?:(?!//[^/])', re.IGNORECASE)
# As browsers read an address (WHATWG URL, "basic URL parser").
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:", re.IGNORECASE)
_UNSEEN = re.compile(r"[\t\n\r]")
_BLANK = "".join(map(chr, range(0x21)))
# An HTML parser drops whatever follows `<!`, up to `>` or the end, though people write `<!DOCTYPE`
# when they speak of it. Comments, whole declarations and Word's conditions are none of that.
_TALK = re.compile(r"<!(?!--|\[(?!CDATA\[)|doctype\b[^<>]*>)", re.IGNORECASE)
_CDATA = re.compile(
    r"<!\[CDATA\[((?:[^]<]|](?!]>)|<(?!!\[CDATA\[))*+)]]>"
)  # around HTML: once more
_DESCRIPTION = re.compile(r"<desc\b[^<>]*>((?:[^<]|<(?!/?desc\b))*+)</desc\s*>", re.IGNORECASE)
_NO_LENGTH = re.compile(r"0+(?:\.0*)?[a-z%]*|0*(?:1(?:\.0*)?|\.\d+)(?:px|pt)?")
_NOSCRIPT = re.compile(r"<(/?)noscript\b[^<>]*+>", re.IGNORECASE)
_SOURCE = re.compile(r"""<img\b[^<>]*?\ssrc\s*=\s*["']?([^"'\s<>]+)""", re.IGNORECASE)


class _Base(threading.local):
    """What the markup that this thread cleans is relative to."""

    url: str | None = None


_base = _Base()


def _absolute_reference(reference: str) -> str | None:
    """Asked of relative references only, and most markup has none: one cleaner serves all. None,
    and then the attribute goes, where the reference leads nowhere."""
    if not reference or _base.url == RELATIVE:
        return _relative(reference)
    return _address(reference, _base.url)


def _relative(reference: str) -> str | None:
    """As it is; but what hid its scheme behind a character that is left out shows it now."""
    shown = ILLEGAL.sub("", reference)
    if shown == reference or not _SCHEME.match(_UNSEEN.sub("", shown).lstrip(_BLANK)):
        return shown
    return _address(shown, None)


_CLEANER = nh3.Cleaner(
    tags=_TAGS,
    attributes=_ATTRIBUTES,
    tag_attribute_values=_IDLE,
    url_schemes={"http", "https", "mailto"},
    url_relative=_absolute_reference,
    link_rel=None,
    strip_comments=True,
)


def safe_html(markup: str, base: str | None) -> str:
    """`markup` without anything active or tracking, its references absolute against `base`; those
    that cannot be made so are left out. With RELATIVE for a base they stay as they are."""
    markup = ILLEGAL.sub("", markup)
    if "<" not in markup and "&" not in markup:
        return markup.strip()
    if "<noscript" in markup.lower():
        markup = _scriptless(markup)
    if "<!" in markup:
        markup = _TALK.sub("&lt;!", _CDATA.sub(r"\1", markup))
    if "<desc" in markup:  # of an SVG picture: its text is kept, without what HTML it may hold
        markup = _DESCRIPTION.sub(lambda x: escape(plain(x[1]), quote=False), markup)
    shown = tamed(markup)
    if shown is None:  # its text is all that can be had of it
        return escape(plain(markup), quote=False)
    _base.url = base
    cleaned = _CLEANER.clean(shown)
    if "&#" in markup:  # a reference to such a character is that character now
        cleaned = ILLEGAL.sub("", cleaned)
    if '=""' in cleaned or _NO_HOST.search(cleaned):
        cleaned = _TAG.sub(lambda tag: _NOWHERE.sub("", tag[0]), cleaned)
    return _IMAGE.sub(_image, cleaned).strip() if "<img" in cleaned else cleaned.strip()


def _scriptless(markup: str) -> str:
    """As a reader without scripts sees it, as most feed readers are: pages that load their images
    late repeat each in a noscript; one that is there already is not repeated."""
    texts = _NOSCRIPT.split(markup)  # around the slash, if any, of each tag
    parts = [("/", texts[0]), *zip(texts[1::2], texts[2::2], strict=True)]
    shown = {image for closes, part in parts if closes for image in _SOURCE.findall(part)}
    return "".join(
        part
        for closes, part in parts
        if closes or not (images := _SOURCE.findall(part)) or not shown.issuperset(images)
    )


def _image(tag: re.Match[str]) -> str:
    """Nothing of an image that is not there, or that nobody is meant to see."""
    attributes = dict(_ATTRIBUTE.findall(tag[1]))
    style = _declarations(attributes.pop("style", ""))
    if (
        not attributes.get("src")
        or style.get("display") == "none"
        or style.get("visibility") == "hidden"
        or all(_no_length(x, attributes, style) for x in ("width", "height"))
    ):
        return ""
    kept = "".join(f' {name}="{value}"' for name, value in attributes.items())
    return f"<img{kept}>"


def _no_length(name: str, *places: Mapping[str, str]) -> bool:
    return any(_NO_LENGTH.fullmatch(x.get(name, "").strip().lower()) for x in places)


def _declarations(style: str) -> dict[str, str]:
    pairs = (x.partition(":") for x in style.lower().split(";"))
    return {name.strip(): x.replace("!important", "").strip() for name, _, x in pairs}


# ── entries and feeds ────────────────────────────────────────────────────────


def clean(
    entry: Entry,
    *,
    feed_urls: Collection[str] = (),
    keep_relative: bool = False,
    rules: LinkRules = KNOWN,
) -> Entry:
    """`entry`, safe, absolute and with its canonical link first.

    `feed_urls` are the addresses of the feed and its site: never the link of an entry. With
    `keep_relative`, references of an entry that comes from nowhere stay: to be looked at, never
    to be published.
    """
    canonical = links.choose(entry, feed_urls=feed_urls, rules=rules) or _at_home(entry)
    discussed = entry.comments or links.discussion(entry, canonical, rules)
    # A post that links to its source stands on another site than that.
    base = (
        entry.base or (None if entry.path else canonical) or (RELATIVE if keep_relative else None)
    )
    others = (x for x in entry.links if x.rel not in links.FOR_CHOICE)
    passed = (Link(href=href, rel="via") for href in _passed(entry, canonical))
    return replace(
        entry,
        title=plain(entry.title),
        links=(
            *((Link(href=canonical),) if canonical else ()),
            *_absolute((*others, *passed), base),
        ),
        authors=_people(entry.authors, base),
        summary=_html(entry.summary, base),
        content=_html(entry.content, base),
        base=None,
        categories=_categories(entry.categories),
        enclosures=tuple(dict.fromkeys(_enclosures(entry.enclosures, base))),
        rights=_plain(entry.rights),
        comments=_address(discussed, base),
        language=syntax.language(entry.language),
        origin=_origin(entry.origin, base),
        source_link=entry.source_link or entry.link,
        extensions=_extensions(entry.extensions, base),
    )


def _passed(entry: Entry, canonical: str | None) -> Iterable[str]:
    """Where a feed service sends its readers through to the page, which it names itself."""
    if any(x.rel == "canonical" for x in entry.links):
        yield from (x.href for x in entry.links if x.rel == "alternate" and x.href != canonical)


def _at_home(entry: Entry) -> str | None:
    """A link to a host of the own network, whose name needs no dot."""
    link = _address(entry.link, entry.base)
    host = urlsplit(link or "").hostname or "."
    return link if "." not in host and ":" not in host else None


def clean_feed(feed: Feed, *, keep_relative: bool = False) -> Feed:
    """The feed's own texts made safe; its entries as they are."""
    base = feed.base or feed.link or (RELATIVE if keep_relative else None)
    return replace(
        feed,
        title=plain(feed.title),
        subtitle=_html(feed.subtitle, base),
        links=tuple(_absolute(feed.links, None)),
        extensions=_extensions(feed.extensions, feed.link),
        authors=_people(feed.authors, feed.link),
        rights=_plain(feed.rights),
        generator=plain(feed.generator or "") or None,
        image=_address(feed.image, feed.link),
        categories=_categories(feed.categories),
        language=syntax.language(feed.language),
    )


def _html(markup: str | None, base: str | None) -> str | None:
    return safe_html(markup, base) if markup else None


def _plain(markup: str | None) -> str | None:
    return plain(markup) if markup else None


def _address(url: str | None, base: str | None) -> str | None:
    """An absolute http(s) address as it was given, or None. Nothing is canonicalised here, only
    what no address can hold is escaped: a file's address may be signed."""
    if len(url or "") > LONGEST:
        return None
    url = ILLEGAL.sub("", url or "").strip()
    home = base if base and base.startswith(("http:", "https:")) else "https:"
    try:
        url = urljoin(home, url) if url else ""
    except ValueError:
        return None
    return syntax.iri(url) if re.match("https?:", url, re.IGNORECASE) else None


def _absolute(found: Iterable[Link], base: str | None) -> Iterable[Link]:
    for x in found:
        href = x.href if x.rel == "key" else _address(x.href, base)
        if href:
            yield replace(
                x,
                href=href,
                type=syntax.media_type(x.type),
                hreflang=syntax.language(x.hreflang),
                title=plain(x.title) if x.title else None,
            )


def _people(people: Iterable[Person], base: str | None) -> tuple[Person, ...]:
    cleaned = (
        Person(name=_name(p.name), email=syntax.email(p.email), url=_address(p.url, base))
        for p in people
    )
    return tuple(p for p in dict.fromkeys(cleaned) if p != Person())


def _name(name: str) -> str:
    """Text (RFC 4287 §3.2.1), but for feeds that put a link there: `A <Lin> & B` is a name."""
    return plain(name) if "</" in name else line(name)


def _categories(categories: Iterable[Category]) -> tuple[Category, ...]:
    cleaned = (
        Category(term=plain(c.term), scheme=_scheme(c.scheme), label=plain(c.label or "") or None)
        for c in categories
    )
    return tuple(c for c in dict.fromkeys(cleaned) if c.term)


def _scheme(scheme: str | None) -> str | None:
    """An IRI (RFC 4287 §4.2.2.2), or None: RSS's `domain` may be anything."""
    scheme = (scheme or "").strip()
    return scheme if syntax.iri(scheme) == scheme else None


def _enclosures(enclosures: Iterable[Enclosure], base: str | None) -> Iterable[Enclosure]:
    for e in enclosures:
        url = _address(e.url, base)
        if url:
            yield replace(e, url=url, type=syntax.media_type(e.type))


def _origin(origin: Origin | None, base: str | None) -> Origin | None:
    if origin is None:
        return None
    return replace(
        origin,
        id=plain(origin.id or "") or None,
        title=plain(origin.title),
        links=tuple(_absolute(origin.links, base)),
        authors=_people(origin.authors, base),
        rights=plain(origin.rights or "") or None,
        subtitle=_html(origin.subtitle, base),
        image=_address(origin.image, base),
        generator=plain(origin.generator or "") or None,
        categories=_categories(origin.categories),
        language=syntax.language(origin.language),
        extensions=_extensions(origin.extensions, base),
    )


# What the standards of media and podcasts let hold HTML.
_MARKED_UP = {"media:description", "media:title", "media:text", "itunes:summary"}
_ADDRESSES = {"url", "href", "src", "img", "uri"}
_SCRIPT = re.compile(r"\s*(?:javascript|vbscript|data):", re.IGNORECASE)


def _extensions(found: Iterable[Extension], base: str | None) -> tuple[Extension, ...]:
    """Safe texts and absolute addresses; an address of another kind (ipfs:) is left as it is."""
    return tuple(
        replace(
            x,
            text=safe_html(x.text, base) if x.name in _MARKED_UP else _name(x.text),
            attributes=tuple(
                (name, value)
                for name, said in x.attributes
                if (value := _value(name, said, base)) is not None
            ),
            children=_extensions(x.children, base),
        )
        for x in found
    )


def _value(name: str, said: str, base: str | None) -> str | None:
    if _SCRIPT.match(ILLEGAL.sub("", said)):
        return None
    if name in _ADDRESSES:
        return _address(said, base) or (syntax.iri(said) if ":" in said else None)
    return line(said)
