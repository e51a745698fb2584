"""Whatever is made to take a reader long takes it seconds; what is left out of it is told."""

import gc
import json
import time
from contextlib import suppress

import pytest
from heavy import HEAVY, atom, item, numbered, rss

from aggregator.errors import ParseError
from aggregator.formats import bounds, lenient, parse
from aggregator.inspection import inspect
from aggregator.model import Response
from aggregator.rules.clean import safe_html
from aggregator.rules.tangle import tamed

URL = "https://a.example/feed"
SOME = 400_000  # bytes; tests/long/test_bounds.py sends as many as a source may, of all kinds
ONCE_SLOW = (
    *("deep XHTML", "deep based, closed", "HTML div", "HTML adopted", "HTML of fonts", "HTML of few fonts"),
    *("HTML of attributes", "HTML ampersands", "HTML walled", "HTML misnested", "HTML quoted ends"),
    *("many namespaces", "of one categories", "of one categories, broken", "attributes, broken"),
    *("a link of spaces", "a long declaration", "lines in the prolog", "attributes by default", "a long entity"),
    *("images of RDF", "open images of RDF", "a prolog of <!DOCTYPE [", "a prolog of <!--", "JSON of tags", "JSON of HTML", "spaces in a tag"),
)  # fmt: skip


@pytest.mark.parametrize("name", ONCE_SLOW)
def test_a_heavy_document_is_a_feed_or_a_parse_error_in_time(name: str) -> None:
    body = HEAVY[name](SOME)

    started = time.process_time()
    try:
        inspect(body, url=URL, headers={})
    except ParseError as error:
        assert "Error:" not in str(error)

    assert time.process_time() - started < 5  # seconds of work; all of them take less than one


@pytest.mark.parametrize("name", HEAVY)
def test_nothing_of_a_document_stays_in_memory(name: str) -> None:
    """What leads to itself is freed only when Python looks for that: after a heavy document too
    late for the next one."""
    gc.disable()
    gc.freeze()  # what is there already does not count
    try:
        with suppress(ParseError):
            read(HEAVY[name](20_000))
        left = gc.collect()
    finally:
        gc.unfreeze()
        gc.enable()

    assert left < 200  # objects: a parser, not what it read


def read(body: str | bytes) -> object:
    return parse(Response(url=URL, body=body.encode() if isinstance(body, str) else body))


@pytest.mark.parametrize("break_", ["", "&"])
@pytest.mark.parametrize("made", [rss, atom])
def test_of_too_many_entries_the_first_are_read_and_it_says_so(made, break_: str) -> None:  # type: ignore[no-untyped-def]
    entry = "<item><title>#</title></item>" if made is rss else "<entry><id>#</id></entry>"
    feed = read(made(numbered(entry, len(entry) * 70_000) + break_))

    assert 15_000 < len(feed.entries) <= bounds.MOST_ENTRIES
    assert feed.entries[0] and any("left out" in p or "read up to" in p for p in feed.problems)


def test_of_too_many_items_of_json_the_first_are_read_and_it_says_so() -> None:
    items = [{"id": str(n), "title": "t"} for n in range(60_000)]
    feed = read(json.dumps({"version": "https://jsonfeed.org/version/1.1", "items": items}))

    assert len(feed.entries) == bounds.MOST_ENTRIES
    assert feed.problems == (bounds.MANY_ENTRIES,)


@pytest.mark.parametrize("prolog", ["", "<!DOCTYPE rss>"])
def test_twenty_thousand_entries_are_not_too_many(prolog: str) -> None:
    entry = "<item><title>#</title><guid>#</guid><description>d</description></item>"
    feed = read(rss("".join(entry.replace("#", str(n)) for n in range(20_000)), prolog))

    assert len(feed.entries) == 20_000
    assert not any("left out" in p or "read up to" in p for p in feed.problems)


