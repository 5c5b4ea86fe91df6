"""DaemonSets: one pod on each node that fits, updates node by node, counts."""

from __future__ import annotations

from typing import Any

import pytest

from kube_headroom.simulator.controllers.pods import is_ready, is_terminating
from tests.simulator.controllers.stage import Stage, template, workload

TAINT = {"key": "dedicated", "value": "batch", "effect": "NoSchedule"}


def on_nodes(stage: Stage) -> list[str]:
    return sorted(pod["spec"].get("nodeName", "") for pod in stage.pods())


def status(stage: Stage, *names: str) -> tuple[int, ...]:
    found = stage.get("daemonsets", "agent")["status"]
    return tuple(found.get(name, 0) for name in names)


def test_every_node_gets_one_pod_new_nodes_too() -> None:
    stage = Stage()
    stage.apply("daemonsets", "agent", workload())
    stage.run(3)
    assert on_nodes(stage) == ["node-1", "node-2", "node-3"]
    stage.add_node("node-4")
    stage.run(3)
    assert on_nodes(stage) == ["node-1", "node-2", "node-3", "node-4"]
    everything = (
        "desiredNumberScheduled",
        "currentNumberScheduled",
        "updatedNumberScheduled",
        "numberReady",
        "numberAvailable",
    )
    assert status(stage, *everything) == (4, 4, 4, 4, 4)


WHERE = [
    pytest.param({}, [{"taints": [TAINT]}], ["node-1"], id="a taint keeps daemons off"),
    pytest.param(
        {"tolerations": [{"key": "dedicated", "operator": "Exists"}]},
        [{"taints": [TAINT]}],
        ["node-1", "node-2"],
        id="a toleration lets them on",
    ),
    pytest.param({"nodeSelector": {"pool": "gpu"}}, [{"labels": {"pool": "gpu"}}], ["node-2"], id="a selector chooses"),
    pytest.param({}, [{"unschedulable": True}], ["node-1", "node-2"], id="a cordon does not keep them off"),
]


@pytest.mark.parametrize(("pod", "nodes", "expected"), WHERE)
def test_daemons_run_where_their_template_fits(
    pod: dict[str, Any], nodes: list[dict[str, Any]], expected: list[str]
) -> None:
    stage = Stage(nodes=1)
    for number, node in enumerate(nodes):
        stage.add_node(f"node-{number + 2}", **node)
    stage.apply("daemonsets", "agent", workload(pod=pod))
    stage.run(3)
    assert on_nodes(stage) == expected
    assert status(stage, "desiredNumberScheduled", "numberReady") == (len(expected), len(expected))


@pytest.mark.parametrize(("allowed", "most"), [(1, 1), (2, 2), ("50%", 2), ("10%", 1)])
def test_an_update_takes_away_no_more_than_allowed(allowed: int | str, most: int) -> None:
    stage = Stage(nodes=4, starts_after=2)
    strategy = {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": allowed}}
    stage.apply("daemonsets", "agent", workload(updateStrategy=strategy))
    stage.run(10)
    stage.edit("daemonsets", "agent", template=template("app:2"))
    away = []
    for _ in range(40):
        stage.run()
        away.append(4 - sum(is_ready(pod) and not is_terminating(pod) for pod in stage.pods()))
    assert max(away) == most
    assert {pod["spec"]["containers"][0]["image"] for pod in stage.pods()} == {"app:2"}
    assert status(stage, "updatedNumberScheduled", "numberAvailable", "numberUnavailable") == (4, 4, 0)


def test_a_daemon_leaves_a_node_that_it_does_not_fit_any_more() -> None:
    stage = Stage(nodes=2)
    stage.apply("daemonsets", "agent", workload())
    stage.run(3)
    node = stage.store.get("nodes", "", "node-1")
    assert node is not None
    stage.store.change("nodes", node, spec={"taints": [{**TAINT, "effect": "NoExecute"}]})
    stage.run(3)
    assert on_nodes(stage) == ["node-2"]
    assert status(stage, "desiredNumberScheduled", "numberMisscheduled") == (1, 0)


def test_a_daemon_stays_misscheduled_under_a_taint_that_only_keeps_new_pods_off() -> None:
    stage = Stage(nodes=2)
    stage.apply("daemonsets", "agent", workload())
    stage.run(3)
    node = stage.store.get("nodes", "", "node-1")
    assert node is not None
    stage.store.change("nodes", node, spec={"taints": [TAINT]})
    stage.run(3)
    assert on_nodes(stage) == ["node-1", "node-2"]
    assert status(stage, "desiredNumberScheduled", "numberMisscheduled") == (1, 1)


def test_a_failed_daemon_is_replaced_less_and_less_often() -> None:
    stage = Stage(nodes=1)
    stage.kubelet.down = {"node-1"}
    stage.apply("daemonsets", "agent", workload())
    made = set()
    for _ in range(300):
        stage.run()
        for pod in stage.pods():
            made.add(pod["metadata"]["uid"])
            if "nodeName" in pod["spec"]:
                stage.store.change("pods", pod, status={**pod["status"], "phase": "Failed", "reason": "Evicted"})
    [message, *_] = stage.told("FailedDaemonPod")
    assert message.startswith("Found failed daemon pod shop/agent-")
    assert 7 <= len(made) <= 10


def test_a_full_node_leaves_its_daemon_pending() -> None:
    stage = Stage(nodes=2, cpu="1")
    stage.apply("pods", "squatter", {**template(requests={"cpu": "900m"})["spec"], "nodeName": "node-1"})
    stage.apply("daemonsets", "agent", workload(pod={"requests": {"cpu": "500m"}}))
    stage.run(3)
    [message] = stage.told("FailedScheduling")
    assert message == (
        "0/2 nodes are available: 1 Insufficient cpu, 1 node(s) didn't satisfy plugin(s) [NodeAffinity]. "
        "no new claims to deallocate, preemption: 0/2 nodes are available: 1 No preemption victims found for incoming pod, "
        "1 Preemption is not helpful for scheduling."
    )
    assert status(stage, "desiredNumberScheduled", "currentNumberScheduled", "numberReady") == (2, 2, 1)
