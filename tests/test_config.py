"""The config: what loads, what each fault is called and where it stands."""

import random
import re
import time
from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregator import config, starter
from aggregator.config import Config
from aggregator.errors import ConfigError
from aggregator.model import KNOWN, PostOptions, Source
from aggregator.starter import Listed

FOLDER = Path("/srv/planet")
DOCS = Path(__file__).parent.parent / "docs" / "configuration.md"
A_SOURCE = "sources: {a: {url: https://a.example/}}\n"

EVERYTHING = """\
# yaml-language-server: $schema=./config.schema.json
site:
  title: 行星 Planet Example
  url: https://planet.example.org/
  id: "tag:example.org,2026:planet"
  author: {name: Example Editors}
  language: zh-Hans
  timezone: Asia/Shanghai
store: sqlite:///aggregator.db
fetch:
  contact: https://example.org/bot
  every: 1h
  concurrency: 64
  per_host: 2
  max_size: 10MB
  timeout: 30s
  allow_private: []
sources:
  simon:
    url: https://simonwillison.net/atom/everything/
    categories: [ai, tools]
    content: full
  lobsters:
    url: https://lobste.rs/rss
    role: aggregator
    keep: 'tags has "python" or title ~ "(?i)sqlite"'
  local: {url: examples/feeds/news.xml}
posts:
  - path: examples/posts
    site_hosts: [finews.withounder.com]
    link_keys: [canonical_url, source_url, original_url, link, external-url]
categories:
  技术: {slug: tech, title: 技术, aliases: [tech, technology]}
  ai: {match: 'text ~ "(?i)LLM|大模型"'}
dedupe: {window: 7d, prefer: [posts, original, earliest]}
output:
  dir: feeds
  formats: [atom]
  entries: 50
  archive: monthly
  hub: null
serve: {listen: "127.0.0.1:8080", metrics: true}
"""


def load(text: str) -> Config:
    return config.load(text, folder=FOLDER)


def faults(text: str, folder: Path = FOLDER) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        config.load(text, folder=folder)
    return str(caught.value).split("\n")


# ── what loads ───────────────────────────────────────────────────────────────


def test_the_whole_example_loads() -> None:
    found = load(EVERYTHING)

    assert found.site.title == "行星 Planet Example"
    assert found.site.author == config.Author(name="Example Editors")
    assert found.fetch.max_size == 10_000_000
    assert list(found.sources) == ["simon", "lobsters", "local"]
    assert found.categories["技术"].aliases == ("tech", "technology")
    assert found.categories["ai"].match == 'text ~ "(?i)LLM|大模型"'
    assert (found.output.archive, found.output.hub) == ("monthly", ())


def test_what_is_known_of_links_comes_as_addresses_have_it() -> None:
    found = load(
        A_SOURCE + "links: {drop: [Q_*], redirectors: {O.例子.example: [To, u], p.example: v},"
        " mirrors: {w.example: www.example.org.}}\n"
    ).link_rules

    assert (found.drop, found.keep) == ({"q_*"}, frozenset())
    assert found.redirectors == (("o.xn--fsqu00a.example", ("to", "u")), ("p.example", ("v",)))
    assert found.mirrors == (("w.example", "www.example.org"),)
    assert load(A_SOURCE + "links:\n").link_rules is KNOWN


def test_everything_but_a_source_has_a_default() -> None:
    found = load(A_SOURCE)

    assert found.site == config.Site(title="Planet", timezone="UTC")
    assert found.store == "sqlite:///aggregator.db"
    assert found.fetch == config.Fetch(
        every=timedelta(hours=1),
        concurrency=64,
        per_host=2,
        max_size=10_000_000,
        timeout=timedelta(seconds=30),
    )
    assert found.dedupe.window == timedelta(days=7)
    assert found.dedupe.prefer == ("posts", "original", "earliest")
    assert found.output == config.Output(
        dir="feeds", formats=("atom",), entries=50, archive="none", hub=()
    )
    assert found.serve == config.Serve(listen="127.0.0.1:8080", metrics=True)
    assert found.site_url == "http://127.0.0.1:8080/"
    assert found.serve.callback is None


def test_a_folder_of_posts_is_enough() -> None:
    assert load("posts: [{path: _posts}]").posts[0].path == "_posts"


def test_a_key_without_a_value_is_as_good_as_not_written() -> None:
    text = "site:\n  title:\nfetch:\ncategories: {技术: }\noutput: {archive: null}\n" + A_SOURCE

    assert load(text) == load("categories: {技术: {}}\n" + A_SOURCE)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("90s", timedelta(seconds=90)),
        ("30m", timedelta(minutes=30)),
        ("1h30m", timedelta(minutes=90)),
        ("1h 30m", timedelta(minutes=90)),
        ("7d", timedelta(days=7)),
        ("1w", timedelta(days=7)),
    ],
)
def test_a_length_of_time_has_units(written: str, meant: timedelta) -> None:
    assert load(f"fetch: {{every: {written}}}\n{A_SOURCE}").fetch.every == meant


@pytest.mark.parametrize(
    ("written", "meant"), [("10MB", 10**7), ("512KB", 512_000), ("1MiB", 2**20), ("100 B", 100)]
)
def test_a_size_has_a_unit(written: str, meant: int) -> None:
    assert load(f"fetch: {{max_size: {written}}}\n{A_SOURCE}").fetch.max_size == meant


def test_scalars_stay_the_text_that_was_written() -> None:
    text = "sources: {a: {url: feed.xml, title: 1:30, categories: [no, on, 012, 1.0, 2026-01-02]}}"

    found = load("site: {language: no}\n" + text)

    assert found.sources["a"].title == "1:30"
    assert found.sources["a"].categories == ("no", "on", "012", "1.0", "2026-01-02")
    assert found.site.language == "no"


