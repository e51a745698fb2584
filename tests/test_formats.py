"""Any bytes are a feed or a ParseError, and each odd feed that we met is read as it was meant."""

import json
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregator import formats
from aggregator.errors import ParseError
from aggregator.inspection import inspect
from aggregator.model import Category, Enclosure, Entry, Feed, Link, Origin, Person, Response
from aggregator.rules.clean import clean

EXAMPLES = Path(__file__).parent.parent / "examples" / "feeds"
URL = "https://a.example/feeds/x.xml"


def parse(body: str | bytes, **headers: str) -> Feed:
    body = body.encode() if isinstance(body, str) else body
    named = {k.replace("_", "-"): v for k, v in headers.items()}
    return formats.parse(Response(url=URL, headers=named, body=body))


def only(body: str | bytes, **headers: str) -> Entry:
    (entry,) = parse(body, **headers).entries
    return entry


def rss(items: str, head: str = "", attributes: str = "") -> str:
    return f'<rss version="2.0" {attributes}><channel><title>C</title>{head}{items}</channel></rss>'


def atom(entries: str, head: str = "", attributes: str = "") -> str:
    return f'<feed xmlns="http://www.w3.org/2005/Atom" {attributes}><title>C</title>{head}{entries}</feed>'


# ── what is no feed ──────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b"", "empty"),
        (b"  \n", "empty"),
        (
            b"<!DOCTYPE html><html><head><title>T</title></head><body><a href=x>y</a></body></html>",
            "an HTML page",
        ),
        (b"\n<html><body>Access denied</body></html>", "an HTML page"),
        (b"\x89PNG\r\n\x1a\n" + b"\0" * 50, "an image"),
        (b"%PDF-1.7 ...", "a PDF"),
        (b"\x1f\x8b\x08\0\0\0", "compressed"),
        (b'{"error": "not found"}', "no JSON Feed"),
        (b'{"items": 3}', "no JSON Feed"),
        (b"[1, 2", "broken JSON"),
        (b"[" * 100_000, "broken JSON"),
        (b"Service unavailable", "neither XML nor JSON"),
        (b"<?xml version='1.0'?><note><to>x</to></note>", "XML, but no feed"),
        (b"<sitemapindex><sitemap/></sitemapindex>", "XML, but no feed"),
    ],
)
def test_what_is_no_feed_is_called_what_it_is(body: bytes, told: str) -> None:
    with pytest.raises(ParseError, match=told):
        parse(body)


@settings(max_examples=300)
@given(
    st.binary(max_size=400),
    st.sampled_from([b"", b"<rss><channel>", b"<feed>", b'{"items": [', b"\xff\xfe"]),
)
def test_any_bytes_are_a_feed_or_a_parse_error(body: bytes, start: bytes) -> None:
    try:
        inspect(start + body, url=URL, headers={})
    except ParseError as error:
        assert str(error)


@settings(max_examples=300)
@given(st.data())
def test_an_example_with_damage_is_a_feed_or_a_parse_error(data: st.DataObject) -> None:
    path = data.draw(st.sampled_from(sorted(EXAMPLES.glob("*.*"))))
    body = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 5))):
        at = data.draw(st.integers(0, len(body) - 1))
        body[at : at + data.draw(st.integers(0, 30))] = data.draw(st.binary(max_size=10))
    try:
        inspect(bytes(body), url=URL, headers={})
    except ParseError as error:
        assert str(error)


# ── every kind of feed ───────────────────────────────────────────────────────


def test_rss_with_all_that_we_use() -> None:
    body = rss(
        """<item><title>A &amp;amp; B</title><link>https://a.example/1</link>
        <guid isPermaLink="false">g1</guid><pubDate>Wed, 01 Apr 2026 10:00:00 +0800</pubDate>
        <dc:creator>Ann</dc:creator><category domain="d">cat</category>
        <description>short</description><content:encoded><![CDATA[<p>long</p>]]></content:encoded>
        <enclosure url="/a.mp3" type="audio/mpeg" length="12"/><comments>https://a.example/1#c</comments>
        <source url="https://o.example/feed">Origin</source></item>""",
        "<link>https://a.example/</link><description>About</description><language>en</language>"
        "<copyright>C</copyright>",
        'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:content="http://purl.org/rss/1.0/modules/content/"',
    )
    feed = parse(body)
    (e,) = feed.entries

    assert (feed.title, feed.link, feed.subtitle, feed.language, feed.rights) == (
        "C", "https://a.example/", "About", "en", "C",
    )  # fmt: skip
    assert (e.id, e.link, e.comments, e.language) == (
        "g1",
        "https://a.example/1",
        "https://a.example/1#c",
        "en",
    )
    assert e.published == datetime(2026, 4, 1, 2, tzinfo=UTC)
    assert (e.summary, e.content) == ("short", "<p>long</p>")
    assert e.authors == (Person(name="Ann"),)
    assert e.categories == (Category(term="cat", scheme="d"),)
    assert [x.type for x in e.enclosures] == ["audio/mpeg"]
    assert (e.origin.title, e.origin.url) == ("Origin", "https://o.example/feed")


def test_atom_with_all_that_we_use() -> None:
    e = only(
        atom(
            """<entry xml:lang="zh"><id>tag:a.example,2026:1</id><title type="html">&lt;b&gt;T&lt;/b&gt;</title>
            <link href="1"/><link rel="enclosure" href="a.mp3" type="audio/mpeg" length="5"/>
            <published>2026-04-01T10:00:00Z</published><updated>2026-04-02T10:00:00Z</updated>
            <summary>s</summary>
            <content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><p>x</p></div></content>
            <category term="t" label="L"/><rights>R</rights></entry>""",
            "<author><name>Feed author</name></author>",
        )
    )
    assert e.title == "<b>T</b>"
    assert (e.published.day, e.updated.day, e.language, e.rights) == (1, 2, "zh", "R")
    assert "<p>x</p>" in e.content
    assert e.authors == (Person(name="Feed author"),)
    assert e.enclosures == (
        Enclosure(url="https://a.example/feeds/a.mp3", type="audio/mpeg", length=5),
    )
    assert e.link == "https://a.example/feeds/1"


def test_json_feed_with_all_that_we_use() -> None:
    feed = parse(
        json.dumps(
            {
                "version": "https://jsonfeed.org/version/1.1",
                "title": "J",
                "language": "en",
                "feed_url": "/feed.json",
                "hubs": [
                    {"type": "WebSub", "url": "https://hub.example/"},
                    {"type": "rssCloud", "url": "https://cloud.example/"},
                ],
                "authors": [{"name": "Feed author"}],
                "items": [
                    {
                        "id": 7,
                        "url": "/7",
                        "external_url": "https://o.example/",
                        "title": "1 < 2",
                        "content_text": "one\n\ntwo & three",
                        "date_published": "2026-04-01T10:00:00+08:00",
                        "tags": ["t", 3],
                        "attachments": [
                            {"url": "a.mp3", "mime_type": "audio/mpeg", "size_in_bytes": 5}
                        ],
                    }
                ],
            }
        )
    )
    (e,) = feed.entries
    assert feed.links == (
        Link(href="https://a.example/feed.json", rel="self"),
        Link(href="https://hub.example/", rel="hub"),
    )
    assert (e.id, e.link, e.title) == ("7", "https://a.example/7", "1 &lt; 2")
    assert e.content == "<p>one</p><p>two &amp; three</p>"
    assert e.published == datetime(2026, 4, 1, 2, tzinfo=UTC)
    assert e.links[1] == Link(href="https://o.example/", rel="related")
    assert (e.authors, e.language) == ((Person(name="Feed author"),), "en")
    assert e.categories == (Category(term="t"),)
    assert e.enclosures == (
        Enclosure(url="https://a.example/feeds/a.mp3", type="audio/mpeg", length=5),
    )


