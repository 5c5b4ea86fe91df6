"""The workload that is chosen, and the shapes of questions about it."""

from __future__ import annotations

from typing import Any, Final

from kube_headroom.catalogue.labels import Workload
from kube_headroom.catalogue.metric import Counter, Gauge
from kube_headroom.catalogue.promql import sum_by
from kube_headroom.catalogue.selection import increase, label_is, rate, value
from kube_headroom.catalogue.vector import RATE_INTERVAL, Vector

LABELS: Final = Workload._fields
THIS: Final = tuple(label_is(label, f"${label}") for label in LABELS)


def total(gauge: Gauge[Any], *by: str) -> Vector:
    """Return a gauge of the workload, added up over all but `by`."""
    return sum_by(value(gauge, *THIS), *LABELS, *by)


def per_second(counter: Counter[Any], *by: str) -> Vector:
    """Return what a counter of the workload grows by in a second."""
    return sum_by(rate(counter, RATE_INTERVAL, *THIS), *LABELS, *by)


def growth(counter: Counter[Any], *by: str) -> Vector:
    """Return what a counter of the workload grew before each point, in two minutes or more."""
    return sum_by(increase(counter, RATE_INTERVAL, *THIS), *LABELS, *by)
