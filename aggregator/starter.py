"""A commented config.yaml to begin with, which loads as it is: starter.yaml, filled in. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib import resources
from pathlib import Path

import yaml

from aggregator import config
from aggregator.config_errors import report
from aggregator.config_names import folded, post_names, unused
from aggregator.opml import Outline


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A source in the file; `wrong` says why it stands there as a comment only."""

    name: str
    url: str
    categories: Sequence[str] = ()
    wrong: str | None = None


_EXAMPLE = Listed(
    name="simon", url="https://simonwillison.net/atom/everything/", categories=("ai",)
)


def starter(*, posts: str | None = None, sources: Iterable[Listed] = ()) -> str:
    """The text of a config with these; with an example where there would be no source at all."""
    sources = list(sources)
    if posts is None and all(x.wrong for x in sources):
        sources.append(_EXAMPLE)
    listed = "".join(map(_lines, sources))
    folder = "  #- path: _posts\n" if posts is None else f"  - path: {_quoted(posts)}\n"
    text = resources.files("aggregator").joinpath("starter.yaml").read_text("utf-8")
    text = text.replace("\nposts:\n", f"\nposts:\n{folder}", 1)
    return text.replace("\nsources:\n", f"\nsources:\n{listed}", 1)


def listed(outlines: Iterable[Outline], *, posts: str | None, folder: Path) -> list[Listed]:
    """The subscriptions as sources; what a config would be refused for is marked as wrong."""
    sources = list(_named(outlines, post_names([(posts, None)]) if posts else ()))
    while found := _refused(starter(posts=posts, sources=sources), folder):
        sources = [replace(x, wrong=x.wrong or found.get(x.name)) for x in sources]
    return sources


def _named(outlines: Iterable[Outline], taken: Iterable[str]) -> Iterator[Listed]:
    names = {folded(x) for x in taken}
    for outline in outlines:
        name = source_name(outline.title, names)
        names.add(folded(name))
        # Whoever exports a list has no path of ours in mind.
        web = re.match(r"(?i)https?://", outline.url)
        wrong = None if web else "only what begins with http:// or https:// is polled"
        yield Listed(name=name, url=outline.url, categories=outline.categories, wrong=wrong)


def _refused(text: str, folder: Path) -> Mapping[str, str]:
    """By name of a source, what is wrong with it; ConfigError when it is something else."""
    _, found = config.read(text, folder=folder)
    other = [x for x in found if x.path[:1] != ("sources",) or len(x.path) < 2]
    if other:
        raise report(other, "config.yaml")
    return {str(x.path[1]): x.message for x in reversed(found)}


def source_name(title: str, taken: Collection[str]) -> str:
    """A name that is allowed, from the title of a feed; `taken` holds folded names."""
    plain = "".join(" " if unicodedata.category(x)[0] == "C" or x == "/" else x for x in title)
    return unused(" ".join(plain.split()) or "feed", taken)


def _lines(source: Listed) -> str:
    lines = [f"{_quoted(source.name)}:", f"  url: {_quoted(source.url)}"]
    if source.categories:
        lines.append(f"  categories: [{', '.join(map(_quoted, source.categories))}]")
    if source.wrong is None:
        return "".join(f"  {line}\n" for line in lines)
    return f"  # left out: {source.wrong}\n" + "".join(f"  #{line}\n" for line in lines)


def _quoted(text: str) -> str:
    """As YAML, with quotes only where they are needed."""
    if re.fullmatch(r"(https?://)?[\w.][\w./?=&+%~-]*", text) and text.lower() != "null":
        return text
    return yaml.safe_dump(text, default_style='"', allow_unicode=True, width=float("inf")).strip()
