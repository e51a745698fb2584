"""The commands that answer: from the store `status` and `entries`; `inspect` a feed."""

from __future__ import annotations

from pathlib import Path

import click

from aggregator.cli import tables
from aggregator.cli.common import common, known, print_json, say, settings
from aggregator.cli.documents import called, document, settings_or_none
from aggregator.errors import ParseError

_MOST = 50  # entries in a table, unless all are asked for


@click.command()
@click.option("--json", "as_json", is_flag=True, help="As a JSON list.")
@common
def status(as_json: bool, path: Path | None, quiet: bool, verbose: bool) -> None:
    """Every source: health, last and next poll, entries, errors in plain words.

    \b
    Examples:
      aggregator status
      aggregator status --json
    """
    from aggregator import app
    from aggregator import status as answers

    given = settings(path)
    store = app.open_store(given, exclusive=False)
    try:
        rows = answers.sources(store, app.followed(given, store).sources, app.now())
        hubs = answers.hubs(store)
    finally:
        store.close()
    if as_json:
        print_json(rows)
        return
    names = ("health", "source", "entries", "last", "next")
    blank = {"last": "never", "next": "never"}
    table = [[str(row[name] or blank.get(name, 0)) for name in names] for row in rows]
    tables.show(names, table, wide=("source",))
    for row in rows:
        for said in (row["error"], *row["notes"], *row["problems"], row["push"]):
            if said:
                click.echo(f"{row['source']}: {said}")
    for said in hubs:
        click.echo(said)


@click.command()
@click.option("--json", "as_json", is_flag=True, help="As JSON Lines: all of them.")
@click.option("--category", metavar="C", help="Only those published in this category.")
@click.option("--source", metavar="S", help="Only those of this source.")
@click.option("--all", "everything", is_flag=True, help="Not only the newest 50.")
@common
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
    from aggregator import app, compose
    from aggregator import status as answers
    from aggregator.model import EVERYTHING

    given = settings(path)
    store = app.open_store(given, exclusive=False)
    try:
        wanted = app.publication(given, store)
        output = app.categories(given, store).name(category) if category else None
        if source:
            known("--source", source, (*app.followed(given, store).sources, *store.counts()))
        outputs = {*wanted.titles, *store.slugs()}
        if category == compose.ALL and output not in outputs:
            output = EVERYTHING
        elif category and output not in outputs:
            known("--category", category, outputs, "category")
        found = answers.entries(store, wanted, source=source, output=output)
        if as_json:
            for row in found:
                print_json(row)
            return
        most = None if everything else _MOST
        rows = sorted(found, key=lambda row: row["published"], reverse=True)[:most]
    finally:
        store.close()
    names = ("published", "source", "title", "cluster")
    table = [[str(row[name]) for name in names] for row in rows]
    tables.show(names, table, wide=("source", "title"))


@click.command()
@click.argument("what")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@click.option("--base", metavar="URL", help="What relative references resolve against.")
@click.option("--content-type", metavar="T", help="As if it had come with this Content-Type.")
@common
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
    from zoneinfo import ZoneInfo

    from aggregator.inspection import inspect as inspected

    given = settings_or_none(path)
    response = document(what, given)
    headers = dict(response.headers) | ({"content-type": content_type} if content_type else {})
    try:
        zone = ZoneInfo(given.config.site.timezone if given else "UTC")
        found = inspected(response.body, url=base or response.url, headers=headers, zone=zone)
    except ParseError as error:
        raise ParseError(f"{called(what)}: {error}") from error
    if as_json:
        print_json(found)
        return
    feed = found["feed"]
    click.echo(f"{feed['title'] or 'untitled'}  {feed['url'] or ''}".rstrip())
    names = ("published", "title", "url")
    table = [[str(e[name] or "") for name in names] for e in found["entries"]]
    tables.show(names, table, wide=("title", "url"))
    for problem in found["problems"]:
        say(f"problem: {problem}")
