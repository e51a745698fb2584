"""JSON APIs as sources: what is made of an answer, and how the texts of its items are fetched."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import unquote
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from roads import Road
from servers import Answer, Asked, Server, serving
from world import hrefs, text

from aggregator.errors import ConfigError, ParseError
from aggregator.formats import guarded, jsonapi
from aggregator.model import Entry, Feed, JsonFields, JsonText, Response

SHANGHAI = ZoneInfo("Asia/Shanghai")
FIELDS = JsonFields(
    items="records",
    id="id",
    title="title",
    summary="digest",
    published="showtime",
    link="url_w",
    authors="author",
    categories="tags",
)
RECORD = {
    "id": "202112082208",
    "title": "央行：全面降准0.5个百分点",
    "digest": "释放长期资金约1.2万亿元。",
    "showtime": "2021-12-08 10:46:18",
    "url_w": "https://finance.example/a/202112082208.html",
    "infoCode": "AN202112081533",
    "author": "记者 王",
    "tags": "宏观，货币",
}


def body_of(*records: Any, **more: Any) -> bytes:
    return json.dumps({"records": list(records), **more}, ensure_ascii=False).encode()


def read(body: bytes, how: JsonFields = FIELDS, **headers: str) -> Feed:
    sent = Response(url="https://api.example/v1/list?page=1", body=body, headers=headers)
    return jsonapi.parse(sent, how, zone=SHANGHAI)


def one(record: Any, how: JsonFields = FIELDS) -> Entry:
    (entry,) = read(body_of(record), how).entries
    return entry


# ── what an answer says ──────────────────────────────────────────────────────


def test_the_fields_of_an_item_are_those_that_the_config_names() -> None:
    feed = read(body_of(RECORD))

    (entry,) = feed.entries
    assert entry.id == "202112082208" and entry.title == "央行：全面降准0.5个百分点"
    assert entry.link == "https://finance.example/a/202112082208.html"
    assert entry.summary == "释放长期资金约1.2万亿元。"
    assert entry.published == datetime(2021, 12, 8, 2, 46, 18, tzinfo=UTC)
    assert [p.name for p in entry.authors] == ["记者 王"]
    assert [c.term for c in entry.categories] == ["宏观", "货币"]
    assert feed.problems == ()


@pytest.mark.parametrize(
    "wrapped",
    [
        "callback({});",
        "jQuery1124_5678({})",
        "/**/ ns.cb[0]({});\n",
        "var newslist = {};",
        "window.data={}",
        ")]}}',\n{}",
        "while(1);{}",
        "for (;;);{}",
        "try{{cb({});}}catch(e){{}}",
        "({})",
        "\ufeff{}",
        "  \n{}\n",
    ],
)
def test_what_is_wrapped_around_the_json_is_taken_off(wrapped: str) -> None:
    body = body_of(RECORD).decode()

    assert read(wrapped.format(body).encode()).entries == read(body_of(RECORD)).entries


@pytest.mark.parametrize("charset", ["GBK", "gb18030", "big5", "shift_jis", "utf-16"])
def test_an_answer_is_read_in_its_charset(charset: str) -> None:
    kind = f"text/javascript; charset={charset}"
    body = json.dumps({"records": [{"title": "日本 新聞"}]}, ensure_ascii=False).encode(charset)

    feed = read(body, **{"content-type": kind})

    assert feed.entries[0].title == "日本 新聞"


def test_utf_8_is_read_as_such_whatever_the_server_says() -> None:
    feed = read(body_of(RECORD), **{"content-type": "application/json; charset=iso-8859-1"})

    assert feed.entries[0].title == RECORD["title"] and feed.problems == ()


@pytest.mark.parametrize(
    "said",
    [
        "2021-12-08 10:46:18",
        "2021-12-08T02:46:18Z",
        "2021/12/08 10:46:18",
        "2021年12月8日 10:46:18",
        "20211208104618",
        20211208104618,
        1638931578,
        "1638931578",
        1638931578.0,
        1638931578000,
        "1638931578000",
        1638931578000000,
        "/Date(1638931578000+0800)/",
        "Wed, 08 Dec 2021 02:46:18 GMT",
    ],
)
def test_dates_come_in_many_forms(said: Any) -> None:
    assert one(RECORD | {"showtime": said}).published == datetime(
        2021, 12, 8, 2, 46, 18, tzinfo=UTC
    )


def test_a_date_without_an_offset_is_in_the_zone_of_the_source() -> None:
    how = JsonFields(items="records", title="title", published="showtime", timezone="Asia/Tokyo")

    assert one(RECORD, how).published == datetime(2021, 12, 8, 1, 46, 18, tzinfo=UTC)


@pytest.mark.parametrize("said", ["soon", "0000-00-00 00:00:00", 0, -1, True, [], {}])
def test_what_is_no_date_costs_no_entry(said: Any) -> None:
    feed = read(body_of(RECORD | {"showtime": said}))

    assert feed.entries[0].published is None and len(feed.problems) == 1


def test_items_may_be_an_object_by_id() -> None:
    how = JsonFields(items="data", title="t")
    body = json.dumps({"data": {"71": {"t": "one"}, "72": {"t": "two"}}}).encode()

    assert [(e.id, e.title) for e in read(body, how).entries] == [("71", "one"), ("72", "two")]


def test_a_single_item_may_stand_where_the_list_should() -> None:
    how = JsonFields(items="data", title="t")

    assert [e.title for e in read(b'{"data": {"t": "one", "n": 1}}', how).entries] == ["one"]
    assert read(b'{"data": {}}', how).entries == ()


def test_items_may_be_lists_and_lie_deep() -> None:
    how = JsonFields(items="data.pages[].items[]", id="[0]", title="[1]", link="/n/{[0]}")
    body = b'{"data": {"pages": [{"items": [[1, "a"]]}, {"items": [[2, "b"]]}]}}'

    assert [(e.id, e.title, e.link) for e in read(body, how).entries] == [
        ("1", "a", "https://api.example/n/1"),
        ("2", "b", "https://api.example/n/2"),
    ]


@pytest.mark.parametrize(
    ("value", "address"),
    [
        ("AN1", "https://a.example/x/AN1?k=AN1"),
        (7, "https://a.example/x/7?k=7"),
        ("a/b c", "https://a.example/x/a%2Fb%20c?k=a%2Fb%20c"),
        (
            "../../etc&k=2#",
            "https://a.example/x/..%2F..%2Fetc%26k%3D2%23?k=..%2F..%2Fetc%26k%3D2%23",
        ),
        ("公告", "https://a.example/x/%E5%85%AC%E5%91%8A?k=%E5%85%AC%E5%91%8A"),
        ("\ud800", "https://a.example/x/%EF%BF%BD?k=%EF%BF%BD"),
    ],
)
def test_a_template_takes_fields_escaped(value: Any, address: str) -> None:
    how = JsonFields(
        items="records", title="title", link="https://a.example/x/{in.code}?k={in.code}"
    )

    (entry,) = read(
        json.dumps({"records": [{"title": "t", "in": {"code": value}}]}).encode(), how
    ).entries

    assert entry.link == address


def test_a_relative_link_is_that_of_the_answer() -> None:
    assert one(RECORD | {"url_w": "../n/1"}).link == "https://api.example/n/1"


@pytest.mark.parametrize(
    "link", ["javascript:alert(1)", "file:///etc/passwd", "http://[", "data:,"]
)
def test_what_is_no_web_address_is_no_link(link: str) -> None:
    assert one(RECORD | {"url_w": link}).links == ()


@pytest.mark.parametrize(
    ("said", "html"),
    [
        ("plain & simple", "plain &amp; simple"),
        ("<p>one</p>", "<p>one</p>"),
        ("AT&amp;T", "AT&amp;T"),
        ("one\r\n\u3000\u3000two", "<p>one</p><p>two</p>"),
        ("1 < 2", "1 &lt; 2"),
    ],
)
def test_texts_may_be_plain_or_html(said: str, html: str) -> None:
    assert one(RECORD | {"digest": said}).summary == html


def test_plain_text_is_escaped() -> None:
    assert one(RECORD | {"digest": "1 < 2 & 3"}).summary == "1 &lt; 2 &amp; 3"
    assert one(RECORD | {"title": "1 < 2 & 3"}).title == "1 &lt; 2 &amp; 3"


@pytest.mark.parametrize(
    ("value", "names"),
    [
        ("Ann", ["Ann"]),
        (["Ann", "Bo"], ["Ann", "Bo"]),
        ([{"name": "Ann", "id": 1}, {"nickname": "Bo"}, {}], ["Ann", "Bo"]),
        ({"name": "Ann"}, ["Ann"]),
        (None, []),
        (5, ["5"]),
    ],
)
def test_names_come_in_many_shapes(value: Any, names: list[str]) -> None:
    assert [p.name for p in one(RECORD | {"author": value}).authors] == names


def test_what_an_item_lacks_is_told_and_the_entry_kept() -> None:
    feed = read(
        body_of(RECORD, {"title": "Only a title"}, {"id": 3, "url_w": "https://a.example/3"})
    )

    assert [e.title for e in feed.entries] == [RECORD["title"], "Only a title", ""]
    assert "1 of its 3 items have no id at 'id'" in feed.problems
    assert "1 of its 3 items have no title at 'title'" in feed.problems
    assert "1 of its 3 items have no link at 'url_w'" in feed.problems
    assert not any("summary" in x for x in feed.problems)  # some have one, as is usual


def test_a_path_that_leads_nowhere_is_told() -> None:
    how = JsonFields(items="records", title="title", summary="abstract", content="x.y[0].z")

    problems = read(body_of(RECORD, RECORD), how).problems

    assert "2 of its 2 items have no summary at 'abstract'" in problems
    assert "2 of its 2 items have no content at 'x.y[0].z'" in problems


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "empty"),
        (b"<!doctype html><title>Log in</title>", "page"),
        (b'{"records": [', "broken JSON"),
        (b'{"records": []} and more', "broken JSON"),
        (b'{"code": 500, "message": "busy"}', "'code', 'message'"),
        (b'{"code": 500, "records": null}', "null at 'records'"),
        (b'{"records": "none"}', "no list at 'records'"),
        (b"[]", "no keys"),
        (b"5", "no keys"),
        (b'{"records": [{"headline": "x"}]}', "'headline'"),
        (b"[" * 100_000, "broken JSON"),
        (b'{"records": ' + b"1" * 5000 + b"}", "broken JSON"),
    ],
)
def test_what_is_no_such_answer_is_an_error_that_says_so(body: bytes, words: str) -> None:
    with pytest.raises(ParseError) as error:
        read(body)

    assert words in str(error.value)


def test_no_items_are_no_error() -> None:
    assert read(b'{"records": []}') == Feed(base="https://api.example/v1/list?page=1")


JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda x: (
        st.lists(x, max_size=4) | st.dictionaries(st.sampled_from([*RECORD, "a"]), x, max_size=6)
    ),
    max_leaves=20,
)


@given(JSON, st.sampled_from(["records", "@", "records[].a", "values(@)", "sort(records)", "a.*"]))
def test_any_json_is_a_feed_or_a_parse_error(data: Any, items: str) -> None:
    how = JsonFields(
        items=items, id="id", title="title", link="/{id}/{a.b}", summary="max(digest)",
        content="join('', a)", published="showtime", authors="id", categories="title",
    )  # fmt: skip
    try:
        found = read(json.dumps({"records": data}).encode(), how)
    except ParseError:
        return

    assert isinstance(found, Feed)


@given(st.binary(max_size=200))
def test_any_bytes_are_a_feed_or_a_parse_error(body: bytes) -> None:
    with contextlib.suppress(ParseError):
        guarded(lambda: read(body))


# ── the config ───────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("{items: 'a['}", "no JMESPath expression"),
        ("{items: a, title: 'nope(@)'}", "unknown function"),
        ("{items: a}", "title, link, summary or content"),
        ("{title: t, link: 'https://{host}/x'}", "no host of its own"),
        ("{title: t, link: 'https://a.example/{x'}", "brace"),
        ("{title: t, link: 'https://a.example/{x y}'}", "no JMESPath expression"),
        ("{title: t, link: 'https://a.example/'}", "the same for every entry"),
        ("{title: t, text: {url: 'https://a.example/x'}}", "the same for every entry"),
        ("{titel: t}", "did you mean 'title'"),
        ("{title: t, text: {content: x}}", "missing key 'url'"),
        ("{title: t, text: {url: u, element: 'p..x'}}", "json.text.element: 'p..x' is no CSS"),
        ("{title: t, text: {url: u, content: x, element: p}}", "leave one of the two out"),
        ("{title: t, timezone: CST}", "unknown time zone"),
        ("records", "keys are wanted here"),
    ],
)
def test_a_wrong_mapping_is_told(tmp_path: Path, given: str, words: str) -> None:
    road = Road(tmp_path)
    road.config(f"a: {{url: 'https://a.example/', json: {given}}}")

    with pytest.raises(ConfigError) as error:
        road.settings  # noqa: B018

    assert words in str(error.value) and "config.yaml:4:" in str(error.value)


def test_names_of_every_script_need_no_quotes_in_a_path(tmp_path: Path) -> None:
    road = Road(tmp_path)
    road.config(
        "a: {url: 'https://a.example/', json: {items: '数据.列表[]', title: 标题, id: '@id',"
        " link: '/n/{编号}', published: pub-date, summary: 'dc:description', content: a || b}}"
    )

    how = road.settings.sources["a"].how

    assert isinstance(how, JsonFields)
    record = {
        "标题": "题",
        "@id": 1,
        "编号": 9,
        "pub-date": 1638931578,
        "dc:description": "d",
        "b": "c",
    }
    entry = read(json.dumps({"数据": {"列表": [record]}}).encode(), how).entries[0]
    assert (entry.id, entry.title, entry.summary, entry.content) == ("1", "题", "d", "c")
    assert entry.link == "https://api.example/n/9" and entry.published


# ── polled, with the texts of its items ──────────────────────────────────────

SOURCE = """
news:
  url: {url}/list
  content: full
  categories: [宏观]
  json:
    items: records
    id: id
    title: title
    summary: digest
    published: showtime
    link: url_w
    text: {{url: "{url}/text/{{infoCode}}", content: data.notice_content}}