def test_a_document_type_brings_names_of_characters_and_nothing_else() -> None:
    inside = (
        '<!ENTITY nbsp "&#160;"><!ENTITY who "Ann"><!ENTITY long "' + "x" * 100 + '">'
        '<!ENTITY more "&who;&who;"><!ENTITY file SYSTEM "file:///etc/passwd"><!ENTITY % p "x">%p;'
        '<!ATTLIST guid isPermaLink CDATA "true"><!ATTLIST link href CDATA "https://evil.example/">'
    )
    assert b"x" * 50 not in bounds.readable(f"<!DOCTYPE rss [{inside}]><rss/>".encode())[0]
    for line in ("", "\n"):
        prolog = f"<?xml version='1.0'?>{line}<!DOCTYPE rss [{inside}]>"
        (entry,) = read(
            rss("<item><title>&who;&nbsp;b</title><guid>g</guid><link/></item>", prolog)
        ).entries

        assert entry.title == "Ann\xa0b"
        assert (entry.id, [x for x in entry.links if x.href]) == ("g", [])


def test_what_speaks_of_a_document_type_is_text() -> None:
    """Only that before the first tag is one, and it need not be the first thing there."""
    said = "<![CDATA[<!DOCTYPE html [x]> is how pages begin]]>"
    prolog = "<!-- <a> --><?a <b>?><!DOCTYPE rss [<!ENTITY a '<c>'><!ATTLIST guid isPermaLink CDATA 'true'>]>"
    (entry,) = read(
        rss(f"<item><guid>g</guid><description>{said}</description></item>", prolog)
    ).entries

    assert entry.summary == "<!DOCTYPE html [x]> is how pages begin"
    assert b"ATTLIST" not in bounds.readable(f"{prolog}<rss/>".encode())[0]


def test_text_before_a_feed_is_told_of() -> None:
    feed = read(rss(item(""), "Warning: no disk\n<!DOCTYPE rss>\n"))

    assert [e.title for e in feed.entries] == ["a"]
    assert feed.problems == ("not well-formed, read leniently: line 1, column 0: syntax error",)


@pytest.mark.parametrize("said", ["&#xD800;", "&#99999999999;", "&#x110000;", "&#" + "9" * 5000])
def test_a_reference_to_no_character_loses_no_feed(said: str) -> None:
    (entry,) = read(rss(f"<item><title>a{said}b</title></item>")).entries

    assert entry.title.startswith("a") and "b" in entry.title


def test_a_declaration_without_its_end_loses_no_root() -> None:
    feed = lenient.parse(
        Response(url=URL, body=rss(item(""), "<?xml version='1.0' encoding='utf-8'").encode())
    )

    assert [e.title for e in feed.entries] == ["a"]


def test_a_picture_in_an_attribute_is_no_trouble() -> None:
    picture = f"<img src='data:image/png;base64,{'A' * 300_000}'/>"
    body = rss(item(f"<description>&nbsp;{picture}text</description><comments>c</comments>"))

    assert read(body).entries[0].comments == "https://a.example/c"


# ── HTML that is left in peace ───────────────────────────────────────────────

_PLAIN = (
    "<p>text <b>b</b>" * 3_000,
    "<ul>" + "<li>one <i>two</i>" * 3_000 + "</ul>",
    "<dl>" + "<dt>a<dd>b" * 3_000 + "</dl>",
    "<table>" + "<tr><td>1<td>2" * 3_000 + "</table>",
    "<table>" + "<tr><td><p>1</td><td><b>2</b></td></tr>" * 3_000 + "</table>",
    "<div><div><p>a<br>b<img src='https://a.example/i'></p></div></div>" * 2_000,
    "<p>a</p><!-- <div> --><h2>b</h2>" * 2_000,
    "<script>if (a<b) { '<div>' }</script><p>x</p>" * 1_000,
    "<blockquote><p>a<blockquote><p>b</blockquote></blockquote>" * 2_000,
    "<div>" * 100 + "x" + "</div>" * 100 + "<p>" * 900,
)


@pytest.mark.parametrize("markup", _PLAIN, ids=lambda x: x[:30])
def test_much_markup_is_no_tangle(markup: str) -> None:
    shown = tamed(markup)

    assert shown is not None
    assert safe_html(shown, None) == safe_html(markup, None).replace("<!-- <div> -->", " ")


@pytest.mark.parametrize(
    "markup", ["<div>" * 600, "<b><div></b>" * 600, "<div><table></div>" * 600]
)
def test_of_a_tangle_the_text_is_kept(markup: str) -> None:
    assert safe_html(markup + "a &amp; <script>b</script>c", None) == "a &amp; c"
