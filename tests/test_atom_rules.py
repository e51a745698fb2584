"""The checker of our documents: silent about a good one, and each fault is caught by name."""

import pytest
from atom_rules import faults

GOOD = """<?xml version="1.0" encoding="utf-8"?>
<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="zh-Hans">
  <id>tag:example.org,2026:all</id>
  <title>港口报 &amp; Co</title>
  <updated>2026-01-02T03:04:05Z</updated>
  <link rel="self" href="https://example.org/%E6%B8%AF.atom" type="application/atom+xml"/>
  <entry xml:lang="en">
    <id>https://example.org/港口?a=1#b</id>
    <title>Night boats</title>
    <updated>2026-01-02T03:04:05Z</updated>
    <link rel="alternate" href="https://example.org/1"/>
    <link rel="alternate" href="https://example.org/1.zh" hreflang="zh"/>
    <link rel="enclosure" href="https://example.org/1.mp3" type="audio/mpeg" length="12"/>
    <author><name>林</name><email>lin@example.org</email></author>
    <category term="boats" scheme="https://example.org/tags"/>
    <content type="html">&lt;p&gt;Tonight.&lt;/p&gt;</content>
    <source>
      <id>tag:example.org,2026:paper</id>
      <title>Paper</title>
      <updated>2026-01-02T03:04:05Z</updated>
    </source>
  </entry>
</feed>
"""
AUTHOR = "<author><name>林</name><email>lin@example.org</email></author>"
CONTENT = '<content type="html">&lt;p&gt;Tonight.&lt;/p&gt;</content>'
LINK = '<link rel="alternate" href="https://example.org/1"/>'
PAPER = "<id>tag:example.org,2026:paper</id>"
TITLE = "<title>Night boats</title>"


def test_a_good_document_has_no_fault():
    assert faults(GOOD.encode()) == []


