from collections.abc import Callable
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator import syntax
from aggregator.moments import credible, moment
from aggregator.text import fold, letters, plain

SHANGHAI = ZoneInfo("Asia/Shanghai")


@pytest.mark.parametrize(
    ("markup", "said"),
    [
        ("plain", "plain"),
        ("a &amp; b", "a & b"),
        ("<p>one</p><p>two</p>", "one two"),
        ("大<b>模型</b>", "大模型"),
        ("a<br>b", "a b"),
        ("<script>evil()</script>kept", "kept"),
        ("<style>p {}</style><!-- no -->kept", "kept"),
        ("1 < 2 and 3 > 2", "1 < 2 and 3 > 2"),
        ("List&lt;int&gt;", "List<int>"),
        ("line\n  break\ttab\u3000wide", "line break tab wide"),
        ("control\x00\x0b\x1f", "control"),
        ("<p title='a > b'>x</p>", "x"),
        ("unclosed <b", "unclosed"),
        ("&#x1F41D; &#8212;", "🐝 —"),
    ],
)
def test_plain_says_what_the_markup_says(markup: str, said: str) -> None:
    assert plain(markup) == said


@given(st.text())
def test_plain_takes_anything_and_leaves_nothing_illegal(markup: str) -> None:
    said = plain(markup)
    assert said == said.strip()
    assert not any(ord(c) < 32 for c in said)


@pytest.mark.parametrize("hostile", ["<!--" * 50_000, "<script " * 50_000, "&#" + "1" * 100_000 + ";",
                                     "e" + "\u0301" * 100_000, "<div>" * 100_000])  # fmt: skip
def test_hostile_text_takes_no_time(hostile: str) -> None:
    plain(hostile)
    letters(hostile)


