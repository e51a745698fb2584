"""The documents over HTTP, asked as readers, browsers, caches and others ask."""

import contextlib
import gzip
import os
import re
import socket
import sys
import threading
from collections.abc import Iterator
from email.utils import formatdate
from pathlib import Path
from urllib.parse import quote
from xml.etree import ElementTree

import brotli
import pytest
from servers import until
from sites import Site, ask, served
from world import ATOM

from aggregator import forms, packing
from aggregator.heads import Header

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

UNPACK = {"gzip": gzip.decompress, "br": brotli.decompress, "zstd": zstd.decompress}
BODY = "".join(f"Line {n}: 新闻，and more of it.\n" for n in range(200)).encode()


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with served(tmp_path / "feeds") as found:
        yield found


# ── what is sent ─────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("all.atom", "application/atom+xml"),
        ("财经.atom", "application/atom+xml"),
        ("archive/all-2026-03.atom", "application/atom+xml"),
        ("page.html", "text/html; charset=utf-8"),
        ("style.css", "text/css; charset=utf-8"),
        ("sources.opml", "text/x-opml; charset=utf-8"),
        ("image.png", "image/png"),
        ("what", "application/octet-stream"),
    ],
)
def test_a_document_is_sent_with_its_media_type(site: Site, name: str, kind: str) -> None:
    site.write(name, BODY)

    got = site.get("/" + quote(name))

    assert (got.status, got.body) == (200, BODY)
    assert got.headers["content-type"] == kind
    assert got.headers["x-content-type-options"] == "nosniff"
    assert got.headers["access-control-allow-origin"] == "*"
    assert {"ETag", "Last-Modified", "Link"} <= set(
        got.headers["access-control-expose-headers"].split(", ")
    )
    assert "date" in got.headers


@pytest.mark.parametrize("coding", UNPACK)
def test_a_packed_form_stands_ready_and_has_a_tag_of_its_own(site: Site, coding: str) -> None:
    path = site.write("all.atom", BODY)

    got = site.get("/all.atom", Accept_Encoding=coding)

    assert got.headers["content-encoding"] == coding
    assert got.body == packing.beside(path, coding).read_bytes()
    assert UNPACK[coding](got.body) == BODY
    assert got.etag != site.get("/all.atom").etag
    assert "Accept-Encoding" in got.headers["vary"]
    assert site.get("/all.atom", Accept_Encoding=coding, If_None_Match=got.etag).status == 304


def test_what_nobody_can_unpack_is_not_sent(site: Site) -> None:
    site.write("small.atom", b"<feed/>")

    assert site.get("/small.atom", Accept_Encoding="gzip").body == b"<feed/>"
    assert site.get("/small.atom", Accept_Encoding="gzip, identity;q=0").status == 406


def test_a_head_is_told_what_a_get_would_be(site: Site) -> None:
    site.write("all.atom", BODY)

    for asked in ({}, {"Accept_Encoding": "br"}, {"If_None_Match": "*"}):
        got, head = (site.get("/all.atom", method, **asked) for method in ("GET", "HEAD"))
        got.headers.pop("date"), head.headers.pop("date")
        assert (head.status, head.headers, head.body) == (got.status, got.headers, b"")


def test_how_long_a_document_is_good(site: Site) -> None:
    site.write("all.atom", BODY)
    site.write("archive/all-2026-03.atom", BODY)

    now, old = (
        site.get(x).headers["cache-control"] for x in ("/all.atom", "/archive/all-2026-03.atom")
    )

    assert re.fullmatch(r"public, max-age=3600, stale-if-error=\d+", now)
    assert int(re.findall(r"max-age=(\d+)", old)[0]) == 24 * 3600


def test_links_that_hubs_are_told_of_go_with_each_document(tmp_path: Path) -> None:
    def links(path: str) -> list[Header]:
        return [(b"link", f'<https://p.example/{path}>; rel="self"'.encode())]

    with served(tmp_path, links=links) as site:
        site.write("all.atom", BODY)
        got = site.get("/all.atom")
        same = site.get("/all.atom", If_None_Match=got.etag)

    assert got.headers["link"] == same.headers["link"] == '<https://p.example/all.atom>; rel="self"'


