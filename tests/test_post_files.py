"""Entries as posts of a Jekyll site, and those posts read again."""

from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import frontmatter
import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from aggregator.formats import posts
from aggregator.formats.jekyll import Site
from aggregator.formats.post_files import rendered, untouched
from aggregator.formats.site_posts import Reader
from aggregator.model import (
    Category,
    Enclosure,
    Entry,
    Extension,
    Link,
    Origin,
    Person,
    PostOptions,
)
from aggregator.rules.clean import clean
from aggregator.text import plain

SHANGHAI = ZoneInfo("Asia/Shanghai")
NAME = "2026-01-02-x.html"
FULL = Entry(
    id="tag:a.example,2026:1",
    title="港口: 夜航 # 恢复",
    links=(
        Link(href="https://a.example/1"),
        Link(href="https://a.example/about", rel="related", title="About"),
        Link(href="https://b.example/1", rel="via", title="Paper B"),
        Link(href="https://a.example/1#c", rel="replies", type="text/html"),
        Link(href="https://creativecommons.org/licenses/by/4.0/", rel="license", hreflang="en"),
    ),
    published=datetime(2026, 1, 1, 18, 30, tzinfo=UTC),
    updated=datetime(2026, 1, 3, 8, 0, tzinfo=UTC),
    authors=(Person(name="Lin", email="lin@a.example", url="https://a.example/lin"),),
    summary="Boats at night",
    content="<p>夜航班轮今晚恢复。</p>",
    categories=(Category(term="航运"), Category(term="open source"), Category(term="2026-01-02")),
    enclosures=(
        Enclosure(url="https://a.example/1.mp3", type="audio/mpeg", length=1234),
        Enclosure(url="https://a.example/1.pdf"),
    ),
    language="zh-Hans",
    rights="© A & Co",
    comments="https://a.example/1#c",
    origin=Origin(
        id="https://a.example/feed",
        title="Paper A",
        links=(Link(href="https://a.example/"), Link(href="https://a.example/feed", rel="self")),
        rights="CC BY",
    ),
    extensions=(
        Extension(name="media:thumbnail", attributes=(("url", "https://a.example/1.png"),)),
    ),
)


def written(entry: Entry, *sections: str) -> bytes:
    return rendered(entry, sections=sections, zone=SHANGHAI, layout="post")


def read(file: bytes, options: PostOptions | None = None) -> Entry:
    options = options or PostOptions(timezone="Asia/Shanghai")
    (entry,) = posts.parse(file, path=NAME, options=options).entries
    return clean(entry)


def fields(file: bytes) -> dict[str, object]:
    return dict(frontmatter.loads(file.decode()).metadata)


# ── what is written ──────────────────────────────────────────────────────────


def test_a_post_says_what_themes_ask_for():
    assert written(FULL, "航运").decode() == (
        """---
layout: 'post'
title: '港口: 夜航 # 恢复'
date: 2026-01-02 02:30:00 +08:00
last_modified_at: 2026-01-03 16:00:00 +08:00
categories:
- '航运'
tags:
- 'open source'
- '2026-01-02'
authors:
- name: 'Lin'
  email: 'lin@a.example'
  uri: 'https://a.example/lin'
description: 'Boats at night'
canonical_url: 'https://a.example/1'
guid: 'tag:a.example,2026:1'
lang: 'zh-Hans'
rights: '© A & Co'
image: 'https://a.example/1.png'
enclosure:
- url: 'https://a.example/1.mp3'
  type: 'audio/mpeg'
  length: 1234
- url: 'https://a.example/1.pdf'
render_with_liquid: false
aggregator:
  sum: 'c38d60576bdf5a5274376d904d92fe3a'
  source:
    title: 'Paper A'
    url: 'https://a.example/'
    feed: 'https://a.example/feed'
    id: 'https://a.example/feed'
    rights: 'CC BY'
  links:
  - rel: 'related'
    url: 'https://a.example/about'
    title: 'About'
  - rel: 'via'
    url: 'https://b.example/1'
    title: 'Paper B'
  - rel: 'replies'
    url: 'https://a.example/1#c'
    type: 'text/html'
  - rel: 'license'
    url: 'https://creativecommons.org/licenses/by/4.0/'
    lang: 'en'
  comments: 'https://a.example/1#c'
---
<p>夜航班轮今晚恢复。</p>
"""
    )


