"""Preemption: who gives way to whom, on which node, and what is told of it."""

from __future__ import annotations

from typing import Any

import pytest

from kube_headroom.simulator.controllers.pods import condition, is_terminating
from tests.simulator.controllers.stage import NAMESPACE, Stage, template


def staged(*nodes: list[tuple[str, int, str]], starts_after: float = 0) -> Stage:
    """A stage with nodes of 4 cores and their pods: name, priority, CPU request."""
    stage = Stage(nodes=len(nodes), starts_after=starts_after)
    for number, pods in enumerate(nodes):
        for name, priority, cpu in pods:
            put(stage, name, priority, cpu, nodeName=f"node-{number + 1}")
    stage.run(2)
    return stage


def put(stage: Stage, name: str, priority: int, cpu: str, **spec: Any) -> None:
    stage.apply("pods", name, template(requests={"cpu": cpu}, priority=priority, **spec)["spec"], labels={"app": name})


def names(stage: Stage) -> list[str]:
    return sorted(pod["metadata"]["name"] for pod in stage.pods())


VICTIMS = [
    pytest.param([[("a", 0, "4")]], ["a"], id="the only pod that is less important"),
    pytest.param([[("a", 0, "1"), ("b", 0, "1"), ("c", 0, "2")]], ["c"], id="no more pods than needed"),
    pytest.param([[("a", 5, "2"), ("b", 1, "2")]], ["b"], id="the less important of two"),
    pytest.param([[("a", 5, "4")], [("b", 1, "4")]], ["b"], id="on the node whose victim is least important"),
    pytest.param([[("a", 0, "1"), ("b", 0, "3")], [("c", 0, "4")]], ["b"], id="the node where the fewest have to go"),
    pytest.param([[("a", 20, "4")], [("b", 10, "4")]], [], id="nobody as important as the pod itself"),
]


@pytest.mark.parametrize(("nodes", "victims"), VICTIMS)
def test_the_least_important_pods_give_way(nodes: list[list[tuple[str, int, str]]], victims: list[str]) -> None:
    stage = staged(*nodes)
    before = names(stage)
    put(stage, "vip", 10, "2")
    stage.run(15)
    assert names(stage) == sorted({*before, "vip"} - {*victims})
    assert ("nodeName" in stage.get("pods", "vip")["spec"]) == bool(victims)


def test_a_victim_is_told_marked_and_given_its_grace_while_the_pod_is_nominated() -> None:
    stage = staged([("a", 0, "4")])
    stage.kubelet.down = {"node-1"}
    put(stage, "vip", 10, "2")
    stage.run(1)
    victim, vip = stage.get("pods", "a"), stage.get("pods", "vip")
    assert is_terminating(victim)
    disrupted = condition(victim, "DisruptionTarget")
    assert disrupted is not None
    assert disrupted["reason"] == "PreemptionByScheduler"
    assert vip["status"]["nominatedNodeName"] == "node-1"
    assert stage.told("Preempted") == [f"Preempted by pod {vip['metadata']['uid']} on node node-1"]
    assert stage.told("FailedScheduling") == ["0/1 nodes are available: 1 Insufficient cpu."]
    stage.run(20)
    assert len(stage.told("Preempted")) == 1
    stage.kubelet.down = set()
    stage.run(15)
    vip = stage.get("pods", "vip")
    assert vip["spec"]["nodeName"] == "node-1"
    assert "nominatedNodeName" not in vip["status"]


def test_room_made_for_a_pod_is_not_given_to_a_lesser_one() -> None:
    stage = staged([("a", 0, "2")])
    stage.kubelet.down = {"node-1"}
    put(stage, "vip", 10, "4")
    stage.run(1)
    put(stage, "late", 0, "1")
    stage.run(5)
    assert "nodeName" not in stage.get("pods", "late")["spec"]
    stage.kubelet.down = set()
    stage.run(30)
    assert "nodeName" in stage.get("pods", "vip")["spec"]
    assert "nodeName" not in stage.get("pods", "late")["spec"]
    assert len(stage.told("Preempted")) == 1


def test_pods_that_a_budget_protects_are_spared_if_others_do() -> None:
    stage = staged([("guarded", 0, "4")], [("b", 5, "4")])
    selector = {"matchLabels": {"app": "guarded"}}
    budget = {"metadata": {"name": "one", "namespace": NAMESPACE}, "spec": {"selector": selector}}
    stage.store.create("poddisruptionbudgets", {**budget, "status": {"disruptionsAllowed": 0}})
    put(stage, "vip", 10, "2")
    stage.run(15)
    assert names(stage) == ["guarded", "vip"]


def test_a_class_that_never_preempts_waits() -> None:
    stage = staged([("a", 0, "4")])
    put(stage, "vip", 10, "2", preemptionPolicy="Never")
    stage.run(15)
    assert names(stage) == ["a", "vip"]
    assert stage.told("FailedScheduling")[0].endswith(
        "no new claims to deallocate, preemption: not eligible due to preemptionPolicy=Never."
    )


def test_the_more_important_of_two_waiting_pods_comes_first() -> None:
    stage = Stage(nodes=0)
    put(stage, "low", 1, "3")
    put(stage, "high", 9, "3")
    stage.run(1)
    stage.add_node("node-1")
    stage.run(3)
    assert "nodeName" in stage.get("pods", "high")["spec"]
    assert "nodeName" not in stage.get("pods", "low")["spec"]
