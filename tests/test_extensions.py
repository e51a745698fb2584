"""What feeds say of media, podcasts, threads and licences is kept; who wants to be listed nowhere
is not published."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from world import Item, World

from aggregator import app, formats, inspection, status
from aggregator.formats import lenient, strict
from aggregator.formats.extensions import NAMESPACES
from aggregator.model import Enclosure, Extension, Feed, Link, Response
from aggregator.rules.clean import clean, clean_feed
from aggregator.stores import codec

URL = "https://a.example/feed.xml"
_ALL = {prefix: uri for uri, prefix in NAMESPACES.items()} | {
    "dcterms": "http://purl.org/dc/terms/",
    "feedburner": "http://rssnamespace.org/feedburner/ext/1.0",
    "creativeCommons": "http://backend.userland.com/creativeCommonsRssModule",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "atom": "http://www.w3.org/2005/Atom",
}
_DECLARED = " ".join(f'xmlns:{prefix}="{uri}"' for prefix, uri in _ALL.items())


def rss(item: str = "", channel: str = "") -> str:
    return (
        f'<rss version="2.0" {_DECLARED}><channel><title>C</title><link>https://a.example/</link>'
        f"{channel}<item><title>T</title><link>https://a.example/1</link>{item}</item></channel></rss>"
    )


def atom(entry: str = "") -> str:
    return f'<feed xmlns="http://www.w3.org/2005/Atom" {_DECLARED}><title>C</title><entry>{entry}</entry></feed>'


def read(body: str) -> Feed:
    """As the strict and the lenient reader agree to read it, and feedparser's loose one as well."""
    quick = strict.parse(Response(url=URL, body=body.encode()))
    slow = lenient.parse(Response(url=URL, body=body.encode()))
    broken = body.replace("<title>C", "<title>C &nope; ", 1)
    loose = lenient.parse(Response(url=URL, body=broken.encode()))

    assert quick == slow
    assert replace(loose, title="C", problems=()) == replace(slow, problems=())
    return slow


def of(name: str, text: str = "", *children: Extension, **attributes: str) -> Extension:
    found = tuple(sorted((k.replace("_", "-"), v) for k, v in attributes.items()))
    return Extension(name=name, text=text, attributes=found, children=children)


# ── kept ─────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("<itunes:duration> 1:02 </itunes:duration>", of("itunes:duration", "1:02")),
        ("<itunes:episodeType>full</itunes:episodeType>", of("itunes:episodeType", "full")),
        ("<itunes:image href='/i.png'/>", of("itunes:image", href="/i.png")),
        ("<itunes:subtitle>A &amp; B</itunes:subtitle>", of("itunes:subtitle", "A & B")),
        ("<podcast:transcript url='/1.vtt' type='text/vtt' rel='captions'/>",
         of("podcast:transcript", url="/1.vtt", type="text/vtt", rel="captions")),
        ("<podcast:person role='host'>Ann &lt;3 <![CDATA[B & C]]></podcast:person>",
         of("podcast:person", "Ann <3 B & C", role="host")),
        ("<podcast:soundbite startTime='1.5' duration='9'/>",
         of("podcast:soundbite", startTime="1.5", duration="9")),
        ("<podcast:alternateEnclosure type='audio/ogg'><podcast:source uri='ipfs://Qm'/>"
         "</podcast:alternateEnclosure>",
         of("podcast:alternateEnclosure", "", of("podcast:source", uri="ipfs://Qm"), type="audio/ogg")),
        ("<podcast:value type='x'>\n<podcast:valueRecipient customKey='1' split='9'/></podcast:value>",
         of("podcast:value", "", of("podcast:valueRecipient", customKey="1", split="9"), type="x")),
        ("<media:group><media:content url='/v.mp4' fileSize='9'><media:player url='/p'/>"
         "</media:content><media:credit role='a'>Ann</media:credit></media:group>",
         of("media:group", "", of("media:content", "", of("media:player", url="/p"), url="/v.mp4",
                                  fileSize="9"), of("media:credit", "Ann", role="a"))),
        ("<media:title type='html'>&lt;b&gt;V&lt;/b&gt;</media:title>",
         of("media:title", "<b>V</b>", type="html")),
        ("<thr:in-reply-to ref='tag:a' href='/0'/>", of("thr:in-reply-to", ref="tag:a", href="/0")),
        ("<rsl:content url='/'><rsl:license><rsl:permits type='usage'>search</rsl:permits>"
         "</rsl:license></rsl:content>",
         of("rsl:content", "", of("rsl:license", "", of("rsl:permits", "search", type="usage")),
            url="/")),
    ],
)  # fmt: skip
def test_an_extension_element_is_kept_as_it_came(said: str, kept: Extension) -> None:
    assert read(rss(said)).entries[0].extensions == (kept,)
    assert read(atom(said)).entries[0].extensions == (kept,)
    assert lenient.parse(Response(url=URL, body=rss(channel=said).encode())).extensions == (kept,)


