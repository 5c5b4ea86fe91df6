"""The pod garbage collector's share in nodes: pods of a node that does not exist any more are removed."""

from __future__ import annotations

from kube_headroom.simulator.controllers.pods import is_terminal, with_condition
from kube_headroom.simulator.controllers.timers import Timers
from kube_headroom.simulator.store import Object
from kube_headroom.simulator.world import Marks, World

QUARANTINE_SECONDS = 40.0
"""How long a node has to be gone: it may come back at once under its old name (podgc, `quarantineTime`)."""


class OrphanedPods:
    """Watches for nodes that go and pods that name one that is not there."""

    def __init__(self, world: World) -> None:
        self._store = world.store
        self._marks = Marks(world.store, ("nodes", "pods"))
        self._timers: Timers[str] = Timers()

    def step(self, now: float) -> None:
        """Remove the pods of nodes that have been gone for long enough."""
        for change in self._marks.take():
            if change.resource == "nodes" and change.type == "DELETED":
                self._timers.wake(change.object["metadata"]["name"], now + QUARANTINE_SECONDS)
            elif change.resource == "pods" and change.type != "DELETED":
                node = change.object["spec"].get("nodeName", "")
                if node and self._store.get("nodes", "", node) is None:
                    self._timers.wake(node, now + QUARANTINE_SECONDS)
        for node in self._timers.take(now):
            if self._store.get("nodes", "", node) is None:
                for pod in self._store.pods_on(node):
                    self._remove(pod, now)

    def _remove(self, pod: Object, now: float) -> None:
        """Say that the pod failed, for nobody else will, and delete it without waiting for a kubelet."""
        disrupted = {
            "type": "DisruptionTarget",
            "status": "True",
            "reason": "DeletionByPodGC",
            "message": "PodGC: node no longer exists",
            "lastProbeTime": None,
        }
        status = pod.get("status", {})
        conditions = with_condition(list(status.get("conditions", ())), disrupted, now)
        phase = status["phase"] if is_terminal(pod) else "Failed"
        changed = self._store.change("pods", pod, status={**status, "phase": phase, "conditions": conditions})
        self._store.delete("pods", changed)
