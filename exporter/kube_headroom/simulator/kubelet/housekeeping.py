"""What cAdvisor remembers of the cgroups: readings taken now and then, each cgroup at moments of its own."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from operator import attrgetter
from typing import Literal, NamedTuple

from kube_headroom.simulator.kubelet.cgroups import SANDBOX_CORE_SECONDS, container_path
from kube_headroom.simulator.kubelet.memory import PAUSE_BYTES
from kube_headroom.simulator.kubelet.runtime import Cgroup, Machine, RunningContainer, RunningPod
from kube_headroom.simulator.world import World

INTERVAL = 10.0
LONGEST_INTERVAL = 15.0
"""Seconds between two readings, up to twice as many by chance (cadvisor_linux.go and cAdvisor's manager/container.go)."""
BIRTH = 0.35
"""Seconds from a cgroup's creation to its first reading, measured."""

_PAGE = 4096

RowKind = Literal["parent", "pod", "pause", "container", "unknown"]


class Reading(NamedTuple):
    """What a cgroup's files said at a moment."""

    at: float
    cpu_seconds: float
    periods: int
    throttled_periods: int
    throttled_seconds: float
    cpu_waiting_seconds: float
    cpu_stalled_seconds: float
    memory_waiting_seconds: float
    memory_stalled_seconds: float
    io_waiting_seconds: float
    io_stalled_seconds: float
    working_set: float
    rss: float
    cache: float
    peak: float


_files: Callable[[Cgroup], tuple[float, ...]] = attrgetter(*Reading._fields[2:])


@dataclass(slots=True)
class Row:
    """One cgroup as cAdvisor knows it."""

    kind: RowKind
    cgroup: Cgroup
    pod: RunningPod | None
    container: RunningContainer | None
    due: float
    interval: float = INTERVAL
    latest: Reading | None = None
    previous: Reading | None = None


class _Seen(NamedTuple):
    """A pod when its cgroups were last looked for, and the paths of all its rows."""

    pod: RunningPod
    containers: list[RunningContainer]
    paths: tuple[str, ...]


class Housekeeping:
    """One kubelet's cAdvisor: `step` after the kernel and the kubelet in each tick, then `rows` are what pages show."""

    def __init__(self, machine: Machine, chance: random.Random) -> None:
        """Take a machine and a stream of chance of its own, such as `world.chance("housekeeping", machine.name)`."""
        self._machine = machine
        self._random = chance.random
        self._began = machine.boot, machine.kubelet_started
        self._rows: dict[str, Row] = {}
        self._pods: dict[str, _Seen] = {}

    def step(self, now: float) -> None:
        """Find new cgroups, forget the vanished at once, and read those that are due.

        A kubelet that was started again remembers nothing.
        """
        machine = self._machine
        if not machine.powered:
            return
        if (machine.boot, machine.kubelet_started) != self._began:
            self._began = machine.boot, machine.kubelet_started
            self._rows.clear()
            self._pods.clear()
        self._discover()
        for row in self._rows.values():
            if row.due <= now:
                self._read(row, now)

    def rows(self) -> Iterator[tuple[Row, Reading]]:
        """Yield the cgroups that were read at least once, with their latest reading; the machine's parents first."""
        for row in self._rows.values():
            if row.latest is not None:
                yield row, row.latest

    def pod_rows(self, uid: str) -> list[Row]:
        """Return the rows of a pod: its own, its sandbox's and its containers'."""
        seen = self._pods.get(uid)
        return [self._rows[path] for path in seen.paths] if seen else []

    def usage(self, uid: str) -> dict[str, tuple[float, float]] | None:
        """Return each container's cores over the last window and its working set in bytes, as metrics-server does.

        None while any of the pod's containers lacks two readings, for then metrics-server leaves the pod out.
        """
        pod = self._machine.pods.get(uid)
        if pod is None or not self._machine.up:
            return None
        found = {}
        for row in self.pod_rows(uid):
            if row.container is None:
                continue
            if row.latest is None or row.previous is None:
                return None
            seconds = row.latest.at - row.previous.at
            found[row.container.name] = (
                (row.latest.cpu_seconds - row.previous.cpu_seconds) / seconds,
                row.latest.working_set,
            )
        return found if found.keys() == pod.containers.keys() and found else None

    def fresh(self, row: Row, now: float) -> Reading:
        """Return a reading taken now, past cAdvisor, as the container runtime gives it."""
        return Reading(now, row.cgroup.cpu_seconds, *_files(row.cgroup))  # type: ignore[arg-type]  # in the fields' order

    def _discover(self) -> None:
        if not self._rows:
            for cgroup in self._machine.cgroups.values():
                self._add("parent", cgroup)
        current, known = self._machine.pods, self._pods
        for uid, pod in current.items():
            containers = list(pod.containers.values())
            seen = known.get(uid)
            if seen is None or seen.containers != containers or seen.pod is not pod:
                known[uid] = self._renew(pod, seen, containers)
        if len(known) > len(current):
            for uid in [uid for uid in known if uid not in current]:
                for path in known.pop(uid).paths:
                    self._rows.pop(path, None)

    def _renew(self, pod: RunningPod, seen: _Seen | None, containers: list[RunningContainer]) -> _Seen:
        """Bring a pod's rows in line with its cgroups."""
        sandbox = container_path(self._machine, pod.cgroup.path, pod.sandbox_id)
        paths = (pod.cgroup.path, sandbox, *(each.cgroup.path for each in containers))
        if seen is not None:
            for path in seen.paths:
                # A new sandbox has new cgroups, by the pod's old path too.
                if path not in paths or seen.pod is not pod:
                    self._rows.pop(path, None)
        if pod.cgroup.path not in self._rows:
            self._add("pod", pod.cgroup, pod)
            pause = Cgroup(path=sandbox, created=pod.cgroup.created, cpu_seconds=SANDBOX_CORE_SECONDS)
            pause.rss = pause.working_set = pause.peak = PAUSE_BYTES
            self._add("pause", pause, pod)
        for container in containers:
            if container.cgroup.path not in self._rows:
                self._add("container", container.cgroup, pod, container)
        return _Seen(pod, containers, paths)

    def _add(
        self, kind: RowKind, cgroup: Cgroup, pod: RunningPod | None = None, container: RunningContainer | None = None
    ) -> None:
        self._rows[cgroup.path] = Row(kind, cgroup, pod, container, due=cgroup.created + BIRTH * (1 + self._random()))

    def _read(self, row: Row, now: float) -> None:
        """Read a cgroup at the moment it was due, which may lie inside the tick that ended."""
        cgroup = row.cgroup
        # A kubelet that was just started reads what is due since long now.
        at = max(row.due, now - 1.0 + self._random() * 0.5) if row.due < now - 1.0 else row.due
        last = row.latest
        cpu = cgroup.cpu_seconds - cgroup.granted * (now - at)
        cpu = max(cpu, last.cpu_seconds if last else 0.0)
        row.previous, row.latest = last, Reading(at, cpu, *_files(cgroup))  # type: ignore[arg-type]  # in the fields' order
        if last is not None and last.cpu_seconds == cpu and abs(last.working_set - cgroup.working_set) < _PAGE:
            row.interval = min(LONGEST_INTERVAL, row.interval * 2)
        else:
            row.interval = INTERVAL
        row.due = at + row.interval * (1.0 + self._random())


class Housekeepings:
    """The part of the world that lets every node's cAdvisor read; acts after the kubelets."""

    def __init__(self, world: World) -> None:
        """Take a world; its machines may come and go."""
        self._world = world
        self._of: dict[str, Housekeeping] = {}

    def step(self, now: float) -> None:
        """Let a tick pass on every machine."""
        machines = self._world.machines
        if self._of.keys() != machines.keys():
            self._of = {name: self._of.get(name) or self._made(name) for name in machines}
        for housekeeping in self._of.values():
            housekeeping.step(now)

    def on(self, node: str) -> Housekeeping:
        """Return a node's cAdvisor; KeyError for a machine that is not there or has not had a tick yet."""
        return self._of[node]

    def usage(self, uid: str) -> dict[str, tuple[float, float]] | None:
        """Return a pod's usage by container, cores and bytes, as metrics-server knows it; None if it does not."""
        for housekeeping in self._of.values():
            found = housekeeping.usage(uid)
            if found is not None:
                return found
        return None

    def _made(self, node: str) -> Housekeeping:
        return Housekeeping(self._world.machines[node], self._world.chance("housekeeping", node))