def test_chinese_keys_and_values_are_equal() -> None:
    found = load("sources: {阮一峰: {url: https://例子.example/订阅, categories: [科技爱好者]}}")

    assert found.sources["阮一峰"].url == "https://例子.example/订阅"


def test_anchors_and_merge_keys_repeat_a_part() -> None:
    text = """\
sources:
  a: &usual {url: https://a.example/, categories: [技术], every: 2h}
  b: {<<: *usual, url: https://b.example/}
"""
    found = load(text).sources["b"]

    assert (found.url, found.categories) == ("https://b.example/", ("技术",))


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("feed://a.example/x", "http://a.example/x"),
        ("feed:https://a.example/x", "https://a.example/x"),
        ("HTTPS://a.example/x?", "https://a.example/x?"),
        ("file:///var/news.xml", "file:///var/news.xml"),
        ("examples/./新闻.xml", "file:///srv/planet/examples/%E6%96%B0%E9%97%BB.xml"),
        ("../news.xml", "file:///srv/news.xml"),
        ("/var/news.xml", "file:///var/news.xml"),
    ],
)
def test_an_address_is_made_whole(written: str, meant: str) -> None:
    found = load(f"sources: {{a: {{url: '{written}'}}}}")

    assert [x.url for x in found.source_values(FOLDER)] == [meant]


def test_the_site_address_is_a_folder() -> None:
    assert load("site: {url: https://a.example/p}\n" + A_SOURCE).site_url == "https://a.example/p/"


def test_networks_are_networks() -> None:
    found = load("fetch: {allow_private: [127.0.0.0/8, 10.1.2.3, '::1']}\n" + A_SOURCE)

    expected = (ip_network("127.0.0.0/8"), ip_network("10.1.2.3"), ip_network("::1"))
    assert found.fetch.allow_private == expected


def test_two_thousand_sources_load_in_no_time() -> None:
    lines = (
        f"  s{x}: {{url: 'https://h{x}.example/feed', categories: [a, b]}}" for x in range(2000)
    )
    text = "sources:\n" + "\n".join(lines)

    begin = time.process_time()
    found = load(text)

    assert len(found.source_values(FOLDER)) == 2000
    assert time.process_time() - begin < 5


# ── what it hands to the parts ───────────────────────────────────────────────


def test_sources_and_posts_become_model_values() -> None:
    text = """\
site: {timezone: Asia/Shanghai, language: zh-Hans}
fetch: {every: 2h}
sources:
  a:
    {url: https://a.example/, title: A, categories: [x, y, x], role: aggregator, content: link,
     every: 1d, drop: 'title ~ "广告"'}
posts:
  - {path: site/_posts, site_hosts: [Blog.Example.], link_keys: [link], categories: [随笔]}
  - {path: more/posts/, timezone: UTC, language: en}
  - {path: notes, name: 随笔}
"""
    a, posts, more, notes = load(text).source_values(FOLDER)

    assert a == Source(
        id="a",
        url="https://a.example/",
        title="A",
        categories=("x", "y"),
        interval=timedelta(days=1),
        own_interval=True,
        role="aggregator",
        content="link",
        drop='title ~ "广告"',
    )
    assert posts == Source(
        content="full",
        id="posts",
        url="file:///srv/planet/site/_posts",
        kind="posts",
        written="site/_posts",
        categories=("随笔",),
        interval=timedelta(hours=2),
        posts=PostOptions(
            timezone="Asia/Shanghai",
            language="zh-Hans",
            site_hosts=("blog.example",),
            link_keys=("link",),
        ),
    )
    assert (more.id, more.url) == ("posts-2", "file:///srv/planet/more/posts")
    assert (more.posts.timezone, more.posts.language) == ("UTC", "en")
    assert notes.id == "随笔"


def test_the_folder_of_the_config_may_hold_the_posts() -> None:
    assert load("posts: [{path: .}]").source_values(FOLDER)[0].id == "posts"


def test_a_hub_that_nobody_reaches_is_told() -> None:
    hub = "output: {hub: [built-in, https://hub.example/]}\n" + A_SOURCE

    assert config.warnings(load(hub)) == (
        "output.hub: nobody else reaches http://127.0.0.1:8080/hub; set site.url to where the"
        " output is served",
    )
    for url in ("site: {url: 'https://p.example/'}\n", "serve: {callback: 'https://p.example/'}\n"):
        assert config.warnings(load(url + hub)) == ()
    assert config.warnings(load(A_SOURCE)) == ()


@pytest.mark.parametrize(
    ("hub", "hubs"),
    [
        ("null", ()),
        ("https://hub.example/", ("https://hub.example/",)),
        ("built-in", ("https://p.example/hub",)),
        (
            "[https://hub.example/, built-in, https://hub.example/]",
            ("https://hub.example/", "https://p.example/hub"),
        ),
        ("[]", ()),
    ],
)
def test_hubs_are_addresses_and_the_word_for_our_own(hub: str, hubs: tuple[str, ...]) -> None:
    found = load(f"site: {{url: 'https://p.example/'}}\noutput: {{hub: {hub}}}\n{A_SOURCE}")

    assert found.hubs == hubs
    assert found.own_hub == ("https://p.example/hub" if "built-in" in hub else None)


def test_our_own_hub_is_where_hubs_reach_us() -> None:
    text = "site: {url: 'https://p.example/'}\nserve: {callback: 'https://live.example/p'}\n"

    assert load(f"{text}output: {{hub: built-in}}\n{A_SOURCE}").hubs == (
        "https://live.example/p/hub",
    )


