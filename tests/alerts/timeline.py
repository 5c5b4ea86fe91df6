"""What happens to SLOs and to the exporters that count them, as series in promtool's notation."""

from __future__ import annotations

import json
import math
from typing import Any, NamedTuple

from kube_headroom.catalogue import exporter as exporter_metrics
from kube_headroom.catalogue import slo, workloads
from kube_headroom.catalogue.labels import Slo, SloInfo, SloPeriod, SloWindow, Source, WorkloadOwner
from kube_headroom.catalogue.metric import Sample

HELD_AT_ZERO = 1.0
"""Minutes for which a process shows newborn counters at 0."""

CATCH_UP = 2.0
"""Minutes before its start that a process counts after a gap."""

EPSILON = 1e-6
"""More than what sums of floats are off, less than an event."""

ALWAYS = ((0.0, float("inf")),)
THRESHOLDS = {"1h": 14.4, "6h": 6.0, "1d": 3.0, "3d": 1.0}


class Phase(NamedTuple):
    """What happens for some minutes: events per minute, and the share of them that are bad."""

    minutes: float
    events: float
    bad: float = 0.0


class Exporter(NamedTuple):
    """A target of Prometheus: from which minute to which each of its processes is scraped."""

    instance: str = "a"
    processes: tuple[tuple[float, float], ...] = ALWAYS
    owner: str = "shop"


class Given(NamedTuple):
    """An SLO as it is declared, what happens to it, and who counts it.

    `remaining` is what is left of the budget from some minutes on; `silent` are the minutes without data.
    """

    truth: tuple[Phase, ...]
    exporters: tuple[Exporter, ...] = (Exporter(),)
    name: str = "cart"
    service: str = "shop"
    objective: float = 0.99
    thresholds: dict[str, float] = THRESHOLDS
    minimum: float = 0.0
    ticket: float | None = 0.2
    remaining: tuple[tuple[float, float], ...] = ((0.0, 1.0),)
    silent: tuple[float, float] = (0.0, 0.0)
    deleted: float | None = None
    """When it is no more declared, by an exporter that goes on telling of the cluster."""

    @property
    def minutes(self) -> float:
        """How long it is told of."""
        return sum(phase.minutes for phase in self.truth)

    @property
    def labels(self) -> Slo:
        """The SLO's identity."""
        return Slo(self.service, self.name, "", "shop", "Deployment", self.name)

    def counted(self, minute: float) -> tuple[int, int]:
        """Return the whole events and bad events that happened until then."""
        events = bad = 0.0
        for phase in self.truth:
            length = max(0.0, min(minute, phase.minutes))
            events += length * phase.events
            bad += length * phase.events * phase.bad
            minute -= phase.minutes
        return math.floor(events + EPSILON), math.floor(bad + EPSILON)


def input_series(given: Given, step: float) -> list[dict[str, str]]:
    """Return all that Prometheus scrapes of an SLO, a sample every `step` minutes, stale where there is none."""
    found: list[dict[str, str]] = []
    instants = [number * step for number in range(int(given.minutes / step) + 1)]
    for exporter in given.exporters:
        rows: dict[str, dict[int, float]] = {}
        for index, minute in enumerate(instants):
            for sample in _page(given, exporter, minute):
                rows.setdefault(series_of(sample, exporter.instance), {})[index] = sample.value
        found += [{"series": series, "values": values_of(values, len(instants))} for series, values in rows.items()]
    return found


def _page(given: Given, exporter: Exporter, minute: float) -> list[Sample]:
    """Return what an exporter tells at an instant, nothing while it is down."""
    begins = [start for start, end in exporter.processes if start <= minute < end]
    if not begins:
        return []
    labels = given.labels
    cluster = []
    if given.deleted is not None:
        watches = exporter_metrics.SOURCE_WATCHES.at(Source("pods"), minute - begins[0])
        cluster = [workloads.INFO.at(WorkloadOwner("shop", "Deployment", "cart", "shop"), 1), watches]
        if minute >= given.deleted:
            return cluster
    samples = [
        *cluster,
        slo.INFO.at(SloInfo(*labels, exporter.owner, "requests", "request"), 1),
        slo.OBJECTIVE.at(labels, given.objective),
        slo.MINIMUM_BAD_EVENTS.at(labels, given.minimum),
        *(slo.THRESHOLD.at(SloWindow(*labels, window), rate) for window, rate in given.thresholds.items()),
    ]
    if given.silent[0] <= minute < given.silent[1]:
        return samples
    period = SloPeriod(*labels, "30d")
    left = [share for start, share in given.remaining if start <= minute][-1]
    samples.append(slo.BUDGET_REMAINING.at(period, left))
    if given.ticket is not None:
        samples.append(slo.BUDGET_TICKET.at(period, given.ticket))
    seen = minute - begins[0] >= HELD_AT_ZERO
    since, now = given.counted(max(0.0, begins[0] - CATCH_UP)), given.counted(minute)
    counters = ((slo.EVENTS, now[0] - since[0]), (slo.BAD_EVENTS, now[1] - since[1]))
    return [*samples, *(counter.at(labels, value if seen else 0.0) for counter, value in counters)]


def series_of(sample: Sample, instance: str) -> str:
    matchers = {**dict(zip(sample.metric.label_names, sample.labels, strict=True)), "instance": instance}
    return sample.metric.name + "{" + ", ".join(f"{name}={json.dumps(text)}" for name, text in matchers.items()) + "}"


def values_of(values: dict[int, float], length: int) -> str:
    """Return samples as promtool reads them; the first missing one is what Prometheus marks stale."""
    missing = ["_" if index - 1 not in values else "stale" for index in range(length)]
    return " ".join(f"{values[index]:.6f}" if index in values else missing[index] for index in range(length))


def firing(given: Given, alert: str, severity: str, owner: str) -> str:
    """Return the labels of a firing alert; those without a value are none."""
    labels: dict[str, Any] = {"alertname": alert, "alertstate": "firing", "severity": severity, "owner": owner}
    labels |= {name: text for name, text in given.labels._asdict().items() if text}
    return "{" + ", ".join(f"{name}={json.dumps(text)}" for name, text in labels.items()) + "}"
