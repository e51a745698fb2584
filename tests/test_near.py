"""Near-duplicates through the store: found, bounded, and as texts are now."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from world import Item, World, hrefs, rss, text

from aggregator.cluster import keys_of, points
from aggregator.model import Arrival, Entry, Link, StoredEntry
from aggregator.near import Near
from aggregator.stores import Store, connect

NOON = datetime(2026, 3, 3, 12, tzinfo=UTC)
WEEK = timedelta(days=7)
WORDS = (
    "The council voted late on Tuesday to keep the night ferry running until the harbour bridge is"
    " mended, after a count of passengers that nobody in the town hall had expected. The bridge was"
    " closed in January when divers found that two of its oldest piers had been washed out by the"
    " winter storms, and engineers now say that the work will last fourteen months."
)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = connect(f"sqlite:///{tmp_path}/s.db", exclusive=True)
    yield opened
    opened.close()


def keep(
    store: Store, number: int, title: str, words: str, *, source: str = "a", days: float = 0
) -> StoredEntry:
    link = f"https://{source}.example/{number}"
    entry = Entry(id=link, title=title, content=f"<p>{words}</p>", links=(Link(href=link),))
    keys = keys_of(entry, source_entry_id=link, digest=b"")
    when = NOON + timedelta(days=days)
    new = StoredEntry(
        key=0, source=source, cluster=0, keys=keys, title=title, first_seen=when, published=when,
        stated=True, updated=when, feed_updated=when, entry=entry,
    )  # fmt: skip
    with store.transaction():
        kept = store.add(new, Arrival(entry=entry, keys=keys), surfaced=when)
        near = Near(store, window=WEEK)
        near.keep(kept)
        near.write()
    return kept


def found(store: Store, title: str, words: str, *, days: float = 0) -> list[int]:
    new = keep(store, 999, title, words, source="z", days=days)
    return [like.old.key for like in Near(store, window=WEEK).like(new) if like.verdict.one]


@pytest.mark.parametrize(
    ("days", "seen"), [(0, True), (6.9, True), (7.1, False), (-6.9, True), (-7.1, False)]
)
def test_a_copy_is_found_within_the_window(store: Store, days: float, seen: bool) -> None:
    old = keep(store, 1, "Night ferry to stay", WORDS)
    assert found(store, "Council saves the boat", WORDS, days=days) == [old.key] * seen


def test_an_entry_is_found_by_what_it_says_now(store: Store) -> None:
    old = keep(store, 1, "Night ferry to stay", WORDS)
    other = "Bees have settled in the clock tower, and nobody dares to wind it any more. " * 8
    assert old.entry is not None
    near = Near(store, window=WEEK)
    with store.transaction():
        near.keep(
            replace(old, entry=replace(old.entry, content=f"<p>{other}</p>")), before=old.entry
        )
        near.write()

    assert found(store, "Council saves the boat", WORDS) == []
    new = keep(store, 2, "Bees in the tower", other, source="y")
    assert [x.old.key for x in Near(store, window=WEEK).like(new) if x.verdict.one] == [old.key]


def test_what_hundreds_have_in_common_is_not_looked_through(store: Store) -> None:
    for number in range(150):
        keep(store, number, f"Notice {number}", f"{WORDS} Number {number} of {number * 7919}.")

    week = (NOON - datetime(1970, 1, 1, tzinfo=UTC)) // WEEK
    new = keep(store, 500, "Council saves the boat", WORDS, source="z")
    sketch = Near(store, window=WEEK)._print(new.entry).sketch if new.entry else ()
    postings = store.postings([(week, mark) for mark in sketch])
    assert postings and max(map(len, postings.values())) <= 64


def test_a_wire_story_is_one_entry_whatever_the_papers_make_of_it(world: World) -> None:
    world.sources("wire", "paper", "digest", "gazette")
    lead, rest = WORDS.split(". ", 1)
    copies = {
        "wire": ("Night ferry to stay until the harbour bridge is mended", WORDS),
        "paper": ("UPDATE 1-Night ferry to stay until harbour bridge is mended - Paper",
                  f"HARBOUR, March 3 (Wire) - {WORDS}</p><p>(Reporting by A. Clerk)"),
        "digest": ("Night ferry to stay until the harbour bridge is mended", lead + " …"),
        "gazette": ("Council saves the boat", f"{WORDS}</p><p>Read more at the Gazette."),
    }  # fmt: skip
    for name, (title, words) in copies.items():
        world.serve(name, rss(Item(name, f"https://{name}.example/1", title, f"<p>{words}</p>")))
    world.run()

    (entry,) = world.published()
    assert len(hrefs(entry, "via")) == 3
    assert {e["reason"] for e in world.entries()} > {None}
    assert rest.split()[0] in text(entry, "summary") + text(entry, "content")


def test_of_a_story_all_but_one_say_why_they_joined_it(world: World) -> None:
    """Also those that were there before what joins them to it."""
    title, teaser = "Night ferry to stay until the harbour bridge is mended", "More to come."
    world.sources("wire", "paper")
    world.serve("wire", rss(Item("1", "https://wire.example/1", title, f"<p>{WORDS}</p>")))
    world.serve("paper", rss(Item("2", "https://paper.example/2", "Council votes", teaser)))
    world.run()
    world.serve(
        "paper", rss(Item("2", "https://paper.example/2", title, f"<p>{WORDS} So far.</p>"))
    )
    world.run()

    assert len(world.published()) == 1
    reasons = {e["source"]: e["reason"] for e in world.entries()}
    assert reasons == {"wire": None, "paper": "same title and text"}


def test_what_joins_two_stories_tells_both_why(world: World) -> None:
    world.sources("wire", "paper", "gazette")
    title = "Night ferry to stay until the harbour bridge is mended"
    link = "https://paper.example/2"
    world.serve("wire", rss(Item("1", "https://wire.example/1", title, f"<p>{WORDS}</p>")))
    world.serve("paper", rss(Item("2", link, "Divers at the piers", "<p>A bell was found.</p>")))
    world.run()
    world.serve("gazette", rss(Item("3", link, title, f"<p>{WORDS}</p>")))
    world.run()

    assert len(world.published()) == 1
    assert [e["reason"] for e in world.entries()].count(None) == 1


def test_a_chinese_wire_story_is_one_entry_in_both_scripts(world: World) -> None:
    world.sources("a", "b", "c")
    simplified = (
        "软件公司周二公布的财报显示，公司第三季度营收同比增长百分之十二，净利润率连续三个季度改善。"
        "管理层表示，数据库与网络服务的订单好于预期，明年将继续扩大研发团队，并计划在成都设立新的数据中心。"
    )
    traditional = (
        "軟體公司週二公布的財報顯示，公司第三季度營收同比增長百分之十二，淨利潤率連續三個季度改善。"
        "管理層表示，資料庫與網路服務的訂單好於預期，明年將繼續擴大研發團隊，並計劃在成都設立新的資料中心。"
    )
    title = "软件公司三季度营收增长百分之十二 数据库订单好于预期"
    for name, (head, words) in {
        "a": (title, simplified),
        "b": ("軟體公司三季度營收增長百分之十二 資料庫訂單好於預期", traditional),
        "c": (f"【快讯】{title}_晨报", f"本报讯（记者 王芳）{simplified}</p><p>责任编辑：李明"),
    }.items():
        world.serve(name, rss(Item(name, f"https://{name}.example/1", head, f"<p>{words}</p>")))
    world.run()

    assert len(world.published()) == 1


@pytest.mark.parametrize(
    ("link", "source_link", "comments", "pointing"),
    [
        ("https://a.example/1", "https://a.example/1?utm_source=x", None, False),
        ("https://a.example/1", "https://www.a.example/1", None, False),
        ("https://a.example/1", "https://www.google.com/url?url=https://a.example/1", None, True),
        ("https://t.co/x", "https://t.co/x", None, True),
        ("https://a.example/1", "https://a.example/1", "https://news.ycombinator.com/item?id=1", True),
        ("https://a.example/1", "https://a.example/1", "https://a.example/1#comments", False),
        (None, None, "https://a.example/1", False),
    ],
)  # fmt: skip
def test_an_entry_points_at_a_story_if_its_link_leads_elsewhere(
    link: str | None, source_link: str | None, comments: str | None, pointing: bool
) -> None:
    entry = Entry(
        links=(Link(href=link),) if link else (), source_link=source_link, comments=comments
    )
    assert points(entry) is pointing
