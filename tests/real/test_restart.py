"""What happens while the exporter is dead counts once: the raw samples that Prometheus stored add up to what happened."""

from collections.abc import Callable, Iterator
from itertools import pairwise

import pytest

from tests.real import manifests
from tests.real.client import Client, Object
from tests.real.control_plane import ControlPlane
from tests.real.exporter import Exporter
from tests.real.prometheus import Prometheus, service_monitor
from tests.real.waiting import wait_until

RESTARTS = "headroom_workload_container_restarts_total"
ENDS = "headroom_workload_container_terminations_total"
EVENTS = "headroom_workload_events_total"
FINISHED = "headroom_workload_jobs_finished_total"
FAILED = "headroom_workload_jobs_failed_total"


class Stage:
    """A namespace, an exporter that keeps its state, and the Prometheus that scrapes it every second."""

    def __init__(self, client: Client, namespace: str, exporter: Exporter, prometheus: Prometheus) -> None:
        self.client = client
        self.namespace = namespace
        self.exporter = exporter
        self.prometheus = prometheus
        # A node must exist: pods bound to none are collected as garbage within a minute.
        self.node = f"node-of-{namespace}"
        client.create({"apiVersion": "v1", "kind": "Node", "metadata": {"name": self.node}})

    def run_pod(self, name: str) -> Object:
        """A pod whose kubelet is the test: no controller, no kwok."""
        made = self.client.create(manifests.pod(name, self.namespace, manifests.pod_spec(nodeName=self.node)))
        self.crash(name, 0)
        return made

    def crash(self, name: str, times: int) -> None:
        """Report that the container crashed so many times in all."""
        state = manifests.crashed(times)
        if not times:
            del state["lastState"]
        self.client.patch_status("Pod", name, self.namespace, status={"phase": "Running", "containerStatuses": [state]})

    def event(self, name: str, about: Object, count: int) -> None:
        """Report an event, or that it happened so many times in all."""
        if self.client.exists("Event", name, self.namespace):
            self.client.patch("Event", name, self.namespace, patch={"count": count})
        else:
            self.client.create(manifests.event(name, self.namespace, about, count=count))

    def series(self, metric: str, workload: str, **labels: str) -> str:
        """A PromQL selector of one series of a workload."""
        wanted = {"namespace": self.namespace, "workload": workload, **labels}
        matchers = (f'{name}="{value}"' for name, value in wanted.items())
        return f"{metric}{{{','.join(matchers)}}}"

    def increase(self, metric: str, workload: str, **labels: str) -> float:
        """What the raw samples add up to, by PromQL's rule: a value that fell began anew at 0."""
        (raw,) = self.prometheus.query(f"{self.series(metric, workload, **labels)}[1h]")
        values = [value for _, value in raw.samples]
        return sum(after if after < before else after - before for before, after in pairwise(values))

    def wait_stored(self, value: float, metric: str, workload: str, **labels: str) -> None:
        """Wait until the latest sample that Prometheus stored has a value."""
        selector = self.series(metric, workload, **labels)
        wait_until(
            lambda: [found.value for found in self.prometheus.query(selector)] == [value],
            what=f"Prometheus to store {selector} {value:g}",
            timeout=40,
        )


@pytest.fixture
def stage(
    control_plane: ControlPlane,
    namespace: str,
    exporter: Callable[..., Exporter],
    prometheus: Callable[..., Prometheus],
) -> Iterator[Stage]:
    started = exporter(control_plane.kubeconfig())
    started.start()
    server = prometheus([service_monitor("headroom", started.target)])
    made = Stage(control_plane.client(), namespace, started, server)
    yield made
    made.client.delete("Node", made.node)


def test_each_thing_that_happened_around_a_restart_is_counted_once(stage: Stage) -> None:
    grown = stage.run_pod("grown")
    stage.run_pod("idle")
    for name in ("finished", "unfinished"):
        stage.client.create(manifests.job(name, stage.namespace, {"nodeSelector": {"no": "node"}}))
    for name in ("grown", "idle"):
        stage.wait_stored(0, RESTARTS, name)
        stage.wait_stored(0, ENDS, name, reason="Error")
    stage.crash("grown", 1)
    stage.event("back-off", grown, 3)
    stage.wait_stored(1, RESTARTS, "grown")
    stage.wait_stored(1, ENDS, "grown", reason="Error")
    stage.wait_stored(3, EVENTS, "grown", reason="BackOff")
    stage.wait_stored(0, FAILED, "finished")

    stage.exporter.wait_saved()
    stage.exporter.kill()
    stage.crash("grown", 2)
    stage.event("back-off", grown, 7)
    newborn = stage.run_pod("born-while-down")
    stage.crash("born-while-down", 1)
    stage.event("first-words", newborn, 2)
    finish(stage, "finished")
    stage.exporter.start()

    stage.run_pod("born-while-up")
    stage.crash("born-while-up", 1)
    for name in ("grown", "born-while-down", "born-while-up"):
        stage.wait_stored(1, RESTARTS, name)
        stage.wait_stored(1, ENDS, name, reason="Error")
    stage.wait_stored(4, EVENTS, "grown", reason="BackOff")
    stage.wait_stored(2, EVENTS, "born-while-down", reason="BackOff")
    stage.wait_stored(1, FAILED, "finished")
    # A second restart over which nothing happens must not count anything again.
    stage.exporter.wait_saved()
    stage.exporter.kill()
    stage.exporter.start()
    stage.crash("idle", 1)
    stage.wait_stored(1, RESTARTS, "idle")

    happened = {
        "grown": (2, 2, 7),
        "born-while-down": (1, 1, 2),
        "born-while-up": (1, 1, None),
        "idle": (1, 1, None),
    }
    stored = {
        name: (
            stage.increase(RESTARTS, name),
            stage.increase(ENDS, name, reason="Error"),
            None if events is None else stage.increase(EVENTS, name, reason="BackOff"),
        )
        for name, (_, _, events) in happened.items()
    }
    assert stored == happened
    jobs = {name: (stage.increase(FINISHED, name), stage.increase(FAILED, name)) for name in ("finished", "unfinished")}
    assert jobs == {"finished": (1, 1), "unfinished": (0, 0)}
    assert stage.increase(ENDS, "grown", reason="OOMKilled") == 0


def test_without_a_check_point_what_is_old_is_a_baseline(stage: Stage) -> None:
    old = stage.run_pod("old")
    stage.crash("old", 5)
    stage.event("long-ago", old, 9)
    stage.exporter.kill()
    for file in stage.exporter.state.parent.glob(f"{stage.exporter.state.name}*"):
        file.unlink()
    stage.exporter.start()
    stage.wait_stored(0, RESTARTS, "old")
    stage.crash("old", 6)
    stage.event("long-ago", old, 11)
    stage.wait_stored(1, RESTARTS, "old")
    stage.wait_stored(2, EVENTS, "old", reason="BackOff")
    # Four of the five crashes in one step between two looks left no trace; none of them is new.
    assert stage.exporter.page().total(ENDS, namespace=stage.namespace, workload="old") == 1


def finish(stage: Stage, name: str) -> None:
    """Fail a Job as its controller does: no run of it can fail without a node."""
    stage.client.patch("Job", name, stage.namespace, patch={"spec": {"activeDeadlineSeconds": 1}})
    wait_until(
        lambda: any(
            condition["type"] == "Failed" and condition["status"] == "True"
            for condition in stage.client.read("Job", name, stage.namespace)["status"].get("conditions", ())
        ),
        what="the Job to fail",
    )
