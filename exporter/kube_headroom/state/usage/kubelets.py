"""All nodes' pages and whose pods they are about: takes pages, knows what changed, gives out snapshots.

Everything here is touched under the inventory's lock only.
"""

from __future__ import annotations

import heapq
import math
from collections import deque
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any, Final

from kube_headroom.catalogue.labels import Workload
from kube_headroom.model import Pod
from kube_headroom.readings import CadvisorPage, Page, ProbesPage, ResourcePage, VolumesPage
from kube_headroom.snapshot import UsageSnapshot
from kube_headroom.state.entry import Entry
from kube_headroom.state.ledger import USAGE, Ledger, Row
from kube_headroom.state.nodes import Nodes
from kube_headroom.state.usage.baselines import NodeBaseline, PodBaseline, baseline_of, restore_node, restore_pod
from kube_headroom.state.usage.cgroups import Cgroups
from kube_headroom.state.usage.clock import CADVISOR, RESOURCE
from kube_headroom.state.usage.growth import FROZEN
from kube_headroom.state.usage.intake import Intake, Moment
from kube_headroom.state.usage.limits import UsageLimits
from kube_headroom.state.usage.nodes import NodesUsage
from kube_headroom.state.usage.probes import Probes
from kube_headroom.state.usage.rest import Rests, ends_of
from kube_headroom.state.usage.totals import BUCKETS
from kube_headroom.state.usage.tracks import NodeTrack, PodTrack
from kube_headroom.state.usage.views import usage_of
from kube_headroom.state.usage.volumes import Volumes

Key = tuple[str, ...]
SCOPES: Final = ("usage", "node_usage", "pool_usage", "volumes")


