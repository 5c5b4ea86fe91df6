"""What a workload requests and may use: per container as declared, per workload as the scheduler charges it."""

from __future__ import annotations

from collections import Counter as Multiset
from collections.abc import Iterable, Iterator

from kube_headroom.catalogue import workloads as series
from kube_headroom.catalogue.labels import WorkloadContainer, WorkloadResource
from kube_headroom.catalogue.metric import Gauge, Sample
from kube_headroom.model import Pod
from kube_headroom.resources import containers_without
from kube_headroom.resources.effective import Kind
from kube_headroom.snapshot import Charge, WorkloadSnapshot

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


def container_resources(snapshot: WorkloadSnapshot) -> Iterator[Sample]:
    """Sum what each container declares over bound pods; one-shot init containers hold nothing for long."""
    sums: Multiset[tuple[str, str, str]] = Multiset()
    for pod in _bound(snapshot.pods):
        for container in pod.resources.running_containers:
            for resource, amount in container.requests.items():
                sums[container.name, "requests", resource] += amount
            for resource, amount in container.limits.items():
                sums[container.name, "limits", resource] += amount
    for name in sorted({name for name, _, _ in sums}):
        labels = WorkloadContainer(*snapshot.workload, name)
        for metric, side, resource in PER_CONTAINER:
            if (name, side, resource) in sums:
                yield metric.at(labels, sums[name, side, resource] / NANO)


def missing_resources(snapshot: WorkloadSnapshot) -> Iterator[Sample]:
    """Count the containers that declare nothing, so that missing is never read as zero (R7, R8)."""
    bound = [*_bound(snapshot.pods)]
    for metric, side in MISSING:
        for resource in MEASURED:
            count = sum(containers_without(pod.resources, resource, side) for pod in bound)
            if count:
                yield metric.at(WorkloadResource(*snapshot.workload, resource), count)


def effective_resources(snapshot: WorkloadSnapshot) -> Iterator[Sample]:
    """What the scheduler charges, bound and unscheduled pods apart; terminal pods hold nothing (R1 to R6, R8)."""
    pairs = [*zip(snapshot.pods, snapshot.charges, strict=True)]
    bound = [(pod, charge) for pod, charge in pairs if pod.node and not pod.terminal]
    if bound:
        charged = _sum(charge.requests.items() for _, charge in bound)
        for metric, resource in CHARGED:
            yield metric.at(snapshot.workload, charged.pop(resource, 0) / NANO)
        for resource, amount in sorted(charged.items()):
            labels = WorkloadResource(*snapshot.workload, resource)
            yield series.EXTENDED_RESOURCE_REQUESTS.at(labels, amount / NANO)
        yield from _bounds(snapshot, bound)
    waiting = [charge for pod, charge in pairs if not pod.node and not pod.terminal]
    if waiting:
        charged = _sum(charge.requests.items() for charge in waiting)
        for metric, resource in UNSCHEDULED:
            yield metric.at(snapshot.workload, charged[resource] / NANO)


def _bounds(snapshot: WorkloadSnapshot, bound: list[tuple[Pod, Charge]]) -> Iterator[Sample]:
    for metric, resource in BOUNDED:
        if not any(containers_without(pod.resources, resource, "limits") for pod, _ in bound):
            yield metric.at(snapshot.workload, sum(charge.limits.get(resource, 0) for _, charge in bound) / NANO)


def _bound(pods: Iterable[Pod]) -> Iterator[Pod]:
    return (pod for pod in pods if pod.node and not pod.terminal)


def _sum(lists: Iterable[Iterable[tuple[str, int]]]) -> Multiset[str]:
    total: Multiset[str] = Multiset()
    for amounts in lists:
        for resource, amount in amounts:
            total[resource] += amount
    return total
