"""What no markup of ours may hold, as a browser would read it: written for the tests, with another
parser than the sanitiser's.
"""

from __future__ import annotations

import re

from selectolax.lexbor import LexborHTMLParser

_ACTIVE = frozenset(
    """applet base button embed form frame frameset iframe input link meta noembed noframes noscript
    object param plaintext script select style template textarea title xmp foreignobject desc
    annotation-xml animate set use image feimage""".split()  # noqa: SIM905
)
_ADDRESSES = frozenset({"href", "src", "poster", "cite", "action", "data", "background", "xlink:href"})  # fmt: skip
_ALLOWED = re.compile(r"(?:https?://|mailto:)", re.IGNORECASE)
_OURS = frozenset({"html", "head", "body"})  # the parser's own


def active(markup: str) -> list[str]:
    """What of it does something, loads something from anywhere but the web, or draws over a page;
    empty when it is safe. Read twice, the second time as the first wrote it (mXSS)."""
    found = []
    for _ in range(2):
        tree = LexborHTMLParser(f"<body>{markup}")
        body = tree.body
        for node in body.css("*") if body else ():
            found += _wrong(node.tag or "", node.attributes)
        markup = (body.inner_html or "") if body else ""
    return found


def _wrong(tag: str, attributes: dict[str, str | None]) -> list[str]:
    found = [tag] if tag.lower() in _ACTIVE else []
    for name, value in attributes.items():
        plain = re.sub(r"[\0-\x20]", "", value or "")
        if name.startswith("on") or name in (
            "style",
            "srcdoc",
            "srcset",
            "formaction",
            "id",
            "name",
        ):
            found.append(f"{tag} {name}")
        elif (name in _ADDRESSES and not _ALLOWED.match(plain)) and (plain or tag != "span"):
            found.append(f"{tag} {name}={plain[:40]}")
    if tag == "img" and {attributes.get("width"), attributes.get("height")} == {"1"}:
        found.append("an image that nobody sees")
    return found
