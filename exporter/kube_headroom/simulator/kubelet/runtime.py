"""What runs on a node: pods, containers and their cgroups, as the kernel counts them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from kube_headroom.simulator.program import Program

Flavour = Literal["containerd", "cri-o", "containers unseen", "CRI statistics"]
"""Whose rows a kubelet's cAdvisor page has.

CRI-O runs pods without a pause container; containers are unseen where cAdvisor does not know the runtime's
socket; CRI statistics come without the labels namespace, pod and container (kubernetes#140778).
"""


@dataclass(slots=True)
class Cgroup:
    """One cgroup: limits, counters that never fall while it exists, and what its processes wanted last.

    CPU in cores and core-seconds, memory and disk in bytes. `quota` is None without a CPU limit,
    `memory_limit` None without a memory limit.
    """

    path: str
    """As a kubelet page's `id`; `cgroups.py` makes it."""
    created: float
    quota: float | None = None
    memory_limit: int | None = None
    weight: float = 2.0
    """cpu.shares: 1024 for each core requested, 2 without a request."""
    memory_request: float = 0.0
    cpu_seconds: float = 0.0
    periods: int = 0
    throttled_periods: int = 0
    throttled_seconds: float = 0.0
    cpu_waiting_seconds: float = 0.0
    cpu_stalled_seconds: float = 0.0
    memory_waiting_seconds: float = 0.0
    memory_stalled_seconds: float = 0.0
    io_waiting_seconds: float = 0.0
    io_stalled_seconds: float = 0.0
    working_set: float = 0.0
    rss: float = 0.0
    cache: float = 0.0
    """Page cache; a share of it counts in the working set."""
    peak: float = 0.0
    """The most memory it ever used, page cache included."""
    period_offset: float = -1.0
    """Where in its pod's CFS period its own begins, as a share of it; negative until the kernel has drawn it."""
    wanted: float = 0.0
    """Cores wanted in the last tick."""
    granted: float = 0.0
    """Cores got in the last tick."""


@dataclass(slots=True)
class RunningContainer:
    """A container's process and its cgroup; a restart is a new one."""

    name: str
    image: str
    id: str
    """64 hexadecimal digits, without the runtime's prefix."""
    program: Program
    started: float
    cgroup: Cgroup
    leaked: float = 0.0
    """Bytes of memory that its program lost so far."""
    oom_killed: bool = False
    """The kernel killed it in this tick; the kubelet has to notice."""


@dataclass(slots=True)
class RunningPod:
    """A pod that has a sandbox on the node; `containers` holds those whose process is alive, by name."""

    uid: str
    namespace: str
    name: str
    quality: str
    """Guaranteed, Burstable or BestEffort."""
    cgroup: Cgroup
    sandbox_id: str
    containers: dict[str, RunningContainer] = field(default_factory=dict)
    disk_bytes: float = 0.0
    """Written so far to its emptyDir volumes and container layers."""
    claims: tuple[str, ...] = ()
    """The claims it has mounted; its programs write to the first."""


@dataclass(slots=True)
class Machine:
    """A node's own hardware and kernel; `cores` and `memory_bytes` are the capacity, not what is allocatable."""

    name: str
    cores: float
    memory_bytes: int
    disk_bytes: int
    boot: float
    cgroup_v2: bool = True
    up: bool = True
    """False: the machine is off the network; nothing on it is read or reports."""
    powered: bool = True
    """False: nothing on it runs. Power that comes back is a new `boot`; without one, its containers ran on."""
    kubelet_started: float = 0.0
    """When the kubelet was started again (Unix seconds); 0: with the machine."""
    disk_used: float = 0.0
    pods: dict[str, RunningPod] = field(default_factory=dict)
    """By uid, in the order they started."""
    probes: dict[tuple[str, str, str, str], int] = field(default_factory=dict)
    """Probe results since the kubelet's start, by (pod uid, container, probe type, result), as `prober_probe_total`."""
    volumes: dict[tuple[str, str], float] = field(default_factory=dict)
    """Bytes used of each mounted claim, by namespace and claim."""
    volume_capacities: dict[tuple[str, str], float] = field(default_factory=dict)
    """Bytes that each mounted claim can hold."""
    cgroups: dict[str, Cgroup] = field(default_factory=dict)
    """The parents of the pods' cgroups and the system's, by path."""
    cgroup_driver: Literal["systemd", "cgroupfs"] = "systemd"
    flavour: Flavour = "containerd"
    hangs: bool = False
    """While it is down, connections to its kubelet stay open without an answer instead of ending."""
