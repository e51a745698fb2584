"""What `link_rules` says of one host: the rows for it and for the domains above it, compiled."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache, lru_cache

from aggregator import link_rules as known
from aggregator.model import LinkRules


@dataclass(frozen=True, slots=True)
class Site:
    """What the tables say of one host."""

    drops: frozenset[str]
    drop_prefixes: tuple[str, ...]
    never: frozenset[str]  # dropped, whatever else is said here
    never_prefixes: tuple[str, ...]
    keeps: tuple[str, ...]
    in_query: tuple[tuple[re.Pattern[str], tuple[str, ...]], ...]
    in_path: tuple[re.Pattern[str], ...]
    discussions: tuple[tuple[re.Pattern[str], re.Pattern[str], frozenset[str]], ...]
    ids: tuple[tuple[re.Pattern[str], str], ...]
    amp_prefixes: tuple[tuple[re.Pattern[str], str], ...]
    amp_is_a_name: bool
    opaque: bool
    asked: bool  # whether it may be, for what it hides
    mirrored: str | None  # the host that has the same pages


@lru_cache(maxsize=4096)
def site_of(host: str, rules: LinkRules) -> Site:
    above = domains(host)
    drops, drop_prefixes = _names(rules.drop)
    never, never_prefixes = _names(rules.keep)
    redirectors = [(x, ".*", " ".join(names)) for x, names in rules.redirectors]
    return Site(
        drops=drops.union(
            " ".join(known.SITE_TRACKERS.get(domain, "") for domain in above).lower().split()
        ),
        drop_prefixes=drop_prefixes,
        never=never,
        never_prefixes=never_prefixes,
        keeps=tuple(" ".join(known.SITE_KEEPS.get(domain, "") for domain in above).split()),
        in_query=tuple(
            (_compiled(path), tuple(names.split()))
            for path, names in _rows(above, (*redirectors, *known.WRAPPED_IN_QUERY))
        ),
        in_path=tuple(_compiled(pattern) for (pattern,) in _rows(above, known.WRAPPED_IN_PATH)),
        discussions=tuple(
            (_compiled(page), _compiled(target), frozenset(own.split()))
            for page, target, own in _rows(above, known.DISCUSSIONS)
        ),
        ids=tuple(
            (_compiled("[^/]*" + pattern if pattern[0] == "/" else pattern), name)
            for pattern, name in _rows(above, known.SITE_IDS)
        ),
        amp_prefixes=tuple(
            (_compiled(pattern), instead) for pattern, instead in _rows(above, known.AMP_PREFIXES)
        ),
        amp_is_a_name=not known.AMP_IS_A_NAME.isdisjoint(above),
        opaque=not (known.OPAQUE_HOSTS | rules.opaque | rules.resolve).isdisjoint(above),
        asked=not rules.resolve.isdisjoint(above),
        mirrored=dict(rules.mirrors).get(host),
    )


def _names(given: Iterable[str]) -> tuple[frozenset[str], tuple[str, ...]]:
    """Whole ones, and how others begin."""
    begun = tuple(x.removesuffix("*") for x in given if x.endswith("*"))
    return frozenset(x for x in given if not x.endswith("*")), begun


_FAMILY = re.compile(r"(?:.*\.)?(amazon|blogspot|ebay|google|yandex)\.(?:com?\.)?[a-z]{2,3}")


def domains(host: str) -> tuple[str, ...]:
    """A host and the domains that it belongs to, the nearest first; its family; `*`."""
    labels = host.split(".")
    above = [".".join(labels[i:]) for i in range(len(labels))]
    family = _FAMILY.fullmatch(host)
    return (*above, *((f"{family[1]}.*",) if family else ()), "*")


def _rows(domains: tuple[str, ...], table: Iterable[tuple[str, ...]]) -> Iterator[tuple[str, ...]]:
    return (row[1:] for row in table if row[0] in domains)


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)
