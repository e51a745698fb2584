"""The door to the web, against a real server that behaves in every way but well."""

import asyncio
import gzip
import os
import re
import resource
import socket
import sys
import threading
import time
import zlib
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any

import brotli
import pytest
from servers import Answer, Asked, Raw, free_port, serving, until

from aggregator import polling
from aggregator.errors import FetchError
from aggregator.fetch import Fetcher, FetchOptions
from aggregator.guard import allowed
from aggregator.model import PollState, Request, Response, Source
from aggregator.syntax import confidential

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

PACKERS = {
    "gzip": lambda body: gzip.compress(body, 5, mtime=0),
    "br": lambda body: brotli.compress(body, quality=3),
    "zstd": lambda body: zstd.compress(body, 3),
}
SKIPPED = b"\x52\x2a\x4d\x18\x03\0\0\0abc"  # a frame that says nothing (RFC 8878 §3.1.2)

LOOPBACK = (ip_network("127.0.0.0/8"), ip_network("::1/128"))
BODY = b"<rss/>"


def options(**more: Any) -> FetchOptions:
    given: dict[str, Any] = {"user_agent": "aggregator/test", "allow_private": LOOPBACK}
    return FetchOptions(**given | {"timeout": timedelta(seconds=20)} | more)


def fetch(url: str, *, headers: dict[str, str] | None = None, **more: Any) -> Response:
    return fetch_all([url], headers=headers, **more)[0]


def fetch_all(
    urls: list[str], *, headers: dict[str, str] | None = None, **more: Any
) -> list[Response]:
    async def all_of_them() -> list[Response]:
        async with Fetcher(options(**more)) as fetcher:
            requests = [Request(url=url, headers=headers or {}) for url in urls]
            return list(await asyncio.gather(*map(fetcher, requests)))

    return asyncio.run(all_of_them())


def failure(url: str, *, headers: dict[str, str] | None = None, **more: Any) -> FetchError:
    """Why `url` cannot be had, in words that a reader of the log understands."""
    with pytest.raises(FetchError) as caught:
        fetch(url, headers=headers, **more)
    said = str(caught.value)
    assert said.strip() and "\n" not in said
    assert not re.search(
        r"[A-Z]\w+(Error|Exception|Timeout)\b|Traceback|errno|object at", said, re.IGNORECASE
    )
    assert not re.search(r"\bNone\b|b'|ssl:|\.c:", said)
    return caught.value


# ── what an answer is ────────────────────────────────────────────────────────


def test_a_good_answer_comes_with_lower_case_headers() -> None:
    with serving(lambda _: Answer(headers={"ETag": '"A"', "X-Odd": "Kept"}, body=BODY)) as server:
        response = fetch(f"{server.url}/feed?page=1")

    assert (response.status, response.body) == (200, BODY)
    assert (response.headers["etag"], response.headers["x-odd"]) == ('"A"', "Kept")
    assert response.url == f"{server.url}/feed?page=1"
    assert server.paths == ["/feed?page=1"]


def test_an_empty_body_is_an_answer() -> None:
    with serving(lambda _: Answer()) as server:
        assert fetch(server.url).body == b""


def test_validators_go_out_byte_for_byte_and_a_304_comes_back() -> None:
    validators = {
        "if-none-match": 'W/"a\\b,  c"',
        "if-modified-since": "Thu, 31 Feb 2026 25:00:00 CEST",
    }
    with serving(lambda _: Answer(304, {"ETag": '"new"'})) as server:
        response = fetch(server.url, headers=validators)

    assert (response.status, response.body) == (304, b"")
    assert response.headers["etag"] == '"new"'
    assert validators.items() <= server.asked[0].headers.items()


@pytest.mark.parametrize(
    ("sent", "back"),
    [
        ('"版本 1"'.encode(), True),
        (b'"tab\there"', True),
        (b'"\xe9 \xff\x80"', True),  # no UTF-8, and need not be (RFC 9110 §8.8.3)
        (b'"a\x01b"', False),
        (b"", False),
    ],
)
def test_an_odd_validator_goes_back_as_it_came_or_not_at_all(sent: bytes, back: bool) -> None:
    given = {"ETag": sent.decode("latin-1"), "Last-Modified": sent.decode("latin-1")}
    source, now = Source(id="a", url="http://a.example/"), datetime(2026, 7, 1, tzinfo=UTC)
    with serving(lambda _: Answer(headers=given, body=BODY)) as server:
        first = fetch(server.url)
        state = polling.after_success(source, PollState(source="a", due=now), first, now)
        again = fetch(server.url, headers=polling.request_for(source, state).headers)

    assert (first.status, again.status) == (200, 200)
    got = {server.asked[1].headers.get(x) for x in ("if-none-match", "if-modified-since")}
    assert got == ({sent.decode("latin-1")} if back else {None})


