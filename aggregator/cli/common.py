"""What the commands share: exit statuses, the options that all of them take, the config, words."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from aggregator.cli.streams import unicode_out

if TYPE_CHECKING:
    from aggregator.app import Settings

F = TypeVar("F", bound=Callable[..., Any])

FAILED, USAGE, SOME_FAILED, LOCKED, BAD_CONFIG, INTERRUPTED = 1, 2, 3, 75, 78, 130


def say(message: str) -> None:
    click.echo(message, err=True)


def common(command: F) -> F:
    """-c, -q and -v behind the command too, where people write them."""
    command = click.option(
        "-c", "--config", "path", type=click.Path(path_type=Path), help="The config file."
    )(command)
    command = click.option("-q", "--quiet", is_flag=True, help="Only errors.")(command)
    return click.option("-v", "--verbose", is_flag=True, help="Every step.")(command)


def config_file(path: Path | None) -> Path:
    return path or click.get_current_context().obj["path"] or Path("config.yaml")


def settings(path: Path | None, *, quiet: bool = True) -> Settings:
    from aggregator import app, config

    given = app.settings(config_file(path))
    if not quiet:
        for warning in config.warnings(given.config):
            say(f"note: {warning}")
    return given


def log_level(quiet: bool, verbose: bool, otherwise: int) -> int:
    import logging

    shared = click.get_current_context().obj
    if quiet or shared["quiet"]:
        return logging.ERROR
    return logging.DEBUG if verbose or shared["verbose"] else otherwise


def print_json(value: Any, *, indent: int | None = None) -> None:
    click.echo(json.dumps(value, ensure_ascii=not unicode_out(), indent=indent))


def known(option: str, name: str, names: Iterable[str], what: str = "source") -> None:
    import difflib

    names = list(names)
    if name not in names:
        near = difflib.get_close_matches(name, names, 1)
        hint = f", did you mean {near[0]!r}?" if near else ""
        raise click.UsageError(f"{option}: no {what} is called {name!r}{hint}")
