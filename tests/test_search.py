"""What is found in a store, of every kind that there is."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from places import Place, PostgresPlace, SqlitePlace
from test_store import NOW, WEEK, arrival, poll, save, source

from aggregator import indexing, stores
from aggregator.errors import TookTooLong
from aggregator.model import EVERYTHING, Arrival, Person, Story
from aggregator.searching import query_of
from aggregator.stores import Store


@pytest.fixture
def store(place: Place) -> Iterator[Store]:
    opened = stores.connect(place.url, exclusive=True)
    opened.enrol([source("a"), source("b")], NOW)
    yield opened
    opened.close()


def told(name: str, title: str, text: str = "", *outputs: str, **more: object) -> Arrival:
    one = arrival(name, *outputs, content=f"<p>{text}</p>")
    entry = replace(one.entry, title=title, **more)
    return replace(one, entry=entry, keys=replace(one.keys, digest=repr(entry).encode()))


def publish(store: Store) -> None:
    """All that is not held gets its identity, as the documents give it."""
    with store.transaction():
        for story in store.stories(EVERYTHING, 10_000):
            if story.id is None:
                lead = story.sightings[0]
                store.pin(
                    story.cluster, id=f"urn:{lead.key}", leader=lead.key, published=lead.published
                )


def index(store: Store) -> int:
    count = 0
    while done := indexing.index(store):
        count += done
    return count


def published(store: Store, *arrivals: Arrival, by: str = "a") -> None:
    save(store, poll(by, *arrivals))
    publish(store)
    index(store)


def names(stories: list[Story]) -> list[str]:
    return [s.sightings[0].keys.source_entry_id for s in stories]


def search(store: Store, asked: str, output: str = EVERYTHING) -> list[str]:
    return names(store.search(query_of(asked), output=output, limit=50, seconds=30))


CORPUS = (
    told("1", "智能手機的軟體", "新款５Ｇ手机，售价 3,999 元。"),
    told("2", "The Harbour Café", "A night ferry returns to the harbour, says Zoë."),
    told("3", "小猫", "人工\n智能写的故事，关于一只猫"),
    told("4", "O'Reilly's C++ & SQL", "SELECT * FROM x; -- \"quotes\" 'and' \\ more"),
)


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("智能", {"1", "3"}),
        ("智能 手机", {"1"}),
        ("手機", {"1"}),
        ("软件", {"1"}),
        ("軟件", {"1"}),
        ("猫", {"3"}),
        ("人工智能", {"3"}),
        ("能手", {"1"}),
        ("5g", {"1"}),
        ("cafe", {"2"}),
        ("CAFÉ zoe", {"2"}),
        ('"night ferry"', {"2"}),
        ('"ferry night"', set()),
        ("harb*", {"2"}),
        ("harb", set()),
        ("智能 -猫", {"1"}),
        ("o'reilly", {"4"}),
        ("sql", {"4"}),
        ("-sql", set()),
        ("", set()),
    ],
)
def test_stories_are_found_by_their_words(store: Store, asked: str, found: set[str]) -> None:
    published(store, *CORPUS)

    assert set(search(store, asked)) == found


@pytest.mark.parametrize(
    "asked",
    ["AND", "OR OR", "NOT x", "a AND", "NEAR(a b)", "title: x", "a^2", "{a b}: c", '"a" + "b"',
     "')", "'; DROP TABLE entry; --", "a:*", "a:B & !c | (d <-> e)", "\\", "\x00", "a\x00b", "%s",
     ":name", "x" * 5000, "字" * 5000, '"' * 99, "- -- ---", "\ud800", "𠀀", "👍", "*" * 50,
     " ".join(f"w{n}" for n in range(500))],
)  # fmt: skip
def test_nothing_that_is_typed_is_an_error(store: Store, asked: str) -> None:
    published(store, *CORPUS)

    search(store, asked)

    assert search(store, "sql") == ["4"]


def test_a_title_counts_for_more_than_a_text_and_the_newer_of_equals_comes_first(
    store: Store,
) -> None:
    others = (told(f"{n}", f"Other {n}", f"nothing of it {n}") for n in range(20))
    old, new = (
        told(name, f"The ferry {name}", published=NOW - timedelta(days=days))
        for name, days in (("old", 9), ("new", 2))
    )
    published(store, told("text", "Something else", "It is about a ferry."), old, new, *others)

    assert search(store, "ferry") == ["new", "old", "text"]


def test_only_what_is_published_is_found(store: Store) -> None:
    save(
        store,
        poll(
            "a",
            told("seen", "The ferry came"),
            replace(told("dropped", "The ferry went"), dropped="drop"),
            told("held", "The ferry waits", published=NOW + WEEK),
        ),
    )
    index(store)
    assert search(store, "ferry") == []

    publish(store)
    index(store)
    assert search(store, "ferry") == ["seen"]

    store.due_releases(NOW + 2 * WEEK)
    publish(store)
    index(store)
    assert set(search(store, "ferry")) == {"seen", "held"}


def test_what_changed_is_found_by_its_new_words_only(store: Store) -> None:
    published(store, told("1", "The ferry", "by night"))

    published(store, told("1", "The steamer", "by day"))

    assert search(store, "ferry") == []
    assert search(store, "night") == []
    assert search(store, "steamer day") == ["1"]


def test_what_is_dropped_later_is_found_no_more_even_before_the_index_knows(store: Store) -> None:
    published(store, told("1", "The ferry"))

    save(store, poll("a", replace(told("1", "The ferry!"), dropped="drop")))

    assert search(store, "ferry") == []
    assert index(store) == 1
    assert search(store, "ferry") == []


def test_a_story_is_found_once_by_any_of_its_titles(store: Store) -> None:
    one, other = told("1", "The ferry", "by night"), told("2", "A steamer", "by night")
    published(store, one)
    published(store, other, by="b")
    (first,), (second,) = (store.search(query_of(asked), limit=9) for asked in ("ferry", "steamer"))

    with store.transaction():
        store.settle([store.merge([first.cluster, second.cluster]), second.cluster], NOW)
    assert len(store.search(query_of("night"), limit=9)) == 1
    index(store)

    assert [s.cluster for s in store.search(query_of("steamer"), limit=9)] == [first.cluster]
    assert len(store.search(query_of("night"), limit=9)) == 1

    with store.transaction():
        parted = store.part([second.sightings[0].key])
        store.settle([parted, first.cluster], NOW)
    publish(store)
    index(store)
    assert [s.cluster for s in store.search(query_of("steamer"), limit=9)] == [parted]
    assert [s.cluster for s in store.search(query_of("ferry"), limit=9)] == [first.cluster]


def test_authors_and_tags_are_words_of_a_story(store: Store) -> None:
    published(store, told("1", "A title", authors=(Person(name="Søren Ångström"),)))

    assert search(store, "angstrom") == ["1"]


def test_a_search_may_be_within_one_output(store: Store) -> None:
    published(store, told("1", "ferry", "", "x"), told("2", "ferry", "", "y"))

    assert search(store, "ferry", "x") == ["1"]
    assert search(store, "ferry", "none") == []


def test_pages_of_a_search_hold_each_story_once(store: Store) -> None:
    published(store, *(told(f"{n}", f"ferry {n}") for n in range(30)))

    found = [
        name
        for first in range(0, 40, 10)
        for name in names(store.search(query_of("ferry"), limit=10, offset=first))
    ]

    assert sorted(found, key=int) == [f"{n}" for n in range(30)]


def test_a_store_from_before_is_taken_in_step_by_step(place: Place, store: Store) -> None:
    published(store, *(told(f"{n}", f"ferry {n}") for n in range(250)))
    forget_index(place)

    steps = []
    while done := indexing.index(store):
        steps.append(done)
        assert len(search(store, "ferry")) == min(50, sum(steps))

    assert steps == [100, 100, 50]


def test_the_newest_are_taken_in_first(place: Place, store: Store) -> None:
    published(store, *(told(f"{n}", f"ferry {n}") for n in range(150)))
    forget_index(place)

    indexing.index(store)

    found = {s.cluster for s in store.search(query_of("ferry"), limit=200)}
    assert found == set(range(51, 151))


def forget_index(place: Place) -> None:
    """As a store is that was made before there was one."""
    if isinstance(place, SqlitePlace):
        place.execute("INSERT INTO search_index (search_index) VALUES ('delete-all')")
    place.execute("DELETE FROM search_words")
    place.execute("DELETE FROM search_due")
    place.execute("UPDATE search_fill SET below = (SELECT max(key) + 1 FROM cluster)")


def test_a_new_store_has_nothing_to_take_in(store: Store) -> None:
    assert index(store) == 0


def test_what_came_in_a_transaction_that_failed_is_not_waited_for(store: Store) -> None:
    published(store, told("1", "ferry"))
    (story,) = store.search(query_of("ferry"), limit=1)

    with pytest.raises(RuntimeError), store.transaction():
        store.settle([story.cluster], NOW)
        raise RuntimeError
    with store.transaction():
        pass

    assert index(store) == 0


def test_a_search_that_takes_too_long_is_given_up(store: Store) -> None:
    texts = "一二三四五六七八九十" * 300
    published(store, *(told(f"{n}", f"{texts} {n}", texts) for n in range(40)))

    with pytest.raises(TookTooLong):
        store.search(query_of('"' + texts[:150] + '" 二三 四五 六七'), limit=20, seconds=0)

    assert store.search(query_of("一二"), limit=20, seconds=60)


def test_a_copy_of_a_store_can_be_searched(postgres: PostgresPlace, tmp_path: Path) -> None:
    opened = stores.connect(postgres.url, exclusive=True)
    opened.enrol([source("a")], NOW)
    published(opened, *CORPUS)
    copy = SqlitePlace(tmp_path)

    opened.copy_to(copy.path)
    opened.close()

    with_copy = stores.connect(copy.url, exclusive=True)
    index(with_copy)
    assert set(search(with_copy, "智能")) == {"1", "3"}
    with_copy.close()


def test_the_index_says_that_it_is_whole(tmp_path: Path) -> None:
    """FTS5's own check, after every kind of change."""
    place = SqlitePlace(tmp_path)
    store = stores.connect(place.url, exclusive=True)
    store.enrol([source("a")], NOW)
    published(store, *CORPUS)
    published(store, told("1", "Other words"), told("2", ""))
    save(store, poll("a", replace(CORPUS[2], dropped="x",
                                  keys=replace(CORPUS[2].keys, digest=b"d"))))  # fmt: skip
    index(store)

    place.execute("INSERT INTO search_index (search_index, rank) VALUES ('integrity-check', 0)")

    assert place.execute("SELECT count(*) FROM search_words") == [(2,)]  # one has no words now
    store.close()
