"""Sources that move, end, or are another feed all at once: on real servers, by a clock of ours."""

import asyncio
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from servers import Answer, Asked, Server, free_port, serving
from world import ATOM, Item, World, hrefs, rss

from aggregator import app, moves, report
from aggregator.errors import FetchError, ParseError
from aggregator.metrics import Metrics
from aggregator.model import Feed, Link, Move, PollState, Response, Source, Streak

NOW = datetime(2026, 7, 1, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)
A = Source(id="a", url="https://a.example/feed")
ITEM = Item(id="1", link="https://site.example/1", title="The ferry stays until autumn")


class Planet(World):
    """One that asks the real web, which is loopback."""

    def source(self, url: str, more: str = "") -> None:
        self.config(
            "site: {title: Planet, url: 'https://p.example/'}\n"
            "fetch: {timeout: 5s, allow_private: [127.0.0.0/8]}\n"
            f"sources:\n  news: {{url: {url}, categories: [news]{more}}}\n"
        )

    def run(self, **how: Any) -> report.Summary:
        return super().run(online=True, **how)

    def days(self, number: int) -> None:
        """A run on each of the days that come."""
        for _ in range(number):
            self.later(days=1)
            self.run()


def told(world: World, name: str = "news") -> dict[str, Any]:
    return world.told(name)


@pytest.fixture
def planet(tmp_path: Path) -> Planet:
    return Planet(tmp_path)


def feed(asked: Asked) -> Answer:
    """One with validators, that answers to them."""
    if asked.headers.get("if-none-match") == '"1"':
        return Answer(304, {"ETag": '"1"'})
    body = rss(ITEM, title="News of the estuary", link="https://site.example/")
    return Answer(headers={"ETag": '"1"'}, body=body)


def to(where: str, code: int = 301) -> Callable[[Asked], Answer]:
    return lambda _: Answer(code, {"Location": where})


@contextmanager
def two(planet: Planet) -> Iterator[tuple[Server, Server]]:
    """The old server, which the config names and which redirects to the new one."""
    with serving(feed) as new, serving(feed) as old:
        old.handler = to(f"{new.url}/feed")
        planet.source(f"{old.url}/old")
        yield old, new


# ── permanent redirects ──────────────────────────────────────────────────────


@pytest.mark.parametrize("code", [301, 308])
def test_a_source_moves_when_it_was_told_to_on_three_days(planet: Planet, code: int) -> None:
    with two(planet) as (old, new):
        old.handler = to(f"{new.url}/feed", code)
        for _ in range(4):  # of one day only
            planet.run()
            planet.later(hours=1)
        planet.days(1)
        assert (told(planet)["moved"], told(planet)["notes"]) == (None, [])
        planet.days(1)
        row = told(planet)
        planet.days(3)

        assert len(old.asked) == 6
        assert len(new.asked) == 9
        assert new.asked[-1].headers["if-none-match"] == '"1"'  # it is the copy that we have
    assert (row["url"], row["moved"]) == (f"{old.url}/old", f"{new.url}/feed")
    (note,) = row["notes"]
    assert f"to {new.url}/feed" in note and "into the config" in note
    assert row["health"] == "ok"


def test_a_move_changes_no_entry_and_nothing_that_is_published(planet: Planet) -> None:
    with two(planet) as (_, new):
        planet.run()
        before, entries = planet.bytes(), planet.entries()
        planet.days(4)
        assert told(planet)["moved"]
        assert (planet.bytes(), planet.entries()) == (before, entries)

        more = Item(id="2", link="https://site.example/2", title="The bridge is open again")
        new.handler = lambda _: Answer(
            body=rss(ITEM, more, title="News of the estuary", link="https://site.example/")
        )
        planet.days(1)

    assert [e["source"] for e in planet.entries()] == ["news", "news"]
    sources = [e.find(f"{ATOM}source") for e in planet.published()]
    # As the config has it: a feed that does not say its own address.
    assert {tuple(hrefs(s, "self")) for s in sources if s is not None} == {(told(planet)["url"],)}
    assert len({s.findtext(f"{ATOM}id") for s in sources if s is not None}) == 1


