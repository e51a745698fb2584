"""The formats' contract: what one writes, our reader reads back, as far as the format can say it;
the same feed gives the same bytes; and whatever a feed holds, its document is well-formed."""

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aggregator import syntax
from aggregator.formats import FORMATS, parse
from aggregator.model import (
    Category,
    Deleted,
    Enclosure,
    Entry,
    Extension,
    Feed,
    Hints,
    Link,
    Origin,
    Person,
    Response,
)
from aggregator.rules.clean import clean, clean_feed
from aggregator.text import ILLEGAL, plain

EXAMPLES = sorted((Path(__file__).parent.parent / "examples" / "feeds").iterdir())
DAY = datetime(2026, 3, 1, 8, tzinfo=UTC)
URL = "https://planet.example/x"
slowly = settings(max_examples=30, suppress_health_check=list(HealthCheck))

# ── feeds as they come out of `rules.clean` ──────────────────────────────────

TEXT = st.sampled_from(
    ["Bees", "a < b & c", "<b> and &amp; explained", "江海日报：第三期", "x]]>y", 'say "it"', "\u202eabc", "🙂é", "012"]
)  # fmt: skip
HTML = st.sampled_from(
    [
        "<p>One &amp; two</p>", "plain words", "5 &lt; 6", "<p>第一段。</p><p>第二段。</p>",
        '<p><a href="https://a.example/x?a=1&amp;b=2">l</a></p>', "<p>x]]&gt;y</p>", "&amp;lt;b&amp;gt;",
        '<p><img src="https://a.example/i.png" alt="i"></p>', "<pre>a\n  b</pre>",
    ]
)  # fmt: skip
MOMENTS = st.integers(0, 10**9).map(lambda s: DAY - timedelta(seconds=s))
PATHS = st.text("abcxyz中é-", min_size=1, max_size=6)
ADDRESSES = PATHS.map(lambda p: f"https://a.example/{p}")
LINKS = st.text("abcxyz-", min_size=1).map(lambda p: f"https://e.example/{p}")
LANGUAGES = st.sampled_from(["en", "zh-Hans", "de-AT"])
PEOPLE = st.builds(
    Person,
    name=st.sampled_from(["Ann Lee", "李雷", "O'Neil & Co"]),
    email=st.none() | st.just("ann@a.example"),
    url=st.none() | ADDRESSES,
)
CATEGORIES = st.builds(
    Category,
    term=st.sampled_from(["bees", "技术", "c++ & c", "a/b"]),
    scheme=st.none() | st.just("https://a.example/tags"),
)
ENCLOSURES = st.builds(
    Enclosure,
    url=PATHS.map(lambda p: f"https://f.example/{p}.mp3"),
    type=st.just("audio/mpeg"),
    length=st.integers(1, 10**9),
)
SIGNALS = st.sampled_from(
    [
        Extension(name="podcast:license", text="cc-by-nd"),
        Extension(
            name="rsl:content",
            attributes=(("url", "https://a.example/"),),
            children=(
                Extension(
                    name="rsl:license",
                    children=(Extension(name="rsl:permits", text="search", attributes=(("type", "usage"),)),),
                ),
            ),
        ),
    ]
)  # fmt: skip
TOLD = SIGNALS | st.sampled_from(
    [
        Extension(name="itunes:duration", text="1:02"),
        Extension(name="media:title", text="Another title"),
        Extension(name="thr:in-reply-to", attributes=(("href", "https://a.example/0"), ("ref", "urn:0"))),
        Extension(name="media:thumbnail", attributes=(("url", "https://a.example/t.png"),)),
    ]
)  # fmt: skip


def some(of: st.SearchStrategy, key: Callable[[object], object] = repr) -> st.SearchStrategy:
    return st.lists(of, max_size=3, unique_by=key).map(tuple)


def links(*rels: str) -> st.SearchStrategy:
    title = st.none() | st.just("Elsewhere & more")
    made = st.builds(Link, href=ADDRESSES, rel=st.sampled_from(rels), title=title)
    return some(made, lambda x: x.href)


def _licensed(kept: tuple[Extension, ...]) -> str | None:
    """What our reader takes for the rights of what names none."""
    return next((x.text for x in kept if x.name == "podcast:license"), None)


ORIGINS = st.builds(
    Origin,
    id=st.just("urn:o"),
    title=TEXT,
    updated=MOMENTS,
    links=st.just((Link(href="https://o.example/"), Link(href="https://o.example/feed", rel="self"))),
    authors=some(PEOPLE, lambda p: p.name),
    rights=st.none() | st.just("© O & Co"),
    language=st.none() | LANGUAGES,
    extensions=some(SIGNALS),
).map(lambda x: replace(x, rights=x.rights or _licensed(x.extensions)))  # fmt: skip


