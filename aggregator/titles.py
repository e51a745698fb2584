"""What a title says: the words without what an outlet hangs on them, and the marks of a series."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import re2

from aggregator.text import fold
from aggregator.tokens import NUMBER, Tokens, tokens_of, unspaced_share

_ZH_NUMBER = "〇零一二三四五六七八九十百两"
_ZH_UNITS = "期|集|回|章|部分|部|讲|篇|辑|场|轮|弹|批|课|版|届|天|日"
_EN_UNITS = (
    "part|pt\\.?|episode|ep\\.?|chapter|vol\\.?|volume|issue|no\\.?|update|day|week|round|season"
    "|stage|lesson|edition|session"
)
_EN_NUMBERS = "one|two|three|four|five|six|seven|eight|nine|ten"
# Marks that tell the parts of a series from each other. A group that begins with u is the unit.
_MARKS = (
    rf"[（(【\[]\s*(?P<a>上|中|下|终|完|续|[{_ZH_NUMBER}]{{1,4}}|\d{{1,4}}|[ivx]{{1,5}})"
    r"(?:\s*篇)?\s*[）)】\]]",
    r"(?P<b>[①-⑳⑴-⒇㈠-㈩Ⅰ-Ⅻ])",
    rf"第\s*(?P<c>[{_ZH_NUMBER}\d]{{1,6}})\s*(?P<uc>{_ZH_UNITS})",
    r"[（(]\s*(?P<d>\d{1,3}\s*/\s*\d{1,3})\s*[）)]",
    rf"\b(?P<ue>{_EN_UNITS})\s*#?\s*(?P<e>\d{{1,5}}|[ivx]{{1,5}}|{_EN_NUMBERS})\b",
    r"#\s*(?P<f>\d{1,5})\b",
    r"(?<=[^\W\d])\s+(?P<g>i{1,3}|iv|vi{0,3}|ix)\s*\Z",
    r"(?P<h>(?<=[^\w])[上下])篇?\s*\Z",
)
_SERIAL = re.compile("|".join(_MARKS), re.IGNORECASE)
_WORDS = {word: str(number) for number, word in enumerate(_EN_NUMBERS.split("|"), start=1)}
_UPDATE = re.compile(
    r"(?:update\s*\d*|updated|upd|refile|recast|adds?|更新|更新版|持续更新中?|最新)\b",
    re.IGNORECASE,
)
_CORRECTION = re.compile(
    r"correct(?:ed|ion|s)?|更正|订正|勘误|修正|refile|更正启事|更正公告", re.IGNORECASE
)
# Words before a title that say what it is for its outlet, not what it is about.
_KINDS = (
    r"(?P<live>live(?:\s+(?:updates?|blog))?|直播|图文直播|实录|滚动)\s*[:：|｜丨-]\s*",
    r"(?P<says>opinion|analysis|comment(?:ary)?|editorial|column|review|评论|社评|时评|观点|点评|解读"
    r"|社论|快评|短评)\s*[:：|｜丨]\s*",
    r"(?P<fix>correct(?:ed|ion)|refile|更正|订正|勘误|修正)\s*[-:：|｜丨—–]\s*",
    r"(?:update\s*\d*|updated|breaking(?:\s+news)?|exclusive|just\s+in|developing|urgent|flash|alert"
    r"|watch|video|photos?|news|recap|wrapup\s*\d*|factbox)\s*[-:：|｜丨—–]\s*",
    r"(?:快讯|突发|独家|重磅|最新|更新|速递|要闻|头条|热点|关注|视频|图集|组图|原创|转载|转发"
    r"|独家报道|最新消息)\s*[|｜丨:：！!—-]+\s*",
    r"[【\[〔「『][^】\]〕」』]{1,10}[】\]〕」』]\s*",
)
_PREFIX = re.compile(f"(?:{'|'.join(_KINDS)})", re.IGNORECASE)
_LIVE = re.compile(r"(?:[-–—|(·]\s*live|直播)\b\W*[\d:：. ]{0,8}\Z", re.IGNORECASE)
# Somebody's words about what another wrote, whose title stands in quotes.
_ABOUT = re.compile(
    r"[^“”\"「」『』]{1,24}[“\"「『][^“\"「『]{6,}.*[”\"」』]\W*\Z|re:\s", re.IGNORECASE
)
_GATHERS = re.compile(
    r"早报|晚报\b|日报[:：|]|早餐|早知道|要闻(?:回顾|速览|精选|汇总)?|一周|周刊|周报|盘点|汇总|速览|合集|简报|通[讯訊][:：]"
    r"|\b(?:newsletter|digest|round-?up|briefing|week(?:ly)? in review|this week|links for|letter:"
    r"|issue #?\d+|(?:three|four|five|six|seven|ten|\d+) (?:things|stories)"
    r"|things (?:to know|you need)|what to know|and more\b|top stories|headlines)",
    re.IGNORECASE,
)
# An outlet's name behind a title.
_SUFFIX = re.compile(
    r"""(?:\s+[-–—|｜·]\s+|\s*[_|｜丨]\s*|[-–—])(?P<name>[^-–—_|｜丨\d:：]{2,40})\s*\Z
    | \s*[（(](?P<paren>[^（）()\d]{2,24})[）)]\s*\Z""",
    re.VERBOSE,
)
_MORE = re.compile(
    r"[（(]\s*(?:更新|持续更新中?|updated?|最新|图|组图|视频|video|附\S{1,6}|含\S{1,6})\s*[）)]",
    re.IGNORECASE,
)
_LEAST = 4  # tokens that must be left
_LONGEST = 1_000  # characters; headlines have 80


@dataclass(frozen=True, slots=True, eq=False)
class Title:
    """A title as it is compared."""

    words: Tokens  # of what is left of it
    listed: tuple[int, ...]  # the same
    pairs: frozenset[tuple[int, int]]  # of neighbours; of the word and itself, if it is one
    serial: frozenset[str] = frozenset()  # marks of a series
    corrects: bool = False
    updates: bool = False
    live: bool = False
    comments: bool = False
    gathers: bool = False  # it is of several stories: a newsletter, a review of the week

    @property
    def unspaced(self) -> bool:
        return unspaced_share(self.words) > 0.5

    def __len__(self) -> int:
        return len(self.words)


# One of these is in every title that anything above has to say about.
_HINT = re2.compile(
    r"[-–—_|｜丨:：·#（(【\[〔「『“\"\d①-⑳⑴-⒇㈠-㈩Ⅰ-Ⅻ第上下早晚要周盘汇速合简通直]"
    r"|(?i:live|re:|part|pt|ep|chapter|vol|issue|no|update|day|week|round|season|stage|lesson"
    r"|edition|session|newsletter|digest|briefing|things|what to|and more|top stories|headlines"
    r"|links| [ivx]+$)"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Heading:
    """A title as it is read, before its words are looked at."""

    text: str  # what is left of it
    serial: frozenset[str] = frozenset()
    corrects: bool = False
    updates: bool = False
    live: bool = False
    comments: bool = False
    gathers: bool = False


def title_of(text: str) -> Title:
    """What a plain title says."""
    read = heading_of(text)
    return titled(read, tokens_of(read.text))


def titled(read: Heading, words: Tokens) -> Title:
    """The title of which these are the words."""
    listed = tuple(words.tolist())
    return Title(
        words=words,
        listed=listed,
        pairs=frozenset(pairwise(listed)) or frozenset((word, word) for word in listed),
        serial=read.serial,
        corrects=read.corrects,
        updates=read.updates,
        live=read.live,
        comments=read.comments,
        gathers=read.gathers,
    )


def heading_of(text: str) -> Heading:
    """What stands in a plain title beside its words; of one that is a whole text, in its
    beginning: each word of it is four hundred bytes here."""
    text = text[:_LONGEST]
    if not _HINT.search(text):
        return Heading(text=text)
    corrects, updates, live, comments = False, False, False, False
    while found := _PREFIX.match(text):
        rest = text[found.end() :]
        if _length(rest) < _LEAST:
            break
        corrects |= bool(found["fix"] or _CORRECTION.search(found[0]))
        updates |= bool(_UPDATE.search(found[0]))
        live |= bool(found["live"])
        comments |= bool(found["says"])
        text = rest
    if found := _MORE.search(text):
        updates |= bool(_UPDATE.search(found[0].strip("（()）")))
        text = text[: found.start()] + text[found.end() :]
    live |= bool(_LIVE.search(text))
    comments |= bool(_ABOUT.match(text))
    text = _without_outlet(text)
    return Heading(
        text=text,
        serial=frozenset(_marks(text)),
        corrects=corrects,
        updates=updates,
        live=live,
        comments=comments,
        gathers=bool(_GATHERS.search(text)),
    )


def _without_outlet(text: str) -> str:
    while found := _SUFFIX.search(text):
        rest = text[: found.start()]
        name = found["name"] or found["paren"] or ""
        if _SERIAL.search(found[0]) or _length(rest) < _LEAST or not _is_name(name):
            break
        text = rest
    return text


def _is_name(text: str) -> bool:
    """Short, as an outlet's name is: a clause after a dash is part of the title."""
    return _length(text) <= (10 if _UNSPACED.search(text) else 4)


