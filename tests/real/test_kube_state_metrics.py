"""kube-state-metrics reads both stages without a complaint, and what it tells is what we tell."""

from __future__ import annotations

import logging
import os
import signal
from collections.abc import Callable, Iterator

import pytest

from kube_headroom.catalogue import workloads
from tests.real.agreement import Expected, agree
from tests.real.exporter import Exporter
from tests.real.kube_state_metrics import KubeStateMetrics
from tests.real.peer_rows import PEER
from tests.real.restarts import Restarts
from tests.real.stages import NAMESPACE, Stage, deploy
from tests.real.waiting import wait_until

log = logging.getLogger(__name__)


@pytest.fixture(scope="module")
def peer(populated_stage: Stage, tmp_path_factory: pytest.TempPathFactory) -> Iterator[KubeStateMetrics]:
    started = KubeStateMetrics(tmp_path_factory.mktemp("peer"), populated_stage.kubeconfig)
    try:
        started.process.start()
        yield started
    finally:
        started.process.discard()


def test_it_watches_everything_that_it_watches_by_default(peer: KubeStateMetrics) -> None:
    stores = peer.stores()
    assert {"pods", "secrets", "ingresses", "validatingadmissionpolicies"} <= {*stores}
    wait_until(lambda: len(peer.requests("watch")) == len(stores), what="a watch of each resource")
    assert {result for verb in ("list", "watch") for _, result in peer.requests(verb)} == {"success"}
    assert peer.complaints() == []


def test_it_goes_on_after_a_lost_history(populated_stage: Stage, peer: KubeStateMetrics) -> None:
    stage = populated_stage
    # It sleeps while the world goes on: what it resumes from is forgotten when it wakes.
    os.kill(peer.process.pid, signal.SIGSTOP)
    deploy(stage, ["late"], replicas=1)
    stage.stop_server()
    stage.forget_history()
    stage.start_server()
    os.kill(peer.process.pid, signal.SIGCONT)
    late = (NAMESPACE, "Deployment", "late")
    wait_until(lambda: late in peer.page().owners.values(), what="the new pod on its page")
    # A watch from the start, one that is told its history is gone, one that begins anew.
    begun = [("*v1.Namespace", "success"), ("*v1.Node", "success"), ("*v1.Service", "success")]
    wait_until(lambda: all(peer.requests("watch")[one] >= 3 for one in begun), what="new lists")
    assert peer.complaints() == []


# The controllers back off for up to a minute after the outage before.
@pytest.mark.timeout(600)
def test_its_series_agree_with_ours(
    populated_stage: Stage, peer: KubeStateMetrics, exporter: Callable[..., Exporter]
) -> None:
    stage = populated_stage
    restarts = Restarts(peer.page().restarts)
    started = exporter(stage.kubeconfig)
    started.start()
    told: Expected = {}

    def expected() -> Expected:
        nonlocal told
        page = peer.page()
        told = {metric: rows(page) for metric, rows in PEER.items()}
        told |= {workloads.CONTAINER_RESTARTS: restarts.rows(page.restarts, page.workloads)}
        return told

    def compare(when: str) -> None:
        compared = agree(expected, started.page, who="kube-state-metrics")
        log.info("%s: %d rows of %d metrics agree", when, compared, len(told))

    compare("as found")
    stage.crash(deploy(stage, ["web"], replicas=3))
    web = (NAMESPACE, "Deployment", "web", "app")
    # It lags behind the API, and so may we: the two could agree on what was before.
    wait_until(lambda: expected()[workloads.CONTAINER_RESTARTS].get(web) == 3, what="the crashes on its page")
    compare("after crashes")
    assert told[workloads.CONTAINER_RESTARTS][web] == 3
    stage.disturb()
    wait_until(lambda: any(expected()[workloads.PODS_UNSCHEDULABLE].values()), what="the troubles")
    wait_until(lambda: all(expected().values()), what="something of every metric on its page")
    compare("in trouble")
    assert [metric.name for metric, rows in told.items() if not rows] == [], "nothing was there to be compared"
    assert peer.complaints() == []
