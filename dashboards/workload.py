"""Workload: what one workload requests, uses, loses to limits and probes, and how often it restarts."""

from __future__ import annotations

from typing import Any, Final

from dashboards.panels import Board, Panel, Row, graph, stat, table
from dashboards.questions import ANY, Column, Limits, Question, Role, Series, Variable
from dashboards.uids import WORKLOAD
from kube_headroom.catalogue import indicators, slo, slo_indicators, usage, usage_indicators, workloads
from kube_headroom.catalogue.labels import Slo as SloIdentity
from kube_headroom.catalogue.labels import Workload
from kube_headroom.catalogue.metric import Counter, Gauge, Unit
from kube_headroom.catalogue.promql import and_, max_by, max_over_time, min_by, ratio, sum_by
from kube_headroom.catalogue.selection import increase, label_is, rate, value
from kube_headroom.catalogue.vector import RATE_INTERVAL, Vector

_LABELS: Final = Workload._fields
THIS: Final = tuple(label_is(label, f"${label}") for label in _LABELS)

VARIABLES: Final = (
    Variable("namespace", value(workloads.INFO), "Namespace"),
    Variable("workload_kind", value(workloads.INFO, *THIS[:1]), "Kind"),
    Variable("workload", value(workloads.INFO, *THIS[:2]), "Workload"),
)


def board() -> Board:
    """Return the dashboard of one workload."""
    return Board(
        WORKLOAD,
        "Headroom / Workload",
        "One workload over all its pods: requests against usage, time lost to CPU limits, probes, replicas, restarts "
        "and error budgets.",
        VARIABLES,
        rows=(
            Row("Now", _now()),
            Row("CPU", _cpu()),
            Row("Memory", _memory()),
            Row("Probes", _probes()),
            Row("Replicas", _replicas()),
            Row("Restarts and events", _restarts()),
            Row("Error budgets", (_budgets(),)),
        ),
    )


def _now() -> tuple[Panel, ...]:
    missing = Question(
        "Replicas available of desired",
        "Replicas ready for at least minReadySeconds, as a share of those wanted.",
        Unit.RATIO,
        "This kind of workload has no replicas",
    )
    restarts = Question(
        "Restarts of the last hour", indicators.RESTARTS.sentence, Unit.NONE, "No restart was counted or could be"
    )
    kills = Question("OOM kills of the last hour", indicators.OOM_KILLS.sentence, Unit.NONE, "None was counted")
    return (
        stat(
            missing,
            Series(
                ratio(_sum(workloads.REPLICAS_AVAILABLE), _sum(workloads.REPLICAS_DESIRED), on=_LABELS), "available"
            ),
            limits=Limits(1, 0.5),
            width=4,
        ),
        stat(
            Question.of(indicators.ROLLOUT_STUCK, "This kind of workload has no rollout"),
            Series(max_by(value(workloads.ROLLOUT_STUCK, *THIS), *_LABELS), "stuck"),
            limits=ANY,
            width=4,
        ),
        stat(
            restarts,
            Series(sum_by(increase(workloads.CONTAINER_RESTARTS, indicators.RECENTLY, *THIS), *_LABELS), "restarts"),
            limits=ANY,
            width=4,
        ),
        stat(
            kills,
            Series(
                sum_by(
                    increase(
                        workloads.CONTAINER_TERMINATIONS, indicators.RECENTLY, *THIS, label_is("reason", "OOMKilled")
                    ),
                    *_LABELS,
                ),
                "kills",
            ),
            limits=ANY,
            width=4,
        ),
        stat(
            Question.of(usage_indicators.MEMORY_NEAR_LIMIT, "No container has a memory limit"),
            Series(max_by(value(usage.MEMORY_LIMIT_PEAK, *THIS), *_LABELS), "of limit"),
            limits=Limits(0.8, 0.95),
            width=4,
        ),
        stat(
            Question.of(usage_indicators.WORKLOAD_MEASURED, "No container runs"),
            Series(ratio(_sum(usage.CONTAINERS_MEASURED), _sum(usage.CONTAINERS_EXPECTED), on=_LABELS), "measured"),
            limits=Limits(1, 0.5),
            width=4,
        ),
    )


