"""All that servers do but answer well: a table, each row a path of one server, and what must come of
it. `FAULTS` says of each either which words `status` must have for it, or which titles are read.
"""

from __future__ import annotations

import gzip
import itertools
import random
import sys
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from html import escape

import brotli
from heavy import HEAVY
from servers import Answer, Asked, Raw, Server

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

MB = 1_000_000


@dataclass(frozen=True)
class Fault:
    """`answer` gets the request, its number for that path from 1, and the server."""

    name: str
    answer: Callable[[Asked, int, Server], Answer | Raw]
    error: str | None = None  # a pattern that its error in `status` matches
    titles: tuple[str, ...] | None = ()  # titles that must be published; None: not looked at
    entries: int | None = None  # how many, where titles do not say it
    never: tuple[str, ...] = ()  # titles that must not be published
    slows: bool = False  # its host, for all who ask there: it needs one of its own


FAULTS: list[Fault] = []
Handler = Callable[[Asked, int, Server], Answer | Raw]


def _fault(
    name: str,
    answer: Handler | Answer | Raw | bytes,
    *,
    error: str | None = None,
    titles: tuple[str, ...] | None = (),
    entries: int | None = None,
    never: tuple[str, ...] = (),
    slows: bool = False,
) -> None:
    if isinstance(answer, bytes):
        answer = Answer(body=answer)
    given = answer
    handler = (lambda *_: given) if isinstance(given, Answer | Raw) else given
    FAULTS.append(Fault(name, handler, error, titles, entries, never, slows))


# ── documents ────────────────────────────────────────────────────────────────


def item(n: int | str, title: str, *, text: str = "", date: str | None = "", more: str = "") -> str:
    when = "Wed, 01 Apr 2026 10:00:00 GMT" if date == "" else date
    return (
        f"<item><guid isPermaLink='false'>{n}</guid><link>https://f.example/{n}</link>"
        f"<title>{escape(title)}</title>"
        f"<description>{escape(text or f'What {title} has to say for itself, at some length.')}"
        f"</description>{f'<pubDate>{when}</pubDate>' if when else ''}{more}</item>"
    )


def rss(*items: str, prolog: str = '<?xml version="1.0"?>', title: str = "A feed") -> str:
    return (
        f'{prolog}<rss version="2.0"><channel><title>{title}</title>'
        f"<link>https://f.example/</link><description>d</description>{''.join(items)}"
        "</channel></rss>"
    )


def one(name: str, **more: str | None) -> bytes:
    return rss(item(name, f"Story of {name}", **more)).encode()  # type: ignore[arg-type]


# ── statuses and redirects ───────────────────────────────────────────────────

for status, words in (
    (204, "HTTP 204"),
    (206, "HTTP 206"),
    (226, "HTTP 226"),
    (400, "HTTP 400"),
    (401, "HTTP 401"),
    (402, "HTTP 402"),
    (403, "HTTP 403"),
    (404, "HTTP 404"),
    (407, "HTTP 407"),
    (410, "HTTP 410"),
    (418, "HTTP 418"),
    (429, "HTTP 429"),
    (451, "HTTP 451"),
    (500, "HTTP 500"),
    (502, "HTTP 502"),
    (503, "HTTP 503"),
    (504, "HTTP 504"),
    (520, "HTTP 520"),
    (599, "HTTP 599"),
):
    body = b"" if status == 204 else b"<p>an error is no entry</p>"
    answer = Answer(status, {"Retry-After": "120"}, body)
    _fault(f"status-{status}", answer, error=words, slows=status == 429)

_fault("304-without-a-copy", Answer(304), titles=())
_fault(
    "retry-after-a-date",
    Answer(503, {"Retry-After": "Wed, 01 Jul 2099 12:00:00 GMT"}),
    error="HTTP 503",
)
_fault("retry-after-nonsense", Answer(429, {"Retry-After": "soon"}), error="HTTP 429", slows=True)
_fault("cookies", Answer(headers={"Set-Cookie": "id=1; Path=/"}, body=one("cookies")), titles=("Story of cookies",))  # fmt: skip


