"""Posts: front matter in any state, and the source link and footer of the site's own dialect."""

import codecs
import time
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.errors import ParseError
from aggregator.formats.jekyll import Site
from aggregator.formats.posts import parse, publishable_name
from aggregator.formats.site_posts import Reader, publishable_path
from aggregator.model import Category, Enclosure, Entry, Feed, Link, Person, PostOptions

SHANGHAI = PostOptions(
    timezone="Asia/Shanghai", language="zh", site_hosts=("news.example", "www.old.example:8080")
)
NAME = "2026-01-02-hello-world.md"
HARBOUR = """---
layout: post
title: "港口夜航恢复"
date: 2026-01-02 10:00:00 +0800
categories: gangkoubao
tags: 港口报新闻
---
<p>夜航班轮今晚恢复。</p>
 <p>票价不变。</p><p class="em_media">（文章来源：<a href="http://paper.example/">港口报</a>）</p>

<http://wire.example/read.html?infoCode=NW202601021234567890>

[返回港口报新闻](//news.example/category/gangkoubao.html)｜[返回首页](//news.example/)
"""


def feed_of(text: str | bytes, path: str = NAME, options: PostOptions = SHANGHAI) -> Feed:
    body = text if isinstance(text, bytes) else text.encode()
    return parse(body, path=path, options=options)


def post(text: str | bytes, path: str = NAME, options: PostOptions = SHANGHAI) -> Entry:
    (entry,) = feed_of(text, path, options).entries
    return entry


def with_fields(fields: str, body: str = "Text.") -> str:
    return f"---\n{fields}\n---\n\n{body}\n"


def with_body(body: str) -> str:
    return with_fields("title: Night boats", body)


# ── a whole post ─────────────────────────────────────────────────────────────


def test_a_post_of_the_site_becomes_one_entry():
    feed = feed_of(HARBOUR, "2026-01-02-NW202601021234567890.md")

    link = "http://wire.example/read.html?infoCode=NW202601021234567890"
    assert feed == Feed(
        entries=(
            Entry(
                id="2026-01-02-NW202601021234567890.md",
                title="港口夜航恢复",
                links=(Link(href=link),),
                published=datetime(2026, 1, 2, 2, tzinfo=UTC),
                content='<p>夜航班轮今晚恢复。</p>\n <p>票价不变。</p><p class="em_media">'
                '（文章来源：<a href="http://paper.example/">港口报</a>）</p>',
                base="https://news.example/",
                categories=(Category(term="gangkoubao"), Category(term="港口报新闻")),
                sections=("gangkoubao",),
                language="zh",
                source_link=link,
                path="2026-01-02-NW202601021234567890.md",
            ),
        )
    )


def test_a_post_can_state_everything():
    entry = post(
        with_fields(
            """id: tag:example.org,2026:1
title: Tides & boats
author: {name: Lin, email: lin@example.org, uri: "https://example.org/lin"}
authors: [Lin Mei, Ada]
description: High water twice a day
updated: 2026-01-03T00:00:00Z
lang: en
license: CC-BY-4.0
enclosure: {url: "https://example.org/a.mp3", type: audio/mpeg, length: 012}"""
        )
    )

    assert entry.id == "tag:example.org,2026:1"
    assert entry.title == "Tides & boats"
    assert entry.authors == (
        Person(name="Lin", email="lin@example.org", url="https://example.org/lin"),
        Person(name="Lin Mei"),
        Person(name="Ada"),
    )
    assert entry.summary == "High water twice a day"
    assert entry.updated == datetime(2026, 1, 3, tzinfo=UTC)
    assert (entry.language, entry.rights) == ("en", "CC-BY-4.0")
    assert entry.enclosures == (
        Enclosure(url="https://example.org/a.mp3", type="audio/mpeg", length=12),
    )


def test_keys_without_a_value_are_as_if_they_were_not_there():
    fields = "title: A\nauthor: ~\ncategories:\ntags: [~, a]\nsummary: null\nenclosure:\nlang: ''"

    entry = post(with_fields(fields))

    assert (entry.authors, entry.sections, entry.summary, entry.enclosures) == ((), (), None, ())
    assert entry.categories == (Category(term="a"),)
    assert entry.language == "zh"


@pytest.mark.parametrize("field", ["published: false", "published: 'No'", "draft: true"])
def test_what_is_not_to_be_published_gives_no_entry(field):
    assert feed_of(with_fields(f"title: A\n{field}")) == Feed(id=NAME)
    assert feed_of(with_fields(f"title: A\nid: 7\n{field}")) == Feed(id="7")


@pytest.mark.parametrize("field", ["published: true", "draft: false", "draft: no", "published:"])
def test_what_says_that_it_is_published_is_an_entry(field):
    assert len(feed_of(with_fields(f"title: A\n{field}")).entries) == 1


def test_markdown_tables_strikethrough_and_html_are_rendered():
    content = post(
        with_body("> 摘要\n\n**bold** ~~gone~~\n\n|a|\n|-|\n|b|\n\n<div>raw</div>")
    ).content

    assert "<blockquote>\n<p>摘要</p>\n</blockquote>" in content
    assert "<strong>bold</strong> <s>gone</s>" in content
    assert "<td>b</td>" in content
    assert content.endswith("<div>raw</div>")


def test_an_html_file_stays_html():
    assert post(with_body("<p>a *b* c</p>"), "2026-01-02-a.html").content == "<p>a *b* c</p>"


def test_a_code_block_at_the_start_keeps_its_indentation():
    assert post(with_body("    first\n    second")).content == (
        "<pre><code>first\nsecond\n</code></pre>"
    )


def test_liquid_stays_as_text_without_its_raw_markers():
    assert (
        post(with_body("{% raw %}{{ a }}{%- endraw -%} {{ b }}")).content
        == "<p>{{ a }} {{ b }}</p>"
    )


def test_a_post_without_text_has_no_content():
    assert post(with_fields("title: A", "")).content is None


