"""What a config says of links, in the real program."""

from __future__ import annotations

from pathlib import Path

import pytest
from world import Item, World, hrefs, rss, text

LINKS = "links: {drop: [app], redirectors: {out.example: to}}\n"
WRAPPED = "https://out.example/?to=https%3A%2F%2Fa.example%2Fn%3Fapp%3D7"
PAGE = "https://a.example/n"


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def _two_tell_it(world: World) -> None:
    world.serve("b", rss(Item(id="1", link=WRAPPED, title="As the one puts it", text="Some words")))
    world.serve("a", rss(Item(id="x", link=PAGE, title="The story", text="All that happened")))


def test_links_are_read_as_the_config_says(world: World) -> None:
    world.sources("a", "b", more=LINKS)
    _two_tell_it(world)

    world.run()

    (entry,) = world.published()
    assert hrefs(entry, "alternate") == [PAGE]
    assert [e["url"] for e in world.entries()] == [PAGE, PAGE]
    assert {e["key"] for e in world.entries()} == {"a.example/n"}


def test_other_rules_recognise_what_is_stored_and_change_nothing_published(world: World) -> None:
    world.sources("b")
    _two_tell_it(world)
    world.run()
    (before,) = world.published()

    world.sources("a", "b", more=LINKS)
    world.later(hours=2)
    world.run()

    (after,) = world.published()
    assert text(after, "id") == text(before, "id")
    assert hrefs(after, "alternate") == hrefs(before, "alternate") == [WRAPPED]
    assert text(after, "title") == "As the one puts it"
    assert hrefs(after, "via") == [PAGE]


def test_other_rules_part_no_story(world: World) -> None:
    world.sources("a", "b", more=LINKS)
    _two_tell_it(world)
    world.run()
    before = world.stories()

    world.sources("a", "b")
    world.later(hours=2)
    world.run()

    assert world.stories() == before
    assert len(world.published()) == 1
