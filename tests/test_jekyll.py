"""A Jekyll site's posts, held against what Jekyll 4.3.1 itself said about them.

`jekyll/sites.json` holds sites and what `jekyll/truth.rb` printed for each: the posts, where
Jekyll `stops`, or why it `refused` the site. `tests/long/test_ask_jekyll.py` asks Jekyll again.
"""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.errors import ParseError
from aggregator.formats.jekyll import CONFIGS, Post, Site, globs, psych, rubytime
from aggregator.formats.jekyll.rubytext import inspect, titleized, to_s

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
NAME = "_posts/2026-01-02-hello-world.md"
SITES: list[dict[str, Any]] = json.loads((Path(__file__).parent / "jekyll/sites.json").read_text())
READ = [site for site in SITES if site.get("posts")]
REFUSED = [site for site in SITES if not site.get("posts")]


def site_of(files: dict[str, str], zone: str | None = None) -> Site:
    name = next((name for name in CONFIGS if name in files), CONFIGS[0])
    config = files[name].encode() if name in files else None
    return Site(files, config, name=name, zone=ZoneInfo(zone) if zone else None)


def read(files: dict[str, str]) -> tuple[list[Post], list[str]]:
    """The posts in the order of their paths, and where Jekyll would stop."""
    site = site_of(files)
    found, stops = [], []
    for path in site.paths():
        try:
            if post := site.post(files[path].encode(), path=path, now=NOW):
                found.append(post)
        except ParseError as error:
            assert str(error).startswith(f"{path}: ")
            stops.append(path)
    return sorted(site.newest(found, NOW), key=lambda post: post.path), stops


def row(post: Post) -> dict[str, Any]:
    date = post.date and post.date.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return {
        "path": post.path,
        "url": post.url,
        "date": date,
        "title": post.title,
        "categories": list(post.categories),
        "tags": list(post.tags),
    }


def post(text: str | bytes, config: str = "", path: str = NAME) -> Post:
    body = text if isinstance(text, bytes) else text.encode()
    found = Site([path], config.encode()).post(body, path=path, now=NOW)
    assert found
    return found


# ── as Jekyll says ───────────────────────────────────────────────────────────


@pytest.mark.parametrize("site", READ, ids=[site["name"] for site in READ])
def test_posts_are_what_jekyll_says(site: dict[str, Any]):
    posts, stops = read(site["files"])

    assert [row(post) for post in posts] == site["posts"]
    assert stops == site.get("stops", [])


@pytest.mark.parametrize("site", REFUSED, ids=[site["name"] for site in REFUSED])
def test_a_config_that_jekyll_refuses_is_told(site: dict[str, Any]):
    with pytest.raises(ParseError, match=r"_config\.yml: "):
        site_of(site["files"])


# ── what else one may rely on ────────────────────────────────────────────────


def test_a_file_that_is_not_utf_8_is_left_out():
    site = Site([NAME])

    assert site.post("---\ntitle: 标题\n---\n".encode("gbk"), path=NAME, now=NOW) is None


def test_the_encoding_of_the_config_counts():
    text = "---\ntitle: 标题\ntags: 新闻\n---\n正文\n".encode("gbk")

    read = post(text, "encoding: gbk")

    assert (read.title, read.tags, read.body) == ("标题", ("新闻",), "正文\n")


def test_front_matter_that_cannot_be_read_is_a_problem():
    read = post("---\ntitle: a: b\n---\ntext\n")

    assert read.date is None
    assert read.title == ""
    assert read.body == "text\n"
    assert read.problems == (
        f"{NAME}:1: front matter: line 2: mapping values are not allowed in this context; "
        "Jekyll publishes it without title and date",
    )


def test_a_date_that_is_none_says_where_and_what():
    with pytest.raises(ParseError, match=f"^{NAME}: date: 'soon' is none; Jekyll stops at it"):
        post("---\ndate: soon\n---\n")


def test_defaults_and_front_matter_are_merged_in_data():
    config = "defaults: [{scope: {path: ''}, values: {author: {name: 甲, url: u}, lang: zh}}]"

    read = post("---\nauthor: {name: 乙}\n---\n", config)

    assert read.data["author"] == {"name": "乙", "url": "u"}
    assert read.data["lang"] == "zh"


@pytest.mark.parametrize("scope", ["scope: ", "scope: {type: }", "scope: {path: p, type: 1}"])
def test_a_scope_that_jekyll_fails_on_is_refused(scope: str):
    with pytest.raises(ParseError, match=r"_config\.yml: defaults: scope: .*; give it path"):
        post("", f"defaults:\n  - {scope}\n    values: {{lang: zh}}\n")


def test_defaults_without_a_scope_may_only_come_first():
    """Jekyll 4.3.1 leaves the post out without a word."""
    first = "defaults: [{values: {title: A}}, {scope: {path: ''}, values: {title: B}}]"
    second = "defaults: [{scope: {path: ''}, values: {title: B}}, {values: {title: A}}]"

    assert post("", first).title == "B"
    with pytest.raises(ParseError, match=f"{NAME}: defaults: a set without scope"):
        post("", second)


def test_a_given_zone_overrules_the_config():
    files = {"_config.yml": "timezone: Asia/Shanghai\n", NAME: ""}

    read = site_of(files, zone="UTC").post(b"", path=NAME, now=NOW)

    assert read
    assert read.date == datetime(2026, 1, 2, tzinfo=UTC)


