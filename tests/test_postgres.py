"""What is so of a store in PostgreSQL alone: a server that goes away, and words that tell no
secret; and the whole program on one."""

import contextlib
import json
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
import test_serve
from hypothesis import given
from hypothesis import strategies as st
from places import PostgresPlace, Server, server
from servers import Answer, free_port, serving, until
from test_serve import FEED
from test_store import NOW, arrival, poll, save, source
from world import Item, rss

from aggregator import stores
from aggregator.errors import StoreError, StoreLocked
from aggregator.stores import Store
from aggregator.stores.postgres_values import escaped, unescaped


@pytest.fixture
def store(postgres: PostgresPlace) -> Iterator[Store]:
    opened = stores.connect(postgres.url, exclusive=True)
    opened.enrol([source("a"), source("b")], NOW)
    yield opened
    opened.close()


def hang_up(on: str = "aggregator") -> None:
    """As a server that restarts does, or a firewall: every connection of ours ends."""
    server().execute(
        "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
        f" WHERE application_name = '{on}' AND pid != pg_backend_pid()"
    )


# ── text ─────────────────────────────────────────────────────────────────────


@given(st.text(st.characters(exclude_categories=()) | st.sampled_from("\0\x1a0a\ud800")))
def test_every_text_can_be_held_and_no_two_are_held_alike(text: str) -> None:
    held = escaped(text)

    assert unescaped(held) == text
    assert b"\0" not in held.encode("utf-8")


# ── a server that goes away ──────────────────────────────────────────────────


def test_a_connection_that_was_lost_is_made_anew_with_its_lock(
    postgres: PostgresPlace, store: Store
) -> None:
    save(store, poll("a", arrival("1")))
    assert store.counts() == {"a": 1}

    hang_up()

    save(store, poll("a", arrival("2")))
    hang_up()
    assert store.counts() == {"a": 2}
    assert store.feed("a").title == "T"
    with pytest.raises(StoreLocked):
        stores.connect(postgres.url, exclusive=True)


def test_a_connection_lost_in_a_transaction_loses_all_of_that_and_no_more(store: Store) -> None:
    save(store, poll("a", arrival("1")))

    lost = "the server stops or starts|the connection is lost"
    with pytest.raises(StoreError, match=lost), store.transaction():
        save(store, poll("a", arrival("2")))
        hang_up()
        with contextlib.suppress(StoreError):  # whoever goes on in spite of it
            save(store, poll("a", arrival("3")))
        save(store, poll("a", arrival("4")))

    assert [e.keys.source_entry_id for e in store.entries(source=None, output=None)] == ["1"]
    save(store, poll("a", arrival("5")))
    assert store.counts() == {"a": 2}


def test_who_lost_the_lock_to_another_hears_of_it(postgres: PostgresPlace, store: Store) -> None:
    hang_up()
    other = stores.connect(postgres.url, exclusive=True)

    with pytest.raises(StoreLocked):
        save(store, poll("a", arrival("1")))
    other.close()
    save(store, poll("a", arrival("1")))
    assert store.counts() == {"a": 1}


@pytest.fixture
def another_server() -> Iterator[Server]:
    """One that may be stopped."""
    started = Server()
    yield started
    started.remove()


def test_a_server_that_restarts_is_found_again(another_server: Server) -> None:
    url = another_server.url()
    opened = stores.connect(url, exclusive=True)
    opened.enrol([source("a")], NOW)
    save(opened, poll("a", arrival("1")))

    another_server.stop()
    for work in (opened.counts, opened.dirty, lambda: save(opened, poll("a", arrival("2")))):
        with pytest.raises(StoreError, match=r"^store postgres at /.*; start the server"):
            work()
    with pytest.raises(StoreError, match="nobody answers there; start the server"):
        stores.connect(url, exclusive=False)
    another_server.start()

    save(opened, poll("a", arrival("3")))
    assert opened.counts() == {"a": 2}
    opened.close()


# ── what goes wrong ──────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("state", "told"),
    [
        ("53100", "the server's disk is full; make room there"),
        ("53200", "no memory left"),
        ("57014", "statement_timeout"),
        ("58030", "trouble with its files"),
        ("XX001", "its data is damaged; put a backup in its place"),
        ("XX000", r"the server refuses that \(InternalError_, XX000\); see its log"),
    ],
)
def test_the_trouble_of_the_server_is_everyones(
    postgres: PostgresPlace, store: Store, state: str, told: str
) -> None:
    postgres.execute(
        "CREATE FUNCTION fails() RETURNS trigger LANGUAGE plpgsql AS"
        f" $$ BEGIN RAISE 'hush' USING ERRCODE = '{state}'; END $$"
    )
    postgres.execute(
        "CREATE TRIGGER fails BEFORE INSERT ON entry FOR EACH ROW EXECUTE FUNCTION"
        f" {postgres.name}.fails()"
    )

    with pytest.raises(StoreError, match=rf"^store postgres at /.*: .*{told}") as caught:
        save(store, poll("a", arrival("1")))

    assert "hush" not in str(caught.value)
    postgres.execute("DROP TRIGGER fails ON entry")
    assert save(store, poll("a", arrival("1")))[0].new == 1


