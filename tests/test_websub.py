"""Pushes from hubs: what is wanted of whom, what is believed, and what a push may do."""

import asyncio
import contextlib
import hashlib
import hmac
import json
import socket
import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from ipaddress import ip_network
from itertools import count
from pathlib import Path
from urllib.parse import parse_qsl, urlencode
from zlib import crc32

import pytest
from hub import Hub, running
from hypothesis import given
from hypothesis import strategies as st
from servers import Answer, free_port, serving, until
from test_serve import Daemon, run
from world import Item, World, rss

from aggregator import app, websub
from aggregator.errors import FetchError, HostRests, ParseError
from aggregator.fetch import Fetcher, FetchOptions
from aggregator.formats import parse
from aggregator.model import Advertised, Lease, Response, Source, Updated

NOW = datetime(2026, 7, 1, 12, 0, tzinfo=UTC)
FEED = "https://news.example/feed"
HUB, HUB_2 = "https://hub.example/", "https://other.example/hub?a=1"
BASE = "https://planet.example/sub/"
DAY = timedelta(days=1)


# ── what a feed names ────────────────────────────────────────────────────────


def named(body: bytes, headers: dict[str, str] | None = None, url: str = FEED) -> Advertised:
    source = Source(id="news", url=FEED)
    feed = parse(Response(url=url, body=body))
    return websub.advertised(source, feed, url=url, headers=headers or {})


def in_rss(*links: tuple[str, str]) -> bytes:
    inner = "".join(f'<a:link rel="{rel}" href="{href}"/>' for rel, href in links)
    return (
        '<rss version="2.0" xmlns:a="http://www.w3.org/2005/Atom"><channel><title>T</title>'
        f"<link>https://news.example/</link>{inner}<item><title>t</title></item></channel></rss>"
    ).encode()


def in_atom(*links: tuple[str, str]) -> bytes:
    inner = "".join(f'<link rel="{rel}" href="{href}"/>' for rel, href in links)
    return f'<feed xmlns="http://www.w3.org/2005/Atom"><title>T</title>{inner}</feed>'.encode()


def in_json(*hubs: tuple[str, str], **more: object) -> bytes:
    listed = [{"type": kind, "url": url} for kind, url in hubs]
    version = "https://jsonfeed.org/version/1.1"
    return json.dumps({"version": version, "items": [], "hubs": listed, **more}).encode()


SELF = "https://news.example/feed.xml"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (in_rss(("hub", HUB), ("self", SELF)), Advertised(topic=SELF, hubs=(HUB,))),
        (in_atom(("hub", HUB), ("self", SELF)), Advertised(topic=SELF, hubs=(HUB,))),
        (in_atom(("hub", HUB), ("hub", HUB_2), ("hub", HUB)), Advertised(topic=FEED, hubs=(HUB, HUB_2))),
        (in_atom(("hub", "/hub"), ("self", "feed.xml")), Advertised(topic=SELF, hubs=("https://news.example/hub",))),
        (in_json(("WebSub", HUB), feed_url=SELF), Advertised(topic=SELF, hubs=(HUB,))),
        (in_json(("rssCloud", HUB), ("websub", HUB_2)), Advertised(topic=FEED, hubs=(HUB_2,))),
        (in_json() .replace(b"[]", b'"x"', 1), None),
        (in_atom(("hub", "http://plain.example/"), ("hub", HUB)), Advertised(topic=FEED, hubs=(HUB, "http://plain.example/"))),
        (in_atom(("hub", "mailto:a@b.example"), ("hub", "http://[x/")), Advertised(topic=FEED)),
        (in_atom(("Hub", HUB), ("self next", SELF)), Advertised(topic=SELF, hubs=(HUB,))),
        (in_rss(), Advertised(topic=FEED)),
    ],
)  # fmt: skip
def test_a_feed_names_its_hubs_and_its_topic(body: bytes, expected: Advertised | None) -> None:
    if expected is None:
        with pytest.raises(ParseError):
            named(body)
    else:
        assert named(body) == expected


def test_hubs_that_are_no_list_of_objects_are_none() -> None:
    for hubs in ("x", 3, ["https://hub.example/"], [{"url": 3}], [{"type": "WebSub"}], None):
        body = json.dumps({"version": "https://jsonfeed.org/version/1", "items": [], "hubs": hubs})

        assert named(body.encode()).hubs == ()


@pytest.mark.parametrize(
    ("header", "hubs", "topic"),
    [
        (f'<{HUB}>; rel="hub", <{SELF}>; rel="self"', (HUB,), SELF),
        (f"<{HUB}>;rel=hub,<{SELF}>;rel=self", (HUB,), SELF),
        (f'<{HUB}>; rel="hub preconnect"; title="a, \\"b\\" <c>", <{HUB_2}> ; REL=HUB', (HUB, HUB_2), FEED),
        ('<https://hub.example/a,b;c>; rel="hub", </hub>; rel="next"', ("https://hub.example/a,b;c",), FEED),
        ('</hub>; rel="hub", <feed.xml>; rel="self"', ("https://news.example/hub",), SELF),
        (f'<{HUB}>; rel="hub"; anchor="#x"', (), FEED),
        (f'<{HUB}>; rel="x"; rel="hub"', (), FEED),
        ("<" * 8000, (), FEED),
        ('<https://a.example/>; rel="hub', (), FEED),
        ('<https://a.example/>; rel="hub' + '"x' * 4000, ("https://a.example/",), FEED),
        ("<https://a.example/\udcff>; rel=hub", (), FEED),
        ("", (), FEED),
    ],
)  # fmt: skip
def test_link_headers_name_them_too(header: str, hubs: tuple[str, ...], topic: str) -> None:
    assert named(in_rss(), {"link": header}) == Advertised(topic=topic, hubs=hubs)


