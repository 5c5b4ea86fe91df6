"""Time slices: a slice is one event, judged by the events within it once the stretches have reached its end."""

from __future__ import annotations

from fractions import Fraction

from kube_headroom.slo.amount import SCALE
from kube_headroom.slo.engine.flow import SECOND, Flow
from kube_headroom.slo.objective import Budgeting, Objective

FIELDS = 7
"""Number of the slice, then good events, bad events and covered microseconds outside and inside of maintenance."""


class Judge:
    """How an objective turns a slice's events into one event."""

    __slots__ = ("_target", "length")

    def __init__(self, seconds: int, target: Fraction | None) -> None:
        self.length = seconds * SECOND
        self._target = target

    def verdict(self, number: int, good: int, bad: int) -> Flow:
        """Return the slice as one event: bad below the target, or for a ratio as bad as its events; good if none."""
        share = 0
        if good + bad:
            if self._target is None:
                share = SCALE * bad // (good + bad)
            elif good * self._target.denominator < self._target.numerator * (good + bad):
                share = SCALE
        return Flow(number * self.length, (number + 1) * self.length, SCALE - share, share)


def judge_of(objective: Objective) -> Judge | None:
    """Return the judge of an objective that counts slices, None for one that counts occurrences."""
    if objective.slices is None or objective.budgeting is Budgeting.OCCURRENCES:
        return None
    ratio = objective.budgeting is Budgeting.RATIO_TIMESLICES
    return Judge(objective.slices.seconds, None if ratio else objective.slices.target)


class Slicer:
    """The slice that is not complete yet.

    With less than half of its time covered a slice is not counted; with less than half outside of maintenance, but
    half covered, it counts as excluded, by all its events. `strictly` asks for more than half: it judges what
    back-fill brings, so that two halves of a slice are never two events.
    """

    __slots__ = ("fields", "strictly")

    def __init__(self, fields: list[int] | None = None, *, strictly: bool = False) -> None:
        self.fields = fields or [0] * FIELDS
        self.strictly = strictly

    def feed(self, judge: Judge, flow: Flow, piece: tuple[int, int], *, excluded: bool) -> list[tuple[Flow, bool]]:
        """Add a piece of a flow; return the slices completed by it, and whether they are excluded."""
        complete: list[tuple[Flow, bool]] = []
        begin, end = piece
        for number in range(begin // judge.length, (end - 1) // judge.length + 1):
            if number != self.fields[0]:
                complete += self.close(judge)
                self.fields[0] = number
            start, stop = max(begin, number * judge.length), min(end, (number + 1) * judge.length)
            at = 4 if excluded else 1
            good, bad = flow.between(start, stop)
            self.fields[at] += good
            self.fields[at + 1] += bad
            self.fields[at + 2] += stop - start
            if stop == (number + 1) * judge.length:
                complete += self.close(judge)
        return complete

    def close(self, judge: Judge) -> list[tuple[Flow, bool]]:
        """Judge the slice as it is and begin anew."""
        number, good, bad, covered, more_good, more_bad, excluded = self.fields
        self.fields = [number, *[0] * (FIELDS - 1)]
        if self._enough(covered, judge):
            return [(judge.verdict(number, good, bad), False)]
        if self._enough(covered + excluded, judge):
            return [(judge.verdict(number, good + more_good, bad + more_bad), True)]
        return []

    def _enough(self, covered: int, judge: Judge) -> bool:
        return 2 * covered > judge.length if self.strictly else covered > 0 and 2 * covered >= judge.length
