"""Whose turn it is: gaps, and hosts that had enough of us; with them, through the real program."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from math import inf
from pathlib import Path
from typing import Any

import pytest
from servers import Answer, Asked, Server, serving
from world import rss

from aggregator import app, pace
from aggregator.errors import HostRests
from aggregator.hosts import Hosts
from aggregator.model import Failed, Outcome, Postponed, Slowdown, Unchanged, Updated
from aggregator.room import Room

NOW = datetime(2026, 7, 1, 12, 0, tzinfo=UTC)
SECOND, MINUTE, HOUR = (timedelta(**{unit: 1}) for unit in ("seconds", "minutes", "hours"))


def hosts(**more: Any) -> Hosts:
    given: dict[str, Any] = {"concurrency": 8, "per_host": 2, "gap": timedelta(seconds=0.1)}
    return Hosts(**given | {"room": Room(1), "clock": lambda: NOW} | more)


def test_of_hosts_without_end_those_asked_longest_ago_are_forgotten(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("aggregator.hosts._MOST_KNOWN", 10)
    queue = hosts(gap=timedelta())
    asyncio.run(starts(queue, ["a0"], own=True))
    queue.slow("a0", None)

    for n in range(1, 40):
        asyncio.run(starts(queue, [f"a{n}"], own=True))

    assert len(queue._last) < 20 and "a39" in queue._last and "a1" not in queue._last
    assert "a0" in queue._slowdowns, "what a host asked for is not forgotten"


async def starts(queue: Hosts, names: list[str], *, own: bool, seconds: float = 0.0) -> list[float]:
    """When each had its turn, in the order of the turns."""
    loop = asyncio.get_running_loop()
    found: list[float] = []

    async def ask(name: str) -> None:
        async with queue.place(name, own=own):
            found.append(loop.time())
            await asyncio.sleep(seconds)

    await asyncio.gather(*map(ask, names))
    return found


# ── the gap ──────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("seconds", [0.0, 0.15])
def test_between_two_requests_to_a_host_is_a_gap(seconds: float) -> None:
    found = asyncio.run(starts(hosts(), ["a"] * 6, own=False, seconds=seconds))

    assert all(later - earlier >= 0.09 for earlier, later in pairwise(found))


def test_a_host_of_our_own_needs_none() -> None:
    found = asyncio.run(starts(hosts(gap=HOUR), ["a"] * 20, own=True))

    assert len(found) == 20


def test_the_gap_of_one_host_holds_up_no_other() -> None:
    async def both() -> list[float]:
        queue = hosts(gap=HOUR, concurrency=2)
        held = asyncio.create_task(starts(queue, ["a"] * 9, own=False))
        await asyncio.sleep(0.05)
        found = await asyncio.wait_for(starts(queue, ["b", "c", "d", "e"], own=False), 5)
        assert not held.done()
        held.cancel()
        await asyncio.gather(held, return_exceptions=True)
        return found

    assert len(asyncio.run(both())) == 4


# ── a host that had enough of us ─────────────────────────────────────────────


def test_a_host_rests_and_its_sources_come_back_one_after_the_other() -> None:
    async def until() -> list[datetime]:
        queue = hosts()
        queue.slow("a", 10 * MINUTE)
        found = []
        for _ in range(4):
            with pytest.raises(HostRests, match="a: not asked") as caught:
                async with queue.place("a", own=True):
                    pass
            found.append(caught.value.until)
        assert await starts(queue, ["b"], own=True)
        return found

    assert asyncio.run(until()) == [NOW + 10 * MINUTE + n * SECOND for n in (1, 2, 3, 4)]


def test_when_it_has_rested_it_is_asked_slowly() -> None:
    before = Slowdown(host="a", until=NOW - MINUTE)

    found = asyncio.run(starts(hosts(slowdowns=[before]), ["a", "a", "a"], own=True))

    assert all(later - earlier >= 0.99 for earlier, later in pairwise(found))


def test_whoever_waits_when_it_has_enough_is_not_let_through() -> None:
    async def run() -> int:
        queue = hosts(gap=timedelta(seconds=0.2))
        asked = asyncio.gather(
            *(starts(queue, ["a"], own=False) for _ in range(5)), return_exceptions=True
        )
        await asyncio.sleep(0.1)
        queue.slow("a", HOUR)
        return sum(isinstance(x, HostRests) for x in await asked)

    assert asyncio.run(run()) == 4


@pytest.mark.parametrize(
    ("asked", "rest"),
    [
        (None, 2 * MINUTE),
        (timedelta(), timedelta()),
        (5 * MINUTE, 5 * MINUTE),
        (24 * HOUR, HOUR),  # of the address that it was said of, all the same
    ],
)
def test_how_long_a_host_rests(asked: timedelta | None, rest: timedelta) -> None:
    found = pace.slowed(None, "a", asked, NOW)

    assert found == Slowdown(host="a", until=NOW + rest, strikes=1)


def test_what_was_under_way_counts_once() -> None:
    first = pace.slowed(None, "a", 5 * MINUTE, NOW)
    again = pace.slowed(first, "a", 3 * MINUTE, NOW + SECOND)
    longer = pace.slowed(again, "a", 9 * MINUTE, NOW + SECOND)

    assert again == first
    assert (longer.until, longer.strikes) == (NOW + 9 * MINUTE + SECOND, 1)


def test_each_time_it_is_asked_more_slowly_and_after_a_day_as_ever() -> None:
    slowdown, now, gaps, rests = None, NOW, [], []
    for _ in range(9):
        slowdown = pace.slowed(slowdown, "a", None, now)
        gaps.append(pace.gap(slowdown).total_seconds())
        rests.append((slowdown.until - now).total_seconds() / 60)
        now = slowdown.until + MINUTE

    assert gaps == [1, 2, 4, 8, 16, 32, 60, 60, 60]
    assert rests == [2, 4, 8, 16, 32, 60, 60, 60, 60]
    assert pace.slowed(slowdown, "a", None, now + 25 * HOUR).strikes == 1
    assert not pace.remembered(slowdown, now + 25 * HOUR)


def test_a_slow_down_by_a_clock_that_was_ahead_does_not_count() -> None:
    ahead = pace.slowed(None, "a", HOUR, NOW + timedelta(days=365))

    assert not pace.remembered(ahead, NOW)
    assert asyncio.run(starts(hosts(slowdowns=[ahead]), ["a"], own=True))


# ── through the program ──────────────────────────────────────────────────────


class Planet:
    """Sources of several servers on loopback, and a clock."""

    def __init__(self, folder: Path, urls: dict[str, str], fetch: str = "") -> None:
        lines = "".join(f"  {name}: {{url: '{url}'}}\n" for name, url in urls.items())
        self.config = folder / "config.yaml"
        self.config.write_text(
            f"fetch: {{allow_private: [127.0.0.0/8]{fetch}}}\nsources:\n{lines}", encoding="utf-8"
        )
        self.now = NOW

    def run(self, *, force: bool = False) -> dict[str, Outcome]:
        async def polled() -> list[Outcome]:
            given = app.settings(self.config)
            async with app.Aggregator(given, clock=lambda: self.now) as aggregator:
                return await aggregator.poll(force=force)

        return {outcome.source: outcome for outcome in asyncio.run(polled())}


def refusing(server: Callable[[], Server], **headers: str) -> Callable[[Asked], Answer]:
    """Enough at the second request, until the server is told otherwise."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda _: Answer(body=rss()) if len(server().asked) == 1 else Answer(429, named)


