"""CPU of containers too short-lived to have rows: the pod's row less its containers', only where the API shows such a run."""

from __future__ import annotations

from typing import Any

import pytest

from kube_headroom.model import ContainerStatus, Pod
from kube_headroom.readings import Cgroup
from kube_headroom.resources import PodResources
from tests.facts import AFTER, START, container, ended, pod, status
from tests.kubelet_rows import cadvisor, cgroup, resource, total, usage
from tests.stage import Stage

CPU = "headroom_workload_cpu_usage_seconds_total"
UNMEASURED = 'container="_unmeasured"'
SIZE = PodResources(containers=(container("app"), container("crash")), init_containers=(container("setup"),))


def made(*statuses: ContainerStatus, **fields: Any) -> Pod:
    return pod(resources=SIZE, statuses=statuses, **({"created": AFTER} | fields))


def finished(name: str, runs: int = 1, **fields: Any) -> ContainerStatus:
    """A container that has ended `runs` times and waits to be started again."""
    return status(name, running=False, waiting_reason="CrashLoopBackOff", restart_count=runs - 1,
                  terminated=ended(f"{name}-{runs}"), **fields)  # fmt: skip


def whole(cpu: float, at: float) -> Cgroup:
    return cgroup(at, cpu=cpu)


class Watch:
    """One pod on one node, read every 15 s; stamps are seconds since START."""

    def __init__(self, facts: Pod) -> None:
        self.stage = Stage()
        self.stage.relist("pods")
        self.stage.start()
        self.stage.wait(10)
        self.stage.upsert("pods", facts)

    def resource(self, now: float, *rows: tuple[float, float], name: str = "app") -> None:
        self.stage.now = START + now
        page = resource(*(usage(cpu, START + at, container=name) for cpu, at in rows))
        self.stage.inventory.page("node-1", page, self.stage.now)

    def cadvisor(self, now: float, *rows: Cgroup) -> None:
        self.stage.now = START + now
        self.stage.inventory.page("node-1", cadvisor(*rows), self.stage.now)

    @property
    def unmeasured(self) -> float | None:
        return total(self.stage, CPU, UNMEASURED)


def test_an_ordinary_pods_pause_container_and_last_seconds_are_no_rest() -> None:
    watch = Watch(made(status("app")))
    for now in range(30, 150, 30):
        watch.resource(now, (now / 2, now - 5))
        watch.cadvisor(now + 3, whole(now / 2 + 1.5, START + now - 5))
    assert watch.unmeasured is None


def test_a_fast_init_container_leaves_its_cpu_to_the_rest() -> None:
    watch = Watch(made(status("app"), status("setup", running=False, terminated=ended("x", "Completed", 0))))
    watch.resource(30, (4, 25))
    watch.cadvisor(33, whole(7, START + 28))
    assert watch.unmeasured == 0
    watch.resource(45, (8, 41))
    # At second 28 the container had used 4.75 s.
    assert watch.unmeasured == pytest.approx(7 - 4.75)


def test_a_pod_without_any_container_row_is_all_rest() -> None:
    watch = Watch(made(finished("crash")))
    watch.cadvisor(30, whole(2, START + 25))
    assert watch.unmeasured == 2
    watch.stage.upsert("pods", made(finished("crash", 2)))
    watch.cadvisor(60, whole(5, START + 55))
    assert watch.unmeasured == 5


def test_what_a_busy_neighbour_uses_between_the_rows_is_not_rest() -> None:
    """Rows up to 17 s apart: the plain difference would swing by 17 s for one busy core."""
    watch = Watch(made(status("app"), finished("crash")))
    for now in range(20, 400, 15):
        lag = (now * 7) % 17
        watch.resource(now, (now - lag, now - lag))
        if now % 2:
            watch.cadvisor(now + 1, whole(now - 3 + 1.0, START + now - 3))
        shown = watch.unmeasured
        assert shown is None or shown <= 1.0 + 1e-6
    assert watch.unmeasured == pytest.approx(1)


