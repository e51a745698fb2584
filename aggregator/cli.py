"""The commands. Data to stdout, messages to stderr; every import that costs time is in the
command that needs it.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

import click

from aggregator import __version__
from aggregator.errors import AggregatorError, ConfigError, ParseError, StoreLocked

if TYPE_CHECKING:
    from aggregator.app import Settings
    from aggregator.report import Summary

F = TypeVar("F", bound=Callable[..., Any])

FAILED, USAGE, SOME_FAILED, LOCKED, BAD_CONFIG, INTERRUPTED = 1, 2, 3, 75, 78, 130


def main() -> NoReturn:
    """The console script: every ending has its exit status, and no traceback is shown."""
    try:
        code = commands.main(standalone_mode=False, prog_name="aggregator")
    except click.exceptions.Abort:
        _say("interrupted")
        code = INTERRUPTED
    except click.ClickException as error:
        error.show()
        code = error.exit_code
    except ConfigError as error:
        _say(str(error))
        code = BAD_CONFIG
    except StoreLocked as error:
        _say(str(error))
        code = LOCKED
    except AggregatorError as error:
        _say(str(error))
        code = FAILED
    except (SystemExit, BrokenPipeError):  # whoever read us has seen enough: click and rich leave
        _close_stdout()
        code = 0
    except OSError as error:
        _close_stdout()
        _say(f"{error.filename or 'output'}: {(error.strerror or str(error)).lower()}")
        code = FAILED
    sys.exit(code)


def _close_stdout() -> None:
    """What is still to be written goes nowhere, so that Python does not complain at its end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _say(message: str) -> None:
    click.echo(message, err=True)


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.option("-c", "--config", "path", type=click.Path(path_type=Path), help="The config file.")
@click.option("-q", "--quiet", is_flag=True, help="Only errors.")
@click.option("-v", "--verbose", is_flag=True, help="Every step.")
@click.version_option(__version__, message="aggregator %(version)s")
@click.pass_context
def commands(context: click.Context, path: Path | None, quiet: bool, verbose: bool) -> None:
    """Many feeds and a folder of posts in, each story once, one Atom feed a category out.

    \b
    Examples:
      aggregator init             write a config.yaml to start with
      aggregator run              poll what is due, write feeds/
      aggregator serve            do that on a schedule, and serve feeds/ over HTTP
      aggregator status           how every source is
      aggregator explain URL      why an entry is published, or is not
    """
    context.obj = {"path": path, "quiet": quiet, "verbose": verbose}


def _common(command: F) -> F:
    """-c, -q and -v behind the command too, where people write them."""
    command = click.option(
        "-c", "--config", "path", type=click.Path(path_type=Path), help="The config file."
    )(command)
    command = click.option("-q", "--quiet", is_flag=True, help="Only errors.")(command)
    return click.option("-v", "--verbose", is_flag=True, help="Every step.")(command)


def _config(path: Path | None) -> Path:
    return path or click.get_current_context().obj["path"] or Path("config.yaml")


def _settings(path: Path | None, *, quiet: bool = True) -> Settings:
    from aggregator import app, config

    given = app.settings(_config(path))
    if not quiet:
        for warning in config.warnings(given.config):
            _say(f"note: {warning}")
    return given


def _level(quiet: bool, verbose: bool, otherwise: int) -> int:
    import logging

    shared = click.get_current_context().obj
    if quiet or shared["quiet"]:
        return logging.ERROR
    return logging.DEBUG if verbose or shared["verbose"] else otherwise


def _print_json(value: Any) -> None:
    click.echo(json.dumps(value, ensure_ascii=False))


# ── run and serve ────────────────────────────────────────────────────────────


@commands.command()
@click.option("--force", is_flag=True, help="Poll everything now, due or not.")
@click.option("--only", multiple=True, metavar="NAME", help="Only this source; may be repeated.")
@click.option("--dry-run", is_flag=True, help="Tell what would change, and change nothing.")
@click.option("--strict", is_flag=True, help="Exit 3 when a source fails.")
@click.option("--json", "as_json", is_flag=True, help="The summary as JSON.")
@_common
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

    level = _level(quiet, verbose, logging.WARNING)
    report.configure(level=level)
    given = _settings(path, quiet=level >= logging.ERROR)
    for name in only:
        _known("--only", name, given.sources)
    found = asyncio.run(_run(given, force=force, only=only, dry=dry_run, level=level))
    _tell(found, given, as_json=as_json, dry=dry_run, quiet=level >= logging.ERROR)
    if found.unwritten:
        return FAILED
    return SOME_FAILED if strict and found.failed else 0


