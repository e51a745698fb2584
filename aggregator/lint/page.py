"""HTML pages, read by the standard's algorithm, with the place of each fault."""

from __future__ import annotations

from itertools import pairwise
from typing import Any
from urllib.parse import urlsplit

import turbohtml

from aggregator.lint.fault import Faults, Place
from aggregator.lint.shapes import SHAPES, shortened

_VOID = frozenset(
    "area base br col embed hr img input link meta source track wbr".split()  # noqa: SIM905
)
# Those that end where the next begins, or their parent ends (HTML §13.1.2.4).
_OPTIONAL = frozenset(
    """html head body li dt dd p rt rp optgroup option colgroup thead tbody tfoot tr td
    th""".split()  # noqa: SIM905
)
_ENDS_P = frozenset(
    """address article aside blockquote details dialog div dl fieldset figcaption figure footer
    form h1 h2 h3 h4 h5 h6 header hgroup hr main menu nav ol p pre search section table
    ul""".split()  # noqa: SIM905
)
_FETCHED = {
    "img": ("src", "srcset"), "source": ("src", "srcset"), "video": ("src", "poster"),
    **dict.fromkeys(("audio", "embed", "iframe", "input", "script", "track"), ("src",)),
    "object": ("data",),
}  # fmt: skip
_LOADED = frozenset(
    """apple-touch-icon dns-prefetch icon manifest modulepreload preconnect prefetch preload
    stylesheet""".split()  # noqa: SIM905
)
_FEEDS = ("application/atom+xml", "application/rss+xml", "application/feed+json")
MOST_TAGS = 200_000


def check(text: str, faults: Faults, *, address: str | None) -> None:
    if text.count("<") > 2 * MOST_TAGS:
        faults.add("too-much-markup", f"more than {MOST_TAGS:,} elements", Place(line=1, column=1))
        return
    document = turbohtml.parse(text)
    for error in document.errors[:1000]:
        where = Place(line=error.line, column=error.col + 1)
        faults.add("html-syntax", error.code.replace("-", " "), where, "HTML §13.2.2")
    _balanced(text, faults)
    elements = list(document.iter_elements())
    _of_page(text, elements, faults)
    _headings(elements, faults)
    _references(elements, faults)
    for node in elements:
        _of_element(node, faults, address)


def _place(node: Any) -> Place:
    return Place(
        line=node.source_line or 0, column=(node.source_col or 0) + 1, path=f"<{node.tag}>"
    )


def _tag(node: Any) -> str:
    """Of what is no element, such as the fragment in a template, ""."""
    return getattr(node, "tag", "") or ""


def _said(node: Any, name: str) -> str | None:
    """An attribute: "" where it is there and says nothing."""
    attributes = node.attrs
    if name not in attributes:
        return None
    value = attributes[name]
    return " ".join(value) if isinstance(value, list | tuple) else value or ""


# ── tags ─────────────────────────────────────────────────────────────────────


def _balanced(text: str, faults: Faults) -> None:
    """Whether what is opened is closed. Browsers mend it, each reader and tool in its own way."""
    open_: list[tuple[str, Place]] = []
    foreign = 0
    for token in turbohtml.tokenize(text):
        name = token.tag or ""
        place = Place(line=token.line, column=token.col + 1, path=f"<{name}>")
        if token.type == turbohtml.TokenType.START_TAG:
            foreign += name in ("svg", "math") and not token.self_closing
            if name in _VOID or (foreign and token.self_closing):
                continue
            _implied(open_, name)
            open_.append((name, place))
        elif token.type == turbohtml.TokenType.END_TAG:
            foreign -= name in ("svg", "math") and foreign > 0
            _closed(open_, name, place, faults)
    for name, place in open_:
        if name not in _OPTIONAL:
            faults.add("unclosed-element", f"<{name}> is not closed", place)


def _implied(open_: list[tuple[str, Place]], name: str) -> None:
    """What the start of this element ends."""
    while open_ and (
        (open_[-1][0] == "p" and name in _ENDS_P)
        or (open_[-1][0] == name and name in ("li", "option", "tr", "td", "th", "dt", "dd"))
        or {open_[-1][0], name} in ({"dt", "dd"}, {"td", "th"})
        or (
            (
                name in ("tr", "tbody", "tfoot")
                and open_[-1][0] in ("td", "th", "tr", "thead", "tbody")
            )
            and not (name == "tr" and open_[-1][0] in ("thead", "tbody"))
        )
        or (open_[-1][0] == "head" and name == "body")
    ):
        open_.pop()