@st.composite
def entries(draw: st.DrawFn) -> Entry:
    html = {"content": draw(HTML), "summary": draw(st.none() | st.just("short &amp; plain"))}
    kept = draw(some(TOLD))
    return Entry(
        **html,
        id=draw(st.sampled_from(["urn:x:", "https://a.example/id-", "tag:a.example,2026:中"]))
        + draw(PATHS),
        title=draw(TEXT),
        links=(Link(href=draw(LINKS)), *draw(links("via", "related", "license"))),
        published=draw(MOMENTS),
        updated=draw(MOMENTS),
        authors=draw(some(PEOPLE, lambda p: p.name).filter(bool)),
        categories=draw(some(CATEGORIES, lambda c: c.term)),
        enclosures=draw(some(ENCLOSURES, lambda e: e.url)),
        language=draw(LANGUAGES),
        rights=draw(st.none() | st.just("© A & B")) or _licensed(kept),
        comments=draw(st.none() | st.just("https://a.example/talk")),
        origin=draw(ORIGINS),
        extensions=kept,
    )  # fmt: skip


FEEDS = st.builds(
    Feed,
    id=st.just("tag:planet.example,2026:x"),
    title=TEXT,
    updated=st.just(DAY),
    language=LANGUAGES,
    links=st.just(
        (
            Link(href=URL, rel="self"),
            Link(href="https://planet.example/"),
            Link(href="https://hub.example/", rel="hub"),
            Link(href="https://planet.example/2", rel="prev-archive"),
        )
    ),
    authors=st.just((Person(name="Editors"),)),
    archive=st.booleans(),
    deleted=some(st.builds(Deleted, ref=PATHS, when=MOMENTS)),
    entries=some(entries(), lambda e: e.id),
)


# ── what each format can say ─────────────────────────────────────────────────


def hrefs(found: Entry | Origin | Feed, *rels: str) -> list[tuple[str, str]]:
    return sorted((x.rel, x.href) for x in found.links if x.rel in rels)


def by_all(e: Entry) -> dict[str, object]:
    """What every format can say of an entry."""
    assert e.origin is not None
    return {
        "id": e.id,
        "title": e.title,
        "link": e.link,
        "published": e.published and e.published.replace(microsecond=0),
        "html": e.html,
        "names": [p.name for p in e.authors],
        "categories": sorted(c.term for c in e.categories),
        "schemes": sorted({c.scheme for c in e.categories if c.scheme}),
        "language": e.language,
        "links": hrefs(e, "via", "related"),
        "origin": e.origin.title or e.origin.url,
        "feed": hrefs(e.origin, "self")[:1],
    }


def by_atom(e: Entry) -> dict[str, object]:
    talk = [x for x in e.links if x.rel == "replies"]
    return by_all(e) | {
        "texts": (e.summary, e.content),
        "authors": e.authors,
        "updated": e.updated and e.updated.replace(microsecond=0),
        "enclosures": e.enclosures,
        "rights": e.rights,
        "licences": hrefs(e, "license"),
        "talk": talk and talk[0].href,
        "source": replace(e.origin, links=(), language=e.origin.language or e.language),
        "source's": e.origin and hrefs(e.origin, "alternate", "self", "license"),
        "extensions": e.extensions,
    }


def by_json(e: Entry) -> dict[str, object]:
    found = by_atom(e)
    signals = [x for x in e.extensions if x.name[:3] in ("rsl", "pod")]
    people = [replace(p, email=None if p.url else p.email) for p in e.authors]
    source = replace(e.origin, links=(), authors=())
    return found | {
        "texts": e.content,
        "authors": people,
        "talk": e.comments,
        "source": source,
        "extensions": signals,
    }  # fmt: skip


def by_rss(e: Entry) -> dict[str, object]:
    """An author has a name, or one has a mailbox; of the files one; rights are the entry's or its
    source's. A title is plain, but who reads it takes what looks like markup for markup."""
    origin = e.origin or Origin()
    return by_all(e) | {
        "title": plain(e.title),
        "texts": e.summary if e.summary and e.content else None,
        "enclosures": e.enclosures[:1],
        "rights": e.rights or origin.rights,
        "licences": hrefs(e, "license") or hrefs(origin, "license"),
        "talk": e.comments,
    }


CAN_SAY = {"atom": by_atom, "rss": by_rss, "json": by_json}


def read(name: str, body: bytes) -> Feed:
    kind = FORMATS[name].media_type
    return parse(Response(url=URL, headers={"content-type": kind}, body=body))