def test_of_a_header_that_can_be_but_one_the_first_counts() -> None:
    """A proxy may add its own: both in one would be a validator that nobody gave."""
    lines = b'ETag: "a"\r\nETag: "b"\r\nLast-Modified: x\r\nLast-Modified: y\r\n'
    when = b"Retry-After: Wed, 01 Jul 2026 12:00:00 GMT\r\n" * 2
    links = b"Link: <a>; rel=hub\r\nLink: <b>; rel=self\r\n"
    raw = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n" + lines + when + links + b"\r\n"
    with serving(lambda _: Raw([raw])) as server:
        headers = fetch(server.url).headers

    assert (headers["etag"], headers["last-modified"]) == ('"a"', "x")
    assert headers["retry-after"] == "Wed, 01 Jul 2026 12:00:00 GMT"
    assert headers["link"] == "<a>; rel=hub, <b>; rel=self"


def test_of_two_places_to_go_the_first_is_asked() -> None:
    moved = b"HTTP/1.1 301 Moved\r\nLocation: /a\r\nLocation: /b\r\nContent-Length: 0\r\n\r\n"
    with serving(lambda x: Answer(body=BODY) if x.path == "/a" else Raw([moved])) as server:
        assert fetch(server.url).body == BODY


def test_who_asks_is_said_and_nothing_else_is_told() -> None:
    def cookie(asked: Asked) -> Answer:
        if asked.path == "/feed":
            return Answer(302, {"Location": "/there", "Set-Cookie": "id=1; Path=/"})
        return Answer(headers={"Set-Cookie": "id=2; Path=/"}, body=BODY)

    with serving(cookie) as server:
        fetch_all([f"{server.url}/feed", f"{server.url}/feed"], per_host=1)

    assert len(server.asked) == 4
    for asked in server.asked:
        assert asked.headers["user-agent"] == "aggregator/test"
        assert not {"cookie", "referer", "origin", "authorization"} & set(asked.headers)


# ── redirects ────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("where", ["new", "/a/new", "//{netloc}/a/new", "{url}/a/new"])
def test_a_redirect_is_followed(status: int, where: str) -> None:
    def moved(asked: Asked) -> Answer:
        if asked.path == "/a/new":
            return Answer(body=BODY)
        location = where.format(url=server.url, netloc=server.netloc)
        return Answer(status, {"Location": location}, b"moved")

    with serving(moved) as server:
        response = fetch(f"{server.url}/a/old")

    assert (response.url, response.body) == (f"{server.url}/a/new", BODY)


def test_the_way_is_told_of_an_answer_and_of_an_error() -> None:
    there = {"/a": (301, "/b"), "/b": (307, "/c"), "/x": (308, "/y")}

    def way(asked: Asked) -> Answer:
        code, where = there.get(asked.path, (0, ""))
        if where:
            return Answer(code, {"Location": where})
        return Answer(410) if asked.path == "/y" else Answer(body=BODY)

    with serving(way) as server:
        response = fetch(f"{server.url}/a")
        direct = fetch(f"{server.url}/c")
        error = failure(f"{server.url}/x")

    assert (response.url, response.redirects) == (f"{server.url}/c", (301, 307))
    assert direct.redirects == ()
    assert (error.status, error.redirects) == (410, (308,))


@pytest.mark.parametrize(("status", "asked"), [(307, ["/", "/new"]), (303, ["/"])])
def test_what_is_posted_is_posted_again_or_not_sent_on(status: int, asked: list[str]) -> None:
    def moved(asked: Asked) -> Answer:
        return Answer(status, {"Location": "/new"}) if asked.path == "/" else Answer(202)

    async def post(url: str) -> Response:
        async with Fetcher(options()) as fetcher:
            return await fetcher(Request(url=url, body=b"a=b"))

    with serving(moved) as server, suppress(FetchError):
        assert asyncio.run(post(f"{server.url}/")).status == 202

    assert [(a.path, a.method) for a in server.asked] == [(path, "POST") for path in asked]


@pytest.mark.parametrize(
    ("url", "unread"),
    [
        ("https://hub.example/", True),
        ("http://127.0.0.1:80/", True),
        ("http://[::1]/", True),
        ("http://hub.example/", False),
        ("http://localhost/", False),
        ("http://10.0.0.1/", False),
        ("http://[::2]/", False),
        ("http://[x/", False),
        ("", False),
    ],
)
def test_where_nobody_reads_along(url: str, unread: bool) -> None:
    assert confidential(url) is unread


