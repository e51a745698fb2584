"""What a monitor asks a daemon: counters since its start, and how each source is now."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from prometheus_client import CollectorRegistry, Counter, Gauge, exposition
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from aggregator.model import Changes, Failed, Outcome, PollState, Postponed, Unchanged, Updated
from aggregator.publish import Published

_OUTCOMES = {
    Updated: "updated",
    Unchanged: "unchanged",
    Failed: "failed",
    Postponed: "postponed",
}


class Metrics:
    """The counters of one daemon; they go on when its config changes."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._polls = self._counter("polls", "Polls by outcome", ["outcome"])
        self._entries = self._counter("entries", "Entries taken in, by what became of them", ["as"])
        self._documents = self._counter("documents", "Documents written or failed", ["outcome"])
        self._pushes = self._counter("pushes", "Pushes from hubs, by what became of them", ["as"])
        for became in ("taken", "ping", "ignored", "refused"):
            self._pushes.labels(became)
        self._announced = self._counter(
            "announcements", "Documents that other hubs were told of, by outcome", ["outcome"]
        )
        for outcome in ("told", "failed", "given_up"):
            self._announced.labels(outcome)
        self._sent = self._counter(
            "deliveries", "Documents sent to subscribers of our hub, by outcome", ["outcome"]
        )
        for outcome in ("sent", "failed", "gone", "given_up"):
            self._sent.labels(outcome)
        self._listeners = Gauge(
            "aggregator_subscriptions", "Subscriptions that our hub has", registry=self._registry
        )
        for outcome in _OUTCOMES.values():
            self._polls.labels(outcome)

    def _counter(self, name: str, text: str, labels: list[str]) -> Counter:
        return Counter(f"aggregator_{name}", text, labels, registry=self._registry)

    def polled(self, outcome: Outcome) -> None:
        self._polls.labels(_OUTCOMES[type(outcome)]).inc()
        if isinstance(outcome, Updated):
            self._took_in(outcome.changes)

    def pushed(self, became: str, changes: Changes | None = None) -> None:
        """`taken` in; a `ping`, for which the feed is polled; `ignored`, or `refused` for now."""
        self._pushes.labels(became).inc()
        if changes:
            self._took_in(changes)

    def _took_in(self, changes: Changes) -> None:
        for became in ("new", "changed", "merged", "dropped"):
            self._entries.labels(became).inc(getattr(changes, became))

    def announced(self, outcome: str, documents: int) -> None:
        """What another hub was told: it took it, or did not, or is told no more of that."""
        self._announced.labels(outcome).inc(documents)

    def sent(self, outcome: str) -> None:
        """What a subscriber of our hub was sent."""
        self._sent.labels(outcome).inc()

    def listen(self, count: Callable[[], int]) -> None:
        """How many subscribe to our hub."""
        self._listeners.set_function(count)

    def published(self, published: Published) -> None:
        self._documents.labels("written").inc(len(published.written))
        self._documents.labels("failed").inc(len(published.failed))

    def text(self, states: Iterable[PollState]) -> bytes:
        """All of it in the Prometheus text format (`exposition.CONTENT_TYPE_PLAIN_0_0_4`)."""
        now = CollectorRegistry()
        now.register(_Sources(states))
        return exposition.generate_latest(self._registry) + exposition.generate_latest(now)


class _Sources(Collector):
    def __init__(self, states: Iterable[PollState]) -> None:
        self._states = states

    def collect(self) -> Iterable[Metric]:
        failures = _gauge("failures", "Polls that failed since the last that did not")
        succeeded = _gauge("succeeded_timestamp_seconds", "When it last answered well")
        due = _gauge("due_timestamp_seconds", "When it is polled next")
        for state in self._states:
            failures.add_metric([state.source], state.failures)
            if state.gone is None:
                due.add_metric([state.source], state.due.timestamp())
            if state.succeeded:
                succeeded.add_metric([state.source], state.succeeded.timestamp())
        return failures, succeeded, due


def _gauge(name: str, text: str) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"aggregator_source_{name}", text, labels=["source"])
