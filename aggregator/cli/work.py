"""The commands that do the work: `run` once, `serve` all the time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

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
from aggregator.cli.progress import Progress

_TELLING = timedelta(seconds=20)  # at most, for hubs to be told what changed

if TYPE_CHECKING:
    from aggregator.app import Settings
    from aggregator.model import Outcome
    from aggregator.report import Summary


@click.command()
@click.option("--force", is_flag=True, help="Poll everything now, due or not.")
@click.option("--only", multiple=True, metavar="NAME", help="Only this source; may be repeated.")
@click.option(
    "--accept",
    multiple=True,
    metavar="NAME",
    help="Take what this source, which is held, sends now; may be repeated.",
)
@click.option("--dry-run", is_flag=True, help="Tell what would change, and change nothing.")
@click.option("--strict", is_flag=True, help="Exit 3 when a source fails.")
@click.option("--json", "as_json", is_flag=True, help="The summary as JSON.")
@common
def run(
    force: bool,
    only: Sequence[str],
    accept: Sequence[str],
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
      aggregator run --accept lobsters
      aggregator run --dry-run --json
    """
    import asyncio
    import logging

    from aggregator import app, report

    level = log_level(quiet, verbose, logging.WARNING)
    report.configure(level=level)
    given = settings(path, quiet=level >= logging.ERROR)
    every = app.names(given) if only or accept else ()
    for flag, named in (("--only", only), ("--accept", accept)):
        for name in named:
            known(flag, name, every)
    only = (*only, *accept) if only else ()
    running = _run(given, force=force, only=only, accept=accept, dry=dry_run, level=level)
    found = asyncio.run(running)
    _tell(found, given, as_json=as_json, dry=dry_run, quiet=level >= logging.ERROR)
    if found.unwritten:
        return FAILED
    return SOME_FAILED if strict and found.failed else 0


async def _run(
    given: Settings,
    *,
    force: bool,
    only: Sequence[str],
    accept: Sequence[str],
    dry: bool,
    level: int,
) -> Summary:
    import logging
    from dataclasses import replace

    from aggregator import app, report

    def told(outcome: Outcome) -> None:
        if level <= logging.INFO:
            report.log(outcome)
            progress.step(outcome.source)
        else:
            progress.step(outcome.source, _lines(outcome, quiet=level >= logging.ERROR))

    async with app.Aggregator(given, dry=dry) as aggregator:
        with Progress("polling", shown=level == logging.WARNING) as progress:
            outcomes = await aggregator.poll(
                names=only or None, force=force, accept=accept, told=told, begun=progress.begin
            )
        found = report.summary(outcomes, await aggregator.publish())
        if dry:
            return found
        return replace(found, notes=(*found.notes, *await aggregator.announce(_TELLING)))


def _lines(outcome: Outcome, *, quiet: bool) -> Iterator[str]:
    """What is wrong with a source, as soon as that is known."""
    from aggregator.model import Failed, Postponed, Updated

    if isinstance(outcome, Failed):
        yield f"{outcome.source}: failed: {outcome.error}"
    if isinstance(outcome, Postponed) and not quiet:
        yield f"{outcome.source}: postponed: its host wants to be left alone, or answers nobody"
    if isinstance(outcome, Updated) and not quiet:
        for problem in outcome.changes.problems:
            yield f"{outcome.source}: {problem}"


def _tell(found: Summary, given: Settings, *, as_json: bool, dry: bool, quiet: bool) -> None:
    for failure in found.unwritten:
        say(f"not written: {failure}")
    for note in () if quiet else found.notes:
        say(f"note: {note}")
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