def counting_down(asked: Asked) -> Answer:
    left = int(asked.path.strip("/"))
    return Answer(302, {"Location": f"/{left - 1}"}) if left else Answer(body=BODY)


def test_five_redirects_are_followed_and_no_sixth() -> None:
    with serving(counting_down) as server:
        assert fetch(f"{server.url}/5").body == BODY
        server.asked.clear()
        error = failure(f"{server.url}/6")

    assert "more than 5 redirects" in str(error)
    assert len(server.asked) == 6


@pytest.mark.parametrize(
    ("there", "asked"),
    [({"/": "/"}, ["/"]), ({"/": "/a", "/a": "/b", "/b": "/a"}, ["/", "/a", "/b"])],
)
def test_who_is_sent_in_circles_asks_nobody_twice(there: dict[str, str], asked: list[str]) -> None:
    with serving(lambda a: Answer(301, {"Location": there[a.path]})) as server:
        error = failure(server.url)

    assert "redirects in a circle" in str(error)
    assert (server.paths, error.redirects) == (asked, (301,) * len(asked))


def test_a_redirect_that_says_no_address_is_an_error() -> None:
    with serving(lambda _: Answer(302, body=b"somewhere")) as server:
        assert failure(server.url).status == 302


def test_credentials_are_sent_to_their_own_host() -> None:
    def moved(asked: Asked) -> Answer:
        return Answer(body=BODY) if asked.path == "/new" else Answer(302, {"Location": "/new"})

    with serving(moved) as server:
        fetch(f"http://me:s%3Acret@{server.netloc}/feed")

    assert [a.headers["authorization"] for a in server.asked] == ["Basic bWU6czpjcmV0"] * 2


def test_credentials_are_not_carried_to_another_host() -> None:
    with (
        serving(lambda _: Answer(body=BODY)) as other,
        serving(lambda _: Answer(302, {"Location": f"{other.url}/feed"})) as server,
    ):
        fetch(f"http://me:secret@{server.netloc}/", headers={"authorization": "Bearer secret"})

    assert not {"authorization", "cookie", "referer"} & set(other.asked[0].headers)
    assert "secret" not in str(other.asked)


@pytest.mark.parametrize(
    "where",
    [
        "file:///etc/passwd",
        "ftp://example.org/feed",
        "gopher://127.0.0.1/",
        "data:text/xml,<rss/>",
        "javascript:alert(1)",
        "http://[::1/feed",
        "http://exa mple.org/",
        "http://example.org:99999/",
        "http://example.org:port/",
    ],
)
def test_a_redirect_that_leads_nowhere_we_go_is_refused(where: str) -> None:
    with serving(lambda _: Answer(302, {"Location": where})) as server:
        failure(server.url)

    assert len(server.asked) == 1


@pytest.mark.parametrize(
    "where", ["http://10.0.0.1/", "http://169.254.169.254/latest/", "http://[fd00::1]/"]
)
def test_a_redirect_to_a_private_address_is_refused(where: str) -> None:
    with serving(lambda _: Answer(302, {"Location": where})) as server:
        assert "private address" in str(failure(server.url))


# ── who may be asked ─────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "127.0.0.1.",
        "127.1",
        "127.0.1",
        "2130706433",
        "017700000001",
        "0177.0.0.1",
        "0x7f000001",
        "0x7f.1",
        "0x7F.0.0.0x1",
        "0",
        "0.0.0.0",
        "localhost",
        "LOCALHOST",
        "localhost.",
        "[::1]",
        "[::]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[::127.0.0.1]",
        "[64:ff9b::127.0.0.1]",
        "[2002:7f00:1::]",
        "１２７.0.0.1",
        "①②⑦.⓪.⓪.①",
        "127。0。0。1",
        "10.0.0.1",
        "172.16.0.1",
        "192.168.0.1",
        "169.254.169.254",
        "100.64.0.1",
        "[fe80::1]",
        "[fe80::1%25lo]",
        "[fec0::1]",
        "[fd00::1]",
        "224.0.0.1",
        "[ff02::1]",
        "240.0.0.1",
        "255.255.255.255",
    ],
)
def test_a_private_address_is_refused_in_whatever_form(host: str) -> None:
    with serving(lambda _: Answer(body=BODY)) as server:
        port = server.netloc.rpartition(":")[2]
        failure(f"http://{host}:{port}/", allow_private=(), timeout=timedelta(seconds=5))

    assert server.asked == []


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::ffff:127.0.0.1]"])
def test_a_private_address_that_the_config_allows_is_asked(host: str) -> None:
    with serving(lambda _: Answer(body=BODY)) as server:
        port = server.netloc.rpartition(":")[2]
        assert fetch(f"http://{host}:{port}/").body == BODY


