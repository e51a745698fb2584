"""Documents made to take a reader long, or all its memory: each a function of about how many bytes.

`HEAVY` holds them by name. To add one: a row; `test_bounds` and `long/test_bounds` read them all.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterable

Made = Callable[[int], bytes]
HEAVY: dict[str, Made] = {}


def rss(inside: str, prolog: str = '<?xml version="1.0"?>') -> str:
    return f'{prolog}<rss version="2.0"><channel><title>t</title>{inside}</channel></rss>'


def item(inside: str) -> str:
    return f"<item><title>a</title><guid>1</guid>{inside}</item>"


def atom(inside: str) -> str:
    return f'<feed xmlns="http://www.w3.org/2005/Atom"><title>t</title>{inside}</feed>'


def escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;")


def numbered(pattern: str, size: int) -> str:
    """The pattern again and again, with another number each time."""
    return "".join(_numbered(pattern, size))


def _numbered(pattern: str, size: int) -> Iterable[str]:
    n = 0
    while size > 0:
        piece = pattern.replace("#", str(n))
        yield piece
        n, size = n + 1, size - len(piece)


def _heavy(name: str, made: Callable[[int], str | bytes]) -> None:
    def body(size: int) -> bytes:
        found = made(size)
        return found if isinstance(found, bytes) else found.encode()

    HEAVY[name] = body


def _times(unit: str) -> Callable[[int], str]:
    return lambda size: unit * (size // len(unit.encode()))


# ── deep ─────────────────────────────────────────────────────────────────────

for name, opens in {
    "elements": "<a>",
    "items": "<item>",
    "sources": "<source>",
    "based": "<a xml:base='b/'>",
    "described": "<description>",
}.items():
    _heavy(f"deep {name}", lambda size, x=opens: rss(_times(x)(size)))  # type: ignore[misc]
    closes = f"</{opens[1:-1].split()[0]}>"
    _heavy(
        f"deep {name}, closed",
        lambda size, x=opens, y=closes: rss(_times(x)(size // 2) + y * (size // 2 // len(x))),  # type: ignore[misc]
    )
_heavy(
    "deep XHTML",
    lambda size: atom(
        "<entry><content type='xhtml'>"
        + "<div>" * (size // 11)
        + "</div>" * (size // 11)
        + "</content></entry>"
    ),
)
_heavy("deep JSON", lambda size: "[" * size)
_heavy("deep JSON objects", _times('{"items":'))

# ── HTML in an entry ─────────────────────────────────────────────────────────

_HTML = {
    "div": "<div>", "b": "<b>", "a": "<a href=x>", "table": "<table>", "fostered": "<table><b>x", "adopted": "<a><div>",
    "misnested": "<b><div></b>", "walled": "<div><table></div>", "formatted": "<b><i><p>", "svg": "<svg>",
    "math": "<math><mi>", "select": "<select><option>", "template": "<template>", "noscript": "<noscript><img src=x></noscript>",
    "comments": "<!--", "bogus comments": "<!a", "brackets": "<", "ends": "</p>", "ampersands": "&", "references": "&nbsp;",
    "no references": "&x;", "images": "<img src=x width=1 height=1>", "attributes": "<p a b c d e f g h>", "lists": "<ul><li>",
    "quoted ends": "<div title='</div>'>", "raw ends": "<div><xmp></div></xmp>", "buttons": "<button><p></button>",
}  # fmt: skip
for name, piece in _HTML.items():
    _heavy(
        f"HTML {name}",
        lambda size, x=piece: rss(  # type: ignore[misc]
            item(f"<description><![CDATA[{_times(x)(size)}]]></description>")
        ),
    )
_heavy(
    "HTML of fonts",
    lambda size: rss(
        item(
            f"<description>{escaped(numbered('<font size=#>', size // 4) + '<p>x' * (size // 14))}"
            "</description>"
        )
    ),
)
_heavy(
    "HTML of few fonts",
    lambda size: rss(
        item(
            f"<description><![CDATA[{numbered('<font size=#>', 3_000)}{'<p>x' * (size // 4)}]]>"
            "</description>"
        )
    ),
)
_heavy(
    "HTML of attributes",
    lambda size: rss(
        item(f"<description>{escaped('<p ' + numbered(' a#=1', size) + '>')}</description>")
    ),
)
_heavy(
    "HTML of styles",
    lambda size: rss(
        item(f"<description>{escaped('<img src=x style=' + ';' * size + '>')}</description>")
    ),
)

# ── many, and long ───────────────────────────────────────────────────────────

_ITEMS = {
    "items": "<item/>", "items with ids": "<item><guid>#</guid></item>", "items with titles": "<item><title>#</title></item>",
    "open items": "<item><title>x</title>", "odd dates": "<item><guid>#</guid><pubDate>a # b</pubDate></item>",
    "elements": "<a/>", "instructions": "<?a?>", "comments": "<!---->", "namespaces": "<a#:b xmlns:a#='u#'/>",
    "bases": "<a xml:base='b#/'/>", "languages": "<a xml:lang='b'/>",
}  # fmt: skip
_OF_ONE = {
    "categories": "<category>#</category>", "one category": "<category>x</category>", "links": "<link>http://a.example/#</link>",
    "files": "<enclosure url='http://a.example/#.mp3'/>", "authors": "<author>a@b.example (#)</author>",
    "titles": "<title>#</title>", "ids": "<guid>#</guid>", "descriptions": "<description>#</description>",
    "sections": "<description><![CDATA[]]></description>", "media": "<media:content url='#'/>",
}  # fmt: skip
for name, piece in _ITEMS.items():
    _heavy(f"many {name}", lambda size, x=piece: rss(numbered(x, size)))  # type: ignore[misc]
    _heavy(f"many {name}, broken", lambda size, x=piece: rss(numbered(x, size) + "& <b>"))  # type: ignore[misc]
for name, piece in _OF_ONE.items():
    _heavy(f"of one {name}", lambda size, x=piece: rss(item(numbered(x, size))))  # type: ignore[misc]
    _heavy(f"of one {name}, broken", lambda size, x=piece: rss(item("& <b>" + numbered(x, size))))  # type: ignore[misc]
_heavy("many Atom entries", lambda size: atom(numbered("<entry><id>#</id></entry>", size)))
_heavy("a long attribute", lambda size: rss(item(f"<a b='{'x' * size}'/>")))
_heavy("a long attribute, broken", lambda size: rss(item(f"& <b><a b='{'x' * size}'/>")))
_heavy("a long link", lambda size: atom(f"<entry><link href='http://a/{'x' * size}'/></entry>"))
_heavy("a link of spaces", lambda size: rss(item(f"<link>http://a/{' ' * size}x</link>")))
_heavy("a link of links", lambda size: rss(item(f"<link>{_times('http://a/?url=')(size)}</link>")))
_heavy("a link of steps", lambda size: rss(item(f"<link>http://a/{_times('x/../')(size)}</link>")))
_heavy("a long title", lambda size: rss(f"<item><title>{_times('很长 ')(size)}</title></item>"))
_heavy("a title of marks", lambda size: rss(item(f"<title>a{_times(chr(0x301))(size)}</title>")))
_heavy("a long date", lambda size: rss(item(f"<pubDate>{_times('1 ')(size)}</pubDate>")))
_heavy("a long author", lambda size: rss(item(f"<author>{_times('a@')(size)}</author>")))
_heavy("attributes", lambda size: rss(item(f"<a {numbered(' a#=' + chr(34) * 2, size)}/>")))
_heavy("attributes, broken", lambda size: rss(item(f"& <a {numbered(' a#=' + chr(34) * 2, size)}/>")))  # fmt: skip
_heavy("one attribute again", lambda size: rss(item(f"<a {_times('a=1 ')(size)}/>")))
_heavy("declarations", lambda size: rss(item(f"<a {numbered(' xmlns:a#=' + chr(39) + 'u' + chr(39), size)}/>")))  # fmt: skip

# ── what is kept besides ─────────────────────────────────────────────────────

_SPOKEN = (
    "xmlns:media='http://search.yahoo.com/mrss/' xmlns:podcast='https://podcastindex.org/namespace/1.0'"
    " xmlns:itunes='http://www.itunes.com/dtds/podcast-1.0.dtd' xmlns:cc='http://creativecommons.org/ns#'"
    " xmlns:thr='http://purl.org/syndication/thread/1.0' xmlns:dcterms='http://purl.org/dc/terms/'"
)


def _spoken(inside: str) -> str:
    return item(inside).replace("<item>", f"<item {_SPOKEN}>")


_KEPT = {
    "files": "<media:content url='http://a/#.mp3' medium='audio'/>", "groups": "<media:group><media:content url='#'/></media:group>",
    "people": "<podcast:person role='#'>#</podcast:person>", "licences": "<cc:license>http://a/#</cc:license>",
    "more licences": "<podcast:license>#</podcast:license>", "subjects": "<dcterms:subject>#</dcterms:subject>",
    "keywords": "<itunes:keywords>#,a#,b#,c#</itunes:keywords>", "texts": "<media:text>&lt;b>#</media:text>",
    "replies": "<thr:in-reply-to ref='#'/>", "blocks": "<podcast:block id='#'>yes</podcast:block>",
}  # fmt: skip
_KEPT_OPEN = {
    "groups": "<media:group>", "contents": "<media:content url='u'>", "asides": "<podcast:a x='y'>", "owners": "<itunes:owner>",
    "items aside": "<podcast:liveItem><title>x</title>", "unequal": "<podcast:a><media:b></podcast:c>",
}  # fmt: skip
for name, piece in _KEPT.items():
    _heavy(f"kept {name}", lambda size, x=piece: rss(_spoken(numbered(x, size))))  # type: ignore[misc]
    _heavy(f"kept {name}, broken", lambda size, x=piece: rss(_spoken("& <b>" + numbered(x, size))))  # type: ignore[misc]
    _heavy(f"kept {name} in a group", lambda size, x=piece: rss(_spoken(f"<media:group>{numbered(x, size)}</media:group>")))  # type: ignore[misc]  # fmt: skip
for name, piece in _KEPT_OPEN.items():
    _heavy(f"kept and open {name}", lambda size, x=piece: rss(_spoken(_times(x)(size))))  # type: ignore[misc]
_heavy("a long text that is kept", lambda size: rss(_spoken(f"<podcast:a>{_times('&lt;b> ')(size)}</podcast:a>")))  # fmt: skip
_heavy("hours to skip", lambda size: rss("<skipHours>" + numbered("<hour>#</hour>", size) + "</skipHours>"))  # fmt: skip

# ── broken ───────────────────────────────────────────────────────────────────

for piece in (
    *("& ", "< ", "<", "<!", "<!a ", "<a b=", "<a b='", "</", "&#", "&x;", "&#1;", "<?", "<![a", "<![CDATA["),
    *("</a>", "<a ", "c d ", "<!--", "]]>", "&#xFFFFFFFFFFFF;"),
):  # fmt: skip
    _heavy(f"broken by {piece}", lambda size, x=piece: rss(item("& <b>" + _times(x)(size))))  # type: ignore[misc]
_heavy("a tag without end", lambda size: rss(item('& <a b="' + _times("c d ")(size))))
_heavy("spaces in a tag", lambda size: f"<rss {' ' * size}")
_heavy("spaces in the declaration", lambda size: f"<?xml {' ' * size}")
_heavy("a long declaration", lambda size: rss("<item/>", "<?xml encoding='a'" + _times("encoding=' ")(size) + "?>"))  # fmt: skip
_heavy("lines before it", lambda size: "\n" * size + rss("<item/>") + "&")
_heavy("lines in the prolog", lambda size: "<?xml version='1.0'?>" + "\n" * size + "<!DOCTYPE a" + "\n" * size + rss("&", ""))  # fmt: skip
_heavy("a page", lambda size: "<!doctype html><html>" + _times("<p>x <b>y</b>")(size))
_heavy("a page with a feed in it", lambda size: "<html><feed>" + _times("<p>x<a href=/>")(size))
_heavy("brackets", lambda size: "<" * size)
_heavy("nothing", lambda size: b"\0" * size)
_heavy("spaces", lambda size: " " * size + "x")
_heavy("noise", lambda size: random.Random(5).randbytes(size))
_heavy("noise in a feed", lambda size: b"<rss><item><title>" + random.Random(5).randbytes(size))
_heavy("another charset", lambda size: rss(_times("<item><title>央行宣布</title></item>")(size), "").encode("gb18030"))  # fmt: skip
_heavy("UTF-16", lambda size: rss(_times("<item><title>x</title></item>")(size // 2)).encode("utf-16-le"))  # fmt: skip
_heavy("images of RDF", lambda size: '<rdf:RDF xmlns="http://purl.org/rss/1.0/"><channel/>' + _times("<image>")(size))  # fmt: skip
_heavy("open images of RDF", lambda size: '<rdf:RDF xmlns="http://purl.org/rss/1.0/"><channel/>' + _times("<image ")(size))  # fmt: skip

# ── document types ───────────────────────────────────────────────────────────


def _typed(declarations: str, inside: str, *, apart: bool = False) -> str:
    """feedparser looks for a document type at the beginning of a line only."""
    return rss(inside, f"<?xml version='1.0'?>{chr(10) if apart else ''}<!DOCTYPE rss [{declarations}]>")  # fmt: skip


_LAUGHS = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10 if n else "ha"}">' for n in range(12))
for apart in (False, True):
    mark = ", on a line of its own" if apart else ""
    _heavy(f"laughs{mark}", lambda size, x=apart: _typed(_LAUGHS, item("<description>&e11;</description>"), apart=x))  # type: ignore[misc]  # fmt: skip
    _heavy(
        f"a long entity{mark}",
        lambda size, x=apart: _typed(  # type: ignore[misc]
            f'<!ENTITY a "{"x" * (size // 2)}">', item(_times("&a;")(size // 2)), apart=x
        ),
    )
    _heavy(
        f"attributes by default{mark}",
        lambda size, x=apart: _typed(  # type: ignore[misc]
            f"<!ATTLIST a {numbered(' b# CDATA ' + chr(34) * 2, size // 2)}>",
            item(_times("<a/>")(size // 2)),
            apart=x,
        ),
    )
    _heavy(f"entities{mark}", lambda size, x=apart: _typed(numbered("<!ENTITY e# 'x'>", size), item("&e1;"), apart=x))  # type: ignore[misc]  # fmt: skip
_heavy("a document type without end", lambda size: "<!DOCTYPE r [" + _times("<!ENTITY a 'x'>")(size))  # fmt: skip
for piece in (
    "<!DOCTYPE [",
    "<!DOCTYPE a>",
    "<!DOCTYPE [] ",
    "<!--",
    "<!---->",
    "<?",
    "<!",
    "< ",
    "x",
):
    _heavy(f"a prolog of {piece}", lambda size, x=piece: _times(x)(size) + rss("<item/>", ""))  # type: ignore[misc]
_heavy("document types", lambda size: _times("<!DOCTYPE ")(size) + rss("<item/>"))

# ── JSON ─────────────────────────────────────────────────────────────────────


def _feed(items: str) -> str:
    return f'{{"version": "https://jsonfeed.org/version/1.1", "items": [{items}]}}'


_heavy("JSON of empty items", lambda size: _feed(_times("{},")(size) + "{}"))
_heavy("JSON of items", lambda size: _feed(numbered('{"id": "#"},', size) + "{}"))
_heavy("JSON of numbers", lambda size: _feed(_times("1,")(size) + "1"))
_heavy("JSON of tags", lambda size: _feed('{"id": "a", "tags": [' + numbered('"#",', size) + '""]}'))  # fmt: skip
_heavy("JSON of files", lambda size: _feed('{"id": "a", "attachments": [' + numbered('{"url": "http://a/#"},', size) + "{}]}"))  # fmt: skip
_heavy("JSON of digits", lambda size: _feed('{"id": ' + "1" * size + "}"))
_heavy("JSON of paragraphs", lambda size: _feed('{"id": "a", "content_text": "' + _times(r"a\n\n")(size) + '"}'))  # fmt: skip
_heavy("JSON of HTML", lambda size: _feed(json.dumps({"id": "a", "content_html": _times("<div>")(size)})))  # fmt: skip
_heavy("JSON of surrogates", lambda size: _feed('{"id": "' + _times(r"\ud800")(size) + '"}'))
_heavy("JSON of authors", lambda size: _feed('{"id": "a", "authors": [' + numbered('{"name": "#"},', size) + "{}]}"))  # fmt: skip
_heavy("JSON of hubs", lambda size: '{"hubs": [' + numbered('{"type": "WebSub", "url": "#"},', size) + '{}], "items": []}')  # fmt: skip
_heavy("JSON of images", lambda size: _feed(numbered('{"image": "http://a/#", "banner_image": "#"},', size) + "{}"))  # fmt: skip
_heavy("JSON cut off", lambda size: _feed(numbered('{"id": "#"},', size))[:-2])
_heavy(
    "JSON cut off in a text",
    lambda size: _feed('{"id": "a"}, {"id": "' + _times(r"\\ ")(size))[:-2],
)
_heavy("JSON of an extension", lambda size: _feed('{"id": "a", "_b": ' + "[" * 900 + _times("[],")(size) + "1" + "]" * 900 + "}"))  # fmt: skip
