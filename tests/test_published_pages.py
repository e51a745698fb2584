"""Pages among the documents: where they stand, how they lead to each other, what may go wrong."""

import re
import shutil
import sqlite3
from pathlib import Path
from urllib.parse import unquote, urljoin, urlsplit

import pytest
from world import Item, World, rss

from aggregator import app

SITE = "https://planet.example/"
CONFIG = (
    "site: {{title: Planet, url: 'https://planet.example/', id: 'tag:planet.example,2026:p'}}\n"
    "output: {{formats: [atom, html], entries: 2, archive: monthly{0}}}\n"
    "sources:\n"
    "  a: {{url: 'https://a.example/feed', categories: [财经], content: full}}\n"
    "  b: {{url: 'https://b.example/feed', categories: [sea], content: full}}\n"
)


def item(name: str, month: str = "Mar") -> Item:
    return Item(
        id=f"urn:{name}",
        link=f"https://x.example/{name}",
        title=f"Title {name}",
        text=f"<p>{name} tells of something that no other tells of.</p>",
        date=f"02 {month} 2026 10:00:00 GMT",
    )


@pytest.fixture
def world(tmp_path: Path) -> World:
    made = World(tmp_path)
    made.config(CONFIG.format(""))
    made.serve("a", rss(item("one", "Jan"), item("two", "Feb"), item("three"), item("four")))
    made.serve("b", rss(item("five")))
    return made


def feeds(world: World) -> Path:
    return world.folder / "feeds"


def page(world: World, name: str = "index.html") -> str:
    return (feeds(world) / name).read_text("utf-8")


def test_there_is_a_page_beside_each_document_and_one_in_front(world: World) -> None:
    world.run()
    documents = {p.relative_to(feeds(world)) for p in feeds(world).rglob("*.atom")}
    pages = {p.relative_to(feeds(world)) for p in feeds(world).rglob("*.html")}

    assert len(documents) > 4
    assert pages == {p.with_suffix(".html") for p in documents} | {Path("index.html")}


def test_every_reference_leads_to_a_file_that_is_there(world: World) -> None:
    world.run()
    led = set()
    for file in feeds(world).rglob("*.html"):
        for href in re.findall(r'(?:href|action)="([^"#]+)"', file.read_text("utf-8")):
            there = urlsplit(urljoin(file.as_uri(), href.removeprefix(SITE)))
            if there.scheme == "file" and SITE not in href:
                led.add((file.name, unquote(there.path)))

    assert len(led) > 20
    assert [x for x in led if not Path(x[1]).exists()] == []


def test_a_document_names_its_page_and_the_stylesheet_for_browsers(world: World) -> None:
    world.run()

    for file in feeds(world).rglob("*.atom"):
        body = file.read_text("utf-8")
        (style,) = re.findall(r'<\?xml-stylesheet type="text/css" href="([^"]+)"\?>', body)
        assert (file.parent / style).resolve() == (feeds(world) / "feed.css").resolve()
        (alternate,) = re.findall(
            r'<link href="(https://planet[^"]+)" rel="alternate"', body.partition("<entry")[0]
        )
        assert (feeds(world) / unquote(alternate.removeprefix(SITE))).exists()


def test_a_second_run_writes_no_page(world: World) -> None:
    world.run()
    before = {p: p.stat().st_mtime_ns for p in feeds(world).rglob("*")}

    assert world.run().written == ()
    assert {p: p.stat().st_mtime_ns for p in feeds(world).rglob("*")} == before


def test_a_new_story_stands_on_the_front_page(world: World) -> None:
    world.run()
    world.serve("b", rss(item("six", "Apr"), item("five")))
    world.later(days=60)
    written = world.run().written

    assert "Title six" in page(world)
    assert set(written) >= {"sea.html", "all.html"}
    assert "财经.html" not in written


def test_a_front_page_that_is_gone_is_written_anew(world: World) -> None:
    world.run()
    (feeds(world) / "index.html").unlink()

    world.run()
    assert (feeds(world) / "index.html").is_file()


def test_an_index_of_ones_own_is_left_alone_and_that_is_told(world: World) -> None:
    feeds(world).mkdir()
    (feeds(world) / "index.html").write_text("<h1>Mine</h1>")
    summary = world.run()

    assert page(world) == "<h1>Mine</h1>"
    assert any("index.html" in note for note in summary.notes)


def test_pages_have_a_form_where_somebody_answers_it(world: World) -> None:
    world.config(CONFIG.format(", search: true"))
    world.run()

    assert '<form class="search" role="search" action="./search"' in page(world, "sea.html")
    assert 'href="opensearch.xml"' in page(world)


# ── templates and rules of one's own ─────────────────────────────────────────


@pytest.fixture
def own(world: World) -> Path:
    """The folder of templates."""
    world.config(CONFIG.format(", templates: mine, css: mine.css"))
    folder = world.folder / "mine"
    folder.mkdir()
    (world.folder / "mine.css").write_text("h1 { color: teal }")
    return folder


