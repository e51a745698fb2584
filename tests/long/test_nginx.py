"""The shipped documents, served by nginx under the configuration that we ship."""

import gzip
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from email.utils import formatdate
from pathlib import Path
from urllib.parse import quote

import programs
import pytest
from servers import Answer, free_port, serving, until
from sites import CODINGS, Site

from aggregator import packing

pytestmark = pytest.mark.long

_ROOT = Path(__file__).parents[2]
_MAIN = """daemon off; master_process off; pid nginx.pid; error_log error.log;
events {{ }}
http {{
  access_log off;
  client_body_temp_path tmp; proxy_temp_path tmp; fastcgi_temp_path tmp;
  uwsgi_temp_path tmp; scgi_temp_path tmp;
  include {site};
}}
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    nginx = programs.debian("nginx")
    folder = tmp_path_factory.mktemp("nginx")
    feeds, port = folder / "feeds", free_port()
    (folder / "tmp").mkdir()
    for document in sorted((_ROOT / "feeds").rglob("*.atom")):
        place = feeds / document.relative_to(_ROOT / "feeds")
        packing.write(place, document.read_bytes(), codings=CODINGS)
    shutil.copy(feeds / "all.atom", feeds / "archive-of-my-own.rss")
    packing.write(feeds / "archive" / "all-2026-03.atom", b"<feed/>" * 100, codings=CODINGS)
    packing.write(feeds / "index.html", b"<!doctype html>" + b"<p>Hello</p>" * 100, codings=CODINGS)
    packing.write(
        folder / "feeds-private" / "boss.atom", b"<feed>private</feed>" * 20, codings=CODINGS
    )
    (folder / "tokens").write_text('"~^/(archive/)?boss[-.][^ ]* the-token$" 1;\n')
    with serving(lambda asked: Answer(body=asked.path.encode())) as behind:
        text = (_ROOT / "examples" / "nginx.conf").read_text()
        for before, after in (
            ("listen 80;", f"listen 127.0.0.1:{port};"),
            ("/srv/planet/feeds", str(feeds)),
            ("/etc/nginx/planet-tokens", str(folder / "tokens")),
            ("http://127.0.0.1:8080", behind.url),
        ):
            assert before in text
            text = text.replace(before, after)
        (folder / "site.conf").write_text(text)
        (folder / "nginx.conf").write_text(_MAIN.format(site=folder / "site.conf"))
        command = [nginx, "-p", f"{folder}/", "-c", "nginx.conf", "-e", "error.log"]
        running = subprocess.Popen(command, stdin=subprocess.DEVNULL)
        found = Site(feeds, port)
        try:
            until(lambda: _answers(found), what="nginx")
            yield found
        finally:
            running.terminate()
            running.wait(10)


def _answers(site: Site) -> bool:
    with suppress(OSError):
        return site.get("/all.atom").status == 200
    return False


def test_every_shipped_document_is_served_as_it_is(site: Site) -> None:
    documents = sorted(site.folder.rglob("*.atom"))
    assert len(documents) > 10
    for document in documents:
        address = "/" + quote(document.relative_to(site.folder).as_posix())
        got, packed = site.get(address), site.get(address, Accept_Encoding="br, gzip")

        assert (got.status, got.body) == (200, document.read_bytes())
        assert got.headers["content-type"] == "application/atom+xml"
        assert packed.headers["content-encoding"] == "gzip"
        assert packed.body == packing.beside(document, "gzip").read_bytes()
        assert gzip.decompress(packed.body) == got.body
        assert packed.etag != got.etag


def test_who_has_it_is_told_so(site: Site) -> None:
    for coding in ("identity", "gzip"):
        got = site.get("/all.atom", Accept_Encoding=coding)
        same = site.get("/all.atom", Accept_Encoding=coding, If_None_Match=got.etag)
        assert (same.status, same.body, same.etag) == (304, b"", got.etag)
        assert same.headers["cache-control"] == got.headers["cache-control"]

    got = site.get("/all.atom")
    later = formatdate((site.folder / "all.atom").stat().st_mtime + 100, usegmt=True)
    assert site.get("/all.atom", If_Modified_Since=got.headers["last-modified"]).status == 304
    assert site.get("/all.atom", If_Modified_Since=later).status == 304
    assert site.get("/all.atom", If_Modified_Since=later, If_None_Match='"x"').status == 200


def test_heads_and_parts(site: Site) -> None:
    body = (site.folder / "all.atom").read_bytes()
    head = site.get("/all.atom", "HEAD")
    part = site.get("/all.atom", Range="bytes=10-19")

    assert (head.status, head.headers["content-length"], head.body) == (200, str(len(body)), b"")
    assert (part.status, part.body) == (206, body[10:20])
    assert site.get("/all.atom", Range="bytes=99999999-").status == 416


def test_caches_and_pages_of_other_hosts_are_told_what_they_may(site: Site) -> None:
    got, old = site.get("/all.atom"), site.get("/archive/all-2026-03.atom")

    assert "max-age=3600," in got.headers["cache-control"]
    assert "max-age=86400," in old.headers["cache-control"]
    assert got.headers["access-control-allow-origin"] == "*"
    assert got.headers["x-content-type-options"] == "nosniff"
    assert site.get("/archive-of-my-own.rss").headers["content-type"] == "application/rss+xml"
    page = site.get("/")
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert page.body.startswith(b"<!doctype html>")
    assert "default-src 'none'" in page.headers["content-security-policy"]


def test_a_browser_that_opens_a_feed_can_show_it(site: Site) -> None:
    for address in ("/all.atom", "/archive/all-2026-03.atom"):
        opened = site.get(address, Sec_Fetch_Dest="document", Accept_Encoding="gzip")

        assert opened.headers["content-type"] == "application/xml"
        assert gzip.decompress(opened.body) == site.get(address).body
    assert site.get("/shown/all.atom").status == 404


def test_what_not_everyone_may_read_is_for_who_has_the_token(site: Site) -> None:
    for headers in ({}, {"Sec_Fetch_Dest": "document"}, {"Accept_Encoding": "gzip"}):
        got = site.get("/boss.atom?token=the-token", **headers)
        assert got.status == 200
        assert got.headers["cache-control"].startswith("private")
        for path in (
            "/boss.atom",
            "/boss.atom?token=the-token2",
            "/boss.atom?token=",
            "/shown/boss.atom?token=the-token",
        ):
            assert site.get(path, **headers).status == 404, path


def test_nothing_else_is_told(site: Site) -> None:
    (site.folder / ".all.atom.tmp").write_bytes(b"half")
    (site.folder / "out.atom").symlink_to(site.folder.parent / "site.conf")
    for path in ("/.all.atom.tmp", "/all.atom.gz", "/out.atom", "/none.atom", "/../site.conf"):
        assert site.get(path).status in (400, 403, 404), path
    assert site.get("/archive/").status in (403, 404)


@pytest.mark.parametrize("path", ["/search?q=%E6%B8%B8", "/hub", "/websub/abc"])
def test_what_needs_the_program_goes_to_it(site: Site, path: str) -> None:
    assert site.get(path).body.decode() == path
