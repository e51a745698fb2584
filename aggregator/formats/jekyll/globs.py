"""Ruby's two ways to match a path: `File.fnmatch?` as Jekyll calls it, and `Dir.glob`."""

from __future__ import annotations

import re
from functools import lru_cache

_TOKEN = re.compile(r"\*\*/|\*+|\?|\[([!^]?)((?:\\.|[^\]\\])+)\]|\\(.)|(.)", re.DOTALL)
_BRACES = re.compile(r"\{([^{}]*)\}")
_MOST_BRACES = 8
_NEVER = re.compile(r"(?!)")


@lru_cache(maxsize=1024)
def loose(pattern: str) -> re.Pattern[str]:
    """`File.fnmatch?` without flags: a star matches slashes too, and braces are letters."""
    return _compiled(_translated(pattern, ".", deep=".*/"))


@lru_cache(maxsize=1024)
def strict(pattern: str) -> re.Pattern[str]:
    """`Dir.glob`: a star stays within its folder, `**/` goes down, and neither sees `.hidden`."""
    texts = (_translated(one, "[^/]", deep=r"(?:(?!\.)[^/]+/)*") for one in _expanded(pattern))
    return _compiled("|".join(texts))


def _compiled(text: str) -> re.Pattern[str]:
    try:
        return re.compile(text, re.DOTALL)
    except re.error:  # [z-a]: Ruby matches nothing with it
        return _NEVER


def _translated(pattern: str, one: str, *, deep: str) -> str:
    text = ""
    for token in _TOKEN.finditer(pattern):
        negated, letters, escaped, plain = token.groups()
        first = token.start() == 0 or pattern[token.start() - 1] == "/"
        visible = r"(?!\.)" if first and one != "." else ""
        if token[0] == "**/" and first:
            text += deep
        elif token[0].startswith("*"):
            text += f"{visible}{one}*" + token[0].lstrip("*")
        elif token[0] == "?":
            text += visible + one
        elif letters:
            brackets = letters.replace("[", r"\[")
            text += f"{visible}[{'^' if negated else ''}{brackets}]"
        else:
            text += re.escape(escaped or plain)
    return text


def _expanded(pattern: str) -> list[str]:
    """`a.{md,html}` is `a.md` and `a.html`."""
    match = _BRACES.search(pattern) if pattern.count("{") <= _MOST_BRACES else None
    if not match:
        return [pattern]
    before, after = pattern[: match.start()], pattern[match.end() :]
    return [one for x in match[1].split(",") for one in _expanded(before + x + after)]
