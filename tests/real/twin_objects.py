"""Objects of every kind that the simulator serves, in the states that `kubectl get` tells apart; what they mean to
their controllers does not matter, none runs.
"""

from collections.abc import Iterator
from typing import Any

from tests.real.client import Object

NAMESPACE = "twins"
LONG_AGO, LATER = "2026-01-05T10:00:00Z", "2026-01-05T10:03:20Z"
LABELS = {"app": "cart", "tier": "front"}
CONTAINERS = [{"name": "app", "image": "app:1"}, {"name": "log", "image": "log:2"}]
TEMPLATE = {"metadata": {"labels": LABELS}, "spec": {"containers": CONTAINERS}}
SELECTOR = {"matchLabels": LABELS}


def named(kind: str, name: str, version: str = "v1", *, labels: dict[str, str] | None = None, **parts: Any) -> Object:
    metadata: Object = {"name": name, "namespace": NAMESPACE, **({"labels": labels} if labels else {})}
    return {"apiVersion": version, "kind": kind, "metadata": metadata, **parts}


def running(name: str, *, ready: bool = True, restarts: int = 0) -> Object:
    last = {"terminated": {"exitCode": 1, "reason": "Error", "startedAt": LONG_AGO, "finishedAt": LATER}}
    return {
        "name": name,
        "image": "app:1",
        "imageID": "",
        "ready": ready,
        "started": True,
        "restartCount": restarts,
        "state": {"running": {"startedAt": LONG_AGO}},
        "lastState": last if restarts else {},
    }


def waiting(name: str, reason: str, restarts: int = 0) -> Object:
    return {**running(name, ready=False, restarts=restarts), "started": False, "state": {"waiting": {"reason": reason}}}


def ended(name: str, reason: str, code: int, restarts: int = 0) -> Object:
    state = {"terminated": {"exitCode": code, "reason": reason, "startedAt": LONG_AGO, "finishedAt": LATER}}
    return {**running(name, ready=False, restarts=restarts), "started": False, "state": state}


def conditions(**states: str) -> list[Object]:
    return [{"type": type_, "status": status, "lastTransitionTime": LONG_AGO} for type_, status in states.items()]


def status(phase: str, *containers: Object, init: tuple[Object, ...] = (), **parts: Any) -> Object:
    return {"phase": phase, "containerStatuses": list(containers), "initContainerStatuses": list(init), **parts}


SIDECAR = {"initContainers": [{"name": "proxy", "image": "proxy:1", "restartPolicy": "Always"}]}
INIT = {"initContainers": [{"name": "first", "image": "app:1"}, {"name": "second", "image": "app:1"}]}
GATES = {"readinessGates": [{"conditionType": "example.com/a"}, {"conditionType": "example.com/b"}]}
GATED = {"schedulingGates": [{"name": "example.com/wait"}]}
READY = conditions(Initialized="True", Ready="True")
IP: Object = {"podIP": "10.1.2.3", "podIPs": [{"ip": "10.1.2.3"}]}

