"""What a pool's measured nodes use: memory as it was last told, CPU smoothed over a minute."""

from __future__ import annotations

from collections import deque

from kube_headroom.snapshot import PoolUsageSnapshot

SMOOTHED = 60.0
"""Seconds: four readings of a node, long enough for the eye and short enough for an incident."""


class PoolUse:
    """One pool's readings of the last minute."""

    __slots__ = ("_readings", "measured", "working_set")

    def __init__(self) -> None:
        self.measured = 0
        self.working_set: float | None = None
        self._readings: deque[tuple[float, float]] = deque()

    def take(self, snapshot: PoolUsageSnapshot, now: float) -> None:
        """Take a reading; nodes that joined or fell silent begin a new minute, for two sets of nodes have no mean."""
        if snapshot.nodes_measured != self.measured:
            self._readings.clear()
        self.measured, self.working_set = snapshot.nodes_measured, snapshot.working_set
        # Without a counter no node was read twice yet, and the rate of 0 is none.
        if snapshot.cpu_seconds is not None and snapshot.cpu_cores is not None:
            self._readings.append((now, snapshot.cpu_cores))
        while self._readings and self._readings[0][0] <= now - SMOOTHED:
            self._readings.popleft()

    @property
    def cores(self) -> float | None:
        """Mean of the last minute, None before the first rate; each reading is the nodes' own rate between two of theirs."""
        if not self._readings:
            return None
        return sum(cores for _, cores in self._readings) / len(self._readings)