def _loop(asked: Asked, n: int, server: Server) -> Answer:
    return Answer(302, {"Location": asked.path})


def _longer(asked: Asked, n: int, server: Server) -> Answer:
    return Answer(302, {"Location": f"{asked.path}x"})


_fault("redirect-loop", _loop, error="redirects in a circle")
_fault("redirect-chain", _longer, error="more than 5 redirects")
_fault("redirect-nowhere", Answer(302), error="HTTP 302")
_fault("redirect-to-file", Answer(302, {"Location": "file:///etc/passwd"}), error="only http")
_fault("redirect-to-private", Answer(302, {"Location": "http://10.0.0.1/feed"}), error="private")
_fault(
    "redirect-to-metadata",
    Answer(301, {"Location": "http://169.254.169.254/latest/meta-data/"}),
    error="private",
)
_fault("redirect-to-nonsense", Answer(302, {"Location": "http://[oh/no"}), error="not an address")

for where, words in {
    "data": ("data:text/xml,<rss/>", "not an address"),
    "gopher": ("gopher://127.0.0.1:70/", "only http"),
    "a-script": ("javascript:evil()", "not an address"),
    "a-number": ("http://2852039166/latest/", "private"),  # 169.254.169.254
    "mapped": ("http://[::ffff:10.0.0.1]/", "private"),
    "userinfo": ("http://127.0.0.1@10.0.0.1/", "private"),
    "controls": ("http://a\x0bb\x7f/", "not HTTP|not an address"),
    "a-far-port": ("http://127.0.0.1:99999/", "not an address"),
    "no-host": ("http:///feed", "not an address|HTTP 404"),
    "no-name": ("http://nowhere.invalid/", "no such host|network"),
}.items():
    _fault(f"redirect-to-{where}", Answer(302, {"Location": words[0]}), error=words[1])


def _other_name(status: int) -> Handler:
    """The same server under another name: what is secret stays behind."""

    def answer(asked: Asked, n: int, server: Server) -> Answer:
        if asked.headers["host"].startswith("localhost"):
            return Answer(body=one(f"moved-{status}"))
        port = server.netloc.rpartition(":")[2]
        where = f"http://localhost:{port}{asked.path}"
        return Answer(status, {"Location": where, "Set-Cookie": "id=2; Path=/"})

    return answer


for status in (301, 302, 303, 307, 308):
    _fault(f"moved-{status}", _other_name(status), titles=(f"Story of moved-{status}",))

# ── what is no answer ────────────────────────────────────────────────────────


def _silent(asked: Asked, n: int, server: Server) -> Raw:
    server.hang()
    return Raw()


def _dripping(asked: Asked, n: int, server: Server) -> Raw:
    def drops() -> Iterator[bytes]:
        yield b"HTTP/1.1 200 OK\r\n\r\n<rss>"
        while not server.closing.wait(0.2):
            yield b" "

    return Raw(drops())


def _slow_headers(asked: Asked, n: int, server: Server) -> Raw:
    def drops() -> Iterator[bytes]:
        yield b"HTTP/1.1 200 OK\r\n"
        while not server.closing.wait(0.2):
            yield b"X-More: yes\r\n"

    return Raw(drops())


def _endless(asked: Asked, n: int, server: Server) -> Raw:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\n\r\n<rss><channel>"
    return Raw(itertools.chain([head], itertools.repeat(b"<item><title>x</title></item>" * 999)))


def _many_headers(asked: Asked, n: int, server: Server) -> Raw:
    lines = "".join(f"X-H{i}: {'h' * 500}\r\n" for i in range(2000))
    return Raw([f"HTTP/1.1 200 OK\r\n{lines}\r\n<rss/>".encode()])


