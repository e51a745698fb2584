"""HTML inside feeds: what readers remove from it, what they cannot resolve, what is broken."""

from __future__ import annotations

import re
from collections.abc import Iterable

from aggregator.lint.fault import Faults
from aggregator.lint.shapes import shortened
from aggregator.lint.tree import Node

_DANGEROUS = frozenset(
    """applet base basefont button embed form frame frameset iframe input isindex link meta
    noframes noscript object optgroup option param plaintext script select style textarea
    title head html body""".split()  # noqa: SIM905
)
_HTML = frozenset(
    """a abbr acronym address area article aside audio b bdi bdo bgsound big blink blockquote br
    canvas caption center cite code col colgroup command data datalist dd del details dfn dialog
    dir div dl dt em fieldset figcaption figure font footer h1 h2 h3 h4 h5 h6 header hgroup hr i
    image img ins kbd keygen label legend li listing main map mark marquee menu menuitem meter
    multicol nav nobr nextid ol output p picture pre progress q rb rp rt rtc ruby s samp search
    section small source spacer span strike strong sub summary sup svg math table tbody td
    template tfoot th thead time tr track tt u ul var video wbr xmp slot""".split()  # noqa: SIM905
)
_ADDRESSES = ("href", "src", "poster", "cite", "data", "longdesc", "background", "action")
_RUN = re.compile(r"[\x00-\x20]*(?:javascript|vbscript|livescript|mocha)\s*:", re.IGNORECASE)
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:|#")
_STYLES = frozenset(
    """azimuth background background-color border border-bottom border-bottom-color
    border-bottom-style border-bottom-width border-collapse border-color border-left
    border-left-color border-left-style border-left-width border-radius border-right
    border-right-color border-right-style border-right-width border-spacing border-style
    border-top border-top-color border-top-style border-top-width border-width box-sizing
    caption-side clear color cursor direction display elevation empty-cells float font
    font-family font-size font-style font-variant font-weight height letter-spacing line-height
    list-style list-style-type margin margin-bottom margin-left margin-right margin-top max-height
    max-width min-height min-width object-fit opacity overflow overflow-wrap padding
    padding-bottom padding-left padding-right padding-top page-break-after page-break-before
    page-break-inside quotes speak text-align text-decoration text-indent text-transform
    unicode-bidi vertical-align visibility white-space width word-break word-spacing word-wrap
    fill stroke stroke-width""".split()  # noqa: SIM905
)
_LONGEST_STYLE = 2000
_RISKY = re.compile(
    r"expression\s*\(|javascript:|url\s*\(|\\|/\*|@|\d{4,}(?:em|%|px|ex|in|cm)", re.IGNORECASE
)
_TAG = re.compile(r"</?[A-Za-z][A-Za-z0-9]*(?:\s[^<>]*|\s*/?)>|<!--")
_NAMED = re.compile(r"&(?:[A-Za-z][A-Za-z0-9]{1,31}|#[0-9]{1,7}|#[xX][0-9A-Fa-f]{1,6});")
_ONCE_MORE = re.compile(
    r"&lt;/?(?:p|a|b|i|br|div|em|strong|span|img|ul|ol|li|h[1-6]|blockquote|table|tr|td)\b[^<>]{0,400}?&gt;"
    r"|&amp;(?:nbsp|quot|lt|gt|amp|#\d{2,6}|#x[0-9a-fA-F]{2,5});"
)
_CUT = re.compile(r"&#(?![0-9]{1,7};|[xX][0-9A-Fa-f]{1,6};)")
_UNFINISHED = re.compile(r"<[A-Za-z][^<>]*\Z|<[A-Za-z][^<>]*(?=<)")
_WINDOWS = re.compile(r"&#(?:x0*(?:8[0-9a-f]|9[0-9a-f])|0*1(?:2[89]|[345]\d));", re.IGNORECASE)


