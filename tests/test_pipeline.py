"""The whole line, from the web to feeds/: what users of it count on."""

import json
import os
import re
import sqlite3
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from email.utils import format_datetime
from functools import partial
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest
from world import ATOM, Item, World, hrefs, rss, text

from aggregator import app
from aggregator.errors import FetchError
from aggregator.model import Response
from aggregator.moments import iso
from aggregator.text import ILLEGAL, plain

LONG = (
    "<p>The council voted late on Tuesday to keep the ferry, after a count of passengers that"
    " nobody had expected to matter. It will run until the bridge is mended.</p>"
)


def numbered(*numbers: int, **more: str) -> list[Item]:
    return [
        Item(
            id=f"https://a.example/{n}",
            link=f"https://a.example/{n}",
            title=f"Story number {n} of the day",
            text=f"<p>Text of story {n}: {'word ' * n} and so it goes on for a while.</p>",
            date=f"Wed, 01 Apr 2026 10:{n:02d}:00 GMT",
            **more,
        )
        for n in numbers
    ]


# ── one story, and what only looks like it ───────────────────────────────────


COLUMN = "Open thread for everyone"
CALL = "<p>Say what is on your mind; be kind, and stay with the matter at hand.</p>"


def column(day: int, name: str = "a", **more: str) -> Item:
    link = f"https://{name}.example/open/{day}"
    fields = {"date": f"Fri, {day:02d} May 2026 08:00:00 GMT"} | more
    return Item(id=f"{name}{day}", link=link, title=COLUMN, text=CALL, **fields)


def test_a_daily_column_stays_many_though_a_second_feed_has_one_of_them(world: World) -> None:
    world.sources("a", "b")
    shared = Item(**{**column(3).__dict__, "id": "b-3"})
    world.serve("a", rss(column(1), column(2), column(3)))
    world.serve("b", rss(shared))

    world.run()

    assert len(world.published()) == 3

    world.serve("b", rss(shared, column(4, "b")))
    world.run()
    world.serve("a", rss(*(column(n) for n in range(1, 5))))
    world.run()
    assert len(world.published()) == 4  # the fourth is nearest to the fourth


@pytest.mark.parametrize("order", [*permutations(("paper", "reprint", "digest"))])
def test_a_text_and_a_link_make_one_story_in_any_order(
    world: World, order: tuple[str, ...]
) -> None:
    title, credit = "The ferry stays until the bridge is mended", "<p>First in The Paper.</p>"
    reprint = "https://reprint.example/7"
    world.sources(*order)
    world.serve("paper", rss(Item("p", "https://paper.example/1", title, LONG)))
    world.serve("reprint", rss(Item("r", reprint, title, LONG + credit)))
    world.serve("digest", rss(Item("d", reprint, title, "<p>Worth reading.</p>")))
    for name in order:
        world.run(only=[name])

    assert len(world.published()) == 1


def test_a_daily_column_met_first_in_the_second_feed_stays_many(world: World) -> None:
    world.sources("a", "b")
    world.serve("b", rss(Item(**{**column(3).__dict__, "id": "b-3"})))
    world.run()
    world.serve("a", rss(column(1), column(2), column(3)))
    world.run()

    assert len(world.published()) == 3


def test_undated_entries_with_links_of_their_own_are_not_one_because_of_their_words(
    world: World,
) -> None:
    world.sources("a")
    puzzles = [
        Item(id=f"cw{n}", link=f"https://a.example/cw/{n}", title="Daily crossword", date=None)
        for n in (1, 2, 3)
    ]
    world.serve("a", rss(*puzzles))

    world.run()

    assert len(world.published()) == 3


def test_many_pictures_under_one_title_find_each_its_own_copy(world: World) -> None:
    world.sources("a", "b")
    texts = [f"<p>Number {n}: {'the picture of this hour ' * 3}{n * 7919}</p>" for n in range(30)]
    for name in ("a", "b"):
        world.serve(
            name,
            rss(
                *(
                    Item(f"{name}{n}", f"https://{name}.example/{n}", "Photo news", text)
                    for n, text in enumerate(texts)
                )
            ),
        )
        world.run()

    assert len(world.published()) == 30
    assert all(len(s) == 2 for s in world.stories().values())


def test_short_texts_that_are_equal_are_one_story_under_a_title_that_few_have(
    world: World,
) -> None:
    world.sources("a", "b")
    for name in ("a", "b"):
        link = f"https://{name}.example/"
        world.serve(
            name,
            rss(
                Item(f"{name}1", f"{link}1", "Ferry strike ends after nine days", "It is over."),
                Item(f"{name}2", f"{link}2", "台风蓝天明日登陆东南沿海", "请市民注意防范。"),
                Item(f"{name}3", f"{link}3", "Picture of the day", "Look."),
                Item(f"{name}4", f"{link}4", "图片新闻", "图片"),
            ),
        )
    world.run()

    assert len(world.published()) == 6


def test_notes_without_titles_under_one_link_are_many(world: World) -> None:
    world.sources("a")
    notes = [
        Item(f"n{n}", "https://a.example/notes", "", f"<p>{word} {word * 3} on this day.</p>")
        for n, word in enumerate(("rain", "sunshine", "thunder", "frost"))
    ]
    world.serve("a", rss(notes[0]))
    world.run()
    for note in notes[1:]:
        world.serve("a", rss(note))
        assert (world.run().new, len(world.entries())) == (1, 1 + notes.index(note))

    assert len(world.published()) == 4


# ── ids that are none ────────────────────────────────────────────────────────


def test_a_recycled_id_whose_entry_is_rewritten_blocks_nothing(world: World) -> None:
    world.sources("a")
    for title, link in (
        ("Alpha beta gamma", "one"),
        ("Zulu whisky quebec", "two"),
        ("1234 5678 9012 figures", "two"),
    ):
        world.serve("a", rss(Item("1", f"https://a.example/{link}", title, "")))
        assert world.run().failed == 0

    assert sorted(world.titles()) == ["1234 5678 9012 figures", "Alpha beta gamma"]


def test_ids_that_only_number_the_places_of_a_document_make_nothing_new(world: World) -> None:
    world.sources("a")
    stories = numbered(1, 2, 3, 4)

    def document(*items: Item) -> bytes:
        return rss(*(Item(**{**x.__dict__, "id": str(n)}) for n, x in enumerate(items)))

    world.serve("a", document(*stories[2::-1]))
    world.run()
    world.serve("a", document(*stories[::-1]))
    summary = world.run()
    assert (summary.new, summary.merged, len(world.published())) == (1, 0, 4)

    corrected = Item(**{**stories[1].__dict__, "title": "Story number 2, corrected"})
    world.serve("a", document(stories[3], stories[2], corrected, stories[0]))
    summary = world.run()
    assert (summary.new, summary.written) == (0, ("a.atom", "all.atom"))
    assert "Story number 2, corrected" in world.titles()
    assert len(world.published()) == 4


def places(letters: str) -> list[Item]:
    """Stories, new ones first, whose ids number the places of the document."""
    titles = {
        "a": "Election results announced in the capital", "b": "Rover finds water on a far moon",
        "c": "New train line opens after delay", "d": "Local bakery wins the top prize",
        "e": "Storm closes three mountain passes", "f": "Museum returns its bronze statues",
        "g": "Chess champion loses the title",
    }  # fmt: skip
    return [
        Item(
            id=str(n),
            link=f"https://a.example/{x}",
            title=titles[x],
            text=f"<p>{titles[x]}: all about it.</p>",
            date=f"{1 + ord(x) - ord('a'):02d} Apr 2026 10:00:00 GMT",
        )
        for n, x in enumerate(letters)
    ]


@pytest.mark.parametrize(
    "documents", [("dcba", "edcb", "gfed"), ("a", "ba", "ca"), ("ab", "ba", "cb", "ac", "dcba")]
)
def test_an_id_that_was_given_to_another_story_is_minted_only_once(
    world: World, documents: tuple[str, ...]
) -> None:
    world.sources("a")
    for letters in documents:
        world.serve("a", rss(*places(letters)))
        assert world.run().failed == 0

    entries = world.published()
    assert len(entries) == len(set("".join(documents)))
    assert len({text(e, "id") for e in entries}) == len(entries)


@pytest.mark.parametrize("link", ["https://a.example/", "https://a.example/live"])
@pytest.mark.parametrize("id", ["", "the link"])
def test_entries_without_ids_of_their_own_on_one_page_are_many(
    world: World, link: str, id: str
) -> None:
    world.sources("a")
    notes = [
        Item(id=id and link, link=link, title=title, text=f"<p>{said}</p>")
        for title, said in (
            ("Road closed after heavy rain", "The mountain road stays shut until Thursday."),
            ("Library opens a new room", "Visitors may come from nine in the morning."),
            ("渔船回港", "傍晚六点，最后一条渔船进了港，码头上亮起了灯。"),
        )
    ]
    world.serve("a", rss(*notes))
    assert world.run().new == 3

    world.serve("a", rss(*notes[1:]))
    assert world.run().new == 0
    assert len(world.published()) == 3


def test_words_below_every_text_do_not_make_a_recycled_id_the_old_entry(world: World) -> None:
    world.sources("a")
    foot = " Read the full story at the Example News, where all of our stories are."
    for n, (title, said) in enumerate(
        (("The bees are back", "They came over the hill on Monday, all at once."),
         ("A new town clerk", "She takes office in spring, and has thirty years of the trade."))
    ):  # fmt: skip
        item = Item("7", f"https://a.example/{n}", title, f"<p>{said}{foot}</p>")
        world.serve("a", rss(item))
        assert world.run().new == 1

    assert len(world.published()) == 2


def test_an_undated_entry_without_id_and_link_is_known_by_its_title_when_it_is_edited(
    world: World,
) -> None:
    world.sources("a")
    notice = Item(title="Notice of the water board", text="<p>No water on Tuesday.</p>", date="")
    world.serve("a", rss(notice))
    world.run()
    world.serve("a", rss(Item(**{**notice.__dict__, "text": "<p>No water on Wednesday.</p>"})))

    summary = world.run()

    assert (summary.new, summary.changed, len(world.published())) == (0, 1, 1)


