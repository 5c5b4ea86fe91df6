"""PodDisruptionBudgets: their status, and the eviction that asks them."""

from __future__ import annotations

import math
from collections.abc import Sequence

from kube_headroom.simulator.controllers.admission import group_resource
from kube_headroom.simulator.controllers.pods import (
    condition,
    delete_pod,
    is_ready,
    is_terminal,
    is_terminating,
    phase,
    with_condition,
)
from kube_headroom.simulator.controllers.selectors import matches
from kube_headroom.simulator.events import Reporter
from kube_headroom.simulator.kinds import BY_KIND
from kube_headroom.simulator.store import Change, ConflictError, Name, Object, Store, controller, timestamp
from kube_headroom.simulator.world import Marks, World

_PLURAL = "poddisruptionbudgets"
_REPORTER = Reporter("controllermanager")
_EVICTED = {
    "type": "DisruptionTarget",
    "status": "True",
    "reason": "EvictionByEvictionAPI",
    "message": "Eviction API: evicting",
}
_REFUSED = "Cannot evict pod as it would violate the pod's disruption budget."


class DisruptionBudgetError(ConflictError):
    """The budget lets no pod go now; `cause` is the message of the Status' cause of type DisruptionBudget."""

    def __init__(self, cause: str) -> None:
        super().__init__("TooManyRequests", _REFUSED)
        self.cause = cause


