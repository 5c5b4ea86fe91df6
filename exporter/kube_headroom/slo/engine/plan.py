"""What follows from an objective's definition for the counting of it: judge of slices, maintenance, periods, fingerprint."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from hashlib import blake2b

from kube_headroom.slo.engine.calendar_periods import CalendarPeriods
from kube_headroom.slo.engine.flow import SECOND
from kube_headroom.slo.engine.maintenance import Schedule, applies
from kube_headroom.slo.engine.ring import shapes
from kube_headroom.slo.engine.slicing import judge_of
from kube_headroom.slo.objective import RARE, Calendar, ClusterIndicator, Maintenance, Objective, Query
from kube_headroom.slo.windows import PAIRS, threshold

SHORTEST = 30 * 86_400
"""Seconds that the longest ring reaches back at least, for a period that is declared later."""


def fingerprint(objective: Objective) -> str:
    """Return what is the same as long as the same events are counted, wherever and for whatever target."""
    sli = objective.sli
    fields = [field.text if isinstance(field, Query) else repr(field) for field in sli]
    slices = objective.slices if judge_of(objective) else None
    text = repr((type(sli).__name__, fields, str(objective.budgeting), slices, objective.group_by))
    return blake2b(text.encode(), digest_size=8).hexdigest()


def calendar_name(calendar: Calendar) -> str:
    """Return what tells a calendar from others, also after its period was renamed."""
    return f"{calendar.length}{calendar.unit} from {calendar.start.isoformat()} {calendar.time_zone}"


def thresholds(objective: Objective) -> dict[str, Fraction]:
    """Return the burn rate above which each pair alerts, by its long window.

    None for indicators whose events are rarer than the windows, unless time slices make them frequent.
    """
    alerting, sli = objective.alerting, objective.sli
    rare = isinstance(sli, ClusterIndicator) and sli.indicator in RARE and not judge_of(objective)
    if rare:
        return {}
    seconds = objective.periods[0].seconds
    return {
        pair.long: threshold(pair, objective.target, seconds)
        for pair in PAIRS
        if (alerting.page if pair.page else alerting.ticket)
    }


class Plan:
    """An objective, ready to be counted."""

    __slots__ = ("calendars", "fingerprint", "judge", "objective", "reach", "schedule", "shapes", "thresholds")

    def __init__(self, objective: Objective, maintenance: Sequence[Maintenance]) -> None:
        self.objective = objective
        self.fingerprint = fingerprint(objective)
        self.judge = judge_of(objective)
        self.schedule = Schedule([each for each in maintenance if applies(each, objective.key)])
        self.thresholds = thresholds(objective)
        self.calendars = {
            calendar_name(period.calendar): CalendarPeriods(period.calendar)
            for period in objective.periods
            if period.calendar
        }
        rolling = max((period.seconds for period in objective.periods if not period.calendar), default=0)
        self.shapes = shapes(max(rolling, SHORTEST))
        longest = max(period.seconds for period in objective.periods)
        self.reach = max(longest, *(reach for _, reach in self.shapes)) * SECOND

    def same(self, other: Plan) -> bool:
        """Tell whether nothing was changed."""
        return self.objective == other.objective and self.schedule.maintenance == other.schedule.maintenance

    def pieces(self, begin: int, end: int) -> Iterator[tuple[int, int, bool]]:
        """Cut a time where maintenance begins and ends; tell of each piece whether it is maintenance."""
        for start, stop in self.schedule.within(begin, end):
            if begin < start:
                yield begin, start, False
            yield start, stop, True
            begin = stop
        if begin < end:
            yield begin, end, False
