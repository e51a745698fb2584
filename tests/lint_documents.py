"""Documents without a fault, and for every rule of `lint` what to replace in one to break it."""

from __future__ import annotations

ATOM = """<?xml version="1.0" encoding="utf-8"?>
<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="zh-Hans">
  <id>tag:example.org,2026:all</id>
  <title>港口报 &amp; Co</title>
  <updated>2026-01-02T03:04:05Z</updated>
  <author><name>港口报</name></author>
  <link rel="self" href="https://example.org/all.atom" type="application/atom+xml"/>
  <link rel="alternate" href="https://example.org/"/>
  <category term="boats" scheme="https://example.org/tags" label="Boats"/>
  <generator uri="https://example.org/about">aggregator</generator>
  <entry xml:lang="en">
    <id>https://example.org/1</id>
    <title>Night boats</title>
    <updated>2026-01-02T03:04:05Z</updated>
    <link rel="alternate" href="https://example.org/1"/>
    <link rel="enclosure" href="https://example.org/1.mp3" type="audio/mpeg" length="12"/>
    <author><name>林</name><email>lin@example.org</email></author>
    <content type="html">&lt;p&gt;Tonight &lt;a href="https://example.org/2"&gt;they&lt;/a&gt; sail.&lt;/p&gt;</content>
    <source>
      <id>tag:example.org,2026:paper</id>
      <title>Paper</title>
      <updated>2026-01-02T03:04:05Z</updated>
    </source>
  </entry>
  <entry>
    <id>https://example.org/2</id>
    <title>Day boats</title>
    <updated>2026-01-01T03:04:05Z</updated>
    <link rel="alternate" href="https://example.org/2"/>
    <summary type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><p>They <b>too</b>.</p></div></summary>
  </entry>
</feed>
"""
RSS = """<?xml version="1.0" encoding="utf-8"?>
<rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom" xmlns:dc="http://purl.org/dc/elements/1.1/"
 xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd"
 xmlns:media="http://search.yahoo.com/mrss/" xmlns:thr="http://purl.org/syndication/thread/1.0">
<channel>
  <title>Harbour</title>
  <link>https://example.org/</link>
  <description>What sails</description>
  <language>en</language>
  <managingEditor>lin@example.org (Lin)</managingEditor>
  <lastBuildDate>Fri, 02 Jan 2026 03:04:05 GMT</lastBuildDate>
  <ttl>60</ttl>
  <image><url>https://example.org/a.png</url><title>Harbour</title><link>https://example.org/</link></image>
  <atom:link rel="self" href="https://example.org/all.rss" type="application/rss+xml"/>
  <itunes:image href="https://example.org/a.png"/>
  <itunes:category text="News"/>
  <itunes:explicit>false</itunes:explicit>
  <item>
    <title>Night boats</title>
    <link>https://example.org/1</link>
    <description>They sail</description>
    <content:encoded>&lt;p&gt;They sail tonight.&lt;/p&gt;</content:encoded>
    <enclosure url="https://example.org/1.mp3" type="audio/mpeg" length="12"/>
    <guid isPermaLink="false">tag:example.org,2026:1</guid>
    <pubDate>Fri, 02 Jan 2026 03:04:05 GMT</pubDate>
    <itunes:summary>They sail</itunes:summary>
    <media:content url="https://example.org/1.jpg" medium="image"/>
    <thr:in-reply-to ref="tag:example.org,2026:0" href="https://example.org/0"/>
  </item>
</channel>
</rss>
"""
RDF = """<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/">
<channel rdf:about="https://example.org/rdf"><title>Harbour</title><link>https://example.org/</link>
<description>What sails</description><items><rdf:Seq><rdf:li rdf:resource="https://example.org/1"/></rdf:Seq></items></channel>
<item rdf:about="https://example.org/1"><title>Night boats</title><link>https://example.org/1</link></item>
</rdf:RDF>
"""
JSON = """{
  "version": "https://jsonfeed.org/version/1.1",
  "title": "港口报",
  "home_page_url": "https://example.org/",
  "feed_url": "https://example.org/all.json",
  "language": "zh-Hans",
  "items": [
    {
      "id": "https://example.org/1",
      "url": "https://example.org/1",
      "title": "Night boats",
      "content_html": "<p>They sail.</p>",
      "date_published": "2026-01-02T03:04:05Z",
      "authors": [{"name": "林"}],
      "attachments": [{"url": "https://example.org/1.mp3", "mime_type": "audio/mpeg", "size_in_bytes": 12}]
    }
  ]
}
"""
OPML = """<?xml version="1.0" encoding="utf-8"?>
<opml version="2.0">
  <head><title>What we read</title><dateCreated>Fri, 02 Jan 2026 03:04:05 GMT</dateCreated></head>
  <body>
    <outline text="港口">
      <outline text="Paper" type="rss" xmlUrl="https://example.org/feed" htmlUrl="https://example.org/"/>
    </outline>
    <outline text="More" type="include" url="https://example.org/more.opml"/>
  </body>
</opml>
"""
PAGE = """<!doctype html>
<html lang="zh-Hans">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width">
  <title>港口报</title>
  <link rel="alternate" type="application/atom+xml" href="all.atom">
  <link rel="stylesheet" href="style.css">
</head>
<body>
  <p><a href="#one">到正文</a>
  <h1>港口报</h1>
  <article id="one"><h2>Night boats</h2><p>They sail.<p><img src="a.png" alt=""></article>
  <ul><li>One<li>Two</ul>
</body>
</html>
"""
GOOD = {"atom": ATOM, "rss": RSS, "rdf": RDF, "json": JSON, "opml": OPML, "html": PAGE}

