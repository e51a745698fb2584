"""What an expression says of an entry, where a wrong one is wrong, and that neither ever breaks."""

from __future__ import annotations

import re
import time
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from aggregator import config
from aggregator.errors import ConfigError
from aggregator.model import Category, Enclosure, Entry, Link, Person, Source
from aggregator.rules.expressions import (
    DATES,
    LISTS,
    NUMBER_SIGNS,
    NUMBERS,
    TEXT_SIGNS,
    TEXTS,
    ExpressionError,
    compile_expression,
)

PAGE = (Path(__file__).parent.parent / "docs" / "expressions.md").read_text("utf-8")

EMPTY = Entry()
SQLITE = Entry(
    id="tag:example.org,2026:1",
    title="SQLite 3.50 released",
    links=(Link(href="https://example.org/sqlite"),),
    authors=(Person(name="Ann"), Person(name="李雷")),
    summary="<p>A &lt;small&gt; database</p><p>数<b>据</b>库</p>",
    content="<p>Faster.</p>" + "<p>x</p>" * 200,
    categories=(Category(term="db", label="数据库"), Category(term="Ｐｙｔｈｏｎ")),
    sections=("技术",),
    language="en",
)
ADVERT = Entry(
    title="Buy now",
    links=(Link(href="https://example.org/sponsored/1"),),
    authors=(Person(name="bot"), Person(email="bot@example.org")),
    summary="大<em>模型</em>",
    enclosures=(Enclosure(url="https://example.org/a.mp3"),),
)

DATED = Entry(
    published=datetime(2025, 1, 2, 7, tzinfo=timezone(timedelta(hours=8))),
    links=(Link(href="https://www.a.example/1"),),
)

EXPECTED = [
    # a text
    ('title ~ "SQL"', SQLITE, True),
    ('title ~ "sql"', SQLITE, False),
    ('title ~ "(?i)sql"', SQLITE, True),
    (r'title ~ "\d+\.\d+"', SQLITE, True),
    ('title !~ "SQL"', SQLITE, False),
    ('title = "sqlite 3.50 RELEASED"', SQLITE, True),
    ('title == "SQLite"', SQLITE, False),
    ('title != "SQLite"', SQLITE, True),
    ('title has "sqlite"', SQLITE, True),
    ('title has "ＳＱＬ"', SQLITE, True),
    ("title", SQLITE, True),
    ("title", EMPTY, False),
    ('title = ""', EMPTY, True),
    ('link ~ "^https://"', EMPTY, False),
    ('link ~ "/sponsored/"', ADVERT, True),
    ('id = "tag:example.org,2026:1"', SQLITE, True),
    ('language = "EN"', SQLITE, True),
    ('author = "Ann, 李雷"', SQLITE, True),
    ('author has "李雷"', SQLITE, True),
    ('author = "Bot"', ADVERT, True),
    # plain text
    ('summary = "A <small> database 数据库"', SQLITE, True),
    ('text ~ "(?i)LLM|大模型"', ADVERT, True),
    ('text ~ "(?i)LLM|大模型"', SQLITE, False),
    (r'text ~ "released\nA"', SQLITE, True),
    ('text has "Faster."', SQLITE, True),
    ('content has "Faster. x x"', SQLITE, True),
    ('content has "<p>"', SQLITE, False),
    ("content", ADVERT, False),
    # a list
    ('tags has "python"', SQLITE, True),
    ('tags has "pytho"', SQLITE, False),
    ('tags has "数据库"', SQLITE, True),
    ('categories has "技术"', SQLITE, True),
    ('tags = "db"', SQLITE, True),
    ('tags != "db"', SQLITE, False),
    ('tags != "ruby"', EMPTY, True),
    ('tags ~ "^数据"', SQLITE, True),
    ('tags !~ "^数据"', SQLITE, False),
    ('authors has "ann"', SQLITE, True),
    ('authors has "bot@example.org"', ADVERT, False),
    ("enclosures", ADVERT, True),
    ("enclosures", SQLITE, False),
    (r'enclosures ~ "\.mp3$"', ADVERT, True),
    # a number
    ("length = 3", ADVERT, True),
    ("length == 407", SQLITE, True),
    ("length != 3", SQLITE, True),
    ("length < 3", ADVERT, False),
    ("length <= 3", ADVERT, True),
    ("length > 3", ADVERT, False),
    ("length >= 3", ADVERT, True),
    ("words = 1", ADVERT, False),
    ("words = 3", ADVERT, True),
    ("words > 200", SQLITE, True),
    # a day
    ("published", EMPTY, False),
    ("published < 2025-01-02", DATED, True),
    ("published < 2025-01-01", DATED, False),
    ("published <= 2025-01-01", DATED, True),
    ("published = 2025-1-1", DATED, True),
    ("published != 2025-01-01", DATED, False),
    ("updated = 2025-01-01", DATED, True),
    ("published != 2025-01-01", EMPTY, False),
    ("not published = 2025-01-01", EMPTY, True),
    # where it is from
    ('host = "a.example"', DATED, True),
    ('host = "www.a.example"', DATED, True),
    ('host = "ww.a.example"', DATED, False),
    ("host", EMPTY, False),
    ("host", Entry(links=(Link(href="http://[:"),)), False),
    ('path ~ "^old/"', Entry(path="old/a.md"), True),
    ('rights has "cc by"', Entry(rights="CC BY 4.0"), True),
    # together
    ("not title", EMPTY, True),
    ("not not title", SQLITE, True),
    ("title and enclosures", SQLITE, False),
    ("title or enclosures", SQLITE, True),
    ("title or title and enclosures", SQLITE, True),
    ("(title or title) and enclosures", SQLITE, False),
    ("not title and enclosures", EMPTY, False),
    ("not (title and enclosures)", EMPTY, True),
    ('title="Buy now"and(enclosures)', ADVERT, True),
    # quotes and escapes
    ("title = 'Buy now'", ADVERT, True),
    ("title = “Buy now”", ADVERT, True),
    ("title = ‘Buy now’", ADVERT, True),
    (r'title = "say \"no\""', Entry(title='say "no"'), True),
    (r"title = 'it\'s'", Entry(title="it's"), True),
    (r'title = "a\\b"', Entry(title=r"a\b"), True),
    (r'title = "a\nb"', Entry(title=r"a\nb"), True),
    ('title = "and or not"', Entry(title="and or not"), True),
]


