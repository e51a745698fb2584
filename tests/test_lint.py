"""`lint`: silent about what is right, and every rule caught by its name, in its place."""

from __future__ import annotations

import html
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lint_documents import ATOM, BROKEN, ELSEWHERE, GOOD, JSON, PAGE, RSS, broken

from aggregator import formats, lint, syntax
from aggregator.formats import atom
from aggregator.lint import shapes
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
)

ROOT = Path(__file__).parent.parent
ADDRESS = {"atom": "https://example.org/all.atom", "json": "https://example.org/all.json"}


def rules(body: bytes, **more: str | None) -> set[str]:
    return {fault.rule for fault in lint.faults(body, **more)}


@pytest.mark.parametrize("kind", GOOD)
def test_a_good_document_has_no_fault(kind: str) -> None:
    found = lint.faults(GOOD[kind].encode(), address=ADDRESS.get(kind))

    allowed = {"missing-self-link"} if kind == "rdf" else set()
    assert {fault.rule for fault in found} <= allowed


@pytest.mark.parametrize(("rule", "kind", "old", "new"), BROKEN, ids=[x[0] for x in BROKEN])
def test_a_rule_is_broken_where_it_is_broken(rule: str, kind: str, old: str, new: str) -> None:
    found = lint.faults(broken(kind, old, new), address=ADDRESS.get(kind))

    fault = next((x for x in found if x.rule == rule), None)
    assert fault, found
    assert fault.level == lint.RULES[rule].level
    assert fault.text.endswith(lint.RULES[rule].advice)
    assert fault.place.line > 0 or kind == "json"


def test_every_rule_is_broken_by_some_document() -> None:
    assert set(lint.RULES) == {rule for rule, *_ in BROKEN} | ELSEWHERE


@pytest.mark.parametrize(
    "path",
    sorted(p for p in (ROOT / "feeds").rglob("*.*") if p.suffix[1:] in formats.FORMATS),
    ids=lambda p: p.name,
)
def test_what_we_publish_has_no_error(path: Path) -> None:
    kind = path.suffix[1:]
    found = lint.faults(path.read_bytes(), kind=kind)

    assert [x for x in found if x.level == "error"] == []
    assert {x.rule for x in found if x.level == "warning"} <= {"missing-text"}


# ── where, and in what words ─────────────────────────────────────────────────


def test_a_fault_says_where_it_is_and_what_to_do() -> None:
    body = broken("atom", "<updated>2026-01-01T03:04:05Z</updated>", "")

    (fault,) = lint.faults(body)

    assert str(fault.place) == "25:3 entry 2"
    assert fault.text == "entry has no updated: give the time of its last change"
    assert fault.reference == "RFC 4287 §4.1.2"


def test_a_link_is_counted_among_the_links_of_its_entry() -> None:
    body = broken("atom", 'length="12"', 'length="x"')

    (fault,) = lint.faults(body)

    assert str(fault.place) == "16:5 entry 1/link 2"


def test_columns_count_characters_not_bytes() -> None:
    body = '<rss version="2.0"><channel><title>港口</title><b/></channel></rss>'.encode()

    (fault,) = (x for x in lint.faults(body) if x.rule == "unknown-element")

    assert (fault.place.line, fault.place.column) == (1, 46)


def test_a_place_in_json_is_that_of_the_value() -> None:
    body = broken("json", '"size_in_bytes": 12', '"size_in_bytes": "12"')

    (fault,) = lint.faults(body)

    assert str(fault.place) == "15:104 items 1/attachments 1/size_in_bytes"


def test_what_is_open_where_another_element_ends_is_named() -> None:
    (fault,) = lint.faults(broken("atom", "Night boats</title>", "Night boats</link>"))

    assert "<title> of line 13 is open" in fault.text


def test_bytes_of_another_encoding_are_found_where_they_are() -> None:
    body = ATOM.encode().replace("林".encode(), "林".encode("gb18030"))

    fault = lint.faults(body)[0]

    assert (fault.rule, fault.place.line, fault.place.column) == ("wrong-encoding", 17, 19)


def test_a_document_in_utf_16_is_read() -> None:
    body = ATOM.replace("utf-8", "utf-16").encode("utf-16")

    assert rules(body) == {"other-encoding"}


def test_each_kind_is_told_by_looking() -> None:
    told = {kind: lint.report(text.encode()).kind for kind, text in GOOD.items()}

    assert told == {x: "rss" if x == "rdf" else x for x in GOOD}


