"""What the API server fills in: for pods, templates and workloads, once, and never over what is said."""

from __future__ import annotations

from typing import Any

import pytest

from kube_headroom.simulator.controllers import defaults
from kube_headroom.simulator.controllers.defaults import defaulted, quality_of_service
from kube_headroom.simulator.store import Object
from kube_headroom.simulator.world import World
from tests.simulator.controllers.stage import START, template, workload


@pytest.fixture
def world() -> World:
    world = World(seed=1, start=START)
    defaults.register(world)
    return world


def created(world: World, resource: str, spec: Object, **fields: Any) -> Object:
    return world.store.create(resource, {"metadata": {"name": "web", "namespace": "shop"}, "spec": spec, **fields})


def test_a_bare_pod_gets_what_the_api_server_gives_it(world: World) -> None:
    pod = created(world, "pods", {"containers": [{"name": "app", "image": "app:1"}]})
    seconds = {"operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300}
    assert pod["spec"] == {
        "containers": [
            {
                "name": "app",
                "image": "app:1",
                "imagePullPolicy": "IfNotPresent",
                "resources": {},
                "terminationMessagePath": "/dev/termination-log",
                "terminationMessagePolicy": "File",
            }
        ],
        "restartPolicy": "Always",
        "terminationGracePeriodSeconds": 30,
        "dnsPolicy": "ClusterFirst",
        "schedulerName": "default-scheduler",
        "securityContext": {},
        "enableServiceLinks": True,
        "serviceAccountName": "default",
        "serviceAccount": "default",
        "priority": 0,
        "preemptionPolicy": "PreemptLowerPriority",
        "tolerations": [
            {"key": "node.kubernetes.io/not-ready", **seconds},
            {"key": "node.kubernetes.io/unreachable", **seconds},
        ],
    }
    assert pod["status"] == {"phase": "Pending", "qosClass": "BestEffort"}


IMAGES = [
    ("app", "Always"),
    ("app:latest", "Always"),
    ("app:1", "IfNotPresent"),
    ("registry:5000/team/app", "Always"),
    ("registry:5000/team/app:1", "IfNotPresent"),
    ("app@sha256:00ff", "IfNotPresent"),
]


@pytest.mark.parametrize(("image", "policy"), IMAGES)
def test_only_images_without_a_fixed_tag_are_always_pulled(world: World, image: str, policy: str) -> None:
    pod = created(world, "pods", {"containers": [{"name": "app", "image": image}]})
    assert pod["spec"]["containers"][0]["imagePullPolicy"] == policy


def test_requests_come_from_limits_in_pods_but_not_in_templates(world: World) -> None:
    container = {
        "name": "app",
        "image": "app:1",
        "resources": {"limits": {"cpu": "1", "memory": "1Gi"}, "requests": {"cpu": "100m"}},
    }
    spec = {"containers": [container]}
    pod = created(world, "pods", spec)
    deployment = created(world, "deployments", workload() | {"template": {"metadata": {}, "spec": spec}})
    assert pod["spec"]["containers"][0]["resources"]["requests"] == {"cpu": "100m", "memory": "1Gi"}
    assert deployment["spec"]["template"]["spec"]["containers"][0]["resources"]["requests"] == {"cpu": "100m"}


def test_probes_get_their_times_and_their_path(world: World) -> None:
    probe = {"httpGet": {"port": 80}, "periodSeconds": 5}
    pod = created(world, "pods", {"containers": [{"name": "app", "image": "app:1", "readinessProbe": probe}]})
    assert pod["spec"]["containers"][0]["readinessProbe"] == {
        "httpGet": {"port": 80, "path": "/", "scheme": "HTTP"},
        "periodSeconds": 5,
        "timeoutSeconds": 1,
        "successThreshold": 1,
        "failureThreshold": 3,
    }


WORKLOADS: list[Any] = [
    pytest.param(
        "deployments",
        {
            "replicas": 1,
            "revisionHistoryLimit": 10,
            "progressDeadlineSeconds": 600,
            "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": "25%", "maxUnavailable": "25%"}},
        },
        id="a Deployment",
    ),
    pytest.param(
        "statefulsets",
        {
            "replicas": 1,
            "revisionHistoryLimit": 10,
            "podManagementPolicy": "OrderedReady",
            "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"partition": 0}},
            "persistentVolumeClaimRetentionPolicy": {"whenDeleted": "Retain", "whenScaled": "Retain"},
        },
        id="a StatefulSet",
    ),
    pytest.param(
        "daemonsets",
        {
            "revisionHistoryLimit": 10,
            "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 0, "maxUnavailable": 1}},
        },
        id="a DaemonSet",
    ),
]