@pytest.mark.parametrize(
    "body",
    [
        '<?xml version="1.0"?><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/">'
        '<channel rdf:about="x"><title>C</title></channel><item rdf:about="https://a.example/1"><title>T</title><link>https://a.example/1</link></item></rdf:RDF>',
        '<rss version="0.91"><channel><title>C</title><item><title>T</title><link>https://a.example/1</link></item></channel></rss>',
        '<feed version="0.3" xmlns="http://purl.org/atom/ns#"><title>C</title><entry><title>T</title><link rel="alternate" type="text/html" href="https://a.example/1"/></entry></feed>',
        '<CHANNEL HREF="https://a.example/"><TITLE>C</TITLE><ITEM HREF="https://a.example/1"><TITLE>T</TITLE></ITEM></CHANNEL>',
        '<rss><channel><title>C</title><item><title>T</title><link>https://a.example/1</link></item>',
        '<?xml version="1.0" encoding="utf-8"?>\n<rss version="2.0"><channel><title>C & D</title><item><title>T</title><link>https://a.example/1</link></item></channel></rss>',
    ],
)  # fmt: skip
def test_old_rare_and_broken_kinds_are_read(body: str) -> None:
    e = only(body)
    assert (e.title, e.link) == ("T", "https://a.example/1")


def test_what_is_not_well_formed_says_so() -> None:
    assert (
        "not well-formed"
        in parse("<rss><channel><title>C &nope; D</title><item></channel>").problems[0]
    )


# ── charsets ─────────────────────────────────────────────────────────────────

CHINESE = '<?xml version="1.0" encoding="{0}"?><rss version="2.0"><channel><title>财经要闻</title><item><title>渔港</title></item></channel></rss>'


@pytest.mark.parametrize("charset", ["utf-8", "gb18030", "gbk", "gb2312", "big5", "utf-16"])
def test_chinese_is_read_in_every_charset_that_says_its_name(charset: str) -> None:
    text = CHINESE.format(charset)
    text = (
        text.replace("财经要闻", "財經要聞").replace("渔港", "漁港") if charset == "big5" else text
    )
    feed = parse(text.encode(charset))
    assert feed.title in ("财经要闻", "財經要聞")


def test_the_header_wins_over_the_declaration() -> None:
    body = CHINESE.format("utf-8").encode("gb18030")
    assert parse(body, content_type="application/xml; charset=gb18030").title == "财经要闻"


def test_a_bare_text_xml_does_not_make_it_ascii() -> None:
    assert parse(CHINESE.format("utf-8").encode(), content_type="text/xml").title == "财经要闻"


NEWS = [f"第{n}条：港口夜航今晚恢复，票价不变" for n in range(20)]
MANY = (
    '<?xml version="1.0" encoding="{0}"?>\n<rss version="2.0"><channel><title>财经要闻</title>'
    + "".join(f"<item><title>{title}</title></item>" for title in NEWS)
    + "</channel></rss>"
)


@pytest.mark.parametrize(
    ("encoding", "bad", "unreadable"),
    [
        ("utf-8", b"\xe5\xae 7", 1),
        ("utf-8", b"\xff\xfe", 2),
        ("gb2312", b"\xff", 1),
        ("gbk", b"\xff", 1),
        ("gb18030", b"\xff", 1),
    ],
)
@pytest.mark.parametrize("place", ["</title></item>", "</rss>"])
def test_a_broken_character_does_not_change_the_encoding(
    encoding: str, bad: bytes, unreadable: int, place: str
) -> None:
    head, found, tail = MANY.format(encoding).encode(encoding).rpartition(place.encode())
    comment = place == "</rss>"
    body = head + found + b"<!-- " + bad + b" -->" + tail if comment else head + bad + found + tail

    feed = parse(body, content_type="text/xml")

    read_as = "utf-8" if encoding == "utf-8" else "gb18030"
    assert [e.title for e in feed.entries[:19]] == NEWS[:19]
    assert feed.entries[19].title.startswith(NEWS[19])
    assert feed.problems == (
        f"{unreadable} characters cannot be read as {read_as}; � stands for them",
    )


# What is written in each encoding, and what it is told to be.
TEXTS = [
    ("gb18030", "gb18030", "财经要闻：港口夜航今晚恢复"),
    ("gbk", "gb18030", "渔港夜航"),
    ("gb18030", "gb18030", "图书馆新馆周六开门迎客，首日接待读者逾万人"),
    ("big5", "big5hkscs", "財經要聞：港口夜航今晚恢復，票價不變"),
    ("big5", "big5hkscs", "圖書館新館週六開門迎客"),
    ("cp932", "cp932", "夜の便が今夜から再開され、運賃は変わりません"),
    ("euc-jp", "euc_jis_2004", "新しい図書館が土曜日に開館しました"),
    ("cp949", "cp949", "밤 배편이 오늘 저녁부터 다시 운항됩니다"),
    ("cp1251", "cp1251", "Ночные рейсы из порта возобновятся сегодня вечером"),
    ("koi8-r", "koi8-r", "Ночные рейсы из порта возобновятся сегодня вечером"),
    ("cp1253", "cp1253", "Τα νυχτερινά δρομολόγια από το λιμάνι ξεκινούν πάλι απόψε"),
    ("cp1252", "cp1252", "The café’s owner wrote a “naïve” résumé"),
    ("cp1252", "cp1252", "Les traversées de nuit reprennent ce soir à huit heures"),
    ("cp1252", "cp1252", "Die Nachtfähre fährt heute wieder, größer und schöner"),
    (
        "cp1250",
        "cp1250",
        "Prodej elektrických automobilů vzrostl oproti loňskému roku, příští týden",
    ),
]


@pytest.mark.parametrize("kind", ["text/xml", "application/rss+xml", ""])
@pytest.mark.parametrize(("encoding", "read_as", "text"), TEXTS)
def test_an_encoding_that_nobody_declares_is_recognised(
    encoding: str, read_as: str, text: str, kind: str
) -> None:
    body = rss(f"<item><title>{text}</title><description>{text}</description></item>")

    feed = parse(body.encode(encoding), content_type=kind)

    assert (feed.entries[0].title, feed.entries[0].summary) == (text, text)
    assert feed.problems == (f"not UTF-8; read as {read_as}",)


@pytest.mark.parametrize(("encoding", "read_as", "text"), TEXTS)
def test_a_json_feed_that_is_not_utf_8_is_read_and_told(
    encoding: str, read_as: str, text: str
) -> None:
    body = json.dumps(
        {
            "version": "https://jsonfeed.org/version/1.1",
            "title": text,
            "items": [{"id": "1", "content_text": text}],
        },
        ensure_ascii=False,
    )

    feed = parse(body.encode(encoding), content_type="application/feed+json")

    assert (feed.title, feed.entries[0].content) == (text, f"<p>{text}</p>")
    assert feed.problems == (f"not UTF-8; read as {read_as}",)


def test_a_json_feed_loses_a_broken_character_and_says_so() -> None:
    items = [{"id": str(n), "title": title} for n, title in enumerate(NEWS)]
    text = json.dumps(
        {"version": "https://jsonfeed.org/version/1.1", "items": items}, ensure_ascii=False
    )

    feed = parse(text.encode().replace("港".encode(), b"\xe6\xb8", 1))

    assert [e.title for e in feed.entries] == [NEWS[0].replace("港", "�"), *NEWS[1:]]
    assert feed.problems == ("1 characters cannot be read as utf-8; � stands for them",)


