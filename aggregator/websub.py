"""Pushes from hubs (WebSub, W3C Recommendation of 2018; PubSubHubbub 0.4): which hubs a feed names,
what is asked of them and when, what their answers mean, and whether a push is genuine. Pure.

wanted ──→ active ──→ ending ──→ ended      a Lease; each renewal is a new one (§5.1)
   └─────→ refused ────────────────↗
"""

from __future__ import annotations

import hmac
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import blake2b
from urllib.parse import urlencode, urljoin, urlsplit

from aggregator.discretion import public, without_secrets
from aggregator.errors import FetchError, HostRests
from aggregator.model import Advertised, Feed, Lease, Link, Request, Source
from aggregator.moments import clamp, iso
from aggregator.syntax import confidential
from aggregator.text import line

NET = timedelta(hours=12)  # between two polls of a source whose news are pushed
PATH = "websub/"  # below the public address; then the token

_ASKED_FOR = timedelta(days=10)  # the longest that public hubs give
_UNSAID = timedelta(days=1)  # a lease of which the hub does not say how long it is
_LONGEST = timedelta(days=90)
_LEAST = timedelta(minutes=1)  # of what can wait for the last quarter of a lease
_KEPT = timedelta(days=1)  # an ended lease, to answer 410 to pushes that still come
_FIRST_WAIT = timedelta(minutes=1)  # four times as long after each failure
_VERIFICATION = timedelta(minutes=10)  # how long a hub may take for it; likewise
_ATTEMPTS = {"wanted": 4, "ending": 3}
_RESPITE = timedelta(days=1)  # for a hub that does not answer
_DENIED = timedelta(days=7)  # for one that does not want us
_MOST_HUBS = 5
_LONGEST_ADDRESS = 2000

# ── discovery ────────────────────────────────────────────────────────────────

_LINK = re.compile(r'<([^<>]*)>((?:[^,<"]|"(?:[^"\\]|\\.)*")*)')
_PARAMETER = re.compile(r';\s*([\w!#$&+.^`|~*-]+)\s*(?:=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s;,"]*)))?')


def advertised(source: Source, feed: Feed, *, url: str, headers: Mapping[str, str]) -> Advertised:
    """What a feed that came from `url` says: its Link headers come first, then the feed (§4)."""
    named = linked(headers.get("link", ""))
    hubs, topics = (
        _addresses(named, rel, url) or _addresses(feed.links, rel, url) for rel in ("hub", "self")
    )
    hubs.sort(key=lambda hub: not confidential(hub))  # those that can be told a secret
    return Advertised(topic=next(iter(topics), source.url), hubs=tuple(hubs[:_MOST_HUBS]))


def linked(header: str) -> tuple[Link, ...]:
    """The links of a Link header (RFC 8288 §3) that are the document's own, with all that their
    `rel` says."""
    found = []
    for target, rest in _LINK.findall(header):
        stated: dict[str, str] = {}
        for name, quoted, bare in _PARAMETER.findall(rest):
            value = re.sub(r"\\(.)", r"\1", quoted) if quoted else bare
            stated.setdefault(name.lower(), value)  # of several, the first counts
        if "anchor" not in stated:
            found.append(Link(href=target.strip(), rel=stated.get("rel", "")))
    return tuple(found)


def _addresses(links: Iterable[Link], rel: str, base: str) -> list[str]:
    found = (_absolute(base, x.href) for x in links if rel in x.rel.lower().split())
    return list(dict.fromkeys(href for href in found if href))


def _absolute(base: str, href: str) -> str | None:
    try:
        url = urljoin(base, href.strip())
        parts = urlsplit(url)
        sound = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
        url.encode()  # a header can hold bytes that are no text
    except ValueError:
        return None
    odd = len(url) > _LONGEST_ADDRESS or re.search(r"[\s\x00-\x1f]", url)
    return url if sound and not odd else None


def may_be_told(source: Source) -> bool:
    """Whether its address may go to a hub, which is somebody else's."""
    return source.kind == "feed" and public(source) == source.url


def speaks_for(lease: Lease, source: Source) -> bool:
    """Whether the content of a push counts: it is signed, and its topic is what we poll. A feed
    that calls another one itself (a category's the whole blog's) would bring what is not its."""
    return lease.secret is not None and _place(lease.topic) == _place(source.url)


def _place(url: str) -> tuple[str, str, str]:
    """An address whatever its scheme and its last slash."""
    parts = urlsplit(url)
    port = parts.netloc.rpartition("@")[2].lower().removesuffix(":80").removesuffix(":443")
    return port.removeprefix("www."), parts.path.rstrip("/"), parts.query