@pytest.mark.parametrize("codes", [(302,), (303,), (307,), (301, 302), (307, 308), (301, 303, 301)])
def test_what_is_not_for_good_all_the_way_moves_nothing(
    planet: Planet, codes: tuple[int, ...]
) -> None:
    def chain(asked: Asked) -> Answer:
        step = int(asked.path[1:])
        return (
            Answer(codes[step], {"Location": f"/{step + 1}"}) if step < len(codes) else feed(asked)
        )

    with serving(chain) as server:
        planet.source(f"{server.url}/0")
        planet.days(6)

    assert server.paths == [f"/{n}" for n in range(len(codes) + 1)] * 6
    assert told(planet)["moved"] is None


def test_mirrors_that_call_their_copies_alike_lose_nothing(planet: Planet) -> None:
    """A validator means something to the address that gave it alone (RFC 9110 §8.8)."""

    def mirror(asked: Asked) -> Answer:
        if asked.path == "/feed":
            return Answer(302, {"Location": f"/mirror/{planet.now.day % 2}"})
        if asked.headers.get("if-none-match") == '"1"':
            return Answer(304)
        item = Item(id=f"of{asked.path}", title=f"News of {asked.path}")
        return Answer(headers={"ETag": '"1"'}, body=rss(item, title="News"))

    with serving(mirror) as server:
        planet.source(f"{server.url}/feed")
        planet.run()
        planet.days(2)

    assert {row["title"] for row in planet.entries()} == {
        "News of /mirror/0",
        "News of /mirror/1",
    }
    told = [(a.path, a.headers.get("if-none-match")) for a in server.asked]
    assert [etag for path, etag in told if path == "/feed"] == [None] * 3


def test_the_end_of_a_way_is_asked_by_its_validators(planet: Planet) -> None:
    with two(planet) as (old, new):
        planet.run()
        planet.days(1)

    assert [a.headers.get("if-none-match") for a in old.asked] == [None, None]
    assert [a.headers.get("if-none-match") for a in new.asked] == [None, '"1"']


def test_a_chain_that_is_for_good_leads_to_its_end(planet: Planet) -> None:
    def chain(asked: Asked) -> Answer:
        if asked.path == "/3":
            return feed(asked)
        return Answer(308, {"Location": f"/{int(asked.path[1:]) + 1}"})

    with serving(chain) as server:
        planet.source(f"{server.url}/0")
        planet.days(4)

    assert server.paths[-2:] == ["/3", "/3"]
    assert told(planet)["moved"] == f"{server.url}/3"


def _other(_: Asked) -> Answer:
    body = rss(ITEM, title="News of the estuary", link="https://site.example/")
    return Answer(body=body + b"<!-- another place -->")


@pytest.mark.parametrize(
    "between",
    [
        feed,
        to("/else"),
        to("/new", 302),
        lambda _: Answer(404),
        lambda _: Answer(500),
        lambda _: Answer(body=b"<!doctype html><html></html>"),
        to("http://10.0.0.1/feed"),
        to("/loop"),
    ],
    ids=["itself", "elsewhere", "for-now", "404", "500", "a-page", "private", "a-loop"],
)
def test_another_answer_in_between_starts_the_count_anew(
    planet: Planet, between: Callable[[Asked], Answer]
) -> None:
    with serving(feed) as server:
        answer: list[Callable[[Asked], Answer]] = [to("/new")]
        there = {"/new": feed, "/else": _other, "/loop": to("/loop")}
        server.handler = lambda asked: there.get(asked.path, answer[0])(asked)
        planet.source(f"{server.url}/old")
        planet.days(2)
        answer[0] = between
        planet.days(1)
        answer[0] = to("/new")
        planet.days(2)
        assert told(planet)["moved"] is None
        planet.days(1)

    assert told(planet)["moved"] == f"{server.url}/new"


def test_no_answer_in_between_says_nothing(planet: Planet) -> None:
    with serving(feed) as server:
        silent: list[bool] = []

        def handler(asked: Asked) -> Any:
            if silent:
                server.hang(0.01)
                return Answer(200, {"Content-Length": "9"}, b"")  # and hangs up
            return feed(asked) if asked.path == "/new" else to("/new")(asked)

        server.handler = handler
        planet.source(f"{server.url}/old")
        planet.days(2)
        silent.append(True)
        planet.days(1)
        assert told(planet)["error"]
        silent.clear()
        planet.days(1)

    assert told(planet)["moved"] == f"{server.url}/new"