_OK = b"HTTP/1.1 200 OK\r\n"
_fault("silent", _silent, error="no complete answer within")
_fault("dripping", _dripping, error="no complete answer within")
_fault("dripping-headers", _slow_headers, error="no complete answer within|headers larger")
_fault("endless", _endless, error="larger than|no complete answer within")
_fault("empty", b"", error="empty")
_fault("blank", b" \r\n\t ", error="empty")
_fault("hangs-up", Raw(), error="hung up|cut short|not HTTP|no answer")
_fault("reset", Raw([_OK], reset=True), error="reset|hung up|cut short")
_fault("not-http", Raw([b"SSH-2.0-OpenSSH_9.9\r\n"]), error="not HTTP|hung up")
_fault("cut-short", Raw([_OK, b"Content-Length: 5000\r\n\r\n<rss>"]), error="cut short|hung up")
_fault("chunks-cut", Raw([_OK, b"Transfer-Encoding: chunked\r\n\r\n10\r\n<rss>"]), error="cut|hung")
_fault("bad-chunk", Raw([_OK, b"Transfer-Encoding: chunked\r\n\r\nzz\r\n"]), error="cut|HTTP")
_fault("headers-without-end", _many_headers, error="headers larger")
_fault("one-long-header", Raw([_OK, b"X: " + b"y" * 400_000 + b"\r\n\r\n"]), error="headers larger")
_fault(
    "length-too-short",
    Raw([_OK, b"Content-Length: 10\r\n\r\n", one("x")]),
    error="not HTTP|no feed",
)


