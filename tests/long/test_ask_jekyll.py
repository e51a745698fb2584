"""Jekyll itself is asked: what `tests/jekyll/sites.json` says of it, and about sites by chance."""

import json
import os
import random
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import unquote
from zoneinfo import ZoneInfo

import built
import programs
import pytest

from aggregator.errors import ParseError
from aggregator.formats import post_files
from aggregator.formats.jekyll import Site
from aggregator.model import Category, Entry, Link, Origin, Person
from aggregator.rules.clean import clean
from aggregator.text import plain

pytestmark = [pytest.mark.long, pytest.mark.timeout(600)]

_HERE = Path(__file__).parents[1] / "jekyll"
_SITES: list[dict[str, Any]] = json.loads((_HERE / "sites.json").read_text())
_HABITS: dict[str, list[str]] = json.loads((_HERE / "habits.json").read_text())
_NOW = datetime.now(UTC)
_BUILT = "/2026/11/23/"  # what sites.json has for the day of the build

_WORDS = (
    "hello", "World", "C++", "C#", "中文", "标题", "2020", "v1.0", "a_b", "What's", "(x)", "[y]",
    "&", "%", "!", "é", "Über", "ΑΣ", "😀", "-", "--",
)  # fmt: skip
_VALUES = (
    *("yes", "~", "''", "012", "3.10", "1,000", "12:30", "2026-01-02", "[a, B, [c]]", "{a: b}"),
    *(
        "Two Words",
        "技术 随笔",
        "'a: b'",
        "a: b",
        "c#",
        "x/y",
        "[~, 1, '1']",
        "\n  - x\n  - 生活",
        "",
    ),
)
_DATES = (
    *("2026-01-02", "2026-01-02 23:30:00", "'2026-01-02 23:30'", "2026-01-02 10:00:00 +0800"),
    *("Jan 2, 2026", "2026/1/2 9:05 pm", "2026-01-02 10:00:00 PDT", "2026-03-08 02:30:00", "soon"),
)
_PERMALINKS = (
    *("date", "pretty", "ordinal", "weekdate", "none", "/:categories/:title/", "/blog/:slug"),
    *(
        "':year_:month/:title.html'",
        "/文章/:title",
        "/:slugified_categories/:name:output_ext",
        "x/",
    ),
)
_FOLDERS = (
    *(("_posts",) * 6), "_posts/sub", "blog/_posts", "新闻/C#/_posts/x", "_under/_posts",
    "_posts/a/_b", "x.y/_posts", "docs/_posts", "node_modules/_posts", "content/en/_posts",
)  # fmt: skip
_CONFIG = {
    "permalink": _PERMALINKS,
    "timezone": ("Asia/Shanghai", "America/Denver", "CST-8", "Nowhere/At-All"),
    "exclude": ("[docs]", "['**/x*']", "[_posts/2015, '*.html']"),
    "include": ("[_under]", "['_*']"),
    "collections_dir": ("content",),
    "markdown_ext": ("md,text",),
    "defaults": (
        "[{scope: {path: ''}, values: {tags: [t], category: c}}]",
        "[{scope: {path: _posts/sub, type: posts}, values: {permalink: /s/:title}}]",
        "[{scope: {path: '*/_posts'}, values: {categories: one two, title: D}}, {values: {x: y}}]",
    ),
}


def _chance(seed: int) -> dict[str, str]:
    r = random.Random(seed)
    files = {
        "_config.yml": "".join(
            f"{key}: {r.choice(values)}\n" for key, values in _CONFIG.items() if r.random() < 0.3
        )
    }
    for _ in range(20):
        day = f"{r.choice([2015, 2026, 26])}-{r.randint(1, 12)}-{r.randint(1, 28):02}"
        slug = "-".join(r.choices(_WORDS, k=r.randint(1, 4)))
        suffix = r.choice(("md", "md", "markdown", "html", "MD", "text", "textile"))
        files[f"{r.choice(_FOLDERS)}/{day}-{slug}.{suffix}"] = _post(r)
    return files


def _post(r: random.Random) -> str:
    keys = ("title", "categories", "category", "tags", "tag", "slug", "published", "layout")
    lines = [f"{key}: {r.choice(_VALUES)}" for key in keys if r.random() < 0.35]
    if r.random() < 0.4:
        lines.append(f"date: {r.choice(_DATES)}")
    if r.random() < 0.2:
        lines.append(f"permalink: {r.choice(_PERMALINKS)}")
    return "\n".join(["---", *lines, r.choice(("---", "...", "--- ")), "text\n"])


