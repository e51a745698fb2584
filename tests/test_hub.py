"""Our own hub: who may subscribe to what, what is sent to whom, and what becomes of those who do
not take it."""

import contextlib
import hashlib
import hmac
import itertools
import signal
import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from listener import Listener as Process
from listener import post, running
from servers import Answer, free_port, serving, until
from test_serve import Daemon, run

from aggregator import app, hub
from aggregator.errors import FetchError, HostRests
from aggregator.hub import News, Refusal
from aggregator.model import Intent, Listener, Response
from aggregator.topics import Topics, link_header

NOW = datetime(2026, 7, 1, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)
CALLBACK = "https://reader.example/in?id=7"
TOPIC = "https://planet.example/all.atom"


# ── which documents ──────────────────────────────────────────────────────────


TOPICS = Topics(
    base="https://planet.example/news/",
    folder=Path("/srv/feeds"),
    types={"all.atom": "application/atom+xml", "财经.atom": "application/atom+xml"},
    hubs=("https://planet.example/hub",),
)


@pytest.mark.parametrize(
    ("topic", "path"),
    [
        ("https://planet.example/news/all.atom", "all.atom"),
        ("http://planet.example/news/all.atom", "all.atom"),
        ("https://Planet.Example:443/news/all.atom", "all.atom"),
        ("https://planet.example/news/%E8%B4%A2%E7%BB%8F.atom", "财经.atom"),
        ("https://planet.example/news/财经.atom", "财经.atom"),
        ("https://planet.example/all.atom", None),
        ("https://planet.example/news/", None),
        ("https://planet.example/news/other.atom", None),
        ("https://planet.example/news/../news/all.atom", None),
        ("https://planet.example/news/all.atom?token=x", None),
        ("https://planet.example/news/all.atom#x", None),
        ("https://planet.example:8443/news/all.atom", None),
        ("https://me@planet.example/news/all.atom", None),
        ("https://elsewhere.example/news/all.atom", None),
        ("ftp://planet.example/news/all.atom", None),
        ("https://[planet.example/news/all.atom", None),
        ("/news/all.atom", None),
        ("", None),
    ],
)
def test_a_document_is_meant_by_its_address_however_that_is_written(
    topic: str, path: str | None
) -> None:
    assert TOPICS.path(topic) == path


def test_a_document_says_of_itself_where_its_news_come_from() -> None:
    assert TOPICS.link_header("财经.atom") == (
        '<https://planet.example/hub>; rel="hub",'
        ' <https://planet.example/news/%E8%B4%A2%E7%BB%8F.atom>; rel="self"'
    )
    assert link_header((), "https://a.example/x") == '<https://a.example/x>; rel="self"'
    assert link_header(("https://中.example/<a b>",), "https://a.example/").startswith(
        '<https://%E4%B8%AD.example/%3Ca%20b%3E>; rel="hub"'
    )


# ── what is asked ────────────────────────────────────────────────────────────


def form(**more: str | None) -> bytes:
    given = {"mode": "subscribe", "callback": CALLBACK, "topic": TOPIC, **more}
    return urlencode({f"hub.{k}": v for k, v in given.items() if v is not None}).encode()


def intent(**more: object) -> Intent:
    found = hub.read(form(), NOW)
    assert isinstance(found, Intent)
    return replace(found, **more)


def test_a_form_says_who_wants_what_for_how_long() -> None:
    asked = form(lease_seconds="3600", secret="s 秘", foo="x") + b"&other=y"

    assert hub.read(asked, NOW) == Intent(
        callback=CALLBACK,
        topic=TOPIC,
        mode="subscribe",
        secret="s 秘",
        lease=timedelta(hours=1),
        due=NOW,
    )
    assert "秘" not in repr(hub.read(asked, NOW)) and CALLBACK not in repr(hub.read(asked, NOW))


