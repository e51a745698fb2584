"""No source has more than its share of a document, and nothing is lost for it."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from test_archive import ids, read, walk, walked
from world import Item, World, rss

from aggregator import app, caps
from aggregator.explain import explain
from aggregator.model import Standing

SITE = "site: {title: Planet, url: 'https://planet.example/', id: 'tag:planet.example,2026:p'}\n"
SOURCES = (
    "sources:\n"
    "  loud: {url: 'https://loud.example/feed', categories: [news]}\n"
    "  calm: {url: 'https://calm.example/feed', categories: [news]}\n"
)


def item(source: str, number: int, hour: int) -> Item:
    words = f"{source}{number} tells of the matter number {number}, which has no like."
    return Item(
        id=f"urn:{source}:{number}",
        link=f"https://{source}.example/{number}",
        title=f"Title {source} {number}",
        text=f"<p>{words}</p>",
        date=f"{1 + hour // 24:02d} Jun 2026 {hour % 24:02d}:00:00 GMT",
    )


def loud(count: int) -> bytes:
    return rss(*(item("loud", n, 100 + n) for n in range(count)))


def calm(count: int) -> bytes:
    return rss(*(item("calm", n, n) for n in range(count)))


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def started(world: World, output: str, more: str = "") -> None:
    world.config(f"{SITE}output: {{{output}}}\n{more}{SOURCES}")
    world.serve("loud", loud(12))
    world.serve("calm", calm(4))
    world.run()


def by_source(world: World, path: str = "all.atom") -> Counter[str]:
    return Counter(id.split(":")[1] for id in ids(read(world, path)))


def test_what_one_source_has_too_much_gives_its_place_to_others(world: World) -> None:
    started(world, "entries: 6, per_source: 2")

    assert by_source(world) == {"loud": 2, "calm": 2}
    assert by_source(world, "news.atom") == {"loud": 2, "calm": 2}
    assert [x for x in ids(read(world, "all.atom")) if "loud" in x] == [
        "urn:loud:11",
        "urn:loud:10",
    ]


def test_it_comes_back_when_there_is_room(world: World) -> None:
    started(world, "entries: 6, per_source: 2")
    world.config(f"{SITE}output: {{entries: 6}}\n{SOURCES}")
    world.run()

    assert by_source(world) == {"loud": 6}


def test_a_category_may_have_another_cap(world: World) -> None:
    started(world, "entries: 6, per_source: 2", "categories: {news: {per_source: 4}}\n")

    assert by_source(world) == {"loud": 2, "calm": 2}
    assert by_source(world, "news.atom") == {"loud": 4, "calm": 2}


def test_with_an_archive_nothing_is_lost(world: World) -> None:
    started(world, "entries: 6, per_source: 2, archive: monthly")
    everything = {f"urn:loud:{n}" for n in range(12)} | {f"urn:calm:{n}" for n in range(4)}

    assert by_source(world) == {"loud": 2, "calm": 2}
    assert walked(world) == Counter(everything)

    for count in range(13, 20):
        world.serve("loud", loud(count))
        world.later(hours=2)
        world.run()
        everything.add(f"urn:loud:{count - 1}")
        assert by_source(world)["loud"] in (1, 2)
        assert f"urn:loud:{count - 1}" in ids(read(world, "all.atom"))
        assert walked(world) == Counter(everything)


def test_not_every_new_story_makes_a_page(world: World) -> None:
    started(world, "entries: 9, per_source: 6, archive: monthly")
    before = len(list(walk(world)))
    for count in range(13, 22):
        world.serve("loud", loud(count))
        world.later(hours=2)
        world.run()
        assert 4 <= by_source(world)["loud"] <= 6

    assert len(list(walk(world))) == before + 3


def test_a_story_of_several_is_of_the_one_that_leads_it(world: World) -> None:
    world.config(f"{SITE}output: {{entries: 6, per_source: 1}}\n{SOURCES}")
    world.serve("loud", loud(3))
    shared = item("loud", 2, 102)
    world.serve("calm", rss(shared, *(item("calm", n, n) for n in range(3))))
    world.run()

    assert sum(by_source(world).values()) == 2
    assert world.titles()[0] == "Title loud 2"


def test_the_same_cap_and_stories_give_the_same_bytes(world: World) -> None:
    started(world, "entries: 6, per_source: 2, archive: monthly")
    before = world.bytes()
    world.run()

    assert world.bytes() == before


def capped(world: World, number: int) -> dict[str, object]:
    path = world.folder / "config.yaml"
    given = app.settings(path)
    store = app.open_store(given, exclusive=False)
    try:
        (found,) = explain(
            store,
            app.publication(given, store),
            f"urn:loud:{number}",
            window=given.config.dedupe.window,
            lines=app.rule_lines(path, given),
        )
    finally:
        store.close()
    told = found["capped"]
    assert isinstance(told, dict)
    return told


def test_explain_tells_by_which_cap_a_story_has_no_place(world: World) -> None:
    started(world, "entries: 6, per_source: 2", "categories: {news: {per_source: 4}}\n")

    general = {"rule": "output.per_source: 2", "line": "config.yaml:2:34", "archived": False}
    own = {"rule": "categories.news.per_source: 4", "line": "config.yaml:3:33", "archived": False}
    assert capped(world, 11) == {}
    assert capped(world, 9) == {"all": general}
    assert capped(world, 7) == {"all": general, "news": own}


def test_explain_tells_what_is_on_an_archive_page_for_a_cap(world: World) -> None:
    started(world, "entries: 6, per_source: 2, archive: monthly")

    assert capped(world, 11) == {}
    rule = {"rule": "output.per_source: 2", "line": "config.yaml:2:34", "archived": True}
    assert capped(world, 9) == {"all": rule, "news": rule}


# ── the decision ─────────────────────────────────────────────────────────────


def standing(sources: str) -> list[Standing]:
    """One story of each, the newest first."""
    now = datetime(2026, 6, 1, tzinfo=UTC)
    return [
        Standing(cluster=n, surfaced=now - timedelta(hours=n), source=source)
        for n, source in enumerate(sources)
    ]


def test_the_newest_of_each_source_stay() -> None:
    assert caps.within(standing("aaabacb"), size=9, cap=2) == [0, 1, 3, 5, 6]
    assert caps.within(standing("aaabacb"), size=3, cap=2) == [0, 1, 3]


def test_a_source_with_too_many_keeps_two_thirds_of_them() -> None:
    assert caps.over(standing("aaabb"), cap=3, slack=True) == set()
    assert caps.over(standing("aaaabb"), cap=3, slack=True) == {2, 3}
    assert caps.over(standing("aaaabb"), cap=3, slack=False) == {3}
    assert caps.over(standing("aab"), cap=1, slack=True) == {1}