def _habitual(seed: int) -> dict[str, str]:
    """A site under the config of a well-known theme, with the names and the front matter that
    people write."""
    r = random.Random(seed)
    files = {"_config.yml": _HABITS["configs"][seed % len(_HABITS["configs"])]}
    for _ in range(40):
        width = r.choice(["", "02"])
        day = f"{r.choice([2015, 2019, 26])}-{r.randint(1, 12):{width}}-{r.randint(1, 28):{width}}"
        slug = "-".join(r.sample(_HABITS["slugs"], r.choice([1, 1, 1, 2, 3])))
        folder = r.choice(_HABITS["folders"]) if r.random() < 0.7 else "_posts"
        suffix = r.choice(_HABITS["suffixes"]) if r.random() < 0.4 else "md"
        files[f"{folder}/{day}-{slug}.{suffix}"] = _habit(r)
    return files


def _habit(r: random.Random) -> str:
    wont = {
        "title": ("titles", 0.75), "date": ("dates", 0.5), "categories": ("lists", 0.4),
        "category": ("lists", 0.15), "tags": ("lists", 0.4), "tag": ("lists", 0.1),
        "permalink": ("permalinks", 0.15), "slug": ("slug", 0.08),
    }  # fmt: skip
    lines = [
        f"{key}: {r.choice(_HABITS[kind])}"
        for key, (kind, often) in wont.items()
        if r.random() < often
    ]
    opening = r.choice(
        ["---"] * 12 + ["--- ", "---\t", "----", " ---", "---\n", "\n---", "+++", "---#"]
    )
    closing = r.choice(["---"] * 12 + ["--- ", "...", "----", "---x", "", "... "])
    text = "\n".join([opening, *lines, closing, "text", "", "more", "---", "x", ""])
    mark = "\ufeff" if r.random() < 0.05 else ""
    return mark + (text.replace("\n", "\r\n") if r.random() < 0.12 else text)


def _asked(folder: Path, sites: list[dict[str, str]]) -> Iterator[dict[str, Any]]:
    """What Jekyll says about each."""
    programs.debian("jekyll")
    folders = []
    for number, files in enumerate(sites):
        folders.append(folder / f"{number:03}")
        for path, text in files.items():
            (folders[-1] / path).parent.mkdir(parents=True, exist_ok=True)
            (folders[-1] / path).write_bytes(text.encode())
    done = subprocess.run(
        ["ruby", "-W0", _HERE / "truth.rb", *folders],
        env=os.environ | {"LANG": "C.UTF-8", "TZ": "UTC"},
        capture_output=True,
        text=True,
        check=True,
    )
    for line in done.stdout.splitlines():
        told = json.loads(line)
        told.get("posts", []).sort(key=lambda post: post["path"])
        yield told | {"stops": sorted(told.get("stops", []))}


def _ours(files: dict[str, str]) -> dict[str, Any]:
    site = Site(files, files["_config.yml"].encode())
    posts, stops = [], []
    for path in site.paths():
        try:
            if post := site.post(files[path].encode(), path=path, now=_NOW):
                date = post.date and post.date.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
                lists = {"categories": list(post.categories), "tags": list(post.tags)}
                row = {"path": path, "url": post.url, "date": date, "title": post.title}
                posts.append(row | lists)
        except ParseError:
            stops.append(path)
    return {"posts": posts, "stops": stops}


def test_what_the_other_tests_hold_for_the_truth_is_what_jekyll_says(tmp_path: Path):
    asked = list(_asked(tmp_path, [site["files"] for site in _SITES]))
    for post in (post for told in asked for post in told.get("posts", []) if not post["date"]):
        post["url"] = post["url"].replace(f"/{_NOW:%Y/%m/%d}/", _BUILT)

    kept = [{"posts": site.get("posts", []), "stops": site.get("stops", [])} for site in _SITES]
    assert [{"posts": x.get("posts", []), "stops": x["stops"]} for x in asked] == kept


def test_sites_by_chance_are_what_jekyll_says(tmp_path: Path):
    sites = [make(seed) for seed in range(150) for make in (_chance, _habitual)]

    for seed, told in enumerate(_asked(tmp_path, sites)):
        ours = _ours(sites[seed])
        stops = set(told["stops"])
        posts = [post for post in ours["posts"] if post["path"] not in stops]
        assert posts == told["posts"], seed
        # Jekyll stops at a slug that is a number, where we read text; and it leaves posts out
        # without a word where its defaults make it stumble, which we tell.
        assert not set(ours["stops"]) & {post["path"] for post in told["posts"]}, seed