@pytest.mark.parametrize(("expression", "entry", "expected"), EXPECTED)
def test_an_expression_says_what_it_reads_like(
    expression: str, entry: Entry, expected: bool
) -> None:
    assert compile_expression(expression)(entry) is expected


PLAIN = [
    ("a<br>b", "a b"),
    ("<P>a</P><DIV>b</DIV>", "a b"),
    ("<a href='x'>a</a><abbr>b</abbr><x-a>c</x-a>", "ab c"),
    ("a<img alt='1 > 2'>b", "a b"),
    ("<!-- x > y -->a<script>1 < 2</script><style>p{}</style>", "a"),
    ("1 < 2 <3 &amp;lt;&nbsp;&#x4e2d;", "1 < 2 <3 &lt; 中"),
    ("a<p class=", "a"),
    ("a<!-- b", "a"),
    ("&#" + "1" * 5000 + ";", "\ufffd"),
]


@pytest.mark.parametrize(("markup", "expected"), PLAIN)
def test_markup_is_read_as_a_browser_shows_it(markup: str, expected: str) -> None:
    entry = Entry(content=markup)

    assert compile_expression(f'content = "{expected}"')(entry)


WRONG = [
    ("", 0, "expected a field at character 1: the end"),
    ("titel", 0, "expected a field at character 1: 'titel' (did you mean 'title'?)"),
    ("title and tgs", 10, "expected a field at character 11: 'tgs' (did you mean 'tags'?)"),
    ("Title", 0, "expected a field at character 1: 'Title' (did you mean 'title'?)"),
    ("titel @", 0, "expected a field at character 1: 'titel' (did you mean 'title'?)"),
    ('"title"', 0, "expected a field at character 1: '\"title\"'"),
    ("title AND tags", 6, "expected one of ~ !~ = == != has at character 7: 'AND'"),
    ("title > 3", 6, "expected one of ~ !~ = == != has at character 7: '>'"),
    ("title @", 6, "expected one of ~ !~ = == != has at character 7: '@'"),
    ('tags = "a" AND title', 11, "expected and, or, or the end at character 12: 'AND'"),
    ('tags = "a")', 10, "expected and, or, or the end at character 11: ')'"),
    ("(title", 6, "expected and, or, or ) at character 7: the end"),
    ("tags has python", 9, "expected a text in quotes at character 10: 'python'"),
    ("tags has", 8, "expected a text in quotes at character 9: the end"),
    ('tags has "python', 9, "quote never closed at character 10: '\"python'"),
    ("tags has “python", 9, "quote never closed at character 10: '“python'"),
    ("published < 2025-13-02", 12, "no such day at character 13: '2025-13-02'"),
    ('published < "1d"', 12, "expected a day such as 2026-03-31 at character 13: '\"1d\"'"),
    ("published ~ 2025-01-01", 10, "expected one of < <= > >= = == != at character 11: '~'"),
    ("length < 2025-01-01", 9, "expected a whole number at character 10: '2025-01-01'"),
    ("length", 6, "expected one of < <= > >= = == != at character 7: the end"),
    ('length > "3"', 9, "expected a whole number at character 10: '\"3\"'"),
    ("length > 1.5", 10, "expected and, or, or the end at character 11: '.'"),
    ('title ~ "(a"', 8, "wrong pattern at character 9: missing ): '(a'"),
    ('title ~ "*"', 8, "wrong pattern at character 9: nothing to repeat: '*'"),
    ('title ~ "a(?=b)"', 8, "wrong pattern at character 9: unknown group, and look-around"),
    (r'title ~ "(a)\1"', 8, "wrong pattern at character 9: unknown escape, and back-references"),
    (r'title ~ "\pL{999}"', 8, "wrong pattern at character 9: too large"),
    ("(" * 51 + "title" + ")" * 51, 51, "nested deeper than 50 at character 52"),
    ("not " * 51 + "title", 204, "nested deeper than 50 at character 205"),
    ("title" + " " * 4000, 4000, "expected at most 4000 characters at character 4001"),
]


