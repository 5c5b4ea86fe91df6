"""StatefulSets: names, order, claims, rolling updates from the last ordinal, partitions."""

from __future__ import annotations

from typing import Any

import pytest

from kube_headroom.simulator.controllers.pods import is_ready, is_terminating
from kube_headroom.simulator.store import ConflictError, Object
from tests.simulator.controllers.stage import Stage, template, workload

CLAIM = {
    "metadata": {"name": "data"},
    "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "10Gi"}}},
}


def names(stage: Stage) -> list[str]:
    return sorted(pod["metadata"]["name"] for pod in stage.pods())


def image(pod: Object) -> str:
    found: str = pod["spec"]["containers"][0]["image"]
    return found


def begun(stage: Stage | None = None, **spec: Any) -> Stage:
    stage = stage or Stage()
    stage.apply("statefulsets", "db", workload(**{"replicas": 3, "serviceName": "db", **spec}))
    return stage


def counts(stage: Stage) -> tuple[int, ...]:
    status = stage.get("statefulsets", "db")["status"]
    return tuple(status.get(name, 0) for name in ("replicas", "readyReplicas", "currentReplicas", "updatedReplicas"))


def test_an_ordered_set_starts_the_next_pod_when_the_one_before_is_ready() -> None:
    stage = begun(Stage(starts_after=2))
    seen = []
    for _ in range(15):
        stage.run()
        ready = sum(map(is_ready, stage.pods()))
        seen.append((names(stage), ready))
    assert all(len(pods) <= ready + 1 for pods, ready in seen)
    assert names(stage) == ["db-0", "db-1", "db-2"]
    assert counts(stage) == (3, 3, 3, 3)


def test_a_parallel_set_starts_all_at_once() -> None:
    stage = begun(podManagementPolicy="Parallel")
    stage.run(1)
    assert names(stage) == ["db-0", "db-1", "db-2"]


def test_pods_have_an_identity_of_their_own() -> None:
    stage = begun(volumeClaimTemplates=[CLAIM], ordinals={"start": 5}, replicas=1)
    stage.run(3)
    [pod] = stage.pods()
    labels = pod["metadata"]["labels"]
    assert pod["metadata"]["name"] == pod["spec"]["hostname"] == "db-5"
    assert pod["spec"]["subdomain"] == "db"
    assert labels["statefulset.kubernetes.io/pod-name"] == "db-5"
    assert labels["apps.kubernetes.io/pod-index"] == "5"
    assert labels["controller-revision-hash"] == stage.get("statefulsets", "db")["status"]["updateRevision"]
    assert pod["spec"]["volumes"] == [{"name": "data", "persistentVolumeClaim": {"claimName": "data-db-5"}}]
    assert stage.told("SuccessfulCreate") == [
        "Create Claim data-db-5 Pod db-5 in StatefulSet db success",
        "Create Pod db-5 in StatefulSet db successful",
    ]


def test_claims_get_a_volume_in_the_zone_of_their_pod_and_outlive_it() -> None:
    stage = begun(volumeClaimTemplates=[CLAIM], replicas=1)
    stage.run(3)
    claim = stage.get("persistentvolumeclaims", "data-db-0")
    volume = stage.store.get("persistentvolumes", "", claim["spec"]["volumeName"])
    assert volume is not None
    node = stage.store.get("nodes", "", stage.pods()[0]["spec"]["nodeName"])
    assert node is not None
    [term] = volume["spec"]["nodeAffinity"]["required"]["nodeSelectorTerms"]
    assert term["matchExpressions"][0]["values"] == [node["metadata"]["labels"]["topology.kubernetes.io/zone"]]
    assert claim["status"] == {"phase": "Bound", "accessModes": ["ReadWriteOnce"], "capacity": {"storage": "10Gi"}}
    stage.edit("statefulsets", "db", replicas=0)
    stage.run(5)
    stage.edit("statefulsets", "db", replicas=1)
    stage.run(5)
    assert stage.pods()[0]["spec"]["nodeName"] == node["metadata"]["name"]
    assert stage.store.count("persistentvolumes") == 1


def test_a_pod_whose_volume_is_in_a_full_zone_waits() -> None:
    stage = begun(Stage(nodes=2, cpu="1"), volumeClaimTemplates=[CLAIM], replicas=1, pod={"requests": {"cpu": "600m"}})
    stage.run(3)
    home = stage.pods()[0]["spec"]["nodeName"]
    stage.edit("statefulsets", "db", replicas=0)
    stage.run(3)
    stage.apply("pods", "squatter", {**template(requests={"cpu": "600m"})["spec"], "nodeName": home})
    stage.edit("statefulsets", "db", replicas=1)
    stage.run(3)
    [message] = stage.told("FailedScheduling")
    assert message.startswith(
        "0/2 nodes are available: 1 Insufficient cpu, 1 node(s) didn't match PersistentVolume's node affinity."
    )


