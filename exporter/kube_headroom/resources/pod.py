"""What a pod asks for and what its node granted: the facts that the arithmetic reads, hashable to be interned."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import msgspec

ResourceList = Mapping[str, int]
"""Resource name to nanos of its unit; a name that is absent was not asked for, which is not the same as 0."""

NO_RESOURCES: ResourceList = MappingProxyType({})
"""The one empty list, shared."""


class ContainerResources(msgspec.Struct, frozen=True, gc=False):
    """A container's `resources`; `restartable` is an init container's `restartPolicy: Always`, a native sidecar."""

    name: str
    requests: ResourceList = NO_RESOURCES
    limits: ResourceList = NO_RESOURCES
    restartable: bool = False

    def __hash__(self) -> int:
        """Hash the content, so that equal containers of thousands of pods can be one object."""
        return hash((self.name, _content(self.requests), _content(self.limits), self.restartable))


class Allocation(msgspec.Struct, frozen=True, gc=False):
    """What the status of a container or of the pod itself says of its resources; None where the key is absent.

    `requests` and `limits` are `resources.requests` and `.limits`, `allocated` is `allocatedResources`.
    `reported` tells that `resources` is there, even empty: up to 1.36 `allocatedResources` counts only then.
    """

    reported: bool = False
    requests: ResourceList | None = None
    limits: ResourceList | None = None
    allocated: ResourceList | None = None

    def __hash__(self) -> int:
        """Hash the content, as ContainerResources does."""
        lists = (self.requests, self.limits, self.allocated)
        return hash((self.reported, *(None if one is None else _content(one) for one in lists)))


NO_ALLOCATIONS: Mapping[str, Allocation] = MappingProxyType({})
NO_ALLOCATION = Allocation()


class PodResources(msgspec.Struct, frozen=True, gc=False):
    """All that decides what a pod is charged; equal ones hash alike, so that replicas can share one.

    `pod_requests` and `pod_limits` are `.spec.resources`. `allocations` maps container names, init containers
    included, to their status; `pod_allocation` is `.status.resources` and `.status.allocatedResources`.
    `resize_infeasible` says that the first condition of type PodResizePending has reason Infeasible; its status
    does not matter.
    """

    containers: tuple[ContainerResources, ...] = ()
    init_containers: tuple[ContainerResources, ...] = ()
    overhead: ResourceList = NO_RESOURCES
    pod_requests: ResourceList = NO_RESOURCES
    pod_limits: ResourceList = NO_RESOURCES
    allocations: Mapping[str, Allocation] = NO_ALLOCATIONS
    pod_allocation: Allocation = NO_ALLOCATION
    resize_infeasible: bool = False

    def __hash__(self) -> int:
        """Hash the content, as ContainerResources does."""
        lists = (self.overhead, self.pod_requests, self.pod_limits)
        return hash(
            (
                self.containers,
                self.init_containers,
                *map(_content, lists),
                frozenset(self.allocations.items()),
                self.pod_allocation,
                self.resize_infeasible,
            )
        )

    @property
    def running_containers(self) -> tuple[ContainerResources, ...]:
        """Regular containers and native sidecars: those that run while the pod does."""
        return self.containers + tuple(init for init in self.init_containers if init.restartable)


def _content(resources: ResourceList) -> frozenset[tuple[str, int]]:
    return frozenset(resources.items())