@pytest.mark.parametrize("uri", sorted(NAMESPACES))
def test_a_namespace_is_known_whatever_its_prefix(uri: str) -> None:
    usual = NAMESPACES[uri]
    if usual == "cc":
        return
    body = f'<rss version="2.0" xmlns:x="{uri}"><channel><title>C</title><item><x:a b="c">d</x:a></item></channel></rss>'
    assert read(body).entries[0].extensions == (of(f"{usual}:a", "d", b="c"),)


@pytest.mark.parametrize(
    ("uri", "said", "read_as"),
    [
        ("http://purl.org/dc/elements/1.1/", "creator", "authors"),
        ("http://purl.org/dc/elements/1.0/", "creator", "authors"),
        ("http://purl.org/dc/elements/1.1/", "source", "links"),
        ("http://www.itunes.com/DTDs/PodCast-1.0.dtd", "author", "authors"),
        ("http://purl.org/rss/1.0/modules/content/", "encoded", "content"),
        ("http://www.w3.org/2005/Atom", "summary", "summary"),
        ("http://rssnamespace.org/feedburner/ext/1.0", "origLink", "links"),
        ("http://www.pheedo.com/namespace/pheedo", "origLink", "links"),
    ],
)
def test_a_namespace_is_known_with_https_and_with_or_without_its_slash(
    uri: str, said: str, read_as: str
) -> None:
    def of_item(uri: str) -> object:
        item = f"<x:{said}>https://o.example/1</x:{said}>"
        body = f'<rss version="2.0" xmlns:x="{uri}"><channel><title>C</title><item>{item}</item></channel></rss>'
        return getattr(read(body).entries[0], read_as)

    usual = of_item(uri)

    assert usual
    for other in (uri.removesuffix("/"), uri + "/" * (uri[-1] != "/")):
        assert of_item(other) == of_item(other.replace("http:", "https:")) == usual


def test_what_is_about_something_else_is_not_taken_for_the_feeds_own() -> None:
    live = (
        "<podcast:liveItem status='live'><title>Now</title><guid>live</guid><link>/live</link>"
        "<description>d</description><author>a@b.example</author><enclosure url='/l.mp3'/>"
        "</podcast:liveItem>"
    )
    with_it, without = read(rss(channel=live)), read(rss())

    assert [x.name for x in with_it.extensions[0].children] == [
        "title", "guid", "link", "description", "author", "enclosure",
    ]  # fmt: skip
    assert replace(with_it, extensions=()) == without


def test_what_a_broken_feed_leaves_open_swallows_no_other_entry() -> None:
    body = rss("<podcast:person>Ann").replace("</item>", "</item><item><title>U</title></item>")

    first, second = lenient.parse(Response(url=URL, body=body.encode())).entries

    assert first.extensions == (of("podcast:person", "Ann"),)
    assert (second.title, second.extensions) == ("U", ())


def test_nesting_without_end_is_kept_to_a_depth() -> None:
    def depth(found: tuple[Extension, ...]) -> int:
        return 1 + depth(found[0].children) if found else 0

    e = read(rss("<podcast:a>" * 50 + "x" + "</podcast:a>" * 50)).entries[0]
    assert depth(clean(e).extensions) == 0  # nothing is in it that anyone could read

    named = "".join(f"<podcast:a n='{n}'>" for n in range(50))
    e = read(rss(named + "</podcast:a>" * 50)).entries[0]
    assert depth(clean(e).extensions) == 8


