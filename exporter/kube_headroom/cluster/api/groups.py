"""What we read of the named groups' objects: apps, batch, autoscaling and policy."""

from __future__ import annotations

from kube_headroom.cluster.api.core import ApiObject, ApiStruct, Condition, ObjectReference


class RollingUpdate(ApiStruct):
    """`rollingUpdate` of a StatefulSet's strategy."""

    partition: int | None = None


class Strategy(ApiStruct):
    """`spec.updateStrategy`."""

    type: str | None = None
    rolling_update: RollingUpdate | None = None


class ControllerSpec(ApiStruct):
    """`spec` of a Deployment, StatefulSet or DaemonSet."""

    replicas: int | None = None
    update_strategy: Strategy | None = None


class ControllerStatus(ApiStruct):
    """`status` of a Deployment, StatefulSet or DaemonSet."""

    ready_replicas: int | None = None
    available_replicas: int | None = None
    updated_replicas: int | None = None
    current_revision: str | None = None
    update_revision: str | None = None
    desired_number_scheduled: int | None = None
    current_number_scheduled: int | None = None
    number_ready: int | None = None
    number_available: int | None = None
    updated_number_scheduled: int | None = None
    conditions: list[Condition | None] | None = None


class Controller(ApiObject):
    """An apps/v1 Deployment, StatefulSet or DaemonSet."""

    spec: ControllerSpec | None = None
    status: ControllerStatus | None = None


class JobSpec(ApiStruct):
    """`spec` of a Job."""

    suspend: bool | None = None


class JobStatus(ApiStruct):
    """`status` of a Job."""

    active: int | None = None
    conditions: list[Condition | None] | None = None


class Job(ApiObject):
    """A batch/v1 Job."""

    spec: JobSpec | None = None
    status: JobStatus | None = None


class CronJobStatus(ApiStruct):
    """`status` of a CronJob."""

    active: list[ObjectReference | None] | None = None
    last_schedule_time: str | None = None
    last_successful_time: str | None = None


class CronJob(ApiObject):
    """A batch/v1 CronJob."""

    spec: JobSpec | None = None
    status: CronJobStatus | None = None


class AutoscalerSpec(ApiStruct):
    """`spec` of an HPA."""

    scale_target_ref: ObjectReference | None = None
    min_replicas: int | None = None
    max_replicas: int | None = None


class AutoscalerStatus(ApiStruct):
    """`status` of an HPA."""

    current_replicas: int | None = None
    desired_replicas: int | None = None
    conditions: list[Condition | None] | None = None


class HorizontalPodAutoscaler(ApiObject):
    """An autoscaling/v2 HorizontalPodAutoscaler."""

    spec: AutoscalerSpec | None = None
    status: AutoscalerStatus | None = None


class BudgetStatus(ApiStruct):
    """`status` of a PodDisruptionBudget."""

    disruptions_allowed: int | None = None
    current_healthy: int | None = None
    desired_healthy: int | None = None
    expected_pods: int | None = None


class PodDisruptionBudget(ApiObject):
    """A policy/v1 PodDisruptionBudget."""

    status: BudgetStatus | None = None
