"""How much of an entry is published: what the config says, else a licence, else an excerpt."""

from dataclasses import replace
from pathlib import Path

import pytest
from world import ATOM, Item, World, hrefs, rss, text

from aggregator import content
from aggregator.content import narrower, policy_of, shown
from aggregator.licences import for_all
from aggregator.model import Entry, Extension, Feed, Link, Origin, Source

A = Source(id="a", url="https://a.example/feed")
LONG = "<p>" + "The ferry is back, and nobody knows for how long. " * 20 + "</p>"
BY = "https://creativecommons.org/licenses/by/4.0/"
NC = "https://creativecommons.org/licenses/by-nc/4.0/"


def licensed(*addresses: str) -> tuple[Link, ...]:
    return tuple(Link(href=x, rel="license") for x in addresses)


def under(address: str) -> str | None:
    return for_all(Entry(links=licensed(address)), Feed())


# ── licences ─────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "address",
    [
        BY,
        "http://creativecommons.org/licenses/by/4.0",
        "https://www.creativecommons.org/licenses/by-sa/3.0/de/",
        "https://creativecommons.org/licenses/by-sa/4.0/deed.zh-hans",
        "https://creativecommons.org/licenses/by-nd/2.5/cn/legalcode",
        "HTTPS://CreativeCommons.org/licenses/BY/4.0/?ref=chooser-v1#x",
        "//creativecommons.org/licenses/by/2.0/",
        "https://creativecommons.org/publicdomain/zero/1.0/",
        "https://creativecommons.org/publicdomain/mark/1.0/deed.zh",
        "https://spdx.org/licenses/CC-BY-SA-4.0.html",
        "https://www.nationalarchives.gov.uk/doc/open-government-licence/version/3/",
        "https://unlicense.org/",
    ],
)
def test_a_licence_to_republish_is_known_however_its_address_is_written(address: str) -> None:
    assert under(address) == address


@pytest.mark.parametrize(
    "address",
    [
        NC,
        "https://creativecommons.org/licenses/by-nc-sa/4.0/deed.zh",
        "https://creativecommons.org/licenses/by-nc-nd/3.0/cn/",
        "https://creativecommons.org/licenses/sampling+/1.0/",
        "https://creativecommons.org/licenses/",
        "https://creativecommons.org.evil.example/licenses/by/4.0/",
        "https://evil.example/creativecommons.org/licenses/by/4.0/",
        "https://a.example/licence",
        "https://spdx.org/licenses/CC-BY-NC-4.0.html",
        "http://purl.org/atompub/license#unspecified",
        "all rights reserved",
    ],
)
def test_any_other_licence_allows_nothing(address: str) -> None:
    assert under(address) is None


@pytest.mark.parametrize(
    ("said", "allowed"),
    [
        ("CC BY 4.0", True),
        ("CC-BY-SA-3.0-DE", True),
        ("cc-by-nd-4.0", True),
        ("CC0-1.0", True),
        ("CC BY 4.0 International", True),
        ("Public Domain", True),
        (BY, True),
        ("CC BY-NC 4.0", False),
        ("cc-by-nc-sa-4.0", False),
        ("© 2026 A", False),
        ("CC BY 4.0, except the pictures", False),
        (f"Not under {BY}", False),
        (f"{BY} for members", False),
        ("by", False),
    ],
)
def test_words_about_rights_count_when_they_are_a_licence_and_nothing_else(
    said: str, allowed: bool
) -> None:
    podcast = Entry(extensions=(Extension(name="podcast:license", text=said),))
    for entry in (Entry(rights=said), podcast):
        assert bool(for_all(entry, Feed())) is allowed


def rsl(*terms: Extension, payment: str = "attribution") -> Entry:
    paid = Extension(
        name="rsl:payment",
        attributes=(("type", payment),),
        children=(Extension(name="rsl:standard", text=BY),),
    )
    licence = Extension(name="rsl:license", children=(paid, *terms))
    return Entry(extensions=(Extension(name="rsl:content", children=(licence,)),))


def test_the_standard_licence_in_terms_of_rsl_counts_where_it_costs_nothing() -> None:
    limits = Extension(name="rsl:prohibits", text="train-ai", attributes=(("type", "usage"),))

    assert for_all(rsl(), Feed()) == BY
    assert for_all(rsl(payment="purchase"), Feed()) is None
    assert for_all(rsl(limits), Feed()) is None