PODS: dict[str, tuple[Object, Object]] = {
    "new": ({}, {"phase": "Pending"}),
    "runs": ({}, status("Running", running("app"), running("log"), conditions=READY, **IP)),
    "restarted": ({}, status("Running", running("app", restarts=3), running("log", restarts=1), conditions=READY)),
    "half": ({}, status("Running", running("app"), running("log", ready=False))),
    "crashing": ({}, status("Running", waiting("app", "CrashLoopBackOff", 7), running("log"))),
    "killed": ({}, status("Running", ended("app", "OOMKilled", 137, 2), running("log"))),
    "code": ({}, status("Running", ended("app", "", 3), running("log"))),
    "no-image": ({}, status("Pending", waiting("app", "ImagePullBackOff"), waiting("log", "ContainerCreating"))),
    "done": ({}, status("Succeeded", ended("app", "Completed", 0), ended("log", "Completed", 0))),
    "failed": ({}, status("Failed", ended("app", "Error", 1), ended("log", "Completed", 0))),
    "evicted": ({}, {"phase": "Failed", "reason": "Evicted", "message": "The node was low on resource: memory."}),
    "one-done": ({}, status("Running", ended("app", "Completed", 0), running("log"), conditions=READY)),
    "not-ready": ({}, status("Running", ended("app", "Completed", 0), running("log"))),
    "init-begins": (INIT, status("Pending", init=(waiting("first", "PodInitializing"), waiting("second", "")))),
    "init-second": (INIT, status("Pending", init=(ended("first", "Completed", 0), running("second")))),
    "init-fails": (INIT, status("Pending", init=(ended("first", "Error", 1, 4), waiting("second", "")))),
    "init-crashes": (INIT, status("Pending", init=(waiting("first", "CrashLoopBackOff", 4), waiting("second", "")))),
    "sidecar": (SIDECAR, status("Running", running("app"), running("log"), init=(running("proxy", restarts=2),))),
    "sidecar-out": (
        SIDECAR,
        status("Running", running("app"), running("log"), init=(waiting("proxy", "CrashLoopBackOff", 2),)),
    ),
    "sidecar-down": (
        SIDECAR,
        status("Running", running("app"), init=(waiting("proxy", "Error", 2),), conditions=READY),
    ),
    "gates": (GATES, status("Running", running("app"), conditions=conditions(**{"example.com/a": "True"}))),
    "nominated": ({}, {"phase": "Pending", "nominatedNodeName": "node-9"}),
    "gated": (GATED, {}),
}


def pods() -> Iterator[tuple[Object, Object]]:
    """Pods and the status that each is given."""
    for number, (name, (spec, given)) in enumerate(PODS.items()):
        labels = {"app": name, "odd": str(number % 2), **({"zone": "a"} if number % 3 else {})}
        place = (
            {} if "schedulingGates" in spec or "containerStatuses" not in given else {"nodeName": f"node-{number % 2}"}
        )
        yield named("Pod", name, labels=labels, spec={"containers": CONTAINERS, **spec, **place}), given


def workloads() -> Iterator[tuple[Object, Object]]:
    """What runs pods, and the status that each is given."""
    expressions = [
        {"key": "zone", "operator": "In", "values": ["b", "a"]},
        {"key": "old", "operator": "DoesNotExist"},
        {"key": "app", "operator": "Exists"},
        {"key": "tier", "operator": "NotIn", "values": ["back"]},
    ]
    complex_labels = {**LABELS, "zone": "a"}
    selector = {"matchLabels": {"app": "cart"}, "matchExpressions": expressions}
    replicas = {"replicas": 3, "readyReplicas": 2, "availableReplicas": 1}
    apps = "apps/v1"
    spec = {"replicas": 4, "selector": SELECTOR, "template": TEMPLATE}
    complex_spec = {"selector": selector, "template": {**TEMPLATE, "metadata": {"labels": complex_labels}}}
    daemons = {"desiredNumberScheduled": 5, "currentNumberScheduled": 4, "numberReady": 3, "numberMisscheduled": 0}
    node_template = {**TEMPLATE, "spec": {"containers": CONTAINERS, "nodeSelector": {"pool": "spot", "arch": "arm"}}}
    yield named("Deployment", "web", apps, spec=spec), {**replicas, "updatedReplicas": 1}
    yield named("Deployment", "new", apps, spec=complex_spec), {}
    yield named("ReplicaSet", "web-1", apps, spec=spec), replicas
    yield named("ReplicaSet", "complex", apps, spec=complex_spec), {"replicas": 0}
    yield named("StatefulSet", "db", apps, spec={**spec, "serviceName": "db"}), replicas
    yield (
        named("DaemonSet", "agent", apps, spec={"selector": SELECTOR, "template": node_template}),
        {**daemons, "updatedNumberScheduled": 2, "numberAvailable": 1},
    )


