"""Raw samples of counters, counted series by series; keeps of each series its last sample only. Pure.

Resets, newborn series and replicas that answer in turn are told apart per series, which no difference of a sum can.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import msgspec

from kube_headroom.prometheus.answers import Row, Samples, labels_of

JITTER = 8
"""A fall by less than this part of the value is two replicas whose clocks differ, not a reset."""
KEPT = 3600.0
"""Seconds after its last sample that a series is remembered."""
_TARGET = ("job", "instance", "namespace", "pod", "container")


class Span(NamedTuple):
    """What an answer is about: it reaches from `reach` to `end`; events after `start` count.

    Afresh, what was known before is not continued: samples up to `start` are baselines.
    """

    reach: float
    start: float
    end: float
    afresh: bool


class Role(NamedTuple):
    """What a series counts towards: all events, the good or bad ones, or both; and its group."""

    total: bool
    part: bool
    group: str


class Counts(NamedTuple):
    """Events by group, groups with data included that had none; and what could not be used, by reason."""

    total: dict[str, float]
    part: dict[str, float]
    flaws: Counter[str]


Classify = Callable[[Mapping[str, str]], Role]


class _Target:
    __slots__ = ("first", "series")

    def __init__(self) -> None:
        self.first = math.inf
        self.series = 0


class Targets:
    """The targets of an objective's series, shared by its questions: since when each is read."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, ...], _Target] = {}

    def of(self, labels: Mapping[str, str], first: float) -> _Target | None:
        """The target that a series was scraped from, seen at `first` at the latest; None if its labels do not tell."""
        if not labels.get("instance") and not labels.get("pod"):
            return None
        key = tuple(labels.get(name, "") for name in _TARGET)
        target = self._known.get(key)
        if target is None:
            target = self._known[key] = _Target()
        target.first = min(target.first, first)
        return target

    def sweep(self) -> None:
        """Forget those without series."""
        self._known = {key: target for key, target in self._known.items() if target.series}


class _Series:
    __slots__ = ("at", "role", "target", "value")

    def __init__(self, role: Role, target: _Target | None) -> None:
        self.role = role
        self.target = target
        self.at = -math.inf
        self.value = 0.0


class Ledger:
    """The series that one question finds, each with its last sample."""

    def __init__(self, classify: Classify, targets: Targets, scrape_interval: float) -> None:
        self._classify = classify
        self._targets = targets
        self._scrape_interval = scrape_interval
        self._known: dict[bytes, _Series] = {}
        self._swept = -math.inf

    def __len__(self) -> int:
        return len(self._known)

    def count(self, rows: Sequence[Row], span: Span) -> Counts:
        """Count what happened since the series' last samples; raises Failure for labels that cannot be read."""
        counts = Counts({}, {}, Counter())
        if span.afresh:
            self._drop(self._known)
        newborn: list[tuple[_Series, Samples]] = []
        for row in rows:
            samples = row.samples
            if row.histograms or not samples:
                counts.flaws["native_histogram"] += row.histograms
                continue
            series = self._known.get(row.metric) or self._meet(row)
            if series.at == -math.inf:
                newborn.append((series, samples))
            else:
                _add(counts, series, samples)
        for series, samples in newborn:  # each target's first sample is known by now
            self._begin(series, samples, span)
            _add(counts, series, samples)
        self._sweep(span.end)
        return counts

    def _meet(self, row: Row) -> _Series:
        """A series that was not seen before under these bytes; it may be known, its labels in another order."""
        labels = labels_of(row.metric)
        key = msgspec.json.encode(labels, order="sorted")
        series = self._known.get(key)
        if series is None:
            target = self._targets.of(labels, row.samples[0][0])
            series = self._known[key] = _Series(self._classify(labels), target)
            if target:
                target.series += 1
        self._known[row.metric] = series
        return series

    def _begin(self, series: _Series, samples: Samples, span: Span) -> None:
        """Set where a new series counts from: what appears on a target that was read before began at 0, else it may be old."""
        sound = [sample for sample in samples if 0 <= sample[1] < math.inf]
        if not sound:
            return
        past = [sample for sample in sound if sample[0] <= span.start] if span.afresh else []
        if past:
            series.at, series.value = past[-1]
            return
        first = sound[0][0]
        born = (
            series.target is not None and series.target.first < first and first > span.reach + 2 * self._scrape_interval
        )
        if not born:
            series.at, series.value = sound[0]

    def _sweep(self, now: float) -> None:
        if now - self._swept < KEPT / 6:
            return
        self._swept = now
        self._drop([key for key, series in self._known.items() if series.at < now - KEPT])
        self._targets.sweep()

    def _drop(self, keys: Mapping[bytes, _Series] | Sequence[bytes]) -> None:
        gone = {id(series := self._known[key]): series for key in keys}
        for series in gone.values():
            if series.target:
                series.target.series -= 1
        for key in [*keys]:
            del self._known[key]


def _add(counts: Counts, series: _Series, samples: Samples) -> None:
    role = series.role
    events = _advance(series, samples, counts.flaws)
    if role.total:
        counts.total[role.group] = counts.total.get(role.group, 0.0) + events
    if role.part:
        counts.part[role.group] = counts.part.get(role.group, 0.0) + events


def _advance(series: _Series, samples: Samples, flaws: Counter[str]) -> float:
    """Return the events since the last sample, which becomes the newest of these."""
    if samples[-1][0] <= series.at:  # a replica that lags behind
        return 0.0
    at, last, events = series.at, series.value, 0.0
    for moment, value in samples:
        if moment <= at:
            continue
        if not 0 <= value < math.inf:
            flaws["nan" if math.isnan(value) else "negative" if value < 0 else "infinite"] += 1
            continue
        at = moment
        if value >= last:
            events += value - last
            last = value
        elif (last - value) * JITTER >= last:
            events += value
            last = value
    series.at, series.value = at, last
    return events
