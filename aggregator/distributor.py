"""Our own hub at work: takes in who wants our documents, makes sure that they do, and sends each
document to them when it changes. One slow subscriber never delays another.

What was sent is kept after it was: whoever is killed in between sends it once more.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from weakref import WeakValueDictionary

from aggregator import files, guard, hub, report, tasks
from aggregator.details import Fetch
from aggregator.errors import FetchError, HostRests, OutputError
from aggregator.hub import Key, Refusal
from aggregator.metrics import Metrics
from aggregator.model import Intent, Listener, Request, Response
from aggregator.pipeline import Pipeline
from aggregator.topics import Topics

_EVERY = timedelta(seconds=10)
_MOST_SENT = 64  # at a time, to those who answer
_MOST_SENT_SLOWLY = 16  # to those who did not, or took their time
_MOST_ASKED = 32  # at a time, whether they want it
_MOST_OF_A_HOST = 4
_SLOW = 2.0  # seconds
_LEAVE = 5.0  # seconds


class Distributor:
    """Use it as a context; `topics` is called in the store's thread. `networks` are those that may
    be sent to although they are private."""

    def __init__(
        self,
        pipeline: Pipeline,
        fetch: Fetch,
        *,
        topics: Callable[[], Topics],
        metrics: Metrics,
        networks: tuple[guard.Network, ...] = (),
    ) -> None:
        self._store = pipeline.store
        self._in_thread = pipeline.in_thread
        self._clock = pipeline.clock
        self._fetch = fetch
        self._find_topics = topics
        self._metrics = metrics
        self._networks = networks
        self._pace = hub.Pace()
        self._listeners: dict[Key, Listener] = {}
        self._intents: dict[Key, Intent] = {}
        self._digests: dict[str, tuple[str, str]] = {}  # by path: the file's stamp, the document's
        self._slow: set[Key] = set()
        self._work: dict[tuple[str, Key], asyncio.Task[None]] = {}  # by what is done for whom
        self._unsaved: dict[Key, Listener | None] = {}
        self._saving: asyncio.Task[None] | None = None
        self._hosts: WeakValueDictionary[str, asyncio.Semaphore] = WeakValueDictionary()
        self._lanes = {
            "send": asyncio.Semaphore(_MOST_SENT),
            "send slowly": asyncio.Semaphore(_MOST_SENT_SLOWLY),
            "ask": asyncio.Semaphore(_MOST_ASKED),
        }
        self._rounds = tasks.Rounds("news not sent", self._look, every=_EVERY, clock=self._clock)

    async def __aenter__(self) -> Distributor:
        self._topics = await self._in_thread(self._find_topics)
        intents = await self._in_thread(self._store.intents)
        listeners = await self._in_thread(self._store.listeners)
        self._intents = {hub.key(x): x for x in intents}
        self._listeners = {hub.key(x): x for x in listeners}
        self._metrics.listen(lambda: len(self._listeners))
        return self

    async def __aexit__(self, *_: object) -> None:
        """What is being sent gets a moment; the rest is sent when we are back."""
        await self._rounds.end(within=_LEAVE)
        await tasks.end(self._work.values(), within=_LEAVE)
        await tasks.end([self._saving] if self._saving else [], within=_LEAVE)

    def look_soon(self) -> None:
        """A document may have changed."""
        self._rounds.soon()

    def tick(self) -> None:
        self._rounds.tick()

    # ── being asked ──────────────────────────────────────────────────────────

    @property
    def open(self) -> bool:
        """Whether the config wants this hub."""
        return self._topics.own

    async def ask(self, body: bytes) -> Refusal | None:
        """What somebody posts; None when it was taken."""
        now = self._clock()
        asked = hub.read(body, now)
        if isinstance(asked, Refusal):
            return asked
        self._topics = await self._in_thread(self._find_topics)
        if isinstance(asked, hub.News):
            return self._told(asked)
        refused = self._refused(asked, now)
        if refused is None:
            await self._take(asked)
        return refused

    def _told(self, news: hub.News) -> Refusal | None:
        """Whoever says that a document changed: we look ourselves."""
        if not news.topics or any(self._topics.path(x) is None for x in news.topics):
            return Refusal(status=404, text="hub.url is to be the address of a document here")
        self.look_soon()
        return None

    def _refused(self, intent: Intent, now: datetime) -> Refusal | None:
        key, host = hub.key(intent), hub.host_of(intent.callback)
        if intent.mode == "unsubscribe" and key not in self._listeners:
            return Refusal(status=404, text="there is no such subscription")
        if intent.mode == "subscribe" and self._topics.path(intent.topic) is None:
            return Refusal(status=404, text="hub.topic is to be the address of a document here")
        written = guard.literal(host)
        if written and not guard.allowed(written, self._networks):
            return Refusal(status=403, text="hub.callback is a private address")
        if self._pace.exceeded(host, now):
            return Refusal(status=429, text="too many requests in this minute")
        return hub.crowded(intent, self._listeners, self._intents)

    async def _take(self, intent: Intent) -> None:
        path = self._topics.path(intent.topic)
        known = await asyncio.to_thread(self._digest, path) if path else None
        intent = replace(intent, known=known)
        await self._in_thread(partial(self._store.keep_intents, [intent]))
        self._intents[hub.key(intent)] = intent
        self.look_soon()

    # ── looking ──────────────────────────────────────────────────────────────

    async def _look(self) -> datetime | None:
        """When there is something to be done next."""
        self._topics = await self._in_thread(self._find_topics)
        wanted = {listener.topic for listener in self._listeners.values()}
        paths = {topic: path for topic in wanted if (path := self._path(topic))}
        digests = await asyncio.to_thread(
            lambda: {topic: self._digest(path) for topic, path in paths.items()}
        )
        now = self._clock()
        for key, listener in list(self._listeners.items()):
            if hub.over(listener, now):
                self._keep_none(key)
            elif listener.topic in wanted - paths.keys():
                self._deny(listener)
            elif digests.get(listener.topic) in (None, listener.known):
                continue
            elif not hub.waits(listener, now):
                self._begin("send", key, partial(self._send, key, paths[listener.topic]))
        for key, intent in self._intents.items():
            if not hub.waits(intent, now):
                self._begin("ask", key, partial(self._ask, intent))
        self._save_soon()
        dues = [x.due for x in self._listeners.values()] + [x.due for x in self._intents.values()]
        return min((due for due in dues if due and due > now), default=None)

    def _path(self, topic: str) -> str | None:
        return self._topics.path(topic) if self._topics.own else None

    def _digest(self, path: str) -> str | None:
        """Of the document as it is now; None when there is none. In any thread."""
        file = self._topics.folder / path
        stamp = files.stamp(file)
        if stamp is None:
            return None
        known, digest = self._digests.get(path, ("", ""))
        if known != stamp:
            body = _held(file)
            if body is None:
                return None
            digest = hub.digest(body)
            self._digests[path] = stamp, digest
        return digest

    def _begin(self, what: str, key: Key, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        if (what, key) not in self._work:
            task = tasks.begin("news not sent", work())
            self._work[what, key] = task
            task.add_done_callback(lambda _: self._work.pop((what, key)))

    # ── asking and sending ───────────────────────────────────────────────────

    async def _ask(self, intent: Intent) -> None:
        """Whether they want what was asked for in their name."""
        key, challenge = hub.key(intent), secrets.token_urlsafe(24)
        async with self._turn("ask", key[0]):
            answer = await self._answer(hub.question(intent, challenge))
        if self._intents.get(key) != intent:  # asked for otherwise meanwhile: they are asked anew
            self.look_soon()
            return
        now = self._clock()
        again = None
        if isinstance(answer, Response):
            confirmed = hub.confirmed(answer, challenge)
        else:
            confirmed, again = False, hub.asked_again(intent, answer, now)
        if confirmed and intent.mode == "subscribe":
            self._keep(hub.granted(intent, self._listeners.get(key), now))
        elif confirmed:
            self._keep_none(key)
        if confirmed:
            self.look_soon()
            report.log_event(
                "our hub", callback=hub.host_of(key[0]), topic=key[1], mode=intent.mode
            )
        await self._settle(intent, again)

    async def _settle(self, intent: Intent, again: Intent | None) -> None:
        """What was asked for is done with, or is asked about again. Who was confirmed is kept
        before that: in between they are asked once more."""
        await self._save()
        key = hub.key(intent)
        if again:
            self._intents[key] = again
            await self._in_thread(partial(self._store.keep_intents, [again]))
        else:
            del self._intents[key]
            await self._in_thread(partial(self._store.keep_intents, [], forgotten=[key]))

    async def _send(self, key: Key, path: str) -> None:
        """Until they have the document as it is, or do not take it."""
        while listener := self._listeners.get(key):
            slow = listener.attempts or key in self._slow
            async with self._turn("send slowly" if slow else "send", key[0]):
                if not await self._send_once(key, path):
                    return

    async def _send_once(self, key: Key, path: str) -> bool:
        """Whether they took something: there may be more. Read when it is their turn, since those
        who wait for it are many."""
        listener = self._listeners.get(key)
        if listener is None:
            return False
        request, known = await asyncio.to_thread(self._delivery, listener, path)
        if request is None or known == listener.known:
            return False
        began = time.monotonic()
        answer = await self._answer(request)
        slow = time.monotonic() - began >= _SLOW
        (self._slow.add if slow else self._slow.discard)(key)
        current = self._listeners.get(key)
        if current is None:
            return False
        if not isinstance(answer, Response):
            self._failed(current, known, answer)
            return False
        self._keep(hub.sent(current, known))
        self._metrics.sent("sent")
        return True

    def _failed(self, listener: Listener, known: str, error: FetchError | HostRests) -> None:
        if hub.gone(error):
            self._keep_none(hub.key(listener))
            self._metrics.sent("gone")
            return
        after = hub.failed(listener, known, error, self._clock())
        self._keep(after)
        self._metrics.sent("given_up" if hub.given_up(after) else "failed")
        if not listener.attempts or hub.given_up(after):
            report.log_trouble("news not sent", topic=listener.topic, error=after.error)

    def _delivery(self, listener: Listener, path: str) -> tuple[Request | None, str]:
        body = _held(self._topics.folder / path)
        if body is None:
            return None, ""
        request = hub.delivery(
            listener,
            body,
            media_type=self._topics.types[path],
            links=self._topics.link_header(path),
        )
        return request, hub.digest(body)

    def _deny(self, listener: Listener) -> None:
        """What they listen to is no document of this hub any more."""
        key = hub.key(listener)
        self._keep_none(key)

        async def told() -> None:
            async with self._turn("ask", key[0]):
                await self._answer(hub.denial(listener, "there is no such document any more"))

        self._begin("deny", key, told)

    @asynccontextmanager
    async def _turn(self, lane: str, callback: str) -> AsyncIterator[None]:
        """Those of one host wait for each other, and while they do hold up nobody else."""
        name = hub.host_of(callback)
        host = self._hosts.setdefault(name, asyncio.Semaphore(_MOST_OF_A_HOST))
        async with host, self._lanes[lane]:
            yield

    async def _answer(self, request: Request) -> Response | FetchError | HostRests:
        try:
            return await self._fetch(request)
        except (FetchError, HostRests) as error:
            return error

    # ── keeping ──────────────────────────────────────────────────────────────

    def _keep(self, listener: Listener) -> None:
        self._listeners[hub.key(listener)] = self._unsaved[hub.key(listener)] = listener
        self._save_soon()

    def _keep_none(self, key: Key) -> None:
        self._listeners.pop(key, None)
        self._slow.discard(key)
        self._unsaved[key] = None
        self._save_soon()

    def _save_soon(self) -> None:
        """Many at once, as they come: it is one transaction."""
        if self._unsaved and not self._saving:
            self._saving = tasks.begin("subscriptions not kept", self._save())
            self._saving.add_done_callback(self._saved)

    def _saved(self, _: object) -> None:
        self._saving = None

    async def _save(self) -> None:
        while self._unsaved:
            unsaved, self._unsaved = self._unsaved, {}
            kept = [listener for listener in unsaved.values() if listener]
            gone = [key for key, listener in unsaved.items() if listener is None]
            try:
                await self._in_thread(partial(self._store.keep_listeners, kept, forgotten=gone))
            except BaseException:
                self._unsaved = unsaved | self._unsaved  # with the next look
                raise


def _held(path: Path) -> bytes | None:
    """What is there now; what cannot be read is sent when it can."""
    try:
        return files.held(path)
    except OutputError:
        return None
