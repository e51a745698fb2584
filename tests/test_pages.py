"""Pages without a feed: what selectors find there, and what is said when they find nothing."""

from __future__ import annotations

import contextlib
import time
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from servers import Answer, Asked, serving
from world import World

from aggregator import config, formats
from aggregator.errors import ConfigError, ParseError
from aggregator.formats import pages, selectors
from aggregator.model import Category, Enclosure, Entry, Feed, Link, PageOptions, Person, Response
from aggregator.text import plain

NEWSROOM = """<!doctype html><html lang="zh-Hans"><head><meta charset="utf-8">
<base href="/news/"><title>港口 新闻</title><meta name="Description" content="每日 &lt;要闻&gt;"></head><body>
<nav><a href="/">home</a></nav>
<article class="news" id="n1"><a href="/tag/sea">财经</a><h2><a href="night-ferry.html">夜间<b>渡轮</b> &amp; more</a></h2>
 <time datetime="2026-01-02T10:00:00+08:00">一月二日</time><img src="f.jpg"><span class="by">王明</span>
 <p class="lead">渡轮<em>恢复</em>。<a href="more">…</a></p><ul><li>航运<li>港口</ul></article>
<article class="news" id="n2"><h2><a href="https://other.example/b?x=1&y=2">Second</a></h2>
 <span class="date">发布时间：2026年1月3日 10:05</span></article>
</body></html>"""


def read(
    body: str | bytes,
    url: str = "https://n.example/index.html",
    kind: str = "text/html",
    **how: str,
) -> Feed:
    body = body.encode() if isinstance(body, str) else body
    response = Response(url=url, headers={"content-type": kind}, body=body)
    options = PageOptions(**{"items": "article.news", **how})
    return pages.parse(response, options, zone=ZoneInfo("Asia/Shanghai"))


def links(feed: Feed) -> list[str | None]:
    return [e.link for e in feed.entries]


# ── what is found ────────────────────────────────────────────────────────────


def test_every_field_is_found_by_its_selector() -> None:
    feed = read(
        NEWSROOM,
        id="@id",
        title="h2 a",
        link="h2 a@href",
        published="time@datetime",
        updated=".date",
        summary="p.lead",
        content="h2, ul",
        authors=".by",
        categories="li",
        image="img",
    )

    assert feed.title == "港口 新闻"
    assert feed.subtitle == "每日 &lt;要闻&gt;"
    assert feed.language == "zh-Hans"
    assert feed.links == (Link(href="https://n.example/index.html"),)
    assert feed.problems == ()
    link = "https://n.example/news/night-ferry.html"
    assert feed.entries[0] == Entry(
        id="n1",
        title="夜间<b>渡轮</b> &amp; more",
        links=(Link(href=link),),
        published=datetime(2026, 1, 2, 2, tzinfo=UTC),
        summary='渡轮<em>恢复</em>。<a href="more">…</a>',
        content='<h2><a href="night-ferry.html">夜间<b>渡轮</b> &amp; more</a></h2>'
        "<ul><li>航运</li><li>港口</li></ul>",
        base="https://n.example/news/",
        authors=(Person(name="王明"),),
        categories=(Category(term="航运"), Category(term="港口")),
        enclosures=(Enclosure(url="https://n.example/news/f.jpg"),),
        source_link=link,
    )
    assert feed.entries[1].updated == datetime(2026, 1, 3, 2, 5, tzinfo=UTC)
    assert feed.entries[1].link == "https://other.example/b?x=1&y=2"


def test_items_alone_give_heading_link_and_time() -> None:
    first, second = read(NEWSROOM).entries

    assert (plain(first.title), first.link) == (
        "夜间渡轮 & more",
        "https://n.example/news/night-ferry.html",  # not that of the tag before it
    )
    assert first.published == datetime(2026, 1, 2, 2, tzinfo=UTC)
    assert second.published is None


