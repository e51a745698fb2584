"""`output.layout: jekyll` in the place of jekyll-feed: what that says, by the real program, stands in
jekyll/feeds.json."""

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import yaml
from world import ATOM, Item, World, hrefs, rss, text

from aggregator import app
from aggregator.formats.jekyll.absolute import absolute

_SITES: list[dict[str, Any]] = json.loads(
    (Path(__file__).parent / "jekyll" / "feeds.json").read_text(encoding="utf-8")
)


def replaced(folder: Path, files: dict[str, str], more: str = "") -> World:
    """The site, with our feeds for its own."""
    world = World(folder)
    for path, body in files.items():
        (folder / "site" / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / "site" / path).write_text(body, encoding="utf-8")
    site = yaml.safe_load(files["_config.yml"])
    address = f"{site['url']}{site.get('baseurl', '')}".rstrip("/")
    world.config(
        f"site: {{title: Site, url: '{address}/'}}\n"
        "posts: [{path: site, reads: jekyll, links: own}]\n"
        f"output: {{layout: jekyll, entries: 100}}\n{more}"
    )
    return world


def feed(path: Path) -> dict[str, Any]:
    root = ElementTree.parse(path).getroot()
    entries = root.findall(f"{ATOM}entry")
    return {
        "id": text(root, "id"),
        "self": hrefs(root, "self")[0],
        "entries": {text(e, "id"): hrefs(e, "alternate")[0] for e in entries},
    }


@pytest.mark.parametrize(
    "site",
    _SITES,
    ids=lambda site: yaml.safe_load(site["files"]["_config.yml"]).get("permalink", "date"),
)
def test_every_id_link_and_address_is_what_jekyll_feed_gives(site: dict[str, Any], tmp_path: Path):
    replaced(tmp_path, site["files"]).run()

    assert {path: feed(tmp_path / "feeds" / path) for path in site["feeds"]} == {
        path: told | {"entries": {e["id"]: e["link"] for e in told["entries"]}}
        for path, told in site["feeds"].items()
    }


def test_a_story_keeps_its_id_whatever_becomes_of_its_page(tmp_path: Path):
    post = {"_posts/2026-01-02-a.md": "---\ntitle: A\n---\nText of it.\n"}
    config = "url: https://ex.example\n"
    world = replaced(tmp_path, {"_config.yml": config} | post)
    world.run()
    (tmp_path / "site/_config.yml").write_text(config + "permalink: pretty\nbaseurl: /b\n")
    world.run()

    assert feed(tmp_path / "feeds/feed.xml")["entries"] == {
        "https://ex.example/2026/01/02/a": "https://ex.example/b/2026/01/02/a/"
    }


def test_what_was_published_before_keeps_its_id_and_its_address(tmp_path: Path):
    post = {"_posts/2026-01-02-a.md": "---\ntitle: A\ncategories: [Two Words]\n---\nText of it.\n"}
    world = replaced(tmp_path, {"_config.yml": "url: https://ex.example\n"} | post)
    jekyll = (tmp_path / "config.yaml").read_text()
    world.config(jekyll.replace("layout: jekyll", "layout: plain"))
    world.run()
    (before,) = world.published()
    world.config(jekyll)
    world.run()

    assert list(feed(tmp_path / "feeds/feed.xml")["entries"]) == [text(before, "id")]
    assert (tmp_path / "feeds/feed/two-words.xml").exists()


def test_stories_of_feeds_are_in_the_same_documents_under_their_own_ids(tmp_path: Path):
    sources = "sources: {a: {url: 'https://a.example/feed', categories: [Two Words]}}\n"
    world = replaced(
        tmp_path, {"_config.yml": "url: https://ex.example\n", "_posts/.keep": ""}, sources
    )
    world.serve("a", rss(Item(id="urn:a:1", link="https://a.example/1")))
    world.run()

    found = feed(tmp_path / "feeds/feed/Two Words.xml")
    assert found == {
        "id": "https://ex.example/feed/Two%20Words.xml",
        "self": "https://ex.example/feed/Two%20Words.xml",
        "entries": {"urn:a:1": "https://a.example/1"},
    }


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("../out", "out"),
        ("a/b", "a-b"),
        (".hidden", "hidden"),
        ("all", "all-2"),
        ("C#", "C#"),
        ("x" * 200, None),
    ],
)
def test_a_category_never_leads_out_of_the_folder(tmp_path: Path, name: str, path: str | None):
    sources = f"sources: {{a: {{url: 'https://a.example/feed', categories: ['{name}']}}}}\n"
    world = replaced(
        tmp_path, {"_config.yml": "url: https://ex.example\n", "_posts/.keep": ""}, sources
    )
    world.serve("a", rss(Item(id="urn:a:1", link="https://a.example/1")))
    world.run()

    (found,) = (tmp_path / "feeds/feed").glob("*.xml")
    assert path is None or found.name == f"{path}.xml"
    assert len(found.name) < 160


