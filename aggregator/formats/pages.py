"""A page without a feed to a Feed, by the CSS selectors of a PageOptions."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, datetime, tzinfo
from functools import lru_cache
from itertools import chain, islice
from typing import NamedTuple
from zoneinfo import ZoneInfo

from aggregator.errors import ParseError
from aggregator.formats import htmltree, selectors
from aggregator.formats.htmltree import Element
from aggregator.formats.remarks import unread_dates
from aggregator.model import (
    Category,
    Enclosure,
    Entry,
    Feed,
    Link,
    PageOptions,
    Person,
    Response,
)
from aggregator.moments import credible, moment
from aggregator.text import plain

_MOST_ITEMS = 1000
_MOST_LINKS = 100  # of an item, among which is the one that it is about
_FIELDS = tuple(x.name for x in fields(PageOptions) if x.name not in ("items", "timezone"))
# What a field means of an element, where no attribute is named.
_MEANT = {
    "link": ("href",),
    "image": ("src", "data-src", "href", "content"),
    "published": ("datetime", "content"),
    "updated": ("datetime", "content"),
}
_HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
_FEED = re.compile(rb"\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*<(?:rss|feed|rdf:RDF)\b", re.DOTALL)
_MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?"
_DATE = re.compile(  # in a text that says more
    rf"""\d{{4}}\s?[-/.年]\s?\d{{1,2}}\s?[-/.月]\s?\d{{1,2}}(?:\s?[日号])?
         (?:[\sT]*\d{{1,2}}:\d\d(?::\d\d)?(?:\s?(?:Z\b|[+-]\d\d:?\d\d))?)?
      | (?<!\w)(?:\d{{1,2}}(?:st|nd|rd|th)?\s+{_MONTH}|{_MONTH}\s+\d{{1,2}}(?:st|nd|rd|th)?)
         ,?\s+\d{{4}}(?:,?\s+(?:at\s+)?\d{{1,2}}:\d\d(?::\d\d)?(?:\s?[ap]m)?)?""",
    re.IGNORECASE | re.VERBOSE | re.ASCII,
)
_LONGEST_DATE = 200  # characters in which a date is looked for


class Wanted(NamedTuple):
    """What a selector of a field asks for: elements, or an attribute of theirs."""

    elements: str  # "" is the item itself
    attribute: str | None


@lru_cache(maxsize=1024)
def wanted(selector: str) -> Wanted:
    """The parts of `h2 a@href`."""
    found = re.fullmatch(r"(.*?)(?:@([\w:.-]+))?", selector.strip(), re.DOTALL)
    assert found  # both parts may be empty
    return Wanted(found[1].strip(), found[2].lower() if found[2] else None)


def parse(response: Response, how: PageOptions, *, zone: tzinfo = UTC) -> Feed:
    """The feed that the items of the page make; a date without an offset is read in the zone of
    `how`, else in `zone`.

    ParseError when there is no item: then nothing that is known of it is touched.
    """
    if _FEED.match(response.body[:2000]):
        raise ParseError("no page but a feed, and read as one without page:")
    root, odd = htmltree.tree(response)
    page = selectors.Page(root)
    items = page.matching(how.items)
    if not items:
        raise ParseError(
            f"page.items: {how.items!r} finds nothing in this page; look at its source, for what"
            " scripts add in a browser is not in it"
        )
    left_out = len(items) - _MOST_ITEMS
    own = ZoneInfo(how.timezone) if how.timezone else zone
    found = _Items(page, items[:_MOST_ITEMS], how, response.url, own)
    entries = tuple(found.entries())
    if not entries:
        names = " and ".join(f"page.{x}" for x in ("title", "link") if getattr(how, x))
        raise ParseError(
            f"none of the {len(items)} entries has a title or a link"
            + (f"; {names} find nothing there" if names else "; say page.title and page.link")
        )
    problems = [*odd, *found.problems()]
    if page.cut:
        problems.append(f"{page.cut} elements stand beside 1,000 others and were left out")
    if left_out > 0:
        problems.append(f"{len(items)} entries; the first {_MOST_ITEMS:,} are read")
    address = htmltree.absolute("", response.url)
    return Feed(
        title=htmltree.inner(x) if (x := next(root.iter("title"), None)) is not None else "",
        subtitle=_description(root),
        language=root.get("lang") or None,
        links=(Link(href=address),) if address else (),
        entries=entries,
        problems=tuple(problems),
    )


def text(response: Response, selector: str) -> str:
    """What a selector matches, as HTML with absolute references; "" when that says nothing."""
    root, _ = htmltree.tree(response)
    base = htmltree.base_of(root, response.url)
    found = _outermost(selectors.Page(root).matching(selector))
    for element in (inside for x in found for inside in x.iter()):
        for name in {"href", "src"}.intersection(element.attrib):
            element.set(name, htmltree.absolute(element.get(name), base) or "")
    said = "".join(map(htmltree.outer, found))
    return said if plain(said) or "<img" in said else ""


def _description(root: Element) -> str | None:
    said = root.xpath("//meta[translate(@name, 'DESCRIPTON', 'descripton') = 'description']")
    return htmltree.escaped(said[0].get("content", "")) or None if said else None


class _Items:
    """The items of a page: what was asked for in each, and what was not found."""

    def __init__(
        self,
        page: selectors.Page,
        items: Sequence[Element],
        how: PageOptions,
        url: str,
        zone: tzinfo,
    ) -> None:
        self.items = items
        self.how = how
        self.base = htmltree.base_of(page.root, url)
        self.zone = zone
        self.found = _found(page, items, how)
        self.unread: list[str] = []  # what should have been a date
        self.linkless = self.untitled = self.empty = 0

    def entries(self) -> Iterable[Entry]:
        for item in self.items:
            entry = self.entry(_Item(item, self.found[item], self.how))
            self.empty += entry is None
            if entry is not None:
                self.linkless += entry.link is None
                self.untitled += not entry.title
                yield entry

    def entry(self, item: _Item) -> Entry | None:
        link = _address(item.first("link"), self.base)
        title = item.first("title") if item.asks("title") else ""
        if not item.asks("link") or not item.asks("title"):
            leading = _leading(item, self.base)
            link = link if item.asks("link") else leading and leading.address
            title = title if item.asks("title") else _heading(item, leading)
        if not link and not plain(title):
            return None
        people = (plain(x) for x in item.all("authors"))
        terms = (plain(x) for x in item.all("categories"))
        images = (_address(x, self.base) for x in item.all("image"))
        return Entry(
            id=plain(item.first("id")),
            title=title if plain(title) else "",
            links=(Link(href=link),) if link else (),
            published=self.when(item, "published"),
            updated=self.when(item, "updated"),
            authors=tuple(Person(name=x) for x in dict.fromkeys(people) if x),
            summary=item.first("summary") or None,
            content="".join(item.all("content")) or None,
            base=self.base or None,
            categories=tuple(Category(term=x) for x in dict.fromkeys(terms) if x),
            enclosures=tuple(Enclosure(url=x) for x in dict.fromkeys(images) if x),
            language=item.element.get("lang") or None,
            source_link=link,
        )

    def when(self, item: _Item, name: str) -> datetime | None:
        if item.asks(name):
            text = plain(item.first(name))
        elif name == "published":
            time = next(item.tagged("time"), None)
            text = "" if time is None else (time.get("datetime") or plain(htmltree.inner(time)))
        else:
            return None
        found = _date(text, self.zone)
        self.unread += [text] if text and not found else []
        return found

    def problems(self) -> Iterable[str]:
        count = len(self.items)
        for name in _FIELDS:
            selector = getattr(self.how, name)
            if selector and not any(
                _Item(x, self.found[x], self.how).first(name) for x in self.items
            ):
                yield f"page.{name}: {selector!r} finds nothing in any of the {count} entries"
        if self.empty:
            yield f"{self.empty} of {count} entries have neither title nor link and were left out"
        if self.linkless:
            yield f"{self.linkless} of {count} entries have no link"
        if self.untitled:
            yield f"{self.untitled} of {count} entries have no title"
        yield from unread_dates(self.unread)


_ALL = ""  # its elements, whatever they are
Found = dict[str, list[Element]]


def _found(
    page: selectors.Page, items: Sequence[Element], how: PageOptions
) -> dict[Element, Found]:
    """By item and field, what its selector matches there. What stands in an item within an item
    is the inner one's."""
    page.scope = set(items)
    nearest: dict[Element, Element] = {}
    found: dict[Element, Found] = {item: {_ALL: []} for item in items}
    for x in page.elements:
        home = x if x in found else nearest.get(x.getparent())
        if home is not None:
            nearest[x] = home
            found[home][_ALL].append(x)
    for name in _FIELDS:
        selector = getattr(how, name)
        elements = wanted(selector).elements if selector else ""
        for x in page.matching(elements) if elements else ():
            if x in nearest:
                found[nearest[x]].setdefault(name, []).append(x)
    return found


