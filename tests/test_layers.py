"""The architecture: which way imports point. If this is in the way, change the design first."""

import ast
import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "aggregator"

# From the bottom up: a module imports only from layers below its own, or from its own family.
LAYERS = (
    {"model", "moment_shapes", "moment_words"},
    {"errors", "text", "moments", "places", "tokens"},
    {"prose", "titles", "searching"},
    {"prints", "snippets"},
    {"evidence"},
    {"config_shapes", "link_parts", "link_rules", "syntax", "topics", "yamltext"},
    {"config_errors", "config_names", "config_zones", "link_sites", "opml"},
    {"link_targets", "link_discussed", "link_clean", "config_values", "discretion"},
    {
        "links",
        "pace",
        "config_clashes",
        "following",
        "websub",
        "hub",
        "announcements",
        "conditions",
        "access",
    },
    {"polling", "link_origin"},
    {"licences", "excerpts"},
    {"formats", "rules", "config", "moves"},
    {"starter", "content"},
    {"blogroll", "caps", "cluster", "compose", "inspection", "layout", "lint", "room", "delta"},
    {"pages"},
    {"bodies", "guard", "hosts", "robots", "aside", "wire", "listening"},
    {"fetch", "files", "stores", "watch"},
    {"look"},
    {"near", "packing"},
    {"forms"},
    {"heads"},
    {"posting"},
    {"ingest", "publish", "indexing", "details", "parts", "overrides"},
    {"origins", "finding"},
    {"reading"},
    {"pipeline"},
    {"report", "status", "metrics"},
    {"explain", "plan", "tasks"},
    {"announcer", "distributor"},
    {"app", "subscriber"},
    {"online", "schedule"},
    {"callbacks", "hub_door", "searches", "documents"},
    {"server"},
    {"cli"},
)
# What is imported inside a function of a lower layer on purpose, and why.
ALLOWED = {
    ("config_values", "rules"),  # expressions in the config are checked where they stand
    ("config_values", "formats"),  # and so are selectors
}
NO_IO = {
    "blogroll",
    "caps",
    "cluster",
    "compose",
    "delta",
    "formats",
    "content",
    "inspection",
    "layout",
    "lint",
    "moves",
    "pages",
    "rules",
}.union(*LAYERS[:11])
DOORS = {
    "asyncio",
    "httpx",
    "aiohttp",
    "sqlite3",
    "socket",
    "logging",
    "structlog",
    "random",
    "time",
}


def modules() -> list[tuple[str, Path]]:
    """Every module with the name of its layer: that of its family, where it has one."""
    paths = (p for p in PACKAGE.rglob("*.py") if p.parent != PACKAGE or "__" not in p.stem)
    return sorted((p.relative_to(PACKAGE).parts[0].removesuffix(".py"), p) for p in paths)


def imported(path: Path) -> set[str]:
    """Full dotted names of all that a module imports, wherever in it."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def layer(name: str) -> int:
    return next(n for n, names in enumerate(LAYERS) if name in names)


@pytest.mark.parametrize(("name", "path"), modules())
def test_a_module_imports_only_from_below(name: str, path: Path) -> None:
    for full in imported(path):
        parts = full.split(".")
        if parts[0] != "aggregator" or len(parts) < 2 or parts[1] in (name, "__version__"):
            continue
        if (name, parts[1]) not in ALLOWED:
            assert layer(parts[1]) < layer(name), f"{name} imports {full}"


@pytest.mark.parametrize(("name", "path"), [m for m in modules() if m[0] in NO_IO])
def test_what_decides_does_no_io_and_knows_no_clock(name: str, path: Path) -> None:
    doors = imported(path) - {"time.struct_time"}  # a shape, not a clock
    assert not {full.split(".")[0] for full in doors} & DOORS
    source = path.read_text(encoding="utf-8")
    assert "datetime.now" not in source
    assert "open(" not in source.replace("_open(", "")


@pytest.mark.parametrize(("name", "path"), modules())
def test_a_family_is_entered_through_its_init(name: str, path: Path) -> None:
    entered = {
        ("stores", "codec"), ("rules", "clean"), ("formats", "posts"), ("formats", "atom"),
        ("rules", "expressions"), ("formats", "jsonapi"), ("formats", "site_posts"), ("formats", "jekyll"),
        ("formats", "pages"), ("formats", "selectors"), ("formats", "sitemaps"), ("formats", "fulltext"),
        ("formats", "bounds"), ("formats", "declared"), ("formats", "extensions"), ("formats", "post_files"),
    }  # fmt: skip
    for full in imported(path):
        parts = full.split(".")
        if len(parts) > 2 and parts[1] in ("formats", "rules", "stores") and parts[1] != name:
            inner = PACKAGE / parts[1] / f"{parts[2]}.py"
            assert not inner.exists() or (parts[1], parts[2]) in entered, f"{path.name}: {full}"


def test_the_bottom_is_the_standard_library_only() -> None:
    for name in LAYERS[0]:
        for full in imported(PACKAGE / f"{name}.py"):
            assert full.split(".")[0] not in {"pydantic", "lxml", "httpx"}


def loaded_by(code: str) -> set[str]:
    """The modules that are there once this ran in a process of its own."""
    told = f"import sys\ntry:\n    {code}\nexcept SystemExit:\n    pass\nprint(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


# What takes its time to be imported, and who has no use for it.
@pytest.mark.parametrize(
    ("code", "unused"),
    [
        (
            "sys.argv[1:] = ['--version']; from aggregator.cli import main; main()",
            {"pydantic", "yaml", "feedparser", "lxml.etree", "sqlite3", "aiohttp", "regex"},
        ),
        (
            "import aggregator.app",
            {"numpy", "jinja2", "turbohtml", "aggregator.lint", "prometheus_client", "starlette"},
        ),
    ],
    ids=["version", "run without news"],
)
def test_what_is_not_needed_is_not_imported(code: str, unused: set[str]) -> None:
    assert unused.isdisjoint(loaded_by(code))
    assert all(importlib.util.find_spec(name) for name in unused)