def test_a_title_becomes_a_name_that_is_free() -> None:
    assert starter.source_name("CI/CD\n 周刊 ", ()) == "CI CD 周刊"
    assert starter.source_name("News", ("news", "news-2")) == "News-3"
    assert starter.source_name("//", ()) == "feed"


# ── what is wrong, and where ─────────────────────────────────────────────────

FAULTS = [
    # keys
    ("site:\n  titel: x\n", "2:3: site: unknown key 'titel', did you mean 'title'?"),
    ("sorces: {}\n", "1:1: unknown key 'sorces', did you mean 'sources'?"),
    ("标题: x\n", "1:1: unknown key '标题'"),
    ("timeout: 3s\n", "1:1: unknown key 'timeout', did you mean 'fetch.timeout'?"),
    ("site: {titel: }\n", "1:8: site: unknown key 'titel', did you mean 'title'?"),
    ("title: x\n", "1:1: unknown key 'title', did you mean 'site.title'?"),
    ("titel: x\n", "1:1: unknown key 'titel', did you mean 'site.title'?"),
    ("timout: 3s\n", "1:1: unknown key 'timout', did you mean 'fetch.timeout'?"),
    ("interval: 1h\n", "1:1: unknown key 'interval', did you mean 'fetch.every'?"),
    ("fetch: {interval: 1h}\n", "1:9: fetch: unknown key 'interval', did you mean 'every'?"),
    ("posts: [{path: a, nme: b}]\n", "1:19: posts[0]: unknown key 'nme', did you mean 'name'?"),
    ("site: {author: {nam: x}}\n", "1:17: site.author: unknown key 'nam', did you mean 'name'?"),
    (
        "site: {title: a,\n  title: b}\n",
        "2:3: site: duplicate key 'title', it is on line 1 already",
    ),
    ("posts:\n  - {name: x}\n", "2:5: posts[0]: missing key 'path'"),
    ("site: [a]\n", "1:7: site: keys are wanted here, not a list"),
    ("{a: b}: c\n", "1:1: a key must be text"),
    (
        "output: {hub: builtin}\n",
        "1:15: output.hub: 'builtin' is no hub: write https://… or built-in, for the hub in `serve`",
    ),
    # numbers, times, sizes, switches
    ("fetch: {every: 30}\n", "1:16: fetch.every: '30' of what? write 30s or 30m"),
    (
        "fetch: {every: 1.5h}\n",
        "1:16: fetch.every: '1.5h' is no length of time, write 30s, 30m, 1h, 7d or 1h30m",
    ),
    (
        "fetch: {timeout: 0s}\n",
        "1:18: fetch.timeout: this must be more than nothing and at most ten years",
    ),
    (
        "dedupe: {window: 999999w}\n",
        "1:18: dedupe.window: this must be more than nothing and at most ten years",
    ),
    ("fetch: {max_size: 10}\n", "1:19: fetch.max_size: '10' of what? write 512KB or 10MB"),
    ("fetch: {max_size: 2GB}\n", "1:19: fetch.max_size: this must be between 1B and 1GB"),
    (
        "fetch: {max_size: big}\n",
        "1:19: fetch.max_size: 'big' is no size, write 512KB, 10MB or 1MiB",
    ),
    (
        "fetch: {concurrency: x}\n",
        "1:22: fetch.concurrency: a whole number is wanted here, not 'x'",
    ),
    ("fetch: {per_host: 0}\n", "1:19: fetch.per_host: must be at least 1"),
    ("output: {entries: 100000}\n", "1:19: output.entries: must be at most 10000"),
    ("serve: {metrics: yes}\n", "1:18: serve.metrics: write true or false, not 'yes'"),
    # enums and lists
    ("output: {archive: month}\n", "1:19: output.archive: unknown value 'month', did you mean"),
    ("output: {archive: 3}\n", "1:19: output.archive: unknown value '3', use 'monthly' or 'none'"),
    (
        "output: {formats: [rs]}\n",
        "1:20: output.formats[0]: unknown value 'rs', did you mean 'rss'?",
    ),
    ("output: {formats: []}\n", "1:19: output.formats: at least one is wanted here"),
    ("links: {dorp: [x]}\n", "1:9: links: unknown key 'dorp', did you mean 'drop'?"),
    ("links: {drop: x}\n", "1:15: links.drop: a list is wanted here, not 'x'"),
    ("links: {drop: [x, a=b]}\n", "1:19: links.drop[1]: 'a=b' is no name of a parameter;"),
    ("links: {keep: ['*']}\n", "1:16: links.keep[0]: '*' is no name of a parameter; write it as"),
    ("links: {keep: [Ref], drop: [ref]}\n", "1:29: links.drop[0]: 'ref' stands in links.keep as"),
    (
        "links: {redirectors: {'http://a/': u}}\n",
        "1:23: links.redirectors.http://a/: 'http://a/' is no host, write",
    ),
    ("links: {redirectors: {a.example: []}}\n", "1:34: links.redirectors.a.example: the names of"),
    ("links: {redirectors: {a.example: u*}}\n", "1:34: links.redirectors.a.example: the names of"),
    ("links: {redirectors: [a.example]}\n", "1:22: links.redirectors: keys are wanted here, not a"),
    ("links: {opaque: [s.example/x]}\n", "1:18: links.opaque[0]: 's.example/x' is no host, write"),
    ("links: {mirrors: {a.example: 'b c'}}\n", "1:30: links.mirrors.a.example: 'b c' is no host"),
    ("dedupe: {prefer: [post]}\n", "1:19: dedupe.prefer[0]: unknown value 'post', did you mean"),
    ("dedupe: {prefer: posts}\n", "1:18: dedupe.prefer: a list is wanted here, not 'posts'"),
    # texts
    ("site: {title: ''}\n", "1:15: site.title: this text is empty"),
    ('site: {title: "a\\nb"}\n', "1:15: site.title: this is to be one line"),
    ("site: {language: zh_CN}\n", "1:18: site.language: 'zh_CN' is no language tag, did you mean"),
    (
        "site: {timezone: Asia/Shangai}\n",
        "1:18: site.timezone: unknown time zone 'Asia/Shangai', use an area name such as Asia/Shanghai",
    ),
    ("site: {timezone: ../UTC}\n", "1:18: site.timezone: unknown time zone '../UTC'"),
    ("site: {timezone: Asia}\n", "1:18: site.timezone: unknown time zone 'Asia'"),
    (
        "site: {timezone: GMT+8}\n",
        "1:18: site.timezone: unknown time zone 'GMT+8', use an area name such as Asia/Shanghai",
    ),
    ("site: {id: planet}\n", "1:12: site.id: an id is an IRI, such as tag:example.org,2026:planet"),
    ("site: {url: ftp://a.example/}\n", "1:13: site.url: this is no address that begins with"),
    ("site: {url: 'https://a.example/?x'}\n", "1:13: site.url: the site's address cannot hold"),
    ("fetch: {contact: 'me (at home)'}\n", "1:18: fetch.contact: write an address in plain ASCII"),
    (
        "fetch: {allow_private: [10.0.0.1/8]}\n",
        "1:25: fetch.allow_private[0]: '10.0.0.1/8' is an address inside a network, did you mean"
        " '10.0.0.0/8'?",
    ),
    ("fetch: {allow_private: [lan]}\n", "1:25: fetch.allow_private[0]: 'lan' is no network"),
    ("serve: {listen: 8080}\n", "1:17: serve.listen: '8080' is no host:port"),
    ("serve: {callback: planet.example}\n", "1:19: serve.callback: this is no address"),
    (
        "serve: {callback: 'https://a.example/?x'}\n",
        "1:19: serve.callback: the site's address cannot",
    ),
    ("serve: {listen: 'a:70000'}\n", "1:17: serve.listen: 'a:70000' is no host:port"),
    ("posts: [{path: a, site_hosts: ['https://a.example']}]\n", "1:32: posts[0].site_hosts[0]: "),
    (
        "store: postgresql://u:hush/@h/d\n",
        "1:8: store: this is no database, write postgresql://host/database; before the host may"
        " stand user:password@, with %40 for an @ in it, %2F for a / and so on",
    ),
    ("store: aggregator.db\n", "1:8: store: this is no store, write sqlite:///aggregator.db"),
    # categories
    ("categories: {a: {slug: All}}\n", "1:24: categories.a.slug: a slug is lower case"),
    ("categories: {a: {slug: all}}\n", "1:24: categories.a.slug: the slug 'all' is taken by"),
    ("categories: {a: {slug: ../x}}\n", "1:24: categories.a.slug: '../x' is no slug: letters and"),
    ("categories: {a: {slug: -x}}\n", "1:24: categories.a.slug: '-x' is no slug"),
    (
        "categories: {a: {slug: 财经}, b: {slug: 财经}}\n",
        "1:39: categories.b.slug: categories.a has this slug too",
    ),
    ("categories: {ai: {}, b: {slug: ai}}\n", "1:32: categories.b.slug: categories.ai has this"),
    ("categories: {AI: {}, ai: {}}\n", "1:22: categories.ai: the same name as categories.AI"),
    (
        "categories: {a: {aliases: [x]}, b: {aliases: [y, X]}}\n",
        "1:50: categories.b.aliases[1]: 'X' already stands for categories.a",
    ),
    ("categories: {a: {aliases: [b]}, b: {}}\n", "1:28: categories.a.aliases[0]: 'b' already"),
    # expressions: the column is that of the word at fault
    ("categories: {a: {match: 'titel ~ \"x\"'}}\n", "1:26: categories.a.match: expected a field"),
    ("categories:\n  a:\n    match: titel ~ 1\n", "3:12: categories.a.match: expected a field"),
    (
        "categories: {a: {match: 'title ~ \"it''s\" and titel ~ \"x\"'}}\n",
        "1:46: categories.a.match: expected a field",
    ),
    (
        'categories: {a: {match: "title ~ \\"x\\" or titel ~ 1"}}\n',
        "1:25: categories.a.match: expected a field",
    ),
    (
        "categories: {a: {match: \"title ~ '\\bx'\"}}\n",
        "1:25: categories.a.match: the control character U+0008 is in it: put the expression in"
        " single quotes",
    ),
    (
        'categories:\n  a:\n    match: >-\n      title ~ "x"\n      or (titel ~ "y")\n',
        "5:11: categories.a.match: expected a field: 'titel'",
    ),
    (
        'categories:\n  a:\n    match: |\n\n      title ~ "x"\n        or titel ~ "y"\n',
        "6:12: categories.a.match: expected a field: 'titel'",
    ),
    (
        'categories:\n  a:\n    match: title ~ "x"\n      or titel ~ "y"\n',
        "4:10: categories.a.match: expected a field: 'titel'",
    ),
    (
        "categories:\n  a:\n    match: '''x'' = title\n      or titel'\n",
        "3:13: categories.a.match: expected a field: ",
    ),
    (
        "categories:\n  a:\n    match: 'title = ''x''\n\n\n      or titel'\n",
        "6:10: categories.a.match: expected a field: 'titel'",
    ),
    (
        'categories:\n  a:\n    match: >-\n      title ~ "x" and\n',
        "4:22: categories.a.match: expected a field: the end",
    ),
]


