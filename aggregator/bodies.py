"""The body of an answer, unpacked as it comes and never larger than it may be.

To add a coding: a class that unpacks at most so many bytes at a call, and a line in ENCODINGS.
"""

from __future__ import annotations

import sys
import zlib
from collections.abc import Awaitable, Callable
from typing import Any, Protocol

import brotli
import httpx

from aggregator.errors import FetchError

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

Enlarge = Callable[[], Awaitable[None]]  # comes back when there is room for a large body

ACCEPTED = "gzip, br, zstd"
_LARGE = 512 * 1024  # few bodies are larger
_WINDOW: dict[int, int] = {
    zstd.DecompressionParameter.window_log_max: 23,  # 8 MB, the most that RFC 9659 allows
}
_ZSTD = (b"\x28\xb5\x2f\xfd", *(bytes([n]) + b"\x2a\x4d\x18" for n in range(0x50, 0x60)))
_DAMAGED = (zlib.error, zstd.ZstdError, brotli.error, EOFError)
_PACKING = 64 * 1024  # more than noise gains by being packed
_CONTROLS = bytes({*range(32)} - {*b"\t\n\r"})


async def read(answer: httpx.Response, max_size: int, enlarge: Enlarge) -> bytes:
    """The body, unpacked; never more than `max_size` of it in memory, whatever was sent, and more
    than `_LARGE` only when `enlarge` has come back."""
    encoding = answer.headers.get("content-encoding", "").strip().lower()
    if encoding not in _ENCODINGS:
        raise FetchError(f"packed as {encoding[:40]!r}, which was not asked for")
    unpack = _ENCODINGS[encoding]()
    body = bytearray()
    came = 0  # bytes, as they were sent: what unpacks to nothing is no less endless
    large = False
    try:
        async for chunk in answer.aiter_raw():
            came += len(chunk)
            body += unpack(chunk, max_size + 1 - len(body))
            if len(body) > _LARGE and not large:
                await enlarge()
                large = True
            if len(body) > max_size or came > max_size + _PACKING:
                raise FetchError(
                    f"larger than {max_size:,} bytes; raise fetch.max_size if that is wanted"
                )
    except _DAMAGED as error:
        raise FetchError("the compressed body is damaged") from error
    if not unpack.whole:
        raise FetchError("the compressed body is cut short")
    return bytes(body)


class _Unpack(Protocol):
    """Called with what came and how much of it may come out; `whole` when nothing is missing."""

    whole: bool

    def __call__(self, data: bytes, most: int) -> bytes: ...


class _Plain:
    whole = True

    def __call__(self, data: bytes, most: int) -> bytes:
        return data[:most]


class _Packed:
    """gzip, several members of it as well (RFC 1952 §2.2), zlib, or bare deflate. Not
    httpx's decoder: a chunk of 16 kB unpacks to 16 MB, and one that was packed twice to 16 GB,
    before anybody could count."""

    whole = True

    def __init__(self) -> None:
        self._member: Any = None
        self._ended = False  # the first member
        self._read: Callable[[bytes, int], bytes] = self._unpack

    def __call__(self, data: bytes, most: int) -> bytes:
        return self._read(data, most)

    def _unpack(self, data: bytes, most: int) -> bytes:
        found = b""
        while data and len(found) < most:
            if self._member is None:
                if self._ended and data[0] != 0x1F:  # padding behind the last member
                    self._read = _nothing
                    break
                bits = 47 if data[0] == 0x1F or data[0] & 0x0F == 8 else -15
                if bits < 0 and _written(data):  # said to be packed, and is not
                    self._read = _Plain()
                    return data[:most]
                self._member = zlib.decompressobj(bits)
            found += self._member.decompress(data, most - len(found))
            self.whole = self._member.eof
            if not self.whole:
                break
            data = self._member.unused_data
            self._member, self._ended = None, True
        return found


class _Brotli:
    """RFC 7932. It has no mark to begin with, so what is not packed at all shows as damaged."""

    def __init__(self) -> None:
        self.whole = True
        self._stream = brotli.Decompressor()
        self._begun = False
        self._read: Callable[[bytes, int], bytes] = self._unpack

    def __call__(self, data: bytes, most: int) -> bytes:
        return self._read(data, most)

    def _unpack(self, data: bytes, most: int) -> bytes:
        begun, self._begun = self._begun, True
        try:
            found = self._bounded(data, most)
        except brotli.error:
            if begun or data.lstrip()[:1] not in (b"<", b"{"):
                raise
            self._read, self.whole = _Plain(), True  # said to be packed, and is not
            return data[:most]
        self.whole = self._stream.is_finished()
        if self.whole:
            self._read = _nothing
        return found

    def _bounded(self, data: bytes, most: int) -> bytes:
        found: bytes = self._stream.process(data, output_buffer_limit=most)
        while len(found) < most and not self._stream.can_accept_more_data():
            found += self._stream.process(b"", output_buffer_limit=most - len(found))
        return found


class _Zstd:
    """RFC 8878, several frames of it as well. A frame may ask for no larger window than RFC 9659
    grants: the window is memory, too."""

    def __init__(self) -> None:
        self.whole = True
        self._frame: Any = None
        self._head = b""  # until there is enough of it to tell what it is
        self._read: Callable[[bytes, int], bytes] = self._begin

    def __call__(self, data: bytes, most: int) -> bytes:
        return self._read(data, most)

    def _begin(self, data: bytes, most: int) -> bytes:
        self._head += data
        self.whole = not self._head
        packed = self._head.startswith(_ZSTD)
        if len(self._head) < 4 and any(mark.startswith(self._head) for mark in _ZSTD):
            return b""
        self._read = self._unpack if packed else _Plain()  # said to be packed, and is not
        self.whole = True
        return self._read(self._head, most)

    def _unpack(self, data: bytes, most: int) -> bytes:
        found = b""
        while len(found) < most:
            if self._frame is None:
                if not data:
                    break
                self._frame = zstd.ZstdDecompressor(options=_WINDOW)
            found += self._frame.decompress(data, most - len(found))
            self.whole = self._frame.eof
            if self.whole:
                data, self._frame = self._frame.unused_data, None
            elif self._frame.needs_input:
                break
            else:
                data = b""
        return found


def _written(data: bytes) -> bool:
    """Whether it is a document as it stands, and not deflated without the header that RFC 9110
    §8.4.1.2 asks for, as some do."""
    if data.startswith((b"\xff", b"\xfe")):  # UTF-16; deflated, nothing begins like that
        return True
    return data[:1] in b"<{[ \t\r\n\xef" and not set(data[:64]) & set(_CONTROLS)


def _nothing(data: bytes, most: int) -> bytes:
    return b""


_ENCODINGS: dict[str, Callable[[], _Unpack]] = {
    "": _Plain,
    "identity": _Plain,
    "gzip": _Packed,
    "x-gzip": _Packed,
    "deflate": _Packed,
    "br": _Brotli,
    "zstd": _Zstd,
}
