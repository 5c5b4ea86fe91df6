"""Which nodes can take a pod, and why others cannot, in the words of the real scheduler's plugins."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from kube_headroom.simulator.controllers.claims import Volumes
from kube_headroom.simulator.controllers.node_fit import (
    matches_selector,
    required_affinity,
    tolerates,
    untolerated,
    wants_node,
)
from kube_headroom.simulator.controllers.node_sums import Room
from kube_headroom.simulator.controllers.queue import name_of
from kube_headroom.simulator.store import Name, Object, controller

_PIECE = 10**9
_UNSCHEDULABLE = {"key": "node.kubernetes.io/unschedulable", "effect": "NoSchedule"}
_KEEPING_OFF = ("NoSchedule", "NoExecute")


@dataclass(slots=True)
class Wish:
    """A pod that looks for a node; `requests` in nanos, `only` is the one node that it could be on."""

    pod: Object
    requests: Mapping[str, int]
    volumes: Volumes
    name: Name = field(init=False)
    priority: int = field(init=False)
    owner: str = field(init=False)
    only: str | None = field(init=False)
    ignores_cordon: bool = field(init=False)

    def __post_init__(self) -> None:
        spec = self.pod["spec"]
        self.name = name_of(self.pod)
        self.priority = spec.get("priority", 0)
        owner = controller(self.pod)
        self.owner = owner["uid"] if owner else ""
        self.only = _only_node(spec)
        self.ignores_cordon = any(tolerates(one, _UNSCHEDULABLE) for one in spec.get("tolerations", ()))


class Refusal(NamedTuple):
    """Why a node cannot take a pod; `curable` says that it could if pods there were gone."""

    reasons: tuple[str, ...]
    curable: bool


def refusal(wish: Wish, room: Room, reserved: Sequence[Mapping[str, int]] = ()) -> Refusal | None:
    """Return why a node cannot take the pod, the first plugin's reasons; None if it can.

    `reserved` is what pods that other ones were evicted for are going to hold there.
    """
    node, spec = room.node, wish.pod["spec"]
    of_node = node.get("spec", {})
    if of_node.get("unschedulable") and not wish.ignores_cordon:
        return Refusal(("node(s) were unschedulable",), curable=False)
    taints = of_node.get("taints")
    if taints and untolerated(taints, spec.get("tolerations", ()), _KEEPING_OFF) is not None:
        return Refusal(("node(s) had untolerated taint(s)",), curable=False)
    if ("nodeSelector" in spec or "affinity" in spec) and not wants_node(spec, node):
        return Refusal(("node(s) didn't match Pod's node affinity/selector",), curable=False)
    lacking = lacks(wish.requests, room, reserved)
    if lacking is not None:
        return lacking
    selectors = wish.volumes.selectors
    if selectors and not all(matches_selector(selector, node) for selector in selectors):
        return Refusal(("node(s) didn't match PersistentVolume's node affinity",), curable=False)
    return None


def lacks(requests: Mapping[str, int], room: Room, reserved: Sequence[Mapping[str, int]] = ()) -> Refusal | None:
    """Return what a node has too little of for the requests."""
    reasons = []
    curable = True
    if len(room.pods) + len(reserved) + 1 > room.allocatable.get("pods", 0) // _PIECE:
        reasons.append("Too many pods")
    for resource, nanos in requests.items():
        if not nanos:
            continue
        allocatable = room.allocatable.get(resource, 0)
        held = room.requested.get(resource, 0)
        if reserved:
            held += sum(one.get(resource, 0) for one in reserved)
        if nanos > allocatable - held:
            reasons.append(f"Insufficient {resource}")
            curable = curable and nanos <= allocatable
    return Refusal(tuple(reasons), curable) if reasons else None


def _only_node(spec: Object) -> str | None:
    """Return the node that a required affinity names, as a DaemonSet's does."""
    required = required_affinity(spec)
    terms: Sequence[Object] = required["nodeSelectorTerms"] if required else ()
    fields: Sequence[Object] = terms[0].get("matchFields", ()) if len(terms) == 1 else ()
    if len(fields) != 1 or fields[0]["operator"] != "In" or len(fields[0]["values"]) != 1:
        return None
    name: str = fields[0]["values"][0]
    return name
