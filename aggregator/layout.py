"""Where documents lie, below the folder and on the web, and how they name each other. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import quote

from aggregator.formats import Format
from aggregator.model import Arrangement, Link

ALL = "all"  # the slug of what holds everything
ARCHIVE = "archive"  # the folder of archive pages
PAGE = "html"  # the format that is for people
FRONT = "index.html"
SEARCH = "opensearch.xml"  # what tells a browser how to ask `serve`
PAGE_STYLE = "style.css"
FEED_STYLE = "feed.css"  # for browsers that show a document as XML
_OF_JEKYLL = "atom"  # the format of jekyll-feed
_SAFE_TO_JEKYLL = "/!$&'()*+,;=:@"


@dataclass(frozen=True, slots=True, kw_only=True)
class Around:
    """Where a document stands among those of its output, told by names of archive pages."""

    page: str | None = None  # the document itself; None for the current one
    before: str | None = None
    after: str | None = None
    months: tuple[str, ...] = ()  # archive pages that the current one leads to: one a month


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """What is written, and where it is served."""

    site: str  # an address that ends in a slash
    formats: Mapping[str, Format]  # by name; readers are led to the first
    hubs: tuple[str, ...] = ()
    search: bool = False  # whether pages lead to that of `serve`
    arrangement: Arrangement = "plain"  # or that of jekyll-feed, for feeds in Atom

    def path(self, slug: str, name: str, page: str | None = None) -> str:
        """Of a document of an output in the format of this name, below the folder:
        `finance.atom`, or of one of its archive pages: `archive/finance-2026-03.atom`."""
        if self.arrangement == "jekyll" and name == _OF_JEKYLL and not page:
            return "feed.xml" if slug == ALL else f"feed/{slug}.xml"
        suffix = self.formats[name].suffix
        return f"{ARCHIVE}/{slug}-{page}.{suffix}" if page else f"{slug}.{suffix}"

    def current(self, path: str) -> bool:
        """Whether what lies at a path is a current document, by its name."""
        if self.arrangement == "jekyll" and path.endswith(".xml"):
            return path == "feed.xml" or path.startswith("feed/")
        suffixes = (x.suffix for x in self.formats.values())
        return "/" not in path and any(path.endswith(f".{suffix}") for suffix in suffixes)

    def address(self, path: str) -> str:
        jekyll = self.arrangement == "jekyll"
        site = quote(self.site, safe="%" + self.safe) if jekyll else self.site
        return site + quote(path, safe=self.safe)

    @property
    def safe(self) -> str:
        """What stands in an address as it is."""
        return _SAFE_TO_JEKYLL if self.arrangement == "jekyll" else "/"

    def feed_id(self, slug: str) -> str | None:
        """The permanent id of an output, where it is its address; else it is made of the site's."""
        jekyll = self.arrangement == "jekyll"
        return self.address(self.path(slug, _OF_JEKYLL)) if jekyll else None

    def front_links(self, slug: str, months: Iterable[str] = ()) -> tuple[Link, ...]:
        """Those of the front page, which shows the output with that slug, and leads to these of
        its archive pages."""
        kinds = [(name, form) for name, form in self.formats.items() if name != PAGE]
        return (
            Link(href=self.address(FRONT), rel="self", type="text/html"),
            *self._search(),
            *(
                Link(href=self.address(self.path(slug, name)), type=form.media_type)
                for name, form in kinds
            ),
            *self._archives(slug, months),
        )

    def links(self, slug: str, name: str, around: Around) -> tuple[Link, ...]:
        """The links of a document of an output in the format of this name (RFC 4287 §4.2.7,
        RFC 5005 §4, WebSub §4): its own address first."""
        return tuple(self._links(slug, name, around))

    def _links(self, slug: str, name: str, around: Around) -> Iterator[Link]:
        def link(rel: str, to: str, page: str | None) -> Link:
            where = self.address(self.path(slug, to, page))
            return Link(href=where, rel=rel, type=self.formats[to].media_type)

        yield link("self", name, around.page)
        if self.formats[name].media_type.endswith("+xml"):
            up = "../" * self.path(slug, name, around.page).count("/")
            yield Link(href=f"{up}{FEED_STYLE}", rel="stylesheet", type="text/css")
        if name == PAGE:
            yield from self._search()
            for other in self.formats:
                if other != PAGE:
                    yield link("alternate", other, around.page)
            yield from self._archives(slug, around.months)
        elif PAGE in self.formats:
            yield link("alternate", PAGE, around.page)
        else:
            yield Link(href=self.site, rel="alternate", type="text/html")
        if around.page is None:
            yield from (Link(href=hub, rel="hub") for hub in self.hubs)
        else:
            yield link("current", name, None)
        if around.before:
            yield link("prev-archive", name, around.before)
        if around.after:
            yield link("next-archive", name, around.after)

    def _archives(self, slug: str, months: Iterable[str]) -> Iterator[Link]:
        """Pages for people, each under the name of its month."""
        for page in months:
            where = self.address(self.path(slug, PAGE, page))
            yield Link(href=where, rel="archives", title=page[: len("2026-03")])

    def _search(self) -> Iterator[Link]:
        if self.search:
            yield Link(href=self.address(SEARCH), rel="search")
