"""The words in dates of other languages, `8 de dic 2021` and `周三, 08 十二月 2021`, in English.

To add a language: how its months begin, and the words that stand between their parts.
"""

from __future__ import annotations

import re
import unicodedata

_ENGLISH = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
# Without accents: German, French, Spanish, Italian, Portuguese, Dutch, Russian, Polish, Swedish,
# Danish, Norwegian, Turkish.
_BEGINNINGS = {
    "jan": ("jan", "ene", "gen", "sty", "oca", "янв"),
    "feb": ("feb", "fev", "lut", "sub", "фев"),
    "mar": ("mar", "maer", "mrz", "mrt", "maa", "мар"),
    "apr": ("apr", "avr", "abr", "kwi", "nis", "апр"),
    "may": ("may", "mai", "mei", "mag", "maj", "мая", "маи"),
    "jun": ("jun", "juin", "giu", "cze", "haz", "июн"),
    "jul": ("jul", "juil", "lug", "lip", "tem", "июл"),
    "aug": ("aug", "aou", "ago", "sie", "agu", "авг"),
    "sep": ("sep", "set", "wrz", "eyl", "сен"),
    "oct": ("oct", "okt", "ott", "out", "paz", "eki", "окт"),
    "nov": ("nov", "lis", "kas", "ноя"),
    "dec": ("dec", "dez", "dic", "des", "gru", "ara", "дек"),
}
_MONTHS = {start: month for month, starts in _BEGINNINGS.items() for start in starts}
_BETWEEN = {"de", "del", "do", "den", "le", "a", "as", "om", "um", "uhr", "alle", "в", "г", "года"}
_HAN = {name: n for n, name in enumerate([*"一二三四五六七八九十", "十一", "十二"], 1)}

_HAN_MONTH = re.compile(r"(十[一二]?|[一二三四五六七八九])月")
_HAN_BETWEEN = re.compile(r"(?<=\d) (1[0-2]|0?[1-9])月 (?=\d{4})")
_WEEKDAY = re.compile(r"[^\W\d_]{1,12}(?:-feira)?\.?,? ?(?=\d)")
_WORD = re.compile(r"[^\W\d_]{1,20}\.?(?=[ ,.\d-]|\Z)")


def in_english(text: str) -> str:
    """`text`, spaces single, with the months of other languages in English and without the words
    around them; what they are not in stays no date."""
    text = _HAN_MONTH.sub(lambda month: f"{_HAN[month[1]]}月", text)
    text = _HAN_BETWEEN.sub(lambda month: f" {_ENGLISH[int(month[1]) - 1]} ", text)
    text = _WEEKDAY.sub("", text, count=1) if _WEEKDAY.match(text) else text
    return " ".join(_WORD.sub(_translated, text).split())


def _translated(found: re.Match[str]) -> str:
    word = unicodedata.normalize("NFD", found[0].rstrip(".").casefold())
    word = "".join(c for c in word if not unicodedata.combining(c))
    if word in _BETWEEN:
        return ""
    month = _MONTHS.get(word[:4]) or _MONTHS.get(word[:3]) if len(word) > 2 else None
    return f" {month} " if month else found[0]
