import json
import re
import time
from dataclasses import replace

import pytest
from html_rules import active
from hypothesis import given
from hypothesis import strategies as st

from aggregator.model import Category, Enclosure, Entry, Feed, Link, Origin, Person, Source
from aggregator.rules import Ruler
from aggregator.rules.categories import Categories, CategoryRule
from aggregator.rules.clean import RELATIVE, clean, clean_feed, safe_html

BASE = "https://a.example/dir/page"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("<p>kept <em>as</em> is</p>", "<p>kept <em>as</em> is</p>"),
        ("<script>x</script>", ""),
        ("<p onclick='x'>a</p>", "<p>a</p>"),
        ("<a href='javascript:x'>a</a>", "<a>a</a>"),
        ("<a href='JaVa\tScript:x'>a</a>", "<a>a</a>"),
        ("<a href='vbscript:x'>a</a>", "<a>a</a>"),
        ("<a href='mailto:x@y.example'>a</a>", '<a href="mailto:x@y.example">a</a>'),
        ("<img src='data:image/gif;base64,AA=='>", ""),
        ("<img src='p.gif' width=1 height=1>after", "after"),
        ("<img src='p.gif' width=10 height=1>", '<img src="https://a.example/dir/p.gif" width="10" height="1">'),
        ("<img src='p.gif' style='width:1px;height:1px'>after", "after"),
        ("<img src='p.gif' style='WIDTH: 0; height: 1PX !important'>after", "after"),
        ("<img src='p.gif' width=1 style='height:0px'>after", "after"),
        ("<img src='p.gif' style='border:0; display : none'>after", "after"),
        ("<img src='p.gif' style=visibility:hidden>after", "after"),
        ("<img src='p.gif' style='width:100%;height:auto'>", '<img src="https://a.example/dir/p.gif">'),
        ("<img src='p.gif' style='width:1em;height:10px' alt='>'>",
         '<img src="https://a.example/dir/p.gif" alt="&gt;">'),
        ("<img alt='no source'>after", "after"),
        ("<p style='display:none'>a</p>", "<p>a</p>"),
        ("<noscript><img src='p.png'></noscript>", '<img src="https://a.example/dir/p.png">'),
        ("<img src=data:x data-src=p.png><NOSCRIPT class=l><img src='p.png'></NoScript >",
         '<img src="https://a.example/dir/p.png">'),
        ("<img src='/p.png'>a<noscript><img alt='' src=\"/p.png\"></noscript>b",
         '<img src="https://a.example/p.png">ab'),
        ("<noscript><img src='p.gif' width=1 height=1>Text</noscript>", "Text"),
        ("<noscript>open", "open"),
        ("<noscript><script>x</script></noscript>a", "a"),
        ("<a href='/x'>a</a>", '<a href="https://a.example/x">a</a>'),
        ("<a href='?q=1'>a</a>", '<a href="https://a.example/dir/page?q=1">a</a>'),
        ("<img src='//cdn.example/i.png'>", '<img src="https://cdn.example/i.png">'),
        ("<form action='/x'><input name=a></form>", ""),
        ("<iframe src='https://x.example'></iframe>t", "t"),
        ("<meta http-equiv=refresh content=0>t", "t"),
        ("<base href='https://evil.example/'><a href='x'>a</a>", '<a href="https://a.example/dir/x">a</a>'),
        ("<p style='position:fixed'>a</p>", "<p>a</p>"),
        ("<!-- c -->a", "a"),
        ("<p>open", "<p>open</p>"),
        ("<svg><script>x</script><circle r='1'></circle></svg>", '<svg><circle r="1"></circle></svg>'),
        ("<math><mi>x</mi><annotation-xml encoding='text/html'><img src=x onerror=y></annotation-xml></math>",
         None),
        ("an <!DOCTYPE", "an &lt;!DOCTYPE"),
        ("<!' <a href='x'>a</a>", '&lt;!\' <a href="https://a.example/dir/x">a</a>'),
        ("<!DOCTYPE html><p>a</p>", "<p>a</p>"),
        ("<![if !IE]>a<![endif]><!--[if IE]>b<![endif]-->", "a"),
        ("<![CDATA[<p>a</p>]]>b", "<p>a</p>b"),
        ("<![CDATA[<script>x</script>a", "&lt;![CDATA[a"),
        ("<svg><desc>A <b>red</b> dot</desc><circle r='1'></circle></svg>",
         '<svg>A red dot<circle r="1"></circle></svg>'),
        ("<svg><desc>a<script>x</script></desc></svg>", "<svg>a</svg>"),
        ("<span href='' lowsrc=''>a</span>", '<span href="" lowsrc="">a</span>'),
        ("<span href='/x' lowsrc='javascript:x'>a</span>", "<span>a</span>"),
        ("<a title='' href=''>a</a><q cite=''>b</q>", '<a title="">a</a><q>b</q>'),
        ("纯文本", "纯文本"),
        ("a\x00b\x0bc", "abc"),
    ],
)  # fmt: skip
def test_markup_is_made_safe_and_absolute(before: str, after: str | None) -> None:
    cleaned = safe_html(before, BASE)
    assert after is None or cleaned == after
    assert "onerror" not in cleaned


