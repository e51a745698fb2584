"""Subscription lists that are followed, on real servers: what comes with a list, and what goes."""

from __future__ import annotations

import asyncio
from html import escape
from pathlib import Path
from typing import Any

import pytest
from roads import Road
from servers import Answer, Asked, Server, serving
from world import Item, rss

from aggregator import app, following
from aggregator.errors import ConfigError, ParseError
from aggregator.fetch import Fetcher, FetchOptions
from aggregator.model import ListOptions, Request, Response, Source
from aggregator.opml import Outline


def opml(*bodies: str) -> bytes:
    return f"<opml version='2.0'><head/><body>{''.join(bodies)}</body></opml>".encode()


def feed(url: str, folder: str = "") -> str:
    outline = f'<outline type="rss" text="A feed" xmlUrl="{escape(url)}"/>'
    return f'<outline text="{folder}">{outline}</outline>' if folder else outline


def include(url: str, text: str = "Others") -> str:
    return f'<outline type="include" text="{text}" url="{escape(url)}"/>'


class Web:
    """One server: pages by path; a feed for every other path that begins with /f."""

    def __init__(self) -> None:
        self.pages: dict[str, bytes | Answer] = {}
        self.url = ""

    def __call__(self, asked: Asked) -> Answer:
        page = self.pages.get(asked.path)
        if page is None and asked.path.startswith("/f"):
            name = asked.path[1:]
            link = f"https://{name}.example/1"
            page = rss(Item(id=link, link=link, title=f"A story of {name}", text=f"All of {name}."))
        if page is None:
            return Answer(status=404)
        if isinstance(page, Answer):
            return page
        tag = f'"{hash(page)}"'
        if asked.headers.get("if-none-match") == tag:
            return Answer(status=304)
        return Answer(body=page, headers={"ETag": tag})

    def list(self, *bodies: str, path: str = "/list.opml") -> None:
        self.pages[path] = opml(*bodies)

    def feeds(self, *names: str, path: str = "/list.opml") -> None:
        self.list(*(feed(f"{self.url}/{name}") for name in names), path=path)


class Lists(Road):
    def __init__(self, folder: Path, server: Server, web: Web) -> None:
        super().__init__(folder)
        self.server = server
        self.web = web
        web.url = server.url
        self.follow()

    def follow(self, opml: str = "{private: true}", *, more: str = "", sources: str = "") -> None:
        self.config(
            f"blogs: {{url: '{self.server.url}/list.opml', categories: [众], opml: {opml}{more}}}\n"
            + sources
        )

    def asked(self) -> list[str]:
        """Paths since the last time."""
        paths = list(self.server.paths)
        self.server.asked.clear()
        return sorted(paths)

    def titles(self) -> set[str]:
        return {e["title"].removeprefix("A story of ") for e in self.entries()}

    def active(self) -> set[str]:
        """What is polled, by path."""
        return {x["url"].removeprefix(self.server.url) for x in self.status().values()}


@pytest.fixture
def lists(tmp_path: Path) -> Any:
    web = Web()
    with serving(web) as server:
        yield Lists(tmp_path, server, web)


# ── what comes ───────────────────────────────────────────────────────────────


def test_the_feeds_of_a_list_are_polled_with_its_settings(lists: Lists) -> None:
    lists.follow(more=", content: link, drop: 'title ~ \"f2\"'")
    lists.web.feeds("f1", "f2")

    found = lists.run()

    assert (found.polled, found.new, found.dropped, found.failed) == (3, 2, 1, 0)
    assert [e.findtext("{*}title") for e in lists.published("众")] == ["A story of f1"]
    assert "All of f1" not in str(lists.texts())
    rows = lists.status()
    assert {x["kind"] for x in rows.values()} == {"opml", "feed"}
    assert all(x["health"] == "ok" for x in rows.values())
    assert all(name == "blogs" or name.startswith("blogs/127.0.0.1-") for name in rows)


def test_feeds_of_a_list_are_sources_of_their_own(lists: Lists) -> None:
    lists.web.feeds("f1", "f2")
    lists.web.pages["/f2"] = Answer(status=500)

    found = lists.run()

    (error,) = found.errors
    assert found.new == 1 and error[0].startswith("blogs/") and "HTTP 500" in error[1]
    row = lists.status()[error[0]]
    assert row["failures"] == 1 and row["health"] == "failing"


