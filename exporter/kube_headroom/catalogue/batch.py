"""Series of Jobs, CronJobs and autoscalers, as series of their workload."""

from __future__ import annotations

from kube_headroom.catalogue.labels import Workload
from kube_headroom.catalogue.metric import Aggregation, Counter, Gauge, Unit

SUM, MAX, NONE = Aggregation.SUM, Aggregation.MAX, Unit.NONE

JOBS_FINISHED = Counter(
    "headroom_workload_jobs_finished_total",
    "Jobs of the workload that completed or failed (`.status.conditions` of the Job).",
    Workload,
    NONE,
    SUM,
)
JOBS_FAILED = Counter(
    "headroom_workload_jobs_failed_total",
    "Jobs of the workload that failed (`.status.conditions` of the Job).",
    Workload,
    NONE,
    SUM,
)
JOBS_ACTIVE = Gauge(
    "headroom_workload_jobs_active",
    "Jobs of the workload that are neither complete, failed nor suspended (`.status.conditions` of the Job).",
    Workload,
    NONE,
    SUM,
)
CRONJOB_SUSPENDED = Gauge(
    "headroom_workload_cronjob_suspended",
    "1 while the CronJob is suspended (`.spec.suspend`).",
    Workload,
    NONE,
    MAX,
)
CRONJOB_LAST_SCHEDULE = Gauge(
    "headroom_workload_cronjob_last_schedule_timestamp_seconds",
    "When a Job was last started, absent before the first (`.status.lastScheduleTime`).",
    Workload,
    Unit.TIMESTAMP_SECONDS,
    MAX,
)
CRONJOB_LAST_SUCCESS = Gauge(
    "headroom_workload_cronjob_last_success_timestamp_seconds",
    "When a Job last succeeded, absent before the first (`.status.lastSuccessfulTime`).",
    Workload,
    Unit.TIMESTAMP_SECONDS,
    MAX,
)

AUTOSCALER_CURRENT = Gauge(
    "headroom_workload_autoscaler_current_replicas",
    "Replicas that the HorizontalPodAutoscaler last saw (`.status.currentReplicas`).",
    Workload,
    NONE,
    SUM,
)
AUTOSCALER_DESIRED = Gauge(
    "headroom_workload_autoscaler_desired_replicas",
    "Replicas that the HorizontalPodAutoscaler wants (`.status.desiredReplicas`).",
    Workload,
    NONE,
    SUM,
)
AUTOSCALER_MINIMUM = Gauge(
    "headroom_workload_autoscaler_min_replicas",
    "Lower bound of the HorizontalPodAutoscaler (`.spec.minReplicas`).",
    Workload,
    NONE,
    SUM,
)
AUTOSCALER_MAXIMUM = Gauge(
    "headroom_workload_autoscaler_max_replicas",
    "Upper bound of the HorizontalPodAutoscaler (`.spec.maxReplicas`).",
    Workload,
    NONE,
    SUM,
)
AUTOSCALER_LIMITED = Gauge(
    "headroom_workload_autoscaler_limited",
    "1 while a bound keeps the HorizontalPodAutoscaler from what it wants (`.status.conditions`, ScalingLimited).",
    Workload,
    NONE,
    MAX,
)

BATCH_METRICS = (
    JOBS_FINISHED,
    JOBS_FAILED,
    JOBS_ACTIVE,
    CRONJOB_SUSPENDED,
    CRONJOB_LAST_SCHEDULE,
    CRONJOB_LAST_SUCCESS,
    AUTOSCALER_CURRENT,
    AUTOSCALER_DESIRED,
    AUTOSCALER_MINIMUM,
    AUTOSCALER_MAXIMUM,
    AUTOSCALER_LIMITED,
)
