"""The facts: what the cluster says, reduced to what a signal may ask; frozen, shareable, without clock or I/O.

Facts are `gc=False` structs because hundreds of thousands live for hours and none takes part in a cycle.
Times are Unix seconds, 0.0 where the API gave none; texts are "" where the API gave none.
"""

from __future__ import annotations

from enum import Enum

import msgspec

from kube_headroom.resources import NO_RESOURCES, PodResources, ResourceList


class ControllerReference(msgspec.Struct, frozen=True, gc=False):
    """The owner reference with `controller: true`; `group` is the API group, "" for core."""

    group: str
    kind: str
    name: str
    uid: str


class Termination(msgspec.Struct, frozen=True, gc=False):
    """How one run of a container ended, from `state.terminated` or `lastState.terminated`."""

    container_id: str
    reason: str
    exit_code: int
    finished_at: float


class ContainerStatus(msgspec.Struct, frozen=True, gc=False):
    """One entry of `.status.containerStatuses` or `.status.initContainerStatuses`.

    `running` is the presence of `state.running`; a status with an empty state is neither running nor terminated.
    """

    name: str
    init: bool
    ready: bool
    restart_count: int
    waiting_reason: str
    terminated: Termination | None
    last_terminated: Termination | None
    running: bool = False


class Pod(msgspec.Struct, frozen=True, gc=False):
    """A pod; `statuses` is interned, since most replicas stand in the same few states.

    `disruption` is the reason of a true `DisruptionTarget` condition, or `TerminationByKubelet` for
    `.status.reason: Evicted` of servers that set no condition. `unschedulable` is PodScheduled=False
    with reason Unschedulable (a gated pod is not), `gated` the same with SchedulingGated, `scheduled` when PodScheduled
    became true. `probes` are the (container, probe) pairs of its spec, interned.
    `static_uid` is what the kubelet itself calls a mirror pod (annotation `kubernetes.io/config.hash`).
    """

    uid: str
    namespace: str
    name: str
    created: float
    controller: ControllerReference | None
    mirror: bool
    owner: str
    node: str
    phase: str
    deleting: bool
    ready: bool
    unschedulable: bool
    disruption: str
    resources: PodResources
    statuses: tuple[ContainerStatus, ...]
    probes: tuple[tuple[str, str], ...] = ()
    static_uid: str = ""
    gated: bool = False
    scheduled: float = 0.0

    @property
    def terminal(self) -> bool:
        """Succeeded and Failed pods hold no resources and serve nobody."""
        return self.phase in ("Succeeded", "Failed")


class Metadata(msgspec.Struct, frozen=True, gc=False):
    """What every object has; `owner` is the value of the first owner key found in annotations, then labels.

    `slo` is the annotation that declares SLOs, as it is written.
    """

    uid: str
    namespace: str
    name: str
    created: float
    controller: ControllerReference | None
    owner: str
    deleting: bool
    slo: str = ""


class Replicas(msgspec.Struct, frozen=True, gc=False):
    """Replica counts of a controller; for a DaemonSet, desired is `desiredNumberScheduled`.

    `deadline_exceeded` is a Deployment's Progressing=False with ProgressDeadlineExceeded. `rolling` is true
    while a StatefulSet or DaemonSet with RollingUpdate has replicas left to update: revisions differ
    (StatefulSet without partition), `updatedReplicas < replicas - partition` (with one),
    `updatedNumberScheduled < desiredNumberScheduled` (DaemonSet); a Deployment's own controller judges its
    progress, so it is always false there. `changing` is true while pods of an older template are replaced, and false
    while replicas of the present one are added: Progressing=True for the reason of a new template (Deployment), `rolling` (StatefulSet), `updatedNumberScheduled < currentNumberScheduled` while `rolling` (DaemonSet).
    """

    desired: int
    ready: int
    available: int
    updated: int
    rolling: bool
    deadline_exceeded: bool
    changing: bool = False


class Controller(msgspec.Struct, frozen=True, gc=False):
    """A Deployment, StatefulSet or DaemonSet."""

    kind: str
    metadata: Metadata
    replicas: Replicas


