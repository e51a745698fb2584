"""An entry as a post of a Jekyll site: front matter, and its text as it is. And what such a file
says that other posts do not, for whoever reads it again.

The text is safe HTML already, so the file is `.html`, which kramdown leaves alone, and Liquid is
told to. What came from outside is never markup in the front matter: themes print it as it stands.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from hashlib import blake2b
from html import escape, unescape
from typing import Any

import yaml

from aggregator.formats import extensions, frontmatter
from aggregator.formats.frontmatter import Document, Value, told
from aggregator.model import Enclosure, Entry, Extension, Link, Origin, Person
from aggregator.text import plain

SUFFIX = ".html"
_OWN = "aggregator"  # the key below which stands what Jekyll has no key for
_SUM = re.compile(rb"^aggregator:\n  sum: '([0-9a-f]{32})'\n", re.MULTILINE)
_NO_SUM = b"aggregator:\n  sum: ''\n"
_LONGEST_DESCRIPTION = 5_000  # characters; the front matter is to stay small
# The relations besides `alternate` that are kept for the next reader.
_RELATIONS = ("related", "via", "replies", "license")


def rendered(entry: Entry, *, sections: Sequence[str], zone: tzinfo, layout: str) -> bytes:
    """The file of an entry that is in the outputs `sections`. The same entry gives the same bytes,
    and `untouched` is true of them."""
    head = _dump({**_stated(entry, sections, zone, layout), _OWN: {"sum": "", **_besides(entry)}})
    body = _kept(entry.content or entry.summary or "")
    file = f"---\n{head}---\n{body}\n".encode()
    return file.replace(_NO_SUM, _NO_SUM.replace(b"''", b"'%s'" % _digest(file)), 1)


def untouched(file: bytes) -> bool:
    """Whether `rendered` gave these bytes, and nobody changed one of them since."""
    found = _SUM.search(file)
    return found is not None and _digest(_SUM.sub(_NO_SUM, file, count=1)) == found[1]


def _digest(file: bytes) -> bytes:
    return blake2b(file, digest_size=16).hexdigest().encode()


def day_of(entry: Entry, zone: tzinfo) -> str:
    """The date that its file is called by: that of its front matter."""
    return _Moment.of(entry.published, zone)[:10] if entry.published else "1970-01-01"


def id_of(file: bytes) -> str | None:
    """The id of the entry that a file was made of."""
    return frontmatter.read(file, path="", yaml_only=True).text("guid")


# ── what is written ──────────────────────────────────────────────────────────


def _stated(
    entry: Entry, sections: Sequence[str], zone: tzinfo, layout: str
) -> Mapping[str, object]:
    """What themes, jekyll-feed and jekyll-seo-tag know."""
    published, updated = entry.published, entry.updated
    later = published and updated and updated.replace(microsecond=0) > published
    description = _text(plain(entry.summary or "")) if entry.content else ""
    tags = (c.term for c in entry.categories if c.term not in sections)
    return _said(
        layout=layout,
        title=_text(entry.title),
        date=published and _Moment.of(published, zone),
        last_modified_at=_Moment.of(updated, zone) if updated and later else None,
        categories=list(sections),
        tags=[_text(tag) for tag in dict.fromkeys(tags)],
        **_people(entry.authors),
        description=description if len(description) <= _LONGEST_DESCRIPTION else None,
        canonical_url=entry.link,
        guid=entry.id,
        lang=entry.language,
        rights=_text(entry.rights or ""),
        image=extensions.picture(entry.extensions),
        enclosure=[_enclosure(x) for x in entry.enclosures],
        render_with_liquid=False,
    )


def _people(people: Sequence[Person]) -> dict[str, object]:
    """One who has but a name as text, which every theme can print."""
    if len(people) == 1 and people[0] == Person(name=people[0].name):
        return {"author": _text(people[0].name)}
    return {
        "authors": [
            _said(name=_text(p.name), email=p.email, uri=p.url)  # jekyll-feed calls it uri
            for p in people
        ]
    }


def _enclosure(file: Enclosure) -> Mapping[str, object]:
    return _said(url=file.url, type=file.type, length=file.length)


def _besides(entry: Entry) -> Mapping[str, object]:
    links = (x for rel in _RELATIONS for x in entry.links if x.rel == rel)
    origin = entry.origin or Origin()
    feed = next((x.href for x in origin.links if x.rel == "self"), None)
    site = next((x.href for x in origin.links if x.rel == "alternate"), None)
    return _said(
        source=_said(
            title=_text(origin.title),
            url=site,
            feed=feed,
            id=origin.id,
            rights=_text(origin.rights or ""),
            licences=[x.href for x in origin.links if x.rel == "license"],
        ),
        links=[
            _said(rel=x.rel, url=x.href, title=_text(x.title or ""), type=x.type, lang=x.hreflang)
            for x in dict.fromkeys(links)
        ],
        comments=entry.comments,
    )


def _said(**values: object) -> dict[str, object]:
    """Those that say something; `False` does, and so does 0."""
    return {key: x for key, x in values.items() if x is not None and x not in ("", [], {})}


def _text(text: str) -> str:
    """Text, as text where HTML is expected: `AT&T` stays, of `<b>` the bracket is written out."""
    return text if plain(text) == text else escape(text, quote=False)


def _kept(markup: str) -> str:
    """What is read as another character otherwise, or as a broken file, written out."""
    return markup.replace("\r", "&#13;").replace("\ufffd", "&#65533;")


# ── YAML ─────────────────────────────────────────────────────────────────────

_BREAKS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff]")
_NEVER_FOLDED = 1 << 30


class _Moment(str):
    """A date as Jekyll documents it, and as YAML knows it."""

    __slots__ = ()

    @classmethod
    def of(cls, when: datetime, zone: tzinfo) -> _Moment:
        local = when.replace(microsecond=0).astimezone(zone)
        offset = local.utcoffset() or timedelta()
        if offset % timedelta(minutes=1):  # as before there were zones, which no format can say
            local = local.astimezone(UTC)
        day = local.replace(tzinfo=None).isoformat(" ")
        return cls(f"{day} {local.isoformat()[-6:]}")


class _Dumper(yaml.SafeDumper):
    def ignore_aliases(self, data: object) -> bool:
        return True


def _quoted(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    """Always quoted: Ruby takes more for numbers, dates and truth than any list of them has."""
    style = '"' if _BREAKS.search(text) else "'"
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


def _bare(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:timestamp", str(text))


class _Key(str):
    """One of ours: it needs no quotes."""

    __slots__ = ()


_Dumper.add_representer(str, _quoted)
_Dumper.add_representer(_Moment, _bare)
_Dumper.add_representer(
    _Key, lambda dumper, text: dumper.represent_scalar("tag:yaml.org,2002:str", str(text))
)


def _dump(values: Mapping[str, object]) -> str:
    dumped = yaml.dump(
        _keyed(values),
        Dumper=_Dumper,
        allow_unicode=True,
        sort_keys=False,
        default_flow_style=False,
        width=_NEVER_FOLDED,
    )
    return str(dumped)


def _keyed(value: Any) -> Any:
    match value:
        case Mapping():
            return {_Key(key): _keyed(x) for key, x in value.items()}
        case list():
            return [_keyed(x) for x in value]
        case _:
            return value


# ── what is read again ───────────────────────────────────────────────────────


def is_one(document: Document) -> bool:
    """Whether a post says that it was written here: then its text is a story's and nothing else,
    without the line of a link, without navigation."""
    own = document.fields.get(_OWN)
    return isinstance(own, dict) and "sum" in own


def stated_link(document: Document) -> str | None:
    return document.text("canonical_url")


def links(document: Document) -> Iterator[Link]:
    """Those that are not its own."""
    found = _own(document).get("links")
    for x in found if isinstance(found, list) else ():
        href, rel = _word(x, "url"), _word(x, "rel")
        if href and rel in _RELATIONS:
            yield Link(
                href=href,
                rel=rel,
                title=_word(x, "title"),
                type=_word(x, "type"),
                hreflang=_word(x, "lang"),
            )


def comments(document: Document) -> str | None:
    return _word(_own(document), "comments")


def origin(document: Document) -> Origin | None:
    """The feed that the story comes from."""
    said = _own(document).get("source")
    if not isinstance(said, dict):
        return None
    licences = said.get("licences")
    places = (
        ("alternate", _word(said, "url")),
        ("self", _word(said, "feed")),
        *(("license", told(x)) for x in (licences if isinstance(licences, list) else ())),
    )
    return Origin(
        id=_word(said, "id"),
        title=_word(said, "title") or "",
        links=tuple(Link(href=href, rel=rel) for rel, href in places if href),
        rights=_word(said, "rights"),
    )


def pictures(document: Document) -> tuple[Extension, ...]:
    image = document.text("image")
    return (Extension(name="media:thumbnail", attributes=(("url", image),)),) if image else ()


def named(people: Iterable[Person]) -> Iterator[Person]:
    """With their names as they are: others' are no HTML."""
    return (Person(name=unescape(p.name), email=p.email, url=p.url) for p in people)


def _own(document: Document) -> Mapping[str, Value]:
    own = document.fields.get(_OWN)
    return own if isinstance(own, dict) else {}


def _word(fields: Value | Mapping[str, Value], key: str) -> str | None:
    return told(fields.get(key)) if isinstance(fields, Mapping) else None