def test_extensions_are_made_safe_and_stored_whole() -> None:
    said = (
        "<media:description type='html'>&lt;p onclick='x'&gt;d&lt;/p&gt;&lt;script&gt;x&lt;/script&gt;"
        "</media:description><podcast:person href='javascript:x' img='/a.png'>&lt;b&gt;A&lt;/b&gt;"
        "</podcast:person><podcast:source uri='ipfs://Qm'/><podcast:txt x='data:text/html,x'/>"
    )
    feed = read(rss(said, "<itunes:image href='/i.png'/>"))

    entry = clean(feed.entries[0])

    assert entry.extensions == (
        of("media:description", "<p>d</p>", type="html"),
        of("podcast:person", "A", img="https://a.example/a.png"),
        of("podcast:source", uri="ipfs://Qm"),
        of("podcast:txt"),
    )
    assert codec.to_entry(codec.from_entry(entry)) == entry
    stored = clean_feed(replace(feed, entries=(), problems=()))
    assert codec.to_feed(codec.from_feed(stored)) == stored
    assert stored.extensions == (of("itunes:image", href="https://a.example/i.png"),)


def test_media_that_are_heard_or_watched_are_the_enclosures_of_an_entry_without_any() -> None:
    group = (
        "<media:group><media:content url='https://a.example/s.webm' type='video/webm'/>"
        "<media:content url='https://a.example/v.mp4' type='video/mp4' fileSize='9' isDefault='true'/>"
        "</media:group><media:content url='https://a.example/me.png' medium='image'/>"
    )
    video = Enclosure(url="https://a.example/v.mp4", type="video/mp4", length=9)
    own = Enclosure(url="https://a.example/1.mp3", type="audio/mpeg")

    assert read(rss(group)).entries[0].enclosures == (video,)
    assert read(rss(group + "<enclosure url='https://a.example/1.mp3'/>")).entries[
        0
    ].enclosures == (own,)


def test_media_of_no_kind_are_enclosures_by_their_names() -> None:
    media = (
        "<media:content url='https://a.example/v.mp4'/><media:content url='https://a.example/i.jpg'/>"
        "<media:content url='https://a.example/player?id=1'/>"
    )
    video = Enclosure(url="https://a.example/v.mp4", type="video/mp4")

    assert read(rss(media)).entries[0].enclosures == (video,)


def test_a_file_is_the_one_that_feedburner_counts_the_downloads_of() -> None:
    counted = "<enclosure url='https://p.example/1.mp3' type='audio/mpeg' length='9'/>"
    original = (
        "<feedburner:origEnclosureLink>https://a.example/1.mp3</feedburner:origEnclosureLink>"
    )
    file = Enclosure(url="https://a.example/1.mp3", type="audio/mpeg", length=9)

    assert read(rss(counted + original)).entries[0].enclosures == (file,)
    two = counted + "<enclosure url='https://p.example/2.mp3'/>" + original
    assert file not in read(rss(two)).entries[0].enclosures  # which of them, nobody says


@pytest.mark.parametrize(
    "rel", ["rel='alternate'", "rel='alternate' hreflang='de'", "type='text/html'"]
)
def test_the_link_of_rss_is_before_those_of_atom_beside_it(rel: str) -> None:
    beside = f"<atom:link {rel} href='https://b.example/'/>"
    feed = read(rss(item=beside, channel=beside))

    assert (feed.link, feed.entries[0].link) == ("https://a.example/", "https://a.example/1")
    assert read(rss(item=beside).replace("<link>https://a.example/1</link>", "")).entries[
        0
    ].link == ("https://b.example/")


def test_of_several_links_of_rss_the_last_counts() -> None:
    three = "<link>https://b.example/</link><link href='https://c.example/'/>"

    assert read(rss(channel=three)).link == "https://c.example/"


def test_what_a_podcast_says_of_itself_is_before_what_it_says_to_itunes() -> None:
    own, other = "<description>D</description>", "<itunes:subtitle>S</itunes:subtitle>"

    summary = "<itunes:summary>U</itunes:summary>"
    caption = "<media:description>M</media:description>"
    for beside in (other, summary, other + summary, caption):
        for said in (own + beside, beside + own):
            assert lenient.parse(Response(url=URL, body=rss(channel=said).encode())).subtitle == "D"
    assert read(rss(channel=own + other + summary)).subtitle == "D"
    assert read(rss(channel=other)).subtitle == "S"
    assert read(rss(channel=other + "<itunes:summary>U</itunes:summary>")).subtitle == "S"


