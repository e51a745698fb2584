"""The commands, as people and scripts run them: real processes, files and a real server."""

import asyncio
import fcntl
import json
import os
import pty
import re
import select
import signal
import sqlite3
import struct
import subprocess
import sys
import termios
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from servers import Answer, Asked, Handler, serving, until
from world import Item, rss

from aggregator import app
from aggregator.cli import tables

FEED = rss(
    Item(id="one", link="https://news.example/one", title="First story of the day"),
    Item(id="two", link="https://news.example/two", title="第二条新闻说了些什么"),
)
# What `entries --json` promises.
KEYS = {
    "id", "url", "key", "title", "published", "updated", "first_seen", "source",
    "source_entry_id", "source_link", "path", "categories", "cluster", "leader", "reason", "held",
}  # fmt: skip
COMMANDS = ("run", "serve", "init", "check", "schema", "status", "entries", "inspect", "lint",
            "explain", "merge", "split")  # fmt: skip

Done = subprocess.CompletedProcess[str]


class Place:
    """A folder in which the program is run."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def run(self, *words: str, exits: int = 0, **more: Any) -> Done:
        """Whatever happens, nobody is shown a traceback."""
        done = subprocess.run(
            command(*words),
            cwd=self.folder,
            env=environment(**more.pop("env", {})),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
            **more,
        )
        assert "Traceback" not in done.stderr, done.stderr
        assert done.returncode == exits, done.stderr or done.stdout
        return done

    def polled(self) -> None:
        """What `run -q` does, without the time that a process takes to start."""

        async def once() -> None:
            async with app.Aggregator(app.settings(self.folder / "config.yaml")) as aggregator:
                await aggregator.poll()
                await aggregator.publish()

        asyncio.run(once())

    def answer(self, *words: str, **more: Any) -> Any:
        return json.loads(self.run(*words, **more).stdout)

    def entries(self, *words: str) -> list[dict[str, Any]]:
        return [json.loads(x) for x in self.run("entries", "--json", *words).stdout.splitlines()]

    def config(self, sources: str, more: str = "", name: str = "config.yaml") -> Path:
        file = self.folder / name
        file.write_text(
            f"site: {{title: Planet}}\nfetch: {{allow_private: [127.0.0.0/8]}}\n{more}"
            f"sources:\n{sources}",
            encoding="utf-8",
        )
        return file

    def local(self, body: bytes = FEED, more: str = "") -> None:
        """A config with one source, a file."""
        (self.folder / "news.xml").write_bytes(body)
        self.config("  news: {url: news.xml, categories: [财经, world]}\n", more)

    def files(self) -> dict[str, bytes]:
        """All that there is, but for the marks of whoever has the store open."""
        return {
            str(p.relative_to(self.folder)): p.read_bytes()
            for p in sorted(self.folder.rglob("*"))
            if p.is_file() and p.suffix != ".lock"
        }


def command(*words: str) -> list[str]:
    return [sys.executable, "-m", "aggregator", *words]


def environment(**more: str) -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if k not in ("NO_COLOR", "FORCE_COLOR", "COLUMNS")}
    return kept | {"PYTHONPATH": str(Path(__file__).parent.parent), "LC_ALL": "C.UTF-8"} | more


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def on_a_terminal(place: Place, *words: str, columns: int = 80, **env: str) -> str:
    """What a command shows on a terminal, control sequences and all."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    shown = bytearray()
    with subprocess.Popen(
        command(*words),
        cwd=place.folder,
        env=environment(TERM="xterm-256color", **env),
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
    ) as process:
        os.close(theirs)
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline:
            if select.select([ours], [], [], 0.2)[0]:
                try:
                    read = os.read(ours, 10_000)
                except OSError:  # the other end is closed
                    break
                shown += read
            elif process.poll() is not None:
                break
        process.wait(60)
    os.close(ours)
    return shown.decode()


def slowly(answer: Answer, seconds: float) -> Handler:
    def handler(_: Asked) -> Answer:
        time.sleep(seconds)
        return answer

    return handler


# ── start ────────────────────────────────────────────────────────────────────