@pytest.mark.parametrize(
    ("seconds", "lease"),
    [
        (None, 10 * DAY),
        ("", 10 * DAY),
        ("0", 10 * DAY),
        ("1", timedelta(minutes=5)),
        ("86400", DAY),
        ("99999999", 30 * DAY),
        ("9" * 50, 30 * DAY),
    ],
)
def test_a_lease_is_as_long_as_is_asked_for_within_bounds(
    seconds: str | None, lease: timedelta
) -> None:
    found = hub.read(form(lease_seconds=seconds), NOW)

    assert isinstance(found, Intent) and found.lease == lease


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff",
        b"hub.mode=subscribe&hub.callback=%ff",
        b"&".join([b"hub.mode=subscribe"] * 1000),
        form(mode=None),
        form(mode="denied"),
        form(callback=None),
        form(callback="reader.example"),
        form(callback="ftp://reader.example/"),
        form(callback="https://me:pass@reader.example/"),
        form(callback="https://reader.example/#x"),
        form(callback="https://reader.example:0/"),
        form(callback="https://reader.example:x/"),
        form(callback="https://[reader.example/"),
        form(callback="https://reader.example/ x"),
        form(callback="https://reader.example/\r\nHost: x"),
        form(callback=f"https://reader.example/{'x' * 1000}"),
        form(topic=None),
        form(topic="https://planet.example/\x00"),
        form(topic=f"https://planet.example/{'x' * 1000}"),
        form(secret="x" * 200),
        form(secret="秘" * 67),
        form(secret="a\x00b"),
        form(lease_seconds="-1"),
        form(lease_seconds="1e3"),
        form(lease_seconds="١"),
        form() + b"&hub.topic=https%3A%2F%2Fother.example%2F",
        form() + b"&hub.callback=https%3A%2F%2Fother.example%2F",
    ],
)
def test_what_cannot_be_meant_is_refused(body: bytes) -> None:
    found = hub.read(body, NOW)

    assert isinstance(found, Refusal) and found.status == 400


def test_news_are_told_under_every_name_that_hubs_have_for_that() -> None:
    body = b"hub.mode=publish&hub.url=a&hub.url=b&hub.topic=a&hub.url%5B%5D=c"

    assert hub.read(body, NOW) == News(topics=("a", "b", "c"))


def test_there_is_an_end_to_how_many_subscribe() -> None:
    def refused(listeners: int, intents: int, hosts: int = 10**6) -> int | None:
        def keys(many: int) -> list[hub.Key]:
            return [(f"https://r{n % hosts}.example/{n}", TOPIC) for n in range(many)]

        found = hub.crowded(
            intent(callback="https://r0.example/new"), keys(listeners), keys(intents)
        )
        return found.status if found else None

    assert refused(9_999, 0) is None
    assert refused(10_000, 0) == 503
    assert refused(0, 499) is None
    assert refused(0, 500) == 503
    assert refused(999, 0, hosts=1) is None
    assert refused(1000, 0, hosts=1) == 429
    known = [(f"https://r{n}.example/", TOPIC) for n in range(10_000)]
    assert hub.crowded(intent(callback="https://r7.example/"), known, []) is None, "a renewal"


def test_only_so_many_are_asked_about_in_a_minute() -> None:
    pace = hub.Pace(all=5, host=3)

    asked = [pace.exceeded(host, NOW) for host in "aaaabbb"]

    assert asked == [False, False, False, True, False, True, True]
    assert not pace.exceeded("a", NOW + timedelta(minutes=1))


# ── whether they want it ─────────────────────────────────────────────────────


def test_they_are_asked_at_the_address_that_they_gave() -> None:
    asked = urlsplit(hub.question(intent(), "c/h").url)

    assert f"{asked.scheme}://{asked.netloc}{asked.path}" == "https://reader.example/in"
    assert {k: x for k, (x,) in parse_qs(asked.query).items()} == {
        "id": "7",
        "hub.mode": "subscribe",
        "hub.topic": TOPIC,
        "hub.challenge": "c/h",
        "hub.lease_seconds": "864000",
    }
    leaving = urlsplit(
        hub.question(intent(mode="unsubscribe", callback="https://r.example/"), "c").url
    )
    assert leaving.query.startswith("hub.mode=unsubscribe") and "lease" not in leaving.query


