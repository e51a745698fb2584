"""The first of the two straight lines: fetch → parse → rules → cluster → save → store.

Reading and the store share one thread beside the event loop: two would spend a quarter of their
time handing each other the interpreter's lock. One transaction takes in what many polls brought.
The second line is `publish`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from concurrent.futures import Executor
from datetime import datetime, timedelta
from functools import partial
from itertools import islice
from typing import TypeVar
from zoneinfo import ZoneInfo

from aggregator import details, moves, origins, parts, polling, reading
from aggregator.details import Fetch
from aggregator.errors import FetchError, HostRests, SourceError, StoreError
from aggregator.ingest import Poll, Ruled, ingest, rule_anew
from aggregator.model import (
    Changes,
    Failed,
    Outcome,
    PollState,
    Postponed,
    Response,
    Source,
    Unchanged,
    Updated,
)
from aggregator.reading import Subscription
from aggregator.room import Room
from aggregator.stores import Store

Clock = Callable[[], datetime]
T = TypeVar("T")

_TOGETHER = 20  # polls in one transaction
_MANY = 200  # entries of one poll, which is then saved alone
_LARGE = 256 * 1024  # bytes of a document; likewise
_HELD = 16_000_000  # bytes of documents that wait for their texts; of larger ones, no others do
_POSTS_TOGETHER = 200  # post files read and saved at a time


class Pipeline:
    """Polls subscriptions into a store. Use it as a context: it has threads and a saver."""

    def __init__(
        self,
        store: Store,
        fetch: Fetch,
        *,
        subscriptions: Mapping[str, Subscription],
        clock: Clock,
        window: timedelta,
        thread: Executor,
        room: Room,
    ) -> None:
        self.store = store
        self.fetch = fetch
        self.subscriptions = subscriptions
        self.clock = clock
        self.window = window
        self._thread = thread
        self._room = room
        self._held = Room(_HELD)
        self._asker = origins.Asker()
        # Bounded: whoever fetches faster than we save waits, instead of filling the memory.
        self._queue: asyncio.Queue[tuple[Poll, asyncio.Future[Changes]]] = asyncio.Queue(64)

    async def __aenter__(self) -> Pipeline:
        await self.in_thread(lambda: self.enrol(self.subscriptions))
        self._saver = asyncio.create_task(self._save_all())
        return self

    async def __aexit__(self, *_: object) -> None:
        self._saver.cancel()
        await asyncio.gather(self._saver, return_exceptions=True)

    def enrol(self, subscriptions: Mapping[str, Subscription]) -> None:
        """From now on these are polled, and no others. To be called in the store's thread."""
        enrol(self.store, subscriptions, self.clock())
        self.subscriptions = subscriptions

    async def poll_due(
        self,
        *,
        names: Iterable[str] | None = None,
        force: Collection[str] = (),
        accept: Collection[str] = (),
        told: Callable[[Outcome], None] = lambda outcome: None,
        begun: Callable[[int], None] = lambda count: None,
    ) -> list[Outcome]:
        """Poll what is due among `names` (all by default), and what is in `force` as well; one
        that is gone for good only if it is in both. Whatever those in `accept` send is taken.

        `begun` hears how many that are, `told` of each outcome as it comes. One source's trouble
        is its own outcome.
        """
        subscriptions = self.subscriptions  # a list may bring others while we wait
        wanted = set(subscriptions if names is None else names).intersection(subscriptions)
        states = await self.in_thread(
            lambda: self.store.claim(self.clock(), names=wanted, force=force)
        )
        if names is None:
            states = [s for s in states if s.gone is None or s.source in accept]

        begun(len(states))

        async def one(state: PollState) -> Outcome:
            anew = state.source in accept
            outcome = await self._poll(subscriptions[state.source], state, anew=anew)
            told(outcome)
            return outcome

        return list(await asyncio.gather(*(one(state) for state in states)))

    async def _poll(self, subscription: Subscription, state: PollState, *, anew: bool) -> Outcome:
        source = subscription.source
        poll = self._poll_posts if source.kind == "posts" else self._poll_feed
        try:
            return await poll(subscription, moves.unread(state) if anew else state)
        except StoreError:  # no source's fault: nothing can be kept
            raise
        except HostRests as error:
            later = polling.postponed(state, error.until)
            await self._save(Poll(source=source.id, state=later))
            return Postponed(source=source.id, until=later.due)
        except SourceError as error:
            return await self._failed(source, state, error)
        except Exception as error:  # our own bug: it must not stop the others
            trouble = SourceError(f"internal error, please report it: {error!r}")
            return await self._failed(source, state, trouble)

    async def _failed(self, source: Source, state: PollState, error: SourceError) -> Failed:
        now = self.clock()
        failed = polling.after_failure(moves.asked(source, state), state, error, now)
        failed = moves.after_failure(source, failed, error, now)
        slowdown = error.slowdown if isinstance(error, FetchError) else None
        await self._save(Poll(source=source.id, state=failed, slowdown=slowdown))
        return Failed(source=source.id, error=failed.error or "")

    async def _poll_feed(self, subscription: Subscription, state: PollState) -> Outcome:
        source = subscription.source
        asked = await self.fetch(polling.request_for(moves.asked(source, state), state))
        zone = ZoneInfo(subscription.zone)
        response = await parts.whole(source, asked, self.fetch, self.in_thread, zone=zone)
        now = self.clock()
        kept = polling.after_success(source, state, response, now)
        kept = moves.after_success(source, kept, response, now)
        poll = partial(reading.poll_of, self.store, subscription, before=state, after=kept)
        read = partial(reading.read, self.store, subscription, response)
        means = details.Means(
            fetch=self.fetch,
            in_thread=self.in_thread,
            room=self._room,
            rules=subscription.links,
        )
        size = sum(map(len, response.bodies))
        with self._room.taken(size):
            if polling.unchanged(response, state):
                await self._save(Poll(source=source.id, state=kept))
                return Unchanged(source=source.id)
            if source.kind == "opml":
                read_list = partial(reading.read_list, self.store, subscription)
                listed = await self.in_thread(partial(read_list, after=kept, sent=response))
                return Updated(source=source.id, changes=await self._save(listed))
            if not details.fuller(means, source) and not subscription.links.resolve:
                made = await self.in_thread(partial(self._read_at_once, read, poll, size))
                return Updated(source=source.id, changes=await self._save(made))
            given = await self.in_thread(read)
        # Its room is free again: whoever asks for more would wait for it in vain.
        del asked, response, read  # what it says is a part of it
        texts = await self._beyond(subscription, given, means, size)
        made = await self.in_thread(
            lambda: self._at_once(poll(given, texts=texts, origins=means.origins), size)
        )
        changes = await self._save(made)
        return Updated(source=source.id, changes=changes)

    async def _beyond(
        self, subscription: Subscription, given: reading.Read, means: details.Means, size: int
    ) -> details.Detailed | None:
        """What is fetched for a document beside it: its texts, and into `means` where its short
        links lead. A large one waits for that only where few others do; else its texts come with
        the next polls."""
        source = subscription.source
        has_turn = size <= _LARGE or not self._held.full
        texts = None
        with self._held.taken(size):
            if full := details.fuller(means, source):
                found = partial(reading.listed, self.store, subscription, given)
                listed = await self.in_thread(found)
                texts = await details.detailed(source, listed, full, now=has_turn)
            if has_turn:
                await self._resolve(subscription, given, means)
        return texts

    async def _resolve(
        self, subscription: Subscription, given: reading.Read, means: details.Means
    ) -> None:
        hidden = partial(reading.hidden, self.store, subscription, given)
        asked = [x for x in await self.in_thread(hidden) if x not in means.origins]
        await self._asker.resolve(means, subscription.source, asked)

    async def _poll_posts(self, subscription: Subscription, state: PollState) -> Outcome:
        source = subscription.source
        look = partial(reading.look, self.store, source, now=self.clock())
        seen = await self.in_thread(look)
        changed = iter(seen.changed)
        totals: list[Changes] = []
        while batch := tuple(islice(changed, _POSTS_TOGETHER)):
            read = partial(
                reading.read_posts, self.store, subscription, before=state, batch=batch, seen=seen
            )
            totals.append(await self._save(await self.in_thread(read)))
        kept = polling.after_success(source, state, Response(url=source.url), self.clock())
        last = Poll(
            source=source.id,
            state=kept,
            stamps=seen.troubles,
            gone=seen.gone,
            problems=seen.problems,
        )
        totals.append(await self._save(last))
        if not seen.changed and not seen.troubles:
            return Unchanged(source=source.id)
        return Updated(source=source.id, changes=_sum(totals))

    async def take(self, source: str, sent: Response) -> tuple[Updated, bool]:
        """Take in what a hub pushed; False when the feed has to be asked for the rest of it.

        ParseError when it is no feed. What polling knows of the source stays as it is.
        """
        with self._room.taken(len(sent.body)):
            subscription = self.subscriptions[source]

            def read() -> tuple[Poll | Changes, bool]:
                push, whole = reading.read_push(self.store, subscription, sent)
                return self._at_once(push, len(sent.body)), whole

            push, whole = await self.in_thread(read)
            return Updated(source=source, changes=await self._save(push)), whole

    @property
    def full(self) -> bool:
        """Whether more has come in than can be read for now."""
        return self._room.full or self._queue.full()

    # ── threads ──────────────────────────────────────────────────────────────

    async def in_thread(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)

    def _read_at_once(
        self, read: Callable[[], reading.Read], poll: Callable[[reading.Read], Poll], size: int
    ) -> Poll | Changes:
        return self._at_once(poll(read()), size)

    def _at_once(self, poll: Poll, size: int) -> Poll | Changes:
        """One that brings many entries, or a large document's, is saved before anything else is
        read: in memory they are many times what they were. To be called in the store's thread."""
        if len(poll.arrivals) <= _MANY and size <= _LARGE:
            return poll
        (outcome,) = ingest(self.store, [poll], now=self.clock(), window=self.window)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    async def _save(self, poll: Poll | Changes) -> Changes:
        if isinstance(poll, Changes):  # saved already
            return poll
        saved: asyncio.Future[Changes] = asyncio.get_running_loop().create_future()
        await self._queue.put((poll, saved))
        return await saved

    async def _save_all(self) -> None:
        while True:
            waiting = [await self._queue.get()]
            while len(waiting) < _TOGETHER and not self._queue.empty():
                waiting.append(self._queue.get_nowait())
            polls = [poll for poll, _ in waiting]
            try:
                outcomes: Sequence[Changes | Exception] = await self.in_thread(
                    partial(ingest, self.store, polls, now=self.clock(), window=self.window)
                )
            except Exception as error:  # the store itself: everyone hears of it
                outcomes = [error] * len(waiting)
            for (_, saved), outcome in zip(waiting, outcomes, strict=True):
                if saved.done():
                    continue
                if isinstance(outcome, Exception):
                    saved.set_exception(outcome)
                else:
                    saved.set_result(outcome)


def enrol(store: Store, subscriptions: Mapping[str, Subscription], now: datetime) -> list[Ruled]:
    """Take in what the config names, and its rules; about what is stored, all that these change."""
    ruled: list[Ruled] = []
    with store.transaction():
        store.enrol([s.source for s in subscriptions.values()], now)
        for s in subscriptions.values():
            if store.rules(s.source.id, s.rules_digest):
                ruled += rule_anew(store, s.source.id, s.ruler, s.links, now)
    return ruled


def _sum(changes: Sequence[Changes]) -> Changes:
    return Changes(
        new=sum(c.new for c in changes),
        changed=sum(c.changed for c in changes),
        merged=sum(c.merged for c in changes),
        dropped=sum(c.dropped for c in changes),
        problems=tuple(p for c in changes for p in c.problems),
    )