def test_they_are_known_after_a_restart_without_the_list(lists: Lists) -> None:
    lists.web.feeds("f1", "f2")
    lists.run()
    lists.asked()
    lists.web.pages["/list.opml"] = Answer(status=500)
    lists.later(days=2)

    found = lists.run(force=False)

    assert lists.asked() == ["/f1", "/f2", "/list.opml"]
    assert (found.polled, found.failed, found.unchanged) == (3, 1, 2)


def test_a_restart_polls_nothing_that_is_not_due(lists: Lists) -> None:
    lists.web.feeds("f1")
    lists.run()
    lists.asked()
    lists.later(minutes=10)

    assert lists.run(force=False).polled == 0 and lists.asked() == []


def test_a_feed_that_is_added_is_polled_in_the_same_run(lists: Lists) -> None:
    lists.web.feeds("f1")
    lists.run()
    lists.web.feeds("f1", "f2")
    lists.later(days=2)

    lists.run(force=False)

    assert lists.titles() == {"f1", "f2"}


def test_one_source_of_a_list_can_be_polled_alone(lists: Lists) -> None:
    lists.web.feeds("f1", "f2")
    lists.run()
    lists.asked()
    (name,) = [n for n, x in lists.status().items() if x["url"].endswith("/f2")]

    lists.run(only=[name])

    assert lists.asked() == ["/f2"]


@pytest.mark.parametrize(("folders", "outputs"), [("true", {"众", "技术"}), ("false", {"众"})])
def test_folders_are_categories_where_the_config_says_so(
    lists: Lists, folders: str, outputs: set[str]
) -> None:
    lists.follow(f"{{private: true, folders: {folders}}}")
    lists.web.list(feed(f"{lists.web.url}/f1", "技术"))

    lists.run()

    assert {p.stem for p in (lists.folder / "feeds").glob("*.atom")} == outputs | {"all"}


def test_a_list_may_be_a_file(lists: Lists) -> None:
    (lists.folder / "my.opml").write_bytes(opml(feed(f"{lists.web.url}/f1")))
    lists.config("mine: {url: my.opml, opml: {private: true}}")

    assert lists.run().new == 1


def test_relative_addresses_are_those_of_the_list(lists: Lists) -> None:
    lists.web.list(feed("f1"), include("more/inner.opml"))
    lists.web.list(feed("../f2"), path="/more/inner.opml")

    lists.run()

    assert lists.titles() == {"f1", "f2"}


# ── what goes, and what stays ────────────────────────────────────────────────


def test_a_feed_that_leaves_the_list_is_retired_and_its_entries_stay(lists: Lists) -> None:
    lists.web.feeds("f1", "f2")
    lists.run()
    ids = {e["id"] for e in lists.entries()}
    lists.web.feeds("f1")
    lists.later(days=2)
    lists.run()
    lists.asked()

    lists.later(days=2)
    lists.run()

    assert lists.asked() == ["/f1", "/list.opml"] and lists.active() == {"/list.opml", "/f1"}
    assert lists.titles() == {"f1", "f2"} and len(lists.published()) == 2
    assert {e["id"] for e in lists.entries()} == ids


def test_one_that_comes_back_is_as_it_was(lists: Lists) -> None:
    for names in (("f1", "f2"), ("f1",), ("f2", "f1")):
        lists.web.feeds(*names)
        lists.run()
        lists.later(days=2)

    assert len(lists.entries()) == 2 and len(lists.published()) == 2


@pytest.mark.parametrize(
    "page",
    [
        Answer(status=500),
        Answer(status=404),
        b"",
        b"<!doctype html><title>Log in</title>",
        b"<opml version='2.0'><head/><body/></opml>",
        b"<opml version='2.0'><body><outline text='an empty folder'/></body></opml>",
        b"<opml version='2.0'><body><outline text='x' xmlUrl='https://new.example/feed'/>",
        b"<opml version='2.0'><body><outline text='x' xmlUrl='https://new.example/feed'>",
        b"<opml version='2.0'><body><outline text='x' xmlUrl='file:///etc/passwd'/></body></opml>",
        b"{}",
    ],
)
def test_a_list_that_fails_or_is_broken_or_empty_changes_nothing(
    lists: Lists, page: bytes | Answer
) -> None:
    lists.web.feeds("f1", "f2")
    lists.run()
    lists.asked()
    lists.web.pages["/list.opml"] = page
    lists.later(days=2)

    found = lists.run()

    assert [name for name, _ in found.errors] == ["blogs"]
    assert lists.active() == {"/list.opml", "/f1", "/f2"}
    assert lists.asked() == ["/f1", "/f2", "/list.opml"]


