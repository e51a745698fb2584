"""What Atom can say of a feed, it says: of the documents that we write, element by element."""

from dataclasses import replace
from datetime import UTC, datetime
from xml.etree import ElementTree

import pytest
from atom_rules import faults
from test_compose import FEEDS, LINK, A, made, stored, story
from world import ATOM

from aggregator.formats import atom, lenient, strict
from aggregator.model import (
    Category,
    Deleted,
    Enclosure,
    Entry,
    Extension,
    Feed,
    Link,
    Origin,
    Person,
    Response,
)

DAY = datetime(2026, 3, 1, 8, tzinfo=UTC)
MEDIA = "{http://search.yahoo.com/mrss/}"
THR = "{http://purl.org/syndication/thread/1.0}"
RSL = "{https://rslstandard.org/rsl}"
LANG = "{http://www.w3.org/XML/1998/namespace}lang"
ENTRY = Entry(id="urn:1", title="T", links=LINK, updated=DAY, authors=(Person(name="Ann"),))
FEED = Feed(id="urn:feed", title="F", updated=DAY, language="zh")


def of(name: str, text: str = "", *children: Extension, **attributes: str) -> Extension:
    return Extension(
        name=name, text=text, attributes=tuple(sorted(attributes.items())), children=children
    )


def root_of(feed: Feed) -> ElementTree.Element:
    body = atom.render(feed)
    assert faults(body) == []
    return ElementTree.fromstring(body)


def entry_of(entry: Entry) -> ElementTree.Element:
    found = root_of(replace(FEED, entries=(entry,))).find(f"{ATOM}entry")
    assert found is not None
    return found


# ── the document ─────────────────────────────────────────────────────────────


def test_withdrawn_entries_stand_before_the_first_entry() -> None:
    gone = (Deleted(ref="urn:gone", when=DAY), Deleted(ref="", when=DAY))
    root = root_of(replace(FEED, archive=True, deleted=gone, entries=(ENTRY,)))

    history, tombstone, entry = list(root)[-3:]
    assert history.tag == "{http://purl.org/syndication/history/1.0}archive"
    assert tombstone.tag == "{http://purl.org/atompub/tombstones/1.0}deleted-entry"
    assert tombstone.attrib == {"ref": "urn:gone", "when": "2026-03-01T08:00:00Z"}
    assert entry.tag == f"{ATOM}entry"


def test_the_links_of_history_and_of_hubs_have_their_types() -> None:
    rels = ("self", "hub", "current", "prev-archive", "next-archive")
    links = [Link(href=f"https://p.example/{rel}", rel=rel, type=atom.MEDIA_TYPE) for rel in rels]
    root = root_of(replace(FEED, links=(*links, Link(href="https://p.example/x", rel="key"))))

    assert [(x.get("rel"), x.get("type")) for x in root.findall(f"{ATOM}link")] == [
        (rel, atom.MEDIA_TYPE) for rel in rels
    ]


def test_a_style_sheet_is_an_instruction_for_browsers_and_no_link() -> None:
    style = Link(href='feed.css?a&"?>', rel="stylesheet")
    body = atom.render(replace(FEED, links=(style,)))

    instruction = body.splitlines()[1]
    assert instruction == b'<?xml-stylesheet type="text/css" href="feed.css?a&amp;&quot;?&gt;"?>'
    assert b"<link" not in body
    assert faults(body) == []


def test_the_namespaces_in_use_are_declared_once_under_their_usual_names() -> None:
    entry = replace(ENTRY, extensions=(of("media:thumbnail", url="https://a.example/t.png"),))
    body = atom.render(replace(FEED, entries=(entry, replace(entry, id="urn:2"))))

    assert body.count(b"xmlns:") == 1
    assert body.count(b'<media:thumbnail url="https://a.example/t.png"/>') == 2


# ── an entry ─────────────────────────────────────────────────────────────────


def test_replies_are_counted_and_dated() -> None:
    talk = Link(href="https://a.example/1#talk", rel="replies", count=0, updated=DAY)
    link = entry_of(replace(ENTRY, links=(*LINK, talk))).findall(f"{ATOM}link")[-1]

    assert link.get(f"{THR}count") == "0"
    assert link.get(f"{THR}updated") == "2026-03-01T08:00:00Z"


def test_a_file_is_enclosed_once_with_its_length() -> None:
    files = (
        Enclosure(url="https://a.example/a.mp3", type="audio/mpeg", length=0),
        Enclosure(url="https://a.example/a.mp3"),
        Enclosure(url="javascript:evil()", length=-1),
        Enclosure(url="https://a.example/b.mp3", length=-1),
    )
    links = entry_of(replace(ENTRY, enclosures=files)).findall(f"{ATOM}link")[1:]

    assert [(x.get("href"), x.get("length")) for x in links] == [
        ("https://a.example/a.mp3", "0"),
        ("https://a.example/b.mp3", None),
    ]


