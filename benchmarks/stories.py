"""The stories of the corpus: what entry `number` of feed `feed` says, always the same.

Every story is a function of its two numbers, so one feed can be written without the others.
About 3 in 100 entries tell another feed's story word for word, half of them with its link.
"""

import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from html import escape

from words import CHINESE, ENGLISH, Language

SEED = "first poll"
NEWEST = datetime(2026, 1, 1, tzinfo=UTC)  # fixed: the same corpus every day
REPEATS = 0.06  # of the odd numbers; even ones are always originals
TAGS = {
    "en": ("science", "travel", "food", "markets", "design", "history", "sport", "code"),
    "zh": ("科技", "财经", "文化", "旅行", "美食", "历史", "体育", "开源"),
}


@dataclass(frozen=True)
class Story:
    id: str
    link: str
    title: str
    summary: str
    html: str
    author: str
    tags: tuple[str, ...]
    date: datetime


def language_of(feed: int) -> Language:
    """Half and half, in every format: the formats repeat every 20 feeds."""
    return CHINESE if (feed + feed // 20) % 2 else ENGLISH


def site_of(feed: int) -> str:
    return f"https://www.site-{feed:04d}.example"


def story(feed: int, number: int, *, feeds: int, entries: int) -> Story:
    """Numbers count from the newest, 0; below 0 are those published later."""
    rng = random.Random(f"{SEED}/repeat/{feed}/{number}")
    if number % 2 == 0 or rng.random() >= REPEATS or feeds < 4 or entries < 2:
        return _original(feed, number, entries)
    other = _other_feed(rng, feed, feeds)
    told = _original(other, 2 * rng.randrange((entries + 1) // 2), entries)
    own = _link(feed, number, told.date)
    return Story(
        id=f"{site_of(feed)}/?p={_id_number(number)}",
        link=told.link if rng.random() < 0.5 else own,
        title=told.title,
        summary=told.summary,
        html=told.html,
        author=told.author,
        tags=told.tags,
        date=told.date + timedelta(minutes=rng.randint(1, 1440)),
    )


def _other_feed(rng: random.Random, feed: int, feeds: int) -> int:
    while True:
        other = rng.randrange(feeds)
        if other != feed and language_of(other) is language_of(feed):
            return other


def _original(feed: int, number: int, entries: int) -> Story:
    rng = random.Random(f"{SEED}/{feed}/{number}")
    language = language_of(feed)
    names = rng.sample(language.names, 5)
    date = _date(rng, feed, number, entries)
    return Story(
        id=f"{site_of(feed)}/?p={_id_number(number)}",
        link=_link(feed, number, date),
        title=language.title(rng),
        summary=_paragraph(rng, language, names, 2),
        html=_html(rng, language, names, feed),
        author=rng.choice(language.names[feed % 4000 :][:4]),
        tags=tuple(rng.sample(TAGS[language.code], rng.randint(1, 3))),
        date=date,
    )


def _date(rng: random.Random, feed: int, number: int, entries: int) -> datetime:
    """A feed's entries span from 5 to 60 days, the same distance apart give or take."""
    span = timedelta(days=5 + feed * 37 % 56)
    return (NEWEST - span * ((number + rng.random()) / entries)).replace(microsecond=0)


def _id_number(number: int) -> int:
    return 100_000 - number * 7


def _link(feed: int, number: int, date: datetime) -> str:
    return f"{site_of(feed)}/{date:%Y/%m}/{_id_number(number)}.html"


def _paragraph(rng: random.Random, language: Language, names: list[str], sentences: int) -> str:
    gap = language.gap
    return gap.join(language.sentence(rng, names) for _ in range(sentences))


def _html(rng: random.Random, language: Language, names: list[str], feed: int) -> str:
    """About 0.5 to 4 KB, 1.4 in the mean; well-formed, so that it can stand as XHTML too."""
    parts = [_prose(rng, language, names) for _ in range(rng.choice((1, 1, 2, 2, 3, 4, 5)))]
    parts.insert(1, _image(rng, language, feed))
    if rng.random() < 0.1:
        items = (language.sentence(rng, names) for _ in range(3))
        parts.append("<ul>" + "".join(f"<li>{item}</li>" for item in items) + "</ul>")
    if rng.random() < 0.05:
        quote = language.sentence(rng, names)
        parts.insert(1, f'<blockquote class="quote"><p>{quote}</p></blockquote>')
    if rng.random() < 0.1:
        pixel = f"https://stats.example/p.gif?n={rng.getrandbits(32)}"
        parts.append(f'<img src="{pixel}" width="1" height="1" alt="" />')
    if feed % 3 == 1:  # as WordPress does
        parts.append(f'<p>{language.credit} <a href="{site_of(feed)}/">{site_of(feed)}</a></p>')
    return "\n".join(parts)


def _prose(rng: random.Random, language: Language, names: list[str]) -> str:
    text = _paragraph(rng, language, names, rng.randint(2, 4))
    marked = rng.choice(names)
    luck = rng.random()
    if luck < 0.6:
        href = f"{site_of(rng.randrange(5000))}/about/{rng.getrandbits(24):x}?a=1&b=2"
        text += f' <a href="{escape(href)}" rel="nofollow">{marked}</a>{language.stop}'
    elif luck < 0.8:
        text += f" <strong>{marked}</strong>{language.stop}"
    return f"<p>{text}</p>" if luck < 0.7 else f'<p style="margin:0 0 1em">{text}</p>'


def _image(rng: random.Random, language: Language, feed: int) -> str:
    """One in four addresses is relative, as in the wild."""
    root = "" if rng.random() < 0.25 else site_of(feed)
    source = f"{root}/images/{rng.getrandbits(40):x}.jpg"
    caption = language.gap.join(language.some(rng, 4))
    return (
        f'<figure><img src="{source}" alt="{caption}" width="640" height="360" loading="lazy" />'
        f"<figcaption>{caption}</figcaption></figure>"
    )