def test_a_broken_list_is_read_as_far_as_it_goes_the_first_time(lists: Lists) -> None:
    whole = opml(feed(f"{lists.web.url}/f1"), feed(f"{lists.web.url}/f2"))
    lists.web.pages["/list.opml"] = whole.partition(b"</body>")[0]

    found = lists.run()

    assert lists.titles() == {"f1", "f2"} and "broken OPML" in str(found.problems)


def test_a_list_that_leaves_the_config_takes_its_feeds_along(lists: Lists) -> None:
    lists.web.feeds("f1")
    lists.run()
    lists.config(f"other: '{lists.web.url}/f9'".replace("'", "{url: '", 1) + "}")
    lists.later(days=2)
    lists.asked()

    lists.run()

    assert lists.asked() == ["/f9"] and lists.titles() == {"f1", "f9"}


# ── what is not taken twice, and not taken at all ────────────────────────────


def test_a_feed_of_the_config_is_not_polled_twice(lists: Lists) -> None:
    lists.follow(sources=f"own: {{url: '{lists.web.url.upper().replace('HTTP', 'http')}/f1'}}\n")
    lists.web.feeds("f1", "f2", "f2")

    lists.run()

    assert lists.asked() == ["/f1", "/f2", "/list.opml"]
    assert {e["source"] for e in lists.entries() if e["title"].endswith("f1")} == {"own"}


def test_a_feed_of_two_lists_is_polled_once_with_the_categories_of_both(lists: Lists) -> None:
    lists.follow(
        sources=f"others: {{url: '{lists.web.url}/2.opml', categories: [别], opml: {{private: true}}}}\n"
    )
    lists.web.feeds("f1")
    lists.web.feeds("f1", "f2", path="/2.opml")

    lists.run()

    assert lists.asked() == ["/2.opml", "/f1", "/f2", "/list.opml"]
    assert len(lists.published("众")) == 1 and len(lists.published("别")) == 2


def test_lists_within_lists_are_followed_two_deep(lists: Lists) -> None:
    lists.web.list(feed(f"{lists.web.url}/f0"), include(f"{lists.web.url}/1.opml"))
    for n in (1, 2, 3):
        inner = (f"{lists.web.url}/{n + 1}.opml", f"{lists.web.url}/list.opml")
        lists.web.list(feed(f"{lists.web.url}/f{n}"), *map(include, inner), path=f"/{n}.opml")

    lists.run()

    assert lists.asked() == ["/1.opml", "/2.opml", "/f0", "/f1", "/f2", "/list.opml"]


def test_an_inner_list_that_fails_keeps_its_feeds(lists: Lists) -> None:
    lists.web.list(feed(f"{lists.web.url}/f0"), include(f"{lists.web.url}/1.opml"))
    lists.web.feeds("f1", path="/1.opml")
    lists.run()
    lists.web.pages["/1.opml"] = Answer(status=500)
    lists.web.list(
        feed(f"{lists.web.url}/f0"), feed(f"{lists.web.url}/f5"), include(f"{lists.web.url}/1.opml")
    )
    lists.later(days=2)
    lists.run()

    assert lists.active() == {"/list.opml", "/1.opml", "/f0", "/f1", "/f5"}
    lists.web.feeds("f0")
    lists.later(days=2)
    lists.run()
    assert lists.active() == {"/list.opml", "/f0"}


def test_a_feed_keeps_its_name_when_it_moves_to_an_inner_list(lists: Lists) -> None:
    lists.web.feeds("f1")
    lists.run()
    before = set(lists.status())
    lists.web.list(include(f"{lists.web.url}/1.opml"))
    lists.web.feeds("f1", path="/1.opml")
    lists.later(days=2)

    lists.run()

    assert before < set(lists.status()) and len(lists.entries()) == 1


def test_there_is_a_bound_and_it_is_told(lists: Lists) -> None:
    lists.follow("{private: true, most: 3}")
    lists.web.feeds(*(f"f{n}" for n in range(5)))

    found = lists.run()

    assert len(lists.titles()) == 3
    assert "2 of its feeds are beyond the 3 of opml.most" in str(found.problems)


def test_the_bound_holds_for_the_lists_in_it_too(lists: Lists) -> None:
    lists.follow("{private: true, most: 4}")
    lists.web.list(feed(f"{lists.web.url}/f0"), include(f"{lists.web.url}/1.opml"))
    lists.web.feeds(*(f"f{n}" for n in range(1, 5)), path="/1.opml")

    found = lists.run()

    assert len(lists.titles()) == 3  # and the inner list
    assert "blogs names 6; the first 4 are followed" in str(found.problems)