def test_what_the_headers_say_comes_before_what_the_feed_says() -> None:
    body = in_atom(("hub", HUB_2), ("self", "https://news.example/in-the-feed"))

    assert named(body, {"link": f"<{HUB}>; rel=hub"}).hubs == (HUB,)
    assert named(body, {"link": f"<{SELF}>; rel=self"}) == Advertised(topic=SELF, hubs=(HUB_2,))


@given(st.text(alphabet='<>;,="\\ hubrel-:/x', max_size=60))
def test_any_link_header_is_read(header: str) -> None:
    for link in websub.linked(header):
        assert "<" not in link.href


def test_an_address_that_is_secret_is_told_to_no_hub() -> None:
    told = [
        websub.may_be_told(Source(id="x", url=url, **more))
        for url, more in (
            (FEED, {}),
            (FEED, {"secret": True}),
            (f"{FEED}?token=abcdef123", {}),
            ("https://me:pass@news.example/feed", {}),
            ("file:///srv/feed.xml", {}),
            ("file:///srv/posts", {"kind": "posts"}),
        )
    ]

    assert told == [True, False, False, False, False, False]


# ── what is wanted of whom ───────────────────────────────────────────────────


WISH = Advertised(topic=FEED, hubs=(HUB, HUB_2))


class Book:
    """The leases of one source, as the steps change them."""

    def __init__(self) -> None:
        self.now = NOW
        self.leases: dict[str, Lease] = {}
        self.numbers = count()

    def step(self, wish: Advertised | None = WISH, base: str = BASE) -> list[Lease]:
        changed = websub.steps(
            {"news": wish} if wish else {},
            self.leases.values(),
            base=base,
            now=self.now,
            mint=lambda: f"t{next(self.numbers)}",
        )
        for lease in changed:
            self.put(lease)
        return changed

    def put(self, lease: Lease) -> Lease:
        self.leases[lease.token] = lease
        return lease

    def grant(self, lease: Lease, seconds: str = "864000") -> Lease:
        query = said(lease, "subscribe", lease_seconds=seconds)
        answer = websub.answered(lease, query, self.now)
        assert answer
        return self.put(answer.lease)

    def states(self) -> list[str]:
        return [lease.state for lease in self.leases.values()]


def said(lease: Lease, mode: str, **more: str) -> dict[str, str]:
    found = {"mode": mode, "topic": lease.topic, "challenge": "c h/a", **more}
    return {f"hub.{name}": value for name, value in found.items()}


@pytest.fixture
def book() -> Book:
    return Book()


def test_the_first_hub_is_asked_and_no_other_while_that_is_under_way(book: Book) -> None:
    (lease,) = book.step()

    form = dict(parse_qsl((websub.request_for(lease).body or b"").decode()))
    assert lease.callback == f"{BASE}websub/{lease.token}"
    assert lease.secret not in (None, lease.token) and len(lease.secret or "") < 200
    assert form == {
        "hub.mode": "subscribe",
        "hub.topic": FEED,
        "hub.callback": lease.callback,
        "hub.lease_seconds": "864000",
        "hub.secret": lease.secret,
    }
    assert book.step() == []
    assert lease.token not in repr(lease) and str(lease.secret) not in repr(lease)


def test_a_secret_goes_over_https_or_stays_on_the_machine(book: Book) -> None:
    told = {}
    for hub in ("http://hub.example/", "http://localhost/", "http://127.0.0.1:8/", "http://[::1]/"):
        book.leases.clear()
        (lease,) = book.step(Advertised(topic=FEED, hubs=(hub,)))
        told[hub] = b"hub.secret" in (websub.request_for(lease).body or b"")

    assert list(told.values()) == [False, False, True, True]


@pytest.mark.parametrize(
    ("seconds", "span"),
    [
        ("864000", 10 * DAY),
        ("300", timedelta(minutes=5)),
        ("60", timedelta(minutes=1)),
        ("30", timedelta(seconds=30)),
        ("", DAY),
        ("0", DAY),
        ("-5", DAY),
        ("١٢", DAY),
        ("1e9", DAY),
        ("999999999", 90 * DAY),
        ("9" * 40, DAY),
    ],
)
def test_a_lease_is_as_long_as_the_hub_says_within_reason(
    book: Book, seconds: str, span: timedelta
) -> None:
    lease = book.grant(*book.step(), seconds)

    assert lease.until == NOW + span
    assert NOW < lease.due < NOW + span


def test_a_lease_is_renewed_before_it_ends_under_another_address(book: Book) -> None:
    first = book.grant(*book.step())
    assert book.step() == []
    book.now = first.due

    (second,) = book.step()

    assert (second.hub, second.state) == (HUB, "wanted")
    assert second.callback != first.callback and second.secret != first.secret
    assert book.step() == []
    book.grant(second)
    assert [x.token for x in book.step()] == [first.token]
    assert book.states() == ["ending", "active"]
    form = dict(parse_qsl((websub.request_for(book.leases[first.token]).body or b"").decode()))
    assert form == {"hub.mode": "unsubscribe", "hub.topic": FEED, "hub.callback": first.callback}


