"""Nodes and pools: what they offer, what is charged to them, and what remains when the largest is lost."""

from __future__ import annotations

from collections.abc import Iterator

from kube_headroom.catalogue import nodes as series
from kube_headroom.catalogue.labels import Node, NodeCondition, NodeInfo, NodePool
from kube_headroom.catalogue.metric import Sample
from kube_headroom.snapshot import NodeSnapshot, PoolSnapshot

NANO = 10**9
ALLOCATABLE = (
    (series.NODE_PODS_ALLOCATABLE, "pods"),
    (series.NODE_CPU_ALLOCATABLE, "cpu"),
    (series.NODE_MEMORY_ALLOCATABLE, "memory"),
)
REQUESTED = ((series.NODE_CPU_REQUESTED, "cpu"), (series.NODE_MEMORY_REQUESTED, "memory"))
LIMITED = ((series.NODE_CPU_LIMITED, "cpu"), (series.NODE_MEMORY_LIMITED, "memory"))
POOL = (
    ("cpu", series.POOL_CPU_ALLOCATABLE, series.POOL_CPU_LARGEST_NODE, series.POOL_CPU_REQUESTED),
    ("memory", series.POOL_MEMORY_ALLOCATABLE, series.POOL_MEMORY_LARGEST_NODE, series.POOL_MEMORY_REQUESTED),
)


def node(snapshot: NodeSnapshot) -> Iterator[Sample]:
    """One node: identity, conditions, offer and charge."""
    facts = snapshot.node
    labels = Node(facts.metadata.name)
    yield series.NODE_INFO.at(NodeInfo(*labels, facts.pool, facts.zone, facts.kubelet_version), 1)
    yield series.NODE_READY.at(labels, facts.ready)
    for condition, status in sorted(facts.conditions):
        if condition != "Ready" and status == "True":
            yield series.NODE_CONDITION.at(NodeCondition(*labels, condition), 1)
    yield series.NODE_UNSCHEDULABLE.at(labels, facts.unschedulable)
    yield series.NODE_PODS.at(labels, snapshot.pods)
    for metric, resource in ALLOCATABLE:
        if resource in facts.allocatable:
            yield metric.at(labels, facts.allocatable[resource] / NANO)
    for metric, resource in REQUESTED:
        yield metric.at(labels, snapshot.requested.get(resource, 0) / NANO)
    for metric, resource in LIMITED:
        yield metric.at(labels, snapshot.limited.get(resource, 0) / NANO)


def pool(snapshot: PoolSnapshot) -> Iterator[Sample]:
    """One pool: only ready, schedulable nodes offer room, while all of them carry what is charged."""
    labels = NodePool(snapshot.pool)
    usable = [node for node in snapshot.nodes if node.node.ready and not node.node.unschedulable]
    yield series.POOL_NODES.at(labels, len(usable))
    for resource, allocatable, largest, requested in POOL:
        offers = [node.node.allocatable.get(resource, 0) for node in usable]
        yield allocatable.at(labels, sum(offers) / NANO)
        yield largest.at(labels, max(offers, default=0) / NANO)
        yield requested.at(labels, sum(node.requested.get(resource, 0) for node in snapshot.nodes) / NANO)