def test_enough_for_one_source_is_enough_for_all_of_its_host(tmp_path: Path) -> None:
    with (
        serving(lambda _: Answer(body=rss())) as other,
        serving(refusing(lambda: server, Retry_After="600")) as server,
    ):
        urls = {f"s{n}": f"{server.url}/{n}" for n in range(6)} | {"other": other.url}
        planet = Planet(tmp_path, urls, ", per_host: 1")

        first = planet.run()
        again = planet.run(force=True)

        assert (len(server.asked), len(other.asked)) == (2, 2)
        kinds = sorted(type(first[f"s{n}"]).__name__ for n in range(6))
        assert kinds == ["Failed", *["Postponed"] * 4, "Updated"]
        assert all(isinstance(again[f"s{n}"], Postponed) for n in range(6))

        server.handler = lambda _: Answer(body=rss())
        planet.now += 11 * MINUTE
        later = planet.run()

    assert sorted(later) == sorted(n for n, x in first.items() if isinstance(x, Postponed))
    assert all(isinstance(x, Updated) for x in later.values())


def test_who_waits_for_a_host_that_answers_nobody_is_sent_away(tmp_path: Path) -> None:
    """A run ends although all of a large site's sources stand on a machine that is down."""

    def answer(asked: Asked) -> Answer:
        server.hang()
        return Answer(body=rss())

    with serving(answer) as server:
        urls = {f"s{n}": f"{server.url}/{n}" for n in range(40)}
        planet = Planet(tmp_path, urls, ", per_host: 4, timeout: 1s")

        first = planet.run()

        assert 4 + 16 <= len(server.asked) < 4 + 16 + 4
        kinds = [type(outcome).__name__ for outcome in first.values()]
        assert 4 <= kinds.count("Failed") < 4 + 4
        assert kinds.count("Postponed") == 40 - kinds.count("Failed")

        server.handler = lambda _: Answer(body=rss())
        planet.now += 11 * MINUTE
        later = planet.run()

    assert sorted(later) == sorted(n for n, x in first.items() if isinstance(x, Postponed))
    assert all(isinstance(x, Updated) for x in later.values())


