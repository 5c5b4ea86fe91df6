"""The last hour of counters: increases only, each for an hour."""

from __future__ import annotations

from typing import Any

import pytest

from kube_headroom.overview.increases import SLOT, WINDOW
from tests.facts import controller, ended, node, pod, reference, replica_set, status
from tests.overview.stage import Scene

HOLD = 60
MINE: dict[str, Any] = {"controller": reference("ReplicaSet", "web-abc")}


def crashed(times: int, reason: str = "Error") -> Any:
    last = ended(f"c{times}", reason) if times else None
    return pod(statuses=(status(restart_count=times, last_terminated=last),), **MINE)


def running(times: int = 0) -> Scene:
    """A workload that has been watched for longer than its counters are held."""
    stage = Scene()
    stage.relist("nodes", node())
    stage.relist("deployments", controller())
    stage.relist("replicasets", replica_set())
    stage.relist("pods", crashed(times))
    stage.start()
    stage.overview()
    stage.wait(HOLD)
    stage.overview()
    return stage


def test_what_happened_before_we_watched_is_no_incident() -> None:
    assert running(times=40).findings() == []


@pytest.mark.parametrize(
    ("times", "reason", "told"),
    [
        pytest.param(1, "Error", ["note: 1 restart in the last hour (app)"], id="one restart is a note"),
        pytest.param(5, "Error", ["risk: 5 restarts in the last hour (app)"], id="many are a risk"),
        pytest.param(
            1,
            "OOMKilled",
            ["risk: 1 OOM kill in the last hour (app)", "note: 1 restart in the last hour (app)"],
            id="an OOM kill is a risk at once",
        ),
    ],
)
def test_restarts(times: int, reason: str, told: list[str]) -> None:
    stage = running()
    stage.upsert("pods", crashed(times, reason))
    assert stage.findings() == told


def test_restarts_add_up_and_age_out() -> None:
    stage = running()
    for times in (1, 2, 3):
        stage.upsert("pods", crashed(times))
        assert f"{times} restart" in stage.findings()[0]
        stage.wait(WINDOW / 3)
    stage.wait(SLOT)
    assert stage.findings() == ["note: 2 restarts in the last hour (app)"]
    stage.wait(WINDOW / 3)
    assert stage.findings() == ["note: 1 restart in the last hour (app)"]
    stage.wait(WINDOW / 3)
    assert stage.findings() == []


def test_a_workload_that_comes_back_brings_no_old_restarts() -> None:
    stage = running()
    stage.upsert("pods", crashed(5))
    assert stage.findings()
    stage.relist("pods")
    stage.relist("replicasets")
    stage.relist("deployments")
    assert stage.findings() == []
    stage.wait(HOLD)
    stage.relist("deployments", controller())
    assert stage.findings() == ["risk: 5 restarts in the last hour (app)"]


def test_a_gone_workload_is_forgotten_in_the_end() -> None:
    stage = running()
    stage.upsert("pods", crashed(5))
    stage.overview()
    for kind in ("pods", "replicasets", "deployments"):
        stage.relist(kind)
    stage.overview()
    stage.wait(WINDOW + SLOT)
    stage.overview()
    assert stage.board._records == {}
