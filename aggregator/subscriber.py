"""Our side of WebSub: asks hubs for the pushes that `websub` wants, remembers what they granted,
and takes in what they push. It holds up no poll, and lives as long as one Aggregator.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Coroutine, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from aggregator import report, websub
from aggregator.errors import AggregatorError, FetchError, HostRests, ParseError
from aggregator.metrics import Metrics
from aggregator.model import Lease, Response, Source
from aggregator.pipeline import Pipeline

_LOOK = timedelta(seconds=10)  # between two looks at what is to be asked
_MOST_ASKED = 8  # requests to hubs at a time
_MOST_PUSHES = 64  # taken in at a time; each is in memory
_CALM = timedelta(minutes=1)  # between two polls of a source that hubs call for


class Subscriber:
    """Use it as a context. `callback` is our public address; without one, all that hubs granted is
    given back. `news` is called when entries came in."""

    def __init__(
        self,
        pipeline: Pipeline,
        *,
        callback: str | None,
        metrics: Metrics,
        news: Callable[[], None] = lambda: None,
    ) -> None:
        self.callback = callback
        self._pipeline = pipeline
        self._store = pipeline.store
        self._clock = pipeline.clock
        self._metrics = metrics
        self._news = news
        self._leases: dict[str, Lease] = {}  # by token: all that the store has
        self._asking: dict[str, asyncio.Task[None]] = {}
        self._taking: set[asyncio.Task[None]] = set()
        self._looking: asyncio.Task[None] | None = None
        self._look_at: datetime | None = None
        self._pings: set[str] = set()  # sources that are to be polled soon

    async def __aenter__(self) -> Subscriber:
        self._since = self._clock()
        known = await self._pipeline.in_thread(self._store.leases)
        self._leases = {lease.token: lease for lease in known}
        return self

    async def __aexit__(self, *_: object) -> None:
        """What is being taken in gets a moment; what is asked can be asked again."""
        if self._taking:
            await asyncio.wait(self._taking, timeout=5)
        tasks = [*self._taking, *self._asking.values(), *([self._looking] if self._looking else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    @property
    def heard_since(self) -> datetime | None:
        """A source that was polled after this, and whose news are pushed, need not be polled for
        now: nothing can have been missed but what the hub did not send."""
        return max(self._since, self._clock() - websub.NET) if self.callback else None

    # ── asking ───────────────────────────────────────────────────────────────

    def look_soon(self) -> None:
        """A poll may have told of a hub."""
        self._look_at = None

    def tick(self) -> None:
        """See to it, beside all else, that hubs are asked for what is wanted."""
        now = self._clock()
        late = self._look_at is None or not timedelta() <= now - self._look_at < _LOOK
        if late and not self._looking:
            self._look_at = now
            self._looking = self._begin("hubs not asked", self._look())
            self._looking.add_done_callback(self._looked)

    def _looked(self, _: object) -> None:
        self._looking = None

    async def _look(self) -> None:
        now = self._clock()
        wanted = await self._pipeline.in_thread(self._store.advertised) if self.callback else {}
        wishes = {name: x for name, x in wanted.items() if self._wished(name)}
        held = list(self._leases.values())
        changed = websub.steps(
            wishes, held, base=self.callback or "", now=now, mint=secrets.token_urlsafe
        )
        given_up = [websub.given_up(x, now) for x in held if websub.to_be_asked(x, now)]
        ended = [lease.token for lease in held if websub.ended(lease, now)]
        await self._keep(*(x for x in given_up if x != self._leases[x.token]), *changed)
        await self._keep(forgotten=ended)
        due = [x for x in self._leases.values() if websub.to_be_asked(x, now)]
        for lease in due:
            if lease.token not in self._asking and len(self._asking) < _MOST_ASKED:
                task = self._begin("hub not asked", self._ask(lease))
                self._asking[lease.token] = task
                task.add_done_callback(partial(self._asked, lease.token))

    def _wished(self, name: str) -> bool:
        source = self._source(name)
        return source is not None and websub.may_be_told(source)

    def _asked(self, token: str, _: object) -> None:
        del self._asking[token]
        self.look_soon()

    async def _ask(self, lease: Lease) -> None:
        error: FetchError | HostRests | None = None
        try:
            await self._pipeline.fetch(websub.request_for(lease))
        except (FetchError, HostRests) as failure:
            error = failure
        now = self._clock()
        current = self._leases.get(lease.token)
        if current and current.state == lease.state:  # else it was verified at once
            await self._keep(websub.after_asking(current, error, now))

    async def _keep(self, *leases: Lease, forgotten: list[str] | None = None) -> None:
        """Known at once: a hub may ask about it before the store has it."""
        for lease in leases:
            self._leases[lease.token] = lease
        for token in forgotten or ():
            del self._leases[token]
        if leases or forgotten:
            keep = partial(self._store.keep_leases, leases, forgotten=forgotten or ())
            await self._pipeline.in_thread(keep)

    # ── hearing ──────────────────────────────────────────────────────────────

    def lease(self, token: str) -> Lease | None:
        """What a callback is for, if it is one of ours."""
        return self._leases.get(token)

    async def answer(self, lease: Lease, query: Mapping[str, str]) -> str | None:
        """What a hub is told that asks at a callback; None: we asked for no such thing."""
        answer = websub.answered(lease, query, self._clock())
        if answer is None:
            return None
        if answer.lease != lease:
            await self._keep(answer.lease)
            self.look_soon()
            report.log_event(
                "hub", source=lease.source, says=answer.lease.state, hub=websub.name(lease)
            )
        return answer.text

    def overloaded(self) -> bool:
        return self._pipeline.full or len(self._taking) >= _MOST_PUSHES

    def counted(self, became: str) -> None:
        self._metrics.pushed(became)

    def hear(self, lease: Lease, sent: Response, signatures: Sequence[str]) -> None:
        """A push: its content where it is signed, a reason to poll where it cannot be, nothing
        where it is forged."""
        source = self._source(lease.source)
        signed = lease.secret is None or websub.genuine(lease.secret, signatures, sent.body)
        if lease.state != "active" or source is None or not signed:
            self.counted("ignored")
        elif websub.speaks_for(lease, source):
            task = self._begin("push not kept", self._take(source.id, sent))
            self._taking.add(task)
            task.add_done_callback(self._taking.discard)
        else:
            self._ping(source.id)

    async def _take(self, source: str, sent: Response) -> None:
        try:
            outcome, whole = await self._pipeline.take(source, sent)
        except ParseError:  # an empty one, or one in a format that is the hub's own
            self._ping(source)
            return
        except Exception:
            self._pings.add(source)
            raise
        self._metrics.pushed("taken", outcome.changes)
        report.log_pushed(outcome)
        self._news()
        if not whole:
            self._pings.add(source)

    def _ping(self, source: str) -> None:
        self.counted("ping")
        self._pings.add(source)

    async def pinged(self) -> list[str]:
        """The sources to poll for what their hubs said; not one that fails, for that has a time
        of its own, and none without end."""
        if not self._pings:
            return []
        states = await self._pipeline.in_thread(self._store.states)
        now = self._clock()
        self._pings = {x for x in self._pings if x in states and not states[x].failures}
        polled = {name: states[name].polled for name in self._pings}
        return [name for name, at in polled.items() if not at or not at <= now < at + _CALM]

    def polled(self, source: str) -> None:
        """A poll for a ping has begun."""
        self._pings.discard(source)

    # ── tasks ────────────────────────────────────────────────────────────────

    def _source(self, name: str) -> Source | None:
        found = self._pipeline.subscriptions.get(name)
        return found.source if found else None

    def _begin(self, trouble: str, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        async def guarded() -> None:
            try:
                await work
            except AggregatorError as error:
                report.log_trouble(trouble, error=str(error))
            except Exception as error:  # our own bug: it must not stop the others
                report.log_trouble(f"{trouble}, please report it", error=repr(error))

        return asyncio.create_task(guarded())
