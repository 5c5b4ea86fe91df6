"""Series per SLO: the two counters that carry the truth, what the rules join to them, and what the engine says."""

from __future__ import annotations

from kube_headroom.catalogue.labels import Slo, SloInfo, SloPeriod, SloState, SloWindow
from kube_headroom.catalogue.metric import Aggregation, Counter, Gauge, Unit

SUM, MAX, MIN = Aggregation.SUM, Aggregation.MAX, Aggregation.MIN
NONE, RATIO, TIMESTAMP = Unit.NONE, Unit.RATIO, Unit.TIMESTAMP_SECONDS

INFO = Gauge(
    "headroom_slo_info",
    "Always 1 for a declared SLO; `sli` is what it measures, `unit` what one event is (`.spec` of its definition).",
    SloInfo,
    NONE,
    SUM,
)
EVENTS = Counter(
    "headroom_slo_events_total",
    "Events of the SLI, in its unit, outside maintenance; absent while there are no data (`.spec.indicator`).",
    Slo,
    NONE,
    SUM,
)
BAD_EVENTS = Counter(
    "headroom_slo_bad_events_total",
    "Bad ones among the events, outside maintenance; absent while there are no data (`.spec.indicator`).",
    Slo,
    NONE,
    SUM,
)
EXCLUDED_EVENTS = Counter(
    "headroom_slo_excluded_events_total",
    "Events during maintenance, which count against no budget; absent where there never was one (`.spec.indicator`).",
    Slo,
    NONE,
    SUM,
)
EXCLUDED_BAD_EVENTS = Counter(
    "headroom_slo_excluded_bad_events_total",
    "Bad events during maintenance, which count against no budget; absent where there never was one (`.spec.indicator`).",
    Slo,
    NONE,
    SUM,
)
OBJECTIVE = Gauge(
    "headroom_slo_objective_ratio",
    "Share of events that are to be good (`.spec.objectives[].target`).",
    Slo,
    RATIO,
    MAX,
)
THRESHOLD = Gauge(
    "headroom_slo_burn_rate_threshold",
    "Burn rate in this long window above which the default rules alert, absent where they do not (`.spec.timeWindow`).",
    SloWindow,
    NONE,
    MIN,
)
MINIMUM_BAD_EVENTS = Gauge(
    "headroom_slo_minimum_bad_events",
    "Bad events in the long window below which no burn rate alerts (`.metadata.annotations`).",
    Slo,
    NONE,
    MAX,
)
BUDGET_TICKET = Gauge(
    "headroom_slo_budget_ticket_ratio",
    "Share of the budget of the period that alerts are about (the SLO's first) that makes a ticket once spent, absent "
    "where none is wanted and without data (`.metadata.annotations`).",
    SloPeriod,
    RATIO,
    MIN,
)
BURN_RATE = Gauge(
    "headroom_slo_burn_rate",
    "Share of bad events in the window over the share the objective allows; 0 without events, absent without data "
    "(`.spec.indicator`).",
    SloWindow,
    NONE,
    MAX,
)
BUDGET_REMAINING = Gauge(
    "headroom_slo_error_budget_remaining_ratio",
    "Share of the period's error budget that is left, negative once overspent, absent without data (`.spec.timeWindow`).",
    SloPeriod,
    RATIO,
    MIN,
)
PERIOD_EVENTS = Gauge(
    "headroom_slo_period_events",
    "Events of the period so far, outside maintenance (`.spec.timeWindow`).",
    SloPeriod,
    NONE,
    MAX,
)
PERIOD_BAD_EVENTS = Gauge(
    "headroom_slo_period_bad_events",
    "Bad events of the period so far, outside maintenance (`.spec.timeWindow`).",
    SloPeriod,
    NONE,
    MAX,
)
COVERAGE = Gauge(
    "headroom_slo_coverage_ratio",
    "Share of the period's time so far of which there are data (`.spec.timeWindow`).",
    SloPeriod,
    RATIO,
    MIN,
)
POLICY_STATE = Gauge(
    "headroom_slo_policy_state",
    "1 for the state the error budget policy is in: healthy, slow_burn, fast_burn, exhausted or frozen; absent without data "
    "(`.spec.objectives[].target`).",
    SloState,
    NONE,
    MAX,
)
LAST_EVALUATION = Gauge(
    "headroom_slo_last_evaluation_timestamp_seconds",
    "Up to when events are counted, absent before the first data (`.spec.indicator`).",
    Slo,
    TIMESTAMP,
    MAX,
)

SLO_METRICS = (
    INFO,
    EVENTS,
    BAD_EVENTS,
    EXCLUDED_EVENTS,
    EXCLUDED_BAD_EVENTS,
    OBJECTIVE,
    THRESHOLD,
    MINIMUM_BAD_EVENTS,
    BUDGET_TICKET,
    BURN_RATE,
    BUDGET_REMAINING,
    PERIOD_EVENTS,
    PERIOD_BAD_EVENTS,
    COVERAGE,
    POLICY_STATE,
    LAST_EVALUATION,
)