@pytest.mark.parametrize(
    ("name", "offset"),
    [("CST-8", 8), ("UTC+8", -8), ("Asia/Shanghai", 8), ("asia/nowhere", 0), ("", 0)],
)
def test_a_zone_is_what_the_c_library_makes_of_its_name(name: str, offset: int):
    read = post("", f"timezone: '{name}'")

    assert read.date
    assert read.date.utcoffset() == timedelta(hours=offset)


def test_a_missing_date_part_is_todays():
    noon = rubytime.parse("12:00", UTC, NOW)

    assert noon == datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def test_a_link_has_the_sites_url_and_baseurl():
    site = Site([NAME], b"url: https://example.org/\nbaseurl: /blog/\n")
    read = post("")

    assert site.link(read) == "https://example.org/blog/2026/01/02/hello-world.html"


def test_limit_posts_leaves_the_newest_and_the_broken_count_as_of_now():
    site = Site([NAME], b"limit_posts: 2")
    first = post("")
    second = replace(first, path="b", date=NOW)
    undated = replace(first, path="a", date=None)

    assert site.newest([undated, second, first], NOW) == [undated, second]


def test_a_title_from_a_name_keeps_letters_of_every_script():
    assert titleized("éa-ΑΣ-ǆ-中文-") == "Éa Ασ ǅ 中文"


def test_values_are_written_as_ruby_writes_them():
    value = psych.load('[1.0e+20, 1.5, ~, yes, \'q"#{x}\', {1: 2026-01-02}, "\\e\\u0001"]', UTC)

    assert inspect(value) == (
        '[1.0e+20, 1.5, nil, true, "q\\"\\#{x}", '
        '{1=>#<Date: 2026-01-02 ((2461043j,0s,0n),+0s,2299161j)>}, "\\e\\u0001"]'
    )


@pytest.mark.parametrize(
    ("pattern", "path", "found"),
    [
        ("a/*", "a/b", True),
        ("a/*", "a/.b", False),
        ("a/*", "a/b/c", False),
        ("**/c", "a/b/c", True),
        ("**/c", ".a/c", False),
        ("*.{md,html}", "x.html", True),
        ("[!a]?", "bc", True),
        ("[^a]?", "ac", False),
        ("[z-a]", "z", False),
        (r"\*", "*", True),
    ],
)
def test_a_glob_is_rubys(pattern: str, path: str, found: bool):
    assert bool(globs.strict(pattern).fullmatch(path)) is found


# ── whatever comes ───────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "text",
    [
        "---\na: &a [x, x, x, x, x, x, x, x, x]\n"
        + "".join(
            f"{y}: &{y} [{', '.join([f'*{x}'] * 9)}]\n"
            for x, y in zip("abcdefgh", "bcdefghi", strict=True)
        )
        + "title: *i\n---\n",
        "---\ntitle: " + "[" * 50_000 + "\n---\n",
        "---\n" + "- " * 50_000 + "\n---\n",
        "---\n" + "x: y\n" * 100_000 + "---\n",
    ],
    ids=["aliases", "brackets", "dashes", "lines"],
)
def test_a_bomb_is_a_problem(text: str):
    assert post(text).problems


def test_a_ruler_above_a_million_blank_lines_is_read_at_once():
    assert post("---\n" + "\n" * 1_000_000 + "x").title == "Hello World"


_WORDS = st.text("ab1:-,.#'\"[]{}&*!|>~%@ \n\t中éΣ年", max_size=30) | st.dates().map(str)


@given(st.binary(max_size=200))
def test_any_bytes_are_a_post_or_none_or_a_parse_error(body: bytes):
    site = Site([NAME])
    for text in (body, b"---\n" + body + b"\n---\n"):
        try:
            found = site.post(text, path=NAME, now=NOW)
        except ParseError:
            continue
        assert found is None or found.url.startswith("/")


@given(
    st.dictionaries(
        st.sampled_from(["title", "date", "tags", "category", "permalink", "slug"]), _WORDS
    )
)
def test_any_words_are_a_post_or_none_or_a_parse_error(words: dict[str, str]):
    text = "---\n" + "".join(f"{key}: {word}\n" for key, word in words.items()) + "---\n"
    try:
        found = Site([NAME]).post(text.encode(), path=NAME, now=NOW)
    except ParseError:
        return
    assert found is None or all(isinstance(x, str) for x in (*found.categories, *found.tags))


@given(
    st.dictionaries(
        st.sampled_from(
            [
                "exclude",
                "include",
                "timezone",
                "permalink",
                "defaults",
                "collections",
                "url",
                "encoding",
                "limit_posts",
                "markdown_ext",
            ]
        ),
        _WORDS,
    )
)
def test_any_config_is_read_or_refused(words: dict[str, str]):
    text = "".join(f"{key}: {word}\n" for key, word in words.items())
    try:
        site = Site([NAME], text.encode())
        if site.paths():
            site.post(b"", path=NAME, now=NOW)
    except ParseError as error:
        assert str(error)


def test_a_value_of_no_kind_of_yaml_is_still_text():
    assert to_s(psych.load("!!float 3", UTC)) == "3.0"