@pytest.mark.parametrize("charset", ["iso-8859-1", "gbk", "utf-16"])
def test_json_is_utf_8_whatever_the_header_says(charset: str) -> None:
    body = '{"version": "https://jsonfeed.org/version/1.1", "title": "财经要闻", "items": []}'

    feed = parse(body, content_type=f"application/json; charset={charset}")

    assert (feed.title, feed.problems) == ("财经要闻", ())


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_json_may_have_a_byte_order_mark(encoding: str) -> None:
    body = '{"version": "https://jsonfeed.org/version/1.1", "title": "财经要闻", "items": []}'

    feed = parse(body.encode(encoding))

    assert (feed.title, feed.problems) == ("财经要闻", ())


def test_bad_bytes_do_not_hide_an_encoding_that_nobody_declares() -> None:
    for encoding, text in (("gb18030", NEWS[0]), ("big5", "圖書館新館週六開門迎客，首日人潮")):
        items = f"<item><title>{text}</title></item>" * 9
        body = rss(items).encode(encoding).replace(b"</item>", b"\xff</item>", 1)

        feed = parse(body)

        assert [e.title for e in feed.entries] == [text] * 9
        assert "1 characters cannot be read" in feed.problems[1]


@pytest.mark.parametrize(
    ("declared", "encoding"),
    [
        ("gb2312", "gb18030"),  # the one name, the other's characters
        ("shift_jis", "cp932"),
        ("euc-kr", "cp949"),
        ("big5", "big5hkscs"),
        ("iso-8859-1", "cp1252"),
        ("windows-949", "cp949"),
        ("x-sjis", "cp932"),
        ("utf-16", "utf-8"),  # what some libraries write above any text
        ("bogus", "utf-8"),
        ("base64", "utf-8"),
        ("punycode", "utf-8"),
        ("utf-8", "gb18030"),
        ("utf-8", "cp1251"),
    ],
)
def test_a_declaration_is_taken_as_it_was_meant(declared: str, encoding: str) -> None:
    text = {
        "gb18030": "镕基谈䶮字：港口夜航今晚恢复",
        "cp932": "①髙島屋が土曜日に開館しました",
        "cp949": "똠방각하 밤 배편이 운항됩니다",
        "big5hkscs": "啫喱同埋嘅嘢，圖書館開門",
        "cp1252": "“naïve” – café",
        "utf-8": "港口夜航今晚恢复",
        "cp1251": "Ночные рейсы из порта возобновятся",
    }[encoding]

    head = f'<?xml version="1.0" encoding="{declared}"?>'
    feed = parse((head + rss(f"<item><title>{text}</title></item>")).encode(encoding))

    wrong = declared in ("utf-16", "bogus", "base64", "punycode", "utf-8")
    assert feed.entries[0].title == text
    assert feed.problems == ((f"not {declared.upper()}; read as {encoding}",) if wrong else ())


def test_reading_by_a_declared_name_that_is_no_charset_takes_no_time() -> None:
    body = '<?xml version="1.0" encoding="punycode"?>' + rss(
        "<item/>", "x" * 2_000_000 + "-" + "y" * 2_000_000
    )

    assert parse(body).title == "C"


def test_a_few_accents_in_english_are_windows_1252_whatever_is_declared() -> None:
    body = '<?xml version="1.0" encoding="utf-8"?>' + rss(
        "<item><title>At the café’s door</title></item>"
    )

    feed = parse(body.encode("cp1252"))

    assert feed.entries[0].title == "At the café’s door"
    assert feed.problems == ("not UTF-8; read as cp1252",)


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-32-le", "cp037"])
def test_xml_may_be_wide_without_a_mark(encoding: str) -> None:
    declared = "cp037" if encoding == "cp037" else "utf-8"
    text = (
        '<?xml version="1.0" encoding="' + declared + '"?>' + rss("<item><title>T</title></item>")
    )

    feed = parse(text.encode(encoding), content_type="text/xml")

    assert (feed.entries[0].title, feed.problems) == ("T", ())


# ── where references start ───────────────────────────────────────────────────


def test_relative_references_of_rss_start_at_the_page_they_were_taken_from() -> None:
    e = only(
        rss(
            "<item><link>https://blog.example/2026/post/</link><description>&lt;img src='i.png'&gt;</description></item>"
        )
    )
    assert e.base == "https://blog.example/2026/post/"


def test_relative_references_of_atom_start_at_the_document_or_at_xml_base() -> None:
    plain = only(
        atom("<entry><link href='https://b.example/x/'/><content type='html'>c</content></entry>")
    )
    based = only(
        atom("<entry xml:base='https://c.example/d/'><content type='html'>c</content></entry>")
    )
    assert (plain.base, based.base) == (URL, "https://c.example/d/")


def test_no_local_path_is_ever_a_base() -> None:
    body = rss("<item><description>&lt;img src='i.png'&gt;</description></item>").encode()
    feed = formats.parse(Response(url="file:///srv/feed.xml", body=body))
    assert feed.entries[0].base is None


# ── dates ────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("said", "hour"),
    [
        ("2026-04-01 10:00:00", 2),
        ("2026-04-01T10:00:00", 2),
        ("2026年4月1日 10:00", 2),
        ("Wed, 01 Apr 2026 10:00:00 CST", 2),
        ("Wed, 01 Apr 2026 10:00:00 GMT", 10),
        ("2026-04-01T10:00:00+08:00", 2),
    ],
)
def test_a_date_without_a_zone_is_read_in_the_sites(said: str, hour: int) -> None:
    body = rss(f"<item><title>T</title><pubDate>{said}</pubDate></item>").encode()
    feed = formats.parse(Response(url=URL, body=body), zone=ZoneInfo("Asia/Shanghai"))
    assert feed.entries[0].published == datetime(2026, 4, 1, hour, tzinfo=UTC)


def test_one_bad_date_loses_nothing() -> None:
    feed = parse(
        rss("<item><title>A</title><pubDate>soon</pubDate></item><item><title>B</title></item>")
    )
    assert [(e.title, e.published) for e in feed.entries] == [("A", None), ("B", None)]
    assert feed.problems == ("'soon' is no date; read without",)


@pytest.mark.parametrize(
    "said", ["10:00", "-0001-11-30T00:00:00Z", "2026-02-30T00:00:00Z", "Thu, 01 Jan 1970 00:00 GMT"]
)
def test_no_date_is_made_up(said: str) -> None:
    for feed in (
        parse(rss(f"<item><title>T</title><pubDate>{said}</pubDate></item>" * 2)),
        parse(json.dumps({"version": "https://jsonfeed.org/version/1.1", "items": [
            {"id": "1", "date_published": said}, {"id": "2", "date_modified": said}]})),
    ):  # fmt: skip
        assert {(e.published, e.updated) for e in feed.entries} == {(None, None)}
        assert feed.problems == (f"{said!r} is no date, nor are 1 more; read without",)


@pytest.mark.parametrize(
    "said",
    ["2026년 01월 12일 19:00:00", "2026-január-12T10:00+00:00", "Δευ, 12 Ιαν 2026 10:00:00 GMT"],
)
def test_dates_of_other_languages_that_feedparser_knows_are_read(said: str) -> None:
    e = only(rss(f"<item><title>T</title><pubDate>{said}</pubDate></item>"))
    assert e.published == datetime(2026, 1, 12, 10, tzinfo=UTC)


# ── what inspect prints ──────────────────────────────────────────────────────


