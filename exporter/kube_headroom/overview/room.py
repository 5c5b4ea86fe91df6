"""How much room there is: what nodes offer against what is charged to them, per pool and for the cluster."""

from __future__ import annotations

from collections.abc import Sequence

from kube_headroom.overview.content import Amounts, Room
from kube_headroom.snapshot import NodeSnapshot, PoolSnapshot

NANO = 10**9


def room(snapshot: PoolSnapshot) -> Room:
    """Add up a pool, by the rules of its series: only ready, schedulable nodes offer room, all carry what is charged."""
    usable = [node for node in snapshot.nodes if node.node.ready and not node.node.unschedulable]
    return Room(
        pool=snapshot.pool,
        nodes=len(snapshot.nodes),
        usable=len(usable),
        cpu=_amounts("cpu", snapshot.nodes, usable),
        memory=_amounts("memory", snapshot.nodes, usable),
    )


def whole(pools: Sequence[Room]) -> Room | None:
    """Add up the cluster, None without nodes; its largest node is the largest of any pool."""
    if not pools:
        return None
    return Room(
        pool="",
        nodes=sum(pool.nodes for pool in pools),
        usable=sum(pool.usable for pool in pools),
        cpu=_together([pool.cpu for pool in pools]),
        memory=_together([pool.memory for pool in pools]),
    )


def _amounts(resource: str, nodes: Sequence[NodeSnapshot], usable: Sequence[NodeSnapshot]) -> Amounts:
    offers = [node.node.allocatable.get(resource, 0) for node in usable]
    return Amounts(
        allocatable=sum(offers) / NANO,
        largest=max(offers, default=0) / NANO,
        requested=sum(node.requested.get(resource, 0) for node in nodes) / NANO,
        limited=sum(node.limited.get(resource, 0) for node in nodes) / NANO,
    )


def _together(amounts: Sequence[Amounts]) -> Amounts:
    return Amounts(
        allocatable=sum(amount.allocatable for amount in amounts),
        largest=max(amount.largest for amount in amounts),
        requested=sum(amount.requested for amount in amounts),
        limited=sum(amount.limited for amount in amounts),
    )