@pytest.mark.parametrize(("resource", "expected"), WORKLOADS)
def test_workloads_get_their_defaults(world: World, resource: str, expected: Object) -> None:
    spec = created(world, resource, workload())["spec"]
    assert {name: value for name, value in spec.items() if name not in ("selector", "template")} == expected
    assert spec["template"]["spec"]["restartPolicy"] == "Always"


def test_a_job_and_a_cron_job_get_theirs_down_to_the_pod(world: World) -> None:
    job = created(world, "jobs", {"template": template()})["spec"]
    assert (job["completions"], job["parallelism"], job["backoffLimit"]) == (1, 1, 6)
    parallel = defaulted("jobs", {"metadata": {"name": "queue"}, "spec": {"parallelism": 3, "template": template()}})
    assert "completions" not in parallel["spec"]
    cron = created(world, "cronjobs", {"schedule": "@daily", "jobTemplate": {"spec": {"template": template()}}})["spec"]
    assert (cron["concurrencyPolicy"], cron["successfulJobsHistoryLimit"], cron["failedJobsHistoryLimit"]) == (
        "Allow",
        3,
        1,
    )
    assert cron["jobTemplate"]["spec"]["template"]["spec"]["dnsPolicy"] == "ClusterFirst"


@pytest.mark.parametrize(
    "strategy",
    [{"type": "Recreate"}, {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 3, "maxUnavailable": 0}}],
)
def test_what_is_said_stays(world: World, strategy: Object) -> None:
    assert created(world, "deployments", workload(strategy=strategy, replicas=0))["spec"]["strategy"] == strategy


def test_defaulting_twice_changes_nothing(world: World) -> None:
    for resource in ("deployments", "statefulsets", "daemonsets"):
        stored = created(world, resource, workload())
        assert defaulted(resource, stored) == stored


def test_a_changed_spec_is_filled_as_well(world: World) -> None:
    stored = created(world, "deployments", workload())
    changed = world.store.change("deployments", stored, spec=workload("app:2"))
    assert changed["spec"]["strategy"]["type"] == "RollingUpdate"
    assert changed["metadata"]["generation"] == 2
    assert world.store.change("deployments", stored, spec=workload("app:2")) is changed


def test_the_priority_comes_from_the_class(world: World) -> None:
    store = world.store
    store.create("priorityclasses", {"metadata": {"name": "high"}, "value": 1000, "preemptionPolicy": "Never"})
    store.create("priorityclasses", {"metadata": {"name": "normal"}, "value": 5, "globalDefault": True})
    named = created(world, "pods", template(priorityClassName="high")["spec"])["spec"]
    assert (named["priority"], named["preemptionPolicy"]) == (1000, "Never")
    plain = store.create("pods", {"metadata": {"name": "plain", "namespace": "shop"}, "spec": template()["spec"]})[
        "spec"
    ]
    assert (plain["priority"], plain["priorityClassName"]) == (5, "normal")


def test_a_claim_gets_the_default_class_and_waits(world: World) -> None:
    standard = {"name": "standard", "annotations": {"storageclass.kubernetes.io/is-default-class": "true"}}
    world.store.create("storageclasses", {"metadata": standard, "provisioner": "disk"})
    claim = created(world, "persistentvolumeclaims", {"resources": {"requests": {"storage": "1Gi"}}})
    assert claim["spec"]["storageClassName"] == "standard"
    assert claim["status"] == {"phase": "Pending"}


def container(requests: Object | None = None, limits: Object | None = None) -> Object:
    return {"name": "app", "resources": {"requests": requests or {}, "limits": limits or {}}}


FULL = {"cpu": "1", "memory": "1Gi"}
QUALITIES = [
    pytest.param([container()], "BestEffort", id="nothing asked for"),
    pytest.param([container({"cpu": "1"})], "Burstable", id="a request"),
    pytest.param([container({}, {"cpu": "1"})], "Burstable", id="a limit of one resource"),
    pytest.param([container(FULL, FULL)], "Guaranteed", id="requests equal to limits of both"),
    pytest.param(
        [container({"cpu": "1000m", "memory": "1024Mi"}, FULL)], "Guaranteed", id="equal amounts written otherwise"
    ),
    pytest.param([container(FULL, FULL), container()], "Burstable", id="one container without"),
    pytest.param([container({"cpu": "0"}, {})], "BestEffort", id="a request of nothing"),
    pytest.param([container({"nvidia.com/gpu": "1"})], "BestEffort", id="resources that do not count"),
]


@pytest.mark.parametrize(("containers", "quality"), QUALITIES)
def test_the_quality_of_service_follows_requests_and_limits(containers: list[Object], quality: str) -> None:
    assert quality_of_service({"containers": containers}) == quality


def test_names_of_namespaces_are_labels_and_they_are_active(world: World) -> None:
    made = world.store.create("namespaces", {"metadata": {"name": "shop"}})
    assert made["metadata"]["labels"] == {"kubernetes.io/metadata.name": "shop"}
    assert made["status"] == {"phase": "Active"}
