"""The one document that a command is about: a file, an address, or stdin."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from aggregator.cli.common import config_file, settings
from aggregator.errors import FetchError

if TYPE_CHECKING:
    from aggregator.app import Settings
    from aggregator.model import Response

_MOST = 100 * 1024 * 1024  # bytes of stdin: there may be no end to it


def document(what: str, given: Settings | None) -> Response:
    """What a file holds, an address answers, or stdin gives where it is `-`."""
    import asyncio

    from aggregator import online
    from aggregator.model import Response

    if what == "-":
        return Response(url="", body=sys.stdin.buffer.read(_MOST))
    if _address(what):
        return asyncio.run(online.read(what, given))
    return Response(url="", body=_bytes(Path(what)))


def called(what: str) -> str:
    """As messages call it: without what an address keeps secret."""
    from aggregator.discretion import without_secrets

    return without_secrets(what) if _address(what) else what


def settings_or_none(path: Path | None) -> Settings | None:
    """The config, where there is one: commands about one document need none."""
    file = config_file(path)
    return settings(file) if file.exists() else None


def _address(what: str) -> bool:
    return what.startswith(("http://", "https://"))


def _bytes(file: Path) -> bytes:
    """Read here, not in a thread: whoever waits for a pipe is to be interrupted."""
    try:
        return file.read_bytes()
    except (OSError, ValueError) as error:
        why = (error.strerror or str(error)) if isinstance(error, OSError) else "no file's name"
        raise FetchError(f"{file}: {why.lower()}") from error