def test_an_entry_without_id_and_link_is_known_by_title_and_date_when_it_is_edited(
    world: World,
) -> None:
    world.sources("a")
    note = Item(title="A note from the harbour", text="<p>Nine boats came in today.</p>")
    world.serve("a", rss(note))
    world.run()
    world.serve("a", rss(Item(**{**note.__dict__, "text": "<p>Ten boats, and a raft.</p>"})))

    summary = world.run()

    assert (summary.new, summary.changed) == (0, 1)
    assert len(world.published()) == 1


# ── dates and sources that change ────────────────────────────────────────────


def test_a_date_to_come_that_is_corrected_lets_the_entry_out(world: World) -> None:
    world.sources("a")
    item = numbered(1)[0]
    world.serve("a", rss(Item(**{**item.__dict__, "date": "Sun, 02 May 2106 10:00:00 GMT"})))
    world.run()
    assert world.published() == []
    world.serve("a", rss(item))

    world.run()

    (entry,) = world.published()
    assert text(entry, "published") == "2026-04-01T10:01:00Z"
    (row,) = world.entries()
    assert (row["held"], row["published"]) == (None, "2026-04-01T10:01:00Z")


def test_a_feed_that_is_cut_off_leaves_no_ghost_beside_the_whole_entry(world: World) -> None:
    world.sources("a")
    whole = rss(*(Item(link=f"https://a.example/{n}", title=f"Story {n}") for n in range(3)))
    last = whole.rindex(b"<link>https://a.example/2")
    world.serve("a", whole[: last + 20])
    problems = world.run().problems
    assert {e["title"] for e in world.entries()} == {"Story 0", "Story 1"}
    assert any("in the middle of an entry" in x for _, x in problems)

    world.serve("a", whole)
    world.run()

    assert sorted(e["title"] for e in world.entries()) == ["Story 0", "Story 1", "Story 2"]


EMPTY_JSON = b'{"version": "https://jsonfeed.org/version/1.1", "items": [{}, {"title": "A"}]}'


@pytest.mark.parametrize(
    "body",
    [
        b"<rss><channel><item/><item><title>A</title></item></channel></rss>",
        b"<rss><channel><item><pubDate>Wed, 01 Apr 2026 10:00:00 GMT</pubDate><title> </title>"
        b"<description>&lt;p&gt;&lt;/p&gt;</description></item><item><title>A</title></item>"
        b"</channel></rss>",
        EMPTY_JSON,
    ],
)
def test_an_entry_that_says_nothing_is_not_published(world: World, body: bytes) -> None:
    world.sources("a")
    world.serve("a", body)

    summary = world.run()

    assert (summary.new, summary.dropped) == (2, 1)
    assert world.titles() == ["A"]
    (empty,) = (e for e in world.entries() if e["held"])
    assert empty["held"] == "dropped by its emptiness: no title, text, link, enclosure or id"


@pytest.mark.parametrize(
    "said",
    [
        "<description>d</description>",
        "<guid>g</guid>",
        "<link>https://a.example/1</link>",
        "<enclosure url='https://a.example/1.mp3'/>",
    ],
)
def test_an_entry_that_says_one_thing_is_published(world: World, said: str) -> None:
    world.sources("a")
    world.serve("a", f"<rss><channel><item>{said}</item></channel></rss>".encode())
    world.run()

    assert len(world.published()) == 1


def test_a_source_under_another_name_speaks_for_its_entries(world: World) -> None:
    world.sources("a")
    item = numbered(1)[0]
    world.serve("a", rss(item))
    world.run()
    (before,) = world.published()
    world.config(
        (world.folder / "config.yaml").read_text("utf-8").replace("  a: {", "  renamed: {")
    )
    world.run()
    world.serve("a", rss(Item(**{**item.__dict__, "title": "Story number 1, corrected"})))

    world.run()

    (entry,) = world.published()
    assert text(entry, "title") == "Story number 1, corrected"
    assert text(entry, "id") == text(before, "id")
    assert text(entry, "published") == text(before, "published")
    assert hrefs(entry, "via") == []


# ── nothing lost, nothing doubled ────────────────────────────────────────────


def test_a_feed_becomes_a_document_per_category_and_one_of_all(world: World) -> None:
    world.sources("a", "b")
    world.serve("a", rss(*numbered(1, 2)))
    world.serve("b", rss(Item(id="x", link="https://b.example/x", title="Another story")))

    summary = world.run()

    assert (summary.polled, summary.new, summary.failed) == (2, 3, 0)
    assert sorted(world.bytes()) == ["a.atom", "all.atom", "b.atom"]
    assert world.titles("a") == ["Story number 2 of the day", "Story number 1 of the day"]
    assert len(world.published("all")) == 3


def test_a_second_poll_of_the_same_bytes_changes_nothing(world: World) -> None:
    world.sources("a")
    world.serve("a", rss(*numbered(1, 2)))
    world.run()
    before = world.bytes()
    world.later(hours=2)

    summary = world.run()

    assert (summary.unchanged, summary.new, summary.written) == (1, 0, ())
    assert world.bytes() == before


def test_an_entry_that_leaves_its_feed_stays_published(world: World) -> None:
    world.sources("a")
    world.serve("a", rss(*numbered(1, 2)))
    world.run()
    world.serve("a", rss(*numbered(2, 3)))

    summary = world.run()

    assert (summary.new, summary.changed) == (1, 0)
    assert len(world.published()) == 3


def test_a_new_entry_is_the_only_thing_that_changes_a_document(world: World) -> None:
    world.sources("a", "b")
    world.serve("a", rss(*numbered(1)))
    world.serve("b", rss(Item(id="x", link="https://b.example/x", title="Another story")))
    world.run()
    world.serve("a", rss(*numbered(1, 2)))

    summary = world.run()

    assert sorted(summary.written) == ["a.atom", "all.atom"]


def test_the_order_in_which_sources_answer_does_not_show(tmp_path: Path) -> None:
    """Ids, dates, leaders and bytes come from what was said, not from who said it first."""
    shared = Item(id="s", link="https://paper.example/s", title="One story in three feeds")
    outputs = []
    for order in (("a", "b", "c"), ("c", "b", "a"), ("b", "c", "a")):
        folder = tmp_path / "".join(order)
        folder.mkdir()
        world = World(folder)
        world.sources("a", "b", "c")
        for n, name in enumerate(("a", "b", "c")):
            date = f"Wed, 01 Apr 2026 1{n}:00:00 GMT"
            world.serve(name, rss(Item(**{**shared.__dict__, "date": date}), *numbered(n + 1)))
            world.slow[f"https://{name}.example/feed"] = 0.2 * order.index(name)
        world.run()
        outputs.append(world.bytes())
    assert outputs[0] == outputs[1] == outputs[2]


def test_killed_between_saving_and_publishing_the_next_run_publishes(world: World) -> None:
    world.sources("a")
    world.serve("a", rss(*numbered(1)))
    world.run()
    world.path("all").unlink()
    world.path("a").write_bytes(b"torn")

    summary = world.run(force=False)  # nothing is due: what is missing is mended all the same

    assert summary.polled == 0
    assert len(world.published("all")) == 1


# ── one source's trouble ─────────────────────────────────────────────────────


def test_a_source_that_fails_is_told_and_harms_no_other(world: World) -> None:
    world.sources("a", "b", "c")
    world.serve("a", FetchError("a.example: HTTP 500 Internal Server Error"))
    world.serve("b", b"<html><body>Not a feed</body></html>")
    world.serve("c", rss(*numbered(1)))

    summary = world.run()

    assert (summary.polled, summary.failed, summary.new) == (3, 2, 1)
    assert dict(summary.errors) == {
        "a": "a.example: HTTP 500 Internal Server Error",
        "b": "no feed: an HTML page",
    }
    assert len(world.published("c")) == 1


def test_a_bug_of_ours_in_one_source_harms_no_other(world: World) -> None:
    world.sources("a", "b")
    world.serve("a", ZeroDivisionError("oh"))
    world.serve("b", rss(*numbered(1)))

    summary = world.run()

    assert summary.failed == 1
    assert "please report it" in dict(summary.errors)["a"]
    assert summary.new == 1


class Noted(dict[str, str]):
    """Headers that tell when the reader's thread looks at them."""

    def __init__(self, note: Callable[[], None]) -> None:
        super().__init__()
        self._note = note

    def get(self, key: str, default: Any = None) -> Any:
        if threading.current_thread() is not threading.main_thread():
            self._note()
        return super().get(key, default)


@pytest.mark.parametrize(("entries", "letters"), [(300, 10), (3, 200_000)])
def test_what_is_large_is_saved_before_another_document_is_read(
    world: World, entries: int, letters: int
) -> None:
    """In memory it is many times what it was on the wire."""
    names = [f"s{n}" for n in range(5)]
    saved: dict[str, int] = {}
    world.sources(*names)

    def note(name: str) -> None:
        if name not in saved:
            with closing(sqlite3.connect(world.folder / "aggregator.db")) as store:
                saved[name] = store.execute("SELECT count(*) FROM entry").fetchone()[0]

    for name in names:
        body = rss(
            *(
                Item(id=f"{name}/{i}", title=f"{name} {i}", text=f"{name}{i} " + "x" * letters)
                for i in range(entries)
            )
        )
        url = f"https://{name}.example/feed"
        world.serve(name, Response(url=url, headers=Noted(partial(note, name)), body=body))
    world.run()

    assert sorted(saved.values()) == [n * entries for n in range(5)]


def test_a_failure_keeps_what_the_source_said_before(world: World) -> None:
    world.sources("a")
    world.serve("a", rss(*numbered(1)))
    world.run()
    before = world.bytes()
    world.serve("a", FetchError("gone"))

    world.run()

    assert world.bytes() == before


def test_validators_go_back_as_they_came_and_survive_a_failure(world: World) -> None:
    world.sources("a")
    url = "https://a.example/feed"
    headers = {"etag": 'W/"x y"', "last-modified": "yesterday, about noon"}
    world.serve("a", Response(url=url, headers=headers, body=rss(*numbered(1))))
    world.run()
    world.serve("a", FetchError("down"))
    world.run()
    world.serve("a", Response(url=url, status=304))

    summary = world.run()
    world.run()

    assert summary.unchanged == 1
    for request in world.asked[1:]:
        assert request.headers["if-none-match"] == 'W/"x y"'
        assert request.headers["if-modified-since"] == "yesterday, about noon"