def test_another_kind_than_asked_for_is_an_error() -> None:
    assert rules(RSS.encode(), kind="atom") == {"wrong-kind"}


def test_a_document_that_is_an_entry_is_checked_as_one() -> None:
    entry = ATOM[ATOM.index("<entry>") : ATOM.index("</feed>")]
    body = entry.replace("<entry>", '<entry xmlns="http://www.w3.org/2005/Atom">').encode()

    assert rules(body) == {"missing-author"}


def test_an_xml_base_makes_relative_references_good() -> None:
    relative = ATOM.replace('https://example.org/2"&gt;', '/2"&gt;')
    based = relative.replace("<entry xml", '<entry xml:base="https://example.org/" xml')

    assert rules(relative.encode()) == {"relative-reference"}
    assert rules(based.encode()) == set()


def test_a_feed_of_elder_rss_is_not_measured_by_the_newer() -> None:
    body = RSS.replace('version="2.0"', 'version="0.91"').encode()

    assert rules(body) == set()


def test_optional_end_tags_may_be_left_out_of_a_page() -> None:
    rows = "<table><thead><tr><th>a<th>b<tbody><tr><td>1<td>2<tr><td>3</table><dl><dt>a<dd>b</dl>"

    assert rules(PAGE.replace("<ul>", rows + "<ul>").encode()) == set()


def test_a_title_in_a_template_is_none_of_the_page() -> None:
    body = PAGE.replace("<title>港口报</title>", "<template><title>港口报</title></template>")

    assert rules(body.encode()) == {"missing-page-title"}


def test_what_a_page_says_in_a_script_or_comment_is_no_markup() -> None:
    body = PAGE.replace("</body>", "<!-- <div> --></body>").replace(
        "</head>", "<style>a > b { content: '<div>' }</style></head>"
    )

    assert rules(body.encode()) == set()


# ── how it was served ────────────────────────────────────────────────────────


def served(content_type: str | None, body: str = ATOM) -> set[str]:
    found = lint.report(body.encode(), content_type=content_type).faults
    return {fault.rule for fault in found}


@pytest.mark.parametrize(
    "content_type", [None, "application/atom+xml", "text/xml; charset=utf-8", "Application/XML"]
)
def test_a_media_type_that_fits_is_no_fault(content_type: str | None) -> None:
    assert served(content_type) == set()


def test_a_media_type_that_does_not_fit_is_one() -> None:
    assert served("text/html") == {"wrong-content-type"}
    assert served("text/plain", JSON) == {"wrong-content-type"}


def test_header_and_document_are_to_name_one_encoding() -> None:
    assert served("application/atom+xml; charset=iso-8859-1") == {"charset-conflict"}


# ── bounds ───────────────────────────────────────────────────────────────────


def test_of_a_document_that_is_too_large_the_beginning_is_checked() -> None:
    assert "too-large" in rules(ATOM.encode() + b" " * 10_000_000)


def test_the_same_fault_is_not_told_a_thousand_times() -> None:
    found = lint.faults(broken("atom", "<title>Night", "<x/>" * 1000 + "<title>Night"))

    assert sum(x.rule == "unknown-element" for x in found) == 50
    assert found[-1].text.startswith("950 more of unknown-element")


MEGABYTES = {
    "text": b"<rss version='2.0'><channel><title>" + b"a" * 9_000_000,
    "tags": b"<rss><channel>" + b"<item/>" * 1_300_000,
    "deep": b"<a>" * 3_000_000,
    "attributes": b"<rss " + b" ".join(b"a%d='1'" % i for i in range(500_000)) + b"/>",
    "bomb": b"<!DOCTYPE a [<!ENTITY a '" + b"b" * 40 + b"'>]><rss><channel>" + b"&a;" * 3_000_000,
    "brackets": b"[" * 9_000_000,
    "keys": b"{" + b",".join(b'"%d":1' % i for i in range(700_000)) + b"}",
    "items": b'{"items":[' + b"{}," * 2_000_000 + b"{}]}",
    "number": b'{"a":' + b"9" * 9_000_000 + b"}",
    "divs": b"<!doctype html>" + b"<div>" * 190_000,
    "ends": b"<!doctype html>" + b"<b>" * 90_000 + b"</i>" * 90_000,
    "references": b"<!doctype html>" + b"&amp" * 2_000_000,
    "comment": b"<!--" * 2_000_000,
    "declaration": b"<?xml " + b" encoding" * 1_000_000,
    "nul": b"\0" * 9_000_000,
    "html": b"<rss version='2.0'><channel><item><description>" + b"&lt;p a" * 1_300_000,
    "plain": b"<rss version='2.0'><channel><item><title>" + b"&lt;a " * 1_500_000,
    "closed": b"<rss version='2.0'><channel><item><title>" + b"&lt;a " * 1_500_000 + b"</title></item></channel></rss>",
    "bodies": b"<rss version='2.0'><channel><item><description>" + b"&lt;p a" * 1_300_000 + b"</description></item></channel></rss>",
    "style": b"<rss version='2.0'><channel><item><description>&lt;p style='" + b"a:b;" * 2_000_000 + b"'></description></item></channel></rss>",
}  # fmt: skip


