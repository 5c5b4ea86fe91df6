"""What a machine's kernel does in a tick: shares the CPU, enforces quotas and memory limits, counts all of it.

It knows cgroups and programs, no API objects and no kubelet: it kills a process and leaves the noticing to others.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from kube_headroom.simulator.kubelet import cgroups, memory
from kube_headroom.simulator.kubelet.bandwidth import PERIOD, Load, throttle
from kube_headroom.simulator.kubelet.runtime import Cgroup, Machine, RunningContainer, RunningPod

RateAt = Callable[[str], float]

SYSTEM_CORES = 0.04
"""What kubelet, runtime and daemons take on an empty machine."""
SYSTEM_CORES_PER_POD = 0.002
SYSTEM_BYTES = 400.0 * 2**20
_DAEMONS = (("/system.slice", 1.0), ("/system.slice/containerd.service", 0.4), ("/system.slice/kubelet.service", 0.5))
_WAKES_PER_IDLE_CORE = 1000.0
"""Background work comes in pieces of a millisecond."""
_QUEUEING = 0.05
"""Share of the time a runnable process waits for a core on a machine that is just full."""
_DISK_RATE = 200e6
"""Bytes per second that the disk takes."""


@dataclass(slots=True)
class _Sum:
    """What the pods under one parent cgroup did in a tick."""

    cores: float = 0.0
    rss: float = 0.0
    cache: float = 0.0
    unpressed: float = 1.0
    """The chance that nothing waited for a core."""
    tight: float = 0.0

    def add(self, other: _Sum) -> None:
        """Take the sum of another parent in."""
        self.cores += other.cores
        self.rss += other.rss
        self.cache += other.cache
        self.unpressed *= other.unpressed
        self.tight = max(self.tight, other.tight)


class Kernel:
    """One machine's kernel; call `run` once per tick, before the kubelet looks at the processes."""

    def __init__(self, machine: Machine, chance: random.Random) -> None:
        """Take a machine and a stream of chance of its own, such as `world.chance("kernel", machine.name)`."""
        self._machine = machine
        self._random = chance.random

    def run(self, now: float, seconds: float, rate_at: RateAt) -> None:
        """Let everything on the machine run for the `seconds` before `now`.

        `rate_at` tells the requests per second that arrive at a pod's uid. Marks processes killed for memory with
        `oom_killed`; those stand still until the kubelet takes them away.
        """
        machine = self._machine
        if not machine.powered:
            return
        root = machine.cgroups.get(cgroups.ROOT)
        if root is None or root.created != machine.boot:
            # The machine was just made or booted again.
            machine.cgroups = {path: Cgroup(path=path, created=machine.boot) for path in cgroups.parent_paths(machine)}
        rates = [rate_at(uid) for uid in machine.pods]
        pods = list(machine.pods.values())
        loads = [self._loads(pod, now, rate) for pod, rate in zip(pods, rates, strict=True)]
        system = min(machine.cores, SYSTEM_CORES + SYSTEM_CORES_PER_POD * len(pods))
        # The system's daemons have more weight than any pod and want little: they are served first.
        busy = share_out([load for each in loads for load in each], machine.cores - system) / machine.cores
        sums = {"Guaranteed": _Sum(), "Burstable": _Sum(), "BestEffort": _Sum()}
        for pod, rate, wanted in zip(pods, rates, loads, strict=True):
            waiting = self._account(pod, wanted, seconds, busy)
            for load in wanted:
                memory.grow(load.container, rate, now, seconds)
                if load.container.program.disk_growth:
                    self._write(pod, load.container, seconds)
            memory.gather(pod)
            tight = self._press(pod, seconds) if machine.cgroup_v2 else 0.0
            cgroup = pod.cgroup
            total = sums[pod.quality]
            total.cores += cgroup.granted
            total.rss += cgroup.rss
            total.cache += cgroup.cache
            total.unpressed *= 1.0 - waiting
            total.tight = max(total.tight, tight)
        self._sum_up(sums, system, seconds)
        memory.reclaim(machine, machine.cgroups[cgroups.ROOT].rss)

    def _loads(self, pod: RunningPod, now: float, rate: float) -> list[Load]:
        """Tell what a pod's processes want, and grant as much of it as their quotas allow."""
        loads, granted = [], 0.0
        for container in pod.containers.values():
            if not container.oom_killed:
                loads.append(self._load(container, now, rate))
                granted += container.cgroup.granted
        quota = pod.cgroup.quota
        if quota is not None and granted > quota:
            for load in loads:
                load.container.cgroup.granted *= quota / granted
        return loads

    def _load(self, container: RunningContainer, now: float, rate: float) -> Load:
        program, cgroup = container.program, container.cgroup
        if now - container.started < program.start_seconds:
            demand = program.cpu_start_cores
            wakes = demand * _WAKES_PER_IDLE_CORE
        else:
            demand = program.cpu_idle_cores
            wakes = demand * _WAKES_PER_IDLE_CORE
            if program.cpu_per_request:
                demand += program.cpu_per_request * rate
                wakes += rate
        swing, spread = _variation(program.burstiness)
        demand *= 1.0 + swing * (2.0 * self._random() - 1.0)
        width = min(program.threads, self._machine.cores)
        demand = min(demand, width)
        quota = cgroup.quota
        cgroup.wanted = demand
        cgroup.granted = demand if quota is None or demand < quota else quota
        active = 1.0 - math.exp(-PERIOD * wakes) if wakes < 100 else 1.0
        return Load(container, demand / active if active else 0.0, active, spread, width)

    def _account(self, pod: RunningPod, loads: Sequence[Load], seconds: float, busy: float) -> float:
        """Count what a pod's processes got and how long they stood still; returns the share in which one waited."""
        cgroup = pod.cgroup
        limited = cgroup.quota is not None
        for load in loads:
            limited = limited or load.container.cgroup.quota is not None
        if limited:
            throttle(cgroup, loads, seconds, self._random)
        wanted = granted = 0.0
        running = standing = 1.0
        queueing = _QUEUEING * busy * busy
        for load in loads:
            own = load.container.cgroup
            wanted += own.wanted
            granted += own.granted
            own.cpu_seconds += own.granted * seconds
            stopped = load.stopped / seconds
            waiting = stopped + (1.0 - stopped) * min(1.0, load.active * (load.starved + queueing))
            running *= 1.0 - waiting
            standing *= stopped
            if self._machine.cgroup_v2:
                own.cpu_waiting_seconds += waiting * seconds
                own.cpu_stalled_seconds += stopped * seconds
        cgroup.wanted, cgroup.granted = wanted, granted
        cgroup.cpu_seconds += granted * seconds
        if not loads or not self._machine.cgroup_v2:
            return 0.0
        cgroup.cpu_waiting_seconds += (1.0 - running) * seconds
        cgroup.cpu_stalled_seconds += standing * seconds
        return 1.0 - running

    def _write(self, pod: RunningPod, container: RunningContainer, seconds: float) -> None:
        """Let a program write to its pod's disk, and count the time it waits for it."""
        written = container.program.disk_growth * seconds
        memory.write(self._machine, pod, written)
        if self._machine.cgroup_v2:
            waiting = min(seconds, written / _DISK_RATE)
            container.cgroup.io_waiting_seconds += waiting
            pod.cgroup.io_waiting_seconds += waiting

    def _press(self, pod: RunningPod, seconds: float) -> float:
        """Count a pod's memory pressure, which only cgroup v2 tells; returns how tight it is."""
        tightest = memory.tightness(pod.cgroup) if pod.cgroup.memory_limit is not None else 0.0
        for container in pod.containers.values():
            if container.cgroup.memory_limit is not None:
                tight = memory.tightness(container.cgroup)
                if tight:
                    memory.press(container.cgroup, tight, seconds)
                    tightest = max(tightest, tight)
        if tightest:
            memory.press(pod.cgroup, tightest, seconds)
        return tightest

    def _sum_up(self, sums: dict[str, _Sum], system: float, seconds: float) -> None:
        """Count everything in the parents of the pods' cgroups, which outlive them, and in the system's."""
        machine = self._machine
        daemons = _Sum(cores=system, rss=SYSTEM_BYTES * 0.7, cache=SYSTEM_BYTES * 0.3)
        everything = _Sum()
        everything.add(sums["Burstable"])
        everything.add(sums["BestEffort"])
        everything.add(sums["Guaranteed"])
        # Guaranteed pods have no parent of their own: theirs is that of all.
        counted = {
            cgroups.parent_path(machine, "Burstable"): sums["Burstable"],
            cgroups.parent_path(machine, "BestEffort"): sums["BestEffort"],
            cgroups.parent_path(machine, "Guaranteed"): everything,
            **{path: _Sum(system * share, daemons.rss * share, daemons.cache * share) for path, share in _DAEMONS},
        }
        root = replace(everything)
        root.add(daemons)
        counted[cgroups.ROOT] = root
        for path, total in counted.items():
            cgroup = machine.cgroups[path]
            cgroup.granted = total.cores
            cgroup.cpu_seconds += total.cores * seconds
            memory.hold(cgroup, total.rss, total.cache)
            if machine.cgroup_v2:
                cgroup.cpu_waiting_seconds += (1.0 - total.unpressed) * seconds
                memory.press(cgroup, total.tight, seconds)