def test_a_lease_that_ends_unrenewed_is_asked_for_anew(book: Book) -> None:
    lease = book.grant(*book.step(), "60")
    book.now += timedelta(seconds=60)

    changed = book.step()

    assert [x.state for x in changed] == ["ended", "wanted"]
    assert websub.answered(changed[0], said(lease, "unsubscribe"), book.now) is None


@pytest.mark.parametrize(
    ("wish", "base"),
    [
        (None, BASE),
        (Advertised(topic="https://news.example/moved", hubs=(HUB,)), BASE),
        (Advertised(topic=FEED, hubs=(HUB_2,)), BASE),
        (Advertised(topic=FEED), BASE),
        (WISH, "https://new.example/"),
    ],
)
def test_what_fits_no_more_is_given_back(book: Book, wish: Advertised | None, base: str) -> None:
    (lease,) = book.step()
    assert [x.state for x in book.step(wish, base)][:1] == ["ended"]  # nothing was granted yet
    book.leases.clear()
    lease = book.grant(*book.step())

    changed = book.step(wish, base)

    assert (changed[0].token, changed[0].state) == (lease.token, "ending")
    assert [x.state for x in changed[1:]] == ["wanted"] * bool(wish and wish.hubs)
    assert [x.state for x in book.step(wish, base)] == []


def asked_in_vain(book: Book, lease: Lease, error: FetchError | None) -> list[timedelta]:
    """The waits between the times that it is asked, until it is given up."""
    waits = []
    while True:
        assert websub.to_be_asked(lease, lease.due) and not websub.to_be_asked(
            lease, lease.due - timedelta(seconds=1)
        )
        book.now = lease.due
        after = websub.given_up(lease, book.now)
        if after is not lease:
            book.put(after)
            return waits
        lease = websub.after_asking(lease, error, book.now)
        waits.append(lease.due - book.now)


def test_a_hub_that_is_down_is_asked_ever_more_seldom_and_then_the_next(book: Book) -> None:
    (lease,) = book.step()

    waits = asked_in_vain(book, lease, FetchError("hub.example: HTTP 503", status=503))

    assert waits == [timedelta(minutes=m) for m in (1, 4, 16, 64)]
    refused = book.leases[lease.token]
    assert (refused.state, refused.due) == ("refused", book.now + DAY)
    assert "HTTP 503" in str(websub.told([refused], book.now))
    (other,) = book.step()
    assert other.hub == HUB_2
    book.now += DAY
    book.put(replace(other, state="refused", due=book.now + DAY))
    assert [x.hub for x in book.step() if x.state == "wanted"] == [HUB]


def test_a_hub_that_asks_for_time_gets_it(book: Book) -> None:
    (lease,) = book.step()
    error = FetchError("busy", status=429, retry_after=timedelta(hours=2))

    assert websub.after_asking(lease, error, NOW).due == NOW + timedelta(hours=2)


def test_a_hub_whose_host_rests_is_asked_when_its_turn_comes(book: Book) -> None:
    (lease,) = book.step()
    error = HostRests("hub.example", NOW + timedelta(minutes=20))

    after = websub.after_asking(lease, error, NOW)

    assert (after.due, after.attempts) == (NOW + timedelta(minutes=20), 0)
    assert "left alone" in str(websub.told([after], NOW))


def test_one_that_verifies_nothing_is_given_up_as_well(book: Book) -> None:
    waits = asked_in_vain(book, *book.step(), None)

    assert waits[0] == timedelta(minutes=10) and len(waits) == 4
    assert book.states() == ["refused"]


def test_unsubscribing_is_tried_three_times(book: Book) -> None:
    lease = replace(book.grant(*book.step()), state="ending", attempts=0, due=NOW)

    assert len(asked_in_vain(book, lease, FetchError("gone"))) == 3
    (over,) = book.leases.values()
    assert over.state == "ended" and not websub.ended(over, book.now)
    assert websub.ended(over, book.now + DAY)


# ── what hubs say ────────────────────────────────────────────────────────────


def test_only_what_was_asked_is_verified(book: Book) -> None:
    (lease,) = book.step()
    good = said(lease, "subscribe", lease_seconds="300")

    for wrong in (
        {"hub.topic": "https://news.example/feed/"},
        {"hub.topic": ""},
        {"hub.mode": "unsubscribe"},
        {"hub.mode": "publish"},
        {"hub.mode": ""},
        {"hub.challenge": ""},
    ):
        assert websub.answered(lease, good | wrong, NOW) is None
        assert (
            websub.answered(lease, {k: v for k, v in good.items() if k not in wrong}, NOW) is None
        )
    answer = websub.answered(lease, good, NOW)
    assert answer and (answer.text, answer.lease.state) == ("c h/a", "active")


def test_a_verification_that_comes_twice_changes_nothing(book: Book) -> None:
    lease = book.grant(*book.step(), "300")
    again = said(lease, "subscribe", lease_seconds="8640000")

    answer = websub.answered(lease, again, NOW + timedelta(seconds=9))

    assert answer == websub.Answer(lease=lease, text="c h/a")
    assert websub.answered(lease, said(lease, "unsubscribe"), NOW) is None


