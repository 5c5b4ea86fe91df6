"""Controllers, jobs and autoscalers as facts."""

from __future__ import annotations

from collections.abc import Callable

from kube_headroom import model
from kube_headroom.cluster.api import groups as wire
from kube_headroom.cluster.api.core import ApiObject, ObjectReference
from kube_headroom.cluster.facts.conversion import Conversion, condition, group_of, present

_NO_SPEC = wire.ControllerSpec()
_NO_STATUS = wire.ControllerStatus()
NEW_TEMPLATE = frozenset({"NewReplicaSetCreated", "FoundNewReplicaSet", "ReplicaSetUpdated"})
"""Reasons of Progressing=True between a new template and NewReplicaSetAvailable (kubernetes pkg/controller/deployment/util)."""


def _controller(
    kind: str, replicas: Callable[[wire.ControllerSpec, wire.ControllerStatus], model.Replicas]
) -> Callable[[Conversion, wire.Controller], model.Controller]:
    def convert(conversion: Conversion, source: wire.Controller) -> model.Controller:
        counted = replicas(source.spec or _NO_SPEC, source.status or _NO_STATUS)
        return model.Controller(kind, conversion.metadata(source), conversion.interned(counted))

    return convert


def _of_deployment(spec: wire.ControllerSpec, status: wire.ControllerStatus) -> model.Replicas:
    progress = condition(status.conditions, "Progressing")
    return model.Replicas(
        desired=_or(spec.replicas, 1),
        ready=status.ready_replicas or 0,
        available=status.available_replicas or 0,
        updated=status.updated_replicas or 0,
        rolling=False,
        deadline_exceeded=progress.status == "False" and progress.reason == "ProgressDeadlineExceeded",
        changing=progress.status == "True" and progress.reason in NEW_TEMPLATE,
    )


def _of_stateful_set(spec: wire.ControllerSpec, status: wire.ControllerStatus) -> model.Replicas:
    desired, updated = _or(spec.replicas, 1), status.updated_replicas or 0
    strategy = spec.update_strategy or wire.Strategy()
    partition = strategy.rolling_update.partition if strategy.rolling_update else None
    if (strategy.type or "RollingUpdate") != "RollingUpdate":
        rolling = False
    elif partition:
        rolling = updated < desired - partition
    else:
        rolling = bool(status.update_revision) and status.update_revision != status.current_revision
    return model.Replicas(
        desired=desired,
        ready=status.ready_replicas or 0,
        available=status.available_replicas or 0,
        updated=updated,
        rolling=rolling,
        deadline_exceeded=False,
        changing=rolling,
    )


def _of_daemon_set(spec: wire.ControllerSpec, status: wire.ControllerStatus) -> model.Replicas:
    desired, updated = status.desired_number_scheduled or 0, status.updated_number_scheduled or 0
    strategy = (spec.update_strategy and spec.update_strategy.type) or "RollingUpdate"
    rolling = strategy == "RollingUpdate" and updated < desired
    return model.Replicas(
        desired=desired,
        ready=status.number_ready or 0,
        available=status.number_available or 0,
        updated=updated,
        rolling=rolling,
        deadline_exceeded=False,
        changing=rolling and updated < (status.current_number_scheduled or 0),
    )


deployment = _controller("Deployment", _of_deployment)
stateful_set = _controller("StatefulSet", _of_stateful_set)
daemon_set = _controller("DaemonSet", _of_daemon_set)


def replica_set(conversion: Conversion, source: ApiObject) -> model.ReplicaSet:
    """A ReplicaSet's metadata."""
    return model.ReplicaSet(conversion.metadata(source))


def job(conversion: Conversion, source: wire.Job) -> model.Job:
    """A Job; Complete and Failed exclude each other."""
    status = source.status or wire.JobStatus()
    outcomes = (kind for kind in ("Complete", "Failed") if condition(status.conditions, kind).status == "True")
    return model.Job(
        metadata=conversion.metadata(source),
        active=status.active or 0,
        outcome=next(outcomes, ""),
        suspended=bool(source.spec and source.spec.suspend),
    )


def cron_job(conversion: Conversion, source: wire.CronJob) -> model.CronJob:
    """A CronJob."""
    status = source.status or wire.CronJobStatus()
    return model.CronJob(
        metadata=conversion.metadata(source),
        suspended=bool(source.spec and source.spec.suspend),
        active=len(present(status.active)),
        last_schedule=conversion.time(status.last_schedule_time),
        last_success=conversion.time(status.last_successful_time),
    )


def horizontal_pod_autoscaler(
    conversion: Conversion, source: wire.HorizontalPodAutoscaler
) -> model.HorizontalPodAutoscaler:
    """An HPA; the API's own default of `minReplicas` is 1."""
    spec, status = source.spec or wire.AutoscalerSpec(), source.status or wire.AutoscalerStatus()
    target = spec.scale_target_ref or ObjectReference()
    return model.HorizontalPodAutoscaler(
        metadata=conversion.metadata(source),
        target_group=conversion.interned(group_of(target.api_version)),
        target_kind=conversion.interned(target.kind or ""),
        target_name=target.name or "",
        minimum=_or(spec.min_replicas, 1),
        maximum=spec.max_replicas or 0,
        current=status.current_replicas or 0,
        desired=status.desired_replicas or 0,
        limited=condition(status.conditions, "ScalingLimited").status == "True",
    )


def _or(number: int | None, default: int) -> int:
    return default if number is None else number