# ── its feeds ────────────────────────────────────────────────────────────────


def test_what_the_other_tests_hold_for_feeds_is_what_jekyll_feed_says(tmp_path: Path):
    programs.debian("jekyll", "ruby-jekyll-feed")
    sites = json.loads(built.FEEDS.read_text(encoding="utf-8"))

    for number, site in enumerate(sites):
        made = built.feeds(built.build(tmp_path / str(number), site["files"]))
        assert made == site["feeds"]


# ── stories as posts ─────────────────────────────────────────────────────────

_CONFIG = """
url: https://ex.example
baseurl: /b
timezone: Asia/Shanghai
plugins: [jekyll-feed]
feed: {posts_limit: 1000}
"""
_LAYOUT = """{{ page.title | jsonify }}
{{ page.guid | jsonify }}
{{ page.date | date: "%s" }}
{{ page.categories | jsonify }}
{{ page.tags | jsonify }}
{{ page.author | default: page.authors[0].name | jsonify }}
{{ page.canonical_url | jsonify }}
{{ page.aggregator.source.title | jsonify }}
{{ content }}"""
_PIECES = (
    *("<p>", "</p>", "\n", "\n\n", "---\n", "* a\n", "# b\n", "    code\n", "{{ x }}", "{% raw %}"),
    *(
        "{: .x}",
        "&amp;",
        "<pre>\n  x\n</pre>",
        "{::comment}",
        "[a](b)",
        "| a | b |",
        "“”",
        "😀",
        "新闻",
    ),
    *("{% include x %}", "$$x$$", "[^1]", "\\", "<br>", "https://a.example/", "...", "\u2028"),
)
_TEXTS = (
    *_WORDS,
    *_VALUES,
    'it\'s: "so" # 1',
    "@a",
    "- b",
    "%c",
    "|",
    "👩\u200d👩",
    "No",
    "1e3",
    "\ufeffx",
)


def _story(seed: int) -> Entry:
    r = random.Random(seed)

    def text() -> str:
        return plain(" ".join(r.choices(_TEXTS, k=3)))

    return clean(
        Entry(
            id=f"urn:x:{seed}",
            title=text(),
            links=(Link(href=f"https://a.example/{seed}"),),
            published=datetime.fromtimestamp(r.randrange(10**9, 1_780_000_000), UTC),
            authors=(Person(name=text()),),
            content="".join(r.choices(_PIECES, k=r.randint(1, 12))),
            categories=tuple(Category(term=text()) for _ in range(r.randint(0, 3))),
            origin=Origin(title=text()),
        )
    )


def test_jekyll_builds_the_posts_and_changes_nothing_in_them(tmp_path: Path):
    programs.debian("jekyll", "ruby-jekyll-feed")
    zone = ZoneInfo("Asia/Shanghai")
    stories = {f"{seed:03}": _story(seed) for seed in range(300)}
    posts = {
        f"_posts/{post_files.day_of(story, zone)}-{name}-中文.html": post_files.rendered(
            story, sections=["新闻", "Two Words"], zone=zone, layout="post"
        ).decode()
        for name, story in stories.items()
    }
    pages = built.build(tmp_path, {"_config.yml": _CONFIG, "_layouts/post.html": _LAYOUT, **posts})

    for name, story in stories.items():
        (page,) = pages.rglob(f"{name}-中文.html")
        *head, body = page.read_text(encoding="utf-8").split("\n", 8)
        tags = [c.term for c in story.categories if c.term not in ("新闻", "Two Words")]
        assert [json.loads(x) for x in head] == [
            *(html_of(story.title), story.id, int(story.published.timestamp())),
            *(["新闻", "Two Words"], [html_of(tag) for tag in tags]),
            *(html_of(story.authors[0].name), story.link, html_of(story.origin.title)),
        ]
        assert body.rstrip("\n") == (story.content or "")
    entries = built.feeds(pages)["feed.xml"]["entries"]
    assert len(entries) == len(stories)
    for e in entries:
        assert e["link"] == f"{e['id']}.html"
        assert unquote(e["id"]).startswith("https://ex.example/b/新闻/two words/")


def html_of(text: str) -> str:
    """As a theme prints it: no markup."""
    return text if plain(text) == text else escape(text, quote=False)