def test_what_a_source_says_besides_is_passed_on_as_it_was_nested() -> None:
    group = of(
        "media:group",
        "",
        of("media:content", "", of("media:player", url="https://a.example/p"), fileSize="9"),
        of("media:content", url="https://a.example/v.mp4"),
        of("media:title", "A &amp; B", type="html"),
        of("media:text", "<p>d</p>"),
    )
    found = entry_of(
        replace(ENTRY, extensions=(group, of("thr:in-reply-to", ref="urn:0"))),
    )

    assert [x.tag for x in found][-2:] == [f"{MEDIA}group", f"{THR}in-reply-to"]
    content, _, title, told = found.find(f"{MEDIA}group") or ()
    assert content.attrib == {"fileSize": "9"}
    assert content[0].get("url") == "https://a.example/p"
    assert (title.text, title.attrib) == ("A & B", {})
    assert (told.text, told.attrib) == ("<p>d</p>", {"type": "html"})


@pytest.mark.parametrize(
    "kept_back",
    [
        of("itunes:owner", "", of("itunes:email", "a@a.example")),
        of("itunes:new-feed-url", "https://b.example/feed"),
        of("itunes:summary", "in place of the text"),
        of("media:group", "", of("media:description", "in place of the text")),
        of("podcast:liveItem", "", of("title", "Live")),
        of("dc:unknown", "x"),
        of("title", "not Atom's"),
        of("media:", "x"),
        of("media:a b", "x"),
        of("media:thumbnail", url="javascript:evil()"),
        of("media:hash", "javascript:evil()"),
        of("media:group", "", of("title", "not Atom's")),
        of("media:thumbnail", url="/relative", time="0"),
        of("media:community", "", of("media:starRating", average="3")),
        of("itunes:season", "A"),
        of("itunes:image"),
    ],
)
def test_what_would_be_wrong_or_nobodys_business_is_not_passed_on(kept_back: Extension) -> None:
    last = list(entry_of(replace(ENTRY, extensions=(kept_back,))))[-1]
    assert last.tag.startswith(ATOM)


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        (of("media:content", url="https://a.example/v", fileSize="big", width="15"), {"url": "https://a.example/v", "width": "15"}),
        (of("media:text", "t", lang="klingon!"), {}),
        (of("media:text", "t", lang="zh_CN"), {"lang": "zh-CN"}),
        (of("thr:in-reply-to", ref="1", href="https://a.example/0"), {"ref": "https://a.example/0", "href": "https://a.example/0"}),
        (of("media:thumbnail", url="https://a.example/t", time="soon"), {"url": "https://a.example/t"}),
    ],
)  # fmt: skip
def test_an_attribute_that_is_not_what_it_has_to_be_is_left_out(
    said: Extension, kept: dict[str, str]
) -> None:
    assert list(entry_of(replace(ENTRY, extensions=(said,))))[-1].attrib == kept


def test_what_an_episode_has_once_is_passed_on_once() -> None:
    twice = (of("itunes:explicit", "true"), of("media:credit", "1"), of("itunes:explicit", "false"), of("media:credit", "2"))  # fmt: skip
    found = entry_of(replace(ENTRY, extensions=twice))
    assert [x.text for x in found if not x.tag.startswith(ATOM)] == ["true", "1", "2"]


def test_the_source_stands_behind_all_that_is_passed_on() -> None:
    found = entry_of(
        replace(ENTRY, extensions=(of("itunes:duration", "9"),), origin=Origin(id="urn:o", title="O", updated=DAY))
    )  # fmt: skip
    assert [x.tag.rpartition("}")[2] for x in found][-2:] == ["duration", "source"]


def test_nothing_that_is_passed_on_breaks_a_document() -> None:
    deep = of("media:group", "x")
    for _ in range(5_000):
        deep = of("media:group", "", deep)
    odd = of("media:credit", "a\x00\ud800\uffff\u202eb", role="\x0b", scheme="\x1b")
    many = of("media:group", "", *[of("media:hash", f"{n}") for n in range(5_000)])
    found = entry_of(replace(ENTRY, extensions=(deep, odd, many)))

    assert found.find(f"{MEDIA}credit").text == "a\u202eb"
    assert len(list(found.iter())) < 1_100


# ── its source ───────────────────────────────────────────────────────────────


