"""Series per workload: everything here carries `namespace, workload_kind, workload`."""

from __future__ import annotations

from kube_headroom.catalogue.labels import (
    Workload,
    WorkloadContainer,
    WorkloadContainerReason,
    WorkloadEvent,
    WorkloadOwner,
    WorkloadPhase,
    WorkloadReason,
    WorkloadResource,
)
from kube_headroom.catalogue.metric import Aggregation, Counter, Gauge, Stability, Unit

SUM, MAX = Aggregation.SUM, Aggregation.MAX
NONE, CORES, BYTES = Unit.NONE, Unit.CORES, Unit.BYTES

INFO = Gauge(
    "headroom_workload_info",
    "Always 1; owner from an annotation or label of the workload, else of its namespace (`.metadata.annotations`).",
    WorkloadOwner,
    NONE,
    SUM,
)

CPU_REQUEST = Gauge(
    "headroom_workload_cpu_request_cores",
    "CPU requested by this container over all pods bound to a node, absent where none requests any "
    "(`.spec.containers[].resources.requests`).",
    WorkloadContainer,
    CORES,
    SUM,
    Stability.STABLE,
)
CPU_LIMIT = Gauge(
    "headroom_workload_cpu_limit_cores",
    "CPU limit of this container over all pods bound to a node, absent where none is limited "
    "(`.spec.containers[].resources.limits`).",
    WorkloadContainer,
    CORES,
    SUM,
    Stability.STABLE,
)
MEMORY_REQUEST = Gauge(
    "headroom_workload_memory_request_bytes",
    "Memory requested by this container over all pods bound to a node, absent where none requests any "
    "(`.spec.containers[].resources.requests`).",
    WorkloadContainer,
    BYTES,
    SUM,
    Stability.STABLE,
)
MEMORY_LIMIT = Gauge(
    "headroom_workload_memory_limit_bytes",
    "Memory limit of this container over all pods bound to a node, absent where none is limited "
    "(`.spec.containers[].resources.limits`).",
    WorkloadContainer,
    BYTES,
    SUM,
    Stability.STABLE,
)
CONTAINERS_WITHOUT_REQUEST = Gauge(
    "headroom_workload_containers_without_request",
    "Containers of bound pods that request nothing of this resource, absent where there is none "
    "(`.spec.containers[].resources.requests`, `.spec.resources.requests`).",
    WorkloadResource,
    NONE,
    SUM,
)
CONTAINERS_WITHOUT_LIMIT = Gauge(
    "headroom_workload_containers_without_limit",
    "Containers of bound pods without a limit on this resource, absent where there is none "
    "(`.spec.containers[].resources.limits`, `.spec.resources.limits`).",
    WorkloadResource,
    NONE,
    SUM,
)

CPU_EFFECTIVE_REQUEST = Gauge(
    "headroom_workload_cpu_effective_request_cores",
    "CPU that the scheduler charges for the pods bound to a node: init containers, native sidecars, overhead, "
    "pod-level resources and resizes included (`.spec`, `.status.containerStatuses[].allocatedResources`).",
    Workload,
    CORES,
    SUM,
    Stability.STABLE,
)
MEMORY_EFFECTIVE_REQUEST = Gauge(
    "headroom_workload_memory_effective_request_bytes",
    "Memory that the scheduler charges for the pods bound to a node: init containers, native sidecars, overhead, "
    "pod-level resources and resizes included (`.spec`, `.status.containerStatuses[].allocatedResources`).",
    Workload,
    BYTES,
    SUM,
    Stability.STABLE,
)
CPU_EFFECTIVE_LIMIT = Gauge(
    "headroom_workload_cpu_effective_limit_cores",
    "CPU that the pods bound to a node can use at most, absent while any of their containers is unlimited "
    "(`.spec.containers[].resources.limits`, `.spec.resources.limits`).",
    Workload,
    CORES,
    SUM,
)
MEMORY_EFFECTIVE_LIMIT = Gauge(
    "headroom_workload_memory_effective_limit_bytes",
    "Memory that the pods bound to a node can use at most, absent while any of their containers is unlimited "
    "(`.spec.containers[].resources.limits`, `.spec.resources.limits`).",
    Workload,
    BYTES,
    SUM,
)
EXTENDED_RESOURCE_REQUESTS = Gauge(
    "headroom_workload_extended_resource_requests",
    "What the scheduler charges of every other resource, in its base unit, for the pods bound to a node "
    "(`.spec.containers[].resources.requests`).",
    WorkloadResource,
    NONE,
    SUM,
)
CPU_UNSCHEDULED_REQUEST = Gauge(
    "headroom_workload_cpu_unscheduled_request_cores",
    "CPU that the scheduler will charge for pods not bound to a node yet, absent where there is none "
    "(`.spec.nodeName` empty).",
    Workload,
    CORES,
    SUM,
)
MEMORY_UNSCHEDULED_REQUEST = Gauge(
    "headroom_workload_memory_unscheduled_request_bytes",
    "Memory that the scheduler will charge for pods not bound to a node yet, absent where there is none "
    "(`.spec.nodeName` empty).",
    Workload,
    BYTES,
    SUM,
)