def test_only_the_challenge_is_a_yes() -> None:
    def answer(body: bytes, *redirects: int) -> Response:
        return Response(url=CALLBACK, body=body, redirects=redirects)

    assert hub.confirmed(answer(b"c-h"), "c-h")
    assert hub.confirmed(answer(b"c-h\n"), "c-h")
    for no in (answer(b""), answer(b"c-"), answer(b"c-h", 302), answer("ç".encode())):
        assert not hub.confirmed(no, "c-h")


def test_who_cannot_answer_is_asked_three_times_and_who_says_no_once() -> None:
    down = FetchError("reader.example: no answer")

    second = hub.asked_again(intent(), down, NOW)
    assert second and second.due == NOW + timedelta(minutes=1)
    third = hub.asked_again(second, FetchError("x", status=503), NOW)
    assert third and third.due == NOW + timedelta(minutes=5)
    assert hub.asked_again(third, down, NOW) is None
    assert hub.asked_again(intent(), FetchError("x", status=404), NOW) is None
    rest = hub.asked_again(intent(), HostRests("x", NOW + DAY), NOW)
    assert rest and rest.due == NOW + DAY


def test_who_renews_keeps_what_they_are_still_to_be_sent() -> None:
    before = listener(known="old", failing=NOW, due=NOW + DAY, attempts=3, error="x")
    asked = intent(secret="new", known="newest")

    after = hub.granted(asked, before, NOW)

    assert (after.known, after.secret, after.until) == ("old", "new", NOW + 10 * DAY)
    assert (after.attempts, after.due, after.error) == (0, None, None)
    assert hub.granted(asked, None, NOW).known == "newest"


# ── what is sent ─────────────────────────────────────────────────────────────


def listener(**more: object) -> Listener:
    given = {"callback": CALLBACK, "topic": TOPIC, "until": NOW + DAY, **more}
    return Listener(**given)


def test_what_is_sent_is_the_document_signed_with_their_secret() -> None:
    links = TOPICS.link_header("all.atom")
    asked = hub.delivery(listener(secret="秘"), b"<feed/>", media_type="a/b", links=links)

    digest = hmac.new("秘".encode(), b"<feed/>", hashlib.sha256).hexdigest()
    assert (asked.url, asked.body) == (CALLBACK, b"<feed/>")
    assert asked.headers == {
        "content-type": "a/b",
        "link": links,
        "x-hub-signature": f"sha256={digest}",
    }
    unsigned = hub.delivery(listener(), b"<feed/>", media_type="a/b", links=links)
    assert "x-hub-signature" not in unsigned.headers


def test_who_does_not_take_it_is_sent_it_ever_more_seldom_for_a_day() -> None:
    error = FetchError("reader.example: HTTP 500", status=500)
    now, found, waits = NOW, listener(known="old"), []
    while not hub.given_up(found):
        assert not hub.waits(found, now)
        found = hub.failed(found, "new", error, now)
        if found.due:
            assert hub.waits(found, now) and not hub.waits(found, now - 3 * DAY), "clock set back"
            waits.append(found.due - now)
            now = found.due

    assert timedelta(seconds=7) < waits[0] < timedelta(seconds=13)
    assert all(a < b for a, b in itertools.pairwise(waits[:6]))
    assert max(waits) <= timedelta(minutes=75) and 20 < len(waits) < 45
    assert DAY <= now - NOW < DAY + timedelta(minutes=75)
    assert (found.known, found.due, found.attempts) == ("new", None, 0)
    assert "given up: reader.example: HTTP 500" in hub.notes([found])[0]
    assert hub.sent(found, "newer").error is None