def test_a_private_address_is_called_by_its_name_and_so_is_the_way_out() -> None:
    for host in ("127.0.0.1", "2130706433", "localhost"):
        said = str(failure(f"http://{host}/", allow_private=()))
        assert host in said and "fetch.allow_private" in said


@pytest.mark.parametrize(
    ("address", "is_allowed"),
    [
        ("93.184.216.34", True),
        ("2606:2800:220:1::1", True),
        ("64:ff9b::5db8:d822", True),
        ("64:ff9b::10.0.0.1", False),
        ("2002:0a00:0001::1", False),
        ("2001:0:5db8:d822::1", False),
        ("::10.0.0.1", False),
        ("fec0::1", False),
        ("64:ff9b:1::5db8:d822", False),
        ("10.1.2.3", True),
        ("::ffff:10.1.2.3", True),
        ("10.2.0.1", False),
    ],
)
def test_which_addresses_may_be_asked(address: str, is_allowed: bool) -> None:
    assert allowed(ip_address(address), [ip_network("10.1.0.0/16")]) is is_allowed


# ── size ─────────────────────────────────────────────────────────────────────


def zipped(body: bytes, **headers: str) -> Answer:
    return Answer(headers={"Content-Encoding": "gzip"} | headers, body=gzip.compress(body))


def test_a_compressed_body_is_unpacked() -> None:
    with serving(lambda _: zipped(b"<rss>" * 10_000)) as server:
        assert fetch(server.url).body == b"<rss>" * 10_000

    assert server.asked[0].headers["accept-encoding"] == "gzip, br, zstd"


@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        ("x-gzip", gzip.compress(BODY, mtime=0)),
        ("GZIP", gzip.compress(BODY, mtime=0)),
        ("deflate", zlib.compress(BODY)),
        ("identity", BODY),
        (
            "gzip",
            gzip.compress(b"<rs", mtime=0) + gzip.compress(b"s/>", mtime=0),
        ),  # RFC 1952 §2.2: members
        ("gzip", gzip.compress(BODY, mtime=0) + b"\0" * 512),
        ("br", brotli.compress(BODY)),
        ("zstd", zstd.compress(BODY)),
        ("zstd", zstd.compress(b"<rs") + SKIPPED + zstd.compress(b"s/>")),  # RFC 8878 §3.1: frames
        *((coding, BODY) for coding in ("gzip", "br", "zstd")),  # said, and not done
        *((coding, b"") for coding in ("gzip", "br", "zstd")),
    ],
)
def test_encodings_in_the_field_are_read(encoding: str, body: bytes) -> None:
    with serving(lambda _: Answer(headers={"Content-Encoding": encoding}, body=body)) as server:
        assert fetch(server.url).body == (BODY if body else b"")


@pytest.mark.parametrize("coding", PACKERS)
def test_a_body_that_drips_in_is_unpacked(coding: str) -> None:
    words = b" ".join(b"%d" % n for n in range(50_000))
    packed = PACKERS[coding](words)
    pieces = [packed[:1], packed[1:3], packed[3:4], packed[4:1000], packed[1000:]]
    with serving(lambda _: Answer(headers={"Content-Encoding": coding}, body=pieces)) as server:
        assert fetch(server.url).body == words


@pytest.mark.parametrize("encoding", ["compress", "gzip, br", "gzip, gzip", "aes128gcm"])
def test_an_encoding_that_was_not_asked_for_is_named(encoding: str) -> None:
    with serving(lambda _: Answer(headers={"Content-Encoding": encoding}, body=BODY)) as server:
        assert encoding in str(failure(server.url))


@pytest.mark.parametrize("coding", PACKERS)
@pytest.mark.parametrize("cut", [slice(None, -12), slice(None, 30)])
def test_a_compressed_body_that_is_cut_short_is_an_error(cut: slice, coding: str) -> None:
    packed = PACKERS[coding](os.urandom(1000))[cut]
    with serving(lambda _: Answer(headers={"Content-Encoding": coding}, body=packed)) as server:
        assert "cut short" in str(failure(server.url))


@pytest.mark.parametrize("coding", PACKERS)
def test_a_compressed_body_with_a_fault_is_an_error(coding: str) -> None:
    packed = bytearray(PACKERS[coding](b"".join(b"%d," % n for n in range(9_000))))
    packed[12:60] = b"\xff" * 48
    body = bytes(packed)
    with serving(lambda _: Answer(headers={"Content-Encoding": coding}, body=body)) as server:
        assert "compressed" in str(failure(server.url))


