from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.moments import moment, zoned
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
    ],
)
def test_a_date_is_aware_or_nothing_and_read_in_its_zone(said: str, meant: datetime | None) -> None:
    assert moment(said, SHANGHAI) == meant


def test_china_and_chicago_share_a_name() -> None:
    text = "Fri, 02 Jan 2026 10:00:00 CST"
    assert moment(text, UTC) == datetime(2026, 1, 2, 16, tzinfo=UTC)
    assert zoned(text, UTC) and not zoned(text, SHANGHAI)


@given(st.text())
def test_any_text_is_a_moment_or_none(said: str) -> None:
    found = moment(said, SHANGHAI)
    assert found is None or found.tzinfo is UTC
