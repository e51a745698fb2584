"""Other people's hubs: which documents they are told of, when again, and that none of them holds
up another."""

import asyncio
import contextlib
import itertools
import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qsl

import pytest
from roads import Road
from servers import Answer, Asked, Server, free_port, serving, until
from test_hub import Planet, ended
from test_serve import run

from aggregator import announcements, app
from aggregator.errors import FetchError, HostRests
from aggregator.model import Announcement

NOW = datetime(2026, 7, 1, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)
HUB, GOOGLE = "https://hub.example/", "https://pubsubhubbub.appspot.com/"
TOPICS = {f"https://p.example/{n}.atom": f"stamp {n}" for n in range(3)}
FIRST = next(iter(TOPICS))


def known(*some: Announcement) -> dict[tuple[str, str], Announcement]:
    return {(x.hub, x.topic): x for x in some}


def test_a_hub_is_told_of_what_it_does_not_know() -> None:
    told = [Announcement(hub=HUB, topic=topic, told=stamp) for topic, stamp in TOPICS.items()]

    def topics(*some: Announcement) -> list[str]:
        return [x.topic for x in announcements.pending(HUB, TOPICS, known(*some), NOW)]

    assert topics() == list(TOPICS)
    assert topics(*told) == []
    assert topics(Announcement(hub=HUB, topic=FIRST, told="another"), *told[1:]) == [FIRST]
    assert topics(Announcement(hub=GOOGLE, topic=FIRST, told="stamp 0"), *told[1:]) == [FIRST]
    later = Announcement(hub=HUB, topic=FIRST, due=NOW + timedelta(minutes=1), attempts=1)
    assert topics(later, *told[1:]) == []
    back = Announcement(hub=HUB, topic=FIRST, due=NOW + 9 * DAY, attempts=1)
    assert topics(back, *told[1:]) == [FIRST], "the clock was set back"


def test_several_documents_are_one_request_where_the_hub_reads_all_of_them() -> None:
    def sizes(hub: str, *some: Announcement, many: int = 120) -> list[int]:
        stamps = {f"https://p.example/{n}": "x" for n in range(many)}
        pending = announcements.pending(hub, stamps, known(*some), NOW)
        return [len(batch) for batch in announcements.batches(pending)]

    assert sizes(GOOGLE) == [50, 50, 20]
    assert sizes(HUB, many=3) == [1, 1, 1]
    failed = Announcement(hub=GOOGLE, topic="https://p.example/0", attempts=1, due=NOW)
    assert sizes(GOOGLE, failed, many=3) == [2, 1], "what was refused once is told by itself"


def test_the_form_says_it_in_the_words_of_every_draft() -> None:
    pending = announcements.pending(GOOGLE, TOPICS, {}, NOW)
    asked = announcements.request_for(pending[:2])

    first, second, _ = TOPICS
    assert asked.url == GOOGLE
    assert parse_qsl((asked.body or b"").decode()) == [
        ("hub.mode", "publish"),
        ("hub.url", first),
        ("hub.topic", first),
        ("hub.url", second),
        ("hub.topic", second),
    ]


def test_a_hub_that_is_down_is_told_ever_more_seldom_for_a_day() -> None:
    error = FetchError("hub.example: HTTP 503", status=503)
    now, found, waits = NOW, Announcement(hub=HUB, topic=FIRST, told="old"), []
    while not announcements.given_up(found):
        found = announcements.failed(found, "new", error, now)
        if found.due:
            waits.append(found.due - now)
            now = found.due

    assert timedelta(seconds=20) < waits[0] < timedelta(seconds=40)
    assert all(a < b for a, b in itertools.pairwise(waits[:4]))
    assert max(waits) <= timedelta(hours=2.5) and len(waits) < 30
    assert DAY <= now - NOW < DAY + timedelta(hours=2.5)
    assert (found.told, found.due, found.failing) == ("new", None, None)
    (said,) = announcements.notes([found])
    assert said == (
        f"https://hub.example/ was not told of {FIRST}: given up: hub.example: HTTP 503;"
        " told of the next change"
    )


def test_a_hub_that_wants_to_be_left_alone_is() -> None:
    before = Announcement(hub=HUB, topic=FIRST)
    busy = FetchError("x", status=429, retry_after=timedelta(hours=3))

    assert announcements.failed(before, "s", busy, NOW).due == NOW + timedelta(hours=3)
    rests = announcements.failed(before, "s", HostRests("x", NOW + timedelta(hours=1)), NOW)
    assert (rests.due, rests.attempts, rests.failing) == (NOW + timedelta(hours=1), 0, NOW)


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (FetchError("no such host"), True),
        (FetchError("x", status=500), True),
        (FetchError("x", status=429), True),
        (FetchError("x", status=400), False),
        (FetchError("x", status=404), False),
        (HostRests("x", NOW), True),
    ],
)
def test_whose_fault_it_is(error: FetchError | HostRests, expected: bool) -> None:
    assert announcements.of_the_hub(error) is expected


def test_a_note_says_how_many_and_when_again() -> None:
    failed = [
        Announcement(hub="https://me:pass@hub.example/?key=abcdef", topic=topic, due=NOW, error="x")
        for topic in TOPICS
    ]

    assert announcements.notes([*failed, Announcement(hub=GOOGLE, topic=FIRST, told="x")]) == [
        f"https://hub.example/?… was not told of {FIRST} and 2 more: x; told again after"
        " 2026-07-01T12:00:00Z"
    ]


# ── as it runs ───────────────────────────────────────────────────────────────