def test_an_entry_has_the_licence_of_its_feed_unless_it_says_something_itself() -> None:
    feed = Feed(links=licensed(BY))

    assert for_all(Entry(), feed) == BY
    assert for_all(Entry(links=licensed(NC)), feed) is None
    assert for_all(Entry(rights="© Ann"), feed) is None
    assert for_all(Entry(links=licensed(NC, BY)), Feed()) == BY  # of two, whichever one likes


def test_the_licence_of_a_planet_is_not_that_of_what_it_collects() -> None:
    feed = Feed(
        id="urn:planet", links=(*licensed(BY), Link(href="https://p.example/f", rel="self"))
    )
    elsewhere = Entry(origin=Origin(id="urn:true", title="True"))

    assert for_all(elsewhere, feed) is None
    assert for_all(Entry(origin=Origin(id="urn:true", links=licensed(BY))), Feed()) == BY
    assert for_all(Entry(origin=Origin(id="urn:planet")), feed) == BY
    assert for_all(
        Entry(origin=Origin(links=(Link(href="https://p.example/f", rel="self"),))), feed
    )


# ── policies ─────────────────────────────────────────────────────────────────


def test_what_the_config_says_counts_before_any_licence() -> None:
    free, closed = Entry(links=licensed(BY)), Entry(links=licensed(NC))

    assert policy_of(free, replace(A, content="link"), Feed()) == "link"
    assert policy_of(closed, replace(A, content="full"), Feed()) == "full"


def test_without_a_word_in_the_config_it_is_an_excerpt_if_no_licence_allows_more() -> None:
    for source in (A, None):
        assert policy_of(Entry(), source, Feed()) == "excerpt"
        assert policy_of(Entry(links=licensed(BY)), source, Feed()) == "full"
        assert policy_of(Entry(path="2026-03-18-a.md"), source, Feed()) == "full"


def test_of_two_policies_the_narrower_counts() -> None:
    assert narrower("full", "excerpt") == "excerpt"
    assert narrower("link", "full", "excerpt") == "link"


LINKED = (Link(href="https://a.example/1"),)


def test_an_excerpt_is_the_summary_of_its_source_where_that_is_one() -> None:
    words = "A summary that somebody wrote, in a sentence."

    assert (
        shown(Entry(links=LINKED, summary=words, content=LONG), "excerpt").summary
        == f"<p>{words}</p>"
    )
    for poor in (None, "Read more", "<img src='https://a.example/a.png'>", LONG + LONG):
        made = shown(Entry(links=LINKED, summary=poor, content=LONG), "excerpt")
        assert made.summary and made.summary.startswith("<p>The ferry is back, and")
        assert len(made.summary) <= content.LENGTH + len("<p></p>")
        assert made.content is None


def test_what_is_only_in_a_summary_is_cut_as_well() -> None:
    made = shown(Entry(links=LINKED, summary=LONG), "excerpt")

    assert made.content is None and made.summary and len(made.summary) < 320


def test_an_excerpt_is_the_content_where_there_is_no_link_to_the_whole() -> None:
    made = shown(Entry(content=LONG), "excerpt")

    assert made.summary is None and made.content and len(made.content) < 320


def test_of_a_link_no_text_is_shown_at_all_and_of_an_excerpt_not_in_another_element() -> None:
    group = Extension(
        name="media:group",
        children=(
            Extension(name="media:description", text=LONG),
            Extension(name="media:title", text="T"),
        ),
    )
    entry = Entry(
        content=LONG,
        summary="s",
        extensions=(
            group,
            Extension(name="itunes:summary", text=LONG),
            Extension(name="rsl:content"),
        ),
    )

    for policy in ("link", "excerpt"):
        made = shown(entry, policy)
        assert "ferry" not in str(made.extensions)
        assert [x.name for x in made.extensions] == ["media:group", "rsl:content"]
    made = shown(entry, "link")
    assert (made.summary, made.content) == (None, None)
    assert shown(entry, "full") == entry