@lru_cache(maxsize=1024)
def _variation(burstiness: float) -> tuple[float, float]:
    """Return how far a tick's mean demand swings, and the standard deviation of the logarithm of a period's.

    The mean of a tick's ten periods varies less than they do, by the root of their number; even chances over a
    range reach the root of three deviations far.
    """
    return min(0.95, burstiness * math.sqrt(3.0 / 10.0)), max(0.02, math.sqrt(math.log1p(burstiness * burstiness)))


def share_out(loads: Sequence[Load], cores: float) -> float:
    """Cut what was granted to what `cores` allow, by weight; returns the cores in use.

    Whoever wants less than its share leaves the rest to the others, as the kernel's fair scheduler does.
    """
    total = sum(load.container.cgroup.granted for load in loads)
    if total <= cores:
        return total
    left, weight = cores, sum(load.container.cgroup.weight for load in loads)
    for load in sorted(loads, key=lambda each: each.container.cgroup.granted / each.container.cgroup.weight):
        cgroup = load.container.cgroup
        allowed = left * cgroup.weight / weight
        weight -= cgroup.weight
        if cgroup.granted > allowed:
            load.starved = 1.0 - allowed / cgroup.granted
            load.demand *= allowed / cgroup.granted
            cgroup.granted = allowed
        left -= cgroup.granted
    return cores
