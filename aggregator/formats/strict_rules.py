"""What feedparser makes of each element, as functions that fill the same dictionaries.

To teach the strict reader an element: a function here and a line in the tables at the end.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from feedparser.mixin import _FeedParserMixin
from feedparser.urls import _urljoin

from aggregator.formats import extensions
from aggregator.formats.bounds import MOST_ENTRIES, MOST_OF_A_KIND
from aggregator.formats.keeping import BESIDE
from aggregator.formats.repairs import (
    ALIASES,
    LANGUAGE,
    LICENCES,
    OWN,
    is_absolute,
    is_own,
    license_node,
    person,
)

Node = dict[str, Any]  # a FeedParserDict in the making; nothing here needs its aliases
Attrs = dict[str, str]


class Refused(Exception):
    """Something out of the ordinary: feedparser must judge."""


class Enough(Exception):
    """There are more entries than anyone reads."""


@dataclass(slots=True)
class Reading:
    """Where in the document we are, in feedparser's terms."""

    base: str
    lang: str | None
    version: str = ""
    depth: int = 0
    direct: int = 0  # the depth of an entry's own children
    title_depth: int = -1  # feedparser takes no second title from the same depth or below
    has_content: bool = False
    in_entry: bool = False
    feed: Node = field(default_factory=dict)
    entries: list[Node] = field(default_factory=list)
    nowhere: Node = field(default_factory=dict)  # what stands before the feed speaks of this
    node: Node = field(init=False)  # what the current element speaks of
    outer: Node = field(default_factory=dict)  # the entry, while `node` is its source

    def __post_init__(self) -> None:
        self.node = self.nowhere


class Rule(NamedTuple):
    end: Callable[[Reading, Attrs, list[str]], None] | None = None
    begin: Callable[[Reading, Attrs], None] | None = None
    inside: dict[str, Rule] | None = None  # its children; None: it may have none
    markup: bool = False  # type="xhtml" means something here
    only: bool = False  # no child that we would ignore, for feedparser would take it for the end
    kept: bool = False  # as an extension element, whatever else it means


# ── text ─────────────────────────────────────────────────────────────────────

_KINDS = {"text": "text/plain", "plain": "text/plain", "html": "text/html"}
_KINDS |= {"xhtml": "application/xhtml+xml"}
_KINDS |= {kind: kind for kind in tuple(_KINDS.values())}
_CANONICAL = re.compile(  # urljoin gives it back as it is, whatever the base
    r"https?://[A-Za-z0-9.-]+(?::\d+)?(?:/[\w./%+=&,!~@:$'()*-]*)?"
    r"(?:\?[\w./%+=&,!~@:$'()*-]+)?(?:#[\w./%+=&,!~-]+)?",
    re.ASCII,
)
_REFERENCE = re.compile(r"&([A-Za-z0-9_]+);")


def kind_of(attrs: Attrs, default: str) -> str:
    kind = _KINDS.get(attrs.get("type", default))
    if kind is None or "mode" in attrs:
        raise Refused  # base64, or of a type that would need judging
    return kind


def text_of(parts: list[str]) -> str:
    text = "".join(parts).strip()
    _not_twice_encoded(text)
    return text


def _not_twice_encoded(text: str) -> None:
    if text.isascii():
        return
    try:
        text.encode("iso-8859-1").decode("utf-8")
    except UnicodeError:
        return
    raise Refused  # feedparser would decode it once more


def resolved(at: Reading, uri: str) -> str:
    if not uri or _CANONICAL.fullmatch(uri):
        return uri
    found = str(_urljoin(at.base, uri))
    _not_twice_encoded(found)
    return found


def _construct(at: Reading, attrs: Attrs, parts: list[str], default: str) -> Node:
    kind = kind_of(attrs, default)
    if kind == "application/xhtml+xml" and at.version == "atom10":
        parts = _unwrapped(parts)
    text = text_of(parts)
    if kind == "text/plain" and at.version != "atom10" and ("<" in text or "&" in text):
        kind = "text/html" if _FeedParserMixin.looks_like_html(text) else kind
    language = at.lang.replace("_", "-") if at.lang else at.lang
    return {"type": kind, "language": language, "base": at.base, "value": text}


def _unwrapped(parts: list[str]) -> list[str]:
    """Without the div that RFC 4287 §3.1.1.3 asks for, when it holds everything."""
    while len(parts) > 1 and not parts[-1].strip():
        parts.pop()
    while len(parts) > 1 and not parts[0].strip():
        del parts[0]
    first = parts[0] if parts else ""
    if not (first == "<div>" or first.startswith("<div ")) or parts[-1] != "</div>":
        return parts
    depth = 0
    for part in parts[:-1]:
        if part.startswith("</"):
            depth -= 1
            if depth == 0:
                return parts
        elif part.startswith("<"):
            depth += 1
    return parts[1:-1]


