"""What came of it: an Outcome in; log lines, a summary and counts out."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import structlog

from aggregator.model import Failed, Outcome, Postponed, Unchanged, Updated
from aggregator.moments import iso
from aggregator.publish import Published


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """One run, or one tick, in figures."""

    polled: int = 0
    unchanged: int = 0
    failed: int = 0
    postponed: int = 0  # not polled: their hosts want to be left alone, or answer nobody
    new: int = 0
    changed: int = 0
    merged: int = 0
    dropped: int = 0
    written: tuple[str, ...] = ()
    errors: tuple[tuple[str, str], ...] = ()  # (source, or document, and what is wrong)
    unwritten: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()  # what of the config is not acted on
    problems: tuple[tuple[str, str], ...] = ()  # (source, what was read all the same, and how)

    def as_json(self) -> dict[str, Any]:
        return {
            "sources": {
                "polled": self.polled,
                "unchanged": self.unchanged,
                "failed": self.failed,
                "postponed": self.postponed,
            },
            "entries": {
                "new": self.new,
                "changed": self.changed,
                "merged": self.merged,
                "dropped": self.dropped,
            },
            "documents": {"written": list(self.written), "failed": list(self.unwritten)},
            "errors": [{"source": source, "error": error} for source, error in self.errors],
            "problems": [{"source": s, "problem": problem} for s, problem in self.problems],
        }

    def as_text(self) -> str:
        postponed = f", {self.postponed} postponed" if self.postponed else ""
        return (
            f"sources    {self.polled} polled, {self.unchanged} unchanged, {self.failed} failed"
            f"{postponed}\n"
            f"entries    {self.new} new, {self.changed} changed, {self.merged} merged,"
            f" {self.dropped} dropped\n"
            f"documents  {len(self.written)} written"
        )


def summary(outcomes: Iterable[Outcome], published: Published) -> Summary:
    """Everything that happened, added up."""
    outcomes = sorted(outcomes, key=lambda o: o.source)
    changes = [(o.source, o.changes) for o in outcomes if isinstance(o, Updated)]
    failures = [o for o in outcomes if isinstance(o, Failed)]
    postponed = sum(isinstance(o, Postponed) for o in outcomes)
    return Summary(
        polled=len(outcomes) - postponed,
        postponed=postponed,
        unchanged=sum(isinstance(o, Unchanged) for o in outcomes),
        failed=len(failures),
        new=sum(c.new for _, c in changes),
        changed=sum(c.changed for _, c in changes),
        merged=sum(c.merged for _, c in changes),
        dropped=sum(c.dropped for _, c in changes),
        written=published.written,
        unwritten=published.failed,
        notes=published.notes,
        errors=tuple((o.source, o.error) for o in failures),
        problems=tuple((source, p) for source, c in changes for p in c.problems),
    )


# ── log lines ────────────────────────────────────────────────────────────────


def configure(*, level: int) -> None:
    """Log lines to stderr: for people on a terminal, JSON elsewhere. `level` as in `logging`."""
    terminal = sys.stderr.isatty()
    renderer: Any = (
        structlog.dev.ConsoleRenderer(colors=not os.environ.get("NO_COLOR"))
        if terminal
        else structlog.processors.JSONRenderer(ensure_ascii=False)
    )
    steps: list[Any] = [
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    if not terminal:  # the renderer for people shows them by itself
        steps.append(structlog.processors.format_exc_info)
    structlog.configure(
        processors=[*steps, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    _configure_libraries(steps, renderer)


def _configure_libraries(steps: list[Any], renderer: Any) -> None:
    """What libraries have to say, in lines like ours."""
    meta = structlog.stdlib.ProcessorFormatter.remove_processors_meta
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(processors=[meta, renderer], foreign_pre_chain=steps)
    )
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    # A tick that waits for polls to end takes longer than a second, and that is all right.
    logging.getLogger("apscheduler").setLevel(logging.ERROR)


def log(outcome: Outcome) -> None:
    """One line for an outcome."""
    logger = structlog.get_logger()
    match outcome:
        case Failed(source=source, error=error):
            logger.warning("poll failed", source=source, error=error)
        case Unchanged(source=source):
            logger.debug("unchanged", source=source)
        case Postponed(source=source, until=until):
            logger.info("postponed, its host rests", source=source, until=iso(until))
        case Updated(source=source, changes=c):
            logger.info(
                "polled",
                source=source,
                new=c.new,
                changed=c.changed,
                merged=c.merged,
                dropped=c.dropped,
                **({"problems": list(c.problems)} if c.problems else {}),
            )


def log_pushed(outcome: Updated) -> None:
    """One line for what a hub sent; nothing new is no news."""
    c = outcome.changes
    if c.new or c.changed:
        log_event("pushed", source=outcome.source, new=c.new, changed=c.changed, merged=c.merged)


def log_published(published: Published) -> None:
    logger = structlog.get_logger()
    if published.written:
        logger.info("published", documents=list(published.written))
    for failure in published.failed:
        logger.error("not published", error=failure)


def log_event(event: str, **values: object) -> None:
    """Something that the daemon did, or was told."""
    structlog.get_logger().info(event, **values)


def log_trouble(event: str, **values: object) -> None:
    structlog.get_logger().error(event, **values)
