"""Rollout success: one event for each new template."""

from __future__ import annotations

from typing import Any

import pytest

from kube_headroom.slo.objective import Indicator, Selector
from kube_headroom.snapshot import WorkloadSnapshot
from tests import facts
from tests.slo.measures.stage import WEB, Stage, objective, workload


def rollout(
    updated: int = 3, ready: int = 3, desired: int = 3, *, stuck: bool = False, **fields: Any
) -> WorkloadSnapshot:
    kind = fields.pop("kind", "Deployment")
    deleting = fields.pop("deleting", False)
    counts = facts.replicas(desired, updated=updated, ready=ready, **fields)
    return workload(
        WEB._replace(workload_kind=kind),
        controller=facts.controller(kind=kind, replicas=counts, deleting=deleting),
        rollout_stuck=stuck,
    )


DONE = rollout()
BEGUN, HALF = rollout(1, changing=True), rollout(2, changing=True)
STUCK = rollout(1, stuck=True, deadline_exceeded=True)
UNREADY = rollout(3, 2)
REVISIONS_DIFFER: dict[str, Any] = {"kind": "StatefulSet", "rolling": True, "changing": True}

STORIES: dict[str, tuple[list[WorkloadSnapshot], tuple[int, int]]] = {
    "no rollout is no event": ([DONE, DONE], (0, 0)),
    "a rollout is good when all replicas are new and ready": ([DONE, BEGUN, HALF, UNREADY, DONE], (1, 0)),
    "it is no event before its end": ([DONE, BEGUN, HALF, UNREADY], (0, 0)),
    "one that gets stuck is bad at once": ([DONE, BEGUN, STUCK], (1, 1)),
    "and does not count again, whatever becomes of it": ([DONE, BEGUN, STUCK, HALF, STUCK, HALF, DONE], (1, 1)),
    "the next one does": ([DONE, BEGUN, STUCK, DONE, BEGUN, DONE], (2, 1)),
    "stuck from one look to the next is bad": ([DONE, STUCK], (1, 1)),
    "stuck before we watched is past": ([STUCK, STUCK, HALF, DONE], (0, 0)),
    "begun before we watched counts": ([HALF, DONE], (1, 0)),
    "more replicas of the same template are no rollout": ([DONE, rollout(3, 3, 5), rollout(5, 5, 5)], (0, 0)),
    "a replica that is replaced is no rollout": ([DONE, rollout(2, 2), DONE], (0, 0)),
    "one that is paused half-way goes on later": ([DONE, HALF, rollout(2), DONE], (1, 0)),
    "scaled to nothing meanwhile, it is no event": ([DONE, HALF, rollout(0, 0, 0), DONE], (0, 0)),
    "deleted meanwhile, it is no event": ([DONE, HALF, rollout(2, deleting=True)], (0, 0)),
    "a StatefulSet's is over when its revisions agree": (
        [rollout(kind="StatefulSet"), rollout(0, **REVISIONS_DIFFER), rollout(3, **REVISIONS_DIFFER), rollout(kind="StatefulSet")],
        (1, 0),
    ),
    "a StatefulSet's partition keeps old replicas, and that is all right": (
        [rollout(0, **REVISIONS_DIFFER), rollout(1, kind="StatefulSet")],
        (1, 0),
    ),
    "a DaemonSet's is over when all of its pods are new and ready": (
        [rollout(0, kind="DaemonSet", rolling=True, changing=True), rollout(2, kind="DaemonSet", rolling=True), rollout(kind="DaemonSet")],
        (1, 0),
    ),
}  # fmt: skip


@pytest.mark.parametrize(("story", "counted"), STORIES.values(), ids=STORIES.keys())
def test_rollouts(story: list[WorkloadSnapshot], counted: tuple[int, int]) -> None:
    stage = Stage(objective(Indicator.ROLLOUT_SUCCESS, Selector("shop", "", "web")))
    for at, snapshot in enumerate(story):
        stage.put(at, snapshot)
    assert stage.step(30) == [(0, 30, *counted)]
