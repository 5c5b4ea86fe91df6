"""The taint eviction controller: pods leave tainted nodes when their toleration is over."""

from __future__ import annotations

from collections.abc import Sequence

from kube_headroom.simulator.controllers.node_fit import tolerates
from kube_headroom.simulator.controllers.pods import delete_pod, is_terminating, with_condition
from kube_headroom.simulator.controllers.queue import name_of
from kube_headroom.simulator.controllers.timers import Timers
from kube_headroom.simulator.events import Reporter
from kube_headroom.simulator.store import Name, Object
from kube_headroom.simulator.world import Marks, World

REPORTER = Reporter("taint-eviction-controller")


class TaintEviction:
    """Follows the NoExecute taints of nodes; the rules are those of `pkg/controller/tainteviction`."""

    def __init__(self, world: World) -> None:
        self._store = world.store
        self._events = world.events
        self._marks = Marks(world.store, ("nodes", "pods"))
        self._taints: dict[str, list[Object]] = {}
        self._timers: Timers[Name] = Timers()
        self._marked: dict[Name, str] = {}
        """The uids of pods that are going to be evicted."""
        for node in world.store.all("nodes"):
            self._hear_node(node, world.now)

    def step(self, now: float) -> None:
        """Follow taints and pods, then evict whose time is over."""
        for change in self._marks.take():
            if change.resource == "nodes":
                self._hear_node({**change.object, "spec": {}} if change.type == "DELETED" else change.object, now)
            elif change.type == "DELETED":
                self._forget(change.object)
            else:
                self._hear_pod(change.object, now)
        for name in self._timers.take(now):
            self._evict(name, now)

    def _hear_pod(self, pod: Object, now: float) -> None:
        taints = self._taints.get(pod["spec"].get("nodeName", ""))
        if taints and self._marked.get(name_of(pod)) != pod["metadata"]["uid"]:
            self._judge(pod, taints, now)

    def _hear_node(self, node: Object, now: float) -> None:
        name = node["metadata"]["name"]
        taints = [one for one in node.get("spec", {}).get("taints", ()) if one["effect"] == "NoExecute"]
        if taints == self._taints.get(name, []):
            return
        self._taints[name] = taints
        if not taints:
            del self._taints[name]
        for pod in self._store.pods_on(name):
            self._judge(pod, taints, now)

    def _judge(self, pod: Object, taints: Sequence[Object], now: float) -> None:
        """Set when a pod has to leave: when the shortest of the tolerations it needs is over."""
        name = name_of(pod)
        tolerations = pod["spec"].get("tolerations", ())
        if not taints:
            if self._marked.get(name) == pod["metadata"]["uid"]:
                message = f"Cancelling deletion of Pod {'/'.join(name)}"
                self._events.record(pod, "Normal", "TaintManagerEviction", message, REPORTER)
            self._forget(pod)
            return
        used = [one for one in tolerations if any(tolerates(one, taint) for taint in taints)]
        if not all(any(tolerates(one, taint) for one in used) for taint in taints):
            self._mark(pod, now)
            return
        seconds = [one["tolerationSeconds"] for one in used if "tolerationSeconds" in one]
        if seconds:
            self._mark(pod, now + max(0, min(seconds)))

    def _mark(self, pod: Object, at: float) -> None:
        name = name_of(pod)
        self._marked[name] = pod["metadata"]["uid"]
        self._timers.wake(name, at)

    def _forget(self, pod: Object) -> None:
        name = name_of(pod)
        self._marked.pop(name, None)
        self._timers.cancel(name)

    def _evict(self, name: Name, now: float) -> None:
        pod = self._store.get("pods", *name)
        if pod is None or pod["metadata"]["uid"] != self._marked.get(name) or is_terminating(pod):
            return
        message = f"Marking for deletion Pod {'/'.join(name)}"
        self._events.record(pod, "Normal", "TaintManagerEviction", message, REPORTER)
        disrupted = {
            "type": "DisruptionTarget",
            "status": "True",
            "reason": "DeletionByTaintManager",
            "message": "Taint manager: deleting due to NoExecute taint",
            "lastProbeTime": None,
        }
        status = pod.get("status", {})
        conditions = with_condition(list(status.get("conditions", ())), disrupted, now)
        delete_pod(self._store, self._store.change("pods", pod, status={**status, "conditions": conditions}))
