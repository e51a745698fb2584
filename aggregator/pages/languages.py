"""In which language a text is, as far as whoever reads it aloud or sets it must know."""

from __future__ import annotations

import re

from aggregator import syntax

# Of those with three letters the ones that feeds use: what is not registered is no tag.
_SPOKEN = re.compile(
    r"([a-z]{2}|ast|ckb|fil|gsw|hak|haw|nan|wuu|yue)(?![a-z0-9])"
    r"(-[a-z]{4}(?![a-z0-9]))?(-(?:[a-z]{2}|\d{3})(?![a-z0-9]))?",
    re.IGNORECASE,
)
_LETTER = re.compile(r"[^\W\d_]")
# Which share of its letters makes a text one of a language; a Japanese one has Chinese letters too.
_SCRIPTS = (
    ("ja", re.compile("[\u3041-\u30ff]"), 0.1),
    ("ko", re.compile("[\uac00-\ud7af]"), 0.2),
    ("zh", re.compile("[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]"), 0.2),
)


def spoken(tag: str | None) -> str | None:
    """The part of a language tag that every browser knows: language, script, region."""
    found = _SPOKEN.match(syntax.language(tag) or "")
    if not found:
        return None
    language, script, region = (x or "" for x in found.groups())
    return language.lower() + script.title() + region.upper()


def by_script(text: str, site: str | None) -> str:
    """For a text that does not say it, so that no English is read aloud as Chinese: the language
    of the site, which is a tag, if that is written so; "" is one that nobody knows."""
    script = _script(text)
    own = site or "en"
    language = own.partition("-")[0]
    if script is None:
        return "" if language in ("zh", "ja", "ko") else own
    return own if language == script else script


def _script(text: str) -> str | None:
    letters = len(_LETTER.findall(text)) or 1
    return next((x for x, of, share in _SCRIPTS if len(of.findall(text)) > share * letters), None)
