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

STEP: Final = 0.5
BEGIN, END, LAST = 45.0, 105.0, 150.0
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

    def document(self) -> dict[str, Any]:
        """Return the scene as one of promtool's tests."""
        instants = [number * STEP for number in range(int(LAST / STEP))]
        return {
            "interval": f"{int(STEP * 60)}s",
            "input_series": list(self._series()),
            "promql_expr_test": [check for minute in instants for check in self._checks(minute)],
        }

    def _series(self) -> Iterator[dict[str, str]]:
        changed = {(row.metric, row.labels): row for row in self.trouble.rows}
        rows = {(row.metric, row.labels): row for row in HEALTHY} | changed
        for row in rows.values():
            if row.metric in self.without:
                continue
            values = {
                index: value
                for index in range(int(LAST / STEP) + 1)
                if (value := self._value(row, index * STEP)) is not None
            }
            sample = Sample(row.metric, row.labels, 0)
            yield {"series": series_of(sample, "a"), "values": values_of(values, int(LAST / STEP) + 1)}

    def _value(self, row: Row, minute: float) -> float | None:
        begins = [start for start, end in self.lives if start <= minute < end]
        if not begins:
            return None
        if not isinstance(row.metric, Counter):
            return row.at(self.level) if self.times[0] <= minute < self.times[1] else row.good
        return self._counted(row, minute) - self._counted(row, begins[0])

    def _counted(self, row: Row, minute: float) -> int:
        wrong = max(0.0, min(minute, self.times[1]) - self.times[0])
        return math.floor((minute - wrong) * row.good + EPSILON) + math.floor(wrong * row.at(self.level) + EPSILON)

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


def scenes(trouble: Trouble) -> tuple[Scene, ...]:
    """Return the questions that every alert must answer."""
    begin = (BEGIN + trouble.fires[0], BEGIN + trouble.fires[1])
    whole = (begin, (END + trouble.ends[0], END + trouble.ends[1]))
    brief = (BEGIN, BEGIN + trouble.patience)
    return (
        Scene("fires, and ends when its cause does", trouble, whole),
        Scene("stays silent just below", trouble, None, level="below"),
        Scene("stays silent about what lasts no longer than its patience", trouble, None, times=brief),
        Scene("survives a restart of the exporter", trouble, whole, lives=((0, 85), (85, NEVER))),
        Scene("survives a quarter of an hour without exporter", trouble, whole, lives=((0, 80), (95, NEVER))),
        Scene(
            "ends with the exporter's return where its cause ended meanwhile",
            trouble,
            (begin, (END, 130 + max(trouble.ends[1], 5))),
            lives=((0, 90), (120, NEVER)),
        ),
    )


def _row(metric: Metric[Any], *troubled: float, labels: tuple[str, ...] = CART) -> Row:
    good, *rest = troubled
    bad, below = rest or (good, good)
    return Row(metric, labels, good, bad, below)


def _ends(reason: str, *troubled: float) -> Row:
    return _row(workloads.CONTAINER_TERMINATIONS, *troubled, labels=WorkloadContainerReason(*CONTAINER, reason))


def _probe(metric: Metric[Any], *troubled: float) -> Row:
    return _row(metric, *troubled, labels=WorkloadContainerProbe(*CONTAINER, "readiness"))


HEALTHY: Final = (
    _row(workloads.INFO, 1, labels=WorkloadOwner(*CART, "checkout")),
    _row(workloads.REPLICAS_DESIRED, 4),
    _row(workloads.REPLICAS_READY, 4),
    _row(workloads.REPLICAS_AVAILABLE, 4),
    _row(workloads.REPLICAS_UPDATED, 4),
    _row(workloads.ROLLOUT_STUCK, 0),
    _row(workloads.PODS_UNSCHEDULABLE, 0),
    _row(workloads.PODS_ON_UNREADY_NODES, 0),
    _row(workloads.CONTAINER_RESTARTS, 0, labels=CONTAINER),
    _ends("Error", 0),
    _ends("OOMKilled", 0),
    _probe(usage.PROBES, 24),
    _probe(usage.PROBE_FAILURES, 0),
    _row(usage.CFS_PERIODS, 600, labels=CONTAINER),
    _row(usage.CFS_THROTTLED_PERIODS, 0, labels=CONTAINER),
    _row(usage.CPU_THROTTLED, 0),
    _row(usage.MEMORY_LIMIT_PEAK, 0.5, labels=CONTAINER),
    *(_row(nodes.NODE_READY, 1, labels=Node(name)) for name in ("n1", "n2", "n3")),
    *(_row(nodes.NODE_UNSCHEDULABLE, 0, labels=Node(name)) for name in ("n1", "n2", "n3")),
    *(_row(exporter.SOURCE_UP, 1, labels=Source(name)) for name in ("pods", "events")),
    *(_row(exporter.SOURCE_STALE, 0, labels=Source(name)) for name in ("pods", "events")),
    _row(exporter.SOURCE_WATCHES, 0.2, labels=Source("pods")),
    _row(kubelets.KUBELET_NODES_EXPECTED, 10, labels=Nothing()),
    *(_row(kubelets.KUBELET_NODES_READ, 10, labels=Page(name)) for name in ("resource", "cadvisor")),
)