def test_unsubscribing_is_verified_when_we_asked_for_it(book: Book) -> None:
    lease = book.grant(*book.step())
    book.step(None)
    ending = book.leases[lease.token]

    answer = websub.answered(ending, said(lease, "unsubscribe"), NOW)

    assert answer and answer.lease.state == "ended"
    assert websub.answered(answer.lease, said(lease, "unsubscribe"), NOW)
    assert websub.answered(answer.lease, said(lease, "subscribe"), NOW) is None
    assert websub.answered(ending, said(lease, "subscribe"), NOW) is None


@pytest.mark.parametrize("granted", [False, True])
def test_a_denial_is_told_and_not_soon_asked_about_again(book: Book, granted: bool) -> None:
    (lease,) = book.step(Advertised(topic=FEED, hubs=(HUB,)))
    lease = book.grant(lease) if granted else lease
    denial = {"hub.mode": "denied", "hub.topic": FEED, "hub.reason": "not \x1b[1m you\n"}

    answer = websub.answered(lease, denial, NOW)

    assert answer and answer.text == ""
    told = websub.told([book.put(answer.lease)], NOW)
    assert told == (
        "not pushed by https://hub.example/: denied: not [1m you; asked again after"
        " 2026-07-08T12:00:00Z"
    )
    book.now += 6 * DAY
    assert book.step(Advertised(topic=FEED, hubs=(HUB,))) == []
    assert websub.answered(answer.lease, said(lease, "subscribe"), NOW) is None
    assert websub.answered(lease, denial | {"hub.topic": "x"}, NOW) is None
    book.now += DAY
    assert [x.state for x in book.step()] == ["ended", "wanted"]


def test_the_status_says_who_pushes_until_when(book: Book) -> None:
    (lease,) = book.step()
    assert websub.told([lease], NOW) == "asks https://hub.example/ for pushes"

    lease = book.grant(lease)

    assert websub.told([lease], NOW) == (
        "pushed by https://hub.example/ until 2026-07-11T12:00:00Z"
    )
    assert websub.told([lease], NOW + 11 * DAY) is None


@pytest.mark.parametrize(
    ("topic", "polled", "secret", "counts"),
    [
        (FEED, FEED, "s", True),
        (FEED, FEED, None, False),
        (FEED, "http://www.news.example:80/feed/", "s", True),
        ("https://news.example/all", FEED, "s", False),
        (f"{FEED}?tag=ai", FEED, "s", False),
        ("https://example.org/feed", FEED, "s", False),
    ],
)
def test_the_content_counts_of_a_signed_push_about_what_is_polled(
    book: Book, topic: str, polled: str, secret: str | None, counts: bool
) -> None:
    (lease,) = book.step()

    found = websub.speaks_for(
        replace(lease, topic=topic, secret=secret), Source(id="news", url=polled)
    )

    assert found is counts


# ── signatures ───────────────────────────────────────────────────────────────


@pytest.mark.parametrize("method", ["sha1", "sha256", "sha384", "sha512"])
def test_a_signature_holds_for_its_secret_and_its_bytes(method: str) -> None:
    digest = hmac.new("gehéim".encode(), b"body", getattr(hashlib, method)).hexdigest()

    assert websub.genuine("gehéim", [f"{method}={digest}"], b"body")
    assert websub.genuine("gehéim", [f" {method.upper()} = {digest.upper()} ".replace(" = ", "=")], b"body")  # fmt: skip
    assert websub.genuine("gehéim", ["md5=x", f"{method}={digest}"], b"body")
    assert not websub.genuine("geheim", [f"{method}={digest}"], b"body")
    assert not websub.genuine("gehéim", [f"{method}={digest}"], b"body ")
    assert not websub.genuine("gehéim", [f"{method}={digest[:-1]}"], b"body")


@pytest.mark.parametrize(
    "signature", ["", "=", "sha256", "sha256=", "sha256=é", f"md5={hashlib.md5(b'').hexdigest()}",
                  f"sha256={hashlib.sha256(b'body').hexdigest()}", "sha224=00", "SHA256=\udcff"],
)  # fmt: skip
def test_no_other_signature_is_one(signature: str) -> None:
    assert not websub.genuine("secret", [signature], b"body")
    assert not websub.genuine("secret", [], b"body")


# ── what a push may do ───────────────────────────────────────────────────────


@pytest.fixture
def world(tmp_path: Path) -> World:
    made = World(tmp_path)
    made.sources("a", "b")
    return made


def item(name: str, title: str, **more: object) -> Item:
    return Item(id=name, link=f"https://a.example/{name}", title=title, **more)


def push(world: World, body: bytes, times: int = 1) -> tuple[Updated, bool]:
    async def pushed() -> tuple[Updated, bool]:
        given = app.settings(world.folder / "config.yaml")
        async with app.Aggregator(given, fetch=world.fetch, clock=lambda: world.now) as opened:
            sent = Response(url="https://a.example/feed", body=body)
            for _ in range(times):
                found = await opened.pipeline.take("a", sent)
            await opened.publish()
            return found

    return asyncio.run(pushed())


def state_of(world: World) -> object:
    given = app.settings(world.folder / "config.yaml")
    store = app.open_store(given, exclusive=False)
    try:
        return store.states()["a"], store.feeds()["a"], store.problems("a")
    finally:
        store.close()


