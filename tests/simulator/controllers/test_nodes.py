"""Nodes that fall silent and come back, cordons, evictions by taint, pods of nodes that are gone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from kube_headroom.simulator.controllers.nodes import Nodes
from kube_headroom.simulator.controllers.pods import condition, is_ready, is_terminating, with_condition
from kube_headroom.simulator.store import Object, timestamp
from tests.simulator.controllers.stage import Stage, verdict, workload


class Heartbeats:
    """Renews the leases of nodes whose kubelet is up, and says Ready again once it is back."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage

    def step(self, now: float) -> None:
        store = self._stage.store
        for node in store.all("nodes"):
            name = node["metadata"]["name"]
            if name in self._stage.kubelet.down or int(now) % 10:
                continue
            lease = {"metadata": {"name": name, "namespace": "kube-node-lease"}, "spec": {"renewTime": timestamp(now)}}
            known = store.get("leases", "kube-node-lease", name)
            if known is None:
                store.create("leases", lease)
            else:
                store.change("leases", known, spec=lease["spec"])
            if verdict(node, "Ready")[0] == "Unknown":
                ready = {
                    "type": "Ready",
                    "status": "True",
                    "reason": "KubeletReady",
                    "lastHeartbeatTime": timestamp(now),
                }
                conditions = with_condition(node["status"]["conditions"], ready, now)
                store.change("nodes", node, status={**node["status"], "conditions": conditions})


class NodeStage(Stage):
    def early_parts(self) -> Sequence[Any]:
        return Heartbeats(self), Nodes(self.world)

    def node(self, name: str) -> Object:
        found = self.store.get("nodes", "", name)
        assert found is not None
        return found

    def taints(self, name: str) -> list[str]:
        return sorted(
            f"{one['key'].partition('/')[2]}:{one['effect']}" for one in self.node(name)["spec"].get("taints", ())
        )


def running(replicas: int = 3, nodes: int = 3, **pod: Any) -> NodeStage:
    stage = NodeStage(nodes=nodes)
    stage.apply("deployments", "web", workload(replicas=replicas, pod=pod))
    stage.run(20)
    return stage


def on(stage: NodeStage, node: str) -> list[Object]:
    return stage.store.pods_on(node)


def test_nodes_with_heartbeats_stay_as_they_are() -> None:
    stage = running()
    stage.run(600)
    assert all(verdict(node, "Ready")[0] == "True" for node in stage.store.all("nodes"))
    assert stage.told("NodeNotReady") == []


def test_a_silent_node_is_unknown_tainted_and_its_pods_unready_after_fifty_seconds() -> None:
    stage = running()
    stage.kubelet.down = {"node-2"}
    stage.run(45)
    assert verdict(stage.node("node-2"), "Ready")[0] == "True"
    stage.run(20)
    node = stage.node("node-2")
    assert verdict(node, "Ready") == ("Unknown", "NodeStatusUnknown")
    assert verdict(node, "MemoryPressure") == ("Unknown", "NodeStatusNeverUpdated")
    assert stage.taints("node-2") == ["unreachable:NoExecute", "unreachable:NoSchedule"]
    [pod] = on(stage, "node-2")
    assert not is_ready(pod)
    assert stage.told("NodeNotReady") == ["Node node-2 status is now: NodeNotReady", "Node is not ready"]
    assert stage.get("deployments", "web")["status"]["availableReplicas"] == 2


def test_its_pods_are_evicted_after_five_minutes_replaced_elsewhere_and_stay_terminating() -> None:
    stage = running()
    [lost] = on(stage, "node-2")
    stage.kubelet.down = {"node-2"}
    stage.run(340)
    assert not is_terminating(stage.get("pods", lost["metadata"]["name"]))
    stage.run(30)
    pod = stage.get("pods", lost["metadata"]["name"])
    assert is_terminating(pod)
    assert verdict(pod, "DisruptionTarget") == ("True", "DeletionByTaintManager")
    assert stage.told("TaintManagerEviction") == [f"Marking for deletion Pod shop/{lost['metadata']['name']}"]
    status = stage.get("deployments", "web")["status"]
    assert (status["availableReplicas"], status["terminatingReplicas"]) == (3, 1)
    stage.run(3600)
    assert stage.store.get("pods", "shop", lost["metadata"]["name"]) is not None


def test_everything_is_back_when_the_kubelet_is() -> None:
    stage = running()
    stage.kubelet.down = {"node-2"}
    stage.run(120)
    stage.kubelet.down = set()
    stage.run(20)
    assert verdict(stage.node("node-2"), "Ready")[0] == "True"
    assert stage.taints("node-2") == []
    [pod] = on(stage, "node-2")
    assert is_ready(pod)
    assert stage.told("TaintManagerEviction") == [f"Cancelling deletion of Pod shop/{pod['metadata']['name']}"]
    stage.run(600)
    assert not is_terminating(stage.get("pods", pod["metadata"]["name"]))


def test_daemons_and_short_tolerations_are_treated_as_they_say() -> None:
    short = {
        "key": "node.kubernetes.io/unreachable",
        "operator": "Exists",
        "effect": "NoExecute",
        "tolerationSeconds": 5,
    }
    stage = running(tolerations=[short])
    stage.apply("daemonsets", "agent", workload())
    stage.run(20)
    stage.kubelet.down = {"node-2"}
    stage.run(90)
    leaving = {pod["metadata"]["ownerReferences"][0]["kind"]: is_terminating(pod) for pod in on(stage, "node-2")}
    assert leaving == {"ReplicaSet": True, "DaemonSet": False}