@pytest.mark.parametrize(
    ("item", "title", "link"),
    [
        ('<a href="/a">First</a> <a href="/b">Second</a>', "First", "/a"),
        ('<a href="/a"><img src="x"></a><a href="/a">Words</a>', "Words", "/a"),
        ('<a href="/a"><img src="x" alt="A < B"></a>', "A &lt; B", "/a"),
        ('<a href="/a" title="T"></a>', "T", "/a"),
        (
            '<a href="#">Menu</a><a href="javascript:x()">Play</a><a href="/a">Real</a>',
            "Real",
            "/a",
        ),
        ('<a href="/more">More</a><a href="/a"><h3>Inside</h3></a>', "Inside", "/a"),
        ('<h3>Plain</h3><p><a href="/a">Read it</a></p>', "Plain", "/a"),
        ("<h3>Alone</h3>", "Alone", None),
        ('<a name="x"></a><h4><span><a href="?id=7">Q</a></span></h4>', "Q", "/?id=7"),
    ],
)
def test_the_link_that_an_item_is_about(item: str, title: str, link: str | None) -> None:
    feed = read(f"<ul><li>{item}</li></ul>", url="https://n.example/", items="li")

    (entry,) = feed.entries
    assert plain(entry.title) == plain(title)
    assert entry.link == (f"https://n.example{link}" if link else None)


def test_an_item_may_be_the_link_or_stand_in_one() -> None:
    body = '<a class="n" href="/a">One</a><a href="/b"><div class="n"><h3>Two</h3></div></a>'

    assert links(read(body, items=".n")) == ["https://n.example/a", "https://n.example/b"]
    assert links(read(body, items="a.n", title="@class", link="@href")) == ["https://n.example/a"]


def test_without_a_link_selector_the_link_is_the_titles() -> None:
    body = '<li><a href="/author">Ann</a><div class="t"><a href="/a">A story</a></div></li>'

    assert links(read(body, items="li", title=".t")) == ["https://n.example/a"]


def test_an_item_in_an_item_keeps_what_is_its_own() -> None:
    body = '<div class="n"><h2><a href="/a">A</a></h2><div class="n"><h2><a href="/b">B</a></h2></div></div>'

    assert links(read(body, items=".n", link="h2 a")) == [
        "https://n.example/a",
        "https://n.example/b",
    ]


def test_a_selector_may_begin_outside_of_the_item() -> None:
    body = '<div id="list"><p><i><a href="/no">n</a></i><a href="/a">A</a></p></div>'

    feed = read(body, items="#list p", title="#list p > a", link=":scope > a")

    assert links(feed) == ["https://n.example/a"]


def test_rows_are_found_as_a_browser_shows_them() -> None:
    """Selectors are copied from browsers, which put rows into a tbody."""
    body = "<table><tr><td><a href=/a>A</a><tr><td><a href=/b>B</a></table>"

    assert len(read(body, items="table > tbody > tr:nth-child(n+2)").entries) == 1


def test_text_that_is_told_twice_is_kept_once() -> None:
    body = "<li><a href=/a>A</a><div><p>one</p></div><p>two</p></li>"

    (entry,) = read(body, items="li", content="div, p").entries

    assert entry.content == "<div><p>one</p></div><p>two</p>"


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("2026年1月2日", datetime(2026, 1, 1, 16, tzinfo=UTC)),
        ("2026-01-02 10:46:18", datetime(2026, 1, 2, 2, 46, 18, tzinfo=UTC)),
        ("（2026/1/2 08:00）来源：新华社", datetime(2026, 1, 2, 0, 0, tzinfo=UTC)),
        ("Posted on January 2, 2026 by Ann", datetime(2026, 1, 1, 16, tzinfo=UTC)),
        ("Updated: 2 Jan 2026", datetime(2026, 1, 1, 16, tzinfo=UTC)),
    ],
)
def test_dates_in_words_are_of_the_sources_zone(written: str, meant: datetime) -> None:
    feed = read(f"<li><a href=/a>A</a> <i>{written}</i></li>", items="li", published="i")

    assert feed.entries[0].published == meant
    assert feed.problems == ()


@pytest.mark.parametrize("written", ["3小时前", "yesterday", "soon", "13/2026", "01-02"])
def test_what_is_no_date_is_told_and_read_without(written: str) -> None:
    feed = read(f"<li><a href=/a>A</a> <i>{written}</i></li>", items="li", published="i")

    assert feed.entries[0].published is None
    assert any(repr(written) in problem for problem in feed.problems)


