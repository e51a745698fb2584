"""RSS as the Best Practices Profile has it, element by element."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree

import pytest

from aggregator.formats import rss
from aggregator.model import (
    Category,
    Deleted,
    Enclosure,
    Entry,
    Extension,
    Feed,
    Hints,
    Link,
    Origin,
    Person,
)

DAY = datetime(2026, 3, 1, 8, tzinfo=UTC)
ATOM = "{http://www.w3.org/2005/Atom}"
DC = "{http://purl.org/dc/elements/1.1/}"
CONTENT = "{http://purl.org/rss/1.0/modules/content/}"
MEDIA = "{http://search.yahoo.com/mrss/}"
SLASH = "{http://purl.org/rss/1.0/modules/slash/}"
WFW = "{http://wellformedweb.org/CommentAPI/}"
LINK = Link(href="https://a.example/1")
ENTRY = Entry(id="urn:1", title="T", links=(LINK,), content="<p>c</p>", published=DAY, updated=DAY)
FEED = Feed(
    id="urn:f", title="F", updated=DAY, language="zh",
    links=(Link(href="https://p.example/x.rss", rel="self", type=rss.MEDIA_TYPE), Link(href="https://p.example/")),
)  # fmt: skip


def channel_of(**fields: object) -> ElementTree.Element:
    found = ElementTree.fromstring(rss.render(replace(FEED, **fields))).find("channel")
    assert found is not None
    return found


def item_of(**fields: object) -> ElementTree.Element:
    found = channel_of(entries=(replace(ENTRY, **fields),)).find("item")
    assert found is not None
    return found


def tags(node: ElementTree.Element) -> list[str]:
    return [x.tag.rpartition("}")[2] for x in node]


# ── the channel ──────────────────────────────────────────────────────────────


def test_a_channel_has_what_rss_asks_for_and_its_own_address() -> None:
    channel = channel_of()

    assert [channel.findtext(n) for n in ("title", "link", "description", "language")] == [
        "F", "https://p.example/", "F", "zh",
    ]  # fmt: skip
    assert channel.find(f"{ATOM}link").attrib == {
        "rel": "self", "href": "https://p.example/x.rss", "type": "application/rss+xml",
    }  # fmt: skip
    assert channel.find("docs") is None


def test_it_was_built_when_its_news_came_and_never_now() -> None:
    assert channel_of().findtext("lastBuildDate") == "Sun, 01 Mar 2026 08:00:00 GMT"


def test_hubs_and_history_are_links_of_atom() -> None:
    links = tuple(Link(href=f"https://p.example/{r}", rel=r) for r in ("hub", "prev-archive"))
    channel = channel_of(
        links=(*FEED.links, *links), archive=True, deleted=(Deleted(ref="urn:0", when=DAY),), entries=(ENTRY,)
    )  # fmt: skip

    assert [x.get("rel") for x in channel.findall(f"{ATOM}link")] == ["self", "hub", "prev-archive"]
    assert tags(channel)[-3:] == ["archive", "deleted-entry", "item"]


def test_a_hint_of_when_to_come_again_is_in_minutes() -> None:
    assert channel_of(hints=Hints(ttl=timedelta(hours=1))).findtext("ttl") == "60"
    assert channel_of().find("ttl") is None


def test_a_style_sheet_is_an_instruction_for_browsers() -> None:
    style = Link(href="feed.css", rel="stylesheet")
    body = rss.render(replace(FEED, links=(*FEED.links, style)))

    assert body.splitlines()[1] == b'<?xml-stylesheet type="text/css" href="feed.css"?>'


# ── an item ──────────────────────────────────────────────────────────────────


def test_in_titles_what_could_be_markup_is_a_number() -> None:
    body = rss.render(replace(FEED, title="A & B", entries=(replace(ENTRY, title="a < b && <c>"),)))

    assert b"<title>A &#x26; B</title>" in body
    assert b"<title>a &#x3C; b &#x26;&#x26; &#x3C;c&#x3E;</title>" in body
    assert ElementTree.fromstring(body).findtext("channel/item/title") == "a < b && <c>"


@pytest.mark.parametrize(
    ("id", "permalink"), [("https://a.example/1", "true"), ("https://a.example/2", "false"), ("urn:1", "false")]
)  # fmt: skip
def test_a_guid_is_the_address_only_if_it_is_the_very_link(id: str, permalink: str) -> None:
    guid = item_of(id=id).find("guid")
    assert guid is not None and (guid.text, guid.get("isPermaLink")) == (id, permalink)


def test_the_description_comes_before_the_whole_text() -> None:
    both = item_of(summary="s")
    assert tags(both).index("description") < tags(both).index("encoded")
    assert (both.findtext("description"), both.findtext(f"{CONTENT}encoded")) == ("s", "<p>c</p>")


def test_a_text_alone_is_the_description() -> None:
    assert item_of().findtext("description") == "<p>c</p>"
    assert item_of(content=None, summary="s").findtext("description") == "s"
    assert item_of(content=None, title="").findtext("title") == "urn:1"


@pytest.mark.parametrize(
    ("people", "told"),
    [
        ((Person(name="Ann", email="a@a.example"),), [("creator", "Ann")]),
        ((Person(name="Ann"),), [("creator", "Ann")]),
        ((Person(name="Ann", email="none"),), [("creator", "Ann")]),
        ((Person(name="Ann", email="a@a.example"), Person(name="Bo")), [("creator", "Ann"), ("creator", "Bo")]),
        ((Person(email="a@a.example"),), []),
    ],
)  # fmt: skip
def test_authors_are_told_by_their_names(
    people: tuple[Person, ...], told: list[tuple[str, str]]
) -> None:
    found = [(x.tag.rpartition("}")[2], x.text) for x in item_of(authors=people)]
    assert [x for x in found if x[0] in ("author", "creator")] == told


def test_one_file_is_enclosed_and_the_others_are_media() -> None:
    files = (
        Enclosure(url="https://a.example/a.mp3"),
        Enclosure(url="https://a.example/b", length=5),
        Enclosure(url="https://a.example/c.mp4", type="video/mp4"),
    )
    known = Extension(name="media:content", attributes=(("url", "https://a.example/c.mp4"),))
    item = item_of(enclosures=files, extensions=(known,))

    (enclosure,) = item.findall("enclosure")
    assert enclosure.attrib == {"url": "https://a.example/a.mp3", "length": "0", "type": "audio/mpeg"}  # fmt: skip
    assert [x.attrib for x in item.findall(f"{MEDIA}content")] == [
        {"url": "https://a.example/b", "type": "application/octet-stream", "fileSize": "5"},
        {"url": "https://a.example/c.mp4"},
    ]


def test_dates_have_four_digits_and_greenwich() -> None:
    item = item_of(published=DAY.replace(year=1999), updated=DAY)
    assert item.findtext("pubDate") == "Mon, 01 Mar 1999 08:00:00 GMT"
    assert item.findtext(f"{ATOM}updated") == "2026-03-01T08:00:00Z"
    assert item_of().find(f"{ATOM}updated") is None


@pytest.mark.parametrize(
    ("origin", "url"),
    [
        (Origin(title="O", id="urn:o", links=(Link(href="https://o.example/"), Link(href="https://o.example/feed", rel="self"))), "https://o.example/feed"),
        (Origin(title="O", id="urn:o", links=(Link(href="https://o.example/"),)), "https://o.example/"),
        (Origin(title="O", id="urn:o"), "urn:o"),
    ],
)  # fmt: skip
def test_an_item_always_says_where_it_is_from(origin: Origin, url: str) -> None:
    source = item_of(origin=origin).find("source")
    assert source is not None and (source.text, source.get("url")) == ("O", url)


def test_the_discussion_is_counted_and_its_feed_is_named() -> None:
    talk = (
        Link(href="https://a.example/talk", rel="replies", type="text/html", count=7),
        Link(href="https://a.example/talk.atom", rel="replies", type="application/atom+xml"),
    )
    item = item_of(links=(LINK, *talk))

    assert item.findtext("comments") == "https://a.example/talk"
    assert item.findtext(f"{SLASH}comments") == "7"
    assert item.findtext(f"{WFW}commentRss") == "https://a.example/talk.atom"


def test_categories_have_their_domain() -> None:
    found = item_of(categories=(Category(term="a & b", scheme="https://a.example/t"), Category(term="c", scheme="no iri")))  # fmt: skip
    assert [(x.text, x.get("domain")) for x in found.findall("category")] == [
        ("a & b", "https://a.example/t"),
        ("c", None),
    ]


def test_a_language_is_told_where_it_is_another_than_the_channels() -> None:
    assert item_of(language="en").findtext(f"{DC}language") == "en"
    assert item_of(language="zh").find(f"{DC}language") is None


def test_rights_are_the_items_own_or_its_sources() -> None:
    licence = Link(href="https://o.example/licence", rel="license")
    signal = Extension(name="podcast:license", text="cc-by")
    origin = Origin(id="urn:o", title="O", rights="© O", links=(licence,), extensions=(signal,))
    inherited, own = item_of(origin=origin), item_of(
        origin=origin, rights="© me", links=(LINK, Link(href="https://a.example/l", rel="license")),
        extensions=(replace(signal, text="mine"),),
    )  # fmt: skip

    def told(item: ElementTree.Element) -> list[str | None]:
        links = [x.get("href") for x in item.findall(f"{ATOM}link")]
        podcast = "{https://podcastindex.org/namespace/1.0}license"
        return [item.findtext(f"{DC}rights"), *links, *(x.text for x in item.findall(podcast))]

    assert told(inherited) == ["© O", "https://o.example/licence", "cc-by"]
    assert told(own) == ["© me", "https://a.example/l", "mine"]


def test_where_else_it_was_seen_is_a_link_of_atom() -> None:
    via = Link(href="https://b.example/", rel="via", title="B")
    (link,) = item_of(links=(LINK, via)).findall(f"{ATOM}link")
    assert link.attrib == {"rel": "via", "href": "https://b.example/", "title": "B"}
