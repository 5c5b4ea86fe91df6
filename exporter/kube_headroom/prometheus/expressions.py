"""An objective whose SLI is any expression: its value at whole steps, late enough to be complete, times the step."""

from __future__ import annotations

import math
import operator
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple, TypeVar

import promql_parser as promql

from kube_headroom.prometheus.answers import Row, labels_of
from kube_headroom.prometheus.counters import CATCH_UP
from kube_headroom.prometheus.failures import TooManySeries
from kube_headroom.prometheus.groups import group_of
from kube_headroom.prometheus.options import Options
from kube_headroom.prometheus.questions import Evaluation, Question
from kube_headroom.prometheus.selectors import WINDOW
from kube_headroom.slo.amount import Amount, scaled
from kube_headroom.slo.intake import Member, Stretch
from kube_headroom.slo.objective import EventRatio, Objective, Query, RawRatio, Threshold

SETTLING = 15.0
"""Seconds, beside one scrape, after which a server that is written to from afar has what it will have."""
SCRAPES = 4
"""A rate over fewer scrapes than this loses all of it when one is missed."""
OPERATORS: Mapping[str, Callable[[float, float], bool]] = {
    ">=": operator.ge,
    ">": operator.gt,
    "<=": operator.le,
    "<": operator.lt,
    "==": operator.eq,
    "!=": operator.ne,
}


_Whose = TypeVar("_Whose")


class Ratio(NamedTuple):
    """All events and the bad ones of a group."""

    events: float
    bad: float


def window_of(options: Options) -> int:
    """Seconds of the range that `{{.window}}` stands for."""
    return math.ceil(max(SCRAPES * options.scrape_interval, options.step))


def with_window(query: Query, seconds: float) -> str:
    """The query over a range of some seconds."""
    return WINDOW.sub(f"{seconds:.0f}s", query.text)


def queries_of(objective: Objective) -> tuple[Query, ...]:
    """The queries of an SLI that is PromQL: of events all of them, then the good or bad ones."""
    match objective.sli:
        case EventRatio(total=total, good=good, bad=bad):
            return tuple(filter(None, (total, good, bad)))
        case RawRatio(query=query) | Threshold(query=query):
            return (query,)
        case _:
            return ()


def per_second(text: str) -> float:
    """By what a value of this expression is multiplied to be a rate: `increase` counts a whole range."""
    functions: set[str] = set()
    ranges: list[float] = []

    def note(node: promql.Expr) -> bool:
        if isinstance(node, promql.Call):
            functions.add(node.func.name)
        elif isinstance(node, promql.MatrixSelector):
            ranges.append(node.range.total_seconds())
        return True

    promql.walk(promql.parse(text), note)
    counts = functions & {"increase", "delta"} and not functions & {"rate", "irate", "deriv"}
    return 1 / max(ranges) if counts and ranges else 1.0


class _Asked(NamedTuple):
    text: str
    factor: float


