"""Search, as the daemon answers it: a page, JSON, and the description that browsers read."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import quote
from xml.etree import ElementTree

import pytest
from servers import Answer, Asked, free_port, serving, until
from test_serve import Daemon
from world import Item, rss

OPEN = "{http://a9.com/-/spec/opensearch/1.1/}"
STORIES = (
    Item(id="1", link="https://n.example/1", title="智能手機 & <more>", text="<p>新的軟體。</p>"),
    Item(id="2", link="https://n.example/2", title="The night ferry",
         text="<p>It returns to the harbour. <b>Once</b> a day &amp; night.</p>"),
    *(Item(id=f"m{n}", link=f"https://n.example/m{n}", title=f"Market {n} of the day",
           text=f"<p>Figures of day {n * 37} for those who trade {n * 91}.</p>")
      for n in range(45)),
)  # fmt: skip


def answer(asked: Asked) -> Answer:
    if asked.path == "/short":
        text = "<p>First sentence. " + "filler " * 80 + "The treasure is here.</p>"
        return Answer(body=rss(Item(id="x", link="https://x.example/", text=text)))
    return Answer(body=rss(*STORIES))


@pytest.fixture
def daemon(tmp_path: Path) -> Iterator[Daemon]:
    yield from running(Daemon(tmp_path, free_port()))


@pytest.fixture(scope="module")
def searched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    """One that knows the stories."""
    with serving(answer) as web:
        for made in running(Daemon(tmp_path_factory.mktemp("searched"), free_port())):
            made.config({"news": f"{web.url}/feed"}, more="output: {search: true}\n")
            made.start()
            until(lambda: found(made, "market"), what="stories to be found")  # noqa: B023
            yield made


def running(made: Daemon) -> Iterator[Daemon]:
    yield made
    assert made.stop() == 0
    assert "Traceback" not in made.log and "please report it" not in made.log


def asked(daemon: Daemon, query: str, **more: str) -> dict[str, Any]:
    words = "".join(f"&{name.rstrip('_')}={quote(value)}" for name, value in more.items())
    got = daemon.get(f"/search.json?q={quote(query)}{words}")
    assert got.status == 200, got.body
    answer: dict[str, Any] = json.loads(got.body)
    return answer


def found(daemon: Daemon, query: str, **more: str) -> list[str]:
    return [x["id"] for x in asked(daemon, query, **more)["results"]]


class Page(HTMLParser):
    """The tags of a page, its marks, links, and what is told."""

    def __init__(self, body: bytes) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: dict[str, str] = {}
        self.marks: list[str] = []
        self.text = ""
        self.feed(body.decode())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        given = dict(attrs)
        if tag in ("a", "link"):
            self.links[given.get("rel") or given["href"] or ""] = given["href"] or ""

    def handle_data(self, data: str) -> None:
        self.text += data
        if self.tags and self.tags[-1] == "mark":
            self.marks.append(data)

    def handle_endtag(self, tag: str) -> None:
        if tag == "mark":
            self.tags.append("")


def test_stories_are_found_with_what_was_searched_in_them(searched: Daemon) -> None:
    (one,) = asked(searched, "智能 软件")["results"]

    assert one["url"] == "https://n.example/1"
    assert one["title"] == "智能手機 & <more>"
    assert one["title_hits"] == [[0, 2]]
    assert [one["snippet"][a:b] for a, b in one["snippet_hits"]] == ["軟體"]
    assert one["source"]["title"] == "A feed"
    assert one["published"] == "2026-04-01T10:00:00Z"

    page = searched.get("/search?q=" + quote("智能 <b>'\""))
    assert page.status == 200
    read = Page(page.body)
    assert not {"b", "more", "script"} & set(read.tags)
    assert "智能 <b>'\" · Planet" in read.text

    read = Page(searched.get("/search?q=" + quote("智能")).body)
    assert read.marks == ["智能"]
    assert "https://n.example/1" in read.links
    assert "智能手機 & <more>" in read.text.replace("\n", "")


def test_pages_of_what_was_found_lead_to_each_other(searched: Daemon) -> None:
    first = asked(searched, "market")
    assert len(first["results"]) == 20

    ids, following = [x["id"] for x in first["results"]], first["next"]
    while following:
        answer = json.loads(searched.get(f"/{following}").body)
        ids += [x["id"] for x in answer["results"]]
        following = answer["next"]
    assert len(ids) == len(set(ids)) == 45

    read = Page(searched.get("/search?q=market&page=2").body)
    assert {"search?q=market&page=1", "search?q=market&page=3"} <= set(read.links)
    for strange in ("0", "-1", "x", "", "9999", "99999999", "²"):
        assert searched.get(f"/search?q=market&page={quote(strange)}").status == 200


def test_a_search_may_be_within_a_category(searched: Daemon) -> None:
    assert found(searched, "ferry", in_="财经") == found(searched, "ferry") != []
    assert found(searched, "ferry", in_="all") != []
    assert found(searched, "ferry", in_="none") == []


def test_nothing_that_is_typed_is_an_error(searched: Daemon) -> None:
    for typed in (
        '"',
        "AND",
        "a%20OR",
        "NEAR(",
        "x" * 3000,
        "%00",
        "%ff%fe",
        "%ED%A0%80",
        "-",
        "*",
    ):
        assert searched.get(f"/search?q={typed}").status == 200, typed
        assert searched.get(f"/search.json?q={typed}").status == 200, typed
    assert searched.get("/search").status == 200
    assert searched.get("/search", "POST").status == 405


def test_whoever_accepts_json_gets_it(searched: Daemon) -> None:
    got = searched.get("/search?q=ferry", Accept="application/json")

    assert got.headers["content-type"] == "application/json"
    assert got.headers["vary"] == "Accept"
    page = searched.get("/search?q=ferry", Accept="text/html,application/json;q=0.5")
    assert page.headers["content-type"].startswith("text/html")


def test_a_page_of_results_lets_nothing_in(searched: Daemon) -> None:
    headers = searched.get("/search?q=ferry").headers

    assert headers["content-security-policy"].startswith("default-src 'none'")
    assert headers["x-robots-tag"] == "noindex"
    assert headers["referrer-policy"] == "no-referrer"


def test_browsers_learn_how_to_search_here(searched: Daemon) -> None:
    for path in ("/", "/search"):
        assert Page(searched.get(path).body).links["search"] == "opensearch.xml"

    got = searched.get("/opensearch.xml")

    assert got.headers["content-type"].startswith("application/opensearchdescription+xml")
    description = ElementTree.fromstring(got.body)
    assert description.findtext(f"{OPEN}ShortName") == "Planet"
    templates = {x.get("type"): x.get("template") for x in description.findall(f"{OPEN}Url")}
    assert templates["text/html"] == "https://p.example/search?q={searchTerms}&page={startPage?}"


def test_no_more_is_shown_than_is_published(daemon: Daemon) -> None:
    with serving(answer) as web:
        daemon.config({"x": f"{web.url}/short', content: 'excerpt"})
        daemon.start()
        until(lambda: found(daemon, "treasure"), what="the story to be found")

    (one,) = asked(daemon, "treasure")["results"]
    assert "treasure" not in one["snippet"]
    assert one["snippet"].startswith("First sentence.")


def test_search_can_be_off(daemon: Daemon) -> None:
    with serving(answer) as web:
        daemon.config({"news": f"{web.url}/feed"})
        text = (daemon.folder / "config.yaml").read_text("utf-8")
        off = text.replace("serve: {", "serve: {search: false, ")
        (daemon.folder / "config.yaml").write_text(off, encoding="utf-8")
        daemon.start()

        until(lambda: daemon.get("/all.atom").status == 200)

    assert daemon.get("/search?q=x").status == daemon.get("/opensearch.xml").status == 404
    assert "search" not in Page(daemon.get("/").body).links


def test_what_comes_while_many_search_is_saved_and_found(daemon: Daemon) -> None:
    with serving(answer) as web, ThreadPoolExecutor(40) as many:
        daemon.config({"news": f"{web.url}/feed"})
        daemon.start()

        statuses = list(many.map(lambda n: daemon.get(f"/search?q=market+{n}").status, range(200)))

        until(lambda: len(found(daemon, "market")) == 20, what="stories to be found")
    assert set(statuses) <= {200, 503}
    assert statuses.count(200) >= 20
