"""The Store contract, against every store there is."""

import gc
import hashlib
import random
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from places import Place, SqlitePlace

from aggregator import stores
from aggregator.errors import StoreEmpty, StoreError, StoreLocked
from aggregator.ingest import Poll, ingest
from aggregator.model import (
    EVERYTHING,
    Advertised,
    Announcement,
    Arrival,
    Deleted,
    Document,
    Entry,
    Feed,
    FileStamp,
    Hints,
    Intent,
    Kept,
    Keys,
    Lease,
    Listener,
    Move,
    Page,
    PollState,
    Posting,
    RobotsFile,
    Slowdown,
    Source,
    Story,
    Streak,
)
from aggregator.opml import Outline
from aggregator.polling import moved
from aggregator.stores import Store

NOW = datetime(2026, 7, 1, 12, 0, 0, 123456, tzinfo=UTC)
WEEK = timedelta(days=7)


@pytest.fixture
def store(place: Place) -> Iterator[Store]:
    opened = stores.connect(place.url, exclusive=True)
    opened.enrol([source("a"), source("b")], NOW)
    yield opened
    opened.close()


def source(name: str, **more: object) -> Source:
    return Source(id=name, url=f"https://{name}.example/feed", **more)


def arrival(name: str, *outputs: str, **more: object) -> Arrival:
    entry = Entry(id=name, title=f"Title {name}", published=NOW - timedelta(days=1), **more)
    keys = Keys(source_entry_id=name, global_id=None, url_key=f"x.example/{name}", title_key=None,
                digest=repr(entry).encode())  # fmt: skip
    return Arrival(entry=entry, keys=keys, outputs=outputs)


def poll(name: str, *arrivals: Arrival, **more: object) -> Poll:
    state = PollState(source=name, due=NOW + timedelta(hours=1), etag="e", succeeded=NOW)
    return Poll(source=name, arrivals=arrivals, first=True,
                present=frozenset(a.keys.source_entry_id for a in arrivals),
                **{"state": state, "feed": Feed(title="T"), **more})  # fmt: skip


def save(store: Store, *polls: Poll) -> list[object]:
    return ingest(store, polls, now=NOW, window=WEEK)


def test_saving_twice_is_saving_once(store: Store) -> None:
    save(store, poll("a", arrival("1", "x")))
    store.mark([EVERYTHING, "x"], dirty=False)

    (changes,) = save(store, poll("a", arrival("1", "x")))

    assert (changes.new, changes.changed) == (0, 0)
    assert store.dirty() == []
    assert len(list(store.entries(source=None, output=None))) == 1


def test_what_is_known_of_a_source_comes_back_as_it_was(store: Store) -> None:
    hints = Hints(ttl=WEEK, period=WEEK / 7, base=NOW, skip_hours=(0, 23), skip_days=(6,))
    state = PollState(
        source="a",
        due=NOW + WEEK,
        etag='W/"é\udce9',
        last_modified="yesterday",
        copy_of="https://mirror.example/a",
        digest=b"d",
        failures=3,
        error="no",
        polled=NOW,
        succeeded=NOW - WEEK,
        failing=NOW - WEEK / 2,
        hints=hints,
        lifetime=timedelta(seconds=1.5),
        asked=NOW + WEEK,
        rhythm=WEEK / 3,
        shown=WEEK * 5,
        news=NOW - 2 * WEEK,
    )

    store.finish(state, None)

    assert store.states()["a"] == state
    store.finish(replace(state, hints=replace(hints, complete=True)), None)
    assert store.states()["a"].hints.complete


def test_of_another_address_nothing_is_known(store: Store) -> None:
    known = {"lifetime": WEEK, "rhythm": WEEK, "shown": WEEK}
    moments = {"asked": NOW + WEEK, "news": NOW, "failing": NOW, "polled": NOW, "succeeded": NOW}
    later = PollState(source="a", due=NOW + WEEK, hints=Hints(ttl=WEEK), failures=2, etag="e")
    later = replace(later, copy_of="https://mirror.example/a")
    store.finish(replace(later, **known, **moments), None)

    store.enrol([source("a", title="x"), source("b")], NOW)
    assert store.states()["a"].rhythm == WEEK
    store.enrol([Source(id="a", url="https://other.example/"), source("b")], NOW)

    expected = PollState(source="a", due=NOW, polled=NOW, succeeded=NOW)
    assert store.states()["a"] == expected


def test_an_address_that_it_had_moved_to_is_no_other(store: Store) -> None:
    """The config names it now, as `status` said: its validators and its due time hold."""
    there = "https://new.example/feed"
    known = PollState(source="a", due=NOW + WEEK, polled=NOW, etag="e", digest=b"d", copy_of=there)
    store.finish(replace(known, move=Move(address=there)), None)

    store.enrol([Source(id="a", url=there, interval=WEEK), source("b")], NOW)

    assert store.states()["a"] == known
    store.enrol([source("a"), source("b")], NOW)
    assert store.states()["a"].etag is None


def test_when_the_clock_is_set_all_that_is_known_is_as_old_as_before(store: Store) -> None:
    state = PollState(source="a", due=NOW + WEEK, polled=NOW, news=NOW - WEEK, rhythm=WEEK)
    store.finish(state, None)

    store.clock_set(WEEK)

    assert store.states()["a"] == moved(state, WEEK)
    assert store.states()["b"].due == NOW + WEEK


def test_a_host_that_had_enough_is_remembered_for_a_day(store: Store) -> None:
    one = Slowdown(host="a.example:web", until=NOW + timedelta(hours=1))
    store.slow(Slowdown(host="b.example:8080", until=NOW - timedelta(hours=30), strikes=9))
    store.slow(one)
    store.slow(replace(one, strikes=2))

    assert store.slowdowns(NOW) == [replace(one, strikes=2)]
    assert store.slowdowns(NOW + timedelta(hours=24)) == [replace(one, strikes=2)]
    assert store.slowdowns(NOW + timedelta(hours=26)) == []


