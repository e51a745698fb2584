"""What is kept and dropped: of all sources, of one, of a category; what it is mapped to; how much
a source begins with. All of it applied anew when it changes."""

from pathlib import Path
from typing import Any

import pytest
from world import Item, World, rss

from aggregator import app
from aggregator.explain import explain


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def item(name: str, *tags: str, day: int = 1) -> Item:
    extra = "".join(f"<category>{tag}</category>" for tag in tags)
    return Item(
        id=name,
        link=f"https://www.news.example/{name}",
        title=name,
        text=f"<p>All that is to be told of {name}: {' '.join([name] * 20)}.</p>",
        date=f"Wed, {day:02} Apr 2026 10:00:00 GMT",
        extra=extra,
    )


def configured(world: World, source: str = "", more: str = "") -> None:
    world.config(
        "site: {title: P, url: 'https://planet.example/', id: 'tag:planet.example,2026:p'}\n"
        f"sources:\n  a: {{url: 'https://a.example/feed', categories: [world]{source}}}\n{more}"
    )


def explained(world: World, name: str) -> dict[str, Any]:
    path = world.folder / "config.yaml"
    given = app.settings(path)
    store = app.open_store(given, exclusive=False)
    try:
        (found,) = explain(
            store,
            app.publication(given, store),
            f"https://www.news.example/{name}",
            window=given.config.dedupe.window,
            rulers=app.rulers(given, store),
            lines=app.rule_lines(path, given),
        )
    finally:
        store.close()
    return found


THREE = rss(item("bees", "Nature", day=3), item("wasps", "Nature", day=2), item("ships", day=1))


def test_what_is_dropped_of_all_sources_is_published_nowhere_and_comes_back(world: World) -> None:
    world.serve("a", THREE)
    configured(world, more='rules: {drop: \'title = "wasps" or host = "bad.example"\'}\n')
    world.run()
    assert world.titles() == world.titles("world") == ["bees", "ships"]
    told = explained(world, "wasps")
    assert told["held"] == 'dropped by rules.drop: title = "wasps" or host = "bad.example"'
    assert told["dropped"]["line"] == "config.yaml:4:15"

    configured(world, more="rules: {keep: 'published < 2026-04-03'}\n")
    world.run(force=False)

    assert world.titles() == ["wasps", "ships"]
    assert explained(world, "bees")["dropped"]["rule"] == "rules.keep: published < 2026-04-03"


def test_a_category_refuses_what_stays_in_the_others(world: World) -> None:
    world.serve("a", THREE)
    rules = 'categories:\n  world: {drop: \'source = "a" and title = "wasps"\'}\n  Nature: {}\n'
    configured(world, more=rules)
    world.run()

    assert world.titles("world") == ["bees", "ships"]
    assert world.titles("nature") == ["bees", "wasps"]
    assert world.titles() == ["bees", "wasps", "ships"]
    told = explained(world, "wasps")
    assert told["refused"] == {
        "world": {
            "rule": 'categories.world.drop: source = "a" and title = "wasps"',
            "line": "config.yaml:5:17",
        }
    }
    assert told["filed"] == {"Nature": {"rule": "its tag Nature", "line": None}}

    configured(world, more="categories:\n  world: {keep: 'tags'}\n  Nature: {}\n")
    world.run(force=False)
    assert world.titles("world") == ["bees", "wasps"]


def test_a_source_says_what_its_tags_mean(world: World) -> None:
    world.serve("a", THREE)
    configured(world, ", map: {nature: 生物}", "categories: {Nature: {}}\n")
    world.run()

    assert world.titles("生物") == ["bees", "wasps"]
    assert world.titles("nature") == []
    assert explained(world, "bees")["filed"]["生物"] == {
        "rule": "sources.a.map: Nature", "line": "config.yaml:3:64",
    }  # fmt: skip


def test_of_what_a_source_begins_with_only_the_newest_are_published_and_it_is_told(
    world: World,
) -> None:
    world.serve("a", THREE)
    configured(world, ", first: 1, drop: 'title = \"bees\"'")
    found = world.run()

    assert world.titles() == ["wasps"]
    assert found.problems == (("a", "1 older entries are not published, by sources.a.first: 1"),)
    assert explained(world, "ships")["held"] == "dropped by sources.a.first: 1"


def test_what_comes_later_is_published_and_what_was_left_stays_so_though_it_changes(
    world: World,
) -> None:
    world.serve("a", THREE)
    configured(world, ", first: 1")
    world.run()
    changed = item("ships", day=1)
    changed.text = "<p>Another text, of more ships than there were, and of all their captains.</p>"
    world.later(days=1)
    world.serve("a", rss(item("moths", day=1), item("bees", day=3), item("wasps", day=2), changed))
    world.run()

    assert world.titles() == ["bees", "moths"]


def test_how_much_a_source_begins_with_may_change_later(world: World) -> None:
    world.serve("a", THREE)
    configured(world)
    world.run()
    world.later(days=1)
    world.serve("a", rss(item("moths", day=1), item("bees", day=3)))
    world.run()
    assert world.titles() == ["bees", "wasps", "moths", "ships"]

    configured(world, ", first: 2")
    world.run(force=False)
    assert world.titles() == ["bees", "wasps", "moths"]

    configured(world)
    world.run(force=False)
    assert world.titles() == ["bees", "wasps", "moths", "ships"]


def test_posts_have_rules_of_their_own(world: World) -> None:
    posts = world.folder / "posts"
    posts.mkdir()
    for name, tag in (("one", "draft"), ("two", "done")):
        (posts / f"2026-03-18-{name}.md").write_text(
            f"---\ntitle: {name}\ntags: [{tag}]\n---\nSome words about {name}.\n"
        )
    world.config('posts: [{path: posts, drop: \'tags has "draft" and path ~ "one"\'}]\n')
    world.run()

    assert world.titles() == ["two"]
    (told,) = [e["held"] for e in world.entries() if e["held"]]
    assert told == 'dropped by posts.posts.drop: tags has "draft" and path ~ "one"'


def test_a_rule_of_a_list_is_named_where_the_config_has_it(world: World) -> None:
    world.config(
        "sources:\n  roll: {url: 'https://a.example/feed', opml: true, drop: 'title = \"bees\"'}\n"
    )
    world.serve(
        "a",
        b'<opml version="2.0"><body><outline type="rss" xmlUrl="https://b.example/feed"/></body></opml>',
    )
    world.serve("b", THREE)
    world.run()

    assert world.titles() == ["wasps", "ships"]
    assert explained(world, "bees")["dropped"] == {
        "rule": 'sources.roll.drop: title = "bees"', "line": "config.yaml:2:59",
    }  # fmt: skip