class Budgets:
    """Keeps the status of every budget as its pods change; the rules are those of `pkg/controller/disruption`."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._store = world.store
        self._marks = Marks(world.store, ("poddisruptionbudgets", "pods"))
        self._selectors: dict[str, dict[str, Object | None]] = {}
        """By namespace and budget."""
        self._pods: dict[Name, dict[str, None]] = {}
        """The names of each budget's pods."""
        self._found = [(one["metadata"]["namespace"], one["metadata"]["name"]) for one in self._store.all(_PLURAL)]

    def step(self, now: float) -> None:
        """Recalculate the budgets that changed, or whose pods did."""
        due: dict[Name, None] = dict.fromkeys(self._found)
        for name in self._found:
            self._open(name)
        self._found = []
        for change in self._marks.take():
            metadata = change.object["metadata"]
            if change.resource == "pods":
                due.update(dict.fromkeys(self._members(change)))
            elif change.type == "DELETED":
                self._close((metadata["namespace"], metadata["name"]))
            elif change.before is None or change.before["spec"] != change.object["spec"]:
                name = (metadata["namespace"], metadata["name"])
                self._open(name)
                due[name] = None
        for name in due:
            budget = self._store.get(_PLURAL, *name)
            if budget is not None and name in self._pods:
                self._sync(budget, now)

    def _open(self, name: Name) -> None:
        budget = self._store.get(_PLURAL, *name)
        if budget is None:
            return
        selector = budget["spec"].get("selector")
        self._selectors.setdefault(name[0], {})[name[1]] = selector
        self._pods[name] = {
            pod["metadata"]["name"]: None
            for pod in self._store.all("pods", name[0])
            if matches(selector, pod["metadata"].get("labels"))
        }

    def _close(self, name: Name) -> None:
        self._selectors.get(name[0], {}).pop(name[1], None)
        self._pods.pop(name, None)

    def _members(self, change: Change) -> list[Name]:
        """Return the budgets that a pod is, or was, one of the pods of."""
        metadata = change.object["metadata"]
        touched = []
        for budget, selector in self._selectors.get(metadata["namespace"], {}).items():
            pods = self._pods[metadata["namespace"], budget]
            member = change.type != "DELETED" and matches(selector, metadata.get("labels"))
            if member or metadata["name"] in pods:
                touched.append((metadata["namespace"], budget))
            if member:
                pods[metadata["name"]] = None
            else:
                pods.pop(metadata["name"], None)
        return touched

    def _sync(self, budget: Object, now: float) -> None:
        namespace, name = budget["metadata"]["namespace"], budget["metadata"]["name"]
        found = (self._store.get("pods", namespace, pod) for pod in self._pods[namespace, name])
        pods = [pod for pod in found if pod is not None]
        status = dict(budget.get("status", {}))
        if not pods:
            self._tell(budget, "Normal", "NoPods", "No matching pods found")
        try:
            expected, desired = self._expected(budget, pods)
        except LookupError as error:
            message = f"Failed to calculate the number of expected pods: {error.args[0]}"
            self._tell(budget, "Warning", "CalculateExpectedPodCountFailed", message)
            status |= {"disruptionsAllowed": 0}
            status["conditions"] = _allowed(status, "False", "SyncFailed", str(error.args[0]), now)
        else:
            healthy = sum(is_ready(pod) and not is_terminating(pod) for pod in pods)
            status |= {
                "currentHealthy": healthy,
                "desiredHealthy": desired,
                "expectedPods": expected,
                "disruptionsAllowed": max(0, healthy - desired) if expected > 0 else 0,
                "observedGeneration": budget["metadata"].get("generation", 1),
            }
            # An evicted pod is deleted at once here, so that nobody has to remember it.
            status.pop("disruptedPods", None)
            status["conditions"] = _sufficient(status, now)
        self._store.change(_PLURAL, budget, status=status)

    def _expected(self, budget: Object, pods: Sequence[Object]) -> tuple[int, int]:
        """Return how many pods there should be, and how many have to be healthy. Raises LookupError."""
        spec = budget["spec"]
        if "maxUnavailable" in spec:
            expected = self._scale(budget, pods)
            return expected, max(0, expected - _share(spec["maxUnavailable"], expected))
        least = spec.get("minAvailable", 1)
        if isinstance(least, int):
            return len(pods), least
        expected = self._scale(budget, pods)
        return expected, _share(least, expected)

    def _scale(self, budget: Object, pods: Sequence[Object]) -> int:
        """Add up the replicas that the pods' controllers want."""
        scales: dict[str, int] = {}
        bare = False
        for pod in pods:
            owner = controller(pod)
            if owner is None:
                bare = True
            elif owner["uid"] not in scales:
                uid, replicas = _wanted(self._store, pod, owner)
                scales[owner["uid"]] = 0
                scales[uid] = replicas
        if bare:
            self._tell(
                budget,
                "Warning",
                "UnmanagedPods",
                f"Pods selected by this PodDisruptionBudget (selector: {_written(budget['spec'].get('selector'))}) were "
                "found to be unmanaged. As a result, the status of the PDB cannot be calculated correctly, which may "
                'result in undefined behavior. To account for these pods please set ".spec.minAvailable" field of the '
                "PDB to an integer value.",
            )
        return sum(scales.values())

    def _tell(self, budget: Object, type_: str, reason: str, message: str) -> None:
        self._world.events.record(budget, type_, reason, message, _REPORTER)


def evict(world: World, pod: Object) -> None:
    """Delete a pod within its grace, if its budget allows: the Eviction subresource (registry/core/pod/storage).

    Raises DisruptionBudgetError (TooManyRequests) if it does not now, ConflictError NotFound for a pod that is gone
    and InternalError for one that two budgets select.
    """
    metadata = pod["metadata"]
    current = world.store.get("pods", metadata["namespace"], metadata["name"])
    if current is None:
        raise ConflictError("NotFound", f'pods "{metadata["name"]}" not found')
    if not (is_terminal(current) or is_terminating(current) or phase(current) == "Pending"):
        _ask(world, current)
    status = current.get("status", {})
    conditions = with_condition(status.get("conditions", []), _EVICTED, world.now)
    delete_pod(world.store, world.store.change("pods", current, status={**status, "conditions": conditions}))


