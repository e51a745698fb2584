"""Damages feeds, posts, links, dates and texts in every way it knows, and reads them as a run would.

    python benchmarks/fuzz.py --minutes 5 [--seed N] [--only feed] [--seeds FOLDER] [--keep FOLDER]

Whatever comes must be a feed or a ParseError, within five seconds and in bounded memory, and what
is published of it must be a valid document with nothing active in it. What is not is written into
`--keep` (default: a new folder below the system's for temporary files) with what happened; the
exit status is then 1. `--seeds` takes feeds and posts of your own, from any folder below.
"""

from __future__ import annotations

import argparse
import multiprocessing
import random
import re
import resource
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import blake2b
from multiprocessing.connection import Connection
from pathlib import Path
from zoneinfo import ZoneInfo

TESTS = Path(__file__).resolve().parent.parent / "tests"
sys.path.insert(0, str(TESTS))

from atom_rules import faults  # noqa: E402
from html_rules import active  # noqa: E402

from aggregator import cluster, compose, links, moments  # noqa: E402
from aggregator.compose import Site, document  # noqa: E402
from aggregator.errors import ParseError  # noqa: E402
from aggregator.formats import atom, charsets, lenient, parse, posts, strict  # noqa: E402
from aggregator.inspection import inspect  # noqa: E402
from aggregator.model import (  # noqa: E402
    Feed,
    Output,
    Person,
    PostOptions,
    Response,
    Source,
    StoredEntry,
    Story,
)
from aggregator.rules.clean import clean, clean_feed  # noqa: E402

URL = "https://a.example/feed"
SOURCE = Source(id="a", url=URL, categories=("x",))
SITE = Site(
    id="tag:planet.example,2026:p",
    url="https://planet.example/",
    title="P",
    author=Person(name="E"),
)
DAY = datetime(2026, 3, 1, tzinfo=UTC)
SLOW = 5.0  # seconds of work for one input
LIMIT = 120  # seconds on the clock, however busy the machine is
MEMORY = 400_000  # kB

# ── seeds ────────────────────────────────────────────────────────────────────

