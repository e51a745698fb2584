"""The commands for the config: `init` writes, `check` reads, `schema` describes it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from aggregator.cli.common import FAILED, common, config_file, print_json, say, settings
from aggregator.cli.progress import Progress
from aggregator.errors import AggregatorError, ConfigError, ParseError

if TYPE_CHECKING:
    from aggregator.app import Settings


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
    from aggregator import config
    from aggregator import opml as lists

    sources: list[tuple[str, str, tuple[str, ...]]] = []
    if opml:
        try:
            outlines = lists.parse(opml.read_bytes())
        except ParseError as error:
            raise ParseError(f"{opml}: {error}") from error
        for outline in outlines:
            name = config.source_name(outline.title, [s[0] for s in sources])
            sources.append((name, outline.url, outline.categories))
    text = config.starter(posts=posts, sources=sources)
    file = config_file(path)
    try:
        with file.open("x", encoding="utf-8") as new:
            new.write(text)
    except FileExistsError as error:
        raise AggregatorError(f"{file}: is there already; -c FILE names another") from error
    except OSError as error:
        raise AggregatorError(f"{file}: {(error.strerror or str(error)).lower()}") from error
    if not quiet:
        say(f"{file} is written; look at it, then `aggregator run`")


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
    from aggregator import config
    from aggregator import online as answers

    file = config_file(path)
    try:
        given = settings(file)
    except ConfigError as error:
        if as_json:
            print_json({"ok": False, "errors": str(error).split("\n")})
        raise
    warnings = [*config.warnings(given.config), *answers.absent(given)]
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
