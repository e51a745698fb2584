"""A server that keeps score of its reader's manners, and a week with the real program in it.

The criteria are those of Rachel by the Bay's feed reader score (rachelbythebay.com/fs/), and what
else publishers ask for: `sheet` says of each whether it was met.

    for mark in sheet(week(folder)): ...
"""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from itertools import pairwise
from pathlib import Path

from servers import Answer, Asked, serving
from world import Item, rss

from aggregator import app

START = datetime(2026, 7, 1, 12, 0, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
LENGTH, RESTART = 7 * DAY, 3 * DAY + 5 * HOUR + 17 * MINUTE
CONTACT = "https://planet.example/bot"

# ── the publishers ───────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Edition:
    """A feed as it is at a moment."""

    body: bytes
    etag: str | None = None
    modified: str | None = None


Publish = Callable[[datetime], Edition]


@dataclass(frozen=True)
class Page:
    """One address: what it publishes, and its ways."""

    publish: Publish
    headers: dict[str, str] = field(default_factory=dict)
    honours: bool = True  # conditions
    fresh: timedelta = timedelta()  # is not to be asked for before
    quiet_hours: frozenset[int] = frozenset()
    refuses: Callable[[datetime], Answer | None] = lambda now: None
    leads_to: str | None = None


def every(period: timedelta, *, head: str = "") -> Callable[[datetime], bytes]:
    """A feed with a new entry each period, the last fifteen of them."""

    def body(now: datetime) -> bytes:
        last = int((now - START) / period)
        items = [
            Item(id=f"e{n}", title=f"Entry {n}", date=format_datetime(START + n * period))
            for n in range(last, last - 15, -1)
        ]
        return rss(*items).replace(b"<item>", head.encode() + b"<item>", 1)

    return body


def whole(now: datetime, period: timedelta) -> datetime:
    return START + int((now - START) / period) * period


def versioned(
    body: Callable[[datetime], bytes],
    etag: str | None = None,
    modified: str | None = None,
    *,
    each: timedelta = 3 * HOUR,
) -> Publish:
    """With validators that change `each` period; {n} in them counts."""

    def publish(now: datetime) -> Edition:
        n = int((now - START) / each)
        date = format_datetime(whole(now, each), usegmt=True)
        return Edition(
            body(now),
            etag and etag.format(n=n),
            modified and modified.format(n=n, date=date),
        )

    return publish


def limited(now: datetime) -> Answer | None:
    """Enough for an afternoon each day, told in seconds and as a date in turn."""
    day, time = divmod(now - START, DAY)
    if not 6 * HOUR <= time < 12 * HOUR:
        return None
    end = START + day * DAY + 12 * HOUR
    left = str(int((end - now).total_seconds()) + 1)
    return Answer(429, {"Retry-After": left if day % 2 else format_datetime(end, usegmt=True)})


STATIC = every(30 * DAY)
STEADY = every(3 * HOUR)
PAGES = {
    "/both": Page(versioned(STEADY, '"v{n}"', "{date}")),
    "/odd": Page(versioned(STEADY, "W/odd  v{n}, \xe4\xb8\xad", "yesterday, {n} o'clock")),
    "/etag": Page(versioned(STEADY, '"v{n}"')),
    "/modified": Page(versioned(STEADY, None, "{date}")),
    "/one-stays": Page(versioned(STEADY, '"v{n}"', "Wed, 01 Jul 2026 12:00:00 GMT")),
    "/same-body": Page(versioned(STATIC, '"v{n}"', "{date}", each=HOUR)),
    "/new-etag-in-304": Page(versioned(STATIC, '"v{n}"', each=HOUR)),
    "/never-304": Page(versioned(STEADY, '"v{n}"', "{date}"), honours=False),
    "/quick": Page(versioned(every(5 * MINUTE), '"v{n}"', "{date}", each=5 * MINUTE)),
    "/quiet": Page(versioned(STATIC, '"v{n}"', "{date}", each=30 * DAY)),
    "/none": Page(versioned(STATIC)),
    "/cached": Page(
        versioned(STEADY, '"v{n}"'), headers={"Cache-Control": "max-age=14400"}, fresh=4 * HOUR
    ),
    "/ttl": Page(versioned(every(3 * HOUR, head="<ttl>300</ttl>"), '"v{n}"'), fresh=5 * HOUR),
    "/nights": Page(
        versioned(
            every(
                HOUR,
                head="<skipHours>"
                + "".join(f"<hour>{n}</hour>" for n in range(6))
                + "</skipHours>",
            ),
            '"v{n}"',
            each=HOUR,
        ),
        quiet_hours=frozenset(range(6)),
    ),
    "/cookies": Page(
        versioned(STEADY, '"v{n}"'), headers={"Set-Cookie": "id=1; Path=/; Max-Age=99999999"}
    ),
    "/moved": Page(versioned(STEADY, '"v{n}"'), leads_to="/there"),
    "/there": Page(versioned(STEADY, '"v{n}"', "{date}")),
    "/broken": Page(versioned(STATIC), refuses=lambda _: Answer(500)),
}
BUSY = {
    "/limited": Page(versioned(STEADY, '"v{n}"', "{date}"), refuses=limited),
    "/beside": Page(versioned(STEADY, '"v{n}"', "{date}")),
}
NOT_SUBSCRIBED = {"/there"}


# ── keeping score ────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Visit:
    at: datetime
    host: str
    asked: Asked
    answer: Answer

    @property
    def path(self) -> str:
        return self.asked.path


class Publisher:
    """Answers for its pages as of `now`, and remembers who came when."""

    def __init__(self) -> None:
        self.now = START
        self.visits: list[Visit] = []
        self.restarted = 0  # visits before the restart

    def answering(self, host: str, pages: dict[str, Page]) -> Callable[[Asked], Answer]:
        def answer(asked: Asked) -> Answer:
            page = pages.get(asked.path)
            given = self._answer(page, asked) if page else Answer(404)
            date = {"Date": format_datetime(self.now, usegmt=True)}
            given = replace(given, headers=date | dict(given.headers))
            self.visits.append(Visit(self.now, host, asked, given))
            return given

        return answer

    def _answer(self, page: Page, asked: Asked) -> Answer:
        if refused := page.refuses(self.now):
            return refused
        if page.leads_to:
            return Answer(302, {"Location": page.leads_to} | page.headers)
        edition = page.publish(self.now)
        headers = dict(page.headers)
        headers |= {"ETag": edition.etag} if edition.etag else {}
        headers |= {"Last-Modified": edition.modified} if edition.modified else {}
        if page.honours and self._known(edition, asked):
            return Answer(304, headers)
        return Answer(200, headers | {"Content-Type": "application/rss+xml"}, edition.body)

    def _known(self, edition: Edition, asked: Asked) -> bool:
        """If-None-Match counts before If-Modified-Since (RFC 9110 §13.2.2)."""
        if asked.path == "/new-etag-in-304":
            return "if-none-match" in asked.headers
        if edition.etag and "if-none-match" in asked.headers:
            return asked.headers["if-none-match"] == edition.etag
        return bool(edition.modified) and asked.headers.get("if-modified-since") == edition.modified


def week(folder: Path) -> Publisher:
    """All that a week of the real program asks for, and a restart in it."""
    publisher = Publisher()
    with (
        serving(publisher.answering("calm", PAGES)) as calm,
        serving(publisher.answering("busy", BUSY)) as busy,
    ):
        urls = {path[1:]: calm.url + path for path in PAGES if path not in NOT_SUBSCRIBED}
        urls |= {path[1:]: busy.url + path for path in BUSY}
        sources = "".join(f"  {name}: {{url: '{url}'}}\n" for name, url in urls.items())
        config = folder / "config.yaml"
        config.write_text(
            f"fetch: {{allow_private: [127.0.0.0/8], contact: '{CONTACT}'}}\nsources:\n{sources}",
            encoding="utf-8",
        )
        asyncio.run(_live(publisher, config, until=START + RESTART))
        publisher.restarted = len(publisher.visits)
        asyncio.run(_live(publisher, config, until=START + LENGTH))
    return publisher


async def _live(publisher: Publisher, config: Path, *, until: datetime) -> None:
    given = app.settings(config)
    async with app.Aggregator(given, clock=lambda: publisher.now) as aggregator:
        while publisher.now < until:
            await aggregator.poll()
            due = min(state.due for state in aggregator.store.states().values())
            publisher.now = min(max(publisher.now, due) + MINUTE, until)


@dataclass(frozen=True)
class Mark:
    """A criterion, and what speaks against its having been met."""

    name: str
    against: tuple[str, ...] = ()

    def __str__(self) -> str:
        few = "; ".join(self.against[:3]) + (" …" if len(self.against) > 3 else "")
        return f"{'FAILED' if self.against else 'ok':6}  {self.name}{f': {few}' * bool(few)}"


def sheet(publisher: Publisher) -> list[Mark]:
    """The score, criterion by criterion."""
    visits = publisher.visits
    feeds = [
        v for v in visits if v.path not in NOT_SUBSCRIBED and (v.path in PAGES or v.path in BUSY)
    ]
    by_page: dict[str, list[Visit]] = defaultdict(list)
    for visit in visits:
        by_page[visit.path].append(visit)
    expected = dict(_expected(by_page))
    return [
        _mark("conditional wherever a validator was given", _unconditional(visits, expected)),
        _mark("If-None-Match as it was received, in sequence", _echo(visits, expected, "if-none-match", "ETag")),
        _mark("If-Modified-Since as it was received, in sequence", _echo(visits, expected, "if-modified-since", "Last-Modified")),
        _mark("conditional at most once an hour", _paced(by_page, HOUR)),
        _mark("unconditional at most once in 24 hours", _paced(_without_conditions(by_page), DAY)),
        _mark("no burst at the start: each feed once", _once(v for v in feeds if v.at < START + HOUR)),
        _mark("nothing that is not due after a restart", _after_restart(publisher)),
        _mark("no cookies", _with(visits, "cookie")),
        _mark("no Referer", _with(visits, "referer")),
        _mark("no query parameters", (_told(v) for v in visits if "?" in v.path)),
        _mark("no addresses that nobody gave it", (_told(v) for v in visits if v.answer.status == 404)),
        _mark("GET and nothing else", (_told(v) for v in visits if v.asked.method != "GET")),
        _mark("Retry-After obeyed, in seconds and as a date", _retried(by_page["/limited"])),
        _mark("a 429 slows down the whole host", _host_left_alone(visits)),
        _mark("Cache-Control: max-age obeyed", _paced({p: by_page[p] for p in ("/cached",)}, 4 * HOUR)),
        _mark("ttl obeyed, after a 304 too", _paced({p: by_page[p] for p in ("/ttl",)}, 5 * HOUR)),
        _mark("skipHours obeyed, after a 304 too", _at_night(by_page["/nights"])),
        _mark("failures are asked for less and less, daily at last", _backing_off(by_page["/broken"])),
        _mark("a User-Agent that says who, and whom to write to", _anonymous(visits)),
        _mark("gzip, br and zstd accepted", (_told(v) for v in visits if v.asked.headers.get("accept-encoding") != "gzip, br, zstd")),
        _mark("every feed is read all the same, at least daily", _neglected(by_page)),
    ]  # fmt: skip


def _mark(name: str, against: Iterable[str]) -> Mark:
    return Mark(name, tuple(against))


def _told(visit: Visit) -> str:
    return f"{visit.path} at {visit.at:%a %H:%M}"


def _expected(by_page: dict[str, list[Visit]]) -> Iterator[tuple[int, dict[str, str]]]:
    """By visit, the validators that its page had given last."""
    for visits in by_page.values():
        known: dict[str, str] = {}
        for visit in visits:
            yield id(visit), known
            given = {
                k: v for k, v in visit.answer.headers.items() if k in ("ETag", "Last-Modified")
            }
            if visit.answer.status == 200:
                known = given
            elif visit.answer.status == 304:
                known = known | given


def _unconditional(visits: list[Visit], expected: dict[int, dict[str, str]]) -> Iterator[str]:
    for visit in visits:
        if expected[id(visit)] and not _conditional(visit):
            yield _told(visit)


def _conditional(visit: Visit) -> bool:
    return not {"if-none-match", "if-modified-since"}.isdisjoint(visit.asked.headers)


def _echo(
    visits: list[Visit], expected: dict[int, dict[str, str]], condition: str, validator: str
) -> Iterator[str]:
    for visit in visits:
        sent, right = visit.asked.headers.get(condition), expected[id(visit)].get(validator)
        if sent != right:
            yield f"{_told(visit)}: {sent!r}, not {right!r}"


def _without_conditions(by_page: dict[str, list[Visit]]) -> dict[str, list[Visit]]:
    """One that only ever fails has given nothing to ask for by."""
    return {
        path: [v for v in visits if not _conditional(v)]
        for path, visits in by_page.items()
        if path not in ("/broken", "/moved")
    }


def _paced(by_page: dict[str, list[Visit]], least: timedelta) -> Iterator[str]:
    for visits in by_page.values():
        for before, visit in pairwise(visits):
            if visit.at - before.at < least:
                yield f"{_told(visit)}, {visit.at - before.at} after the last"


def _once(visits: Iterable[Visit]) -> Iterator[str]:
    counted = Counter(v.path for v in visits)
    wanted = {*PAGES, *BUSY} - NOT_SUBSCRIBED
    yield from (f"{path}: {counted[path]} times" for path in wanted if counted[path] != 1)


def _after_restart(publisher: Publisher) -> Iterator[str]:
    last = {v.path: v.at for v in publisher.visits[: publisher.restarted]}
    for visit in publisher.visits[publisher.restarted :]:
        if visit.at - START - RESTART < HOUR and visit.at - last.get(visit.path, START) < HOUR:
            yield _told(visit)


def _with(visits: list[Visit], header: str) -> Iterator[str]:
    return (_told(v) for v in visits if header in v.asked.headers)


def _retried(visits: list[Visit]) -> Iterator[str]:
    told = [(v, v.answer.headers["Retry-After"]) for v in visits if v.answer.status == 429]
    forms = {value.isdigit() for _, value in told}
    if forms != {True, False}:
        yield "not tried in both forms"
    for visit, after in pairwise(visits):
        if visit.answer.status == 429 and limited(after.at) and after.at - visit.at < 6 * HOUR:
            yield _told(after)


def _host_left_alone(visits: list[Visit]) -> Iterator[str]:
    busy = [v for v in visits if v.host == "busy"]
    for visit, after in pairwise(busy):
        if visit.answer.status == 429 and after.at - visit.at < HOUR:
            yield f"{_told(after)}, {after.at - visit.at} after a 429"


def _at_night(visits: list[Visit]) -> Iterator[str]:
    return (_told(v) for v in visits if v.at.hour in PAGES["/nights"].quiet_hours)


def _backing_off(visits: list[Visit]) -> Iterator[str]:
    gaps = [after.at - before.at for before, after in pairwise(visits)]
    for earlier, later in pairwise(gaps[:4]):
        if later <= earlier:
            yield f"{later} after {earlier}"
    if not gaps or max(gaps) > 25 * HOUR or len(gaps) > 14:
        yield f"{len(gaps)} times, at last each {gaps[-1] if gaps else None}"


def _anonymous(visits: list[Visit]) -> Iterator[str]:
    for visit in visits:
        who = visit.asked.headers.get("user-agent", "")
        if not who.startswith("aggregator/") or f"(+{CONTACT})" not in who:
            yield f"{_told(visit)}: {who!r}"


def _neglected(by_page: dict[str, list[Visit]]) -> Iterator[str]:
    for path in {*PAGES, *BUSY}:
        moments = [v.at for v in by_page[path]] + [START + LENGTH]
        if max(later - earlier for earlier, later in pairwise([START, *moments])) > 30 * HOUR:
            yield path


def as_text(publisher: Publisher) -> str:
    """The score sheet, and how much was asked."""
    visits = publisher.visits
    conditional = sum(map(_conditional, visits))
    status = Counter(v.answer.status for v in visits)
    pages = Counter(v.path for v in visits)
    return "\n".join(
        [
            *map(str, sheet(publisher)),
            "",
            f"{len(visits)} requests in {LENGTH.days} days, {conditional} of them conditional",
            "answers  " + ", ".join(f"{code}: {n}" for code, n in sorted(status.items())),
            "a page   " + ", ".join(f"{path} {n}" for path, n in sorted(pages.items())),
        ]
    )
