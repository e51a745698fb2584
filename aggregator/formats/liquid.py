"""The Liquid in a post: its text, as Jekyll would have it before Markdown.

    text ─ liquid_marks ─ python-liquid with liquid_tags, liquid_filters ─ text

What cannot be run is kept as text and told with its line. Nothing is read but through
`Around`, and loops, output, filters and includes have their limits: a post is not a program.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from liquid import Environment
from liquid.exceptions import LiquidError, ResourceLimitError
from liquid.mode import Mode
from liquid.template import BoundTemplate
from liquid.token import Token

from aggregator.formats.liquid_filters import FILTERS, SPENT, Spent, measured
from aggregator.formats.liquid_marks import Prepared, as_text, prepared, restored
from aggregator.formats.liquid_tags import RUN, TAGS, Run

_MOST_TRIES = 20
_JEKYLLS = {
    *("if", "unless", "case", "for", "break", "continue", "tablerow", "capture", "cycle"),
    *("assign", "increment", "decrement", "ifchanged", "comment", "content", "output", "illegal"),
}


def _nothing(tag: str, name: str) -> str | None:
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Around:
    """What a post may ask for."""

    page: Mapping[str, Any]
    site: Mapping[str, Any]
    now: datetime
    included: Callable[[str, str], str | None] = field(default=_nothing)  # a file, by tag and name
    address: Callable[[str, str], str | None] = field(default=_nothing)  # of a post or a page
    code: Callable[[int], bool] | None = None  # what is code, in a folder without a site


class _Environment(Environment):
    """Jekyll's Liquid: strict about what it reads, lax about what it runs."""

    loop_iteration_limit = 1_000
    local_namespace_limit = 4_000_000
    output_stream_limit = 4_000_000
    context_depth_limit = 40

    def __init__(self) -> None:
        super().__init__(tolerance=Mode.STRICT, strict_filters=False)
        self.tags = {name: tag for name, tag in self.tags.items() if name in _JEKYLLS}
        for tag in TAGS:
            self.add_tag(tag)
        self.filters = {
            name: _measured(function) for name, function in {**self.filters, **FILTERS}.items()
        }

    def error(
        self,
        exc: type[LiquidError] | LiquidError,
        msg: str | None = None,
        token: Token | None = None,
    ) -> None:
        run = RUN.get()
        error = exc if isinstance(exc, LiquidError) else exc(msg, token=token)
        error.token = error.token or token
        if run is None or isinstance(error, ResourceLimitError):
            raise error
        if error.token is not None:
            run.tell(error.token, f"Liquid: {_said(error)}; left out")


def _measured(function: Callable[..., Any]) -> Callable[..., Any]:
    found = measured(function)
    for mark in ("with_context", "with_environment"):
        if getattr(function, mark, False):
            setattr(found, mark, True)
    return found


_ENVIRONMENT = _Environment()


def run(text: str, around: Around) -> tuple[str, tuple[tuple[int, str], ...]]:
    """The text, and what was wrong with its Liquid, line by line of the text as it was."""
    ready, template = _read(text, around)
    if template is None:
        return restored(ready.text), tuple(ready.problems)
    running = Run(included=_includer(around), address=around.address)
    site = SPENT.set(Spent(around.site, around.now))
    token = RUN.set(running)
    try:
        found = restored(template.render(page=around.page, site=around.site))
    except (LiquidError, ArithmeticError, RecursionError) as error:
        problem = (1, f"Liquid: {_said(error)}; its text is kept")
        return text, (*ready.problems, problem)
    finally:
        RUN.reset(token)
        SPENT.reset(site)
    told = [(ready.line(index), what) for index, what in running.problems]
    return found, tuple(sorted([*ready.problems, *told]))


def _read(text: str, around: Around) -> tuple[Prepared, BoundTemplate | None]:
    """What python-liquid refuses is text: one after the other, until it takes the rest."""
    refused: set[int] = set()
    told: list[tuple[int, str]] = []
    for _ in range(_MOST_TRIES):
        ready = prepared(text, code=around.code, refused=refused)
        ready.problems = sorted({*ready.problems, *told})
        if not ready.places:
            return ready, None
        try:
            return ready, _ENVIRONMENT.from_string(ready.text)
        except LiquidError as error:
            index = error.token.start_index if error.token else -1
            place = ready.place(index) if index >= 0 else None
            if place is None or place in refused:
                told.append((1, f"Liquid: {_said(error)}; its text is kept"))
                break
            refused.add(place)
            told.append((ready.line(index), f"Liquid: {_said(error)}; its text is kept"))
    ready = prepared(as_text(text), code=around.code)
    ready.problems = sorted(told)
    return ready, None


def _includer(around: Around) -> Callable[[str, str], BoundTemplate | None]:
    kept: dict[tuple[str, str], BoundTemplate | None] = {}

    def included(tag: str, name: str) -> BoundTemplate | None:
        if (tag, name) not in kept:
            text = around.included(tag, name)
            kept[tag, name] = None if text is None else _included(text)
        return kept[tag, name]

    return included


def _included(text: str) -> BoundTemplate:
    """An include that cannot be read as Liquid is text."""
    running = RUN.set(None)  # what is wrong in it is refused, not told
    try:
        return _ENVIRONMENT.from_string(prepared(text).text)
    except LiquidError:
        return _ENVIRONMENT.from_string(as_text(text))
    finally:
        RUN.reset(running)


def _said(error: Exception) -> str:
    text = error.message if isinstance(error, LiquidError) else error
    return str(text).split("\n")[0][:100] or type(error).__name__