def _keep(at: Reading, key: str, detail: Node) -> None:
    if at.in_entry and at.depth > at.direct and key in at.node:
        raise Refused  # in a media:group; whether it wins depends on what came before
    at.node[key] = detail["value"]
    at.node[f"{key}_detail"] = detail


def _plain(key: str) -> Rule:
    def end(at: Reading, attrs: Attrs, parts: list[str]) -> None:
        at.node[key] = text_of(parts)

    return Rule(end)


def _unadorned(key: str, *, uri: bool = False) -> Rule:
    """feedparser has no rule for these; with an attribute it would forget their text."""

    def end(at: Reading, attrs: Attrs, parts: list[str]) -> None:
        if attrs:
            raise Refused
        text = text_of(parts)
        at.node[key] = resolved(at, text) if uri else text

    return Rule(end)


def _marked_up(key: str) -> Rule:
    def end(at: Reading, attrs: Attrs, parts: list[str]) -> None:
        _keep(at, key, _construct(at, attrs, parts, "text/plain"))

    return Rule(end, markup=True)


def _beside(key: str) -> Rule:
    """A text for lack of a better one."""

    def end(at: Reading, attrs: Attrs, parts: list[str]) -> None:
        _keep(at, key, _construct(at, attrs, parts, BESIDE[key]))

    return Rule(end, markup=True)


def _title(at: Reading, attrs: Attrs, parts: list[str]) -> None:
    detail = _construct(at, attrs, parts, "text/plain")
    if not -1 < at.title_depth <= at.depth:
        _keep(at, "title", detail)
    if detail["value"]:
        at.title_depth = at.depth


def _media_title(at: Reading, attrs: Attrs, parts: list[str]) -> None:
    before = at.title_depth
    _title(at, attrs, parts)
    at.title_depth = before


def _aside_title(at: Reading, attrs: Attrs, parts: list[str]) -> None:
    """The title of an image or a text input: nothing but its depth matters."""
    if kind_of(attrs, "text/plain") and text_of(parts):
        at.title_depth = at.depth


def _content(at: Reading, attrs: Attrs, parts: list[str], default: str = "text/plain") -> None:
    if "src" in attrs:
        raise Refused
    detail = _construct(at, attrs, parts, default)
    at.has_content = True
    at.node.setdefault("content", []).append(detail)
    at.node.setdefault("summary", detail["value"])


def _encoded(at: Reading, attrs: Attrs, parts: list[str]) -> None:
    _content(at, attrs, parts, "text/html")


def _abridged(at: Reading, attrs: Attrs, parts: list[str], default: str) -> None:
    if "summary" not in at.node or at.has_content:
        _keep(at, "summary", _construct(at, attrs, parts, default))
    elif at.in_entry:
        _content(at, attrs, parts)  # the second one is the fuller one
    else:
        raise Refused


def _summary(at: Reading, attrs: Attrs, parts: list[str]) -> None:
    _abridged(at, attrs, parts, "text/plain")


def _description(at: Reading, attrs: Attrs, parts: list[str]) -> None:
    if at.in_entry:
        _abridged(at, attrs, parts, "text/html")
    elif "summary" in at.node:
        raise Refused
    else:
        _keep(at, "subtitle", _construct(at, attrs, parts, "text/html"))


# ── addresses ────────────────────────────────────────────────────────────────


def _with_href(attrs: Attrs) -> Node:
    found: Node = dict(attrs)
    href = attrs.get("url", attrs.get("uri", attrs.get("href")))
    if href:
        found["href"] = href
    return found


def _link(at: Reading, attrs: Attrs, parts: list[str]) -> None:
    if "href" not in attrs and ("uri" in attrs or "url" in attrs):
        raise Refused  # its text may be the better one
    link = _with_href(attrs)
    if is_own(attrs):
        link[OWN] = True
    rel = link.setdefault("rel", "alternate")
    link.setdefault("type", "application/atom+xml" if rel == "self" else "text/html")
    links = at.node.setdefault("links", [])
    links.append(link)
    if "href" not in link:
        _link_text(at, link, parts)
        return
    if not "".join(parts).isspace() and parts:
        raise Refused
    link["href"] = resolved(at, link["href"]) if link["href"] else str(_urljoin(at.base, ""))
    if rel == "alternate" and _KINDS.get(link["type"]) in {"text/html", "application/xhtml+xml"}:
        at.node["link"] = link["href"]


