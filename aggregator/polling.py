"""When to ask a source, and how: conditional requests, due times, back-off. Pure.

due = last poll + the longest wait that anything asks for + a share of it that only the source's
name decides; what servers and documents ask is told in `pace` (docs/polling.md)
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import Any

from aggregator import pace
from aggregator.discretion import told
from aggregator.errors import FetchError, SourceError
from aggregator.model import Hints, PollState, Request, Response, Source
from aggregator.moments import clamp
from aggregator.pace import A_DAY, A_WEEK

ACCEPT = (
    "application/atom+xml, application/rss+xml;q=0.9, application/feed+json;q=0.9,"
    " application/xml;q=0.8, text/xml;q=0.7, */*;q=0.1"
)
_ACCEPTS: Mapping[str, str] = {  # by kind of source
    "json": "application/json, */*;q=0.1",
    "opml": "text/x-opml, application/xml;q=0.9, text/xml;q=0.9, */*;q=0.1",
    "page": "text/html, application/xhtml+xml, */*;q=0.1",
    "sitemap": "application/xml, text/xml, */*;q=0.5",
}
_SENDABLE = re.compile(r"[^\x00-\x08\x0a-\x1f\x7f]+")
_REFUSALS = {400, 412, 431}  # of the request as it was, its conditions among it
_DOCUMENT = "its document asked to wait"
_LOCAL = timedelta(seconds=10)  # a look at a file's time stamp costs nothing


def request_for(source: Source, state: PollState) -> Request:
    """A conditional GET: the validators go back byte for byte (RFC 9110 §13.1)."""
    validators = {"if-none-match": state.etag, "if-modified-since": state.last_modified}
    headers = {"accept": accept(source)} | {
        name: value for name, value in validators.items() if value
    }
    return Request(
        url=source.url,
        headers=headers,
        copy_of=state.copy_of,
        public=source.public,
        page=source.kind == "page",
    )


def accept(source: Source) -> str:
    """What may come back (RFC 9110 §12.5.1): some servers choose by it what they send."""
    return _ACCEPTS.get(source.kind, ACCEPT)


def digest_of(*bodies: bytes) -> bytes:
    digest = blake2b(digest_size=16)
    for body in bodies:
        digest.update(body)
    return digest.digest()


def unchanged(response: Response, state: PollState) -> bool:
    """A 304, or a server that never sends one but sent the same bytes."""
    return response.status == 304 or digest_of(*response.bodies) == state.digest


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What a document that was read tells of its source's ways."""

    hints: Hints
    dates: tuple[datetime, ...] = ()  # of its entries, those that have one
    entries: int = 0
    new: int = 0  # entries that we did not have


def after_success(source: Source, state: PollState, response: Response, now: datetime) -> PollState:
    """New validators from a 200 and a 304 alike; a 304 that names none confirms the old. One
    without a copy of ours teaches none: we would never get that copy."""
    fresh = _validators(response.headers)
    if response.status == 304:
        known = state.digest is not None
        fresh = {name: (fresh[name] or getattr(state, name)) if known else None for name in fresh}
    lifetime = pace.lifetime(response.headers, now)
    if lifetime is None and response.status == 304:  # RFC 9111 §4.3.4: what it does not say stays
        lifetime = state.lifetime
    left = max((lifetime or timedelta()) - pace.age(response.headers), timedelta())
    after = replace(
        state,
        etag=fresh["etag"],
        last_modified=fresh["last_modified"],
        copy_of=state.copy_of if response.status == 304 else response.url,
        digest=state.digest if response.status == 304 else digest_of(*response.bodies),
        failures=0,
        error=None,
        failing=None,
        polled=now,
        succeeded=now,
        lifetime=lifetime,
        asked=now + max(left, pace.retry_after(response.headers, now) or timedelta()),
        news=state.news or now,
    )
    return replace(after, due=_due(source, after, anew=_anew(source, state, now)))


def learned(
    source: Source, before: PollState, after: PollState, seen: Seen, now: datetime
) -> PollState:
    """What `after_success` gave, and what the document told besides."""
    dates = [date for date in seen.dates if date <= now]
    rhythm = pace.rhythm(dates, now)
    if rhythm is None and seen.new and before.news and before.succeeded:
        rhythm = max(now - before.news, timedelta()) / seen.new  # undated: as far as we saw it
    rhythm = rhythm or before.rhythm
    came = now if seen.new and (before.succeeded or not dates) else before.news
    news = max((x for x in (came, *dates) if x), default=now)
    after = replace(
        after,
        hints=seen.hints,
        rhythm=rhythm,
        shown=rhythm and rhythm * seen.entries,
        news=news,
    )
    return replace(after, due=_due(source, after, anew=_anew(source, before, now)))


def after_failure(source: Source, state: PollState, error: SourceError, now: datetime) -> PollState:
    """Twice as long for each failure in a row, up to a day; up to a week, once it has failed for
    one. Validators stay as they are, unless they may be what the server cannot bear."""
    asked = error.retry_after if isinstance(error, FetchError) else None
    refused = isinstance(error, FetchError) and error.status in _REFUSALS
    after = replace(
        state,
        etag=None if refused else state.etag,
        last_modified=None if refused else state.last_modified,
        failures=state.failures + 1,
        failing=state.failing or now,
        error=told(error, source),
        polled=now,
        asked=state.asked if asked is None else now + min(asked, A_DAY),
    )
    return replace(after, due=_due(source, after))