@pytest.mark.parametrize("before", [0, 6])
def test_what_answers_beside_much_that_does_not_is_up_to_date(tmp_path: Path, before: int) -> None:
    """Of many sources on one machine some may hang, and all others be well."""

    def answer(asked: Asked) -> Answer:
        if asked.path.startswith("/hangs"):
            server.hang()
        return Answer(body=rss())

    names = [f"well{n}" for n in range(9)]
    names[before:before] = [f"hangs{n}" for n in range(14)]
    with serving(answer) as server:
        urls = {name: f"{server.url}/{name}" for name in names}
        planet = Planet(tmp_path, urls, ", per_host: 4, timeout: 1s")

        first = planet.run()
        planet.now += 11 * MINUTE
        later = planet.run()

    assert all(isinstance(first[name], Updated) for name in names if name.startswith("well"))
    kinds = [type(first[f"hangs{n}"]).__name__ for n in range(14)]
    assert set(kinds) == {"Failed", "Postponed"} and kinds.count("Failed") >= 4
    assert any(isinstance(x, Failed) for x in later.values())


def test_who_hangs_beside_answers_takes_no_time_from_those_who_wait() -> None:
    """They come to an end together: many in a row, and yet the host is well."""
    queue = hosts(per_host=5)

    async def ask(until: asyncio.Event, *, hangs: bool = False) -> float:
        async with queue.place("a", own=True) as patience:
            await until.wait()
            if hangs:
                raise TimeoutError
        return patience

    async def all_of_them() -> float:
        over, soon, never = asyncio.Event(), asyncio.Event(), asyncio.Event()
        hanging = [asyncio.create_task(ask(over, hangs=True)) for _ in range(4)]
        answered = asyncio.create_task(ask(soon))
        other = asyncio.create_task(ask(never))  # takes the place of what is answered
        waiting = asyncio.create_task(ask(soon))
        await asyncio.sleep(0.01)
        soon.set()
        await answered
        over.set()
        await asyncio.gather(*hanging, return_exceptions=True)
        other.cancel()
        return await waiting

    assert asyncio.run(all_of_them()) == inf


def test_one_answer_shows_that_a_host_is_there(tmp_path: Path) -> None:
    def answer(asked: Asked) -> Answer:
        if len(server.asked) % 3:
            server.hang()
        return Answer(404)

    with serving(answer) as server:
        urls = {f"s{n}": f"{server.url}/{n}" for n in range(7)}
        found = Planet(tmp_path, urls, ", per_host: 1, timeout: 1s").run()

    assert len(server.asked) == 7
    assert all(isinstance(x, Failed) for x in found.values())


@pytest.mark.parametrize(
    ("status", "headers", "slows"),
    [
        (429, {}, True),
        # Of one address (RFC 9110 §10.2.3): what else a host has may do well.
        (503, {"Retry-After": "60"}, False),
        (503, {}, False),
        (500, {"Retry-After": "60"}, False),
        (404, {}, False),
    ],
)
def test_which_answers_slow_a_host_down(
    tmp_path: Path, status: int, headers: dict[str, str], slows: bool
) -> None:
    with serving(lambda _: Answer(status, headers)) as server:
        urls = {name: f"{server.url}/{name}" for name in "abc"}
        found = Planet(tmp_path, urls, ", per_host: 1").run()

        assert len(server.asked) == (1 if slows else 3)
        assert sum(isinstance(x, Failed) for x in found.values()) == len(server.asked)


def test_a_redirect_counts_for_the_host_that_it_leads_to(tmp_path: Path) -> None:
    def there(asked: Asked) -> Answer:
        return Answer(302, {"Location": f"{busy.url}{asked.path}"})

    with (
        serving(lambda _: Answer(429, {"Retry-After": "600"})) as busy,
        serving(lambda a: Answer(body=rss()) if a.path == "/own" else there(a)) as front,
    ):
        urls = {"a": f"{front.url}/a", "own": f"{front.url}/own"}
        planet = Planet(tmp_path, urls)
        first = planet.run()
        again = planet.run(force=True)

    assert len(busy.asked) == 1
    assert [type(first[x]) for x in ("a", "own")] == [Failed, Updated]
    assert [type(again[x]) for x in ("a", "own")] == [Postponed, Unchanged]
