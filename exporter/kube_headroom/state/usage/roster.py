"""The tracks of nodes and pods: made when somebody first speaks of them, dropped when nobody does, saved in between."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Collection, Iterable, Iterator

from kube_headroom.model import Pod
from kube_headroom.state.entry import Entry
from kube_headroom.state.ledger import USAGE, Ledger, Row
from kube_headroom.state.usage.baselines import NodeBaseline, PodBaseline, baseline_of, restore_node, restore_pod
from kube_headroom.state.usage.limits import UsageLimits
from kube_headroom.state.usage.rest import ends_of
from kube_headroom.state.usage.tracks import NodeTrack, PodTrack


class Roster:
    """Nodes by name, each with its pods; what a check-point knows of them is taken up at first sight."""

    def __init__(self, limits: UsageLimits, ledger: Ledger) -> None:
        self.nodes: dict[str, NodeTrack] = {}
        self._limits = limits
        self._ledger = ledger
        self._resumed: dict[str, dict[str, PodBaseline]] = {}
        self._departed: deque[tuple[float, PodTrack]] = deque()
        self._forgotten: set[str] = set()

    def node(self, name: str) -> NodeTrack:
        """Return a node's track, made on first use."""
        node = self.nodes.get(name)
        if node is None:
            node = self.nodes[name] = NodeTrack(name, self._ledger.watched_since)
            self._forgotten.discard(name)
            baseline = self._ledger.usage.pop(name, None)
            if isinstance(baseline, NodeBaseline):
                restore_node(node, baseline)
                self._resumed[name] = {pod.uid: pod for pod in baseline.pods}
        return node

    def find(self, pod: Pod) -> PodTrack | None:
        """Return a pod's track, None where it was never bound."""
        node = self.nodes.get(pod.node)
        return None if node is None else node.pods.get(pod.uid)

    def of(self, pods: Iterable[Pod]) -> list[PodTrack]:
        """Return the tracks of those of the pods that were bound."""
        found = map(self.find, pods)
        return [track for track in found if track is not None]

    def bind(self, pod: Pod, entry: Entry) -> PodTrack:
        """Return the track of a pod on its node, made on first use."""
        node = self.node(pod.node)
        known = node.pods.get(pod.uid)
        if known is not None:
            return known
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

    def unbind(self, track: PodTrack, now: float) -> None:
        """Note that the API server forgot a pod; rows that come late still find it for a while."""
        track.pod, track.gone_at = None, now
        self._departed.append((now, track))

    def expire(self, now: float) -> Iterator[PodTrack]:
        """Drop the pods that are long gone, and yield them."""
        while self._departed and now - self._departed[0][0] > self._limits.stale_after:
            _, track = self._departed.popleft()
            if track.pod is None and now - track.gone_at > self._limits.stale_after:
                self._drop(track)
                yield track

    def leave(self, node: NodeTrack) -> None:
        """Drop a node that is no longer read, once it has no pods."""
        if not node.pods and node.read_at == math.inf and self.nodes.pop(node.name, None) is not None:
            self._forget(node.name)

    def keep_only(self, names: Collection[str]) -> None:
        """Drop what a check-point knows of nodes that a whole list no longer has."""
        for name in [name for name in self._ledger.usage if name not in names]:
            del self._ledger.usage[name]
            self._forget(name)

    def take_rows(self, now: float, *, everything: bool) -> Iterator[Row]:
        """Yield the nodes whose baselines changed and are due to be written again."""
        for name in sorted(self._forgotten):
            yield Row(USAGE, name, None)
        self._forgotten.clear()
        for name, node in self.nodes.items():
            if node.unsaved and (everything or now - node.saved_at >= self._limits.save_every):
                node.unsaved, node.saved_at = False, now
                yield Row(USAGE, name, baseline_of(node))

    def give_back(self, name: str) -> None:
        """Mark a node as unsaved again after it could not be written."""
        node = self.nodes.get(name)
        if node is None:
            self._forgotten.add(name)
        else:
            node.unsaved, node.saved_at = True, -math.inf

    def _forget(self, name: str) -> None:
        if self._ledger.saved:
            self._forgotten.add(name)

    def _drop(self, track: PodTrack) -> None:
        node = track.node
        node.pods.pop(track.uid, None)
        node.by_name = {name: pod for name, pod in node.by_name.items() if pod is not track}
        node.static = {uid: pod for uid, pod in node.static.items() if pod is not track}
        for pod in node.pods.values():
            if pod.predecessor is track:
                pod.predecessor = None
        node.unsaved = True
        self.leave(node)