# ── what is to be done ───────────────────────────────────────────────────────


def steps(
    wanted: Mapping[str, Advertised],
    leases: Iterable[Lease],
    *,
    base: str,
    now: datetime,
    mint: Callable[[], str],
) -> list[Lease]:
    """New and changed leases, so that each source of `wanted` is pushed by one of its hubs, and
    nothing else is. `base` is our public address, `mint` gives what nobody can guess."""
    held: dict[str, list[Lease]] = defaultdict(list)
    for lease in leases:
        held[lease.source].append(lease)
    found: list[Lease] = []
    for source in dict.fromkeys((*wanted, *held)):
        wish = wanted.get(source)
        aged = [_aged(x, wish, base, now) for x in held[source]]
        found += [new for old, new in zip(held[source], aged, strict=True) if new is not old]
        active = sorted((x for x in aged if x.state == "active"), key=lambda x: x.made)
        found += [_end(old, now) for old in active[:-1]]
        if wish and all(x.state != "wanted" for x in aged):
            refused = {x.hub for x in aged if x.state == "refused"}
            hub = _next_hub(wish, active[-1:], refused, now)
            found += [_new(source, hub, wish.topic, base, now, mint)] if hub else []
    return found


def _aged(lease: Lease, wish: Advertised | None, base: str, now: datetime) -> Lease:
    if lease.state in ("ending", "ended"):
        return lease
    fits = wish and (lease.hub in wish.hubs and lease.topic == wish.topic)
    if not fits or lease.callback != callback(base, lease.token):
        return _end(lease, now)
    if lease.state == "active" and lease.until and lease.until <= now:
        return _ended(lease, now)
    if lease.state == "refused" and lease.due <= now:
        return _ended(lease, now)
    return lease


def _next_hub(
    wish: Advertised, active: Sequence[Lease], refused: set[str], now: datetime
) -> str | None:
    if active:
        renewed = active[0].due <= now and active[0].hub not in refused
        return active[0].hub if renewed else None
    return next((hub for hub in wish.hubs if hub not in refused), None)


def _new(
    source: str, hub: str, topic: str, base: str, now: datetime, mint: Callable[[], str]
) -> Lease:
    token = mint()
    return Lease(
        token=token,
        callback=callback(base, token),
        source=source,
        hub=hub,
        topic=topic,
        secret=mint() if confidential(hub) else None,
        made=now,
        due=now,
    )


def callback(base: str, token: str) -> str:
    return f"{base}{PATH}{token}"


def _end(lease: Lease, now: datetime) -> Lease:
    """What a hub has granted is given back; of what it has not it hears a 404."""
    if lease.state == "active":
        return replace(lease, state="ending", due=now, attempts=0, error=None)
    return _ended(lease, now)


def _ended(lease: Lease, now: datetime) -> Lease:
    """`attempts` tells whether the hub may ask us about that."""
    attempts = max(lease.attempts, 1) if lease.state == "ending" else 0
    return replace(lease, state="ended", due=now + _KEPT, attempts=attempts)


def ended(lease: Lease, now: datetime) -> bool:
    """Whether it can be forgotten."""
    return lease.state == "ended" and lease.due <= now


def to_be_asked(lease: Lease, now: datetime) -> bool:
    return lease.state in ("wanted", "ending") and lease.due <= now


# ── what is asked ────────────────────────────────────────────────────────────


def request_for(lease: Lease) -> Request:
    """§5.1: a form. The secret goes only where nobody can read along."""
    form = {
        "hub.callback": lease.callback,
        "hub.mode": _mode(lease),
        "hub.topic": lease.topic,
    }
    if lease.state == "wanted":
        form["hub.lease_seconds"] = str(int(_ASKED_FOR.total_seconds()))
        form |= {"hub.secret": lease.secret} if lease.secret else {}
    return Request(
        url=lease.hub,
        headers={"content-type": "application/x-www-form-urlencoded; charset=utf-8"},
        body=urlencode(form).encode(),
        confidential=lease.secret is not None,
    )


def _mode(lease: Lease) -> str:
    return "unsubscribe" if lease.state in ("ending", "ended") else "subscribe"


def after_asking(lease: Lease, error: FetchError | HostRests | None, now: datetime) -> Lease:
    """The hub has taken the request, and is to verify it; or it has not, or was not asked."""
    if isinstance(error, HostRests):
        return replace(lease, due=error.until, error=str(error))
    attempts = lease.attempts + 1
    wait = (_FIRST_WAIT if error else _VERIFICATION) * 4 ** (attempts - 1)
    if error and error.retry_after:
        wait = clamp(error.retry_after, wait, _RESPITE)
    said = str(error) if error else "not verified yet"
    return replace(lease, due=now + wait, attempts=attempts, error=said)


