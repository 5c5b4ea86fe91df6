"""Which of the nodes that fit is best: the emptiest, away from pods of the same owner, of the kind preferred."""

from __future__ import annotations

import math
from collections.abc import Sequence

from kube_headroom.simulator.controllers.filters import Wish
from kube_headroom.simulator.controllers.node_fit import matches_term, preferred_affinity, untolerated
from kube_headroom.simulator.controllers.node_sums import NodeSums, Room
from kube_headroom.simulator.store import Object

_HIGHEST = 100.0
_SPREADING, _PREFERENCE, _TOLERATION = 2, 2, 3
"""The plugins' weights in the default profile; NodeResourcesFit has 1."""


def best(wish: Wish, fitting: Sequence[Room], sums: NodeSums) -> Room:
    """Return the node with the highest score; of equal ones, the one that was looked at first."""
    if len(fitting) == 1:
        return fitting[0]
    neighbours = _neighbours(wish, fitting, sums)
    most, least = max(neighbours), min(neighbours)
    terms = preferred_affinity(wish.pod["spec"])
    preferences = [_preference(terms, room) for room in fitting] if terms else [0] * len(fitting)
    highest = max(preferences)
    chosen, top = fitting[0], -math.inf
    for room, near, preferred in zip(fitting, neighbours, preferences, strict=True):
        score = _emptiness(wish, room) + _SPREADING * _HIGHEST * ((most + least - near) / most if most else 1.0)
        if highest:
            score += _PREFERENCE * _HIGHEST * preferred / highest
        taints = room.node.get("spec", {}).get("taints")
        if taints and untolerated(taints, wish.pod["spec"].get("tolerations", ()), ("PreferNoSchedule",)):
            score -= _TOLERATION * _HIGHEST
        if score > top:
            chosen, top = room, score
    return chosen


def _neighbours(wish: Wish, fitting: Sequence[Room], sums: NodeSums) -> list[float]:
    """Return how crowded each node and its zone are with pods of the same owner (PodTopologySpread's defaults)."""
    if not wish.owner:
        return [0.0] * len(fitting)
    of_zone = math.log(sums.zones + 2)
    of_node = math.log(len(fitting) + 2)
    return [
        sums.zone_owners.get((room.zone, wish.owner), 0) * of_zone + room.owners.get(wish.owner, 0) * of_node
        for room in fitting
    ]


def _preference(terms: Sequence[Object], room: Room) -> int:
    """Sum the weights of the preferred terms that a node satisfies."""
    return sum(term["weight"] for term in terms if matches_term(term["preference"], room.node))


def _emptiness(wish: Wish, room: Room) -> float:
    """Return the mean share of CPU and memory left free with the pod, in percent (LeastAllocated)."""
    total, counted = 0.0, 0
    for resource in ("cpu", "memory"):
        allocatable = room.allocatable.get(resource, 0)
        if allocatable:
            taken = room.guessed.get(resource, 0) + wish.requests.get(resource, 0)
            total += max(0.0, (allocatable - taken) / allocatable)
            counted += 1
    return _HIGHEST * total / counted if counted else 0.0
