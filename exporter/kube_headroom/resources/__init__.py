"""Kubernetes quantities, and what the scheduler charges for a pod; pure arithmetic on frozen facts, no I/O."""

from kube_headroom.resources.effective import Kind, containers_without, effective_limits, effective_requests
from kube_headroom.resources.pod import (
    NO_RESOURCES,
    Allocation,
    ContainerResources,
    PodResources,
    ResourceList,
)
from kube_headroom.resources.quantity import QuantityError, parse_quantity

__all__ = [
    "NO_RESOURCES",
    "Allocation",
    "ContainerResources",
    "Kind",
    "PodResources",
    "QuantityError",
    "ResourceList",
    "containers_without",
    "effective_limits",
    "effective_requests",
    "parse_quantity",
]