def test_scaling_down_takes_the_last_ordinal_first_one_by_one() -> None:
    stage = begun(replicas=4)
    stage.run(10)
    stage.edit("statefulsets", "db", replicas=1)
    seen = [names(stage)]
    for _ in range(12):
        stage.run()
        if seen[-1] != names(stage):
            seen.append(names(stage))
    assert seen == [[f"db-{number}" for number in range(size)] for size in (4, 3, 2, 1)]
    assert stage.told("SuccessfulDelete") == [f"Delete Pod db-{n} in StatefulSet db successful" for n in (3, 2, 1)]


def test_a_rolling_update_goes_from_the_last_ordinal_to_the_first_with_one_away_at_a_time() -> None:
    stage = begun(Stage(starts_after=2))
    stage.run(20)
    stage.edit("statefulsets", "db", template=template("app:2"))
    order = []
    for _ in range(40):
        stage.run()
        assert sum(not is_ready(pod) or is_terminating(pod) for pod in stage.pods()) <= 1
        for pod in stage.pods():
            if image(pod) == "app:2" and pod["metadata"]["name"] not in order:
                order.append(pod["metadata"]["name"])
    status = stage.get("statefulsets", "db")["status"]
    assert order == ["db-2", "db-1", "db-0"]
    assert counts(stage) == (3, 3, 3, 3)
    assert status["currentRevision"] == status["updateRevision"]


def test_a_partition_keeps_the_pods_below_it_and_recreates_them_as_they_were() -> None:
    stage = begun(updateStrategy={"type": "RollingUpdate", "rollingUpdate": {"partition": 2}})
    stage.run(10)
    stage.edit("statefulsets", "db", template=template("app:2"))
    stage.run(20)
    assert [image(stage.get("pods", f"db-{number}")) for number in range(3)] == ["app:1", "app:1", "app:2"]
    assert counts(stage) == (3, 3, 2, 1)
    stage.store.delete("pods", stage.get("pods", "db-0"))
    stage.run(5)
    assert image(stage.get("pods", "db-0")) == "app:1"


def test_a_stuck_update_stops_at_the_first_pod_that_does_not_get_ready() -> None:
    stage = begun()
    stage.run(10)
    stage.kubelet.is_up = lambda pod: image(pod) == "app:1"
    stage.edit("statefulsets", "db", template=template("app:2"))
    stage.run(30)
    assert [image(stage.get("pods", f"db-{number}")) for number in range(3)] == ["app:1", "app:1", "app:2"]
    assert counts(stage) == (3, 2, 2, 1)


def test_on_delete_waits_for_somebody_to_delete() -> None:
    stage = begun(updateStrategy={"type": "OnDelete"})
    stage.run(10)
    stage.edit("statefulsets", "db", template=template("app:2"))
    stage.run(10)
    assert {image(pod) for pod in stage.pods()} == {"app:1"}
    stage.store.delete("pods", stage.get("pods", "db-1"))
    stage.run(5)
    assert image(stage.get("pods", "db-1")) == "app:2"


def test_of_two_unready_pods_that_are_too_many_the_last_waits_for_the_first() -> None:
    stage = begun(replicas=4)
    stage.run(10)
    stage.kubelet.is_up = lambda pod: pod["metadata"]["name"] in ("db-0", "db-1")
    stage.run(2)
    stage.edit("statefulsets", "db", replicas=1)
    stage.run(20)
    assert names(stage) == ["db-0", "db-1", "db-2", "db-3"]
    stage.kubelet.is_up = lambda _: True
    stage.run(20)
    assert names(stage) == ["db-0"]


@pytest.mark.parametrize("phase", ["Failed", "Succeeded"])
def test_an_ended_pod_is_deleted_and_made_again(phase: str) -> None:
    stage = begun(replicas=1)
    stage.run(3)
    pod = stage.pods()[0]
    stage.store.change("pods", pod, status={**pod["status"], "phase": phase})
    stage.run(5)
    again = stage.get("pods", "db-0")
    assert (again["metadata"]["uid"] != pod["metadata"]["uid"], is_ready(again)) == (True, True)


def test_a_refused_pod_is_told_and_tried_again() -> None:
    stage = Stage()
    full = True

    def admit(resource: str, new: Object) -> Object:
        if resource == "pods" and full:
            raise ConflictError("Forbidden", f'pods "{new["metadata"]["name"]}" is forbidden: exceeded quota: tight')
        return new

    stage.store.admissions.append(admit)
    begun(stage, replicas=1)
    stage.run(3)
    failed = 'Create Pod db-0 in StatefulSet db failed error: pods "db-0" is forbidden: exceeded quota: tight'
    assert stage.told("FailedCreate") == [failed]
    full = False
    stage.run(60)
    assert counts(stage) == (1, 1, 1, 1)