def _known(option: str, name: str, names: Iterable[str], what: str = "source") -> None:
    import difflib

    names = list(names)
    if name not in names:
        near = difflib.get_close_matches(name, names, 1)
        hint = f", did you mean {near[0]!r}?" if near else ""
        raise click.UsageError(f"{option}: no {what} is called {name!r}{hint}")


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
        _say(f"{source}: failed: {error}")
    for failure in found.unwritten:
        _say(f"not written: {failure}")
    if not quiet:
        for source, problem in found.problems:
            _say(f"{source}: {problem}")
    if as_json:
        _print_json(found.as_json())
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


@commands.command()
@_common
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

    report.configure(level=_level(quiet, verbose, logging.INFO))
    file = _config(path)
    asyncio.run(server.serve(file, _settings(file, quiet=False)))


# ── config ───────────────────────────────────────────────────────────────────


@commands.command()
@click.option(
    "--opml",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Subscriptions to start with.",
)
@click.option("--posts", type=click.Path(), help="A folder of posts to start with.")
@_common
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
    file = _config(path)
    try:
        with file.open("x", encoding="utf-8") as new:
            new.write(text)
    except FileExistsError as error:
        raise AggregatorError(f"{file}: is there already; -c FILE names another") from error
    except OSError as error:
        raise AggregatorError(f"{file}: {(error.strerror or str(error)).lower()}") from error
    if not quiet:
        _say(f"{file} is written; look at it, then `aggregator run`")


@commands.command()
@click.option("--online", is_flag=True, help="Ask every source, too; nothing is stored.")
@click.option("--json", "as_json", is_flag=True, help="The answer as JSON.")
@_common
def check(online: bool, as_json: bool, path: Path | None, quiet: bool, verbose: bool) -> int:
    """Validate the config; errors come with line and column.

    \b
    Examples:
      aggregator check
      aggregator check --online
    """
    import asyncio

    from aggregator import config
    from aggregator import online as answers

    file = _config(path)
    try:
        given = _settings(file)
    except ConfigError as error:
        if as_json:
            _print_json({"ok": False, "errors": str(error).split("\n")})
        raise
    warnings = list(config.warnings(given.config))
    asked = asyncio.run(answers.ask(given)) if online else []
    if as_json:
        _print_json({"ok": True, "errors": [], "warnings": warnings, "sources": asked})
    else:
        for warning in warnings:
            _say(f"note: {warning}")
        for answer in asked:
            click.echo(f"{answer['source']}: {answer['answer']}")
        click.echo(f"{file}: ok, {len(given.sources)} sources")
    return FAILED if any(not a["ok"] for a in asked) else 0


@commands.command()
def schema() -> None:
    """Print the JSON Schema of the config, for editors.

    \b
    Example:
      aggregator schema > config.schema.json
    """
    from aggregator import config

    click.echo(json.dumps(config.schema(), ensure_ascii=False, indent=2))


# ── answers ──────────────────────────────────────────────────────────────────


@commands.command()
@click.option("--json", "as_json", is_flag=True, help="As a JSON list.")
@_common
def status(as_json: bool, path: Path | None, quiet: bool, verbose: bool) -> None:
    """Every source: health, last and next poll, entries, errors in plain words.

    \b
    Examples:
      aggregator status
      aggregator status --json
    """
    from aggregator import app
    from aggregator import status as answers

    given = _settings(path)
    store = app.open_store(given, exclusive=False)
    try:
        rows = answers.sources(store, given.sources, app.now())
    finally:
        store.close()
    if as_json:
        _print_json(rows)
        return
    names = ("source", "health", "entries", "last", "next")
    _table(
        names,
        [
            [str(row[name] or "never") if name != "entries" else str(row[name]) for name in names]
            for row in rows
        ],
    )
    for row in rows:
        for wrong in (row["error"], *row["problems"]):
            if wrong:
                click.echo(f"{row['source']}: {wrong}")


@commands.command()
@click.option("--json", "as_json", is_flag=True, help="As JSON Lines: all of them.")
@click.option("--category", metavar="C", help="Only those published in this category.")
@click.option("--source", metavar="S", help="Only those of this source.")
@click.option("--all", "everything", is_flag=True, help="Not only the newest 50.")
@_common
def entries(
    as_json: bool,
    category: str | None,
    source: str | None,
    everything: bool,
    path: Path | None,
    quiet: bool,
    verbose: bool,
) -> None:
    """Stored entries: which story each belongs to, and why.

    \b
    Examples:
      aggregator entries --category 财经
      aggregator entries --json | jq 'select(.leader) | .title'
    """
    import heapq

    from aggregator import app, compose
    from aggregator import status as answers
    from aggregator.model import EVERYTHING

    given = _settings(path)
    store = app.open_store(given, exclusive=False)
    try:
        wanted = app.publication(given, store)
        output = app.categories(given, store).name(category) if category else None
        if source:
            _known("--source", source, (*given.sources, *store.counts()))
        outputs = {*wanted.titles, *store.slugs()}
        if category == compose.ALL and output not in outputs:
            output = EVERYTHING
        elif category and output not in outputs:
            _known("--category", category, outputs, "category")
        found = answers.entries(store, wanted, source=source, output=output)
        if as_json:
            for row in found:
                _print_json(row)
            return
        shown = sorted if everything else lambda rows, **by: heapq.nlargest(50, rows, key=by["key"])
        rows = list(shown(found, key=lambda row: row["published"]))
    finally:
        store.close()
    rows.sort(key=lambda row: row["published"], reverse=True)
    names = ("published", "source", "title", "cluster")
    _table(names, [[str(row[name]) for name in names] for row in rows])


