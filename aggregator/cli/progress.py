"""How far long work is: a bar on a terminal, now and then a plain line elsewhere. All on stderr."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable
from contextlib import ExitStack
from typing import TYPE_CHECKING, Self

from aggregator.cli.common import say

if TYPE_CHECKING:
    from rich.progress import Progress as Bar

_SILENCE = 10.0  # seconds after which people wonder whether it still works


class Progress:
    """Use it as a context; `begin` when it is known how much there is, `step` for each that is
    done. What else is said meanwhile goes through `step`, so that it stands above the bar."""

    def __init__(self, what: str, *, shown: bool) -> None:
        self._what = what
        self._shown = shown
        self._open = ExitStack()
        self._bar: Bar | None = None
        self._done = self._total = 0
        self._said = time.monotonic()

    def __enter__(self) -> Self:
        if self._shown and sys.stderr.isatty():
            self._bar = self._open.enter_context(_bar())
            self._task = self._bar.add_task(self._what, total=None)
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def begin(self, total: int) -> None:
        self._total = total
        if self._bar:
            self._bar.update(self._task, total=total)

    def step(self, name: str, lines: Iterable[str] = ()) -> None:
        self._done += 1
        if self._bar:
            for line in lines:
                self._bar.console.print(line, markup=False, highlight=False, soft_wrap=True)
            self._bar.update(self._task, advance=1, description=name[:30])
            return
        for line in lines:
            say(line)
        if self._shown and time.monotonic() - self._said > _SILENCE:
            self._said = time.monotonic()
            say(f"{self._what}: {self._done} of {self._total}")


def _bar() -> Bar:
    from rich.console import Console
    from rich.progress import Progress as Bar

    return Bar(console=Console(stderr=True), transient=True, redirect_stdout=False)