class ReplicaSet(msgspec.Struct, frozen=True, gc=False):
    """A ReplicaSet, known by its metadata only: it is here for ownership."""

    metadata: Metadata


class Job(msgspec.Struct, frozen=True, gc=False):
    """A Job; `outcome` is "Complete" or "Failed" from the condition that is true, else ""."""

    metadata: Metadata
    active: int
    outcome: str
    suspended: bool


class CronJob(msgspec.Struct, frozen=True, gc=False):
    """A CronJob; `last_schedule` and `last_success` from `.status`."""

    metadata: Metadata
    suspended: bool
    active: int
    last_schedule: float
    last_success: float


class HorizontalPodAutoscaler(msgspec.Struct, frozen=True, gc=False):
    """An autoscaling/v2 HPA; `limited` is ScalingLimited=True, `minimum` defaults to 1."""

    metadata: Metadata
    target_group: str
    target_kind: str
    target_name: str
    minimum: int
    maximum: int
    current: int
    desired: int
    limited: bool


class PodDisruptionBudget(msgspec.Struct, frozen=True, gc=False):
    """The counts of `.status`."""

    metadata: Metadata
    disruptions_allowed: int
    current_healthy: int
    desired_healthy: int
    expected_pods: int


class ResourceQuota(msgspec.Struct, frozen=True, gc=False):
    """`.status.hard` and `.status.used`, in nanos of each resource's base unit."""

    metadata: Metadata
    hard: ResourceList
    used: ResourceList


class LimitRangeConstraint(msgspec.Struct, frozen=True, gc=False):
    """One number of `.spec.limits[]`; `constraint` is the API field in snake case, `value` in nanos."""

    limit_type: str
    constraint: str
    resource: str
    value: int


class LimitRange(msgspec.Struct, frozen=True, gc=False):
    """All constraints of a LimitRange."""

    metadata: Metadata
    constraints: tuple[LimitRangeConstraint, ...]


class PersistentVolumeClaim(msgspec.Struct, frozen=True, gc=False):
    """Requested and bound capacity in nano-bytes; `capacity` is None until bound."""

    metadata: Metadata
    phase: str
    requested: int | None
    capacity: int | None


class ConfigMap(msgspec.Struct, frozen=True, gc=False):
    """Keys and texts of `.data`; `left_out` names the keys whose texts are too large to be read."""

    metadata: Metadata
    data: tuple[tuple[str, str], ...]
    left_out: tuple[str, ...] = ()


class Namespace(msgspec.Struct, frozen=True, gc=False):
    """A namespace, known by its metadata only."""

    metadata: Metadata


class Node(msgspec.Struct, frozen=True, gc=False):
    """A node; `conditions` maps condition type to status; `pool` and `zone` come from labels.

    `addresses` are pairs of type and address in the API's order; `kubelet_port` is
    `.status.daemonEndpoints.kubeletEndpoint.Port`, 0 where the node does not tell. A virtual node has no machine
    and no kubelet.
    """

    metadata: Metadata
    pool: str
    zone: str
    kubelet_version: str
    unschedulable: bool
    allocatable: ResourceList
    conditions: tuple[tuple[str, str], ...]
    addresses: tuple[tuple[str, str], ...] = ()
    kubelet_port: int = 0
    virtual: bool = False
    capacity: ResourceList = NO_RESOURCES

    @property
    def ready(self) -> bool:
        """Ready=True; Unknown, False and missing are all not ready."""
        return ("Ready", "True") in self.conditions


class Event(msgspec.Struct, frozen=True, gc=False):
    """A core/v1 Event; `count` is the largest of `count`, `series.count` and 1."""

    metadata: Metadata
    involved_group: str
    involved_kind: str
    involved_namespace: str
    involved_name: str
    involved_uid: str
    reason: str
    event_type: str
    count: int


Fact = (
    Pod
    | Controller
    | ReplicaSet
    | Job
    | CronJob
    | HorizontalPodAutoscaler
    | PodDisruptionBudget
    | ResourceQuota
    | LimitRange
    | PersistentVolumeClaim
    | ConfigMap
    | Namespace
    | Node
    | Event
)


class Change(Enum):
    """What a watch says of an object; a DELETE carries its last state."""

    UPSERT = 1
    DELETE = 2
