"""What is new in a feed since an older instance of it: RFC 3229 with the manipulation `feed`, which
a reader merges into what it has. Atom and RSS; pure.
"""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import blake2b

from lxml import etree

Parts = frozenset[bytes]

NAME = "feed"
_ENTRIES = {
    "{http://www.w3.org/2005/Atom}feed": "{http://www.w3.org/2005/Atom}entry",
    "rss": "channel/item",
}


def parts(body: bytes) -> Parts:
    """What tells the entries of a document from others, and from other versions of themselves.
    None of what is no feed."""
    root = _root(body)
    return frozenset() if root is None else frozenset(key for key, _ in _entries(root))


def since(body: bytes, before: Parts) -> bytes:
    """The document without the entries that the older instance held as they are now."""
    root = _root(body)
    if root is None:
        return body
    for key, entry in list(_entries(root)):
        parent = entry.getparent()
        if key in before and parent is not None:
            parent.remove(entry)
    return etree.tostring(root.getroottree(), encoding="utf-8", xml_declaration=True)


def _root(body: bytes) -> etree._Element | None:
    parser = etree.XMLParser(resolve_entities=False, no_network=True)
    try:
        root = etree.fromstring(body, parser)
    except etree.XMLSyntaxError:
        return None
    return root if root.tag in _ENTRIES else None


def _entries(root: etree._Element) -> Iterator[tuple[bytes, etree._Element]]:
    """With all that an entry says by itself, and what it has from the document: its language."""
    around = repr(sorted(root.attrib.items())).encode()
    for entry in root.iterfind(_ENTRIES[str(root.tag)]):
        text = etree.tostring(entry, method="c14n", exclusive=True, with_tail=False)
        yield blake2b(around + text, digest_size=12).digest(), entry
