from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree

import pytest
from atom_rules import faults
from hypothesis import given
from hypothesis import strategies as st
from world import ATOM, hrefs, text

from aggregator import compose, syntax
from aggregator.compose import Site, document, feed_id, slug_of
from aggregator.formats import FORMATS, atom, lenient
from aggregator.layout import Around, Layout
from aggregator.model import (
    Category,
    Enclosure,
    Entry,
    Feed,
    Keys,
    Link,
    Origin,
    Output,
    Person,
    Response,
    Source,
    StoredEntry,
    Story,
)
from aggregator.rules.clean import clean, clean_feed

DAY = datetime(2026, 3, 1, 8, 0, 0, 999, tzinfo=UTC)
SITE = Site(
    id="tag:planet.example,2026:p",
    url="https://planet.example/",
    title="行星",
    author=Person(name="Editors"),
    language="zh-Hans",
)
A = Source(id="a", url="https://a.example/feed", categories=("x",), content="full")
FEEDS = {
    "a": Feed(
        id="urn:feed:a",
        title="Paper A",
        links=(Link(href="https://a.example/"), Link(href="https://a.example/feed", rel="self")),
        rights="© A",
    )
}


def stored(key: int = 1, source: str = "a", **fields: object) -> StoredEntry:
    entry = Entry(**{"title": "T", "content": "<p>c</p>", **fields})
    keys = Keys(
        source_entry_id=f"{key}", global_id=None, url_key=entry.link, title_key=None, digest=b""
    )
    return StoredEntry(
        key=key, source=source, cluster=1, keys=keys, title=entry.title, first_seen=DAY,
        published=DAY, stated=True, updated=DAY, feed_updated=DAY, outputs=("x",), entry=entry,
    )  # fmt: skip


def story(*sightings: StoredEntry, id: str = "urn:story:1", leader: int = 1) -> Story:
    return Story(cluster=1, id=id, leader=leader, published=DAY, sightings=sightings)


X = Output(name="x", slug="x", title="X")
LAYOUT = Layout(site=SITE.url, formats=FORMATS)


def made(
    stories: Iterable[Story],
    *,
    output: Output = X,
    sources: Mapping[str, Source] | None = None,
    feeds: Mapping[str, Feed] | None = None,
    **more: object,
) -> Feed:
    """The current document of an output, as `publish` makes it."""
    sources = {"a": A} if sources is None else sources
    entries = [
        compose.entry(s, site=SITE, sources=sources, feeds=FEEDS if feeds is None else feeds)
        for s in stories
    ]
    feed = document(output, entries, site=SITE, **more)
    return replace(feed, links=LAYOUT.links(output.slug, "atom", Around()))


def written(*stories: Story, sources: dict[str, Source] | None = None) -> ElementTree.Element:
    feed = made(stories, sources=sources)
    body = atom.render(feed)
    assert faults(body) == []
    return ElementTree.fromstring(body)


def entry_of(*sightings: StoredEntry, **more: object) -> ElementTree.Element:
    (found,) = written(story(*sightings), **more).findall(f"{ATOM}entry")
    return found


LINK = (Link(href="https://a.example/1"),)


def test_a_document_tells_who_publishes_it_and_where() -> None:
    root = written(story(stored(links=LINK)))

    assert text(root, "id") == "tag:planet.example,2026:p:x"
    assert text(root, "title") == "行星 · X"
    assert text(root, "updated") == "2026-03-01T08:00:00Z"
    assert hrefs(root, "self") == ["https://planet.example/x.atom"]
    assert root.get("{http://www.w3.org/XML/1998/namespace}lang") == "zh-Hans"


def test_an_entry_keeps_everything_that_its_source_said() -> None:
    found = entry_of(
        stored(
            links=(*LINK, Link(href="https://a.example/1#talk", rel="replies"), Link(href="https://r.example/", rel="related")),
            authors=(Person(name="Ann", email="a@a.example", url="https://a.example/ann"),),
            summary="short",
            content="<p>long</p>",
            categories=(Category(term="bees", scheme="https://a.example/tags", label="Bees"),),
            enclosures=(Enclosure(url="https://a.example/a.mp3", type="audio/mpeg", length=7),),
            language="en",
            rights="CC BY",
        )
    )  # fmt: skip

    assert hrefs(found, "alternate") == ["https://a.example/1"]
    assert hrefs(found, "replies") == ["https://a.example/1#talk"]
    assert hrefs(found, "related") == ["https://r.example/"]
    (enclosure,) = [x for x in found.findall(f"{ATOM}link") if x.get("rel") == "enclosure"]
    assert enclosure.attrib == {
        "rel": "enclosure", "href": "https://a.example/a.mp3", "type": "audio/mpeg", "length": "7",
    }  # fmt: skip
    assert [text(found, n) for n in ("summary", "content", "rights")] == [
        "short",
        "<p>long</p>",
        "CC BY",
    ]
    author = found.find(f"{ATOM}author")
    assert [text(author, n) for n in ("name", "email", "uri")] == [
        "Ann",
        "a@a.example",
        "https://a.example/ann",
    ]
    assert [c.attrib for c in found.findall(f"{ATOM}category")] == [
        {"term": "x"},
        {"term": "bees", "scheme": "https://a.example/tags", "label": "Bees"},
    ]
    assert found.get("{http://www.w3.org/XML/1998/namespace}lang") == "en"


