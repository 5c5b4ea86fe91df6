"""The statuses that a real kubelet wrote, and the simulated one's of the same pods, in the same order.

Recorded from kubelet 1.36.3 with containerd 1.6.20 (default settings), pod by pod: seconds since the first status,
phase, containers (name, restarts, state, reason, ready, started, reason of the last end) and the conditions
PodReadyToStartContainers, Initialized, Ready and ContainersReady.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from kube_headroom.simulator.store import Change, Object
from tests.simulator.kubelet.node_stage import Stage, container, http

RECORD = Path(__file__).parents[2] / "golden" / "kubelet" / "status_sequences.json"
CONDITIONS = ("PodReadyToStartContainers", "Initialized", "Ready", "ContainersReady")
DELETED_AFTER = 290.0
"""Two of the recorded pods were deleted then."""


def _crash(stage: Stage) -> Object:
    return {"containers": [container(stage.image("crash:1", runs_seconds=1.0, exit_code=3), name="c")]}


def _no_image(stage: Stage) -> Object:
    stage.world.registry.withhold("nothing:1")
    return {"containers": [container("nothing:1", name="c")]}


def _live(stage: Stage) -> Object:
    """It ignores SIGTERM and fails every probe, as the recorded one did."""
    spec = container(
        stage.image("httpd:1", hangs_after=0.0),
        name="c",
        livenessProbe=http("/no", periodSeconds=3),
        readinessProbe=http(periodSeconds=5),
    )
    return {"containers": [spec], "terminationGracePeriodSeconds": 2}


def _job(stage: Stage) -> Object:
    sidecar = stage.image("sidecar:1")
    return {
        "restartPolicy": "Never",
        "initContainers": [
            container(stage.image("init:1", runs_seconds=3.0), name="init"),
            container(sidecar, name="s1", restartPolicy="Always"),
            container(sidecar, name="s2", restartPolicy="Always"),
        ],
        "containers": [container(stage.image("job:1", runs_seconds=8.0), name="c")],
    }


@pytest.mark.parametrize(
    ("name", "spec"),
    [
        pytest.param("crash", _crash, id="a crash loop shows its end for most of a short back-off"),
        pytest.param("live", _live, id="a liveness loop waits as soon as its back-off bites"),
        pytest.param("noimage", _no_image, id="a missing image alternates, and ends as unknown"),
        pytest.param("job", _job, id="a Job's pod with sidecars completes in steps"),
    ],
)
def test_a_pod_goes_through_the_states_that_a_real_kubelet_recorded(name: str, spec: Any) -> None:
    recorded = json.loads(RECORD.read_text())[name]
    stage = Stage()
    stage.world.tick = 0.25  # a real kubelet does not wait for the next full second
    written: list[list[Any]] = []

    def note(change: Change) -> None:
        if change.resource == "pods" and change.object.get("status", {}).get("containerStatuses"):
            row = _row(change.object["status"])
            if not written or written[-1] != row:
                written.append(row)

    stage.store.listeners.append(note)
    pod = stage.pod(name=name, **spec(stage))
    stage.advance(DELETED_AFTER)
    stage.store.delete("pods", pod, grace=30)
    stage.advance(60)
    # A real kubelet leaves out what is overtaken before it was sent; it never shows anything else.
    assert _missing([row for _, *row in recorded], written) == []


def _missing(recorded: list[list[Any]], written: list[list[Any]]) -> list[list[Any]]:
    """Return the recorded rows that do not come, in this order, among the written ones."""
    rest = iter(written)
    return [row for row in recorded if not any(row == other for other in rest)]


def _row(status: Object) -> list[Any]:
    """Return a status as it is recorded."""
    containers = []
    for each in (*status.get("initContainerStatuses", ()), *status["containerStatuses"]):
        ((state, detail),) = each["state"].items()
        last = each["lastState"].get("terminated", {}).get("reason", "")
        named = (each["name"], each["restartCount"], state, detail.get("reason", ""))
        containers.append([*named, each["ready"], each["started"], last])
    shown = {each["type"]: f"{each['status']} {each.get('reason', '')}".strip() for each in status["conditions"]}
    return [status["phase"], containers, [shown[kind] for kind in CONDITIONS]]
