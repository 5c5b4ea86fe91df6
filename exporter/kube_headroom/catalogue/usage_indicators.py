"""The questions about what is used, what is lost to limits and probes, and how much of it is measured at all."""

from __future__ import annotations

from typing import Final

from kube_headroom.catalogue import node_usage, nodes, usage, volumes
from kube_headroom.catalogue.indicator import Indicator
from kube_headroom.catalogue.labels import Node, PersistentVolumeClaim, Workload, WorkloadContainer
from kube_headroom.catalogue.metric import Unit
from kube_headroom.catalogue.promql import max_by, ratio, sum_by
from kube_headroom.catalogue.selection import increase, rate, value

_WORKLOAD: Final = Workload._fields
_CONTAINER: Final = WorkloadContainer._fields
_NODE: Final = Node._fields
_CLAIM: Final = PersistentVolumeClaim._fields

LATELY: Final = "5m"
"""Long enough for ten readings of a kubelet, short enough to see an incident."""

CPU_USED = Indicator(
    "CPU used of requested",
    "CPU that each container used in the last five minutes as a share of what its measured replicas request; absent "
    "without a request.",
    Unit.RATIO,
    ratio(
        sum_by(rate(usage.CPU_USAGE, LATELY), *_CONTAINER),
        sum_by(value(usage.CPU_REQUEST_MEASURED), *_CONTAINER),
        on=_CONTAINER,
    ),
)
MEMORY_USED = Indicator(
    "Memory used of requested",
    "Working set of each container as a share of what its measured replicas request; absent without a request.",
    Unit.RATIO,
    ratio(
        sum_by(value(usage.MEMORY_WORKING_SET), *_CONTAINER),
        sum_by(value(usage.MEMORY_REQUEST_MEASURED), *_CONTAINER),
        on=_CONTAINER,
    ),
)
MEMORY_NEAR_LIMIT = Indicator(
    "Memory near its limit",
    "Highest share of its memory limit that any replica of each container reached lately; at 1 the kernel kills it.",
    Unit.RATIO,
    max_by(value(usage.MEMORY_LIMIT_PEAK), *_CONTAINER),
)
THROTTLED_PERIODS = Indicator(
    "Throttled periods",
    "Share of the periods of the last five minutes in which each container's own CPU limit stopped it.",
    Unit.RATIO,
    ratio(
        sum_by(increase(usage.CFS_THROTTLED_PERIODS, LATELY), *_CONTAINER),
        sum_by(increase(usage.CFS_PERIODS, LATELY), *_CONTAINER),
        on=_CONTAINER,
    ),
)
THROTTLED_SECONDS = Indicator(
    "Time lost to CPU limits",
    "Seconds per second that CPU limits of containers and pods took from the workload in the last five minutes, at "
    "least, summed over CPUs and replicas.",
    Unit.NONE,
    sum_by(rate(usage.CPU_THROTTLED, LATELY), *_WORKLOAD),
)
PRESSURE = Indicator(
    "Time spent waiting for a resource",
    "Seconds per second in which some task of a pod waited for cpu, memory or io in the last five minutes, summed over "
    "replicas; absent where no node has PSI.",
    Unit.NONE,
    sum_by(rate(usage.PRESSURE_WAITING, LATELY), *_WORKLOAD, "resource"),
)
PROBE_FAILURES = Indicator(
    "Failed probes",
    "Share of the probes of the last five minutes that failed, by container and kind of probe.",
    Unit.RATIO,
    ratio(
        sum_by(increase(usage.PROBE_FAILURES, LATELY), *_CONTAINER, "probe"),
        sum_by(increase(usage.PROBES, LATELY), *_CONTAINER, "probe"),
        on=(*_CONTAINER, "probe"),
    ),
)
WORKLOAD_MEASURED = Indicator(
    "Containers measured",
    "Share of the workload's running containers whose usage is known; below 1 its usage is a part of the whole.",
    Unit.RATIO,
    ratio(
        sum_by(value(usage.CONTAINERS_MEASURED), *_WORKLOAD),
        sum_by(value(usage.CONTAINERS_EXPECTED), *_WORKLOAD),
        on=_WORKLOAD,
    ),
)
NODE_MEASURED = Indicator(
    "Containers measured on the node",
    "Share of the node's running containers whose usage its kubelet tells.",
    Unit.RATIO,
    ratio(
        sum_by(value(node_usage.NODE_CONTAINERS_MEASURED), *_NODE),
        sum_by(value(node_usage.NODE_CONTAINERS_EXPECTED), *_NODE),
        on=_NODE,
    ),
)
NODE_CPU_USED = Indicator(
    "CPU used of the node",
    "CPU that everything on the node used in the last five minutes as a share of what pods may request there; the "
    "system's part may lift it above 1.",
    Unit.RATIO,
    ratio(
        sum_by(rate(node_usage.NODE_CPU_USAGE, LATELY), *_NODE),
        sum_by(value(nodes.NODE_CPU_ALLOCATABLE), *_NODE),
        on=_NODE,
    ),
)
NODE_MEMORY_USED = Indicator(
    "Memory used of the node",
    "Working set of everything on the node as a share of what pods may request there; the system's part may lift it "
    "above 1.",
    Unit.RATIO,
    ratio(
        sum_by(value(node_usage.NODE_MEMORY_WORKING_SET), *_NODE),
        sum_by(value(nodes.NODE_MEMORY_ALLOCATABLE), *_NODE),
        on=_NODE,
    ),
)
VOLUME_USED = Indicator(
    "Volume used",
    "Share of the volume's space in use; absent for volumes whose driver does not tell.",
    Unit.RATIO,
    ratio(max_by(value(volumes.VOLUME_USED), *_CLAIM), max_by(value(volumes.VOLUME_CAPACITY), *_CLAIM), on=_CLAIM),
)
VOLUME_INODES_USED = Indicator(
    "Inodes used",
    "Share of the volume's inodes in use; absent for volumes without a fixed number of them.",
    Unit.RATIO,
    ratio(max_by(value(volumes.VOLUME_INODES_USED), *_CLAIM), max_by(value(volumes.VOLUME_INODES), *_CLAIM), on=_CLAIM),
)

USAGE_INDICATORS = (
    CPU_USED,
    MEMORY_USED,
    MEMORY_NEAR_LIMIT,
    THROTTLED_PERIODS,
    THROTTLED_SECONDS,
    PRESSURE,
    PROBE_FAILURES,
    WORKLOAD_MEASURED,
    NODE_MEASURED,
    NODE_CPU_USED,
    NODE_MEMORY_USED,
    VOLUME_USED,
    VOLUME_INODES_USED,
)
