"""Words of texts and questions, and the parts of texts that answer them."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregator.searching import Phrase, Query, grams, grams_of, query_of, words_of
from aggregator.snippets import LENGTH, Marked, marked, snippet


def rows(asked: str) -> list[list[tuple[list[str], bool]]]:
    """Each term that is wanted, in each of its spellings, as the index has it."""
    return [[grams_of(phrase) for phrase in term] for term in query_of(asked).wanted]


# ── texts ────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Hello, WORLD", "hello world"),
        ("Café naïve Ελλάδα", "cafe naive ελλαδα"),
        ("cafe\u0301", "cafe"),
        ("ＦＵＬＬ　ｗｉｄｔｈ", "full width"),
        ("電腦與軟體", "电脑与软体"),
        ("5G手机", "5g 手机"),
        ("人工\n 智能", "人工智能"),
        ("हिन्दी में", "हिन्दी में"),
        ("don't C++ a_b", "don t c a b"),
        ("مُحَمَّد", "محمد"),
        ("“”…——！", ""),
    ],
)
def test_words_are_alike_whatever_their_form(text: str, words: str) -> None:
    assert words_of(text) == words


def test_each_letter_of_a_script_without_spaces_stands_with_the_next() -> None:
    assert grams(words_of("智能手机, 5G")) == ["智能", "能手", "手机", "机", "5g"]


def test_of_a_long_text_only_so_much_is_searched() -> None:
    assert len(grams(words_of("字" * 50_000))) == 16_000
    assert len(grams(words_of("word " * 50_000))) == 16_000
    assert words_of("x" * 1000) == "x" * 64


# ── questions ────────────────────────────────────────────────────────────────


def test_all_words_are_wanted_and_what_has_a_minus_is_not() -> None:
    query = query_of("harbour ferry -night -“old pier”")

    assert query == Query(
        wanted=((Phrase(runs=("harbour",)),), (Phrase(runs=("ferry",)),)),
        unwanted=((Phrase(runs=("night",)),), (Phrase(runs=("old", "pier")),)),
    )


@pytest.mark.parametrize(
    ("asked", "row"),
    [
        ("智能", (["智能"], False)),
        ("智能手机", (["智能", "能手", "手机"], False)),
        ("猫", (["猫"], True)),
        ("手机5G", (["手机", "机", "5g"], False)),
        ("GPT-4", (["gpt", "4"], False)),
        ("harb*", (["harb"], True)),
        ("h*", (["h"], False)),
        ('"night ferry"', (["night", "ferry"], False)),
        ("「夜間 渡輪」", (["夜间", "间渡", "渡轮"], False)),
        ('"never closed', (["never", "closed"], False)),
    ],
)
def test_a_term_is_a_row_of_what_the_index_has(asked: str, row: tuple[list[str], bool]) -> None:
    assert rows(asked)[0][0] == row


def test_a_word_is_looked_for_as_either_side_of_the_strait_says_it() -> None:
    assert {"软体", "软件"} == {row[0] for row, _ in rows("軟體")[0]}
    assert {"软体", "软件"} == {row[0] for row, _ in rows("软件")[0]}
    assert rows('"软件"') == [[(["软件"], False)]]


@pytest.mark.parametrize("asked", ["", "   ", '"', "-", '-""', "*", "…！", "- - -", "\x00\ud800"])
def test_what_holds_no_word_asks_for_nothing(asked: str) -> None:
    assert query_of(asked) == Query()


def test_a_question_has_an_end() -> None:
    assert len(query_of(" ".join(map(str, range(1000)))).wanted) == 16
    assert len(query_of("字" * 1000).wanted[0][0].runs[0]) == 200


# ── snippets ─────────────────────────────────────────────────────────────────


def hits(found: Marked) -> list[str]:
    return [piece for piece, hit in found.pieces if hit]


@pytest.mark.parametrize(
    ("text", "asked", "found"),
    [
        ("The CAFÉ and a cafe\u0301.", "cafe", ["CAFÉ", "cafe\u0301"]),
        ("A category is no cat", "cat", ["cat"]),
        ("Harbours and harbour", "harb*", ["Harb", "harb"]),
        ("新的智慧型手機與智能手机", "智能", ["智慧", "智能"]),
        ("軟體工程師", "软件", ["軟體"]),
        ("人工 智能", "人工智能", ["人工 智能"]),
        ("５Ｇ 手機來了", "5g手机", ["５Ｇ 手機"]),
        ("night ferry, ferry night", '"night ferry"', ["night ferry"]),
        ("nothing", "else", []),
        ("nothing", "", []),
        ("not this", "this -not", ["this"]),
    ],
)
def test_hits_are_where_the_words_stand(text: str, asked: str, found: list[str]) -> None:
    whole = marked(text, query_of(asked))

    assert hits(whole) == found
    assert "".join(piece for piece, _ in whole.pieces) == text


def test_a_snippet_is_where_most_of_what_is_wanted_stands_together() -> None:
    text = "ferry. " + "filler words of no use " * 60 + "The night ferry returns. " + "more " * 99

    found = snippet(text, query_of("night ferry"))

    assert hits(found) == ["night", "ferry"]
    assert found.text.startswith("…") and found.text.endswith("…")
    assert len(found.text) <= LENGTH + 2


def test_a_snippet_without_hits_is_the_beginning() -> None:
    assert snippet("Short.", query_of("else")).text == "Short."
    assert snippet("很长的文字。" * 100, query_of("无")).text.startswith("很长的文字")


def test_a_snippet_in_chinese_is_half_as_long() -> None:
    found = snippet("很多話說。" * 200 + "智能手機" + "很多話說。" * 200, query_of("智能"))

    assert hits(found) == ["智能"]
    assert len(found.text) <= LENGTH // 2 + 2


def test_markup_in_a_text_is_text() -> None:
    found = marked("<b>x</b> & <script>", query_of("script"))

    assert list(found.pieces) == [("<b>x</b> & <", False), ("script", True), (">", False)]


@given(st.text(max_size=400), st.text(max_size=60))
@settings(max_examples=100)
def test_any_question_about_any_text_is_answered(text: str, asked: str) -> None:
    query = query_of(asked)

    found = snippet(text, query)

    assert [piece for piece, _ in found.pieces if not piece] == []
    assert "".join(piece for piece, _ in found.pieces) == found.text
    assert marked(text, query).text == text
    assert all(gram == gram.strip() and gram for gram in grams(words_of(text)))


@pytest.mark.parametrize("cluster", ["e\u0301", "🇩🇪", "👩\u200d👧", "👍🏽", "न\u093f", "❤\ufe0f"])
@pytest.mark.parametrize("shift", range(7))
def test_no_snippet_begins_or_ends_inside_a_character_cluster(cluster: str, shift: int) -> None:
    text = "." * shift + cluster * 300 + "字" + cluster * 300

    found = snippet(text, query_of("字")).text

    before, _, after = found.strip("…").partition("字")
    assert before == cluster * (len(before) // len(cluster)) != ""
    assert after == cluster * (len(after) // len(cluster)) != ""