def test_the_version_is_told_without_loading_what_is_heavy(place: Place) -> None:
    code = (
        "import sys; sys.argv = ['aggregator', '--version']\n"
        "from aggregator.cli import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "print(sorted({m.partition('.')[0] for m in sys.modules}), file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=place.folder,
        env=environment(),
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout.startswith("aggregator 0.")
    heavy = "httpx aiohttp lxml pydantic feedparser rich structlog starlette yaml asyncio"
    for name in heavy.split():
        assert f"'{name}'" not in done.stderr


def test_help_shows_examples_first(place: Place) -> None:
    whole = place.run("--help").stdout
    assert whole.index("Examples:") < whole.index("Options:")
    for name in COMMANDS:
        assert f"\n  {name} " in whole.partition("Commands:")[2]
    one = place.run("run", "-h").stdout
    assert one.index("aggregator run --force") < one.index("Options:")


@pytest.mark.parametrize("words", [["rnu"], ["run", "--frce"], ["explain"], ["status", "extra"]])
def test_wrong_usage_exits_with_2(place: Place, words: list[str]) -> None:
    done = place.run(*words, exits=2)

    assert done.stdout == ""
    assert "Usage:" in done.stderr


# ── run ──────────────────────────────────────────────────────────────────────


def test_a_run_polls_publishes_and_sums_up(place: Place) -> None:
    place.local()

    done = place.run("run")

    assert done.stderr == ""
    assert done.stdout.splitlines() == [
        "sources    1 polled, 0 unchanged, 0 failed",
        "entries    2 new, 0 changed, 0 merged, 0 dropped",
        "documents  3 written",
        "the feeds are in feeds/",
    ]
    feeds = {p.name for p in (place.folder / "feeds").glob("*.atom")}
    assert feeds == {"all.atom", "财经.atom", "world.atom"}


def test_the_summary_is_one_object_as_json(place: Place) -> None:
    place.local()

    assert place.answer("run", "--json") == {
        "sources": {"polled": 1, "unchanged": 0, "failed": 0, "postponed": 0},
        "entries": {"new": 2, "changed": 0, "merged": 0, "dropped": 0},
        "documents": {"written": ["all.atom", "world.atom", "财经.atom"], "failed": []},
        "errors": [],
        "problems": [],
    }


def test_only_what_is_due_is_polled_unless_forced(place: Place) -> None:
    with serving(lambda _: Answer(headers={"ETag": '"1"'}, body=FEED)) as server:
        place.config(f"  a: {{url: '{server.url}/a'}}\n  b: {{url: '{server.url}/b'}}\n")
        place.polled()
        assert sorted(server.paths) == ["/a", "/b"]

        assert place.answer("run", "--json")["sources"]["polled"] == 0
        assert len(server.asked) == 2

        assert place.answer("run", "--force", "--only", "b", "--json")["sources"]["polled"] == 1
        assert server.paths[2:] == ["/b"]
        assert server.asked[2].headers["if-none-match"] == '"1"'


def test_a_name_that_is_no_source_is_wrong_usage_with_a_hint(place: Place) -> None:
    place.local()

    assert "did you mean 'news'?" in place.run("run", "--only", "nwes", exits=2).stderr


def test_a_dry_run_tells_and_changes_nothing(place: Place) -> None:
    place.local()
    nothing = place.files()
    first = place.answer("run", "--dry-run", "--json")
    assert first["documents"]["written"] == ["all.atom", "world.atom", "财经.atom"]
    assert place.files() == nothing
    assert {p.name for p in place.folder.iterdir()} == {"config.yaml", "news.xml"}

    place.polled()
    more = rss(Item(id="three", link="https://news.example/three", title="A third story"))
    (place.folder / "news.xml").write_bytes(more)
    before = place.files()
    done = place.run("run", "--dry-run", "--force")

    assert "1 new" in done.stdout and "would be written" in done.stdout
    assert place.files() == before


def test_a_source_that_fails_is_no_failure_of_the_run_unless_strict(place: Place) -> None:
    with serving(lambda _: Answer(503)) as server:
        (place.folder / "news.xml").write_bytes(FEED)
        place.config(f"  bad: {{url: '{server.url}/?token=hunter2'}}\n  news: {{url: news.xml}}\n")
        done = place.run("run")
        assert "1 failed" in done.stdout and "2 new" in done.stdout
        assert done.stderr.startswith("bad: failed: ") and "HTTP 503" in done.stderr
        assert "hunter2" not in done.stderr + done.stdout

        done = place.run("run", "--force", "--strict", "--json", exits=3)
        assert json.loads(done.stdout)["errors"][0]["source"] == "bad"

    assert place.run("run", "--strict", "--only", "news").returncode == 0


def test_quiet_says_only_what_went_wrong(place: Place) -> None:
    place.local()
    done = place.run("-q", "run")
    assert (done.stdout, done.stderr) == ("", "")

    (place.folder / "news.xml").unlink()
    done = place.run("run", "--force", "-q")

    assert done.stdout == ""
    assert done.stderr == "news: failed: news.xml: no such file or directory\n"


def test_verbose_tells_every_step_on_stderr(place: Place) -> None:
    place.local()

    done = place.run("run", "-v", "--json")

    json.loads(done.stdout)
    assert json.loads(done.stderr.splitlines()[0])["source"] == "news"


def test_the_config_is_named_before_or_behind_the_command(place: Place) -> None:
    (place.folder / "news.xml").write_bytes(FEED)
    (place.folder / "far").mkdir()
    place.config("  a: {url: ../news.xml}\n", name="far/other.yaml")

    assert place.answer("-c", "far/other.yaml", "run", "--json")["entries"]["new"] == 2
    assert (place.folder / "far" / "feeds" / "all.atom").exists()
    assert place.answer("status", "-c", "far/other.yaml", "--json")[0]["entries"] == 2


def test_an_interrupted_run_exits_with_130(place: Place) -> None:
    with serving(lambda _: server.hang() or Answer()) as server:
        place.config(f"  slow: {{url: '{server.url}'}}\n")
        with subprocess.Popen(
            command("run"),
            cwd=place.folder,
            env=environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            until(lambda: server.asked)
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=120)

    assert (process.returncode, out) == (130, "")
    assert "interrupted" in err and "Traceback" not in err


def test_a_second_process_on_a_store_exits_with_75(place: Place) -> None:
    with serving(lambda _: server.hang() or Answer(body=FEED)) as server:
        place.config(f"  slow: {{url: '{server.url}'}}\n")
        with subprocess.Popen(
            command("run", "-q"), cwd=place.folder, env=environment(), stderr=subprocess.DEVNULL
        ) as first:
            until(lambda: server.asked)
            done = place.run("run", exits=75)
            assert place.answer("status", "--json")[0]["health"] == "not polled yet"
            server.closing.set()
            assert first.wait(120) == 0

    assert "another aggregator works on it" in done.stderr and done.stdout == ""
    assert len(server.asked) == 1


def test_progress_is_shown_on_a_terminal_only(place: Place) -> None:
    answer = Answer(body=FEED)
    with serving(slowly(answer, 0.5)) as server:
        place.config(f"  news: {{url: '{server.url}'}}\n")
        shown = on_a_terminal(place, "run")
        assert "polling" in shown and "\x1b[" in shown
        assert "2 new" in shown

        done = place.run("run", "--force")
        assert done.stderr == "" and "\x1b" not in done.stdout and "polling" not in done.stdout

        assert "polling" not in on_a_terminal(place, "run", "--force", "-q")


def test_a_path_that_is_not_there_is_told_by_check_and_by_run(place: Place) -> None:
    place.config(
        "  a: {url: www.example.org/feed}\n  b: {url: my/news.xml}\n  c: {url: example.net}\n"
        "  d: {url: news.xml}\n",
        "posts: [{path: site/_posts}]\n",
    )
    (place.folder / "news.xml").write_bytes(FEED)

    checked = place.run("check")
    done = place.run("run")

    hint = "; write https:// before it, if it is an address"
    assert checked.stdout == "config.yaml: ok, 5 sources\n"
    assert checked.stderr.splitlines() == [
        f"note: a: there is nothing at {place.folder}/www.example.org/feed{hint}",
        f"note: b: there is nothing at {place.folder}/my/news.xml",
        f"note: c: there is nothing at {place.folder}/example.net{hint}",
        f"note: posts: there is nothing at {place.folder}/site/_posts",
    ]
    assert place.answer("check", "--json")["warnings"] == [
        x.removeprefix("note: ") for x in checked.stderr.splitlines()
    ]
    missing = "no such file or directory"
    assert sorted(done.stderr.splitlines()) == [
        f"a: failed: www.example.org/feed: {missing}{hint}",
        f"b: failed: my/news.xml: {missing}",
        f"c: failed: example.net: {missing}{hint}",
        f"posts: failed: site/_posts: {missing}; the folder of posts is read there",
    ]


def test_what_is_wrong_is_told_as_it_happens(place: Place) -> None:
    posts = place.folder / "posts"
    posts.mkdir()
    (posts / "2026-03-01-odd.md").write_text("---\ntitle: a: b\n---\nText\n")

    def web(asked: Asked) -> Answer:
        if asked.path == "/slow":
            server.hang()
        return Answer(404)

    with serving(web) as server:
        place.config(
            f"  slow: {{url: '{server.url}/slow'}}\n  bad: {{url: '{server.url}/bad'}}\n",
            "posts: [{path: posts}]\n",
        )
        for words in (["run", "--force"], ["check", "--online"]):
            server.closing.clear()
            with subprocess.Popen(
                command(*words),
                cwd=place.folder,
                env=environment(),
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
            ) as process:
                assert process.stdout
                first = {process.stdout.readline().partition(": ")[0] for _ in range(2)}
                assert process.poll() is None, "it is still at work"
                server.closing.set()
                process.stdout.read()

            assert first == {"bad", "posts"}


def test_the_bar_counts_what_is_polled(place: Place) -> None:
    def web(asked: Asked) -> Answer:
        time.sleep(3 if asked.path == "/c" else 0.3)
        return Answer(body=FEED)

    with serving(web) as server:
        place.config("".join(f"  {x}: {{url: '{server.url}/{x}'}}\n" for x in "abc"))
        twice = on_a_terminal(place, "run", "--only", "a", "--only", "a")
        some = on_a_terminal(place, "run")

    assert "0%" in twice and " 50%" not in twice
    assert " 50%" in some and " 33%" not in some


def test_colour_is_not_forced_on_those_who_want_none(place: Place) -> None:
    place.local()
    for words in (["run", "-v"], ["entries"]):
        shown = on_a_terminal(place, *words, NO_COLOR="1")
        colours = [c for c in re.findall(r"\x1b\[([0-9;]*)m", shown) if re.search(r"[349]\d", c)]
        assert not colours, f"{words}: {shown!r}"


# ── config ───────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("words", [["run"], ["serve"], ["entries"]])
def test_an_invalid_config_exits_with_78_and_says_where(place: Place, words: list[str]) -> None:
    place.config("  a: {url: 'https://a.example/', evry: 1h}\n")

    done = place.run(*words, exits=78)

    assert "config.yaml:4:" in done.stderr and "did you mean 'every'?" in done.stderr
    assert done.stdout == ""


def test_a_missing_config_exits_with_78_and_says_what_to_do(place: Place) -> None:
    assert "aggregator init" in place.run("run", exits=78).stderr
    assert "no such file" in place.run("-c", "other.yaml", "check", exits=78).stderr


def test_check_tells_faults_as_json(place: Place) -> None:
    place.config("  a: {url: 'https://a.example/', evry: 1h, ur: x}\n")
    found = json.loads(place.run("check", "--json", exits=78).stdout)
    assert found["ok"] is False and len(found["errors"]) == 2

    place.local()
    assert place.answer("check", "--json")["ok"] is True
    assert place.run("check").stdout == "config.yaml: ok, 1 sources\n"


def test_check_asks_the_sources_and_stores_nothing(place: Place) -> None:
    def web(asked: Asked) -> Answer:
        return Answer(body=FEED) if asked.path == "/good" else Answer(404)

    (place.folder / "posts").mkdir()
    with serving(web) as server:
        place.config(
            f"  good: {{url: '{server.url}/good'}}\n  bad: {{url: '{server.url}/bad'}}\n",
            "posts: [{path: posts}]\n",
        )
        done = place.run("check", "--online", exits=1)
        asked = {a["source"]: a for a in json.loads(
            place.run("check", "--online", "--json", exits=1).stdout)["sources"]}  # fmt: skip

    assert "good: A feed, 2 entries" in done.stdout
    assert "bad: failed: " in done.stdout and "HTTP 404" in done.stdout
    assert (asked["good"]["ok"], asked["bad"]["ok"], asked["posts"]["ok"]) == (True, False, True)
    assert {p.name for p in place.folder.iterdir()} == {"config.yaml", "posts"}


def test_the_schema_is_one_that_the_config_keeps(place: Place) -> None:
    place.local()
    schema = place.answer("schema")

    jsonschema.Draft202012Validator.check_schema(schema)
    given = yaml.safe_load((place.folder / "config.yaml").read_text("utf-8"))
    jsonschema.validate(given, schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(given | {"sorces": {}}, schema)


def test_init_writes_a_config_that_is_valid_and_never_over_another(place: Place) -> None:
    done = place.run("init")
    written = (place.folder / "config.yaml").read_bytes()
    assert done.stdout == "" and "config.yaml" in done.stderr
    assert "#" in written.decode()
    place.run("check")

    assert "is there already" in place.run("init", exits=1).stderr
    assert (place.folder / "config.yaml").read_bytes() == written
    assert "no such file" in place.run("-c", "no/where.yaml", "init", exits=1).stderr


def test_init_takes_subscriptions_and_posts(place: Place) -> None:
    (place.folder / "list.opml").write_text(
        "<opml><body><outline text='技术: a, [b] #c'>"
        "<outline text='A: \"quoted\" &amp; #odd &#10; {x}' xmlUrl='https://a.example/f?x=1&amp;y=#z'/>"
        "<outline text='null' xmlUrl='https://b.example/f'/>"
        "<outline text='NULL' xmlUrl='http://c.example:8080/f'/></outline>"
        "<outline text='- yes' xmlUrl='https://d.example/新闻.xml'/>"
        "<outline text='feed' xmlUrl='feed://e.example/rss'/>"
        "</body></opml>",
        encoding="utf-8",
    )
    (place.folder / "my posts").mkdir()

    place.run("init", "--opml", "list.opml", "--posts", "my posts")

    place.run("check")
    rows = place.answer("run", "--dry-run", "--only", "my posts", "--json")
    assert rows["sources"]["polled"] == 1
    given = yaml.safe_load((place.folder / "config.yaml").read_text("utf-8"))
    assert given["sources"]["null"]["categories"] == ["技术: a, [b] #c"]
    assert [s["url"] for s in given["sources"].values()] == [
        "https://a.example/f?x=1&y=#z",
        "https://b.example/f",
        "http://c.example:8080/f",
        "https://d.example/新闻.xml",
        "http://e.example/rss",
    ]


def test_init_leaves_out_what_check_would_refuse_and_says_so(place: Place) -> None:
    outlines = {
        "good": "https://good.example/f",
        "old": "ftp://d.example/",
        "space": "https://x.example/a b",
        "bare": "www.example.org/feed",
        "port": "https://a.example:99999/",
        "again": "HTTPS://Good.example:443/f",
        "posts": "https://posts.example/f",
        "twice": "https://twice.example/",
        "Twice": "https://twice.example/",
        "odd &#x9b; &#xfffd;": "https://odd.example/&#x85;?a=\u202e",
    }
    rows = "".join(f"<outline text='{t}' xmlUrl='{url}'/>" for t, url in outlines.items())
    body = f"<outline text='x &#x7f; y'>{rows}</outline>"
    (place.folder / "list.opml").write_text(f"<opml><body>{body}</body></opml>", "utf-8")

    done = place.run("-c", "my planet.yaml", "init", "--opml", "list.opml", "--posts", "_posts")

    assert "`aggregator -c 'my planet.yaml' run`" in done.stderr
    told = dict(x.split(": ", 1) for x in done.stderr.splitlines()[:-1])
    assert told["twice"] == "2 times in the list, written once"
    left_out = {x for x, why in told.items() if why.startswith("left out")}
    assert left_out >= {"old", "space", "bare", "port", "again"}
    assert "a space in it" in told["space"] and "sources.good" in told["again"]
    place.run("-c", "my planet.yaml", "check")
    text = (place.folder / "my planet.yaml").read_text("utf-8")
    assert '  #old:\n  #  url: "ftp://d.example/"\n' in text
    written = list(yaml.safe_load(text)["sources"])
    assert written[:3] == ["good", "posts-2", "twice"] and not left_out & set(written)


def test_init_with_nothing_to_poll_shows_an_example(place: Place) -> None:
    (place.folder / "list.opml").write_text("<opml><body><outline xmlUrl='u:x'/></body></opml>")

    assert "left out" in place.run("init", "--opml", "list.opml").stderr
    place.run("check")


@pytest.mark.parametrize("posts", ["", " ", "a\tb\nc"])
def test_init_takes_no_folder_without_a_name(place: Place, posts: str) -> None:
    assert "--posts" in place.run("init", "--posts", posts, exits=2).stderr
    assert list(place.folder.iterdir()) == []


def test_init_refuses_a_list_that_is_none(place: Place) -> None:
    (place.folder / "list.opml").write_text("<html/>")

    assert "list.opml: no OPML" in place.run("init", "--opml", "list.opml", exits=1).stderr
    assert not (place.folder / "config.yaml").exists()


def test_a_slug_that_is_not_used_is_told(place: Place) -> None:
    place.local(more="categories: {财经: {slug: finance}}\n")
    place.polled()
    file = place.folder / "config.yaml"
    other = "categories: {财经: {slug: money}, Sea: {slug: world}, new: {slug: neu}}"
    file.write_text(re.sub("categories: {财经.*", other, file.read_text("utf-8")), "utf-8")

    before = place.run("check").stderr.splitlines()
    after = place.run("run").stderr.splitlines()

    finance = (
        "note: categories.财经.slug: money is not used, finance.atom is published and keeps its"
        " address; write slug: finance"
    )
    assert before == [
        finance,
        "note: categories.Sea.slug: world.atom is published already, for world; choose another",
    ]
    assert after[0] == finance and after[1].startswith("note: categories.Sea.slug: world is not")
    assert {"finance.atom", "world.atom", "neu.atom"} <= {
        p.name for p in (place.folder / "feeds").iterdir()
    }
    assert place.run("run", "-q").stderr == ""


# ── answers ──────────────────────────────────────────────────────────────────


def test_status_tells_how_every_source_is(place: Place) -> None:
    with serving(lambda _: Answer(404)) as server:
        (place.folder / "news.xml").write_bytes(FEED)
        host = server.url.replace("http://", "http://me:hunter2@")
        place.config(f"  bad: {{url: '{host}/?token=hunter2'}}\n  news: {{url: news.xml}}\n")
        place.polled()

    bad, news = place.answer("status", "--json")
    assert (bad["source"], bad["health"], bad["failures"]) == ("bad", "failing", 1)
    assert "HTTP 404" in bad["error"] and bad["succeeded"] is None
    assert (news["health"], news["entries"], news["error"]) == ("ok", 2, None)
    assert news["last"] <= news["next"]
    table = place.run("status").stdout
    assert "failing" in table and "HTTP 404" in table
    assert "hunter2" not in table + json.dumps(bad)


def test_a_secret_address_is_told_nowhere(place: Place) -> None:
    with serving(lambda _: Answer(404)) as server:
        place.config(
            "  web: {url: {env: WEB}}\n  path: {url: {env: FILE}}\n", "store: {env: STORE}\n"
        )
        env = {
            "WEB": server.url.replace("http://", "http://me:hunter2@") + "/hunter3?token=hunter4",
            "FILE": "hunter5/hunter6.xml",
            "STORE": "sqlite:///hunter7.db",
        }
        said = [place.run(*words, env=env) for words in (["run"], ["run", "-v", "--force"])]
        said += [place.run("check", "--online", env=env, exits=1)]
    said += [place.run("status", *more, env=env) for more in ([], ["--json"])]
    for broken in ("sqlite:////proc/hunter7/x.db", "sqlite:///config.yaml"):
        said += [place.run(x, env=env | {"STORE": broken}, exits=1) for x in ("run", "status")]

    for done in said:
        assert "hunter" not in done.stdout + done.stderr, done.args
        assert server.netloc not in done.stdout + done.stderr, done.args
    assert "path: failed: its address: no such file" in said[0].stderr


def test_entries_are_json_lines_with_just_the_promised_keys(place: Place) -> None:
    place.local()
    place.polled()

    found = place.entries()

    assert [set(e) for e in found] == [KEYS, KEYS]
    first = next(e for e in found if e["source_entry_id"] == "one")
    assert first["url"] == "https://news.example/one"
    assert first["title"] == "First story of the day"
    assert first["published"] == "2026-04-01T10:00:00Z"
    assert first["source"] == "news" and set(first["categories"]) >= {"财经", "world"}
    assert first["leader"] is True and first["held"] is None and first["reason"] is None


def test_an_id_that_its_source_did_not_give_is_null(place: Place) -> None:
    nameless = Item(link="https://news.example/1", title="It has no id of its own")
    place.local(rss(nameless, Item(id="own", link="https://news.example/2", title="This one has")))
    place.polled()

    found = {e["title"]: e["source_entry_id"] for e in place.entries()}
    assert found == {"It has no id of its own": None, "This one has": "own"}


def test_entries_are_chosen_by_category_and_by_source(place: Place) -> None:
    (place.folder / "a.xml").write_bytes(FEED)
    other = Item(id="x", link="https://other.example/x", title="Something else entirely")
    (place.folder / "b.xml").write_bytes(rss(other))
    place.config("  a: {url: a.xml, categories: [财经]}\n  b: {url: b.xml, categories: [world]}\n")
    place.polled()

    assert {e["source_entry_id"] for e in place.entries("--category", "财经")} == {"one", "two"}
    assert {e["source_entry_id"] for e in place.entries("--source", "b")} == {"x"}
    assert len(place.entries("--all")) == 3
    assert "Something else" in place.run("entries", "--category", "world").stdout
    assert place.entries("--category", "all") == place.entries()


def test_a_source_or_category_that_is_not_there_is_wrong_usage(place: Place) -> None:
    place.local()
    place.polled()

    assert "did you mean 'news'?" in place.run("entries", "--source", "nwes", exits=2).stderr
    assert "did you mean 'world'?" in place.run("entries", "--category", "wrld", exits=2).stderr


def test_the_table_shows_the_newest_fifty_and_all_of_them_if_asked(place: Place) -> None:
    items = [
        Item(id=f"i{n}", link=f"https://news.example/{n}", title=f"Number {n} of many stories")
        for n in range(60)
    ]
    place.local(rss(*items))
    place.polled()

    assert len(place.run("entries").stdout.splitlines()) == 51
    assert len(place.run("entries", "--all").stdout.splitlines()) == 61
    assert len(place.entries()) == 60


LONG = "第一条新闻说了些什么，又说了些别的什么，最后什么也没有说 and goes on in English for a while"


@pytest.mark.parametrize("columns", [30, 40, 80, 120])
@pytest.mark.parametrize("words", [["status"], ["entries"], ["inspect", "news.xml"]])
def test_no_column_is_lost_on_a_terminal(place: Place, words: list[str], columns: int) -> None:
    link = "https://news.example/2026/04/a-rather-long-address-of-a-story"
    place.local(rss(Item(id="one", link=link, title=LONG)))
    place.polled()

    shown = on_a_terminal(place, *words, columns=columns).replace("\r", "")

    assert max(map(tables.cells, shown.splitlines())) <= columns
    names = {
        "status": "health source entries last next",
        "entries": "published source title cluster",
        "inspect": "published title url",
    }
    for name in names[words[0]].split():
        assert re.search(rf"(?m)(^|\s){name}\s", shown), name
    if words[0] != "status":
        assert "2026-04-01 10:00" in shown and "…" not in shown
        for part in ("第一条新闻", "goes", "English"):
            assert part in shown


@pytest.mark.parametrize("words", [["entries"], ["inspect", "news.xml"]])
def test_what_a_program_reads_is_never_cut(place: Place, words: list[str]) -> None:
    title = LONG * 4
    link = f"https://news.example/{'long/' * 60}"
    place.local(rss(Item(id="one", link=link, title=title)))
    place.polled()

    lines = place.run(*words).stdout.splitlines()

    (line,) = (x for x in lines if LONG in x)
    assert title in line and "2026-04-01T10:00:00Z" in line
    assert words[0] == "entries" or line.endswith(link)


@pytest.mark.parametrize(
    ("text", "width", "folded"),
    [
        ("one two three", 9, ["one two", "three"]),
        ("第一条新闻", 4, ["第一", "条新", "闻"]),
        ("第一条 新闻", 7, ["第一条", "新闻"]),
        ("abcdefghij", 4, ["abcd", "efgh", "ij"]),
        ("", 4, [""]),
    ],
)
def test_a_cell_is_folded_at_spaces_and_by_width(text: str, width: int, folded: list[str]) -> None:
    assert list(tables.fold(text, width)) == folded


def test_a_terminal_obeys_no_title(place: Place) -> None:
    feed = {"version": "https://jsonfeed.org/version/1.1", "title": "t", "items": [
        {"id": "1", "title": "a\x1b[31mb\x9b31mc\u202ed", "content_text": "x"}]}  # fmt: skip
    place.local(json.dumps(feed).encode())

    shown = on_a_terminal(place, "inspect", "news.xml")

    assert not any(x in shown for x in "\x1b\x9b\u202e")


def test_a_reader_that_has_seen_enough_is_no_error(place: Place) -> None:
    items = [
        Item(id=f"i{n}", link=f"https://news.example/{n}", title=f"Number {n} " + "long " * 100)
        for n in range(400)
    ]
    place.local(rss(*items))
    place.polled()

    script = f"set -o pipefail; {' '.join(command('entries', '--json'))} | head -1"
    done = subprocess.run(
        ["bash", "-c", script],
        cwd=place.folder,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stderr) == (0, "")
    assert set(json.loads(done.stdout)) == KEYS


def test_output_that_cannot_be_written_is_told(place: Place) -> None:
    place.local()
    place.polled()
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            command("entries", "--json"),
            cwd=place.folder,
            env=environment(),
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )

    assert done.returncode == 1
    assert done.stderr.count("\n") == 1 and "no space left" in done.stderr


def test_an_entry_is_explained_by_its_id_and_by_its_address(place: Place) -> None:
    place.local()
    place.polled()
    (one,) = (e for e in place.entries() if e["source_entry_id"] == "one")

    for words in (
        "one",
        one["id"],
        "https://news.example/one",
        "http://news.example/one?utm_source=x",
    ):
        (found,) = place.answer("explain", words, "--json")
        assert found["title"] == "First story of the day"
        assert set(found) > KEYS
    text = place.run("explain", one["id"]).stdout
    assert "First story of the day" in text and "by its source" in text and one["cluster"] in text


def test_an_entry_that_a_rule_dropped_is_explained(place: Place) -> None:
    place.local()
    file = place.folder / "config.yaml"
    dropping = "categories: [财经, world], drop: 'title ~ \"First\"'"
    file.write_text(file.read_text("utf-8").replace("categories: [财经, world]", dropping), "utf-8")
    place.polled()

    text = place.run("explain", "https://news.example/one").stdout
    assert "not published" in text and "dropped by" in text
    assert "None" not in text and "another copy" not in text


def test_an_entry_that_is_not_there_is_said_not_to_be(place: Place) -> None:
    place.local()
    place.polled()

    assert "no entry has this id" in place.run("explain", "https://x.example/", exits=1).stderr


def stories(place: Place) -> None:
    """One story that two papers tell, a table that comes daily, and one that says something else."""
    boat = "<p>The first boat left the quay at ten past nine with forty people and two dogs.</p>"
    table = "<p>上证指数收于{0}点，深证成指收于{1}点，两市成交{2}亿元，煤炭板块领涨。</p>"
    (place.folder / "a.xml").write_bytes(
        rss(
            Item(id="boat", link="https://a.example/boat", title="A night ferry is back", text=boat),
            Item(id="t1", link="https://a.example/t1", title="每日行情播报",
                 text=table.format("3021.5", "9870.2", "8120")),
            Item(id="t2", link="https://a.example/t2", title="每日行情播报",
                 text=table.format("3044.1", "9912.7", "7990"),
                 date="Thu, 02 Apr 2026 10:00:00 GMT"),
        )
    )  # fmt: skip
    (place.folder / "b.xml").write_bytes(
        rss(Item(id="b1", link="https://b.example/1", title="A night ferry is back", text=boat))
    )
    place.config("  a: {url: a.xml, categories: [x]}\n  b: {url: b.xml, categories: [y]}\n")
    place.polled()


def test_an_explanation_has_the_evidence_for_and_against(place: Place) -> None:
    stories(place)

    first, second = place.answer("explain", "boat", "--json")
    (table,) = place.answer("explain", "t1", "--json")

    (met,) = (c for c in first["copies"] if c["source"] == "b")
    assert (met["entry"], met["joined"], met["url"]) == (
        second["entry"],
        True,
        "https://b.example/1",
    )
    assert met["figures"]["held"] == 1 and met["figures"]["title"]["same"] is True
    assert first["leads"]["entry"] == first["entry"] and first["leads"]["why"]
    assert first["override"] == [f"aggregator split {first['entry']}"]
    (apart,) = (c for c in table["copies"] if c["title"] == "每日行情播报")
    assert (apart["joined"], apart["alike"], apart["same"]) == (False, False, ["title"])
    assert apart["why"] == apart["rule"] and apart["figures"]["differ"] >= 2
    assert table["override"] == [f"aggregator merge {table['entry']} {apart['entry']}"]


@pytest.mark.parametrize("columns", [80, 120])
def test_an_explanation_fits_the_terminal_and_lines_up(place: Place, columns: int) -> None:
    stories(place)

    shown = on_a_terminal(place, "explain", "t1", columns=columns).replace("\r", "")
    said = shown[shown.index("Held against") :].splitlines()

    assert max(map(tables.cells, shown.splitlines())) <= columns
    row = next(line for line in said if "每日行情播报" in line)
    column = tables.cells(row.partition("每日")[0])
    assert all(line[:column].isspace() for line in said[2:5])
    assert said[2][column:] == "https://a.example/t2"
    entry = re.search(r"aggregator merge (e\d+) (e\d+)", shown)
    assert entry and entry[2] == row.split()[0]


def test_an_explanation_obeys_no_title(place: Place) -> None:
    place.local(rss(Item(id="x", link="https://a.example/", title="Red \u202e\x9b31m alert")))
    place.polled()

    shown = on_a_terminal(place, "explain", "x")
    assert "\x9b" not in shown and "\u202e" not in shown and "alert" in shown


# ── by hand ──────────────────────────────────────────────────────────────────


def test_a_story_is_split_and_merged_by_hand_and_the_documents_say_so(place: Place) -> None:
    stories(place)
    before = place.files()["feeds/all.atom"]

    done = place.run("split", "https://b.example/1")

    assert "is a story of its own now" in done.stdout and "all.atom" in done.stdout
    apart = place.files()["feeds/all.atom"]
    assert apart.count(b"<entry") == before.count(b"<entry") + 1
    place.run("-q", "run", "--force")
    assert place.files()["feeds/all.atom"] == apart
    (row,) = (e for e in place.entries() if e["source"] == "b")
    assert row["reason"] is None  # it is alone
    said = place.run("explain", "b1").stdout
    assert "parted    split by hand" in said and "split by hand: from 'A night ferry" in said

    answer = place.answer("merge", "boat", row["id"], "--json")

    assert (answer["changed"], "all.atom" in answer["written"]) == (True, True)
    after = place.files()["feeds/all.atom"]
    entry = re.compile(rb"<entry>.*?</entry>", re.DOTALL)
    assert entry.findall(after) == entry.findall(before)
    assert (before.count(b"deleted-entry"), after.count(b"deleted-entry")) == (0, 1)
    assert {e["reason"] for e in place.entries() if e["source"] == "b"} == {"merged by hand"}
    assert "already" in place.run("merge", "boat", "b1").stdout


@pytest.mark.parametrize("words", [("split", "b1"), ("merge", "boat", "t1")])
def test_nothing_is_overridden_while_another_works_on_the_store(
    place: Place, words: tuple[str, ...]
) -> None:
    stories(place)
    with (place.folder / "aggregator.db.lock").open("ab") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)

        done = place.run(*words, exits=75)

    assert done.stderr.count("\n") == 1
    assert "`serve`" in done.stderr and "nothing was changed" in done.stderr


@pytest.mark.parametrize(
    ("words", "exits", "said"),
    [
        (("merge", "boat"), 2, "two ids or addresses"),
        (("merge", "boat", "boat"), 2, "two ids or addresses"),
        (("merge", "boat", "nowhere"), 1, "nowhere: no entry has this id"),
        (("split", "nowhere"), 1, "nowhere: no entry has this id"),
    ],
)
def test_what_cannot_be_overridden_is_told_and_nothing_changes(
    place: Place, words: tuple[str, ...], exits: int, said: str
) -> None:
    stories(place)
    before = place.entries()

    assert said in place.run(*words, exits=exits).stderr
    assert place.entries() == before


def test_an_override_makes_no_store(place: Place) -> None:
    place.local()

    for words in (("split", "x"), ("merge", "x", "y")):
        assert "nothing there yet" in place.run(*words, exits=1).stderr
    assert "aggregator.db" not in place.files()


# ── inspect ──────────────────────────────────────────────────────────────────


def test_a_feed_is_inspected_from_a_file_an_address_and_stdin(place: Place) -> None:
    file = place.folder / "my feed.xml"
    file.write_bytes(FEED)
    expected = place.answer("inspect", "my feed.xml", "--json")
    assert set(expected) == {"feed", "entries", "problems"}
    assert [e["id"] for e in expected["entries"]] == ["one", "two"]

    assert place.answer("inspect", "-", "--json", input=FEED.decode()) == expected
    place.config("  a: {url: 'https://a.example/'}\n")
    with serving(lambda _: Answer(body=FEED)) as server:
        found = place.answer("inspect", f"{server.url}/feed", "--json")
    assert found["entries"] == expected["entries"]

    assert "First story" in place.run("inspect", "my feed.xml").stdout
    assert {p.name for p in place.folder.iterdir()} == {"my feed.xml", "config.yaml"}


def test_dates_without_a_zone_are_inspected_in_the_sites(place: Place) -> None:
    item = Item(id="a", link="https://a.example/1", date="2026-01-12 15:04")
    (place.folder / "feed.xml").write_bytes(rss(item))
    (bare,) = place.answer("inspect", "feed.xml", "--json")["entries"]
    file = place.config("  a: {url: feed.xml}\n")
    file.write_text(file.read_text().replace("title: Planet", "timezone: Asia/Shanghai"))

    (entry,) = place.answer("inspect", "feed.xml", "--json")["entries"]

    assert (bare["published"], entry["published"]) == (
        "2026-01-12T15:04:00Z",
        "2026-01-12T07:04:00Z",
    )


def test_without_a_config_private_addresses_are_not_inspected(place: Place) -> None:
    with serving(lambda _: Answer(body=FEED)) as server:
        assert "private address" in place.run("inspect", server.url, exits=1).stderr

    assert server.asked == []


def test_a_base_and_a_content_type_are_taken_as_given(place: Place) -> None:
    body = rss(Item(id="a", link="/story", title="café at the corner"), link="/")
    latin = body.decode().replace(' encoding="UTF-8"', "").encode("latin-1")
    (place.folder / "feed.xml").write_bytes(latin)

    found = place.answer(
        "inspect", "feed.xml", "--json",
        "--base", "https://a.example/x/", "--content-type", "application/xml; charset=iso-8859-1",
    )  # fmt: skip

    assert found["entries"][0]["url"] == "https://a.example/story"
    assert found["entries"][0]["title"] == "café at the corner"


@pytest.mark.parametrize(
    ("body", "is_"),
    [
        (b"<!doctype html><html><head><title>x</title></head></html>", "an HTML page"),
        (b"", "empty"),
        (b"\x89PNG\r\n\x1a\n", "an image"),
        (b"just words", "neither XML nor JSON"),
    ],
)
def test_what_is_no_feed_is_told_in_one_line(place: Place, body: bytes, is_: str) -> None:
    (place.folder / "page").write_bytes(body)

    done = place.run("inspect", "page", exits=1)

    assert done.stdout == "" and done.stderr.count("\n") == 1
    assert done.stderr.startswith("page: ") and is_ in done.stderr


def test_what_cannot_be_read_is_told_in_one_line(place: Place) -> None:
    with serving(lambda _: Answer(body=b"<html></html>")) as server:
        place.config("  a: {url: 'https://a.example/'}\n")
        secret = server.url.replace("http://", "http://me:hunter2@") + "/?token=hunter2"
        page = place.run("inspect", secret, exits=1)

    for done in (
        page,
        *(place.run("inspect", x, exits=1) for x in ("nowhere.xml", ".", "http://")),
    ):
        assert done.stdout == "" and done.stderr.count("\n") == 1
        assert "hunter2" not in done.stderr


@pytest.mark.parametrize("pipe", [None, "fifo"])
def test_waiting_for_a_feed_is_interrupted_at_once(place: Place, pipe: str | None) -> None:
    if pipe:
        os.mkfifo(place.folder / pipe)
    with subprocess.Popen(
        command("inspect", pipe or "-"),
        cwd=place.folder,
        env=environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        status = Path(f"/proc/{process.pid}/wchan")
        until(
            lambda: any(x in status.read_text() for x in ("pipe_read", "wait_for_partner", "fifo"))
        )
        process.send_signal(signal.SIGINT)
        process.wait(60)
        assert process.stderr and "interrupted" in process.stderr.read()

    assert process.returncode == 130


# ── streams ──────────────────────────────────────────────────────────────────


def in_a_shell(place: Place, line: str, **env: str) -> Done:
    """`aggregator` in `line` is this program."""
    script = f'aggregator() {{ "{sys.executable}" -m aggregator "$@"; }}; {line}'
    return subprocess.run(
        ["sh", "-c", script],
        cwd=place.folder,
        env=environment(**env),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize("closed", ["2>&-", "<&-", "<&- 2>&-", "-v 2>&-"])
def test_a_run_does_its_work_whatever_is_closed(place: Place, closed: str) -> None:
    place.local()

    done = in_a_shell(place, f"aggregator run {closed}")

    assert (done.returncode, done.stdout.count("2 new")) == (0, 1)
    with closing(sqlite3.connect(place.folder / "aggregator.db")) as store:
        assert store.execute("PRAGMA integrity_check").fetchone() == ("ok",)


@pytest.mark.parametrize("words", ["entries --json", "status", "entries", "run --json"])
def test_data_that_goes_nowhere_is_a_failure(place: Place, words: str) -> None:
    place.local()
    place.polled()

    done = in_a_shell(place, f"aggregator {words} >&-")

    assert done.returncode == 1
    assert done.stderr.count("\n") == 1 and "Traceback" not in done.stderr


def test_a_closed_stdin_is_an_empty_feed(place: Place) -> None:
    done = in_a_shell(place, "aggregator inspect - <&-")

    assert (done.returncode, done.stderr) == (1, "-: no feed: empty\n")


@pytest.mark.parametrize(
    "env",
    [
        {"PYTHONIOENCODING": "ascii"},
        {"PYTHONIOENCODING": "latin-1:strict"},
        {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
    ],
    ids=["ascii", "latin-1", "C"],
)
def test_chinese_names_do_no_harm_in_another_encoding(place: Place, env: dict[str, str]) -> None:
    folder = place.folder / "行星"
    folder.mkdir()
    inside = Place(folder)
    (folder / "新闻.xml").write_bytes(FEED)
    inside.config("  新闻: {url: 新闻.xml, categories: [财经]}\n", "posts: [{path: 文章}]\n")
    (folder / "文章").mkdir()

    assert "2 new" in inside.run("run", env=env).stdout
    for words in (["status"], ["entries"], ["inspect", "新闻.xml"], ["explain", "one"]):
        inside.run(*words, env=env)
    found = inside.answer("status", "--json", env=env)
    assert [row["source"] for row in found] == ["新闻", "文章"]
    assert inside.answer("schema", env=env)["title"]


# ── trouble ──────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("words", [["status"], ["explain", "x"]])
def test_a_store_that_is_not_there_yet_is_told_and_not_made(place: Place, words: list[str]) -> None:
    place.local()

    assert "nothing there yet; `aggregator run` makes it" in place.run(*words, exits=1).stderr
    assert not list(place.folder.glob("aggregator.db*"))


@pytest.mark.parametrize("words", [["run"], ["run", "--dry-run"], ["status"]])
def test_a_store_of_a_newer_version_is_left_alone(place: Place, words: list[str]) -> None:
    place.local()
    place.polled()
    with closing(sqlite3.connect(place.folder / "aggregator.db")) as store:
        store.execute("PRAGMA user_version = 999")
    before = place.files()

    assert "newer aggregator" in place.run(*words, exits=1).stderr
    assert place.files() == before


@pytest.mark.parametrize("words", [["run"], ["run", "--dry-run"], ["serve"], ["entries"]])
def test_a_store_that_is_none_is_told_and_left_alone(place: Place, words: list[str]) -> None:
    place.local()
    (place.folder / "aggregator.db").write_bytes(b"this is no database at all " * 1000)
    before = place.files()

    assert "store aggregator.db: " in place.run(*words, exits=1).stderr
    assert place.files() == before


@pytest.mark.parametrize("words", [["run", "--force"], ["entries"], ["status"], ["explain", "i1"]])
def test_a_store_that_is_damaged_is_told(place: Place, words: list[str]) -> None:
    items = [Item(id=f"i{n}", link=f"https://news.example/{n}") for n in range(200)]
    place.local(rss(*items))
    place.polled()
    store = place.folder / "aggregator.db"
    whole = store.read_bytes()
    store.write_bytes(whole[:4096] + b"\xa5" * (len(whole) - 4096))

    done = place.run(*words, exits=1)

    assert "store" in done.stderr and done.stderr.count("\n") <= 3
    assert "put a backup in its place" in done.stderr


def test_a_folder_that_cannot_be_written_is_told_and_mended_later(place: Place) -> None:
    place.local()
    (place.folder / "feeds").write_bytes(b"a file is in the way")
    done = place.run("run", exits=1)
    assert "not written: " in done.stderr and "all" in done.stderr
    assert "Errno" not in done.stderr

    (place.folder / "feeds").unlink()

    assert place.answer("run", "--json")["documents"]["written"] == [
        "all.atom", "world.atom", "财经.atom",
    ]  # fmt: skip


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is read-only to root")
def test_a_folder_that_is_read_only_keeps_its_last_good_documents(place: Place) -> None:
    place.local()
    place.polled()
    feeds = place.folder / "feeds"
    before = place.files()
    (place.folder / "news.xml").write_bytes(rss(Item(id="new", link="https://n.example/new")))
    feeds.chmod(0o555)

    done = place.run("run", "--force", exits=1)
    feeds.chmod(0o755)

    assert "permission denied" in done.stderr
    assert (feeds / "all.atom").read_bytes() == before["feeds/all.atom"]
    place.polled()
    assert (feeds / "all.atom").read_bytes() != before["feeds/all.atom"]