# ── documents ────────────────────────────────────────────────────────────────


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def test_other_peoples_feeds_are_excerpts_unless_a_licence_or_the_config_says_more(
    world: World,
) -> None:
    cc = f"<cc:license xmlns:cc='http://creativecommons.org/ns#' rdf:resource='{BY}' xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'/>"
    world.sources("a", "b", "c", content=None)
    world.config(
        (world.folder / "config.yaml").read_text("utf-8").replace("[c]", "[c], content: full")
    )
    for name, extra in (("a", ""), ("b", cc), ("c", "")):
        told = LONG.replace("ferry", f"ferry to {name * 9}")
        item = Item(link=f"https://{name}.example/1", title=name * 9, text=told, extra=extra)
        world.serve(name, rss(item))
    world.run()

    found = {text(e, "title"): e for e in world.published()}
    assert found["a" * 9].find(f"{ATOM}content") is None
    assert text(found["a" * 9], "summary").endswith("for how long.</p>")
    for name in ("b" * 9, "c" * 9):
        assert text(found[name], "content") == LONG.replace("ferry", f"ferry to {name}")
    assert hrefs(found["b" * 9], "license") == [BY]


def test_ones_own_feeds_and_posts_are_shown_in_full(world: World) -> None:
    world.config(
        "site: {url: 'https://planet.example/'}\n"
        "sources:\n"
        "  own: {url: 'https://PLANET.example/blog.xml'}\n"
        "  sister: {url: 'https://blog.example/feed'}\n"
        "  list: {url: 'https://planet.example/roll.opml', opml: true}\n"
        "  other: {url: 'https://other.example/feed'}\n"
        "posts:\n"
        "  - {path: posts, site_hosts: [blog.example]}\n"
        "  - {path: notes, content: excerpt}\n"
    )
    from aggregator import app

    sources = app.settings(world.folder / "config.yaml").sources
    assert {name: s.content for name, s in sources.items()} == {
        "own": "full", "sister": "full", "list": None, "other": None, "posts": "full", "notes": "excerpt",
    }  # fmt: skip


def test_the_licence_of_a_revision_is_that_of_the_words_that_are_told() -> None:
    """Covered in full by the leader's, were the links of the leader taken for the words' own."""
    from test_compose import FEEDS, SITE, stored, story

    from aggregator.compose import entry

    lead = stored(1, links=(Link(href="https://a.example/1"), *licensed(BY)), content=LONG)
    later = replace(
        stored(
            2, links=(Link(href="https://a.example/2"), *licensed(NC)), content=LONG + "<p>more</p>"
        ),
        updated=lead.updated.replace(year=2027),
    )
    made = entry(story(lead, later), site=SITE, sources={"a": A}, feeds=FEEDS)

    assert made.content is None
    assert [x.href for x in made.links if x.rel == "license"] == [NC]


def test_an_output_shows_less_than_its_sources_allow_and_never_more(world: World) -> None:
    def configured(more: str) -> None:
        world.config(
            "site: {url: 'https://planet.example/', id: 'tag:planet.example,2026:p'}\nsources:\n"
            "  a: {url: 'https://a.example/feed', categories: [short, long], content: full}\n"
            "  b: {url: 'https://b.example/feed', categories: [short, long], content: link}\n"
            + more
        )

    for name in ("a", "b"):
        told = LONG.replace("ferry", f"ferry to {name * 9}")
        link = f"https://{name}.example/1"
        world.serve(name, rss(Item(link=link, title=name, text=told)))
    configured("categories: {short: {content: excerpt, entries: 1}, long: {content: full}}\n")
    world.run()

    texts = {
        text(e, "title"): (text(e, "summary"), text(e, "content")) for e in world.published("long")
    }
    assert texts["b"] == ("", "") and texts["a"][1]
    assert texts == {
        text(e, "title"): (text(e, "summary"), text(e, "content")) for e in world.published()
    }
    (short,) = world.published("short")
    assert short.find(f"{ATOM}content") is None

    configured("output: {content: link}\ncategories: {long: {content: full}}\n")
    world.run(force=False)
    for name in ("all", "short", "long"):
        assert not any(e.find(f"{ATOM}summary") is not None for e in world.published(name))
        assert not any(e.find(f"{ATOM}content") is not None for e in world.published(name))
