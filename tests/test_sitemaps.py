"""Sitemaps: what they say of pages, which of them are read, and how an index is followed."""

from __future__ import annotations

import gzip
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from servers import Answer, Asked, serving
from world import World

from aggregator import config, formats
from aggregator.errors import ConfigError, ParseError
from aggregator.formats import sitemaps
from aggregator.model import Category, Entry, Feed, Link, Response, SitemapOptions

NS = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'
NEWS = f"""<?xml version="1.0" encoding="UTF-8"?>
<urlset {NS} xmlns:n="http://www.google.com/schemas/sitemap-news/0.9"
  xmlns:image="http://www.google.com/schemas/sitemap-image/1.1" xmlns:xhtml="http://www.w3.org/1999/xhtml">
<url><loc> https://n.example/a?x=1&amp;y=2 </loc><lastmod>2026-01-03T08:00:00+08:00</lastmod>
 <xhtml:link rel="alternate" hreflang="en" href="https://n.example/en/a"/>
 <image:image><image:loc>https://n.example/p.jpg</image:loc><image:title>A picture</image:title></image:image>
 <n:news><n:publication><n:name>港口日报</n:name><n:language>zh-cn</n:language></n:publication>
 <n:publication_date>2026-01-02</n:publication_date><n:title>渡轮 &lt;恢复&gt; <![CDATA[& more]]></n:title>
 <n:keywords>航运, 港口，sea</n:keywords></n:news></url>
<url><loc>https://n.example/2026/01/night-ferry_returns.html</loc></url>
<url><loc>https://n.example/</loc><lastmod>2026-01-04</lastmod></url>
</urlset>"""


def urlset(*urls: tuple[str, str]) -> bytes:
    body = "".join(
        f"<url><loc>https://n.example/{loc}</loc>{f'<lastmod>{date}</lastmod>' if date else ''}</url>"
        for loc, date in urls
    )
    return f"<urlset {NS}>{body}</urlset>".encode()


def packed(body: bytes) -> bytes:
    return gzip.compress(body, mtime=0)


def read(body: bytes | str, kind: str = "application/xml", **how: object) -> Feed:
    body = body.encode() if isinstance(body, str) else body
    response = Response(
        url="https://n.example/maps/s.xml", headers={"content-type": kind}, body=body
    )
    return sitemaps.parse(response, SitemapOptions(**how))  # type: ignore[arg-type]


def links(feed: Feed) -> list[str | None]:
    return [e.link for e in feed.entries]


# ── what is said of a page ───────────────────────────────────────────────────


def test_a_news_sitemap_says_title_dates_language_and_keywords() -> None:
    feed = read(NEWS)

    assert feed.title == "港口日报"
    assert feed.links == (Link(href="https://n.example/"),)
    assert feed.problems == ()
    link = "https://n.example/a?x=1&y=2"
    assert feed.entries[0] == Entry(
        title="渡轮 &lt;恢复&gt; &amp; more",
        links=(Link(href=link),),
        published=datetime(2026, 1, 2, tzinfo=UTC),
        updated=datetime(2026, 1, 3, tzinfo=UTC),
        categories=tuple(Category(term=x) for x in ("航运", "港口", "sea")),
        language="zh-cn",
        source_link=link,
    )
    assert [e.title for e in feed.entries[1:]] == ["Night ferry returns"]  # no home page


@pytest.mark.parametrize(
    ("url", "title"),
    [
        ("https://a.example/2026/01/02/night-ferry/", "Night ferry"),
        ("https://a.example/news/%E6%B8%A1%E8%BD%AE-%E6%81%A2%E5%A4%8D.html", "渡轮 恢复"),
        ("https://a.example/news/20260102/10553.shtml", "News 20260102 10553"),
        ("https://a.example/article.php?id=55&page=2", "Article id 55 page 2"),
        ("https://a.example/12/34", "12 34"),
        ("https://a.example/v1.2-notes", "V1 2 notes"),
    ],
)
def test_a_page_without_a_title_has_the_last_words_of_its_address(url: str, title: str) -> None:
    assert sitemaps.stand_in(url) == title


