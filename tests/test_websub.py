"""Pushes from hubs: what is wanted of whom, what is believed, and what a push may do."""

import asyncio
import hashlib
import hmac
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st
from world import Item, World, rss

from aggregator import app, websub
from aggregator.errors import FetchError, ParseError
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
