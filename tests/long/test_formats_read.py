"""Other programs read every document that we write, in every format that they know.

What an Atom document says (`truth`) its RSS and JSON say as well, as far as they can: RSS has one
enclosure an item, and `media:content` for more. What a program does in a way of its own is said
beside it. `test_readers` holds Atom against more programs, field by field.
"""

import html
import json
import re
from calendar import timegm
from collections.abc import Iterable
from datetime import datetime
from email.message import EmailMessage
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit
from xml.etree import ElementTree

import programs
import pytest
from listening import Listened
from truth import NS, Document, Told

pytestmark = [pytest.mark.long, pytest.mark.timeout(900)]

BOTH = pytest.mark.parametrize("suffix", ["atom", "rss"])
ALL = pytest.mark.parametrize("suffix", ["atom", "rss", "json"])
_UNSIGNED = 0xFFFFFFFF


def text(markup: str | None) -> str:
    """The letters of HTML: programs write markup and space anew."""
    return "".join(html.unescape(re.sub("<[^>]*>", "", markup or "")).split())


def by_id(rows: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(rows, key=lambda row: str(row["id"]))


def body(entry: Told) -> str:
    return entry.content or entry.summary or ""


def creators(entry: Told) -> list[str]:
    """As RSS has them: by name."""
    return [p.name for p in entry.authors]


def moment(stamp: str) -> int:
    return int(datetime.fromisoformat(stamp).timestamp())


def mailed(stamp: str) -> int:
    return int(parsedate_to_datetime(stamp).timestamp())


def test_every_document_is_there_in_every_format(documents: list[Document]):
    for document in documents:
        for suffix in ("rss", "json"):
            assert document.written_as(suffix).path.is_file(), document.name
    entries = [e for d in documents for e in d.entries]
    assert any(len(e.enclosures) > 3 for e in entries)
    assert any(len(body(e)) > 20_000 for e in entries)
    assert any(e.language == "ar" for e in entries)


# ── feedsmith ────────────────────────────────────────────────────────────────


@ALL
def test_feedsmith_sees_every_entry(suffix: str, documents: list[Document], modules: Path):
    written = [d.written_as(suffix) for d in documents]
    found = programs.in_node(modules, [d.address for d in written])
    seen = {"atom": _smith_atom, "rss": _smith_rss, "json": _smith_json}[suffix]

    for document in written:
        rows = found[document.address]["feedsmith"]
        assert [seen(row) for row in rows] == [
            {
                "id": e.id,
                "title": e.title,
                "link": e.link,
                "published": e.published,
                "authors": [p.name for p in e.authors],
                "enclosures": list(e.enclosures),
                "body": body(e).strip(),
                "categories": list(e.categories),
            }
            for e in document.entries
        ]


def _smith_atom(row: programs.Row) -> programs.Row:
    links = [(x.get("rel", "alternate"), x["href"]) for x in row.get("links", ())]
    words = row.get("content") or row.get("summary") or {}
    return {
        "id": row["id"],
        "title": row["title"]["value"],
        "link": next((href for rel, href in links if rel == "alternate"), None),
        "published": moment(row["published"]),
        "authors": [p["name"] for p in row["authors"]],
        "enclosures": [href for rel, href in links if rel == "enclosure"],
        "body": words.get("value", "").strip(),
        "categories": [c["term"] for c in row.get("categories", ())],
    }


def _smith_rss(row: programs.Row) -> programs.Row:
    more = row.get("media", {})
    groups = more.get("groups", []) + ([more["group"]] if "group" in more else [])
    media = [*more.get("contents", ()), *(x for g in groups for x in g.get("contents", ()))]
    own = [x["url"] for x in row.get("enclosures", ())]
    words = row.get("content", {}).get("encoded") or row.get("description", "")
    return {
        "id": row["guid"]["value"],
        "title": row["title"],
        "link": row.get("link"),
        "published": mailed(row["pubDate"]),
        "authors": [p["name"] for p in row.get("authors", ())] or row["dc"]["creators"],
        "enclosures": own + [x["url"] for x in media if x["url"] not in own],
        "body": words.strip(),
        "categories": [c["name"] for c in row.get("categories", ())],
    }


def _smith_json(row: programs.Row) -> programs.Row:
    return {
        "id": row["id"],
        "title": row["title"],
        "link": row.get("url"),
        "published": moment(row["date_published"]),
        "authors": [p["name"] for p in row["authors"]],
        "enclosures": [x["url"] for x in row.get("attachments", ())],
        "body": (row.get("content_html") or row.get("summary") or "").strip(),
        "categories": row.get("tags", []),
    }


# ── rss-parser ───────────────────────────────────────────────────────────────


@BOTH
def test_rss_parser_sees_every_entry(suffix: str, documents: list[Document], modules: Path):
    """It keeps the first author; of Atom no enclosure and no category."""
    written = [d.written_as(suffix) for d in documents]
    found = programs.in_node(modules, [d.address for d in written])

    for document in written:
        rows = found[document.address]["rss-parser"]
        assert [
            {
                "id": row.get("id") or row["guid"],
                "title": row["title"],
                "link": row.get("link"),
                "published": moment(row["isoDate"]),
                "author": row["author" if suffix == "atom" else "creator"],
                "body": (row.get("content:encoded") or row.get("content") or "").strip(),
            }
            for row in rows
        ] == [
            {
                "id": e.id,
                "title": e.title,
                "link": e.link,
                "published": e.published,
                "author": creators(e)[0] if suffix == "rss" else e.authors[0].name,
                "body": (e.content or (e.summary if suffix == "rss" else "") or "").strip(),
            }
            for e in document.entries
        ]
        if suffix == "rss":
            seen = {row["guid"]: row.get("enclosure", {}).get("url") for row in rows}
            assert all(seen[e.id] in (e.enclosures or (None,)) for e in document.entries)


# ── feed2exec ────────────────────────────────────────────────────────────────


@BOTH
def test_feed2exec_sees_every_entry(
    suffix: str, documents: list[Document], feed2exec_python: Path, tmp_path: Path
):
    """Its eyes are feedparser's, with all that this does to links, authors and markup."""
    for number, document in enumerate(d.written_as(suffix) for d in documents):
        rows = programs.in_feed2exec(feed2exec_python, tmp_path / str(number), document.address)

        told = {e.id: e for e in document.entries}
        assert by_id(_of_feedparser(row, told[row["id"]], suffix) for row in rows) == by_id(
            {
                "id": e.id,
                "title": text(e.title),
                "link": e.link,
                "published": e.published,
                "authors": None if _mangled(e, suffix) else [p.name for p in e.authors],
                "body": text(body(e)),
                "categories": list(e.categories),
            }
            for e in document.entries
        )
        seen = {row["id"]: [x["href"] for x in row.get("links", ())] for row in rows}
        for e in document.entries:
            assert set(e.enclosures[:1]) <= set(seen[e.id])


def _of_feedparser(row: programs.Row, told: Told, suffix: str) -> programs.Row:
    """It finds links for what has none: an id, or the address of the feed."""
    words = row["content"][0]["value"] if row.get("content") else row.get("summary")
    return {
        "id": row["id"],
        "title": text(row["title"]),
        "link": row.get("link") if told.link else None,
        "published": timegm((*row["published_parsed"],)),
        "authors": None if _mangled(told, suffix) else [p["name"] for p in row["authors"]],
        "body": text(words),
        "categories": [c["term"] for c in row.get("tags", ())],
    }


# ── rss2email ────────────────────────────────────────────────────────────────


@BOTH
def test_rss2email_sends_every_entry(
    suffix: str, documents: list[Document], rss2email: str, tmp_path: Path
):
    """A mail has one date, of the last change. Its sender is the author: of several, and of one
    whose name holds an address, feedparser makes something else."""
    for number, document in enumerate(d.written_as(suffix) for d in documents):
        mails = programs.in_rss2email(rss2email, tmp_path / str(number), document.address)

        told = {e.id: e for e in document.entries}
        assert sorted(x["X-RSS-ID"] for x in mails) == sorted(told)
        for mail in mails:
            entry = told[mail["X-RSS-ID"]]
            assert text(text(mail["Subject"])) == text(text(entry.title))  # HTML to it, in RSS
            assert mail["X-RSS-URL"] == (entry.link or (entry.id if suffix == "atom" else None))
            assert mailed(mail["Date"]) == entry.updated
            assert _sender(mail) == entry.authors[0].name or _mangled(entry, suffix)
            assert text(body(entry)) in text(mail.get_content())
            assert all(html.escape(x) in mail.get_content() for x in entry.enclosures[:1])


def _sender(mail: EmailMessage) -> str:
    return str(mail["From"].addresses[0].display_name)


def _mangled(entry: Told, suffix: str) -> bool:
    """To feedparser no top-level domain is longer than four letters."""
    names = [entry.authors[0].name] if suffix == "atom" else creators(entry)
    return len(entry.authors) > 1 or "@" in names[0]


# ── liferea ──────────────────────────────────────────────────────────────────


@BOTH
def test_liferea_sees_every_entry(
    suffix: str, documents: list[Document], liferea: str, tmp_path: Path
):
    """Of RSS it takes titles for HTML, tags and references in them as well."""
    written = [d.written_as(suffix) for d in documents if d.entries]
    found = programs.in_liferea(tmp_path / "home", [d.address for d in written])

    for document in written:
        assert by_id(_of_liferea(row, suffix) for row in found[document.address]) == by_id(
            {
                "id": e.id,
                "title": _as_html(e.title) if suffix == "rss" else e.title,
                "link": unquote(e.link) if e.link else None,
                "published": e.published,
                "authors": creators(e) if suffix == "rss" else [p.name for p in e.authors],
                "enclosures": list(e.enclosures),
                "body": text(body(e)),
                "categories": list(e.categories),
            }
            for e in document.entries
        )


def _of_liferea(row: programs.Row, suffix: str) -> programs.Row:
    people = row.get("author" if suffix == "atom" else "creator") or row["author"]
    return {
        "id": row["source_id"],
        "title": row["title"],
        "link": unquote(row["source"]) if row["source"] else None,
        "published": row["date"],
        "authors": [re.sub(r"( \(<a |(?: - )?<a href=).*", "", person) for person in people],
        "enclosures": [x.split(":", 4)[4] for x in row.get("enclosure", ())],
        "body": text(row["description"]),
        "categories": row.get("category", []),
    }


def _as_html(title: str) -> str:
    return html.unescape(re.sub("</?[a-zA-Z][^>]*>", "", title))


# ── those of test_readers, in other formats ──────────────────────────────────


def test_newsboat_sees_every_item_of_rss(documents: list[Document], newsboat: str, tmp_path: Path):
    for number, document in enumerate(d.written_as("rss") for d in documents):
        _, rows = programs.in_newsboat(newsboat, tmp_path / str(number), [document.address])

        assert by_id(
            {
                "id": row["guid"],
                "title": row["title"],
                "link": row["url"],
                "published": _UNSIGNED & row["pubDate"],
                "author": row["author"],
                "body": text(row["content"]),
            }
            for row in rows
        ) == by_id(
            {
                "id": e.id,
                "title": e.title,
                "link": e.link or "",
                "published": _UNSIGNED & (e.published or 0),
                "author": e.authors[-1].name,
                "body": text(body(e)),
            }
            for e in document.entries
        )


def test_sfeed_sees_every_item_of_rss(documents: list[Document], sfeed: str):
    for document in (d.written_as("rss") for d in documents):
        rows = programs.in_sfeed(sfeed, document.path)

        assert [
            (x["id"], x["title"], x["link"], x["time"], x["author"], x["enclosure"]) for x in rows
        ] == [
            (
                e.id,
                e.title,
                e.link or "",
                str(e.published),
                creators(e)[0],
                e.enclosures[0] if e.enclosures else "",
            )
            for e in document.entries
        ]


@pytest.mark.parametrize("suffix", ["rss", "json"])
def test_reader_sees_every_entry_of(suffix: str, documents: list[Document], reader_python: Path):
    written = [d.written_as(suffix) for d in documents]
    listing = programs.in_reader(reader_python, [d.address for d in written])

    for document in written:
        assert by_id(
            {
                "id": row["id"],
                "title": text(row["title"]),
                "link": row["link"],
                "published": row["published"],
                "body": text(row["content"][0]["value"] if row["content"] else row["summary"]),
                "enclosures": row["enclosures"][:1],
            }
            for row in listing[document.address]["entries"]
        ) == by_id(
            {
                "id": e.id,
                "title": text(e.title),
                "link": e.link,
                "published": e.published,
                "body": text(body(e)),
                "enclosures": list(e.enclosures[:1]),
            }
            for e in document.entries
        )


# ── what has not changed ─────────────────────────────────────────────────────


# newsboat 2.21 keeps the ETag, and does not send it; rss-parser, feedsmith and sfeed keep none.


def answered(feed: Listened, path: str) -> list[int]:
    """To a program that was told nothing new, once it knew our ETag."""
    heard = feed.of(path)
    first, *later = heard
    assert first.status == 200 and first.has is None
    assert later and all(x.has == first.etag for x in later)
    return [x.status for x in later]


def test_reader_is_told_that_nothing_changed(feed: Listened, reader_python: Path):
    programs.in_reader(reader_python, [f"{feed.address}all.atom?reader"], times=2)

    assert answered(feed, "/all.atom?reader") == [304]


def test_rss2email_is_told_that_nothing_changed(feed: Listened, rss2email: str, tmp_path: Path):
    address = f"{feed.address}all.rss?rss2email"
    mails = programs.in_rss2email(rss2email, tmp_path / "home", address, times=2)

    assert answered(feed, "/all.rss?rss2email") == [304]
    assert len(mails) == len({x["X-RSS-ID"] for x in mails})


def test_feed2exec_is_told_that_nothing_changed(
    feed: Listened, feed2exec_python: Path, tmp_path: Path
):
    address = f"{feed.address}all.atom?feed2exec"
    rows = programs.in_feed2exec(feed2exec_python, tmp_path / "home", address, times=2)

    assert set(answered(feed, "/all.atom?feed2exec")) <= {304}
    assert len(rows) == len({row["id"] for row in rows})


def test_liferea_is_told_that_nothing_changed(feed: Listened, liferea: str, tmp_path: Path):
    address = f"{feed.address}all.atom?liferea"
    programs.in_liferea(tmp_path / "home", [address], times=2)

    assert set(answered(feed, "/all.atom?liferea")) == {304}


# ── the archive ──────────────────────────────────────────────────────────────


@ALL
def test_a_walk_through_the_archive_meets_every_entry_once(suffix: str, documents: list[Document]):
    """From each current document back: what `prev-archive` names, until there is none."""
    for current in (d for d in documents if d.path.parent.name == "feeds"):
        met = [e.id for e in current.entries]
        steps = [current.written_as(suffix).path]
        while older := _older(steps[-1]):
            steps.append(current.path.parent / unquote(urlsplit(older).path).lstrip("/"))
            met += _ids(steps[-1])

        pages = current.path.parent.glob(f"archive/{current.path.stem}-20*.{suffix}")
        assert sorted(steps[1:]) == sorted(pages)
        assert len(met) == len(set(met))
    assert any(d.path.parent.name == "archive" for d in documents)


def _older(path: Path) -> str | None:
    if path.suffix == ".json":
        return json.loads(path.read_bytes()).get("next_url")
    links = ElementTree.fromstring(path.read_bytes()).iter(f"{NS}link")
    return next((x.attrib["href"] for x in links if x.get("rel") == "prev-archive"), None)


def _ids(path: Path) -> list[str]:
    if path.suffix == ".json":
        return [item["id"] for item in json.loads(path.read_bytes())["items"]]
    root = ElementTree.fromstring(path.read_bytes())
    entries = [x.findtext(f"{NS}id", "") for x in root.iter(f"{NS}entry")]
    return entries + [x.text or "" for x in root.iter("guid")]