# What is replaced in the good document, by what, and the one fault that this makes.
ENTRY_ID = "https://example.org/港口?a=1#b"
HREF = "https://example.org/1.zh"
UPDATED = "05Z</updated>\n  <link"
ELSEWHERE = '<content src="https://example.org/1" type="text/html"'
BROKEN = [
    ("</feed>", "", "not well-formed"),
    ("Night", "Ni\x0bght", "not well-formed"),
    (' xmlns="http://www.w3.org/2005/Atom"', "", "feed is not atom:feed"),
    # required, and once
    ("<id>tag:example.org,2026:all</id>", "", "feed has no id"),
    ("<title>港口报 &amp; Co</title>", "", "feed has no title"),
    (PAPER, "", "entry 1: source has no id"),
    ("<title>Paper</title>", "", "entry 1: source has no title"),
    (TITLE, "", "entry 1: entry has no title"),
    (TITLE, TITLE * 2, "entry 1: entry has more than one title"),
    (CONTENT, CONTENT * 2, "entry 1: entry has more than one content"),
    (TITLE, "<title> </title>", "entry 1: title is empty"),
    ("<name>林</name>", "", "entry 1: author has no name"),
    ("<name>林</name>", "<name/>", "entry 1: name is empty"),
    ("<name>林</name>", "<name>林</name>" * 2, "entry 1: author has more than one name"),
    (AUTHOR, "", "entry 1: no author, and none to inherit"),
    ("<title>Paper", "<summary/><title>Paper", "entry 1: summary has no place in source"),
    (TITLE, TITLE + '<pubDate xmlns=""/>', "entry 1: pubDate is in no namespace"),
    # links
    (LINK, LINK * 2, "entry 1: 2 alternate links of type None and hreflang None"),
    (LINK, '<link rel="alternate"/>', "entry 1: link has no href"),
    ('rel="self"', 'rel="me too"', "rel 'me too' is neither registered nor an IRI"),
    ('type="audio/mpeg"', 'type="mp3"', "entry 1: link type 'mp3' is no media type"),
    ('length="12"', 'length="-1"', "entry 1: length '-1' is no number"),
    # dates
    (UPDATED, UPDATED.replace("Z", "+08:00"), "updated '2026-01-02T03:04:05+08:00' is no RFC 3339"),
    (UPDATED, UPDATED.replace("Z", ".6Z"), "updated '2026-01-02T03:04:05.6Z' is no RFC 3339"),
    (UPDATED, UPDATED.replace("05Z", "65Z"), "updated '2026-01-02T03:04:65Z' is no RFC 3339"),
    # content
    ('<content type="html"', '<content type="markdown"', "content has no such type as 'markdown'"),
    ("<title>Night", '<title type="text/plain">Night', "title has no such type as 'text/plain'"),
    ('<content type="html"', '<content type="xhtml"', "content of type xhtml is not one div"),
    ("Night", "<b xmlns='urn:x'>Night</b>", "title of type text has elements in it"),
    (CONTENT, f"{ELSEWHERE}/>", "content that is elsewhere or encoded needs a summary"),
    (CONTENT, f"<summary/>{ELSEWHERE}>Tonight.</content>", "content is both here and elsewhere"),
    ('<content type="html"', '<content type="image/png"', "encoded needs a summary"),
    # IRIs
    (ENTRY_ID, "/港口", "entry 1: id '/港口' is no absolute IRI"),
    (ENTRY_ID, "https://example.org/a b", "id 'https://example.org/a b' is no absolute IRI"),
    (HREF, "1.zh", "entry 1: link href '1.zh' is no absolute IRI"),
    (HREF, "https:1.zh", "entry 1: link href 'https:1.zh' is no absolute IRI"),
    (HREF, "https://example.org/100%", "href 'https://example.org/100%' is no absolute IRI"),
    (HREF, "https://example.org/#a#b", "href 'https://example.org/#a#b' is no absolute IRI"),
    ("https://example.org/tags", "tags", "entry 1: category scheme 'tags' is no absolute IRI"),
    ("<email>lin@example.org</email>", "<uri>lin</uri>", "entry 1: uri 'lin' is no absolute IRI"),
    # the rest
    ("lin@example.org", "lin", "entry 1: email 'lin' is no address"),
    ('term="boats" ', "", "entry 1: category has no term"),
    ('xml:lang="en"', 'xml:lang="en_US"', "entry 1: lang 'en_US' is no language"),
    ('hreflang="zh"', 'hreflang="中文"', "entry 1: hreflang '中文' is no language"),
    ("Night", "Ni\x85ght", r"entry 1: control character '\x85' in title"),
    ("Night", "Ni\nght", "entry 1: line break or tab in title"),
]


@pytest.mark.parametrize(("good", "bad", "expected"), BROKEN, ids=[x[2] for x in BROKEN])
def test_a_broken_document_is_caught(good: str, bad: str, expected: str):
    assert GOOD.count(good) == 1

    (fault,) = faults(GOOD.replace(good, bad).encode())
    assert expected in fault


def test_an_entry_needs_a_link_or_content():
    bare = GOOD.replace(LINK, "").replace(CONTENT, "").replace('rel="alternate"', 'rel="via"')

    assert faults(bare.encode()) == ["entry 1: neither an alternate link nor content"]


def test_the_source_comes_last():
    before, source, after = GOOD.partition("<source>")
    source, end, after = (source + after).partition("</source>")
    moved = before.replace(CONTENT, source + end + CONTENT) + after

    assert faults(moved.encode()) == ["entry 1: source is not last"]


def test_an_id_stands_for_one_entry():
    entry = GOOD[GOOD.index("  <entry") : GOOD.index("</feed>")]
    doubled = GOOD.replace("</feed>", entry + "</feed>")

    assert faults(doubled.encode()) == ["id 'https://example.org/港口?a=1#b' is in 2 entries"]


@pytest.mark.parametrize("where", ["<entry xml:lang", "<source>"])
def test_an_author_may_be_inherited(where: str):
    bare = GOOD.replace(AUTHOR, "")
    place = bare.index(PAPER) if where == "<source>" else bare.index("  <entry")
    heir = bare[:place] + AUTHOR + bare[place:]

    assert faults(heir.encode()) == []