def test_the_first_link_is_the_alternate_and_the_last_element_the_source() -> None:
    found = entry_of(stored(links=LINK))

    assert found.find(f"{ATOM}link").get("rel") == "alternate"
    source = list(found)[-1]
    assert source.tag == f"{ATOM}source"
    assert [text(source, n) for n in ("id", "title", "updated", "rights")] == [
        "urn:feed:a", "Paper A", "2026-03-01T08:00:00Z", "© A",
    ]  # fmt: skip
    assert hrefs(source, "self") == ["https://a.example/feed"]


def test_an_entry_without_an_author_has_its_source_for_one() -> None:
    assert text(entry_of(stored(links=LINK)).find(f"{ATOM}author"), "name") == "Paper A"


def test_what_an_upstream_planet_said_of_the_origin_stays() -> None:
    origin = Origin(
        id="urn:true", title="The true paper", links=(Link(href="https://true.example/"),)
    )
    source = entry_of(stored(links=LINK, origin=origin)).find(f"{ATOM}source")
    assert [text(source, n) for n in ("id", "title")] == ["urn:true", "The true paper"]


def test_other_sightings_are_via_and_name_their_source() -> None:
    b = stored(2, "b", links=(Link(href="https://b.example/copy"),))
    found = entry_of(stored(links=LINK), b)
    (via,) = [x for x in found.findall(f"{ATOM}link") if x.get("rel") == "via"]
    assert (via.get("href"), via.get("title")) == ("https://b.example/copy", "b")


@pytest.mark.parametrize("order", [(1, 2, 3), (3, 1, 2), (2, 3, 1)])
def test_the_order_of_sightings_does_not_show(order: tuple[int, ...]) -> None:
    sightings = {
        n: stored(n, f"s{n}", links=(Link(href=f"https://s{n}.example/"),), categories=(Category(term=f"t{n}"),))
        for n in (1, 2, 3)
    }  # fmt: skip
    whole = made([story(*(sightings[n] for n in order))], sources={}, feeds={})
    assert [x.href for x in whole.entries[0].links] == [
        "https://s1.example/", "https://s2.example/", "https://s3.example/",
    ]  # fmt: skip
    assert [c.term for c in whole.entries[0].categories] == ["x", "t1", "t2", "t3"]


@pytest.mark.parametrize(
    "fields",
    [
        {"content": None, "summary": None},
        {"content": None, "summary": None, "title": ""},
        {"content": None, "summary": "only a summary", "links": LINK},
        {"content": None, "summary": None, "links": LINK},
        {"title": "", "links": LINK},
        {"title": "<not> & markup", "links": LINK},
        {"authors": (Person(email="x@x.example"),), "links": LINK},
        {"origin": Origin(title="Only a title"), "links": LINK},
        {"links": (Link(href="https://a.example/中文?q=é&b=c"),)},
        {"categories": (Category(term="x"), Category(term="x", label="again")), "links": LINK},
    ],
)
def test_the_poorest_entry_is_still_valid(fields: dict[str, object]) -> None:
    entry_of(stored(**fields))
    entry_of(stored(**fields), sources={})


def test_an_empty_document_is_valid_and_does_not_tell_the_time() -> None:
    assert text(written(), "updated") == "1970-01-01T00:00:00Z"


@pytest.mark.parametrize(("before", "now"), [(-1, 0), (0, 0), (1, 1)])
def test_a_document_is_never_older_than_the_one_before_it(before: int, now: int) -> None:
    output = Output(name="x", slug="x", title="X")
    known = DAY + timedelta(days=before)
    for stories, expected in (([story(stored())], DAY + timedelta(days=now)), ([], known)):
        shown = made(stories, output=output, sources={}, feeds={}, updated=known)
        assert shown.updated == expected