def test_what_is_asked_of_the_source_is_asked_of_the_list_that_names_it_too() -> None:
    source = Source(id="blogs/a.example-1", list="blogs", url="x", role="aggregator")

    for expression in ('source = "blogs"', 'source has "blogs/a.example-1"', 'role = "aggregator"'):
        assert compile_expression(expression)(EMPTY, source)
        assert not compile_expression(expression)(EMPTY)


@pytest.mark.parametrize(("expression", "offset", "message"), WRONG)
def test_a_wrong_expression_is_told_with_its_place(
    expression: str, offset: int, message: str
) -> None:
    with pytest.raises(ExpressionError) as raised:
        compile_expression(expression)

    assert str(raised.value).startswith(message)
    assert raised.value.offset == offset


def test_a_caller_that_knows_the_line_can_leave_the_place_out() -> None:
    with pytest.raises(ConfigError) as raised:
        compile_expression("titel")

    assert isinstance(raised.value, ExpressionError)
    assert raised.value.message == "expected a field: 'titel' (did you mean 'title'?)"


def test_fifty_levels_and_four_thousand_characters_are_fine() -> None:
    assert compile_expression("(" * 50 + "title" + ")" * 50)(SQLITE)
    assert compile_expression("not " * 50 + "title")(SQLITE)
    assert compile_expression("title" + " or title" * 443)(SQLITE)
    assert compile_expression("title" + " " * 3995)(SQLITE)


def test_a_wrong_pattern_writes_nothing_to_stderr(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ExpressionError):
        compile_expression('title ~ "("')

    assert capfd.readouterr() == ("", "")


WORDS = [*TEXTS, *LISTS, *NUMBERS, *NUMBER_SIGNS, "~", "!~", "has", "and", "or", "not", "(", ")"]
TEXTS_IN_QUOTES = st.text(max_size=8).map(lambda text: f'"{text}"')
SENTENCES = st.lists(
    st.sampled_from(WORDS) | TEXTS_IN_QUOTES | st.integers(0, 9).map(str), max_size=6
).map(" ".join)
ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=40)
ENTRIES = st.builds(
    Entry,
    id=ANY_TEXT,
    title=ANY_TEXT,
    summary=st.none() | ANY_TEXT,
    content=st.none() | ANY_TEXT | st.lists(st.sampled_from('<!->="&#; a')).map("".join),
    categories=st.tuples(st.builds(Category, term=ANY_TEXT, label=st.none() | ANY_TEXT)),
    authors=st.tuples(st.builds(Person, name=ANY_TEXT)),
    links=st.just(()) | st.tuples(st.builds(Link, href=ANY_TEXT)),
)


