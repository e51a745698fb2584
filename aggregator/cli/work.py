"""The commands that do the work: `run` once, `serve` all the time."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from aggregator.cli.common import (
    FAILED,
    SOME_FAILED,
    common,
    config_file,
    known,
    log_level,
    print_json,
    say,
    settings,
)

if TYPE_CHECKING:
    from aggregator.app import Settings
    from aggregator.report import Summary


@click.command()
@click.option("--force", is_flag=True, help="Poll everything now, due or not.")
@click.option("--only", multiple=True, metavar="NAME", help="Only this source; may be repeated.")
@click.option("--dry-run", is_flag=True, help="Tell what would change, and change nothing.")
@click.option("--strict", is_flag=True, help="Exit 3 when a source fails.")
@click.option("--json", "as_json", is_flag=True, help="The summary as JSON.")
@common
def run(
    force: bool,
    only: Sequence[str],
    dry_run: bool,
    strict: bool,
    as_json: bool,
    path: Path | None,
    quiet: bool,
    verbose: bool,
) -> int:
    """Poll what is due, read the posts, publish what changed: once.

    \b
    Examples:
      aggregator run
      aggregator run --force --only lobsters
      aggregator run --dry-run --json
    """
    import asyncio
    import logging

    from aggregator import report

    level = log_level(quiet, verbose, logging.WARNING)
    report.configure(level=level)
    given = settings(path, quiet=level >= logging.ERROR)
    for name in only:
        known("--only", name, given.sources)
    found = asyncio.run(_run(given, force=force, only=only, dry=dry_run, level=level))
    _tell(found, given, as_json=as_json, dry=dry_run, quiet=level >= logging.ERROR)
    if found.unwritten:
        return FAILED
    return SOME_FAILED if strict and found.failed else 0


async def _run(
    given: Settings, *, force: bool, only: Sequence[str], dry: bool, level: int
) -> Summary:
    import logging

    from aggregator import app, report
    from aggregator.model import Outcome

    def told(outcome: Outcome) -> None:
        if level <= logging.INFO:
            report.log(outcome)
        step(outcome.source)

    async with app.Aggregator(given, dry=dry) as aggregator:
        with _progress(len(only or given.sources), shown=level == logging.WARNING) as step:
            outcomes = await aggregator.poll(names=only or None, force=force, told=told)
        return report.summary(outcomes, await aggregator.publish())


def _progress(total: int, *, shown: bool) -> Any:
    """A bar on a terminal; elsewhere nothing, the summary says it all."""
    from contextlib import contextmanager

    from rich.console import Console
    from rich.progress import Progress

    @contextmanager
    def bar() -> Any:
        console = Console(stderr=True)
        with Progress(
            console=console, disable=not (shown and console.is_terminal), transient=True
        ) as p:
            task = p.add_task("polling", total=total)
            yield lambda name: p.update(task, advance=1, description=name[:30])

    return bar()


def _tell(found: Summary, given: Settings, *, as_json: bool, dry: bool, quiet: bool) -> None:
    for source, error in found.errors:
        say(f"{source}: failed: {error}")
    for failure in found.unwritten:
        say(f"not written: {failure}")
    if not quiet:
        for source, problem in found.problems:
            say(f"{source}: {problem}")
    if as_json:
        print_json(found.as_json())
    elif not quiet:
        click.echo(found.as_text())
        where = "would be written to" if dry else "the feeds are in"
        click.echo(f"{where} {_near(given.feeds)}/")


def _near(path: Path) -> str:
    """A path as short as it can be said from here."""
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)


@click.command()
@common
def serve(path: Path | None, quiet: bool, verbose: bool) -> None:
    """Poll on a schedule, and serve feeds/, a page that lists them and the status over HTTP.

    SIGHUP, or a changed config, takes the config in anew; SIGTERM ends what is running and leaves.

    \b
    Examples:
      aggregator serve
      aggregator -c /etc/aggregator/config.yaml serve
    """
    import asyncio
    import logging

    from aggregator import report, server

    report.configure(level=log_level(quiet, verbose, logging.INFO))
    file = config_file(path)
    asyncio.run(server.serve(file, settings(file, quiet=False)))
