"""What an operator joins or parts stays so, whatever comes in later."""

from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from world import ATOM, Item, World, hrefs, rss, text

from aggregator import app, overrides
from aggregator.errors import AggregatorError
from aggregator.explain import explain
from aggregator.overrides import Done
from aggregator.stores import Store

LINK = "https://paper.example/2026/ferry"
STORY = Item(
    id="tag:paper.example,2026:1",
    link=LINK,
    title="Night ferry returns to the estuary after eleven years",
    text="<p>The first boat left the quay at ten past nine with forty people and two dogs aboard,"
    " and the harbour office said that it would go every night until the end of October.</p>",
)
OTHER = Item(
    id="tag:wire.example,2026:9",
    link="https://wire.example/9",
    title="渡轮公司公布夏季时刻表",
    text="<p>公司周二表示，夏季每晚增开一班，票价不变，旅客可以在码头或网上买票，行李免费。</p>",
)


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def by_hand(world: World, change: Callable[[Store, datetime], Done]) -> Done:
    store = app.open_store(app.settings(world.folder / "config.yaml"), exclusive=True)
    try:
        return change(store, world.now)
    finally:
        store.close()


def merge(world: World, *names: str) -> Done:
    return by_hand(world, lambda store, now: overrides.merge(store, names, now))


def split(world: World, name: str) -> Done:
    return by_hand(world, lambda store, now: overrides.split(store, name, now))


def explained(world: World, name: str) -> list[dict[str, Any]]:
    given = app.settings(world.folder / "config.yaml")
    store = app.open_store(given, exclusive=False)
    try:
        wanted = app.publication(given, store)
        return explain(store, wanted, name, window=given.config.dedupe.window)
    finally:
        store.close()


def copied(world: World, *names: str, **more: str) -> None:
    """Each of these sources has the one story, under ids of their own and one link."""
    for name in names:
        world.serve(name, rss(Item(**{**vars(STORY), "id": f"tag:{name}.example,2026:1", **more})))


def sources_by_story(world: World) -> list[set[str]]:
    found: dict[str, set[str]] = {}
    for e in world.entries():
        found.setdefault(e["cluster"], set()).add(e["source"])
    return sorted(found.values(), key=sorted)


def published_ids(world: World) -> list[str]:
    return sorted(text(e, "id") for e in world.published())


def without_tombstones(document: ElementTree.Element) -> tuple[ElementTree.Element, list[str]]:
    """What else is in a document, and the ids of what it says was withdrawn."""
    gone = document.findall("{http://purl.org/atompub/tombstones/1.0}deleted-entry")
    for tombstone in gone:
        document.remove(tombstone)
    return document, [tombstone.get("ref", "") for tombstone in gone]


def ledger(world: World, name: str) -> Iterator[str]:
    for copy in explained(world, name):
        yield from (line["event"] for line in copy["ledger"])


# ── split ────────────────────────────────────────────────────────────────────


def test_a_copy_that_was_split_off_is_a_story_with_an_id_of_its_own(world: World) -> None:
    world.sources("a", "b", "c")
    copied(world, "a", "b", "c")
    world.run()
    before = world.published()[0]

    done = split(world, "tag:b.example,2026:1")
    world.run()

    assert done.changed
    assert sources_by_story(world) == [{"a", "c"}, {"b"}]
    assert published_ids(world) == ["tag:a.example,2026:1", "tag:b.example,2026:1"]
    for entry in world.published():
        assert text(entry, "published") == text(before, "published")
        assert hrefs(entry, "alternate") == [LINK]
    (b,) = (e for e in world.entries() if e["source"] == "b")
    assert (b["reason"], b["leader"]) == (None, True)
    assert "split by hand" in list(ledger(world, b["id"]))


def test_the_copy_that_leads_keeps_the_id_when_it_is_split_off(world: World) -> None:
    world.sources("a", "b", "c")
    copied(world, "a", "b", "c")
    world.run()

    split(world, "tag:a.example,2026:1")
    world.run()

    assert sources_by_story(world) == [{"a"}, {"b", "c"}]
    found = {e["source"]: (e["id"], e["reason"]) for e in world.entries()}
    assert found["a"] == ("tag:a.example,2026:1", None)
    assert found["b"][0] == found["c"][0] == "tag:b.example,2026:1"
    assert found["b"][1] is None