_CRASHES: Final = (_row(workloads.CONTAINER_RESTARTS, 0, 0.5, 0.1, labels=CONTAINER), _ends("Error", 0, 0.5, 0.1))
_KILLS: Final = (_row(workloads.CONTAINER_RESTARTS, 0, 0.5, 0.05, labels=CONTAINER), _ends("OOMKilled", 0, 0.5, 0.05))
_PROBES: Final = (_probe(usage.PROBE_FAILURES, 0, 12, 2),)
_FEW: Final = (_row(workloads.REPLICAS_READY, 4, 1, 3),)

TROUBLES: Final = (
    Trouble(
        "HeadroomWorkloadUnavailable",
        "critical",
        OWNED,
        (
            _row(workloads.REPLICAS_READY, 4, 0, 1),
            _row(workloads.REPLICAS_AVAILABLE, 4, 0, 1),
        ),
        (4.5, 6),
        (-0.5, 1),
        4,
    ),
    Trouble(
        "HeadroomWorkloadUnavailable",
        "warning",
        OWNED,
        (_row(workloads.REPLICAS_AVAILABLE, 4, 2, 3), _row(workloads.REPLICAS_READY, 4, 2, 3)),
        (14.5, 16),
        (-0.5, 1),
        14,
    ),
    Trouble("HeadroomCrashLoop", "warning", OWNED, _CRASHES, (20, 25), (8, 12), 5),
    Trouble("HeadroomCrashLoop", "critical", OWNED, (*_CRASHES, *_FEW), (14, 19), (0, 12), 5),
    Trouble("HeadroomOOMLoop", "warning", OWNED, _KILLS, (18, 22), (8, 12), 4),
    Trouble("HeadroomOOMLoop", "critical", OWNED, (*_KILLS, *_FEW), (14, 19), (0, 12), 4),
    Trouble("HeadroomProbesFailing", "warning", OWNED, _PROBES, (15, 18), (2, 6), 10),
    Trouble("HeadroomProbesFailing", "critical", OWNED, (*_PROBES, *_FEW), (14, 19), (2, 6), 10),
    Trouble(
        "HeadroomThrottlingHurts",
        "warning",
        OWNED,
        (
            _row(usage.CFS_THROTTLED_PERIODS, 0, 300, 130, labels=CONTAINER),
            _row(usage.CPU_THROTTLED, 0, 12, 12),
            _probe(usage.PROBE_FAILURES, 0, 1, 1),
        ),
        (15, 20),
        (0, 6),
        9,
    ),
    Trouble(
        "HeadroomMemoryNearLimit",
        "warning",
        OWNED,
        (_row(usage.MEMORY_LIMIT_PEAK, 0.5, 0.93, 0.89, labels=CONTAINER),),
        (4.5, 6),
        (-0.5, 1),
        4,
    ),
    Trouble(
        "HeadroomRolloutStuck", "warning", OWNED, (_row(workloads.ROLLOUT_STUCK, 0, 1, 0),), (4.5, 6), (-0.5, 1), 4
    ),
    Trouble(
        "HeadroomPodsUnschedulable",
        "warning",
        OWNED,
        (_row(workloads.PODS_UNSCHEDULABLE, 0, 2, 0),),
        (14.5, 16),
        (-0.5, 1),
        14,
    ),
    Trouble(
        "HeadroomNodeNotReady",
        "critical",
        {"node": "n1"},
        (_row(nodes.NODE_READY, 1, 0, 1, labels=Node("n1")),),
        (4.5, 6),
        (-0.5, 1),
        4,
    ),
)
