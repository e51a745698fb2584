"""JSON Feed 1.1 by its schema, and what `_aggregator` holds beside it."""

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from jsonschema import Draft202012Validator, FormatChecker
from test_written import FEEDS, ODD_FEEDS, slowly

from aggregator.formats import jsonfeed, jsonfeed_written
from aggregator.model import (
    Deleted,
    Enclosure,
    Entry,
    Extension,
    Feed,
    Link,
    Origin,
    Person,
    Response,
)

DAY = datetime(2026, 3, 1, 8, tzinfo=UTC)
LINK = Link(href="https://a.example/1")
ENTRY = Entry(id="urn:1", title="T", links=(LINK,), content="<p>c</p>", published=DAY, updated=DAY)
FEED = Feed(id="urn:f", title="F", updated=DAY)

_URL = {"type": "string", "pattern": "^[A-Za-z][A-Za-z0-9+.-]*:[^\\s]+$"}
_TEXT = {"type": "string", "minLength": 1}
_DATE = {"type": "string", "pattern": "^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\dZ$"}
_AUTHORS = {
    "type": "array",
    "items": {
        "type": "object",
        "properties": {"name": _TEXT, "url": _URL, "avatar": _URL},
        "minProperties": 1,
        "additionalProperties": False,
    },
}
_ATTACHMENT = {
    "type": "object",
    "properties": {
        "url": _URL,
        "mime_type": {"type": "string", "pattern": "^[^/\\s]+/[^/\\s]+$"},
        "title": _TEXT,
        "size_in_bytes": {"type": "integer", "minimum": 0},
        "duration_in_seconds": {"type": "number", "minimum": 0},
    },
    "required": ["url", "mime_type"],
    "additionalProperties": False,
}
_ITEM = {
    "type": "object",
    "properties": {
        "id": _TEXT,
        "url": _URL,
        "external_url": _URL,
        "title": _TEXT,
        "content_html": {"type": "string"},
        "content_text": {"type": "string"},
        "summary": _TEXT,
        "image": _URL,
        "banner_image": _URL,
        "date_published": _DATE,
        "date_modified": _DATE,
        "authors": _AUTHORS,
        "tags": {"type": "array", "items": _TEXT, "uniqueItems": True},
        "language": _TEXT,
        "attachments": {"type": "array", "items": _ATTACHMENT},
    },
    "patternProperties": {"^_": {"type": "object"}},
    "required": ["id"],
    "anyOf": [{"required": ["content_html"]}, {"required": ["content_text"]}],
    "additionalProperties": False,
}
SCHEMA = {
    "type": "object",
    "properties": {
        "version": {"const": "https://jsonfeed.org/version/1.1"},
        "title": _TEXT,
        "home_page_url": _URL,
        "feed_url": _URL,
        "description": _TEXT,
        "next_url": _URL,
        "icon": _URL,
        "favicon": _URL,
        "authors": _AUTHORS,
        "language": _TEXT,
        "expired": {"type": "boolean"},
        "hubs": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"type": _TEXT, "url": _URL},
                "required": ["type", "url"],
                "additionalProperties": False,
            },
        },
        "items": {"type": "array", "items": _ITEM},
    },
    "patternProperties": {"^_": {"type": "object"}},
    "required": ["version", "title", "items"],
    "additionalProperties": False,
}
VALIDATOR = Draft202012Validator(SCHEMA, format_checker=FormatChecker())


def written(feed: Feed) -> dict[str, object]:
    document: dict[str, object] = json.loads(jsonfeed_written.render(feed))
    assert [x.message for x in VALIDATOR.iter_errors(document)] == []
    return document


def item_of(**fields: object) -> dict[str, object]:
    (item,) = written(replace(FEED, entries=(replace(ENTRY, **fields),)))["items"]
    return item


@slowly
@given(FEEDS)
def test_what_we_publish_is_as_the_schema_has_it(feed: Feed) -> None:
    written(feed)


@slowly
@given(ODD_FEEDS)
def test_so_is_what_should_not_be_published(feed: Feed) -> None:
    written(feed)


