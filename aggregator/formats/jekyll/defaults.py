"""Front matter defaults of `_config.yml`: which of them apply to a post, and which win."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from aggregator.formats.jekyll.rubytext import Value, to_s
from aggregator.formats.jekyll.tree import Tree

Data = dict[str, Value]


@dataclass(frozen=True, slots=True)
class Scope:
    path: str
    type: str | None  # None is every type
    values: Data
    stated: bool  # a set may do without a scope


def scopes(value: Value) -> tuple[Scope, ...]:
    """The sets that Jekyll takes for valid; it passes the others over.

    ValueError for what keeps Jekyll from reading any post at all.
    """
    return tuple(scope for one in _listed(value) if (scope := _scope(one)))


def _scope(one: Value) -> Scope | None:
    values = _mapping(one).get("values")
    if not isinstance(values, dict):
        return None
    if type(values.get("date")) is date:
        raise ValueError("defaults: date: Jekyll reads no post with it; put it in quotes")
    scope = _mapping(one).get("scope", {})
    if not isinstance(scope, dict) or not isinstance(scope.get("type", ""), str):
        raise ValueError("defaults: scope: Jekyll reads no post with it; give it path and type")
    path, type_ = scope.get("path"), to_s(scope["type"]) if "type" in scope else None
    return Scope(
        path if isinstance(path, str) else "",
        "posts" if type_ == "post" else type_,
        values,
        "scope" in _mapping(one),
    )


def _listed(value: Value) -> list[Value]:
    return value if isinstance(value, list) else []


def _mapping(value: Value) -> Data:
    return value if isinstance(value, dict) else {}


def values_for(path: str, scopes: Iterable[Scope], tree: Tree, collections_dir: str) -> Data:
    """What all scopes that a post is in say; the longer path wins, then the one with a type.

    ValueError where Jekyll fails to say which wins, and leaves the post out.
    """
    merged: Data = {}
    winner: Scope | None = None
    for scope in scopes:
        if not _applies(scope, path, tree, collections_dir):
            continue
        if winner and not scope.stated:
            raise ValueError("defaults: a set without scope is not the first; Jekyll stumbles")
        if winner is None or _precedes(scope, winner):
            merged, winner = deep_merged(merged, scope.values), scope if scope.stated else None
        else:
            merged = deep_merged(scope.values, merged)
    return merged


def deep_merged(below: Data, above: Data) -> Data:
    """What is above wins, unless it is nothing; mappings are merged in turn."""
    merged = dict(below)
    for key, new in above.items():
        old = below.get(key)
        if isinstance(old, dict) and isinstance(new, dict):
            merged[key] = deep_merged(old, new)
        elif key not in below or new is not None:
            merged[key] = new
    return merged


def _applies(scope: Scope, path: str, tree: Tree, collections_dir: str) -> bool:
    if scope.type not in {None, "posts"}:
        return False
    if "*" not in scope.path:
        return path.startswith(_within(scope.path, collections_dir))
    # Jekyll looks up which paths there are, and takes each for the beginning of a path.
    found = tree.matching(scope.path)
    return any(path.startswith(_within(one, collections_dir)) for one in found)


def _within(path: str, collections_dir: str) -> str:
    return path.removeprefix(f"{collections_dir}/") if collections_dir else path


def _precedes(scope: Scope, winner: Scope) -> bool:
    new, old = (len(x.path.removeprefix("/")) for x in (scope, winner))
    return new > old or (new == old and (scope.type is not None or winner.type is None))
