"""The body of an answer, unpacked as it comes and never larger than it may be."""

from __future__ import annotations

import zlib
from collections.abc import Awaitable, Callable
from typing import Any

import httpx

from aggregator.errors import FetchError

Enlarge = Callable[[], Awaitable[None]]  # comes back when there is room for a large body

_LARGE = 512 * 1024  # few bodies are larger


async def read(answer: httpx.Response, max_size: int, enlarge: Enlarge) -> bytes:
    """The body, unpacked; never more than `max_size` of it in memory, whatever was sent, and more
    than `_LARGE` only when `enlarge` has come back."""
    encoding = answer.headers.get("content-encoding", "").strip().lower()
    if encoding not in _ENCODINGS:
        raise FetchError(f"packed as {encoding[:40]!r}, which was not asked for")
    unpack = _ENCODINGS[encoding]()
    body = bytearray()
    large = False
    try:
        async for chunk in answer.aiter_raw():
            body += unpack(chunk, max_size + 1 - len(body))
            if len(body) > _LARGE and not large:
                await enlarge()
                large = True
            if len(body) > max_size:
                raise FetchError(
                    f"larger than {max_size:,} bytes; raise fetch.max_size if that is wanted"
                )
    except zlib.error as error:
        raise FetchError("the compressed body is damaged") from error
    if not unpack.whole:
        raise FetchError("the compressed body is cut short")
    return bytes(body)


class _Plain:
    whole = True

    def __call__(self, data: bytes, most: int) -> bytes:
        return data[:most]


class _Packed:
    """gzip, several members of it as well (RFC 1952 §2.2), or zlib. Not httpx's decoder: a chunk of
    16 kB unpacks to 16 MB, and one that was packed twice to 16 GB, before anybody could count."""

    whole = True

    def __init__(self) -> None:
        self._member: Any = None
        self._read: Callable[[bytes, int], bytes] = self._unpack

    def __call__(self, data: bytes, most: int) -> bytes:
        return self._read(data, most)

    def _unpack(self, data: bytes, most: int) -> bytes:
        found = b""
        while data and len(found) < most:
            if self._member is None:
                if data[0] != 0x1F and data[0] & 0x0F != 8:  # said to be packed, and is not
                    self._read = _Plain()
                    return data[:most]
                self._member = zlib.decompressobj(47)
            found += self._member.decompress(data, most - len(found))
            self.whole = self._member.eof
            if not self.whole:
                break
            data = self._member.unused_data
            self._member = None
            if data and data[0] != 0x1F:  # padding behind the last member
                self._read = _nothing
                break
        return found


def _nothing(data: bytes, most: int) -> bytes:
    return b""


_ENCODINGS: dict[str, type[_Plain] | type[_Packed]] = {
    "": _Plain,
    "identity": _Plain,
    "gzip": _Packed,
    "x-gzip": _Packed,
    "deflate": _Packed,
}
