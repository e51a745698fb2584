"""Subscription lists as other readers write them."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.errors import ParseError
from aggregator.opml import Outline, parse, read


def opml(body: str, head: str = '<?xml version="1.0" encoding="UTF-8"?>') -> bytes:
    return f"{head}<opml version='2.0'><head/><body>{body}</body></opml>".encode()


def only(body: str) -> Outline:
    (outline,) = parse(opml(body))
    return outline


def test_a_feed_is_a_title_and_an_address() -> None:
    found = only(
        '<outline type="rss" text="t" title="新闻 &amp; Co" xmlUrl=" https://a.example/f "/>'
    )

    assert found == Outline(title="新闻 & Co", url="https://a.example/f")


@pytest.mark.parametrize(
    ("attributes", "title"),
    [
        ('text="t"', "t"),
        ('title="" text="t"', "t"),
        ('text="a&#10;  b"', "a b"),
        ('text=" "', "https://a.example/f"),
        ("", "https://a.example/f"),
    ],
)
def test_every_feed_has_a_title(attributes: str, title: str) -> None:
    assert only(f'<outline {attributes} xmlUrl="https://a.example/f"/>').title == title


@pytest.mark.parametrize("name", ["xmlUrl", "xmlurl", "xmlURL", "XMLURL"])
def test_the_address_is_found_however_its_name_is_written(name: str) -> None:
    assert only(f'<outline text="t" {name}="https://a.example/f"/>').url == "https://a.example/f"


@pytest.mark.parametrize(
    ("given_", "url"),
    [
        ("feed://a.example/f", "http://a.example/f"),
        ("feed:https://a.example/f", "https://a.example/f"),
        ("FEED://https://a.example/f", "https://a.example/f"),
        ("https://feed.example/f", "https://feed.example/f"),
    ],
)
def test_the_feed_scheme_of_old_is_the_web(given_: str, url: str) -> None:
    assert only(f'<outline text="t" xmlUrl="{given_}"/>').url == url


def test_folders_are_categories() -> None:
    found = only(
        '<outline text="技术"><outline title="AI" text="x"><outline>'
        '<outline text="t" xmlUrl="https://a.example/f"/></outline></outline></outline>'
    )

    assert found.categories == ("技术", "AI")


def test_the_category_attribute_is_a_list_of_paths() -> None:
    found = only(
        '<outline text="ai"><outline text="t" category="/Boston/Weather, ai,,/ "'
        ' xmlUrl="https://a.example/f"/></outline>'
    )

    assert found.categories == ("ai", "Boston/Weather")


def test_a_feed_in_two_folders_has_both_as_categories_and_comes_once() -> None:
    feed = '<outline text="t" xmlUrl="https://a.example/f"/>'
    found = only(f'<outline text="ai">{feed}</outline><outline text="tools">{feed}</outline>')

    assert (found.categories, found.times) == (("ai", "tools"), 2)


def test_feeds_inside_of_a_feed_are_found() -> None:
    found = parse(
        opml(
            '<outline text="a" xmlUrl="https://a.example/f">'
            '<outline text="b" xmlUrl="https://b.example/f"/></outline>'
        )
    )

    assert [x.url for x in found] == ["https://a.example/f", "https://b.example/f"]


def test_order_is_kept_and_what_is_no_feed_left_out() -> None:
    found = parse(
        opml(
            '<!-- a --><outline text="z" xmlUrl="https://z.example/"/><outline text="folder"/>'
            '<outline text="page" type="link" url="https://page.example/"/><?pi?>'
            '<outline text="a" xmlUrl="https://a.example/"/>'
        )
    )

    assert [x.title for x in found] == ["z", "a"]


def test_a_list_without_feeds_is_an_empty_one() -> None:
    assert parse(opml("")) == ()
    assert parse(b"<opml/>") == ()


def test_a_broken_list_yields_what_can_be_read() -> None:
    whole = opml('<outline text="A & B" xmlUrl="https://a.example/?a=1&b=2"/><outline text="t"')

    assert [x.url for x in parse(whole)] == ["https://a.example/?a=1&b=2"]


@pytest.mark.parametrize(
    ("body", "title"),
    [
        (
            opml('<outline text="Caf&eacute;&nbsp;&amp;&#32;B&ouml;rse" xmlUrl="u:"/>'),
            "Café & Börse",
        ),
        (opml('<outline text="AT&T; &Co" xmlUrl="u:"/>'), "AT&T; &Co"),
        (b"\r\n  " + opml('<outline text="t" xmlUrl="u:"/>'), "t"),
    ],
)
def test_what_is_wrong_with_a_list_that_is_whole_is_no_fault(body: bytes, title: str) -> None:
    found = read(body)

    assert [x.title for x in found.outlines] == [title]
    assert found.broken is None


def test_other_encodings_are_read() -> None:
    text = '<?xml version="1.0" encoding="GBK"?><opml><body><outline text="新闻" xmlUrl="u:"/></body></opml>'

    assert parse(text.encode("gbk"))[0].title == "新闻"
    assert parse(text.replace("GBK", "UTF-16").encode("utf-16"))[0].title == "新闻"
    assert parse(b"\xef\xbb\xbf" + opml('<outline text="t" xmlUrl="u:"/>'))[0].title == "t"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b" \n",
        b"\xef\xbb\xbf",
        b"<",
        b"\0\0\0",
        b"plain words",
        b"<html><body><outline xmlUrl='https://a.example/'/></body></html>",
        b"<rss/>",
        b"<!-- only a comment -->",
        b'{"json": true}',
    ],
)
def test_what_is_no_list_is_said_to_be_none(body: bytes) -> None:
    with pytest.raises(ParseError, match="no OPML"):
        parse(body)


def test_no_file_is_read_for_an_entity_and_none_grows_without_end() -> None:
    head = (
        '<!DOCTYPE opml [<!ENTITY f SYSTEM "file:///etc/hostname"><!ENTITY a "aaaaaaaaaa">'
        + "".join(
            f'<!ENTITY {x} "{f"&{y};" * 10}">'
            for x, y in zip("bcdefghij", "abcdefghi", strict=True)
        )
        + "]>"
    )
    bomb = opml('<outline text="&f;&j;" xmlUrl="https://a.example/f"/>', head)

    try:
        found = parse(bomb)
    except ParseError:
        return
    assert len(str(found)) < 1_000_000


def test_folders_a_thousand_deep_do_no_harm() -> None:
    deep = "<outline text='f'>" * 5000 + "<outline text='t' xmlUrl='u:'/>" + "</outline>" * 5000

    with suppress(ParseError):
        parse(opml(deep))


@given(st.binary(max_size=300) | st.text(alphabet="<>/=\"'&; opmlbdyutineUxr", max_size=200))
def test_any_bytes_are_a_list_or_a_parse_error(body: bytes | str) -> None:
    with suppress(ParseError):
        parse(body if isinstance(body, bytes) else f"<opml><body>{body}".encode())
