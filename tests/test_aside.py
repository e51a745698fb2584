"""Work in another process: what it gives comes back, and what never ends is stopped."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable
from functools import partial

import pytest

from aggregator import aside as module
from aggregator.aside import aside
from aggregator.errors import ParseError, SourceError
from aggregator.formats import jsonfeed
from aggregator.model import Response


@pytest.fixture(autouse=True)
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_WORKING", 1.0)


def done(*works: Callable[[], object]) -> list[object]:
    """What came of each, one after the other."""

    async def all_of_it() -> list[object]:
        found: list[object] = []
        for work in works:
            try:
                found.append(await aside(work))
            except Exception as error:
                found.append(error)
        return found

    return asyncio.run(all_of_it())


def test_it_is_another_process_and_the_same_for_the_next() -> None:
    first, second = done(os.getpid, os.getpid)

    assert first == second != os.getpid()


def test_an_error_comes_back_as_it_is() -> None:
    (error,) = done(partial(jsonfeed.parse, Response(url="https://a.example/", body=b"{}")))

    assert isinstance(error, ParseError)


def test_what_takes_too_long_is_stopped_and_the_next_is_done() -> None:
    error, sum = done(partial(pow, 7, 7**14), partial(pow, 2, 10))

    assert isinstance(error, SourceError) and "within 1 s" in str(error)
    assert sum == 1024


def test_what_sleeps_for_ever_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_LONGEST", 2.0)

    error, sum = done(partial(time.sleep, 600), partial(pow, 2, 10))

    assert isinstance(error, SourceError) and sum == 1024


def test_what_takes_too_much_memory_fails_and_harms_no_one() -> None:
    error, sum = done(partial(bytes, 1_000_000_000), partial(pow, 2, 10))

    assert isinstance(error, MemoryError) and sum == 1024