class Expressions:
    """Reads one objective's expression at each whole step."""

    series = 0

    def __init__(self, objective: Objective, options: Options, since: float | None) -> None:
        self._objective = objective
        self._options = options
        self._since = since
        self._read: float | None = None
        window = window_of(options)
        texts = [with_window(query, window) for query in queries_of(objective)]
        events = isinstance(objective.sli, EventRatio)
        self._asked = [_Asked(text, per_second(text) if events else 1.0) for text in texts]

    def evaluate(self, ask: Question, at: float) -> Evaluation:
        """Read the steps that are complete at `at` and were not read; raises Failure with what came before it kept for the next time."""
        options = self._options
        step = options.step
        newest = math.floor((at - options.scrape_interval - SETTLING) / step) * step
        if self._read is None:
            first = newest - step if self._since is None else self._since
            self._read = math.ceil(first / step) * step
        last = max(self._read, newest - max(1, math.ceil(CATCH_UP / step)) * step)
        stretches: list[Stretch] = []
        flaws: Counter[str] = Counter()
        for index in range(1, round((newest - last) / step) + 1):
            moment = last + index * step
            for group, ratio in self._ratios(ask, moment, flaws).items():
                events = scaled(ratio.events * step)
                amount = Amount(events, min(scaled(ratio.bad * step), events))
                stretches.append(Stretch(Member(group), moment - step, moment, amount))
        self._read = max(newest, self._read)
        return Evaluation(stretches, flaws)

    def _ratios(self, ask: Question, moment: float, flaws: Counter[str]) -> dict[str, Ratio]:
        objective, options = self._objective, self._options

        def values(question: _Asked) -> list[tuple[str, float]]:
            rows = ask(question.text, moment)
            if len(rows) > options.series_limit:
                self._read = moment
                raise TooManySeries(options.series_limit)
            return [(group, value * question.factor) for group, value in values_of(rows, objective, flaws)]

        sli = objective.sli
        first, *others = self._asked
        if isinstance(sli, EventRatio):
            return dict(ratios(summed(values(first)), summed(values(others[0])), flaws, good=sli.good is not None))
        if isinstance(sli, RawRatio | Threshold):
            return {group: Ratio(1.0, share) for group, share in averaged(shares(values(first), sli, flaws)).items()}
        raise TypeError(f"{objective.key} is not measured from PromQL")


def values_of(rows: Iterable[Row], objective: Objective, flaws: Counter[str]) -> list[tuple[str, float]]:
    """The group and value of each series; NaN, and counted as a flaw, for what is no number of events or seconds."""
    threshold = isinstance(objective.sli, Threshold)
    values = []
    for row in rows:
        value = row.samples[-1][1] if row.samples and not row.histograms else math.nan
        flaw = "native_histogram" if row.histograms else "nan" if math.isnan(value) else ""
        # A quantile beyond the last bucket is +Inf, which is as comparable as any value.
        if not flaw and not threshold:
            flaw = "negative" if value < 0 else "infinite" if math.isinf(value) else ""
        if flaw:
            flaws[flaw] += 1
            value = math.nan
        values.append((group_of(objective.group_by, labels_of(row.metric)), value))
    return values


def ratios(
    total: Mapping[_Whose, float], part: Mapping[_Whose, float], flaws: Counter[str], *, good: bool
) -> Iterable[tuple[_Whose, Ratio]]:
    """Yield the events of each group that has a total; a part without series is 0, one above the total is the total."""
    for whose, events in total.items():
        some = part.get(whose, 0.0)
        if math.isnan(events) or math.isnan(some):
            continue
        if some > events:
            # Rates of two queries may differ in their last digits.
            flaws["good_above_total"] += not math.isclose(some, events, rel_tol=1e-9)
            some = events
        yield whose, Ratio(events, events - some if good else some)


def shares(
    values: Iterable[tuple[str, float]], sli: RawRatio | Threshold, flaws: Counter[str]
) -> Iterable[tuple[str, float]]:
    """Yield the bad share of each value's time, NaN where there is none."""
    for group, value in values:
        if math.isnan(value):
            yield group, value
        elif isinstance(sli, Threshold):
            yield group, float(not OPERATORS[sli.operator](value, sli.bound))
        else:
            flaws["ratio_above_one"] += value > 1
            share = min(value, 1.0)
            yield group, 1 - share if sli.success else share


def summed(values: Iterable[tuple[str, float]]) -> dict[str, float]:
    """Add the values of each group."""
    sums: dict[str, float] = {}
    for group, value in values:
        sums[group] = sums.get(group, 0.0) + value
    return sums


def averaged(values: Iterable[tuple[str, float]]) -> dict[str, float]:
    """The mean of each group's values; a group with a NaN among them is left out."""
    of_group: dict[str, list[float]] = {}
    for group, value in values:
        of_group.setdefault(group, []).append(value)
    return {group: sum(each) / len(each) for group, each in of_group.items() if not math.isnan(sum(each))}
