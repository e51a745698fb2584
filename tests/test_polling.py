"""When to ask a source, and how: all of it values, the clock too."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from aggregator import pace
from aggregator.errors import FetchError, ParseError, SourceError
from aggregator.model import Hints, PollState, Response, Source
from aggregator.polling import (
    ACCEPT,
    Seen,
    after_failure,
    after_success,
    digest_of,
    learned,
    moved,
    paced_by,
    postponed,
    request_for,
    settled,
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

    for response in (answer(etag="x"), answer(304, b"", etag="x")):
        after = after_success(A, replace(before, digest=b"d"), response, NOW)

        assert (after.failures, after.error) == (0, None)
        assert (after.polled, after.succeeded) == (NOW, NOW)
        assert HOUR <= after.due - NOW <= 2 * HOUR


@pytest.mark.parametrize("interval", [timedelta(minutes=5), HOUR, 3 * DAY])
def test_a_source_is_due_after_its_own_interval(interval: timedelta) -> None:
    source = replace(A, interval=interval)
    before = state(succeeded=NOW - interval, digest=b"d", etag="e", news=NOW)

    after = after_success(source, before, answer(304), NOW)

    assert interval <= after.due - NOW <= interval * TENTH


def test_a_file_is_looked_at_every_few_seconds() -> None:
    after = after_success(LOCAL, state(), answer(), NOW)

    assert timedelta(seconds=1) <= after.due - NOW <= timedelta(seconds=15)


# ── after_failure ────────────────────────────────────────────────────────────


def test_each_failure_in_a_row_doubles_the_wait_up_to_a_day() -> None:
    waits = [wait(A, failures) for failures in range(40)]

    for failures, waited in enumerate(waits):
        doubled = min(HOUR * 2 ** min(failures + 1, 9), DAY)
        assert 0.8 * doubled <= waited <= doubled
    assert all(earlier < later for earlier, later in pairwise(waits[:4]))
    assert len(set(waits[5:])) > 30  # each time another moment of the day


def test_those_who_fail_together_are_not_asked_together_again() -> None:
    waits = [wait(replace(A, id=f"source {n}"), 2) for n in range(300)]

    assert max(waits) - min(waits) > HOUR
    assert len(set(waits)) > 250


def test_what_has_failed_for_a_week_is_asked_less_than_daily_and_weekly_at_last() -> None:
    def waited(lasting: timedelta) -> timedelta:
        before = state(failures=30, failing=NOW - lasting, succeeded=NOW - lasting)
        return after_failure(A, before, FetchError("no"), NOW).due - NOW

    assert waited(6 * DAY) <= DAY
    assert 1.4 * DAY <= waited(7 * DAY) <= 1.75 * DAY
    assert 0.8 * 7 * DAY <= waited(60 * DAY) <= 7 * DAY


def test_a_source_that_is_asked_less_than_daily_is_so_when_it_fails_too() -> None:
    weekly = replace(A, interval=7 * DAY)

    assert 7 * DAY <= wait(weekly, 0) <= 7 * DAY * TENTH
    assert 7 * DAY <= wait(weekly, 30) <= 7 * DAY * TENTH


def test_a_failure_leaves_what_we_know() -> None:
    before = state(
        etag="e",
        last_modified="m",
        digest=b"d",
        failures=2,
        failing=NOW - DAY,
        polled=NOW - DAY,
        succeeded=NOW - 2 * DAY,
        hints=Hints(ttl=HOUR),
        rhythm=DAY,
        shown=9 * DAY,
        news=NOW - 3 * DAY,
        lifetime=HOUR,
    )

    after = after_failure(A, before, ParseError("no feed: an HTML page"), NOW)

    expected = replace(before, due=after.due, failures=3, error="no feed: an HTML page", polled=NOW)
    assert after == expected


@pytest.mark.parametrize(
    ("status", "kept"), [(400, False), (412, False), (431, False), (404, True), (500, True)]
)
def test_validators_that_a_server_cannot_bear_are_told_to_it_no_more(
    status: int, kept: bool
) -> None:
    """Else it would refuse us for ever what it gives to everybody else."""
    before = state(etag="x" * 9000, last_modified="y", digest=b"d")

    after = after_failure(A, before, FetchError("no", status=status), NOW)

    assert (after.etag, after.last_modified) == ((before.etag, "y") if kept else (None, None))
    assert after.digest == b"d"


def test_the_first_failure_is_when_it_began() -> None:
    first = after_failure(A, state(), FetchError("no"), NOW)
    second = after_failure(A, first, FetchError("no"), NOW + DAY)
    mended = after_success(A, second, answer(), NOW + 2 * DAY)

    assert (first.failing, second.failing, mended.failing) == (NOW, NOW, None)


@pytest.mark.parametrize(
    ("asked", "least"),
    [
        (timedelta(), HOUR),  # in a hurry: our own back-off is the longer one
        (timedelta(minutes=5), HOUR),
        (timedelta(hours=5), timedelta(hours=5)),
        (DAY, DAY),
        (timedelta(days=300), DAY),
    ],
)
@pytest.mark.parametrize("status", [429, 503])
def test_retry_after_is_obeyed_up_to_a_day(asked: timedelta, least: timedelta, status: int) -> None:
    waits = wait(A, 0, FetchError("no", status=status, retry_after=asked))

    assert least <= waits <= max(least, 2 * HOUR)


def test_a_failure_forgets_nothing_that_the_document_asked() -> None:
    before = state(hints=Hints(ttl=12 * HOUR))

    assert after_failure(A, before, FetchError("no"), NOW).due - NOW >= 12 * HOUR


def test_a_file_that_fails_is_looked_at_as_often_as_ever() -> None:
    for failures in (0, 1, 50):
        assert wait(LOCAL, failures) <= timedelta(seconds=15)


# ── what a server asks ───────────────────────────────────────────────────────


def after(headers: dict[str, str], status: int = 200, **known: Any) -> timedelta:
    """The wait after an answer of a lively source with these headers."""
    named = {"etag": "x"} | headers
    given = Response(url=A.url, status=status, headers=named, body=b"<rss/>")
    usual: dict[str, Any] = {"succeeded": NOW - HOUR, "digest": b"d", "news": NOW}
    return after_success(A, state(**usual | known), given, NOW).due - NOW


AT_NOON = "Wed, 01 Jul 2026 12:00:00 GMT"


@pytest.mark.parametrize(
    ("headers", "hours"),
    [
        ({}, 1),
        ({"cache-control": "max-age=7200"}, 2),
        ({"cache-control": "public , Max-Age = 7200,immutable"}, 2),
        ({"cache-control": 'max-age="7200"'}, 2),
        ({"cache-control": "private; max-age=7200"}, 2),
        ({"cache-control": "max-age=7200, max-age=60"}, 2),
        ({"cache-control": "s-maxage=7200"}, 1),
        ({"cache-control": "x-max-age=7200"}, 1),
        ({"cache-control": 'ext="max-age=7200"'}, 1),
        ({"cache-control": "max-age=60"}, 1),
        ({"cache-control": "max-age=-1"}, 1),
        ({"cache-control": "max-age=soon"}, 1),
        ({"cache-control": "max-age="}, 1),
        ({"cache-control": "no-cache, max-age=7200"}, 1),
        ({"cache-control": "no-store"}, 1),
        ({"cache-control": "max-age=99999999999999999999"}, 24),
        ({"cache-control": "max-age=31536000"}, 24),
        ({"cache-control": "max-age=10800", "age": "3600"}, 2),
        ({"cache-control": "max-age=10800", "age": "999999"}, 1),
        ({"cache-control": "max-age=10800", "age": "old"}, 3),
        ({"expires": "Wed, 01 Jul 2026 14:00:00 GMT"}, 2),
        ({"expires": "Wed, 01 Jul 2026 14:00:00 GMT", "date": AT_NOON}, 2),
        # Its own clock is what it means, however wrong it is.
        (
            {
                "expires": "Thu, 01 Jan 1970 02:30:00 GMT",
                "date": "Thu, 01 Jan 1970 00:30:00 GMT",
            },
            2,
        ),
        ({"expires": "Wed, 01 Jul 2026 10:00:00 GMT"}, 1),
        ({"expires": "0"}, 1),
        ({"expires": "-1"}, 1),
        ({"expires": "Fri, 31 Dec 9999 23:59:59 GMT"}, 24),
        ({"expires": "Wed, 01 Jul 2026 14:00:00 GMT", "cache-control": "max-age=10800"}, 3),
        ({"retry-after": "7200"}, 2),
        ({"retry-after": "Wed, 01 Jul 2026 14:00:00 GMT"}, 2),
        ({"retry-after": "99999999999999999999"}, 24),
        ({"retry-after": "in a while"}, 1),
    ],
)
@pytest.mark.parametrize("status", [200, 304])
def test_a_server_lengthens_the_wait_and_never_shortens_it(
    headers: dict[str, str], hours: int, status: int
) -> None:
    least = hours * HOUR

    assert least <= after(headers, status) <= max(least, HOUR * TENTH)


def test_a_304_that_says_nothing_of_its_freshness_confirms_what_was_said() -> None:
    assert after({}, 304, lifetime=5 * HOUR) == 5 * HOUR
    assert after({"cache-control": "max-age=0"}, 304, lifetime=5 * HOUR) < 2 * HOUR
    assert after({}, 200, lifetime=5 * HOUR) < 2 * HOUR


@pytest.mark.parametrize(
    ("value", "wait"),
    [
        ("0", timedelta()),
        ("120", timedelta(seconds=120)),
        (" 120 ", timedelta(seconds=120)),
        ("120, 120", timedelta(seconds=120)),
        ("9" * 5000, DAY),
        ("Wed, 01 Jul 2026 12:05:00 GMT", timedelta(minutes=5)),
        ("Wednesday, 01-Jul-26 12:05:00 GMT", timedelta(minutes=5)),
        ("Wed, 01 Jul 2026 14:05:00 +0200", timedelta(minutes=5)),
        ("Wed, 01 Jul 2020 12:05:00 GMT", timedelta()),
        ("Wed, 01 Jul 2026 12:05:00 -0000", timedelta(minutes=5)),
        ("", None),
        ("-5", None),
        ("1.5", None),
        ("soon", None),
        ("１２", None),
        ("Wed, 99 Jul 2026 12:05:00 GMT", None),
        ("Fri, 31 Dec 99999 23:59:59 GMT", None),
    ],
)
def test_retry_after_is_read_in_both_forms(value: str, wait: timedelta | None) -> None:
    assert pace.retry_after({"retry-after": value}, NOW) == wait


def test_a_date_is_meant_by_the_clock_of_the_server_that_says_it() -> None:
    fast = {"date": "Wed, 01 Jul 2026 15:00:00 GMT", "retry-after": "Wed, 01 Jul 2026 16:00:00 GMT"}

    assert pace.retry_after(fast, NOW) == HOUR
    assert pace.retry_after(fast | {"date": "noon"}, NOW) == 4 * HOUR


def test_nobody_is_asked_to_wait_who_was_not() -> None:
    assert pace.retry_after({}, NOW) is None


# ── what a document asks ─────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("hints", "hours"),
    [
        (Hints(), 1),
        (Hints(ttl=timedelta(minutes=5)), 1),
        (Hints(ttl=3 * HOUR), 3),
        (Hints(ttl=300 * DAY), 24),
        (Hints(period=6 * HOUR), 6),
        (Hints(period=6 * HOUR, ttl=3 * HOUR), 6),
        (Hints(period=30 * DAY), 24),
        (Hints(period=DAY, base=datetime(2020, 1, 1, 18, tzinfo=UTC)), 6),
        (Hints(period=DAY, base=datetime(2030, 1, 1, 18, tzinfo=UTC)), 6),
        (Hints(period=DAY, base=datetime(2020, 1, 1, 12, tzinfo=UTC)), 24),
        (Hints(period=300 * DAY, base=datetime(2020, 1, 1, tzinfo=UTC)), 24),
        (Hints(skip_hours=(13, 14, 15)), 4),
        (Hints(skip_days=(2,)), 12),  # it is a Wednesday
        (Hints(skip_days=(2, 3), skip_hours=(0, 1)), 38),
        (Hints(complete=True), 7 * 24),
    ],
)
def test_a_document_lengthens_the_wait_and_a_304_after_it_does_too(
    hints: Hints, hours: int
) -> None:
    known = state(succeeded=NOW - HOUR, digest=b"d", etag="x", news=NOW, hints=hints)

    due = after_success(A, known, answer(304), NOW).due - NOW

    assert hours * HOUR <= due <= hours * HOUR * TENTH + HOUR


def test_what_a_document_does_not_say_any_more_does_not_hold_any_more() -> None:
    before = state(succeeded=NOW - HOUR, news=NOW, hints=Hints(ttl=12 * HOUR))
    kept = after_success(A, before, answer(etag="x"), NOW)

    assert kept.due - NOW >= 12 * HOUR
    assert learned(A, before, kept, Seen(hints=Hints()), NOW).due - NOW < 2 * HOUR


# ── a rhythm of its own ──────────────────────────────────────────────────────


def lived(
    *dates: datetime, entries: int = 20, new: int = 1, sent: Response | None = None, **known: Any
) -> timedelta:
    """The wait after a document with entries of these dates was read, not for the first time."""
    before = state(**{"succeeded": NOW - HOUR, "news": NOW - HOUR} | known)
    seen = Seen(hints=Hints(), dates=dates, entries=entries, new=new)
    kept = after_success(A, before, sent or answer(etag="x"), NOW)
    return learned(A, before, kept, seen, NOW).due - NOW


def every(gap: timedelta, *, since: timedelta = timedelta(), many: int = 20) -> list[datetime]:
    return [NOW - since - n * gap for n in range(many)]


@pytest.mark.parametrize(
    ("gap", "hours"),
    [(timedelta(minutes=5), 1), (HOUR, 1), (6 * HOUR, 3), (20 * HOUR, 10), (7 * DAY, 24)],
)
def test_a_source_is_asked_twice_between_two_entries(gap: timedelta, hours: int) -> None:
    assert hours * HOUR <= lived(*every(gap)) <= hours * HOUR * TENTH


def test_a_few_odd_dates_make_no_rhythm() -> None:
    pinned = datetime(2004, 1, 1, tzinfo=UTC)

    assert lived(*every(HOUR), pinned, NOW + 400 * DAY, NOW - timedelta(seconds=1)) <= HOUR * TENTH
    assert lived(*[NOW] * 20, entries=20) <= HOUR * TENTH


def test_a_quiet_source_drifts_to_a_day_and_comes_back_when_it_publishes() -> None:
    quiet = [lived(*every(HOUR, since=n * DAY), new=0, news=NOW - n * DAY) for n in range(30)]

    assert quiet[0] <= HOUR * TENTH
    assert all(earlier <= later for earlier, later in pairwise(quiet))
    assert DAY <= quiet[-1] <= DAY * TENTH
    assert lived(NOW, *every(HOUR, since=29 * DAY), news=NOW - 29 * DAY) <= HOUR * TENTH


def test_an_undated_source_is_as_quiet_as_we_saw_it() -> None:
    assert lived(new=0, news=NOW - 5 * DAY) >= 12 * HOUR
    assert lived(new=2, news=NOW - 8 * HOUR) == pytest.approx(2 * HOUR, rel=0.1)
    assert lived(new=8, news=NOW - 8 * HOUR) <= HOUR * TENTH


def test_a_304_lets_a_quiet_source_drift_as_well() -> None:
    known = state(succeeded=NOW - HOUR, digest=b"d", etag="x", news=NOW - 5 * DAY, rhythm=HOUR)

    assert after_success(A, known, answer(304), NOW).due - NOW >= 12 * HOUR


def test_a_source_is_never_asked_sooner_than_its_interval() -> None:
    slow = replace(A, interval=3 * DAY, own_interval=True)
    seen = Seen(hints=Hints(ttl=HOUR), dates=tuple(every(timedelta(minutes=1))), entries=20)
    before = state(succeeded=NOW - HOUR)

    assert learned(slow, before, after_success(slow, before, answer(), NOW), seen, NOW).due >= (
        NOW + 3 * DAY
    )


# ── one that never says whether it changed ───────────────────────────────────


def test_a_document_that_comes_whole_each_time_is_asked_for_daily() -> None:
    assert DAY <= lived(*every(40 * HOUR), sent=answer()) <= DAY * TENTH
    assert DAY <= lived(sent=answer(), new=0) <= DAY * TENTH
    assert lived(*every(HOUR, since=40 * DAY), sent=answer(), new=0, news=NOW - 40 * DAY) >= DAY


def test_but_not_so_late_that_an_entry_could_have_come_and_gone() -> None:
    assert lived(*every(HOUR), entries=20, sent=answer()) == pytest.approx(10 * HOUR, rel=0.1)
    assert lived(*every(timedelta(minutes=2)), entries=20, sent=answer()) <= HOUR * TENTH
    assert lived(new=20, entries=20, news=NOW - 4 * HOUR, sent=answer()) <= 2 * HOUR * TENTH


def test_nor_where_its_own_interval_was_written_for_it() -> None:
    own = replace(A, own_interval=True)
    before = state(succeeded=NOW - HOUR, news=NOW)

    assert after_success(own, before, answer(), NOW).due - NOW <= HOUR * TENTH
    assert after_success(A, before, answer(), NOW).due - NOW >= DAY


# ── what is known of it is told ──────────────────────────────────────────────


@pytest.mark.parametrize(
    ("source", "known", "why"),
    [
        (A, {}, "it has not been polled yet"),
        (LOCAL, {"polled": NOW}, "it is a file on this machine"),
        (A, {"polled": NOW, "etag": "x", "news": NOW}, "its interval"),
        (A, {"polled": NOW, "etag": "x", "news": NOW - 9 * DAY}, "its own rhythm"),
        (A, {"polled": NOW, "news": NOW}, "it never says whether it changed"),
        (A, {"polled": NOW, "etag": "x", "failures": 2}, "it fails"),
        (
            A,
            {"polled": NOW, "failures": 20, "failing": NOW - 20 * DAY},
            "it has been failing for long",
        ),
        (A, {"polled": NOW, "etag": "x", "asked": NOW + 3 * HOUR}, "its server asked to wait"),
        (A, {"polled": NOW, "etag": "x", "hints": Hints(ttl=DAY)}, "its document asked to wait"),
        (
            A,
            {"polled": NOW, "etag": "x", "hints": Hints(skip_hours=(13,))},
            "its document asked to wait",
        ),
    ],
)
def test_why_it_is_polled_then_is_told(source: Source, known: dict[str, Any], why: str) -> None:
    assert paced_by(source, state(**known)) == why


def test_of_a_source_whose_host_rests_that_is_told() -> None:
    kept = after_success(A, state(), answer(etag="x"), NOW)

    assert paced_by(A, kept) == "its interval"
    late = postponed(kept, kept.due + 2 * HOUR)
    assert paced_by(A, late) == "its host wants to be left alone, or answers nobody"


@pytest.mark.parametrize("minutes", range(0, 60, 5))
def test_hours_that_are_skipped_are_no_affair_of_the_host(minutes: int) -> None:
    """Who is spread further may come to the open hour earlier in it."""
    now = NOW + timedelta(minutes=minutes)
    hints = Hints(skip_hours=tuple(x for x in range(24) if x != 20))
    before = state(succeeded=now, digest=b"d", hints=hints)

    again = after_success(A, replace(before, due=now), answer(304, etag="x"), now)

    assert paced_by(A, again) == "its document asked to wait"


# ── clocks, and a config that changes ────────────────────────────────────────


def test_after_a_clock_that_was_ahead_it_waits_as_long_as_it_would_have() -> None:
    ahead = NOW + 365 * DAY
    kept = after_success(A, state(news=ahead), answer(etag="x"), ahead)

    found = settled(A, kept, NOW)

    assert found == moved(kept, -365 * DAY)
    assert found.due - NOW == kept.due - ahead
    assert (found.polled, found.succeeded, found.news) == (NOW, NOW, NOW)


def test_a_restart_changes_no_due_time() -> None:
    hints = Hints(ttl=2 * HOUR, skip_hours=(15, 16), base=NOW - DAY, period=DAY)
    for number in range(50):
        source = replace(A, id=f"source {number}")
        fresh = state(succeeded=None if number % 2 else NOW - HOUR, hints=hints)
        kept = after_success(source, fresh, answer(cache_control="max-age=9000"), NOW)
        failed = after_failure(source, state(failures=number), FetchError("no"), NOW)
        for known in (kept, failed):
            assert settled(source, known, NOW) == known
            assert settled(source, known, NOW + 3 * DAY) == known
    assert settled(A, state(), NOW) == state()


def test_a_shorter_interval_counts_at_once() -> None:
    monthly = replace(A, interval=30 * DAY)
    kept = after_success(monthly, state(news=NOW), answer(etag="x"), NOW)

    assert kept.due - NOW >= 30 * DAY
    assert settled(A, kept, NOW).due - NOW <= 2 * HOUR


def test_a_longer_interval_counts_at_once_too() -> None:
    quick = replace(A, interval=HOUR / 4)
    kept = after_success(quick, state(news=NOW), answer(etag="x"), NOW)
    failed = after_failure(quick, state(), FetchError("no"), NOW)

    assert max(kept.due, failed.due) - NOW < HOUR
    assert settled(A, kept, NOW).due == settled(A, failed, NOW).due == NOW + HOUR
    elsewhere = replace(kept, due=NOW, digest=None)  # it has another address: nothing was asked
    assert settled(A, elsewhere, NOW).due == NOW


def test_a_source_whose_host_rests_is_due_then_and_nothing_else_changes() -> None:
    before = state(failures=2, polled=NOW - DAY, error="no")

    assert postponed(before, NOW + HOUR) == replace(before, due=NOW + HOUR)
    assert postponed(before, NOW - HOUR) == before  # forced, and due later


# ── spread ───────────────────────────────────────────────────────────────────


def test_sources_are_spread_over_a_tenth_of_their_wait() -> None:
    waits = [spread(Source(id=f"source {n}", url=A.url), HOUR) for n in range(300)]

    assert all(HOUR <= w <= HOUR * TENTH for w in waits)
    assert min(waits) < HOUR * 1.01
    assert max(waits) > HOUR * 1.09
    assert len(set(waits)) > 250


@pytest.mark.parametrize(
    ("known", "spread_out"),
    [
        ({}, True),  # never asked before: added with a thousand others
        ({"succeeded": NOW - 9 * HOUR}, False),
        ({"succeeded": NOW - 9 * HOUR, "due": NOW - 8 * HOUR}, True),  # the machine was off
    ],
)
def test_those_who_were_asked_together_are_spread_over_the_interval(
    known: dict[str, Any], spread_out: bool
) -> None:
    waits = []
    for n in range(1000):
        before = replace(state(), **{"digest": b"d", "etag": "x", "news": NOW} | known)
        source = Source(id=f"source {n}", url=A.url)
        waits.append(after_success(source, before, answer(304), NOW).due - NOW)

    minutes = Counter(w // timedelta(minutes=1) for w in waits)
    assert min(waits) >= HOUR
    assert (max(waits) > 1.9 * HOUR) is spread_out
    assert (max(minutes.values()) < 40) is spread_out


def test_a_source_is_spread_alike_each_time() -> None:
    """And in each process: Python's own hashes are not."""
    assert spread(A, HOUR) == spread(replace(A, url="https://b.example/"), HOUR)
    assert round(spread(A, HOUR).total_seconds()) == 3772