_ITEM = (
    "<item><title>Harbour &amp; sea</title><link>https://a.example/1?utm_source=x</link>"
    "<guid isPermaLink='false'>a-1</guid><pubDate>Wed, 01 Apr 2026 10:00:00 +0800</pubDate>"
    "<description><![CDATA[<p>Text <a href='/b'>b</a><img src='c.png' width=1 height=1></p>]]>"
    "</description><content:encoded>&lt;b&gt;bold&lt;/b&gt; 很长的一条</content:encoded>"
    "<author>a@b.example (Ann)</author><dc:creator>李</dc:creator><category domain='x'>财经</category>"
    "<enclosure url='m.mp3' length='12' type='audio/mpeg'/><source url='https://o.example/f'>O</source>"
    "<media:group><media:content url='v.mp4'/><media:title>v</media:title></media:group>"
    "<itunes:duration>1:02</itunes:duration><comments>https://a.example/1#c</comments></item>"
)
_SPACES = (
    'xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/" '
    'xmlns:media="http://search.yahoo.com/mrss/" xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd"'
)
FEEDS = (
    f'<?xml version="1.0" encoding="utf-8"?><rss version="2.0" {_SPACES}><channel><title>A &lt;i&gt;'
    f"feed</title><link>https://a.example/</link><description>d</description><ttl>60</ttl>{_ITEM * 2}"
    "</channel></rss>",
    '<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom" xml:lang="zh-CN" xml:base="https://b.example/d/">'
    "<id>tag:b.example,2026:f</id><title type='html'>&lt;b&gt;F&lt;/b&gt;</title><updated>2026-04-01T10:00:00Z</updated>"
    "<link rel='self' href='feed'/><author><name>N</name><email>n@b.example</email><uri>/n</uri></author>"
    "<entry><id>urn:x:1</id><title type='xhtml'><div xmlns='http://www.w3.org/1999/xhtml'>x <em>y</em></div></title>"
    "<link href='../1' hreflang='de'/><link rel='enclosure' href='e.ogg' length='3'/><published>2026-01-01T24:00:00Z</published>"
    "<updated>2026-01-02T10:00:00+08:00</updated><category term='t' scheme='urn:s' label='L'/><rights>r</rights>"
    "<content type='xhtml'><div xmlns='http://www.w3.org/1999/xhtml'><p>p<br/><img src='i.png' alt='&quot;'/></p></div></content>"
    "<source><id>urn:o</id><title>O</title><updated>2026-01-01T00:00:00Z</updated><link href='http://o.example/'/></source></entry>"
    "<entry><id>2</id><title>two</title><content type='html'>&lt;svg&gt;&lt;path d='M0'/&gt;&lt;/svg&gt;</content></entry></feed>",
    '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/" '
    'xmlns:dc="http://purl.org/dc/elements/1.1/"><channel rdf:about="https://c.example/"><title>C</title>'
    "<link>https://c.example/</link><description>d</description></channel><image><url>https://c.example/i.png</url></image>"
    "<item rdf:about='https://c.example/1'><title>1</title><link>https://c.example/1</link><dc:date>2026年4月1日 下午3:04</dc:date>"
    "<dc:subject>s</dc:subject><description>d</description></item></rdf:RDF>",
    '{"version": "https://jsonfeed.org/version/1.1", "title": "J", "home_page_url": "https://j.example/", '
    '"authors": [{"name": "A", "url": "/a"}], "language": "en", "items": [{"id": 1, "url": "https://j.example/1", '
    '"title": "t", "content_html": "<p onclick=x>a<script>b</script></p>", "content_text": "a\\n\\nb", "tags": ["x", null], '
    '"date_published": "2026-04-01T10:00:00Z", "attachments": [{"url": "a.mp3", "size_in_bytes": 1e3}]}, {"id": "\\ud800"}]}',
    '<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY a "b"><!ENTITY b "&a;&a;"><!ATTLIST item x CDATA "y">]>'
    "<rss version='0.91'><channel><title>&a;</title><item><title>&b;&nbsp;</title></item></channel></rss>",
)
POSTS = (
    "---\nlayout: post\ntitle: \"A: b\"\ndate: 2026-01-02 10:00:00 +0800\ncategories: [a, 'b c']\ntags:\n  - x\n  - y: z\n"
    "link: https://a.example/1\npublished: true\n---\n\n# Head\n\nText [b](../b) ![i](i.png)\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n"
    "```py\nx\n```\n{% raw %}{{ x }}{% endraw %}\n\n<div>html</div>\n\n[返回首页](../)\n",
    "---\ntitle: 金融新闻\ndate: 2026年1月2日\nauthor: &a {name: 李}\neditor: *a\nexternal-url: <https://a.example/二>\n...\n正文，*强调*。\n",
    "<p>no front matter</p>\n---\nkey: value\n",
)
LINKS = (
    "https://www.a.example:443/a/../b/?utm_source=x&b=%E4%B8%AD&a=1#frag",
    "http://user:pass@例え.example/中文?x=é#!/app",
    "https://news.google.com/rss/articles/CBMiK2h0dHBzOi8vYS5leGFtcGxlLzE?oc=5",
    "https://www.google.com/url?q=https%3A%2F%2Fa.example%2F1&sa=D",
    "//a.example/amp/x.html",
    "feed:https://m.a.example/x",
    "http://[::1]:8080/x",
)
DATES = (
    *("Wed, 01 Apr 2026 10:00:00 +0800", "2026-04-01T10:00:00.123Z", "2026年4月1日 下午3点04分", "1775037600"),
    *("01.04.2026 10:00", "April 1, 2026", "0000-00-00T00:00:00Z", "10000-01-01T00:00:00Z", "-0001-01-01"),
    *("2026-02-30T25:61:61+99:99", "Thu, 31 Dec 9999 23:59:59 -2400", "20260401T1000", "Ср, 01 апр 2026"),
)  # fmt: skip
CHARSETS = ("utf-8", "gb18030", "big5", "shift_jis", "euc-kr", "windows-1251", "utf-16", "utf-16-le", "utf-32", "utf-7", "cp037", "iso-2022-jp")  # fmt: skip

