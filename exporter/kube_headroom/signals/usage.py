"""What is used, what limits and probes cost, and how much of it is measured; what is unknown has no series."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from kube_headroom.catalogue import node_usage as node_series
from kube_headroom.catalogue import usage as series
from kube_headroom.catalogue import volumes as volume_series
from kube_headroom.catalogue.labels import (
    Node,
    NodePool,
    PersistentVolumeClaim,
    WorkloadContainer,
    WorkloadResource,
)
from kube_headroom.catalogue.metric import Metric, Sample
from kube_headroom.snapshot import (
    ContainerUsage,
    NodeUsageSnapshot,
    PoolUsageSnapshot,
    UsageSnapshot,
    VolumeSnapshot,
)

CFS = (series.CFS_PERIODS, series.CFS_THROTTLED_PERIODS, series.CFS_THROTTLED_SECONDS)
PRESSURE = tuple(
    (metric, resource)
    for resource in ("cpu", "memory", "io")
    for metric in (series.PRESSURE_WAITING, series.PRESSURE_STALLED)
)


def workload(snapshot: UsageSnapshot) -> Iterator[Sample]:
    """One workload: coverage, then each container, then what only the whole pod shows."""
    labels = snapshot.workload
    yield series.CONTAINERS_EXPECTED.at(labels, snapshot.expected)
    yield series.CONTAINERS_MEASURED.at(labels, snapshot.measured)
    for container in snapshot.containers:
        yield from _container(WorkloadContainer(*labels, container.name), container)
    if snapshot.throttled is not None:
        yield series.CPU_THROTTLED.at(labels, snapshot.throttled)
    for (metric, resource), seconds in zip(PRESSURE, snapshot.pressure, strict=False):
        if seconds is not None:
            yield metric.at(WorkloadResource(*labels, resource), seconds)
    yield from snapshot.probes


def _container(labels: WorkloadContainer, container: ContainerUsage) -> Iterator[Sample]:
    yield from _known(
        labels,
        (series.CPU_USAGE, container.cpu_seconds),
        (series.MEMORY_WORKING_SET, container.working_set),
        (series.CPU_REQUEST_MEASURED, container.cpu_request),
        (series.MEMORY_REQUEST_MEASURED, container.memory_request),
        (series.MEMORY_PEAK, container.peak),
        (series.MEMORY_LIMIT_PEAK, container.peak_share),
    )
    for metric, count in zip(CFS, container.cfs, strict=False):
        yield metric.at(labels, count)


def node(snapshot: NodeUsageSnapshot) -> Iterator[Sample]:
    """One node: what everything on it uses, and how many of its containers are measured."""
    yield from _known(
        Node(snapshot.node),
        (node_series.NODE_CPU_USAGE, snapshot.cpu_seconds),
        (node_series.NODE_MEMORY_WORKING_SET, snapshot.working_set),
        (node_series.NODE_CONTAINERS_EXPECTED, snapshot.expected),
        (node_series.NODE_CONTAINERS_MEASURED, snapshot.measured),
        (node_series.NODE_CLOCK_OFFSET, snapshot.clock_offset),
    )


def pool(snapshot: PoolUsageSnapshot) -> Iterator[Sample]:
    """One pool: sums over its measured nodes, beside what these offer."""
    labels = NodePool(snapshot.pool)
    measured = snapshot.nodes_measured > 0
    yield from _known(
        labels,
        (node_series.POOL_NODES_MEASURED, snapshot.nodes_measured),
        (node_series.POOL_CPU_USAGE, snapshot.cpu_seconds),
        (node_series.POOL_MEMORY_WORKING_SET, snapshot.working_set),
        (node_series.POOL_CPU_ALLOCATABLE_MEASURED, snapshot.cpu_allocatable if measured else None),
        (node_series.POOL_MEMORY_ALLOCATABLE_MEASURED, snapshot.memory_allocatable if measured else None),
    )


def volume(snapshot: VolumeSnapshot) -> Iterator[Sample]:
    """One claim: how full its volume is."""
    yield from _known(
        PersistentVolumeClaim(snapshot.namespace, snapshot.claim),
        (volume_series.VOLUME_CAPACITY, snapshot.capacity_bytes),
        (volume_series.VOLUME_USED, snapshot.used_bytes),
        (volume_series.VOLUME_INODES, snapshot.inodes),
        (volume_series.VOLUME_INODES_USED, snapshot.inodes_used),
    )


def _known(labels: Any, *values: tuple[Metric[Any], float | None]) -> Iterator[Sample]:  # noqa: ANN401  of any scope
    for metric, value in values:
        if value is not None:
            yield metric.at(labels, value)
