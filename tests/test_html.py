"""Pages to read: of an output and its archive, the front page, the status, what was found."""

import re
from dataclasses import replace
from datetime import UTC, datetime
from html.parser import HTMLParser

import pytest

from aggregator import pages
from aggregator.errors import TemplateError
from aggregator.layout import PAGE_STYLE
from aggregator.model import Category, Enclosure, Entry, Feed, Link, Origin, Person
from aggregator.pages import Hit, Listed, Reference, Theme
from aggregator.pages.addresses import relative
from aggregator.pages.languages import spoken
from aggregator.pages.words import LANGUAGES, words_of

SITE = "https://p.example/planet/"
ATOM, RSS = "application/atom+xml", "application/rss+xml"
THEME = Theme(title="Planet", url=SITE, language="en", timezone="Asia/Shanghai")
CHINESE = replace(THEME, language="zh-Hans")
MARCH = datetime(2026, 3, 1, tzinfo=UTC)

ENTRY = Entry(
    id="tag:a.example,2026:1",
    title="Night <ferry> & returns",
    links=(
        Link(href="https://a.example/1"),
        Link(href="https://b.example/2", rel="via", title="B Times"),
        Link(href="https://c.example/3", rel="replies"),
        Link(href="https://d.example/by", rel="license"),
    ),
    published=MARCH,
    updated=MARCH.replace(day=2),
    authors=(Person(name="An Author"),),
    content="<p>It <em>runs</em> again.</p>",
    categories=(Category(term="sea"), Category(term="t", label="Transport")),
    enclosures=(
        Enclosure(url="https://a.example/e%20p.mp3", type="audio/mpeg", length=12_345_678),
    ),
    language="en",
    rights="© A",
    origin=Origin(title="A News", links=(Link(href="https://a.example/"),)),
)
FEED = Feed(
    id="tag:p.example:sea",
    title="Planet · Sea",
    updated=MARCH,
    links=(
        Link(href=SITE + "sea.html", rel="self"),
        Link(href=SITE + "sea.atom", type=ATOM),
        Link(href=SITE + "sea.rss", type=RSS),
        Link(href=SITE + "archive/sea-2026-02.html", rel="prev-archive"),
    ),
    entries=(ENTRY,),
)
ARCHIVE = replace(
    FEED,
    archive=True,
    links=(
        Link(href=SITE + "archive/sea-2026-02.html", rel="self"),
        Link(href=SITE + "archive/sea-2026-02.atom", type=ATOM),
        Link(href=SITE + "sea.html", rel="current"),
        Link(href=SITE + "archive/sea-2026-01.html", rel="prev-archive"),
        Link(href=SITE + "archive/sea-2026-03.html", rel="next-archive"),
    ),
)


class Read(HTMLParser):
    """What a page has: elements with their attributes, and its text."""

    def __init__(self, page: bytes) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.text = ""
        self.feed(page.decode())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))

    def handle_data(self, data: str) -> None:
        self.text += data

    def of(self, tag: str, **wanted: str) -> list[dict[str, str]]:
        return [
            a
            for t, a in self.elements
            if t == tag and all(a.get(k) == v for k, v in wanted.items())
        ]


def page(feed: Feed = FEED, theme: Theme = THEME) -> Read:
    return Read(pages.page(feed, theme=theme))


def story(entry: Entry, theme: Theme = THEME) -> Read:
    return page(replace(FEED, entries=(entry,)), theme)


# ── a page of an output ──────────────────────────────────────────────────────


def test_a_page_tells_readers_where_its_documents_are() -> None:
    told = page().of("link", rel="alternate")

    assert [(x["type"], x["href"], x["title"]) for x in told] == [
        (ATOM, "sea.atom", "Planet · Sea (Atom)"),
        (RSS, "sea.rss", "Planet · Sea (RSS)"),
    ]