def test_a_source_is_told_whole() -> None:
    origin = Origin(
        id="urn:o", title="O", updated=DAY, language="de",
        links=(Link(href="https://o.example/"), Link(href="https://o.example/feed", rel="self"),
               Link(href="https://o.example/licence", rel="license")),
        authors=(Person(name="Bo", email="b@o.example"),), rights="© O", subtitle="<b>s</b>",
        image="https://o.example/logo.png", generator="G", categories=(Category(term="t"),),
        extensions=(of("rsl:content", "", of("rsl:license", "", of("rsl:permits", "search")), url="https://o.example/"),),
    )  # fmt: skip
    source = entry_of(replace(ENTRY, language="en", origin=origin)).find(f"{ATOM}source")
    assert source is not None

    assert [x.tag.rpartition("}")[2] for x in source] == [
        "id", "title", "updated", "link", "link", "link", "author", "category", "generator",
        "logo", "rights", "subtitle", "content",
    ]  # fmt: skip
    assert source.get(LANG) == "de"
    assert source.find(f"{ATOM}subtitle").attrib == {"type": "html"}
    assert source.find(f"{RSL}content/{RSL}license/{RSL}permits").text == "search"


def test_what_a_feed_says_of_its_rights_goes_with_each_of_its_entries() -> None:
    feed = replace(
        FEEDS["a"],
        links=(*FEEDS["a"].links, Link(href="https://a.example/licence", rel="license")),
        extensions=(of("podcast:license", "cc-by"), of("itunes:owner", "x"), of("itunes:type", "episodic")),
    )  # fmt: skip
    found = made([story(stored(links=LINK))], feeds={"a": feed})
    source = root_of(found).find(f"{ATOM}entry/{ATOM}source")
    assert source is not None

    assert [x.get("rel") for x in source.findall(f"{ATOM}link")] == ["alternate", "self", "license"]
    assert source.findtext(f"{ATOM}rights") == "© A"
    (signal,) = [x for x in source if not x.tag.startswith(ATOM)]
    assert signal.text == "cc-by"


@pytest.mark.parametrize("policy", ["excerpt", "link"])
def test_an_excerpt_is_not_undone_by_what_is_passed_on(policy: str) -> None:
    told = (of("media:group", "", of("media:text", "the whole text"), of("media:keywords", "9")),)
    found = made(
        [story(stored(links=LINK, extensions=told))], sources={"a": replace(A, content=policy)}
    )
    body = atom.render(found)

    assert b"the whole text" not in body
    assert b"<media:keywords>9</media:keywords>" in body


def test_a_planet_that_reads_us_knows_whose_each_story_is() -> None:
    origin = Origin(
        id="urn:o", title="O", updated=DAY, language="de", rights="© O",
        links=(Link(href="https://o.example/", type="text/html"),),
        extensions=(of("rsl:content", "", of("rsl:license", server="x"), url="https://o.example/"),),
    )  # fmt: skip
    own = (of("podcast:license", "cc-by"),)
    body = atom.render(
        replace(FEED, entries=(replace(ENTRY, language="en", origin=origin, extensions=own),))
    )
    response = Response(url="https://p.example/x.atom", body=body)

    for read in (strict.parse(response), lenient.parse(response)):
        (entry,) = read.entries
        assert entry.origin == origin
        assert entry.extensions == own


def test_what_an_entry_says_of_its_own_feed_is_filled_in_from_that_feed() -> None:
    said = Origin(id="urn:feed:a", title="A, by itself", links=(Link(href="https://a.example/"),))
    feed = replace(
        FEEDS["a"],
        links=(*FEEDS["a"].links, Link(href="https://a.example/licence", rel="license")),
        extensions=(of("podcast:license", "cc-by"),),
    )
    found = made([story(stored(links=LINK, origin=said))], feeds={"a": feed})
    source = root_of(found).find(f"{ATOM}entry/{ATOM}source")
    assert source is not None

    assert [source.findtext(f"{ATOM}{name}") for name in ("title", "rights")] == ["A, by itself", "© A"]  # fmt: skip
    assert [x.get("rel") for x in source.findall(f"{ATOM}link")] == ["alternate", "self", "license"]
    assert source[-1].text == "cc-by"


def test_what_a_planet_says_of_its_rights_is_not_said_of_what_it_collects() -> None:
    true = Origin(id="urn:true", title="True", links=(Link(href="https://true.example/"),))
    planet = replace(FEEDS["a"], extensions=(of("podcast:license", "cc-by"),))
    found = made([story(stored(links=LINK, origin=true))], feeds={"a": planet})

    assert found.entries[0].origin.rights is None
    assert found.entries[0].origin.extensions == ()


def test_a_block_of_a_feed_is_heeded_behind_a_planet_that_passes_it_on() -> None:
    block = of("podcast:block", "yes", id="aggregator")
    origin = Origin(id="urn:o", title="O", updated=DAY, extensions=(block,))
    body = atom.render(replace(FEED, entries=(replace(ENTRY, origin=origin),)))

    for read in (strict.parse, lenient.parse):
        (entry,) = read(Response(url="https://p.example/x", body=body)).entries
        assert entry.blocked == "podcast:block of its source"
