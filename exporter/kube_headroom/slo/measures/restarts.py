"""Restart-free time: the seconds of a workload with pods that lie in no minute after a restart."""

from __future__ import annotations

from collections.abc import Sequence

from kube_headroom.catalogue.metric import Sample
from kube_headroom.catalogue.workloads import CONTAINER_RESTARTS
from kube_headroom.slo.measures.account import Account, microseconds
from kube_headroom.slo.measures.rises import Rises
from kube_headroom.slo.objective import ClusterIndicator
from kube_headroom.snapshot import WorkloadSnapshot


class RestartFree:
    """Time-weighted; seconds after several restarts count once, and time without a pod that still runs counts not at all."""

    __slots__ = ("_account", "_after", "_at", "_bad_until", "_living", "_rises")

    def __init__(self, indicator: ClusterIndicator, account: Account, _: float) -> None:
        self._account = account
        self._after = microseconds(indicator.after_restart)
        self._rises = Rises(CONTAINER_RESTARTS)
        self._at = 0
        self._bad_until = 0
        self._living = False

    def see(self, snapshot: WorkloadSnapshot, samples: Sequence[Sample], now: float) -> bool:
        """Begin bad seconds if a container of the workload was started again."""
        self.settle(now)
        rises = self._rises.take(samples)
        if rises is not None and rises[0] > 0:
            self._bad_until = self._at + self._after
        self._living = any(not pod.terminal for pod in snapshot.pods)
        return True

    def settle(self, now: float) -> None:
        """Count the seconds since the last look."""
        end = max(self._at, microseconds(now))
        if self._living:
            self._account.add(end - self._at, max(0, min(end, self._bad_until) - self._at))
        self._at = end
