"""The last readings of containers, pods and nodes: raw values, small, and what of them was counted."""

from __future__ import annotations

import math
from typing import Final, NamedTuple

from kube_headroom.catalogue.labels import Workload
from kube_headroom.model import Node, Pod
from kube_headroom.readings import ProbeCount
from kube_headroom.resources import PodResources
from kube_headroom.state.entry import Entry
from kube_headroom.state.usage.clock import NodeClock
from kube_headroom.state.usage.growth import Ceilings, Track
from kube_headroom.state.usage.totals import WorkloadTotals

NANO: Final = 10**9
MOST_CORES: Final = 4096.0
"""What no machine exceeds, for nodes whose own size is not known."""
WATCH_MARGIN: Final = 30.0
"""Seconds after our start in which a container counts as older than we are."""
ID_LENGTH: Final = 12
"""Characters of a container id that are kept, as `crictl ps` shows it."""


class Needs(NamedTuple):
    """What one container of a pod asks for, in cores and bytes; None where it asks for nothing."""

    cpu_request: float | None
    memory_request: float | None
    memory_limit: float | None
    runs: bool


class ContainerTrack:
    """One container of a pod, whichever of its runs is the latest.

    `cpu` holds [CPU seconds], `cfs` [periods, throttled periods, throttled seconds] of run `run`; `started` is when
    the run of `cpu` began by the node's clock. `total` is the CPU counted since first sight, `previous` the stamp
    and total before the last reading, kept where the pod's rest is computed. `seen` is the node's last round that
    had it, `runs` how many runs had a row.
    """

    __slots__ = ("cfs", "cpu", "name", "previous", "run", "runs", "seen", "started", "total", "working_set")

    def __init__(self, name: str) -> None:
        self.name = name
        self.run = ""
        self.started = math.nan
        self.cpu: Track | None = None
        self.cfs: Track | None = None
        self.total = 0.0
        self.previous: tuple[float, float] | None = None
        self.runs = 0
        self.seen = -2
        self.working_set = math.nan


class Rest:
    """The CPU of a pod that no row of its containers holds, for pods that ran a container without ever a row.

    `base` is the rest when it was first known, 0 for a pod that we saw being born; `pending` a reading of the pod
    (stamp, CPU since first sight) that waits until its containers' readings lie on both sides of it.
    """

    __slots__ = ("base", "counted", "pending")

    def __init__(self, base: float) -> None:
        self.base = base
        self.counted = 0.0
        self.pending: tuple[float, float] | None = None


class PodTrack:
    """A pod on its node.

    `row` holds [CPU, throttled, PSI ...] of its own cgroup; `cpu`, `containers_cpu`, `throttled` and `containers_throttled` are seconds since first sight. `pod` is None once the API forgot it, `new`
    tells that it was created since we watch. `predecessor` had its name before it.
    """

    __slots__ = (
        "containers",
        "containers_cpu",
        "containers_throttled",
        "cpu",
        "doubts",
        "ended_before",
        "entry",
        "gone_at",
        "new",
        "node",
        "pod",
        "predecessor",
        "probed",
        "probes",
        "rest",
        "row",
        "throttled",
        "uid",
    )

    def __init__(self, uid: str, node: NodeTrack, entry: Entry) -> None:
        self.uid = uid
        self.node = node
        self.entry = entry
        self.pod: Pod | None = None
        self.new = False
        self.predecessor: PodTrack | None = None
        self.containers: list[ContainerTrack] = []
        self.probes: list[ProbeTrack] = []
        self.probed = False
        self.row: Track | None = None
        self.cpu = self.containers_cpu = 0.0
        self.throttled = self.containers_throttled = 0.0
        self.ended_before: tuple[int, ...] = ()
        self.doubts = 0
        self.rest: Rest | None = None
        self.gone_at = math.inf

    @property
    def workload(self) -> Workload:
        """Whose pod it is."""
        return self.entry.workload

    @property
    def totals(self) -> WorkloadTotals:
        """Where it counts."""
        return self.entry.usage

    def container(self, name: str) -> ContainerTrack | None:
        """Find a container that had a row."""
        for track in self.containers:
            if track.name == name:
                return track
        return None