# ── whether it is new ────────────────────────────────────────────────────────


def test_who_has_it_is_told_so_with_the_headers_of_a_whole_answer(site: Site) -> None:
    site.write("all.atom", BODY)
    got = site.get("/all.atom")

    for known in (got.etag, f"W/{got.etag}", f'"x", {got.etag}', "*"):
        same = site.get("/all.atom", If_None_Match=known)
        assert (same.status, same.body) == (304, b"")
        for name in ("etag", "cache-control", "vary", "access-control-allow-origin"):
            assert same.headers[name] == got.headers[name]
        assert "date" in same.headers and "content-type" not in same.headers


def test_a_tag_counts_before_a_date(site: Site) -> None:
    path = site.write("all.atom", BODY)
    modified = site.get("/all.atom").headers["last-modified"]
    assert modified == formatdate(path.stat().st_mtime, usegmt=True)

    assert site.get("/all.atom", If_Modified_Since=modified).status == 304
    assert site.get("/all.atom", If_Modified_Since=modified, If_None_Match='"x"').status == 200
    old = formatdate(path.stat().st_mtime - 1, usegmt=True)
    assert site.get("/all.atom", If_Modified_Since=old).status == 200
    etag = site.get("/all.atom").etag
    assert site.get("/all.atom", If_Modified_Since=old, If_None_Match=etag).status == 304
    assert site.get("/all.atom", If_Modified_Since="yesterday").status == 200


def test_who_has_another_coding_of_it_has_it(site: Site) -> None:
    site.write("all.atom", BODY)
    packed = site.get("/all.atom", Accept_Encoding="gzip")

    same = site.get("/all.atom", If_None_Match=packed.etag, Accept_Encoding="br")

    assert (same.status, same.etag) == (304, packed.etag)


def test_who_wants_only_what_is_gone_is_refused(site: Site) -> None:
    path = site.write("all.atom", BODY)
    etag = site.get("/all.atom").etag
    before = formatdate(path.stat().st_mtime - 10, usegmt=True)

    assert site.get("/all.atom", If_Match=etag).status == 200
    assert site.get("/all.atom", If_Match='"x"').status == 412
    assert site.get("/all.atom", If_Match='"x"', If_None_Match=etag).status == 412
    assert site.get("/all.atom", If_Unmodified_Since=before).status == 412


def test_two_versions_differ_in_tag_and_date_however_soon_one_follows(site: Site) -> None:
    site.write("all.atom", BODY)
    first = site.get("/all.atom")
    site.write("all.atom", BODY[::-1])
    second = site.get("/all.atom")

    assert second.body == BODY[::-1]
    assert second.etag != first.etag
    since = first.headers["last-modified"]
    assert site.get("/all.atom", If_Modified_Since=since).status == 200


def test_the_same_bytes_have_the_same_tag_after_a_restart(tmp_path: Path) -> None:
    tags = []
    for name in ("one", "two"):
        with served(tmp_path / name) as site:
            site.write("all.atom", BODY)
            tags.append(site.get("/all.atom").etag)

    assert tags[0] == tags[1]


# ── parts ────────────────────────────────────────────────────────────────────


def test_a_part_of_it(site: Site) -> None:
    site.write("all.atom", BODY)
    etag = site.get("/all.atom").etag

    part = site.get("/all.atom", Range="bytes=100-199")
    assert (part.status, part.body) == (206, BODY[100:200])
    assert part.headers["content-range"] == f"bytes 100-199/{len(BODY)}"
    assert part.headers["content-length"] == "100"
    assert part.etag == etag
    end = site.get("/all.atom", Range="bytes=-50", If_Range=etag)
    assert (end.status, end.body) == (206, BODY[-50:])
    assert site.get("/all.atom", Range="bytes=-50", If_Range='"x"').body == BODY
    assert site.get("/all.atom", Range="bytes=-50", If_Range=f"W/{etag}").body == BODY
    assert site.get("/all.atom", Range="bytes=0-1,4-5").body == BODY
    assert site.get("/all.atom", Range="bytes=0-1", If_None_Match=etag).status == 304

    none = site.get("/all.atom", Range="bytes=999999-")
    assert (none.status, none.headers["content-range"]) == (416, f"bytes */{len(BODY)}")