def test_what_the_server_says_of_a_row_is_the_trouble_of_its_poll(
    postgres: PostgresPlace, store: Store
) -> None:
    postgres.execute("ALTER TABLE entry ADD CONSTRAINT c CHECK (source_entry_id != '1')")

    broken, whole = save(store, poll("a", arrival("1")), poll("b", arrival("2")))

    assert isinstance(broken, psycopg.IntegrityError) and whole.new == 1


def unreachable(port: int) -> dict[str, tuple[str, str]]:
    """By what is wrong, an address that begins where the server's is, and what is told of it."""
    there = server().folder
    return {
        "no such database": (f"postgresql://owner@/hush?host={there}", "make it with createdb"),
        "no such user": (f"postgresql://hush@/postgres?host={there}", "make it with .*createuser"),
        "no password": (f"postgresql://guarded@/postgres?host={there}", "check user and password"),
        "another password": (
            f"postgresql://guarded:hush@/postgres?host={there}",
            "check user and password",
        ),
        "nobody there": (f"postgresql://u:hush@127.0.0.1:{port}/d", "nobody answers there"),
        "no such host": ("postgresql://u:hush@hush.invalid/d", "no such host"),
        "no such socket": ("postgresql://u:hush@/d?host=/hush", "nobody answers there"),
        "a port that is none": ("postgresql://u:hu/sh@h/d", "no address of a database|no such"),
        "an unknown option": ("postgresql://u:hush@h/d?hush=1", "no address of a database"),
        "no schema": (
            f"postgresql://owner@/postgres?host={there}&options=-csearch_path%3Dhush",
            "no schema to work in; correct search_path",
        ),
        "read-only": (
            f"postgresql://owner@/postgres?host={there}"
            "&options=-cdefault_transaction_read_only%3Don",
            "it is read-only",
        ),
    }


@pytest.mark.parametrize("wrong", [
    "no such database", "no such user", "no password", "another password", "nobody there",
    "no such host", "no such socket", "a port that is none", "an unknown option", "no schema",
    "read-only",
])  # fmt: skip
def test_what_cannot_be_opened_is_told_with_what_to_do(wrong: str) -> None:
    server().execute(
        "DO $$ BEGIN CREATE ROLE guarded LOGIN PASSWORD 'right';"
        " EXCEPTION WHEN duplicate_object THEN NULL; END $$"
    )
    url, told = unreachable(free_port())[wrong]

    with pytest.raises(StoreError, match=told) as caught:
        stores.connect(url, exclusive=True)
    with pytest.raises(StoreError, match=f"^store: .*({told})") as secret:
        stores.connect(url, exclusive=True, name="store")

    assert "hush" not in re.sub("^store hush|hush.invalid|at /hush", "", str(caught.value))
    for part in ("hush", str(server().folder), "127.0.0.1", "owner", "guarded"):
        assert part not in str(secret.value)
    assert secret.value.__suppress_context__ or secret.value.__context__ is None


def test_a_database_that_cannot_hold_every_text_is_refused() -> None:
    url = server().url(database="latin")
    server().execute("CREATE DATABASE latin ENCODING 'LATIN1' TEMPLATE template0")

    with pytest.raises(StoreError, match="it is in LATIN1; make one with createdb --encoding=UTF8"):
        stores.connect(url, exclusive=True)


def test_tables_of_others_are_left_as_they_are(postgres: PostgresPlace) -> None:
    postgres.execute("CREATE TABLE cluster (theirs TEXT)")

    with pytest.raises(StoreError, match="give the store a database of its own"):
        stores.connect(postgres.url, exclusive=True)

    found = postgres.execute(
        f"SELECT table_name::text FROM information_schema.tables"
        f" WHERE table_schema = '{postgres.name}'"
    )
    assert found == [("cluster",)]


def test_who_may_only_read_reads_and_hears_that_he_may_not_write(
    postgres: PostgresPlace, store: Store
) -> None:
    save(store, poll("a", arrival("1")))
    name = postgres.name
    server().execute(
        f"CREATE ROLE r{name} LOGIN",
        f"GRANT USAGE ON SCHEMA {name} TO r{name}",
        f"GRANT SELECT ON ALL TABLES IN SCHEMA {name} TO r{name}",
    )
    reader = stores.connect(postgres.url.replace("owner@", f"r{name}@"), exclusive=False)

    assert reader.counts() == {"a": 1}
    with pytest.raises(StoreError, match="the user may not do that; grant it"):
        reader.mark(["x"], dirty=True)
    reader.close()


def test_two_schemas_hold_two_stores(tmp_path: Path, store: Store) -> None:
    other = stores.connect(PostgresPlace(tmp_path).url, exclusive=True)
    other.enrol([source("a")], NOW)

    save(store, poll("a", arrival("1")))

    assert (store.counts(), other.counts()) == ({"a": 1}, {})
    other.close()


# ── the whole program ────────────────────────────────────────────────────────


