"""Pages in a browser, and before the judges of HTML and of accessibility."""

import functools
import http.server
import threading
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import programs
import pytest

from aggregator import pages
from aggregator.model import Entry, Feed, Link
from aggregator.rules import clean

pytestmark = [pytest.mark.long, pytest.mark.timeout(900)]

_ODD = """
<h5>a</h5><h1>b</h1><font color=red>c</font><center><b><p>d</p></b></center><ul>e<p>f</p></ul>
<table><tr><td colspan=9>g<td>h</table><dl><dd>i</dl><a href="https://a.example/"><img></a>
<details>j</details><ruby>k</ruby><math><mfrac><mi>l</mi></mfrac></math><time datetime=m>m</time>
<main><nav>n</nav></main><video src="https://a.example/o.mp4"></video><h2><div>p<table></h2>
<a href="https://a.example/"><table><tr><th></th><td>q<td>r</table><details>s</details></a>
<pre>{long}</pre><img src="https://a.example/t.png" alt="{long}"><ol start=u><li value=v>w</ol>
""".replace("{long}", "x" * 400)
_PARTS = [
    *["<a>", "<p>", "<b>", "<h1>", "<h3>", "<h6>", "<ul>", "<ol>", "<li>", "<dl>", "<dt>", "<dd>", "<table>", "<caption>", "<thead>", "<tr>"],
    *["<td>", "<th>", "<td>", "<div>", "<span>", "<em>", "<pre>", "<code>", "<blockquote>", "<figure>", "<figcaption>", "<q>"],
    *["<details>", "<summary>", "<ruby>", "<rt>", "<rp>", "<rb>", "<math>", "<mfrac>", "<msup>", "<mi>", "<mtable>", "<mtr>"],
    *["<mtd>", "<mtext>", "<center>", "<font>", "<address>", "<main>", "<section>", "<nav>", "<header>", "<dfn>", "<ins>", "<del>"],
    *["<sub>", "<bdo>", "<abbr>", "<time>", "<video>", "<audio>", "<source>", "<picture>", "<map>", "<area>", "<svg>", "<path>"],
    *('<a href="https://b.example/">', '<img src="https://a.example/p.png" alt="p">', "<br>", "<hr>"),
    *('<td colspan="3">', '<td rowspan="2">', '<th scope="row">', '<bdo dir="rtl">', '<ol type="A">'),
    *('<p lang="zh-cn">', '<time datetime="2026-02-03">', '<time datetime="2026">', '<li value="3">'),
    *("word", "字", " ", "&amp;", "</p>", "</td>", "</a>", "</table>", "</ul>", "</div>"),
]  # fmt: skip


class _Plain(http.server.SimpleHTTPRequestHandler):
    """Any web server that was told to let browsers show feeds."""

    extensions_map = {  # noqa: RUF012
        **http.server.SimpleHTTPRequestHandler.extensions_map,
        ".atom": "application/xml",
        ".rss": "application/xml",
    }

    def do_GET(self) -> None:
        if self.path == "/favicon.ico":
            self.send_response(204)
            self.end_headers()
        else:
            super().do_GET()

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture(scope="module")
def folder(paged: tuple[Path, str]) -> Iterator[str]:
    """The folder of documents on a web server that knows nothing of us."""
    handler = functools.partial(_Plain, directory=str(paged[0]))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}/"
        server.shutdown()
        thread.join()


def _tangled(number: int) -> str:
    """Elements in each other as nobody would put them; the same for the same number."""
    chance = Random(number)
    some = [chance.choice(_PARTS) for _ in range(chance.randrange(2, 25))]
    return "".join(x if chance.random() < 0.8 else x.replace("<", "</") for x in some)


def _odd_pages(place: Path) -> list[Path]:
    """Pages of texts that are odd, with pictures as links and as pictures."""
    texts = [_ODD, *(_tangled(n) for n in range(1500))]
    cleaned = tuple(
        clean.clean(Entry(id=f"urn:{n}", title="A", content=x, language="en"))
        for n, x in enumerate(texts)
    )
    links = (Link(href="https://p.example/o.html", rel="self"),)
    feed = Feed(title="Odd", entries=cleaned, links=links)
    made = []
    for images in ("link", "show"):
        theme = pages.Theme(title="Planet", url="https://p.example/", images=images)
        made.append(place / f"odd-{images}.html")
        made[-1].write_bytes(pages.page(feed, theme=theme))
    return made


def test_every_page_is_valid_html(
    paged: tuple[Path, str], tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    kept = request.config.cache.mkdir("npm")
    jar = programs.from_npm(kept, "vnu-jar@26", "build/dist/vnu.jar")
    java = programs.debian("java", package="default-jre-headless")
    answered = []
    for path in ("", "status"):
        with urllib.request.urlopen(paged[1] + path) as answer:
            answered.append(tmp_path / f"{path or 'front'}.html")
            answered[-1].write_bytes(answer.read())
    files = [*paged[0].rglob("*.html"), *answered, *_odd_pages(tmp_path)]

    assert len(files) > 25
    assert programs.in_vnu(java, jar, files) == []


@pytest.fixture(scope="module")
def seen(
    paged: tuple[Path, str], folder: str, request: pytest.FixtureRequest, tmp_path_factory: Any
) -> list[programs.Row]:
    python = programs.browser_environment(request.config.cache.mkdir("browser"))
    axe = programs.from_npm(request.config.cache.mkdir("npm"), "axe-core@4", "axe.min.js")
    chromium = programs.debian("chromium", "fonts-noto-cjk")
    (archived, *_) = sorted(x.name for x in (paged[0] / "archive").glob("*.html"))
    paths = ("index.html", "all.html", "tech.html", f"archive/{archived}", "tech.atom", "tech.rss")
    addresses = [*(folder + x for x in paths), paged[1], paged[1] + "status", paged[1] + "nothing"]
    return programs.in_chromium(python, chromium, axe, addresses, tmp_path_factory.mktemp("seen"))


def test_axe_finds_nothing_amiss(seen: list[programs.Row]) -> None:
    assert [x for x in seen if x["violations"]] == []


def test_no_page_is_wider_than_its_window(seen: list[programs.Row]) -> None:
    assert [x for x in seen if x["wider"] > 0] == []


def test_no_page_asks_another_host(seen: list[programs.Row]) -> None:
    assert [x for x in seen if len(x["hosts"]) != 1] == []


def test_no_page_makes_the_browser_complain(seen: list[programs.Row]) -> None:
    missing = "the server responded with a status of 404"  # of the page that is not there
    odd = [x for x in seen if x["said"] and not x["address"].endswith("/nothing")]

    assert odd == []
    assert all(missing in said for x in seen for said in x["said"])


def test_every_page_is_light_or_dark_as_the_reader_likes(seen: list[programs.Row]) -> None:
    """Those of a feed as well: its stylesheet is read."""
    grounds = {(x["address"], x["scheme"]): x["ground"] for x in seen}

    assert set(grounds.values()) == {"rgb(253, 252, 249)", "rgb(23, 25, 27)"}
    assert all(v == "rgb(23, 25, 27)" for (_, scheme), v in grounds.items() if scheme == "dark")
