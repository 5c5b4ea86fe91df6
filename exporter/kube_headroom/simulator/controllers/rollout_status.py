"""What a Deployment's status says: counts of its ReplicaSets, whether it is available, whether it gets on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from kube_headroom.simulator.controllers.pods import condition
from kube_headroom.simulator.controllers.replicas import without_zeros
from kube_headroom.simulator.controllers.rollout_sizes import counted, max_unavailable, wanted_of
from kube_headroom.simulator.store import Object, moment, timestamp

_NO_DEADLINE = 2**31 - 1


class ReplicaSetsOf(NamedTuple):
    """A Deployment's ReplicaSets: the one of its present template, if there is one, and all others, oldest first."""

    new: Object | None
    old: list[Object]

    @property
    def all(self) -> list[Object]:
        """The old ones and the new one."""
        return self.old if self.new is None else [*self.old, self.new]


def deadline(deployment: Object) -> int | None:
    """Return the seconds a rollout may go without progress, None for no limit."""
    seconds: int = deployment["spec"].get("progressDeadlineSeconds", _NO_DEADLINE)
    return None if seconds == _NO_DEADLINE else seconds


def with_verdict(conditions: Sequence[Object], verdict: tuple[str, str, str, str], now: float) -> list[Object]:
    """Return conditions with one of (type, status, reason, message), unless status and reason are already said."""
    type_, status, reason, message = verdict
    known = next((one for one in conditions if one["type"] == type_), None)
    if known is not None and (known["status"], known.get("reason")) == (status, reason):
        return list(conditions)
    same = known is not None and known["status"] == status
    new = {
        "type": type_,
        "status": status,
        "reason": reason,
        "message": message,
        "lastUpdateTime": timestamp(now),
        "lastTransitionTime": known["lastTransitionTime"] if known is not None and same else timestamp(now),
    }
    return [*(one for one in conditions if one["type"] != type_), new]


def counts(deployment: Object, sets: ReplicaSetsOf, now: float) -> Object:
    """Return the status but for progress (`calculateStatus`): counts, and the condition Available."""
    available = counted(sets.all, "availableReplicas")
    enough = available >= deployment["spec"]["replicas"] - max_unavailable(deployment)
    verdict = (
        ("True", "MinimumReplicasAvailable", "Deployment has minimum availability.")
        if enough
        else ("False", "MinimumReplicasUnavailable", "Deployment does not have minimum availability.")
    )
    before = deployment.get("status", {})
    status = {
        "observedGeneration": deployment["metadata"]["generation"],
        "replicas": counted(sets.all, "replicas"),
        "updatedReplicas": counted([sets.new] if sets.new else [], "replicas"),
        "readyReplicas": counted(sets.all, "readyReplicas"),
        "availableReplicas": available,
        "unavailableReplicas": max(0, wanted_of(sets.all) - available),
        "collisionCount": before.get("collisionCount"),
        "conditions": with_verdict(before.get("conditions", ()), ("Available", *verdict), now),
    }
    return {**without_zeros(status), "terminatingReplicas": counted(sets.all, "terminatingReplicas")}


def is_complete(deployment: Object, status: Object) -> bool:
    """Tell whether a status says that all pods are new and available, and no old ones are left."""
    wanted = deployment["spec"]["replicas"]
    named = ("updatedReplicas", "replicas", "availableReplicas")
    return all(status.get(name, 0) == wanted for name in named) and (
        status.get("observedGeneration", 0) >= deployment["metadata"]["generation"]
    )


def with_progress(deployment: Object, status: Object, sets: ReplicaSetsOf, now: float) -> Object:
    """Return the status with the conditions Progressing and ReplicaFailure (`syncRolloutStatus`)."""
    conditions = status["conditions"]
    if deadline(deployment) is None:
        conditions = [one for one in conditions if one["type"] != "Progressing"]
    else:
        conditions = _progress(deployment, status, sets.new, now)
    failures = [one for one in (sets.new, *sets.old) if one is not None and condition(one, "ReplicaFailure")]
    failure = condition(failures[0], "ReplicaFailure") if failures else None
    if failure is None:
        conditions = [one for one in conditions if one["type"] != "ReplicaFailure"]
    elif not any(one["type"] == "ReplicaFailure" for one in conditions):
        conditions = [*conditions, {**failure, "lastUpdateTime": failure["lastTransitionTime"]}]
    return {**status, "conditions": conditions}


def _progress(deployment: Object, status: Object, new: Object | None, now: float) -> list[Object]:
    conditions: list[Object] = status["conditions"]
    known = condition(deployment, "Progressing")
    settled = known is not None and known.get("reason") == "NewReplicaSetAvailable"
    if settled and status.get("replicas", 0) == status.get("updatedReplicas", 0):
        return conditions
    what = ("ReplicaSet", new) if new is not None else ("Deployment", deployment)
    subject = f'{what[0]} "{what[1]["metadata"]["name"]}"'
    if is_complete(deployment, status):
        verdict = ("Progressing", "True", "NewReplicaSetAvailable", f"{subject} has successfully progressed.")
    elif _got_on(deployment.get("status", {}), status):
        verdict = ("Progressing", "True", "ReplicaSetUpdated", f"{subject} is progressing.")
        # Said again with each step, so that lastUpdateTime tells when the last one was.
        others = [one for one in conditions if one["type"] != "Progressing"]
        [*_, told] = with_verdict(others, verdict, now)
        if known is not None and known["status"] == "True":
            told["lastTransitionTime"] = known["lastTransitionTime"]
        return [*others, told]
    elif _timed_out(deployment, known, now):
        verdict = ("Progressing", "False", "ProgressDeadlineExceeded", f"{subject} has timed out progressing.")
    else:
        return conditions
    return with_verdict(conditions, verdict, now)


def _got_on(before: Object, after: Object) -> bool:
    """Tell whether more pods are new, ready or available, or fewer are old, than before."""

    def old(status: Object) -> int:
        return int(status.get("replicas", 0) - status.get("updatedReplicas", 0))

    grown = any(
        after.get(name, 0) > before.get(name, 0) for name in ("updatedReplicas", "readyReplicas", "availableReplicas")
    )
    return grown or old(after) < old(before)


def _timed_out(deployment: Object, known: Object | None, now: float) -> bool:
    seconds = deadline(deployment)
    if known is None or seconds is None or known.get("reason") == "NewReplicaSetAvailable":
        return False
    if known.get("reason") == "ProgressDeadlineExceeded":
        return True
    return moment(known["lastUpdateTime"]) + seconds < now
