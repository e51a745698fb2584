"""Stories as the posts of a Jekyll site: by the real program, in a folder."""

import asyncio
import os
import shutil
from pathlib import Path

import pytest
from world import Item, World, rss

from aggregator import app, overrides
from aggregator.errors import ConfigError

CONFIG = """
site: {title: Planet, url: 'https://planet.example/', id: 'tag:planet.example,2026:p', timezone: Asia/Shanghai}
sources:
  a: {url: 'https://a.example/feed', categories: [航运]}
  b: {url: 'https://b.example/feed', categories: [tea]}
output: {posts: {dir: site/_posts%s}}
"""


@pytest.fixture
def world(tmp_path: Path) -> World:
    world = World(tmp_path)
    world.config(CONFIG % "")
    world.serve("a", rss(BOATS))
    world.serve("b", rss())
    return world


BOATS = Item(
    id="urn:a:1",
    link="https://a.example/1",
    title="港口: 夜航恢复",
    text="<p>夜航班轮今晚恢复。</p>",
)
TEA = Item(id="urn:b:1", link="https://b.example/1", title="Tea", text="<p>The tea is picked.</p>")


def posts(world: World) -> dict[str, str]:
    folder = world.folder / "site/_posts"
    found = sorted(folder.iterdir()) if folder.is_dir() else []
    return {p.name: p.read_text(encoding="utf-8") for p in found}


def test_every_story_is_a_post(world: World):
    world.serve("b", rss(TEA))
    done = world.run()

    assert list(posts(world)) == ["2026-04-01-tea.html", "2026-04-01-港口-夜航恢复.html"]
    assert "_posts/2026-04-01-tea.html" in done.written
    boats = posts(world)["2026-04-01-港口-夜航恢复.html"]
    assert "date: 2026-04-01 18:00:00 +08:00\ncategories:\n- '航运'\n" in boats
    assert "canonical_url: 'https://a.example/1'\nguid: 'urn:a:1'\n" in boats
    assert boats.endswith("---\n<p>夜航班轮今晚恢复。</p>\n")


def test_a_post_names_the_licence_of_the_feed_that_it_comes_from(world: World):
    licensed = (
        b"<cc:license xmlns:cc='http://backend.userland.com/creativeCommonsRssModule'>"
        b"https://creativecommons.org/licenses/by/4.0/</cc:license><item>"
    )
    world.serve("b", rss(TEA).replace(b"<item>", licensed, 1))
    world.run()

    (post,) = [text for name, text in posts(world).items() if "tea" in name]
    assert "    licences:\n    - 'https://creativecommons.org/licenses/by/4.0/'\n" in post


def test_what_did_not_change_is_not_written_again(world: World):
    world.run()
    before = posts(world)

    assert not [path for path in world.run().written if "_posts" in path]
    assert posts(world) == before


def test_only_the_story_that_changed_is_looked_at(world: World):
    many = [
        Item(
            id=f"urn:b:{i}",
            link=f"https://b.example/{i}",
            title=f"Story {i}",
            text=f"<p>Text {'abcdefghij'[i % 10] * 20} number {i}</p>",
        )
        for i in range(450)
    ]
    world.serve("b", rss(*many))
    world.run()
    for path in (world.folder / "site/_posts").iterdir():
        path.write_bytes(b"not looked at")
    world.serve(
        "b", rss(Item(id="urn:b:new", link="https://b.example/new", title="New tea"), *many)
    )
    done = world.run()

    assert [p for p in done.written if "_posts" in p] == ["_posts/2026-04-01-new-tea.html"]
    assert not done.notes


def test_a_post_keeps_its_name_whatever_becomes_of_its_title(world: World):
    world.run()
    world.serve(
        "a", rss(Item(id=BOATS.id, link=BOATS.link, title="停航", text="<p>夜航班轮今晚停航。</p>"))
    )
    world.later(hours=2)
    world.run()

    ((name, text),) = posts(world).items()
    assert name == "2026-04-01-港口-夜航恢复.html"
    assert (
        "title: '停航'\ndate: 2026-04-01 18:00:00 +08:00\nlast_modified_at: 2026-07-01 22:00:00 +08:00\n"
        in text
    )


def test_two_stories_of_one_title_and_day_have_two_posts(world: World):
    same = Item(
        id="urn:b:1",
        link="https://b.example/1",
        title=BOATS.title,
        text="<p>" + "Another story, about other boats altogether. " * 9 + "</p>",
    )
    world.serve("b", rss(same))
    world.run()

    first, second = posts(world)
    assert first.startswith("2026-04-01-港口-夜航恢复-")
    assert second == "2026-04-01-港口-夜航恢复.html"


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("../../etc/passwd", "etc-passwd"),
        ("…", "entry"),
        ("Ünïcode ½ ＡＢ", "ünïcode-1-2-ab"),
        ("CON.txt:stream", "con-txt-stream"),
        ("很" * 200, "很" * 47 + "-"),
    ],
)
def test_a_title_is_never_a_path(world: World, title: str, name: str):
    world.serve("a", rss(Item(id="urn:a:1", title=title)))
    world.run()

    (found,) = posts(world)
    assert found.startswith(f"2026-04-01-{name}")
    assert len(found.encode()) < 200


