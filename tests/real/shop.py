"""A namespace in which everything that we tell of exists once, with a known past."""

from collections.abc import Iterator

from tests.real import manifests
from tests.real.client import Client, Object
from tests.real.waiting import wait_until

OWNER = "kube-headroom.io/owner"
LAST_SCHEDULE = "2026-01-02T03:04:05Z"
LAST_SCHEDULE_SECONDS = 1_767_323_045.0
COLLECTIONS = (
    *("HorizontalPodAutoscaler", "PodDisruptionBudget", "ResourceQuota", "LimitRange", "CronJob", "Job"),
    *("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Pod", "PersistentVolumeClaim", "Event"),
)


def open_shop(client: Client, namespace: str) -> None:
    """Create everything and return when its controllers, the scheduler and kwok are done with it."""
    client.patch("Namespace", namespace, patch={"metadata": {"annotations": {OWNER: "platform"}}})
    client.create_many(controllers(namespace))
    client.create_many(bare_pods(namespace))
    client.create_many(others(namespace))
    cron_job = client.read("CronJob", "nightly", namespace)
    started_by_hand(client, namespace, cron_job)
    wait_until(lambda: settled(client, namespace), what="the controllers to settle")
    # Created last: it would write its defaults into the pods.
    client.create(limit_range(namespace))
    live_through(client, namespace)


def controllers(namespace: str) -> Iterator[Object]:
    """The workloads."""
    init = manifests.container("migrate", {"cpu": "2", "memory": "1Gi"})
    sidecar = manifests.container("proxy", {"cpu": "50m", "memory": "32Mi"}, restartPolicy="Always")
    app = manifests.container("app", {"cpu": "100m", "memory": "128Mi"}, {"cpu": "500m", "memory": "256Mi"})
    yield manifests.deployment(
        "cart",
        namespace,
        manifests.pod_spec(app, initContainers=[init, sidecar]),
        replicas=2,
        annotations={OWNER: "team-cart"},
    )
    yield manifests.deployment("front", namespace)
    whole = {"requests": {"cpu": "1", "memory": "1Gi"}, "limits": {"cpu": "2", "memory": "2Gi"}}
    yield manifests.workload("StatefulSet", "db", namespace, manifests.pod_spec(app, resources=whole), replicas=2)
    yield manifests.workload(
        "DaemonSet", "agent", namespace, manifests.pod_spec(manifests.container("agent", {"cpu": "10m"}))
    )
    yield manifests.job("report", namespace)
    yield manifests.namespaced(
        "batch/v1",
        "CronJob",
        "nightly",
        namespace,
        spec={"schedule": "0 0 31 2 *", "jobTemplate": {"spec": manifests.job("x", namespace)["spec"]}},
    )
    rollout = {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Rollout",
        "metadata": {"name": "canary", "uid": "a-rollout"},
    }
    yield owned(manifests.workload("ReplicaSet", "canary-5d4", namespace), rollout)


def bare_pods(namespace: str) -> Iterator[Object]:
    """Pods without a controller."""
    for name in ("evicted", "pulling"):
        yield manifests.pod(name, namespace)
    stranded = manifests.pod_spec(
        manifests.container("app", {"cpu": "3", "memory": "1Gi"}), nodeSelector={"no": "node"}
    )
    yield manifests.pod("unplaceable", namespace, stranded)


