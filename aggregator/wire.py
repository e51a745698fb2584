"""Header values go out as the bytes that they came as: an entity tag may hold any byte from 0x80 on
(RFC 9110 §8.8.3), and aiohttp, which writes text as UTF-8, would make another of it.

In text such bytes stand as Python escapes them (PEP 383).
"""

from __future__ import annotations

import re
from typing import Any

import httpx
from aiohttp import http_writer
from httpx_aiohttp import AiohttpTransport
from multidict import CIMultiDict

_ESCAPED = re.compile("[\udc80-\udcff]")


class Transport(AiohttpTransport):
    """As the one that it is made of, but for headers whose bytes are no UTF-8."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        pairs = [(name.decode("ascii"), text(value)) for name, value in request.headers.raw]
        headers: Any = CIMultiDict(pairs)  # aiohttp takes it as it is, and httpx asks no more
        request.headers = headers
        return await super().handle_async_request(request)


def text(value: bytes) -> str:
    return value.decode("utf-8", "surrogateescape")


def octets(value: str) -> bytes:
    return value.encode("utf-8", "surrogateescape")


_serialized = http_writer._serialize_headers


def _serialized_as_octets(status_line: str, headers: CIMultiDict[str]) -> bytes:
    escaped = [(name, value) for name, value in headers.items() if _ESCAPED.search(value)]
    if not escaped:
        return _serialized(status_line, headers)
    others = CIMultiDict((name, x) for name, x in headers.items() if not _ESCAPED.search(x))
    lines = [octets(f"{name}: {value}\r\n") for name, value in escaped]
    if any(line[:-2].translate(None, _FORBIDDEN) != line[:-2] for line in lines):
        raise ValueError("a header with control characters")
    return b"".join((_serialized(status_line, others)[:-2], *lines, b"\r\n"))


_FORBIDDEN = bytes({*range(0x20), 0x7F} - {0x09})

http_writer._serialize_headers = _serialized_as_octets
