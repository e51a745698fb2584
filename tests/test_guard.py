"""Who may be asked, and what a server may do to whoever asks: attacks, one by one."""

import asyncio
import gzip
import os
import resource
import socket
import threading
import time
import tracemalloc
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from ipaddress import ip_address, ip_network
from typing import Any

import pytest
from servers import Answer, Asked, Raw, serving

from aggregator.errors import FetchError
from aggregator.fetch import Fetcher, FetchOptions
from aggregator.guard import allowed, literal
from aggregator.model import Request, Response

ONLY_ONE = (ip_network("127.0.0.1/32"),)
BODY = b"<rss/>"
OK = b"HTTP/1.1 200 OK\r\n"


def fetch(url: str, **more: Any) -> Response:
    given: dict[str, Any] = {"user_agent": "aggregator/test", "allow_private": ONLY_ONE}
    options = FetchOptions(**given | {"timeout": timedelta(seconds=10)} | more)

    async def one() -> Response:
        async with Fetcher(options) as fetcher:
            return await fetcher(Request(url=url))

    return asyncio.run(one())


def failure(url: str, **more: Any) -> str:
    with pytest.raises(FetchError) as caught:
        fetch(url, **more)
    return str(caught.value)


# ── addresses ────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "address",
    [
        "0.0.0.0",
        "0.1.2.3",
        "10.0.0.1",
        "100.64.0.1",
        "100.100.100.200",
        "127.0.0.1",
        "127.255.255.255",
        "169.254.169.254",
        "172.31.255.255",
        "192.0.0.1",
        "192.0.0.192",
        "192.0.2.1",
        "192.88.99.1",
        "192.168.0.1",
        "168.63.129.16",
        "198.18.0.1",
        "198.51.100.1",
        "203.0.113.1",
        "224.0.0.1",
        "239.255.255.255",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::7f00:1",
        "::127.0.0.1",
        "::ffff:127.0.0.1",
        "::ffff:0:127.0.0.1",
        "::ffff:0:10.0.0.1",
        "64:ff9b::127.0.0.1",
        "64:ff9b::a9fe:a9fe",
        "64:ff9b:1::1",
        "100::1",
        "100:0:0:1::1",
        "2001::1",
        "2001:0:5db8:d822:0:0:80ff:fffe",
        "2001:2::1",
        "2001:10::1",
        "2001:20::1",
        "2001:db8::1",
        "2002:7f00:1::",
        "2002:a9fe:a9fe::1",
        "3fff::1",
        "5f00::1",
        "fc00::1",
        "fd00:ec2::254",
        "fe80::1",
        "fe80::1%eth0",
        "fe80::a9fe:a9fe",
        "fec0::1",
        "ff02::1",
        "ff0e::1",
    ],
)
def test_an_address_that_is_not_the_webs_is_refused(address: str) -> None:
    assert not allowed(ip_address(address), ())


@pytest.mark.parametrize(
    "address",
    [
        "1.1.1.1",
        "9.9.9.9",
        "93.184.216.34",
        "100.63.255.255",
        "100.128.0.1",
        "128.0.0.1",
        "168.63.129.17",
        "172.32.0.1",
        "192.1.0.1",
        "223.255.255.255",
        "2606:4700::1",
        "2a00:1450::1",
        "64:ff9b::0101:0101",
        "2002:0101:0101::1",
        "::ffff:1.1.1.1",
        "::ffff:0:1.1.1.1",
    ],
)
def test_an_address_of_the_web_may_be_asked(address: str) -> None:
    assert allowed(ip_address(address), ())


def test_a_network_that_is_allowed_is_allowed_in_every_form_and_no_other() -> None:
    network = (ip_network("10.1.0.0/16"), ip_network("fd00:1::/32"))
    for address in (
        "10.1.2.3",
        "::ffff:10.1.2.3",
        "64:ff9b::10.1.2.3",
        "2002:a01:203::",
        "fd00:1::9",
    ):
        assert allowed(ip_address(address), network)
    for address in ("10.2.0.1", "::ffff:10.2.0.1", "127.0.0.1", "fd00:2::9"):
        assert not allowed(ip_address(address), network)


@pytest.mark.parametrize(
    "host",
    [
        "127.1",
        "127.0.1",
        "2130706433",
        "0x7f000001",
        "0x7f.1",
        "017700000001",
        "0177.0.0.1",
        "0x7f.0x0.0x0.0x1",
        "127.0.0.1.",
        "0x7f.1.",
        "00000000177.0.0.01",
        "::1",
        "::ffff:7f00:1",
        "0:0:0:0:0:0:0:1",
    ],
)
def test_an_address_is_one_however_it_is_written(host: str) -> None:
    found = literal(host)

    assert found is not None and not allowed(found, ())