def test_what_is_told_to_robots_is_kept_by_who_told_it_and_to_whom(store: Store) -> None:
    one = RobotsFile(origin="https://a.example", public=True, until=NOW, text="Disallow: /订阅")
    none = RobotsFile(origin="https://a.example", public=False, until=NOW, text=None)
    for file in (replace(one, text="old"), one, none):
        store.keep_robots(file)

    assert store.robots("https://a.example", public=True) == one
    assert store.robots("https://a.example", public=False) == none
    assert store.robots("http://a.example", public=True) is None


def test_what_was_told_to_robots_long_ago_is_forgotten(store: Store) -> None:
    old = RobotsFile(origin="https://a.example", public=True, until=NOW, text="")
    store.keep_robots(old)

    store.keep_robots(replace(old, origin="https://b.example", until=NOW + WEEK))
    assert store.robots("https://a.example", public=True) == old

    store.keep_robots(replace(old, origin="https://b.example", until=NOW + WEEK + timedelta(1)))
    assert store.robots("https://a.example", public=True) is None


def test_what_is_saved_comes_back_as_it_was(store: Store) -> None:
    given = arrival("1", "x", "技术", content="<p>内容</p>", path="p.md", language="zh")
    save(store, poll("a", given))

    (kept,) = store.entries(source="a", output="技术")

    assert (kept.entry, kept.keys, kept.outputs) == (given.entry, given.keys, given.outputs)
    assert kept.published == given.entry.published


@pytest.mark.parametrize(
    "text",
    [
        "a\0b",
        "\0",
        "\x1a0000",
        "\x1a",
        "%s %(x)s :x {}",
        "夜\u2028🚢",
        "".join(map(chr, range(1, 32))),
    ],
    ids=ascii,
)
def test_a_text_comes_back_as_it_was_whatever_is_in_it(store: Store, text: str) -> None:
    odd = arrival(text, f"x{text}", content=text)
    odd = replace(odd, entry=replace(odd.entry, title=text), dropped=None)
    odd = replace(odd, keys=replace(odd.keys, url_key=text, global_id=text, title_key=text))
    trouble = FileStamp(path=text, stamp=text, problems=(text,))
    save(store, poll("a", odd, stamps=(trouble,), feed=Feed(title=text)))
    store.set_meta({text: text})

    (kept,) = store.entries(source="a", output=f"x{text}")
    assert (kept.entry, kept.keys, kept.title) == (odd.entry, odd.keys, text)
    assert store.digests("a", [text]) == {text: odd.keys.digest}
    assert store.shared([odd.keys]) == {text}
    assert store.recognised("a", [], [text]) == store.recognised("a", [text], []) == [kept]
    assert store.candidates(odd.keys, near=NOW, within=WEEK) == [kept]
    assert store.knows("a", [odd.keys]) and store.found(text, None) == [kept]
    assert store.feed("a").title == store.meta(text) == text
    assert (store.stamps("a"), store.problems("a")) == ({text: text}, [text])
    save(store, poll("a", gone=(text,)))
    assert store.stamps("a") == {}


def test_what_no_encoding_has_is_the_trouble_of_its_poll_or_kept(store: Store) -> None:
    """Half of a surrogate pair: SQLite takes none."""
    odd = arrival("\ud83d")

    broken, whole = save(store, poll("a", odd), poll("b", arrival("1")))

    assert isinstance(broken, Exception)
    assert not isinstance(whole, Exception) and whole.new == 1


def test_an_id_and_a_link_may_be_as_long_as_they_like(store: Store) -> None:
    """No index has a place for so much."""
    chance = random.Random(1)
    long, other = (
        "".join(chr(chance.randrange(0x4E00, 0x9FFF)) for _ in range(9999)) for _ in "ab"
    )
    given = arrival(long)
    keys = replace(given.keys, url_key=other, global_id=long)
    given = replace(given, keys=keys)

    (changes,) = save(store, poll("a", given))
    later = replace(given.entry, updated=NOW, title="Another")
    (again,) = save(store, poll("a", replace(given, entry=later, keys=replace(keys, digest=b"o"))))

    assert (changes.new, again.new, again.changed) == (1, 0, 1)
    (kept,) = store.candidates(keys, near=NOW, within=WEEK)
    assert store.recognised("a", [long], []) == [kept]
    store.pin(kept.cluster, id=long, leader=kept.key, published=NOW)
    assert store.taken(long) and not store.taken(other)
    store.keep_origins({long: other}, NOW)
    assert store.origins([long, other]) == {long: other}


def test_entries_and_poll_state_are_kept_together_or_not_at_all(store: Store) -> None:
    with pytest.raises(ZeroDivisionError), store.transaction():
        save(store, poll("a", arrival("1", "x")))
        raise ZeroDivisionError

    assert list(store.entries(source=None, output=None)) == []
    assert store.states()["a"].etag is None
    assert store.dirty() == []


def test_a_poll_that_cannot_be_saved_takes_no_other_with_it(store: Store) -> None:
    broken = arrival("2", title_key := "x")
    object.__setattr__(broken.keys, "digest", object())

    first, second, third = save(
        store, poll("a", arrival("1")), poll("b", broken), poll("a", arrival("3"))
    )

    assert isinstance(second, Exception) and title_key
    assert (first.new, third.new) == (1, 1)
    assert {e.keys.source_entry_id for e in store.entries(source=None, output=None)} == {"1", "3"}


def test_a_new_source_is_due_and_one_that_was_polled_waits(store: Store) -> None:
    save(store, poll("a"))
    names = {"a", "b"}

    assert [s.source for s in store.claim(NOW, names=names)] == ["b"]
    assert len(store.claim(NOW, names=names, force=names)) == 2
    assert len(store.claim(NOW + timedelta(hours=2), names=names)) == 2
    assert store.claim(NOW, names={"a"}) == []