@pytest.mark.timeout(30)
@pytest.mark.parametrize("name", MEGABYTES)
def test_ten_megabytes_of_anything_are_checked_within_seconds(name: str) -> None:
    assert rules(MEGABYTES[name])


documents = st.sampled_from(sorted(GOOD)).map(lambda kind: GOOD[kind].encode())


@given(documents, st.integers(0, 3000), st.integers(0, 40), st.binary(max_size=40))
@settings(max_examples=300)
def test_any_change_gives_faults_and_never_an_exception(
    body: bytes, start: int, length: int, other: bytes
) -> None:
    for fault in lint.faults(body[:start] + other + body[start + length :]):
        assert fault.rule in lint.RULES


@given(st.binary() | st.text().map(str.encode))
@settings(max_examples=300)
def test_any_bytes_give_faults_and_never_an_exception(body: bytes) -> None:
    assert lint.faults(body)


# ── what we write is right by it ─────────────────────────────────────────────

_ODD = st.text("aZ9:/?#[]@!$&'()*+,;=-._~%|\\^`<>{}\" 港\u00a0\ue000\U0001f6a2", max_size=30)
VALUES = {
    "iri": (syntax.iri, "iri", _ODD | _ODD.map("https://".__add__) | _ODD.map("tag:".__add__)),
    "language": (syntax.language, "language", st.from_regex(r"[a-z]{1,9}([-_][A-Za-z0-9]{1,9})*")),
    "media type": (syntax.media_type, "media", st.text('aZ9/+-.;= "', max_size=20)),
    "e-mail": (syntax.email, "email", st.text('aZ9@.-+_ ()<>,;:\\"港', max_size=20)),
}


@pytest.mark.parametrize("name", VALUES)
def test_what_we_let_into_documents_is_no_fault(name: str) -> None:
    written, shape, texts = VALUES[name]

    @given(texts)
    @settings(max_examples=200)
    def ask(text: str) -> None:
        value = written(text)
        assert value is None or shapes.SHAPES[shape](value) is None, value

    ask()


# ── what publish asks ────────────────────────────────────────────────────────

WHEN = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def boats(n: int) -> Entry:
    file = f"https://example.org/{n}.mp3"
    return Entry(
        id=f"https://example.org/{n}",
        title=f"Night & <boats> {n}",
        updated=WHEN - timedelta(hours=n),
        published=WHEN - timedelta(hours=n),
        authors=(Person(name="林"),),
        links=(Link(href=f"https://example.org/{n}"),),
        content="<p>They sail.</p>",
        enclosures=(Enclosure(url=file, type="audio/mpeg", length=n),),
    )