def _link_text(at: Reading, link: Node, parts: list[str]) -> None:
    text = resolved(at, text_of(parts))
    if at.in_entry:
        text = text.replace("&amp;", "&")
    at.node["link"] = text = _REFERENCE.sub(r"&\1", text)
    if text or not at.in_entry:
        link["href"] = text
    if text:
        link[OWN] = True


def _id(at: Reading, attrs: Attrs, parts: list[str]) -> None:
    text = text_of(parts)
    at.node["guidislink"] = is_absolute(text)
    at.node["id"] = resolved(at, text)


def _guid(at: Reading, attrs: Attrs, parts: list[str]) -> None:
    text = text_of(parts)
    permalink = attrs.get("ispermalink", "").strip().lower() != "false"
    at.node["guidislink"] = permalink and is_absolute(text)
    at.node["id"] = text


def _enclosure(at: Reading, attrs: Attrs, parts: list[str]) -> None:
    at.node.setdefault("links", []).append(_with_href(attrs) | {"rel": "enclosure"})


def _license(at: Reading, attrs: Attrs, parts: list[str]) -> None:
    license_node(at.node, attrs, "".join(parts).strip())


def _image_url(at: Reading, attrs: Attrs, parts: list[str]) -> None:
    at.feed["image"]["href"] = resolved(at, text_of(parts))


def _agent(at: Reading, attrs: Attrs, parts: list[str]) -> None:
    if not attrs or "".join(parts).strip():
        raise Refused
    at.node["admin_generatoragent"] = attrs


def _itunes_image(at: Reading, attrs: Attrs, parts: list[str]) -> None:
    href = attrs.get("href") or attrs.get("url")
    if href and not at.node.get("image", {}).get("href"):
        at.node["image"] = {"href": href}


# ── people and categories ────────────────────────────────────────────────────


def _author_begins(at: Reading, attrs: Attrs) -> None:
    at.node.setdefault("authors", []).append({})


def _author(at: Reading, attrs: Attrs, parts: list[str]) -> None:
    text = text_of(parts)
    if text and not at.node["authors"][-1]:
        at.node["authors"][-1].update(person(text))


def _of_person(key: str) -> Rule:
    def end(at: Reading, attrs: Attrs, parts: list[str]) -> None:
        value = "".join(parts).strip()
        if key == "href":
            at.node["href"] = value = resolved(at, text_of(parts))
        at.node["authors"][-1][key] = value

    return Rule(end)


def _skipped(element: str) -> Rule:
    def end(at: Reading, attrs: Attrs, parts: list[str]) -> None:
        if attrs:
            raise Refused
        if text := text_of(parts):
            at.node.setdefault(f"skipped_{element}s", []).append(text)

    return Rule(end)


def _href(at: Reading, attrs: Attrs, parts: list[str]) -> None:
    at.node["href"] = resolved(at, text_of(parts))


def _tag(node: Node, term: str | None, scheme: str | None, label: str | None) -> None:
    tags = node.setdefault("tags", [])
    tag = {"term": term, "scheme": scheme, "label": label}
    if (term or scheme or label) and len(tags) < MOST_OF_A_KIND and tag not in tags:
        tags.append(tag)


def _category_begins(at: Reading, attrs: Attrs) -> None:
    scheme = attrs.get("scheme", attrs.get("domain"))
    _tag(at.node, attrs.get("term"), scheme, attrs.get("label"))


def _media_category_begins(at: Reading, attrs: Attrs) -> None:
    _category_begins(at, {"scheme": "http://search.yahoo.com/mrss/category_schema"} | attrs)


def _itunes_category_begins(at: Reading, attrs: Attrs) -> None:
    _tag(at.node, attrs.get("text"), "http://www.itunes.com/", None)


def _category(at: Reading, attrs: Attrs, parts: list[str]) -> None:
    term = text_of(parts)
    tags = at.node["tags"]
    if term and tags and not tags[-1]["term"]:
        tags[-1]["term"] = term
    elif term:
        _tag(at.node, term, None, None)


def _keywords(scheme: str | None) -> Rule:
    def end(at: Reading, attrs: Attrs, parts: list[str]) -> None:
        if attrs:
            raise Refused
        for term in text_of(parts).split(","):
            if term.strip():
                _tag(at.node, term.strip(), scheme, None)

    return Rule(end)


# ── what holds others ────────────────────────────────────────────────────────


def _rss_begins(at: Reading, attrs: Attrs) -> None:
    if at.version not in ("rss090", "rss10"):
        at.version = "rss20"  # or an older one: all that matters is that it is not Atom