def test_folding_forgets_case_and_width_and_letters_forget_the_rest() -> None:
    assert fold("ＡＢＣ straße") == "abc strasse"
    assert letters("【快讯】上证指数，涨 ３％!") == letters("快讯 上证指数涨3")


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("2026-01-02T10:00:00Z", datetime(2026, 1, 2, 10, tzinfo=UTC)),
        ("2026-01-02T10:00:00.123+08:00", datetime(2026, 1, 2, 2, 0, 0, 123000, tzinfo=UTC)),
        ("2026-01-02 10:00:00 +0800", datetime(2026, 1, 2, 2, tzinfo=UTC)),
        ("2026-01-02 10:00:00", datetime(2026, 1, 2, 2, tzinfo=UTC)),
        ("2026-01-02", datetime(2026, 1, 1, 16, tzinfo=UTC)),
        ("2026年1月2日", datetime(2026, 1, 1, 16, tzinfo=UTC)),
        ("2026年1月2日 10:30", datetime(2026, 1, 2, 2, 30, tzinfo=UTC)),
        ("Fri, 02 Jan 2026 10:00:00 GMT", datetime(2026, 1, 2, 10, tzinfo=UTC)),
        ("Fri, 2 Jan 26 10:00 EST", datetime(2026, 1, 2, 15, tzinfo=UTC)),
        ("Fri, 02 Jan 2026 10:00:00 CST", datetime(2026, 1, 2, 2, tzinfo=UTC)),
        ("0001-01-01T00:00:00+14:00", None),
        ("yesterday", None),
        ("", None),
        ("99999999999999999999", None),
        ("2026-13-45", None),
        ("Fri, 02 Jan 2026 10:00:00 XYZ", datetime(2026, 1, 2, 2, tzinfo=UTC)),
        ("2026/01/02 10:00", datetime(2026, 1, 2, 2, tzinfo=UTC)),
        ("2026.1.2 9:05", datetime(2026, 1, 2, 1, 5, tzinfo=UTC)),
        ("２０２６年１月２日　１０：３０", datetime(2026, 1, 2, 2, 30, tzinfo=UTC)),
        ("2026年1月2日 下午3:04", datetime(2026, 1, 2, 7, 4, tzinfo=UTC)),
        ("2026年1月2日（星期五）上午12:05", datetime(2026, 1, 1, 16, 5, tzinfo=UTC)),
        ("2026年1月2日 中午12点半", datetime(2026, 1, 2, 4, 30, tzinfo=UTC)),
        ("2026年1月2日中午1点", datetime(2026, 1, 2, 5, tzinfo=UTC)),
        ("2026年1月2日 晚上8时15分30秒", datetime(2026, 1, 2, 12, 15, 30, tzinfo=UTC)),
        ("2026年1月2日 晚上12点", datetime(2026, 1, 2, 16, tzinfo=UTC)),
        ("2026年1月2日 凌晨12:30", datetime(2026, 1, 1, 16, 30, tzinfo=UTC)),
        ("2026年1月", datetime(2025, 12, 31, 16, tzinfo=UTC)),
        ("2026-01-02 3:04 PM", datetime(2026, 1, 2, 7, 4, tzinfo=UTC)),
        ("2 January 2026 3:04 pm", datetime(2026, 1, 2, 7, 4, tzinfo=UTC)),
        ("January 2nd, 2026 12:00 a.m.", datetime(2026, 1, 1, 16, tzinfo=UTC)),
        ("Fri, 02 Jan 2026 10:00:00 GMT+8", datetime(2026, 1, 2, 2, tzinfo=UTC)),
        ("01/02/2026 10:00 UTC-05:00", datetime(2026, 1, 2, 15, tzinfo=UTC)),
        ("Fri Jan 02 2026 10:00:00 GMT+0800 (中国标准时间)", datetime(2026, 1, 2, 2, tzinfo=UTC)),
        ("2026-01-02 10:00:00 -0500 EST", datetime(2026, 1, 2, 15, tzinfo=UTC)),
        ("2026-01-02T10:00-05:00[America/New_York]", datetime(2026, 1, 2, 15, tzinfo=UTC)),
        ("Fri Jan  2 10:00:00 2026", datetime(2026, 1, 2, 2, tzinfo=UTC)),
        ("Jan-02-2026 10:00", datetime(2026, 1, 2, 2, tzinfo=UTC)),
        ("02-Jan-2026 10:00", datetime(2026, 1, 2, 2, tzinfo=UTC)),
        ("02.01.2026", datetime(2026, 1, 1, 16, tzinfo=UTC)),
        ("2026-01-02+00:00", datetime(2026, 1, 2, tzinfo=UTC)),
        ("20260102T100000Z", datetime(2026, 1, 2, 10, tzinfo=UTC)),
        ("20260102100000", datetime(2026, 1, 2, 2, tzinfo=UTC)),
        ("2026-01-02T24:00:00z", datetime(2026, 1, 3, tzinfo=UTC)),
        ("2016-12-31T23:59:60Z", datetime(2016, 12, 31, 23, 59, 59, tzinfo=UTC)),
        ("31 Dec 99 10:00 GMT", datetime(1999, 12, 31, 10, tzinfo=UTC)),
        ("20260102", datetime(2026, 1, 1, 16, tzinfo=UTC)),
        ("Mar 2026", datetime(2026, 2, 28, 16, tzinfo=UTC)),
        ("Fri, 02 Jan 2026 10:00:00 ET", datetime(2026, 1, 2, 15, tzinfo=UTC)),
        ("Thu, 02 Jul 2026 10:00:00 ET", datetime(2026, 7, 2, 14, tzinfo=UTC)),
        ("Fri, 02 Jan 2026 10:00:00 Europe/Berlin", datetime(2026, 1, 2, 9, tzinfo=UTC)),
        ("Fri, 02 Jan 2026 10:00:00 Etc/GMT", datetime(2026, 1, 2, 10, tzinfo=UTC)),
        ("Fri, 02 Jan 2026 10:00:00 No/Where", datetime(2026, 1, 2, 2, tzinfo=UTC)),
        ("Fri, 02 Jan 2026 10:00:00 BRT", datetime(2026, 1, 2, 13, tzinfo=UTC)),
        ("星期五, 02 一月 2026 10:00:00 +0800", datetime(2026, 1, 2, 2, tzinfo=UTC)),
        ("周三, 02 十二月 2026 10:00:00 +0800", datetime(2026, 12, 2, 2, tzinfo=UTC)),
        ("02 12月 2026 10:00:00 +0800", datetime(2026, 12, 2, 2, tzinfo=UTC)),
        ("2026年十二月2日 10:00", datetime(2026, 12, 2, 2, tzinfo=UTC)),
        ("Fr, 02 Mär 2026 10:00:00 +0100", datetime(2026, 3, 2, 9, tzinfo=UTC)),
        ("Mittwoch, 02. Dezember 2026 um 10:00 Uhr", datetime(2026, 12, 2, 2, tzinfo=UTC)),
        ("mer., 02 déc. 2026 10:00:00 +0100", datetime(2026, 12, 2, 9, tzinfo=UTC)),
        ("2 août 2026 à 10:00", datetime(2026, 8, 2, 2, tzinfo=UTC)),
        ("mié, 02 dic 2026 10:00:00 +0100", datetime(2026, 12, 2, 9, tzinfo=UTC)),
        ("pon, 02 paź 2026 10:00:00 +0200", datetime(2026, 10, 2, 8, tzinfo=UTC)),
        ("mån, 2 maj 2026 10:00 +0200", datetime(2026, 5, 2, 8, tzinfo=UTC)),
        ("tir., 2. des. 2026 10:00 +0100", datetime(2026, 12, 2, 9, tzinfo=UTC)),
        ("Pzt, 02 Ağu 2026 10:00:00 +0300", datetime(2026, 8, 2, 7, tzinfo=UTC)),
        ("Lundi, 2. Novembre 2026 - 10:05", datetime(2026, 11, 2, 2, 5, tzinfo=UTC)),
        ("Mon, 02 Nov 2026 10.05.30 GMT", datetime(2026, 11, 2, 10, 5, 30, tzinfo=UTC)),
        ("Mon, 02 Nov 2026 10:05:00 --0700", datetime(2026, 11, 2, 17, 5, tzinfo=UTC)),
        ("Mon, 02 Nov 2026 10:05:00 MST-07:00", datetime(2026, 11, 2, 17, 5, tzinfo=UTC)),
        ("2026-11-02T10:05:00-05:00Z", datetime(2026, 11, 2, 15, 5, tzinfo=UTC)),
        ("2 de mayo de 2026", datetime(2026, 5, 1, 16, tzinfo=UTC)),
        ("gio, 02 lug 2026 10:00:00 +0200", datetime(2026, 7, 2, 8, tzinfo=UTC)),
        ("sexta-feira, 2 de outubro de 2026", datetime(2026, 10, 1, 16, tzinfo=UTC)),
        ("wo, 02 mrt 2026 10:00:00 +0100", datetime(2026, 3, 2, 9, tzinfo=UTC)),
        ("Ср, 02 мая 2026 10:00:00 +0300", datetime(2026, 5, 2, 7, tzinfo=UTC)),
        ("2 декабря 2026 г. 10:00", datetime(2026, 12, 2, 2, tzinfo=UTC)),
        ("2 Foobar 2026", None),
        ("02 13月 2026", None),
        ("1767500000", datetime(2026, 1, 4, 4, 13, 20, tzinfo=UTC)),
        ("1767500000250", datetime(2026, 1, 4, 4, 13, 20, 250000, tzinfo=UTC)),
        ("17675000", None),
        ("99999-01-01", None),
        ("10:00", None),
        ("5 Mar", None),
        ("Friday", None),
        ("1月2日 10:00", None),
        ("-0001-11-30T00:00:00Z", None),
        ("0000-00-00 00:00:00", None),
        ("2026-02-30T00:00:00Z", None),
        ("2026-13-01", None),
        ("Fri, 2026/13/01 10:00:00 EST", None),
        ("31 Feb 2026", None),
        ("2026-01-02T25:00:00Z", None),
        ("2026-01-02T10:61:00Z", None),
        ("2026-01-02T10:00:00+25:00", None),
    ],
)
def test_a_date_is_aware_or_nothing_and_read_in_its_zone(said: str, meant: datetime | None) -> None:
    assert moment(said, SHANGHAI) == meant


