"""What was freed goes back to the machine."""

from __future__ import annotations

import ctypes
from contextlib import suppress

_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3  # as malloc.h of glibc has them
_LARGE = 1 << 20  # bytes; such a block is the machine's own, and goes back to it at once
_SPARE = 4 << 20  # bytes that may stay free behind all others


def prepare() -> None:
    """glibc takes the first large block that is freed for a sign that many come, and has them all
    from one heap from then on: after a few documents of ten megabytes that is full of holes. Others
    than glibc have no such rule, nor this function."""
    with suppress(OSError, AttributeError):
        mallopt = ctypes.CDLL(None).mallopt
        mallopt(_MMAP_THRESHOLD, _LARGE)
        mallopt(_TRIM_THRESHOLD, _SPARE)