def test_what_is_due_in_an_hour_that_it_skips_waits_for_the_next(store: Store) -> None:
    """Nobody was there to ask it in time: a cron that comes seldom, a machine that was off."""
    hints = Hints(skip_hours=(NOW.hour,))
    store.finish(PollState(source="a", due=NOW - WEEK, polled=NOW - 2 * WEEK, hints=hints), None)

    assert store.claim(NOW, names={"a"}) == []
    assert len(store.claim(NOW, names={"a"}, force={"a"})) == 1
    assert len(store.claim(NOW + timedelta(hours=1), names={"a"})) == 1


def test_what_is_gone_is_never_due_and_all_of_it_is_kept(store: Store) -> None:
    move = Move(address="https://b.example/f", lost=Streak(days=2, last=NOW.date()))
    gone = PollState(source="a", due=NOW, gone=NOW, held=True, move=move)
    store.finish(gone, Feed(title="A feed"))

    assert store.states()["a"] == gone
    assert [s.source for s in store.claim(NOW + WEEK, names={"a", "b"})] == ["b"]
    assert store.claim(NOW, names={"a"}, force={"a"}) == [gone]
    assert (store.feed("a").title, store.feed("b"), store.feed("c")) == ("A feed", Feed(), Feed())

    store.enrol([source("a"), source("b")], NOW)
    assert store.states()["a"] == gone
    store.enrol([replace(source("a"), url="https://a.example/new")], NOW)
    assert store.states()["a"] == PollState(source="a", due=NOW)


def test_a_source_knows_its_own_entries_by_id_link_or_title(store: Store) -> None:
    first, second = arrival("1"), arrival("2")
    second = replace(second, keys=replace(second.keys, url_key=None, title_key="t"))
    later = replace(second, entry=replace(second.entry, published=NOW))
    save(store, poll("a", first, later))
    unknown = Keys(source_entry_id="x", global_id=None, url_key="x", title_key="x", digest=b"")

    assert store.link_keys("a", 9) == [None, "x.example/1"]
    assert store.link_keys("a", 1) == [None]
    assert not store.knows("a", [unknown]) and not store.knows("a", [])
    for same in ({"source_entry_id": "1"}, {"url_key": "x.example/1"}, {"title_key": "t"}):
        assert store.knows("a", [unknown, replace(unknown, **same)])
        assert not store.knows("b", [replace(unknown, **same)])
    assert not store.knows("a", [replace(unknown, url_key=None, title_key=None)])


def test_enrolling_again_keeps_due_times_and_another_address_forgets_validators(
    store: Store,
) -> None:
    save(store, poll("a"), poll("b"))
    moved = Source(id="b", url="https://b.example/other")

    store.enrol([source("a"), moved], NOW)

    states = store.states()
    assert states["a"].etag == "e" and states["a"].due > NOW
    assert states["b"].etag is None and states["b"].due == NOW


def test_a_source_that_is_no_longer_named_is_retired_and_its_entries_stay(store: Store) -> None:
    save(store, poll("a", arrival("1", "x")))
    store.enrol([source("b")], NOW)

    assert list(store.states()) == ["b"]
    assert store.claim(NOW + WEEK, names={"a"}, force={"a"}) == []
    assert store.counts() == {"a": 1}


def test_clusters_merge_into_the_one_that_was_published_first(store: Store) -> None:
    save(store, poll("a", arrival("1", "x"), arrival("2", "y"), arrival("3", "z")))
    one, two, three = (e.cluster for e in store.entries(source=None, output=None))
    store.pin(two, id="urn:two", leader=2, published=NOW)

    with store.transaction():
        assert store.merge({one, two, three}) == two
        store.settle({one, two, three}, NOW)

    assert {e.cluster for e in store.entries(source=None, output=None)} == {two}
    assert [s.cluster for s in store.stories("x", 10)] == [two]
    assert len(store.stories(EVERYTHING, 10)) == 1


def test_of_many_stories_each_has_its_own_entries_the_newest_first(store: Store) -> None:
    names = [str(n) for n in range(600)]
    save(store, poll("a", *(arrival(name, "x") for name in names)))

    found = store.stories("x", 590)

    assert [len(s.sightings) for s in found] == [1] * 590
    told = [s.sightings[0].cluster for s in found]
    assert told == [s.cluster for s in found] == [s.cluster for s in store.stories("x", 600)][:590]


def clusters_of(store: Store) -> list[int]:
    """Of the entries in the order of their keys."""
    found = sorted(store.entries(source=None, output=None), key=lambda e: e.key)
    return [e.cluster for e in found]


def test_a_merged_cluster_is_found_wherever_it_went_in_the_end(store: Store) -> None:
    save(store, poll("a", arrival("1"), arrival("2"), arrival("3")))
    one, two, three = clusters_of(store)
    store.pin(two, id="urn:two", leader=2, published=NOW)
    store.pin(three, id="urn:three", leader=3, published=NOW)

    store.merge({two, three})
    store.pin(one, id="urn:one", leader=1, published=NOW)
    store.merge({one, two})

    everything = store.found("urn:one", None)
    assert len(everything) == 3
    assert store.found("urn:three", None) == store.found("urn:two", None) == everything
    assert store.found("c3", None, three) == everything
    assert store.known([2, 3, 99]) == everything[1:]


def test_what_was_parted_gets_a_cluster_of_its_own_and_is_known_to_be(store: Store) -> None:
    save(store, poll("a", arrival("1", "x"), arrival("2", "y"), arrival("3", "z")))
    whole = store.merge(clusters_of(store))
    store.pin(whole, id="urn:one", leader=1, published=NOW)
    store.settle([whole], NOW)

    with store.transaction():
        own = store.part([2, 3])
        store.settle([whole, own], NOW)

    assert clusters_of(store) == [whole, own, own]
    story = store.story(own)
    assert (story.id, story.leader, story.published) == (None, None, NOW - timedelta(days=1))
    assert store.parted([whole, own]) == {frozenset((whole, own))}
    assert store.parted([own]) == store.parted([]) == set()
    last, _, first = (store.known([key])[0].outputs[0] for key in (1, 2, 3))
    assert [s.cluster for s in store.stories(last, 9)] == [whole]
    assert [s.cluster for s in store.stories(first, 9)] == [own]
    store.part([3])
    assert len(store.parted(clusters_of(store))) == 3


