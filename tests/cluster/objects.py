"""Real-looking objects of every kind, as a server of 1.36 sends them; what we do not read is there too."""

from __future__ import annotations

from typing import Any

CREATED = "2026-11-20T10:00:00Z"
CREATED_SECONDS = 1795168800.0


def meta(name: str, **more: Any) -> dict[str, Any]:
    return {
        "name": name,
        "namespace": "shop",
        "uid": f"uid-{name}",
        "resourceVersion": "41",
        "generation": 3,
        "creationTimestamp": CREATED,
        "labels": {"app": "web", "team": "checkout"},
        "annotations": {"kubectl.kubernetes.io/last-applied-configuration": "{}", "kube-headroom.io/owner": "payments"},
        "managedFields": [{"manager": "kubectl", "fieldsV1": {"f:metadata": {"f:labels": {".": {}, "f:app": {}}}}}],
        **more,
    }


def owned(kind: str, name: str, api_version: str = "apps/v1") -> list[dict[str, Any]]:
    reference = {"apiVersion": api_version, "kind": kind, "name": name, "uid": f"uid-{name}"}
    return [{**reference, "kind": "Other", "controller": False}, {**reference, "controller": True}]


POD: dict[str, Any] = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": meta("web-1", ownerReferences=owned("ReplicaSet", "web")),
    "spec": {
        "nodeName": "node-1",
        "priority": 0,
        "overhead": {"cpu": "10m"},
        "resources": {"requests": {"cpu": "300m"}, "limits": {"cpu": "1"}},
        "containers": [
            {
                "name": "app",
                "image": "web:1",
                "resources": {"requests": {"cpu": "100m", "memory": "64Mi"}, "limits": {"memory": "128Mi"}},
                "livenessProbe": {"httpGet": {"port": "http"}},
            }
        ],
        "initContainers": [
            {"name": "proxy", "restartPolicy": "Always", "resources": {"requests": {"cpu": "20m"}}},
            {"name": "migrate", "resources": {}},
        ],
    },
    "status": {
        "phase": "Running",
        "conditions": [
            {"type": "PodResizePending", "status": "True", "reason": "Infeasible"},
            {"type": "Ready", "status": "True"},
            {"type": "PodScheduled", "status": "True"},
        ],
        "containerStatuses": [
            {
                "name": "app",
                "ready": True,
                "restartCount": 2,
                "state": {"running": {"startedAt": CREATED}},
                "lastState": {
                    "terminated": {
                        "containerID": "containerd://dead",
                        "reason": "OOMKilled",
                        "exitCode": 137,
                        "finishedAt": CREATED,
                    }
                },
                "resources": {"requests": {"cpu": "150m"}},
                "allocatedResources": {"cpu": "150m"},
            }
        ],
        "initContainerStatuses": [
            {"name": "proxy", "ready": True, "restartCount": 0, "state": {"running": {}}},
            {"name": "migrate", "restartCount": 0, "state": {"waiting": {"reason": "CrashLoopBackOff"}}},
        ],
    },
}

