"""Pod templates and the objects around them, made from the tables' rows; the admissions add the API's defaults."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from kube_headroom.simulator.shop.cluster import OWNER, SLO, STORAGE_CLASS
from kube_headroom.simulator.shop.nodes import POOL_LABEL, SPOT_TAINT
from kube_headroom.simulator.shop.rows import Amount, Container, Workload
from kube_headroom.simulator.store import Object

NAME_LABEL = "app.kubernetes.io/name"
_DEADLINE = 600
_CLOUD = 30
_HISTORY = 2


def pod_labels(row: Workload) -> dict[str, str]:
    """Return the labels that select the workload's pods."""
    return {NAME_LABEL: row.name}


def template(row: Workload) -> Object:
    """Return the pod template of a workload: labels and pod spec."""
    return {"metadata": {"labels": pod_labels(row)}, "spec": pod_spec(row)}


def pod_spec(row: Workload) -> Object:
    """Return the pod spec without what the API server's defaulting adds."""
    spec: Object = {
        "serviceAccountName": row.name,
        "serviceAccount": row.name,
        "containers": [_container(row, container) for container in row.containers],
    }
    init = [_container(row, container) for container in row.init]
    init += [{**_container(row, container), "restartPolicy": "Always"} for container in row.sidecars]
    if init:
        spec["initContainers"] = init
    if row.priority:
        spec["priorityClassName"] = row.priority
    if row.kind in ("Job", "CronJob"):
        spec["restartPolicy"] = "Never" if row.kind == "Job" else "OnFailure"
    spec.update(_placement(row))
    return spec


def _placement(row: Workload) -> Object:
    """Agents go everywhere; the others stay in their pool and spread over its nodes and zones."""
    if row.kind in ("DaemonSet", "StaticPod"):
        return {"hostNetwork": True, "tolerations": [{"operator": "Exists"}]}
    placed: Object = {}
    if row.pool == "spot":
        placed["nodeSelector"] = {POOL_LABEL: "spot"}
        placed["tolerations"] = [{"operator": "Equal", **SPOT_TAINT}]
    if row.replicas > 1:
        placed["topologySpreadConstraints"] = [
            {
                "maxSkew": 1,
                "topologyKey": key,
                "whenUnsatisfiable": "ScheduleAnyway",
                "labelSelector": {"matchLabels": pod_labels(row)},
            }
            for key in ("topology.kubernetes.io/zone", "kubernetes.io/hostname")
        ]
    return placed


def _container(row: Workload, container: Container) -> Object:
    made: Object = {
        "name": container.name or row.name,
        "image": container.image,
        "resources": _resources(container),
    }
    if container.port:
        made["ports"] = [{"name": container.probe, "containerPort": container.port, "protocol": "TCP"}]
        made.update(_probes(container))
    if row.claim and container in row.containers:
        made["volumeMounts"] = [{"name": "data", "mountPath": "/var/lib/data"}]
    return made


def _probes(container: Container) -> Object:
    """Slow starters get a startup probe; the liveness probe is the more patient of the other two."""
    slow = container.program.start_seconds > 10
    probes: Object = {
        "readinessProbe": {
            **_question(container, "/ready"), "initialDelaySeconds": 5, "periodSeconds": 10, "failureThreshold": 3,
        },
        "livenessProbe": {
            **_question(container, "/healthz"), "initialDelaySeconds": 10, "periodSeconds": 20, "failureThreshold": 3,
        },
    }  # fmt: skip
    if slow:
        probes["startupProbe"] = {**_question(container, "/healthz"), "periodSeconds": 5, "failureThreshold": 24}
    return {name: {**probe, "timeoutSeconds": 1, "successThreshold": 1} for name, probe in probes.items()}


def _question(container: Container, path: str) -> Object:
    if container.probe == "tcp":
        return {"tcpSocket": {"port": container.port}}
    if container.probe == "exec":
        return {"exec": {"command": ["pg_isready", "-U", "postgres"]}}
    return {"httpGet": {"path": path, "port": container.port, "scheme": "HTTP"}}


def _resources(container: Container) -> dict[str, dict[str, str]]:
    asked = {"limits": _amounts(container.limits), "requests": _amounts(container.requests)}
    return {name: amounts for name, amounts in asked.items() if amounts}


def _amounts(amount: Amount) -> dict[str, str]:
    return {name: quantity for name, quantity in amount._asdict().items() if quantity}