class ProbeTrack:
    """The counts of one probe at the last reading."""

    __slots__ = ("container", "failed", "probe", "successful", "unknown")

    def __init__(self, container: str, probe: str) -> None:
        self.container = container
        self.probe = probe
        self.reset()

    def reset(self) -> None:
        """Begin anew, as the kubelet did."""
        self.successful = self.failed = self.unknown = 0

    def take(self, counts: ProbeCount) -> None:
        """Note what is counted now."""
        self.successful, self.failed, self.unknown = counts.successful, counts.failed, counts.unknown


class NodeTrack:
    """A node whose pods are tracked, read or not.

    `round` counts the pages that tell gauges, `told_at` is when their newest row was taken, by our clock as all of
    these: `read_at` the first page, `resource_at` the last `/metrics/resource` with containers, `saved_at` the last
    check-point, `watched_since` our start. `fact` is None for a node that
    the API server did not tell of.
    """

    __slots__ = (
        "by_name",
        "ceilings",
        "clock",
        "cores",
        "cpu",
        "cpu_cores",
        "cpu_seconds",
        "fact",
        "fresh",
        "kubelet_started",
        "memory",
        "name",
        "pods",
        "pressure",
        "read_at",
        "resource_at",
        "round",
        "saved_at",
        "static",
        "told_at",
        "unsaved",
        "watched_since",
        "working_set",
    )

    def __init__(self, name: str, watched_since: float) -> None:
        self.name = name
        self.watched_since = watched_since
        self.pods: dict[str, PodTrack] = {}
        self.by_name: dict[tuple[str, str], PodTrack] = {}
        self.static: dict[str, PodTrack] = {}
        self.clock = NodeClock()
        self.round = 0
        self.read_at = math.inf
        self.fresh = False
        self.told_at = -math.inf
        self.resource_at = -math.inf
        self.pressure = False
        self.kubelet_started: float | None = None
        self.cpu: Track | None = None
        self.cpu_seconds: float | None = None
        self.cpu_cores: float | None = None
        self.working_set: float | None = None
        self.unsaved = False
        self.fact: Node | None = None
        self.saved_at = -math.inf
        self.cores = MOST_CORES
        self.memory = math.inf
        self.ceilings = ceilings(MOST_CORES)

    def describe(self, node: Node) -> None:
        """Take the size of the machine, which bounds what its pods can use."""
        self.fact = node
        self.cores = node.capacity.get("cpu", 0) / NANO or MOST_CORES
        self.memory = node.capacity.get("memory", 0) / NANO or math.inf
        self.ceilings = ceilings(self.cores)

    @property
    def since(self) -> float:
        """From when on containers count whole, by the node's clock, which is known to some seconds."""
        return self.watched_since + self.clock.offset + WATCH_MARGIN

    def shift(self, seconds: float) -> None:
        """Move every stamp after the node's clock was set back."""
        tracks = [self.cpu]
        for pod in self.pods.values():
            tracks.append(pod.row)
            for container in pod.containers:
                tracks += (container.cpu, container.cfs)
                container.previous = None
            if pod.rest is not None:
                pod.rest.pending = None
        for track in tracks:
            if track is not None:
                track[0] += seconds


class Bounds(NamedTuple):
    """How fast the columns of each kind of track can grow."""

    cpu: Ceilings
    cfs: Ceilings
    pod: Ceilings


def ceilings(cores: float) -> Bounds:
    """A cgroup uses, and is kept from, no more CPU than there are cores; a CFS period is 1 ms at least; PSI is time."""
    return Bounds((cores,), (1000.0, 1000.0, cores), (cores, cores, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0))


def needs_of(resources: PodResources) -> dict[str, Needs]:
    """Say what each container asks for; its limit is the one that its node granted, where the status says so."""
    running = {container.name for container in resources.running_containers}
    needs = {}
    for container in (*resources.containers, *resources.init_containers):
        allocation = resources.allocations.get(container.name)
        granted = allocation.limits if allocation is not None else None
        limits = container.limits if granted is None else granted
        cpu, memory, limit = container.requests.get("cpu"), container.requests.get("memory"), limits.get("memory")
        needs[container.name] = Needs(
            None if cpu is None else cpu / NANO,
            None if memory is None else memory / NANO,
            limit / NANO if limit else None,
            container.name in running,
        )
    return needs
