from __future__ import annotations

import pytest

from kube_headroom.simulator.controllers.garbage import Garbage, delete
from kube_headroom.simulator.store import ConflictError, Object, owner_reference
from kube_headroom.simulator.world import World
from tests.simulator.controllers.stand_in import Kubelet, ended, pod, running_pod, world


@pytest.fixture
def stage() -> World:
    made = world()
    made.add(Garbage(made, terminated_pods=3))
    return made


def family(stage: World) -> Object:
    """A Deployment with a ReplicaSet with two pods, one of them on a node."""
    store = stage.store
    deployment = store.create("deployments", {"metadata": {"name": "web", "namespace": "shop"}, "spec": {}})
    metadata = {"name": "web-1", "namespace": "shop", "ownerReferences": [owner_reference(deployment)]}
    replica_set = store.create("replicasets", {"metadata": metadata, "spec": {}})
    owners = [owner_reference(replica_set)]
    running_pod(store, "on-node", stage.now, ownerReferences=owners)
    store.create("pods", pod("nowhere", ownerReferences=owners))
    return deployment


def names(stage: World, resource: str) -> list[str]:
    return [
        found["metadata"]["name"] for found in stage.store.all(resource) if "deletionTimestamp" not in found["metadata"]
    ]


def test_what_an_owner_leaves_behind_goes_with_it_to_the_last_generation(stage: World) -> None:
    stage.store.delete("deployments", family(stage))
    stage.advance(stage.now + 3)
    assert (names(stage, "replicasets"), names(stage, "pods")) == ([], [])
    (left,) = stage.store.all("pods")
    assert left["metadata"]["deletionGracePeriodSeconds"] == 30


def test_an_owner_that_is_made_again_at_once_does_not_keep_the_old_ones_dependents(stage: World) -> None:
    deployment = family(stage)
    stage.advance(stage.now + 3)
    stage.store.delete("deployments", deployment)
    stage.store.create("deployments", {"metadata": {"name": "web", "namespace": "shop"}, "spec": {}})
    stage.advance(stage.now + 3)
    assert names(stage, "replicasets") == []


def test_an_object_of_an_owner_that_is_gone_already_is_deleted(stage: World) -> None:
    gone = {"apiVersion": "batch/v1", "kind": "Job", "name": "j", "uid": "gone", "controller": True}
    unknown = {"apiVersion": "argoproj.io/v1alpha1", "kind": "Rollout", "name": "r", "uid": "x", "controller": True}
    stage.store.create("pods", pod("of-a-job", ownerReferences=[gone]))
    stage.store.create("pods", pod("of-a-rollout", ownerReferences=[unknown]))
    stage.advance(stage.now + 2)
    assert names(stage, "pods") == ["of-a-rollout"]


def test_foreground_deletion_waits_for_the_dependents(stage: World) -> None:
    delete(stage, "deployments", family(stage), "Foreground")
    stage.advance(stage.now + 5)
    (waiting,) = stage.store.all("deployments")
    assert waiting["metadata"]["finalizers"] == ["foregroundDeletion"]
    assert len(stage.store.all("replicasets")) == 1
    stage.add(Kubelet(stage))
    stage.store.change("pods", stage.store.all("pods")[0], metadata={"annotations": {"seen": "by the kubelet"}})
    stage.advance(stage.now + 5)
    assert [stage.store.all(resource) for resource in ("deployments", "replicasets", "pods")] == [[], [], []]


def test_orphaning_takes_the_owner_from_the_dependents(stage: World) -> None:
    delete(stage, "deployments", family(stage), "Orphan")
    stage.advance(stage.now + 3)
    (left,) = stage.store.all("replicasets")
    assert left["metadata"]["ownerReferences"] == []
    assert len(names(stage, "pods")) == 2


def test_ended_pods_beyond_the_threshold_go_evicted_ones_first_then_the_oldest(stage: World) -> None:
    for number in range(5):
        made = running_pod(stage.store, f"p{number}", stage.now)
        evicted = {"phase": "Failed", "reason": "Evicted"}
        stage.store.change("pods", made, status=evicted if number == 3 else ended(stage.now, 0))
        stage.advance(stage.now + 1)
    stage.advance(stage.now + 25)
    assert names(stage, "pods") == ["p1", "p2", "p4"]


def test_a_deleted_pod_without_a_node_goes_at_once(stage: World) -> None:
    made = stage.store.create("pods", pod("p"))
    stage.store.delete("pods", made, grace=30)
    stage.advance(stage.now + 2)
    assert stage.store.all("pods") == []


def test_a_deleted_namespace_lets_nothing_in_and_goes_when_it_is_empty(stage: World) -> None:
    kubelet = Kubelet(stage)
    stage.add(kubelet)
    family(stage)
    running_pod(stage.store, "elsewhere", stage.now, namespace="other")
    delete(stage, "namespaces", stage.store.get("namespaces", "", "shop") or {})
    kubelet.frozen = True
    stage.advance(stage.now + 2)
    (terminating,) = (one for one in stage.store.all("namespaces") if one["status"]["phase"] == "Terminating")
    assert terminating["metadata"]["name"] == "shop"
    with pytest.raises(ConflictError) as raised:
        stage.store.create("pods", pod("late"))
    assert str(raised.value) == (
        'pods "late" is forbidden: unable to create new content in namespace shop because it is being terminated'
    )
    assert len(stage.store.all("pods", "shop")) == 1
    kubelet.frozen = False
    stage.advance(stage.now + 12)
    assert names(stage, "namespaces") == ["other"]
    assert names(stage, "pods") == ["elsewhere"]
