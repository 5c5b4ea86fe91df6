"""One workload as the state room keeps it: its objects, its pods and its counters."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from kube_headroom.catalogue import batch
from kube_headroom.catalogue import workloads as series
from kube_headroom.catalogue.labels import Workload, WorkloadContainer, WorkloadContainerReason, WorkloadReason
from kube_headroom.catalogue.metric import Counter
from kube_headroom.model import Controller, CronJob, HorizontalPodAutoscaler, Job, Pod
from kube_headroom.state.tally import Tally
from kube_headroom.state.usage.totals import WorkloadTotals

STANDARD_REASONS = ("Error", "OOMKilled")
"""Reasons whose counters are exposed at 0 from a workload's first publication on.

Other ends lose nothing, since a newborn counter is held at 0; a zero for each would only cost series.
"""
NODE_PRESSURE = "TerminationByKubelet"
JOB_KINDS = ("Job", "CronJob")


class Entry:
    """The mutable heart of a workload; everything here is touched under the inventory's lock only."""

    __slots__ = (
        "autoscalers",
        "controller",
        "jobs",
        "moved_at",
        "pods",
        "seen",
        "standing",
        "tally",
        "usage",
        "vacated_at",
        "workload",
    )

    def __init__(self, workload: Workload, hold: float) -> None:
        self.workload = workload
        self.controller: Controller | CronJob | None = None
        self.jobs: dict[str, Job] = {}
        self.autoscalers: dict[str, HorizontalPodAutoscaler] = {}
        self.pods: dict[str, Pod] = {}
        self.tally = Tally(hold)
        self.usage = WorkloadTotals(hold)
        self.seen: set[str] = set()
        self.vacated_at: float | None = None
        self.standing: tuple[int, ...] = ()
        self.moved_at = 0.0
        self._seed_workload()

    @property
    def empty(self) -> bool:
        """Nothing of the workload is left in the cluster; an autoscaler alone is no workload."""
        return not (self.pods or self.jobs or self.controller)

    def count(self, counter: Counter[Any], rest: Iterable[str], amount: int) -> None:
        """Add to a counter whose labels are the workload's and `rest`."""
        self.tally.add(counter, (*self.workload, *rest), amount)

    def seed_container(self, container: str) -> None:
        """Expose the container's counters at 0 from now on."""
        if container in self.seen:
            return
        self.seen.add(container)
        self.tally.seed(series.CONTAINER_RESTARTS, WorkloadContainer(*self.workload, container))
        for reason in STANDARD_REASONS:
            self.tally.seed(series.CONTAINER_TERMINATIONS, WorkloadContainerReason(*self.workload, container, reason))

    def _seed_workload(self) -> None:
        self.tally.seed(series.EVICTIONS, WorkloadReason(*self.workload, NODE_PRESSURE))
        if self.workload.workload_kind in JOB_KINDS:
            self.tally.seed(batch.JOBS_FINISHED, self.workload)
            self.tally.seed(batch.JOBS_FAILED, self.workload)

    def owner(self) -> str:
        """Name the team that the workload itself names, "" if it names none."""
        if self.controller is not None:
            return self.controller.metadata.owner
        for job in self.jobs.values():
            if job.metadata.owner and job.metadata.name == self.workload.workload:
                return job.metadata.owner
        if self.workload.workload_kind in ("Pod", "StaticPod"):
            return next((pod.owner for pod in self.pods.values() if pod.owner), "")
        return ""

    def track_rollout(self, now: float, deadline: float) -> float | None:
        """Note when the counts of a rolling controller last moved; return when it becomes stuck if they do not."""
        if not isinstance(self.controller, Controller) or not self.controller.replicas.rolling:
            self.standing = ()
            return None
        replicas = self.controller.replicas
        standing = (replicas.desired, replicas.updated, replicas.ready)
        if standing != self.standing:
            self.standing, self.moved_at = standing, now
        return self.moved_at + deadline

    def rollout_stuck(self, now: float, deadline: float) -> bool | None:
        """Say whether the rollout is stuck, None for kinds without one."""
        if not isinstance(self.controller, Controller):
            return None
        rolling_for = now - self.moved_at if self.standing else 0.0
        return self.controller.replicas.deadline_exceeded or rolling_for >= deadline


def targets(autoscaler: HorizontalPodAutoscaler) -> Workload:
    """Name the workload that an autoscaler scales."""
    return Workload(autoscaler.metadata.namespace, autoscaler.target_kind, autoscaler.target_name)
