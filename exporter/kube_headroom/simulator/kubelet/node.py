"""What a kubelet's pod workers share on their node: its clock, its runtime, its addresses, its word to the API server."""

from __future__ import annotations

import heapq
import ipaddress
from collections.abc import Callable
from itertools import count

from kube_headroom.resources import parse_quantity
from kube_headroom.simulator.events import Reporter
from kube_headroom.simulator.kubelet.backoff import BackOff
from kube_headroom.simulator.kubelet.images import Images
from kube_headroom.simulator.kubelet.runtime import Machine, RunningPod
from kube_headroom.simulator.store import Object
from kube_headroom.simulator.world import World

NANOS = 10**9
FILLED = (0.1, 0.5)
"""Share of a claim that data from before fills."""
RESULTS = ("successful", "failed")

Claim = tuple[str, str]
"""Namespace and name."""
Callback = Callable[[float, int], None]


class Node:
    """One node's share of the world; `forget` is called with a worker that has ended its pod."""

    def __init__(self, world: World, machine: Machine, claims: dict[Claim, float], forget: Callable[..., None]) -> None:
        self._world = world
        self._claims = claims
        self._reporter = Reporter("kubelet", machine.name)
        self._due: list[tuple[float, int, Callback, int]] = []
        self._turns = count()
        self._addresses: dict[str, None] = {}
        self._last_address = 1
        self.machine = machine
        self.registry = world.registry
        self.chance = world.chance("kubelet", machine.name)
        self.now = world.now
        self.images = Images(world.registry, self.chance, lambda: self.now)
        self.crashes = BackOff()
        self.forget = forget

    @property
    def object(self) -> Object | None:
        """The Node object, if it is registered."""
        return self._world.store.get("nodes", "", self.machine.name)

    @property
    def address(self) -> str:
        """The node's own IP."""
        node = self.object
        for address in (node or {}).get("status", {}).get("addresses", ()):
            if address["type"] == "InternalIP":
                return str(address["address"])
        return str(ipaddress.IPv4Address("10.0.0.10") + self._index())

    def schedule(self, at: float, callback: Callback, turn: int) -> None:
        """Call back in the first tick at or after `at`, with that tick's time and `turn`."""
        heapq.heappush(self._due, (at, next(self._turns), callback, turn))

    def run_due(self, now: float) -> None:
        """Call back whatever is due."""
        due = self._due
        while due and due[0][0] <= now:
            _, _, callback, turn = heapq.heappop(due)
            callback(now, turn)

    def record(self, involved: Object, said: tuple[str, str, str], field_path: str = "") -> None:
        """Write an event: type, reason and message; lost without the network."""
        if self.machine.up:
            self._world.events.record(involved, *said, self._reporter, field_path=field_path)

    def write(self, pod: Object, status: Object) -> Object:
        """Write a pod's status and return the pod as it is now; without the network nobody else sees it."""
        if not self.machine.up:
            return {**pod, "status": status}
        return self._world.store.change("pods", pod, status=status)

    def count(self, row: tuple[str, str, str, str]) -> None:
        """Count a probe's result."""
        probes = self.machine.probes
        probes[row] = probes.get(row, 0) + 1

    def uncount(self, uid: str, container: str, kind: str) -> None:
        """Remove the results of a probe that has ended."""
        for result in RESULTS:
            self.machine.probes.pop((uid, container, kind, result), None)

    def lease_address(self, pod: Object) -> str:
        """Return an IP for a pod: the next free one of the node's range ("" if all are used), or the node's own."""
        if pod["spec"].get("hostNetwork"):
            return self.address
        network = ipaddress.ip_network(
            (self.object or {}).get("spec", {}).get("podCIDR") or f"10.244.{self._index()}.0/24"
        )
        for _ in range(network.num_addresses):
            self._last_address = self._last_address % (network.num_addresses - 2) + 1
            address = str(network[self._last_address])
            if self._last_address > 1 and address not in self._addresses:
                self._addresses[address] = None
                return address
        return ""

    def mount(self, pod: Object) -> tuple[str, ...]:
        """Mount a pod's claims, with what was written to them before, and return their names."""
        namespace = pod["metadata"]["namespace"]
        names = claims_of(pod)
        for name in names:
            claim = self._world.store.get("persistentvolumeclaims", namespace, name)
            if claim is None:
                continue
            key = (namespace, name)
            capacity = _capacity(claim)
            if key not in self._claims:
                self._claims[key] = capacity * self._world.chance("claim", *key).uniform(*FILLED)
            self.machine.volume_capacities[key] = capacity
            self.machine.volumes.setdefault(key, self._claims[key])
        return names

    def release(self, running: RunningPod, address: str) -> None:
        """Give back what a pod's sandbox held: its address, its room on the disk, its claims."""
        self._addresses.pop(address, None)
        self.machine.disk_used = max(0.0, self.machine.disk_used - running.disk_bytes)
        others = [
            pod for pod in self.machine.pods.values() if pod is not running and pod.namespace == running.namespace
        ]
        for name in running.claims:
            key = (running.namespace, name)
            if key in self.machine.volumes and not any(name in pod.claims for pod in others):
                self._claims[key] = self.machine.volumes.pop(key)
                del self.machine.volume_capacities[key]

    def _index(self) -> int:
        return list(self._world.machines).index(self.machine.name)


def claims_of(pod: Object) -> tuple[str, ...]:
    """Return the names of the claims that a pod mounts."""
    volumes = pod["spec"].get("volumes") or ()
    return tuple(each["persistentVolumeClaim"]["claimName"] for each in volumes if "persistentVolumeClaim" in each)


def _capacity(claim: Object) -> float:
    given = (claim.get("status") or {}).get("capacity") or claim["spec"]["resources"]["requests"]
    return parse_quantity(given["storage"]) / NANOS
