"""One post of a folder in Jekyll's dialect: bytes → a Feed of one Entry, or of none when hidden.

Read with tolerance and told in `problems`; nothing is made safe here: `rules.clean` does that last.
"""

from __future__ import annotations

import re
from bisect import bisect
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from pathlib import PurePosixPath
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from markdown_it import MarkdownIt

from aggregator.formats import frontmatter
from aggregator.formats.frontmatter import Document, Value
from aggregator.model import Category, Enclosure, Entry, Feed, Link, Person, PostOptions
from aggregator.moments import moment, utc

_MARKDOWN = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
_HTML_SUFFIXES = {".html", ".htm"}
_SUFFIXES = {".md", ".markdown", ".mkd", ".mkdn", ".mkdown"} | _HTML_SUFFIXES
_NO = {"false", "no", "off", "n", "0"}
_YES = {"true", "yes", "on", "y", "1"}

_DATED = re.compile(r"((?:\d\d){1,2}-\d{1,2}-\d{1,2})-", re.ASCII)  # Jekyll takes 26 for 2026
_ARTICLE = re.compile(r"(?:^|-)(?:NW)?(\d{18})$", re.ASCII)
_OFFSET_ONLY = re.compile(r"Z|[+-]\d{1,2}:?\d{2}", re.ASCII)  # what a script leaves of no date
_SPACED_OFFSET = re.compile(r"\s+(?=[+-]\d{2}:?\d{2}$)", re.ASCII)
_LONGEST_DATE = 100
_YEAR = re.compile(r"\d{4}|\d{2}年|\d{2}-\d{1,2}-\d{1,2}")  # dateutil would make up a missing one

_RAW = re.compile(r"\{%-?\s*(?:end)?raw\s*-?%\}")
_HTTP = re.compile(r"https?://[^<>\s]+", re.IGNORECASE)
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:", re.IGNORECASE)
_AUTOLINK = re.compile(r"^[^\S\n]*<(https?://[^<>\s]+)>[^\S\n]*$", re.IGNORECASE | re.MULTILINE)
_FENCE = re.compile(r"^ {0,3}(?:```|~~~)", re.MULTILINE)
_NOTHING = re.compile(r"(?:<\s*>)?")  # blank, or the autolink of a script that had no link

# The navigation that the site's scripts write below a story: [返回…](../emnews/)｜[返回首页](../)
# They write a paper's name into the address as it is, with its spaces and brackets.
_LINK = re.compile(
    r"""\[(?P<text>[^\[\]]*)\]\([ ]?<?(?P<href>(?:[^()<>"\n]|\([^()\n]*\))*?)>?"""
    r"""(?:[ ]"[^"]*")?[ ]?\)"""
    r"""|<a\s[^<>]*?href=["']?(?P<a>[^"'\s<>]++)[^<>]*+>(?P<a_text>[^<>]*)</a>"""
    r"""|<(?P<auto>https?://[^<>\s]+)>""",
    re.IGNORECASE,
)
_BACK = re.compile(r"\s*(?:返回|Back to\b)", re.IGNORECASE)
_BETWEEN = re.compile(
    r"返回\w*|\bBack to\b|&nbsp;|</?(?:p|br|div|small|center)\b[^<>]*>|[\s|｜·•/»«›‹←→–—-]",
    re.IGNORECASE,
)
_LISTED = re.compile(r"\s*(?:[-*+]|\d+[.)])\s")
_LONGEST_FOOTER = 1_000


def parse(body: bytes, *, path: str, options: PostOptions) -> Feed:
    """`path` is relative to the folder; it is the entry's id unless the post gives one."""
    document = frontmatter.read(body, path=path)
    if _hidden(document):
        return Feed(problems=document.problems)
    published, late = _published(document, options)
    updated, unread = _stated(document, ("last_modified_at", "updated", "modified"), options)
    link, text = _link_and_text(document, options)
    sections = _unique(_categories(document))
    entry = Entry(
        id=document.text("id", "guid") or path,
        title=_title(document),
        links=_links(link, path),
        published=published,
        updated=updated,
        authors=tuple(_authors(document)),
        summary=document.text("description", "summary", "excerpt"),
        content=_html(text, path) or None,
        base=link,
        categories=tuple(Category(term=x) for x in _unique([*sections, *_tags(document)])),
        sections=sections,
        enclosures=tuple(_enclosures(document)),
        language=document.text("lang", "language") or options.language,
        rights=document.text("rights", "license", "copyright"),
        source_link=link,
        path=path,
    )
    return Feed(entries=(entry,), problems=document.problems + late + unread)


