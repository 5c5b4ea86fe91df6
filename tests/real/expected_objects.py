"""What the page must show of nodes, pools and other objects, from the API's objects: one line a metric."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from kube_headroom.catalogue import nodes, objects
from kube_headroom.catalogue.metric import Metric
from tests.real.agreement import Rows
from tests.real.client import Object
from tests.real.cluster import Cluster, Pod, amount, condition
from tests.real.expected_workloads import Told, holds, present, team

POOL = "karpenter.sh/nodepool"
ZONE = "topology.kubernetes.io/zone"
CONSTRAINTS = {
    "min": "min",
    "max": "max",
    "default": "default",
    "defaultRequest": "default_request",
    "maxLimitRequestRatio": "max_limit_request_ratio",
}


def each(kind: str, value: Callable[[Object], float | None]) -> Told:
    """One row for each object of a kind that has the value."""
    return lambda cluster: present((labels, value(one)) for labels, one in cluster.each(kind))


def allocatable(resource: str) -> Callable[[Object], float]:
    return lambda node: amount(node["status"]["allocatable"][resource])


def usable(node: Object) -> bool:
    return is_ready(node) and not node["spec"].get("unschedulable")


def is_ready(node: Object) -> bool:
    return bool(condition(node, "Ready").get("status") == "True")


def label(node: Object, key: str) -> str:
    value: str = node["metadata"].get("labels", {}).get(key, "")
    return value


def node_info(cluster: Cluster) -> Rows:
    return {
        (name, label(node, POOL), label(node, ZONE), node["status"]["nodeInfo"]["kubeletVersion"]): 1
        for (name,), node in cluster.each("Node")
    }


def conditions(cluster: Cluster) -> Rows:
    return {
        (name, row["type"]): 1
        for (name,), node in cluster.each("Node")
        for row in node["status"].get("conditions", ())
        if row["type"] != "Ready" and row["status"] == "True"
    }


def carried(value: Callable[[Pod], float]) -> Told:
    """By node, the sum over the pods that hold room there."""

    def of(cluster: Cluster) -> Rows:
        none = {labels: 0.0 for labels, _ in cluster.each("Node")}
        sums = cluster.sums(lambda pod: [((pod.node,), value(pod))] if holds(pod) else [])
        return {labels: sums.get(labels, 0.0) for labels in none}

    return of


def pooled(value: Callable[[Object], float], combine: Callable[[Iterable[float]], float]) -> Told:
    """By pool, over its usable nodes; 0 for a pool without any."""

    def of(cluster: Cluster) -> Rows:
        found: dict[tuple[str, ...], list[float]] = {}
        for _, node in cluster.each("Node"):
            found.setdefault((label(node, POOL),), []).extend([value(node)] if usable(node) else [])
        return {pool: combine(values) if values else 0 for pool, values in found.items()}

    return of


def charged_to_pool(resource: str) -> Told:
    def of(cluster: Cluster) -> Rows:
        pools = {name: label(node, POOL) for (name,), node in cluster.each("Node")}
        none: dict[tuple[str, ...], float] = {(pool,): 0.0 for pool in pools.values()}
        sums = cluster.sums(
            lambda pod: (
                [((pools[pod.node],), pod.requests.get(resource, 0.0))] if pod.node in pools and holds(pod) else []
            )
        )
        return {**none, **sums}

    return of


def quota(side: str) -> Told:
    return lambda cluster: {
        (*labels, resource): amount(text)
        for labels, one in cluster.each("ResourceQuota")
        for resource, text in one["status"].get(side, {}).items()
    }


def limit_range(cluster: Cluster) -> Rows:
    return {
        (*labels, resource, limit["type"], told): amount(text)
        for labels, one in cluster.each("LimitRange")
        for limit in one["spec"]["limits"]
        for constraint, told in CONSTRAINTS.items()
        for resource, text in limit.get(constraint, {}).items()
    }


def budget(field: str) -> Told:
    return each("PodDisruptionBudget", lambda one: one["status"].get(field, 0))


def storage(claim: Object, part: str) -> float | None:
    text = (claim["spec"]["resources"]["requests"] if part == "spec" else claim["status"].get("capacity", {})).get(
        "storage"
    )
    return None if text is None else amount(text)


OBJECTS: dict[Metric[Any], Told] = {
    nodes.NODE_INFO: node_info,
    nodes.NODE_READY: each("Node", is_ready),
    nodes.NODE_CONDITION: conditions,
    nodes.NODE_UNSCHEDULABLE: each("Node", lambda node: bool(node["spec"].get("unschedulable"))),
    nodes.NODE_PODS: carried(lambda _: 1),
    nodes.NODE_PODS_ALLOCATABLE: each("Node", allocatable("pods")),
    nodes.NODE_CPU_ALLOCATABLE: each("Node", allocatable("cpu")),
    nodes.NODE_MEMORY_ALLOCATABLE: each("Node", allocatable("memory")),
    nodes.NODE_CPU_REQUESTED: carried(lambda pod: pod.requests.get("cpu", 0)),
    nodes.NODE_MEMORY_REQUESTED: carried(lambda pod: pod.requests.get("memory", 0)),
    nodes.NODE_CPU_LIMITED: carried(lambda pod: pod.limits.get("cpu", 0)),
    nodes.NODE_MEMORY_LIMITED: carried(lambda pod: pod.limits.get("memory", 0)),
    nodes.POOL_NODES: pooled(lambda _: 1, sum),
    nodes.POOL_CPU_ALLOCATABLE: pooled(allocatable("cpu"), sum),
    nodes.POOL_MEMORY_ALLOCATABLE: pooled(allocatable("memory"), sum),
    nodes.POOL_CPU_LARGEST_NODE: pooled(allocatable("cpu"), max),
    nodes.POOL_MEMORY_LARGEST_NODE: pooled(allocatable("memory"), max),
    nodes.POOL_CPU_REQUESTED: charged_to_pool("cpu"),
    nodes.POOL_MEMORY_REQUESTED: charged_to_pool("memory"),
    objects.NAMESPACE_INFO: lambda cluster: {
        (name, team(namespace)): 1 for (name,), namespace in cluster.each("Namespace")
    },
    objects.PDB_DISRUPTIONS_ALLOWED: budget("disruptionsAllowed"),
    objects.PDB_HEALTHY: budget("currentHealthy"),
    objects.PDB_DESIRED_HEALTHY: budget("desiredHealthy"),
    objects.PDB_EXPECTED: budget("expectedPods"),
    objects.QUOTA_HARD: quota("hard"),
    objects.QUOTA_USED: quota("used"),
    objects.LIMIT_RANGE: limit_range,
    objects.PVC_REQUESTED: each("PersistentVolumeClaim", lambda claim: storage(claim, "spec")),
    objects.PVC_CAPACITY: each("PersistentVolumeClaim", lambda claim: storage(claim, "status")),
    objects.PVC_PHASE: lambda cluster: {
        (*labels, claim["status"]["phase"]): 1 for labels, claim in cluster.each("PersistentVolumeClaim")
    },
}