# ── damage ───────────────────────────────────────────────────────────────────

_TOKEN = re.compile(
    rb"<!\[CDATA\[|\]\]>|<!--|-->|</?[A-Za-z][\w:.-]*|/?>|&#?\w+;|\"[^\"]*\"|'[^']*'|[\w-]+=|\s+|[^<>&\s\"'=]+|."
    rb"", re.DOTALL,
)  # fmt: skip
NASTY = tuple(
    x if isinstance(x, bytes) else x.encode("utf-8", "surrogatepass")
    for x in (
        *(
            "<",
            ">",
            "&",
            "&#0;",
            "&#xD800;",
            "&#x110000;",
            "&#99999999999;",
            "&lt;script&gt;",
            "\x00",
            "\x0b",
            "\x85",
            "\ud800",
        ),
        *(
            "\ufffe",
            "\ufeff",
            "\u202e",
            "\u2028",
            "]]>",
            "<![CDATA[",
            "<!--",
            "--",
            "<?xml version='1.0'?>",
            "<!DOCTYPE x [",
            "]>",
        ),
        *(
            "<!ENTITY x SYSTEM 'file:///etc/passwd'>",
            "&x;",
            "<item>",
            "</item>",
            "<entry>",
            "</channel>",
            "<svg><style><img src=x onerror=a()>",
        ),
        *(
            "<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=x onerror=a()&gt;'>",
            "<noscript><p title='</noscript><img src=x onerror=a()>'>",
        ),
        *(
            "javascript:a()",
            "java\tscript:a()",
            "data:text/html,x",
            "vbscript:a",
            "file:///etc/passwd",
            "http://",
            "http://[",
            "//",
            "../../etc/passwd",
            "%",
            "%00",
            "%zz",
        ),
        *(
            "'",
            '"',
            "=",
            "\r",
            "\n",
            " ",
            "xml:base='http://[x'",
            "xml:base='javascript:'",
            "xmlns=''",
            "xmlns:a='b'",
            "type='html'",
            "type='xhtml'",
            "mode='base64'",
        ),
        *(
            "rel='self'",
            "href=''",
            "url='x'",
            "isPermaLink='true'",
            "0",
            "-1",
            "1e999",
            "9" * 400,
            "null",
            "true",
            "{",
            "}",
            "[",
            "]",
            ",",
            ":",
            '"\\u0000"',
        ),
        *(
            "---\n",
            "...\n",
            "- ",
            "? ",
            "!!python/object:os.system",
            "&a [*a,*a]",
            "*a",
            "|\n  x",
            ">-\n",
            "\t",
            "{% raw",
            "{{",
            "%}",
            "```",
            "[x]: y",
            "![",
            "](",
            "<a@b>",
        ),
        *(
            "+ADw-script+AD4-",
            b"\xff",
            b"\xfe\xff",
            b"\xef\xbb\xbf",
            b"\x80",
            b"\xc3\x28",
            b"\x1b$B",
            "é",
            "中",
            "👩‍👩‍👧",
            "e\u0301" * 40,
        ),
    )
)


