"""A node that falls silent is treated alike by the simulated and by the real node lifecycle controller."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from kube_headroom.simulator.controllers.pods import condition
from kube_headroom.simulator.store import Object, timestamp
from tests.real.control_plane import ControlPlane
from tests.real.manifests import pod_spec
from tests.real.waiting import wait_until
from tests.simulator.controllers.test_nodes import NodeStage

SHORT = {"key": "node.kubernetes.io/unreachable", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 3}
CONTROLLERS = ("node-controller", "taint-eviction-controller")
USUAL_GRACE = "--node-monitor-grace-period=50s"
"""What is Kubernetes' own when nobody asks for another; the other tests' control planes lose no node."""
ROOM = {"cpu": "4", "memory": "8Gi", "pods": "110"}


def heard_of_once(now: float) -> Object:
    """What a kubelet said before it fell silent."""
    times = {"lastHeartbeatTime": timestamp(now), "lastTransitionTime": timestamp(now)}
    ready = {"type": "Ready", "status": "True", "reason": "KubeletReady", "message": "ready", **times}
    calm = {
        "type": "MemoryPressure",
        "status": "False",
        "reason": "KubeletHasSufficientMemory",
        "message": "ok",
        **times,
    }
    return {"capacity": ROOM, "allocatable": ROOM, "conditions": [ready, calm]}


def running(now: float) -> Object:
    return {
        "phase": "Running",
        "conditions": [{"type": "Ready", "status": "True", "lastTransitionTime": timestamp(now)}],
    }


def shown(node: Object, pod: Object, events: list[Object]) -> Object:
    told = {
        (event["involvedObject"]["kind"], event["type"], event["reason"], event["message"])
        for event in events
        if event["involvedObject"]["name"] in ("silent", "web")
        and (event.get("reportingComponent") or event["source"].get("component")) in CONTROLLERS
    }
    return {
        "conditions": sorted(
            (one["type"], one["status"], one["reason"], one["message"]) for one in node["status"]["conditions"]
        ),
        "taints": sorted((one["key"], one["effect"], "timeAdded" in one) for one in node["spec"].get("taints", ())),
        "ready": (condition(pod, "Ready") or {}).get("status"),
        "disrupted": [
            (one["status"], one["reason"], one["message"])
            for one in pod["status"]["conditions"]
            if one["type"] == "DisruptionTarget"
        ],
        "terminating": "deletionTimestamp" in pod["metadata"],
        "events": sorted(told),
    }


def simulated() -> Object:
    stage = NodeStage(nodes=0)
    stage.add_node("alive", zone="")
    stage.kubelet.down = {"silent"}
    stage.store.create("nodes", {"metadata": {"name": "silent"}, "spec": {}, "status": heard_of_once(stage.world.now)})
    metadata = {"name": "web", "namespace": "default"}
    spec = pod_spec(tolerations=[SHORT], nodeName="silent")
    stage.store.create("pods", {"metadata": metadata, "spec": spec, "status": running(stage.world.now)})
    stage.run(90)
    pod = stage.store.get("pods", "default", "web")
    assert pod is not None
    return shown(stage.node("silent"), pod, stage.store.all("events"))


@pytest.fixture
def judging(tmp_path: Path) -> Iterator[ControlPlane]:
    """A control plane that loses nodes when a cluster does."""
    plane = ControlPlane(tmp_path, controller_manager_flags=(USUAL_GRACE,))
    try:
        plane.start()
        yield plane
    finally:
        plane.discard()


def test_a_silent_node_is_judged_alike(judging: ControlPlane) -> None:
    client = judging.client()
    judging.add_fake_nodes("alive")
    client.create({"apiVersion": "v1", "kind": "Node", "metadata": {"name": "silent"}})
    client.patch_status("Node", "silent", status=heard_of_once(time.time()))
    wait_until(lambda: not client.read("Node", "silent")["spec"].get("taints"), what="the node to be schedulable")
    metadata = {"name": "web", "namespace": "default"}
    spec = pod_spec(tolerations=[SHORT], nodeName="silent")
    client.create({"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec})
    client.patch_status("Pod", "web", "default", status=running(time.time()))
    expected = simulated()

    def real() -> Object:
        node, pod = client.read("Node", "silent"), client.read("Pod", "web", "default")
        return shown(node, pod, client.objects("Event", "default"))

    assert expected["terminating"]
    try:
        wait_until(lambda: real() == expected, what="the same verdict", timeout=150)
    except TimeoutError:
        assert real() == expected
