"""When cAdvisor reads what, and what metrics-server makes of it."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest

from kube_headroom.simulator.kubelet.housekeeping import Housekeepings, Reading, Row
from kube_headroom.simulator.program import Program
from kube_headroom.simulator.world import World
from tests.simulator.kubelet.machine_stage import BUSY, START, MachineStage

SILENT = Program(start_seconds=0.0, cpu_start_cores=0.0, cpu_idle_cores=0.0, memory_bytes=0.0)


def rows(stage: MachineStage, kind: str) -> list[tuple[Row, Reading]]:
    return [(row, reading) for row, reading in stage.housekeeping.rows() if row.kind == kind]


def moments(stage: MachineStage, seconds: int) -> list[float]:
    """When the first container was read, as often as it was."""
    seen = []
    for _ in range(seconds):
        stage.run(1)
        for _, reading in rows(stage, "container")[:1]:
            if reading.at not in seen:
                seen.append(reading.at)
    return seen


def test_every_cgroup_is_read_at_moments_of_its_own() -> None:
    stage = MachineStage()
    for number in range(5):
        stage.pod(f"p{number}", BUSY, BUSY)
    stage.run(60)
    kinds = [row.kind for row, _ in stage.housekeeping.rows()]
    assert {kind: kinds.count(kind) for kind in kinds} == {"parent": 7, "pod": 5, "pause": 5, "container": 10}
    readings = [reading.at for _, reading in stage.housekeeping.rows()]
    assert len(set(readings)) == len(readings)
    assert all(0.0 <= stage.now - at <= 30.0 for at in readings)
    assert max(readings) - min(readings) > 5.0


@pytest.mark.parametrize(
    ("program", "shortest", "longest"), [(BUSY, 10.0, 20.0), (SILENT, 10.0, 30.0)], ids=["busy", "silent"]
)
def test_readings_lie_an_interval_apart_and_further_where_nothing_changes(
    program: Program, shortest: float, longest: float
) -> None:
    stage = MachineStage()
    stage.pod("p", program)
    seen = moments(stage, 600)
    gaps = [later - earlier for earlier, later in pairwise(seen)]
    assert min(gaps) >= shortest
    assert max(gaps) <= longest
    assert (sum(gaps) / len(gaps) > 18.0) is (program is SILENT)


def test_a_container_is_read_when_it_is_born_and_gone_when_it_ends() -> None:
    stage = MachineStage()
    pod = stage.pod("p", BUSY)
    stage.run(1)
    (_, reading), *_ = rows(stage, "container")
    assert stage.now - 1.0 < reading.at < stage.now
    assert 0.0 < reading.cpu_seconds < 1.0
    stage.run(3)
    assert rows(stage, "container")[0][1] == reading, "its CPU since then has no row yet"
    used = pod.containers["c0"].cgroup.cpu_seconds
    pod.containers.clear()
    stage.run(30)
    assert not rows(stage, "container")
    assert rows(stage, "pod")[0][1].cpu_seconds > used


def test_a_restarted_container_is_a_new_row_that_begins_at_nothing() -> None:
    stage = MachineStage()
    pod = stage.pod("p", BUSY)
    stage.run(60)
    stage.start(pod, "c0", BUSY)
    stage.run(1)
    found = rows(stage, "container")
    assert len(found) == 1
    assert found[0][0].cgroup is pod.containers["c0"].cgroup
    assert found[0][1].cpu_seconds < 1.0


def test_a_pod_with_a_new_sandbox_begins_anew_under_its_old_name() -> None:
    stage = MachineStage()
    pod = stage.pod("p", BUSY)
    stage.run(60)
    stage.machine.pods[pod.uid] = replace(pod, cgroup=replace(pod.cgroup, created=stage.now, cpu_seconds=0.0))
    stage.run(1)
    assert [reading.cpu_seconds < 1.0 for _, reading in rows(stage, "pod")] == [True]


def test_a_pods_rows_vanish_with_it() -> None:
    stage = MachineStage()
    pod = stage.pod("p", BUSY)
    stage.run(5)
    del stage.machine.pods[pod.uid]
    stage.run(1)
    assert {row.kind for row, _ in stage.housekeeping.rows()} == {"parent"}


def test_a_kubelet_that_starts_again_reads_everything_anew() -> None:
    stage = MachineStage()
    stage.pod("p", BUSY)
    stage.run(100)
    stage.machine.kubelet_started = stage.now
    stage.run(1)
    ages = [stage.now - reading.at for _, reading in stage.housekeeping.rows()]
    assert len(ages) == 10
    assert max(ages) <= 1.0
    assert rows(stage, "container")[0][1].cpu_seconds == pytest.approx(100, abs=2)


def test_readings_of_counters_never_fall() -> None:
    stage = MachineStage()
    stage.pod("p", replace(BUSY, burstiness=1.5, threads=4), limits=(1.0,))
    before: dict[str, Reading] = {}
    for _ in range(200):
        stage.run(1)
        for row, reading in stage.housekeeping.rows():
            last = before.get(row.cgroup.path)
            assert last is None or all(now >= then for now, then in zip(reading[:11], last[:11], strict=True))
            before[row.cgroup.path] = reading


def test_usage_is_told_once_every_container_was_read_twice() -> None:
    stage = MachineStage()
    pod = stage.pod("p", BUSY, replace(BUSY, cpu_idle_cores=0.25))
    stage.run(2)
    assert stage.housekeeping.usage(pod.uid) is None
    stage.run(40)
    told = stage.housekeeping.usage(pod.uid)
    assert told is not None
    assert {name: cores for name, (cores, _) in told.items()} == {
        "c0": pytest.approx(1.0, rel=0.2),
        "c1": pytest.approx(0.25, rel=0.2),
    }
    assert told["c0"][1] == pytest.approx(30 * 2**20, rel=0.2)


def test_usage_is_not_told_of_the_unknown_the_restarted_and_the_unreachable() -> None:
    stage = MachineStage()
    pod = stage.pod("p", BUSY)
    stage.run(60)
    assert stage.housekeeping.usage("nobody") is None
    stage.machine.up = False
    assert stage.housekeeping.usage(pod.uid) is None
    stage.machine.up = True
    assert stage.housekeeping.usage(pod.uid) is not None
    stage.start(pod, "c0", BUSY)
    stage.run(2)
    assert stage.housekeeping.usage(pod.uid) is None


def test_every_machine_of_a_world_has_its_own_cadvisor() -> None:
    world, stage = World(seed=1, start=START), MachineStage()
    pod = stage.pod("p", BUSY)
    stage.run(1)
    housekeepings = Housekeepings(world)
    world.add(housekeepings)
    world.machines["n1"] = stage.machine
    world.machines["n2"] = MachineStage().machine
    world.advance(START + 60)
    assert housekeepings.usage(pod.uid) is not None
    assert housekeepings.usage("nobody") is None
    assert [row.kind for row, _ in housekeepings.on("n1").rows()].count("container") == 1
    del world.machines["n1"]
    world.advance(START + 61)
    assert housekeepings.usage(pod.uid) is None
    with pytest.raises(KeyError):
        housekeepings.on("n1")
