"""What a signal sees: immutable views of one workload, node, pool or object at one instant."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from typing import NamedTuple

from kube_headroom.catalogue.labels import Workload
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
