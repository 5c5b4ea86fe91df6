"""Pages of a real kubelet, read and added up: every pod was born while we watch, so each counts whole."""

from __future__ import annotations

from pathlib import Path

import pytest

from kube_headroom.kubelet import pages
from kube_headroom.readings import CadvisorPage
from kube_headroom.resources import PodResources
from kube_headroom.state.ledger import Ledger
from tests.facts import container, pod, status
from tests.kubelet_rows import refused, total
from tests.stage import LIMITS, Stage

RECORDED = Path(__file__).parents[1] / "fixtures/kubelet/1.36.3"
CPU = "headroom_workload_cpu_usage_seconds_total"
LOST = "headroom_workload_cpu_throttled_seconds_total"
PERIODS = "headroom_workload_cpu_cfs_periods_total"
WAITING = "headroom_workload_pressure_waiting_seconds_total"
MEASURED = "headroom_workload_containers_measured"
EXPECTED = "headroom_workload_containers_expected"


def bytes_of(node: str, page: str) -> bytes:
    return (RECORDED / node / f"{page}.txt").read_bytes()


def read(node: str, *, resource: bool = True) -> tuple[Stage, CadvisorPage]:
    """An exporter that has watched for an hour, and the pods of the page, ten minutes old."""
    page = pages.cadvisor(bytes_of(node, "cadvisor"))
    known = {(one.namespace, one.pod): one.pod_uid for one in (*page.pods, *page.containers) if one.pod}
    names: dict[tuple[str, str], set[str]] = {key: set() for key in known}
    usages = pages.resource(bytes_of(node, "resource"))
    for namespace, name, each in (
        *((row.namespace, row.pod, row.container) for row in usages.containers),
        *((row.namespace, row.pod, row.container) for row in page.containers),
    ):
        names.setdefault((namespace, name), set()).add(each)
    now = max(row.cpu.at for row in (*page.pods, *page.containers) if row.cpu and row.cpu.at) + 1
    stage = Stage(Ledger(now - 3600), LIMITS)
    stage.now = now
    facts = [
        pod(
            name,
            uid=known.get((namespace, name), f"uid-{name}"),
            namespace=namespace,
            created=now - 600,
            resources=PodResources(containers=tuple(container(each) for each in sorted(inside or {"app"}))),
            statuses=tuple(status(each) for each in sorted(inside or {"app"})),
        )
        for (namespace, name), inside in names.items()
    ]
    stage.relist("pods", *facts)
    stage.start()
    if resource:
        stage.inventory.page("node-1", usages, now)
    stage.inventory.page("node-1", page, now)
    return stage, page


@pytest.mark.parametrize("node", ["cgroup-v1", "cgroup-v2"])
def test_every_container_row_of_a_recorded_page_is_counted_once(node: str) -> None:
    stage, _ = read(node)
    rows = pages.resource(bytes_of(node, "resource")).containers
    for row in rows:
        counted = total(stage, CPU, f'workload="{row.pod}"', f'container="{row.container}"')
        assert row.cpu is not None
        assert counted == pytest.approx(row.cpu.value)
    assert total(stage, MEASURED) == len(rows)
    assert refused(stage) == {}


@pytest.mark.parametrize("node", ["cgroup-v1", "cgroup-v2"])
def test_the_time_lost_is_the_larger_of_the_pods_row_and_its_containers(node: str) -> None:
    stage, page = read(node)
    lost: dict[str, list[float]] = {}
    for index, rows in enumerate((page.pods, page.containers)):
        for row in rows:
            if row.throttled_seconds is not None:
                lost.setdefault(row.pod, [0.0, 0.0])[index] += row.throttled_seconds.value
    assert lost
    for name, sides in lost.items():
        assert total(stage, LOST, f'workload="{name}"') == pytest.approx(max(sides))


def test_pressure_is_there_on_cgroup_v2_and_absent_on_v1() -> None:
    assert total(read("cgroup-v1")[0], WAITING) is None
    assert (total(read("cgroup-v2")[0], WAITING, 'resource="cpu"') or 0) > 0


def test_a_kubelet_whose_cadvisor_sees_no_containers_still_tells_usage_and_what_pods_lose() -> None:
    stage, page = read("containers-unseen")
    assert not page.labelled or not page.containers
    assert (total(stage, EXPECTED), total(stage, MEASURED)) == (3, 2)
    assert (total(stage, LOST) or 0) > 0
    assert total(stage, PERIODS) is None


def test_without_its_resource_page_it_is_read_as_no_coverage_and_not_as_zero() -> None:
    stage, _ = read("containers-unseen", resource=False)
    assert (total(stage, EXPECTED), total(stage, MEASURED)) == (3, 0)
    assert (total(stage, CPU), total(stage, "headroom_workload_memory_working_set_bytes")) == (None, None)
