"""A week of the real program, before a server that keeps score of its manners."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from etiquette import HOUR, PAGES, START, Publisher, Visit, as_text, sheet, week
from servers import Answer, Asked


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Publisher:
    return week(tmp_path_factory.mktemp("week"))


def test_a_week_with_a_restart_in_it_passes_every_criterion(lived: Publisher) -> None:
    assert not any(mark.against for mark in sheet(lived)), f"\n{as_text(lived)}"


def test_the_sheet_can_be_printed(lived: Publisher) -> None:
    assert f"{len(lived.visits)} requests in 7 days" in as_text(lived)


# ── the score is worth something: each rudeness is seen ──────────────────────


def rude(
    visit: Visit, *, at: timedelta = timedelta(), path: str = "", **headers: str | None
) -> Visit:
    """A visit as it was, but for this."""
    named = {**visit.asked.headers, **{k.replace("_", "-"): v for k, v in headers.items()}}
    asked = Asked(path or visit.path, {k: v for k, v in named.items() if v is not None})
    return replace(visit, at=visit.at + at, asked=asked)


Rudeness = Callable[[Visit], Visit]
RUDE: dict[str, tuple[str, Rudeness]] = {
    "conditional wherever": ("/both", lambda v: rude(v, if_none_match=None, if_modified_since=None)),
    "If-None-Match as": ("/both", lambda v: rude(v, if_none_match='"made up"')),
    "If-Modified-Since as": ("/etag", lambda v: rude(v, if_modified_since="Wed, 01 Jul 2026 12:00:00 GMT")),
    "conditional at most": ("/both", lambda v: rude(v, at=-3 * HOUR)),
    "unconditional at most": ("/none", lambda v: rude(v, at=timedelta(hours=-20))),
    "no cookies": ("/cookies", lambda v: rude(v, cookie="id=1")),
    "no Referer": ("/both", lambda v: rude(v, referer="https://planet.example/")),
    "no query": ("/both", lambda v: rude(v, path="/both?utm_source=reader")),
    "no addresses": ("/both", lambda v: replace(rude(v, path="/favicon.ico"), answer=Answer(404))),
    "GET and": ("/both", lambda v: replace(v, asked=replace(v.asked, method="HEAD"))),
    "Cache-Control": ("/cached", lambda v: rude(v, at=-3 * HOUR)),
    "ttl": ("/ttl", lambda v: rude(v, at=-3 * HOUR)),
    "skipHours": ("/nights", lambda v: replace(v, at=v.at.replace(hour=3))),
    "a User-Agent": ("/both", lambda v: rude(v, user_agent="Mozilla/5.0")),
    "gzip": ("/both", lambda v: rude(v, accept_encoding="gzip")),
    "Retry-After": ("/limited", lambda v: rude(v, at=timedelta(hours=-5, minutes=-30))),
}  # fmt: skip


@pytest.mark.parametrize("criterion", RUDE)
def test_each_rudeness_costs_its_mark(lived: Publisher, criterion: str) -> None:
    path, spoil = RUDE[criterion]
    number = spoilt(lived, path)
    told = Publisher()
    told.restarted = lived.restarted
    told.visits = [spoil(v) if n == number else v for n, v in enumerate(lived.visits)]

    (mark,) = [m for m in sheet(told) if m.name.startswith(criterion)]

    assert mark.against


def spoilt(lived: Publisher, path: str) -> int:
    """A visit of the page from the middle of the week; of the busy one the first after a 429."""
    numbers = [n for n, v in enumerate(lived.visits) if v.path == path]
    refused = [n for n in numbers if lived.visits[n].answer.status == 429]
    return next(n for n in numbers if n > refused[0]) if refused else numbers[len(numbers) // 2]


def test_another_source_of_a_host_that_had_enough_costs_a_mark(lived: Publisher) -> None:
    numbers = [n for n, v in enumerate(lived.visits) if v.host == "busy"]
    refused = next(n for n in numbers if lived.visits[n].answer.status == 429)
    beside = next(n for n in numbers if n > refused)
    told = Publisher()
    told.visits = list(lived.visits)
    told.visits[beside] = replace(
        told.visits[beside], at=lived.visits[refused].at + timedelta(minutes=10)
    )

    assert next(m for m in sheet(told) if m.name.startswith("a 429")).against


def test_a_burst_at_the_start_costs_its_mark(lived: Publisher) -> None:
    told = Publisher()
    told.visits = [replace(lived.visits[0], at=START), *lived.visits]

    assert next(m for m in sheet(told) if m.name.startswith("no burst")).against


def test_a_burst_after_the_restart_costs_its_mark(lived: Publisher) -> None:
    told = Publisher()
    told.restarted = lived.restarted
    last = next(v for v in reversed(lived.visits[: lived.restarted]) if v.path in PAGES)
    told.visits = list(lived.visits)
    told.visits.insert(lived.restarted, replace(last, at=last.at + timedelta(minutes=40)))

    assert next(m for m in sheet(told) if m.name.startswith("nothing that is not due")).against


def test_a_reader_that_never_comes_does_not_pass(lived: Publisher) -> None:
    told = Publisher()
    told.visits = [v for v in lived.visits if v.path != "/quiet"]

    assert next(m for m in sheet(told) if m.name.startswith("every feed is read")).against
