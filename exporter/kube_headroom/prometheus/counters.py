"""An objective whose events are counters: asks for raw samples and hands on what its ledgers count."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from kube_headroom.prometheus.answers import Row
from kube_headroom.prometheus.counting import Counts, Ledger, Role, Span, Targets
from kube_headroom.prometheus.failures import TooManySeries
from kube_headroom.prometheus.groups import group_of
from kube_headroom.prometheus.options import Options
from kube_headroom.prometheus.questions import Evaluation, Question
from kube_headroom.prometheus.selectors import Counted, union, written
from kube_headroom.slo.amount import Amount, scaled
from kube_headroom.slo.intake import Member, Stretch
from kube_headroom.slo.objective import EventRatio, Objective

CATCH_UP = 120.0
"""Seconds of the past that still count as now after a gap; what is older is history."""
OVERLAP = 5
"""Scrapes that each question reaches back beyond the last one, for what was stored late."""


class Counters:
    """Counts the events of one objective since the last time, exactly."""

    def __init__(
        self, objective: Objective, queries: tuple[Counted, Counted], options: Options, since: float | None
    ) -> None:
        total, part = queries
        self._objective = objective
        self._options = options
        self._end = since
        self._afresh = True
        self._good = isinstance(objective.sli, EventRatio) and objective.sli.good is not None
        self._bucket = self._good and any(matcher.name == "le" for matcher in part.selector)
        targets = Targets()
        both = union(total.selector, part.selector)

        def classify(labels: Mapping[str, str], *, whole: bool, some: bool) -> Role:
            return Role(whole, some, group_of(objective.group_by, labels, total.by))

        interval = options.scrape_interval
        if both:
            roles = both
            self._parts = [
                (
                    written(both.selector),
                    Ledger(
                        lambda labels: classify(labels, whole=roles.total(labels), some=roles.part(labels)),
                        targets,
                        interval,
                    ),
                )
            ]
        else:
            self._parts = [
                (
                    written(total.selector),
                    Ledger(lambda labels: classify(labels, whole=True, some=False), targets, interval),
                ),
                (
                    written(part.selector),
                    Ledger(lambda labels: classify(labels, whole=False, some=True), targets, interval),
                ),
            ]

    @property
    def series(self) -> int:
        """Series whose last sample is kept."""
        return sum(len(ledger) for _, ledger in self._parts)

    def evaluate(self, ask: Question, at: float) -> Evaluation:
        """Count up to `at`; raises Failure, after which the next time counts what this one did not."""
        options = self._options
        end = at - options.delay
        last = end if self._end is None else self._end
        if end < last:
            return Evaluation()
        start = max(last, end - max(CATCH_UP, 2 * options.step))
        afresh = self._afresh or start > last
        seconds = math.ceil(end - start + (options.step if afresh else 0) + OVERLAP * options.scrape_interval)
        span = Span(end - seconds, start, end, afresh)
        # Until all of it is counted, nothing that was known can be continued.
        answers = [ask(f"{selector}[{seconds}s]", end) for selector, _ in self._parts]
        self._afresh = True
        if any(len(rows) > options.series_limit for rows in answers):
            self._end = end
            raise TooManySeries(options.series_limit)
        counts = self._count(answers, span)
        self._end, self._afresh = end, False
        return self._evaluation(counts, start, end)

    def _count(self, answers: Sequence[Sequence[Row]], span: Span) -> Counts:
        (_, first), *others = self._parts
        counts = first.count(answers[0], span)
        for (_, ledger), rows in zip(others, answers[1:], strict=True):
            more = ledger.count(rows, span)
            counts.part.update(more.part)
            counts.flaws.update(more.flaws)
        return counts

    def _evaluation(self, counts: Counts, start: float, end: float) -> Evaluation:
        flaws = counts.flaws
        stretches: list[Stretch] = []
        if self._bucket and counts.total and not counts.part:
            # A histogram with a count has all its buckets: one that is nowhere has another bound.
            flaws["no_bucket"] += 1
            return Evaluation(stretches, flaws)
        for group, events in counts.total.items():
            some = counts.part.get(group, 0.0)
            if some > events:
                # Sums of the same fractions in another order may differ in their last digits.
                flaws["good_above_total"] += not math.isclose(some, events, rel_tol=1e-9)
                some = events
            whole = scaled(events)
            part = min(scaled(some), whole)
            amount = Amount(whole, whole - part if self._good else part)
            stretches.append(Stretch(Member(group), start, end, amount))
        return Evaluation(stretches if end > start else [], flaws)
