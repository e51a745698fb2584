"""A disk that is really full: a small one of its own, in a namespace of its own."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
IN_A_NAMESPACE = ("unshare", "--map-root-user", "--mount", "sh", "-ec")
# $1 is where the disk is mounted, $2 where what happened is told.
LIFE = f"""
export PYTHONPATH={ROOT}
run() {{ {sys.executable} -m aggregator run --force -q; }}
mount -t tmpfs -o size=3m tmpfs "$1"; cp -r "$2/examples" "$2/config.yaml" "$1"; cd "$1"
run; cp -r feeds "$2/before"
sed -i 's/<title>/<title>Newly /' examples/feeds/harbour-times.xml
dd if=/dev/zero of=filler bs=1k 2>/dev/null || true
code=0; run 2>"$2/said" || code=$?; echo $code >"$2/code"; cp -r feeds "$2/full"
rm filler; run; cp -r feeds "$2/after"
"""


def documents(folder: Path) -> dict[str, bytes]:
    return {
        p.relative_to(folder).as_posix(): p.read_bytes()
        for p in sorted(folder.rglob("*"))
        if p.is_file()
    }


def may_mount() -> bool:
    try:
        return subprocess.run([*IN_A_NAMESPACE, "true"], check=False).returncode == 0
    except FileNotFoundError:
        return False


@pytest.mark.skipif(not may_mount(), reason="mounting a disk needs a namespace of our own")
def test_a_full_disk_is_told_harms_no_document_and_is_mended(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    shutil.copy(ROOT / "config.yaml", tmp_path)
    (tmp_path / "disk").mkdir()

    subprocess.run([*IN_A_NAMESPACE, LIFE, "sh", tmp_path / "disk", tmp_path], check=True)

    before, after = documents(tmp_path / "before"), documents(tmp_path / "after")
    assert (tmp_path / "code").read_text() == "1\n"
    said = (tmp_path / "said").read_text()
    assert "make room on the disk" in said and len(said.splitlines()) == 1
    assert documents(tmp_path / "full") == before
    assert after.keys() == before.keys()
    assert b"Newly" in after["all.atom"]
