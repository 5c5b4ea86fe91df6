"""The simulated controllers and admission do what the real ones do: the same objects, both asked, shape by shape."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Protocol

import pytest

from kube_headroom.simulator.controllers import defaults, limits
from kube_headroom.simulator.controllers.autoscalers import Autoscalers
from kube_headroom.simulator.controllers.budgets import Budgets, DisruptionBudgetError, evict
from kube_headroom.simulator.controllers.cronjobs import CronJobs
from kube_headroom.simulator.controllers.deployments import Deployments
from kube_headroom.simulator.controllers.garbage import Garbage
from kube_headroom.simulator.controllers.jobs import Jobs
from kube_headroom.simulator.controllers.quotas import Quotas
from kube_headroom.simulator.controllers.replicasets import ReplicaSets
from kube_headroom.simulator.kinds import BY_KIND
from kube_headroom.simulator.store import ConflictError
from kube_headroom.simulator.world import World
from tests.real import manifests
from tests.real.client import Client, Object, RefusedError
from tests.real.control_plane import ControlPlane
from tests.real.waiting import wait_until
from tests.simulator.controllers.stand_in import START, Kubelet, Plan

NOWHERE = {"nodeSelector": {"no": "node"}}
"""Of a pod that stays pending, so that the test alone says how it goes on."""
_MASKS = (
    (re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"), "<time>"),
    (re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"), "<uid>"),
    (re.compile(r"-[0-9]{8}\b"), "-<minutes>"),
    (re.compile(r"-[bcdfghjklmnpqrstvwxz2456789]{5}\b"), "-<suffix>"),
)


class Cluster(Protocol):
    """What both stages can be asked."""

    namespace: str

    def create(self, manifest: Object) -> str:
        """Create an object; return why it was refused, or nothing."""

    def holds_pods_to(self, quota: str) -> bool:
        """Whether admission knows a quota and what is used of it."""

    def read(self, kind: str, name: str) -> Object:
        """Return an object."""

    def pods(self) -> list[Object]:
        """Return the namespace's pods."""

    def set_status(self, pod: Object, **status: Any) -> None:
        """Say what a kubelet says of a pod."""

    def evict(self, pod: Object) -> tuple[str, str]:
        """Evict a pod; return the refusal and its cause, or nothing twice."""

    def wait(self, condition: Callable[[], object], what: str) -> None:
        """Let time go by until something is so."""

    def events(self, kind: str) -> list[tuple[str, str, str]]:
        """Return type, reason and message of the events of a kind's objects."""


class Real:
    def __init__(self, client: Client, namespace: str) -> None:
        self.client = client
        self.namespace = namespace

    def create(self, manifest: Object) -> str:
        try:
            self.client.create(manifest)
        except RefusedError as refusal:
            return str(refusal.status["message"])
        return ""

    def holds_pods_to(self, quota: str) -> bool:
        # Admission has a watch of its own: it may know a quota later than we can read it, or not yet as counted.
        greedy = manifests.container("app", {"cpu": "1000"}, {"memory": "1Ti"})
        path = self.client.resource("Pod").path(self.namespace)
        try:
            manifest = manifests.pod("greedy", self.namespace, manifests.pod_spec(greedy))
            self.client.request("POST", path, json=manifest, params={"dryRun": "All"})
        except RefusedError as refusal:
            return f"exceeded quota: {quota}" in refusal.status["message"]
        return False

    def read(self, kind: str, name: str) -> Object:
        return self.client.read(kind, name, self.namespace)

    def pods(self) -> list[Object]:
        return self.client.objects("Pod", self.namespace)

    def set_status(self, pod: Object, **status: Any) -> None:
        self.client.patch_status("Pod", pod["metadata"]["name"], self.namespace, status=status)

    def evict(self, pod: Object) -> tuple[str, str]:
        name = pod["metadata"]["name"]
        path = self.client.resource("Pod").path(self.namespace, name, "eviction")
        manifest = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": name}}
        try:
            self.client.request("POST", path, json=manifest)
        except RefusedError as refusal:
            return refusal.status["message"], refusal.status["details"]["causes"][0]["message"]
        return "", ""

    def wait(self, condition: Callable[[], object], what: str) -> None:
        wait_until(condition, what=what)

    def events(self, kind: str) -> list[tuple[str, str, str]]:
        about = self.client.objects("Event", self.namespace, fieldSelector=f"involvedObject.kind={kind}")
        return sorted({(event["type"], event["reason"], masked(event["message"])) for event in about})