def test_the_source_of_an_own_post_is_the_feed_of_everything(tmp_path: Path):
    files = {"_config.yml": "url: https://ex.example\n", "_posts/2026-01-02-a.md": "Text of it.\n"}
    replaced(tmp_path, files).run()

    root = ElementTree.parse(tmp_path / "feeds/feed.xml").getroot()
    assert root.findtext(f"{ATOM}entry/{ATOM}source/{ATOM}id") == "https://ex.example/feed.xml"


def test_other_formats_and_archive_pages_are_where_they_always_are(tmp_path: Path):
    posts = {
        f"_posts/2026-01-{day:02}-a.md": f"---\ntitle: Story {day}\n---\nText {day}.\n"
        for day in range(1, 10)
    }
    world = replaced(tmp_path, {"_config.yml": "url: https://ex.example\n"} | posts)
    text = (tmp_path / "config.yaml").read_text()
    world.config(text.replace("entries: 100", "entries: 3, archive: monthly, formats: [atom, rss]"))
    world.run()

    found = {
        p.relative_to(tmp_path / "feeds").as_posix()
        for p in (tmp_path / "feeds").rglob("*.*")
        if p.suffix in (".xml", ".atom", ".rss")
    }
    assert found == {"feed.xml", "all.rss", "archive/all-2026-01.atom", "archive/all-2026-01.rss"}


@pytest.mark.parametrize(
    ("path", "url", "baseurl", "made"),
    [
        ("/a b", "https://ex.example", "", "https://ex.example/a%20b"),
        ("/a", "https://EX.example/", "/博客/", "https://ex.example//%E5%8D%9A%E5%AE%A2/a"),
        ("/a", "https://例子.example", "b", "https://xn--fsqu00a.example/b/a"),
        ("/100%", "https://ex.example", "", "https://ex.example/100%25"),
        ("/%41e\u0301", "https://ex.example", "", "https://ex.example/A%C3%A9"),
        ("/c#", "https://ex.example", "", "https://ex.example/c"),
        ("/q?", "https://ex.example", "", "https://ex.example/q"),
        ("/c#a b", "https://ex.example", "", "https://ex.example/c#a%20b"),
        ("/[x]", "https://ex.example", "", "https://ex.example/%5Bx%5D"),
    ],
)
def test_addresses_are_made_alike_as_addressable_does(path: str, url: str, baseurl: str, made: str):
    assert absolute(path, url=url, baseurl=baseurl) == made


@pytest.mark.parametrize("layout", ["jekyll", "plain"])
def test_hubs_and_headers_have_the_address_that_a_document_has(tmp_path: Path, layout: str):
    sources = "sources: {a: {url: 'https://a.example/feed', categories: ['C++ 新闻']}}\n"
    files = {"_config.yml": "url: https://ex.example\nbaseurl: /博客\n", "_posts/.keep": ""}
    world = replaced(tmp_path, files, sources)
    config = (tmp_path / "config.yaml").read_text()
    world.config(config.replace("layout: jekyll", f"hub: https://hub.example/, layout: {layout}"))
    world.serve("a", rss(Item(id="urn:a:1", link="https://a.example/1")))
    world.run()

    given = app.settings(tmp_path / "config.yaml")
    store = app.open_store(given, exclusive=False)
    topics = app.topics(given, store)
    store.close()
    for path in topics.types:
        address = feed(tmp_path / "feeds" / path)["self"]
        assert topics.address(path) == address
        assert topics.path(address) == path
        header = app.link_header(given, path)
        assert "hub.example" in header
        assert f"<{address}>" in header or not address.isascii()
    assert "hub.example" not in app.link_header(given, "archive/all-2026-01.atom")
