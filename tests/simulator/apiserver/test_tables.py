"""The cells of `kubectl get`, as tests/real/test_simulated_api.py proved them against the real API server."""

from __future__ import annotations

from typing import Any

import pytest

from kube_headroom.simulator.apiserver.printing import printer
from kube_headroom.simulator.apiserver.printing.cells import duration
from kube_headroom.simulator.store import Object, timestamp
from tests.simulator.apiserver.stage import START, Stage, pod

TABLE = "application/json;as=Table;g=meta.k8s.io;v=v1"
MINUTE, HOUR, DAY = 60, 3600, 86400
YEAR = 365 * DAY


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (-5, "<invalid>"),
        (-1.5, "0s"),
        (0, "0s"),
        (119.9, "119s"),
        (120, "2m"),
        (9 * MINUTE + 59, "9m59s"),
        (10 * MINUTE + 59, "10m"),
        (179 * MINUTE, "179m"),
        (3 * HOUR, "3h"),
        (7 * HOUR + 59 * MINUTE, "7h59m"),
        (8 * HOUR + 59 * MINUTE, "8h"),
        (47 * HOUR, "47h"),
        (2 * DAY, "2d"),
        (7 * DAY + 23 * HOUR, "7d23h"),
        (8 * DAY + 23 * HOUR, "8d"),
        (2 * YEAR - 1, "729d"),
        (2 * YEAR, "2y"),
        (3 * YEAR + 5 * DAY, "3y5d"),
        (9 * YEAR + 5 * DAY, "9y"),
    ],
)
def test_a_duration_has_two_or_three_figures(seconds: float, shown: str) -> None:
    assert duration(seconds) == shown


def status_of(name: str, *, restarts: int = 0, ready: bool = True, **state: Any) -> Object:
    last = {"terminated": {"exitCode": 1, "finishedAt": timestamp(START - 300)}} if restarts else None
    found = {"name": name, "restartCount": restarts, "ready": ready, "state": state or {"running": {}}}
    return {**found, "lastState": last} if last else found


WAITING: dict[str, Any] = {"waiting": {"reason": "CrashLoopBackOff"}}
PULLING: dict[str, Any] = {"waiting": {"reason": "ImagePullBackOff"}}
KILLED: dict[str, Any] = {"terminated": {"exitCode": 137, "reason": "OOMKilled"}}
COMPLETED: dict[str, Any] = {"terminated": {"exitCode": 0, "reason": "Completed"}}


@pytest.mark.parametrize(
    ("status", "metadata", "shown"),
    [
        pytest.param({"phase": "Pending"}, {}, ["0/1", "Pending", "0"], id="a new pod"),
        pytest.param(
            {"phase": "Running", "containerStatuses": [status_of("app")]},
            {},
            ["1/1", "Running", "0"],
            id="a running pod",
        ),
        pytest.param(
            {"phase": "Running", "containerStatuses": [status_of("app", restarts=3)]},
            {},
            ["1/1", "Running", "3 (5m ago)"],
            id="one that restarted",
        ),
        pytest.param(
            {"phase": "Running", "containerStatuses": [status_of("app", restarts=3, ready=False, **WAITING)]},
            {},
            ["0/1", "CrashLoopBackOff", "3 (5m ago)"],
            id="one that waits between crashes",
        ),
        pytest.param(
            {"phase": "Running", "containerStatuses": [status_of("app", ready=False, **KILLED)]},
            {},
            ["0/1", "OOMKilled", "0"],
            id="one that was just killed",
        ),
        pytest.param(
            {"phase": "Pending", "containerStatuses": [status_of("app", ready=False, **PULLING)]},
            {},
            ["0/1", "ImagePullBackOff", "0"],
            id="one without its image",
        ),
        pytest.param(
            {"phase": "Succeeded", "containerStatuses": [status_of("app", ready=False, **COMPLETED)]},
            {},
            ["0/1", "Completed", "0"],
            id="one that is through",
        ),
        pytest.param({"phase": "Failed", "reason": "Evicted"}, {}, ["0/1", "Evicted", "0"], id="an evicted one"),
        pytest.param(
            {"phase": "Running", "containerStatuses": [status_of("app")]},
            {"deletionTimestamp": timestamp(START + 30)},
            ["1/1", "Terminating", "0"],
            id="one that is being deleted",
        ),
        pytest.param(
            {"phase": "Running", "reason": "NodeLost"},
            {"deletionTimestamp": timestamp(START + 30)},
            ["0/1", "Unknown", "0"],
            id="one that is being deleted on a lost node",
        ),
    ],
)
def test_a_pods_row_says_what_is_the_matter(status: Object, metadata: Object, shown: list[str]) -> None:
    found = pod("a")
    created = {**found["metadata"], "creationTimestamp": timestamp(START - 600), **metadata}
    cells = printer("pods").cells({**found, "metadata": created, "status": status}, START)
    assert cells[:5] == ["a", *shown, "10m"]


def test_a_table_has_its_columns_once_and_a_row_for_each_object(stage: Stage) -> None:
    stage.create("pods", pod("a"), pod("b"))
    table = stage.json("/api/v1/pods", accept=TABLE)
    names = [column["name"] for column in table["columnDefinitions"] if column["priority"] == 0]
    assert names == ["Name", "Ready", "Status", "Restarts", "Age"]
    assert [row["cells"][0] for row in table["rows"]] == ["a", "b"]
    assert {row["object"]["kind"] for row in table["rows"]} == {"PartialObjectMetadata"}


def test_ages_are_of_simulated_time(stage: Stage) -> None:
    stage.create("pods", pod("a"))
    stage.simulation.advance(90 * MINUTE)
    (row,) = stage.json("/api/v1/pods", accept=TABLE)["rows"]
    assert row["cells"][4] == "90m"


def test_a_watched_table_tells_its_columns_with_the_first_row_only(stage: Stage) -> None:
    (made,) = stage.create("pods", pod("a"))
    with stage.watch(accept=TABLE) as events:
        first = events.next()["object"]
        stage.change("pods", made, status={"phase": "Failed"})
        second = events.next()["object"]
    assert first["columnDefinitions"]
    assert second["columnDefinitions"] is None
    assert (first["rows"][0]["cells"][2], second["rows"][0]["cells"][2]) == ("Running", "Failed")


def test_a_kind_without_columns_of_its_own_shows_when_it_was_made(stage: Stage) -> None:
    stage.create("limitranges", {"metadata": {"name": "a", "namespace": "shop"}, "spec": {}})
    table = stage.json("/api/v1/limitranges", accept=TABLE)
    assert [column["name"] for column in table["columnDefinitions"]] == ["Name", "Created At"]
    assert table["rows"][0]["cells"] == ["a", timestamp(START)]
