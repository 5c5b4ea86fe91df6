"""The view: worst first, bounded, nothing lost in silence, and room as the pools' series have it."""

from __future__ import annotations

import pytest

from kube_headroom.model import Controller
from kube_headroom.overview import board
from kube_headroom.overview.content import Severity
from kube_headroom.resources import PodResources
from tests.facts import START, container, controller, node, pod, replicas
from tests.facts import resources as amounts
from tests.overview.stage import Scene

GIB = 2**30


def stuck(name: str, **fields: int) -> Controller:
    return controller(name, replicas=replicas(4, deadline_exceeded=True, **fields))


def test_worst_come_first_and_the_newest_of_equals() -> None:
    stage = Scene()
    stage.relist("deployments", stuck("old"), controller("thin", replicas=replicas(4, available=3)), controller("fine"))
    stage.start()
    stage.overview()
    stage.wait(60)
    stage.upsert("deployments", stuck("new"))
    view = stage.overview()
    assert [subject.name for subject in view.subjects] == ["new", "old", "thin"]
    assert view.counts == {Severity.BROKEN: 2, Severity.RISK: 1, Severity.NOTE: 0}
    assert view.watching_since == START


def test_what_is_not_listed_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(board, "SHOWN", 3)
    stage = Scene()
    stage.relist("deployments", *(stuck(f"web-{index}") for index in range(10)))
    stage.start()
    view = stage.overview()
    assert (len(view.subjects), view.more, view.counts[Severity.BROKEN]) == (3, 7, 10)


def test_a_view_is_pending_when_something_changed_or_time_will_tell() -> None:
    stage = Scene()
    stage.relist("deployments", controller(replicas=replicas(2, available=1)))
    stage.start()
    assert stage.overview().subjects == ()
    assert not stage.board.pending(stage.now)
    stage.wait(15)
    assert stage.board.pending(stage.now)
    assert len(stage.overview().subjects) == 1
    assert not stage.board.pending(stage.now)


def test_every_finding_is_explained() -> None:
    stage = Scene()
    stage.relist("deployments", stuck("web", available=0))
    stage.relist("nodes", node(conditions=(("Ready", "False"), ("DiskPressure", "True"))))
    stage.start()
    stage.overview()
    stage.wait(60)
    view = stage.overview()
    told = {finding.indicator for subject in view.subjects for finding in subject.findings}
    assert told == {"Rollout stuck", "Replicas missing", "Node not ready", "Node condition"}
    assert told <= {question.name for question in view.questions}


def test_room_is_what_usable_nodes_offer_against_what_all_carry() -> None:
    stage = Scene()
    big = amounts(cpu="8", memory="16Gi", pods="110")
    stage.relist(
        "nodes",
        node("node-1"),
        node("node-2", allocatable=big),
        node("node-3", unschedulable=True),
        node("spot-1", pool="spot"),
    )
    held = PodResources(containers=(container(requests={"cpu": "1", "memory": "1Gi"}, limits={"cpu": "2"}),))
    stage.relist("pods", *(pod(f"pod-{index}", node=f"node-{index}", resources=held) for index in (1, 2, 3)))
    stage.start()
    general, spot = stage.overview().pools
    assert (general.pool, general.nodes, general.usable) == ("general", 3, 2)
    assert (general.cpu.allocatable, general.cpu.largest, general.cpu.requested, general.cpu.limited) == (12, 8, 3, 6)
    assert (general.memory.allocatable, general.memory.largest) == (24 * GIB, 16 * GIB)
    assert (spot.pool, spot.cpu.requested) == ("spot", 0)
    cluster = stage.overview().cluster
    assert cluster is not None
    assert (cluster.nodes, cluster.usable, cluster.cpu.allocatable, cluster.cpu.largest) == (4, 3, 16, 8)


def test_a_pool_that_is_gone_is_gone() -> None:
    stage = Scene()
    stage.relist("nodes", node())
    stage.start()
    assert len(stage.overview().pools) == 1
    stage.relist("nodes")
    assert stage.overview().pools == ()
    assert stage.overview().cluster is None
