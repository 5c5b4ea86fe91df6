"""Nodes, pools and objects in, their lines out."""

from __future__ import annotations

import pytest

from kube_headroom import model, signals
from kube_headroom.exposition.render import render
from kube_headroom.resources import PodResources
from kube_headroom.snapshot import NodeSnapshot, PoolSnapshot
from tests.facts import container, metadata, node, pod, resources
from tests.stage import Stage, label


def lines(scope: str, snapshot: object) -> list[str]:
    return b"".join(render(signals.samples(scope, snapshot)).values()).decode().splitlines()


def test_a_node_says_what_it_offers_and_carries() -> None:
    facts = node(
        conditions=(("Ready", "Unknown"), ("DiskPressure", "True"), ("MemoryPressure", "False")), unschedulable=True
    )
    sums = resources(cpu="1500m", memory="1Gi")
    assert lines("node", NodeSnapshot(facts, 3, sums, {})) == [
        'headroom_node_info{node="node-1",node_pool="general",zone="a",kubelet_version="v1.36.3"} 1',
        'headroom_node_ready{node="node-1"} 0',
        'headroom_node_condition{node="node-1",condition="DiskPressure"} 1',
        'headroom_node_unschedulable{node="node-1"} 1',
        'headroom_node_pods{node="node-1"} 3',
        'headroom_node_pods_allocatable{node="node-1"} 110',
        'headroom_node_cpu_allocatable_cores{node="node-1"} 4',
        'headroom_node_memory_allocatable_bytes{node="node-1"} 8589934592',
        'headroom_node_cpu_requested_cores{node="node-1"} 1.5',
        'headroom_node_memory_requested_bytes{node="node-1"} 1073741824',
        'headroom_node_cpu_limited_cores{node="node-1"} 0',
        'headroom_node_memory_limited_bytes{node="node-1"} 0',
    ]


def test_a_node_that_says_nothing_of_its_size_shows_none() -> None:
    assert not [line for line in lines("node", NodeSnapshot(node(allocatable={}), 0, {}, {})) if "allocatable" in line]


def test_only_usable_nodes_offer_room_in_a_pool_and_all_carry() -> None:
    big = node("big", allocatable=resources(cpu="8", memory="16Gi"))
    down = node("down", conditions=(("Ready", "False"),))
    cordoned = node("cordoned", unschedulable=True)
    carried = resources(cpu="1")
    pool = PoolSnapshot("general", tuple(NodeSnapshot(each, 1, carried, {}) for each in (node(), big, down, cordoned)))
    assert [line for line in lines("pool", pool) if "memory" not in line] == [
        'headroom_node_pool_nodes{node_pool="general"} 2',
        'headroom_node_pool_cpu_allocatable_cores{node_pool="general"} 12',
        'headroom_node_pool_cpu_largest_node_cores{node_pool="general"} 8',
        'headroom_node_pool_cpu_requested_cores{node_pool="general"} 4',
    ]