class Damage:
    """Every kind of it, by chance."""

    def __init__(self, chance: random.Random, seeds: list[bytes], largest: int = 3_000_000) -> None:
        self.chance = chance
        self.seeds = seeds
        self.largest = largest
        self.kinds: tuple[Callable[[bytes], bytes], ...] = (
            *(self.bytes_, self.bytes_, self.nasty, self.nasty, self.nasty, self.cut, self.lost),
            *(self.doubled, self.spliced, self.swapped, self.many, self.nested, self.recoded, self.quoted),
        )  # fmt: skip

    def __call__(self, body: bytes) -> bytes:
        for _ in range(self.chance.choice((1, 1, 2, 3, 5, 12))):
            body = self.chance.choice(self.kinds)(body)[: self.largest]
        return body

    def place(self, body: bytes) -> int:
        return self.chance.randrange(len(body) + 1)

    def piece(self, body: bytes) -> tuple[int, int]:
        """A part of it, that begins and ends where a token does."""
        marks = [found.start() for found in _TOKEN.finditer(body[:200_000])] or [0]
        first = self.chance.randrange(len(marks))
        last = min(len(marks) - 1, first + self.chance.choice((0, 1, 2, 5, 20, 100)))
        return marks[first], (marks[last + 1] if last + 1 < len(marks) else len(body))

    def bytes_(self, body: bytes) -> bytes:
        at = self.place(body)
        new = self.chance.randbytes(self.chance.choice((0, 1, 1, 2, 8)))
        return body[:at] + new + body[at + self.chance.choice((0, 1, 1, 4, 40)) :]

    def nasty(self, body: bytes) -> bytes:
        start, end = self.piece(body)
        return body[:start] + self.chance.choice(NASTY) + body[self.chance.choice((start, end)) :]

    def cut(self, body: bytes) -> bytes:
        at = self.place(body)
        return body[:at] if self.chance.random() < 0.7 else body[at:]

    def lost(self, body: bytes) -> bytes:
        start, end = self.piece(body)
        return body[:start] + body[end:]

    def doubled(self, body: bytes) -> bytes:
        start, end = self.piece(body)
        return body[:end] + body[start:]

    def spliced(self, body: bytes) -> bytes:
        other = self.chance.choice(self.seeds)
        (start, _), (first, last) = self.piece(body), self.piece(other)
        return body[:start] + other[first:last] + body[start:]

    def swapped(self, body: bytes) -> bytes:
        (a, b), (c, d) = sorted((self.piece(body), self.piece(body)))
        return body[:a] + body[c:d] + body[b:c] + body[a:b] + body[d:] if b <= c else body

    def many(self, body: bytes) -> bytes:
        start, end = self.piece(body)
        times = min(self.chance.choice((2, 10, 300, 20_000)), 400_000 // (end - start + 1) + 1)
        return body[:end] + body[start:end] * times + body[end:]

    def nested(self, body: bytes) -> bytes:
        at, name = self.place(body), self.chance.choice((b"item", b"entry", b"div", b"b", b"title", b"source", b"[", b"{\"items\":", b"> ", b"- "))  # fmt: skip
        times = self.chance.choice((3, 70, 3_000, 40_000))
        opens = b"<%s>" % name if name.isalpha() else name
        closes = b"</%s>" % name if name.isalpha() and self.chance.random() < 0.5 else b""
        return body[:at] + opens * times + body[at:][:1000] + closes * times + body[at:]

    def recoded(self, body: bytes) -> bytes:
        text = body.decode("utf-8", "replace")
        return text.encode(self.chance.choice(CHARSETS), "replace")

    def quoted(self, body: bytes) -> bytes:
        start, end = self.piece(body)
        inner = body[start:end].replace(b"&", b"&amp;").replace(b"<", b"&lt;")
        return body[:start] + self.chance.choice((inner, b"<![CDATA[" + body[start:end] + b"]]>")) + body[end:]  # fmt: skip


# ── what must hold ───────────────────────────────────────────────────────────


def feed(body: bytes, chance: random.Random) -> None:
    """Parsed, and read as a run reads it: ids, links, rules, a document."""
    kind = chance.choice(("", "text/xml", "application/json", "text/html; charset=gb2312", "application/xml; charset=utf-16"))  # fmt: skip
    response = Response(url=URL, headers={"content-type": kind} if kind else {}, body=body)
    try:
        found = parse(response, zone=ZoneInfo("Asia/Shanghai"))
    except ParseError as error:
        assert str(error).strip() and "Error:" not in str(error), f"no plain words: {error}"
        return
    published(found)
    if len(body) < 20_000:  # else one reading is enough, and is timed
        quick = strict.parse(response)
        assert quick is None or quick == lenient.parse(response), "strict and lenient differ"
        inspect(body, url=URL, headers=dict(response.headers))


def post(body: bytes, chance: random.Random) -> None:
    name = chance.choice(
        ("2026-01-02-a.md", "_posts/2026-1-2-x.html", "b.markdown", "坏/2026-99-99-.md")
    )
    options = PostOptions(timezone="Asia/Shanghai", site_hosts=("a.example",))
    try:
        found = posts.parse(body, path=name, options=options)
    except ParseError as error:
        assert "Error:" not in str(error), f"no plain words: {error}"
        return
    published(found)


def published(found: Feed) -> None:
    own = links.at_home(found, URL)
    ids = cluster.ids_of(found.entries, home=own)
    sightings = []
    for n, (entry, name) in enumerate(zip(found.entries[:200], ids, strict=False)):
        cleaned = clean(entry, feed_urls=own)
        assert (clean(cleaned, feed_urls=own).content or None) == (cleaned.content or None), (
            "cleaning is not stable"
        )
        digest = cluster.digest_of(entry)
        keys = cluster.keys_of(cleaned, source_entry_id=name, digest=digest)
        when = cleaned.published or DAY
        sightings.append(
            StoredEntry(
                key=n, source="a", cluster=n, keys=keys, title=cleaned.title, first_seen=DAY,
                published=when, stated=True, updated=cleaned.updated or when, feed_updated=DAY,
                outputs=("x",), entry=cleaned,
            )
        )  # fmt: skip
        for markup in (cleaned.summary, cleaned.content):
            assert not (found_active := active(markup or "")), f"active: {found_active}"
    stories = [
        Story(
            cluster=s.key, id=f"urn:x:{s.key}", leader=s.key, published=s.published, sightings=(s,)
        )
        for s in sightings
    ]
    feeds = {"a": clean_feed(replace(found, entries=()))}
    entries = [
        compose.entry(story, site=SITE, sources={"a": SOURCE}, feeds=feeds) for story in stories
    ]
    made = document(Output(name="x", slug="x", title="X"), entries, site=SITE)
    body = atom.render(made)
    wrong = [fault for fault in faults(body) if "\\x85" not in fault]
    assert not wrong, f"invalid: {wrong[:3]}"


def link(body: bytes, chance: random.Random) -> None:
    text = body.decode("utf-8", chance.choice(("replace", "surrogateescape")))
    base = chance.choice((None, URL, "http://[x", text))
    made = links.canonicalize(text, base=base)
    if made:
        assert re.match(r"https?://[^/?#\s]", made), made
        assert links.canonicalize(made) == made, f"not stable: {made!r}"
        assert links.url_key(made) == links.url_key(links.url_key(made)), (
            f"no key of its own: {made!r}"
        )


def date(body: bytes, chance: random.Random) -> None:
    text = body.decode("utf-8", "replace")
    when = moments.moment(text, chance.choice((UTC, ZoneInfo("Asia/Shanghai"), ZoneInfo("America/St_Johns"))))  # fmt: skip
    if when is not None:
        assert when.tzinfo is UTC
        assert moments.moment(moments.iso(when)) == when.replace(microsecond=0)


def charset(body: bytes, chance: random.Random) -> None:
    found = charsets.decode(
        body, chance.choice((*CHARSETS, "", "x-none", "base64", "\0", "utf_8_sig"))
    )
    assert found.text.count("\ufffd") >= 0 and isinstance(found.text, str)
    found.text.encode("utf-8", "surrogatepass")


CHECKS: dict[str, tuple[Callable[[bytes, random.Random], None], tuple[str, ...], int]] = {
    "feed": (feed, FEEDS, 12),
    "post": (post, POSTS, 3),
    "link": (link, LINKS, 2),
    "date": (date, DATES, 1),
    "charset": (charset, FEEDS[:3] + POSTS, 1),
}

# ── the run ──────────────────────────────────────────────────────────────────


def worker(wire: Connection, seed: int, seeds: dict[str, list[bytes]]) -> None:
    """Tells what it is about to read before it reads it, and then what came of it."""
    resource.setrlimit(resource.RLIMIT_AS, (3 << 30, 3 << 30))
    chance = random.Random(seed)
    weights = [CHECKS[name][2] for name in seeds]
    damage = {name: Damage(chance, pool) for name, pool in seeds.items()}
    while True:
        name = chance.choices(list(seeds), weights)[0]
        body = damage[name](chance.choice(seeds[name]))
        wire.send((name, body))
        started, problem = time.process_time(), ""
        try:
            CHECKS[name][0](body, random.Random(seed))
        except AssertionError as error:
            problem = str(error)
        except Exception:
            problem = traceback.format_exc()
        took = time.process_time() - started
        most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        if took > SLOW:
            problem = problem or f"took {took:.1f} s"
        if most > MEMORY:
            problem = problem or f"took {most / 1000:.0f} MB"
        wire.send((problem, took, most))
        if most > MEMORY:
            return


def run(seed: int, seconds: float, seeds: dict[str, list[bytes]], keep: Path) -> tuple[int, int]:
    """Inputs read, and problems found."""
    done, found, slowest, largest, ends = 0, 0, 0.0, 0, time.monotonic() + seconds
    while time.monotonic() < ends:
        wire, other = multiprocessing.Pipe()
        process = multiprocessing.Process(target=worker, args=(other, seed + done, seeds))
        process.start()
        other.close()
        while time.monotonic() < ends:
            try:
                name, body = wire.recv()
                if not wire.poll(LIMIT):
                    problem = f"nothing came of it in {LIMIT} s"
                else:
                    problem, took, most = wire.recv()
                    slowest, largest = max(slowest, took), max(largest, most)
            except EOFError:
                problem = f"the process ended: {process.exitcode}"
            done += 1
            if problem:
                found += 1
                file = keep / f"{name}-{blake2b(body, digest_size=6).hexdigest()}"
                file.write_bytes(body)
                file.with_suffix(".txt").write_text(problem)
                print(f"{file}: {problem.strip().splitlines()[-1][:200]}", flush=True)
            if problem.startswith(("nothing came", "the process", "took")):
                break
        process.kill()
        process.join()
    print(
        f"{done:,} inputs, {found} problems, slowest {slowest:.1f} s, largest {largest // 1000} MB"
    )
    return done, found


def main() -> int:
    said = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    said.add_argument("--minutes", type=float, default=1)
    said.add_argument("--seed", type=int, default=int(time.time()))
    said.add_argument("--only", action="append", choices=list(CHECKS))
    said.add_argument("--seeds", type=Path)
    said.add_argument("--keep", type=Path)
    given = said.parse_args()
    keep = given.keep or Path(tempfile.mkdtemp(prefix="fuzz-"))
    keep.mkdir(parents=True, exist_ok=True)
    seeds = {
        name: [text.encode() for text in made]
        for name, (_, made, _) in CHECKS.items()
        if not given.only or name in given.only
    }
    for path in sorted(given.seeds.rglob("*")) if given.seeds else ():
        if path.is_file() and path.stat().st_size < 300_000:
            kind = "post" if path.suffix in (".md", ".markdown") else "feed"
            seeds.get(kind, []).append(path.read_bytes())
    print(f"seed {given.seed}, {sum(map(len, seeds.values()))} seeds, problems go to {keep}")
    return 1 if run(given.seed, given.minutes * 60, seeds, keep)[1] else 0


if __name__ == "__main__":
    sys.exit(main())