def test_google_describes_an_episode_better_than_its_subtitle() -> None:
    subtitle = "<itunes:subtitle>Sub</itunes:subtitle>"
    google = "<googleplay:description>Tides &amp;amp; &lt;ebb&gt;</googleplay:description>"

    assert read(rss(subtitle + google)).entries[0].summary == "Tides &amp;amp; &lt;ebb&gt;"
    assert read(rss(google + NOTES)).entries[0].summary == "In short"


CAPTION = "<media:description>The pier, 1901</media:description>"
PICTURE = f"<media:content url='/i.jpg' medium='image'>{CAPTION}</media:content>"
NOTES = "<itunes:summary>In short</itunes:summary>"


@pytest.mark.parametrize("beside", [CAPTION, PICTURE, NOTES])
def test_a_caption_is_no_text_of_an_entry_that_has_one(beside: str) -> None:
    text = "<description>&lt;p&gt;The news&lt;/p&gt;</description>"
    for said in (text + beside, beside + text):
        e = read(rss(said)).entries[0]
        assert (e.summary, e.content) == ("<p>The news</p>", None)

    full = "<content:encoded xmlns:content='http://purl.org/rss/1.0/modules/content/'>All</content:encoded>"
    assert read(rss(beside + text + full)).entries[0].content == "All"


def test_what_a_feed_says_itself_is_before_what_it_says_in_dublin_core() -> None:
    own = "<title>Own</title><description>Own text</description>"
    core = "<dc:title>Core</dc:title><dc:description>Core text</dc:description>"

    def told(said: str) -> list[str | None]:
        ns = "xmlns:dc='http://purl.org/dc/elements/1.1/'"
        body = f"<rss version='2.0' {ns}><channel>{said}<item>{said}</item></channel></rss>"
        quick = strict.parse(Response(url=URL, body=body.encode()))
        feed = lenient.parse(Response(url=URL, body=body.encode()))
        (e,) = feed.entries
        assert feed == quick
        return [feed.title, feed.subtitle, e.title, e.summary, e.content]

    assert told(own + core) == told(core + own) == ["Own", "Own text", "Own", "Own text", None]
    assert told(core) == ["Core", "Core text", "Core", "Core text", None]


def test_a_caption_is_the_text_of_an_entry_that_has_no_other() -> None:
    assert read(rss(CAPTION)).entries[0].summary == "The pier, 1901"
    assert read(atom(f"<media:group>{CAPTION}</media:group>")).entries[0].summary == (
        "The pier, 1901"
    )
    assert read(rss(PICTURE + NOTES)).entries[0].summary == "In short"
    marked_up = NOTES.replace("In short", "&lt;p&gt;a &amp;amp; b&lt;/p&gt;")
    assert read(rss(marked_up)).entries[0].summary == "<p>a &amp; b</p>"


@pytest.mark.parametrize(
    "image",
    [
        "<googleplay:image href='https://a.example/i.png'/>",
        "<itunes:image>https://a.example/i.png</itunes:image>",
    ],
)
def test_the_image_of_a_podcast_in_whatever_form(image: str) -> None:
    assert read(rss(channel=image)).image == "https://a.example/i.png"


def test_the_image_of_a_feed_may_be_one_of_media() -> None:
    image = "<media:content url='https://a.example/i.png' type='image/png'/>"
    assert read(rss(channel=image)).image == "https://a.example/i.png"
    assert read(rss(channel=image + "<itunes:image href='https://a.example/p.png'/>")).image == (
        "https://a.example/p.png"
    )


def test_rss_own_image_of_a_feed_is_before_that_of_its_podcast() -> None:
    own = "<image><url>https://a.example/i.png</url></image>"
    podcast = "<itunes:image href='https://a.example/p.png'/>"

    for said in (own + podcast, podcast + own):
        assert read(rss(channel=said)).image == "https://a.example/i.png"


def test_an_episode_without_a_title_has_that_of_its_podcast() -> None:
    said = "<itunes:title>A &amp; B</itunes:title>"

    assert read(rss(said)).entries[0].title == "T"
    assert read(rss(said).replace("<title>T</title>", "")).entries[0].title == "A &amp; B"


