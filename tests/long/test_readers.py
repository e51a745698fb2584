"""Other programs read every document that we write, and see in it what it says.

Each test holds a program against the truth; what the program does not keep, or shows in a way of
its own, is said beside it. Ids, titles, links, dates and authors are compared byte for byte.
"""

import html
import io
import re
from calendar import timegm
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import feedparser
import programs
import pytest
from atom_rules import faults
from truth import Document, Person, Told

pytestmark = [pytest.mark.long, pytest.mark.timeout(600)]

_UNSIGNED = 0xFFFFFFFF
_CHINESE = re.compile("[\u4e00-\u9fff]")


def test_the_documents_are_worth_reading(documents: list[Document]):
    """Without these, what follows would prove little."""
    entries = [e for d in documents for e in d.entries]

    assert len(documents) > 10
    assert len(entries) > 100
    assert any(_CHINESE.search(d.name) for d in documents)
    assert any(_CHINESE.search(e.title) for e in entries)
    assert any(_CHINESE.search(p.name) for e in entries for p in e.authors)
    assert any(e.published != e.updated for e in entries)
    assert any(len(e.authors) > 1 for e in entries)
    assert any(e.link is None for e in entries)
    assert any(e.enclosures for e in entries)
    assert any("<" in e.title and "&" in e.title for e in entries)


def test_every_document_keeps_the_rules_of_atom(documents: list[Document]):
    found = {d.name: faults(d.path.read_bytes()) for d in documents}

    assert found == {d.name: [] for d in documents}


def test_every_entry_names_its_author_and_its_source(documents: list[Document]):
    """What the rules of Atom would let it inherit or leave out; readers do better with it."""
    entries = [e for d in documents for e in d.entries]

    assert [e.id for e in entries if not e.authors or e.published is None or not e.source] == []


# ── feedparser ───────────────────────────────────────────────────────────────


def test_feedparser_sees_every_entry(documents: list[Document]):
    for document in documents:
        found = _in_feedparser(document)

        assert (found.version, found.bozo) == ("atom10", False)
        assert found.feed.id == document.feed.id
        assert found.feed.title == document.feed.title
        assert timegm(found.feed.updated_parsed) == document.feed.updated
        assert [_of_feedparser(e) for e in found.entries] == [
            {
                "id": e.id,
                "title": e.title,
                "link": e.link or e.id,  # it takes an id for a link where there is none
                "published": e.published,
                "updated": e.updated,
                "authors": [p.name for p in e.authors],
                # It gives the first one's address to those that follow.
                "first": e.authors[0],
                "categories": list(e.categories),
                "enclosures": list(e.enclosures),
                "content": e.content,
                "summary": e.summary or e.content,
                "rights": e.rights,
                "language": e.language if e.content else None,
                "source": [e.source.id, e.source.title, e.source.link, e.source.updated],
            }
            for e in document.entries
        ]


def _in_feedparser(document: Document) -> Any:
    """As it comes, in a process of its own: in ours `formats/repairs` has changed it."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as elsewhere:
        return elsewhere.submit(
            feedparser.parse,
            io.BytesIO(document.path.read_bytes()),
            response_headers={"content-type": "application/atom+xml"},
            sanitize_html=False,
            resolve_relative_uris=False,  # it writes the markup anew
        ).result()


def _of_feedparser(e: Any) -> dict[str, object]:
    first = e.authors[0]
    content = e.get("content", [{}])[0]
    source = e.source
    return {
        "id": e.id,
        "title": e.title,
        "link": e.link,
        "published": timegm(e.published_parsed),
        "updated": timegm(e.updated_parsed),
        "authors": [p.name for p in e.authors],
        "first": Person(name=first.name, email=first.get("email"), uri=first.get("href")),
        "categories": [c.term for c in e.get("tags", ())],
        "enclosures": [x.href for x in e.get("enclosures") or ()],
        "content": content.get("value"),
        "summary": e.get("summary"),
        "rights": e.get("rights"),
        "language": content.get("language"),
        "source": [source.id, source.title, source.get("link"), timegm(source.updated_parsed)],
    }


# ── reader ───────────────────────────────────────────────────────────────────


def test_reader_sees_every_entry(documents: list[Document], reader_python: Path):
    listing = programs.in_reader(reader_python, [d.address for d in documents])

    for document in documents:
        seen, feed = listing[document.address], document.feed
        assert seen["version"] == "atom10"
        assert seen["title"] == feed.title
        assert seen["link"] == feed.link
        assert seen["updated"] == feed.updated
        assert seen["authors"] == [p.name for p in feed.authors]
        assert _by_id(_of_reader(e) for e in seen["entries"]) == _by_id(
            {
                "id": e.id,
                "title": e.title,
                "link": e.link or e.id,  # feedparser's way
                "published": e.published,
                "updated": e.updated,
                "enclosures": list(e.enclosures),
                "content": _words(e.content),
                "language": e.language if e.content else None,
                "source": {
                    "title": e.source.title,
                    "link": e.source.link,
                    "updated": e.source.updated,
                },
            }
            for e in document.entries
        )


def test_reader_sees_every_author(documents: list[Document], reader_python: Path):
    """Of several it keeps one, with addresses from any of them: "we only get the first author,
    sadly", says its source, and feedparser gives it the last."""
    listing = programs.in_reader(reader_python, [d.address for d in documents])

    for document in documents:
        told = {e.id: e.authors for e in document.entries}
        for entry in listing[document.address]["entries"]:
            (seen,), authors = entry["authors"], told[entry["id"]]
            assert seen["name"] == authors[-1].name
            assert len(authors) > 1 or Person(**seen) == authors[0]