FEED = Feed(
    id="tag:example.org,2026:all",
    title="港口报",
    updated=WHEN,
    links=(
        Link(href="https://example.org/all", rel="self"),
        Link(href="https://example.org/"),
    ),
    authors=(Person(name="港口报"),),
    entries=(boats(0), boats(1), boats(2)),
)
# All that sources do to those who republish them.
ODD = replace(
    FEED,
    title="AT&T &amp; <b>",
    archive=True,
    deleted=(Deleted(ref="https://example.org/9", when=WHEN),),
    links=(
        *FEED.links,
        Link(href="https://example.org/all", rel="current"),
        Link(href="https://example.org/2026-01", rel="prev-archive"),
        Link(href="https://hub.example/", rel="hub"),
    ),
    entries=(
        replace(boats(0), id="tag:odd", title="", published=None, links=()),
        replace(boats(1), title="&lt;b&gt; &amp;amp; ]]> 🚢", content=None, summary=None),
        replace(boats(2), content="<p>]]> &lt;&amp;lt;\u2028</p>", language="zh-Hans"),
        replace(boats(3), links=(Link(href="https://例子.example/港?a=1&b=2#c d"),)),
        replace(
            boats(4),
            updated=WHEN - timedelta(microseconds=5),
            enclosures=(*boats(4).enclosures, Enclosure(url="https://example.org/b"), Enclosure(url="")),
            origin=Origin(id="urn:uuid:odd", title="Paper & <Co>", links=FEED.links),
            comments="https://example.org/c",
            categories=(Category(term="<船>", scheme="tags", label="a&b"),),
            extensions=(Extension(name="itunes:duration", text="?"), Extension(name="media:group"),
                        Extension(name="media:title", text="Another")),
        ),
        replace(boats(5), authors=(Person(name="<x>", email="x at y", url="nowhere"),), rights="<©>"),
    ),
)  # fmt: skip


def unpublishable(body: bytes, feed: Feed = FEED, format: str = "atom") -> set[str]:
    return {fault.rule for fault in lint.check(body, format=format, feed=feed)}


@pytest.mark.parametrize("name", formats.FORMATS)
@pytest.mark.parametrize(
    "feed", [FEED, ODD, replace(FEED, entries=())], ids=["plain", "odd", "empty"]
)
def test_a_document_of_ours_may_be_published(name: str, feed: Feed) -> None:
    body = formats.FORMATS[name].render(feed)

    assert lint.check(body, format=name, feed=feed) == ()


@pytest.mark.parametrize("name", formats.FORMATS)
def test_a_plain_document_of_ours_has_no_fault_at_all(name: str) -> None:
    body = formats.FORMATS[name].render(FEED)

    known = {"markup-in-plain-text", "markup-in-title", "missing-language"}  # boats in brackets
    assert rules(body, address="https://example.org/all") <= known


def test_warnings_do_not_keep_a_document_back() -> None:
    body = atom.render(replace(FEED, links=()))

    assert "missing-self-link" in rules(body)
    assert unpublishable(body) == set()


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"/1</id>", b"/9</id>"),
        (b"boats&gt; 1", b"boats&gt; 9"),
        (b'rel="alternate" href="https://example.org/1"', b'rel="alternate" href="https://example.org/9"'),
        (b"02:04:05Z</published>", b"02:04:09Z</published>"),
        (b"02:04:05Z</updated>", b"02:04:09Z</updated>"),
        (b"/1.mp3", b"/9.mp3"),
        (b'length="1"', b'length="9"'),
    ],
)  # fmt: skip
def test_what_is_read_otherwise_than_it_was_meant_is_not_published(old: bytes, new: bytes) -> None:
    body = atom.render(FEED)
    assert old in body

    assert unpublishable(body.replace(old, new, 1)) == {"reads-differently"}


def test_a_lost_entry_and_another_order_are_found() -> None:
    body = atom.render(replace(FEED, entries=FEED.entries[:2]))
    turned = atom.render(replace(FEED, entries=FEED.entries[::-1]))

    assert unpublishable(body) == {"reads-differently"}
    assert unpublishable(turned) == {"reads-differently"}


def test_a_document_of_another_kind_is_not_published() -> None:
    assert "wrong-kind" in unpublishable(RSS.encode())


def test_what_our_reader_cannot_read_is_not_published(monkeypatch: pytest.MonkeyPatch) -> None:
    empty = b'{"version": "https://jsonfeed.org/version/1.1", "title": "", "items": []}'

    assert unpublishable(b"", format="json") == {"empty"}
    assert unpublishable(empty, format="json") == {"reads-differently"}


@given(st.binary())
def test_no_bytes_make_the_question_fail(body: bytes) -> None:
    assert lint.check(body, format="atom", feed=FEED)


# ── the page about it ────────────────────────────────────────────────────────


def test_every_rule_is_told_on_its_page() -> None:
    page = (ROOT / "docs" / "lint.md").read_text("utf-8")
    rows = re.findall(r"^\| `([a-z0-9-]+)` \| (\w+) \| (.+) \| (.*) \|$", page, re.MULTILINE)

    told = {
        name: (level, html.unescape(advice), reference) for name, level, advice, reference in rows
    }
    assert told == {
        name: (rule.level, rule.advice, rule.reference) for name, rule in lint.RULES.items()
    }
