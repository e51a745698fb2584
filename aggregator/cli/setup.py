"""The commands for the config: `init` writes, `check` reads, `schema` describes it."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from aggregator.cli.common import FAILED, common, config_file, print_json, say, settings
from aggregator.cli.progress import Progress
from aggregator.errors import AggregatorError, ConfigError, ParseError

if TYPE_CHECKING:
    from aggregator.app import Settings
    from aggregator.starter import Listed


@click.command()
@click.option(
    "--opml",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Subscriptions to start with.",
)
@click.option("--posts", type=click.Path(), help="A folder of posts to start with.")
@common
def init(
    opml: Path | None, posts: str | None, path: Path | None, quiet: bool, verbose: bool
) -> None:
    """Write a commented config.yaml to start with.

    \b
    Examples:
      aggregator init
      aggregator init --opml subscriptions.opml --posts _posts
    """
    from aggregator.config_errors import MisreadError
    from aggregator.config_values import text as words
    from aggregator.starter import starter

    file = config_file(path)
    try:
        folder = None if posts is None else words(posts)
    except MisreadError as error:
        raise click.BadParameter(f"{error}; name a folder", param_hint="--posts") from error
    sources = _subscriptions(opml, posts=folder, folder=file.absolute().parent) if opml else []
    try:
        with file.open("x", encoding="utf-8") as new:
            new.write(starter(posts=folder, sources=sources))
    except FileExistsError as error:
        raise AggregatorError(f"{file}: is there already; -c FILE names another") from error
    except OSError as error:
        raise AggregatorError(f"{file}: {(error.strerror or str(error)).lower()}") from error
    if not quiet:
        named = "" if file == Path("config.yaml") else f"-c {shlex.quote(str(file))} "
        say(f"{file} is written; look at it, then `aggregator {named}run`")


def _subscriptions(opml: Path, *, posts: str | None, folder: Path) -> list[Listed]:
    """What the list names, and on stderr what of it is left out or comes more than once."""
    from aggregator import opml as lists
    from aggregator.starter import listed

    try:
        outlines = lists.parse(opml.read_bytes())
    except ParseError as error:
        raise ParseError(f"{opml}: {error}") from error
    sources = listed(outlines, posts=posts, folder=folder)
    for outline, source in zip(outlines, sources, strict=True):
        if source.wrong:
            say(f"{source.name}: left out, it stands in the file as a comment: {source.wrong}")
        elif outline.times > 1:
            say(f"{source.name}: {outline.times} times in the list, written once")
    return sources


@click.command()
@click.option("--online", is_flag=True, help="Ask every source, too; nothing is stored.")
@click.option("--json", "as_json", is_flag=True, help="The answer as JSON.")
@common
def check(online: bool, as_json: bool, path: Path | None, quiet: bool, verbose: bool) -> int:
    """Validate the config; errors come with line and column.

    \b
    Examples:
      aggregator check
      aggregator check --online
    """
    from aggregator import app
    from aggregator import online as answers

    file = config_file(path)
    try:
        given = settings(file)
    except ConfigError as error:
        if as_json:
            print_json({"ok": False, "errors": str(error).split("\n")})
        raise
    warnings = [*app.notes(given), *answers.absent(given)]
    if not as_json:
        for warning in warnings:
            say(f"note: {warning}")
    asked = _asked(given, as_json=as_json) if online else []
    if as_json:
        print_json({"ok": True, "errors": [], "warnings": warnings, "sources": asked})
    else:
        click.echo(f"{file}: ok, {len(given.sources)} sources")
    return FAILED if any(not a["ok"] for a in asked) else 0


def _asked(given: Settings, *, as_json: bool) -> list[dict[str, Any]]:
    """What the sources answer; lines come as they do, the object has the config's order."""
    import asyncio

    from aggregator import online

    with Progress("asking", shown=as_json) as progress:

        def told(answer: dict[str, Any]) -> None:
            progress.step(answer["source"])
            if not as_json:
                click.echo(f"{answer['source']}: {answer['answer']}")

        progress.begin(len(given.sources))
        return asyncio.run(online.ask(given, told))


@click.command()
@common
def schema(path: Path | None, quiet: bool, verbose: bool) -> None:
    """Print the JSON Schema of the config, for editors.

    \b
    Example:
      aggregator schema > config.schema.json
    """
    from aggregator import config

    print_json(config.schema(), indent=2)
