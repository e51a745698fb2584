"""One post of a folder in Jekyll's dialect: bytes → a Feed of one Entry; of none, but with its id,
when it is hidden.

Read with tolerance and told in `problems`; nothing is made safe here: `rules.clean` does that last.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, tzinfo
from functools import lru_cache
from pathlib import PurePosixPath
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import idna
from markdown_it import MarkdownIt
from markdown_it.token import Token

from aggregator.errors import ParseError
from aggregator.formats import frontmatter
from aggregator.formats.frontmatter import Document, Value
from aggregator.links import with_permalink
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
_NOTHING = re.compile(r"(?:<\s*>)?")  # blank, or the autolink of a script that had no link

# Where a link is quoted, or not there at all. A comment that is quoted itself opens none.
_INDENTED = re.compile(r"^(?: {4}| {0,3}\t)[ \t]*<?https?:", re.IGNORECASE | re.MULTILINE)
_QUOTES = (
    (re.compile(r"(?<!`)<!--"), re.compile(r"-->")),
    *(
        (
            re.compile(rf"(?<!`)<{tag}(?![\w-])", re.IGNORECASE),
            re.compile(rf"</{tag}(?![\w-])", re.IGNORECASE),
        )
        for tag in ("pre", "textarea", "script", "style")
    ),
    *(
        (re.compile(rf"\{{%-?\s*{tag}\b"), re.compile(rf"\{{%-?\s*end{tag}\b"))
        for tag in ("highlight", "comment")
    ),
)

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
_ATTRIBUTES = r"\{:[^{}\n]*\}"  # kramdown's, of the paragraph or the link before it
_BETWEEN = re.compile(
    r"返回\w*|\bBack to\b|&nbsp;"
    r"|</?(?:p|br|hr|div|nav|footer|small|center|span|font|b|strong|em|i)\b[^<>]*>"
    rf"|{_ATTRIBUTES}|[\s|｜·•/»«›‹←→–—:：【】（）()\[\]「」〔〕*_-]",
    re.IGNORECASE,
)
_LISTED = re.compile(r"\s*(?:[-*+]|\d+[.)])\s")
_LONGEST_FOOTER = 1_000
_TALLEST_FOOTER = 5  # lines, of one that opens and closes its box on lines of their own
_RULER = re.compile(r"\s*(?:<hr\b[^<>]*>|(?:-\s*){3,}|(?:\*\s*){3,}|(?:_\s*){3,})")
_OPENING = re.compile(rf"\s*(?:<(?:p|div|nav|footer|small|center)\b[^<>]*>|{_ATTRIBUTES})\s*")

# [home]: ../ below, and [返回首页][home] where it is used.
_DEFINITION = re.compile(r"^ {0,3}\[(?!\^)([^\[\]\n]+)\]:[ \t]*<?([^\s<>]+)>?[^\n]*$", re.MULTILINE)
_REFERENCE = re.compile(r"\[([^\[\]]*)\](?:\[([^\[\]]*)\])?(?![\[(:])")


def parse(body: bytes, *, path: str, options: PostOptions) -> Feed:
    """`path` is relative to the folder; it is the entry's id unless the post gives one.

    ParseError when it is no post; never another exception.
    """
    with only_parse_errors(path):
        document = frontmatter.read(body, path=path)
        if _hidden(document):
            return hidden(document)
        zone = ZoneInfo(options.timezone)
        published, late = _published(document, zone)
        decided = Decided(
            title=_title(document),
            published=published,
            categories=tuple(_categories(document)),
            tags=tuple(_tags(document)),
            zone=zone,
            problems=late,
        )
        return shown(document, decided, options)


@contextmanager
def only_parse_errors(path: str) -> Iterator[None]:
    """Anything may be in a file, and parsers are only people's work."""
    try:
        yield
    except ParseError:
        raise
    except Exception as error:
        raise ParseError(f"{path}: cannot be read: {type(error).__name__}: {error}") from error


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """Of a post, what Jekyll has a mind of its own about; the rest is read the same way."""

    title: str
    published: datetime | None
    categories: tuple[str, ...]
    tags: tuple[str, ...]
    zone: tzinfo  # of the other dates that give no offset
    address: str | None = None  # its own; its link, if it has no source link
    problems: tuple[str, ...] = ()


def hidden(document: Document) -> Feed:
    """What a post that is not to be published gives."""
    return Feed(id=_id(document), problems=document.problems)


