"""What became of a source: it moved, it is gone, another feed stands in its place. Pure.

301, 308 all the way, on three days    its new address is asked; the config's is kept in mind
the new address fails on three days    the config's is asked again
410                                    it is asked no more, until somebody asks by its name
other title, other hosts, no entry     held: nothing of it is taken (`swapped`)
that is known
"""

from __future__ import annotations

import ipaddress
import shlex
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime
from urllib.parse import urlsplit

from aggregator import discretion, links
from aggregator.errors import FetchError, Held, SourceError
from aggregator.model import Feed, Move, PollState, Response, Source, Streak
from aggregator.text import letters, line, plain

_PERMANENT = {301, 308}  # RFC 9110 §15.4.2, §15.4.9
_GONE = 410
_ENOUGH = 3  # days: a mistake is mended sooner, as a rule
_MOST_TOLD = 3


# ── where it is asked ────────────────────────────────────────────────────────


def asked(source: Source, state: PollState) -> Source:
    """`source` at the address that is asked now. Credentials stay with the host they are for."""
    if not state.move.address:
        return source
    ours, new = urlsplit(source.url), urlsplit(state.move.address)
    user, at, host = ours.netloc.rpartition("@")
    if at and (new.scheme, new.netloc) == (ours.scheme, host.lower()):
        new = new._replace(netloc=f"{user}@{host}")
    return replace(source, url=new.geturl())


def after_success(source: Source, state: PollState, response: Response, now: datetime) -> PollState:
    """It lives. Where it was led by permanent redirects alone, and to the same place on several
    days without any other answer in between, its address is that place."""
    leads = _leads(source, state, response)
    move = Move(address=state.move.address)
    if leads:
        before = state.move.seen if leads == state.move.leads else Streak()
        move = replace(move, leads=leads, seen=_longer(before, now.date()))
        if move.seen.days >= _ENOUGH:
            move = Move(address=None if leads == _bare(source.url) else leads)
    return replace(state, gone=None, held=False, move=move)


def after_failure(source: Source, state: PollState, error: SourceError, now: datetime) -> PollState:
    """An answer that is another starts the count of days anew; none at all leaves it."""
    state = replace(state, held=isinstance(error, Held))
    if state.move.address:
        return _after_loss(state, error, now.date())
    if _answered(error):
        state = replace(state, move=Move())
    if isinstance(error, FetchError) and _is_gone(error):
        state = replace(state, gone=now)
    return replace(state, error=_gone_for_good(source, state.error)) if state.gone else state


def unread(state: PollState) -> PollState:
    """As if it had never answered: whatever it sends is what it is."""
    return replace(state, etag=None, last_modified=None, digest=None, succeeded=None)


def _after_loss(state: PollState, error: SourceError, today: date) -> PollState:
    """A new address that fails for days was none. What its server called its copies is nothing
    to ask another by."""
    lost = _longer(state.move.lost, today)
    if lost.days >= _ENOUGH:
        return replace(state, move=Move(), etag=None, last_modified=None)
    kept = Move(address=state.move.address) if _answered(error) else state.move
    return replace(state, move=replace(kept, lost=lost))


def _answered(error: SourceError) -> bool:
    """Whether a server said something, if only where else to ask."""
    return not isinstance(error, FetchError) or error.status is not None or bool(error.redirects)


def _is_gone(error: FetchError) -> bool:
    return error.status == _GONE and _PERMANENT.issuperset(error.redirects)


def _longer(streak: Streak, today: date) -> Streak:
    """With today; a day that is yet to come was counted by a clock that was ahead."""
    if streak.last == today:
        return streak
    behind = streak.last is not None and streak.last < today
    return Streak(days=streak.days + 1 if behind else 1, last=today)


