"""Vectors worked out by hand from the rules of the real `replica_calculator.go` (kubernetes 1.36)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kube_headroom.simulator.controllers.replica_calculator import (
    CalculationError,
    Milli,
    Result,
    Target,
    Tolerances,
    calculate,
)
from kube_headroom.simulator.store import Object
from tests.simulator.controllers.stand_in import START, container, pod, running

NOW = START + 3600


def running_pod(number: int, *, started: float = 3600, ready: bool = True, since: float | None = None) -> Object:
    """A pod that asks for one core and 1Gi, started and became what it is some seconds ago."""
    made = pod(f"p{number}", container(requests={"cpu": "1", "memory": "1Gi"}))
    status = running(NOW - started, ready=ready)
    status["conditions"][0]["lastTransitionTime"] = running(NOW - (started if since is None else since))["startTime"]
    return {**made, "status": status}


def pods(count: int) -> list[Object]:
    return [running_pod(number) for number in range(count)]


def pending(number: int) -> Object:
    return {**running_pod(number), "status": {"phase": "Pending"}}


def failed(number: int) -> Object:
    return {**running_pod(number), "status": {"phase": "Failed"}}


def deleted(number: int) -> Object:
    made = running_pod(number)
    return {**made, "metadata": {**made["metadata"], "deletionTimestamp": "2026-01-01T00:00:00Z"}}


CPU_80 = Target("cpu", utilization=80)
CPU_50 = Target("cpu", utilization=50)


@pytest.mark.parametrize(
    ("found", "usage", "target", "expected"),
    [
        pytest.param(pods(3), [800, 800, 800], CPU_80, Result(3, 800, 80), id="on target nothing changes"),
        pytest.param(pods(3), [860, 860, 860], CPU_80, Result(3, 860, 86), id="86 % is within 10 % of 80 %"),
        pytest.param(pods(3), [900, 900, 900], CPU_80, Result(4, 900, 90), id="90/80 of 3 is 3.4, so 4"),
        pytest.param(pods(10), [640] * 10, CPU_80, Result(8, 640, 64), id="64/80 of 10 is 8"),
        pytest.param(pods(10), [728] * 10, CPU_80, Result(10, 728, 72), id="the percentage is cut to 72, just within"),
        pytest.param(pods(10), [719] * 10, CPU_80, Result(9, 719, 71), id="and 71 just without: 71/80 of 10 is 8.9"),
        pytest.param(pods(2), [1000, 0], CPU_50, Result(2, 500, 50), id="the average counts, not the highest"),
        pytest.param(
            pods(3), [1000, 1000], CPU_50, Result(4, 1000, 100), id="a pod without usage counts as idle on the way up"
        ),
        pytest.param(
            pods(4), [100, 100, 100], CPU_80, Result(2, 100, 10), id="and as fully used on the way down: 1300/4000 is 32 %"
        ),
        pytest.param(
            pods(4), [700], CPU_50, Result(4, 700, 70), id="nor do three that would turn it downwards: 700/4000 is 17 %"
        ),
        pytest.param(
            pods(2), [500], Target("cpu", utilization=150), Result(2, 500, 50), id="above 100 % a missing pod counts as on target"
        ),
        pytest.param(
            pods(2), [700], CPU_80, Result(2, 700, 70), id="a missing pod that would turn the direction changes nothing"
        ),
        pytest.param(
            [*pods(2), pending(2)], [1000, 1000], CPU_50, Result(4, 1000, 100), id="a pending pod counts as idle on the way up"
        ),
        pytest.param(
            [*pods(2), pending(2)], [100, 100], CPU_50, Result(1, 100, 10), id="and not at all on the way down: 10/50 of 2"
        ),
        pytest.param(
            [*pods(2), failed(2), deleted(3)], [1000, 1000, 0, 0], CPU_50, Result(4, 1000, 100), id="failed and deleted pods are ignored"
        ),
        pytest.param(
            [*pods(2), running_pod(2, started=100, ready=False)],
            [1000, 1000, 1000],
            CPU_50,
            Result(4, 1000, 100),
            id="CPU of a starting pod that is not ready is that of its start",
        ),
        pytest.param(
            [*pods(2), running_pod(2, started=100, since=10)],
            [1000, 1000, 1000],
            CPU_50,
            Result(4, 1000, 100),
            id="so is that of one that became ready within the last window",
        ),
        pytest.param(
            [*pods(2), running_pod(2, started=100, since=20)],
            [1000, 1000, 1000],
            CPU_50,
            Result(6, 1000, 100),
            id="but not that of one ready for a whole window",
        ),
        pytest.param(
            [*pods(2), running_pod(2, started=400, ready=False, since=50)],
            [1000, 1000, 1000],
            CPU_50,
            Result(6, 1000, 100),
            id="a pod that was ready once counts though it is not now",
        ),
        pytest.param(
            [*pods(2), running_pod(2, started=400, ready=False, since=390)],
            [1000, 1000, 1000],
            CPU_50,
            Result(4, 1000, 100),
            id="one that never was does not",
        ),
        pytest.param(
            [*pods(2), running_pod(2, started=10, ready=False)],
            [2 * 2**30 * 1000] * 3,
            Target("memory", utilization=100),
            Result(6, 2 * 2**30 * 1000, 200),
            id="memory counts from the start",
        ),
        pytest.param(pods(4), [300] * 4, Target("cpu", average=100), Result(12, 300), id="three times the amount per pod"),
        pytest.param(
            pods(4), [30, 30, 30], Target("cpu", average=100), Result(2, 30), id="a missing pod counts as on target: 190/4 is 47"
        ),
        pytest.param(
            pods(3), [860] * 3, Target("cpu", utilization=80, tolerances=Tolerances(0.1, 0.05)), Result(4, 860, 86), id="a narrower tolerance upwards"
        ),
    ],
)  # fmt: skip
def test_the_replicas_for_a_metric(found: list[Object], usage: list[Milli], target: Target, expected: Result) -> None:
    metrics = {one["metadata"]["name"]: value for one, value in zip(found, usage, strict=False)}
    current = sum(one["status"]["phase"] != "Failed" and "deletionTimestamp" not in one["metadata"] for one in found)
    assert calculate(found, metrics, target, current=current, now=NOW) == expected


@pytest.mark.parametrize(
    ("found", "target", "message"),
    [
        pytest.param([], CPU_80, "no pods returned by selector while calculating replica count", id="no pods"),
        pytest.param(
            [pending(0)],
            CPU_80,
            "did not receive metrics for targeted pods (pods might be unready)",
            id="only pods that are not ready",
        ),
        pytest.param(
            [{**running_pod(0), "spec": {"containers": [container("web")]}}],
            CPU_80,
            "missing request for cpu in container web of Pod p0",
            id="a container without a request",
        ),
        pytest.param(
            pods(1),
            Target("cpu", "proxy", 80),
            "container proxy not found in Pod p0",
            id="a container that is not there",
        ),
    ],
)
def test_what_cannot_be_calculated_says_why(found: list[Object], target: Target, message: str) -> None:
    with pytest.raises(CalculationError) as raised:
        calculate(found, {"p0": 100}, target, current=1, now=NOW)
    assert str(raised.value) == message


@given(st.lists(st.integers(0, 5000), min_size=1, max_size=20), st.integers(1, 200))
def test_the_replicas_bring_the_average_to_the_target(usage: list[int], utilization: int) -> None:
    found = pods(len(usage))
    metrics = {f"p{number}": value for number, value in enumerate(usage)}
    result = calculate(found, metrics, Target("cpu", utilization=utilization), current=len(usage), now=NOW)
    assert result.utilization is not None
    ratio = result.utilization / utilization
    held = result.replicas == len(usage) and Tolerances().hold(ratio)
    # In the percentage that the real calculator cuts, one replica less would have been just enough at most: it
    # rounds up a product of floats, which may lie a bit above the whole number that it stands for.
    enough = (result.replicas - 1) * utilization <= result.utilization * len(usage) <= result.replicas * utilization
    assert held or enough
