"""A site of feeds on disk: 60 % RSS 2.0, 35 % Atom, 5 % RDF, and how it grows.

`write` lays the site anew; `grow` gives a share of its feeds one new entry each (the oldest
entry leaves the document). The bytes and the modification times are always the same.
"""

import os
import random
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from datetime import datetime, timedelta
from email.utils import format_datetime
from functools import partial
from pathlib import Path
from xml.sax.saxutils import escape

from stories import NEWEST, SEED, Story, language_of, site_of, story

_ATOM_SLOTS = frozenset({1, 4, 7, 10, 13, 16, 18})
_RDF_SLOT = 5


def kind_of(feed: int) -> str:
    """`rss`, `atom` or `rdf`: 12, 7 and 1 of every 20."""
    slot = feed % 20
    return "atom" if slot in _ATOM_SLOTS else "rdf" if slot == _RDF_SLOT else "rss"


def name_of(feed: int) -> str:
    return f"{feed:05d}.{kind_of(feed)}"


def growing(feeds: int, share: float = 0.05) -> tuple[int, ...]:
    """The feeds that get a new entry; at least one."""
    count = max(1, round(feeds * share))
    return tuple(sorted(random.Random(SEED).sample(range(feeds), count)))


def write(root: Path, *, feeds: int, entries: int) -> int:
    """The size of the site in bytes."""
    root.mkdir(parents=True, exist_ok=True)
    one = partial(_write_one, root, feeds=feeds, entries=entries, first=0)
    with ProcessPoolExecutor() as pool:
        return sum(pool.map(one, range(feeds), chunksize=20))


def grow(root: Path, numbers: Iterable[int], *, feeds: int, entries: int) -> None:
    for feed in numbers:
        _write_one(root, feed, feeds=feeds, entries=entries, first=-1)


def shrink(root: Path, numbers: Iterable[int], *, feeds: int, entries: int) -> None:
    """Undo `grow`."""
    for feed in numbers:
        _write_one(root, feed, feeds=feeds, entries=entries, first=0)


def _write_one(root: Path, feed: int, *, feeds: int, entries: int, first: int) -> int:
    """In one step, with a modification time that differs whenever the bytes do."""
    numbers = range(first, first + entries)
    told = [story(feed, number, feeds=feeds, entries=entries) for number in numbers]
    told.sort(key=lambda one: one.date, reverse=True)
    body = document(feed, told)
    path = root / name_of(feed)
    fresh = path.with_suffix(".new")
    fresh.write_bytes(body)
    moment = (NEWEST + timedelta(days=-first)).timestamp()
    os.utime(fresh, (moment, moment))
    fresh.replace(path)
    return len(body)


def document(feed: int, told: list[Story]) -> bytes:
    """The feed that tells these stories, the newest first."""
    return _WRITERS[kind_of(feed)](feed, told).encode()


def _title_of(feed: int) -> str:
    language = language_of(feed)
    return language.title(random.Random(f"{SEED}/title/{feed}"))