def test_a_zstd_frame_that_wants_a_large_window_is_refused() -> None:
    wide = {
        zstd.CompressionParameter.window_log: 27,
        zstd.CompressionParameter.compression_level: 1,
    }
    packer = zstd.ZstdCompressor(options=wide)
    packed = packer.compress(BODY) + packer.flush()
    with serving(lambda _: Answer(headers={"Content-Encoding": "zstd"}, body=packed)) as server:
        assert "compressed" in str(failure(server.url))


def pouring(sent: list[int], chunk: bytes, times: int) -> Iterator[bytes]:
    for _ in range(times):
        yield chunk
        sent.append(len(chunk))


def test_a_body_that_is_too_large_is_stopped_while_it_is_read() -> None:
    sent: list[int] = []
    with serving(lambda _: Answer(body=pouring(sent, bytes(100_000), 2000))) as server:
        error = failure(server.url, max_size=1_000_000)

    assert "larger than 1,000,000 bytes" in str(error)
    assert "fetch.max_size" in str(error)
    assert sum(sent) < 100_000_000


def test_a_body_of_just_the_size_is_read() -> None:
    with serving(lambda _: Answer(body=bytes(1000))) as server:
        assert len(fetch(server.url, max_size=1000).body) == 1000
        failure(server.url, max_size=999)


def test_a_body_that_unpacks_without_end_is_stopped_while_it_is_read() -> None:
    packer = zlib.compressobj(9, wbits=31)
    bomb = [packer.compress(bytes(1_000_000)) for _ in range(400)]
    sent: list[int] = []

    def body() -> Iterator[bytes]:
        for chunk in bomb:
            yield from pouring(sent, chunk, 1)
        # What is packed to the end and what is not: noise needs a kilobyte for a kilobyte.
        yield from pouring(sent, os.urandom(100_000), 2000)

    with serving(lambda _: Answer(headers={"Content-Encoding": "gzip"}, body=body())) as server:
        error = failure(server.url, max_size=1_000_000)

    assert "larger than 1,000,000 bytes" in str(error)
    assert sum(sent) < 100_000_000


def test_unpacking_a_small_body_takes_no_large_memory() -> None:
    import tracemalloc

    zeros = bytes(300_000_000)
    bombs = {coding: pack(zeros) for coding, pack in PACKERS.items()}
    del zeros
    answers = {
        f"/{coding}": Answer(headers={"Content-Encoding": coding}, body=bomb)
        for coding, bomb in bombs.items()
    }
    bomb = gzip.compress(bombs["gzip"])
    answers["/twice"] = Answer(headers={"Content-Encoding": "gzip, gzip"}, body=bomb)
    tracemalloc.start()
    with serving(lambda asked: answers[asked.path]) as server:
        for path in answers:
            failure(server.url + path, max_size=1_000_000)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert most < 12_000_000


@pytest.mark.parametrize("coding", PACKERS)
def test_a_bomb_leaves_the_process_as_small_as_it_was(coding: str) -> None:
    """tracemalloc does not see what the C libraries take."""
    bomb = PACKERS[coding](bytes(300_000_000))
    answer = Answer(headers={"Content-Encoding": coding}, body=bomb)
    with serving(lambda _: answer) as server:
        failure(server.url, max_size=1_000_000)
        before = resident()
        failure(server.url, max_size=1_000_000)

    assert resident() - before < 40_000_000