def test_a_feed_says_where_it_is_and_where_it_goes_on() -> None:
    rels = ("alternate", "self", "hub", "prev-archive", "current")
    feed = replace(
        FEED,
        links=tuple(Link(href=f"https://p.example/{rel}", rel=rel) for rel in rels),
        subtitle="<b>About</b> &amp; more",
        archive=True,
        deleted=(Deleted(ref="urn:0", when=DAY),),
    )
    assert written(feed) | {"items": [], "title": ""} == {
        "version": "https://jsonfeed.org/version/1.1",
        "title": "",
        "home_page_url": "https://p.example/alternate",
        "feed_url": "https://p.example/self",
        "description": "About & more",
        "next_url": "https://p.example/prev-archive",
        "hubs": [{"type": "WebSub", "url": "https://p.example/hub"}],
        "_aggregator": {
            "id": "urn:f",
            "updated": "2026-03-01T08:00:00Z",
            "archive": True,
            "links": [{"rel": "current", "url": "https://p.example/current"}],
            "deleted": [{"id": "urn:0", "when": "2026-03-01T08:00:00Z"}],
        },
        "items": [],
    }


def test_a_link_post_has_its_own_page_and_the_one_it_is_about() -> None:
    about = Link(href="https://b.example/", rel="related")
    item = item_of(links=(LINK, about, Link(href="https://c.example/", rel="via", title="C")))

    assert (item["url"], item["external_url"]) == ("https://a.example/1", "https://b.example/")
    assert item["_aggregator"] == {
        "links": [{"rel": "via", "url": "https://c.example/", "title": "C"}]
    }


def test_an_item_always_has_a_text() -> None:
    assert item_of(content=None, summary="s &amp; t")["content_html"] == "s &amp; t"
    assert item_of(content=None)["content_text"] == ""
    assert item_of(summary="<i>s</i> &amp; t")["summary"] == "s & t"


@pytest.mark.parametrize(
    ("last", "seconds"),
    [("83", 83), ("1:23", 83), ("1:00:01", 3601), ("12.7", 12), ("long", None), ("1:2:3:4", None)],
)
def test_attachments_have_a_type_and_where_known_a_size_and_a_length(
    last: str, seconds: int | None
) -> None:
    files = (Enclosure(url="https://a.example/a.mp3", length=9), Enclosure(url="https://a.example/b"))  # fmt: skip
    item = item_of(enclosures=files, extensions=(Extension(name="itunes:duration", text=last),))

    first = {"url": "https://a.example/a.mp3", "mime_type": "audio/mpeg", "size_in_bytes": 9}
    assert item["attachments"] == [
        first | ({} if seconds is None else {"duration_in_seconds": seconds}),
        {"url": "https://a.example/b", "mime_type": "application/octet-stream"},
    ]


def test_pictures_are_an_image_and_a_banner() -> None:
    told = (
        Extension(name="media:thumbnail", attributes=(("url", "https://a.example/t.png"),)),
        Extension(name="media:content", attributes=(("medium", "image"), ("url", "https://a.example/b.png"))),
    )  # fmt: skip
    item = item_of(extensions=told)
    assert (item["image"], item["banner_image"]) == (
        "https://a.example/t.png",
        "https://a.example/b.png",
    )


def test_whose_it_is_goes_from_planet_to_planet() -> None:
    signal = Extension(
        name="rsl:content",
        attributes=(("url", "https://o.example/"),),
        children=(Extension(name="rsl:permits", text="search"),),
    )
    origin = Origin(
        id="urn:o", title="O & Co", updated=DAY, language="de", rights="© O",
        links=(Link(href="https://o.example/"), Link(href="https://o.example/l", rel="license")),
        authors=(Person(name="Bo", url="https://o.example/bo"),), extensions=(signal,),
    )  # fmt: skip
    body = jsonfeed_written.render(
        replace(FEED, entries=(replace(ENTRY, origin=origin, extensions=(signal,)),))
    )
    (found,) = jsonfeed.parse(Response(url="https://p.example/x", body=body)).entries

    assert found.origin == replace(origin, title="O &amp; Co")  # titles are HTML until cleaned
    assert found.extensions == (signal,)


@pytest.mark.parametrize(
    "said",
    [
        '"x"', "[]", "{}", '{"source": 3}', '{"links": [{"url": 3}, "x"]}', '{"signals": {"name": "rsl:a"}}',
        '{"signals": [{"name": "script", "attributes": 3}]}', '{"categories": [{}, {"term": "t"}]}',
        '{"source": {"links": "x", "authors": 3, "signals": [[]], "updated": "never"}}',
    ],
)  # fmt: skip
def test_an_object_that_is_called_as_ours_may_hold_anything(said: str) -> None:
    body = f'{{"version": "https://jsonfeed.org/version/1.1", "items": [{{"id": "1", "_aggregator": {said}}}]}}'
    (entry,) = jsonfeed.parse(Response(url="https://p.example/x", body=body.encode())).entries
    assert entry.id == "1"
