"""The commands about single stories: `explain` one, and override what was made of it by `merge`
and `split`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from aggregator.cli import tables
from aggregator.cli.common import FAILED, common, config_file, print_json, say, settings
from aggregator.errors import AggregatorError, StoreLocked

if TYPE_CHECKING:
    from aggregator.overrides import Done

Row = tuple[Sequence[str], Sequence[str]]  # what names an entry; what is said of it
Pair = tuple[dict[str, Any], dict[str, Any]]  # a copy, and an entry that it met
_MOST = 8  # entries that a story was kept apart from
_NAME = 18  # cells that a source's name may take beside what is said of its entry
_LEGEND = (
    "Of texts, runs of four words are compared; a Chinese character is a word. What figures mean"
    " stands in docs/duplicates.md, and --json has all of them."
)
_OFFERED = 3  # commands to join it with those


@click.command()
@click.argument("entry", metavar="ID|URL")
@click.option("--json", "as_json", is_flag=True, help="As JSON: all figures, all that it met.")
@common
def explain(entry: str, as_json: bool, path: Path | None, quiet: bool, verbose: bool) -> None:
    """The story of one entry: where from, dated how, one story with what and why, kept apart from
    what and why, who leads, and how to override that.

    It is named by its id, by its published one, by its address, or as e17 or c3.

    \b
    Examples:
      aggregator explain https://example.org/2026/03/story
      aggregator explain tag:example.org,2026:story-1 --json
    """
    from aggregator import app
    from aggregator.explain import explain as explained

    given = settings(path)
    store = app.open_store(given, exclusive=False)
    try:
        wanted = app.publication(given, store)
        config = given.config
        found = explained(
            store,
            wanted,
            entry,
            window=config.dedupe.window,
            rules=config.link_rules,
            rulers=app.rulers(given, store),
            lines=app.rule_lines(config_file(path), given),
        )
    finally:
        store.close()
    if not found:
        raise AggregatorError(
            f"{entry}: no entry has this id or address; `aggregator entries` lists them"
        )
    if as_json:
        print_json(found)
        return
    width = tables.width()
    for _, group in groupby(found, key=lambda x: x["cluster"]):
        click.echo("\n".join(_story(list(group), width)) + "\n")


@click.command()
@click.argument("ids", metavar="ID|URL ID|URL…", nargs=-1, required=True)
@click.option("--json", "as_json", is_flag=True, help="What was done, as JSON.")
@common
def merge(ids: Sequence[str], as_json: bool, path: Path | None, quiet: bool, verbose: bool) -> int:
    """Make these entries one story, for good, and write the documents that show it.

    It keeps the id of the one that was published first; the others leave the documents.

    \b
    Examples:
      aggregator merge e5 e40
      aggregator merge https://example.org/story https://other.example/same-story
    """
    from aggregator import overrides

    if len(set(ids)) < 2:
        raise click.UsageError("merge takes two ids or addresses, or more")
    return _override(path, partial(overrides.merge, names=ids), as_json, quiet)


@click.command()
@click.argument("entry", metavar="ID|URL")
@click.option("--json", "as_json", is_flag=True, help="What was done, as JSON.")
@common
def split(entry: str, as_json: bool, path: Path | None, quiet: bool, verbose: bool) -> int:
    """Take this copy out of its story, for good, and write the documents that show it.

    The copy that leads keeps the story's id: if it is the one that is named, the others go.

    \b
    Examples:
      aggregator split e17
      aggregator split https://other.example/no-copy-at-all
    """
    from aggregator import overrides

    return _override(path, partial(overrides.split, name=entry), as_json, quiet)


def _override(path: Path | None, change: Callable[..., Done], as_json: bool, quiet: bool) -> int:
    from aggregator import app

    given = settings(path)
    try:
        done, stories, published = app.overridden(given, change)
    except StoreLocked as error:
        raise StoreLocked(
            f"{str(error).partition(';')[0]}, a `serve` or a `run`, and nothing was changed;"
            " end it or wait for it, then say this again"
        ) from error
    for failure in published.failed:
        say(f"not written: {failure}; the next run writes it")
    if as_json:
        ids = [{"cluster": f"c{s.cluster}", "id": s.id} for s in stories]
        print_json({"changed": done.changed, "stories": ids, "written": list(published.written)})
    elif not quiet:
        click.echo(done.told)
        if done.changed:
            click.echo(f"documents written: {', '.join(published.written) or 'none'}")
    return FAILED if published.failed else 0


# ── a story for people ───────────────────────────────────────────────────────


def _story(copies: Sequence[dict[str, Any]], width: int | None) -> Iterator[str]:
    """Copy by copy, then what speaks for and against their being one, then what can be done."""
    for x in copies:
        yield from _copy(x, width)
        yield ""
    if len(copies) > 1:
        yield "One story, because"
        yield from _rows(_joined(copies), width)
        yield ""
    if apart := _apart(copies):
        yield "Held against, and kept apart"
        yield from _rows([_apart_row(x) for x in apart], width)
        yield ""
    if len(copies) > 1 or apart:
        yield from tables.folded(_LEGEND, width)
        yield ""
    yield "To override this for good"
    yield from _commands(copies, apart)


def _copy(x: dict[str, Any], width: int | None) -> Iterator[str]:
    from aggregator.overrides import SPLIT

    def line(label: str, text: str) -> Iterator[str]:
        return tables.beside((f"  {label}", text), (10,), width)

    yield from tables.folded(x["title"] or "untitled", width)
    where = x["path"] or x["fetched_from"]  # neither of a source whose address is secret
    yield from line("entry", x["entry"])
    yield from line("from", f"{x['source']}{f', {where}' if where else ''}")
    yield from line("seen", x["first_seen"])
    yield from line("dated", f"{x['published']}, {x['dated']}")
    yield from line("updated", x["updated"])
    yield from line("link", x["url"] or "none")
    if x["source_link"] and x["source_link"] != x["url"]:
        yield from line("was", x["source_link"])
    yield from line("story", f"{x['cluster']}, {_led(x)}")
    if x["id"]:
        yield from line("known as", x["id"])
    if x["reason"]:
        yield from line("parted" if x["reason"] == SPLIT else "merged", x["reason"])
    yield from line("in", ", ".join(x["categories"]) or "all")
    for name, rule in x["filed"].items():
        yield from line("", f"{name}: {_rule(rule)}")
    for name, rule in x["refused"].items():
        yield from line("not in", f"{name}: {_rule(rule)}")
    for name, cap in x["capped"].items():
        archived = ", it is on an archive page" if cap["archived"] else ""
        yield from line("not in", f"{name} any more: {_rule(cap)}{archived}")
    if x["held"]:
        place = x["dropped"] and x["dropped"]["line"]
        yield from line("held", f"{x['held']} ({place})" if place else x["held"])
    for said in x["ledger"]:
        told = f"{said['event']}: {said['detail']}"
        yield from tables.beside((f"  {said['at']}", told), (22,), width)


def _rule(placed: dict[str, Any]) -> str:
    return f"{placed['rule']} ({placed['line']})" if placed["line"] else str(placed["rule"])


def _led(x: dict[str, Any]) -> str:
    leads = x["leads"]
    if leads is None:
        return "not published"
    if x["leader"]:
        return f"this copy leads: {leads['why']}"
    return f"another copy leads, {leads['entry']} of {leads['source']}: {leads['why']}"


def _rows(rows: Sequence[Row], width: int | None) -> Iterator[str]:
    """What names an entry, side by side, and below its title what is to be said of it."""
    named = [[f"  {first}", *rest] for (first, *rest), _ in rows]
    widths = [min(max(map(tables.cells, column)), _NAME) for column in zip(*named, strict=True)][
        :-1
    ]
    blank = [""] * len(widths)
    for names, (_, said) in zip(named, rows, strict=True):
        yield from tables.beside(names, widths, width)
        for text in said:
            yield from tables.beside((*blank, text), widths, width)


def _joined(copies: Sequence[dict[str, Any]]) -> list[Row]:
    """Each copy, and what makes it one story with the one that leads, or with the likest."""
    first = next((x for x in copies if x["leader"]), copies[0])
    rows: list[Row] = [((first["entry"], first["source"], first["title"]), [_first(first)])]
    for x in copies:
        if x is first:
            continue
        near = [c for c in x["copies"] if c["joined"]]
        met = next((c for c in near if c["entry"] == first["entry"]), near[0])
        rows.append(((x["entry"], x["source"], x["title"]), _said(met)))
    return rows


def _first(x: dict[str, Any]) -> str:
    return f"leads: {x['leads']['why']}" if x["leads"] else "the oldest copy"


def _apart(copies: Sequence[dict[str, Any]]) -> list[Pair]:
    """Of each other story the two copies that are likest; the likeliest stories first."""
    met: dict[str, Pair] = {}
    for x in copies:
        for c in x["copies"]:
            other = c["cluster"]
            if not c["joined"] and (other not in met or _distance(c) < _distance(met[other][1])):
                met[other] = (x, c)
    return sorted(met.values(), key=lambda pair: _distance(pair[1]))[:_MOST]


def _distance(c: dict[str, Any]) -> tuple[bool, bool, bool, float]:
    from aggregator.overrides import SPLIT

    return (c["why"] != SPLIT, not c["same"], not c["alike"], -c["weight"])


def _apart_row(pair: Pair) -> Row:
    x, c = pair
    link = [c["url"]] if c["url"] else []
    why, *words = _said(c)
    named = (c["entry"], c["cluster"], c["source"], c["title"])
    return named, [*link, f"{why} (against {x['entry']})", *words]


def _said(c: dict[str, Any]) -> list[str]:
    """The rule that decided, then the figures."""
    words = [x for x in c["evidence"] if x != c["why"]]
    return [c["why"], *(["; ".join(words)] if words else [])]


def _commands(copies: Sequence[dict[str, Any]], apart: Sequence[Pair]) -> Iterator[str]:
    """With the names that they need; any id or address would do as well."""
    said = [
        (f"aggregator split {x['entry']}", f"{x['entry']} tells another story than the rest")
        for x in copies[:_MOST]
        if len(copies) > 1
    ]
    said += [
        (f"aggregator merge {x['entry']} {c['entry']}", "both tell one story")
        for x, c in apart[:_OFFERED]
    ]
    if not said:
        said = [(f"aggregator merge {copies[0]['entry']} ID", "ID tells this story, too")]
    most = max(len(command) for command, _ in said)
    for command, does in said:
        yield f"  {command:{most}}  {does}"
