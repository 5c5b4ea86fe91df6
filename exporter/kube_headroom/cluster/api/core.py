"""What we read of the API's objects: every field may be absent or null, and what is not named here is never built.

Field names are the API's in snake case; quantities stay as they are written.
"""

from __future__ import annotations

from typing import TypeAlias

import msgspec

Quantities: TypeAlias = dict[str, str | int | float | None]


class ApiStruct(msgspec.Struct, gc=False, rename="camel"):
    """Objects of the wire live for microseconds and hold no cycles."""


class OwnerReference(ApiStruct):
    """`metadata.ownerReferences[]`."""

    api_version: str | None = None
    kind: str | None = None
    name: str | None = None
    uid: str | None = None
    controller: bool | None = None


class ObjectMeta(ApiStruct):
    """`metadata`."""

    name: str | None = None
    namespace: str | None = None
    uid: str | None = None
    resource_version: str | None = None
    creation_timestamp: str | None = None
    deletion_timestamp: str | None = None
    owner_references: list[OwnerReference | None] | None = None
    annotations: dict[str, str | None] | None = None
    labels: dict[str, str | None] | None = None


class ApiObject(ApiStruct):
    """Any object, read by its metadata only."""

    kind: str | None = None
    metadata: ObjectMeta | None = None


class Condition(ApiStruct):
    """`status.conditions[]`."""

    type: str | None = None
    status: str | None = None
    reason: str | None = None
    last_transition_time: str | None = None


class Resources(ApiStruct):
    """`resources` of a container, of a pod, or of their status."""

    requests: Quantities | None = None
    limits: Quantities | None = None


class Container(ApiStruct):
    """`spec.containers[]` and `spec.initContainers[]`."""

    name: str | None = None
    resources: Resources | None = None
    restart_policy: str | None = None
    liveness_probe: ApiStruct | None = None
    readiness_probe: ApiStruct | None = None
    startup_probe: ApiStruct | None = None


class Terminated(ApiStruct):
    """`terminated` of a container's state."""

    container_id: str | None = msgspec.field(default=None, name="containerID")
    reason: str | None = None
    exit_code: int | None = None
    finished_at: str | None = None


class Waiting(ApiStruct):
    """`waiting` of a container's state."""

    reason: str | None = None


class ContainerState(ApiStruct):
    """`state` and `lastState`."""

    waiting: Waiting | None = None
    running: ApiStruct | None = None
    terminated: Terminated | None = None


class ContainerStatus(ApiStruct):
    """`status.containerStatuses[]` and `status.initContainerStatuses[]`."""

    name: str | None = None
    ready: bool | None = None
    restart_count: int | None = None
    state: ContainerState | None = None
    last_state: ContainerState | None = None
    resources: Resources | None = None
    allocated_resources: Quantities | None = None


class PodSpec(ApiStruct):
    """`spec` of a pod."""

    node_name: str | None = None
    containers: list[Container | None] | None = None
    init_containers: list[Container | None] | None = None
    overhead: Quantities | None = None
    resources: Resources | None = None


class PodStatus(ApiStruct):
    """`status` of a pod."""

    phase: str | None = None
    reason: str | None = None
    conditions: list[Condition | None] | None = None
    container_statuses: list[ContainerStatus | None] | None = None
    init_container_statuses: list[ContainerStatus | None] | None = None
    resources: Resources | None = None
    allocated_resources: Quantities | None = None


class Pod(ApiObject):
    """A core/v1 Pod."""

    spec: PodSpec | None = None
    status: PodStatus | None = None


class NodeInfo(ApiStruct):
    """`status.nodeInfo`."""

    kubelet_version: str | None = None


class NodeSpec(ApiStruct):
    """`spec` of a node."""

    unschedulable: bool | None = None


class NodeAddress(ApiStruct):
    """`status.addresses[]`."""

    type: str | None = None
    address: str | None = None


class DaemonEndpoint(ApiStruct):
    """`status.daemonEndpoints.kubeletEndpoint`, the one place where the API writes a field with a capital."""

    port: int | None = msgspec.field(default=None, name="Port")


class DaemonEndpoints(ApiStruct):
    """`status.daemonEndpoints`."""

    kubelet_endpoint: DaemonEndpoint | None = None


class NodeStatus(ApiStruct):
    """`status` of a node."""

    addresses: list[NodeAddress | None] | None = None
    allocatable: Quantities | None = None
    capacity: Quantities | None = None
    conditions: list[Condition | None] | None = None
    daemon_endpoints: DaemonEndpoints | None = None
    node_info: NodeInfo | None = None


class Node(ApiObject):
    """A core/v1 Node."""

    spec: NodeSpec | None = None
    status: NodeStatus | None = None


class ObjectReference(ApiStruct):
    """What an event or an autoscaler is about, and `status.active[]` of a CronJob."""

    api_version: str | None = None
    kind: str | None = None
    namespace: str | None = None
    name: str | None = None
    uid: str | None = None


class QuotaStatus(ApiStruct):
    """`status` of a ResourceQuota."""

    hard: Quantities | None = None
    used: Quantities | None = None


class ResourceQuota(ApiObject):
    """A core/v1 ResourceQuota."""

    status: QuotaStatus | None = None


class LimitRangeItem(ApiStruct):
    """`spec.limits[]`."""

    type: str | None = None
    max: Quantities | None = None
    min: Quantities | None = None
    default: Quantities | None = None
    default_request: Quantities | None = None
    max_limit_request_ratio: Quantities | None = None


class LimitRangeSpec(ApiStruct):
    """`spec` of a LimitRange."""

    limits: list[LimitRangeItem | None] | None = None


class LimitRange(ApiObject):
    """A core/v1 LimitRange."""

    spec: LimitRangeSpec | None = None


class ClaimSpec(ApiStruct):
    """`spec` of a PersistentVolumeClaim."""

    resources: Resources | None = None


class ClaimStatus(ApiStruct):
    """`status` of a PersistentVolumeClaim."""

    phase: str | None = None
    capacity: Quantities | None = None


class PersistentVolumeClaim(ApiObject):
    """A core/v1 PersistentVolumeClaim."""

    spec: ClaimSpec | None = None
    status: ClaimStatus | None = None


class ConfigMap(ApiObject):
    """A core/v1 ConfigMap."""

    data: dict[str, str | None] | None = None


class Series(ApiStruct):
    """`series` of an event."""

    count: int | None = None


class Event(ApiObject):
    """A core/v1 Event."""

    involved_object: ObjectReference | None = None
    reason: str | None = None
    type: str | None = None
    count: int | None = None
    series: Series | None = None
