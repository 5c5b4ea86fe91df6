"""The node lifecycle controller: what is said of nodes whose kubelets fall silent, and of the pods on them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from kube_headroom.simulator.controllers.node_sums import ZONE
from kube_headroom.simulator.controllers.orphaned_pods import OrphanedPods
from kube_headroom.simulator.controllers.pods import condition, with_condition
from kube_headroom.simulator.controllers.taint_eviction import TaintEviction
from kube_headroom.simulator.controllers.zone_disruption import ZoneDisruption
from kube_headroom.simulator.events import Reporter
from kube_headroom.simulator.store import Change, Object, timestamp
from kube_headroom.simulator.world import Marks, World

REPORTER = Reporter("node-controller")
LEASES = "kube-node-lease"
MONITOR_SECONDS = 5.0
"""`--node-monitor-period`."""
GRACE_SECONDS = 50.0
"""`--node-monitor-grace-period`, since 1.32."""
STARTUP_SECONDS = 60.0
"""`--node-startup-grace-period`, for nodes that never reported."""
NOT_READY = "node.kubernetes.io/not-ready"
UNREACHABLE = "node.kubernetes.io/unreachable"
_CONDITIONS = ("Ready", "MemoryPressure", "DiskPressure", "PIDPressure")
_TAINTS: Mapping[tuple[str, str], str] = {
    ("Ready", "False"): NOT_READY,
    ("Ready", "Unknown"): UNREACHABLE,
    ("MemoryPressure", "True"): "node.kubernetes.io/memory-pressure",
    ("DiskPressure", "True"): "node.kubernetes.io/disk-pressure",
    ("NetworkUnavailable", "True"): "node.kubernetes.io/network-unavailable",
    ("PIDPressure", "True"): "node.kubernetes.io/pid-pressure",
}
"""Which condition keeps pods off a node, by type and status."""
_UNSCHEDULABLE = "node.kubernetes.io/unschedulable"
_OWN_TAINTS = (*_TAINTS.values(), _UNSCHEDULABLE)


@dataclass(slots=True)
class _Health:
    """When a node was last heard of, and by what: its lease's renewal or its own heartbeat."""

    heard: float
    renewed: str = ""
    heartbeat: str = ""


