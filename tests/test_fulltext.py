"""Full texts from the pages of entries: what is found in a page, what is refused, what is fetched
and how often, and that a story stays one."""

from __future__ import annotations

import asyncio
import contextlib
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import partial
from html import escape
from pathlib import Path

import pytest
from roads import Road
from servers import Answer, Asked, Raw, Server, serving
from world import hrefs, text

from aggregator import app, config, robots
from aggregator.aside import aside
from aggregator.errors import ConfigError, ParseError, SourceError
from aggregator.formats import fulltext, guarded
from aggregator.model import Outcome, Request, Response, Updated
from aggregator.text import plain

ENGLISH = (
    "The harbour of Northport was closed for most of Tuesday night, after a container ship lost"
    " power in the channel and drifted towards the breakwater.",
    "Two tugs were sent out within the hour. Their crews said afterwards that the wind had made it"
    ' hard to pass a line; see <a href="../tugs">the tugs</a> and <b>the pilots</b>.',
    "Nobody was hurt, and no oil was lost, the port authority said on Wednesday morning; the"
    " ferries, which had waited at the quay, left four hours late.",
    "An inquiry will look at whether the ship should have been allowed to sail at all, given that"
    " her engine had failed twice in the past year.",
)
CHINESE = (
    "北港周二夜间大部分时间关闭，原因是一艘集装箱船在航道内失去动力，向防波堤漂去。",
    "两艘拖船在一小时内出动。船员事后说，大风使得带缆十分困难；"
    '详见<a href="../tugs">拖船</a>与<b>引航员</b>的报道。',
    "港务局周三上午发表声明称，无人受伤，也没有漏油；在码头等候的渡轮晚点四小时后离港。",
    "调查将关注这艘船是否本不应获准出航：记录显示，她的主机在过去一年里已经两次发生故障。",
)
TITLES = {ENGLISH: "Harbour closed after ship drifts", CHINESE: "集装箱船漂移，北港关闭"}
PICTURE = '<figure><img src="/i/ship.jpg" alt="The ship"></figure>'


def page(
    told: tuple[str, ...] = ENGLISH, *, title: str = "", more: str = PICTURE, head: str = ""
) -> str:
    """A page as sites make them: navigation, a title, the text, other stories, a footer."""
    title = title or TITLES.get(told, "A page")
    sections = "".join(f'<li><a href="/s{n}">Section {n}</a></li>' for n in range(12))
    others = "".join(f'<li><a href="/r{n}">Another story, number {n}</a></li>' for n in range(8))
    paragraphs = [f"<p>{x}</p>" for x in told]
    return (
        f"<!doctype html><html><head><title>{title} - Northport News</title>{head}</head><body>"
        f"<header><nav><ul>{sections}</ul></nav></header><div id=main><h1>{title}</h1>"
        f'<div class="article-content">{paragraphs[0]}{more}{"".join(paragraphs[1:])}</div></div>'
        f"<aside><h3>Most read</h3><ul>{others}</ul></aside>"
        "<footer>(C) 2026 Northport News. All rights reserved. Imprint</footer></body></html>"
    )


def found(
    body: str | bytes, title: str, announced: str, *, type: str = "text/html; charset=utf-8"
) -> str | None:
    body = body if isinstance(body, bytes) else body.encode()
    answer = Response(
        url="https://news.example/2026/07/ship", headers={"content-type": type}, body=body
    )
    return guarded(partial(fulltext.text, answer, title, announced))


def whole(told: tuple[str, ...], **about: str) -> str:
    got = found(page(told, **about), TITLES[told], f"<p>{told[0][:20]}…</p>")
    assert got is not None
    return got


# ── what is found in a page ──────────────────────────────────────────────────


@pytest.mark.parametrize("told", [ENGLISH, CHINESE])
def test_the_text_comes_with_its_links_and_images_and_without_what_is_around_it(
    told: tuple[str, ...],
) -> None:
    got = whole(told)

    assert all(part in got for part in (told[0], told[2], told[3]))
    assert '<a href="https://news.example/2026/tugs">' in got and "<strong>" in got
    assert '<img src="https://news.example/i/ship.jpg" alt="The ship"' in got
    assert not any(x in got for x in ("Section", "Another story", "Most read", "Imprint"))


@pytest.mark.parametrize("told", [ENGLISH, CHINESE])
def test_a_short_text_is_found_as_well(told: tuple[str, ...]) -> None:
    got = found(page((told[0], told[2])), TITLES[told], told[0][:20] + "…")

    assert got is not None and told[0] in got and told[2] in got
    assert "Another story" not in got


