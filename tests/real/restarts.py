"""Every container's restarts since a moment, from the counts of the pods that were seen meanwhile."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from tests.real.agreement import Rows
from tests.real.cluster import Workload

Container = tuple[Workload, str, str]
"""Workload, the pod's uid and the container's name."""


class Restarts:
    """Remembers the latest count of each container; pods that are gone keep theirs."""

    def __init__(self, counts: Mapping[Container, int]) -> None:
        """Begin with the counts of now."""
        self._before = counts
        self._latest = dict(counts)

    def rows(self, counts: Mapping[Container, int], workloads: Iterable[Workload]) -> Rows:
        """Take note, and sum up by workload and container what is not 0, of the workloads that there are."""
        self._latest |= counts
        total: dict[tuple[str, ...], float] = {}
        for (workload, uid, name), count in self._latest.items():
            added = count - self._before.get((workload, uid, name), 0)
            if added and workload in workloads:
                total[*workload, name] = total.get((*workload, name), 0) + added
        return total