# ── bytes ────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("charset", "head", "kind"),
    [
        ("utf-8", "", "text/html"),
        ("gb18030", "", "text/html; charset=gb2312"),
        ("gb18030", '<meta charset="gbk">', "text/html"),
        (
            "gb18030",
            '<meta http-equiv=Content-Type content="text/html; charset=gb2312">',
            "text/html",
        ),
        ("big5", "<meta charset='big5'>", ""),
        ("shift_jis", "", "text/html;charset=Shift_JIS"),
        ("utf-16", '<meta charset="utf-8">', "text/html"),
        ("utf-8-sig", '<meta charset="gbk">', "text/html; charset=latin-1"),
        ("gb18030", "", "text/html"),
    ],
)
def test_charsets(charset: str, head: str, kind: str) -> None:
    title = "港口新聞" if charset != "shift_jis" else "港湾新聞"
    words = f"{title}，" if charset != "shift_jis" else title
    body = (
        f"<html><head>{head}</head><body><li><a href=/a>{title}</a>{words * 30}</li></body></html>"
    )

    feed = read(body.encode(charset), kind=kind, items="li")

    assert feed.entries[0].title == title


# ── what is not found ────────────────────────────────────────────────────────


def test_no_item_is_an_error_that_names_the_selector() -> None:
    with pytest.raises(ParseError, match=r"page\.items: 'article\.gone' finds nothing"):
        read(NEWSROOM, items="article.gone")


@pytest.mark.parametrize("body", [b"", b"  \n", b"<!-- -->", b"\x00"])
def test_nothing_is_no_page(body: bytes) -> None:
    with pytest.raises(ParseError, match="no page"):
        read(body)


def test_a_feed_is_better_read_as_one() -> None:
    with pytest.raises(ParseError, match="without page:"):
        read('<?xml version="1.0"?>\n<rss version="2.0"><channel/></rss>')


def test_items_of_which_nothing_can_be_said_are_an_error() -> None:
    with pytest.raises(ParseError, match=r"page\.title and page\.link find nothing there"):
        read(NEWSROOM, title=".t", link=".l")


def test_what_is_missing_is_told_and_the_rest_is_kept() -> None:
    body = "<li><b>A</b><a href=/a>x</a></li><li><b>B</b></li><li><a href=/c>x</a></li><li></li>"

    feed = read(body, items="li", title="b", link="a", summary="p.lead")

    assert [(e.title, e.link) for e in feed.entries] == [
        ("A", "https://n.example/a"),
        ("B", None),
        ("", "https://n.example/c"),
    ]
    assert feed.problems == (
        "page.summary: 'p.lead' finds nothing in any of the 4 entries",
        "1 of 4 entries have neither title nor link and were left out",
        "1 of 4 entries have no link",
        "1 of 4 entries have no title",
    )


@pytest.mark.parametrize(
    "href", ["javascript:alert(1)", "data:text/html,x", "http://[", "mailto:a@b.c"]
)
def test_what_is_no_web_address_is_no_link(href: str) -> None:
    feed = read(f'<li><b>T</b><a href="{href}">x</a></li>', items="li", title="b", link="a")

    assert links(feed) == [None]


# ── bounds ───────────────────────────────────────────────────────────────────

LISTED = "<li><a href=/a>A</a></li>"


@pytest.mark.parametrize(
    "body",
    [
        "<div>" * 100_000 + LISTED,
        LISTED + "<a " + " ".join(f"a{n}=1" for n in range(200_000)) + ">",
        "<p>"
        + "".join(f"<font color={n}>" for n in range(2000))
        + "</p>"
        + LISTED
        + "<p>x" * 90_000,
        LISTED + "<!--" * 500_000,
        LISTED + "<" * 1_000_000,
        LISTED * 60_000,
        (LISTED * 900).join(["<ul>"] * 60),
    ],
    ids=["deep", "attributes", "formatting", "comments", "brackets", "flat", "nested"],
)
@pytest.mark.parametrize(
    "items", ["li", "ul li", "li ~ li", "ul > li + li", "li:nth-child(2n)", "div div .x li"]
)
def test_no_page_and_no_selector_takes_long(body: str, items: str) -> None:
    begun = time.process_time()  # the machine may be busy
    with contextlib.suppress(ParseError):
        read(body, items=items)

    assert time.process_time() - begun < 5


@pytest.mark.parametrize(
    "slip",
    [
        *("<p<span>", "<b<", '<a"b c>', "<p&x>", "<td'>", "<br<br>", "<p {}>", "<p {{x}}=1 {%y%}>"),
        *("&#1;", "&#xFFFE;", "<p title='&#11;'>"),
    ],
)
def test_a_slip_in_a_tag_costs_nothing_but_itself(slip: str) -> None:
    feed = read(f"<ul><li><a href=/a>x</a>{slip}y</li><li><a href=/b>z</a></li></ul>", items="li")

    assert links(feed) == ["https://n.example/a", "https://n.example/b"]


