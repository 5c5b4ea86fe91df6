"""Effective requests and limits of a pod: what the scheduler charges, by the rule of the server's own minor."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Literal, NamedTuple

from kube_headroom.resources.pod import (
    NO_RESOURCES,
    Allocation,
    ContainerResources,
    PodResources,
    ResourceList,
)

Kind = Literal["requests", "limits"]

# From this minor on a resize is charged as the largest of the pod's sums, before as the sum of the largest.
MAX_OF_SUMS_SINCE = 37

_Asked = Callable[[ContainerResources], ResourceList]


class _Question(NamedTuple):
    """Where spec and status answer for requests, or for limits, which have no `allocatedResources`."""

    asked: _Asked
    asked_of_pod: Callable[[PodResources], ResourceList]
    granted: tuple[Callable[[Allocation], ResourceList | None], ...]


_REQUESTS = _Question(
    lambda container: container.requests,
    lambda pod: pod.pod_requests,
    (lambda allocation: allocation.requests, lambda allocation: allocation.allocated),
)
_LIMITS = _Question(
    lambda container: container.limits, lambda pod: pod.pod_limits, (lambda allocation: allocation.limits,)
)


def effective_requests(pod: PodResources, *, minor: int, use_status: bool = True) -> dict[str, int]:
    """Return what a pod holds of each resource, in nanos: `PodRequests` of k8s.io/component-helpers `resource`.

    `minor` is the API server's (36 for 1.36). `use_status=False` leaves resizes out, as the scheduler's own
    /metrics/resources does. Node resources given by claims (`nodeAllocatableResourceClaimStatuses`, alpha) are
    not counted.
    """
    charged = _containers(pod, _REQUESTS, minor, use_status=use_status)
    if _names_supported(pod.pod_requests):
        charged.update(_pod_level(pod, _REQUESTS, minor, use_status=use_status))
    _add(charged, pod.overhead)
    return charged


def effective_limits(pod: PodResources, *, minor: int, use_status: bool = True) -> dict[str, int]:
    """Return the limits of a pod as `PodLimits` sums them, in nanos; arguments as for effective_requests.

    Only declared limits are summed: where containers_without finds a container without one, the sum bounds
    nothing. Overhead is added to limits that are not 0.
    """
    charged = _containers(pod, _LIMITS, minor, use_status=use_status)
    if _names_supported(pod.pod_requests) or _names_supported(pod.pod_limits):
        charged.update(_pod_level(pod, _LIMITS, minor, use_status=use_status))
    _add(charged, {name: nanos for name, nanos in pod.overhead.items() if charged.get(name)})
    return charged


def containers_without(pod: PodResources, resource: str, kind: Kind) -> int:
    """Count the containers and native sidecars without a request or limit for a resource.

    A request of 0 is a request, but a limit of 0 is none: the kubelet sets no bound for it. Where the pod itself
    has the request or limit, none of its containers lacks it.
    """
    question = _REQUESTS if kind == "requests" else _LIMITS

    def covers(resources: ResourceList) -> bool:
        return resource in resources if kind == "requests" else bool(resources.get(resource))

    if _supported(resource) and covers(question.asked_of_pod(pod)):
        return 0
    return sum(not covers(question.asked(container)) for container in pod.running_containers)


def _containers(pod: PodResources, question: _Question, minor: int, *, use_status: bool) -> dict[str, int]:
    """Aggregate the containers, pod-level resources and overhead still left out."""
    asked = question.asked
    if not use_status:
        return _aggregate(pod, asked, asked)
    if minor < MAX_OF_SUMS_SINCE:
        # This rule does not read the status of one-shot init containers.
        return _aggregate(pod, _largest_of_container(pod, question), asked)
    sums: list[ResourceList] = [] if pod.resize_infeasible else [_aggregate(pod, asked, asked)]
    granted_to_pod = [grant(pod.pod_allocation) for grant in question.granted]
    whole = [resources for resources in granted_to_pod if resources is not None]
    if len(whole) == len(granted_to_pod):
        # The kubelet's own aggregates, once it reports them all, stand for those of the containers.
        sums += whole
    else:
        for first in range(len(question.granted)):
            granted = _granted_to_container(pod, question, first)
            sums.append(_aggregate(pod, granted, granted))
    return _largest(sums)


def _largest_of_container(pod: PodResources, question: _Question) -> _Asked:
    """Up to 1.36: the larger of what a container asks for and what it was granted, where the status says so."""

    def largest(container: ContainerResources) -> ResourceList:
        allocation = pod.allocations.get(container.name)
        if allocation is None or not allocation.reported:
            return question.asked(container)
        return _asked_or_granted(pod, question, question.asked(container), allocation)

    return largest


def _granted_to_container(pod: PodResources, question: _Question, first: int) -> _Asked:
    """From 1.37: what a container was granted, by the first grant from `first` on that the status has.

    Without any it is what the container asks for, unless that is infeasible.
    """

    def granted(container: ContainerResources) -> ResourceList:
        allocation = pod.allocations.get(container.name)
        if allocation is not None:
            for grant in question.granted[first:]:
                resources = grant(allocation)
                if resources is not None:
                    return resources
        return NO_RESOURCES if pod.resize_infeasible else question.asked(container)

    return granted


def _pod_level(pod: PodResources, question: _Question, minor: int, *, use_status: bool) -> dict[str, int]:
    """Return the pod-level resources that replace those aggregated from containers."""
    asked = question.asked_of_pod(pod)
    sum_of_max = minor < MAX_OF_SUMS_SINCE
    counted = use_status and pod.pod_allocation.reported
    if counted and not (sum_of_max and _infeasible_without_limits(pod, question)):
        effective = _asked_or_granted(pod, question, asked, pod.pod_allocation)
    else:
        effective = asked
    # From 1.37 on the status may also add resources that the pod itself never asked for.
    names = asked if sum_of_max else effective
    return {name: effective.get(name, 0) for name in names if _supported(name)}


def _infeasible_without_limits(pod: PodResources, question: _Question) -> bool:
    """Up to 1.36, limits asked for in vain stand when the status has none; requests then count as 0."""
    return question is _LIMITS and pod.resize_infeasible and pod.pod_allocation.limits is None


def _asked_or_granted(
    pod: PodResources, question: _Question, asked: ResourceList, allocation: Allocation
) -> ResourceList:
    granted = [grant(allocation) or NO_RESOURCES for grant in question.granted]
    return _largest(granted if pod.resize_infeasible else [asked, *granted])


def _aggregate(pod: PodResources, of_running: _Asked, of_one_shot: _Asked) -> dict[str, int]:
    """Return the most that a pod holds at once: while it runs, or while one of its init containers does.

    A sidecar counts beside the init containers after it, and to the end (KEP-753).
    """
    running: dict[str, int] = {}
    for container in pod.containers:
        _add(running, of_running(container))
    sidecars: dict[str, int] = {}
    peak: dict[str, int] = {}
    for init in pod.init_containers:
        if init.restartable:
            resources = of_running(init)
            _add(running, resources)
            _add(sidecars, resources)
            _raise_to(peak, sidecars)
        else:
            together = dict(of_one_shot(init))
            _add(together, sidecars)
            _raise_to(peak, together)
    _raise_to(running, peak)
    return running


def _add(total: dict[str, int], resources: ResourceList) -> None:
    for name, nanos in resources.items():
        total[name] = total.get(name, 0) + nanos


def _raise_to(total: dict[str, int], resources: ResourceList) -> None:
    for name, nanos in resources.items():
        if name not in total or nanos > total[name]:
            total[name] = nanos


def _largest(lists: Iterable[ResourceList]) -> dict[str, int]:
    total: dict[str, int] = {}
    for resources in lists:
        _raise_to(total, resources)
    return total


def _supported(name: str) -> bool:
    """Tell whether a resource may be asked for by the pod as a whole (KEP-2837); others are ignored there."""
    return name in ("cpu", "memory") or name.startswith("hugepages-")


def _names_supported(resources: ResourceList) -> bool:
    return any(_supported(name) for name in resources)