def test_who_asks_for_time_gets_it() -> None:
    busy = FetchError("x", status=429, retry_after=timedelta(hours=2))

    assert hub.failed(listener(), "new", busy, NOW).due == NOW + timedelta(hours=2)
    rests = hub.failed(listener(), "new", HostRests("x", NOW + timedelta(hours=1)), NOW)
    assert (rests.due, rests.attempts) == (NOW + timedelta(hours=1), 0)


def test_two_who_failed_in_one_moment_are_not_tried_again_in_one() -> None:
    error = FetchError("x")
    dues = {
        hub.failed(listener(callback=f"https://r.example/{n}"), "d", error, NOW).due
        for n in range(50)
    }

    assert len(dues) == 50


def test_only_410_means_that_they_want_nothing_more() -> None:
    assert hub.gone(FetchError("x", status=410))
    assert not hub.gone(FetchError("x", status=404))
    assert not hub.gone(HostRests("x", NOW))


# ── as it runs ───────────────────────────────────────────────────────────────


class Planet(Daemon):
    """A daemon with a folder of posts, whose documents name its own hub."""

    def __init__(self, folder: Path, port: int) -> None:
        super().__init__(folder, port)
        (folder / "posts").mkdir(parents=True)
        self.hub = f"http://127.0.0.1:{port}/hub"
        self.topic = f"http://127.0.0.1:{port}/all.atom"

    def write(
        self, hub: str = "built-in", fetch: str = "", more: str = "", formats: str = "[atom]"
    ) -> None:
        text = (
            f"site: {{title: Planet, url: 'http://127.0.0.1:{self.port}/'}}\n"
            f"fetch: {{allow_private: [127.0.0.0/8]{fetch}}}\n"
            f"serve: {{listen: '127.0.0.1:{self.port}'}}\n"
            f"output: {{hub: {hub}, formats: {formats}}}\nposts: [{{path: posts}}]\n{more}"
        )
        new = self.folder / "new.yaml"
        new.write_text(text, encoding="utf-8")
        new.replace(self.folder / "config.yaml")

    def post(self, title: str) -> None:
        name = title.lower().replace(" ", "-")
        text = f"---\ntitle: {title}\ndate: 2026-01-02 10:00\n---\nThe text of {title}.\n"
        (self.folder / "posts" / f"2026-01-02-{name}.md").write_text(text, encoding="utf-8")

    def sql(self, statement: str) -> list[tuple[object, ...]]:
        with contextlib.closing(sqlite3.connect(self.folder / "aggregator.db")) as db:
            found = db.execute(statement).fetchall()
            db.commit()
            return found

    def subscriptions(self) -> int:
        return len(self.sql("SELECT callback FROM listener"))

    def counted(self, line: str) -> float:
        lines = self.get("/metrics").body.decode().splitlines()
        return next(float(x.rpartition(" ")[2]) for x in lines if x.startswith(f"{line} "))


@pytest.fixture(scope="module")
def process() -> Iterator[Process]:
    with running() as made:
        yield made


@pytest.fixture
def planet(tmp_path: Path) -> Iterator[Planet]:
    made = Planet(tmp_path / "planet", free_port())
    made.write()
    made.post("The first")
    yield made
    ended(made)


def ended(daemon: Daemon) -> None:
    if daemon.process is None:
        return
    if daemon.process.poll() is None:
        daemon.process.kill()
        daemon.process.wait(60)
    assert "Traceback" not in daemon.log and "please report it" not in daemon.log


def came(process: Process, name: str, title: str) -> list[bytes]:
    """What was pushed that holds a title."""
    return [x.body for x in process.pushed(name) if title.encode() in x.body]