def test_a_304_about_what_we_never_had_is_told_and_ends_with_a_document(world: World) -> None:
    """No failure, and no loop: it is asked without conditions, and one day it answers."""
    world.sources("a")
    world.serve("a", Response(url="https://a.example/feed", headers={"etag": "x"}, status=304))

    world.run()
    world.run()

    said = world.told("a")
    assert said["health"] == "ok"
    assert said["notes"] == ["its server says that nothing changed, and never sent a document"]
    assert all(set(request.headers) == {"accept"} for request in world.asked)

    world.serve("a", rss(*numbered(1, 2)))
    assert world.run().new == 2
    assert world.told("a")["notes"] == []


def test_what_is_not_due_is_not_polled_though_the_program_starts_anew(world: World) -> None:
    world.sources("a")
    date = format_datetime(world.now - timedelta(minutes=5))
    body = rss(Item(id="1", date=date))
    world.serve("a", Response(url="https://a.example/feed", headers={"etag": "x"}, body=body))
    world.run(force=False)
    world.later(minutes=55)
    world.run(force=False)
    assert len(world.asked) == 1

    world.later(minutes=65)  # the first wait is spread over the interval
    world.run(force=False)

    assert len(world.asked) == 2


def test_after_a_clock_that_was_ahead_sources_wait_as_long_as_they_would_have(
    world: World,
) -> None:
    """Not for a year, and not all at once either: who knows when they were really asked."""
    world.sources("a", "b")
    for name in ("a", "b"):
        world.serve(name, rss(*numbered(1)))
    world.run(force=False)
    for wrong in ({"days": 365}, {"hours": 30}):
        world.later(**wrong)
        world.run(force=False)
        asked = len(world.asked)
        world.later(**{unit: -n for unit, n in wrong.items()})

        world.run(force=False)
        assert len(world.asked) == asked
        world.later(hours=27)
        world.run(force=False)

        assert len(world.asked) == asked + 2


def test_a_shorter_interval_counts_at_the_latest_a_day_later(world: World) -> None:
    world.sources("a", more="fetch: {every: 30d}\n")
    world.serve("a", rss(*numbered(1)))
    world.run(force=False)
    world.sources("a")
    for _ in range(2):
        world.run(force=False)
        world.later(hours=27)

    assert len(world.asked) == 2


# ── one story, once ──────────────────────────────────────────────────────────


def test_one_link_in_two_sources_is_one_entry_in_both_categories(world: World) -> None:
    world.sources("a", "b")
    world.serve("a", rss(Item(id="1", link="https://paper.example/story", title="As it was")))
    world.serve(
        "b",
        rss(
            Item(
                id="77",
                link="http://www.paper.example/story/?utm_source=b",
                title="As the other had it",
                text=LONG,
                date="Wed, 01 Apr 2026 12:00:00 GMT",
            )
        ),
    )

    summary = world.run()

    assert (summary.new, summary.merged) == (2, 1)
    assert world.titles("a") == world.titles("b") == world.titles("all") == ["As it was"]
    (entry,) = world.published("all")
    assert hrefs(entry, "alternate") == ["https://paper.example/story"]
    assert len(hrefs(entry, "via")) == 1
    assert {c.get("term") for c in entry.findall(f"{ATOM}category")} >= {"a", "b"}
    assert {e["reason"] for e in world.entries()} == {None, "same link"}


def test_mobile_and_amp_addresses_are_the_same_story(world: World) -> None:
    world.sources("a", "b", "c")
    world.serve("a", rss(Item(id="1", link="https://paper.example/2026/story.html")))
    world.serve("b", rss(Item(id="2", link="https://m.paper.example/2026/story.html")))
    world.serve("c", rss(Item(id="3", link="https://paper.example/2026/story.amp.html")))

    assert world.run().merged == 2
    assert len(world.published()) == 1


def test_one_global_id_in_two_sources_is_one_story(world: World) -> None:
    world.sources("a", "b")
    guid = "tag:paper.example,2026:story-1"
    world.serve("a", rss(Item(id=guid, link="https://paper.example/world/1")))
    world.serve("b", rss(Item(id=guid, link="https://paper.example/front/1")))

    world.run()

    (entry,) = world.published()
    assert text(entry, "id") == guid
    assert {e["reason"] for e in world.entries()} == {None, "same id"}


def test_bare_ids_of_two_sources_mean_nothing_to_each_other(world: World) -> None:
    world.sources("a", "b")
    world.serve("a", rss(Item(id="1", link="https://a.example/x", title="The bees are back")))
    world.serve("b", rss(Item(id="1", link="https://b.example/y", title="A new town clerk")))

    assert world.run().merged == 0
    assert len(world.published()) == 2


def test_two_feeds_that_use_one_id_for_two_things_stay_apart(world: World) -> None:
    world.sources("a", "b")
    guid = "https://cms.example/node/1"
    world.serve("a", rss(Item(id=guid, link="https://a.example/x", title="The bees are back")))
    world.serve("b", rss(Item(id=guid, link="https://b.example/y", title="A new town clerk")))

    world.run()

    ids = [text(e, "id") for e in world.published()]
    assert len(set(ids)) == 2


def test_the_same_title_and_text_under_two_links_is_one_story(world: World) -> None:
    world.sources("a", "b")
    credit = "<p>First published by the Tribune.</p>"
    world.serve("a", rss(Item(id="1", link="https://a.example/1", title="Ferry kept", text=LONG)))
    world.serve(
        "b",
        rss(Item(id="2", link="https://b.example/2", title="Ferry Kept!", text=LONG + credit)),
    )

    assert world.run().merged == 1
    (entry,) = world.published()
    assert hrefs(entry, "via") == ["https://b.example/2"]


def test_a_daily_table_with_other_figures_is_another_story(world: World) -> None:
    world.sources("a", "b")
    table = "<p>收盘 上证指数 {0} 点，深证成指 {1} 点，成交额 {2} 亿元，涨跌互现，交投平稳。</p>"
    for name, figures in (("a", (3012.5, 9511.2, 8012)), ("b", (3044.1, 9600.7, 7904))):
        world.serve(
            name,
            rss(
                Item(id="1", link=f"https://{name}.example/1", title="每日行情",
                     text=table.format(*figures))
            ),
        )  # fmt: skip

    assert world.run().merged == 0


def test_a_title_that_comes_back_every_week_is_a_new_entry_each_time(world: World) -> None:
    world.sources("a")
    weeks = [
        Item(id=f"w{n}", link=f"https://a.example/w{n}", title="Open thread for the week",
             text=LONG, date=f"Wed, {n:02d} Apr 2026 10:00:00 GMT")
        for n in (1, 8, 15)
    ]  # fmt: skip
    world.serve("a", rss(*weeks))

    assert (world.run().merged, len(world.published())) == (0, 3)


def test_an_old_reprint_outside_the_window_is_another_story(world: World) -> None:
    world.sources("a", "b")
    world.serve("a", rss(Item(id="1", link="https://a.example/1", title="Ferry kept", text=LONG)))
    again = Item(id="2", link="https://b.example/2", title="Ferry kept", text=LONG,
                 date="Fri, 01 May 2026 10:00:00 GMT")  # fmt: skip
    world.serve("b", rss(again))

    assert world.run().merged == 0


def test_an_aggregator_never_leads_though_it_was_first(world: World) -> None:
    world.sources(
        "a", more="  d: {url: 'https://d.example/feed', role: aggregator, categories: [links]}\n"
    )
    link = "https://a.example/original"
    world.serve("a", rss(Item(id="1", link=link, title="The original title")))
    world.serve(
        "d",
        rss(
            Item(id="d1", link=link, title="Somebody found this", date="Wed, 01 Apr 2026 09:00:00 GMT",
                 extra="<comments>https://d.example/c/1</comments>")
        ),
    )  # fmt: skip

    world.run()

    (entry,) = world.published("links")
    assert text(entry, "title") == "The original title"
    assert hrefs(entry, "via") == ["https://d.example/c/1"]
    assert text(entry.find(f"{ATOM}source"), "title") == "A feed"


# ── identity under stress ────────────────────────────────────────────────────


def test_ids_that_change_at_each_fetch_while_links_stay_give_no_new_entries(world: World) -> None:
    world.sources("a")
    for fetch in range(4):
        items = numbered(1, 2, 3)
        for n, item in enumerate(items):
            item.id = f"session-{fetch}-{n}"
        world.serve("a", rss(*items))
        summary = world.run()
        world.later(hours=2)
        if fetch == 0:
            first = world.bytes()
    assert (summary.new, summary.changed) == (0, 0)
    assert len(world.entries()) == 3
    assert world.bytes() == first


def test_links_that_change_while_ids_stay_keep_the_published_id_and_date(world: World) -> None:
    world.sources("a")
    before = Item(id="g1", link="https://a.example/old-place", title="A story that moved")
    world.serve("a", rss(before))
    world.run()
    (old,) = world.published()
    after = Item(id="g1", link="https://a.example/new/place", title="A story that moved")
    world.serve("a", rss(after))

    summary = world.run()

    (new,) = world.published()
    assert summary.new == 0
    assert [text(new, n) for n in ("id", "published")] == [
        text(old, n) for n in ("id", "published")
    ]
    assert hrefs(new, "alternate") == ["https://a.example/new/place"]


def test_a_recycled_id_is_a_new_entry(world: World) -> None:
    world.sources("a")
    world.serve("a", rss(Item(id="1", link="https://a.example/x", title="The bees are back",
                              text="<p>They came over the hill on Monday, all at once.</p>")))  # fmt: skip
    world.run()
    other = Item(id="1", link="https://a.example/y", title="A new town clerk", text=LONG)
    world.serve("a", rss(other))

    assert world.run().new == 1
    world.serve("a", rss(other, title="Renamed"))
    assert world.run().new == 0
    assert len(world.published()) == 2


def test_one_id_for_all_entries_of_a_feed_is_no_id(world: World) -> None:
    world.sources("a")
    items = numbered(1, 2, 3)
    for item in items:
        item.id = "https://a.example/"
    world.serve("a", rss(*items))

    assert world.run().new == 3
    world.serve("a", rss(*items, title="Renamed"))
    assert world.run().new == 0


