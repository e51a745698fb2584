"""Outputs that not everyone may read: from the config to the answer, nothing of them gets out."""

import base64
from collections.abc import Iterator
from pathlib import Path

import pytest
from servers import Answer, serving, until
from sites import Got, Site, served
from test_serve import Daemon, daemon  # noqa: F401 – a fixture
from world import Item, World, rss

from aggregator import access, config
from aggregator.errors import ConfigError

TOKEN = "correct-horse-battery"
BODY = b"<feed xmlns='http://www.w3.org/2005/Atom'>" + b"<!-- secret -->" * 40 + b"</feed>"
RULES = "categories: {boss: {token: {file: token}}}\n"


@pytest.fixture
def world(tmp_path: Path) -> World:
    (tmp_path / "token").write_text(f"{TOKEN}\n")
    return World(tmp_path)


def hidden(world: World) -> list[str]:
    folder = world.folder / "feeds-private"
    return sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*.atom"))


# ── what is written ──────────────────────────────────────────────────────────


def test_its_stories_are_in_no_public_document(world: World) -> None:
    world.sources("news", "boss", more=RULES)
    world.serve("news", rss(Item(id="1", link="https://n.example/1", title="For everyone")))
    world.serve("boss", rss(Item(id="2", link="https://b.example/2", title="For the boss")))

    world.run()

    assert world.titles() == world.titles("news") == ["For everyone"]
    assert set(world.bytes()) == {"all.atom", "news.atom"}
    assert hidden(world) == ["boss.atom"]
    document = (world.folder / "feeds-private" / "boss.atom").read_bytes()
    assert b"For the boss" in document and TOKEN.encode() not in document


def test_of_a_story_that_both_tell_only_the_public_copy_is_public(world: World) -> None:
    link = "https://n.example/story"
    world.sources("boss", "news", more=RULES)
    inside = Item(id="urn:boss:1", link=link, title="A story of the harbour", text="<p>Inside.</p>")
    outside = Item(id="urn:news:1", link=link, title="A story of the harbour", text="<p>Out.</p>")
    world.serve("boss", rss(inside, title="Inside"))
    world.run()
    assert world.titles() == []
    first = hidden(world)

    world.serve("news", rss(outside, title="News"))
    world.later(hours=1)
    world.run()

    assert world.titles() == world.titles("news") == ["A story of the harbour"]
    for name, body in world.bytes().items():
        for word in (b"Inside", b"boss.example", b'term="boss"'):
            assert word not in body, (name, word)
    (members,) = world.stories().values()
    assert members == {"boss:urn:boss:1", "news:urn:news:1"}
    assert first == hidden(world)
    assert b"news.example" in (world.folder / "feeds-private" / "boss.atom").read_bytes()


def test_what_is_back_for_some_only_is_withdrawn_for_the_others(world: World) -> None:
    harbour = "  harbour: {{url: 'https://harbour.example/feed', categories: [{}]{}}}\n"
    harbour += RULES.replace("{", "{{").replace("}", "}}")
    world.serve("harbour", rss(Item(id="urn:1", link="https://h.example/1", title="The harbour")))
    world.sources(more=harbour.format("news, boss", ""))
    world.run()
    assert world.titles() == ["The harbour"]
    private = world.folder / "feeds-private" / "boss.atom"

    world.sources(more=harbour.format("news, boss", ", drop: 'title ~ \"harbour\"'"))
    world.run()
    assert b"deleted-entry" in private.read_bytes()
    world.sources(more=harbour.format("boss", ""))
    summary = world.run()

    assert summary.unwritten == ()
    assert b"The harbour" in private.read_bytes()
    assert b"deleted-entry" not in private.read_bytes()
    assert world.titles() == []
    assert b"deleted-entry" in world.bytes()["all.atom"]


def test_what_becomes_private_leaves_the_public_folder_and_comes_back(world: World) -> None:
    world.sources("news", "boss")
    world.serve("news", rss(Item(id="1", link="https://n.example/1", title="For everyone")))
    world.serve("boss", rss(Item(id="2", link="https://b.example/2", title="For the boss")))
    world.run()
    assert world.titles() == ["For everyone", "For the boss"]
    before = world.bytes()

    world.sources("news", "boss", more=RULES)
    world.run()
    assert world.titles() == ["For everyone"]
    assert not list((world.folder / "feeds").glob("boss*"))
    assert hidden(world) == ["boss.atom"]

    world.sources("news", "boss")
    world.run()
    assert hidden(world) == []
    assert world.bytes()["boss.atom"] == before["boss.atom"]
    assert world.titles() == ["For everyone", "For the boss"]


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("correct-horse-battery", "a token is a secret"),
        ("{env: NOT_SET_ANYWHERE}", "is not set"),
        ("{file: short}", "is no token"),
    ],
)
def test_a_token_is_a_secret_and_long(tmp_path: Path, written: str, told: str) -> None:
    (tmp_path / "short").write_text("hunter2")
    text = f"sources: {{a: {{url: 'https://a.example/'}}}}\ncategories: {{b: {{token: {written}}}}}"

    with pytest.raises(ConfigError, match=told) as error:
        config.load(text, folder=tmp_path)

    assert "hunter2" not in str(error.value)


