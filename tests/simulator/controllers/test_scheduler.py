"""The scheduler: what fits where, what is said of what does not, who is tried again when, who gives way."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kube_headroom.resources import parse_quantity
from kube_headroom.simulator.controllers.pods import condition
from kube_headroom.simulator.store import Object
from tests.simulator.controllers.stage import Stage, template, verdict, workload


def affinity(key: str, operator: str, *values: str) -> Object:
    term = {"matchExpressions": [{"key": key, "operator": operator, "values": list(values)}]}
    required = {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [term]}}
    return {"affinity": {"nodeAffinity": required}}


def node_of(stage: Stage, pod: str) -> str | None:
    found: str | None = stage.get("pods", pod)["spec"].get("nodeName")
    return found


TAINTED: dict[str, Any] = {"taints": [{"key": "spot", "value": "yes", "effect": "NoSchedule"}]}
TOLERATES = {"tolerations": [{"key": "spot", "operator": "Equal", "value": "yes", "effect": "NoSchedule"}]}
NO_HELP = (
    "no new claims to deallocate, preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling."
)
NO_VICTIMS = (
    "no new claims to deallocate, preemption: 0/1 nodes are available: 1 No preemption victims found for incoming pod."
)

FITS = [
    pytest.param({}, {}, None, id="a plain pod fits an empty node"),
    pytest.param(
        {}, {"unschedulable": True}, f"1 node(s) were unschedulable. {NO_HELP}", id="a cordoned node takes none"
    ),
    pytest.param({}, TAINTED, f"1 node(s) had untolerated taint(s). {NO_HELP}", id="a taint keeps off"),
    pytest.param(TOLERATES, TAINTED, None, id="a toleration lets on"),
    pytest.param(
        {"nodeSelector": {"disk": "ssd"}},
        {},
        f"1 node(s) didn't match Pod's node affinity/selector. {NO_HELP}",
        id="a selector wants its label",
    ),
    pytest.param(affinity("cores", "Gt", "8"), {"labels": {"cores": "16"}}, None, id="Gt compares as numbers"),
    pytest.param(
        affinity("cores", "Gt", "8"),
        {"labels": {"cores": "many"}},
        f"1 node(s) didn't match Pod's node affinity/selector. {NO_HELP}",
        id="Gt never holds for what is no number",
    ),
    pytest.param(affinity("zone", "NotIn", "a"), {}, None, id="NotIn holds for a label that is absent"),
    pytest.param(affinity("zone", "DoesNotExist"), {}, None, id="DoesNotExist holds for a label that is absent"),
    pytest.param({"requests": {"cpu": "4"}}, {}, None, id="a pod may take all there is"),
    pytest.param({"requests": {"cpu": "4001m"}}, {}, f"1 Insufficient cpu. {NO_HELP}", id="one milli more is too much"),
    pytest.param(
        {"requests": {"cpu": "5", "memory": "17Gi"}},
        {},
        f"1 Insufficient cpu, 1 Insufficient memory. {NO_HELP}",
        id="everything that is lacking is told",
    ),
    pytest.param(
        {"requests": {"nvidia.com/gpu": "1"}},
        {},
        f"1 Insufficient nvidia.com/gpu. {NO_HELP}",
        id="extended resources count",
    ),
    pytest.param({}, {"pods": "0"}, f"1 Too many pods. {NO_VICTIMS}", id="a node takes only so many pods"),
]


@pytest.mark.parametrize(("pod", "node", "refusal"), FITS)
def test_a_pod_goes_where_it_fits_or_says_why_not(
    pod: dict[str, Any], node: dict[str, Any], refusal: str | None
) -> None:
    stage = Stage(nodes=0)
    stage.add_node("node-1", **{**node, "labels": dict(node.get("labels", {}))})
    stage.apply("pods", "web", template(**pod)["spec"])
    stage.run(1)
    web = stage.get("pods", "web")
    if refusal is None:
        assert web["spec"]["nodeName"] == "node-1"
        assert verdict(web, "PodScheduled") == ("True", "")
        assert stage.told("Scheduled") == ["Successfully assigned shop/web to node-1"]
    else:
        assert "nodeName" not in web["spec"]
        assert verdict(web, "PodScheduled") == ("False", "Unschedulable")
        found = condition(web, "PodScheduled")
        assert found is not None
        assert found["message"] == f"0/1 nodes are available: {refusal}"
        assert stage.told("FailedScheduling") == [found["message"]]


def test_reasons_are_counted_over_nodes_as_the_real_scheduler_sorts_them() -> None:
    stage = Stage(nodes=2, cpu="1")
    stage.add_node("node-3", **TAINTED)
    stage.add_node("node-4", unschedulable=True)
    stage.apply("pods", "web", template(requests={"cpu": "2"})["spec"])
    stage.run(1)
    [message] = stage.told("FailedScheduling")
    assert message == (
        "0/4 nodes are available: 1 node(s) had untolerated taint(s), 1 node(s) were unschedulable, 2 Insufficient cpu. "
        "no new claims to deallocate, preemption: 0/4 nodes are available: 4 Preemption is not helpful for scheduling."
    )


def test_without_nodes_there_is_nothing_to_schedule_on() -> None:
    stage = Stage(nodes=0)
    stage.apply("pods", "web", template()["spec"])
    stage.run(1)
    assert stage.told("FailedScheduling") == ["no nodes available to schedule pods"]


def test_replicas_spread_over_zones_and_nodes() -> None:
    stage = Stage(nodes=6)
    stage.apply("replicasets", "web", workload(replicas=9))
    stage.run(3)
    nodes = [pod["spec"]["nodeName"] for pod in stage.pods()]
    zones = [int(node.removeprefix("node-")) % 3 for node in nodes]
    assert sorted(zones.count(zone) for zone in range(3)) == [3, 3, 3]
    assert max(nodes.count(node) for node in nodes) <= 2


def test_a_preferred_node_is_taken_while_it_has_room() -> None:
    stage = Stage(nodes=2)
    stage.add_node("node-3", labels={"pool": "spot"}, cpu="2")
    term = {"matchExpressions": [{"key": "pool", "operator": "In", "values": ["spot"]}]}
    preferred = {"preferredDuringSchedulingIgnoredDuringExecution": [{"weight": 100, "preference": term}]}
    for number in range(3):
        spec = template(requests={"cpu": "1"}, affinity={"nodeAffinity": preferred})["spec"]
        stage.apply("pods", f"web-{number}", spec)
    stage.run(1)
    nodes = [node_of(stage, f"web-{number}") for number in range(3)]
    assert nodes[:2] == ["node-3", "node-3"]
    assert nodes[2] in ("node-1", "node-2")


def test_ended_pods_hold_no_room() -> None:
    stage = Stage(nodes=1, cpu="1")
    stage.apply("pods", "done", template(requests={"cpu": "1"})["spec"])
    stage.run(2)
    done = stage.get("pods", "done")
    stage.store.change("pods", done, status={**done["status"], "phase": "Succeeded"})
    stage.apply("pods", "web", template(requests={"cpu": "1"})["spec"])
    stage.run(2)
    assert node_of(stage, "web") == "node-1"


CURES = [
    pytest.param(lambda stage: stage.add_node("node-9"), id="a new node"),
    pytest.param(lambda stage: stage.store.delete("pods", stage.get("pods", "big")), id="a pod that goes"),
    pytest.param(
        lambda stage: stage.store.change(
            "nodes",
            stage.store.all("nodes")[0],
            status={**stage.store.all("nodes")[0]["status"], "allocatable": {"cpu": "8", "memory": "8Gi", "pods": "9"}},
        ),
        id="a node that grows",
    ),
    pytest.param(
        lambda stage: stage.edit("pods", "web", nodeSelector={}, containers=template()["spec"]["containers"]),
        id="its own requests that shrink",
    ),
]


@pytest.mark.parametrize("cure", CURES)
def test_a_waiting_pod_is_tried_again_when_something_helps_it(cure: Any) -> None:
    stage = Stage(nodes=1)
    stage.apply("pods", "big", template(requests={"cpu": "3"})["spec"])
    stage.run(1)
    stage.apply("pods", "web", template(requests={"cpu": "2"})["spec"])
    stage.run(30)
    assert node_of(stage, "web") is None
    cure(stage)
    stage.run(2)
    assert node_of(stage, "web") is not None


def test_a_waiting_pod_is_tried_again_after_five_minutes_without_help() -> None:
    stage = Stage(nodes=1)
    stage.apply("pods", "web", template(requests={"cpu": "5"})["spec"])
    stage.run(299)
    [event] = [one for one in stage.store.all("events") if one["reason"] == "FailedScheduling"]
    assert event["count"] == 1
    stage.run(310)
    [event] = [one for one in stage.store.all("events") if one["reason"] == "FailedScheduling"]
    assert event["count"] == 3


def test_tries_back_off_to_ten_seconds_however_much_happens() -> None:
    stage = Stage(nodes=1)
    stage.apply("pods", "web", template(requests={"cpu": "5"})["spec"])
    for number in range(100):
        stage.apply("pods", "passing", {**template()["spec"], "nodeName": "node-1"})
        stage.run(1)
        stage.store.delete("pods", stage.get("pods", "passing"))
        stage.run(0 if number else 1)
    [event] = [one for one in stage.store.all("events") if one["reason"] == "FailedScheduling"]
    assert 11 <= event["count"] <= 15


@given(
    nodes=st.lists(st.integers(1, 8), min_size=1, max_size=6),
    pods=st.lists(st.tuples(st.integers(0, 4000), st.integers(0, 5)), min_size=1, max_size=40),
)
def test_no_node_ever_holds_more_than_it_can(nodes: list[int], pods: list[tuple[int, int]]) -> None:
    stage = Stage(nodes=0)
    for number, cores in enumerate(nodes):
        stage.add_node(f"node-{number}", cpu=str(cores), pods="7")
    for number, (millis, wait) in enumerate(pods):
        stage.apply("pods", f"web-{number}", template(requests={"cpu": f"{millis}m"})["spec"])
        stage.run(wait)
        if wait == 5:
            stage.store.delete("pods", stage.pods()[0])
    stage.run(15)
    waiting = [pod for pod in stage.pods() if "nodeName" not in pod["spec"]]
    for number, cores in enumerate(nodes):
        held = stage.store.pods_on(f"node-{number}")
        used = sum(cpu(pod) for pod in held)
        assert len(held) <= 7
        assert used <= cores * 10**9
        assert all(len(held) == 7 or used + cpu(pod) > cores * 10**9 for pod in waiting)


def cpu(pod: Object) -> int:
    return parse_quantity(pod["spec"]["containers"][0]["resources"]["requests"]["cpu"])


def test_a_thousand_nodes_are_filled_in_reasonable_time_by_samples() -> None:
    stage = Stage(nodes=1000)
    stage.apply("replicasets", "web", workload(replicas=300, pod={"requests": {"cpu": "1"}}))
    stage.run(1)
    assert all("nodeName" in pod["spec"] for pod in stage.pods())
    assert max(len(stage.store.pods_on(f"node-{number + 1}")) for number in range(1000)) == 1