def test_a_story_has_its_source_its_time_and_all_that_belongs_to_it() -> None:
    found = page()

    assert "Night <ferry> & returns" in found.text
    assert found.of("time") == [
        {"datetime": "2026-03-01T00:00:00Z"},
        {"datetime": "2026-03-01T00:00:00Z"},
        {"datetime": "2026-03-02T00:00:00Z"},
    ]
    assert "1 March 2026 08:00" in found.text
    hrefs = [a["href"] for a in found.of("a") if a["href"].startswith("https:")]
    assert hrefs == [
        "https://a.example/1",
        "https://a.example/",
        "https://a.example/e%20p.mp3",
        "https://b.example/2",
        "https://c.example/3",
        "https://d.example/by",
    ]
    for words in (
        "A News",
        "An Author",
        "B Times",
        "Audio: e p.mp3",
        "12.3 MB",
        "Transport",
        "© A",
    ):
        assert words in found.text


def test_a_text_stands_in_its_page_as_html_and_a_title_as_text() -> None:
    body = pages.page(FEED, theme=THEME).decode()

    assert "<p>It <em>runs</em> again.</p>" in body
    assert "Night &lt;ferry&gt; &amp; returns" in body


def test_the_author_is_not_told_twice_where_it_is_the_source() -> None:
    named = replace(ENTRY, authors=(Person(name="A News"),))

    assert story(named).text.count("A News") == 1


def test_there_is_one_heading_for_the_page_and_one_for_each_story() -> None:
    other = replace(ENTRY, id="2", content="<h1>Inside</h1>")
    headings = re.findall(
        r"<(h\d)", pages.page(replace(FEED, entries=(ENTRY, other)), theme=THEME).decode()
    )

    assert headings == ["h1", "h2", "h2", "h3"]


def test_no_place_in_a_page_has_the_name_of_another() -> None:
    entries = tuple(replace(ENTRY, id=f"urn:{n}") for n in range(50))
    names = [a["id"] for _, a in page(replace(FEED, entries=entries)).elements if "id" in a]

    assert len(names) == len(set(names)) > 100


def test_the_same_feed_gives_the_same_bytes() -> None:
    assert pages.page(FEED, theme=THEME) == pages.page(FEED, theme=replace(THEME))


def test_an_output_without_stories_says_so() -> None:
    assert words_of("en")["none"] in page(replace(FEED, entries=())).text


def test_a_story_without_a_link_an_author_or_a_text_is_shown() -> None:
    found = story(Entry(id="x", title="Bare"))

    assert "Bare" in found.text
    assert [a for a in found.of("a") if a["href"].startswith("https:")] == []


@pytest.mark.parametrize(
    ("links", "heading"), [((Link(href="https://www.a.example/1"),), "a.example"), ((), "Untitled")]
)
def test_no_heading_is_empty(links: tuple[Link, ...], heading: str) -> None:
    body = pages.page(replace(FEED, entries=(Entry(id="x", links=links),)), theme=THEME).decode()

    assert re.search(rf"<h2[^>]*>(?:<a[^>]*>)?{heading}", body)


def test_an_archive_page_leads_to_its_neighbours_and_to_what_is_new() -> None:
    found = page(ARCHIVE)

    assert [a["href"] for a in found.of("a", rel="prev")] == ["sea-2026-01.html"]
    assert [a["href"] for a in found.of("a", rel="next")] == ["sea-2026-03.html"]
    assert found.of("a", href="../sea.html")
    assert found.of("a", href="../index.html")
    assert found.of("link", rel="stylesheet") == [{"rel": "stylesheet", "href": "../style.css"}]


# ── wherever it stands ───────────────────────────────────────────────────────


