"""Pods as facts."""

from __future__ import annotations

from kube_headroom import model
from kube_headroom.cluster.api import core as wire
from kube_headroom.cluster.facts.conversion import Conversion, condition, present
from kube_headroom.resources import Allocation, ContainerResources, PodResources
from kube_headroom.resources.pod import NO_ALLOCATION, NO_ALLOCATIONS

MIRROR_ANNOTATION = "kubernetes.io/config.mirror"  # kubernetes.io/docs/reference/labels-annotations-taints
HASH_ANNOTATION = "kubernetes.io/config.hash"  # kubernetes pkg/kubelet/types, ConfigHashAnnotationKey
_NO_META = wire.ObjectMeta()
_NO_SPEC = wire.PodSpec()
_NO_STATUS = wire.PodStatus()
_NO_STATE = wire.ContainerState()


def pod(conversion: Conversion, source: wire.Pod) -> model.Pod:
    """A pod; without a status it is pending, as the API server itself reads it."""
    meta, spec, status = source.metadata or _NO_META, source.spec or _NO_SPEC, source.status or _NO_STATUS
    interned = conversion.interned
    scheduled = condition(status.conditions, "PodScheduled")
    mirror = MIRROR_ANNOTATION in (meta.annotations or ())
    return model.Pod(
        uid=meta.uid or "",
        namespace=interned(meta.namespace or ""),
        name=meta.name or "",
        created=conversion.time(meta.creation_timestamp),
        controller=conversion.controller(meta.owner_references),
        mirror=mirror,
        owner=conversion.owner(meta),
        node=interned(spec.node_name or ""),
        phase=interned(status.phase or "Pending"),
        deleting=meta.deletion_timestamp is not None,
        ready=condition(status.conditions, "Ready").status == "True",
        unschedulable=scheduled.status == "False" and scheduled.reason == "Unschedulable",
        disruption=interned(_disruption(status)),
        resources=interned(_resources(conversion, spec, status)),
        statuses=_statuses(conversion, status),
        probes=interned(_probes(spec)),
        static_uid=((meta.annotations or {}).get(HASH_ANNOTATION) or "") if mirror else "",
        gated=scheduled.status == "False" and scheduled.reason == "SchedulingGated",
        scheduled=conversion.time(scheduled.last_transition_time) if scheduled.status == "True" else 0.0,
    )


def _disruption(status: wire.PodStatus) -> str:
    target = condition(status.conditions, "DisruptionTarget")
    if target.status == "True":
        return target.reason or ""
    return "TerminationByKubelet" if status.reason == "Evicted" else ""


def _resources(conversion: Conversion, spec: wire.PodSpec, status: wire.PodStatus) -> PodResources:
    whole = spec.resources or wire.Resources()
    every_status = present(status.container_statuses) + present(status.init_container_statuses)
    allocations = {
        conversion.interned(one.name): _allocation(conversion, one.resources, one.allocated_resources)
        for one in every_status
        if one.name and (one.resources is not None or one.allocated_resources is not None)
    }
    return PodResources(
        containers=tuple(_container(conversion, one) for one in present(spec.containers)),
        init_containers=tuple(_container(conversion, one) for one in present(spec.init_containers)),
        overhead=conversion.resource_list(spec.overhead),
        pod_requests=conversion.resource_list(whole.requests),
        pod_limits=conversion.resource_list(whole.limits),
        allocations=allocations or NO_ALLOCATIONS,
        pod_allocation=_allocation(conversion, status.resources, status.allocated_resources),
        resize_infeasible=condition(status.conditions, "PodResizePending").reason == "Infeasible",
    )


def _container(conversion: Conversion, source: wire.Container) -> ContainerResources:
    resources = source.resources or wire.Resources()
    return ContainerResources(
        name=conversion.interned(source.name or ""),
        requests=conversion.resource_list(resources.requests),
        limits=conversion.resource_list(resources.limits),
        restartable=source.restart_policy == "Always",
    )


def _probes(spec: wire.PodSpec) -> tuple[tuple[str, str], ...]:
    return tuple(
        (one.name or "", probe)
        for one in (*present(spec.containers), *present(spec.init_containers))
        for probe, configured in (
            ("liveness", one.liveness_probe),
            ("readiness", one.readiness_probe),
            ("startup", one.startup_probe),
        )
        if configured is not None
    )


def _allocation(
    conversion: Conversion, granted: wire.Resources | None, allocated: wire.Quantities | None
) -> Allocation:
    if granted is None and allocated is None:
        return NO_ALLOCATION
    requests, limits = (granted.requests, granted.limits) if granted else (None, None)
    return Allocation(
        reported=granted is not None,
        requests=None if requests is None else conversion.resource_list(requests),
        limits=None if limits is None else conversion.resource_list(limits),
        allocated=None if allocated is None else conversion.resource_list(allocated),
    )


def _statuses(conversion: Conversion, status: wire.PodStatus) -> tuple[model.ContainerStatus, ...]:
    """Shared unless a container ended: a termination names its container's own id and will not come again."""
    running = [_status(conversion, one, init=False) for one in present(status.container_statuses)]
    init = [_status(conversion, one, init=True) for one in present(status.init_container_statuses)]
    statuses = tuple(running + init)
    ended = any(one.terminated is not None or one.last_terminated is not None for one in statuses)
    return statuses if ended else conversion.interned(statuses)


def _status(conversion: Conversion, source: wire.ContainerStatus, *, init: bool) -> model.ContainerStatus:
    state, last = source.state or _NO_STATE, source.last_state or _NO_STATE
    return model.ContainerStatus(
        name=conversion.interned(source.name or ""),
        init=init,
        ready=bool(source.ready),
        restart_count=source.restart_count or 0,
        waiting_reason=conversion.interned((state.waiting and state.waiting.reason) or ""),
        terminated=_termination(conversion, state.terminated),
        last_terminated=_termination(conversion, last.terminated),
        running=state.running is not None,
    )


def _termination(conversion: Conversion, source: wire.Terminated | None) -> model.Termination | None:
    if source is None:
        return None
    return model.Termination(
        container_id=source.container_id or "",
        reason=conversion.interned(source.reason or ""),
        exit_code=source.exit_code or 0,
        finished_at=conversion.time(source.finished_at),
    )
