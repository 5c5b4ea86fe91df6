"""The two counters that Prometheus stores, and the same two of what maintenance excluded.

They start at 0 in each process, never fall, and take up at most a bounded time of what arrives late.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from kube_headroom.slo.amount import unscaled
from kube_headroom.slo.engine.flow import Flow, micros


class Limits(NamedTuple):
    """Seconds: how long newborn counters show 0; how much time they catch up; when a member without data is missing.

    `catch_up` is at least twice the longest evaluation step. What is older than `oldest` on arrival moves no counter,
    and nothing ends more than `ahead` after the engine's clock.
    """

    counter_hold: float = 60.0
    catch_up: float = 120.0
    missing_after: float = 120.0
    oldest: float = 600.0
    ahead: float = 3_600.0


class Counters:
    """Counts of one member, in millionths; what came since the last evaluation waits to be settled.

    In any time of d seconds the counters move by at most d + `catch_up` seconds' worth of data, the newest first:
    an outage that is over does not page when its data arrive.
    """

    __slots__ = ("_allowance", "_held_until", "_pending", "_settled", "_totals")

    def __init__(self) -> None:
        self._totals = [0, 0, 0, 0]
        self._pending: list[tuple[Flow, int, int, bool]] = []
        self._allowance: int | None = None
        self._settled = 0
        self._held_until: list[float | None] = [None, None]

    def note(self, flow: Flow, begin: int, end: int, *, excluded: bool) -> None:
        """Take what flows between two moments into the next settlement."""
        self._pending.append((flow, begin, end, excluded))

    def note_slice(self, event: Flow, limits: Limits, *, excluded: bool) -> None:
        """Take a slice's event, which happens in the slice's last moments, so that catching up does not cut a long one."""
        begin = max(event.start, event.end - micros(limits.catch_up))
        self.note(event._replace(start=begin), begin, event.end, excluded=excluded)

    def settle(self, now: float, limits: Limits) -> None:
        """Count what came since the last settlement."""
        moment = micros(now)
        most = micros(limits.catch_up)
        allowance = most if self._allowance is None else min(most, self._allowance + max(moment - self._settled, 0))
        self._settled = max(moment, self._settled)
        if self._pending:
            newest = max(end for _, _, end, _ in self._pending)
            frontier = max(newest - allowance, moment - micros(limits.oldest))
            for flow, begin, end, excluded in self._pending:
                if end > frontier:
                    counted_from = max(begin, frontier)
                    self._count(flow.between(counted_from, end), 2 if excluded else 0)
                    allowance -= end - counted_from
            self._pending.clear()
        self._allowance = allowance

    def shown(self, now: float, hold: float, *, excludes: bool) -> tuple[float, float, float | None, float | None]:
        """Return the counters as they may be exposed now; the excluded ones where maintenance was or is planned."""
        events, bad, more_events, more_bad = map(unscaled, self._totals)
        if not self._released(0, now, hold):
            events = bad = 0.0
        if not (excludes or self._totals[2] or self._held_until[1] is not None):
            return events, bad, None, None
        if not self._released(1, now, hold):
            more_events = more_bad = 0.0
        return events, bad, more_events, more_bad

    def next_release(self) -> float:
        """Return when counters that are held now will be shown, infinity if none are."""
        return min((end for end in self._held_until if end), default=math.inf)

    def _released(self, which: int, now: float, hold: float) -> bool:
        end = self._held_until[which]
        if end is None:
            end = now + hold
        # 0 marks what was released: a clock that is set back must not hold it again, counters never fall.
        self._held_until[which] = end = 0.0 if now >= end else end
        return not end

    def _count(self, amount: tuple[int, int], at: int) -> None:
        good, bad = amount
        self._totals[at] += good + bad
        self._totals[at + 1] += bad
