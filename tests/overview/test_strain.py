"""What limits and probes cost a workload: told from minutes of readings, in words, and forgotten when it ends."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from kube_headroom.catalogue import usage as series
from kube_headroom.catalogue.labels import Workload, WorkloadContainerProbe
from kube_headroom.overview.board import Board
from kube_headroom.overview.strain import OUTLASTS_A_PEAK, Window
from kube_headroom.snapshot import ContainerUsage, UsageSnapshot
from tests.facts import START

WEB = Workload("shop", "Deployment", "web")
KEY = ("usage", *WEB)
READ_EVERY = 15.0
PERIODS = 150.0
"""Of a container that always runs, between two readings."""


def container(cfs: tuple[float, ...] = (), share: float | None = None) -> ContainerUsage:
    return ContainerUsage("app", 1.0, None, None, 1.0, share, 1.0, cfs)


def snapshot(*containers: ContainerUsage, measured: int = 1, probes: Any = ()) -> UsageSnapshot:
    return UsageSnapshot(WEB, 1, measured, containers, None, (), probes)


class Told:
    """A board that hears of one workload every 15 seconds."""

    def __init__(self) -> None:
        self.board = Board()
        self.now = START
        self.readings = 0

    def read(self, made: Callable[[int], UsageSnapshot], times: int) -> None:
        for _ in range(times):
            self.readings += 1
            self.now += READ_EVERY
            self.board.put(KEY, made(self.readings), (), self.now)

    def findings(self) -> list[str]:
        return [
            f"{finding.severity}: {finding.text}"
            for subject in self.board.view((), self.now).subjects
            for finding in subject.findings
        ]


def throttled(share: float, lost: float = 1.0) -> Callable[[int], UsageSnapshot]:
    """Each reading adds 15 seconds of periods, of which a share is throttled and `lost` seconds a second are lost."""
    return lambda n: snapshot(container((n * PERIODS, 1 + n * PERIODS * share, n * READ_EVERY * lost)))


def probed(failing: float, probe: str = "readiness", checks: float = 4) -> Callable[[int], UsageSnapshot]:
    labels = WorkloadContainerProbe(*WEB, "app", probe)

    def made(n: int) -> UsageSnapshot:
        total = series.PROBES.at(labels, n * checks)
        return snapshot(probes=(total, series.PROBE_FAILURES.at(labels, 1 + n * checks * failing)))

    return made


@pytest.mark.parametrize(
    ("made", "readings", "told"),
    [
        pytest.param(
            throttled(0.6),
            30,
            ["risk: app throttled in 60% of its CPU periods, 1 s lost each second"],
            id="a container is throttled for minutes",
        ),
        pytest.param(
            throttled(0.3, lost=0.1),
            30,
            ["note: app throttled in 30% of its CPU periods, 0.1 s lost each second"],
            id="every third period is good to know",
        ),
        pytest.param(throttled(0.9), 10, [], id="a burst of two minutes is what a limit is for"),
        pytest.param(throttled(0.2), 100, [], id="a fifth of the periods is not felt"),
        pytest.param(throttled(0.9, lost=0.01), 100, [], id="who loses next to nothing has nothing to complain of"),
        pytest.param(
            probed(1 / 3),
            20,
            ["risk: readiness probe of app: 33% of 76 checks failed lately"],
            id="one of three replicas fails its readiness probe",
        ),
        pytest.param(probed(0.05), 100, [], id="one check of twenty fails and nobody minds"),
        pytest.param(probed(0.9), 5, [], id="a replica may fail while it starts"),
        pytest.param(probed(0.9, "startup"), 20, [], id="a startup probe fails until it succeeds"),
        pytest.param(
            probed(1.0, "startup"),
            40,
            ["risk: startup probe of app: 100% of 92 checks failed lately"],
            id="a start that takes for ever is worth a look",
        ),
        pytest.param(probed(1.0, checks=0.1), 40, [], id="a handful of failures is too few to tell"),
        pytest.param(lambda _: snapshot(container(share=0.97)), 2, [], id="one peak may be a single reading"),
        pytest.param(
            lambda n: snapshot(container(share=0.96 + n / 1000)),
            2,
            ["risk: app lately used 96% of its memory limit"],
            id="memory that goes on rising near its limit is told at once",
        ),
        pytest.param(
            lambda _: snapshot(container(share=0.97)),
            int(OUTLASTS_A_PEAK / READ_EVERY) + 1,
            ["risk: app lately used 97% of its memory limit"],
            id="a peak that outlasts its window was reached again",
        ),
        pytest.param(lambda n: snapshot(container(share=0.9 + n / 1000)), 9, [], id="nine tenths are well used"),
        pytest.param(lambda _: snapshot(container()), 9, [], id="a container without limits and probes is quiet"),
    ],
)
def test_who_suffers_and_in_which_words(made: Callable[[int], UsageSnapshot], readings: int, told: list[str]) -> None:
    stage = Told()
    stage.read(made, readings)
    assert stage.findings() == told


@pytest.mark.parametrize(
    "after",
    [
        pytest.param(throttled(0.0, lost=0.0), id="its counters stand still"),
        pytest.param(lambda _: snapshot(measured=0), id="no kubelet tells of it"),
        pytest.param(lambda _: None, id="it is gone"),
        pytest.param(lambda n: throttled(0.6)(n - 30), id="its counters fell"),
    ],
)
def test_who_suffers_no_more_is_told_of_no_more(after: Callable[[int], UsageSnapshot]) -> None:
    stage = Told()
    stage.read(throttled(0.6), 30)
    assert stage.findings()
    stage.read(after, 2)
    assert stage.findings() == []


def test_a_workload_has_one_line_for_all_that_is_told_of_it() -> None:
    stage = Told()
    made = probed(0.5)
    stage.read(lambda n: made(n)._replace(containers=throttled(0.6)(n).containers), 30)
    (subject,) = stage.board.view((), stage.now).subjects
    assert (subject.kind, subject.namespace, subject.name) == ("Deployment", "shop", "web")
    assert [finding.indicator for finding in subject.findings] == ["Throttled periods", "Failed probes"]


def test_a_window_reaches_back_over_five_minutes_and_no_further() -> None:
    window = Window()
    gains = [window.take((float(second),), float(second)) for second in range(0, 3600, 15)]
    assert gains[0] is None
    whole = [gain.whole[0] for gain in gains[40:] if gain is not None]
    assert (min(whole), max(whole)) == (300, 345)
    assert {gain.latest[0] for gain in gains[40:] if gain is not None} == {60, 75, 90, 105}
