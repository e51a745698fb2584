"""Of media, podcasts and threads, nothing is written that validators refuse."""

from __future__ import annotations

import pytest
from test_extensions import of

from aggregator import syntax
from aggregator.formats import vocabulary
from aggregator.model import Extension

V, W = "https://a.example/v.mp4", "https://a.example/w.webm"
ONE, OTHER = of("media:content", url=V), of("media:content", url=W)
TITLE, PICTURE = of("media:title", "T"), of("media:thumbnail", url="https://a.example/t.png")


@pytest.mark.parametrize(
    ("said", "written"),
    [
        (of("itunes:explicit", "Yes"), of("itunes:explicit", "true")),
        (of("itunes:explicit", "clean"), of("itunes:explicit", "false")),
        (of("itunes:duration", "1:02:03"), of("itunes:duration", "1:02:03")),
        (of("itunes:duration", "00:07:74"), of("itunes:duration", "494")),
        (of("itunes:duration", "12.7"), of("itunes:duration", "12")),
        (of("itunes:episodeType", "Full"), of("itunes:episodeType", "full")),
        (of("itunes:subtitle", "长" * 300), of("itunes:subtitle", "长" * 254 + "…")),
        (of("itunes:image", href="https://例え.example/图.png"),
         of("itunes:image", href="https://xn--r8jz45g.example/%E5%9B%BE.png")),
        (of("media:content", url=V, height="7.2", width="0", channels="2", isDefault="True"),
         of("media:content", url=V, channels="2", isDefault="true")),
        (of("media:content", url=V, medium="film", type="video", lang="klingon!", mark="x"), ONE),
        (of("media:credit", "Ann", role="Author"), of("media:credit", "Ann", role="author")),
        (of("media:credit", "Ann", role="hero"), of("media:credit", "Ann")),
        (of("media:credit", "Ann", role="Hero", scheme="https://a.example/roles"),
         of("media:credit", "Ann", role="hero", scheme="https://a.example/roles")),
        (of("media:rating", "PG", scheme="urn:mpaa"), of("media:rating", "pg", scheme="urn:mpaa")),
        (of("thr:in-reply-to", href="https://a.example/1"),
         of("thr:in-reply-to", href="https://a.example/1", ref="https://a.example/1")),
    ],
)  # fmt: skip
def test_what_was_meant_is_written(said: Extension, written: Extension) -> None:
    assert vocabulary.sound([said]) == (written,)


@pytest.mark.parametrize(
    "said",
    [
        *(of("itunes:season", x) for x in ("A", "0", "-1", "")),
        *(of("itunes:duration", x) for x in ("an hour", "1:2:3:4", "")),
        *(of(f"itunes:{x}", "1") for x in ("order", "episodeType", "explicit", "category")),
        of("itunes:image", "https://a.example/i.png"),
        of("itunes:image", href="ftp://a.example/i.png"),
        of("media:rating", "fine"),
        of("media:rating", "fine", scheme="urn:icra"),
        of("media:hash", "9", algo="md5"),
        of("media:restriction", "de", type="country"),
        of("media:restriction", "europe", type="country", relationship="allow"),
        of("media:player"),
        of("media:licence", "x"),
        of("thr:total", "2.5"),
        of("thr:in-reply-to", ref="no address"),
    ],
)
def test_what_means_nothing_is_left_out(said: Extension) -> None:
    assert vocabulary.sound([said]) == ()


@pytest.mark.parametrize(
    ("group", "written"),
    [
        ((ONE, OTHER, TITLE), (of("media:group", "", ONE, OTHER, TITLE),)),
        ((ONE, TITLE), (of("media:content", "", TITLE, url=V),)),
        ((PICTURE, TITLE), (PICTURE, TITLE)),
        ((of("media:group", "", ONE, OTHER),), ()),
    ],
)
def test_a_group_has_several_forms_of_one_work(
    group: tuple[Extension, ...], written: tuple[Extension, ...]
) -> None:
    assert vocabulary.sound([of("media:group", "", *group)]) == written


def test_what_stands_once_is_written_once_at_each_place() -> None:
    content = of("media:content", "", TITLE, TITLE, url=V)
    found = vocabulary.sound(
        [TITLE, content, TITLE, of("itunes:title", "A"), of("itunes:title", "B")]
    )

    once = of("media:content", "", TITLE, url=V)
    assert found == (TITLE, once, of("itunes:title", "A"))


def test_other_namespaces_pass_as_they_are() -> None:
    said = of("podcast:person", "Ann", role="host")
    assert vocabulary.sound([said]) == (said,)


@pytest.mark.parametrize(
    ("iri", "uri"),
    [
        ("https://a.example/b?c#d", "https://a.example/b?c#d"),
        ("https://例え.jp:8080/路径?问#答", "https://xn--r8jz45g.jp:8080/%E8%B7%AF%E5%BE%84?%E9%97%AE#%E7%AD%94"),
        ("https://我@a.example/", "https://%E6%88%91@a.example/"),
        ("urn:x:é", "urn:x:%C3%A9"),
        ("https://a.example/[1]é", "https://a.example/%5B1%5D%C3%A9"),
        ("/relative/é", None),
    ],
)  # fmt: skip
def test_an_address_is_written_in_ascii(iri: str, uri: str | None) -> None:
    assert syntax.uri(iri) == uri