def test_the_places_of_one_page_are_entries_of_their_own(world: World) -> None:
    world.sources("a")
    world.serve("a", rss(*(
        Item(id=f"v1.{n}", link=f"https://a.example/changes#v1.{n}", title=f"Version 1.{n} is out")
        for n in (2, 3)
    )))  # fmt: skip

    world.run()

    assert len(world.titles()) == 2


def test_one_link_for_all_entries_of_a_feed_is_no_link(world: World) -> None:
    world.sources("a")
    items = [
        Item(id=f"n{n}", link="https://a.example/live", title=title, text=f"<p>{text}</p>")
        for n, (title, text) in enumerate(
            (("Gates open", "People came early and sat on the grass."),
             ("Rain stops play", "A cloud burst over the ground just before three."),
             ("渔船回港", "傍晚六点，最后一条渔船进了港，码头上亮起了灯。"))
        )
    ]  # fmt: skip
    world.serve("a", rss(*items))

    assert world.run().merged == 0
    assert len(world.published()) == 3


def test_entries_without_any_id_or_link_are_told_apart_by_their_text(world: World) -> None:
    world.sources("a")
    notes = [
        Item(title="", text=f"<p>A note on the {x}, and nothing more.</p>")
        for x in ("tide", "wind")
    ]
    world.serve("a", rss(*notes))
    world.run()
    world.serve("a", rss(*notes, title="Renamed"))

    assert world.run().new == 0
    assert len(world.published()) == 2
    assert all(text(e, "title") for e in world.published())


# ── dates ────────────────────────────────────────────────────────────────────


def test_an_undated_entry_has_the_date_it_was_first_seen_for_good(world: World) -> None:
    world.sources("a")
    undated = [Item(id=f"u{n}", link=f"https://a.example/u{n}", title=f"Undated {n}", date=None)
               for n in (1, 2)]  # fmt: skip
    world.serve("a", rss(*undated))
    world.run()
    before = world.bytes()
    world.later(days=3)
    world.serve("a", rss(*undated, title="Renamed"))
    world.run()

    assert world.titles() == ["Undated 1", "Undated 2"]  # the first of a document is the newest
    assert text(world.published()[0], "published") == "2026-07-01T12:00:00Z"
    assert [text(e, "published") for e in world.published()] == [
        text(e, "published") for e in _entries_of(before["all.atom"])
    ]


def _entries_of(document: bytes) -> list[object]:
    from xml.etree import ElementTree

    return ElementTree.fromstring(document).findall(f"{ATOM}entry")


def test_a_future_entry_is_held_until_it_is_due(world: World) -> None:
    world.sources("a")
    soon = Item(id="f", link="https://a.example/f", title="Embargoed",
                date="Wed, 01 Jul 2026 14:00:00 GMT")  # fmt: skip
    world.serve("a", rss(soon, *numbered(1)))
    world.run()
    assert "Embargoed" not in world.titles()
    assert [e["held"] for e in world.entries() if e["title"] == "Embargoed"] == [
        "dated in the future: due 2026-07-01T14:00:00Z"
    ]
    world.later(hours=2, minutes=1)

    world.run(force=False)

    assert "Embargoed" in world.titles() and "Embargoed" in world.titles("a")


def test_updated_moves_with_the_text_and_not_with_markup_or_dates(world: World) -> None:
    world.sources("a")
    item = Item(id="1", link="https://a.example/1", title="Ferry kept", text=LONG)
    world.serve("a", rss(item))
    world.run()
    world.later(hours=5)
    noise = LONG.replace("<p>", "<p class='x'>\n <span>").replace("</p>", "</span>  </p>")
    world.serve(
        "a", rss(Item(**{**item.__dict__, "text": noise, "date": "Thu, 02 Apr 2026 10:00:00 GMT"}))
    )
    world.run()
    assert text(world.published()[0], "updated") == "2026-04-01T10:00:00Z"
    world.serve("a", rss(Item(**{**item.__dict__, "text": LONG + "<p>Corrected.</p>"})))

    world.run()

    assert text(world.published()[0], "updated") == "2026-07-01T17:00:00Z"
    assert text(world.published()[0], "published") == "2026-04-01T10:00:00Z"


def test_an_entry_that_comes_late_is_in_the_current_document_all_the_same(world: World) -> None:
    world.config("sources: {a: {url: 'https://a.example/feed'}}\noutput: {entries: 3}\n")
    world.serve("a", rss(*numbered(10, 11, 12, 13)))
    world.run()
    late = numbered(1)
    world.serve("a", rss(*numbered(10, 11, 12, 13), *late))

    world.run()

    assert "Story number 1 of the day" in world.titles()
    assert len(world.published()) == 3


# ── categories, rules, content ───────────────────────────────────────────────


def test_names_aliases_tags_and_rules_lead_to_one_category(world: World) -> None:
    world.config("""
sources:
  a: {url: 'https://a.example/feed', categories: [Tech]}
  b: {url: 'https://b.example/feed', categories: [life]}
categories:
  技术: {slug: tech, title: 技术 Technology, aliases: [tech, technology]}
  大模型: {match: 'text ~ "(?i)LLM|大模型"'}
""")
    world.serve("a", rss(*numbered(1)))
    world.serve(
        "b",
        rss(
            Item(id="1", link="https://b.example/1", title="On tags", extra="<category>Technology</category>"),
            Item(id="2", link="https://b.example/2", title="An LLM at the harbour", text=LONG),
        ),
    )  # fmt: skip

    world.run()

    assert sorted(world.bytes()) == ["all.atom", "life.atom", "tech.atom", "大模型.atom"]
    assert sorted(world.titles("tech")) == ["On tags", "Story number 1 of the day"]
    assert world.titles("大模型") == ["An LLM at the harbour"]
    assert text(world.document("tech"), "title") == "Planet · 技术 Technology"


def test_spellings_of_one_category_are_one_output_with_the_first_as_its_title(
    world: World,
) -> None:
    world.config(
        "site: {title: Planet, url: 'https://planet.example/'}\n"
        "sources:\n"
        "  a: {url: 'https://a.example/feed', categories: [Deep  Tech, 财经]}\n"
        "  b: {url: 'https://b.example/feed', categories: [deep tech]}\n"
        "  c: {url: 'https://c.example/feed', categories: [ＤＥＥＰ ＴＥＣＨ]}\n"
    )
    for name in "abc":
        item = Item(id=name, link=f"https://{name}.example/1", title=f"What {name} tells")
        world.serve(name, rss(item))
    world.run()

    assert sorted(world.bytes()) == ["all.atom", "deep-tech.atom", "财经.atom"]
    assert len(world.published("deep-tech")) == 3
    assert text(world.document("deep-tech"), "title") == "Planet · Deep Tech"


def test_an_output_keeps_its_slug_and_id_when_its_category_is_spelled_otherwise(
    world: World,
) -> None:
    world.sources("a")
    config = (world.folder / "config.yaml").read_text("utf-8").replace("[a]", "[Tech]")
    world.config(config)
    world.serve("a", rss(*numbered(1)))
    world.run()
    before = text(world.document("tech"), "id")

    for more in ("", "categories: {tech: {title: 技术}}\n"):
        world.config(config.replace("[Tech]", "[TECH]") + more)
        world.run()

        assert sorted(world.bytes()) == ["all.atom", "tech.atom"]
        assert text(world.document("tech"), "id") == before
        assert len(world.published("tech")) == 1
    assert text(world.document("tech"), "title") == "Planet · 技术"


def test_a_category_called_all_is_an_output_like_any_other(world: World) -> None:
    world.config(
        "site: {title: Planet, url: 'https://planet.example/'}\n"
        "sources:\n"
        "  a: {url: 'https://a.example/feed', categories: [all]}\n"
        "  b: {url: 'https://b.example/feed'}\n"
    )
    world.serve("a", rss(*numbered(1)))
    world.serve("b", rss(Item(id="b", link="https://b.example/", title="Of b")))
    world.run()

    assert world.titles("all-2") == ["Story number 1 of the day"]
    assert len(world.titles("all")) == 2
    assert text(world.document("all"), "title") == "Planet"
    assert text(world.document("all-2"), "title") == "Planet · all"


def test_a_changed_config_lists_what_is_stored_anew(world: World) -> None:
    world.sources("a")
    world.serve("a", rss(*numbered(1, 2)))
    world.run()
    world.config("""
sources:
  a: {url: 'https://a.example/feed', categories: [a, more], drop: 'title has "number 2"'}
""")

    world.run(force=False)

    assert world.titles("more") == world.titles("a") == ["Story number 1 of the day"]
    assert [e["held"] for e in world.entries() if "2" in e["title"]] == [
        'dropped by sources.a.drop: title has "number 2"'
    ]


def test_dropped_entries_are_counted_once_and_not_published(world: World) -> None:
    world.config("sources: {a: {url: 'https://a.example/feed', keep: 'title has \"number 1\"'}}")
    world.serve("a", rss(*numbered(1, 2, 3)))

    assert world.run().dropped == 2
    world.serve("a", rss(*numbered(1, 2, 3), title="Renamed"))
    assert world.run().dropped == 0
    assert len(world.published()) == 1


def test_a_source_that_leaves_the_config_keeps_its_entries(world: World) -> None:
    world.sources("a", "b")
    world.serve("a", rss(*numbered(1)))
    world.serve("b", rss(Item(id="x", link="https://b.example/x", title="Another story")))
    world.run()
    world.sources("b")

    world.run()

    assert len(world.published()) == 2
    assert world.titles("a") == ["Story number 1 of the day"]


def test_content_can_be_an_excerpt_or_a_link_only(world: World) -> None:
    world.config("""
sources:
  a: {url: 'https://a.example/feed', content: excerpt}
  b: {url: 'https://b.example/feed', content: link}
""")
    long = "".join(f"<p>Sentence number {n} is here. </p>" for n in range(60))
    world.serve("a", rss(Item(id="1", link="https://a.example/1", title="Long", text=long)))
    world.serve("b", rss(Item(id="1", link="https://b.example/1", title="Linked", text=LONG)))

    world.run()

    by_title = {text(e, "title"): e for e in world.published()}
    shown = text(by_title["Long"], "summary")
    assert len(plain(shown)) <= 300 and shown.endswith(".</p>")
    assert by_title["Long"].find(f"{ATOM}content") is None
    assert by_title["Linked"].find(f"{ATOM}content") is None
    assert by_title["Linked"].find(f"{ATOM}summary") is None


