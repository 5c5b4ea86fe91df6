"""What a whole node uses, and what the nodes of a pool do together."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable

from kube_headroom.model import Node
from kube_headroom.readings import ResourcePage
from kube_headroom.snapshot import NodeUsageSnapshot, PoolUsageSnapshot
from kube_headroom.state.usage.growth import INVALID, gained, reading
from kube_headroom.state.usage.intake import Intake, Moment
from kube_headroom.state.usage.tracks import NANO, NodeTrack, PodTrack


class NodesUsage:
    """Counters of nodes and pools; a pool's goes on while nodes come and go."""

    def __init__(self, intake: Intake) -> None:
        self._intake = intake
        self._pool_cpu: defaultdict[str, float] = defaultdict(float)

    def take(self, node: NodeTrack, page: ResourcePage, moment: Moment) -> None:
        """Take the node's own rows."""
        if page.node_working_set is not None:
            value = page.node_working_set.value
            node.working_set = value if 0 <= value <= 1.05 * node.memory and value < math.inf else None
        if page.node_cpu is None:
            return
        at = self._intake.stamp(node, moment, page.node_cpu)
        now = None if at is None else reading(at, (page.node_cpu,))
        if now is None:
            self._intake.refused[INVALID] += at is not None
            return
        if node.cpu is None:
            node.cpu = now
            node.cpu_seconds = 0.0
            return
        if now[0] <= node.cpu[0]:
            return
        follows, why = self._intake.suspects.continued((node, "cpu"), node.cpu, now, None, node.ceilings.cpu)
        if follows is None:
            self._intake.refused[why] += 1
            return
        grown = gained(follows, now, 1)
        node.cpu_cores = grown / (now[0] - follows[0])
        node.cpu_seconds = (node.cpu_seconds or 0.0) + grown
        node.cpu = now
        if node.fact is not None:
            self._pool_cpu[node.fact.pool] += grown

    def node(self, node: NodeTrack) -> NodeUsageSnapshot:
        """View one node; a silent one keeps its counter and loses its gauges."""
        expected = measured = 0
        for pod in node.pods.values():
            pod_expected, pod_measured = coverage(self._intake, pod)
            expected += pod_expected
            measured += pod_measured
        return NodeUsageSnapshot(
            node=node.name,
            cpu_seconds=node.cpu_seconds,
            cpu_cores=node.cpu_cores if node.fresh else None,
            working_set=node.working_set if node.fresh else None,
            expected=expected,
            measured=measured,
            clock_offset=node.clock.offset if node.fresh and node.clock.known else None,
        )

    def pool(self, pool: str, nodes: Iterable[tuple[Node, NodeTrack]]) -> PoolUsageSnapshot:
        """View a pool: sums over its measured nodes, beside what these offer."""
        measured = [(fact, node) for fact, node in nodes if node.fresh and node.working_set is not None]
        return PoolUsageSnapshot(
            pool=pool,
            nodes_measured=len(measured),
            cpu_seconds=self._pool_cpu.get(pool),
            cpu_cores=sum(node.cpu_cores or 0.0 for _, node in measured) if measured else None,
            working_set=sum(node.working_set or 0.0 for _, node in measured) if measured else None,
            cpu_allocatable=sum(fact.allocatable.get("cpu", 0) for fact, _ in measured) / NANO,
            memory_allocatable=sum(fact.allocatable.get("memory", 0) for fact, _ in measured) / NANO,
        )


def coverage(intake: Intake, pod: PodTrack) -> tuple[int, int]:
    """Count the containers of a pod that run, and those of them that are measured."""
    if pod.pod is None or pod.pod.terminal:
        return 0, 0
    needs = intake.needs(pod.pod.resources)
    expected = measured = 0
    for status in pod.pod.statuses:
        if status.running and status.name in needs and needs[status.name].runs:
            expected += 1
            measured += is_measured(pod, status.name)
    return expected, measured


def is_measured(pod: PodTrack, container: str) -> bool:
    """Whether the node's kubelet told of the container in its last two rounds, and lately."""
    if not pod.node.fresh:
        return False
    track = pod.container(container)
    return track is not None and track.seen >= pod.node.round - 1 and not math.isnan(track.working_set)
