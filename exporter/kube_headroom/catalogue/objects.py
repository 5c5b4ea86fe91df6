"""Series of objects that are no workloads; their labels carry kube-state-metrics' names."""

from __future__ import annotations

from kube_headroom.catalogue.labels import (
    LimitRange,
    NamespaceOwner,
    PersistentVolumeClaim,
    PersistentVolumeClaimPhase,
    PodDisruptionBudget,
    ResourceQuota,
)
from kube_headroom.catalogue.metric import Aggregation, Gauge, Stability, Unit

SUM = Aggregation.SUM
NONE, BYTES = Unit.NONE, Unit.BYTES

NAMESPACE_INFO = Gauge(
    "headroom_namespace_info",
    "Always 1; owner from an annotation or label of the namespace (`.metadata.annotations`).",
    NamespaceOwner,
    NONE,
    SUM,
)
PDB_DISRUPTIONS_ALLOWED = Gauge(
    "headroom_poddisruptionbudget_disruptions_allowed",
    "Pods that may be evicted now (`.status.disruptionsAllowed`).",
    PodDisruptionBudget,
    NONE,
    SUM,
    Stability.STABLE,
)
PDB_HEALTHY = Gauge(
    "headroom_poddisruptionbudget_healthy_pods",
    "Healthy pods that the budget covers (`.status.currentHealthy`).",
    PodDisruptionBudget,
    NONE,
    SUM,
)
PDB_DESIRED_HEALTHY = Gauge(
    "headroom_poddisruptionbudget_desired_healthy_pods",
    "Healthy pods that the budget demands (`.status.desiredHealthy`).",
    PodDisruptionBudget,
    NONE,
    SUM,
)
PDB_EXPECTED = Gauge(
    "headroom_poddisruptionbudget_expected_pods",
    "Pods that the budget covers (`.status.expectedPods`).",
    PodDisruptionBudget,
    NONE,
    SUM,
)
QUOTA_HARD = Gauge(
    "headroom_resourcequota_hard",
    "Limit of the quota in the base unit of the resource: cores, bytes or objects (`.status.hard`).",
    ResourceQuota,
    NONE,
    Aggregation.NONE,
    Stability.STABLE,
)
QUOTA_USED = Gauge(
    "headroom_resourcequota_used",
    "Use of the quota in the base unit of the resource: cores, bytes or objects (`.status.used`).",
    ResourceQuota,
    NONE,
    Aggregation.NONE,
    Stability.STABLE,
)
LIMIT_RANGE = Gauge(
    "headroom_limitrange_constraint",
    "One number of a LimitRange in the base unit of the resource; constraint is min, max, default, default_request or "
    "max_limit_request_ratio (`.spec.limits[]`).",
    LimitRange,
    NONE,
    Aggregation.NONE,
)
PVC_REQUESTED = Gauge(
    "headroom_persistentvolumeclaim_requested_bytes",
    "Storage that the claim asks for (`.spec.resources.requests.storage`).",
    PersistentVolumeClaim,
    BYTES,
    SUM,
)
PVC_CAPACITY = Gauge(
    "headroom_persistentvolumeclaim_capacity_bytes",
    "Storage of the bound volume, absent until bound (`.status.capacity.storage`).",
    PersistentVolumeClaim,
    BYTES,
    SUM,
)
PVC_PHASE = Gauge(
    "headroom_persistentvolumeclaim_phase",
    "1 for the phase that the claim is in: Pending, Bound or Lost (`.status.phase`).",
    PersistentVolumeClaimPhase,
    NONE,
    SUM,
)
OBJECT_METRICS = (
    NAMESPACE_INFO,
    PDB_DISRUPTIONS_ALLOWED,
    PDB_HEALTHY,
    PDB_DESIRED_HEALTHY,
    PDB_EXPECTED,
    QUOTA_HARD,
    QUOTA_USED,
    LIMIT_RANGE,
    PVC_REQUESTED,
    PVC_CAPACITY,
    PVC_PHASE,
)