def jobs() -> Iterator[tuple[Object, Object]]:
    """Jobs in their states, and a CronJob."""
    spec = {"template": {"spec": {"containers": CONTAINERS, "restartPolicy": "Never"}}}
    now_complete = [
        {"type": "SuccessCriteriaMet", "status": "True"},
        {"type": "Complete", "status": "True"},
    ]
    now_failed = [{"type": "FailureTarget", "status": "True"}, {"type": "Failed", "status": "True"}]
    began = {"startTime": LONG_AGO}
    batch = "batch/v1"
    yield (
        named("Job", "complete", batch, spec={**spec, "completions": 1}),
        {**began, "succeeded": 1, "completionTime": LATER, "conditions": now_complete, "uncountedTerminatedPods": {}},
    )
    yield (
        named("Job", "failed", batch, spec=spec),
        {**began, "failed": 7, "conditions": now_failed, "uncountedTerminatedPods": {}},
    )
    yield named("Job", "many", batch, spec={**spec, "parallelism": 3}), {**began, "active": 3}
    yield named("Job", "held", batch, spec={**spec, "suspend": True}), {"conditions": conditions(Suspended="True")}
    cron: Object = {"schedule": "*/5 * * * *", "jobTemplate": {"spec": spec}}
    yield named("CronJob", "sync", batch, spec=cron), {"lastScheduleTime": LONG_AGO}
    yield named("CronJob", "zoned", batch, spec={**cron, "timeZone": "Europe/Berlin", "suspend": True}), {}


def around() -> Iterator[tuple[Object, Object]]:
    """What scales, guards, limits, exposes and tells of workloads."""
    yield from _autoscalers()
    yield from _services()
    policy = "policy/v1"
    budget = {"expectedPods": 3, "currentHealthy": 3, "desiredHealthy": 2, "disruptionsAllowed": 1}
    yield named("PodDisruptionBudget", "least", policy, spec={"minAvailable": 2, "selector": SELECTOR}), budget
    yield named("PodDisruptionBudget", "most", policy, spec={"maxUnavailable": "30%", "selector": SELECTOR}), {}
    hard = {"pods": "10", "limits.cpu": "4", "requests.cpu": "2", "requests.memory": "4Gi"}
    used = {"pods": "3", "limits.cpu": "1500m", "requests.cpu": "1", "requests.memory": "1Gi"}
    quota = named("ResourceQuota", "team", spec={"hard": hard})
    quota["metadata"]["namespace"] = "default"  # where it keeps no pod of ours out
    yield quota, {"hard": hard, "used": used}
    limit = {"type": "Container", "default": {"cpu": "1"}}
    yield named("LimitRange", "defaults", spec={"limits": [limit]}), {}
    yield from _storage()
    lease = {"holderIdentity": "node-1", "leaseDurationSeconds": 40}
    yield named("Lease", "node-1", "coordination.k8s.io/v1", spec=lease), {}
    for number, kind in enumerate(("Pod", "Deployment")):
        yield (
            named(
                "Event",
                f"runs.{number}",
                involvedObject={
                    "kind": kind,
                    "name": "runs",
                    "namespace": NAMESPACE,
                    "fieldPath": "spec.containers{app}",
                },
                type="Warning",
                reason="BackOff",
                message=" Back-off restarting failed container ",
                source={"component": "kubelet", "host": "node-1"} if number else {},
                reportingComponent="kubelet",
                reportingInstance="node-2",
                firstTimestamp=LONG_AGO,
                lastTimestamp=LATER,
                count=number * 12,
            ),
            {},
        )