NODE: dict[str, Any] = {
    "kind": "Node",
    "metadata": meta("node-1", labels={"karpenter.sh/nodepool": "spot", "topology.kubernetes.io/zone": "eu-1a"}),
    "spec": {"unschedulable": True},
    "status": {
        "addresses": [{"type": "InternalIP", "address": "10.0.0.7"}, {"type": "Hostname", "address": "node-1"}],
        "allocatable": {"cpu": "3920m", "memory": "7Gi", "pods": "110"},
        "capacity": {"cpu": "4", "memory": "8Gi"},
        "daemonEndpoints": {"kubeletEndpoint": {"Port": 10251}},
        "conditions": [{"type": "Ready", "status": "True"}, {"type": "DiskPressure", "status": "False"}],
        "nodeInfo": {"kubeletVersion": "v1.36.3"},
    },
}
NAMESPACE = {"kind": "Namespace", "metadata": meta("shop", namespace=None)}
REPLICA_SET = {"kind": "ReplicaSet", "metadata": meta("web", ownerReferences=owned("Deployment", "web"))}
DEPLOYMENT = {
    "kind": "Deployment",
    "metadata": meta("web"),
    "spec": {"replicas": 4, "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": "25%"}}},
    "status": {
        "readyReplicas": 3,
        "availableReplicas": 2,
        "updatedReplicas": 1,
        "conditions": [{"type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded"}],
    },
}
STATEFUL_SET = {
    "kind": "StatefulSet",
    "metadata": meta("db"),
    "spec": {"replicas": 3, "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"partition": 0}}},
    "status": {"readyReplicas": 3, "currentRevision": "db-1", "updateRevision": "db-2", "updatedReplicas": 1},
}
DAEMON_SET = {
    "kind": "DaemonSet",
    "metadata": meta("agent"),
    "spec": {"updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": "10%"}}},
    "status": {"desiredNumberScheduled": 5, "numberReady": 4, "numberAvailable": 3, "updatedNumberScheduled": 2},
}
JOB = {
    "kind": "Job",
    "metadata": meta("backup-1", ownerReferences=owned("CronJob", "backup", "batch/v1")),
    "spec": {"suspend": False},
    "status": {"active": 1, "conditions": [{"type": "Failed", "status": "True", "reason": "BackoffLimitExceeded"}]},
}
CRON_JOB = {
    "kind": "CronJob",
    "metadata": meta("backup"),
    "spec": {"suspend": True, "schedule": "* * * * *"},
    "status": {"active": [{"kind": "Job"}], "lastScheduleTime": CREATED, "lastSuccessfulTime": CREATED},
}
AUTOSCALER = {
    "kind": "HorizontalPodAutoscaler",
    "metadata": meta("web"),
    "spec": {"scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}, "maxReplicas": 9},
    "status": {
        "currentReplicas": 4,
        "desiredReplicas": 9,
        "conditions": [{"type": "ScalingLimited", "status": "True"}],
    },
}
BUDGET = {
    "kind": "PodDisruptionBudget",
    "metadata": meta("web"),
    "spec": {"minAvailable": "50%"},
    "status": {"disruptionsAllowed": 1, "currentHealthy": 3, "desiredHealthy": 2, "expectedPods": 4},
}
QUOTA = {
    "kind": "ResourceQuota",
    "metadata": meta("compute"),
    "status": {"hard": {"requests.cpu": "10"}, "used": {"requests.cpu": "2500m"}},
}
LIMIT_RANGE = {
    "kind": "LimitRange",
    "metadata": meta("defaults"),
    "spec": {
        "limits": [
            {"type": "Container", "defaultRequest": {"cpu": "100m"}, "maxLimitRequestRatio": {"cpu": "4"}},
            {"type": "Pod", "max": {"memory": "1Gi"}},
        ]
    },
}
CLAIM = {
    "kind": "PersistentVolumeClaim",
    "metadata": meta("data"),
    "spec": {"resources": {"requests": {"storage": "1Gi"}}},
    "status": {"phase": "Bound", "capacity": {"storage": "2Gi"}},
}
EVENT = {
    "kind": "Event",
    "metadata": meta("web.1"),
    "involvedObject": {
        "apiVersion": "apps/v1",
        "kind": "ReplicaSet",
        "namespace": "shop",
        "name": "web",
        "uid": "uid-web",
        "fieldPath": "x",
    },
    "reason": "FailedCreate",
    "type": "Warning",
    "message": "exceeded quota",
    "count": 3,
    "series": {"count": 5, "lastObservedTime": CREATED},
}

OBJECTS: dict[str, dict[str, Any]] = {
    "pods": POD,
    "nodes": NODE,
    "namespaces": NAMESPACE,
    "replicasets": REPLICA_SET,
    "deployments": DEPLOYMENT,
    "statefulsets": STATEFUL_SET,
    "daemonsets": DAEMON_SET,
    "jobs": JOB,
    "cronjobs": CRON_JOB,
    "horizontalpodautoscalers": AUTOSCALER,
    "poddisruptionbudgets": BUDGET,
    "resourcequotas": QUOTA,
    "limitranges": LIMIT_RANGE,
    "persistentvolumeclaims": CLAIM,
    "events": EVENT,
}
