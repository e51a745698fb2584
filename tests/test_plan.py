"""`plan`: what an edited config would change is told before, and nothing is."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from test_rules import THREE, item
from world import World, rss

from aggregator import app


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def configured(world: World, source: str = "", more: str = "") -> None:
    world.config(
        "site: {title: P, url: 'https://planet.example/', id: 'tag:planet.example,2026:p'}\n"
        f"sources:\n  a: {{url: 'https://a.example/feed', categories: [world]{source}}}\n{more}"
    )


def planned(world: World, most: int = 10) -> dict[str, Any]:
    path = world.folder / "config.yaml"
    given = app.settings(path)
    return app.planned(given, app.rule_lines(path, given), most=most)


def told(found: dict[str, Any], output: str, kind: str) -> dict[str, Any]:
    """By title, the rule, or what changes."""
    (one,) = [x for x in found["outputs"] if x["output"] == output]
    entries = one[kind]["entries"]
    assert one[kind]["count"] == len(entries)
    return {e["title"]: e.get("rule", e.get("changes")) for e in entries}


def started(world: World) -> None:
    world.serve("a", THREE)
    configured(world)
    world.run()


def test_without_an_edit_nothing_would_change(world: World) -> None:
    started(world)
    found = planned(world)

    assert found["documents"] == {"count": 0, "paths": []}
    assert not found["settings"]
    assert all(
        not x[kind]["count"] for x in found["outputs"] for kind in ("gains", "loses", "changes")
    )


def test_it_tells_what_leaves_by_which_rule_and_what_comes_back(world: World) -> None:
    started(world)
    configured(
        world, ", drop: 'title = \"bees\"'", "categories: {world: {drop: 'title = \"ships\"'}}\n"
    )
    found = planned(world)
    rule = 'sources.a.drop: title = "bees"'

    assert told(found, "all", "loses") == {"bees": rule}
    assert told(found, "world", "loses") == {
        "bees": rule, "ships": 'categories.world.drop: title = "ships"',
    }  # fmt: skip
    (first,) = [x for x in found["outputs"] if x["output"] == "all"]
    assert (first["before"], first["after"]) == (3, 2)
    assert first["loses"]["entries"][0]["line"] == "config.yaml:3:65"

    world.run(force=False)
    configured(world)
    back = planned(world)
    assert told(back, "all", "gains") == {"bees": f"no longer dropped by {rule}"}


def test_it_tells_of_outputs_that_are_new_and_of_those_that_nothing_names(world: World) -> None:
    started(world)
    configured(world, ", map: {Nature: 生物}")
    world.config((world.folder / "config.yaml").read_text("utf-8").replace("[world]", "[]"))
    found = planned(world)

    assert told(found, "生物", "gains") == dict.fromkeys(("bees", "wasps"), "sources.a.map: Nature")
    assert told(found, "world", "loses") == dict.fromkeys(("bees", "wasps", "ships"))
    state = {x["output"]: (x["new"], x["named"]) for x in found["outputs"]}
    assert state == {"all": (False, True), "world": (False, False), "生物": (True, True)}


def test_it_tells_how_entries_would_be_told_otherwise(world: World) -> None:
    started(world)
    configured(world, ", content: link", "output: {entries: 2}\n")
    found = planned(world)

    changes = told(found, "world", "changes")
    less = ["its title alone instead of an excerpt"]
    assert changes == {"bees": less, "wasps": less}
    assert found["settings"]
    assert found["documents"]["paths"] == ["all.atom", "world.atom"]


def test_of_new_sources_nothing_is_known_and_of_gone_ones_all_stays(world: World) -> None:
    started(world)
    world.config(
        "site: {title: P, url: 'https://planet.example/', id: 'tag:planet.example,2026:p'}\n"
        "sources: {b: {url: 'https://b.example/feed', categories: [world]}}\n"
    )
    found = planned(world)

    assert found["sources"] == {"new": ["b"], "gone": ["a"]}
    assert not any(x["loses"]["count"] for x in found["outputs"])


def test_what_it_foretells_is_what_the_next_run_does(world: World) -> None:
    started(world)
    configured(world, ", first: 2, content: link", "rules: {drop: 'title = \"wasps\"'}\n")
    found = planned(world)
    done = world.run(force=False)

    assert sorted(found["documents"]["paths"]) == sorted(done.written)
    assert [len(x) for x in (world.titles(), world.titles("world"))] == [
        x["after"] for x in found["outputs"]
    ]
    assert planned(world)["documents"]["count"] == 0


def test_it_changes_nothing_and_works_while_another_has_the_store(world: World) -> None:
    started(world)
    configured(world, ", drop: 'title = \"bees\"'")
    documents = world.bytes()
    holder = app.open_store(app.settings(world.folder / "config.yaml"), exclusive=True)
    try:
        before = sorted(p.name for p in world.folder.rglob("*"))
        assert told(planned(world), "all", "loses")
        assert sorted(p.name for p in world.folder.rglob("*")) == before
    finally:
        holder.close()

    assert world.bytes() == documents
    assert [e["held"] for e in world.entries()] == [None] * 3


def test_before_the_first_run_there_is_nothing_to_compare_with(world: World) -> None:
    configured(world)
    found = planned(world)

    assert found["sources"] == {"new": ["a"], "gone": []}
    assert not any(x["gains"]["count"] for x in found["outputs"])


def test_many_changes_are_counted_and_a_few_told(world: World) -> None:
    world.serve(
        "a", rss(*(item(f"story-{n}-{'abcdefgh'[n % 8] * 9}", day=1 + n % 28) for n in range(40)))
    )
    configured(world)
    world.run()
    configured(world, ", drop: title")
    (one,) = [x for x in planned(world, most=3)["outputs"] if x["output"] == "all"]

    assert (one["loses"]["count"], len(one["loses"]["entries"])) == (40, 3)


def command(world: World, *more: str) -> str:
    line = [sys.executable, "-m", "aggregator", "plan", *more]
    done = subprocess.run(line, cwd=world.folder, capture_output=True, text=True, check=True)
    assert done.stderr == ""
    return done.stdout


def test_the_command_tells_it_to_people_and_to_programs(world: World) -> None:
    started(world)
    assert command(world) == "nothing would change\n"
    configured(world, ", drop: 'title = \"bees\"'", "categories: {none: {}}\n")

    assert command(world, "--most", "1") == (
        "P (all): 3 → 2 entries, −1\n"
        '  −  bees — a: sources.a.drop: title = "bees" (config.yaml:3:65)\n\n'
        "none (none): new, 0 → 0 entries\n\n"
        "world (world): 3 → 2 entries, −1\n"
        '  −  bees — a: sources.a.drop: title = "bees" (config.yaml:3:65)\n\n'
        "3 outputs change, 3 documents would be written; site or output settings are others\n"
    )
    found = json.loads(command(world, "--json"))
    assert found == planned(world)