def test_what_was_merged_and_is_parted_again_is_what_it_was(store: Store) -> None:
    """Readers know it by its id."""
    save(store, poll("a", arrival("1", "x"), arrival("2", "y")))
    one, two = clusters_of(store)
    earlier = NOW - timedelta(days=3)
    for key, cluster in ((1, one), (2, two)):
        store.pin(cluster, id=f"urn:{key}", leader=key, published=earlier)
    store.merge({one, two})
    store.settle({one, two}, NOW)

    own = store.part([2])
    store.settle({one, own}, NOW)

    story = store.story(own)
    assert (own, story.id, story.leader, story.published) == (two, "urn:2", 2, earlier)
    (output,) = store.known([2])[0].outputs
    assert [s.cluster for s in store.stories(output, 9)] == [two]
    assert [e.key for e in store.found("urn:2", None)] == [2]


def test_ids_of_what_was_merged_lead_to_what_left_with_it(store: Store) -> None:
    save(store, poll("a", arrival("1"), arrival("2"), arrival("3"), arrival("4")))
    clusters = clusters_of(store)
    for key, cluster in enumerate(clusters, 1):
        store.pin(cluster, id=f"urn:{key}", leader=key, published=NOW)
    whole = store.merge(clusters)

    own = store.part([2, 3])

    assert (whole, own) == (clusters[0], clusters[1])
    found = {n: [e.key for e in store.found(f"urn:{n}", None)] for n in (1, 2, 3, 4)}
    assert found == {1: [1, 4], 2: [2, 3], 3: [2, 3], 4: [1, 4]}


def test_what_was_parted_may_be_forgotten_within_some_clusters(store: Store) -> None:
    save(store, poll("a", arrival("1"), arrival("2"), arrival("3")))
    whole = store.merge(clusters_of(store))
    two, three = store.part([2]), store.part([3])

    store.unpart([whole, two])

    left = {frozenset((whole, three)), frozenset((two, three))}
    assert store.parted([whole, two, three]) == left


def test_why_an_entry_is_where_it_is_can_be_said_anew(store: Store) -> None:
    save(store, poll("a", arrival("1"), arrival("2")))

    store.set_reason([1, 2], "because")
    store.set_reason([2], None)

    assert [e.reason for e in store.known([1, 2])] == ["because", None]


def test_stories_are_the_last_to_surface(store: Store) -> None:
    days = [arrival(str(n), "x") for n in range(5)]
    days = [
        Arrival(entry=Entry(id=a.entry.id, published=NOW - timedelta(days=9 - n)), keys=a.keys, outputs=("x",))
        for n, a in enumerate(days)
    ]  # fmt: skip
    save(store, poll("a", *days))

    found = store.stories("x", 2)

    assert [s.sightings[0].keys.source_entry_id for s in found] == ["4", "3"]


def test_all_that_is_published_is_listed_by_output(store: Store) -> None:
    tomorrow = NOW + timedelta(days=1)
    late = Arrival(entry=Entry(id="9", published=tomorrow), keys=arrival("9").keys, outputs=("x",))
    dropped = replace(arrival("8", "x"), dropped="a rule")
    save(store, poll("a", arrival("1", "x", "y"), arrival("2"), late, dropped))
    one, two = (store.found(name, None)[0].cluster for name in ("1", "2"))

    assert sorted(store.listed()) == sorted(
        [(EVERYTHING, one), ("x", one), ("y", one), (EVERYTHING, two)]
    )


def test_a_story_held_back_is_let_go_once(store: Store) -> None:
    tomorrow = NOW + timedelta(days=1)
    late = Arrival(entry=Entry(id="1", published=tomorrow), keys=arrival("1").keys, outputs=("x",))
    save(store, poll("a", late))
    assert store.stories("x", 9) == []
    store.mark([EVERYTHING, "x"], dirty=False)

    store.due_releases(tomorrow)

    assert store.dirty() == [EVERYTHING, "x"]
    assert len(store.stories("x", 9)) == 1


def test_stamps_and_problems_of_files_are_kept(store: Store) -> None:
    stamps = (
        FileStamp(path="a.md", stamp="1"),
        FileStamp(path="b.md", stamp="2", problems=("b: x",)),
    )
    save(store, poll("a", stamps=stamps))

    assert store.stamps("a") == {"a.md": "1", "b.md": "2"}
    assert store.problems("a") == ["b: x"]


def test_what_came_of_an_address_is_known_also_when_it_was_nothing(store: Store) -> None:
    with store.transaction():
        store.keep_origins({"https://t.co/a": "https://a.example/1", "https://t.co/b": None}, NOW)
        store.keep_origins({"https://t.co/c": None}, NOW)
        store.keep_origins({"https://t.co/c": "https://a.example/3"}, NOW)

    asked = ["https://t.co/a", "https://t.co/b", "https://t.co/c", "https://t.co/d"]
    assert store.origins(asked) == {
        "https://t.co/a": "https://a.example/1",
        "https://t.co/b": None,
        "https://t.co/c": "https://a.example/3",
    }
    assert store.origins([]) == {}


def test_a_slug_is_given_once(store: Store) -> None:
    store.name("技术", "tech")
    store.name("技术", "other")
    assert store.slugs() == {"技术": "tech"}


def test_a_second_writer_is_refused_and_a_reader_is_not(store: Store, place: Place) -> None:
    save(store, poll("a", arrival("1", "x")))

    with pytest.raises(StoreLocked):
        stores.connect(place.url, exclusive=True)
    reader = stores.connect(place.url, exclusive=False)
    assert reader.counts() == {"a": 1}
    reader.close()