def test_no_id_is_given_twice_though_both_copies_bear_it(world: World) -> None:
    world.sources("a", "b")
    for name in ("a", "b"):
        world.serve(name, rss(STORY))
    world.run()
    assert sources_by_story(world) == [{"a", "b"}]

    split(world, STORY.id or "")
    world.run()

    first, second = published_ids(world)
    assert first == STORY.id and second.startswith("urn:uuid:")
    assert sources_by_story(world) == [{"a"}, {"b"}]


@pytest.mark.parametrize(
    "later",
    [
        {},
        {"text": f"{STORY.text}<p>The timetable stands at the quay.</p>"},
        {"title": "Corrected: night ferry is back in the estuary"},
        {"extra": "<author>desk@paper.example</author>"},
        {"id": STORY.id},
    ],
)
def test_no_poll_or_edit_joins_again_what_was_split(world: World, later: dict[str, str]) -> None:
    world.sources("a", "b")
    copied(world, "a", "b")
    world.run()
    split(world, "tag:b.example,2026:1")

    for _ in range(2):
        world.later(hours=2)
        copied(world, "a", "b", **later)
        world.run()

    assert sources_by_story(world) == [{"a"}, {"b"}]
    assert len(world.published()) == 2


def test_an_edit_that_makes_texts_and_links_equal_joins_nothing_that_was_split(
    world: World,
) -> None:
    world.sources("a", "b")
    copied(world, "a", "b")
    world.run()
    split(world, "tag:b.example,2026:1")
    title = "Night ferry returns to the estuary at last"
    copied(world, "b", link="https://b.example/ferry", title=title, text="<p>Later.</p>")
    world.later(hours=2)
    world.run()

    copied(world, "b")
    world.later(hours=2)
    world.run()

    assert sources_by_story(world) == [{"a"}, {"b"}]


def test_a_third_copy_of_both_joins_one_and_does_not_bring_them_together(world: World) -> None:
    world.sources("a", "b", "c")
    copied(world, "a", "b")
    world.run()
    split(world, "tag:b.example,2026:1")

    copied(world, "c")
    world.later(hours=2)
    world.run()

    assert sorted(map(len, sources_by_story(world))) == [1, 2]
    assert len(world.published()) == 2


def test_of_two_that_were_split_the_likest_takes_what_comes(world: World) -> None:
    """The same feed under another name in the config, say."""
    world.sources("a", "b")
    copied(world, "a")
    own = {"title": "The ferry, a history", "text": f"<p>{'Old boats and new ones. ' * 9}</p>"}
    copied(world, "b", id="9", **own)
    world.run()
    assert sources_by_story(world) == [{"a", "b"}]
    split(world, "9")

    world.sources("a", "renamed")
    world.serve("renamed", world.web["https://b.example/feed"])
    world.later(hours=2)
    world.run()

    assert sources_by_story(world) == [{"a"}, {"b", "renamed"}]


def test_a_changed_config_joins_nothing_that_was_split(world: World) -> None:
    world.sources("a", "b")
    copied(world, "a", "b")
    world.run()
    split(world, "tag:b.example,2026:1")

    world.sources("b", "a", more="dedupe: {window: 30d, prefer: [earliest]}\n")
    world.later(hours=2)
    world.run()

    assert sources_by_story(world) == [{"a"}, {"b"}]


def test_what_is_alone_is_not_split_and_nothing_is_noted(world: World) -> None:
    world.sources("a")
    world.serve("a", rss(OTHER))
    world.run()

    done = split(world, OTHER.id or "")

    assert not done.changed and "only copy" in done.told
    assert list(ledger(world, OTHER.id or "")) == []


# ── merge ────────────────────────────────────────────────────────────────────


def two_stories(world: World) -> None:
    world.sources("a", "b")
    world.serve("a", rss(STORY))
    world.run()
    world.serve("b", rss(OTHER))
    world.later(hours=1)
    world.run()
    assert sources_by_story(world) == [{"a"}, {"b"}]