@pytest.mark.parametrize(
    "body",
    [
        urlset(("a", "")).replace(NS.encode(), b""),
        urlset(("a", "")).replace(b"0.9", b"0.84").replace(b"www.sitemaps.org", b"www.google.com"),
        urlset(("a", ""))
        .replace(b"<urlset", b'<x:urlset xmlns:x="x"')
        .replace(b"</urlset", b"</x:urlset"),
        b"\xef\xbb\xbf" + urlset(("a", "")),
        b"\n  " + urlset(("a", "")),
        b'<?xml version="1.0"?><?xml-stylesheet href="x.xsl"?><!-- by a plugin -->'
        + urlset(("a", "")),
        urlset(("a", "")).decode().encode("utf-16"),
        packed(urlset(("a", ""))),
        b"https://n.example/a\r\n\r\n",
        urlset(("a", "")).replace(b"https://n.example", b""),
    ],
)
def test_sitemaps_as_they_come(body: bytes) -> None:
    feed = read(body)

    assert links(feed) == ["https://n.example/a"]
    assert feed.problems == ()


def test_chinese_in_its_own_charset() -> None:
    body = NEWS.replace("UTF-8", "GB2312").encode("gb18030")

    assert read(body).title == "港口日报"


def test_an_empty_sitemap_is_one() -> None:
    assert read(urlset()).entries == ()


# ── which pages ──────────────────────────────────────────────────────────────


def test_the_newest_are_read_whatever_their_order() -> None:
    urls = [
        (f"p{n}", f"2026-01-{n * 11 % 28 + 1:02}T{n // 60:02}:{n % 60:02}:00Z") for n in range(300)
    ]

    feed = read(urlset(*urls), newest=5)

    newest = sorted(urls, key=lambda x: x[1], reverse=True)[:5]
    assert links(feed) == [f"https://n.example/{loc}" for loc, _ in newest]
    assert feed.problems == ()


def test_a_first_look_at_a_large_sitemap_is_no_flood() -> None:
    urls = [(f"p{n}", f"{1990 + n // 365}-01-01") for n in range(12_000)]

    assert len(read(urlset(*urls)).entries) == 200


@pytest.mark.parametrize("date", ["", "2026-01-01T00:00:00Z"])
def test_where_dates_do_not_tell_both_ends_are_read(date: str) -> None:
    feed = read(urlset(*((f"p{n}", date) for n in range(100))), newest=5)

    assert links(feed) == [f"https://n.example/p{n}" for n in (0, 1, 2, 98, 99)]
    assert "95 addresses without a date of their own were left out" in feed.problems[0]


def test_dated_pages_come_before_undated_ones() -> None:
    urls = [("a", ""), ("b", ""), ("c", "2026-01-01"), ("d", ""), ("e", "2026-01-02")]

    assert links(read(urlset(*urls), newest=3)) == [
        f"https://n.example/{x}" for x in ("e", "c", "a")
    ]


def test_addresses_are_chosen_by_a_pattern() -> None:
    body = urlset(("news/1", ""), ("tag/x", ""), ("News/2", ""))

    assert links(read(body, match="/news/")) == ["https://n.example/news/1"]
    assert len(read(body, match="(?i)/news/").entries) == 2
    with pytest.raises(ParseError, match=r"sitemap\.match: '/blog/' fits none of its 3 addresses"):
        read(body, match="/blog/")


def test_a_page_that_is_told_twice_is_one() -> None:
    assert len(read(urlset(("a", ""), ("a", "2026-01-01"))).entries) == 1


# ── what is broken ───────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "neither XML nor a list of addresses"),
        (b"Not Found", "neither XML nor a list of addresses"),
        (b"<!doctype html><html><body>Not found</body></html>", "an HTML page"),
        (b'<rss version="2.0"><channel/></rss>', "without sitemap:"),
        (b'<feed xmlns="http://www.w3.org/2005/Atom"/>', "without sitemap:"),
        (b"<opml/>", "its root is 'opml'"),
        (b"<", "broken XML"),
        (b'{"a": 1}', "neither XML nor a list of addresses"),
        (packed(b"x" * 100)[:20] + b"garbage" * 9, "damaged"),
        (packed(b" " * 60_000_000), "larger than 50 MB"),
    ],
)
def test_what_is_no_sitemap_is_told(body: bytes, said: str) -> None:
    with pytest.raises(ParseError, match=said):
        read(body)


def test_of_a_broken_one_what_is_there_is_read() -> None:
    whole = urlset(("a", "2026-01-01"), ("b", "soon"), ("c", "")).decode()

    cut = read(whole[:-30])
    wild = read(whole.replace("<urlset", "<urlset xmlns:x='&bad;'"))

    assert links(cut)[:2] == ["https://n.example/a", "https://n.example/b"]
    assert "'soon' is no date; read without" in cut.problems
    assert any(x.startswith("broken XML, read as far as it goes: line 1: ") for x in cut.problems)
    assert links(wild)[1:] == ["https://n.example/b", "https://n.example/c"]


