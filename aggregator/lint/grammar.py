"""A grammar as a table: which elements stand in which, how often, and what their values look like.

`element("id! title! link*", attributes="href!:reference")`: `!` exactly one, `+` one at least,
`?` one at most, `*` any number; after the colon a shape of `shapes.SHAPES`. What is in a namespace
that the grammar does not know is passed over, as readers pass over it (RFC 4287 §6.3).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from aggregator.lint.fault import Faults
from aggregator.lint.rules import RULES
from aggregator.lint.shapes import SHAPES
from aggregator.lint.tree import Node


@dataclass(frozen=True, slots=True, kw_only=True)
class Element:
    """What one element holds. With `within` it is an extension, which stands only in those."""

    children: Mapping[str, str] = field(default_factory=dict)  # name → how often
    attributes: Mapping[str, tuple[bool, str]] = field(default_factory=dict)
    value: str | None = None  # a shape; None: no text
    free: bool = False  # whatever it holds is looked at elsewhere
    reference: str = ""
    within: frozenset[str] = frozenset()
    once: bool = False


Grammar = Mapping[str, Element]
Check = Callable[[Node, Faults], None]
TEXT = "text"  # the shape of a value that may be anything


def element(
    children: str = "",
    *,
    attributes: str = "",
    value: str | None = None,
    free: bool = False,
    reference: str = "",
    within: str = "",
    once: bool = False,
) -> Element:
    return Element(
        children={word[:-1]: word[-1] for word in children.split()},
        attributes=dict(_attribute(word) for word in attributes.split()),
        value=value,
        free=free,
        reference=reference,
        within=frozenset(within.split()),
        once=once,
    )


def _attribute(word: str) -> tuple[str, tuple[bool, str]]:
    name, _, shape = word.rpartition(":")
    name, shape = (name, shape) if shape in SHAPES or shape == TEXT else (word, TEXT)
    return name.rstrip("!"), (name.endswith("!"), shape)


def conform(root: Node, grammar: Grammar, faults: Faults) -> None:
    """Whether all that `grammar` knows of the document is as it says."""
    core = frozenset(_prefix(name) for name, known in grammar.items() if not known.within)
    rest = [root]
    while rest:
        node = rest.pop()
        known = grammar.get(node.name)
        if known is None or (faults.only_errors and _passed_on(node, known)):
            continue
        _attributes(node, known, faults)
        if known.free:
            continue
        _children(node, known, grammar, faults, core & {"", "atom"})
        _text(node, known, faults)
        rest.extend(reversed(node.children))


def _passed_on(node: Node, known: Element) -> bool:
    """Whether it is what a source says in elements that are neither Atom's nor about the document:
    that goes out as it came in, and keeps nothing back."""
    return bool(known.within) and _prefix(node.name) not in ("atom", "fh", "at")


def _prefix(name: str) -> str:
    return name.partition(":")[0] if ":" in name else ""


def _attributes(node: Node, known: Element, faults: Faults) -> None:
    given = node.attributes
    if "xml:lang" in given:
        told(SHAPES["xml-language"](given["xml:lang"]), "xml:lang", node, faults)
    if "xml:base" in given:
        told(SHAPES["reference"](given["xml:base"]), "xml:base", node, faults)
    for name, (needed, shape) in known.attributes.items():
        if name not in given:
            if needed:
                _missing(node, name, known, faults)
        elif shape != TEXT:
            told(SHAPES[shape](given[name]), name, node, faults, known.reference)
    for name in given:
        if name in known.attributes or name.startswith("xml:"):
            continue
        if ":" not in name:
            what = f"{node.shown} has no attribute {name}"
            faults.add("unknown-attribute", what, node, known.reference)
        elif name[0] == "{" and _prefix(node.name) in ("", "atom"):
            faults.add("extension-attribute", f"{name} in {node.shown}", node)


def _missing(node: Node, name: str, known: Element, faults: Faults) -> None:
    faults.add("missing-attribute", f"{node.shown} has no {name}", node, known.reference)


def _children(
    node: Node, known: Element, grammar: Grammar, faults: Faults, core: frozenset[str]
) -> None:
    counted: dict[str, int] = {}
    for child in node.children:
        name = child.name
        counted[name] = counted.get(name, 0) + 1
        if name in known.children:
            _repeated(
                child, known.children[name] in "!?" and counted[name] == 2, node, faults, known
            )
            continue
        foreign = grammar.get(name)
        if foreign is not None and foreign.within:
            _extension(child, foreign, node, counted[name], faults)
        elif name[0] != "{" and _prefix(name) in core:
            what = f"{child.shown} has no place in {node.shown}"
            faults.add("unknown-element", what, child, known.reference)
    for name, times in known.children.items():
        if times in "!+" and name not in counted:
            rule = f"missing-{name.rpartition(':')[2]}"
            rule = rule if rule in RULES else "missing-element"
            what = f"{node.shown} has no {name.removeprefix('atom:')}"
            faults.add(rule, what, node, known.reference)


def _repeated(child: Node, too_often: bool, node: Node, faults: Faults, known: Element) -> None:
    if too_often:
        what = f"{node.shown} has more than one {child.shown}"
        faults.add("duplicate-element", what, child, known.reference)


def _extension(child: Node, known: Element, node: Node, times: int, faults: Faults) -> None:
    if node.name not in known.within:
        what = f"{child.shown} in {node.shown}"
        faults.add("misplaced-extension", what, child, known.reference)
    _repeated(child, known.once and times == 2, node, faults, known)


def _text(node: Node, known: Element, faults: Faults) -> None:
    text = node.text
    if known.value is None:
        if text and not text.isspace():
            faults.add("unexpected-text", f"text in {node.shown}", node, known.reference)
    elif known.value != TEXT:
        told(SHAPES[known.value](text), node.shown, node, faults, known.reference)


def told(
    wrong: tuple[str, str] | None, what: str, node: Node, faults: Faults, reference: str = ""
) -> None:
    """Add what a shape says; values have a reference of their own, unless their rule has none."""
    if wrong:
        rule, why = wrong
        own = "" if rule not in ("invalid-number", "invalid-value", "blank-value") else reference
        faults.add(rule, f"{what}: {why}", node, own)