@pytest.mark.parametrize(("text", "first"), FAULTS)
def test_a_fault_has_a_place_and_a_way_out(text: str, first: str) -> None:
    rest = "" if text.startswith("posts") else A_SOURCE

    assert faults(text + rest)[0].startswith(f"config.yaml:{first}")


SOURCE_FAULTS = [
    ("a: {evry: 1h, url: x}", "2:7: sources.a: unknown key 'evry', did you mean 'every'?"),
    ("a: {url: x, content: ful}", "2:24: sources.a.content: unknown value 'ful', did you mean"),
    ("a: {title: A}", "2:3: sources.a: missing key 'url'"),
    ("a:", "2:3: sources.a: missing key 'url'"),
    ("a: https://a.example/", "2:6: sources.a: keys are wanted here, not 'https://a.example/';"),
    ("a: {url: x, categories: ai}", "2:27: sources.a.categories: a list is wanted here, not 'ai'"),
    ("a: {url: x, categories: [[b]]}", "2:28: sources.a.categories[0]: text is wanted here, not a"),
    ("a/b: {url: x}", "2:3: sources.a/b: a name cannot hold '/'"),
    ("'': {url: x}", "2:3: sources.: this text is empty"),
    ("a: {url: 'ftp://a.example/'}", "2:12: sources.a.url: this is no address that begins with"),
    ("a: {url: 'localhost:8080/x'}", "2:12: sources.a.url: this is no address that begins with"),
    ("a: {url: 'https://'}", "2:12: sources.a.url: this is no address: its host or port"),
    ("a: {url: 'https://a.example:99999/'}", "2:12: sources.a.url: this is no address: its host"),
    ("a: {url: 'https://a b.example/'}", "2:12: sources.a.url: this is no address: there is a"),
    ("a: {url: {env: NOT_SET}}", "2:12: sources.a.url: the environment variable 'NOT_SET' is not"),
    (
        "a: {url: {file: nowhere}}",
        "2:12: sources.a.url: the file 'nowhere' cannot be read: no such",
    ),
    ("a: {url: {path: x}}", "2:12: sources.a.url: write text, {env: NAME} or {file: PATH}"),
    (
        "a: {url: {evn: X}}",
        "2:12: sources.a.url: write text, {env: NAME} or {file: PATH}, did you mean 'env'?",
    ),
    ("a: {url: x, interval: 1h}", "2:15: sources.a: unknown key 'interval', did you mean 'every'?"),
    ("a: {url: x, tag: b}", "2:15: sources.a: unknown key 'tag', did you mean 'categories'?"),
    ("a: {url: x, timeout: 1s}", "2:15: sources.a: unknown key 'timeout', did you mean 'fetch."),
]