# ── titles ───────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("written", "title"),
    [
        ("012", "012"),
        ("no", "no"),
        ("2026-01-02", "2026-01-02"),
        ("1e3", "1e3"),
        ("", ""),
        ('""', ""),
        ("[独家]", "[独家]"),
        ("[独家] 夜航", "[独家] 夜航"),
        ('"港口报："夜航"恢复"', '港口报："夜航"恢复'),
        ('"船长说"开船""', '船长说"开船"'),
        ('"a \\"b\\" "c""', 'a "b" "c"'),
        ('"Boats" sail', '"Boats" sail'),
        ("Boats: a story", "Boats: a story"),
        ("@harbour", "@harbour"),
        ("`code`", "`code`"),
        ("%percent", "%percent"),
        ("*bold*", "*bold*"),
        ("{{ page.name }}", "{{ page.name }}"),
        ("<b>Boats</b> &amp; tides", "<b>Boats</b> &amp; tides"),
        (">\n  Two\n  lines", "Two lines"),
        ('"Two "quoted"\n  lines"', 'Two "quoted" lines'),
    ],
)
def test_a_title_is_the_text_as_written(written, title):
    entry = post(with_fields(f"title: {written}\ndate: 2026-01-03\ntags: [a, b]"))

    assert entry.title == title
    assert entry.published == datetime(2026, 1, 2, 16, tzinfo=UTC)
    assert entry.categories == (Category(term="a"), Category(term="b"))


@pytest.mark.parametrize(
    ("path", "title"),
    [
        ("2026-01-02-hello-world.md", "Hello World"),
        ("26-1-2-你好-世界.markdown", "你好 世界"),
        ("folder/2026-01-02-a.b.html", "A.b"),
        ("about.md", "About"),
        ("2026-01-02-.md", ""),
    ],
)
@pytest.mark.parametrize("text", ["---\ntags: a\n---\nText.", "Text.", "---\n---\nText."])
def test_a_missing_title_is_made_from_the_file_name(path, title, text):
    assert post(text, path).title == title


# ── dates ────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("written", "hour"),
    [
        ("2026-01-05 10:00:00 +0800", 2),
        ("2026-01-05 10:00:00 +08:00", 2),
        ("2026-01-05 10:00:00 -0500", 15),
        ("2026-01-05 10:00:00", 2),
        ("'2026-01-05 10:00'", 2),
        ("2026-01-05T10:00:00Z", 10),
        ("2026-01-05T10:00:00.123+08:00", 2),
        ("2026/1/5 10:00", 2),
        ("2026年1月5日 10:00", 2),
        ("Mon, 05 Jan 2026 10:00:00 GMT", 10),
        ("January 5, 2026 10:00", 2),
    ],
)
def test_a_date_is_read_in_any_usual_form(written, hour):
    when = post(with_fields(f"title: A\ndate: {written}")).published

    assert when.replace(microsecond=0) == datetime(2026, 1, 5, hour, tzinfo=UTC)
    assert when.tzinfo is UTC


@pytest.mark.parametrize("written", ["2026-01-05", "2026年1月5日", "2026/1/5"])
def test_a_date_without_a_time_is_local_midnight(written):
    when = post(with_fields(f"title: A\ndate: {written}")).published

    assert when == datetime(2026, 1, 4, 16, tzinfo=UTC)


@pytest.mark.parametrize("written", ["soon", "12:00", "7", "2026-13-45", "[2026]x", "+" * 200])
def test_a_date_that_is_none_is_told_and_the_file_name_counts(written):
    feed = feed_of(with_fields(f"title: A\ndate: {written}"))

    assert feed.entries[0].published == datetime(2026, 1, 1, 16, tzinfo=UTC)
    assert any(x.startswith(f"{NAME}:3: date: ") for x in feed.problems)


@pytest.mark.parametrize(
    "field", ["author: A", "date:", 'date: " +0800"', "date:  +0800", "date: ~"]
)
@pytest.mark.parametrize(
    ("path", "day"),
    [
        ("2026-01-02-a.md", datetime(2026, 1, 1, 16, tzinfo=UTC)),
        ("26-1-2-a.md", datetime(2026, 1, 1, 16, tzinfo=UTC)),
        ("old/2026-1-2-a.md", datetime(2026, 1, 1, 16, tzinfo=UTC)),
        ("2026-01-02.md", None),
        ("-202601021234567890.md", None),
        ("a.md", None),
    ],
)
def test_an_absent_date_is_the_file_names(field, path, day):
    feed = feed_of(with_fields(field), path)

    assert feed.entries[0].published == day
    assert feed.problems == ()


def test_a_file_name_with_an_impossible_day_is_told():
    feed = feed_of(with_body("Text."), "2026-13-45-a.md")

    assert feed.entries[0].published is None
    assert feed.problems == ("2026-13-45-a.md:1: no such day as 2026-13-45; read as undated",)


def test_the_first_readable_update_counts():
    feed = feed_of(with_fields("title: A\nlast_modified_at: often\nmodified: 2026-01-05 08:00"))

    assert feed.entries[0].updated == datetime(2026, 1, 5, tzinfo=UTC)
    assert feed.problems == (f"{NAME}:3: last_modified_at: 'often' is no date; read without it",)


# ── categories, tags, authors ────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("fields", "sections"),
    [
        ("categories: 21gangkoubao 21APP", ("21gangkoubao 21APP",)),
        ("categories: anxin(xianggang)", ("anxin(xianggang)",)),
        ("categories: a, b", ("a, b",)),
        ("categories: [a, b c, a]", ("a", "b c")),
        ("categories:\n  - a\n  - 'no'\n- b", ("a", "no", "b")),
        ("categories:\n- b\n- a", ("b", "a")),
        ("categories: [b, a]\ncategory: c d", ("c d", "b", "a")),
        ("category: [x, y]", ("x", "y")),
        ("Categories: a", ("a",)),
    ],
)
def test_a_category_is_kept_whole_and_is_an_output(fields, sections):
    entry = post(with_fields(fields))

    assert entry.sections == sections
    assert entry.categories == tuple(Category(term=x) for x in sections)


@pytest.mark.parametrize(
    ("fields", "tags"),
    [
        ("tags: [no, 12, 2026-01-01]", ("no", "12", "2026-01-01")),
        ("tags: 港口 新闻", ("港口 新闻",)),
        ("tags: a, b，c、 d,", ("a", "b", "c", "d")),
        ("tag: a\ntags: [b, a]", ("a", "b")),
        ("tags:\n- C: tips\n- [x]", ("C: tips", "[x]")),
        ("tags: [a, @b, 'c d']", ("a", "@b", "c d")),
        ("tags:\n- @a\n- `b`", ("@a", "`b`")),
        ("tags:\n\t- a\n\t- b", ("a", "b")),
    ],
)
def test_tags_are_split_at_commas_and_never_at_spaces(fields, tags):
    entry = post(with_fields(fields))

    assert entry.sections == ()
    assert entry.categories == tuple(Category(term=x) for x in tags)


def test_a_tag_that_is_a_category_too_is_there_once():
    entry = post(with_fields("categories: [a]\ntags: [b, a]"))

    assert entry.categories == (Category(term="a"), Category(term="b"))