def _closed(open_: list[tuple[str, Place]], name: str, place: Place, faults: Faults) -> None:
    at = len(open_) - 1
    while at >= 0 and open_[at][0] != name and open_[at][0] in _OPTIONAL:
        at -= 1
    if at >= 0 and open_[at][0] == name:
        del open_[at:]
        return
    deeper = next(
        (i for i in range(len(open_) - 1, max(-1, len(open_) - 200), -1) if open_[i][0] == name), -1
    )
    if deeper < 0:
        faults.add("stray-end-tag", f"</{name}> closes nothing", place)
        return
    for other, where in open_[deeper + 1 :]:
        if other not in _OPTIONAL:
            faults.add("unclosed-element", f"<{other}> is open where </{name}> closes", where)
    del open_[deeper:]


# ── of the page ──────────────────────────────────────────────────────────────


def _of_page(text: str, elements: list[Any], faults: Faults) -> None:
    top = Place(line=1, column=1, path="<html>")
    if not text.lstrip("\ufeff \t\r\n")[:9].lower().startswith("<!doctype"):
        faults.add("missing-doctype", "no <!doctype html>", top)
    by_tag: dict[str, list[Any]] = {}
    for node in elements:
        by_tag.setdefault(node.tag, []).append(node)
    root = by_tag.get("html", [None])[0]
    language = _said(root, "lang") if root is not None else None
    if not language:
        faults.add("missing-lang", "<html> has no lang", top)
    metas = by_tag.get("meta", [])
    if not any(
        _said(x, "charset") is not None or "charset=" in (_said(x, "content") or "") for x in metas
    ):
        faults.add("missing-charset", "no <meta charset>", top)
    if not any(_said(x, "name") == "viewport" for x in metas):
        faults.add("missing-viewport", "no viewport", top)
    titles = [x for x in by_tag.get("title", []) if _tag(x.parent) == "head"]
    if not titles or not titles[0].text.strip():
        faults.add("missing-page-title", "no <title>, or an empty one", top)
    feeds = [
        x
        for x in by_tag.get("link", [])
        if "alternate" in (_said(x, "rel") or "").split() and _said(x, "type") in _FEEDS
    ]
    if not feeds:
        faults.add("missing-feed-link", "no feed is linked", top)


def _headings(elements: list[Any], faults: Faults) -> None:
    found = [x for x in elements if len(x.tag) == 2 and x.tag[0] == "h" and x.tag[1] in "123456"]
    first = [x for x in found if x.tag == "h1"]
    if not first:
        faults.add("headings", "no h1", Place(line=1, column=1))
    for node in first[1:]:
        faults.add("headings", "one more h1", _place(node))
    for before, node in pairwise(found):
        if int(node.tag[1]) > int(before.tag[1]) + 1:
            faults.add("headings", f"{node.tag} behind {before.tag}", _place(node))


def _references(elements: list[Any], faults: Faults) -> None:
    ids: set[str] = set()
    for node in elements:
        own = _said(node, "id")
        if own is None:
            continue
        if own in ids or not own or any(c.isspace() for c in own):
            faults.add(
                "duplicate-html-id", f"id {shortened(own)} is there twice, or is none", _place(node)
            )
        ids.add(own)
    for node in elements:
        href = _said(node, "href") if node.tag == "a" else None
        if href and href[0] == "#" and href not in ("#", "#top") and href[1:] not in ids:
            faults.add("broken-fragment", f"{shortened(href)} leads nowhere", _place(node))


# ── of an element ────────────────────────────────────────────────────────────


def _of_element(node: Any, faults: Faults, address: str | None) -> None:
    attributes = node.attrs
    if node.tag == "img" and "alt" not in attributes:
        faults.add("missing-alt", "an image has no alt", _place(node))
    if node.tag == "script" and _said(node, "type") not in (
        "application/ld+json",
        "application/json",
    ):
        faults.add("script", "a script", _place(node))
    for name in attributes:
        if name.startswith("on") and len(name) > 4:
            faults.add("script", f"{name} on <{node.tag}>", _place(node))
    for name in ("lang", "hreflang"):
        language = _said(node, name)
        if language:
            wrong = SHAPES["language"](language)
            if wrong:
                faults.add(wrong[0], f"{name}: {wrong[1]}", _place(node))
    _requests(node, faults, address)


def _requests(node: Any, faults: Faults, address: str | None) -> None:
    """What a browser asks for without being told to."""
    names = _FETCHED.get(node.tag, ())
    if node.tag == "link" and _LOADED & set((_said(node, "rel") or "").lower().split()):
        names = ("href",)
    for name in names:
        for part in (_said(node, name) or "").split(","):
            where = (part.split() or [""])[0]
            if _foreign(where, address):
                faults.add(
                    "foreign-request", f"<{node.tag}> loads {shortened(where)}", _place(node)
                )
                break


def _foreign(where: str, address: str | None) -> bool:
    try:
        host = urlsplit(where).netloc
        return bool(host) and host != (urlsplit(address).netloc if address else "")
    except ValueError:
        return False
