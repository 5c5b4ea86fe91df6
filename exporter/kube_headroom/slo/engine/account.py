"""One objective and its members: stretches in, what may be shown out."""

from __future__ import annotations

import math
from collections.abc import Iterator

from kube_headroom.slo.engine import telling
from kube_headroom.slo.engine.counters import Counters, Limits
from kube_headroom.slo.engine.flow import SECOND, Flow, micros
from kube_headroom.slo.engine.history import History
from kube_headroom.slo.engine.plan import Plan
from kube_headroom.slo.engine.ring import LEVELS
from kube_headroom.slo.engine.slicing import Slicer
from kube_headroom.slo.engine.spans import cover, forget, uncovered
from kube_headroom.slo.intake import Member
from kube_headroom.snapshot import SloSnapshot

FINEST = LEVELS[0][0]


class Standing:
    """A member's history and its counters in this process; `due` is when time alone may change what it shows."""

    __slots__ = ("changed", "counters", "due", "fresh", "heard", "history", "unsaved")

    def __init__(self, history: History, heard: float = -math.inf) -> None:
        self.history = history
        self.counters = Counters()
        self.heard = heard
        self.fresh = False
        self.changed = True
        self.unsaved = True
        self.due = math.inf

    def missing(self, now: float, limits: Limits) -> bool:
        """Tell whether no stretch came for too long."""
        return now - self.heard > limits.missing_after

    def settle(self, now: float, limits: Limits) -> bool:
        """Close an evaluation step; return whether what is shown may differ from the last one."""
        if not (self.changed or self.fresh or now >= self.due):
            return False
        if self.fresh:
            self.heard = max(now, self.heard)
        self.counters.settle(now, limits)
        self.changed = self.fresh = False
        return True

    def plan_next_look(self, now: float, limits: Limits, reach: float) -> None:
        """Set when time alone changes the snapshot: a window moves on, a hold ends, it goes missing, it is forgotten."""
        end = self.history.end
        if self.missing(now, limits):
            self.due = math.inf if end is None else max(end / SECOND + reach, now + FINEST)
        else:
            # A member is missing only after its last moment, hence the next float.
            gone = math.nextafter(self.heard + limits.missing_after, math.inf)
            # Two buckets on: while data come each step looks by itself, and a look in between costs as much again.
            self.due = min((now // FINEST + 2) * FINEST, self.counters.next_release(), gone)


class Account:
    """An objective under its plan."""

    __slots__ = ("members", "plan")

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.members: dict[Member, Standing] = {}

    def standing(self, member: Member, now: float) -> Standing | None:
        """Return the member's standing, begun if it is new; None if there are too many members already."""
        known = self.members.get(member)
        if known is None and len(self.members) < self.plan.objective.group_limit:
            known = self.members[member] = Standing(History(self.plan, micros(now)))
        return known

    def take(self, standing: Standing, flow: Flow, limits: Limits) -> None:
        """Count a flow that follows the last one: in the history and, once settled, in the counters."""
        history = standing.history
        cover(history.spans, flow.start, flow.end)
        for counted, begin, end, excluded in self._counted(history.slicer, flow, flow.start, flow.end):
            history.count(self.plan, counted, (begin, end), excluded=excluded)
            if self.plan.judge:
                standing.counters.note_slice(counted, limits, excluded=excluded)
            else:
                standing.counters.note(counted, begin, end, excluded=excluded)
        standing.fresh = standing.unsaved = True

    def fill(self, standing: Standing, flow: Flow, slicer: Slicer, oldest: int) -> bool:
        """Count what of a flow lies in gaps since `oldest`, in the history alone; return whether there was any."""
        history = standing.history
        parts = uncovered(history.spans, max(flow.start, oldest), flow.end)
        for start, stop in parts:
            cover(history.spans, start, stop)
            for counted, begin, end, excluded in self._counted(slicer, flow, start, stop):
                history.count(self.plan, counted, (begin, end), excluded=excluded)
        standing.changed = standing.unsaved = True
        return bool(parts)

    def close(self, standing: Standing, slicer: Slicer) -> None:
        """Judge the slice that back-fill left open; of one that is not over, the event lies where there are data.

        Rings have no room for the time to come: it would push out the oldest buckets that windows still show.
        """
        history = standing.history
        if self.plan.judge and history.end is not None:
            for counted, excluded in slicer.close(self.plan.judge):
                event = counted._replace(end=min(counted.end, history.end))
                history.count(self.plan, event, (event.start, event.end), excluded=excluded)

    def adapt(self, plan: Plan, now: float) -> None:
        """Go on under a changed definition of the same SLI."""
        self.plan = plan
        for standing in self.members.values():
            standing.history.adapt(plan, micros(now))
            standing.changed = standing.unsaved = True

    def settle(self, now: float, limits: Limits) -> Iterator[tuple[Member, Standing, bool]]:
        """Close an evaluation step; yield the members that may show something else, and whether one is forgotten."""
        oldest = micros(now) - self.plan.reach
        for member, standing in [*self.members.items()]:
            if standing.settle(now, limits):
                forget(standing.history.spans, oldest)
                end = standing.history.end
                forgotten = end is not None and end < oldest and standing.missing(now, limits)
                if forgotten:
                    del self.members[member]
                standing.plan_next_look(now, limits, self.plan.reach / SECOND)
                yield member, standing, forgotten

    def snapshot(self, member: Member, now: float, limits: Limits) -> SloSnapshot | None:
        """Return what the member shows now; without any member the objective shows what was declared."""
        standing = self.members.get(member)
        if standing is None:
            alone = (
                not self.members
                and not self.plan.objective.group_by
                and member == telling.declared(self.plan.objective)
            )
            return telling.without_data(self.plan, member, None) if alone else None
        if standing.missing(now, limits):
            return telling.without_data(self.plan, member, standing.history)
        excludes = bool(self.plan.schedule.maintenance)
        counters = standing.counters.shown(now, limits.counter_hold, excludes=excludes)
        frozen = standing.history.frozen
        snapshot = telling.with_data(self.plan, member, standing.history, counters, now)
        standing.unsaved |= frozen != standing.history.frozen
        standing.plan_next_look(now, limits, self.plan.reach / SECOND)
        return snapshot

    def _counted(self, slicer: Slicer, flow: Flow, start: int, stop: int) -> Iterator[tuple[Flow, int, int, bool]]:
        judge = self.plan.judge
        for begin, end, excluded in self.plan.pieces(start, stop):
            if judge is None:
                yield flow, begin, end, excluded
            else:
                for event, apart in slicer.feed(judge, flow, (begin, end), excluded=excluded):
                    yield event, event.start, event.end, apart
