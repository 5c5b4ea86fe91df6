"""SLIs that two counters of a workload carry already: events, and the bad ones among them."""

from __future__ import annotations

from collections.abc import Sequence

from kube_headroom.catalogue import batch, usage
from kube_headroom.catalogue.metric import Sample
from kube_headroom.slo.amount import scaled
from kube_headroom.slo.measures.account import Account
from kube_headroom.slo.measures.rises import Rises
from kube_headroom.slo.objective import ClusterIndicator
from kube_headroom.snapshot import UsageSnapshot, WorkloadSnapshot


class _Counting:
    """Counts rises when they show; time alone brings nothing."""

    __slots__ = ("_account", "_rises")

    def __init__(self, account: Account, rises: Rises) -> None:
        self._account = account
        self._rises = rises

    def see(self, snapshot: WorkloadSnapshot | UsageSnapshot, samples: Sequence[Sample], _: float) -> bool:
        """Count what grew; without a series there is nothing to know, nor while no kubelet tells of what runs."""
        rises = self._rises.take(samples)
        if rises is None:
            return False
        events, bad = rises
        self._account.add(scaled(events), scaled(bad))
        return not isinstance(snapshot, UsageSnapshot) or snapshot.measured > 0 or not snapshot.expected

    def settle(self, now: float) -> None:
        """Nothing happens by time alone."""


def jobs(_: ClusterIndicator, account: Account, __: float) -> _Counting:
    """Jobs that ended, and those that failed."""
    return _Counting(account, Rises(batch.JOBS_FINISHED, batch.JOBS_FAILED))


def probes(indicator: ClusterIndicator, account: Account, _: float) -> _Counting:
    """Probes of one type that ended, and those that failed, of all containers."""
    return _Counting(account, Rises(usage.PROBES, usage.PROBE_FAILURES, label=indicator.probe))


def throttling(_: ClusterIndicator, account: Account, __: float) -> _Counting:
    """CFS periods, and those in which the limit stopped a container, of all containers."""
    return _Counting(account, Rises(usage.CFS_PERIODS, usage.CFS_THROTTLED_PERIODS))
