from dataclasses import replace
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from kube_headroom.simulator.kubelet.runtime import Cgroup, Machine, RunningContainer, RunningPod
from kube_headroom.simulator.program import Program
from kube_headroom.simulator.request_metrics import RequestMetrics
from kube_headroom.simulator.shop.rows import Demand
from kube_headroom.simulator.traffic import Traffic
from kube_headroom.simulator.world import World

NOON = 1_799_755_200.0
FRONT, BACK = ("shop", "front"), ("shop", "back")
HEALTHY = Program(latency=0.02, error_ratio=0.0)


class Stage:
    """Two services of one pod each, whose processes the tests run by hand."""

    def __init__(self) -> None:
        self.world = World(seed=1, start=NOON)
        self.world.machines["n"] = Machine("n", 4, 2**34, 2**36, NOON)
        for namespace, name in (FRONT, BACK):
            metadata = {"namespace": namespace, "name": name}
            self.world.store.create("services", {"metadata": metadata, "spec": {"selector": {"app": name}}})
        demands = {FRONT: Demand(100.0, (("shop/back", 1.0),)), BACK: Demand()}
        self.traffic = Traffic(self.world, demands)
        self.metrics = RequestMetrics(self.world, self.traffic)
        self.world.add(self.traffic, self.metrics)
        self.pods = {name: self.run(name, f"{name}-1") for name in ("front", "back")}

    def run(self, app: str, name: str, program: Program = HEALTHY) -> RunningPod:
        pod = self.world.store.create(
            "pods",
            {
                "metadata": {"namespace": "shop", "name": name, "labels": {"app": app}},
                "spec": {"nodeName": "n", "containers": [{"name": app}]},
                "status": {"conditions": [{"type": "Ready", "status": "True"}]},
            },
        )
        uid = pod["metadata"]["uid"]
        running = RunningPod(uid, "shop", name, "Burstable", Cgroup("/pod", NOON), "sandbox")
        container = RunningContainer(app, app, f"{name} started once", program, NOON, Cgroup("/pod/container", NOON))
        running.containers[app] = container
        self.world.machines["n"].pods[uid] = running
        return running

    def alter(self, app: str, **changes: Any) -> None:
        container = self.pods[app].containers[app]
        container.program = replace(container.program, **changes)

    def delete(self, app: str) -> None:
        pod = self.world.store.get("pods", "shop", f"{app}-1")
        assert pod is not None
        self.world.store.delete("pods", pod)

    def samples(self, seconds: float = 0) -> dict[tuple[str, ...], float]:
        """Value by name, service, pod, and code or bucket, after some more seconds."""
        self.world.advance(self.world.now + seconds)
        return {
            (sample.name, *(sample.labels[key] for key in ("service", "pod", "code", "le") if key in sample.labels)):
            sample.value
            for family in text_string_to_metric_families(self.metrics.page().decode())
            for sample in family.samples
        }  # fmt: skip


@pytest.fixture
def stage() -> Stage:
    return Stage()


def test_a_healthy_service_answers_what_arrives(stage: Stage) -> None:
    samples = stage.samples(60)
    assert samples["http_requests_total", "front", "front-1", "200"] == pytest.approx(6000, rel=0.2)
    assert {value for key, value in samples.items() if key[-1] in ("500", "502", "503", "504")} == {0}


def test_counter_and_histogram_agree(stage: Stage) -> None:
    stage.alter("front", error_ratio=0.1, latency=3.0)
    samples = stage.samples(300)
    answered = sum(samples["http_requests_total", "front", "front-1", code] for code in ("200", "500", "502", "504"))
    buckets = [value for key, value in samples.items() if key[:2] == ("http_request_duration_seconds_bucket", "front")]
    assert buckets == sorted(buckets)
    assert buckets[-1] == samples["http_request_duration_seconds_count", "front", "front-1"] == answered