_ENTRY = "<title>Night boats</title>"
_SELF = '<link rel="self" href="https://example.org/all.atom" type="application/atom+xml"/>'
_ALTERNATE = '<link rel="alternate" href="https://example.org/1"/>'
_FILE = '<link rel="enclosure" href="https://example.org/1.mp3" type="audio/mpeg" length="12"/>'
_HTML = '<content type="html">&lt;p&gt;Tonight &lt;a href="https://example.org/2"&gt;they&lt;/a&gt; sail.&lt;/p&gt;</content>'
_DIV = '<summary type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><p>They <b>too</b>.</p></div></summary>'
_ID = "<id>https://example.org/1</id>"
_HISTORY = "http://purl.org/syndication/history/1.0"
_ITEM = "<title>Night boats</title>"
_GUID = '<guid isPermaLink="false">tag:example.org,2026:1</guid>'
_IN_FEED = "<title>港口报 &amp; Co</title>"


def _content(kind: str, inside: str) -> str:
    return f'<content type="{kind}">{inside}</content>'


# The rule, the document, what is replaced in it and by what.
BROKEN: tuple[tuple[str, str, str, str], ...] = (
    ("not-a-feed", "atom", ATOM, "hello"),
    ("not-a-feed", "atom", ATOM, "<svg xmlns='http://www.w3.org/2000/svg'/>"),
    ("empty", "atom", ATOM, "  \n"),
    ("too-deep", "atom", _ENTRY, "<a>" * 300 + "</a>" * 300),
    ("too-much-markup", "atom", _ENTRY, "<a/>" * 200_001),
    ("unknown-encoding", "atom", 'encoding="utf-8"', 'encoding="klingon"'),
    ("wrong-encoding", "atom", 'encoding="utf-8"', 'encoding="ascii"'),
    ("other-encoding", "atom", 'encoding="utf-8"', 'encoding="gb18030"'),
    ("byte-order-mark", "atom", "<?xml", "\ufeff<?xml"),
    ("control-character", "atom", "Night", "Ni\x92ght"),
    ("control-character", "atom", "Night", "Ni&#146;ght"),
    # XML
    ("not-well-formed", "atom", "</feed>", ""),
    ("not-well-formed", "atom", "港口报 &amp; Co", "a & b"),
    ("not-well-formed", "atom", "Night", "Ni\x0bght"),
    ("not-well-formed", "atom", "</entry>", "</item>"),
    ("undefined-entity", "atom", "Night", "Night&nbsp;"),
    ("document-type", "atom", "<feed", '<!DOCTYPE feed SYSTEM "a.dtd"><feed'),
    ("growing-entity", "atom", "<feed", '<!DOCTYPE feed [<!ENTITY a "b"><!ENTITY c "&a;&a;">]><feed'),
    ("wrong-namespace", "atom", "2005/Atom", "2005/atom/"),
    ("wrong-namespace", "rss", "http://search.yahoo.com/mrss/", "http://search.yahoo.com/mrss"),
    ("missing-namespace", "atom", ' xmlns="http://www.w3.org/2005/Atom"', ""),
    ("missing-namespace", "atom", "<b>too</b>", '<b xmlns="">too</b>'),
    ("obsolete-version", "atom", "http://www.w3.org/2005/Atom", "http://purl.org/atom/ns#"),
    ("prefixed-namespace", "atom", ATOM, '<a:feed xmlns:a="http://www.w3.org/2005/Atom"/>'),
    ("unusual-prefix", "rss", "dc=", "dublin="),
    ("unknown-namespace", "atom", _ENTRY, _ENTRY + '<x xmlns="https://example.org/ns"/>'),
    ("unknown-element", "atom", _ENTRY, _ENTRY + "<modified>2026</modified>"),
    ("unknown-element", "atom", "<title>Paper", "<summary>a</summary><title>Paper"),
    ("unknown-element", "rss", _ITEM, _ITEM + "<date>2026</date>"),
    ("unknown-element", "opml", "<body>", "<body><item/>"),
    ("unknown-attribute", "atom", "<entry xml", '<entry id="1" xml'),
    ("unknown-attribute", "rss", "<channel>", '<channel id="1">'),
    ("misplaced-extension", "rss", "<ttl>", "<itunes:duration>1</itunes:duration><ttl>"),
    ("extension-attribute", "rss", "<channel>", '<channel xmlns:x="https://x.example/" x:y="1">'),
    ("unexpected-text", "atom", _ENTRY, _ENTRY + "well"),
    ("unexpected-text", "rss", _ITEM, _ITEM + "well"),
    ("duplicate-element", "atom", _ENTRY, _ENTRY * 2),
    ("duplicate-element", "rss", "<ttl>60</ttl>", "<ttl>60</ttl><ttl>60</ttl>"),
    ("duplicate-element", "rss", "<ttl>60</ttl>", "<skipHours><hour>1</hour><hour>1</hour></skipHours>"),
    ("missing-element", "opml", "<head><title>What we read</title><dateCreated>Fri, 02 Jan 2026 03:04:05 GMT</dateCreated></head>", ""),
    ("missing-element", "rdf", "<items><rdf:Seq><rdf:li rdf:resource=\"https://example.org/1\"/></rdf:Seq></items>", ""),
    ("missing-attribute", "atom", 'term="boats" ', ""),
    ("missing-attribute", "rss", ' length="12"', ""),
    ("missing-attribute", "rdf", ' rdf:about="https://example.org/rdf"', ""),
    ("blank-value", "atom", _ENTRY, "<title> </title>"),
    ("blank-value", "rss", _ITEM, "<title/>"),
    # values
    ("invalid-date", "atom", "2026-01-01T03:04:05Z", "2026-02-30T03:04:05Z"),
    ("invalid-date", "atom", "2026-01-01T03:04:05Z", "2026-01-01"),
    ("invalid-date", "json", "2026-01-02T03:04:05Z", "yesterday"),
    ("invalid-rss-date", "rss", "Fri, 02 Jan", "Mon, 02 Jan"),
    ("invalid-rss-date", "opml", "Fri, 02 Jan 2026", "2026-01-02"),
    ("questionable-date", "rss", "02 Jan 2026", "02 Jan 26"),
    ("implausible-date", "atom", "2026-01-01T03:04:05Z", "0103-01-01T03:04:05Z"),
    ("invalid-address", "atom", "https://example.org/2\"/>", "https://example.org/a b\"/>"),
    ("invalid-address", "json", '"url": "https://example.org/1",', '"url": "https://",'),
    ("relative-address", "rss", "<link>https://example.org/1</link>", "<link>/1</link>"),
    ("relative-address", "json", '"home_page_url": "https://example.org/"', '"home_page_url": "/"'),
    ("uncanonical-id", "atom", _ID, "<id>HTTPS://example.org/1</id>"),
    ("invalid-id", "atom", "tag:example.org,2026:all", "tag:example.org:all"),
    ("invalid-id", "atom", "tag:example.org,2026:all", "urn:uuid:1"),
    ("invalid-media-type", "atom", 'type="audio/mpeg"', 'type="audio"'),
    ("invalid-media-type", "json", "audio/mpeg", "audio"),
    ("invalid-language", "atom", 'xml:lang="en"', 'xml:lang="English"'),
    ("invalid-language", "rss", "<language>en", "<language>English"),
    ("invalid-language", "html", 'lang="zh-Hans"', 'lang="Chinese"'),
    ("invalid-email", "atom", "lin@example.org", "lin at example.org"),
    ("invalid-number", "atom", 'length="12"', 'length="12 kB"'),
    ("invalid-value", "rss", 'medium="image"', 'medium="picture"'),
    ("space-around-value", "atom", _ID, "<id> https://example.org/1 </id>"),
    # Atom
    ("missing-id", "atom", _ID, ""),
    ("missing-id", "json", '"id": "https://example.org/1"', '"id": ""'),
    ("missing-title", "atom", _ENTRY, ""),
    ("missing-updated", "atom", "<updated>2026-01-01T03:04:05Z</updated>", ""),
    ("missing-author", "atom", "<author><name>港口报</name></author>", ""),
    ("missing-name", "atom", "<name>林</name>", ""),
    ("missing-content", "atom", '<link rel="alternate" href="https://example.org/2"/>', ""),
    ("missing-content", "json", '"content_html": "<p>They sail.</p>",', ""),
    ("missing-summary", "atom", _HTML, '<content type="image/png" src="https://example.org/1.png"/>'),
    ("missing-summary", "atom", _HTML, _content("image/png", "AAAA")),
    ("missing-text", "atom", _DIV, ""),
    ("missing-self-link", "atom", _SELF, ""),
    ("missing-self-link", "rss", "<atom:link rel=\"self\" href=\"https://example.org/all.rss\" type=\"application/rss+xml\"/>", ""),
    ("self-link-differs", "atom", "https://example.org/all.atom", "https://example.org/old.atom"),
    ("self-link-differs", "json", "https://example.org/all.json", "https://example.org/old.json"),
    ("relative-self-link", "atom", "https://example.org/all.atom", "all.atom"),
    ("self-link-type", "atom", "application/atom+xml", "text/html"),
    ("duplicate-link", "atom", _ALTERNATE, _ALTERNATE * 2),
    ("unregistered-relation", "atom", 'rel="enclosure"', 'rel="file"'),
    ("link-not-empty", "atom", _ALTERNATE, '<link href="https://example.org/1">here</link>'),
    ("missing-length", "atom", ' length="12"', ""),
    ("missing-type", "atom", ' type="audio/mpeg"', ""),
    ("same-document-reference", "atom", _ALTERNATE, '<link href="#"/>'),
    ("duplicate-id", "atom", "</entry>\n</feed>", f"</entry><entry>{_ID}<title>x</title><updated>2026-01-02T03:04:05Z</updated>{_ALTERNATE}</entry></feed>"),
    ("duplicate-id", "rss", "</item>", f"</item><item><title>x</title>{_GUID}</item>"),
    ("duplicate-id", "json", '"items": [', '"items": [{"id": "https://example.org/1", "content_text": "x"},'),
    ("repeated-id", "atom", "<id>https://example.org/2</id>", _ID),
    ("duplicate-updated", "atom", "2026-01-01T03:04:05Z", "2026-01-02T03:04:05Z"),
    ("incomplete-source", "atom", "<title>Paper</title>", ""),
    ("missing-div", "atom", _DIV, '<summary type="xhtml">Tonight</summary>'),
    ("invalid-type", "atom", "<title>Night", '<title type="text/html">Night'),
    ("markup-not-escaped", "atom", "<title>Night", "<title><b>N</b>ight"),
    ("markup-not-escaped", "atom", _HTML, _content("text/plain", "<b>N</b>")),
    ("escaped-xhtml", "atom", _DIV, '<summary type="xhtml">&lt;p>Tonight&lt;/p></summary>'),
    ("invalid-base64", "atom", _HTML, "<summary>a</summary>" + _content("image/png", "?!")),
    ("content-twice", "atom", _HTML, '<summary>a</summary><content type="image/png" src="https://example.org/a.png">b</content>'),
    ("misplaced-xhtml", "atom", _SELF, _SELF + '<p xmlns="http://www.w3.org/1999/xhtml">a</p>'),
    # text and HTML
    ("markup-in-plain-text", "atom", "<title>Night", "<title>&lt;b>N&lt;/b>ight"),
    ("markup-in-plain-text", "rss", "What sails", "What &lt;b>sails&lt;/b>"),
    ("double-escaped", "atom", _HTML, _content("html", "&amp;lt;p&amp;gt;Tonight")),
    ("broken-html", "atom", _HTML, _content("html", "&lt;p>one &lt;b")),
    ("broken-html", "atom", _HTML, _content("html", "&lt;blinky>one")),
    ("dangerous-element", "atom", _HTML, _content("html", "&lt;script>one&lt;/script>")),
    ("dangerous-element", "rss", "&lt;p&gt;They", "&lt;iframe>They"),
    ("dangerous-attribute", "atom", _HTML, _content("html", "&lt;p onclick='a()'>one")),
    ("dangerous-attribute", "atom", "<p>They", "<p><a href='javascript:a()'>b</a>They"),
    ("dangerous-style", "atom", _HTML, _content("html", "&lt;p style='position:absolute'>one")),
    ("relative-reference", "atom", "https://example.org/2\"&gt;they", "/2\"&gt;they"),
    # history, threads, tombstones
    ("history-in-entry", "atom", _FILE, '<link rel="prev-archive" href="https://example.org/0"/>'),
    ("complete-with-pages", "atom", _SELF, f'{_SELF}<complete xmlns="{_HISTORY}"/><link rel="next" href="https://example.org/2"/>'),
    ("archive-without-current", "atom", _SELF, f'{_SELF}<archive xmlns="{_HISTORY}"/>'),
    ("archive-incomplete", "atom", _SELF, f'{_SELF}<link rel="next-archive" href="https://example.org/2"/>'),
    ("deleted-entry-shown", "atom", _SELF, f'{_SELF}<deleted-entry xmlns="http://purl.org/atompub/tombstones/1.0" ref="https://example.org/1" when="2026-02-02T03:04:05Z"/>'),
    ("reply-without-target", "rss", ' href="https://example.org/0"', ""),
    # RSS
    ("missing-version", "rss", ' version="2.0"', ""),
    ("invalid-version", "rss", 'version="2.0"', 'version="3.0"'),
    ("missing-link", "rss", "<link>https://example.org/</link>\n  <desc", "<desc"),
    ("missing-description", "rss", "<description>What sails</description>", ""),
    ("missing-title-or-description", "rss", "</item>", "</item><item><guid>https://example.org/2</guid></item>"),
    ("missing-guid", "rss", _GUID, ""),
    ("guid-not-address", "rss", ' isPermaLink="false"', ""),
    ("address-not-ascii", "rss", "<link>https://example.org/1", "<link>https://example.org/港"),
    ("person-without-name", "rss", "lin@example.org (Lin)", "lin@example.org"),
    ("invalid-person", "rss", "lin@example.org (Lin)", "Lin"),
    ("duplicate-enclosure", "rss", _GUID, _GUID + '<enclosure url="https://example.org/2.mp3" type="audio/mpeg" length="12"/>'),
    ("duplicate-meaning", "rss", _GUID, _GUID + "<dc:title>Night boats</dc:title>"),
    ("text-input", "rss", "<ttl>", "<textInput><title>a</title><description>b</description><name>q</name><link>https://example.org/q</link></textInput><ttl>"),
    ("image-differs", "rss", "<title>Harbour</title><link>", "<title>Port</title><link>"),
    ("image-format", "rss", "a.png</url>", "a.ico</url>"),
    ("description-after-content", "rss", "<description>They sail</description>", ""),
    ("entry-not-last", "rss", "</item>", "</item><rating>a</rating>"),
    ("markup-in-title", "rss", _ITEM, "<title>Night &lt;b>boats&lt;/b></title>"),
    # podcasts and media
    ("missing-itunes", "rss", '<itunes:category text="News"/>', ""),
    ("too-long", "rss", "<itunes:summary>", "<itunes:summary>" + "a" * 4000),
    ("media-without-source", "rss", ' url="https://example.org/1.jpg"', ""),
    # JSON Feed
    ("not-json", "json", "]", ""),
    ("duplicate-key", "json", '"items": [', '"title": "a", "items": ['),
    ("wrong-type", "json", '"title": "Night boats"', '"title": 12'),
    ("wrong-type", "json", JSON, "[]"),
    ("missing-key", "json", '"title": "港口报",', ""),
    ("missing-feed-url", "json", '"feed_url": "https://example.org/all.json",', ""),
    ("missing-home-page", "json", '"home_page_url": "https://example.org/",', ""),
    ("missing-language", "json", '"language": "zh-Hans",', ""),
    ("unknown-key", "json", '"items": [', '"entries": 1, "items": ['),
    ("deprecated-key", "json", '"items": [', '"author": {"name": "a"}, "items": ['),
    ("endless-pages", "json", '"items": [', '"next_url": "https://example.org/all.json", "items": ['),
    # OPML
    ("invalid-opml-version", "opml", '"2.0"', '"9"'),
    ("missing-outline-text", "opml", 'text="Paper" ', ""),
    ("missing-feed-address", "opml", 'xmlUrl="https://example.org/feed" ', ""),
    ("missing-include-address", "opml", ' url="https://example.org/more.opml"', ""),
    ("duplicate-subscription", "opml", "      <outline", '      <outline text="Again" type="rss" xmlUrl="https://example.org/feed"/><outline'),
    # pages
    ("html-syntax", "html", "<article id", '<article class="a" class="b" id'),
    ("missing-doctype", "html", "<!doctype html>\n", ""),
    ("missing-charset", "html", '<meta charset="utf-8">', ""),
    ("missing-lang", "html", ' lang="zh-Hans"', ""),
    ("missing-viewport", "html", '<meta name="viewport" content="width=device-width">', ""),
    ("missing-page-title", "html", "<title>港口报</title>", ""),
    ("headings", "html", "<h1>港口报</h1>", ""),
    ("headings", "html", "<h1>港口报</h1>", "<h1>a</h1><h1>b</h1>"),
    ("headings", "html", "<h2>Night boats</h2>", "<h4>Night boats</h4>"),
    ("missing-alt", "html", ' alt=""', ""),
    ("duplicate-html-id", "html", "<ul>", '<ul id="one">'),
    ("broken-fragment", "html", 'href="#one"', 'href="#two"'),
    ("stray-end-tag", "html", "<ul>", "</div><ul>"),
    ("unclosed-element", "html", "<ul>", "<div><ul>"),
    ("unclosed-element", "html", "They sail.", "They <b>sail."),
    ("script", "html", "</body>", "<script>a()</script></body>"),
    ("script", "html", "<ul>", '<ul onclick="a()">'),
    ("foreign-request", "html", 'src="a.png"', 'src="https://cdn.example/a.png"'),
    ("foreign-request", "html", 'href="style.css"', 'href="//cdn.example/style.css"'),
    ("missing-feed-link", "html", '<link rel="alternate" type="application/atom+xml" href="all.atom">', ""),
)  # fmt: skip
# What is broken by something else than the text of one document; tests/test_lint.py has them.
ELSEWHERE = {
    "wrong-kind", "too-large", "more-faults", "wrong-content-type", "charset-conflict", "unreadable",
    "reads-differently",
}  # fmt: skip


def broken(kind: str, old: str, new: str) -> bytes:
    good = GOOD[kind]
    assert old in good, old
    return good.replace(old, new, 1).encode()
