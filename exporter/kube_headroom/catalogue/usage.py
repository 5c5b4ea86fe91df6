"""Series per workload of what its containers use, as the kubelets measure it."""

from __future__ import annotations

from kube_headroom.catalogue.labels import Workload, WorkloadContainer, WorkloadContainerProbe, WorkloadResource
from kube_headroom.catalogue.metric import Aggregation, Counter, Gauge, Unit

SUM, MAX = Aggregation.SUM, Aggregation.MAX
NONE, CORES, BYTES, RATIO, SECONDS = Unit.NONE, Unit.CORES, Unit.BYTES, Unit.RATIO, Unit.SECONDS

CPU_USAGE = Counter(
    "headroom_workload_cpu_usage_seconds_total",
    "CPU time of this container in all pods the workload ever had, since the exporter started; container `_unmeasured` "
    "holds that of containers too short-lived to be measured (`/metrics/resource`, pods of `/metrics/cadvisor`).",
    WorkloadContainer,
    SECONDS,
    SUM,
)
MEMORY_WORKING_SET = Gauge(
    "headroom_workload_memory_working_set_bytes",
    "Working set of this container over all measured pods, absent where none is measured (`/metrics/resource`).",
    WorkloadContainer,
    BYTES,
    SUM,
)
MEMORY_PEAK = Gauge(
    "headroom_workload_memory_working_set_peak_bytes",
    "Highest working set of this container in any one pod during the last `peak-window` (`/metrics/resource`).",
    WorkloadContainer,
    BYTES,
    MAX,
)
MEMORY_LIMIT_PEAK = Gauge(
    "headroom_workload_memory_limit_usage_peak_ratio",
    "Highest share of its memory limit that the working set of this container reached in any one pod during the last "
    "`peak-window`, absent without a limit (`/metrics/resource`, `.spec.containers[].resources.limits`).",
    WorkloadContainer,
    RATIO,
    MAX,
)
CONTAINERS_EXPECTED = Gauge(
    "headroom_workload_containers_expected",
    "Containers and native sidecars that run according to the API server (`.status.containerStatuses[].state.running`).",
    Workload,
    NONE,
    SUM,
)
CONTAINERS_MEASURED = Gauge(
    "headroom_workload_containers_measured",
    "Those of the expected containers whose usage a kubelet told lately (`/metrics/resource`).",
    Workload,
    NONE,
    SUM,
)
CPU_REQUEST_MEASURED = Gauge(
    "headroom_workload_cpu_request_measured_cores",
    "CPU requested by the measured ones of this container, to divide usage by (`.spec.containers[].resources.requests`).",
    WorkloadContainer,
    CORES,
    SUM,
)
MEMORY_REQUEST_MEASURED = Gauge(
    "headroom_workload_memory_request_measured_bytes",
    "Memory requested by the measured ones of this container, to divide the working set by "
    "(`.spec.containers[].resources.requests`).",
    WorkloadContainer,
    BYTES,
    SUM,
)

CFS_PERIODS = Counter(
    "headroom_workload_cpu_cfs_periods_total",
    "CFS periods in which this container could run, absent without a CPU limit (`/metrics/cadvisor`).",
    WorkloadContainer,
    NONE,
    SUM,
)
CFS_THROTTLED_PERIODS = Counter(
    "headroom_workload_cpu_cfs_throttled_periods_total",
    "CFS periods in which this container's own limit stopped it, absent without a CPU limit (`/metrics/cadvisor`).",
    WorkloadContainer,
    NONE,
    SUM,
)
CFS_THROTTLED_SECONDS = Counter(
    "headroom_workload_cpu_cfs_throttled_seconds_total",
    "Time that this container's own limit stopped it, summed over CPUs, absent without a CPU limit; what the pod's "
    "limit stops is not in it (`/metrics/cadvisor`).",
    WorkloadContainer,
    SECONDS,
    SUM,
)
CPU_THROTTLED = Counter(
    "headroom_workload_cpu_throttled_seconds_total",
    "Lower bound of the time lost to CPU limits, summed over CPUs: per pod the larger of its own cgroup's throttled time "
    "and the sum of its containers', absent without a CPU limit (`/metrics/cadvisor`).",
    Workload,
    SECONDS,
    SUM,
)
PRESSURE_WAITING = Counter(
    "headroom_workload_pressure_waiting_seconds_total",
    "Time in which some task of a pod waited for the resource cpu, memory or io, summed over the pods whose node has PSI "
    "(`/metrics/cadvisor`).",
    WorkloadResource,
    SECONDS,
    SUM,
)
PRESSURE_STALLED = Counter(
    "headroom_workload_pressure_stalled_seconds_total",
    "Time in which all tasks of a pod waited for the resource cpu, memory or io, summed over the pods whose node has PSI; "
    "for cpu that is the limit's doing (`/metrics/cadvisor`).",
    WorkloadResource,
    SECONDS,
    SUM,
)

PROBES = Counter(
    "headroom_workload_probes_total",
    "Probes of this container that ended, whatever the result; failures while its pod is deleted are left out "
    "(`/metrics/probes`).",
    WorkloadContainerProbe,
    NONE,
    SUM,
)
PROBE_FAILURES = Counter(
    "headroom_workload_probe_failures_total",
    "Probes of this container that failed, those below the failure threshold too; those of pods being deleted are left "
    "out (`/metrics/probes`).",
    WorkloadContainerProbe,
    NONE,
    SUM,
)
PROBE_UNKNOWNS = Counter(
    "headroom_workload_probe_unknowns_total",
    "Probes of this container without a result that counts (`/metrics/probes`).",
    WorkloadContainerProbe,
    NONE,
    SUM,
)

USAGE_METRICS = (
    CPU_USAGE,
    MEMORY_WORKING_SET,
    MEMORY_PEAK,
    MEMORY_LIMIT_PEAK,
    CONTAINERS_EXPECTED,
    CONTAINERS_MEASURED,
    CPU_REQUEST_MEASURED,
    MEMORY_REQUEST_MEASURED,
    CFS_PERIODS,
    CFS_THROTTLED_PERIODS,
    CFS_THROTTLED_SECONDS,
    CPU_THROTTLED,
    PRESSURE_WAITING,
    PRESSURE_STALLED,
    PROBES,
    PROBE_FAILURES,
    PROBE_UNKNOWNS,
)

FLOWING_METRICS = (
    CPU_USAGE,
    CFS_PERIODS,
    CFS_THROTTLED_PERIODS,
    CFS_THROTTLED_SECONDS,
    CPU_THROTTLED,
    PRESSURE_WAITING,
    PRESSURE_STALLED,
)
"""Counters of what goes on all the time. They begin with their first reading; counters of events are held at 0 first."""
