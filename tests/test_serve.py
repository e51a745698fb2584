"""The daemon, as it runs: a process on a free port, a real server to poll, signals, kills."""

import contextlib
import http.client
import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import quote
from xml.etree import ElementTree

import pytest
from servers import Answer, Asked, Server, free_port, serving, until
from world import ATOM, Item, rss

FEED = rss(
    Item(id="one", link="https://news.example/one", title="First story of the day"),
    Item(id="two", link="https://news.example/two", title="第二条新闻说了些什么"),
)


class Daemon:
    """`aggregator serve` in a folder, on a port of its own."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder = folder
        self.port = port
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self.start_unready()
        until(self.ready, what="the daemon to be ready")

    def start_unready(self) -> None:
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "aggregator", "serve"],
                cwd=self.folder,
                env=environment(),
                stdout=log,
                stderr=log,
            )

    def ready(self) -> bool:
        assert self.process and self.process.poll() is None, self.log
        with contextlib.suppress(OSError):
            return self.get("/readyz").status == 200
        return False

    def get(self, path: str, method: str = "GET", **headers: str) -> "Got":
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        with contextlib.closing(connection):
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            connection.request(method, path, headers=named)
            response = connection.getresponse()
            found = {name.lower(): value for name, value in response.getheaders()}
            return Got(response.status, found, response.read())

    def send(self, number: signal.Signals) -> None:
        assert self.process
        self.process.send_signal(number)

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        assert self.process
        self.send(number)
        return self.process.wait(120)

    @property
    def log(self) -> str:
        return (self.folder / "log").read_text("utf-8")

    def logged(self, event: str) -> list[dict[str, Any]]:
        lines = [json.loads(x) for x in self.log.splitlines() if x.endswith("}")]
        return [x for x in lines if x["event"] == event]

    def titles(self, document: str = "all") -> list[str]:
        root = ElementTree.fromstring(self.get(f"/{quote(document)}.atom").body)
        return sorted(e.findtext(f"{ATOM}title") or "" for e in root.findall(f"{ATOM}entry"))

    def config(self, sources: Mapping[str, str], fetch: str = "", more: str = "") -> None:
        lines = "".join(
            f"  {n}: {{url: '{url}', categories: [财经]}}\n" for n, url in sources.items()
        )
        text = (
            f"site: {{title: Planet, url: 'https://p.example/'}}\n"
            f"fetch: {{allow_private: [127.0.0.0/8]{fetch}}}\n"
            f"serve: {{listen: '127.0.0.1:{self.port}'}}\n{more}sources:\n{lines}"
        )
        new = self.folder / "new.yaml"  # as an editor saves it: in one step
        new.write_text(text, encoding="utf-8")
        new.replace(self.folder / "config.yaml")


class Got:
    def __init__(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.status = status
        self.headers = headers
        self.body = body


def environment() -> dict[str, str]:
    return dict(os.environ) | {"PYTHONPATH": str(Path(__file__).parent.parent)}


def run(folder: Path, command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "aggregator", command],
        cwd=folder,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.fixture
def daemon(tmp_path: Path) -> Iterator[Daemon]:
    made = Daemon(tmp_path, free_port())
    yield made
    if made.process and made.process.poll() is None:
        made.process.kill()
        made.process.wait(60)
    if (tmp_path / "log").exists():
        assert all(json.loads(line)["event"] for line in made.log.splitlines())
        assert "Traceback" not in made.log and "please report it" not in made.log


@pytest.fixture
def web() -> Iterator[Server]:
    """/slow hangs, /bad fails, /other has a story of its own; all else is FEED."""

    def answer(asked: Asked) -> Answer:
        path = asked.path.partition("?")[0]
        if path == "/slow":
            server.hang()
        if path == "/bad":
            return Answer(500)
        if path == "/other":
            return Answer(body=rss(Item(id="o", link="https://o.example/", title="Another story")))
        return Answer(body=FEED)

    with serving(answer) as server:
        yield server


STORIES = ["First story of the day", "第二条新闻说了些什么"]


# ── what is served ───────────────────────────────────────────────────────────


class _Links(HTMLParser):
    def __init__(self, page: bytes) -> None:
        super().__init__()
        self.found: list[str] = []
        self.names: list[str] = []
        self.feed(page.decode())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names += [tag, *(name for name, _ in attrs)]
        self.found += [value or "" for name, value in attrs if name == "href" and tag == "a"]


def test_a_daemon_polls_at_its_start_and_serves_what_came(daemon: Daemon, web: Server) -> None:
    daemon.config({"news": f"{web.url}/feed"})
    daemon.start()

    until(lambda: daemon.titles() == STORIES)

    _documents(daemon)
    _paths_that_lead_out(daemon)
    _pages(daemon)
    for second in (run(daemon.folder, command) for command in ("run", "serve")):
        assert second.returncode == 75 and "another aggregator" in second.stderr
    assert web.paths == ["/feed"]
    assert daemon.stop() == 0


def _documents(daemon: Daemon) -> None:
    got = daemon.get("/all.atom")
    assert got.headers["content-type"].partition(";")[0] == "application/atom+xml"
    assert got.headers["x-content-type-options"] == "nosniff"
    assert got.body == (daemon.folder / "feeds" / "all.atom").read_bytes()

    same = daemon.get("/all.atom", If_None_Match=got.headers["etag"])
    assert (same.status, same.body) == (304, b"")
    assert same.headers["etag"] == got.headers["etag"]
    assert daemon.get("/all.atom", If_None_Match='"other"').status == 200
    since = daemon.get("/all.atom", If_Modified_Since=got.headers["last-modified"])
    assert (since.status, since.body) == (304, b"")
    old = daemon.get("/all.atom", If_Modified_Since="Mon, 01 Jan 2001 00:00:00 GMT")
    assert old.status == 200

    head = daemon.get("/all.atom", "HEAD")
    assert (head.status, head.body) == (200, b"")
    assert head.headers["content-length"] == str(len(got.body))
    assert daemon.get("/all.atom", "POST").status == 405
    assert daemon.get("/none.atom").status == 404
    assert daemon.titles("财经") == STORIES


def _paths_that_lead_out(daemon: Daemon) -> None:
    (daemon.folder / "feeds" / ".all.atom.tmp").write_bytes(b"half of a docu")
    (daemon.folder / "feeds" / "link.atom").symlink_to(daemon.folder / "config.yaml")
    paths = (
        "/../config.yaml",
        "/%2e%2e/config.yaml",
        "/..%2fconfig.yaml",
        "/a/../../config.yaml",
        "/%2e%2e%2f%2e%2e%2fetc/passwd",
        "//etc/passwd",
        "/%2fetc%2fpasswd",
        "/..\\config.yaml",
        "/.all.atom.tmp",
        "/%2eall.atom.tmp",
        "/link.atom",
        "/%00",
        "/all.atom%00",
        "/" + "a" * 5000,
        "/%ff%fe",
        "/archive/",
    )
    for path in paths:
        got = daemon.get(path)
        assert got.status in (400, 404), path
        assert b"Planet" not in got.body and b"root:" not in got.body and b"half" not in got.body
    (daemon.folder / "feeds" / "link.atom").unlink()


def _pages(daemon: Daemon) -> None:
    index = daemon.get("/")
    links = _Links(index.body)
    assert index.headers["content-type"] == "text/html; charset=utf-8"
    assert "default-src 'none'" in index.headers["content-security-policy"]
    assert index.body.startswith(b"<!doctype html>")
    assert {"all.atom", f"{quote('财经')}.atom"} <= set(links.found)
    for href in links.found:
        if href.endswith(".atom"):
            assert daemon.get(f"/{href}").status == 200
    with socket.create_connection(("127.0.0.1", daemon.port)) as odd:
        odd.sendall(b"\0 this is no HTTP\r\n\r\n")
        assert odd.recv(100).startswith(b"HTTP/1.1 400")
    style = daemon.get("/style.css")
    assert style.headers["content-type"].startswith("text/css")
    assert b"prefers-color-scheme: dark" in style.body
    assert daemon.get("/favicon.ico").headers["content-type"] == "image/svg+xml"
    missing = daemon.get("/no/such", Accept="text/html")
    assert (missing.status, b'href="../style.css"' in missing.body) == (404, True)
    assert daemon.get("/no/such").body == b"not found\n"
    for page in (links, _Links(daemon.get("/status").body)):
        assert {"html", "title", "lang"} <= set(page.names)
        assert not {"script", "iframe", "onclick", "onload"} & set(page.names)

    (row,) = json.loads(daemon.get("/status.json").body)
    assert (row["source"], row["health"], row["entries"]) == ("news", "ok", 2)
    assert b"news" in daemon.get("/status").body
    assert [daemon.get(p).status for p in ("/healthz", "/readyz", "/status/x")] == [200, 200, 404]


def test_a_monitor_gets_counters_and_each_source_unless_it_is_told_not_to(
    daemon: Daemon, web: Server
) -> None:
    daemon.config({"news": f"{web.url}/feed", "坏": f"{web.url}/bad"})
    daemon.start()
    until(lambda: daemon.logged("poll failed") and daemon.titles() == STORIES)

    got = daemon.get("/metrics")
    lines = got.body.decode().splitlines()
    assert got.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    for line in (
        'aggregator_polls_total{outcome="updated"} 1.0',
        'aggregator_polls_total{outcome="failed"} 1.0',
        'aggregator_entries_total{as="new"} 2.0',
        'aggregator_source_failures{source="news"} 0.0',
        'aggregator_source_failures{source="坏"} 1.0',
    ):
        assert line in lines
    assert web.url.encode() not in got.body

    config = daemon.folder / "config.yaml"
    text = config.read_text("utf-8").replace(f":{daemon.port}'", f":{free_port()}', metrics: false")
    config.write_text(text, "utf-8")
    until(lambda: daemon.logged("serve.listen changed; restart to listen there"))
    assert daemon.get("/metrics").status == 404


def test_the_status_shows_no_secret(daemon: Daemon, web: Server) -> None:
    secret = web.url.replace("http://", "http://me:hunter2@")
    daemon.config({"bad": f"{secret}/bad?token=hunter2"})
    daemon.start()
    until(lambda: daemon.logged("poll failed"))

    for path in ("/", "/status", "/status.json"):
        assert b"hunter2" not in daemon.get(path).body
    assert "hunter2" not in daemon.log


# ── one source's trouble ─────────────────────────────────────────────────────


def test_sources_that_hang_or_fail_hold_up_no_other(daemon: Daemon, web: Server) -> None:
    daemon.config({"slow": f"{web.url}/slow", "bad": f"{web.url}/bad", "news": f"{web.url}/feed"})
    daemon.start()

    until(lambda: daemon.titles() == STORIES, what="the stories of the source that answers")

    assert not web.closing.is_set()
    rows = {r["source"]: r for r in json.loads(daemon.get("/status.json").body)}
    assert rows["slow"]["health"] == "not polled yet"
    assert "HTTP 500" in rows["bad"]["error"]
    assert web.paths.count("/bad") == 1

    assert daemon.stop() == 0  # and it leaves although a poll is under way
    assert daemon.logged("stopping")


# ── the config ───────────────────────────────────────────────────────────────


def test_a_changed_config_is_taken_in_by_itself_and_an_invalid_one_is_not(
    daemon: Daemon, web: Server
) -> None:
    daemon.config({"news": f"{web.url}/feed"})
    daemon.start()
    until(lambda: daemon.titles() == STORIES)

    daemon.config({"news": f"{web.url}/feed", "other": f"{web.url}/other"})
    until(lambda: "Another story" in daemon.titles(), what="the new source")

    good = (daemon.folder / "config.yaml").read_text("utf-8")
    (daemon.folder / "config.yaml").write_text(good.replace("sources:", "sorces:"), "utf-8")
    (kept,) = until(lambda: daemon.logged("config kept as it was"))
    assert "did you mean 'sources'?" in kept["error"]

    # It is valid, but its store is none.
    (daemon.folder / "other.db").write_bytes(b"this is no database at all " * 1000)
    (daemon.folder / "config.yaml").write_text(f"store: sqlite:///other.db\n{good}", "utf-8")
    until(lambda: len(daemon.logged("config kept as it was")) == 2, what="the store to be refused")

    assert len(daemon.titles()) == 3
    assert len(json.loads(daemon.get("/status.json").body)) == 2
    daemon.config({"other": f"{web.url}/other", "third": f"{web.url}/third"})
    until(lambda: "/third" in web.paths, what="the config that is valid again")
    assert daemon.stop() == 0


def test_a_signal_takes_the_config_in_though_a_poll_hangs_and_it_is_polled_again(
    daemon: Daemon, web: Server
) -> None:
    daemon.config({"slow": f"{web.url}/slow", "news": f"{web.url}/feed"}, fetch=", timeout: 60s")
    daemon.start_unready()
    until(lambda: "/slow" in web.paths)

    daemon.config({"slow": f"{web.url}/slow", "other": f"{web.url}/other"}, fetch=", timeout: 50s")
    daemon.send(signal.SIGHUP)
    until(lambda: "/other" in web.paths, what="the new source")
    until(lambda: web.paths.count("/slow") == 2, what="the source that hung to be asked anew")
    assert daemon.stop() == 0


def test_a_signal_alone_reads_the_config_anew(daemon: Daemon, web: Server) -> None:
    daemon.config({"news": f"{web.url}/feed"})
    daemon.start()
    until(lambda: daemon.titles() == STORIES)

    daemon.send(signal.SIGHUP)

    until(lambda: daemon.logged("config taken in"))
    assert daemon.titles() == STORIES
    assert web.paths == ["/feed"]


# ── start and end ────────────────────────────────────────────────────────────


def test_a_restart_polls_nothing_that_is_not_due(daemon: Daemon, web: Server) -> None:
    daemon.config({"news": f"{web.url}/feed", "other": f"{web.url}/other"})
    daemon.start()
    until(lambda: len(daemon.titles()) == 3)
    assert daemon.stop(signal.SIGINT) == 0
    before = (daemon.folder / "feeds" / "all.atom").read_bytes()

    daemon.start()
    daemon.config({"news": f"{web.url}/feed", "other": f"{web.url}/other", "x": f"{web.url}/x"})
    until(lambda: "/x" in web.paths, what="the one that is due")

    assert sorted(web.paths) == ["/feed", "/other", "/x"]
    assert daemon.stop() == 0
    assert len(before) > 0


def test_a_new_store_empties_no_document_before_a_poll_has_ended(
    daemon: Daemon, web: Server
) -> None:
    daemon.config({"news": f"{web.url}/feed"})
    daemon.start()
    until(lambda: daemon.titles() == STORIES)
    assert daemon.stop() == 0
    for file in daemon.folder.glob("aggregator.db*"):
        file.unlink()

    daemon.config({"news": f"{web.url}/bad"})
    daemon.start()
    until(lambda: daemon.logged("poll failed"))
    assert daemon.stop() == 0

    assert not [
        x
        for x in daemon.logged("published")
        if x["timestamp"] > daemon.logged("poll failed")[0]["timestamp"]
    ]
    for document in ("all", "财经"):
        body = (daemon.folder / "feeds" / f"{document}.atom").read_bytes()
        assert body.count(b"<entry") == 2


def test_killed_at_any_moment_it_loses_and_doubles_nothing(daemon: Daemon, web: Server) -> None:
    names = [f"s{n}" for n in range(8)]

    def answer(asked: Asked) -> Answer:
        name = asked.path.strip("/")
        items = [
            Item(id=f"{name}-{n}", link=f"https://{name}.example/{n}", title=f"{name} wrote {n}")
            for n in range(30)
        ]
        return Answer(body=rss(*items))

    web.handler = answer
    daemon.config({name: f"{web.url}/{name}" for name in names})
    for patience in (1, 4, 8):
        daemon.start_unready()
        until(lambda n=patience: len(web.asked) >= n)
        daemon.stop(signal.SIGKILL)
        for document in (daemon.folder / "feeds").glob("*.atom"):
            ElementTree.fromstring(document.read_bytes())

    daemon.start()
    until(lambda: all(r["entries"] == 30 for r in json.loads(daemon.get("/status.json").body)))
    assert daemon.stop() == 0

    done = subprocess.run(
        [sys.executable, "-m", "aggregator", "entries", "--json"],
        cwd=daemon.folder,
        env=environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    found = [json.loads(x) for x in done.stdout.splitlines()]
    told = sorted((e["source"], e["source_entry_id"]) for e in found)
    assert told == sorted((name, f"{name}-{n}") for name in names for n in range(30))
    assert len({e["id"] for e in found}) == len(found)
    assert not list((daemon.folder / "feeds").glob(".*"))


def test_a_port_in_use_is_told(daemon: Daemon) -> None:
    with serving(lambda _: Answer()) as other:
        daemon.port = int(other.netloc.rpartition(":")[2])
        daemon.config({"news": "https://news.invalid/"})
        done = run(daemon.folder, "serve")

    assert done.returncode == 1
    assert "serve.listen" in done.stderr and "address already in use" in done.stderr
    assert "Traceback" not in done.stderr and done.stdout == ""
    assert not (daemon.folder / "feeds").exists()


def test_a_store_that_is_damaged_is_told_in_the_log_and_documents_are_served(
    daemon: Daemon, web: Server
) -> None:
    daemon.config({"news": f"{web.url}/feed"})
    daemon.start()
    until(lambda: daemon.titles() == STORIES)
    with contextlib.closing(sqlite3.connect(daemon.folder / "aggregator.db")) as store:
        store.execute("DROP TABLE source")

    until(lambda: daemon.logged("tick failed"), what="the trouble to be told")
    answers = [daemon.get(p).status for p in ("/status", "/status.json", "/metrics", "/all.atom")]
    assert answers == [503, 503, 503, 200]
    assert "put a backup in its place" in daemon.logged("page failed")[0]["error"]
    assert daemon.stop() == 0
    assert len(daemon.logged("tick failed")) < 5


def test_a_store_that_cannot_keep_a_poll_is_no_reason_to_poll_without_end(
    daemon: Daemon, web: Server
) -> None:
    daemon.config({"news": f"{web.url}/feed"})
    daemon.start()
    until(lambda: daemon.titles() == STORIES)
    with contextlib.closing(sqlite3.connect(daemon.folder / "aggregator.db")) as store:
        store.execute("ALTER TABLE file RENAME TO gone")
    daemon.config({"news": f"{web.url}/feed", "other": f"{web.url}/other"})

    until(lambda: "/other" in web.paths)
    until(lambda: len(daemon.logged("poll not kept")) >= 1, what="the trouble to be told")
    ticks = len(daemon.logged("poll not kept"))
    with contextlib.suppress(AssertionError):  # some ticks, at the end of which nothing came
        until(lambda: web.paths.count("/other") > 1, seconds=4)
    assert web.paths.count("/other") == ticks == 1
    assert daemon.get("/healthz").status == 200
    assert daemon.stop() == 0


# ── posts ────────────────────────────────────────────────────────────────────

LOOK = 10  # seconds between two looks at a folder


def test_a_saved_post_is_published_within_seconds(daemon: Daemon) -> None:
    folder = daemon.folder / "site"
    (folder / "_posts").mkdir(parents=True)
    (folder / "_config.yml").write_text("url: https://blog.example")
    daemon.config({}, more="posts: [{path: site, reads: jekyll}, {path: ., name: beside}]\n")
    daemon.start()
    names = ["One", "Two", "Three"]
    for number, name in enumerate(names):
        # The first may be found by a look; then the next look is ten seconds away.
        text = f"---\ntitle: {name}\n---\nText {name}.\n"
        (folder / "_posts" / f"2026-01-0{number + 1}-{name}.md").write_text(text)
        saved = time.monotonic()

        until(lambda name=name: name in daemon.titles(), what=name)

        waited = time.monotonic() - saved
        assert waited < LOOK - 2 or number == 0, waited
    polls = _polls(daemon)
    time.sleep(3)
    assert _polls(daemon) - polls <= 4, "the store is in a folder that is watched, and is no post"
    assert daemon.stop() == 0


def _polls(daemon: Daemon) -> float:
    lines = daemon.get("/metrics").body.decode().splitlines()
    return sum(float(x.split()[-1]) for x in lines if x.startswith("aggregator_polls_total"))


def test_a_folder_of_posts_that_cannot_be_watched_is_told_and_looked_at(daemon: Daemon) -> None:
    daemon.config({}, more="posts: [{path: later}]\n")
    daemon.start()
    until(lambda: daemon.logged("folder not watched; looked at every ten seconds instead"))

    (daemon.folder / "later").mkdir()
    (daemon.folder / "later" / "2026-01-01-a.md").write_text("---\ntitle: A\n---\nText.\n")

    until(lambda: daemon.titles() == ["A"])
    assert len(daemon.logged("folder not watched; looked at every ten seconds instead")) == 1


def test_feeds_are_served_under_the_names_of_jekyll_feed(daemon: Daemon, web: Server) -> None:
    daemon.config({"a": f"{web.url}/feed"}, more="output: {layout: jekyll}\n")
    daemon.start()

    for path in ("/feed.xml", f"/feed/{quote('财经')}.xml"):
        assert daemon.get(path).headers["content-type"].startswith("application/atom+xml")
        assert f'href="{path[1:]}"'.encode() in daemon.get("/").body
