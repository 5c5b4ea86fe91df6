"""What a signal sees: immutable views of one workload, node, pool or object at one instant."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from typing import NamedTuple

from kube_headroom.catalogue.labels import Slo, Workload
from kube_headroom.catalogue.metric import Sample
from kube_headroom.model import Controller, CronJob, HorizontalPodAutoscaler, Job, Node, Pod


class Charge(NamedTuple):
    """What the scheduler charges for a pod, in nanos of each resource's base unit."""

    requests: Mapping[str, int]
    limits: Mapping[str, int]


class WorkloadSnapshot(NamedTuple):
    """A workload and all it owns.

    `counters` are the accumulated samples as they may be exposed at this instant; `rollout_stuck` is None
    for kinds that have no rollout.
    """

    workload: Workload
    owner: str
    controller: Controller | CronJob | None
    jobs: tuple[Job, ...]
    autoscaler: HorizontalPodAutoscaler | None
    pods: tuple[Pod, ...]
    ready_nodes: AbstractSet[str]
    rollout_stuck: bool | None
    counters: tuple[Sample, ...]


class DepartedSnapshot(NamedTuple):
    """What a workload had counted when its last object went."""

    counters: tuple[Sample, ...]


class ResourcesSnapshot(NamedTuple):
    """What the pods of a workload hold; `charges` has one Charge per pod, in the pods' order.

    Apart from WorkloadSnapshot, because it stays the same while pods crash, wait and turn ready.
    """

    workload: Workload
    pods: tuple[Pod, ...]
    charges: tuple[Charge, ...]


class NodeSnapshot(NamedTuple):
    """A node and the sums over the pods bound to it, in nanos; `pods` counts those that are not terminal."""

    node: Node
    pods: int
    requested: Mapping[str, int]
    limited: Mapping[str, int]


class PoolSnapshot(NamedTuple):
    """All nodes of a pool."""

    pool: str
    nodes: tuple[NodeSnapshot, ...]


class ContainerUsage(NamedTuple):
    """What one container of a workload uses over its measured replicas, in cores and bytes; None for the unknown.

    `peak` and `peak_share` are the highest of any replica in the window, `cfs` are periods, throttled periods and
    throttled seconds, empty without a CPU limit.
    """

    name: str
    working_set: float | None
    cpu_request: float | None
    memory_request: float | None
    peak: float | None
    peak_share: float | None
    cpu_seconds: float | None
    cfs: tuple[float, ...]


class UsageSnapshot(NamedTuple):
    """What a workload uses; `expected` containers run, of which `measured` are in the gauges.

    `pressure` holds waiting and stalled seconds of cpu, memory and io in turn, empty without PSI; `probes` are the
    samples that may be exposed at this instant.
    """

    workload: Workload
    expected: int
    measured: int
    containers: tuple[ContainerUsage, ...]
    throttled: float | None
    pressure: tuple[float | None, ...]
    probes: tuple[Sample, ...]


class NodeUsageSnapshot(NamedTuple):
    """What a node uses; `cpu_cores` is the rate between its last two readings."""

    node: str
    cpu_seconds: float | None
    cpu_cores: float | None
    working_set: float | None
    expected: int
    measured: int
    clock_offset: float | None


class PoolUsageSnapshot(NamedTuple):
    """What the measured nodes of a pool use together, in cores and bytes, and what they offer."""

    pool: str
    nodes_measured: int
    cpu_seconds: float | None
    cpu_cores: float | None
    working_set: float | None
    cpu_allocatable: float
    memory_allocatable: float


class VolumeSnapshot(NamedTuple):
    """How full the mounted volume of a claim is; None for what its driver does not tell."""

    namespace: str
    claim: str
    capacity_bytes: float | None
    used_bytes: float | None
    inodes: float | None
    inodes_used: float | None


class BudgetSnapshot(NamedTuple):
    """One period's budget: `events` and `bad` outside maintenance; `remaining` is 1 with nothing spent."""

    period: str
    events: float
    bad: float
    remaining: float
    coverage: float


class SloSnapshot(NamedTuple):
    """An SLO, or one group of it, at one instant.

    `counters` are events, bad events, and both again for what maintenance excluded (None where there never was
    one), as they may be exposed now; None while there are no data. `thresholds` and `burn_rates` are pairs of
    window and burn rate; `burn_rates`, `budgets` and `state` are empty while there are no data. The first of `budgets`
    is of the period that alerts and policy are about.
    """

    slo: Slo
    owner: str
    sli: str
    unit: str
    objective: float
    thresholds: tuple[tuple[str, float], ...]
    minimum_bad_events: float
    budget_ticket: float | None
    counters: tuple[float, float, float | None, float | None] | None
    burn_rates: tuple[tuple[str, float], ...]
    budgets: tuple[BudgetSnapshot, ...]
    state: str
    evaluated_at: float | None
