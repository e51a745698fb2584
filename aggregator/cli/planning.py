"""The command `plan`: what an edited config would change, before it does."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from aggregator.cli import tables
from aggregator.cli.common import common, config_file, print_json, say, settings

_SIGNS = {"gains": "+", "loses": "−", "changes": "~"}


@click.command()
@click.option("--most", default=10, metavar="N", help="Entries told of a change; default 10.")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@common
def plan(most: int, as_json: bool, path: Path | None, quiet: bool, verbose: bool) -> None:
    """What the config as it is now would change in the documents that stand, by which rule.

    Nothing is polled and nothing is written; a `serve` may go on meanwhile.

    \b
    Examples:
      aggregator plan
      aggregator plan --most 100
      aggregator plan --json | jq '.outputs[] | select(.loses.count > 0)'
    """
    from aggregator import app

    given = settings(path)
    found = app.planned(given, app.rule_lines(config_file(path), given), most=max(most, 0))
    if as_json:
        print_json(found)
        return
    for failure in found["failed"]:
        say(f"could not be written: {failure}")
    for line in _lines(found, tables.width()):
        click.echo(line)


def _lines(found: Mapping[str, Any], width: int | None) -> Iterator[str]:
    changed = [x for x in found["outputs"] if _is_changed(x)]
    for output in changed:
        yield from _output(output, width)
        yield ""
    yield from tables.folded(_summary(found, changed), width)
    for kind, told in (
        ("new", "not polled yet: what it brings is not known"),
        ("gone", "no longer polled; what it brought stays"),
    ):
        for name in found["sources"][kind]:
            yield from tables.folded(f"source {name}: {told}", width)
    for note in found["notes"]:
        yield from tables.folded(f"note: {note}", width)


def _is_changed(output: Mapping[str, Any]) -> bool:
    return bool(output["new"] or any(output[kind]["count"] for kind in _SIGNS))


def _summary(found: Mapping[str, Any], changed: Sequence[Mapping[str, Any]]) -> str:
    count = found["documents"]["count"]
    if not count:
        return "nothing would change"
    why = "; site or output settings are others" if found["settings"] else ""
    return f"{len(changed)} outputs change, {count} documents would be written{why}"


def _output(output: Mapping[str, Any], width: int | None) -> Iterator[str]:
    counts = ", ".join(
        f"{sign}{output[kind]['count']}" for kind, sign in _SIGNS.items() if output[kind]["count"]
    )
    entries = f"{output['before']} → {output['after']} entries"
    state = "new, " if output["new"] else "" if output["named"] else "not in the config any more, "
    head = f"{output['title']} ({output['slug']}): {state}{entries}"
    yield from tables.folded(f"{head}, {counts}" if counts else head, width)
    for kind, sign in _SIGNS.items():
        for entry in output[kind]["entries"]:
            yield from tables.beside((f"  {sign}", _entry(kind, entry)), (3,), width)
        left = output[kind]["count"] - len(output[kind]["entries"])
        if left:
            yield f"  {sign}  and {left} more"


def _entry(kind: str, entry: Mapping[str, Any]) -> str:
    told = f"{entry['title'] or 'untitled'} — {entry['source']}"
    if kind == "changes":
        return f"{told}: {', '.join(entry['changes']) or 'otherwise'}"
    rule = entry["rule"]
    if rule is None:
        return told if kind == "gains" else f"{told}: no rule puts it there any more"
    place = f" ({entry['line']})" if entry["line"] else ""
    return f"{told}: {rule}{place}"