def test_who_subscribes_is_asked_and_then_sent_each_document_as_it_changes(
    planet: Planet, process: Process
) -> None:
    planet.start()
    assert process.subscribe(planet.hub, planet.topic, "one", secret="geheim") == 202
    until(planet.subscriptions, what="the subscription")
    (asked,) = process.asked("one")
    assert asked["hub.mode"] == "subscribe" and asked["hub.topic"] == planet.topic
    assert asked["hub.lease_seconds"] == "864000"

    planet.post("The second")

    until(lambda: came(process, "one", "The second"), what="the push")
    (push,) = process.pushed("one")
    assert push.body == planet.get("/all.atom").body
    signature = hmac.new(b"geheim", push.body, hashlib.sha256).hexdigest()
    assert push.headers["x-hub-signature"] == f"sha256={signature}"
    assert push.headers["content-type"] == "application/atom+xml"
    assert push.headers["link"] == (f'<{planet.hub}>; rel="hub", <{planet.topic}>; rel="self"')
    assert f'href="{planet.hub}" rel="hub"'.encode() in push.body

    assert planet.stop() == 0
    planet.start()
    planet.post("The third")
    until(lambda: came(process, "one", "The third"), what="the push after a restart")
    assert len(process.pushed("one")) == 2

    assert process.subscribe(planet.hub, planet.topic, "one", mode="unsubscribe") == 202
    until(lambda: not planet.subscriptions(), what="the end of the subscription")
    assert process.asked("one")[-1]["hub.mode"] == "unsubscribe"
    planet.post("The fourth")
    until(lambda: "The fourth" in planet.titles())
    assert planet.stop() == 0
    assert not came(process, "one", "The fourth")


def test_what_changed_while_nobody_served_is_sent_by_whoever_serves_next(
    planet: Planet, process: Process
) -> None:
    planet.start()
    process.subscribe(planet.hub, planet.topic, "later")
    until(planet.subscriptions)
    planet.stop(signal.SIGKILL)
    planet.post("Written in between")
    assert run(planet.folder, "run").returncode == 0  # documents stand, and nobody was told

    planet.start()

    until(lambda: came(process, "later", "Written in between"))
    assert len(process.pushed("later")) == 1


def test_what_was_being_sent_when_it_was_killed_is_sent_again(
    planet: Planet, process: Process
) -> None:
    planet.start()
    process.subscribe(planet.hub, planet.topic, "hangs")
    until(planet.subscriptions)
    process.behave("hangs", hang=60)
    planet.post("The second")
    until(lambda: came(process, "hangs", "The second"))

    planet.stop(signal.SIGKILL)
    process.behave("hangs")
    planet.start()

    until(lambda: len(came(process, "hangs", "The second")) == 2)


def test_a_lease_is_renewed_with_another_secret_or_ends(planet: Planet, process: Process) -> None:
    planet.start()
    for name in ("renews", "ends"):
        process.subscribe(planet.hub, planet.topic, name, secret="old")
    until(lambda: planet.subscriptions() == 2)
    process.subscribe(planet.hub, planet.topic, "renews", secret="new", lease_seconds=86400)
    until(lambda: len(process.asked("renews")) == 2)
    until(lambda: planet.sql("SELECT 1 FROM listener WHERE secret = 'new'"))
    assert planet.subscriptions() == 2
    planet.stop()
    planet.sql("UPDATE listener SET until = 1 WHERE callback LIKE '%/ends'")

    planet.start()
    planet.post("The second")

    until(lambda: came(process, "renews", "The second"))
    (push,) = process.pushed("renews")
    signature = hmac.new(b"new", push.body, hashlib.sha256).hexdigest()
    assert push.headers["x-hub-signature"] == f"sha256={signature}"
    until(lambda: planet.subscriptions() == 1)
    assert not process.pushed("ends")


def test_who_did_not_ask_is_sent_nothing(planet: Planet, process: Process) -> None:
    planet.start()
    told = {
        "wrong": process.callback("wrong", verify="wrong"),
        "no": process.callback("no", verify=404),
        "elsewhere": process.callback("elsewhere", verify=500),
    }
    for callback in told.values():
        assert process.subscribe(planet.hub, planet.topic, callback) == 202
    for name in told:
        until(lambda x=name: process.asked(x), what=name)
    until(lambda: planet.sql("SELECT attempts FROM intent") == [(1,)], what="one to be asked again")

    assert planet.subscriptions() == 0
    assert "elsewhere" in str(planet.sql("SELECT callback FROM intent"))