class Hub:
    """One that takes what it is told, or answers with `status`."""

    def __init__(self) -> None:
        self.status = 204
        self.server: Server | None = None

    def answer(self, asked: Asked) -> Answer:
        if asked.path.startswith("/hangs"):
            assert self.server
            self.server.hang()
        return Answer(404 if asked.path == "/refuses" else self.status)

    def told(self, path: str = "/hub") -> list[str]:
        assert self.server
        forms = [dict(parse_qsl(x.body.decode())) for x in self.server.asked if x.path == path]
        assert all(x["hub.mode"] == "publish" and x["hub.url"] == x["hub.topic"] for x in forms)
        return [x["hub.url"].rpartition("/")[2] for x in forms]


@pytest.fixture
def hub() -> Iterator[Hub]:
    made = Hub()
    with serving(made.answer) as made.server:
        yield made


@pytest.fixture
def planet(tmp_path: Path) -> Iterator[Planet]:
    made = Planet(tmp_path / "planet", free_port())
    made.post("The first")
    made.write(hub="null")
    assert run(made.folder, "run").returncode == 0
    yield made
    if made.process:
        ended(made)


def test_serve_tells_each_hub_by_itself_until_it_took_the_news(planet: Planet, hub: Hub) -> None:
    assert hub.server
    url = hub.server.url
    planet.write(hub=f"['{url}/hangs', '{url}/refuses', 'http://127.0.0.1:9/', '{url}/hub']")
    planet.start()
    until(lambda: hub.told() == ["all.atom"], what="the hub to be told")
    body = planet.get("/all.atom").body
    assert body.count(b'rel="hub"') == 4 and f"{url}/hub".encode() in body

    planet.post("The second")

    until(lambda: hub.told() == ["all.atom"] * 2)
    until(lambda: hub.told("/refuses") == ["all.atom"])
    until(lambda: len(planet.logged("hub not told")) >= 2)
    assert planet.counted('aggregator_announcements_total{outcome="told"}') == 2
    assert planet.counted('aggregator_announcements_total{outcome="failed"}') >= 2
    assert f"{url}/refuses was not told of" in planet.get("/status").body.decode()
    assert planet.stop() == 0
    assert f"{url}/refuses was not told of" in run(planet.folder, "status").stdout


def test_what_a_hub_was_not_told_before_a_kill_it_is_told_after(planet: Planet, hub: Hub) -> None:
    assert hub.server
    planet.write(hub=f"{hub.server.url}/hub")
    hub.status = 503
    planet.start()
    until(lambda: hub.told() == ["all.atom"])
    until(lambda: sql(planet, "SELECT attempts FROM announcement") == [(1,)])
    planet.process.kill()  # type: ignore[union-attr]
    planet.process.wait()  # type: ignore[union-attr]
    sql(planet, "UPDATE announcement SET due = 1")
    hub.status = 204

    planet.start()

    until(lambda: hub.told() == ["all.atom"] * 2)
    until(lambda: sql(planet, "SELECT attempts, due, error FROM announcement") == [(0, None, None)])
    assert planet.stop() == 0
    planet.start()
    assert planet.stop() == 0
    assert len(hub.told()) == 2, "nothing has changed since"


def sql(planet: Planet, statement: str) -> list[tuple[object, ...]]:
    with contextlib.closing(sqlite3.connect(planet.folder / "aggregator.db")) as db:
        found = db.execute(statement).fetchall()
        db.commit()
        return found


def test_run_tells_hubs_at_its_end_and_says_what_they_did_not_take(
    planet: Planet, hub: Hub
) -> None:
    assert hub.server
    planet.write(hub=f"{hub.server.url}/hub")

    first = run(planet.folder, "run")
    again = run(planet.folder, "run")
    hub.status = 500
    planet.post("The second")
    refused = run(planet.folder, "run")

    assert [x.returncode for x in (first, again, refused)] == [0, 0, 0]
    assert hub.told() == ["all.atom"] * 2
    assert (first.stderr, again.stderr) == ("", "")
    assert "/hub was not told of" in refused.stderr and "HTTP 500" in refused.stderr


def test_a_hub_that_hangs_holds_up_no_run_for_long(tmp_path: Path, hub: Hub) -> None:
    assert hub.server
    road = Road(tmp_path)
    posts = tmp_path / "posts"
    posts.mkdir()
    (posts / "2026-01-02-a.md").write_text("---\ntitle: A post\n---\nText\n", encoding="utf-8")
    hubs = f"output: {{hub: ['{hub.server.url}/hangs', '{hub.server.url}/hub']}}\n"
    road.config("a: {url: none.xml}", more=f"posts: [{{path: posts}}]\n{hubs}")

    async def run_once() -> list[str]:
        async with app.Aggregator(road.settings) as aggregator:
            await aggregator.poll()
            await aggregator.publish()
            return await aggregator.announce(timedelta(seconds=1))

    assert asyncio.run(run_once()) == []
    assert hub.told() == ["all.atom"]
    assert asyncio.run(run_once()) == []
    assert hub.told() == ["all.atom"] and hub.told("/hangs") == ["all.atom"] * 2


def test_a_hub_that_nobody_names_any_more_is_forgotten(planet: Planet, hub: Hub) -> None:
    assert hub.server
    planet.write(hub=f"{hub.server.url}/hub")
    run(planet.folder, "run")
    assert len(sql(planet, "SELECT hub FROM announcement")) == 1

    planet.write(hub="null")
    run(planet.folder, "run")

    assert sql(planet, "SELECT hub FROM announcement") == []