def test_an_author_may_be_a_name_or_a_list_of_both_kinds():
    entry = post(
        with_fields("author:\n- Lin\n- name: Ada\n  url: https://ada.example/\n- {}\n- Lin")
    )

    assert entry.authors == (Person(name="Lin"), Person(name="Ada", url="https://ada.example/"))


@pytest.mark.parametrize("written", ["https://a.example/a.mp3", "{url: 'https://a.example/a.mp3'}"])
def test_audio_is_an_enclosure(written):
    entry = post(with_fields(f"audio: {written}"))

    assert entry.enclosures == (Enclosure(url="https://a.example/a.mp3"),)


# ── front matter in any state ────────────────────────────────────────────────

PLAIN = with_fields("title: 夜航\ntags: a", "正文。")


@pytest.mark.parametrize(
    "body",
    [
        codecs.BOM_UTF8 + PLAIN.encode(),
        codecs.BOM_UTF8 * 2 + PLAIN.encode(),
        codecs.BOM_UTF16_LE + PLAIN.encode("utf-16-le"),
        codecs.BOM_UTF16_BE + PLAIN.encode("utf-16-be"),
        codecs.BOM_UTF32_LE + PLAIN.encode("utf-32-le"),
        PLAIN.replace("\n", "\r\n").encode(),
        PLAIN.replace("\n", "\r").encode(),
        b"\n \n\t\n" + PLAIN.encode(),
        PLAIN.replace("---\n\n", "...\n").encode(),
        PLAIN.replace("---\n", "-----  \t\n").encode(),
        PLAIN.replace("title: ", "title:\t").encode(),
        PLAIN.replace("title: ", "'title' : ").encode(),
        PLAIN.replace("title: ", "TITLE:   ").encode(),
    ],
)
def test_the_shape_of_the_front_matter_changes_nothing(body):
    feed = feed_of(body)

    assert feed.entries == feed_of(PLAIN).entries
    assert feed.entries[0].title == "夜航"
    assert feed.problems == ()


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (PLAIN.replace("---\n\n", "\n"), "1: front matter without an end; ended where it stops"),
        (PLAIN.replace("title: ", "title："), "2: not valid YAML (no `key: value`)"),
        (PLAIN.replace("title: ", "title: 旧闻\ntitle: "), "3: title is there twice"),
        (PLAIN.replace("夜航", "夜\x08航"), "1: 1 control characters left out"),
        (PLAIN.replace("tags: a\n", "tags: a\n\tb: c\n"), "3: not valid YAML"),
    ],
)
def test_a_fault_is_told_with_its_line_and_read_all_the_same(text, problem):
    feed = feed_of(text)

    assert (feed.entries[0].title, feed.entries[0].content) == ("夜航", "<p>正文。</p>")
    assert feed.problems[0].startswith(f"{NAME}:{problem}")


def test_lines_are_counted_from_the_top_of_the_file():
    (problem,) = feed_of("\n\n" + with_fields('a: b\ntitle: "x"y"')).problems

    assert problem.startswith(f"{NAME}:5: not valid YAML (")


def test_one_broken_value_leaves_the_others_to_yaml():
    entry = post(
        with_fields('title: "a"b"\n# note\nauthor: {name: Lin}\ntags:\n  - c\nsummary: >\n  d\n  e')
    )

    assert entry.title == 'a"b'
    assert entry.authors == (Person(name="Lin"),)
    assert (entry.categories, entry.summary) == ((Category(term="c"),), "d e")


def test_a_broken_mapping_is_read_line_by_line():
    entry = post(with_fields("author:\n\tname: Lin\n\turl: https://lin.example/\n# note\ntitle: A"))

    assert entry.authors == (Person(name="Lin", url="https://lin.example/"),)
    assert entry.title == "A"


def test_front_matter_without_an_end_ends_at_an_address():
    entry = post("---\ntitle: A\nhttp://wire.example/a\n")

    assert (entry.title, entry.link) == ("A", "http://wire.example/a")


def test_front_matter_without_an_end_gives_back_the_prose_above_a_ruler():
    feed = feed_of("---\ntitle: A\ntags: b\n\nFirst words.\n\n---\n\nLast words.\n")

    entry = feed.entries[0]
    assert (entry.title, entry.categories) == ("A", (Category(term="b"),))
    assert entry.content == "<p>First words.</p>\n<hr />\n<p>Last words.</p>"
    assert feed.problems == (f"{NAME}:5: front matter without an end; ended before this line",)


@pytest.mark.parametrize(
    ("text", "content"),
    [
        ("Only text.\n", "<p>Only text.</p>"),
        ("---\n\nOnly text.\n", "<hr />\n<p>Only text.</p>"),
        ("---\nOnly text.\n\n---\nMore.", "<hr />\n<p>Only text.</p>\n<hr />\n<p>More.</p>"),
        ("---", "<hr />"),
        ("--- not a ruler", "<p>--- not a ruler</p>"),
        ("+++\nprose\n+++ more", "<p>+++\nprose\n+++ more</p>"),
        ("+++", "<p>+++</p>"),
        ("++++\ntitle = 1\n++++", "<p>++++\ntitle = 1\n++++</p>"),
        ('{"title": "A"} is an object.', "<p>{&quot;title&quot;: &quot;A&quot;} is an object.</p>"),
        ('{"title": "A\n\nText.', "<p>{&quot;title&quot;: &quot;A</p>\n<p>Text.</p>"),
        ("{: .lead}\nText.", "<p>{: .lead}\nText.</p>"),
    ],
)
def test_a_post_without_front_matter_is_all_text(text, content):
    feed = feed_of(text)

    assert (feed.entries[0].title, feed.entries[0].content) == ("Hello World", content)
    assert feed.problems == ()


# ── TOML and JSON ────────────────────────────────────────────────────────────

HUGO = (
    """+++
title = '夜航 "恢复"'
date = 2026-01-01T08:00:00+08:00
publishDate = 2026-01-02 10:00:00
lastmod = 2026-01-03
draft = false
categories = ['港口', "news"]
tags = [
  "boats",  # of the night
  "夜",
]
author = {name = "Ann", email = "ann@paper.example"}
description = """
    + '"""\nBoats\nagain"""'
    + """
aliases = ["/old/"]
weight = 12
url = "/boats/night/"
audio = "/a.mp3"
[params]
canonicalURL = "https://wire.example/1"
rights = "CC BY"
[[resources]]
src = "a.png"
+++

Text.
"""
)
AS_JSON = """{
  "Title": "夜航 \\"恢复\\"",
  "date": "2026-01-01T08:00:00+08:00",
  "publishDate": "2026-01-02 10:00:00",
  "lastmod": "2026-01-03",
  "draft": false, "weight": 12, "series": null,
  "categories": ["港口", "news"],
  "tags": ["boats", "夜"],
  "author": {"name": "Ann", "email": "ann@paper.example"},
  "description": "Boats\\nagain",
  "url": "/boats/night/",
  "audio": "/a.mp3",
  "params": {"canonicalURL": "https://wire.example/1", "rights": "CC BY"}
}

Text.
"""
AS_YAML = """---
title: 夜航 "恢复"
date: 2026-01-01T08:00:00+08:00
publishDate: 2026-01-02 10:00:00
lastmod: 2026-01-03
categories: [港口, news]
tags: [boats, 夜]
author: {name: Ann, email: ann@paper.example}
description: |-
  Boats
  again
url: /boats/night/
audio: /a.mp3
params:
  canonicalURL: https://wire.example/1
  rights: CC BY
---

Text.
"""