def test_who_fails_is_slow_or_lies_delays_nobody(planet: Planet, process: Process) -> None:
    planet.write(fetch=", timeout: 3s")
    with serving(lambda _: Answer(body=b"this is private")) as private:
        bad = {
            "slow": {"hang": 60},
            "huge": {"huge": 1},
            "down": {"status": 500},
            "moved": {"status": 302, "to": f"{private.url}/moved"},
            "inward": {"status": 307, "to": "http://[::1]:9/"},
            "gone": {"status": 410},
        }
        planet.start()
        names = [f"{kind}-{n}" for kind in bad for n in range(6)]
        for name in names:
            callback = process.callback(name, **bad[name.partition("-")[0]])
            assert process.subscribe(planet.hub, planet.topic, callback) == 202
        good = process.callback("good", host="127.0.0.2")
        assert process.subscribe(planet.hub, planet.topic, good) == 202
        until(lambda: planet.subscriptions() == len(names) + 1, what="all of them")

        planet.post("The second")

        def outcome(name: str) -> float:
            return planet.counted(f'aggregator_deliveries_total{{outcome="{name}"}}')

        until(lambda: [outcome(x) for x in ("gone", "sent")] == [6, 7])
        until(lambda: outcome("failed") >= 24)
        (push,) = process.pushed("good")
        slow = [process.pushed(f"slow-{n}")[0].at for n in range(6)]
        assert push.at < max(slow), "those of one host wait for each other, and nobody else does"
        assert private.asked == []
    assert planet.subscriptions() == len(names) + 1 - 6
    assert planet.counted("aggregator_subscriptions") == planet.subscriptions()
    said = str(planet.sql("SELECT DISTINCT error FROM listener"))
    assert all(x in said for x in ("HTTP 500", "HTTP 302", "private address", "within 3 s"))
    assert planet.get("/healthz").status == 200


def test_what_the_hub_is_not_asked_as_it_should_be_it_refuses(
    planet: Planet, process: Process
) -> None:
    planet.write(fetch=", timeout: 3s")
    planet.start()
    base = planet.topic.removesuffix("all.atom")

    def asked(**more: object) -> int:
        given = {"mode": "subscribe", "topic": planet.topic, "callback": process.callback("x")}
        return post(planet.hub, given | more)

    assert asked(topic=f"{base}none.atom") == 404
    assert asked(topic="https://elsewhere.example/all.atom") == 404
    assert asked(topic=f"{base}all.atom?token=x") == 404
    assert asked(callback="http://10.0.0.1/") == 403
    assert asked(callback="http://2130706433.:80/") == 202, "127.0.0.1, which the config allows"
    assert asked(callback="http://[::1]:80/") == 403
    assert asked(mode="unsubscribe") == 404
    assert asked(mode="nothing") == 400
    assert post(planet.hub, {"mode": "publish", "url": planet.topic}) == 202
    assert post(planet.hub, {"mode": "publish", "url": "https://elsewhere.example/"}) == 404
    assert post(planet.hub, {"mode": "publish"}) == 404
    assert asked(topic="x" * 20_000) == 413
    assert planet.get("/hub").status == 405
    assert planet.get("/hub", "POST").status == 415
    assert asked(topic=planet.topic.replace("http:", "https:")) == 202
    until(lambda: process.asked("x"))
    assert [x["hub.topic"] for x in process.asked("x")] == [planet.topic.replace("http:", "https:")]
    assert 429 in {asked() for _ in range(130)}


