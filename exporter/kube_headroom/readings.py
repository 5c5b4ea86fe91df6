"""What kubelets' pages say, reduced to what is counted; frozen, without clock or I/O.

Times are Unix seconds by the node's clock; a row without a timestamp carries None. A value that the page
does not have is None, never 0. Counters are cumulative since their cgroup's (or the kubelet's) birth.
"""

from __future__ import annotations

from typing import NamedTuple


class Reading(NamedTuple):
    """A value and when the node took it."""

    value: float
    at: float | None


class Pressure(NamedTuple):
    """PSI of one cgroup in seconds: some tasks waited, all tasks stalled (`container_pressure_*_seconds_total`)."""

    waiting: Reading
    stalled: Reading


class Cgroup(NamedTuple):
    """What a cAdvisor page says of one cgroup of a pod.

    `pod_uid` and `container_id` come from the row's `id` path ("" where it does not tell), the names from its
    labels ("" on pages without them). `container` is "" for the pod's own cgroup, whose figures contain its
    containers'. Rows of pause containers are left out.
    """

    pod_uid: str
    container_id: str
    namespace: str
    pod: str
    container: str
    cpu: Reading | None = None
    periods: Reading | None = None
    throttled_periods: Reading | None = None
    throttled_seconds: Reading | None = None
    working_set: Reading | None = None
    cpu_pressure: Pressure | None = None
    memory_pressure: Pressure | None = None
    io_pressure: Pressure | None = None


class CadvisorPage(NamedTuple):
    """One `/metrics/cadvisor`.

    `pressure` says whether PSI moves on this node: False where every row, the root's included, is 0 or absent.
    `labelled` is False for a page whose container rows carry no names.
    """

    pods: tuple[Cgroup, ...]
    containers: tuple[Cgroup, ...]
    pressure: bool
    labelled: bool


class Usage(NamedTuple):
    """CPU and memory of a container or pod on `/metrics/resource`; `container` is "" for a pod's row.

    `started` is `container_start_time_seconds`, None for pods.
    """

    namespace: str
    pod: str
    container: str
    cpu: Reading | None
    working_set: Reading | None
    started: float | None = None


class ResourcePage(NamedTuple):
    """One `/metrics/resource`; `failed` is its own `resource_scrape_error` or `scrape_error`."""

    containers: tuple[Usage, ...]
    pods: tuple[Usage, ...]
    node_cpu: Reading | None
    node_working_set: Reading | None
    failed: bool


class ProbeCount(NamedTuple):
    """`prober_probe_total` of one probe of a container; `probe` is liveness, readiness or startup.

    A result that never happened has no row on the page and is 0 here.
    """

    pod_uid: str
    namespace: str
    pod: str
    container: str
    probe: str
    successful: int
    failed: int
    unknown: int


class ProbesPage(NamedTuple):
    """One `/metrics/probes`; `started` is the kubelet's `process_start_time_seconds`, None if it does not tell."""

    probes: tuple[ProbeCount, ...]
    started: float | None


class Volume(NamedTuple):
    """`kubelet_volume_stats_*` of one claim; None for what its driver does not tell."""

    namespace: str
    claim: str
    capacity_bytes: float | None
    used_bytes: float | None
    inodes: float | None
    inodes_used: float | None


class VolumesPage(NamedTuple):
    """The volume rows of one `/metrics`."""

    volumes: tuple[Volume, ...]


Page = CadvisorPage | ResourcePage | ProbesPage | VolumesPage