@pytest.mark.parametrize(
    "odd", ["&#11;", "&#8;", "&#x1f;", "&#xFFFE;", "&#xFFFF;", "&#55296;", "&#128;", "&#x7f;"]
)
def test_a_character_that_xml_cannot_hold_stops_no_document(world: World, odd: str) -> None:
    world.sources("a", "b")
    markup = f'<p title="a{odd}b">vertical{odd}tab <a href="https://a.example/{odd}x">y</a></p>'
    world.serve("a", rss(Item(id="1", link="https://a.example/1", title="One", text=markup)))
    world.serve(
        "b",
        b'<feed xmlns="http://www.w3.org/2005/Atom"><title>B</title><entry><id>urn:b:1</id>'
        b'<title>Two</title><updated>2026-04-01T00:00:00Z</updated><content type="html">'
        b"<![CDATA[" + markup.encode() + b"]]></content></entry></feed>",
    )

    done = world.run()

    assert done.unwritten == ()
    assert sorted(world.titles()) == ["One", "Two"]
    for entry in world.published():
        body = text(entry, "content") or text(entry, "summary")
        assert "vertical" in body and "tab" in body and not ILLEGAL.search(body)


def test_nothing_active_gets_out(world: World) -> None:
    world.sources("a")
    evil = (
        "<p onclick='x()'>Hello <script>alert(1)</script><a href='javascript:alert(1)'>a</a>"
        "<img src='data:text/html,x'><img src='https://t.example/p.gif' width='1' height='1'>"
        "<iframe src='https://e.example'></iframe><a href='/rel'>r</a></p>"
    )
    world.serve("a", rss(Item(id="1", link="https://a.example/d/1", title="<b>T</b>", text=evil)))

    world.run()

    (entry,) = world.published()
    content = text(entry, "content")
    assert text(entry, "title") == "T"
    for bad in ("script", "onclick", "javascript", "data:", "iframe", "t.example"):
        assert bad not in content
    assert 'href="https://a.example/rel"' in content


# ── files ────────────────────────────────────────────────────────────────────


def post(
    title: str, body: str = "正文第一段，说了一些足够长的话，好让它自成一篇。", **more: str
) -> str:
    front = {"title": f'"{title}"', "date": "2026-03-01 10:00:00 +0800", **more}
    return "---\n" + "".join(f"{k}: {v}\n" for k, v in front.items()) + f"---\n\n{body}\n"


def posts(world: World, **files: str) -> Path:
    folder = world.folder / "_posts"
    folder.mkdir(exist_ok=True)
    for name, body in files.items():
        (folder / f"{name}.md").write_text(body, encoding="utf-8")
    world.config("site: {timezone: Asia/Shanghai}\nposts: [{path: _posts}]\n")
    return folder


def test_posts_are_published_in_the_categories_that_they_name(world: World) -> None:
    posts(world, **{"2026-03-01-a": post("渔港的早晨", categories="日报 周刊", tags="渔港")})

    summary = world.run()

    assert (summary.new, summary.failed) == (1, 0)
    assert sorted(world.bytes()) == ["all.atom", "日报-周刊.atom"]
    (entry,) = world.entries()
    assert entry["categories"] == ["日报 周刊", "渔港"]
    assert entry["path"] == "2026-03-01-a.md"


def test_unchanged_posts_are_not_read_again_and_changed_ones_are(world: World) -> None:
    folder = posts(world, **{"2026-03-01-a": post("One"), "2026-03-02-b": post("Two")})
    world.run()
    stamp = (folder / "2026-03-02-b.md").stat().st_mtime_ns
    assert world.run().unchanged == 1
    (folder / "2026-03-02-b.md").write_text(post("Two, mended"), encoding="utf-8")
    os.utime(folder / "2026-03-02-b.md", ns=(stamp + 10**9, stamp + 10**9))

    summary = world.run()

    assert (summary.new, summary.changed) == (0, 1)
    assert "Two, mended" in world.titles()


def test_a_post_that_cannot_be_read_is_named_and_the_rest_go_on(world: World) -> None:
    folder = posts(world, **{"2026-03-01-a": post("Good")})
    (folder / "2026-03-02-bad.md").write_bytes(b"\x00\x01\x02" * 50)

    summary = world.run()

    assert summary.new == 1
    ((source, problem),) = summary.problems
    assert source == "posts" and problem.startswith("2026-03-02-bad.md")


def told(world: World, source: str = "posts") -> list[str]:
    """What `status` says is wrong."""
    given = app.settings(world.folder / "config.yaml")
    store = app.open_store(given, exclusive=False)
    try:
        return store.problems(source)
    finally:
        store.close()


def test_a_file_name_that_is_no_text_stops_nothing_and_stays_one_entry(world: World) -> None:
    folder = posts(world, **{"2026-03-01-a": post("Good")})
    for name in ("标".encode("gbk"), b"\xff\xfe"):
        (folder / os.fsdecode(b"2026-03-02-" + name + b".md")).write_text(post(f"Title {name!r}"))

    summary = world.run()

    assert (summary.failed, summary.new, len(summary.problems)) == (0, 3, 2)
    paths = {e["path"] for e in world.entries()}
    assert paths == {"2026-03-01-a.md", "2026-03-02-标.md", "2026-03-02-%FF%FE.md"}
    assert len(told(world)) == 2
    assert world.run().unchanged == 1


def linked(title: str, category: str, **more: str) -> str:
    body = "正文第一段，说了一些足够长的话。\n\n<https://news.example/a1>"
    return post(title, body, categories=category, **more)


def test_two_posts_about_one_page_are_two_sightings_whichever_is_touched(world: World) -> None:
    folder = posts(world, **{"2026-03-01-a": linked("The ferry is kept", "catx")})
    world.run()
    (folder / "2026-03-02-b.md").write_text(linked("The ferry is kept now", "caty"))

    summary = world.run()
    assert (summary.new, summary.changed, summary.merged) == (1, 0, 1)
    for name, title, category in (("01-a", "kept", "catx"), ("02-b", "kept now", "caty")):
        (folder / f"2026-03-{name}.md").write_text(linked(f"The ferry is {title}!", category))
        assert world.run().new == 0

    assert world.stories() == {"c1": {"posts:2026-03-01-a.md", "posts:2026-03-02-b.md"}}
    assert len(world.titles("catx")) == len(world.titles("caty")) == 1


@pytest.mark.parametrize("hidden", [b"\0\1\2" * 50, b"---\npublished: false\n---\ntext"])
def test_a_post_that_says_nothing_for_now_is_not_taken_over(world: World, hidden: bytes) -> None:
    folder = posts(world, **{"2026-03-01-a": linked("The ferry is kept", "catx", id="own")})
    world.run()
    (folder / "2026-03-01-a.md").write_bytes(hidden)
    (folder / "2026-03-02-b.md").write_text(linked("The ferry is kept now", "caty"))

    assert world.run().new == 1
    assert {e["source_entry_id"] for e in world.entries()} == {"own", "2026-03-02-b.md"}


def test_a_renamed_post_is_known_by_its_link(world: World) -> None:
    folder = posts(world, **{"2026-03-01-a": linked("The ferry is kept", "catx")})
    world.run()
    before = world.bytes()
    (folder / "2026-03-01-a.md").rename(folder / "2026-03-01-other.md")

    summary = world.run()

    assert (summary.new, [e["source_entry_id"] for e in world.entries()]) == (
        0,
        ["2026-03-01-other.md"],
    )
    assert world.bytes() == before


def test_a_post_that_takes_another_id_is_known_by_its_link(world: World) -> None:
    folder = posts(world, **{"2026-03-01-a": linked("The ferry is kept", "catx")})
    world.run()
    (folder / "2026-03-01-a.md").write_text(linked("The ferry is kept", "catx", id="own"))

    assert world.run().new == 0
    assert [e["source_entry_id"] for e in world.entries()] == ["own"]


def test_a_post_with_an_id_of_its_own_is_withdrawn_too(world: World) -> None:
    folder = posts(world, **{"2026-03-01-a": post("One", id="own"), "2026-03-02-b": post("Two")})
    world.run()
    (folder / "2026-03-01-a.md").write_text(post("One", id="own", published="false"))

    world.run()

    assert world.titles() == ["Two"]


@pytest.mark.parametrize(
    ("setting", "seen"),
    [
        ("site_hosts: [news.example]", {"url": None}),
        ("link_keys: [via]", {"url": "https://other.example/2"}),
        ("name: _posts, language: en", {"language": "en"}),
        ("timezone: Asia/Shanghai", {"stated": "2026-02-28T16:00:00Z"}),
    ],
)
def test_a_setting_that_changes_how_posts_are_read_reaches_those_already_read(
    world: World, setting: str, seen: dict[str, str]
) -> None:
    body = "正文第一段，说了一些足够长的话。\n\n<https://news.example/a1>"
    fields = {"date": "2026-03-01", "via": "https://other.example/2"}
    posts(world, **{"2026-03-01-a": post("One", body, **fields)})
    world.config("posts: [{path: _posts, name: _posts}]")
    world.run()
    setting = setting if "name" in setting else f"name: _posts, {setting}"
    world.config(f"posts: [{{path: _posts, {setting}}}]")

    world.run()

    given = app.settings(world.folder / "config.yaml")
    store = app.open_store(given, exclusive=False)
    kept = next(iter(store.entries(source=None, output=None))).entry
    store.close()
    values = {"url": kept.link, "language": kept.language, "stated": iso(kept.published)}
    assert seen.items() <= values.items()
    assert world.run().unchanged == 1