def test_if_no_node_is_heard_of_nothing_is_evicted() -> None:
    stage = running()
    stage.kubelet.down = {"node-1", "node-2", "node-3"}
    stage.run(900)
    assert all(verdict(node, "Ready")[0] == "Unknown" for node in stage.store.all("nodes"))
    assert all(stage.taints(name) == ["unreachable:NoSchedule"] for name in stage.kubelet.down)
    assert stage.told("TaintManagerEviction") == []


def test_a_small_zone_that_is_mostly_lost_is_left_alone() -> None:
    stage = NodeStage(nodes=0)
    for number in range(5):
        stage.add_node(f"node-{number}", zone="zone-1")
    stage.add_node("other", zone="zone-2")
    stage.run(20)
    stage.kubelet.down = {"node-0", "node-1", "node-2", "node-3"}
    stage.run(200)
    assert all(stage.taints(name) == ["unreachable:NoSchedule"] for name in stage.kubelet.down)


def test_nodes_of_a_zone_are_emptied_ten_seconds_apart() -> None:
    stage = NodeStage(nodes=0)
    for number in range(5):
        stage.add_node(f"node-{number}", zone="zone-1")
    stage.run(20)
    stage.kubelet.down = {"node-0", "node-1"}
    stage.run(100)
    moments = sorted(
        one["timeAdded"]
        for name in stage.kubelet.down
        for one in stage.node(name)["spec"]["taints"]
        if one["effect"] == "NoExecute"
    )
    assert moments[0] < moments[1]


def test_a_kubelet_that_says_not_ready_taints_its_node_so() -> None:
    stage = running()
    node = stage.node("node-1")
    conditions = with_condition(node["status"]["conditions"], {"type": "Ready", "status": "False"}, stage.world.now)
    stage.store.change("nodes", node, status={**node["status"], "conditions": conditions})
    stage.run(10)
    assert stage.taints("node-1") == ["not-ready:NoExecute", "not-ready:NoSchedule"]


@pytest.mark.parametrize("pressure", ["MemoryPressure", "DiskPressure", "PIDPressure"])
def test_pressure_keeps_new_pods_off(pressure: str) -> None:
    stage = running(nodes=1, replicas=1)
    node = stage.node("node-1")
    conditions = with_condition(node["status"]["conditions"], {"type": pressure, "status": "True"}, stage.world.now)
    stage.store.change("nodes", node, status={**node["status"], "conditions": conditions})
    stage.run(1)
    stage.edit("deployments", "web", replicas=2)
    stage.run(3)
    assert stage.taints("node-1") == [f"{pressure.removesuffix('Pressure').lower()}-pressure:NoSchedule"]
    assert stage.told("FailedScheduling")[0].startswith("0/1 nodes are available: 1 node(s) had untolerated taint(s).")


def test_a_cordon_is_a_taint_and_its_end_takes_it_away() -> None:
    stage = running()
    stage.store.change("nodes", stage.node("node-1"), spec={"unschedulable": True})
    stage.run(1)
    assert stage.taints("node-1") == ["unschedulable:NoSchedule"]
    spec = stage.node("node-1")["spec"]
    stage.store.change("nodes", stage.node("node-1"), spec={"taints": spec["taints"]})
    stage.run(1)
    assert stage.taints("node-1") == []
    assert len(on(stage, "node-1")) == 1


def test_pods_of_a_deleted_node_are_removed_and_replaced() -> None:
    stage = running()
    [lost] = on(stage, "node-2")
    stage.kubelet.down = {"node-2"}
    stage.store.delete("nodes", stage.node("node-2"))
    stage.run(30)
    assert stage.store.get("pods", "shop", lost["metadata"]["name"]) is not None
    stage.run(15)
    assert stage.store.get("pods", "shop", lost["metadata"]["name"]) is None
    stage.run(5)
    assert sorted(pod["spec"]["nodeName"] for pod in stage.pods()) in (
        ["node-1", "node-1", "node-3"],
        ["node-1", "node-3", "node-3"],
    )
    assert stage.told("RemovingNode") == ["Node node-2 event: Removing Node node-2 from Controller"]


def test_a_node_that_comes_back_in_time_keeps_its_pods() -> None:
    stage = running()
    stage.kubelet.down = {"node-2"}
    stage.store.delete("nodes", stage.node("node-2"))
    stage.run(20)
    stage.add_node("node-2", zone="zone-2")
    stage.kubelet.down = set()
    stage.run(60)
    assert len(on(stage, "node-2")) == 1


def test_a_node_that_never_reports_is_unknown_after_its_start_up_time() -> None:
    stage = NodeStage(nodes=1)
    stage.kubelet.down = {"ghost"}
    stage.store.create("nodes", {"metadata": {"name": "ghost"}, "spec": {}, "status": {}})
    stage.run(55)
    assert condition(stage.node("ghost"), "Ready") is None
    stage.run(20)
    assert verdict(stage.node("ghost"), "Ready") == ("Unknown", "NodeStatusNeverUpdated")


def test_a_quiet_cluster_writes_only_leases() -> None:
    stage = running()
    stage.run(30)
    changes = []
    stage.store.listeners.append(lambda change: changes.append(change.resource))
    stage.run(600)
    assert set(changes) == {"leases"}
