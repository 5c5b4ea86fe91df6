"""The page tells of a cluster what its API tells, on the real API server and on the simulated one, row by row."""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable

from kube_headroom.catalogue import batch, nodes, objects, workloads
from tests.real import manifests
from tests.real.agreement import Expected, agree, differences
from tests.real.cluster import Cluster
from tests.real.expected_objects import OBJECTS
from tests.real.expected_workloads import WORKLOADS
from tests.real.exporter import Exporter, Page
from tests.real.restarts import Restarts
from tests.real.shop import owned
from tests.real.stages import NAMESPACE, Stage, deploy
from tests.real.waiting import wait_until

log = logging.getLogger(__name__)

API_METRICS = (
    *workloads.WORKLOAD_METRICS,
    *batch.BATCH_METRICS,
    *nodes.NODE_METRICS,
    *objects.OBJECT_METRICS,
)
TABLE = {**WORKLOADS, **OBJECTS}
TOLD_ELSEWHERE = {
    # They count what happened, which the objects of one moment do not tell: tests/state and test_restart.py do.
    *(workloads.CONTAINER_TERMINATIONS, workloads.EVICTIONS, workloads.EVENTS),
    *(batch.JOBS_FINISHED, batch.JOBS_FAILED),
}
TROUBLES: dict[str, Callable[[Expected], bool]] = {
    "containers wait": lambda told: bool(told[workloads.CONTAINERS_WAITING]),
    "pods fit nowhere": lambda told: any(told[workloads.PODS_UNSCHEDULABLE].values()),
    "replicas are missing": lambda told: (
        sum(told[workloads.REPLICAS_DESIRED].values()) > sum(told[workloads.REPLICAS_AVAILABLE].values())
    ),
    "a node is not ready": lambda told: not all(told[nodes.NODE_READY].values()),
    "a node is cordoned": lambda told: any(told[nodes.NODE_UNSCHEDULABLE].values()),
    "a node is short of something": lambda told: bool(told[nodes.NODE_CONDITION]),
    "a quota is full": lambda told: any(
        told[objects.QUOTA_USED].get(labels, 0) >= hard > 0 for labels, hard in told[objects.QUOTA_HARD].items()
    ),
}


def test_every_metric_that_the_api_feeds_is_compared_here_or_elsewhere() -> None:
    assert {*TABLE, workloads.CONTAINER_RESTARTS, *TOLD_ELSEWHERE} == {*API_METRICS}


def test_rows_that_differ_are_told_and_no_others() -> None:
    shown = {"a": 1, "b": 0, "d": 1}
    page = Page("\n".join(f'headroom_node_ready{{node="{node}"}} {value}' for node, value in shown.items()))
    wanted: Expected = {nodes.NODE_READY: {("a",): 1.0, ("b",): 1.0, ("c",): 0.0}}
    assert differences(wanted, page, "the API") == [
        "headroom_node_ready['b']: the API 1, the page 0",
        "headroom_node_ready['c']: the API 0, the page nothing",
        "headroom_node_ready['d']: the API nothing, the page 1",
    ]


def test_the_page_tells_what_the_api_tells(populated_stage: Stage, exporter: Callable[..., Exporter]) -> None:
    stage = populated_stage
    restarts = Restarts(Cluster(stage.client).restarts)
    started = exporter(stage.kubeconfig)
    started.start()
    told: Expected = {}

    def expected() -> Expected:
        nonlocal told
        cluster = Cluster(stage.client)
        told = {metric: rows(cluster) for metric, rows in TABLE.items()}
        told |= {workloads.CONTAINER_RESTARTS: restarts.rows(cluster.restarts, cluster.workloads)}
        return told

    def compare(when: str) -> None:
        compared = agree(expected, started.page, who="the API")
        log.info("%s: %d rows of %d metrics agree", when, compared, len(told))

    compare("as found")
    add_rarities(stage)
    stage.crash(deploy(stage, ["web"], replicas=3))
    compare("after crashes")
    assert told[workloads.CONTAINER_RESTARTS][NAMESPACE, "Deployment", "web", "app"] == 3
    stage.disturb()
    for trouble, shows in TROUBLES.items():
        wait_until(functools.partial(lambda shows: shows(expected()), shows), what=trouble)
    compare("in trouble")
    assert [metric.name for metric, rows in told.items() if not rows] == [], "nothing was there to be compared"
    stage.calm()
    wait_until(lambda: all(expected()[nodes.NODE_READY].values()), what="every node to be ready")
    compare("after the trouble")


def add_rarities(stage: Stage) -> None:
    """What neither stage has of itself: owners of unknown kinds, resources of the pod, other resources, bare Jobs."""
    scratch = {"cpu": "100m", "ephemeral-storage": "1Gi"}
    sidecar = manifests.container("proxy", {"cpu": "50m"}, {"cpu": "1", "memory": "64Mi"}, restartPolicy="Always")
    init = manifests.container("migrate", {"cpu": "700m", "memory": "1Gi"})
    app = manifests.container("app", scratch, {"memory": "128Mi"})
    rollout = {"apiVersion": "argoproj.io/v1alpha1", "kind": "Rollout", "metadata": {"name": "canary", "uid": "r"}}
    kafka = {"apiVersion": "kafka.strimzi.io/v1", "kind": "Kafka", "metadata": {"name": "log", "uid": "k"}}
    whole = {"requests": {"cpu": "300m", "memory": "256Mi"}, "limits": {"cpu": "1"}}
    mixed = manifests.pod_spec(app, initContainers=[init, sidecar])
    for made in (
        owned(manifests.workload("ReplicaSet", "canary-5d4", NAMESPACE, mixed, replicas=2), rollout),
        owned(manifests.pod("log-0", NAMESPACE, mixed), kafka),
        manifests.pod("whole", NAMESPACE, manifests.pod_spec(app, resources=whole)),
        manifests.pod("stranded", NAMESPACE, manifests.pod_spec(app, nodeSelector={"no": "node"})),
        manifests.job("once", NAMESPACE),
        manifests.job("held", NAMESPACE, suspend=True),
    ):
        stage.create(made)
