"""One command, run in a folder of its own: how long, how much CPU, how much memory at most.

CPU is that of the process and of all the children it waited for. Memory is sampled over all
processes of its session: the high-water mark of one process, the sum of the proportional sets
of several (what they share counts once). ru_maxrss is of no use here: after a fork it begins
with the size of the parent.
"""

import os
import signal
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_EVERY = 0.05  # seconds between two samples


@dataclass(frozen=True)
class Measurement:
    wall: float  # seconds
    cpu: float  # seconds
    peak: float  # megabytes
    status: int
    stdout: str
    stderr: str


def measured(
    command: Sequence[str], *, cwd: Path, env: Mapping[str, str], limit: float = 1800
) -> Measurement:
    """Killed after `limit` seconds, with all its children."""
    with (cwd / "stdout").open("w+") as out, (cwd / "stderr").open("w+") as err:
        began = time.perf_counter()
        running = subprocess.Popen(
            command,
            cwd=cwd,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=err,
            start_new_session=True,
        )
        peak = _Peak(running.pid)
        watchdog = threading.Timer(limit, os.killpg, (running.pid, signal.SIGKILL))
        peak.start()
        watchdog.start()
        try:
            _, status, usage = os.wait4(running.pid, 0)
            wall = time.perf_counter() - began
        except BaseException:  # interrupted: nothing stays behind
            os.killpg(running.pid, signal.SIGKILL)
            raise
        finally:
            watchdog.cancel()
            peak.stop()
        running.returncode = os.waitstatus_to_exitcode(status)
    return Measurement(
        wall=wall,
        cpu=usage.ru_utime + usage.ru_stime,
        peak=peak.kilobytes / 1024,
        status=running.returncode,
        stdout=(cwd / "stdout").read_text(),
        stderr=(cwd / "stderr").read_text(),
    )


class _Peak(threading.Thread):
    def __init__(self, session: int) -> None:
        super().__init__(daemon=True)
        self.session = session
        self.kilobytes = 0
        self.ended = threading.Event()

    def run(self) -> None:
        while not self.ended.wait(_EVERY):
            self.kilobytes = max(self.kilobytes, _memory_of(_processes_in(self.session)))

    def stop(self) -> None:
        self.ended.set()
        self.join()


def _processes_in(session: int) -> list[int]:
    numbers = (int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit())
    return [number for number in numbers if _session_of(number) == session]


def _session_of(process: int) -> int:
    try:
        return os.getsid(process)
    except OSError:  # gone since
        return 0


def _memory_of(processes: Sequence[int]) -> int:
    """In kilobytes."""
    if len(processes) == 1:
        return _field(processes[0], "status", "VmHWM:")
    return sum(_field(one, "smaps_rollup", "Pss:") for one in processes)


def _field(process: int, file: str, name: str) -> int:
    try:
        lines = Path(f"/proc/{process}/{file}").read_text().splitlines()
    except OSError:  # gone since
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith(name)), 0)