def publishable_name(path: str) -> bool:
    """Whether a file of this name is a post; which folders hold posts is the caller's matter."""
    name = PurePosixPath(path).name
    aside = name.startswith((".", "_", "#")) or name.endswith("~")
    return not aside and PurePosixPath(name).suffix.lower() in _SUFFIXES


def _hidden(document: Document) -> bool:
    published, draft = document.text("published") or "", document.text("draft") or ""
    return published.lower() in _NO or draft.lower() in _YES


# ── the front matter's values ────────────────────────────────────────────────


def _title(document: Document) -> str:
    title = document.fields.get("title")
    if title is not None:
        return frontmatter.as_written(title)
    # As Jekyll makes one: 2026-01-02-hello-world.md is "Hello World".
    slug = _DATED.sub("", PurePosixPath(document.path).stem, count=1)
    return " ".join(word.capitalize() for word in slug.split("-") if word)


def _published(document: Document, options: PostOptions) -> tuple[datetime | None, tuple[str, ...]]:
    stated, problems = _stated(document, ("date",), options)
    if stated:
        return stated, problems
    name = _DATED.match(PurePosixPath(document.path).name)
    if not name:
        return None, problems
    year, month, day = map(int, name[1].split("-"))
    try:
        midnight = datetime(year + 2000 if year < 100 else year, month, day)  # noqa: DTZ001
    except ValueError:
        return None, (*problems, f"{document.path}:1: no such day as {name[1]}; read as undated")
    return utc(midnight, ZoneInfo(options.timezone)), problems


def _stated(
    document: Document, keys: tuple[str, ...], options: PostOptions
) -> tuple[datetime | None, tuple[str, ...]]:
    """The first of `keys` that holds a date, and what is wrong with those before it."""
    problems: list[str] = []
    for key in keys:
        text = document.text(key)
        if text is None or _OFFSET_ONLY.fullmatch(text):
            continue
        if found := _moment(text, options):
            return found, tuple(problems)
        problems.append(document.problem(key, f"{key}: {text[:40]!r} is no date; read without it"))
    return None, tuple(problems)


def _moment(text: str, options: PostOptions) -> datetime | None:
    # Without its space, Jekyll's own `2026-01-02 10:00:00 +0800` is ISO 8601, and twenty times
    # as fast to read.
    if len(text) > _LONGEST_DATE or not _YEAR.search(text):
        return None
    return moment(_SPACED_OFFSET.sub("", text), ZoneInfo(options.timezone))


def _categories(document: Document) -> Iterator[str]:
    # Jekyll splits a string at its spaces; here it is the name of one paper, spaces and all.
    yield from document.strings("category")
    yield from document.strings("categories")


def _tags(document: Document) -> Iterator[str]:
    for key in ("tag", "tags"):
        if isinstance(document.fields.get(key), list):
            yield from document.strings(key)
        else:
            yield from (x.strip() for x in re.split("[,，、]", document.text(key) or ""))


def _unique(terms: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(x for x in terms if x))


def _authors(document: Document) -> Iterator[Person]:
    people = map(_person, _each(document, ("author", "authors")))
    return (person for person in dict.fromkeys(people) if person != Person())


def _person(value: Value) -> Person:
    if isinstance(value, dict):
        url = _word(value, "url") or _word(value, "uri")
        return Person(name=_word(value, "name") or "", email=_word(value, "email"), url=url)
    return Person(name=frontmatter.told(value) or "")


def _enclosures(document: Document) -> Iterator[Enclosure]:
    for value in _each(document, ("enclosure", "audio")):
        fields: Mapping[str, Value] = value if isinstance(value, dict) else {"url": value}
        if url := _word(fields, "url"):
            length = re.fullmatch(r"[0-9]{1,18}", _word(fields, "length") or "")
            yield Enclosure(
                url=url, type=_word(fields, "type"), length=int(length[0]) if length else None
            )


