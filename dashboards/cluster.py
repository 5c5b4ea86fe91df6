"""Cluster headroom: what room is left, who takes it, and which workloads and SLOs need somebody first."""

from __future__ import annotations

from typing import Final

from dashboards.panels import Board, Panel, Row, graph, stat, table
from dashboards.questions import ANY, Column, Limits, Question, Role, Series
from dashboards.uids import CLUSTER
from kube_headroom.catalogue import indicators, node_usage, nodes, slo, slo_indicators, usage_indicators
from kube_headroom.catalogue.indicator import Indicator
from kube_headroom.catalogue.labels import NodePool
from kube_headroom.catalogue.labels import Slo as SloIdentity
from kube_headroom.catalogue.metric import Gauge, Unit
from kube_headroom.catalogue.promql import and_, highest, lowest, max_by, min_by, ratio, sum_by
from kube_headroom.catalogue.selection import label_is, rate, value
from kube_headroom.catalogue.vector import RATE_INTERVAL, Vector

FIRST: Final = 10
"""Rows of a table: who has more to do than ten needs no longer list."""

ROOM: Final = Limits(0.8, 0.95)
WITHOUT_LARGEST: Final = Limits(0.9, 1)
NEARLY_FULL: Final = Limits(0.8, 0.9)
BUDGET: Final = Limits(0.5, 0.1)
BURNS: Final = Limits(1, 6)

_POOL: Final = NodePool._fields


def board() -> Board:
    """Return the dashboard to begin with."""
    return Board(
        CLUSTER,
        "Headroom / Cluster",
        "Room left in the cluster: requested against used for each pool, the workloads that need somebody first, and "
        "SLOs at risk. Rows lead to the workload or SLO.",
        variables=(),
        rows=(
            Row("Room left", _room_left()),
            Row("Requested and used", (_cpu(), _memory(), _pools())),
            Row("Nodes", _nodes()),
            Row("Workloads that need somebody first", _workloads()),
            Row("SLOs at risk", (_slos(), _without_data())),
            Row("Limits of namespaces", _limits()),
        ),
    )


def _room_left() -> tuple[Panel, ...]:
    without = "No node pool is known: is the exporter scraped?"
    return tuple(
        stat(Question.of(indicator, without, title), Series(indicator.query, "{{node_pool}}"), limits=limits)
        for title, indicator, limits in (
            ("CPU requested", indicators.CPU_REQUESTED, ROOM),
            ("Memory requested", indicators.MEMORY_REQUESTED, ROOM),
            ("CPU, largest node lost", indicators.CPU_REQUESTED_WITHOUT_LARGEST_NODE, WITHOUT_LARGEST),
            ("Memory, largest node lost", indicators.MEMORY_REQUESTED_WITHOUT_LARGEST_NODE, WITHOUT_LARGEST),
        )
    )


def _cpu() -> Panel:
    used = ratio(
        sum_by(rate(node_usage.POOL_CPU_USAGE, RATE_INTERVAL), *_POOL),
        _sum(node_usage.POOL_CPU_ALLOCATABLE_MEASURED),
        on=_POOL,
    )
    return _shares("CPU requested and used of allocatable", indicators.CPU_REQUESTED, used)


def _memory() -> Panel:
    used = ratio(_sum(node_usage.POOL_MEMORY_WORKING_SET), _sum(node_usage.POOL_MEMORY_ALLOCATABLE_MEASURED), on=_POOL)
    return _shares("Memory requested and used of allocatable", indicators.MEMORY_REQUESTED, used)


def _shares(title: str, requested: Indicator, used: Vector) -> Panel:
    question = Question(
        title,
        "Of what each pool can give: the share that the scheduler has charged, and the share in use on the nodes that "
        "are measured. The distance between both lines is requested and idle.",
        Unit.RATIO,
        "No pool is known or measured",
    )
    return graph(
        question,
        Series(requested.query, "{{node_pool}} requested", Role.REQUESTED),
        Series(used, "{{node_pool}} used", Role.USED),
    )


def _pools() -> Panel:
    question = Question(
        "Pools",
        "What each pool can give on ready nodes that are not cordoned, what is charged on all its nodes, and what is "
        "used on the measured ones, CPU in the last five minutes.",
        Unit.NONE,
        "No node pool is known",
    )
    return table(
        question,
        Column("Nodes", _sum(nodes.POOL_NODES), Unit.NONE),
        Column("Cores allocatable", _sum(nodes.POOL_CPU_ALLOCATABLE), Unit.CORES),
        Column("Cores requested", _sum(nodes.POOL_CPU_REQUESTED), Unit.CORES),
        Column("Cores used", sum_by(rate(node_usage.POOL_CPU_USAGE, usage_indicators.LATELY), *_POOL), Unit.CORES),
        Column("Memory allocatable", _sum(nodes.POOL_MEMORY_ALLOCATABLE), Unit.BYTES),
        Column("Memory requested", _sum(nodes.POOL_MEMORY_REQUESTED), Unit.BYTES),
        Column("Memory used", _sum(node_usage.POOL_MEMORY_WORKING_SET), Unit.BYTES),
        width=24,
    )


