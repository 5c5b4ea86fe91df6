"""Baselines of kubelets' counters on disk: what happened while we were away counts once, in few bytes, seldom."""

from __future__ import annotations

from pathlib import Path

import pytest

from kube_headroom.readings import Page
from kube_headroom.state.checkpoint import Checkpoint, Identity
from kube_headroom.state.ledger import USAGE, Ledger
from kube_headroom.state.usage.limits import UsageLimits
from tests.facts import START, ended, node, pod, status
from tests.kubelet_rows import cadvisor, cgroup, probe, probes, resource, total, usage
from tests.stage import LIMITS, Stage

CPU = "headroom_workload_cpu_usage_seconds_total"
LOST = "headroom_workload_cpu_throttled_seconds_total"
FAILED = "headroom_workload_probe_failures_total"
NODE_CPU = "headroom_node_cpu_usage_seconds_total"
OURS = Identity(cluster="cluster-uid", namespaces="")
AT_ONCE = LIMITS._replace(counter_hold=0, usage=UsageLimits(publish_every=0, save_every=15))
STARTED = START - 500


def pages(cpu: float, at: float, *, run: str = "a", started: float = STARTED) -> list[Page]:
    counts = (cpu * 10, cpu * 5, cpu / 2)
    return [
        resource(usage(cpu, at, started=started), node_cpu=usage(cpu * 2, at).cpu),
        cadvisor(cgroup(at, container="app", run=run, cfs=counts), cgroup(at, cpu=cpu, throttled=cpu)),
        probes(probe(int(cpu), int(cpu) // 10)),
    ]


def tell(stage: Stage, told: list[Page]) -> None:
    for page in told:
        stage.inventory.page("node-1", page, stage.now)


def begun(ledger: Ledger, now: float) -> Stage:
    stage = Stage(ledger, AT_ONCE)
    stage.now = now
    stage.relist("nodes", node())
    stage.relist("pods", pod())
    stage.start()
    return stage


class Life:
    """One life of the exporter, from its check-point to its check-point."""

    def __init__(self, path: Path, now: float) -> None:
        self.ledger = Ledger(now)
        self.checkpoint = Checkpoint(path, OURS)
        self.checkpoint.resume(self.ledger, now=now, max_age=3600)
        self.stage = begun(self.ledger, now)

    def save(self, *, everything: bool = False) -> int:
        rows = self.stage.inventory.take_changes(everything=everything)
        self.checkpoint.save(rows, self.stage.now)
        return sum(row.table == USAGE for row in rows)

    def end(self) -> None:
        self.save(everything=True)
        self.checkpoint.close()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A check-point that knows 100 s of CPU, stamped 5 s before it was written."""
    life = Life(tmp_path / "state.db", START)
    tell(life.stage, pages(100, START - 5))
    life.end()
    return tmp_path / "state.db"


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        pytest.param(pages(130, START + 290), (130 - 100, 30, 3, 60), id="of the same run what is new counts"),
        pytest.param(pages(100, START + 290), (0, 0, 0, 0), id="what was counted already does not count again"),
        pytest.param(
            pages(20, START + 290, run="b", started=START + 200), (20, 10, 2, None), id="of a new run everything counts"
        ),
    ],
)
def test_after_a_restart(path: Path, told: list[Page], expected: tuple[float | None, ...]) -> None:
    stage = Life(path, START + 300).stage
    tell(stage, told)
    counted = tuple(total(stage, name) for name in (CPU, LOST, FAILED, NODE_CPU))
    for value, wanted in zip(counted, expected, strict=True):
        assert wanted is None or value == pytest.approx(wanted)


def test_without_a_check_point_everything_is_a_baseline(tmp_path: Path) -> None:
    stage = Life(tmp_path / "none.db", START + 300).stage
    tell(stage, pages(130, START + 290))
    assert (total(stage, CPU), total(stage, LOST), total(stage, FAILED)) == (0, 0, 0)


def test_a_pod_that_the_check_point_does_not_know_counts_whole_only_if_it_is_younger(path: Path) -> None:
    stage = Life(path, START + 300).stage
    stage.upsert("pods", pod("young", created=START + 100), pod("old", created=START - 100))
    rows = (usage(7, START + 290, pod="young"), usage(7, START + 290, pod="old"))
    stage.inventory.page("node-1", resource(*rows), stage.now)
    assert (total(stage, CPU, "young"), total(stage, CPU, "old")) == (7, 0)


def test_a_clock_that_was_set_back_while_we_were_away_costs_nothing(path: Path) -> None:
    stage = Life(path, START + 300).stage
    tell(stage, pages(130, START + 290 - 3000))
    assert total(stage, CPU) == 30


def test_the_rest_of_a_pod_goes_on(tmp_path: Path) -> None:
    crashing = pod(
        "crash", created=START + 1, statuses=(status(running=False, restart_count=1, terminated=ended("x")),)
    )
    path = tmp_path / "state.db"
    life = Life(path, START)
    life.stage.wait(1)
    life.stage.upsert("pods", crashing)
    life.stage.wait(60)
    life.stage.inventory.page("node-1", cadvisor(cgroup(life.stage.now - 5, pod="crash", cpu=4.0)), life.stage.now)
    assert total(life.stage, CPU, "_unmeasured") == 4
    life.end()
    stage = Life(path, START + 300).stage
    stage.upsert("pods", crashing)
    stage.inventory.page("node-1", cadvisor(cgroup(stage.now - 5, pod="crash", cpu=10.0)), stage.now)
    assert total(stage, CPU, "_unmeasured") == 6


def throttled(containers: float, own: float, at: float) -> list[Page]:
    return [cadvisor(cgroup(at - 20, container="app", run="a", cfs=(0, 0, containers)), cgroup(at, throttled=own))]


@pytest.mark.parametrize(
    ("known", "told", "expected"),
    [
        pytest.param((20, 40), (45, 45), 5, id="that of the containers, read later, catches up with the pod's"),
        pytest.param((40, 20), (45, 45), 5, id="that of the pod, read later, catches up with its containers'"),
        pytest.param((20, 40), (55, 45), 15, id="that of the containers overtakes the pod's"),
    ],
)
def test_of_throttled_time_the_larger_goes_on_when(
    known: tuple[float, float], told: tuple[float, float], expected: float, tmp_path: Path
) -> None:
    life = Life(tmp_path / "state.db", START)
    for containers, own, at in ((0, 0, START + 30), (*known, START + 90)):
        life.stage.now = at
        tell(life.stage, throttled(containers, own, at))
    assert total(life.stage, LOST) == 40
    life.end()
    stage = Life(tmp_path / "state.db", START + 120).stage
    tell(stage, throttled(*told, START + 120))
    assert total(stage, LOST) == expected


def test_a_node_is_written_every_fifteen_seconds_at_most_and_at_the_end(tmp_path: Path) -> None:
    life = Life(tmp_path / "state.db", START)
    written = []
    for second in range(0, 60, 5):
        life.stage.now = START + second
        tell(life.stage, pages(100 + second, START + second - 1))
        written.append(life.save())
    assert written == [1, 0, 0] * 4
    assert life.save(everything=True) == 1
    assert life.save(everything=True) == 0


def test_a_node_that_could_not_be_written_is_written_again(tmp_path: Path) -> None:
    life = Life(tmp_path / "state.db", START)
    tell(life.stage, pages(100, START - 5))
    rows = life.stage.inventory.take_changes()
    life.stage.inventory.give_back(rows)
    assert [row.key for row in life.stage.inventory.take_changes() if row.table == USAGE] == ["node-1"]


def test_nodes_that_are_gone_leave_the_check_point(path: Path) -> None:
    life = Life(path, START + 10)
    life.stage.delete("pods", pod())
    life.stage.wait(200)
    life.stage.lines()
    life.stage.inventory.gone("node-1")
    life.stage.delete("nodes", node())
    life.end()
    assert Life(path, START + 300).ledger.usage == {}
    stranger = Ledger(START)
    checkpoint = Checkpoint(path, OURS)
    checkpoint.resume(stranger, now=START + 300, max_age=3600)
    assert stranger.usage == {}