def resident() -> int:
    """The most memory that this process ever had, in bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


@pytest.mark.parametrize(
    "headers",
    [
        b"X-Long: " + b"a" * 200_000 + b"\r\n",
        b"".join(b"X-%d: %s\r\n" % (n, b"a" * 1000) for n in range(100)),
        b"".join(b"X-%d: 1\r\n" % n for n in range(20_000)),
        b"a" * 200_000,
    ],
    ids=["one", "many", "countless", "endless"],
)
def test_headers_that_are_too_large_are_refused(headers: bytes) -> None:
    answer = b"HTTP/1.1 200 OK\r\n" + headers + b"Content-Length: 6\r\n\r\n<rss/>"
    with serving(lambda _: Raw([answer])) as server:
        assert "headers" in str(failure(server.url))


def test_headers_of_a_usual_size_are_read() -> None:
    headers = {f"X-{n}": "a" * 500 for n in range(60)} | {"X-Policy": "b" * 12_000}
    with serving(lambda _: Answer(headers=headers, body=BODY)) as server:
        assert fetch(server.url).headers["x-policy"] == "b" * 12_000


# ── time ─────────────────────────────────────────────────────────────────────

SHORT = timedelta(seconds=0.6)


def dripping(seconds: float = 60) -> Iterator[bytes]:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        time.sleep(0.05)
        yield b"."


def test_a_server_that_never_answers_is_left() -> None:
    with serving(lambda _: server.hang() or Raw()) as server:
        assert "no complete answer within 0.6 s" in str(failure(server.url, timeout=SHORT))


@pytest.mark.parametrize(
    "answer",
    [
        lambda: Answer(body=dripping()),
        lambda: Raw(dripping()),
        lambda: Raw([b"HTTP/1.1 200 OK\r\nX-Long: ", *[b""], *()]),
        lambda: Raw(iter([b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"])),
    ],
    ids=["body", "status line", "headers cut", "chunks cut"],
)
def test_a_server_that_drips_ends_at_the_timeout_at_the_latest(answer: Any) -> None:
    with serving(lambda _: answer()) as server:
        failure(server.url, timeout=SHORT)


def test_redirects_have_one_timeout_together() -> None:
    def slowly(asked: Asked) -> Answer:
        server.hang(0.4)
        return Answer(302, {"Location": f"/{len(server.asked)}"})

    with serving(slowly) as server:
        assert "no complete answer" in str(failure(server.url, timeout=SHORT))


def test_waiting_for_a_place_takes_nothing_from_the_time_of_a_poll() -> None:
    def slowly(_: Asked) -> Answer:
        server.hang(0.35)
        return Answer(body=BODY)

    with serving(slowly) as server:
        answers = fetch_all([f"{server.url}/{n}" for n in range(4)], timeout=SHORT * 2, per_host=1)

    assert [a.body for a in answers] == [BODY] * 4


# ── trouble ──────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 418, 429, 451, 500, 502, 503, 599])
def test_an_error_status_is_told_with_its_number(status: int) -> None:
    with serving(lambda _: Answer(status, body=b"<h1>no</h1>")) as server:
        error = failure(f"{server.url}/feed")

    assert error.status == status
    assert f"HTTP {status}" in str(error) and server.netloc in str(error)


@pytest.mark.parametrize("status", [201, 202, 204, 206, 300])
def test_no_other_success_passes_for_a_feed(status: int) -> None:
    with serving(lambda _: Answer(status)) as server:
        assert failure(server.url).status == status


@pytest.mark.parametrize("status", [429, 503, 500])
def test_how_long_to_wait_is_passed_on(status: int) -> None:
    with serving(lambda _: Answer(status, {"Retry-After": "120"})) as server:
        assert failure(server.url).retry_after == timedelta(minutes=2)

    at = format_datetime(datetime.now(UTC) + timedelta(hours=1), usegmt=True)
    with serving(lambda _: Answer(status, {"Retry-After": at})) as server:
        asked = failure(server.url).retry_after

    assert asked and timedelta(minutes=50) < asked <= timedelta(hours=1)


OK = b"HTTP/1.1 200 OK\r\n"


@pytest.mark.parametrize(
    "raw",
    [
        Raw(),
        Raw(reset=True),
        Raw([OK], reset=True),
        Raw([OK + b"Content-Length: 100\r\n\r\n<rss/>"]),
        Raw([OK + b"Content-Length: 100\r\n\r\n<rss/>"], reset=True),
        Raw([OK + b"Content-Length: many\r\n\r\n<rss/>"]),
        Raw([OK + b"Content-Length: -1\r\n\r\n<rss/>"]),
        Raw([OK + b"Content-Length: 6\r\nContent-Length: 7\r\n\r\n<rss/>"]),
        Raw([OK + b"Transfer-Encoding: chunked\r\n\r\nffff\r\n<rss/>"]),
        Raw([OK + b"Transfer-Encoding: chunked\r\n\r\nzzz\r\n<rss/>"]),
        Raw([OK + b"no colon here\r\n\r\n<rss/>"]),
        Raw([b"I am no web server\r\n\r\n"]),
        Raw([b"HTTP/9.9 banana\r\n\r\n"]),
        Raw([b"HTTP/1.1 20000 OK\r\n\r\n"]),
        Raw([b"SSH-2.0-OpenSSH_9.6\r\n"]),
        Raw([os.urandom(2000)]),
        Raw([b"\0" * 2000]),
    ],
)
def test_a_broken_answer_is_an_error_in_plain_words(raw: Raw) -> None:
    with serving(lambda _: raw) as server:
        error = failure(
            f"http://me:hunter2@{server.netloc}/feed?token=hunter2", timeout=timedelta(seconds=5)
        )

    assert "hunter2" not in str(error) and "token" not in str(error)
    assert server.netloc in str(error)


def test_a_body_that_is_shorter_than_was_said_is_told_so() -> None:
    for head in (b"Content-Length: 100\r\n\r\n", b"Transfer-Encoding: chunked\r\n\r\nff\r\n"):
        with serving(lambda _, head=head: Raw([OK + head + BODY])) as server:
            assert "cut short" in str(failure(server.url))


def test_a_connection_that_is_refused_is_told_so() -> None:
    assert "refused" in str(failure(f"http://127.0.0.1:{free_port()}/"))


def test_a_host_that_does_not_exist_is_told_so() -> None:
    assert "no such host" in str(failure("http://nowhere.invalid/"))


def test_plain_http_behind_https_is_told_so() -> None:
    with serving(lambda _: Answer(body=BODY)) as server:
        assert "secure connection" in str(failure(f"https://{server.netloc}/"))


@pytest.mark.parametrize(
    "url",
    [
        "http://{loopback}/x?token=hunter2",
        "http://me:hunter2@{loopback}/x?token=hunter2#hunter2",
        "http://me:hunter2@nowhere.invalid/?token=hunter2",
        "http://me:hunter2@10.0.0.1/?token=hunter2",
        "http://me:hunter2@exa mple/?token=hunter2",
        "http://me:hunter2@-/?token=hunter2",
        "http://me:hunter2@[::1/?token=hunter2",
        "http://me:hunter2@x:99999/?token=hunter2",
        "http://me:hunter2@x:port/?token=hunter2",
        "http://me:hunter2@xn--/?token=hunter2",
        "http://me:hunter2@a..b/?token=hunter2",
        "http://me:hunter2@" + "a" * 70 + ".example/?token=hunter2",
        "http://me:hunter2@a\u202eb.example/?token=hunter2",
        "http://me:hunter2@/?token=hunter2",
        "ftp://me:hunter2@example.org/?token=hunter2",
        "?token=hunter2",
    ],
)
def test_an_error_tells_no_secret_of_an_address(url: str) -> None:
    error = failure(url.format(loopback=f"127.0.0.1:{free_port()}"))

    assert "hunter2" not in str(error) and "token" not in str(error)


@pytest.mark.parametrize("status", [302, 401, 503])
def test_an_error_after_a_redirect_tells_no_secret_either(status: int) -> None:
    def answer(asked: Asked) -> Answer:
        where = f"http://me:hunter2@{server.netloc}/there?token=hunter2"
        return Answer(302 if asked.path == "/" else status, {"Location": where})

    with serving(answer) as server:
        error = failure(f"{server.url}/")

    assert "hunter2" not in str(error) and "token" not in str(error)


def test_whoever_is_told_to_stop_stops() -> None:
    async def stopped() -> None:
        async with Fetcher(options()) as fetcher:
            task = asyncio.create_task(fetcher(Request(url=server.url)))
            await asyncio.to_thread(until, lambda: server.asked)
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
            assert task.cancelled()

    with serving(lambda _: server.hang() or Raw()) as server:
        asyncio.run(stopped())


# ── places ───────────────────────────────────────────────────────────────────


def briefly(_: Asked) -> Answer:
    time.sleep(0.05)
    return Answer(body=BODY)


def test_names_that_never_resolve_hold_up_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    look_up, ended = socket.getaddrinfo, threading.Event()

    def world(host: str, *rest: Any, **more: Any) -> Any:
        if host.endswith(".invalid"):
            ended.wait(120)
            raise socket.gaierror(socket.EAI_NONAME, "unknown")
        return look_up(host, *rest, **more)

    async def one_among_many() -> Response:
        async with Fetcher(options()) as fetcher:
            stuck = [
                asyncio.create_task(fetcher(Request(url=f"http://{n}.invalid/"))) for n in range(40)
            ]
            await asyncio.sleep(0)
            response = await fetcher(Request(url=f"http://localhost:{port}/"))
            ended.set()
            await asyncio.gather(*stuck, return_exceptions=True)
            return response

    monkeypatch.setattr(socket, "getaddrinfo", world)
    with serving(lambda _: Answer(body=BODY)) as server:
        port = server.netloc.rpartition(":")[2]
        assert asyncio.run(one_among_many()).body == BODY


def test_relative_links_are_not_read_against_credentials() -> None:
    with serving(lambda _: Answer(body=BODY)) as server:
        assert fetch(f"http://me:secret@{server.netloc}/a#b").url == f"{server.url}/a"


@pytest.mark.parametrize("per_host", [1, 3])
def test_a_host_is_never_asked_more_at_once_than_was_said(per_host: int) -> None:
    with serving(briefly) as server:
        fetch_all([f"{server.url}/{n}" for n in range(12)], per_host=per_host)

    assert server.most_at_once == per_host
    assert len(server.asked) == 12


def test_a_host_behind_redirects_is_spared_as_well() -> None:
    with serving(briefly) as server:

        def elsewhere(asked: Asked) -> Answer:
            return Answer(302, {"Location": f"{server.url}{asked.path}"})

        with serving(elsewhere) as a, serving(elsewhere) as b, serving(elsewhere) as c:
            urls = [f"{x.url}/{n}" for x in (a, b, c) for n in range(4)]
            fetch_all(urls, per_host=1)

    assert server.most_at_once == 1
    assert len(server.asked) == 12


def test_hosts_that_redirect_to_each_other_do_not_wait_for_each_other() -> None:
    def there(asked: Asked) -> Answer:
        return Answer(302, {"Location": f"{b.url}/end"}) if asked.path == "/" else briefly(asked)

    def back(asked: Asked) -> Answer:
        return Answer(302, {"Location": f"{a.url}/end"}) if asked.path == "/" else briefly(asked)

    with serving(there) as a, serving(back) as b:
        answers = fetch_all([f"{x.url}/" for x in (a, b)] * 4, per_host=1, concurrency=2)

    assert [x.body for x in answers] == [BODY] * 8


def test_never_more_is_asked_at_once_than_was_said() -> None:
    with serving(briefly) as a:
        others = [f"http://127.0.0.{n}:{a.netloc.rpartition(':')[2]}/" for n in range(1, 2)]
        fetch_all([f"{a.url}/{n}" for n in range(12)] + others, per_host=64, concurrency=4)

    assert a.most_at_once == 4


def test_a_slow_host_does_not_hold_up_another() -> None:
    async def fast_ones() -> list[Response]:
        async with Fetcher(options(concurrency=4, per_host=2)) as fetcher:
            stuck = [
                asyncio.create_task(fetcher(Request(url=f"{slow.url}/{n}"))) for n in range(20)
            ]
            await asyncio.to_thread(until, lambda: len(slow.asked) == 2)
            answers = await asyncio.gather(
                *(fetcher(Request(url=f"{fast.url}/{n}")) for n in range(20))
            )
            assert not any(task.done() for task in stuck)
            for task in stuck:
                task.cancel()
            await asyncio.gather(*stuck, return_exceptions=True)
            return list(answers)

    with (
        serving(lambda _: slow.hang() or Raw()) as slow,
        serving(lambda _: Answer(body=BODY)) as fast,
    ):
        assert len(asyncio.run(fast_ones())) == 20


# ── files ────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("name", ["feed.xml", "my feed.xml", "新闻 100%.xml", "a%20b?c#d;e.xml"])
def test_a_file_is_read_whatever_its_name(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(BODY)

    response = fetch((tmp_path / name).as_uri())

    assert (response.status, response.body) == (200, BODY)


def test_a_file_that_did_not_change_is_not_read_again(tmp_path: Path) -> None:
    file = tmp_path / "feed.xml"
    file.write_bytes(BODY)
    first = fetch(file.as_uri())

    again = fetch(file.as_uri(), headers={"if-none-match": first.headers["etag"]})
    file.write_bytes(BODY + b" ")
    changed = fetch(file.as_uri(), headers={"if-none-match": first.headers["etag"]})

    assert (again.status, again.body) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]
    assert (changed.status, changed.body) == (200, BODY + b" ")


def test_a_file_that_is_missing_is_told_so_by_its_name(tmp_path: Path) -> None:
    said = str(failure((tmp_path / "news.xml").as_uri()))

    assert said == "news.xml: no such file or directory"


def test_only_a_file_is_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.xml")

    for path in (tmp_path, tmp_path / "pipe.xml", Path("/dev/zero")):
        assert "not a file" in str(failure(path.as_uri()))


def test_a_link_that_goes_round_is_told_so(tmp_path: Path) -> None:
    (tmp_path / "round.xml").symlink_to("round.xml")

    failure((tmp_path / "round.xml").as_uri())


def test_a_name_that_no_file_can_have_is_told_so() -> None:
    failure("file:///a%00b")
    failure("file:///" + "a" * 5000)


def test_a_file_that_is_too_large_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "feed.xml"
    file.write_bytes(bytes(1000))

    assert fetch(file.as_uri(), max_size=1000).status == 200
    assert "larger than 999 bytes" in str(failure(file.as_uri(), max_size=999))
