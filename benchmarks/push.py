"""How soon a subscriber has an entry that a hub pushed to us, by way of our own hub, while other
sources are being polled that take their time: `python benchmarks/push.py`.

Five processes: a hub that pushes, `aggregator serve`, a subscriber, and here the web: sources on
many hosts of loopback, each of which drips for half a minute. The time runs from before the push is
posted to when the subscriber has read the document, so that taking it in is part of it.
"""

from __future__ import annotations

import argparse
import contextlib
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

import hub as pushing  # noqa: E402
import listener  # noqa: E402
from servers import Answer, Asked, Server, free_port, serving, until  # noqa: E402
from test_hub import Planet  # noqa: E402
from world import Item, rss  # noqa: E402

_HOSTS = 20
_SLOW = 10  # sources on each; two of them are polled at a time
_DRIPS = 30  # seconds


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n\n")[0])
    parser.add_argument("--times", type=int, default=20)
    times = parser.parse_args().times
    with contextlib.ExitStack() as stack:
        hub = stack.enter_context(pushing.running())
        subscriber = stack.enter_context(listener.running())
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        web = stack.enter_context(serving(lambda asked: _answer(web, asked, hub)))
        slow = [
            stack.enter_context(serving(_dripping, host=f"127.0.1.{n + 1}")) for n in range(_HOSTS)
        ]
        planet = Planet(folder / "planet", free_port())
        _write(planet, web, slow)
        planet.start()
        stack.callback(planet.stop)
        until(lambda: any("hub.callback" in x and x.get("verified") for x in hub.asked()))
        subscriber.subscribe(planet.hub, planet.topic, "one", secret="s")
        until(planet.subscriptions)
        found = [_measured(n, hub, subscriber, web, slow) for n in range(times)]
    spans, polls = zip(*found, strict=True)
    print(
        f"{times} pushes, {min(polls)} to {max(polls)} slow polls under way:"
        f" median {statistics.median(spans):.2f} s, worst {max(spans):.2f} s"
    )
    return 0 if max(spans) < 2 else 1


def _answer(web: Server, _: Asked, hub: pushing.Hub) -> Answer:
    links = f'<{hub.address()}>; rel="hub", <{web.url}/news>; rel="self"'
    return Answer(headers={"Link": links}, body=rss(Item(id="0", title="What was there at first")))


def _dripping(asked: Asked) -> Answer:
    def body() -> Iterator[bytes]:
        text = rss(Item(id=asked.path, title=f"A story of {asked.path}, which came slowly"))
        for n in range(_DRIPS):
            yield text[n : n + 1]
            time.sleep(1)
        yield text[_DRIPS:]

    return Answer(body=body())


def _write(planet: Planet, web: Server, slow: list[Server]) -> None:
    lines = [
        f"  s{i}-{n}: {{url: '{s.url}/{n}'}}" for i, s in enumerate(slow) for n in range(_SLOW)
    ]
    (planet.folder / "config.yaml").write_text(
        f"site: {{title: Planet, url: 'http://127.0.0.1:{planet.port}/'}}\n"
        "fetch: {allow_private: [127.0.0.0/8], timeout: 2m}\n"
        f"serve: {{listen: '127.0.0.1:{planet.port}',"
        f" callback: 'http://127.0.0.1:{planet.port}/'}}\n"
        f"output: {{hub: built-in}}\nsources:\n  news: {{url: '{web.url}/news'}}\n"
        + "\n".join(lines),
        encoding="utf-8",
    )


def _measured(
    number: int, hub: pushing.Hub, subscriber: listener.Listener, web: Server, slow: list[Server]
) -> tuple[float, int]:
    title = f"News that were pushed, the {number}th time"
    polls = sum(s.at_once for s in slow)
    began = time.clock_gettime(time.CLOCK_MONOTONIC)
    hub.publish(f"{web.url}/news", rss(Item(id=f"n{number}", title=title)))
    until(lambda: any(title.encode() in x.body for x in subscriber.pushed("one")))
    (push, *_) = (x for x in subscriber.pushed("one") if title.encode() in x.body)
    time.sleep(1 + number % 7 / 10)  # not in step with any clock of ours
    return push.at - began, polls


if __name__ == "__main__":
    raise SystemExit(main())
