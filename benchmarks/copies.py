"""Stories that another site tells as well, in the ways in which sites take them over.

Half of those of a kind are near to what they are copies of, half are not: a copy says as much as
its original, or part of it, under its own title or another.
"""

import random
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import cache
from typing import Any

from stories import Story, language_of, site_of


def copy_of(told: Story, rng: random.Random, *, feed: int, number: int) -> Story:
    """What `feed` makes of a story, some hours later."""
    own = f"{site_of(feed)}/taken/{number}.html"
    copy = replace(
        told,
        id=f"{site_of(feed)}/?copy={number}",
        link=own,
        date=told.date + timedelta(minutes=rng.randint(1, 720)),
    )
    return rng.choice(_KINDS)(copy, told, rng)


def _word_for_word(copy: Story, _told: Story, _rng: random.Random) -> Story:
    return copy


def _same_link(copy: Story, told: Story, _rng: random.Random) -> Story:
    return replace(copy, link=f"{told.link}?utm_source=feed")


def _opening(copy: Story, _told: Story, _rng: random.Random) -> Story:
    first = copy.html.partition("\n")[0]
    return replace(copy, html=first, summary="")


def _headline(copy: Story, told: Story, rng: random.Random) -> Story:
    return replace(copy, title=language_of(_feed_of(told)).title(rng))


def _edited(copy: Story, told: Story, rng: random.Random) -> Story:
    """One sentence in six is another."""
    language = language_of(_feed_of(told))
    names = rng.sample(language.names, 3)
    sentences = copy.html.split(language.stop)
    for i in range(3, len(sentences) - 1, 6):
        if "<" not in sentences[i]:
            sentences[i] = language.gap + language.sentence(rng, names).removesuffix(language.stop)
    return replace(copy, html=language.stop.join(sentences))


def _traditional(copy: Story, _told: Story, _rng: random.Random) -> Story:
    """English stays what it is: then it is one of the first kind."""
    return replace(
        copy,
        title=_converter().convert(copy.title),
        html=_converter().convert(copy.html),
        summary=_converter().convert(copy.summary),
    )


@cache
def _converter() -> Any:
    from opencc import OpenCC

    return OpenCC("s2t")


def _feed_of(told: Story) -> int:
    return int(told.id.partition("/?")[0].rpartition("-")[2].partition(".")[0])


_KINDS: tuple[Callable[[Story, Story, random.Random], Story], ...] = (
    _word_for_word, _same_link, _opening, _headline, _edited, _traditional,
)  # fmt: skip