def test_a_long_list_is_cut_and_that_is_told() -> None:
    body = "".join(f"<li><a href=/{n}>{n}</a></li>" for n in range(1500))

    feed = read(f"<ul>{body}</ul>", items="li")

    assert len(feed.entries) == 1000
    assert "500 elements stand beside 1,000 others and were left out" in feed.problems


@given(st.binary(max_size=400), st.sampled_from(["li", "*", "div > a", "p ~ p", ":not(a)"]))
@settings(max_examples=300)
def test_any_bytes_are_a_feed_or_a_parse_error(body: bytes, items: str) -> None:
    response = Response(url="https://n.example/", body=b"<li><a href=/a>x" + body)
    try:
        found = formats.guarded(lambda: pages.parse(response, PageOptions(items=items)))
    except ParseError as error:
        assert "cannot be read" not in str(error)
    else:
        assert found.entries


@pytest.mark.parametrize("markup", ["<ul><li>1</li><li>2</li></ul><p>3</p><p>4<b>5</b></p>"])
@pytest.mark.parametrize(
    ("selector", "texts"),
    [
        ("li", ["1", "2"]),
        ("ul li", ["1", "2"]),
        ("ul > li + li", ["2"]),
        ("ul ~ p", ["3", "45"]),
        ("ul + p", ["3"]),
        ("p ~ p b", ["5"]),
        ("p, li:first-child", ["1", "3", "45"]),
        ("p:has(b)", ["45"]),
        ("p:not(ul + p)", ["45"]),
        ("body > :not(ul)", ["3", "45"]),
        ("LI", ["1", "2"]),
    ],
)
def test_selectors_mean_what_css_says(markup: str, selector: str, texts: list[str]) -> None:
    root, _ = pages.htmltree.tree(Response(url="", body=markup.encode()))

    found = selectors.Page(root).matching(selector)

    assert [x.text_content() for x in found] == texts


# ── the config, and the whole way ────────────────────────────────────────────


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("{items: 'article..x'}", "is no CSS selector: expected ident"),
        ("{items: li, title: 'h2['}", "sources.a.page.title: 'h2[' is no CSS selector"),
        ("{items: li, title: 'h2::text'}", "pseudo-element"),
        ("{items: 'li@id'}", "an @attribute stands only at the end of a field"),
        ("{items: li, published: 'time@datetime, p'}", "only at the end of a field"),
        ("{items: 'svg|li'}", "undefined namespace prefix"),
        ("{title: h2}", "missing key 'items'"),
        ("{items: li, tilte: h2}", "unknown key 'tilte', did you mean 'title'?"),
    ],
)
def test_a_wrong_selector_is_told_with_its_place(written: str, said: str) -> None:
    text = f"sources:\n  a:\n    url: https://a.example/\n    page: {written}\n"

    with pytest.raises(ConfigError, match=r"config\.yaml:4:") as caught:
        config.load(text, folder=Path("/srv"))

    assert said in str(caught.value)


def test_a_page_becomes_stories_and_stays_what_it_was_when_it_fails(tmp_path: Path) -> None:
    answers = [NEWSROOM, NEWSROOM.replace("Second", "Second, corrected"), "<p>be right back</p>"]

    def answer(asked: Asked) -> Answer:
        if asked.path != "/news":
            return Answer(status=404)
        return Answer(headers={"Content-Type": "text/html"}, body=answers[0].encode())

    world = World(tmp_path)
    with serving(answer) as server:
        world.config(
            "site: {title: P, url: 'https://p.example/', timezone: Asia/Shanghai}\n"
            "fetch: {allow_private: [127.0.0.0/8]}\n"
            f"sources: {{a: {{url: '{server.url}/news', page: {{items: article.news, summary: p.lead}}}}}}\n"
        )
        first = world.run(online=True)
        answers.pop(0)
        second = world.run(online=True)
        answers.pop(0)
        third = world.run(online=True)

    assert (first.new, second.new, second.changed) == (2, 0, 1)
    assert third.failed == 1 and "finds nothing" in third.errors[0][1]
    found = {e["title"]: e["url"] for e in world.entries()}
    assert found == {
        "夜间渡轮 & more": f"{server.url}/news/night-ferry.html",
        "Second, corrected": "https://other.example/b?x=1&y=2",
    }
