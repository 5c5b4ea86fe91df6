"""What happens while the exporter is dead counts once: the raw samples that Prometheus stored add up to what happened."""

from collections.abc import Callable
from itertools import pairwise

import pytest

from tests.real import manifests
from tests.real.client import Object
from tests.real.exporter import Exporter
from tests.real.prometheus import Prometheus, service_monitor
from tests.real.stages import NAMESPACE, PATIENCE_SECONDS, Stage, run_pod
from tests.real.waiting import wait_until

RESTARTS = "headroom_workload_container_restarts_total"
ENDS = "headroom_workload_container_terminations_total"
EVENTS = "headroom_workload_events_total"
FINISHED = "headroom_workload_jobs_finished_total"
FAILED = "headroom_workload_jobs_failed_total"

TOLD = "FailedMount"  # what no kubelet of either stage says by itself


class Scraped:
    """An exporter that keeps its state, and the Prometheus that scrapes it every second."""

    def __init__(self, exporter: Exporter, prometheus: Prometheus) -> None:
        self.exporter = exporter
        self.prometheus = prometheus

    def series(self, metric: str, workload: str, **labels: str) -> str:
        """A PromQL selector of one series of a workload."""
        wanted = {"namespace": NAMESPACE, "workload": workload, **labels}
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
        )


@pytest.fixture
def scraped(stage: Stage, exporter: Callable[..., Exporter], prometheus: Callable[..., Prometheus]) -> Scraped:
    started = exporter(stage.kubeconfig)
    started.start()
    return Scraped(started, prometheus([service_monitor("headroom", started.target)]))


def test_each_thing_that_happened_around_a_restart_is_counted_once(stage: Stage, scraped: Scraped) -> None:
    grown = run_pod(stage, "grown")
    run_pod(stage, "idle")
    for name in ("finished", "unfinished"):
        stage.create(manifests.job(name, NAMESPACE, {"nodeSelector": {"no": "node"}}))
    for name in ("grown", "idle"):
        scraped.wait_stored(0, RESTARTS, name)
        scraped.wait_stored(0, ENDS, name, reason="Error")
    stage.crash(["grown"])
    stage.create(told("not-mounted", grown, 3))
    scraped.wait_stored(1, RESTARTS, "grown")
    scraped.wait_stored(1, ENDS, "grown", reason="Error")
    scraped.wait_stored(3, EVENTS, "grown", reason=TOLD)
    scraped.wait_stored(0, FAILED, "finished")

    scraped.exporter.wait_saved()
    scraped.exporter.kill()
    stage.crash(["grown"])
    stage.change_event("not-mounted", 7)
    newborn = run_pod(stage, "born-while-down")
    stage.crash(["born-while-down"])
    stage.create(told("first-words", newborn, 2))
    finish(stage, "finished")
    scraped.exporter.start()

    run_pod(stage, "born-while-up")
    stage.crash(["born-while-up"])
    for name in ("grown", "born-while-down", "born-while-up"):
        scraped.wait_stored(1, RESTARTS, name)
        scraped.wait_stored(1, ENDS, name, reason="Error")
    scraped.wait_stored(4, EVENTS, "grown", reason=TOLD)
    scraped.wait_stored(2, EVENTS, "born-while-down", reason=TOLD)
    scraped.wait_stored(1, FAILED, "finished")
    # A second restart over which nothing happens must not count anything again.
    scraped.exporter.wait_saved()
    scraped.exporter.kill()
    scraped.exporter.start()
    stage.crash(["idle"])
    scraped.wait_stored(1, RESTARTS, "idle")

    happened = {
        "grown": (2, 2, 7),
        "born-while-down": (1, 1, 2),
        "born-while-up": (1, 1, None),
        "idle": (1, 1, None),
    }
    stored = {
        name: (
            scraped.increase(RESTARTS, name),
            scraped.increase(ENDS, name, reason="Error"),
            None if events is None else scraped.increase(EVENTS, name, reason=TOLD),
        )
        for name, (_, _, events) in happened.items()
    }
    assert stored == happened
    jobs = {
        name: (scraped.increase(FINISHED, name), scraped.increase(FAILED, name)) for name in ("finished", "unfinished")
    }
    assert jobs == {"finished": (1, 1), "unfinished": (0, 0)}
    assert scraped.increase(ENDS, "grown", reason="OOMKilled") == 0


def test_without_a_check_point_what_is_old_is_a_baseline(stage: Stage, scraped: Scraped) -> None:
    old = run_pod(stage, "old")
    for _ in range(3):
        stage.crash(["old"])
    stage.create(told("long-ago", old, 9))
    scraped.exporter.kill()
    for file in scraped.exporter.state.parent.glob(f"{scraped.exporter.state.name}*"):
        file.unlink()
    scraped.exporter.start()
    scraped.wait_stored(0, RESTARTS, "old")
    stage.crash(["old"])
    stage.change_event("long-ago", 11)
    scraped.wait_stored(1, RESTARTS, "old")
    scraped.wait_stored(2, EVENTS, "old", reason=TOLD)
    scraped.wait_stored(1, ENDS, "old", reason="Error")
    assert scraped.exporter.page().total(ENDS, namespace=NAMESPACE, workload="old") == 1


def told(name: str, about: Object, count: int) -> Object:
    return manifests.event(name, NAMESPACE, about, reason=TOLD, count=count)


def finish(stage: Stage, name: str) -> None:
    """Let a Job run out of time: no run of it can fail without a node."""
    stage.change_spec("Job", name, activeDeadlineSeconds=1)
    wait_until(
        lambda: any(
            condition["type"] == "Failed" and condition["status"] == "True"
            for condition in stage.client.read("Job", name, NAMESPACE)["status"].get("conditions", ())
        ),
        what="the Job to fail",
        timeout=PATIENCE_SECONDS,
    )
