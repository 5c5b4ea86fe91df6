"""The questions: each has one query, one unit and one sentence, shared by panel, alert, page and command line."""

from __future__ import annotations

from typing import Final

from kube_headroom.catalogue import batch, exporter, nodes, objects, workloads
from kube_headroom.catalogue.indicator import Indicator
from kube_headroom.catalogue.labels import NodePool, PodDisruptionBudget, ResourceQuota, Source, Workload
from kube_headroom.catalogue.metric import Gauge, Unit
from kube_headroom.catalogue.promql import (
    absent,
    and_,
    clamp,
    difference,
    max_by,
    max_over_time,
    ratio,
    seconds_since,
    sum_by,
)
from kube_headroom.catalogue.selection import increase, label_is, value
from kube_headroom.catalogue.slo_indicators import SLO_INDICATORS
from kube_headroom.catalogue.usage_indicators import USAGE_INDICATORS
from kube_headroom.catalogue.vector import Vector

_WORKLOAD: Final = Workload._fields
_POOL: Final = NodePool._fields
_BUDGET: Final = PodDisruptionBudget._fields
_QUOTA: Final = ResourceQuota._fields
_SOURCE: Final = Source._fields

RECENTLY: Final = "1h"
"""The window of counts that are read by people: long enough for the rare, short enough for the shift."""

BACK_OFF: Final = "10m"
"""Longer than the kubelet's longest back-off (5 minutes), in which a container shows no waiting reason."""


def _pool_share(requested: Gauge[NodePool], allocatable: Gauge[NodePool]) -> Vector:
    return ratio(sum_by(value(requested), *_POOL), sum_by(value(allocatable), *_POOL), on=_POOL)


def _pool_share_without_largest(
    requested: Gauge[NodePool], allocatable: Gauge[NodePool], largest: Gauge[NodePool]
) -> Vector:
    left = difference(sum_by(value(allocatable), *_POOL), max_by(value(largest), *_POOL), on=_POOL)
    return ratio(sum_by(value(requested), *_POOL), left, on=_POOL)


CPU_REQUESTED = Indicator(
    "CPU requested of allocatable",
    "Share of the pool's allocatable CPU that the scheduler has charged; above 1 only with nodes not ready or cordoned.",
    Unit.RATIO,
    _pool_share(nodes.POOL_CPU_REQUESTED, nodes.POOL_CPU_ALLOCATABLE),
)
MEMORY_REQUESTED = Indicator(
    "Memory requested of allocatable",
    "Share of the pool's allocatable memory that the scheduler has charged; above 1 only with nodes not ready or cordoned.",
    Unit.RATIO,
    _pool_share(nodes.POOL_MEMORY_REQUESTED, nodes.POOL_MEMORY_ALLOCATABLE),
)
CPU_REQUESTED_WITHOUT_LARGEST_NODE = Indicator(
    "CPU requested after the loss of the largest node",
    "Share that is charged of the CPU left without the pool's largest node; above 1, its pods find no room. "
    "Absent for a pool of one node.",
    Unit.RATIO,
    _pool_share_without_largest(nodes.POOL_CPU_REQUESTED, nodes.POOL_CPU_ALLOCATABLE, nodes.POOL_CPU_LARGEST_NODE),
)
MEMORY_REQUESTED_WITHOUT_LARGEST_NODE = Indicator(
    "Memory requested after the loss of the largest node",
    "Share that is charged of the memory left without the pool's largest node; above 1, its pods find no room. "
    "Absent for a pool of one node.",
    Unit.RATIO,
    _pool_share_without_largest(
        nodes.POOL_MEMORY_REQUESTED, nodes.POOL_MEMORY_ALLOCATABLE, nodes.POOL_MEMORY_LARGEST_NODE
    ),
)
NODES_NOT_READY = Indicator(
    "Node not ready",
    "1 for a node whose Ready condition is False or Unknown, 0 for the others.",
    Unit.NONE,
    max_by(value(nodes.NODE_READY), "node").equal_to(0, flag=True),
)
NODE_CONDITIONS = Indicator(
    "Node condition",
    "1 for each condition of a node other than Ready that is True, such as MemoryPressure or DiskPressure.",
    Unit.NONE,
    max_by(value(nodes.NODE_CONDITION), "node", "condition"),
)