class Simulated:
    def __init__(self, namespace: str) -> None:
        self.namespace = namespace
        self.world = World(seed=1, start=START)
        defaults.register(self.world)
        limits.enforce(self.world)
        self.world.store.create("namespaces", {"metadata": {"name": namespace}})
        kubelet = Kubelet(self.world, {"app:1": Plan(), "ends:1": Plan(runs=2)})
        world = self.world
        world.add(Quotas(world), CronJobs(world), Jobs(world), Deployments(world), ReplicaSets(world))
        world.add(Autoscalers(world, lambda _: None), Budgets(world), Garbage(world), kubelet)

    def create(self, manifest: Object) -> str:
        try:
            self.world.store.create(BY_KIND[manifest["kind"]].plural, manifest)
        except ConflictError as error:
            return str(error)
        return ""

    def holds_pods_to(self, quota: str) -> bool:
        return bool(self.read("ResourceQuota", quota).get("status", {}).get("used"))

    def read(self, kind: str, name: str) -> Object:
        found = self.world.store.get(BY_KIND[kind].plural, self.namespace, name)
        assert found is not None
        return found

    def pods(self) -> list[Object]:
        return self.world.store.all("pods", self.namespace)

    def set_status(self, pod: Object, **status: Any) -> None:
        self.world.store.change("pods", pod, status={**pod["status"], **status})

    def evict(self, pod: Object) -> tuple[str, str]:
        try:
            evict(self.world, pod)
        except DisruptionBudgetError as error:
            return str(error), error.cause
        return "", ""

    def wait(self, condition: Callable[[], object], what: str) -> None:
        for _ in range(600):
            if condition():
                return
            self.world.advance(self.world.now + 1)
        pytest.fail(f"waited 600 simulated seconds in vain for {what}")

    def events(self, kind: str) -> list[tuple[str, str, str]]:
        found = [event for event in self.world.store.all("events") if event["involvedObject"]["kind"] == kind]
        return sorted({(event["type"], event["reason"], masked(event["message"])) for event in found})


@pytest.fixture
def clusters(control_plane: ControlPlane, namespace: str) -> tuple[Real, Simulated]:
    return Real(control_plane.client(), namespace), Simulated(namespace)