@pytest.mark.parametrize("text", [HUGO, AS_JSON, AS_YAML, f"\n{HUGO}", HUGO.replace("\n", "\r\n")])
def test_the_front_matter_of_hugo_is_read(text):
    feed = feed_of(text, "post/night-boats/index.md")

    assert feed == Feed(
        entries=(
            Entry(
                id="post/night-boats/index.md",
                title='夜航 "恢复"',
                links=(Link(href="https://wire.example/1"),),
                published=datetime(2026, 1, 2, 2, tzinfo=UTC),
                updated=datetime(2026, 1, 2, 16, tzinfo=UTC),
                authors=(Person(name="Ann", email="ann@paper.example"),),
                summary="Boats\nagain",
                content="<p>Text.</p>",
                base="https://news.example/boats/night/",
                categories=tuple(Category(term=x) for x in ("港口", "news", "boats", "夜")),
                sections=("港口", "news"),
                enclosures=(Enclosure(url="/a.mp3"),),
                language="zh",
                rights="CC BY",
                source_link="https://wire.example/1",
                path="post/night-boats/index.md",
            ),
        )
    )


def test_the_tables_of_zola_are_read():
    entry = post(
        '+++\ntitle = "A"\nupdated = 2026-01-03\n[taxonomies]\ntags = ["x"]\ncategories = ["y"]\n'
        '[extra]\nlink = "https://wire.example/1"\n+++\nText.'
    )

    assert [x.term for x in entry.categories] == ["y", "x"]
    assert entry.link == "https://wire.example/1"
    assert entry.updated == datetime(2026, 1, 2, 16, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    ["+++\ndraft = true\n+++\nText.", '{"draft": true}\nText.', "+++\npublished=false\n+++\n"],
)
def test_a_draft_of_hugo_is_not_read(text):
    assert feed_of(text).entries == ()


@pytest.mark.parametrize(
    ("text", "title", "tags", "problems"),
    [
        (
            "+++\ntitle = Night boats\ntags = [夜, 'b']\ndate = 2026-01-05\n+++\nText.",
            "Night boats",
            ["夜", "b"],
            ["2: not valid TOML (invalid value); taken as it is written", "3: not valid TOML (invalid value); taken as it is written"],
        ),
        (
            "\n+++\ntitle = 'A'\ntitle = 'B'\ntags = ['c']\n\n+++\nText.",
            "B",
            ["c"],
            ["4: title is there twice; the last one counts"],
        ),
        (
            "+++\ntitle = 'A'\n[params]\nx = 'y'\nx = 'z'\n+++\nText.",
            "A",
            [],
            ["1: cannot overwrite a value; front matter read key by key"],
        ),
        (
            "+++\ntitle = 'A'\ntags = [\n  'c',\n]\n\nText.",
            "A",
            ["c"],
            ["1: front matter without an end; ended where it stops"],
        ),
        (
            '{\n  "title": "A",\n  "tags": ["c"]\n  "x": 1,\n}\nText.',
            "A",
            ["c"],
            ["4: not valid JSON; front matter read line by line"],
        ),
        (
            '{\n  "title": "A"\n  "tags": [c],\n}\nText.',
            "A",
            [],
            ["3: not valid JSON; front matter read line by line"],
        ),
        (
            '{\n"title": "A",\n"title": "B"}\nText.',
            "B",
            [],
            ["3: title is there twice; the last one counts"],
        ),
    ],
)  # fmt: skip
def test_what_is_wrong_in_toml_and_json_is_told_with_its_line(text, title, tags, problems):
    feed = feed_of(text)

    (entry,) = feed.entries
    assert (entry.title, entry.content) == (title, "<p>Text.</p>")
    assert [x.term for x in entry.categories][:2] == tags or "[c]" in text
    assert [x.partition(":")[2] for x in feed.problems] == problems


def test_a_date_that_is_none_is_told_with_its_line_in_every_kind_of_front_matter():
    for text, line in (
        ("+++\ntitle = 'A'\ndate = 'soon'\n+++\n", 3),
        ('{\n"title": "A",\n"date": "soon"}\n', 3),
    ):
        assert feed_of(text).problems == (
            f"{NAME}:{line}: date: 'soon' is no date; read without it",
        )


@pytest.mark.parametrize(
    "head", ["[" * 50_000, "a.b" * 20_000 + " = 1", "a = " + "9" * 50_000, '"a' * 30_000]
)
def test_front_matter_in_toml_and_json_is_read_in_bounded_time(head):
    start = time.process_time()

    feed_of(f"+++\nx = {head}\n{head}\n+++\nText.")
    feed_of('{"x": ' + head + "\n}\nText.")

    assert time.process_time() - start < 5


# ── the own page ─────────────────────────────────────────────────────────────

OWN = replace(SHANGHAI, links="own")
BOATS = "https://news.example/boats/"
RELATED = Link(href="https://wire.example/1", rel="related")


@pytest.mark.parametrize(
    ("stated", "own"),
    [
        ("permalink: /boats/", BOATS),
        ("url: /boats/", BOATS),
        ("permalink: https://www.news.example/boats/", "https://www.news.example/boats/"),
        ("permalink: /夜航/", "https://news.example/夜航/"),
        ("permalink: https://elsewhere.example/boats/", None),
        ("permalink: /:year/:title/", None),
        ("permalink: //elsewhere.example/", None),
        ("permalink: pretty", None),
        ("slug: boats", None),
    ],
)
def test_a_post_may_say_where_it_is_published(stated, own):
    for options in (SHANGHAI, OWN):
        entry = post(with_fields(stated), options=options)

        assert (entry.link, entry.source_link) == (own, None)
        assert entry.base == (own or "https://news.example/")


def test_where_the_output_is_served_is_not_where_the_posts_are():
    entry = post(
        with_fields("permalink: /boats/"), options=PostOptions(site="https://planet.example/")
    )

    assert entry.link is None