def test_a_copy_is_whole_though_the_store_is_in_use(store: Store, tmp_path: Path) -> None:
    save(store, poll("a", arrival("1", "x"), stamps=(FileStamp(path="p", stamp="1"),)))
    store.note(1, NOW, "seen", "second")
    store.note(1, NOW - WEEK, "seen", "third")
    store.keep_leases([ACTIVE, lease("u")])
    store.keep_announcements([TOLD])
    store.keep_intents([INTENT])
    store.keep_listeners([BEHIND])
    store.keep_outlines("a", [Outline(title="T", url="u", categories=("c",), includes=True)])
    store.slow(Slowdown(host="h", until=NOW))
    store.set_meta({"m": "1"})
    store.copy_to(tmp_path / "copy.db")

    copy = stores.connect(f"sqlite:///{tmp_path / 'copy.db'}", exclusive=True)

    for read in (
        lambda s: s.states(),
        lambda s: s.feeds(),
        lambda s: list(s.entries(source=None, output="x")),
        lambda s: s.stories("x", 9),
        lambda s: s.ledger(1),
        lambda s: s.leases(),
        lambda s: s.announcements(),
        lambda s: s.intents(),
        lambda s: s.listeners(),
        lambda s: s.editions(),
        lambda s: s.stamps("a"),
        lambda s: s.meta("m"),
        lambda s: s.outlines(),
        lambda s: s.slowdowns(NOW),
    ):
        assert read(copy) and read(copy) == read(store)
    (later,) = save(copy, poll("b", arrival("2")))
    assert later.new == 1
    copy.close()


def test_what_entries_are_compared_by_is_found_by_its_places(store: Store) -> None:
    save(store, poll("a", arrival("1")), poll("b", arrival("2")))
    one, two = store.entries(source=None, output=None)
    week, last = [(7, mark) for mark in (0, 1, 2**32 - 1)], (8, 1)
    here = (week[1], last)
    store.keep_prints([])
    store.keep_prints(
        [
            Kept(entry=one.key, tokens=b"t\0\xff", points=False, here=tuple(week), gone=()),
            Kept(entry=two.key, tokens=b"", points=True, here=here, gone=()),
        ]
    )
    store.keep_prints(
        [Kept(entry=two.key, tokens=b"u", points=True, here=here[:1], gone=(last, (9, 9)))]
    )

    assert store.postings([]) == {} and store.imprints([]) == []
    found = {place: sorted(keys) for place, keys in store.postings([*week, last, (9, 1)]).items()}
    assert found == {week[0]: [one.key], week[1]: [one.key, two.key], week[2]: [one.key]}
    first, second = sorted(store.imprints([one.key, two.key, 99]), key=lambda x: x.key)
    assert (first.tokens, first.points) == (b"t\0\xff", False)
    assert (second.tokens, second.points) == (b"u", True)
    assert (first.source, first.cluster, first.title) == ("a", one.cluster, one.title)
    assert (first.published, first.url_key) == (one.published, one.keys.url_key)


def test_a_cluster_tells_its_sightings_and_whether_there_are_others(store: Store) -> None:
    save(store, poll("a", arrival("1"), arrival("2")), poll("b", arrival("3")))
    every = list(store.entries(source=None, output=None))
    with store.transaction():
        cluster = store.merge({e.cluster for e in every})

    assert [e.key for e in store.members(cluster)] == [e.key for e in every]
    assert store.members(cluster + 99) == []
    assert store.others_in(cluster, than=every[2].key)
    assert store.others_in(cluster, than=every[0].key, source="b")
    assert not store.others_in(cluster, than=every[2].key, source="b")
    assert not store.others_in(cluster + 99, than=0)


def test_all_stores_have_the_same_columns(store: Store, place: Place, tmp_path: Path) -> None:
    """For the SQL is the same; but for the number of a row, which SQLite has unasked."""
    file = SqlitePlace(tmp_path / "other")
    stores.connect(file.url, exclusive=True).close()

    found = place.columns()
    found["ledger"].discard("rowid")

    assert found == file.columns()


def test_one_may_stop_listening_in_the_middle(store: Store) -> None:
    save(store, poll("a", *(arrival(str(n)) for n in range(50))))

    first = next(iter(store.entries(source=None, output=None)))

    assert len(list(store.entries(source="a", output=EVERYTHING))) == 50
    assert first.source == "a"


def test_one_may_stop_listening_when_the_store_is_closed(store: Store, place: Place) -> None:
    """As a command does whose reader has seen enough."""
    save(store, poll("a", *(arrival(str(n)) for n in range(50))))
    other = stores.connect(place.url, exclusive=False)
    rows = iter(other.entries(source=None, output=None))
    next(rows)

    other.close()
    with pytest.MonkeyPatch.context() as patch:
        told: list[object] = []
        patch.setattr("sys.unraisablehook", told.append)
        del rows
        gc.collect()

    assert told == []


def test_many_threads_read_while_one_writes(store: Store) -> None:
    def read(_: int) -> int:
        return len(list(store.entries(source=None, output=None))) + len(store.digests("a", ["1"]))

    with ThreadPoolExecutor(8) as threads, store.transaction():
        save(store, poll("a", arrival("1")))
        seen = set(threads.map(read, range(50)))

    assert seen == {0}
    assert read(0) == 2


def test_the_lock_goes_with_whoever_held_it(place: Place) -> None:
    stores.connect(place.url, exclusive=True).close()
    stores.connect(place.url, exclusive=True).close()


def test_a_store_of_a_newer_version_is_left_alone(place: Place) -> None:
    place.made_by(999)

    for exclusive in (False, True):
        with pytest.raises(StoreError, match="newer"):
            stores.connect(place.url, exclusive=exclusive)


def test_reading_a_store_that_is_empty_says_so(place: Place) -> None:
    place.empty()

    with pytest.raises(StoreEmpty, match="nothing in it yet; `aggregator run`"):
        stores.connect(place.url, exclusive=False)
    stores.connect(place.url, exclusive=True).close()


def test_a_store_of_an_older_version_is_brought_up_to_date_by_whoever_opens_it(
    place: Place,
) -> None:
    place.migrate_to(1)
    place.execute(
        "INSERT INTO source (id, kind, url, due, position) VALUES ('a', 'feed', 'u', 0, 0)"
    )

    for exclusive in (False, True):
        opened = stores.connect(place.url, exclusive=exclusive)
        assert opened.problems("a") == []
        assert list(opened.states()) == ["a"]
        opened.close()


