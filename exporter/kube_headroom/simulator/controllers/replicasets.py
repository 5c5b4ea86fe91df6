"""The ReplicaSet controller: as many pods as wanted, the least valuable ones deleted first."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

from kube_headroom.simulator.controllers.pods import condition, is_ready, phase, with_condition
from kube_headroom.simulator.controllers.queue import Queue
from kube_headroom.simulator.controllers.replicas import (
    Teller,
    from_template,
    is_active,
    is_available,
    leaving,
    next_available,
    without_zeros,
)
from kube_headroom.simulator.events import Reporter
from kube_headroom.simulator.store import ConflictError, Object, controller, moment
from kube_headroom.simulator.world import World

REPORTER = Reporter("replicaset-controller")
BURST = 500
"""The most pods created or deleted in one go (`BurstReplicas`)."""
_PHASES = {"Pending": 0, "Unknown": 1, "Running": 2}


class ReplicaSets:
    """A part of the world; the rules are those of `pkg/controller/replicaset/replica_set.go`."""

    def __init__(self, world: World) -> None:
        self._store = world.store
        self._queue = Queue(world.store, "replicasets", ("pods",))
        self._pods = Teller(world.store, world.events, REPORTER)

    def step(self, now: float) -> None:
        """Bring every ReplicaSet that changed, or whose pods did, nearer to its size."""
        for replica_set in self._queue.take(now):
            refusal = None
            if "deletionTimestamp" not in replica_set["metadata"]:
                refusal = self._resize(replica_set, now)
            self._write_status(replica_set, refusal, now)
            if refusal is None:
                self._queue.succeeded(replica_set)
            else:
                self._queue.failed(replica_set, now)

    def _resize(self, replica_set: Object, now: float) -> ConflictError | None:
        """Create or delete pods; return what refused to."""
        pods = [pod for pod in self._owned_pods(replica_set) if is_active(pod)]
        missing = replica_set["spec"]["replicas"] - len(pods)
        if missing > 0:
            made = (from_template(replica_set["spec"]["template"], replica_set) for _ in range(min(missing, BURST)))
            try:
                self._pods.create_many(made, replica_set)
            except ConflictError as error:
                return error
        elif missing < 0:
            for pod in self._least_valuable(replica_set, pods, now)[: min(-missing, BURST)]:
                self._pods.delete(pod, replica_set)
        return None

    def _least_valuable(self, replica_set: Object, pods: list[Object], now: float) -> list[Object]:
        """Sort pods by what is lost with them, least first (controller_utils.go, `ActivePodsWithRanks`)."""
        neighbours = Counter(
            pod["spec"].get("nodeName", "")
            for sibling in self._siblings(replica_set)
            for pod in self._owned_pods(sibling)
            if is_active(pod)
        )
        return sorted(pods, key=lambda pod: _value(pod, neighbours[pod["spec"].get("nodeName", "")], now))

    def _siblings(self, replica_set: Object) -> Sequence[Object]:
        owner = controller(replica_set)
        return self._store.owned(owner["uid"], "replicasets") if owner else (replica_set,)

    def _owned_pods(self, replica_set: Object) -> list[Object]:
        return self._store.owned(replica_set["metadata"]["uid"], "pods")

    def _write_status(self, replica_set: Object, refusal: ConflictError | None, now: float) -> None:
        pods = self._owned_pods(replica_set)
        active = [pod for pod in pods if is_active(pod)]
        min_ready = replica_set["spec"].get("minReadySeconds", 0)
        wanted = replica_set["spec"]["template"].get("metadata", {}).get("labels", {}).items()
        counts = {
            "fullyLabeledReplicas": sum(wanted <= pod["metadata"].get("labels", {}).items() for pod in active),
            "readyReplicas": sum(map(is_ready, active)),
            "availableReplicas": sum(is_available(pod, min_ready, now) for pod in active),
            "observedGeneration": replica_set["metadata"]["generation"],
            "conditions": _conditions(replica_set, refusal, now),
        }
        replicas = {"replicas": len(active), "terminatingReplicas": leaving(pods)}
        self._store.change("replicasets", replica_set, status={**replicas, **without_zeros(counts)})
        due = next_available(active, min_ready, now)
        if due is not None:
            self._queue.again(replica_set, due)


def _conditions(replica_set: Object, refusal: ConflictError | None, now: float) -> list[Object]:
    """Keep the first refusal until there is none."""
    if refusal is None:
        return []
    known = condition(replica_set, "ReplicaFailure")
    if known is not None:
        return [known]
    told = {"type": "ReplicaFailure", "status": "True", "reason": "FailedCreate", "message": str(refusal)}
    return with_condition([], told, now)


def _value(pod: Object, neighbours: int, now: float) -> tuple[bool, int, bool, int, int, int, int, int, str]:
    """Return what sorts the pod whose loss costs least first.

    Ages count by their logarithm, so that of pods of about one age it is not always the youngest that goes.
    """
    ready = condition(pod, "Ready")
    is_up = ready is not None and ready["status"] == "True"
    statuses = pod.get("status", {}).get("containerStatuses", ())
    cost = pod["metadata"].get("annotations", {}).get("controller.kubernetes.io/pod-deletion-cost", "0")
    return (
        bool(pod["spec"].get("nodeName")),
        _PHASES.get(phase(pod), 0),
        is_up,
        int(cost),
        -neighbours,
        _age_rank(ready["lastTransitionTime"], now) if ready is not None and is_up else 0,
        -max((status.get("restartCount", 0) for status in statuses), default=0),
        _age_rank(pod["metadata"]["creationTimestamp"], now),
        pod["metadata"]["uid"],
    )


def _age_rank(timestamp: str, now: float) -> int:
    nanoseconds = (now - moment(timestamp)) * 1e9
    return int(math.log2(nanoseconds)) if nanoseconds > 0 else -1
