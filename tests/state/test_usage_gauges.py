"""What is shown of nodes, pools, volumes and peaks, and how much of it is measured."""

from __future__ import annotations

from typing import Any

import pytest

from kube_headroom.readings import Reading, ResourcePage, Volume, VolumesPage
from kube_headroom.resources import Allocation, PodResources
from tests.facts import BEFORE, START, container, node, pod, resources, status
from tests.kubelet_rows import MEBI, refused, resource, total, usage
from tests.stage import LIMITS, Stage
from tests.state.test_usage_cpu import at, read, stage_of

PEAK = "headroom_workload_memory_working_set_peak_bytes"
SHARE = "headroom_workload_memory_limit_usage_peak_ratio"
MEASURED = "headroom_workload_containers_measured"
EXPECTED = "headroom_workload_containers_expected"
SIZE = PodResources(
    containers=(container("app", {"cpu": "500m", "memory": "64Mi"}, {"memory": "200Mi"}), container("log")),
    init_containers=(container("proxy", {"cpu": "100m"}, restartable=True), container("setup", {"cpu": "4"})),
)


def machine(page: int, cpu: float, memory: float, *rows: Any) -> ResourcePage:
    return resource(*rows, node_cpu=Reading(cpu, at(page)), node_working_set=Reading(memory * MEBI, at(page)))


def test_coverage_and_requests_are_those_of_the_measured_containers() -> None:
    stage = Stage()
    running = (status("app"), status("log"), status("proxy", init=True), status("setup", init=True))
    stage.relist("pods", pod(resources=SIZE, statuses=running), pod("web-2", resources=SIZE, statuses=running))
    stage.start()
    read(stage, resource(usage(1, at(1)), usage(1, at(1), container="proxy"), usage(1, at(1), container="setup")))
    assert (total(stage, EXPECTED, "web-1"), total(stage, MEASURED, "web-1")) == (3, 2)
    assert (total(stage, EXPECTED, "web-2"), total(stage, MEASURED, "web-2")) == (3, 0)
    assert total(stage, "headroom_workload_cpu_request_measured_cores") == pytest.approx(0.6)
    assert total(stage, "headroom_workload_memory_request_measured_bytes") == 64 * MEBI
    assert total(stage, "headroom_node_containers_expected") == 6


def test_a_container_that_ended_is_not_expected_and_no_longer_measured() -> None:
    stage = stage_of()
    read(stage, resource(usage(1, at(1))))
    stage.upsert("pods", pod(statuses=(status(running=False, waiting_reason="CrashLoopBackOff"),)))
    assert (total(stage, EXPECTED), total(stage, MEASURED)) == (0, 0)
    assert total(stage, "headroom_workload_memory_working_set_bytes") is None


def test_a_container_that_two_pages_in_a_row_leave_out_is_not_measured() -> None:
    stage = stage_of("web-1", "web-2")
    read(stage, resource(usage(1, at(1)), usage(1, at(1), pod="web-2")))
    read(stage, resource(usage(1, at(2), pod="web-2")))
    assert total(stage, MEASURED, "web-1") == 1
    read(stage, resource(usage(1, at(3), pod="web-2")))
    assert total(stage, MEASURED, "web-1") == 0


def test_the_peak_is_the_highest_replicas_and_passes_with_its_window_whoever_looks() -> None:
    stage = Stage()
    stage.relist("pods", pod(resources=SIZE))
    stage.start()
    for page, memory in ((1, 50), (2, 150), (3, 80)):
        read(stage, resource(usage(1, at(page), memory=memory)))
        stage.lines()
    assert (total(stage, PEAK), total(stage, SHARE)) == (150 * MEBI, 0.75)
    for page in range(4, 46):
        read(stage, resource(usage(1, at(page), memory=80)))
    assert total(stage, PEAK) == 150 * MEBI
    for page in range(46, 50):
        read(stage, resource(usage(1, at(page), memory=80)))
    assert (total(stage, PEAK), total(stage, SHARE)) == (80 * MEBI, 0.4)


def test_peaks_of_a_workload_that_is_no_longer_measured_pass_too() -> None:
    stage = stage_of()
    stage.relist("jobs")
    read(stage, resource(usage(1, at(1))))
    assert total(stage, PEAK) == 100 * MEBI
    stage.inventory.gone("node-1")
    for _ in range(13):
        stage.wait(60)
        stage.lines()
    assert total(stage, PEAK) is None