OLD = [item(str(n), f"Story number {n} of the morning") for n in range(3)]


def test_a_push_adds_what_is_new_and_leaves_all_else_as_it_is(world: World) -> None:
    world.serve(
        "a", Response(url="https://a.example/feed", headers={"etag": '"1"'}, body=rss(*OLD))
    )
    world.run()
    before, known = world.entries(), state_of(world)

    outcome, whole = push(world, rss(item("9", "An evening story, pushed"), title="Another name"))

    assert (outcome.changes.new, outcome.changes.changed, whole) == (1, 0, True)
    assert [e for e in world.entries() if e["source_entry_id"] != "9"] == before
    assert state_of(world) == known
    assert "An evening story, pushed" in world.titles()


def test_what_was_pushed_is_not_new_when_it_is_polled(world: World) -> None:
    new = item("9", "An evening story, pushed")
    world.serve("a", rss(*OLD))
    world.run()
    push(world, rss(new), times=3)
    world.serve("a", rss(new, *OLD))

    found = world.run()

    assert (found.new, found.changed) == (0, 0)
    assert len(world.stories()) == 4


def test_a_later_version_is_taken_and_an_older_one_never(world: World) -> None:
    def version(hour: int, title: str) -> bytes:
        updated = f"<a:updated xmlns:a='http://www.w3.org/2005/Atom'>2026-05-01T{hour:02}:00:00Z</a:updated>"
        return rss(item("1", title, extra=updated))

    world.serve("a", version(10, "Ferry to sail at noon, says the harbour"))
    world.run()

    _, whole = push(world, version(12, "Ferry to sail at one, says the harbour"))
    assert (world.titles("a"), whole) == (["Ferry to sail at one, says the harbour"], True)
    for hour in (10, 12):  # a replay, and one that says no more than that it is of the same time
        _, whole = push(world, version(hour, "Ferry to sail never, says somebody"))
        assert (world.titles("a"), whole) == (["Ferry to sail at one, says the harbour"], False)


def test_what_a_push_cannot_tell_for_sure_is_left_to_a_poll(world: World) -> None:
    world.serve("a", rss(*OLD))
    world.run()
    before = world.entries()

    for odd in (
        item("1", "Story number 1 of the morning, edited"),  # when, it does not say
        Item(id="other", link="https://a.example/1", title="Story number 1 of the morning"),
        Item(title="No id and no link, so it may be an old one, edited"),
    ):
        outcome, whole = push(world, rss(odd))
        assert (outcome.changes.new, outcome.changes.changed, whole) == (0, 0, False)
    assert world.entries() == before


def test_entries_that_a_push_does_not_hold_are_not_gone(world: World) -> None:
    """Were they, one with the same words and no dates would be taken for the old one."""
    words = {"title": "Open thread of the day", "text": "<p>Say what you like, all of you.</p>"}
    one, two = (Item(id=x, link=f"https://a.example/{x}", date=None, **words) for x in "xy")
    world.serve("a", rss(one))
    world.run()

    push(world, rss(two))

    assert len(world.stories()) == 2


def test_the_rules_of_the_source_hold_for_what_is_pushed(world: World) -> None:
    world.config(
        "site: {title: Planet, url: 'https://planet.example/'}\nsources:\n"
        "  a: {url: 'https://a.example/feed', drop: 'title ~ \"sponsored\"'}\n"
    )
    world.serve("a", rss(*OLD))
    world.run()

    outcome, _ = push(world, rss(item("9", "This is sponsored by somebody")))

    assert outcome.changes.dropped == 1
    assert "This is sponsored by somebody" not in world.titles()


def test_what_is_no_feed_is_no_push(world: World) -> None:
    world.serve("a", rss(*OLD))
    world.run()

    for body in (b"", b"<html><body>moved</body></html>", b"{}"):
        with pytest.raises(ParseError):
            push(world, body)


# ── asking over the wire ─────────────────────────────────────────────────────


@pytest.fixture(scope="module")
def hub() -> Iterator[Hub]:
    with running() as made:
        yield made


LOOPBACK = FetchOptions(
    user_agent="test", timeout=timedelta(seconds=5), allow_private=(ip_network("127.0.0.0/8"),)
)


def ask(url: str, options: FetchOptions = LOOPBACK, secret: str | None = "s") -> Response:
    async def asked() -> Response:
        lease = Lease(
            token="t", callback="http://127.0.0.1:1/websub/t", source="a", hub=url, topic=FEED,
            secret=secret, made=NOW, due=NOW,
        )  # fmt: skip
        async with Fetcher(options) as fetch:
            return await fetch(websub.request_for(lease))

    return asyncio.run(asked())


@pytest.mark.parametrize("status", [307, 308])
def test_a_hub_that_has_moved_is_followed_with_the_form(hub: Hub, status: int) -> None:
    before = len(hub.asked())

    answer = ask(hub.address(redirect=status, verify="never"))

    assert (answer.status, answer.body) == (202, b"")
    here, there = hub.asked()[before:]
    assert here == there
    assert there["hub.topic"] == FEED
    assert there["content-type"].startswith("application/x-www-form-urlencoded")


@pytest.mark.parametrize("status", [301, 302, 303])
def test_by_other_redirects_the_form_would_get_lost(hub: Hub, status: int) -> None:
    with pytest.raises(FetchError, match=f"HTTP {status}"):
        ask(hub.address(redirect=status))


