from __future__ import annotations

from typing import Any

import pytest

from kube_headroom.simulator.controllers.budgets import Budgets, DisruptionBudgetError, evict
from kube_headroom.simulator.store import ConflictError, Object, owner_reference, timestamp
from kube_headroom.simulator.world import World
from tests.simulator.controllers.stand_in import pod, running, running_pod, told, world

LABELS = {"app": "web"}


def budget(name: str = "web", **spec: Any) -> Object:
    return {"metadata": {"name": name, "namespace": "shop"}, "spec": {"selector": {"matchLabels": LABELS}, **spec}}


class Stage:
    """A Deployment of some replicas, of which some are ready."""

    def __init__(self, ready: int = 3, *, unready: int = 0, replicas: int | None = None) -> None:
        self.world: World = world()
        self.world.add(Budgets(self.world))
        store = self.world.store
        metadata = {"name": "web", "namespace": "shop"}
        size = ready + unready if replicas is None else replicas
        deployment = store.create("deployments", {"metadata": metadata, "spec": {"replicas": size}})
        owned = {"name": "web-1", "namespace": "shop", "ownerReferences": [owner_reference(deployment)]}
        self.owner = owner_reference(store.create("replicasets", {"metadata": owned, "spec": {"replicas": size}}))
        for number in range(ready + unready):
            self.add(f"p{number}", ready=number < ready)

    def add(self, name: str, *, ready: bool = True) -> Object:
        more: dict[str, Any] = {"labels": LABELS, "ownerReferences": [self.owner]}
        return running_pod(self.world.store, name, self.world.now, ready=ready, **more)

    def pod(self, name: str) -> Object:
        return self.world.store.get("pods", "shop", name) or {}

    def status(self, name: str = "web") -> Object:
        self.world.advance(self.world.now + 1)
        found: Object = (self.world.store.get("poddisruptionbudgets", "shop", name) or {})["status"]
        return found


def counts(status: Object) -> tuple[int, int, int, int]:
    """Expected, desired, current, allowed."""
    return (
        status["expectedPods"],
        status["desiredHealthy"],
        status["currentHealthy"],
        status["disruptionsAllowed"],
    )


@pytest.mark.parametrize(
    ("stage", "spec", "expected"),
    [
        pytest.param(Stage(3), {"minAvailable": 2}, (3, 2, 3, 1), id="one above the minimum may go"),
        pytest.param(Stage(2, unready=1), {"minAvailable": 2}, (3, 2, 2, 0), id="at the minimum none may"),
        pytest.param(Stage(1), {"minAvailable": 2}, (1, 2, 1, 0), id="nor below it"),
        pytest.param(Stage(3), {"maxUnavailable": 1}, (3, 2, 3, 1), id="one at a time"),
        pytest.param(Stage(3), {"maxUnavailable": 0}, (3, 3, 3, 0), id="none at any time"),
        pytest.param(Stage(3, replicas=5), {"maxUnavailable": 1}, (5, 4, 3, 0), id="the scale counts, not the pods"),
        pytest.param(Stage(7), {"minAvailable": "50%"}, (7, 4, 7, 3), id="half of seven is four, rounded up"),
        pytest.param(Stage(7), {"maxUnavailable": "30%"}, (7, 4, 7, 3), id="30 % of seven may be missing: three"),
        pytest.param(Stage(2), {"maxUnavailable": 5}, (2, 0, 2, 2), id="more than there are"),
        pytest.param(Stage(0), {"minAvailable": 0}, (0, 0, 0, 0), id="without pods nothing is allowed"),
    ],
)
def test_the_status(stage: Stage, spec: Object, expected: tuple[int, int, int, int]) -> None:
    stage.world.store.create("poddisruptionbudgets", budget(**spec))
    assert counts(stage.status()) == expected


def test_the_condition_says_whether_a_disruption_is_allowed() -> None:
    stage = Stage(2)
    stage.world.store.create("poddisruptionbudgets", budget(minAvailable=1))
    condition = {
        "type": "DisruptionAllowed",
        "status": "True",
        "reason": "SufficientPods",
        "message": "",
        "observedGeneration": 1,
        "lastTransitionTime": timestamp(stage.world.now + 1),
    }
    assert stage.status()["conditions"] == [condition]
    p0 = stage.pod("p0")
    stage.world.store.change("pods", p0, status=running(stage.world.now, ready=False))
    (changed,) = stage.status()["conditions"]
    assert (changed["status"], changed["reason"]) == ("False", "InsufficientPods")


def test_pods_that_come_go_and_change_labels_are_followed() -> None:
    stage = Stage(2)
    stage.world.store.create("poddisruptionbudgets", budget(minAvailable=1))
    assert counts(stage.status()) == (2, 1, 2, 1)
    stage.add("p2")
    assert counts(stage.status()) == (3, 1, 3, 2)
    stage.world.store.change("pods", stage.pod("p2"), metadata={"labels": {"app": "other"}})
    assert counts(stage.status()) == (2, 1, 2, 1)
    stage.world.store.delete("pods", stage.pod("p0"), grace=30)
    assert counts(stage.status()) == (2, 1, 1, 0)
    stage.world.store.delete("pods", stage.pod("p0"))
    assert counts(stage.status()) == (1, 1, 1, 0)


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        pytest.param("Job", "jobs.batch does not implement the scale subresource", id="a Job has no scale"),
        pytest.param("Kafka", 'found no controllers for pod "p"', id="nobody knows the controller"),
    ],
)
def test_a_controller_without_scale_fails_the_sync(kind: str, message: str) -> None:
    stage = Stage(0)
    owner = {"apiVersion": "batch/v1", "kind": kind, "name": "j", "uid": "u", "controller": True}
    if kind == "Job":
        stage.world.store.create("jobs", {"metadata": {"name": "j", "namespace": "shop", "uid": "u"}, "spec": {}})
    running_pod(stage.world.store, "p", stage.world.now, labels=LABELS, ownerReferences=[owner])
    stage.world.store.create("poddisruptionbudgets", budget(maxUnavailable=1))
    status = stage.status()
    condition = status["conditions"][0]
    assert (status["disruptionsAllowed"], condition["reason"], condition["message"]) == (0, "SyncFailed", message)
    assert ("CalculateExpectedPodCountFailed", f"Failed to calculate the number of expected pods: {message}") in told(
        stage.world, "web"
    )