@pytest.mark.parametrize(
    "text",
    [
        with_fields("permalink: /boats/\nlink: https://wire.example/1"),
        with_fields("permalink: /boats/", "Text.\n\n<https://wire.example/1>\n\n[返回首页](/)"),
    ],
)
def test_with_links_own_a_post_links_to_its_own_page(text):
    feed = feed_of(text, options=OWN)

    (entry,) = feed.entries
    assert entry.links == (Link(href=BOATS), RELATED)
    assert entry.source_link == RELATED.href
    assert feed.problems == ()
    told_in_text = "wire.example" in text.partition("Text.")[2]
    assert (RELATED.href in (entry.content or "")) is told_in_text
    assert "返回" not in (entry.content or "")


def test_with_links_own_a_post_whose_own_page_is_not_known_is_told():
    feed = feed_of(with_fields("link: https://wire.example/1"), options=OWN)

    assert feed.entries[0].links == (Link(href="https://wire.example/1"),)
    (problem,) = feed.problems
    assert problem.startswith(f"{NAME}:1: links: own, but where this post is published")


def test_with_links_own_a_post_of_a_jekyll_site_links_to_where_jekyll_has_it():
    site = Site([f"_posts/{NAME}"], b"url: https://blog.example\nbaseurl: /b\npermalink: /:title/")
    reader = Reader(site, replace(OWN, reads="jekyll"), now=datetime(2026, 3, 1, tzinfo=UTC))

    (entry,) = reader.parse(
        with_fields("link: https://wire.example/1").encode(), f"_posts/{NAME}"
    ).entries

    assert entry.links == (Link(href="https://blog.example/b/hello-world/"), RELATED)


# ── encodings ────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("encoding", "read_as", "title"),
    [
        ("gb18030", "gb18030", "港口夜航今晚恢复，票价不变"),
        ("gbk", "gb18030", "“夜航”"),
        ("cp1252", "cp1252", "Café résumé “naïve” – größer"),
        ("cp1252", "cp1252", "ÄÖÜ – größer, schöner, für, müde, Öl"),
        ("latin-1", "cp1252", "El niño comió piñas"),
        ("big5", "big5hkscs", "港口夜航今晚恢復，票價不變"),
        ("cp932", "cp932", "夜の便が今夜から再開されます"),
        ("cp949", "cp949", "밤 배편이 오늘 저녁부터 다시 운항됩니다"),
        ("cp1251", "cp1251", "Ночные рейсы из порта возобновятся"),
    ],
)
def test_old_encodings_are_recognised_and_told(encoding, read_as, title):
    feed = feed_of(with_fields(f"title: {title}").encode(encoding))

    assert feed.entries[0].title == title
    assert feed.problems == (f"{NAME}:1: not UTF-8; read as {read_as}",)


def test_one_damaged_byte_does_not_change_the_encoding():
    body = HARBOUR.encode().replace("票".encode(), b"\xe7\xa5")

    feed = feed_of(body)

    assert feed.entries[0].title == "港口夜航恢复"
    assert feed.problems == (f"{NAME}:1: 1 characters cannot be read as utf-8; � stands for them",)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b" \r\n\t",
        b"\xef\xbb\xbf",
        b"\x00" * 5000,
        bytes(range(256)) * 20,
        b"\x00\x01\x02\x03" * 9,
    ],
)
def test_what_is_no_text_is_a_parse_error_with_its_path(body):
    with pytest.raises(ParseError, match=NAME):
        feed_of(body)


