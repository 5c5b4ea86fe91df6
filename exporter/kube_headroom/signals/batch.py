"""Jobs, CronJobs and autoscalers, as series of their workload."""

from __future__ import annotations

from collections.abc import Iterator

from kube_headroom.catalogue import batch as series
from kube_headroom.catalogue.metric import Sample
from kube_headroom.model import CronJob
from kube_headroom.snapshot import WorkloadSnapshot


def jobs(snapshot: WorkloadSnapshot) -> Iterator[Sample]:
    """Active Jobs of a Job or CronJob, and when a CronJob last ran and succeeded."""
    workload, controller = snapshot.workload, snapshot.controller
    if snapshot.jobs or isinstance(controller, CronJob):
        active = sum(not job.outcome and not job.suspended for job in snapshot.jobs)
        yield series.JOBS_ACTIVE.at(workload, active)
    if isinstance(controller, CronJob):
        yield series.CRONJOB_SUSPENDED.at(workload, controller.suspended)
        if controller.last_schedule:
            yield series.CRONJOB_LAST_SCHEDULE.at(workload, controller.last_schedule)
        if controller.last_success:
            yield series.CRONJOB_LAST_SUCCESS.at(workload, controller.last_success)


def autoscaling(snapshot: WorkloadSnapshot) -> Iterator[Sample]:
    """The HorizontalPodAutoscaler of the workload; where several aim at one, the first by name."""
    scaler = snapshot.autoscaler
    if scaler is None:
        return
    yield series.AUTOSCALER_CURRENT.at(snapshot.workload, scaler.current)
    yield series.AUTOSCALER_DESIRED.at(snapshot.workload, scaler.desired)
    yield series.AUTOSCALER_MINIMUM.at(snapshot.workload, scaler.minimum)
    yield series.AUTOSCALER_MAXIMUM.at(snapshot.workload, scaler.maximum)
    yield series.AUTOSCALER_LIMITED.at(snapshot.workload, scaler.limited)