def test_a_generator_may_be_told_by_its_address() -> None:
    said = (
        "<admin:generatorAgent xmlns:admin='http://webns.net/mvcb/' rdf:resource='//g.example/'/>"
    )
    assert read(rss(channel=said)).generator == "//g.example/"
    assert read(rss(channel=said + "<generator>G</generator>")).generator == "G"


def test_json_feed_says_the_same_of_images_and_recordings() -> None:
    item = {
        "id": "1",
        "image": "/i.png",
        "banner_image": "b.png",
        "attachments": [{"url": "/1.mp3", "mime_type": "audio/mpeg", "duration_in_seconds": 9}],
    }
    body = json.dumps({"version": "https://jsonfeed.org/version/1.1", "items": [item]})

    (entry,) = formats.parse(Response(url=URL, body=body.encode())).entries

    assert entry.extensions == (
        of("media:thumbnail", url="https://a.example/i.png"),
        of("media:content", url="https://a.example/b.png", medium="image"),
        of("itunes:duration", "9"),
    )


# ── threads and licences ─────────────────────────────────────────────────────


def test_replies_are_counted_and_their_page_is_where_an_entry_is_discussed() -> None:
    said = (
        "<link rel='replies' type='application/atom+xml' href='https://a.example/1.atom'/>"
        "<link rel='replies' type='text/html' href='https://a.example/1#c' thr:count='3'/>"
    )
    e = read(atom(said)).entries[0]

    assert e.comments == "https://a.example/1#c"
    assert [(x.rel, x.count) for x in e.links] == [("replies", None), ("replies", 3)]


LICENCE = "https://l.example/by/4.0/"


@pytest.mark.parametrize(
    "said",
    [
        f"<atom:link rel='license' href='{LICENCE}'/>",
        f"<creativeCommons:license>{LICENCE}</creativeCommons:license>",
        f"<cc:license rdf:resource='{LICENCE}'/>",
        f"<cc:license>{LICENCE}</cc:license>",
        f"<dcterms:license>{LICENCE}</dcterms:license>",
        f"<podcast:license url='{LICENCE}'/>",
        f"<media:license href='{LICENCE}'/>",
    ],
)
def test_a_licence_that_is_an_address_is_a_link(said: str) -> None:
    for found in (read(rss(said)).entries[0], read(rss(channel=said))):
        assert [x.href for x in found.links if x.rel == "license"] == [LICENCE]
        assert found.rights is None


@pytest.mark.parametrize(
    "said",
    [
        "<dcterms:license>By hand &amp; free</dcterms:license>",
        "<cc:license>By hand &amp; free</cc:license>",
        "<podcast:license>By hand &amp; free</podcast:license>",
        "<dcterms:rights>By hand &amp; free</dcterms:rights>",
        "<media:copyright url='https://a.example/c'>By hand &amp; free</media:copyright>",
    ],
)
def test_a_licence_that_is_none_is_a_word_about_rights(said: str) -> None:
    for found in (read(rss(said)).entries[0], read(rss(channel=said))):
        assert found.rights == "By hand &amp; free"
        assert [x for x in found.links if x.rel == "license"] == []


# ── who wants to be listed nowhere ───────────────────────────────────────────


@pytest.mark.parametrize(
    ("said", "blocked"),
    [
        ("<itunes:block>Yes</itunes:block>", "itunes:block"),
        ("<itunes:block>no</itunes:block>", None),
        ("<itunes:block/>", None),
        ("<googleplay:block>yes</googleplay:block>", "googleplay:block"),
        ("<podcast:block>yes</podcast:block>", "podcast:block"),
        ("<podcast:block id='google'>yes</podcast:block>", None),
        ("<podcast:block id='aggregator'>yes</podcast:block>", "podcast:block"),
        ("<podcast:block>yes</podcast:block><podcast:block id='aggregator'>no</podcast:block>", None),
        ("<podcast:block id='google'>no</podcast:block><podcast:block>yes</podcast:block>",
         "podcast:block"),
        ("<podcast:block>no</podcast:block><itunes:block>yes</itunes:block>", "itunes:block"),
    ],
)  # fmt: skip
def test_a_block_is_read_by_its_own_rules(said: str, blocked: str | None) -> None:
    assert read(rss(said)).entries[0].blocked == blocked

    feed = read(rss(channel=said))
    of_feed = f"{blocked} of its feed" if blocked else None
    assert (feed.blocked, feed.entries[0].blocked) == (of_feed, of_feed)
    told = f"{blocked}: its publisher asks to be listed nowhere, so nothing of it is published"
    assert feed.problems == ((told,) if blocked else ())


