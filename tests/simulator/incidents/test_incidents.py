"""Every incident leaves its causes' traces in the API's objects, the events and the kubelets' pages, and heals."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import pytest

from kube_headroom.simulator.incidents.catalogue import INCIDENTS
from tests.simulator.incidents.scene import Scene

Look = Callable[[Scene], bool]
CADVISOR, PROBES = "/metrics/cadvisor", "/metrics/probes"


class Trace(NamedTuple):
    sentence: str
    look: Look


class Case(NamedTuple):
    """`minutes` is how long each trace may take to show."""

    incident: str
    minutes: float
    traces: tuple[Trace, ...]
    healed: Look


def waits(workload: str, reason: str) -> Trace:
    return Trace(f"containers wait in {reason}", lambda scene: scene.waiting(workload)[reason] > 0)


def restarts(workload: str, least: int) -> Trace:
    return Trace(f"at least {least} restarts", lambda scene: scene.restarts(workload) >= least)


def ends(workload: str, reason: str) -> Trace:
    return Trace(f"containers end with {reason}", lambda scene: scene.ended(workload)[reason] > 0)


def tells(namespace: str, reason: str, least: int = 1) -> Trace:
    return Trace(f"{reason} is told", lambda scene: scene.events(namespace)[reason] >= least)


def says(resource: str, name: str, type_: str, status: str, reason: str) -> Trace:
    return Trace(
        f"{type_} is {status} with {reason}", lambda scene: scene.condition(resource, name, type_) == (status, reason)
    )


def probe_fails(workload: str, probe: str) -> Trace:
    def look(scene: Scene) -> bool:
        rows = scene.rows(PROBES, "prober_probe_total", workload)
        return any(
            row.value > 2 and (row.labels["probe_type"], row.labels["result"]) == (probe, "failed") for row in rows
        )

    return Trace(f"the kubelet's page counts failed {probe.lower()} probes", look)


def none_is_ready(workload: str) -> Trace:
    return Trace("no replica is ready", lambda scene: not scene.ready(workload))


def throttled(scene: Scene) -> bool:
    periods, throttled_periods = (
        sum(row.value for row in scene.rows(CADVISOR, f"container_cpu_cfs_{name}_total", "shop/checkout"))
        for name in ("periods", "throttled_periods")
    )
    return throttled_periods > 0.25 * periods > 100


def near_limit(workload: str, share: float) -> Trace:
    def look(scene: Scene) -> bool:
        used = scene.rows(CADVISOR, "container_memory_working_set_bytes", workload)
        limits = scene.rows(CADVISOR, "container_spec_memory_limit_bytes", workload)
        by_id = {row.labels["id"]: row.value for row in limits if row.labels["container"]}
        return any(by_id.get(row.labels["id"], 0) * share < row.value for row in used if by_id.get(row.labels["id"]))

    return Trace(f"the kubelet's page shows a working set above {share:.0%} of its limit", look)


def errors(workload: str, share: float) -> Trace:
    """Over the last stretch of time, at least so many of the requests fail."""
    before: dict[int, tuple[float, float]] = {}

    def look(scene: Scene) -> bool:
        total, failed = scene.requests(workload)
        first_total, first_failed = before.setdefault(id(scene), (total, failed))
        return total - first_total > 500 and (failed - first_failed) >= share * (total - first_total)

    return Trace(f"{share:.1%} of the requests fail", look)


def all_ready(workload: str) -> Look:
    return lambda scene: (
        scene.ready(workload) == len(scene.pods(workload)) > 0
        and not scene.waiting(workload)
        and all("deletionTimestamp" not in pod["metadata"] for pod in scene.pods(workload))
    )


def node_is(name: str, status: str) -> Look:
    return lambda scene: scene.condition("nodes", name, "Ready")[0] == status


PAYMENTS, CATALOG = "payments/payments", "catalog/catalog"
NOTIFICATIONS, SYNC = "orders/notifications", "catalog/catalog-sync"

CASES = (
    Case(
        "crash-loop",
        6,
        (
            waits(PAYMENTS, "CrashLoopBackOff"),
            ends(PAYMENTS, "Error"),
            restarts(PAYMENTS, 12),
            none_is_ready(PAYMENTS),
            tells("payments", "BackOff", 6),
        ),
        all_ready(PAYMENTS),
    ),
    Case(
        "oom-loop",
        8,
        (
            ends("payments/fraud-check", "OOMKilled"),
            near_limit("payments/fraud-check", 0.9),
            restarts("payments/fraud-check", 4),
            waits("payments/fraud-check", "CrashLoopBackOff"),
        ),
        all_ready("payments/fraud-check"),
    ),
    Case(
        "failing-readiness",
        4,
        (
            none_is_ready("shop/cart"),
            probe_fails("shop/cart", "Readiness"),
            tells("shop", "Unhealthy", 30),
            Trace("nothing restarts", lambda scene: scene.restarts("shop/cart") == 0),
            errors("shop/storefront", 0.05),
        ),
        all_ready("shop/cart"),
    ),
    Case(
        "failing-liveness",
        10,
        (
            probe_fails(CATALOG, "Liveness"),
            probe_fails(CATALOG, "Readiness"),
            tells("catalog", "Killing"),
            restarts(CATALOG, 9),
        ),
        all_ready(CATALOG),
    ),
    Case(
        "throttled-service",
        8,
        (Trace("the kubelet's page shows more than a quarter of the periods throttled", throttled),),
        all_ready("shop/checkout"),
    ),
    Case(
        "memory-leak",
        30,
        (near_limit("catalog/search", 0.9), ends("catalog/search", "OOMKilled")),
        all_ready("catalog/search"),
    ),
    Case(
        "stuck-rollout",
        13,
        (
            Trace(
                "updated replicas are not ready",
                lambda scene: scene.object("deployments", NOTIFICATIONS)["status"].get("unavailableReplicas", 0) > 0,
            ),
            probe_fails(NOTIFICATIONS, "Readiness"),
            says("deployments", NOTIFICATIONS, "Progressing", "False", "ProgressDeadlineExceeded"),
        ),
        all_ready(NOTIFICATIONS),
    ),
    Case(
        "bad-image",
        4,
        (
            waits("shop/storefront", "ErrImagePull"),
            waits("shop/storefront", "ImagePullBackOff"),
            tells("shop", "Failed"),
            tells("shop", "BackOff"),
        ),
        all_ready("shop/storefront"),
    ),
    Case(
        "unschedulable-pods",
        3,
        (
            Trace(
                "pods are pending and unschedulable",
                lambda scene: any(
                    scene.condition("pods", f"catalog/{pod['metadata']['name']}", "PodScheduled")
                    == ("False", "Unschedulable")
                    for pod in scene.pods("catalog/recommendations")
                ),
            ),
            tells("catalog", "FailedScheduling"),
        ),
        all_ready("catalog/recommendations"),
    ),
    Case(
        "quota-full",
        3,
        (
            tells("payments", "FailedCreate"),
            Trace(
                "a resource of the quota is used up",
                lambda scene: any(
                    scene.object("resourcequotas", "payments/team")["status"]["used"].get(resource) == hard
                    for resource, hard in scene.object("resourcequotas", "payments/team")["status"]["hard"].items()
                ),
            ),
            says("deployments", PAYMENTS, "ReplicaFailure", "True", "FailedCreate"),
        ),
        all_ready(PAYMENTS),
    ),
    Case(
        "pdb-blocks-drain",
        3,
        (
            Trace(
                "a node is cordoned and keeps pods of the workload",
                lambda scene: any(
                    scene.object("nodes", pod["spec"]["nodeName"])["spec"].get("unschedulable")
                    for pod in scene.pods(CATALOG)
                ),
            ),
            Trace(
                "the budget allows nothing",
                lambda scene: (
                    scene.object("poddisruptionbudgets", CATALOG)["status"]["disruptionsAllowed"] == 0
                    and len(scene.pods(CATALOG)) == 9
                ),
            ),
        ),
        lambda scene: scene.object("poddisruptionbudgets", CATALOG)["status"]["disruptionsAllowed"] > 0,
    ),
    Case(
        "node-down",
        9,
        (
            says("nodes", "general-b-1", "Ready", "Unknown", "NodeStatusUnknown"),
            tells("default", "NodeNotReady"),
            Trace(
                "its pods are marked for deletion",
                lambda scene: any(
                    "deletionTimestamp" in pod["metadata"] for pod in scene.world.store.pods_on("general-b-1")
                ),
            ),
        ),
        node_is("general-b-1", "True"),
    ),
    Case(
        "node-flapping",
        4,
        (
            Trace("it is lost", node_is("general-c-1", "Unknown")),
            Trace("it is back", node_is("general-c-1", "True")),
            Trace("and lost again", node_is("general-c-1", "Unknown")),
        ),
        node_is("general-c-1", "True"),
    ),
    Case(
        "disk-filling",
        15,
        (
            Trace(
                "a node is under disk pressure",
                lambda scene: any(
                    scene.condition("nodes", node["metadata"]["name"], "DiskPressure")
                    == ("True", "KubeletHasDiskPressure")
                    for node in scene.world.store.all("nodes")
                ),
            ),
            tells("shop", "Evicted"),
            Trace(
                "a pod failed as evicted",
                lambda scene: any(pod["status"].get("reason") == "Evicted" for pod in scene.world.store.all("pods")),
            ),
        ),
        lambda scene: scene.object("deployments", "shop/assets")["status"].get("readyReplicas") == 4,
    ),
    Case(
        "hpa-at-maximum",
        12,
        (
            says("horizontalpodautoscalers", "shop/storefront", "ScalingLimited", "True", "TooManyReplicas"),
            Trace("sixteen replicas run", lambda scene: scene.ready("shop/storefront") == 16),
            tells("shop", "SuccessfulRescale"),
        ),
        lambda scene: scene.condition("horizontalpodautoscalers", "shop/storefront", "ScalingLimited")[0] == "False",
    ),
    Case(
        "failed-job",
        12,
        (
            tells("catalog", "BackoffLimitExceeded"),
            Trace(
                "a Job failed",
                lambda scene: any(
                    scene.condition("jobs", f"catalog/{job['metadata']['name']}", "Failed")
                    == ("True", "BackoffLimitExceeded")
                    for job in scene.world.store.all("jobs", "catalog")
                ),
            ),
        ),
        lambda scene: (
            scene.object("cronjobs", SYNC)["status"]["lastSuccessfulTime"]
            > scene.object("jobs", f"catalog/{newest_failed(scene)}")["metadata"]["creationTimestamp"]
        ),
    ),
    Case(
        "late-cronjob",
        14,
        (
            tells("catalog", "JobAlreadyActive"),
            Trace(
                "a Job runs for longer than two turns",
                lambda scene: any(
                    job["status"].get("active") and scene.world.now - scene.moment(job["status"]["startTime"]) > 600
                    for job in scene.world.store.all("jobs", "catalog")
                ),
            ),
        ),
        lambda scene: not scene.object("cronjobs", SYNC)["status"].get("active"),
    ),
    Case("event-storm", 3, (tells("shop", "FailedMount", 500),), all_ready("shop/cart")),
    Case("error-spike", 5, (errors(PAYMENTS, 0.25),), all_ready(PAYMENTS)),
    Case("slow-burn", 8, (errors("shop/storefront", 0.003),), all_ready("shop/storefront")),
    Case(
        "total-outage",
        6,
        (
            none_is_ready("orders/orders"),
            probe_fails("orders/orders", "Readiness"),
            probe_fails("orders/orders", "Liveness"),
            restarts("orders/orders", 3),
            errors("shop/checkout", 0.5),
        ),
        all_ready("orders/orders"),
    ),
)


def newest_failed(scene: Scene) -> str:
    failed = [
        job["metadata"]
        for job in scene.world.store.all("jobs", "catalog")
        if scene.condition("jobs", f"catalog/{job['metadata']['name']}", "Failed")[0] == "True"
    ]
    return str(max(failed, key=lambda metadata: metadata["creationTimestamp"])["name"])


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.incident)
def test_shows_its_traces_and_heals(case: Case) -> None:
    scene = Scene()
    running = scene.incidents.begin(case.incident)
    assert scene.incidents.running() == (running,)
    for trace in case.traces:
        assert scene.becomes(trace.look, minutes=case.minutes), f"{case.incident}: {trace.sentence}"
    scene.incidents.end(case.incident)
    assert scene.incidents.running() == ()
    assert scene.becomes(case.healed, minutes=15), f"{case.incident} heals"


def test_every_incident_has_a_case() -> None:
    assert [case.incident for case in CASES] == list(INCIDENTS)


def test_a_quiet_shop_shows_no_trace() -> None:
    scene = Scene()
    shown = [
        f"{case.incident}: {trace.sentence}"
        for case in CASES
        for trace in case.traces
        if trace.sentence not in ("nothing restarts", "it is back") and trace.look(scene)
    ]
    assert shown == []