def _flood(start: bytes, piece: bytes) -> Handler:
    """It comes as fast as it is taken, and never ends."""

    def answer(asked: Asked, n: int, server: Server) -> Raw:
        block = piece * (65_536 // len(piece) + 1)
        more = itertools.takewhile(lambda _: not server.closing.is_set(), itertools.repeat(block))
        return Raw(itertools.chain([start], more))

    return answer


_CHUNKED = _OK + b"Transfer-Encoding: chunked\r\n\r\n"
_ENDS = "no complete answer|headers larger|not HTTP|cut short|larger than|hung up"
_fault("early-hints-for-ever", _flood(b"", b"HTTP/1.1 103 Early Hints\r\n\r\n"), error=_ENDS)
_fault("a-status-without-end", _flood(b"HTTP/1.1 200 ", b"O"), error=_ENDS)
_fault("chunk-extensions", _flood(_CHUNKED + b"6;", b"a=b;"), error=_ENDS)
_fault("tiny-chunks", _flood(_CHUNKED, b"1\r\nx\r\n"), error=_ENDS)
_fault("trailers-without-end", _flood(_CHUNKED + b"0\r\n", b"X: y\r\n"), error=_ENDS)
_fault("members-of-nothing", _flood(_OK + b"Content-Encoding: gzip\r\n\r\n", gzip.compress(b"")), error=_ENDS)  # fmt: skip
_fault("no-header-at-all", Raw([one("x")]), error="not HTTP|hung up")
_fault("two-lengths", Raw([_OK, b"Content-Length: 5\r\nContent-Length: 9\r\n\r\n<rss/>"]), error=_ENDS)  # fmt: skip
_fault("length-of-no-number", Raw([_OK, b"Content-Length: many\r\n\r\n<rss/>"]), error=_ENDS)
_fault("length-and-chunks", Raw([_OK, b"Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"]), error=f"{_ENDS}|empty")  # fmt: skip

# ── packed bodies ────────────────────────────────────────────────────────────

_GZIP = {"Content-Encoding": "gzip"}
_fault("gzip", Answer(headers=_GZIP, body=gzip.compress(one("gzip"))), titles=("Story of gzip",))
_fault("deflate", Answer(headers={"Content-Encoding": "deflate"}, body=zlib.compress(one("deflate"))), titles=("Story of deflate",))  # fmt: skip
_fault("gzip-bomb", Answer(headers=_GZIP, body=gzip.compress(b" " * 300 * MB)), error="larger than")
_fault(
    "gzip-twice-bomb",
    Answer(
        headers={"Content-Encoding": "gzip, gzip"}, body=gzip.compress(gzip.compress(b"0" * MB))
    ),
    error="packed as",
)
_fault("gzip-cut", Answer(headers=_GZIP, body=gzip.compress(one("c"))[:-20]), error="cut short")
_fault("gzip-damaged", Answer(headers=_GZIP, body=b"\x1f\x8b\x08" + b"\xff" * 500), error="damaged")
_fault("gzip-that-is-none", Answer(headers=_GZIP, body=one("gzip-that-is-none")), titles=("Story of gzip-that-is-none",))  # fmt: skip
_fault("gzip-in-members", Answer(headers=_GZIP, body=gzip.compress(one("gzip-in-members")[:50]) + gzip.compress(one("gzip-in-members")[50:])), titles=("Story of gzip-in-members",))  # fmt: skip
_fault("gzip-and-rubbish", Answer(headers=_GZIP, body=gzip.compress(one("gzip-and-rubbish")) + b"<p>an advertisement</p>"), titles=("Story of gzip-and-rubbish",))  # fmt: skip
_fault("bare-deflate", Answer(headers={"Content-Encoding": "deflate"}, body=zlib.compress(one("bare-deflate"))[2:-4]), titles=("Story of bare-deflate",))  # fmt: skip
_fault("gzip-in-gzip", Answer(headers=_GZIP, body=gzip.compress(gzip.compress(one("twice")))), error="compressed file")  # fmt: skip
_fault("gzip-unsaid", Answer(body=gzip.compress(one("unsaid"))), error="compressed file")
_fault(
    "unknown-packing", Answer(headers={"Content-Encoding": "pack200"}, body=b"x"), error="packed as"
)

# Packed piece by piece: the whole of it is in nobody's memory, ours included.
_ZEROS = [bytes(MB)] * 300


def _brotli(pieces: Iterable[bytes]) -> bytes:
    packer = brotli.Compressor(quality=1)
    return b"".join(map(packer.process, pieces)) + packer.finish()


def _zstd(pieces: Iterable[bytes], window: int) -> bytes:
    packer = zstd.ZstdCompressor(
        options={
            zstd.CompressionParameter.compression_level: 1,
            zstd.CompressionParameter.window_log: window,
        }
    )
    return b"".join(map(packer.compress, pieces)) + packer.flush()


_BR, _ZSTD = {"Content-Encoding": "br"}, {"Content-Encoding": "zstd"}
_fault("br", Answer(headers=_BR, body=_brotli([one("br")])), titles=("Story of br",))
_fault("zstd", Answer(headers=_ZSTD, body=_zstd([one("zstd")], 20)), titles=("Story of zstd",))
_fault("br-bomb", Answer(headers=_BR, body=_brotli(_ZEROS)), error="larger than")
_fault("zstd-bomb", Answer(headers=_ZSTD, body=_zstd(_ZEROS, 20)), error="larger than")
_fault("zstd-window", Answer(headers=_ZSTD, body=_zstd([one("w"), *_ZEROS], 27)), error="damaged|larger than")  # fmt: skip
_fault("br-cut", Answer(headers=_BR, body=_brotli([one("c")])[:-20]), error="cut short|damaged")
_fault("zstd-damaged", Answer(headers=_ZSTD, body=_zstd([one("d")], 20)[:30] + b"\xff" * 500), error="damaged")  # fmt: skip
_fault("said-to-be-br", Answer(headers=_BR, body=one("said-to-be-br")), titles=("Story of said-to-be-br",))  # fmt: skip
_fault("gzip-said-to-be-zstd", Answer(headers=_ZSTD, body=gzip.compress(one("x"))), error="compressed file")  # fmt: skip

# ── other things than feeds ──────────────────────────────────────────────────

_PAGE = b"<!doctype html><html><head><title>Maintenance</title></head><body>Back soon</body></html>"
_fault("a-page", Answer(headers={"Content-Type": "text/html"}, body=_PAGE), error="HTML page")
_fault("an-image", b"\x89PNG\r\n\x1a\n" + bytes(900), error="image")
_fault("a-pdf", b"%PDF-1.7\n", error="PDF")
_fault(
    "other-xml", b"<?xml version='1.0'?><svg xmlns='http://www.w3.org/2000/svg'/>", error="no feed"
)
_fault("other-json", b'{"error": "not found"}', error="no JSON Feed")
_fault(
    "broken-json",
    b'{"version": "https://jsonfeed.org/version/1.1", "items": [',
    error="broken JSON",
)
_fault("plain-text", b"404 page not found\n", error="neither XML nor JSON")
_fault(
    "noise", random.Random(5).randbytes(50_000), error="neither XML nor JSON|no feed|cannot be read"
)
_fault("wrong-type", Answer(headers={"Content-Type": "image/png"}, body=one("wrong-type")), titles=("Story of wrong-type",))  # fmt: skip

# ── charsets ─────────────────────────────────────────────────────────────────

_SAID = {
    "gb18030": "央行宣布下调存款准备金率",
    "big5": "台積電第三季營收創新高紀錄",
    "shift_jis": "日本銀行は金利を据え置いた",
    "euc-kr": "한국은행 기준금리 동결 결정",
    "windows-1251": "Центральный банк сохранил ставку",
    "utf-16": "两种字节顺序都要读得懂",
    "utf-16-le": "没有标记的小端编码也一样",
    "iso-8859-1": "Été à la plage déjà fermé",
}
for charset, said in _SAID.items():
    prolog = f'<?xml version="1.0" encoding="{charset.removesuffix("-le")}"?>'
    _fault(f"declared-{charset}", rss(item(1, said), prolog=prolog).encode(charset), titles=(said,))
for charset in ("gb18030", "big5", "shift_jis", "euc-kr", "windows-1251"):
    said = _SAID[charset]
    text = rss(item(1, said, text=said * 4), prolog="", title=said)
    kind = {"Content-Type": f"application/xml; charset={charset}"}
    _fault(f"by-header-{charset}", Answer(headers=kind, body=text.encode(charset)), titles=(said,))
    _fault(f"undeclared-{charset}", text.encode(charset), titles=(said,))
_fault(
    "charset-conflict",
    Answer(
        headers={"Content-Type": "text/xml; charset=utf-8"},
        body=rss(item(1, "冲突的声明"), prolog='<?xml version="1.0" encoding="gb2312"?>').encode(),
    ),
    titles=("冲突的声明",),
)
_fault(
    "a-bad-byte",
    rss(item(1, "一个坏字节"), item(2, "不该毁掉别的"))
    .encode()
    .replace(b"</rss>", b"<!-- \xff --></rss>"),
    titles=("一个坏字节", "不该毁掉别的"),
)
_fault(
    "bad-bytes-in-a-title",
    rss(item(1, "坏@字节"), item(2, "Its neighbour")).encode().replace(b"@", b"\xff\xfe\x80"),
    titles=("Its neighbour",),
    entries=2,
)
_fault("unknown-charset", rss(item(1, "Story of x-none"), prolog='<?xml version="1.0" encoding="x-none"?>').encode(), titles=("Story of x-none",))  # fmt: skip
_fault(
    "mark-against-header",
    Answer(
        headers={"Content-Type": "text/xml; charset=gb18030"},
        body=b"\xef\xbb\xbf" + rss(item(1, "字节顺序标记说了算")).encode(),
    ),
    titles=("字节顺序标记说了算",),
)
_fault(
    "header-against-declaration",
    Answer(
        headers={"Content-Type": "application/xml; charset=gb18030"},
        body=rss(item(1, "报头说了算")).encode("gb18030"),
    ),
    titles=("报头说了算",),
)
_fault("utf-7", rss(item(1, "+ADw-script+AD4-evil()+ADw-/script+AD4-"), prolog='<?xml version="1.0" encoding="utf-7"?>').encode(), titles=None)  # fmt: skip
_fault("utf-32", rss(item(1, "四个字节一个字")).encode("utf-32"), titles=("四个字节一个字",))
_fault("half-a-character", rss(item(1, "Half a &#xD800; character")).encode(), titles=None, entries=1)  # fmt: skip
_fault("controls", one("controls").replace(b"itself", b"it\x0bself\x00 &#8; &#xFFFE;"), titles=("Story of controls",))  # fmt: skip

# ── broken and hostile documents ─────────────────────────────────────────────

_ENTITIES = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10 if n else "ha"}">' for n in range(12))
_fault(
    "entity-bomb",
    rss(
        item(1, "bomb", text="x").replace("bomb", "&e11;"),
        prolog=f'<?xml version="1.0"?><!DOCTYPE r [{_ENTITIES}]>',
    ).encode(),
    titles=None,
)
_fault(
    "entity-of-a-file",
    rss(
        item(1, "secret &x;").replace("&amp;x;", "&x;"),
        prolog='<?xml version="1.0"?><!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]>',
    ).encode(),
    titles=None,
)
_fault("deep", b"<rss><channel>" + b"<a>" * 100_000, titles=None)
_fault(
    "deep-html", one("deep-html", text="<div>" * 50_000 + "deep"), titles=("Story of deep-html",)
)
_fault("never-closed", b"<rss><channel><title>t</title>" + b"<item><title>x</title>" * 5_000, titles=None)  # fmt: skip
_fault(
    "cut-in-an-item",
    rss(item(1, "A whole item"), item(2, "Half an item"))[:-120].encode(),
    titles=("A whole item",),
)
_fault("unescaped", one("unescaped").replace(b"itself", b"it & <self"), titles=None)
_fault("brackets", b"[" * 100_000, error="JSON")
_fault(
    "unsafe",
    one(
        "unsafe",
        text='<p onclick="evil()">a</p><script>evil()</script><a href="javascript:evil()">b</a>'
        '<iframe src="https://evil.example/"></iframe><img src="https://t.example/1" width="1"'
        ' height="1"><svg onload="evil()"></svg><style>*{}</style><base href="//evil.example/">'
        '<form action="https://evil.example/"><input></form><a href="vbscript:evil()">c</a>',
    ),
    titles=("Story of unsafe",),
)
_fault("unsafe-title", rss(item(1, "<script>evil()</script>Harmless <b>title</b>")).encode(), titles=None)  # fmt: skip
_fault(
    "unsafe-link",
    one("unsafe-link").replace(b"https://f.example/unsafe-link", b"javascript:evil()"),
    titles=("Story of unsafe-link",),
)
_fault("five-megabytes", one("five-megabytes", text="很长的一条消息。" * 200_000), titles=("Story of five-megabytes",))  # fmt: skip
_fault("many", rss(*(item(n, f"Of many {n}") for n in range(20_000))).encode(), titles=None, entries=20_000)  # fmt: skip