def test_an_untitled_entry_is_titled_by_its_first_words() -> None:
    found = entry_of(stored(title="", content="<p>一条没有标题的消息。</p>", links=LINK))
    assert text(found, "title") == "一条没有标题的消息。"


def test_what_atom_writes_the_reader_reads_back() -> None:
    one = stored(links=LINK, summary="s", authors=(Person(name="Ann"),), language="en",
                 enclosures=(Enclosure(url="https://a.example/a.mp3", type="audio/mpeg", length=7),))  # fmt: skip
    feed = made([story(one)])

    (back,) = lenient.parse(
        Response(url="https://planet.example/x.atom", body=atom.render(feed))
    ).entries

    (sent,) = feed.entries
    for name in ("id", "title", "authors", "summary", "content", "enclosures", "language"):
        assert getattr(back, name) == getattr(sent, name), name
    assert back.published == sent.published.replace(microsecond=0)
    assert {c.term for c in back.categories} == {c.term for c in sent.categories}
    assert back.origin.id == "urn:feed:a"


# ── names ──────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("财经", "财经"),
        ("World News", "world-news"),
        ("C++", "c"),
        ("anxinguojizhengquan(xianggang)", "anxinguojizhengquan-xianggang"),
        ("21shijijingjibaodao 21caijingAPP", "21shijijingjibaodao-21caijingapp"),
        ("../../etc/passwd", "etc-passwd"),
        ("..", None),
        ("", None),
        ("🐝", None),
        ("all", "all-2"),
        ("Index", "index-2"),
        ("ＴＥＣＨ", "tech"),
        ("हिन्दी समाचार", "हिन्दी-समाचार"),
        ("a\x00/b\\c:d", "a-b-c-d"),
        ("字" * 300, None),
    ],
)
def test_a_slug_keeps_letters_of_every_script_and_never_leaves_the_folder(
    name: str, slug: str | None
) -> None:
    made = slug_of(name, ())
    assert slug is None or made == slug
    assert made and "/" not in made and not made.startswith(".")
    assert len(f".{made}.atom.tmp".encode()) <= 255


@given(st.text(), st.sets(st.text()))
def test_any_name_gives_a_file_name_of_its_own(name: str, taken: set[str]) -> None:
    made = slug_of(name, taken)
    assert made not in taken and made not in compose.RESERVED
    assert not set(made) & set('/\\\0.:*?"<>| ')


@pytest.mark.parametrize(
    ("site", "slug", "made"),
    [
        ("tag:x.example,2026:p", "tech", "tag:x.example,2026:p:tech"),
        ("tag:x.example,2026:p", "技术", "tag:x.example,2026:p:%E6%8A%80%E6%9C%AF"),
        ("https://x.example/", "tech", "https://x.example/tech"),
        ("https://x.example/p", "tech", "https://x.example/p/tech"),
    ],
)
def test_the_id_of_an_output_stands_below_the_sites(site: str, slug: str, made: str) -> None:
    assert feed_id(site, slug) == made


def test_documents_are_sorted_by_date_then_id() -> None:
    days = [replace(story(stored(n, links=LINK), id=f"urn:{n}", leader=n), published=DAY + timedelta(days=n % 2)) for n in (1, 2, 3)]  # fmt: skip
    root = written(*days)
    assert [text(e, "id") for e in root.findall(f"{ATOM}entry")] == ["urn:3", "urn:1", "urn:2"]


# ── whatever a source says ───────────────────────────────────────────────────

# Each of these has been seen in some attribute or other, and none may get into every other.
ODD = (
    *("", "foo", "zh_CN", "de_AT", "en-", "text/html; charset=utf-8", "IMAGE/PNG", "a/b/c", "/", "é/ü"),
    *("http://a.example/{x}|y", "http://a.example/ b", "http://a.example/100%", "https://[bad/"),
    *("http://a.example/#a#b", "http:", "http:///x", "//a.example/b", "?q", "100%", "#a", "a: b"),
    *("a@b", "@", "-1", "1e9", "&#10;", "&#x85;", "中文", "http://例え.example/中?x=é", "urn:", "urn:x"),
    *("tag:a,2020:x y", "javascript:1", "self", "alternate", "related", "via", "license", "<b>x</b>"),
)  # fmt: skip
ODDS = st.sampled_from([x.replace("<", "&lt;") for x in ODD])


