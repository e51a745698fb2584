"""Where a page's own references lead: relative, so that the folder works wherever it stands."""

from __future__ import annotations

from itertools import takewhile
from urllib.parse import urlsplit


def relative(target: str, at: str) -> str:
    """`target` as the page at `at` refers to it; as it is, where it stands on another site."""
    there, here = urlsplit(target), urlsplit(at)
    if (there.scheme, there.netloc) != (here.scheme, here.netloc):
        return target
    to, of = (there.path or "/").split("/")[1:], (here.path or "/").split("/")[1:-1]
    shared = sum(
        1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(to[:-1], of, strict=False))
    )
    path = "../" * (len(of) - shared) + "/".join(to[shared:])
    if not path or ":" in path.partition("/")[0]:
        path = f"./{path}"
    tail = (
        target[target.find("?") :]
        if there.query
        else f"#{there.fragment}"
        if there.fragment
        else ""
    )
    return path + tail