AWKWARD = (
    *("no", "~x", "null and void", "012", "1,000", "1e3", "12:30", "2026-01-02", "0x1F", "=", "<<"),
    *("a: b", "a #b", "# a", "@a", "`a", "%a", "&a *b", "!a", "- a", "? a", "[a]", "{a: b}", "---"),
    *(
        "it's",
        '"a"',
        "'",
        "''",
        "a\\nb",
        "\\",
        "😀 独家",
        "港口：夜航「恢复」",
        "{{ x }}",
        "{% raw %}",
    ),
    *(
        "a\u2028b",
        "a\x85b",
        "\ufeffa",
        "x" * 500 + " " + "y" * 500,
        "a\u200db",
        "👩‍👩‍👧",
        "e\u0301",
    ),
)


@pytest.mark.parametrize("text", AWKWARD)
def test_a_text_is_that_text_for_every_reader_of_yaml(text: str):
    file = written(replace(FULL, title=text, categories=(Category(term=text),)))

    assert fields(file)["title"] == text
    assert fields(file)["tags"] == [text]


@pytest.mark.parametrize(
    "text", ["<b>x</b>", "a <img src=x onerror=alert(1)", "<script>x</script>", "&lt;b&gt;"]
)
def test_what_came_from_outside_is_no_markup_to_a_theme_that_prints_it(text: str):
    outside = replace(
        FULL,
        title=text,
        categories=(Category(term=text),),
        authors=(Person(name=text.replace("</", "<")),),
        rights=text,
        links=(*FULL.links[:1], Link(href="https://b.example/", rel="via", title=text)),
        origin=Origin(title=text),
    )
    head = written(outside).partition(b"\n---\n")[0]

    assert b"<" not in head
    assert read(written(outside)).title == text
    assert read(written(outside)).authors == outside.authors


def test_dates_are_dates_to_every_reader_of_yaml():
    file = written(FULL)

    assert fields(file)["date"] == FULL.published
    assert fields(file)["last_modified_at"] == FULL.updated


def test_a_date_before_there_were_zones_is_in_utc():
    old = replace(FULL, published=datetime(1899, 1, 1, 12, tzinfo=UTC), updated=None)

    assert b"\ndate: 1899-01-01 12:00:00 +00:00\n" in written(old)


def test_a_post_without_anything_is_a_post():
    entry = Entry(id="urn:x:1", title="T", published=FULL.published, updated=FULL.published)

    assert read(written(entry)) == replace(
        entry, updated=None, path=NAME, source_link=None, origin=None
    )


# ── whose file it is ─────────────────────────────────────────────────────────


def test_a_file_that_nobody_changed_is_known():
    assert untouched(written(FULL))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("夜航班轮", "夜航渡轮"),
        ("title: '", "title: ' "),
        ("  sum: '", "  sum: '0"),
        ("\n", "\r\n"),
        ("layout: 'post'\n", ""),
    ],
)
def test_a_file_that_somebody_changed_is_known(before: str, after: str):
    assert not untouched(written(FULL).replace(before.encode(), after.encode(), 1))


@pytest.mark.parametrize("file", [b"", b"---\ntitle: a\n---\ntext\n", b"  sum: '1'\n"])
def test_a_file_of_others_is_not_ours(file: bytes):
    assert not untouched(file)


# ── there and back ───────────────────────────────────────────────────────────

