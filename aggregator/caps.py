"""Which stories of an output a cap on each source leaves in its current document. Pure.

The newest of each source stay; others take the place of what has none.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from aggregator.model import Standing


def within(standing: Iterable[Standing], *, size: int, cap: int) -> list[int]:
    """The newest `size` clusters, at most `cap` of one source; `standing` has the newest first."""
    told: Counter[str | None] = Counter()
    found: list[int] = []
    for x in standing:
        if len(found) == size:
            break
        told[x.source] += 1
        if told[x.source] <= cap:
            found.append(x.cluster)
    return found


def over(standing: Sequence[Standing], *, cap: int, slack: bool) -> set[int]:
    """The clusters of the sources that have more than `cap`, but for the newest of each.

    With `slack` a source that has too many keeps two thirds of them, so that not every new story
    of it is one too many.
    """
    counts = Counter(x.source for x in standing)
    least = cap - cap // 3 if slack else cap
    told: Counter[str | None] = Counter()
    found = set()
    for x in standing:
        told[x.source] += 1
        if counts[x.source] > cap and told[x.source] > least:
            found.add(x.cluster)
    return found
