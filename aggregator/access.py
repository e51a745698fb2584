"""Who may read a document that is not for everyone: whoever tells its token, in one of the ways
that readers know. And what everyone may read of a story.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl

from aggregator.model import Story


def may_read(scope: Mapping[str, Any], token: str) -> bool:
    """Whether a request tells `token`: as ?token=, as Bearer, or as the password of anybody."""
    told = token.encode()
    return any(hmac.compare_digest(told, word) for word in _words(scope))


def _words(scope: Mapping[str, Any]) -> Iterator[bytes]:
    query = scope.get("query_string", b"").decode("latin-1")
    for name, value in parse_qsl(query):
        if name == "token":
            yield value.encode("utf-8", "surrogateescape")
    for name, value in scope["headers"]:
        if name == b"authorization":
            scheme, _, rest = value.strip().partition(b" ")
            if scheme.lower() == b"bearer":
                yield rest.strip()
            elif scheme.lower() == b"basic":
                yield _password(rest.strip())


def _password(told: bytes) -> bytes:
    try:
        return base64.b64decode(told, validate=True).partition(b":")[2]
    except binascii.Error:
        return b""


def owner(path: str, outputs: Mapping[str, str]) -> str | None:
    """Whose document is at a path below the folder: of `outputs`, names by slug."""
    name = path.rpartition("/")[2]
    for slug in sorted(outputs, key=len, reverse=True):
        if re.fullmatch(rf"{re.escape(slug)}(-[0-9]{{4}}-[0-9]{{2}}(-[0-9]+)?)?\.[a-z]+", name):
            return outputs[slug]
    return None


def without(story: Story, private: Collection[str]) -> Story | None:
    """`story` without its copies that stand in these outputs only, and without a word of them."""
    copies = tuple(
        replace(copy, outputs=tuple(x for x in copy.outputs if x not in private))
        for copy in story.sightings
        if not copy.outputs or not set(copy.outputs) <= set(private)
    )
    return replace(story, sightings=copies) if copies else None
