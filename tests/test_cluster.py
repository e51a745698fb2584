from datetime import UTC, datetime, timedelta

import pytest

from aggregator import cluster
from aggregator.cluster import SAME_ID, SAME_LINK, SAME_TEXT
from aggregator.model import Entry, Link, Source, StoredEntry, Story

DAY = datetime(2026, 3, 1, tzinfo=UTC)
WEEK = timedelta(days=7)
TEXT = "<p>The council voted late on Tuesday to keep the ferry until the bridge is mended.</p>"
OTHER = "<p>A swarm of bees has settled in the clock tower, and nobody dares to wind it.</p>"


def sighting(key: int = 1, source: str = "a", day: int = 0, **fields: object) -> StoredEntry:
    link = fields.pop("link", None)
    entry = Entry(
        **{"title": "The ferry stays", "content": TEXT, **fields},
        links=(Link(href=link),) if link else (),
    )
    (name,) = cluster.ids_of([entry])
    keys = cluster.keys_of(entry, source_entry_id=name, digest=b"")
    when = DAY + timedelta(days=day)
    return StoredEntry(
        key=key, source=source, cluster=key, keys=keys, title=entry.title, first_seen=when,
        published=when, stated=True, updated=when, feed_updated=when, entry=entry,
    )  # fmt: skip


def reason(new: StoredEntry, old: StoredEntry) -> str | None:
    found = cluster.matches(new, [old], window=WEEK, gone=lambda _: False)
    return found[0].reason if found else None


TAG = "tag:x.example,2026:1"


@pytest.mark.parametrize(
    ("one", "two", "why"),
    [
        ({"id": TAG}, {"id": TAG}, SAME_ID),
        ({"id": TAG, "link": "https://a.example/1"}, {"id": TAG, "link": "https://b.example/2"}, SAME_ID),
        ({"id": TAG, "link": "https://a.example/1"},
         {"id": TAG, "link": "https://b.example/2", "title": "Bees in the tower", "content": OTHER}, None),
        ({"id": "1", "content": OTHER, "title": "Bees"}, {"id": "1"}, None),
        ({"id": "https://x.example/"}, {"id": "https://x.example/", "title": "Bees", "content": OTHER}, None),
        ({"link": "https://x.example/s"}, {"link": "http://www.x.example/s/?utm_source=y"}, SAME_LINK),
        ({"link": "https://x.example/s"}, {"link": "https://x.example/s", "title": "B", "content": OTHER}, SAME_LINK),
        ({"link": "https://x.example/s?id=1"}, {"link": "https://x.example/s?id=2", "title": "B"}, None),
        ({}, {}, SAME_TEXT),
        ({}, {"content": TEXT.replace("<p>", "<div>\n").upper()}, SAME_TEXT),
        ({}, {"content": TEXT + "<p>(From the Tribune)</p>"}, SAME_TEXT),
        ({}, {"title": "【快讯】 THE FERRY STAYS"}, None),
        ({}, {"content": OTHER}, None),
        ({"content": None}, {"content": None}, None),
        ({"content": "<p>Open.</p>"}, {"content": "<p>Open.</p>"}, None),
        ({"content": TEXT + "<p>Passengers: 3,012.</p>"}, {"content": TEXT + "<p>Passengers: 3,013.</p>"}, None),
        ({"title": "", "content": TEXT}, {"title": "", "content": TEXT}, SAME_TEXT),
        ({"title": "", "content": "<p>Good morning, everyone!</p>"}, {"title": "", "content": "<p>Good morning, everyone!</p>"}, None),
    ],
)  # fmt: skip
def test_two_sightings_of_two_sources(
    one: dict[str, object], two: dict[str, object], why: str | None
) -> None:
    a, b = sighting(1, "a", **one), sighting(2, "b", **two)
    assert reason(a, b) == why
    assert reason(b, a) == why


@pytest.mark.parametrize(
    ("apart", "source", "why"),
    [(0, "a", SAME_TEXT), (1, "a", None), (6, "b", SAME_TEXT), (8, "b", None)],
)
def test_the_same_words_again_are_a_copy_only_in_time(
    apart: int, source: str, why: str | None
) -> None:
    one = sighting(1, "a", link="https://a.example/1")
    two = sighting(2, source, day=apart, link="https://x.example/2")
    assert reason(one, two) == why


def test_the_surest_match_comes_first() -> None:
    link = "https://x.example/1"
    new = sighting(3, "c", id=TAG, link=link)
    by_text, by_link, by_id = (
        sighting(1, "a"),
        sighting(2, "b", link=link),
        sighting(4, "d", id=TAG),
    )

    found = cluster.matches(new, [by_text, by_link, by_id], window=WEEK, gone=lambda _: False)

    assert [m.reason for m in found] == [SAME_ID, SAME_LINK, SAME_TEXT]