REPLICAS_DESIRED = Gauge(
    "headroom_workload_replicas_desired",
    "Replicas wanted (`.spec.replicas`; for a DaemonSet `.status.desiredNumberScheduled`).",
    Workload,
    NONE,
    SUM,
    Stability.STABLE,
)
REPLICAS_READY = Gauge(
    "headroom_workload_replicas_ready",
    "Ready replicas (`.status.readyReplicas`, `.status.numberReady`; for other kinds pods whose Ready condition "
    "in `.status.conditions` is true).",
    Workload,
    NONE,
    SUM,
    Stability.STABLE,
)
REPLICAS_AVAILABLE = Gauge(
    "headroom_workload_replicas_available",
    "Replicas ready for at least minReadySeconds (`.status.availableReplicas`, `.status.numberAvailable`).",
    Workload,
    NONE,
    SUM,
    Stability.STABLE,
)
REPLICAS_UPDATED = Gauge(
    "headroom_workload_replicas_updated",
    "Replicas of the newest template (`.status.updatedReplicas`, `.status.updatedNumberScheduled`).",
    Workload,
    NONE,
    SUM,
    Stability.STABLE,
)
ROLLOUT_STUCK = Gauge(
    "headroom_workload_rollout_stuck",
    "1 while a rollout makes no progress: a Deployment's Progressing condition with ProgressDeadlineExceeded, a "
    "StatefulSet or DaemonSet whose counts stood still for the rollout deadline (`.status.conditions`, `.status`).",
    Workload,
    NONE,
    MAX,
)
PODS = Gauge(
    "headroom_workload_pods",
    "Pods in this phase, absent where there is none (`.status.phase`).",
    WorkloadPhase,
    NONE,
    SUM,
)
PODS_UNSCHEDULABLE = Gauge(
    "headroom_workload_pods_unschedulable",
    "Pods that the scheduler found no node for (`.status.conditions`, PodScheduled=False, Unschedulable).",
    Workload,
    NONE,
    SUM,
)
PODS_ON_UNREADY_NODES = Gauge(
    "headroom_workload_pods_on_unready_nodes",
    "Pods bound to a node that is gone or whose Ready condition is not True (`.spec.nodeName`).",
    Workload,
    NONE,
    SUM,
)
CONTAINERS_WAITING = Gauge(
    "headroom_workload_containers_waiting",
    "Containers that wait for this reason at this instant, absent where there is none and between back-offs "
    "(`.status.containerStatuses[].state.waiting.reason`).",
    WorkloadContainerReason,
    NONE,
    SUM,
)

CONTAINER_RESTARTS = Counter(
    "headroom_workload_container_restarts_total",
    "Restarts of this container in all pods the workload ever had (`.status.containerStatuses[].restartCount`).",
    WorkloadContainer,
    NONE,
    SUM,
    Stability.STABLE,
)
CONTAINER_TERMINATIONS = Counter(
    "headroom_workload_container_terminations_total",
    "Ends of this container by reason, `unknown` where the API kept no trace of one "
    "(`.status.containerStatuses[].lastState.terminated.reason`).",
    WorkloadContainerReason,
    NONE,
    SUM,
    Stability.STABLE,
)
EVICTIONS = Counter(
    "headroom_workload_evictions_total",
    "Pods ended from outside, by the reason of their DisruptionTarget condition (`.status.conditions`).",
    WorkloadReason,
    NONE,
    SUM,
)
EVENTS = Counter(
    "headroom_workload_events_total",
    "Events about the workload and its pods and jobs, updates counted; a lower bound, since the API server merges and "
    "drops events (`.count`, `.series.count` of `v1/Event`).",
    WorkloadEvent,
    NONE,
    SUM,
    Stability.STABLE,
)

WORKLOAD_METRICS = (
    INFO,
    CPU_REQUEST,
    CPU_LIMIT,
    MEMORY_REQUEST,
    MEMORY_LIMIT,
    CONTAINERS_WITHOUT_REQUEST,
    CONTAINERS_WITHOUT_LIMIT,
    CPU_EFFECTIVE_REQUEST,
    MEMORY_EFFECTIVE_REQUEST,
    CPU_EFFECTIVE_LIMIT,
    MEMORY_EFFECTIVE_LIMIT,
    EXTENDED_RESOURCE_REQUESTS,
    CPU_UNSCHEDULED_REQUEST,
    MEMORY_UNSCHEDULED_REQUEST,
    REPLICAS_DESIRED,
    REPLICAS_READY,
    REPLICAS_AVAILABLE,
    REPLICAS_UPDATED,
    ROLLOUT_STUCK,
    PODS,
    PODS_UNSCHEDULABLE,
    PODS_ON_UNREADY_NODES,
    CONTAINERS_WAITING,
    CONTAINER_RESTARTS,
    CONTAINER_TERMINATIONS,
    EVICTIONS,
    EVENTS,
)
