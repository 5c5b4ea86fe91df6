"""A node's heartbeat: its lease every 10 s, its Node object's conditions when they change and every 5 minutes."""

from __future__ import annotations

from datetime import UTC, datetime

from kube_headroom.simulator.kubelet.node import Node
from kube_headroom.simulator.store import Object, timestamp
from kube_headroom.simulator.world import World

LEASE_SECONDS = 10.0
"""A quarter of nodeLeaseDurationSeconds."""
LEASE_DURATION = 40
REPORT_SECONDS = 300.0
"""nodeStatusReportFrequency."""
NAMESPACE = "kube-node-lease"

SAYS = {
    "MemoryPressure": {
        False: ("KubeletHasSufficientMemory", "kubelet has sufficient memory available"),
        True: ("KubeletHasInsufficientMemory", "kubelet has insufficient memory available"),
    },
    "DiskPressure": {
        False: ("KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
        True: ("KubeletHasDiskPressure", "kubelet has disk pressure"),
    },
    "PIDPressure": {
        False: ("KubeletHasSufficientPID", "kubelet has sufficient PID available"),
        True: ("KubeletHasInsufficientPID", "kubelet has insufficient PID available"),
    },
    "Ready": {True: ("KubeletReady", "kubelet is posting ready status")},
}
"""Reason and message of each condition by whether it holds, in the kubelet's order."""
_EVENTS = {
    "MemoryPressure": ("NodeHasInsufficientMemory", "NodeHasSufficientMemory"),
    "DiskPressure": ("NodeHasDiskPressure", "NodeHasNoDiskPressure"),
    "PIDPressure": ("NodeHasInsufficientPID", "NodeHasSufficientPID"),
    "Ready": ("NodeReady", "NodeNotReady"),
}


class Heartbeat:
    """Reports one node; `pressures` holds the conditions that the eviction manager found."""

    def __init__(self, world: World, node: Node) -> None:
        self._world = world
        self._node = node
        self._reported = float("-inf")
        self.pressures: frozenset[str] = frozenset()
        first = node.chance.uniform(0.0, LEASE_SECONDS)
        node.schedule(world.now + first, self._beat, 0)

    def started(self) -> None:
        """Report at once: the kubelet just began to talk to the API server."""
        if not self._node.machine.up:
            return
        self._renew(self._node.now)
        self._report(self._node.now)

    def born(self) -> None:
        """Tell that the kubelet's process began."""
        node = self._node.object
        if node is not None:
            self._node.record(node, ("Normal", "Starting", "Starting kubelet."))
            message = "Updated Node Allocatable limit across pods"
            self._node.record(node, ("Normal", "NodeAllocatableEnforced", message))

    def rebooted(self) -> None:
        """Tell of a reboot, by an event and by another boot id."""
        node = self._node.object
        if node is not None:
            name = self._node.machine.name
            message = f"Node {name} has been rebooted, boot id: {self._boot_id()}"
            self._node.record(node, ("Warning", "Rebooted", message))
            self.born()
        self._reported = float("-inf")

    def changed(self, pressures: frozenset[str]) -> None:
        """Report the pressures that hold now."""
        self.pressures = pressures
        self._report(self._node.now)

    def _beat(self, now: float, _turn: int) -> None:
        if self._node.machine.up:
            self._renew(now)
            if now - self._reported >= REPORT_SECONDS:
                self._report(now)
        self._node.schedule(now + LEASE_SECONDS, self._beat, 0)

    def _renew(self, now: float) -> None:
        """Renew the lease, or make it."""
        store, name = self._world.store, self._node.machine.name
        node = self._node.object
        if node is None:
            return
        renewed = datetime.fromtimestamp(now, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        spec = {"holderIdentity": name, "leaseDurationSeconds": LEASE_DURATION, "renewTime": renewed}
        lease = store.get("leases", NAMESPACE, name)
        if lease is not None:
            store.change("leases", lease, spec=spec)
            return
        owner = {"apiVersion": "v1", "kind": "Node", "name": name, "uid": node["metadata"]["uid"]}
        metadata = {"name": name, "namespace": NAMESPACE, "ownerReferences": [owner]}
        store.create("leases", {"metadata": metadata, "spec": spec})

    def _report(self, now: float) -> None:
        """Write the conditions; what changed is told by an event."""
        node = self._node.object
        if node is None or not self._node.machine.up:
            return
        self._reported = now
        status = node.get("status") or {}
        before = {each["type"]: each for each in status.get("conditions") or ()}
        written: list[Object] = [each for kind, each in before.items() if kind not in SAYS]
        for kind, says in SAYS.items():
            holds = kind == "Ready" or kind in self.pressures
            reason, message = says[holds]
            told = "True" if holds else "False"
            known = before.get(kind)
            same = known is not None and known["status"] == told
            written.append(
                {
                    "type": kind,
                    "status": told,
                    "lastHeartbeatTime": timestamp(now),
                    "lastTransitionTime": known["lastTransitionTime"] if known and same else timestamp(now),
                    "reason": reason,
                    "message": message,
                }
            )
            if not same and kind in _EVENTS:
                word = _EVENTS[kind][0 if holds else 1]
                self._node.record(node, ("Normal", word, f"Node {node['metadata']['name']} status is now: {word}"))
        info = {**status.get("nodeInfo", {}), "bootID": self._boot_id()}
        self._world.store.change("nodes", node, status={**status, "conditions": written, "nodeInfo": info})

    def _boot_id(self) -> str:
        chance = self._world.chance("boot", self._node.machine.name, repr(self._node.machine.boot))
        digits = f"{chance.getrandbits(128):032x}"
        return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))
