"""stdin, stdout and stderr as they may come: closed, or in an encoding that knows no Chinese."""

from __future__ import annotations

import os
import sys

_UTF8 = ["-X", "utf8"]


def prepare() -> None:
    """After this all three are there, and no text is one that they cannot take."""
    # LC_ALL=C with Python's own remedies switched off: no file could be called 财经.atom.
    if sys.getfilesystemencoding() == "ascii" and sys.orig_argv[1:3] != _UTF8:
        os.execv(sys.executable, [sys.executable, *_UTF8, *sys.orig_argv[1:]])
    # A stream that is closed leaves its number to the next file that is opened: the store, say.
    # What is written to a closed stdout is lost, and must fail; what goes to stderr may be.
    for number, mode in ((0, os.O_RDONLY), (1, os.O_RDONLY), (2, os.O_WRONLY)):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, mode)  # the lowest number that is free is this one
    sys.stdin = sys.stdin or open(0, closefd=False)  # noqa: SIM115
    sys.stdout = sys.stdout or open(1, "w", closefd=False)  # noqa: SIM115
    sys.stderr = sys.stderr or open(2, "w", closefd=False)  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]


def unicode_out() -> bool:
    """Whether stdout takes every character: JSON has escapes of its own where it does not."""
    return sys.stdout.encoding.lower().replace("-", "") == "utf8"


def close_stdout() -> None:
    """What is still to be written goes nowhere, so that Python does not complain at its end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