def _of_reader(entry: dict[str, Any]) -> dict[str, Any]:
    content = entry["content"][0] if entry["content"] else {"value": None, "language": None}
    told = {key: entry[key] for key in entry if key not in ("authors", "content", "summary")}
    return told | {"content": _words(content["value"]), "language": content["language"]}


# ── newsboat ─────────────────────────────────────────────────────────────────


def test_newsboat_sees_every_entry(documents: list[Document], newsboat: str, tmp_path: Path):
    """It keeps one date, when an entry was published, in 32 bits; and no categories."""
    for number, document in enumerate(documents):
        home = tmp_path / str(number)

        (feed,), entries = programs.in_newsboat(newsboat, home, [document.address])

        assert (feed["title"], feed["url"]) == (document.feed.title, document.feed.link)
        assert _by_id(_of_newsboat(e) for e in entries) == _by_id(
            {
                "id": e.id,
                "title": e.title,
                "link": e.link or "",
                "published": _UNSIGNED & (e.published or 0),
                "authors": ", ".join(p.name for p in e.authors),
                "content": e.content or e.summary or "",
            }
            for e in document.entries
        )


def test_newsboat_keeps_one_of_the_enclosures(
    documents: list[Document], newsboat: str, tmp_path: Path
):
    for number, document in enumerate(documents):
        _, entries = programs.in_newsboat(newsboat, tmp_path / str(number), [document.address])

        seen = {e["guid"]: e["enclosure_url"] for e in entries}
        assert all(seen[e.id] in (e.enclosures or ("",)) for e in document.entries)


def test_a_story_of_several_documents_is_one_to_newsboat(
    documents: list[Document], newsboat: str, tmp_path: Path
):
    """Subscribed to all, nobody reads a thing twice: its id is the same everywhere."""
    feeds, entries = programs.in_newsboat(
        newsboat, tmp_path / "all", [d.address for d in documents]
    )

    assert {f["rssurl"] for f in feeds} == {d.address for d in documents}
    assert sorted(e["guid"] for e in entries) == sorted(
        {e.id for d in documents for e in d.entries}
    )


def _of_newsboat(row: programs.Row) -> programs.Row:
    return {
        "id": row["guid"],
        "title": row["title"],
        "link": row["url"],
        "published": _UNSIGNED & row["pubDate"],
        "authors": row["author"],
        "content": row["content"],
    }


# ── sfeed ────────────────────────────────────────────────────────────────────


def test_sfeed_sees_every_entry(documents: list[Document], sfeed: str):
    """It keeps one date, when an entry was published; the first author and the first enclosure."""
    for document in documents:
        rows = programs.in_sfeed(sfeed, document.path)

        assert rows == [
            {
                "time": str(e.published),
                "title": e.title,
                "link": e.link or _link_of_source(e),
                "content": _escaped(e.content or e.summary or ""),
                "type": "html" if e.content or e.summary else "",
                "id": e.id,
                "author": e.authors[0].name,
                "enclosure": e.enclosures[0] if e.enclosures else "",
                "categories": "|".join(e.categories),
            }
            for e in document.entries
        ]


def _link_of_source(entry: Told) -> str:
    """sfeed knows no atom:source: what the entry does not say it takes from there."""
    return (entry.source.link if entry.source else None) or ""


def _escaped(text: str) -> str:
    return text.strip().replace("\\", r"\\").replace("\n", r"\n").replace("\t", r"\t")


# ── all ──────────────────────────────────────────────────────────────────────


def _by_id(rows: Any) -> list[dict[str, Any]]:
    """In an order that does not hang on the program's; a row more or less still shows."""
    return sorted(rows, key=lambda row: str(row["id"]))


def _words(markup: str | None) -> str | None:
    """The text of HTML, which a program may write anew (`<br>` as `<br />`)."""
    return None if markup is None else html.unescape(re.sub("<[^>]*>", "", markup)).strip()
