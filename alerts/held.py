"""What every alert beyond SLOs stands on: last values that bridge a gap, and alerts that outlive their exporter."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

from alerts.parameters import CLUSTER, severity
from alerts.selection import settled, value
from kube_headroom.catalogue import exporter, workloads
from kube_headroom.catalogue.labels import Workload
from kube_headroom.catalogue.metric import Gauge
from kube_headroom.catalogue.promql import (
    and_,
    count_over_time,
    highest_by,
    join,
    last_over_time,
    max_by,
    min_by,
    or_,
    unless,
)
from kube_headroom.catalogue.recorded import ALERTS
from kube_headroom.catalogue.selection import Matcher, label_is
from kube_headroom.catalogue.vector import Vector

EVERYWHERE: Final = (CLUSTER,)
WORKLOAD: Final = (CLUSTER, *Workload._fields)
OWNED: Final = (*WORKLOAD, "owner")

MEMORY: Final = "5m"
"""How long a gauge counts after its last scrape: as long as Prometheus' own memory, also where it was marked stale."""

LONGEST_HOLD: Final = "6h"
"""How long an exporter may be gone before what fired is forgotten: HeadroomExporterDown pages all the while."""


def most(gauge: Gauge[Any], *by: str, where: tuple[Matcher, ...] = ()) -> Vector:
    """The largest last value: of two exporters, the one that says good of a gauge that is good when high."""
    return max_by(last_over_time(value(gauge, *where), MEMORY), *by)


def least(gauge: Gauge[Any], *by: str, where: tuple[Matcher, ...] = ()) -> Vector:
    """The smallest last value: of two exporters, the one that says good of a gauge that is bad when high."""
    return min_by(last_over_time(value(gauge, *where), MEMORY), *by)


def owned(condition: Vector, alert: str, level: str, *, proven: str = "") -> Vector:
    """Give a condition on workloads its owner where one is told, and keep it where none is; `proven` as in `held`."""
    joined = join(condition, _owners(), on=WORKLOAD, include=("owner",))
    # A label that is not there is an empty one to PromQL: the two sides differ in nothing but the owner's value.
    bare = replace(condition, labels=OWNED)
    # What is held keeps its owner, where counters tell for longer than the owner is remembered.
    return or_(or_(joined, held(alert, level, *OWNED, proven=proven), on=WORKLOAD), bare, on=WORKLOAD)


def held(alert: str, level: str, *by: str, proven: str = "") -> Vector:
    """What fires goes on while no exporter tells anything: then nobody knows that it ended.

    Counters prove an end only once they are back for as long as the condition looks back: for `proven`.
    """
    matchers = (
        label_is("alertname", alert),
        label_is("alertstate", "firing"),
        label_is("severity", severity(alert, level)),
    )
    firing = max_by(value(ALERTS, *matchers, target_labels=(*by, "severity")), *by)
    telling = max_by(value(workloads.INFO), CLUSTER)
    if proven:
        telling = and_(telling, max_by(settled(exporter.SOURCE_WATCHES, proven), CLUSTER), on=EVERYWHERE)
    remembered = max_by(last_over_time(value(exporter.SOURCE_UP), LONGEST_HOLD), CLUSTER)
    return and_(unless(firing, telling, on=EVERYWHERE), remembered, on=EVERYWHERE)


def _owners() -> Vector:
    """1 for each workload, with the one owner that was told most often lately: two at once would break the join."""
    told = max_by(count_over_time(value(workloads.INFO), MEMORY), *OWNED)
    return highest_by(told, *WORKLOAD).above(0, flag=True)
