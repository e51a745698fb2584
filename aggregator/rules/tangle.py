"""Markup that would take any HTML parser the square of its length, or memory without end: what is
open is looked through at each tag, and opened anew in each paragraph (HTML, "the list of active
formatting elements"). Found before it is parsed, in one pass.
"""

from __future__ import annotations

import re

_FEW = 250  # tags that cannot do harm: all of them may be open at once
_MOST_TAGS = 100_000
_MOST_ATTRIBUTES = 1_000  # of one tag
_MOST_REFERENCES = 50_000
_DEEPEST = 256  # a browser stops at 512
_MOST_REOPENED = 300_000

_NOT_SHOWN = re.compile(
    r"<!--.*?(?:-->|\Z)|<[!?][^>]*>?|<(script|style)\b.*?(?:</\1\b[^>]*>?|\Z)",
    re.DOTALL | re.IGNORECASE,
)
_TAG = re.compile(
    r"""<(?P<end>/?)(?P<name>[a-z][^\s/>]*)
    (?P<attributes>(?:[^>=]|=\s*"[^"]*"|=\s*'[^']*'|=)*+)>?""",
    re.IGNORECASE | re.VERBOSE,
)
_VOID = frozenset("area base br col embed hr img input link meta source track wbr".split())  # noqa: SIM905
_FORMATTING = frozenset("a b big code em font i nobr s small strike strong tt u".split())  # noqa: SIM905
# Their ends need not be written: one of them ends the others of its kind before it.
_LISTED = (
    frozenset({"li", "p"}),
    frozenset({"dd", "dt", "p"}),
    frozenset({"caption", "colgroup", "tbody", "td", "tfoot", "th", "thead", "tr", "p"}),
)
_KIN = {name: kin for kin in _LISTED for name in kin if name != "p"}
# Within these nothing ends what is open around them, but the parts of a table.
_WALLS = frozenset("button caption math object select svg table td template th".split())  # noqa: SIM905


def tamed(markup: str) -> str | None:
    """`markup`, without what is never shown where there is much of it; None for what nobody should
    parse."""
    if markup.count("&") > _MOST_REFERENCES:
        return None
    if markup.count("<") <= _FEW and markup.count("=") <= _MOST_ATTRIBUTES:
        return markup
    markup = _NOT_SHOWN.sub(" ", markup)
    return None if markup.count("<") > _MOST_TAGS or _tangled(markup) else markup


def _tangled(markup: str) -> bool:
    blocks: list[str] = []
    formatting: list[str] = []
    reopened = 0
    for tag in _TAG.finditer(markup):
        name = tag["name"].lower()
        if tag["attributes"].count("=") > _MOST_ATTRIBUTES or len(tag["attributes"].split()) > 9999:
            return True
        if name in _VOID:
            continue
        if name in _FORMATTING:
            _format(formatting, name, ends=bool(tag["end"]))
        else:
            reopened += len(formatting)
            (_close if tag["end"] else _open)(blocks, name)
        if len(blocks) + len(formatting) > _DEEPEST or reopened > _MOST_REOPENED:
            return True
    return False


def _format(formatting: list[str], name: str, *, ends: bool) -> None:
    """Formatting lasts until its own end, whatever ends before that."""
    if not ends:
        formatting.append(name)
    elif name in formatting:
        formatting.reverse()
        formatting.remove(name)
        formatting.reverse()


def _open(blocks: list[str], name: str) -> None:
    kin = _KIN.get(name, frozenset({"p"}))
    at = len(blocks)
    while at and blocks[at - 1] in kin:
        at -= 1
    same = next((n for n in range(at, len(blocks)) if blocks[n] == name), None)
    if same is not None:
        del blocks[same:]
    elif blocks and blocks[-1] == "p":
        del blocks[-1]
    blocks.append(name)


def _close(blocks: list[str], name: str) -> None:
    in_table = name == "table" or "td" in _KIN.get(name, ())
    for at in range(len(blocks) - 1, -1, -1):
        if blocks[at] == name:
            del blocks[at:]
            return
        if blocks[at] in _WALLS and not in_table:
            return
