"""The cluster that is measured: the same objects for the same number of pods, whoever runs it."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator

from tests.real.client import Client, Object
from tests.real.control_plane import ControlPlane

SEED = 3
PODS_PER_WORKLOAD = 8
NAMESPACES = 25
PODS_PER_NODE = 100
OWNER = "kube-headroom.io/owner"
POOLS = ("general", "memory", "spot")
WORDS = ("cart", "checkout", "search", "ledger", "mailer", "gateway", "profile", "pricing", "stock", "ranking")
CPU = ("50m", "100m", "150m", "200m", "250m")
MEMORY = ("64Mi", "128Mi", "256Mi", "384Mi", "512Mi")
CREATION_DEADLINE = 1200.0


def populate(plane: ControlPlane, pods: int) -> None:
    """Create everything and wait until every pod runs."""
    client, chance = plane.client(), random.Random(SEED)
    names = [f"node-{number:03}" for number in range(max(2, pods // PODS_PER_NODE))]
    plane.add_fake_nodes(*names, cpu="64", memory="256Gi")
    for name in names:
        labels = {"karpenter.sh/nodepool": chance.choice(POOLS), "topology.kubernetes.io/zone": chance.choice("abc")}
        client.patch("Node", name, patch={"metadata": {"labels": labels}})
    namespaces = [f"team-{number:02}" for number in range(NAMESPACES)]
    client.create_many(map(_namespace, namespaces))
    while not all(client.exists("ServiceAccount", "default", name) for name in namespaces):
        time.sleep(0.5)
    client.create_many(_deployments(pods, namespaces, chance))
    client.create_many(_companions(pods, namespaces))
    _wait_for_pods(client, pods)


def workloads(pods: int) -> int:
    return pods // PODS_PER_WORKLOAD


def _name(number: int) -> str:
    return f"{WORDS[number % len(WORDS)]}-{number:04}"


def _namespace(name: str) -> Object:
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "annotations": {OWNER: name}}}


def _deployments(pods: int, namespaces: list[str], chance: random.Random) -> Iterator[Object]:
    for number in range(workloads(pods)):
        yield _deployment(_name(number), namespaces[number % len(namespaces)], chance)


def _deployment(name: str, namespace: str, chance: random.Random) -> Object:
    """One to two containers, every fourth pod with an init container, labels as Helm charts write them."""
    selector = {"app.kubernetes.io/name": name.rpartition("-")[0], "app.kubernetes.io/instance": name}
    labels = selector | {
        "app.kubernetes.io/version": f"1.{chance.randrange(40)}.{chance.randrange(9)}",
        "app.kubernetes.io/part-of": namespace,
        "app.kubernetes.io/managed-by": "Helm",
        "helm.sh/chart": f"service-4.{chance.randrange(20)}.1",
    }
    annotations = {
        "prometheus.io/scrape": "true",
        "prometheus.io/port": "8080",
        "checksum/config": f"{chance.getrandbits(256):064x}",
    }
    containers = [_container("app", 8080, chance)]
    if chance.random() < 0.5:
        containers.append(_container("proxy", 15090, chance))
    spec: Object = {"containers": containers, "terminationGracePeriodSeconds": 30}
    if chance.random() < 0.25:
        spec["initContainers"] = [_container("migrate", 0, chance)]
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": namespace, "labels": labels, "annotations": {OWNER: namespace}},
        "spec": {
            "replicas": PODS_PER_WORKLOAD,
            "selector": {"matchLabels": selector},
            "template": {"metadata": {"labels": labels, "annotations": annotations}, "spec": spec},
        },
    }


def _container(name: str, port: int, chance: random.Random) -> Object:
    memory = chance.choice(MEMORY)
    container: Object = {
        "name": name,
        "image": f"registry.example.com/{name}:{chance.randrange(900)}",
        "env": [
            {"name": "LOG_LEVEL", "value": "info"},
            {"name": "POD_IP", "valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}},
            {"name": "DATABASE_HOST", "value": "database.internal.example.com"},
        ],
        "resources": {
            "requests": {"cpu": chance.choice(CPU), "memory": memory},
            "limits": {"cpu": "1", "memory": memory},
        },
    }
    if port:
        probe = {"httpGet": {"path": "/healthy", "port": port}, "periodSeconds": 10}
        container |= {
            "ports": [{"name": "http", "containerPort": port}],
            "readinessProbe": probe,
            "livenessProbe": probe,
        }
    return container


def _companions(pods: int, namespaces: list[str]) -> Iterator[Object]:
    """A quota per namespace, an autoscaler for every fifth Deployment, a budget for every fourth."""
    for namespace in namespaces:
        hard = {"requests.cpu": "10k", "requests.memory": "100Ti", "pods": "100k"}
        yield _object("v1", "ResourceQuota", "compute", namespace, {"hard": hard})
    for number in range(workloads(pods)):
        name, namespace = _name(number), namespaces[number % len(namespaces)]
        if number % 5 == 0:
            target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": name}
            bounds = {"scaleTargetRef": target, "minReplicas": PODS_PER_WORKLOAD, "maxReplicas": 3 * PODS_PER_WORKLOAD}
            yield _object("autoscaling/v2", "HorizontalPodAutoscaler", name, namespace, bounds)
        if number % 4 == 0:
            budget = {"minAvailable": "75%", "selector": {"matchLabels": {"app.kubernetes.io/instance": name}}}
            yield _object("policy/v1", "PodDisruptionBudget", name, namespace, budget)


def _object(version: str, kind: str, name: str, namespace: str, spec: Object) -> Object:
    return {
        "apiVersion": version,
        "kind": kind,
        "metadata": {"name": name, "namespace": namespace},
        "spec": spec,
    }


def _wait_for_pods(client: Client, pods: int) -> None:
    wanted, deadline = workloads(pods) * PODS_PER_WORKLOAD, time.monotonic() + CREATION_DEADLINE
    running = 0
    while running < wanted:
        if time.monotonic() > deadline:
            raise TimeoutError(f"{running} of {wanted} pods are available after {CREATION_DEADLINE:g} s")
        time.sleep(3)
        deployments = client.objects("Deployment")
        running = sum(one.get("status", {}).get("availableReplicas", 0) for one in deployments)