def back(name: str, feed: Feed) -> tuple[Feed, list[dict[str, object]]]:
    found = read(name, FORMATS[name].render(feed))
    assert found.problems == ()
    return clean_feed(found), [CAN_SAY[name](clean(e)) for e in found.entries]


# ── the contract ─────────────────────────────────────────────────────────────


@slowly
@given(FEEDS, st.sampled_from(sorted(CAN_SAY)))
def test_what_a_format_writes_our_reader_reads_back(feed: Feed, name: str) -> None:
    head, found = back(name, feed)

    assert found == [CAN_SAY[name](e) for e in feed.entries]
    assert plain(head.title) == plain(feed.title)
    assert (head.language, head.link) == (feed.language, feed.link)
    assert hrefs(head, "self", "hub") == hrefs(feed, "self", "hub")


@pytest.mark.parametrize("name", sorted(CAN_SAY))
@pytest.mark.parametrize("path", EXAMPLES, ids=lambda p: p.name)
def test_a_feed_in_the_field_comes_through_every_format(path: Path, name: str) -> None:
    given = parse(Response(url="https://o.example/feed", body=path.read_bytes()))
    told = [_published(clean(e), n) for n, e in enumerate(given.entries)]
    feed = replace(clean_feed(given), id="urn:f", updated=DAY, links=(), entries=tuple(told))

    _, found = back(name, feed)

    for one, other in zip(found, map(CAN_SAY[name], told), strict=True):
        for key in ("id", "title", "link", "published", "html", "names", "categories", "language"):
            assert one[key] == other[key], key


def _published(entry: Entry, number: int) -> Entry:
    """As `compose` would have it: with an id that is one, a title, an author, a source."""
    return replace(
        entry,
        id=syntax.iri(entry.id) or f"urn:x:{number}",
        title=entry.title or "Untitled",
        published=entry.published or entry.updated,
        authors=entry.authors or (Person(name="Somebody"),),
        links=tuple(x for x in entry.links if x.rel == "alternate"),
        language=entry.language or "und",
        origin=entry.origin or Origin(id="urn:o", title="O", updated=DAY),
    )


# ── whatever a feed holds ────────────────────────────────────────────────────

ODD = st.sampled_from(
    [
        *("", " ", "\x00", "a\x0bb", "\ud800", "\udfff\ud800", "\uffff", "\x85", "\x1b[31m", "\u202e", "]]>"),
        *("<script>alert(1)</script>", "</title><x>", "<![CDATA[", "-->", "&", "&#0;", "<", '"', "?>"),
        *("javascript:evil()", "http://[bad/", "//a", "http:", "https://a.example/ b|c\n", "urn:x", "x" * 300),
        *("media:a b", "itunes:", "rsl:x", "media:content", ":", "xmlns:x", "zh_CN", "a@b", "text/html;q", "-1"),
    ]
)  # fmt: skip
MAYBE = st.none() | ODD
ODD_DATES = st.none() | st.datetimes(timezones=st.just(UTC))
ODD_PEOPLE = st.builds(Person, name=ODD, email=MAYBE, url=MAYBE)
ODD_CATEGORIES = st.builds(Category, term=ODD, scheme=MAYBE, label=MAYBE)
ODD_RELS = ODD | st.sampled_from(
    ["self", "alternate", "via", "replies", "license", "hub", "stylesheet"]
)
ODD_LINKS = st.builds(
    Link, href=ODD, rel=ODD_RELS, type=MAYBE, hreflang=MAYBE, title=MAYBE,
    count=st.none() | st.integers(), updated=ODD_DATES,
)  # fmt: skip
NAMES = ODD | st.sampled_from(["media:group", "media:description", "rsl:content", "podcast:person"])
ODD_EXTENSIONS = st.recursive(
    st.builds(Extension, name=NAMES, text=ODD, attributes=some(st.tuples(ODD, ODD))),
    lambda inner: st.builds(Extension, name=NAMES, attributes=some(st.tuples(ODD, ODD)), children=some(inner)),
    max_leaves=4,
)  # fmt: skip
ODD_ORIGINS = st.builds(
    Origin, id=MAYBE, title=ODD, updated=ODD_DATES, links=some(ODD_LINKS), authors=some(ODD_PEOPLE),
    rights=MAYBE, subtitle=MAYBE, image=MAYBE, generator=MAYBE, categories=some(ODD_CATEGORIES),
    language=MAYBE, extensions=some(ODD_EXTENSIONS),
)  # fmt: skip
ODD_ENTRIES = st.builds(
    Entry, id=ODD.map(lambda x: "urn:x:" + x), title=ODD, links=some(ODD_LINKS), published=ODD_DATES,
    updated=ODD_DATES, authors=some(ODD_PEOPLE), summary=MAYBE, content=MAYBE,
    categories=some(ODD_CATEGORIES), language=MAYBE, rights=MAYBE, comments=MAYBE,
    enclosures=some(st.builds(Enclosure, url=ODD, type=MAYBE, length=st.none() | st.integers())),
    origin=st.none() | ODD_ORIGINS, extensions=some(ODD_EXTENSIONS),
)  # fmt: skip
_ODD_FEEDS = st.builds(
    Feed, id=ODD.map(lambda x: "urn:f:" + x), title=ODD, subtitle=MAYBE, language=MAYBE,
    updated=st.datetimes(timezones=st.just(UTC)), published=ODD_DATES, links=some(ODD_LINKS),
    authors=some(ODD_PEOPLE), rights=MAYBE, image=MAYBE, categories=some(ODD_CATEGORIES),
    hints=st.builds(Hints, ttl=st.none() | st.timedeltas()), entries=some(ODD_ENTRIES),
    extensions=some(ODD_EXTENSIONS), archive=st.booleans(),
    deleted=some(st.builds(Deleted, ref=ODD, when=st.datetimes(timezones=st.just(UTC)))),
)  # fmt: skip
ODD_FEEDS = st.deferred(lambda: _ODD_FEEDS)  # its words are too many to be told