def test_a_new_address_may_move_on(planet: Planet) -> None:
    with two(planet) as (old, new):
        planet.days(3)
        new.handler = lambda x: feed(x) if x.path == "/newer" else to("/newer")(x)
        planet.days(4)
        assert told(planet)["moved"] == f"{new.url}/newer"
        assert len(old.asked) == 3

        # And back to where the config says.
        new.handler = to(f"{old.url}/old")
        old.handler = feed
        planet.days(3)

    assert told(planet)["moved"] is None


@pytest.mark.parametrize("fault", [404, 410, 503, "page", "none"])
def test_a_new_address_that_fails_for_days_is_given_up(planet: Planet, fault: Any) -> None:
    dead = free_port()
    with two(planet) as (old, new):
        planet.days(3)
        given: dict[Any, Callable[[Asked], Answer]] = {
            "page": lambda _: Answer(body=b"<!doctype html><html></html>"),
            "none": to(f"http://127.0.0.1:{dead}/"),
        }
        new.handler = given.get(fault, lambda _: Answer(fault))
        old.handler = feed
        asked = len(old.asked)
        for _ in range(5):  # of one day
            planet.run()
        planet.days(1)
        assert told(planet)["moved"] and len(old.asked) == asked
        planet.days(1)
        assert told(planet)["moved"] is None
        planet.days(1)

        assert len(old.asked) == asked + 1
        # Its server never named a copy to us: the other's names are not for it.
        assert "if-none-match" not in old.asked[-1].headers
    assert (told(planet)["health"], told(planet)["notes"]) == ("ok", [])
    assert len(planet.published()) == 1


def test_a_new_address_that_answers_in_between_is_kept(planet: Planet) -> None:
    with two(planet) as (old, new):
        planet.days(3)
        for _ in range(3):
            new.handler = lambda _: Answer(503)
            planet.days(2)
            new.handler = feed
            planet.days(1)

        assert len(old.asked) == 3
    assert told(planet)["moved"] == f"{new.url}/feed"


def test_another_address_in_the_config_forgets_the_move(planet: Planet) -> None:
    with two(planet) as (_, new):
        planet.days(3)
        planet.source(f"{new.url}/feed")
        planet.run(force=False)
        assert (told(planet)["moved"], told(planet)["notes"]) == (None, [])
        assert new.paths[-1] == "/feed" and told(planet)["health"] == "ok"
    assert len(planet.entries()) == 1


def test_credentials_go_with_the_address_on_their_own_host_only(planet: Planet) -> None:
    with serving(feed) as other, serving(feed) as server:

        def handler(asked: Asked) -> Answer:
            if "authorization" not in asked.headers:
                return Answer(401)
            return feed(asked) if asked.path == "/new" else to("/new")(asked)

        server.handler = handler
        planet.source(server.url.replace("//", "//me:s3cret@") + "/old")
        planet.days(4)
        row = told(planet)
        assert server.asked[-1].path == "/new" and "authorization" in server.asked[-1].headers
        assert row["moved"] == f"{server.url}/new" and row["health"] == "ok"
        assert "s3cret" not in json.dumps(row)

        server.handler = to(f"{other.url}/feed")
        planet.days(4)

    assert told(planet)["moved"] == f"{other.url}/feed"
    assert all("authorization" not in a.headers for a in other.asked)


