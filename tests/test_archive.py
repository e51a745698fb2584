"""Archive pages (RFC 5005 §4): whoever walks them has everything, once."""

import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote
from xml.etree import ElementTree

import pytest
from atom_rules import faults
from world import ATOM, Item, World, rss

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun")
SITE = "https://planet.example/"
CONFIG = (
    "site: {title: Planet, url: 'https://planet.example/', id: 'tag:planet.example,2026:p'}\n"
    "output: {archive: monthly, entries: 4}\n"
    "sources:\n"
)
SOURCE = "  {0}: {{url: 'https://{0}.example/feed', categories: [{0}]}}\n"


def item(number: int, month: int, source: str = "a", text: str = "") -> Item:
    words = f"{source}{number} tells of the matter number {number}, which has no like."
    return Item(
        id=f"urn:{source}:{number}",
        link=f"https://{source}.example/{number}",
        title=f"Title {source} {number}",
        text=f"<p>{text or words}</p>",
        date=f"{1 + number % 28:02d} {MONTHS[month - 1]} 2026 10:00:00 GMT",
    )


@pytest.fixture
def world(tmp_path: Path) -> World:
    made = World(tmp_path)
    made.config(CONFIG + SOURCE.format("a"))
    return made


def read(world: World, path: str) -> ElementTree.Element:
    body = (world.folder / "feeds" / path).read_bytes()
    assert faults(body) == []
    return ElementTree.fromstring(body)


def link(document: ElementTree.Element, rel: str) -> str | None:
    """The path below the folder that a link of a document leads to."""
    found = [x.get("href", "") for x in document.findall(f"{ATOM}link") if x.get("rel") == rel]
    return unquote(found[0].removeprefix(SITE)) if found else None


def ids(document: ElementTree.Element) -> list[str]:
    return [x.text or "" for x in document.findall(f"{ATOM}entry/{ATOM}id")]


def walk(world: World, first: str = "all.atom") -> Iterator[ElementTree.Element]:
    """The current document, and all that lie before it."""
    at: str | None = first
    while at:
        document = read(world, at)
        yield document
        at = link(document, "prev-archive")


def walked(world: World, first: str = "all.atom") -> Counter[str]:
    return Counter(id for document in walk(world, first) for id in ids(document))


def pages(world: World) -> list[str]:
    return sorted(p.name for p in (world.folder / "feeds" / "archive").glob("all-*.atom"))


def bodies(world: World) -> dict[str, tuple[bytes, int]]:
    folder = world.folder / "feeds"
    return {
        str(p.relative_to(folder)): (p.read_bytes(), p.stat().st_mtime_ns)
        for p in folder.rglob("*.atom")
    }