def test_a_story_that_is_published_no_more_has_no_post(world: World):
    world.serve("b", rss(TEA))
    world.run()
    world.config(
        (CONFIG % "").replace("categories: [tea]", "categories: [tea], drop: 'title ~ \"Tea\"'")
    )
    done = world.run()

    assert list(posts(world)) == ["2026-04-01-港口-夜航恢复.html"]
    assert "_posts/2026-04-01-tea.html" in done.written


def test_a_story_that_comes_back_has_its_old_name(world: World):
    world.serve("b", rss(TEA))
    world.run()
    before = posts(world)
    world.config(
        (CONFIG % "").replace("categories: [tea]", "categories: [tea], drop: 'title ~ \"Tea\"'")
    )
    world.run()
    world.config(CONFIG % "")
    world.run()

    assert posts(world) == before


def test_stories_that_turn_out_to_be_one_have_one_post(world: World):
    world.serve(
        "b",
        rss(
            Item(
                id="urn:b:1", link="https://b.example/1", title="Night boats", text="<p>Boats.</p>"
            )
        ),
    )
    world.run()
    first, second = world.entries()
    assert len(posts(world)) == 2
    app.overridden(
        app.settings(world.folder / "config.yaml"),
        lambda store, *, now, rules: overrides.merge(
            store, [first["id"], second["id"]], now, rules=rules
        ),
    )

    assert len(posts(world)) == 1


def test_a_story_of_the_future_is_no_post_before(world: World):
    world.serve(
        "b",
        rss(
            Item(
                id="urn:b:1",
                link="https://b.example/1",
                title="Soon",
                date="Thu, 02 Jul 2026 10:00:00 GMT",
            )
        ),
    )
    world.run()
    assert "2026-07-02-soon.html" not in posts(world)
    world.later(days=2)
    world.run()

    assert "2026-07-02-soon.html" in posts(world)


# ── which stories ────────────────────────────────────────────────────────────


def test_only_the_categories_that_are_wanted(world: World):
    world.serve("b", rss(TEA))
    world.config(CONFIG % ", categories: [Tea]")
    world.run()
    assert list(posts(world)) == ["2026-04-01-tea.html"]
    world.config(CONFIG % ", categories: [航运]")
    world.run()

    assert list(posts(world)) == ["2026-04-01-港口-夜航恢复.html"]


def test_what_own_posts_tell_is_no_post_once_more(world: World):
    own = world.folder / "own"
    own.mkdir()
    (own / "2026-03-01-harbour.md").write_text(
        "---\ntitle: The harbour\n---\nOur own words about it.\n"
    )
    world.config(CONFIG % ", own: false" + "posts: [{path: own}]\n")
    world.run()
    assert list(posts(world)) == ["2026-04-01-港口-夜航恢复.html"]
    world.config(CONFIG % "" + "posts: [{path: own}]\n")
    world.run()

    assert list(posts(world)) == ["2026-03-01-the-harbour.html", "2026-04-01-港口-夜航恢复.html"]


def test_posts_that_are_wanted_again_are_what_they_would_be(world: World):
    world.run()
    before = posts(world)
    world.config((CONFIG % "").partition("output:")[0])
    world.serve("a", rss(BOATS, Item(id="urn:a:2", link="https://a.example/2", title="More boats")))
    world.run()
    assert posts(world) == before
    world.config(CONFIG % "")
    world.run()

    assert list(posts(world)) == ["2026-04-01-more-boats.html", *before]


def test_a_dry_run_tells_what_it_would_write(world: World):
    async def dry() -> list[str]:
        given = app.settings(world.folder / "config.yaml")
        async with app.Aggregator(
            given, dry=True, fetch=world.fetch, clock=lambda: world.now
        ) as it:
            await it.poll(force=True)
            return list((await it.publish()).written)

    assert "_posts/2026-04-01-港口-夜航恢复.html" in asyncio.run(dry())
    assert not posts(world)


# ── whose files they are ─────────────────────────────────────────────────────


def edited(world: World) -> Path:
    (path,) = (world.folder / "site/_posts").iterdir()
    path.write_text(path.read_text() + "A line of the editors.\n")
    return path


def test_a_file_that_was_changed_by_hand_is_left_alone_and_that_is_told_once(world: World):
    world.run()
    path = edited(world)
    before = path.read_text()
    world.serve(
        "a", rss(Item(id=BOATS.id, link=BOATS.link, title="停航", text="<p>夜航班轮今晚停航。</p>"))
    )
    done = world.run()

    assert path.read_text() == before
    assert done.notes == (
        f"_posts/{path.name} was changed by hand and is left as it is, though its story has"
        " changed; remove the file",
    )
    assert not world.run().notes


