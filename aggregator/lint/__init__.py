"""What is wrong with a document: Atom, RSS, JSON Feed, OPML or an HTML page.

To add a kind: a module with `check`, and its turn in `_look`. To add a rule: see `rules`.

    bytes → reading (text, kind) → tree → grammar + the kind's own checks → faults
"""

from __future__ import annotations

from dataclasses import dataclass

from aggregator.lint import agreement, atom, jsonfeed, opml, reading, rss, served, tree
from aggregator.lint.fault import Fault, Faults, Place
from aggregator.lint.rules import RULES, Rule
from aggregator.model import Feed

__all__ = ["RULES", "Fault", "Place", "Report", "Rule", "check", "faults", "report"]

_START = Place(line=1, column=1)
_OF_THE_SOURCE = {
    "invalid-id",
    "invalid-address",
    "invalid-language",
    "invalid-media-type",
    "invalid-email",
}
_ATOM_03 = "http://purl.org/atom/ns#"
_SAID = {"atom": "Atom", "rss": "RSS", "json": "JSON Feed", "opml": "OPML", "html": "an HTML page"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """`kind` is atom, rss, json, opml, html or "" for none of them; `says` is for people."""

    kind: str
    says: str
    faults: tuple[Fault, ...]

    @property
    def errors(self) -> int:
        return sum(x.level == "error" for x in self.faults)

    @property
    def warnings(self) -> int:
        return sum(x.level == "warning" for x in self.faults)


def faults(
    body: bytes, *, kind: str | None = None, address: str | None = None
) -> tuple[Fault, ...]:
    """What is wrong with `body`, in its order; it never raises.

    `kind` is what it has to be; `address` is where it is fetched, which rel=self is held against.
    """
    return report(body, kind=kind, address=address).faults


def report(
    body: bytes,
    *,
    kind: str | None = None,
    address: str | None = None,
    content_type: str | None = None,
) -> Report:
    """The same, and what it is; `content_type` is what an HTTP answer called it."""
    found = Faults()
    is_, says = _look(body, found, address)
    if kind and is_ and kind != is_:
        found.add("wrong-kind", f"this is {says}, not {_SAID.get(kind, kind)}", _START)
    served.check(is_, content_type, body, found)
    return Report(kind=is_, says=says, faults=found.told())


def check(body: bytes, *, format: str, feed: Feed) -> tuple[Fault, ...]:
    """Why `body`, written from `feed`, is not to replace the document before it: the errors, and
    whatever our own reader reads otherwise. Empty when it may; it never raises.

    What a source calls its own is passed on as it is, odd or not: no value of one entry, and
    nothing in elements of `media:` and their like, keeps back all the others.
    """
    found = Faults(only_errors=True)
    is_, says = _look(body, found, None)
    if is_ and is_ != format:
        found.add("wrong-kind", f"this is {says}, not {_SAID.get(format, format)}", _START)
    if format in agreement.READ_BACK and is_ == format:
        agreement.check(body, format=format, feed=feed, faults=found)
    return tuple(x for x in found.told() if x.grave and x.rule not in _OF_THE_SOURCE)


def _look(body: bytes, found: Faults, address: str | None) -> tuple[str, str]:
    """What it is, as we call it and as people do; its faults are added."""
    if len(body) > reading.LARGEST:
        found.add("too-large", f"{len(body):,} bytes", _START)
        body = body[: reading.LARGEST]
    text = reading.text_of(body, found)
    if not text.strip():
        found.add("empty", "nothing is in it", _START)
        return "", "empty"
    looks = reading.looks_like(text)
    if looks == "json":
        jsonfeed.check(text, found, address=address)
        return "json", "JSON Feed"
    if looks == "html":
        return _page(text, found, address)
    if looks == "xml":
        return _xml(text, found, address)
    found.add("not-a-feed", "neither XML nor JSON", _START)
    return "", "neither XML nor JSON"


def _page(text: str, found: Faults, address: str | None) -> tuple[str, str]:
    from aggregator.lint import page  # noqa: PLC0415  # turbohtml, which feeds may not need

    page.check(text, found, address=address)
    return "html", "an HTML page"


def _xml(text: str, found: Faults, address: str | None) -> tuple[str, str]:
    root, namespaces = tree.read(text, found)
    if root is None:
        return reading.likely(text), "XML that cannot be read"
    _namespaces(namespaces, root, found)
    if root.name in ("atom:feed", "atom:entry"):
        if root.prefix:
            found.add("prefixed-namespace", f"Atom's names have the prefix {root.prefix}", root)
        atom.check(root, found, address=address)
        return "atom", "Atom 1.0" if root.local == "feed" else "an Atom entry"
    if root.name == "rss":
        rss.check(root, found, address=address)
        return "rss", f"RSS {root.get('version', '2.0')[:10]}"
    if root.name == "rdf:RDF":
        rss.check_1(root, found, address=address)
        return "rss", "RSS 1.0"
    if root.name == "opml":
        opml.check(root, found)
        return "opml", f"OPML {root.get('version', '2.0')[:10]}"
    return _foreign(root, found)


def _foreign(root: tree.Node, found: Faults) -> tuple[str, str]:
    """The root of a feed in another namespace, or of no feed."""
    local = root.name.rpartition("}")[2]
    if root.uri == _ATOM_03:
        found.add("obsolete-version", "Atom 0.3", root)
        return "atom", "Atom 0.3"
    if local in ("feed", "entry", "rss", "RDF", "opml"):
        rule = "wrong-namespace" if root.uri else "missing-namespace"
        found.add(rule, f"<{local}> in {root.uri or 'no namespace'}", root)
        return {"feed": "atom", "entry": "atom", "opml": "opml"}.get(local, "rss"), f"<{local}>"
    found.add("not-a-feed", f"XML whose root is <{local}>", root)
    return "", f"XML whose root is <{local}>"


def _namespaces(namespaces: dict[str, str], root: tree.Node, found: Faults) -> None:
    for uri, prefix in namespaces.items():
        usual = tree.NAMESPACES.get(uri)
        if usual is None:
            _unknown(uri, prefix, root, found)
        elif usual and prefix and prefix != usual and usual not in ("atom", "xhtml"):
            found.add("unusual-prefix", f"{prefix} for {uri}, which is {usual} elsewhere", root)


def _unknown(uri: str, prefix: str, root: tree.Node, found: Faults) -> None:
    near = next((x for x in tree.NAMESPACES if _alike(x, uri)), None)
    if near and root.uri != uri:
        found.add("wrong-namespace", f"{uri} is not {near}", root)
    elif root.uri != uri:
        found.add("unknown-namespace", uri, root)


def _alike(one: str, other: str) -> bool:
    """But for what people get wrong: case, the slash at the end, http and https."""
    return _bare(one) == _bare(other)


def _bare(uri: str) -> str:
    return uri.lower().rstrip("/#").removeprefix("https").removeprefix("http").replace("www.", "")