def _cpu() -> tuple[Panel, ...]:
    room = Question(
        "CPU used, requested and limited",
        "Cores over all pods: used, charged by the scheduler, and the most that the limits leave; no limit line while "
        "any container is unlimited.",
        Unit.CORES,
        "Nothing of this workload is measured or requested",
    )
    containers = Question(
        "CPU used by container", "Cores of each container over all pods.", Unit.CORES, "No container is measured"
    )
    lost = Question(
        "Time lost to CPU limits",
        "Seconds per second that limits of containers and pods took, at least, summed over CPUs and replicas.",
        Unit.NONE,
        "No container has a CPU limit",
    )
    pressure = Question(
        "Time spent waiting for a resource",
        "Seconds per second in which some task of a pod waited for cpu, memory or io, summed over replicas.",
        Unit.NONE,
        "No node of this workload has PSI (cgroup v2)",
    )
    return (
        graph(
            room,
            Series(sum_by(rate(usage.CPU_USAGE, RATE_INTERVAL, *THIS), *_LABELS), "used", Role.USED),
            Series(_sum(workloads.CPU_EFFECTIVE_REQUEST), "requested", Role.REQUESTED),
            Series(_sum(workloads.CPU_EFFECTIVE_LIMIT), "limit", Role.LIMIT),
        ),
        graph(containers, Series(_rate(usage.CPU_USAGE, "container"), "{{container}}")),
        graph(
            Question(
                usage_indicators.THROTTLED_PERIODS.name,
                "Share of each container's periods in which its own CPU limit stopped it.",
                Unit.RATIO,
                "No container has a CPU limit",
            ),
            Series(
                ratio(
                    _increase(usage.CFS_THROTTLED_PERIODS, "container"),
                    _increase(usage.CFS_PERIODS, "container"),
                    on=(*_LABELS, "container"),
                ),
                "{{container}}",
            ),
            limits=Limits(0.25, 0.5),
            width=8,
        ),
        graph(lost, Series(_rate(usage.CPU_THROTTLED), "lost", Role.BAD), width=8),
        graph(pressure, Series(_rate(usage.PRESSURE_WAITING, "resource"), "{{resource}}"), width=8),
    )


def _memory() -> tuple[Panel, ...]:
    room = Question(
        "Memory used, requested and limited",
        "Working set over all pods, what the scheduler charges, and the most that the limits leave; no limit line while "
        "any container is unlimited.",
        Unit.BYTES,
        "Nothing of this workload is measured or requested",
    )
    return (
        graph(
            room,
            Series(_sum(usage.MEMORY_WORKING_SET), "used", Role.USED),
            Series(_sum(workloads.MEMORY_EFFECTIVE_REQUEST), "requested", Role.REQUESTED),
            Series(_sum(workloads.MEMORY_EFFECTIVE_LIMIT), "limit", Role.LIMIT),
            width=8,
        ),
        graph(
            Question(
                "Memory by container",
                "Working set of each container over all pods.",
                Unit.BYTES,
                "No container is measured",
            ),
            Series(_sum(usage.MEMORY_WORKING_SET, "container"), "{{container}}"),
            width=8,
        ),
        graph(
            Question.of(usage_indicators.MEMORY_NEAR_LIMIT, "No container has a memory limit"),
            Series(max_by(value(usage.MEMORY_LIMIT_PEAK, *THIS), *_LABELS, "container"), "{{container}}"),
            limits=Limits(0.8, 0.95),
            width=8,
        ),
    )


def _probes() -> tuple[Panel, ...]:
    by = ("container", "probe")
    share = ratio(_increase(usage.PROBE_FAILURES, *by), _increase(usage.PROBES, *by), on=(*_LABELS, *by))
    without = "No container has a probe, or no kubelet tells of it"
    return (
        graph(
            Question(
                "Failed probes", "Share of the probes that failed, by container and kind of probe.", Unit.RATIO, without
            ),
            Series(share, "{{container}} {{probe}}"),
            limits=Limits(0.05, 0.5),
        ),
        graph(
            Question(
                "Probes",
                "Probes that ended, per second, by container and kind of probe.",
                Unit.NONE,
                without,
                per_second=True,
            ),
            Series(_rate(usage.PROBES, *by), "{{container}} {{probe}}"),
        ),
    )


