"""Objects that no workload owns: namespaces with their owners, quotas and ranges, classes of priority and storage."""

from __future__ import annotations

from typing import Any

from kube_headroom.simulator.store import Object

OWNER = "kube-headroom.io/owner"
SLO = "kube-headroom.io/slo"

OWNERS = {
    "kube-system": "platform",
    "ingress": "platform",
    "shop": "",
    "payments": "payments",
    "catalog": "discovery",
    "orders": "",
}
"""The owner that a namespace's annotation names; "" for namespaces without the annotation."""

EMPTY_NAMESPACES = ("default", "kube-node-lease", "kube-public")

QUOTAS: dict[str, dict[str, str]] = {
    "payments": {
        "requests.cpu": "10", "requests.memory": "20Gi", "limits.cpu": "24", "limits.memory": "32Gi", "pods": "40",
    },
    "orders": {"requests.storage": "1Ti", "count/jobs.batch": "50", "pods": "60"},
}  # fmt: skip

RANGES: dict[str, dict[str, Any]] = {
    "payments": {
        "type": "Container",
        "defaultRequest": {"cpu": "50m", "memory": "64Mi"},
        "default": {"cpu": "500m", "memory": "256Mi"},
        "max": {"cpu": "4", "memory": "8Gi"},
    }
}

PRIORITIES = (
    ("system-node-critical", 2_000_001_000, "Used for system critical pods that must not be moved from their node."),
    ("system-cluster-critical", 2_000_000_000, "Used for system critical pods that must run in the cluster."),
    ("business-critical", 100_000, "Money moves here."),
)

STORAGE_CLASS = "gp3"


def namespace(name: str, owner: str, created: str) -> Object:
    """Return a namespace, with the annotation that names its owner if it has one."""
    return {
        "metadata": {
            "name": name,
            "creationTimestamp": created,
            "labels": {"kubernetes.io/metadata.name": name},
            **({"annotations": {OWNER: owner}} if owner else {}),
        },
        "spec": {"finalizers": ["kubernetes"]},
        "status": {"phase": "Active"},
    }


def classes(created: str) -> list[tuple[str, Object]]:
    """Return the PriorityClasses and the StorageClass, by resource."""
    storage = {
        "metadata": {
            "name": STORAGE_CLASS,
            "creationTimestamp": created,
            "annotations": {"storageclass.kubernetes.io/is-default-class": "true"},
        },
        "provisioner": "ebs.csi.aws.com",
        "reclaimPolicy": "Delete",
        "volumeBindingMode": "WaitForFirstConsumer",
        "allowVolumeExpansion": True,
    }
    priorities = [
        (
            "priorityclasses",
            {
                "metadata": {"name": name, "creationTimestamp": created},
                "value": value,
                "globalDefault": False,
                "preemptionPolicy": "PreemptLowerPriority",
                "description": description,
            },
        )
        for name, value, description in PRIORITIES
    ]
    return [*priorities, ("storageclasses", storage)]


def policies(base: str, namespace: str, created: str) -> list[tuple[str, Object]]:
    """Return the quota and the range of a namespace that repeats `base`, and its default ServiceAccount."""
    found: list[tuple[str, Object]] = [
        ("serviceaccounts", {"metadata": {"name": "default", "namespace": namespace, "creationTimestamp": created}})
    ]
    if base in RANGES:
        metadata = {"name": "container-defaults", "namespace": namespace, "creationTimestamp": created}
        found.append(("limitranges", {"metadata": metadata, "spec": {"limits": [RANGES[base]]}}))
    if base in QUOTAS:
        metadata = {"name": "team", "namespace": namespace, "creationTimestamp": created}
        found.append(("resourcequotas", {"metadata": metadata, "spec": {"hard": QUOTAS[base]}}))
    return found