@dataclass(frozen=True, slots=True)
class _Item:
    element: Element
    found: Found
    how: PageOptions

    def asks(self, name: str) -> bool:
        return getattr(self.how, name) is not None

    def tagged(self, *tags: str) -> Iterator[Element]:
        return (x for x in self.found[_ALL] if x.tag in tags)

    def first(self, name: str) -> str:
        return next(iter(self.all(name)), "")

    def all(self, name: str) -> list[str]:
        """What a field says, as HTML; of a link, an image or a date, as plain text."""
        selector = getattr(self.how, name)
        if selector is None:
            return []
        elements, attribute = wanted(selector)
        found = self.found.get(name, []) if elements else [self.element]
        if name == "content":
            found = _outermost(found)
        said = (_said(x, name, attribute) for x in found)
        return [x for x in said if x.strip()]


def _outermost(elements: Sequence[Element]) -> list[Element]:
    """Without what stands in another of them, and would be told twice."""
    among = set(elements)
    return [x for x in elements if among.isdisjoint(x.iterancestors())]


def _said(element: Element, name: str, attribute: str | None) -> str:
    if attribute:
        value = element.get(attribute) or ""
        return value if name in _MEANT else htmltree.escaped(value)
    for meant in _MEANT.get(name, ()):
        if value := element.get(meant):
            return str(value)
    if name in ("link", "image"):
        inside = element.find(".//a[@href]" if name == "link" else ".//img[@src]")
        return "" if inside is None else inside.get("href") or inside.get("src") or ""
    return htmltree.outer(element) if name == "content" else htmltree.inner(element)