def test_half_of_the_requests_take_less_than_the_median(stage: Stage) -> None:
    stage.alter("back", latency=0.25)
    samples = stage.samples(60)
    within = samples["http_request_duration_seconds_bucket", "back", "back-1", "0.25"]
    assert within / samples["http_request_duration_seconds_count", "back", "back-1"] == pytest.approx(0.5, abs=0.01)


def test_no_counter_ever_falls_while_the_process_lives(stage: Stage) -> None:
    before = stage.samples(5)
    for latency in (0.001, 4.0, 0.02):
        stage.alter("front", latency=latency, error_ratio=latency / 10)
        after = stage.samples(35)
        assert all(after[key] >= value for key, value in before.items())
        before = after


def test_a_starved_process_answers_more_slowly(stage: Stage) -> None:
    fast = stage.samples(60)
    stage.pods["back"].cgroup.wanted, stage.pods["back"].cgroup.granted = 1.0, 0.1
    slow = stage.samples(60)
    key = ("http_request_duration_seconds_sum", "back", "back-1")
    assert slow[key] - fast[key] > 5 * fast[key]


def test_a_starved_callee_slows_its_caller(stage: Stage) -> None:
    key = ("http_request_duration_seconds_sum", "front", "front-1")
    fast = stage.samples(60)[key]
    stage.alter("back", latency=0.2)
    assert stage.samples(60)[key] - fast > 5 * fast


def test_errors_of_a_callee_are_seen_by_its_caller(stage: Stage) -> None:
    stage.alter("back", error_ratio=0.25)
    samples = stage.samples(60)
    assert samples["http_requests_total", "front", "front-1", "502"] / 6000 == pytest.approx(0.25, rel=0.2)
    assert samples["http_requests_total", "front", "front-1", "500"] == 0


@pytest.mark.parametrize(
    "cause", ["no pod is ready", "the machine is off the network", "the process is dead", "it hangs"]
)
def test_what_nobody_answers_is_counted_without_a_pod_and_fails_the_caller(stage: Stage, cause: str) -> None:
    stage.samples(60)
    if cause == "no pod is ready":
        stage.delete("back")
    elif cause == "the machine is off the network":
        stage.world.machines["n"].up = False
    elif cause == "the process is dead":
        stage.pods["back"].containers.clear()
    else:
        stage.pods["back"].containers["back"].program = replace(HEALTHY, hangs_after=1.0)
    before = stage.samples()
    after = stage.samples(60)
    key = ("http_requests_total", "back", "", "503")
    assert before[key] == 0
    if stage.world.machines["n"].up:
        assert after[key] == pytest.approx(6000, rel=0.2)
        assert after["http_requests_total", "front", "front-1", "502"] == pytest.approx(6000, rel=0.2)
    else:
        assert after["http_requests_total", "front", "", "503"] == pytest.approx(6000, rel=0.2)


def test_requests_later_than_the_time_out_end_with_504(stage: Stage) -> None:
    stage.alter("back", latency=10.0)
    samples = stage.samples(60)
    assert samples["http_requests_total", "back", "back-1", "504"] / 6000 == pytest.approx(0.5, rel=0.2)


def test_a_new_process_counts_from_zero(stage: Stage) -> None:
    before = stage.samples(300)
    stage.pods["front"].containers["front"].id = "started again"
    after = stage.samples(10)
    key = ("http_requests_total", "front", "front-1", "200")
    assert after[key] < before[key] / 10


def test_a_pod_that_went_leaves_after_five_minutes(stage: Stage) -> None:
    stage.samples(60)
    stage.delete("front")
    assert ("http_requests_total", "front", "front-1", "200") in stage.samples(290)
    assert ("http_requests_total", "front", "front-1", "200") not in stage.samples(20)


def test_reading_the_page_changes_nothing(stage: Stage) -> None:
    stage.samples(60)
    assert stage.metrics.page() == stage.metrics.page()