def test_an_older_store_that_somebody_works_on_is_left_as_it_is(place: Place) -> None:
    working = stores.connect(place.url, exclusive=True)
    place.made_by(len(place.migrations) - 1)

    with pytest.raises(StoreLocked):
        stores.connect(place.url, exclusive=False)
    working.close()


def test_the_problems_of_a_feed_stay_until_it_is_read_again(store: Store) -> None:
    odd = poll("a", feed=Feed(title="T", problems=("not well-formed",)))
    save(store, odd)
    save(store, poll("a", feed=None))
    assert store.problems("a") == ["not well-formed"]
    assert store.problems("b") == []

    save(store, poll("a", feed=Feed(title="T")))
    assert store.problems("a") == []
    save(store, odd)
    store.enrol([Source(id="a", url="https://a.example/other")], NOW)
    assert store.problems("a") == []


def test_a_file_that_is_gone_is_forgotten_and_its_problems_with_it(store: Store) -> None:
    stamps = (
        FileStamp(path="a.md", stamp="1", problems=("a.md: odd",)),
        FileStamp(path="b.md", stamp="2"),
    )
    save(store, poll("b", stamps=stamps))
    assert store.problems("b") == ["a.md: odd"]

    save(store, poll("b", gone=("a.md",)))

    assert (store.problems("b"), store.stamps("b")) == ([], {"b.md": "2"})


# ── hubs ─────────────────────────────────────────────────────────────────────


def lease(token: str, **more: object) -> Lease:
    return Lease(
        token=token, callback=f"https://p.example/{token}", source="a", hub="https://hub.example/",
        topic="https://a.example/feed", made=NOW, due=NOW, **more,
    )  # fmt: skip


ACTIVE = lease("t", secret="s", state="active", until=NOW + WEEK, attempts=2, error="夜")


def test_leases_come_back_as_they_were_until_they_are_forgotten(store: Store) -> None:
    store.keep_leases([ACTIVE, lease("u")])
    assert store.leases() == [ACTIVE, lease("u")]

    store.keep_leases([lease("t")], forgotten=["u", "none"])

    assert store.leases() == [lease("t")]


TOLD = Announcement(hub="https://hub.example/", topic="https://p.example/财.atom", told="1-2-3")
UNTOLD = replace(
    TOLD, hub="https://集.example/", told=None, failing=NOW, due=NOW + WEEK, attempts=2, error="夜"
)
INTENT = Intent(
    callback="https://r.example/?a=b",
    topic="https://p.example/财.atom",
    mode="subscribe",
    secret="秘",
    lease=timedelta(days=10),
    known="aa",
    due=NOW,
)
LISTENER = Listener(
    callback="https://r.example/?a=b", topic="https://p.example/财.atom", until=NOW + WEEK
)
BEHIND = replace(
    LISTENER, topic="https://p.example/all.atom", secret="秘", known="bb", failing=NOW, due=NOW,
    attempts=3, error="夜",
)  # fmt: skip


def test_what_hubs_were_told_comes_back_as_it_was(store: Store) -> None:
    store.keep_announcements([TOLD, UNTOLD])
    assert store.announcements() == [TOLD, UNTOLD]

    later = replace(TOLD, told="4-5-6")
    store.keep_announcements([later], forgotten=[(UNTOLD.hub, UNTOLD.topic), ("none", "none")])

    assert store.announcements() == [later]


def test_who_listens_to_our_hub_comes_back_as_they_were(store: Store) -> None:
    leaving = replace(INTENT, mode="unsubscribe", secret=None, known=None, topic="x", attempts=1)
    store.keep_intents([INTENT, leaving])
    store.keep_listeners([LISTENER, BEHIND])
    assert store.intents() == [INTENT, leaving]
    assert store.listeners() == [BEHIND, LISTENER]

    key = (LISTENER.callback, LISTENER.topic)
    store.keep_intents([replace(leaving, attempts=2)], forgotten=[key])
    store.keep_listeners([replace(BEHIND, known="cc")], forgotten=[key, ("none", "none")])

    assert store.intents() == [replace(leaving, attempts=2)]
    assert store.listeners() == [replace(BEHIND, known="cc")]


def test_addresses_as_long_as_they_may_be_are_kept(store: Store) -> None:
    noise = "".join(hashlib.sha256(bytes([n])).hexdigest() for n in range(16))
    long = replace(LISTENER, callback=f"https://r.example/{noise}"[:1000], topic=noise[:1000])

    store.keep_listeners([long])

    assert store.listeners() == [long]


def test_what_a_feed_says_of_its_hubs_is_known_until_it_moves_or_goes(store: Store) -> None:
    found = Advertised(
        topic="https://a.example/x", hubs=("https://hub.example/", "https://集.example/")
    )
    save(store, poll("a", advertised=found), poll("b", advertised=Advertised(topic="b")))
    save(store, poll("a"))  # which says nothing of them
    assert store.advertised() == {"a": found}

    store.enrol([replace(source("a"), url="https://new.example/")], NOW)
    assert store.advertised() == {}
    save(store, poll("a", advertised=found))
    store.enrol([source("b")], NOW)
    assert store.advertised() == {}


@pytest.mark.parametrize(
    ("kept", "since", "claimed"),
    [
        (ACTIVE, NOW - WEEK, []),
        (ACTIVE, NOW + timedelta(minutes=30), []),
        (ACTIVE, NOW + timedelta(minutes=31), ["a"]),  # polled before that
        (ACTIVE, None, ["a"]),  # nobody listens
        (replace(ACTIVE, until=NOW + timedelta(hours=2)), NOW, ["a"]),
        (replace(ACTIVE, state="ending"), NOW, ["a"]),
        (replace(ACTIVE, state="wanted", until=None), NOW, ["a"]),
        (replace(ACTIVE, source="b"), NOW, ["a"]),
    ],
)
def test_what_a_hub_pushes_rests_as_long_as_it_does(
    store: Store, kept: Lease, since: datetime | None, claimed: list[str]
) -> None:
    now = NOW + timedelta(hours=2)
    state = PollState(source="a", due=now, polled=NOW + timedelta(minutes=30))
    save(store, poll("a", state=state))
    store.keep_leases([kept])

    found = store.claim(now, names=["a"], unless_pushed_since=since)

    assert [x.source for x in found] == claimed
    assert store.claim(now, names=["a"], force=["a"], unless_pushed_since=since)


