import re

import pytest

from aggregator.prose import prose_of
from aggregator.titles import likeness, title_of
from aggregator.tokens import NUMBER, shingles_of, tokens_of


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ("The Ferry STAYS", "the ferry — stays!"),
        ("央行今日開展逆回購", "央行今日开展逆回购"),
        ("ＧＰＴ－４ 发布", "gpt-4发布"),
        ("3,012.5 points", "3012.5 points"),
        ("café", "cafe\u0301"),
        ("ﾃｽﾄ", "テスト"),
    ],
)
def test_what_only_looks_other_has_the_same_tokens(one: str, two: str) -> None:
    assert tokens_of(one).tolist() == tokens_of(two).tolist()


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("", 0), (" \n…—", 0), ("ferry", 1), ("ferry stays", 2), ("渡轮", 2), ("渡轮ferry", 3),
        ("3.14", 1), ("v1.2.3", 2), ("A股涨3.5%", 4), ("ไทย", 3), ("дом 7", 2), ("\ud800", 0),
        ("x" * 5000, 1), ("\U0010fffd", 0), ("𠀀𠀁", 2),
    ],
)  # fmt: skip
def test_words_letters_and_numbers_are_tokens(text: str, count: int) -> None:
    assert len(tokens_of(text)) == count


def test_other_words_are_other_tokens_and_numbers_say_that_they_are() -> None:
    tokens = tokens_of("one two 3 four 五 six seven 8").tolist()
    assert len(set(tokens)) == 8
    assert [t & 3 == NUMBER for t in tokens] == [
        False,
        False,
        True,
        False,
        False,
        False,
        False,
        True,
    ]
    assert len(shingles_of(tokens_of("one two 3 four five"))) == 2
    assert len(shingles_of(tokens_of("one two"))) == 1


@pytest.mark.parametrize(
    ("markup", "told"),
    [
        ("<p>The ferry stays.</p><p>Copyright 2026 The Tribune. All rights reserved.</p>", "The ferry stays."),
        ("<p>HARBOUR, March 3 (Wire) - The ferry stays.</p>", "The ferry stays."),
        ("<p>本报讯（记者 王芳）渡轮留下。</p><p>责任编辑：李明</p>", "渡轮留下。"),
        ("<p>渡轮留下。（文章来源：江海日报）</p>", "渡轮留下。"),
        ("<p>渡轮留下。</p><h4>相关阅读</h4><ul><li><a href='/x'>大桥何时修好</a></li></ul>", "渡轮留下。"),
        ("<p>Read more at The Tribune.</p>", "Read more at The Tribune."),
        ("One line<br>and <b>an</b>other", "One line\nand another"),
        ("Write to us at desk@tribune.example or https://tribune.example/x today", "Write to us at or today"),
        ("", ""),
    ],
)  # fmt: skip
def test_the_story_is_told_without_notices(markup: str, told: str) -> None:
    assert re.sub(" +", " ", prose_of(markup)).strip() == told


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ("渡轮将保留到大桥修好", "快讯：渡轮将保留到大桥修好"),
        ("渡轮将保留到大桥修好", "【重磅】渡轮将保留到大桥修好_江海日报"),
        ("渡轮将保留到大桥修好", "渡輪將保留到大橋修好（江海商報）"),
        ("Ferry to stay until the bridge is mended", "UPDATE 2-Ferry to stay until the bridge is mended"),
        ("Ferry to stay until the bridge is mended", "Breaking: Ferry to stay until the bridge is mended - Harbour Tribune"),
        ("Ferry to stay until the bridge is mended", "Ferry to stay until the bridge is mended | The Wire"),
    ],
)  # fmt: skip
def test_what_an_outlet_hangs_on_a_title_does_not_count(one: str, two: str) -> None:
    assert likeness(title_of(one), title_of(two)).same


@pytest.mark.parametrize(
    ("title", "marks"),
    [
        ("大桥修复记（上）", {"上"}), ("大桥修复记②", {"2"}), ("渡轮夜话 第12期", {"期12"}),
        ("The long repair, Part Two", {"part2"}), ("Night ferry #12", {"12"}), ("Repair (1/2)", {"1/2"}),
        ("The long repair II", {"ii"}), ("The ferry stays", set()), ("大桥上", set()),
    ],
)  # fmt: skip
def test_the_marks_of_a_series_are_seen(title: str, marks: set[str]) -> None:
    assert title_of(title).serial == marks


def test_a_clause_behind_a_dash_is_part_of_the_title() -> None:
    whole = title_of("Ferry to stay - council votes after a long night of talks")
    assert len(whole) == 11


@pytest.mark.parametrize("word", ["a ", "词", "1 ", "a: "])
def test_of_a_text_that_stands_as_a_title_the_beginning_is_compared(word: str) -> None:
    title = title_of("Harbour closed " + word * 100_000)

    assert 100 < len(title) <= 1_000
    assert likeness(title, title_of("Harbour closed " + word * 90_000)).same
