"""`aggregator inspect --json` for many files in one process.

Each line of stdin is {"file", "base", "headers"}; each is answered with one line: what inspect
prints for that file, or {"error": message} if it is no feed. Anything but a ParseError is our
bug and ends the process.
"""

import json
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from aggregator.errors import ParseError
from aggregator.inspection import inspect


def answer(asked: dict[str, Any]) -> dict[str, Any]:
    headers = {name.lower(): value for name, value in (asked.get("headers") or {}).items()}
    try:
        return inspect(
            Path(asked["file"]).read_bytes(), url=asked.get("base") or None, headers=headers
        )
    except ParseError as error:
        return {"error": str(error)}


def main() -> None:
    for line in sys.stdin:
        print(json.dumps(answer(json.loads(line))), flush=True)


if __name__ == "__main__":
    main()