class _Anchor(NamedTuple):
    address: str
    text: str  # HTML


def _leading(item: _Item, base: str) -> _Anchor | None:
    """The link that an item is about: that of its title, else the first with a text."""
    links = [x for x in islice(item.tagged("a"), _MOST_LINKS) if _address(x.get("href"), base)]
    around = islice(item.element.iterancestors("a"), 1)
    links = links or [x for x in around if _address(x.get("href"), base)]
    titles = set(item.found.get("title", ())) or set(item.tagged(*_HEADINGS))
    about = (x for x in links if not titles.isdisjoint((*x.iter(), *x.iterancestors())))
    texts = (x for x in links if plain(htmltree.inner(x)))
    best = next(chain(about, texts, links), None)
    return None if best is None else _Anchor(_address(best.get("href"), base) or "", _label(best))


def _address(reference: str | None, base: str) -> str | None:
    reference = (reference or "").strip()
    return htmltree.absolute(reference, base) if reference not in ("", "#") else None


def _label(link: Element) -> str:
    """The text of a link; of one around an image what that is said to be."""
    text = htmltree.inner(link)
    if plain(text):
        return text
    images = (x.get("alt") for x in link.iter("img"))
    said = next((x for x in (link.get("title"), link.get("aria-label"), *images) if x), "")
    return htmltree.escaped(said)


def _heading(item: _Item, leading: _Anchor | None) -> str:
    headings = (htmltree.inner(x) for x in item.tagged(*_HEADINGS))
    return next((x for x in headings if plain(x)), leading.text if leading else "")


def _date(text: str, zone: tzinfo) -> datetime | None:
    """The date that a text is, or that stands in it: 发布时间：2026-01-02."""
    whole = credible(moment(text, zone))
    inside = _DATE.search(text[:_LONGEST_DATE]) if not whole else None
    return whole or (credible(moment(inside[0], zone)) if inside else None)
