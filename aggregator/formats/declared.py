"""What a page says of its own address: rel=canonical, og:url, mainEntityOfPage in JSON-LD, and the
languages that it is there in. Whether to believe it is another's question: `link_origin`.

Call it where it can be stopped: see `fulltext`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from aggregator.formats import htmltree
from aggregator.model import Declared, Response

_MOST = 20  # of a kind; who says more says nothing
_LARGEST = 200_000  # characters of one script
_STORY = ("Article", "Posting", "Report")  # how the types of schema.org end that are one


def declared(response: Response) -> Declared:
    """ParseError when it is no page."""
    root, _ = htmltree.tree(response)
    links = [(set((x.get("rel") or "").lower().split()), x) for x in root.iter("link")]
    return Declared(
        url=response.url,
        canonical=_few(x.get("href") for rels, x in links if "canonical" in rels),
        og_url=_few(
            x.get("content")
            for x in root.iter("meta")
            if (x.get("property") or x.get("name") or "").lower() == "og:url"
        ),
        main_entity=_few(_entities(root)),
        language=root.get("lang") or root.get("{http://www.w3.org/XML/1998/namespace}lang"),
        languages=tuple(
            (x.get("hreflang"), x.get("href"))
            for rels, x in links
            if "alternate" in rels and x.get("hreflang") and x.get("href")
        )[:200],
        amp=any(name in root.attrib for name in ("amp", "⚡")),
    )


def _few(found: Iterator[Any]) -> tuple[str, ...]:
    given = [x.strip() for x in found if isinstance(x, str) and x.strip()]
    return tuple(dict.fromkeys(given)) if len(given) <= _MOST else ()


def _entities(root: Any) -> Iterator[Any]:
    for script in root.iter("script"):
        if (script.get("type") or "").strip().lower() != "application/ld+json":
            continue
        text = script.text or ""
        try:
            said = json.loads(text) if len(text) <= _LARGEST else None
        except (ValueError, RecursionError):
            continue
        for thing in _things(said):
            main = thing.get("mainEntityOfPage")
            yield main.get("@id") or main.get("url") if isinstance(main, dict) else main


def _things(said: Any) -> Iterator[dict[str, Any]]:
    """The stories: at the top, in a list, or in a graph."""
    given = said if isinstance(said, list) else [said]
    for x in given:
        if not isinstance(x, dict):
            continue
        graph = x.get("@graph")
        for thing in (x, *(graph if isinstance(graph, list) else ())):
            if isinstance(thing, dict) and str(thing.get("@type")).endswith(_STORY):
                yield thing