def test_a_budget_without_pods_and_one_of_bare_pods_are_told() -> None:
    stage = Stage(0)
    stage.world.store.create("poddisruptionbudgets", budget(maxUnavailable=1))
    stage.status()
    running_pod(stage.world.store, "bare", stage.world.now, labels=LABELS)
    stage.status()
    (first, second) = told(stage.world, "web")
    assert first == ("NoPods", "No matching pods found")
    assert second[0] == "UnmanagedPods"
    assert "(selector: &LabelSelector{MatchLabels:map[string]string{app: web,},MatchExpressions:" in second[1]


def test_an_eviction_marks_and_deletes_the_pod_and_takes_a_disruption() -> None:
    stage = Stage(3)
    stage.world.store.create("poddisruptionbudgets", budget(minAvailable=2))
    stage.status()
    evict(stage.world, stage.pod("p0"))
    metadata, status = stage.pod("p0")["metadata"], stage.pod("p0")["status"]
    assert metadata["deletionGracePeriodSeconds"] == 30
    condition = status["conditions"][-1]
    assert (condition["type"], condition["reason"], condition["message"]) == (
        "DisruptionTarget",
        "EvictionByEvictionAPI",
        "Eviction API: evicting",
    )
    known = stage.world.store.get("poddisruptionbudgets", "shop", "web") or {}
    assert (known["status"]["disruptionsAllowed"], list(known["status"]["disruptedPods"])) == (0, ["p0"])
    with pytest.raises(DisruptionBudgetError):
        evict(stage.world, stage.pod("p1"))
    after = stage.status()
    assert (counts(after), "disruptedPods" in after) == ((3, 2, 2, 0), False)


def test_a_refusal_says_what_the_api_says() -> None:
    stage = Stage(2)
    stage.world.store.create("poddisruptionbudgets", budget(minAvailable=2))
    stage.status()
    with pytest.raises(DisruptionBudgetError) as raised:
        evict(stage.world, stage.pod("p0"))
    assert raised.value.reason == "TooManyRequests"
    assert str(raised.value) == "Cannot evict pod as it would violate the pod's disruption budget."
    assert raised.value.cause == "The disruption budget web needs 2 healthy pods and has 2 currently"
    assert "deletionTimestamp" not in stage.pod("p0")["metadata"]


def test_a_budget_that_nobody_has_looked_at_refuses() -> None:
    stage = Stage(3)
    stage.world.store.create("poddisruptionbudgets", budget(minAvailable=1))
    with pytest.raises(DisruptionBudgetError) as raised:
        evict(stage.world, stage.pod("p0"))
    assert raised.value.cause == "The disruption budget web is still being processed by the server."


def test_a_pod_of_two_budgets_cannot_be_evicted() -> None:
    stage = Stage(3)
    for name in ("one", "two"):
        stage.world.store.create("poddisruptionbudgets", budget(name, minAvailable=1))
    with pytest.raises(ConflictError, match="more than one PodDisruptionBudget"):
        evict(stage.world, stage.pod("p0"))


@pytest.mark.parametrize(
    ("ready", "unready", "policy", "allowed"),
    [
        pytest.param(2, 1, None, True, id="an unhealthy pod may go while enough are healthy"),
        pytest.param(1, 2, None, False, id="it may not when they are not"),
        pytest.param(1, 2, "AlwaysAllow", True, id="unless the budget always lets it go"),
        pytest.param(2, 1, "IfHealthyBudget", True, id="if the budget is healthy"),
    ],
)
def test_unhealthy_pods(ready: int, unready: int, policy: str | None, allowed: bool) -> None:
    stage = Stage(ready, unready=unready)
    more = {"unhealthyPodEvictionPolicy": policy} if policy else {}
    stage.world.store.create("poddisruptionbudgets", budget(minAvailable=2, **more))
    stage.status()
    last = f"p{ready + unready - 1}"
    if allowed:
        evict(stage.world, stage.pod(last))
        assert "deletionTimestamp" in stage.pod(last)["metadata"]
    else:
        with pytest.raises(DisruptionBudgetError):
            evict(stage.world, stage.pod(last))


def test_pending_and_ended_pods_need_no_budget_and_a_pod_that_is_gone_is_not_found() -> None:
    stage = Stage(0)
    stage.world.store.create("poddisruptionbudgets", budget(minAvailable=2))
    made = stage.world.store.create("pods", {**pod("new", labels=LABELS), "status": {"phase": "Pending"}})
    evict(stage.world, made)
    assert stage.pod("new") == {}
    with pytest.raises(ConflictError, match="not found"):
        evict(stage.world, made)
