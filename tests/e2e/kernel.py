"""What a node's kernel itself says of its pods: cgroup files and the log of OOM kills, read past the kubelet."""

import os
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path

from tests.e2e.cgroups import accounting

Cgroup = tuple[str, str]
"""A pod's uid, and the id of one of its containers or "" for the pod's own cgroup."""
Figures = dict[str, float]
"""Seconds and counts since the cgroup was made, by name."""

# File, first word of its line (none where the line is the number) -> figure, factor.
COUNTERS = {
    ("cpu.stat", "nr_periods"): ("periods", 1.0),
    ("cpu.stat", "nr_throttled"): ("throttled_periods", 1.0),
    ("cpu.stat", "throttled_usec"): ("throttled_seconds", 1e-6),
    ("cpu.stat", "throttled_time"): ("throttled_seconds", 1e-9),
    ("cpu.stat", "usage_usec"): ("cpu_seconds", 1e-6),
    ("cpuacct.usage", ""): ("cpu_seconds", 1e-9),
    ("memory.events", "oom_kill"): ("oom_kills", 1.0),
    ("memory.oom_control", "oom_kill"): ("oom_kills", 1.0),
    **{
        (f"{resource}.pressure", share): (f"{resource}_{word}_seconds", 1e-6)
        for resource in ("cpu", "memory", "io")
        for share, word in (("some", "waiting"), ("full", "stalled"))
    },
}
FILES = tuple(dict.fromkeys(name for name, _ in COUNTERS))

PATH = re.compile(r"/pod(?P<uid>[0-9a-f-]{36})(?:/(?P<container>[0-9a-f]{64}))?/(?P<file>[a-z.]+[a-z_]*)$")
KILL = re.compile(r"oom-kill:.*task_memcg=\S*/pod([0-9a-f-]{36})/([0-9a-f]{64})")


def read_cgroups(name: str) -> Iterator[str]:
    """The lines of the figures' files below `name` in every hierarchy that kubelets read, each as PATH:LINE."""
    for mount in accounting():
        # Not a glob, which fails on what goes away meanwhile.
        for folder, _, files in os.walk(mount / name):
            for file in FILES:
                if file in files:
                    yield from _lines(Path(folder, file))


def cgroup_figures(lines: Iterable[str]) -> dict[Cgroup, Figures]:
    """The figures of each cgroup of a pod or a container, from lines PATH:LINE."""
    found: dict[Cgroup, Figures] = defaultdict(dict)
    for line in lines:
        path, _, content = line.partition(":")
        place = PATH.search(path)
        if place:
            word, _, rest = content.rpartition(" ")
            word = content.split()[0] if "total=" in content else word
            known = COUNTERS.get((place["file"], word))
            if known:
                figure, factor = known
                found[place["uid"], place["container"] or ""][figure] = float(rest.removeprefix("total=")) * factor
    return dict(found)


def oom_kills(log: str) -> Counter[Cgroup]:
    """How often the kernel's log says that it killed a task for its cgroup's memory, by the task's container."""
    return Counter((found[1], found[2]) for found in KILL.finditer(log))


def _lines(path: Path) -> Iterator[str]:
    try:
        text = path.read_text()
    except OSError:
        return  # the cgroup has just gone
    for line in text.splitlines():
        yield f"{path}:{line}"