def test_inspect_prints_what_the_contract_says() -> None:
    found = inspect(
        rss("<item><guid>https://a.example/1</guid><title>T</title><description>&lt;p onclick=x&gt;d</description></item>").encode(),
        url=URL,
        headers={},
    )  # fmt: skip
    assert set(found) == {"feed", "entries", "problems"}
    assert set(found["feed"]) == {
        "id", "url", "title", "subtitle", "language", "updated", "published", "rights", "image",
        "generator", "authors", "categories",
    }  # fmt: skip
    (entry,) = found["entries"]
    assert set(entry) == {
        "id", "url", "title", "published", "updated", "summary", "content", "language", "comments",
        "rights", "authors", "categories", "enclosures", "source",
    }  # fmt: skip
    assert (entry["url"], entry["summary"]) == ("https://a.example/1", "<p>d</p>")
    json.dumps(found)


def test_inspect_shows_the_link_as_the_feed_has_it() -> None:
    links = {
        "https://a.example/1?utm_source=rss&amp;id=2#c": "https://a.example/1?utm_source=rss&id=2#c",
        "HTTPS://A.Example:443/%7Eann": "https://A.Example:443/%7Eann",
        "/a b": "https://a.example/a%20b",
        "https://a.example/": "https://a.example/",  # its home, and all it has
        "urn:x": None,
    }
    for written, link in links.items():
        body = rss(f"<item><link>{written}</link></item>", "<link>https://a.example/</link>")
        found = inspect(body.encode(), url=URL, headers={})
        assert found["entries"][0]["url"] == link


def test_inspect_reads_dates_and_links_as_a_run_does() -> None:
    body = rss(
        "<item><link>https://a.example/</link><guid>https://a.example/1</guid>"
        "<pubDate>2026年1月12日 下午3:04</pubDate></item>",
        "<link>https://a.example/</link>",
    ).encode()

    here = inspect(body, url=URL, headers={})["entries"][0]
    there = inspect(body, url=URL, headers={}, zone=ZoneInfo("Asia/Shanghai"))["entries"][0]

    assert here["url"] == "https://a.example/1"
    assert (here["published"], there["published"]) == (
        "2026-01-12T15:04:00Z",
        "2026-01-12T07:04:00Z",
    )


# ── documents that stop early ────────────────────────────────────────────────

FIRST = "<item><title>A</title><link>https://a.example/1</link></item>"
SECOND = "<item><title>B</title><link>https://a.example/2</link>"
HEAD = "<rss version='2.0'><channel><title>C</title>"


@pytest.mark.parametrize(
    ("body", "titles", "cut"),
    [
        (HEAD + FIRST + SECOND[:-10], ["A"], True),
        (HEAD + FIRST + "<item><title>Hal", ["A"], True),
        (HEAD + FIRST + SECOND + "</ite", ["A"], True),
        (HEAD + FIRST + SECOND + "<description><![CDATA[</item>", ["A"], True),
        (HEAD + SECOND[:-10], [], True),
        (HEAD + FIRST + "<item rdf:abo", ["A"], False),
        (HEAD + FIRST + SECOND + "</item>", ["A", "B"], False),
        (HEAD + FIRST + SECOND + "</channel></rss>", ["A", "B"], False),
        (HEAD + FIRST[:-7] + SECOND + "</channel></rss>", ["A", "B"], False),
        (HEAD + FIRST[:-7] + SECOND, ["A", "B"], False),
        (HEAD + SECOND + "<description><![CDATA[x</description></item></channel></rss>", ["B"], False),
    ],
)  # fmt: skip
def test_an_entry_that_a_document_ends_in_is_left_out(
    body: str, titles: list[str], cut: bool
) -> None:
    for encoded in (body.encode(), ("<?xml version='1.0' encoding='utf-16'?>" + body).encode("utf-16")):  # fmt: skip
        feed = parse(encoded)
        assert [e.title for e in feed.entries] == titles
        assert any("in the middle of an entry" in problem for problem in feed.problems) == cut


def test_an_atom_feed_cut_anywhere_has_whole_entries_only() -> None:
    entries = [f"<entry><id>tag:a.example,2026:{n}</id><title>T{n}</title><link href='/{n}'/>"
               f"<content type='html'>&lt;p&gt;{n}&lt;/p&gt;</content></entry>" for n in range(3)]  # fmt: skip
    body = atom("".join(entries))
    whole = parse(body).entries

    for end in range(body.index("<entry>"), len(body)):
        found = parse(body[:end]).entries
        assert found == whole[: body[:end].count("</entry>")]


# ── ids, links and files ─────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("said", "link"),
    [
        ("<guid>https://a.example/1</guid>", "https://a.example/1"),
        ("<guid isPermaLink='true'>https://a.example/1</guid>", "https://a.example/1"),
        ("<guid isPermaLink='False'>https://a.example/1</guid>", None),
        ("<guid isPermaLink='false'>https://a.example/1</guid>", None),
        ("<guid>only-guid</guid>", None),
        ("<guid>/only/guid</guid>", None),
        ("<guid>tag:a.example,2026:1</guid>", None),
        ("<link>https://a.example/</link><guid>https://a.example/1</guid>", "https://a.example/1"),
        (
            "<link>https://a.example/</link><guid isPermaLink='false'>https://a.example/1</guid>",
            "https://a.example/",
        ),
    ],
)  # fmt: skip
def test_a_guid_is_a_link_if_it_is_absolute_and_not_said_to_be_none(
    said: str, link: str | None
) -> None:
    body = rss(f"<item>{said}<title>T</title></item>", "<link>https://a.example/</link>")
    for written in (body, body.replace("<title>C", "<title>C &nope; ")):
        found = inspect(written.encode(), url=URL, headers={})
        assert found["entries"][0]["url"] == link


def test_of_the_pages_of_an_atom_entry_the_first_is_its_link() -> None:
    entry = (
        "<link href='https://a.example/1.json' type='application/json'/>"
        "<link href='https://a.example/en/1' hreflang='en'/>"
        "<link rel='alternate' href='https://a.example/zh/1' hreflang='zh' title='中文'/>"
    )
    assert only(atom(f"<entry>{entry}</entry>")).link == "https://a.example/en/1"
    assert parse(atom("", entry)).link == "https://a.example/en/1"


def test_a_guid_is_kept_byte_for_byte_and_an_atom_id_may_be_relative() -> None:
    assert only(rss("<item><guid>1/../2</guid></item>")).id == "1/../2"
    e = only(atom("<entry xml:base='https://b.example/'><id>1</id><title>T</title></entry>"))
    assert (e.id, e.links) == ("https://b.example/1", ())


def test_an_id_that_is_an_address_is_the_link_of_an_entry_without_one() -> None:
    rdf = ('<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/">'
           '<channel rdf:about="x"><title>C</title></channel><item rdf:about="https://a.example/1"><title>T</title></item></rdf:RDF>')  # fmt: skip
    items = {"version": "https://jsonfeed.org/version/1.1", "items": [{"id": "https://a.example/1"}]}  # fmt: skip
    for body in (rdf, atom("<entry><id>https://a.example/1</id></entry>"), json.dumps(items)):
        found = inspect(body.encode(), url=URL, headers={})
        assert found["entries"][0]["url"] == "https://a.example/1"