def test_ones_own_template_is_taken_and_rewrites_the_pages_when_it_changes(
    world: World, own: Path
) -> None:
    mine = '{% extends "default/page.html" %}{% block main %}<h1>My {{ title }}</h1>{% endblock %}'
    (own / "page.html").write_text(mine)
    world.run()
    assert "<h1>My sea</h1>" in page(world, "sea.html")
    assert page(world, "style.css").endswith("h1 { color: teal }")

    (own / "page.html").write_text(mine.replace("title }}", "title | upper }}"))
    world.run()
    assert "<h1>My SEA</h1>" in page(world, "sea.html")


def test_a_broken_template_keeps_the_last_good_pages_and_holds_no_feed_back(
    world: World, own: Path
) -> None:
    world.run()
    before = page(world, "sea.html")
    (own / "page.html").write_text("{% for s in stories %}\n{{ s.nothing }}{% endfor %}")
    world.serve("b", rss(item("six", "Apr"), item("five")))
    world.later(days=60)
    summary = world.run()

    assert page(world, "sea.html") == before
    assert "Title six" in (feeds(world) / "sea.atom").read_text("utf-8")
    assert any("templates/page.html:2" in x for x in summary.unwritten)

    (own / "page.html").unlink()
    world.run()
    assert "Title six" in page(world, "sea.html")


def test_templates_that_are_not_there_hold_no_feed_back(world: World, own: Path) -> None:
    own.rmdir()
    summary = world.run()

    assert (feeds(world) / "sea.atom").exists()
    assert not (feeds(world) / "sea.html").exists()
    assert any("mine" in x for x in summary.unwritten)


def test_check_tells_what_is_wrong_in_a_template(world: World, own: Path) -> None:
    (own / "page.html").write_text("\n{% if %}")
    given = app.settings(world.folder / "config.yaml")

    assert any("templates/page.html:2" in x for x in app.notes(given))


def test_the_rights_and_the_licence_of_a_source_stand_beside_its_stories(world: World) -> None:
    licensed = (
        b"<copyright>(c) The Harbour Office</copyright>"
        b"<cc:license xmlns:cc='http://backend.userland.com/creativeCommonsRssModule'>"
        b"https://creativecommons.org/licenses/by/4.0/</cc:license><item>"
    )
    world.serve("b", rss(item("five")).replace(b"<item>", licensed, 1))
    world.run()

    assert "(c) The Harbour Office" in page(world, "sea.html")
    assert '<a rel="license" href="https://creativecommons.org/licenses/by/4.0/">' in page(
        world, "sea.html"
    )


def test_pages_lead_to_the_archive_month_by_month(world: World) -> None:
    world.run()
    archived = {p.name for p in (feeds(world) / "archive").glob("all-*.html")}
    assert len(archived) == 3

    for name in ("all.html", "index.html"):
        (nav,) = re.findall(r'<nav class="archives".*?</nav>', page(world, name), re.DOTALL)
        led = re.findall(r'<a href="archive/([^"]+)">([^<]+)</a>', nav)
        assert {at for at, _ in led} == archived
        assert [month for _, month in led] == sorted({m for _, m in led}, reverse=True)
    assert 'class="archives"' not in page(world, "sea.html")


def test_of_a_month_with_several_pages_the_newest_is_named(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("aggregator.publish._MOST", 1)
    monkeypatch.setattr("aggregator.publish._LISTED_MONTHS", 1)
    items = [item(f"more-{n}", "Jan") for n in range(5)]
    world.serve("a", rss(*items))
    world.run()

    led = re.findall(r'<a href="(archive/all-[^"]+)">([^<]+)</a>', page(world))
    assert led == [("archive/all-2026-01-4.html", "2026-01")]


def test_a_template_whose_stories_are_no_html_empties_no_page(world: World) -> None:
    world.run()
    before = page(world, "sea.html")
    (world.folder / "own").mkdir()
    (world.folder / "own" / "story.html").write_text(
        '{% extends "default/story.html" %}{% block story %}<div>{{ super() }}{% endblock %}'
    )
    (world.folder / "own" / "page.html").write_text(
        '{% extends "default/page.html" %}{% block bottom %}<div>{{ super() }}{% endblock %}'
    )
    world.config(CONFIG.format(", templates: own"))
    world.serve("b", rss(item("five"), item("six")))

    summary = world.run()

    assert page(world, "sea.html") == before
    assert "Title six" in page(world, "sea.atom") and "Title six" in page(world, "all.atom")
    told = [x for x in summary.unwritten if x.startswith("sea: ")]
    assert len(told) == 1 and "not valid, the last one stays" in told[0]


def test_an_entry_that_the_store_cannot_give_stops_no_document(world: World) -> None:
    world.run()
    with sqlite3.connect(world.folder / "aggregator.db") as store:
        store.execute("UPDATE entry SET document = 'spoilt' WHERE source_entry_id = 'urn:five'")
    world.serve("b", rss(item("five"), item("six")))
    shutil.rmtree(feeds(world))

    summary = world.run()

    assert "Title six" in page(world, "all.atom") and "Title six" in page(world, "sea.html")
    assert set(summary.unwritten) == {
        f"{output}: left out 'urn:five': the store holds nothing of it that can be read"
        for output in ("all", "sea")
    }
