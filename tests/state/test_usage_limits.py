"""What limits cost and what waits: CFS counts, whole-pod throttling and PSI from `/metrics/cadvisor` (R17, R41, R42)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kube_headroom.readings import Cgroup
from tests.facts import AFTER, START, pod
from tests.kubelet_rows import cadvisor, cgroup, refused, resource, total, usage
from tests.stage import Stage
from tests.state.test_usage_cpu import HOUR_AGO, at, read, stage_of

PERIODS = "headroom_workload_cpu_cfs_periods_total"
THROTTLED_PERIODS = "headroom_workload_cpu_cfs_throttled_periods_total"
CONTAINER_SECONDS = "headroom_workload_cpu_cfs_throttled_seconds_total"
LOST = "headroom_workload_cpu_throttled_seconds_total"
WAITING = "headroom_workload_pressure_waiting_seconds_total"
STALLED = "headroom_workload_pressure_stalled_seconds_total"


def app(page: int, seconds: float, *, run: str = "a", name: str = "app", **fields: Any) -> Cgroup:
    """A container that was throttled for so many seconds, in ten periods each."""
    return cgroup(at(page), container=name, run=run, cfs=(seconds * 20, seconds * 10, seconds), **fields)


def whole(page: int, seconds: float | None, **fields: Any) -> Cgroup:
    return cgroup(at(page, lag=9), cpu=1.0, throttled=seconds, **fields)


def after(pages: Sequence[Sequence[Cgroup]], **fields: Any) -> Stage:
    stage = stage_of(**fields)
    for rows in pages:
        read(stage, cadvisor(*rows))
    return stage


@pytest.mark.parametrize(
    ("pages", "expected"),
    [
        pytest.param([[app(1, 40)]], (0, 0, 0), id="the first sight is a baseline"),
        pytest.param([[app(1, 40)], [app(2, 45)]], (100, 50, 5), id="then the kernel's counts add up"),
        pytest.param([[app(1, 40)], [app(2, 2, run="b")]], (40, 20, 2), id="a new run counts whole"),
        pytest.param([[app(1, 40)], [app(2, 41, run="b")]], (820, 410, 41), id="even one that lost more by then"),
        pytest.param(
            [[app(1, 40)], [app(1, 0, run="b")], [app(2, 2, run="b")]],
            (40, 20, 2),
            id="even one whose first row is as old as the last of the run before",
        ),
        pytest.param([[app(1, 40)], [app(2, 30)], [app(3, 43)]], (60, 30, 3), id="a glitch adds nothing"),
        pytest.param([[app(1, 40)], [app(2, 1e9)], [app(3, 43)]], (60, 30, 3), id="nor does a spike"),
        pytest.param([[app(1, 40)], [app(1, 43)], [app(3, 43)]], (60, 30, 3), id="the same stamp is no news"),
        pytest.param([[app(1, 40)], []], (0, 0, 0), id="a row that goes keeps its counts"),
    ],
)
def test_of_a_containers_cfs_counts(pages: list[list[Cgroup]], expected: tuple[float, ...]) -> None:
    stage = after(pages)
    assert tuple(total(stage, name) for name in (PERIODS, THROTTLED_PERIODS, CONTAINER_SECONDS)) == expected


def test_r17_a_container_without_a_limit_has_no_series_and_not_zero() -> None:
    stage = after([[cgroup(at(1), container="app", cpu=1.0), cgroup(at(1), cpu=2.0)]] * 2)
    assert {total(stage, name) for name in (PERIODS, THROTTLED_PERIODS, CONTAINER_SECONDS, LOST)} == {None}


def test_r18_replicas_add_up_so_that_a_ratio_of_sums_can_be_taken() -> None:
    names = ("web-1", "web-2")
    stage = Stage()
    stage.relist("pods", *(pod(name, mirror=False, controller=None) for name in names))
    stage.start()
    for page, counts in ((1, ((0, 0, 0), (0, 0, 0))), (2, ((10, 1, 0.1), (100, 90, 9)))):
        rows = [cgroup(at(page), pod=name, container="app", cfs=one) for name, one in zip(names, counts, strict=True)]
        read(stage, cadvisor(*rows))
    throttled, periods = total(stage, THROTTLED_PERIODS), total(stage, PERIODS)
    assert throttled is not None
    assert periods is not None
    assert throttled / periods == pytest.approx(0.827, abs=1e-3)


@pytest.mark.parametrize(
    ("pages", "expected"),
    [
        pytest.param([[app(1, 40), whole(1, 100)]], 0, id="R41 the first sight is a baseline"),
        pytest.param(
            [[app(1, 40), whole(1, 100)], [app(2, 45), whole(2, 112)]], 12, id="R41 the pod's row, where it lost more"
        ),
        pytest.param(
            [[app(1, 40), whole(1, 100)], [app(2, 47), whole(2, 103)]], 7, id="R41 its containers, where they lost more"
        ),
        pytest.param(
            [[app(1, 40), app(1, 10, name="b"), whole(1, 100)], [app(2, 44), app(2, 13, name="b"), whole(2, 105)]], 7,
            id="R41 all containers together",
        ),
        pytest.param(
            [[app(1, 0), whole(1, 0)], [app(2, 10), whole(2, 0)], [app(3, 10), whole(3, 10)]], 10,
            id="R41 rows that jitter are compared as sums, not interval by interval",
        ),
        pytest.param([[app(1, 40)], [app(2, 45)]], 5, id="R41 containers alone, where the pod has no quota"),
        pytest.param([[whole(1, 40)], [whole(2, 45)]], 5, id="R41 the pod alone, where its containers have none"),
        pytest.param(
            [[app(1, 40), whole(1, 50)], [app(2, 2, run="b"), whole(2, 55)], [app(3, 9, run="b"), whole(3, 56)]], 9,
            id="R41 over restarts of the container",
        ),
    ],
)  # fmt: skip
def test_of_the_time_a_workload_loses(pages: list[list[Cgroup]], expected: float) -> None:
    assert total(after(pages), LOST) == pytest.approx(expected)


def test_a_pod_born_while_we_watch_counts_what_it_lost_from_its_birth() -> None:
    assert total(after([[app(1, 1), whole(1, 3)]], created=AFTER - 10), LOST) == 3


@given(st.lists(st.tuples(st.floats(0, 20), st.floats(0, 20), st.booleans(), st.booleans()), min_size=1, max_size=20))
def test_r41_the_time_lost_is_never_below_either_and_never_falls(
    steps: list[tuple[float, float, bool, bool]],
) -> None:
    stage = stage_of()
    own = containers = shown = 0.0
    read(stage, cadvisor(app(1, 0), whole(1, 0)))
    for page, (own_grown, container_grown, has_own, has_container) in enumerate(steps, 2):
        own += own_grown * has_own
        containers += container_grown * has_container
        rows = [app(page, containers)] * has_container + [whole(page, own)] * has_own
        read(stage, cadvisor(*rows))
        lost = total(stage, LOST)
        assert lost is not None
        assert lost >= shown
        assert lost == pytest.approx(max(own, containers))
        shown = lost


def test_throttling_goes_on_when_a_pod_goes() -> None:
    stage = after([[app(1, 40), whole(1, 50)], [app(2, 41), whole(2, 60)]])
    assert total(stage, LOST) == 10
    stage.delete("pods", pod())
    stage.upsert("pods", pod(uid="uid-second", created=stage.now))
    rows = app(3, 2, uid="uid-second"), whole(3, 4, uid="uid-second"), whole(3, 61)
    read(stage, cadvisor(*rows))
    assert total(stage, LOST) == 15


def test_psi_of_pods_adds_up_per_resource() -> None:
    stage = stage_of("web-1")
    for page, seconds in ((1, 100.0), (2, 104.0)):
        row = cgroup(at(page), cpu=1.0, cpu_psi=(seconds, seconds / 2), memory_psi=(seconds / 4, 0.0))
        read(stage, cadvisor(row))
    assert {words: (total(stage, WAITING, words), total(stage, STALLED, words)) for words in ("cpu", "memory")} == {
        "cpu": (4, 2),
        "memory": (1, 0),
    }
    assert (total(stage, WAITING, "io"), total(stage, STALLED, "io")) == (None, None)


def test_r42_psi_that_is_zero_everywhere_on_a_node_is_not_there() -> None:
    stage = stage_of()
    for page in (1, 2):
        read(stage, cadvisor(cgroup(at(page), cpu=1.0, cpu_psi=(0.0, 0.0)), pressure=False))
    assert total(stage, WAITING) is None


def test_psi_that_is_longer_than_the_time_is_refused() -> None:
    stage = stage_of()
    for page, seconds in ((1, 100.0), (2, 1e6), (3, 109.0)):
        read(stage, cadvisor(cgroup(at(page), cpu=1.0, cpu_psi=(seconds, 0.0))))
    assert total(stage, WAITING, "cpu") == 9
    assert refused(stage) == {"spike": 1}


def test_a_container_that_began_while_we_watch_counts_its_throttling_whole() -> None:
    stage = stage_of()
    read(stage, resource(usage(500, at(1), started=HOUR_AGO)))
    read(stage, resource(usage(500, at(2), started=HOUR_AGO)))
    read(stage, resource(usage(500, at(3), started=HOUR_AGO)))
    began = START + 55
    read(stage, resource(usage(1, at(4, 2), container="late", started=began)))
    stage.inventory.page("node-1", cadvisor(app(4, 2, name="late")), stage.now)
    assert total(stage, CONTAINER_SECONDS) == 2
