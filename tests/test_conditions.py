"""What a request asks for, header by header; then anything at all."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator import conditions

OFFERED = ("br", "zstd", "gzip")  # the smallest first


@pytest.mark.parametrize(
    ("accepted", "chosen"),
    [
        (None, "identity"),
        ("", "identity"),
        ("gzip", "gzip"),
        ("GZIP", "gzip"),
        ("x-gzip", "gzip"),
        ("gzip, deflate, br, zstd", "br"),
        ("gzip, zstd", "zstd"),
        ("gzip;q=1, br;q=0.5", "gzip"),
        ("br; q=0.1", "br"),
        ("br;q=0", "identity"),
        ("gzip;q=0, *;q=0.5", "br"),
        ("*", "br"),
        ("*;q=0", None),
        ("identity;q=0", None),
        ("identity;q=0, gzip;q=0.1", "gzip"),
        ("identity;q=0.5, gzip;q=0.1", "identity"),
        ("identity, *;q=0", "identity"),
        ("deflate", "identity"),
        ("gzip;q=oops", "identity"),
        ("gzip;level=9;q=0.5", "gzip"),
        (", ,;;,gzip", "gzip"),
    ],
)
def test_the_coding_that_is_liked_best_is_sent(accepted: str | None, chosen: str | None) -> None:
    assert conditions.coding(accepted, OFFERED) == chosen


def test_of_a_document_without_packed_forms_only_the_plain_one_is_sent() -> None:
    assert conditions.coding("gzip, br", ()) == "identity"
    assert conditions.coding("gzip, identity;q=0", ()) is None


@pytest.mark.parametrize(
    ("header", "found"),
    [
        ('"b"', '"b"'),
        ('W/"b"', '"b"'),
        ('"x", W/"b" ,"y"', '"b"'),
        ('"x,", "a"', '"a"'),
        ("*", '"a"'),
        ('"x"', None),
        ("b", None),
        ("", None),
        ('"a', None),
    ],
)
def test_a_tag_is_known_by_weak_comparison(header: str, found: str | None) -> None:
    assert conditions.known(header, ['"a"', '"b"']) == found


@pytest.mark.parametrize(("header", "true"), [('"a"', True), ('W/"a"', False), ("*", True)])
def test_a_tag_is_matched_by_strong_comparison(header: str, true: bool) -> None:
    assert conditions.matched(header, '"a"') == true


@pytest.mark.parametrize(
    ("header", "span"),
    [
        ("bytes=0-0", (0, 1)),
        ("bytes=2-5", (2, 6)),
        ("bytes=2-", (2, 10)),
        ("bytes=-3", (7, 10)),
        ("bytes=-99", (0, 10)),
        ("bytes=5-99", (5, 10)),
        ("Bytes = 1 - 2", (1, 3)),
        ("bytes=0-1,3-4", None),
        ("bytes=5-2", None),
        ("bytes=-", None),
        ("bytes=a-b", None),
        ("lines=1-2", None),
        ("bytes=" + "9" * 40 + "-", None),
    ],
)
def test_a_part_of_ten_bytes(header: str, span: tuple[int, int] | None) -> None:
    assert conditions.span(header, 10) == span


@pytest.mark.parametrize("header", ["bytes=10-", "bytes=10-20", "bytes=-0"])
def test_a_part_that_there_is_not(header: str) -> None:
    with pytest.raises(ValueError, match="no such part of 10 bytes"):
        conditions.span(header, 10)


def test_a_date_in_each_of_its_three_forms_and_none() -> None:
    forms = (
        "Sun, 06 Nov 1994 08:49:37 GMT",
        "Sunday, 06-Nov-94 08:49:37 GMT",
        "Sun Nov  6 08:49:37 1994",
    )
    assert {conditions.moment(x) for x in forms} == {784111777}
    assert [conditions.moment(x) for x in ("", "yesterday", "0", "Sun, 99 Nov 1994")] == [None] * 4


@given(st.text(), st.integers(0, 10**9))
def test_whatever_is_sent_there_is_an_answer(header: str, size: int) -> None:
    assert conditions.coding(header, OFFERED) in (*OFFERED, "identity", None)
    conditions.known(header, ['"a"'])
    conditions.moment(header)
    try:
        span = conditions.span(header, size)
    except ValueError:
        return
    assert span is None or 0 <= span[0] < span[1] <= size
