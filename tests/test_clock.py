"""A clock that is set while the daemon runs; a thousand sources that were added at once."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from servers import Answer, Server, serving, until
from world import rss

from aggregator import app
from aggregator.schedule import Daemon

NOW = datetime(2026, 7, 1, 12, 0, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


class Machine:
    """Its two clocks: one that can be set, and one that cannot."""

    def __init__(self) -> None:
        self.wall, self.steady = NOW, 0.0

    def later(self, by: timedelta) -> None:
        self.wall += by
        self.steady += by.total_seconds()


def planet(folder: Path, server: Server, count: int) -> Path:
    names = "".join(f"  s{n}: {{url: '{server.url}/{n}', every: 1h}}\n" for n in range(count))
    config = folder / "config.yaml"
    config.write_text(f"fetch: {{allow_private: [127.0.0.0/8]}}\nsources:\n{names}")
    return config


@pytest.mark.parametrize("jump", [365 * DAY, HOUR, -HOUR, -365 * DAY])
def test_a_clock_that_is_set_makes_no_source_due_and_none_overdue(
    tmp_path: Path, jump: timedelta
) -> None:
    machine = Machine()

    async def asked_after(daemon: Daemon, server: Server, wait: timedelta) -> int:
        machine.later(wait)
        await daemon.tick()
        await asyncio.to_thread(until, lambda: not daemon._polls)
        return len(server.asked)

    async def run(server: Server) -> list[int]:
        config = planet(tmp_path, server, 8)
        daemon = Daemon(
            config,
            app.settings(config),
            clock=lambda: machine.wall,
            steady=lambda: machine.steady,
        )
        async with daemon:
            counts = [await asked_after(daemon, server, MINUTE)]
            machine.wall += jump
            counts.append(await asked_after(daemon, server, MINUTE))
            counts.append(await asked_after(daemon, server, 50 * MINUTE))
            counts.append(await asked_after(daemon, server, 75 * MINUTE))
        return counts

    with serving(lambda _: Answer(headers={"ETag": "x"}, body=rss())) as server:
        assert asyncio.run(run(server)) == [8, 8, 8, 16]


def test_a_thousand_sources_are_read_at_once_and_then_spread_over_the_interval(
    tmp_path: Path,
) -> None:
    async def poll(config: Path, clock: Callable[[], datetime]) -> list[datetime]:
        async with app.Aggregator(app.settings(config), clock=clock) as aggregator:
            await aggregator.poll()
            return sorted(s.due for s in aggregator.store.states().values())

    with serving(lambda _: Answer(headers={"ETag": "x"}, body=rss())) as server:
        config = planet(tmp_path, server, 1000)
        due = asyncio.run(poll(config, lambda: NOW))
        assert len(server.asked) == 1000

        restarted = asyncio.run(poll(config, lambda: NOW + 50 * MINUTE))
        assert len(server.asked) == 1000

    assert restarted == due
    assert NOW + HOUR <= due[0] < NOW + 65 * MINUTE
    assert NOW + 115 * MINUTE < due[-1] <= NOW + 2 * HOUR
    for minute in range(60, 120, 10):
        start = NOW + minute * MINUTE
        assert 110 <= sum(start <= moment < start + 10 * MINUTE for moment in due) <= 230