_fault(
    "unsafe-in-every-way",
    one(
        "unsafe-in-every-way",
        text="<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=x onerror=evil()&gt;'>"
        "<svg></p><style><a title='</style><img src=x onerror=evil()>'></svg><noscript><p title='</noscript><img src=x"
        " onerror=evil()>'></noscript><form><math><mtext></form><form><mglyph><style></math><img src onerror=evil()>"
        "<a href='java&#9;script:evil()'>a</a><a href='&#x6A;avascript:evil()'>b</a><img srcset='data:image/svg+xml,x 1x'"
        " src='https://f.example/i.png'><p style='background:url(javascript:evil())'>c</p><svg><use href='data:x'/></svg>"
        "<object data='https://evil.example/'></object><embed src='https://evil.example/'><meta http-equiv='refresh'"
        " content='0;url=https://evil.example/'><link rel='stylesheet' href='https://evil.example/'><video poster='javascript:evil()'>"
        "</video><template><script>evil()</script></template><xmp><img src=x onerror=evil()></xmp><iframe srcdoc='<script>evil()</script>'>",
    ),
    titles=("Story of unsafe-in-every-way",),
)
_fault(
    "unsafe-names",
    one("unsafe-names", more="<author>&lt;script&gt;evil()&lt;/script&gt; Ann</author><category>&lt;img src=x onerror=evil()&gt;</category>"),
    titles=("Story of unsafe-names",),
)  # fmt: skip
for name in (
    *("deep XHTML", "deep items", "HTML div", "HTML adopted", "HTML of few fonts", "HTML ampersands", "HTML of attributes"),
    *("many namespaces", "many items with ids", "of one categories", "one attribute again", "a link of spaces"),
    *("a long declaration", "lines in the prolog", "attributes by default", "a long entity", "images of RDF", "broken by & "),
    *("JSON of tags", "JSON of empty items", "JSON of HTML"),
):  # fmt: skip
    _fault(name.replace(" ", "-").replace("&", "and"), HEAVY[name](2 * MB), titles=None, error=None)
