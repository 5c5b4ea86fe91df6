"""Resizes by the rule of each minor, limits, and what goes without: the published vectors."""

from __future__ import annotations

import pytest

from kube_headroom.resources import (
    Allocation,
    Kind,
    PodResources,
    ResourceList,
    containers_without,
    effective_limits,
    effective_requests,
    parse_quantity,
)
from tests.resources.pods import container, granted, limited, parsed, resized, sidecar, vector

TWO_CROSSED_RESIZES = PodResources(
    containers=(container("one", cpu="1"), container("two", cpu="2")),
    allocations={
        "one": granted(actual=parsed(cpu="2"), allocated=parsed(cpu="2")),
        "two": granted(actual=parsed(cpu="1"), allocated=parsed(cpu="1")),
    },
)


@pytest.mark.parametrize(
    ("pod", "until_36", "since_37"),
    [
        vector("two crossed resizes take the sum of the largest, then the largest sum", TWO_CROSSED_RESIZES, "4", "3"),
        vector(
            "the status of a one-shot init container counts only for the newer",
            PodResources(
                init_containers=(container("init", cpu="1"),),
                allocations={"init": granted(actual=parsed(cpu="2"))},
            ),
            "1",
            "2",
        ),
        vector(
            "allocated without actual resources counts only for the newer",
            PodResources(containers=(container(cpu="1"),), allocations={"main": Allocation(allocated=parsed(cpu="2"))}),
            "1",
            "2",
        ),
        vector(
            "an infeasible resize of a container without status counts only for the older",
            PodResources(containers=(container(cpu="3"),), overhead=parsed(cpu="1"), resize_infeasible=True),
            "4",
            "1",
        ),
        vector(
            "the pod's own complete status stands for its containers only for the newer",
            PodResources(
                containers=(container(cpu="1"),),
                pod_allocation=granted(actual=parsed(cpu="5"), allocated=parsed(cpu="4")),
            ),
            "1",
            "5",
        ),
        vector(
            "the pod's own status stands for its containers only when it is complete",
            PodResources(
                containers=(container(cpu="1"),),
                pod_allocation=granted(actual=parsed(cpu="5")),
            ),
            "1",
            "1",
        ),
        vector(
            "a pod-level grant of what the pod did not ask for counts only for the newer",
            PodResources(
                containers=(container(cpu="1"),),
                pod_requests=parsed(memory="0"),
                pod_allocation=granted(actual=parsed(cpu="5")),
            ),
            "1",
            "5",
        ),
    ],
)
def test_a_resize_is_charged_by_the_rule_of_the_servers_minor(pod: PodResources, until_36: str, since_37: str) -> None:
    assert effective_requests(pod, minor=36)["cpu"] == parse_quantity(until_36)
    assert effective_requests(pod, minor=37)["cpu"] == parse_quantity(since_37)


@pytest.mark.parametrize("minor", [36, 37])
def test_without_status_only_the_spec_is_charged(minor: int) -> None:
    pod = resized("6", "4", "2", infeasible=True)
    assert effective_requests(pod, minor=minor, use_status=False) == parsed(cpu="6")


