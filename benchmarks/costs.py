"""What a process and its children cost, as the kernel counts it (proc(5)): CPU seconds and bytes."""

from __future__ import annotations

import os
import re
from contextlib import suppress
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")
MALLOC = dict(re.findall(r"((?:MALLOC|GLIBC)_\w+)=(\S+)", (Path(__file__).parent.parent / "Dockerfile").read_text()))
"""What the image tells the allocator."""
USER_TIME, CHILDREN_SYSTEM_TIME = 11, 14  # fields of /proc/PID/stat after the name, counted from 0


def tree(pid: int) -> list[int]:
    """The process and all that descend from it."""
    found = [pid]
    for parent in found:
        for task in Path(f"/proc/{parent}/task").iterdir():
            with suppress(FileNotFoundError):
                found.extend(map(int, (task / "children").read_text().split()))
    return found


def cpu_seconds(pid: int) -> float:
    """User and system time of the whole tree, of children that have ended too."""
    ticks = 0
    for one in tree(pid):
        fields = Path(f"/proc/{one}/stat").read_text().rpartition(")")[2].split()
        ticks += sum(map(int, fields[USER_TIME : CHILDREN_SYSTEM_TIME + 1]))
    return ticks / TICKS


def peak_bytes(pid: int) -> int:
    """The largest resident size each process ever had, summed."""
    return sum(_kilobytes(one, "status", "VmHWM") for one in tree(pid)) * 1024


def resident_bytes(pid: int) -> list[int]:
    """The resident size now of each process of the tree, the parent first."""
    return [_kilobytes(one, "status", "VmRSS") * 1024 for one in tree(pid)]


def settled_bytes(pid: int) -> int:
    """The proportional resident size now: what processes share counts once."""
    return sum(_kilobytes(one, "smaps_rollup", "Pss") for one in tree(pid)) * 1024


def anonymous_bytes() -> int:
    """This process' own memory without mapped files."""
    return _kilobytes(os.getpid(), "status", "RssAnon") * 1024


def _kilobytes(pid: int, file: str, field: str) -> int:
    for line in Path(f"/proc/{pid}/{file}").read_text().splitlines():
        if line.startswith(f"{field}:"):
            return int(line.split()[1])
    raise LookupError(f"/proc/{pid}/{file} has no {field}")
