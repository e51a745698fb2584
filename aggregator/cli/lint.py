"""The command that checks a document against the standards."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from aggregator.cli.common import FAILED, common, print_json
from aggregator.cli.documents import called, document, settings_or_none

if TYPE_CHECKING:
    from aggregator.lint import Fault, Report

_COLOURS = {"error": "red", "warning": "yellow", "info": "cyan"}


@click.command()
@click.argument("what")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@click.option("--strict", is_flag=True, help="Warnings count as errors do.")
@click.option("--base", metavar="URL", help="Where it is, or will be, fetched.")
@click.option("--content-type", metavar="T", help="As if it had come with this Content-Type.")
@common
def lint(
    what: str,
    as_json: bool,
    strict: bool,
    base: str | None,
    content_type: str | None,
    path: Path | None,
    quiet: bool,
    verbose: bool,
) -> None:
    """Check a document against the standards: a feed, a list of feeds, a page. WHAT is a file, an
    address, or - for stdin.

    \b
    Examples:
      aggregator lint feeds/all.atom
      aggregator lint --strict https://example.org/feed.xml
      aggregator lint --json - < feed.json
    """
    from aggregator.lint import report

    response = document(what, settings_or_none(path))
    found = report(
        response.body,
        address=base or response.url or None,
        content_type=content_type or response.headers.get("content-type"),
    )
    bad = bool(found.errors or (strict and found.warnings))
    if as_json:
        print_json(_json(what, found, good=not bad))
    else:
        quiet = quiet or bool(click.get_current_context().obj["quiet"])
        shown = [x for x in found.faults if x.level == "error" or not quiet]
        colour = False if os.environ.get("NO_COLOR") else None
        for fault in shown:
            click.echo(_line(_clean(called(what)), fault), color=colour)
        if not quiet:
            click.echo(_clean(f"{called(what)}: {found.says}, {_summary(found)}"))
    if bad:
        click.get_current_context().exit(FAILED)


def _line(name: str, fault: Fault) -> str:
    """`feed.xml:12:5: error missing-updated: entry 3: …`, as editors read it."""
    place = fault.place
    where = f"{name}:{place.line}:{place.column}" if place.line else name
    level = click.style(fault.level, fg=_COLOURS[fault.level], bold=fault.level == "error")
    path = f"{place.path}: " if place.path else ""
    said = _clean(f"{fault.rule}: {path}{fault.text}")
    reference = click.style(f" ({fault.reference})", dim=True) if fault.reference else ""
    return f"{where}: {level} {said}{reference}"


def _clean(text: str) -> str:
    """Nothing that a terminal would obey: a document says what it likes."""
    return "".join(c if c.isprintable() else " " for c in text)


def _summary(found: Report) -> str:
    if not found.faults:
        return "nothing is wrong"
    others = len(found.faults) - found.errors - found.warnings
    counts = ((found.errors, "error"), (found.warnings, "warning"), (others, "note"))
    return ", ".join(f"{n} {word}{'s' if n > 1 else ''}" for n, word in counts if n)


def _json(what: str, found: Report, *, good: bool) -> dict[str, Any]:
    faults = [
        {
            "level": x.level,
            "rule": x.rule,
            "line": x.place.line or None,
            "column": x.place.column or None,
            "path": x.place.path or None,
            "text": x.text,
            "reference": x.reference or None,
        }
        for x in found.faults
    ]
    return {
        "document": called(what),
        "kind": found.kind or None,
        "says": found.says,
        "good": good,
        "errors": found.errors,
        "warnings": found.warnings,
        "faults": faults,
    }