def test_a_part_is_one_of_the_form_that_is_sent(site: Site) -> None:
    path = site.write("all.atom", BODY)

    part = site.get("/all.atom", Range="bytes=0-9", Accept_Encoding="br")

    assert part.body == packing.beside(path, "br").read_bytes()[:10]
    assert part.headers["content-encoding"] == "br"


def test_what_is_large_is_sent_in_pieces_as_it_is(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(forms, "_LARGE", 1000)
    body = os.urandom(300_000)
    site.write("big.bin", body)

    assert site.get("/big.bin").body == body
    assert site.get("/big.bin", Range="bytes=5-270000").body == body[5:270001]
    assert site.get("/big.bin", "HEAD").headers["content-length"] == "300000"
    site.write("big.bin", body[::-1])
    assert site.get("/big.bin").body == body[::-1]


# ── who asks ─────────────────────────────────────────────────────────────────


def test_a_browser_that_opens_a_feed_can_show_it_and_no_reader_is_confused(site: Site) -> None:
    site.write("all.atom", BODY)
    site.write("page.html", BODY)

    opened = site.get("/all.atom", Sec_Fetch_Dest="document", Accept="text/html,*/*;q=0.8")
    assert opened.headers["content-type"] == "application/xml"
    assert opened.body == BODY
    assert "default-src 'none'" in opened.headers["content-security-policy"]
    for headers in ({}, {"Accept": "text/html,*/*"}, {"Sec_Fetch_Dest": "empty"}):
        got = site.get("/all.atom", **headers)
        assert got.headers["content-type"] == "application/atom+xml"
        assert "Sec-Fetch-Dest" in got.headers["vary"]
    page = site.get("/page.html", Sec_Fetch_Dest="document")
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert "Sec-Fetch-Dest" not in page.headers["vary"]


def test_a_page_of_another_host_may_ask_first(site: Site) -> None:
    site.write("all.atom", BODY)

    allowed = site.get(
        "/all.atom", "OPTIONS", Origin="https://a.example", Access_Control_Request_Method="GET"
    )

    assert (allowed.status, allowed.body) == (204, b"")
    assert allowed.headers["access-control-allow-origin"] == "*"
    assert "GET" in allowed.headers["access-control-allow-methods"]
    assert "If-None-Match" in allowed.headers["access-control-allow-headers"]


def test_nobody_writes(site: Site) -> None:
    site.write("all.atom", BODY)

    for method in ("POST", "PUT", "DELETE", "PATCH"):
        refused = site.get("/all.atom", method)
        assert (refused.status, refused.headers["allow"]) == (405, "GET, HEAD, OPTIONS")


def test_a_folder_is_its_index(site: Site) -> None:
    assert site.get("/").status == 404
    site.write("index.html", BODY)
    site.write("archive/index.html", BODY[:500])

    assert site.get("/").body == BODY
    assert site.get("/archive/").body == BODY[:500]
    assert site.get("/archive").status == 404


def test_nothing_is_told_of_what_is_hidden_outside_or_a_form_of_another(site: Site) -> None:
    path = site.write("all.atom", BODY)
    (site.folder.parent / "secret").write_bytes(b"secret")
    (site.folder / ".hidden").write_bytes(b"secret")
    (site.folder / ".git").mkdir()
    (site.folder / ".git" / "config").write_bytes(b"secret")
    (site.folder / "out").symlink_to(site.folder.parent / "secret")
    (site.folder / "up").symlink_to(site.folder.parent)
    os.mkfifo(site.folder / "pipe")

    paths = (
        "/../secret", "/%2e%2e/secret", "/..%2fsecret", "/a/../../secret", "//secret",
        "/.hidden", "/%2ehidden", "/.git/config", "/out", "/up/secret", "/pipe",
        "/all.atom/", "/all.atom%00", "/%00", "/%ff", "/" + "a" * 5000, "/all.atom.gz", "/./all.atom",
    )  # fmt: skip
    for asked in paths:
        got = site.get(asked)
        assert got.status == 404, asked
        assert b"secret" not in got.body
    assert site.get("/all.atom").status == 200
    path.unlink()
    path.symlink_to(site.folder.parent / "secret")
    assert site.get("/all.atom").status == 404


def test_a_head_that_never_ends_is_not_kept_and_a_long_one_is_read(site: Site) -> None:
    site.write("all.atom", BODY)
    assert site.get("/all.atom", X_Long="x" * 30_000).status == 200

    with socket.create_connection(("127.0.0.1", site.port), timeout=60) as connection:
        connection.sendall(b"GET /all.atom HTTP/1.1\r\nX-Endless: ")
        with contextlib.suppress(OSError):
            for _ in range(2000):
                connection.sendall(b"x" * 10_000)
            pytest.fail("twenty megabytes of a header were read")

    for odd in (b"\0\r\n\r\n", "GET /财经 HTTP/1.1\r\n\r\n".encode(), b"GET a:b HTTP/1.1\r\n\r\n"):
        with socket.create_connection(("127.0.0.1", site.port), timeout=60) as connection:
            connection.sendall(odd)
            assert connection.recv(100)[:12] in (b"HTTP/1.1 400", b"HTTP/1.1 404"), odd
    assert site.get("/all.atom").status == 200


# ── while it is replaced ─────────────────────────────────────────────────────


def test_a_form_that_is_not_of_its_document_is_not_sent(site: Site) -> None:
    path = site.write("all.atom", BODY)
    assert site.get("/all.atom", Accept_Encoding="gzip").headers["content-encoding"] == "gzip"

    path.write_bytes(BODY[::-1])  # by another hand
    os.utime(path, (1_000_000_000, 1_000_000_000))
    got = site.get("/all.atom", Accept_Encoding="gzip")

    assert "content-encoding" not in got.headers
    assert got.body == BODY[::-1]
    packing.write(path, BODY[::-1], codings=("gzip",))
    until(lambda: "content-encoding" in site.get("/all.atom", Accept_Encoding="gzip").headers)


def test_a_document_that_is_gone_is_gone(site: Site) -> None:
    path = site.write("all.atom", BODY)
    assert site.get("/all.atom").status == 200

    path.unlink()

    assert site.get("/all.atom").status == 404


def test_a_thousand_requests_while_it_is_replaced_never_get_a_mixture(site: Site) -> None:
    versions = [(f"version {n}\n" * (100 + 37 * n)).encode() for n in range(20)]
    site.write("all.atom", versions[0])
    ended = threading.Event()

    def publish() -> None:
        for _ in range(10):
            for body in versions:
                site.write("all.atom", body)
        ended.set()

    publishing = threading.Thread(target=publish)
    publishing.start()
    seen: dict[str, bytes] = {}
    asked, same = 0, 0
    connection = site.connect()
    codings = ("identity", "gzip", "br", "zstd")
    while asked < 1000 or not ended.is_set():
        coding = codings[asked % 4]
        known = {"If_None_Match": next(reversed(seen))} if asked % 3 and seen else {}
        got = ask(connection, "/all.atom", Accept_Encoding=coding, **known)
        asked += 1
        if got.status == 304:
            assert got.etag == known["If_None_Match"]
            same += 1
            continue
        assert got.status == 200
        packed = got.headers.get("content-encoding")
        body = UNPACK[packed](got.body) if packed else got.body
        assert body in versions
        assert seen.setdefault(got.etag, got.body) == got.body
    publishing.join()
    connection.close()

    assert len(seen) > 4 and same
    assert site.get("/all.atom").body == versions[-1]


def test_what_is_kept_in_memory_is_bounded() -> None:
    memory = forms.Memory[bytes](len, most=100)

    for n in range(50):
        memory.keep(f"/{n}", b"x" * 30)
        memory.get("/0")

    assert [x for x in range(50) if f"/{x}" in memory] == [0, 48, 49]
    memory.keep("/big", b"x" * 1000)
    assert memory.get("/big") and "/0" not in memory


# ── only what is new ─────────────────────────────────────────────────────────


def feed(*entries: tuple[str, str], title: str = "Planet") -> bytes:
    inner = "".join(f"<entry><id>{i}</id><title>{t}</title></entry>\n" for i, t in entries)
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n<?xml-stylesheet href="feed.css"?>\n'
        f'<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="zh"><title>{title}</title>{inner}</feed>'
    ).encode()


