"""What other people's hubs are told of our documents, and when again. Pure.

A hub knows a document as it was when it last took the news of it. So whatever happens in between,
what it does not know is seen by looking at the document.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from hashlib import blake2b
from urllib.parse import urlencode, urlsplit

from aggregator.discretion import without_secrets
from aggregator.errors import FetchError, HostRests
from aggregator.model import Announcement, Request
from aggregator.moments import clamp, iso

_FIRST_WAIT = timedelta(seconds=30)  # four times as long after each failure
_LONGEST_WAIT = timedelta(hours=2)
_GIVEN_UP = timedelta(days=1)
_MANY = 50  # documents in one request
# Hubs that read every hub.url of a request. Of the others nobody knows: one that reads only the
# last would say that all is well.
_READ_ALL = frozenset({"pubsubhubbub.appspot.com"})
_OF_THE_HUB = frozenset({408, 425, 429})  # and 500 and above: no document's fault

Known = Mapping[tuple[str, str], Announcement]  # by hub and topic


def pending(hub: str, stamps: Mapping[str, str], known: Known, now: datetime) -> list[Announcement]:
    """What the hub is to be told now. `stamps`: by topic, what each document's file is like."""
    found = (
        known.get((hub, topic)) or Announcement(hub=hub, topic=topic)
        for topic, stamp in stamps.items()
        if _news(known.get((hub, topic)), stamp)
    )
    return [x for x in found if due(x, now)]


def _news(known: Announcement | None, stamp: str) -> bool:
    return known is None or known.told != stamp


def due(announcement: Announcement, now: datetime) -> bool:
    """Not so while it waits. Whoever sets the clock back does not make it wait for longer."""
    at = announcement.due
    return at is None or not now < at <= now + _GIVEN_UP


def batches(pending: Sequence[Announcement]) -> Iterator[list[Announcement]]:
    """What is told in one request. What was refused once is told by itself: of several, one may
    have been meant."""
    together = [x for x in pending if not x.attempts and _reads_all(x.hub)]
    for begin in range(0, len(together), _MANY):
        yield together[begin : begin + _MANY]
    yield from ([x] for x in pending if x.attempts or not _reads_all(x.hub))


def _reads_all(hub: str) -> bool:
    return urlsplit(hub).hostname in _READ_ALL


def request_for(batch: Sequence[Announcement]) -> Request:
    """PubSubHubbub calls it hub.url, later drafts hub.topic: who knows one ignores the other."""
    form = [("hub.mode", "publish")]
    for x in batch:
        form += [("hub.url", x.topic), ("hub.topic", x.topic)]
    return Request(
        url=batch[0].hub,
        headers={"content-type": "application/x-www-form-urlencoded; charset=utf-8"},
        body=urlencode(form).encode(),
    )


def told(announcement: Announcement, stamp: str) -> Announcement:
    """The hub took it."""
    return Announcement(hub=announcement.hub, topic=announcement.topic, told=stamp)


def of_the_hub(error: FetchError | HostRests) -> bool:
    """Whether it is no use to tell it of other documents now."""
    if isinstance(error, HostRests) or error.status is None:
        return True
    return error.status >= 500 or error.status in _OF_THE_HUB


def failed(
    announcement: Announcement, stamp: str, error: FetchError | HostRests, now: datetime
) -> Announcement:
    """The hub did not take it: it is told later, ever more seldom, and after a day only of the
    next change."""
    since = announcement.failing or now
    if now - since >= _GIVEN_UP:
        return replace(told(announcement, stamp), error=f"given up: {error}")
    if isinstance(error, HostRests):
        return replace(announcement, failing=since, due=error.until, error=str(error))
    wait = min(_FIRST_WAIT * 4 ** min(announcement.attempts, 9), _LONGEST_WAIT)
    wait *= 0.75 + 0.5 * _share(announcement.hub, since)
    if error.retry_after:
        wait = clamp(error.retry_after, wait, _GIVEN_UP)
    return replace(
        announcement,
        failing=since,
        due=now + wait,
        attempts=announcement.attempts + 1,
        error=str(error),
    )


def given_up(announcement: Announcement) -> bool:
    return announcement.error is not None and announcement.failing is None


def _share(hub: str, since: datetime) -> float:
    """From 0 to 1: all that failed at one time is tried again at one time, but not when others do
    that saw the hub fail."""
    digest = blake2b(f"{hub} {since.isoformat()}".encode(), digest_size=2).digest()
    return int.from_bytes(digest, "big") / 0xFFFF


# ── words ────────────────────────────────────────────────────────────────────


def notes(known: Iterable[Announcement]) -> list[str]:
    """For each hub that did not take what it was told last, in plain words."""
    by_hub: dict[str, list[Announcement]] = {}
    for x in known:
        if x.error:
            by_hub.setdefault(x.hub, []).append(x)
    return [_note(hub, failing) for hub, failing in by_hub.items()]


def _note(hub: str, failing: Sequence[Announcement]) -> str:
    first = failing[0]
    more = f" and {len(failing) - 1} more" if len(failing) > 1 else ""
    again = f"; told again after {iso(first.due)}" if first.due else "; told of the next change"
    return f"{name(hub)} was not told of {first.topic}{more}: {first.error}{again}"


def name(hub: str) -> str:
    return without_secrets(hub)