"""


class Api:
    """A list, and the texts of its items at addresses of their own."""

    def __init__(self, road: Road, count: int = 3) -> None:
        self.road = road
        self.records = [self.record(n) for n in range(count)]
        self.broken: dict[str, Answer] = {}
        self.etag = True

    def record(self, number: int, **more: Any) -> dict[str, Any]:
        return RECORD | {
            "id": f"id{number}",
            "title": f"A title that is number {number}",
            "digest": f"In short, number {number}.",
            "url_w": f"https://finance.example/a/{number}",
            "infoCode": f"AN/{number}",
            **more,
        }

    def __call__(self, asked: Asked) -> Answer:
        if asked.path == "/list":
            body = body_of(*self.records)
            tag = f'"{hash(body)}"'
            if asked.headers.get("if-none-match") == tag:
                return Answer(status=304)
            return Answer(body=b"cb(" + body + b");", headers={"ETag": tag} if self.etag else {})
        code = unquote(asked.path.removeprefix("/text/"))
        if code in self.broken:
            return self.broken[code]
        data = {"notice_content": f"<p>All of {code}, word for word, as it was told.</p>"}
        return Answer(body=json.dumps({"data": data}).encode())


def polled(tmp_path: Path, work: Callable[[Road, Api, Server], None], count: int = 3) -> None:
    road = Road(tmp_path)
    api = Api(road, count)
    with serving(api) as server:
        road.config(SOURCE.format(url=server.url))
        work(road, api, server)


def texts_asked(server: Server) -> list[str]:
    return sorted(unquote(p.removeprefix("/text/")) for p in server.paths if p != "/list")


def test_the_text_of_an_item_comes_from_its_own_address(tmp_path: Path) -> None:
    def work(road: Road, api: Api, server: Server) -> None:
        found = road.run()

        assert (found.new, found.failed, found.problems) == (3, 0, ())
        assert "All of AN/1, word for word" in road.texts()["A title that is number 1"]
        assert texts_asked(server) == ["AN/0", "AN/1", "AN/2"]
        assert all("json" in a.headers["accept"] for a in server.asked)
        (entry,) = [e for e in road.published("宏观") if "number 1" in text(e, "title")]
        assert hrefs(entry, "alternate") == ["https://finance.example/a/1"]
        assert text(entry, "published") == "2021-12-08T02:46:18Z"
        assert "/text/" not in (tmp_path / "feeds" / "all.atom").read_text("utf-8")

    polled(tmp_path, work)


PAGE = """<!doctype html><meta charset="utf-8"><title>x</title><nav><a href="/">home</a></nav>
<div id=text><p>All of it, <b>word</b> for word.</p><img src="i/a.png"><a href="/b">b</a>
<script>evil()</script></div><div id=empty> </div><footer>imprint</footer>"""


def test_the_text_of_an_item_may_be_an_element_of_a_page(tmp_path: Path) -> None:
    road = Road(tmp_path)
    api = Api(road, 2)
    api.broken["AN/0"] = Answer(body=PAGE.encode(), headers={"Content-Type": "text/html"})
    with serving(api) as server:
        road.config(
            SOURCE.format(url=server.url).replace(
                "content: data.notice_content", "element: '#text'"
            )
        )
        found = road.run()

        told = road.texts()["A title that is number 0"]
        assert "All of it, <b>word</b> for word." in told
        assert f'src="{server.url}/text/i/a.png"' in told and f'href="{server.url}/b"' in told
        assert "evil" not in told and "home" not in told and "imprint" not in told
        assert (
            road.texts()["A title that is number 1"] == "In short, number 1."
        )  # JSON, and no page
        assert "no text for 1 of its entries" in found.problems[0][1]
        assert [a for a in server.asked if a.path == "/robots.txt"]
        asked = [a for a in server.asked if a.path.startswith("/text/")]
        assert all(a.headers["accept"].startswith("text/html") for a in asked)


@pytest.mark.parametrize(
    ("element", "body", "said"),
    [
        ("#none", PAGE, "no text at '#none'"),
        ("#empty", PAGE, "no text at '#empty'"),
        (None, PAGE, "json.text.element"),
        (None, "<p>A part of a page</p>", "json.text.element"),
    ],
)
def test_a_page_without_the_text_is_told(element: str | None, body: str, said: str) -> None:
    how = JsonFields(text=JsonText(url="u", element=element))

    with pytest.raises(ParseError, match=said):
        jsonapi.text(Response(url="https://a.example/t", body=body.encode()), how)


def test_the_texts_of_known_items_are_not_asked_for_again(tmp_path: Path) -> None:
    def work(road: Road, api: Api, server: Server) -> None:
        road.run()
        for number in (3, 4):
            road.later(hours=2)
            api.records.insert(0, api.record(number))
            road.run()
        road.later(hours=2)
        found = road.run()

        assert texts_asked(server) == [f"AN/{n}" for n in range(5)]
        assert found.unchanged == 1 and len(road.entries()) == 5

    polled(tmp_path, work)


def test_a_changed_item_is_asked_for_again(tmp_path: Path) -> None:
    def work(road: Road, api: Api, server: Server) -> None:
        road.run()
        api.records[0] = api.record(0, title="A title that was corrected")
        road.later(hours=2)

        found = road.run()

        assert (found.new, found.changed) == (0, 1)
        assert texts_asked(server).count("AN/0") == 2
        assert "word for word" in road.texts()["A title that was corrected"]

    polled(tmp_path, work)


@pytest.mark.parametrize(
    "answer",
    [
        Answer(status=500),
        Answer(status=404),
        Answer(body=b"<html>Log in</html>"),
        Answer(body=b'{"data": {}}'),
        Answer(body=b'{"data"'),
        Answer(body=b'{"data": {"notice_content": ""}}'),
        Answer(status=302, headers={"Location": "file:///etc/passwd"}),
        Answer(status=302, headers={"Location": "http://10.0.0.1/"}),
    ],
    ids=lambda a: f"{a.status}{a.body[:10]!r}",
)
def test_a_text_that_fails_keeps_the_excerpt_and_comes_later(
    tmp_path: Path, answer: Answer
) -> None:
    def work(road: Road, api: Api, server: Server) -> None:
        api.broken["AN/1"] = answer
        first = road.run()
        excerpt = road.texts()["A title that is number 1"]
        ids = {e["id"] for e in road.entries()}
        road.later(hours=2)
        again = road.run()
        api.broken.clear()
        road.later(hours=2)
        last = road.run()

        assert first.new == 3 and first.failed == 0 and excerpt == "In short, number 1."
        assert "no text for 1 of its entries" in first.problems[0][1]
        assert (again.new, again.changed) == (0, 0)
        assert (last.new, last.changed, last.problems) == (0, 1, ())
        assert "word for word" in road.texts()["A title that is number 1"]
        assert {e["id"] for e in road.entries()} == ids and len(road.published()) == 3
        assert texts_asked(server) == ["AN/0", "AN/1", "AN/1", "AN/1", "AN/2"]
        road.later(hours=2)
        assert road.run().unchanged == 1  # its validators are good again

    polled(tmp_path, work)


def test_a_text_that_never_comes_is_given_up(tmp_path: Path) -> None:
    def work(road: Road, api: Api, server: Server) -> None:
        api.broken["AN/1"] = Answer(status=500)
        for _ in range(12):
            road.run()
            road.later(hours=2)

        assert texts_asked(server).count("AN/1") == 6
        assert road.run().unchanged == 1
        assert "1 texts are given up" in str(road.status()["news"]["problems"])
        assert len(road.published()) == 3

    polled(tmp_path, work)


def test_a_correction_without_its_text_loses_no_text(tmp_path: Path) -> None:
    def work(road: Road, api: Api, server: Server) -> None:
        road.run()
        api.records[1] = api.record(1, title="A title that was corrected")
        api.broken["AN/1"] = Answer(status=500)
        for _ in range(3):
            road.later(hours=2)
            road.run()

            assert "word for word" in road.texts()["A title that was corrected"]

    polled(tmp_path, work)


def test_an_item_without_a_second_address_is_kept_as_it_is(tmp_path: Path) -> None:
    def work(road: Road, api: Api, server: Server) -> None:
        del api.records[1]["infoCode"]

        found = road.run()

        assert found.new == 3 and road.texts()["A title that is number 1"] == "In short, number 1."
        assert "1 of its 3 items have no text" in str(found.problems)
        road.later(hours=2)
        assert road.run().unchanged == 1

    polled(tmp_path, work)


def test_few_texts_are_asked_for_at_once_and_all_in_the_end(tmp_path: Path) -> None:
    def work(road: Road, api: Api, server: Server) -> None:
        found = road.run()

        assert found.new == 70 and server.most_at_once <= 2
        assert len(texts_asked(server)) == 50
        assert "20 texts are still to be fetched" in str(found.problems)
        road.later(hours=2)
        assert road.run().changed == 20
        assert len(set(texts_asked(server))) == len(texts_asked(server)) == 70

    polled(tmp_path, work, count=70)


def test_a_dead_text_server_is_left_alone(tmp_path: Path) -> None:
    def work(road: Road, api: Api, server: Server) -> None:
        api.broken = {f"AN/{n}": Answer(status=503) for n in range(30)}

        found = road.run()

        assert found.new == 30 and len(texts_asked(server)) <= 6

    polled(tmp_path, work, count=30)


def test_a_list_that_fails_is_a_source_that_fails(tmp_path: Path) -> None:
    def work(road: Road, api: Api, server: Server) -> None:
        road.run()
        server.handler = lambda _: Answer(body=b'{"code": 1, "message": "busy"}')
        road.later(hours=2)

        found = road.run()

        assert found.failed == 1 and "'code', 'message'" in found.errors[0][1]
        assert len(road.published()) == 3

    polled(tmp_path, work)


def test_no_text_is_read_from_a_file(tmp_path: Path) -> None:
    secret = tmp_path / "secret.json"
    secret.write_text('{"data": {"notice_content": "not for you"}}')
    road = Road(tmp_path)
    (tmp_path / "list.json").write_bytes(body_of(RECORD | {"where": secret.as_uri()}))
    road.config(
        "news: {url: list.json, json: {items: records, id: id, title: title,"
        " text: {url: where, content: data.notice_content}}}"
    )

    assert road.run().new == 1
    assert "not for you" not in (tmp_path / "feeds" / "all.atom").read_text("utf-8")
