"""The front matter and the body of a post, whatever shape they are in.

TOML and JSON are read in `frontblocks`. Of YAML, python-frontmatter finds the block and PyYAML
reads it, every scalar kept as it is written; where YAML gives up, the block is read key by key and
the trouble is told.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import yaml
from frontmatter.default_handlers import YAMLHandler

from aggregator.errors import ParseError
from aggregator.formats import charsets
from aggregator.formats.frontblocks import Value, block, raised

__all__ = ["Document", "Value", "as_written", "plain", "read", "told"]

try:  # ten times as fast; absent where PyYAML was built without libyaml
    _Loader: type[yaml.CBaseLoader] | type[yaml.BaseLoader] = yaml.CBaseLoader
except AttributeError:
    _Loader = yaml.BaseLoader

_HANDLER = YAMLHandler(fm_boundary=re.compile(r"^(?:-{3,}|\.{3})[ \t]*$", re.MULTILINE))
# The key of a line at the margin; not the scheme of an address. The full-width colon is what a
# Chinese keyboard gives.
_KEY = re.compile(r"""["']?([A-Za-z_][\w.-]*)["']?[ \t]*[:：](?!//)[ \t]*(.*)$""", re.ASCII)
_INSIDE = re.compile(r"[ \t]+\S|-[ \t]")  # a line that belongs to the key above it
_ITEM = re.compile(r"\s*-\s+(.*)$")
_LISTED = re.compile(r""""[^"]*"|'[^']*'|[^,，]+""")

# libyaml nests on the machine's stack: thirty thousand dashes end the process, and no exception
# says so. An alias bomb stays small as long as nothing walks it, but no honest post has so many.
_MOST_TEXT = 64_000
_MOST_BRACKETS = 1_000
_MOST_ALIASES = 32
_MOST_PROBLEMS = 20
_MOST_BYTES = 4_000_000
_DEEP = re.compile(r"(?:[-?:][ \t]+){32}")
_ALIAS = re.compile(r"(?:^|[\s\[{,])[&*]\w", re.MULTILINE)

# What XML 1.0 §2.2 forbids, and the controls of C1 that it advises against.
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ufffe\uffff]")
_STRANGE = re.compile(_CONTROL.pattern + "|\ufffd")


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """Keys are lower case; `lines` says where in the file each is written."""

    path: str
    body: str
    fields: Mapping[str, Value]
    lines: Mapping[str, int]
    problems: tuple[str, ...] = ()
    first: int = 1  # line of the body

    def text(self, *keys: str) -> str | None:
        """The first of `keys` that holds text."""
        return next((text for key in keys if (text := told(self.fields.get(key)))), None)

    def strings(self, key: str) -> tuple[str, ...]:
        """A list's items, or the one string."""
        value = self.fields.get(key)
        items = [as_written(x) for x in value] if isinstance(value, list) else [value]
        return tuple(text for x in items if (text := told(x)))

    def problem(self, key: str, what: str) -> str:
        return f"{self.path}:{self.lines.get(key, 1)}: {what}"


def told(value: Value | None) -> str | None:
    """Text that says something: YAML's ways to write nothing are None."""
    text = value.strip() if isinstance(value, str) else ""
    return None if text.lower() in {"", "~", "null"} else text


def as_written(value: Value) -> str:
    """A list or mapping of plain words as text again: the title `[独家]`, the tag `C: tips`."""
    match value:
        case str():
            return value.strip()
        case list():
            return f"[{', '.join(x for x in value if isinstance(x, str))}]"
        case _:
            return ", ".join(f"{k}: {v}" for k, v in value.items() if isinstance(v, str))


def read(body: bytes, *, path: str, yaml_only: bool = False) -> Document:
    """Without front matter, all of it is body. `yaml_only`: as Jekyll has it, `+++` and `{` are
    text."""
    text, problems = _decoded(body, path)
    lines = text.split("\n")
    above = next((i for i, line in enumerate(lines) if line.strip()), 0)
    found = None if yaml_only else block(lines[above:])
    if found is not None:
        told_there = tuple(f"{path}:{above + line}: {what}" for line, what in found.problems)
        return Document(
            path=path,
            body=found.body,
            first=_first(text, found.body),
            fields=found.fields,
            lines={key: above + line for key, line in found.lines.items()},
            problems=(problems + told_there)[:_MOST_PROBLEMS],
        )
    parts = _parts(lines[above:])
    if parts is None:
        return Document(path=path, body=text, fields={}, lines={}, problems=problems)
    head, rest, cut = parts
    head = "\n" * above + head  # a line's number in the head is its number in the file
    if cut:
        problems += (f"{path}:{above + 1}: front matter without an end; ended where it stops",)
    fields, more, prose = _fields(head, path)
    if fields is None:
        return Document(path=path, body=text, fields={}, lines={}, problems=problems)
    where, doubled = _keys(head, path)
    rest = rest if prose is None else "\n".join(lines[prose:])
    return Document(
        path=path,
        body=rest,
        first=_first(text, rest),
        fields=fields if yaml_only else raised(fields),
        lines=where,
        problems=(problems + doubled + more)[:_MOST_PROBLEMS],
    )


def _first(text: str, body: str) -> int:
    return text.count("\n") - body.count("\n") + 1


# ── bytes to text ────────────────────────────────────────────────────────────