PIECES = [
    "<img",
    " src=",
    " style=",
    " width=",
    "1",
    "'",
    '"',
    ">",
    "<",
    "display:none",
    ";",
    "&gt;",
]
PIECES += [
    "<!",
    "<![CDATA[",
    "]]>",
    "<svg>",
    "<desc>",
    "</desc>",
    "<span href=''>",
    "<noscript>",
    "</noscript>",
    "<p>",
    "a",
    " ",
    "=",
    "http://a/",
    "-",
]


@given(
    st.text(alphabet="<>/=\"' abhrefscriptonjv:&;#x0\n![]-")
    | st.lists(st.sampled_from(PIECES)).map("".join)
)
def test_whatever_comes_is_stable_once_clean(markup: str) -> None:
    once = safe_html(markup, BASE)
    assert safe_html(once, BASE) == once
    assert not re.search("<[^>]*\\sstyle", once)


@pytest.mark.parametrize("base", [None, "", "file:///srv/planet/feed.xml", "feed.xml"])
def test_what_cannot_be_made_absolute_is_left_out(base: str | None) -> None:
    markup = (
        "<a href='../about/'>About</a> <a href='#note'>1</a> <img src='/a.png' alt='A'>"
        "<a href='//b.example/'>B</a> <a href='https://c.example/'>C</a><blockquote>q</blockquote>"
    )
    assert safe_html(markup, base) == (
        '<a>About</a> <a>1</a> <a href="https://b.example/">B</a>'
        ' <a href="https://c.example/">C</a><blockquote>q</blockquote>'
    )


def test_what_is_relative_to_nothing_stays_so_only_where_it_is_looked_at() -> None:
    entry = Entry(content="<a href='y'>y</a><a href='javascript:x'>z</a>")
    feed = Feed(subtitle="<a href='y'>y</a>")

    assert clean(entry).content == "<a>y</a><a>z</a>"
    assert clean(entry, keep_relative=True).content == '<a href="y">y</a><a>z</a>'
    assert clean_feed(feed).subtitle == "<a>y</a>"
    assert clean_feed(feed, keep_relative=True).subtitle == '<a href="y">y</a>'