def others(namespace: str) -> Iterator[Object]:
    """Objects that are no workloads."""
    target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "cart"}
    cpu = {"type": "Resource", "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 80}}}
    yield manifests.namespaced(
        "autoscaling/v2",
        "HorizontalPodAutoscaler",
        "cart",
        namespace,
        spec={"scaleTargetRef": target, "minReplicas": 2, "maxReplicas": 5, "metrics": [cpu]},
    )
    yield manifests.namespaced(
        "policy/v1",
        "PodDisruptionBudget",
        "cart",
        namespace,
        spec={"minAvailable": 1, "selector": {"matchLabels": {"app": "cart"}}},
    )
    hard = {"pods": "50", "requests.storage": "10.5Gi", "count/configmaps": "9"}
    yield manifests.namespaced("v1", "ResourceQuota", "team", namespace, spec={"hard": hard})
    for name, storage in (("bound", "1Gi"), ("unbound", "1500M")):
        spec = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": storage}}}
        volume = {"volumeName": f"{namespace}-volume"} if name == "bound" else {}
        yield manifests.namespaced(
            "v1", "PersistentVolumeClaim", name, namespace, spec=spec | volume | {"storageClassName": ""}
        )
    yield {
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": {"name": f"{namespace}-volume"},
        "spec": {
            "capacity": {"storage": "2Gi"},
            "accessModes": ["ReadWriteOnce"],
            "hostPath": {"path": "/nowhere"},
            "claimRef": {"namespace": namespace, "name": "bound"},
        },
    }


def limit_range(namespace: str) -> Object:
    """A LimitRange with every constraint."""
    limits = [
        {
            "type": "Container",
            "max": {"cpu": "4"},
            "min": {"cpu": "1m"},
            "default": {"cpu": "500m"},
            "defaultRequest": {"cpu": "0.1"},
            "maxLimitRequestRatio": {"cpu": "10"},
        },
        {"type": "PersistentVolumeClaim", "max": {"storage": "5Gi"}, "min": {"storage": "1e6"}},
    ]
    return manifests.namespaced("v1", "LimitRange", "bounds", namespace, spec={"limits": limits})


def owned(manifest: Object, owner: Object) -> Object:
    """The manifest with a controller."""
    reference = {
        "apiVersion": owner["apiVersion"],
        "kind": owner["kind"],
        "name": owner["metadata"]["name"],
        "uid": owner["metadata"]["uid"],
        "controller": True,
    }
    manifest["metadata"]["ownerReferences"] = [reference]
    return manifest


def started_by_hand(client: Client, namespace: str, cron_job: Object) -> None:
    """A Job of the CronJob that its controller did not start; it goes on when the controller has said so."""
    client.create(owned(manifests.job("nightly-1", namespace, suspend=True), cron_job))
    about = f"involvedObject.name=nightly,involvedObject.namespace={namespace}"
    wait_until(
        lambda: (
            "UnexpectedJob" in [event["reason"] for event in client.objects("Event", namespace, fieldSelector=about)]
        ),
        what="the CronJob's controller to see the Job",
    )
    client.patch("Job", "nightly-1", namespace, patch={"spec": {"suspend": False}})


def settled(client: Client, namespace: str) -> bool:
    """Every pod runs, is done or is known to fit nowhere, and every controller says so."""
    phases = sorted(pod["status"]["phase"] for pod in client.objects("Pod", namespace))
    status = {
        kind: client.read(kind, name, namespace).get("status", {})
        for kind, name in (("Deployment", "cart"), ("StatefulSet", "db"), ("HorizontalPodAutoscaler", "cart"))
    }
    claim = client.read("PersistentVolumeClaim", "bound", namespace)["status"].get("phase")
    return (
        phases == ["Pending"] + ["Running"] * 11 + ["Succeeded"] * 2
        and status["Deployment"].get("availableReplicas") == 2
        and status["StatefulSet"].get("availableReplicas") == 2
        and status["HorizontalPodAutoscaler"].get("currentReplicas") == 2
        and claim == "Bound"
    )


def live_through(client: Client, namespace: str) -> None:
    """Crashes, an OOM kill, an eviction by the kubelet and one by the API, waiting containers, events."""

    def report(pod: str, **status: object) -> None:
        client.patch_status("Pod", pod, namespace, status=status)

    cart = pods_of(client, namespace, "cart")[0]
    report(cart, containerStatuses=[manifests.crashed(1, reason="OOMKilled", exit_code=137)])
    report(cart, containerStatuses=[manifests.crashed(2)])
    waiting = {"waiting": {"reason": "CrashLoopBackOff"}}
    again = manifests.crashed(2) | {"state": waiting, "lastState": {"terminated": manifests.ended(3, "OOMKilled", 137)}}
    report(cart, containerStatuses=[again])
    for number, reason in enumerate(("ImagePullBackOff", "SomethingNew")):
        name = ("pulling", pods_of(client, namespace, "front")[0])[number]
        started = manifests.crashed(0) | {"state": {"waiting": {"reason": reason}}, "lastState": {}}
        report(name, containerStatuses=[started])
    target = {"type": "DisruptionTarget", "status": "True", "reason": "TerminationByKubelet"}
    report("evicted", phase="Failed", reason="Evicted", conditions=[target])
    path = client.resource("Pod").path(namespace, pods_of(client, namespace, "db")[1], "eviction")
    name = path.split("/")[-2]
    uid = client.read("Pod", name, namespace)["metadata"]["uid"]
    client.request("POST", path, json={"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": name}})
    wait_until(
        lambda: (
            any(
                pod["metadata"]["name"] == name and pod["metadata"]["uid"] != uid
                for pod in client.objects("Pod", namespace)
            )
            and client.read("StatefulSet", "db", namespace)["status"].get("availableReplicas") == 2
        ),
        what="the evicted replica to be replaced",
    )
    about = client.read("Pod", cart, namespace)
    client.create(manifests.event("back-off", namespace, about, count=4))
    client.patch("Event", "back-off", namespace, patch={"count": 6})
    client.create(manifests.event("strange", namespace, about, reason="NeverHeardOf"))
    client.patch_status("CronJob", "nightly", namespace, status={"lastScheduleTime": LAST_SCHEDULE})
    limited = {"type": "ScalingLimited", "status": "True", "reason": "TooManyReplicas"}
    client.patch_status(
        "HorizontalPodAutoscaler", "cart", namespace, status={"desiredReplicas": 5, "conditions": [limited]}
    )


def pods_of(client: Client, namespace: str, app: str) -> list[str]:
    """The names of a workload's pods."""
    return sorted(pod["metadata"]["name"] for pod in client.objects("Pod", namespace, labelSelector=f"app={app}"))


def close_shop(client: Client, namespace: str) -> None:
    """Delete everything but the namespace."""
    for kind in COLLECTIONS:
        client.request("DELETE", client.resource(kind).path(namespace), json={"propagationPolicy": "Background"})
    client.delete("PersistentVolume", f"{namespace}-volume")