@pytest.mark.parametrize("status", [304, 400, 404, 422, 500, 503])
def test_a_hub_that_refuses_is_an_error(hub: Hub, status: int) -> None:
    with pytest.raises(FetchError, match=f"HTTP {status}"):
        ask(hub.address(status=status))


def test_a_hub_on_a_private_network_is_asked_only_if_the_config_says_so(hub: Hub) -> None:
    before = len(hub.asked())

    with pytest.raises(FetchError, match="private address"):
        ask(hub.address(), replace(LOOPBACK, allow_private=()))
    assert len(hub.asked()) == before


def test_a_secret_is_sent_on_to_no_place_where_it_can_be_read(hub: Hub) -> None:
    def answer(_: object) -> Answer:
        return Answer(307, {"Location": hub.address(host="localhost")})

    before = len(hub.asked())
    with serving(answer) as server, pytest.raises(FetchError, match="over https alone"):
        ask(f"{server.url}/hub")
    assert len(hub.asked()) == before


def test_an_answer_that_never_ends_is_not_waited_for() -> None:
    def answer(_: object) -> Answer:
        return Answer(202, body=iter(lambda: b"x" * 65536, b""))

    with serving(answer) as server:
        assert ask(f"{server.url}/hub").body == b""


# ── the daemon ───────────────────────────────────────────────────────────────


class Planet(Daemon):
    """A daemon that may be called back, and a web that it polls."""

    def __init__(self, folder: Path, hub: Hub) -> None:
        super().__init__(folder, free_port())
        self.hub = hub
        self.callback: str | None = f"http://127.0.0.1:{self.port}/"
        self.hubs: dict[str, str] = {}
        self.items: dict[str, list[Item]] = {}
        self.extra = ""

    def feed(self, name: str, hub_address: str, *items: Item) -> None:
        self.hubs[name], self.items[name] = hub_address, list(items)

    def answer(self, asked: object) -> Answer:
        name = asked.path.strip("/")  # type: ignore[attr-defined]
        links = {"Link": f'<{self.hubs[name]}>; rel="hub", <{self.topic(name)}>; rel="self"'}
        body = rss(*self.items[name])
        return Answer(headers=links | {"ETag": f'"{crc32(body)}"'}, body=body)

    def topic(self, name: str) -> str:
        return f"{self.web.url}/{name}"

    def write(self) -> None:
        callback = f", callback: '{self.callback}'" if self.callback else ""
        lines = "".join(f"  {name}: {{url: '{self.topic(name)}'}}\n" for name in self.hubs)
        text = (
            "site: {title: Planet, url: 'https://p.example/'}\n"
            f"fetch: {{allow_private: [127.0.0.0/8, '::1/128']{self.extra}}}\n"
            f"serve: {{listen: '127.0.0.1:{self.port}'{callback}}}\nsources:\n{lines}"
        )
        new = self.folder / "new.yaml"
        new.write_text(text, encoding="utf-8")
        new.replace(self.folder / "config.yaml")

    def forms(self, name: str, mode: str = "subscribe") -> list[dict[str, str]]:
        wanted = (mode, self.topic(name))
        return [x for x in self.hub.asked() if (x["hub.mode"], x["hub.topic"]) == wanted]

    def row(self, name: str) -> dict[str, object]:
        rows = json.loads(self.get("/status.json").body)
        return next(row for row in rows if row["source"] == name)

    def said(self, name: str, words: str) -> bool:
        return words in str(self.row(name)["push"])

    def counted(self, became: str) -> float:
        lines = self.get("/metrics").body.decode().splitlines()
        line = next(x for x in lines if x.startswith(f'aggregator_pushes_total{{as="{became}"}}'))
        return float(line.rpartition(" ")[2])

    def sql(self, statement: str) -> list[tuple[object, ...]]:
        with contextlib.closing(sqlite3.connect(self.folder / "aggregator.db")) as db:
            found = db.execute(statement).fetchall()
            db.commit()
            return found


@pytest.fixture
def planet(tmp_path: Path, hub: Hub) -> Iterator[Planet]:
    made = Planet(tmp_path, hub)
    with serving(made.answer) as made.web:
        yield made
        if made.process and made.process.poll() is None:
            made.process.kill()
            made.process.wait(60)
    assert "Traceback" not in made.log and "please report it" not in made.log


STORY = item("1", "A first story, to be polled")