@pytest.mark.parametrize(("source", "first"), SOURCE_FAULTS)
def test_a_fault_of_a_source_has_its_name(source: str, first: str) -> None:
    assert faults(f"sources:\n  {source}\n")[0].startswith(f"config.yaml:{first}")


@pytest.mark.parametrize(
    ("written", "zones"),
    [
        ("UTC+8", "Asia/Shanghai"),
        ("UTC+08:00", "Asia/Shanghai"),
        ("gmt+0530", "Asia/Kolkata"),
        ("+9", "Asia/Tokyo"),
        ("UTC-5", "America/New_York"),
        ("UTC8", "Asia/Shanghai"),
        ("CST", "Asia/Shanghai or America/Chicago"),
        ("cst", "Asia/Shanghai or America/Chicago"),
        ("JST", "Asia/Tokyo"),
        ("IST", "Asia/Kolkata, Europe/Dublin or Asia/Jerusalem"),
        ("BST", "Europe/London or Asia/Dhaka"),
        ("EDT", "America/New_York"),
        ("Asia/Beijing", "Asia/Shanghai"),
        ("北京", "Asia/Shanghai"),
        ("Shanghai", "Asia/Shanghai"),
        ("New York", "America/New_York"),
        ("Asia/Tokio", "Asia/Tokyo"),
        ("europe/berlin", "Europe/Berlin"),
    ],
)
def test_another_name_of_a_time_zone_leads_to_its_area(written: str, zones: str) -> None:
    (found,) = faults(f"site: {{timezone: '{written}'}}\n{A_SOURCE}")

    assert found.endswith(f"unknown time zone '{written}', use an area name such as {zones}")
    for zone in re.split(", | or ", zones):
        assert load(f"site: {{timezone: {zone}}}\n{A_SOURCE}").site.timezone == zone


@pytest.mark.parametrize("written", ["localtime", "posixrules", "Factory", "right/UTC", "XYT", "?"])
def test_what_is_no_time_zone_everywhere_is_none(written: str) -> None:
    (found,) = faults(f"site: {{timezone: '{written}'}}\n{A_SOURCE}")

    assert found.endswith(f"unknown time zone '{written}', write one such as Asia/Shanghai")


def test_sources_as_a_list_are_one_fault() -> None:
    assert faults("sources: [a, b]") == [
        "config.yaml:1:10: sources: keys are wanted here, not a list; write url: … below it"
    ]


def test_one_address_in_two_sources_is_an_error() -> None:
    text = "sources:\n  a: {url: 'https://a.example'}\n  b: {url: 'https://A.example:443/#x'}\n"

    assert faults(text) == ["config.yaml:3:12: sources.b: the same address as sources.a"]


def test_names_that_differ_only_in_case_are_an_error() -> None:
    assert faults("sources: {HN: {url: a}, hn: {url: b}}") == [
        "config.yaml:1:25: sources.hn: the same name as sources.HN"
    ]


def test_a_folder_of_posts_cannot_have_the_name_of_a_source() -> None:
    assert faults("sources: {posts: {url: a}}\nposts: [{path: _posts}]") == [
        "config.yaml:2:16: posts[0]: the name 'posts' is that of sources.posts too"
    ]


