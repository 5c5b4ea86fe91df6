"""What every server charges for a pod, resized or not: the published vectors."""

from __future__ import annotations

import pytest

from kube_headroom.resources import (
    ContainerResources,
    PodResources,
    ResourceList,
    effective_requests,
    parse_quantity,
)
from tests.resources.pods import container, granted, parsed, resized, sidecar, vector


@pytest.mark.parametrize("minor", [34, 36, 37, 38], ids="1.{}".format)
@pytest.mark.parametrize(
    ("pod", "charge"),
    [
        vector("a pod that asks for nothing is charged nothing", PodResources(containers=(container(),)), {}),
        vector(
            "containers add up",
            PodResources(containers=(container(cpu="1", memory="1Gi"), container("log", cpu="100m"))),
            parsed(cpu="1100m", memory="1Gi"),
        ),
        vector(
            "an init container that needs more than the rest counts alone",
            PodResources(containers=(container(cpu="1"),), init_containers=(container("init", cpu="4"),)),
            parsed(cpu="4"),
        ),
        vector(
            "an init container that needs less than the rest is free",
            PodResources(containers=(container(cpu="4"),), init_containers=(container("init", cpu="1"),)),
            parsed(cpu="4"),
        ),
        vector(
            "each resource has its own peak",
            PodResources(
                containers=(container(cpu="4", memory="1Gi"),),
                init_containers=(container("init", cpu="1", memory="2Gi"),),
            ),
            parsed(cpu="4", memory="2Gi"),
        ),
        vector(
            "an init container counts with the sidecars before it",
            PodResources(
                containers=(container(cpu="1"),),
                init_containers=(
                    container("first", cpu="5"),
                    sidecar("one", cpu="1"),
                    sidecar("two", cpu="2"),
                    container("second", cpu="5"),
                    sidecar("three", cpu="3"),
                ),
            ),
            parsed(cpu="8"),
        ),
        vector(
            "a sidecar before the init container is part of its peak",
            PodResources(
                containers=(container(cpu="100"),),
                init_containers=(sidecar(cpu="10"), container("init", cpu="200")),
            ),
            parsed(cpu="210"),
        ),
        vector(
            "a sidecar after the init container is not",
            PodResources(
                containers=(container(cpu="100"),),
                init_containers=(container("init", cpu="200"), sidecar(cpu="10")),
            ),
            parsed(cpu="200"),
        ),
        vector(
            "a sidecar counts beside the containers",
            PodResources(
                containers=(container(cpu="2m", memory="3Mi"),), init_containers=(sidecar(cpu="4m", memory="5Mi"),)
            ),
            parsed(cpu="6m", memory="8Mi"),
        ),
        vector(
            "a later init container beside a sidecar may be the peak",
            PodResources(
                containers=(container(cpu="2m", memory="3Mi"),),
                init_containers=(sidecar(cpu="4m", memory="5Mi"), container("init", cpu="8m", memory="6Mi")),
            ),
            parsed(cpu="12m", memory="11Mi"),
        ),
        vector(
            "overhead is added to what containers ask for, and alone where none asks",
            PodResources(containers=(container(cpu="1"),), overhead=parsed(cpu="250m", memory="120Mi")),
            parsed(cpu="1250m", memory="120Mi"),
        ),
        vector(
            "pod-level resources replace what containers ask for",
            PodResources(
                containers=(container(cpu="2m", memory="3Mi"),),
                init_containers=(sidecar(cpu="4m", memory="5Mi"), container("init", cpu="8m", memory="6Mi")),
                pod_requests=parsed(cpu="18m", memory="15Mi"),
            ),
            parsed(cpu="18m", memory="15Mi"),
        ),
        vector(
            "a pod-level resource leaves the others to the containers",
            PodResources(containers=(container(cpu="2m"),), pod_requests=parsed(memory="2Mi")),
            parsed(cpu="2m", memory="2Mi"),
        ),
        vector(
            "pod-level huge pages count",
            PodResources(
                containers=(container(hugepages_2Mi="4Mi"),),
                pod_requests={"hugepages-2Mi": parse_quantity("10Mi")},
            ),
            {"hugepages-2Mi": parse_quantity("10Mi")},
        ),
        vector(
            "a pod-level resource of another kind is ignored",
            PodResources(containers=(container(cpu="1"),), pod_requests=parsed(storage="1Gi")),
            parsed(cpu="1"),
        ),
        vector(
            "a kind that the pod may not ask for is ignored beside one that it may",
            PodResources(containers=(container(cpu="1"),), pod_requests=parsed(cpu="2", storage="1Gi")),
            parsed(cpu="2"),
        ),
        vector(
            "overhead comes on top of pod-level resources",
            PodResources(pod_requests=parsed(cpu="1"), overhead=parsed(cpu="100m")),
            parsed(cpu="1100m"),
        ),
        vector(
            "an explicit 0 is charged as 0, not left out",
            PodResources(containers=(container(cpu="0"),)),
            parsed(cpu="0"),
        ),
        vector(
            "an extended resource adds up like any other",
            PodResources(
                containers=(
                    ContainerResources("one", {"example.com/gpu": 1}),
                    ContainerResources("two", {"example.com/gpu": 1}),
                )
            ),
            {"example.com/gpu": 2},
        ),
        vector(
            "each resource takes the largest of asked, allocated and actual",
            PodResources(
                containers=(container(cpu="30m", memory="20M", ephemeral_storage="10G"),),
                allocations={
                    "main": granted(
                        allocated=parsed(cpu="20m", memory="10M", ephemeral_storage="30G"),
                        actual=parsed(cpu="10m", memory="30M", ephemeral_storage="20G"),
                    )
                },
            ),
            parsed(cpu="30m", memory="30M", ephemeral_storage="30G"),
        ),
        vector("a deferred resize still counts what is asked", resized("6", "4", "2"), parsed(cpu="6")),
        vector("an infeasible resize counts what is granted", resized("6", "4", "2", infeasible=True), parsed(cpu="4")),
        vector(
            "without a condition the asked counts, though less is actual",
            PodResources(containers=(container(cpu="4"),), allocations={"main": granted(actual=parsed(cpu="2"))}),
            parsed(cpu="4"),
        ),
        vector(
            "a sidecar is resized like a container",
            PodResources(init_containers=(sidecar(cpu="1"),), allocations={"sidecar": granted(actual=parsed(cpu="3"))}),
            parsed(cpu="3"),
        ),
        vector(
            "a status of no declared container is ignored",
            PodResources(containers=(container(cpu="1"),), allocations={"gone": granted(actual=parsed(cpu="9"))}),
            parsed(cpu="1"),
        ),
        vector(
            "a pod-level resize counts the largest of asked, allocated and actual",
            PodResources(
                pod_requests=parsed(cpu="1", memory="3Gi"),
                pod_allocation=granted(allocated=parsed(cpu="2", memory="2Gi"), actual=parsed(cpu="3", memory="1Gi")),
            ),
            parsed(cpu="3", memory="3Gi"),
        ),
        vector(
            "an infeasible pod-level resize counts what is granted",
            PodResources(
                pod_requests=parsed(cpu="9"),
                pod_allocation=granted(allocated=parsed(cpu="2"), actual=parsed(cpu="1")),
                resize_infeasible=True,
            ),
            parsed(cpu="2"),
        ),
    ],
)
def test_a_pod_is_charged_by_every_server_alike(pod: PodResources, charge: ResourceList, minor: int) -> None:
    assert effective_requests(pod, minor=minor) == charge
