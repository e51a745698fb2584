"""The lists of sources that stand beside the documents: OPML for everybody."""

from pathlib import Path

import pytest
from world import Item, World, rss

from aggregator import opml

CONFIG = """
site: {title: Planet, url: 'https://planet.example/', author: {name: The Editors}}
output: {formats: [atom, opml]}
sources:
  a: {url: 'https://a.example/feed', categories: [News, 财经]}
  b: {url: 'https://b.example/feed', categories: [News]}
  c: {url: 'https://c.example/feed'}
  local: {url: here.xml, categories: [News]}
"""


@pytest.fixture
def world(tmp_path: Path) -> World:
    made = World(tmp_path)
    made.config(CONFIG)
    for name in "abc":
        title = f"Paper {name.upper()}"
        made.serve(name, rss(Item(id=f"urn:{name}"), title=title, link=f"https://{name}.example/"))
    return made


def listed(world: World, name: str) -> dict[str, tuple[str, ...]]:
    body = (world.folder / "feeds" / name).read_bytes()
    return {x.url: x.categories for x in opml.parse(body)}


def test_all_sources_are_listed_in_folders(world: World) -> None:
    world.run()

    assert listed(world, "sources.opml") == {
        "https://a.example/feed": ("News", "财经"),
        "https://b.example/feed": ("News",),
        "https://c.example/feed": (),
    }
    body = (world.folder / "feeds" / "sources.opml").read_text("utf-8")
    assert 'text="Paper A"' in body and 'htmlUrl="https://a.example/"' in body
    assert "<ownerName>The Editors</ownerName>" in body
    assert "here.xml" not in body


def test_each_output_has_its_own_list_where_it_is_asked_for(world: World) -> None:
    world.run()

    assert set(listed(world, "news.opml")) == {"https://a.example/feed", "https://b.example/feed"}
    assert set(listed(world, "财经.opml")) == {"https://a.example/feed"}
    assert listed(world, "all.opml") == listed(world, "sources.opml")


def test_the_list_of_all_is_there_without_being_asked_for(world: World) -> None:
    world.config(CONFIG.replace(", opml", ""))
    world.run()

    found = sorted(p.name for p in (world.folder / "feeds").glob("*.opml"))
    assert found == ["sources.opml"]


def test_a_list_is_written_when_it_changes_and_at_no_other_time(world: World) -> None:
    world.run()
    world.later(hours=2)
    assert world.run().written == ()

    world.config(CONFIG.replace("  c:", "  d: {url: 'https://d.example/feed'}\n  c:"))
    world.run()
    assert "https://d.example/feed" in listed(world, "sources.opml")


def test_the_sources_of_a_private_output_alone_are_in_its_own_list_only(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOKEN", "a-token-that-is-long-enough")
    world.config(
        CONFIG.replace("[News, 财经]", "[财经]") + "categories: {财经: {token: {env: TOKEN}}}\n"
    )
    world.run()

    assert "https://a.example/feed" not in listed(world, "sources.opml")
    assert "https://a.example/feed" not in listed(world, "all.opml")
    private = world.folder / "feeds-private" / "财经.opml"
    assert [x.url for x in opml.parse(private.read_bytes())] == ["https://a.example/feed"]


def test_a_list_that_nobody_is_in_is_none(world: World) -> None:
    world.run()
    world.config(CONFIG[: CONFIG.index("  a:")] + "  local: {url: here.xml, categories: [News]}\n")
    world.later(hours=2)
    world.run()

    assert not list((world.folder / "feeds").glob("*.opml*"))
