"""Restarts and ends of one container, counted once whatever the API shows and repeats."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kube_headroom.model import ContainerStatus
from kube_headroom.state.terminations import NEVER_RAN, UNKNOWN, baseline_of, progress
from tests.facts import ended, status

A, B, C = ended("a", "Error"), ended("b", "OOMKilled", 137), ended("c", "Completed", 0)

STORIES = [
    pytest.param([status()], 0, [], id="a running container ended nothing"),
    pytest.param([status(terminated=A)], 0, ["Error"], id="an end counts before its restart"),
    pytest.param(
        [status(terminated=A), status(waiting_reason="CrashLoopBackOff", last_terminated=A)],
        0,
        ["Error"],
        id="waiting after an end does not count it again",
    ),
    pytest.param(
        [
            status(terminated=A),
            status(waiting_reason="CrashLoopBackOff", last_terminated=A),
            status(restart_count=1, last_terminated=A),
        ],
        1,
        ["Error"],
        id="running again after back-off counts the restart and not the end",
    ),
    pytest.param(
        [status(restart_count=1, last_terminated=B)],
        1,
        ["OOMKilled"],
        id="an OOM kill seen only after the restart counts once",
    ),
    pytest.param(
        [status(restart_count=1, last_terminated=B), status(restart_count=1, last_terminated=B)],
        1,
        ["OOMKilled"],
        id="a relist counts nothing twice",
    ),
    pytest.param(
        [
            status(restart_count=1, last_terminated=A),
            status(restart_count=1, last_terminated=A, terminated=B),
            status(restart_count=2, last_terminated=B),
        ],
        2,
        ["Error", "OOMKilled"],
        id="two ends have two reasons",
    ),
    pytest.param(
        [status(restart_count=3, last_terminated=B)],
        3,
        [UNKNOWN, UNKNOWN, "OOMKilled"],
        id="a jump of three is one known end and two unknown",
    ),
    pytest.param(
        [
            status(restart_count=5, last_terminated=A),
            status(restart_count=0),
            status(restart_count=1, last_terminated=B),
        ],
        6,
        [*[UNKNOWN] * 4, "Error", "OOMKilled"],
        id="a count reset with its node goes on from zero",
    ),
    pytest.param(
        [status(restart_count=1, last_terminated=ended("d", "Error", 137))],
        1,
        ["Error"],
        id="exit code 137 alone is no OOM kill",
    ),
    pytest.param(
        [status(terminated=ended("", "StartError", 128))] * 2,
        0,
        ["StartError"],
        id="an end without a container id counts once by its time",
    ),
    pytest.param([status(terminated=C)], 0, ["Completed"], id="a one-shot init container completes"),
]


def replay(states: list[ContainerStatus]) -> tuple[int, list[str]]:
    baseline, restarts = NEVER_RAN, 0
    reasons: list[str] = []
    for state in states:
        made = progress(baseline, state)
        baseline, restarts, reasons = made.baseline, restarts + made.restarts, [*reasons, *made.reasons]
    return restarts, reasons


@pytest.mark.parametrize(("states", "restarts", "reasons"), STORIES)
def test_a_container_counts(states: list[ContainerStatus], restarts: int, reasons: list[str]) -> None:
    assert replay(states) == (restarts, reasons)


@pytest.mark.parametrize(("states", "restarts", "reasons"), STORIES)
def test_what_a_baseline_holds_is_not_counted(
    states: list[ContainerStatus],
    restarts: int,  # noqa: ARG001  the stories' totals are for the other test
    reasons: list[str],  # noqa: ARG001
) -> None:
    made = progress(baseline_of(states[-1]), states[-1])
    assert (made.restarts, made.reasons) == (0, ())


@st.composite
def lives(draw: st.DrawFn) -> tuple[list[ContainerStatus], int]:
    """The states a kubelet shows of one container, some of them missed by the watcher, and its true ends."""
    runs = draw(st.integers(1, 8))
    states, previous = [status()], None
    for run in range(runs):
        end = ended(f"id-{run}", draw(st.sampled_from(["Error", "OOMKilled", "Completed"])))
        states += [
            status(restart_count=run, terminated=end, last_terminated=previous),
            status(restart_count=run, waiting_reason="CrashLoopBackOff", last_terminated=end),
            status(restart_count=run + 1, last_terminated=end),
        ]
        previous = end
    seen = [state for state in states[:-1] if draw(st.booleans())]
    return [*seen, states[-1]], runs


@given(lives())
def test_whatever_a_watcher_misses_the_totals_are_right(life: tuple[list[ContainerStatus], int]) -> None:
    states, runs = life
    restarts, reasons = replay(states)
    assert (restarts, len(reasons)) == (runs, runs)


@given(lives(), st.integers(0, 30))
def test_a_baseline_taken_anywhere_loses_and_doubles_nothing(life: tuple[list[ContainerStatus], int], at: int) -> None:
    states, runs = life
    cut = at % len(states)
    before, reasons_before = replay(states[: cut + 1])
    baseline, restarts, reasons = baseline_of(states[cut]), 0, 0
    for state in states[cut:]:
        made = progress(baseline, state)
        baseline, restarts, reasons = made.baseline, restarts + made.restarts, reasons + len(made.reasons)
    assert (before + restarts, len(reasons_before) + reasons) == (runs, runs)