@pytest.mark.parametrize("feed", [FEED, ARCHIVE])
def test_nothing_that_a_page_loads_is_elsewhere(feed: Feed) -> None:
    found = page(
        replace(feed, entries=(replace(ENTRY, content='<img src="https://x.example/a.png">'),))
    )
    loaded = [a["href"] for a in found.of("link") if a["rel"] in ("stylesheet", "icon")]

    assert [x for x in loaded if not x.startswith("data:")] in (
        ["./style.css"],
        ["../style.css"],
    )
    assert not {"script", "img", "iframe", "video", "audio"} & {t for t, _ in found.elements}


@pytest.mark.parametrize(
    ("images", "allowed"), [("link", "img-src data:"), ("show", "img-src data: https: http:")]
)
def test_a_browser_is_told_to_load_nothing_else(images: pages.Images, allowed: str) -> None:
    (policy,) = page(theme=replace(THEME, images=images)).of(
        "meta", **{"http-equiv": "Content-Security-Policy"}
    )

    assert policy["content"].split("; ") == [
        "default-src 'none'",
        "style-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        allowed,
    ]


@pytest.mark.parametrize(
    ("target", "at", "told"),
    [
        ("https://p.example/a.html", "https://p.example/b.html", "a.html"),
        ("https://p.example/a.html", "https://p.example/c/b.html", "../a.html"),
        ("https://p.example/c/a.html", "https://p.example/b.html", "c/a.html"),
        ("https://p.example/c/a.html", "https://p.example/c/b.html", "a.html"),
        ("https://p.example/c/", "https://p.example/c/b.html", "./"),
        ("https://p.example/", "https://p.example/c/d/b.html", "../../"),
        ("https://p.example/c", "https://p.example/c/d.html", "../c"),
        ("https://p.example/s?q=1", "https://p.example/b.html", "s?q=1"),
        ("https://p.example/a:b", "https://p.example/c", "./a:b"),
        ("https://q.example/a", "https://p.example/b", "https://q.example/a"),
        ("http://p.example/a", "https://p.example/b", "http://p.example/a"),
        ("/", "/a/b/c", "../../"),
    ],
)
def test_references_work_wherever_the_folder_is_served(target: str, at: str, told: str) -> None:
    assert relative(target, at) == told


# ── languages ────────────────────────────────────────────────────────────────


def test_every_word_is_there_in_every_language() -> None:
    tables = [words_of(x) for x in LANGUAGES]

    assert all(t.keys() == tables[0].keys() and all(t.values()) for t in tables)
    for english, simplified, traditional in zip(*(t.values() for t in tables), strict=True):
        wanted = set(re.findall(r"{\w+}", english))
        assert (
            set(re.findall(r"{\w+}", simplified))
            == set(re.findall(r"{\w+}", traditional))
            == wanted
        )


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", "en"),
        ("zh", "zh-Hans"),
        ("zh-CN", "zh-Hans"),
        ("zh_TW", "zh-Hant"),
        ("zh-Hant-HK", "zh-Hant"),
        ("fr", "en"),
        (None, "en"),
    ],
)
def test_the_words_are_those_of_the_sites_language(language: str | None, words: str) -> None:
    assert page(theme=replace(THEME, language=language)).of("html") == [{"lang": words}]


def test_a_chinese_page_has_chinese_dates_in_the_sites_zone() -> None:
    assert "2026年3月1日 08:00" in page(theme=CHINESE).text


@pytest.mark.parametrize(
    ("theme", "language", "title", "lang"),
    [
        (THEME, "en", "Words", None),
        (THEME, "fr", "Des mots", "fr"),
        (THEME, None, "Words", None),
        (THEME, None, "这是一条中文新闻", "zh"),
        (THEME, None, "これは日本語です", "ja"),
        (CHINESE, None, "这是一条中文新闻", None),
        (CHINESE, None, "Words", ""),
        (CHINESE, "zh-TW", "這是一條中文新聞", "zh-TW"),
        (replace(THEME, language="fr"), None, "Des mots", "fr"),
    ],
)
def test_a_story_says_its_language_where_it_is_not_the_pages(
    theme: Theme, language: str | None, title: str, lang: str | None
) -> None:
    entry = replace(ENTRY, language=language, title=title, content=None)
    (article,) = story(entry, theme).of("article")

    assert article.get("lang") == lang