def _autoscalers() -> Iterator[tuple[Object, Object]]:
    target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}
    cpu = {"type": "Resource", "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 70}}}
    memory = {
        "type": "ContainerResource",
        "containerResource": {
            "name": "memory",
            "container": "app",
            "target": {"type": "AverageValue", "averageValue": "100Mi"},
        },
    }
    external = {
        "type": "External",
        "external": {"metric": {"name": "queue"}, "target": {"type": "AverageValue", "averageValue": "30"}},
    }
    seen = {"type": "Resource", "resource": {"name": "cpu", "current": {"averageUtilization": 55, "averageValue": "1"}}}
    version = "autoscaling/v2"
    spec = {"scaleTargetRef": target, "minReplicas": 2, "maxReplicas": 9}
    state = {"currentReplicas": 3, "desiredReplicas": 4, "conditions": []}
    yield (
        named("HorizontalPodAutoscaler", "busy", version, spec={**spec, "metrics": [cpu, memory, external]}),
        {**state, "currentMetrics": [seen]},
    )
    yield named("HorizontalPodAutoscaler", "new", version, spec={**spec, "metrics": [cpu]}), {}
    yield named("HorizontalPodAutoscaler", "queue", version, spec={**spec, "metrics": [external]}), {}


def _services() -> Iterator[tuple[Object, Object]]:
    ports: list[Object] = [{"name": "http", "port": 80}, {"name": "dns", "port": 53, "protocol": "UDP"}]
    yield named("Service", "plain", spec={"ports": ports, "selector": LABELS}), {}
    yield named("Service", "headless", spec={"ports": ports, "clusterIP": "None"}), {}
    yield named("Service", "node", spec={"type": "NodePort", "ports": ports, "externalIPs": ["192.0.2.1"]}), {}
    ingress = [{"hostname": "lb.example.com"}, {"ip": "192.0.2.7"}]
    yield (
        named("Service", "balanced", spec={"type": "LoadBalancer", "ports": ports}),
        {"loadBalancer": {"ingress": ingress}},
    )
    yield named("Service", "pending", spec={"type": "LoadBalancer", "ports": ports}), {}
    yield named("Service", "elsewhere", spec={"type": "ExternalName", "externalName": "db.example.com"}), {}


def _storage() -> Iterator[tuple[Object, Object]]:
    room = {"resources": {"requests": {"storage": "5Gi"}}}
    bound = {"storageClassName": "fast", "volumeName": "pv-1", "accessModes": ["ReadWriteMany", "ReadWriteOnce"]}
    yield (
        named("PersistentVolumeClaim", "data", spec={**room, **bound}),
        {"phase": "Bound", "capacity": {"storage": "8Gi"}, "accessModes": ["ReadWriteMany", "ReadWriteOnce"]},
    )
    yield named("PersistentVolumeClaim", "wants", spec={**room, "accessModes": ["ReadWriteOnce"]}), {}


def cluster() -> Iterator[tuple[Object, Object]]:
    """What has no namespace."""
    info = {"kubeletVersion": "v1.36.3", "osImage": "Linux", "kernelVersion": "6.12", "architecture": "amd64"}
    rest = {"machineID": "", "systemUUID": "", "bootID": "", "kubeProxyVersion": "", "operatingSystem": "linux"}
    info |= {**rest, "containerRuntimeVersion": "containerd://2.1"}
    addresses = [{"type": "InternalIP", "address": "10.0.0.1"}, {"type": "Hostname", "address": "n"}]
    roles = {"node-role.kubernetes.io/worker": "", "node-role.kubernetes.io/edge": ""}
    for name, spec, given in (
        ("node-0", {}, {"conditions": conditions(Ready="True"), "nodeInfo": info, "addresses": addresses}),
        ("node-1", {"unschedulable": True}, {"conditions": conditions(Ready="Unknown"), "nodeInfo": info}),
        ("node-2", {}, {}),
    ):
        metadata = {"name": name, "labels": roles if name == "node-0" else {"kubernetes.io/role": "spare"}}
        yield {"apiVersion": "v1", "kind": "Node", "metadata": metadata, "spec": spec}, given
    annotations = {"storageclass.kubernetes.io/is-default-class": "true"}
    for name, extra in (("fast", {"allowVolumeExpansion": True}), ("slow", {"reclaimPolicy": "Retain"})):
        yield (
            {
                "apiVersion": "storage.k8s.io/v1",
                "kind": "StorageClass",
                "metadata": {"name": name, "annotations": annotations if name == "fast" else {}},
                "provisioner": "example.com/disk",
                **extra,
            },
            {},
        )
    priority = {"metadata": {"name": "important"}, "value": 1000, "description": "x"}
    yield {"apiVersion": "scheduling.k8s.io/v1", "kind": "PriorityClass", **priority}, {}
    volume = {
        "capacity": {"storage": "8Gi"},
        "accessModes": ["ReadWriteOnce"],
        "hostPath": {"path": "/x"},
        "claimRef": {"namespace": NAMESPACE, "name": "data"},
        "storageClassName": "fast",
    }
    yield {"apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": "pv-1"}, "spec": volume}, {}
