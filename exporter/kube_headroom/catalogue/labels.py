"""The label sets: NamedTuples whose fields are label names, so that a wrong label set does not type-check."""

from __future__ import annotations

from typing import NamedTuple


class Workload(NamedTuple):
    """The identity of a workload: roll-up key and label set at once."""

    namespace: str
    workload_kind: str
    workload: str


class WorkloadOwner(NamedTuple):
    """A workload and the team that owns it."""

    namespace: str
    workload_kind: str
    workload: str
    owner: str


class WorkloadContainer(NamedTuple):
    """A named container of a workload, native sidecars and init containers included."""

    namespace: str
    workload_kind: str
    workload: str
    container: str


class WorkloadContainerReason(NamedTuple):
    """A container of a workload and why it waits or ended."""

    namespace: str
    workload_kind: str
    workload: str
    container: str
    reason: str


class WorkloadContainerProbe(NamedTuple):
    """A container of a workload and one of its probes: `liveness`, `readiness` or `startup`."""

    namespace: str
    workload_kind: str
    workload: str
    container: str
    probe: str


class WorkloadReason(NamedTuple):
    """A workload and why something happened to its pods."""

    namespace: str
    workload_kind: str
    workload: str
    reason: str


class WorkloadResource(NamedTuple):
    """A workload and a resource name such as `cpu` or `nvidia.com/gpu`."""

    namespace: str
    workload_kind: str
    workload: str
    resource: str


class WorkloadPhase(NamedTuple):
    """A workload and a pod phase."""

    namespace: str
    workload_kind: str
    workload: str
    phase: str


class WorkloadEvent(NamedTuple):
    """A workload, the reason of an event and its type (`Normal`, `Warning`)."""

    namespace: str
    workload_kind: str
    workload: str
    reason: str
    event_type: str


class NamespaceOwner(NamedTuple):
    """A namespace and the team that owns it."""

    namespace: str
    owner: str


class Node(NamedTuple):
    """A node."""

    node: str


class NodeInfo(NamedTuple):
    """A node and where it belongs."""

    node: str
    node_pool: str
    zone: str
    kubelet_version: str


class NodeCondition(NamedTuple):
    """A node and the type of one of its conditions."""

    node: str
    condition: str


class NodePool(NamedTuple):
    """A pool of nodes, empty where nodes carry no pool label."""

    node_pool: str


class PodDisruptionBudget(NamedTuple):
    """A PodDisruptionBudget."""

    namespace: str
    poddisruptionbudget: str


class ResourceQuota(NamedTuple):
    """One resource of a ResourceQuota, named as in `.spec.hard`."""

    namespace: str
    resourcequota: str
    resource: str


class LimitRange(NamedTuple):
    """One constraint of a LimitRange: `limit_type` is Container, Pod or PersistentVolumeClaim."""

    namespace: str
    limitrange: str
    resource: str
    limit_type: str
    constraint: str


class PersistentVolumeClaim(NamedTuple):
    """A PersistentVolumeClaim."""

    namespace: str
    persistentvolumeclaim: str


class PersistentVolumeClaimPhase(NamedTuple):
    """A PersistentVolumeClaim and its phase."""

    namespace: str
    persistentvolumeclaim: str
    phase: str


class Nothing(NamedTuple):
    """No labels."""


class Source(NamedTuple):
    """Something the exporter reads from: the plural of a watched kind, such as `pods`."""

    source: str


class SourceReason(NamedTuple):
    """A source and why something happened to it or to an object of it."""

    source: str
    reason: str


class Reason(NamedTuple):
    """Why something was not taken."""

    reason: str


class Page(NamedTuple):
    """A page of a kubelet: `resource`, `cadvisor`, `probes`, or `volumes` for those rows of `/metrics`."""

    page: str


class PageReason(NamedTuple):
    """A page of a kubelet and why something happened to it or to a row of it."""

    page: str
    reason: str


class Finding(NamedTuple):
    """What a kubelet does not tell."""

    finding: str


class Family(NamedTuple):
    """The name of an emitted metric."""

    family: str


class NamespaceKind(NamedTuple):
    """A namespace and a kind of workload in it."""

    namespace: str
    workload_kind: str


class Handler(NamedTuple):
    """What answered a request: `metrics`, `healthy`, `ready`, `index`, `overview`, or `other` for every unknown path."""

    handler: str


class HandlerCode(NamedTuple):
    """What answered a request, and the HTTP status code."""

    handler: str
    code: str


class Build(NamedTuple):
    """Which exporter runs on which Python."""

    version: str
    python_version: str


class Slo(NamedTuple):
    """An SLO: `slo_group` is `route=/cart` of a grouped one, else empty; the workload is empty where it has none."""

    slo_service: str
    slo: str
    slo_group: str
    namespace: str
    workload_kind: str
    workload: str


class SloInfo(NamedTuple):
    """An SLO, who owns it, and what is counted: the SLI and the unit of its events."""

    slo_service: str
    slo: str
    slo_group: str
    namespace: str
    workload_kind: str
    workload: str
    owner: str
    sli: str
    unit: str


class SloWindow(NamedTuple):
    """An SLO and a window of its burn rate, such as `1h`."""

    slo_service: str
    slo: str
    slo_group: str
    namespace: str
    workload_kind: str
    workload: str
    window: str


class SloPeriod(NamedTuple):
    """An SLO and a period of its budget, such as `30d` or `month`."""

    slo_service: str
    slo: str
    slo_group: str
    namespace: str
    workload_kind: str
    workload: str
    period: str


class SloState(NamedTuple):
    """An SLO and a state of its error budget policy."""

    slo_service: str
    slo: str
    slo_group: str
    namespace: str
    workload_kind: str
    workload: str
    state: str


class SloReason(NamedTuple):
    """A declared SLO and why something of it was not counted."""

    slo_service: str
    slo: str
    reason: str