_UNSPACED = re.compile("[\u2e80-\u9fff\uac00-\ud7af]")
_TOKEN = re.compile(r"[\u2e80-\u9fff\uac00-\ud7af]|[^\W_\u2e80-\u9fff\uac00-\ud7af]+")


def _length(text: str) -> int:
    """In tokens, as near as makes no difference here."""
    return len(_TOKEN.findall(text))


def _marks(text: str) -> Iterable[str]:
    for found in _SERIAL.finditer(text):
        unit = fold(found["uc"] or found["ue"] or "")
        value = next(found[name] for name in "abcdefgh" if found[name])
        yield f"{unit}{_WORDS.get(fold(value), fold(value))}"


# ── two titles ───────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True, kw_only=True)
class Likeness:
    """How two titles compare, shares from 0 to 1."""

    same: bool  # all words, in order
    alike: float  # Dice's coefficient of their pairs of neighbours
    held: float  # how much of the shorter is in the other
    both_differ: bool  # each has words that the other has not
    numbers_differ: bool  # other figures in equal surroundings


def likeness(one: Title, two: Title) -> Likeness:
    a, b = set(one.listed), set(two.listed)
    shared = len(one.pairs & two.pairs)
    least = min(len(one.pairs), len(two.pairs))
    return Likeness(
        same=one.listed == two.listed and bool(a),
        alike=2 * shared / (len(one.pairs) + len(two.pairs)) if least else 0.0,
        held=shared / least if least else 0.0,
        both_differ=not (a <= b or b <= a),
        numbers_differ=_numbers_differ(one.listed, two.listed),
    )


