"""What really happened in a simulated world: its kernels' books and its objects, and what may be counted of it by now.

Nothing of the exporter is used here but the names of its series.
"""

from __future__ import annotations

from collections import Counter, defaultdict, deque
from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

from kube_headroom.catalogue import batch, usage, workloads
from kube_headroom.simulator.kubelet.runtime import Machine
from kube_headroom.simulator.store import Change, Object, controller
from kube_headroom.simulator.world import World

LAG = 75.0
"""Seconds until what a readable node counted is on the page: its rows are up to 30 s old, a page is read every 33 s."""
RETRY = 150.0
"""Seconds after which a node that broke is surely read again: three slots of 30 s may pass by, and a request waits."""
SAMPLE_SECONDS = 5
STATUSES = ("initContainerStatuses", "containerStatuses")
PROBE_NAMES = {"Startup": "startup", "Readiness": "readiness", "Liveness": "liveness"}
UNTOLD = "unknown"
"""The reason of ends that the API shows no trace of; nobody can say how many there were."""
AFTER_REBOOT, OTHER = "Unknown", "other"
"""What containerd says of a container that a reboot ended, and how that is counted."""
REST = "_unmeasured"
"""The container that stands for those too short-lived to have rows."""

Series = tuple[str, ...]
"""A metric's name and its labels' values without the workload's kind."""
Values = tuple[float, float]

COUNTED = (
    usage.CPU_USAGE,
    usage.CPU_THROTTLED,
    usage.CFS_THROTTLED_SECONDS,
    usage.PROBES,
    usage.PROBE_FAILURES,
    workloads.CONTAINER_RESTARTS,
    workloads.CONTAINER_TERMINATIONS,
    workloads.EVICTIONS,
    batch.JOBS_FINISHED,
    batch.JOBS_FAILED,
)
"""What the reference knows."""


class Meter(NamedTuple):
    """Something that counts until it ends: a cgroup (CPU and throttled seconds), a probe (successes and failures).

    `run` is the container's id, or when the pod's cgroup was made or the kubelet started; `container` is "" for a
    pod's own cgroup.
    """

    node: str
    uid: str
    container: str
    kind: str
    run: str


class Bounds(NamedTuple):
    """Between what a counter must be by now."""

    least: float
    most: float


