"""ReplicaSets: which pods go first, what a quota's refusal leaves behind."""

from __future__ import annotations

from typing import Any

import pytest

from kube_headroom.simulator.controllers.pods import is_ready
from kube_headroom.simulator.store import ConflictError, Object, timestamp
from tests.simulator.controllers.stage import START, Stage, verdict, workload


class Quota:
    """Admits so many pods."""

    def __init__(self, stage: Stage, pods: int) -> None:
        self.pods = pods
        self.asked = 0
        self._stage = stage
        stage.store.admissions.append(self.admit)

    def admit(self, resource: str, new: Object) -> Object:
        if resource == "pods":
            self.asked += 1
            if self._stage.store.count("pods") >= self.pods:
                raise ConflictError(
                    "Forbidden", f'pods "{new["metadata"]["name"]}" is forbidden: exceeded quota: tight'
                )
        return new


def test_a_quota_leaves_a_condition_on_replica_set_and_deployment_and_an_event() -> None:
    stage = Stage()
    Quota(stage, pods=2)
    stage.apply("deployments", "web", workload(replicas=5))
    stage.run(10)
    [replica_set] = stage.store.all("replicasets")
    assert verdict(replica_set, "ReplicaFailure") == ("True", "FailedCreate")
    assert verdict(stage.get("deployments", "web"), "ReplicaFailure") == ("True", "FailedCreate")
    assert replica_set["status"]["replicas"] == 2
    assert "exceeded quota: tight" in replica_set["status"]["conditions"][0]["message"]
    assert all(message.startswith('Error creating: pods "web-') for message in stage.told("FailedCreate"))


def test_creation_starts_slowly_so_that_a_quota_is_not_asked_in_vain() -> None:
    stage = Stage()
    quota = Quota(stage, pods=0)
    stage.apply("replicasets", "web", workload(replicas=200))
    stage.run(1)
    assert quota.asked == 1


def test_a_refused_replica_set_tries_less_and_less_often() -> None:
    stage = Stage()
    quota = Quota(stage, pods=0)
    stage.apply("replicasets", "web", workload(replicas=1))
    stage.run(60)
    early = quota.asked
    stage.run(600)
    assert early >= 8
    assert quota.asked - early <= 6


def test_a_raised_quota_is_used_and_the_failure_forgotten() -> None:
    stage = Stage()
    quota = Quota(stage, pods=1)
    stage.apply("replicasets", "web", workload(replicas=3))
    stage.run(5)
    quota.pods = 10
    stage.run(60)
    replica_set = stage.get("replicasets", "web")
    assert replica_set["status"] == {
        "replicas": 3,
        "fullyLabeledReplicas": 3,
        "readyReplicas": 3,
        "availableReplicas": 3,
        "terminatingReplicas": 0,
        "observedGeneration": 1,
    }


# What makes a pod the first to go, each against a pod that is running and ready on a node for an hour.
FIRST_TO_GO = [
    pytest.param({"node": None, "phase": "Pending", "ready": None}, id="a pod without a node before one that has one"),
    pytest.param({"phase": "Pending", "ready": None}, id="a pending pod before a running one"),
    pytest.param({"ready": None}, id="an unready pod before a ready one"),
    pytest.param({"cost": "-5"}, id="a cheap pod before one without a deletion cost"),
    pytest.param({"ready": START - 10}, id="a pod that has just become ready before one that has long been"),
    pytest.param({"restarts": 3}, id="a pod with restarts before one without"),
]


@pytest.mark.parametrize("difference", FIRST_TO_GO)
def test_the_least_valuable_pod_goes_first(difference: dict[str, Any]) -> None:
    stage = Stage()
    stage.kubelet.down = {"node-1", "node-2", "node-3"}
    stage.apply("replicasets", "web", workload(replicas=2))
    stage.run(2)
    plain: dict[str, Any] = {"node": "node-1", "phase": "Running", "ready": START - 3600, "restarts": 0, "cost": "0"}
    for pod, facts in zip(stage.pods(), (plain, {**plain, **difference}), strict=True):
        shape(stage, pod, **facts)
    [_, poor] = stage.pods()
    stage.edit("replicasets", "web", replicas=1)
    stage.run(1)
    told = stage.told("SuccessfulDelete")
    assert told == [f"Deleted pod: {poor['metadata']['name']}"]


def shape(
    stage: Stage, pod: Object, *, node: str | None, phase: str, ready: float | None, restarts: int, cost: str
) -> None:
    since = timestamp(START if ready is None else ready)
    conditions = [{"type": "Ready", "status": "False" if ready is None else "True", "lastTransitionTime": since}]
    statuses = [{"name": "app", "restartCount": restarts}]
    spec = {key: value for key, value in pod["spec"].items() if key != "nodeName"}
    stage.store.change(
        "pods",
        pod,
        spec=({**spec, "nodeName": node} if node else {**spec, "schedulingGates": [{"name": "test"}]}),
        status={"phase": phase, "conditions": conditions, "containerStatuses": statuses},
        metadata={"annotations": {"controller.kubernetes.io/pod-deletion-cost": cost}},
    )


def test_doubled_up_pods_go_before_those_alone_on_their_node() -> None:
    stage = Stage(nodes=2)
    stage.apply("replicasets", "web", workload(replicas=3))
    stage.run(5)
    stage.edit("replicasets", "web", replicas=2)
    stage.run(5)
    assert sorted(pod["spec"]["nodeName"] for pod in stage.pods()) == ["node-1", "node-2"]


def test_a_failed_pod_is_replaced_and_does_not_count() -> None:
    stage = Stage()
    stage.apply("replicasets", "web", workload(replicas=2))
    stage.run(3)
    lost = stage.pods()[0]
    stage.store.change("pods", lost, status={**lost["status"], "phase": "Failed", "reason": "Evicted"})
    stage.run(3)
    assert stage.get("replicasets", "web")["status"]["replicas"] == 2
    assert sum(is_ready(pod) for pod in stage.pods() if pod["status"]["phase"] == "Running") == 2


def test_terminating_pods_are_counted_apart_and_replaced_at_once() -> None:
    stage = Stage()
    stage.apply("replicasets", "web", workload(replicas=2))
    stage.run(3)
    stage.kubelet.down = {"node-1", "node-2", "node-3"}
    stage.store.delete("pods", stage.pods()[0], grace=30)
    stage.run(2)
    status = stage.get("replicasets", "web")["status"]
    assert (status["replicas"], status["terminatingReplicas"]) == (2, 1)