def claim_spec(size: str) -> Object:
    """Return the spec of a claim of the shop's storage class."""
    return {
        "accessModes": ["ReadWriteOnce"],
        "resources": {"requests": {"storage": size}},
        "storageClassName": STORAGE_CLASS,
        "volumeMode": "Filesystem",
    }


def _deployment(row: Workload) -> Object:
    return {
        "replicas": row.replicas,
        "selector": {"matchLabels": pod_labels(row)},
        "template": template(row),
        "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": "25%", "maxUnavailable": "25%"}},
        "revisionHistoryLimit": _HISTORY,
        "progressDeadlineSeconds": _DEADLINE,
    }


def _stateful_set(row: Workload) -> Object:
    spec: Object = {
        "replicas": row.replicas,
        "selector": {"matchLabels": pod_labels(row)},
        "serviceName": row.name,
        "template": template(row),
        "podManagementPolicy": "OrderedReady",
        "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"partition": 0}},
        "revisionHistoryLimit": _HISTORY,
    }
    if row.claim:
        spec["volumeClaimTemplates"] = [
            {
                "apiVersion": "v1",
                "kind": "PersistentVolumeClaim",
                "metadata": {"name": "data"},
                "spec": claim_spec(row.claim),
            }
        ]
    return spec


def _daemon_set(row: Workload) -> Object:
    return {
        "selector": {"matchLabels": pod_labels(row)},
        "template": template(row),
        "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 0, "maxUnavailable": 1}},
        "revisionHistoryLimit": _HISTORY,
    }


def _job(row: Workload) -> Object:
    return {"completions": 1, "parallelism": 1, "backoffLimit": 3, "template": template(row)}


def _cron_job(row: Workload) -> Object:
    return {
        "schedule": row.schedule,
        "concurrencyPolicy": "Forbid",
        "suspend": False,
        "successfulJobsHistoryLimit": 3,
        "failedJobsHistoryLimit": 1,
        "jobTemplate": {"spec": {"backoffLimit": 3, "template": template(row)}},
    }


SPECS: dict[str, tuple[str, Callable[[Workload], Object]]] = {
    "Deployment": ("deployments", _deployment),
    "StatefulSet": ("statefulsets", _stateful_set),
    "DaemonSet": ("daemonsets", _daemon_set),
    "Job": ("jobs", _job),
    "CronJob": ("cronjobs", _cron_job),
    "Pod": ("pods", pod_spec),
}
"""Resource and spec by kind; a StaticPod comes from its nodes, a Kafka's pods from its operator."""


def stated(row: Workload) -> dict[str, str]:
    """Return the annotations that name the workload's team and its SLOs, if its row does."""
    return {key: text for key, text in ((OWNER, row.owner), (SLO, row.slo)) if text}


def companions(row: Workload, services: int) -> Iterator[tuple[str, Object]]:
    """Return the objects beside the workload, by resource: account, Service, autoscaler, budget.

    Its Service gets the address that follows those of so many `services` before it.
    """
    metadata = {"name": row.name, "namespace": row.namespace, "labels": pod_labels(row)}
    yield "serviceaccounts", {"metadata": metadata}
    ports = [container.port for container in row.containers if container.port]
    if ports and row.kind != "DaemonSet":
        yield "services", {"metadata": metadata, "spec": _service(row, ports, services)}
    if row.autoscale:
        yield "horizontalpodautoscalers", {"metadata": metadata, "spec": _autoscaler(row)}
    if row.available:
        budget = {"minAvailable": row.available, "selector": {"matchLabels": pod_labels(row)}}
        yield "poddisruptionbudgets", {"metadata": metadata, "spec": budget}


def _service(row: Workload, ports: list[int], number: int) -> Object:
    address = f"10.96.{number // 250}.{number % 250 + 4}"
    if row.kind in ("StatefulSet", "Kafka"):
        address = "None"
    return {
        "type": "ClusterIP",
        "selector": pod_labels(row),
        "ports": [{"name": "main", "port": port, "targetPort": port, "protocol": "TCP"} for port in ports],
        "sessionAffinity": "None",
        "clusterIP": address,
        "clusterIPs": [address],
    }


def _autoscaler(row: Workload) -> dict[str, Any]:
    assert row.autoscale is not None  # noqa: S101  companions() asks for rows that have one
    target = {"type": "Utilization", "averageUtilization": row.autoscale.utilization}
    return {
        "scaleTargetRef": {"apiVersion": "apps/v1", "kind": row.kind, "name": row.name},
        "minReplicas": row.autoscale.least,
        "maxReplicas": row.autoscale.most,
        "metrics": [{"type": "Resource", "resource": {"name": "cpu", "target": target}}],
    }
