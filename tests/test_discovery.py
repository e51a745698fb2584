"""The feeds that a page names, and what is said where a page stands instead of a feed."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.errors import ParseError
from aggregator.formats import discovery, parse
from aggregator.model import Link, Response

PAGE = "https://a.example/blog/"
ATOM, RSS, JSON = "application/atom+xml", "application/rss+xml", "application/feed+json"


def found(page: str | bytes, *, url: str = PAGE, **headers: str) -> list[str]:
    body = page.encode() if isinstance(page, str) else page
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return [x.href for x in discovery.feeds(Response(url=url, headers=named, body=body))]


def linked(href: str, type: str = RSS, more: str = "") -> str:
    return f'<link rel="alternate" type="{type}" href="{href}" {more}>'


def refusal(page: str | bytes, *, url: str = PAGE, **headers: str) -> str:
    body = page.encode() if isinstance(page, str) else page
    with pytest.raises(ParseError) as caught:
        parse(Response(url=url, headers=headers, body=body))
    return str(caught.value)


@pytest.mark.parametrize(
    ("head", "feeds"),
    [
        (linked("https://a.example/f", ATOM), ["https://a.example/f"]),
        (linked("feed.xml"), ["https://a.example/blog/feed.xml"]),
        (linked("/feed.json", JSON), ["https://a.example/feed.json"]),
        (linked("//b.example/f"), ["https://b.example/f"]),
        (linked("?feed=rss2&amp;l=zh"), ["https://a.example/blog/?feed=rss2&l=zh"]),
        (linked(" /f\n.xml "), ["https://a.example/f%20.xml"]),
        (linked("/评论员"), ["https://a.example/评论员"]),
        (linked("feed://b.example/f"), ["https://b.example/f"]),
        (linked("feed:https://b.example/f"), ["https://b.example/f"]),
        (linked("/f", "Application/RSS+XML; charset=utf-8"), ["https://a.example/f"]),
        ("<LINK REL='Alternate Feed' TYPE=application/atom+xml HREF=/f>", ["https://a.example/f"]),
        ("<link rel=feed href=/f>", ["https://a.example/f"]),
        ("<a rel=alternate type=application/rss+xml href=/f>RSS</a>", ["https://a.example/f"]),
        (linked("/f") + linked("/f", ATOM), ["https://a.example/f"]),
        (linked("f") + "<base href=/x/><base href=/y/>", ["https://a.example/x/f"]),
        ("<base target=_top><base href='//b.example'>" + linked("f"), ["https://b.example/f"]),
        ("<base href='javascript:x'>" + linked("f"), ["https://a.example/blog/f"]),
        (linked(""), []),
        (linked("javascript:alert(1)"), []),
        (linked("file:///etc/passwd"), []),
        (linked("http://[oh/no"), []),
        (linked("http://"), []),
        (linked("/" + "x" * 5000), []),
        (linked(PAGE), []),  # itself
        (linked("/f", "text/html"), []),
        (linked("/f", "application/json"), []),  # WordPress names its interface so
        ("<link rel=stylesheet type=application/rss+xml href=/f>", []),
        ("<link rel='alternate stylesheet' type=application/rss+xml href=/f>", []),
        (f"<!-- {linked('/f')} -->", []),
        (f"<script>'{linked('/f')}'</script>", []),
        ("", []),
    ],
)
def test_what_a_page_names(head: str, feeds: list[str]) -> None:
    assert found(f"<!doctype html><html><head>{head}</head><body>x</body></html>") == feeds


def test_the_first_is_the_default_and_comments_are_last() -> None:
    page = (
        linked("/comments/feed/", more='title="a » Comments Feed"')
        + linked("/1", more='title="对「渡轮」的评论"')
        + linked("/feed/", more='title="a » Feed"')
        + linked("/atom", ATOM)
    )

    assert found(page) == [
        "https://a.example/feed/",
        "https://a.example/atom",
        "https://a.example/comments/feed/",
        "https://a.example/1",
    ]


@pytest.mark.parametrize(
    ("link", "feeds"),
    [
        (f'</f>; rel="alternate"; type="{ATOM}"', ["https://a.example/f"]),
        (f"<f>;rel=alternate;type={RSS}", ["https://a.example/blog/f"]),
        (
            f'<https://api.example/>; rel="https://api.w.org/", <a,b;c> ; Type="{JSON}"'
            '; title="one, \\"two\\"; three" ; REL="self alternate"',
            ["https://a.example/blog/a,b;c"],
        ),
        (f'</f>; rel="self"; rel="alternate"; type="{ATOM}"', []),  # the first counts
        (f'</f>; rel="hub"; type="{ATOM}"', []),
        ("</f", []),
        ("", []),
    ],
)
def test_what_link_headers_name(link: str, feeds: list[str]) -> None:
    assert found("", link=link) == feeds
    assert found(linked("/in-page"), link=link) == [*feeds, "https://a.example/in-page"]


def test_a_page_is_read_in_its_charset() -> None:
    page = f'<meta charset="gbk"><title>财经新闻与评论</title>{linked("/财经")}'
    wide = f"<!doctype html><html>{linked('/财经')}".encode("utf-16")

    assert found(page.encode("gbk")) == ["https://a.example/财经"]
    assert found(
        linked("/日本").encode("shift_jis"), content_type="text/html; charset=shift_jis"
    ) == ["https://a.example/日本"]
    assert found(wide) == ["https://a.example/财经"]


def test_without_an_address_of_the_page_what_is_relative_stays_so() -> None:
    page = linked("feed.xml") + linked("https://b.example/f")

    assert found(page, url="") == ["feed.xml", "https://b.example/f"]
    assert found(page + "<base href='https://c.example/x/'>", url="")[0] == (
        "https://c.example/x/feed.xml"
    )


def test_a_page_instead_of_a_feed_is_told_with_its_feed() -> None:
    page = f"<!doctype html><html><head>{linked('/f')}</head></html>"

    assert refusal(page) == (
        "no feed: an HTML page; its feed is https://a.example/f: put that address into the config"
    )
    assert "its feed is https://a.example/f (or https://a.example/g, https://a.example/h): " in (
        refusal("<html>" + "".join(map(linked, ("/f", "/g", "/h", "/i"))))
    )
    assert refusal("<!doctype html><html></html>") == "no feed: an HTML page"


@pytest.mark.parametrize(
    "page",
    [
        f"<head><title>x</title>{linked('/f')}</head>".encode(),
        f"hello, world {linked('/f')}".encode(),
        f"<html>{linked('/f')}".encode("utf-16"),
        f'<?xml version="1.0"?><h:html xmlns:h="x"/>{linked("/f")}'.encode(),
    ],
)
def test_half_a_page_is_told_as_one_where_it_names_a_feed(page: bytes) -> None:
    assert "an HTML page; its feed is https://a.example/f" in refusal(page)


@pytest.mark.parametrize(
    "piece", ["<div>", "<a>", "<p><table>", "<!--", "<![CDATA[", "&#", "<a href='", "<svg>", "<"]
)
def test_a_page_that_never_ends_is_looked_at_in_time(piece: str) -> None:
    page = linked("/f") + piece * (5_000_000 // len(piece))
    begun = time.process_time()

    assert found(page) == ["https://a.example/f"]
    assert time.process_time() - begun < 5


@given(st.binary(max_size=300), st.text(max_size=100), st.sampled_from([PAGE, "", "http://[", "x"]))
def test_any_bytes_name_some_feeds_or_none(body: bytes, header: str, url: str) -> None:
    response = Response(url=url, headers={"link": header}, body=b"<link rel=feed href=" + body)

    assert all(isinstance(x, Link) for x in discovery.feeds(response))
