"""The SLIs as data: which snapshots each asks for, which workloads it is for, what must be heard of, what counts it."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from kube_headroom.slo.measures import counting
from kube_headroom.slo.measures.account import Account
from kube_headroom.slo.measures.availability import Availability
from kube_headroom.slo.measures.meter import Meter
from kube_headroom.slo.measures.restarts import RestartFree
from kube_headroom.slo.measures.rollouts import RolloutSuccess
from kube_headroom.slo.measures.scheduling import SchedulingLatency
from kube_headroom.slo.objective import ClusterIndicator, Indicator

ANY: frozenset[str] = frozenset()
ROLLED_OUT = frozenset({"Deployment", "StatefulSet", "DaemonSet"})
RUN_TO_COMPLETION = frozenset({"Job", "CronJob"})
SOURCES_OF = {
    "Deployment": frozenset({"pods", "deployments"}),
    "StatefulSet": frozenset({"pods", "statefulsets"}),
    "DaemonSet": frozenset({"pods", "daemonsets"}),
    "CronJob": frozenset({"pods", "jobs", "cronjobs"}),
    "Job": frozenset({"pods", "jobs"}),
}
"""Kinds that must be heard of for a workload's state to be known; of any other kind it is the pods alone."""
PODS = frozenset({"pods"})


class Measured(NamedTuple):
    """How an indicator is measured.

    `scope` begins the keys of the snapshots it asks for; `only` and `never` are kinds of workloads; `timed` says that
    an event is a second of time. `meter` makes what counts one workload, for an objective followed since some time.
    """

    scope: str
    meter: Callable[[ClusterIndicator, Account, float], Meter]
    only: frozenset[str] = ANY
    never: frozenset[str] = ANY
    timed: bool = False

    def suits(self, kind: str) -> bool:
        """Whether workloads of a kind have this SLI."""
        return kind not in self.never and (not self.only or kind in self.only)

    def sources(self, kind: str) -> frozenset[str]:
        """Kinds of objects that must be heard of; `kind` is that of the selected workloads, "" for any."""
        if kind:
            return SOURCES_OF.get(kind, PODS)
        return PODS.union(*(sources for one, sources in SOURCES_OF.items() if self.suits(one)))


MEASURED: dict[Indicator, Measured] = {
    Indicator.AVAILABILITY: Measured("workload", Availability, never=RUN_TO_COMPLETION, timed=True),
    Indicator.PROBE_SUCCESS: Measured("usage", counting.probes),
    Indicator.RESTART_FREE: Measured("workload", RestartFree, timed=True),
    Indicator.JOB_SUCCESS: Measured("workload", counting.jobs, only=RUN_TO_COMPLETION),
    Indicator.SCHEDULING_LATENCY: Measured("workload", SchedulingLatency),
    Indicator.THROTTLE_FREE: Measured("usage", counting.throttling),
    Indicator.ROLLOUT_SUCCESS: Measured("workload", RolloutSuccess, only=ROLLED_OUT),
}
SCOPES = frozenset(measured.scope for measured in MEASURED.values())
