"""What must hold for every pod, whoever made it."""

from __future__ import annotations

from random import Random

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from kube_headroom.resources import (
    NO_RESOURCES,
    Allocation,
    ContainerResources,
    PodResources,
    effective_limits,
    effective_requests,
)

LISTS = st.dictionaries(st.sampled_from(["cpu", "memory", "hugepages-2Mi", "storage"]), st.integers(0, 5), max_size=3)
MAYBE = st.none() | LISTS
ALLOCATIONS = st.builds(Allocation, reported=st.booleans(), requests=MAYBE, limits=MAYBE, allocated=MAYBE)


@st.composite
def pods(draw: st.DrawFn, *, allocations: bool = True) -> PodResources:
    def made(kind: str, restartable: st.SearchStrategy[bool]) -> tuple[ContainerResources, ...]:
        return tuple(
            ContainerResources(f"{kind}-{i}", draw(LISTS), draw(LISTS), draw(restartable))
            for i in range(draw(st.integers(0, 3)))
        )

    containers, inits = made("main", st.just(value=False)), made("init", st.booleans())
    if not allocations:
        return PodResources(containers, inits, draw(LISTS), draw(LISTS), draw(LISTS))
    granted = {one.name: draw(ALLOCATIONS) for one in containers + inits if draw(st.booleans())}
    infeasible = draw(st.booleans())
    return PodResources(
        containers, inits, draw(LISTS), draw(LISTS), draw(LISTS), granted, draw(ALLOCATIONS), infeasible
    )


MINORS = st.sampled_from([36, 37])


@given(pods(), MINORS, st.randoms(use_true_random=False))
def test_the_order_of_containers_does_not_matter(pod: PodResources, minor: int, chance: Random) -> None:
    shuffled = structs.replace(pod, containers=tuple(chance.sample(pod.containers, len(pod.containers))))
    assert effective_requests(shuffled, minor=minor) == effective_requests(pod, minor=minor)
    assert effective_limits(shuffled, minor=minor) == effective_limits(pod, minor=minor)


@given(pods(), MINORS)
def test_the_order_of_one_shot_init_containers_does_not_matter(pod: PodResources, minor: int) -> None:
    pod = structs.replace(pod, init_containers=tuple(init for init in pod.init_containers if not init.restartable))
    backwards = structs.replace(pod, init_containers=pod.init_containers[::-1])
    assert effective_requests(backwards, minor=minor) == effective_requests(pod, minor=minor)


@given(pods(), MINORS)
def test_who_asks_for_more_is_never_charged_less(pod: PodResources, minor: int) -> None:
    greedy = structs.replace(pod, containers=(*pod.containers, ContainerResources("more", {"cpu": 1}, {"cpu": 1})))
    for effective in (effective_requests, effective_limits):
        before, after = effective(pod, minor=minor), effective(greedy, minor=minor)
        assert all(after[name] >= nanos for name, nanos in before.items())


@given(pods(allocations=False))
def test_before_the_kubelet_reports_all_rules_agree(pod: PodResources) -> None:
    for effective in (effective_requests, effective_limits):
        assert (
            effective(pod, minor=36)
            == effective(pod, minor=37)
            == effective(pod, minor=36, use_status=False)
            == effective(pod, minor=37, use_status=False)
        )


@given(pods(allocations=False), MINORS)
def test_a_grant_of_exactly_what_is_asked_changes_nothing(pod: PodResources, minor: int) -> None:
    allocations = {
        one.name: Allocation(reported=True, requests=one.requests, limits=one.limits, allocated=one.requests)
        for one in pod.containers + pod.init_containers
    }
    settled = structs.replace(pod, allocations=allocations)
    assert effective_requests(settled, minor=minor) == effective_requests(pod, minor=minor)
    assert effective_limits(settled, minor=minor) == effective_limits(pod, minor=minor)


@given(pods(), st.data())
def test_the_newer_rule_never_charges_a_settled_pod_more(pod: PodResources, data: st.DataObject) -> None:
    allocations = {
        one.name: Allocation(reported=True, requests=data.draw(LISTS), allocated=data.draw(LISTS))
        for one in pod.containers
    }
    pod = structs.replace(
        pod, init_containers=(), allocations=allocations, pod_allocation=Allocation(), resize_infeasible=False
    )
    newer, older = effective_requests(pod, minor=37), effective_requests(pod, minor=36)
    assert newer.keys() == older.keys()
    assert all(nanos <= older[name] for name, nanos in newer.items())


@given(pods())
def test_equal_resources_of_two_pods_can_be_one_object(pod: PodResources) -> None:
    same = msgspec.json.decode(msgspec.json.encode(pod), type=PodResources)
    interned = {pod: pod}
    assert interned[same] is pod
    assert len({*pod.containers, *same.containers}) == len(set(pod.containers))


@given(pods(), MINORS)
def test_the_arithmetic_leaves_its_facts_alone(pod: PodResources, minor: int) -> None:
    before = msgspec.json.encode(pod)
    for result in (effective_requests(pod, minor=minor), effective_limits(pod, minor=minor)):
        result["cpu"] = -1
    assert msgspec.json.encode(pod) == before


def test_nobody_can_change_what_all_pods_share() -> None:
    with pytest.raises(TypeError):
        NO_RESOURCES["cpu"] = 1  # type: ignore[index]
