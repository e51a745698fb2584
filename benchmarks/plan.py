"""What `aggregator plan` takes, by how much is stored and what was edited.

python benchmarks/plan.py [--categories 100] [--entries 1000] [--archive monthly]
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from datetime import timedelta
from pathlib import Path

import publish as filled

from aggregator import app, pipeline

EDITS = {
    "nothing": "",
    "one source": "s7, drop: 'title ~ \"Title [0-9]*7 \"'",
    "a word for all": "rules: {drop: 'text ~ \"(?i)Title [0-9]*77 \"'}\n",
    "all is dropped": "rules: {drop: title}\n",
}


def edited(text: str, edit: str) -> str:
    name, comma, more = edit.partition(",")
    if comma and name[1:].isdigit():
        return text.replace(f"categories: [c{name[1:]}],", f"categories: [c{name[1:]}],{more},")
    return text + edit


def measure(folder: Path) -> dict[str, object]:
    path = folder / "config.yaml"
    given = app.settings(path)
    begin = time.perf_counter()
    found = app.planned(given, app.rule_lines(path, given), most=10)
    return {
        "wall": time.perf_counter() - begin,
        "cpu": time.process_time(),
        "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "loses": sum(x["loses"]["count"] for x in found["outputs"]),
        "documents": found["documents"]["count"],
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--categories", type=int, default=100)
    parser.add_argument("--entries", type=int, default=1000)
    parser.add_argument("--archive", choices=["monthly", "none"], default="none")
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.folder:
        print(json.dumps(measure(asked.folder)))
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        filled.config(folder, asked.categories, ["atom"])
        path = folder / "config.yaml"
        text = path.read_text("utf-8").replace("archive: monthly", f"archive: {asked.archive}")
        path.write_text(text, "utf-8")
        filled.measure(folder, "fill", asked.categories, asked.entries)
        given = app.settings(path)
        store = app.open_store(given, exclusive=True)
        known = app.subscriptions(given, app.categories(given, store))
        pipeline.enrol(store, known, filled.NEWEST + timedelta(days=1))
        store.close()
        for edit, change in EDITS.items():
            path.write_text(edited(text, change), "utf-8")
            command = [sys.executable, __file__, "--folder", name]
            run = subprocess.run(command, capture_output=True, text=True, check=True)
            found = json.loads(run.stdout)
            print(
                f"{asked.categories} × {asked.entries}  {edit:<15} {found['loses']:>7} leave"
                f"  {found['documents']:>6} documents  {found['wall']:7.2f} s"
                f"  {found['cpu']:7.2f} s CPU  {found['peak']:6.0f} MB",
                flush=True,
            )


if __name__ == "__main__":
    main()
