"""What we read, as a list that others can read."""

from dataclasses import replace
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from aggregator import opml
from aggregator.blogroll import outlines
from aggregator.model import Feed, Link, PageOptions, Source
from aggregator.opml import Outline

DAY = datetime(2026, 3, 1, 8, tzinfo=UTC)
A = Source(id="a", url="https://a.example/feed", categories=("财经", "tech"))
ODD = st.text("a中<&\"',/ \x00\ud800\n", max_size=5)


def root_of(*listed: Outline, **more: object) -> etree._Element:
    return etree.fromstring(opml.render(listed, **{"title": "T", **more}))


def test_a_feed_is_told_with_its_site_and_what_it_says_of_itself() -> None:
    feed = Feed(
        title="Paper A", subtitle="<b>News</b> &amp; more", language="en",
        links=(Link(href="https://a.example/"),),
    )  # fmt: skip
    (node,) = root_of(*outlines([A], {"a": feed})).iterfind("body/outline")

    assert dict(node.attrib) == {
        "type": "rss", "text": "Paper A", "title": "Paper A", "xmlUrl": "https://a.example/feed",
        "htmlUrl": "https://a.example/", "description": "News & more", "language": "en",
        "category": "/财经,/tech",
    }  # fmt: skip


def test_whoever_publishes_it_is_named_and_nothing_is_from_the_clock() -> None:
    head = root_of(title="行星", owner="Editors", updated=DAY)[0]

    assert [(x.tag, x.text) for x in head] == [
        ("title", "行星"),
        ("dateModified", "Sun, 01 Mar 2026 08:00:00 GMT"),
        ("ownerName", "Editors"),
    ]
    assert [x.tag for x in root_of()[0]] == ["title"]


def test_nobody_is_told_of_files_of_secrets_and_of_what_is_no_feed() -> None:
    sources = [
        Source(id="file", url="file:///srv/x.xml"),
        Source(id="secret", url="https://s.example/feed", secret=True),
        Source(id="token", url="https://t.example/feed?api_token=0123456789"),
        Source(id="page", url="https://p.example/", kind="page", how=PageOptions(items="li")),
        Source(id="named", url="https://user:pw@n.example/feed"),
    ]
    told = outlines(sources, {})

    assert [x.url for x in told] == ["https://n.example/feed"]


def test_a_file_is_told_of_where_it_says_that_it_is_on_the_web_as_well() -> None:
    file = Source(id="file", url="file:///srv/x.xml")
    web = Link(href="https://f.example/feed", rel="self")
    here = Link(href="file:///srv/x.xml", rel="self")

    assert [x.url for x in outlines([file], {"file": Feed(links=(here, web))})] == [web.href]
    assert outlines([replace(file, secret=True)], {"file": Feed(links=(web,))}) == ()


def test_folders_hold_a_feed_in_each_of_its_categories() -> None:
    listed = [Outline(title="A", url="urn:a", categories=("x", "y", "x")), Outline(title="B", url="urn:b")]  # fmt: skip
    body = root_of(*listed, folders=True)[1]

    assert [(x.get("text"), [y.get("text") for y in x]) for x in body] == [
        ("x", ["A"]),
        ("y", ["A"]),
        ("B", []),
    ]


LISTED = st.builds(
    Outline,
    title=st.sampled_from(["A & B", "江海日报", "<x>"]),
    url=st.sampled_from(["https://a.example/f?a&b", "https://b.example/中", "https://c.example/"]),
    categories=st.lists(st.sampled_from(["财经", "a/b", "x & y"]), unique=True).map(tuple),
)


@given(st.lists(LISTED, unique_by=lambda x: x.url), st.booleans())
def test_what_is_written_is_read_back(listed: list[Outline], folders: bool) -> None:
    body = opml.render(listed, title="T", folders=folders)

    back = {x.url: (x.title, set(x.categories)) for x in opml.parse(body)}
    assert back == {x.url: (x.title, set(x.categories)) for x in listed}
    assert body == opml.render(listed, title="T", folders=folders)


ODD_OUTLINES = st.builds(
    Outline, title=ODD, url=ODD.map(lambda x: "urn:" + x), site=ODD, description=ODD, language=ODD,
    categories=st.lists(ODD, max_size=3).map(tuple), includes=st.booleans(),
)  # fmt: skip


@given(st.lists(ODD_OUTLINES, max_size=3), ODD, st.booleans())
def test_whatever_is_listed_the_list_is_well_formed(
    listed: list[Outline], title: str, folders: bool
) -> None:
    assert root_of(*listed, title=title, owner=title, folders=folders).tag == "opml"
