"""SLOs from what is declared to what is published, through restarts and changes of mind; the cluster is a stage's."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from kube_headroom import model, signals
from kube_headroom.settings import Settings, read
from kube_headroom.slos import Slos
from kube_headroom.timing import Timing
from tests.facts import controller, metadata, replicas
from tests.stage import Stage

STEP = 30
FILE_SLO = """
apiVersion: openslo/v1
kind: SLO
metadata:
  name: replicas
spec:
  service: shop
  budgetingMethod: Occurrences
  indicator:
    metadata: {name: replicas}
    spec:
      ratioMetric:
        counter: false
        raw:
          metricSource:
            type: Headroom
            spec: {indicator: availability, namespace: shop, kind: Deployment, name: web}
        rawType: success
  timeWindow: [{duration: 30d, isRolling: true}]
  objectives: [{target: 0.99}]
"""


class Exporter:
    """The publishing of cluster state and SLOs, second by second when asked to."""

    def __init__(self, stage: Stage, **flags: str) -> None:
        self.stage = stage
        self.stale: frozenset[str] = frozenset()
        self.settings: Settings = read({"counter_hold": "0s", **flags})
        self.slos = Slos(
            self.settings, stage.inventory, "uid-of-cluster", Timing(clock=lambda: stage.now), stale=lambda: self.stale
        )
        self.page: dict[tuple[str, ...], dict[tuple[str, ...], float]] = {}

    def publish(self) -> None:
        for origin in (self.stage.inventory, self.slos):
            for key, snapshot in origin.snapshots(origin.changes()):
                samples = () if snapshot is None else tuple(signals.samples(key[0], snapshot))
                self.slos.put(key, snapshot, samples, self.stage.now)
                self.page[key] = {(metric.name, *labels): value for metric, labels, value in samples}

    def wait(self, seconds: float) -> None:
        for _ in range(round(seconds / STEP)):
            self.stage.wait(STEP)
            self.publish()

    def values(self, metric: str) -> dict[tuple[str, str], float]:
        """One metric's values by service and SLO."""
        return {
            (labels[0], labels[1]): value
            for samples in self.page.values()
            for (name, *labels), value in samples.items()
            if name == metric
        }

    def own(self) -> dict[str, float]:
        return {"/".join((metric.name, *labels)): value for metric, labels, value in self.slos.samples()}

    def end(self) -> None:
        stopped = threading.Event()
        stopped.set()
        self.slos.run(stopped)


def web(ready: int = 4, slo: str = "", **fields: Any) -> model.Controller:
    return controller("web", slo=slo, replicas=replicas(4, ready=ready), **fields)


@pytest.fixture
def stage() -> Stage:
    made = Stage()
    made.relist("deployments", web(slo="availability=99.9"))
    made.start()
    return made


def outage(exporter: Exporter, seconds: float) -> None:
    exporter.stage.upsert("deployments", web(ready=0, slo="availability=99.9"))
    exporter.wait(seconds)
    exporter.stage.upsert("deployments", web(slo="availability=99.9"))


def test_an_annotation_is_an_slo_and_an_outage_spends_its_budget(stage: Stage) -> None:
    exporter = Exporter(stage)
    exporter.wait(600)
    outage(exporter, 300)
    exporter.wait(60)
    events, bad = (exporter.values(f"headroom_slo_{name}_total") for name in ("events", "bad_events"))
    assert bad == {("shop/web", "availability"): pytest.approx(300, abs=STEP)}
    assert events[("shop/web", "availability")] == pytest.approx(960, abs=2 * STEP)
    assert exporter.values("headroom_slo_policy_state") == {("shop/web", "availability"): 1}


def test_a_workload_without_the_annotation_has_none(stage: Stage) -> None:
    exporter = Exporter(stage)
    exporter.wait(60)
    stage.upsert("deployments", web())
    exporter.wait(60)
    assert exporter.values("headroom_slo_info") == {}


