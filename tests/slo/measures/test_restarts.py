"""Restart-free time: a minute is bad after a restart, and no second twice."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kube_headroom.catalogue.labels import WorkloadContainer
from kube_headroom.catalogue.workloads import CONTAINER_RESTARTS
from kube_headroom.slo.objective import Indicator
from kube_headroom.snapshot import WorkloadSnapshot
from tests import facts
from tests.slo.measures.stage import WEB, Stage, objective, played, workload


def restarted(app: int, proxy: int = 0, phase: str = "Running") -> WorkloadSnapshot:
    counters = tuple(
        CONTAINER_RESTARTS.at(WorkloadContainer(*WEB, name), count) for name, count in (("app", app), ("proxy", proxy))
    )
    return workload(pods=(facts.pod(phase=phase),), counters=counters)


STORIES: dict[str, tuple[list[tuple[float, WorkloadSnapshot]], list[tuple[float, float, float, float]]]] = {
    "restarts from before we looked cost nothing": ([(0, restarted(5))], [(0, 600, 600, 0)]),
    "a restart costs a minute": ([(0, restarted(0)), (100, restarted(1))], [(0, 600, 600, 60)]),
    "three at once cost no more": ([(0, restarted(0)), (100, restarted(2, 1))], [(0, 600, 600, 60)]),
    "minutes that overlap count once": (
        [(0, restarted(0)), (100, restarted(1)), (140, restarted(1, 1)), (300, restarted(2, 1))],
        [(0, 600, 600, 160)],
    ),
    "a restart just now costs what has passed of its minute": (
        [(0, restarted(0)), (590, restarted(1))],
        [(0, 600, 600, 10)],
    ),
    "without a pod that still runs no time counts": (
        [(0, restarted(0)), (100, restarted(1, phase="Succeeded")), (130, restarted(1))],
        [(0, 600, 570, 30)],
    ),
}


@pytest.mark.parametrize(("story", "stretches"), STORIES.values(), ids=STORIES.keys())
def test_restart_free_time(
    story: list[tuple[float, WorkloadSnapshot]], stretches: list[tuple[float, float, float, float]]
) -> None:
    assert played(Stage(objective(Indicator.RESTART_FREE)), story, 600) == stretches


def test_the_owner_says_how_long_a_restart_hurts() -> None:
    story = [(0.0, restarted(0)), (100.0, restarted(1))]
    assert played(Stage(objective(Indicator.RESTART_FREE, after_restart=240)), story, 600) == [(0, 600, 600, 240)]


@given(
    restarts=st.lists(st.integers(1, 900), max_size=8),
    looks=st.lists(st.integers(0, 999), max_size=20),
)
def test_bad_seconds_are_those_within_a_minute_after_a_restart(restarts: list[int], looks: list[int]) -> None:
    stage = Stage(objective(Indicator.RESTART_FREE))
    stage.put(0, restarted(0))
    for at in sorted({*restarts, *looks}):
        stage.put(at, restarted(sum(one <= at for one in restarts)))
        if at in looks:
            stage.step(at)
    stage.step(1000)
    bad = sum(any(one <= second < one + 60 for one in restarts) for second in range(1000))
    assert stage.total() == (1000 * 10**6, bad * 10**6)
