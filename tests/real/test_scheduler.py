"""What we say a workload is charged is what the scheduler itself says, pod by pod, on its own page."""

import logging
import os
import random
from collections import Counter
from collections.abc import Callable, Iterator

import pytest

from tests.real import manifests
from tests.real.charges import Charges, different, our_charges, scheduler_charges
from tests.real.client import Client, Object
from tests.real.control_plane import ControlPlane
from tests.real.exporter import Exporter
from tests.real.waiting import wait_until

log = logging.getLogger(__name__)

DEPLOYMENTS = 60
# Not left to chance, which would make too few of them once in a hundred runs.
HOMELESS = {"nodeSelector": {"no": "node"}}
SHARE_HOMELESS = 7
OVERHEAD = {"cpu": "30m", "memory": "17Mi"}
AMOUNTS = {
    "cpu": ("1m", "10m", "0.1", "250m", "300m", "2e-1"),
    "memory": ("1Mi", "64Mi", "100M", "0.1Gi", "1e8", "128974848", "1G"),
    "ephemeral-storage": ("1Gi", "1500M"),
}


@pytest.fixture
def runtime_class(control_plane: ControlPlane) -> Iterator[str]:
    """A RuntimeClass with overhead, which admission writes into the pods."""
    made = control_plane.client().create(
        {
            "apiVersion": "node.k8s.io/v1",
            "kind": "RuntimeClass",
            "metadata": {"generateName": "sandboxed-"},
            "handler": "sandboxed",
            "overhead": {"podFixed": OVERHEAD},
        }
    )
    name: str = made["metadata"]["name"]
    yield name
    control_plane.client().delete("RuntimeClass", name)


def test_workloads_are_charged_what_the_scheduler_says(
    control_plane: ControlPlane, namespace: str, runtime_class: str, exporter: Callable[..., Exporter]
) -> None:
    seed = int(os.environ.get("ORACLE_SEED") or random.randrange(2**32))
    chance = random.Random(seed)
    client, started = control_plane.client(), exporter(control_plane.kubeconfig())
    specs = [
        pod_spec(chance, runtime_class) | (HOMELESS if number % SHARE_HOMELESS == 0 else {})
        for number in range(DEPLOYMENTS)
    ]
    client.create_many(
        manifests.deployment(f"web-{number:02}", namespace, spec, replicas=chance.randint(1, 3))
        for number, spec in enumerate(specs)
    )
    started.start()

    seen: dict[str, Charges] = {}

    def agreed() -> bool:
        pods = placed_pods(client, namespace)
        theirs = scheduler_charges(control_plane.scheduler_page("/metrics/resources"), pods, namespace)
        seen.update(ours=our_charges(started.page(), namespace), theirs=theirs)
        return bool(pods) and not different(**seen)

    try:
        wait_until(agreed, what="our charges and the scheduler's to agree")
    except TimeoutError:
        pytest.fail(f"ORACLE_SEED={seed}: (ours, theirs) {different(**seen)}")
    charges = seen["ours"]
    limited = {key[3] for key in charges if key[:2] == ("limit", "cpu")}
    bound = {key[3] for key in charges if key[:3] == ("request", "cpu", True)}
    declared = {f"web-{number:02}" for number, spec in enumerate(specs) if is_limited(spec)} & bound
    assert limited >= declared
    assert len(declared) > 2, f"ORACLE_SEED={seed}: too few workloads with limits"
    kinds = Counter(key[:3] for key in charges)
    assert kinds[("request", "cpu", True)] > DEPLOYMENTS / 3
    assert kinds[("request", "cpu", False)] > 2
    log.info("%d sums agree: %s", len(charges), dict(kinds))


def pod_spec(chance: random.Random, runtime_class: str) -> Object:
    whole = chance.random() < 0.25
    limited = chance.random() < 0.4
    spec = manifests.pod_spec(
        *(container(chance, f"app-{number}", limited=limited) for number in range(chance.randint(1, 3)))
    )
    inits = [container(chance, f"init-{number}", limited=limited) for number in range(chance.randint(0, 3))]
    for init in inits:
        if chance.random() < 0.5:
            init["restartPolicy"] = "Always"
    spec["initContainers"] = inits
    if chance.random() < 0.3:
        spec["runtimeClassName"] = runtime_class
    if whole:
        # Above what the containers can add up to, as validation demands.
        spec["resources"] = {"requests": {"cpu": "2", "memory": "12Gi"}, "limits": {"cpu": "2500m", "memory": "13G"}}
        if chance.random() < 0.5:
            del spec["resources"]["limits"]
    return spec


def container(chance: random.Random, name: str, *, limited: bool) -> Object:
    requests = {resource: chance.choice(texts) for resource, texts in AMOUNTS.items() if chance.random() < 0.6}
    limits = {"cpu": "300m", "memory": "2Gi"} if limited else {}
    return manifests.container(name, requests, limits)


def is_limited(spec: Object) -> bool:
    every = spec["containers"] + [one for one in spec["initContainers"] if one.get("restartPolicy") == "Always"]
    return all("limits" in one.get("resources", {}) for one in every)


def placed_pods(client: Client, namespace: str) -> dict[str, str]:
    """The workload of each pod; empty while a Deployment has pods to make or the scheduler to judge."""
    wanted = sum(one["spec"]["replicas"] for one in client.objects("Deployment", namespace))
    pods = client.objects("Pod", namespace)
    judged = [pod for pod in pods if pod["spec"].get("nodeName") or pod["status"].get("conditions")]
    return {pod["metadata"]["name"]: pod["metadata"]["labels"]["app"] for pod in pods if len(judged) == wanted}