@commands.command()
@click.argument("what")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@click.option("--base", metavar="URL", help="What relative references resolve against.")
@click.option("--content-type", metavar="T", help="As if it had come with this Content-Type.")
@_common
def inspect(
    what: str,
    as_json: bool,
    base: str | None,
    content_type: str | None,
    path: Path | None,
    quiet: bool,
    verbose: bool,
) -> None:
    """Parse and normalise one feed; store nothing. WHAT is a file, an address, or - for stdin.

    \b
    Examples:
      aggregator inspect https://example.org/feed.xml
      aggregator inspect --json examples/feeds/field-notes.json
    """
    import asyncio
    from zoneinfo import ZoneInfo

    from aggregator import online
    from aggregator.inspection import inspect as inspected
    from aggregator.status import shown

    given = _settings_or_none(path)
    response = asyncio.run(online.read(what, given))
    headers = dict(response.headers) | ({"content-type": content_type} if content_type else {})
    try:
        zone = ZoneInfo(given.config.site.timezone if given else "UTC")
        found = inspected(response.body, url=base or response.url, headers=headers, zone=zone)
    except ParseError as error:
        raise ParseError(f"{shown(what) if response.url else what}: {error}") from error
    if as_json:
        _print_json(found)
        return
    feed = found["feed"]
    click.echo(f"{feed['title'] or 'untitled'}  {feed['url'] or ''}".rstrip())
    names = ("published", "title", "url")
    _table(names, [[str(e[name] or "") for name in names] for e in found["entries"]])
    for problem in found["problems"]:
        _say(f"problem: {problem}")


def _settings_or_none(path: Path | None) -> Settings | None:
    """The config, where there is one: `inspect` needs none."""
    file = _config(path)
    return _settings(file) if file.exists() else None


@commands.command()
@click.argument("entry", metavar="ID|URL")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@_common
def explain(entry: str, as_json: bool, path: Path | None, quiet: bool, verbose: bool) -> None:
    """The story of one entry: where from, dated how, merged with what and why, kept or dropped.

    \b
    Examples:
      aggregator explain https://example.org/2026/03/story
      aggregator explain tag:example.org,2026:story-1 --json
    """
    from aggregator import app
    from aggregator import status as answers

    given = _settings(path)
    store = app.open_store(given, exclusive=False)
    try:
        found = answers.explain(store, app.publication(given, store), entry)
    finally:
        store.close()
    if not found:
        raise AggregatorError(
            f"{entry}: no entry has this id or address; `aggregator entries` lists them"
        )
    if as_json:
        _print_json(found)
        return
    for sighting in found:
        click.echo("\n".join(_told(sighting)) + "\n")


def _told(x: dict[str, Any]) -> Iterable[str]:
    yield f"{x['title']}"
    yield f"  from      {x['source']}, {x['path'] or x['fetched_from']}"
    yield f"  seen      {x['first_seen']}"
    yield f"  dated     {x['published']}, {x['dated']}"
    yield f"  updated   {x['updated']}"
    yield f"  link      {x['url'] or 'none'}"
    if x["source_link"] and x["source_link"] != x["url"]:
        yield f"            was {x['source_link']}"
    if x["id"]:
        yield f"  story     {x['cluster']}, published as {x['id']}"
        yield f"            {'this copy leads' if x['leader'] else 'another copy leads'}"
    else:
        yield f"  story     {x['cluster']}, not published"
    if x["reason"]:
        yield f"  merged    {x['reason']}"
    yield f"  in        {', '.join(x['categories']) or 'all'}"
    if x["held"]:
        yield f"  held      {x['held']}"
    for line in x["ledger"]:
        yield f"  {line['at']}  {line['event']}: {line['detail']}"


def _table(names: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(width=None if sys.stdout.isatty() else 160)
    table = Table(box=None, pad_edge=False)
    for name in names:
        table.add_column(name, overflow="ellipsis", no_wrap=True)
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    console.print(table)