BOMB = "a: &a [x, x]\n" + "".join(
    f"{b}: &{b} [{', '.join(['*' + a] * 9)}]\n" for a, b in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize(
    "fields",
    [
        BOMB,
        BOMB.replace("i:", "tags:"),
        "x: " + "[" * 100_000,
        "x: " + "[" * 60_000,
        "x: " + "{a: " * 15_000,
        "x:\n" + "- " * 30_000,
        "x:\n" + "? " * 100_000,
        "x: @\n" + "  y\n" * 100_000,
        "tags:\n" + "- @\n" * 100_000,
        "author: [" + "a, " * 50_000 + "]",
        "x: '1" + " " * 300_000 + "1'",
        "x: " + "a " * 200_000,
        "\n".join(" " * i + "k:" for i in range(600)),
        "x: &x [*x]",
        "".join(f"k{i}: '\n" for i in range(3_000)),
    ],
)
def test_front_matter_that_would_blow_up_stays_small(fields):
    start = time.process_time()
    entry = post(with_fields(f"title: A\n{fields}\nauthor: Lin"))

    assert (entry.title, entry.content) == ("A", "<p>Text.</p>")
    assert time.process_time() - start < 5


@pytest.mark.parametrize(
    "body",
    [
        " " * 300_000 + "x",
        "<http://news.example/>\n\nx\n" * 8_000,
        "```\n<http://wire.example/>\n" * 8_000 + "x",
        ("[返回](../)\n\n" * 20_000),
        "返回" * 400 + "[a](" + " " * 100,
        "{%" + " " * 300_000,
        "<" + " " * 300_000,
        "<!--" * 100_000,
        "<pre" * 100_000,
        "<!-- <pre> -->" * 20_000,
        "[a]: b\n" * 50_000,
        "[返回][a]\n\n[a]: ../\n" * 10_000,
        "[" * 20_000 + "]: ../",
        "    <http://wire.example/>\n\n" * 10_000,
        "---\n\n" * 20_000 + "[返回](../)",
        "- " * 50_000 + "\n[返回](../)",
    ],
)
def test_a_body_made_to_be_slow_is_not(body):
    start = time.process_time()
    feed_of(with_body("Text.\n\n" + body))

    assert time.process_time() - start < 5


def test_a_post_of_megabytes_is_a_parse_error():
    with pytest.raises(ParseError, match="too large"):
        feed_of(b"x" * 5_000_000)


def test_a_post_full_of_faults_tells_the_first_of_them():
    feed = feed_of(with_fields("".join(f"k{i}: @\n" for i in range(500))))

    assert len(feed.problems) == 20
    assert feed.problems[0].startswith(f"{NAME}:2: not valid YAML")


def test_an_alias_bomb_is_taken_as_it_is_written_and_told():
    bomb = "tags: &a [x, x]\ncategories: [" + ", ".join(["*a"] * 40) + "]"

    feed = feed_of(with_fields(bomb))

    assert feed.entries[0].sections == ("*a",)
    assert "too many anchors and aliases" in feed.problems[0]


# ── the source link ──────────────────────────────────────────────────────────

WIRE = "http://wire.example/a,1.html?x=1&y=2"


@pytest.mark.parametrize(
    "body",
    [
        f"Text.\n\n<{WIRE}>",
        f"Text.\n \t<{WIRE}>  \n\n",
        f"Text.\n\n{WIRE}\n",
        f"<http://wire.example/older>\n\nText.\n\n<{WIRE}>\n\n<>\n",
        f"Text.\n\n<{WIRE}>\n\n<https://WWW.News.example:443/x>",
        f"Text.\n\n<{WIRE}>\n\n<http://old.example/x>\n",
        f"Text.\n\n<{WIRE}>\n\n[返回新闻](../emnews/)\n[返回首页](../)\n",
        f"Text.\n\n[返回首页](../)\n\n<{WIRE}>\n",
        f"Text.\n\n{WIRE}\n\n[返回首页](../)\n\n",
    ],
)
def test_the_last_lone_link_to_another_site_is_the_source(body):
    entry = post(with_body(body))

    assert (entry.link, entry.source_link) == (WIRE, WIRE)
    assert WIRE.replace("&", "&amp;") not in entry.content
    assert "Text." in entry.content
    assert "返回" not in entry.content


@pytest.mark.parametrize(
    "body",
    [
        "See <http://wire.example/a> for more.",
        "[Source](http://wire.example/a)",
        "![boat](http://wire.example/a.png)",
        "http://wire.example/a\n\nText.",
        '<p><a href="http://quote.example/1">港口股份</a></p>',
        "Text.\n\n<>\n",
        "Text.\n\n<https://news.example/a>\n",
        "```\n<http://wire.example/a>\n```\n",
        "<http://>",
        "Text.\n\nhttp://[broken",
    ],
)
def test_other_links_are_never_the_source(body):
    entry = post(with_body(body))

    assert (entry.links, entry.source_link) == ((), None)


@pytest.mark.parametrize(
    "more",
    [
        "https://chart.example/x.png",
        "    <https://code.example/x>",
        "\t<https://code.example/x>",
        "    https://code.example/x",
        "- A list:\n\n      <https://code.example/x>",
        "```\n<https://code.example/x>\n```",
        "~~~ md\n```\n<https://code.example/x>\n```\n~~~",
        "````\n```\n<https://code.example/x>\n````",
        "```\nhttps://code.example/x",
        "<pre>\n<https://code.example/x>\n</pre>",
        "<div>\n<PRE class=a>a\n\n<https://code.example/x>\n</pre>\n</div>",
        "<!-- draft:\n\n<https://code.example/x>\n-->",
        "Text <!--\n<https://code.example/x>\n--> more.",
        "<script>\n<https://code.example/x>\n</script>",
        "{% highlight html %}\n<https://code.example/x>\n{% endhighlight %}",
    ],
)
def test_a_link_in_code_or_a_comment_or_bare_is_not_the_source(more):
    entry = post(with_body(f"Text.\n\n<{WIRE}>\n\n{more}"))

    assert entry.link == WIRE
    assert "chart.example" in entry.content or "code.example" in entry.content
    assert "wire.example" not in entry.content


@pytest.mark.parametrize(
    "above",
    [
        "~~~\n```\n~~~",
        "```\n~~~\n```",
        "````\n```\n````",
        "    ```\n    a",
        "```\n<!--\n```",
        "`<!--` begins a comment, `-->` ends it:",
        "The tag `<pre>` opens, and none closes.",
        "<!-- a --> <!-- b -->",
        "<pre>a</pre>",
        "Text:\n    and more",
        "<p>Words",
    ],
)
def test_code_above_the_source_link_does_not_hide_it(above):
    assert post(with_body(f"{above}\n\n<{WIRE}>")).link == WIRE


def test_in_an_html_file_an_indented_link_is_no_code():
    assert post(with_body(f"<p>Text.</p>\n\n    <{WIRE}>"), "2026-01-02-a.html").link == WIRE


@pytest.mark.parametrize("host", ["planet.example", "www.planet.example", "PLANET.example:443"])
def test_the_site_that_is_served_is_an_own_host_too(host):
    options = PostOptions(site="https://www.planet.example/feeds/", site_hosts=("news.example",))
    body = f"Text.\n\n<{WIRE}>\n\nMore.\n\n<https://{host}/a>"

    assert post(with_body(body), options=options).link == WIRE


@pytest.mark.parametrize("own", ["博客.example", "xn--9krq6q.example"])
@pytest.mark.parametrize("host", ["博客.example", "XN--9krq6q.example"])
def test_a_host_may_be_written_in_letters_or_as_dns_has_it(own, host):
    body = f"Text.\n\n<{WIRE}>\n\nMore.\n\n<https://{host}/a>"

    assert post(with_body(body), options=PostOptions(site_hosts=(own,))).link == WIRE


@pytest.mark.parametrize(
    ("options", "base"),
    [
        (PostOptions(), None),
        (PostOptions(site="https://planet.example/p/"), "https://planet.example/p/"),
        (
            PostOptions(site="https://planet.example/", site_hosts=("blog.example", "b.example")),
            "https://blog.example/",
        ),
    ],
)
@pytest.mark.parametrize("body", ["Text.", f"Text.\n\n<{WIRE}>"])
def test_what_is_relative_in_a_post_is_relative_to_its_own_site(options, base, body):
    assert post(with_body(body), options=options).base == base


def test_the_front_matters_link_comes_first_and_its_line_goes():
    fields = "source_url: <https://wire.example/b>\nlink: https://wire.example/c"

    entry = post(with_fields(fields, "Text.\n\n<https://wire.example/b>"))

    assert entry.links == (Link(href="https://wire.example/b"),)
    assert entry.content == "<p>Text.</p>"


def test_a_lone_link_stays_when_the_front_matter_names_another():
    entry = post(with_fields("link: https://wire.example/b", "<https://wire.example/c>"))

    assert entry.link == "https://wire.example/b"
    assert "https://wire.example/c" in entry.content


@pytest.mark.parametrize(
    "value", ["https://news.example/a", "/a.html", "mailto:a@b.example", "[https://b.example]", "~"]
)
def test_a_front_matter_link_that_leads_nowhere_else_is_passed_over(value):
    fields = f"canonical_url: {value}\nexternal-url: https://wire.example/b"

    assert post(with_fields(fields)).link == "https://wire.example/b"


@pytest.mark.parametrize(
    ("path", "key"),
    [
        ("2026-01-02-202601021234567890.md", "202601021234567890"),
        ("2026-01-02-NW202601021234567890.md", "202601021234567890"),
        ("-202601021234567890.md", "202601021234567890"),
        ("old/202601021234567890.md", "202601021234567890"),
        ("2026-01-02-2026010212345678901.md", None),
        ("2026-01-02-x202601021234567890.md", None),
        ("2026-01-02-202601021234567890-b.md", None),
    ],
)
def test_an_article_id_in_the_file_name_is_a_key_and_no_link(path, key):
    entry = post(with_body("Text."), path)

    href = f"https://finance.eastmoney.com/a/{key}.html"
    assert entry.links == ((Link(rel="key", href=href),) if key else ())
    assert (entry.link, entry.source_link) == (None, None)


def test_a_ghost_has_an_empty_title_no_date_and_a_key():
    ghost = '---\ntitle: ""\ndate:  +0800\ncategories: emnews\n---\n夜航恢复。\n\n<>\n\n[返回](../)'

    feed = feed_of(ghost, "-202601021234567890.md")

    (entry,) = feed.entries
    assert (entry.title, entry.published, entry.link) == ("", None, None)
    assert entry.content == "<p>夜航恢复。</p>"
    assert [x.rel for x in entry.links] == ["key"]
    assert feed.problems == ()


# ── the footer ───────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "footer",
    [
        "[返回港口报新闻](//news.example/category/gangkoubao.html)｜[返回首页](//news.example/)",
        "[返回港口报新闻](//news.example/emnews/)\n[返回首页](//news.example/)",
        "[返回](../emnews/)\n[返回首页](../)\n",
        "[返回](../emnews/)\n\n \n[返回首页](../)\n\n<>\n",
        "[上一页](/category/x.html) · [首页](https://www.news.example:8443/)",
        '返回 [首页](../) | 返回栏目 [港口](../gangkou/ "港口")',
        '<p><a class="x" href="../">返回首页</a>&nbsp;|&nbsp;<a href=/c.html>港口</a></p>',
        "← [Back to news](/news/)",
        "<https://news.example/>",
        "返回：[首页](../)",
        "【[返回首页](../)】",
        "（[返回首页](../)）",
        "**[返回首页](../)**",
        "[返回首页](../)\n{: .nav}",
        '[返回首页](../){:target="_blank"}',
        "{: .nav}\n[返回首页](../)",
        "[返回首页][home]\n\n[home]: ../",
        "[返回首页][Home]\n[home]: <../> 'Home'\n",
        "[返回首页][] | [港口][]\n\n[返回首页]: ../\n[港口]: /gangkou/",
        "---\n\n[返回首页](../)",
        "<hr/>\n[返回首页](../)",
        "* * *\n\n[返回](../emnews/)\n\n[返回首页](../)",
        '<div class="nav">\n<a href="../">返回首页</a>\n</div>',
        "<div>\n\n[返回首页](../)\n\n</div>",
        f"---\n\n<{WIRE}>\n\n---\n\n[返回首页](../)",
    ],
)
def test_navigation_below_the_text_goes(footer):
    assert post(with_body(f"Text.\n\n{footer}")).content == "<p>Text.</p>"


