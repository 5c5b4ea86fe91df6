"""Rows about containers become CPU seconds and working sets; what cannot be true is refused and counted."""

from __future__ import annotations

import math
from collections import Counter as Multiset
from typing import Final, NamedTuple

from kube_headroom.catalogue.labels import Workload
from kube_headroom.readings import Reading, Usage
from kube_headroom.resources import PodResources
from kube_headroom.state.usage.clock import AHEAD
from kube_headroom.state.usage.growth import (
    DUPLICATE,
    FUTURE,
    INVALID,
    STALE,
    UNKNOWN_POD,
    UNLABELLED,
    Ceilings,
    Suspects,
    Track,
    gained,
    reading,
)
from kube_headroom.state.usage.limits import UsageLimits
from kube_headroom.state.usage.tracks import ContainerTrack, Needs, NodeTrack, PodTrack, needs_of

SAME_START: Final = 0.5
"""Seconds by which two readings of one run's start may differ."""
NEEDS_KEPT: Final = 2000


class Moment(NamedTuple):
    """When a page came by our clock, and its newest stamp by the node's."""

    fetched_at: float
    at: float


class Intake:
    """What all pages share: the refusals, the suspects, and which workloads have changed."""

    def __init__(self, limits: UsageLimits) -> None:
        self.limits = limits
        self.refused: Multiset[str] = Multiset()
        self.suspects = Suspects()
        self.changed: set[Workload] = set()
        self._needs: dict[int, tuple[PodResources, dict[str, Needs]]] = {}

    def needs(self, resources: PodResources) -> dict[str, Needs]:
        """Say what the containers of these resources ask for, computed once for all replicas that share them."""
        known = self._needs.get(id(resources))
        if known is None:
            if len(self._needs) >= NEEDS_KEPT:
                self._needs.clear()
            known = self._needs[id(resources)] = (resources, needs_of(resources))
        return known[1]

    def pod_of(self, node: NodeTrack, uid: str, name: tuple[str, str]) -> PodTrack | None:
        """Find the pod of a row by its uid, by namespace and name only where the row has none; None is counted."""
        pod = (node.pods.get(uid) or node.static.get(uid)) if uid else node.by_name.get(name)
        if pod is None:
            self.refused[UNKNOWN_POD] += 1
        return pod

    def stamp(self, node: NodeTrack, moment: Moment, *readings: Reading | None) -> float | None:
        """Return when a row was taken, by the node's clock; None, counted, if that is too long ago or to come."""
        at = next((one.at for one in readings if one is not None and one.at is not None), moment.at)
        if at > moment.at + AHEAD:
            self.refused[FUTURE] += 1
            return None
        if node.clock.known and node.clock.age(at, moment.fetched_at) > self.limits.stale_after:
            self.refused[STALE] += 1
            return None
        return at

    def container(self, pod: PodTrack, row: Usage, run: str, moment: Moment) -> ContainerTrack | None:
        """Take a row of CPU and working set; `run` is the container's id where the row tells it (R12 to R16)."""
        if not row.container:
            self.refused[UNLABELLED] += 1
            return None
        at = self.stamp(pod.node, moment, row.cpu, row.working_set)
        if at is None:
            return None
        track = pod.container(row.container)
        if track is None:
            if _of_predecessor(pod, row):
                self.refused[DUPLICATE] += 1
                return None
            track = ContainerTrack(row.container)
            pod.containers.append(track)
        elif _older(track, row, at, pod.node.round):
            self.refused[DUPLICATE] += 1
            return None
        counted = row.cpu is not None and self._cpu(pod, track, row, run, at)
        if counted and row.working_set is not None:
            self._working_set(pod, track, row.working_set.value, moment.fetched_at)
        return track

    def _cpu(self, pod: PodTrack, track: ContainerTrack, row: Usage, run: str, at: float) -> bool:
        """Count what the container used since its last reading; say whether the row says anything credible."""
        now = reading(at, (row.cpu,))
        if now is None:
            self.refused[INVALID] += 1
            return False
        before = track.cpu
        if before is not None and at <= before[0]:
            if row.started is not None and math.isnan(track.started):
                track.started = row.started
            return True
        began = self._began(pod, track, row.started, run)
        follows = self.counted_from((track, "cpu"), before, now, began, pod.node.ceilings.cpu)
        if follows is None:
            return False
        grown = gained(follows, now, 1)
        track.runs += before is None or began is not None
        if pod.rest is not None:
            track.previous = (before[0], track.total) if before is not None else None
        track.cpu = now
        if row.started is not None:
            track.started = row.started
        track.total += grown
        pod.containers_cpu += grown
        pod.totals.container(track.name).add_cpu(grown)
        self.changed.add(pod.workload)
        return True

    def counted_from(
        self, what: tuple[object, str], before: Track | None, now: Track, began: float | None, ceilings: Ceilings
    ) -> Track | None:
        """Return what a reading is counted from, None where it is to be ignored; a refusal is counted."""
        follows, why = self.suspects.continued(what, before, now, began, ceilings)
        if why:
            self.refused[why] += 1
        return follows

    def _began(self, pod: PodTrack, track: ContainerTrack, started: float | None, run: str) -> float | None:
        """Say when a run that counts whole began at the earliest (R15).

        None if the row continues a run, or is the first one of a run that was there before we watched.
        """
        if track.cpu is None:
            if pod.new:
                return born(pod) if started is None else started
            return started if started is not None and started >= pod.node.since else None
        last = track.cpu[0]
        if started is not None:
            # A start that is known and differs is another run, whichever way the node's clock was set in between.
            known = not math.isnan(track.started)
            other = abs(started - track.started) > SAME_START if known else started > last
            return min(started, last) if other else None
        if run and track.run and run != track.run:
            track.started = math.nan
            return last
        return None

    def _working_set(self, pod: PodTrack, track: ContainerTrack, value: float, now: float) -> None:
        if not 0 <= value <= 1.05 * pod.node.memory or value == math.inf:
            self.refused[INVALID] += 1
            return
        track.working_set = value
        track.seen = pod.node.round
        limit = None
        if pod.pod is not None:
            needs = self.needs(pod.pod.resources).get(track.name)
            limit = needs.memory_limit if needs is not None else None
        peaks = pod.totals.container(track.name).peaks
        peaks.see(now, self.limits.peak_window, value, value / limit if limit else 0.0)
        self.changed.add(pod.workload)


def born(pod: PodTrack) -> float:
    """Say when a pod was created at the earliest, by its node's clock; the API server's may be a minute off ours."""
    created = pod.pod.created if pod.pod is not None else 0.0
    return created + pod.node.clock.offset - AHEAD


def _of_predecessor(pod: PodTrack, row: Usage) -> bool:
    """Whether the row is a left-over of the pod that had this name before."""
    former = pod.predecessor.container(row.container) if pod.predecessor is not None else None
    return former is not None and row.started is not None and abs(row.started - former.started) <= SAME_START


def _older(track: ContainerTrack, row: Usage, at: float, current: int) -> bool:
    """Whether the row is of an earlier run than the one that is known, or a second one of the same reading (R13)."""
    if track.cpu is None or at > track.cpu[0]:
        return False
    return track.seen == current or (row.started is not None and track.started - row.started > SAME_START)
