"""An API server that dies, comes back, and has lost its history: no partial page, no jump of a counter, nothing lost."""

import logging
import os
import signal
from collections.abc import Callable
from itertools import pairwise

from kube_headroom.cluster.kinds import KINDS
from tests.real import manifests
from tests.real.client import Client
from tests.real.control_plane import ControlPlane
from tests.real.exporter import Exporter, labels_of
from tests.real.page_watch import PageWatch, all_of
from tests.real.prometheus import Prometheus, service_monitor
from tests.real.waiting import wait_until

log = logging.getLogger(__name__)

NAMESPACE = "default"
DEPLOYMENTS = 20
REPLICAS = 3
RESTARTS = "headroom_workload_container_restarts_total"
LISTS = "headroom_source_lists_total"
READY = "headroom_workload_replicas_ready"


def test_a_killed_api_server_and_a_compacted_history(
    own_control_plane: ControlPlane, exporter: Callable[..., Exporter], prometheus: Callable[..., Prometheus]
) -> None:
    plane, client = own_control_plane, own_control_plane.client()
    plane.add_fake_nodes("node-1")
    names = [f"web-{number:02}" for number in range(DEPLOYMENTS)]
    client.create_many(manifests.deployment(name, NAMESPACE, replicas=REPLICAS) for name in names)
    started = exporter(plane.kubeconfig())
    started.start()
    whole = all_of(NAMESPACE, {f"Deployment/{name}" for name in names})
    wait_until(lambda: not whole(started.page()), what="all Deployments on the page")
    wait_until(lambda: started.page().total(READY) == DEPLOYMENTS * REPLICAS, what="all pods to be ready")
    server = prometheus([service_monitor("headroom", started.target)])
    server.wait_scraped("headroom")
    pods = sorted(pod["metadata"]["name"] for pod in client.objects("Pod", NAMESPACE))

    with PageWatch(started, whole) as watch:
        crash(client, pods, 1)
        stored(server, DEPLOYMENTS * REPLICAS)
        plane.api_server.kill()
        wait_until(lambda: started.page().total("headroom_source_up") == 0, what="every source to be down", timeout=90)
        plane.api_server.start()
        crash(client, pods, 2)
        stored(server, 2 * DEPLOYMENTS * REPLICAS)

        before = expired_lists(started)
        # While the exporter stands still, the world goes on and the history it stood in is forgotten.
        plane.api_server.kill()
        os.kill(started.process.pid, signal.SIGSTOP)
        plane.api_server.start()
        client.patch("Deployment", names[-1], NAMESPACE, patch={"spec": {"replicas": 0}})
        left = [pod for pod in pods if not pod.startswith(names[-1])]
        wait_until(lambda: len(client.objects("Pod", NAMESPACE)) == len(left), what="the scaled pods to be gone")
        crash(client, left, 3)
        plane.api_server.kill()
        plane.compact_history()
        plane.api_server.start()
        os.kill(started.process.pid, signal.SIGCONT)
        crashes = 2 * len(pods) + len(left)
        stored(server, crashes)
        wait_until(lambda: started.page().total(READY) == len(left), what="the scaled pods to be gone from the page")
        crash(client, left, 4)
        crashes += len(left)
        stored(server, crashes)

    forced = {"pods", "deployments", "replicasets", "namespaces"}
    wait_until(
        lambda: all(expired_lists(started).get(kind, 0) > before.get(kind, 0) for kind in forced),
        what=f"{sorted(forced)} to be listed again",
    )
    wait_until(
        lambda: started.page().total("headroom_source_up") == len(KINDS),
        what="every source to be back",
    )
    raw = [[value for _, value in series.samples] for series in server.query(f"{RESTARTS}[1h]")]
    steps = [after - before for values in raw for before, after in pairwise(values)]
    assert min(steps) == 0, "a counter fell"
    assert sum(steps) == crashes
    assert {values[0] for values in raw} == {0}
    assert server.query("min_over_time(up[1h])")[0].value == 1
    log.info(
        "%d pages whole, %d crashes counted once in %d stored samples",
        watch.pages,
        crashes,
        sum(map(len, raw)),
    )


def expired_lists(exporter: Exporter) -> dict[str, float]:
    """The lists of each kind that a lost history forced."""
    found = exporter.page().matching(LISTS, reason="expired")
    return {labels_of(series)["source"]: value for series, value in found.items()}


def crash(client: Client, pods: list[str], times: int) -> None:
    for pod in pods:
        client.patch_status("Pod", pod, NAMESPACE, status={"containerStatuses": [manifests.crashed(times)]})


def stored(server: Prometheus, restarts: float) -> None:
    """Wait until Prometheus stored that many restarts in all."""
    wait_until(lambda: server.value(f"sum by () ({RESTARTS})") == restarts, what=f"{restarts:g} restarts stored")