def _feed_begins(at: Reading, attrs: Attrs) -> None:
    if at.version != "atom10":
        raise Refused
    at.node = at.feed


def _rdf_begins(at: Reading, attrs: Attrs) -> None:
    if at.version not in ("rss090", "rss10"):
        raise Refused


def _channel_begins(at: Reading, attrs: Attrs) -> None:
    if at.node is at.feed or at.entries or "href" in attrs or "lastmod" in attrs:
        raise Refused  # a second one, or CDF
    at.node = at.feed
    if attrs.get("xml:lang"):
        at.feed["language"] = attrs["xml:lang"].replace("_", "-")


def _entry_begins(at: Reading, attrs: Attrs) -> None:
    if "href" in attrs or "lastmod" in attrs:
        raise Refused  # CDF
    if len(at.entries) == MOST_ENTRIES:
        raise Enough
    at.node = {"id": attrs["rdf:about"]} if attrs.get("rdf:about") else {}
    if at.lang:
        at.node[LANGUAGE] = at.lang.replace("_", "-")
    at.entries.append(at.node)
    at.in_entry, at.direct, at.title_depth = True, at.depth + 1, -1


def _entry(at: Reading, attrs: Attrs, parts: list[str]) -> None:
    at.node, at.in_entry, at.has_content = at.feed, False, False


def _aside_begins(at: Reading, attrs: Attrs) -> None:
    at.title_depth = -1


def _image_begins(at: Reading, attrs: Attrs) -> None:
    at.title_depth = -1
    at.feed.setdefault("image", {})


def _source_begins(at: Reading, attrs: Attrs) -> None:
    at.outer, at.node = at.node, {"href": attrs["url"]} if "url" in attrs else {}
    at.in_entry, at.title_depth = False, -1


def _source(at: Reading, attrs: Attrs, parts: list[str]) -> None:
    title = text_of(parts)
    if title:
        at.node["title"] = title
    if not at.node:
        raise Refused  # whether it counts depends on what we ignored in it
    at.outer["source"], at.node, at.in_entry = at.node, at.outer, True


# ── which element means what, and where ──────────────────────────────────────


def _keeping(table: dict[str, Rule]) -> dict[str, Rule]:
    """`table` with its extension elements kept."""
    return {
        key: rule._replace(kept="_" in key and extensions.kept(key.partition("_")[0]))
        for key, rule in table.items()
    }