def test_a_walk_finds_every_entry_once(world: World) -> None:
    world.serve("a", rss(*(item(n, 1 + n // 4) for n in range(20))))
    world.run()

    for first in ("all.atom", "a.atom"):
        assert walked(world, first) == Counter(f"urn:a:{n}" for n in range(20))
    assert len(ids(read(world, "all.atom"))) == 4


def test_the_first_pages_are_the_months_of_what_has_no_place(world: World) -> None:
    world.serve("a", rss(*(item(n, 1 + n // 4) for n in range(20))))
    world.run()

    assert pages(world) == [f"all-2026-0{month}.atom" for month in (1, 2, 3, 4)]
    assert sorted(ids(read(world, "archive/all-2026-02.atom"))) == [
        "urn:a:4", "urn:a:5", "urn:a:6", "urn:a:7",
    ]  # fmt: skip


def test_pages_lead_to_their_neighbours_and_to_the_current_document(world: World) -> None:
    world.serve("a", rss(*(item(n, 1 + n // 4) for n in range(20))))
    world.run()

    one, two, last = (read(world, f"archive/all-2026-0{n}.atom") for n in (1, 2, 4))
    assert link(two, "self") == "archive/all-2026-02.atom"
    assert link(two, "prev-archive") == "archive/all-2026-01.atom"
    assert link(two, "next-archive") == "archive/all-2026-03.atom"
    assert link(two, "current") == "all.atom"
    assert (link(one, "prev-archive"), link(last, "next-archive")) == (None, None)
    assert link(read(world, "all.atom"), "prev-archive") == "archive/all-2026-04.atom"


def test_a_month_of_many_stories_has_several_pages(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("aggregator.publish._MOST", 5)
    world.serve("a", rss(*(item(n, 1) for n in range(16))))
    world.run()

    assert pages(world) == ["all-2026-01-2.atom", "all-2026-01-3.atom", "all-2026-01.atom"]
    assert walked(world) == Counter(f"urn:a:{n}" for n in range(16))


def test_few_entries_need_no_page(world: World) -> None:
    world.serve("a", rss(*(item(n, 1) for n in range(4))))
    world.run()

    assert not (world.folder / "feeds" / "archive").exists()


def test_a_document_is_filled_before_what_is_older_is_filed(world: World) -> None:
    shown = []
    for count in range(1, 16):
        world.serve("a", rss(*(item(n, 6) for n in range(count))))
        world.later(hours=2)
        world.run()
        assert walked(world) == Counter(f"urn:a:{n}" for n in range(count))
        shown.append(len(ids(read(world, "all.atom"))))

    assert shown == [1, 2, 3, 4, 4, 5, 6, 4, 5, 6, 4, 5, 6, 4, 5]


def test_a_closed_page_stays_as_it_is_but_for_its_successor(world: World) -> None:
    entries = [item(n, 1 + n // 4) for n in range(16)]
    world.serve("a", rss(*entries))
    world.run()
    before = bodies(world)

    entries += [item(n, 6) for n in range(16, 20)]
    world.serve("a", rss(*entries))
    world.later(hours=2)
    world.run()

    after = bodies(world)
    kept = {"archive/all-2026-01.atom", "archive/all-2026-02.atom"}
    assert {path: after[path] for path in kept} == {path: before[path] for path in kept}
    last = read(world, "archive/all-2026-03.atom")
    assert link(last, "next-archive") == "archive/all-2026-04.atom"
    assert walked(world) == Counter(f"urn:a:{n}" for n in range(20))


def test_nothing_is_written_when_nothing_changes(world: World) -> None:
    world.serve("a", rss(*(item(n, 1 + n // 4) for n in range(20))))
    world.run()
    before = bodies(world)

    world.later(hours=2)
    assert world.run().written == ()
    assert bodies(world) == before


def test_an_entry_that_is_edited_comes_up_again(world: World) -> None:
    entries = [item(n, 1 + n // 4) for n in range(20)]
    world.serve("a", rss(*entries))
    world.run()
    page = bodies(world)["archive/all-2026-01.atom"]

    told = "Everything is otherwise than it was told before, says who ought to know it."
    entries[2] = item(2, 1, text=told)
    world.serve("a", rss(*entries))
    world.later(hours=2)
    world.run()

    assert "urn:a:2" in ids(read(world, "all.atom"))
    assert bodies(world)["archive/all-2026-01.atom"] == page
    assert set(walked(world)) == {f"urn:a:{n}" for n in range(20)}


def test_old_entries_of_a_new_source_get_pages_of_their_own(world: World) -> None:
    world.serve("a", rss(*(item(n, 3) for n in range(8))))
    world.run()

    world.config(CONFIG + SOURCE.format("a") + SOURCE.format("b"))
    world.serve("b", rss(*(item(n, 2, "b") for n in range(6)), *(item(9, 3, "b"),)))
    world.later(hours=2)
    world.run()

    assert walked(world) == Counter(
        [*(f"urn:a:{n}" for n in range(8)), *(f"urn:b:{n}" for n in range(6)), "urn:b:9"]
    )
    chain = [link(document, "self") for document in walk(world)]
    assert chain == [
        "all.atom", "archive/all-2026-03-2.atom", "archive/all-2026-02.atom",
        "archive/all-2026-03.atom",
    ]  # fmt: skip


def test_a_page_that_is_gone_or_was_changed_is_written_again(world: World) -> None:
    world.serve("a", rss(*(item(n, 1 + n // 4) for n in range(20))))
    world.run()
    before = {path: body for path, (body, _) in bodies(world).items()}

    archive = world.folder / "feeds" / "archive"
    (archive / "all-2026-01.atom").unlink()
    other = archive / "new"
    other.write_text("not ours")
    other.replace(archive / "all-2026-02.atom")
    assert world.run().written == ("archive/all-2026-01.atom", "archive/all-2026-02.atom")
    assert {path: body for path, (body, _) in bodies(world).items()} == before

    shutil.rmtree(archive)
    world.run()
    assert {path: body for path, (body, _) in bodies(world).items()} == before


def test_the_same_store_gives_the_same_pages(world: World) -> None:
    world.serve("a", rss(*(item(n, 1 + n // 4) for n in range(20))))
    world.run()
    before = {path: body for path, (body, _) in bodies(world).items()}

    shutil.rmtree(world.folder / "feeds")
    world.run()

    assert {path: body for path, (body, _) in bodies(world).items()} == before


def test_a_page_that_cannot_be_written_keeps_the_old_document(world: World) -> None:
    world.serve("a", rss(*(item(n, 1) for n in range(4))))
    world.run()
    before = bodies(world)["all.atom"]

    (world.folder / "feeds" / "archive").write_text("in the way")
    world.serve("a", rss(*(item(n, 1) for n in range(9))))
    world.later(hours=2)
    summary = world.run()
    assert any("archive" in failure for failure in summary.unwritten)
    assert bodies(world)["all.atom"] == before

    (world.folder / "feeds" / "archive").unlink()
    world.run()
    assert walked(world) == Counter(f"urn:a:{n}" for n in range(9))


def test_pages_have_every_category(world: World) -> None:
    world.config(CONFIG + SOURCE.format("a") + SOURCE.format("b"))
    world.serve("a", rss(*(item(n, 1) for n in range(7))))
    world.serve("b", rss(*(item(n, 2, "b") for n in range(7))))
    world.run()

    assert walked(world, "a.atom") == Counter(f"urn:a:{n}" for n in range(7))
    assert walked(world, "b.atom") == Counter(f"urn:b:{n}" for n in range(7))


def test_without_an_archive_there_is_none(world: World) -> None:
    world.config(CONFIG.replace("archive: monthly, ", "") + SOURCE.format("a"))
    world.serve("a", rss(*(item(n, 1 + n // 4) for n in range(20))))
    world.run()

    assert link(read(world, "all.atom"), "prev-archive") is None
    assert not (world.folder / "feeds" / "archive").exists()


def test_what_is_withdrawn_leaves_its_page_and_is_told(world: World) -> None:
    world.serve("a", rss(*(item(n, 1 + n // 4) for n in range(20))))
    world.run()

    dropping = (
        SOURCE.format("a").replace("}}", "}").replace("]}", "], drop: 'title = \"Title a 2\"'}")
    )
    world.config(CONFIG + dropping)
    world.later(hours=2)
    world.run()

    gone = read(world, "all.atom").findall("{http://purl.org/atompub/tombstones/1.0}deleted-entry")
    assert [(x.get("ref"), x.get("when")) for x in gone] == [("urn:a:2", "2026-07-01T14:00:00Z")]
    assert walked(world) == Counter(f"urn:a:{n}" for n in range(20) if n != 2)

    world.config(CONFIG + SOURCE.format("a"))
    world.later(hours=2)
    world.run()

    document = read(world, "all.atom")
    assert not document.findall("{http://purl.org/atompub/tombstones/1.0}deleted-entry")
    assert walked(world) == Counter(f"urn:a:{n}" for n in range(20))


def test_a_story_that_several_told_is_withdrawn_in_all_their_categories(world: World) -> None:
    world.config(CONFIG + SOURCE.format("a") + SOURCE.format("b"))
    both = item(1, 1), item(2, 1)
    world.serve("a", rss(*both))
    world.serve("b", rss(*both))
    world.run()

    for sources in ("b", "ab"):  # the one that leads is dropped first, then the other too
        lines = "".join(
            SOURCE.format(name).replace("]}", "], drop: 'title has \"a 1\"'}")
            if name in sources
            else SOURCE.format(name)
            for name in "ab"
        )
        world.config(CONFIG + lines)
        world.later(hours=2)
        world.run()

    tombstone = "{http://purl.org/atompub/tombstones/1.0}deleted-entry"
    for document in ("all.atom", "a.atom", "b.atom"):
        gone = [x.get("ref") for x in read(world, document).findall(tombstone)]
        assert gone == ["urn:a:1"], document
        assert ids(read(world, document)) == ["urn:a:2"]
