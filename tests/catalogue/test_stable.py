"""STABLE series are a promise: the recorded list may grow, nothing on it may change or go."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from kube_headroom.catalogue.exporter import EXPORTER_METRICS
from kube_headroom.catalogue.labels import Node, Workload
from kube_headroom.catalogue.metric import Aggregation, Counter, Gauge, Metric, Stability, Unit
from kube_headroom.catalogue.metrics import CLUSTER_METRICS

if TYPE_CHECKING:
    from tests.conftest import Golden

RECORDED = Path(__file__).parents[1] / "golden/stable_metrics.txt"

PROMISED = Gauge("headroom_workload_replicas_ready", "Ready.", Workload, Unit.NONE, Aggregation.SUM, Stability.STABLE)


def promises(metrics: Iterable[Metric[Any]]) -> list[str]:
    return sorted(
        f"{metric.name} {metric.kind} {metric.unit.value or '-'} {','.join(metric.label_names) or '-'}"
        for metric in metrics
        if metric.stability is Stability.STABLE
    )


def broken_promises(recorded: str, metrics: Iterable[Metric[Any]]) -> set[str]:
    return {*recorded.splitlines()} - {*promises(metrics)}


def test_stable_series_neither_change_nor_go_and_new_ones_are_recorded(golden: Golden) -> None:
    metrics = (*CLUSTER_METRICS, *EXPORTER_METRICS)
    recorded = RECORDED.read_text(encoding="utf-8")

    assert broken_promises(recorded, metrics) == set(), "a STABLE series may not change; --update will not mend this"
    golden(RECORDED, "".join(f"{line}\n" for line in promises(metrics)))


@pytest.mark.parametrize(
    "now",
    [
        pytest.param([], id="its removal"),
        pytest.param([replace(PROMISED, stability=Stability.EXPERIMENTAL)], id="its demotion"),
        pytest.param([replace(PROMISED, name="headroom_workload_ready_replicas")], id="another name"),
        pytest.param([replace(PROMISED, unit=Unit.RATIO)], id="another unit"),
        pytest.param(
            [Gauge(PROMISED.name, "Ready.", Node, Unit.NONE, Aggregation.SUM, Stability.STABLE)], id="other labels"
        ),
        pytest.param(
            [Counter(PROMISED.name, "Ready.", Workload, Unit.NONE, Aggregation.SUM, Stability.STABLE)],
            id="another type",
        ),
    ],
)
def test_a_promise_is_broken_by(now: list[Metric[Any]]) -> None:
    (recorded,) = promises([PROMISED])

    assert broken_promises(recorded, now) == {recorded}


def test_a_promise_is_kept_when_help_changes_and_series_are_added() -> None:
    (recorded,) = promises([PROMISED])
    now = [replace(PROMISED, help="Better words."), replace(PROMISED, name="headroom_new")]

    assert broken_promises(recorded, now) == set()
