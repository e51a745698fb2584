"""The references of XML that is none: a bare `&`, and HTML's names, which XML does not know."""

from __future__ import annotations

import re
from html.entities import name2codepoint

_REFERENCE = re.compile(
    r"<!\[CDATA\[.*?(?:\]\]>|\Z) | <!--.*?(?:-->|\Z)"
    r"| &(?: (?P<name>[A-Za-z][A-Za-z0-9]*); | \#[0-9]+; | \#[xX][0-9a-fA-F]+; )?",
    re.DOTALL | re.VERBOSE,
)
_OF_XML = {"amp", "lt", "gt", "quot", "apos"}
_DECLARED = re.compile(r"<!ENTITY\s+(\w+)")


def mended(text: str) -> tuple[str, tuple[str, ...]]:
    """`text` with those that were meant, and what was wrong.

    Behind a DOCTYPE feedparser would leave out every name, for its DTD may explain them; without
    one it reads `AT&T` as `AT&T;`. What a document declares by itself is left alone.
    """
    if "&" not in text:
        return text, ()
    known = _OF_XML.union(_DECLARED.findall(text))
    bare = named = 0

    def meant(found: re.Match[str]) -> str:
        nonlocal bare, named
        name = found["name"]
        if found[0] == "&":
            bare += 1
            return "&amp;"
        if not name or name in known or name not in name2codepoint:
            return found[0]
        named += 1
        return chr(name2codepoint[name])

    text = _REFERENCE.sub(meant, text)
    problems = []
    if bare:
        problems.append(f"not well-formed: & stands {_times(bare)} where &amp; should")
    if named:
        problems.append(f"not well-formed: names of HTML stand {_times(named)} where XML has none")
    return text, tuple(problems)


def _times(count: int) -> str:
    return {1: "once", 2: "twice"}.get(count, f"{count} times")
