"""What each node has room for, kept up to date pod by pod: the scheduler's view of the cluster."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import NamedTuple

from kube_headroom.resources import effective_requests, parse_quantity
from kube_headroom.simulator.controllers.pods import is_terminal
from kube_headroom.simulator.controllers.quantities import pod_resources
from kube_headroom.simulator.controllers.queue import name_of
from kube_headroom.simulator.store import Change, Name, Object, Store, controller

ZONE = "topology.kubernetes.io/zone"
_GUESSED = {"cpu": 100 * 10**6, "memory": 200 * 2**20 * 10**9}
"""What a container without a request counts for when nodes are compared (`GetNonzeroRequests`), in nanos."""


class Placed(NamedTuple):
    """A pod that holds room on a node; `requests` and `guessed` in nanos."""

    node: str
    spec: Object
    requests: Mapping[str, int]
    guessed: Mapping[str, int]
    owner: str


@dataclass(slots=True)
class Room:
    """A node, what it can hold and what is held; amounts in nanos."""

    node: Object
    name: str
    zone: str
    allocatable: dict[str, int]
    pods: dict[Name, Placed] = field(default_factory=dict)
    requested: dict[str, int] = field(default_factory=dict)
    guessed: dict[str, int] = field(default_factory=dict)
    owners: dict[str, int] = field(default_factory=dict)

    def put(self, name: Name, placed: Placed) -> None:
        """Count a pod in."""
        self.pods[name] = placed
        _add(self.requested, placed.requests, 1)
        _add(self.guessed, placed.guessed, 1)
        self.owners[placed.owner] = self.owners.get(placed.owner, 0) + 1

    def take(self, name: Name) -> None:
        """Count a pod out."""
        placed = self.pods.pop(name)
        _add(self.requested, placed.requests, -1)
        _add(self.guessed, placed.guessed, -1)
        self.owners[placed.owner] -= 1
        if not self.owners[placed.owner]:
            del self.owners[placed.owner]


class NodeSums:
    """All nodes and the pods bound to them, as the changes heard so far leave them."""

    def __init__(self, store: Store, minor: int) -> None:
        """Begin with what is stored; `minor` is the version whose rule for effective requests holds."""
        self._minor = minor
        self.rooms: dict[str, Room] = {}
        self._placed: dict[Name, Placed] = {}
        self._order: list[Room] | None = None
        self.zone_owners: dict[tuple[str, str], int] = {}
        """Pods by zone and owner."""
        for node in store.all("nodes"):
            self._hear_node(node)
        for pod in store.all("pods"):
            self._hear_pod(pod, gone=False)

    @property
    def order(self) -> list[Room]:
        """The nodes, taking one of each zone in turn."""
        if self._order is None:
            zones: dict[str, list[Room]] = {}
            for room in self.rooms.values():
                zones.setdefault(room.zone, []).append(room)
            turns = zip_longest(*(zones[zone] for zone in sorted(zones)))
            self._order = [room for turn in turns for room in turn if room is not None]
        return self._order

    @property
    def zones(self) -> int:
        """How many zones there are."""
        return len({room.zone for room in self.rooms.values()})

    def hear(self, change: Change) -> bool:
        """Follow a change of a node or a pod; tell whether there may now be room that was not there before."""
        if change.resource == "nodes":
            if change.type == "DELETED":
                self._remove_node(change.object["metadata"]["name"])
                return False
            return self._hear_node(change.object)
        return change.resource != "pods" or self._hear_pod(change.object, gone=change.type == "DELETED")

    def requests_of(self, pod: Object) -> dict[str, int]:
        """Return what a pod is charged for, in nanos."""
        return effective_requests(pod_resources(pod), minor=self._minor)

    def place(self, pod: Object, node: str) -> None:
        """Count a pod on a node, instead of where it was."""
        name = name_of(pod)
        self._take(name)
        requests = self.requests_of(pod)
        guessed = {resource: requests.get(resource) or guess for resource, guess in _GUESSED.items()}
        owner = controller(pod)
        placed = Placed(node, pod["spec"], requests, guessed, owner["uid"] if owner else "")
        self._placed[name] = placed
        room = self.rooms.get(node)
        if room is not None:
            room.put(name, placed)
            self._count_in_zone(room, placed, 1)

    def _hear_pod(self, pod: Object, *, gone: bool) -> bool:
        name = name_of(pod)
        known = self._placed.get(name)
        node = pod["spec"].get("nodeName")
        if gone or not node or is_terminal(pod):
            self._take(name)
            return known is not None
        if known is None or known.spec is not pod["spec"]:
            self.place(pod, node)
            return known is not None
        return False

    def _take(self, name: Name) -> None:
        placed = self._placed.pop(name, None)
        room = self.rooms.get(placed.node) if placed else None
        if placed is not None and room is not None:
            room.take(name)
            self._count_in_zone(room, placed, -1)

    def _count_in_zone(self, room: Room, placed: Placed, by: int) -> None:
        key = (room.zone, placed.owner)
        count = self.zone_owners.get(key, 0) + by
        if count:
            self.zone_owners[key] = count
        else:
            self.zone_owners.pop(key, None)

    def _hear_node(self, node: Object) -> bool:
        """Take over a node's new state; tell whether anything that decides about pods differs."""
        name = node["metadata"]["name"]
        known = self.rooms.get(name)
        if known is not None and list(_parts(known.node)) == list(_parts(node)):
            known.node = node
            return False
        if known is not None:
            self._remove_node(name)
        amounts = node.get("status", {}).get("allocatable", {})
        zone = node["metadata"].get("labels", {}).get(ZONE, "")
        room = Room(node, name, zone, {resource: parse_quantity(text) for resource, text in amounts.items()})
        self.rooms[name] = room
        self._order = None
        on_node = known.pods.items() if known else ((k, v) for k, v in self._placed.items() if v.node == name)
        for pod, placed in on_node:
            room.put(pod, placed)
            self._count_in_zone(room, placed, 1)
        return True

    def _remove_node(self, name: str) -> None:
        room = self.rooms.pop(name, None)
        self._order = None
        if room is not None:
            for placed in room.pods.values():
                self._count_in_zone(room, placed, -1)


def _parts(node: Object) -> Iterator[object]:
    """Return what of a node decides which pods may be there."""
    yield node["metadata"].get("labels")
    yield node.get("spec")
    yield node.get("status", {}).get("allocatable")


def _add(total: dict[str, int], amounts: Mapping[str, int], sign: int) -> None:
    for resource, nanos in amounts.items():
        total[resource] = total.get(resource, 0) + sign * nanos
