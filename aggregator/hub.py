"""Our own hub (WebSub, W3C Recommendation of 2018): what it is asked, whom it listens to, what it
sends and when again. Pure.

asked ──→ Intent ──verified──→ Listener ──→ sent what is new … until its lease ends
"""

from __future__ import annotations

import hmac
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import blake2b
from urllib.parse import parse_qsl, urlencode, urlsplit

from aggregator.errors import FetchError, HostRests
from aggregator.model import Intent, Listener, Request, Response
from aggregator.moments import clamp

MOST_BYTES = 16 * 1024  # of what is posted
MOST = 10_000  # listeners
_MOST_OF_A_HOST = 1000
_MOST_INTENTS = 500
_LEASE = timedelta(days=10)  # where none is asked for
_SHORTEST, _LONGEST = timedelta(minutes=5), timedelta(days=30)
_MOST_SECRET = 200  # bytes, and fewer than that (§5.1)
_LONGEST_ADDRESS = 1000  # two of them are a key, for which PostgreSQL has 2,700 bytes
_ASKED = 3  # times, for what they want
_ASKED_AGAIN = timedelta(minutes=1)  # five times as long after each failure
_FIRST_WAIT = timedelta(seconds=10)  # three times as long after each failure
_LONGEST_WAIT = timedelta(hours=1)
_GIVEN_UP = timedelta(days=1)

Key = tuple[str, str]  # callback and topic


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """What is answered to who asks for what we do not do, with `status`."""

    status: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """Somebody says that these documents changed."""

    topics: tuple[str, ...]


# ── what it is asked ─────────────────────────────────────────────────────────


def read(body: bytes, now: datetime) -> Intent | News | Refusal:
    """What a form says (§5.1); whether there are such documents is not looked at here."""
    try:
        pairs = parse_qsl(
            body.decode(), keep_blank_values=True, errors="strict", max_num_fields=200
        )
    except ValueError:
        return Refusal(status=400, text="this is no form in UTF-8")
    form = [(name, value.strip()) for name, value in pairs if name.startswith("hub.")]
    mode = dict(form).get("hub.mode", "")
    if mode == "publish":
        topics = (value for name, value in form if name in ("hub.url", "hub.topic", "hub.url[]"))
        return News(topics=tuple(dict.fromkeys(topics)))
    if mode not in ("subscribe", "unsubscribe"):
        return Refusal(status=400, text="hub.mode is to be subscribe, unsubscribe or publish")
    twice = next((name for name, times in Counter(x for x, _ in form).items() if times > 1), None)
    if twice in ("hub.callback", "hub.mode", "hub.topic", "hub.secret", "hub.lease_seconds"):
        return Refusal(status=400, text=f"{twice} is given twice")
    return _intent(dict(form), now)


def _intent(form: dict[str, str], now: datetime) -> Intent | Refusal:
    callback, topic = form.get("hub.callback", ""), form.get("hub.topic", "")
    secret, lease = form.get("hub.secret", ""), form.get("hub.lease_seconds", "")
    if not _can_be_called(callback):
        return Refusal(status=400, text="hub.callback is to be an http or https address")
    if not topic or len(topic.encode()) > _LONGEST_ADDRESS or not topic.isprintable():
        return Refusal(status=400, text="hub.topic is to be the address of a document")
    if len(secret.encode()) >= _MOST_SECRET or not secret.isprintable():
        said = f"hub.secret is to be a text of fewer than {_MOST_SECRET} bytes"
        return Refusal(status=400, text=said)
    if lease and not (lease.isascii() and lease.isdigit()):
        return Refusal(status=400, text="hub.lease_seconds is to be a number")
    return Intent(
        callback=callback,
        topic=topic,
        mode="unsubscribe" if form["hub.mode"] == "unsubscribe" else "subscribe",
        secret=secret or None,
        lease=_lease(lease),
        due=now,
    )


def _can_be_called(url: str) -> bool:
    try:
        parts = urlsplit(url)
        sound = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        return False
    odd = "@" in parts.netloc or parts.fragment or len(url) > _LONGEST_ADDRESS
    return bool(sound and not odd and url.isascii() and url.isprintable() and " " not in url)


def _lease(seconds: str) -> timedelta:
    asked = int(seconds[:9] or 0)
    return clamp(timedelta(seconds=asked), _SHORTEST, _LONGEST) if asked else _LEASE


def crowded(intent: Intent, listeners: Iterable[Key], intents: Iterable[Key]) -> Refusal | None:
    """Whether there is no more room for whoever is new."""
    held, asked = set(listeners), set(intents)
    host = host_of(intent.callback)
    if key(intent) in held | asked:
        return None
    if len(held) >= MOST or len(asked) >= _MOST_INTENTS:
        return Refusal(status=503, text="this hub has as many subscribers as it can serve")
    if sum(host_of(callback) == host for callback, _ in (*held, *asked)) >= _MOST_OF_A_HOST:
        return Refusal(status=429, text="there are too many subscriptions of that host")
    return None


def key(of: Intent | Listener) -> Key:
    return of.callback, of.topic


def host_of(url: str) -> str:
    return urlsplit(url).hostname or ""


# ── whether they want it ─────────────────────────────────────────────────────


def question(intent: Intent, challenge: str) -> Request:
    """§5.3: a request that only they can answer."""
    query = {"hub.mode": intent.mode, "hub.topic": intent.topic, "hub.challenge": challenge}
    if intent.mode == "subscribe":
        query["hub.lease_seconds"] = str(int(intent.lease.total_seconds()))
    return Request(url=_with_query(intent.callback, query))


