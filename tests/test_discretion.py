"""What is secret in an address stays so: in documents, ids, answers, messages and logs."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from servers import Answer, serving
from world import ATOM, Item, World, hrefs, rss

from aggregator import discretion
from aggregator.errors import FetchError
from aggregator.model import Enclosure, Entry, Feed, Link, Response, Source

ENTRY = Item(id="one", link="https://news.example/one", title="A story")


def source(url: str, **more: object) -> Source:
    return replace(Source(id="a", url=url), **more)


def published(folder: Path, url: str, body: bytes, *, how: str = "{env: PRIV}") -> World:
    """One run over a feed at `url`, which the config gives as `how` says."""
    world = World(folder)
    world.config(
        "site: {title: P, url: 'https://p.example/', id: 'tag:p.example,2026:p'}\n"
        f"sources: {{ok: {{url: {how}, categories: [x]}}}}\n"
    )
    world.web[url] = Response(url=url.replace("user:GEHEIM@", ""), body=body)
    assert world.run().failed == 0
    return world


ADDRESSES = [
    "http://user:GEHEIM@a.example/f.xml?token=SEKRET",
    "https://a.example/SEKRET/feed",
    "https://a.example/?feed=rss2&auth=SEKRET",
    "https://a.example/0a1bSEKRET2c3d4e5f6/f.xml",
]
ATOM_FEED = """<feed xmlns="http://www.w3.org/2005/Atom"><title>F</title><id>{url}</id>
<link rel="self" href="{url}"/><updated>2026-04-01T10:00:00Z</updated>
<entry><id>{url}#1</id><title>A story</title><updated>2026-04-01T10:00:00Z</updated>
<link href="{url}#1"/><content type="html">&lt;p>See &lt;a href="#x">below&lt;/a> and
&lt;a href="{url}">subscribe&lt;/a> or {url}&lt;/p></content></entry>
<entry><id>tag:a.example,2026:2</id><title>Another story</title><link href="https://a.example/two"/>
<updated>2026-04-01T10:00:00Z</updated><content>Text enough.</content></entry></feed>"""
JSON_FEED = json.dumps(
    {
        "version": "https://jsonfeed.org/version/1.1",
        "title": "F",
        "feed_url": "URL",
        "items": [{"id": "1", "url": "story", "content_text": "Text", "title": "A story"}],
    }
)


@pytest.mark.parametrize("url", ADDRESSES)
@pytest.mark.parametrize(
    "body",
    [
        rss(ENTRY),
        rss(Item(id="1", link="story"), title=""),
        rss(Item(id=None, link="#1", title=""), link=""),
        ATOM_FEED.encode(),
        JSON_FEED.encode(),
    ],
    ids=["rss", "relative", "fragment", "atom", "json"],
)
def test_nothing_of_a_secret_address_is_published(
    url: str, body: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PRIV", url)
    bare = url.replace("user:GEHEIM@", "")
    escaped = bare.replace("&", "&amp;").encode()
    world = published(tmp_path, url, body.replace(b"{url}", escaped).replace(b"URL", escaped))

    for name, document in world.bytes().items():
        assert b"SEKRET" not in document and b"GEHEIM" not in document, name
        assert b'rel="self" href="' + bare.encode() not in document
    assert world.published()
    assert "SEKRET" not in str(world.entries())


def test_an_address_in_a_file_is_as_secret(tmp_path: Path) -> None:
    (tmp_path / "address").write_text("https://a.example/feed?x=SEKRET")
    world = published(
        tmp_path, "https://a.example/feed?x=SEKRET", rss(ENTRY), how="{file: address}"
    )

    assert not any(b"SEKRET" in x for x in world.bytes().values())


def test_what_is_not_secret_stays_as_it_is(tmp_path: Path) -> None:
    world = published(
        tmp_path, "https://a.example/?feed=rss2", rss(ENTRY), how="'https://a.example/?feed=rss2'"
    )

    (entry,) = world.published()
    origin = entry.find(f"{ATOM}source")
    assert origin is not None
    assert hrefs(origin, "self") == ["https://a.example/?feed=rss2"]
    assert hrefs(entry, "alternate") == ["https://news.example/one"]


def test_a_secret_address_does_not_take_away_the_links_of_its_site(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PRIV", "https://a.example/?feed=rss2")
    items = [
        Item(id="1", link="https://a.example/?p=1", title="The first story"),
        Item(id="2", link="https://a.example/b", title="Another that follows it"),
    ]
    world = published(tmp_path, "https://a.example/?feed=rss2", rss(*items))

    links = [link for e in world.published() for link in hrefs(e, "alternate")]
    assert sorted(links) == ["https://a.example/?p=1", "https://a.example/b"]


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://a.example/f", "https://a.example/f"),
        ("https://a.example/f?format=xml", "https://a.example/f?format=xml"),
        ("https://me:hush@a.example/f", "https://a.example/f"),
        ("https://a.example/f?feed_token=0123456789", None),
        ("https://a.example/f?apikey=0123456789", None),
        ("file:///srv/f.xml", None),
    ],
)
def test_an_address_is_published_without_its_credentials(url: str, shown: str | None) -> None:
    assert discretion.public(source(url)) == shown
    assert discretion.public(source(url, secret=True)) is None


def test_a_token_that_stands_in_the_config_is_kept_from_links_too() -> None:
    feed = Feed(
        links=(Link(href="https://a.example/f?token=0123456789", rel="self"),),
        entries=(
            Entry(
                id="https://a.example/f?token=0123456789#1",
                links=(Link(href="https://a.example/1"),),
                content='<a href="https://a.example/f?a=1&amp;token=0123456789">x</a>',
                enclosures=(Enclosure(url="https://a.example/1.mp3?token=0123456789"),),
            ),
        ),
    )
    kept = discretion.withheld(feed, source("https://a.example/f?token=0123456789"))

    assert "0123456789" not in repr(kept)
    assert kept.links == () and kept.entries[0].enclosures == ()
    assert kept.entries[0].links == (Link(href="https://a.example/1"),)
    assert discretion.withheld(feed, source("https://a.example/f")) is feed


@pytest.mark.parametrize(
    ("url", "error", "told"),
    [
        ("http://hush.example:9/x", "hush.example:9: HTTP 404 Not Found", "HTTP 404 Not Found"),
        ("http://u:p@hush.example/x?y", "hush.example: no answer", "no answer"),
        ("http://密.example/x", "xn--vct.example: no answer", "no answer"),
        ("http://10.9.8.7/", "refused: 10.9.8.7 is a private address", "is a private address"),
        ("file:///srv/hush.xml", "hush.xml: not a file", "not a file"),
    ],
)
def test_a_message_says_nothing_of_a_secret_address(url: str, error: str, told: str) -> None:
    said = discretion.told(FetchError(error), source(url, secret=True))

    assert said.endswith(told) and "its address" in said
    assert not any(x in said for x in ("hush", "xn--", "10.9"))


def test_a_path_is_told_as_it_was_written() -> None:
    there = source("file:///srv/feeds/news.xml", written="feeds/news.xml")

    assert discretion.told(FetchError("news.xml: not a file"), there) == (
        "feeds/news.xml: not a file"
    )


@pytest.mark.parametrize("written", ["{env: PRIV}", "'{url}'"])
def test_a_redirect_and_a_relative_link_publish_no_credentials(
    written: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def web(asked: object) -> Answer:
        if getattr(asked, "path", "").startswith("/old"):
            return Answer(302, {"Location": "/new?token=SEKRETSEKRET"})
        return Answer(body=rss(Item(id="1", link="#1", title="A story")))

    world = World(tmp_path)
    with serving(web) as server:
        url = server.url.replace("http://", "http://user:GEHEIM@") + "/old?token=SEKRETSEKRET"
        monkeypatch.setenv("PRIV", url)
        world.config(
            "site: {title: P, url: 'https://p.example/'}\nfetch: {allow_private: [127.0.0.0/8]}\n"
            f"sources: {{a: {{url: {written.replace('{url}', url)}}}, b: {{url: 'file:///x'}}}}\n"
        )
        assert world.run().new == 1

    body = world.path("all").read_bytes()
    assert b"SEKRET" not in body and b"GEHEIM" not in body
