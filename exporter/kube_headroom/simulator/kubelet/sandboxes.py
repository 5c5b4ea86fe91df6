"""Sandboxes and processes on a machine: made from a pod's spec, taken away without a trace."""

from __future__ import annotations

from kube_headroom.simulator.kubelet import cgroups
from kube_headroom.simulator.kubelet.containers import PodContainer
from kube_headroom.simulator.kubelet.node import Node
from kube_headroom.simulator.kubelet.runtime import RunningContainer, RunningPod
from kube_headroom.simulator.kubelet.status import quality
from kube_headroom.simulator.store import Object


def create_sandbox(node: Node, pod: Object, uid: str) -> RunningPod:
    """Make a pod's sandbox and cgroup, with its claims mounted; `uid` names it on the node."""
    metadata = pod["metadata"]
    service = quality(pod["spec"])
    running = RunningPod(
        uid=uid,
        namespace=metadata["namespace"],
        name=metadata["name"],
        quality=service,
        cgroup=cgroups.pod_cgroup(node.machine, pod, service, node.now),
        sandbox_id=_identifier(node),
        claims=node.mount(pod),
    )
    node.machine.pods[uid] = running
    return running


def remove_sandbox(node: Node, running: RunningPod, address: str) -> None:
    """Remove a sandbox and all it holds."""
    node.release(running, address)
    del node.machine.pods[running.uid]


def start_process(node: Node, running: RunningPod, container: PodContainer) -> None:
    """Start a new instance of a container."""
    identifier = _identifier(node)
    process = RunningContainer(
        name=container.name,
        image=container.spec["image"],
        id=identifier,
        program=node.registry.program(container.spec["image"]),
        started=node.now,
        cgroup=cgroups.container_cgroup(node.machine, running.cgroup, container.spec, identifier, node.now),
    )
    container.begin(process)
    running.containers[container.name] = process


def _identifier(node: Node) -> str:
    return f"{node.chance.getrandbits(256):064x}"