def test_whatever_a_post_links_to_it_is_one_entry_under_one_id(world: World) -> None:
    target = "https://other.example/story/1.html"
    fields = {"date": "2026-03-01", "permalink": "/boats/", "link": target}
    posts(world, **{"2026-03-01-a": post("One", **fields)})
    folder = "path: _posts, site_hosts: [blog.example]"
    ids = []
    for setting, link, related in (
        ("", target, []),
        (", links: own", "https://blog.example/boats/", [target]),
        (", links: target", target, []),
    ):
        world.config(f"posts: [{{{folder}{setting}}}]")
        world.run()

        (entry,) = world.published()
        links = [(x.get("rel"), x.get("href")) for x in entry.findall("{*}link")]
        assert [href for rel, href in links if rel == "alternate"] == [link]
        assert [href for rel, href in links if rel == "related"] == related
        ids.append(text(entry, "id"))
    assert len(set(ids)) == 1
    assert len(world.entries()) == 1


def test_what_is_relative_in_a_post_leads_to_its_own_site(world: World) -> None:
    body = "![](/assets/a.png) [more](../about/)\n\n<https://other.example/story/1.html>"
    posts(world, **{"2026-03-01-a": post("One", body)})
    for site, hosts, home in (
        ("site: {url: 'https://planet.example/'}", "", "https://planet.example/"),
        ("site: {url: 'https://planet.example/'}", ", site_hosts: [b.example]", "https://b.example/"),
        ("", "", None),
    ):  # fmt: skip
        world.config(f"{site}\nposts: [{{path: _posts{hosts}}}]")
        world.run()

        (entry,) = world.published()
        content = text(entry, "content")
        if home:
            assert f'src="{home}assets/a.png"' in content and f'href="{home}about/"' in content
        else:
            assert "img" not in content and "<a>more</a>" in content


def test_what_stands_in_the_way_is_told_until_it_is_mended(world: World) -> None:
    folder = posts(world, **{"2026-03-01-a": post("Good")})
    (folder / "gone.md").symlink_to("nothing")
    (folder / "passwd.md").symlink_to("/etc/passwd")
    (folder / "etc").symlink_to("/etc")
    (folder / "bad.md").write_bytes(b"\x00\x01\x02" * 50)

    first, second = world.run(), world.run()

    assert (first.new, first.failed) == (1, 0)
    told_now = sorted(problem.partition(":")[0] for _, problem in first.problems)
    assert told_now == ["bad.md", "etc", "gone.md", "passwd.md"]
    assert len(second.problems) == 3  # bad.md is read again when it changes
    assert sorted(told(world)) == sorted(problem for _, problem in first.problems)
    assert [e["path"] for e in world.entries()] == ["2026-03-01-a.md"]
    for name in ("gone.md", "passwd.md", "etc", "bad.md"):
        (folder / name).unlink()
    assert world.run().problems == ()
    assert told(world) == []


@contextmanager
def without_rights() -> Iterator[None]:
    """As nobody in particular: root may read everything."""
    root = os.geteuid() == 0
    if root:
        os.seteuid(65534)
    try:
        yield
    finally:
        if root:
            os.seteuid(0)


def test_what_may_not_be_read_is_told_by_run_and_status() -> None:
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o777)
        with without_rights():
            world = World(Path(name) / "w")
            world.folder.mkdir()
            folder = posts(world, **{"2026-03-01-a": linked("The ferry is kept", "catx")})
            (folder / "sub").mkdir()
            (folder / "sub" / "b.md").write_text(post("Two", "<https://news.example/b>"))
            world.run()
            (folder / "sub").chmod(0)
            (folder / "2026-03-01-a.md").chmod(0)
            (folder / "c.md").write_text(linked("The ferry is kept now", "caty"))
            (folder / "d.md").write_text(post("Two", "<https://news.example/b>"))

            for new in (2, 0):
                summary = world.run()
                assert summary.new == new
                expected = ["2026-03-01-a.md: permission denied", "sub: permission denied"]
                assert sorted(problem for _, problem in summary.problems) == expected
                assert sorted(told(world)) == expected
            (folder / "sub").chmod(0o700)
            (folder / "2026-03-01-a.md").chmod(0o600)
            assert world.run().problems == ()
            assert told(world) == []
            assert len(world.entries()) == 4


def test_what_is_wrong_with_a_feed_is_told_until_the_feed_is_mended(world: World) -> None:
    world.sources("a")
    headers = {"etag": "1"}
    url = "https://a.example/feed"
    broken = rss(*numbered(1)).replace(b"</channel></rss>", b"")
    world.serve("a", Response(url=url, headers=headers, body=broken))
    ((_, problem),) = world.run().problems
    assert told(world, "a") == [problem]
    for answer in (Response(url=url, status=304), FetchError("gone"), broken):
        world.serve("a", answer)
        world.run()
        assert told(world, "a") == [problem]

    world.serve("a", rss(*numbered(1)))
    world.run()

    assert told(world, "a") == []


def test_a_post_copied_to_another_folder_is_the_same_story(world: World) -> None:
    folder = posts(world, **{"2026-03-01-a": post("Good")})
    world.run()
    before = world.bytes()
    (folder / "old").mkdir()
    (folder / "old" / "2026-03-01-a.md").write_text(post("Good"), encoding="utf-8")

    assert world.run().merged == 1
    assert world.bytes() == before


def test_a_name_that_another_post_takes_over_is_published_under_another_id(world: World) -> None:
    folder = posts(world)
    for n, title in enumerate(("The ferry stays", "A bridge is begun", "Tolls are to rise")):
        newest = folder / "latest.md"
        if newest.exists():
            newest.rename(folder / f"kept-{n}.md")
        link = f"https://x.example/{n}"
        newest.write_text(post(title, title * 9, **{"external-url": link}), encoding="utf-8")
        assert world.run().failed == 0

    assert len(world.published()) == len({text(e, "id") for e in world.published()}) == 3


def test_a_post_that_moves_to_another_folder_has_no_link_to_itself_beside_its_link(
    world: World,
) -> None:
    linked = post("Good", **{"external-url": "https://x.example/1"})
    folder = posts(world, **{"2026-03-01-a": linked})
    world.config("posts: [{path: _posts}, {path: old}]\n")
    (world.folder / "old").mkdir()
    world.run()
    (folder / "2026-03-01-a.md").rename(world.folder / "old" / "2026-03-01-a.md")
    world.run()

    (entry,) = world.published()
    assert not set(hrefs(entry, "via")) & set(hrefs(entry, "alternate"))


def test_a_missing_folder_of_posts_is_a_failure_that_is_mended_later(world: World) -> None:
    folder = posts(world)
    folder.rmdir()
    assert world.run().failed == 1
    posts(world, **{"2026-03-01-a": post("Good")})

    assert world.run().new == 1


def test_a_post_leads_over_the_feed_that_it_was_taken_from(world: World) -> None:
    link = "https://a.example/story"
    posts(world, **{"2026-05-01-a": post("我们的标题", body=f"正文若干。\n\n<{link}>")})
    world.config("sources: {a: {url: 'https://a.example/feed'}}\nposts: [{path: _posts}]\n")
    world.serve("a", rss(Item(id="1", link=link, title="Their title")))

    world.run()

    (entry,) = world.published()
    assert text(entry, "title") == "我们的标题"
    assert hrefs(entry, "alternate") == [link]


# ── a site, as Jekyll decides ────────────────────────────────────────────────


SITE_CONFIG = """
url: https://blog.example
baseurl: /b
timezone: Asia/Shanghai
defaults:
  - scope: {path: travel}
    values: {author: The Travellers, id: shared}
"""


def site(world: World, files: dict[str, str | bytes], more: str = "") -> Path:
    folder = world.folder / "site"
    for name, body in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(body if isinstance(body, bytes) else body.encode())
    world.config(
        "site: {url: 'https://planet.example/p/', timezone: Europe/Paris}\n"
        f"posts: [{{path: site, reads: jekyll{more}}}]\n"
    )
    return folder


def written(title: str, fields: str = "", body: str = "") -> str:
    body = body or f"{title}: a text that says something of its own, and at some length."
    return f"---\ntitle: {title}\n{fields}---\n\n{body}\n"


def by_title(world: World, document: str = "all") -> dict[str, Any]:
    return {text(e, "title"): e for e in world.published(document)}


def link_of(entry: Any) -> str | None:
    return next(iter(hrefs(entry, "alternate")), None)


def terms(entry: Any) -> list[str]:
    return [x.get("term", "") for x in entry.findall(f"{ATOM}category")]


def test_a_site_is_published_as_jekyll_decides(world: World) -> None:
    source = "<https://wire.example/story/8231.html>"
    site(
        world,
        {
            "_config.yml": SITE_CONFIG,
            "_posts/2026-01-02-hello-world.md": "No front matter, and all the more text for it.",
            "travel/_posts/2026-01-03-tea.md": written(
                "Tea", "categories: asia 2026\ntags: green black\n"
            ),
            "_posts/2026-01-04-taken.md": written(
                "Taken", "date: 2026-01-05 08:00\nupdated: 2026-01-05 09:00\n", f"Text.\n\n{source}"
            ),
            "_posts/2026-01-06-set.md": written("Set", "permalink: /set/:year/\nlink: https://x.example/\n"),
            "_posts/2026-01-07-no.md": written("No", "published: false\n"),
            "_posts/undated.md": written("Undated"),
            "about.md": written("About"),
            "_drafts/2026-01-08-draft.md": written("Draft"),
            "_site/_posts/2026-01-08-made.md": written("Made"),
        },
    )  # fmt: skip

    summary = world.run()

    assert (summary.new, summary.problems) == (4, ())
    found = by_title(world)
    assert {title: link_of(entry) for title, entry in found.items()} == {
        "Hello World": "https://blog.example/b/2026/01/02/hello-world.html",
        "Tea": "https://blog.example/b/travel/asia/2026/2026/01/03/tea.html",
        "Taken": "https://wire.example/story/8231.html",
        "Set": "https://x.example/",
    }
    assert {title: text(entry, "published") for title, entry in found.items()} == {
        "Hello World": "2026-01-01T16:00:00Z",
        "Tea": "2026-01-02T16:00:00Z",
        "Taken": "2026-01-05T00:00:00Z",
        "Set": "2026-01-05T16:00:00Z",
    }
    assert sorted(terms(found["Tea"])) == ["2026", "asia", "black", "green", "travel"]
    assert [x.findtext(f"{ATOM}name") for x in found["Tea"].findall(f"{ATOM}author")] == [
        "The Travellers"
    ]
    assert "wire.example" not in text(found["Taken"], "content")
    assert sorted(world.bytes()) == ["2026.atom", "all.atom", "asia.atom", "travel.atom"]
    assert {e["source_entry_id"] for e in world.entries()} == {
        "_posts/2026-01-02-hello-world.md",
        "travel/_posts/2026-01-03-tea.md",
        "_posts/2026-01-04-taken.md",
        "_posts/2026-01-06-set.md",
    }