def _numbers_differ(a: Sequence[int], b: Sequence[int]) -> bool:
    """Figures that one has and the other has not, on both sides, between the same words."""
    if not any(t & 3 == NUMBER for t in a) or not any(t & 3 == NUMBER for t in b):
        return False
    here, there = _placed(a), _placed(b)
    return any(here[place].isdisjoint(there[place]) for place in here.keys() & there.keys())


def _placed(words: Sequence[int]) -> dict[tuple[int, int], set[int]]:
    """Figures by their neighbours."""
    found: dict[tuple[int, int], set[int]] = {}
    padded = [0, *(NUMBER if t & 3 == NUMBER else t for t in words), 0]
    for i, word in enumerate(words):
        if word & 3 == NUMBER:
            found.setdefault((padded[i], 0), set()).add(word)
            found.setdefault((0, padded[i + 2]), set()).add(word)
    return found


def longest_run(one: Title, two: Title) -> int:
    """The most words in a row that both have."""
    a, b = one.listed, two.listed
    best, ends = 0, [0] * (len(b) + 1)
    for x in a[:80]:
        previous = 0
        for j, y in enumerate(b[:80]):
            previous, ends[j + 1] = ends[j + 1], previous + 1 if x == y else 0
            best = max(best, ends[j + 1])
    return best


def sketch_of(title: Title) -> list[int]:
    """The smallest hashes of its pairs of neighbours: titles that share one may be alike."""
    return sorted((a * _A + b * _B) >> 29 & 0xFFFFFFFF for a, b in title.pairs)[:_PAIRS]


_PAIRS = 8
_A, _B = 0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9  # keep these apart from hashes of texts