def test_a_share_is_taken_of_the_limit_that_the_node_granted() -> None:
    resized = PodResources(
        containers=(container("app", limits={"memory": "400Mi"}),),
        allocations={"app": Allocation(reported=True, limits=resources(memory="200Mi"))},
    )
    stage = Stage()
    stage.relist("pods", pod(resources=resized))
    stage.start()
    read(stage, resource(usage(1, at(1), memory=100)))
    assert total(stage, SHARE) == pytest.approx(0.5)


def test_a_nodes_own_usage_stands_beside_its_allocatable() -> None:
    stage = stage_of()
    read(stage, machine(1, 10_000, 900))
    read(stage, machine(2, 10_030, 950))
    read(stage, machine(3, 7, 950))
    read(stage, machine(4, 19, 960))
    assert total(stage, "headroom_node_cpu_usage_seconds_total") == 42
    assert total(stage, "headroom_node_memory_working_set_bytes") == 960 * MEBI
    assert total(stage, "headroom_node_pool_cpu_usage_seconds_total", "general") == 42
    assert total(stage, "headroom_node_pool_nodes_measured", "general") == 1
    assert total(stage, "headroom_node_pool_cpu_allocatable_measured_cores", "general") == 4
    assert refused(stage) == {"fell": 1}


def test_a_pools_counter_goes_on_when_a_node_goes_and_its_gauges_say_how_many_they_are_of() -> None:
    stage = stage_of()
    stage.upsert("nodes", node("node-2"))
    for page in (1, 2):
        stage.now = START + 15 * page
        for name in ("node-1", "node-2"):
            stage.inventory.page(name, machine(page, 10.0 * page, 512), stage.now)
    used, memory = "headroom_node_pool_cpu_usage_seconds_total", "headroom_node_pool_memory_working_set_bytes"
    assert (total(stage, used), total(stage, memory)) == (20, 1024 * MEBI)
    stage.inventory.gone("node-2")
    stage.delete("nodes", node("node-2"))
    assert (total(stage, used), total(stage, memory)) == (20, 512 * MEBI)
    assert total(stage, "headroom_node_pool_nodes_measured") == 1


VOLUME = Volume("shop", "data", 100.0, 40.0, 1000.0, 10.0)
USED = "headroom_persistentvolumeclaim_volume_used_bytes"


def test_volumes_are_shown_while_their_node_tells_of_them() -> None:
    stage = stage_of()
    read(stage, VolumesPage((VOLUME, Volume("shop", "odd", None, 5.0, None, None))))
    assert total(stage, USED, "data") == 40
    assert total(stage, "headroom_persistentvolumeclaim_volume_capacity_bytes") == 100
    assert total(stage, "headroom_persistentvolumeclaim_volume_inodes") == 1000
    assert total(stage, "headroom_persistentvolumeclaim_volume_inodes_used") == 10
    read(stage, VolumesPage((VOLUME,)))
    assert total(stage, USED, "odd") is None
    stage.wait(121)
    assert total(stage, USED) is None


def test_of_a_volume_on_several_nodes_the_fullest_is_shown() -> None:
    stage = stage_of()
    read(stage, VolumesPage((VOLUME,)))
    stage.inventory.page("node-2", VolumesPage((VOLUME._replace(used_bytes=70.0),)), stage.now)
    assert total(stage, USED) == 70
    stage.inventory.gone("node-2")
    assert total(stage, USED) == 40


def test_usage_is_published_every_few_seconds_and_withdrawn_with_its_workload_at_once() -> None:
    stage = Stage(limits=LIMITS._replace(usage=LIMITS.usage._replace(publish_every=5.0)))
    stage.relist("pods", pod(created=BEFORE))
    stage.start()
    read(stage, resource(usage(1, at(1))))
    assert total(stage, MEASURED) == 1
    read(stage, resource(usage(2, START + 17)), seconds=3)
    assert total(stage, "headroom_workload_cpu_usage_seconds_total") == 0
    stage.wait(2)
    assert total(stage, "headroom_workload_cpu_usage_seconds_total") == 1
    stage.delete("pods", pod())
    assert stage.matching("web-1") == []


def test_without_reading_kubelets_nothing_of_usage_is_said() -> None:
    stage = Stage(limits=LIMITS._replace(usage=LIMITS.usage._replace(read=False)))
    stage.relist("pods", pod())
    stage.start()
    assert stage.matching("measured") == []