@pytest.mark.parametrize(
    ("config", "more", "home"),
    [
        (None, "", "https://planet.example/p"),
        (None, ", site_hosts: [own.example]", "https://own.example"),
        ("url: ''\nbaseurl: /p", "", "https://planet.example/p"),
        ("baseurl: b/", "", "https://planet.example/b"),
        ("url: https://blog.example/", "", "https://blog.example"),
        ("url: http://blog.example", ", site_hosts: [own.example]", "http://blog.example"),
    ],
)
def test_a_post_of_a_site_has_an_address_of_its_own(
    world: World, config: str | None, more: str, home: str
) -> None:
    body = f"![](a.png) [top](/top) and some words.\n\n<{home}/other.html>"
    files: dict[str, str | bytes] = {"_posts/2026-01-02-a.md": written("A", body=body)}
    site(world, files | ({"_config.yml": config} if config is not None else {}), more)

    world.run()

    (entry,) = world.published()
    assert link_of(entry) == f"{home}/2026/01/02/a.html"
    content = text(entry, "content")
    assert f'src="{home}/2026/01/02/a.png"' in content
    assert f'href="{re.sub("(?<!/)/(b|p)$", "", home)}/top"' in content


def test_a_post_is_read_anew_when_what_it_may_include_changes(world: World) -> None:
    files: dict[str, str | bytes] = {
        "_config.yml": "url: https://blog.example",
        "_includes/sign.html": "Ann.",
        "_posts/2026-01-02-a.md": written("A", body="By {% include sign.html %}"),
    }
    site(world, files)
    for signature in ("Ann.", "Bob."):
        (world.folder / "site/_includes/sign.html").write_text(signature)

        world.run()

        (entry,) = world.published()
        assert f"By {signature}" in text(entry, "content")
    assert world.run().unchanged == 1


def test_what_a_post_includes_is_in_its_site(world: World) -> None:
    files: dict[str, str | bytes] = {
        "_config.yml": "url: https://blog.example\nincludes_dir: ..",
        "_posts/2026-01-02-a.md": written("A", body="By {% include secret %}{% include l.html %}."),
        "_includes/x": "",
    }
    site(world, files)
    (world.folder / "secret").write_text("password")
    (world.folder / "site/_includes/l.html").symlink_to(world.folder / "secret")

    problems = [problem for _, problem in world.run().problems]

    (entry,) = world.published()
    assert "password" not in text(entry, "content")
    assert problems[-1].startswith("_posts/2026-01-02-a.md:") and "no such file" in problems[-1]


def test_without_any_address_a_post_of_a_site_has_no_link(world: World) -> None:
    site(world, {"_posts/2026-01-02-a.md": written("A")})
    world.config("posts: [{path: site, reads: jekyll}]")

    world.run()

    assert [(e["title"], e["url"]) for e in world.entries()] == [("A", None)]


@pytest.mark.parametrize(
    ("config", "more", "midnight"),
    [
        ("title: A", "", "01T23"),
        ("title: A", ", timezone: Asia/Tokyo", "01T15"),
        ("timezone: America/New_York", ", timezone: Asia/Tokyo", "02T05"),
    ],
)
def test_the_zone_of_a_site_is_its_configs_else_ours(
    world: World, config: str, more: str, midnight: str
) -> None:
    updated = "updated: 2026-01-02 00:00:00\n"
    site(world, {"_config.yml": config, "_posts/2026-01-02-a.md": written("A", updated)}, more)

    world.run()

    (entry,) = world.published()
    assert text(entry, "published") == f"2026-01-{midnight}:00:00Z"
    assert text(entry, "updated") == f"2026-01-{midnight}:00:00Z"
    assert link_of(entry) == "https://planet.example/p/2026/01/02/a.html"


def test_what_jekyll_stops_at_is_named_and_the_rest_goes_on(world: World) -> None:
    folder = site(
        world,
        {
            "_posts/2026-01-02-good.md": written("Good"),
            "_posts/2026-01-03-date.md": written("Bad", "date: no day at all\n"),
            "_posts/2026-01-04-bytes.md": b"\xff\xfe\xff: no text",
            "_posts/2026-01-05-yaml.md": "---\ntitle: 'open\n---\nWords without a title.\n",
            "assets/lib.md": "no post",
        },
    )
    (folder / "assets/out.css").symlink_to("/etc/hostname")
    (folder / "_layouts").symlink_to("/etc")
    (folder / "_posts/2026-01-06-out.md").symlink_to("/etc/hostname")
    (folder / "_posts/2026-01-07-gone.md").symlink_to("nothing")

    first, second = world.run(), world.run()

    assert (first.new, first.failed, second.new) == (2, 0, 0)
    assert "Good" in world.titles()
    assert sorted(problem.partition(":")[0] for _, problem in first.problems) == [
        f"_posts/2026-01-0{n}.md" for n in ("3-date", "4-bytes", "5-yaml", "6-out", "7-gone")
    ]
    by_path = dict(problem.split(": ", 1) for _, problem in first.problems if "yaml" not in problem)
    assert "Jekyll stops at it" in by_path["_posts/2026-01-03-date.md"]
    assert "not UTF-8" in by_path["_posts/2026-01-04-bytes.md"]
    assert sorted(told(world, "site")) == sorted(problem for _, problem in first.problems)


def test_of_a_site_only_what_changed_is_read_until_its_config_does(world: World) -> None:
    folder = site(
        world,
        {
            "_config.yml": "url: https://blog.example",
            "_posts/2026-01-02-a.md": written("A"),
            "_posts/2026-01-03-b.md": written("B"),
        },
    )
    world.run()
    before = world.bytes()
    assert (world.run().unchanged, world.bytes()) == (1, before)

    (folder / "_posts/2026-01-03-b.md").write_text(written("B, mended"))
    assert (world.run().changed, sorted(world.titles())) == (1, ["A", "B, mended"])

    (folder / "_config.yml").write_text("url: https://moved.example")
    assert world.run().changed == 2
    assert {link_of(e) for e in world.published()} == {
        "https://moved.example/2026/01/02/a.html",
        "https://moved.example/2026/01/03/b.html",
    }
    (folder / "_config.yml").write_text("include: nothing in a list")
    summary = world.run()
    assert (summary.failed, len(world.titles())) == (1, 2)
    assert "_config.yml: include" in next(e for _, e in summary.errors)


def test_a_post_of_a_site_that_is_unpublished_leaves_and_comes_back(world: World) -> None:
    folder = site(world, {"_posts/2026-01-02-a.md": written("A", "id: own\n")})
    world.run()
    (folder / "_posts/2026-01-02-a.md").write_text(written("A", "id: own\npublished: false\n"))
    world.run()
    assert world.titles() == []
    (folder / "_config.yml").write_text("unpublished: true")
    world.run()
    assert world.titles() == ["A"]


def test_posts_of_a_site_may_be_linked_to_their_place(world: World) -> None:
    folder = site(
        world,
        {
            "content/all/2026-01-02-a.md": written("A"),
            "content/all/deep/2026-01-03-b.md": written("B"),
            "content/extra/2026-01-04-c.md": written("C"),
        },
    )
    (folder / "_posts").symlink_to("content/all")
    (folder / "content/all/up").symlink_to("..")
    (folder / "content/all/more").symlink_to("../extra")  # not followed from within _posts
    (folder / "loop").symlink_to(".")

    summary = world.run()

    assert (summary.new, summary.problems) == (2, ())
    assert {e["path"] for e in world.entries()} == {
        "_posts/2026-01-02-a.md",
        "_posts/deep/2026-01-03-b.md",
    }


def test_a_folder_that_is_no_site_is_told(world: World) -> None:
    folder = site(world, {"2026-01-02-a.md": written("A")})

    ((_, error),) = world.run().errors
    assert "path is the folder of the site" in error

    (folder / "_posts").mkdir()
    (folder / "2026-01-02-a.md").rename(folder / "_posts/2026-01-02-a.md")
    assert world.run().new == 1


def test_a_site_with_a_config_that_leads_out_is_refused(world: World) -> None:
    folder = site(world, {"_posts/2026-01-02-a.md": written("A")})
    (folder / "_config.yml").symlink_to("/etc/hostname")

    summary = world.run()

    ((_, error),) = summary.errors
    assert summary.failed == 1 and "_config.yml: a link that leads out" in error


# ── outputs ──────────────────────────────────────────────────────────────────


def test_a_slug_once_published_stays_whatever_the_config_says(world: World) -> None:
    world.sources("a")
    world.serve("a", rss(*numbered(1)))
    world.run()
    world.config(
        "sources: {a: {url: 'https://a.example/feed', categories: [a]}}\n"
        "categories: {a: {slug: other, title: Renamed}}\n"
    )

    world.run()

    assert sorted(world.bytes()) == ["a.atom", "all.atom"]
    assert "Renamed" in text(world.document("a"), "title")


def test_the_ids_of_our_feeds_stay_when_the_site_moves(world: World) -> None:
    world.config(
        "site: {url: 'https://old.example/'}\nsources: {a: {url: 'https://a.example/feed'}}"
    )
    world.serve("a", rss(*numbered(1)))
    world.run()
    before = text(world.document(), "id")
    world.config(
        "site: {url: 'https://new.example/'}\nsources: {a: {url: 'https://a.example/feed'}}"
    )

    world.run()

    assert text(world.document(), "id") == before
    assert hrefs(world.document(), "self") == ["https://new.example/all.atom"]


def stored(world: World, statement: str) -> None:
    with closing(sqlite3.connect(world.folder / "aggregator.db")) as store, store:
        store.execute(statement)