@pytest.mark.parametrize(
    "last",
    [
        "Read [the timetable](/times.html) first.",
        "[The harbour office](https://harbour.example/)",
        "[返回首页](https://harbour.example/)",
        "[A](/a) and [B](/b)",
        "- [Part one](/one)\n- [Part two](/two)",
        "![boat](/boat.png)",
        "[![boat](/boat.png)](/boat)",
        "[Write to us](mailto:us@news.example)",
        "[Note](#note)",
        "（文章来源：[港口报](/paper)）",
        "[x](/a)" * 200,
        "A heading\n---",
        "***",
        "A heading\n---\n[返回首页](../)",
        "Words.\n{: .note}\n\n[返回首页](../)",
        "[The harbour office][1]\n\n[1]: https://harbour.example/",
        "1. [One](/one)\n2. [Two](/two)",
        "<div>\nWords.\n<a href='/x'>x</a>\n</div>",
    ],
)
def test_a_last_paragraph_that_says_something_stays(last):
    content = post(with_body(f"Text.\n\n{last}")).content

    assert content != "<p>Text.</p>"
    assert content.startswith("<p>Text.</p>")


@pytest.mark.parametrize(
    ("above", "content"),
    [
        ("A heading\n---", "<h2>A heading</h2>"),
        ("Words.\n{: .note}", "<p>Words.\n{: .note}</p>"),
        ("Words.\n\n---\n\nMore.", "<p>Words.</p>\n<hr />\n<p>More.</p>"),
    ],
)
def test_what_belongs_to_the_text_above_a_footer_stays(above, content):
    assert post(with_body(f"{above}\n\n[返回首页](../)")).content == content
    assert post(with_body(f"{above}\n[返回首页](../)")).content == content


def test_a_definition_that_the_text_uses_stays_though_the_footer_goes():
    content = post(
        with_body("See [the map][m].\n\n[返回首页][h]\n\n[h]: ../\n[m]: /map.html")
    ).content

    assert content == '<p>See <a href="/map.html">the map</a>.</p>'


@pytest.mark.parametrize(
    ("last", "goes"),
    [
        ("[港口](../gangkou/)", True),
        ("[返回首页](//anywhere.example/)", True),
        ("[Back to home](https://anywhere.example/)", True),
        ("[港口](//anywhere.example/)", False),
        ("[Background](https://anywhere.example/)", False),
    ],
)
def test_without_known_hosts_a_footer_is_known_by_its_words(last, goes):
    for options in (PostOptions(), PostOptions(site="https://planet.example/")):
        content = post(with_body(f"Text.\n\n{last}"), options=options).content

        assert (content == "<p>Text.</p>") is goes


# ── names ────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "path", ["a.md", "x/A.MD", "a.markdown", "a.mkd", "a.mkdn", "a.mkdown", "a.html", "-2.htm"]
)
def test_these_files_are_posts(path):
    assert publishable_name(path)


@pytest.mark.parametrize(
    "path",
    [
        "a.txt",
        "a.textile",
        ".a.md",
        "_a.md",
        "#a.md",
        "a.md~",
        "a.md.swp",
        ".md",
        "md",
        "x.md/a",
        "",
    ],
)
def test_these_files_are_none(path):
    assert not publishable_name(path)


def test_a_name_in_an_underscored_folder_is_still_a_post():
    assert publishable_name("_posts/2026-01-02-a.md")


# ── anything at all ──────────────────────────────────────────────────────────