def test_the_way_of_a_poll_uses_an_index_at_every_step(place: Place, store: Store) -> None:
    """No work that grows with the store: each query of it is looked up, none scans."""
    text = " ".join(f"word{n}" for n in range(200))  # enough to be compared
    first = arrival("1", "x", content=f"<p>{text}</p>")
    keys = replace(first.keys, title_key="t", global_id="g")

    def way() -> None:
        save(store, poll("a", replace(first, keys=keys)))
        save(store, poll("b", replace(first, keys=keys)))
        store.parted([1, 2])
        store.merge([1])
        store.stories("x", 50)
        store.claim(NOW, names=["a"], unless_pushed_since=NOW)
        store.due_posts(after=0, most=50)
        store.shown([1])
        store.name_post(Posting(story=1, name="x"))
        store.post_named("x")
        store.posted([1])

    store.want_posts("some")
    asked, scanning = place.scans(store, way)

    assert asked > 20
    assert scanning == []


# ── archive pages ────────────────────────────────────────────────────────────


def many(store: Store, count: int) -> None:
    """Entries 1 to `count` of an output x, the newest last."""
    arrivals = (
        replace(a, entry=replace(a.entry, published=NOW - timedelta(days=9 - n)))
        for n in range(1, count + 1)
        for a in (arrival(str(n), "x"),)
    )
    save(store, poll("a", *arrivals))


def told(found: Iterable[Story]) -> list[str]:
    return [s.sightings[0].title.removeprefix("Title ") for s in found]


def page(number: int, name: str, output: str = "x") -> Page:
    return Page(output=output, number=number, name=name)


def filed(store: Store, number: int, name: str, *, most: int, keep: int) -> Page:
    """The overflow of x on a new page."""
    new = page(number, name)
    store.file(new, [key for key, _ in store.overflow("x", most=most, keep=keep)])
    return new


def test_what_overflows_is_told_the_oldest_first(store: Store) -> None:
    many(store, 5)

    assert store.overflow("x", most=5, keep=2) == []
    over = store.overflow("x", most=4, keep=2)
    assert [when.day for _, when in over] == [23, 24, 25]
    assert store.overflow("y", most=0, keep=0) == []


def test_a_story_is_on_one_page_or_on_none_yet(store: Store) -> None:
    many(store, 5)
    one = filed(store, 1, "2026-06", most=4, keep=3)

    assert told(store.filed(one)) == ["2", "1"]
    assert told(store.stories("x", 9, unfiled=True)) == ["5", "4", "3"]
    assert told(store.stories("x", 9)) == ["5", "4", "3", "2", "1"]
    assert told(store.stories(EVERYTHING, 9, unfiled=True)) == ["5", "4", "3", "2", "1"]
    assert store.overflow("x", most=3, keep=1) == []


def test_where_stories_stand_is_told_with_their_sources(store: Store) -> None:
    many(store, 5)
    filed(store, 1, "2026-06", most=4, keep=3)

    found = store.standing("x", None)
    assert [(x.source, x.page) for x in found] == [("a", None)] * 3 + [("a", 1)] * 2
    assert found[:2] == store.standing("x", 2)
    assert found[:3] == store.standing("x", 9, unfiled=True)
    assert store.standing("y", 9) == []
    clusters = [x.cluster for x in found[:2]]
    assert sorted(told(store.shown(clusters, output="x"))) == ["4", "5"]
    assert store.shown(clusters, output="y") == []


def test_a_new_page_ages_the_one_before_it(store: Store) -> None:
    many(store, 6)
    pages = [filed(store, n, f"2026-0{n}", most=0, keep=6 - 2 * n) for n in (1, 2)]
    assert store.stale_pages() == pages
    for one in pages:
        store.written(one)
    assert store.stale_pages() == []

    last = filed(store, 3, "2026-02-2", most=0, keep=0)

    assert store.stale_pages() == [pages[1], last]
    assert store.pages("x", 2) == [last, pages[1]]
    assert store.around(pages[1]) == (pages[0], last)
    assert store.around(last) == (pages[1], None)
    assert store.pages_of_month("x", "2026-02") == 2
    assert store.pages_of_month("y", "2026-02") == 0


def test_what_surfaces_again_is_on_no_page(store: Store) -> None:
    many(store, 3)
    one = filed(store, 1, "2026-06", most=0, keep=1)
    (row,) = [s for s in store.stories("x", 9) if told([s]) == ["1"]]
    store.pin(row.cluster, id="urn:1", leader=row.sightings[0].key, published=NOW - WEEK)

    changed = arrival("1", "x", content="<p>It is told otherwise.</p>")
    save(store, poll("a", changed))

    assert told(store.filed(one)) == ["2"]
    assert told(store.stories("x", 9, unfiled=True)) == ["1", "3"]


def test_what_leaves_every_output_is_withdrawn_until_it_is_back(store: Store) -> None:
    many(store, 3)
    one = filed(store, 1, "2026-06", most=0, keep=1)
    store.written(one)
    for s in store.stories("x", 9):
        (number,) = told([s])
        store.pin(s.cluster, id=f"urn:{number}", leader=s.sightings[0].key, published=s.published)

    dropped = replace(arrival("1", "x", content="<p>Advertising.</p>"), dropped="a rule")
    save(store, poll("a", dropped, arrival("2", "y", content="<p>Elsewhere.</p>")))

    gone = [Deleted(ref="urn:1", when=NOW)]
    assert store.withdrawn("x", 9) == store.withdrawn(EVERYTHING, 9) == gone
    assert store.withdrawn("x", 0) == store.withdrawn("y", 9) == []
    assert store.stale_pages() == [one]
    assert store.filed(one) == []

    save(store, poll("a", arrival("1", "x", content="<p>Back.</p>")))
    assert store.withdrawn("x", 9) == store.withdrawn(EVERYTHING, 9) == []


