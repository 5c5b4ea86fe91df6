"""Each kind's object becomes its fact, field by field, and an empty object becomes a fact too."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest

from kube_headroom import model
from kube_headroom.cluster.decode import NamespaceFilter, ObjectReader, Read
from kube_headroom.cluster.facts.conversion import Keys
from kube_headroom.cluster.health import Flaw, SourceHealth
from kube_headroom.cluster.kinds import CONFIG_MAPS, KINDS, KINDS_BY_NAME
from kube_headroom.resources import Allocation, ContainerResources, PodResources
from tests.cluster.objects import CREATED_SECONDS, OBJECTS, POD

KEYS = Keys(owner=("kube-headroom.io/owner", "team"), node_pool=("karpenter.sh/nodepool",), slo="kube-headroom.io/slo")
ROLLED_OUT = "NewReplicaSetAvailable"
MILLI = 10**6
MEBI = 2**20 * 10**9


def reader(kind: str) -> tuple[ObjectReader, SourceHealth]:
    health = SourceHealth(kind)
    return ObjectReader(KINDS_BY_NAME[kind], KEYS, health, NamespaceFilter()), health


def read(kind: str, obj: object) -> Read:
    found, health = reader(kind)
    result = found.read(json.dumps(obj).encode())
    assert health.report().skipped == {}
    return result


def fact(kind: str) -> Any:
    return read(kind, OBJECTS[kind]).fact


def pod(change: Callable[[dict[str, Any]], object]) -> model.Pod:
    changed = copy.deepcopy(POD)
    change(changed)
    found = read("pods", changed).fact
    assert isinstance(found, model.Pod)
    return found


def metadata(name: str, controller: model.ControllerReference | None = None, namespace: str = "shop") -> model.Metadata:
    return model.Metadata(
        uid=f"uid-{name}",
        namespace=namespace,
        name=name,
        created=CREATED_SECONDS,
        controller=controller,
        owner="payments",
        deleting=False,
    )


def test_a_pod_keeps_all_that_signals_ask_of_it() -> None:
    assert fact("pods") == model.Pod(
        uid="uid-web-1",
        namespace="shop",
        name="web-1",
        created=CREATED_SECONDS,
        controller=model.ControllerReference("apps", "ReplicaSet", "web", "uid-web"),
        mirror=False,
        owner="payments",
        node="node-1",
        phase="Running",
        deleting=False,
        ready=True,
        unschedulable=False,
        disruption="",
        resources=PodResources(
            containers=(
                ContainerResources(
                    name="app",
                    requests={"cpu": 100 * MILLI, "memory": 64 * MEBI},
                    limits={"memory": 128 * MEBI},
                ),
            ),
            init_containers=(
                ContainerResources(name="proxy", requests={"cpu": 20 * MILLI}, restartable=True),
                ContainerResources(name="migrate"),
            ),
            overhead={"cpu": 10 * MILLI},
            pod_requests={"cpu": 300 * MILLI},
            pod_limits={"cpu": 1000 * MILLI},
            allocations={
                "app": Allocation(reported=True, requests={"cpu": 150 * MILLI}, allocated={"cpu": 150 * MILLI})
            },
            resize_infeasible=True,
        ),
        statuses=(
            model.ContainerStatus(
                name="app",
                init=False,
                ready=True,
                restart_count=2,
                waiting_reason="",
                terminated=None,
                last_terminated=model.Termination("containerd://dead", "OOMKilled", 137, CREATED_SECONDS),
                running=True,
            ),
            model.ContainerStatus("proxy", True, True, 0, "", None, None, running=True),  # noqa: FBT003
            model.ContainerStatus("migrate", True, False, 0, "CrashLoopBackOff", None, None),  # noqa: FBT003
        ),
        probes=(("app", "liveness"),),
    )


@pytest.mark.parametrize(
    ("change", "field", "expected"),
    [
        pytest.param(lambda p: p.pop("status"), "phase", "Pending", id="without a status it is pending"),
        pytest.param(
            lambda p: p["metadata"]["annotations"].update({"kubernetes.io/config.mirror": "x"}), "mirror", True,
            id="a static pod's mirror says so",
        ),
        pytest.param(
            lambda p: p["metadata"]["annotations"].update(
                {"kubernetes.io/config.mirror": "x", "kubernetes.io/config.hash": "0ff"}
            ), "static_uid", "0ff", id="a static pod's mirror names the uid that the kubelet knows",
        ),
        pytest.param(
            lambda p: p["metadata"]["annotations"].update({"kubernetes.io/config.hash": "0ff"}), "static_uid", "",
            id="a pod that is no mirror has one uid",
        ),
        pytest.param(
            lambda p: p["spec"]["initContainers"][0].update(startupProbe={}, readinessProbe={"exec": {}}),
            "probes", (("app", "liveness"), ("proxy", "readiness"), ("proxy", "startup")),
            id="a native sidecar's probes are known",
        ),
        pytest.param(
            lambda p: p["metadata"].update(deletionTimestamp="2026-11-20T10:00:00Z"), "deleting", True,
            id="a pod with a deletion time is being deleted",
        ),
        pytest.param(
            lambda p: p["status"].update(conditions=[
                {"type": "PodScheduled", "status": "False", "reason": "Unschedulable"}
            ]), "unschedulable", True, id="a pod that fits nowhere is unschedulable",
        ),
        pytest.param(
            lambda p: p["status"].update(conditions=[
                {"type": "PodScheduled", "status": "False", "reason": "SchedulingGated"}
            ]), "unschedulable", False, id="a gated pod is not unschedulable",
        ),
        pytest.param(
            lambda p: p["status"].update(conditions=[
                {"type": "DisruptionTarget", "status": "True", "reason": "PreemptionByScheduler"}
            ]), "disruption", "PreemptionByScheduler", id="a disrupted pod names the reason",
        ),
        pytest.param(
            lambda p: p["status"].update(reason="Evicted"), "disruption", "TerminationByKubelet",
            id="an evicted pod of an old server was ended by its kubelet",
        ),
        pytest.param(
            lambda p: p["metadata"].pop("annotations"), "owner", "checkout", id="without annotation a label names the owner",
        ),
        pytest.param(lambda p: p["metadata"].pop("ownerReferences"), "controller", None, id="a bare pod has no controller"),
        pytest.param(
            lambda p: p["metadata"].update(creationTimestamp=None), "created", 0.0, id="a missing time is zero",
        ),
    ],
)  # fmt: skip
def test_of_a_pod(change: Callable[[dict[str, Any]], object], field: str, expected: object) -> None:
    assert getattr(pod(change), field) == expected


def test_replicas_share_what_they_have_in_common() -> None:
    pods_reader, _ = reader("pods")
    first, second = copy.deepcopy(POD), copy.deepcopy(POD)
    for one in (first, second):
        del one["status"]["containerStatuses"][0]["lastState"]
    second["metadata"] |= {"name": "web-2", "uid": "uid-web-2"}
    a, b = (pods_reader.read(json.dumps(one).encode()).fact for one in (first, second))
    assert isinstance(a, model.Pod)
    assert isinstance(b, model.Pod)
    assert a.resources is b.resources
    assert a.statuses is b.statuses
    assert a.controller is b.controller
    assert a.node is b.node


EXPECTED = {
    "nodes": model.Node(
        metadata=metadata("node-1"),
        pool="spot",
        zone="eu-1a",
        kubelet_version="v1.36.3",
        unschedulable=True,
        allocatable={"cpu": 3920 * MILLI, "memory": 7 * 1024 * MEBI, "pods": 110 * 10**9},
        conditions=(("Ready", "True"), ("DiskPressure", "False")),
        addresses=(("InternalIP", "10.0.0.7"), ("Hostname", "node-1")),
        kubelet_port=10251,
        capacity={"cpu": 4 * 10**9, "memory": 8 * 1024 * MEBI},
    ),
    "namespaces": model.Namespace(metadata("shop", namespace="")),
    "replicasets": model.ReplicaSet(metadata("web", model.ControllerReference("apps", "Deployment", "web", "uid-web"))),
    "deployments": model.Controller("Deployment", metadata("web"), model.Replicas(4, 3, 2, 1, False, True)),  # noqa: FBT003
    "statefulsets": model.Controller("StatefulSet", metadata("db"), model.Replicas(3, 3, 0, 1, True, False, True)),  # noqa: FBT003
    "daemonsets": model.Controller("DaemonSet", metadata("agent"), model.Replicas(5, 4, 3, 2, True, False)),  # noqa: FBT003
    "jobs": model.Job(
        metadata=metadata("backup-1", model.ControllerReference("batch", "CronJob", "backup", "uid-backup")),
        active=1,
        outcome="Failed",
        suspended=False,
    ),
    "cronjobs": model.CronJob(metadata("backup"), True, 1, CREATED_SECONDS, CREATED_SECONDS),  # noqa: FBT003
    "horizontalpodautoscalers": model.HorizontalPodAutoscaler(
        metadata("web"), "apps", "Deployment", "web", minimum=1, maximum=9, current=4, desired=9, limited=True
    ),
    "poddisruptionbudgets": model.PodDisruptionBudget(metadata("web"), 1, 3, 2, 4),
    "resourcequotas": model.ResourceQuota(
        metadata("compute"), {"requests.cpu": 10 * 10**9}, {"requests.cpu": 2500 * MILLI}
    ),
    "limitranges": model.LimitRange(
        metadata("defaults"),
        (
            model.LimitRangeConstraint("Container", "default_request", "cpu", 100 * MILLI),
            model.LimitRangeConstraint("Container", "max_limit_request_ratio", "cpu", 4 * 10**9),
            model.LimitRangeConstraint("Pod", "max", "memory", 1024 * MEBI),
        ),
    ),
    "persistentvolumeclaims": model.PersistentVolumeClaim(metadata("data"), "Bound", 1024 * MEBI, 2048 * MEBI),
    "events": model.Event(
        metadata("web.1"), "apps", "ReplicaSet", "shop", "web", "uid-web", "FailedCreate", "Warning", 5
    ),
}


@pytest.mark.parametrize("kind", EXPECTED)
def test_each_kind_becomes_its_fact(kind: str) -> None:
    if kind == "nodes":
        OBJECTS[kind]["metadata"]["namespace"] = "shop"
    assert fact(kind) == EXPECTED[kind]


@pytest.mark.parametrize(
    ("labels", "virtual"),
    [
        pytest.param({"type": "virtual-kubelet"}, True, id="virtual-kubelet and its providers"),
        pytest.param({"liqo.io/type": "virtual-node"}, True, id="Liqo"),
        pytest.param({"type": "worker"}, False, id="a label of the same key that says something else"),
        pytest.param(None, False, id="no labels"),
    ],
)
def test_nodes_without_a_machine_are_known_by_their_labels(labels: dict[str, str] | None, virtual: bool) -> None:
    found = read("nodes", {"metadata": {"name": "n", "uid": "u", "labels": labels}}).fact
    assert isinstance(found, model.Node)
    assert found.virtual is virtual


@pytest.mark.parametrize("kind", [kind.name for kind in KINDS])
@pytest.mark.parametrize("nulls", [False, True], ids=["absent", "null"])
def test_an_object_of_which_only_the_identity_is_known_is_still_a_fact(kind: str, nulls: bool) -> None:
    bare: dict[str, Any] = {"metadata": {"name": "x", "uid": "u", "namespace": "shop"}}
    if nulls:
        bare |= dict.fromkeys(("spec", "status", "involvedObject", "series", "count", "reason"))
        bare["metadata"] |= dict.fromkeys(("annotations", "labels", "ownerReferences", "creationTimestamp"))
    assert read(kind, bare).fact is not None


@pytest.mark.parametrize(
    ("spec", "status", "rolling"),
    [
        pytest.param({}, {"currentRevision": "1", "updateRevision": "1"}, False, id="done when the revisions agree"),
        pytest.param(
            {"updateStrategy": {"type": "OnDelete"}}, {"updateRevision": "2"}, False, id="never with OnDelete"
        ),
        pytest.param(
            {"replicas": 5, "updateStrategy": {"rollingUpdate": {"partition": 3}}},
            {"currentRevision": "1", "updateRevision": "2", "updatedReplicas": 2},
            False,
            id="done when all above the partition are updated",
        ),
        pytest.param(
            {"replicas": 5, "updateStrategy": {"rollingUpdate": {"partition": 3}}},
            {"updatedReplicas": 1},
            True,
            id="under way while one above the partition is not",
        ),
    ],
)
def test_a_stateful_sets_rollout_is(spec: dict[str, Any], status: dict[str, Any], rolling: bool) -> None:
    obj = {"metadata": {"name": "x", "uid": "u", "namespace": "n"}, "spec": spec, "status": status}
    found = read("statefulsets", obj).fact
    assert isinstance(found, model.Controller)
    assert found.replicas.rolling is rolling


BOUND_AT = "2026-11-20T10:00:02Z"


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        pytest.param(
            {"status": "True", "lastTransitionTime": BOUND_AT}, (CREATED_SECONDS + 2, False, False), id="bound"
        ),
        pytest.param({"status": "True"}, (0.0, False, False), id="bound at a time that nobody wrote down"),
        pytest.param(
            {"status": "False", "reason": "Unschedulable", "lastTransitionTime": BOUND_AT},
            (0.0, False, True),
            id="tried in vain",
        ),
        pytest.param(
            {"status": "False", "reason": "SchedulingGated", "lastTransitionTime": BOUND_AT},
            (0.0, True, False),
            id="not to be tried yet",
        ),
        pytest.param({}, (0.0, False, False), id="unknown"),
    ],
)
def test_what_the_scheduler_did_with_a_pod(condition: dict[str, Any], expected: tuple[float, bool, bool]) -> None:
    found = pod(lambda one: one["status"].update(conditions=[{"type": "PodScheduled", **condition}]))
    assert (found.scheduled, found.gated, found.unschedulable) == expected


@pytest.mark.parametrize(
    ("kind", "status", "changing"),
    [
        pytest.param(
            "deployments",
            {"conditions": [{"type": "Progressing", "status": "True", "reason": "ReplicaSetUpdated"}]},
            True,
            id="a Deployment gets on with its new template",
        ),
        pytest.param(
            "deployments",
            {"updatedReplicas": 1, "conditions": [{"type": "Progressing", "status": "True", "reason": ROLLED_OUT}]},
            False,
            id="a Deployment is rolled out and lacks a replica",
        ),
        pytest.param(
            "deployments",
            {"conditions": [{"type": "Progressing", "status": "Unknown", "reason": "DeploymentPaused"}]},
            False,
            id="a Deployment is paused",
        ),
        pytest.param(
            "daemonsets",
            {"desiredNumberScheduled": 3, "currentNumberScheduled": 3, "updatedNumberScheduled": 1},
            True,
            id="a DaemonSet still has pods of its old template",
        ),
        pytest.param(
            "daemonsets",
            {"desiredNumberScheduled": 4, "currentNumberScheduled": 3, "updatedNumberScheduled": 3},
            False,
            id="a DaemonSet has a new node to run on",
        ),
    ],
)
def test_a_template_is_rolled_out_while(kind: str, status: dict[str, Any], changing: bool) -> None:
    found = read(kind, {**OBJECTS[kind], "spec": {"replicas": 3}, "status": status}).fact
    assert isinstance(found, model.Controller)
    assert found.replicas.changing is changing


@pytest.mark.parametrize("kind", ["deployments", "statefulsets", "daemonsets", "cronjobs"])
def test_workloads_declare_their_slos_in_an_annotation(kind: str) -> None:
    obj = copy.deepcopy(OBJECTS[kind])
    obj["metadata"]["annotations"]["kube-headroom.io/slo"] = "availability=99.9"
    found = read(kind, obj).fact
    assert isinstance(found, model.Controller | model.CronJob)
    assert found.metadata.slo == "availability=99.9"


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        pytest.param({"b.yaml": "2", "a.yaml": "1"}, ((("a.yaml", "1"), ("b.yaml", "2")), ()), id="its texts by key"),
        pytest.param(None, ((), ()), id="nothing"),
        pytest.param({"a": None, "b": ""}, ((("b", ""),), ()), id="no text is left out, an empty one is a text"),
        pytest.param(
            {"a": "x" * 200_000, "b": "y" * 200_000, "c": "z"},
            ((("a", "x" * 200_000), ("c", "z")), ("b",)),
            id="what is too large is named",
        ),
    ],
)
def test_a_config_map_holds(data: dict[str, Any] | None, expected: tuple[Any, Any]) -> None:
    health = SourceHealth("configmaps")
    obj = {"kind": "ConfigMap", "metadata": OBJECTS["jobs"]["metadata"], "data": data}
    found = ObjectReader(CONFIG_MAPS, KEYS, health, NamespaceFilter()).read(json.dumps(obj).encode()).fact
    assert isinstance(found, model.ConfigMap)
    assert (found.data, found.left_out) == expected


def test_a_quantity_that_is_none_is_left_out_and_counted() -> None:
    found, health = reader("resourcequotas")
    obj = {**OBJECTS["resourcequotas"], "status": {"hard": {"cpu": "2 cores", "memory": "1Gi", "pods": None, "x": 3}}}
    for _ in range(2):
        quota = found.read(json.dumps(obj).encode()).fact
        assert isinstance(quota, model.ResourceQuota)
        assert quota.hard == {"memory": 1024 * MEBI, "x": 3 * 10**9}
    assert health.report().repaired == {Flaw.INVALID_QUANTITY: 4}
