"""What is kept of one member and survives restarts: rings, periods, covered time, the open slice, the freeze."""

from __future__ import annotations

from array import array
from operator import add
from typing import NamedTuple

from kube_headroom.slo.engine.flow import Flow
from kube_headroom.slo.engine.plan import Plan
from kube_headroom.slo.engine.ring import Ring, Sums
from kube_headroom.slo.engine.slicing import Slicer

KEPT_PERIODS = 2
"""Of each calendar: the current period and the one before, for the review."""


class PeriodSums(NamedTuple):
    """What counts against the budget, and what maintenance excluded; both together are the raw figures."""

    counted: Sums
    excluded: Sums


class History:
    """Counts of one member in millionths of events and microseconds."""

    __slots__ = ("excluded", "frozen", "periods", "rings", "slicer", "spans")

    def __init__(self, plan: Plan, now: int) -> None:
        self.rings = [Ring(step, reach, now) for step, reach in plan.shapes]
        self.excluded: dict[int, list[int]] = {}
        """By begin of a bucket of the longest ring: events, bad events, covered microseconds."""
        self.periods: dict[str, dict[int, list[int]]] = {name: {} for name in plan.calendars}
        """By calendar and begin of the period: the same three, counted and then excluded."""
        self.spans = array("q")
        self.slicer = Slicer()
        self.frozen = False

    @property
    def end(self) -> int | None:
        """Up to when events are counted."""
        return self.spans[-1] if self.spans else None

    def count(self, plan: Plan, flow: Flow, piece: tuple[int, int], *, excluded: bool) -> None:
        """Add a piece of a flow to the rings, or to what is excluded, and to the calendars' periods."""
        begin, end = piece
        if excluded:
            self._exclude(flow, begin, end)
        else:
            for ring in self.rings:
                ring.add(flow, begin, end)
        for name, calendar in plan.calendars.items():
            start = begin
            while start < end:
                first, last = calendar.around(start)
                stop = min(last, end)
                totals = self.periods[name].setdefault(first, [0] * 6)
                _add(totals, 3 if excluded else 0, flow.between(start, stop), stop - start)
                start = stop
            _keep_newest(self.periods[name])

    def rolling(self, length: int, now: int) -> PeriodSums:
        """Return the sums of the longest ring's whole buckets, from the one that contains now - length on."""
        return PeriodSums(self.rings[-1].window(length, now), self._excluded_since(now - length))

    def calendar(self, name: str, begin: int) -> PeriodSums:
        """Return the sums of the calendar's period that began at `begin`."""
        totals = self.periods[name].get(begin, [0] * 6)
        return PeriodSums(Sums(*totals[:3]), Sums(*totals[3:]))

    def adapt(self, plan: Plan, now: int) -> None:
        """Go on under a changed definition of the same SLI.

        A calendar that is new begins with the whole buckets of the longest ring that lie in its current period.
        """
        reshaped = [Ring(step, reach, now) for step, reach in plan.shapes]
        for at, (old, new) in enumerate(zip(self.rings, reshaped, strict=True)):
            if (old.step, len(old.events)) != (new.step, len(new.events)):
                new.pour(old)
                self.rings[at] = new
        step = self.rings[-1].step
        moved, self.excluded = self.excluded, {}
        for start, totals in moved.items():
            _add_all(self.excluded.setdefault(start // step * step, [0, 0, 0]), totals)
        known, self.periods = self.periods, {}
        for name, calendar in plan.calendars.items():
            begin = calendar.around(now)[0]
            first_whole = begin + step - 1
            so_far = [*self.rings[-1].since(first_whole), *self._excluded_since(first_whole)]
            self.periods[name] = known.get(name) or {begin: so_far}

    def _excluded_since(self, moment: int) -> Sums:
        step = self.rings[-1].step
        first = moment // step * step
        excluded = [totals for start, totals in self.excluded.items() if start >= first]
        return Sums(*map(sum, zip([0, 0, 0], *excluded, strict=True)))

    def _exclude(self, flow: Flow, begin: int, end: int) -> None:
        step = self.rings[-1].step
        for bucket in range(begin // step * step, end, step):
            start, stop = max(begin, bucket), min(end, bucket + step)
            _add(self.excluded.setdefault(bucket, [0, 0, 0]), 0, flow.between(start, stop), stop - start)
        oldest = max(self.excluded) - len(self.rings[-1].events) * step
        for bucket in [bucket for bucket in self.excluded if bucket <= oldest]:
            del self.excluded[bucket]


def _add_all(totals: list[int], more: list[int]) -> None:
    totals[:] = map(add, totals, more)


def _add(totals: list[int], at: int, amount: tuple[int, int], covered: int) -> None:
    good, bad = amount
    totals[at] += good + bad
    totals[at + 1] += bad
    totals[at + 2] += covered


def _keep_newest(periods: dict[int, list[int]]) -> None:
    while len(periods) > KEPT_PERIODS:
        del periods[min(periods)]
