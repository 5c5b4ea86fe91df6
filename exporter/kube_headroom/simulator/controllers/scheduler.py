"""The scheduler: a node for every pod that has none, or the reason why there is none yet."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from kube_headroom.simulator.controllers.claims import provision, volumes_of
from kube_headroom.simulator.controllers.filters import Refusal, Wish, refusal
from kube_headroom.simulator.controllers.node_sums import NodeSums, Room
from kube_headroom.simulator.controllers.pods import delete_pod, is_terminal, is_terminating, with_condition
from kube_headroom.simulator.controllers.preemption import BY_SCHEDULER, Candidate, Preemption, unavailable
from kube_headroom.simulator.controllers.queue import name_of
from kube_headroom.simulator.controllers.scores import best
from kube_headroom.simulator.controllers.timers import Timers
from kube_headroom.simulator.events import Reporter
from kube_headroom.simulator.store import Change, Name, Object
from kube_headroom.simulator.world import Marks, World

NAME = "default-scheduler"
REPORTER = Reporter(NAME)
LONGEST_BACKOFF_SECONDS = 10.0
FLUSH_SECONDS = 300.0
"""A pod that no change of the cluster helped is tried again after this time."""
_ENOUGH_NODES = 100
"""Below this many nodes all are compared; above, a share of those that fit (`percentageOfNodesToScore: 0`)."""
_SMALLEST_PERCENTAGE = 5
_LONGEST_EVENT = 1024
_NO_CLAIMS = "no new claims to deallocate"
"""What the plugin DynamicResources adds since 1.34: device claims, which nothing here has, can be taken from nobody."""


class _Waiting(NamedTuple):
    uid: str
    spec: Object
    attempts: int = 0
    not_before: float = 0.0


class Scheduler:
    """A part of the world; keeps the nodes' sums itself and hears of nothing but changes."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._store = world.store
        minor = int(world.kubernetes.split(".")[1])
        self._sums = NodeSums(world.store, minor)
        self._preemption = Preemption(world.store, self._sums)
        self._marks = Marks(world.store, ("pods", "nodes", "persistentvolumeclaims", "persistentvolumes"))
        self._waiting: dict[Name, _Waiting] = {}
        self._timers: Timers[Name] = Timers()
        self._nominated: dict[Name, tuple[str, int, Mapping[str, int]]] = {}
        self._next_node = 0
        for pod in world.store.all("pods"):
            self._enqueue(pod, world.now)

    def step(self, now: float) -> None:
        """Hear what changed, then try every pod whose turn it is, the most important first."""
        helped = False
        for change in self._marks.take():
            helped = self._hear(change, now) or helped
        if helped:
            for name, waiting in self._waiting.items():
                self._timers.wake(name, max(now, waiting.not_before))
        due = [pod for name in self._timers.take(now) if (pod := self._store.get("pods", *name)) is not None]
        for pod in sorted(due, key=lambda one: -one["spec"].get("priority", 0)):
            # A preemption earlier in this step may have deleted it.
            if name_of(pod) in self._waiting and self._store.get("pods", *name_of(pod)) is pod:
                self._schedule(pod, now)

    def _hear(self, change: Change, now: float) -> bool:
        """Follow a change; tell whether it might help pods that wait."""
        helped = self._sums.hear(change)
        if change.resource == "pods":
            if change.type == "DELETED":
                self._forget(name_of(change.object))
            else:
                self._enqueue(change.object, now)
        return helped

    def _enqueue(self, pod: Object, now: float) -> None:
        """Let a pod without a node wait for its turn; its own status, and what it had before, change nothing."""
        name, spec = name_of(pod), pod["spec"]
        if spec.get("nodeName") or is_terminating(pod) or is_terminal(pod) or spec.get("schedulingGates"):
            self._forget(name)
            return
        known = self._waiting.get(name)
        if spec.get("schedulerName", NAME) == NAME and (known is None or known.spec is not spec):
            self._waiting[name] = _Waiting(pod["metadata"]["uid"], spec)
            self._timers.wake(name, now)

    def _forget(self, name: Name) -> None:
        self._waiting.pop(name, None)
        self._nominated.pop(name, None)
        self._timers.cancel(name)

    def _schedule(self, pod: Object, now: float) -> None:
        wish = Wish(pod, self._sums.requests_of(pod), volumes_of(self._world, pod))
        if not self._sums.rooms:
            self._fail(wish, "no nodes available to schedule pods", "", now)
            return
        fitting, refusals = self._fitting(wish)
        if fitting:
            self._bind(wish, best(wish, fitting, self._sums), now)
            return
        reasons: dict[str, int] = {}
        for refused in refusals.values():
            for reason in refused.reasons:
                reasons[reason] = reasons.get(reason, 0) + 1
        nodes = len(self._sums.rooms)
        if len(refusals) < nodes and not wish.volumes.missing:
            reasons["node(s) didn't satisfy plugin(s) [NodeAffinity]"] = nodes - len(refusals)
        message = unavailable(nodes, reasons, wish.volumes.missing)
        chosen = self._preemption.choose(wish, refusals)
        if isinstance(chosen, str):
            self._fail(
                wish,
                f"{message} {_NO_CLAIMS}, preemption: {chosen}",
                pod.get("status", {}).get("nominatedNodeName", ""),
                now,
            )
            return
        self._evict(wish, chosen, now)
        self._fail(wish, message, chosen.node, now)

    def _fitting(self, wish: Wish) -> tuple[list[Room], dict[str, Refusal]]:
        """Return nodes that can take the pod, enough to choose from, and why those looked at cannot."""
        fitting: list[Room] = []
        refusals: dict[str, Refusal] = {}
        if wish.volumes.missing:
            return fitting, refusals
        order = self._sums.order
        looked = 0
        if wish.only is not None:
            order = [room for room in (self._sums.rooms.get(wish.only),) if room is not None]
        enough = _enough(len(order))
        for index in range(len(order)):
            room = order[(self._next_node + index) % len(order)]
            looked += 1
            refused = refusal(wish, room, self._reserved(wish, room.name) if self._nominated else ())
            if refused is not None:
                refusals[room.name] = refused
                continue
            fitting.append(room)
            if len(fitting) >= enough:
                break
        self._next_node = (self._next_node + looked) % max(1, len(self._sums.rooms))
        return fitting, refusals

    def _reserved(self, wish: Wish, node: str) -> list[Mapping[str, int]]:
        """Return what pods at least as important, for which others were evicted, are going to hold on a node."""
        return [
            requests
            for name, (reserved, priority, requests) in self._nominated.items()
            if reserved == node and priority >= wish.priority and name != wish.name
        ]

    def _bind(self, wish: Wish, room: Room, now: float) -> None:
        pod = wish.pod
        for claim in wish.volumes.unbound:
            provision(self._world, claim, room.node)
        status = {name: value for name, value in pod.get("status", {}).items() if name != "nominatedNodeName"}
        scheduled = {"type": "PodScheduled", "status": "True", "lastProbeTime": None}
        conditions = with_condition(list(status.get("conditions", ())), scheduled, now)
        bound = self._store.change(
            "pods",
            pod,
            spec={**pod["spec"], "nodeName": room.name},
            status={**status, "conditions": conditions},
        )
        self._sums.place(bound, room.name)
        self._forget(wish.name)
        message = f"Successfully assigned {'/'.join(wish.name)} to {room.name}"
        self._world.events.record(bound, "Normal", "Scheduled", message, REPORTER)

    def _fail(self, wish: Wish, message: str, nominated: str, now: float) -> None:
        """Say why there is no node, and wait for a change of the cluster, but not shorter than the back-off."""
        pod = wish.pod
        status = {name: value for name, value in pod.get("status", {}).items() if name != "nominatedNodeName"}
        if nominated:
            status["nominatedNodeName"] = nominated
            self._nominated[wish.name] = (nominated, wish.priority, wish.requests)
        else:
            self._nominated.pop(wish.name, None)
        refused = {
            "type": "PodScheduled",
            "status": "False",
            "reason": "Unschedulable",
            "message": message,
            "lastProbeTime": None,
        }
        conditions = with_condition(list(status.get("conditions", ())), refused, now)
        self._store.change("pods", pod, status={**status, "conditions": conditions})
        told = message if len(message) <= _LONGEST_EVENT else f"{message[: _LONGEST_EVENT - 4]} ..."
        self._world.events.record(pod, "Warning", "FailedScheduling", told, REPORTER)
        known = self._waiting[wish.name]
        backoff = min(LONGEST_BACKOFF_SECONDS, 2.0**known.attempts)
        self._waiting[wish.name] = known._replace(attempts=known.attempts + 1, not_before=now + backoff)
        self._timers.wake(wish.name, now + FLUSH_SECONDS)

    def _evict(self, wish: Wish, chosen: Candidate, now: float) -> None:
        """Delete a node's less important pods for the sake of one that waits."""
        for victim in chosen.victims:
            disrupted = {
                "type": "DisruptionTarget",
                "status": "True",
                "reason": BY_SCHEDULER,
                "message": f"{NAME}: preempting to accommodate a higher priority pod",
                "lastProbeTime": None,
            }
            status = victim.get("status", {})
            conditions = with_condition(list(status.get("conditions", ())), disrupted, now)
            marked = self._store.change("pods", victim, status={**status, "conditions": conditions})
            delete_pod(self._store, marked)
            message = f"Preempted by pod {wish.pod['metadata']['uid']} on node {chosen.node}"
            self._world.events.record(victim, "Normal", "Preempted", message, REPORTER)
        for name, (node, priority, _) in list(self._nominated.items()):
            if node == chosen.node and priority < wish.priority:
                del self._nominated[name]


def _enough(nodes: int) -> int:
    """Return how many nodes that fit are compared (`numFeasibleNodesToFind`)."""
    if nodes < _ENOUGH_NODES:
        return nodes
    percentage = max(_SMALLEST_PERCENTAGE, 50 - nodes // 125)
    return max(_ENOUGH_NODES, nodes * percentage // 100)
