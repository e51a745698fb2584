"""What is wrong between two keys of the config: one name, address, folder or slug given twice."""

from __future__ import annotations

import os.path
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from aggregator.config_errors import MisreadError, shown
from aggregator.config_names import address, comparable, folded, post_names
from aggregator.config_values import source_url
from aggregator.yamltext import At, Document, Fault

WAYS = ("json", "opml", "page", "sitemap")  # to read a source that is no feed
SAYING = ("title", "link", "summary", "content")  # what an API is read for, one of them at least


def clashes(given: Any, document: Document, folder: Path) -> Iterator[Fault]:
    """Looked for in what was written, not in a Config: other faults must not hide these."""
    if not isinstance(given, dict):
        return
    sources, categories = _pairs(given, "sources"), _pairs(given, "categories")
    posts = given.get("posts")
    if not given.get("sources") and not posts:
        yield Fault(At(), (), "no sources: write one under sources:, or a folder under posts:")
    for section, names in (("sources", sources), ("categories", categories)):
        yield from _same_names(section, names, document)
    yield from _ways(sources, document)
    yield from _same_addresses(sources, document, folder)
    yield from _same_posts(posts if isinstance(posts, list) else [], sources, document)
    yield from _read_and_written(posts if isinstance(posts, list) else [], given, document, folder)
    yield from _kept_and_dropped(_pairs(given, "links"), document)
    yield from _same_slugs(categories, document)
    yield from _same_aliases(categories, document)


def _same_names(section: str, names: Mapping[str, Any], document: Document) -> Iterator[Fault]:
    first: dict[str, str] = {}
    for name in names:
        other = first.setdefault(folded(name), name)
        if other != name:
            at, _ = document.find((section, name))
            yield Fault(at, (section, name), f"the same name as {section}.{other}")


def _ways(sources: Mapping[str, Any], document: Document) -> Iterator[Fault]:
    """A source is read in one way; and of an API something must be read at all."""
    for name in sources:
        path = ("sources", name)
        given = [key for key in WAYS if _on(_pairs(sources, name).get(key))]
        for key in given[1:]:
            words = f"a source is read in one way: {given[0]} or {key}"
            yield Fault(document.find((*path, key))[0], path, words)
        api = _pairs(sources, name).get("json")
        if isinstance(api, dict) and not any(api.get(x) for x in SAYING):
            at = document.find((*path, "json"))[0]
            yield Fault(at, (*path, "json"), "name at least title, link, summary or content")
        if isinstance(api, dict) and api.get("text") and _pairs(sources, name).get("full_text"):
            words = "json.text already says where the texts are; leave one of the two out"
            yield Fault(document.find((*path, "full_text"))[0], (*path, "full_text"), words)
        text = _pairs(api or {}, "text")
        if text.get("content") and text.get("element"):
            place = (*path, "json", "text", "element")
            words = "content is a path in JSON, element one in a page; leave one of the two out"
            yield Fault(document.find(place)[0], place, words)


def _on(given: Any) -> bool:
    return given is not None and not (isinstance(given, str) and given.lower() == "false")


def _kept_and_dropped(links: Mapping[str, Any], document: Document) -> Iterator[Fault]:
    keep, drop = (x if isinstance(x, list) else [] for x in (links.get("keep"), links.get("drop")))
    kept = {str(name).lower() for name in keep}
    for place, name in enumerate(drop):
        if str(name).lower() in kept:
            path = ("links", "drop", place)
            words = f"{shown(str(name))} stands in links.keep as well; leave one of the two out"
            yield Fault(document.find(path)[0], path, words)


def _same_addresses(
    sources: Mapping[str, Any], document: Document, folder: Path
) -> Iterator[Fault]:
    first: dict[str, str] = {}
    for name in sources:
        try:
            url = source_url(_pairs(sources, name).get("url"), folder)
        except MisreadError:
            continue
        other = first.setdefault(comparable(address(url, folder)), name)
        if other != name:
            path = ("sources", name)
            yield Fault(
                document.place((*path, "url")), path, f"the same address as sources.{other}"
            )


def _same_posts(
    posts: Sequence[Any], sources: Mapping[str, Any], document: Document
) -> Iterator[Fault]:
    written = {place: x for place, x in enumerate(posts) if _texts(x, "path")}
    names = post_names([(x["path"], _texts(x, "name")) for x in written.values()])
    first = {folded(name): f"sources.{name}" for name in sources}
    paths: dict[str, str] = {}
    for (place, post), name in zip(written.items(), names, strict=True):
        here = f"posts[{place}]"
        other = first.setdefault(folded(name), here)
        if other != here:
            at = document.place(("posts", place, "name" if "name" in post else "path"))
            yield Fault(at, ("posts", place), f"the name {shown(name)} is that of {other} too")
        other = paths.setdefault(os.path.normpath(post["path"]), here)
        if other != here:
            at = document.place(("posts", place, "path"))
            yield Fault(at, ("posts", place), f"the same folder as {other}")


def _read_and_written(
    posts: Sequence[Any], given: Any, document: Document, folder: Path
) -> Iterator[Fault]:
    """What is written as a post would come in as one, and go out again."""
    written = _texts(_pairs(_pairs(given, "output"), "posts"), "dir")
    for place, post in enumerate(posts if written else ()):
        read = _texts(post, "path")
        if read and _overlap(folder, str(written), read):
            path = ("output", "posts", "dir")
            words = f"posts[{place}] reads what is written there; choose another folder"
            yield Fault(document.place(path), path, words)


def _overlap(folder: Path, written: str, read: str) -> bool:
    one, two = (folder / written).resolve(), (folder / read).resolve()
    return one.is_relative_to(two) or two.is_relative_to(one)


def _same_slugs(categories: Mapping[str, Any], document: Document) -> Iterator[Fault]:
    """A slug that is not written comes from the name, so it can clash with one that is."""
    slugs = {name: _texts(_pairs(categories, name), "slug") for name in categories}
    first = {folded(name): name for name, slug in slugs.items() if slug is None}
    for name, slug in slugs.items():
        other = first.setdefault(folded(slug), name) if slug else name
        if other != name:
            path = ("categories", name, "slug")
            yield Fault(document.place(path), path, f"categories.{other} has this slug too")


def _same_aliases(categories: Mapping[str, Any], document: Document) -> Iterator[Fault]:
    first = {folded(name): name for name in categories}
    for name in categories:
        aliases = _pairs(categories, name).get("aliases")
        for place, alias in enumerate(aliases if isinstance(aliases, list) else ()):
            other = first.setdefault(folded(alias), name) if isinstance(alias, str) else name
            if folded(other) != folded(name):
                path = ("categories", name, "aliases", place)
                words = f"{shown(alias)} already stands for categories.{other}"
                yield Fault(document.place(path), path, words)


def _pairs(given: Any, key: str) -> Mapping[str, Any]:
    found = given.get(key) if isinstance(given, dict) else None
    return found if isinstance(found, dict) else {}


def _texts(given: Any, key: str) -> str | None:
    found = given.get(key) if isinstance(given, dict) else None
    return found if isinstance(found, str) and found.strip() else None