@pytest.mark.parametrize(
    ("said", "enclosures"),
    [
        ("<link rel='enclosure' href='1.MP3?x=1'/>", [("1.MP3?x=1", "audio/mpeg")]),
        ("<link rel='enclosure' href='1'/>", [("1", None)]),
        ("<link rel='enclosure' href='1.mp3' type='audio/x-own'/>", [("1.mp3", "audio/x-own")]),
        ("<link rel='enclosure' href=''/>", []),
        ("<link rel='http://www.iana.org/assignments/relation/enclosure' href='1.ogg'/>",
         [("1.ogg", "audio/ogg")]),
        ("<content src='v.mp4' type='video/mp4'/>", [("v.mp4", "video/mp4")]),
        ("<content src='v.mp4'/>", [("v.mp4", "video/mp4")]),
        ("<content src='v.pdf' type='application/pdf'/>", [("v.pdf", "application/pdf")]),
        ("<content src='page' type='text/html'/>", []),
    ],
)  # fmt: skip
def test_a_file_has_the_type_it_states_or_its_names(
    said: str, enclosures: list[tuple[str, str | None]]
) -> None:
    body = atom(f"<entry><title>T</title>{said}</entry>")
    for written in (body, body.replace("<title>C", "<title>C &nope; ")):
        found = [(x.url.removeprefix("https://a.example/feeds/"), x.type)
                 for x in only(written).enclosures]  # fmt: skip
        assert found == enclosures


def test_content_elsewhere_is_the_page_of_an_entry_without_one() -> None:
    content = "<content src='page' type='text/html'/>"
    assert only(atom(f"<entry>{content}</entry>")).link == "https://a.example/feeds/page"
    e = only(atom(f"<entry><link href='/1'/>{content}</entry>"))
    assert [x.href for x in e.links] == ["https://a.example/1"]


@pytest.mark.parametrize("rel", ["alternate", "related", "self"])
def test_a_relation_may_be_written_as_its_address(rel: str) -> None:
    iana = f"http://www.iana.org/assignments/relation/{rel}"
    e = only(atom(f"<entry><link rel='{iana}' href='/1'/></entry>"))
    assert [(x.rel, x.href) for x in e.links] == [(rel, "https://a.example/1")]


# ── what feedparser alone would lose ─────────────────────────────────────────


@pytest.mark.parametrize(
    ("said", "person"),
    [
        ("desk@news.online (The Desk)", Person(name="The Desk", email="desk@news.online")),
        ("The Desk &lt;desk@news.online&gt;", Person(name="The Desk", email="desk@news.online")),
        (
            '"Desk, The" &lt;desk@news.online&gt;',
            Person(name="Desk, The", email="desk@news.online"),
        ),
        ("The Desk - desk@news.online", Person(name="The Desk", email="desk@news.online")),
        ("desk@news.online – The Desk", Person(name="The Desk", email="desk@news.online")),
        ("The Desk: desk@news.online", Person(name="The Desk", email="desk@news.online")),
        ('A "B" C &lt;c@news.online&gt;', Person(name='A "B" C', email="c@news.online")),
        ("desk@news.online", Person(email="desk@news.online")),
        ("a@b.example (A)", Person(name="A", email="a@b.example")),
        ("a@b.com (A)", Person(name="A", email="a@b.com")),
        ("Just A. Name", Person(name="Just A. Name")),
        ("乔 &lt;joe@site.technology&gt;", Person(name="乔", email="joe@site.technology")),
        ("joe@site.cn（乔）", Person(name="乔", email="joe@site.cn")),
        (
            "o'brien@a.example (O'Brien (Desk))",
            Person(name="O'Brien (Desk)", email="o'brien@a.example"),
        ),
        ("mailto:joe@site.cn", Person(email="joe@site.cn")),
    ],
)
def test_an_author_keeps_the_whole_address(said: str, person: Person) -> None:
    assert only(rss(f"<item><title>T</title><author>{said}</author></item>")).authors == (person,)


def test_authors_of_two_elements_stay_whole_and_apart() -> None:
    body = rss(
        "<item><title>T</title><author>joe@site.online (Joe B)</author>"
        "<dc:creator>Jane</dc:creator><dc:creator>amy@site.technology</dc:creator></item>",
        attributes='xmlns:dc="http://purl.org/dc/elements/1.1/"',
    )
    people = (
        Person(name="Joe B", email="joe@site.online"),
        Person(name="Jane"),
        Person(email="amy@site.technology"),
    )
    assert only(body).authors == people
    assert only(body.replace("<title>C", "<title>C &nope; ")).authors == people


@pytest.mark.parametrize("author", ["<itunes:author>The Hosts</itunes:author>", ""])
@pytest.mark.parametrize("break_", ["", "&nbsp;"])  # for the strict reader and for feedparser
def test_the_owner_of_a_podcast_is_not_its_author(author: str, break_: str) -> None:
    owner = (
        "<itunes:owner><itunes:name>Billing</itunes:name>"
        "<itunes:email>billing@p.example</itunes:email></itunes:owner>"
    )
    for said in (author + owner, owner + author):
        body = rss(
            f"{said}{break_}<item><title>T</title></item>",
            attributes='xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd"',
        )
        feed = parse(body)
        assert feed.authors == ((Person(name="The Hosts"),) if author else ())


def test_the_address_of_a_sources_author_is_not_the_sources() -> None:
    e = only(
        atom(
            "<entry><title>T</title><source><title>O</title><author><name>Ann</name>"
            "<uri>https://ann.example/</uri></author></source></entry>"
        )
    )
    assert (e.origin.title, e.origin.id, e.origin.links) == ("O", None, ())
    assert e.origin.authors == (Person(name="Ann", url="https://ann.example/"),)


def test_a_date_that_feedparser_stumbles_over_loses_no_feed() -> None:
    body = rss("<item><title>T</title><pubDate>Fri, 2024/13/01 10:00:00 EST</pubDate></item>")
    assert only(body).title == "T"
    assert only(body.replace("<title>C", "<title>C &nbsp; ")).title == "T"


def test_relative_links_of_a_local_feed_start_at_its_site() -> None:
    body = rss(
        "<item><title>T</title><link>/story</link></item>", "<link>https://a.example/</link>"
    )
    found = inspect(body.encode(), url="file:///srv/x.xml", headers={})
    assert found["entries"][0]["url"] == "https://a.example/story"


@pytest.mark.parametrize("name", ["authors", "links", "tags", "enclosures", "href", "x_detail"])
@pytest.mark.parametrize("attributes", ["", " n='1'"])
def test_an_element_called_as_a_list_of_feedparsers_loses_no_feed(
    name: str, attributes: str
) -> None:
    odd = f"<{name}{attributes}>x</{name}>"

    feed = parse(rss(f"<item>{odd}<title>T</title><author>Ann</author><link>/1</link></item>", odd))

    (e,) = feed.entries
    assert (e.title, e.authors, e.link) == ("T", (Person(name="Ann"),), "https://a.example/1")


@pytest.mark.parametrize(
    ("picture", "shown"),
    [
        ("<logo href='l.png' style='image'/>", "https://a.example/l.png"),
        ("<icon n='1'/>", None),
        ("<logo n='1'>x</logo><icon>https://a.example/i.png</icon>", "https://a.example/i.png"),
    ],
)
def test_a_picture_with_attributes_is_one_or_none(picture: str, shown: str | None) -> None:
    body = f"<channel href='https://a.example/'><title>C</title>{picture}</channel>"
    assert inspect(body.encode(), url=URL, headers={})["feed"]["image"] == shown


@pytest.mark.parametrize(
    ("said", "page"),
    [
        ("\n https://a.example/1#c ", "https://a.example/1#c"),
        ("/1#c", "https://a.example/1#c"),
        ("two so far", None),
    ],
)
def test_comments_are_an_address_or_nothing(said: str, page: str | None) -> None:
    e = only(rss(f"<item><title>T</title><comments>{said}</comments></item>"))
    assert clean(e).comments == page


