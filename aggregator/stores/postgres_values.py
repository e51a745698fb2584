"""Texts as PostgreSQL can hold them: it takes neither U+0000 nor half of a surrogate pair, and
feeds send either. They are escaped, and come back as they were.
"""

from __future__ import annotations

import re

from psycopg.abc import Buffer
from psycopg.adapt import AdaptersMap
from psycopg.types.string import StrDumper, TextLoader

_ESCAPE = "\x1a"  # the control character that stands for what cannot stand there
_UNKNOWN = re.compile(f"[\0{_ESCAPE}\ud800-\udfff]")
_ESCAPED = re.compile(f"{_ESCAPE}([0-9a-f]{{4}})")


def adapt(adapters: AdaptersMap) -> None:
    adapters.register_dumper(str, _Dumper)
    adapters.register_loader("text", _Loader)


def escaped(text: str) -> str:
    return _UNKNOWN.sub(lambda found: f"{_ESCAPE}{ord(found[0]):04x}", text)


def unescaped(text: str) -> str:
    if _ESCAPE not in text:
        return text
    return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text)


class _Dumper(StrDumper):
    def dump(self, obj: str) -> Buffer | None:
        return super().dump(escaped(obj))


class _Loader(TextLoader):
    def load(self, data: Buffer) -> str:
        return unescaped(str(super().load(data)))