def test_ids_that_entries_with_other_links_share_are_replaced() -> None:
    shared = [Entry(id="g", links=(Link(href=f"https://x.example/{n}"),)) for n in (1, 2)]
    versions = [Entry(id="v", links=(Link(href="https://x.example/v"),), title=t) for t in "ab"]
    lone = Entry(id="l")

    ids = cluster.ids_of([*shared, *versions, lone])

    assert len(set(ids[:2])) == 2 and "g" not in ids
    assert ids[2:] == ["v", "v", "l"]


# ── the leader ───────────────────────────────────────────────────────────────

SOURCES = {
    "posts": Source(id="posts", url="file:///p", kind="posts"),
    "paper": Source(id="paper", url="https://p.example/"),
    "digest": Source(id="digest", url="https://d.example/", role="aggregator"),
}


def lead(
    *sightings: StoredEntry, prefer: tuple[str, ...] = ("posts", "original", "earliest")
) -> Story:
    story = Story(cluster=1, sightings=sightings, published=DAY)
    return cluster.led(story, prefer=prefer, sources=SOURCES, mint=lambda e: f"urn:{e.key}")


def test_a_post_leads_then_an_original_then_an_aggregator() -> None:
    post, paper, digest = sighting(1, "posts", 3), sighting(2, "paper", 2), sighting(3, "digest", 1)
    assert lead(digest, paper, post).leader == 1
    assert lead(digest, paper).leader == 2
    assert lead(digest).leader == 3


def test_the_earliest_leads_where_posts_are_not_preferred() -> None:
    post, paper = sighting(1, "posts", 3), sighting(2, "paper", 2)
    assert lead(post, paper, prefer=("earliest", "posts")).leader == 2


def test_the_date_of_a_story_is_the_earliest_that_was_stated() -> None:
    early = sighting(1, "digest", 1)
    assert lead(early, sighting(2, "paper", 2)).published == early.published


def test_what_was_published_stays_when_a_better_copy_comes() -> None:
    published = Story(
        cluster=1, id="urn:old", leader=3, published=DAY, sightings=(sighting(3, "digest", 1),)
    )
    joined = Story(cluster=1, id="urn:old", leader=3, published=DAY,
                   sightings=(*published.sightings, sighting(1, "posts", 0)))  # fmt: skip

    kept = cluster.led(joined, prefer=("posts",), sources=SOURCES, mint=lambda e: "urn:new")

    assert (kept.id, kept.leader, kept.published) == ("urn:old", 3, DAY)


@pytest.mark.parametrize(
    ("sightings", "leader", "why"),
    [
        ([(1, "posts", 3)], 1, "only copy"),
        ([(1, "posts", 3), (2, "paper", 2)], 1, "posts"),
        ([(2, "paper", 2), (3, "digest", 1)], 2, "only point"),
        ([(2, "paper", 1), (4, "paper", 2)], 2, "earliest"),
        ([(2, "paper", 2), (4, "gone", 1)], 2, "not in the config"),
        ([(1, "posts", 0), (3, "digest", 1)], 3, "stays"),
    ],
)
def test_why_a_copy_leads_is_told(
    sightings: list[tuple[int, str, int]], leader: int, why: str
) -> None:
    copies = tuple(sighting(*each) for each in sightings)
    story = Story(cluster=1, id="urn:x", leader=leader, published=DAY, sightings=copies)

    told = cluster.why_leads(story, prefer=("posts", "earliest"), sources=SOURCES)

    assert why in told


def test_another_speaks_under_the_same_name_when_the_leader_is_withdrawn() -> None:
    story = Story(
        cluster=1, id="urn:old", leader=9, published=DAY, sightings=(sighting(1, "paper"),)
    )
    kept = cluster.led(story, prefer=(), sources=SOURCES, mint=lambda e: "urn:new")
    assert (kept.id, kept.leader) == ("urn:old", 1)


@pytest.mark.parametrize(
    ("own", "kept"),
    [
        (TAG, True),
        ("http:///x", False),
        ("https://x.example/?p=1", True),
        ("urn:uuid:09359325-7554-5b5f-9ace-11555cc59105", True),
        ("https://x.example/中文", True),
        ("1", False),
        ("post 1", False),
        ("https://x.example/a b", False),
        ("javascript:evil()", False),  # a reader may open the id of an entry that has no link
        ("JavaScript://x.example/%0aevil()", False),
        ("vbscript:evil()", False),
        ("data:text/html,x", False),
        ("", False),
    ],
)
def test_an_id_is_the_sources_own_where_it_is_an_iri(own: str, kept: bool) -> None:
    entry = sighting(id=own, link="https://x.example/1")
    minted = cluster.minted("tag:site", entry)
    assert (minted == own) is kept
    assert kept or minted.startswith("urn:uuid:")
    assert minted == cluster.minted("tag:site", entry)
