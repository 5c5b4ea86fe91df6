"""What the counts mean: burn rates, budgets, and the state that the error budget policy is in."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import NamedTuple

from kube_headroom.slo.amount import SCALE
from kube_headroom.slo.engine.flow import SECOND, micros
from kube_headroom.slo.engine.history import History, PeriodSums
from kube_headroom.slo.engine.plan import Plan, calendar_name
from kube_headroom.slo.engine.ring import LEVEL_OF, Sums
from kube_headroom.slo.objective import Period
from kube_headroom.slo.windows import PAIRS, WINDOWS, Pair

THAW = Fraction(1, 10)
"""Share of the budget that must be left again for a freeze to end."""


def windows(history: History, now: float) -> dict[str, Sums]:
    """Return the sums of every window of which anything is covered.

    A window of w seconds is the whole buckets of its ring from the one that contains now - w on: it reaches back w to
    w and a bucket.
    """
    moment = micros(now)
    sums = {name: history.rings[LEVEL_OF[name]].window(seconds * SECOND, moment) for name, seconds in WINDOWS.items()}
    return {name: each for name, each in sums.items() if each.covered}


def burn_rate(sums: Sums, target: Fraction) -> Fraction:
    """Return the share of bad events over the share that the target allows; 0 without events."""
    if not sums.events:
        return Fraction(0)
    # One Fraction instead of three: this is most of what a snapshot costs.
    return Fraction(sums.bad * target.denominator, sums.events * (target.denominator - target.numerator))


class Spending(NamedTuple):
    """A period's sums, and in microseconds the time it has had so far (all of it if rolling) and will have had in the end."""

    sums: PeriodSums
    so_far: int
    whole: int


def spending(plan: Plan, history: History, period: Period, now: float) -> Spending:
    """Return what was counted in a period."""
    moment = micros(now)
    if period.calendar is None:
        length = period.seconds * SECOND
        return Spending(history.rolling(length, moment), length, length)
    name = calendar_name(period.calendar)
    begin, end = plan.calendars[name].around(moment)
    return Spending(history.calendar(name, begin), moment - begin, end - begin)


def coverage(sums: PeriodSums, length: int) -> Fraction:
    """Return the share of a time of which there are data, those of maintenance among them."""
    return min(Fraction(sums.counted.covered + sums.excluded.covered, max(length, 1)), Fraction(1))


def spent(spending: Spending, target: Fraction) -> Fraction:
    """Return the share of the whole period's budget that is gone.

    The budget is that of all events the period will have had if the rest of it is as busy as what was seen: ten bad
    minutes on the first of the month are not the month's whole budget.
    """
    return burn_rate(spending.sums.counted, target) * coverage(spending.sums, spending.whole)


def state(plan: Plan, history: History, remaining: Fraction, found: Mapping[str, Sums]) -> str:
    """Return the state of the error budget policy; a freeze begins and ends here."""
    objective = plan.objective
    if remaining <= 0:
        history.frozen = objective.freeze
    elif remaining >= THAW or not objective.freeze:
        history.frozen = False
    if history.frozen:
        return "frozen"
    if remaining <= 0:
        return "exhausted"
    burning = {pair.page for pair in PAIRS if _burns(pair, plan, found)}
    if not burning:
        return "healthy"
    return "fast_burn" if True in burning else "slow_burn"


def _burns(pair: Pair, plan: Plan, found: Mapping[str, Sums]) -> bool:
    bound = plan.thresholds.get(pair.long)
    if bound is None or pair.long not in found or pair.short not in found:
        return False
    objective = plan.objective
    enough = found[pair.long].bad >= objective.alerting.minimum_bad_events * SCALE
    return enough and all(burn_rate(found[window], objective.target) > bound for window in (pair.long, pair.short))