def test_a_secret_address_that_moves_is_told_nowhere(
    planet: Planet, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = "hunter4hunter4hunter4"
    with serving(feed, host="127.0.0.2") as new, serving(feed) as old:

        def itself(_: Asked) -> Answer:
            item = replace(
                ITEM, text=f"<p>Of {new.url}/{secret}/feed, all that there is to tell</p>"
            )
            own = (
                f'<atom:link xmlns:atom="{ATOM[1:-1]}" rel="self" href="{new.url}/{secret}/feed"/>'
            )
            body = rss(item, title="News of the estuary")
            return Answer(body=body.replace(b"<description>", own.encode() + b"<description>", 1))

        new.handler = itself
        old.handler = to(f"{new.url}/{secret}/feed")
        monkeypatch.setenv("NEWS", f"{old.url}/old?token=hunter2")
        planet.source("{env: NEWS}")
        planet.days(4)
        row = told(planet)
        new.handler = lambda _: Answer(404)
        planet.days(1)

    assert row["moved"] is None
    assert "moved for good elsewhere" in row["notes"][0]
    said = json.dumps([row, told(planet)]) + "".join(x.decode() for x in planet.bytes().values())
    assert "its address: HTTP 404" in said
    for hidden in ("hunter", new.netloc, old.netloc):
        assert hidden not in said


# ── what is no address for good ──────────────────────────────────────────────


def led(there: str, *, before: str = A.url, codes: tuple[int, ...] = (301,)) -> Move:
    """What three days of these answers make of the address."""
    source = replace(A, url=before)
    state = PollState(source="a", due=NOW)
    for n in range(3):
        answer = Response(url=there, redirects=codes)
        state = moves.after_success(source, state, answer, NOW + n * DAY)
    return state.move


@pytest.mark.parametrize(
    ("there", "before", "believed"),
    [
        ("https://b.example/feed", A.url, True),
        ("https://a.example/feed/", A.url, True),
        ("https://a.example/feed", "http://a.example/feed", True),
        ("http://b.example/feed", "http://a.example/feed", True),
        ("http://b.example/feed", A.url, False),  # whoever listens could say the next
        ("file:///etc/passwd", A.url, False),
        ("ftp://b.example/feed", A.url, False),
        ("https://10.0.0.1/feed", A.url, False),
        ("https://[::1]/feed", A.url, False),
        ("https://[fe80::1]/feed", A.url, False),
        ("https://localhost/feed", A.url, False),
        ("https://printer.local/feed", A.url, False),
        ("https://intranet/feed", A.url, False),
        ("https://2130706433/feed", A.url, False),
        ("https://127.1/feed", A.url, False),
        ("https://0x7f.1/feed", A.url, False),
        ("https://93.184.216.34/feed", A.url, True),
        ("http://10.0.0.2/feed", "http://10.0.0.1/feed", True),
        ("http://wiki.local/feed", "http://localhost/feed", True),
    ],
)
def test_which_address_may_be_one_for_good(there: str, before: str, believed: bool) -> None:
    assert led(there, before=before).address == (there if believed else None)


def test_days_are_of_our_clock_in_utc_and_a_clock_that_was_ahead_counts_for_nothing() -> None:
    answer = Response(url="https://b.example/feed", redirects=(301,))

    def after(*moments: datetime) -> Move:
        state = PollState(source="a", due=NOW)
        for moment in moments:
            state = moves.after_success(A, state, answer, moment)
        return state.move

    midnight = datetime(2026, 7, 2, tzinfo=UTC)
    minute = timedelta(minutes=1)
    assert after(midnight - minute, midnight, midnight + DAY).address
    assert not after(midnight, midnight + 12 * 60 * minute, midnight + DAY - minute).address
    ahead = after(NOW + 365 * DAY, NOW + 366 * DAY, NOW)
    assert ahead.seen == Streak(days=1, last=date(2026, 7, 1))


# ── gone ─────────────────────────────────────────────────────────────────────


def test_a_source_that_is_gone_is_asked_no_more_and_keeps_its_entries(planet: Planet) -> None:
    with serving(feed) as server:
        planet.source(f"{server.url}/feed")
        planet.run()
        before = planet.bytes()
        server.handler = lambda _: Answer(410)
        planet.days(1)
        row = told(planet)
        planet.later(days=400)
        planet.run(force=False)
        planet.run(force=True)

        assert asyncio.run(due(planet)) == []
        assert len(server.asked) == 2
        assert planet.bytes() == before
        assert (row["health"], row["next"], row["entries"]) == ("gone", None, 1)
        assert "HTTP 410" in row["error"] and "its entries stay" in row["error"]
        assert "aggregator run --only news --force" in row["error"]
        assert told(planet) == row

        planet.run(only=["news"])  # and once more it says so
        assert len(server.asked) == 3
        assert told(planet)["health"] == "gone"

        server.handler = lambda _: Answer(500)
        planet.run(only=["news"])
        assert told(planet)["health"] == "gone"
        planet.days(1)
        assert len(server.asked) == 4

        server.handler = feed
        planet.run(only=["news"])
        assert (told(planet)["health"], told(planet)["error"]) == ("ok", None)
        planet.later(days=2)
        planet.run(force=False)
        assert len(server.asked) == 6


def test_a_monitor_is_told_of_no_next_poll_of_what_is_gone() -> None:
    state = PollState(source="a", due=NOW)
    line = b'aggregator_source_due_timestamp_seconds{source="a"}'

    assert line in Metrics().text([state])
    assert line not in Metrics().text([replace(state, gone=NOW)])


async def due(planet: Planet) -> list[str]:
    """What `serve` would poll."""
    given = app.settings(planet.folder / "config.yaml")
    async with app.Aggregator(given, clock=lambda: planet.now) as aggregator:
        return await aggregator.due()


def test_another_address_brings_a_source_back_that_is_gone(planet: Planet) -> None:
    with serving(lambda x: feed(x) if x.path == "/new" else Answer(410)) as server:
        planet.source(f"{server.url}/old")
        planet.run()
        planet.source(f"{server.url}/new")
        planet.run(force=False)

    assert (told(planet)["health"], len(planet.entries())) == ("ok", 1)


@pytest.mark.parametrize(("code", "health"), [(301, "gone"), (308, "gone"), (302, "failing")])
def test_what_is_gone_at_the_end_of_a_way_for_now_is_not_gone(
    planet: Planet, code: int, health: str
) -> None:
    with serving(lambda x: Answer(410) if x.path == "/new" else to("/new", code)(x)) as server:
        planet.source(f"{server.url}/old")
        planet.run()

    assert told(planet)["health"] == health


def test_the_other_sources_go_on(planet: Planet) -> None:
    with serving(lambda x: Answer(410) if x.path == "/gone" else feed(x)) as server:
        planet.source(f"{server.url}/gone", f"}}\n  other: {{url: {server.url}/feed")
        planet.run()
        planet.days(1)

        assert server.paths.count("/gone") == 1
    assert told(planet, "other")["health"] == "ok"


# ── another feed ─────────────────────────────────────────────────────────────


def items(*numbers: int, host: str = "site.example", about: str = "ferry") -> list[Item]:
    return [
        Item(
            id=f"https://{host}/{about}/{n}",
            link=f"https://{host}/{about}/{n}",
            title=f"Number {n} of what is told about the {about}",
            text=f"<p>{about} {n}: {'and so it went on and on ' * n}</p>",
        )
        for n in numbers
    ]


SITE = {"title": "News of the estuary", "link": "https://site.example/"}
SPAM = {"title": "Best Casino 2026", "link": "https://casino.example/"}
OLD = rss(*items(1, 2, 3), **SITE)
CASINO = rss(*items(7, 8, host="casino.example", about="slots"), **SPAM)


def after(world: World, *bodies: bytes) -> dict[str, Any]:
    world.sources("a")
    for body in bodies:
        world.serve("a", body)
        world.run()
        world.later(days=1)
    return told(world, "a")


@pytest.mark.parametrize(
    "body",
    [
        CASINO,
        # It says that it is the site that it was, and leads elsewhere.
        rss(*items(7, 8, host="casino.example", about="slots"), title="Casino", link=SITE["link"]),
        # Some of its links are to what everybody links to.
        rss(
            *items(7, host="casino.example", about="slots"),
            *items(8, host="youtube.com", about="watch"),
            **SPAM,
        ),
        rss(
            *(Item(id=str(n), title=f"Number {n} of the slots", link=None) for n in (7, 8)), **SPAM
        ),
        # In the very ids and under the numbers of the old entries, but not with their names.
        rss(*items(7, 8, host="casino.example", about="ferry"), **SPAM),
    ],
    ids=["all", "its-site-stays", "links-of-many", "without-links", "paths"],
)
def test_another_feed_is_held(world: World, body: bytes) -> None:
    after(world, OLD)
    published, entries = world.bytes(), world.entries()
    row = after(world, body)

    assert (world.bytes(), world.entries()) == (published, entries)
    assert row["health"] == "held"
    for words in ("News of the estuary", "casino", "nothing of it is taken", "--accept a"):
        assert words.lower() in row["error"].lower()
    assert after(world, body, body)["health"] == "held"

    back = after(world, rss(*items(2, 3, 4), **SITE))
    assert (back["health"], back["error"], back["entries"]) == ("ok", None, 4)


@pytest.mark.parametrize(
    "body",
    [
        # A new name and new ids, where it was.
        rss(
            *(replace(x, id=f"urn:{x.id}") for x in items(1, 2, 3)),
            title="The Ferryman",
            link=SITE["link"],
        ),
        # A new name, and nothing left of the old entries.
        rss(*items(7, 8, 9), title="The Ferryman", link=SITE["link"]),
        rss(
            *items(7, 8, 9, host="www.blog.site.example"),
            title="Ferryman",
            link="https://blog.site.example",
        ),
        # A new name and a new host, with the old entries.
        rss(
            *items(3, 4, host="ferryman.example"),
            title="The Ferryman",
            link="https://ferryman.example/",
        ),
        # A new host, and no more.
        rss(
            *items(7, 8, host="estuary.example"),
            title="News of the Estuary!",
            link="https://estuary.example/",
        ),
        rss(
            *items(7, 8, host="estuary.example"),
            title="Estuary News of the Estuary (blog)",
            link="https://estuary.example/",
        ),
        # After a month without it.
        rss(*items(40, 41, 42), **SITE),
        # One that has no title, or says nothing of where it is at home.
        rss(*items(7, 8, host="estuary.example"), title="", link="https://estuary.example/"),
        rss(
            *(Item(id=str(n), title=f"Number {n}", link=None) for n in (7, 8)),
            title="Ferryman",
            link="",
        ),
    ],
    ids=[
        "ids",
        "name",
        "name-and-below",
        "rebrand",
        "host",
        "longer",
        "quiet",
        "untitled",
        "placeless",
    ],
)
def test_what_happens_to_honest_feeds_holds_none(world: World, body: bytes) -> None:
    row = after(world, OLD, body)

    assert (row["health"], row["error"]) == ("ok", None)


def test_a_daily_list_of_what_others_wrote_is_never_held(world: World) -> None:
    for day in range(1, 6):
        hosts = [f"paper{day}{n}.example" for n in range(3)]
        body = rss(
            *(items(day, host=host, about=f"what {host} had")[0] for host in hosts),
            title=f"{'一二三四五'[day - 1]}月{day}日",
            link="https://lists.example/",
        )
        assert after(world, body)["health"] == "ok"

    assert len(world.entries()) == 15


EMPTY = b"<rss version='2.0'><channel><title>%s</title><link>%s</link></channel></rss>"


def test_an_empty_feed_loses_nothing_and_opens_no_door(world: World) -> None:
    after(world, OLD)
    published = world.bytes()
    for title, link in ((b"Error 500", b""), (b"For sale", b"https://parking.example/")):
        row = after(world, EMPTY % (title, link))
        assert (row["health"], row["entries"]) == ("ok", 3)
    assert world.bytes() == published  # nor is its name another one now

    assert after(world, CASINO)["health"] == "held"


def test_a_feed_that_shrinks_loses_nothing(world: World) -> None:
    assert after(world, OLD, rss(*items(3), **SITE))["entries"] == 3


def test_a_feed_that_had_no_entry_yet_may_be_any(world: World) -> None:
    row = after(world, EMPTY % (b"Coming soon", b"https://builder.example/"), CASINO)

    assert (row["health"], row["entries"]) == ("ok", 2)


def test_a_source_at_another_address_is_what_it_is_there(world: World) -> None:
    after(world, OLD, CASINO)
    world.config((world.folder / "config.yaml").read_text().replace("/feed'", "/other'"))
    world.web["https://a.example/other"] = CASINO
    world.run(force=False)

    assert (told(world, "a")["health"], told(world, "a")["entries"]) == ("ok", 5)


def test_a_held_feed_leads_to_no_new_address(planet: Planet) -> None:
    with two(planet) as (old, new):
        old.handler = feed
        planet.days(1)
        old.handler = to(f"{new.url}/feed")
        new.handler = lambda _: Answer(body=CASINO)
        planet.days(5)

        assert len(old.asked) == 6
    assert (told(planet)["health"], told(planet)["moved"]) == ("held", None)


@pytest.mark.parametrize(
    ("site", "before", "place", "now", "another"),
    [
        ("a.example", ["a.example/1"], "b.example", ["b.example/1"], True),
        ("www.a.co.uk", ["a.co.uk/1"], "b.co.uk", ["b.co.uk/1"], True),
        ("www.a.co.uk", ["a.co.uk/1"], "blog.a.co.uk", ["blog.a.co.uk/1"], False),
        ("me.github.io", ["me.github.io/1"], "you.github.io", ["you.github.io/1"], True),
        ("10.0.0.1", ["10.0.0.1/1"], "10.0.0.2", ["10.0.0.2/1"], True),
        (None, ["a.example/1", "a.example/2"], "b.example", ["b.example/1"], True),
        (None, ["a.example/1", "c.example/2"], "b.example", ["b.example/1"], False),
        ("a.example", [None, None], "b.example", [None], True),
        ("a.example", [], "b.example", ["b.example/1"], False),
        ("a.example", ["a.example/1"], None, [None], False),
        ("a.example", ["youtube:1", "youtube:2"], "b.example", ["youtube:3"], False),
    ],
)
def test_whose_hosts_are_whose(
    site: str | None,
    before: list[str | None],
    place: str | None,
    now: list[str | None],
    another: bool,
) -> None:
    def of(title: str, host: str | None) -> Feed:
        return Feed(title=title, links=(Link(href=f"https://{host}/"),) if host else ())

    said = moves.swapped(of("One thing", site), of("Another", place), before, now)

    assert bool(said) is another


# ── the commands ─────────────────────────────────────────────────────────────


def command(folder: Path, *words: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "aggregator", *words],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


def test_what_is_held_is_accepted_by_name(tmp_path: Path) -> None:
    news = tmp_path / "news.xml"
    news.write_bytes(OLD)
    (tmp_path / "config.yaml").write_text(
        "site: {title: P, url: 'https://p.example/'}\nsources: {'my news': {url: news.xml}}\n"
    )
    command(tmp_path, "run")
    news.write_bytes(CASINO)

    assert "--accept 'my news'" in command(tmp_path, "run", "--force")
    assert command(tmp_path, "status").startswith("health  source   entries")
    assert "held    my news  3" in command(tmp_path, "status")
    assert "2 new" in command(tmp_path, "run", "--accept", "my news")
    assert "ok      my news  5" in command(tmp_path, "status")

    news.write_bytes(OLD.replace(b"Number 1", b"Number One"))
    assert "0 failed" in command(tmp_path, "run", "--force")


def test_status_tells_of_what_is_gone_and_what_moved(planet: Planet) -> None:
    with two(planet) as (_, new):
        planet.days(3)
        assert f"news: its address has moved for good to {new.url}/feed" in command(
            planet.folder, "status"
        )
        planet.source(f"{new.url}/feed")
        new.handler = lambda _: Answer(410)
        planet.run()

    said = command(planet.folder, "status")
    assert "gone    news    1" in said and "never" in said.splitlines()[1]


def test_an_accepted_source_that_fails_is_not_known_to_be_another(world: World) -> None:
    """What was accepted is what it sends then, not whatever comes later."""
    after(world, OLD)
    world.serve("a", FetchError("no such host"))
    given = app.settings(world.folder / "config.yaml")

    async def accept() -> None:
        async with app.Aggregator(given, fetch=world.fetch, clock=lambda: world.now) as aggregator:
            await aggregator.poll(accept=["a"])

    asyncio.run(accept())

    assert after(world, CASINO)["health"] == "held"
    asyncio.run(accept())
    assert told(world, "a")["health"] == "ok"


def test_what_failed_is_told_by_value() -> None:
    state = PollState(source="a", due=NOW, error="a.example: HTTP 410 Gone")
    gone = FetchError("a.example: HTTP 410 Gone", status=410)

    after = moves.after_failure(A, state, gone, NOW)

    assert (after.gone, after.held) == (NOW, False)
    assert moves.after_failure(A, state, ParseError("no feed"), NOW) == state