def looks_like_markup(text: str) -> str | None:
    """What in a plain text is none: a tag, or a character by its name."""
    if "<" not in text and "&" not in text:
        return None
    found = next((x for x in _TAG.finditer(text) if _known(x[0])), None)
    found = found or _NAMED.search(text) or _CUT.search(text)
    return found[0] if found else None


def _known(tag: str) -> bool:
    name = re.match(r"</?([A-Za-z0-9]+)", tag)
    return tag == "<!--" or bool(name and name[1].lower() in _HTML | _DANGEROUS)


def plain(text: str, what: str, node: Node, faults: Faults) -> None:
    """A text that is to be plain."""
    found = looks_like_markup(text)
    if found:
        faults.add("markup-in-plain-text", f"{what} says {shortened(found)}", node)


def html(text: str, what: str, node: Node, faults: Faults, *, based: bool = False) -> None:
    """HTML as it is when the document has been read; `based`: something says what is relative."""
    if faults.only_errors or ("<" not in text and "&" not in text):
        return
    import turbohtml  # noqa: PLC0415  # 20 ms, that no other command needs

    if "<" not in text and (found := _ONCE_MORE.search(text)):
        faults.add("double-escaped", f"{what} shows readers {shortened(found[0])}", node)
    if found := (_UNFINISHED.search(text) or _WINDOWS.search(text)):
        faults.add("broken-html", f"{what} has {shortened(found[0])}", node)
    if "<" not in text:
        return
    for tag in turbohtml.tokenize(text):
        if tag.type == turbohtml.TokenType.START_TAG and tag.tag:
            _tag(tag.tag, tag.attrs or (), what, node, faults, based=based)


def xhtml(div: Node, what: str, faults: Faults, *, based: bool = False) -> None:
    """The same for XHTML, whose elements have places of their own."""
    for node in div.below():
        if node.name.startswith("xhtml:"):
            _tag(node.local, node.attributes.items(), what, node, faults, based=based)
        elif node.name.startswith(("svg:", "math:")):
            _foreign(node, what, faults)
        elif not node.uri or node.uri == div.uri:
            faults.add("missing-namespace", f"{node.local} in {what} is no XHTML", node)


def _foreign(node: Node, what: str, faults: Faults) -> None:
    if node.local in ("script", "foreignObject", "bogus", "animate", "set", "handler"):
        faults.add("dangerous-element", f"{what} has {node.local}", node)


def _tag(
    name: str,
    attributes: Iterable[tuple[str, str | None]],
    what: str,
    at: Node,
    faults: Faults,
    *,
    based: bool,
) -> None:
    if name in _DANGEROUS:
        faults.add("dangerous-element", f"{what} has <{name}>", at)
    elif name not in _HTML and ":" not in name and "-" not in name:
        faults.add("broken-html", f"{what} has <{name}>, which is no HTML", at)
    for key, value in ((key, value or "") for key, value in attributes):
        if key.startswith("on") and len(key) > 4:
            faults.add("dangerous-attribute", f"{what} has <{name} {key}>", at)
        elif key == "style" and not _harmless(value):
            faults.add("dangerous-style", f"{what} has style={shortened(value)}", at)
        elif key in _ADDRESSES:
            _address(name, key, value, what, at, faults, based=based)


def _harmless(style: str) -> bool:
    """Whether it says only how a text looks, not where it is drawn."""
    if len(style) > _LONGEST_STYLE:
        return False
    names = [x.partition(":")[0].strip().lower() for x in style.split(";") if x.strip()]
    return not _RISKY.search(style) and _STYLES.issuperset(names)


def _address(
    name: str, key: str, value: str, what: str, at: Node, faults: Faults, *, based: bool
) -> None:
    if _RUN.match(value):
        faults.add("dangerous-attribute", f"{what} has <{name} {key}={shortened(value)}>", at)
    elif not based and value.strip() and not _SCHEME.match(value.strip()):
        faults.add("relative-reference", f"{what} has <{name} {key}={shortened(value)}>", at)