BLOCK = '<itunes:block xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd">Yes</itunes:block>'


def show(*items: Item, blocked: bool = False) -> bytes:
    body = "".join(
        f"<item><guid>{i.id}</guid><title>{i.title}</title><link>{i.link}</link>{i.extra}</item>"
        for i in items
    )
    head = BLOCK if blocked else ""
    return f'<rss version="2.0"><channel><title>C</title>{head}{body}</channel></rss>'.encode()


def episode(number: int, extra: str = "") -> Item:
    link = f"https://a.example/{number}"
    return Item(id=link, link=link, title=f"Episode number {number}", extra=extra)


def held(world: World) -> dict[str, str | None]:
    return {e["title"]: e["held"] for e in world.entries()}


def test_a_blocked_entry_is_not_published_and_explained(world: World) -> None:
    world.sources("a")
    world.serve("a", show(episode(1), episode(2, BLOCK)))

    world.run()

    assert world.titles() == ["Episode number 1"]
    assert held(world)["Episode number 2"] == (
        "dropped by itunes:block: its publisher asks to be listed nowhere"
    )


def test_a_feed_that_comes_to_be_blocked_takes_all_its_entries_with_it_and_may_bring_them_back(
    world: World,
) -> None:
    world.sources("a")
    one, two, three, four = (episode(n) for n in range(1, 5))
    world.serve("a", show(one, two))
    world.run()

    world.serve("a", show(two, three, blocked=True))
    world.run()

    assert world.titles() == []
    wish = "dropped by itunes:block of its feed: its publisher asks to be listed nowhere"
    assert held(world) == {i.title: wish for i in (one, two, three)}
    assert "listed nowhere" in problems(world)

    world.serve("a", show(three, four))
    world.run()

    assert sorted(world.titles()) == [i.title for i in (one, two, three, four)]
    assert problems(world) == ""


def test_a_block_outlasts_new_rules_and_a_rule_a_block(world: World) -> None:
    world.sources("a", more="  b: {url: 'https://b.example/feed', drop: 'title ~ \"number 1\"'}\n")
    world.serve("a", show(episode(7), blocked=True))
    world.serve("b", show(episode(1), episode(2)))
    world.run()
    world.serve("b", show(episode(2), blocked=True))
    world.run()
    assert world.titles() == []

    world.sources("a", more="  b: {url: 'https://b.example/feed', drop: 'title ~ \"number 3\"'}\n")
    world.run()
    assert world.titles() == []

    world.serve("b", show(episode(2)))
    world.run()
    assert sorted(world.titles()) == ["Episode number 1", "Episode number 2"]


def problems(world: World) -> str:
    given = app.settings(world.folder / "config.yaml")
    store = app.open_store(given, exclusive=False)
    try:
        wanted = app.publication(given, store)
        (found,) = status.sources(store, wanted.sources, world.now)
        return " ".join(found["problems"])
    finally:
        store.close()


def test_inspect_says_what_it_says_and_no_more() -> None:
    body = rss("<itunes:duration>9</itunes:duration>", BLOCK).encode()
    found = inspection.inspect(body, url=URL, headers={})

    assert "extensions" not in found["entries"][0]
    assert "itunes:block" in found["problems"][0]


def test_a_feed_service_is_passed_and_remembered() -> None:
    proxy, page = "https://feedproxy.example/~r/1", "https://a.example/1"
    for prefix, uri in (
        ("f", "http://rssnamespace.org/feedburner/ext/1.0"),
        ("pheedo", "http://www.pheedo.com/namespace/pheedo"),
    ):
        body = (
            f'<rss version="2.0" xmlns:{prefix}="{uri}"><channel><title>C</title><item><title>T</title><link>{proxy}</link>'
            f"<{prefix}:origLink>{page}</{prefix}:origLink></item></channel></rss>"
        )
        e = clean(read(body).entries[0])
        assert e.links == (Link(href=page), Link(href=proxy, rel="via"))
        assert (e.source_link, e.link) == (proxy, page)