def _replicas() -> tuple[Panel, ...]:
    without = "This kind of workload has no replicas"
    return (
        graph(
            Question(
                "Replicas",
                "Replicas wanted, of the newest template, ready, and ready for minReadySeconds.",
                Unit.NONE,
                without,
            ),
            Series(_sum(workloads.REPLICAS_DESIRED), "desired", Role.REQUESTED),
            Series(_sum(workloads.REPLICAS_AVAILABLE), "available", Role.USED),
            Series(_sum(workloads.REPLICAS_READY), "ready"),
            Series(_sum(workloads.REPLICAS_UPDATED), "updated"),
        ),
        graph(
            Question(
                "Pods",
                "Pods by phase, those that found no node, and those on nodes that are not ready.",
                Unit.NONE,
                "The workload has no pods",
            ),
            Series(_sum(workloads.PODS, "phase"), "{{phase}}"),
            Series(_sum(workloads.PODS_UNSCHEDULABLE), "unschedulable", Role.BAD),
            Series(_sum(workloads.PODS_ON_UNREADY_NODES), "on nodes not ready", Role.LIMIT),
        ),
    )


def _restarts() -> tuple[Panel, ...]:
    waiting = max_by(
        max_over_time(value(workloads.CONTAINERS_WAITING, *THIS), indicators.BACK_OFF), *_LABELS, "container", "reason"
    )
    return (
        graph(
            Question(
                "Restarts and ends",
                "How often each container restarted, and why containers ended, in the two minutes or more before each point.",
                Unit.NONE,
                "No container ever ran",
            ),
            Series(_increase(workloads.CONTAINER_RESTARTS, "container"), "{{container}} restarts"),
            Series(_increase(workloads.CONTAINER_TERMINATIONS, "reason"), "ended: {{reason}}"),
        ),
        graph(
            Question.of(indicators.CONTAINERS_WAITING, "No container waits"),
            Series(waiting, "{{container}}: {{reason}}"),
        ),
        graph(
            Question(
                "Events",
                "Events about the workload and its pods and jobs by reason, in the two minutes or more before each "
                "point; a lower bound.",
                Unit.NONE,
                "No event was told",
            ),
            Series(_increase(workloads.EVENTS, "reason"), "{{reason}}"),
        ),
        graph(
            Question(
                "Evictions",
                "Pods ended from outside, by reason, in the two minutes or more before each point.",
                Unit.NONE,
                "No pod was evicted",
            ),
            Series(_increase(workloads.EVICTIONS, "reason"), "{{reason}}"),
        ),
    )


def _budgets() -> Panel:
    identity = SloIdentity._fields
    left = min_by(value(slo.BUDGET_REMAINING, *THIS), *identity)
    burn = max_by(value(slo.BURN_RATE, *THIS, label_is("window", "1h")), *identity)
    return table(
        Question.of(slo_indicators.BUDGET_LEFT, "No SLO of this workload has data"),
        Column("Budget left", left, Unit.RATIO, Limits(0.5, 0.1)),
        Column("Burn rate 1h", and_(burn, left, on=identity), Unit.NONE, Limits(1, 6)),
        ascending=True,
        width=24,
    )


def _sum(gauge: Gauge[Any], *by: str) -> Vector:
    return sum_by(value(gauge, *THIS), *_LABELS, *by)


def _rate(counter: Counter[Any], *by: str) -> Vector:
    return sum_by(rate(counter, RATE_INTERVAL, *THIS), *_LABELS, *by)


def _increase(counter: Counter[Any], *by: str) -> Vector:
    return sum_by(increase(counter, RATE_INTERVAL, *THIS), *_LABELS, *by)
