"""The words and shapes of the exporter's panels."""

from __future__ import annotations

from typing import Any, Final

from dashboards.questions import Limits, Question
from kube_headroom.catalogue.metric import Counter, Gauge, Unit
from kube_headroom.catalogue.promql import sum_by
from kube_headroom.catalogue.selection import increase, value
from kube_headroom.catalogue.vector import RATE_INTERVAL, Vector

UNSCRAPED: Final = "No exporter is scraped"
NO_KUBELETS: Final = "Kubelets are not read"
NO_PROMETHEUS: Final = "No Prometheus is asked (prometheus.url)"
ALL_UP: Final = Limits(1, 0.5)


def counted(title: str, sentence: str, without: str) -> Question:
    """Ask for a number of things."""
    return Question(title, sentence, Unit.NONE, without)


def each(gauge: Gauge[Any]) -> Vector:
    """Return a gauge by all its labels, without those of the scrape."""
    return sum_by(value(gauge), *gauge.label_names)


def growth(counter: Counter[Any]) -> Vector:
    """Return what a counter grew before each point, in two minutes or more, by all its labels."""
    return sum_by(increase(counter, RATE_INTERVAL), *counter.label_names)