def test_a_packed_one_that_is_cut_short_is_read_as_far_as_it_goes() -> None:
    whole = packed(urlset(*((f"page-{n}", "") for n in range(100))))

    cut = read(whole[: len(whole) // 2])

    assert links(cut)[0] == "https://n.example/page-0"
    assert "the compressed body is cut short" in cut.problems


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("a?x=1&y=2", "a?x=1&y=2"),
        ("a?x=1&copy=2&amp;y=3", "a?x=1&copy=2&y=3"),
        ("a?x=1&copy;=2&#38;y=&#x33;", "a?x=1&copy;=2&y=3"),
        ("<![CDATA[a?x=1&y=2&amp;]]>", "a?x=1&y=2&amp;"),
    ],
)
def test_a_bare_ampersand_is_one(written: str, meant: str) -> None:
    body = urlset(("a", "")).decode().replace("https://n.example/a", written)

    assert links(read(body)) == [f"https://n.example/maps/{meant}"]


def test_addresses_that_are_none_are_told() -> None:
    feed = read(
        urlset(("a", "")).replace(b"</urlset>", b"<url/><url><loc>ftp://x/</loc></url></urlset>")
    )

    assert links(feed) == ["https://n.example/a"]
    assert feed.problems == ("2 of its addresses are none",)


def test_entities_are_not_fetched_nor_unfolded(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("hidden")
    bomb = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 12))
    body = (
        f'<!DOCTYPE urlset [<!ENTITY e0 "ha">{bomb}<!ENTITY f SYSTEM "file://{tmp_path}/secret">]>'
        f"<urlset {NS}><url><loc>https://n.example/&e11;&f;</loc></url>"
        "<url><loc>https://n.example/b</loc></url></urlset>"
    )
    begun = time.process_time()

    try:
        found = str(read(body))
    except ParseError as error:
        found = str(error)

    assert "hidden" not in found and "haha" not in found
    assert time.process_time() - begun < 5


def test_fifty_thousand_addresses_take_no_time() -> None:
    begun = time.process_time()

    feed = read(packed(urlset(*((f"page-{n}", "2026-01-01") for n in range(60_000)))))

    assert len(feed.entries) == 200
    assert time.process_time() - begun < 5


@given(st.binary(max_size=300), st.integers(0, 400))
@settings(max_examples=300)
def test_any_bytes_are_a_feed_or_a_parse_error(garbage: bytes, place: int) -> None:
    body = NEWS.encode()
    response = Response(url="https://n.example/", body=body[:place] + garbage + body[place:])
    try:
        formats.guarded(lambda: sitemaps.parse(response, SitemapOptions()))
    except ParseError as error:
        assert "cannot be read" not in str(error)


@pytest.mark.parametrize("wrong", ["{match: '('}", "{newest: 0}", "[x]", "yes", "{mach: x}"])
def test_a_wrong_config_is_told_with_its_place(wrong: str) -> None:
    with pytest.raises(ConfigError, match=r"config\.yaml:4:\d+: sources\.a\.sitemap"):
        config.load(
            f"sources:\n  a:\n    url: https://a.example/\n    sitemap: {wrong}\n", folder=Path("/")
        )


def test_a_source_is_read_in_one_way() -> None:
    with pytest.raises(ConfigError, match="page or sitemap"):
        config.load("sources: {a: {url: x, page: {items: li}, sitemap: true}}", folder=Path("/"))


# ── an index ─────────────────────────────────────────────────────────────────


class Site:
    """A server with a sitemap index: its documents by path, or a status."""

    def __init__(self, tmp_path: Path) -> None:
        self.world = World(tmp_path)
        self.documents: dict[str, bytes | int] = {}
        self.asked: list[str] = []
        self.conditional: list[bool] = []
        self.validators = True

    def answer(self, asked: Asked) -> Answer:
        self.asked.append(asked.path)
        self.conditional.append("if-none-match" in asked.headers)
        document = self.documents.get(asked.path, 404)
        if isinstance(document, int):
            return Answer(status=document)
        etag = f'"{hash(document)}"'
        if asked.headers.get("if-none-match") == etag:
            return Answer(status=304, headers={"ETag": etag})
        return Answer(headers={"ETag": etag}, body=document)

    def index(self, *children: tuple[str, str]) -> None:
        body = "".join(
            f"<sitemap><loc>{loc}</loc>{f'<lastmod>{date}</lastmod>' if date else ''}</sitemap>"
            for loc, date in children
        )
        self.documents["/index.xml"] = f"<sitemapindex {NS}>{body}</sitemapindex>".encode()

    def config(self, url: str, how: str = "true") -> None:
        self.world.config(
            "site: {title: P, url: 'https://p.example/'}\n"
            "fetch: {allow_private: [127.0.0.0/8]}\n"
            f"sources: {{a: {{url: '{url}/index.xml', sitemap: {how}}}}}\n"
        )