IGNORED = Rule(inside={})
KEPT = IGNORED._replace(kept=True)
ASIDE = KEPT._replace(begin=None)  # nor is anything in it read for something else
_PERSON = {"name": _of_person("name"), "email": _of_person("email")}
_PERSON |= _keeping({f"itunes_{key}": rule for key, rule in _PERSON.items()})
_PERSON |= dict.fromkeys(("uri", "url", "homepage"), _of_person("href"))
_AUTHOR = Rule(_author, _author_begins, _PERSON)
_OWNER = _keeping({key: Rule() for key in _PERSON if "name" in key or "email" in key})
_NOBODY = Rule(
    inside=dict.fromkeys(("name", "email"), Rule())
    | dict.fromkeys(("uri", "url", "homepage"), Rule(_href))
)
_CATEGORY = Rule(_category, _category_begins)
_SHELF = Rule(_category, _itunes_category_begins, kept=True)
_COMMON = {
    "title": Rule(_title, markup=True),
    "link": Rule(_link),
    "id": Rule(_id),
    "category": _CATEGORY,
    "author": _AUTHOR,
    "contributor": _NOBODY,
    "rights": _marked_up("rights"),
    "subtitle": _marked_up("subtitle"),
    "generator": _plain("generator"),
    "updated": _plain("updated"),
    "published": _plain("published"),
    "icon": _unadorned("icon", uri=True),
    "logo": _unadorned("logo", uri=True),
}
_MATTERLESS = (
    *("webmaster", "cloud", "dc_contributor", "dc_publisher", "itunes_explicit"),
    *("itunes_block", "georss_point", "georss_line", "georss_box"),
)
_ENTRY_OR_FEED = _COMMON | dict.fromkeys(_MATTERLESS, Rule())
_ENTRY_OR_FEED |= {
    "guid": Rule(_guid),
    "description": Rule(_description, markup=True),
    "summary": Rule(_summary, markup=True),
    "keywords": _CATEGORY,
    "managingeditor": _AUTHOR,
    "copyright": _marked_up("rights"),
    "language": _plain("language"),
    "pubdate": _plain("published"),
    "lastbuilddate": _plain("updated"),
    "created": _plain("created"),
    "comments": _unadorned("comments", uri=True),
    "enclosure": Rule(_enclosure),
    "feedburner_origenclosurelink": _unadorned("feedburner_origenclosurelink"),
    "feedburner_origlink": _unadorned("feedburner_origlink"),
    "pheedo_origlink": _unadorned("pheedo_origlink"),
    "dc_title": _beside("dc_title"),
    "dc_description": _beside("dc_description"),
    "dc_creator": _AUTHOR,
    "dc_author": _AUTHOR,
    "dc_date": _plain("updated"),
    "dc_language": _plain("language"),
    "dc_rights": _marked_up("rights"),
    "dc_source": _unadorned("dc_source"),
    "dc_subject": _CATEGORY,
    "dcterms_created": _plain("created"),
    "dcterms_issued": _plain("published"),
    "dcterms_modified": _plain("updated"),
    "itunes_author": _AUTHOR,
    "itunes_subtitle": _beside("itunes_subtitle"),
    "itunes_summary": _beside("itunes_summary"),
    "itunes_keywords": _keywords("http://www.itunes.com/"),
    "itunes_category": _SHELF._replace(inside={"itunes_category": _SHELF}),
    "itunes_image": Rule(_itunes_image),
}
_ENTRY_OR_FEED |= dict.fromkeys(LICENCES, Rule(_license))
_ENTRY_OR_FEED |= {
    alias: _ENTRY_OR_FEED[name] for alias, name in ALIASES.items() if name in _ENTRY_OR_FEED
}
_ENTRY_OR_FEED = _keeping(_ENTRY_OR_FEED)
_MEDIA = {
    "media_title": Rule(_media_title, markup=True),
    "media_description": _beside("media_description"),
    "itunes_summary": _beside("itunes_summary"),
    "media_keywords": _keywords(None),
    "media_category": Rule(_category, _media_category_begins),
}
_PLAIN_MEDIA = ("thumbnail", "credit", "rating", "player", "restriction", "license")
_MEDIA_OF_FEED = _keeping({f"media_{of}": Rule() for of in _PLAIN_MEDIA})
_MEDIA_OF_FEED["media_content"] = KEPT
_MEDIA |= _MEDIA_OF_FEED
_MEDIA = _keeping(_MEDIA)
_MEDIA["media_content"] = Rule(inside=_MEDIA, kept=True)  # a group may hold several, with their own
_MEDIA["media_group"] = Rule(inside=_MEDIA, kept=True)
_ENTRY = Rule(
    _entry,
    _entry_begins,
    _ENTRY_OR_FEED
    | _MEDIA
    | {
        "content": Rule(_content, markup=True),
        "content_encoded": Rule(_encoded, markup=True),
        "source": Rule(_source, _source_begins, _COMMON),
    },
)
_ASIDE = dict.fromkeys(("link", "description"), Rule()) | {"title": Rule(_aside_title)}
_TEXT_INPUT = Rule(begin=_aside_begins, inside=_ASIDE | {"name": Rule()}, only=True)
_PICTURE = _ASIDE | dict.fromkeys(("url", "width", "height"), Rule())
_SAID = ("ttl", "sy_updateperiod", "sy_updatefrequency", "sy_updatebase")
_HINTS = {key: _unadorned(key) for key in _SAID} | {
    "skiphours": Rule(inside={"hour": _skipped("hour")}),
    "skipdays": Rule(inside={"day": _skipped("day")}),
}
_FEED = (
    _ENTRY_OR_FEED
    | _HINTS
    | _MEDIA_OF_FEED
    | {
        "itunes_owner": Rule(inside=_OWNER, kept=True),
        "admin_generatoragent": Rule(_agent),
        "textinput": _TEXT_INPUT,
    }
)
_CHANNEL = _FEED | {
    "items": IGNORED,
    "image": Rule(begin=_image_begins, inside=_PICTURE | {"url": Rule(_image_url)}, only=True),
    "item": _ENTRY,
}
_RDF = {
    "channel": Rule(None, _channel_begins, _CHANNEL),
    # feedparser does not look there; lenient does, on its own.
    "image": Rule(begin=_aside_begins, inside=_PICTURE, only=True),
    "textinput": _TEXT_INPUT,
    "item": _ENTRY,
}
ROOTS = {
    "rss": Rule(None, _rss_begins, {"channel": Rule(None, _channel_begins, _CHANNEL)}),
    "feed": Rule(None, _feed_begins, _FEED | {"entry": _ENTRY}),
    "rdf_rdf": Rule(None, _rdf_begins, _RDF),
}
