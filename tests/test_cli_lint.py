"""`aggregator lint`, as people and scripts run it."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from lint_documents import ATOM, GOOD, PAGE, broken
from servers import Answer, serving
from test_cli import Place, on_a_terminal

WRONG = broken("atom", "<updated>2026-01-01T03:04:05Z</updated>", "")
DOUBTFUL = broken("atom", ' length="12"', "")


@pytest.fixture
def place(tmp_path: Path) -> Place:
    for name, body in (("good", ATOM.encode()), ("wrong", WRONG), ("doubtful", DOUBTFUL)):
        (tmp_path / f"{name}.atom").write_bytes(body)
    return Place(tmp_path)


def answer(place: Place, *words: str, **more: Any) -> Any:
    return json.loads(place.run("lint", "--json", *words, **more).stdout)


def test_what_is_right_is_told_in_one_line(place: Place) -> None:
    assert place.run("lint", "good.atom").stdout == "good.atom: Atom 1.0, nothing is wrong\n"
    assert place.run("lint", "good.atom", "-q").stdout == ""


def test_what_is_wrong_is_told_with_its_place_its_rule_and_what_to_do(place: Place) -> None:
    done = place.run("lint", "wrong.atom", exits=1)

    assert done.stderr == ""
    assert done.stdout == (
        "wrong.atom:25:3: error missing-updated: entry 2: entry has no updated:"
        " give the time of its last change (RFC 4287 §4.1.2)\n"
        "wrong.atom: Atom 1.0, 1 error\n"
    )


def test_warnings_fail_only_where_they_are_to(place: Place) -> None:
    assert "1 warning" in place.run("lint", "doubtful.atom").stdout
    assert "1 warning" in place.run("lint", "--strict", "doubtful.atom", exits=1).stdout
    assert place.run("lint", "-q", "doubtful.atom").stdout == ""


def test_the_same_is_told_as_json(place: Place) -> None:
    found = answer(place, "wrong.atom", exits=1)

    assert found == {
        "document": "wrong.atom",
        "kind": "atom",
        "says": "Atom 1.0",
        "good": False,
        "errors": 1,
        "warnings": 0,
        "faults": [
            {
                "level": "error",
                "rule": "missing-updated",
                "line": 25,
                "column": 3,
                "path": "entry 2",
                "text": "entry has no updated: give the time of its last change",
                "reference": "RFC 4287 §4.1.2",
            }
        ],
    }


@pytest.mark.parametrize("kind", GOOD)
def test_every_kind_is_read_from_stdin(place: Place, kind: str) -> None:
    found = answer(place, "-", input=GOOD[kind])

    assert found["document"] == "-"
    assert found["good"] and found["kind"] == ("rss" if kind == "rdf" else kind)


def test_what_is_no_document_is_an_error(place: Place) -> None:
    assert "neither XML nor JSON" in place.run("lint", "-", input="hello", exits=1).stdout
    assert "no such file" in place.run("lint", "nowhere.xml", exits=1).stderr


def test_of_an_address_it_is_checked_how_it_is_served(place: Place) -> None:
    place.config("  a: {url: 'https://a.example/'}\n")
    typed = Answer(body=ATOM.encode(), headers={"content-type": "text/plain; charset=gb18030"})
    with serving(lambda _: typed) as server:
        found = answer(place, f"{server.url}/all.atom")

    assert [x["rule"] for x in found["faults"]] == [
        "wrong-content-type",
        "charset-conflict",
        "self-link-differs",
    ]


def test_without_a_config_private_addresses_are_not_asked(place: Place) -> None:
    with serving(lambda _: Answer(body=ATOM.encode())) as server:
        assert "private address" in place.run("lint", server.url, exits=1).stderr

    assert server.asked == []


def test_an_address_and_a_content_type_are_taken_as_given(place: Place) -> None:
    moved = answer(place, "good.atom", "--base", "https://example.org/new.atom")
    typed = answer(place, "good.atom", "--content-type", "text/html")

    assert [x["rule"] for x in moved["faults"]] == ["self-link-differs"]
    assert [x["rule"] for x in typed["faults"]] == ["wrong-content-type"]


def test_a_page_is_no_feed_and_checked_all_the_same(place: Place) -> None:
    assert answer(place, "-", input=PAGE.replace(' alt=""', ""), exits=1)["kind"] == "html"


def test_levels_are_coloured_on_a_terminal_unless_nobody_wants_that(place: Place) -> None:
    assert re.search(r"\x1b\[\d[\d;]*merror", on_a_terminal(place, "lint", "wrong.atom"))
    assert "\x1b" not in place.run("lint", "wrong.atom", exits=1).stdout


def test_a_terminal_obeys_no_document(place: Place) -> None:
    body = ATOM.replace("<entry>", '<entry xmlns:a="https://a.example/\x9b31m">', 1)
    (place.folder / "evil.atom").write_text(body, encoding="utf-8")

    assert "\x9b" not in place.run("lint", "evil.atom").stdout
