"""The Liquid in a post, before it is run: which of it can be run, and what stands there as text.

What is text has a control character in place of its braces until all is done: posts have none.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from html import escape
from itertools import accumulate

_BRACE = "\x01"
_OPENING = re.compile(r"\{[{%]")
_TAG = re.compile(r"\{%-?\s*(\w+)")
_ROOT = re.compile(r"""\{\{-?\s*(?:(["'])|([\w-]+))""")
_NAMED = re.compile(r"\{%-?\s*(?:assign|capture|for|tablerow|increment|decrement)\s+([\w-]+)")
_CLOSED = {
    name: re.compile(rf"\{{%-?\s*end{name}\s*-?%\}}") for name in ("raw", "comment", "highlight")
}
_SHORTCODE = re.compile(r"\{\{([<%])\s*(/\*)?\s*(/?)\s*([\w./-]*)(.*)", re.DOTALL)
_SET = re.compile(r"""([\w-]+)\s*=\s*(?:"([^"]*)"|'([^']*)'|`([^`]*)`|(\S+))""")

_SINGLE = {
    *("assign", "cycle", "increment", "decrement", "break", "continue", "gist"),
    *("include", "include_cached", "include_relative", "link", "post_url"),
}
_BLOCKS = {"if", "unless", "case", "for", "tablerow", "capture", "ifchanged", "highlight"}
_INNER = {
    "else": {"if", "unless", "case", "for"},
    "elsif": {"if", "unless"},
    "when": {"case"},
}
_ALWAYS = {"site", "page", "include", "layout", "paginator", "jekyll", "content"}
_MOST = 2_000
NOWHERE = "about:invalid"  # a link to it is published as its text

Problem = tuple[int, str]  # a line of the text, from 1


@dataclass(kw_only=True)
class Prepared:
    """A text whose every `{{` and `{%` can be run."""

    text: str
    places: list[tuple[int, int]]  # of these: here, and in the text as it was
    problems: list[Problem]
    source: str

    def place(self, index: int) -> int | None:
        """Where in the text as it was the Liquid around `index` begins."""
        found = bisect_right(self.places, index, key=lambda place: place[0])
        return self.places[found - 1][1] if found else None

    def line(self, index: int) -> int:
        return self.source.count("\n", 0, self.place(index) or 0) + 1


def has_marks(text: str) -> bool:
    return "{{" in text or "{%" in text


def restored(text: str) -> str:
    """With the braces of what was text all the time."""
    return text.replace(_BRACE, "{")


def as_text(text: str) -> str:
    return text.replace("{", _BRACE)


def prepared(
    text: str,
    *,
    code: Callable[[int], bool] | None = None,
    refused: Collection[int] = (),
) -> Prepared:
    """`refused` are places of Liquid that is text, because it cannot be read.

    With `code`, which says what is code, that is text; so is what is neither Jekyll's nor named in
    the text itself, and Hugo's shortcodes are taken out: for folders without a site's config.
    """
    scan = _Scan(text, code, refused)
    scan.run()
    starts = [0, *accumulate(map(len, scan.pieces))]
    return Prepared(
        text="".join(scan.pieces),
        places=sorted((starts[number], place) for place, number in scan.live.items()),
        problems=sorted(scan.problems),
        source=text,
    )


def code_block(language: str, text: str) -> str:
    """As HTML that Markdown takes as it is: it ends at </pre>, whatever blank lines there are."""
    kind = f' class="language-{escape(language)}"' if language else ""
    return f"\n<pre><code{kind}>{as_text(escape(text.strip(chr(10)), quote=False))}</code></pre>\n"


@dataclass
class _Open:
    """A block that is not closed yet, and its `else`s."""

    name: str
    places: list[int]


class _Scan:
    def __init__(
        self, text: str, code: Callable[[int], bool] | None, refused: Collection[int]
    ) -> None:
        self.text = text
        self.code = code
        self.refused = refused
        self.pieces: list[str] = []
        self.problems: list[Problem] = []
        self.live: dict[int, int] = {}  # place in the text → number of its piece
        self.open: list[_Open] = []
        self.done = 0  # up to where the text is in `pieces`
        self.names = _ALWAYS | set(_NAMED.findall(text)) if code else set()
        self.last = {end: text.rfind(end) for end in ("}}", "%}", ">}}", "%}}")}
        self.missing: set[str] = set()  # blocks that are not closed from here on

    def run(self) -> None:
        for number, place in enumerate(self._openings()):
            if number == _MOST:
                self._tell(place, "too much Liquid; the rest is text")
            if number >= _MOST or place in self.refused:
                self._keep(place)
            elif self.code and self.code(place):
                self._in_code(place)
            elif self.text.startswith("{%", place):
                self._tag(place)
            else:
                self._output(place)
        while self.open:
            self._unclosed(self.open.pop())
        self._take(len(self.text))

    def _openings(self) -> Iterator[int]:
        while (match := _OPENING.search(self.text, self.done)) and match.start() >= self.done:
            yield match.start()

    # ── what becomes of a place ──────────────────────────────────────────────

    def _take(self, end: int) -> None:
        if end > self.done:
            self.pieces.append(self.text[self.done : end])
            self.done = end

    def _keep(self, place: int) -> None:
        """It is text: its braces are put aside."""
        self._take(place)
        self._put(as_text(self.text[place : place + 2]), place + 2)

    def _put(self, instead: str, end: int) -> None:
        self.pieces.append(instead)
        self.done = end

    def _live(self, place: int, end: int) -> None:
        self._take(place)
        self.live[place] = len(self.pieces)
        self._take(end)

    def _tell(self, place: int, what: str) -> None:
        self.problems.append((self.text.count("\n", 0, place) + 1, what))

    def _end(self, place: int, closing: str) -> int | None:
        """Behind the closing of what opens at `place`; None when there is none."""
        if place + 2 > self.last[closing]:
            return None
        return self.text.index(closing, place + 2) + len(closing)

    # ── tags ─────────────────────────────────────────────────────────────────

    def _tag(self, place: int) -> None:
        end, match = self._end(place, "%}"), _TAG.match(self.text, place)
        if end is None or not match:
            self._tell(place, "a tag of Liquid that does not end; it is text")
            self._keep(place)
            return
        name = match[1]
        if name in _CLOSED:
            self._whole(name, place, end)
        elif name in _SINGLE:
            self._live(place, end)
        elif name in _BLOCKS:
            self.open.append(_Open(name, [place]))
            self._live(place, end)
        elif name in _INNER or name.removeprefix("end") in _BLOCKS:
            self._inside(name, place, end)
        elif name in {"endraw", "endcomment"}:
            self._take(place)
            self._put("", end)
        else:
            self._tell(place, f"{{% {name} %}}: not known; its text is kept")
            self._keep(place)

    def _whole(self, name: str, place: int, end: int) -> None:
        """A block whose inside is no Liquid, or is none where it is code."""
        closing = None if name in self.missing else _CLOSED[name].search(self.text, end)
        if closing is None:
            self.missing.add(name)
            self._tell(place, f"{{% {name} %}} is not closed; left out")
            self._take(place)
            self._put("", end)
            return
        inside = self.text[end : closing.start()]
        if name == "highlight" and self.code is None:
            self.open.append(_Open(name, [place]))
            self._live(place, end)
            return
        self._take(place)
        if name == "raw":
            self._put(as_text(inside), closing.end())
        elif name == "comment":
            self._put("", closing.end())
        else:
            words = self.text[place:end].strip("{%-} \n").split()
            self._put(code_block(words[1] if len(words) > 1 else "", inside), closing.end())

    def _inside(self, name: str, place: int, end: int) -> None:
        """What belongs to an open block, or closes one."""
        wanted = _INNER.get(name) or {name.removeprefix("end")}
        if not any(block.name in wanted for block in self.open):
            self._tell(place, f"{{% {name} %}}: nothing is open there; left out")
            self._take(place)
            self._put("", end)
            return
        while self.open[-1].name not in wanted:
            self._unclosed(self.open.pop())
        self._live(place, end)
        if name in _INNER:
            self.open[-1].places.append(place)
        else:
            self.open.pop()

    def _unclosed(self, block: _Open) -> None:
        self._tell(block.places[0], f"{{% {block.name} %}} is not closed; its text is kept")
        for place in block.places:
            number = self.live.pop(place)
            self.pieces[number] = as_text(self.pieces[number])

    # ── outputs ──────────────────────────────────────────────────────────────

    def _output(self, place: int) -> None:
        if self.code and self.text[place + 2 : place + 3] in {"<", "%"}:
            self._shortcode(place)
            return
        end, root = self._end(place, "}}"), _ROOT.match(self.text, place)
        if self.code and (end is None or not root or not (root[1] or root[2] in self.names)):
            self._keep(place)  # whoever writes about templates has such in the text
        elif end is None:
            self._tell(place, "a {{ that does not end; it is text")
            self._keep(place)
        else:
            self._live(place, end)

    def _in_code(self, place: int) -> None:
        match = _TAG.match(self.text, place)
        end = self._end(place, "%}") if match and match[1] in {"raw", "endraw"} else None
        if end is None:
            self._keep(place)
        else:
            self._take(place)
            self._put("", end)

    # ── Hugo ─────────────────────────────────────────────────────────────────

    def _shortcode(self, place: int) -> None:
        closing = ">}}" if self.text[place + 2] == "<" else "%}}"
        end = self._end(place, closing)
        match = _SHORTCODE.match(self.text[place : end - 3]) if end else None
        if end is None or not match:
            self._keep(place)
            return
        kind, shown, closes, name, rest = match.groups()
        self._take(place)
        if shown:  # {{</* figure */>}} is how one writes about them
            inside = rest.replace("*/", "").rstrip()
            self._put(as_text(f"{{{{{kind} {name}{inside} {closing}"), end)
        elif name == "highlight" and not closes:
            self._highlighted(rest, end)
        else:
            self._put(as_text(self._replaced(place, name, rest, closes)), end)

    def _highlighted(self, rest: str, end: int) -> None:
        closing = re.compile(r"\{\{[<%]\s*/\s*highlight\s*[>%]\}\}").search(self.text, end)
        stop = closing.start() if closing else len(self.text)
        language = (rest.split() or [""])[0].strip("\"'")
        self._put(code_block(language, self.text[end:stop]), closing.end() if closing else stop)

    def _replaced(self, place: int, name: str, rest: str, closes: str) -> str:
        fields = {key: "".join(value) for key, *value in _SET.findall(rest)}
        if name == "figure" and "src" in fields:
            alt = fields.get("alt") or fields.get("caption") or fields.get("title") or ""
            return f'<img src="{escape(fields["src"])}" alt="{escape(alt)}">'
        if name in {"ref", "relref"}:
            return NOWHERE
        if not closes:
            self._tell(place, f"shortcode {name}: Hugo's, and not run; left out")
        return ""
