"""The text of a page that is made for people, without what stands around it, for an entry of which
its source tells only the beginning. trafilatura finds it, an extra that is imported when needed.

Call it where it can be stopped: for some pages trafilatura takes hours, and libxml2 all memory.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape
from typing import Any

from lxml import etree, html

from aggregator.errors import ParseError
from aggregator.formats import htmltree
from aggregator.model import Response
from aggregator.syntax import media_type
from aggregator.text import letters, plain

Element = Any  # lxml's

_PAGES = {"text/html", "application/xhtml+xml", "application/xml", "text/plain", None}
# Where pages that load their images late keep the address, the likeliest first.
_LATE = ("data-src", "data-original", "data-lazy-src", "data-actualsrc", "data-echo", "data-url")
_IMAGE = "https://image.invalid/{}.png"  # in place of an address: trafilatura drops many
_IMAGE_THERE = re.compile(r"https://image\.invalid/(\d{1,6})\.png")
_DOT = {"0", "1", "0px", "1px"}  # the sides of what only counts readers

_XML_NAME = re.compile(r"[A-Za-z_][\w.-]*", re.ASCII)
_DENSE = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")  # a letter is half a word
_LEAST_EXTRACTED = 250  # letters; with less, trafilatura looks for more elsewhere in the page
_CUT = re.compile(
    r"(?:…|\.\.\.|\[(?:…|\.\.\.|&#8230;)\]"
    r"|(?:read|see|view)\s+(?:more|on|full\b.*)|read\s+the\s+(?:rest|full|whole).*|more"
    r"|continue\s+reading.*|(?:阅读|閱讀|查看|点击|點擊|继续|繼續)?(?:全文|更多|原文|阅读|閱讀))"
    r"[\s»→>\])）】.。]*$",
    re.IGNORECASE,
)
_MORE = 1.2  # times what a source says that seems whole: less is no reason to replace it
_STUB = 0.8  # likewise: less is not all of it
_ABOUT = 0.5  # of its title or of what announces it, in runs of four letters, that a page must say
_ANNOUNCED = 2000  # letters that are looked for
_LARGEST = 1_000_000  # letters of a text


def text(response: Response, title: str, announced: str) -> str | None:
    """The text in a page, as HTML with absolute references; None when what the source says of it,
    `announced`, is all there is.

    ParseError when it has none, or one of something else: a page that asks to log in, say.
    """
    root = _tree(response)
    said = _letters_of(root)
    images = _prepare(root, response.url)
    found = _extracted(root, images, dense=bool(_DENSE.search(title + announced)))
    if len(found) > _LARGEST:
        raise ParseError(f"the text of its page is longer than {_LARGEST:,} letters")
    before, after = letters(plain(announced)), letters(plain(found))
    if not after:
        raise ParseError("no text was found in its page")
    told = [x for x in (letters(plain(title)), before) if x]
    if told and not any(_says(said + after, x) for x in told):
        raise ParseError("its page says nothing of it; does it ask to log in, or to agree?")
    if len(after) < _STUB * len(before):
        raise ParseError("there is less in its page than announces it; is it for subscribers?")
    least = 1 if _CUT.search(plain(announced)) else _MORE
    return found if len(after) > least * len(before) else None


def _says(said: str, announced: str) -> bool:
    wanted = {announced[i : i + 4] for i in range(min(len(announced), _ANNOUNCED) - 3)}
    if not wanted:
        return announced in said
    return sum(run in said for run in wanted) >= _ABOUT * len(wanted)


# ── the page ─────────────────────────────────────────────────────────────────


def _tree(response: Response) -> Element:
    kind = media_type(response.headers.get("content-type"))
    if kind not in _PAGES:
        raise ParseError(f"its page is none, but {kind}")
    root, _ = htmltree.tree(response)
    if root.find("head") is None:  # by which trafilatura knows a document
        root.insert(0, html.Element("head"))
    return root


def _letters_of(root: Element) -> str:
    """All that a reader could see of it, and its title."""
    skipped = {"script", "style", "template"}
    parts = (
        part
        for element in root.iter(etree.Element)
        for part in ((element.text if element.tag not in skipped else None), element.tail)
    )
    meta = root.xpath("//meta[@property='og:title' or @name='description']/@content")
    return letters(" ".join(x for x in (*parts, *meta) if x))


def _prepare(root: Element, url: str) -> list[str]:
    """Its references made absolute, and its images named by their places in what is returned."""
    base = htmltree.base_of(root, url)
    _plain_names(root)
    for link in root.iter("a"):
        if href := link.get("href"):
            link.set("href", htmltree.absolute(href, base) or "")
    images: list[str] = []
    for image in list(root.iter("img")):
        source = next(_sources(image, base), None)
        if source is None or (source in images and _in_noscript(image)):
            image.drop_tree()
            continue
        about = {key: x for key in ("alt", "title") if (x := image.get(key))}
        image.attrib.clear()
        image.attrib.update(about | {"src": _IMAGE.format(len(images))})
        images.append(source)
    for element in root.xpath("//noscript | //picture | //picture/source"):
        element.drop_tag()
    for block in list(root.iter("pre")):  # without code in it, it would be a quotation
        said = block.text_content()
        for child in list(block):
            block.remove(child)
        block.text = None
        etree.SubElement(block, "code").text = said
    return images


def _plain_names(root: Element) -> None:
    """Without what a word processor or a template left: trafilatura writes `@click` and `<o:p>` as
    they are, and nobody could read that as XML."""
    for element in list(root.iterdescendants(etree.Element)):
        for name in list(element.attrib):
            if not _XML_NAME.fullmatch(name):
                del element.attrib[name]
        if not _XML_NAME.fullmatch(element.tag):
            element.drop_tag()


def _in_noscript(element: Element) -> bool:
    return next(element.iterancestors("noscript"), None) is not None


def _sources(image: Element, base: str) -> Iterator[str]:
    """The addresses that an image may have, the best first; none of one that nobody sees."""
    if image.get("width", "") in _DOT or image.get("height", "") in _DOT:
        return
    sets = (image.get("data-srcset", ""), image.get("srcset", ""))
    named = [image.get(name, "") for name in _LATE]
    named += [image.get("src", ""), *(x.strip().split(" ")[0] for x in sets)]
    for reference in named:
        if reference and (address := htmltree.absolute(reference, base)):
            yield address


# ── trafilatura ──────────────────────────────────────────────────────────────


def _extracted(root: Element, images: list[str], *, dense: bool) -> str:
    """What it finds, as HTML; "" when that is nothing."""
    from trafilatura import extract  # noqa: PLC0415  # an extra, and a third of a second
    from trafilatura.settings import Extractor  # noqa: PLC0415

    how = Extractor(
        output_format="html", comments=False, formatting=True, links=True, images=True, tables=True
    )
    how.min_extracted_size = _LEAST_EXTRACTED // 3 if dense else _LEAST_EXTRACTED
    found = extract(root, options=how)
    body = etree.fromstring(found, etree.XMLParser(huge_tree=True)).find("body") if found else None
    if body is None:
        return ""
    _mend(body, images)
    parts = (etree.tostring(x, encoding="unicode", method="html") for x in body)
    return (escape(body.text or "") + "".join(parts)).strip()


def _mend(body: Element, images: list[str]) -> None:
    """Images get their addresses again; all code comes as a block in a block."""
    for image in body.iter("img"):
        place = _IMAGE_THERE.fullmatch(image.get("src", ""))
        number = int(place[1]) if place else len(images)
        image.set("src", images[number] if number < len(images) else "")
    for block in body.xpath("//pre/pre"):
        outer = block.getparent()
        outer.text = block.text
        outer.remove(block)
    for block in body.iter("pre"):
        if block.getparent() is not body and "\n" not in (block.text or ""):
            block.tag = "code"
