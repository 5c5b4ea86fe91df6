"""What an SLO tells: its counters, what the default rules need to judge them, and what is left of its budgets."""

from __future__ import annotations

from collections.abc import Iterator

from kube_headroom.catalogue import slo as series
from kube_headroom.catalogue.labels import SloInfo, SloPeriod, SloState, SloWindow
from kube_headroom.catalogue.metric import Sample
from kube_headroom.snapshot import SloSnapshot

COUNTERS = (series.EVENTS, series.BAD_EVENTS, series.EXCLUDED_EVENTS, series.EXCLUDED_BAD_EVENTS)


def slo(snapshot: SloSnapshot) -> Iterator[Sample]:
    """One SLO or one group of it; without data only what was declared."""
    labels = snapshot.slo
    yield series.INFO.at(SloInfo(*labels, snapshot.owner, snapshot.sli, snapshot.unit), 1)
    yield series.OBJECTIVE.at(labels, snapshot.objective)
    yield series.MINIMUM_BAD_EVENTS.at(labels, snapshot.minimum_bad_events)
    for window, rate in snapshot.thresholds:
        yield series.THRESHOLD.at(SloWindow(*labels, window), rate)
    if snapshot.budget_ticket is not None and snapshot.budgets:
        first = SloPeriod(*labels, snapshot.budgets[0].period)
        yield series.BUDGET_TICKET.at(first, snapshot.budget_ticket)
    for counter, value in zip(COUNTERS, snapshot.counters or (), strict=False):
        if value is not None:
            yield counter.at(labels, value)
    for window, rate in snapshot.burn_rates:
        yield series.BURN_RATE.at(SloWindow(*labels, window), rate)
    for budget in snapshot.budgets:
        period = SloPeriod(*labels, budget.period)
        yield series.BUDGET_REMAINING.at(period, budget.remaining)
        yield series.PERIOD_EVENTS.at(period, budget.events)
        yield series.PERIOD_BAD_EVENTS.at(period, budget.bad)
        yield series.COVERAGE.at(period, budget.coverage)
    if snapshot.state:
        yield series.POLICY_STATE.at(SloState(*labels, snapshot.state), 1)
    if snapshot.evaluated_at is not None:
        yield series.LAST_EVALUATION.at(labels, snapshot.evaluated_at)