class Reference:
    """A part of a world, its last one: knows from its making on what was counted; `settle` ends an exporter's start."""

    def __init__(self, world: World, readable: Callable[[str], bool] = lambda _: True) -> None:
        """`readable` tells whether a node's kubelet answers, apart from its machine's being up."""
        self._world = world
        self._readable = readable
        self._names: dict[str, tuple[str, str]] = {}
        self._living: set[str] = set()
        self._restarts: dict[tuple[str, str], int] = {}
        self._ended: set[str] = set()
        self._evicted: set[str] = set()
        self._finished: set[str] = set()
        self._counts: Counter[Series] = Counter()
        self._meters: dict[Meter, Values] = {}
        self._told: dict[Meter, Values] = {}
        self._first_runs: dict[str, str] = {}
        self._clean_since: dict[str, float] = {}
        self._past: deque[tuple[float, dict[Meter, Values], Counter[Series]]] = deque()
        for resource in ("pods", "jobs"):
            for found in world.store.all(resource):
                self._hear(Change(0, "ADDED", resource, found, None))
        world.store.listeners.append(self._hear)
        self.step(world.now)
        self._born = self._settled = (dict(self._meters), self._counts.copy())
        world.add(self)

    def settle(self) -> None:
        """From now on an exporter has seen everything once; what was counted until now may lie before its first sight."""
        self._settled = (dict(self._meters), self._counts.copy())

    def step(self, now: float) -> None:
        """Read all books."""
        read = dict(self._read())
        self._meters |= read
        for name, machine in self._world.machines.items():
            if not (machine.up and machine.powered and self._readable(name)):
                self._clean_since[name] = now
        if int(now) % SAMPLE_SECONDS:
            return
        self._past.append((now, read, self._counts.copy()))
        while len(self._past) > 1 and self._past[1][0] <= now - LAG:
            self._past.popleft()
        at, then, _ = self._past[0]
        if at > now - LAG:
            return
        for meter in read.keys() & then.keys():
            if now - self._clean_since.get(meter.node, 0.0) >= RETRY and meter.uid in self._living:
                self._told[meter] = then[meter]
                # A pod's cgroup that a reboot made anew has no id: what its first row holds is a new baseline.
                if not meter.container and self._first_runs.setdefault(meter.uid, meter.run) != meter.run:
                    del self._told[meter]

    def bounds(self) -> dict[Series, Bounds]:
        """Between what every counter must be that counts from a moment between our making and `settle` on."""
        least, most = self._sums(self._told, self._settled[0]), self._sums(self._meters, self._born[0])
        before = self._past[0][2]
        for series, count in self._counts.items():
            least[series] = max(0, before[series] - self._settled[1][series])
            most[series] = count - self._born[1][series]
        return {series: Bounds(least.get(series, 0.0), high) for series, high in most.items()}

    def wrong(self, counters: Mapping[Series, float]) -> list[str]:
        """Say which counters cannot be true, a line each."""
        bounds = self.bounds()
        known = {metric.name for metric in COUNTED}
        for series in counters:
            if series[0] in known and series[-1] not in (UNTOLD, REST):
                bounds.setdefault(series, Bounds(0.0, 0.0))
        return [
            f"{' '.join(series)}: {counters.get(series, 0.0):.3f}, not within {least:.3f} and {most:.3f}"
            for series, (least, most) in sorted(bounds.items())
            if not least * (1 - 1e-9) - 1e-3 <= counters.get(series, 0.0) <= most * (1 + 1e-9) + 1e-3
        ]

    def _sums(self, meters: Mapping[Meter, Values], since: Mapping[Meter, Values]) -> dict[Series, float]:
        sums: dict[Series, float] = defaultdict(float)
        inside: dict[str, float] = defaultdict(float)
        own: dict[str, float] = defaultdict(float)
        for meter, values in meters.items():
            before = since.get(meter, (0.0, 0.0))
            first, second = (max(0.0, value - old) for value, old in zip(values, before, strict=True))
            workload = self._names[meter.uid]
            if meter.kind in PROBE_NAMES:
                labels = (*workload, meter.container, PROBE_NAMES[meter.kind])
                sums[usage.PROBES.name, *labels] += first + second
                sums[usage.PROBE_FAILURES.name, *labels] += second
            elif meter.container:
                sums[usage.CPU_USAGE.name, *workload, meter.container] += first
                sums[usage.CFS_THROTTLED_SECONDS.name, *workload, meter.container] += second
                inside[meter.uid] += second
            else:
                own[meter.uid] += second
        for uid in own.keys() | inside.keys():
            sums[usage.CPU_THROTTLED.name, *self._names[uid]] += max(own[uid], inside[uid])
        return sums

    def _read(self) -> Iterator[tuple[Meter, Values]]:
        for machine in self._world.machines.values():
            yield from _cgroups(machine)
            results: dict[tuple[str, str, str], dict[str, int]] = defaultdict(dict)
            for (uid, container, kind, result), count in machine.probes.items():
                results[uid, container, kind][result] = count
            run = f"{machine.boot}/{machine.kubelet_started}"
            for (uid, container, kind), found in results.items():
                values = (float(found.get("successful", 0)), float(found.get("failed", 0)))
                yield Meter(machine.name, uid, container, kind, run), values

    def _hear(self, change: Change) -> None:
        if change.resource == "jobs":
            self._take_job(change.object)
        elif change.resource == "pods":
            metadata = change.object["metadata"]
            uid = _uid(change.object)
            # The shop labels pods with their workload; a static pod is its own.
            named = metadata.get("labels", {}).get("app.kubernetes.io/name") if uid == metadata["uid"] else None
            self._names[uid] = (metadata["namespace"], named or metadata["name"])
            if change.type == "DELETED" or "deletionTimestamp" in metadata:
                self._living.discard(uid)
            else:
                self._living.add(uid)
            self._take_pod(change.object)

    def _take_pod(self, pod: Object) -> None:
        uid, told = _uid(pod), pod.get("status", {})
        workload = self._names[uid]
        for status in (status for kind in STATUSES for status in told.get(kind, ())):
            key = (uid, status["name"])
            restarts = status.get("restartCount", 0)
            before = self._restarts.get(key, 0)
            grown = restarts - before if restarts >= before else restarts
            self._counts[workloads.CONTAINER_RESTARTS.name, *workload, status["name"]] += grown
            self._restarts[key] = restarts
            for ended in (status.get(word, {}).get("terminated") for word in ("state", "lastState")):
                # A container that its kubelet no longer found ended too, without an id.
                end = ended and (ended.get("containerID") or f"{uid}/{status['name']}/{ended['finishedAt']}")
                if end and end not in self._ended:
                    self._ended.add(end)
                    reason = OTHER if ended["reason"] == AFTER_REBOOT else ended["reason"]
                    self._counts[workloads.CONTAINER_TERMINATIONS.name, *workload, status["name"], reason] += 1
        for condition in told.get("conditions", ()):
            if condition["type"] == "DisruptionTarget" and condition["status"] == "True" and uid not in self._evicted:
                self._evicted.add(uid)
                self._counts[workloads.EVICTIONS.name, *workload, condition["reason"]] += 1

    def _take_job(self, job: Object) -> None:
        metadata = job["metadata"]
        owner = controller(job)
        workload = (metadata["namespace"], owner["name"] if owner else metadata["name"])
        for condition in job.get("status", {}).get("conditions", ()):
            over = condition["type"] in ("Complete", "Failed") and condition["status"] == "True"
            if over and metadata["uid"] not in self._finished:
                self._finished.add(metadata["uid"])
                self._counts[batch.JOBS_FINISHED.name, *workload] += 1
                self._counts[batch.JOBS_FAILED.name, *workload] += condition["type"] == "Failed"


def _uid(pod: Object) -> str:
    """The uid that the pod's kubelet knows: of a static pod it is not that of its object, of which there may be several."""
    metadata = pod["metadata"]
    return str(metadata.get("annotations", {}).get("kubernetes.io/config.hash") or metadata["uid"])


def _cgroups(machine: Machine) -> Iterator[tuple[Meter, Values]]:
    for pod in machine.pods.values():
        own = pod.cgroup
        yield Meter(machine.name, pod.uid, "", "cgroup", f"{own.created}"), (own.cpu_seconds, own.throttled_seconds)
        for one in pod.containers.values():
            values = (one.cgroup.cpu_seconds, one.cgroup.throttled_seconds)
            yield Meter(machine.name, pod.uid, one.name, "cgroup", one.id), values