@pytest.mark.parametrize(
    ("charset", "type", "head"),
    [
        ("utf-8", "text/html", ""),
        ("gb18030", "text/html; charset=GBK", ""),
        ("gb18030", "text/html", "<meta charset=gb2312>"),
        ("gb18030", "text/html", ""),
        ("big5", "text/html", '<meta http-equiv=Content-Type content="text/html; charset=Big5">'),
        ("big5", "text/html", ""),
        ("utf-16", "text/html", ""),
    ],
)
def test_the_charset_of_a_page_is_read_right(charset: str, type: str, head: str) -> None:
    told = CHINESE if charset != "big5" else ("北港週二夜間關閉，一艘貨櫃船在航道內失去動力。",) * 3
    body = page(told, title="貨櫃船漂流" if charset == "big5" else "", head=head)

    got = found(body.encode(charset), "", told[0][:9] + "…", type=type)

    assert got is not None and told[0] in got


def test_images_that_are_loaded_late_are_shown() -> None:
    late = (
        '<p><img src="data:image/gif;base64,R0lGOD" data-src="/late?fmt=jpeg"></p>'
        '<p><img src="/s.gif" data-original="//cdn.example/a.webp"></p>'
        '<noscript><img src="/late?fmt=jpeg"></noscript>'
        '<picture><source srcset="/b.avif"><img srcset="/b-640.jpg 640w, /b.jpg 2x"></picture>'
        '<img src="/count" width="1" height="1">'
    )

    got = whole(ENGLISH, more=late)

    assert got.count("https://news.example/late?fmt=jpeg") == 1
    assert "https://cdn.example/a.webp" in got and "https://news.example/b-640.jpg" in got
    assert "count" not in got and "image.invalid" not in got


def test_references_are_relative_to_the_base_of_the_page() -> None:
    assert '"https://cdn.example/tugs"' in whole(ENGLISH, head='<base href="//cdn.example/a/b">')


def test_a_page_may_be_a_mere_fragment() -> None:
    bare = "".join(f"<p>{x}</p>" for x in ENGLISH)

    got = found(bare, "", ENGLISH[0][:30] + "…")

    assert got is not None and ENGLISH[3] in got


def test_code_stays_as_it_is() -> None:
    block = "<pre><code><i>x</i> = 1\n  y = 2</code></pre><p>Here <code>x</code> is short.</p>"

    got = whole(ENGLISH, more=block)

    assert "<pre>x = 1\n  y = 2</pre>" in got and "Here <code>x</code> is short" in got


@pytest.mark.parametrize(
    "odd",
    [
        '<p @click="open = true">{}</p>',
        "<p {{attributes}} on{}>{}</p>",
        '<p v-bind:x.y="1" x:y="2">{}</p>',
        "<p><o:p>{}</o:p></p>",
        '<p><x:y z:w="1">{}</x:y></p>',
        "<p><st1:place>{}</st1:place></p>",
        "<p><a<b>{}</p>",
    ],
)
def test_what_other_programs_leave_in_a_page_does_not_cost_its_text(odd: str) -> None:
    told = "Divers went down at noon and found the propeller caught in an old net."

    assert told in plain(
        whole(ENGLISH, more=odd[: odd.rindex("{}")] + told + odd[odd.rindex("{}") + 2 :])
    )


# ── what is refused ──────────────────────────────────────────────────────────


def test_a_text_that_is_whole_is_not_replaced() -> None:
    given = "".join(f"<p>{x}</p>" for x in ENGLISH)

    assert found(page(), TITLES[ENGLISH], given) is None


@pytest.mark.parametrize(
    "end", ["…", "...", "[…]", "Read more »", "Continue reading", "……阅读全文", "[查看更多]"]
)
def test_one_that_says_that_it_goes_on_is_replaced_though_little_is_missing(end: str) -> None:
    given = "".join(f"<p>{x}</p>" for x in ENGLISH[:3]) + f"<p>{ENGLISH[3][:50]} {end}</p>"

    assert found(page(), TITLES[ENGLISH], given) is not None


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("", "nothing in it"),
        (page(("", "")), "says nothing of it"),
        ("<html><head><title>Harbour closed</title></head><body><div id=app></div>", "no text"),
        (
            page(("Subscribe to read on, for the price of a coffee.",), title=TITLES[ENGLISH]),
            "less in its page",
        ),
        (
            page(
                (
                    "We and our 900 partners keep information on your device, and read it.",
                    "You may agree, or choose what each of them may do, on the next screen.",
                )
                * 4,
                title="Before you go on",
            ),
            "says nothing of it",
        ),
    ],
)
def test_what_is_not_the_text_is_told(body: str, said: str) -> None:
    given = " ".join(ENGLISH[:2]) + "…"

    with pytest.raises(ParseError, match=said):
        found(body, TITLES[ENGLISH], given)


