"""The score sheet of a week's polling, by a server that keeps score of its reader's manners.

    python benchmarks/etiquette.py

Exit status 1 if a criterion was not met.
"""

import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from etiquette import as_text, sheet, week  # noqa: E402


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="etiquette-") as folder:
        publisher = week(Path(folder))
    print(as_text(publisher))
    return any(mark.against for mark in sheet(publisher))


if __name__ == "__main__":
    sys.exit(main())
