"""All nodes' pages and whose pods they are about: takes pages, knows what changed, gives out snapshots.

Everything here is touched under the inventory's lock only.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterable, Mapping
from typing import Any, Final

from kube_headroom.catalogue.labels import Workload
from kube_headroom.model import Pod
from kube_headroom.readings import CadvisorPage, Page, ProbesPage, ResourcePage, VolumesPage
from kube_headroom.snapshot import UsageSnapshot
from kube_headroom.state.entry import Entry
from kube_headroom.state.ledger import Ledger
from kube_headroom.state.nodes import Nodes
from kube_headroom.state.usage.cgroups import Cgroups
from kube_headroom.state.usage.clock import CADVISOR, RESOURCE
from kube_headroom.state.usage.growth import FROZEN
from kube_headroom.state.usage.intake import Intake, Moment
from kube_headroom.state.usage.limits import UsageLimits
from kube_headroom.state.usage.nodes import NodesUsage
from kube_headroom.state.usage.probes import Probes
from kube_headroom.state.usage.rest import Rests
from kube_headroom.state.usage.roster import Roster
from kube_headroom.state.usage.totals import BUCKETS
from kube_headroom.state.usage.tracks import NodeTrack
from kube_headroom.state.usage.views import usage_of
from kube_headroom.state.usage.volumes import Volumes

Key = tuple[str, ...]
SCOPES: Final = ("usage", "node_usage", "pool_usage", "volumes")


class Kubelets:
    """What kubelets told of the pods that the API server told of."""

    def __init__(self, limits: UsageLimits, ledger: Ledger, nodes: Nodes) -> None:
        self.roster = Roster(limits, ledger)
        """What is tracked; the check-point asks it."""
        self._limits = limits
        self._facts = nodes
        self._intake = Intake(limits)
        self._rests = Rests(self._intake)
        self._cgroups = Cgroups(self._intake, self._rests)
        self._probes = Probes(self._intake)
        self._node_usage = NodesUsage(self._intake)
        self._volumes = Volumes(limits.stale_after)
        self._nodes_changed: set[str] = set()
        self._pools_changed: set[str] = set()
        self._due: list[tuple[float, Workload]] = []
        self._handed_at = -math.inf
        self._shown: set[Workload] = set()

    @property
    def refused(self) -> Mapping[str, int]:
        """How many rows were not counted, by reason."""
        return self._intake.refused

    # what the API server tells

    def bind(self, pod: Pod, entry: Entry) -> None:
        """Take a pod as it is now; rows of pods that were never bound are dropped and counted."""
        if not pod.node or not self._limits.read:
            return
        track = self.roster.bind(pod, entry)
        before, track.pod, track.gone_at = track.pod, pod, math.inf
        if before is None or _shows_otherwise(before, pod):
            self._intake.changed.add(entry.workload)
            self._nodes_changed.add(pod.node)
        if pod.terminal and not (before is not None and before.terminal):
            self._rests.close(track)

    def unbind(self, pod: Pod, now: float) -> None:
        """Let a pod go; rows that come late still count for a while."""
        track = self.roster.find(pod)
        if track is None:
            return
        self._rests.close(track)
        self.roster.unbind(track, now)
        self._intake.changed.add(track.workload)
        self._nodes_changed.add(pod.node)

    def running(self, name: str) -> int:
        """Count the containers that the API server says run on a node."""
        node = self.roster.nodes.get(name)
        pods = () if node is None else [track.pod for track in node.pods.values() if track.pod is not None]
        return sum(status.running for pod in pods for status in pod.statuses)

    # what the kubelets tell

    def page(self, name: str, page: Page, fetched_at: float) -> None:
        """Take a page of a node; `fetched_at` is when it came, in Unix seconds of our clock."""
        node = self.roster.node(name)
        fact = self._facts.by_name.get(name)
        if fact is not None and fact is not node.fact:
            if node.fact is not None:
                self._pools_changed.add(node.fact.pool)
            node.describe(fact)
        node.read_at = min(node.read_at, fetched_at)
        node.unsaved = True
        match page:
            case ResourcePage():
                self._resource(node, page, fetched_at)
            case CadvisorPage():
                self._cadvisor(node, page, fetched_at)
            case ProbesPage():
                self._probes.take(node, page, resumed_at=node.since)
            case VolumesPage():
                self._volumes.take(name, page, fetched_at)

    def gone(self, name: str) -> None:
        """Stop showing a node that is no longer read; what its pods counted stays."""
        node = self.roster.nodes.get(name)
        self._volumes.drop(name)
        if node is None:
            return
        node.told_at, node.read_at = -math.inf, math.inf
        node.cpu_seconds = node.working_set = None
        node.cpu = None
        self._expire(node)
        self.roster.leave(node)

    # what the publisher asks

    def changes(self, now: float) -> set[Key]:
        """Return the keys whose snapshot changed, at most every few seconds."""
        self._tick(now)
        if now - self._handed_at < self._limits.publish_every:
            return set()
        keys: set[Key] = {("usage", *workload) for workload in self._intake.changed}
        keys.update(("node_usage", name) for name in self._nodes_changed)
        keys.update(("pool_usage", pool) for pool in self._pools_changed)
        keys.update(("volumes", *claim) for claim in self._volumes.changed)
        if keys:
            self._handed_at = now
        for changed in (self._intake.changed, self._nodes_changed, self._pools_changed, self._volumes.changed):
            changed.clear()
        return keys

    def shows(self, workload: Workload) -> bool:
        """Whether the usage of a workload was shown at the last look."""
        return workload in self._shown

    def show_again(self, workloads: Iterable[Workload]) -> None:
        """Count the usage of workloads as changed."""
        self._intake.changed.update(workloads)

    def snapshot(self, key: Key, entry: Entry | None, now: float) -> Any:  # noqa: ANN401  by the key's scope
        """View what the key names, None for what is gone; `entry` is that of a workload."""
        scope, *names = key
        if scope == "usage":
            return self._usage(Workload(*names), entry, now)
        if scope == "node_usage":
            node = self.roster.nodes.get(names[0])
            return None if node is None or node.read_at == math.inf else self._node_usage.node(node)
        if scope == "pool_usage":
            pairs = [(fact, self.roster.nodes.get(name)) for name, fact in self._facts.by_name.items()]
            read = [(fact, node) for fact, node in pairs if fact.pool == names[0] and node is not None]
            return self._node_usage.pool(names[0], read) if read else None
        return self._volumes.snapshot((names[0], names[1]))

    def _resource(self, node: NodeTrack, page: ResourcePage, fetched_at: float) -> None:
        readings = [row.cpu or row.working_set for row in page.containers]
        readings.append(page.node_cpu or page.node_working_set)
        moment = self._moment(node, RESOURCE, [one.at for one in readings if one is not None], fetched_at)
        if page.containers:
            node.resource_at = fetched_at
        if page.containers or not self._usage_from_cgroups(node, fetched_at):
            self._told(node, moment)
        for row in page.containers:
            pod = self._intake.pod_of(node, "", (row.namespace, row.pod))
            if pod is not None:
                self._intake.container(pod, row, "", moment)
        self._node_usage.take(node, page, moment)
        for pod in node.pods.values():
            if pod.rest is not None:
                self._rests.settle(pod)
        self._nodes_changed.add(node.name)
        if node.fact is not None:
            self._pools_changed.add(node.fact.pool)

    def _cadvisor(self, node: NodeTrack, page: CadvisorPage, fetched_at: float) -> None:
        readings = [row.cpu or row.working_set for row in (*page.containers, *page.pods)]
        moment = self._moment(node, CADVISOR, [one.at for one in readings if one is not None], fetched_at)
        usage = self._usage_from_cgroups(node, fetched_at)
        if usage:
            self._told(node, moment)
            self._nodes_changed.add(node.name)
        self._cgroups.take(node, page, moment, usage=usage)

    def _usage_from_cgroups(self, node: NodeTrack, fetched_at: float) -> bool:
        """Whether `/metrics/resource` has told of no container for so long that cAdvisor's own rows have to do."""
        return fetched_at - max(node.resource_at, node.read_at) > self._limits.stale_after

    def _moment(self, node: NodeTrack, kind: str, stamps: list[float | None], fetched_at: float) -> Moment:
        newest, step = node.clock.look(kind, [at for at in stamps if at is not None], fetched_at)
        if step:
            node.shift(step)
        if node.clock.known and node.clock.age(newest, fetched_at) > self._limits.stale_after:
            self._intake.refused[FROZEN] += 1
        return Moment(fetched_at, newest)

    def _told(self, node: NodeTrack, moment: Moment) -> None:
        """Begin a round of gauges: a container that neither this nor the last round tells of is not measured."""
        node.round += 1
        age = max(0.0, node.clock.age(moment.at, moment.fetched_at)) if node.clock.known else 0.0
        node.told_at = max(node.told_at, moment.fetched_at - age)
        node.fresh = moment.fetched_at - node.told_at <= self._limits.stale_after
        # A container that fell out of the last two rounds has no row of its own to say so.
        self._intake.changed.update(pod.workload for pod in node.pods.values() if pod.pod is not None)

    def _usage(self, workload: Workload, entry: Entry | None, now: float) -> UsageSnapshot | None:
        tracks = [] if entry is None else self.roster.of(entry.pods.values())
        if entry is None or entry.empty or not (tracks or entry.usage.containers):
            self._shown.discard(workload)
            return None
        self._shown.add(workload)
        view = usage_of(workload, entry.usage, tracks, self._intake, now)
        due = entry.usage.probes.due(now)
        if due is not None:
            heapq.heappush(self._due, (due, workload))
        if not view.measured and any(one.peak is not None for one in view.containers):
            heapq.heappush(self._due, (now + self._limits.peak_window / BUCKETS, workload))
        return view

    def _tick(self, now: float) -> None:
        """Withdraw the gauges of nodes that fell silent, and let go of pods that are long gone."""
        for node in self.roster.nodes.values():
            if node.fresh and now - node.told_at > self._limits.stale_after:
                self._expire(node)
        for track in self.roster.expire(now):
            for owner in (track, *track.containers):
                self._intake.suspects.forget(owner)
        while self._due and self._due[0][0] <= now:
            self._intake.changed.add(heapq.heappop(self._due)[1])
        self._volumes.expire(now)

    def _expire(self, node: NodeTrack) -> None:
        node.fresh = False
        self._intake.changed.update(pod.workload for pod in node.pods.values())
        self._nodes_changed.add(node.name)
        if node.fact is not None:
            self._pools_changed.add(node.fact.pool)


def _shows_otherwise(before: Pod, after: Pod) -> bool:
    return (
        before.statuses is not after.statuses
        or before.resources is not after.resources
        or before.terminal != after.terminal
    )
