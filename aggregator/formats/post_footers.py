"""The navigation that a site's scripts write below a story, and the blank lines around it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from aggregator.formats.post_hosts import Site, host_of

_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:", re.IGNORECASE)
_NOTHING = re.compile(r"(?:<\s*>)?")  # blank, or the autolink of a script that had no link
# The navigation that the site's scripts write below a story: [返回…](../emnews/)｜[返回首页](../)
# They write a paper's name into the address as it is, with its spaces and brackets.
_LINK = re.compile(
    r"""\[(?P<text>[^\[\]]*)\]\([ ]?<?(?P<href>(?:[^()<>"\n]|\([^()\n]*\))*?)>?"""
    r"""(?:[ ]"[^"]*")?[ ]?\)"""
    r"""|<a\s[^<>]*?href=["']?(?P<a>[^"'\s<>]++)[^<>]*+>(?P<a_text>[^<>]*)</a>"""
    r"""|<(?P<auto>https?://[^<>\s]+)>""",
    re.IGNORECASE,
)
_BACK = re.compile(r"\s*(?:返回|Back to\b)", re.IGNORECASE)
_ATTRIBUTES = r"\{:[^{}\n]*\}"  # kramdown's, of the paragraph or the link before it
_BETWEEN = re.compile(
    r"返回\w*|\bBack to\b|&nbsp;"
    r"|</?(?:p|br|hr|div|nav|footer|small|center|span|font|b|strong|em|i)\b[^<>]*>"
    rf"|{_ATTRIBUTES}|[\s|｜·•/»«›‹←→–—:：【】（）()\[\]「」〔〕*_-]",
    re.IGNORECASE,
)
_LISTED = re.compile(r"\s*(?:[-*+]|\d+[.)])\s")
_LONGEST_FOOTER = 1_000
_TALLEST_FOOTER = 5  # lines, of one that opens and closes its box on lines of their own
_RULER = re.compile(r"\s*(?:<hr\b[^<>]*>|(?:-\s*){3,}|(?:\*\s*){3,}|(?:_\s*){3,})")
_OPENING = re.compile(rf"\s*(?:<(?:p|div|nav|footer|small|center)\b[^<>]*>|{_ATTRIBUTES})\s*")
# [home]: ../ below, and [返回首页][home] where it is used.
_DEFINITION = re.compile(r"^ {0,3}\[(?!\^)([^\[\]\n]+)\]:[ \t]*<?([^\s<>]+)>?[^\n]*$", re.MULTILINE)
_REFERENCE = re.compile(r"\[([^\[\]]*)\](?:\[([^\[\]]*)\])?(?![\[(:])")


def trimmed(text: str, site: Site, *, cut: bool = False) -> str:
    """Without blank lines around it and navigation at its end; nor what would be left standing
    there when something was `cut`: a ruler, an open box, a definition that nothing uses."""
    lines = text.split("\n")
    definitions = {x[1].lower(): x[2] for x in _DEFINITION.finditer(text)} if "]:" in text else {}
    held: list[re.Match[str]] = []
    while lines:
        size = 1
        if _NOTHING.fullmatch(lines[-1].strip()) or (cut and _stands_alone(lines)):
            pass
        elif definitions and (definition := _DEFINITION.match(lines[-1])):
            held.append(definition)
        elif size := _footer(lines, site, definitions):
            cut = True
        else:
            break
        del lines[-size:]
    rest = "\n".join(lines).strip("\n")
    if held and not cut:
        return text.strip("\n")
    used = [x[0] for x in reversed(held) if f"[{x[1].lower()}]" in rest.lower()]
    return "\n".join([rest, "", *used]) if used else rest


def _stands_alone(lines: Sequence[str]) -> bool:
    """Whether the last line is a ruler or opens a box: --- right below a text is no ruler, and
    attributes there are that text's."""
    last, above = lines[-1], lines[-2].strip() if len(lines) > 1 else ""
    alone = not above or last.lstrip().startswith("<")
    return alone and bool(_RULER.fullmatch(last.rstrip()) or _OPENING.fullmatch(last))


def _footer(lines: Sequence[str], site: Site, definitions: Mapping[str, str]) -> int:
    """How many of the last lines are navigation together; 0 when they are text."""
    for size in range(1, min(_TALLEST_FOOTER, len(lines)) + 1):
        block = lines[-size:]
        if block[0].strip() and not any(map(_LISTED.match, block)):
            line = " ".join(block)
            if len(line) > _LONGEST_FOOTER:
                return 0
            if _navigation(_written_out(line, definitions), site):
                return size
    return 0


def _written_out(line: str, definitions: Mapping[str, str]) -> str:
    def inline(reference: re.Match[str]) -> str:
        href = definitions.get((reference[2] or reference[1]).lower())
        return f"[{reference[1]}]({href})" if href else reference[0]

    return _REFERENCE.sub(inline, line) if definitions else line


def _navigation(line: str, site: Site) -> bool:
    """Links that stay on the site, and nothing between them; a list of links is text."""
    links = list(_LINK.finditer(line))
    return (
        bool(links)
        and all(_stays(link, site) for link in links)
        and not _BETWEEN.sub("", _LINK.sub("", line))
    )


def _stays(link: re.Match[str], site: Site) -> bool:
    href = link["href"] or link["a"] or link["auto"] or ""
    back = bool(_BACK.match(link["text"] or link["a_text"] or ""))
    if host := host_of(href):  # without the site's hosts, its words must do
        return host in site.hosts or (back and not site.named)
    if href.startswith("#"):
        return back
    return bool(href) and not _SCHEME.match(href)