def shown(document: Document, decided: Decided, options: PostOptions) -> Feed:
    """The post as a feed of one entry."""
    path, name = document.path, _id(document)
    updated, unread = _stated(document, ("last_modified_at", "updated", "modified"), decided.zone)
    link, text = _link_and_text(document, options)
    sections = _unique(decided.categories)
    entry = Entry(
        id=name,
        title=decided.title,
        links=with_permalink(_links(link or decided.address, path), name),
        published=decided.published,
        updated=updated,
        authors=tuple(_authors(document)),
        summary=document.text("description", "summary", "excerpt"),
        content=_html(text, path) or None,
        base=decided.address or home(options),
        categories=tuple(Category(term=x) for x in _unique([*sections, *decided.tags])),
        sections=sections,
        enclosures=tuple(_enclosures(document)),
        language=document.text("lang", "language") or options.language,
        rights=document.text("rights", "license", "copyright"),
        source_link=link,
        path=path,
    )
    return Feed(entries=(entry,), problems=document.problems + decided.problems + unread)


def _id(document: Document) -> str:
    return document.text("id", "guid") or document.path


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


def _published(document: Document, zone: tzinfo) -> tuple[datetime | None, tuple[str, ...]]:
    stated, problems = _stated(document, ("date",), zone)
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
    return utc(midnight, zone), problems


def _stated(
    document: Document, keys: tuple[str, ...], zone: tzinfo
) -> tuple[datetime | None, tuple[str, ...]]:
    """The first of `keys` that holds a date, and what is wrong with those before it."""
    problems: list[str] = []
    for key in keys:
        text = document.text(key)
        if text is None or _OFFSET_ONLY.fullmatch(text):
            continue
        if found := _moment(text, zone):
            return found, tuple(problems)
        problems.append(document.problem(key, f"{key}: {text[:40]!r} is no date; read without it"))
    return None, tuple(problems)


def _moment(text: str, zone: tzinfo) -> datetime | None:
    # Without its space, Jekyll's own `2026-01-02 10:00:00 +0800` is ISO 8601, and twenty times
    # as fast to read.
    if len(text) > _LONGEST_DATE or not _YEAR.search(text):
        return None
    return moment(_SPACED_OFFSET.sub("", text), zone)


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
    site = _site(options)
    stated = _stated_link(document, options, site)
    text = _trimmed(_RAW.sub("", document.body), site)
    for link, start, end in _lone_links(text, document.path):
        if site.foreign(link) and stated in {None, link}:
            rest, below = text[:start], text[end:]
            return link, _trimmed(rest + below, site, cut=not below.strip())
    return stated, text


def _stated_link(document: Document, options: PostOptions, site: _Site) -> str | None:
    for key in options.link_keys:
        link = (document.text(key.lower()) or "").removeprefix("<").removesuffix(">")
        if _HTTP.fullmatch(link) and site.foreign(link):
            return link
    return None


def _lone_links(text: str, path: str) -> Iterator[tuple[str, int, int]]:
    """The links that have a line to themselves, and where that is: those in <…> first, from the
    last to the first, then one that stands bare at the end."""
    visible = _without_quotes(text, path)
    for found in reversed(list(_AUTOLINK.finditer(visible))):
        yield found[1], found.start(), found.end()
    start = visible.rfind("\n") + 1
    last = visible[start:].strip()
    if _HTTP.fullmatch(last):
        yield last, start, len(text)


def _without_quotes(text: str, path: str) -> str:
    """`text`, as long as before, with code and comments crossed out."""
    if not _is_html(path) and ("```" in text or "~~~" in text or _INDENTED.search(text)):
        text = _without_code(text)
    if "<" in text or "{%" in text:
        for opening, closing in _QUOTES:
            text = _crossed_out(text, opening, closing)
    return text


def _without_code(text: str) -> str:
    lines = text.split("\n")
    blocks: list[Token] = []
    _MARKDOWN.block.parse(text, _MARKDOWN, {}, blocks)
    for block in blocks:
        if block.type in {"fence", "code_block"} and block.map:
            for number in range(block.map[0], min(block.map[1], len(lines))):
                lines[number] = "x" * len(lines[number])
    return "\n".join(lines)


def _crossed_out(text: str, opening: re.Pattern[str], closing: re.Pattern[str]) -> str:
    pieces, end = [], 0
    while (start := opening.search(text, end)) and (stop := closing.search(text, start.end())):
        pieces += [text[end : start.start()], "x" * (stop.end() - start.start())]
        end = stop.end()
    return "".join([*pieces, text[end:]])