def test_the_rest_never_falls() -> None:
    watch = Watch(made(status("app"), finished("crash")))
    watch.resource(20, (1, 15))
    shown = 0.0
    for page, cpu in enumerate((5, 4, 9, 8, 12), 2):
        watch.cadvisor(20 * page, whole(cpu, START + 20 * page - 12))
        watch.resource(20 * page + 1, (1, 20 * page - 5))
        now = watch.unmeasured or 0.0
        assert now >= shown
        shown = now
    assert shown > 0


def test_a_run_that_is_missing_beside_others_takes_two_pages_to_believe() -> None:
    watch = Watch(made(status("app")))
    watch.resource(30, (1, 25))
    watch.cadvisor(31, whole(1.1, START + 24))
    watch.stage.upsert("pods", made(status("app", restart_count=2)))
    watch.resource(45, (2, 41))
    watch.cadvisor(46, whole(4.1, START + 40))
    assert watch.unmeasured is None
    watch.resource(60, (3, 56))
    watch.cadvisor(76, whole(5.1, START + 55))
    assert watch.unmeasured == 0
    watch.resource(90, (4, 86))
    watch.cadvisor(91, whole(6.1, START + 70))
    assert watch.unmeasured == pytest.approx(6.1 - 3.4666, abs=1e-3)


def test_a_seen_restart_is_no_missing_run() -> None:
    watch = Watch(made(status("app")))
    watch.resource(30, (1, 25))
    watch.stage.upsert("pods", made(status("app", restart_count=1)))
    watch.stage.now = START + 45
    page = resource(usage(0.5, START + 44, started=START + 40))
    watch.stage.inventory.page("node-1", page, watch.stage.now)
    for now in (46, 76, 106):
        watch.cadvisor(now, whole(3.1, START + now - 6))
    assert watch.unmeasured is None


def test_of_an_old_pod_the_rest_begins_when_it_is_first_known() -> None:
    watch = Watch(made(finished("crash", 3), created=START - 500))
    watch.cadvisor(30, whole(900, START + 25))
    watch.stage.upsert("pods", made(finished("crash", 4), created=START - 500))
    watch.cadvisor(60, whole(903, START + 55))
    watch.stage.upsert("pods", made(finished("crash", 5), created=START - 500))
    watch.cadvisor(90, whole(905, START + 85))
    assert watch.unmeasured == 2


def test_a_container_without_a_row_yet_is_waited_for_and_counts_once() -> None:
    watch = Watch(made(status("app"), finished("crash")))
    watch.cadvisor(30, whole(7, START + 28))
    assert watch.unmeasured == 0
    watch.resource(31, (5, 28))
    watch.cadvisor(60, whole(9, START + 58))
    watch.resource(61, (7, 58))
    assert total(watch.stage, CPU) == pytest.approx(9)


def test_the_last_row_of_a_container_that_comes_after_its_pod_went_counts_once() -> None:
    watch = Watch(made(status("app"), finished("crash")))
    watch.resource(30, (5, 28))
    watch.cadvisor(31, whole(7, START + 28))
    watch.resource(45, (6, 42))
    watch.cadvisor(60, whole(9, START + 58))
    gone = made(status("app"), finished("crash"))
    watch.stage.upsert("pods", gone, pod("web-2"))
    watch.stage.delete("pods", gone)
    watch.resource(61, (7, 58))
    watch.stage.upsert("pods", gone)
    assert 7 <= (total(watch.stage, CPU) or 0) <= 9


def test_a_pod_that_ends_between_two_pages_is_settled_when_it_goes() -> None:
    watch = Watch(made(status("app")))
    watch.cadvisor(15, whole(2.5, START + 14))
    assert watch.unmeasured is None
    watch.stage.upsert("pods", made(finished("app"), phase="Failed"))
    assert watch.unmeasured == 2.5
