"""What counters gained in the last hour: the increases that the exposed values show, in slots of five minutes.

A counter that was never seen stood at 0: counters begin at 0 with the process, whatever happened before
(docs/decisions/0002).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from kube_headroom.catalogue import batch, indicators, workloads
from kube_headroom.catalogue.indicator import Indicator
from kube_headroom.catalogue.metric import Metric, Sample
from kube_headroom.overview.content import Finding, Severity
from kube_headroom.overview.words import counted, listed

WINDOW = 3600.0
"""Seconds: the window of the indicators that are counted (`RECENTLY`)."""
SLOT = 300.0
"""Seconds; the last hour may be longer by one slot, and a series costs at most thirteen numbers."""
OFTEN = 3
"""Restarts an hour from which a container is at risk; one may be a node's maintenance or a deploy's hiccup."""


class Counted(NamedTuple):
    """How the increases of a counter are told: `detail` is the index of the label that tells them apart."""

    indicator: Indicator
    detail: int | None
    noun: tuple[str, str]
    at_risk_from: float


COUNTED: dict[Metric[Any], Counted] = {  # causes before what follows from them
    workloads.CONTAINER_TERMINATIONS: Counted(indicators.OOM_KILLS, 3, ("OOM kill", "OOM kills"), 1),
    workloads.CONTAINER_RESTARTS: Counted(indicators.RESTARTS, 3, ("restart", "restarts"), OFTEN),
    workloads.EVICTIONS: Counted(indicators.EVICTIONS, 3, ("eviction", "evictions"), OFTEN),
    batch.JOBS_FAILED: Counted(indicators.JOBS_FAILED, None, ("failed job", "failed jobs"), 1),
}
OUT_OF_MEMORY = "OOMKilled"


class Increases:
    """The counters of one workload."""

    __slots__ = ("_expires_at", "_latest", "_slots", "_values")

    def __init__(self) -> None:
        self._values: dict[tuple[Metric[Any], tuple[str, ...]], float] = {}
        self._slots: dict[Metric[Any], dict[tuple[int, str], float]] = {}
        self._latest: dict[Metric[Any], float] = {}
        self._expires_at: float | None = None

    def take(self, samples: Iterable[Sample], now: float) -> bool:
        """Note what grew since these counters were last taken, and say whether any did; what fell began anew at 0."""
        grown = False
        for metric, labels, value in samples:
            before = self._values.get((metric, labels), 0.0)
            if value == before or (metric is workloads.CONTAINER_TERMINATIONS and labels[4] != OUT_OF_MEMORY):
                continue
            grown = True
            self._values[metric, labels] = value
            index = COUNTED[metric].detail
            slots = self._slots.setdefault(metric, {})
            slot = (int(now // SLOT), "" if index is None else labels[index])
            slots[slot] = slots.get(slot, 0.0) + (value - before if value > before else value)
            self._latest[metric] = now
            if self._expires_at is None:
                self._expires_at = _expiry(slot[0])
        return grown

    @property
    def untouched(self) -> bool:
        """Every counter stands at 0."""
        return not self._values

    def forget(self, now: float) -> float | None:
        """Drop what is older than an hour; return when the next is, None if nothing is left."""
        if self._expires_at is not None and self._expires_at <= now:
            oldest = int((now - WINDOW) // SLOT)
            kept = {
                metric: {slot: count for slot, count in slots.items() if slot[0] >= oldest}
                for metric, slots in self._slots.items()
            }
            self._slots = {metric: slots for metric, slots in kept.items() if slots}
            first = min((slot for slots in self._slots.values() for slot, _ in slots), default=None)
            self._expires_at = None if first is None else _expiry(first)
        return self._expires_at

    def findings(self) -> Iterator[Finding]:
        """Say what happened since the last `forget`'s hour, one finding per indicator."""
        for metric, (indicator, _, noun, at_risk_from) in COUNTED.items():
            slots = self._slots.get(metric)
            if slots is None:
                continue
            by_detail: dict[str, float] = {}
            for (_, detail), count in slots.items():
                by_detail[detail] = by_detail.get(detail, 0.0) + count
            total = sum(by_detail.values())
            names = listed(sorted(filter(None, by_detail), key=lambda name: (-by_detail[name], name)))
            yield Finding(
                indicator=indicator.name,
                severity=Severity.RISK if total >= at_risk_from else Severity.NOTE,
                text=f"{counted(total, *noun)} in the last hour{f' ({names})' if names else ''}",
                value=total,
                lasting=False,
                since=self._latest[metric],
            )


def _expiry(slot: int) -> float:
    return (slot + 1) * SLOT + WINDOW