@pytest.mark.parametrize("names", [(OTHER.id, STORY.id), (OTHER.link, STORY.link), ("c2", "e1")])
def test_what_is_merged_is_one_story_under_the_id_that_was_first(
    world: World, names: tuple[str, str]
) -> None:
    two_stories(world)

    done = merge(world, *names)
    world.run()

    assert done.changed
    (entry,) = world.published()
    assert text(entry, "id") == STORY.id
    assert hrefs(entry, "via") == [OTHER.link]
    assert {x.get("term") for x in entry.findall(f"{ATOM}category")} == {"a", "b"}
    assert {e["source"]: e["reason"] for e in world.entries()} == {"a": None, "b": "merged by hand"}
    assert set(ledger(world, STORY.id or "")) == {"merged by hand"}


@pytest.mark.parametrize(
    "later", [{}, {"title": "Something else now"}, {"link": "https://wire.example/moved"}]
)
def test_no_poll_or_edit_parts_what_was_merged(world: World, later: dict[str, str]) -> None:
    two_stories(world)
    merge(world, "e1", "e2")

    world.serve("b", rss(Item(**{**vars(OTHER), **later})))
    for _ in range(2):
        world.later(hours=2)
        world.run()

    assert sources_by_story(world) == [{"a", "b"}]
    assert published_ids(world) == [STORY.id]


def test_what_was_merged_by_mistake_is_split_into_what_it_was(world: World) -> None:
    two_stories(world)
    before = world.bytes()["all.atom"]
    merge(world, "e1", "e2")
    world.run()
    assert world.bytes()["all.atom"] != before

    split(world, "e2")
    world.run()

    assert world.bytes()["all.atom"] == before


def test_what_was_split_by_mistake_is_merged_again_and_stays_so(world: World) -> None:
    world.sources("a", "b", "c")
    copied(world, "a", "b", "c")
    world.run()
    before = ElementTree.tostring(world.document())
    split(world, "e2")
    world.run()

    merge(world, "e1", "e2")
    world.run()

    after, gone = without_tombstones(world.document())
    assert gone == ["tag:b.example,2026:1"]  # readers have it, and are told that it is none
    assert ElementTree.tostring(after) == before
    assert next(e["reason"] for e in world.entries()) is None
    split(world, "e3")  # what is parted now is this one alone
    world.run()
    assert sources_by_story(world) == [{"a", "b"}, {"c"}]


def test_the_same_stories_are_the_same_bytes_however_often_they_were_split(world: World) -> None:
    world.sources("a", "b")
    copied(world, "a", "b")
    world.run()
    for _ in range(2):
        split(world, "e2")
        world.run()
        apart = world.bytes()
        assert without_tombstones(world.document())[1] == []
        merge(world, "e1", "e2")
        world.run()
        assert without_tombstones(world.document())[1] == ["tag:b.example,2026:1"]

    split(world, "e2")
    world.run()

    assert world.bytes() == apart
    assert published_ids(world) == ["tag:a.example,2026:1", "tag:b.example,2026:1"]


def test_what_is_one_story_already_stays_as_it_is(world: World) -> None:
    world.sources("a", "b")
    copied(world, "a", "b")
    world.run()

    done = merge(world, "tag:a.example,2026:1", "tag:b.example,2026:1")

    assert not done.changed and "already" in done.told


# ── what is meant ────────────────────────────────────────────────────────────


def test_a_name_that_means_several_is_told_with_names_that_mean_one(world: World) -> None:
    world.sources("a", "b", "c")
    copied(world, "a", "b", "c")
    world.run()

    with pytest.raises(AggregatorError, match="means 3 copies; say which: e1 of a in c1, e2"):
        split(world, LINK)
    split(world, "e2")
    with pytest.raises(AggregatorError, match="means 2 stories"):
        merge(world, LINK, "e1")
    with pytest.raises(AggregatorError, match="no entry has this id"):
        merge(world, "e1", "e99")
    assert sources_by_story(world) == [{"a", "c"}, {"b"}]


def test_of_two_copies_a_shared_name_parts_both(world: World) -> None:
    world.sources("a", "b")
    copied(world, "a", "b")
    world.run()

    split(world, LINK)

    assert sources_by_story(world) == [{"a"}, {"b"}]
    leads = {e["source"]: e["id"] for e in world.entries()}
    assert leads["a"] == "tag:a.example,2026:1"
