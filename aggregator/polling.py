"""When to ask a source, and how: conditional requests, due times, back-off. Pure.

due = last poll + interval, spread by a few per cent that only the source's name decides
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from hashlib import blake2b

from aggregator.discretion import told
from aggregator.errors import FetchError, SourceError
from aggregator.model import PollState, Request, Response, Source
from aggregator.moments import clamp

ACCEPT = (
    "application/atom+xml, application/rss+xml;q=0.9, application/feed+json;q=0.9,"
    " application/xml;q=0.8, text/xml;q=0.7, */*;q=0.1"
)
_DAY = timedelta(days=1)
_SENDABLE = re.compile(r"[^\x00-\x08\x0a-\x1f\x7f\ud800-\udfff]+")
_LOCAL = timedelta(seconds=10)  # a look at a file's time stamp costs nothing


def request_for(source: Source, state: PollState) -> Request:
    """A conditional GET: the validators go back byte for byte (RFC 9110 §13.1)."""
    validators = {"if-none-match": state.etag, "if-modified-since": state.last_modified}
    headers = {"accept": ACCEPT} | {name: value for name, value in validators.items() if value}
    return Request(url=source.url, headers=headers)


def digest_of(body: bytes) -> bytes:
    return blake2b(body, digest_size=16).digest()


def unchanged(response: Response, state: PollState) -> bool:
    """A 304, or a server that never sends one but sent the same bytes."""
    return response.status == 304 or digest_of(response.body) == state.digest


def after_success(source: Source, state: PollState, response: Response, now: datetime) -> PollState:
    """New validators from a 200 and a 304 alike; a 304 that names none confirms the old. One
    without a copy of ours teaches none: we would never get that copy."""
    fresh = _validators(response.headers)
    if response.status == 304:
        known = state.digest is not None
        fresh = {name: (fresh[name] or getattr(state, name)) if known else None for name in fresh}
    return replace(
        state,
        etag=fresh["etag"],
        last_modified=fresh["last_modified"],
        digest=state.digest if response.status == 304 else digest_of(response.body),
        due=now + spread(source, _interval(source)),
        failures=0,
        error=None,
        polled=now,
        succeeded=now,
    )


def after_failure(source: Source, state: PollState, error: SourceError, now: datetime) -> PollState:
    """Twice as long for each failure in a row, up to a day; validators stay as they are."""
    failures = state.failures + 1
    wait = _interval(source) * 2 ** min(failures, 10)
    asked = error.retry_after if isinstance(error, FetchError) else None
    wait = clamp(max(wait, asked or wait), _interval(source), max(_DAY, source.interval))
    if source.local:
        wait = _LOCAL
    return replace(
        state,
        due=now + spread(source, wait),
        failures=failures,
        error=told(error, source),
        polled=now,
    )


def due(state: PollState, now: datetime) -> datetime:
    """When it is polled next: now, if its last poll is yet to come. The clock was ahead then."""
    return now if state.polled and state.polled > now else max(state.due, now)


def latest_due(source: Source, now: datetime) -> datetime:
    """A due time behind this one was made for a longer interval, or by a clock that was ahead."""
    return now + 1.1 * (_LOCAL if source.local else max(_DAY, source.interval))


def spread(source: Source, wait: timedelta) -> timedelta:
    """`wait` and up to a tenth more, so that sources added together drift apart; always the same
    for one source, so that a restart changes nothing."""
    share = blake2b(source.id.encode(), digest_size=2).digest()
    return wait + wait * 0.1 * (int.from_bytes(share, "big") / 0xFFFF)


def _interval(source: Source) -> timedelta:
    return _LOCAL if source.local else source.interval


def _validators(headers: Mapping[str, str]) -> dict[str, str | None]:
    """Only what can be sent back as it came (RFC 9110 §8.8.3): a validator that is another than
    the server's is made up, and a request with control characters in it is none."""
    found = {name: headers.get(name.replace("_", "-"), "") for name in ("etag", "last_modified")}
    return {name: value if _SENDABLE.fullmatch(value) else None for name, value in found.items()}