@slowly
@given(ODD_FEEDS, st.sampled_from(sorted(CAN_SAY)))
def test_whatever_a_feed_holds_its_document_is_well_formed(feed: Feed, name: str) -> None:
    body = FORMATS[name].render(feed)

    assert body == FORMATS[name].render(feed)
    text = body.decode()
    assert not ILLEGAL.search(text)
    if name == "json":
        assert len(json.loads(text)["items"]) == len(feed.entries)
    else:
        root = ElementTree.fromstring(body)
        kind = {"atom": "{http://www.w3.org/2005/Atom}entry", "rss": "item"}[name]
        assert len(list(root.iter(kind))) == len(feed.entries)


@pytest.mark.parametrize("name", ["atom", "rss"])
@pytest.mark.parametrize("texts", [{"content": "c"}, {"summary": "s"}, {"content": "c", "summary": "s"}])  # fmt: skip
def test_readers_that_use_feedparser_show_the_entrys_own_words(
    name: str, texts: dict[str, str]
) -> None:
    said = ("media:title", "media:description", "media:text", "itunes:title", "itunes:summary", "itunes:subtitle", "itunes:author")  # fmt: skip
    told = tuple(Extension(name=x, text="another") for x in said)
    told += (Extension(name="media:group", children=told[:2]),)
    entry = Entry(
        **texts, id="urn:1", title="T", published=DAY, updated=DAY, extensions=told, authors=(Person(name="Ann"),),
        links=(Link(href="https://a.example/1"),), origin=Origin(id="urn:o", title="O", updated=DAY),
    )  # fmt: skip
    feed = Feed(id="urn:f", title="F", updated=DAY, entries=(entry,))

    # In a process of its own: ours has mended it.
    code = "import feedparser, json, sys; print(json.dumps(feedparser.parse(sys.stdin.buffer.read()).entries[0]))"
    done = subprocess.run([sys.executable, "-c", code], input=FORMATS[name].render(feed), capture_output=True, check=True)  # fmt: skip
    found = json.loads(done.stdout)

    assert (found["title"], found["author"]) == ("T", "Ann")
    shown = found["content"][0]["value"] if "content" in found else found["summary"]
    assert shown == (texts.get("content") or texts["summary"])
    if len(texts) == 2:
        assert found["summary"] == "s"


@pytest.mark.parametrize("name", sorted(CAN_SAY))
def test_a_megabyte_of_text_is_written_and_read(name: str) -> None:
    entry = Entry(
        id="urn:1", title="T", content="<p>字 &amp; words</p>" * 50_000, updated=DAY, published=DAY,
        links=(Link(href="https://a.example/1"),), authors=(Person(name="Ann"),), language="zh",
        origin=Origin(title="O"),
    )  # fmt: skip
    feed = Feed(id="urn:f", title="F", updated=DAY, entries=(entry,))

    found = read(name, FORMATS[name].render(feed))

    assert found.entries[0].html == entry.html


@pytest.mark.parametrize("name", sorted(CAN_SAY))
def test_chinese_is_written_as_it_is(name: str) -> None:
    feed = Feed(id="urn:f", title="江海日报", updated=DAY)

    assert "江海日报".encode() in FORMATS[name].render(feed)
