"""What a check-point keeps of a node: the raw values that were counted already, in as few bytes as will do."""

from __future__ import annotations

from array import array

import msgspec

from kube_headroom.state.usage.growth import Track
from kube_headroom.state.usage.tracks import ContainerTrack, NodeTrack, PodTrack, ProbeTrack, Rest

Values = tuple[float, ...]


class ContainerBaseline(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A container's run, and the values of its tracks, stamp first; empty where there is none."""

    name: str
    run: str
    started: float
    cpu: Values
    cfs: Values
    runs: int


class PodBaseline(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A pod; `probes` are (container, probe, successful, failed, unknown).

    `rest` is (CPU of the pod, of its containers, base, counted), or nothing. `lead` is by how many seconds the pod's
    throttled time is ahead of its containers': without it their larger would be found anew from two readings of
    different age, and count twice what the older one catches up with.
    """

    uid: str
    row: Values
    containers: tuple[ContainerBaseline, ...]
    probed: bool
    probes: tuple[tuple[str, str, int, int, int], ...]
    rest: Values
    lead: float = 0.0


class NodeBaseline(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A node; `clock` is its newest stamp and when it came by our clock."""

    clock: Values
    kubelet_started: float | None
    cpu: Values
    pods: tuple[PodBaseline, ...]


def baseline_of(node: NodeTrack) -> NodeBaseline:
    """Note what of a node is counted now."""
    return NodeBaseline(
        clock=(node.clock.newest, node.clock.seen_at) if node.clock.known else (),
        kubelet_started=node.kubelet_started,
        cpu=_values(node.cpu),
        pods=tuple(_pod(pod) for pod in node.pods.values() if pod.pod is not None and _told(pod)),
    )


def restore_node(node: NodeTrack, baseline: NodeBaseline) -> None:
    """Go on from a baseline; its pods are restored when the API server tells of them."""
    if baseline.clock:
        node.clock.restore(*baseline.clock)
    node.kubelet_started = baseline.kubelet_started
    node.cpu = _track(baseline.cpu)
    node.cpu_seconds = 0.0 if node.cpu is not None else None


def restore_pod(pod: PodTrack, baseline: PodBaseline) -> None:
    """Go on from a baseline: what it holds is counted, what came after it is not."""
    pod.new = False
    pod.row = _track(baseline.row)
    pod.throttled = baseline.lead
    pod.probed = baseline.probed
    for one in baseline.containers:
        container = ContainerTrack(one.name)
        container.run, container.started, container.runs = one.run, one.started, one.runs
        container.cpu, container.cfs = _track(one.cpu), _track(one.cfs)
        container.seen = pod.node.round  # it counts as there until two rounds have left it out
        pod.containers.append(container)
    for name, probe, successful, failed, unknown in baseline.probes:
        track = ProbeTrack(name, probe)
        track.successful, track.failed, track.unknown = successful, failed, unknown
        pod.probes.append(track)
    if baseline.rest:
        pod.cpu, pod.containers_cpu, base, counted = baseline.rest
        pod.rest = Rest(base)
        pod.rest.counted = counted
        if pod.containers:
            # Only the sum is kept: which container it was makes no difference to the rest.
            pod.containers[0].total = pod.containers_cpu


def _pod(pod: PodTrack) -> PodBaseline:
    rest = pod.rest
    return PodBaseline(
        uid=pod.uid,
        row=_values(pod.row),
        containers=tuple(
            ContainerBaseline(one.name, one.run, one.started, _values(one.cpu), _values(one.cfs), one.runs)
            for one in pod.containers
        ),
        probed=pod.probed,
        probes=tuple((one.container, one.probe, one.successful, one.failed, one.unknown) for one in pod.probes),
        rest=(pod.cpu, pod.containers_cpu, rest.base, rest.counted) if rest is not None else (),
        lead=pod.throttled - pod.containers_throttled,
    )


def _values(track: Track | None) -> Values:
    return (*track,) if track is not None else ()


def _track(values: Values) -> Track | None:
    return array("d", values) if values else None


def _told(pod: PodTrack) -> bool:
    return pod.row is not None or bool(pod.containers or pod.probes)