# ── whose a link is ──────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True, kw_only=True)
class _Site:
    """The posts' own site."""

    hosts: frozenset[str]
    named: bool  # in site_hosts, and not only guessed from where the output is served
    base: str | None  # what is relative in a post is relative to it

    def foreign(self, link: str) -> bool:
        host = host_of(link)
        return bool(host) and host not in self.hosts


def home(options: PostOptions) -> str | None:
    """The front page of the posts' own site, as far as the config tells."""
    return _site(options).base


@lru_cache(maxsize=64)
def _site(options: PostOptions) -> _Site:
    hosts = [*options.site_hosts, host_of(options.site or "")]
    base = f"https://{options.site_hosts[0]}/" if options.site_hosts else options.site
    return _Site(
        hosts=frozenset(filter(None, map(_bare, hosts))),
        named=bool(options.site_hosts),
        base=base,
    )


def host_of(url: str) -> str:
    """Lower case, without port and www.; "" where there is none."""
    try:
        return _bare(urlsplit(url).netloc.rpartition("@")[2])
    except ValueError:  # an IPv6 address without its bracket
        return ""


def _bare(host: str) -> str:
    host = re.sub(r":\d*$", "", host.lower()).removesuffix(".").removeprefix("www.")
    if host.isascii():
        return host
    try:
        return idna.encode(host, uts46=True).decode()
    except idna.IDNAError:
        return host


# ── the body ─────────────────────────────────────────────────────────────────


def _trimmed(text: str, site: _Site, *, cut: bool = False) -> str:
    """Without blank lines around it and navigation at its end; nor what would be left standing
    there when something was `cut`: a ruler, an open box, a definition that nothing uses."""
    lines = text.split("\n")
    definitions = {x[1].lower(): x[2] for x in _DEFINITION.finditer(text)} if "]:" in text else {}
    held: list[re.Match[str]] = []
    while lines:
        size = 1
        if _NOTHING.fullmatch(lines[-1].strip()) or (cut and _stands_alone(lines)):
            pass
        elif definitions and (definition := _DEFINITION.match(lines[-1])):
            held.append(definition)
        elif size := _footer(lines, site, definitions):
            cut = True
        else:
            break
        del lines[-size:]
    rest = "\n".join(lines).strip("\n")
    if held and not cut:
        return text.strip("\n")
    used = [x[0] for x in reversed(held) if f"[{x[1].lower()}]" in rest.lower()]
    return "\n".join([rest, "", *used]) if used else rest


def _stands_alone(lines: Sequence[str]) -> bool:
    """Whether the last line is a ruler or opens a box: --- right below a text is no ruler, and
    attributes there are that text's."""
    last, above = lines[-1], lines[-2].strip() if len(lines) > 1 else ""
    alone = not above or last.lstrip().startswith("<")
    return alone and bool(_RULER.fullmatch(last.rstrip()) or _OPENING.fullmatch(last))


def _footer(lines: Sequence[str], site: _Site, definitions: Mapping[str, str]) -> int:
    """How many of the last lines are navigation together; 0 when they are text."""
    for size in range(1, min(_TALLEST_FOOTER, len(lines)) + 1):
        block = lines[-size:]
        if block[0].strip() and not any(map(_LISTED.match, block)):
            line = " ".join(block)
            if len(line) > _LONGEST_FOOTER:
                return 0
            if _navigation(_written_out(line, definitions), site):
                return size
    return 0


def _written_out(line: str, definitions: Mapping[str, str]) -> str:
    def inline(reference: re.Match[str]) -> str:
        href = definitions.get((reference[2] or reference[1]).lower())
        return f"[{reference[1]}]({href})" if href else reference[0]

    return _REFERENCE.sub(inline, line) if definitions else line


def _navigation(line: str, site: _Site) -> bool:
    """Links that stay on the site, and nothing between them; a list of links is text."""
    links = list(_LINK.finditer(line))
    return (
        bool(links)
        and all(_stays(link, site) for link in links)
        and not _BETWEEN.sub("", _LINK.sub("", line))
    )


def _stays(link: re.Match[str], site: _Site) -> bool:
    href = link["href"] or link["a"] or link["auto"] or ""
    back = bool(_BACK.match(link["text"] or link["a_text"] or ""))
    if host := host_of(href):  # without the site's hosts, its words must do
        return host in site.hosts or (back and not site.named)
    if href.startswith("#"):
        return back
    return bool(href) and not _SCHEME.match(href)


def _html(text: str, path: str) -> str:
    return text if _is_html(path) else str(_MARKDOWN.render(text)).strip()


def _is_html(path: str) -> bool:
    return PurePosixPath(path).suffix.lower() in _HTML_SUFFIXES
