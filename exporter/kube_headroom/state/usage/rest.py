"""CPU of containers too short-lived to have rows: what the pod's own row holds beyond those of its containers."""

from __future__ import annotations

import math

from kube_headroom.model import Pod
from kube_headroom.state.usage.intake import Intake
from kube_headroom.state.usage.totals import UNMEASURED
from kube_headroom.state.usage.tracks import ContainerTrack, PodTrack, Rest

DOUBTS = 2
"""Pages in a row that must lack a run which the API shows, where the container has rows of other runs."""


class Rests:
    """Counts the rest of pods that ran a container without ever a row; the pause container alone is none.

    Without such a run nothing is counted, so that what the pause container and a container's last seconds use
    stays out of ordinary pods.
    """

    def __init__(self, intake: Intake) -> None:
        self._intake = intake

    def look(self, pod: PodTrack) -> None:
        """Judge a pod after a page that had its row."""
        if pod.rest is None:
            self._doubt(pod)
        if pod.rest is None or pod.row is None:
            return
        self.settle(pod)
        if pod.rest.pending is None:
            pod.rest.pending = (pod.row[0], pod.cpu)
            self.settle(pod)

    def close(self, pod: PodTrack) -> None:
        """Judge a pod for the last time: none of its containers will have another row."""
        if pod.rest is None:
            self._doubt(pod)
        if pod.rest is None or pod.row is None:
            return
        # A container's last row may still come: what it tells is not to be counted here before.
        if not any(
            _alive(pod, track) and track.cpu is not None and track.cpu[0] < pod.row[0] for track in pod.containers
        ):
            self._count(pod, pod.rest, pod.cpu - sum(track.total for track in pod.containers))

    def settle(self, pod: PodTrack) -> None:
        """Count what a waiting reading of the pod tells, once its containers were read on both sides of it.

        Their rows lie up to 17 s from the pod's, and a plain difference would swing by seconds; a reading that no
        two of a container's enclose is let go.
        """
        rest = pod.rest
        if rest is None or rest.pending is None:
            return
        if _awaits_rows(pod):
            return
        at, cpu = rest.pending
        held = 0.0
        for track in pod.containers:
            if track.cpu is None or (track.cpu[0] <= at and not _alive(pod, track)):
                held += track.total
                continue
            if track.cpu[0] < at:
                return
            before = track.previous
            if before is None or before[0] > at:
                rest.pending = None
                return
            held += before[1] + (track.total - before[1]) * (at - before[0]) / (track.cpu[0] - before[0])
        rest.pending = None
        self._count(pod, rest, cpu - held)

    def _count(self, pod: PodTrack, rest: Rest, left: float) -> None:
        if math.isnan(rest.base):
            rest.base = left
        grown = left - rest.base - rest.counted
        if grown > 0:
            rest.counted += grown
            pod.totals.container(UNMEASURED).add_cpu(grown)
            self._intake.changed.add(pod.workload)

    def _doubt(self, pod: PodTrack) -> None:
        facts = pod.pod
        if facts is None:
            return
        certain, doubtful = _runs_without_rows(pod, facts)
        pod.doubts = pod.doubts + 1 if doubtful else 0
        if certain or pod.doubts >= DOUBTS:
            pod.rest = Rest(0.0 if pod.new else math.nan)
            pod.totals.container(UNMEASURED).add_cpu(0.0)
            self._intake.changed.add(pod.workload)


def _alive(pod: PodTrack, track: ContainerTrack) -> bool:
    """Whether one of the node's last two rounds had the container."""
    return track.seen >= pod.node.round - 1


def _awaits_rows(pod: PodTrack) -> bool:
    """Whether a container runs that has no row yet: what it used would count here, and again with its first row."""
    for status in pod.pod.statuses if pod.pod is not None else ():
        track = pod.container(status.name) if status.running else None
        if status.running and (track is None or track.cpu is None):
            return True
    return False


def ends_of(pod: Pod) -> tuple[int, ...]:
    """Count the ended runs of each container as the API shows them."""
    return tuple(status.restart_count + (status.terminated is not None) for status in pod.statuses)


def _runs_without_rows(pod: PodTrack, facts: Pod) -> tuple[bool, bool]:
    """Say whether a run ended without ever a row, for certain or by the count of runs that had one."""
    doubtful = False
    before = pod.ended_before
    for index, (status, ends) in enumerate(zip(facts.statuses, ends_of(facts), strict=True)):
        ended = ends - (before[index] if index < len(before) else 0)
        if ended <= 0:
            continue
        track = pod.container(status.name)
        if track is None or not track.runs:
            return True, True
        running = status.running and _alive(pod, track)
        doubtful |= ended > track.runs - running
    return False, doubtful
