"""The simulated cluster's kubelets, read with the credentials of its kubeconfig: whole, and broken in every way it knows."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import NamedTuple

import pytest
from aiohttp import web

from kube_headroom import model
from kube_headroom.cluster.connection import Connection
from kube_headroom.cluster.decode import NamespaceFilter, ObjectReader
from kube_headroom.cluster.facts.conversion import Keys
from kube_headroom.cluster.health import SourceHealth
from kube_headroom.cluster.kinds import KINDS_BY_NAME
from kube_headroom.kubelet.client import Limits
from kube_headroom.kubelet.failures import Reason
from kube_headroom.kubelet.health import Finding
from kube_headroom.kubelet.reader import Kubelets, Options
from kube_headroom.kubelet.schedule import PageName
from kube_headroom.readings import CadvisorPage, ProbesPage, ResourcePage
from kube_headroom.simulator.clock import Clock
from kube_headroom.simulator.composition import build
from kube_headroom.simulator.kubelet.application import BROKEN, application, ports_of
from kube_headroom.simulator.kubelet.faults import FAULTS
from kube_headroom.simulator.serving import Served, bind_free, port_of
from kube_headroom.simulator.simulation import Simulation
from tests.kubelet.test_reader import BOTH, INTERVALS, Collected, reading, report, until

REASONS = {
    "slow": Reason.TIMEOUT,
    "hanging": Reason.TIMEOUT,
    "truncated gzip": Reason.GZIP,
    "cut": Reason.CONNECTION,
    "HTML": Reason.PAGE,
    "garbage": Reason.PAGE,
    "huge": Reason.TOO_LARGE,
    "gzip bomb": Reason.TOO_LARGE,
    "forbidden": Reason.FORBIDDEN,
    "unauthorized": Reason.UNAUTHORIZED,
    "failing": Reason.HTTP,
}


class Stage(NamedTuple):
    simulation: Simulation
    application: web.Application
    connection: Connection
    nodes: list[model.Node]


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    listeners = bind_free(3)
    ports = {number: port_of(listener) for number, listener in enumerate(listeners)}
    world = build(seed=1, start=time.time(), nodes=3, workloads=6, ports=ports, past=120.0)
    kubelets = application(world, ports_of(world), "token-of-ours")
    clock = Clock(time.time(), speed=1)
    served = [Served(kubelets, listeners)]
    with Simulation(world, clock=clock, also=served, token="token-of-ours") as simulation:
        kubeconfig = simulation.write_kubeconfig(tmp_path_factory.mktemp("cluster") / "kubeconfig")
        reader = ObjectReader(KINDS_BY_NAME["nodes"], Keys(), SourceHealth("nodes"), NamespaceFilter())
        raw = simulation.call(lambda: [json.dumps(node).encode() for node in world.store.all("nodes")])
        nodes = [fact for one in raw if isinstance(fact := reader.read(one).fact, model.Node)]
        yield Stage(simulation, kubelets, Connection.open(str(kubeconfig)), nodes)


def test_every_page_of_every_simulated_kubelet_is_read(stage: Stage) -> None:
    sink = Collected()
    kubelets = Kubelets(Options(INTERVALS), stage.connection, sink, BOTH)
    kubelets.nodes(stage.nodes)

    with reading(kubelets):
        until(lambda: all(page.read == len(stage.nodes) for page in kubelets.summary().pages.values()))

    found = [page for _, page in sink.pages]
    assert any(page.containers and page.labelled and page.pressure for page in found if isinstance(page, CadvisorPage))
    assert any(page.containers and page.node_cpu for page in found if isinstance(page, ResourcePage))
    assert any(page.probes for page in found if isinstance(page, ProbesPage))
    # A node without any pressure so far cannot be told from one that does not measure it.
    assert {finding for one in kubelets.reports() for finding in one.findings} <= {Finding.NO_PRESSURE}
    assert kubelets.summary().oddities == {}


def test_every_fault_of_the_simulator_has_its_reason() -> None:
    assert REASONS.keys() == FAULTS.keys()


@pytest.mark.parametrize("fault", FAULTS)
def test_a_broken_simulated_kubelet_is_told_apart_and_the_others_are_read(
    stage: Stage, fault: str, caplog: pytest.LogCaptureFixture
) -> None:
    broken, *others = (node.metadata.name for node in stage.nodes)
    sink = Collected()
    limits = Limits(deadline=2.0 if REASONS[fault] is Reason.TIMEOUT else 30.0, body=2**20, compressed=2**20)
    # Rarely enough for the one loop that serves them all.
    kubelets = Kubelets(Options({PageName.RESOURCE: 100.0}, limits=limits), stage.connection, sink, BOTH)
    kubelets.nodes(stage.nodes)
    stage.simulation.call(lambda: stage.application[BROKEN].update({broken: fault}))
    try:
        with reading(kubelets):
            until(lambda: report(kubelets, broken).pages[PageName.RESOURCE].reason is not None)
            seen = sink.counts()
            sink.wait(lambda: all(sink.counts()[name] > seen[name] for name in others))
    finally:
        stage.simulation.call(stage.application[BROKEN].clear)

    assert report(kubelets, broken).pages[PageName.RESOURCE].reason is REASONS[fault]
    assert sink.counts()[broken] == 0
    # That we hang up is no failure of the simulator's.
    assert not [record for record in caplog.records if record.name in ("asyncio", "aiohttp.server")]