def test_one_entry_that_cannot_be_written_is_told_and_stops_no_document(world: World) -> None:
    world.sources("a")
    world.serve("a", rss(*numbered(1, 2)))
    world.run()
    stored(world, "UPDATE cluster SET id = char(11) WHERE id LIKE '%/1'")
    world.serve("a", rss(*numbered(1, 2, 3)))

    failed = world.run().unwritten

    assert world.titles() == ["Story number 3 of the day", "Story number 2 of the day"]
    assert len(failed) == 2 and all("left out '\\x0b'" in x for x in failed)


@pytest.mark.parametrize("damage", [b"", b"<feed", None])
def test_a_document_that_somebody_changed_is_written_anew(
    world: World, damage: bytes | None
) -> None:
    world.sources("a")
    world.serve("a", rss(*numbered(1)))
    world.run()
    before = world.bytes()
    whole = before["all.atom"]
    world.path("all").write_bytes(whole.swapcase() if damage is None else damage)

    assert world.run().written == ("all.atom",)
    assert world.bytes() == before
    assert world.run().written == ()


def test_a_new_store_empties_no_document_before_it_has_read_anything(world: World) -> None:
    world.sources("a", "b")
    world.serve("a", rss(*numbered(1)))
    world.serve("b", rss(Item(id="b", link="https://b.example/", title="Of b")))
    world.run()
    before = world.bytes()
    for file in world.folder.glob("aggregator.db*"):
        file.unlink()
    world.serve("a", FetchError("no such host"))
    world.serve("b", FetchError("no such host"))

    assert world.run().written == ()
    assert world.bytes() == before

    world.path("b").unlink()  # what is not there can be empty
    world.serve("a", rss(*numbered(1, 2)))
    assert world.run().written == ("a.atom", "all.atom", "b.atom")
    assert [len(world.published(x)) for x in ("all", "a", "b")] == [2, 2, 0]


def test_a_document_that_loses_all_its_entries_is_emptied_and_no_older(world: World) -> None:
    world.sources("a", "b")
    world.serve("a", rss(*numbered(1)))
    world.run()
    before = text(world.document("a"), "updated")
    config = (world.folder / "config.yaml").read_text("utf-8")
    world.config(config.replace("categories: [a]", """drop: 'title ~ "."'"""))

    world.run()

    assert world.published("a") == world.published("all") == []
    assert [text(world.document(x), "updated") for x in ("a", "all")] == [before, before]
    world.path("a").unlink()
    world.run()
    assert text(world.document("a"), "updated") == before


def test_a_document_that_cannot_be_written_is_told_and_mended_later(world: World) -> None:
    world.sources("a")
    world.serve("a", rss(*numbered(1)))
    world.run()
    before = world.path("a").read_bytes()
    world.path("a").unlink()
    world.path("a").mkdir()
    (world.path("a") / "in the way").touch()
    world.serve("a", rss(*numbered(1, 2)))
    summary = world.run()
    assert len(summary.unwritten) == 1 and "a.atom" in summary.unwritten[0]
    assert len(world.published("all")) == 2
    (world.path("a") / "in the way").unlink()
    world.path("a").rmdir()

    summary = world.run(force=False)

    assert summary.written == ("a.atom",)
    assert world.path("a").read_bytes() != before


def test_entries_tell_what_the_contract_says(world: World) -> None:
    world.sources("a")
    world.serve("a", rss(*numbered(1)))
    world.run()

    (entry,) = world.entries()

    assert json.loads(json.dumps(entry)) == {
        "id": "https://a.example/1",
        "url": "https://a.example/1",
        "key": "a.example/1",
        "title": "Story number 1 of the day",
        "published": "2026-04-01T10:01:00Z",
        "updated": "2026-04-01T10:01:00Z",
        "first_seen": "2026-07-01T12:00:00Z",
        "source": "a",
        "source_entry_id": "https://a.example/1",
        "source_link": "https://a.example/1",
        "path": None,
        "categories": ["a"],
        "cluster": "c1",
        "leader": True,
        "reason": None,
        "held": None,
    }


def test_a_feed_that_changes_its_name_is_credited_with_the_new_one(world: World) -> None:
    world.sources("a")
    world.serve("a", rss(*numbered(1), title="Old name"))
    world.run()
    world.serve("a", rss(*numbered(1), title="New name"))

    summary = world.run()

    assert summary.changed == 0
    for document in ("a", "all"):
        (entry,) = world.published(document)
        assert text(entry.find(f"{ATOM}source"), "title") == "New name"


def test_nothing_was_updated_in_the_future(world: World) -> None:
    world.sources("a")
    world.serve("a", rss(*numbered(1)).replace(b"<item>", b"<lastBuildDate>Thu, 01 Jan 2099 00:00:00 GMT</lastBuildDate><item>"))  # fmt: skip
    world.run()
    assert text(world.document(), "updated") == "2026-04-01T10:01:00Z"
    assert text(world.published()[0].find(f"{ATOM}source"), "updated") == "2026-07-01T12:00:00Z"


def test_a_post_that_says_it_is_not_published_any_more_is_withdrawn(world: World) -> None:
    folder = posts(world, **{"2026-03-01-a": post("Kept"), "2026-03-02-b": post("Taken back")})
    world.run()
    ids = {text(e, "title"): text(e, "id") for e in world.published()}
    path = folder / "2026-03-02-b.md"
    path.write_text(post("Taken back", published="false"), encoding="utf-8")
    world.run()
    assert world.titles() == ["Kept"]
    assert {e["title"] for e in world.entries() if e["held"]} == {"Taken back"}

    path.write_text(post("Taken back", published="true"), encoding="utf-8")
    world.run()

    assert {text(e, "title"): text(e, "id") for e in world.published()} == ids


# ── identity under stress ────────────────────────────────────────────────────

MOVED = (
    "The night ferry is to run until the harbour bridge is mended",
    "Bees settle in the clock tower and stop it at noon",
    "A cold spring keeps the islands' orchards back",
    "Market hall opens an hour earlier from Monday",
    "The last telephone box in town is a library now",
    "School choir sings on a roof for want of a stage",
)


def moved(name: str, *, days: int = 0, host: str = "a.example") -> list[Item]:
    return [
        Item(
            id=f"{name}-{n}",
            link=f"https://{host}/{name}/{n}",
            title=title,
            text=f"<p>{title}, as the council said on its fourth day of sitting. {title[::-1]}</p>",
            date=f"Wed, {1 + days:02d} Apr 2026 10:{n:02d}:00 GMT",
        )
        for n, title in enumerate(MOVED)
    ]


@pytest.mark.parametrize("days", [0, 1, 25])
def test_a_feed_that_takes_to_other_ids_links_and_dates_publishes_nothing_again(
    world: World, days: int
) -> None:
    world.sources("a")
    world.serve("a", rss(*moved("old")))
    world.run()
    before = {text(e, "title"): (text(e, "id"), text(e, "published")) for e in world.published()}
    world.later(days=days)
    world.serve("a", rss(*moved("new", days=days, host="moved.example")))

    summary = world.run()

    assert summary.new == 0
    after = {text(e, "title"): (text(e, "id"), text(e, "published")) for e in world.published()}
    assert after == before
    assert all(e["url"].startswith("https://moved.example/") for e in world.entries())
    if days:
        assert "6 entries came again under other ids and links" in str(summary.problems)


def test_entries_that_come_again_under_other_ids_are_no_flood_while_the_old_ones_are_there(
    world: World,
) -> None:
    world.sources("a")
    world.serve("a", rss(*moved("old")))
    world.run()
    world.serve("a", rss(*moved("new", days=20), *moved("old")))
    world.later(days=20)

    assert "came again" not in str(world.run().problems)


def test_a_revision_in_the_same_source_gives_its_words_and_no_new_entry(world: World) -> None:
    world.sources("a")
    title = "Night ferry to stay until the harbour bridge is mended"
    first = Item("1", "https://a.example/1", title, LONG * 2)
    world.serve("a", rss(first))
    world.run()
    (before,) = world.published()
    more = "<p>The mayor said on Wednesday that the second boat comes in May.</p>"
    update = Item("2", "https://a.example/2", f"UPDATE 1-{title}", LONG * 2 + more,
                  date="Wed, 01 Apr 2026 15:00:00 GMT")  # fmt: skip
    world.serve("a", rss(first, update))
    world.run()

    (after,) = world.published()
    for name in ("id", "published"):
        assert text(after, name) == text(before, name)
    assert hrefs(after, "alternate") == ["https://a.example/1"]
    assert "second boat" in text(after, "content") + text(after, "summary")
    assert text(after, "updated") == "2026-04-01T15:00:00Z"


def test_what_only_points_at_a_story_does_not_lead_it(world: World) -> None:
    world.sources("alerts", "paper")
    title = "Night ferry to stay until the harbour bridge is mended"
    wrapped = "https://www.google.com/url?url=https%3A%2F%2Fpaper.example%2Fferry&ct=ga"
    world.serve(
        "alerts",
        rss(Item("x", wrapped, title, f"<p>{title} ...</p>", date="Wed, 01 Apr 2026 09:00:00 GMT")),
    )
    world.serve("paper", rss(Item("y", "https://paper.example/ferry", title, LONG)))
    world.run()

    (entry,) = world.published()
    assert "count of passengers" in text(entry, "summary") + text(entry, "content")


BEES = (
    "<p>A swarm of bees has settled in the clock tower, and nobody dares to wind it any more.</p>"
)


@pytest.mark.parametrize("order", [("page", "paper"), ("paper", "page")])
def test_a_page_that_shows_another_story_takes_no_other_papers_story_with_it(
    world: World, order: tuple[str, str]
) -> None:
    world.sources(*order)
    title = "Night ferry to stay until the harbour bridge is mended"
    world.serve("page", rss(Item("now", "https://page.example/now", title, LONG)))
    world.serve("paper", rss(Item("p", "https://paper.example/1", title, LONG)))
    world.run()
    (before,) = world.published()

    world.later(hours=2)
    world.serve("page", rss(Item("now", "https://page.example/now", "Bees stop the clock", BEES)))
    world.run()
    again = world.run()

    assert again.new == again.changed == 0
    found = {text(e, "title"): text(e, "id") for e in world.published()}
    assert found[title] == text(before, "id")
    assert len(found) == 2 and "Bees stop the clock" in found

    world.serve("page", rss(Item("now", "https://page.example/now", "The third story", LONG[::-1])))
    world.run()
    assert {title, "The third story"} <= set(world.titles())