def test_a_file_that_was_changed_by_hand_is_not_removed(world: World):
    world.run()
    path = edited(world)
    world.config(
        (CONFIG % "").replace("categories: [航运]", "categories: [航运], drop: 'title ~ \"港口\"'")
    )
    done = world.run()

    assert path.exists()
    assert "its story is published no more" in done.notes[0]


def test_a_file_that_was_removed_by_hand_comes_with_the_next_change(world: World):
    world.run()
    edited(world).unlink()
    world.run()
    assert not posts(world)
    world.serve(
        "a", rss(Item(id=BOATS.id, link=BOATS.link, title="停航", text="<p>夜航班轮今晚停航。</p>"))
    )
    world.run()

    assert "title: '停航'" in posts(world)["2026-04-01-港口-夜航恢复.html"]


def test_a_file_of_somebody_else_is_left_alone(world: World):
    path = world.folder / "site/_posts/2026-04-01-港口-夜航恢复.html"
    path.parent.mkdir(parents=True)
    path.write_text("---\ntitle: ours\n---\n")
    world.run()

    assert path.read_text() == "---\ntitle: ours\n---\n"
    assert len(posts(world)) == 2


def test_another_store_takes_over_the_files(world: World):
    world.serve("b", rss(TEA))
    world.run()
    before = posts(world)
    for path in world.folder.glob("aggregator.db*"):
        path.unlink()
    done = world.run()

    assert posts(world) == before
    assert not [path for path in done.written if "_posts" in path]


def test_a_store_that_was_not_told_of_what_was_written_finds_it(world: World):
    """As after a kill: the file is there, the store is as it was before."""
    world.run()
    kept = world.folder.parent / "kept.db"
    shutil.copy(world.folder / "aggregator.db", kept)
    for text in ("<p>夜航班轮今晚停航。</p>", "<p>夜航班轮明天恢复。</p>"):
        shutil.copy(kept, world.folder / "aggregator.db")
        world.serve("a", rss(Item(id=BOATS.id, link=BOATS.link, title=BOATS.title, text=text)))
        done = world.run()
        assert not done.notes
        assert text in posts(world)["2026-04-01-港口-夜航恢复.html"]


def test_a_file_that_cannot_be_written_is_tried_again(world: World):
    place = world.folder / "site"
    place.write_text("no folder")
    done = world.run()
    assert any("site" in failure for failure in done.unwritten)
    place.unlink()
    done = world.run()

    assert list(posts(world)) == ["2026-04-01-港口-夜航恢复.html"]
    assert not done.unwritten


# ── there and back ───────────────────────────────────────────────────────────


def read_again(world: World, folder: Path) -> World:
    """A second installation, of which the posts of the first are the source."""
    other = World(folder)
    folder.mkdir()
    other.config(
        "site: {title: Other, url: 'https://other.example/', timezone: Asia/Shanghai}\n"
        f"posts: [{{path: {os.path.relpath(world.folder / 'site/_posts', folder)}}}]\n"
        "output: {posts: {dir: site/_posts}}\n"
    )
    other.run()
    return other


def test_a_round_trip_through_the_posts_reader_changes_nothing(world: World, tmp_path: Path):
    world.serve(
        "b",
        rss(
            TEA, Item(id="urn:b:2", link="https://a.example/1", title=BOATS.title, text=BOATS.text)
        ),
    )
    world.run()
    other = read_again(world, tmp_path.parent / f"{tmp_path.name}-other")

    assert posts(other) == posts(world)
    assert [e["id"] for e in other.entries()] == [e["id"] for e in world.entries() if e["leader"]]
    assert "rel: 'via'" in "".join(posts(world).values())


def test_a_round_trip_of_the_example_changes_nothing(tmp_path: Path):
    root = Path(__file__).parent.parent
    world = World(tmp_path / "one")
    shutil.copytree(root / "examples", world.folder / "examples")
    text = (root / "config.yaml").read_text()
    world.config(text.replace("\noutput:\n", "\noutput:\n  posts: {dir: site/_posts}\n"))
    world.run()
    other = read_again(world, tmp_path / "two")

    assert len(posts(world)) > 20
    assert posts(other) == posts(world)


@pytest.mark.parametrize(
    ("source", "out"),
    [
        ("site/_posts", "site/_posts"),
        ("site", "site/_posts"),
        ("site/_posts/old", "./site//_posts"),
        (".", "x"),
    ],
)
def test_posts_that_are_read_are_not_written(world: World, source: str, out: str):
    (world.folder / source).mkdir(parents=True, exist_ok=True)
    world.config(f"posts: [{{path: {source}}}]\noutput: {{posts: {{dir: {out}}}}}\n")

    with pytest.raises(ConfigError, match=r"output\.posts\.dir: .*posts\[0\]"):
        app.settings(world.folder / "config.yaml")