RESTARTS = Indicator(
    "Container restarts",
    "Restarts of each container in the last hour, over all pods of the workload.",
    Unit.NONE,
    sum_by(increase(workloads.CONTAINER_RESTARTS, RECENTLY), *_WORKLOAD, "container"),
)
OOM_KILLS = Indicator(
    "OOM kills",
    "Times the kernel killed each container for memory in the last hour, over all pods of the workload.",
    Unit.NONE,
    sum_by(
        increase(workloads.CONTAINER_TERMINATIONS, RECENTLY, label_is("reason", "OOMKilled")), *_WORKLOAD, "container"
    ),
)
CONTAINERS_WAITING = Indicator(
    "Containers waiting",
    "Most containers that waited at one time in the last ten minutes, by reason; bridges the gaps between back-offs.",
    Unit.NONE,
    max_by(max_over_time(value(workloads.CONTAINERS_WAITING), BACK_OFF), *_WORKLOAD, "container", "reason"),
)
REPLICAS_MISSING = Indicator(
    "Replicas missing",
    "Replicas that the workload wants and that are not available.",
    Unit.NONE,
    clamp(
        difference(
            sum_by(value(workloads.REPLICAS_DESIRED), *_WORKLOAD),
            sum_by(value(workloads.REPLICAS_AVAILABLE), *_WORKLOAD),
            on=_WORKLOAD,
        ),
        0,
    ),
)
ROLLOUT_STUCK = Indicator(
    "Rollout stuck",
    "1 while the workload's rollout makes no progress.",
    Unit.NONE,
    max_by(value(workloads.ROLLOUT_STUCK), *_WORKLOAD),
)
PODS_UNSCHEDULABLE = Indicator(
    "Unschedulable pods",
    "Pods that the scheduler found no node for.",
    Unit.NONE,
    sum_by(value(workloads.PODS_UNSCHEDULABLE), *_WORKLOAD),
)
PODS_ON_UNREADY_NODES = Indicator(
    "Pods on nodes not ready",
    "Pods bound to a node that is gone or not ready: what they do is unknown until it comes back.",
    Unit.NONE,
    sum_by(value(workloads.PODS_ON_UNREADY_NODES), *_WORKLOAD),
)
EVICTIONS = Indicator(
    "Evictions",
    "Pods ended from outside in the last hour, by reason.",
    Unit.NONE,
    sum_by(increase(workloads.EVICTIONS, RECENTLY), *_WORKLOAD, "reason"),
)
JOBS_FAILED = Indicator(
    "Failed jobs",
    "Jobs of the workload that failed in the last hour.",
    Unit.NONE,
    sum_by(increase(batch.JOBS_FAILED, RECENTLY), *_WORKLOAD),
)
AUTOSCALER_AT_MAXIMUM = Indicator(
    "Autoscaler's use of its range",
    "Replicas that the HorizontalPodAutoscaler wants, as a share of the most it may have; at 1 it cannot help any more.",
    Unit.RATIO,
    ratio(
        sum_by(value(batch.AUTOSCALER_DESIRED), *_WORKLOAD),
        sum_by(value(batch.AUTOSCALER_MAXIMUM), *_WORKLOAD),
        on=_WORKLOAD,
    ),
)

QUOTA_USED = Indicator(
    "Quota used",
    "Share of the quota in use, by resource; at 1 nothing more is admitted. Absent for a quota of 0.",
    Unit.RATIO,
    ratio(max_by(value(objects.QUOTA_USED), *_QUOTA), max_by(value(objects.QUOTA_HARD), *_QUOTA), on=_QUOTA),
)
DISRUPTIONS_ALLOWED = Indicator(
    "Disruptions allowed",
    "Pods that may be evicted now, of budgets that cover any pod; at 0 a node drain waits.",
    Unit.NONE,
    and_(
        sum_by(value(objects.PDB_DISRUPTIONS_ALLOWED), *_BUDGET),
        sum_by(value(objects.PDB_EXPECTED), *_BUDGET).above(0),
        on=_BUDGET,
    ),
)

SOURCE_AGE = Indicator(
    "Age of a source",
    "Time since the source last answered; what it feeds is no fresher.",
    Unit.SECONDS,
    seconds_since(max_by(value(exporter.SOURCE_LAST_SUCCESS), *_SOURCE)),
)
EXPORTER_ABSENT = Indicator(
    "Exporter absent",
    "1 while no exporter is scraped, absent while one is; every other question is then without an answer.",
    Unit.NONE,
    absent(max_by(value(exporter.SOURCE_UP), *_SOURCE)),
)

INDICATORS = (
    CPU_REQUESTED,
    MEMORY_REQUESTED,
    CPU_REQUESTED_WITHOUT_LARGEST_NODE,
    MEMORY_REQUESTED_WITHOUT_LARGEST_NODE,
    NODES_NOT_READY,
    NODE_CONDITIONS,
    RESTARTS,
    OOM_KILLS,
    CONTAINERS_WAITING,
    REPLICAS_MISSING,
    ROLLOUT_STUCK,
    PODS_UNSCHEDULABLE,
    PODS_ON_UNREADY_NODES,
    EVICTIONS,
    JOBS_FAILED,
    AUTOSCALER_AT_MAXIMUM,
    *USAGE_INDICATORS,
    *SLO_INDICATORS,
    QUOTA_USED,
    DISRUPTIONS_ALLOWED,
    SOURCE_AGE,
    EXPORTER_ABSENT,
)
