"""Eviction: pods that filled their own room, and those that go when the node runs out of memory or disk."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from kube_headroom.resources import effective_limits, effective_requests, parse_quantity
from kube_headroom.simulator.controllers.quantities import NANOS, Quantity, pod_resources
from kube_headroom.simulator.kubelet import cgroups
from kube_headroom.simulator.kubelet.heartbeat import Heartbeat
from kube_headroom.simulator.kubelet.lifecycle import PodWorker
from kube_headroom.simulator.kubelet.node import Node
from kube_headroom.simulator.kubelet.runtime import Machine
from kube_headroom.simulator.kubelet.status import Outcome
from kube_headroom.simulator.store import Object

PERIOD_SECONDS = 10.0
TRANSITION_SECONDS = 300.0
"""evictionPressureTransitionPeriod: a pressure is told for this long after it was last seen."""
GRACE_SECONDS = 1.0
MEMORY_BYTES = 100 * 2**20
"""evictionHard memory.available."""
DISK_SHARE = 0.1
"""evictionHard nodefs.available."""
CRITICAL_PRIORITY = 2_000_000_000


class Signal(NamedTuple):
    """A resource of the node that can run out."""

    condition: str
    resource: str
    available: Callable[[Machine], float]
    threshold: Callable[[Machine], float]
    usage: Callable[[PodWorker], float]


def _memory_available(machine: Machine) -> float:
    root = machine.cgroups.get(cgroups.ROOT)
    return machine.memory_bytes - (root.working_set if root else 0.0)


def _memory_used(worker: PodWorker) -> float:
    return worker.running.cgroup.working_set if worker.running else 0.0


def _disk_used(worker: PodWorker) -> float:
    return worker.running.disk_bytes if worker.running else 0.0


SIGNALS = (
    Signal("MemoryPressure", "memory", _memory_available, lambda _: float(MEMORY_BYTES), _memory_used),
    Signal(
        "DiskPressure",
        "ephemeral-storage",
        lambda machine: machine.disk_bytes - machine.disk_used,
        lambda machine: machine.disk_bytes * DISK_SHARE,
        _disk_used,
    ),
)
"""By the kubelet's priority."""


class Eviction:
    """One node's eviction manager; looks every 10 s and ends at most one pod for the node's sake."""

    def __init__(self, node: Node, workers: Mapping[str, PodWorker], heartbeat: Heartbeat) -> None:
        self._node = node
        self._workers = workers
        self._heartbeat = heartbeat
        self._seen: dict[str, float] = {}
        node.schedule(node.now + node.chance.uniform(0.0, PERIOD_SECONDS), self._look, 0)

    def _look(self, now: float, _turn: int) -> None:
        self._node.schedule(now + PERIOD_SECONDS, self._look, 0)
        machine = self._node.machine
        met = [signal for signal in SIGNALS if signal.available(machine) < signal.threshold(machine)]
        for signal in met:
            self._seen[signal.condition] = now
        pressures = frozenset(kind for kind, at in self._seen.items() if now - at < TRANSITION_SECONDS)
        if pressures != self._heartbeat.pressures:
            self._heartbeat.changed(pressures)
        active = [worker for worker in self._workers.values() if worker.running is not None and not worker.stopping]
        crowded = [(worker, excess) for worker in active if (excess := _own_excess(worker))]
        for worker, message in crowded:
            self._evict(worker, Outcome("Evicted", message))
        if met and not crowded:
            self._relieve(met[0], active)

    def _relieve(self, signal: Signal, active: list[PodWorker]) -> None:
        """End the pod that exceeds its request, matters least and exceeds it most."""
        node = self._node.object
        if node is not None:
            message = f"Attempting to reclaim {signal.resource}"
            self._node.record(node, ("Warning", "EvictionThresholdMet", message))

        def rank(worker: PodWorker) -> tuple[bool, int, float]:
            request = effective_requests(pod_resources(worker.pod), minor=36).get(signal.resource, 0) / NANOS
            over = signal.usage(worker) - request
            return over <= 0, int(worker.pod["spec"].get("priority") or 0), -over

        for worker in sorted(active, key=rank):
            if self._evict(worker, Outcome("Evicted", self._message(signal, worker), disruption=True)):
                return

    def _message(self, signal: Signal, worker: PodWorker) -> str:
        machine = self._node.machine
        threshold, available = signal.threshold(machine), signal.available(machine)
        quantities = f"Threshold quantity: {_bytes(threshold)}, available: {_kibibytes(available)}. "
        parts = [f"The node was low on resource: {signal.resource}. ", quantities]
        for container in worker.containers:
            if signal.resource != "memory" or container.process is None:
                continue
            used = container.process.cgroup.working_set
            asked = ((container.spec.get("resources") or {}).get("requests") or {}).get("memory", "0")
            if used > parse_quantity(asked) / NANOS:
                parts.append(
                    f"Container {container.name} was using {_kibibytes(used)}, request is {asked}, "
                    f"has larger consumption of memory. "
                )
        return "".join(parts)

    def _evict(self, worker: PodWorker, outcome: Outcome) -> bool:
        """End a pod unless it is critical; returns whether it does end."""
        if worker.static or int(worker.pod["spec"].get("priority") or 0) >= CRITICAL_PRIORITY:
            return False
        self._node.record(worker.pod, ("Warning", "Evicted", outcome.message))
        worker.stop(GRACE_SECONDS, outcome)
        return True


def _own_excess(worker: PodWorker) -> str:
    """Return the message of a pod that uses more of the disk than it may, "" if it does not.

    A pod writes to one place: its first emptyDir, if it has one.
    """
    used = _disk_used(worker)
    if not used:
        return ""
    for volume in worker.pod["spec"].get("volumes") or ():
        empty: Object | None = volume.get("emptyDir")
        if empty is not None:
            limit = empty.get("sizeLimit")
            if limit and used > parse_quantity(limit) / NANOS:
                return f'Usage of EmptyDir volume "{volume["name"]}" exceeds the limit "{limit}". '
            break
    allowed = effective_limits(pod_resources(worker.pod), minor=36).get("ephemeral-storage")
    if allowed is not None and used > allowed / NANOS:
        return f"Pod ephemeral local storage usage exceeds the total limit of containers {_bytes(allowed / NANOS)}. "
    return ""


def _bytes(amount: float) -> str:
    return str(Quantity(int(amount) * NANOS, "BinarySI"))


def _kibibytes(amount: float) -> str:
    """Return bytes as a cgroup reports them: in pages."""
    return str(Quantity(int(amount) // 4096 * 4096 * NANOS, "BinarySI"))