def test_one_folder_twice_is_an_error() -> None:
    assert faults("posts: [{path: a}, {path: ./a/}]") == [
        "config.yaml:1:27: posts[1]: the same folder as posts[0]"
    ]


def test_all_faults_come_at_once_in_the_order_of_the_document() -> None:
    text = """\
serve: {listen: x}
sources:
  a: {url: https://a.example/, evry: 1h}
  b: {url: https://a.example/, content: ful}
  b: {url: https://c.example/}
site: {titel: x}
"""
    places = [x.split(": ")[0] for x in faults(text)]

    assert places == [f"config.yaml:{x}" for x in ("1:17", "3:32", "4:12", "4:41", "5:3", "6:8")]


def test_columns_count_characters_in_every_script() -> None:
    text = f"站点: x\nsite: {{title: 😀行星, evry: x}}\n{A_SOURCE}"

    assert faults(text)[1].startswith("config.yaml:2:20: ")


def test_the_file_is_called_what_the_caller_calls_it() -> None:
    with pytest.raises(ConfigError, match=r"^/etc/planet\.yaml:1:1: "):
        config.load("", filename="/etc/planet.yaml", folder=FOLDER)


@pytest.mark.parametrize("text", ["", "\n# nothing\n", "---\n", "null", "\ufeff"])
def test_an_empty_file_is_told_what_to_do(text: str) -> None:
    assert "the file is empty; `aggregator init`" in faults(text)[0]


@pytest.mark.parametrize("text", ["site: {title: x}", "sources: {}", "sources:\nposts: []\n"])
def test_a_config_without_sources_is_told_what_to_do(text: str) -> None:
    assert faults(text)[0].startswith("config.yaml:1:1: no sources: write one under sources:")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a:1\nb:2\n", "1:1: keys are wanted here, not 'a:1 b:2'"),
        ("- a\n", "1:1: keys are wanted here, not a list"),
        ("site:\n\ttitle: x\n", "2:1: a tab indents this line; indent with spaces"),
        ("site:\n  title: x\n \turl: y\n", "3:2: a tab indents this line; indent with spaces"),
        ("site: a: b\n", "1:8: one ':' too many: quote text that holds ': '"),
        ("a:\n  b: 1\n c: 2\n", "3:2: this does not line up with what is above"),
        ("a: [1, 2\nb: 3\n", "1:4: this '[' is not closed, or a ',' is missing in it"),
        ("a: {b: 1\n", "1:4: this '{' is not closed, or a ',' is missing in it"),
        ('a: "x\nb: 1\n', "1:4: this quote is not closed"),
        ('a: {b: x, c: "a "b" c"}\n', "1:17: the text ends at this quote, and more comes behind"),
        ("a: {b: x, c: 'it's'}\n", "1:17: the text ends at this quote, and more comes behind"),
        ("a: [x, 'it's']\n", "1:11: the text ends at this quote, and more comes behind"),
        ('a: "a "b" c"\n', "1:7: the text ends at this quote, and more comes behind"),
        ("a: @x\n", "1:4: text that begins with '@' needs quotes"),
        ("a: *\n", "1:4: text that begins with '*' or '&' needs quotes"),
        ('a: "\\d"\n', '1:6: no such escape in ", use single quotes'),
        ("a\nb: c\nd\n", "2:2: one ':' too many"),
        ("a: b\n---\nc: d\n", "2:1: a second document begins; one is enough"),
        ("a: x\x00y\n", "1:5: the character U+0000 is no text"),
        ("a: \ud800\n", "1:4: the character U+D800 is no text"),
        ("site: {title: *t}\n", "1:15: site.title: nothing above is named '&t'"),
        ("site: {title: !env X}\n", "1:15: site.title: the tag '!env' means nothing here"),
        ("a: {<<: x}\n", "1:9: a: '<<' takes keys from a mapping, and this is none"),
    ],
)
def test_what_is_no_yaml_is_explained_in_plain_words(text: str, expected: str) -> None:
    assert any(x.startswith(f"config.yaml:{expected}") for x in faults(text))


def test_aliases_cannot_grow_without_end() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{x}: &a{x} [{', '.join([f'*a{x - 1}'] * 10)}]" for x in range(1, 10)]

    assert faults("\n".join(lines))[0].endswith("aliases make this too large")


@pytest.mark.parametrize("text", ["[" * 100_000, "{a: " * 5000, "- " * 5000, "a: &a [*a]"])
def test_depth_has_an_end(text: str) -> None:
    assert faults(text)


def test_a_chain_of_aliases_has_an_end() -> None:
    chain = "\n".join(f"a{x}: &a{x} [*a{x - 1}]" for x in range(1, 900))

    assert faults(f"a0: &a0 x\n{chain}\n")[0].endswith("aliases make this too large")


# ── secrets ──────────────────────────────────────────────────────────────────


def test_secrets_come_from_the_environment_and_from_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PLANET_FEED", " https://u:hush@a.example/ ")
    (tmp_path / "store.txt").write_text("sqlite:///hush.db\n")

    text = "store: {file: store.txt}\nsources: {a: {url: {env: PLANET_FEED}}}"
    found = config.load(text, folder=tmp_path)

    assert found.store == "sqlite:///hush.db"
    assert found.sources["a"].url == "https://u:hush@a.example/"
    assert "hush" not in repr(found) + str(found)