def _ask(world: World, pod: Object) -> None:
    """Take one disruption from the pod's budget."""
    labels = pod["metadata"].get("labels")
    budgets = [
        budget
        for budget in world.store.all(_PLURAL, pod["metadata"]["namespace"])
        if matches(budget["spec"].get("selector"), labels)
    ]
    if len(budgets) > 1:
        message = "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support."
        raise ConflictError("InternalError", message)
    if not budgets or (not is_ready(pod) and _lets_unhealthy_go(budgets[0])):
        return
    budget = budgets[0]
    status = budget.get("status", {})
    name = budget["metadata"]["name"]
    if status.get("observedGeneration", 0) < budget["metadata"].get("generation", 1):
        raise DisruptionBudgetError(f"The disruption budget {name} is still being processed by the server.")
    if status["disruptionsAllowed"] == 0:
        raise DisruptionBudgetError(_why_not(budget))
    taken = {
        **status,
        "disruptionsAllowed": status["disruptionsAllowed"] - 1,
        "disruptedPods": {**status.get("disruptedPods", {}), pod["metadata"]["name"]: timestamp(world.now)},
    }
    world.store.change(_PLURAL, budget, status={**taken, "conditions": _sufficient(taken, world.now)})


def _lets_unhealthy_go(budget: Object) -> bool:
    if budget["spec"].get("unhealthyPodEvictionPolicy") == "AlwaysAllow":
        return True
    status = budget.get("status", {})
    desired = int(status.get("desiredHealthy", 0))
    return bool(desired > 0 and status.get("currentHealthy", 0) >= desired)


def _why_not(budget: Object) -> str:
    name, status = budget["metadata"]["name"], budget["status"]
    told = condition(budget, "DisruptionAllowed") or {}
    if told.get("reason") == "SyncFailed":
        return (
            f"The disruption budget {name} does not allow evicting pods currently because it failed sync: "
            f"{told['message']}"
        )
    if status["currentHealthy"] <= status["desiredHealthy"]:
        return (
            f"The disruption budget {name} needs {status['desiredHealthy']} healthy pods and has "
            f"{status['currentHealthy']} currently"
        )
    return f"The disruption budget {name} does not allow evicting pods currently"


def _wanted(store: Store, pod: Object, owner: Object) -> tuple[str, int]:
    """Return a pod's controller and how many replicas it wants. Raises LookupError for one that says nothing of it."""
    described = BY_KIND.get(owner["kind"])
    found = store.get(described.plural, pod["metadata"]["namespace"], owner["name"]) if described else None
    if described is None or found is None or found["metadata"]["uid"] != owner["uid"]:
        raise LookupError(f'found no controllers for pod "{pod["metadata"]["name"]}"')
    if described.plural == "replicasets":
        above = controller(found)
        if above is not None and above["kind"] == "Deployment":
            return _wanted(store, pod, above)
    if described.plural not in ("deployments", "replicasets", "statefulsets"):
        raise LookupError(f"{group_resource(described.plural)} does not implement the scale subresource")
    return owner["uid"], int(found["spec"].get("replicas", 1))


def _share(asked: int | str, of: int) -> int:
    """Return a number, or a percentage of another one rounded up (apimachinery, util/intstr)."""
    if isinstance(asked, int):
        return asked
    return math.ceil(int(asked.removesuffix("%")) * of / 100)


def _sufficient(status: Object, now: float) -> list[Object]:
    if status["disruptionsAllowed"] > 0:
        return _allowed(status, "True", "SufficientPods", "", now)
    return _allowed(status, "False", "InsufficientPods", "", now)


def _allowed(status: Object, value: str, reason: str, message: str, now: float) -> list[Object]:
    new = {
        "type": "DisruptionAllowed",
        "status": value,
        "reason": reason,
        "message": message,
        "observedGeneration": status.get("observedGeneration", 1),
    }
    return with_condition(status.get("conditions", []), new, now)


def _written(selector: Object | None) -> str:
    """Write a selector as Go's LabelSelector prints itself."""
    labels = " ".join(f"{key}: {value}," for key, value in sorted((selector or {}).get("matchLabels", {}).items()))
    return (
        f"&LabelSelector{{MatchLabels:map[string]string{{{labels}}},MatchExpressions:[]LabelSelectorRequirement{{}},}}"
    )