@pytest.mark.parametrize("minor", [36, 37])
@pytest.mark.parametrize(
    ("pod", "limits"),
    [
        vector(
            "only declared limits add up",
            PodResources(containers=(limited("one", cpu="1"), container("two", cpu="1"))),
            parsed(cpu="1"),
        ),
        vector(
            "overhead is added to limits that are not 0",
            PodResources(
                containers=(limited(cpu="1", memory="0"),),
                overhead=parsed(cpu="100m", memory="1Mi", ephemeral_storage="1Gi"),
            ),
            parsed(cpu="1100m", memory="0"),
        ),
        vector(
            "a pod-level limit replaces those of containers",
            PodResources(containers=(limited(cpu="1", memory="1Gi"),), pod_limits=parsed(cpu="3")),
            parsed(cpu="3", memory="1Gi"),
        ),
        vector(
            "pod-level requests alone change no limit",
            PodResources(containers=(limited(cpu="1"),), pod_requests=parsed(cpu="3")),
            parsed(cpu="1"),
        ),
        vector(
            "a limit being lowered counts until it is",
            PodResources(
                containers=(limited(cpu="1"),),
                allocations={"main": Allocation(reported=True, limits=parsed(cpu="2"))},
            ),
            parsed(cpu="2"),
        ),
        vector(
            "an infeasible limit does not count",
            PodResources(
                containers=(limited(cpu="3"),),
                allocations={"main": Allocation(reported=True, limits=parsed(cpu="2"))},
                resize_infeasible=True,
            ),
            parsed(cpu="2"),
        ),
    ],
)
def test_limits_add_up_as_the_library_adds_them(pod: PodResources, limits: ResourceList, minor: int) -> None:
    assert effective_limits(pod, minor=minor) == limits


def test_a_pod_level_limit_granted_to_a_pod_that_asked_for_requests_only_counts_for_the_newer() -> None:
    pod = PodResources(
        pod_requests=parsed(memory="1"), pod_allocation=Allocation(reported=True, limits=parsed(cpu="2"))
    )
    assert effective_limits(pod, minor=36) == {}
    assert effective_limits(pod, minor=37) == parsed(cpu="2")


def test_a_container_limit_above_the_granted_pod_level_one_gives_way_to_it_in_the_newer() -> None:
    pod = PodResources(
        containers=(limited(cpu="3"),),
        pod_requests=parsed(cpu="1"),
        pod_allocation=Allocation(reported=True, limits=parsed(cpu="2")),
    )
    assert effective_limits(pod, minor=36) == parsed(cpu="3")
    assert effective_limits(pod, minor=37) == parsed(cpu="2")


def test_an_infeasible_pod_level_limit_without_an_actual_one_stands_only_for_the_older() -> None:
    pod = PodResources(pod_limits=parsed(cpu="3"), pod_allocation=Allocation(reported=True), resize_infeasible=True)
    assert effective_limits(pod, minor=36) == parsed(cpu="3")
    assert effective_limits(pod, minor=37) == {}


@pytest.mark.parametrize(
    ("pod", "kind", "count"),
    [
        vector("a container without the resource lacks it", PodResources(containers=(container(),)), "requests", 1),
        vector("a request of 0 is a request", PodResources(containers=(container(cpu="0"),)), "requests", 0),
        vector("another resource does not help", PodResources(containers=(container(memory="1"),)), "requests", 1),
        vector("a sidecar counts like a container", PodResources(init_containers=(sidecar(),)), "requests", 1),
        vector("an init container does not count", PodResources(init_containers=(container(),)), "requests", 0),
        vector(
            "one container of two lacks a limit",
            PodResources(containers=(limited("one", cpu="1"), container("two", cpu="1"))),
            "limits",
            1,
        ),
        vector("a limit of 0 bounds nothing", PodResources(containers=(limited(cpu="0"),)), "limits", 1),
        vector(
            "a pod-level request covers all",
            PodResources(containers=(container("one"), container("two")), pod_requests=parsed(cpu="1")),
            "requests",
            0,
        ),
        vector(
            "a pod-level request is no limit",
            PodResources(containers=(container(),), pod_requests=parsed(cpu="1")),
            "limits",
            1,
        ),
        vector(
            "a pod-level limit of 0 covers nothing",
            PodResources(containers=(container(),), pod_limits=parsed(cpu="0")),
            "limits",
            1,
        ),
    ],
)
def test_containers_without_a_request_or_limit_are_counted(pod: PodResources, kind: Kind, count: int) -> None:
    assert containers_without(pod, "cpu", kind) == count


def test_a_pod_level_resource_that_is_not_supported_covers_nothing() -> None:
    pod = PodResources(containers=(container(),), pod_requests=parsed(storage="1"))
    assert containers_without(pod, "storage", "requests") == 1