def test_a_list_names_no_private_address_whatever_the_config_allows(lists: Lists) -> None:
    lists.follow("true")
    lists.web.feeds("f1")
    lists.web.list(
        feed(f"{lists.web.url}/f1"),
        feed(f"{lists.web.url.replace('127.0.0.1', 'localhost')}/f2"),
        include(f"{lists.web.url}/1.opml"),
    )

    found = lists.run()

    assert lists.asked() == ["/list.opml"] and found.new == 0
    assert len(found.errors) == 3
    assert all("is a private address" in error for _, error in found.errors)


def test_a_connection_that_is_open_already_is_no_way_round(lists: Lists) -> None:
    """The config's own source may be asked at an address that a list may not name."""
    host = lists.web.url.replace("127.0.0.1", "localhost")
    options = FetchOptions(user_agent="t", allow_private=lists.settings.config.fetch.allow_private)

    async def both() -> None:
        async with Fetcher(options) as fetch:
            await fetch(Request(url=f"{host}/f1"))
            with pytest.raises(Exception, match="private address"):
                await fetch(Request(url=f"{host}/f2", public=True))

    asyncio.run(both())

    assert lists.asked() == ["/f1"]


@pytest.mark.parametrize(
    "url",
    ["file:///etc/passwd", "/etc/passwd", "feeds/x.xml", "ftp://a.example/", "javascript:1", "http://", "http://[::", "http://a b/"],
)  # fmt: skip
def test_no_list_names_a_file_or_what_is_no_address(url: str) -> None:
    body = opml(feed(url), feed("https://a.example/feed"))

    for place in ("file:///home/me/list.opml", ""):
        found = following.listing(Response(url=place, body=body), ListOptions(), known=0)

        assert [x.url for x in found.outlines] == ["https://a.example/feed"]
        assert "1 of its addresses" in found.problems[0]


def test_what_is_commented_out_is_not_followed() -> None:
    body = opml(
        feed("https://a.example/1"),
        '<outline text="x" isComment="true"><outline text="y" xmlUrl="https://a.example/2"/></outline>',
    )

    found = following.listing(Response(url="", body=body), ListOptions(), known=0)

    assert [x.url for x in found.outlines] == ["https://a.example/1"]


def test_what_is_no_list_says_what_it_is() -> None:
    with pytest.raises(ParseError, match="no <opml> element"):
        following.listing(Response(url="", body=b"<rss/>"), ListOptions(), known=3)


def test_names_hang_on_list_and_address_alone() -> None:
    root = Source(id="blogs", url="https://l.example/", kind="opml", how=ListOptions())
    one, two = (Outline(title="t", url=f"{x}://user:pw@A.example/feed") for x in ("http", "https"))

    first = following.sources([root], {"blogs": [one]})[1]
    second = following.sources(
        [root], {"blogs": [Outline(title="x", url="https://b.example/"), two]}
    )

    assert first.id in [s.id for s in second] and first.id.startswith("blogs/a.example-")
    assert "pw" not in first.id and first.public and first.list == "blogs"


def test_two_ways_to_read_a_source_are_one_too_many(tmp_path: Path) -> None:
    road = Road(tmp_path)
    road.config("a: {url: 'https://a.example/', opml: true, json: {title: t}}")

    with pytest.raises(ConfigError, match="read in one way: json or opml"):
        road.settings  # noqa: B018


def test_false_is_as_good_as_not_written(tmp_path: Path) -> None:
    road = Road(tmp_path)
    road.config("a: {url: 'https://a.example/', opml: false, json: {title: t}}")

    assert road.settings.sources["a"].kind == "json"


# ── the daemon ───────────────────────────────────────────────────────────────


def test_what_a_list_brings_is_due_at_once_and_polled_once(lists: Lists) -> None:
    lists.web.feeds("f1", "f2")

    async def daemon() -> list[str]:
        async with app.Aggregator(lists.settings, clock=lambda: lists.now) as aggregator:
            await aggregator.poll_one("blogs", force=False, told=lambda outcome: None)
            due = await aggregator.due()
            for name in due:
                await aggregator.poll_one(name, force=False, told=lambda outcome: None)
            assert await aggregator.due() == []
            return due

    due = asyncio.run(daemon())

    assert len(due) == 2 and lists.asked() == ["/f1", "/f2", "/list.opml"]
