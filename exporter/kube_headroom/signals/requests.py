"""What a workload requests and may use: per container as declared, per workload as the scheduler charges it."""

from __future__ import annotations

from collections import Counter as Multiset
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from kube_headroom.catalogue import workloads as series
from kube_headroom.catalogue.labels import WorkloadContainer, WorkloadResource
from kube_headroom.catalogue.metric import Gauge, Sample
from kube_headroom.model import Pod
from kube_headroom.resources import PodResources, containers_without
from kube_headroom.resources.effective import Kind
from kube_headroom.snapshot import Charge, ResourcesSnapshot

NANO = 10**9
MEASURED = ("cpu", "memory")
PER_CONTAINER = (
    (series.CPU_REQUEST, "requests", "cpu"),
    (series.CPU_LIMIT, "limits", "cpu"),
    (series.MEMORY_REQUEST, "requests", "memory"),
    (series.MEMORY_LIMIT, "limits", "memory"),
)
MISSING: tuple[tuple[Gauge[WorkloadResource], Kind], ...] = (
    (series.CONTAINERS_WITHOUT_REQUEST, "requests"),
    (series.CONTAINERS_WITHOUT_LIMIT, "limits"),
)
CHARGED = ((series.CPU_EFFECTIVE_REQUEST, "cpu"), (series.MEMORY_EFFECTIVE_REQUEST, "memory"))
BOUNDED = ((series.CPU_EFFECTIVE_LIMIT, "cpu"), (series.MEMORY_EFFECTIVE_LIMIT, "memory"))
UNSCHEDULED = ((series.CPU_UNSCHEDULED_REQUEST, "cpu"), (series.MEMORY_UNSCHEDULED_REQUEST, "memory"))


class _Alike(NamedTuple):
    """Resources, what the scheduler charges for them, and how many pods have them."""

    resources: PodResources
    charge: Charge
    pods: int


def container_resources(snapshot: ResourcesSnapshot) -> Iterator[Sample]:
    """Sum what each container declares over bound pods; one-shot init containers hold nothing for long."""
    sums: Multiset[tuple[str, str, str]] = Multiset()
    for resources, _, pods in _alike(snapshot, _bound):
        for container in resources.running_containers:
            for resource, amount in container.requests.items():
                sums[container.name, "requests", resource] += pods * amount
            for resource, amount in container.limits.items():
                sums[container.name, "limits", resource] += pods * amount
    for name in sorted({name for name, _, _ in sums}):
        labels = WorkloadContainer(*snapshot.workload, name)
        for metric, side, resource in PER_CONTAINER:
            if (name, side, resource) in sums:
                yield metric.at(labels, sums[name, side, resource] / NANO)


def missing_resources(snapshot: ResourcesSnapshot) -> Iterator[Sample]:
    """Count the containers that declare nothing, so that missing is never read as zero (R7, R8)."""
    bound = _alike(snapshot, _bound)
    for metric, side in MISSING:
        for resource in MEASURED:
            count = sum(pods * containers_without(resources, resource, side) for resources, _, pods in bound)
            if count:
                yield metric.at(WorkloadResource(*snapshot.workload, resource), count)


def effective_resources(snapshot: ResourcesSnapshot) -> Iterator[Sample]:
    """What the scheduler charges, bound and unscheduled pods apart; terminal pods hold nothing (R1 to R6, R8)."""
    bound = _alike(snapshot, _bound)
    if bound:
        charged = _sum(bound)
        for metric, resource in CHARGED:
            yield metric.at(snapshot.workload, charged.pop(resource, 0) / NANO)
        for resource, amount in sorted(charged.items()):
            labels = WorkloadResource(*snapshot.workload, resource)
            yield series.EXTENDED_RESOURCE_REQUESTS.at(labels, amount / NANO)
        yield from _bounds(snapshot, bound)
    waiting = _alike(snapshot, _unscheduled)
    if waiting:
        charged = _sum(waiting)
        for metric, resource in UNSCHEDULED:
            yield metric.at(snapshot.workload, charged[resource] / NANO)


def _bounds(snapshot: ResourcesSnapshot, bound: list[_Alike]) -> Iterator[Sample]:
    for metric, resource in BOUNDED:
        if not any(containers_without(resources, resource, "limits") for resources, _, _ in bound):
            total = sum(pods * charge.limits.get(resource, 0) for _, charge, pods in bound)
            yield metric.at(snapshot.workload, total / NANO)


def _alike(snapshot: ResourcesSnapshot, chosen: Callable[[Pod], bool]) -> list[_Alike]:
    """Count the chosen pods by their resources: replicas share one interned object, so most workloads have one kind."""
    known: dict[int, _Alike] = {}
    for pod, charge in zip(snapshot.pods, snapshot.charges, strict=True):
        if chosen(pod):
            key = id(pod.resources)
            pods = known[key].pods if key in known else 0
            known[key] = _Alike(pod.resources, charge, pods + 1)
    return [*known.values()]


def _bound(pod: Pod) -> bool:
    return bool(pod.node) and not pod.terminal


def _unscheduled(pod: Pod) -> bool:
    return not pod.node and not pod.terminal


def _sum(kinds: Iterable[_Alike]) -> Multiset[str]:
    total: Multiset[str] = Multiset()
    for kind in kinds:
        for resource, amount in kind.charge.requests.items():
            total[resource] += kind.pods * amount
    return total