def test_annotations_can_be_switched_off(stage: Stage) -> None:
    exporter = Exporter(stage, slo_annotations="off")
    exporter.wait(60)
    assert exporter.values("headroom_slo_info") == {}


def test_a_file_is_read_again_when_it_changes(stage: Stage, tmp_path: Path) -> None:
    file = tmp_path / "slos.yaml"
    file.write_text(FILE_SLO)
    exporter = Exporter(stage, slo_files=str(file))
    exporter.wait(120)
    assert exporter.values("headroom_slo_objective_ratio")[("shop", "replicas")] == 0.99
    file.write_text(FILE_SLO.replace("0.99", "0.95"))
    exporter.wait(120)
    assert exporter.values("headroom_slo_objective_ratio")[("shop", "replicas")] == 0.95
    assert exporter.values("headroom_slo_events_total")[("shop", "replicas")] == pytest.approx(240, abs=2 * STEP)


def test_a_mistake_is_logged_once_and_counted_while_the_other_slos_go_on(stage: Stage, tmp_path: Path) -> None:
    file = tmp_path / "slos.yaml"
    file.write_text(
        FILE_SLO.replace("target:", "traget:") + "---" + FILE_SLO.replace("name: replicas\n", "name: other\n")
    )
    with capture_logs() as logs:
        exporter = Exporter(stage, slo_files=str(file))
        exporter.wait(300)
    assert [line["log_level"] for line in logs] == ["error"]
    assert "did you mean target?" in logs[0]["problem"]
    assert str(file) in logs[0]["problem"]
    assert exporter.own()["headroom_slo_definition_errors"] == 1
    assert sorted(exporter.values("headroom_slo_info")) == [("shop", "other"), ("shop/web", "availability")]


def test_a_configmap_declares_as_a_file_does(stage: Stage) -> None:
    stage.upsert("configmaps", model.ConfigMap(metadata("slos"), (("slos.yaml", FILE_SLO),)))
    exporter = Exporter(stage)
    exporter.wait(60)
    assert ("shop", "replicas") in exporter.values("headroom_slo_info")


def test_budgets_outlive_a_restart_and_counters_begin_at_0(stage: Stage, tmp_path: Path) -> None:
    flags = {"slo_state_file": str(tmp_path / "slo.sqlite"), "counter_hold": "60s"}
    before = Exporter(stage, **flags)
    before.wait(600)
    outage(before, 300)
    before.wait(60)
    before.end()
    stage.wait(600)
    after = Exporter(Stage(), **flags)
    after.stage.now = stage.now
    after.stage.relist("deployments", web(slo="availability=99.9"))
    after.stage.start()
    after.wait(3 * STEP)
    key = ("shop/web", "availability")
    assert after.values("headroom_slo_bad_events_total") == {key: 0}
    assert after.values("headroom_slo_period_bad_events")[key] == pytest.approx(300, abs=STEP)
    after.wait(600)
    assert after.values("headroom_slo_bad_events_total") == {key: 0}
    assert after.values("headroom_slo_events_total")[key] == pytest.approx(600, abs=2 * STEP)


def test_what_is_silent_is_missing_and_not_good(stage: Stage) -> None:
    exporter = Exporter(stage)
    exporter.wait(300)
    exporter.stale = frozenset({"deployments"})
    exporter.wait(600)
    assert exporter.values("headroom_slo_events_total") == {}
    assert exporter.values("headroom_slo_burn_rate") == {}
    assert exporter.values("headroom_slo_info") == {("shop/web", "availability"): 1}


def test_a_state_file_that_cannot_be_written_is_counted(stage: Stage, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with capture_logs() as logs:
        exporter = Exporter(stage, slo_state_file=str(tmp_path / "file" / "slo.sqlite"))
        exporter.wait(60)
        exporter.end()
    assert exporter.own()["headroom_slo_state_errors_total"] == 2
    assert [line["event"] for line in logs] == ["the SLOs' state cannot be kept"]
    assert exporter.values("headroom_slo_info")
