"""What the exporter counts is what happened in the simulated world, whatever befalls the shop and its kubelets."""

from __future__ import annotations

from typing import Any

import pytest

from kube_headroom.catalogue import batch, usage, workloads
from kube_headroom.simulator.composition import build
from kube_headroom.simulator.incidents.board import Incidents, Planned
from kube_headroom.simulator.kubelet.kubelet import Kubelets
from tests.simulator.watched import Watched

START = 1_780_000_000.0
SETTLING, TROUBLED, QUIET = 120, 1200, 240
PLANNED = (
    Planned(0, "throttled-service"),
    Planned(60, "crash-loop", seconds=600),
    Planned(120, "failing-liveness", seconds=600),
    Planned(180, "oom-loop", seconds=600),
    Planned(240, "node-flapping", seconds=400),
    Planned(300, "bad-image", seconds=600),
    Planned(360, "disk-filling", seconds=800),
    Planned(420, "failed-job"),
    Planned(480, "node-down", seconds=200),
)


@pytest.fixture(scope="module")
def watched() -> Watched:
    """Half an hour with incidents, a kubelet restarted and a static pod's mirror deleted; in the end all is quiet."""
    world = build(seed=5, start=START, past=0)
    watched = Watched(world)
    watched.advance(SETTLING)
    watched.reference.settle()
    incidents = world.part(Incidents)
    incidents.plan(PLANNED)
    watched.advance(TROUBLED // 2)
    world.part(Kubelets).restart("general-a-1")
    (mirror, *_) = (pod for pod in world.store.all("pods") if pod["metadata"]["name"] == "kube-proxy-general-a-1")
    world.store.delete("pods", mirror)
    watched.advance(TROUBLED // 2)
    for running in incidents.running():
        incidents.end(running.name)
    watched.advance(QUIET)
    return watched


def test_no_counter_ever_falls(watched: Watched) -> None:
    assert watched.fallen == []


def test_every_counter_is_what_happened_but_for_what_no_row_told_of_yet(watched: Watched) -> None:
    assert watched.reference.wrong(watched.counters()) == []


@pytest.mark.parametrize(
    ("metric", "many", "certain"),
    [
        pytest.param(usage.CPU_USAGE, 1000, 0.8, id="CPU"),
        pytest.param(usage.CPU_THROTTLED, 100, 0.8, id="throttled time"),
        pytest.param(usage.PROBES, 1000, 0.8, id="probes"),
        pytest.param(usage.PROBE_FAILURES, 100, 0.4, id="failures of probes"),
        pytest.param(workloads.CONTAINER_RESTARTS, 20, 1.0, id="restarts"),
        pytest.param(workloads.CONTAINER_TERMINATIONS, 20, 1.0, id="ends"),
        pytest.param(workloads.EVICTIONS, 3, 1.0, id="evictions"),
        pytest.param(batch.JOBS_FINISHED, 3, 1.0, id="Jobs"),
        pytest.param(batch.JOBS_FAILED, 1, 1.0, id="failed Jobs"),
    ],
)
def test_there_was_much_to_count_and_little_doubt(watched: Watched, metric: Any, many: float, certain: float) -> None:
    """The bounds are narrow enough to say something: `certain` of what may have been counted must have been."""
    bounds = [found for series, found in watched.reference.bounds().items() if series[0] == metric.name]
    least, most = (sum(column) for column in zip(*bounds, strict=True))
    assert most >= many
    assert least >= certain * most