@pytest.mark.parametrize(("mark", "prefix"), [("", ""), (":s", "s:")])
def test_the_image_of_rss_1_stands_beside_its_channel(mark: str, prefix: str) -> None:
    feed = parse(
        "<r:RDF xmlns:r='http://www.w3.org/1999/02/22-rdf-syntax-ns#'"
        f" xmlns{mark}='http://purl.org/rss/1.0/'>"
        f"<{prefix}channel><{prefix}title>C</{prefix}title></{prefix}channel>"
        f"<{prefix}image><{prefix}url>https://a.example/i.png</{prefix}url></{prefix}image></r:RDF>"
    )
    assert (feed.title, feed.image) == ("C", "https://a.example/i.png")


def test_the_title_of_rss_1_may_come_after_those_of_its_items() -> None:
    feed = parse(
        "<r:RDF xmlns:r='http://www.w3.org/1999/02/22-rdf-syntax-ns#' xmlns='http://purl.org/rss/1.0/'>"
        "<item><title>T</title></item><channel><title>C</title></channel></r:RDF>"
    )
    assert (feed.title, feed.entries[0].title) == ("C", "T")


def test_an_address_that_is_none_is_no_trouble() -> None:
    feed = formats.parse(
        Response(url="http://[bad/", body=rss("<item><title>T</title></item>").encode())
    )
    assert feed.entries[0].title == "T"


def test_xhtml_breaks_are_not_doubled() -> None:
    body = atom(
        "<entry><content type='xhtml'><div xmlns='http://www.w3.org/1999/xhtml'>a<br/>b</div></content></entry>"
    )
    found = inspect(body.encode(), url=URL, headers={})
    assert found["entries"][0]["content"] == "a<br>b"
    broken = inspect(body.replace("<title>", "<title>&nope;").encode(), url=URL, headers={})
    assert broken["entries"][0]["content"] == "a<br>b"


def test_text_that_looks_like_markup_stays_text_and_is_not_said_twice() -> None:
    e = only(atom("<entry><content type='text'>1 &lt;b&gt; 2</content></entry>"))
    assert (e.summary, e.content) == (None, "1 &lt;b&gt; 2")


def test_each_author_has_an_address_of_its_own_or_none() -> None:
    e = only(
        atom(
            "<entry><title>T</title><author><name>Lin</name><email>lin@awkward.example</email></author>"
            "<author><name>O’Brien</name></author></entry>"
        )
    )
    assert e.authors == (Person(name="Lin", email="lin@awkward.example"), Person(name="O’Brien"))


# ── what an entry takes over from what it stands in ──────────────────────────

DC = 'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/"'
ITUNES = 'xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd"'


def both(body: str) -> Feed:
    """As it is read whole, and with a fault in it that only the lenient reader forgives."""
    whole, broken = parse(body), parse(body.replace("<title>C", "<title>C &nope; ", 1))
    assert broken.entries == whole.entries
    assert (broken.language, broken.authors) == (whole.language, whole.authors)
    return whole


@pytest.mark.parametrize(
    ("body", "language"),
    [
        (rss("<item><title>T</title></item>", "<language>zh-cn</language>"), "zh-cn"),
        (rss("<item/>", "<language>zh-cn</language>"), "zh-cn"),
        (rss("<item><dc:language>de</dc:language></item>", "<language>zh</language>", DC), "de"),
        (rss("<item/>", "<dc:language>de</dc:language>", DC), "de"),
        (rss("<item><dcterms:language>de</dcterms:language></item>", "", DC), "de"),
        (rss("<item xml:lang='fr'/>", "<language>zh</language>"), "fr"),
        (rss("<item xml:lang='fr'><dc:language>de</dc:language></item>", "", DC), "de"),
        (rss("<item><title>T</title></item>", "", "xml:lang='en_GB'"), "en-GB"),
        (rss("<item/>").replace("<channel>", "<channel xml:lang='fr'>"), "fr"),
        (rss("<item/>", "<language>zh</language>").replace("<channel>", "<channel xml:lang='fr'>"), "fr"),
        (atom("<entry/>", "", "xml:lang='zh-Hans'"), "zh-Hans"),
        (atom("<entry xml:lang='fr'><id>1</id></entry>", "", "xml:lang='de'"), "fr"),
        (atom("<entry><title xml:lang='fr'>T</title></entry>", "", "xml:lang='de'"), "fr"),
        (atom("<entry xml:lang='en'><title>T</title><content xml:lang='fr'>c</content></entry>"), "fr"),
        (atom("<entry xml:lang=''><id>1</id></entry>", "", "xml:lang='de'"), "de"),
    ],
)  # fmt: skip
def test_an_entry_has_the_language_of_the_nearest_that_states_one(body: str, language: str) -> None:
    assert both(body).entries[0].language == language


@pytest.mark.parametrize(
    ("body", "names"),
    [
        (rss("<item/>", "<managingEditor>e@b.example (Ed)</managingEditor>"), ["Ed"]),
        (rss("<item/>", "<itunes:author>The Hosts</itunes:author>", ITUNES), ["The Hosts"]),
        (rss("<item/>", "<dc:creator>Ann</dc:creator>", DC), ["Ann"]),
        (rss("<item><dc:creator>Bo</dc:creator></item>", "<dc:creator>Ann</dc:creator>", DC), ["Bo"]),
        (rss("<item><dcterms:creator>Bo</dcterms:creator></item>", "", DC), ["Bo"]),
        (rss("<item><dc:creator>A</dc:creator><dc:creator>B</dc:creator></item>", "", DC), ["A", "B"]),
        (rss("<item><itunes:author>Bo</itunes:author></item>",
             "<itunes:author>The Hosts</itunes:author>", ITUNES), ["Bo"]),
        # What was taken from another feed nobody of this one has written.
        (rss("<item><source url='https://o.example/rss'>O</source></item>",
             "<managingEditor>e@b.example (Ed)</managingEditor>"), []),
        (atom("<entry/>", "<author><name>Ann</name></author>"), ["Ann"]),
        (atom("<entry><source><author><name>Bo</name></author></source></entry>",
              "<author><name>Ann</name></author>"), ["Bo"]),
        (atom("<entry><author><name>Cy</name></author><source><author><name>Bo</name></author>"
              "</source></entry>", "<author><name>Ann</name></author>"), ["Cy"]),
        (atom("<entry><source><title>O</title></source></entry>",
              "<author><name>Ann</name></author>"), ["Ann"]),
    ],
)  # fmt: skip
def test_an_entry_without_authors_has_its_sources_or_its_feeds(body: str, names: list[str]) -> None:
    assert [p.name for p in both(body).entries[0].authors] == names


def test_a_source_is_kept_with_all_its_parts() -> None:
    body = atom(
        "<entry><title>T</title><source><id>tag:o.example,2026:</id><title>O</title>"
        "<subtitle>All of O</subtitle><link href='https://o.example/'/>"
        "<link rel='self' href='https://o.example/atom'/><updated>2026-04-01T10:00:00Z</updated>"
        "<author><name>Ann</name></author><rights>R</rights><generator>G</generator>"
        "<logo>https://o.example/l.png</logo><category term='t' label='L'/></source></entry>"
    )
    origin = both(body).entries[0].origin
    assert origin == Origin(
        id="tag:o.example,2026:",
        title="O",
        subtitle="All of O",
        links=(
            Link(href="https://o.example/", type="text/html"),
            Link(href="https://o.example/atom", rel="self", type="application/atom+xml"),
        ),
        updated=datetime(2026, 4, 1, 10, tzinfo=UTC),
        authors=(Person(name="Ann"),),
        rights="R",
        generator="G",
        image="https://o.example/l.png",
        categories=(Category(term="t", label="L"),),
    )
    assert both(body).title == "C"


