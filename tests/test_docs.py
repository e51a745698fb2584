"""What README and docs say is so: commands, options, modules, examples, links, words."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest
import yaml

from aggregator import config
from aggregator.cli import commands, common
from aggregator.formats import posts
from aggregator.model import PostOptions

ROOT = Path(__file__).parent.parent
PAGES = [
    *(ROOT / name for name in ("README.md", "CHANGELOG.md", "CONTRIBUTING.md")),
    *sorted((ROOT / "docs").rglob("*.md")),
]
TEXTS = {str(page.relative_to(ROOT)): page.read_text("utf-8") for page in PAGES}
EVERYTHING = "\n".join(TEXTS.values())
FENCE = re.compile(r"^```([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def fenced(kind: str) -> list[Any]:
    """Every block of this kind, by page and line."""
    return [
        pytest.param(block[2], id=f"{page}:{text.count(chr(10), 0, block.start()) + 1}")
        for page, text in TEXTS.items()
        for block in FENCE.finditer(text)
        if block[1] == kind
    ]


# ── commands ─────────────────────────────────────────────────────────────────


def walked(command: click.Command, name: str) -> Iterator[tuple[str, click.Command]]:
    yield name, command
    if isinstance(command, click.Group):
        for word, below in command.commands.items():
            yield from walked(below, f"{name} {word}")


COMMANDS = dict(walked(commands, "aggregator"))


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_is_in_the_readme(name: str) -> None:
    assert re.search(rf"`{name}[ `]", TEXTS["README.md"]) or name == "aggregator"


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_is_told_where_its_command_is(name: str) -> None:
    rows = [x for x in TEXTS["README.md"].split("\n") if f"`{name}" in x or x.startswith("Every")]
    parameters = COMMANDS[name].params
    options = {o for p in parameters if isinstance(p, click.Option) for o in p.opts} | {"--help"}

    assert [o for o in sorted(options) if not re.search(rf"{o}\b", "\n".join(rows))] == []


def test_no_command_is_told_that_there_is_not() -> None:
    told = set(re.findall(r"`aggregator ([a-z]+)", EVERYTHING))

    assert {f"aggregator {word}" for word in told} <= set(COMMANDS)


def test_no_option_is_told_that_there_is_not() -> None:
    told = set(re.findall(r"`[^`\n]*?(?<![\w-])(--[a-z][a-z-]+)", TEXTS["README.md"]))
    known = {o for c in COMMANDS.values() for p in c.params for o in p.opts} | {"--help"}

    assert told <= known


def test_every_exit_status_is_told() -> None:
    constants = vars(common).items()
    known = {str(value) for name, value in constants if name.isupper() and type(value) is int}
    for page in ("README.md", "docs/running.md"):
        told = set(re.findall(r"^\| (\d+) \|", TEXTS[page], re.MULTILINE))

        assert told == {"0", *known}, page


# ── examples ─────────────────────────────────────────────────────────────────


@pytest.fixture
def example(tmp_path: Path) -> Path:
    """A copy of the example in a folder of its own."""
    folder = tmp_path / "planet"
    folder.mkdir()
    shutil.copytree(ROOT / "examples", folder / "examples")
    shutil.copy(ROOT / "config.yaml", folder)
    return folder


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """One in which `aggregator` is this tree's, however it was installed."""
    command = tmp_path / "bin" / "aggregator"
    command.parent.mkdir()
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m aggregator "$@"\n')
    command.chmod(0o755)
    path = f"{command.parent}{os.pathsep}{os.environ['PATH']}"
    return {**os.environ, "PATH": path, "PYTHONPATH": str(ROOT)}


@pytest.mark.parametrize("script", fenced("sh run"))
def test_what_is_marked_to_run_runs(
    script: str, example: Path, environment: dict[str, str]
) -> None:
    command = ["sh", "-eu", "-c", script]
    done = subprocess.run(
        command, check=False, cwd=example, env=environment, capture_output=True, text=True
    )

    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("text", fenced("yaml"))
def test_every_config_in_the_docs_loads(
    text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PRIVATE_FEED", "https://private.example/feed")
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "feed-url").write_text("https://inside.example/feed")

    assert config.load(completed(text), folder=tmp_path)


def completed(text: str) -> str:
    """A part of a config, such as the docs show, as a whole one."""
    part = yaml.safe_load(text)
    if {"keep", "drop"} & set(part):
        part = {"sources": {"a": {"url": "https://a.example/", **part}}}
    elif "match" in part:
        part = {"categories": {"a": part}}
    elif {"sources", "posts"} & set(part):
        return text
    return yaml.safe_dump({"sources": {"b": {"url": "https://b.example/"}}, **part})


@pytest.mark.parametrize("text", fenced("markdown"))
def test_every_post_in_the_docs_is_read_without_a_problem(text: str) -> None:
    feed = posts.parse(text.encode(), path="2026-03-18-a.md", options=PostOptions())

    assert feed.problems == ()
    assert feed.entries[0].link
    assert "返回" not in feed.entries[0].html


@pytest.mark.parametrize("kind", ["sh run", "yaml", "markdown"])
def test_there_are_examples_of_every_kind(kind: str) -> None:
    assert fenced(kind)


# ── links and words ──────────────────────────────────────────────────────────


def prose(text: str) -> str:
    """Without what is quoted: blocks, code and “…”."""
    return re.sub(r"`[^`\n]+`|“[^”]+”", "", FENCE.sub("", text))


def anchors(page: Path) -> set[str]:
    """As forges make them from headings."""
    headings = re.findall(r"^#+ (.+)$", FENCE.sub("", page.read_text("utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", h.lower()).replace(" ", "-") for h in headings}


@pytest.mark.parametrize("page", TEXTS)
def test_every_link_leads_somewhere(page: str) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", prose(TEXTS[page])):
        if target.startswith(("https://", "http://")):
            continue
        path, _, anchor = target.partition("#")
        there = (ROOT / page).parent / path if path else ROOT / page

        assert there.exists(), target
        assert not anchor or anchor in anchors(there), target


def test_every_page_can_be_reached_from_the_readme() -> None:
    reached = {ROOT / "README.md"}
    while True:
        targets = {
            (page.parent / target.partition("#")[0]).resolve()
            for page in reached
            for target in re.findall(r"\]\(([^)\s:]+\.md[^)\s]*)\)", page.read_text("utf-8"))
        }
        if targets <= reached:
            break
        reached |= targets

    assert [p.name for p in PAGES if p not in reached] == []


MODULES = sorted(
    path.stem if path.suffix else f"{path.name}/"
    for path in (ROOT / "aggregator").iterdir()
    if (path.suffix == ".py" and path.stem != "__init__") or (path / "__init__.py").exists()
)


@pytest.mark.parametrize("module", MODULES)
def test_every_module_is_on_the_map(module: str) -> None:
    _, _, above = TEXTS["README.md"].partition("\n## The map\n")

    assert f"`{module}`" in above.partition("\n## ")[0]


@pytest.mark.parametrize("page", TEXTS)
def test_an_entry_is_called_an_entry(page: str) -> None:
    text = prose(TEXTS[page])

    assert re.findall(r"(?i)\b(?:items?|articles?)\b", text) == []


@pytest.mark.parametrize("page", TEXTS)
def test_no_page_speaks_of_somebodys_machine(page: str) -> None:
    assert re.findall(r"(?<![\w.])/(?:home|root|work|tmp|Users)/\S*", TEXTS[page]) == []