@pytest.mark.parametrize(
    ("tag", "told"),
    [
        ("EN_us", "en-US"),
        ("zh-hans-cn", "zh-Hans-CN"),
        ("yue", "yue"),
        ("english", None),
        ("epo", None),
        ("", None),
    ],
)
def test_only_languages_that_browsers_know_are_told(tag: str, told: str | None) -> None:
    assert spoken(tag) == told


def test_between_two_chinese_paragraphs_on_one_line_is_no_space() -> None:
    entry = replace(ENTRY, content="<p>第一句。</p><p>第二句 two。</p>")
    found = Read(pages.index(replace(FEED, entries=(entry,)), [], theme=THEME))

    assert "第一句。第二句 two。" in found.text


# ── the front page ───────────────────────────────────────────────────────────

FRONT = replace(
    FEED,
    title="Planet",
    links=(Link(href=SITE + "index.html", rel="self"), Link(href=SITE + "all.atom", type=ATOM)),
)
OUTPUTS = [
    Listed(title="Everything", feeds=(Reference(href=SITE + "all.atom", name="Atom", type=ATOM),)),
    Listed(
        title="财经",
        page=SITE + "%E8%B4%A2%E7%BB%8F.html",
        feeds=(Reference(href=SITE + "%E8%B4%A2%E7%BB%8F.atom", name="Atom", type=ATOM),),
    ),
]


def test_the_front_page_has_the_newest_stories_and_every_output() -> None:
    found = Read(pages.index(FRONT, OUTPUTS, theme=THEME, opml=SITE + "sources.opml"))

    assert "Night <ferry> & returns" in found.text
    assert "It runs again." in found.text
    assert found.of("a", href="%E8%B4%A2%E7%BB%8F.html")
    assert [x["href"] for x in found.of("link", rel="alternate")] == [
        "all.atom",
        "%E8%B4%A2%E7%BB%8F.atom",
    ]
    assert [x["href"] for x in found.of("link", rel="blogroll")] == ["sources.opml"]


def test_a_search_form_stands_where_there_is_something_to_ask() -> None:
    asked = replace(FRONT, links=(*FRONT.links, Link(href=SITE + "opensearch.xml", rel="search")))

    assert Read(pages.index(FRONT, [], theme=THEME)).of("form") == []
    (form,) = Read(pages.index(asked, [], theme=THEME)).of("form")
    assert (form["action"], form["method"]) == ("./search", "get")


# ── what is answered ─────────────────────────────────────────────────────────


def test_what_was_looked_for_is_marked_in_what_was_found() -> None:
    hit = Hit(
        title=[("A <b>", False)],
        href="https://a.example/",
        snippet=[("a ", False), ("<i>", True), (" b", False)],
    )
    body = pages.search("<i>", [hit], theme=THEME, at="/search", older="search?q=i&page=2").decode()

    assert "a <mark>&lt;i&gt;</mark> b" in body
    assert "A &lt;b&gt;" in body
    assert 'value="&lt;i&gt;"' in body
    assert 'href="search?q=i&amp;page=2"' in body


def test_nothing_found_is_said() -> None:
    assert (
        words_of("en")["not_found"]
        in Read(pages.search("x", [], theme=THEME, at="/search", told="not_found")).text
    )


ROW = {
    "source": "a",
    "health": "failing",
    "entries": 3,
    "last": "2026-03-01T00:00:00Z",
    "next": None,
    "error": "no <answer>",
    "notes": ["moved"],
    "problems": [],
    "push": None,
}