def test_an_index_is_followed_and_not_asked_twice_for_the_same(tmp_path: Path) -> None:
    site = Site(tmp_path)
    site.documents |= {
        "/1.xml": urlset(("a", "2026-01-01")),
        "/2.xml.gz": packed(urlset(("b", ""))),
    }
    site.index(("/1.xml", "2026-01-01"), ("/2.xml.gz", "2026-01-02"))
    with serving(site.answer) as server:
        site.config(server.url)
        first = site.world.run(online=True)
        second = site.world.run(online=True)
        site.documents["/1.xml"] = urlset(("a", "2026-01-01"), ("c", "2026-01-03"))
        site.index(("/1.xml", "2026-01-03"), ("/2.xml.gz", "2026-01-02"))
        third = site.world.run(online=True)

    assert (first.new, first.failed) == (2, 0)
    assert (second.new, second.unchanged) == (0, 1)
    assert site.asked[:4] == ["/index.xml", "/2.xml.gz", "/1.xml", "/index.xml"]
    assert site.conditional[3]
    assert third.new == 1
    assert {e["url"] for e in site.world.entries()} == {
        f"https://n.example/{x}" for x in ("a", "b", "c")
    }


def test_an_index_that_does_not_date_its_sitemaps_hides_no_news(tmp_path: Path) -> None:
    site = Site(tmp_path)
    site.documents["/1.xml"] = urlset(("a", ""))
    site.index(("/1.xml", ""))
    with serving(site.answer) as server:
        site.config(server.url)
        site.world.run(online=True)
        second = site.world.run(online=True)
        site.documents["/1.xml"] = urlset(("a", ""), ("b", ""))
        third = site.world.run(online=True)

    assert (second.unchanged, third.new) == (1, 1)


def test_a_sitemap_that_fails_is_told_and_asked_for_again(tmp_path: Path) -> None:
    site = Site(tmp_path)
    site.documents |= {"/1.xml": urlset(("a", "")), "/2.xml": 500}
    site.index(("/1.xml", "2026-01-01"), ("/2.xml", "2026-01-02"))
    with serving(site.answer) as server:
        site.config(server.url)
        first = site.world.run(online=True)
        site.documents["/2.xml"] = urlset(("b", ""))
        second = site.world.run(online=True)

    assert (first.new, first.failed, second.new) == (1, 0, 1)


def test_an_index_of_which_nothing_can_be_had_has_failed(tmp_path: Path) -> None:
    site = Site(tmp_path)
    site.index(("/1.xml", "2026-01-01"))
    with serving(site.answer) as server:
        site.config(server.url)
        found = site.world.run(online=True)

    assert found.failed == 1
    assert "none of its 1 sitemaps can be read" in found.errors[0][1]
    assert "HTTP 404" in found.errors[0][1]


def test_few_sitemaps_of_many_are_read_and_a_pattern_chooses(tmp_path: Path) -> None:
    site = Site(tmp_path)
    names = [f"/post-{n}.xml" for n in range(30)]
    site.documents |= {name: urlset((name[1:-4], "")) for name in [*names, "/tags.xml"]}
    site.index(
        ("/tags.xml", "2026-02-01"), *((n, f"2026-01-{i + 1:02}") for i, n in enumerate(names))
    )
    with serving(site.answer) as server:
        site.config(server.url, "{follow: /post-}")
        found = site.world.run(online=True)

    assert found.new == 10
    assert sorted(site.asked[1:]) == sorted(names[-10:])


@pytest.mark.parametrize(
    "loc", ["http://10.0.0.1/s.xml", "file:///etc/hostname", "http://169.254.169.254/s.xml"]
)
def test_an_index_leads_nowhere_that_a_source_may_not(tmp_path: Path, loc: str) -> None:
    site = Site(tmp_path)
    site.documents["/1.xml"] = urlset(("a", ""))
    site.index(("/1.xml", ""), (loc, ""))
    with serving(site.answer) as server:
        site.config(server.url)
        found = site.world.run(online=True)

    assert (found.new, found.failed) == (1, 0)