def test_what_is_no_page_is_told() -> None:
    with pytest.raises(ParseError, match="application/pdf"):
        found(b"%PDF-1.7", "A title", "…", type="application/pdf")


# ── time and memory ──────────────────────────────────────────────────────────

HOSTILE = {
    "spans": "<p>" + "<span>x</span> " * 90_000,
    "doctype": "<!DOCTYPE " + "/" * 200_000,
    "breaks": "x<br>" * 90_000,
    "deep": "<div>" * 100_000,
    "bold": "<b>" * 20_000,
    "unclosed": "<a><b><p>x" * 20_000,
    "attributes": "<p " + " ".join(f"a{n}=1" for n in range(50_000)) + ">",
    "tables": "<table><tr><td>x" * 2_000,
    "five megabytes": "<p>" + "word " * 1_000_000,
}


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("aggregator.aside._WORKING", 2.0)


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_page_that_is_hostile_is_given_up_in_time(kind: str, short: None) -> None:
    hostile = page(more=HOSTILE[kind]) if kind != "doctype" else HOSTILE[kind] + page()
    answer = Response(url="https://a.example/1", body=hostile.encode())
    work = partial(guarded, partial(fulltext.text, answer, TITLES[ENGLISH], "The harbour…"))

    async def both() -> str | None:
        with contextlib.suppress(SourceError):
            await aside(work)
        good = Response(url="https://a.example/1", body=page().encode())
        return await aside(partial(fulltext.text, good, TITLES[ENGLISH], "The harbour…"))

    got = asyncio.run(both())

    assert got is not None and ENGLISH[3] in got


# ── the whole way ────────────────────────────────────────────────────────────