def test_the_source_of_an_rss_item_may_lack_its_address_or_its_title() -> None:
    named = both(rss("<item><source>O</source></item>")).entries[0].origin
    placed = both(rss("<item><source url='https://o.example/rss'/></item>")).entries[0].origin
    assert (named.title, named.url) == ("O", None)
    assert (placed.title, placed.url) == ("", "https://o.example/rss")


def test_an_episode_with_a_subtitle_alone_is_told_by_it() -> None:
    said = "<item><itunes:subtitle>A &amp;amp; B</itunes:subtitle>{0}</item>"
    assert both(rss(said.format(""), "", ITUNES)).entries[0].summary == "A &amp; B"
    e = both(rss(said.format("<description>d</description>"), "", ITUNES)).entries[0]
    assert (e.summary, e.content) == ("d", None)


# ── JSON Feed ────────────────────────────────────────────────────────────────


def json_feed(*items: object, version: str = "1.1", **head: object) -> Feed:
    document = {"version": f"https://jsonfeed.org/version/{version}", "items": items, **head}
    return parse(json.dumps(document))


@pytest.mark.parametrize(
    ("said", "id"),
    [
        ("a", "a"), (7, "7"), (7.0, "7"), (7.5, "7.5"), (2**70, str(2**70)), (True, ""), (None, ""),
        (["a"], ""), ({}, ""),
    ],
)  # fmt: skip
def test_a_number_is_an_id_and_nothing_else_but_a_string_is(said: object, id: str) -> None:
    feed = json_feed({"id": said, "url": "https://a.example/1"})
    assert feed.entries[0].id == id
    told = "1 of its items have no id; told apart by link or text"
    assert feed.problems == (() if id else (told,))


@pytest.mark.parametrize("said", ["NaN", "Infinity", "1e999"])
def test_a_number_that_is_none_is_no_id(said: str) -> None:
    body = '{"version": "https://jsonfeed.org/version/1", "items": [{"id": %s, "title": "T"}]}'
    assert only(body % said).id == ""


def test_json_authors_of_both_versions_are_inherited() -> None:
    ann, bo = {"name": "Ann", "url": "/ann"}, {"name": "Bo"}
    of_feed = json_feed({"id": "1"}, {"id": "2", "authors": []}, {"id": "3", "authors": [bo]},
                        {"id": "4", "author": bo}, {"id": "5", "authors": ["Cy", bo, bo, {}, 3]},
                        authors=[ann])  # fmt: skip
    old = json_feed({"id": "1"}, {"id": "2", "author": bo}, version="1", author=ann)

    people = (Person(name="Ann", url="https://a.example/ann"),)
    assert [e.authors for e in of_feed.entries] == [
        people, people, (Person(name="Bo"),), (Person(name="Bo"),),
        (Person(name="Cy"), Person(name="Bo")),
    ]  # fmt: skip
    assert [e.authors for e in old.entries] == [people, (Person(name="Bo"),)]
    assert old.authors == people


@pytest.mark.parametrize("name", ["author", "authors"])
@pytest.mark.parametrize("said", ["Ann", {"name": "Ann"}, ["Ann"], [{"name": "Ann"}]])
def test_json_authors_are_read_in_any_shape(name: str, said: object) -> None:
    assert json_feed({"id": "1", name: said}).entries[0].authors == (Person(name="Ann"),)


@pytest.mark.parametrize("name", ["home_page_url", "feed_url"])
def test_relative_addresses_of_a_json_feed_from_nowhere_start_at_its_site(name: str) -> None:
    body = json.dumps({
        "version": "https://jsonfeed.org/version/1.1", "title": "C",
        name: "https://a.example/feed", "items": [{"id": "1", "url": "/1"}],
    })  # fmt: skip
    (entry,) = formats.parse(Response(url="", body=body.encode())).entries

    assert entry.link == "https://a.example/1"


def test_json_texts_languages_tags_and_files() -> None:
    feed = json_feed(
        {
            "id": "1",
            "content_html": "<p>a</p>",
            "content_text": "a",
            "summary": "1 < 2",
            "language": "de",
            "tags": "one",
            "attachments": [
                {"url": "/1.mp3", "size_in_bytes": 5.0},
                {"url": "/1.ogg", "mime_type": "audio/x", "size_in_bytes": "7"},
                {"mime_type": "audio/x"},
                "/2.mp3",
            ],
        },
        {"id": "2", "content_html": "", "content_text": "a\r\nb\r\n\r\nc"},
        language="zh",
        next_url="https://a.example/2.json",
    )
    one, two = feed.entries
    assert (one.content, one.summary, one.language) == ("<p>a</p>", "1 &lt; 2", "de")
    assert one.categories == (Category(term="one"),)
    assert [(x.url, x.type, x.length) for x in one.enclosures] == [
        ("https://a.example/1.mp3", "audio/mpeg", 5),
        ("https://a.example/1.ogg", "audio/x", 7),
    ]
    assert (two.content, two.language) == ("<p>a<br>b</p><p>c</p>", "zh")
    assert all("2.json" not in x.href for x in feed.links)


@pytest.mark.parametrize(
    ("item", "link"),
    [
        ({"url": "/1", "external_url": "https://o.example/"}, "https://a.example/1"),
        ({"external_url": "https://o.example/"}, "https://o.example/"),
        (
            {"id": "https://a.example/2", "external_url": "https://o.example/"},
            "https://a.example/2",
        ),
        ({"id": "7"}, None),
    ],
)
def test_the_link_of_a_json_item_is_its_page_before_what_it_links_to(
    item: dict[str, str], link: str | None
) -> None:
    document = {"version": "https://jsonfeed.org/version/1.1", "items": [{"id": "1", **item}]}
    found = inspect(json.dumps(document).encode(), url=URL, headers={})
    assert found["entries"][0]["url"] == link


def test_a_json_feed_that_breaks_off_has_its_whole_items() -> None:
    items = [{"id": str(n), "title": f'a ] }} \\" {n}', "tags": [{"x": []}]} for n in range(3)]
    body = json.dumps({"version": "https://jsonfeed.org/version/1.1", "title": "J", "items": items})
    starts = [body.index(f'{{"id": "{n}"') for n in range(3)]
    whole = parse(body).entries

    for end in range(starts[1], body.rindex("]")):
        feed = parse(body[:end])
        count = len(feed.entries)
        assert feed.entries == whole[:count]
        assert count >= sum(end > start for start in starts) - 1
        assert feed.title == "J"
        assert "broken JSON" in feed.problems[0]
        assert "read up to there" in feed.problems[0]
    with pytest.raises(ParseError, match="broken JSON"):
        parse(body[: starts[0] + 5])


def test_json_with_commas_too_many_is_read() -> None:
    items = '[{"id": "1", "title": "a, ]",},]'
    feed = parse('{"version": "https://jsonfeed.org/version/1", "items": ' + items + "}")

    assert [e.title for e in feed.entries] == ["a, ]"]
    assert "broken JSON" in feed.problems[0] and "read up to" not in feed.problems[0]


@pytest.mark.parametrize("items", [{}, {"items": None}, {"items": []}])
def test_a_json_feed_without_items_is_an_empty_one(items: dict[str, object]) -> None:
    document = {"version": "https://jsonfeed.org/version/1.1", "title": "J", **items}
    feed = parse(json.dumps(document))

    assert (feed.title, feed.entries, feed.problems) == ("J", (), ())