class Site:
    """A folder with a config whose store is on the server."""

    def __init__(self, folder: Path, postgres: PostgresPlace, url: str) -> None:
        self.folder = folder
        self.store = f"'{postgres.url}'"
        self.config(url)

    def config(self, url: str, store: str = "") -> None:
        text = (
            f"site: {{title: Planet, url: 'https://p.example/'}}\n"
            f"store: {store or self.store}\nfetch: {{allow_private: [127.0.0.0/8]}}\n"
            f"sources: {{news: {{url: '{url}', categories: [财经]}}}}\n"
        )
        (self.folder / "config.yaml").write_text(text, encoding="utf-8")

    def command(self, *words: str) -> list[str]:
        return [sys.executable, "-m", "aggregator", *words]

    def run(self, *words: str, exits: int = 0, **more: Any) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            self.command(*words), cwd=self.folder, capture_output=True, text=True, check=False,
            timeout=60, **more,
        )  # fmt: skip
        assert "Traceback" not in done.stderr, done.stderr
        assert done.returncode == exits, done.stderr or done.stdout
        return done


@pytest.fixture
def site(tmp_path: Path, postgres: PostgresPlace) -> Iterator[Callable[[str], Site]]:
    return lambda url: Site(tmp_path, postgres, url)


def test_a_run_after_a_run_finds_all_as_it_was(site: Callable[[str], Site]) -> None:
    there = site("news.xml")
    (there.folder / "news.xml").write_bytes(FEED)

    dry = there.run("run", "--dry-run").stdout
    first = there.run("run").stdout
    before = {p.name: p.read_bytes() for p in (there.folder / "feeds").iterdir()}
    again = there.run("run", "--force").stdout

    assert "2 new" in dry and "2 new" in first and "0 new, 0 changed" in again
    assert before == {p.name: p.read_bytes() for p in (there.folder / "feeds").iterdir()}
    assert not list(there.folder.glob("*.db*"))
    assert "First story" in there.run("explain", "https://news.example/one").stdout


def test_a_second_process_on_it_exits_with_75_and_a_killed_one_holds_nobody_up(
    site: Callable[[str], Site],
) -> None:
    with serving(lambda _: held.hang() or Answer(body=FEED)) as held:
        there = site(held.url)
        with subprocess.Popen(there.command("run", "-q"), cwd=there.folder) as first:
            until(lambda: held.asked)
            done = there.run("run", exits=75)
            asked = json.loads(there.run("status", "--json").stdout)
            first.send_signal(signal.SIGKILL)
            first.wait()
        held.closing.set()
        assert "2 new" in there.run("run").stdout

    assert "another aggregator works on it; stop it, or ask it instead" in done.stderr
    assert asked[0]["health"] == "not polled yet"


def test_no_word_of_its_address_is_told_anywhere(site: Callable[[str], Site]) -> None:
    there = site("news.xml")
    (there.folder / "news.xml").write_bytes(FEED)
    hunted = "postgresql://hunter1:hunter2@/hunter3?host=/hunter4"
    said = []
    there.config("news.xml", store="{file: store.txt}")
    for store, exits, words in (
        (hunted, 1, ["run", "-v"]),
        (hunted, 1, ["serve"]),
        (hunted.replace("2@", "2/@"), 78, ["run"]),
    ):
        (there.folder / "store.txt").write_text(store)
        done = there.run(*words, exits=exits)
        said.append(done.stdout + done.stderr)

    assert said and not any("hunter" in x for x in said)
    assert "nobody answers there" in said[0]


def test_without_its_driver_the_config_says_what_to_install(site: Callable[[str], Site]) -> None:
    there = site("news.xml")
    hidden = "import sys; sys.modules['psycopg'] = None; from aggregator.cli import main; main()"

    done = subprocess.run(
        [sys.executable, "-c", hidden, "check"],
        cwd=there.folder, capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert done.returncode == 78
    assert (
        "2:8: store: needs psycopg, an extra: `pip install 'aggregator[postgres]'`" in done.stderr
    )


daemon = test_serve.daemon


def test_it_serves_on_through_a_restart_of_the_server(
    daemon: test_serve.Daemon, another_server: Server
) -> None:
    news = daemon.folder / "news.xml"
    news.write_bytes(FEED)
    daemon.config({"news": "news.xml"}, more=f"store: '{another_server.url()}'\n")
    daemon.start()
    until(lambda: len(daemon.titles()) == 2)

    for n in range(3):  # asked while it writes
        more = Item(id=f"{n}", link=f"https://news.example/{n}", title=f"Number {n} of all")
        news.write_bytes(rss(more))
        assert daemon.get("/status.json").status == 200
        asked = test_serve.run(daemon.folder, "entries")
        assert (asked.returncode, "First story" in asked.stdout) == (0, True)
    another_server.stop()
    assert daemon.get("/status.json").status == 503
    assert daemon.get("/all.atom").status == 200
    another_server.start()

    until(lambda: daemon.get("/status.json").status == 200)
    assert daemon.stop() == 0