@pytest.fixture
def road(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Road:
    monkeypatch.setattr(robots, "_GAP", 0.0)
    return Road(tmp_path)


class Site:
    """A feed at /feed, whose items have their pages at /news/NAME; what is there may be changed."""

    def __init__(self) -> None:
        self.items: dict[str, str] = {}  # name: what the feed says of it
        self.pages: dict[str, str | Answer | Raw] = {}
        self.titles: dict[str, str] = {}
        self.more: dict[str, str] = {}
        self.robots = ""
        self.server: Server

    def tell(self, *names: str, told: tuple[str, ...] = ENGLISH) -> None:
        for name in names:
            self.titles[name] = f"{TITLES[told]} ({name})"
            own = (*told, f"<p>{name}: {told[0]}</p>")
            self.items[name] = f"<p>{told[0][:30]} {name}…</p>"
            self.pages[name] = page(own, title=self.titles[name])

    def __call__(self, asked: Asked) -> Answer | Raw:
        if asked.path == "/robots.txt":
            return Answer(body=self.robots.encode())
        if asked.path == "/feed":
            return Answer(body=self.feed().encode())
        there = self.pages.get(asked.path.removeprefix("/news/"))
        if there is None:
            return Answer(status=404)
        if not isinstance(there, str):
            return there
        return Answer(headers={"Content-Type": "text/html"}, body=there.encode())

    def feed(self) -> str:
        items = "".join(
            f'<item><guid isPermaLink="false">{name}</guid><title>{escape(self.titles[name])}'
            f"</title><link>{self.server.url}/news/{name}</link>{self.more.get(name, '')}"
            f"<pubDate>Wed, 01 Jul 2026 0{n % 10}:00:00 GMT</pubDate>"
            f"<description>{escape(said)}</description></item>"
            for n, (name, said) in enumerate(self.items.items())
        )
        return f"<rss version='2.0'><channel><title>F</title>{items}</channel></rss>"

    def asked(self) -> list[str]:
        """The names of the pages that were asked for, since the last time."""
        paths = [x.removeprefix("/news/") for x in self.server.paths if x.startswith("/news/")]
        self.server.asked.clear()
        return sorted(paths)


@pytest.fixture
def site(road: Road) -> Iterator[Site]:
    here = Site()
    with serving(here) as server:
        here.server = server
        road.config(f"news: {{url: '{server.url}/feed', full_text: true, content: full}}")
        yield here


def test_of_large_documents_few_wait_for_their_texts_and_the_others_come_later(road: Road) -> None:
    """What waits is in memory, and pages may hang."""
    road.config("".join(f"{n}: {{url: 'https://{n}.example/', full_text: true}}\n" for n in "abcd"))
    pages: list[str] = []

    async def poll(*, hanging: bool) -> list[Outcome]:
        answered = asyncio.Event()
        if not hanging:
            answered.set()

        async def web(request: Request) -> Response:
            if request.page:
                pages.append(request.url)
                await answered.wait()
                return Response(url=request.url, body=page().encode())
            news = f"<item><guid>1</guid><title>N</title><link>{request.url}news</link></item>"
            much = f"<!--{'x' * (9_000_000 if request.url != 'https://d.example/' else 9)}-->"
            return Response(url=request.url, body=f"<rss><channel>{news}{much}</channel></rss>".encode())  # fmt: skip

        def told(outcome: Outcome) -> None:
            waits = isinstance(outcome, Updated) and outcome.changes.problems
            if waits:  # it does not hold up the others, nor they it
                answered.set()

        async with app.Aggregator(road.settings, fetch=web, clock=lambda: road.now) as opened:
            async with asyncio.timeout(60):
                return await opened.poll(force=True, told=told)

    first = asyncio.run(poll(hanging=True))
    asked, pages[:] = list(pages), []
    road.later(hours=1)
    second = asyncio.run(poll(hanging=False))

    assert len(asked) == 3 and "https://d.example/news" in asked
    late = [x for x in first if isinstance(x, Updated) and x.changes.problems]
    assert [x.changes.problems for x in late] == [
        ("1 texts are still to be fetched; the next polls try",)
    ]
    assert pages == [f"https://{late[0].source}.example/news"]
    assert not any(isinstance(x, Updated) and x.changes.problems for x in second)


@pytest.mark.parametrize("told", [ENGLISH, CHINESE])
def test_an_excerpt_becomes_the_whole_text_and_no_page_is_read_twice(
    road: Road, site: Site, told: tuple[str, ...]
) -> None:
    site.tell("a", "b", told=told)

    first = road.run()
    second = road.run()

    assert (first.new, first.failed, second.new, second.changed) == (2, 0, 0, 0)
    assert site.asked() == ["a", "b"]
    entry = road.published()[0]
    content = text(entry, "content")
    assert told[3] in content and f"{site.server.url}/i/ship.jpg" in content
    assert f'href="{site.server.url}/tugs"' in content
    assert told[0][:30] in text(entry, "summary")
    assert hrefs(entry, "text") == []


def test_what_is_unsafe_in_a_page_is_not_published(road: Road, site: Site) -> None:
    site.tell("a")
    bad = "<p onclick='x()'>Mind the gap <a href='javascript:x()'>here</a><script>x()</script></p>"
    site.pages["a"] = page((ENGLISH[0], bad, *ENGLISH[1:]), title=site.titles["a"])

    road.run()

    (content,) = road.texts().values()
    assert "Mind the gap" in content
    assert not any(x in content for x in ("javascript", "onclick", "<script"))


@pytest.mark.parametrize(
    ("there", "said", "again"),
    [
        (Answer(status=404), "HTTP 404", True),
        (Answer(status=503), "HTTP 503", True),
        (Raw(reset=True), "", True),
        (Answer(headers={"Content-Type": "image/png"}, body=b"\x89PNG"), "image/png", False),
        (page(("Log in.",), title="Log in"), "says nothing of it", False),
        (Answer(status=302, headers={"Location": "/"}), "HTTP 404", True),
    ],
)
def test_one_page_that_fails_keeps_its_excerpt_and_harms_no_other(
    road: Road, site: Site, there: Answer | Raw | str, said: str, again: bool
) -> None:
    site.tell("a", "b")
    site.pages["a"] = there

    run = road.run()

    assert (run.new, run.failed) == (2, 0)
    texts = road.texts()
    assert ENGLISH[3] in texts[site.titles["b"]]
    assert texts[site.titles["a"]] == f"<p>{ENGLISH[0][:30]} a…</p>"
    (problem,) = [x for x in road.status()["news"]["problems"] if x.startswith("no text")]
    assert "no text for 1 of its entries" in problem and said in problem
    site.asked()
    site.tell("a")
    assert road.run().changed == again
    assert site.asked() == ["a"] * again


def test_robots_are_asked_and_heeded(road: Road, site: Site) -> None:
    site.tell("a", "b")
    site.robots = "User-agent: *\nDisallow: /news/a"

    run = road.run()

    assert run.failed == 0 and "/robots.txt" in site.server.paths
    assert site.asked() == ["b"]
    assert "robots.txt asks not to read" in str(road.status()["news"]["problems"])
    road.run()
    assert site.asked() == []


def test_a_feed_that_gives_all_keeps_its_own_text(road: Road, site: Site) -> None:
    site.tell("a")
    site.items["a"] = "<div>" + "".join(f"<p><i>{x}</i></p>" for x in ENGLISH) + "</div>"
    site.pages["a"] = page(ENGLISH, title=site.titles["a"])

    road.run()
    road.run()

    (content,) = road.texts().values()
    assert "<i>" in content
    assert site.asked() == ["a"]
    assert road.status()["news"]["problems"] == []


def test_only_words_that_change_are_a_reason_to_read_the_page_again(road: Road, site: Site) -> None:
    site.tell("a")
    road.run()
    site.more["a"] = (
        "<category>ships</category><slash:comments xmlns:slash='http://purl.org/rss/1.0/modules/slash/'>7</slash:comments>"
    )

    counted = road.run()

    assert site.asked() == ["a"] and counted.changed == 1
    (entry,) = road.published()
    assert ENGLISH[3] in text(entry, "content") and "ships" in str(road.entries())
    site.items["a"] = "<p>Corrected: the harbour was open…</p>"
    site.pages["a"] = page((*ENGLISH, "Corrected."), title=site.titles["a"])
    assert road.run().changed == 1
    assert site.asked() == ["a"] and "Corrected." in str(road.texts())
    assert road.run().changed == 0


def test_a_new_version_whose_page_fails_keeps_the_text_of_the_last(road: Road, site: Site) -> None:
    site.tell("a")
    road.run()
    site.items["a"] = "<p>Corrected…</p>"
    site.pages["a"] = Answer(status=500)

    road.run()

    assert ENGLISH[3] in str(road.texts()) and len(road.published()) == 1


def test_what_was_known_before_it_was_asked_for_is_left_as_it_is(road: Road, site: Site) -> None:
    site.tell("a")
    road.config(f"news: {{url: '{site.server.url}/feed'}}")
    road.run()
    road.config(f"news: {{url: '{site.server.url}/feed', full_text: true, content: full}}")
    site.tell("b")

    road.run()

    assert site.asked() == ["b"]
    assert len(road.published()) == 2


def test_a_home_page_is_no_entrys_page(road: Road, site: Site) -> None:
    site.tell("a")
    home = f"{site.server.url}/news/a"
    site.titles["a"] = "A title"
    original = site.feed
    site.feed = lambda: original().replace(home, f"{site.server.url}/")  # type: ignore[method-assign]

    assert road.run().failed == 0
    assert set(site.server.paths) == {"/feed"}


def test_a_page_that_is_hostile_holds_up_no_other(road: Road, site: Site, short: None) -> None:
    site.tell("a", "b")
    site.pages["a"] = page(more=HOSTILE["spans"], title=site.titles["a"])

    run = road.run()

    assert run.failed == 0
    assert ENGLISH[3] in road.texts()[site.titles["b"]]
    assert "could not be read within" in str(road.status()["news"]["problems"])


def test_what_a_hub_pushes_is_asked_for_so_that_its_texts_come_too(road: Road, site: Site) -> None:
    site.tell("a")
    sent = Response(url=f"{site.server.url}/feed", body=site.feed().encode())

    async def pushed() -> bool:
        async with app.Aggregator(road.settings, clock=lambda: road.now) as aggregator:
            _, complete = await aggregator.pipeline.take("news", sent)
            return complete

    assert not asyncio.run(pushed())
    road.run()
    assert ENGLISH[3] in str(road.texts())


def test_a_feed_cannot_have_pages_of_other_private_hosts_read(road: Road, site: Site) -> None:
    site.tell("a")
    with serving(lambda asked: Answer(body=page().encode())) as private:
        own, site.server = site.server, private
        feed = site.feed().encode()
        site.server = own
        own.handler = lambda asked: Answer(body=feed)
        road.run()

        assert private.paths == []
    assert "private address" in str(road.status()["news"]["problems"])


@pytest.mark.parametrize("command", [["-m", "aggregator"], ["{bin}/aggregator"]])
def test_the_command_reads_pages_as_well(road: Road, site: Site, command: list[str]) -> None:
    site.tell("a")
    bin = Path(sys.executable).parent

    told = subprocess.run(
        [sys.executable, *(x.format(bin=bin) for x in command), "run"],
        cwd=road.folder,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )

    assert ENGLISH[3] in str(road.texts()), told.stderr


# ── a story stays one ────────────────────────────────────────────────────────


def two(road: Road, site: Site, other: Callable[[], str]) -> str:
    """The config with another source, whose feed says what `other` gives."""

    def answer(asked: Asked) -> Answer | Raw:
        return Answer(body=other().encode()) if asked.path == "/other" else site(asked)

    site.server.handler = answer
    road.config(
        f"news: {{url: '{site.server.url}/feed', full_text: true, content: full}}\n"
        f"other: {{url: '{site.server.url}/other', content: full}}"
    )
    return site.server.url


def copy(title: str, said: str) -> str:
    return (
        "<rss version='2.0'><channel><title>O</title><item><guid isPermaLink='false'>o</guid>"
        f"<title>{escape(title)}</title><link>https://other.example/2026/copy</link>"
        f"<pubDate>Wed, 01 Jul 2026 03:00:00 GMT</pubDate><description>{escape(said)}"
        "</description></item></channel></rss>"
    )


@pytest.mark.parametrize("order", [["news", "other"], ["other", "news"]])
@pytest.mark.parametrize("tells", ["excerpt", "all"])
def test_a_copy_with_the_excerpt_or_with_all_of_it_is_the_same_story(
    road: Road, site: Site, order: list[str], tells: str
) -> None:
    site.tell("a")
    site.pages["a"] = page(ENGLISH, title=site.titles["a"])
    given = site.items["a"] if tells == "excerpt" else "".join(f"<p>{x}</p>" for x in ENGLISH)
    two(road, site, lambda: copy(site.titles["a"], given))

    for name in order:
        road.run(only=[name])

    assert len(road.entries()) == 2
    assert len(road.published()) == 1


@pytest.mark.parametrize("tells", ["excerpt", "all"])
def test_a_story_stays_one_when_its_text_comes_later(road: Road, site: Site, tells: str) -> None:
    site.tell("a")
    site.pages["a"] = Answer(status=503)
    given = site.items["a"] if tells == "excerpt" else "".join(f"<p>{x}</p>" for x in ENGLISH)
    two(road, site, lambda: copy(site.titles["a"], given))
    road.run()
    site.pages["a"] = page(ENGLISH, title=site.titles["a"])

    road.run()

    assert len(road.published()) == 1
    assert ENGLISH[3] in str(road.texts())


def test_two_texts_that_are_announced_alike_stay_two(road: Road, site: Site) -> None:
    with serving(other := Site()) as there:
        other.server = there
        for x, told in ((site, ENGLISH), (other, ENGLISH[::-1])):
            x.tell("a")
            x.titles["a"] = "Midday notices"
            x.items["a"] = "<p>All notices of this midday are on the page…</p>"
            x.pages["a"] = page((*told[:2], *told[:2]), title="Midday notices")
        road.config(
            f"news: {{url: '{site.server.url}/feed', full_text: true, content: full}}\n"
            f"other: {{url: '{there.url}/feed', full_text: true, content: full}}"
        )
        road.run()

    assert len(road.published()) == 2


# ── the config ───────────────────────────────────────────────────────────────


def test_it_is_off_unless_it_is_asked_for(tmp_path: Path) -> None:
    given = config.load("sources: {a: {url: 'https://a.example/'}}", folder=tmp_path)

    assert not given.source_values(tmp_path)[0].full_text


def test_an_api_that_says_where_its_texts_are_has_no_use_for_it(tmp_path: Path) -> None:
    api = "{title: t, text: {url: u}}"
    with pytest.raises(ConfigError, match=r"json\.text already says"):
        config.load(
            f"sources: {{a: {{url: 'https://a.example/', json: {api}, full_text: true}}}}",
            folder=tmp_path,
        )


def test_without_the_extra_the_config_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)

    with pytest.raises(ConfigError, match=r"config.yaml:1:.*full_text.*pip install"):
        config.load("sources: {a: {url: 'https://a.example/', full_text: true}}", folder=tmp_path)
    config.load("sources: {a: {url: 'https://a.example/', full_text: false}}", folder=tmp_path)
