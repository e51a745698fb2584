"""robots.txt: asked before pages and nothing else, and kept to."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Callable, Iterable
from ipaddress import ip_network
from pathlib import Path

import pytest
from servers import Answer, Asked, Raw, Server, free_port, serving
from world import Item, World, rss

from aggregator import robots
from aggregator.errors import Disallowed, FetchError
from aggregator.fetch import Fetcher, FetchOptions
from aggregator.model import Request

PAGE = b"<ul><li><a href=/1>One</a></li></ul>"
LOOPBACK = (ip_network("127.0.0.0/8"),)


def site(
    file: str | bytes | int | Raw | Callable[[Asked], Answer],
) -> Callable[[Asked], Answer | Raw]:
    """A site whose robots.txt is this, or a status, or whatever a function answers."""

    def answer(asked: Asked) -> Answer | Raw:
        if asked.path != "/robots.txt":
            return Answer(headers={"Content-Type": "text/html"}, body=PAGE)
        if callable(file):
            return file(asked)
        if isinstance(file, int):
            return Answer(status=file)
        return (
            file
            if isinstance(file, Raw)
            else Answer(body=file.encode() if isinstance(file, str) else file)
        )

    return answer


def asked(server: Server, *paths: str, robots: bool = True, page: bool = True) -> list[str]:
    """What came of asking for these, one after the other: ok, no, or the error."""

    async def all_of_it() -> list[str]:
        options = FetchOptions(
            user_agent="aggregator/0.1 (+https://e.example/bot)",
            allow_private=LOOPBACK,
            robots=robots,
        )
        said = []
        async with Fetcher(options) as fetch:
            for path in paths:
                try:
                    await fetch(Request(url=server.url + path, page=page))
                    said.append("ok")
                except Disallowed:
                    said.append("no")
                except FetchError as error:
                    said.append(str(error))
        return said

    return asyncio.run(all_of_it())


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(robots, "_GAP", 0.0)


# ── what a file says ─────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("file", "said"),
    [
        ("", {"/a": "ok"}),
        ("User-agent: *\nDisallow: /", {"/": "no", "/a": "no"}),
        ("User-agent: *\nDisallow:", {"/a": "ok"}),
        ("User-agent: other\nDisallow: /", {"/a": "ok"}),
        (
            "User-agent: *\nDisallow: /\n\nUser-agent: Aggregator\nDisallow: /b",
            {"/a": "ok", "/b": "no"},
        ),
        ("user-agent: aggregator/2.0\ndisallow: /b", {"/a": "ok", "/b/c": "no"}),
        (
            "User-agent: x\nUser-agent: aggregator\nUser-agent: y\nDisallow: /b",
            {"/a": "ok", "/b": "no"},
        ),
        ("User-agent: myaggregator\nDisallow: /", {"/a": "ok"}),
        ("User-agent: *\nDisallow: /b\nAllow: /b/c", {"/b/c/d": "ok", "/b/d": "no"}),
        ("User-agent: *\nDisallow: /*.php$", {"/a.php": "no", "/a.php?x": "ok"}),
        ("User-agent: *\nDisallow: /*?s=", {"/a?s=1": "no", "/a": "ok"}),
        ("User-agent: *\nDisallow: /新闻/", {"/%E6%96%B0%E9%97%BB/1": "no", "/a": "ok"}),
        ("\ufeffUser-agent: *\r\nDisallow: /b # not this", {"/b": "no", "/a": "ok"}),
        ("User-agent: *\rDisallow: /b", {"/b": "no"}),
        ("<!doctype html><html>Not found", {"/a": "ok"}),
    ],
)
def test_rules_are_read_as_they_are_meant(file: str, said: dict[str, str]) -> None:
    with serving(site(file)) as server:
        assert dict(zip(said, asked(server, *said), strict=True)) == said


def test_only_the_first_half_a_megabyte_counts() -> None:
    file = "User-agent: *\nDisallow: /b\n" + "# filler\n" * 60_000 + "Disallow: /a\n"

    with serving(site(file)) as server:
        assert asked(server, "/a", "/b") == ["ok", "no"]


def test_a_file_that_names_everybody_takes_no_time() -> None:
    file = "".join(f"User-agent: a{n}\n" for n in range(15_000)) + "Disallow: /x\n" * 15_000
    begun = time.process_time()

    with serving(site(file + "User-agent: *\nDisallow: /b")) as server:
        assert asked(server, "/a", "/b") == ["ok", "no"]
    assert time.process_time() - begun < 5


# ── when there is none, or no answer ─────────────────────────────────────────


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410])
def test_without_a_file_all_is_allowed(status: int) -> None:
    with serving(site(status)) as server:
        assert asked(server, "/a") == ["ok"]


@pytest.mark.parametrize(
    "file",
    [
        500,
        503,
        429,
        Raw(),
        Raw(reset=True),
        Raw([b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx"]),
    ],
)
def test_without_an_answer_nothing_is(file: int | Raw) -> None:
    with serving(site(file)) as server:
        (said,) = asked(server, "/a")

        assert "its robots.txt cannot be read" in said
        assert set(server.paths) == {"/robots.txt"}


def test_redirects_are_followed_and_a_loop_is_no_permission() -> None:
    def there(asked: Asked) -> Answer:
        return Answer(status=301, headers={"Location": "/robots2.txt"})

    def moved(asked: Asked) -> Answer | Raw:
        if asked.path == "/robots2.txt":
            return Answer(body=b"User-agent: *\nDisallow: /b")
        return site(there)(asked)

    with serving(moved) as server:
        assert asked(server, "/a", "/b") == ["ok", "no"]
    with serving(
        site(lambda asked: Answer(status=302, headers={"Location": "/robots.txt"}))
    ) as server:
        assert "redirects in a circle" in asked(server, "/a")[0]


# ── who is asked, and how often ──────────────────────────────────────────────


def test_it_is_asked_once_for_many_pages() -> None:
    with serving(site("")) as server:
        asked(server, "/a", "/b", "/c")

        assert server.paths == ["/robots.txt", "/a", "/b", "/c"]


def test_it_is_asked_once_by_many_at_once() -> None:
    async def together(server: Server) -> None:
        options = FetchOptions(user_agent="aggregator/0.1", allow_private=LOOPBACK)
        async with Fetcher(options) as fetch:
            await asyncio.gather(
                *(fetch(Request(url=f"{server.url}/{n}", page=True)) for n in range(9))
            )

    with serving(site("")) as server:
        asyncio.run(together(server))

        assert server.paths.count("/robots.txt") == 1


def test_after_a_day_it_is_asked_again_and_the_old_holds_while_it_fails(tmp_path: Path) -> None:
    files: Iterable[Answer] = iter(
        [
            Answer(body=b"User-agent: *\nDisallow: /a"),
            Answer(status=503),
            Answer(status=503),
            Answer(status=404),
        ]
    )

    with serving(site(lambda _: next(files))) as server:
        planet = Planet(tmp_path, server, "/a")
        assert [planet.run(hours=x) for x in (0, 23, 2, 1, 1)] == [0, 0, 0, 0, 1]
        assert server.paths.count("/robots.txt") == 4


# ── from one start to the next ───────────────────────────────────────────────


class Planet:
    """A source with `page`, and a clock; each run is another start of the program."""

    def __init__(self, folder: Path, server: Server, path: str) -> None:
        self.world = World(folder)
        self.world.config(
            "site: {title: P, url: 'https://p.example/'}\nfetch: {allow_private: [127.0.0.0/8]}\n"
            f"sources: {{page: {{url: '{server.url}{path}', page: {{items: li}}}}}}\n"
        )

    def run(self, *, hours: float) -> int:
        """How many entries came, so much later than before."""
        self.world.later(hours=hours)
        return self.world.run(online=True).new


@pytest.mark.parametrize(
    ("file", "new"),
    [("User-agent: *\nDisallow: /b\0", 1), ("User-agent: *\nDisallow: /", 0), (404, 1)],
)
def test_a_start_anew_asks_for_it_no_sooner(tmp_path: Path, file: str | int, new: int) -> None:
    with serving(site(file)) as server:
        planet = Planet(tmp_path, server, "/a")
        assert [planet.run(hours=x) for x in (0, 12, 11)] == [new, 0, 0]
        assert server.paths.count("/robots.txt") == 1

        planet.run(hours=2)

        assert server.paths.count("/robots.txt") == 2
        assert server.paths.count("/a") == (4 if new else 0)


def test_one_that_cannot_be_had_is_asked_for_soon_again(tmp_path: Path) -> None:
    with serving(site(500)) as server:
        planet = Planet(tmp_path, server, "/a")
        assert planet.run(hours=0) == 0

        server.handler = site("")

        assert planet.run(hours=0.01) == 1


def test_what_a_clock_that_was_ahead_kept_does_not_hold(tmp_path: Path) -> None:
    with serving(site("User-agent: *\nDisallow: /")) as server:
        planet = Planet(tmp_path, server, "/a")
        assert planet.run(hours=9000) == 0

        server.handler = site("")

        assert planet.run(hours=-9000) == 1


@pytest.mark.parametrize(("on", "page"), [(False, True), (True, False)])
def test_it_is_not_asked_for_feeds_nor_where_it_is_turned_off(on: bool, page: bool) -> None:
    with serving(site("User-agent: *\nDisallow: /")) as server:
        assert asked(server, "/a", robots=on, page=page) == ["ok"]
        assert server.paths == ["/a"]


def test_a_redirect_is_asked_about_as_well() -> None:
    def answer(asked: Asked) -> Answer | Raw:
        if asked.path == "/go":
            return Answer(status=302, headers={"Location": "/closed"})
        return site("User-agent: *\nDisallow: /closed")(asked)

    with serving(answer) as server:
        assert asked(server, "/go", "/open") == ["no", "ok"]
        assert "/closed" not in server.paths


def test_credentials_are_not_sent_for_it() -> None:
    with serving(site("")) as server:

        async def one() -> None:
            options = FetchOptions(user_agent="aggregator/0.1", allow_private=LOOPBACK)
            async with Fetcher(options) as fetch:
                await fetch(Request(url=f"http://me:secret@{server.netloc}/a", page=True))

        asyncio.run(one())

        assert ["authorization" in x.headers for x in server.asked] == [False, True]


def test_a_private_host_is_not_even_asked_for_it() -> None:
    async def one() -> str:
        async with Fetcher(FetchOptions(user_agent="aggregator/0.1")) as fetch:
            with pytest.raises(FetchError) as caught:
                await fetch(Request(url=f"http://127.0.0.1:{free_port()}/a", page=True))
        return str(caught.value)

    assert "private address" in asyncio.run(one())


# ── pace ─────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("file", "least"),
    [
        ("", 0.2),
        ("User-agent: *\nCrawl-delay: 0.5", 0.5),
        ("User-agent: *\nCrawl-delay: 9999", 0.8),
    ],
)
def test_pages_of_a_host_come_one_after_the_other(
    file: str, least: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(robots, "_GAP", 0.2)
    monkeypatch.setattr(robots, "_LONGEST_GAP", 0.8)
    times: list[float] = []

    def answer(asked: Asked) -> Answer | Raw:
        if asked.path != "/robots.txt":
            times.append(time.monotonic())
        return site(file)(asked)

    with serving(answer) as server:
        asked(server, "/a", "/b", "/c")

    gaps = [b - a for a, b in itertools.pairwise(times)]
    assert all(least * 0.9 < gap < least + 60 for gap in gaps), gaps


def test_one_host_does_not_hold_up_another(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(robots, "_GAP", 60.0)

    async def both(*servers: Server) -> float:
        options = FetchOptions(user_agent="aggregator/0.1", allow_private=LOOPBACK)
        async with Fetcher(options) as fetch:
            begun = time.monotonic()
            for server in servers:
                await fetch(Request(url=f"{server.url}/a", page=True))
            return time.monotonic() - begun

    with serving(site("")) as one, serving(site("")) as other:
        assert asyncio.run(both(one, other)) < 60


# ── the whole way ────────────────────────────────────────────────────────────


def test_a_page_is_asked_about_and_a_feed_and_a_sitemap_are_not(tmp_path: Path) -> None:
    def answer(asked: Asked) -> Answer | Raw:
        if asked.path == "/feed":
            return Answer(body=rss(Item(link="https://a.example/1")))
        if asked.path == "/map":
            return Answer(body=b"https://a.example/2")
        return site("User-agent: *\nDisallow: /")(asked)

    world = World(tmp_path)
    with serving(answer) as server:
        world.config(
            "site: {title: P, url: 'https://p.example/'}\nfetch: {allow_private: [127.0.0.0/8]}\n"
            f"sources:\n  feed: {{url: '{server.url}/feed'}}\n"
            f"  map: {{url: '{server.url}/map', sitemap: true}}\n"
            f"  page: {{url: '{server.url}/page', page: {{items: li}}}}\n"
        )
        found = world.run(online=True)

        assert sorted(server.paths) == ["/feed", "/map", "/robots.txt"]
    assert (found.new, found.failed) == (2, 1)
    ((name, error),) = found.errors
    assert name == "page" and "its robots.txt asks not to read this page" in error


def test_robots_can_be_turned_off(tmp_path: Path) -> None:
    world = World(tmp_path)
    with serving(site("User-agent: *\nDisallow: /")) as server:
        world.config(
            "site: {title: P, url: 'https://p.example/'}\n"
            "fetch: {allow_private: [127.0.0.0/8], robots: never}\n"
            f"sources: {{page: {{url: '{server.url}/page', page: {{items: li}}}}}}\n"
        )

        assert world.run(online=True).new == 1