@pytest.mark.parametrize(
    ("kind", "fact", "expected"),
    [
        pytest.param(
            "namespaces",
            model.Namespace(metadata("shop", owner="web team")),
            ['headroom_namespace_info{namespace="shop",owner="web team"} 1'],
            id="a namespace names its owner",
        ),
        pytest.param(
            "poddisruptionbudgets",
            model.PodDisruptionBudget(metadata("web"), 0, 2, 2, 3),
            [
                'headroom_poddisruptionbudget_disruptions_allowed{namespace="shop",poddisruptionbudget="web"} 0',
                'headroom_poddisruptionbudget_healthy_pods{namespace="shop",poddisruptionbudget="web"} 2',
                'headroom_poddisruptionbudget_desired_healthy_pods{namespace="shop",poddisruptionbudget="web"} 2',
                'headroom_poddisruptionbudget_expected_pods{namespace="shop",poddisruptionbudget="web"} 3',
            ],
            id="a budget that allows nothing",
        ),
        pytest.param(
            "resourcequotas",
            model.ResourceQuota(
                metadata("all"), {"requests.cpu": 2_500_000_000, "pods": 10 * 10**9}, {"pods": 10 * 10**9}
            ),
            [
                'headroom_resourcequota_hard{namespace="shop",resourcequota="all",resource="pods"} 10',
                'headroom_resourcequota_hard{namespace="shop",resourcequota="all",resource="requests.cpu"} 2.5',
                'headroom_resourcequota_used{namespace="shop",resourcequota="all",resource="pods"} 10',
            ],
            id="a quota by resource",
        ),
        pytest.param(
            "limitranges",
            model.LimitRange(
                metadata("all"), (model.LimitRangeConstraint("Container", "default_request", "cpu", 10**8),)
            ),
            [
                'headroom_limitrange_constraint{namespace="shop",limitrange="all",resource="cpu",limit_type="Container",constraint="default_request"} 0.1'
            ],
            id="a limit range's numbers",
        ),
        pytest.param(
            "persistentvolumeclaims",
            model.PersistentVolumeClaim(metadata("data"), "Pending", 5 * 10**9, None),
            [
                'headroom_persistentvolumeclaim_requested_bytes{namespace="shop",persistentvolumeclaim="data"} 5',
                'headroom_persistentvolumeclaim_phase{namespace="shop",persistentvolumeclaim="data",phase="Pending"} 1',
            ],
            id="a claim without a volume has no capacity",
        ),
        pytest.param(
            "persistentvolumeclaims",
            model.PersistentVolumeClaim(metadata("data"), "Bound", None, 7 * 10**9),
            [
                'headroom_persistentvolumeclaim_capacity_bytes{namespace="shop",persistentvolumeclaim="data"} 7',
                'headroom_persistentvolumeclaim_phase{namespace="shop",persistentvolumeclaim="data",phase="Bound"} 1',
            ],
            id="a bound claim has what it got",
        ),
    ],
)
def test_objects(kind: str, fact: object, expected: list[str]) -> None:
    assert sorted(lines(kind, fact)) == sorted(expected)


def test_node_sums_follow_pods_exactly() -> None:
    stage = Stage()
    sized = PodResources(containers=(container("app", {"cpu": "100m", "memory": "1Mi"}, {"cpu": "1"}),))
    stage.relist("nodes", node())
    stage.relist("pods", *(pod(f"p{index}", resources=sized) for index in range(3)))
    stage.start()
    assert [*stage.values("headroom_node_cpu_requested_cores").values()] == [0.3]
    stage.upsert("pods", pod("p0", resources=sized, phase="Succeeded"))
    stage.delete("pods", pod("p1", resources=sized))
    stage.upsert("pods", pod("p3", resources=sized, node="", phase="Pending"))
    assert [*stage.values("headroom_node_cpu_requested_cores").values()] == [0.1]
    assert [*stage.values("headroom_node_cpu_limited_cores").values()] == [1]
    assert [*stage.values("headroom_node_pods").values()] == [1]
    stage.upsert("pods", pod("p3", resources=sized))
    assert [*stage.values("headroom_node_pool_cpu_requested_cores").values()] == [0.2]


def test_a_node_that_changes_its_pool_leaves_the_old_one() -> None:
    stage = Stage()
    stage.relist("nodes", node())
    stage.start()
    stage.lines()
    stage.upsert("nodes", node(pool="spot"))
    assert [*stage.values("headroom_node_pool_nodes")] == ['{node_pool="spot"}']
    stage.delete("nodes", node(pool="spot"))
    assert stage.lines() == []


def test_an_object_made_again_under_its_name_appears_once() -> None:
    stage = Stage()
    stage.start()
    stage.upsert("poddisruptionbudgets", model.PodDisruptionBudget(metadata("web", uid="one"), 0, 1, 1, 1))
    stage.lines()
    stage.delete("poddisruptionbudgets", model.PodDisruptionBudget(metadata("web", uid="one"), 0, 1, 1, 1))
    stage.upsert("poddisruptionbudgets", model.PodDisruptionBudget(metadata("web", uid="two"), 3, 1, 1, 1))
    assert [*stage.values("headroom_poddisruptionbudget_disruptions_allowed").values()] == [3]


def test_a_workload_takes_its_namespaces_owner_unless_it_has_one() -> None:
    stage = Stage()
    stage.relist("namespaces", model.Namespace(metadata("shop", namespace="", owner="shop team")))
    stage.relist("pods", pod("a"), pod("b", owner="b team"))
    stage.start()

    def owners() -> list[str]:
        return sorted(label(line, "owner") for line in stage.matching("headroom_workload_info{"))

    assert owners() == ["b team", "shop team"]
    stage.upsert("namespaces", model.Namespace(metadata("shop", namespace="", owner="new team")))
    assert owners() == ["b team", "new team"]
    stage.delete("namespaces", model.Namespace(metadata("shop", namespace="", owner="new team")))
    assert owners() == ["", "b team"]