def test_a_token_shows_nowhere(tmp_path: Path) -> None:
    (tmp_path / "token").write_text(TOKEN)
    text = "sources: {a: {url: 'https://a.example/'}}\ncategories: {b: {token: {file: token}}}"

    found = config.load(text, folder=tmp_path)

    assert found.categories["b"].token == TOKEN
    assert TOKEN not in repr(found)


# ── who may read it ──────────────────────────────────────────────────────────


async def _token(path: str) -> str | None:
    return TOKEN if path.startswith("boss") else None


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with served(tmp_path / "feeds", private=tmp_path / "feeds-private", token=_token) as found:
        found.write("all.atom", BODY)
        found.write("../feeds-private/boss.atom", BODY)
        found.write("../feeds-private/nobodys.atom", BODY)
        yield found


def basic(password: str) -> str:
    return "Basic " + base64.b64encode(f"anybody:{password}".encode()).decode()


def test_whoever_tells_the_token_may_read(site: Site) -> None:
    for got in (
        site.get(f"/boss.atom?token={TOKEN}"),
        site.get(f"/boss.atom?a=b&token={TOKEN}"),
        site.get("/boss.atom", Authorization=f"Bearer {TOKEN}"),
        site.get("/boss.atom", Authorization=basic(TOKEN)),
        site.get(f"/boss.atom?token={TOKEN}", Authorization=basic("wrong")),
    ):
        assert (got.status, got.body) == (200, BODY)
        assert got.headers["cache-control"].startswith("private")
    tag = site.get(f"/boss.atom?token={TOKEN}").etag
    assert site.get(f"/boss.atom?token={TOKEN}", If_None_Match=tag).status == 304


def test_nobody_else_may_and_nothing_is_told(site: Site) -> None:
    tag = site.get(f"/boss.atom?token={TOKEN}").etag  # it is in memory now
    for got in (
        site.get("/boss.atom"),
        site.get("/boss.atom?token="),
        site.get(f"/boss.atom?token={TOKEN}x"),
        site.get(f"/boss.atom?token={TOKEN[:-1]}"),
        site.get("/boss.atom?token=%E6%96%B0%FF"),
        site.get("/boss.atom", Authorization="Bearer"),
        site.get("/boss.atom", Authorization="Basic !!!"),
        site.get("/boss.atom", Authorization=basic("wrong")),
        site.get("/boss.atom", If_None_Match=tag),
        site.get("/boss.atom", If_None_Match="*"),
        site.get("/boss.atom", "HEAD"),
        site.get("/boss.atom", Range="bytes=0-10"),
    ):
        assert got.status == 401
        assert got.headers["www-authenticate"].startswith("Basic")
        assert b"secret" not in got.body and "etag" not in got.headers
        assert got.headers["cache-control"] == "no-store"


def test_what_has_no_token_is_not_there(site: Site) -> None:
    for path in ("/nobodys.atom", "/feeds-private/boss.atom", "/../feeds-private/boss.atom"):
        assert site.get(f"{path}?token={TOKEN}").status == 404
    assert site.get("/all.atom").status == 200


@pytest.mark.parametrize(
    ("path", "slug"),
    [
        ("boss.atom", "boss"),
        ("boss.html", "boss"),
        ("archive/boss-2026-03.atom", "boss"),
        ("archive/boss-2026-03-2.rss", "boss"),
        ("archive/boss-a-2026-03.atom", "boss-a"),
        ("boss-a.atom", "boss-a"),
        ("feed/boss.xml", "boss"),
        ("feed/boss-b.xml", None),
        ("boss", None),
        ("bossy.atom", None),
    ],
)
def test_whose_document_it_is(path: str, slug: str | None) -> None:
    assert access.owner(path, {"boss": "boss", "boss-a": "boss-a"}) == slug


def test_a_daemon_lists_no_private_output_and_gives_it_to_who_has_the_token(
    daemon: Daemon,  # noqa: F811
) -> None:
    (daemon.folder / "token").write_text(TOKEN)

    def answer(asked: object) -> Answer:
        return Answer(body=rss(Item(id="1", link="https://n.example/1", title="A story")))

    with serving(answer) as web:
        daemon.config(
            {"news": f"{web.url}/feed"},
            more="categories: {财经: {slug: boss, token: {file: token}}}\n",
        )
        daemon.start()

        def read() -> Got | None:
            got = daemon.get(f"/boss.atom?token={TOKEN}")
            return got if b"A story" in got.body else None

        until(read, what="the story")
        assert daemon.get("/boss.atom").status == 401
        assert daemon.titles() == []
        assert b"boss" not in daemon.get("/").body
        for asked in ("/search?q=story", "/search?q=story&in=boss"):
            assert b"n.example" not in daemon.get(asked).body
        assert TOKEN not in daemon.log
        assert daemon.stop() == 0