def test_what_a_hub_pushes_is_published_and_nothing_else_is_believed(
    planet: Planet, hub: Hub
) -> None:
    planet.extra = ", max_size: 100KB, timeout: 2s"
    planet.feed("news", hub.address(lease=3600), STORY)
    planet.feed("sync", hub.address(verify="sync"), STORY)
    planet.write()
    planet.start()
    until(lambda: all(planet.said(x, "pushed by http://127") for x in ("news", "sync")))
    (form,) = planet.forms("news")
    assert (form["verified"], form["echoed"]) == ("200", "True")
    callback = form["hub.callback"].removeprefix(f"http://127.0.0.1:{planet.port}")
    polls = len(planet.web.paths)
    topic = planet.topic("news")

    for n, method in enumerate(("sha1", "sha256", "sha384", "sha512")):
        body = rss(item(f"p{n}", f"Pushed and signed by {method}"))
        assert hub.publish(topic, body, method=method) == [202]
        until(lambda m=method: f"Pushed and signed by {m}" in planet.titles(), what=method)
    forged = rss(item("f", "Forged by somebody"))
    assert hub.publish(topic, forged, key="wrong") == [202]
    assert hub.publish(topic, forged, unsigned=1) == [202]
    assert hub.publish(topic, b"x" * 100_001) == [413]
    assert hub.publish(topic, b"x" * 100, drip=1) == [408]
    assert [planet.counted(x) for x in ("taken", "ignored", "refused", "ping")] == [4, 2, 2, 0]

    _strangers(planet, callback, topic)
    _a_crowd(planet, callback)
    assert len(planet.titles()) == 5 and "Forged by somebody" not in planet.titles()
    assert len(planet.web.paths) == polls, "a push is no reason to poll"
    assert planet.row("news")["entries"] == 5
    _no_secret_shows(planet, callback)
    assert planet.stop() == 0


def _strangers(planet: Planet, callback: str, topic: str) -> None:
    def get(path: str, **query: str) -> int:
        named = urlencode({f"hub.{k}": v for k, v in query.items()})
        return planet.get(f"{path}?{named}").status

    good = {"mode": "subscribe", "topic": topic, "challenge": "x"}
    for path in ("/websub/guess", callback[:-1], f"{callback}/x", "/websub/"):
        assert get(path, **good) == 404
    assert get(callback, **good) == 200  # an answer that was lost is given again
    assert get(callback, **good | {"mode": "unsubscribe"}) == 404
    assert get(callback, **good | {"topic": "https://other.example/"}) == 404
    assert get(callback, **good | {"mode": "denied", "topic": "https://other.example/"}) == 404
    assert planet.get("/websub/guess", "POST").status == 404
    assert planet.get(callback, "PUT").status == 405
    assert planet.get(callback, "HEAD").status == 404
    echoed = planet.get(f"{callback}?{urlencode({f'hub.{k}': v for k, v in good.items()})}")
    assert echoed.headers["content-type"].startswith("text/plain")
    assert echoed.headers["x-content-type-options"] == "nosniff"
    assert planet.said("news", "pushed by")


def _a_crowd(planet: Planet, callback: str) -> None:
    """Only so many are received at a time; the others hear that they may come again."""
    refused = planet.counted("refused")
    head = f"POST {callback} HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n".encode()
    with contextlib.ExitStack() as stack:
        places = [("127.0.0.1", planet.port)] * 8
        slow = [stack.enter_context(socket.create_connection(place)) for place in places]
        for one in slow:
            one.sendall(head)
        until(
            lambda: (
                (busy := planet.get(callback, "POST")).status == 503 and busy.headers["retry-after"]
            )
        )
        assert slow[0].recv(100).startswith(b"HTTP/1.1 408")
    assert planet.get("/healthz").status == 200
    until(lambda: planet.counted("refused") >= refused + 9)


def _no_secret_shows(planet: Planet, callback: str) -> None:
    secrets = [callback.rpartition("/")[2], *(x["hub.secret"] for x in planet.forms("news"))]
    answers = [planet.get(p).body.decode() for p in ("/", "/status", "/status.json", "/metrics")]
    answers += [planet.log, run(planet.folder, "status").stdout]
    assert not [s for s in secrets for text in answers if s in text]
    assert "pushed by" in answers[1] and "pushed by" in answers[-1]


def test_without_an_address_to_be_called_at_no_hub_is_asked(planet: Planet, hub: Hub) -> None:
    planet.feed("quiet", hub.address(), STORY)
    planet.callback = None
    planet.write()
    planet.start()
    until(lambda: STORY.title in planet.titles())

    planet.callback = f"http://127.0.0.1:{planet.port}/"
    assert planet.forms("quiet") == []
    planet.write()
    until(lambda: planet.said("quiet", "pushed by"), what="the config that names one")

    planet.callback = None
    planet.write()
    until(lambda: [x.get("verified") for x in planet.forms("quiet", "unsubscribe")] == ["200"])
    assert hub.publish(planet.topic("quiet"), rss()) == []
    assert planet.stop() == 0


def test_hubs_that_deny_lie_or_fail_are_told_and_harm_nothing(planet: Planet, hub: Hub) -> None:
    planet.feed("denied", hub.address(deny="you are not <b>paying</b>"), STORY)
    planet.feed("topic", hub.address(lie="topic"), STORY)
    planet.feed("mode", hub.address(lie="mode"), STORY)
    planet.feed("callback", hub.address(lie="callback"), STORY)
    planet.feed("down", hub.address(status=503), STORY)
    planet.feed("moved", hub.address(redirect=307), STORY)
    planet.feed("good", hub.address(), STORY)
    planet.write()
    planet.start()

    until(lambda: planet.said("denied", "denied: you are not <b>paying</b>; asked again after"))
    until(lambda: all(planet.said(x, "pushed by") for x in ("good", "moved")))
    until(lambda: planet.said("down", "HTTP 503"))
    for liar in ("topic", "mode", "callback"):
        until(lambda x=liar: [f.get("verified") for f in planet.forms(x)] == ["404"])
        until(lambda x=liar: planet.said(x, "not verified yet"))
        assert hub.publish(planet.topic(liar), rss(item("l", "A lie"))) == []
    assert len(planet.forms("down")) == 1
    assert all(planet.row(name)["health"] == "ok" for name in planet.hubs)
    assert b"&lt;b&gt;paying" in planet.get("/status").body
    assert planet.stop() == 0