@pytest.mark.parametrize("host", ["a.example", "127.0.0.1.example", "0x7g.1", "1.2.3.4.5", ""])
def test_a_name_is_no_address(host: str) -> None:
    assert literal(host) is None


# ── names ────────────────────────────────────────────────────────────────────


@contextmanager
def names(
    monkeypatch: pytest.MonkeyPatch, answers: dict[str, list[list[str]]]
) -> Iterator[list[str]]:
    """A world in which each look-up of a name gives the next of its answers, the last for ever."""
    asked: list[str] = []

    def look_up(host: str, port: int, **_: Any) -> list[Any]:
        asked.append(host)
        if host not in answers:
            raise socket.gaierror(socket.EAI_NONAME, "unknown")
        left = answers[host]
        found = left.pop(0) if len(left) > 1 else left[0]
        return [
            (
                socket.AF_INET6 if ":" in address else socket.AF_INET,
                socket.SOCK_STREAM,
                6,
                "",
                (address, port, 0, 0) if ":" in address else (address, port),
            )
            for address in found
        ]

    with monkeypatch.context() as world:
        world.setattr(socket, "getaddrinfo", look_up)
        yield asked


def test_the_address_that_was_checked_is_the_one_that_is_connected_to(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with serving(lambda _: Answer(body=BODY)) as server:
        port = server.netloc.rpartition(":")[2]
        rebound = [["127.0.0.1"], ["127.0.0.2"]]  # allowed, then not: who looks again is caught
        with names(monkeypatch, {"rebind.example": rebound}) as asked:
            assert fetch(f"http://rebind.example:{port}/").body == BODY

    assert asked == ["rebind.example"]
    assert server.asked[0].headers["host"] == f"rebind.example:{port}"


@pytest.mark.parametrize(
    "private", ["127.0.0.2", "169.254.169.254", "::1", "fe80::1", "::ffff:127.0.0.2"]
)
def test_a_name_that_stands_for_a_private_address_is_refused(
    monkeypatch: pytest.MonkeyPatch, private: str
) -> None:
    with names(monkeypatch, {"inside.example": [[private]]}):
        said = failure("http://inside.example/")

    assert said == (
        "inside.example: refused: inside.example is a private address;"
        " fetch.allow_private can name its network, for sources of the config"
    )


def test_of_many_addresses_the_private_ones_are_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(lambda _: Answer(body=BODY)) as server:
        port = server.netloc.rpartition(":")[2]
        mixed = ["127.0.0.2", "::1", "127.0.0.1", "10.0.0.1"]
        with names(monkeypatch, {"mixed.example": [mixed]}):
            assert fetch(f"http://mixed.example:{port}/").body == BODY


@pytest.mark.parametrize(
    "where", ["http://inside.example/", "//inside.example/", "https://inside.example:8443/x"]
)
def test_a_redirect_to_a_name_that_is_private_is_refused(
    monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    with serving(lambda _: Answer(302, {"Location": where})) as server:
        port = server.netloc.rpartition(":")[2]
        known = {"a.example": [["127.0.0.1"]], "inside.example": [["127.0.0.2"]]}
        with names(monkeypatch, known):
            assert "private address" in failure(f"http://a.example:{port}/")


def test_a_name_that_moves_between_two_hops_is_looked_at_again_or_not_asked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def moved(asked: Asked) -> Answer:
        port = server.netloc.rpartition(":")[2]
        where = f"http://b.example:{port}/" if asked.headers["host"].startswith("a.") else "/"
        return Answer(302, {"Location": where, "Connection": "close"})

    with serving(moved) as server:
        port = server.netloc.rpartition(":")[2]
        known = {"a.example": [["127.0.0.1"]], "b.example": [["127.0.0.2"], ["127.0.0.1"]]}
        with names(monkeypatch, known):
            assert "private address" in failure(f"http://a.example:{port}/")

    assert {a.headers["host"].partition(":")[0] for a in server.asked} == {"a.example"}


@pytest.mark.parametrize(
    "where",
    [
        *("http://127.0.0.2:{port}/", "http://2130706434:{port}/", "http://0x7f.2:{port}/", "http://127.2:{port}/"),
        *("http://a@127.0.0.2:{port}/", "http://127.0.0.1@127.0.0.2:{port}/", "http://127.0.0.1:80@127.0.0.2:{port}/"),
        *("http://127.0.0.1%2f@127.0.0.2:{port}/", "http://127.0.0.1\\@127.0.0.2:{port}/", "http://127.0.0.2:{port}\\@127.0.0.1/"),
        *("http://127.0.0.1#@127.0.0.2:{port}/", "http://127.0.0.1?@127.0.0.2:{port}/", "http:/\\127.0.0.2:{port}/", "///127.0.0.2:{port}/"),
        *("http://①27.0.0.②:{port}/", "http://127。0。0。2:{port}/", "http://[::ffff:127.0.0.2]:{port}/", "http://127.0.0.2.:{port}/"),
        *("http://localhost2:{port}/", "http://[::ffff:0:7f00:2]:{port}/", "http://0177.0.0.2:{port}/"),
    ],
)  # fmt: skip
def test_no_trick_with_an_address_reaches_another_than_was_checked(where: str) -> None:
    with serving(lambda _: Answer(body=b"<secret/>"), host="127.0.0.2") as inside:
        port = inside.netloc.rpartition(":")[2]
        where = where.format(port=port)
        with serving(
            lambda _: Answer(302, {"Location": where.encode().decode("latin-1")})
        ) as server:
            for url in (server.url, where):
                try:
                    answer = fetch(url, timeout=timedelta(seconds=3))
                except FetchError:
                    continue
                assert b"secret" not in answer.body

    assert inside.asked == []


@pytest.mark.parametrize(
    "where",
    [
        *("file:///etc/passwd", "FILE:///etc/passwd", "file:/etc/passwd", "gopher://127.0.0.1/", "data:text/xml,<rss/>"),
        *("ftp://127.0.0.1/", "ws://127.0.0.1/", "jar:http://127.0.0.1!/", "javascript:1", "unix:///run/x", "netdoc:///etc/passwd"),
        *("http:", "http://", "http:///x", "http://:80/", "http://%00/", "http://a%0d%0ab/", "http://[::1", "http://a:b:c/", "\x7f", "http://a\x0bb/"),
    ],
)  # fmt: skip
def test_a_redirect_to_what_is_no_address_of_the_web_is_an_error(where: str) -> None:
    with serving(lambda _: Answer(302, {"Location": where})) as server:
        said = failure(server.url)

    assert "root:" not in said
    assert len(server.asked) <= 6


def test_a_header_cannot_be_slipped_into_a_request() -> None:
    with serving(lambda a: Answer(302, {"Location": "/x%0d%0aX-In: 1 \u0085X-In: 2"}) if a.path == "/" else Answer(body=BODY)) as server:  # fmt: skip
        fetch(server.url)

    assert all("x-in" not in asked.headers for asked in server.asked)
    assert len(server.asked) == 2


# ── answers ──────────────────────────────────────────────────────────────────


def flood(start: bytes, piece: bytes, megabytes: int = 60) -> Iterator[bytes]:
    yield start
    block = piece * (100_000 // len(piece) + 1)
    for _ in range(megabytes * 10):
        yield block


@pytest.mark.parametrize(
    ("start", "piece"),
    [
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
        (b"", b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"),
        (b"HTTP/1.1 200 ", b"O"),
        (OK, b"X: y\r\n"),
        (OK + b"X: ", b"y"),
        (OK, b"y"),
        (OK + b"Transfer-Encoding: chunked\r\n\r\n6;", b"a=b;"),
        (OK + b"Transfer-Encoding: chunked\r\n\r\n", b"0000000000"),
        (OK + b"Transfer-Encoding: chunked\r\n\r\n", b"1;aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\nx\r\n"),
        (OK + b"Transfer-Encoding: chunked\r\n\r\n0\r\n", b"X: y\r\n"),
        (OK + b"Transfer-Encoding: chunked\r\n\r\n0\r\nX: ", b"y"),
        (OK + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n"),
        (OK + b"Content-Encoding: gzip\r\n\r\n", gzip.compress(b"", mtime=0)),
        (b"", b"\r\n"),
        (b"", b"\0"),
    ],
    ids=lambda x: repr(x)[:40],
)  # fmt: skip
def test_a_flood_of_anything_ends_in_time_and_in_little_memory(start: bytes, piece: bytes) -> None:
    tracemalloc.start()
    with serving(lambda _: Raw(flood(start, piece))) as server:
        said = failure(server.url, timeout=timedelta(seconds=4), max_size=1_000_000)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert said
    assert most < 30_000_000


@pytest.mark.parametrize(
    "raw",
    [
        *(b"<rss/>", b"\r\n\r\n<rss/>", b"HTTP/0.9 200 OK\r\n\r\n<rss/>", b"HTTP/2.0 200 OK\r\n\r\n<rss/>", b"ICY 200 OK\r\n\r\n<rss/>"),
        *(b"HTTP/1.1 200\x00 OK\r\n\r\n<rss/>", OK + b"X\x00: y\r\n\r\n<rss/>", OK + b" folded: y\r\n\r\n<rss/>"),
        OK + b"Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n<rss/>",
        OK + b"Content-Length: 6, 6\r\n\r\n<rss/>",
        OK + b"Content-Length: 0x6\r\n\r\n<rss/>",
        OK + b"Content-Length: +6\r\n\r\n<rss/>",
        OK + b"Content-Length: 99999999999999999999999\r\n\r\n<rss/>",
        OK + b"Transfer-Encoding: chunked\r\n\r\nffffffffffffffffffff\r\n<rss/>",
        OK + b"Transfer-Encoding: chunked\r\n\r\n-6\r\n<rss/>\r\n0\r\n\r\n",
        OK + b"Transfer-Encoding: gzip, chunked\r\n\r\n6\r\n<rss/>\r\n0\r\n\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n<rss/>",
        b"HTTP/1.1 304 Not Modified\r\nContent-Length: 6\r\n\r\n<rss/>",
    ],
    ids=lambda x: repr(x)[:50],
)  # fmt: skip
def test_an_answer_against_the_rules_is_read_whole_or_is_an_error(raw: bytes) -> None:
    with serving(lambda _: Raw([raw])) as server:
        try:
            answer = fetch(server.url, timeout=timedelta(seconds=3))
        except FetchError as error:
            assert str(error)
        else:
            assert answer.body in (BODY, b"")


def test_a_handshake_that_never_ends_ends_with_the_time_of_the_poll() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        said = failure(
            f"https://127.0.0.1:{silent.getsockname()[1]}/", timeout=timedelta(seconds=1)
        )

    assert "no complete answer within 1 s" in said


def test_a_handshake_that_drips_ends_with_the_time_of_the_poll() -> None:
    with socket.create_server(("127.0.0.1", 0)) as place:

        def drip() -> None:
            with place.accept()[0] as connection:
                connection.settimeout(5)
                while True:
                    try:
                        connection.sendall(b"\x16\x03\x03\x40\x00"[:1])
                    except OSError:
                        return
                    time.sleep(0.05)

        thread = threading.Thread(target=drip, daemon=True)
        thread.start()
        assert failure(f"https://127.0.0.1:{place.getsockname()[1]}/", timeout=timedelta(seconds=1))
        thread.join()


# ── packed bodies ────────────────────────────────────────────────────────────


def raw_deflate(body: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(body) + packer.flush()


@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        ("deflate", raw_deflate(b"<rss>" + os.urandom(50).hex().encode() * 40)),
        ("deflate", zlib.compress(b"<rss>" + b"x" * 5000)),
        ("deflate", b"<rss/>"),
        ("deflate", b'{"items": []}'),
        ("gzip", gzip.compress(b"<rss>" * 9, mtime=0) + b"\r\n"),
        ("gzip", gzip.compress(b"<rss>" * 9, mtime=0) + b"garbage behind it"),
        ("gzip", b"".join(gzip.compress(b"<rss>", mtime=0) for _ in range(200))),
        ("gzip", gzip.compress(b"", mtime=0) + gzip.compress(b"<rss>", mtime=0)),
    ],
)
@pytest.mark.parametrize("at_once", [1, 7, 100_000])
def test_a_packed_body_is_unpacked_however_it_is_cut(
    encoding: str, body: bytes, at_once: int
) -> None:
    pieces = [body[n : n + at_once] for n in range(0, len(body), at_once)]
    with serving(lambda _: Answer(headers={"Content-Encoding": encoding}, body=pieces)) as server:
        assert fetch(server.url).body.startswith((b"<rss", b'{"items'))


def test_gzip_in_gzip_is_unpacked_once_and_no_more() -> None:
    twice = gzip.compress(gzip.compress(b"<rss/>" * 9, mtime=0), mtime=0)
    with serving(lambda _: Answer(headers={"Content-Encoding": "gzip"}, body=twice)) as server:
        assert fetch(server.url).body[:2] == b"\x1f\x8b"


def test_a_million_members_of_gzip_take_little_time() -> None:
    body = gzip.compress(b"", mtime=0) * 200_000
    with serving(lambda _: Answer(headers={"Content-Encoding": "gzip"}, body=body)) as server:
        started = resource.getrusage(resource.RUSAGE_SELF).ru_utime
        assert fetch(server.url).body == b""
    assert resource.getrusage(resource.RUSAGE_SELF).ru_utime - started < 10
