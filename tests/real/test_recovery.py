"""An API server that dies, comes back, and has lost its history: no partial page, no jump of a counter, nothing lost."""

import logging
import os
import signal
from collections.abc import Callable
from itertools import pairwise

import pytest

from kube_headroom.cluster.kinds import KINDS
from tests.real.exporter import Exporter, labels_of
from tests.real.page_watch import PageWatch, all_of
from tests.real.prometheus import Prometheus, service_monitor
from tests.real.stages import NAMESPACE, PATIENCE_SECONDS, Stage, deploy, restart_counts
from tests.real.waiting import wait_until

log = logging.getLogger(__name__)

DEPLOYMENTS = 20
REPLICAS = 3
RESTARTS = f'headroom_workload_container_restarts_total{{namespace="{NAMESPACE}"}}'
LISTS = "headroom_source_lists_total"
READY = "headroom_workload_replicas_ready"
SCRAPE_SECONDS = 1.0


# Three outages in a row: whoever watches, the exporter and the controllers, backs off for up to a minute after each.
@pytest.mark.timeout(600)
def test_a_lost_api_server_and_a_lost_history(
    stage: Stage, exporter: Callable[..., Exporter], prometheus: Callable[..., Prometheus]
) -> None:
    names = [f"web-{number:02}" for number in range(DEPLOYMENTS)]
    pods = deploy(stage, names, replicas=REPLICAS)
    started = exporter(stage.kubeconfig)
    started.start()
    whole = all_of(NAMESPACE, {f"Deployment/{name}" for name in names})
    wait_until(lambda: not whole(started.page()), what="all Deployments on the page")
    wait_until(lambda: ready(started) == DEPLOYMENTS * REPLICAS, what="all pods to be ready")
    server = prometheus([service_monitor("headroom", started.target)])
    server.wait_scraped("headroom")

    with PageWatch(started, whole) as watch:
        stage.crash(pods)
        stored(server, len(pods))
        stage.stop_server()
        wait_until(lambda: started.page().total("headroom_source_up") == 0, what="every source to be down", timeout=120)
        stage.start_server()
        stage.crash(pods)
        stored(server, 2 * len(pods))
        assert set(restart_counts(stage).values()) == {2}

        before = expired_lists(started)
        # While the exporter stands still, the world goes on and the history it stood in is forgotten.
        stage.stop_server()
        os.kill(started.process.pid, signal.SIGSTOP)
        stage.start_server()
        stage.change_spec("Deployment", names[-1], replicas=0)
        left = [pod for pod in pods if not pod.startswith(names[-1])]
        wait_until(
            lambda: sorted(restart_counts(stage)) == left, what="the scaled pods to be gone", timeout=PATIENCE_SECONDS
        )
        stage.crash(left)
        stage.stop_server()
        stage.forget_history()
        stage.start_server()
        os.kill(started.process.pid, signal.SIGCONT)
        crashes = 2 * len(pods) + len(left)
        stored(server, crashes)
        wait_until(
            lambda: ready(started) == len(left),
            what="the scaled pods to be gone from the page",
            timeout=PATIENCE_SECONDS,
        )
        stage.crash(left)
        crashes += len(left)
        stored(server, crashes)
        assert restart_counts(stage) == dict.fromkeys(left, 4)

    forced = {"pods", "deployments", "replicasets", "namespaces"}
    wait_until(
        lambda: all(expired_lists(started).get(kind, 0) > before.get(kind, 0) for kind in forced),
        what=f"{sorted(forced)} to be listed again",
        timeout=PATIENCE_SECONDS,
    )
    wait_until(
        lambda: started.page().total("headroom_source_up") == len(KINDS),
        what="every source to be back",
        timeout=PATIENCE_SECONDS,
    )
    raw = [[value for _, value in series.samples] for series in server.query(f"{RESTARTS}[1h]")]
    steps = [after - before for values in raw for before, after in pairwise(values)]
    assert min(steps) == 0, "a counter fell"
    assert sum(steps) == crashes
    assert {values[0] for values in raw} == {0}
    assert failed_scrapes(server) == []
    log.info(
        "%d pages whole, %d crashes counted once in %d stored samples",
        watch.pages,
        crashes,
        sum(map(len, raw)),
    )


def ready(exporter: Exporter) -> float:
    return exporter.page().total(READY, namespace=NAMESPACE)


def expired_lists(exporter: Exporter) -> dict[str, float]:
    """The lists of each kind that a lost history forced."""
    found = exporter.page().matching(LISTS, reason="expired")
    return {labels_of(series)["source"]: value for series, value in found.items()}


def stored(server: Prometheus, restarts: float) -> None:
    """Wait until Prometheus stored that many restarts in all."""
    wait_until(
        # After a scrape that took too long there is no series until the next.
        lambda: [series.value for series in server.query(f"sum by () ({RESTARTS})")] == [restarts],
        what=f"{restarts:g} restarts stored",
        timeout=PATIENCE_SECONDS,
    )


def failed_scrapes(server: Prometheus) -> list[float]:
    """When scrapes failed, but for those that a busy machine did not end in time."""
    (up,), (lasted,) = server.query("up[1h]"), server.query("scrape_duration_seconds[1h]")
    seconds = dict(lasted.samples)
    return [moment for moment, value in up.samples if not value and seconds[moment] < SCRAPE_SECONDS]