# What a front matter can say; it has no words for the rest of an entry.
_TEXT = st.text(max_size=40) | st.sampled_from(AWKWARD)
_LINE = _TEXT.map(plain).filter(lambda text: text.lower() not in ("", "null", "~"))
_URL = st.sampled_from(
    ["https://a.example/1", "https://a.example/新闻?a=1&b=%20", "http://xn--fiq228c.example/#x"]
)
_LANGUAGES = st.sampled_from(["zh-Hans", "en", "no"])
_MOMENTS = st.integers(800_000_000, 1_780_000_000).map(lambda at: datetime.fromtimestamp(at, UTC))
_MARKUP = st.text(max_size=200) | st.lists(
    st.sampled_from(
        [
            *("<p>", "</p>", "\n", "\n\n", "---", "...", "\r", "\ufffd", "{{ x }}", "{% raw %}"),
            *("https://site.example/", "<https://a.example/>", "[返回首页](../)", "    code"),
            *('<a href="https://site.example/">返回首页</a>', "<pre>\n  x\n</pre>", "* a", "&amp;"),
            *(
                "<!-- x -->",
                "{: .x}",
                "{{< figure >}}",
                "| a | b |",
                "<hr>",
                "\u2028",
                "\x85",
                "😀",
            ),
        ]
    ),
    max_size=12,
).map("".join)
_ENTRIES = st.builds(
    Entry,
    id=st.sampled_from(["tag:a.example,2026:1", "https://a.example/?p=1", "urn:x:中文"]),
    title=_LINE,
    links=st.lists(st.builds(Link, href=_URL), max_size=1).map(tuple),
    published=_MOMENTS,
    updated=st.none(),
    authors=st.lists(
        st.builds(
            Person,
            name=_LINE.filter(lambda name: "</" not in name),
            email=st.none() | st.just("a@a.example"),
            url=st.none() | _URL,
        ),
        max_size=2,
        unique=True,
    ).map(tuple),
    content=st.none() | _MARKUP,
    categories=st.lists(st.builds(Category, term=_LINE), max_size=3, unique=True).map(tuple),
    enclosures=st.lists(
        st.builds(
            Enclosure,
            url=_URL,
            type=st.none() | st.just("audio/mpeg"),
            length=st.none() | st.integers(0, 10**12),
        ),
        max_size=2,
        unique=True,
    ).map(tuple),
    language=st.none() | _LANGUAGES,
    rights=st.none() | _LINE,
)
_OPTIONS = PostOptions(
    timezone="Asia/Shanghai", site_hosts=("site.example",), site="https://site.example/"
)


@given(_ENTRIES)
@example(Entry(id="urn:x:1", title="&amp;lt;", published=FULL.published, content="\r<p>\ufffd"))
def test_there_and_back_nothing_changes(given: Entry):
    entry = clean(given)
    file = written(entry)
    back = read(file, _OPTIONS)

    assert back == replace(
        entry, content=entry.content or None, path=NAME, source_link=entry.link, summary=None
    )
    assert written(back) == file


def test_there_and_back_nothing_is_lost():
    entry = clean(FULL)
    back = read(written(entry, "航运"), _OPTIONS)

    assert back == replace(entry, sections=("航运",), path=NAME)
    assert written(back, *back.sections) == written(entry, "航运")


def test_a_site_reads_them_as_jekyll_does():
    site = Site([f"_posts/{NAME}"], b"timezone: Asia/Shanghai\nurl: https://site.example\n")
    reader = Reader(site, _OPTIONS, now=datetime(2026, 7, 1, tzinfo=UTC))
    (entry,) = reader.parse(written(FULL, "航运"), f"_posts/{NAME}").entries

    path = f"_posts/{NAME}"
    assert clean(entry) == replace(clean(FULL), sections=("航运",), path=path)


def test_a_text_that_others_end_with_a_link_keeps_it_here():
    text = "<p>a</p>\n\nhttps://wire.example/1"
    entry = replace(FULL, content=text, links=(Link(href="https://wire.example/1"),))

    assert read(written(entry)).content == text


def test_front_matter_in_front_of_yaml_itself_is_yaml():
    head = written(FULL).decode().split("---\n")[1]

    assert yaml.safe_load(head)["title"] == FULL.title