def test_a_json_author_may_be_reached_by_mail() -> None:
    (mail, key) = (
        json_feed({"id": "1", "authors": [{"name": "Ann", **said}]}).entries[0]
        for said in (
            {"url": "mailto:ann%2Bblog@a.example?subject=x"},
            {"email": "ann+blog@a.example"},
        )
    )
    assert mail.authors == key.authors == (Person(name="Ann", email="ann+blog@a.example"),)


@pytest.mark.parametrize(
    ("said", "length"),
    [(9, 9), ("9", 9), (9.5, 9), (9.0, 9), (-9, None), ("9 MB", None), ([], None)],
)
def test_the_size_of_a_json_attachment_is_whole_bytes(said: object, length: int | None) -> None:
    attachment = {"url": "https://a.example/1.mp3", "size_in_bytes": said}
    (e,) = json_feed({"id": "1", "attachments": [attachment]}).entries

    assert [x.length for x in e.enclosures] == [length]


def test_a_json_attachment_need_not_be_in_a_list() -> None:
    (e,) = json_feed({"id": "1", "attachments": {"url": "https://a.example/1.mp3"}}).entries
    assert e.enclosures == (Enclosure(url="https://a.example/1.mp3", type="audio/mpeg"),)


# ── what others get wrong, and is plain all the same ─────────────────────────


@pytest.mark.parametrize(
    ("said", "name", "value"),
    [
        ("<category><b>Sea</b> news</category>", "categories", [{"term": "Sea news", "scheme": None, "label": None}]),
        ("<guid isPermaLink='false'><p>a1</p></guid>", "id", "<p>a1</p>"),
        ("<author><i>Ann</i></author>", "authors", [{"name": "Ann", "email": None, "url": None}]),
        ("<link uri='at://did/1'>https://a.example/1</link>", "url", "https://a.example/1"),
        ("<link href='https://a.example/1'/>", "url", "https://a.example/1"),
        ("<description>an &lt;!DOCTYPE</description>", "summary", "an &lt;!DOCTYPE"),
    ],
)  # fmt: skip
def test_what_stands_where_it_should_not_is_read_as_it_was_meant(
    said: str, name: str, value: object
) -> None:
    body = rss(f"<item><title>T</title>{said}</item>")
    for written in (body, body.replace("<title>C", "<title>C &nope; ")):
        found = inspect(written.encode(), url=URL, headers={})
        assert found["entries"][0][name] == value


@pytest.mark.parametrize(
    "fault",
    ["</textinput>", "</media:player>", "&#99999999;", "&#xFFFFFFFFF;", "<link>a&#233;</link>",
     "<guid>&#233;</guid>", "</georss:point>", "<psc:chapter/>", "</link>", "<width>a</width>"],
)  # fmt: skip
def test_an_element_that_makes_no_sense_costs_no_feed(fault: str) -> None:
    item = "<item><title>A</title></item>"
    for body in (rss(item + fault + item), rss(f"<item>{fault}<title>A</title></item>{item}")):
        assert [e.title.rstrip("\ufffd") for e in parse(body).entries] == ["A", "A"]


def test_where_a_document_is_broken_is_told_in_words() -> None:
    feed = parse("<rss><channel>\n<title>C</titel>\n<item><title>T</title></item></channel></rss>")
    assert feed.problems == ("not well-formed, read leniently: line 2, column 10: mismatched tag",)
    declared = parse("<?xml version='1.0'?>\n<rss><channel><title>C</titel></channel></rss>")
    assert declared.problems == (
        "not well-formed, read leniently: line 2, column 24: mismatched tag",
    )


@pytest.mark.parametrize(
    "doctype",
    [
        "",
        "<!DOCTYPE rss>",
        '<!DOCTYPE rss SYSTEM "rss-0.91.dtd">',
        '<!DOCTYPE rss [<!ENTITY % HTMLlat1 PUBLIC "-//W3C//ENTITIES" "x.ent"> %HTMLlat1;]>',
    ],
)
def test_references_that_xml_does_not_know_are_read_as_they_were_meant(doctype: str) -> None:
    said = (
        "<title>Caf&eacute; &mdash; AT&T &amp; Co &amp;eacute; &#233;</title>"
        "<link>https://a.example/?a=1&copy=2</link>"
        "<description><![CDATA[<p>R&D&nbsp;&eacute;</p>]]> &amp;lt; <!-- & --> &copy;</description>"
    )
    feed = parse(doctype + rss(f"<item>{said}</item>"))
    e = clean(feed.entries[0])

    assert e.title == "Café — AT&T & Co é é"
    assert e.link == "https://a.example/?a=1&copy=2"
    assert e.summary == "<p>R&amp;D&nbsp;é</p> &lt;  ©"
    assert feed.problems[:2] == (
        "not well-formed: & stands twice where &amp; should",
        "not well-formed: names of HTML stand 3 times where XML has none",
    )


def test_what_a_document_declares_by_itself_means_that() -> None:
    declared = '<?xml version="1.0"?>\n<!DOCTYPE rss [\n<!ENTITY ours "a copy">\n]>'

    assert only(declared + rss("<item><title>&ours; &copy;</title></item>")).title == "a copy ©"


@pytest.mark.parametrize("declared", ["iso-8859-1", "windows-1252", "windows-1251", "us-ascii"])
@pytest.mark.parametrize("text", ["isn’t a café", "港口夜航", "Ночные рейсы"])
def test_utf_8_under_the_name_of_another_charset_is_utf_8(declared: str, text: str) -> None:
    head = f'<?xml version="1.0" encoding="{declared}"?>'
    feed = parse((head + rss(f"<item><title>{text}</title></item>")).encode())
    assert feed.entries[0].title == text
    assert feed.problems == (f"not {declared.upper()}; read as utf-8",)
    plain = parse((head + rss("<item><title>plain</title></item>")).encode())
    assert plain.problems == ()


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("足球", "gb18030"), ("苏晚晴", "gb18030"), ("印异常堆栈吗", "gb18030"), ("端口", "gb18030"),
        ("港口", "big5"), ("每日要聞", "big5"),
        ("Погода", "koi8-r"), ("Новости дня", "koi8-r"), ("Українські новини", "koi8-u"),
        ("Мир и спорт", "cp1251"), ("Новости «Вести»", "cp1251"), ("Αθήνα", "cp1253"),
        ("ישראל", "cp1255"), ("رياضة", "cp1256"), ("วันนี้", "cp874"),
    ],
)  # fmt: skip
def test_a_few_hanzi_are_no_cyrillic_and_cyrillic_no_hanzi(text: str, encoding: str) -> None:
    assert only(rss(f"<item><title>{text}</title></item>").encode(encoding)).title == text


@pytest.mark.parametrize(
    ("escaped", "read"),
    [
        (r"\ud83d", "\ufffd"),
        (r"\uDE00 and \ud83d", "\ufffd and \ufffd"),
        (r"\ud83d\ude00", "😀"),
        (r"\\ud83d", r"\ud83d"),
    ],
)
def test_half_a_character_in_json_costs_no_entry(escaped: str, read: str) -> None:
    body = (
        '{"version": "https://jsonfeed.org/version/1.1", "title": "t", "items":'
        f' [{{"id": "x {escaped}", "title": "{escaped}", "content_text": "{escaped}"}}]}}'
    )
    (entry,) = formats.parse(
        Response(url="https://a.example/", headers={}, body=body.encode())
    ).entries
    assert entry.id == f"x {read}"