def _nodes() -> tuple[Panel, ...]:
    not_ready = Question(
        "Nodes not ready",
        "Nodes whose Ready condition is False or Unknown.",
        Unit.NONE,
        "No node is known: is the exporter scraped?",
    )
    return (
        stat(not_ready, Series(sum_by(indicators.NODES_NOT_READY.query), "nodes"), limits=ANY, width=12),
        stat(
            Question.of(
                indicators.PODS_UNSCHEDULABLE, "No workload is known: is the exporter scraped?", "Pods unschedulable"
            ),
            Series(sum_by(indicators.PODS_UNSCHEDULABLE.query), "pods"),
            limits=ANY,
            width=12,
        ),
        _worst(indicators.NODE_CONDITIONS, "No node complains"),
        _worst(usage_indicators.NODE_CPU_USED, "No node is measured", limits=NEARLY_FULL),
        _worst(usage_indicators.NODE_MEMORY_USED, "No node is measured", limits=NEARLY_FULL),
    )


def _workloads() -> tuple[Panel, ...]:
    return (
        _worst(indicators.REPLICAS_MISSING, "Every workload has its replicas", width=12),
        _worst(indicators.PODS_UNSCHEDULABLE, "Every pod found a node", width=12),
        _worst(indicators.CONTAINERS_WAITING, "No container waits", width=12),
        _worst(usage_indicators.PROBE_FAILURES, "No probe failed", Limits(0.05, 0.5), width=12),
        _worst(indicators.RESTARTS, "Nothing restarted in the last hour", width=12),
        _worst(indicators.OOM_KILLS, "Nothing was killed for memory in the last hour", width=12),
        _worst(usage_indicators.MEMORY_NEAR_LIMIT, "No container has a limit", NEARLY_FULL, width=12),
        _worst(usage_indicators.THROTTLED_PERIODS, "Nothing was throttled", Limits(0.25, 0.5), width=12),
        _worst(usage_indicators.CPU_USED, "No container is measured", width=12),
        _worst(usage_indicators.MEMORY_USED, "No container is measured", width=12),
    )


def _slos() -> Panel:
    identity = SloIdentity._fields
    left = min_by(slo_indicators.BUDGET_LEFT.query, *identity)
    worst = lowest(left, FIRST)
    burn = max_by(value(slo.BURN_RATE, label_is("window", "1h")), *identity)
    question = Question(
        "Least error budget left",
        "The SLOs with the least budget left of any of their periods, and how fast they burn it: at 1 it lasts exactly "
        "its period.",
        Unit.RATIO,
        "No SLO is declared, or none has data yet",
    )
    return table(
        question,
        Column("Budget left", worst, Unit.RATIO, BUDGET),
        Column("Burn rate 1h", and_(burn, worst, on=identity), Unit.NONE, BURNS),
        ascending=True,
        width=18,
    )


def _without_data() -> Panel:
    indicator = slo_indicators.SLO_WITHOUT_DATA
    missing = max_by(indicator.query.above(0), "slo_service", "slo", "slo_group")
    question = Question.of(indicator, "Every declared SLO has data")
    return table(question, Column("Count", highest(missing, FIRST), indicator.unit), width=6)


def _limits() -> tuple[Panel, ...]:
    blocked = Question(
        "Drains that would wait",
        "Disruption budgets that cover pods and allow no eviction now.",
        Unit.NONE,
        "Every budget allows an eviction",
    )
    return (
        _worst(indicators.QUOTA_USED, "No namespace has a quota", limits=NEARLY_FULL),
        _worst(usage_indicators.VOLUME_USED, "No volume is measured", limits=NEARLY_FULL),
        table(
            blocked,
            Column("Evictions allowed", lowest(indicators.DISRUPTIONS_ALLOWED.query.equal_to(0), FIRST), Unit.NONE),
        ),
    )


def _worst(indicator: Indicator, without: str, limits: Limits | None = None, *, width: int = 8) -> Panel:
    """List where an indicator is highest, and above zero."""
    head = "Share" if indicator.unit is Unit.RATIO else "Count"
    column = Column(head, highest(indicator.query.above(0), FIRST), indicator.unit, limits)
    return table(Question.of(indicator, without), column, width=width)


def _sum(gauge: Gauge[NodePool]) -> Vector:
    return sum_by(value(gauge), *_POOL)