def test_what_is_in_private_outputs_only_is_not_in_everything(store: Store, place: Place) -> None:
    save(
        store, poll("a", arrival("1", "x"), arrival("2", "y"), arrival("3", "x", "y"), arrival("4"))
    )
    store.mark([EVERYTHING, "x", "y"], dirty=False)
    with store.transaction():
        store.keep_private(["x"], NOW)
    assert sorted(told(store.stories(EVERYTHING, 9))) == ["2", "3", "4"]
    assert set(store.dirty()) >= {EVERYTHING}

    save(store, poll("b", arrival("5", "x"), arrival("6", "z")))
    assert sorted(told(store.stories(EVERYTHING, 9))) == ["2", "3", "4", "6"]
    assert sorted(told(store.stories("x", 9))) == ["1", "3", "5"]
    store.close()
    store = stores.connect(place.url, exclusive=True)
    save(store, poll("b", arrival("7", "x")))
    assert sorted(told(store.stories("x", 9))) == ["1", "3", "5", "7"]
    with store.transaction():
        store.keep_private([], NOW)
    assert sorted(told(store.stories(EVERYTHING, 9))) == [str(n) for n in range(1, 8)]
    store.close()


def test_what_was_never_published_is_not_withdrawn(store: Store) -> None:
    many(store, 1)
    save(store, poll("a", replace(arrival("1", "x", content="<p>A.</p>"), dropped="a rule")))

    assert store.withdrawn(EVERYTHING, 9) == []


def test_documents_are_kept_as_they_were_left(store: Store) -> None:
    many(store, 2)
    one = filed(store, 1, "2026-06", most=0, keep=1)
    store.written(one)
    current = Document(path="x.atom", output="x", stamp="1")
    archived = Document(path="archive/x-2026-06.atom", output="x", page=1, stamp=None)
    store.keep_documents([current, archived])
    store.keep_documents([replace(current, stamp="2")])

    assert store.documents(archived=False) == [replace(current, stamp="2")]
    assert store.documents(archived=True) == [archived]
    assert store.documents_of(current.output) == [archived, replace(current, stamp="2")]
    assert store.documents_of("another") == []
    store.age([current.path])
    assert store.stale_pages() == []
    store.age([archived.path])
    assert store.stale_pages() == [one]
    store.written(one)
    store.age(None)
    assert store.stale_pages() == [one]
    store.forget_documents([archived.path])
    assert store.documents(archived=True) == []


# ── posts ────────────────────────────────────────────────────────────────────


def due(store: Store) -> list[int]:
    return [posting.story for posting in store.due_posts(after=0, most=100)]


def posting_all(store: Store) -> list[int]:
    """All stories, which are posts already."""
    save(store, poll("a", arrival("1"), arrival("2")), poll("b", arrival("3")))
    store.want_posts("these")
    found = due(store)
    store.posted(found)
    return found


def test_nothing_is_due_while_nobody_wants_posts(store: Store) -> None:
    save(store, poll("a", arrival("1")))

    assert due(store) == []


def test_every_story_is_due_once_posts_are_wanted(store: Store) -> None:
    stories = posting_all(store)

    assert len(stories) == 3
    assert due(store) == []


def test_a_story_that_is_new_or_changed_is_due(store: Store) -> None:
    posting_all(store)
    save(store, poll("a", arrival("1", content="<p>Changed</p>"), arrival("2"), arrival("4")))

    assert told(store.shown(due(store))) == ["1", "4"]


def test_stories_that_are_merged_are_due(store: Store) -> None:
    one, two, _ = posting_all(store)
    with store.transaction():
        store.merge({one, two})
        store.settle({one, two}, NOW)

    assert due(store) == [one, two]
    assert [s.cluster for s in store.shown([one, two])] == [one]


def test_a_story_that_is_let_go_is_due(store: Store) -> None:
    posting_all(store)
    held = replace(arrival("9"), entry=replace(arrival("9").entry, published=NOW + WEEK))
    save(store, poll("b", arrival("3"), held))
    (story,) = due(store)
    assert store.shown([story]) == []
    store.posted([story])
    store.due_releases(NOW + WEEK)

    assert due(store) == [story]
    assert [s.cluster for s in store.shown([story])] == [story]


def test_the_stories_of_a_feed_with_another_name_are_due(store: Store) -> None:
    posting_all(store)
    state = PollState(source="b", due=NOW)
    store.finish(state, Feed(title="Another name"))

    assert len(due(store)) == 1


def test_other_settings_make_all_due_and_the_same_none(store: Store) -> None:
    stories = posting_all(store)
    store.want_posts("these")
    assert due(store) == []
    store.want_posts("others")
    assert due(store) == stories
    assert [p.story for p in store.due_posts(after=stories[0], most=1)] == [stories[1]]


def test_what_changes_while_nobody_wants_posts_is_due_later(store: Store) -> None:
    posting_all(store)
    store.want_posts(None)
    save(store, poll("a", arrival("1", content="<p>Changed</p>"), arrival("2"), arrival("4")))
    assert due(store) == []
    store.want_posts("these")

    assert len(due(store)) == 4


def test_the_name_of_a_post_stays(store: Store) -> None:
    first, *_ = posting_all(store)
    store.name_post(Posting(story=first, name="2026-01-01-a.html"))
    store.want_posts("others")

    assert store.due_posts(after=0, most=1) == [Posting(story=first, name="2026-01-01-a.html")]
    assert store.post_named("2026-01-01-a.html")
    assert not store.post_named("2026-01-01-b.html")


def test_what_is_undone_makes_nothing_due(store: Store) -> None:
    one, *_ = posting_all(store)
    with pytest.raises(ZeroDivisionError), store.transaction():
        store.settle([one], NOW)
        raise ZeroDivisionError
    with store.transaction():
        pass

    assert due(store) == []