class Kubelets:
    """What kubelets told of the pods that the API server told of."""

    def __init__(self, limits: UsageLimits, ledger: Ledger, nodes: Nodes) -> None:
        self._limits = limits
        self._ledger = ledger
        self._facts = nodes
        self._intake = Intake(limits)
        self._rests = Rests(self._intake)
        self._cgroups = Cgroups(self._intake, self._rests)
        self._probes = Probes(self._intake)
        self._node_usage = NodesUsage(self._intake)
        self._volumes = Volumes(limits.stale_after)
        self._nodes: dict[str, NodeTrack] = {}
        self._resumed: dict[str, dict[str, PodBaseline]] = {}
        self._departed: deque[tuple[float, PodTrack]] = deque()
        self._nodes_changed: set[str] = set()
        self._pools_changed: set[str] = set()
        self._forgotten: set[str] = set()
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
        node = self._node(pod.node)
        track = node.pods.get(pod.uid)
        if track is None:
            track = self._track(node, pod, entry)
        before, track.pod, track.gone_at = track.pod, pod, math.inf
        if before is None or _shows_otherwise(before, pod):
            self._intake.changed.add(entry.workload)
            self._nodes_changed.add(node.name)
        if pod.terminal and not (before is not None and before.terminal):
            self._rests.close(track)

    def unbind(self, pod: Pod, now: float) -> None:
        """Let a pod go; rows that come late still count for a while."""
        node = self._nodes.get(pod.node)
        track = node.pods.get(pod.uid) if node is not None else None
        if node is None or track is None:
            return
        self._rests.close(track)
        track.pod, track.gone_at = None, now
        self._departed.append((now, track))
        self._intake.changed.add(track.workload)
        self._nodes_changed.add(node.name)

    def running(self, name: str) -> int:
        """Count the containers that the API server says run on a node."""
        node = self._nodes.get(name)
        pods = () if node is None else [track.pod for track in node.pods.values() if track.pod is not None]
        return sum(status.running for pod in pods for status in pod.statuses)

    # what the kubelets tell

    def page(self, name: str, page: Page, fetched_at: float) -> None:
        """Take a page of a node; `fetched_at` is when it came, in Unix seconds of our clock."""
        node = self._node(name)
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
        node = self._nodes.get(name)
        self._volumes.drop(name)
        if node is None:
            return
        node.told_at, node.read_at = -math.inf, math.inf
        node.cpu_seconds = node.working_set = None
        node.cpu = None
        self._expire(node)
        if not node.pods:
            del self._nodes[name]
            self._forgotten.add(name)

    def keep_only(self, names: Collection[str]) -> None:
        """Drop what a check-point knows of nodes that a whole list no longer has."""
        for name in [name for name in self._ledger.usage if name not in names]:
            del self._ledger.usage[name]
            self._forgotten.add(name)

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
            node = self._nodes.get(names[0])
            return None if node is None or node.read_at == math.inf else self._node_usage.node(node)
        if scope == "pool_usage":
            pairs = [(fact, self._nodes.get(name)) for name, fact in self._facts.by_name.items()]
            read = [(fact, node) for fact, node in pairs if fact.pool == names[0] and node is not None]
            return self._node_usage.pool(names[0], read) if read else None
        return self._volumes.snapshot((names[0], names[1]))

    # what the check-point asks

    def take_rows(self, now: float, *, everything: bool) -> Iterator[Row]:
        """Yield the nodes whose baselines changed and are due to be written again."""
        for name in sorted(self._forgotten):
            yield Row(USAGE, name, None)
        self._forgotten.clear()
        for name, node in self._nodes.items():
            if node.unsaved and (everything or now - node.saved_at >= self._limits.save_every):
                node.unsaved, node.saved_at = False, now
                yield Row(USAGE, name, baseline_of(node))

    def give_back(self, name: str) -> None:
        """Mark a node as unsaved again after it could not be written."""
        node = self._nodes.get(name)
        if node is None:
            self._forgotten.add(name)
        else:
            node.unsaved, node.saved_at = True, -math.inf

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
        tracks = [] if entry is None else [*self._tracks_of(entry)]
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

    def _tracks_of(self, entry: Entry) -> Iterator[PodTrack]:
        for pod in entry.pods.values():
            node = self._nodes.get(pod.node)
            track = node.pods.get(pod.uid) if node is not None else None
            if track is not None:
                yield track

    def _tick(self, now: float) -> None:
        """Withdraw the gauges of nodes that fell silent, and let go of pods that are long gone."""
        for node in self._nodes.values():
            if node.fresh and now - node.told_at > self._limits.stale_after:
                self._expire(node)
        while self._departed and now - self._departed[0][0] > self._limits.stale_after:
            _, track = self._departed.popleft()
            if track.pod is None and now - track.gone_at > self._limits.stale_after:
                self._drop(track)
        while self._due and self._due[0][0] <= now:
            self._intake.changed.add(heapq.heappop(self._due)[1])
        self._volumes.expire(now)

    def _expire(self, node: NodeTrack) -> None:
        node.fresh = False
        self._intake.changed.update(pod.workload for pod in node.pods.values())
        self._nodes_changed.add(node.name)
        if node.fact is not None:
            self._pools_changed.add(node.fact.pool)

    def _node(self, name: str) -> NodeTrack:
        node = self._nodes.get(name)
        if node is None:
            node = self._nodes[name] = NodeTrack(name, self._ledger.watched_since)
            self._forgotten.discard(name)
            baseline = self._ledger.usage.pop(name, None)
            if isinstance(baseline, NodeBaseline):
                restore_node(node, baseline)
                self._resumed[name] = {pod.uid: pod for pod in baseline.pods}
        return node

    def _track(self, node: NodeTrack, pod: Pod, entry: Entry) -> PodTrack:
        same = node.static.get(pod.static_uid)
        if same is not None:
            # A mirror pod that was deleted is there again under another uid; its containers never noticed.
            del node.pods[same.uid]
            same.uid, same.entry = pod.uid, entry
            node.pods[pod.uid] = same
            return same
        track = node.pods[pod.uid] = PodTrack(pod.uid, node, entry)
        # A mirror pod is as old as its object, which says nothing of its containers.
        track.new = pod.created >= self._ledger.watched_since and not pod.static_uid
        if not track.new:
            track.ended_before = ends_of(pod)
        baseline = self._resumed.get(node.name, {}).pop(pod.uid, None)
        if baseline is not None:
            restore_pod(track, baseline)
        name = (pod.namespace, pod.name)
        track.predecessor = node.by_name.get(name)
        node.by_name[name] = track
        if pod.static_uid:
            node.static[pod.static_uid] = track
        return track

    def _drop(self, track: PodTrack) -> None:
        node = track.node
        node.pods.pop(track.uid, None)
        node.by_name = {name: pod for name, pod in node.by_name.items() if pod is not track}
        node.static = {uid: pod for uid, pod in node.static.items() if pod is not track}
        for pod in node.pods.values():
            if pod.predecessor is track:
                pod.predecessor = None
        for owner in (track, *track.containers):
            self._intake.suspects.forget(owner)
        node.unsaved = True
        if not node.pods and node.read_at == math.inf:
            self._nodes.pop(node.name, None)
            self._forgotten.add(node.name)


def _shows_otherwise(before: Pod, after: Pod) -> bool:
    return (
        before.statuses is not after.statuses
        or before.resources is not after.resources
        or before.terminal != after.terminal
    )
