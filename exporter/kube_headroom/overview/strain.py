"""What a workload suffers from its limits and probes, told from increases over minutes and never from a single reading."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import NamedTuple

from kube_headroom.catalogue import usage, usage_indicators
from kube_headroom.overview.conditions import START_PATIENCE, Condition
from kube_headroom.overview.content import Severity
from kube_headroom.overview.words import counted
from kube_headroom.snapshot import ContainerUsage, UsageSnapshot

WINDOW = 300.0
"""Seconds: the window of the indicators (`LATELY`)."""
STEP = 60.0
"""Seconds between two marks of a window: two readings of a kubelet, and a series costs at most six marks."""
THROTTLED = 0.25
"""Share of CPU periods from which it is good to know, as in kubernetes-mixin's CPUThrottlingHigh: below, a limit does its
work."""
STARVED = 0.5
"""Share of CPU periods that puts at risk: who is stopped in every other one has no time left for a burst."""
LOST = 0.05
"""Seconds per second: below a twentieth of one CPU nobody notices, however few periods it was."""
FAILING = 0.1
"""Share of probes: one of ten replicas fails all of its own."""
FAILURES = 6
"""A minute of failures at the default period of 10 s: what a replica may fail until it is ready."""
PROBED_FOR = 120.0
"""Seconds of failures until they are no replica's start."""
NEAR_LIMIT = 0.95
"""Share of the memory limit: many run well at nine tenths for ever, the last twentieth is one burst of requests."""
OUTLASTS_A_PEAK = 900.0
"""Seconds; no single reading remains the highest for so long, with peaks over 10 minutes as by default."""

Counts = tuple[float, ...]


class Gain(NamedTuple):
    """What counters gained over `seconds`, and over the last of the window's steps."""

    seconds: float
    whole: Counts
    latest: Counts


class Window:
    """Counters that are read together, over the last five minutes at least once these have passed."""

    __slots__ = ("_marks",)

    def __init__(self) -> None:
        self._marks: deque[tuple[float, Counts]] = deque()

    def take(self, counts: Counts, now: float) -> Gain | None:
        """Note the counters, and return what they gained; None at first and after they fell."""
        marks = self._marks
        if marks and any(new < old for new, old in zip(counts, marks[-1][1], strict=True)):
            marks.clear()
        if not marks:
            marks.append((now, counts))
            return None
        while len(marks) > 1 and marks[1][0] <= now - WINDOW:
            marks.popleft()
        before = marks[-1] if now - marks[-1][0] >= STEP or len(marks) == 1 else marks[-2]
        gain = Gain(now - marks[0][0], _difference(counts, marks[0][1]), _difference(counts, before[1]))
        if now - marks[-1][0] >= STEP:
            marks.append((now, counts))
        return gain

    def calm(self, counts: Counts, now: float, share: float) -> bool:
        """Whether the second counter gained less than a share of the first since this began, at less than a glance's cost."""
        if len(self._marks) != 1:
            return False
        ((at, before),) = self._marks
        gained = counts[0] - before[0]
        if gained < 0 or counts[1] - before[1] > share * gained:
            return False
        if now - at >= STEP:
            self._marks[0] = (now, counts)
        return True

    def restart(self, counts: Counts, now: float) -> None:
        """Begin anew here: what came before is of no interest."""
        self._marks.clear()
        self._marks.append((now, counts))


class Strain:
    """One workload's windows; for each reading that could tell of trouble."""

    __slots__ = ("_peaks", "_probes", "_throttling")

    def __init__(self) -> None:
        self._throttling: dict[str, Window] = {}
        self._probes: dict[tuple[str, str], Window] = {}
        self._peaks: dict[str, tuple[float, float]] = {}

    def take(self, snapshot: UsageSnapshot, now: float) -> tuple[Condition, ...]:
        """Return what is so now; of a workload that no kubelet tells of, nothing is known."""
        if not snapshot.measured:
            for each in (self._throttling, self._probes, self._peaks):
                each.clear()
            return ()
        found = [
            condition
            for container in snapshot.containers
            for condition in (self._throttled(container, now), self._near_limit(container, now))
            if condition is not None
        ]
        found += self._failing(snapshot, now)
        return tuple(found)

    def _throttled(self, container: ContainerUsage, now: float) -> Condition | None:
        name, cfs = container.name, container.cfs
        if not cfs or not cfs[1]:
            return None
        window = self._throttling.get(name)
        if window is None:
            window = self._throttling[name] = Window()
        gain = None if window.calm(cfs, now, THROTTLED / 2) else window.take(cfs, now)
        if gain is None:
            return None
        share = _share(gain.whole[1], gain.whole[0])
        if share < THROTTLED / 2 and gain.seconds >= STEP:
            window.restart(cfs, now)
        lost = gain.whole[2] / gain.seconds if gain.seconds else 0.0
        latest = _share(gain.latest[1], gain.latest[0])
        if gain.seconds < WINDOW or min(share, latest) < THROTTLED or lost < LOST:
            return None
        text = f"{name} throttled in {share:.0%} of its CPU periods, {lost:.2g} s lost each second"
        severity = Severity.RISK if share >= STARVED else Severity.NOTE
        return Condition(usage_indicators.THROTTLED_PERIODS, severity, text, share, detail=name)

    def _near_limit(self, container: ContainerUsage, now: float) -> Condition | None:
        """A peak is a single reading's until another one is the highest."""
        name, share = container.name, container.peak_share
        if share is None or share < NEAR_LIMIT:
            self._peaks.pop(name, None)
            return None
        first, since = self._peaks.setdefault(name, (share, now))
        if share == first and now - since < OUTLASTS_A_PEAK:
            return None
        self._peaks[name] = (-1.0, since)
        text = f"{name} lately used {share:.0%} of its memory limit"
        return Condition(usage_indicators.MEMORY_NEAR_LIMIT, Severity.RISK, text, share, detail=name)

    def _failing(self, snapshot: UsageSnapshot, now: float) -> Iterator[Condition]:
        totals: dict[tuple[str, str], float] = {}
        failures: dict[tuple[str, str], float] = {}
        for metric, labels, value in snapshot.probes:
            if metric is usage.PROBES:
                totals[labels[3], labels[4]] = value
            elif metric is usage.PROBE_FAILURES and value:
                failures[labels[3], labels[4]] = value
        for key, failed in failures.items():
            gain = self._probes.setdefault(key, Window()).take((totals.get(key, failed), failed), now)
            if gain is None or gain.seconds < PROBED_FOR or gain.whole[1] < FAILURES:
                continue
            share = _share(gain.whole[1], gain.whole[0])
            if min(share, _share(gain.latest[1], gain.latest[0])) < FAILING:
                continue
            container, probe = key
            text = f"{probe} probe of {container}: {share:.0%} of {counted(gain.whole[0], 'check', 'checks')} failed lately"
            patience = START_PATIENCE if probe == "startup" else 0.0
            yield Condition(
                usage_indicators.PROBE_FAILURES, Severity.RISK, text, share, detail="/".join(key), patience=patience
            )


def quiet(snapshot: UsageSnapshot) -> bool:
    """Whether a workload has nothing that a Strain is needed for."""
    return not (
        any((each.cfs and each.cfs[1]) or (each.peak_share or 0.0) >= NEAR_LIMIT for each in snapshot.containers)
        or any(value and metric is usage.PROBE_FAILURES for metric, _, value in snapshot.probes)
    )


def _difference(after: Counts, before: Counts) -> Counts:
    return tuple(new - old for new, old in zip(after, before, strict=True))


def _share(part: float, whole: float) -> float:
    return part / whole if whole > 0 else 0.0