def _z(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"


# ── RSS 2.0 ──────────────────────────────────────────────────────────────────


def _rss(feed: int, told: list[Story]) -> str:
    item = _rss_item_plain if feed % 3 == 0 else _rss_item_encoded
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"
 xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:atom="http://www.w3.org/2005/Atom">
<channel>
<title>{_title_of(feed)}</title>
<link>{site_of(feed)}/</link>
<atom:link href="{site_of(feed)}/feed" rel="self" type="application/rss+xml"/>
<description>{_title_of(feed)}</description>
<language>{language_of(feed).code}</language>
<lastBuildDate>{format_datetime(told[0].date)}</lastBuildDate>
<generator>https://wordpress.org/?v=6.7</generator>
{"".join(map(item, told))}</channel>
</rss>
"""


def _rss_head(one: Story) -> str:
    return f"""<title>{one.title}</title>
<link>{one.link}</link>
<guid isPermaLink="false">{one.id}</guid>
<pubDate>{format_datetime(one.date)}</pubDate>
<dc:creator>{one.author}</dc:creator>
{"".join(f"<category>{tag}</category>" for tag in one.tags)}
"""


def _rss_item_plain(one: Story) -> str:
    return f"<item>\n{_rss_head(one)}<description>{escape(one.html)}</description>\n</item>\n"


def _rss_item_encoded(one: Story) -> str:
    return f"""<item>
{_rss_head(one)}<description>{escape(one.summary)}</description>
<content:encoded><![CDATA[{one.html}]]></content:encoded>
</item>
"""


# ── Atom ─────────────────────────────────────────────────────────────────────


def _atom(feed: int, told: list[Story]) -> str:
    """One feed in five states xml:base, one in five writes XHTML."""
    base = f' xml:base="{site_of(feed)}/"' if feed % 5 == 0 else ""
    content = _atom_xhtml if feed % 5 == 1 else _atom_html
    return f"""<?xml version="1.0" encoding="utf-8"?>
<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="{language_of(feed).code}"{base}>
<id>tag:{site_of(feed).removeprefix("https://")},2020:feed</id>
<title>{_title_of(feed)}</title>
<subtitle>{_title_of(feed)}</subtitle>
<updated>{_z(told[0].date)}</updated>
<link rel="alternate" type="text/html" href="{site_of(feed)}/"/>
<link rel="self" type="application/atom+xml" href="{site_of(feed)}/feed"/>
<generator uri="https://jekyllrb.com/" version="4.3.4">Jekyll</generator>
{"".join(_atom_entry(one, content(one)) for one in told)}</feed>
"""


def _atom_entry(one: Story, content: str) -> str:
    return f"""<entry>
<id>{one.id}</id>
<title type="text">{one.title}</title>
<link rel="alternate" type="text/html" href="{one.link}"/>
<published>{_z(one.date)}</published>
<updated>{_z(one.date)}</updated>
<author><name>{one.author}</name></author>
{"".join(f'<category term="{tag}"/>' for tag in one.tags)}
<summary>{escape(one.summary)}</summary>
{content}
</entry>
"""


def _atom_html(one: Story) -> str:
    return f'<content type="html">{escape(one.html)}</content>'


def _atom_xhtml(one: Story) -> str:
    inner = f'<div xmlns="http://www.w3.org/1999/xhtml">{one.html}</div>'
    return f'<content type="xhtml">{inner}</content>'


# ── RSS 1.0 ──────────────────────────────────────────────────────────────────


def _rdf(feed: int, told: list[Story]) -> str:
    listed = "".join(f'<rdf:li rdf:resource="{escape(one.id)}"/>' for one in told)
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"
 xmlns:content="http://purl.org/rss/1.0/modules/content/"
 xmlns:dc="http://purl.org/dc/elements/1.1/">
<channel rdf:about="{site_of(feed)}/">
<title>{_title_of(feed)}</title>
<link>{site_of(feed)}/</link>
<description>{_title_of(feed)}</description>
<dc:language>{language_of(feed).code}</dc:language>
<dc:date>{_z(told[0].date)}</dc:date>
<items><rdf:Seq>{listed}</rdf:Seq></items>
</channel>
{"".join(map(_rdf_item, told))}</rdf:RDF>
"""


def _rdf_item(one: Story) -> str:
    return f"""<item rdf:about="{escape(one.id)}">
<title>{one.title}</title>
<link>{one.link}</link>
<dc:date>{_z(one.date)}</dc:date>
<dc:creator>{one.author}</dc:creator>
{"".join(f"<dc:subject>{tag}</dc:subject>" for tag in one.tags)}
<description>{escape(one.summary)}</description>
<content:encoded><![CDATA[{one.html}]]></content:encoded>
</item>
"""


_WRITERS = {"rss": _rss, "atom": _atom, "rdf": _rdf}
