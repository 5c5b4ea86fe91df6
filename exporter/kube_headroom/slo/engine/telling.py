"""An objective's counts as the snapshot that signals are made of."""

from __future__ import annotations

from kube_headroom.catalogue.labels import Slo
from kube_headroom.slo.amount import unscaled
from kube_headroom.slo.engine import policy
from kube_headroom.slo.engine.flow import SECOND
from kube_headroom.slo.engine.history import History
from kube_headroom.slo.engine.plan import Plan
from kube_headroom.slo.intake import Member
from kube_headroom.slo.objective import (
    ClusterIndicator,
    EventRatio,
    Indicator,
    Objective,
    RawRatio,
)
from kube_headroom.snapshot import BudgetSnapshot, SloSnapshot

UNITS = {
    Indicator.AVAILABILITY: "seconds",
    Indicator.PROBE_SUCCESS: "probes",
    Indicator.RESTART_FREE: "seconds",
    Indicator.JOB_SUCCESS: "jobs",
    Indicator.SCHEDULING_LATENCY: "pods",
    Indicator.THROTTLE_FREE: "periods",
    Indicator.ROLLOUT_SUCCESS: "rollouts",
}
Values = tuple[float, float, float | None, float | None]


def identity(objective: Objective, member: Member) -> Slo:
    """Return the labels of a member of the objective."""
    return Slo(objective.service, objective.name, member.group, *member.workload)


def declared(objective: Objective) -> Member:
    """Return the member an objective has before anything was measured."""
    sli = objective.sli
    return Member("", sli.selector) if isinstance(sli, ClusterIndicator) else Member()


def without_data(plan: Plan, member: Member, history: History | None) -> SloSnapshot:
    """Return what was declared, and up to when there were data."""
    objective = plan.objective
    indicator, unit = _sli(objective)
    alerting = objective.alerting
    return SloSnapshot(
        slo=identity(objective, member),
        owner=objective.owner,
        sli=indicator,
        unit="slices" if plan.judge else unit,
        objective=float(objective.target),
        thresholds=tuple((window, float(bound)) for window, bound in plan.thresholds.items()),
        minimum_bad_events=float(alerting.minimum_bad_events),
        budget_ticket=float(alerting.budget_ticket) if alerting.ticket and alerting.budget_ticket else None,
        counters=None,
        burn_rates=(),
        budgets=(),
        state="",
        evaluated_at=None if history is None or history.end is None else history.end / SECOND,
    )


def with_data(plan: Plan, member: Member, history: History, counters: Values, now: float) -> SloSnapshot:
    """Return all of it."""
    objective = plan.objective
    found = policy.windows(history, now)
    budgets = []
    remaining = []
    for period in objective.periods:
        spending = policy.spending(plan, history, period, now)
        counted = spending.sums.counted
        remaining.append(1 - policy.spent(spending, objective.target))
        budgets.append(
            BudgetSnapshot(
                period=period.name,
                events=unscaled(counted.events),
                bad=unscaled(counted.bad),
                remaining=float(remaining[-1]),
                coverage=float(policy.coverage(spending.sums, spending.so_far)),
            )
        )
    return without_data(plan, member, history)._replace(
        counters=counters,
        burn_rates=tuple((name, float(policy.burn_rate(sums, objective.target))) for name, sums in found.items()),
        budgets=tuple(budgets),
        state=policy.state(plan, history, remaining[0], found),
    )


def _sli(objective: Objective) -> tuple[str, str]:
    sli = objective.sli
    if isinstance(sli, ClusterIndicator):
        return sli.indicator.value, UNITS[sli.indicator]
    if isinstance(sli, EventRatio):
        return "events", "events"
    return ("ratio" if isinstance(sli, RawRatio) else "threshold"), "seconds"
