"""Every container's restarts since a moment, from the pods that the API showed meanwhile."""

from __future__ import annotations

from tests.real.agreement import Rows
from tests.real.cluster import Cluster, Workload

Container = tuple[Workload, str, str]
"""Workload, the pod's uid and the container's name."""


class Restarts:
    """Remembers the highest count of each container; pods that are gone keep theirs."""

    def __init__(self, cluster: Cluster) -> None:
        """Begin with the counts of now."""
        self._before = _counts(cluster)
        self._latest = dict(self._before)

    def rows(self, cluster: Cluster) -> Rows:
        """Take note, and sum up by workload and container what is not 0, of the workloads that there are."""
        self._latest |= _counts(cluster)
        total: dict[tuple[str, ...], float] = {}
        for (workload, uid, name), count in self._latest.items():
            added = count - self._before.get((workload, uid, name), 0)
            if added and workload in cluster.workloads:
                total[*workload, name] = total.get((*workload, name), 0) + added
        return total


def _counts(cluster: Cluster) -> dict[Container, int]:
    return {
        (pod.workload, pod.object["metadata"]["uid"], status["name"]): status["restartCount"]
        for pod in cluster.pods
        for status in pod.statuses
    }