def postponed(state: PollState, until: datetime) -> PollState:
    """It was not asked, and nothing is learned."""
    return replace(state, due=max(state.due, until))


# ── when ─────────────────────────────────────────────────────────────────────


def paced_by(source: Source, state: PollState) -> str:
    """What decides on the time of the next poll, in plain words."""
    if state.polled is None or source.local:
        return "it is a file on this machine" if source.local else "it has not been polled yet"
    if state.due > max(_due(source, state), _due(source, state, anew=True)):
        return "its host wants to be left alone, or answers nobody"
    waits = _waits(source, state, state.polled)
    longest = state.polled + max(waits.values())
    if state.asked and state.asked > longest:
        return "its server asked to wait"
    if _asked_for(source, state, longest) > longest:
        return _DOCUMENT
    return max(waits, key=lambda why: waits[why])  # of equals the first: the plainest


def settled(source: Source, state: PollState, now: datetime) -> PollState:
    """With a due time that it can have: after a clock that was ahead, and under an `every` that
    was changed since."""
    if state.polled and state.polled > now:
        state = moved(state, now - state.polled)
    if not state.polled:
        return state
    due = min(state.due, _due(source, state, anew=True))
    if not source.local and (state.digest or state.failures):  # it was asked at this address
        due = max(due, state.polled + source.interval)
    return replace(state, due=due)


def open_at(state: PollState, when: datetime) -> datetime:
    """`when`, or the end of the hours and days that its document wants to be skipped."""
    return pace.open_at(state.hints, when)


def moved(state: PollState, by: timedelta) -> PollState:
    """As if all of it had happened so much later: the clock was set."""
    known = {field.name: getattr(state, field.name) for field in fields(state)}
    later: dict[str, Any] = {n: x + by for n, x in known.items() if isinstance(x, datetime)}
    return replace(state, **later)


def _anew(source: Source, before: PollState, now: datetime) -> bool:
    """Whether it was polled with many others at once: for the first time, or after a long pause."""
    return before.succeeded is None or now - before.due >= source.interval


def _due(source: Source, state: PollState, *, anew: bool = False) -> datetime:
    """Never sooner than its interval after the poll, and never before its server wants it."""
    now = state.polled or state.due
    if source.local:
        return now + _LOCAL
    waits = _waits(source, state, now)
    wait = max(waits.values())
    if state.failures:  # earlier rather than later: the longest wait is one for all of them
        jittered = wait * (1 - 0.2 * _share(source, state.failures))
        wait = max(jittered, spread(source, source.interval), waits[_DOCUMENT])
    else:
        wait = spread(source, wait, anew=anew)
    return _asked_for(source, state, now + wait)


def _asked_for(source: Source, state: PollState, due: datetime) -> datetime:
    """`due`, or as much later as its server and its document name a time."""
    issue = pace.next_issue(state.hints, state.polled or due)
    issue += spread(source, source.interval) - source.interval
    return pace.open_at(state.hints, max(due, state.asked or due, issue))


def _waits(source: Source, state: PollState, now: datetime) -> dict[str, timedelta]:
    """How long each of those who have a say wants us to wait, by what that is called."""
    every, most = source.interval, max(A_DAY, source.interval)
    waits = {"its interval": every}
    if state.failures:
        waits["it fails"] = min(every * 2 ** min(state.failures, 10), most)
        lasting = now - (state.failing or now)
        if lasting >= A_WEEK:
            waits["it has been failing for long"] = clamp(lasting / 4, A_DAY, A_WEEK)
    else:
        waits["its own rhythm"] = clamp(_own(state, now), every, most)
        if not (state.etag or state.last_modified or source.own_interval):
            waits["it never says whether it changed"] = clamp(_blind(state, now), every, most)
    waits[_DOCUMENT] = pace.stated(state.hints)
    return waits


def _own(state: PollState, now: datetime) -> timedelta:
    """Twice between two entries; of one that is quiet, ten times as long as it has been so."""
    quiet = now - state.news if state.news else timedelta()
    return max((state.rhythm or timedelta()) / 2, quiet / 10)


def _blind(state: PollState, now: datetime) -> timedelta:
    """Where each poll costs the whole document, one a day; but not so late that an entry could
    have come and gone."""
    if not state.shown or not state.news:
        return A_DAY
    return min(max(state.shown, now - state.news) / 2, A_DAY)


def spread(source: Source, wait: timedelta, *, anew: bool = False) -> timedelta:
    """`wait` and up to a tenth more, so that sources added together drift apart; up to a whole
    interval more where they were `anew` polled together, so that they are spread over it. Always
    the same for one source, so that a restart changes nothing."""
    most = max(wait * 0.1, source.interval) if anew else wait * 0.1
    return wait + most * _share(source)


def _share(source: Source, *turn: int) -> float:
    """Of 0 to 1; decided by its name, and another at each turn."""
    share = blake2b(repr((source.id, *turn)).encode(), digest_size=2).digest()
    return int.from_bytes(share, "big") / 0xFFFF


def _validators(headers: Mapping[str, str]) -> dict[str, str | None]:
    """Only what can be sent back as it came (RFC 9110 §8.8.3): a validator that is another than
    the server's is made up, and a request with control characters in it is none."""
    found = {name: headers.get(name.replace("_", "-"), "") for name in ("etag", "last_modified")}
    return {name: value if _SENDABLE.fullmatch(value) else None for name, value in found.items()}
