"""The strict reader says what the lenient one says, or nothing."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from aggregator.errors import ParseError
from aggregator.formats import lenient, strict
from aggregator.model import Feed, Response

URL = "https://press.example/feeds/main.xml"
NAMESPACES = " ".join(
    f'xmlns:{prefix}="{uri}"'
    for prefix, uri in {
        "atom": "http://www.w3.org/2005/Atom",
        "admin": "http://webns.net/mvcb/",
        "cc": "http://web.resource.org/cc/",
        "content": "http://purl.org/rss/1.0/modules/content/",
        "dc": "http://purl.org/dc/elements/1.1/",
        "dcterms": "http://purl.org/dc/terms/",
        "creativeCommons": "http://backend.userland.com/creativeCommonsRssModule",
        "feedburner": "http://rssnamespace.org/feedburner/ext/1.0",
        "itunes": "http://www.itunes.com/dtds/podcast-1.0.dtd",
        "media": "http://search.yahoo.com/mrss/",
        "podcast": "https://podcastindex.org/namespace/1.0",
        "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
        "rsl": "https://rslstandard.org/rsl",
        "slash": "http://purl.org/rss/1.0/modules/slash/",
        "sy": "http://purl.org/rss/1.0/modules/syndication/",
        "thr": "http://purl.org/syndication/thread/1.0",
        "ours": "https://press.example/ns",
    }.items()
)
DIV = '<div xmlns="http://www.w3.org/1999/xhtml">'


def rss(item: str = "", channel: str = "") -> str:
    return (
        f'<rss version="2.0" {NAMESPACES}><channel><title>The Quay</title>'
        f"<link>https://press.example/</link>{channel}<item>{item}</item></channel></rss>"
    )


def atom(entry: str = "", feed: str = "", root: str = "") -> str:
    return (
        f'<feed xmlns="http://www.w3.org/2005/Atom" {NAMESPACES} {root}><title>The Quay</title>'
        f"{feed}<entry>{entry}</entry></feed>"
    )


def rdf(item: str = "", beside: str = "") -> str:
    return (
        f'<rdf:RDF xmlns="http://purl.org/rss/1.0/" {NAMESPACES}>'
        '<channel rdf:about="https://press.example/"><title>The Quay</title>'
        "<items><rdf:Seq><rdf:li rdf:resource='a'/></rdf:Seq></items></channel>"
        f'{beside}<item rdf:about="https://press.example/1">{item}</item></rdf:RDF>'
    )


def response(text: str | bytes, url: str = URL, **headers: str) -> Response:
    body = text if isinstance(text, bytes) else text.encode()
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Response(url=url, headers=named, body=body)


SUPPORTED = {
    "rss core": rss(
        "<title>Ships &amp; &lt;b&gt;tides&lt;/b&gt;</title><link>/1?a=1&amp;b=2</link>"
        "<guid isPermaLink='false'>q-1</guid><pubDate>Tue, 05 Mar 2024 10:00:00 +0800</pubDate>"
        "<description><![CDATA[<p>High water</p>]]></description><comments>/1#c</comments>"
        "<category domain='d'>sea</category><category>sea</category><author>a@b.example (Ann)"
        "</author><enclosure url='/1.mp3' type='audio/mpeg' length='12'/>"
        "<source url='https://origin.example/rss'>Origin</source>",
        "<description>All ships</description><language>en_GB</language><ttl>60</ttl>"
        "<lastBuildDate>Tue, 05 Mar 2024 10:00:00 GMT</lastBuildDate><generator>Hand</generator>"
        "<image><url>/i.png</url><title>I</title><link>/</link></image><copyright>c</copyright>"
        "<managingEditor>e@b.example</managingEditor><skipHours><hour>1</hour></skipHours>",
    ),
    "guid for a link": rss("<guid>https://press.example/1</guid>"),
    "a guid that is no link": rss("<guid>q/../1</guid><link/>"),
    "two kinds of author": rss(
        "<author>joe@press.online (Joe)</author><dc:creator>Jane</dc:creator><author/>"
    ),
    "second description": rss("<description>a</description><description>longer</description>"),
    "full content": rss(
        "<description>short</description><content:encoded>&lt;p&gt;long&lt;/p&gt;</content:encoded>"
        "<feedburner:origLink>https://origin.example/1</feedburner:origLink>"
    ),
    "content before description": rss(
        "<content:encoded>long</content:encoded><description>short</description>"
    ),
    "dublin core": rss(
        "<dc:creator>Ann</dc:creator><dc:creator>b@b.example</dc:creator><dc:subject>s</dc:subject>"
        "<dc:date>2024-03-05T10:00:00+08:00</dc:date><dc:language>zh</dc:language>"
        "<dc:rights>c</dc:rights><dcterms:created>2024-03-05</dcterms:created>"
        "<dc:source>https://origin.example/1</dc:source>"
    ),
    "atom in rss": rss(
        "<atom:updated>2024-03-05T10:00:00Z</atom:updated>",
        "<atom:link rel='self' type='Application/RSS+XML' href='main.xml'/><atom:link rel='hub' "
        "href='https://hub.example/'/>",
    ),
    "hubs": atom(
        "<link rel='hub' href='/of-an-entry'/>",
        "<link rel='Hub' href='https://hub.example/'/><link rel='hub' href='/hub?a=1&amp;b=2'/>"
        "<link rel='self hub' href='feed.xml'/><link rel='hub' href=''/>",
    ),
    "podcast": rss(
        "<itunes:author>Ann</itunes:author><itunes:summary>s</itunes:summary><itunes:keywords>a, b"
        "</itunes:keywords><itunes:duration>9</itunes:duration><itunes:explicit>no"
        "</itunes:explicit>",
        "<itunes:owner><itunes:name>O</itunes:name><itunes:email>o@b.example</itunes:email>"
        "</itunes:owner><itunes:image href='/p.png'/><itunes:category text='A'><itunes:category "
        "text='B'/></itunes:category>",
    ),
    "media": rss(
        "<title>t</title><media:group><media:title>other</media:title><media:content url='/v.mp4' "
        "duration='9'/><media:description>d</media:description></media:group>"
        "<media:thumbnail url='/t.png'/><media:category>c</media:category>"
    ),
    "a licence": rss("<cc:license rdf:resource='https://licence.example/'/>"),
    "licences": rss(
        "<creativeCommons:license>https://licence.example/</creativeCommons:license>"
        "<dcterms:license>by hand</dcterms:license><media:license href='https://a.example/'>A"
        "</media:license><podcast:license>cc-by-4.0</podcast:license>"
        "<rsl:content url='/'><rsl:license><rsl:permits type='usage'>search</rsl:permits>"
        "</rsl:license></rsl:content>"
    ),
    "podcasting 2.0": rss(
        "<podcast:transcript url='/1.vtt' type='text/VTT' rel='Captions' xml:lang='de'/>"
        "<podcast:person role='host'> Ann &amp; Bo </podcast:person><podcast:value type='x'>"
        "<podcast:valueRecipient customKey='1' split='9'/></podcast:value><itunes:duration>9"
        "</itunes:duration><itunes:episodeType>full</itunes:episodeType>",
        "<podcast:locked owner='a@b.example'>yes</podcast:locked><podcast:liveItem status='live'>"
        "<title>now</title><guid>live</guid><link>/live</link><ours:a>x</ours:a></podcast:liveItem>"
        "<itunes:block>Yes</itunes:block>",
    ),
    "threads": atom(
        "<link rel='replies' href='/1/c' thr:count='3'/><thr:in-reply-to ref='tag:a' href='/0'/>"
        "<thr:total>3</thr:total>"
    ),
    "a language without a text": atom("<id>1</id>", root="xml:lang='zh_CN'"),
    "dublin core's terms": rss(
        "<dcterms:creator>Ann</dcterms:creator><dcterms:language>zh</dcterms:language>"
    ),
    "no matter to us": rss(
        "<slash:comments>3</slash:comments><ours:a b='c'><ours:d>x</ours:d></ours:a><odd>x</odd>",
        "<sy:updatePeriod>hourly</sy:updatePeriod>",
    ),
    "atom core": atom(
        "<id>tag:press.example,2024:1</id><title type='html'>a &lt;i&gt;b&lt;/i&gt;</title>"
        "<link href='1'/><link rel='related' href='2' title='Two' hreflang='de'/>"
        "<link rel='enclosure' href='3.ogg' type='audio/ogg' length='3'/>"
        "<published>2024-03-05T10:00:00.25Z</published><updated>2024-03-05T10:00:00-05:00</updated>"
        "<author><name>Ann</name><uri>/ann</uri></author><author><email>b@b.example</email></author>"
        "<contributor><name>Cy</name></contributor><category term='t' scheme='s' label='l'/>"
        "<summary>1 &lt; 2</summary><content type='html'>&lt;p&gt;long&lt;/p&gt;</content>"
        "<rights>r</rights>",
        "<subtitle>s</subtitle><id>tag:press.example,2024:feed</id><icon>/i.png</icon>"
        "<author><name>Editor</name></author><updated>2024-03-05T10:00:00Z</updated>"
        "<generator uri='/g'>G</generator>",
        "xml:lang='en_GB'",
    ),
    "xhtml": atom(
        f"<title type='xhtml'>{DIV}a <b Class='x\"y'>b &amp; c</b></div></title>"
        f"<content type='xhtml'> {DIV}<p>a<br/>b</p></div> </content>"
        f"<summary type='xhtml'>{DIV}a</div>{DIV}b</div></summary>"
    ),
    "an author of a source": atom("<source><author><name>N</name><uri>/n</uri></author></source>"),
    "registered relations": atom(
        "<link rel='http://www.iana.org/assignments/relation/enclosure' href='1.mp3'/>"
        "<link rel='enclosure' href=''/>"
    ),
    "relative ids": atom("<id>1</id>"),
    "languages": atom("<content xml:lang='fr'>c</content>", root="xml:lang='de'"),
    "xml:base": atom("<link href='1'/><content xml:base='c/'>c</content>", root="xml:base='/b/'"),
    "a source": atom(
        "<source><id>o</id><title>O</title><link href='https://origin.example/'/><author><name>N"
        "</name></author><updated>2024-03-05T10:00:00Z</updated><contributor><uri>/u</uri>"
        "</contributor></source>"
    ),
    "rdf": rdf(
        "<title>t</title><link>https://press.example/1</link><dc:creator>Ann</dc:creator>"
        "<dc:date>2024-03-05T10:00:00Z</dc:date>",
        "<image rdf:about='i'><title>I</title><url>https://press.example/i.png</url></image>"
        "<textinput><title>T</title><name>q</name></textinput>",
    ),
    "odd dates": rss(
        "<pubDate>5. March 2024 10:00</pubDate><dc:date>2024-02-30T10:00:00Z</dc:date>"
    ),
    "when to ask again": rss(
        "<ttl>1</ttl><sy:updatePeriod>yearly</sy:updatePeriod>",
        "<ttl> 90 </ttl><skipHours><hour>0</hour><hour>24</hour><hour>x</hour><other>7</other>"
        "</skipHours><skipDays><day>Sunday</day><day> saturday</day></skipDays>"
        "<sy:updatePeriod>daily</sy:updatePeriod><sy:updateFrequency>2</sy:updateFrequency>"
        "<sy:updateBase>2000-01-01T12:00+00:00</sy:updateBase><podcast:updateFrequency "
        "complete='true' rrule='FREQ=WEEKLY'>Weekly</podcast:updateFrequency>",
    ),
    "when to ask again, elsewhere": atom(
        "", "<sy:updatePeriod>weekly</sy:updatePeriod><itunes:complete>Yes</itunes:complete>"
    ),
    "chinese": rss("<title>港口日报</title><description>今天的潮水</description>"),
}

REFUSED = {
    "empty": "",
    "not well-formed": rss("<title>a & b</title>"),
    "a doctype": '<!DOCTYPE rss SYSTEM "rss.dtd">' + rss(),
    "an undeclared entity": rss("<title>&eacute;</title>"),
    "a web page": "<html><head><title>t</title></head></html>",
    "cdf": '<channel href="https://press.example/"><item href="1"/></channel>',
    "atom 0.3": '<feed version="0.3" xmlns="http://purl.org/atom/ns#"><title>t</title></feed>',
    "no namespace": "<feed><title>t</title></feed>",
    "another encoding": '<?xml version="1.0" encoding="gbk"?>' + rss(),
    "no utf-8": rss("<title>caf\xe9</title>").encode("latin-1"),
    "utf-16": rss().encode("utf-16"),
    "encoded twice": rss("<title>cafÃ©</title>"),
    "cp1252 as latin-1": rss("<title>a&#150;b</title>"),
    "content elsewhere": atom("<content type='html' src='1.html'/>"),
    "base64": atom("<content type='image/png'>aaaa</content>"),
    "markup that was not escaped": rss("<description><p>a</p></description>"),
    "a prefix with two meanings": rss("<dc:date xmlns:dc='https://press.example/ns'>x</dc:date>"),
    "svg": atom(f"<content type='xhtml'>{DIV}<svg/></div></content>"),
    "a foreign attribute in markup": atom(
        f"<content type='xhtml'>{DIV}<p ours:n='1'/></div></content>"
    ),
    "an image in an item": rss("<image><url>i.png</url></image>"),
    "markup in a category": rss("<category><b>a</b></category>"),
    "a link with two addresses": rss("<link uri='at://a'>https://press.example/1</link>"),
    "an attribute of another namespace": rss("<podcast:person ours:n='1'>Ann</podcast:person>"),
    "two channels": "<rss version='2.0'><channel/><channel/></rss>",
    "comments with an attribute": rss("<comments n='1'>x</comments>"),
    "too deep": rss("<ours:a>" * 99 + "</ours:a>" * 99),
}


@pytest.mark.parametrize("name", SUPPORTED)
@pytest.mark.parametrize("url", [URL, "", "file:///srv/feeds/main.xml"])
def test_an_ordinary_feed_reads_as_the_lenient_reader_reads_it(name: str, url: str) -> None:
    given_ = response(SUPPORTED[name], url)

    found = strict.parse(given_)

    if name != "xml:base" or url == URL:
        assert found is not None
        assert found == lenient.parse(given_)


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_out_of_the_ordinary_is_left_to_the_lenient_reader(name: str) -> None:
    assert strict.parse(response(REFUSED[name])) is None


@pytest.mark.parametrize(
    ("headers", "ordinary"),
    [
        ({"content_type": "application/rss+xml"}, True),
        ({"content_type": "text/xml; charset=UTF-8"}, True),
        ({"content_type": "application/octet-stream"}, True),
        ({"content_type": "application/xml; charset=gb2312"}, False),
        ({"content_language": "zh_CN"}, True),
        ({"content_location": "/elsewhere/"}, True),
    ],
)
def test_headers_count_as_they_do_for_the_lenient_reader(
    headers: dict[str, str], ordinary: bool
) -> None:
    given_ = response(rss("<title>潮</title><link>1</link>"), **headers)

    found = strict.parse(given_)

    assert found == (lenient.parse(given_) if ordinary else None)


@pytest.mark.parametrize("date", ["2024-03-05 10:00", "Tue, 05 Mar 2024 10:00:00 CST", "5 Mar"])
def test_a_date_without_an_offset_is_read_in_the_zone(date: str) -> None:
    given_ = response(rss(f"<pubDate>{date}</pubDate>"))
    zone = ZoneInfo("Asia/Shanghai")

    found = strict.parse(given_, zone=zone)

    assert found is not None
    assert found == lenient.parse(given_, zone=zone)


def test_an_address_that_cannot_be_parsed_is_refused() -> None:
    assert strict.parse(response(rss(), "http://[bad/")) is None


ELEMENTS = ["title", "link", "guid", "id", "description", "summary", "content", "author", "name"]
ELEMENTS += [
    "email",
    "uri",
    "url",
    "category",
    "pubDate",
    "updated",
    "published",
    "source",
    "image",
]
ELEMENTS += ["textInput", "comments", "language", "icon", "enclosure", "dc:creator", "dc:title"]
ELEMENTS += ["dc:date", "content:encoded", "atom:link", "media:group", "media:title", "ours:a"]
ELEMENTS += ["media:description", "itunes:owner", "itunes:name", "itunes:summary", "itunes:image"]
ELEMENTS += ["ttl", "skipHours", "hour", "skipDays", "day", "sy:updateFrequency"]
ELEMENTS += ["media:content", "media:thumbnail", "media:license", "media:credit", "itunes:duration"]
ELEMENTS += ["itunes:block", "itunes:category", "podcast:person", "podcast:liveItem", "rsl:content"]
ELEMENTS += ["podcast:license", "podcast:block", "thr:in-reply-to", "thr:total", "cc:license"]
ELEMENTS += ["creativeCommons:license", "dcterms:license", "dcterms:creator", "b", "rights"]
ELEMENTS += ["itunes:title", "media:copyright", "admin:generatorAgent", "authors", "links"]
ELEMENTS += ["feedburner:origEnclosureLink", "googleplay:description", "googleplay:image", "logo"]
ATTRIBUTES = ["href='h'", "rel='self'", "rel='enclosure'", "type='html'", "type='xhtml'", "url='u'"]
ATTRIBUTES += ["thr:count='3'", "rdf:resource='r'", "medium='video'", "fileSize='9'", "uri='at:b'"]
ATTRIBUTES += ["rel='hub'"]
ATTRIBUTES += ["src='s.mp3'", "href=''", "isPermaLink='true'", "length='3'"]
ATTRIBUTES += ["xml:lang='de'", "xml:base='b/'", "term='t'", "isPermaLink='false'", "ours:b='c'"]
TEXTS = [
    "2026年1月2日 下午3:04",
    "b@b.online",
    "",
    " ",
    "a",
    "/1",
    "https://a.example/1",
    "a@b.example (A)",
    "2024-03-05T10:00:00Z",
]
TEXTS += ["&lt;p&gt;a&lt;/p&gt;", "港口", "é", "Ã©", "&amp;amp;", "<![CDATA[<b>]]>"]


def element(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    attributes = st.lists(st.sampled_from(ATTRIBUTES), max_size=2, unique_by=lambda a: a[:4])
    parts = st.tuples(st.sampled_from(ELEMENTS), attributes, st.lists(inner, max_size=4))
    return parts.map(lambda p: f"<{p[0]} {' '.join(p[1])}>{''.join(p[2])}</{p[0]}>")


ENTRIES = st.lists(element(st.recursive(st.sampled_from(TEXTS), element, max_leaves=4)), max_size=6)


@example(rss, "", "<author><ttl><ttl href='h'></ttl>Ann</ttl></author>")
@given(st.sampled_from([rss, atom, rdf]), ENTRIES.map("".join), ENTRIES.map("".join))
def test_any_small_feed_reads_alike_or_is_refused(build, item: str, channel: str) -> None:  # type: ignore[no-untyped-def]
    given_ = response(build(item, channel))

    found = strict.parse(given_)

    assert found is None or found == _leniently(given_)


def _leniently(given_: Response) -> Feed | None:
    try:
        return lenient.parse(given_)
    except ParseError:
        return None
