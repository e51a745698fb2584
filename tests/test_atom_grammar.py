"""RFC 4287's grammar, by libxml2, over what we write: whatever a feed holds."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from lxml import etree
from test_written import FEEDS, ODD_FEEDS, slowly

from aggregator.formats import atom
from aggregator.model import Feed

GRAMMAR = etree.RelaxNG(etree.parse(str(Path(__file__).with_name("atom.rng"))))
EXAMPLE = sorted((Path(__file__).parent.parent / "feeds").rglob("*.atom"))
ENTRY = "<id>urn:1</id><title>T</title><updated>2026-03-01T08:00:00Z</updated>"


def faults(body: bytes) -> list[str]:
    GRAMMAR.validate(etree.fromstring(body, etree.XMLParser(huge_tree=True)))
    return [f"{x.line}: {x.message}" for x in GRAMMAR.error_log]


@pytest.mark.parametrize("path", EXAMPLE, ids=lambda p: p.name)
def test_the_example_is_as_the_grammar_has_it(path: Path) -> None:
    assert faults(path.read_bytes()) == []


@slowly
@given(FEEDS)
def test_what_we_publish_is_as_the_grammar_has_it(feed: Feed) -> None:
    assert faults(atom.render(feed)) == []


@slowly
@given(ODD_FEEDS)
def test_so_is_what_should_not_be_published(feed: Feed) -> None:
    numbered = (replace(e, id=f"urn:x:{n}") for n, e in enumerate(feed.entries))
    assert faults(atom.render(replace(feed, id="urn:f", entries=tuple(numbered)))) == []


@pytest.mark.parametrize(
    "inside",
    [
        "<id>urn:2</id>", "<link/>", "<author/>", "<category/>", "<updated>never</updated>",
        "<content/>", "<title type='x'>t</title>", "<link href='/relative'/>", "text",
        f"<entry>{ENTRY}</entry><subtitle/>", "<entry><id>urn:1</id></entry>",
        f"<entry>{ENTRY}<content type='text'><b/></content></entry>",
        f"<entry>{ENTRY}<source/><source/></entry>", f"<entry>{ENTRY}<logo>urn:l</logo></entry>",
    ],
)  # fmt: skip
def test_the_grammar_finds_what_is_wrong(inside: str) -> None:
    whole = f'<feed xmlns="http://www.w3.org/2005/Atom">{ENTRY.replace("urn:1", "urn:f")}'

    assert faults(f"{whole}</feed>".encode()) == []
    assert faults(f"{whole}{inside}</feed>".encode()) != []
