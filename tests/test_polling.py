"""When to ask a source, and how: all of it values, the clock too."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from aggregator.errors import FetchError, ParseError, SourceError
from aggregator.model import PollState, Response, Source
from aggregator.polling import (
    ACCEPT,
    after_failure,
    after_success,
    digest_of,
    due,
    latest_due,
    request_for,
    spread,
    unchanged,
)

NOW = datetime(2026, 7, 1, 12, 0, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
TENTH = 1.1  # what `spread` may add
A = Source(id="a", url="https://a.example/feed")
LOCAL = Source(id="l", url="file:///srv/feed.xml", interval=HOUR)


def state(**known: Any) -> PollState:
    return PollState(source="a", due=NOW, **known)


def answer(status: int = 200, body: bytes = b"<rss/>", **headers: str) -> Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Response(url=A.url, status=status, headers=named, body=body)


def wait(source: Source, failures: int, error: SourceError | None = None) -> timedelta:
    """How long after a failure, when so many came before it."""
    error = error or FetchError("no")
    return after_failure(source, state(failures=failures), error, NOW).due - NOW


# ── request_for ──────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("known", "sent"),
    [
        ({}, {}),
        ({"etag": '"x"'}, {"if-none-match": '"x"'}),
        ({"etag": "unquoted  W/ é"}, {"if-none-match": "unquoted  W/ é"}),
        ({"last_modified": "yesterday"}, {"if-modified-since": "yesterday"}),
        ({"etag": '"x"', "last_modified": "y"}, {"if-none-match": '"x"', "if-modified-since": "y"}),
        ({"etag": "", "last_modified": ""}, {}),
    ],
)
def test_validators_go_back_byte_for_byte(known: dict[str, str], sent: dict[str, str]) -> None:
    request = request_for(A, state(**known))

    assert request.url == A.url
    assert request.headers == {"accept": ACCEPT} | sent


# ── unchanged ────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("response", "known", "is_unchanged"),
    [
        (answer(304, b""), {}, True),
        (answer(304, b""), {"digest": digest_of(b"<rss/>")}, True),
        (answer(), {"digest": digest_of(b"<rss/>")}, True),
        (answer(body=b"<rss />"), {"digest": digest_of(b"<rss/>")}, False),
        (answer(), {}, False),
        (answer(body=b""), {}, False),
        (answer(etag='"same"'), {"etag": '"same"'}, False),
    ],
)
def test_what_is_unchanged(response: Response, known: dict[str, Any], is_unchanged: bool) -> None:
    assert unchanged(response, state(**known)) is is_unchanged


# ── after_success ────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("response", "etag", "last_modified"),
    [
        (answer(etag="new"), "new", None),
        (answer(last_modified="new"), None, "new"),
        (answer(), None, None),
        (answer(304, b""), "old", "old"),
        (answer(304, b"", etag="new"), "new", "old"),
        (answer(304, b"", last_modified="new"), "old", "new"),
    ],
)
def test_validators_are_those_of_the_last_answer(
    response: Response, etag: str | None, last_modified: str | None
) -> None:
    before = state(etag="old", last_modified="old", digest=digest_of(b"old"))

    after = after_success(A, before, response, NOW)

    assert (after.etag, after.last_modified) == (etag, last_modified)


def test_a_304_keeps_the_digest_and_a_200_gives_a_new_one() -> None:
    before = state(digest=digest_of(b"old"))

    assert after_success(A, before, answer(304, b""), NOW).digest == digest_of(b"old")
    assert after_success(A, before, answer(), NOW).digest == digest_of(b"<rss/>")


def test_a_304_without_a_copy_of_ours_leaves_us_without_validators() -> None:
    """Else we would ask for what is newer than a document that we never had, for ever."""
    after = after_success(A, state(), answer(304, b"", etag='"x"', last_modified="y"), NOW)

    assert (after.etag, after.last_modified, after.digest) == (None, None, None)
    assert after.error is None


def test_a_success_ends_a_row_of_failures() -> None:
    before = state(failures=7, error="no", polled=NOW - DAY, succeeded=NOW - 2 * DAY)

    for response in (answer(), answer(304, b"")):
        after = after_success(A, before, response, NOW)

        assert (after.failures, after.error) == (0, None)
        assert (after.polled, after.succeeded) == (NOW, NOW)
        assert HOUR <= after.due - NOW <= HOUR * TENTH


@pytest.mark.parametrize("interval", [timedelta(minutes=5), HOUR, 3 * DAY])
def test_a_source_is_due_after_its_own_interval(interval: timedelta) -> None:
    source = replace(A, interval=interval)

    after = after_success(source, state(), answer(), NOW)

    assert interval <= after.due - NOW <= interval * TENTH


def test_a_file_is_looked_at_every_few_seconds() -> None:
    after = after_success(LOCAL, state(), answer(), NOW)

    assert timedelta(seconds=1) <= after.due - NOW <= timedelta(seconds=15)


# ── after_failure ────────────────────────────────────────────────────────────


def test_each_failure_in_a_row_doubles_the_wait_up_to_a_day() -> None:
    waits = [wait(A, failures) for failures in range(40)]

    for before, after in pairwise(waits[:4]):
        assert abs(after - 2 * before) < timedelta(seconds=1)
    assert waits[0] >= 2 * HOUR
    assert all(DAY <= w <= DAY * TENTH for w in waits[5:])


def test_a_source_that_is_asked_less_than_daily_is_so_when_it_fails_too() -> None:
    weekly = replace(A, interval=7 * DAY)

    assert 7 * DAY <= wait(weekly, 0) <= 7 * DAY * TENTH
    assert 7 * DAY <= wait(weekly, 30) <= 7 * DAY * TENTH


def test_a_failure_leaves_what_we_know() -> None:
    before = state(
        etag="e", last_modified="m", digest=b"d", failures=2, polled=NOW - DAY, succeeded=NOW - DAY
    )

    after = after_failure(A, before, ParseError("no feed: an HTML page"), NOW)

    expected = replace(before, due=after.due, failures=3, error="no feed: an HTML page", polled=NOW)
    assert after == expected


@pytest.mark.parametrize(
    ("asked", "least"),
    [
        (timedelta(), 2 * HOUR),  # in a hurry: our own back-off is the longer one
        (timedelta(minutes=5), 2 * HOUR),
        (timedelta(hours=5), timedelta(hours=5)),
        (DAY, DAY),
        (timedelta(days=300), DAY),
    ],
)
@pytest.mark.parametrize("status", [429, 503])
def test_retry_after_is_obeyed_up_to_a_day(asked: timedelta, least: timedelta, status: int) -> None:
    waits = wait(A, 0, FetchError("no", status=status, retry_after=asked))

    assert least <= waits <= least * TENTH


def test_a_file_that_fails_is_looked_at_as_often_as_ever() -> None:
    for failures in (0, 1, 50):
        assert wait(LOCAL, failures) <= timedelta(seconds=15)


# ── a clock that was wrong ───────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("polled", "due_at", "expected"),
    [
        (NOW - HOUR, NOW + HOUR, NOW + HOUR),
        (NOW - HOUR, NOW - HOUR, NOW),
        (None, NOW + HOUR, NOW + HOUR),
        (NOW + 365 * DAY, NOW + 366 * DAY, NOW),
        (NOW + timedelta(minutes=5), NOW + HOUR, NOW),
    ],
)
def test_a_source_whose_last_poll_is_yet_to_come_is_due(
    polled: datetime | None, due_at: datetime, expected: datetime
) -> None:
    assert due(replace(state(polled=polled), due=due_at), NOW) == expected


@pytest.mark.parametrize("source", [A, replace(A, interval=7 * DAY), LOCAL])
def test_no_wait_is_longer_than_the_longest(source: Source) -> None:
    latest = latest_due(source, NOW)

    assert after_success(source, state(), answer(), NOW).due <= latest
    for failures in range(20):
        error = FetchError("no", retry_after=300 * DAY)
        assert after_failure(source, state(failures=failures), error, NOW).due <= latest
    assert latest - NOW <= max(DAY, source.interval) * TENTH


# ── spread ───────────────────────────────────────────────────────────────────


def test_sources_are_spread_over_a_tenth_of_their_wait() -> None:
    waits = [spread(Source(id=f"source {n}", url=A.url), HOUR) for n in range(300)]

    assert all(HOUR <= w <= HOUR * TENTH for w in waits)
    assert min(waits) < HOUR * 1.01
    assert max(waits) > HOUR * 1.09
    assert len(set(waits)) > 250


def test_a_source_is_spread_alike_each_time() -> None:
    """And in each process: Python's own hashes are not."""
    assert spread(A, HOUR) == spread(replace(A, url="https://b.example/"), HOUR)
    assert round(spread(A, HOUR).total_seconds()) == 3642