PIECES = [*HARBOUR.splitlines(keepends=True), "---\n", "...\n", "\t", " ", '"', "'", ": ", "[", "{"]
PIECES += [
    "&a ",
    "*a",
    "- ",
    "? ",
    "%",
    "@",
    "<>",
    "<http://a.example/>\n",
    "](",
    "../",
    "\r",
    "\0",
]
PIECES += ["date: ", "tags:\n", "author: ", "|\n", "```\n", "|-|\n", "\ufeff", "2026年1月2日", "\\"]


@given(st.binary(max_size=400) | st.lists(st.sampled_from(PIECES)).map("".join).map(str.encode))
def test_any_bytes_give_a_feed_or_a_parse_error(body):
    try:
        feed = feed_of(body)
    except ParseError as error:
        assert str(error).startswith(NAME)
        return

    assert len(feed.entries) <= 1
    assert all(x.startswith(f"{NAME}:") for x in feed.problems)
    assert all(e.published.tzinfo is UTC for e in feed.entries if e.published)


@given(st.binary(max_size=40), st.integers(0, len(HARBOUR.encode())))
def test_bytes_thrown_into_a_post_never_raise_anything_else(noise, where):
    body = HARBOUR.encode()
    try:
        feed = feed_of(body[:where] + noise + body[where:])
    except ParseError:
        return

    assert len(feed.entries) <= 1


# ── as Jekyll decides ────────────────────────────────────────────────────────


SITED = f"_posts/{NAME}"
NOW = datetime(2026, 7, 1, tzinfo=UTC)


def as_jekyll(text: str | bytes, config: str = "", path: str = SITED) -> Feed:
    body = text if isinstance(text, bytes) else text.encode()
    reader = Reader(Site([path], config.encode()), SHANGHAI, now=NOW)
    return reader.parse(body, path)


def sited(text: str | bytes, config: str = "", path: str = SITED) -> Entry:
    feed = as_jekyll(text, config, path)
    assert feed.problems == ()
    return feed.entries[0]


def test_what_jekyll_decides_is_jekylls_and_the_rest_is_read_as_ever():
    text = with_fields(
        """id: tag:example.org,2026:1
title: 012
date: 2026-01-03 10:00
category: [21st, Century]
tags: a b
author: {name: Lin, url: "https://example.org/lin"}
audio: https://example.org/a.mp3
lang: no
license: 2.0
summary: yes""",
        "# {% raw %}{{ x }}{% endraw %}\n\n{% comment %}\n<http://c.example/>\n{% endcomment %}",
    )

    here, there = post(text), sited(text)

    decided = ("title", "published", "categories", "sections", "links", "base", "path")
    for field in Entry.__dataclass_fields__.keys() - decided:
        assert getattr(there, field) == getattr(here, field), field
    assert (here.title, there.title) == ("012", "10")
    assert here.sections == ("21st", "Century") == there.sections
    assert [c.term for c in here.categories[2:]] == ["a b"]
    assert [c.term for c in there.categories[2:]] == ["a", "b"]
    assert there.published == datetime(2026, 1, 3, 10, tzinfo=UTC)  # no zone in its config
    assert (
        there.link == there.base == "https://news.example/21st/century/2026/01/03/hello-world.html"
    )


def test_a_category_that_jekyll_has_twice_is_there_once():
    assert sited(with_fields("categories: [2013, '2013', a]")).sections == ("2013", "a")


def test_defaults_of_the_site_are_below_what_a_post_says():
    config = """defaults:
- {scope: {path: ""}, values: {lang: fr, author: [Ada, {name: Lin}], rights: 1, id: all, guid: x}}
"""
    entry = sited(with_fields("title: A\nrights: mine"), config)

    assert (entry.id, entry.language, entry.rights) == (SITED, "fr", "mine")
    assert entry.authors == (Person(name="Ada"), Person(name="Lin"))
    assert sited(with_fields("lang:\nauthor: ~"), config).authors == entry.authors
    config = "defaults: [{values: {author: {name: Ada, url: 'https://a.example/'}}}]"
    (person,) = sited(with_fields("author: {name: Lin}"), config).authors
    assert person == Person(name="Lin", url="https://a.example/")


@pytest.mark.parametrize(
    ("text", "title", "content"),
    [
        ("\n---\ntitle: A\nauthor: Lin\n---\nText.", "Hello World", "author: Lin"),
        ("---\ntitle: A\nauthor: Lin\n\nText.", "Hello World", "author: Lin"),
        ("---\r\ntitle: A\r\n---\r\none\r\n\r\ntwo\x07", "A", "<p>one</p>\n<p>two</p>"),
        ("", "Hello World", None),
    ],
)
def test_where_jekyll_sees_no_front_matter_there_is_none(text, title, content):
    (entry,) = as_jekyll(text).entries

    assert (entry.title, entry.authors) == (title, ())
    assert entry.content == content if content is None else content in entry.content


def test_front_matter_that_jekyll_cannot_read_is_told_and_makes_no_address():
    feed = as_jekyll(with_fields("title: 'open\nauthor: Lin"))

    (problem,) = feed.problems
    assert problem.startswith(f"{SITED}:1: ") and "without title and date" in problem
    (entry,) = feed.entries
    assert (entry.title, entry.published, entry.link) == ("", None, None)


@pytest.mark.parametrize(
    ("text", "config", "shown"),
    [
        (with_fields("published: false"), "", False),
        (with_fields("published: false"), "unpublished: true", True),
        (with_fields("draft: true"), "", True),
        (with_fields("title: A"), "defaults: [{values: {published: false}}]", False),
    ],
)
def test_jekyll_decides_what_is_published(text, config, shown):
    feed = as_jekyll(text.replace("---\n", "---\nguid: g\n", 1), config)

    assert (feed.id, len(feed.entries)) == ((None, 1) if shown else ("g", 0))


def test_the_sites_own_address_is_no_source_link():
    config = "url: https://Tea.example"
    body = "Text.\n\n<https://www.tea.example/more>\n\n[home](https://tea.example/)"

    entry = sited(with_body(body), config)

    assert entry.link == "https://Tea.example/2026/01/02/hello-world.html"
    assert "home" not in entry.content
    assert sited(HARBOUR, config).link.startswith("http://wire.example/")


def test_only_what_is_below_a_folder_of_posts_may_be_a_post():
    assert publishable_path("_posts/a.md") and publishable_path("b/_posts/c/a.textile")
    assert not publishable_path("_posts") and not publishable_path("my_posts/2026-01-02-a.md")


@given(st.binary(max_size=300) | st.lists(st.sampled_from(PIECES)).map("".join).map(str.encode))
def test_any_bytes_give_jekylls_feed_or_a_parse_error(body):
    try:
        feed = as_jekyll(body)
    except ParseError as error:
        assert str(error).startswith(SITED)
    else:
        assert feed.entries or feed.id