_fault("deep-json", HEAVY["deep JSON"](MB), error="JSON")

# ── dates ────────────────────────────────────────────────────────────────────

_DATES = {
    "none": None,
    "1970": "Thu, 01 Jan 1970 00:00:00 GMT",
    "no-zone": "2026-04-01 10:00:00",
    "odd-zone": "Wed, 01 Apr 2026 10:00:00 XYZT",
    "chinese": "2026年4月1日 10:00",
    "slashes": "2026/04/01 10:00",
    "german": "01.04.2026 10:00",
    "seconds": "1775037600",
    "month-13": "2026-13-01T10:00:00Z",
    "day-31": "2026-02-31T10:00:00Z",
    "24-hours": "2026-04-01T24:00:00Z",
    "words": "yesterday at tea time",
    "year-0": "0000-00-00T00:00:00Z",
}
for name, date in _DATES.items():
    _fault(f"date-{name}", one(f"date-{name}", date=date), titles=(f"Story of date-{name}",))
_fault("date-2099", one("date-2099", date="Thu, 01 Jan 2099 00:00:00 GMT"))  # held until then

# ── meaning ──────────────────────────────────────────────────────────────────


def _bare(title: str) -> str:
    text = f"<description>The text of {title}, which no other has.</description>"
    return f"<item><title>{title}</title>{text}</item>"


