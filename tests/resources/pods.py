"""Resources in a few words, for the tables of these tests."""

from __future__ import annotations

import pytest

from kube_headroom.resources import Allocation, ContainerResources, PodResources, ResourceList, parse_quantity


def vector(statement: str, *values: object) -> object:
    return pytest.param(*values, id=statement)


def parsed(**texts: str) -> dict[str, int]:
    return {name.replace("_", "-"): parse_quantity(text) for name, text in texts.items()}


def container(name: str = "main", **requests: str) -> ContainerResources:
    return ContainerResources(name, requests=parsed(**requests))


def limited(name: str = "main", **limits: str) -> ContainerResources:
    return ContainerResources(name, limits=parsed(**limits))


def sidecar(name: str = "sidecar", **requests: str) -> ContainerResources:
    return ContainerResources(name, requests=parsed(**requests), restartable=True)


def granted(*, actual: ResourceList | None = None, allocated: ResourceList | None = None) -> Allocation:
    return Allocation(reported=True, requests=actual, allocated=allocated)


def resized(spec: str, allocated: str, actual: str, *, infeasible: bool = False) -> PodResources:
    return PodResources(
        containers=(container(cpu=spec),),
        allocations={"main": granted(actual=parsed(cpu=actual), allocated=parsed(cpu=allocated))},
        resize_infeasible=infeasible,
    )
