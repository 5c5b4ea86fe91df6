"""What a workload used since we watch: sums of deltas, and the peaks of its replicas over a window."""

from __future__ import annotations

from typing import Final

from kube_headroom.catalogue import usage as series
from kube_headroom.catalogue.labels import WorkloadContainerProbe
from kube_headroom.readings import ProbeCount
from kube_headroom.state.tally import Tally

UNMEASURED: Final = "_unmeasured"
"""The container value of what no container's row accounts for; no container's name has an underscore."""

BUCKETS: Final = 10
RESOURCES: Final = ("cpu", "memory", "io")


class Peaks:
    """The highest working set and share of the limit in the last window, in slices of a tenth of it."""

    __slots__ = ("_slices",)

    def __init__(self) -> None:
        self._slices: list[tuple[int, float, float]] = []

    def see(self, now: float, window: float, working_set: float, share: float) -> None:
        """Take one replica's working set, and its share of its limit (0 without one)."""
        current = int(now * BUCKETS / window)
        if self._slices and self._slices[-1][0] >= current:
            number, highest, nearest = self._slices[-1]
            if working_set > highest or share > nearest:
                self._slices[-1] = (number, max(highest, working_set), max(nearest, share))
            return
        self._slices.append((current, working_set, share))
        self._drop(current)

    def highest(self, now: float, window: float) -> tuple[float, float] | None:
        """Return both peaks, None if nothing was seen in the window."""
        self._drop(int(now * BUCKETS / window))
        if not self._slices:
            return None
        return max(highest for _, highest, _ in self._slices), max(nearest for _, _, nearest in self._slices)

    def _drop(self, current: int) -> None:
        while self._slices and self._slices[0][0] < current - BUCKETS:
            del self._slices[0]


class ContainerTotals:
    """Counters of one container of a workload over all its replicas; CFS counts are None until it has a limit."""

    __slots__ = ("cfs", "cpu", "peaks")

    def __init__(self) -> None:
        self.cpu: float | None = None
        self.cfs: list[float] | None = None
        self.peaks = Peaks()

    def add_cpu(self, seconds: float) -> None:
        """Count CPU time; 0 makes the counter appear."""
        self.cpu = (self.cpu or 0.0) + seconds

    def add_cfs(self, periods: float, throttled_periods: float, throttled_seconds: float) -> None:
        """Count CFS periods; zeros make the counters appear."""
        if self.cfs is None:
            self.cfs = [0.0, 0.0, 0.0]
        self.cfs[0] += periods
        self.cfs[1] += throttled_periods
        self.cfs[2] += throttled_seconds


class WorkloadTotals:
    """Counters of one workload. `pressure` holds waiting and stalled seconds of cpu, memory and io in turn, or nothing."""

    __slots__ = ("containers", "pressure", "probes", "throttled")

    def __init__(self, hold: float) -> None:
        self.containers: dict[str, ContainerTotals] = {}
        self.throttled: float | None = None
        self.pressure: list[float | None] = []
        self.probes = Tally(hold)

    def container(self, name: str) -> ContainerTotals:
        """Return a container's counters, made on first use."""
        totals = self.containers.get(name)
        if totals is None:
            totals = self.containers[name] = ContainerTotals()
        return totals

    def add_throttled(self, seconds: float) -> None:
        """Count time lost to limits; 0 makes the counter appear."""
        self.throttled = (self.throttled or 0.0) + seconds

    def add_pressure(self, index: int, seconds: float) -> None:
        """Count time of one kind of pressure; 0 makes its counter appear."""
        if not self.pressure:
            self.pressure = [None] * (2 * len(RESOURCES))
        self.pressure[index] = (self.pressure[index] or 0.0) + seconds

    def seed_probe(self, labels: WorkloadContainerProbe) -> None:
        """Expose a probe's counters at 0 from now on."""
        for counter in (series.PROBES, series.PROBE_FAILURES, series.PROBE_UNKNOWNS):
            self.probes.seed(counter, labels)

    def add_probes(self, labels: WorkloadContainerProbe, grown: ProbeCount) -> None:
        """Count the results that `grown` holds more than before."""
        self.seed_probe(labels)
        self.probes.add(series.PROBES, labels, grown.successful + grown.failed + grown.unknown)
        self.probes.add(series.PROBE_FAILURES, labels, grown.failed)
        self.probes.add(series.PROBE_UNKNOWNS, labels, grown.unknown)