def _other_ids(asked: Asked, n: int, server: Server) -> Answer:
    found = item("same", "Ids that change").replace(">same<", f">id-{n}<")
    return Answer(body=rss(found).encode())


def _other_links(asked: Asked, n: int, server: Server) -> Answer:
    link = f"https://f.example/links/{n}"
    found = item("links", "Links that change").replace("https://f.example/links", link)
    return Answer(body=rss(found).encode())


def _other_order(asked: Asked, n: int, server: Server) -> Answer:
    items = [item(f"order-{i}", f"In any order {i}") for i in range(3)]
    random.Random(n).shuffle(items)
    return Answer(body=rss(*items).encode())


def _edited(asked: Asked, n: int, server: Server) -> Answer:
    return Answer(body=one("edited", text=f"Revision {n} of a text that is edited all the time."))


def _etags(asked: Asked, n: int, server: Server) -> Answer:
    return Answer(headers={"ETag": f'"{n}"'}, body=one("etags"))


def _shrinking(asked: Asked, n: int, server: Server) -> Answer:
    kept = range(10 if n == 1 else 1)
    return Answer(body=rss(*(item(f"shrink-{i}", f"Shrinking {i}") for i in kept)).encode())


def _then(first: bytes, later: Answer) -> Handler:
    return lambda asked, n, server: Answer(body=first) if n == 1 else later


