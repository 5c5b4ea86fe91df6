"""How much room there is: what nodes offer against what is charged to them, per pool and for the cluster."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from kube_headroom.overview.content import Amounts, Room
from kube_headroom.overview.use import PoolUse
from kube_headroom.snapshot import NodeSnapshot, PoolSnapshot

NANO = 10**9
Number = TypeVar("Number", int, float)


def room(snapshot: PoolSnapshot, use: PoolUse | None = None) -> Room:
    """Add up a pool and what kubelets tell of its use, by the rules of its series: only ready, schedulable nodes offer room, all carry what is charged."""
    usable = [node for node in snapshot.nodes if node.node.ready and not node.node.unschedulable]
    return Room(
        pool=snapshot.pool,
        nodes=len(snapshot.nodes),
        usable=len(usable),
        measured=use.measured if use is not None else None,
        cpu=_amounts("cpu", snapshot.nodes, usable, use.cores if use is not None else None),
        memory=_amounts("memory", snapshot.nodes, usable, use.working_set if use is not None else None),
    )


def whole(pools: Sequence[Room]) -> Room | None:
    """Add up the cluster, None without nodes; its largest node is the largest of any pool."""
    if not pools:
        return None
    return Room(
        pool="",
        nodes=sum(pool.nodes for pool in pools),
        usable=sum(pool.usable for pool in pools),
        measured=_sum([pool.measured for pool in pools]),
        cpu=_together([pool.cpu for pool in pools]),
        memory=_together([pool.memory for pool in pools]),
    )


def _amounts(
    resource: str, nodes: Sequence[NodeSnapshot], usable: Sequence[NodeSnapshot], used: float | None
) -> Amounts:
    offers = [node.node.allocatable.get(resource, 0) for node in usable]
    return Amounts(
        allocatable=sum(offers) / NANO,
        largest=max(offers, default=0) / NANO,
        requested=sum(node.requested.get(resource, 0) for node in nodes) / NANO,
        limited=sum(node.limited.get(resource, 0) for node in nodes) / NANO,
        used=used,
    )


def _together(amounts: Sequence[Amounts]) -> Amounts:
    return Amounts(
        allocatable=sum(amount.allocatable for amount in amounts),
        largest=max(amount.largest for amount in amounts),
        requested=sum(amount.requested for amount in amounts),
        limited=sum(amount.limited for amount in amounts),
        used=_sum([amount.used for amount in amounts]),
    )


def _sum(numbers: Sequence[Number | None]) -> Number | None:
    """Add up what is known, None if nothing is."""
    known = [number for number in numbers if number is not None]
    return sum(known) if known else None
