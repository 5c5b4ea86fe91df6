"""Scheduling latency: each pod is judged once, when it gets a node or when its time is over."""

from __future__ import annotations

from typing import Any

import pytest

from kube_headroom import model
from kube_headroom.slo.objective import Indicator
from tests import facts
from tests.facts import START
from tests.slo.measures.stage import Stage, objective, workload


def pod(name: str = "a", created: float = 10, bound: float | None = None, **fields: Any) -> model.Pod:
    """A pod made at a second since START, and bound at another."""
    state = {"node": "", "ready": False, "phase": "Pending"} if bound is None else {"scheduled": START + bound}
    return facts.pod(name, created=START + created, **(state | fields))


Story = list[tuple[float, tuple[model.Pod, ...]]]
# Within 30 s, the default; the workload is watched from 0 on.
STORIES: dict[str, tuple[Story, tuple[float, float]]] = {
    "bound in time is good": ([(10, (pod(),)), (12, (pod(bound=12),))], (1, 0)),
    "bound between two looks is good, too": ([(13, (pod(bound=12),))], (1, 0)),
    "bound too late is bad": ([(50, (pod(bound=41),))], (1, 1)),
    "bound in the last second is good": ([(11, (pod(),)), (41, (pod(bound=40),))], (1, 0)),
    "what got no node in its time is bad, and not again when it gets one": (
        [(10, (pod(),)), (60, (pod(),)), (70, (pod(),)), (80, (pod(bound=79),))],
        (1, 1),
    ),
    "what has its time before it is not judged yet": ([(80, (pod(created=75),))], (0, 0)),
    "each pod is judged": (
        [(10, (pod("a"), pod("b"))), (60, (pod("a", bound=20), pod("b"))), (70, (pod("b", bound=65),))],
        (2, 1),
    ),
    "bound before we watched does not count": ([(0, (pod(created=-20, bound=-10),))], (0, 0)),
    "waiting since before we watched counts if its time is not over": (
        [(0, (pod(created=-20),)), (5, (pod(created=-20, bound=4),))],
        (1, 0),
    ),
    "late since before we watched was judged then": (
        [(0, (pod(created=-90),)), (5, (pod(created=-90, bound=4),))],
        (0, 0),
    ),
    "gone before either does not count": ([(10, (pod(),)), (20, ())], (0, 0)),
    "deleted before either does not count": ([(10, (pod(),)), (20, (pod(deleting=True),))], (0, 0)),
    "failed without a node does not count": ([(10, (pod(),)), (20, (pod(phase="Failed"),))], (0, 0)),
    "a pod behind a scheduling gate does not wait for the scheduler": ([(10, (pod(gated=True),))], (0, 0)),
    "its time begins when the gate is gone": (
        [(10, (pod(gated=True),)), (60, (pod(),)), (75, (pod(bound=75),))],
        (1, 0),
    ),
    "behind the gate and bound when seen next is good": (
        [(10, (pod(gated=True),)), (60, (pod(bound=59),))],
        (1, 0),
    ),
    "a pod made with its node was never scheduled": ([(10, (pod(node="node-1"),))], (0, 0)),
    "a mirror pod was never scheduled": ([(10, (pod(bound=10, mirror=True),))], (0, 0)),
    "bound at a time that nobody wrote down is bound when we see it": (
        [(10, (pod(),)), (20, (pod(bound=0, scheduled=0.0),))],
        (1, 0),
    ),
}


@pytest.mark.parametrize(("story", "counted"), STORIES.values(), ids=STORIES.keys())
def test_scheduling(story: Story, counted: tuple[float, float]) -> None:
    stage = Stage(objective(Indicator.SCHEDULING_LATENCY))
    stage.measures.step(START)
    for at, pods in story:
        stage.put(at, workload(pods=pods))
        stage.step(at)
    stage.step(90)
    events, bad = stage.total()
    assert (events / 1e6, bad / 1e6) == counted


def test_a_pod_without_a_node_is_bad_as_soon_as_news_of_one_in_time_would_have_come() -> None:
    stage = Stage(objective(Indicator.SCHEDULING_LATENCY, within=30))
    stage.put(0, workload())
    stage.put(10, workload(pods=(pod(),)))
    assert stage.step(44) == [(0, 44, 0, 0)]
    assert stage.step(45) == [(44, 45, 1, 1)]


def test_while_pods_are_not_heard_of_none_is_late() -> None:
    stage = Stage(objective(Indicator.SCHEDULING_LATENCY))
    stage.put(0, workload())
    stage.put(10, workload(pods=(pod(),)))
    stage.step(30)
    assert stage.step(60, {"pods"}) == []
    stage.put(65, workload(pods=(pod(bound=12),)))
    assert stage.step(90) == []
    assert stage.step(120) == [(90, 120, 1, 0)]