_fault("no-ids", rss(*map(_bare, ("First without id", "Second without id"))).encode(), titles=("First without id", "Second without id"))  # fmt: skip
_fault("one-id-for-all", rss(*(item(f"all-{i}", f"One id {i}").replace(f">all-{i}<", ">1<") for i in range(3))).encode(), titles=("One id 0", "One id 1", "One id 2"))  # fmt: skip
_fault("an-item-twice", rss(item("twice", "Twice"), item("twice", "Twice")).encode(), titles=("Twice",), entries=1)  # fmt: skip
_fault("ids-that-change", _other_ids, titles=("Ids that change",), entries=1)
_fault("links-that-change", _other_links, titles=("Links that change",), entries=1)
_fault("order-that-changes", _other_order, titles=tuple(f"In any order {i}" for i in range(3)), entries=3)  # fmt: skip
_fault("edited", _edited, titles=("Story of edited",), entries=1)
_fault("etags-that-change", _etags, titles=("Story of etags",), entries=1)
_fault("shrinking", _shrinking, titles=tuple(f"Shrinking {i}" for i in range(10)), entries=10)
_fault("then-an-error", _then(one("then-an-error"), Answer(500)), error="HTTP 500", titles=("Story of then-an-error",))  # fmt: skip
_fault("then-empty", _then(one("then-empty"), Answer(body=b"")), error="empty", titles=("Story of then-empty",))  # fmt: skip
_fault("then-a-page", _then(one("then-a-page"), Answer(body=_PAGE)), error="HTML page", titles=("Story of then-a-page",))  # fmt: skip
_fault("then-no-entries", _then(one("then-no-entries"), Answer(body=rss().encode())), titles=("Story of then-no-entries",))  # fmt: skip
_fault("then-another", _then(one("then-another"), Answer(body=rss(item("o", "Of another feed"), title="Another feed").encode())), titles=("Story of then-another",))  # fmt: skip
_fault(
    "then-a-stranger",
    _then(
        one("then-a-stranger"),
        Answer(
            body=rss(item("s", "A stranger's story"), title="A stranger")
            .replace("f.example", "stranger.example")
            .encode()
        ),
    ),
    error="held: another feed",
    titles=("Story of then-a-stranger",),
    never=("A stranger's story",),
)
_fault("no-entries", rss().encode())
_fault("blank-titles", rss(item("blank", " ", text="A text that has no title to it.")).encode(), entries=1)  # fmt: skip
_fault(
    "odd-categories",
    one("odd-categories").replace(
        b"</item>",
        b"<category>../../etc/passwd</category><category>\xe8\xb4\xa2\xe7\xbb\x8f/\xe8\x82\xa1</category><category> </category></item>",
    ),
    titles=("Story of odd-categories",),
)
_fault(
    "own-source",
    b"<feed xmlns='http://www.w3.org/2005/Atom'><title>t</title><id>urn:x:f</id><entry><id>urn:x:own-source"
    b"</id><title>With a source of its own</title><link href='https://o.example/own'/><updated>2026-04-01T10:00:00Z"
    b"</updated><content>Text.</content><source><id>urn:x:other</id><title>Other</title></source></entry></feed>",
    titles=("With a source of its own",),
)
_fault(
    "xml-base",
    b"<feed xmlns='http://www.w3.org/2005/Atom' xml:base='https://base.example/a/'><title>t</title><id>urn:x:b</id>"
    b"<entry><id>urn:x:base</id><title>With a base</title><link href='../story'/><updated>2026-04-01T10:00:00Z</updated>"
    b"<content type='html'>&lt;img src='pic.png'&gt;</content></entry></feed>",
    titles=("With a base",),
)


def handler(server: Callable[[], Server]) -> Callable[[Asked], Answer | Raw]:
    """For `servers.serving`: answers each fault's path, and 404 elsewhere."""
    table = {f"/{fault.name}": fault for fault in FAULTS}
    asked_before: Counter[str] = Counter()

    def answer(asked: Asked) -> Answer | Raw:
        fault = table.get(asked.path.rstrip("x") if "chain" in asked.path else asked.path)
        if fault is None:
            return Answer(404)
        asked_before[asked.path] += 1
        return fault.answer(asked, asked_before[asked.path], server())

    return answer


def healthy(n: int, fetched: int) -> bytes:
    """A feed that has something new each time it is asked for."""
    start = datetime(2026, 4, 1, tzinfo=UTC)
    stories: Iterable[str] = (
        item(
            f"h{n}-{i}",
            f"Healthy {n} says {i}",
            text=f"Source {n} tells its story number {i}: {'of this and that ' * (n + i)}",
            date=(start + timedelta(hours=i)).strftime("%a, %d %b %Y %H:%M:%S GMT"),
        )
        for i in range(fetched)
    )
    return rss(*stories, title=f"Healthy {n}").encode()
