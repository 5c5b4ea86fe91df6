"""By how much a workload's counters grew between two looks at its samples."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from kube_headroom.catalogue.metric import Counter, Sample


class Rises:
    """Follows some counters over all their series, or over those whose last label has a value.

    What the first look finds is where counting begins; a series that appears later began at 0. A counter that fell
    belongs to a workload that was made anew: all began at 0 again.
    """

    __slots__ = ("_counters", "_label", "_values")

    def __init__(self, *counters: Counter[Any], label: str = "") -> None:
        self._counters = counters
        self._label = label
        self._values: dict[tuple[int, tuple[str, ...]], float] | None = None

    def take(self, samples: Iterable[Sample]) -> tuple[float, ...] | None:
        """Return the rise of each counter since the last look, None if there is no series of theirs."""
        values = {
            (self._counters.index(sample.metric), sample.labels): sample.value
            for sample in samples
            if sample.metric in self._counters and (not self._label or sample.labels[-1] == self._label)
        }
        known, self._values = self._values, values
        if not values:
            return None
        rises = [0.0] * len(self._counters)
        if known is not None:
            if any(value < known.get(series, 0.0) for series, value in values.items()):
                known = {}
            for series, value in values.items():
                rises[series[0]] += value - known.get(series, 0.0)
        return tuple(rises)
