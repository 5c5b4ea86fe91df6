"""What befalls workloads, nodes and the exporter, and which alert must tell: every alert by the same questions."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from kube_headroom.catalogue import exporter, kubelets, nodes, usage, workloads
from kube_headroom.catalogue.labels import (
    Node,
    Nothing,
    Page,
    Source,
    Workload,
    WorkloadContainer,
    WorkloadContainerProbe,
    WorkloadContainerReason,
    WorkloadOwner,
)
from kube_headroom.catalogue.metric import Counter, Metric, Sample
from kube_headroom.catalogue.recorded import ALERTS
from tests.alerts.timeline import ALWAYS, EPSILON, series_of, values_of

STEP: Final = 1.0
BEGIN, END, LAST = 45.0, 105.0, 142.0
"""Minutes: all is well, something is wrong, all is well again."""

CART: Final = Workload("shop", "Deployment", "cart")
CONTAINER: Final = WorkloadContainer(*CART, "app")
OWNED: Final = {**CART._asdict(), "owner": "checkout"}
NEVER: Final = float("inf")


class Row(NamedTuple):
    """A series: what it is when all is well, in trouble, and just below; counters are per minute."""

    metric: Metric[Any]
    labels: tuple[str, ...]
    good: float
    bad: float
    below: float

    def at(self, level: str) -> float:
        """Return what it is in trouble, or just below."""
        return {"bad": self.bad, "below": self.below}[level]


class Trouble(NamedTuple):
    """Something wrong and its alert: when it fires and ends, in minutes after the trouble's begin and end."""

    alert: str
    severity: str
    labels: dict[str, str]
    rows: tuple[Row, ...]
    fires: tuple[float, float]
    ends: tuple[float, float]
    patience: float
    """Minutes of trouble that no one is told of."""


class Scene(NamedTuple):
    """A trouble as it is played: `level` of its rows from `begin` to `end`, scraped while one of `lives` goes on."""

    sentence: str
    trouble: Trouble
    fires: tuple[tuple[float, float], tuple[float, float]] | None
    level: str = "bad"
    times: tuple[float, float] = (BEGIN, END)
    lives: tuple[tuple[float, float], ...] = ALWAYS
    without: tuple[Metric[Any], ...] = ()
    """What the exporter does not tell of the workload."""

    def document(self) -> dict[str, Any]:
        """Return the scene as one of promtool's tests."""
        instants = [number * STEP for number in range(int(LAST / STEP))]
        return {
            "interval": f"{int(STEP * 60)}s",
            "input_series": list(self._series()),
            "promql_expr_test": [check for minute in instants for check in self._checks(minute)],
        }

    def _series(self) -> Iterator[dict[str, str]]:
        changed = {(changed.metric, changed.labels): changed for changed in self.trouble.rows}
        rows = {(usual.metric, usual.labels): usual for usual in HEALTHY} | changed
        for given in rows.values():
            if given.metric in self.without and given.labels[: len(CART)] == CART:
                continue
            values = {
                index: value
                for index in range(int(LAST / STEP) + 1)
                if (value := self._value(given, index * STEP)) is not None
            }
            sample = Sample(given.metric, given.labels, 0)
            yield {"series": series_of(sample, "a"), "values": values_of(values, int(LAST / STEP) + 1)}

    def _value(self, given: Row, minute: float) -> float | None:
        begins = [start for start, end in self.lives if start <= minute < end]
        if not begins:
            return None
        if not isinstance(given.metric, Counter):
            return given.at(self.level) if self.times[0] <= minute < self.times[1] else given.good
        return self._counted(given, minute) - self._counted(given, begins[0])

    def _counted(self, given: Row, minute: float) -> int:
        wrong = max(0.0, min(minute, self.times[1]) - self.times[0])
        return math.floor((minute - wrong) * given.good + EPSILON) + math.floor(wrong * given.at(self.level) + EPSILON)

    def _checks(self, minute: float) -> Iterator[dict[str, Any]]:
        trouble, there = self.trouble, False
        if self.fires is not None:
            begin, end = self.fires
            if begin[0] < minute < begin[1] or end[0] < minute < end[1]:
                return
            there = begin[1] <= minute <= end[0]
        labels = {"alertname": trouble.alert, "alertstate": "firing", "severity": trouble.severity, **trouble.labels}
        if workloads.INFO in self.without:
            labels.pop("owner", None)
        told = ", ".join(f"{name}={json.dumps(text)}" for name, text in labels.items())
        asked = f'alertname="{trouble.alert}", alertstate="firing", severity="{trouble.severity}"'
        yield {
            "expr": f"max without () ({ALERTS.name}{{{asked}}})",
            "eval_time": f"{int(minute * 60)}s",
            "exp_samples": [{"labels": f"{{{told}}}", "value": 1}] if there else [],
        }


def row(metric: Metric[Any], *troubled: float, labels: tuple[str, ...] = CART) -> Row:
    good, *rest = troubled
    bad, below = rest or (good, good)
    return Row(metric, labels, good, bad, below)


def ends(reason: str, *troubled: float) -> Row:
    return row(workloads.CONTAINER_TERMINATIONS, *troubled, labels=WorkloadContainerReason(*CONTAINER, reason))


def probe(metric: Metric[Any], *troubled: float) -> Row:
    return row(metric, *troubled, labels=WorkloadContainerProbe(*CONTAINER, "readiness"))


HEALTHY: Final = (
    row(workloads.INFO, 1, labels=WorkloadOwner(*CART, "checkout")),
    row(workloads.INFO, 1, labels=WorkloadOwner("shop", "Deployment", "search", "")),
    row(workloads.REPLICAS_DESIRED, 4),
    row(workloads.REPLICAS_READY, 4),
    row(workloads.REPLICAS_AVAILABLE, 4),
    row(workloads.REPLICAS_UPDATED, 4),
    row(workloads.ROLLOUT_STUCK, 0),
    row(workloads.PODS_UNSCHEDULABLE, 0),
    row(workloads.PODS_ON_UNREADY_NODES, 0),
    row(workloads.CONTAINER_RESTARTS, 0, labels=CONTAINER),
    ends("Error", 0),
    ends("OOMKilled", 0),
    probe(usage.PROBES, 24),
    probe(usage.PROBE_FAILURES, 0),
    row(usage.CFS_PERIODS, 600, labels=CONTAINER),
    row(usage.CFS_THROTTLED_PERIODS, 0, labels=CONTAINER),
    row(usage.CPU_THROTTLED, 0),
    row(usage.MEMORY_LIMIT_PEAK, 0.5, labels=CONTAINER),
    *(row(nodes.NODE_READY, 1, labels=Node(name)) for name in ("n1", "n2", "n3")),
    *(row(nodes.NODE_UNSCHEDULABLE, 0, labels=Node(name)) for name in ("n1", "n2", "n3")),
    *(row(exporter.SOURCE_UP, 1, labels=Source(name)) for name in ("pods", "events")),
    *(row(exporter.SOURCE_STALE, 0, labels=Source(name)) for name in ("pods", "events")),
    row(exporter.SOURCE_WATCHES, 0.2, labels=Source("pods")),
    row(kubelets.KUBELET_NODES_EXPECTED, 10, labels=Nothing()),
    *(row(kubelets.KUBELET_NODES_READ, 10, labels=Page(name)) for name in ("resource", "cadvisor")),
)