@pytest.mark.parametrize(
    "secret",
    [
        "hush hush",
        "hush://a.example",
        "https://hush:99999/",
        "postgres-hush",
        "postgresql://u:hush/x@h/d",
        "",
        "a\nhush",
    ],
)
def test_a_secret_that_is_no_good_is_not_repeated(
    secret: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PLANET_SECRET", secret)

    found = faults("store: {env: PLANET_SECRET}\nsources: {a: {url: {env: PLANET_SECRET}}}")

    assert "PLANET_SECRET" in found[0]
    assert "hush" not in "\n".join(found)


def test_passwords_in_addresses_are_not_repeated() -> None:
    text = """\
site: {url: 'ftp://u:hush@a.example/', title: x, language: 'https://u:hush@a.example/'}
store: postgresql://u:hush@hush@h/d
https://u:hush@a.example/: x
sources:
  https://u:hush@a.example/: {url: 'https://u:hush@a.example/ x'}
  b: https://u:hush@a.example/
  c: {url: 'https://u:hush@c.example/'}
  d: {url: 'https://u:hush@c.example/'}
  e: {url: 'https://u:hush@[c.example/', content: 'https://u:hush@a.example/'}
  https://u:hush@a.example/: {}
output: {formats: ['https://u:hush@a.example/']}
fetch: {every: 'https://u:hush@a.example/', allow_private: ['https://u:hush@a.example/']}
"""
    with pytest.raises(ConfigError) as caught:
        load(text)

    assert len(str(caught.value).split("\n")) > 12
    assert "hush" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None


# ── any text at all ──────────────────────────────────────────────────────────

LINE = re.compile(r"config\.yaml:[1-9][0-9]*:[1-9][0-9]*: [^\n]+")


def loads_or_explains(text: str) -> None:
    try:
        config.load(text, folder=FOLDER)
    except ConfigError as error:
        assert all(LINE.fullmatch(x) for x in str(error).split("\n"))


@given(st.text())
def test_any_text_gives_a_config_or_lines_of_faults(text: str) -> None:
    loads_or_explains(text)


@given(st.integers(), st.text(alphabet="{}[]:,-'\"&*!|>#%@`\t\n ax0~<", max_size=8))
@settings(max_examples=300)
def test_a_config_that_was_damaged_gives_a_config_or_lines_of_faults(seed: int, junk: str) -> None:
    chance = random.Random(seed)
    begin = chance.randrange(len(EVERYTHING))

    loads_or_explains(EVERYTHING[:begin] + junk + EVERYTHING[begin + chance.randrange(20) :])


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["env", "file", "url", "path", "name", "slug", "aliases", "match", "a"])
            | st.text(max_size=3),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(st.dictionaries(st.sampled_from(["site", "store", "fetch", "sources", "posts", "categories",
                                        "links", "dedupe", "output", "serve"]), VALUES))  # fmt: skip
@settings(max_examples=300)
def test_any_shape_gives_a_config_or_lines_of_faults(shape: dict[str, Any]) -> None:
    loads_or_explains(yaml.safe_dump(shape, allow_unicode=True))


# ── the schema, the starter, the page ────────────────────────────────────────


def valid(text: str) -> bool:
    schema = config.schema()
    jsonschema.Draft7Validator.check_schema(schema)
    return jsonschema.Draft7Validator(schema).is_valid(yaml.safe_load(text))


def keys_of(schema: Any) -> dict[str, Any]:
    """Every property, wherever it stands."""
    if isinstance(schema, list):
        return {key: x for part in schema for key, x in keys_of(part).items()}
    if not isinstance(schema, dict):
        return {}
    below = {key: x for part in schema.values() for key, x in keys_of(part).items()}
    properties = schema.get("properties", {})
    return below | (properties if properties.keys() != {"env"} else {})


def test_the_schema_takes_what_loads() -> None:
    assert valid(EVERYTHING)
    assert valid(A_SOURCE)
    assert valid("sources: {a: {url: {env: A}}}\nstore: {file: b}\ncategories: {a: }\n")


@pytest.mark.parametrize(
    "text",
    [
        "site: {title: x}",
        A_SOURCE + "sit: {}",
        "sources: {a: {}}",
        "sources: {a: {url: x, content: ful}}",
        "sources: {a: {url: {env: A, file: b}}}",
        A_SOURCE + "fetch: {every: 30}",
        A_SOURCE + "fetch: {max_size: 10 parsecs}",
    ],
)
def test_the_schema_refuses_what_does_not_load(text: str) -> None:
    assert not valid(text)
    assert faults(text)


# What any key may be given, and most must not be.
GIVEN: list[Any] = [
    2026,
    "2026",
    0,
    "0",
    -1,
    1.5,
    True,
    False,
    "true",
    "TRUE",
    "no",
    None,
    "",
    " ",
    "x",
    "A B",
    "a/b",
    "财经",
    "a\nb",
    "a\tb",
    " x ",
    [],
    {},
    ["x"],
    [2026],
    [""],
    [[]],
    {"evn": "x"},
    {"env": "HOME", "file": "x"},
    "30m",
    "1h 30m",
    "90",
    "0s",
    "1w2d",
    "10MB",
    "1 KiB",
    "0MB",
    "10iB",
    "64",
    "1024",
    "1025",
    "00064",
    "10001",
    "99999",
    "https://a.example/",
    "http://a.example:99999/",
    "https://a.example/?x",
    "https://u:p@a.example/",
    "https://",
    "https://a b.example/",
    "ftp://a.example/",
    "feed:https://a.example/x",
    "feed://a.example/x",
    "file:///x",
    "mailto:a@b.example",
    "a@b.example",
    "tag:a.example,2026:x",
    "127.0.0.1:8080",
    "[::1]:8080",
    "a:70000",
    "a:0",
    "10.0.0.0/8",
    "::1",
    "lan",
    "a.example",
    "例子.example",
    "zh-Hans",
    "zh_CN",
    "Asia/Shanghai",
    "UTC",
    "all",
    "index",
    "Slug",
    "a-b",
    "-a",
    "a--b",
    "x_y",
    "atom",
    "rss",
    "posts",
    "original",
    "aggregator",
    "excerpt",
    "monthly",
    'title ~ "x"',
    "sqlite:///x.db",
    "sqlite:///",
    "sqlite:///x?",
    "postgresql://x/y",
    "postgres://u:p%40@[::1]:5432,b/y?sslmode=require&x=",
    "postgresql:///y",
    "postgresql:///",
    "postgresql://u:p/x@h/y",
    "postgresql://u:p@x@h/y",
    "postgresql://u:1?x@h/y",
    "postgresql://h/y?x",
    "x.db",
    ["posts", "original"],
    ["atom"],
    ["127.0.0.0/8"],
    {"a": {"url": "x"}},
    [{"path": "x"}],
    {"a": None},
    {"a": {}},
    {"": {"url": "x"}},
    {"a/b": {"url": "x"}},
    {"slug": "x"},
    {"name": "x"},
]