def _decoded(body: bytes, path: str) -> tuple[str, tuple[str, ...]]:
    if len(body) > _MOST_BYTES:
        raise ParseError(f"{path}: too large for a post; keep it under {_MOST_BYTES:,} bytes")
    found = charsets.decode(body)
    text = found.text
    if len(_STRANGE.findall(text[:8192])) > 2 + len(text[:8192]) // 20:
        raise ParseError(f"{path}: a binary file, not a post; save it as UTF-8 or move it away")
    problems = [f"{path}:1: {problem}" for problem in found.problems]
    text, controls = plain(text)
    if controls:
        problems.append(f"{path}:1: {controls} control characters left out")
    if not text.strip():
        raise ParseError(f"{path}: an empty file, not a post; write it or remove it")
    return text, tuple(problems)


def plain(text: str) -> tuple[str, int]:
    """With \\n at the ends of its lines and without control characters; and how many there were."""
    return _CONTROL.subn("", text.replace("\r\n", "\n").replace("\r", "\n"))


# ── text to fields ───────────────────────────────────────────────────────────


def _parts(lines: list[str]) -> tuple[str, str, bool] | None:
    """Head, body, and whether the head had to be cut; None without front matter."""
    text = "\n".join(lines)
    if not text.startswith("---") or not _HANDLER.detect(text):
        return None
    try:
        head, body = _HANDLER.split(text)
        return head, body, False
    except ValueError:  # there is no second boundary
        ends = (i for i, x in enumerate(lines) if i and not (_KEY.match(x) or _INSIDE.match(x)))
        end = next(ends, len(lines))
        if not any(map(_KEY.match, lines[1:end])):
            return None
        return "\n".join(["", *lines[1:end]]), "\n".join(lines[end:]), True


def _fields(head: str, path: str) -> tuple[dict[str, Value] | None, tuple[str, ...], int | None]:
    """Fields, problems, and the line where prose begins in a head that was never closed.

    No fields at all mean that there is no front matter: a ruler opened the text.
    """
    fields = _strict(head)
    if not isinstance(fields, str):
        return fields, (), None
    found: dict[str, Value] = {}
    problems = []
    chunks, prose = _chunks(head)
    for number, chunk in chunks:
        # Thousands of keys are each quick to refuse, and together slow.
        read = fields if len(head) > _MOST_TEXT else _strict("\n".join(chunk))
        if isinstance(read, str):
            problems.append(f"{path}:{number}: not valid YAML ({read}); taken as it is written")
            read = _raw(chunk)
        found |= read
    if not found:
        return None, (), None
    if prose is not None:
        problems.append(f"{path}:{prose + 1}: front matter without an end; ended before this line")
    return found, tuple(problems or [f"{path}:1: {fields}; front matter read key by key"]), prose


def _strict(head: str) -> dict[str, Value] | str:
    """What YAML says, or why it says nothing."""
    brackets = head.count("[") + head.count("{")
    if len(head) > _MOST_TEXT or brackets > _MOST_BRACKETS or _DEEP.search(head):
        return "too large or too deep"
    if len(_ALIAS.findall(head)) > _MOST_ALIASES:
        return "too many anchors and aliases"
    try:
        read = _HANDLER.load(head, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        return str(error.problem or error.context)[:100]
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        return type(error).__name__
    if isinstance(read, dict):
        return {str(key).strip().lower(): value for key, value in read.items()}
    return "no `key: value`" if read else {}


def _keys(head: str, path: str) -> tuple[dict[str, int], tuple[str, ...]]:
    """Where each key is, and which are there twice: YAML takes the last and says nothing."""
    lines: dict[str, int] = {}
    problems = []
    for number, line in enumerate(head.split("\n"), 1):
        if found := _KEY.match(line):
            key = found[1].lower()
            if key in lines:
                problems.append(f"{path}:{number}: {key} is there twice; the last one counts")
            lines[key] = number
    return lines, tuple(problems)


def _chunks(head: str) -> tuple[list[tuple[int, list[str]]], int | None]:
    """The lines of each key with its number; and the index of a line that is prose."""
    chunks: list[tuple[int, list[str]]] = []
    blank = False
    for index, line in enumerate(head.split("\n")):
        if _KEY.match(line):
            chunks.append((index + 1, [line]))
        elif chunks and line.strip():
            if blank and not _INSIDE.match(line) and not line.startswith("#"):
                return chunks, index
            chunks[-1][1].append(line)
        blank = not line.strip()
    return chunks, None


def _raw(lines: list[str]) -> dict[str, Value]:
    """`key: value`, `key: [a, b]`, `- item` and what is indented below a key, taken literally."""
    texts: dict[str, list[str]] = {}
    items: dict[str, list[Value]] = {}
    inner: dict[str, dict[str, Value]] = {}
    key = ""
    for line in (x for x in lines if x.strip() and not x.startswith("#")):
        found, item, open_ = _KEY.match(line.strip()), _ITEM.match(line), texts.get(key) == [""]
        if item and open_:
            items.setdefault(key, []).append(_unquoted(item[1]))
        elif found and open_ and line[0] in " \t":
            inner.setdefault(key, {})[found[1].lower()] = _unquoted(found[2])
        elif found:
            key = found[1].lower()
            texts[key] = [found[2].strip()]
        else:
            texts[key].append(line.strip())
    plain = ((k, _literal(" ".join(words).strip())) for k, words in texts.items())
    return {k: inner.get(k) or items.get(k) or text for k, text in plain}


def _literal(value: str) -> Value:
    if value.startswith("[") and value.endswith("]"):
        return list(_listed(value[1:-1]))
    return _unquoted(value)


def _listed(text: str) -> Iterator[str]:
    return (word for x in _LISTED.findall(text) if (word := _unquoted(x)))


def _unquoted(value: str) -> str:
    """Only the outer quotes go: a script that writes `title: "…"` escapes nothing inside them."""
    value = value.strip()
    if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'":
        return value[1:-1].replace('\\"', '"')
    return value