class Nodes:
    """A part of the world; the rules are those of `pkg/controller/nodelifecycle`, tainteviction and podgc."""

    def __init__(self, world: World) -> None:
        self._store = world.store
        self._events = world.events
        self._marks = Marks(world.store, ("nodes", "leases"))
        self._health: dict[str, _Health] = {}
        self._zones = ZoneDisruption()
        self._next_look = world.now
        self._eviction = TaintEviction(world)
        self._orphans = OrphanedPods(world)
        for node in world.store.all("nodes"):
            self._hear_node(node, world.now)

    def step(self, now: float) -> None:
        """Hear leases and nodes; every five seconds, judge who has been silent for too long."""
        for change in self._marks.take():
            self._hear(change, now)
        if now >= self._next_look:
            self._next_look = now + MONITOR_SECONDS
            self._monitor(now)
        self._eviction.step(now)
        self._orphans.step(now)

    def _hear(self, change: Change, now: float) -> None:
        name = change.object["metadata"]["name"]
        if change.resource == "nodes":
            if change.type != "DELETED":
                self._hear_node(change.object, now)
            elif self._health.pop(name, None) is not None:
                self._tell(change.object, "RemovingNode", f"event: Removing Node {name} from Controller")
        elif change.object["metadata"].get("namespace") == LEASES and name in self._health:
            renewed = change.object["spec"].get("renewTime", "")
            health = self._health[name]
            if renewed > health.renewed:
                health.renewed, health.heard = renewed, now

    def _hear_node(self, node: Object, now: float) -> None:
        """Note a heartbeat, and taint the node as its conditions and its cordon say."""
        name = node["metadata"]["name"]
        ready = condition(node, "Ready")
        heartbeat = ready.get("lastHeartbeatTime", "") if ready else ""
        health = self._health.get(name)
        if health is None:
            self._health[name] = _Health(now, heartbeat=heartbeat)
            self._tell(node, "RegisteredNode", f"event: Registered Node {name} in Controller")
        elif heartbeat != health.heartbeat:
            health.heartbeat, health.heard = heartbeat, now
        wanted = {
            taint for found in node.get("status", {}).get("conditions", ()) if (taint := _taint_of(found)) is not None
        }
        if node.get("spec", {}).get("unschedulable"):
            wanted.add(_UNSCHEDULABLE)
        self._set_taints(node, wanted, _OWN_TAINTS, "NoSchedule", now)

    def _monitor(self, now: float) -> None:
        silent = []
        for name, health in self._health.items():
            node = self._store.get("nodes", "", name)
            if node is None:
                continue
            never = condition(node, "Ready") is None
            if now > health.heard + (STARTUP_SECONDS if never else GRACE_SECONDS):
                node = self._declare_unknown(node, now)
            silent.append((node, self._status(node)))
        stopped = self._zones.judge([(_zone(node), status == "True") for node, status in silent])
        for node, status in silent:
            if status == "True" or stopped:
                self._set_taints(node, set(), (NOT_READY, UNREACHABLE), "NoExecute", now)
            elif status:
                self._mark_for_eviction(node, status, now)

    def _mark_for_eviction(self, node: Object, status: str, now: float) -> None:
        """Let pods be evicted from a silent node, node by node as the zone's rate allows."""
        wanted = _TAINTS["Ready", status]
        present = {
            taint["key"] for taint in node.get("spec", {}).get("taints", ()) if taint["effect"] == "NoExecute"
        } & {NOT_READY, UNREACHABLE}
        if wanted not in present and (present or self._zones.admits(_zone(node), now)):
            self._set_taints(node, {wanted}, (NOT_READY, UNREACHABLE), "NoExecute", now)

    def _declare_unknown(self, node: Object, now: float) -> Object:
        """Say that nothing is known of a node any more, and that its pods are not ready."""
        was = self._status(node)
        status = node.get("status", {})
        conditions = list(status.get("conditions", ()))
        for type_ in _CONDITIONS:
            known = condition(node, type_)
            if known is None:
                born = {"reason": "NodeStatusNeverUpdated", "message": "Kubelet never posted node status."}
                born["lastHeartbeatTime"] = node["metadata"]["creationTimestamp"]
                conditions = with_condition(conditions, {"type": type_, "status": "Unknown", **born}, now)
            elif known["status"] != "Unknown":
                silent = {"reason": "NodeStatusUnknown", "message": "Kubelet stopped posting node status."}
                conditions = with_condition(conditions, {**known, "status": "Unknown", **silent}, now)
        changed = self._store.change("nodes", node, status={**status, "conditions": conditions})
        if was == "True":
            self._tell(changed, "NodeNotReady", "status is now: NodeNotReady")
            self._mark_pods(changed, now)
        # Its own taints are due at once, not when this change comes round.
        self._hear_node(changed, now)
        return self._store.get("nodes", "", node["metadata"]["name"]) or changed

    def _mark_pods(self, node: Object, now: float) -> None:
        for pod in self._store.pods_on(node["metadata"]["name"]):
            ready = condition(pod, "Ready")
            if ready is None or ready["status"] == "False":
                continue
            conditions = with_condition(pod["status"]["conditions"], {**ready, "status": "False"}, now)
            changed = self._store.change("pods", pod, status={**pod["status"], "conditions": conditions})
            self._events.record(changed, "Warning", "NodeNotReady", "Node is not ready", REPORTER)

    def _status(self, node: Object) -> str:
        ready = condition(node, "Ready")
        return ready["status"] if ready else ""

    def _tell(self, node: Object, reason: str, what: str) -> None:
        self._events.record(node, "Normal", reason, f"Node {node['metadata']['name']} {what}", REPORTER)

    def _set_taints(self, node: Object, wanted: set[str], own: tuple[str, ...], effect: str, now: float) -> None:
        """Make the node have exactly `wanted` of the controller's own taints of an effect."""
        spec = node.get("spec", {})
        taints = spec.get("taints", [])
        kept = [one for one in taints if one["effect"] != effect or one["key"] not in own or one["key"] in wanted]
        present = {one["key"] for one in kept if one["effect"] == effect}
        added = [{"key": key, "effect": effect, "timeAdded": timestamp(now)} for key in sorted(wanted - present)]
        if len(kept) == len(taints) and not added:
            return
        others = {name: value for name, value in spec.items() if name != "taints"}
        all_taints = kept + added
        self._store.change("nodes", node, spec={**others, **({"taints": all_taints} if all_taints else {})})


def _taint_of(found: Object) -> str | None:
    return _TAINTS.get((found["type"], found["status"]))


def _zone(node: Object) -> str:
    zone: str = node["metadata"].get("labels", {}).get(ZONE, "")
    return zone