def test_a_hub_that_has_enough_is_left_alone_in_silence(planet: Planet, hub: Hub) -> None:
    for n in range(6):
        planet.feed(f"f{n}", hub.address(status=429), STORY)
    planet.extra = ", per_host: 1"
    planet.write()
    planet.start()

    until(lambda: all(planet.said(name, "for pushes: ") for name in planet.hubs))
    assert sum(len(planet.forms(name)) for name in planet.hubs) == 1
    assert sum(planet.said(name, "left alone") for name in planet.hubs) == 5
    assert planet.stop() == 0
    assert "hub not asked" not in planet.log


def test_leases_survive_a_restart_are_renewed_and_given_back(planet: Planet, hub: Hub) -> None:
    planet.feed("long", hub.address(), STORY)
    planet.feed("leaves", hub.address(), STORY)
    planet.feed("ping", hub.address(host="localhost"), STORY)
    planet.write()
    planet.start()
    until(lambda: all(planet.said(x, "pushed by") for x in planet.hubs))
    assert planet.stop() == 0
    polls = sorted(planet.web.paths)
    # As if days had passed, and for the other a minute since its last poll.
    planet.sql("UPDATE lease SET due = 0 WHERE source = 'long'")
    planet.sql("UPDATE source SET polled = polled - 60000000 WHERE id = 'ping'")

    planet.start()
    assert hub.publish(planet.topic("leaves"), rss(item("2", "After the restart"))) == [202]
    until(lambda: "After the restart" in planet.titles())
    assert len(planet.forms("leaves")) == 1 and sorted(planet.web.paths) == polls
    _renewed(planet)
    _only_a_ping(planet)
    del planet.hubs["leaves"]
    planet.write()
    until(lambda: [x.get("verified") for x in planet.forms("leaves", "unsubscribe")] == ["200"])
    assert planet.stop() == 0


def _renewed(planet: Planet) -> None:
    until(lambda: [x.get("verified") for x in planet.forms("long", "unsubscribe")] == ["200"])
    first, second = planet.forms("long")
    assert first["hub.callback"] != second["hub.callback"]
    assert first["hub.secret"] != second["hub.secret"]
    renewed = rss(item("3", "After the renewal"))
    assert planet.hub.publish(planet.topic("long"), renewed) == [202]
    until(lambda: "After the renewal" in planet.titles())
    old = first["hub.callback"].removeprefix(f"http://127.0.0.1:{planet.port}")
    assert planet.get(old, "POST").status == 410


def _only_a_ping(planet: Planet) -> None:
    """A hub that can be told no secret says when to poll, and not what."""
    (form,) = planet.forms("ping")
    assert "hub.secret" not in form
    planet.items["ping"].append(item("4", "What the feed itself says"))

    lie = rss(item("x", "What the hub says"))
    assert planet.hub.publish(planet.topic("ping"), lie) == [202]
    until(lambda: "What the feed itself says" in planet.titles())
    assert planet.hub.publish(planet.topic("ping"), lie) == [202]
    assert planet.counted("ping") == 2
    assert "What the hub says" not in planet.titles()
    with contextlib.suppress(AssertionError):  # some ticks, in which a second call waits
        until(lambda: planet.web.paths.count("/ping") > 2, seconds=2.5)
    assert planet.web.paths.count("/ping") == 2


def test_polls_are_a_net_while_pushes_come_and_no_longer(planet: Planet, hub: Hub) -> None:
    planet.extra = ", every: 1s"
    # Of a source that publishes just now: by their own rhythm they are polled every second.
    fresh = replace(STORY, date=format_datetime(datetime.now(UTC)))
    planet.feed("pushed", hub.address(), fresh)
    planet.feed("polled", hub.address(verify="never"), fresh)
    planet.write()
    planet.start()
    until(lambda: planet.said("pushed", "pushed by"))
    due = datetime.fromisoformat(str(planet.row("pushed")["next"]))
    assert timedelta(hours=11) < due - datetime.now(UTC) < DAY
    assert planet.row("pushed")["paced_by"] == "its hub pushes its news"
    before = planet.web.paths.count("/pushed")
    rounds = planet.web.paths.count("/polled")
    until(lambda: planet.web.paths.count("/polled") >= rounds + 2)

    assert planet.web.paths.count("/pushed") <= before + 1  # one may have been under way
    before = planet.web.paths.count("/pushed")
    assert planet.stop() == 0

    planet.start()  # nobody listened meanwhile: it is polled once, when it is due by itself
    until(lambda: planet.web.paths.count("/pushed") == before + 1)
    rounds = planet.web.paths.count("/polled")
    until(lambda: planet.web.paths.count("/polled") >= rounds + 2)
    assert planet.web.paths.count("/pushed") == before + 1
    (form, *_) = planet.forms("pushed")
    path = form["hub.callback"].removeprefix(f"http://127.0.0.1:{planet.port}")
    query = urlencode({"hub.mode": "denied", "hub.topic": planet.topic("pushed")})
    assert planet.get(f"{path}?{query}").status == 200
    until(lambda: planet.web.paths.count("/pushed") >= before + 2, what="an ordinary poll")
    assert planet.stop() == 0
