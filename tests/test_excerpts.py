"""Excerpts end where a reader would have ended them."""

import time
import unicodedata

import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st

from aggregator.excerpts import excerpt, passage
from aggregator.text import plain


@pytest.mark.parametrize(
    ("markup", "most", "cut"),
    [
        ("<p>short</p>", 20, "short"),
        ("", 20, ""),
        # behind a sentence
        ("One sentence. Another one that is too long to be kept.", 20, "One sentence."),
        ("Is it so? It is, and for longer than anybody thought.", 20, "Is it so?"),
        ("“Stop there!” And then a long way on without an end", 25, "“Stop there!”"),
        ("Wait... what is it? A tail that never ends for anyone", 30, "Wait... what is it?"),
        ("It went on... Nobody knew for how long that would be", 22, "It went on..."),
        ("第一句话到这里结束。第二句话太长了放不下去了。", 24, "第一句话到这里结束。"),
        ("他说：“到此为止。”然后走了很远很远的路", 24, "他说：“到此为止。”"),
        ("「はい。」と言った。それから長い長い話が続きます", 24, "「はい。」と言った。"),
        ("他走了……没有人知道他去了哪里也没有人问", 20, "他走了……"),
        ("前半句已经说完了；后半句还有很多很多话要说", 24, "前半句已经说完了；"),
        ("ما هذا؟ لا أعرف شيئا عن هذا الموضوع إطلاقا", 20, "ما هذا؟"),
        ("यह पहला वाक्य है। दूसरा वाक्य बहुत लंबा है और चलता रहता है", 20, "यह पहला वाक्य है।"),
        # what is no end of one
        ("Mr. Smith of the U.S. Navy met J. Doe there again", 40, "Mr. Smith of the U.S. Navy met J. Doe…"),
        ("version 2.0 is out now for everybody", 25, "version 2.0 is out now…"),
        ("It stood at No. 5 for a whole long year", 20, "It stood at No. 5…"),
        ("They said no. Then they left for good, all", 30, "They said no."),
        ("Some of it, e.g. Bees, is small and quick", 24, "Some of it, e.g. Bees…"),
        ("Yahoo! was a name that everybody knew then", 24, "Yahoo! was a name that…"),
        ("Am 3. Oktober war das ganze Land auf den Beinen", 24, "Am 3. Oktober war das…"),
        ("Yes. But what comes now is far too long to be kept here", 40, "Yes. But what comes now is far too long…"),
        # behind a word, or between characters
        ("words without any end at all go on", 20, "words without any…"),
        ("没有标点的一长串汉字会一直写下去", 16, "没有标点的一长…"),
        ("unbreakable" * 9, 12, "unbreakable…"),
        ("Tom &amp; Jerry &amp; everybody else", 12, "Tom & Jerry…"),
    ],
)  # fmt: skip
def test_an_excerpt_ends_where_a_sentence_or_a_word_does(markup: str, most: int, cut: str) -> None:
    assert excerpt(markup, most) == cut


@pytest.mark.parametrize(
    "one",
    ["👨‍👩‍👧‍👦", "🇨🇳", "👍🏽", "e\u0301", "\u1112\u1161\u11ab", "क्षि", "❤️", "กำ"],
)
def test_no_character_is_cut_in_two(one: str) -> None:
    for most in range(2, 12):
        kept = excerpt(one * 20, most).removesuffix("…")

        assert kept == one * (len(kept) // len(one))


def test_a_chinese_character_takes_the_room_of_two() -> None:
    assert excerpt("字" * 200, 300) == "字" * 149 + "…"
    assert excerpt("字" * 150, 300) == "字" * 150


TEXTS = st.text(st.sampled_from("aB .。！”…\u0301\u200d🇨🇳👩中क्ष1") | st.characters(codec="utf-8"))


@given(TEXTS, st.integers(2, 40))
def test_an_excerpt_is_whole_characters_and_never_longer_than_asked(text: str, most: int) -> None:
    whole, cut = plain(text), excerpt(text, most)
    seen = regex.findall(r"\X", cut)
    wide = sum(2 if any(unicodedata.east_asian_width(c) in "WF" for c in x) else 1 for x in seen)

    assert wide <= most
    if cut != whole:
        kept = cut.removesuffix("…") if not whole.startswith(cut) else cut
        assert whole.startswith(kept)
        assert regex.findall(r"\X", whole)[: len(regex.findall(r"\X", kept))] == regex.findall(
            r"\X", kept
        )


@pytest.mark.parametrize(
    "text",
    ["\u0301" * 300_000, "🇨" * 300_000, "क्" * 150_000, "👨\u200d" * 150_000, "." * 300_000,
     "”" * 300_000, "a." * 150_000, "…" * 300_000, "<p>" * 100_000, "&amp;" * 100_000, "! " * 150_000],
)  # fmt: skip
def test_no_text_takes_long(text: str) -> None:
    start = time.process_time()
    excerpt(text, 300)
    passage(text, 300)

    assert time.process_time() - start < 2


def test_a_passage_keeps_its_paragraphs_apart() -> None:
    markup = "<h2>Intro</h2><p>It begins &lt;here&gt; &amp; now.</p><p>" + "A long way on. " * 40

    assert passage(markup, 60) == (
        "<p>Intro</p><p>It begins &lt;here&gt; &amp; now.</p><p>A long way on. A long way on.</p>"
    )


def test_a_paragraph_that_does_not_fit_is_left_out_where_enough_was_said() -> None:
    markup = "<p>All of this stands in the first paragraph of two.</p><p>" + "word " * 99

    assert passage(markup, 70) == "<p>All of this stands in the first paragraph of two.</p>"
    assert (
        passage("<p>Intro</p><p>" + "word " * 99, 30)
        == "<p>Intro</p><p>word word word word word…</p>"
    )


def test_a_text_without_words_has_no_passage() -> None:
    assert passage('<img src="https://a.example/a.png">', 300) is None
