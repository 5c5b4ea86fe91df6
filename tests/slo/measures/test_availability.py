"""Availability: seconds, cut exactly where something changes."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kube_headroom.catalogue.labels import Workload
from kube_headroom.slo.objective import Indicator, Selector
from tests import facts
from tests.slo.measures.stage import Stage, objective, played, scaled_to, workload

AVAILABILITY = Indicator.AVAILABILITY
ROLLOUT = Workload("shop", "Rollout", "web")
REPORT = Workload("shop", "CronJob", "report")

STORIES: dict[str, tuple[list[tuple[float, Any]], list[tuple[float, float, float, float]]]] = {
    "a workload with all its replicas is good all the time": ([(0, scaled_to(4))], [(0, 600, 600, 0)]),
    "three of four is what a rolling update leaves, and enough": ([(0, scaled_to(4, 3))], [(0, 600, 600, 0)]),
    "two of four is not enough": ([(0, scaled_to(4, 2))], [(0, 600, 600, 600)]),
    "of five, four are needed: the share is rounded up": ([(0, scaled_to(5, 3))], [(0, 600, 600, 600)]),
    "bad time ends with the change, not with the step": (
        [(0, scaled_to(4)), (100, scaled_to(4, 0)), (107.25, scaled_to(4, 3))],
        [(0, 600, 600, 7.25)],
    ),
    "new replicas are needed only once they were desired for as long as they may take to settle": (
        [(0, scaled_to(4)), (100, scaled_to(8, 4))],
        [(0, 600, 600, 200)],
    ),
    "those it had before are needed during a scale-up, too": (
        [(0, scaled_to(4)), (100, scaled_to(8, 2)), (150, scaled_to(8, 3))],
        [(0, 600, 600, 250)],
    ),
    "after a scale-down fewer are needed at once": (
        [(0, scaled_to(8, 4)), (100, scaled_to(4, 4))],
        [(0, 600, 600, 100)],
    ),
    "down and up again within the time to settle asks for what was left in between": (
        [(0, scaled_to(8)), (100, scaled_to(2)), (110, scaled_to(8, 2))],
        [(0, 600, 600, 190)],
    ),
    "a workload scaled to nothing is idle": ([(0, scaled_to(0))], [(0, 600, 0, 0)]),
    "from nothing to something, time counts at once and replicas are needed after a while": (
        [(0, scaled_to(0)), (100, scaled_to(2, 0))],
        [(0, 600, 500, 200)],
    ),
    "a workload made just now may take its time": (
        [(10, scaled_to(2, 0, created=facts.START + 5))],
        [(10, 600, 590, 295)],
    ),
    "a workload that is being deleted is desired no more": (
        [(0, scaled_to(2, 0)), (100, scaled_to(2, 0, deleting=True))],
        [(0, 600, 100, 100)],
    ),
    "a workload that is gone leaves a gap": ([(0, scaled_to(2, 0)), (100, None)], [(0, 100, 100, 100)]),
    "one that comes back goes on after the gap": (
        [(0, scaled_to(2)), (100, None), (300, scaled_to(2, 0))],
        [(0, 100, 100, 0), (300, 600, 300, 300)],
    ),
    "without its controller a Deployment's replicas are unknown: a gap": (
        [(0, scaled_to(2)), (100, workload(pods=(facts.pod(),))), (200, scaled_to(2))],
        [(0, 100, 100, 0), (200, 600, 400, 0)],
    ),
}


@pytest.mark.parametrize(("story", "stretches"), STORIES.values(), ids=STORIES.keys())
def test_availability(story: list[tuple[float, Any]], stretches: list[tuple[float, float, float, float]]) -> None:
    assert played(Stage(objective(AVAILABILITY)), story, 600) == stretches


def test_of_kinds_whose_controller_is_not_read_the_living_pods_are_desired() -> None:
    stage = Stage(objective(AVAILABILITY, Selector(*ROLLOUT)))
    dying = facts.pod("web-3", deleting=True, ready=False)
    failed = facts.pod("web-4", phase="Failed", ready=False)
    stage.put(0, workload(ROLLOUT, pods=(facts.pod("web-1"), dying, failed)))
    stage.put(10, workload(ROLLOUT, pods=(facts.pod("web-1", ready=False), dying, failed)))
    assert stage.step(30) == [(0, 30, 30, 20)]


def test_what_runs_to_completion_has_no_availability() -> None:
    stage = Stage(objective(AVAILABILITY, Selector(*REPORT)))
    stage.put(0, workload(REPORT, controller=facts.cron_job()))
    assert stage.step(30) == []


@pytest.mark.parametrize(
    ("needed", "bad"), [(Fraction(1), 600), (Fraction(2, 3), 0), (Fraction(1, 2), 0), (Fraction(3, 4), 600)]
)
def test_the_owner_says_which_share_is_needed(needed: Fraction, bad: float) -> None:
    stage = Stage(objective(AVAILABILITY, needed=needed))
    stage.put(0, scaled_to(3, 2))
    assert stage.step(600) == [(0, 600, 600, bad)]


counts = st.integers(0, 9)
moments = st.floats(0, 5_000, allow_nan=False)


@given(
    changes=st.lists(st.tuples(moments, counts, counts), min_size=1, max_size=12),
    looks=st.lists(moments, max_size=12),
)
def test_seconds_add_up_to_what_was_observed_however_often_it_is_looked_at(
    changes: list[tuple[float, int, int]], looks: list[float]
) -> None:
    changes.sort(key=lambda change: change[0])
    rare, often = Stage(objective(AVAILABILITY)), Stage(objective(AVAILABILITY))
    for at, desired, ready in changes:
        rare.put(at, scaled_to(desired, ready))
    rare.step(6_000)
    acts = [(at, (desired, ready)) for at, desired, ready in changes] + [(at, None) for at in looks]
    for at, counted in sorted(acts, key=lambda act: act[0]):
        if counted is None:
            often.step(at)
        else:
            often.put(at, scaled_to(*counted))
    often.step(6_000)

    assert often.total() == rare.total()
    starts = [at for at, _, _ in changes]
    idle = [desired == 0 for _, desired, _ in changes]
    wanted = sum(
        round((facts.START + end) * 1e6) - round((facts.START + start) * 1e6)
        for start, end, none in zip(starts, [*starts[1:], 6_000], idle, strict=True)
        if not none
    )
    assert rare.total().events == wanted
    assert 0 <= rare.total().bad <= wanted
    covered = [stretch for _, stretch in often.stretches]
    assert all(earlier.end == later.start for earlier, later in pairwise(covered))
    assert covered[0].start == facts.START + starts[0]
    assert covered[-1].end == facts.START + 6_000