@pytest.mark.parametrize(
    "address",
    [
        *("java&#1;script:evil()", "java&#127;script:evil()", "&#xFFFE;javascript:evil()", "java&#1;&#9;script:evil()"),
        *("data&#1;:text/html,x", "vb&#x9d;script:evil()", "&#2; &#3;javascript:evil()"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("tag", ["<a href='{}'>a</a>", "<video poster='{}'></video>"])
def test_no_character_that_is_left_out_hides_a_script(tag: str, address: str) -> None:
    markup = tag.format(address)

    assert ":" not in safe_html(markup, RELATIVE)
    assert active(safe_html(markup, "https://a.example/")) == []


def test_a_path_that_is_relative_to_nothing_may_hold_a_colon() -> None:
    assert safe_html("<a href='./a:b'>a</a>", RELATIVE) == '<a href="./a:b">a</a>'
    assert safe_html("<a href='?x=a:b&#1;'>a</a>", RELATIVE) == '<a href="?x=a:b">a</a>'
    assert safe_html("<a href='http&#1;s://a.example/'>a</a>", RELATIVE) == (
        '<a href="https://a.example/">a</a>'
    )


@pytest.mark.parametrize("address", ["https:b", "http:/b", "https:///b", "HTTPS:b", "https:\\\\b"])
def test_an_address_without_a_host_is_none(address: str) -> None:
    markup = f"""<a href="{address}" title="t">a</a> href="https:x" <svg><a xlink:href="{address}">b</a></svg>"""

    assert safe_html(markup, BASE) == ('<a title="t">a</a> href="https:x" <svg><a>b</a></svg>')


def test_of_one_tag_every_address_that_leads_nowhere_goes() -> None:
    assert safe_html("<video src='' poster='https:b' width='2'></video>", BASE) == (
        '<video width="2"></video>'
    )


@pytest.mark.parametrize(
    "piece",
    [
        "<noscript",
        "<noscript>",
        "<noscript><img src=",
        "<img ",
        "<!doctype ",
        "<![CDATA[",
        "<desc>",
    ],
)
def test_markup_made_to_be_slow_is_not(piece: str) -> None:
    start = time.process_time()
    safe_html(piece * 50_000, BASE)
    assert time.process_time() - start < 5


def test_an_entry_comes_out_plain_safe_and_absolute() -> None:
    raw = Entry(
        id="1",
        title="<b>Tom &amp; Jerry</b>\n <i>return</i>",
        links=(Link(href="/x?utm_source=rss"), Link(href="d", rel="replies"), Link(href="x", rel="self")),
        authors=(Person(name="<script>x</script>Ann"), Person(name=" "), Person(url="javascript:x", name="B")),
        summary="<p>s</p><script>x</script>",
        content="<a href='y'>y</a>",
        base="https://a.example/dir/",
        categories=(Category(term=" <b>tag</b> "), Category(term="")),
        enclosures=(Enclosure(url="a.mp3", type="Audio/MPEG", length=3), Enclosure(url="ftp://x/y")),
        language="zh_cn",
        rights="&copy; A",
        comments="/x#c",
        origin=Origin(id="o", title="<i>O</i>", links=(Link(href="/o"),)),
    )  # fmt: skip

    entry = clean(raw)

    assert entry == Entry(
        id="1",
        title="Tom & Jerry return",
        links=(
            Link(href="https://a.example/x"),
            Link(href="https://a.example/dir/d", rel="replies"),
            Link(href="https://a.example/dir/x", rel="self"),
        ),
        authors=(Person(name="Ann"), Person(name="B")),
        summary="<p>s</p>",
        content='<a href="https://a.example/dir/y">y</a>',
        categories=(Category(term="tag"),),
        enclosures=(Enclosure(url="https://a.example/dir/a.mp3", type="audio/mpeg", length=3),),
        language="zh-cn",
        rights="© A",
        comments="https://a.example/x#c",
        origin=Origin(id="o", title="O", links=(Link(href="https://a.example/o"),)),
        source_link="/x?utm_source=rss",
    )


def test_the_feeds_own_address_is_no_link_of_an_entry() -> None:
    permalink = Link(href="https://a.example/post/1", rel="permalink")
    raw = Entry(links=(Link(href="https://a.example/"), permalink))
    assert clean(raw, feed_urls=["https://a.example/"]).link == "https://a.example/post/1"


def test_a_file_that_is_enclosed_twice_is_one() -> None:
    twice = tuple(Enclosure(url=url) for url in ("/1.mp3", " https://a.example/1.mp3 "))
    found = clean(Entry(id="1", title="T", base="https://a.example/", enclosures=twice))

    assert found.enclosures == (Enclosure(url="https://a.example/1.mp3"),)


def test_a_discussion_is_where_an_entry_is_discussed_and_not_its_link() -> None:
    page = "https://www.reddit.com/r/news/comments/1abcde/a_title/"
    text = '<a href="https://a.example/n">[link]</a>'

    cleaned = clean(Entry(links=(Link(href=page),), content=text))

    assert cleaned.link == "https://a.example/n"
    assert cleaned.comments == page
    assert clean(cleaned) == cleaned


def test_a_post_is_not_relative_to_the_page_that_it_links_to() -> None:
    links = (Link(href="https://other.example/story/1.html"),)
    text = "<img src='/a.png'><a href='../b/'>b</a>"

    at_home = clean(Entry(links=links, content=text, path="a.md", base="https://blog.example/"))
    homeless = clean(Entry(links=links, content=text, path="a.md"))

    assert at_home.content == (
        '<img src="https://blog.example/a.png"><a href="https://blog.example/b/">b</a>'
    )
    assert homeless.content == "<a>b</a>"


def test_a_host_of_the_own_network_needs_no_dot() -> None:
    assert clean(Entry(links=(Link(href="http://intranet/story"),))).link == "http://intranet/story"


def test_a_feeds_own_texts_are_cleaned_too() -> None:
    feed = clean_feed(
        Feed(
            title="<b>T</b>",
            subtitle="<p onclick=x>s</p>",
            image="i.png",
            base="https://a.example/",
        )
    )
    assert (feed.title, feed.subtitle) == ("T", "<p>s</p>")


def test_cleaning_an_entry_twice_changes_nothing() -> None:
    raw = Entry(title="a &amp;amp; b", links=(Link(href="https://a.example/x"),), content="<p>x")
    once = clean(raw)
    assert clean(once) == replace(once, title="a & b")


# ── categories, keep and drop ────────────────────────────────────────────────

CATEGORIES = Categories(
    [
        CategoryRule(name="技术", aliases=("tech", "Technology")),
        CategoryRule(name="long", match='title ~ "^.{11}"'),
    ]
)


def outputs(entry: Entry, *categories: str) -> list[str]:
    source = Source(id="a", url="https://a.example/", categories=categories)
    return list(CATEGORIES.filing(entry, source).outputs)


def test_categories_are_known_by_any_of_their_names_and_each_stands_once() -> None:
    entry = Entry(
        sections=("ＴＥＣＨ", "其他  类"), categories=(Category(term="x", label="technology"),)
    )
    assert outputs(entry, "tech", "News") == ["技术", "News", "其他 类"]


def test_tags_that_nobody_names_are_no_outputs() -> None:
    assert outputs(Entry(categories=(Category(term="bees"),))) == []


def test_a_rule_can_match_by_text() -> None:
    assert outputs(Entry(title="a long enough title")) == ["long"]


@pytest.mark.parametrize(
    ("keep", "drop", "dropped"),
    [
        (None, None, None),
        ('title has "bees"', None, None),
        ('title has "wasps"', None, 'sources.a.keep: title has "wasps"'),
        (None, 'title has "bees"', 'sources.a.drop: title has "bees"'),
    ],
)
def test_keep_and_drop_say_which_rule_it_was(
    keep: str | None, drop: str | None, dropped: str | None
) -> None:
    source = Source(id="a", url="https://a.example/", keep=keep, drop=drop)
    assert Ruler(source, CATEGORIES)(Entry(title="bees")).dropped == dropped


def test_what_was_cleaned_can_be_written_as_json() -> None:
    entry = clean(Entry(title="\ud800 lone", content="<p>\ud800</p>"))
    json.dumps([entry.title, entry.content]).encode()
    entry.title.encode("utf-8")


def test_a_name_is_text_and_an_address_is_one() -> None:
    raw = Entry(
        authors=(
            Person(name="林 <Lin> & 子", email="invalid at x.example"),
            Person(name="<a href='x'>Ann</a>", email="a@x.example"),
        )
    )
    assert clean(raw).authors == (
        Person(name="林 <Lin> & 子"),
        Person(name="Ann", email="a@x.example"),
    )


def test_a_scheme_that_is_no_iri_is_left_out() -> None:
    raw = Entry(
        categories=(
            Category(term="t", scheme="insert value here"),
            Category(term="u", scheme=" https://x.example/ "),
            Category(term="v", scheme="javascript:evil()"),
        )
    )
    assert [c.scheme for c in clean(raw).categories] == [None, "https://x.example/", None]


def test_what_was_cleaned_once_is_clean() -> None:
    for markup in (
        "<p>x " + "<b>" * 430 + "y",
        '<img src="https://b.exa- - -mple/d/i.png" alt="x">',
        '<a href="https://b.exa%20mple/">y</a>',
    ):
        once = clean(Entry(content=markup)).content
        assert (clean(Entry(content=once)).content or None) == (once or None)