def test_the_status_says_what_is_wrong_in_words() -> None:
    found = Read(pages.status([ROW, ROW | {"health": "ok"}], theme=CHINESE, at="/status"))

    assert "失败" in found.text and "共 2 个，1 个正常" in found.text
    assert "no <answer>" in found.text and "moved" in found.text
    assert "从未" in found.text
    assert "2026年3月1日 08:00" in found.text


@pytest.mark.parametrize(("at", "root"), [("/x", "./"), ("/x/y/z", "../../")])
def test_what_is_not_there_looks_right_at_any_depth(at: str, root: str) -> None:
    found = Read(pages.missing(theme=THEME, at=at))

    assert found.of("link", rel="stylesheet")[0]["href"] == f"{root}style.css"
    assert found.of("meta", name="robots") == [{"name": "robots", "content": "noindex"}]


# ── templates and rules of one's own ─────────────────────────────────────────


def own(name: str, text: str) -> Theme:
    return replace(THEME, templates=((name, text),))


def test_a_template_of_ones_own_takes_the_place_of_ours() -> None:
    theme = own("page.html", "<h1>{{ title }}</h1>{% for s in stories %}{{ s.title }}{% endfor %}")

    assert pages.page(FEED, theme=theme) == b"<h1>Sea</h1>Night &lt;ferry&gt; &amp; returns"


def test_a_template_of_ones_own_may_change_a_part_of_ours() -> None:
    theme = own(
        "page.html", '{% extends "default/page.html" %}{% block bottom %}<p>Mine</p>{% endblock %}'
    )
    body = pages.page(FEED, theme=theme).decode()

    assert "<p>Mine</p>" in body and "An Author" in body


def test_ones_own_parts_are_taken_by_our_pages() -> None:
    theme = own("story.html", "<article>only {{ story.title }}</article>")

    assert "<article>only Night" in pages.page(FEED, theme=theme).decode()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a\n{% if %}", "templates/page.html:2: Expected an expression"),
        ("a\n\n{{ storys }}", "templates/page.html:3: 'storys' is undefined"),
        ("{% for s in stories %}\n{{ s.titel }}{% endfor %}", "templates/page.html:2: "),
        ('{% extends "none.html" %}', "templates/page.html:1: there is no template 'none.html'"),
        ("{{ 1 / 0 }}", "templates/page.html:1: division by zero"),
        ("{{ title.__class__.__mro__ }}", "templates/page.html:1: access to attribute"),
    ],
)
def test_what_is_wrong_in_a_template_is_told_with_its_line(text: str, told: str) -> None:
    with pytest.raises(TemplateError, match=re.escape(told)):
        pages.page(FEED, theme=own("page.html", text))


def test_what_one_sees_without_values_is_told_beforehand() -> None:
    theme = replace(
        THEME, templates=(("a.html", "{% if %}"), ("b.html", "{{ x }}"), ("c.css", "{%"))
    )

    assert [x.partition(":")[0] for x in pages.faults(theme)] == ["templates/a.html"]


def test_ones_own_rules_stand_behind_ours() -> None:
    ours = pages.styles(THEME)[PAGE_STYLE]
    with_own = pages.styles(replace(THEME, css="h1 { color: red }"))[PAGE_STYLE]

    assert with_own == ours + b"\nh1 { color: red }"
    assert pages.styles(own("style.css", "p {}"))[PAGE_STYLE] == b"p {}"


def test_no_text_gets_into_a_page_unescaped_but_through_one_door() -> None:
    """Our templates switch escaping off nowhere, and `Markup` is made in one place."""
    from importlib import resources
    from pathlib import Path

    package = Path(str(resources.files("aggregator.pages")))
    templates = "".join(x.read_text("utf-8") for x in package.glob("templates/*.html"))
    makers = [
        x.name for x in package.glob("*.py") if re.search(r"\bMarkup\(", x.read_text("utf-8"))
    ]

    assert not re.search(r"\|\s*safe\b|autoescape", templates)
    assert makers == ["content.py"]
