"""Deployments: rollouts, their conditions and events, pauses, deadlines, rollbacks, history, scaling."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from kube_headroom.simulator.controllers.pods import is_terminating
from kube_headroom.simulator.controllers.rollout_status import deadline
from kube_headroom.simulator.store import ConflictError, Object, moment
from tests.simulator.controllers.stage import Stage, template, verdict, workload

REVISION = "deployment.kubernetes.io/revision"


def images(stage: Stage) -> list[str]:
    pods = [pod for pod in stage.pods() if not is_terminating(pod)]
    return sorted(pod["spec"]["containers"][0]["image"] for pod in pods)


def counts(stage: Stage) -> tuple[int, ...]:
    status = stage.get("deployments", "web")["status"]
    named = ("replicas", "updatedReplicas", "readyReplicas", "availableReplicas", "unavailableReplicas")
    return tuple(status.get(name, 0) for name in named)


def never_ready(image: str) -> Callable[[Object], bool]:
    return lambda pod: pod["spec"]["containers"][0]["image"] != image


def rolled_out(**spec: Any) -> Stage:
    stage = Stage()
    stage.apply("deployments", "web", workload(**{"replicas": 4, **spec}))
    stage.run(10)
    return stage


def test_a_new_deployment_gets_its_pods_and_says_so() -> None:
    stage = rolled_out()
    deployment = stage.get("deployments", "web")
    [replica_set] = stage.store.all("replicasets")
    name = replica_set["metadata"]["name"]
    assert counts(stage) == (4, 4, 4, 4, 0)
    assert deployment["status"]["observedGeneration"] == 1
    assert verdict(deployment, "Available") == ("True", "MinimumReplicasAvailable")
    assert verdict(deployment, "Progressing") == ("True", "NewReplicaSetAvailable")
    assert deployment["metadata"]["annotations"][REVISION] == replica_set["metadata"]["annotations"][REVISION] == "1"
    assert replica_set["metadata"]["labels"]["pod-template-hash"] == name.removeprefix("web-")
    assert stage.told("ScalingReplicaSet") == [f"Scaled up replica set {name} from 0 to 4"]


def test_conditions_follow_the_course_of_a_rollout() -> None:
    stage = Stage(starts_after=3)
    stage.apply("deployments", "web", workload(replicas=2))
    seen: list[tuple[str, str]] = []
    for _ in range(10):
        stage.run()
        deployment = stage.get("deployments", "web")
        reasons = verdict(deployment, "Progressing")[1], verdict(deployment, "Available")[1]
        if not seen or seen[-1] != reasons:
            seen.append(reasons)
    assert seen == [
        ("NewReplicaSetCreated", "MinimumReplicasUnavailable"),
        ("ReplicaSetUpdated", "MinimumReplicasUnavailable"),
        ("NewReplicaSetAvailable", "MinimumReplicasAvailable"),
    ]


def test_a_rollout_replaces_every_pod_and_keeps_the_old_replica_set_empty() -> None:
    stage = rolled_out()
    stage.edit("deployments", "web", template=template("app:2"))
    stage.run(30)
    assert images(stage) == ["app:2"] * 4
    sizes = {
        one["metadata"]["annotations"][REVISION]: one["spec"]["replicas"] for one in stage.store.all("replicasets")
    }
    assert sizes == {"1": 0, "2": 4}
    assert counts(stage) == (4, 4, 4, 4, 0)


@pytest.mark.parametrize(
    ("surge", "unavailable", "steps"),
    [
        pytest.param(0, 1, ["4->3 old", "0->1 new"], id="without a surge an old pod goes first"),
        pytest.param(1, 0, ["0->1 new", "4->3 old"], id="with nothing to be unavailable a new pod comes first"),
        pytest.param("100%", 0, ["0->4 new", "4->0 old"], id="a full surge brings all new pods before an old one goes"),
        pytest.param("25%", "25%", ["0->1 new", "4->3 old", "1->2 new"], id="the defaults do both at once"),
    ],
)
def test_the_order_of_a_rollout_follows_its_limits(surge: object, unavailable: object, steps: list[str]) -> None:
    stage = rolled_out(strategy={"rollingUpdate": {"maxSurge": surge, "maxUnavailable": unavailable}})
    [old] = [one["metadata"]["name"] for one in stage.store.all("replicasets")]
    stage.edit("deployments", "web", template=template("app:2"))
    stage.run(40)
    told = []
    for message in stage.told("ScalingReplicaSet")[1:]:
        words = message.split()
        told.append(f"{words[-3]}->{words[-1]} {'old' if old in words else 'new'}")
    assert told[: len(steps)] == steps
    assert images(stage) == ["app:2"] * 4


def test_recreate_brings_no_new_pod_while_an_old_one_runs() -> None:
    stage = rolled_out(strategy={"type": "Recreate"})
    stage.edit("deployments", "web", template=template("app:2"))
    for _ in range(20):
        stage.run()
        assert len({pod["spec"]["containers"][0]["image"] for pod in stage.pods()}) <= 1
    assert images(stage) == ["app:2"] * 4
    assert verdict(stage.get("deployments", "web"), "Progressing") == ("True", "NewReplicaSetAvailable")


def test_a_rollout_that_does_not_get_on_exceeds_its_deadline_and_keeps_what_is_available() -> None:
    stage = rolled_out(progressDeadlineSeconds=30)
    stage.kubelet.is_up = never_ready("app:2")
    stage.edit("deployments", "web", template=template("app:2"))
    stage.run(25)
    assert verdict(stage.get("deployments", "web"), "Progressing")[0] == "True"
    stage.run(20)
    deployment = stage.get("deployments", "web")
    assert verdict(deployment, "Progressing") == ("False", "ProgressDeadlineExceeded")
    assert verdict(deployment, "Available") == ("True", "MinimumReplicasAvailable")
    assert counts(stage) == (5, 2, 3, 3, 2)
    failed = next(one for one in deployment["status"]["conditions"] if one["type"] == "Progressing")
    assert failed["message"].endswith("has timed out progressing.")
    assert deadline(deployment) == 30


def test_a_stuck_rollout_is_rolled_back_to_the_old_replica_set() -> None:
    stage = rolled_out(progressDeadlineSeconds=30)
    [old] = stage.store.all("replicasets")
    stage.kubelet.is_up = never_ready("app:2")
    stage.edit("deployments", "web", template=template("app:2"))
    stage.run(60)
    stage.edit("deployments", "web", template=template("app:1"))
    stage.run(30)
    assert images(stage) == ["app:1"] * 4
    deployment, again = stage.get("deployments", "web"), stage.get("replicasets", old["metadata"]["name"])
    assert again["metadata"]["annotations"][REVISION] == deployment["metadata"]["annotations"][REVISION] == "3"
    assert again["metadata"]["annotations"]["deployment.kubernetes.io/revision-history"] == "1"
    assert verdict(deployment, "Progressing") == ("True", "NewReplicaSetAvailable")
    assert len(stage.store.all("replicasets")) == 2


def test_a_second_rollout_in_the_middle_of_the_first_ends_with_the_last_template() -> None:
    stage = rolled_out(replicas=8)
    stage.edit("deployments", "web", template=template("app:2"))
    stage.run(3)
    stage.edit("deployments", "web", template=template("app:3"))
    stage.run(40)
    assert images(stage) == ["app:3"] * 8


def test_nothing_rolls_while_paused_but_scaling_works() -> None:
    stage = rolled_out()
    stage.edit("deployments", "web", paused=True, template=template("app:2"))
    stage.run(10)
    assert images(stage) == ["app:1"] * 4
    assert verdict(stage.get("deployments", "web"), "Progressing") == ("Unknown", "DeploymentPaused")
    stage.edit("deployments", "web", replicas=6)
    stage.run(10)
    assert images(stage) == ["app:1"] * 6
    stage.edit("deployments", "web", paused=False)
    stage.run(40)
    assert images(stage) == ["app:2"] * 6
    assert verdict(stage.get("deployments", "web"), "Progressing") == ("True", "NewReplicaSetAvailable")


def test_scaling_in_the_middle_of_a_rollout_is_shared_in_proportion() -> None:
    stage = rolled_out(replicas=10, strategy={"rollingUpdate": {"maxSurge": 3, "maxUnavailable": 2}})
    stage.kubelet.is_up = never_ready("app:2")
    stage.edit("deployments", "web", template=template("app:2"))
    stage.run(10)
    stage.edit("deployments", "web", replicas=15)
    stage.run(2)
    sizes = [one["spec"]["replicas"] for one in stage.store.all("replicasets")]
    # The example of the API's documentation: 8 old and 5 new of 10+3 become 11 and 7 of 15+3.
    assert sizes == [11, 7]


def test_an_old_pod_that_fails_during_a_stuck_rollout_does_not_cost_another_one() -> None:
    # Case 1 of the comment on reconcileOldReplicaSets: 8 old and 5 new pods of 10 + 3, none of the new ones ready.
    stage = rolled_out(replicas=10, strategy={"rollingUpdate": {"maxSurge": 3, "maxUnavailable": 2}})
    stage.kubelet.is_up = never_ready("app:2")
    stage.edit("deployments", "web", template=template("app:2"))
    stage.run(10)
    ill = stage.pods()[0]["metadata"]["name"]
    stage.kubelet.is_up = lambda pod: pod["metadata"]["name"] != ill and never_ready("app:2")(pod)
    stage.run(10)
    assert [one["spec"]["replicas"] for one in stage.store.all("replicasets")] == [8, 5]


@pytest.mark.parametrize("limit", [0, 2])
def test_old_replica_sets_beyond_the_history_limit_are_deleted(limit: int) -> None:
    stage = rolled_out(revisionHistoryLimit=limit)
    for number in range(2, 6):
        stage.edit("deployments", "web", template=template(f"app:{number}"))
        stage.run(30)
    revisions = [one["metadata"]["annotations"][REVISION] for one in stage.store.all("replicasets")]
    assert revisions == [str(number) for number in range(5 - limit, 6)]


def test_min_ready_seconds_delay_availability() -> None:
    stage = Stage()
    stage.apply("deployments", "web", workload(replicas=2, minReadySeconds=20))
    stage.run(10)
    assert counts(stage) == (2, 2, 2, 0, 2)
    stage.run(20)
    assert counts(stage) == (2, 2, 2, 2, 0)


def test_a_refused_replica_set_is_told_and_tried_again() -> None:
    stage = Stage()
    open_ = False

    def admit(resource: str, new: Object) -> Object:
        if resource == "replicasets" and not open_:
            raise ConflictError("Forbidden", "replicasets are forbidden: exceeded quota")
        return new

    stage.store.admissions.append(admit)
    stage.apply("deployments", "web", workload(replicas=2))
    stage.run(5)
    assert verdict(stage.get("deployments", "web"), "Progressing") == ("False", "ReplicaSetCreateError")
    assert stage.told("ReplicaSetCreateError")[0].startswith('Failed to create new replica set "web-')
    open_ = True
    stage.run(60)
    assert counts(stage) == (2, 2, 2, 2, 0)


def test_progress_is_dated_by_the_last_step() -> None:
    stage = Stage(starts_after=5)
    stage.apply(
        "deployments", "web", workload(replicas=4, strategy={"rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}})
    )
    stage.run(20)
    stage.edit("deployments", "web", template=template("app:2"))
    changed = stage.world.now
    stage.run(60)
    found = next(one for one in stage.get("deployments", "web")["status"]["conditions"] if one["type"] == "Progressing")
    assert moment(found["lastTransitionTime"]) < changed < moment(found["lastUpdateTime"])
    assert moment(found["lastUpdateTime"]) > changed + 15


def test_a_deployment_at_rest_costs_no_writes() -> None:
    stage = rolled_out()
    stage.run(5)
    revision = stage.store.revision
    stage.run(600)
    assert stage.store.revision == revision


def test_a_name_that_is_taken_is_avoided_by_counting_collisions() -> None:
    stage = rolled_out()
    [own] = stage.store.all("replicasets")
    foreign = Stage()
    foreign.store.create(
        "replicasets", {"metadata": {"name": own["metadata"]["name"], "namespace": "shop"}, **workload_of(own)}
    )
    foreign.apply("deployments", "web", workload(replicas=4))
    foreign.run(15)
    status = foreign.get("deployments", "web")["status"]
    assert (status["collisionCount"], status["availableReplicas"]) == (1, 4)


def workload_of(replica_set: Object) -> Object:
    return {"spec": {**replica_set["spec"], "replicas": 0}}