def given_up(lease: Lease, now: datetime) -> Lease:
    """A lease that is due once more: as it was, or as what becomes of it after too many times."""
    if lease.attempts < _ATTEMPTS.get(lease.state, 1):
        return lease
    if lease.state == "wanted":
        return replace(lease, state="refused", due=now + _RESPITE)
    return _ended(lease, now)


# ── what hubs say ────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What is answered to a hub, and what becomes of the lease."""

    lease: Lease
    text: str = ""


def answered(lease: Lease, query: Mapping[str, str], now: datetime) -> Answer | None:
    """The answer to what a hub asks at the callback (§5.2, §5.3); None when we asked for no such
    thing. What is asked twice is answered twice: the first answer may have been lost."""
    if query.get("hub.topic") != lease.topic:
        return None
    if query.get("hub.mode") == "denied" and lease.state != "ended":
        return Answer(lease=_denied(lease, query.get("hub.reason", ""), now))
    challenge = query.get("hub.challenge", "")
    if not challenge or query.get("hub.mode") != _mode(lease) or lease.state == "refused":
        return None
    if lease.state == "wanted":
        lease = _granted(lease, query.get("hub.lease_seconds", ""), now)
    elif lease.state == "ending":
        lease = _ended(lease, now)
    elif lease.state == "ended" and not lease.attempts:
        return None
    return Answer(lease=lease, text=challenge)


def _granted(lease: Lease, seconds: str, now: datetime) -> Lease:
    said = timedelta(seconds=int(seconds)) if re.fullmatch("[0-9]{1,9}", seconds) else None
    span = min(said or _UNSAID, _LONGEST)
    renewal = span * (0.75 + 0.1 * _share(lease.token))
    if renewal < _LEAST:  # earlier: a quarter of it is too little time to ask and be asked in
        renewal = span / 2
    return replace(
        lease, state="active", until=now + span, due=now + renewal, attempts=0, error=None
    )


def _share(token: str) -> float:
    """From 0 to 1, always the same: leases of one moment are not renewed in one."""
    return int.from_bytes(blake2b(token.encode(), digest_size=2).digest(), "big") / 0xFFFF


def _denied(lease: Lease, reason: str, now: datetime) -> Lease:
    if lease.state == "ending":
        return _ended(lease, now)
    said = "denied" + (f": {line(reason)[:200]}" if reason.strip() else "")
    return replace(lease, state="refused", until=None, due=now + _DENIED, error=said)


# ── what is pushed ───────────────────────────────────────────────────────────

METHODS = ("sha1", "sha256", "sha384", "sha512")


def genuine(secret: str, signatures: Iterable[str], body: bytes) -> bool:
    """Whether one of the X-Hub-Signature headers is that of `body` (§7.1)."""
    for signature in (x for value in signatures for x in value.split(",")):
        method, _, digest = signature.strip().partition("=")
        if method.lower() in METHODS:
            right = hmac.new(secret.encode(), body, method.lower()).hexdigest()
            # Bytes: compare_digest takes no text that is not ASCII.
            if hmac.compare_digest(
                right.encode(), digest.strip().lower().encode("utf-8", "replace")
            ):
                return True
    return False


# ── words ────────────────────────────────────────────────────────────────────


def pushed_until(leases: Iterable[Lease], now: datetime) -> datetime | None:
    """When pushes end; None where there are none."""
    ends = (x.until for x in leases if x.state == "active" and x.until and x.until > now)
    return max(ends, default=None)


def told(leases: Sequence[Lease], now: datetime) -> str | None:
    """How a source stands with its hubs, in plain words."""
    return next(_told(leases, now), None)


def _told(leases: Sequence[Lease], now: datetime) -> Iterator[str]:
    until = pushed_until(leases, now)
    for lease in leases:
        if lease.state == "active" and until and lease.until == until:
            yield f"pushed by {name(lease)} until {iso(until)}"
    for lease in leases:
        if lease.state == "wanted":
            yield f"asks {name(lease)} for pushes" + (f": {lease.error}" if lease.error else "")
    for lease in leases:
        if lease.state == "refused":
            yield f"not pushed by {name(lease)}: {lease.error}; asked again after {iso(lease.due)}"


def name(lease: Lease) -> str:
    return without_secrets(lease.hub)
