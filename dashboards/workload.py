"""Workload: what one workload requests, uses, loses to limits and probes, and how often it restarts."""

from __future__ import annotations

from typing import Final

from dashboards import workload_resources
from dashboards.panels import Board, Panel, Row, graph, stat, table
from dashboards.questions import ANY, Column, Limits, Question, Role, Series, Variable
from dashboards.uids import WORKLOAD
from dashboards.workload_words import LABELS, THIS, growth, per_second, total
from kube_headroom.catalogue import indicators, slo, slo_indicators, usage, usage_indicators, workloads
from kube_headroom.catalogue.labels import Slo as SloIdentity
from kube_headroom.catalogue.metric import Unit
from kube_headroom.catalogue.promql import and_, max_by, max_over_time, min_by, ratio, sum_by
from kube_headroom.catalogue.selection import increase, label_is, label_is_not, value

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
            Row("CPU", workload_resources.cpu()),
            Row("Memory", workload_resources.memory()),
            Row("Probes", _probes()),
            Row("Replicas", _replicas()),
            Row("Restarts and events", _restarts()),
            Row("Error budgets", (_budgets(),)),
        ),
    )


def _now() -> tuple[Panel, ...]:
    missing = Question(
        "Replicas available",
        "Replicas ready for at least minReadySeconds, as a share of those wanted.",
        Unit.RATIO,
        "This kind of workload has no replicas",
    )
    restarts = Question(
        "Restarts, last hour", indicators.RESTARTS.sentence, Unit.NONE, "No restart was counted or could be"
    )
    kills = Question("OOM kills, last hour", indicators.OOM_KILLS.sentence, Unit.NONE, "None was counted")
    return (
        stat(
            missing,
            Series(
                ratio(total(workloads.REPLICAS_AVAILABLE), total(workloads.REPLICAS_DESIRED), on=LABELS), "available"
            ),
            limits=Limits(1, 0.5),
            width=4,
        ),
        stat(
            Question.of(indicators.ROLLOUT_STUCK, "This kind of workload has no rollout"),
            Series(max_by(value(workloads.ROLLOUT_STUCK, *THIS), *LABELS), "stuck"),
            limits=ANY,
            width=4,
        ),
        stat(
            restarts,
            Series(sum_by(increase(workloads.CONTAINER_RESTARTS, indicators.RECENTLY, *THIS), *LABELS), "restarts"),
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
                    *LABELS,
                ),
                "kills",
            ),
            limits=ANY,
            width=4,
        ),
        stat(
            Question.of(usage_indicators.MEMORY_NEAR_LIMIT, "No container has a memory limit"),
            Series(max_by(value(usage.MEMORY_LIMIT_PEAK, *THIS), *LABELS), "of limit"),
            limits=Limits(0.8, 0.95),
            width=4,
        ),
        stat(
            Question.of(usage_indicators.WORKLOAD_MEASURED, "No container runs"),
            Series(ratio(total(usage.CONTAINERS_MEASURED), total(usage.CONTAINERS_EXPECTED), on=LABELS), "measured"),
            limits=Limits(1, 0.5),
            width=4,
        ),
    )


def _probes() -> tuple[Panel, ...]:
    by = ("container", "probe")
    share = ratio(growth(usage.PROBE_FAILURES, *by), growth(usage.PROBES, *by), on=(*LABELS, *by))
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
            Series(per_second(usage.PROBES, *by), "{{container}} {{probe}}"),
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
            Series(total(workloads.REPLICAS_DESIRED), "desired", Role.REQUESTED),
            Series(total(workloads.REPLICAS_AVAILABLE), "available", Role.USED),
            Series(total(workloads.REPLICAS_READY), "ready"),
            Series(total(workloads.REPLICAS_UPDATED), "updated"),
        ),
        graph(
            Question(
                "Pods",
                "Pods by phase, those that found no node, and those on nodes that are not ready.",
                Unit.NONE,
                "The workload has no pods",
            ),
            Series(
                sum_by(value(workloads.PODS, *THIS, label_is("phase", "Running")), *LABELS, "phase"),
                "{{phase}}",
                Role.USED,
            ),
            Series(
                sum_by(value(workloads.PODS, *THIS, label_is_not("phase", "Running")), *LABELS, "phase"), "{{phase}}"
            ),
            Series(total(workloads.PODS_UNSCHEDULABLE), "unschedulable", Role.BAD),
            Series(total(workloads.PODS_ON_UNREADY_NODES), "on nodes not ready", Role.LIMIT),
        ),
    )


def _restarts() -> tuple[Panel, ...]:
    waiting = max_by(
        max_over_time(value(workloads.CONTAINERS_WAITING, *THIS), indicators.BACK_OFF), *LABELS, "container", "reason"
    )
    return (
        graph(
            Question(
                "Restarts and ends",
                "How often each container restarted, and why containers ended, in the two minutes or more before each point.",
                Unit.NONE,
                "No container ever ran",
            ),
            Series(growth(workloads.CONTAINER_RESTARTS, "container"), "{{container}} restarts"),
            Series(growth(workloads.CONTAINER_TERMINATIONS, "reason"), "ended: {{reason}}"),
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
            Series(growth(workloads.EVENTS, "reason"), "{{reason}}"),
        ),
        graph(
            Question(
                "Evictions",
                "Pods ended from outside, by reason, in the two minutes or more before each point.",
                Unit.NONE,
                "No pod was evicted",
            ),
            Series(growth(workloads.EVICTIONS, "reason"), "{{reason}}"),
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