def test_china_and_chicago_share_a_name() -> None:
    text = "Fri, 02 Jan 2026 10:00:00 CST"
    assert moment(text, UTC) == datetime(2026, 1, 2, 16, tzinfo=UTC)
    assert moment(text, SHANGHAI) == datetime(2026, 1, 2, 2, tzinfo=UTC)


@pytest.mark.parametrize("year", [1, 1900, 1970, 9999])
def test_the_ends_of_calendars_and_clocks_are_no_dates_of_a_feed(year: int) -> None:
    assert credible(datetime(year, 1, 1, tzinfo=UTC)) is None
    assert credible(None) is None


@pytest.mark.parametrize("year", [1912, 1971, 1995, 2106])
def test_old_archives_and_the_near_future_are_dates(year: int) -> None:
    when = datetime(year, 1, 1, tzinfo=UTC)
    assert credible(when) == when


@given(st.text())
def test_any_text_is_a_moment_or_none(said: str) -> None:
    found = moment(said, SHANGHAI)
    assert found is None or found.tzinfo is UTC


# ── syntax ───────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("written", "text"),
    [
        (syntax.language, "English"),
        (syntax.language, "chinese-simplified"),
        (syntax.email, "lin@example.org,"),
        (syntax.email, "lin@"),
        (syntax.email, "(lin)@example.org"),
        (syntax.iri, "https://:80/"),
        (syntax.iri, "https://example.org:port/"),
    ],
)
def test_what_no_reader_could_use_is_not_written(
    written: Callable[[str], str | None], text: str
) -> None:
    assert written(text) is None


@pytest.mark.parametrize(
    ("written", "text"),
    [
        (syntax.language, "zh-Hans-CN"),
        (syntax.language, "yue"),
        (syntax.email, "lin.o'hara+news@mail.example.org"),
        (syntax.iri, "https://lin@例子.example:8080/港?a=1#b"),
        (syntax.iri, "https://[2001:db8::1]/"),
    ],
)
def test_what_has_the_right_syntax_stays_as_it_is(
    written: Callable[[str], str | None], text: str
) -> None:
    assert written(text) == text


@pytest.mark.parametrize(
    ("said", "written"),
    [
        (
            "https://a.example/?a[]=1&b[2]=x#c[d]",
            "https://a.example/?a%5B%5D=1&b%5B2%5D=x#c%5Bd%5D",
        ),
        ("https://[2001:db8::1]:8080/[x]", "https://[2001:db8::1]:8080/%5Bx%5D"),
        ("tag:a.example,2003:[foo", "tag:a.example,2003:%5Bfoo"),
        ("https://a.example/港", "https://a.example/港"),
        ("no address", None),
    ],
)
def test_brackets_are_written_in_hosts_of_numbers_only(said: str, written: str | None) -> None:
    assert syntax.written(said) == written