@st.composite
def element(draw: st.DrawFn, name: str, *attributes: str, inner: str = "") -> str:
    """An element, or none, with some of its attributes, each of them odd."""
    if draw(st.booleans()):
        return ""
    given = "".join(f' {a}="{draw(ODDS)}"' for a in attributes if draw(st.booleans()))
    return f"<{name}{given}>{inner or draw(ODDS)}</{name}>"


@st.composite
def about(draw: st.DrawFn) -> str:
    """What a feed, an entry and a source may all have."""
    person = draw(element("name")) + draw(element("email")) + draw(element("uri"))
    links = [
        draw(element("link", "href", "rel", "type", "hreflang", "title", "length")) for _ in "123"
    ]
    return "".join((
        *links, draw(element("id")), draw(element("title", "type", "xml:lang")),
        draw(element("author", inner=person)), draw(element("rights", "type")),
        draw(element("category", "term", "scheme", "label")), draw(element("logo")),
    ))  # fmt: skip


@st.composite
def odd_feed(draw: st.DrawFn) -> str:
    source = draw(element("source", inner=draw(about())))
    content = draw(element("content", "type", "src", "xml:base")) + draw(element("summary", "type"))
    entry = f'<entry xml:lang="{draw(ODDS)}">{draw(about())}{content}{source}</entry>'
    return f'<feed xmlns="http://www.w3.org/2005/Atom">{draw(about())}{entry}</feed>'


@given(odd_feed())
def test_whatever_a_source_says_the_document_is_valid(said: str) -> None:
    feed = lenient.parse(Response(url="https://a.example/feed", body=said.encode()))
    (entry,) = (clean(e) for e in feed.entries)
    body = atom.render(made([story(_sighting(entry))], feeds={"a": clean_feed(feed)}))

    assert [f for f in faults(body) if "\\x85" not in f] == []  # NEL: unwise, and allowed


def _sighting(entry: Entry) -> StoredEntry:
    return replace(stored(), entry=entry, title=entry.title)


@pytest.mark.parametrize(
    ("said", "written_as"),
    [
        ("https://a.example/中?x=é#b", "https://a.example/中?x=é#b"),
        ("https://a.example/a b|c", "https://a.example/a%20b%7Cc"),
        ("https://a.example/100%", "https://a.example/100%25"),
        ("https://a.example/#a#b", "https://a.example/#a%23b"),
        ("tag:a.example,2020:\x00x", "tag:a.example,2020:x"),
        ("mailto:a@a.example", "mailto:a@a.example"),
        ("https://[bad/", None),
        ("http:/only", None),
        ("a title: and more", None),
        ("java\x01script:evil()", None),
        ("DATA:text/html,x", None),
        ("", None),
    ],
)
def test_an_address_is_written_as_it_is_or_escaped_or_not_at_all(
    said: str, written_as: str | None
) -> None:
    assert syntax.iri(said) == written_as


def test_links_lose_types_and_languages_that_are_none() -> None:
    links = (
        Link(href="https://a.example/1"),
        Link(href="https://r.example/", rel="related", type="foo", hreflang="zh_CN"),
        Link(href="https://s.example/", rel="related", type="Text/HTML; charset=x", hreflang="de-"),
    )
    origin = Origin(
        id="urn:o",
        title="O",
        links=(
            Link(href="https://o.example/", type="q"),
            Link(href="https://p.example/", type="/"),
            Link(href="https://o.example/feed", rel="self", hreflang="de_AT"),
        ),
    )
    found = entry_of(stored(links=links, origin=origin))

    assert [dict(x.attrib) for x in found.findall(f"{ATOM}link")[1:]] == [
        {"rel": "related", "href": "https://r.example/", "hreflang": "zh-CN"},
        {"rel": "related", "href": "https://s.example/", "type": "text/html"},
    ]
    assert [dict(x.attrib) for x in found.find(f"{ATOM}source").findall(f"{ATOM}link")] == [
        {"rel": "alternate", "href": "https://o.example/"},
        {"rel": "self", "href": "https://o.example/feed", "hreflang": "de-AT"},
    ]


def test_what_the_store_has_from_before_is_written_without_what_xml_cannot_hold() -> None:
    found = entry_of(
        stored(
            title="T\x0b",
            content="<p>vertical\x0btab\ufffe</p>",
            summary="\x08s",
            categories=(Category(term="b\x1f"),),
            rights="r\uffff",
            authors=(Person(name="A\x00nn"),),
        )
    )

    assert text(found, "title") == "T"
    assert text(found, "content") == "<p>verticaltab</p>"
    assert [text(found, n) for n in ("summary", "rights")] == ["s", "r"]
