"""What README and docs say is so: commands, options, modules, examples, links, words."""

import ast
import configparser
import inspect
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest
import yaml
from servers import Answer, serving
from world import Item, rss

from aggregator import config, evidence
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


@pytest.mark.parametrize("name", COMMANDS)
def test_what_is_told_to_go_everywhere_goes_there(name: str) -> None:
    (row,) = (x for x in TEXTS["README.md"].split("\n") if x.startswith("Everywhere"))
    told = set(re.findall(r"`(--?[a-z]+)", row)) - {"-h", "--help"}
    options = {o for p in COMMANDS[name].params for o in p.opts}

    assert told - options == set()


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
    monkeypatch.setenv("PLANET_STORE", "postgresql://planet:password@db.example/planet")
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "feed-url").write_text("https://inside.example/feed")
    (tmp_path / "secrets" / "boss-token").write_text("correct-horse-battery")

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


# ── what the pages show is what one sees ─────────────────────────────────────

TIME = re.compile(r"20\d\d-\d\d-\d\d[T ]\d\d:\d\d(?::\d\dZ)?")


def shell(script: str, folder: Path, environment: dict[str, str]) -> str:
    """What it says, on stdout and stderr, with one time for all, and `folder` as /srv/planet."""
    done = subprocess.run(
        ["sh", "-u", "-c", script],
        check=False,
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    return TIME.sub("TIME", done.stdout.replace(str(folder), "/srv/planet"))


def shown(page: str, begin: str) -> str:
    """The block of a page that begins so."""
    (block,) = (b[2] for b in FENCE.finditer(TEXTS[page]) if b[2].startswith(begin))
    return TIME.sub("TIME", block)


def test_the_sample_of_a_status_is_true(example: Path, environment: dict[str, str]) -> None:
    command, *lines = shown("docs/troubleshooting.md", "$ aggregator status").splitlines()
    # A table for people is seen on a terminal only: `script` is one.
    said = shell(
        f"aggregator -q run; {sys.executable} -c 'import pty; pty.spawn(["
        f'"{sys.executable}", "-m", "aggregator", "status"])\'',
        example,
        environment | {"COLUMNS": "200"},
    ).splitlines()

    assert command == "$ aggregator status"
    assert [line for line in lines if line != "…"] == [x for x in said if x in lines]


@pytest.mark.parametrize(
    ("begin", "command"),
    [
        ("$ aggregator inspect README.md", "aggregator inspect README.md"),
        (
            "Night ferry",
            "aggregator explain https://www.harbour.example/2026/03/night-ferry-returns/",
        ),
        (
            "Held against",
            "aggregator explain https://www.jianghai.example/finance/202604/t20260413_20426.html",
        ),
    ],
)
def test_a_sample_of_an_answer_is_true(
    begin: str, command: str, example: Path, environment: dict[str, str]
) -> None:
    shutil.copy(ROOT / "README.md", example)
    sample = shown("docs/troubleshooting.md", begin).removeprefix(f"$ {command}\n")

    # Which of two copies is merged with which, and what they are called, hangs on who answers first.
    runs = "; ".join(
        f"aggregator -q run --only {name}"
        for name in ("harbour-times", "open-wire", "jianghai-finance")
    )
    assert sample in shell(f"{runs}; {command}", example, environment)


def test_the_sample_of_a_plan_is_true(example: Path, environment: dict[str, str]) -> None:
    (edit,) = re.findall(r"^sed .*$", TEXTS["docs/plan.md"], re.MULTILINE)
    sample = shown("docs/plan.md", "$ aggregator plan").removeprefix("$ aggregator plan\n")

    assert sample in shell(f"aggregator -q run; {edit}; aggregator plan", example, environment)


def test_the_samples_of_messages_are_true(tmp_path: Path, environment: dict[str, str]) -> None:
    (tmp_path / "config.yaml").write_text("sources:\n  hn:\n    url: x\n    evry: 1h\n")

    assert shell("aggregator check", tmp_path, environment) in TEXTS["docs/troubleshooting.md"]


def test_a_first_feed_of_ones_own(tmp_path: Path, environment: dict[str, str]) -> None:
    """README's way to it, step by step, but for what installs and what never ends."""
    _, _, below = TEXTS["README.md"].partition("## A first feed of your own")
    (script,) = (b[2] for b in FENCE.finditer(below) if b[1] == "sh" and "init" in b[2])
    steps = [x for x in script.splitlines() if not re.match(r"python3 |PATH=|aggregator serve", x)]
    assert len(steps) == len(script.splitlines()) - 3
    start = tmp_path / "aggregator"
    start.mkdir()
    with serving(lambda _: Answer(body=rss(Item(id="1", link="https://a.example/1")))) as server:
        editor = tmp_path / "bin" / "editor"
        editor.write_text(
            f"#!/bin/sh\nsed -i -e 's,https://simonwillison[^ ]*,{server.url},'"
            ' -e "s,^fetch:,fetch:\\n  allow_private: [127.0.0.0/8]," "$1"\n'
        )
        editor.chmod(0o755)
        said = shell("set -e\n" + "\n".join(steps), start, environment | {"EDITOR": str(editor)})

    assert "1 new" in said, said
    feeds = {p.name for p in (tmp_path / "planet" / "feeds").glob("*.atom")}
    assert feeds == {"all.atom", "ai.atom"}


def test_the_unit_and_the_crontab_run_what_there_is() -> None:
    unit = configparser.ConfigParser(strict=False, interpolation=None)
    unit.optionxform = str  # type: ignore[assignment,method-assign]
    unit.read_string(shown("docs/running.md", "[Unit]"))
    lines = [unit["Service"]["ExecStart"]]
    lines += [
        x.partition("&& ")[2] for x in shown("docs/running.md", "*/15").splitlines() if "&&" in x
    ]
    lines += [x for x in shown("docs/running.md", "aggregator -c").splitlines() if x]

    assert len(lines) == 3
    for line in lines:
        program, *words = shlex.split(line)
        assert Path(program).name == "aggregator"
        with commands.make_context("aggregator", words) as context:
            name, command, rest = commands.resolve_command(
                context, [*context._protected_args, *context.args]
            )
            assert command and not command.make_context(name, rest, parent=context).args
    leaves = set(unit["Service"]["RestartPreventExitStatus"].split())
    assert leaves == {str(common.LOCKED), str(common.BAD_CONFIG)}


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
def test_every_module_is_on_the_map_once(module: str) -> None:
    _, _, below = TEXTS["README.md"].partition("\n| | modules of `aggregator/` |\n")

    assert below.partition("\n\n")[0].count(f"`{module}`") == 1


@pytest.mark.parametrize("page", TEXTS)
def test_an_entry_is_called_an_entry(page: str) -> None:
    text = prose(TEXTS[page])

    assert re.findall(r"(?i)\b(?:items?|articles?)\b", text) == []


@pytest.mark.parametrize("page", TEXTS)
def test_no_page_speaks_of_somebodys_machine(page: str) -> None:
    assert re.findall(r"(?<![\w.])/(?:home|root|work|tmp|Users)/\S*", TEXTS[page]) == []


def test_every_rule_that_decides_about_two_entries_is_explained() -> None:
    """By the name that `explain` tells."""
    calls = [x for x in ast.walk(ast.parse(inspect.getsource(evidence))) if isinstance(x, ast.Call)]
    names = {
        ast.literal_eval(call.args[0])
        for call in calls
        if isinstance(call.func, ast.Name) and call.func.id in ("_one", "_apart")
    }
    table = re.findall(
        r"^\| (?:one\*?|apart) \| ([^|]+) \|", TEXTS["docs/duplicates.md"], re.MULTILINE
    )
    assert {name for row in table for name in row.split("; ")} == names