def denial(of: Intent | Listener, reason: str) -> Request:
    """§5.2: they are told that there will be nothing."""
    query = {"hub.mode": "denied", "hub.topic": of.topic, "hub.reason": reason}
    return Request(url=_with_query(of.callback, query))


def _with_query(url: str, query: dict[str, str]) -> str:
    """§5.3: what stands in the address stays there."""
    return f"{url}{'&' if urlsplit(url).query else '?'}{urlencode(query)}"


def confirmed(answer: Response, challenge: str) -> bool:
    """Whether it is the answer of who asked. One from elsewhere is none (§5.3.1)."""
    return not answer.redirects and hmac.compare_digest(answer.body.strip(), challenge.encode())


def asked_again(intent: Intent, error: FetchError | HostRests, now: datetime) -> Intent | None:
    """Later, where they could not answer; None where they did, or never will."""
    if isinstance(error, HostRests):
        return (
            replace(intent, due=error.until, attempts=intent.attempts + 1)
            if _left(intent)
            else None
        )
    answered = error.status is not None and error.status < 500 and error.status != 429
    if answered or not _left(intent):
        return None
    wait = _ASKED_AGAIN * 5**intent.attempts
    return replace(intent, due=now + wait, attempts=intent.attempts + 1)


def _left(intent: Intent) -> bool:
    return intent.attempts + 1 < _ASKED


def granted(intent: Intent, before: Listener | None, now: datetime) -> Listener:
    """Who asks again keeps what they have, and what they are still to be sent."""
    known = before.known if before else intent.known
    return Listener(
        callback=intent.callback,
        topic=intent.topic,
        secret=intent.secret,
        until=now + intent.lease,
        known=known,
    )


# ── what is sent ─────────────────────────────────────────────────────────────


def digest(body: bytes) -> str:
    """What a document is known by."""
    return blake2b(body, digest_size=16).hexdigest()


def over(listener: Listener, now: datetime) -> bool:
    return listener.until <= now


def waits(of: Listener | Intent, now: datetime) -> bool:
    """Whoever sets the clock back does not make them wait for longer."""
    return of.due is not None and now < of.due <= now + _GIVEN_UP


def delivery(listener: Listener, body: bytes, *, media_type: str, links: str) -> Request:
    """§7: the document as it is, signed for those who gave a secret. With SHA-256: whoever reads
    the Recommendation knows it, and SHA-1 has had its time."""
    headers = {"content-type": media_type, "link": links}
    if listener.secret:
        signature = hmac.new(listener.secret.encode(), body, "sha256").hexdigest()
        headers["x-hub-signature"] = f"sha256={signature}"
    return Request(url=listener.callback, headers=headers, body=body)


def sent(listener: Listener, known: str) -> Listener:
    """They took it."""
    return replace(listener, known=known, failing=None, due=None, attempts=0, error=None)


def gone(error: FetchError | HostRests) -> bool:
    """Whether they want nothing more (§7)."""
    return isinstance(error, FetchError) and error.status == 410


def failed(
    listener: Listener, known: str, error: FetchError | HostRests, now: datetime
) -> Listener:
    """They did not take it: it is sent later, ever more seldom, and after a day only the next."""
    since = listener.failing or now
    if now - since >= _GIVEN_UP:
        return replace(sent(listener, known), error=f"given up: {error}")
    if isinstance(error, HostRests):
        return replace(listener, failing=since, due=error.until, error=str(error))
    wait = min(_FIRST_WAIT * 3 ** min(listener.attempts, 9), _LONGEST_WAIT)
    wait *= 0.75 + 0.5 * _share(listener)
    if error.retry_after:
        wait = clamp(error.retry_after, wait, _GIVEN_UP)
    return replace(
        listener, failing=since, due=now + wait, attempts=listener.attempts + 1, error=str(error)
    )


def given_up(listener: Listener) -> bool:
    return listener.error is not None and listener.failing is None


def _share(listener: Listener) -> float:
    """From 0 to 1: those who failed in one moment are not tried again in one."""
    text = f"{listener.callback} {listener.topic} {listener.attempts}"
    return int.from_bytes(blake2b(text.encode(), digest_size=2).digest(), "big") / 0xFFFF


# ── how many ask ─────────────────────────────────────────────────────────────


class Pace:
    """How much may be asked in a minute: of all, and for one host."""

    def __init__(self, *, all: int = 1200, host: int = 120) -> None:
        self._all = all
        self._host = host
        self._minute: int | None = None
        self._asked: Counter[str] = Counter()

    def exceeded(self, host: str, now: datetime) -> bool:
        minute = int(now.timestamp() // 60)
        if minute != self._minute:
            self._minute, self._asked = minute, Counter()
        self._asked[host] += 1
        return self._asked[host] > self._host or self._asked.total() > self._all


# ── words ────────────────────────────────────────────────────────────────────


def notes(listeners: Sequence[Listener]) -> list[str]:
    """How our hub stands, in plain words; nothing where nobody listens."""
    if not listeners:
        return []
    failing = [x for x in listeners if x.error]
    said = f"our hub: {len(listeners)} subscription{'s' if len(listeners) > 1 else ''}"
    if failing:
        said += f", of which {len(failing)} could not be sent the news: {failing[0].error}"
    return [said]
