"""The HTML of an entry as it stands in a page: the one door through which markup gets in.

It comes safe from `rules.clean`; here it is made to fit a page that is valid, reads well aloud and
asks no other host: headings below the entry's own, no second `main`, no lists of what are no
items, and links in the place of pictures and recordings.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from html import escape
from typing import Any, Literal

from lxml import html
from markupsafe import Markup

from aggregator.pages import formulas, tables
from aggregator.pages.attributes import dated, written

Element = Any  # lxml's
Images = Literal["link", "show"]

_DEEPEST = 100  # what is deeper is text
_TITLE = 2  # the level of an entry's own heading
_LEVELS = {f"h{n}": n for n in range(1, 7)}
_RENAMED = {
    **dict.fromkeys(
        ("address", "article", "aside", "center", "footer", "header", "main", "nav", "section"),
        "div",
    ),
    "acronym": "abbr",
    "big": "span",
    "dir": "ul",
    "font": "span",
    "strike": "s",
    "tt": "code",
}
_PHRASES = set(
    """a abbr b bdi bdo br cite code del dfn em i ins kbd mark q rp rt ruby s samp small span
    strong sub sup time u var wbr math""".split()  # noqa: SIM905
)
_BLOCKS = set(
    """blockquote caption dd details div dl dt figcaption figure h1 h2 h3 h4 h5 h6 hr li ol p pre
    summary table tbody td tfoot th thead tr ul""".split()  # noqa: SIM905
)
_TRANSPARENT = {"a", "del", "ins"}  # they hold what their parent may hold
_MEDIA = {"img": "picture", "audio": "sound", "video": "film"}
_SIDES = {"right": "end", "center": "middle"}


def shown(markup: str | None, *, words: Mapping[str, str], images: Images) -> Markup:
    """`markup`, which is safe, as a part of a page."""
    if not markup or not markup.strip():
        return Markup()
    root = html.fragment_fromstring(markup, create_parent="div")
    writer = _Writer(root, words, images)
    writer.inside(root, flow=True, depth=0)
    return Markup("".join(writer.out).strip())


class _Writer:
    """Writes a tree anew, each element where HTML allows it."""

    def __init__(self, root: Element, words: Mapping[str, str], images: Images) -> None:
        self.out: list[str] = []
        self._words = words
        self._images = images
        self._levels: list[int] = []  # of the headings that stand above, as they were
        self._tall = _with_blocks(root)
        self._spanned: set[Element] = set()  # tables whose cells may span others

    def inside(self, element: Element, *, flow: bool, depth: int) -> None:
        """What is in it. `flow`: blocks may stand there."""
        self._text(element.text)
        for child in element:
            if isinstance(child.tag, str):
                self._write(child, flow=flow, depth=depth + 1)
            self._text(child.tail)

    def _text(self, text: str | None) -> None:
        if text:
            self.out.append(escape(text, quote=False))

    def _write(self, element: Element, *, flow: bool, depth: int) -> None:
        name = _name(element)
        if depth > _DEEPEST:
            self._text(element.text_content())
        elif name in _MEDIA:
            self._medium(element, name)
        elif name == "area":
            self._link(element, element.get("alt") or element.get("href") or "")
        elif name == "math":
            self.out.append(formulas.written(element))
        elif name in ("br", "wbr"):
            self.out.append(f"<{name}>")
        elif name in ("svg", "source", "track", "col", "colgroup", "rtc"):
            pass  # drawings, and what belongs to a recording or to the look of a table
        elif name in _BLOCKS:
            self._block(element, name, flow=flow, depth=depth)
        elif name in _PHRASES:
            self._phrase(element, name, flow=flow, depth=depth)
        else:
            self.inside(element, flow=flow, depth=depth)

    # ── blocks ───────────────────────────────────────────────────────────────

    def _block(self, element: Element, name: str, *, flow: bool, depth: int) -> None:
        if not flow:
            self._broken_line(element, depth=depth)
        elif name == "hr":
            self.out.append("<hr>")
        elif name in _LEVELS:
            self._heading(element, depth=depth)
        elif name in ("ul", "ol"):
            self._list(element, name, depth=depth)
        elif name == "dl":
            self._terms(element, depth=depth)
        elif name == "table":
            self._table(element, depth=depth)
        elif name == "details" and not _linked(element):
            self._details(element, depth=depth)
        elif name == "figure":
            self._whole("figure", element, depth=depth)
        elif (name == "figcaption" and _at_an_end(element)) or name == "blockquote":
            self._whole(name, element, depth=depth)
        elif name in ("p", "pre") and (_says(element) or len(element)):
            self._whole(name, element, depth=depth, flow=False)
        elif name not in ("p", "pre"):
            self._whole("div", element, depth=depth)

    def _whole(
        self, name: str, element: Element, *, depth: int, flow: bool = True, more: str = ""
    ) -> None:
        newline = "\n" if name == "pre" else ""  # the parser takes the first one away
        self.out.append(f"<{name}{written(element, name)}{more}>{newline}")
        self.inside(element, flow=flow, depth=depth)
        self.out.append(f"</{name}>")

    def _broken_line(self, element: Element, *, depth: int) -> None:
        """A block where none may be: its text, on a line of its own."""
        if self.out and not self.out[-1].endswith((">", "\n")) and self.out[-1].strip():
            self.out.append("<br>")
        self.inside(element, flow=False, depth=depth)

    def _heading(self, element: Element, *, depth: int) -> None:
        """Below the title of its entry, and no level left out."""
        if not _says(element):
            self._whole("div", element, depth=depth)
            return
        own = _LEVELS[element.tag]
        while self._levels and self._levels[-1] >= own:
            self._levels.pop()
        self._levels.append(own)
        name = f"h{min(_TITLE + len(self._levels), 6)}"
        if any(_name(x) in ("dt", "th", "summary", "caption") for x in element.iterancestors()):
            name = "div"
        self._whole(name, element, depth=depth, flow=name == "div")

    def _list(self, element: Element, name: str, *, depth: int) -> None:
        items = [x for x in element if isinstance(x.tag, str)]
        if not items and not _says(element):
            return
        self.out.append(f"<{name}{written(element, name)}>")
        for text, child in _parts(element):
            if child is not None and _name(child) == "li":
                self._whole("li", child, depth=depth)
            elif child is not None:
                self.out.append("<li>")
                self._write(child, flow=True, depth=depth + 1)
                self.out.append("</li>")
            elif text.strip():
                self.out.append(f"<li>{escape(text.strip(), quote=False)}</li>")
        self.out.append(f"</{name}>")

    def _terms(self, element: Element, *, depth: int) -> None:
        """A list of terms where it is one: a term, what it means, and nothing else."""
        names = "".join(
            "t" if _name(x) == "dt" else "d" if _name(x) == "dd" else "x" for x in element
        )
        stray = any(text.strip() for text, child in _parts(element) if child is None)
        if stray or not re.fullmatch("(?:t+d+)+", names):
            self._whole("div", element, depth=depth)
            return
        self.out.append(f"<dl{written(element, 'dl')}>")
        for child in element:
            self._whole(_name(child), child, depth=depth)
        self.out.append("</dl>")

    def _details(self, element: Element, *, depth: int) -> None:
        first = next(iter(element), None)
        named = first is not None and first.tag == "summary" and _says(first)
        self.out.append("<details>")
        if named:
            self._whole("summary", first, depth=depth, flow=False)
        else:
            self.out.append(f"<summary>{escape(self._words['more'])}</summary>")
        self._text(element.text)
        for child in element:
            if isinstance(child.tag, str) and not (named and child is first):
                self._write(child, flow=True, depth=depth + 1)
            self._text(child.tail)
        self.out.append("</details>")

    # ── tables ───────────────────────────────────────────────────────────────

    def _table(self, element: Element, *, depth: int) -> None:
        """In a frame of its own, which scrolls where the page must not."""
        rows = [x for x in element.iter("tr") if tables.of_table(x, element)]
        cells = [c for row in rows for c in row if c.tag in ("td", "th")]
        if len(cells) <= 1 or any(x.tag == "table" for c in cells for x in c.iterdescendants()):
            self._laid_out(element, depth=depth)  # it only says where things stand
            return
        if tables.sound_spans(rows):
            self._spanned.add(element)
        framed = not _linked(element)  # who can press a link cannot press a frame in it
        label = escape(self._words["table"])
        frame = f'<div class="wide" role="group" tabindex="0" aria-label="{label}">'
        self.out.append(f"{frame if framed else ''}<table>")
        caption = element.find("caption")
        if caption is not None and _says(caption):
            self._whole("caption", caption, depth=depth)
        for name, group in tables.row_groups(element):
            self.out.append(f"<{name}>")
            for row in group:
                self._row(row, element, depth=depth)
            self.out.append(f"</{name}>")
        self.out.append(f"</table>{'</div>' if framed else ''}")

    def _row(self, row: Element, table: Element, *, depth: int) -> None:
        self.out.append("<tr>")
        for cell in row:
            if cell.tag in ("td", "th"):
                name = str(cell.tag) if _says(cell) else "td"  # an empty heading heads nothing
                spans = table in self._spanned
                side = _SIDES.get((cell.get("align") or "").lower())
                more = f' class="{side}"' if side else ""
                self.out.append(f"<{name}{written(cell, name, spans=spans)}{more}>")
                self.inside(cell, flow=True, depth=depth + 1)
                self.out.append(f"</{name}>")
        self.out.append("</tr>")

    def _laid_out(self, element: Element, *, depth: int) -> None:
        for part in element.iter("caption", "td", "th"):
            if tables.of_table(part, element):
                self._whole("div", part, depth=depth)

    # ── phrases ──────────────────────────────────────────────────────────────

    def _phrase(self, element: Element, name: str, *, flow: bool, depth: int) -> None:
        tall = element in self._tall
        if name == "a" and not self._leads(element):
            self.inside(element, flow=flow, depth=depth)
        elif name in _TRANSPARENT:
            self._whole(name, element, depth=depth, flow=flow)
        elif tall and flow:
            self._whole("div", element, depth=depth)
        elif not self._stands(element, name):
            self.inside(element, flow=False, depth=depth)
        else:
            self._whole(name, element, depth=depth, flow=False)

    def _leads(self, element: Element) -> bool:
        """A link that nobody can see or hear is none."""
        named = _says(element) or element.get("title")
        media = any(x.get("src") or x.tag != "img" for x in element.iter(*_MEDIA))
        return bool(element.get("href") and (named or media))

    def _stands(self, element: Element, name: str) -> bool:
        if name == "span":
            return bool(element.get("lang") or element.get("dir") or element.get("title"))
        if name == "time":
            return dated(element.get("datetime") or "")
        if name == "bdo":
            return element.get("dir") in ("ltr", "rtl")
        if name == "ruby":
            return _read_aloud(element)
        if name in ("rt", "rp"):
            above = element.getparent()
            return bool(above.tag == "ruby" and _read_aloud(above))
        if name == "dfn":
            return next(element.iterancestors("dfn"), None) is None
        return True

    def _medium(self, element: Element, name: str) -> None:
        source = element.get("src") or next(
            (x.get("src") for x in element.iter("source") if x.get("src")), None
        )
        alt = " ".join((element.get("alt") or element.get("title") or "").split())
        if not source:
            self._text(alt)
        elif name == "img" and self._images == "show":
            self._picture(element, source, alt)
        else:
            label = self._words[_MEDIA[name]]
            self._link(element, f"{label}{self._words['colon']}{alt}" if alt else label, source)

    def _picture(self, element: Element, source: str, alt: str) -> None:
        size = "".join(
            f' {x}="{int(given)}"'
            for x in ("width", "height")
            if (given := element.get(x) or "").isdecimal() and 0 < len(given) < 6
        )
        self.out.append(
            f'<img src="{escape(source)}" alt="{escape(alt)}"{size}'
            ' loading="lazy" decoding="async" referrerpolicy="no-referrer">'
        )

    def _link(self, element: Element, text: str, href: str | None = None) -> None:
        """A link to what is not shown; where it stands in a link already, its words alone."""
        href = href or element.get("href")
        words = f'<span class="medium">{escape(text, quote=False)}</span>'
        self.out.append(
            words if _linked(element) or not href else f'<a href="{escape(href)}">{words}</a>'
        )


# ── what the tree is like ────────────────────────────────────────────────────


def _name(element: Element) -> str:
    return _RENAMED.get(element.tag) or str(element.tag)


def _read_aloud(ruby: Element) -> bool:
    """Whether there is something, how it is read, and both of its brackets or none."""
    names = "".join({"rt": "t", "rp": "p"}.get(_name(x), "x") for x in ruby)
    base = bool((ruby.text or "").strip()) or names.startswith("x")
    return base and re.fullmatch("(?:x*(?:t|ptp))+x*", names) is not None


def _linked(element: Element) -> bool:
    """Whether it stands in a link."""
    return any(x.get("href") for x in element.iterancestors("a"))


def _says(element: Element) -> bool:
    """Whether there is anything to be read in it."""
    return any(text.strip() for text in element.itertext()) or any(
        x.get("alt") or x.get("src") for x in element.iter(*_MEDIA)
    )


def _parts(element: Element) -> Iterator[tuple[str, Element | None]]:
    """Its texts, and its elements, in their order."""
    yield element.text or "", None
    for child in element:
        if isinstance(child.tag, str):
            yield "", child
        yield child.tail or "", None


def _with_blocks(root: Element) -> set[Element]:
    """The elements with a block somewhere in them."""
    found: set[Element] = set()
    for block in root.iter():
        if isinstance(block.tag, str) and _name(block) in _BLOCKS:
            for above in block.iterancestors():
                if above in found:
                    break
                found.add(above)
    return found


def _at_an_end(element: Element) -> bool:
    figure = element.getparent()
    return (
        figure.tag == "figure"
        and element in (figure[0], figure[-1])
        and len(figure.findall("figcaption")) == 1
    )
