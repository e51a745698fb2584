"""The true address of an entry, as its page declares it or a short link leads to it: what is believed,
and that each address is asked once."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from html import escape
from pathlib import Path

import pytest
from roads import Road
from servers import Answer, Asked, Server, serving
from world import hrefs

from aggregator import app, robots
from aggregator.errors import ParseError
from aggregator.formats import declared, guarded
from aggregator.link_origin import origin
from aggregator.model import KNOWN, Declared, Response

ASKED = "https://news.example/2026/07/ship"


def said(head: str, *, html: str = "<html lang=en>", url: str = ASKED) -> Declared:
    body = f"<!doctype html>{html}<head>{head}</head><body><p>A page</p></body></html>"
    answer = Response(url=url, headers={"content-type": "text/html"}, body=body.encode())
    return guarded(lambda: declared.declared(answer))


def canonical(href: str) -> str:
    return f'<link rel="canonical" href="{href}">'


# ── what a page says ─────────────────────────────────────────────────────────


def test_a_page_says_its_address_in_three_ways() -> None:
    page = said(
        "<link rel='shortlink canonical' href=' https://a.example/1 '>"
        "<meta property=og:url content=https://a.example/2><meta name='OG:URL' content=''>"
        '<script type="application/ld+json">[{"@graph": [{"@type": "NewsArticle",'
        ' "mainEntityOfPage": {"@type": "WebPage", "@id": "https://a.example/3"}}]},'
        ' {"@type": "BlogPosting", "mainEntityOfPage": "https://a.example/4"},'
        ' {"@type": "Organization", "mainEntityOfPage": "https://a.example/5"}]</script>'
        "<script type=application/ld+json>{broken</script>"
        "<link rel=alternate hreflang=zh href=https://a.example/zh/1>",
        html="<html lang='en-GB' ⚡>",
    )

    assert page == Declared(
        url=ASKED,
        canonical=("https://a.example/1",),
        og_url=("https://a.example/2",),
        main_entity=("https://a.example/3", "https://a.example/4"),
        language="en-GB",
        languages=(("zh", "https://a.example/zh/1"),),
        amp=True,
    )


def test_a_page_that_says_nothing_and_what_is_no_page() -> None:
    assert said("") == Declared(url=ASKED, language="en")
    with pytest.raises(ParseError):
        guarded(lambda: declared.declared(Response(url=ASKED, body=b"  ")))


def test_who_says_too_much_says_nothing() -> None:
    assert said("".join(canonical(f"https://a.example/{n}") for n in range(50))).canonical == ()


# ── what is believed ─────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("head", "better"),
    [
        (canonical("https://news.example/2026/07/the-ship?utm_source=x"), "https://news.example/2026/07/the-ship"),
        (canonical("https://www.news.example/s/1"), "https://www.news.example/s/1"),
        (canonical("http://blog.news.example/s/1"), "http://blog.news.example/s/1"),
        (canonical(ASKED + "/") + canonical(ASKED + "/"), ASKED + "/"),
        ("<meta property=og:url content=https://news.example/s/2>", "https://news.example/s/2"),
        (canonical("/s/1") + "<meta property=og:url content=https://news.example/s/2>", "https://news.example/s/2"),
        (canonical("https://news.example/") + "<meta property=og:url content=https://news.example/s/2>",
         "https://news.example/s/2"),
        ('<script type="application/ld+json">{"@type": "NewsArticle", "mainEntityOfPage":'
         ' "https://news.example/s/3"}</script>', "https://news.example/s/3"),
    ],
)  # fmt: skip
def test_a_page_is_believed_about_its_own_site(head: str, better: str) -> None:
    assert origin(ASKED, said(head), KNOWN) == better


@pytest.mark.parametrize(
    "head",
    [
        "",
        canonical("https://news.example/"),  # a template's mistake
        canonical("https://news.example"),
        canonical("https://other.example/2026/07/ship"),
        canonical("https://news.example.org/2026/07/ship"),
        canonical("/2026/07/the-ship"),
        canonical("the-ship"),
        canonical("javascript:void(0)"),
        canonical("https://news.example/a") + canonical("https://news.example/b"),
        canonical("https://news.example/a") + canonical("/b"),
        canonical("https://t.co/abc"),
        canonical("https://news.example/zh/2026/07/ship"),
        canonical("https://zh.news.example/2026/07/ship"),
        canonical("https://news.example/2026/07/ship?lang=zh"),
        canonical("https://news.example/7") + "<link rel=alternate hreflang=zh href=https://news.example/7>",
    ],
)  # fmt: skip
def test_a_page_is_not_believed_about_another(head: str) -> None:
    assert origin(ASKED, said(head), KNOWN) is None


def test_an_owners_domain_is_not_that_of_his_neighbour() -> None:
    asked = "https://one.github.io/n"

    assert origin(asked, said(canonical("https://two.github.io/n"), url=asked), KNOWN) is None
    assert origin("https://a.co.uk/n", said(canonical("https://b.co.uk/n")), KNOWN) is None


def test_a_page_made_for_a_cache_says_whose_it_is() -> None:
    page = said(canonical("https://paper.example/n"), html="<html lang=en amp>")

    assert origin(ASKED, page, KNOWN) == "https://paper.example/n"
    assert (
        origin(ASKED, said(canonical("https://paper.example/"), html="<html amp>"), KNOWN) is None
    )


SHORT = "https://t.co/abc"


@pytest.mark.parametrize(
    ("led_to", "head", "better"),
    [
        (ASKED + "?utm_source=t", "", ASKED),
        (ASKED, canonical("https://news.example/s/1"), "https://news.example/s/1"),
        (ASKED, canonical("https://other.example/s/1"), ASKED),
        ("https://news.example/", "", None),
        (SHORT, "", None),
        ("https://bit.ly/x", "", None),
        (SHORT, canonical("https://paper.example/n"), "https://paper.example/n"),
        ("https://news.google.com/rss/articles/CBMiAU_yqLx", "", None),
    ],
)
def test_a_short_link_is_where_it_leads(led_to: str, head: str, better: str | None) -> None:
    assert origin(SHORT, said(head, url=led_to), KNOWN) == better


def test_another_redirect_is_nobodys_word() -> None:
    assert origin(ASKED, said("", url="https://news.example/agree?to=x"), KNOWN) is None


# ── in the real program ──────────────────────────────────────────────────────

TEXT = "".join(
    f"<p>{x}</p>"
    for x in (
        "The harbour of Northport was closed for most of Tuesday night, after a ship lost power.",
        "Two tugs were sent out within the hour, and their crews said that the wind was hard.",
        "Nobody was hurt, and no oil was lost, the port authority said on Wednesday morning.",
        "An inquiry will look at whether the ship should have been allowed to sail at all, given"
        " that her engine had failed twice in the past year, and nobody had told the harbour.",
    )
)


class Web:
    """A feed at /feed, whose entries link to `links`; and pages, by path."""

    def __init__(self) -> None:
        self.links: dict[str, str] = {}
        self.answers: dict[str, Answer] = {}
        self.said = "The harbour of Northport was closed…"
        self.robots = b""
        self.server: Server

    def page(self, path: str, head: str = "") -> None:
        body = f"<html lang=en><head><title>T</title>{head}</head><body><h1>Harbour</h1>{TEXT}</body></html>"
        self.answers[path] = Answer(headers={"Content-Type": "text/html"}, body=body.encode())

    def __call__(self, asked: Asked) -> Answer:
        if asked.path == "/robots.txt":
            return Answer(body=self.robots)
        if asked.path == "/feed":
            return Answer(body=self.feed())
        return self.answers.get(asked.path, Answer(status=404))

    def feed(self) -> bytes:
        items = "".join(
            f"<item><guid isPermaLink='false'>{name}</guid><title>Harbour closed ({name})</title>"
            f"<link>{escape(self.server.url + link)}</link>"
            f"<description>{name}: {escape(self.said)}</description></item>"
            for name, link in self.links.items()
        )
        return f"<rss version='2.0'><channel><title>F</title>{items}</channel></rss>".encode()

    def asked(self, path: str) -> int:
        return self.server.paths.count(path)


@pytest.fixture
def road(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Road:
    monkeypatch.setattr(robots, "_GAP", 0.0)
    return Road(tmp_path)


@pytest.fixture
def web(road: Road) -> Iterator[Web]:
    here = Web()
    with serving(here) as server:
        here.server = server
        yield here


def published(road: Road) -> list[str]:
    return sorted(x for e in road.published() for x in hrefs(e, "alternate"))


def test_a_page_that_is_read_for_its_text_gives_the_link_too(road: Road, web: Web) -> None:
    road.config(f"news: {{url: '{web.server.url}/feed', full_text: true}}")
    web.links = {"a": "/short/1"}
    web.page("/short/1", canonical(f"{web.server.url}/2026/harbour-closed"))

    road.run()

    assert published(road) == [f"{web.server.url}/2026/harbour-closed"]
    (entry,) = road.entries()
    assert entry["source_link"] == f"{web.server.url}/short/1"
    assert hrefs(road.published()[0], "via") == []


def test_the_link_stays_when_only_other_things_change(road: Road, web: Web) -> None:
    road.config(f"news: {{url: '{web.server.url}/feed', full_text: true}}")
    web.links = {"a": "/short/1"}
    web.page("/short/1", canonical(f"{web.server.url}/2026/harbour-closed"))
    road.run()
    before = published(road)

    feed = web.feed
    web.feed = lambda: feed().replace(b"</item>", b"<category>ships</category></item>")  # type: ignore[method-assign]
    road.later(hours=2)
    road.run()

    assert published(road) == before
    assert web.asked("/short/1") == 1


def shortened(road: Road, web: Web, *names: str) -> None:
    road.config(
        "\n".join(f"{x}: {{url: '{web.server.url}/feed?{x}'}}" for x in names),
        more="links: {resolve: [127.0.0.1]}\n",
    )
    feed = web.__call__
    web.server.handler = lambda asked: (
        Answer(body=web.feed()) if asked.path.startswith("/feed?") else feed(asked)
    )


def test_a_short_link_is_asked_once_whoever_has_it(road: Road, web: Web) -> None:
    shortened(road, web, "one", "two")
    web.links = {"a": "/s/1"}
    web.answers["/s/1"] = Answer(status=301, headers={"Location": f"{web.server.url}/n"})
    web.page("/n", canonical("https://paper.example/harbour"))

    road.run()
    web.said = "Another text, and so a new version of the entry…"
    road.later(hours=2)
    road.run()

    assert published(road) == ["https://paper.example/harbour"]
    assert {e["url"] for e in road.entries()} == {"https://paper.example/harbour"}
    assert web.asked("/s/1") == 1


@pytest.mark.parametrize("robots_txt", [b"", b"User-agent: *\nDisallow: /s/\n"])
def test_one_that_leads_nowhere_is_not_asked_again(road: Road, web: Web, robots_txt: bytes) -> None:
    shortened(road, web, "one")
    web.robots = robots_txt
    web.links = {"a": "/s/1", "b": "/s/2"}

    road.run()
    web.said = "Another text, and so a new version of the entry…"
    road.later(hours=2)
    road.run()

    assert published(road) == [f"{web.server.url}/s/1", f"{web.server.url}/s/2"]
    assert web.asked("/s/1") == web.asked("/s/2") == (0 if robots_txt else 1)


def test_what_a_hub_pushes_is_asked_for_so_that_its_links_are_too(road: Road, web: Web) -> None:
    shortened(road, web, "one")
    web.links = {"a": "/s/1"}
    web.page("/s/1", canonical("https://paper.example/harbour"))

    async def pushed() -> bool:
        async with app.Aggregator(road.settings, clock=lambda: road.now) as aggregator:
            sent = Response(url=f"{web.server.url}/feed?one", body=web.feed())
            _, complete = await aggregator.pipeline.take("one", sent)
            return complete

    assert not asyncio.run(pushed())
    road.run()
    assert published(road) == ["https://paper.example/harbour"]
    assert asyncio.run(pushed())


def test_no_short_link_is_asked_unless_the_config_says_so(road: Road, web: Web) -> None:
    road.config(f"one: {{url: '{web.server.url}/feed'}}", more="links: {opaque: [127.0.0.1]}\n")
    web.links = {"a": "/s/1"}

    road.run()

    assert web.asked("/s/1") == 0
    assert published(road) == [f"{web.server.url}/s/1"]
