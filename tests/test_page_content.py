"""The texts of entries as they stand in a page: valid, in order, and asking nobody for anything."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.pages.content import Images, shown
from aggregator.pages.words import words_of
from aggregator.rules import clean

WORDS = words_of("en")
PICTURE = "https://a.example/p.png"


def page(markup: str, images: Images = "link") -> str:
    return str(shown(clean.safe_html(markup, "https://a.example/"), words=WORDS, images=images))


def medium(words: str) -> str:
    return f'<span class="medium">{words}</span>'


# ── what is read aloud in order ──────────────────────────────────────────────


@pytest.mark.parametrize(
    ("levels", "shown_as"),
    [
        ([1, 2, 3], [3, 4, 5]),
        ([4, 4], [3, 3]),
        ([2, 5, 2], [3, 4, 3]),
        ([1, 2, 3, 4, 5, 6], [3, 4, 5, 6, 6, 6]),
        ([3, 1], [3, 3]),
    ],
)
def test_headings_stand_below_the_title_of_their_entry_without_a_gap(
    levels: list[int], shown_as: list[int]
) -> None:
    markup = "".join(f"<h{n}>a</h{n}><p>b</p>" for n in levels)

    assert [int(n) for n in re.findall(r"<h(\d)>", page(markup))] == shown_as


def test_there_is_no_second_main_and_no_landmark_in_a_text() -> None:
    markup = "".join(f"<{x}><p>{x}</p></{x}>" for x in ("main", "nav", "aside", "header", "footer"))

    assert set(re.findall(r"<(\w+)", page(markup))) == {"div", "p"}


@pytest.mark.parametrize(
    ("given", "shown_as"),
    [
        ("<h2> </h2><p>a</p>", "<div> </div><p>a</p>"),
        ("<p></p><p>a</p>", "<p>a</p>"),
        ('<p>a<a href="https://b.example/"></a></p>', "<p>a</p>"),
        ('<a href="https://b.example/"> </a>', ""),
        ("<ul>one<li>two</li><p>three</p></ul>", "<ul><li>one</li><li>two</li><li><p>three</p></li></ul>"),
        ("<li>one</li>", "<div>one</div>"),
        ("<dl><dt>a</dt><dd>b</dd></dl>", "<dl><dt>a</dt><dd>b</dd></dl>"),
        ("<dl><dd>b</dd><dt>a</dt></dl>", "<div><div>b</div><div>a</div></div>"),
        ("<span><p>a</p></span>", "<div><p>a</p></div>"),
        ("<b><div>a</div></b>", "<div><div>a</div></div>"),
        ("<h2>a<div>b</div></h2>", "<h3>a<br>b</h3>"),
        ("<center><font>a</font> <strike>b</strike></center>", "<div>a <s>b</s></div>"),
        ("<acronym title=c>a</acronym> <tt>b</tt>", '<abbr title="c">a</abbr> <code>b</code>'),
        ("<details><p>a</p></details>", "<details><summary>More</summary><p>a</p></details>"),
        ("<summary>a</summary>", "<div>a</div>"),
        ("<time datetime=yesterday>a</time>", "a"),
        ("<time datetime=2026-02-31>a</time>", "a"),
        ("<time datetime=2026-02-28>a</time>", '<time datetime="2026-02-28">a</time>'),
        ("<p lang=english dir=up>a</p>", "<p>a</p>"),
        ("<p lang=zh_cn dir=RTL>a</p>", '<p lang="zh-CN" dir="rtl">a</p>'),
        ("<ol start=x reversed><li value=y>a</li></ol>", "<ol reversed><li>a</li></ol>"),
        ("<ruby>漢<rp>(</rp><rt>kan</rt><rp>)</rp></ruby>", "<ruby>漢<rp>(</rp><rt>kan</rt><rp>)</rp></ruby>"),
        ("<ruby>漢</ruby>", "漢"),
        ("<pre>\n\na\n  b</pre>", "<pre>\n\na\n  b</pre>"),
        ("1 &lt; 2 &amp; 3", "1 &lt; 2 &amp; 3"),
        ("<svg><path d='M0 0'></path></svg>a", "a"),
    ],
)  # fmt: skip
def test_what_stands_where_it_may_not_is_put_right(given: str, shown_as: str) -> None:
    assert page(given) == shown_as


@pytest.mark.parametrize(
    ("given", "shown_as"),
    [
        ("<math><mfrac><mn>1</mn><mn>2</mn></mfrac></math>",) * 2,
        ("<math><mfrac><mn>1</mn></mfrac></math>", "<math><mrow><mn>1</mn></mrow></math>"),
        ("<math>x</math>", "<math><mtext>x</mtext></math>"),
        (
            "<math display=block><msup><mi>e</mi><mi>x</mi></msup></math>",
            '<math display="block"><msup><mi>e</mi><mi>x</mi></msup></math>',
        ),
    ],
)
def test_a_formula_has_as_many_parts_as_it_needs(given: str, shown_as: str) -> None:
    assert page(given) == shown_as


# ── tables ───────────────────────────────────────────────────────────────────


def test_a_table_scrolls_by_itself_and_can_be_reached_by_keyboard() -> None:
    text = page("<table><tr><th>a</th><td align=right>1</td></tr></table>")

    assert text == (
        '<div class="wide" role="group" tabindex="0" aria-label="Table"><table><tbody><tr>'
        '<th>a</th><td class="end">1</td></tr></tbody></table></div>'
    )


def test_a_table_that_only_lays_out_is_none() -> None:
    inner = "<table><tr><td>a</td><td>b</td></tr></table>"

    assert "<table" not in page("<table><tr><td><p>a</p></td></tr></table>")
    assert page(f"<table><tr><td>x</td><td>{inner}</td></tr></table>").count("<table") == 1


@pytest.mark.parametrize(
    ("rows", "kept"),
    [
        ("<tr><td colspan=2>a</td></tr><tr><td>b</td><td>c</td></tr>", True),
        ("<tr><td colspan=9>a</td></tr><tr><td>b</td><td>c</td></tr>", False),
        ("<tr><td rowspan=9>a</td><td>b</td></tr><tr><td>c</td></tr>", False),
    ],
)
def test_cells_span_only_what_there_is(rows: str, kept: bool) -> None:
    assert ("span=" in page(f"<table>{rows}</table>")) == kept


# ── pictures and recordings ──────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("given", "shown_as"),
    [
        (f'<img src="{PICTURE}" alt="a &amp; b">', f'<a href="{PICTURE}">{medium("Picture: a &amp; b")}</a>'),
        (f'<img src="{PICTURE}">', f'<a href="{PICTURE}">{medium("Picture")}</a>'),
        (
            f'<a href="https://b.example/"><img src="{PICTURE}" alt="a"></a>',
            f'<a href="https://b.example/">{medium("Picture: a")}</a>',
        ),
        (
            '<video controls><source src="https://a.example/v.mp4">no</video>',
            f'<a href="https://a.example/v.mp4">{medium("Video")}</a>',
        ),
        ('<audio src="https://a.example/a.mp3"></audio>', f'<a href="https://a.example/a.mp3">{medium("Recording")}</a>'),
    ],
)  # fmt: skip
def test_a_picture_is_a_link_to_it(given: str, shown_as: str) -> None:
    assert page(given) == shown_as


def test_a_picture_is_shown_where_that_is_wanted_late_and_without_saying_where_one_reads() -> None:
    text = page(f'<img src="{PICTURE}" alt="a" width="40" height="x">', images="show")

    assert text == (
        f'<img src="{PICTURE}" alt="a" width="40" loading="lazy" decoding="async"'
        ' referrerpolicy="no-referrer">'
    )


def test_a_recording_is_a_link_even_where_pictures_are_shown() -> None:
    assert "<video" not in page('<video src="https://a.example/v.mp4"></video>', images="show")


# ── whatever comes ───────────────────────────────────────────────────────────

_NAMES = ["a", "p", "b", "span", "div", "h1", "h4", "ul", "ol", "li", "dl", "dt", "dd", "table", "tr", "td", "th", "caption", "img", "video", "details", "summary", "figure", "figcaption", "ruby", "rt", "pre", "blockquote", "center", "font", "main", "math", "mfrac", "mi", "time", "em"]  # fmt: skip
_TAGS = st.sampled_from(
    [*(f"<{x}>" for x in _NAMES), *(f"</{x}>" for x in _NAMES), f'<img src="{PICTURE}">', '<a href="https://b.example/">']
)  # fmt: skip
_LOADS = re.compile(
    r"<(?:img|video|audio|source|track|iframe|object|embed|link|script|style)\b| src="
)


@given(st.lists(_TAGS | st.sampled_from(["word", " ", "字", "<", "&"]), max_size=30))
def test_nothing_is_asked_of_another_host_and_all_that_is_opened_is_closed(
    parts: list[str],
) -> None:
    text = page("".join(parts))
    opened = re.findall(r"<(\w+)", text)

    assert not _LOADS.search(text)
    assert sorted(x for x in opened if x not in ("br", "hr", "wbr")) == sorted(
        re.findall(r"</(\w+)", text)
    )


@given(
    st.lists(st.sampled_from(["word", "<p>", "</p>", "<b>", "<li>", "<td>", "<h2>"]), max_size=30)
)
def test_no_word_is_lost(parts: list[str]) -> None:
    markup = clean.safe_html("".join(parts), "https://a.example/")

    assert page(markup).count("word") == markup.count("word")


def test_what_is_nested_without_end_is_shown_all_the_same() -> None:
    assert "word" in page("<blockquote>" * 150 + "word")