def test_without_a_hub_there_is_none_and_who_subscribed_is_told(
    planet: Planet, process: Process
) -> None:
    planet.start()
    process.subscribe(planet.hub, planet.topic, "told")
    until(planet.subscriptions)
    assert b'rel="hub"' in planet.get("/all.atom").body

    planet.write(hub="null")

    until(lambda: not planet.subscriptions(), what="the end of the subscription")
    until(lambda: [x["hub.mode"] for x in process.asked("told")] == ["subscribe", "denied"])
    assert process.asked("told")[-1]["hub.topic"] == planet.topic
    assert process.subscribe(planet.hub, planet.topic, "told") == 404
    until(lambda: b'rel="hub"' not in planet.get("/all.atom").body)


def test_every_format_has_subscribers_of_its_own(planet: Planet, process: Process) -> None:
    planet.write(formats="[atom, rss, json]")
    planet.start()
    kinds = {
        "atom": "application/atom+xml",
        "rss": "application/rss+xml",
        "json": "application/feed+json",
    }
    for name in kinds:
        topic = planet.topic.replace(".atom", f".{name}")
        assert process.subscribe(planet.hub, topic, f"in-{name}") == 202
    until(lambda: planet.subscriptions() == 3)

    planet.post("The second")

    for name, kind in kinds.items():
        until(lambda x=name: came(process, f"in-{x}", "The second"), what=name)
        (push,) = process.pushed(f"in-{name}")
        assert push.headers["content-type"] == kind
        assert push.body == planet.get(f"/all.{name}").body and planet.hub.encode() in push.body
        assert f"/all.{name}>" in push.headers["link"]


def test_only_current_documents_name_hubs_beside_them(planet: Planet) -> None:
    given = app.settings(planet.folder / "config.yaml")

    assert 'rel="hub"' in app.link_header(given, "财经.atom")
    for path in ("archive/all-2026-01.atom", "index.html", "style.css", "all.rss"):
        found = app.link_header(given, path)
        assert 'rel="hub"' not in found and f'/{path}>; rel="self"' in found


def test_news_do_not_wait_for_polls_that_take_long(planet: Planet, process: Process) -> None:
    with serving(lambda _: web.hang(40) or Answer(404)) as web:
        slow = f"sources: {{slow: {{url: '{web.url}/'}}}}\n"
        planet.write(fetch=", timeout: 2m", more=slow)
        planet.start()
        process.subscribe(planet.hub, planet.topic, "eager")
        until(planet.subscriptions)
        planet.write(fetch=", timeout: 2m", more=slow.replace("/'", "/again'"))
        until(lambda: "/again" in web.paths, what="a poll that takes long")

        for title in ("One", "Two", "Three", "Four", "Five"):
            planet.post(f"News number {title}")
            until(lambda x=title: came(process, "eager", f"News number {x}"), what=title)

        assert web.at_once, "it is still under way"


def test_planets_of_planets_hear_of_news_without_a_poll(planet: Planet, tmp_path: Path) -> None:
    planet.start()
    second = Daemon(tmp_path, free_port())
    (tmp_path / "config.yaml").write_text(
        f"site: {{title: Second, url: 'http://127.0.0.1:{second.port}/'}}\n"
        "fetch: {allow_private: [127.0.0.0/8]}\noutput: {hub: built-in}\n"
        f"serve: {{listen: '127.0.0.1:{second.port}', callback: 'http://127.0.0.1:{second.port}/'}}\n"
        f"sources: {{first: {{url: '{planet.topic}'}}}}\n",
        encoding="utf-8",
    )
    try:
        second.start()
        until(planet.subscriptions, what="the second planet to subscribe")
        until(lambda: "pushed by" in second.get("/status.json").body.decode())
        polls = len(second.logged("polled"))

        planet.post("From the first to the second")

        until(lambda: "From the first to the second" in second.titles())
        assert len(second.logged("polled")) == polls
        assert b"The first" in second.get("/all.atom").body
        assert second.logged("pushed") and second.stop() == 0
    finally:
        ended(second)