def every_key() -> list[tuple[str | int, ...]]:
    schema = config.schema()
    parts = {name: list(x["properties"]) for name, x in schema["definitions"].items()}
    sections = ("Site", "Fetch", "Dedupe", "Output", "Serve")
    return [
        *((key,) for key in schema["properties"]),
        *((part.lower(), key) for part in sections for key in parts[part]),
        *(("site", "author", key) for key in parts["Author"]),
        *(("sources", "a", key) for key in parts["Subscription"]),
        *(("sources", "a", "json", key) for key in parts["Api"]),
        *(("sources", "a", "json", "text", key) for key in parts["ApiText"]),
        *(("sources", "a", "opml", key) for key in parts["Listing"]),
        *(("posts", 0, key) for key in parts["PostFolder"]),
        *(("categories", "c", key) for key in parts["CategoryRule"]),
    ]


def with_value(path: tuple[str | int, ...], value: Any) -> dict[str, Any]:
    """A config in which all is right but what `path` may be given."""
    whole: Any = {"sources": {"a": {"url": "x"}}, "posts": [{"path": "p"}]}
    if path[0] in whole and len(path) == 1:
        return {path[0]: value}
    if path[2:3] == ("json",) and len(path) > 3:
        whole["sources"]["a"]["json"] = {"title": "t", "text": {"url": "u"}}
    part = whole
    for step in path[:-1]:
        part = part[step] if isinstance(part, list) else part.setdefault(step, {})
    part[path[-1]] = value
    return dict(whole)


def loads(text: str) -> bool:
    try:
        config.load(text, folder=FOLDER)
    except ConfigError:
        return False
    return True


@pytest.mark.parametrize("path", every_key(), ids=lambda path: ".".join(map(str, path)))
def test_the_schema_and_the_program_agree(path: tuple[str | int, ...]) -> None:
    schema = jsonschema.Draft7Validator(config.schema())
    beyond_shapes = path[-1] in ("timezone", "keep", "drop", "match") or "json" in path[:-1]
    for value in GIVEN:
        text = yaml.safe_dump(with_value(path, value), allow_unicode=True)

        taken = schema.is_valid(yaml.safe_load(text))

        assert loads(text) == taken or (taken and beyond_shapes), f"{text}\nschema: {taken}"


def test_the_schema_describes_every_key() -> None:
    parts = [config.schema(), *config.schema()["definitions"].values()]

    for part in parts:
        for key, made in part["properties"].items():
            assert made["description"].endswith("."), key


def test_the_schema_gives_defaults_as_people_write_them() -> None:
    fetch = config.schema()["definitions"]["Fetch"]["properties"]

    assert [fetch[x]["default"] for x in ("every", "max_size", "timeout")] == ["1h", "10MB", "30s"]
    assert "$defs" not in str(config.schema())


def everything_on(text: str) -> str:
    return re.sub(r"(?m)^( *)#(?=\S|  )", r"\1", text)


@pytest.mark.parametrize(
    "text",
    [
        starter.starter(),
        starter.starter(posts="site/_posts"),
        starter.starter(
            posts="我的 文章: 1",
            sources=[Listed(name="a", url="https://a.example/?b=1#c", categories=["技术"])],
        ),
    ],
)
def test_the_starter_loads_as_it_is_and_with_everything_on(text: str) -> None:
    assert valid(text)
    assert load(text)
    assert valid(everything_on(text))
    assert load(everything_on(text)).sources["another"].content == "excerpt"


def test_the_starter_holds_what_it_was_given() -> None:
    sources = [
        ("null", "https://a.example/", []),
        ("技术 'x': #1", "https://b.example/x y", ["a, b", "no", "~", "😀"]),
        ("*", "feeds/c.xml", ["ai"]),
    ]
    given = [Listed(name=name, url=url, categories=more) for name, url, more in sources]
    found = load(starter.starter(posts="_posts", sources=given).replace("/x y", "/xy"))

    assert [(name, x.url, list(x.categories)) for name, x in found.sources.items()] == [
        (name, url.replace(" ", ""), categories) for name, url, categories in sources
    ]
    assert [x.path for x in found.posts] == ["_posts"]


def test_the_page_names_every_key() -> None:
    page = DOCS.read_text("utf-8")

    for key in keys_of(config.schema()).keys() - {"env", "file"}:
        assert f"`{key}`" in page or f"\n## {key}\n" in page, key


def test_every_example_of_the_page_loads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PRIVATE_FEED", "https://private.example/")
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "feed-url").write_text("https://内部.example/\n", "utf-8")
    blocks = re.findall(r"(?s)```yaml\n(.*?)```", DOCS.read_text("utf-8"))

    assert len(blocks) > 4
    for block in blocks:
        assert config.load(block, folder=tmp_path)