def titles(body: bytes) -> list[str | None]:
    return [x.findtext(f"{ATOM}title") for x in ElementTree.fromstring(body).iter(f"{ATOM}entry")]


def test_a_reader_that_asks_for_news_gets_what_is_new_or_changed(tmp_path: Path) -> None:
    with served(tmp_path, delta=True) as site:
        site.write("all.atom", feed(("a", "A"), ("b", "B"), ("c", "C")))
        first = site.get("/all.atom", A_IM="feed")
        assert first.status == 200 and "A-IM" in first.headers["vary"]
        site.write("all.atom", feed(("d", "D"), ("a", "A"), ("b", "B, corrected")))

        asked = {"A_IM": "feed, gzip", "If_None_Match": first.etag}
        news = site.get("/all.atom", **asked)
        whole = site.get("/all.atom")

        assert (news.status, news.headers["im"]) == (226, "feed")
        assert titles(news.body) == ["D", "B, corrected"]
        assert b"feed.css" in news.body and news.headers["delta-base"] == first.etag
        assert news.etag == whole.etag and news.headers["cache-control"] == "no-store"
        assert site.get("/all.atom", A_IM="feed", If_None_Match=news.etag).status == 304
        for other in (
            {"A_IM": "feed", "If_None_Match": '"unknown"'},
            {"A_IM": "feed;q=0", "If_None_Match": first.etag},
            {"A_IM": "vcdiff", "If_None_Match": first.etag},
            {"If_None_Match": first.etag},
            {"A_IM": "feed"},
        ):
            assert site.get("/all.atom", **other).body == whole.body
        packed = site.get("/all.atom", Accept_Encoding="gzip")
        site.write("all.atom", feed(("e", "E"), ("d", "D"), ("a", "A")))
        assert titles(site.get("/all.atom", A_IM="feed", If_None_Match=packed.etag).body) == ["E"]


def test_news_of_an_rss_feed(tmp_path: Path) -> None:
    def channel(*names: str) -> bytes:
        inner = "".join(f"<item><guid>{x}</guid></item>" for x in names)
        return f"<rss version='2.0'><channel><title>P</title>{inner}</channel></rss>".encode()

    with served(tmp_path, delta=True) as site:
        site.write("all.rss", channel("a", "b"))
        first = site.get("/all.rss")
        site.write("all.rss", channel("c", "a"))
        news = site.get("/all.rss", A_IM="feed", If_None_Match=first.etag)

    assert news.status == 226
    assert re.findall(rb"<guid>(.)</guid>", news.body) == [b"c"]


def test_news_is_for_those_who_are_offered_it(site: Site) -> None:
    site.write("all.atom", feed(("a", "A")))
    first = site.get("/all.atom")
    site.write("all.atom", feed(("b", "B"), ("a", "A")))

    whole = site.get("/all.atom", A_IM="feed", If_None_Match=first.etag)

    assert whole.status == 200 and "A-IM" not in whole.headers["vary"]
