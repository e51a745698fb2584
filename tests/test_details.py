"""Texts that are fetched besides: what is asked for, how often, and what becomes of the rest."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from aggregator import details
from aggregator.cluster import digest_of
from aggregator.details import Detailed, Listed, detailed
from aggregator.errors import Disallowed, FetchError, HostRests
from aggregator.model import Entry, Slowdown, Source

SOURCE = Source(id="news", url="https://news.example/api")


class Elsewhere:
    """Where texts are: `broken` holds the titles of those that are not to be had."""

    def __init__(self, *broken: str) -> None:
        self.broken = set(broken)
        self.asked: list[str] = []
        self.at_once = self.most_at_once = 0

    async def full(self, entry: Entry) -> Entry:
        self.asked.append(entry.title)
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        await asyncio.sleep(0)
        self.at_once -= 1
        if entry.title in self.broken:
            raise FetchError("texts.example: HTTP 500 Internal Server Error", status=500)
        return replace(entry, content=f"<p>All of {entry.title}, as it was told.</p>")

    def fetched(
        self,
        entries: Sequence[Entry],
        known: Sequence[bytes | None] | None = None,
        kept: dict[int, str] | None = None,
    ) -> Detailed:
        said = [digest_of(e) for e in entries]
        nothing: list[bytes | None] = [None] * len(entries)
        listed = Listed(entries=entries, said=said, known=known or nothing, kept=kept or {})
        return asyncio.run(detailed(SOURCE, listed, self.full))


def entries(*titles: str) -> list[Entry]:
    return [Entry(id=title, title=title, summary="In short.") for title in titles]


def test_what_is_known_with_its_text_is_never_asked_for_again() -> None:
    elsewhere, some = Elsewhere(), entries("a", "b")

    first = elsewhere.fetched(some)
    second = elsewhere.fetched(some, first.digests)

    assert elsewhere.asked == ["a", "b"]
    assert [e.content for e in first.entries] == [
        "<p>All of a, as it was told.</p>",
        "<p>All of b, as it was told.</p>",
    ]
    assert second.digests == first.digests == tuple(map(digest_of, some))
    assert not first.waiting and not first.problems


def test_a_failure_keeps_the_excerpt_is_told_and_is_tried_again() -> None:
    elsewhere, some = Elsewhere("b"), entries("a", "b")

    first = elsewhere.fetched(some)
    elsewhere.broken.clear()
    second = elsewhere.fetched(some, first.digests)

    assert first.entries[1] == some[1] and first.waiting
    assert "texts.example: HTTP 500" in first.problems[0]
    assert elsewhere.asked == ["a", "b", "b"]
    assert second.entries[1].content and not second.waiting
    assert second.digests == tuple(map(digest_of, some))


def test_a_text_that_never_comes_is_given_up() -> None:
    elsewhere, some = Elsewhere("a"), entries("a")
    known: tuple[bytes | None, ...] = (None,)

    for _ in range(20):
        answer = elsewhere.fetched(some, known)
        known = answer.digests

    assert len(elsewhere.asked) == 6
    assert not answer.waiting and answer.digests[0] != digest_of(some[0])


def test_what_robots_may_not_read_is_given_up_at_once_and_stops_no_other() -> None:
    some = entries(*(f"n{n}" for n in range(8)), "good")

    class Closed(Elsewhere):
        async def full(self, entry: Entry) -> Entry:
            if entry.title != "good":
                raise Disallowed("a.example: its robots.txt asks not to read this page")
            return await super().full(entry)

    answer = Closed().fetched(some)

    assert answer.entries[-1].content and not answer.waiting
    assert {d[-1] for d in answer.digests[:-1]} == {6}
    assert "its robots.txt asks not to read" in answer.problems[0]


def test_a_server_that_is_down_is_left_alone_and_costs_no_one_a_try() -> None:
    titles = [f"n{n}" for n in range(40)]
    elsewhere = Elsewhere(*titles)
    some = entries(*titles)

    first = elsewhere.fetched(some)

    assert len(elsewhere.asked) <= 3 + 3  # those under way are not called back
    assert sum(d[-1] for d in first.digests) == len(elsewhere.asked)
    assert first.waiting


def test_a_host_that_rests_costs_no_one_a_try() -> None:
    asked = []

    async def resting(entry: Entry) -> Entry:
        asked.append(entry.title)
        raise HostRests("texts.example", datetime(2026, 7, 1, tzinfo=UTC))

    some = entries(*(f"n{n}" for n in range(40)))
    listed = Listed(entries=some, said=[digest_of(e) for e in some], known=[None] * 40, kept={})
    answer = asyncio.run(detailed(SOURCE, listed, resting))

    assert len(asked) <= 4 and answer.waiting
    assert {d[-1] for d in answer.digests} == {0}


def test_what_a_host_that_had_enough_asks_for_is_kept() -> None:
    enough = Slowdown(host="texts.example", until=datetime(2026, 7, 1, tzinfo=UTC))

    async def refused(entry: Entry) -> Entry:
        error = FetchError("texts.example: HTTP 429", status=429)
        error.slowdown = enough
        raise error

    some = entries("a")
    listed = Listed(entries=some, said=[digest_of(e) for e in some], known=[None], kept={})

    assert asyncio.run(detailed(SOURCE, listed, refused)).slowdown == enough


def test_those_that_fail_do_not_stand_in_the_way_of_others() -> None:
    some = entries("x", "y", "z", "w", "good")
    elsewhere = Elsewhere("x", "y", "z", "w")

    first = elsewhere.fetched(some)
    second = elsewhere.fetched(some, first.digests)

    assert "good" in elsewhere.asked
    assert any(e.content for e in (first.entries[-1], second.entries[-1]))


def test_few_are_asked_at_once_and_not_all_in_one_poll() -> None:
    some = entries(*(f"n{n}" for n in range(120)))
    elsewhere = Elsewhere()

    first = elsewhere.fetched(some)
    asked = len(elsewhere.asked)
    second = elsewhere.fetched(some, first.digests)
    third = elsewhere.fetched(some, second.digests)

    assert asked == 50 and elsewhere.most_at_once <= 4
    assert first.waiting and "70 texts are still to be fetched" in first.problems[0]
    assert not third.waiting and sorted(elsewhere.asked) == sorted(e.title for e in some)


def test_a_new_version_without_its_text_keeps_the_text_of_the_last() -> None:
    elsewhere, old = Elsewhere(), entries("a")
    known = elsewhere.fetched(old).digests
    new = [replace(old[0], summary="In short, corrected.")]
    elsewhere.broken = {"a"}

    failed = elsewhere.fetched(new, known, {0: "<p>All of a, as it was told.</p>"})
    failed = elsewhere.fetched(new, failed.digests, {0: "<p>All of a, as it was told.</p>"})
    elsewhere.broken.clear()
    mended = elsewhere.fetched(new, failed.digests)

    assert failed.entries[0].content == "<p>All of a, as it was told.</p>"
    assert failed.entries[0].summary == "In short, corrected."
    assert mended.digests == (digest_of(new[0]),) and not mended.waiting


def test_time_that_runs_out_costs_no_try(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(details, "_MOST_SECONDS", 0.05)

    async def never(entry: Entry) -> Entry:
        await asyncio.sleep(60)
        return entry

    some = entries("a", "b")
    said = [digest_of(e) for e in some]
    listed = Listed(entries=some, said=said, known=[None, None], kept={})

    answer = asyncio.run(detailed(SOURCE, listed, never))

    assert answer.waiting and [d[-1] for d in answer.digests] == [0, 0]
    assert list(answer.entries) == some