@given(text=ANY_TEXT | SENTENCES, entry=ENTRIES)
def test_any_text_gives_a_test_or_an_error_in_its_place(text: str, entry: Entry) -> None:
    try:
        test = compile_expression(text)
    except ExpressionError as error:
        assert 0 <= error.offset <= len(text)
        assert str(error).isprintable()
    else:
        assert test(entry) in (True, False)


@given(
    field=st.sampled_from([*TEXTS, *LISTS]),
    sign=st.sampled_from(TEXT_SIGNS),
    wanted=ANY_TEXT.map(re.escape),
    entry=ENTRIES,
)
def test_no_entry_breaks_a_comparison(field: str, sign: str, wanted: str, entry: Entry) -> None:
    try:
        test = compile_expression(f'{field} {sign} "{wanted}"')
    except ExpressionError:
        return
    assert test(entry) in (True, False)


@pytest.mark.parametrize("sign", TEXT_SIGNS)
def test_half_a_surrogate_pair_and_a_nul_are_characters_too(sign: str) -> None:
    odd = Entry(title="a\ud800é\x00")

    assert compile_expression(f'title {sign} "a\ud800é\x00"')(odd) in (True, False)
    assert compile_expression(f'title {sign} "é"')(odd) in (True, False)


@given(number=st.sampled_from(list(NUMBERS)), sign=st.sampled_from(list(NUMBER_SIGNS)), x=ENTRIES)
def test_no_entry_breaks_a_number(number: str, sign: str, x: Entry) -> None:
    assert compile_expression(f"{number} {sign} 3")(x) in (True, False)


@given(text=ANY_TEXT)
def test_a_text_in_quotes_is_itself(text: str) -> None:
    quoted = re.sub(r"""([\\"'“”‘’])""", r"\\\1", text)

    assert compile_expression(f'title = "{quoted}"')(Entry(title=text))


@pytest.mark.parametrize(
    "hostile",
    [
        "<" * 300_000,
        "<!--a>" * 100_000,
        '<a ="' * 100_000,
        "<a ='\"" * 100_000,
        "<script></script " * 50_000,
        "a" + "\u0301\u0316" * 300_000,
        "\uff9e\u0301" * 300_000,
        "&#" + "1" * 300_000,
        "a" * 300_000,
    ],
    ids=lambda text: ascii(text[:12]),
)
def test_no_entry_takes_forever(hostile: str) -> None:
    entry = Entry(title=hostile, summary=hostile, content=hostile)
    test = compile_expression('length < 0 or text has "é?" or text ~ "(a|aa)+$x" or tags has "é"')
    start = time.process_time()

    assert not test(entry)
    assert time.process_time() - start < 10


EXAMPLES = [
    expression
    for block in re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    for expression in yaml.safe_load(block).values()
    if isinstance(expression, str)
]


@pytest.mark.parametrize("expression", EXAMPLES)
def test_every_example_of_the_page_tells_entries_apart(expression: str) -> None:
    test = compile_expression(expression)

    assert {test(entry) for entry in (EMPTY, SQLITE, ADVERT)} == {True, False}


def test_the_page_names_every_field_and_operator() -> None:
    assert len(EXAMPLES) == 4
    for field in (*TEXTS, *LISTS, *NUMBERS, *DATES):
        assert f"`{field}`" in PAGE
    for sign in (*TEXT_SIGNS, *NUMBER_SIGNS):
        assert re.search(rf"[ `]{re.escape(sign)}[ `]", PAGE)


def test_the_page_quotes_a_true_message(tmp_path: Path) -> None:
    text = "sources:\n  a: {url: x}\ncategories:\n  ai:\n    match: >-\n      not (titel ~ 'x')\n"
    with pytest.raises(ConfigError) as raised:
        config.load(text, folder=tmp_path)

    assert f"`{raised.value}`" in PAGE