def _leads(source: Source, state: PollState, response: Response) -> str | None:
    """Where it was led for good, if that is fit to be its address."""
    if not response.redirects or not _PERMANENT.issuperset(response.redirects):
        return None
    before, there = asked(source, state).url, response.url
    if there == _bare(before) or urlsplit(there).scheme not in ("http", "https"):
        return None
    if urlsplit(there).scheme == "http" and urlsplit(before).scheme == "https":
        return None  # followed, but not for ever: whoever is in between could have said it next
    if _private(there) and not _private(source.url):
        return None
    return there


def _bare(url: str) -> str:
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()


_LOCAL_NAMES = {"localhost", "local", "internal", "intranet", "lan", "home", "corp", "onion"}


def _private(url: str) -> bool:
    """By its name alone: what a name stands for is the resolver's to check."""
    host = (urlsplit(url).hostname or "").rstrip(".")
    try:
        return not ipaddress.ip_address(host).is_global
    except ValueError:
        last = host.rpartition(".")[2]
        numeric = last.isdigit() or last.startswith("0x")  # as inet_aton reads it
        return "." not in host or numeric or last in _LOCAL_NAMES or host.endswith(".home.arpa")


# ── whether it is the same ───────────────────────────────────────────────────


def renamed(old: Feed, new: Feed) -> bool:
    """Whether nothing of its title is left: one that is only longer or shorter is the same."""
    one, other = letters(plain(old.title)), letters(plain(new.title))
    return bool(one and other) and one not in other and other not in one


def swapped(
    old: Feed, new: Feed, before: Sequence[str | None], now: Sequence[str | None]
) -> str | None:
    """How `new`, which has another title, is another feed than `old`; None if it need not be.
    `before` and `now` are the keys of their entries' links.

    Another it is only with another title, other hosts and no entry that is known, which the caller
    sees to: a site that is made over keeps its hosts, one that moves its title or its entries, and
    a quiet one title and hosts while all of its entries change.
    """
    site, place = (set(_domains([x.link and links.url_key(x.link)])) for x in (old, new))
    usual, leads = _mostly(_domains(before)), set(_domains(now))
    homes = site | usual
    if not before or not homes or leads & homes or not (leads or place):
        return None
    # Of one that still names its site, the entries must have had a place of their own and another
    # now: those of whoever links to all the world always lead elsewhere.
    if place & homes and not (usual and leads):
        return None
    there = sorted(leads or place)[:_MOST_TOLD]
    return (
        f"it was {_quoted(old.title)} and is {_quoted(new.title)}, its links led to"
        f" {', '.join(sorted(homes))} and lead to {', '.join(there)}"
    )


def held(source: Source, how: str) -> Held:
    return Held(
        f"held: another feed stands there now: {how}, and no entry of it is known; nothing of it is"
        f" taken. If it is the right one: aggregator run --accept {shlex.quote(source.id)}, or"
        " change its url"
    )


def _domains(keys: Iterable[str | None]) -> list[str]:
    return [links.domain(key) for key in keys if key]


def _mostly(domains: Sequence[str]) -> set[str]:
    """That of more than half of them, if there is one."""
    return {x for x, n in Counter(domains).items() if 2 * n > len(domains)}


def _quoted(title: str) -> str:
    text = line(plain(title))
    return f"“{text[:60]}{'…' if len(text) > 60 else ''}”"


# ── what is told of it ───────────────────────────────────────────────────────


def moved(source: Source, state: PollState) -> str | None:
    """Its new address, as it may be shown."""
    return discretion.shown(asked(source, state)) if state.move.address else None


def notes(source: Source, state: PollState) -> Iterator[str]:
    """What to do about an address that is not the config's."""
    if not state.move.address:
        return
    there = moved(source, state)
    where = f"to {there}, which is asked now: write that" if there else "elsewhere: write where"
    hint = "; curl -sIL with its url shows all of it" if not there or there.endswith("?…") else ""
    yield f"its address has moved for good {where} into the config, as its url{hint}"


def _gone_for_good(source: Source, error: str | None) -> str:
    return (
        f"{error}; it said that it is gone for good and is asked no more, its entries stay; to ask"
        f" once more: aggregator run --only {shlex.quote(source.id)} --force, or change its url"
    )