def masked(value: Any) -> Any:
    """The shape of JSON: what differs from run to run is named, not told."""
    if isinstance(value, dict):
        return {key: "<version>" if key == "resourceVersion" else masked(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [masked(inner) for inner in value]
    if isinstance(value, str):
        for pattern, name in _MASKS:
            value = pattern.sub(name, value)
    return value


def agree(clusters: tuple[Real, Simulated], ask: Callable[[Cluster], Any]) -> None:
    """Ask both; the real one is right."""
    real, simulated = clusters
    expected = ask(real)
    assert ask(simulated) == expected


def wait_told(cluster: Cluster, kind: str, reason: str) -> None:
    """Wait for an event: controllers write theirs behind their own back, one after the other, whenever that may be."""
    cluster.wait(
        lambda: any(reason == told for _, told, _ in cluster.events(kind)), f"the event {reason} of the {kind}"
    )


def ending(cluster: Cluster, name: str) -> str:
    """The reason of the last event about a Job, "" while the Job goes on."""
    for one in cluster.read("Job", name).get("status", {}).get("conditions", ()):
        if one["type"] in ("Complete", "Failed"):
            return "Completed" if one["type"] == "Complete" else str(one["reason"])
    return ""


def told_of_job(cluster: Cluster, name: str) -> Any:
    cluster.wait(lambda: ending(cluster, name), "the Job to end")
    wait_told(cluster, "Job", ending(cluster, name))
    found = cluster.read("Job", name)
    return masked(
        {
            "labels": found["metadata"]["labels"],
            "template labels": found["spec"]["template"]["metadata"]["labels"],
            "selector": found["spec"]["selector"],
            "status": found["status"],
            "events": cluster.events("Job"),
        }
    )


def test_a_job_that_succeeds(clusters: tuple[Real, Simulated]) -> None:
    def ask(cluster: Cluster) -> Any:
        spec = manifests.pod_spec(manifests.container() | {"image": "ends:1"})
        assert not cluster.create(manifests.job("report", cluster.namespace, spec, completions=2, parallelism=2))
        return told_of_job(cluster, "report")

    agree(clusters, ask)


@pytest.mark.parametrize(
    "spec",
    [
        pytest.param({"backoffLimit": 0}, id="the back-off limit is reached"),
        pytest.param(
            {
                "podFailurePolicy": {
                    "rules": [
                        {"action": "FailJob", "onPodConditions": [{"type": "DisruptionTarget", "status": "True"}]}
                    ]
                }
            },
            id="the pod failure policy ends it",
        ),
    ],
)
def test_a_job_that_fails(clusters: tuple[Real, Simulated], spec: Object) -> None:
    target = {
        "type": "DisruptionTarget",
        "status": "True",
        "reason": "Test",
        "lastTransitionTime": "2026-01-01T00:00:00Z",
    }

    def ask(cluster: Cluster) -> Any:
        assert not cluster.create(manifests.job("import", cluster.namespace, manifests.pod_spec(**NOWHERE), **spec))
        cluster.wait(cluster.pods, "the Job's pod")
        cluster.set_status(cluster.pods()[0], phase="Failed", conditions=[target])
        return told_of_job(cluster, "import")

    agree(clusters, ask)


def test_a_job_that_runs_too_long(clusters: tuple[Real, Simulated]) -> None:
    def ask(cluster: Cluster) -> Any:
        spec = manifests.pod_spec(**NOWHERE)
        assert not cluster.create(manifests.job("slow", cluster.namespace, spec, activeDeadlineSeconds=2))
        return told_of_job(cluster, "slow")

    agree(clusters, ask)


def test_a_cron_job_that_starts_a_job(clusters: tuple[Real, Simulated]) -> None:
    def ask(cluster: Cluster) -> Any:
        template = {
            "metadata": {"labels": {"team": "a"}, "annotations": {"note": "b"}},
            "spec": manifests.job("x", "", manifests.pod_spec(**NOWHERE))["spec"],
        }
        spec = {"schedule": "@every 3s", "concurrencyPolicy": "Forbid", "jobTemplate": template}
        namespace = cluster.namespace
        assert not cluster.create(manifests.namespaced("batch/v1", "CronJob", "tick", namespace, spec=spec))
        cluster.wait(lambda: cluster.read("CronJob", "tick").get("status", {}).get("active"), "the first Job")
        wait_told(cluster, "CronJob", "SuccessfulCreate")
        cron_job = cluster.read("CronJob", "tick")
        (active,) = cron_job["status"]["active"]
        job = cluster.read("Job", active["name"])["metadata"]
        parts = ("labels", "annotations", "ownerReferences", "name")
        return masked([cron_job["status"], {part: job[part] for part in parts}, cluster.events("CronJob")[-1]])

    agree(clusters, ask)


SMALL = {"cpu": "300m", "memory": "64Mi"}
QUOTA = {
    "pods": "3",
    "requests.cpu": "1000m",
    "limits.memory": "0.5Gi",
    "count/jobs.batch": "1",
    "persistentvolumeclaims": "1",
    "requests.storage": "2048Mi",
    "services.nodeports": "1",
}


def claim(name: str, namespace: str, storage: str) -> Object:
    spec = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": storage}}, "storageClassName": ""}
    return manifests.namespaced("v1", "PersistentVolumeClaim", name, namespace, spec=spec)


def test_quotas_count_and_refuse(clusters: tuple[Real, Simulated]) -> None:
    def ask(cluster: Cluster) -> Any:
        namespace = cluster.namespace
        quota = manifests.namespaced("v1", "ResourceQuota", "team", namespace, spec={"hard": QUOTA})
        assert not cluster.create(quota)
        cluster.wait(lambda: cluster.holds_pods_to("team"), "the first count")
        fitting = manifests.container("app", SMALL, {"memory": "128Mi"})
        ports = [{"port": number, "targetPort": number} for number in (80, 81)]
        wanted = [
            manifests.pod("silent", namespace, manifests.pod_spec(manifests.container("app"), **NOWHERE)),
            *(manifests.pod(f"p{number}", namespace, manifests.pod_spec(fitting, **NOWHERE)) for number in range(4)),
            manifests.pod("fat", namespace, manifests.pod_spec(manifests.container("app", {"cpu": "2"}, {"memory": "1G"}))),
            manifests.job("one", namespace, suspend=True),
            manifests.job("two", namespace, suspend=True),
            claim("large", namespace, "3Gi"),
            claim("fits", namespace, "1.5Gi"),
            claim("second", namespace, "1Gi"),
            manifests.namespaced("v1", "Service", "web", namespace, spec={"type": "NodePort", "ports": [
                {**port, "name": f"p{port['port']}"} for port in ports
            ]}),
        ]  # fmt: skip
        answers = [cluster.create(manifest) for manifest in wanted]
        cluster.wait(
            lambda: cluster.read("ResourceQuota", "team")["status"]["used"]["persistentvolumeclaims"] == "1",
            "the last count",
        )
        found = cluster.read("ResourceQuota", "team")
        return [answers, found["spec"], found["status"]]

    agree(clusters, ask)


def test_limit_ranges_fill_in_and_refuse(clusters: tuple[Real, Simulated]) -> None:
    bounds = [
        {
            "type": "Container",
            "max": {"cpu": "2", "memory": "1Gi"},
            "min": {"cpu": "50m"},
            "default": {"cpu": "0.5"},
            "defaultRequest": {"cpu": "0.1"},
            "maxLimitRequestRatio": {"cpu": "10"},
        },
        {"type": "Pod", "max": {"cpu": "3"}},
        {"type": "PersistentVolumeClaim", "max": {"storage": "5Gi"}, "min": {"storage": "1Gi"}},
    ]
    containers = [
        [manifests.container("app")],
        [manifests.container("app", {"cpu": "200m"}), manifests.container("web", None, {"cpu": "1"})],
        [manifests.container("app", None, {"cpu": "3"})],
        [manifests.container("app", {"cpu": "10m"}, {"cpu": "20m"})],
        [manifests.container("app", {"cpu": "100m"}, {"cpu": "1500m"})],
        [manifests.container(name, None, {"cpu": "2"}) for name in ("a", "b")],
    ]

    def ask(cluster: Cluster) -> Any:
        namespace = cluster.namespace
        limit_range = manifests.namespaced("v1", "LimitRange", "bounds", namespace, spec={"limits": bounds})
        assert not cluster.create(limit_range)
        answers = []
        for number, wanted in enumerate(containers):
            name = f"p{number}"
            refusal = cluster.create(manifests.pod(name, namespace, manifests.pod_spec(*wanted, **NOWHERE)))
            answers.append(refusal or seen(cluster.read("Pod", name)))
        claims = [cluster.create(claim(f"c-{size.lower()}", namespace, size)) for size in ("512Mi", "2Gi", "6Gi")]
        return [answers, claims, cluster.read("LimitRange", "bounds")["spec"]]

    def seen(pod: Object) -> Object:
        resources = [container["resources"] for container in pod["spec"]["containers"]]
        quality = pod["status"]["qosClass"]
        return {"resources": resources, "annotations": pod["metadata"]["annotations"], "quality": quality}

    agree(clusters, ask)


@pytest.mark.parametrize(
    "spec",
    [
        pytest.param({"minAvailable": 2}, id="a number that has to stay"),
        pytest.param({"maxUnavailable": 1}, id="a number that may go"),
        pytest.param({"minAvailable": "60%"}, id="a share that has to stay"),
    ],
)
def test_budgets_count_and_refuse(clusters: tuple[Real, Simulated], spec: Object) -> None:
    def ask(cluster: Cluster) -> Any:
        namespace = cluster.namespace
        selector = {"matchLabels": {"app": "web"}}
        assert not cluster.create(
            manifests.namespaced(
                "policy/v1", "PodDisruptionBudget", "web", namespace, spec=spec | {"selector": selector}
            )
        )
        cluster.wait(lambda: cluster.events("PodDisruptionBudget"), "the budget to find no pods")
        assert not cluster.create(manifests.deployment("web", namespace, replicas=3))

        def status() -> Object:
            found: Object = cluster.read("PodDisruptionBudget", "web").get("status", {})
            return found

        cluster.wait(lambda: status().get("currentHealthy") == 3, "three healthy pods")
        before = status()
        first, second, _ = cluster.pods()
        unready = {"type": "Ready", "status": "False", "lastTransitionTime": "2026-01-01T00:00:00Z"}
        cluster.set_status(first, conditions=[unready])
        cluster.wait(lambda: status().get("currentHealthy") == 2, "one pod less")
        return masked([before, status(), cluster.evict(second), cluster.events("PodDisruptionBudget")])

    agree(clusters, ask)


def test_autoscalers_that_need_no_metrics(clusters: tuple[Real, Simulated]) -> None:
    sizes = {"off": 0, "large": 5, "small": 1}

    def ask(cluster: Cluster) -> Any:
        for name, replicas in sizes.items():
            assert not cluster.create(manifests.deployment(name, cluster.namespace, replicas=replicas))
        for name in (*sizes, "nobody"):
            target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": name}
            spec = {"scaleTargetRef": target, "minReplicas": 2, "maxReplicas": 3}
            assert not cluster.create(
                manifests.namespaced("autoscaling/v2", "HorizontalPodAutoscaler", name, cluster.namespace, spec=spec)
            )

        def status(name: str) -> Object:
            found: Object = cluster.read("HorizontalPodAutoscaler", name).get("status", {})
            return found

        seen = []
        for name in (*sizes, "nobody"):
            cluster.wait(lambda name=name: status(name).get("conditions"), f"the autoscaler of {name}")  # type: ignore[misc]
            size = cluster.read("Deployment", name)["spec"]["replicas"] if name in sizes else None
            seen.append([name, size, at_first(status(name))])

        def told() -> list[tuple[str, str, str]]:
            return [event for event in cluster.events("HorizontalPodAutoscaler") if "etric" not in event[1]]

        # Events are written behind the controller's back, maybe after the status: two of scaling, one of nobody.
        cluster.wait(lambda: len(told()) >= 3, "what is told of the autoscalers")
        return [masked(seen), told()]

    def at_first(found: Object) -> Object:
        """Without what a second look, which may come before ours, would ask of metrics."""
        conditions = [one for one in found["conditions"] if one["type"] == "AbleToScale" or one["status"] == "False"]
        return {**found, "conditions": conditions}

    agree(clusters, ask)