def _each(document: Document, keys: tuple[str, ...]) -> Iterator[Value]:
    for key in keys:
        value = document.fields.get(key, [])
        yield from value if isinstance(value, list) else [value]


def _word(fields: Mapping[str, Value], key: str) -> str | None:
    return frontmatter.told(fields.get(key))


# ── the source link ──────────────────────────────────────────────────────────


def _links(link: str | None, path: str) -> tuple[Link, ...]:
    if link:
        return (Link(href=link),)
    article = _ARTICLE.search(PurePosixPath(path).stem)
    if not article:
        return ()
    return (Link(rel="key", href=f"https://finance.eastmoney.com/a/{article[1]}.html"),)


def _link_and_text(document: Document, options: PostOptions) -> tuple[str | None, str]:
    """The source link, and the body without its line and without the navigation below."""
    own = frozenset(_bare(host) for host in options.site_hosts)
    stated = _stated_link(document, options, own)
    text = _trimmed(_RAW.sub("", document.body), own)
    for link, start, end in _lone_links(text):
        if _foreign(link, own) and stated in {None, link}:
            return link, _trimmed(text[:start] + text[end:], own)
    return stated, text


def _stated_link(document: Document, options: PostOptions, own: frozenset[str]) -> str | None:
    for key in options.link_keys:
        link = (document.text(key.lower()) or "").removeprefix("<").removesuffix(">")
        if _HTTP.fullmatch(link) and _foreign(link, own):
            return link
    return None


def _lone_links(text: str) -> Iterator[tuple[str, int, int]]:
    """The links that have a line to themselves, the last one first, and where the line is."""
    start = text.rfind("\n") + 1
    last = text[start:].strip()
    if _HTTP.fullmatch(last):
        yield last, start, len(text)
    fences = [fence.start() for fence in _FENCE.finditer(text)]
    for found in reversed(list(_AUTOLINK.finditer(text))):
        if bisect(fences, found.start()) % 2 == 0:  # not within a code block
            yield found[1], found.start(), found.end()


def _foreign(link: str, own: frozenset[str]) -> bool:
    host = _host(link)
    return bool(host) and host not in own


def _host(url: str) -> str:
    """Lower case, without port and www.; "" where there is none."""
    try:
        return _bare(urlsplit(url).netloc.rpartition("@")[2])
    except ValueError:  # an IPv6 address without its bracket
        return ""


def _bare(host: str) -> str:
    return re.sub(r":\d*$", "", host.lower()).removesuffix(".").removeprefix("www.")


# ── the body ─────────────────────────────────────────────────────────────────


def _trimmed(text: str, own: frozenset[str]) -> str:
    """Without blank lines around it and navigation at its end."""
    lines = text.split("\n")
    while lines and (_NOTHING.fullmatch(lines[-1].strip()) or _navigation(lines[-1], own)):
        lines.pop()
    return "\n".join(lines).strip("\n")


def _navigation(line: str, own: frozenset[str]) -> bool:
    """Links that stay on the site, and nothing between them; a list of links is text."""
    if len(line) > _LONGEST_FOOTER or _LISTED.match(line):
        return False
    links = list(_LINK.finditer(line))
    return (
        bool(links)
        and all(_stays(link, own) for link in links)
        and not _BETWEEN.sub("", _LINK.sub("", line))
    )


def _stays(link: re.Match[str], own: frozenset[str]) -> bool:
    href = link["href"] or link["a"] or link["auto"] or ""
    back = bool(_BACK.match(link["text"] or link["a_text"] or ""))
    if host := _host(href):
        return host in own if own else back  # without the site's hosts, its words must do
    if href.startswith("#"):
        return back
    return bool(href) and not _SCHEME.match(href)


def _html(text: str, path: str) -> str:
    if PurePosixPath(path).suffix.lower() in _HTML_SUFFIXES:
        return text
    return str(_MARKDOWN.render(text)).strip()
